//! Settings over HTTP.

use api::id::{CustomerId, DeviceId};
use api::page::DryRun;
use api::setting::{Effective, EffectiveQuery, SettingChange, SettingSet};
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::OwnerId;
use base::App;
use base::http::{Call, Command, Failure, Nothing, Parameters, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(customer_effective))
        .routes(routes!(customer_set_setting, customer_inherit_setting))
        .routes(routes!(device_effective))
        .routes(routes!(device_set_setting, device_inherit_setting))
}

/// What holds at a customer: every setting with where it comes from and what was passed over, and its state with the
/// cause.
#[utoipa::path(get, path = "/customers/{id}/effective", operation_id = "customer_effective", tag = "settings",
    params(("id" = String, Path), EffectiveQuery), responses((status = 200, body = Effective)))]
async fn customer_effective(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<EffectiveQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::effective(&mut cx, OwnerId::Customer(&id), query.at).await?)?)
}

/// What holds at a device.
#[utoipa::path(get, path = "/devices/{id}/effective", operation_id = "device_effective", tag = "settings",
    params(("id" = String, Path), EffectiveQuery), responses((status = 200, body = Effective)))]
async fn device_effective(
    call: Call,
    Path(id): Path<DeviceId>,
    Parameters(query): Parameters<EffectiveQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::effective(&mut cx, OwnerId::Device(&id), query.at).await?)?)
}

/// Sets something at a customer, for it and everything below that says nothing nearer.
#[utoipa::path(put, path = "/customers/{id}/settings/{name}", operation_id = "customer_set_setting", tag = "settings",
    params(("id" = String, Path), ("name" = String, Path), DryRun), request_body = SettingSet,
    responses((status = 200, body = SettingChange)))]
async fn customer_set_setting(
    Path((id, name)): Path<(CustomerId, String)>,
    Parameters(how): Parameters<DryRun>,
    command: Command<SettingSet>,
) -> Result<Response, Failure> {
    let input = command.input.clone();
    run(command, OwnerId::Customer(&id), &name, Some(&input), how.dry_run).await
}

/// Lets a customer inherit something again.
#[utoipa::path(delete, path = "/customers/{id}/settings/{name}", operation_id = "customer_inherit_setting",
    tag = "settings", params(("id" = String, Path), ("name" = String, Path), DryRun),
    responses((status = 200, body = SettingChange)))]
async fn customer_inherit_setting(
    Path((id, name)): Path<(CustomerId, String)>,
    Parameters(how): Parameters<DryRun>,
    command: Command<Nothing>,
) -> Result<Response, Failure> {
    run(command, OwnerId::Customer(&id), &name, None, how.dry_run).await
}

/// Sets something at a device.
#[utoipa::path(put, path = "/devices/{id}/settings/{name}", operation_id = "device_set_setting", tag = "settings",
    params(("id" = String, Path), ("name" = String, Path), DryRun), request_body = SettingSet,
    responses((status = 200, body = SettingChange)))]
async fn device_set_setting(
    Path((id, name)): Path<(DeviceId, String)>,
    Parameters(how): Parameters<DryRun>,
    command: Command<SettingSet>,
) -> Result<Response, Failure> {
    let input = command.input.clone();
    run(command, OwnerId::Device(&id), &name, Some(&input), how.dry_run).await
}

/// Lets a device inherit something again.
#[utoipa::path(delete, path = "/devices/{id}/settings/{name}", operation_id = "device_inherit_setting", tag = "settings",
    params(("id" = String, Path), ("name" = String, Path), DryRun), responses((status = 200, body = SettingChange)))]
async fn device_inherit_setting(
    Path((id, name)): Path<(DeviceId, String)>,
    Parameters(how): Parameters<DryRun>,
    command: Command<Nothing>,
) -> Result<Response, Failure> {
    run(command, OwnerId::Device(&id), &name, None, how.dry_run).await
}

/// A dry run reads, so that nobody waits behind it.
async fn run<T: Send + Sync>(
    command: Command<T>,
    id: OwnerId<'_>,
    name: &str,
    input: Option<&SettingSet>,
    dry_run: bool,
) -> Result<Response, Failure> {
    let expected = command.call.if_match;
    if dry_run {
        let mut cx = command.call.read().await?;
        return Ok(show(&super::foresee(&mut cx, id, name, input, expected).await?)?);
    }
    let reply = transact!(command, OK, |tx| super::change(tx, id, name, input, expected).await)?;
    Ok(reply.into_response())
}
