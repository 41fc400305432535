//! The fields of lists over HTTP.

use api::page::FieldList;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Failure, show};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(field_list))
}

/// By what each list can be filtered, sorted and counted.
#[utoipa::path(get, path = "/fields", operation_id = "field_list", tag = "lists",
    responses((status = 200, body = FieldList)))]
async fn field_list(call: Call) -> Result<Response, Failure> {
    let cx = call.read().await?;
    Ok(show(&super::list(&cx)?)?)
}
