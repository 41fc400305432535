//! The queries of tokens.

use api::Error;
use api::id::{CustomerId, TokenId, UserId};
use api::user::Role;
use db::{Assignments, Raw, Sql, Stored, Text, assign, columns_of, sql};
use tree::Path;

use base::authz::{Account, AccountId, Permission};
use base::cx::{Cx, Tx};
use base::list::{Key, Window};

db::record! {
    /// A token as it is stored: of the secret there is only the hash.
    #[derive(Clone, Debug)]
    pub struct TokenRow {
        pub id: TokenId as Text,
        pub secret_hash: String,
        pub prefix: String,
        pub name: String,
        pub user_id: Option<UserId> as Option<Text>,
        pub owner_customer_id: Option<CustomerId> as Option<Text>,
        pub customer_id: CustomerId as Text,
        pub permissions: String,
        pub expires_at: Option<i64>,
        pub last_used_at: Option<i64>,
        pub created_at: i64,
    }
}

impl Stored for TokenRow {
    const TABLE: &'static str = "tokens";

    fn derived(&self) -> Assignments {
        assign! { name_folded: base::text::fold(&self.name) }
    }
}

db::record! {
    /// Whose a token is and where it holds, as both are now.
    #[derive(Clone, Debug)]
    pub struct OwnerRow {
        pub owner_name: String,
        pub role: Role as Text,
        pub is_key_officer: bool,
        /// A customer's own account can't sign in without its username.
        pub is_active: bool,
        pub owner_path: Path as Text,
        pub scope_name: String,
        pub scope_path: Path as Text,
    }
}

const OWNER: &str = "coalesce(u.name, c.company_name) as owner_name, coalesce(u.role, 'customer') as role,
    coalesce(u.is_key_officer, false) as is_key_officer,
    coalesce(u.is_active, c.username_folded is not null and c.web_access) as is_active, c.path as owner_path,
    coalesce(s.name, s.company_name) as scope_name, s.path as scope_path";

const FROM: &str = " from tokens t left join users u on u.id = t.user_id
    join customers c on c.id = coalesce(u.customer_id, t.owner_customer_id)
    join customers s on s.id = t.customer_id where ";

/// Which tokens are an account's.
fn of(account: &AccountId) -> Sql {
    match account {
        AccountId::User(id) => sql!["t.user_id = ", id.as_str()],
        AccountId::Customer(id) => sql!["t.owner_customer_id = ", id.as_str()],
    }
}

/// Where the owner of the token with this id stands.
pub fn place(id: &str) -> Sql {
    sql!["select c.path", Raw(FROM), "t.id = ", id]
}

/// The same, if it is the account's own.
pub fn own_place(account: &Account, id: &str) -> Sql {
    sql!["select c.path", Raw(FROM), "t.id = ", id, " and ", of(&account.id)]
}

/// Those that the account may see. What narrows them begins with `and`.
pub(super) fn wanted(account: &Account, under: Option<&Path>, narrowed: Sql) -> Sql {
    let mut sql = sql![Raw(FROM), "(", of(&account.id)];
    if account.permissions.has(Permission::ManageUsers) {
        let (from, to) = account.path.range();
        sql.append(sql![" or (c.path >= ", from, " and c.path < ", to, ")"]);
    }
    sql.push(")");
    if let Some(under) = under {
        let (from, to) = under.range();
        sql.append(sql![" and c.path >= ", from, " and c.path < ", to]);
    }
    sql.append(narrowed);
    sql
}

pub(super) async fn count(cx: &mut Cx, wanted: Sql) -> Result<i64, Error> {
    cx.one(sql!["select count(*)", wanted]).await
}

pub(super) async fn window(
    cx: &mut Cx,
    wanted: Sql,
    window: &Window,
) -> Result<Vec<((TokenRow, OwnerRow), Key)>, Error> {
    let mut statement =
        sql!["select ", columns_of::<TokenRow>("t"), ", ", Raw(OWNER), ", ", window.key_column(), wanted];
    window.finish(&mut statement);
    let rows: Vec<(TokenRow, OwnerRow, Option<Key>)> = cx.all(statement).await?;
    Ok(rows.into_iter().filter_map(|(row, owner, key)| key.map(|key| ((row, owner), key))).collect())
}

/// Any token, wherever its owner stands.
pub(super) async fn find_anywhere(cx: &mut Cx, id: &TokenId) -> Result<Option<(TokenRow, OwnerRow)>, Error> {
    cx.opt(sql!["select ", columns_of::<TokenRow>("t"), ", ", Raw(OWNER), Raw(FROM), "t.id = ", id.as_str()]).await
}

pub(super) async fn count_of(cx: &mut Cx, account: &AccountId) -> Result<i64, Error> {
    cx.one(sql!["select count(*) from tokens t where ", of(account)]).await
}

pub(super) async fn insert(tx: &mut Tx, row: &TokenRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, id: &TokenId) -> Result<u64, Error> {
    tx.exec(sql!["delete from tokens where id = ", id.as_str()]).await
}

/// Deletes the tokens of a person who goes.
pub async fn delete_of_user(tx: &mut Tx, user: &UserId) -> Result<u64, Error> {
    tx.exec(sql!["delete from tokens where user_id = ", user.as_str()]).await
}

/// Deletes the tokens of a customer's own account.
pub async fn delete_of_owner(tx: &mut Tx, customer: &CustomerId) -> Result<u64, Error> {
    tx.exec(sql!["delete from tokens where owner_customer_id = ", customer.as_str()]).await
}

/// Deletes those that hold at a customer that goes, and those of its own account.
pub async fn delete_of_customer(tx: &mut Tx, customer: &CustomerId) -> Result<u64, Error> {
    let id = customer.as_str();
    tx.exec(sql!["delete from tokens where customer_id = ", id, " or owner_customer_id = ", id]).await
}

/// Deletes those that expired before this.
pub(super) async fn delete_expired(tx: &mut Tx, before: i64) -> Result<u64, Error> {
    let limit = base::background::PIECE.cast_signed();
    tx.exec(sql![
        "delete from tokens where id in (select id from tokens where expires_at <= ",
        before,
        " order by id limit ",
        limit,
        ")"
    ])
    .await
}
