//! Allotments over HTTP.

use api::allotment::{AllotmentList, AllotmentQuery, AllotmentSet, AllotmentsChanged};
use api::id::CustomerId;
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Parameters, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(allotment_list)).routes(routes!(allotment_set))
}

/// Space, licence pools and limits of devices of a customer and all that stands below it, down to devices with their
/// repositories and last runs: from the top down, each customer, its devices, then what stands below it.
#[utoipa::path(get, path = "/customers/{id}/allotments", operation_id = "allotment_list", tag = "allotments",
    params(("id" = String, Path), AllotmentQuery), responses((status = 200, body = AllotmentList)))]
async fn allotment_list(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<AllotmentQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read_in_turn().await?;
    Ok(show(&super::list(&mut cx, &id, &query).await?)?)
}

/// Changes space, pools and limits of several customers and devices together: all of them, in whatever order they fit, or none.
/// Everything that is refused is named by its place in the request. Each takes the right that it takes by itself.
#[utoipa::path(post, path = "/allotments", operation_id = "allotment_set", tag = "allotments",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = AllotmentSet, responses((status = 200, body = AllotmentsChanged)))]
async fn allotment_set(command: Command<AllotmentSet>) -> Result<Reply<AllotmentsChanged>, Failure> {
    transact!(command, OK, |tx| super::set(tx, &command.input).await)
}
