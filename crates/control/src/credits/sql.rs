//! The queries of credits. Entries are only ever added.

use std::collections::HashMap;

use api::Error;
use api::credit::CreditEntryKind;
use api::id::{CreditEntryId, CustomerId, DeviceId, ProductId};
use base::cx::{Cx, Tx};
use db::{Stored, Text, columns, list, sql};
use tree::Path;
use tree::credits::Held;

db::record! {
    /// An entry as it is stored.
    #[derive(Clone, Debug)]
    pub(super) struct EntryRow {
        pub customer_id: CustomerId as Text,
        pub product_id: ProductId as Text,
        pub number: i64,
        pub id: CreditEntryId as Text,
        pub kind: CreditEntryKind as Text,
        pub month: i64,
        pub units: i64,
        pub balance: i64,
        pub device_id: Option<DeviceId> as Option<Text>,
        pub other_id: Option<CustomerId> as Option<Text>,
        pub about: Option<String>,
        pub pair_id: Option<CreditEntryId> as Option<Text>,
        pub counters_id: Option<CreditEntryId> as Option<Text>,
        pub note: Option<String>,
        pub at: i64,
    }
}

impl Stored for EntryRow {
    const TABLE: &'static str = "credit_entries";
}

db::record! {
    /// The last entry of an account.
    #[derive(Clone, Debug)]
    pub(crate) struct AccountRow {
        pub customer_id: CustomerId as Text,
        pub product_id: ProductId as Text,
        pub last_number: i64,
        pub added_number: i64,
        pub balance: i64,
    }
}

impl AccountRow {
    pub(super) fn held(&self) -> Held {
        Held { number: self.last_number, balance: self.balance }
    }
}

/// The accounts of these customers.
pub(super) async fn accounts_at(cx: &mut Cx, ids: &[&str]) -> Result<Vec<AccountRow>, Error> {
    cx.all(sql![
        "select ",
        columns::<AccountRow>(),
        " from credit_accounts where customer_id in ",
        list(ids.iter().copied()),
        " order by product_id"
    ])
    .await
}

/// All accounts that hold something.
pub(super) async fn accounts_with_some(cx: &mut Cx) -> Result<Vec<(AccountRow, String)>, Error> {
    cx.all(sql![
        "select ",
        db::columns_of::<AccountRow>("a"),
        ", c.path from credit_accounts a join customers c on c.id = a.customer_id where a.balance > 0
         order by a.customer_id, a.product_id"
    ])
    .await
}

pub(super) async fn account(
    cx: &mut Cx,
    customer: &CustomerId,
    product: &ProductId,
) -> Result<Option<AccountRow>, Error> {
    cx.opt(sql![
        "select ",
        columns::<AccountRow>(),
        " from credit_accounts where customer_id = ",
        customer.as_str(),
        " and product_id = ",
        product.as_str()
    ])
    .await
}

/// Writes an entry, and what the account holds with it.
pub(super) async fn write(tx: &mut Tx, row: &EntryRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await?;
    let added = if row.units > 0 { row.number } else { 0 };
    tx.exec(sql![
        "insert into credit_accounts (customer_id, product_id, last_number, added_number, balance) values (",
        row.customer_id.as_str(),
        ", ",
        row.product_id.as_str(),
        ", ",
        row.number,
        ", ",
        added,
        ", ",
        row.balance,
        ") on conflict (customer_id, product_id) do update set last_number = excluded.last_number,
         balance = excluded.balance, added_number = case when excluded.added_number > 0 then excluded.added_number
         else credit_accounts.added_number end"
    ])
    .await?;
    Ok(())
}

pub(super) async fn find(cx: &mut Cx, id: &CreditEntryId) -> Result<Option<EntryRow>, Error> {
    cx.opt(sql!["select ", columns::<EntryRow>(), " from credit_entries where id = ", id.as_str()]).await
}

/// Whether something takes this entry back.
pub(super) async fn is_countered(cx: &mut Cx, id: &CreditEntryId) -> Result<bool, Error> {
    let found: Option<String> = cx.opt(sql!["select id from credit_entries where counters_id = ", id.as_str()]).await?;
    Ok(found.is_some())
}

/// Entries of a customer's accounts, the newest first, each with the one that takes it back. `between`: from and until.
pub(super) async fn entries(
    cx: &mut Cx,
    customer: &CustomerId,
    (product, between): (Option<&str>, Option<(i64, i64)>),
    after: Option<&Cursor>,
    limit: i64,
) -> Result<Vec<(EntryRow, Option<String>)>, Error> {
    let mut query = sql![
        "select ",
        db::columns_of::<EntryRow>("e"),
        ", x.id from credit_entries e left join credit_entries x on x.counters_id = e.id where e.customer_id = ",
        customer.as_str()
    ];
    if let Some(product) = product {
        query.append(sql![" and e.product_id = ", product]);
    }
    if let Some((from, until)) = between {
        query.append(sql![" and e.at >= ", from, " and e.at < ", until]);
    }
    if let Some(Cursor { at, number, product }) = after {
        query.append(sql![" and (e.at, e.number, e.product_id) < (", *at, ", ", *number, ", ", product.as_str(), ")"]);
    }
    query.append(sql![" order by e.at desc, e.number desc, e.product_id desc limit ", limit]);
    cx.all(query).await
}

/// The last entry of a page.
#[derive(Debug)]
pub(super) struct Cursor {
    pub(super) at: i64,
    pub(super) number: i64,
    pub(super) product: String,
}

/// What came and went since a month: month, kind, units.
pub(super) async fn sums_since(
    cx: &mut Cx,
    account: &AccountRow,
    month: i64,
) -> Result<Vec<(i64, String, i64)>, Error> {
    cx.all(sql![
        "select month, kind, cast(sum(units) as bigint) from credit_entries where customer_id = ",
        account.customer_id.as_str(),
        " and product_id = ",
        account.product_id.as_str(),
        " and month >= ",
        month,
        " group by month, kind"
    ])
    .await
}

/// What machines have taken of an account for a month.
pub(super) async fn used_of(cx: &mut Cx, account: &AccountRow, month: i64) -> Result<i64, Error> {
    cx.one(sql![
        "select cast(coalesce(sum(units), 0) as bigint) from device_credits where customer_id = ",
        account.customer_id.as_str(),
        " and product_id = ",
        account.product_id.as_str(),
        " and month = ",
        month
    ])
    .await
}

/// What machines at a place and below it have taken for a month, by product.
pub(super) async fn used_below(cx: &mut Cx, path: &Path, month: i64) -> Result<HashMap<String, i64>, Error> {
    let (from, to) = path.range();
    let rows: Vec<(String, i64)> = cx
        .all(sql![
            "select w.product_id, cast(sum(w.units) as bigint) from device_credits w join devices d on d.id = w.device_id
             where w.month = ",
            month,
            " and d.path >= ",
            from,
            " and d.path < ",
            to,
            " group by w.product_id"
        ])
        .await?;
    Ok(rows.into_iter().collect())
}

/// Says for which month a machine has taken units.
pub(super) async fn take(tx: &mut Tx, device: &DeviceId, entry: &EntryRow, until: i64) -> Result<(), Error> {
    tx.exec(sql!["delete from device_credits where device_id = ", device.as_str()]).await?;
    tx.exec(db::insert! { "device_credits",
        device_id: device,
        customer_id: &entry.customer_id,
        product_id: &entry.product_id,
        units: -entry.units,
        month: entry.month,
        until: until,
    })
    .await?;
    Ok(())
}

/// Where machines below a place have taken none for a month yet and have no licence that holds: homes in their order.
pub(super) async fn homes_below(
    cx: &mut Cx,
    path: &Path,
    (month, now): (i64, i64),
    after: &str,
    limit: i64,
) -> Result<Vec<CustomerId>, Error> {
    let (from, to) = path.range();
    homes(
        cx,
        sql![
            " from devices d left join device_credits w on w.device_id = d.id where d.path >= ",
            from,
            " and d.path < ",
            to,
            " and (w.device_id is null or w.month < ",
            month,
            ")"
        ],
        now,
        after,
        limit,
    )
    .await
}

/// Where machines have taken some for a former month and none for this one: they were suspended, or nothing was left.
pub(super) async fn homes_behind(
    cx: &mut Cx,
    (month, now): (i64, i64),
    after: &str,
    limit: i64,
) -> Result<Vec<CustomerId>, Error> {
    let from = sql![
        " from device_credits w join devices d on d.id = w.device_id where w.month < ",
        month,
        " and exists (select 1 from credit_accounts a where a.customer_id = w.customer_id and a.product_id = w.product_id
         and a.balance >= w.units)"
    ];
    homes(cx, from, now, after, limit).await
}

async fn homes(cx: &mut Cx, from: db::Sql, now: i64, after: &str, limit: i64) -> Result<Vec<CustomerId>, Error> {
    let rows: Vec<String> = cx
        .all(sql![
            "select distinct d.customer_id",
            from,
            crate::licences::supply::without_licence(now),
            " and d.customer_id > ",
            after,
            " order by d.customer_id limit ",
            limit
        ])
        .await?;
    Ok(rows.into_iter().map(CustomerId::from_text).collect())
}

/// Where these customers stand that are still there; as many as entries of an answer.
pub(super) async fn places(cx: &mut Cx, ids: &[&str]) -> Result<HashMap<String, Path>, Error> {
    let mut places = HashMap::with_capacity(ids.len());
    for some in ids.chunks(db::AT_ONCE) {
        let found: Vec<(String, String)> =
            cx.all(sql!["select id, path from customers where id in ", list(some.iter().copied())]).await?;
        places.extend(found.into_iter().map(|(id, path)| (id, Path::from_stored(path))));
    }
    Ok(places)
}

pub(super) async fn delete_of(tx: &mut Tx, customer: &CustomerId) -> Result<(), Error> {
    tx.exec(sql!["delete from credit_entries where customer_id = ", customer.as_str()]).await?;
    tx.exec(sql!["delete from credit_accounts where customer_id = ", customer.as_str()]).await?;
    Ok(())
}
