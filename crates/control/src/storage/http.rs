//! Storage locations over HTTP.

use api::page::Page;
use api::storage::StorageLocation;
use axum::Json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Failure};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(storage_location_list))
}

/// All storage locations, by name. Few, so in one page.
#[utoipa::path(get, path = "/storage_locations", operation_id = "storage_location_list", tag = "storage",
    responses((status = 200, body = Page<StorageLocation>)))]
async fn storage_location_list(call: Call) -> Result<Json<Page<StorageLocation>>, Failure> {
    let mut cx = call.read().await?;
    Ok(Json(super::list(&mut cx).await?))
}
