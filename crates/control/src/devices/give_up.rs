//! Devices that are given up. One that has no backups is gone at once. One that has them is released, so that its place is free
//! and its backups stay, or it goes with them when a hold is over, and is restored until then.

use api::change::ChangeAction;
use api::customer::{Deletion, FieldlessProblem};
use api::device::{DataFate, Device, DeviceDeletion, DeviceGoes, DeviceRelease, DeviceStatus, HowDeviceDeleted};
use api::id::{CustomerId, DeviceId};
use api::units::Time;
use api::{Code, Error, Mode};
use jiff::ToSpan as _;
use serde_json::json;
use tree::Totals;

use super::sql::{self, DeviceRow, Repository, WholeDevice};
use super::{fetch, seen, subject};
use crate::customers::above;
use crate::licences::supply;
use base::authz::{Account, Permission};
use base::change::{Entry, snapshot};
use base::cx::{Cx, Tx};
use base::text::Checks;
use base::version::IfMatch;

/// Why one that has backups is not deleted without a word about them.
pub(super) fn not_empty() -> Error {
    let detail = "It has backups. Say what becomes of them: `data=keep` releases the device and keeps them, `data=delete` \
                  removes both when the hold is over.";
    Error::new(Code::DeviceNotEmpty, detail)
}

/// Deletes a device, by what is to become of its backups.
pub async fn delete(
    tx: &mut Tx,
    id: &DeviceId,
    expected: Option<IfMatch>,
    how: HowDeviceDeleted,
) -> Result<DeviceDeletion, Error> {
    let account = tx.account()?;
    let (row, repository, _): WholeDevice = fetch(tx, &account, id, Permission::ManageDevices).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let is_in_use = sql::is_in_use(tx, &repository.id).await?;
    let used_bytes = tx.overlay().await?.of_id(id.as_str()).used_bytes(repository.used_bytes);
    let goes = match how.data {
        _ if !is_in_use => DeviceGoes::AtOnce,
        Some(DataFate::Keep) => DeviceGoes::Released,
        Some(DataFate::Delete) | None => DeviceGoes::Scheduled,
    };
    let blocker = (is_in_use && how.data.is_none()).then(not_empty);
    let due_at = (goes == DeviceGoes::Scheduled).then(|| row.deletes_at.unwrap_or_else(|| due(tx)));
    let told = |error: &Error| FieldlessProblem { code: error.code.as_str().to_owned(), detail: error.detail.clone() };
    let deletion = DeviceDeletion {
        id: row.id.clone(),
        name: row.name.clone(),
        goes,
        due_at: due_at.map(Time::from_micros),
        used_bytes,
        blockers: blocker.iter().map(told).collect(),
        dry_run: how.dry_run,
    };
    match (blocker, due_at) {
        _ if how.dry_run => return Ok(deletion),
        (Some(blocker), _) => return Err(blocker),
        (None, Some(due_at)) => schedule(tx, &account, &row, due_at).await?,
        (None, None) if goes == DeviceGoes::Released => {
            set_free(tx, &account, &row, "Deleted; its backups are kept.".to_owned()).await?;
        }
        (None, None) => remove_empty(tx, &row, &repository).await?,
    }
    Ok(deletion)
}

/// Takes out a device that has no backups: one that is turned away, that never came, or that never backed up. Its fingerprint
/// and its place are free again.
async fn remove_empty(tx: &mut Tx, row: &DeviceRow, repository: &Repository) -> Result<(), Error> {
    crate::settings::forget(tx, row.id.as_str()).await?;
    supply::take(tx, &row.id).await?;
    crate::events::forget_devices(tx, &[row.id.as_str()]).await?;
    sql::delete(tx, row).await?;
    supply::supply(tx, &row.customer_id).await?;
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
    tx.record(Entry::new(ChangeAction::DeviceDeleted, subject(row)).before(snapshot(row).into()));
    Ok(())
}

/// When what is deleted now goes for good.
fn due(cx: &Cx) -> i64 {
    let days = i64::from(cx.app.config.deletion_hold_days);
    cx.now.checked_add((days * 24).hours()).unwrap_or(cx.now).as_microsecond()
}

async fn schedule(tx: &mut Tx, account: &Account, row: &DeviceRow, due_at: i64) -> Result<(), Error> {
    if row.deletes_at.is_some() {
        return Ok(());
    }
    let changed = DeviceRow {
        deletes_at: Some(due_at),
        deletion_scheduled_at: Some(tx.now.as_microsecond()),
        deletion_from: Some(account.home_customer()),
        deletion_by: Some(account.name.clone()),
        ..row.clone()
    };
    sql::update(tx, row, &changed, None).await?;
    let entry = Entry::new(ChangeAction::DeviceDeletionScheduled, subject(row));
    tx.record(entry.after(json!({ "due_at": Time::from_micros(due_at) })));
    Ok(())
}

/// Why the account may not restore a device that is to be deleted.
pub(super) fn restore_refusal(account: &Account, row: &DeviceRow) -> Option<(Code, &'static str)> {
    let from = row.deletion_from.as_ref().map(CustomerId::as_str);
    (row.deletes_at.is_some() && !above::may_lift(account, &row.path, from))
        .then_some((Code::Forbidden, "It is to be deleted by somebody who looks after the customer from above."))
}

/// Cancels a deletion that is scheduled: the device is as it was before.
pub async fn restore(tx: &mut Tx, id: &DeviceId, expected: Option<IfMatch>) -> Result<Device, Error> {
    let account = tx.account()?;
    let (row, repository, home) = fetch(tx, &account, id, Permission::ManageDevices).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let Some(due_at) = row.deletes_at else { return seen(tx, &account, (row, repository, home)).await };
    if let Some((code, detail)) = restore_refusal(&account, &row) {
        return Err(Error::new(code, detail));
    }
    if due_at <= tx.now.as_microsecond() {
        return Err(Error::new(Code::DeletionBegun, "Its time is over: it is being removed."));
    }
    let mut changed = DeviceRow {
        deletes_at: None,
        deletion_scheduled_at: None,
        deletion_from: None,
        deletion_by: None,
        ..row.clone()
    };
    sql::update(tx, &row, &changed, None).await?;
    changed.version += 1;
    tx.record(Entry::new(ChangeAction::DeviceRestored, subject(&changed)));
    seen(tx, &account, (changed, repository, home)).await
}

/// Gives a device up, its backups stay: a lost appliance, or a machine that is no more. Its site is free for another one. Saying it
/// twice changes nothing.
pub async fn release(
    tx: &mut Tx,
    id: &DeviceId,
    expected: Option<IfMatch>,
    input: &DeviceRelease,
) -> Result<Device, Error> {
    let mut checks = Checks::of::<DeviceRelease>();
    let reason = checks.line("reason", &input.reason);
    checks.finish()?;
    let account = tx.account()?;
    let (row, repository, home) = fetch(tx, &account, id, Permission::ManageDevices).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let row = set_free(tx, &account, &row, reason.unwrap_or_default()).await?;
    seen(tx, &account, (row, repository, home)).await
}

/// What keeps a device from being released.
pub(super) fn release_refusal(row: &DeviceRow) -> Option<(Code, &'static str)> {
    match row.status {
        DeviceStatus::PendingApproval | DeviceStatus::Expected => {
            Some((Code::Forbidden, "It was never let in. Delete it instead."))
        }
        _ if row.deletes_at.is_some() => Some((Code::DeletionScheduled, "It is to be deleted.")),
        DeviceStatus::Authorised | DeviceStatus::Released => None,
    }
}

async fn set_free(tx: &mut Tx, account: &Account, row: &DeviceRow, reason: String) -> Result<DeviceRow, Error> {
    if let Some((code, detail)) = release_refusal(row) {
        return Err(Error::new(code, detail));
    }
    if row.status == DeviceStatus::Released {
        return Ok(row.clone());
    }
    let mut changed = DeviceRow { status: DeviceStatus::Released, credential_outdated_at: None, ..row.clone() };
    changed.suspend_mode = Some(Mode::FullStop);
    // Who has suspended it before goes on to be known.
    if row.suspend_mode.is_none() {
        changed.suspend_reason = Some(reason.clone());
        changed.suspended_at = Some(tx.now.as_microsecond());
        changed.suspended_from = Some(account.home_customer());
        changed.suspended_by = Some(account.name.clone());
    }
    sql::update(tx, row, &changed, None).await?;
    changed.version += 1;
    let after = json!({ "status": changed.status, "reason": reason, "suspended_from": account.home_customer() });
    let entry = Entry::new(ChangeAction::DeviceReleased, subject(&changed)).before(json!({ "status": row.status }));
    tx.record(entry.after(after));
    supply::free(tx, &row.id, &row.customer_id).await?;
    Ok(changed)
}

/// A deletion that is scheduled, as the account may see it.
pub(super) fn deletion_seen_by(account: &Account, row: &DeviceRow) -> Option<Deletion> {
    let from = row.deletion_from.as_ref().map(CustomerId::as_str);
    row.deletes_at.map(|due_at| Deletion {
        due_at: Time::from_micros(due_at),
        scheduled_at: Time::from_micros(row.deletion_scheduled_at.unwrap_or(due_at)),
        by: row.deletion_by.clone().filter(|_| above::sees_author(account, &row.path, from)),
    })
}
