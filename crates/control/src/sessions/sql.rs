//! The queries of sessions.

use api::Error;
use api::id::{CustomerId, UserId};
use api::user::Role;
use db::{insert, sql};
use tree::Path;

use crate::cx::{Cx, Tx};

db::record! {
    /// A session with the account that it belongs to.
    #[derive(Clone, Debug)]
    pub struct Row {
        pub token_hash: String,
        pub user_id: Option<String>,
        pub customer_id: String,
        pub name: String,
        pub login: String,
        pub role: Role as String => role,
        pub path: Path as String => Path::from_stored,
        pub created_at: i64,
        pub last_seen_at: i64,
    }
}

fn role(word: String) -> Result<Role, String> {
    Role::from_word(&word).ok_or(word)
}

/// The session with this token, with its account as it is now.
pub async fn find(cx: &mut Cx, token_hash: &str) -> Result<Option<Row>, Error> {
    cx.opt(sql![
        "select s.token_hash as token_hash, s.user_id as user_id, c.id as customer_id,
         coalesce(u.name, c.company_name) as name, coalesce(u.email, c.username) as login,
         coalesce(u.role, 'customer') as role, c.path as path, s.created_at as created_at, s.last_seen_at as last_seen_at
         from sessions s left join users u on u.id = s.user_id
         join customers c on c.id = coalesce(u.customer_id, s.customer_id)
         where s.token_hash = ", token_hash
    ])
    .await
}

db::record! {
    /// An account that somebody wants to sign in as.
    #[derive(Clone, Debug)]
    pub struct Candidate {
        pub user_id: Option<String>,
        pub customer_id: String,
        pub password_hash: Option<String>,
    }
}

/// The account with this login: an email address or a customer's username, folded.
pub async fn candidate(cx: &mut Cx, folded: &str) -> Result<Option<Candidate>, Error> {
    // Addresses have an @ and usernames cannot, so no login is both.
    if folded.contains('@') {
        cx.opt(sql!["select id as user_id, customer_id, password_hash from users where email_folded = ", folded]).await
    } else {
        cx.opt(sql![
            "select cast(null as text) as user_id, id as customer_id, password_hash from customers
             where username_folded = ",
            folded
        ])
        .await
    }
}

pub async fn insert(
    tx: &mut Tx,
    token_hash: &str,
    user: Option<&UserId>,
    customer: Option<&CustomerId>,
    address: Option<String>,
) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    tx.exec(insert! { "sessions",
        token_hash: token_hash,
        user_id: user,
        customer_id: customer,
        address: address,
        created_at: now,
        last_seen_at: now,
    })
    .await?;
    Ok(())
}

pub async fn touch(tx: &mut Tx, token_hash: &str) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    tx.exec(sql!["update sessions set last_seen_at = ", now, " where token_hash = ", token_hash]).await
}

pub async fn delete(tx: &mut Tx, token_hash: &str) -> Result<u64, Error> {
    tx.exec(sql!["delete from sessions where token_hash = ", token_hash]).await
}

/// Ends all sessions of a user but the one to be kept.
pub async fn delete_of_user(tx: &mut Tx, user: &UserId, but: Option<&str>) -> Result<u64, Error> {
    let mut statement = sql!["delete from sessions where user_id = ", user.as_str()];
    if let Some(but) = but {
        statement.append(sql![" and token_hash <> ", but]);
    }
    tx.exec(statement).await
}

/// Ends all sessions of the account with a customer's username but the one to be kept.
pub async fn delete_of_customer(tx: &mut Tx, customer: &CustomerId, but: Option<&str>) -> Result<u64, Error> {
    let mut statement = sql!["delete from sessions where customer_id = ", customer.as_str()];
    if let Some(but) = but {
        statement.append(sql![" and token_hash <> ", but]);
    }
    tx.exec(statement).await
}

/// Forgets sessions that have ended.
pub async fn delete_ended(tx: &mut Tx, created_before: i64, seen_before: i64) -> Result<u64, Error> {
    tx.exec(sql!["delete from sessions where created_at <= ", created_before, " or last_seen_at <= ", seen_before])
        .await
}
