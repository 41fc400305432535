//! The queries of webhooks and of what is on its way to them.

use api::Error;
use api::id::{CustomerId, WebhookDeliveryId, WebhookId};
use api::webhook::DeliveryState;
use base::cx::{Cx, Tx};
use db::{Assignments, Rows, Sql, Stored, Text, columns, columns_of, list, sql};
use tree::Path;

db::record! {
    /// A webhook as it is stored.
    #[derive(Clone, Debug)]
    pub struct WebhookRow {
        pub id: WebhookId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub name: String [logged],
        pub url: String [logged],
        pub topics: String [logged],
        pub enabled: bool [logged],
        pub since_number: i64,
        /// Sealed, as the former one is.
        pub secret: String,
        pub former_secret: Option<String>,
        pub former_until: Option<i64>,
        pub created_at: i64,
    }
}

impl Stored for WebhookRow {
    const TABLE: &'static str = "webhooks";
}

db::record! {
    /// How it goes.
    #[derive(Clone, Debug)]
    pub(super) struct Standing {
        pub(super) failing_since: Option<i64>,
        pub(super) last_delivered_at: Option<i64>,
    }
}

db::record! {
    /// Whose it is.
    #[derive(Clone, Debug)]
    pub(super) struct Home {
        pub(super) company_name: String,
        pub(super) name: Option<String>,
        pub(super) path: Path as Text,
    }
}

/// With how it goes, and whose it is.
pub(super) type WholeWebhook = (WebhookRow, Standing, Home);

fn whole() -> Sql {
    sql![
        "select ",
        columns_of::<WebhookRow>("w"),
        ", ",
        columns_of::<Standing>("w"),
        ", ",
        columns_of::<Home>("c"),
        " from webhooks w join customers c on c.id = w.customer_id where "
    ]
}

/// Where the webhook with this id stands.
pub fn place(id: &str) -> Sql {
    sql!["select c.path from webhooks w join customers c on c.id = w.customer_id where w.id = ", id]
}

/// Where the one stands to whom this message goes.
pub fn place_of_delivery(id: &str) -> Sql {
    sql![
        "select c.path from webhook_deliveries d join webhooks w on w.id = d.webhook_id
         join customers c on c.id = w.customer_id where d.id = ",
        id
    ]
}

/// Any webhook, wherever it stands. Callers get theirs by `webhooks::fetch`.
pub(super) async fn find_anywhere(cx: &mut Cx, id: &WebhookId) -> Result<Option<WholeWebhook>, Error> {
    cx.opt(sql![whole(), "w.id = ", id.as_str()]).await
}

pub(super) async fn of_customer(cx: &mut Cx, customer: &CustomerId) -> Result<Vec<WholeWebhook>, Error> {
    cx.all(sql![whole(), "w.customer_id = ", customer.as_str(), " order by w.created_at, w.id"]).await
}

pub(super) async fn count_of(cx: &mut Cx, customer: &CustomerId) -> Result<i64, Error> {
    cx.one(sql!["select count(*) from webhooks where customer_id = ", customer.as_str()]).await
}

pub(super) async fn insert(tx: &mut Tx, row: &WebhookRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await.map(drop)
}

pub(super) async fn update(tx: &mut Tx, before: &WebhookRow, after: &WebhookRow) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await
}

pub(super) async fn delete(tx: &mut Tx, id: &WebhookId) -> Result<(), Error> {
    tx.exec(sql!["delete from webhook_deliveries where webhook_id = ", id.as_str()]).await?;
    tx.exec(sql!["delete from webhooks where id = ", id.as_str()]).await.map(drop)
}

/// All of a customer that goes.
pub(super) async fn delete_of(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    tx.exec(sql![
        "delete from webhook_deliveries where webhook_id in (select id from webhooks where customer_id = ",
        customer.as_str(),
        ")"
    ])
    .await?;
    tx.exec(sql!["delete from webhooks where customer_id = ", customer.as_str()]).await.map(drop)
}

db::record! {
    /// A message as it is stored.
    #[derive(Clone, Debug)]
    pub struct DeliveryRow {
        pub id: WebhookDeliveryId as Text,
        pub webhook_id: WebhookId as Text,
        pub number: Option<i64>,
        pub topic: String,
        pub subject_id: String,
        pub subject_name: String,
        pub body: String,
        pub state: DeliveryState as Text,
        pub attempts: i64,
        pub due_at: i64,
        pub created_at: i64,
        pub delivered_at: Option<i64>,
        pub status: Option<i64>,
        pub detail: Option<String>,
    }
}

impl Stored for DeliveryRow {
    const TABLE: &'static str = "webhook_deliveries";
}

/// What is told already is told once.
pub(super) async fn enqueue(tx: &mut Tx, rows: &[DeliveryRow]) -> Result<(), Error> {
    for some in rows.chunks(50) {
        let mut statement = Rows::new(DeliveryRow::TABLE);
        for row in some {
            statement.push(row.assignments());
        }
        let mut statement = statement.into_sql();
        statement.append(sql![" on conflict (webhook_id, number) do nothing"]);
        tx.exec(statement).await?;
    }
    Ok(())
}

pub(super) async fn find_delivery(cx: &mut Cx, id: &WebhookDeliveryId) -> Result<Option<DeliveryRow>, Error> {
    cx.opt(sql!["select ", columns::<DeliveryRow>(), " from webhook_deliveries where id = ", id.as_str()]).await
}

/// The last of a webhook, the newest first.
pub(super) async fn last_of(cx: &mut Cx, id: &WebhookId, count: i64) -> Result<Vec<DeliveryRow>, Error> {
    cx.all(sql![
        "select ",
        columns::<DeliveryRow>(),
        " from webhook_deliveries where webhook_id = ",
        id.as_str(),
        " order by created_at desc, id desc limit ",
        count
    ])
    .await
}

/// It goes on its way once more.
pub(super) async fn requeue(tx: &mut Tx, id: &WebhookDeliveryId, now: i64) -> Result<(), Error> {
    tx.exec(sql![
        "update webhook_deliveries set state = 'queued', attempts = 0, due_at = ",
        now,
        ", delivered_at = null where id = ",
        id.as_str()
    ])
    .await
    .map(drop)
}

/// Which changes between two numbers are told to whom: number, webhook, where that stands, and of what it is told.
pub(super) async fn told_of(
    cx: &mut Cx,
    after: i64,
    until: i64,
) -> Result<Vec<(i64, String, String, String, String)>, Error> {
    let any: Option<i64> = cx.opt(sql!["select 1 from webhooks where enabled limit 1"]).await?;
    if any.is_none() {
        return Ok(Vec::new());
    }
    cx.all(sql![
        "select h.number, h.action, w.id, w.customer_id, w.topics from changes h
         join change_places p on p.number = h.number join webhooks w on w.customer_id = p.customer_id
         where w.enabled and h.number > w.since_number and h.number > ",
        after,
        " and h.number <= ",
        until,
        " order by h.number, w.id"
    ])
    .await
}

/// What can be sent now: of each subject of a webhook what comes first, where it is due.
fn sendable(webhook: Sql, now: i64) -> Sql {
    sql![
        " from webhook_deliveries d where d.state = 'queued' and d.webhook_id = ",
        webhook,
        " and d.due_at <= ",
        now,
        " and not exists (select 1 from webhook_deliveries o where o.state = 'queued'
         and o.webhook_id = d.webhook_id and o.subject_id = d.subject_id and o.number < d.number)"
    ]
}

/// Who has something to be told, those first who were told something longest ago. It is found by going from one of those who
/// have a queue to the next, so that it costs the same however long their queues are.
pub(super) async fn waiting(cx: &mut Cx, but: &[&WebhookId], limit: i64) -> Result<Vec<String>, Error> {
    let now = cx.now.as_microsecond();
    let but = if but.is_empty() { sql![] } else { sql![" and w.id not in ", list(but.iter().map(|id| id.as_str()))] };
    cx.all(sql![
        "with recursive queues (id) as (
         select min(webhook_id) from webhook_deliveries where state = 'queued'
         union all
         select (select min(d.webhook_id) from webhook_deliveries d where d.state = 'queued' and d.webhook_id > queues.id)
         from queues where queues.id is not null)
         select w.id from queues join webhooks w on w.id = queues.id where w.enabled",
        but,
        " and exists (select 1",
        sendable(sql!["w.id"], now),
        ") order by w.tried_at, w.id limit ",
        limit
    ])
    .await
}

/// What a webhook is told next, with the time that it was due at.
pub(super) async fn due(cx: &mut Cx, webhook: &str, limit: i64) -> Result<Vec<(String, i64)>, Error> {
    let now = cx.now.as_microsecond();
    cx.all(sql!["select d.id, d.due_at", sendable(sql![webhook], now), " order by d.due_at, d.id limit ", limit]).await
}

/// Takes a message from all others who send. Nothing where one of them was faster.
pub(super) async fn take(
    tx: &mut Tx,
    (id, due_at): (&str, i64),
    until: i64,
) -> Result<Option<(DeliveryRow, WebhookRow)>, Error> {
    let taken = tx
        .exec(sql![
            "update webhook_deliveries set attempts = attempts + 1, due_at = ",
            until,
            " where state = 'queued' and id = ",
            id,
            " and due_at = ",
            due_at
        ])
        .await?;
    if taken == 0 {
        return Ok(None);
    }
    let found: Option<(DeliveryRow, WebhookRow)> = tx
        .opt(sql![
            "select ",
            columns_of::<DeliveryRow>("d"),
            ", ",
            columns_of::<WebhookRow>("w"),
            " from webhook_deliveries d join webhooks w on w.id = d.webhook_id where d.id = ",
            id
        ])
        .await?;
    if let Some((_, webhook)) = &found {
        let now = tx.now.as_microsecond();
        tx.exec(sql!["update webhooks set tried_at = ", now, " where id = ", webhook.id.as_str()]).await?;
    }
    Ok(found)
}

/// What became of a message that was taken.
#[derive(Clone, Debug)]
pub(super) struct Became {
    pub(super) state: DeliveryState,
    pub(super) due_at: i64,
    pub(super) status: Option<i64>,
    pub(super) detail: Option<String>,
}

pub(super) async fn settle(tx: &mut Tx, row: &DeliveryRow, became: &Became) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    let arrived = became.state == DeliveryState::Delivered;
    tx.exec(sql![
        "update webhook_deliveries set state = ",
        became.state.as_ref(),
        ", due_at = ",
        became.due_at,
        ", delivered_at = ",
        arrived.then_some(now),
        ", status = ",
        became.status,
        ", detail = ",
        became.detail.as_deref(),
        " where id = ",
        &row.id,
        " and due_at = ",
        row.due_at
    ])
    .await?;
    let webhook = if arrived {
        sql!["update webhooks set failing_since = null, last_delivered_at = ", now]
    } else {
        sql!["update webhooks set failing_since = coalesce(failing_since, ", now, ")"]
    };
    tx.exec(sql![webhook, " where id = ", &row.webhook_id]).await.map(drop)
}

/// Gives up what a receiver that is gone for good was to be told.
pub(super) async fn give_up(tx: &mut Tx, webhook: &WebhookId) -> Result<(), Error> {
    tx.exec(sql![
        "update webhook_deliveries set state = 'failed' where state = 'queued' and webhook_id = ",
        webhook.as_str()
    ])
    .await
    .map(drop)
}

pub(super) async fn forget_before(tx: &mut Tx, at: i64, most: i64) -> Result<u64, Error> {
    tx.exec(sql![
        "delete from webhook_deliveries where id in (select id from webhook_deliveries where created_at < ",
        at,
        " order by created_at, id limit ",
        most,
        ")"
    ])
    .await
}

/// Where these customers stand, and on which level.
pub(super) async fn homes(cx: &mut Cx, ids: &[String]) -> Result<Vec<(String, String, String)>, Error> {
    cx.all(sql!["select id, path, level from customers where id in ", list(ids.iter().map(String::as_str))]).await
}
