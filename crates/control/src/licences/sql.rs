//! The queries of licences.

use api::Error;
use api::device::{DeviceKind, DeviceStatus};
use api::id::{CustomerId, LicenceId, PlanId, ProductId};
use api::product::{Edition, Unit};
use base::cx::{Cx, Tx};

use super::history;
use db::{Assignments, Raw, Sql, Stored, Text, columns_of, sql};
use tree::Path;
use tree::licences::{DAY_MICROS, GRACE_DAYS};

db::record! {
    /// A licence as it is stored.
    #[derive(Clone, Debug)]
    pub struct LicenceRow {
        pub id: LicenceId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub path: Path as Text,
        pub product_id: ProductId as Text [logged],
        pub plan_id: Option<PlanId> as Option<Text> [logged],
        pub plan_revision: Option<i64> [logged],
        pub edition: Edition as Text [logged],
        pub quantity: i64 [logged],
        pub assigned: i64,
        pub starts_at: i64,
        pub anchor_at: i64,
        pub terms: i64,
        pub term_months: Option<i64>,
        pub term_days: Option<i64>,
        pub ends_at: Option<i64>,
        pub auto_renew: bool [logged],
        pub expiry_notice_days: i64 [logged],
        pub created_at: i64,
    }
}

impl Stored for LicenceRow {
    const TABLE: &'static str = "licences";
}

db::record! {
    /// What a list shows of a licence's product.
    #[derive(Clone, Debug)]
    pub struct ProductOfLicence {
        pub name: String,
        pub unit: Unit as Text,
    }
}

db::record! {
    /// What a list shows of whoever holds a licence.
    #[derive(Clone, Debug)]
    pub struct HolderOfLicence {
        pub company_name: String,
        pub stopped: i64,
    }
}

pub(super) type WholeLicence = (LicenceRow, ProductOfLicence, HolderOfLicence, Option<String>);

const JOINED: &str = " from licences l join products p on p.id = l.product_id join customers c on c.id = l.customer_id
     left join plans n on n.id = l.plan_id where ";

fn whole() -> Sql {
    sql![
        "select ",
        columns_of::<LicenceRow>("l"),
        ", ",
        columns_of::<ProductOfLicence>("p"),
        ", ",
        columns_of::<HolderOfLicence>("c"),
        ", n.name",
        Raw(JOINED)
    ]
}

/// Where the licence with this id stands.
pub fn place(id: &str) -> Sql {
    sql!["select path from licences where id = ", id]
}

/// Any licence, wherever it stands. Callers get theirs by `licences::fetch`.
pub(super) async fn find_anywhere(cx: &mut Cx, id: &LicenceId) -> Result<Option<WholeLicence>, Error> {
    cx.opt(sql![whole(), "l.id = ", id.as_str()]).await
}

/// The licences with these ids, in no order.
pub(super) async fn with_these_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<WholeLicence>, Error> {
    cx.all(sql![whole(), "l.id in ", db::list(ids.iter().map(String::as_str))]).await
}

/// What is assigned of a licence: site, its names, how much.
pub(super) async fn assignments(
    cx: &mut Cx,
    id: &LicenceId,
) -> Result<Vec<(String, Option<String>, String, i64)>, Error> {
    cx.all(sql![
        "select a.site_id, s.name, s.company_name, a.quantity from licence_assignments a
         join customers s on s.id = a.site_id where a.licence_id = ",
        id.as_str(),
        " order by s.company_folded, s.path"
    ])
    .await
}

/// Units that are assigned to sites at a place and below it.
pub(crate) async fn assigned_below(cx: &mut Cx, path: &Path) -> Result<i64, Error> {
    let (from, to) = path.range();
    cx.one(sql![
        "select cast(coalesce(sum(a.quantity), 0) as bigint) from licence_assignments a join customers s on s.id = a.site_id
         where s.path >= ",
        from,
        " and s.path < ",
        to
    ])
    .await
}

pub(super) async fn assigned_to(cx: &mut Cx, id: &LicenceId, site: &CustomerId) -> Result<i64, Error> {
    let quantity: Option<i64> = cx
        .opt(sql![
            "select quantity from licence_assignments where licence_id = ",
            id.as_str(),
            " and site_id = ",
            site.as_str()
        ])
        .await?;
    Ok(quantity.unwrap_or_default())
}

/// Says what a site has of a licence; nothing takes the row away.
pub(super) async fn assign(tx: &mut Tx, id: &LicenceId, site: &CustomerId, quantity: i64) -> Result<(), Error> {
    tx.exec(sql!["delete from licence_assignments where licence_id = ", id.as_str(), " and site_id = ", site.as_str()])
        .await?;
    if quantity > 0 {
        tx.exec(db::insert! { "licence_assignments", licence_id: id, site_id: site, quantity: quantity }).await?;
    }
    history::assigned(tx, id, site, quantity).await
}

pub(super) async fn insert(tx: &mut Tx, row: &LicenceRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await?;
    history::held(tx, row).await
}

pub(super) async fn update(tx: &mut Tx, before: &LicenceRow, after: &LicenceRow) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await?;
    let told = |row: &LicenceRow| (row.quantity, row.starts_at, row.ends_at, row.expiry_notice_days);
    if told(before) != told(after) {
        history::held(tx, after).await?;
    }
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, row: &LicenceRow) -> Result<(), Error> {
    history::ended(tx, &row.id).await?;
    tx.exec(sql!["delete from licence_assignments where licence_id = ", row.id.as_str()]).await?;
    let gone =
        tx.exec(sql!["delete from licences where id = ", row.id.as_str(), " and version = ", row.version]).await?;
    if gone == 1 { Ok(()) } else { Err(base::version::stale()) }
}

/// What a site has of each licence.
pub(super) async fn of_site(cx: &mut Cx, site: &CustomerId) -> Result<Vec<(String, i64)>, Error> {
    cx.all(sql!["select licence_id, quantity from licence_assignments where site_id = ", site.as_str()]).await
}

/// The licences that a customer holds itself.
pub(super) async fn of_customer(cx: &mut Cx, customer: &CustomerId) -> Result<Vec<WholeLicence>, Error> {
    cx.all(sql![whole(), "l.customer_id = ", customer.as_str(), " order by l.id"]).await
}

/// How many licences are held at and below a place that have not run out.
pub(super) async fn count_below(cx: &mut Cx, path: &Path, holding_after: i64) -> Result<i64, Error> {
    let (from, to) = path.range();
    cx.one(sql![
        "select count(*) from licences l where l.path >= ",
        from,
        " and l.path < ",
        to,
        " and (l.ends_at is null or l.ends_at > ",
        holding_after,
        ")"
    ])
    .await
}

/// Some of those that begin anew by themselves and whose end is past.
pub(super) async fn renewing(cx: &mut Cx, now: i64, limit: i64) -> Result<Vec<WholeLicence>, Error> {
    cx.all(sql![
        whole(),
        "l.auto_renew and l.ends_at is not null and l.ends_at <= ",
        now,
        " and c.deletes_at is null order by l.ends_at, l.id limit ",
        limit
    ])
    .await
}

/// Where some of a licence stands.
pub(super) async fn sites_of(cx: &mut Cx, id: &LicenceId) -> Result<Vec<CustomerId>, Error> {
    let sites: Vec<String> = cx
        .all(sql!["select site_id from licence_assignments where licence_id = ", id.as_str(), " order by site_id"])
        .await?;
    Ok(sites.into_iter().map(CustomerId::from_text).collect())
}

/// Where some of a licence that began or ended between two moments stands, and where machines wait for one.
pub(super) async fn sites_to_supply(
    cx: &mut Cx,
    (since, now): (i64, i64),
    after: &str,
    limit: i64,
) -> Result<Vec<CustomerId>, Error> {
    let grace = GRACE_DAYS * DAY_MICROS;
    // When what a machine has doesn't hold any more, as `Dates::holds_until` tells it.
    let until = |licence: &'static str| {
        sql![
            Raw(licence),
            ".ends_at + case when ",
            Raw(licence),
            ".edition = ",
            Edition::Trial.as_ref(),
            " then 0 else ",
            grace,
            " end"
        ]
    };
    let sites: Vec<String> = cx
        .all(sql![
            "select distinct a.site_id from licences l join licence_assignments a on a.licence_id = l.id
             where ((l.starts_at > ",
            since,
            " and l.starts_at <= ",
            now,
            ") or (l.ends_at > ",
            since.saturating_sub(grace),
            " and l.ends_at <= ",
            now,
            ")) and a.site_id > ",
            after,
            " and exists (select 1 from devices d left join device_licences x on x.device_id = d.id
             left join licences h on h.id = x.licence_id where d.customer_id = a.site_id and d.status = ",
            DeviceStatus::Authorised.as_ref(),
            " and d.kind <> ",
            DeviceKind::DirectToCloud.as_ref(),
            " and (x.device_id is null or ",
            until("h"),
            " <= ",
            now,
            ")) order by a.site_id limit ",
            limit
        ])
        .await?;
    Ok(sites.into_iter().map(CustomerId::from_text).collect())
}

/// The devices that use some of a licence.
pub(crate) async fn users_of(cx: &mut Cx, licence: &str) -> Result<Vec<String>, Error> {
    cx.all(sql!["select device_id from device_licences where licence_id = ", licence]).await
}
