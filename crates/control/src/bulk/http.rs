//! Bulk actions over HTTP.

use api::bulk::{BulkPreview, BulkRequest, TaskBegun};
use axum::Json;
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Checked;
use base::App;
use base::http::{Command, Failure};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(bulk_run))
}

/// Does the same to many. With `dry_run` it answers with what would become of each; otherwise a task begins, whose results
/// say it.
#[utoipa::path(post, path = "/bulk", operation_id = "bulk_run", tag = "tasks",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = BulkRequest,
    responses((status = 200, description = "What would happen.", body = BulkPreview), (status = 202, body = TaskBegun)))]
async fn bulk_run(command: Command<BulkRequest>) -> Result<Response, Failure> {
    let is_searched = command.input.selection.filter.is_some();
    let mut cx = if is_searched { command.call.read_in_turn().await? } else { command.call.read().await? };
    let checked = Checked::of(&mut cx, &command.input).await;
    let checked = match checked {
        // A request that was answered before is answered so again, though what it chose may be gone by it.
        Err(refused) if !command.input.dry_run && command.call.is_kept(&mut cx).await? => {
            drop(cx);
            let again = transact!(command, ACCEPTED, |_tx| Err::<TaskBegun, _>(refused.told()))?;
            return Ok(again.into_response());
        }
        checked => checked?,
    };
    if command.input.dry_run {
        return Ok(Json(checked.preview(&mut cx).await?).into_response());
    }
    // Chosen and arranged before anybody has to wait for it.
    drop(cx);
    let begun = transact!(command, ACCEPTED, |tx| async { Ok(TaskBegun { task_id: checked.begin(tx).await? }) }.await)?;
    Ok(begun.into_response())
}
