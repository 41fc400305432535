//! Events over HTTP.

use api::event::{Event, EventAcknowledge, EventReport, EventResolve};
use api::id::EventId;
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Parameters, Reply, listed, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(event_list, event_report))
        .routes(routes!(event_count))
        .routes(routes!(event_show))
        .routes(routes!(event_acknowledge))
        .routes(routes!(event_resolve))
}

/// Events of customers and devices below the caller, those seen longest ago first unless sorted otherwise.
#[utoipa::path(get, path = "/events", operation_id = "event_list", tag = "events", params(ListQuery),
    responses((status = 200, body = Page<Event>)))]
async fn event_list(call: Call, Parameters(query): Parameters<ListQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// How many events of the list have which value.
#[utoipa::path(get, path = "/events/counts", operation_id = "event_count", tag = "events", params(CountQuery),
    responses((status = 200, body = ListCounts)))]
async fn event_count(call: Call, Parameters(query): Parameters<CountQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_in_turn().await?;
    Ok(show(&super::count(&mut cx, &query).await?)?)
}

/// One event.
#[utoipa::path(get, path = "/events/{id}", operation_id = "event_show", tag = "events",
    params(("id" = String, Path)), responses((status = 200, body = Event)))]
async fn event_show(call: Call, Path(id): Path<EventId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Reports what a device or another product has seen. The same again is counted as one event.
#[utoipa::path(post, path = "/events", operation_id = "event_report", tag = "events",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = EventReport, responses((status = 200, body = Event)))]
async fn event_report(command: Command<EventReport>) -> Result<Reply<Event>, Failure> {
    transact!(command, OK, |tx| super::report(tx, &command.input).await)
}

/// Says that somebody looks after an event. It is counted no more, until it gets worse or the time is up.
#[utoipa::path(post, path = "/events/{id}/acknowledge", operation_id = "event_acknowledge", tag = "events",
    params(("id" = String, Path)), request_body = EventAcknowledge, responses((status = 200, body = Event)))]
async fn event_acknowledge(
    Path(id): Path<EventId>,
    command: Command<EventAcknowledge>,
) -> Result<Reply<Event>, Failure> {
    transact!(command, OK, |tx| super::acknowledge(tx, &id, command.call.if_match, &command.input).await)
}

/// Says that an event is mended. What is still so resolves by itself, and not by word.
#[utoipa::path(post, path = "/events/{id}/resolve", operation_id = "event_resolve", tag = "events",
    params(("id" = String, Path)), request_body = EventResolve, responses((status = 200, body = Event)))]
async fn event_resolve(Path(id): Path<EventId>, command: Command<EventResolve>) -> Result<Reply<Event>, Failure> {
    transact!(command, OK, |tx| super::resolve(tx, &id, command.call.if_match, &command.input).await)
}
