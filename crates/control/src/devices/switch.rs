//! Suspending and activating a single device, as customers are: what was laid on it from above is not its customer's own to
//! lift.

use api::change::ChangeAction;
use api::customer::Suspension;
use api::device::{Device, DeviceStatus, DeviceSuspend};
use api::id::{CustomerId, DeviceId};
use api::units::Time;
use api::{Code, Error, Mode};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::sql::{self, DeviceRow};
use super::{fetch, seen, subject};
use crate::customers::above;
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::text::Checks;
use base::version::IfMatch;

/// A device's own suspension, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OwnSuspension {
    mode: Mode,
    reason: Option<String>,
    at: Option<i64>,
    from: Option<CustomerId>,
    by: Option<String>,
}

impl OwnSuspension {
    pub(super) fn of(row: &DeviceRow) -> Option<Self> {
        row.suspend_mode.map(|mode| Self {
            mode,
            reason: row.suspend_reason.clone(),
            at: row.suspended_at,
            from: row.suspended_from.clone(),
            by: row.suspended_by.clone(),
        })
    }
}

/// The reason as it is stored.
pub(super) fn checked(input: &DeviceSuspend) -> Result<Option<String>, Error> {
    let mut checks = Checks::of::<DeviceSuspend>();
    let reason = checks.line("reason", &input.reason);
    checks.finish()?;
    Ok(reason)
}

/// What the account lays on a device: one that is suspended stays so since when it was.
pub(super) fn suspension(
    cx: &Cx,
    account: &Account,
    row: &DeviceRow,
    input: &DeviceSuspend,
) -> Result<OwnSuspension, Error> {
    let at = row.suspended_at.unwrap_or(cx.now.as_microsecond());
    let (from, by) = (Some(account.home_customer()), Some(account.name.clone()));
    Ok(OwnSuspension { mode: input.mode, reason: checked(input)?, at: Some(at), from, by })
}

/// Why the account may not change a suspension that is there: somebody above it has laid it on.
pub(super) fn refusal(account: &Account, row: &DeviceRow) -> Option<&'static str> {
    let from = row.suspended_from.as_ref().map(CustomerId::as_str);
    let is_free = row.suspend_mode.is_none() || above::may_lift(account, &row.path, from);
    (!is_free).then_some("It was suspended by somebody who looks after the customer from above.")
}

/// Suspends a device, or changes how it is suspended. Saying the same twice changes nothing.
pub async fn suspend(
    tx: &mut Tx,
    id: &DeviceId,
    expected: Option<IfMatch>,
    input: &DeviceSuspend,
) -> Result<Device, Error> {
    checked(input)?;
    let account = tx.account()?;
    let (row, repository, home) = fetch(tx, &account, id, Permission::ManageDevices).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let suspension = suspension(tx, &account, &row, input)?;
    let row = set(tx, &account, &row, Some(suspension)).await?;
    seen(tx, &account, (row, repository, home)).await
}

/// Lifts a device's own suspension. Those above it stay.
pub async fn activate(tx: &mut Tx, id: &DeviceId, expected: Option<IfMatch>) -> Result<Device, Error> {
    let account = tx.account()?;
    let (row, repository, home) = fetch(tx, &account, id, Permission::ManageDevices).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let row = set(tx, &account, &row, None).await?;
    seen(tx, &account, (row, repository, home)).await
}

/// Sets a device's own state. Returns the row as it is by then.
pub(super) async fn set(
    tx: &mut Tx,
    account: &Account,
    row: &DeviceRow,
    suspension: Option<OwnSuspension>,
) -> Result<DeviceRow, Error> {
    if let Some(reason) = refusal(account, row) {
        return Err(Error::new(Code::Forbidden, reason));
    }
    if row.status == DeviceStatus::Released {
        return Err(Error::new(Code::DeviceReleased, "The device was released. It is let in again by registering."));
    }
    let mut changed = row.clone();
    changed.suspend_mode = suspension.as_ref().map(|suspension| suspension.mode);
    let (reason, at, from, by) = suspension.map(|own| (own.reason, own.at, own.from, own.by)).unwrap_or_default();
    changed.suspend_reason = reason;
    changed.suspended_at = at;
    changed.suspended_from = from;
    changed.suspended_by = by;
    let (before, after) = (state_of(row), state_of(&changed));
    if before == after {
        return Ok(row.clone());
    }
    sql::update(tx, row, &changed, None).await?;
    changed.version += 1;
    let action =
        if changed.suspend_mode.is_some() { ChangeAction::DeviceSuspended } else { ChangeAction::DeviceActivated };
    tx.record(Entry::new(action, subject(&changed)).before(before).after(after));
    Ok(changed)
}

fn state_of(row: &DeviceRow) -> Value {
    json!({
        "account_state": if row.suspend_mode.is_some() { "suspended" } else { "active" },
        "mode": row.suspend_mode,
        "reason": row.suspend_reason,
        "suspended_from": row.suspended_from,
    })
}

/// A device's own suspension as the account may see it.
pub(super) fn seen_by(account: &Account, row: &DeviceRow) -> Option<Suspension> {
    let from = row.suspended_from.as_ref().map(CustomerId::as_str);
    let sees_author = above::sees_author(account, &row.path, from);
    row.suspend_mode.map(|mode| Suspension {
        mode,
        reason: row.suspend_reason.clone().filter(|_| sees_author),
        public_message: None,
        since: Time::from_micros(row.suspended_at.unwrap_or(row.created_at)),
        by: row.suspended_by.clone().filter(|_| sees_author),
    })
}
