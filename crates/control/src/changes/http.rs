//! The change log over HTTP.

use api::change::Change;
use api::id::CustomerId;
use api::page::{ListQuery, Page};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Failure, Parameters, listed};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(change_list))
}

/// What happened at a customer and below it: who, when, from where, before and after. The newest first.
#[utoipa::path(get, path = "/customers/{id}/changes", operation_id = "change_list", tag = "changes",
    params(("id" = String, Path), ListQuery), responses((status = 200, body = Page<Change>)))]
async fn change_list(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<ListQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &id, &query).await?)?)
}
