//! Invoices, and what they are made by, over HTTP.

use api::id::{CustomerId, InvoiceId, InvoicePlanId};
use api::invoice::{
    Invoice, InvoiceCreate, InvoiceExportQuery, InvoiceList, InvoicePlan, InvoicePlanCreate, InvoicePlanList,
    InvoicePlanUpdate, InvoicePreview, InvoiceQuery, InvoiceSettings, InvoiceSettingsSet, TaxRates,
};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{plans, settings};
use base::App;
use base::http::{Call, Command, Failure, Nothing, Parameters, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(invoice_plan_list, invoice_plan_create))
        .routes(routes!(invoice_plan_show, invoice_plan_update, invoice_plan_delete))
        .routes(routes!(invoice_settings_show, invoice_settings_set))
        .routes(routes!(tax_rate_list, tax_rate_set))
        .routes(routes!(invoice_preview))
        .routes(routes!(invoice_list, invoice_create))
        .routes(routes!(invoice_export))
        .routes(routes!(invoice_show, invoice_delete))
        .routes(routes!(invoice_issue))
        .routes(routes!(invoice_pay))
        .routes(routes!(invoice_credit))
}

/// The plans at and below the caller's customer, and the one by which it is invoiced itself, by name; 500 at most.
#[utoipa::path(get, path = "/invoice_plans", operation_id = "invoice_plan_list", tag = "invoices",
    responses((status = 200, body = InvoicePlanList)))]
async fn invoice_plan_list(call: Call) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&plans::list(&mut cx).await?)?)
}

/// Makes a plan of somebody who has customers below. The first is the default: it holds for everybody directly below.
#[utoipa::path(post, path = "/invoice_plans", operation_id = "invoice_plan_create", tag = "invoices",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = InvoicePlanCreate, responses((status = 201, body = InvoicePlan)))]
async fn invoice_plan_create(command: Command<InvoicePlanCreate>) -> Result<Reply<InvoicePlan>, Failure> {
    transact!(command, CREATED, |tx| plans::create(tx, &command.input).await)
}

/// A plan with what it charged before.
#[utoipa::path(get, path = "/invoice_plans/{id}", operation_id = "invoice_plan_show", tag = "invoices",
    params(("id" = String, Path)), responses((status = 200, body = InvoicePlan)))]
async fn invoice_plan_show(call: Call, Path(id): Path<InvoicePlanId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&plans::show(&mut cx, &id).await?)?)
}

/// Changes a plan. Other charges make another revision; what is issued keeps its own.
#[utoipa::path(patch, path = "/invoice_plans/{id}", operation_id = "invoice_plan_update", tag = "invoices",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = InvoicePlanUpdate, responses((status = 200, body = InvoicePlan)))]
async fn invoice_plan_update(
    Path(id): Path<InvoicePlanId>,
    command: Command<InvoicePlanUpdate>,
) -> Result<Reply<InvoicePlan>, Failure> {
    let expected = command.call.require_match()?;
    transact!(command, OK, |tx| plans::update(tx, &id, expected, &command.input).await)
}

/// Removes a plan that isn't the default; who was given it, as many as its `assigned` says, has the default one from now on.
#[utoipa::path(delete, path = "/invoice_plans/{id}", operation_id = "invoice_plan_delete", tag = "invoices",
    params(("id" = String, Path)), responses((status = 204, description = "Removed.")))]
async fn invoice_plan_delete(Path(id): Path<InvoicePlanId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| plans::delete(tx, &id, command.call.if_match).await)
}

/// How a customer is invoiced: by which plan and when, or why not.
#[utoipa::path(get, path = "/customers/{id}/invoice_settings", operation_id = "invoice_settings_show", tag = "invoices",
    params(("id" = String, Path)), responses((status = 200, body = InvoiceSettings)))]
async fn invoice_settings_show(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&settings::show(&mut cx, &id).await?)?)
}

/// Says how a customer is invoiced, all of it anew; with nothing it is as whoever stands above has it.
#[utoipa::path(put, path = "/customers/{id}/invoice_settings", operation_id = "invoice_settings_set", tag = "invoices",
    params(("id" = String, Path)), request_body = InvoiceSettingsSet, responses((status = 200, body = InvoiceSettings)))]
async fn invoice_settings_set(
    Path(id): Path<CustomerId>,
    command: Command<InvoiceSettingsSet>,
) -> Result<Reply<InvoiceSettings>, Failure> {
    transact!(command, OK, |tx| settings::set(tx, &id, &command.input).await)
}

/// The rates of taxes by country.
#[utoipa::path(get, path = "/tax_rates", operation_id = "tax_rate_list", tag = "invoices",
    responses((status = 200, body = TaxRates)))]
async fn tax_rate_list(call: Call) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&settings::tax_rates(&mut cx).await?)?)
}

/// Sets the rates of taxes, all of them anew. For the provider.
#[utoipa::path(put, path = "/tax_rates", operation_id = "tax_rate_set", tag = "invoices",
    request_body = TaxRates, responses((status = 200, body = TaxRates)))]
async fn tax_rate_set(command: Command<TaxRates>) -> Result<Reply<TaxRates>, Failure> {
    transact!(command, OK, |tx| settings::set_tax_rates(tx, &command.input).await)
}

/// What an invoice would be; nothing is stored.
#[utoipa::path(post, path = "/invoices/preview", operation_id = "invoice_preview", tag = "invoices",
    request_body = InvoiceCreate, responses((status = 200, body = InvoicePreview)))]
async fn invoice_preview(command: Command<InvoiceCreate>) -> Result<Response, Failure> {
    let mut cx = command.call.read().await?;
    Ok(show(&super::preview(&mut cx, &command.input).await?)?)
}

/// Invoices that are issued at and below the caller's customer, drafts among them, and its own once they are issued, the
/// newest first.
#[utoipa::path(get, path = "/invoices", operation_id = "invoice_list", tag = "invoices", params(InvoiceQuery),
    responses((status = 200, body = InvoiceList)))]
async fn invoice_list(call: Call, Parameters(query): Parameters<InvoiceQuery>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::list(&mut cx, &query).await?)?)
}

/// Invoices and credit notes that were issued in a period, for accounting, in the order in which they were: `docs/exports.md`.
#[utoipa::path(get, path = "/invoices/export", operation_id = "invoice_export", tag = "invoices",
    params(InvoiceExportQuery),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")),
        headers(("tenantry-as-of" = String, description = "The moment that all of it was read at.")))))]
async fn invoice_export(call: Call, Parameters(query): Parameters<InvoiceExportQuery>) -> Result<Response, Failure> {
    let cx = call.read_steadily().await?;
    Ok(super::export::answer(cx, query)?)
}

/// Makes a draft. The same period again reckons it anew; what is issued already is answered as it is.
#[utoipa::path(post, path = "/invoices", operation_id = "invoice_create", tag = "invoices",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = InvoiceCreate, responses((status = 201, body = Invoice)))]
async fn invoice_create(command: Command<InvoiceCreate>) -> Result<Reply<Invoice>, Failure> {
    transact!(command, CREATED, |tx| super::create(tx, &command.input).await)
}

/// An invoice with the days that it stands on.
#[utoipa::path(get, path = "/invoices/{id}", operation_id = "invoice_show", tag = "invoices",
    params(("id" = String, Path)), responses((status = 200, body = Invoice)))]
async fn invoice_show(call: Call, Path(id): Path<InvoiceId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    let account = cx.account()?;
    Ok(show(&super::show(&mut cx, &account, &id).await?)?)
}

/// Throws a draft away.
#[utoipa::path(delete, path = "/invoices/{id}", operation_id = "invoice_delete", tag = "invoices",
    params(("id" = String, Path)), responses((status = 204, description = "Removed.")))]
async fn invoice_delete(Path(id): Path<InvoiceId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::delete(tx, &id, command.call.if_match).await)
}

/// Issues a draft: it gets its issuer's next number and is never changed again. Once more changes nothing.
#[utoipa::path(post, path = "/invoices/{id}/issue", operation_id = "invoice_issue", tag = "invoices",
    params(("id" = String, Path)), responses((status = 200, body = Invoice)))]
async fn invoice_issue(Path(id): Path<InvoiceId>, command: Command<Nothing>) -> Result<Reply<Invoice>, Failure> {
    transact!(command, OK, |tx| super::issue(tx, &id, command.call.if_match).await)
}

/// Says that an invoice is paid.
#[utoipa::path(post, path = "/invoices/{id}/pay", operation_id = "invoice_pay", tag = "invoices",
    params(("id" = String, Path)), responses((status = 200, body = Invoice)))]
async fn invoice_pay(Path(id): Path<InvoiceId>, command: Command<Nothing>) -> Result<Reply<Invoice>, Failure> {
    transact!(command, OK, |tx| super::pay(tx, &id, command.call.if_match).await)
}

/// Takes an invoice back. Answers the credit note, which has a number of its own.
#[utoipa::path(post, path = "/invoices/{id}/credit", operation_id = "invoice_credit", tag = "invoices",
    params(("id" = String, Path)), responses((status = 200, body = Invoice)))]
async fn invoice_credit(Path(id): Path<InvoiceId>, command: Command<Nothing>) -> Result<Reply<Invoice>, Failure> {
    transact!(command, OK, |tx| super::credit(tx, &id, command.call.if_match).await)
}
