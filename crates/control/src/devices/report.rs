//! What a device says of itself: what it backs up with, on which system. Machines say so each night, so it is no command and stands
//! in no history.

use api::change::{ActorKind, ChangeAction};
use api::device::{DeviceOrders, DeviceReport, DeviceStatus};
use api::id::DeviceId;
use api::session::SignIn;
use api::{Code, Error};
use base::App;
use base::authn::token_hash;
use base::change::{Entry, snapshot};
use base::cx::{Caller, Cx, Origin, Tx};
use base::http::Call;
use base::text::Checks;
use db::{Assignments, assign, sql};
use subtle::ConstantTimeEq as _;

use super::sql::{DeviceRow, find_anywhere};
use super::{proof, subject};
use crate::sessions;
use crate::settings::Holding;

/// Fields that are acceptable by themselves.
#[derive(Clone, Debug)]
pub(super) struct CheckedReport(DeviceReport);

impl CheckedReport {
    pub(super) fn of(mut input: DeviceReport) -> Result<Self, Error> {
        let mut checks = Checks::of::<DeviceReport>();
        input.client = checks.optional("client", input.client.as_deref());
        input.helper = checks.optional("helper", input.helper.as_deref());
        input.os = checks.optional("os", input.os.as_deref());
        input.host_name = checks.optional("host_name", input.host_name.as_deref());
        checks.finish()?;
        Ok(Self(input))
    }
}

pub(super) fn wrong_credentials() -> Error {
    Error::new(Code::SignInFailed, "The device or its password is wrong.")
}

/// Whether these are a device's credentials. What a released one says is of no interest.
pub(super) async fn is_right(cx: &mut Cx, CheckedReport(input): &CheckedReport) -> Result<bool, Error> {
    let found: Option<(String, String)> =
        cx.opt(sql!["select secret_hash, status from devices where id = ", input.device_id.as_str()]).await?;
    let given = token_hash(input.password.expose());
    Ok(found.is_some_and(|(hash, status)| {
        bool::from(hash.as_bytes().ct_eq(given.as_bytes())) && status.parse() != Ok(DeviceStatus::Released)
    }))
}

/// Takes the new password of the customer's account from a device that was let in by the former one.
///
/// # Errors
/// `sign_in_failed` where it is wrong, within the limits on guessing; `invalid` where the device was let in by a pass key.
pub(super) async fn renew(call: &Call, CheckedReport(input): &CheckedReport) -> Result<(), Error> {
    let Some(password) = &input.account_password else { return Ok(()) };
    let mut cx = call.read().await?;
    let Some(customer) = proof::account_of(&mut cx, &input.device_id).await? else {
        let detail = "The device was let in by a pass key and needs no password of its customer.";
        return Err(Error::field("account_password", Code::Invalid, detail));
    };
    let row = crate::customers::sql::find_anywhere(&mut cx, &customer).await?.ok_or_else(wrong_credentials)?;
    drop(cx);
    let login = row.username.ok_or_else(wrong_credentials)?;
    let known = sessions::prove(call, &SignIn { login, password: password.clone() }).await?;
    base::run!(call.app, Caller::System, call.origin.clone(), |tx| async {
        if !known.still_holds(tx).await? {
            return Err(wrong_credentials());
        }
        proof::renew(tx, &input.device_id).await
    }
    .await)
}

/// Writes it down.
pub(super) async fn store(app: &App, CheckedReport(input): &CheckedReport) -> Result<(), Error> {
    base::beside!(app, |tx| async {
        let mut changes: Assignments = assign! { reported_at: tx.now.as_microsecond() };
        let said = [("client", &input.client), ("helper", &input.helper), ("host_name", &input.host_name)];
        for (column, text) in said {
            if let Some(text) = text {
                changes.push(column, text.as_str());
            }
        }
        tx.exec(sql!["update devices set ", changes, " where id = ", input.device_id.as_str()]).await?;
        Ok(())
    }
    .await)?;
    let Some(system) = &input.os else { return Ok(()) };
    let mut cx = Cx::read(app, Caller::System).await?;
    let stored = find_anywhere(&mut cx, &input.device_id).await?;
    drop(cx);
    // Another system is an edit like any other, and a rare one.
    if stored.is_some_and(|(row, ..)| row.os.as_ref() != Some(system)) {
        base::run!(app, Caller::System, Origin::default(), |tx| write_system(tx, &input.device_id, system).await)?;
    }
    Ok(())
}

/// What the settings ask of a device.
pub(super) async fn orders(cx: &mut Cx, CheckedReport(input): &CheckedReport) -> Result<DeviceOrders, Error> {
    let (row, ..) = find_anywhere(cx, &input.device_id).await?.ok_or_else(wrong_credentials)?;
    let device = row.id.as_str();
    let held = Holding::at(cx, &[(&row.path, Some(device))]).await?;
    crate::settings::lists::orders(&held, &row.path, device, cx.now)
}

async fn write_system(tx: &mut Tx, id: &DeviceId, system: &str) -> Result<(), Error> {
    let Some((row, ..)) = find_anywhere(tx, id).await? else { return Ok(()) };
    let changed = DeviceRow { os: Some(system.to_owned()), ..row.clone() };
    let (before, after) = base::change::difference(&snapshot(&row), &snapshot(&changed));
    if before == after {
        return Ok(());
    }
    super::sql::update(tx, &row, &changed, None).await?;
    let mut entry = Entry::new(ChangeAction::DeviceUpdated, subject(&changed)).before(before).after(after);
    entry.actor = Some((ActorKind::Device, changed.id.to_string(), changed.name.clone()));
    tx.record(entry);
    Ok(())
}
