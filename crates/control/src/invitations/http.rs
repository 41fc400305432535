//! Invitations over HTTP.

use api::id::{CustomerId, UserId};
use api::invitation::{CustomerInvitation, Invitation, InvitationAccept, InvitationCreate};
use axum::extract::Path;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::attempts::WRONG_SECRETS;
use base::authn::check_password;
use base::http::{Command, Failure, Open, Reply};
use base::text::Checks;
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(invitation_create))
        .routes(routes!(customer_invitation_create))
        .routes(routes!(invitation_accept))
}

/// Makes a link with which the account's owner sets a password. Earlier links end.
#[utoipa::path(post, path = "/users/{id}/invitation", operation_id = "invitation_create", tag = "users",
    params(("id" = String, Path)), request_body = Option<InvitationCreate>, responses((status = 201, body = Invitation)))]
async fn invitation_create(
    Path(id): Path<UserId>,
    command: Command<InvitationCreate>,
) -> Result<Reply<Invitation>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &id, command.input).await)
}

/// Makes a link with which the customer sets the password of its own account. Earlier links end.
#[utoipa::path(post, path = "/customers/{id}/invitation", operation_id = "customer_invitation_create", tag = "customers",
    params(("id" = String, Path)), request_body = Option<InvitationCreate>,
    responses((status = 201, body = CustomerInvitation)))]
async fn customer_invitation_create(
    Path(id): Path<CustomerId>,
    command: Command<InvitationCreate>,
) -> Result<Reply<CustomerInvitation>, Failure> {
    transact!(command, CREATED, |tx| super::create_for_customer(tx, &id, command.input).await)
}

/// Sets the password of the account that the link is for.
#[utoipa::path(post, path = "/invitations/accept", operation_id = "invitation_accept", tag = "users", security(()),
    request_body = InvitationAccept, responses((status = 204, description = "Set; sign in.")))]
async fn invitation_accept(Open(command): Open<InvitationAccept>) -> Result<Reply<()>, Failure> {
    let (call, input) = (&command.call, &command.input);
    let mut cx = call.read().await?;
    let known = match super::find(&mut cx, input.token.expose()).await {
        Ok(owner) => super::names_of(&mut cx, &owner).await?,
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
