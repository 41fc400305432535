//! The queries of invoices and of what they are made by.

use std::collections::HashMap;

use api::Error;
use api::id::{CustomerId, InvoiceId, InvoicePlanId};
use api::invoice::{InvoiceKind, InvoiceQuery, InvoiceSchedule, InvoiceState, PlanItem};
use base::authz::Account;
use base::cx::{Cx, Tx};
use db::{Assignments, Sql, Stored, Text, assign, columns, columns_of, insert, list, sql};
use tree::Path;

db::record! {
    /// A plan as it is stored, without what it charges.
    #[derive(Clone, Debug)]
    pub struct PlanRow {
        pub id: InvoicePlanId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub name: String [logged],
        pub currency: String [logged],
        pub is_default: bool [logged],
        pub revision: i64 [logged],
        pub schedule: InvoiceSchedule as Text [logged],
        pub issues_itself: bool [logged],
        pub payment_days: i64 [logged],
        pub created_at: i64,
    }
}

impl Stored for PlanRow {
    const TABLE: &'static str = "invoice_plans";

    fn derived(&self) -> Assignments {
        assign! { name_folded: base::text::fold(&self.name) }
    }
}

db::record! {
    /// Whose it is.
    #[derive(Clone, Debug)]
    pub struct Home {
        pub company_name: String,
        pub path: Path as Text,
    }
}

db::record! {
    /// What it charges now.
    #[derive(Clone, Debug)]
    pub struct Charges {
        pub items: String,
    }
}

impl Charges {
    /// What was written by a check can be read.
    pub(super) fn list(&self) -> Vec<PlanItem> {
        serde_json::from_str(&self.items).unwrap_or_default()
    }
}

pub(super) type WholePlan = (PlanRow, Home, Charges);

db::record! {
    /// What a customer has of its own.
    #[derive(Clone, Debug)]
    pub struct SettingsRow {
        pub customer_id: CustomerId as Text,
        pub plan_id: Option<InvoicePlanId> as Option<Text> [logged],
        pub invoiced: bool [logged],
        pub schedule: Option<InvoiceSchedule> as Option<Text> [logged],
        pub discount_rate: i64 [logged],
    }
}

impl Stored for SettingsRow {
    const TABLE: &'static str = "invoice_settings";
}

db::record! {
    /// An invoice as it is stored.
    #[derive(Clone, Debug)]
    pub struct InvoiceRow {
        pub id: InvoiceId as Text,
        pub version: i64,
        pub kind: InvoiceKind as Text [logged],
        pub state: InvoiceState as Text [logged],
        pub issuer_id: CustomerId as Text,
        pub issuer_name: String,
        pub customer_id: CustomerId as Text [logged],
        pub customer_name: String [logged],
        pub number: Option<i64> [logged],
        pub credits_id: Option<InvoiceId> as Option<Text>,
        pub plan_id: InvoicePlanId as Text,
        pub plan_name: String [logged],
        pub plan_revision: i64 [logged],
        pub currency: String [logged],
        pub from_day: i64,
        pub to_day: i64,
        pub discount_rate: i64,
        pub tax_rate: i64,
        pub tax_country: Option<String>,
        pub subtotal: i64,
        pub discount: i64,
        pub tax: i64,
        pub total: i64 [logged],
        pub lines: String,
        pub notes: String,
        pub days: String,
        pub payment_days: i64,
        pub issued_at: Option<i64>,
        pub due_day: Option<i64>,
        pub paid_at: Option<i64>,
        pub created_at: i64,
    }
}

impl Stored for InvoiceRow {
    const TABLE: &'static str = "invoices";
}

/// With where its issuer stands, as long as there is one.
pub(super) type PlacedInvoice = (InvoiceRow, IssuerPlace);

db::record! {
    #[derive(Clone, Debug)]
    pub struct IssuerPlace {
        pub path: Option<Path> as Option<Text>,
    }
}

/// That a plan `m` is the one by which the account's own customer is invoiced.
fn is_invoiced_by(account: &Account) -> Sql {
    sql![
        "exists (select 1 from customers c left join invoice_settings s on s.customer_id = c.id where c.id = ",
        account.path.id(),
        " and (s.plan_id = m.id or (s.plan_id is null and m.is_default and c.parent_id = m.customer_id)))"
    ]
}

/// Where rights on a plan are asked for: at its customer's, or at the own place of who is invoiced by it.
pub fn place_of_plan(account: &Account, id: &str) -> Sql {
    let (from, to) = account.path.range();
    sql![
        "select case when h.path >= ",
        from,
        " and h.path < ",
        to.as_str(),
        " then h.path else cast(",
        account.path.as_str(),
        " as text) end from invoice_plans m join customers h on h.id = m.customer_id where m.id = ",
        id,
        " and ((h.path >= ",
        from,
        " and h.path < ",
        to,
        ") or ",
        is_invoiced_by(account),
        ")"
    ]
}

fn whole() -> Sql {
    sql![
        "select ",
        columns_of::<PlanRow>("m"),
        ", ",
        columns_of::<Home>("h"),
        ", ",
        columns_of::<Charges>("r"),
        " from invoice_plans m join customers h on h.id = m.customer_id
         join invoice_plan_revisions r on r.plan_id = m.id and r.revision = m.revision where "
    ]
}

/// Any plan, wherever it stands; who may see or use it is for the caller to ask.
pub(super) async fn find_plan(cx: &mut Cx, id: &InvoicePlanId) -> Result<Option<WholePlan>, Error> {
    cx.opt(sql![whole(), "m.id = ", id.as_str()]).await
}

pub(super) async fn default_of(cx: &mut Cx, owner: &str) -> Result<Option<WholePlan>, Error> {
    cx.opt(sql![whole(), "m.is_default and m.customer_id = ", owner]).await
}

/// Whether the account's own customer is invoiced by a plan.
pub(super) async fn invoices_account(cx: &mut Cx, account: &Account, id: &InvoicePlanId) -> Result<bool, Error> {
    let found: Option<i64> = cx
        .opt(sql!["select 1 from invoice_plans m where m.id = ", id.as_str(), " and ", is_invoiced_by(account)])
        .await?;
    Ok(found.is_some())
}

/// Those at and below the account, and the one by which it is invoiced itself.
pub(super) async fn plans_seen(cx: &mut Cx, account: &Account, most: i64) -> Result<Vec<WholePlan>, Error> {
    let (from, to) = account.path.range();
    cx.all(sql![
        whole(),
        "(h.path >= ",
        from,
        " and h.path < ",
        to,
        ") or ",
        is_invoiced_by(account),
        " order by m.name_folded, m.id limit ",
        most
    ])
    .await
}

/// Ids of a customer's plans with their names, as they are compared.
pub(super) async fn plans_of(cx: &mut Cx, owner: &CustomerId) -> Result<Vec<(String, String)>, Error> {
    cx.all(sql!["select id, name_folded from invoice_plans where customer_id = ", owner.as_str()]).await
}

pub(super) async fn former(cx: &mut Cx, row: &PlanRow, most: i64) -> Result<Vec<(i64, i64, String)>, Error> {
    cx.all(sql![
        "select revision, since, items from invoice_plan_revisions where plan_id = ",
        row.id.as_str(),
        " and revision < ",
        row.revision,
        " order by revision desc limit ",
        most
    ])
    .await
}

/// How many were given each of these.
pub(super) async fn assigned(cx: &mut Cx, ids: &[String]) -> Result<HashMap<String, i64>, Error> {
    let rows: Vec<(String, i64)> = cx
        .all(sql![
            "select plan_id, count(*) from invoice_settings where plan_id in ",
            list(ids.iter().map(String::as_str)),
            " group by plan_id"
        ])
        .await?;
    Ok(rows.into_iter().collect())
}

pub(super) async fn insert_charges(tx: &mut Tx, row: &PlanRow, items: &str) -> Result<(), Error> {
    tx.exec(insert! { "invoice_plan_revisions",
        plan_id: row.id.as_str(),
        revision: row.revision,
        items: items,
        since: tx.now.as_microsecond(),
    })
    .await
    .map(drop)
}

/// No plan of the owner is the default any more.
pub(super) async fn clear_default(tx: &mut Tx, owner: &CustomerId) -> Result<(), Error> {
    tx.exec(sql![
        "update invoice_plans set is_default = false, version = version + 1 where is_default and customer_id = ",
        owner.as_str()
    ])
    .await
    .map(drop)
}

/// Whoever was given a plan has another one from now on.
pub(super) async fn hand_over(tx: &mut Tx, from: &InvoicePlanId, to: &InvoicePlanId) -> Result<u64, Error> {
    tx.exec(sql!["update invoice_settings set plan_id = ", to.as_str(), " where plan_id = ", from.as_str()]).await
}

pub(super) async fn delete_plan(tx: &mut Tx, id: &str) -> Result<(), Error> {
    tx.exec(sql!["delete from invoice_plan_revisions where plan_id = ", id]).await?;
    tx.exec(sql!["delete from invoice_plans where id = ", id]).await.map(drop)
}

pub(super) async fn settings(cx: &mut Cx, customer: &CustomerId) -> Result<Option<SettingsRow>, Error> {
    cx.opt(sql!["select ", columns::<SettingsRow>(), " from invoice_settings where customer_id = ", customer.as_str()])
        .await
}

pub(super) async fn forget_settings(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    tx.exec(sql!["delete from invoice_settings where customer_id = ", customer.as_str()]).await.map(drop)
}

/// Those at and below a place whose plan belongs to nobody on their path any more are invoiced by the default one.
pub(super) async fn part(tx: &mut Tx, place: &Path) -> Result<(), Error> {
    let (from, to) = place.range();
    tx.exec(sql![
        "update invoice_settings set plan_id = null where customer_id in (select id from customers where path >= ",
        from,
        " and path < ",
        to.as_str(),
        ") and plan_id in (select m.id from invoice_plans m where m.customer_id not in ",
        list(place.ids()),
        " and m.customer_id not in (select id from customers where path >= ",
        from,
        " and path < ",
        to,
        "))"
    ])
    .await
    .map(drop)
}

pub(super) async fn tax_rates(cx: &mut Cx) -> Result<Vec<(String, i64)>, Error> {
    cx.all(sql!["select country, rate from tax_rates order by country"]).await
}

pub(super) async fn tax_rate_of(cx: &mut Cx, country: &str) -> Result<Option<i64>, Error> {
    cx.opt(sql!["select rate from tax_rates where country = ", country]).await
}

pub(super) async fn replace_tax_rates(tx: &mut Tx, rates: &[(String, i64)]) -> Result<(), Error> {
    tx.exec(sql!["delete from tax_rates"]).await?;
    for (country, rate) in rates {
        tx.exec(insert! { "tax_rates", country: country.as_str(), rate: *rate }).await?;
    }
    Ok(())
}

/// Where rights on an invoice are asked for: at its issuer's, or at the own place of whom it is for, once it is issued.
pub fn place(account: &Account, id: &str) -> Sql {
    let (from, to) = account.path.range();
    sql![
        "select case when h.path >= ",
        from,
        " and h.path < ",
        to.as_str(),
        " then h.path else cast(",
        account.path.as_str(),
        " as text) end from invoices i left join customers h on h.id = i.issuer_id where i.id = ",
        id,
        " and ",
        seen(account)
    ]
}

/// That the account may see an invoice `i` of an issuer `h`.
pub(super) fn seen(account: &Account) -> Sql {
    let (from, to) = account.path.range();
    sql![
        "((h.path >= ",
        from,
        " and h.path < ",
        to,
        ") or (i.customer_id = ",
        account.path.id(),
        " and i.state <> 'draft'))"
    ]
}

fn placed() -> Sql {
    sql![
        "select ",
        columns_of::<InvoiceRow>("i"),
        ", ",
        columns_of::<IssuerPlace>("h"),
        " from invoices i left join customers h on h.id = i.issuer_id where "
    ]
}

/// An invoice that the account sees.
pub(super) async fn find(cx: &mut Cx, account: &Account, id: &InvoiceId) -> Result<Option<PlacedInvoice>, Error> {
    cx.opt(sql![placed(), "i.id = ", id.as_str(), " and ", seen(account)]).await
}

/// Those that the account sees, the newest first.
pub(super) async fn page(
    cx: &mut Cx,
    account: &Account,
    query: &InvoiceQuery,
    most: i64,
) -> Result<Vec<PlacedInvoice>, Error> {
    let mut wanted = sql![placed(), seen(account)];
    if let Some(customer) = &query.customer_id {
        wanted.push(" and i.customer_id = ").append(sql![customer.as_str()]);
    }
    if let Some(state) = query.state {
        wanted.push(" and i.state = ").append(sql![state.as_ref()]);
    }
    if let Some(after) = &query.after {
        wanted.push(" and i.id < ").append(sql![after.as_str()]);
    }
    wanted.append(sql![" order by i.id desc limit ", most]);
    cx.all(wanted).await
}

/// An invoice of the issuer that a period of a customer touches and that stands.
pub(super) async fn touching(
    cx: &mut Cx,
    customer: &CustomerId,
    issuer: &CustomerId,
    (from, to): (i64, i64),
) -> Result<Vec<InvoiceRow>, Error> {
    cx.all(sql![
        "select ",
        columns::<InvoiceRow>(),
        " from invoices where kind = 'invoice' and state <> 'credited' and customer_id = ",
        customer.as_str(),
        " and issuer_id = ",
        issuer.as_str(),
        " and from_day <= ",
        to,
        " and to_day >= ",
        from,
        " order by from_day limit 2"
    ])
    .await
}

/// The next number of an issuer. Commands take turns, and one that doesn't commit has taken none.
pub(super) async fn next_number(tx: &mut Tx, issuer: &CustomerId) -> Result<i64, Error> {
    let counted = tx
        .exec(sql!["update invoice_numbers set last_number = last_number + 1 where issuer_id = ", issuer.as_str()])
        .await?;
    if counted == 0 {
        tx.exec(insert! { "invoice_numbers", issuer_id: issuer.as_str(), last_number: 1 }).await?;
    }
    tx.one(sql!["select last_number from invoice_numbers where issuer_id = ", issuer.as_str()]).await
}

pub(super) async fn delete(tx: &mut Tx, id: &InvoiceId) -> Result<(), Error> {
    tx.exec(sql!["delete from invoices where id = ", id.as_str()]).await.map(drop)
}

/// Issued ones that should have been paid before this day.
pub(super) async fn late(cx: &mut Cx, today: i64, most: i64) -> Result<Vec<PlacedInvoice>, Error> {
    cx.all(sql![placed(), "i.state = 'issued' and i.due_day < ", today, " order by i.due_day limit ", most]).await
}

pub(super) async fn is_any_plan(cx: &mut Cx) -> Result<bool, Error> {
    let found: Option<i64> = cx.opt(sql!["select 1 from invoice_plans limit 1"]).await?;
    Ok(found.is_some())
}

/// Customers that a plan holds for and that have to be looked at on this day, with from which day on they are to be invoiced.
pub(super) async fn to_look_at(cx: &mut Cx, today: i64, most: i64) -> Result<Vec<(String, Option<i64>)>, Error> {
    cx.all(sql![
        "select c.id, r.next_from from customers c left join invoice_runs r on r.customer_id = c.id
         where (r.look_day is null or r.look_day <= ",
        today,
        ") and (exists (select 1 from invoice_plans m where m.customer_id = c.parent_id and m.is_default)
         or exists (select 1 from invoice_settings s where s.customer_id = c.id and s.plan_id is not null))
         order by c.id limit ",
        most
    ])
    .await
}

pub(super) async fn look_again(tx: &mut Tx, customer: &CustomerId, next_from: i64, look_day: i64) -> Result<(), Error> {
    tx.exec(sql!["delete from invoice_runs where customer_id = ", customer.as_str()]).await?;
    tx.exec(insert! { "invoice_runs", customer_id: customer.as_str(), next_from: next_from, look_day: look_day })
        .await
        .map(drop)
}

/// Whom a plan may hold for is looked at anew.
pub(super) async fn look_at_all_of(tx: &mut Tx, plan: &PlanRow) -> Result<(), Error> {
    tx.exec(sql![
        "update invoice_runs set look_day = 0 where customer_id in (select id from customers where parent_id = ",
        plan.customer_id.as_str(),
        ") or customer_id in (select customer_id from invoice_settings where plan_id = ",
        plan.id.as_str(),
        ")"
    ])
    .await
    .map(drop)
}

pub(super) async fn look_at(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    tx.exec(sql!["update invoice_runs set look_day = 0 where customer_id = ", customer.as_str()]).await.map(drop)
}

/// A customer goes: what was issued stays.
pub(super) async fn forget(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    let id = customer.as_str();
    tx.exec(sql!["delete from invoice_runs where customer_id = ", id]).await?;
    tx.exec(sql!["delete from invoice_settings where customer_id = ", id]).await?;
    tx.exec(sql!["delete from invoices where state = 'draft' and (customer_id = ", id, " or issuer_id = ", id, ")"])
        .await?;
    for (plan, _) in plans_of(tx, customer).await? {
        delete_plan(tx, &plan).await?;
    }
    Ok(())
}
