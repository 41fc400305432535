//! By what a request proves who sends it: [`Credential`]. That is the session of a cookie, or an API token: each a row. The
//! browser, or the program, has an opaque text, and we have its hash. Or it is half a sign-in, which allows its other half
//! and nothing else.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use ::http::{HeaderMap, header};
use api::id::{CustomerId, SessionId, TokenId, UserId};
use api::permission::Permission;
use api::units::Time;
use api::user::Role;
use api::{Code, Error, Level};
use axum_extra::extract::cookie::CookieJar;
use db::sql;
use jiff::{SignedDuration, Timestamp};
use tree::Path;

use crate::App;
use crate::authn::token_hash;
use crate::authz::{Account, AccountId, Permissions, TokenOfCaller, permissions_with};
use crate::cx::{Caller, Cx, Tx};

/// The cookie with the session's token.
pub const COOKIE: &str = "tenantry_session";
/// The cookie of a sign-in that lacks its second half.
pub const HALF_COOKIE: &str = "tenantry_sign_in";
/// So long a sign-in may lack it.
pub const HALF_SECONDS: i64 = 10 * 60;
pub const IDLE: SignedDuration = SignedDuration::from_hours(12);
pub const LONGEST: SignedDuration = SignedDuration::from_secs(LONGEST_SECONDS);
/// No session lives longer than this, however much it is used.
pub const LONGEST_SECONDS: i64 = 30 * 24 * 60 * 60;
/// The last use of a session or a token is noted at most this often.
const TOUCH_EVERY: SignedDuration = SignedDuration::from_mins(1);

/// When sessions and tokens were last used, by the hashes of their secrets. Noted in memory and stored behind, so that no request has to write to be answered: a
/// database that only reads still knows who is signed in.
#[derive(Debug, Default)]
pub struct Seen(Mutex<HashMap<String, Timestamp>>);

impl Seen {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Timestamp>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Of the session or token with this hash, as far as it isn't stored yet.
    pub fn of(&self, token_hash: &str) -> Option<Timestamp> {
        self.lock().get(token_hash).copied()
    }

    fn note(&self, token_hash: String, at: Timestamp) {
        self.lock().insert(token_hash, at);
    }
}

/// Stores when sessions and tokens were last used. Returns how many were.
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
        for (hash, at) in &seen {
            touch_token(tx, hash, at.as_microsecond()).await?;
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
    /// Whoever has given the right password and nothing more.
    Half(Half),
    Token(Token),
}

impl Credential {
    /// Whose it is; what it allows is another question.
    pub fn account(&self) -> &Account {
        match self {
            Self::Session(session) => &session.account,
            Self::Half(half) => &half.account,
            Self::Token(token) => &token.account,
        }
    }

    /// Whether it allows what the account may do.
    pub fn signs_in(&self) -> bool {
        match self {
            Self::Session(_) | Self::Token(_) => true,
            Self::Half(_) => false,
        }
    }

    /// Whether a browser sends it along whoever asks it to, so that only the console's own pages may.
    pub fn is_sent_unasked(&self) -> bool {
        match self {
            Self::Session(_) | Self::Half(_) => true,
            Self::Token(_) => false,
        }
    }

    /// The account as it is now.
    ///
    /// # Errors
    /// `sign_in_required` if the credential has ended meanwhile.
    pub async fn account_now(&self, cx: &mut Cx) -> Result<Account, Error> {
        match self {
            Self::Session(session) => account_of(cx, session).await,
            Self::Half(half) => match half_with(cx, &half.token_hash).await? {
                Some(half) => Ok(half.account),
                None => Err(Error::new(Code::SignInRequired, "This took too long; sign in again.")),
            },
            Self::Token(token) => Ok(token_with(cx, &token.secret_hash).await?.ok_or_else(ended_token)?.account),
        }
    }
}

/// Somebody who has given the right password and lacks a second factor.
#[derive(Clone, Debug)]
pub struct Half {
    pub token_hash: String,
    pub account: Account,
    /// As it was typed, folded.
    pub login: String,
    /// Whether a factor has to be set up first, since the account has none.
    pub enrols: bool,
    /// What a passkey has to answer, sealed.
    pub challenge: Option<String>,
    /// Who has signed the account in, where that was another provider.
    pub provider: Option<String>,
}

/// Somebody who is signed in.
#[derive(Clone, Debug)]
pub struct Session {
    pub id: SessionId,
    pub token_hash: String,
    pub account: Account,
    pub begun_at: Timestamp,
    pub expires_at: Timestamp,
}

/// What a request proves, if it proves anything that still holds.
pub async fn of_request(app: &App, headers: &HeaderMap) -> Result<Option<Credential>, Error> {
    // Whoever sends a token means it, whatever cookie comes along.
    if let Some(secret) = bearer(headers) {
        return token_of(app, secret).await.map(|token| Some(Credential::Token(token)));
    }
    if let Some(session) = session_of(app, headers).await? {
        return Ok(Some(Credential::Session(session)));
    }
    Ok(half_of(app, headers).await?.map(Credential::Half))
}

/// The half of a sign-in that a request's cookie stands for, if it isn't over.
async fn half_of(app: &App, headers: &HeaderMap) -> Result<Option<Half>, Error> {
    let jar = CookieJar::from_headers(headers);
    let Some(cookie) = jar.get(HALF_COOKIE) else { return Ok(None) };
    let mut cx = Cx::read(app, Caller::System).await?;
    half_with(&mut cx, &token_hash(cookie.value())).await
}

db::record! {
    /// Half a sign-in as it is stored.
    struct HalfRow {
        account_id: String,
        login: String,
        enrols: bool,
        challenge: Option<String>,
        provider: Option<String>,
    }
}

/// The half with this token, with its account as it is now.
pub async fn half_with(cx: &mut Cx, token_hash: &str) -> Result<Option<Half>, Error> {
    let now = cx.now.as_microsecond();
    let row: Option<HalfRow> = cx
        .opt(sql![
            "select ",
            db::columns::<HalfRow>(),
            " from half_sign_ins where token_hash = ",
            token_hash,
            " and expires_at > ",
            now
        ])
        .await?;
    let Some(HalfRow { account_id, login, enrols, challenge, provider }) = row else { return Ok(None) };
    let account = account_with(cx, &AccountId::from_text(account_id)).await?;
    let token_hash = token_hash.to_owned();
    Ok(account.map(|account| Half { token_hash, account, login, enrols, challenge, provider }))
}

/// A program that asks for somebody.
#[derive(Clone, Debug)]
pub struct Token {
    secret_hash: String,
    /// As far as it is stored.
    last_used_at: Option<Timestamp>,
    /// Its owner, with no more rights than both have, at the place where it holds.
    pub account: Account,
    pub expires_at: Option<Timestamp>,
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, secret) = headers.get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(secret.trim())
}

fn ended_token() -> Error {
    let detail = "The API token is unknown, was revoked or has expired, or its owner may do nothing of it any more.";
    Error::new(Code::TokenInvalid, detail)
}

async fn token_of(app: &App, secret: &str) -> Result<Token, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let token = token_with(&mut cx, &token_hash(secret)).await?.ok_or_else(ended_token)?;
    let now = cx.now;
    drop(cx);
    if app
        .seen
        .of(&token.secret_hash)
        .max(token.last_used_at)
        .is_none_or(|seen| now.duration_since(seen) >= TOUCH_EVERY)
    {
        app.seen.note(token.secret_hash.clone(), now);
    }
    Ok(token)
}

db::record! {
    /// A token with the account that it asks for.
    struct TokenRow {
        id: String,
        secret_hash: String,
        token_name: String,
        token_permissions: String,
        expires_at: Option<i64>,
        last_used_at: Option<i64>,
        scope_id: String,
        scope_path: Path as db::Text,
        scope_level: Level as db::Text,
        user_id: Option<String>,
        customer_id: String,
        name: String,
        login: String,
        role: Role as db::Text,
        is_key_officer: bool,
        path: Path as db::Text,
        level: Level as db::Text,
    }
}

/// Reads the names that a row of a token has. One that this version doesn't know allows nothing.
pub fn read_permissions(text: &str) -> Permissions {
    text.split(' ').filter_map(|name| name.parse::<Permission>().ok()).collect()
}

impl TokenRow {
    /// What it opens now; nothing where its owner may do nothing of it.
    fn into_token(self, now: Timestamp) -> Option<Token> {
        let expires_at = self.expires_at.map(|at| Time::from_micros(at).0);
        let Self { user_id, customer_id, name, login, role, is_key_officer, path, level, .. } = self;
        let owner = AccountRow { user_id, customer_id, name, login, role, is_key_officer, path, level }.into_account();
        let permissions = read_permissions(&self.token_permissions).both(owner.permissions);
        let holds = expires_at.is_none_or(|at| now < at) && owner.sees(&self.scope_path) && !permissions.is_empty();
        let token =
            TokenOfCaller { id: TokenId::from_text(self.id), name: self.token_name, owner_path: owner.path.clone() };
        holds.then(|| Token {
            secret_hash: self.secret_hash,
            last_used_at: self.last_used_at.map(|at| Time::from_micros(at).0),
            expires_at,
            account: Account {
                permissions,
                customer_id: CustomerId::from_text(self.scope_id),
                path: self.scope_path,
                level: self.scope_level,
                token: Some(Box::new(token)),
                ..owner
            },
        })
    }
}

async fn token_with(cx: &mut Cx, secret_hash: &str) -> Result<Option<Token>, Error> {
    token_where(cx, sql!["t.secret_hash = ", secret_hash]).await
}

async fn token_where(cx: &mut Cx, wanted: db::Sql) -> Result<Option<Token>, Error> {
    let row: Option<TokenRow> = cx
        .opt(sql![
            "select t.id as id, t.secret_hash as secret_hash, t.name as token_name, t.permissions as token_permissions,
             t.expires_at as expires_at, t.last_used_at as last_used_at, s.id as scope_id, s.path as scope_path, s.level as scope_level,
             t.user_id as user_id, c.id as customer_id, coalesce(u.name, c.company_name) as name,
             coalesce(u.email, c.username) as login, coalesce(u.role, 'customer') as role,
             coalesce(u.is_key_officer, false) as is_key_officer, c.path as path, c.level as level
             from tokens t join customers s on s.id = t.customer_id left join users u on u.id = t.user_id
             join customers c on c.id = coalesce(u.customer_id, t.owner_customer_id)
             where (u.is_active or (u.id is null and c.username_folded is not null and c.web_access)) and ",
            wanted
        ])
        .await?;
    let now = cx.now;
    Ok(row.and_then(|row| row.into_token(now)))
}

/// What the token with this id opens now, for what it began and goes on after its request.
pub async fn account_of_token(cx: &mut Cx, id: &TokenId) -> Result<Option<Account>, Error> {
    Ok(token_where(cx, sql!["t.id = ", id]).await?.map(|token| token.account))
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
    Ok(Some(Session {
        id: row.id.clone(),
        token_hash: row.token_hash.clone(),
        account: account(row),
        begun_at: created,
        expires_at: ends(created, LONGEST),
    }))
}

/// The account of a session row.
pub fn account(row: SessionRow) -> Account {
    let SessionRow { user_id, customer_id, name, login, role, is_key_officer, path, level, .. } = row;
    AccountRow { user_id, customer_id, name, login, role, is_key_officer, path, level }.into_account()
}

db::record! {
    /// An account, whatever it came with.
    struct AccountRow {
        user_id: Option<String>,
        customer_id: String,
        name: String,
        login: String,
        role: Role as db::Text,
        is_key_officer: bool,
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
            permissions: permissions_with(self.role, self.is_key_officer),
            customer_id,
            path: self.path,
            level: self.level,
            token: None,
        }
    }
}

/// The account with this id as it is now, whatever it came with.
pub async fn account_with(cx: &mut Cx, id: &AccountId) -> Result<Option<Account>, Error> {
    let statement = match id {
        AccountId::User(user) => sql![
            "select u.id as user_id, c.id as customer_id, u.name as name, u.email as login, u.role as role,
             u.is_key_officer as is_key_officer, c.path as path, c.level as level
             from users u join customers c on c.id = u.customer_id where u.is_active and u.id = ",
            user.as_str()
        ],
        AccountId::Customer(customer) => sql![
            "select null as user_id, c.id as customer_id, c.company_name as name, c.username as login,
             'customer' as role, false as is_key_officer, c.path as path, c.level as level from customers c
             where c.username is not null and c.web_access and c.id = ",
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
        pub id: SessionId as db::Text,
        pub token_hash: String,
        pub user_id: Option<String>,
        pub customer_id: String,
        pub name: String,
        pub login: String,
        pub role: Role as db::Text,
        pub is_key_officer: bool,
        pub path: Path as db::Text,
        pub level: Level as db::Text,
        pub created_at: i64,
        pub last_seen_at: i64,
    }
}

/// The session with this token, with its account as it is now.
pub async fn find(cx: &mut Cx, token_hash: &str) -> Result<Option<SessionRow>, Error> {
    cx.opt(sql![
        "select coalesce(s.id, '') as id, s.token_hash as token_hash, s.user_id as user_id, c.id as customer_id,
         coalesce(u.name, c.company_name) as name, coalesce(u.email, c.username) as login,
         coalesce(u.role, 'customer') as role,
         coalesce(u.is_key_officer, false) as is_key_officer, c.path as path, c.level as level, s.created_at as created_at, s.last_seen_at as last_seen_at
         from sessions s left join users u on u.id = s.user_id
         join customers c on c.id = coalesce(u.customer_id, s.customer_id)
         where (u.is_active or (u.id is null and c.web_access)) and s.token_hash = ", token_hash
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

async fn touch_token(tx: &mut Tx, secret_hash: &str, at: i64) -> Result<u64, Error> {
    tx.exec(sql![
        "update tokens set last_used_at = ",
        at,
        " where secret_hash = ",
        secret_hash,
        " and coalesce(last_used_at, 0) < ",
        at
    ])
    .await
}
