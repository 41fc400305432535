//! Templates over HTTP.

use api::customer::Customer;
use api::id::{CustomerId, TemplateId};
use api::template::{Template, TemplateAssign, TemplateCreate, TemplateList, TemplateUpdate};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Nothing, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(template_list, template_create))
        .routes(routes!(template_show, template_update, template_delete))
        .routes(routes!(customer_assign_template, customer_detach_template))
}

/// The templates that can be assigned at a customer.
#[utoipa::path(get, path = "/customers/{id}/templates", operation_id = "template_list", tag = "templates",
    params(("id" = String, Path)), responses((status = 200, body = TemplateList)))]
async fn template_list(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::list(&mut cx, &id).await?)?)
}

/// Makes a template for a customer and those below it, from scratch or from what a customer sets.
#[utoipa::path(post, path = "/customers/{id}/templates", operation_id = "template_create", tag = "templates",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = TemplateCreate, responses((status = 201, body = Template)))]
async fn template_create(
    Path(id): Path<CustomerId>,
    command: Command<TemplateCreate>,
) -> Result<Reply<Template>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &id, &command.input).await)
}

/// A template with what it set before.
#[utoipa::path(get, path = "/templates/{id}", operation_id = "template_show", tag = "templates",
    params(("id" = String, Path)), responses((status = 200, body = Template)))]
async fn template_show(call: Call, Path(id): Path<TemplateId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Changes a template; customers that have it keep what they set.
#[utoipa::path(patch, path = "/templates/{id}", operation_id = "template_update", tag = "templates",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")), request_body = TemplateUpdate,
    responses((status = 200, body = Template)))]
async fn template_update(
    Path(id): Path<TemplateId>,
    command: Command<TemplateUpdate>,
) -> Result<Reply<Template>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| super::update(tx, &id, expected, &command.input).await)
}

/// Removes a template; customers that had it keep what they set.
#[utoipa::path(delete, path = "/templates/{id}", operation_id = "template_delete", tag = "templates",
    params(("id" = String, Path)), responses((status = 204, description = "Removed.")))]
async fn template_delete(Path(id): Path<TemplateId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::delete(tx, &id, command.call.if_match).await)
}

/// Gives a customer what a template sets, all of it or nothing; the same again brings back what was changed since.
#[utoipa::path(put, path = "/customers/{id}/template", operation_id = "customer_assign_template", tag = "templates",
    params(("id" = String, Path)), request_body = TemplateAssign, responses((status = 200, body = Customer)))]
async fn customer_assign_template(
    Path(id): Path<CustomerId>,
    command: Command<TemplateAssign>,
) -> Result<Reply<Customer>, Failure> {
    let template = &command.input.template_id;
    transact!(command, OK, |tx| super::assign(tx, &id, command.call.if_match, Some(template)).await)
}

/// Takes a customer's template away; what it sets stays.
#[utoipa::path(delete, path = "/customers/{id}/template", operation_id = "customer_detach_template", tag = "templates",
    params(("id" = String, Path)), responses((status = 200, body = Customer)))]
async fn customer_detach_template(
    Path(id): Path<CustomerId>,
    command: Command<Nothing>,
) -> Result<Reply<Customer>, Failure> {
    transact!(command, OK, |tx| super::assign(tx, &id, command.call.if_match, None).await)
}
