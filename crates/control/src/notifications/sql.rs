//! The queries of notification rules and of what waits to be told.

use api::Error;
use api::id::{CustomerId, NotificationRuleId};
use api::notification::Pace;
use base::cx::{Cx, Tx};
use db::{Assignments, Raw, Sql, Stored, Text, columns_of, list, sql};
use tree::Path;

db::record! {
    /// A rule as it is stored.
    #[derive(Clone, Debug)]
    pub struct RuleRow {
        pub id: NotificationRuleId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub name: String [logged],
        pub filter: String [logged],
        /// With blanks between them.
        pub recipients: String [logged],
        pub pace: Pace as Text [logged],
        pub at_hour: i64 [logged],
        pub time_zone: String [logged],
        pub delay_minutes: i64 [logged],
        pub quiet: Option<String> [logged],
        pub enabled: bool [logged],
        pub since_number: i64,
        pub created_at: i64,
    }
}

impl Stored for RuleRow {
    const TABLE: &'static str = "notification_rules";
}

db::record! {
    /// Whose it is.
    #[derive(Clone, Debug)]
    pub(super) struct Home {
        pub(super) company_name: String,
        pub(super) path: Path as Text,
        pub(super) level: String,
    }
}

/// With whose it is, and when it last told anybody anything.
pub(super) type WholeRule = (RuleRow, Home, Option<i64>);

fn whole() -> Sql {
    sql![
        "select ",
        columns_of::<RuleRow>("n"),
        ", ",
        columns_of::<Home>("c"),
        ", n.last_sent_at from notification_rules n join customers c on c.id = n.customer_id where "
    ]
}

/// Where the rule with this id stands.
pub fn place(id: &str) -> Sql {
    sql!["select c.path from notification_rules n join customers c on c.id = n.customer_id where n.id = ", id]
}

/// Any rule, wherever it stands. Callers get theirs by `notifications::fetch`.
pub(super) async fn find_anywhere(cx: &mut Cx, id: &NotificationRuleId) -> Result<Option<WholeRule>, Error> {
    cx.opt(sql![whole(), "n.id = ", id.as_str()]).await
}

pub(super) async fn of_customer(cx: &mut Cx, customer: &CustomerId) -> Result<Vec<WholeRule>, Error> {
    cx.all(sql![whole(), "n.customer_id = ", customer.as_str(), " order by n.created_at, n.id"]).await
}

pub(super) async fn with_these_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<WholeRule>, Error> {
    cx.all(sql![whole(), "n.id in ", list(ids.iter().map(String::as_str))]).await
}

pub(super) async fn insert(tx: &mut Tx, row: &RuleRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await.map(drop)
}

pub(super) async fn update(tx: &mut Tx, before: &RuleRow, after: &RuleRow) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await
}

pub(super) async fn delete(tx: &mut Tx, id: &NotificationRuleId) -> Result<(), Error> {
    tx.exec(sql!["delete from notifications where rule_id = ", id.as_str()]).await?;
    tx.exec(sql!["delete from notification_rules where id = ", id.as_str()]).await.map(drop)
}

/// All of a customer that goes.
pub(super) async fn delete_of(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    for row in of_customer(tx, customer).await? {
        delete(tx, &row.0.id).await?;
    }
    Ok(())
}

/// Which events opened or got worse between two changes, and which rules are there above them: rule and event.
pub(super) async fn told_of(cx: &mut Cx, after: i64, until: i64) -> Result<Vec<(String, String)>, Error> {
    let any: Option<i64> = cx.opt(sql!["select 1 from notification_rules where enabled limit 1"]).await?;
    if any.is_none() {
        return Ok(Vec::new());
    }
    cx.all(sql![
        "select distinct n.id, h.subject_id from changes h join change_places p on p.number = h.number
         join notification_rules n on n.customer_id = p.customer_id
         where n.enabled and h.action in ('event.opened', 'event.worsened') and h.number > n.since_number and h.number > ",
        after,
        " and h.number <= ",
        until
    ])
    .await
}

/// Those of these events that a condition finds and that are open, with when they opened.
pub(super) async fn matching(cx: &mut Cx, ids: &[String], condition: Sql) -> Result<Vec<(String, i64)>, Error> {
    cx.all(sql![
        "select e.id, e.opened_at from events e join customers c on c.id = e.customer_id
         where e.state = 'open' and e.id in ",
        list(ids.iter().map(String::as_str)),
        condition
    ])
    .await
}

/// It will be told, once for each time that it opens.
pub(super) async fn enqueue(
    tx: &mut Tx,
    rule: &NotificationRuleId,
    (event, opened_at): (&str, i64),
    due_at: i64,
) -> Result<(), Error> {
    tx.exec(sql![
        "insert into notifications (rule_id, event_id, opened_at, due_at, sent) values (",
        rule.as_str(),
        ", ",
        event,
        ", ",
        opened_at,
        ", ",
        due_at,
        ", false) on conflict (rule_id, event_id, opened_at) do nothing"
    ])
    .await
    .map(drop)
}

/// Of which rules something is due.
pub(super) async fn due(cx: &mut Cx, limit: i64) -> Result<Vec<String>, Error> {
    let now = cx.now.as_microsecond();
    cx.all(sql![
        "select distinct rule_id from notifications where settled_at is null and due_at <= ",
        now,
        " order by rule_id limit ",
        limit
    ])
    .await
}

/// What of a rule is due.
fn due_of(rule: &str, now: i64) -> Sql {
    sql!["n.settled_at is null and n.due_at <= ", now, " and n.rule_id = ", rule]
}

/// Whether an event is as it was when it opened: others have mended themselves, or somebody looks after them.
const STILL: &str = "e.id = n.event_id and e.state = 'open' and e.opened_at = n.opened_at";

/// How much of that is still so, and the worst of it.
pub(super) async fn still_open(cx: &mut Cx, rule: &str, most: i64) -> Result<(i64, Vec<String>), Error> {
    let now = cx.now.as_microsecond();
    let from = || sql![" from notifications n join events e on ", Raw(STILL), " where ", due_of(rule, now)];
    let total: i64 = cx.one(sql!["select count(*)", from()]).await?;
    let worst = cx.all(sql!["select e.id", from(), " order by e.rank desc, e.id limit ", most]).await?;
    Ok((total, worst))
}

/// It is told what was still so, or nobody is told of any of it.
pub(super) async fn settle(tx: &mut Tx, rule: &str, is_told: bool) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    let sent = if is_told { sql!["exists (select 1 from events e where ", Raw(STILL), ")"] } else { sql!["false"] };
    tx.exec(sql!["update notifications as n set settled_at = ", now, ", sent = ", sent, " where ", due_of(rule, now)])
        .await?;
    if is_told {
        tx.exec(sql!["update notification_rules set last_sent_at = ", now, " where id = ", rule]).await?;
    }
    Ok(())
}

pub(super) async fn forget_before(tx: &mut Tx, at: i64, most: i64) -> Result<u64, Error> {
    let keys: Vec<(String, String, i64)> = tx
        .all(sql![
            "select rule_id, event_id, opened_at from notifications where settled_at is not null and settled_at < ",
            at,
            " order by settled_at limit ",
            most
        ])
        .await?;
    for (rule, event, opened_at) in &keys {
        tx.exec(sql![
            "delete from notifications where rule_id = ",
            rule.as_str(),
            " and event_id = ",
            event.as_str(),
            " and opened_at = ",
            *opened_at
        ])
        .await?;
    }
    Ok(keys.len() as u64)
}
