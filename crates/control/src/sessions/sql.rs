//! The queries of sessions.

use api::Error;
use api::id::{CustomerId, SessionId, UserId};
use db::{Sql, insert, sql};
use tree::Path;

use base::authz::{Account, AccountId};
use base::cx::{Cx, Tx};

db::record! {
    /// An account that somebody wants to sign in as.
    #[derive(Clone, Debug)]
    pub struct Candidate {
        pub user_id: Option<String>,
        pub customer_id: String,
        pub password_hash: Option<String>,
        /// Whether anybody may sign in with it; machines may show it all the same.
        pub opens_web: bool,
    }
}

/// The account with this login: an email address or a customer's username, folded.
pub async fn candidate(cx: &mut Cx, folded: &str) -> Result<Option<Candidate>, Error> {
    // Addresses have an @ and usernames cannot, so no login is both.
    if folded.contains('@') {
        cx.opt(sql![
            "select id as user_id, customer_id, password_hash, true as opens_web from users
             where is_active and login = ",
            folded
        ])
        .await
    } else {
        cx.opt(sql![
            "select cast(null as text) as user_id, id as customer_id, password_hash, web_access as opens_web
             from customers where username_folded = ",
            folded
        ])
        .await
    }
}

/// Who signs in with this login, folded.
pub async fn owner_of(cx: &mut Cx, folded: &str) -> Result<Option<AccountId>, Error> {
    Ok(candidate(cx, folded).await?.filter(|found| found.opens_web).map(|found| match found.user_id {
        Some(user) => AccountId::User(UserId::from_text(user)),
        None => AccountId::Customer(CustomerId::from_text(found.customer_id)),
    }))
}

pub async fn insert(
    tx: &mut Tx,
    token_hash: &str,
    user: Option<&UserId>,
    customer: Option<&CustomerId>,
    address: Option<String>,
) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    let id = SessionId::new(tx.app.random.uuid(tx.now)?);
    let browser = tx.origin.browser.clone();
    tx.exec(insert! { "sessions",
        id: &id,
        browser: browser,
        token_hash: token_hash,
        user_id: user,
        customer_id: customer,
        address: address,
        created_at: now,
        last_seen_at: now,
        proven_at: now,
    })
    .await?;
    Ok(())
}

pub async fn delete(tx: &mut Tx, token_hash: &str) -> Result<u64, Error> {
    tx.exec(sql!["delete from sessions where token_hash = ", token_hash]).await
}

/// Ends all sessions, and what was begun of others, of a user but the one to be kept.
pub async fn delete_of_user(tx: &mut Tx, user: &UserId, but: Option<&str>) -> Result<u64, Error> {
    crate::factors::half::delete_of(tx, user.as_str()).await?;
    let mut statement = sql!["delete from sessions where user_id = ", user.as_str()];
    if let Some(but) = but {
        statement.append(sql![" and token_hash <> ", but]);
    }
    tx.exec(statement).await
}

/// Ends all sessions of the account with a customer's username but the one to be kept.
pub async fn delete_of_customer(tx: &mut Tx, customer: &CustomerId, but: Option<&str>) -> Result<u64, Error> {
    crate::factors::half::delete_of(tx, customer.as_str()).await?;
    let mut statement = sql!["delete from sessions where customer_id = ", customer.as_str()];
    if let Some(but) = but {
        statement.append(sql![" and token_hash <> ", but]);
    }
    tx.exec(statement).await
}

/// Ends all sessions of accounts with a username of customers at and below a place.
pub async fn delete_of_customers_below(tx: &mut Tx, path: &Path) -> Result<u64, Error> {
    crate::factors::half::delete_below(tx, path).await?;
    let (from, to) = path.range();
    tx.exec(sql![
        "delete from sessions where customer_id in (select id from customers where path >= ",
        from,
        " and path < ",
        to,
        " and username is not null)"
    ])
    .await
}

/// Which sessions are an account's.
fn of(account: &AccountId) -> Sql {
    match account {
        AccountId::User(id) => sql!["s.user_id = ", id.as_str()],
        AccountId::Customer(id) => sql!["s.customer_id = ", id.as_str()],
    }
}

const JOINED: &str = " from sessions s left join users u on u.id = s.user_id
     join customers c on c.id = coalesce(u.customer_id, s.customer_id) where s.id = ";

/// Where the account stands that the session with this id is of.
pub fn place(id: &str) -> Sql {
    sql!["select c.path", db::Raw(JOINED), id]
}

/// The same, if it is the account's own.
pub fn own_place(account: &Account, id: &str) -> Sql {
    sql!["select c.path", db::Raw(JOINED), id, " and ", of(&account.id)]
}

db::record! {
    /// A session as it is shown.
    #[derive(Clone, Debug)]
    pub(super) struct ListedRow {
        pub(super) id: SessionId as db::Text,
        pub(super) token_hash: String,
        pub(super) user_id: Option<String>,
        pub(super) customer_id: Option<String>,
        pub(super) address: Option<String>,
        pub(super) browser: Option<String>,
        pub(super) created_at: i64,
        pub(super) last_seen_at: i64,
    }
}

/// The sessions of an account that may still live, the last used first.
pub(super) async fn of_account(cx: &mut Cx, account: &AccountId, created_after: i64) -> Result<Vec<ListedRow>, Error> {
    cx.all(sql![
        "select ",
        db::columns_of::<ListedRow>("s"),
        " from sessions s where ",
        of(account),
        " and s.created_at > ",
        created_after,
        // One that a former version has begun meanwhile can't be named.
        " and s.id is not null order by s.last_seen_at desc, s.id"
    ])
    .await
}

/// Any session, wherever its account stands.
pub(super) async fn find_anywhere(cx: &mut Cx, id: &SessionId) -> Result<Option<ListedRow>, Error> {
    cx.opt(sql!["select ", db::columns_of::<ListedRow>("s"), " from sessions s where s.id = ", id.as_str()]).await
}

/// Forgets sessions that have ended.
pub async fn delete_ended(tx: &mut Tx, created_before: i64, seen_before: i64) -> Result<u64, Error> {
    let limit = base::background::PIECE.cast_signed();
    tx.exec(sql![
        "delete from sessions where token_hash in (select token_hash from sessions where created_at <= ",
        created_before,
        " or last_seen_at <= ",
        seen_before,
        " order by token_hash limit ",
        limit,
        ")"
    ])
    .await
}
