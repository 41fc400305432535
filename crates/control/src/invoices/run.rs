//! What the clock does to invoices, also where nobody served at that moment: those of a schedule are made once for each customer
//! and period, and what isn't paid in time is overdue.

use std::time::Duration;

use api::change::ChangeAction;
use api::id::CustomerId;
use api::invoice::{InvoiceSchedule, InvoiceState};
use api::units::Day as WireDay;
use api::{Code, Error};
use base::App;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Cx, Origin, Tx};
use futures_util::future::BoxFuture;
use jiff::ToSpan as _;
use jiff::civil::{Date, Weekday};
use tree::measure::day_of;

use super::reckon::reckon;
use super::sql::InvoiceRow;
use super::{draft, issue_row, settings, sql, write};
use crate::customers;
use crate::customers::sql::CustomerRow;

/// Customers of one transaction.
const AT_ONCE: i64 = 20;
const LATE_AT_ONCE: i64 = 100;
const LOOK_EVERY: Duration = Duration::from_mins(1);
/// Of a customer that nothing is to be made for by itself.
const BY_HAND: i64 = -1;

#[derive(Debug)]
pub(crate) struct Runs;

impl Reconciler for Runs {
    fn name(&self) -> &'static str {
        "invoices"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            // Mostly there is nothing, which a reader finds out without waiting for anybody's turn.
            while is_anything(app).await? {
                let done = base::run!(app, Caller::System, Origin::default(), |tx| some(tx).await)?;
                if done == 0 {
                    break;
                }
                mended += done;
                if app.live.ended().is_cancelled() {
                    break;
                }
            }
            Ok(Round { mended, again_in: LOOK_EVERY })
        })
    }
}

async fn is_anything(app: &App) -> Result<bool, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let today = day_of(cx.now.as_second());
    Ok(!sql::late(&mut cx, today, 1).await?.is_empty()
        || (sql::is_any_plan(&mut cx).await? && !sql::to_look_at(&mut cx, today, 1).await?.is_empty()))
}

/// Looks at some; how many there were.
async fn some(tx: &mut Tx) -> Result<u64, Error> {
    let today = day_of(tx.now.as_second());
    let mut done = 0;
    for (row, issuer) in sql::late(tx, today, LATE_AT_ONCE).await? {
        let overdue = InvoiceRow { state: InvoiceState::Overdue, ..row.clone() };
        let path = issuer.path.unwrap_or_else(|| tree::Path::root(row.issuer_id.as_str()));
        write(tx, &row, &overdue, &path, ChangeAction::InvoiceOverdue).await?;
        done += 1;
    }
    for (id, next_from) in sql::to_look_at(tx, today, AT_ONCE).await? {
        let row = customers::sql::find_anywhere(tx, &CustomerId::from_text(id)).await?;
        if let Some(row) = row {
            look(tx, &row, next_from, today).await?;
        }
        done += 1;
    }
    Ok(done)
}

/// Makes the invoices of a customer whose periods are over.
async fn look(tx: &mut Tx, row: &CustomerRow, next_from: Option<i64>, today: i64) -> Result<(), Error> {
    let held = settings::of(tx, row).await?;
    let schedule = held.schedule();
    let Some((begin, _)) = period(schedule, today) else {
        return sql::look_again(tx, &row.id, BY_HAND, today + 1).await;
    };
    let issues_itself = held.plan.as_ref().is_some_and(|(plan, ..)| plan.issues_itself);
    // It begins with the period in which somebody has said so.
    let mut from = next_from.filter(|from| *from != BY_HAND).unwrap_or(begin);
    let look_day = loop {
        let Some((_, end)) = period(schedule, from) else { break today + 1 };
        if end >= today {
            break end + 1;
        }
        make(tx, row, (from, end), issues_itself).await?;
        from = end + 1;
    };
    sql::look_again(tx, &row.id, from, look_day).await
}

async fn make(tx: &mut Tx, row: &CustomerRow, period: (i64, i64), issues_itself: bool) -> Result<(), Error> {
    let made = match reckon(tx, row, period).await {
        Ok(reckoned) => draft(tx, row, reckoned).await,
        Err(error) => Err(error),
    };
    match made {
        Ok((invoice, path)) if issues_itself && invoice.state == InvoiceState::Draft => {
            issue_row(tx, &invoice, &path).await
        }
        Ok(_) => Ok(()),
        // A trial, or what somebody has made by hand.
        Err(error) if is_skipped(error.code) => {
            tracing::info!(customer = %row.id, %error, "a period is not invoiced");
            Ok(())
        }
        Err(error) => Err(error),
    }
}

fn is_skipped(code: Code) -> bool {
    matches!(
        code,
        Code::OnTrial | Code::NotInvoiced | Code::NoInvoicePlan | Code::NothingToInvoice | Code::InvoiceOverlaps
    )
}

/// The first and the last day of the period that a day lies in.
fn period(schedule: InvoiceSchedule, day: i64) -> Option<(i64, i64)> {
    let date = WireDay::from_number(day).0;
    let number = |date: Date| WireDay(date).number();
    match schedule {
        InvoiceSchedule::Manual => None,
        InvoiceSchedule::Week => {
            let first = day - i64::from(date.weekday().since(Weekday::Sunday));
            Some((first, first + 6))
        }
        InvoiceSchedule::Month => Some((number(date.first_of_month()), number(date.last_of_month()))),
        InvoiceSchedule::Quarter => {
            let since = i64::from((date.month() - 1) % 3);
            let first = date.first_of_month().checked_sub(since.months()).ok()?;
            let last = first.checked_add(2.months()).ok()?.last_of_month();
            Some((number(first), number(last)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_end_on_saturdays_and_on_last_days() {
        let of = |schedule, day: &str| {
            let (first, last) = period(schedule, day.parse::<WireDay>().unwrap().number()).unwrap();
            [first, last].map(|day| WireDay::from_number(day).0.to_string())
        };
        // 2026-05-02 is a Saturday.
        assert_eq!(of(InvoiceSchedule::Week, "2026-05-02"), ["2026-04-26", "2026-05-02"]);
        assert_eq!(of(InvoiceSchedule::Week, "2026-05-03"), ["2026-05-03", "2026-05-09"]);
        assert_eq!(of(InvoiceSchedule::Month, "2028-02-29"), ["2028-02-01", "2028-02-29"]);
        assert_eq!(of(InvoiceSchedule::Quarter, "2026-12-31"), ["2026-10-01", "2026-12-31"]);
        assert_eq!(of(InvoiceSchedule::Quarter, "2026-04-01"), ["2026-04-01", "2026-06-30"]);
        assert_eq!(period(InvoiceSchedule::Manual, 20_000), None);
    }
}
