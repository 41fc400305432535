//! The queries of events, and of what has to be looked at.

use std::collections::HashMap;

use api::Error;
use api::device::DeviceStatus;
use api::event::{EventCategory, EventState, EventType, Severity};
use api::id::{CustomerId, DeviceId, EventId};
use api::product::Edition;
use base::cx::{Cx, Tx};
use db::{Assignments, Engine, Raw, Sql, Stored, Text, columns, columns_of, list, sql};
use tree::Path;

db::record! {
    /// An event as it is stored.
    #[derive(Clone, Debug, PartialEq, Eq)]
    pub struct EventRow {
        pub id: EventId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub device_id: Option<DeviceId> as Option<Text>,
        pub path: Path as Text,
        pub kind: EventType as Text [logged],
        pub category: EventCategory as Text,
        pub severity: Severity as Text [logged],
        pub rank: i64,
        pub state: EventState as Text [logged],
        pub story: String,
        pub product: Option<String> [logged],
        pub detail: String [logged],
        pub count: i64,
        pub first_seen_at: i64,
        pub last_seen_at: i64,
        pub opened_at: i64,
        pub window_at: i64,
        pub window_count: i64,
        pub decided_at: Option<i64>,
        pub decided_by: Option<String>,
        pub decided_from: Option<CustomerId> as Option<Text>,
        pub reason: Option<String>,
        pub acknowledged_until: Option<i64>,
        pub resolved_at: Option<i64>,
    }
}

impl Stored for EventRow {
    const TABLE: &'static str = "events";
}

db::record! {
    /// Whose it is, by name.
    #[derive(Clone, Debug)]
    pub struct Named {
        pub company_name: String,
        pub name: Option<String>,
    }
}

/// With whose it is, and the name of its device.
pub(super) type WholeEvent = (EventRow, Named, Option<String>);

fn whole() -> Sql {
    sql![
        "select ",
        columns_of::<EventRow>("e"),
        ", ",
        columns_of::<Named>("c"),
        ", d.name from events e join customers c on c.id = e.customer_id left join devices d on d.id = e.device_id where "
    ]
}

/// Where the event with this id stands.
pub fn place(id: &str) -> Sql {
    sql!["select path from events where id = ", id]
}

/// Any event, wherever it stands. Callers get theirs by `events::fetch`.
pub(super) async fn find_anywhere(cx: &mut Cx, id: &EventId) -> Result<Option<WholeEvent>, Error> {
    cx.opt(sql![whole(), "e.id = ", id.as_str()]).await
}

/// The events with these ids, in no order.
pub(super) async fn with_these_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<WholeEvent>, Error> {
    cx.all(sql![whole(), "e.id in ", list(ids.iter().map(String::as_str))]).await
}

/// Those of these stories that are told already; nobody else goes on with them until this transaction ends.
pub(super) async fn of_stories(tx: &mut Tx, stories: &[String]) -> Result<Vec<EventRow>, Error> {
    let lock = tx.locking("events");
    tx.all(sql![
        "select ",
        columns::<EventRow>(),
        " from events where story in ",
        list(stories.iter().map(String::as_str)),
        " order by id",
        lock
    ])
    .await
}

db::record! {
    struct WorstRow {
        id: String,
        kind: Option<EventType> as Option<Text>,
    }
}

/// The worst and newest event that is open at each of these customers and below it.
pub(super) async fn worst_at(cx: &mut Cx, customers: &[&str]) -> Result<HashMap<String, EventType>, Error> {
    if customers.is_empty() {
        return Ok(HashMap::new());
    }
    // The rank is added to, so that no index of ranks is walked in search of the place.
    let rows: Vec<WorstRow> = cx
        .all(sql![
            "select c.id as id, (select e.kind from events e where e.path >= c.path and e.path < c.path || '~'
             and e.state = 'open' and e.rank > 0 order by e.rank + 0 desc, e.id desc limit 1) as kind
             from customers c where c.id in ",
            list(customers.iter().copied())
        ])
        .await?;
    Ok(rows.into_iter().filter_map(|row| Some((row.id, row.kind?))).collect())
}

/// The newest event of a category and severity that is open at a place and below it.
pub(super) async fn newest_of(
    cx: &mut Cx,
    path: &Path,
    category: EventCategory,
    severity: Severity,
) -> Result<Option<EventType>, Error> {
    let (from, to) = path.range();
    let place = match cx.engine() {
        Engine::Sqlite => "+e.path",
        Engine::Postgres => "(e.path || '')",
    };
    let row: Option<WorstRow> = cx
        .opt(sql![
            "select e.customer_id as id, e.kind as kind from events e where e.state = 'open' and e.category = ",
            category.as_ref(),
            " and e.rank = ",
            super::story::rank(severity),
            " and ",
            Raw(place),
            " >= ",
            from,
            " and ",
            Raw(place),
            " < ",
            to,
            " order by e.id desc limit 1"
        ])
        .await?;
    Ok(row.and_then(|row| row.kind))
}

/// What is not over, of these devices.
pub(super) async fn open_of_devices(cx: &mut Cx, ids: &[String]) -> Result<Vec<EventRow>, Error> {
    cx.all(sql![
        "select ",
        columns::<EventRow>(),
        " from events where resolved_at is null and device_id in ",
        list(ids.iter().map(String::as_str)),
        " order by id"
    ])
    .await
}

/// What is not over, of these customers themselves.
pub(super) async fn open_of_customers(cx: &mut Cx, ids: &[String]) -> Result<Vec<EventRow>, Error> {
    cx.all(sql![
        "select ",
        columns::<EventRow>(),
        " from events where resolved_at is null and device_id is null and customer_id in ",
        list(ids.iter().map(String::as_str)),
        " order by id"
    ])
    .await
}

/// How many different things are kept of a device, or of a customer itself.
pub(super) async fn count_of(cx: &mut Cx, customer: &CustomerId, device: Option<&DeviceId>) -> Result<i64, Error> {
    let of_customer = || sql!["device_id is null and customer_id = ", customer.as_str()];
    let whose = device.map_or_else(of_customer, |device| sql!["device_id = ", device.as_str()]);
    cx.one(sql!["select count(*) from events where ", whose]).await
}

pub(super) async fn insert(tx: &mut Tx, row: &EventRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await.map(drop)
}

pub(super) async fn update(tx: &mut Tx, before: &EventRow, after: &EventRow) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await
}

/// Those whose acknowledgement is over by then.
pub(super) async fn snoozed_until(cx: &mut Cx, now: i64, limit: i64) -> Result<Vec<WholeEvent>, Error> {
    cx.all(sql![
        whole(),
        "e.acknowledged_until is not null and e.acknowledged_until <= ",
        now,
        " order by e.acknowledged_until, e.id limit ",
        limit
    ])
    .await
}

/// Forgets those that are over for longest.
pub(super) async fn forget_resolved(tx: &mut Tx, before: i64, limit: i64) -> Result<u64, Error> {
    tx.exec(sql![
        "delete from events where id in (select id from events where resolved_at is not null and resolved_at < ",
        before,
        " order by resolved_at, id limit ",
        limit,
        ")"
    ])
    .await
}

/// Takes what is kept of devices or customers that go, and tells what of it was not over.
pub(super) async fn remove(tx: &mut Tx, column: &'static str, ids: &[&str]) -> Result<Vec<EventRow>, Error> {
    let whose = || sql![Raw(column), " in ", list(ids.iter().copied())];
    let open =
        tx.all(sql!["select ", columns::<EventRow>(), " from events where state = 'open' and ", whose()]).await?;
    tx.exec(sql!["delete from events where ", whose()]).await?;
    tx.exec(sql!["delete from event_checks where id in ", list(ids.iter().copied())]).await?;
    Ok(open)
}

/// What a device has that is open; all of it stands elsewhere from now on.
pub(super) async fn replace(
    tx: &mut Tx,
    device: &DeviceId,
    home: &CustomerId,
    path: &Path,
) -> Result<Vec<EventRow>, Error> {
    let open = tx
        .all(sql![
            "select ",
            columns::<EventRow>(),
            " from events where state = 'open' and device_id = ",
            device.as_str()
        ])
        .await?;
    tx.exec(sql!["update events set path = ", path, ", customer_id = ", home, " where device_id = ", device.as_str()])
        .await?;
    Ok(open)
}

db::record! {
    /// What follows from a device.
    #[derive(Clone, Debug)]
    pub(super) struct DeviceFacts {
        pub(super) id: String,
        pub(super) name: String,
        pub(super) customer_id: CustomerId as Text,
        pub(super) path: Path as Text,
        pub(super) status: DeviceStatus as Text,
        pub(super) created_at: i64,
        pub(super) suspend_mode: Option<String>,
        pub(super) deletes_at: Option<i64>,
        pub(super) last_backup_at: Option<i64>,
    }
}

pub(super) async fn devices(cx: &mut Cx, ids: &[String]) -> Result<Vec<DeviceFacts>, Error> {
    cx.all(sql![
        "select d.id as id, d.name as name, d.customer_id as customer_id, d.path as path, d.status as status,
         d.created_at as created_at, d.suspend_mode as suspend_mode, d.deletes_at as deletes_at,
         r.last_backup_at as last_backup_at from devices d join repositories r on r.device_id = d.id where d.id in ",
        list(ids.iter().map(String::as_str)),
        " order by d.id"
    ])
    .await
}

db::record! {
    /// What follows from a customer.
    #[derive(Clone, Debug)]
    pub(super) struct CustomerFacts {
        pub(super) id: CustomerId as Text,
        pub(super) company_name: String,
        pub(super) name: Option<String>,
        pub(super) path: Path as Text,
        pub(super) deletes_at: Option<i64>,
        pub(super) trial_ends_at: Option<i64>,
        pub(super) used_bytes: i64,
        pub(super) allotted_bytes: Option<i64>,
    }
}

pub(super) async fn customers(cx: &mut Cx, ids: &[String]) -> Result<Vec<CustomerFacts>, Error> {
    cx.all(sql![
        "select c.id as id, c.company_name as company_name, c.name as name, c.path as path, c.deletes_at as deletes_at,
         c.trial_ends_at as trial_ends_at, t.used_bytes as used_bytes, t.allotted_bytes as allotted_bytes
         from customers c join totals t on t.customer_id = c.id where c.id in ",
        list(ids.iter().map(String::as_str)),
        " order by c.id"
    ])
    .await
}

db::record! {
    /// A licence that ends.
    #[derive(Clone, Debug)]
    pub(super) struct EndingRow {
        pub(super) id: String,
        pub(super) customer_id: String,
        pub(super) product: String,
        pub(super) edition: Edition as Text,
        pub(super) quantity: i64,
        pub(super) ends_at: i64,
    }
}

/// Licences of these customers that end and don't begin anew by themselves, but for those after which another of the same
/// product goes on.
pub(super) async fn ending(cx: &mut Cx, customers: &[String]) -> Result<Vec<EndingRow>, Error> {
    cx.all(sql![
        "select l.id as id, l.customer_id as customer_id, p.name as product, l.edition as edition,
         l.quantity as quantity, l.ends_at as ends_at from licences l join products p on p.id = l.product_id
         where l.ends_at is not null and not l.auto_renew and l.customer_id in ",
        list(customers.iter().map(String::as_str)),
        " and not exists (select 1 from licences n where n.customer_id = l.customer_id and n.product_id = l.product_id
         and n.id <> l.id and n.starts_at <= l.ends_at and (n.ends_at is null or n.ends_at > l.ends_at))
         order by l.id"
    ])
    .await
}

/// What is to be looked at anew: a device or a customer, or all that stands at and below one.
#[derive(Clone, Debug)]
pub(super) struct Check {
    pub(super) id: String,
    pub(super) below: bool,
    pub(super) after: String,
}

/// Puts down what has to be looked at: the ids of some `x`. What waits already waits on, and where
/// everything below has to be, that begins again.
pub(super) fn enqueue(now: i64, below: bool, from: Sql) -> Sql {
    let mut statement = sql!["insert into event_checks (id, below, after, since) select x.id, ", below, ", '', ", now];
    // It has a condition, or what follows would be read as a part of a join.
    statement.append(from);
    statement.append(sql![" on conflict (id) do "]);
    statement.append(if below { sql!["update set below = true, after = ''"] } else { sql!["nothing"] });
    statement
}

/// What waits longest.
pub(super) async fn waiting(cx: &mut Cx, limit: i64) -> Result<Vec<Check>, Error> {
    let rows: Vec<(String, bool, String)> =
        cx.all(sql!["select id, below, after from event_checks order by since, id limit ", limit]).await?;
    Ok(rows.into_iter().map(|(id, below, after)| Check { id, below, after }).collect())
}

pub(super) async fn done(tx: &mut Tx, ids: &[&str]) -> Result<(), Error> {
    tx.exec(sql!["delete from event_checks where id in ", list(ids.iter().copied())]).await.map(drop)
}

pub(super) async fn come_to(tx: &mut Tx, id: &str, after: &str) -> Result<(), Error> {
    tx.exec(sql!["update event_checks set after = ", after, " where id = ", id]).await.map(drop)
}

/// The next at and below a place, in the order of places: where they stand, and their ids.
pub(super) async fn next_below(
    cx: &mut Cx,
    table: &'static str,
    place: &Path,
    after: (&str, &str),
    limit: i64,
) -> Result<Vec<(String, String)>, Error> {
    let (from, to) = place.range();
    let (path, id) = after;
    // Compared in two steps, as both databases walk an index.
    cx.all(sql![
        "select path, id from ",
        Raw(table),
        " where path >= ",
        if path.is_empty() { from } else { path },
        " and path < ",
        to,
        " and (path > ",
        path,
        " or id > ",
        id,
        ") order by path, id limit ",
        limit
    ])
    .await
}

/// What is open at a place and below it that a condition finds, the worst first.
pub(crate) async fn open_below(cx: &mut Cx, place: &Path, condition: Sql, limit: i64) -> Result<Vec<String>, Error> {
    let (from, to) = place.range();
    cx.all(sql![
        "select e.id from events e join customers c on c.id = e.customer_id where e.state = 'open' and e.path >= ",
        from,
        " and e.path < ",
        to,
        condition,
        " order by e.rank desc, e.id limit ",
        limit
    ])
    .await
}
