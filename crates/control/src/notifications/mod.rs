//! Notifications: rules by which people are told of events by mail. What has to be told follows the change log, waits for its
//! time, and is sent if it is still so ([`send`]); when that is, says [`when`].

pub mod http;
mod send;
pub mod sql;
mod when;

use api::change::ChangeAction;
use api::id::{CustomerId, NotificationRuleId};
use api::notification::{NotificationPreview, NotificationRule, NotificationRuleList, NotificationRuleSet, QuietHours};
use api::page::ListQuery;
use api::units::{Action, Time};
use api::{Code, Error};
use db::Sql;
use jiff::tz::TimeZone;
use serde_json::Value;
use tree::Path;

pub(crate) use self::send::{Notices, Notifier};
use self::sql::{RuleRow, WholeRule};
use self::when::When;
use crate::{changes, customers, events};
use base::App;
use base::authz::{Account, Permission};
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::{Cx, Tx};
use base::text::Checks;
use base::version::IfMatch;

/// So many a customer has.
const MOST: usize = 50;
const MOST_RECIPIENTS: usize = 20;
/// So many of what is open are looked at by a preview, and so many told.
const PREVIEWED: i64 = 1000;
const SHOWN: usize = 20;

pub async fn list(cx: &mut Cx, customer: &CustomerId) -> Result<NotificationRuleList, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, customer, Permission::ManageNotifications).await?;
    let rules = sql::of_customer(cx, &row.id).await?;
    Ok(NotificationRuleList { items: rules.into_iter().map(view).collect() })
}

/// The rule with this id.
async fn fetch(cx: &mut Cx, account: &Account, id: &NotificationRuleId) -> Result<WholeRule, Error> {
    account.admit(sql::find_anywhere(cx, id).await?, |(_, home, _)| &home.path, Permission::ManageNotifications)
}

fn view((row, _, last_sent_at): WholeRule) -> NotificationRule {
    NotificationRule {
        recipients: addresses(&row.recipients),
        quiet: row.quiet.as_deref().and_then(hours),
        last_sent_at: last_sent_at.map(Time::from_micros),
        created_at: Time::from_micros(row.created_at),
        actions: ["edit", "delete"].map(Action::allowed).into(),
        id: row.id,
        version: row.version,
        customer_id: row.customer_id,
        name: row.name,
        filter: row.filter,
        pace: row.pace,
        at_hour: row.at_hour,
        time_zone: row.time_zone,
        delay_minutes: row.delay_minutes,
        enabled: row.enabled,
    }
}

fn addresses(stored: &str) -> Vec<String> {
    stored.split_ascii_whitespace().map(str::to_owned).collect()
}

/// `22:00-06:00`
fn hours(stored: &str) -> Option<QuietHours> {
    let (from, to) = stored.split_once('-')?;
    Some(QuietHours { from: from.to_owned(), to: to.to_owned() })
}

impl RuleRow {
    fn when(&self) -> When {
        When {
            pace: self.pace,
            at_hour: self.at_hour,
            zone: TimeZone::get(&self.time_zone).unwrap_or(TimeZone::UTC),
            delay_minutes: self.delay_minutes,
            quiet: self.quiet.as_deref().and_then(hours).and_then(|hours| when::quiet(&hours)),
        }
    }
}

/// What a rule asks of events, as somebody at its customer may ask.
async fn condition(cx: &mut Cx, account: &Account, filter: &str) -> Result<Sql, Error> {
    let query = ListQuery { filter: Some(filter.to_owned()), ..ListQuery::default() };
    base::list::filtered(cx, account, &query, events::NOUN.fields, "e.id").await
}

/// Looks at everything that can be wrong with a rule, and says it as it is stored on top of what is there.
async fn checked(
    cx: &mut Cx,
    account: &Account,
    input: &NotificationRuleSet,
    blank: RuleRow,
) -> Result<RuleRow, Error> {
    let mut checks = Checks::of::<NotificationRuleSet>();
    let name = checks.line("name", &input.name);
    let filter = checks.line("filter", &input.filter);
    let recipients = checks.emails("recipients", &input.recipients, MOST_RECIPIENTS);
    if input.recipients.is_empty() {
        checks.add("recipients", Code::Required, "Say at least one.");
    }
    let at_hour = checks.number("at_hour", input.at_hour);
    let delay_minutes = checks.number("delay_minutes", input.delay_minutes);
    let zone = TimeZone::get(input.time_zone.as_deref().unwrap_or("UTC"));
    if zone.is_err() {
        let detail = "Must be a time zone as the IANA database calls it, say Europe/Berlin.";
        checks.add("time_zone", Code::Invalid, detail);
    }
    let quiet = input.quiet.as_ref().map(|hours| {
        for (name, text) in [("quiet.from", &hours.from), ("quiet.to", &hours.to)] {
            if when::time(text).is_none() {
                checks.add(name, Code::Invalid, "Must be a time of the day, as 22:00.");
            }
        }
        if hours.from == hours.to {
            checks.add("quiet.to", Code::OutOfRange, "It would be quiet at all hours.");
        }
        format!("{}-{}", hours.from, hours.to)
    });
    checks.finish()?;
    let filter = filter.unwrap_or_default();
    // It says by itself what is wrong with it.
    let _ = condition(cx, account, &filter).await?;
    let time_zone = zone.ok().and_then(|zone| zone.iana_name().map(str::to_owned)).unwrap_or_else(|| "UTC".to_owned());
    Ok(RuleRow {
        name: name.unwrap_or_default(),
        filter,
        recipients: recipients.join(" "),
        pace: input.pace,
        at_hour: at_hour.unwrap_or_default(),
        time_zone,
        delay_minutes: delay_minutes.unwrap_or_default(),
        quiet,
        enabled: input.enabled.unwrap_or(true),
        ..blank
    })
}

fn blank(cx: &Cx, customer: &CustomerId, since_number: i64) -> Result<RuleRow, Error> {
    Ok(RuleRow {
        id: NotificationRuleId::new(cx.app.random.uuid(cx.now)?),
        version: 1,
        customer_id: customer.clone(),
        name: String::new(),
        filter: String::new(),
        recipients: String::new(),
        pace: api::notification::Pace::Event,
        at_hour: 0,
        time_zone: "UTC".to_owned(),
        delay_minutes: 0,
        quiet: None,
        enabled: true,
        since_number,
        created_at: cx.now.as_microsecond(),
    })
}

pub async fn create(
    tx: &mut Tx,
    customer: &CustomerId,
    input: &NotificationRuleSet,
) -> Result<NotificationRule, Error> {
    let account = tx.account()?;
    let home = customers::fetch(tx, &account, customer, Permission::ManageNotifications).await?;
    let since = changes::last_number(tx).await?;
    let blank = blank(tx, &home.id, since)?;
    let row = checked(tx, &account, input, blank).await?;
    if sql::of_customer(tx, &home.id).await?.len() >= MOST {
        return Err(Error::new(Code::TooManyRules, format!("A customer has {MOST} rules at most.")));
    }
    sql::insert(tx, &row).await?;
    let after = Value::Object(snapshot(&row));
    tx.record(Entry::new(ChangeAction::NotificationRuleCreated, subject(&row, &home.path)).after(after));
    let whole = sql::find_anywhere(tx, &row.id).await?.ok_or_else(Error::not_found)?;
    Ok(view(whole))
}

fn subject(row: &RuleRow, path: &Path) -> Subject {
    Subject {
        kind: "notification_rule",
        id: row.id.to_string(),
        name: row.name.clone(),
        customer_id: row.customer_id.clone(),
        path: path.clone(),
    }
}

/// Says a rule anew.
pub async fn replace(
    tx: &mut Tx,
    id: &NotificationRuleId,
    expected: Option<IfMatch>,
    input: &NotificationRuleSet,
) -> Result<NotificationRule, Error> {
    let account = tx.account()?;
    let (row, home, _) = fetch(tx, &account, id).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let changed = checked(tx, &account, input, row.clone()).await?;
    let (before, after) = difference(&snapshot(&row), &snapshot(&changed));
    if before != after {
        sql::update(tx, &row, &changed).await?;
        let entry = Entry::new(ChangeAction::NotificationRuleUpdated, subject(&changed, &home.path));
        tx.record(entry.before(before).after(after));
    }
    let whole = sql::find_anywhere(tx, id).await?.ok_or_else(Error::not_found)?;
    Ok(view(whole))
}

pub async fn delete(tx: &mut Tx, id: &NotificationRuleId, expected: Option<IfMatch>) -> Result<(), Error> {
    let account = tx.account()?;
    let (row, home, _) = fetch(tx, &account, id).await?;
    IfMatch::check_if_given(expected, row.version)?;
    sql::delete(tx, &row.id).await?;
    let before = Value::Object(snapshot(&row));
    tx.record(Entry::new(ChangeAction::NotificationRuleDeleted, subject(&row, &home.path)).before(before));
    Ok(())
}

/// What a rule would tell of what is open now.
pub async fn preview(
    cx: &mut Cx,
    customer: &CustomerId,
    input: &NotificationRuleSet,
) -> Result<NotificationPreview, Error> {
    let account = cx.account()?;
    let home = customers::fetch(cx, &account, customer, Permission::ManageNotifications).await?;
    let blank = blank(cx, &home.id, 0)?;
    let rule = checked(cx, &account, input, blank).await?;
    let condition = condition(cx, &account, &rule.filter).await?;
    let ids = events::sql::open_below(cx, &home.path, condition, PREVIEWED).await?;
    let total = i64::try_from(ids.len()).unwrap_or(i64::MAX);
    let shown = events::with_ids(cx, &account, &ids[..ids.len().min(SHOWN)]).await?;
    let letter = send::letter(&cx.app.config.public_url, &home.company_name, home.id.as_str(), &shown, total);
    let at = Time(rule.when().due(cx.now));
    Ok(NotificationPreview { total, events: shown, subject: letter.subject, text: letter.text, at })
}

/// A customer goes.
pub(crate) async fn forget_customer(tx: &mut Tx, id: &CustomerId) -> Result<(), Error> {
    sql::delete_of(tx, id).await
}

/// So long it is remembered what was told.
const KEPT_DAYS: i64 = 92;

/// Forgets what is old. Returns how many.
pub(crate) async fn forget_old(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| {
        let before = tx.now.as_microsecond() - KEPT_DAYS * tree::licences::DAY_MICROS;
        sql::forget_before(tx, before, base::background::PIECE.cast_signed()).await
    })
}
