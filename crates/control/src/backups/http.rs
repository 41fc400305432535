//! What is known of backups over HTTP.

use api::backup::{DeviceHistory, HistoryQuery};
use api::id::DeviceId;
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Failure, Parameters, show};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(device_history))
}

/// The last days of a device: what arrived, and what the gateway refused. Days are in UTC.
#[utoipa::path(get, path = "/devices/{id}/history", operation_id = "device_history", tag = "devices",
    params(("id" = String, Path), HistoryQuery), responses((status = 200, body = DeviceHistory)))]
async fn device_history(
    call: Call,
    Path(id): Path<DeviceId>,
    Parameters(query): Parameters<HistoryQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id, query).await?)?)
}
