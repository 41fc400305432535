//! The change log over HTTP.

use api::change::Change;
use api::id::CustomerId;
use api::page::{ExportQuery, ListQuery, Page};
use axum::extract::Path;
use axum::response::sse::{KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Whole;
use super::feed::{HEARTBEAT, Watcher};
use base::App;
use base::http::{Call, Failure, Parameters, listed};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(change_list)).routes(routes!(change_export)).routes(routes!(feed_show))
}

/// What happened at a customer and below it: who, when, from where, before and after. The newest first.
#[utoipa::path(get, path = "/customers/{id}/changes", operation_id = "change_list", tag = "changes",
    params(("id" = String, Path), ListQuery), responses((status = 200, body = Page<Change>)))]
async fn change_list(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &id, &query).await?)?)
}

/// All of that as a file: `docs/exports.md`. Beside the fields of the list there are `before` and `after`.
#[utoipa::path(get, path = "/customers/{id}/changes/export", operation_id = "change_export", tag = "changes",
    params(("id" = String, Path), ExportQuery),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")),
        headers(("tenantry-as-of" = String, description = "The moment that all of it was read at.")))))]
async fn change_export(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<ExportQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read_steadily().await?;
    let whole = Whole::of(&mut cx, &id, &query).await?;
    Ok(base::export::answer_from(cx, &query, "changes", &Whole::fields(), whole)?)
}

/// What happens, as it happens: server-sent events of what the caller may see.
///
/// - `ready`: comes first, so that there is an id to come back with. `{}`
/// - `change`: something was written to the change log. `{"action", "subject_kind", "subject_id", "path"}`, where `path` is
///   the ids from the top of what the caller may see down to the customer that it happened at, each followed by a slash.
/// - `usage`: used bytes or last backups changed. `{"paths": […]}` of the customers that the devices stand under, at most
///   every two seconds; `null` where they are many.
/// - `task`: a task that the caller began has moved on. `{"id", "state", "progress": {"done", "total"}}`.
/// - `views`: views that are shared with the caller from above may be others. `{}`
/// - `reset`: what was missed is too much to be told. Read anew whatever is shown. `{}`
///
/// A comment comes every 15 seconds. The events' ids are cursors: a client that connects again sends the last one as
/// `Last-Event-ID` and is told what it missed. It ends with the session.
#[utoipa::path(get, path = "/feed", operation_id = "feed_show", tag = "changes",
    params(("Last-Event-ID" = Option<String>, Header, description = "The id of the last event that was received.")),
    responses((status = 200, content_type = "text/event-stream", body = String)))]
async fn feed_show(call: Call) -> Result<Response, Failure> {
    let watcher = Watcher::begin(&call).await?;
    Ok(Sse::new(watcher.events()).keep_alive(KeepAlive::new().interval(HEARTBEAT)).into_response())
}
