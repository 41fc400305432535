//! Which devices are let in: those that were added by hand before they come, those that are approved after, and those that
//! are wanted no more.

use api::change::ChangeAction;
use api::customer::FieldlessProblem;
use api::device::{Device, DeviceCreate, DeviceDeletion, DeviceKind, DeviceStatus};
use api::id::{CustomerId, DeviceId};
use api::{Code, Error, Level};
use serde_json::json;
use tree::Totals;

use super::register::{Machine, PlaceOfMachine, enrol, refuse_beyond_limits};
use super::sql::{self, DeviceRow, WholeDevice};
use super::{fetch, seen, subject};
use crate::customers;
use base::authn::{token, token_hash};
use base::authz::Permission;
use base::change::{Entry, snapshot};
use base::cx::Tx;
use base::lineage::Lineage;
use base::text::Checks;
use base::version::IfMatch;

/// Fields that are acceptable by themselves.
#[derive(Clone, Debug)]
pub struct CheckedDevice {
    customer_id: CustomerId,
    name: String,
    kind: DeviceKind,
    fingerprint: Option<String>,
    os: Option<String>,
}

impl CheckedDevice {
    pub fn of(input: &DeviceCreate) -> Result<Self, Error> {
        let mut checks = Checks::of::<DeviceCreate>();
        let name = checks.line("name", &input.name);
        let fingerprint = input.fingerprint.as_deref().and_then(|print| checks.line("fingerprint", print));
        let os = checks.optional("os", input.os.as_deref());
        checks.finish()?;
        Ok(Self {
            customer_id: input.customer_id.clone(),
            name: name.unwrap_or_default(),
            kind: input.kind.unwrap_or_default(),
            fingerprint,
            os,
        })
    }
}

/// Adds a device by hand: it takes its place among the devices now and is let in when it registers.
pub async fn create(tx: &mut Tx, input: &CheckedDevice) -> Result<Device, Error> {
    let account = tx.account()?;
    let home = customers::fetch_reference(tx, &account, &input.customer_id, Permission::ManagePassKeys).await?;
    let wrong = |code: Code, detail: &str| Err(Error::field("customer_id", code, detail));
    let Some(home) = home else { return wrong(Code::ReferenceNotFound, "There is no such customer.") };
    let end_customer = match (home.level, &home.parent_id) {
        (Level::EndCustomer, _) => home.id.clone(),
        (Level::Site, Some(parent)) => parent.clone(),
        _ => return wrong(Code::Invalid, "Devices stand under end customers and their sites."),
    };
    if !Lineage::of(tx, std::iter::once(&home.path)).await?.effective(&home.path).is_active() {
        return Err(Error::new(Code::ParentSuspended, "Nothing can be added while the customer is suspended."));
    }
    if home.storage_location_id.is_none() {
        let detail = "It has not been decided where the customer stores its data. Choose a storage location first.";
        return Err(Error::new(Code::StorageLocationRequired, detail));
    }
    if let Some(fingerprint) = &input.fingerprint {
        if sql::find_by_fingerprint(tx, &end_customer, fingerprint).await?.is_some() {
            let detail = "The customer has a device with this fingerprint already.";
            return Err(Error::field("fingerprint", Code::FingerprintBoundElsewhere, detail));
        }
    } else if sql::find_expected(tx, &end_customer, &base::text::fold(&input.name)).await?.is_some() {
        let detail = "A device of this name is expected already. Another one needs a fingerprint, or another name.";
        return Err(Error::field("name", Code::Invalid, detail));
    }
    refuse_beyond_limits(tx, &home.path).await?;
    let machine = Machine {
        name: input.name.clone(),
        kind: input.kind,
        os: input.os.clone(),
        fingerprint: input.fingerprint.clone(),
        // Nobody is ever told it: there are credentials once it has registered.
        secret_hash: token_hash(&token(tx.app.random)?),
        used_bytes: 0,
        last_backup_at: None,
        status: DeviceStatus::Expected,
    };
    let place = PlaceOfMachine { home: &home.id, path: &home.path, end_customer: &end_customer, pass_key: None };
    let pool = crate::storage::pool_for_new_repository(tx).await?;
    let new = enrol(tx, &pool, vec![(place, machine)]).await?;
    let new = new.into_iter().next().ok_or_else(|| Error::internal("a device that was made is gone"))?;
    let home = sql::CustomerOfDevice {
        company_name: home.company_name,
        storage_location_id: home.storage_location_id.map(|id| id.to_string()),
    };
    seen(tx, &account, (new.row, new.repository, home)).await
}

/// Lets in a device that waits. Whoever is in already stays so.
pub async fn approve(tx: &mut Tx, id: &DeviceId, expected: Option<IfMatch>) -> Result<Device, Error> {
    let account = tx.account()?;
    let (row, repository, home) = fetch(tx, &account, id, Permission::ManageDevices).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let row = let_in(tx, row).await?;
    seen(tx, &account, (row, repository, home)).await
}

pub(super) async fn let_in(tx: &mut Tx, row: DeviceRow) -> Result<DeviceRow, Error> {
    if row.status != DeviceStatus::PendingApproval {
        return Ok(row);
    }
    refuse_beyond_limits(tx, &row.path).await?;
    let mut changed = DeviceRow { status: DeviceStatus::Authorised, ..row.clone() };
    sql::update(tx, &row, &changed, None).await?;
    changed.version += 1;
    tx.add_to_totals(&row.path, Totals { devices_pending: -1, ..Totals::default() });
    let entry = Entry::new(ChangeAction::DeviceApproved, subject(&changed));
    tx.record(entry.before(json!({ "status": row.status })).after(json!({ "status": changed.status })));
    Ok(changed)
}

/// Deletes a device that has no backups: one that is turned away, that never came, or that never backed up. Its fingerprint
/// and its place are free again.
pub async fn delete(
    tx: &mut Tx,
    id: &DeviceId,
    expected: Option<IfMatch>,
    dry_run: bool,
) -> Result<DeviceDeletion, Error> {
    let account = tx.account()?;
    let (row, repository, _): WholeDevice = fetch(tx, &account, id, Permission::ManageDevices).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let blocker = if sql::is_in_use(tx, &repository.id).await? { Some(not_empty()) } else { None };
    let told = |error: &Error| FieldlessProblem { code: error.code.as_str().to_owned(), detail: error.detail.clone() };
    let deletion = DeviceDeletion {
        id: row.id.clone(),
        name: row.name.clone(),
        blockers: blocker.iter().map(told).collect(),
        dry_run,
    };
    match blocker {
        _ if dry_run => Ok(deletion),
        Some(blocker) => Err(blocker),
        None => {
            crate::settings::forget(tx, row.id.as_str()).await?;
            sql::delete(tx, &row).await?;
            let devices_pending = -i64::from(row.status == DeviceStatus::PendingApproval);
            let less = Totals {
                devices: -1,
                devices_pending,
                devices_without_backup: -1,
                // What was set aside for it is free again.
                handed_bytes: -repository.allotted_bytes.unwrap_or_default(),
                ..Totals::default()
            };
            tx.add_to_totals(&row.path, less);
            tx.record(Entry::new(ChangeAction::DeviceDeleted, subject(&row)).before(snapshot(&row).into()));
            Ok(deletion)
        }
    }
}

/// Why one that has backups is not deleted.
pub(super) fn not_empty() -> Error {
    Error::new(Code::DeviceNotEmpty, "It has backups. Suspend it, so that nothing more is stored.")
}
