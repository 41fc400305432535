//! Second factors over HTTP.

use api::factor::{
    Factor, FactorAdded, FactorUpdate, OwnFactors, PasskeyAdd, PasskeyChallenge, Proof, RecoveryCodes, SecondFactor,
    TotpBegun, TotpConfirm,
};
use api::id::{CustomerId, FactorId, UserId};
use api::session::Me;
use api::units::Secret;
use api::user::User;
use api::{Code, Error};
use axum::Json;
use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::attempts::{OWN_PASSWORD, SECOND_FACTOR};
use base::authz::Account;
use base::credentials::Credential;
use base::cx::Caller;
use base::http::{Call, Command, Failure, Nothing, Open, Reply, show};
use base::transact;

use super::proof::{Given, of_session, of_sign_in};
use crate::sessions::http::cookies_of;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(session_finish))
        .routes(routes!(me_prove))
        .routes(routes!(me_prove_begin))
        .routes(routes!(factor_list))
        .routes(routes!(factor_update, factor_delete))
        .routes(routes!(totp_begin))
        .routes(routes!(totp_confirm))
        .routes(routes!(passkey_begin))
        .routes(routes!(passkey_add))
        .routes(routes!(recovery_codes_renew))
        .routes(routes!(user_reset_factors))
        .routes(routes!(customer_reset_factors))
}

/// An answer that sets cookies is given once: sent again, it would be one without them.
fn once<T>(mut command: Command<T>) -> Command<T> {
    if matches!(command.call.credential, Some(Credential::Half(_))) {
        command.call.idempotency_key = None;
    }
    command
}

/// Counts a code that was wrong, and says so.
async fn failed(call: &Call, account: &Account, given: Given<'_>, error: Error) -> Result<Error, Error> {
    if given.is_code() && error.code == Code::SecondFactorFailed {
        base::run!(call.app, Caller::Nobody, call.origin.clone(), |tx| {
            super::proof::count_failure(tx, account).await
        })?;
    }
    Ok(error)
}

/// The second half of a sign-in, within ten minutes after the first; the answer sets the session cookie.
#[utoipa::path(post, path = "/sessions/second_factor", operation_id = "session_finish", tag = "sessions",
    request_body = SecondFactor, responses((status = 201, body = Me)))]
async fn session_finish(Open(command): Open<SecondFactor>) -> Result<Response, Failure> {
    let Command { call, input, .. } = command;
    let given = of_sign_in(&input)?;
    let half = call.half()?;
    let own = crate::sessions::try_of_second_factor(&call, half).await?;
    call.app.attempts.wait(&own, &[], &call.app.clock).await?;
    let finished =
        base::run!(call.app, Caller::Nobody, call.origin.clone(), |tx| super::half::finish(tx, half, given).await);
    let signed_in = match finished {
        Ok(signed_in) => signed_in,
        Err(error) => return Err(failed(&call, &half.account, given, error).await?.into()),
    };
    call.app.attempts.give_back([&own], call.app.clock.now());
    let cookies = cookies_of(&call, &signed_in);
    Ok((StatusCode::CREATED, cookies, Json(signed_in.me)).into_response())
}

/// Proves once more who one is, for what a session that was left open must not allow: by a second factor where the account
/// has one, else by the password. It holds for ten minutes, as signing in does.
#[utoipa::path(post, path = "/me/proof", operation_id = "me_prove", tag = "sessions",
    request_body = Proof, responses((status = 204, description = "Proven.")))]
async fn me_prove(command: Command<Proof>) -> Result<Reply<()>, Failure> {
    let call = &command.call;
    let account = call.account()?;
    let Some(session) = call.session() else {
        return Err(Error::new(Code::Forbidden, "Only somebody who is signed in can prove who they are.").into());
    };
    let Some(given) = of_session(&command.input)? else {
        let password = command.input.current_password.as_ref().map(Secret::expose).unwrap_or_default();
        let tries = [(format!("own password {}", account.id.as_str()), OWN_PASSWORD)];
        call.app.attempts.take(&tries, call.app.clock.now())?;
        if !crate::sessions::is_own_password(call, account, password).await? {
            return Err(Error::field("current_password", Code::Invalid, "Is not the present password.").into());
        }
        call.app.attempts.give_back(&tries, call.app.clock.now());
        return transact!(command, NO_CONTENT, |tx| super::proof::by_password(tx, session).await);
    };
    let tries = [(format!("second factor {}", account.id.as_str()), SECOND_FACTOR)];
    call.app.attempts.take(&tries, call.app.clock.now())?;
    let proven: Result<Reply<()>, Failure> =
        transact!(command, NO_CONTENT, |tx| super::proof::by_factor(tx, session, given).await);
    match proven {
        Ok(reply) => {
            call.app.attempts.give_back(&tries, call.app.clock.now());
            Ok(reply)
        }
        Err(failure) if failure.code() == Code::SecondFactorFailed => {
            let wrong = Error::new(Code::SecondFactorFailed, "This is not it, or it was used before.");
            let wrong = failed(call, account, given, wrong).await?;
            // Whoever is signed in stays so: to them this is a wrong field.
            Err(Error::field(given.field(), Code::Invalid, wrong.detail).into())
        }
        Err(failure) => Err(failure),
    }
}

/// What a passkey has to answer to prove once more who one is, within 30 minutes.
#[utoipa::path(post, path = "/me/proof/challenge", operation_id = "me_prove_begin", tag = "sessions",
    responses((status = 201, body = PasskeyChallenge)))]
async fn me_prove_begin(command: Command<Nothing>) -> Result<Reply<PasskeyChallenge>, Failure> {
    transact!(command, CREATED, |tx| super::proof::begin(tx).await)
}

/// The caller's own second factors.
#[utoipa::path(get, path = "/me/factors", operation_id = "factor_list", tag = "factors",
    responses((status = 200, body = OwnFactors)))]
async fn factor_list(call: Call) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::list(&mut cx).await?)?)
}

/// Renames one.
#[utoipa::path(patch, path = "/me/factors/{id}", operation_id = "factor_update", tag = "factors",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = FactorUpdate, responses((status = 200, body = Factor)))]
async fn factor_update(Path(id): Path<FactorId>, command: Command<FactorUpdate>) -> Result<Reply<Factor>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| super::rename(tx, &id, expected, &command.input).await)
}

/// Removes one. Needs a session that has proven itself within ten minutes.
#[utoipa::path(delete, path = "/me/factors/{id}", operation_id = "factor_delete", tag = "factors",
    params(("id" = String, Path)), responses((status = 204, description = "Removed.")))]
async fn factor_delete(Path(id): Path<FactorId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    let call = &command.call;
    transact!(command, NO_CONTENT, |tx| super::remove(tx, call.credential.as_ref(), &id, call.if_match).await)
}

/// Begins to set up codes from an app. They count once one was sent back, within 30 minutes, and take the place of those
/// that the account had.
#[utoipa::path(post, path = "/me/factors/totp", operation_id = "totp_begin", tag = "factors",
    responses((status = 201, body = TotpBegun)))]
async fn totp_begin(command: Command<Nothing>) -> Result<Reply<TotpBegun>, Failure> {
    transact!(command, CREATED, |tx| super::begin_totp(tx, command.call.credential.as_ref()).await)
}

/// Confirms codes by the first of them. Whoever had to set one up to sign in is signed in with it.
#[utoipa::path(post, path = "/me/factors/totp/confirm", operation_id = "totp_confirm", tag = "factors",
    request_body = TotpConfirm, responses((status = 201, body = FactorAdded)))]
async fn totp_confirm(command: Command<TotpConfirm>) -> Result<Response, Failure> {
    let command = once(command);
    let call = &command.call;
    let tries = [(format!("codes of {}", call.account()?.id.as_str()), SECOND_FACTOR)];
    call.app.attempts.take(&tries, call.app.clock.now())?;
    let mut begun = None;
    let reply: Reply<FactorAdded> = transact!(command, CREATED, |tx| {
        let added = super::confirm_totp(tx, call.credential.as_ref(), &command.input).await;
        added.map(|(added, signed_in)| {
            begun = signed_in;
            added
        })
    })?;
    call.app.attempts.give_back(&tries, call.app.clock.now());
    Ok((begun.map(|signed_in| cookies_of(call, &signed_in)), reply).into_response())
}

/// What a new passkey has to answer, within 30 minutes.
#[utoipa::path(post, path = "/me/factors/passkeys/challenge", operation_id = "passkey_begin", tag = "factors",
    responses((status = 201, body = PasskeyChallenge)))]
async fn passkey_begin(command: Command<Nothing>) -> Result<Reply<PasskeyChallenge>, Failure> {
    transact!(command, CREATED, |tx| super::begin_passkey(tx, command.call.credential.as_ref()).await)
}

/// Adds a passkey by what it has answered. Whoever had to set one up to sign in is signed in with it.
#[utoipa::path(post, path = "/me/factors/passkeys", operation_id = "passkey_add", tag = "factors",
    request_body = PasskeyAdd, responses((status = 201, body = FactorAdded)))]
async fn passkey_add(command: Command<PasskeyAdd>) -> Result<Response, Failure> {
    let command = once(command);
    let call = &command.call;
    let mut begun = None;
    let reply: Reply<FactorAdded> = transact!(command, CREATED, |tx| {
        let added = super::add_passkey(tx, call.credential.as_ref(), &command.input).await;
        added.map(|(added, signed_in)| {
            begun = signed_in;
            added
        })
    })?;
    Ok((begun.map(|signed_in| cookies_of(call, &signed_in)), reply).into_response())
}

/// Makes ten new recovery codes; those before are worth nothing any more. Needs a session that has proven itself within
/// ten minutes.
#[utoipa::path(post, path = "/me/recovery_codes", operation_id = "recovery_codes_renew", tag = "factors",
    responses((status = 201, body = RecoveryCodes)))]
async fn recovery_codes_renew(command: Command<Nothing>) -> Result<Reply<RecoveryCodes>, Failure> {
    transact!(command, CREATED, |tx| super::renew_codes(tx, command.call.credential.as_ref()).await)
}

/// Takes away all second factors of somebody who has lost them. Their sessions end.
#[utoipa::path(post, path = "/users/{id}/factors/reset", operation_id = "user_reset_factors", tag = "factors",
    params(("id" = String, Path)), responses((status = 200, body = User)))]
async fn user_reset_factors(Path(id): Path<UserId>, command: Command<Nothing>) -> Result<Reply<User>, Failure> {
    transact!(command, OK, |tx| super::reset_user(tx, &id).await)
}

/// The same of a customer's own account.
#[utoipa::path(post, path = "/customers/{id}/factors/reset", operation_id = "customer_reset_factors", tag = "factors",
    params(("id" = String, Path)), responses((status = 204, description = "There are none any more.")))]
async fn customer_reset_factors(Path(id): Path<CustomerId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::reset_customer(tx, &id).await)
}
