//! Totals as they are stored: what a transaction gathered is added to each node once, and measured on the way. The day
//! that a node's last change was on is closed by its next change, so nobody has to look at all nodes at midnight, and one
//! on which nothing changed costs nothing.

use std::collections::{HashMap, HashSet};

use api::Error;
use db::{Column as _, Kept, Raw, Row, Rows, Sql, Stored, assign, columns, list, sql};
use tree::measure::{Coverage, Day, Open, day_of};
use tree::{Attention, Budget, Deltas, Marks, Totals};

use crate::cx::{Cx, Tx, newest};
use crate::measure;

/// Databases limit the parameters of a statement.
const AT_ONCE: usize = 500;

db::record! {
    /// What a node's total says of its measuring.
    #[derive(Clone, Copy, Debug)]
    pub struct OpenRow {
        pub measured_at: i64,
        pub used_bytes: i64,
        pub devices: i64,
        pub devices_pending: i64,
        pub devices_without_backup: i64,
        pub byte_days: i64,
        pub byte_seconds: i64,
        pub high_bytes: i64,
        pub devices_backed_up: i64,
    }
}

impl From<OpenRow> for Open {
    fn from(row: OpenRow) -> Self {
        Self {
            at: row.measured_at,
            used_bytes: row.used_bytes,
            // What waits to be let in is nobody's use.
            devices: row.devices - row.devices_pending,
            devices_without_backup: row.devices_without_backup - row.devices_pending,
            byte_days: row.byte_days,
            byte_seconds: row.byte_seconds,
            high_bytes: row.high_bytes,
            devices_backed_up: row.devices_backed_up,
        }
    }
}

db::record! {
    /// A day that has ended and on which something changed.
    #[derive(Clone, Copy, Debug)]
    pub struct DayRow {
        pub day: i64,
        pub measured_seconds: i64,
        pub average_bytes: i64,
        pub high_bytes: i64,
        pub last_bytes: i64,
        pub devices: i64,
        pub devices_without_backup: i64,
        pub devices_backed_up: i64,
    }
}

/// Open events of each category are two columns.
#[derive(Debug)]
pub struct AttentionColumns;

impl Kept<Attention> for AttentionColumns {
    fn columns(_: &'static str) -> Vec<&'static str> {
        vec!["threat_action", "threat_warning", "system_action", "system_warning", "licence_action", "licence_warning"]
    }

    fn load(row: &Row<'_>, name: &'static str) -> Result<Attention, db::Error> {
        let names = Self::columns(name);
        let marks = |at: usize| {
            let action_required = row.read(names[at], i64::from_cell)?;
            Ok::<_, db::Error>(Marks { action_required, warning: row.read(names[at + 1], i64::from_cell)? })
        };
        Ok(Attention { threat: marks(0)?, system: marks(2)?, licence: marks(4)? })
    }

    fn store(attention: &Attention) -> Vec<db::Value> {
        let Attention { threat, system, licence } = attention;
        [threat, system, licence]
            .into_iter()
            .flat_map(|marks| [marks.action_required.into(), marks.warning.into()])
            .collect()
    }
}

impl Stored for DayRow {
    const TABLE: &'static str = "customer_days";
}

impl From<Day> for DayRow {
    fn from(day: Day) -> Self {
        Self {
            day: day.day,
            measured_seconds: day.seconds,
            average_bytes: day.average_bytes,
            high_bytes: day.high_bytes,
            last_bytes: day.last_bytes,
            devices: day.devices,
            devices_without_backup: day.devices_without_backup,
            devices_backed_up: day.devices_backed_up,
        }
    }
}

impl From<DayRow> for Day {
    fn from(row: DayRow) -> Self {
        Self {
            day: row.day,
            seconds: row.measured_seconds,
            average_bytes: row.average_bytes,
            high_bytes: row.high_bytes,
            last_bytes: row.last_bytes,
            devices: row.devices,
            devices_without_backup: row.devices_without_backup,
            devices_backed_up: row.devices_backed_up,
        }
    }
}

/// Adds to totals, by the ids of their customers, in their order.
pub async fn add(tx: &mut Tx, deltas: Deltas) -> Result<(), Error> {
    let ids: Vec<String> = deltas.ids().map(str::to_owned).collect();
    if ids.is_empty() {
        return Ok(());
    }
    // All of them before anything is written: what goes up to the nearest pool depends on which are pools.
    let mut open = open_of(tx, &ids).await?;
    let since = open.values().map(|(_, open)| open.at).min().unwrap_or_default();
    let coverage = measure::coverage(tx, since).await?;
    let mut pools: HashSet<String> =
        open.iter().filter(|(_, (allotted, _))| allotted.is_some()).map(|(id, _)| id.clone()).collect();
    // What stood below a pool that is gone by now was its own, not of those above it.
    pools.extend(std::mem::take(&mut tx.gone_pools));
    let mut closed = Vec::new();
    for (id, change) in deltas.into_changes(|id| pools.contains(id)) {
        // One that is gone counts nothing any more.
        let Some((_, open)) = open.get_mut(&id) else { continue };
        closed.extend(add_to(tx, &id, open, &change, &coverage).await?);
    }
    insert_days(tx, &closed).await
}

/// What of these nodes is open, and what they hold; nobody else changes it until this transaction ends.
async fn open_of(tx: &mut Tx, ids: &[String]) -> Result<HashMap<String, (Option<i64>, Open)>, Error> {
    let mut found = HashMap::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let lock = tx.locking("totals");
        let rows: Vec<(String, Option<i64>, OpenRow)> = tx
            .all(sql![
                "select customer_id, allotted_bytes, ",
                columns::<OpenRow>(),
                " from totals where customer_id in ",
                list(some.iter().map(String::as_str)),
                " order by customer_id",
                lock
            ])
            .await?;
        found.extend(rows.into_iter().map(|(id, allotted, row)| (id, (allotted, row.into()))));
    }
    Ok(found)
}

/// Changes one node. The day that it ended, if there is one.
async fn add_to(
    tx: &mut Tx,
    id: &str,
    open: &mut Open,
    change: &Totals,
    coverage: &Coverage,
) -> Result<Option<(String, Day)>, Error> {
    let now = tx.now.as_second();
    let mut closed = open.advance(now, coverage);
    open.hold(open.used_bytes + change.used_bytes);
    if change.devices_backed_up_yesterday != 0 {
        let yesterday = day_of(now) - 1;
        match &mut closed {
            Some(closed) if closed.day == yesterday => closed.devices_backed_up += change.devices_backed_up_yesterday,
            _ => {
                tx.exec(sql![
                    "update customer_days set devices_backed_up = devices_backed_up + ",
                    change.devices_backed_up_yesterday,
                    " where customer_id = ",
                    id,
                    " and day = ",
                    yesterday
                ])
                .await?;
            }
        }
    }
    let sums = assign! {
        customers: sql!["customers + ", change.customers],
        sites: sql!["sites + ", change.sites],
        devices: sql!["devices + ", change.devices],
        devices_without_backup: sql!["devices_without_backup + ", change.devices_without_backup],
        devices_pending: sql!["devices_pending + ", change.devices_pending],
        devices_left: sql!["devices_left - ", change.devices - change.devices_pending],
        used_bytes: open.used_bytes,
        handed_bytes: sql!["handed_bytes + ", change.handed_bytes],
        drawn_bytes: sql!["drawn_bytes + ", change.drawn_bytes],
        measured_at: open.at,
        byte_days: open.byte_days,
        byte_seconds: open.byte_seconds,
        high_bytes: open.high_bytes,
        devices_backed_up: open.devices_backed_up + change.devices_backed_up,
        threat_action: sql!["threat_action + ", change.attention.threat.action_required],
        threat_warning: sql!["threat_warning + ", change.attention.threat.warning],
        system_action: sql!["system_action + ", change.attention.system.action_required],
        system_warning: sql!["system_warning + ", change.attention.system.warning],
        licence_action: sql!["licence_action + ", change.attention.licence.action_required],
        licence_warning: sql!["licence_warning + ", change.attention.licence.warning],
    };
    let mut statement = sql!["update totals set ", sums];
    if let Some(at) = change.last_backup_at {
        statement.append(sql![", last_backup_at = ", newest("last_backup_at", at)]);
    }
    if let Some(at) = change.last_refused_at {
        statement.append(sql![", last_refused_at = ", newest("last_refused_at", at)]);
    }
    tx.exec(sql![statement, " where customer_id = ", id]).await?;
    Ok(closed.map(|day| (id.to_owned(), day)))
}

async fn insert_days(tx: &mut Tx, days: &[(String, Day)]) -> Result<(), Error> {
    for some in days.chunks(AT_ONCE) {
        let mut rows = Rows::new(DayRow::TABLE);
        for (id, day) in some {
            rows.push(DayRow::from(*day).assignments().and(assign! { customer_id: id }));
        }
        tx.exec(rows.into_sql()).await?;
    }
    Ok(())
}

/// Keeps everybody else from the totals of these nodes until the transaction ends.
pub async fn lock(tx: &mut Tx, ids: &[&str]) -> Result<(), Error> {
    let ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    open_of(tx, &ids).await.map(drop)
}

/// Looks up anew when something below a node was last backed up and refused, after what had told the newest has gone: from
/// what stands directly below it. The node's total is locked, and those below it are right.
pub async fn newest_again(tx: &mut Tx, id: &str) -> Result<(), Error> {
    let below = |column: &'static str| {
        sql![
            "(select max(at) from (select t.",
            Raw(column),
            " as at from customers c join totals t on t.customer_id = c.id where c.parent_id = ",
            id,
            " union all select r.",
            Raw(column),
            " as at from devices d join repositories r on r.device_id = d.id where d.customer_id = ",
            id,
            ") as below)"
        ]
    };
    tx.exec(sql![
        "update totals set last_backup_at = ",
        below("last_backup_at"),
        ", last_refused_at = ",
        below("last_refused_at"),
        " where customer_id = ",
        id
    ])
    .await?;
    Ok(())
}

db::record! {
    /// A node's budget of space as it is stored.
    #[derive(Clone, Copy, Debug)]
    pub struct SpaceRow {
        pub allotted_bytes: Option<i64>,
        pub overcommit_percent: Option<i64>,
        pub used_bytes: i64,
        pub handed_bytes: i64,
        pub drawn_bytes: i64,
    }
}

/// How full a node's own space is, in per cent; 0 without any. In two steps, since a hundred times what is used below a large
/// provider is more than a bigint holds. An index has the same words.
pub const USED_PERCENT: &str = "coalesce(t.used_bytes / nullif(t.allotted_bytes, 0) * 100 \
    + t.used_bytes % nullif(t.allotted_bytes, 0) * 100 / nullif(t.allotted_bytes, 0), 0)";

/// The same of numbers at hand.
#[must_use]
pub fn used_percent(used_bytes: i64, allotted_bytes: Option<i64>) -> Option<i64> {
    let held = allotted_bytes.filter(|held| *held > 0)?;
    i64::try_from(i128::from(used_bytes) * 100 / i128::from(held)).ok().filter(|percent| *percent > 0)
}

impl From<SpaceRow> for Budget {
    fn from(row: SpaceRow) -> Self {
        Self {
            allotted: row.allotted_bytes,
            overcommit_percent: row.overcommit_percent.unwrap_or(100),
            used: row.used_bytes,
            handed: row.handed_bytes,
            drawn: row.drawn_bytes,
        }
    }
}

/// The budgets of space of these nodes; nobody else changes them until this transaction ends.
pub async fn space_of(tx: &mut Tx, ids: &[&str]) -> Result<HashMap<String, Budget>, Error> {
    let lock = tx.locking("totals");
    let rows: Vec<(String, SpaceRow)> = tx
        .all(sql![
            "select customer_id, ",
            columns::<SpaceRow>(),
            " from totals where customer_id in ",
            list(ids.iter().copied()),
            " order by customer_id",
            lock
        ])
        .await?;
    Ok(rows.into_iter().map(|(id, row)| (id, row.into())).collect())
}

/// Another allotment of space at a node. What that takes of those above is told to [`Tx::add_to_totals`] by its parent's path.
pub async fn allot(tx: &mut Tx, id: &str, allotted: Option<i64>, overcommit_percent: i64) -> Result<(), Error> {
    let changes = assign! {
        allotted_bytes: allotted,
        overcommit_percent: Some(overcommit_percent).filter(|percent| *percent > 100),
    };
    tx.exec(sql!["update totals set ", changes, " where customer_id = ", id]).await?;
    Ok(())
}

/// Another limit of devices at a node.
pub async fn limit(tx: &mut Tx, id: &str, max_devices: Option<i64>) -> Result<(), Error> {
    let left: Sql = sql![max_devices, " - devices + devices_pending"];
    tx.exec(sql!["update totals set devices_left = ", left, " where customer_id = ", id]).await?;
    Ok(())
}

/// Deletes a node's total and writes its last day, since its history outlives it.
pub async fn delete(tx: &mut Tx, id: &str) -> Result<(), Error> {
    let now = tx.now.as_second();
    let open = open_of(tx, &[id.to_owned()]).await?;
    if let Some((allotted, open)) = open.get(id) {
        if allotted.is_some() {
            tx.gone_pools.push(id.to_owned());
        }
        let coverage = measure::coverage(tx, open.at).await?;
        insert_days(tx, &[(id.to_owned(), open.day(now, &coverage))]).await?;
    }
    tx.exec(sql!["delete from totals where customer_id = ", id]).await?;
    Ok(())
}

/// What is open at a node, to be read.
pub async fn open(cx: &mut Cx, id: &str) -> Result<Option<Open>, Error> {
    let row: Option<OpenRow> =
        cx.opt(sql!["select ", columns::<OpenRow>(), " from totals where customer_id = ", id]).await?;
    Ok(row.map(Open::from))
}
