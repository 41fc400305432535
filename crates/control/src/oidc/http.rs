//! Sign-in by a provider of identities over HTTP.

use api::factor::HalfSignIn;
use api::id::CustomerId;
use api::oidc::{ForeignSignIn, ForeignSignInBegin, ForeignSignInBegun, SignInProvider, SignInProviderSet};
use api::session::Me;
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use axum_extra::extract::cookie::CookieJar;
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{AWAY_COOKIE, AWAY_SECONDS, CheckedProvider};
use base::App;
use base::attempts::FOREIGN_SIGN_INS;
use base::http::{Call, Command, Failure, Nothing, Open, Reply, show};
use base::transact;

use crate::sessions::http::{answer, cookie};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(sign_in_provider_show, sign_in_provider_set, sign_in_provider_remove))
        .routes(routes!(foreign_sign_in_begin))
        .routes(routes!(foreign_sign_in_finish))
}

/// By whom a customer lets its people be signed in.
#[utoipa::path(get, path = "/customers/{id}/sign_in_provider", operation_id = "sign_in_provider_show", tag = "sign-in providers",
    params(("id" = String, Path)), responses((status = 200, body = SignInProvider)))]
async fn sign_in_provider_show(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Sets by whom, all of it anew. Its accounts are those at the customer and below it with a mail address that the provider
/// vouches for; none is made by it.
#[utoipa::path(put, path = "/customers/{id}/sign_in_provider", operation_id = "sign_in_provider_set", tag = "sign-in providers",
    params(("id" = String, Path)), request_body = SignInProviderSet, responses((status = 200, body = SignInProvider)))]
async fn sign_in_provider_set(
    Path(id): Path<CustomerId>,
    command: Command<SignInProviderSet>,
) -> Result<Reply<SignInProvider>, Failure> {
    let checked = CheckedProvider::of(&command.call.app, &command.input)?;
    let expected = command.call.if_match;
    transact!(command, OK, |tx| super::set(
        tx,
        command.call.credential.as_ref(),
        &id,
        expected,
        &command.input,
        &checked
    )
    .await)
}

/// Nobody is signed in by it any more. Sessions go on.
#[utoipa::path(delete, path = "/customers/{id}/sign_in_provider", operation_id = "sign_in_provider_remove", tag = "sign-in providers",
    params(("id" = String, Path)), responses((status = 204, description = "There is none any more.")))]
async fn sign_in_provider_remove(Path(id): Path<CustomerId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::remove(tx, command.call.credential.as_ref(), &id, command.call.if_match)
        .await)
}

/// Tells where to send a browser that signs in by a provider. It comes back to an address of that provider's own with a code and a state,
/// within 15 minutes; the answer sets a cookie by which it is known then.
#[utoipa::path(post, path = "/sessions/foreign/begin", operation_id = "foreign_sign_in_begin", tag = "sessions", security(()),
    request_body = ForeignSignInBegin, responses((status = 200, body = ForeignSignInBegun)))]
async fn foreign_sign_in_begin(Open(command): Open<ForeignSignInBegin>) -> Result<Response, Failure> {
    let Command { call, input, .. } = command;
    // Each asks somebody else: they don't get more of it from us than people can make.
    let tries = [(format!("foreign sign-ins {}", call.origin.limited_as()), FOREIGN_SIGN_INS)];
    call.app.attempts.take(&tries, call.app.clock.now())?;
    let (url, secret) = super::begin(&call.app, &call.origin, &input).await?;
    let away = CookieJar::new().add(cookie(&call, AWAY_COOKIE, secret, AWAY_SECONDS));
    Ok((StatusCode::OK, away, Json(ForeignSignInBegun { url })).into_response())
}

/// Signs in by what a browser has brought back from a provider. Second factors are asked for as after a password.
#[utoipa::path(post, path = "/sessions/foreign", operation_id = "foreign_sign_in_finish", tag = "sessions", security(()),
    request_body = ForeignSignIn, responses((status = 201, body = Me), (status = 202, body = HalfSignIn)))]
async fn foreign_sign_in_finish(Open(command): Open<ForeignSignIn>) -> Result<Response, Failure> {
    let Command { call, input, .. } = command;
    let jar = CookieJar::from_headers(&call.headers);
    let away = jar.get(AWAY_COOKIE).map(|cookie| cookie.value().to_owned()).unwrap_or_default();
    let former = call.session().map(|session| session.token_hash.clone());
    let begun = super::finish(&call.app, &call.origin, &away, &input, former.as_deref()).await?;
    let gone = CookieJar::new().add(cookie(&call, AWAY_COOKIE, String::new(), 0));
    Ok((gone, answer(&call, begun)).into_response())
}
