//! Webhooks: an address is told what happens at a customer and below. What is told follows the change log ([`follow`]), and is
//! sent until it arrives ([`send`]).

mod follow;
pub mod http;
mod send;
pub mod sql;

use api::change::ChangeAction;
use api::id::{CustomerId, WebhookDeliveryId, WebhookId};
use api::units::{Action, Time};
use api::webhook::{
    DeliveryState, Webhook, WebhookCreate, WebhookCreated, WebhookDelivery, WebhookDeliveryList, WebhookList,
    WebhookUpdate,
};
use api::{Code, Error};
use data_encoding::BASE64;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tree::Path;

pub(crate) use self::follow::Webhooks;
pub(crate) use self::send::Sender;
use self::sql::{DeliveryRow, WebhookRow, WholeWebhook};
use crate::customers;
use base::App;
use base::authz::{Account, Permission};
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::{Cx, Tx};
use base::seal::Seal;
use base::text::Checks;
use base::version::IfMatch;

/// So many a customer has.
const MOST: i64 = 20;
/// So many of the last messages are shown.
const SHOWN: i64 = 100;
/// So long the former secret signs beside a new one.
const FORMER: SignedDuration = SignedDuration::from_hours(24);
const SECRET_BYTES: usize = 32;
/// What a test is about.
const TEST: &str = "webhook.test";

pub async fn list(cx: &mut Cx, customer: &CustomerId) -> Result<WebhookList, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, customer, Permission::ManageWebhooks).await?;
    let rows = sql::of_customer(cx, &row.id).await?;
    Ok(WebhookList { items: rows.into_iter().map(view).collect() })
}

pub async fn show(cx: &mut Cx, id: &WebhookId) -> Result<Webhook, Error> {
    let account = cx.account()?;
    Ok(view(fetch(cx, &account, id).await?))
}

/// The webhook with this id: nobody reads one who may not manage it, since its address may be a secret.
async fn fetch(cx: &mut Cx, account: &Account, id: &WebhookId) -> Result<WholeWebhook, Error> {
    account.admit(sql::find_anywhere(cx, id).await?, |(.., home)| &home.path, Permission::ManageWebhooks)
}

fn view((row, standing, home): WholeWebhook) -> Webhook {
    let actions = ["edit", "test", "renew_secret", "delete"].map(Action::allowed);
    Webhook {
        customer_name: home.name.unwrap_or(home.company_name),
        topics: topics(&row.topics),
        failing_since: standing.failing_since.map(Time::from_micros),
        last_delivered_at: standing.last_delivered_at.map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
        actions: actions.into(),
        id: row.id,
        version: row.version,
        customer_id: row.customer_id,
        name: row.name,
        url: row.url,
        enabled: row.enabled,
    }
}

fn topics(stored: &str) -> Vec<String> {
    stored.split(' ').filter(|topic| !topic.is_empty()).map(str::to_owned).collect()
}

/// Whether somebody who is told of these is told of an action.
fn is_told(stored: &str, action: &str) -> bool {
    stored.is_empty() || stored.split(' ').any(|topic| topic == action || is_of(topic, action))
}

/// `customer.*` are all that begin with `customer.`.
fn is_of(topic: &str, action: &str) -> bool {
    topic.strip_suffix('*').is_some_and(|noun| noun.ends_with('.') && action.starts_with(noun))
}

/// Reads what is typed, as it is stored.
fn checked_topics(checks: &mut Checks, input: &[String]) -> String {
    let mut topics: Vec<&str> = input.iter().map(|topic| topic.trim()).collect();
    topics.sort_unstable();
    topics.dedup();
    for (at, topic) in input.iter().enumerate() {
        let topic = topic.trim();
        if !ChangeAction::ALL.iter().any(|action| action.as_str() == topic || is_of(topic, action.as_str())) {
            let detail = "Must be an action of the change log, as event.opened, or all of a noun, as event.*.";
            checks.add(&format!("topics.{at}"), Code::Invalid, detail);
        }
    }
    topics.join(" ")
}

fn checked_url(app: &App, checks: &mut Checks, input: &str) -> Option<String> {
    let url = checks.line("url", input)?;
    let parsed = reqwest::Url::parse(&url).ok();
    let refused = match &parsed {
        None => Some("Must be an address, as https://example.com/hook.".to_owned()),
        Some(url) if !url.username().is_empty() || url.password().is_some() => {
            Some("An address with a password in it is shown to others; messages are signed.".to_owned())
        }
        Some(url) => crate::fetch::check(url, app.config.local_webhooks)
            .err()
            .map(|_| "Must be under https, at an address that everybody can reach.".to_owned()),
    };
    match refused {
        Some(detail) => {
            checks.add("url", Code::Invalid, detail);
            None
        }
        None => parsed.map(|url| url.to_string()),
    }
}

pub async fn create(tx: &mut Tx, customer: &CustomerId, input: &WebhookCreate) -> Result<WebhookCreated, Error> {
    let account = tx.account()?;
    let home = customers::fetch(tx, &account, customer, Permission::ManageWebhooks).await?;
    let mut checks = Checks::of::<WebhookCreate>();
    let name = checks.line("name", &input.name);
    let url = checked_url(&tx.app, &mut checks, &input.url);
    let topics = checked_topics(&mut checks, &input.topics);
    checks.finish()?;
    if sql::count_of(tx, &home.id).await? >= MOST {
        return Err(Error::new(Code::TooManyWebhooks, format!("A customer has {MOST} webhooks at most.")));
    }
    let secret = new_secret(tx)?;
    let row = WebhookRow {
        id: WebhookId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        customer_id: home.id.clone(),
        name: name.unwrap_or_default(),
        url: url.unwrap_or_default(),
        topics,
        enabled: input.enabled.unwrap_or(true),
        since_number: crate::changes::last_number(tx).await?,
        secret: seal(tx).await?.close(&secret)?,
        former_secret: None,
        former_until: None,
        created_at: tx.now.as_microsecond(),
    };
    sql::insert(tx, &row).await?;
    let after = Value::Object(snapshot(&row));
    tx.record(Entry::new(ChangeAction::WebhookCreated, subject(&row, &home.path)).after(after));
    let whole = sql::find_anywhere(tx, &row.id).await?.ok_or_else(Error::not_found)?;
    Ok(WebhookCreated { webhook: view(whole), secret: written(&secret) })
}

fn new_secret(tx: &Tx) -> Result<[u8; SECRET_BYTES], Error> {
    tx.app.random.bytes()
}

/// As receivers configure it.
fn written(secret: &[u8]) -> String {
    format!("whsec_{}", BASE64.encode(secret))
}

async fn seal(cx: &mut Cx) -> Result<Seal, Error> {
    let secret = crate::setup::installation_secret(cx).await?.unwrap_or_default();
    Seal::new(secret.as_bytes(), "installation", "webhooks")
}

fn subject(row: &WebhookRow, path: &Path) -> Subject {
    Subject {
        kind: "webhook",
        id: row.id.to_string(),
        name: row.name.clone(),
        customer_id: row.customer_id.clone(),
        path: path.clone(),
    }
}

pub async fn update(tx: &mut Tx, id: &WebhookId, expected: IfMatch, input: &WebhookUpdate) -> Result<Webhook, Error> {
    let account = tx.account()?;
    let (row, _, home) = fetch(tx, &account, id).await?;
    expected.check(row.version)?;
    let mut checks = Checks::of::<WebhookUpdate>();
    let mut changed = row.clone();
    if let Some(name) = &input.name {
        changed.name = checks.line("name", name).unwrap_or_default();
    }
    if let Some(url) = &input.url {
        changed.url = checked_url(&tx.app, &mut checks, url).unwrap_or_default();
    }
    if let Some(topics) = &input.topics {
        changed.topics = checked_topics(&mut checks, topics);
    }
    changed.enabled = input.enabled.unwrap_or(row.enabled);
    checks.finish()?;
    write(tx, &row, &changed, &home.path).await
}

/// Writes what has changed, and tells it.
async fn write(tx: &mut Tx, row: &WebhookRow, changed: &WebhookRow, path: &Path) -> Result<Webhook, Error> {
    let (before, after) = difference(&snapshot(row), &snapshot(changed));
    sql::update(tx, row, changed).await?;
    if before != after {
        let entry = Entry::new(ChangeAction::WebhookUpdated, subject(changed, path)).before(before).after(after);
        tx.record(entry);
    }
    let whole = sql::find_anywhere(tx, &row.id).await?.ok_or_else(Error::not_found)?;
    Ok(view(whole))
}

pub async fn delete(tx: &mut Tx, id: &WebhookId, expected: Option<IfMatch>) -> Result<(), Error> {
    let account = tx.account()?;
    let (row, _, home) = fetch(tx, &account, id).await?;
    IfMatch::check_if_given(expected, row.version)?;
    sql::delete(tx, &row.id).await?;
    let before = Value::Object(snapshot(&row));
    tx.record(Entry::new(ChangeAction::WebhookDeleted, subject(&row, &home.path)).before(before));
    Ok(())
}

/// Another secret. The former one signs beside it for a day, so that nothing is lost meanwhile.
pub async fn renew_secret(tx: &mut Tx, id: &WebhookId) -> Result<WebhookCreated, Error> {
    let account = tx.account()?;
    let (row, _, home) = fetch(tx, &account, id).await?;
    let secret = new_secret(tx)?;
    let changed = WebhookRow {
        secret: seal(tx).await?.close(&secret)?,
        former_secret: Some(row.secret.clone()),
        former_until: Some(later(tx.now, FORMER)),
        ..row.clone()
    };
    let webhook = write(tx, &row, &changed, &home.path).await?;
    tx.record(Entry::new(ChangeAction::WebhookSecretRenewed, subject(&changed, &home.path)));
    Ok(WebhookCreated { webhook, secret: written(&secret) })
}

fn later(now: Timestamp, by: SignedDuration) -> i64 {
    now.checked_add(by).unwrap_or(now).as_microsecond()
}

/// Sends something that nothing has happened for.
pub async fn test(tx: &mut Tx, id: &WebhookId) -> Result<WebhookDelivery, Error> {
    let account = tx.account()?;
    let (row, ..) = fetch(tx, &account, id).await?;
    if !row.enabled {
        return Err(Error::new(Code::WebhookOff, "The webhook is switched off."));
    }
    let body = json!({
        "type": TEST,
        "timestamp": Time(tx.now),
        "data": { "webhook_id": row.id, "sent_by": account.name },
    });
    let delivery = delivery(tx, &row.id, None, TEST, (row.id.as_str(), &row.name), &body)?;
    sql::enqueue(tx, std::slice::from_ref(&delivery)).await?;
    Ok(told(delivery))
}

/// A message that begins its way.
fn delivery(
    tx: &Tx,
    webhook: &WebhookId,
    number: Option<i64>,
    topic: &str,
    (subject_id, subject_name): (&str, &str),
    body: &Value,
) -> Result<DeliveryRow, Error> {
    let now = tx.now.as_microsecond();
    Ok(DeliveryRow {
        id: WebhookDeliveryId::new(tx.app.random.uuid(tx.now)?),
        webhook_id: webhook.clone(),
        number,
        topic: topic.to_owned(),
        subject_id: subject_id.to_owned(),
        subject_name: subject_name.to_owned(),
        body: body.to_string(),
        state: DeliveryState::Queued,
        attempts: 0,
        due_at: now,
        created_at: now,
        delivered_at: None,
        status: None,
        detail: None,
    })
}

fn told(row: DeliveryRow) -> WebhookDelivery {
    WebhookDelivery {
        due_at: (row.state == DeliveryState::Queued).then(|| Time::from_micros(row.due_at)),
        delivered_at: row.delivered_at.map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
        id: row.id,
        webhook_id: row.webhook_id,
        topic: row.topic,
        subject_id: row.subject_id,
        subject_name: row.subject_name,
        body: row.body,
        state: row.state,
        attempts: row.attempts,
        status: row.status,
        detail: row.detail,
    }
}

/// What was sent last, the newest first.
pub async fn deliveries(cx: &mut Cx, id: &WebhookId) -> Result<WebhookDeliveryList, Error> {
    let account = cx.account()?;
    let (row, ..) = fetch(cx, &account, id).await?;
    let rows = sql::last_of(cx, &row.id, SHOWN).await?;
    Ok(WebhookDeliveryList { items: rows.into_iter().map(told).collect() })
}

/// Sends a message once more, whatever became of it.
pub async fn replay(tx: &mut Tx, id: &WebhookDeliveryId) -> Result<WebhookDelivery, Error> {
    let account = tx.account()?;
    let row = sql::find_delivery(tx, id).await?.ok_or_else(Error::not_found)?;
    fetch(tx, &account, &row.webhook_id).await?;
    if row.state != DeliveryState::Queued {
        let now = tx.now.as_microsecond();
        sql::requeue(tx, id, now).await?;
    }
    let row = sql::find_delivery(tx, id).await?.ok_or_else(Error::not_found)?;
    Ok(told(row))
}

/// A customer goes.
pub(crate) async fn forget_customer(tx: &mut Tx, id: &CustomerId) -> Result<(), Error> {
    sql::delete_of(tx, id).await
}

/// So long what was sent is remembered.
const KEPT_DAYS: i64 = 30;

/// Forgets what is old. Returns how many.
pub(crate) async fn forget_old(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| {
        let before = tx.now.as_microsecond() - KEPT_DAYS * tree::licences::DAY_MICROS;
        sql::forget_before(tx, before, base::background::PIECE.cast_signed()).await
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_told_of_what_it_asked_for() {
        assert!(is_told("", "customer.created"));
        assert!(is_told("customer.created event.*", "event.opened"));
        assert!(is_told("customer.created event.*", "customer.created"));
        assert!(!is_told("customer.created event.*", "customer.moved"));
        assert!(!is_told("e*", "event.opened"), "a star stands for all of a noun");
    }
}
