//! What has happened becomes messages to those who want to know: entry by entry of the change log, each once.

use std::collections::HashMap;

use api::Error;
use api::id::{CustomerId, WebhookId};
use base::authz::Account;
use base::background::feeds::Feed;
use base::cx::Tx;
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tree::Path;

use super::{delivery, is_told, sql};
use crate::{changes, events};

/// The feed that writes them.
#[derive(Debug)]
pub(crate) struct Webhooks;

impl Feed for Webhooks {
    fn name(&self) -> &'static str {
        "webhooks"
    }

    fn follow<'a>(&'a self, tx: &'a mut Tx, after: i64, until: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(follow(tx, after, until))
    }
}

/// Who is told of which entries.
type Wanted = HashMap<(String, String), Vec<i64>>;

async fn follow(tx: &mut Tx, after: i64, until: i64) -> Result<(), Error> {
    let mut wanted: Wanted = HashMap::new();
    for (number, action, webhook, customer, topics) in sql::told_of(tx, after, until).await? {
        if is_told(&topics, &action) {
            wanted.entry((customer, webhook)).or_default().push(number);
        }
    }
    if wanted.is_empty() {
        return Ok(());
    }
    let ids: Vec<String> = wanted.keys().map(|(customer, _)| customer.clone()).collect();
    let homes: HashMap<String, (String, String)> =
        sql::homes(tx, &ids).await?.into_iter().map(|(id, path, level)| (id, (path, level))).collect();
    for ((customer, webhook), numbers) in wanted {
        let Some((path, level)) = homes.get(&customer) else { continue };
        let level = level.parse().map_err(|_| Error::internal("a level that there is not"))?;
        // It is told what an administrator there is told, and no more.
        let (path, customer) = (Path::from_stored(path.clone()), CustomerId::from_text(customer.as_str()));
        let account = Account::administrator_of(&customer, path, level);
        write(tx, &account, &WebhookId::from_text(webhook), &numbers).await?;
    }
    Ok(())
}

async fn write(tx: &mut Tx, account: &Account, webhook: &WebhookId, numbers: &[i64]) -> Result<(), Error> {
    let mut rows = Vec::with_capacity(numbers.len());
    for (number, change) in changes::with_numbers(tx, account, numbers).await? {
        let event = match change.subject_kind.as_str() {
            "event" => events::find(tx, account, &change.subject_id).await?,
            _ => None,
        };
        let (topic, at) = (change.action.as_str(), change.at);
        let subject = (change.subject_id.clone(), change.subject_name.clone());
        let mut data = json!({ "change": change });
        if let (Some(event), Some(fields)) = (event, data.as_object_mut()) {
            fields.insert("event".to_owned(), serde_json::to_value(event).map_err(Error::internal)?);
        }
        let body: Value = json!({ "type": topic, "timestamp": at, "data": data });
        rows.push(delivery(tx, webhook, Some(number), topic, (&subject.0, &subject.1), &body)?);
    }
    sql::enqueue(tx, &rows).await
}
