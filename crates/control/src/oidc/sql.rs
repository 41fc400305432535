//! The queries of providers of sign-ins.

use api::Error;
use api::id::{CustomerId, SignInProviderId};
use base::cx::{Cx, Tx};
use db::{Assignments, Stored, Text, columns, columns_of, insert, sql};
use tree::Path;

db::record! {
    /// A provider as it is stored.
    #[derive(Clone, Debug)]
    pub struct ProviderRow {
        pub id: SignInProviderId as Text,
        pub version: i64,
        pub customer_id: CustomerId as Text,
        pub enabled: bool [logged],
        pub name: String [logged],
        pub issuer: String [logged],
        pub client_id: String [logged],
        /// Sealed.
        pub client_secret: Option<String>,
        pub set_by: String,
        pub updated_at: i64,
    }
}

impl Stored for ProviderRow {
    const TABLE: &'static str = "sign_in_providers";
}

db::record! {
    /// Whose people it signs in.
    #[derive(Clone, Debug)]
    pub struct Home {
        pub path: Path as Text,
    }
}

pub(super) async fn of_customer(cx: &mut Cx, customer: &CustomerId) -> Result<Option<ProviderRow>, Error> {
    cx.opt(sql!["select ", columns::<ProviderRow>(), " from sign_in_providers where customer_id = ", customer]).await
}

/// One that is switched on, with whose it is.
pub(super) async fn enabled(cx: &mut Cx, id: &SignInProviderId) -> Result<Option<(ProviderRow, Home)>, Error> {
    cx.opt(sql![
        "select ",
        columns_of::<ProviderRow>("p"),
        ", ",
        columns_of::<Home>("c"),
        " from sign_in_providers p join customers c on c.id = p.customer_id where p.enabled and p.id = ",
        id
    ])
    .await
}

pub(super) async fn insert(tx: &mut Tx, row: &ProviderRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, before: &ProviderRow, after: &ProviderRow) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await
}

pub(super) async fn delete_of(tx: &mut Tx, customer: &CustomerId) -> Result<u64, Error> {
    tx.exec(sql!["delete from sign_in_providers where customer_id = ", customer]).await
}

/// Remembers somebody who was sent to a provider.
pub(super) async fn sent(
    tx: &mut Tx,
    token_hash: &str,
    provider: &SignInProviderId,
    expected: &str,
    expires_at: i64,
) -> Result<(), Error> {
    tx.exec(insert! { "foreign_sign_ins",
        token_hash: token_hash,
        provider_id: provider,
        expected: expected,
        expires_at: expires_at,
    })
    .await?;
    Ok(())
}

/// Whether somebody with this token was sent away and may come back.
pub(super) async fn is_away(cx: &mut Cx, token_hash: &str) -> Result<bool, Error> {
    let now = cx.now.as_microsecond();
    let found: Option<i64> = cx
        .opt(sql!["select 1 from foreign_sign_ins where token_hash = ", token_hash, " and expires_at > ", now])
        .await?;
    Ok(found.is_some())
}

/// Whoever has come back, once: to which provider they were sent, and what is expected of it.
pub(super) async fn back(tx: &mut Tx, token_hash: &str) -> Result<Option<(String, String)>, Error> {
    let now = tx.now.as_microsecond();
    let found = tx
        .opt(sql![
            "select provider_id, expected from foreign_sign_ins where token_hash = ",
            token_hash,
            " and expires_at > ",
            now
        ])
        .await?;
    tx.exec(sql!["delete from foreign_sign_ins where token_hash = ", token_hash]).await?;
    Ok(found)
}

/// Forgets those who never came back.
pub(super) async fn delete_ended(tx: &mut Tx) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    let limit = base::background::PIECE.cast_signed();
    tx.exec(sql![
        "delete from foreign_sign_ins where token_hash in (select token_hash from foreign_sign_ins where expires_at <= ",
        now,
        " order by token_hash limit ",
        limit,
        ")"
    ])
    .await
}
