//! Jobs over HTTP.

use api::id::DeviceId;
use api::job::{DeviceJobs, Job};
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Failure, Parameters, listed, show};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(job_list)).routes(routes!(job_count)).routes(routes!(device_job_list))
}

/// What clients did on the devices below the caller, the oldest first unless sorted otherwise. Jobs that run are told with their
/// device.
#[utoipa::path(get, path = "/jobs", operation_id = "job_list", tag = "jobs", params(ListQuery),
    responses((status = 200, body = Page<Job>)))]
async fn job_list(call: Call, Parameters(query): Parameters<ListQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// How many jobs of the list have which value.
#[utoipa::path(get, path = "/jobs/counts", operation_id = "job_count", tag = "jobs", params(CountQuery),
    responses((status = 200, body = ListCounts)))]
async fn job_count(call: Call, Parameters(query): Parameters<CountQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_in_turn().await?;
    Ok(show(&super::count(&mut cx, &query).await?)?)
}

/// What a device is about right now, and its last hundred jobs, the newest first.
#[utoipa::path(get, path = "/devices/{id}/jobs", operation_id = "device_job_list", tag = "jobs",
    params(("id" = String, Path)), responses((status = 200, body = DeviceJobs)))]
async fn device_job_list(call: Call, Path(id): Path<DeviceId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::of_device(&mut cx, &id).await?)?)
}
