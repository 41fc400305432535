//! For how long accounts last, for those who look after many.

use api::Error;
use db::{Sql, list, sql};
use tree::credits::{first_day, forecast, month_of};

use super::day_of;
use base::cx::Cx;

db::record! {
    struct Standing {
        customer_id: String,
        product_id: String,
        product: String,
        balance: i64,
        used: i64,
        used_before: i64,
    }
}

/// What an account holds of a product, and how long that lasts.
#[derive(Debug)]
pub(crate) struct Lasting {
    pub(crate) customer_id: String,
    pub(crate) product_id: String,
    pub(crate) product: String,
    pub(crate) balance: i64,
    /// The first day for which not all get theirs, and how far that is.
    pub(crate) day: i64,
    pub(crate) days_left: i64,
}

/// How long the accounts of these customers last, those that somebody draws on.
pub(crate) async fn lasting(cx: &mut Cx, customers: &[String]) -> Result<Vec<Lasting>, Error> {
    let today = day_of(cx.now.as_second());
    let month = month_of(today);
    let standing: Vec<Standing> = cx
        .all(sql![
            "select a.customer_id as customer_id, a.product_id as product_id, p.name as product, a.balance as balance, ",
            used_in(month),
            " as used, ",
            used_in(month - 1),
            " as used_before from credit_accounts a join products p on p.id = a.product_id where a.customer_id in ",
            list(customers.iter().map(String::as_str)),
            " order by a.customer_id, a.product_id"
        ])
        .await?;
    let lasting = standing.into_iter().filter_map(|row| {
        // Nothing is left for all that were paid for a month ago: it has run out.
        let has_run_out = row.balance <= 0 && row.used < row.used_before;
        let (day, days_left) = if has_run_out {
            (first_day(month), 0)
        } else {
            let forecast = forecast(row.balance, row.used, today)?;
            (forecast.day, forecast.days_left)
        };
        let Standing { customer_id, product_id, product, balance, .. } = row;
        Some(Lasting { customer_id, product_id, product, balance, day, days_left })
    });
    Ok(lasting.collect())
}

/// What was taken from an account `a` for a month.
fn used_in(month: i64) -> Sql {
    sql![
        "(select cast(coalesce(sum(d.units), 0) as bigint) from device_credits d where d.customer_id = a.customer_id
         and d.product_id = a.product_id and d.month = ",
        month,
        ")"
    ]
}
