//! Webhooks over HTTP.

use api::id::{CustomerId, WebhookDeliveryId, WebhookId};
use api::webhook::{
    Webhook, WebhookCreate, WebhookCreated, WebhookDelivery, WebhookDeliveryList, WebhookList, WebhookUpdate,
};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Nothing, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(webhook_list, webhook_create))
        .routes(routes!(webhook_show, webhook_update, webhook_delete))
        .routes(routes!(webhook_renew_secret))
        .routes(routes!(webhook_test))
        .routes(routes!(webhook_delivery_list))
        .routes(routes!(webhook_delivery_replay))
}

/// The webhooks of a customer.
#[utoipa::path(get, path = "/customers/{id}/webhooks", operation_id = "webhook_list", tag = "webhooks",
    params(("id" = String, Path)), responses((status = 200, body = WebhookList)))]
async fn webhook_list(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::list(&mut cx, &id).await?)?)
}

/// Tells an address what happens at a customer and below. The secret that its messages are signed with is shown once.
#[utoipa::path(post, path = "/customers/{id}/webhooks", operation_id = "webhook_create", tag = "webhooks",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = WebhookCreate, responses((status = 201, body = WebhookCreated)))]
async fn webhook_create(
    Path(id): Path<CustomerId>,
    command: Command<WebhookCreate>,
) -> Result<Reply<WebhookCreated>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &id, &command.input).await)
}

/// One webhook.
#[utoipa::path(get, path = "/webhooks/{id}", operation_id = "webhook_show", tag = "webhooks",
    params(("id" = String, Path)), responses((status = 200, body = Webhook)))]
async fn webhook_show(call: Call, Path(id): Path<WebhookId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Changes where it leads, what it is told, and whether it is told anything.
#[utoipa::path(patch, path = "/webhooks/{id}", operation_id = "webhook_update", tag = "webhooks",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = WebhookUpdate, responses((status = 200, body = Webhook)))]
async fn webhook_update(Path(id): Path<WebhookId>, command: Command<WebhookUpdate>) -> Result<Reply<Webhook>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| super::update(tx, &id, expected, &command.input).await)
}

/// Removes it, with what is on its way there.
#[utoipa::path(delete, path = "/webhooks/{id}", operation_id = "webhook_delete", tag = "webhooks",
    params(("id" = String, Path)), responses((status = 204, description = "Removed.")))]
async fn webhook_delete(Path(id): Path<WebhookId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::delete(tx, &id, command.call.if_match).await)
}

/// Makes another secret. Messages are signed with both for a day.
#[utoipa::path(post, path = "/webhooks/{id}/secret", operation_id = "webhook_renew_secret", tag = "webhooks",
    params(("id" = String, Path)), responses((status = 200, body = WebhookCreated)))]
async fn webhook_renew_secret(
    Path(id): Path<WebhookId>,
    command: Command<Nothing>,
) -> Result<Reply<WebhookCreated>, Failure> {
    transact!(command, OK, |tx| super::renew_secret(tx, &id).await)
}

/// Sends a message for which nothing has happened.
#[utoipa::path(post, path = "/webhooks/{id}/test", operation_id = "webhook_test", tag = "webhooks",
    params(("id" = String, Path)), responses((status = 200, body = WebhookDelivery)))]
async fn webhook_test(Path(id): Path<WebhookId>, command: Command<Nothing>) -> Result<Reply<WebhookDelivery>, Failure> {
    transact!(command, OK, |tx| super::test(tx, &id).await)
}

/// Its last hundred messages, the newest first. They are kept for 30 days.
#[utoipa::path(get, path = "/webhooks/{id}/deliveries", operation_id = "webhook_delivery_list", tag = "webhooks",
    params(("id" = String, Path)), responses((status = 200, body = WebhookDeliveryList)))]
async fn webhook_delivery_list(call: Call, Path(id): Path<WebhookId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::deliveries(&mut cx, &id).await?)?)
}

/// Sends a message once more, under the same id.
#[utoipa::path(post, path = "/webhook_deliveries/{id}/replay", operation_id = "webhook_delivery_replay", tag = "webhooks",
    params(("id" = String, Path)), responses((status = 200, body = WebhookDelivery)))]
async fn webhook_delivery_replay(
    Path(id): Path<WebhookDeliveryId>,
    command: Command<Nothing>,
) -> Result<Reply<WebhookDelivery>, Failure> {
    transact!(command, OK, |tx| super::replay(tx, &id).await)
}
