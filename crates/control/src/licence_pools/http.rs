//! Licence pools over HTTP.

use api::id::{CustomerId, ProductId};
use api::licence_pool::{
    LicencePool, LicencePoolList, LicencePoolMonthList, LicencePoolMonthQuery, LicencePoolQuery, LicencePoolSet,
};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Parameters, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(licence_pool_list))
        .routes(routes!(licence_pool_month_list))
        .routes(routes!(licence_pool_set))
}

/// What a customer may hand out of each product, what of that was handed on or is held as licences, and what is free; with
/// `as_of` what it was at the end of a day.
#[utoipa::path(get, path = "/customers/{id}/licence_pools", operation_id = "licence_pool_list", tag = "licences",
    params(("id" = String, Path), LicencePoolQuery), responses((status = 200, body = LicencePoolList)))]
async fn licence_pool_list(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<LicencePoolQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::list(&mut cx, &id, &query).await?)?)
}

/// How much of each product was held at a customer and below it, month by month: the most at any time, which bills stand on,
/// and what it was at the end.
#[utoipa::path(get, path = "/customers/{id}/licence_months", operation_id = "licence_pool_month_list", tag = "licences",
    params(("id" = String, Path), LicencePoolMonthQuery), responses((status = 200, body = LicencePoolMonthList)))]
async fn licence_pool_month_list(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<LicencePoolMonthQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::months(&mut cx, &id, &query).await?)?)
}

/// Gives a customer a number of its own of a product, or lets it draw on the nearest above. What is handed on is never more
/// than is held, and nothing is cut below what is held as licences or handed on. Takes somebody who looks after the customer
/// from above; the provider sets its own. The default customer draws in any case.
#[utoipa::path(put, path = "/customers/{id}/licence_pools/{product_id}", operation_id = "licence_pool_set", tag = "licences",
    params(("id" = String, Path), ("product_id" = String, Path),
        ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on.")),
    request_body = LicencePoolSet, responses((status = 200, body = LicencePool)))]
async fn licence_pool_set(
    Path((id, product)): Path<(CustomerId, ProductId)>,
    command: Command<LicencePoolSet>,
) -> Result<Reply<LicencePool>, Failure> {
    transact!(command, OK, |tx| super::set(tx, &id, &product, command.call.if_match, command.input).await)
}
