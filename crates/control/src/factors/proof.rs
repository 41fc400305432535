//! Proving who one is by a second factor: with the other half of a sign-in, or once more in a session.

use api::change::ChangeAction;
use api::factor::{FactorKind, PasskeyChallenge, Proof, SecondFactor};
use api::{Code, Error};
use base::authz::Account;
use base::change::Entry;
use base::credentials::{Credential, Session};
use base::cx::{Caller, Cx, Tx};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{BEGUN_FOR, open_secret, passkeys, recovery, seal, second, sql, totp};
use crate::sessions;

/// For so long after a proof nobody is asked for another.
const FRESH_FOR: SignedDuration = SignedDuration::from_mins(10);
/// So many codes may be wrong in a row; then none is looked at any more. Guessing for a month would find one.
const MOST_FAILURES: i64 = 50;
/// What a passkey is asked for.
const PROVING: &str = "proving";

/// Whoever sits down at a session that was left open doesn't become its owner. What is neither a session nor half a
/// sign-in never does: it doesn't prove that there is somebody.
pub(crate) async fn require_fresh(cx: &mut Cx, credential: Option<&Credential>) -> Result<(), Error> {
    let session = match credential {
        Some(Credential::Session(session)) => session,
        // It is as fresh as can be.
        Some(Credential::Half(_)) => return Ok(()),
        Some(Credential::Token(_)) | None => {
            return Err(Error::new(Code::Forbidden, "Only a person who is signed in may do this."));
        }
    };
    let at = sql::proven_at(cx, &session.token_hash).await?;
    let since = cx.now.checked_sub(FRESH_FOR).unwrap_or(Timestamp::MIN);
    if at >= since.as_microsecond() {
        return Ok(());
    }
    let detail = "Prove once more that it is you: by a second factor if you have one, else by your password.";
    Err(Error::new(Code::ProofRequired, detail))
}

/// One way to prove oneself beside the password.
#[derive(Clone, Copy)]
pub(crate) enum Given<'a> {
    Code(&'a str),
    Recovery(&'a str),
    Passkey(&'a Value),
}

impl Given<'_> {
    /// Whether it can be guessed.
    pub(crate) fn is_code(self) -> bool {
        matches!(self, Self::Code(_))
    }

    pub(crate) fn field(self) -> &'static str {
        match self {
            Self::Code(_) => "code",
            Self::Recovery(_) => "recovery_code",
            Self::Passkey(_) => "passkey",
        }
    }
}

const ONE: &str = "Give a code, a recovery code or a passkey's answer, and only one.";

/// What a sign-in goes on with.
pub(crate) fn of_sign_in(input: &SecondFactor) -> Result<Given<'_>, Error> {
    match (&input.code, &input.recovery_code, &input.passkey) {
        (Some(code), None, None) => Ok(Given::Code(code.expose())),
        (None, Some(code), None) => Ok(Given::Recovery(code.expose())),
        (None, None, Some(passkey)) => Ok(Given::Passkey(passkey)),
        (None, None, None) => Err(Error::field("code", Code::Required, ONE)),
        _ => Err(Error::field("code", Code::Invalid, ONE)),
    }
}

/// What a session is made fresh with: `None` for the password.
pub(crate) fn of_session(input: &Proof) -> Result<Option<Given<'_>>, Error> {
    let Proof { current_password, code, recovery_code, passkey } = input;
    match (current_password, code, recovery_code, passkey) {
        (Some(_), None, None, None) => Ok(None),
        (None, None, None, None) => Err(Error::field("current_password", Code::Required, ONE)),
        (Some(_), ..) => Err(Error::field("current_password", Code::Invalid, ONE)),
        (None, ..) => {
            let rest =
                SecondFactor { code: code.clone(), recovery_code: recovery_code.clone(), passkey: passkey.clone() };
            of_sign_in(&rest)?;
            Ok(match (code, recovery_code, passkey) {
                (Some(code), ..) => Some(Given::Code(code.expose())),
                (None, Some(code), _) => Some(Given::Recovery(code.expose())),
                (None, None, passkey) => passkey.as_ref().map(Given::Passkey),
            })
        }
    }
}

/// Whether a code is what the account's app shows now. Then it is used.
async fn verify_code(tx: &mut Tx, account: &str, code: &str) -> Result<(), Error> {
    if sql::failures(tx, account).await? >= MOST_FAILURES {
        let detail =
            "Too many codes were wrong. Use a passkey or a recovery code, or ask whoever manages your account.";
        return Err(Error::new(Code::CodesBlocked, detail));
    }
    let rows = sql::of_account(tx, account).await?;
    for row in rows.iter().filter(|row| row.kind == FactorKind::Totp) {
        let secret = open_secret(tx, row).await?;
        match totp::step_of(&secret, code, second(tx.now))? {
            Some(step) if step > row.last_step => return sql::used(tx, &row.id, &row.secret, step).await,
            Some(_) => {
                let detail = "This code was used before. Wait until the app shows the next one.";
                return Err(Error::new(Code::SecondFactorFailed, detail));
            }
            None => {}
        }
    }
    Err(Error::new(Code::SecondFactorFailed, "The code is not what the app shows now."))
}

/// Counts a code that was wrong. Whoever manages the account sees when they were too many.
pub(crate) async fn count_failure(tx: &mut Tx, account: &Account) -> Result<(), Error> {
    let failures = sql::failures(tx, account.id.as_str()).await? + 1;
    if failures > MOST_FAILURES {
        return Ok(());
    }
    sql::set_failures(tx, account.id.as_str(), failures).await?;
    if failures == MOST_FAILURES {
        tx.caller = Caller::System;
        tx.record(Entry::new(ChangeAction::CodesBlocked, sessions::subject(account)));
    }
    Ok(())
}

/// Whether this proves the account. What holds once is used by it.
pub(super) async fn verify(
    tx: &mut Tx,
    account: &Account,
    given: Given<'_>,
    challenge: Option<&str>,
) -> Result<(), Error> {
    let id = account.id.as_str();
    match given {
        Given::Code(code) => verify_code(tx, id, code).await?,
        Given::Recovery(code) => {
            if !recovery::take(tx, id, code).await? {
                return Err(Error::new(Code::SecondFactorFailed, "The recovery code is wrong or was used before."));
            }
            let left = sql::codes_left(tx, id).await?;
            tx.caller = Caller::Account(account.clone());
            let entry = Entry::new(ChangeAction::RecoveryCodeUsed, sessions::subject(account));
            tx.record(entry.after(json!({ "recovery_codes_left": left })));
        }
        Given::Passkey(answer) => {
            let rows = sql::of_account(tx, id).await?;
            let seal = seal(tx, id).await?;
            let sealed = challenge.unwrap_or_default();
            let Some((row, key)) = passkeys::answered(&tx.app, &seal, sealed, answer, &rows) else {
                return Err(Error::new(
                    Code::SecondFactorFailed,
                    "This is no answer of one of the account's passkeys.",
                ));
            };
            sql::used(tx, &row.id, &key, row.last_step).await?;
        }
    }
    sql::set_failures(tx, id, 0).await
}

/// Something that one of the caller's passkeys has to answer to prove who has the session.
pub async fn begin(tx: &mut Tx) -> Result<PasskeyChallenge, Error> {
    let account = tx.account()?;
    let id = account.id.as_str();
    let own = sql::of_account(tx, id).await?;
    let seal = seal(tx, id).await?;
    let challenge = passkeys::ask(&tx.app, &seal, &own)?;
    let none = || Error::new(Code::PasskeysNotOffered, "The account has no passkey that belongs to this address.");
    let challenge = challenge.ok_or_else(none)?;
    let expires_at = tx.now.checked_add(BEGUN_FOR).unwrap_or(Timestamp::MAX);
    sql::put_challenge(tx, id, PROVING, &challenge.sealed, expires_at.as_microsecond()).await?;
    Ok(PasskeyChallenge { options: challenge.options })
}

/// Proves by a factor that whoever has the session is its owner.
pub(crate) async fn by_factor(tx: &mut Tx, session: &Session, given: Given<'_>) -> Result<(), Error> {
    let account = tx.account()?;
    let challenge = sql::challenge(tx, account.id.as_str(), PROVING).await?;
    verify(tx, &account, given, challenge.as_deref()).await?;
    sql::delete_challenge(tx, account.id.as_str(), PROVING).await?;
    sql::set_proven(tx, &session.token_hash).await?;
    Ok(())
}

/// The password proves nothing more where there is a second factor: that one keeps out whoever has stolen both a session
/// and the password.
pub async fn by_password(tx: &mut Tx, session: &Session) -> Result<(), Error> {
    let account = tx.account()?;
    if sql::is_enrolled(tx, account.id.as_str()).await? {
        let detail = "Prove it by your second factor: a code, a passkey or a recovery code.";
        return Err(Error::field("current_password", Code::Invalid, detail));
    }
    sql::set_proven(tx, &session.token_hash).await?;
    Ok(())
}
