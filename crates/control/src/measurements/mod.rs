//! What customers used, by days: what bills, reports and charts stand on. It is measured where totals change
//! (`base::totals`); here it is read.

pub mod http;
mod sql;

use std::collections::HashMap;

use api::id::CustomerId;
use api::measurement::{MeasuredBytes, MeasuredDay, MeasurementQuery, Measurements};
use api::units::{Day as WireDay, Time};
use api::{Code, Error};
use base::authz::Permission;
use base::cx::Cx;
use base::measure::{KEPT_DAYS, coverage};
use base::text::Checks;
use tree::measure::{DAY, Day, day_of, days};

use crate::customers;

/// Unless it is said otherwise, today is the last of so many days.
const DAYS: i64 = 90;
/// Microseconds of a second.
const MICROS: i64 = 1_000_000;

/// A customer's days.
pub async fn list(cx: &mut Cx, id: &CustomerId, query: &MeasurementQuery) -> Result<Measurements, Error> {
    let account = cx.account()?;
    customers::fetch(cx, &account, id, Permission::ReadCustomers).await?;
    let (from, to) = asked(query, day_of(cx.now.as_second()))?;
    let items = days_of(cx, id, from, to).await?.iter().map(seen).collect();
    Ok(Measurements { from: WireDay::from_number(from), to: WireDay::from_number(to), as_of: Time(cx.now), items })
}

/// The days of a customer from one to another, of which something was measured.
pub(crate) async fn days_of(cx: &mut Cx, id: &CustomerId, from: i64, to: i64) -> Result<Vec<Day>, Error> {
    let open = base::totals::open(cx, id.as_str()).await?.ok_or_else(Error::not_found)?;
    let stored = sql::days(cx, id, from, to).await?;
    let coverage = coverage(cx, from * DAY).await?;
    Ok(days(from, to, &stored, &open, cx.now.as_second(), &coverage))
}

/// The first and the last day that are asked for.
fn asked(query: &MeasurementQuery, today: i64) -> Result<(i64, i64), Error> {
    let mut checks = Checks::default();
    let mut day = |name: &'static str, text: Option<&String>| match text.map(|text| text.parse::<WireDay>()) {
        None => None,
        Some(Ok(day)) => Some(day.number()),
        Some(Err(_)) => {
            checks.add(name, Code::Invalid, "Is no day; write it like 2025-01-31.");
            None
        }
    };
    let (from, to) = (day("from", query.from.as_ref()), day("to", query.to.as_ref()));
    checks.finish()?;
    let to = to.unwrap_or(today);
    let from = from.unwrap_or(to - DAYS + 1);
    if from > to {
        return Err(Error::field("from", Code::OutOfRange, "Must not be later than to."));
    }
    if to - from >= KEPT_DAYS {
        return Err(Error::field("from", Code::OutOfRange, format!("At most {KEPT_DAYS} days are answered at once.")));
    }
    Ok((from, to))
}

pub(crate) fn seen(day: &Day) -> MeasuredDay {
    MeasuredDay {
        day: WireDay::from_number(day.day),
        measured_seconds: day.seconds,
        used_bytes: MeasuredBytes { average: day.average_bytes, high: day.high_bytes, last: day.last_bytes },
        devices: day.devices,
        devices_protected: day.devices - day.devices_without_backup,
        devices_backed_up: day.devices_backed_up,
    }
}

/// What these customers used at the end of the day so many days ago; nothing of those of which nobody measured it.
pub async fn used_before(cx: &mut Cx, ids: &[&str], days_ago: i64) -> Result<HashMap<String, i64>, Error> {
    let day = day_of(cx.now.as_second()) - days_ago;
    let coverage = coverage(cx, (day + 1) * DAY).await?;
    if coverage.first_day().is_none_or(|first| day < first) {
        return Ok(HashMap::new());
    }
    let stored = sql::used_at_end_of(cx, ids, day).await?;
    let mut used = HashMap::with_capacity(ids.len());
    for (id, changed_at, used_bytes, created_at) in sql::present(cx, ids).await? {
        let was = if day_of(changed_at) <= day {
            Some(used_bytes)
        } else if day_of(created_at.div_euclid(MICROS)) > day {
            Some(0)
        } else {
            stored.get(&id).copied()
        };
        used.extend(was.map(|was| (id, was)));
    }
    Ok(used)
}
