//! Trials of end customers: 30 days that are not invoiced, after which a customer is in production by itself, or before on
//! request. There is no way back. Sites are on trial with their customer.

use std::time::Duration;

use api::change::ChangeAction;
use api::customer::CustomerChange;
use api::id::CustomerId;
use api::units::Time;
use api::{Code, Error};
use base::App;
use base::authz::Permission;
use base::background::{Reconciler, Round};
use base::change::Entry;
use base::cx::{Caller, Cx, Origin, Tx};
use base::lineage::Lineage;
use base::version::IfMatch;
use db::{Assignments, sql};
use futures_util::future::BoxFuture;
use jiff::{Timestamp, ToSpan as _};
use serde_json::json;

use super::sql::CustomerRow;
use super::{subject, view};

/// Cove's.
const DAYS: i64 = 30;

/// Customers of one transaction.
const AT_ONCE: i64 = 200;

/// Trials are begun and ended by others too.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// When a trial ends that begins now.
pub(super) fn end_of(now: Timestamp) -> i64 {
    now.checked_add((DAYS * 24).hours()).unwrap_or(now).as_microsecond()
}

/// The row as it is at a time: what is over is over, whether or not somebody has written it down yet.
pub(crate) fn at(row: CustomerRow, now: i64) -> CustomerRow {
    match row.trial_ends_at {
        Some(ends_at) if ends_at <= now => over(&row, ends_at),
        _ => row,
    }
}

/// Whether the customer that a site belongs to is on trial.
pub(super) fn holds_above(lineage: &Lineage, site: &CustomerRow, now: i64) -> bool {
    let customer = site.parent_id.as_ref().and_then(|id| lineage.get(id.as_str()));
    customer.and_then(|customer| customer.trial_ends_at).is_some_and(|ends_at| ends_at > now)
}

/// In production since then.
fn over(row: &CustomerRow, since: i64) -> CustomerRow {
    CustomerRow { trial_ends_at: None, production_since: Some(since), ..row.clone() }
}

/// Ends a trial now.
pub(crate) async fn end(tx: &mut Tx, id: &CustomerId, expected: Option<IfMatch>) -> Result<CustomerChange, Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::SwitchCustomers).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let now = tx.now.as_microsecond();
    if at(row.clone(), now).trial_ends_at.is_none() {
        if row.production_since.is_none() && row.trial_ends_at.is_none() {
            return Err(Error::new(Code::InProduction, "It was never on trial."));
        }
        return Ok(CustomerChange { customer: view::one(tx, &account, row).await?, changes: false });
    }
    let changed = write(tx, &row, now).await?;
    Ok(CustomerChange { customer: view::one(tx, &account, changed).await?, changes: true })
}

/// Writes down since when a customer is in production. Returns the row as it is by then.
async fn write(tx: &mut Tx, row: &CustomerRow, since: i64) -> Result<CustomerRow, Error> {
    let mut changed = over(row, since);
    tx.update(row, &changed, Assignments::new()).await?;
    changed.version += 1;
    let ends_at = row.trial_ends_at.map(Time::from_micros);
    let entry = Entry::new(ChangeAction::CustomerTrialEnded, subject(&changed));
    tx.record(
        entry
            .before(json!({ "stage": "trial", "trial_ends_at": ends_at }))
            .after(json!({ "stage": "production", "production_since": Time::from_micros(since) })),
    );
    Ok(changed)
}

/// That trials end at their time, also at one when nobody served.
#[derive(Debug)]
pub(crate) struct Trials;

impl Reconciler for Trials {
    fn name(&self) -> &'static str {
        "trials that are over"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            loop {
                let piece = base::run!(app, Caller::System, Origin::default(), |tx| end_due(tx).await)?;
                if piece == 0 {
                    break;
                }
                mended += piece;
            }
            Ok(Round { mended, again_in: next(app).await?.min(LOOK_EVERY) })
        })
    }
}

async fn end_due(tx: &mut Tx) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    let due: Vec<CustomerRow> = tx
        .all(sql![
            "select ",
            db::columns::<CustomerRow>(),
            " from customers where trial_ends_at <= ",
            now,
            " order by trial_ends_at, id limit ",
            AT_ONCE
        ])
        .await?;
    let mut ended = Vec::with_capacity(due.len());
    for row in &due {
        // At the moment that was agreed on, not at the one when somebody looked.
        let at = row.trial_ends_at.unwrap_or_default();
        write(tx, row, at).await?;
        ended.push((row.id.clone(), at));
    }
    crate::events::trials_ended(tx, &ended).await?;
    Ok(due.len() as u64)
}

/// How long none will be over.
async fn next(app: &App) -> Result<Duration, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let due = sql!["select min(trial_ends_at) from customers where trial_ends_at is not null"];
    let due: Option<Option<i64>> = cx.opt(due).await?;
    let wait = due.flatten().map_or(i64::MAX, |due| due - cx.now.as_microsecond());
    Ok(Duration::from_micros(u64::try_from(wait).unwrap_or_default().max(1_000_000)))
}
