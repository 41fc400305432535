//! Pass keys over HTTP.

use api::id::{CustomerId, PassKeyId};
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::pass_key::{PassKey, PassKeyCreate, PassKeyCreated};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Nothing, Parameters, Reply, listed, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(pass_key_list, pass_key_create))
        .routes(routes!(pass_key_list_below))
        .routes(routes!(pass_key_count))
        .routes(routes!(pass_key_revoke))
        .routes(routes!(pass_key_rotate))
}

/// A customer's pass keys, without their secrets.
#[utoipa::path(get, path = "/customers/{id}/pass_keys", operation_id = "pass_key_list", tag = "pass_keys",
    params(("id" = String, Path), ListQuery), responses((status = 200, body = Page<PassKey>)))]
async fn pass_key_list(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &id, &query).await?)?)
}

/// Pass keys of all end customers below the caller, without their secrets, the oldest first unless sorted otherwise.
#[utoipa::path(get, path = "/pass_keys", operation_id = "pass_key_list_below", tag = "pass_keys", params(ListQuery),
    responses((status = 200, body = Page<PassKey>)))]
async fn pass_key_list_below(call: Call, Parameters(query): Parameters<ListQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list_below(&mut cx, &query).await?)?)
}

/// How many pass keys of the list have which value.
#[utoipa::path(get, path = "/pass_keys/counts", operation_id = "pass_key_count", tag = "pass_keys", params(CountQuery),
    responses((status = 200, body = ListCounts)))]
async fn pass_key_count(call: Call, Parameters(query): Parameters<CountQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_in_turn().await?;
    Ok(show(&super::count(&mut cx, &query).await?)?)
}

/// Makes a pass key for an end customer or a site. Its secret is in this answer and nowhere else.
#[utoipa::path(post, path = "/customers/{id}/pass_keys", operation_id = "pass_key_create", tag = "pass_keys",
    params(("id" = String, Path)), request_body = PassKeyCreate, responses((status = 201, body = PassKeyCreated)))]
async fn pass_key_create(
    Path(id): Path<CustomerId>,
    command: Command<PassKeyCreate>,
) -> Result<Reply<PassKeyCreated>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &id, &command.input).await)
}

/// Puts a new secret in place of the old one.
#[utoipa::path(post, path = "/pass_keys/{id}/rotate", operation_id = "pass_key_rotate", tag = "pass_keys",
    params(("id" = String, Path)), responses((status = 200, body = PassKeyCreated)))]
async fn pass_key_rotate(
    Path(id): Path<PassKeyId>,
    command: Command<Nothing>,
) -> Result<Reply<PassKeyCreated>, Failure> {
    transact!(command, OK, |tx| super::rotate(tx, &id).await)
}

/// Ends a pass key. Devices that registered with it go on.
#[utoipa::path(delete, path = "/pass_keys/{id}", operation_id = "pass_key_revoke", tag = "pass_keys",
    params(("id" = String, Path)), responses((status = 204, description = "Revoked.")))]
async fn pass_key_revoke(Path(id): Path<PassKeyId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::revoke(tx, &id).await)
}
