//! The queries of second factors.

use std::collections::HashSet;

use api::Error;
use api::factor::FactorKind;
use api::id::FactorId;
use base::authz::Account;
use base::cx::{Cx, Tx};
use db::{Assignments, Sql, Stored, Text, columns, insert, list, sql};

db::record! {
    /// A factor as it is stored.
    #[derive(Clone, Debug)]
    pub struct FactorRow {
        pub id: FactorId as Text,
        pub version: i64,
        pub account_id: String,
        pub kind: FactorKind as Text,
        pub name: String,
        /// Sealed, or the public part of a passkey.
        pub secret: String,
        pub credential_id: Option<String>,
        pub last_step: i64,
        pub created_at: i64,
        pub confirmed_at: Option<i64>,
        pub last_used_at: Option<i64>,
    }
}

impl Stored for FactorRow {
    const TABLE: &'static str = "factors";
}

/// Where the account stands that this factor is of, if it is the caller's.
pub fn place(account: &Account, id: &str) -> Sql {
    sql![
        "select c.path from factors f join customers c on c.id = ",
        account.customer_id.as_str(),
        " where f.account_id = ",
        account.id.as_str(),
        " and f.confirmed_at is not null and f.id = ",
        id
    ]
}

/// That the user `u` signs in with a second factor: a condition of lists.
pub(crate) const OF_USER: &str =
    "(exists (select 1 from factors f where f.account_id = u.id and f.confirmed_at is not null))";

/// The factors of an account that count, the oldest first.
pub(super) async fn of_account(cx: &mut Cx, account: &str) -> Result<Vec<FactorRow>, Error> {
    cx.all(sql![
        "select ",
        columns::<FactorRow>(),
        " from factors where account_id = ",
        account,
        " and confirmed_at is not null order by created_at, id"
    ])
    .await
}

/// Codes that are being set up.
pub(super) async fn begun(cx: &mut Cx, account: &str) -> Result<Option<FactorRow>, Error> {
    cx.opt(sql![
        "select ",
        columns::<FactorRow>(),
        " from factors where account_id = ",
        account,
        " and confirmed_at is null"
    ])
    .await
}

pub(crate) async fn is_enrolled(cx: &mut Cx, account: &str) -> Result<bool, Error> {
    let found: Option<i64> = cx
        .opt(sql!["select 1 from factors where account_id = ", account, " and confirmed_at is not null limit 1"])
        .await?;
    Ok(found.is_some())
}

/// Those of these accounts that sign in with a second factor.
pub(super) async fn enrolled_of(cx: &mut Cx, accounts: impl Iterator<Item = &str>) -> Result<HashSet<String>, Error> {
    let ids: Vec<String> = cx
        .all(sql![
            "select distinct account_id from factors where confirmed_at is not null and account_id in ",
            list(accounts)
        ])
        .await?;
    Ok(ids.into_iter().collect())
}

pub(super) async fn insert(tx: &mut Tx, row: &FactorRow) -> Result<(), Error> {
    tx.exec(row.insertion()).await?;
    Ok(())
}

pub(super) async fn update(tx: &mut Tx, before: &FactorRow, after: &FactorRow) -> Result<(), Error> {
    tx.update(before, after, Assignments::new()).await
}

/// Remembers that a factor was used. Not an edit, so the version stays.
pub(super) async fn used(tx: &mut Tx, id: &FactorId, secret: &str, last_step: i64) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    tx.exec(sql![
        "update factors set last_used_at = ",
        now,
        ", secret = ",
        secret,
        ", last_step = ",
        last_step,
        " where id = ",
        id
    ])
    .await?;
    Ok(())
}

pub(super) async fn delete(tx: &mut Tx, id: &FactorId) -> Result<u64, Error> {
    tx.exec(sql!["delete from factors where id = ", id]).await
}

pub(super) async fn delete_begun(tx: &mut Tx, account: &str) -> Result<u64, Error> {
    tx.exec(sql!["delete from factors where confirmed_at is null and account_id = ", account]).await
}

/// Deletes all that an account proves itself with beside its password.
pub(super) async fn delete_of(tx: &mut Tx, account: &str) -> Result<u64, Error> {
    delete_codes(tx, account).await?;
    set_failures(tx, account, 0).await?;
    tx.exec(sql!["delete from passkey_challenges where account_id = ", account]).await?;
    tx.exec(sql!["delete from factors where account_id = ", account]).await
}

pub(super) async fn codes_left(cx: &mut Cx, account: &str) -> Result<i64, Error> {
    cx.one(sql!["select count(*) from recovery_codes where account_id = ", account]).await
}

pub(super) async fn insert_code(tx: &mut Tx, account: &str, code_hash: &str) -> Result<(), Error> {
    tx.exec(insert! { "recovery_codes", account_id: account, code_hash: code_hash }).await?;
    Ok(())
}

/// Takes a code for good. How many there were: one or none.
pub(super) async fn take_code(tx: &mut Tx, account: &str, code_hash: &str) -> Result<u64, Error> {
    tx.exec(sql!["delete from recovery_codes where account_id = ", account, " and code_hash = ", code_hash]).await
}

pub(super) async fn delete_codes(tx: &mut Tx, account: &str) -> Result<u64, Error> {
    tx.exec(sql!["delete from recovery_codes where account_id = ", account]).await
}

/// What a passkey has to answer, sealed.
pub(super) async fn challenge(cx: &mut Cx, account: &str, purpose: &str) -> Result<Option<String>, Error> {
    let now = cx.now.as_microsecond();
    cx.opt(sql![
        "select challenge from passkey_challenges where account_id = ",
        account,
        " and purpose = ",
        purpose,
        " and expires_at > ",
        now
    ])
    .await
}

pub(super) async fn put_challenge(
    tx: &mut Tx,
    account: &str,
    purpose: &str,
    challenge: &str,
    expires_at: i64,
) -> Result<(), Error> {
    delete_challenge(tx, account, purpose).await?;
    tx.exec(insert! { "passkey_challenges",
        account_id: account,
        purpose: purpose,
        challenge: challenge,
        expires_at: expires_at,
    })
    .await?;
    Ok(())
}

pub(super) async fn delete_challenge(tx: &mut Tx, account: &str, purpose: &str) -> Result<u64, Error> {
    tx.exec(sql!["delete from passkey_challenges where account_id = ", account, " and purpose = ", purpose]).await
}

/// How many codes were wrong since the last proof that was right.
pub(super) async fn failures(cx: &mut Cx, account: &str) -> Result<i64, Error> {
    let failures: Option<i64> = cx.opt(sql!["select failures from code_failures where account_id = ", account]).await?;
    Ok(failures.unwrap_or_default())
}

pub(super) async fn set_failures(tx: &mut Tx, account: &str, failures: i64) -> Result<(), Error> {
    tx.exec(sql!["delete from code_failures where account_id = ", account]).await?;
    if failures > 0 {
        tx.exec(insert! { "code_failures", account_id: account, failures: failures }).await?;
    }
    Ok(())
}

/// Forgets challenges that nobody answers any more, and codes that were never confirmed.
pub(super) async fn delete_abandoned(tx: &mut Tx, begun_before: i64) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    let limit = base::background::PIECE.cast_signed();
    let challenges = tx
        .exec(sql![
            "delete from passkey_challenges where (account_id, purpose) in (
             select account_id, purpose from passkey_challenges where expires_at <= ",
            now,
            " order by account_id, purpose limit ",
            limit,
            ")"
        ])
        .await?;
    let begun = tx
        .exec(sql![
            "delete from factors where id in (select id from factors where confirmed_at is null and created_at <= ",
            begun_before,
            " order by id limit ",
            limit,
            ")"
        ])
        .await?;
    Ok(challenges.max(begun))
}

/// When whoever has this session proved last that it is them.
pub(super) async fn proven_at(cx: &mut Cx, token_hash: &str) -> Result<i64, Error> {
    let at: Option<i64> = cx.opt(sql!["select proven_at from sessions where token_hash = ", token_hash]).await?;
    Ok(at.unwrap_or_default())
}

pub(super) async fn set_proven(tx: &mut Tx, token_hash: &str) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    tx.exec(sql!["update sessions set proven_at = ", now, " where token_hash = ", token_hash]).await
}
