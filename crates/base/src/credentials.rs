//! By what a request proves who sends it: [`Credential`]. Today that is the session of a cookie: a row; the browser has an
//! opaque token that scripts cannot read, and we have its hash.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::http::HeaderMap;
use api::id::{CustomerId, UserId};
use api::units::Time;
use api::user::Role;
use api::{Code, Error, Level};
use axum_extra::extract::cookie::CookieJar;
use db::sql;
use jiff::{SignedDuration, Timestamp};
use tree::Path;

use crate::App;
use crate::authn::token_hash;
use crate::authz::{Account, AccountId, permissions_of};
use crate::cx::{Caller, Cx, Tx};

/// The cookie with the session's token.
pub const COOKIE: &str = "tenantry_session";
pub const IDLE: SignedDuration = SignedDuration::from_hours(12);
pub const LONGEST: SignedDuration = SignedDuration::from_secs(LONGEST_SECONDS);
/// No session lives longer than this, however much it is used.
pub const LONGEST_SECONDS: i64 = 30 * 24 * 60 * 60;
/// A session's last use is noted at most this often.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// When sessions were last used. Noted in memory and stored behind, so that no request has to write to be answered: a
/// database that only reads still knows who is signed in.
#[derive(Debug, Default)]
pub struct Seen(Mutex<HashMap<String, Timestamp>>);

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn of(&self, token_hash: &str) -> Option<Timestamp> {
        self.lock().get(token_hash).copied()
    }

    fn note(&self, token_hash: String, at: Timestamp) {
        self.lock().insert(token_hash, at);
    }
}

/// Stores when sessions were last used. Returns how many were.
pub async fn store_seen(app: &App) -> Result<u64, Error> {
    let mut seen: Vec<(String, Timestamp)> = app.seen.lock().iter().map(|(hash, at)| (hash.clone(), *at)).collect();
    if seen.is_empty() {
        return Ok(0);
    }
    // Rows are written in one order by everybody.
    seen.sort_unstable();
    crate::beside!(app, |tx| async {
        for (hash, at) in &seen {
            touch(tx, hash, at.as_microsecond()).await?;
        }
        Ok(())
    }
    .await)?;
    let mut noted = app.seen.lock();
    for (hash, at) in &seen {
        if noted.get(hash) == Some(at) {
            noted.remove(hash);
        }
    }
    Ok(seen.len() as u64)
}

/// What a request came with and what was found to be true. Each kind says of itself what the rest of the program has to
/// know: whose it is, and whether a browser sends it without being told to.
#[derive(Clone, Debug)]
pub enum Credential {
    Session(Session),
}

impl Credential {
    pub fn account(&self) -> &Account {
        match self {
            Self::Session(session) => &session.account,
        }
    }

    /// Whether a browser sends it along whoever asks it to, so that only the console's own pages may.
    pub fn is_sent_unasked(&self) -> bool {
        match self {
            Self::Session(_) => true,
        }
    }

    /// The account as it is now.
    ///
    /// # Errors
    /// `sign_in_required` if the credential has ended meanwhile.
    pub async fn account_now(&self, cx: &mut Cx) -> Result<Account, Error> {
        match self {
            Self::Session(session) => account_of(cx, session).await,
        }
    }
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    pub token_hash: String,
    pub account: Account,
    pub expires_at: Timestamp,
}

/// What a request proves, if it proves anything that still holds.
pub async fn of_request(app: &App, headers: &HeaderMap) -> Result<Option<Credential>, Error> {
    Ok(session_of(app, headers).await?.map(Credential::Session))
}

/// The session that a request's cookie stands for, if it still lives.
async fn session_of(app: &App, headers: &HeaderMap) -> Result<Option<Session>, Error> {
    let jar = CookieJar::from_headers(headers);
    let Some(cookie) = jar.get(COOKIE) else { return Ok(None) };
    let hash = token_hash(cookie.value());
    let mut cx = Cx::read(app, Caller::System).await?;
    let Some(row) = find(&mut cx, &hash).await? else { return Ok(None) };
    let now = cx.now;
    drop(cx);
    let created = Time::from_micros(row.created_at).0;
    let stored = Time::from_micros(row.last_seen_at).0;
    let seen = app.seen.of(&hash).map_or(stored, |seen| stored.max(seen));
    let ends = |from: Timestamp, after: SignedDuration| from.checked_add(after).unwrap_or(Timestamp::MAX);
    let expires_at = ends(created, LONGEST).min(ends(seen, IDLE));
    if now >= expires_at {
        return Ok(None);
    }
    if now.duration_since(seen) >= TOUCH_EVERY {
        app.seen.note(hash, now);
    }
    Ok(Some(Session { token_hash: row.token_hash.clone(), account: account(row), expires_at: ends(created, LONGEST) }))
}

/// The account of a session row.
pub fn account(row: SessionRow) -> Account {
    let SessionRow { user_id, customer_id, name, login, role, path, level, .. } = row;
    AccountRow { user_id, customer_id, name, login, role, path, level }.into_account()
}

db::record! {
    /// An account, whatever it came with.
    struct AccountRow {
        user_id: Option<String>,
        customer_id: String,
        name: String,
        login: String,
        role: Role as db::Text,
        path: Path as db::Text,
        level: Level as db::Text,
    }
}

impl AccountRow {
    fn into_account(self) -> Account {
        let customer_id = CustomerId::from_text(self.customer_id);
        let id = match self.user_id {
            Some(id) => AccountId::User(UserId::from_text(id)),
            None => AccountId::Customer(customer_id.clone()),
        };
        Account {
            id,
            name: self.name,
            login: self.login,
            role: self.role,
            permissions: permissions_of(self.role),
            customer_id,
            path: self.path,
            level: self.level,
        }
    }
}

/// The account with this id as it is now, whatever it came with.
pub async fn account_with(cx: &mut Cx, id: &AccountId) -> Result<Option<Account>, Error> {
    let statement = match id {
        AccountId::User(user) => sql![
            "select u.id as user_id, c.id as customer_id, u.name as name, u.email as login, u.role as role,
             c.path as path, c.level as level from users u join customers c on c.id = u.customer_id where u.id = ",
            user.as_str()
        ],
        AccountId::Customer(customer) => sql![
            "select null as user_id, c.id as customer_id, c.company_name as name, c.username as login,
             'customer' as role, c.path as path, c.level as level from customers c
             where c.username is not null and c.id = ",
            customer.as_str()
        ],
    };
    let row: Option<AccountRow> = cx.opt(statement).await?;
    Ok(row.map(AccountRow::into_account))
}

async fn account_of(cx: &mut Cx, session: &Session) -> Result<Account, Error> {
    let row = find(cx, &session.token_hash).await?;
    row.map(account).ok_or_else(|| Error::new(Code::SignInRequired, "The session has ended; sign in again."))
}

db::record! {
    /// A session with the account that it belongs to.
    #[derive(Clone, Debug)]
    pub struct SessionRow {
        pub token_hash: String,
        pub user_id: Option<String>,
        pub customer_id: String,
        pub name: String,
        pub login: String,
        pub role: Role as db::Text,
        pub path: Path as db::Text,
        pub level: Level as db::Text,
        pub created_at: i64,
        pub last_seen_at: i64,
    }
}

/// The session with this token, with its account as it is now.
pub async fn find(cx: &mut Cx, token_hash: &str) -> Result<Option<SessionRow>, Error> {
    cx.opt(sql![
        "select s.token_hash as token_hash, s.user_id as user_id, c.id as customer_id,
         coalesce(u.name, c.company_name) as name, coalesce(u.email, c.username) as login,
         coalesce(u.role, 'customer') as role, c.path as path, c.level as level, s.created_at as created_at, s.last_seen_at as last_seen_at
         from sessions s left join users u on u.id = s.user_id
         join customers c on c.id = coalesce(u.customer_id, s.customer_id)
         where s.token_hash = ", token_hash
    ])
    .await
}

async fn touch(tx: &mut Tx, token_hash: &str, at: i64) -> Result<u64, Error> {
    tx.exec(sql![
        "update sessions set last_seen_at = ",
        at,
        " where token_hash = ",
        token_hash,
        " and last_seen_at < ",
        at
    ])
    .await
}
