//! Tasks over HTTP.

use api::id::TaskId;
use api::page::{ListQuery, Page};
use api::task::{Outcome, Task, TaskResult};
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Nothing, Parameters, Reply, listed, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(task_list))
        .routes(routes!(task_show))
        .routes(routes!(task_results))
        .routes(routes!(task_answers))
        .routes(routes!(task_stop))
        .routes(routes!(task_retry))
        .routes(routes!(task_undo))
}

/// Tasks that were begun at the caller's place or below it, the newest first.
#[utoipa::path(get, path = "/tasks", operation_id = "task_list", tag = "tasks", params(TaskQuery),
    responses((status = 200, body = Page<Task>)))]
async fn task_list(call: Call, Parameters(query): Parameters<TaskQuery>) -> Result<Response, Failure> {
    let TaskQuery { limit, after, offset, sort, filter } = query;
    let query = ListQuery { limit, after, offset, sort, filter, ..ListQuery::default() };
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// One task, as far as it is by now.
#[utoipa::path(get, path = "/tasks/{id}", operation_id = "task_show", tag = "tasks",
    params(("id" = String, Path)), responses((status = 200, body = Task)))]
async fn task_show(call: Call, Path(id): Path<TaskId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct TaskQuery {
    /// At most this many items, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// Items after this cursor, as a former page's `next` gave it. Not together with `offset`.
    after: Option<String>,
    /// Skip this many items.
    #[param(minimum = 0)]
    offset: Option<u32>,
    /// A field to sort by; with a leading `-` descending.
    sort: Option<String>,
    /// Only what this filter finds, such as `state == running or counts.failed > 0`, as in other lists.
    #[param(max_length = 4000)]
    filter: Option<String>,
}

/// Which results.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct ResultQuery {
    /// At most this many items, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// Items after this cursor, as a former page's `next` gave it. Not together with `offset`.
    after: Option<String>,
    /// Skip this many items.
    #[param(minimum = 0)]
    offset: Option<u32>,
    /// Only those that came to this.
    outcome: Option<Outcome>,
}

/// What became of each subject of a task, in the order in which they are done.
#[utoipa::path(get, path = "/tasks/{id}/results", operation_id = "task_results", tag = "tasks",
    params(("id" = String, Path), ResultQuery), responses((status = 200, body = Page<TaskResult>)))]
async fn task_results(
    call: Call,
    Path(id): Path<TaskId>,
    Parameters(query): Parameters<ResultQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    let ResultQuery { limit, after, offset, outcome } = query;
    let query = ListQuery { limit, after, offset, ..ListQuery::default() };
    Ok(listed(&query, &super::results(&mut cx, &id, &query, outcome).await?)?)
}

/// What only the caller is told of a task that it began, such as links to set passwords: a CSV of names and answers.
#[utoipa::path(get, path = "/tasks/{id}/answers", operation_id = "task_answers", tag = "tasks",
    params(("id" = String, Path)), responses((status = 200, content_type = "text/csv", body = String)))]
async fn task_answers(call: Call, Path(id): Path<TaskId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    let table = super::answers(&mut cx, &id).await?;
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8; header=present"), (CONTENT_DISPOSITION, "attachment")];
    Ok((headers, table).into_response())
}

/// Stops a task. What was done stays done.
#[utoipa::path(post, path = "/tasks/{id}/stop", operation_id = "task_stop", tag = "tasks",
    params(("id" = String, Path)), responses((status = 200, body = Task)))]
async fn task_stop(Path(id): Path<TaskId>, command: Command<Nothing>) -> Result<Reply<Task>, Failure> {
    transact!(command, OK, |tx| super::stop(tx, &id).await)
}

/// Gives what was refused, failed or left out another try, with the rights of whoever asks for it.
#[utoipa::path(post, path = "/tasks/{id}/retry", operation_id = "task_retry", tag = "tasks",
    params(("id" = String, Path)), responses((status = 200, body = Task)))]
async fn task_retry(Path(id): Path<TaskId>, command: Command<Nothing>) -> Result<Reply<Task>, Failure> {
    transact!(command, OK, |tx| super::retry(tx, &id).await)
}

/// Takes back what a task changed, as a new task. What has changed since is left as it is.
#[utoipa::path(post, path = "/tasks/{id}/undo", operation_id = "task_undo", tag = "tasks",
    params(("id" = String, Path)), responses((status = 202, body = Task)))]
async fn task_undo(Path(id): Path<TaskId>, command: Command<Nothing>) -> Result<Reply<Task>, Failure> {
    transact!(command, ACCEPTED, |tx| super::undo(tx, &id).await)
}
