//! Devices over HTTP.

use api::device::{
    Device, DeviceCreate, DeviceCredentials, DeviceDeletion, DeviceOrders, DeviceRegister, DeviceRelease, DeviceReport,
    DeviceSuspend, DeviceUpdate, HowDeviceDeleted,
};
use api::id::DeviceId;
use api::page::{CountQuery, ExportQuery, ExportRequest, ListCounts, ListQuery, Page};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::report::CheckedReport;
use super::{CheckedDevice, CheckedRegistration};
use base::App;
use base::attempts::WRONG_SECRETS;
use base::http::{Call, Command, Failure, Nothing, Open, Parameters, Reply, listed, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(device_list, device_create))
        .routes(routes!(device_count))
        .routes(routes!(device_export, device_export_chosen))
        .routes(routes!(device_register))
        .routes(routes!(device_report))
        .routes(routes!(device_show, device_update, device_delete))
        .routes(routes!(device_approve))
        .routes(routes!(device_release))
        .routes(routes!(device_restore))
        .routes(routes!(device_suspend))
        .routes(routes!(device_activate))
        .routes(routes!(device_issue_credentials))
}

/// Devices below the caller, by name unless sorted otherwise.
#[utoipa::path(get, path = "/devices", operation_id = "device_list", tag = "devices", params(ListQuery),
    responses((status = 200, body = Page<Device>)))]
async fn device_list(call: Call, Parameters(query): Parameters<ListQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// How many devices of the list have which value.
#[utoipa::path(get, path = "/devices/counts", operation_id = "device_count", tag = "devices", params(CountQuery),
    responses((status = 200, body = ListCounts)))]
async fn device_count(call: Call, Parameters(query): Parameters<CountQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_in_turn().await?;
    Ok(show(&super::count(&mut cx, &query).await?)?)
}

/// Devices of the list, all of them, as a file: `docs/exports.md`.
#[utoipa::path(get, path = "/devices/export", operation_id = "device_export", tag = "devices", params(ExportQuery),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")),
        headers(("tenantry-as-of" = String, description = "The moment that all of it was read at.")))))]
async fn device_export(call: Call, Parameters(query): Parameters<ExportQuery>) -> Result<Response, Failure> {
    Ok(base::export::answer(&call, &query, &super::export::EXPORT).await?)
}

/// Devices that were chosen of the list, as a file: `docs/exports.md`.
#[utoipa::path(post, path = "/devices/export", operation_id = "device_export_chosen", tag = "devices",
    request_body = ExportRequest,
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")),
        headers(("tenantry-as-of" = String, description = "The moment that all of it was read at.")))))]
async fn device_export_chosen(command: Command<ExportRequest>) -> Result<Response, Failure> {
    Ok(base::export::answer_chosen(&command.call, &command.input, &super::export::EXPORT).await?)
}

/// Registers a machine with a pass key. The password in the answer is shown this once.
#[utoipa::path(post, path = "/devices/register", operation_id = "device_register", tag = "devices", security(()),
    request_body = DeviceRegister, responses((status = 201, body = DeviceCredentials)))]
async fn device_register(Open(command): Open<DeviceRegister>) -> Result<Reply<DeviceCredentials>, Failure> {
    let call = &command.call;
    let input = CheckedRegistration::of(&command.input)?;
    // What is worth nothing costs no transaction.
    let known = super::proof::know(call, input.claim()).await;
    let known = match known {
        Ok(Some(known)) => known,
        // A request that was answered before is answered so again, whatever has become of the key or the password.
        missing if call.is_kept(&mut call.read().await?).await? => {
            drop(missing);
            return transact!(command, CREATED, |tx| Err(super::pass_key_unknown()));
        }
        Ok(None) => {
            let tries = [(format!("register {}", call.origin.limited_as()), WRONG_SECRETS)];
            call.app.attempts.take(&tries, call.app.clock.now())?;
            return Err(super::pass_key_unknown().into());
        }
        Err(error) => return Err(error.into()),
    };
    transact!(command, CREATED, |tx| super::register(tx, &input, &known).await)
}

/// What a device says of itself, proven by its own credentials. It hears what its customer's settings ask of it.
#[utoipa::path(post, path = "/devices/report", operation_id = "device_report", tag = "devices", security(()),
    request_body = DeviceReport, responses((status = 200, body = DeviceOrders)))]
async fn device_report(Open(command): Open<DeviceReport>) -> Result<Response, Failure> {
    let Command { call, input, .. } = command;
    let input = CheckedReport::of(input)?;
    let mut cx = call.read().await?;
    if !super::report::is_right(&mut cx, &input).await? {
        let tries = [(format!("report {}", call.origin.limited_as()), WRONG_SECRETS)];
        call.app.attempts.take(&tries, call.app.clock.now())?;
        return Err(super::report::wrong_credentials().into());
    }
    drop(cx);
    super::report::renew(&call, &input).await?;
    super::report::store(&call.app, &input).await?;
    Ok(show(&super::report::orders(&mut call.read().await?, &input).await?)?)
}

/// One device.
#[utoipa::path(get, path = "/devices/{id}", operation_id = "device_show", tag = "devices",
    params(("id" = String, Path)), responses((status = 200, body = Device)))]
async fn device_show(call: Call, Path(id): Path<DeviceId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Renames a device, or moves it to another customer or site. Its credentials and its backups stay.
#[utoipa::path(patch, path = "/devices/{id}", operation_id = "device_update", tag = "devices",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = DeviceUpdate, responses((status = 200, body = Device)))]
async fn device_update(Path(id): Path<DeviceId>, command: Command<DeviceUpdate>) -> Result<Reply<Device>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| super::update(tx, &id, expected, &command.input).await)
}

/// Adds a device by hand before it registers.
#[utoipa::path(post, path = "/devices", operation_id = "device_create", tag = "devices",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = DeviceCreate, responses((status = 201, body = Device)))]
async fn device_create(command: Command<DeviceCreate>) -> Result<Reply<Device>, Failure> {
    let input = CheckedDevice::of(&command.input)?;
    transact!(command, CREATED, |tx| super::create(tx, &input).await)
}

/// Deletes a device: at once where it has no backups. `data=keep` releases it and keeps them, `data=delete` removes both when
/// the hold is over; until then `restore` brings it back.
#[utoipa::path(delete, path = "/devices/{id}", operation_id = "device_delete", tag = "devices",
    params(("id" = String, Path), HowDeviceDeleted), responses((status = 200, body = DeviceDeletion)))]
async fn device_delete(
    Path(id): Path<DeviceId>,
    Parameters(how): Parameters<HowDeviceDeleted>,
    command: Command<Nothing>,
) -> Result<Reply<DeviceDeletion>, Failure> {
    transact!(command, OK, |tx| super::delete(tx, &id, command.call.if_match, how).await)
}

/// Gives a device up, a lost appliance for one: its credentials end, its site is free for another one, its backups stay.
#[utoipa::path(post, path = "/devices/{id}/release", operation_id = "device_release", tag = "devices",
    params(("id" = String, Path)), request_body = DeviceRelease, responses((status = 200, body = Device)))]
async fn device_release(Path(id): Path<DeviceId>, command: Command<DeviceRelease>) -> Result<Reply<Device>, Failure> {
    transact!(command, OK, |tx| super::release(tx, &id, command.call.if_match, &command.input).await)
}

/// Cancels the deletion of a device.
#[utoipa::path(post, path = "/devices/{id}/restore", operation_id = "device_restore", tag = "devices",
    params(("id" = String, Path)), responses((status = 200, body = Device)))]
async fn device_restore(Path(id): Path<DeviceId>, command: Command<Nothing>) -> Result<Reply<Device>, Failure> {
    transact!(command, OK, |tx| super::restore(tx, &id, command.call.if_match).await)
}

/// Lets in a device that waits to be approved.
#[utoipa::path(post, path = "/devices/{id}/approve", operation_id = "device_approve", tag = "devices",
    params(("id" = String, Path)), responses((status = 200, body = Device)))]
async fn device_approve(Path(id): Path<DeviceId>, command: Command<Nothing>) -> Result<Reply<Device>, Failure> {
    transact!(command, OK, |tx| super::approve(tx, &id, command.call.if_match).await)
}

/// Suspends a device.
#[utoipa::path(post, path = "/devices/{id}/suspend", operation_id = "device_suspend", tag = "devices",
    params(("id" = String, Path)), request_body = DeviceSuspend, responses((status = 200, body = Device)))]
async fn device_suspend(Path(id): Path<DeviceId>, command: Command<DeviceSuspend>) -> Result<Reply<Device>, Failure> {
    transact!(command, OK, |tx| super::suspend(tx, &id, command.call.if_match, &command.input).await)
}

/// Lifts a device's own suspension.
#[utoipa::path(post, path = "/devices/{id}/activate", operation_id = "device_activate", tag = "devices",
    params(("id" = String, Path)), responses((status = 200, body = Device)))]
async fn device_activate(Path(id): Path<DeviceId>, command: Command<Nothing>) -> Result<Reply<Device>, Failure> {
    transact!(command, OK, |tx| super::activate(tx, &id, command.call.if_match).await)
}

/// Issues new credentials; the old ones end.
#[utoipa::path(post, path = "/devices/{id}/credentials", operation_id = "device_issue_credentials", tag = "devices",
    params(("id" = String, Path)), responses((status = 201, body = DeviceCredentials)))]
async fn device_issue_credentials(
    Path(id): Path<DeviceId>,
    command: Command<Nothing>,
) -> Result<Reply<DeviceCredentials>, Failure> {
    transact!(command, CREATED, |tx| super::issue_credentials(tx, &id, command.call.if_match).await)
}
