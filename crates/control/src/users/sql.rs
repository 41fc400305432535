//! The queries of user accounts.

use api::Error;
use api::id::{CustomerId, UserId};
use api::user::Role;
use db::{Assignments, Sql, Stored, Text, assign, columns_of, sql};
use tree::Path;

use crate::customers;
use base::cx::{Cx, Tx};

db::record! {
    /// A user account as it is stored.
    #[derive(Clone, Debug)]
    pub struct UserRow {
        pub id: UserId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub email: String [logged],
        /// The address that it signs in by, folded; none where its customer is to be deleted and another account has got it.
        pub login: Option<String>,
        pub name: String [logged],
        pub role: Role as Text [logged],
        pub is_key_officer: bool [logged],
        pub is_active: bool [logged],
        pub password_hash: Option<String>,
        pub last_sign_in_at: Option<i64>,
        pub created_at: i64,
    }
}

db::record! {
    /// The customer of an account.
    #[derive(Clone, Debug)]
    pub struct CustomerOfUser {
        pub company_name: String,
        pub path: Path as Text,
    }
}

impl Stored for UserRow {
    const TABLE: &'static str = "users";

    fn derived(&self) -> Assignments {
        assign! {
            email_folded: base::text::fold(&self.email),
            name_folded: base::text::fold(&self.name),
            search: base::text::search_column([Some(self.name.as_str()), Some(self.email.as_str())], None),
        }
    }
}

/// Where the account with this id stands.
pub fn place(id: &str) -> Sql {
    sql!["select c.path from users u join customers c on c.id = u.customer_id where u.id = ", id]
}

/// Any account, wherever its customer stands: for the holder of its invitation. Callers get theirs by `users::fetch`.
pub async fn find_anywhere(cx: &mut Cx, id: &UserId) -> Result<Option<(UserRow, CustomerOfUser)>, Error> {
    cx.opt(sql![
        "select ",
        columns_of::<UserRow>("u"),
        ", ",
        columns_of::<CustomerOfUser>("c"),
        " from users u join customers c on c.id = u.customer_id where u.id = ",
        id
    ])
    .await
}

/// The accounts with these ids and their customers, in no order.
pub async fn with_these_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<(UserRow, CustomerOfUser)>, Error> {
    cx.all(sql![
        "select ",
        columns_of::<UserRow>("u"),
        ", ",
        columns_of::<CustomerOfUser>("c"),
        " from users u join customers c on c.id = u.customer_id where u.id in ",
        db::list(ids.iter().map(String::as_str))
    ])
    .await
}

/// Another account that signs in by this address, and where it stands.
pub async fn other_with_login(
    cx: &mut Cx,
    folded: &str,
    but: Option<&UserId>,
) -> Result<Option<(UserId, Path)>, Error> {
    let found: Option<(String, String)> = cx
        .opt(sql!["select u.id, c.path from users u join customers c on c.id = u.customer_id where u.login = ", folded])
        .await?;
    let other = found.filter(|(id, _)| but.is_none_or(|but| but.as_str() != id));
    Ok(other.map(|(id, path)| (UserId::from_text(id), Path::from_stored(path))))
}

/// The account that signs in by this address, folded.
pub async fn with_login(cx: &mut Cx, folded: &str) -> Result<Option<UserId>, Error> {
    let id: Option<String> = cx.opt(sql!["select id from users where login = ", folded]).await?;
    Ok(id.map(UserId::from_text))
}

/// Says that the address was taken, where somebody was faster.
fn taken(error: Error) -> Error {
    base::cx::taken(error, "users", &["login"], super::taken)
}

/// The user of this very customer with this address.
pub async fn id_at(cx: &mut Cx, customer: &CustomerId, folded: &str) -> Result<Option<UserId>, Error> {
    let id: Option<String> =
        cx.opt(sql!["select id from users where login = ", folded, " and customer_id = ", customer.as_str()]).await?;
    Ok(id.map(UserId::from_text))
}

pub async fn insert(tx: &mut Tx, row: &UserRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await.map_err(taken)?;
    Ok(())
}

pub async fn update(tx: &mut Tx, before: &UserRow, after: &UserRow) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await.map_err(taken)
}

pub async fn set_password(tx: &mut Tx, id: &UserId, hash: &str) -> Result<u64, Error> {
    tx.exec(sql!["update users set version = version + 1, password_hash = ", hash, " where id = ", id.as_str()]).await
}

/// Remembers the time of a sign-in. Not an edit, so the version stays.
pub async fn signed_in(tx: &mut Tx, id: &UserId) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    tx.exec(sql!["update users set last_sign_in_at = ", now, " where id = ", id.as_str()]).await
}

pub async fn delete(tx: &mut Tx, id: &UserId) -> Result<u64, Error> {
    tx.exec(sql!["delete from users where id = ", id.as_str()]).await
}

/// Those at and below a place whose address another account has got, unless what they belong to is to be deleted by itself.
fn given_up(path: &Path) -> Sql {
    sql!["u.login is null and ", customers::sql::comes_back(path)]
}

/// Lets another account sign in by the address of this one.
pub async fn give_up_login(tx: &mut Tx, id: &UserId) -> Result<u64, Error> {
    tx.exec(sql!["update users set version = version + 1, login = null where id = ", id.as_str()]).await
}

/// Those at and below a place by whose addresses others sign in meanwhile, and their customers; some of them.
pub async fn with_logins_given_away(
    cx: &mut Cx,
    path: &Path,
    limit: usize,
) -> Result<Vec<(UserRow, CustomerOfUser)>, Error> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    cx.all(sql![
        "select ",
        columns_of::<UserRow>("u"),
        ", ",
        columns_of::<CustomerOfUser>("c"),
        " from users u join customers c on c.id = u.customer_id where ",
        given_up(path),
        " and exists (select 1 from users o where o.login = u.email_folded) order by u.email_folded limit ",
        limit
    ])
    .await
}

/// Has all people at and below a place sign in by their addresses again.
pub async fn take_logins_again(tx: &mut Tx, path: &Path) -> Result<u64, Error> {
    tx.exec(sql![
        "update users set login = email_folded where id in
         (select u.id from users u join customers c on c.id = u.customer_id where ",
        given_up(path),
        ")"
    ])
    .await
}

pub async fn count_of(cx: &mut Cx, customer: &CustomerId) -> Result<i64, Error> {
    cx.one(sql!["select count(*) from users where customer_id = ", customer.as_str()]).await
}

/// Accounts at and below a place.
pub async fn count_below(cx: &mut Cx, path: &Path) -> Result<i64, Error> {
    let (from, to) = path.range();
    cx.one(sql![
        "select count(*) from customers c join users u on u.customer_id = c.id where c.path >= ",
        from,
        " and c.path < ",
        to
    ])
    .await
}

/// The accounts of a customer.
pub async fn ids_of(cx: &mut Cx, customer: &CustomerId) -> Result<Vec<UserId>, Error> {
    let ids: Vec<String> = cx.all(sql!["select id from users where customer_id = ", customer]).await?;
    Ok(ids.into_iter().map(UserId::from_text).collect())
}

/// Administrators and key officers of the customer who can sign in, the given one not counted.
pub async fn others_who_count(cx: &mut Cx, customer: &CustomerId, but: &UserId) -> Result<(i64, i64), Error> {
    cx.one(sql!["select ", counting(), " and customer_id = ", customer.as_str(), " and id <> ", but.as_str()]).await
}

/// How many administrators and key officers these customers have who can sign in.
pub async fn who_count(cx: &mut Cx, customers: &[&str]) -> Result<Vec<(String, i64, i64)>, Error> {
    let of_these = db::list(customers.iter().copied());
    cx.all(sql!["select customer_id, ", counting(), " and customer_id in ", of_these, " group by customer_id"]).await
}

/// How many administrators and key officers there are among those who can sign in.
fn counting() -> Sql {
    let administrators = Role::ALL.into_iter().filter(|role| role.is_administrator()).map(Role::as_str);
    sql![
        "cast(coalesce(sum(case when role in ",
        db::list(administrators),
        " then 1 else 0 end), 0) as bigint),
         cast(coalesce(sum(case when is_key_officer then 1 else 0 end), 0) as bigint)
         from users where is_active and (password_hash is not null or last_sign_in_at is not null)"
    ]
}

/// Whether the customer has a key officer, who may not be able to sign in yet.
pub async fn has_key_officer(cx: &mut Cx, customer: &CustomerId) -> Result<bool, Error> {
    let found: Option<i64> = cx
        .opt(sql!["select 1 from users where is_key_officer and customer_id = ", customer.as_str(), " limit 1"])
        .await?;
    Ok(found.is_some())
}
