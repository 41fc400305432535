//! The queries of what is kept of backups.

use std::collections::{HashMap, HashSet};

use api::Error;
use db::{Rows, assign, list, sql};
use tree::Path;

use super::history::History;
use base::cx::{Cx, Tx};

const TABLE: &str = "device_histories";

/// From when on histories are complete.
pub(super) async fn recorded_from(cx: &mut Cx) -> Result<Option<i64>, Error> {
    let from: Option<Option<i64>> = cx.opt(sql!["select recorded_from from installation where id = 1"]).await?;
    Ok(from.flatten())
}

pub(super) async fn record_from_now(tx: &mut Tx) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    tx.exec(sql!["update installation set recorded_from = ", now, " where recorded_from is null"]).await.map(drop)
}

/// What is kept of these devices. What can't be read is as good as nothing: it is evidence, and nothing stands on it.
pub(super) async fn histories(
    cx: &mut Cx,
    devices: impl Iterator<Item = &str>,
) -> Result<HashMap<String, History>, Error> {
    let rows: Vec<(String, String)> =
        cx.all(sql!["select device_id, history from device_histories where device_id in ", list(devices)]).await?;
    let read = |(id, text): (String, String)| Some((id, serde_json::from_str(&text).ok()?));
    Ok(rows.into_iter().filter_map(read).collect())
}

pub(super) async fn write(tx: &mut Tx, histories: &[(String, History)]) -> Result<(), Error> {
    let mut rows = Rows::new(TABLE);
    for (device, history) in histories {
        let history = serde_json::to_string(history).map_err(Error::internal)?;
        rows.push(assign! { device_id: device, history: history });
    }
    let mut statement = rows.into_sql();
    statement.append(sql![" on conflict (device_id) do update set history = excluded.history"]);
    tx.exec(statement).await.map(drop)
}

db::record! {
    /// A device with something to be told of its backups.
    #[derive(Debug)]
    pub(super) struct LackingRow {
        pub(super) id: String,
        pub(super) name: String,
        pub(super) created_at: i64,
        pub(super) last_backup_at: Option<i64>,
        pub(super) last_refused_at: Option<i64>,
    }
}

/// Devices at a customer and below it that have no backup, none since, or were refused one after the last.
pub(super) async fn lacking(cx: &mut Cx, path: &Path, since: i64, limit: i64) -> Result<Vec<LackingRow>, Error> {
    let (from, to) = path.range();
    cx.all(sql![
        "select d.id as id, d.name as name, d.created_at as created_at, r.last_backup_at as last_backup_at,
         r.last_refused_at as last_refused_at from devices d join repositories r on r.device_id = d.id
         where d.path >= ",
        from,
        " and d.path < ",
        to,
        " and (coalesce(r.last_backup_at, 0) < ",
        since,
        " or r.last_refused_at > coalesce(r.last_backup_at, 0)) limit ",
        limit
    ])
    .await
}

/// Which of these customers have a device that was there before this and has no backup, some devices aside.
pub(super) async fn overdue(
    cx: &mut Cx,
    customers: &[&str],
    before: i64,
    but: &[&str],
) -> Result<HashSet<String>, Error> {
    if customers.is_empty() {
        return Ok(HashSet::new());
    }
    let mut lacking = sql![
        "select 1 from repositories r where r.last_backup_at is null and r.path >= c.path and r.path < c.path || '~'
         and r.created_at < ",
        before
    ];
    if !but.is_empty() {
        lacking.append(sql![" and r.device_id not in ", list(but.iter().copied())]);
    }
    let found: Vec<String> = cx
        .all(sql![
            "select c.id from customers c where c.id in ",
            list(customers.iter().copied()),
            " and exists (",
            lacking,
            ")"
        ])
        .await?;
    Ok(found.into_iter().collect())
}
