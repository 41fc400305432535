//! Reports over HTTP.

use api::id::CustomerId;
use api::report::{
    ReportKind, ReportList, ReportPage, ReportResume, ReportSend, ReportSent, ReportStopQuery, ReportStopped,
};
use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::cx::Caller;
use base::http::{Call, Command, Failure, Parameters, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(report_list))
        .routes(routes!(report_show))
        .routes(routes!(report_page))
        .routes(routes!(report_send))
        .routes(routes!(report_resume))
        .routes(routes!(report_stop))
}

/// Which reports an end customer gets, when, and why not.
#[utoipa::path(get, path = "/customers/{id}/reports", operation_id = "report_list", tag = "reports",
    params(("id" = String, Path)), responses((status = 200, body = ReportList)))]
async fn report_list(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::list(&mut cx, &id).await?)?)
}

/// A report as it would be sent now; nothing is sent.
#[utoipa::path(get, path = "/customers/{id}/reports/{kind}", operation_id = "report_show", tag = "reports",
    params(("id" = String, Path), ("kind" = ReportKind, Path)), responses((status = 200, body = ReportPage)))]
async fn report_show(call: Call, Path((id, kind)): Path<(CustomerId, ReportKind)>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::preview(&mut cx, &id, kind).await?)?)
}

/// A page that runs nothing, fetches nothing, and is shown within our own alone.
const POLICY: &str = "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'";

/// The same as the page that its recipients see.
#[utoipa::path(get, path = "/customers/{id}/reports/{kind}/page", operation_id = "report_page", tag = "reports",
    params(("id" = String, Path), ("kind" = ReportKind, Path)),
    responses((status = 200, content_type = "text/html", body = String)))]
async fn report_page(call: Call, Path((id, kind)): Path<(CustomerId, ReportKind)>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    let page = super::preview(&mut cx, &id, kind).await?;
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CONTENT_SECURITY_POLICY, POLICY)];
    Ok((headers, page.html).into_response())
}

/// Sends a report at once, as it is now.
#[utoipa::path(post, path = "/customers/{id}/reports/{kind}/send", operation_id = "report_send", tag = "reports",
    params(("id" = String, Path), ("kind" = ReportKind, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = ReportSend, responses((status = 200, body = ReportSent)))]
async fn report_send(
    Path((id, kind)): Path<(CustomerId, ReportKind)>,
    command: Command<ReportSend>,
) -> Result<Reply<ReportSent>, Failure> {
    crate::mail::limit(&command.call, &id)?;
    transact!(command, OK, |tx| super::send_now(tx, &id, kind, &command.input).await)
}

/// Sends it again to somebody who has stopped it.
#[utoipa::path(post, path = "/customers/{id}/reports/{kind}/resume", operation_id = "report_resume", tag = "reports",
    params(("id" = String, Path), ("kind" = ReportKind, Path)), request_body = ReportResume,
    responses((status = 200, body = ReportList)))]
async fn report_resume(
    Path((id, kind)): Path<(CustomerId, ReportKind)>,
    command: Command<ReportResume>,
) -> Result<Reply<ReportList>, Failure> {
    transact!(command, OK, |tx| super::resume(tx, &id, kind, &command.input.address).await)
}

/// Ends a report for whoever has its link. The body is not looked at: programs that read mail post one of their own, as RFC
/// 8058 has it.
#[utoipa::path(post, path = "/reports/stop", operation_id = "report_stop", tag = "reports", params(ReportStopQuery),
    responses((status = 200, body = ReportStopped)), security(()))]
async fn report_stop(call: Call, Parameters(query): Parameters<ReportStopQuery>) -> Result<Response, Failure> {
    super::check_link(&mut call.read().await?, &query.token).await?;
    let origin = call.origin.clone();
    let stopped = base::run!(&call.app, Caller::System, origin.clone(), |tx| super::stop(tx, &query.token).await)?;
    Ok(show(&stopped)?)
}
