//! Storage locations and pools over HTTP.

use api::id::{StorageLocationId, StoragePoolId};
use api::page::Page;
use api::storage::{
    StorageLocation, StorageLocationCreate, StorageLocationUpdate, StoragePool, StoragePoolCreate, StoragePoolUpdate,
};
use axum::Json;
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Reply, show};
use base::transact;

use super::{locations, pools};

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(storage_location_list, storage_location_create))
        .routes(routes!(storage_location_show, storage_location_update))
        .routes(routes!(storage_pool_list, storage_pool_create))
        .routes(routes!(storage_pool_show, storage_pool_update))
}

/// All storage locations, by name, withdrawn ones among them. Few, so in one page.
#[utoipa::path(get, path = "/storage_locations", operation_id = "storage_location_list", tag = "storage",
    responses((status = 200, body = Page<StorageLocation>)))]
async fn storage_location_list(call: Call) -> Result<Json<Page<StorageLocation>>, Failure> {
    let mut cx = call.read().await?;
    Ok(Json(locations::list(&mut cx).await?))
}

/// One storage location.
#[utoipa::path(get, path = "/storage_locations/{id}", operation_id = "storage_location_show", tag = "storage",
    params(("id" = String, Path)), responses((status = 200, body = StorageLocation)))]
async fn storage_location_show(call: Call, Path(id): Path<StorageLocationId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&locations::show(&mut cx, &id).await?)?)
}

/// Adds a storage location to the provider's catalogue. Customers that are there keep what they have.
#[utoipa::path(post, path = "/storage_locations", operation_id = "storage_location_create", tag = "storage",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = StorageLocationCreate, responses((status = 201, body = StorageLocation)))]
async fn storage_location_create(command: Command<StorageLocationCreate>) -> Result<Reply<StorageLocation>, Failure> {
    transact!(command, CREATED, |tx| locations::create(tx, &command.input).await)
}

/// Edits a storage location, or takes it out of the choice: who has it keeps it.
#[utoipa::path(patch, path = "/storage_locations/{id}", operation_id = "storage_location_update", tag = "storage",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = StorageLocationUpdate, responses((status = 200, body = StorageLocation)))]
async fn storage_location_update(
    Path(id): Path<StorageLocationId>,
    command: Command<StorageLocationUpdate>,
) -> Result<Reply<StorageLocation>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| locations::update(tx, &id, expected, &command.input).await)
}

/// All storage pools, the oldest first, with how each does.
#[utoipa::path(get, path = "/storage_pools", operation_id = "storage_pool_list", tag = "storage",
    responses((status = 200, body = Page<StoragePool>)))]
async fn storage_pool_list(call: Call) -> Result<Json<Page<StoragePool>>, Failure> {
    Ok(Json(pools::list(&call).await?))
}

/// One storage pool.
#[utoipa::path(get, path = "/storage_pools/{id}", operation_id = "storage_pool_show", tag = "storage",
    params(("id" = String, Path)), responses((status = 200, body = StoragePool)))]
async fn storage_pool_show(call: Call, Path(id): Path<StoragePoolId>) -> Result<Response, Failure> {
    Ok(show(&pools::show(&call, &id).await?)?)
}

/// Makes a storage pool of a place in a bucket. The bucket is tried before anything is stored.
#[utoipa::path(post, path = "/storage_pools", operation_id = "storage_pool_create", tag = "storage",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = StoragePoolCreate, responses((status = 201, body = StoragePool)))]
async fn storage_pool_create(command: Command<StoragePoolCreate>) -> Result<Reply<StoragePool>, Failure> {
    let marked = pools::mark(&command.call, &command.input).await?;
    transact!(command, CREATED, |tx| pools::create(tx, &command.input, &marked).await)
}

/// Renames a storage pool, gives it another access key, or has new repositories go elsewhere. What lies there stays.
#[utoipa::path(patch, path = "/storage_pools/{id}", operation_id = "storage_pool_update", tag = "storage",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = StoragePoolUpdate, responses((status = 200, body = StoragePool)))]
async fn storage_pool_update(
    Path(id): Path<StoragePoolId>,
    command: Command<StoragePoolUpdate>,
) -> Result<Reply<StoragePool>, Failure> {
    let expected = command.call.require_match()?;
    let state = pools::try_key(&command.call, &id, &command.input).await?;
    transact!(command, OK, |tx| pools::update(tx, &id, expected, &command.input, state.clone()).await)
}
