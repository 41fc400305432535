//! Notifications over HTTP.

use api::id::{CustomerId, NotificationRuleId};
use api::notification::{NotificationPreview, NotificationRule, NotificationRuleList, NotificationRuleSet};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Nothing, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(notification_rule_list, notification_rule_create))
        .routes(routes!(notification_rule_preview))
        .routes(routes!(notification_rule_replace, notification_rule_delete))
}

/// By which rules people are told of a customer's events.
#[utoipa::path(get, path = "/customers/{id}/notification_rules", operation_id = "notification_rule_list",
    tag = "notifications", params(("id" = String, Path)), responses((status = 200, body = NotificationRuleList)))]
async fn notification_rule_list(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::list(&mut cx, &id).await?)?)
}

/// Has people told of events at a customer and below, from now on.
#[utoipa::path(post, path = "/customers/{id}/notification_rules", operation_id = "notification_rule_create",
    tag = "notifications",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = NotificationRuleSet, responses((status = 201, body = NotificationRule)))]
async fn notification_rule_create(
    Path(id): Path<CustomerId>,
    command: Command<NotificationRuleSet>,
) -> Result<Reply<NotificationRule>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &id, &command.input).await)
}

/// What a rule would tell of what is open now, and when; nothing is kept or sent.
#[utoipa::path(post, path = "/customers/{id}/notification_rules/preview", operation_id = "notification_rule_preview",
    tag = "notifications", params(("id" = String, Path)), request_body = NotificationRuleSet,
    responses((status = 200, body = NotificationPreview)))]
async fn notification_rule_preview(
    Path(id): Path<CustomerId>,
    command: Command<NotificationRuleSet>,
) -> Result<Reply<NotificationPreview>, Failure> {
    transact!(command, OK, |tx| super::preview(tx, &id, &command.input).await)
}

/// Says a rule anew.
#[utoipa::path(put, path = "/notification_rules/{id}", operation_id = "notification_rule_replace", tag = "notifications",
    params(("id" = String, Path)), request_body = NotificationRuleSet, responses((status = 200, body = NotificationRule)))]
async fn notification_rule_replace(
    Path(id): Path<NotificationRuleId>,
    command: Command<NotificationRuleSet>,
) -> Result<Reply<NotificationRule>, Failure> {
    transact!(command, OK, |tx| super::replace(tx, &id, command.call.if_match, &command.input).await)
}

/// Removes a rule, with what it would still have told.
#[utoipa::path(delete, path = "/notification_rules/{id}", operation_id = "notification_rule_delete", tag = "notifications",
    params(("id" = String, Path)), responses((status = 204, description = "Removed.")))]
async fn notification_rule_delete(
    Path(id): Path<NotificationRuleId>,
    command: Command<Nothing>,
) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::delete(tx, &id, command.call.if_match).await)
}
