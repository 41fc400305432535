//! API tokens over HTTP.

use api::id::TokenId;
use api::page::{ListQuery, Page};
use api::token::{Token, TokenCreate, TokenCreated};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::sessions::own;
use base::App;
use base::http::{Call, Command, Failure, Nothing, Parameters, Reply, listed};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(token_list, token_create)).routes(routes!(token_revoke))
}

/// One's own tokens and, for who may manage people, those of everybody below, without their secrets; the newest first
/// unless sorted otherwise.
#[utoipa::path(get, path = "/tokens", operation_id = "token_list", tag = "tokens", params(ListQuery),
    responses((status = 200, body = Page<Token>)))]
async fn token_list(call: Call, Parameters(query): Parameters<ListQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// Makes a token for oneself. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/tokens", operation_id = "token_create", tag = "tokens", request_body = TokenCreate,
    responses((status = 201, body = TokenCreated)))]
async fn token_create(command: Command<TokenCreate>) -> Result<Reply<TokenCreated>, Failure> {
    let call = &command.call;
    if !call.session().is_some_and(|session| own::is_fresh(call, session)) {
        own::prove(call, command.input.current_password.as_ref()).await?;
    }
    transact!(command, CREATED, |tx| super::create(tx, &command.input).await)
}

/// Ends a token for good: one's own, or one of somebody below.
#[utoipa::path(delete, path = "/tokens/{id}", operation_id = "token_revoke", tag = "tokens",
    params(("id" = String, Path)), responses((status = 204, description = "Revoked.")))]
async fn token_revoke(Path(id): Path<TokenId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::revoke(tx, &id).await)
}
