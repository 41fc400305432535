//! Sending reports, each once for each time that it is due: also after a restart, and where the clocks are changed. While mail is
//! off they wait, and one is sent for all that was missed.

use std::collections::HashMap;
use std::time::Duration;

use api::Error;
use api::id::CustomerId;
use api::mail::MailPurpose;
use api::report::{Every, ReportKind};
use base::App;
use base::background::feeds::Feed;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Cx, Tx};
use db::sql;
use futures_util::future::BoxFuture;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::facts::{Facts, gather};
use super::sql::{self as rows, StateRow};
use super::{Stop, page, plan, seal, wanting};
use crate::customers;
use crate::customers::sql::CustomerRow;
use crate::mail::{self, Letter};
use crate::settings::Holding;

/// Customers that are looked at in one transaction.
const AT_ONCE: i64 = 200;
/// Reports that are looked up together.
const DUE_AT_ONCE: i64 = 50;
const LOOK_EVERY: Duration = Duration::from_secs(10);
const AGAIN_AFTER: SignedDuration = SignedDuration::from_mins(15);
/// What says whether and when a customer gets a report.
const SETTINGS: [&str; 6] = [
    "time_zone",
    "job_reports",
    "status_report",
    "consolidated_report",
    "global_status_report",
    "global_consolidated_report",
];

/// The feed that puts down of whom it has to be seen anew which reports they get.
#[derive(Debug)]
pub(crate) struct Schedules;

impl Feed for Schedules {
    fn name(&self) -> &'static str {
        "reports"
    }

    fn follow<'a>(&'a self, tx: &'a mut Tx, after: i64, until: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let entries: Vec<(String, String, Option<String>)> = tx
                .all(sql![
                    "select action, subject_id, after from changes where number > ",
                    after,
                    " and number <= ",
                    until,
                    " and action in ('customer.created', 'customer.moved', 'customer.setting_set', 'customer.setting_inherited')"
                ])
                .await?;
            let concerns = |after: &Option<String>| {
                let after = after.as_deref().and_then(|after| serde_json::from_str::<Value>(after).ok());
                after.is_some_and(|after| SETTINGS.iter().any(|name| after.get(name).is_some()))
            };
            let mut below: Vec<String> = entries
                .into_iter()
                .filter(|(action, _, after)| !action.starts_with("customer.setting") || concerns(after))
                .map(|(_, id, _)| id)
                .collect();
            below.sort_unstable();
            below.dedup();
            rows::look_below(tx, &below).await
        })
    }
}

/// Looks at whom was put down, and sends what is due.
#[derive(Debug)]
pub(crate) struct Reporter;

impl Reconciler for Reporter {
    fn name(&self) -> &'static str {
        "reports"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            loop {
                let looked = look(app).await?;
                mended += looked;
                if looked == 0 {
                    break;
                }
            }
            loop {
                let mut cx = Cx::read(app, Caller::System).await?;
                // While mail is off they wait.
                let due = if mail::is_on(&mut cx).await? { rows::due(&mut cx, DUE_AT_ONCE).await? } else { Vec::new() };
                drop(cx);
                if due.is_empty() {
                    return Ok(Round { mended, again_in: next(app).await?.min(LOOK_EVERY) });
                }
                for state in due {
                    mended += 1;
                    if let Err(error) = send(app, &state).await {
                        // One that can't be written holds up none of the others.
                        let (customer, kind) = (&state.customer_id, state.kind.as_ref());
                        tracing::error!(%customer, kind, %error, cause = ?error.cause, "a report cannot be written");
                        base::beside!(app, |tx| {
                            let later = tx.now.checked_add(AGAIN_AFTER).unwrap_or(tx.now);
                            rows::postpone(tx, &state, later.as_microsecond()).await
                        })?;
                    }
                    if app.live.ended().is_cancelled() {
                        return Ok(Round { mended, again_in: LOOK_EVERY });
                    }
                }
            }
        })
    }
}

/// How long nothing is due.
async fn next(app: &App) -> Result<Duration, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let Some(at) = rows::next_due(&mut cx).await? else { return Ok(LOOK_EVERY) };
    let micros = u64::try_from(at - cx.now.as_microsecond()).unwrap_or_default();
    // What is due waits for mail.
    Ok(if micros == 0 { LOOK_EVERY } else { Duration::from_micros(micros) })
}

/// Says of some customers which reports they get from now on, and when. Returns of how many.
async fn look(app: &App) -> Result<u64, Error> {
    // Mostly there is nobody, which a reader finds out without waiting for anybody's turn.
    let mut cx = Cx::read(app, Caller::System).await?;
    if !rows::is_anybody_to_look_at(&mut cx).await? {
        return Ok(0);
    }
    drop(cx);
    base::beside!(app, |tx| async {
        let ids = rows::take_to_look_at(tx, AT_ONCE).await?;
        let customers: Vec<CustomerRow> =
            customers::sql::with_totals(tx, &ids).await?.into_iter().map(|(row, _)| row).collect();
        let places: Vec<_> = customers.iter().map(|row| (&row.path, None)).collect();
        let held = Holding::at(tx, &places).await?;
        let mut known: HashMap<(String, ReportKind), StateRow> = HashMap::new();
        for state in rows::states(tx, &ids).await? {
            known.insert((state.customer_id.to_string(), state.kind), state);
        }
        for row in &customers {
            for plan in plan::with(&held, row)?.each {
                let state = known.get(&(row.id.to_string(), plan.kind));
                // Whether it can be sent is seen when it is due: only who has switched it off has none.
                let is_on = !plan.is_switched_off();
                let next_at = is_on.then(|| next_of(&plan, state, tx.now));
                // One that is due is sent before it is counted anew.
                let is_due = state.is_some_and(|state| state.next_at <= tx.now.as_microsecond());
                if state.map(|state| state.next_at) != next_at && !(is_on && is_due) {
                    rows::set_next(tx, &row.id, plan.kind, next_at).await?;
                }
            }
        }
        Ok(ids.len() as u64)
    }
    .await)
}

fn next_of(plan: &plan::Plan, state: Option<&StateRow>, now: Timestamp) -> i64 {
    let sent = state.and_then(|state| state.last_sent_at).and_then(|at| Timestamp::from_microsecond(at).ok());
    plan.rhythm.next_after(now, sent).as_microsecond()
}

/// Sends a report that is due. What it tells is read beside everything else; it is written together with when the next one is.
async fn send(app: &App, state: &StateRow) -> Result<(), Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let now = cx.now;
    let Some(row) = customers::sql::find_anywhere(&mut cx, &state.customer_id).await? else { return Ok(()) };
    let plans = plan::of(&mut cx, &row).await?;
    let plan = plans.plan(state.kind);
    let next_at = (!plan.is_switched_off()).then(|| plan.rhythm.next(now).as_microsecond());
    let (from, until) = period(plan, state, now);
    let mut letters = Vec::new();
    if plan.off.is_none() {
        let to = wanting(plan, &rows::stops(&mut cx, &row.id).await?);
        let facts = gather(&mut cx, &row, &plans, state.kind, (from, until)).await?;
        if !facts.is_empty() {
            letters = write(&mut cx, &row, &facts, &to, plan.rhythm.every).await?;
        }
    }
    drop(cx);
    let told = (!letters.is_empty()).then(|| until.as_microsecond());
    base::beside!(app, |tx| async {
        // Nothing where another process was faster.
        if rows::take(tx, state, next_at, told).await? {
            post(tx, &row.id, &letters).await?;
        }
        Ok(())
    }
    .await)
}

/// From where the last one ended until shortly before this one: what ended since may not be written down yet.
fn period(plan: &plan::Plan, state: &StateRow, now: Timestamp) -> (Timestamp, Timestamp) {
    let due = Timestamp::from_microsecond(state.next_at).unwrap_or(now);
    let until = |at: Timestamp| at.checked_sub(WRITTEN_WITHIN).unwrap_or(at);
    let told = state.told_until.and_then(|at| Timestamp::from_microsecond(at).ok());
    // What was missed while mail was off is in it, too.
    let last = until(plan.rhythm.last(now).max(due));
    (told.unwrap_or_else(|| until(plan.rhythm.before(due))).min(last), last)
}

/// So long after it ended a job stands in the database at the latest, where nothing is wrong.
pub(super) const WRITTEN_WITHIN: SignedDuration = SignedDuration::from_mins(15);

/// Writes a report to each of these, with their own way to stop it.
pub(super) async fn write(
    cx: &mut Cx,
    row: &CustomerRow,
    facts: &Facts,
    to: &[String],
    every: Every,
) -> Result<Vec<(String, Letter)>, Error> {
    let seal = seal(cx).await?;
    let url = cx.app.config.public_url.clone();
    let mut letters = Vec::with_capacity(to.len());
    for address in to {
        let stop = Stop { customer: row.id.clone(), kind: facts.kind, address: address.clone() };
        let token = seal.close(&serde_json::to_vec(&stop).map_err(Error::internal)?)?;
        let laid_out = page::lay_out(facts, Some(format!("{url}/stop-report#token={token}")))?;
        let letter = Letter {
            purpose: MailPurpose::Report,
            subject: facts.subject(),
            text: laid_out.text,
            html: Some(laid_out.html),
            stop: Some(format!("{url}/api/v1/reports/stop?token={token}")),
            useful_for: match every {
                Every::Day => SignedDuration::from_hours(24),
                Every::Week | Every::Month => SignedDuration::from_hours(3 * 24),
            },
        };
        letters.push((address.clone(), letter));
    }
    Ok(letters)
}

/// Sends what was written, once it is committed.
pub(super) async fn post(tx: &mut Tx, customer: &CustomerId, letters: &[(String, Letter)]) -> Result<(), Error> {
    for (address, letter) in letters {
        mail::post(tx, customer, address, letter).await?;
    }
    Ok(())
}
