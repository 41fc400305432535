//! The queries of sessions.

use api::Error;
use api::id::{CustomerId, UserId};
use db::{insert, sql};

use base::cx::{Cx, Tx};

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
