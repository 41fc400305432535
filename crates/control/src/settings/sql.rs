//! The queries of settings and of what was set before.

use std::collections::HashMap;

use api::Error;
use db::{Text, columns, insert, list, sql};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tree::Path;

use base::cx::{Cx, Tx};

db::record! {
    /// What an owner sets, or has set.
    #[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
    pub(super) struct SettingRow {
        pub(super) owner_id: String,
        pub(super) name: String,
        pub(super) value: String,
        pub(super) locked: bool,
        pub(super) set_at: i64,
        pub(super) set_from: Option<String>,
        pub(super) set_by: Option<String>,
    }
}

impl SettingRow {
    /// What was written by a check of its setting can be read.
    pub(super) fn value(&self) -> Value {
        serde_json::from_str(&self.value).unwrap_or_default()
    }
}

/// Databases limit the parameters of a statement.
const AT_ONCE: usize = 5000;

/// All that these owners set.
pub(super) async fn of_owners(cx: &mut Cx, ids: &[&str]) -> Result<Vec<SettingRow>, Error> {
    let mut rows = Vec::new();
    for some in ids.chunks(AT_ONCE) {
        let condition = sql![" from settings where owner_id in ", list(some.iter().copied())];
        rows.extend(cx.all::<SettingRow>(sql!["select ", columns::<SettingRow>(), condition]).await?);
    }
    Ok(rows)
}

/// All that these owners had set at a moment.
pub(super) async fn of_owners_at(cx: &mut Cx, ids: &[&str], at: i64) -> Result<Vec<SettingRow>, Error> {
    let of = || sql!["owner_id in ", list(ids.iter().copied()), " and set_at <= ", at];
    cx.all(sql![
        "select ",
        columns::<SettingRow>(),
        " from settings where ",
        of(),
        " union all select ",
        columns::<SettingRow>(),
        " from setting_history where ",
        of(),
        " and ended_at > ",
        at
    ])
    .await
}

db::record! {
    /// What somebody below a place sets.
    #[derive(Clone, Debug)]
    pub(super) struct BelowRow {
        pub(super) owner_id: String,
        pub(super) path: Path as Text,
        pub(super) value: String,
        pub(super) locked: bool,
    }
}

/// What is set of one setting at a place and below it, devices among them.
pub(super) async fn below(cx: &mut Cx, name: &str, path: &Path) -> Result<Vec<BelowRow>, Error> {
    let (from, to) = path.range();
    cx.all(sql![
        "select ",
        columns::<BelowRow>(),
        " from settings where name = ",
        name,
        " and path >= ",
        from,
        " and path < ",
        to
    ])
    .await
}

/// How many customers and devices stand at and below these customers.
pub(super) async fn weights(cx: &mut Cx, ids: &[&str]) -> Result<HashMap<String, (i64, i64)>, Error> {
    let mut weights = HashMap::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let rows: Vec<(String, i64, i64)> = cx
            .all(sql![
                "select customer_id, customers + sites + 1, devices from totals where customer_id in ",
                list(some.iter().copied())
            ])
            .await?;
        weights.extend(rows.into_iter().map(|(id, customers, devices)| (id, (customers, devices))));
    }
    Ok(weights)
}

/// What is set of these settings at owners: those named, or all from the first to the last of them.
pub(super) async fn fed(cx: &mut Cx, names: &[&str], ids: &[&str], is_range: bool) -> Result<Vec<SettingRow>, Error> {
    let (Some(first), Some(last)) = (ids.first(), ids.last()) else { return Ok(Vec::new()) };
    let which = if is_range {
        sql!["owner_id >= ", *first, " and owner_id <= ", *last]
    } else {
        sql!["owner_id in ", list(ids.iter().copied())]
    };
    cx.all(sql![
        "select ",
        columns::<SettingRow>(),
        " from settings where ",
        which,
        " and name in ",
        list(names.iter().copied())
    ])
    .await
}

/// Writes what an owner sets from now on, or that it sets nothing any more, and keeps what was before.
pub(super) async fn write(
    tx: &mut Tx,
    before: Option<&SettingRow>,
    after: Option<(&SettingRow, &Path)>,
) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    if let Some(row) = before {
        tx.exec(sql![
            "delete from settings where owner_id = ",
            row.owner_id.as_str(),
            " and name = ",
            row.name.as_str()
        ])
        .await?;
        // What was set and changed in one moment was in force at none.
        if row.set_at < now {
            tx.exec(insert! { "setting_history",
                owner_id: row.owner_id.as_str(),
                name: row.name.as_str(),
                ended_at: now,
                value: row.value.as_str(),
                locked: row.locked,
                set_at: row.set_at,
                set_from: row.set_from.as_deref(),
                set_by: row.set_by.as_deref(),
            })
            .await?;
        }
    }
    if let Some((row, path)) = after {
        tx.exec(insert! { "settings",
            owner_id: row.owner_id.as_str(),
            name: row.name.as_str(),
            path: path,
            value: row.value.as_str(),
            locked: row.locked,
            set_at: row.set_at,
            set_from: row.set_from.as_deref(),
            set_by: row.set_by.as_deref(),
        })
        .await?;
    }
    Ok(())
}

/// The mode of a customer's or device's own suspension at a moment, by what happened to it: nothing where that is not
/// known and so is as it is now.
pub(super) async fn state_entries(cx: &mut Cx, id: &str, at: i64) -> Result<(Option<String>, Option<String>), Error> {
    // Spelt as the index has it, or it is none.
    const OF_STATE: &str = " from changes where action in ('customer.suspended', 'customer.activated', \
                            'device.suspended', 'device.activated') and subject_id = ";
    let after: Option<Option<String>> =
        cx.opt(sql!["select after", db::Raw(OF_STATE), id, " and at <= ", at, " order by number desc limit 1"]).await?;
    let before: Option<Option<String>> = match &after {
        Some(_) => None,
        None => {
            cx.opt(sql!["select before", db::Raw(OF_STATE), id, " and at > ", at, " order by number limit 1"]).await?
        }
    };
    Ok((after.flatten(), before.flatten()))
}

/// Every value of a setting, each once.
pub(super) async fn values_of(cx: &mut Cx, name: &str) -> Result<Vec<Value>, Error> {
    let values: Vec<String> = cx.all(sql!["select distinct value from settings where name = ", name]).await?;
    Ok(values.into_iter().filter_map(|value| serde_json::from_str(&value).ok()).collect())
}
