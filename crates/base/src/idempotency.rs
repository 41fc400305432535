//! The same answer to the same request: answers kept for a day under the caller's `Idempotency-Key`, written in the
//! command's own transaction. They may hold secrets (a pass key shown once), so they are sealed with a key that is
//! derived from the idempotency key, of which only a hash is stored.

use api::{Code, Error};
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{ChaCha20Poly1305, Key, Nonce};
use data_encoding::{BASE64, HEXLOWER};
use db::{insert, sql};
use hkdf::Hkdf;
use sha2::{Digest as _, Sha256};

use crate::App;
use crate::cx::{Caller, Cx, Origin, Tx};

const KEPT_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
const NONCE: usize = 12;

/// What was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub etag: Option<String>,
    pub body: Vec<u8>,
}

/// Keys of different callers never meet, nor do those of one caller before and after its role or place changed: who may
/// no longer do a thing doesn't get its answer again either.
fn caller_of(caller: &Caller, origin: &Origin) -> String {
    match caller {
        Caller::Account(account) => {
            let token = account.token.as_ref().map(|token| format!(" {}", token.id)).unwrap_or_default();
            format!("{} {} {}{token}", account.id.as_str(), account.role.as_str(), account.path)
        }
        Caller::Nobody => format!("address {}", origin.address.as_deref().unwrap_or_default()),
        Caller::System => "system".to_owned(),
    }
}

fn key_hash(key: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(key.as_bytes()))
}

/// What tells two requests with one key apart, keyed from it: the body may hold a password, and whoever reads the database
/// has the key's hash only and so nothing to try guesses against.
pub fn fingerprint(key: &str, target: &str, body: &[u8]) -> Result<String, Error> {
    use hmac::{Hmac, Mac as _};
    let mut bytes = [0; 32];
    Hkdf::<Sha256>::new(None, key.as_bytes())
        .expand(b"tenantry repeated request", &mut bytes)
        .map_err(|error| Error::internal(error.to_string()))?;
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&bytes).map_err(Error::internal)?;
    mac.update(target.as_bytes());
    mac.update(&[0]);
    mac.update(body);
    Ok(HEXLOWER.encode(&mac.finalize().into_bytes()))
}

fn cipher(key: &str, caller: &str) -> Result<ChaCha20Poly1305, Error> {
    let mut bytes = Key::default();
    Hkdf::<Sha256>::new(Some(caller.as_bytes()), key.as_bytes())
        .expand(b"tenantry idempotent answer", &mut bytes)
        .map_err(|error| Error::internal(error.to_string()))?;
    Ok(ChaCha20Poly1305::new(&bytes))
}

/// Whether the caller may have been answered before: what it asks about may be gone by that very request.
pub async fn is_kept(cx: &mut Cx, origin: &Origin, key: &str, operation: &str) -> Result<bool, Error> {
    let caller = caller_of(&cx.caller, origin);
    let since = cx.now.as_microsecond() - KEPT_MICROS;
    let found: Option<i64> = cx
        .opt(sql![
            "select 1 from idempotent_answers where caller = ",
            caller,
            " and key_hash = ",
            key_hash(key),
            " and operation = ",
            operation,
            " and created_at > ",
            since
        ])
        .await?;
    Ok(found.is_some())
}

/// The answer that was given to this request before.
///
/// # Errors
/// `idempotency_key_reused` if the key belongs to another request.
pub async fn find(cx: &mut Tx, key: &str, operation: &str, request_hash: &str) -> Result<Option<Answer>, Error> {
    let caller = caller_of(&cx.caller, &cx.origin);
    let since = cx.now.as_microsecond() - KEPT_MICROS;
    let cx: &mut Cx = cx;
    let row: Option<(String, i64, Option<String>, String)> = cx
        .opt(sql![
            "select request_hash, status, etag, sealed from idempotent_answers where caller = ",
            caller.as_str(),
            " and key_hash = ",
            key_hash(key),
            " and operation = ",
            operation,
            " and created_at > ",
            since
        ])
        .await?;
    let Some((kept_hash, status, etag, sealed)) = row else { return Ok(None) };
    if kept_hash != request_hash {
        return Err(Error::new(Code::IdempotencyKeyReused, "This Idempotency-Key was sent with a different request."));
    }
    let sealed = BASE64.decode(sealed.as_bytes()).map_err(|error| Error::internal(error.to_string()))?;
    let unreadable = || Error::internal("a kept answer cannot be opened");
    let (nonce, sealed) = sealed.split_at_checked(NONCE).ok_or_else(unreadable)?;
    let nonce = Nonce::try_from(nonce).map_err(|_| unreadable())?;
    let body = cipher(key, &caller)?.decrypt(&nonce, sealed).map_err(|_| unreadable())?;
    Ok(Some(Answer { status: u16::try_from(status).map_err(Error::internal)?, etag, body }))
}

/// Forgets answers that are a day old. Returns how many.
pub async fn forget_old(app: &App) -> Result<u64, Error> {
    crate::beside!(app, |tx| async {
        let until = tx.now.as_microsecond() - KEPT_MICROS;
        let limit = crate::background::PIECE.cast_signed();
        tx.exec(sql![
            "delete from idempotent_answers where (caller, key_hash, operation) in (
             select caller, key_hash, operation from idempotent_answers where created_at <= ",
            until,
            " order by caller, key_hash, operation limit ",
            limit,
            ")"
        ])
        .await
    }
    .await)
}

/// Keeps an answer for a day.
pub async fn keep(tx: &mut Tx, key: &str, operation: &str, request_hash: &str, answer: &Answer) -> Result<(), Error> {
    let caller = caller_of(&tx.caller, &tx.origin);
    let now = tx.now.as_microsecond();
    let nonce = Nonce::from(tx.app.random.bytes::<NONCE>()?);
    let body = cipher(key, &caller)?
        .encrypt(&nonce, answer.body.as_slice())
        .map_err(|_| Error::internal("an answer cannot be sealed"))?;
    let sealed = BASE64.encode(&[nonce.as_slice(), &body].concat());
    // One that is a day old may still lie there.
    tx.exec(sql![
        "delete from idempotent_answers where caller = ",
        caller.as_str(),
        " and key_hash = ",
        key_hash(key),
        " and operation = ",
        operation
    ])
    .await?;
    tx.exec(insert! { "idempotent_answers",
        caller: caller,
        key_hash: key_hash(key),
        operation: operation,
        request_hash: request_hash,
        status: i64::from(answer.status),
        etag: answer.etag.as_ref(),
        sealed: sealed,
        created_at: now,
    })
    .await?;
    Ok(())
}
