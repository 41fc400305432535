//! Signing in and out. A session is a row; the browser has an opaque token in a cookie that scripts cannot read, and we
//! have its hash.

pub mod http;
mod listed;
pub(crate) mod own;
pub mod sql;

use ::http::HeaderMap;
use api::change::ChangeAction;
use api::id::{CustomerId, UserId};
use api::session::{Me, SignIn};
use api::units::Time;
use api::{Code, Error};
use axum_extra::extract::cookie::CookieJar;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use base::App;
use base::attempts::{PER_ADDRESS, PER_LOGIN, PER_TARGET, SECOND_FACTOR, Try};
use base::authn::{token, token_hash};
use base::authz::{Account, AccountId, Permission, operations_of};
use base::change::{Entry, Subject};
use base::credentials::{Half, IDLE, LONGEST, Session, account, account_with, find};
use base::cx::{Caller, Cx, Origin, Tx};
use base::http::Call;
use base::text;
use base::turns::Turn;

use crate::factors::half::{self, Demand, Halved};

/// The cookie by which a browser is known that has signed in before.
pub const BROWSER_COOKIE: &str = "tenantry_browser";

/// How long a browser stays known.
pub const BROWSER_KNOWN_SECONDS: i64 = 180 * 24 * 60 * 60;
/// No login is longer than an email address.
const MAX_LOGIN: usize = 254;
/// A password that was right, on its way to a session.
#[derive(Debug)]
pub struct Proven {
    candidate: sql::Candidate,
    login: String,
}

impl Proven {
    /// The customer whose own account it is; nothing for a person's.
    pub(crate) fn customer_id(&self) -> Option<CustomerId> {
        let candidate = &self.candidate;
        candidate.user_id.is_none().then(|| CustomerId::from_text(candidate.customer_id.as_str()))
    }

    /// Whether the password is still the account's.
    pub(crate) async fn still_holds(&self, cx: &mut Cx) -> Result<bool, Error> {
        let present = sql::candidate(cx, &self.login).await?;
        Ok(present.is_some_and(|present| present.password_hash == self.candidate.password_hash))
    }
}

/// What a browser that signed in gets to keep.
#[derive(Debug)]
pub struct SignedIn {
    pub token: String,
    /// For the cookie by which the browser is known from now on.
    pub browser: String,
    pub me: Me,
}

/// What comes of a first factor.
#[derive(Debug)]
pub enum Begun {
    Whole(Box<SignedIn>),
    /// A second one is asked for.
    Half(Box<Halved>),
}

/// Checks login and password, within the limits on guessing.
pub async fn prove(call: &Call, input: &SignIn) -> Result<Proven, Error> {
    if input.login.chars().count() > MAX_LOGIN {
        return Err(Error::new(Code::SignInFailed, "The login or the password is wrong."));
    }
    let login = text::fold(&input.login);
    let app = &call.app;
    let mut cx = Cx::read(app, Caller::System).await?;
    let (own, slowing) = tries_of(&mut cx, &call.origin, &call.headers, &login).await?;
    drop(cx);
    let taken = app.attempts.wait(&own, &slowing, &app.clock).await?;
    let mut cx = Cx::read(app, Caller::System).await?;
    let candidate = sql::candidate(&mut cx, &login).await?;
    drop(cx);
    let hash = candidate.as_ref().and_then(|candidate| candidate.password_hash.clone());
    let right = app
        .passwords
        .verify(&Turn::new(call.origin.limited_as(), login.as_str()), input.password.expose(), hash)
        .await?;
    match candidate {
        Some(candidate) if right => {
            let now = app.clock.now();
            app.attempts.give_back(&[own], now);
            app.attempts.give_back(taken, now);
            Ok(Proven { candidate, login })
        }
        _ => Err(Error::new(Code::SignInFailed, "The login or the password is wrong.")),
    }
}

/// A known browser has a bucket of its own, so that nobody else at its address locks it out.
async fn tries_of(cx: &mut Cx, origin: &Origin, headers: &HeaderMap, login: &str) -> Result<(Try, Vec<Try>), Error> {
    let address = origin.limited_as();
    let jar = CookieJar::from_headers(headers);
    if let Some(cookie) = jar.get(BROWSER_COOKIE)
        && let Some(secret) = crate::setup::installation_secret(cx).await?
        && let Some(known) = known_browser(&secret, cookie.value(), login)
    {
        return Ok(((format!("browser {known}"), PER_LOGIN), Vec::new()));
    }
    let own = (format!("login {login} {address}"), PER_LOGIN);
    Ok((own, vec![(format!("login {login}"), PER_TARGET), (format!("address {address}"), PER_ADDRESS)]))
}

/// The bucket that wrong second factors are taken from. A known browser has one of its own, as for passwords: whoever has
/// stolen a password keeps its owner out no longer than that.
pub(crate) async fn try_of_second_factor(call: &Call, half: &Half) -> Result<Try, Error> {
    let mut cx = Cx::read(&call.app, Caller::System).await?;
    let jar = CookieJar::from_headers(&call.headers);
    if let Some(cookie) = jar.get(BROWSER_COOKIE)
        && let Some(secret) = crate::setup::installation_secret(&mut cx).await?
        && let Some(known) = known_browser(&secret, cookie.value(), &half.login)
    {
        return Ok((format!("second factor browser {known}"), SECOND_FACTOR));
    }
    Ok((format!("second factor {}", half.account.id.as_str()), SECOND_FACTOR))
}

/// Whether this is the password of whoever asks.
pub(crate) async fn is_own_password(call: &Call, account: &Account, password: &str) -> Result<bool, Error> {
    let mut cx = call.read().await?;
    let candidate = sql::candidate(&mut cx, &text::fold(&account.login)).await?;
    drop(cx);
    let hash = candidate.and_then(|candidate| candidate.password_hash);
    call.app.passwords.verify(&call.turn(), password, hash).await
}

/// The cookie's value: a random name and a signature over it and the login.
fn browser_cookie(secret: &str, name: &str, login: &str) -> String {
    format!("{name}.{}", browser_signature(secret, name, login))
}

fn browser_signature(secret: &str, name: &str, login: &str) -> String {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    // A key of any length is taken.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    for part in ["tenantry known browser", name, login] {
        mac.update(&Sha256::digest(part.as_bytes()));
    }
    data_encoding::HEXLOWER.encode(&mac.finalize().into_bytes())
}

fn known_browser(secret: &str, cookie: &str, login: &str) -> Option<String> {
    let (name, signature) = cookie.split_once('.')?;
    let expected = browser_signature(secret, name, login);
    let valid = !expected.is_empty() && bool::from(expected.as_bytes().ct_eq(signature.as_bytes()));
    valid.then(|| name.to_owned())
}

/// Goes on from a password that was right.
pub async fn begin(tx: &mut Tx, proven: &Proven, former: Option<&str>) -> Result<Begun, Error> {
    // The password may have been changed since it was proven; its sessions have ended, and this would be one of them.
    if !proven.still_holds(tx).await? {
        return Err(Error::new(Code::SignInFailed, "The login or the password is wrong."));
    }
    if !sql::candidate(tx, &proven.login).await?.is_some_and(|present| present.opens_web) {
        return Err(Error::new(Code::SignInFailed, "Web access of this customer is switched off."));
    }
    let id = match proven.candidate.user_id.clone() {
        Some(user) => AccountId::User(UserId::from_text(user)),
        None => AccountId::Customer(CustomerId::from_text(proven.candidate.customer_id.as_str())),
    };
    go_on(tx, &id, &proven.login, former, None).await
}

/// Signs an account in that has given its first factor: whole, or half where a second one is asked for. A session that the
/// browser had before ends. `provider`: who has proven it, where that was another provider and no password.
pub(crate) async fn go_on(
    tx: &mut Tx,
    id: &AccountId,
    login: &str,
    former: Option<&str>,
    provider: Option<&str>,
) -> Result<Begun, Error> {
    if let Some(former) = former {
        sql::delete(tx, former).await?;
    }
    let account = account_with(tx, id).await?;
    let account =
        account.ok_or_else(|| Error::new(Code::SignInFailed, "The account is gone, or not active any more."))?;
    let enrols = match half::demand(tx, &account).await? {
        Demand::Nothing => return Ok(Begun::Whole(Box::new(open(tx, id, login, provider).await?))),
        Demand::Factor => false,
        Demand::Enrolment => true,
    };
    Ok(Begun::Half(Box::new(half::begin(tx, &account, login, enrols, provider).await?)))
}

/// Begins a session, for an account that has proven itself.
pub(crate) async fn open(tx: &mut Tx, id: &AccountId, login: &str, provider: Option<&str>) -> Result<SignedIn, Error> {
    let token = token(tx.app.random)?;
    let hash = token_hash(&token);
    let now = tx.now;
    let address = tx.origin.address.clone();
    let (user, customer) = match id {
        AccountId::User(user) => (Some(user), None),
        AccountId::Customer(customer) => (None, Some(customer)),
    };
    sql::insert(tx, &hash, user, customer, address).await?;
    if let Some(user) = user {
        crate::users::sql::signed_in(tx, user).await?;
    }
    let row = find(tx, &hash).await?.ok_or_else(|| Error::internal("a session that was made is gone"))?;
    let account = account(row);
    tx.caller = Caller::Account(account.clone());
    let mut told =
        json!({ "login": account.login, "method": if provider.is_some() { "provider" } else { "password" } });
    if let Some(provider) = provider {
        told["provider"] = json!(provider);
    }
    tx.record(Entry::new(ChangeAction::SessionCreated, subject(&account)).after(told));
    let secret = crate::setup::installation_secret(tx).await?.unwrap_or_default();
    let name = data_encoding::HEXLOWER.encode(&tx.app.random.bytes::<16>()?);
    let browser = browser_cookie(&secret, &name, login);
    let expires_at = now.checked_add(LONGEST).unwrap_or(Timestamp::MAX);
    let me = me(tx, &account, Some(expires_at)).await?;
    Ok(SignedIn { token, browser, me })
}

/// Forgets sessions that have ended. Returns how many.
pub async fn forget_ended(app: &App) -> Result<u64, Error> {
    let now = app.clock.now();
    let before = |span: SignedDuration| now.checked_sub(span).unwrap_or(Timestamp::MIN).as_microsecond();
    // The last uses first: one that seems idle may have been used a moment ago.
    base::credentials::store_seen(app).await?;
    base::beside!(app, |tx| sql::delete_ended(tx, before(LONGEST), before(IDLE)).await)
}

/// Who the caller is.
pub async fn me(cx: &mut Cx, account: &Account, expires_at: Option<Timestamp>) -> Result<Me, Error> {
    // Where one stands oneself is no secret, whatever one may read.
    let row = crate::customers::sql::find_anywhere(cx, &account.customer_id).await?.ok_or_else(Error::not_found)?;
    let second_factor = crate::factors::state(cx, account).await?;
    let view_settings = crate::views::settings_of(cx, account).await?;
    Ok(Me {
        id: account.id.as_str().to_owned(),
        name: account.name.clone(),
        login: account.login.clone(),
        role: account.role,
        customer_id: account.customer_id.clone(),
        customer_name: row.company_name,
        customer_level: row.level,
        expires_at: expires_at.map(Time),
        second_factor,
        view_settings,
        is_key_officer: account.permissions.has(Permission::ManageKeys),
        permissions: account.permissions.list(),
        grantable_roles: account.grantable_roles(),
        token_name: account.token.as_ref().map(|token| token.name.clone()),
        operations: operations_of(account),
    })
}

pub async fn delete(tx: &mut Tx, session: &Session) -> Result<(), Error> {
    sql::delete(tx, &session.token_hash).await?;
    tx.record(Entry::new(ChangeAction::SessionDeleted, subject(&session.account)));
    Ok(())
}

/// An account in the change log.
pub(crate) fn subject(account: &Account) -> Subject {
    Subject {
        kind: match account.id {
            AccountId::User(_) => "user",
            AccountId::Customer(_) => "customer",
        },
        id: account.id.as_str().to_owned(),
        name: account.name.clone(),
        customer_id: account.customer_id.clone(),
        path: account.path.clone(),
    }
}

/// Sets one's own password. All other sessions of the account end.
pub async fn set_own_password(tx: &mut Tx, session: &Session, hash: &str) -> Result<(), Error> {
    let account = &session.account;
    match &account.id {
        AccountId::User(id) => {
            crate::users::sql::set_password(tx, id, hash).await?;
            sql::delete_of_user(tx, id, Some(&session.token_hash)).await?;
        }
        AccountId::Customer(id) => {
            crate::customers::sql::set_password(tx, id, hash).await?;
            crate::devices::outdate(tx, id).await?;
            sql::delete_of_customer(tx, id, Some(&session.token_hash)).await?;
        }
    }
    crate::invitations::delete_of(tx, &account.id).await?;
    let action = match account.id {
        AccountId::User(_) => ChangeAction::UserPasswordSet,
        AccountId::Customer(_) => ChangeAction::CustomerPasswordSet,
    };
    tx.record(Entry::new(action, subject(account)));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_for_its_login_only() {
        let cookie = browser_cookie("secret", "abc", "mia@example.com");
        assert_eq!(known_browser("secret", &cookie, "mia@example.com").as_deref(), Some("abc"));
        assert_eq!(known_browser("secret", &cookie, "eve@example.com"), None);
        assert_eq!(known_browser("other", &cookie, "mia@example.com"), None);
        assert_eq!(known_browser("secret", "abc.", "mia@example.com"), None);
    }
}
