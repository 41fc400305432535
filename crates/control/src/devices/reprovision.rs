//! A machine takes its place again: one that was released, or whose site was deleted. It is known by its fingerprint and gets new
//! credentials to the backups that it had, also at another site.

use api::Error;
use api::change::ChangeAction;
use api::device::{DeviceCredentials, DeviceStatus};
use serde_json::json;

use super::proof::Proof;
use super::register::{CheckedRegistration, record};
use super::sql::{self, DeviceRow};
use super::{credentials, relocate};
use crate::customers::sql::CustomerRow;
use crate::licences::supply;
use base::change::snapshot;
use base::cx::Tx;

/// Whether a known device has no place any more, so that a machine with its fingerprint may have it: it was released, or where
/// it stood is to be deleted and it comes back elsewhere.
pub(super) async fn is_free(tx: &mut Tx, known: &DeviceRow, home: &CustomerRow) -> Result<bool, Error> {
    if known.deletes_at.is_some() {
        return Ok(false);
    }
    if known.status == DeviceStatus::Released {
        return Ok(true);
    }
    Ok(known.path != home.path && crate::customers::sql::is_deleting(tx, &known.path).await?)
}

pub(super) async fn reprovision(
    tx: &mut Tx,
    known: DeviceRow,
    proof: &Proof,
    home: &CustomerRow,
    input: &CheckedRegistration,
    secret_hash: &str,
    password: String,
) -> Result<DeviceCredentials, Error> {
    let whole = sql::find_anywhere(tx, &known.id).await?.ok_or_else(Error::not_found)?;
    if known.path != home.path
        && let Some((code, detail)) = relocate::blocker(tx, &whole, home).await?
    {
        return Err(Error::new(code, detail));
    }
    relocate::refuse_second_appliance(tx, home, input.kind, Some(&known.id)).await?;
    let is_let_in = crate::settings::value_at(tx, &home.path, "auto_authorise").await? == json!(true);
    if is_let_in {
        supply::refuse_without(tx, (&home.id, &home.path), input.kind, input.os.as_deref()).await?;
    }
    proof.count_use(tx).await?;
    let status = if is_let_in { DeviceStatus::Authorised } else { DeviceStatus::PendingApproval };
    let mut changed = DeviceRow {
        customer_id: home.id.clone(),
        path: home.path.clone(),
        end_customer_id: relocate::end_customer(home),
        name: input.name.clone(),
        kind: input.kind,
        os: input.os.clone().or_else(|| known.os.clone()),
        status,
        by_account: proof.is_account(),
        credential_outdated_at: None,
        ..known.clone()
    };
    if known.status == DeviceStatus::Released {
        changed.suspend_mode = None;
        changed.suspend_reason = None;
        changed.suspended_at = None;
        changed.suspended_from = None;
        changed.suspended_by = None;
    }
    let changed = relocate::write(tx, &known, changed, Some(secret_hash)).await?;
    if changed.path != known.path {
        relocate::record(tx, &known, &changed, &whole.2, home);
    }
    let mut after = snapshot(&changed);
    after.insert("status".to_owned(), changed.status.as_ref().into());
    proof.tell(&mut after);
    supply::free(tx, &known.id, &known.customer_id).await?;
    supply::supply(tx, &changed.customer_id).await?;
    record(tx, ChangeAction::DeviceReprovisioned, &changed, after.into());
    Ok(credentials(&tx.app, &changed.id, changed.status, &whole.1.id, password))
}
