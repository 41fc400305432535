//! Licences over HTTP.

use api::id::{CustomerId, LicenceId};
use api::licence::{
    Licence, LicenceAssign, LicenceGrant, LicenceReassign, LicenceRenew, LicenceUpdate, LicencesThen, LicencesThenQuery,
};
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Nothing, Parameters, Reply, listed, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(licence_list))
        .routes(routes!(licence_count))
        .routes(routes!(licence_list_then, licence_grant))
        .routes(routes!(licence_show, licence_update, licence_cancel))
        .routes(routes!(licence_assign))
        .routes(routes!(licence_revoke))
        .routes(routes!(licence_reassign))
        .routes(routes!(licence_renew))
}

/// Licences below the caller, the oldest first unless sorted otherwise.
#[utoipa::path(get, path = "/licences", operation_id = "licence_list", tag = "licences", params(ListQuery),
    responses((status = 200, body = Page<Licence>)))]
async fn licence_list(call: Call, Parameters(query): Parameters<ListQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// How many licences of the list have which value.
#[utoipa::path(get, path = "/licences/counts", operation_id = "licence_count", tag = "licences", params(CountQuery),
    responses((status = 200, body = ListCounts)))]
async fn licence_count(call: Call, Parameters(query): Parameters<CountQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_in_turn().await?;
    Ok(show(&super::count(&mut cx, &query).await?)?)
}

/// What was held at a customer and below it at the end of a day, and what of that was assigned to which site.
#[utoipa::path(get, path = "/customers/{id}/licences", operation_id = "licence_list_then", tag = "licences",
    params(("id" = String, Path), LicencesThenQuery), responses((status = 200, body = LicencesThen)))]
async fn licence_list_then(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<LicencesThenQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::held_on(&mut cx, &id, &query).await?)?)
}

/// Grants a licence to an end customer, under a plan or of a product alone.
#[utoipa::path(post, path = "/customers/{id}/licences", operation_id = "licence_grant", tag = "licences",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = LicenceGrant, responses((status = 201, body = Licence)))]
async fn licence_grant(Path(id): Path<CustomerId>, command: Command<LicenceGrant>) -> Result<Reply<Licence>, Failure> {
    transact!(command, CREATED, |tx| super::grant(tx, &id, &command.input).await)
}

/// One licence, with what its sites have of it.
#[utoipa::path(get, path = "/licences/{id}", operation_id = "licence_show", tag = "licences",
    params(("id" = String, Path)), responses((status = 200, body = Licence)))]
async fn licence_show(call: Call, Path(id): Path<LicenceId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Changes how much it is of, and how it goes on.
#[utoipa::path(patch, path = "/licences/{id}", operation_id = "licence_update", tag = "licences",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = LicenceUpdate, responses((status = 200, body = Licence)))]
async fn licence_update(Path(id): Path<LicenceId>, command: Command<LicenceUpdate>) -> Result<Reply<Licence>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| super::update(tx, &id, expected, &command.input).await)
}

/// Ends a licence now, with what is assigned of it.
#[utoipa::path(delete, path = "/licences/{id}", operation_id = "licence_cancel", tag = "licences",
    params(("id" = String, Path)), responses((status = 204, description = "Ended.")))]
async fn licence_cancel(Path(id): Path<LicenceId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::cancel(tx, &id, command.call.if_match).await)
}

/// Assigns some of a licence to a site.
#[utoipa::path(post, path = "/licences/{id}/assign", operation_id = "licence_assign", tag = "licences",
    params(("id" = String, Path)), request_body = LicenceAssign, responses((status = 200, body = Licence)))]
async fn licence_assign(Path(id): Path<LicenceId>, command: Command<LicenceAssign>) -> Result<Reply<Licence>, Failure> {
    transact!(command, OK, |tx| super::assign(tx, &id, command.call.if_match, &command.input).await)
}

/// Takes some of a licence from a site.
#[utoipa::path(post, path = "/licences/{id}/revoke", operation_id = "licence_revoke", tag = "licences",
    params(("id" = String, Path)), request_body = LicenceAssign, responses((status = 200, body = Licence)))]
async fn licence_revoke(Path(id): Path<LicenceId>, command: Command<LicenceAssign>) -> Result<Reply<Licence>, Failure> {
    transact!(command, OK, |tx| super::revoke(tx, &id, command.call.if_match, &command.input).await)
}

/// Gives some of what one site has to another, at once.
#[utoipa::path(post, path = "/licences/{id}/reassign", operation_id = "licence_reassign", tag = "licences",
    params(("id" = String, Path)), request_body = LicenceReassign, responses((status = 200, body = Licence)))]
async fn licence_reassign(
    Path(id): Path<LicenceId>,
    command: Command<LicenceReassign>,
) -> Result<Reply<Licence>, Failure> {
    transact!(command, OK, |tx| super::reassign(tx, &id, command.call.if_match, &command.input).await)
}

/// Lets a licence go on: from its end, from now, or from now if it has expired; or until a day.
#[utoipa::path(post, path = "/licences/{id}/renew", operation_id = "licence_renew", tag = "licences",
    params(("id" = String, Path)), request_body = LicenceRenew, responses((status = 200, body = Licence)))]
async fn licence_renew(Path(id): Path<LicenceId>, command: Command<LicenceRenew>) -> Result<Reply<Licence>, Failure> {
    transact!(command, OK, |tx| super::renew(tx, &id, command.call.if_match, &command.input).await)
}
