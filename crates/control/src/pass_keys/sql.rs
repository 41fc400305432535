//! The queries of pass keys.

use api::Error;
use api::id::{CustomerId, PassKeyId};
use db::{Raw, Sql, Stored, Text, columns, columns_of, sql};
use tree::Path;

use base::cx::{Cx, Tx};
use base::list::{Key, Window};

db::record! {
    /// A pass key as it is stored: of the secret there is only the hash.
    #[derive(Clone, Debug)]
    pub struct PassKeyRow {
        pub id: PassKeyId as Text,
        pub customer_id: CustomerId as Text,
        pub site_id: Option<CustomerId> as Option<Text>,
        pub prefix: String,
        pub secret_hash: String,
        pub uses: i64,
        pub max_uses: Option<i64>,
        pub expires_at: Option<i64>,
        pub revoked_at: Option<i64>,
        pub created_at: i64,
    }
}

impl Stored for PassKeyRow {
    const TABLE: &'static str = "pass_keys";
}

pub async fn find_by_secret(cx: &mut Cx, secret_hash: &str) -> Result<Option<PassKeyRow>, Error> {
    cx.opt(sql!["select ", columns::<PassKeyRow>(), " from pass_keys where secret_hash = ", secret_hash]).await
}

const JOINED: &str = " from pass_keys k join customers c on c.id = coalesce(k.site_id, k.customer_id) where k.id = ";

/// Where the pass key with this id stands: at its site, if it is for one.
pub fn place(id: &str) -> Sql {
    sql!["select c.path", Raw(JOINED), id]
}

db::record! {
    /// Where a pass key stands.
    #[derive(Clone, Debug)]
    pub struct PlaceOfPassKey {
        pub path: Path as Text,
    }
}

db::record! {
    /// Whose a pass key is.
    #[derive(Clone, Debug)]
    pub struct OwnerOfPassKey {
        pub company_name: String,
    }
}

pub(super) type WholePassKey = (PassKeyRow, PlaceOfPassKey, OwnerOfPassKey);

/// The pass keys with these ids, in no order.
pub(super) async fn with_these_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<WholePassKey>, Error> {
    cx.all(sql![
        "select ",
        columns_of::<PassKeyRow>("k"),
        ", ",
        columns_of::<PlaceOfPassKey>("c"),
        ", ",
        columns_of::<OwnerOfPassKey>("e"),
        " from pass_keys k join customers c on c.id = coalesce(k.site_id, k.customer_id)
         join customers e on e.id = k.customer_id where k.id in ",
        db::list(ids.iter().map(String::as_str))
    ])
    .await
}

/// Any pass key, wherever it stands. Callers get theirs by `pass_keys::fetch`.
pub(super) async fn find_anywhere(cx: &mut Cx, id: &PassKeyId) -> Result<Option<(PassKeyRow, PlaceOfPassKey)>, Error> {
    let columns = sql![columns_of::<PassKeyRow>("k"), ", ", columns_of::<PlaceOfPassKey>("c")];
    cx.opt(sql!["select ", columns, Raw(JOINED), id.as_str()]).await
}

/// The keys of an end customer with those of its sites, or of one site; what narrows them begins with `and`.
pub(super) fn wanted(customer: &CustomerId, narrowed: Sql) -> Sql {
    let id = customer.as_str();
    let mut sql = sql![" from pass_keys k join customers e on e.id = k.customer_id where (k.customer_id = ", id];
    sql.append(sql![" or k.site_id = ", id, ")"]);
    sql.append(narrowed);
    sql
}

pub async fn count_of(cx: &mut Cx, customer: &CustomerId) -> Result<i64, Error> {
    count(cx, wanted(customer, Sql::new())).await
}

/// Keys at and below a place.
pub async fn count_below(cx: &mut Cx, path: &Path) -> Result<i64, Error> {
    let (from, to) = path.range();
    cx.one(sql![
        "select count(*) from customers c join pass_keys k on k.customer_id = c.id where c.path >= ",
        from,
        " and c.path < ",
        to
    ])
    .await
}

pub(super) async fn count(cx: &mut Cx, wanted: Sql) -> Result<i64, Error> {
    cx.one(sql!["select count(*)", wanted]).await
}

/// The ids of a window.
pub(super) async fn window(cx: &mut Cx, wanted: Sql, window: &Window) -> Result<Vec<(String, Key)>, Error> {
    let mut statement = sql!["select k.id, ", window.key_column(), wanted];
    window.finish(&mut statement);
    let rows: Vec<(String, Option<Key>)> = cx.all(statement).await?;
    Ok(rows.into_iter().filter_map(|(id, key)| key.map(|key| (id, key))).collect())
}

pub async fn insert(tx: &mut Tx, row: &PassKeyRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await?;
    Ok(())
}

/// Puts a new secret in place of the old one and counts its uses from nothing.
pub async fn rotate(tx: &mut Tx, id: &PassKeyId, prefix: &str, secret_hash: &str) -> Result<u64, Error> {
    tx.exec(sql![
        "update pass_keys set uses = 0, prefix = ",
        prefix,
        ", secret_hash = ",
        secret_hash,
        " where id = ",
        id.as_str(),
        " and revoked_at is null"
    ])
    .await
}

pub async fn revoke(tx: &mut Tx, id: &PassKeyId) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    tx.exec(sql!["update pass_keys set revoked_at = ", now, " where id = ", id.as_str(), " and revoked_at is null"])
        .await
}

/// Counts a use, unless there were as many as allowed.
pub async fn count_use(tx: &mut Tx, id: &PassKeyId) -> Result<u64, Error> {
    tx.exec(sql![
        "update pass_keys set uses = uses + 1 where id = ",
        id.as_str(),
        " and (max_uses is null or uses < max_uses)"
    ])
    .await
}

/// Deletes all pass keys of a customer or site.
pub async fn delete_of(tx: &mut Tx, customer: &CustomerId) -> Result<u64, Error> {
    let id = customer.as_str();
    tx.exec(sql!["delete from pass_keys where customer_id = ", id, " or site_id = ", id]).await
}
