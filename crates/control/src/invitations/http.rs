//! Invitations over HTTP.

use api::id::UserId;
use api::invitation::{Invitation, InvitationAccept};
use axum::extract::Path;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::attempts::WRONG_SECRETS;
use base::authn::check_password;
use base::http::{Command, Failure, Nothing, Open, Reply};
use base::text::Checks;
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(invitation_create)).routes(routes!(invitation_accept))
}

/// Makes a link with which the account's owner sets a password. Earlier links end.
#[utoipa::path(post, path = "/users/{id}/invitation", operation_id = "invitation_create", tag = "users",
    params(("id" = String, Path)), responses((status = 201, body = Invitation)))]
async fn invitation_create(Path(id): Path<UserId>, command: Command<Nothing>) -> Result<Reply<Invitation>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &id).await)
}

/// Sets the password of the account that the link is for.
#[utoipa::path(post, path = "/invitations/accept", operation_id = "invitation_accept", tag = "users", security(()),
    request_body = InvitationAccept, responses((status = 204, description = "Set; sign in.")))]
async fn invitation_accept(Open(command): Open<InvitationAccept>) -> Result<Reply<()>, Failure> {
    let (call, input) = (&command.call, &command.input);
    let mut cx = call.read().await?;
    let known = match super::find(&mut cx, input.token.expose()).await {
        Ok(user) => crate::users::names_of_invited(&mut cx, &user).await?,
        // A repeated request finds its answer under its key.
        Err(_) if call.is_kept(&mut cx).await? => Vec::new(),
        Err(error) => {
            let tries = [(format!("invitation {}", call.origin.limited_as()), WRONG_SECRETS)];
            call.app.attempts.take(&tries, call.app.clock.now())?;
            return Err(error.into());
        }
    };
    drop(cx);
    let mut checks = Checks::default();
    checks.take(
        "password",
        check_password(input.password.expose(), &known.iter().map(String::as_str).collect::<Vec<_>>()),
    );
    checks.finish()?;
    let hash = command.hash(input.password.expose()).await?;
    transact!(command, NO_CONTENT, |tx| super::accept(tx, command.input.token.expose(), &hash).await)
}
