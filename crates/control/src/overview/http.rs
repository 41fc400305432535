//! The overview over HTTP.

use api::id::CustomerId;
use api::overview::Overview;
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Failure, show};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(overview_show))
}

/// What needs attention at a customer and below it, how the last backups went, who uses how much, what runs out. Every
/// number names the list whose total it is.
#[utoipa::path(get, path = "/customers/{id}/overview", operation_id = "overview_show", tag = "overview",
    params(("id" = String, Path)), responses((status = 200, body = Overview)))]
async fn overview_show(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}
