//! Signing in and out over HTTP.

use api::factor::HalfSignIn;
use api::id::{CustomerId, SessionId, UserId};
use api::session::{Me, OwnPassword, SessionList, SessionsEnded, SignIn};
use api::{Code, Error};
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{BROWSER_COOKIE, BROWSER_KNOWN_SECONDS, Begun, SignedIn};
use base::App;
use base::attempts::OWN_PASSWORD;
use base::authn::check_password;
use base::authz::Permission;
use base::credentials::{COOKIE, Credential, HALF_COOKIE, HALF_SECONDS, LONGEST_SECONDS};
use base::cx::Caller;
use base::http::{Call, Command, Failure, Nothing, Open, Reply, show};
use base::text::Checks;
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(session_list, session_create))
        .routes(routes!(session_delete))
        .routes(routes!(session_revoke))
        .routes(routes!(session_revoke_others))
        .routes(routes!(user_session_list))
        .routes(routes!(customer_session_list))
        .routes(routes!(me_show))
        .routes(routes!(me_set_password))
}

pub(crate) fn cookie(call: &Call, name: &'static str, value: String, max_age_seconds: i64) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(call.app.config.public_url.starts_with("https://"))
        .max_age(time::Duration::seconds(max_age_seconds))
        .build()
}

/// What a browser gets to keep that has signed in.
pub(crate) fn cookies_of(call: &Call, signed_in: &SignedIn) -> CookieJar {
    let session = cookie(call, COOKIE, signed_in.token.clone(), LONGEST_SECONDS);
    let browser = cookie(call, BROWSER_COOKIE, signed_in.browser.clone(), BROWSER_KNOWN_SECONDS);
    let jar = CookieJar::new().add(session).add(browser);
    match CookieJar::from_headers(&call.headers).get(HALF_COOKIE) {
        Some(_) => jar.add(cookie(call, HALF_COOKIE, String::new(), 0)),
        None => jar,
    }
}

/// The answer to whoever has given a first factor.
pub(crate) fn answer(call: &Call, begun: Begun) -> Response {
    match begun {
        Begun::Whole(signed_in) => {
            (StatusCode::CREATED, cookies_of(call, &signed_in), Json(signed_in.me)).into_response()
        }
        Begun::Half(halved) => {
            let half = cookie(call, HALF_COOKIE, halved.token.expose().to_owned(), HALF_SECONDS);
            (StatusCode::ACCEPTED, CookieJar::new().add(half), Json(halved.told)).into_response()
        }
    }
}

/// Signs in; the answer sets the session cookie. Where a second factor is asked for, it sets one that allows to give it, and
/// nothing else, and says what is to be done: `POST /sessions/second_factor`, or setting one up.
#[utoipa::path(post, path = "/sessions", operation_id = "session_create", tag = "sessions", security(()),
    request_body = SignIn, responses((status = 201, body = Me), (status = 202, body = HalfSignIn)))]
async fn session_create(Open(command): Open<SignIn>) -> Result<Response, Failure> {
    let Command { call, input, .. } = command;
    let proven = super::prove(&call, &input).await?;
    let former = call.session().map(|session| session.token_hash.clone());
    let begun = base::run!(call.app, Caller::Nobody, call.origin.clone(), |tx| {
        super::begin(tx, &proven, former.as_deref()).await
    })?;
    Ok(answer(&call, begun))
}

/// Signs out.
#[utoipa::path(delete, path = "/sessions/current", operation_id = "session_delete", tag = "sessions",
    responses((status = 204, description = "Signed out.")))]
async fn session_delete(command: Command<Nothing>) -> Result<Response, Failure> {
    let call = &command.call;
    let reply: Reply<()> = transact!(command, NO_CONTENT, |tx| async {
        match call.session() {
            Some(session) => super::delete(tx, session).await,
            None => Ok(()),
        }
    }
    .await)?;
    if let Some(session) = call.session() {
        crate::vaults::forget_session(&call.app, session);
    }
    let gone = cookie(call, COOKIE, String::new(), 0);
    Ok((CookieJar::new().add(gone), reply).into_response())
}

/// Where one is signed in oneself, the last used first.
#[utoipa::path(get, path = "/sessions", operation_id = "session_list", tag = "sessions",
    responses((status = 200, body = SessionList)))]
async fn session_list(call: Call) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::listed::own(&mut cx, call.session()).await?)?)
}

/// Where a person is signed in.
#[utoipa::path(get, path = "/users/{id}/sessions", operation_id = "user_session_list", tag = "sessions",
    params(("id" = String, Path)), responses((status = 200, body = SessionList)))]
async fn user_session_list(call: Call, Path(id): Path<UserId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::listed::of_user(&mut cx, &id, call.session()).await?)?)
}

/// Where a customer's own account is signed in.
#[utoipa::path(get, path = "/customers/{id}/sessions", operation_id = "customer_session_list", tag = "sessions",
    params(("id" = String, Path)), responses((status = 200, body = SessionList)))]
async fn customer_session_list(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::listed::of_customer(&mut cx, &id, call.session()).await?)?)
}

/// Ends a session: one's own, or one of somebody below.
#[utoipa::path(delete, path = "/sessions/{id}", operation_id = "session_revoke", tag = "sessions",
    params(("id" = String, Path)), responses((status = 204, description = "Ended.")))]
async fn session_revoke(Path(id): Path<SessionId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::listed::revoke(tx, &id).await)
}

/// Ends all of one's sessions but this one.
#[utoipa::path(post, path = "/sessions/revoke_others", operation_id = "session_revoke_others", tag = "sessions",
    responses((status = 200, body = SessionsEnded)))]
async fn session_revoke_others(command: Command<Nothing>) -> Result<Reply<SessionsEnded>, Failure> {
    let call = &command.call;
    transact!(command, OK, |tx| super::listed::revoke_others(tx, call.session()).await)
}

/// Who is signed in.
#[utoipa::path(get, path = "/me", operation_id = "me_show", tag = "sessions", responses((status = 200, body = Me)))]
async fn me_show(call: Call) -> Result<Json<Me>, Failure> {
    let account = call.account()?;
    let mut cx = call.read().await?;
    let expires_at = match &call.credential {
        Some(Credential::Session(session)) => Some(session.expires_at),
        Some(Credential::Token(token)) => token.expires_at,
        Some(Credential::Half(_)) | None => None,
    };
    Ok(Json(super::me(&mut cx, account, expires_at).await?))
}

/// Sets one's own password; other sessions of the account end.
#[utoipa::path(post, path = "/me/password", operation_id = "me_set_password", tag = "sessions",
    request_body = OwnPassword, responses((status = 204, description = "Set.")))]
async fn me_set_password(command: Command<OwnPassword>) -> Result<Reply<()>, Failure> {
    let call = &command.call;
    let account = call.account()?;
    let mut cx = call.read().await?;
    let home = crate::customers::names(&mut cx, &account.customer_id, Permission::ReadCustomers).await?;
    let own = [account.login.as_str(), account.name.as_str()];
    let known: Vec<&str> = home.iter().map(String::as_str).chain(own).collect();
    let mut checks = Checks::default();
    checks.take("password", check_password(command.input.password.expose(), &known));
    checks.finish()?;
    let tries = [(format!("own password {}", account.id.as_str()), OWN_PASSWORD)];
    call.app.attempts.take(&tries, call.app.clock.now())?;
    drop(cx);
    if !super::is_own_password(call, account, command.input.current_password.expose()).await? {
        return Err(Error::field("current_password", Code::Invalid, "Is not the present password.").into());
    }
    call.app.attempts.give_back(&tries, call.app.clock.now());
    let hash = command.hash(command.input.password.expose()).await?;
    transact!(command, NO_CONTENT, |tx| async {
        match call.session() {
            Some(session) => super::set_own_password(tx, session, &hash).await,
            None => Ok(()),
        }
    }
    .await)
}
