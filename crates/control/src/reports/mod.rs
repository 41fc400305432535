//! Reports: what customers are told of their backups by mail, regularly. Which of them a customer gets follows from settings
//! ([`plan`]); when, from the clock of the customer ([`due`]); they are sent by [`send`], once for each time; what they tell is
//! gathered by [`facts`] and laid out by [`page`].

mod due;
mod facts;
pub mod http;
mod page;
mod plan;
mod send;
mod sql;

use api::change::{ActorKind, ChangeAction};
use api::id::CustomerId;
use api::report::{Report, ReportKind, ReportList, ReportOff, ReportPage, ReportSend, ReportSent, ReportStopped};
use api::units::{Secret, Time};
use api::{Code, Error, Level};
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::seal::Seal;
use base::text::Checks;
use serde::{Deserialize, Serialize};
use serde_json::json;

use self::plan::Plan;
pub(crate) use self::send::{Reporter, Schedules};
use crate::customers::sql::CustomerRow;
use crate::settings::reports::MOST_RECIPIENTS;
use crate::{customers, mail};

/// All reports of a customer, with why those that aren't sent are not. Only end customers have any.
pub async fn list(cx: &mut Cx, id: &CustomerId) -> Result<ReportList, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, id, Permission::ReadCustomers).await?;
    if row.level != Level::EndCustomer {
        let value = crate::settings::value_at(cx, &row.path, "time_zone").await?;
        return Ok(ReportList { time_zone: value.as_str().unwrap_or("UTC").to_owned(), items: Vec::new() });
    }
    let mail_is_on = mail::is_on(cx).await?;
    let stops = sql::stops(cx, &row.id).await?;
    let states = sql::states(cx, &[row.id.to_string()]).await?;
    let plans = plan::of(cx, &row).await?;
    let time_zone = plans.time_zone.clone();
    let items = plans.each.into_iter().map(|plan| {
        let stopped: Vec<String> =
            stops.iter().filter(|(kind, _)| *kind == plan.kind).map(|(_, address)| address.clone()).collect();
        let state = states.iter().find(|state| state.kind == plan.kind);
        let recipients = if plan.off.is_none() { wanting(&plan, &stops) } else { Vec::new() };
        let off = match plan.off {
            Some(off) => Some(off),
            None if recipients.is_empty() => Some(ReportOff::Stopped),
            None if !mail_is_on => Some(ReportOff::MailOff),
            None => None,
        };
        Report {
            kind: plan.kind,
            off,
            stopped,
            every: plan.rhythm.every,
            is_global: plan.is_global,
            next_at: (plan.off.is_none() && !recipients.is_empty()).then(|| {
                let known = state.map(|state| Time::from_micros(state.next_at));
                known.unwrap_or_else(|| Time(plan.rhythm.next(cx.now)))
            }),
            recipients,
            last_sent_at: state.and_then(|state| state.last_sent_at).map(Time::from_micros),
        }
    });
    Ok(ReportList { time_zone, items: items.collect() })
}

/// End customers get reports.
async fn fetch(cx: &mut Cx, account: &Account, id: &CustomerId, permission: Permission) -> Result<CustomerRow, Error> {
    let row = customers::fetch(cx, account, id, permission).await?;
    if row.level != Level::EndCustomer {
        return Err(Error::not_found());
    }
    Ok(row)
}

/// Everything together has events in it, which not everybody may see who sees devices.
fn refuse_unseen(account: &Account, row: &CustomerRow, kind: ReportKind) -> Result<(), Error> {
    match kind {
        ReportKind::Consolidated => account.authorize(Permission::ReadEvents, &row.path),
        _ => Ok(()),
    }
}

/// Who gets it and hasn't stopped it.
fn wanting(plan: &Plan, stops: &[(ReportKind, String)]) -> Vec<String> {
    plan.recipients.iter().filter(|address| !is_stopped(plan.kind, address, stops)).cloned().collect()
}

fn is_stopped(kind: ReportKind, address: &str, stops: &[(ReportKind, String)]) -> bool {
    let address = base::text::fold(address);
    stops.iter().any(|(of, stopped)| *of == kind && *stopped == address)
}

/// A report as it would be sent now.
pub async fn preview(cx: &mut Cx, id: &CustomerId, kind: ReportKind) -> Result<ReportPage, Error> {
    let account = cx.account()?;
    let row = fetch(cx, &account, id, Permission::ReadDevices).await?;
    let stops = sql::stops(cx, &row.id).await?;
    let plans = plan::of(cx, &row).await?;
    let plan = plans.plan(kind);
    refuse_unseen(&account, &row, kind)?;
    let (from, to) = (plan.rhythm.before(cx.now), cx.now);
    let facts = facts::gather(cx, &row, &plans, kind, (from, to)).await?;
    let laid_out = page::lay_out(&facts, None)?;
    Ok(ReportPage {
        kind,
        from: Time(from),
        to: Time(to),
        subject: facts.subject(),
        html: laid_out.html,
        text: laid_out.text,
        is_empty: facts.is_empty(),
        recipients: wanting(plan, &stops),
    })
}

/// Sends a report at once, as it is now.
pub async fn send_now(tx: &mut Tx, id: &CustomerId, kind: ReportKind, input: &ReportSend) -> Result<ReportSent, Error> {
    let account = tx.account()?;
    let row = fetch(tx, &account, id, Permission::ManageSettings).await?;
    account.authorize(Permission::ReadDevices, &row.path)?;
    refuse_unseen(&account, &row, kind)?;
    mail::require(tx).await?;
    let mut checks = Checks::default();
    let given = input.to.as_ref().map(|to| checks.emails("to", to, MOST_RECIPIENTS));
    checks.finish()?;
    let plans = plan::of(tx, &row).await?;
    let plan = plans.plan(kind);
    let stops = sql::stops(tx, &row.id).await?;
    let to = match given {
        Some(to) => {
            // Whoever doesn't want it doesn't get it this way either.
            if let Some(at) = to.iter().position(|address| is_stopped(kind, address, &stops)) {
                let detail = "Whoever has this address has stopped the report.";
                return Err(Error::field(format!("to.{at}"), Code::ReportOff, detail));
            }
            to
        }
        None if plan.off.is_some() => {
            return Err(Error::new(Code::ReportOff, "The customer doesn't get this report: say to whom it goes."));
        }
        None => wanting(plan, &stops),
    };
    if to.is_empty() {
        return Err(Error::new(Code::ReportOff, "There is nobody whom it would go to: say to whom."));
    }
    let period = (plan.rhythm.before(tx.now), tx.now);
    let facts = facts::gather(tx, &row, &plans, kind, period).await?;
    let letters = send::write(tx, &row, &facts, &to, plan.rhythm.every).await?;
    send::post(tx, &row.id, &letters).await?;
    let entry = Entry::new(ChangeAction::CustomerReportSent, customers::subject(&row));
    tx.record(entry.after(json!({ "report": kind, "to": to })));
    Ok(ReportSent { sent_to: to })
}

/// What the link in a mail carries.
#[derive(Debug, Serialize, Deserialize)]
struct Stop {
    customer: CustomerId,
    kind: ReportKind,
    address: String,
}

async fn seal(cx: &mut Cx) -> Result<Seal, Error> {
    let secret = crate::setup::installation_secret(cx).await?.unwrap_or_default();
    Seal::new(secret.as_bytes(), "installation", "reports")
}

/// What a link is for; nothing that is known where somebody has made it up.
async fn opened(cx: &mut Cx, token: &Secret) -> Result<(Stop, CustomerRow), Error> {
    let opened = seal(cx).await?.open(token.expose());
    let stop: Option<Stop> = opened.and_then(|text| serde_json::from_slice(&text).ok());
    let unknown =
        || Error::field("token", Code::Invalid, "This link ends no report: it is not whole, or there is none.");
    let stop = stop.ok_or_else(unknown)?;
    // Whose customer is gone knows no more than whoever made it up.
    let row = customers::sql::find_anywhere(cx, &stop.customer).await?.ok_or_else(unknown)?;
    Ok((stop, row))
}

/// Whether a link is one, which a reader finds out without waiting for anybody's turn.
pub async fn check_link(cx: &mut Cx, token: &Secret) -> Result<(), Error> {
    opened(cx, token).await.map(drop)
}

/// Whoever has the link doesn't want that report any more.
pub async fn stop(tx: &mut Tx, token: &Secret) -> Result<ReportStopped, Error> {
    let (stop, row) = opened(tx, token).await?;
    if sql::stop(tx, &row.id, stop.kind, &base::text::fold(&stop.address)).await? {
        let mut entry = Entry::new(ChangeAction::CustomerReportStopped, customers::subject(&row));
        entry.actor = Some((ActorKind::Customer, row.id.to_string(), stop.address.clone()));
        tx.record(entry.after(json!({ "report": stop.kind, "address": stop.address })));
    }
    Ok(ReportStopped { kind: stop.kind, customer_name: row.company_name, address: stop.address })
}

/// Somebody wants it again after all.
pub async fn resume(tx: &mut Tx, id: &CustomerId, kind: ReportKind, address: &str) -> Result<ReportList, Error> {
    let account = tx.account()?;
    let row = fetch(tx, &account, id, Permission::ManageSettings).await?;
    let address = base::text::fold(address.trim());
    if !sql::resume(tx, &row.id, kind, &address).await? {
        return Err(Error::field("address", Code::ReferenceNotFound, "Nobody with this address has stopped it."));
    }
    let entry = Entry::new(ChangeAction::CustomerReportResumed, customers::subject(&row));
    tx.record(entry.after(json!({ "report": kind, "address": address })));
    list(tx, id).await
}

/// A customer goes.
pub(crate) async fn forget_customer(tx: &mut Tx, id: &CustomerId) -> Result<(), Error> {
    sql::forget(tx, id).await
}
