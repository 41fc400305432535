//! Signing in in two halves: who has given the right password and has a second factor gets a credential that allows to
//! give that one, and who must have one and doesn't, a credential that allows to set one up. Either is used once.

use api::factor::{FactorKind, FactorMethod, HalfSignIn, NextStep};
use api::units::{Secret, Time};
use api::{Code, Error};
use base::App;
use base::authn::{token, token_hash};
use base::authz::Account;
use base::credentials::{HALF_SECONDS, Half, half_with};
use base::cx::{Cx, Tx};
use db::{insert, sql};
use jiff::{SignedDuration, Timestamp};
use tree::Path;

use super::proof::{self, Given};
use super::{passkeys, seal, sql};
use crate::sessions::{self, SignedIn};

/// So many of one account may lack their other half.
const MOST: i64 = 5;

/// A sign-in of which one half is done.
#[derive(Debug)]
pub struct Halved {
    /// For the cookie.
    pub token: Secret,
    pub told: HalfSignIn,
}

/// Half a sign-in for an account whose password was right.
pub(crate) async fn begin(
    tx: &mut Tx,
    account: &Account,
    login: &str,
    enrols: bool,
    provider: Option<&str>,
) -> Result<Halved, Error> {
    let id = account.id.as_str();
    // The newest few are enough for all browsers of a person.
    tx.exec(sql![
        "delete from half_sign_ins where account_id = ",
        id,
        " and token_hash not in (select token_hash from half_sign_ins where account_id = ",
        id,
        " order by expires_at desc, token_hash limit ",
        MOST - 1,
        ")"
    ])
    .await?;
    let rows = sql::of_account(tx, id).await?;
    let seal = seal(tx, id).await?;
    let challenge = if enrols { None } else { passkeys::ask(&tx.app, &seal, &rows)? };
    let mut methods = Vec::new();
    if enrols || rows.iter().any(|row| row.kind == FactorKind::Totp) {
        methods.push(FactorMethod::Totp);
    }
    if challenge.is_some() || (enrols && passkeys::are_offered(&tx.app)) {
        methods.push(FactorMethod::Passkey);
    }
    if !enrols && sql::codes_left(tx, id).await? > 0 {
        methods.push(FactorMethod::RecoveryCode);
    }
    let token = token(tx.app.random)?;
    let expires_at = tx.now.checked_add(SignedDuration::from_secs(HALF_SECONDS)).unwrap_or(Timestamp::MAX);
    let (passkey, sealed) = challenge.map(|challenge| (challenge.options, challenge.sealed)).unzip();
    tx.exec(insert! { "half_sign_ins",
        token_hash: token_hash(&token),
        account_id: id,
        login: login,
        enrols: enrols,
        challenge: sealed,
        provider: provider,
        expires_at: expires_at.as_microsecond(),
    })
    .await?;
    let next = if enrols { NextStep::Enrol } else { NextStep::SecondFactor };
    Ok(Halved { token: Secret::new(token), told: HalfSignIn { next, methods, passkey, expires_at: Time(expires_at) } })
}

/// The other half.
pub(crate) async fn finish(tx: &mut Tx, half: &Half, given: Given<'_>) -> Result<SignedIn, Error> {
    let half = take(tx, half).await?;
    if half.enrols {
        let detail = "Set up a second factor first: nobody goes without one here.";
        return Err(Error::new(Code::SecondFactorRequired, detail));
    }
    proof::verify(tx, &half.account, given, half.challenge.as_deref()).await?;
    sessions::open(tx, &half.account.id, &half.login, half.provider.as_deref()).await
}

/// Uses half a sign-in up, as far as this transaction comes to its end.
pub(super) async fn take(tx: &mut Tx, half: &Half) -> Result<Half, Error> {
    let found = half_with(tx, &half.token_hash).await?;
    let found = found.ok_or_else(|| Error::new(Code::SignInRequired, "This took too long; sign in again."))?;
    tx.exec(sql!["delete from half_sign_ins where token_hash = ", half.token_hash.as_str()]).await?;
    Ok(found)
}

/// Ends what an account has begun.
pub(crate) async fn delete_of(tx: &mut Tx, account: &str) -> Result<u64, Error> {
    tx.exec(sql!["delete from half_sign_ins where account_id = ", account]).await
}

/// The same of customers' own accounts at and below a place.
pub(crate) async fn delete_below(tx: &mut Tx, path: &Path) -> Result<u64, Error> {
    let (from, to) = path.range();
    tx.exec(sql![
        "delete from half_sign_ins where account_id in (select id from customers where path >= ",
        from,
        " and path < ",
        to,
        " and username is not null)"
    ])
    .await
}

/// Forgets those that nobody has finished. Returns how many.
pub(crate) async fn forget_ended(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| async {
        let now = tx.now.as_microsecond();
        let limit = base::background::PIECE.cast_signed();
        tx.exec(sql![
            "delete from half_sign_ins where token_hash in (select token_hash from half_sign_ins where expires_at <= ",
            now,
            " order by token_hash limit ",
            limit,
            ")"
        ])
        .await
    }
    .await)
}

/// Whether an account is asked for more than its password.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Demand {
    Nothing,
    Factor,
    Enrolment,
}

/// What an account is asked for after its first factor.
pub(crate) async fn demand(cx: &mut Cx, account: &Account) -> Result<Demand, Error> {
    let state = super::state(cx, account).await?;
    Ok(match (state.enrolled, state.two_factor) {
        (true, _) => Demand::Factor,
        (false, api::factor::TwoFactor::Required) => Demand::Enrolment,
        (false, _) => Demand::Nothing,
    })
}
