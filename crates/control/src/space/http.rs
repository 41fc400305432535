//! Space over HTTP.

use api::id::{CustomerId, DeviceId};
use api::space::{SpaceSet, SpaceState};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::CheckedSpace;
use base::App;
use base::http::{Call, Command, Failure, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(space_show, space_set)).routes(routes!(device_space_show, device_space_set))
}

/// A customer's space, and whose it draws on.
#[utoipa::path(get, path = "/customers/{id}/space", operation_id = "space_show", tag = "space",
    params(("id" = String, Path)), responses((status = 200, body = SpaceState)))]
async fn space_show(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Gives a customer space of its own, or lets it draw on the nearest above. What is handed on is never more than is held,
/// unless overcommitment is allowed there, and nothing is cut below what is used or handed on. Takes somebody who looks
/// after the customer from above; the provider sets its own.
#[utoipa::path(put, path = "/customers/{id}/space", operation_id = "space_set", tag = "space",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on.")),
    request_body = SpaceSet, responses((status = 200, body = SpaceState)))]
async fn space_set(Path(id): Path<CustomerId>, command: Command<SpaceSet>) -> Result<Reply<SpaceState>, Failure> {
    let input = CheckedSpace::of(&command.input)?;
    transact!(command, OK, |tx| super::set(tx, &id, command.call.if_match, input).await)
}

/// A device's space, and whose it draws on.
#[utoipa::path(get, path = "/devices/{id}/space", operation_id = "device_space_show", tag = "space",
    params(("id" = String, Path)), responses((status = 200, body = SpaceState)))]
async fn device_space_show(call: Call, Path(id): Path<DeviceId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show_device(&mut cx, &id).await?)?)
}

/// Gives a device space of its own, or lets it draw on its customer's.
#[utoipa::path(put, path = "/devices/{id}/space", operation_id = "device_space_set", tag = "space",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on.")),
    request_body = SpaceSet, responses((status = 200, body = SpaceState)))]
async fn device_space_set(Path(id): Path<DeviceId>, command: Command<SpaceSet>) -> Result<Reply<SpaceState>, Failure> {
    let input = CheckedSpace::of(&command.input)?;
    transact!(command, OK, |tx| super::set_device(tx, &id, command.call.if_match, input).await)
}
