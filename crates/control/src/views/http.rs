//! Saved views over HTTP.

use api::id::ViewId;
use api::page::Page;
use api::view::{View, ViewCreate, ViewDefault, ViewQuery, ViewSettings, ViewUpdate};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Nothing, Parameters, Reply, listed, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(view_list, view_create))
        .routes(routes!(view_show, view_update, view_delete))
        .routes(routes!(view_set_default))
        .routes(routes!(view_restore))
        .routes(routes!(me_set_view_settings))
}

/// The views that the caller uses, by name: its own, and those that are shared with it. There are few, so all are told.
#[utoipa::path(get, path = "/views", operation_id = "view_list", tag = "views", params(ViewQuery),
    responses((status = 200, body = Page<View>)))]
async fn view_list(call: Call, Parameters(query): Parameters<ViewQuery>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(listed(&api::page::ListQuery::default(), &super::list(&mut cx, &query).await?)?)
}

/// Saves a view: one's own, or one that is shared.
#[utoipa::path(post, path = "/views", operation_id = "view_create", tag = "views",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = ViewCreate, responses((status = 201, body = View)))]
async fn view_create(command: Command<ViewCreate>) -> Result<Reply<View>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &command.input).await)
}

/// One view.
#[utoipa::path(get, path = "/views/{id}", operation_id = "view_show", tag = "views", params(("id" = String, Path)),
    responses((status = 200, body = View)))]
async fn view_show(call: Call, Path(id): Path<ViewId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Renames a view, changes what it shows, shares it or no longer.
#[utoipa::path(patch, path = "/views/{id}", operation_id = "view_update", tag = "views",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = ViewUpdate, responses((status = 200, body = View)))]
async fn view_update(Path(id): Path<ViewId>, command: Command<ViewUpdate>) -> Result<Reply<View>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| super::update(tx, &id, expected, &command.input).await)
}

/// Deletes a view. Lists that opened with it open as they did before. For a day it can be brought back.
#[utoipa::path(delete, path = "/views/{id}", operation_id = "view_delete", tag = "views",
    params(("id" = String, Path)), responses((status = 204, description = "Deleted.")))]
async fn view_delete(Path(id): Path<ViewId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::delete(tx, &id, command.call.if_match).await)
}

/// Brings back a view that the caller has deleted within the last day, as it was.
#[utoipa::path(post, path = "/views/{id}/restore", operation_id = "view_restore", tag = "views",
    params(("id" = String, Path)), responses((status = 200, body = View)))]
async fn view_restore(Path(id): Path<ViewId>, command: Command<Nothing>) -> Result<Reply<View>, Failure> {
    transact!(command, OK, |tx| super::restore(tx, &id).await)
}

/// Lets the caller's list open with this view, or no longer.
#[utoipa::path(post, path = "/views/{id}/default", operation_id = "view_set_default", tag = "views",
    params(("id" = String, Path)), request_body = ViewDefault, responses((status = 200, body = View)))]
async fn view_set_default(Path(id): Path<ViewId>, command: Command<ViewDefault>) -> Result<Reply<View>, Failure> {
    transact!(command, OK, |tx| super::set_default(tx, &id, command.input.is_default).await)
}

/// Sets what the caller's lists leave out; `GET /me` tells it.
#[utoipa::path(put, path = "/me/view_settings", operation_id = "me_set_view_settings", tag = "views",
    request_body = ViewSettings, responses((status = 200, body = ViewSettings)))]
async fn me_set_view_settings(command: Command<ViewSettings>) -> Result<Reply<ViewSettings>, Failure> {
    transact!(command, OK, |tx| super::set_settings(tx, command.input).await)
}
