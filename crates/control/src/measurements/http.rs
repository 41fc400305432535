//! Measurements over HTTP.

use api::id::CustomerId;
use api::measurement::{MeasurementQuery, Measurements};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Failure, Parameters, show};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(measurement_list))
}

/// What a customer and everything below it used, day by day in UTC: sizes in bytes, devices, and how many of these completed
/// a backup. A customer that moves takes its days along; those of its former parents stay what they were. Kept for two
/// years.
#[utoipa::path(get, path = "/customers/{id}/measurements", operation_id = "measurement_list", tag = "measurements",
    params(("id" = String, Path), MeasurementQuery), responses((status = 200, body = Measurements)))]
async fn measurement_list(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<MeasurementQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::list(&mut cx, &id, &query).await?)?)
}
