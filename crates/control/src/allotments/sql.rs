//! The queries of allotments: rows of a subtree in its order.

use std::collections::HashMap;

use api::device::DeviceStatus;
use api::id::{CustomerId, DeviceId, RepositoryId};
use api::{Error, Level};
use base::cx::Cx;
use db::{Text, columns_of, list, sql};
use tree::Path;

/// Customers and devices at and below a place, from the top down: whether it is a device, and its id.
pub(super) async fn ids(cx: &mut Cx, path: &Path, (offset, limit): (i64, i64)) -> Result<Vec<(i64, String)>, Error> {
    let range = || path.range();
    let ((from, to), (also_from, also_to)) = (range(), range());
    let rows: Vec<(i64, String, String)> = cx
        .all(sql![
            "select kind, id, path from (select 0 as kind, id, path from customers where path >= ",
            from,
            " and path < ",
            to,
            " union all select 1 as kind, id, path from devices where path >= ",
            also_from,
            " and path < ",
            also_to,
            ") x order by path, kind, id limit ",
            limit,
            " offset ",
            offset
        ])
        .await?;
    Ok(rows.into_iter().map(|(kind, id, _)| (kind, id)).collect())
}

db::record! {
    #[derive(Clone, Debug)]
    pub(super) struct CustomerRow {
        pub id: CustomerId as Text,
        pub version: i64,
        pub parent_id: Option<CustomerId> as Option<Text>,
        pub path: Path as Text,
        pub level: Level as Text,
        pub name: Option<String>,
        pub company_name: String,
        pub max_devices: Option<i64>,
        pub is_default: bool,
    }
}

/// With the devices that count.
pub(super) async fn customers(cx: &mut Cx, ids: &[&str]) -> Result<HashMap<String, (CustomerRow, i64)>, Error> {
    let rows: Vec<(CustomerRow, i64)> = cx
        .all(sql![
            "select ",
            columns_of::<CustomerRow>("c"),
            ", t.devices - t.devices_pending from customers c join totals t on t.customer_id = c.id where c.id in ",
            list(ids.iter().copied())
        ])
        .await?;
    Ok(rows.into_iter().map(|row| (row.0.id.to_string(), row)).collect())
}

db::record! {
    #[derive(Clone, Debug)]
    pub(super) struct DeviceRow {
        pub id: DeviceId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub path: Path as Text,
        pub name: String,
        pub status: DeviceStatus as Text,
    }
}

db::record! {
    #[derive(Clone, Debug)]
    pub(super) struct RepositoryRow {
        pub id: RepositoryId as Text,
        pub allotted_bytes: Option<i64>,
        pub used_bytes: i64,
        pub last_backup_at: Option<i64>,
    }
}

/// With their repositories, and what the pools of these are called.
pub(super) async fn devices(
    cx: &mut Cx,
    ids: &[&str],
) -> Result<HashMap<String, (DeviceRow, RepositoryRow, String)>, Error> {
    let rows: Vec<(DeviceRow, RepositoryRow, String)> = cx
        .all(sql![
            "select ",
            columns_of::<DeviceRow>("d"),
            ", ",
            columns_of::<RepositoryRow>("r"),
            ", p.name from devices d join repositories r on r.device_id = d.id
             join storage_pools p on p.id = r.pool_id where d.id in ",
            list(ids.iter().copied())
        ])
        .await?;
    Ok(rows.into_iter().map(|row| (row.0.id.to_string(), row)).collect())
}

/// The last three runs of each of these devices, the newest first: device, kind, outcome, end.
pub(super) async fn last_jobs(cx: &mut Cx, ids: &[&str]) -> Result<Vec<(String, String, String, i64)>, Error> {
    cx.all(sql![
        "select device_id, kind, outcome, ended_at from (select device_id, kind, outcome, ended_at, started_at,
         row_number() over (partition by device_id order by started_at desc) as place from jobs where device_id in ",
        list(ids.iter().copied()),
        ") x where place <= 3 order by device_id, started_at desc"
    ])
    .await
}
