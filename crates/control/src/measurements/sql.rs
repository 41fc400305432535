//! The queries of what was measured. Who writes it: `base::totals`.

use std::collections::HashMap;

use api::Error;
use api::id::CustomerId;
use base::cx::Cx;
use base::totals::DayRow;
use db::{columns, list, sql};
use tree::measure::Day;

/// The days of a customer on which something changed, and the last one before them.
pub(super) async fn days(cx: &mut Cx, id: &CustomerId, from: i64, to: i64) -> Result<Vec<Day>, Error> {
    let before: Option<DayRow> = cx
        .opt(sql![
            "select ",
            columns::<DayRow>(),
            " from customer_days where customer_id = ",
            id.as_str(),
            " and day < ",
            from,
            " order by day desc limit 1"
        ])
        .await?;
    let within: Vec<DayRow> = cx
        .all(sql![
            "select ",
            columns::<DayRow>(),
            " from customer_days where customer_id = ",
            id.as_str(),
            " and day >= ",
            from,
            " and day <= ",
            to,
            " order by day"
        ])
        .await?;
    Ok(before.into_iter().chain(within).map(Day::from).collect())
}

/// What customers used at the end of a day, as far as a day is stored that says so.
pub(super) async fn used_at_end_of(cx: &mut Cx, ids: &[&str], day: i64) -> Result<HashMap<String, i64>, Error> {
    let rows: Vec<(String, Option<i64>)> = cx
        .all(sql![
            "select t.customer_id, (select d.last_bytes from customer_days d where d.customer_id = t.customer_id and d.day <= ",
            day,
            " order by d.day desc limit 1) from totals t where t.customer_id in ",
            list(ids.iter().copied())
        ])
        .await?;
    Ok(rows.into_iter().filter_map(|(id, used)| Some((id, used?))).collect())
}

/// When something changed last at customers, what they use since, and when they were made.
pub(super) async fn present(cx: &mut Cx, ids: &[&str]) -> Result<Vec<(String, i64, i64, i64)>, Error> {
    cx.all(sql![
        "select t.customer_id, t.measured_at, t.used_bytes, c.created_at from totals t
         join customers c on c.id = t.customer_id where t.customer_id in ",
        list(ids.iter().copied())
    ])
    .await
}
