//! Moving a device to another customer or site: its repository, its usage and its settings go along, and running backups go on.

use api::change::ChangeAction;
use api::device::{DeviceKind, DeviceStatus};
use api::id::{CustomerId, DeviceId};
use api::{Code, Error, Level};
use serde_json::{Value, json};
use tree::{Path, Totals};

use super::sql::{self, CustomerOfDevice, DeviceRow, WholeDevice};
use super::subject;
use crate::customers;
use crate::customers::sql::CustomerRow;
use crate::licences::supply;
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::Tx;
use base::lineage::Lineage;

type Blocker = (Code, String);

/// What a device is written as when it stands elsewhere.
pub(super) struct Moved {
    pub row: DeviceRow,
    pub home: CustomerOfDevice,
}

/// Moves a device that the account may manage, or says what is in the way.
pub(super) async fn relocate(
    tx: &mut Tx,
    account: &Account,
    whole: &WholeDevice,
    to: &CustomerId,
) -> Result<Moved, Error> {
    let (row, ..) = whole;
    account.authorize(Permission::ManageDevices, &row.path)?;
    let wrong = |code: Code, detail: &str| Err(Error::field("customer_id", code, detail));
    let Some(home) = customers::fetch_reference(tx, account, to, Permission::ManageDevices).await? else {
        return wrong(Code::ReferenceNotFound, "There is no such customer.");
    };
    if !matches!(home.level, Level::EndCustomer | Level::Site) {
        return wrong(Code::Invalid, "Devices stand under end customers and their sites.");
    }
    if row.deletes_at.is_some() {
        return Err(Error::new(Code::DeletionScheduled, "The device is to be deleted. Restore it first."));
    }
    if !Lineage::of(tx, std::iter::once(&home.path)).await?.effective(&home.path).is_active() {
        return wrong(Code::ParentSuspended, "Nothing can be added there while it is suspended.");
    }
    if let Some((code, detail)) = blocker(tx, whole, &home).await? {
        return wrong(code, &detail);
    }
    if row.status == DeviceStatus::Authorised
        && let Err(refused) = supply::refuse_without(tx, (&home.id, &home.path), row.kind, row.os.as_deref()).await
    {
        return if refused.code == Code::NoLicence { wrong(refused.code, &refused.detail) } else { Err(refused) };
    }
    let changed = DeviceRow {
        customer_id: home.id.clone(),
        path: home.path.clone(),
        end_customer_id: end_customer(&home),
        ..row.clone()
    };
    let changed = write(tx, row, changed, None).await?;
    record(tx, row, &changed, &whole.2, &home);
    supply::free(tx, &row.id, &row.customer_id).await?;
    supply::supply(tx, &changed.customer_id).await?;
    Ok(Moved { row: changed, home: CustomerOfDevice::of(&home) })
}

/// The end customer to whom what stands at a node belongs.
pub(super) fn end_customer(home: &CustomerRow) -> CustomerId {
    match (home.level, &home.parent_id) {
        (Level::Site, Some(parent)) => parent.clone(),
        _ => home.id.clone(),
    }
}

/// What keeps a device from standing there: its name or fingerprint, limits, space, where its data lies.
pub(super) async fn blocker(
    tx: &mut Tx,
    (row, repository, former): &WholeDevice,
    home: &CustomerRow,
) -> Result<Option<Blocker>, Error> {
    let blocked = |code: Code, detail: String| Ok(Some((code, detail)));
    let there = &home.company_name;
    let end_customer = end_customer(home);
    if end_customer != row.end_customer_id {
        if let Some(fingerprint) = &row.fingerprint
            && sql::find_by_fingerprint(tx, &end_customer, fingerprint).await?.is_some()
        {
            return blocked(
                Code::FingerprintBoundElsewhere,
                format!("{there} has a device with its fingerprint already."),
            );
        }
        if row.status == DeviceStatus::Expected
            && row.fingerprint.is_none()
            && sql::find_expected(tx, &end_customer, &base::text::fold(&row.name)).await?.is_some()
        {
            return blocked(Code::Invalid, format!("A device of this name is expected at {there} already."));
        }
    }
    if row.status != DeviceStatus::Released
        && let Some(detail) = second_appliance(tx, home, row.kind, Some(&row.id)).await?
    {
        return blocked(Code::SiteHasAppliance, detail);
    }
    let Some(location) = &home.storage_location_id else {
        let detail = format!("It has not been decided where {there} stores its data. Choose a storage location first.");
        return blocked(Code::StorageLocationRequired, detail);
    };
    if former.storage_location_id.as_deref() != Some(location.as_str()) && sql::is_in_use(tx, &repository.id).await? {
        let detail = format!("Its backups lie in another storage location than those of {there}.");
        return blocked(Code::StorageLocationFixed, detail);
    }
    if row.status != DeviceStatus::PendingApproval {
        let gained: Vec<&str> = gained(&row.path, &home.path).collect();
        for limit in customers::sql::limits_of(tx, &gained).await? {
            if limit.devices + 1 > limit.max_devices {
                let detail =
                    format!("{} may have {} devices and has {}.", limit.company_name, limit.max_devices, limit.devices);
                return blocked(Code::ClientLimitReached, detail);
            }
        }
    }
    crate::space::blocks_device(tx, row, &home.path).await
}

/// A site has one appliance at most.
pub(super) async fn refuse_second_appliance(
    tx: &mut Tx,
    home: &CustomerRow,
    kind: DeviceKind,
    but: Option<&DeviceId>,
) -> Result<(), Error> {
    let second = second_appliance(tx, home, kind, but).await?;
    second.map_or(Ok(()), |detail| Err(Error::new(Code::SiteHasAppliance, detail)))
}

/// Why a site can't have this appliance, but for one that it has already.
async fn second_appliance(
    tx: &mut Tx,
    home: &CustomerRow,
    kind: DeviceKind,
    but: Option<&DeviceId>,
) -> Result<Option<String>, Error> {
    if kind != DeviceKind::Appliance || home.level != Level::Site {
        return Ok(None);
    }
    let found = sql::appliance_of(tx, &home.id).await?.filter(|(id, _)| but.is_none_or(|but| but.as_str() != id));
    let site = home.name.as_ref().unwrap_or(&home.company_name);
    Ok(found.map(|(_, name)| format!("The site {site} has an appliance already, {name}. Release that one first.")))
}

/// The nodes of a path that are not on the other.
fn gained<'a>(before: &'a Path, after: &'a Path) -> impl DoubleEndedIterator<Item = &'a str> {
    after.ids().filter(|id| !before.ids().any(|known| known == *id))
}

/// Writes a device at its new place, and counts it there. Returns the row as it is by then.
pub(super) async fn write(
    tx: &mut Tx,
    row: &DeviceRow,
    mut changed: DeviceRow,
    secret_hash: Option<&str>,
) -> Result<DeviceRow, Error> {
    let pending = |row: &DeviceRow| i64::from(row.status == DeviceStatus::PendingApproval);
    if changed.path == row.path {
        sql::update(tx, row, &changed, secret_hash).await?;
        let devices_pending = pending(&changed) - pending(row);
        tx.add_to_totals(&row.path, Totals { devices_pending, ..Totals::default() });
        changed.version += 1;
        return Ok(changed);
    }
    // The repository first: whoever counts bytes holds it, and adds them where the device stands by then.
    let stored = sql::lock_repository(tx, &row.id).await?;
    let mut above: Vec<&str> = row.path.ids().chain(changed.path.ids()).collect();
    above.sort_unstable();
    above.dedup();
    base::totals::lock(tx, &above).await?;
    sql::place_repository(tx, &row.id, &changed.path).await?;
    sql::update(tx, row, &changed, secret_hash).await?;
    let of = |sign: i64, devices_pending: i64| Totals {
        devices: sign,
        devices_pending: sign * devices_pending,
        devices_without_backup: sign * i64::from(stored.last_backup_at.is_none()),
        used_bytes: sign * stored.used_bytes,
        // What it has of its own draws on nobody above.
        apart_bytes: if stored.allotted_bytes.is_some() { sign * stored.used_bytes } else { 0 },
        handed_bytes: sign * stored.allotted_bytes.unwrap_or_default(),
        ..Totals::default()
    };
    tx.add_to_totals(&row.path, of(-1, pending(row)));
    let more = Totals {
        last_backup_at: stored.last_backup_at,
        last_refused_at: stored.last_refused_at,
        ..of(1, pending(&changed))
    };
    tx.add_to_totals(&changed.path, more);
    crate::events::follow(tx, &row.id, &row.path, (&changed.customer_id, &changed.path)).await?;
    let lost: Vec<&str> = gained(&changed.path, &row.path).collect();
    for id in lost.into_iter().rev() {
        base::totals::newest_again(tx, id).await?;
    }
    changed.version += 1;
    Ok(changed)
}

/// Tells those above it now what came, and those above whom it stands no longer that it went. Neither is told who the other is.
pub(super) fn record(tx: &mut Tx, row: &DeviceRow, changed: &DeviceRow, former: &CustomerOfDevice, home: &CustomerRow) {
    let place = |id: &CustomerId, name: &str, path: &Path| json!({ "parent_id": id, "parent_name": name, "parent_path": path.as_str() });
    let before: Value = place(&row.customer_id, &former.company_name, &row.path);
    let after = place(&home.id, &home.company_name, &home.path);
    let lost: Vec<String> = gained(&changed.path, &row.path).map(str::to_owned).collect();
    if !lost.is_empty() {
        let away = Entry::new(ChangeAction::DeviceMovedAway, subject(row)).before(before.clone());
        tx.record(away.told_to(lost));
    }
    tx.record(Entry::new(ChangeAction::DeviceMoved, subject(changed)).before(before).after(after));
}
