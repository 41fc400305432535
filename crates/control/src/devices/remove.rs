//! Taking devices out for good: their rows, their repositories' rows, and what is counted of them. The files follow when the
//! gateway knows of it (`customers/removal.rs`).

use api::Error;
use api::change::ChangeAction;
use api::device::DeviceStatus;
use api::id::CustomerId;
use db::{columns_of, list, sql};
use tree::{Path, Totals};

use super::sql::{DeviceRow, Repository};
use super::subject;
use base::change::{Entry, snapshot};
use base::cx::Tx;

/// Removes some of the devices at and below a place. Returns how many.
pub(crate) async fn remove_below(tx: &mut Tx, place: &Path, limit: i64) -> Result<u64, Error> {
    let (from, to) = place.range();
    let ids: Vec<String> = tx
        .all(sql![
            "select id from devices where path >= ",
            from,
            " and path < ",
            to,
            " order by path, id limit ",
            limit
        ])
        .await?;
    remove(tx, &ids).await
}

/// Removes some of the devices whose hold is over. Returns how many.
pub(crate) async fn remove_due(tx: &mut Tx, limit: i64) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    let due = super::sql::due(tx, now, limit).await?;
    let ids: Vec<String> = due.iter().map(|(id, _)| id.clone()).collect();
    let removed = remove(tx, &ids).await?;
    // Whoever had the newest backup from one of these looks for the next, from below upwards.
    let mut above: Vec<&str> = Vec::new();
    for id in due.iter().flat_map(|(_, path)| path.ids().rev()) {
        if !above.contains(&id) {
            above.push(id);
        }
    }
    let depth = |id: &str| due.iter().filter_map(|(_, path)| path.ids().position(|known| known == id)).max();
    above.sort_by_key(|id| std::cmp::Reverse(depth(id)));
    for id in above {
        base::totals::newest_again(tx, id).await?;
    }
    Ok(removed)
}

async fn remove(tx: &mut Tx, ids: &[String]) -> Result<u64, Error> {
    if ids.is_empty() {
        return Ok(0);
    }
    // Whoever counts bytes into these has done so before this, or finds nothing any more.
    let lock = tx.locking("r, d");
    let devices: Vec<(DeviceRow, Repository)> = tx
        .all(sql![
            "select ",
            columns_of::<DeviceRow>("d"),
            ", ",
            columns_of::<Repository>("r"),
            " from devices d join repositories r on r.device_id = d.id where d.id in ",
            list(ids.iter().map(String::as_str)),
            " order by r.id",
            lock
        ])
        .await?;
    let held: Vec<(String, Option<i64>)> = tx
        .all(sql![
            "select device_id, allotted_bytes from repositories where allotted_bytes is not null and device_id in ",
            list(ids.iter().map(String::as_str))
        ])
        .await?;
    let now = tx.now.as_microsecond();
    let repositories = || list(devices.iter().map(|(_, repository)| repository.id.as_str()));
    let of_devices = || list(ids.iter().map(String::as_str));
    tx.exec(sql!["delete from repository_counters where repository_id in ", repositories()]).await?;
    tx.exec(sql![
        "insert into removed_repositories (id, pool_id, removed_at) select id, pool_id, ",
        now,
        " from repositories where id in ",
        repositories()
    ])
    .await?;
    tx.exec(sql!["delete from repositories where id in ", repositories()]).await?;
    tx.exec(sql!["delete from device_histories where device_id in ", of_devices()]).await?;
    tx.exec(sql!["delete from jobs where device_id in ", of_devices()]).await?;
    tx.exec(sql!["delete from device_licences where device_id in ", of_devices()]).await?;
    tx.exec(sql!["delete from device_credits where device_id in ", of_devices()]).await?;
    crate::events::forget_devices(tx, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    tx.exec(sql!["delete from devices where id in ", of_devices()]).await?;
    for id in ids {
        crate::settings::forget(tx, id).await?;
    }
    for (device, repository) in &devices {
        let allotted = held.iter().find(|(id, _)| id == device.id.as_str()).and_then(|(_, allotted)| *allotted);
        let less = Totals {
            devices: -1,
            devices_pending: -i64::from(device.status == DeviceStatus::PendingApproval),
            devices_without_backup: -i64::from(repository.last_backup_at.is_none()),
            used_bytes: -repository.used_bytes,
            apart_bytes: if allotted.is_some() { -repository.used_bytes } else { 0 },
            handed_bytes: -allotted.unwrap_or_default(),
            ..Totals::default()
        };
        tx.add_to_totals(&device.path, less);
        let before = serde_json::Value::Object(snapshot(device));
        tx.record(Entry::new(ChangeAction::DeviceDeleted, subject(device)).before(before));
    }
    let mut homes: Vec<&CustomerId> = devices.iter().map(|(device, _)| &device.customer_id).collect();
    homes.sort_unstable();
    homes.dedup();
    for home in homes {
        crate::licences::supply::supply(tx, home).await?;
    }
    Ok(devices.len() as u64)
}
