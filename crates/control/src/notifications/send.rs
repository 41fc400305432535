//! What has opened is put down for those who are to be told, and told when its time has come, if it is still so. What comes
//! together goes into one mail.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

use api::Error;
use api::event::{Event, Severity};
use api::id::CustomerId;
use api::mail::MailPurpose;
use base::App;
use base::authz::Account;
use base::background::feeds::Feed;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Cx, Origin, Tx};
use futures_util::future::BoxFuture;
use jiff::SignedDuration;

use super::sql;
use super::{SHOWN, condition};
use crate::events;
use crate::mail::{self, Letter};

/// The feed that puts it down.
#[derive(Debug)]
pub(crate) struct Notices;

impl Feed for Notices {
    fn name(&self) -> &'static str {
        "notifications"
    }

    fn follow<'a>(&'a self, tx: &'a mut Tx, after: i64, until: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(follow(tx, after, until))
    }
}

async fn follow(tx: &mut Tx, after: i64, until: i64) -> Result<(), Error> {
    let mut wanted: HashMap<String, Vec<String>> = HashMap::new();
    for (rule, event) in sql::told_of(tx, after, until).await? {
        wanted.entry(rule).or_default().push(event);
    }
    let ids: Vec<String> = wanted.keys().cloned().collect();
    for (rule, home, _) in sql::with_these_ids(tx, &ids).await? {
        let Some(events) = wanted.get(rule.id.as_str()) else { continue };
        let account = account(&rule.customer_id, &home)?;
        // A field that it asked for may be one no more: then nothing fits.
        let Ok(condition) = condition(tx, &account, &rule.filter).await else { continue };
        let due = rule.when().due(tx.now).as_microsecond();
        for (event, opened_at) in sql::matching(tx, events, condition).await? {
            sql::enqueue(tx, &rule.id, (&event, opened_at), due).await?;
        }
    }
    Ok(())
}

/// Rules are told what an administrator there is told.
fn account(customer: &CustomerId, home: &sql::Home) -> Result<Account, Error> {
    let level = home.level.parse().map_err(|_| Error::internal("a level that there is not"))?;
    Ok(Account::administrator_of(customer, home.path.clone(), level))
}

const LOOK_EVERY: Duration = Duration::from_secs(5);
/// Rules of one round.
const AT_ONCE: i64 = 50;
/// So long a mail about events is of use.
const USEFUL_FOR: SignedDuration = SignedDuration::from_hours(24);

/// Tells what is due.
#[derive(Debug)]
pub(crate) struct Notifier;

impl Reconciler for Notifier {
    fn name(&self) -> &'static str {
        "notifications that are due"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            loop {
                let mut cx = Cx::read(app, Caller::System).await?;
                // While mail is off it waits.
                let due = if mail::is_on(&mut cx).await? { sql::due(&mut cx, AT_ONCE).await? } else { Vec::new() };
                drop(cx);
                if due.is_empty() {
                    return Ok(Round { mended, again_in: LOOK_EVERY });
                }
                for rule in due {
                    mended += 1;
                    base::run!(app, Caller::System, Origin::default(), |tx| tell(tx, &rule).await)?;
                }
            }
        })
    }
}

/// Tells what is due of a rule: in one transaction with the mail that says it.
async fn tell(tx: &mut Tx, id: &str) -> Result<(), Error> {
    let rule = sql::with_these_ids(tx, &[id.to_owned()]).await?.pop().filter(|(rule, ..)| rule.enabled);
    let most = i64::try_from(SHOWN).unwrap_or(i64::MAX);
    let (total, worst) = sql::still_open(tx, id, most).await?;
    let Some((rule, home, _)) = rule.filter(|_| total > 0) else { return sql::settle(tx, id, false).await };
    let account = account(&rule.customer_id, &home)?;
    let told = events::with_ids(tx, &account, &worst).await?;
    let url = tx.app.config.public_url.clone();
    let letter = letter(&url, &home.company_name, rule.customer_id.as_str(), &told, total);
    for address in super::addresses(&rule.recipients) {
        mail::post(tx, &rule.customer_id, &address, &letter).await?;
    }
    sql::settle(tx, id, true).await
}

/// What people read.
pub(super) fn letter(public_url: &str, customer: &str, id: &str, events: &[Event], total: i64) -> Letter {
    let first = events.first();
    let subject = match (total, first) {
        (1, Some(event)) => format!("[{customer}] {}: {}", event.title, whose(event)),
        _ => format!("[{customer}] {total} events"),
    };
    let mut text = String::new();
    for event in events {
        let severity = match event.severity {
            Severity::ActionRequired => "Action required",
            Severity::Warning => "Warning",
            Severity::Info => "Information",
        };
        let _ = write!(text, "{severity}: {}\n{}\n{}\n\n", event.title, whose(event), event.detail);
    }
    let shown = i64::try_from(events.len()).unwrap_or(i64::MAX);
    if total > shown {
        let _ = write!(text, "And {} more.\n\n", total - shown);
    }
    let _ = writeln!(text, "See and mend them at\n{public_url}/events?under={id}");
    Letter { purpose: MailPurpose::Notification, subject, text, html: None, stop: None, useful_for: USEFUL_FOR }
}

fn whose(event: &Event) -> String {
    match &event.device_name {
        Some(device) => format!("{device} ({})", event.customer_name),
        None => event.customer_name.clone(),
    }
}
