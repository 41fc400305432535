//! Another storage location for a customer or site: the provider's to decide, with a reason, and only while nothing is stored.

use api::change::ChangeAction;
use api::customer::CustomerChange;
use api::id::CustomerId;
use api::storage::StorageMigration;
use api::{Code, Error};
use base::authz::Permission;
use base::change::Entry;
use base::cx::Tx;
use base::text::Checks;
use base::version::IfMatch;
use db::{Assignments, sql};
use serde_json::json;

use super::sql::CustomerRow;
use super::{subject, view};
use crate::storage::locations;

pub(super) async fn migrate(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    input: &StorageMigration,
) -> Result<CustomerChange, Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::ReadCustomers).await?;
    crate::catalogue::authorize(tx)?;
    IfMatch::check_if_given(expected, row.version)?;
    let mut checks = Checks::of::<StorageMigration>();
    let reason = checks.line("reason", &input.reason);
    if row.storage_location_id.as_ref() != Some(&input.storage_location_id) {
        let found = locations::choosable(tx, &input.storage_location_id).await?;
        checks.take("storage_location_id", found);
    }
    checks.finish()?;
    if row.storage_location_id.as_ref() == Some(&input.storage_location_id) {
        return Ok(CustomerChange { customer: view::one(tx, &account, row).await?, changes: false });
    }
    if stores(tx, id).await? {
        let detail = "Its devices have backups where it stores now; they would not move along.";
        return Err(Error::new(Code::ProductsAttached, detail));
    }
    let mut changed = CustomerRow { storage_location_id: Some(input.storage_location_id.clone()), ..row.clone() };
    tx.update(&row, &changed, Assignments::new()).await?;
    changed.version += 1;
    tx.record(
        Entry::new(ChangeAction::CustomerStorageMigrated, subject(&changed))
            .before(json!({ "storage_location_id": row.storage_location_id }))
            .after(json!({ "storage_location_id": changed.storage_location_id, "reason": reason })),
    );
    Ok(CustomerChange { customer: view::one(tx, &account, changed).await?, changes: true })
}

/// Whether devices that stand there hold something or may be written to. Nobody begins to until this transaction ends.
async fn stores(tx: &mut Tx, id: &CustomerId) -> Result<bool, Error> {
    let lock = tx.locking("r");
    let held: Vec<(String, i64, Option<i64>)> = tx
        .all(sql![
            "select r.id, r.used_bytes, r.last_backup_at from repositories r where r.device_id in (select id from devices where customer_id = ",
            id.as_str(),
            ") order by r.id",
            lock
        ])
        .await?;
    if held.iter().any(|(_, used_bytes, last_backup_at)| *used_bytes > 0 || last_backup_at.is_some()) {
        return Ok(true);
    }
    let open: Option<i64> = tx
        .opt(sql![
            "select 1 from repository_counters k join repositories r on r.id = k.repository_id
             join devices d on d.id = r.device_id where d.customer_id = ",
            id.as_str(),
            " limit 1"
        ])
        .await?;
    Ok(open.is_some())
}
