//! Who held what on any day: a stretch for as long as it was so, of each licence and of what each site had of it. It is written
//! where licences are (`sql`), so that nothing changes without it.

use std::collections::HashMap;

use api::id::{CustomerId, LicenceId, ProductId};
use api::licence::{Assignment, LicenceThen, LicencesThen, LicencesThenQuery};
use api::page::MAX_LIMIT;
use api::product::{Edition, Unit};
use api::units::{Day, Time};
use api::{Code, Error};
use base::authz::Permission;
use base::cx::{Cx, Tx};
use db::{Sql, Text, columns_of, list as listed, sql};
use tree::licences::{DAY_MICROS, Dates};

use super::sql::LicenceRow;
use super::word;
use crate::customers;

fn of_licence(id: &LicenceId) -> Sql {
    sql![" where licence_id = ", id.as_str()]
}

/// From now on nothing of these stretches is so any more. What changes twice in a moment was never anything between.
async fn close(tx: &mut Tx, which: &Sql) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    tx.exec(sql!["delete from licence_history", which.clone(), " and since >= ", now]).await?;
    tx.exec(sql!["update licence_history set until = ", now, which.clone(), " and until is null"]).await?;
    Ok(())
}

/// From now on a licence is as its row says.
pub(super) async fn held(tx: &mut Tx, row: &LicenceRow) -> Result<(), Error> {
    let mut which = of_licence(&row.id);
    which.append(sql![" and is_assignment = ", false]);
    close(tx, &which).await?;
    let since = tx.now.as_microsecond();
    tx.exec(db::insert! { "licence_history",
        licence_id: &row.id,
        place_id: &row.customer_id,
        customer_id: &row.customer_id,
        product_id: &row.product_id,
        is_assignment: false,
        quantity: row.quantity,
        edition: row.edition.as_ref(),
        starts_at: row.starts_at,
        ends_at: row.ends_at,
        expiry_notice_days: row.expiry_notice_days,
        since: since,
    })
    .await?;
    Ok(())
}

/// From now on a site has so much of a licence.
pub(super) async fn assigned(tx: &mut Tx, id: &LicenceId, site: &CustomerId, quantity: i64) -> Result<(), Error> {
    let mut which = of_licence(id);
    which.append(sql![" and is_assignment = ", true, " and place_id = ", site.as_str()]);
    close(tx, &which).await?;
    if quantity > 0 {
        let since = tx.now.as_microsecond();
        tx.exec(sql![
            "insert into licence_history (licence_id, place_id, customer_id, product_id, is_assignment, quantity, edition,
             starts_at, ends_at, expiry_notice_days, since) select id, ",
            site.as_str(),
            ", customer_id, product_id, ",
            true,
            ", cast(",
            quantity,
            " as bigint), edition, starts_at, ends_at, expiry_notice_days, cast(",
            since,
            " as bigint) from licences where id = ",
            id.as_str()
        ])
        .await?;
    }
    Ok(())
}

/// A licence ends, with what was assigned of it.
pub(super) async fn ended(tx: &mut Tx, id: &LicenceId) -> Result<(), Error> {
    close(tx, &of_licence(id)).await
}

pub(super) async fn forget(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    tx.exec(sql!["delete from licence_history where customer_id = ", customer.as_str()]).await?;
    Ok(())
}

db::record! {
    #[derive(Clone, Debug)]
    struct ThenRow {
        licence_id: LicenceId as Text,
        customer_id: CustomerId as Text,
        product_id: ProductId as Text,
        quantity: i64,
        edition: Edition as Text,
        starts_at: i64,
        ends_at: Option<i64>,
        expiry_notice_days: i64,
    }
}

/// At this moment.
fn so_at(at: i64) -> Sql {
    sql![" and h.since <= ", at, " and (h.until is null or h.until > ", at, ")"]
}

/// What was held at a customer and below it at the end of a day.
pub async fn list(cx: &mut Cx, id: &CustomerId, query: &LicencesThenQuery) -> Result<LicencesThen, Error> {
    let account = cx.account()?;
    let row = customers::fetch(cx, &account, id, Permission::ReadLicences).await?;
    let limit = query.limit.unwrap_or(MAX_LIMIT);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Error::field("limit", Code::OutOfRange, format!("Must be from 1 to {MAX_LIMIT}.")));
    }
    let today = cx.now.as_microsecond().div_euclid(DAY_MICROS);
    let asked = query.as_of.clone().unwrap_or_else(|| Day::from_number(today).0.to_string());
    let at = crate::licence_pools::end_of_day(&asked, &row, cx.now)?;
    let (from, to) = row.path.range();
    let mut statement = sql![
        "select ",
        columns_of::<ThenRow>("h"),
        ", c.company_name, p.name, p.unit from licence_history h join customers c on c.id = h.customer_id
         join products p on p.id = h.product_id where h.is_assignment = ",
        false,
        " and c.path >= ",
        from,
        " and c.path < ",
        to
    ];
    statement.append(so_at(at));
    if let Some(after) = &query.after {
        statement.append(sql![" and h.licence_id > ", after.as_str()]);
    }
    statement.append(sql![" order by h.licence_id limit ", i64::from(limit) + 1]);
    let mut rows: Vec<(ThenRow, String, String, String)> = cx.all(statement).await?;
    let has_more = rows.len() > limit as usize;
    rows.truncate(limit as usize);
    let next = rows.last().filter(|_| has_more).map(|(row, ..)| row.licence_id.to_string());
    let mut sites = assignments(cx, &rows, at).await?;
    // Of today as it is now.
    let moment = at.min(cx.now.as_microsecond());
    let items = rows.into_iter().map(|(row, customer_name, product_name, unit)| {
        let is_trial = row.edition == Edition::Trial;
        let notice_days = row.expiry_notice_days;
        let dates = Dates { starts_at: row.starts_at, ends_at: row.ends_at, notice_days, is_trial };
        LicenceThen {
            assignments: sites.remove(row.licence_id.as_str()).unwrap_or_default(),
            state: word(dates.at(moment, true)),
            unit: unit.parse().unwrap_or(Unit::Device),
            starts_at: Time::from_micros(row.starts_at),
            ends_at: row.ends_at.map(Time::from_micros),
            licence_id: row.licence_id,
            customer_id: row.customer_id,
            customer_name,
            product_id: row.product_id,
            product_name,
            edition: row.edition,
            quantity: row.quantity,
        }
    });
    Ok(LicencesThen { day: Day::from_number(at.div_euclid(DAY_MICROS)), items: items.collect(), next })
}

/// What sites had of these licences. A site that is gone by now is named by its id alone.
async fn assignments(
    cx: &mut Cx,
    rows: &[(ThenRow, String, String, String)],
    at: i64,
) -> Result<HashMap<String, Vec<Assignment>>, Error> {
    let mut found: HashMap<String, Vec<Assignment>> = HashMap::new();
    if rows.is_empty() {
        return Ok(found);
    }
    let mut statement = sql![
        "select h.licence_id, h.place_id, h.quantity, coalesce(s.name, s.company_name) from licence_history h
         left join customers s on s.id = h.place_id where h.is_assignment = ",
        true,
        " and h.licence_id in ",
        listed(rows.iter().map(|(row, ..)| row.licence_id.as_str()))
    ];
    statement.append(so_at(at));
    statement.append(sql![" order by h.licence_id, h.place_id"]);
    let assigned: Vec<(String, String, i64, Option<String>)> = cx.all(statement).await?;
    for (licence, place, quantity, name) in assigned {
        found.entry(licence).or_default().push(Assignment {
            site_name: name.unwrap_or_else(|| place.clone()),
            site_id: CustomerId::from_text(place),
            quantity,
        });
    }
    Ok(found)
}
