//! The queries of licence pools.

use std::collections::HashMap;

use api::Error;
use api::id::{CustomerId, ProductId};
use base::cx::{Cx, Tx};
use db::{list, sql};
use tree::Budget;
use tree::licences::Stretch;

db::record! {
    /// A pool as it is stored.
    #[derive(Clone, Copy, Debug, Default)]
    pub(super) struct PoolRow {
        pub version: i64,
        pub quantity: Option<i64>,
        pub used: i64,
        pub handed: i64,
        pub drawn: i64,
    }
}

impl PoolRow {
    pub(super) fn budget(self) -> Budget {
        let Self { quantity: allotted, used, handed, drawn, .. } = self;
        Budget { allotted, overcommit_percent: 100, used, handed, drawn }
    }
}

/// What changes in a pool's sums.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Change {
    pub(super) used: i64,
    pub(super) handed: i64,
    pub(super) drawn: i64,
}

/// The pools of one product at these nodes.
pub(super) async fn at(cx: &mut Cx, ids: &[&str], product: &ProductId) -> Result<HashMap<String, PoolRow>, Error> {
    let rows: Vec<(String, PoolRow)> = cx
        .all(sql![
            "select customer_id, ",
            db::columns::<PoolRow>(),
            " from licence_pools where product_id = ",
            product.as_str(),
            " and customer_id in ",
            list(ids.iter().copied())
        ])
        .await?;
    Ok(rows.into_iter().collect())
}

/// The pools of all products at these nodes: node, product, pool.
pub(super) async fn all_at(cx: &mut Cx, ids: &[&str]) -> Result<Vec<(String, String, PoolRow)>, Error> {
    cx.all(sql![
        "select customer_id, product_id, ",
        db::columns::<PoolRow>(),
        " from licence_pools where customer_id in ",
        list(ids.iter().copied())
    ])
    .await
}

/// Adds to a node's sums.
pub(super) async fn add(tx: &mut Tx, id: &str, product: &ProductId, change: Change) -> Result<(), Error> {
    let Change { used, handed, drawn } = change;
    tx.exec(sql![
        "insert into licence_pools (customer_id, product_id, version, quantity, used, handed, drawn) values (",
        id,
        ", ",
        product.as_str(),
        ", 1, null, ",
        used,
        ", ",
        handed,
        ", ",
        drawn,
        ") on conflict (customer_id, product_id) do update set used = licence_pools.used + excluded.used,
         handed = licence_pools.handed + excluded.handed, drawn = licence_pools.drawn + excluded.drawn"
    ])
    .await?;
    remember(tx, id, product).await
}

/// Gives a node another number, or none.
pub(super) async fn set(tx: &mut Tx, id: &str, product: &ProductId, quantity: Option<i64>) -> Result<(), Error> {
    tx.exec(sql![
        "insert into licence_pools (customer_id, product_id, version, quantity, used, handed, drawn) values (",
        id,
        ", ",
        product.as_str(),
        ", 2, ",
        quantity,
        ", 0, 0, 0) on conflict (customer_id, product_id) do update set version = licence_pools.version + 1,
         quantity = excluded.quantity"
    ])
    .await?;
    remember(tx, id, product).await
}

/// Those right below a customer that take most of a product: what they are called, their number, what they take else.
pub(super) async fn largest_below(
    cx: &mut Cx,
    id: &CustomerId,
    product: &ProductId,
) -> Result<Vec<(String, Option<i64>, i64)>, Error> {
    cx.all(sql![
        "select c.company_name, p.quantity, p.handed + p.drawn from customers c
         join licence_pools p on p.customer_id = c.id and p.product_id = ",
        product.as_str(),
        " where c.parent_id = ",
        id.as_str(),
        " and coalesce(p.quantity, p.handed + p.drawn) > 0
         order by coalesce(p.quantity, p.handed + p.drawn) desc, c.id limit 3"
    ])
    .await
}

/// Since now a pool is as it is stored.
async fn remember(tx: &mut Tx, id: &str, product: &ProductId) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    let this = || sql![" where customer_id = ", id, " and product_id = ", product.as_str()];
    // What changes twice in a moment was never anything between.
    tx.exec(sql!["delete from licence_pool_history", this(), " and since >= ", now]).await?;
    tx.exec(sql!["update licence_pool_history set until = ", now, this(), " and until is null"]).await?;
    tx.exec(sql![
        "insert into licence_pool_history (customer_id, product_id, quantity, used, handed, drawn, since, until)
         select customer_id, product_id, quantity, used, handed, drawn, cast(",
        now,
        " as bigint), null from licence_pools",
        this()
    ])
    .await?;
    Ok(())
}

/// The pools of a customer at a moment: product, pool.
pub(super) async fn then(cx: &mut Cx, id: &CustomerId, at: i64) -> Result<Vec<(String, PoolRow)>, Error> {
    let rows: Vec<(String, Option<i64>, i64, i64, i64)> = cx
        .all(sql![
            "select product_id, quantity, used, handed, drawn from licence_pool_history where customer_id = ",
            id.as_str(),
            " and since <= ",
            at,
            " and (until is null or until > ",
            at,
            ")"
        ])
        .await?;
    let row =
        |(product, quantity, used, handed, drawn)| (product, PoolRow { version: 1, quantity, used, handed, drawn });
    Ok(rows.into_iter().map(row).collect())
}

db::record! {
    /// For how long a pool was so.
    #[derive(Clone, Copy, Debug)]
    pub(super) struct StretchRow {
        pub since: i64,
        pub until: Option<i64>,
        pub quantity: Option<i64>,
        pub used: i64,
    }
}

impl StretchRow {
    pub(super) fn with(&self, value: i64) -> Stretch {
        Stretch { since: self.since, until: self.until, value }
    }
}

/// How a customer's pools were between two moments, by product.
pub(super) async fn stretches(
    cx: &mut Cx,
    id: &CustomerId,
    (from, to): (i64, i64),
) -> Result<Vec<(String, StretchRow)>, Error> {
    cx.all(sql![
        "select product_id, ",
        db::columns::<StretchRow>(),
        " from licence_pool_history where customer_id = ",
        id.as_str(),
        " and since < ",
        to,
        " and (until is null or until > ",
        from,
        ") order by product_id, since"
    ])
    .await
}

pub(super) async fn delete_of(tx: &mut Tx, id: &CustomerId) -> Result<u64, Error> {
    tx.exec(sql!["delete from licence_pool_history where customer_id = ", id.as_str()]).await?;
    tx.exec(sql!["delete from licence_pools where customer_id = ", id.as_str()]).await
}
