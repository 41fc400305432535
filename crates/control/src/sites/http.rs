//! Sites over HTTP.

use api::customer::{CustomerCreated, SiteCreate};
use api::id::CustomerId;
use axum::extract::Path;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Command, Failure, Reply};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(site_create))
}

/// Creates a site below an end customer.
#[utoipa::path(post, path = "/customers/{id}/sites", operation_id = "site_create", tag = "sites",
    params(("id" = String, Path)), request_body = SiteCreate, responses((status = 201, body = CustomerCreated)))]
async fn site_create(
    Path(id): Path<CustomerId>,
    command: Command<SiteCreate>,
) -> Result<Reply<CustomerCreated>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &id, &command.input).await)
}
