//! Customers that are gone, over HTTP.

use api::customer::CustomerQuery;
use api::id::CustomerId;
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::removed::RemovedCustomer;
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Failure, Parameters, listed, show};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(removed_customer_list))
        .routes(routes!(removed_customer_count))
        .routes(routes!(removed_customer_show))
}

/// Customers below the caller that were deleted for good, the longest gone first unless sorted otherwise.
#[utoipa::path(get, path = "/removed_customers", operation_id = "removed_customer_list", tag = "customers",
    params(ListQuery), responses((status = 200, body = Page<RemovedCustomer>)))]
async fn removed_customer_list(call: Call, Parameters(query): Parameters<ListQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// How many of them have which value.
#[utoipa::path(get, path = "/removed_customers/counts", operation_id = "removed_customer_count", tag = "customers",
    params(CountQuery), responses((status = 200, body = ListCounts)))]
async fn removed_customer_count(call: Call, Parameters(query): Parameters<CountQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_in_turn().await?;
    Ok(show(&super::count(&mut cx, &query).await?)?)
}

/// One that was deleted for good, with `as_of` also what it was at the end of a day while it was there.
#[utoipa::path(get, path = "/removed_customers/{id}", operation_id = "removed_customer_show", tag = "customers",
    params(("id" = String, Path), CustomerQuery), responses((status = 200, body = RemovedCustomer)))]
async fn removed_customer_show(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<CustomerQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id, &query).await?)?)
}
