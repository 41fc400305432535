//! Which devices are let in: those that were added by hand before they come, and those that are approved after.

use api::change::ChangeAction;
use api::device::{Device, DeviceCreate, DeviceKind, DeviceStatus};
use api::id::{CustomerId, DeviceId};
use api::{Code, Error, Level};
use serde_json::json;
use tree::Totals;

use super::register::{Machine, PlaceOfMachine, enrol, refuse_beyond_limits};
use super::relocate::{end_customer, refuse_second_appliance};
use super::sql::{self, CustomerOfDevice, DeviceRow};
use super::{fetch, seen, subject};
use crate::customers;
use crate::licences::supply;
use base::authn::{token, token_hash};
use base::authz::Permission;
use base::change::Entry;
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
    if !matches!(home.level, Level::EndCustomer | Level::Site) {
        return wrong(Code::Invalid, "Devices stand under end customers and their sites.");
    }
    let end_customer = end_customer(&home);
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
    refuse_second_appliance(tx, &home, input.kind, None).await?;
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
    let place = PlaceOfMachine { home: &home.id, path: &home.path, end_customer: &end_customer, proof: None };
    let pool = crate::storage::pools::pool_for_new_repository(tx, home.storage_location_id.as_ref()).await?;
    let new = enrol(tx, &pool, vec![(place, machine)]).await?;
    let new = new.into_iter().next().ok_or_else(|| Error::internal("a device that was made is gone"))?;
    seen(tx, &account, (new.row, new.repository, CustomerOfDevice::of(&home))).await
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
    supply::refuse_without(tx, (&row.customer_id, &row.path), row.kind, row.os.as_deref()).await?;
    let mut changed = DeviceRow { status: DeviceStatus::Authorised, ..row.clone() };
    sql::update(tx, &row, &changed, None).await?;
    changed.version += 1;
    tx.add_to_totals(&row.path, Totals { devices_pending: -1, ..Totals::default() });
    let entry = Entry::new(ChangeAction::DeviceApproved, subject(&changed));
    tx.record(entry.before(json!({ "status": row.status })).after(json!({ "status": changed.status })));
    supply::supply(tx, &row.customer_id).await?;
    Ok(changed)
}
