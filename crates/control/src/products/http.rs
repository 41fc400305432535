//! Products and plans over HTTP.

use api::id::{PlanId, ProductId};
use api::page::Page;
use api::product::{Plan, PlanCreate, PlanUpdate, Product, ProductCreate, ProductUpdate};
use axum::Json;
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(product_list, product_create))
        .routes(routes!(product_show, product_update))
        .routes(routes!(plan_list, plan_create))
        .routes(routes!(plan_show, plan_update))
}

/// All products, by name, retired ones among them. Few, so in one page.
#[utoipa::path(get, path = "/products", operation_id = "product_list", tag = "products",
    responses((status = 200, body = Page<Product>)))]
async fn product_list(call: Call) -> Result<Json<Page<Product>>, Failure> {
    let mut cx = call.read().await?;
    Ok(Json(super::list(&mut cx).await?))
}

/// One product.
#[utoipa::path(get, path = "/products/{id}", operation_id = "product_show", tag = "products",
    params(("id" = String, Path)), responses((status = 200, body = Product)))]
async fn product_show(call: Call, Path(id): Path<ProductId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Adds a product to the provider's catalogue.
#[utoipa::path(post, path = "/products", operation_id = "product_create", tag = "products",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = ProductCreate, responses((status = 201, body = Product)))]
async fn product_create(command: Command<ProductCreate>) -> Result<Reply<Product>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &command.input).await)
}

/// Edits a product, or takes it off the shelf: what was sold goes on. Its unit stays.
#[utoipa::path(patch, path = "/products/{id}", operation_id = "product_update", tag = "products",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = ProductUpdate, responses((status = 200, body = Product)))]
async fn product_update(Path(id): Path<ProductId>, command: Command<ProductUpdate>) -> Result<Reply<Product>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| super::update(tx, &id, expected, &command.input).await)
}

/// All plans, by name, retired ones among them. Few, so in one page.
#[utoipa::path(get, path = "/plans", operation_id = "plan_list", tag = "products",
    responses((status = 200, body = Page<Plan>)))]
async fn plan_list(call: Call) -> Result<Json<Page<Plan>>, Failure> {
    let mut cx = call.read().await?;
    Ok(Json(super::list_plans(&mut cx).await?))
}

/// One plan, with the terms that it had before.
#[utoipa::path(get, path = "/plans/{id}", operation_id = "plan_show", tag = "products",
    params(("id" = String, Path)), responses((status = 200, body = Plan)))]
async fn plan_show(call: Call, Path(id): Path<PlanId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show_plan(&mut cx, &id).await?)?)
}

/// Adds a plan to the provider's catalogue.
#[utoipa::path(post, path = "/plans", operation_id = "plan_create", tag = "products",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = PlanCreate, responses((status = 201, body = Plan)))]
async fn plan_create(command: Command<PlanCreate>) -> Result<Reply<Plan>, Failure> {
    transact!(command, CREATED, |tx| super::create_plan(tx, &command.input).await)
}

/// Edits a plan. Other terms make a new revision, which holds for what is sold from now on.
#[utoipa::path(patch, path = "/plans/{id}", operation_id = "plan_update", tag = "products",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = PlanUpdate, responses((status = 200, body = Plan)))]
async fn plan_update(Path(id): Path<PlanId>, command: Command<PlanUpdate>) -> Result<Reply<Plan>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| super::update_plan(tx, &id, expected, &command.input).await)
}
