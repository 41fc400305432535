//! The queries of space. The sums themselves are written by `base::totals`.

use api::Error;
use api::id::{CustomerId, DeviceId};
use base::cx::{Cx, Tx};
use base::totals::SpaceRow;
use db::{columns, list, sql};
use tree::Budget;

/// The budgets of these customers, by id.
pub async fn budgets(cx: &mut Cx, ids: &[&str]) -> Result<Vec<(String, Budget)>, Error> {
    let rows: Vec<(String, SpaceRow)> = cx
        .all(sql![
            "select customer_id, ",
            columns::<SpaceRow>(),
            " from totals where customer_id in ",
            list(ids.iter().copied())
        ])
        .await?;
    Ok(rows.into_iter().map(|(id, row)| (id, row.into())).collect())
}

/// What these devices hold and use: allotted, used.
pub async fn of_devices(cx: &mut Cx, ids: &[&str]) -> Result<Vec<(String, Option<i64>, i64)>, Error> {
    cx.all(sql![
        "select device_id, allotted_bytes, used_bytes from repositories where device_id in ",
        list(ids.iter().copied())
    ])
    .await
}

/// The same of one that nobody else changes until this transaction ends.
pub async fn lock_device(tx: &mut Tx, id: &DeviceId) -> Result<(Option<i64>, i64), Error> {
    let lock = tx.locking("r, d");
    tx.one(sql![
        "select r.allotted_bytes, r.used_bytes from repositories r join devices d on d.id = r.device_id
         where r.device_id = ",
        id.as_str(),
        lock
    ])
    .await
}

pub async fn allot_device(tx: &mut Tx, id: &DeviceId, allotted: Option<i64>) -> Result<(), Error> {
    tx.exec(sql!["update repositories set allotted_bytes = ", allotted, " where device_id = ", id.as_str()]).await?;
    Ok(())
}

/// Counts up the version of the row that space belongs to.
pub async fn touch(tx: &mut Tx, table: &'static str, id: &str, version: i64) -> Result<bool, Error> {
    let statement =
        sql!["update ", db::Raw(table), " set version = version + 1 where id = ", id, " and version = ", version];
    Ok(tx.exec(statement).await? == 1)
}

/// Who directly below a customer takes most of it: name, what it holds, what it uses.
pub async fn largest_below(cx: &mut Cx, id: &CustomerId) -> Result<Vec<(String, Option<i64>, i64)>, Error> {
    let mut takers: Vec<(String, Option<i64>, i64)> = cx
        .all(sql![
            "select c.company_name, t.allotted_bytes, t.handed_bytes + t.drawn_bytes from customers c
             join totals t on t.customer_id = c.id where c.parent_id = ",
            id.as_str(),
            " order by coalesce(t.allotted_bytes, t.handed_bytes + t.drawn_bytes) desc, c.id limit 3"
        ])
        .await?;
    let devices: Vec<(String, Option<i64>, i64)> = cx
        .all(sql![
            "select d.name, r.allotted_bytes, r.used_bytes from devices d join repositories r on r.device_id = d.id
             where d.customer_id = ",
            id.as_str(),
            " order by coalesce(r.allotted_bytes, r.used_bytes) desc, d.id limit 3"
        ])
        .await?;
    takers.extend(devices);
    takers.sort_by_key(|(_, allotted, used)| std::cmp::Reverse(allotted.unwrap_or(*used)));
    takers.retain(|(_, allotted, used)| allotted.unwrap_or(*used) > 0);
    takers.truncate(3);
    Ok(takers)
}
