//! Signing in and out over HTTP.

use api::session::{Me, OwnPassword, SignIn};
use api::{Code, Error};
use axum::Json;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::{Cookie, CookieJar, SameSite};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{BROWSER_COOKIE, BROWSER_KNOWN_SECONDS};
use base::App;
use base::attempts::OWN_PASSWORD;
use base::authn::check_password;
use base::authz::Permission;
use base::credentials::{COOKIE, LONGEST_SECONDS};
use base::cx::Caller;
use base::http::{Call, Command, Failure, Nothing, Open, Reply};
use base::text::Checks;
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(session_create))
        .routes(routes!(session_delete))
        .routes(routes!(me_show))
        .routes(routes!(me_set_password))
}

fn cookie(call: &Call, name: &'static str, value: String, max_age_seconds: i64) -> Cookie<'static> {
    Cookie::build((name, value))
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(call.app.config.public_url.starts_with("https://"))
        .max_age(time::Duration::seconds(max_age_seconds))
        .build()
}

/// Signs in; the answer sets the session cookie.
#[utoipa::path(post, path = "/sessions", operation_id = "session_create", tag = "sessions", security(()),
    request_body = SignIn, responses((status = 201, body = Me)))]
async fn session_create(Open(command): Open<SignIn>) -> Result<Response, Failure> {
    let Command { call, input, .. } = command;
    let proven = super::prove(&call, &input).await?;
    let former = call.session().map(|session| session.token_hash.clone());
    let signed_in = base::run!(call.app, Caller::Nobody, call.origin.clone(), |tx| {
        super::create(tx, &proven, former.as_deref()).await
    })?;
    let jar = CookieJar::new().add(cookie(&call, COOKIE, signed_in.token, LONGEST_SECONDS)).add(cookie(
        &call,
        BROWSER_COOKIE,
        signed_in.browser,
        BROWSER_KNOWN_SECONDS,
    ));
    Ok((StatusCode::CREATED, jar, Json(signed_in.me)).into_response())
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
    let gone = cookie(call, COOKIE, String::new(), 0);
    Ok((CookieJar::new().add(gone), reply).into_response())
}

/// Who is signed in.
#[utoipa::path(get, path = "/me", operation_id = "me_show", tag = "sessions", responses((status = 200, body = Me)))]
async fn me_show(call: Call) -> Result<Json<Me>, Failure> {
    let account = call.account()?;
    let mut cx = call.read().await?;
    let expires_at = call.session().map_or(cx.now, |session| session.expires_at);
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
    let candidate = super::sql::candidate(&mut cx, &base::text::fold(&account.login)).await?;
    drop(cx);
    let hash = candidate.and_then(|candidate| candidate.password_hash);
    if !call.app.passwords.verify(&call.turn(), command.input.current_password.expose(), hash).await? {
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
