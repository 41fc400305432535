//! Credits over HTTP.

use api::credit::{
    CreditAccountList, CreditAdd, CreditCounter, CreditEntry, CreditEntryList, CreditEntryQuery, CreditMonthQuery,
    CreditStatementList,
};
use api::id::CustomerId;
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use base::App;
use base::http::{Call, Command, Failure, Parameters, Reply, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(credit_list))
        .routes(routes!(credit_month_list))
        .routes(routes!(credit_entry_list, credit_add))
        .routes(routes!(credit_counter))
}

/// How a customer stands with each product that is sold as credits: what its account holds, what machines have taken for this
/// month, and for how long the rest lasts.
#[utoipa::path(get, path = "/customers/{id}/credits", operation_id = "credit_list", tag = "credits",
    params(("id" = String, Path)), responses((status = 200, body = CreditAccountList)))]
async fn credit_list(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::list(&mut cx, &id).await?)?)
}

/// A customer's own accounts month by month: opening balance, additions, use, closing balance.
#[utoipa::path(get, path = "/customers/{id}/credits/months", operation_id = "credit_month_list", tag = "credits",
    params(("id" = String, Path), CreditMonthQuery), responses((status = 200, body = CreditStatementList)))]
async fn credit_month_list(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<CreditMonthQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::months(&mut cx, &id, &query).await?)?)
}

/// The entries of a customer's own accounts, the newest first: what came, what was handed on, which machine took how much.
#[utoipa::path(get, path = "/customers/{id}/credits/entries", operation_id = "credit_entry_list", tag = "credits",
    params(("id" = String, Path), CreditEntryQuery), responses((status = 200, body = CreditEntryList)))]
async fn credit_entry_list(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<CreditEntryQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::entries(&mut cx, &id, &query).await?)?)
}

/// Adds units to a customer's own account: from the nearest account above, or bought where there is none; below zero they go
/// back. The first addition makes the account: its machines draw on it from then on, and no longer on one above. Takes
/// somebody who looks after the customer from above; the provider fills its own.
#[utoipa::path(post, path = "/customers/{id}/credits/entries", operation_id = "credit_add", tag = "credits",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = CreditAdd, responses((status = 201, body = CreditEntry)))]
async fn credit_add(Path(id): Path<CustomerId>, command: Command<CreditAdd>) -> Result<Reply<CreditEntry>, Failure> {
    transact!(command, CREATED, |tx| super::add(tx, &id, &command.input).await)
}

/// Takes an entry back by another one, once; of units that went from one account to another, in both. What a machine has for
/// its month stays.
#[utoipa::path(post, path = "/customers/{id}/credits/counter", operation_id = "credit_counter", tag = "credits",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = CreditCounter, responses((status = 201, body = CreditEntry)))]
async fn credit_counter(
    Path(id): Path<CustomerId>,
    command: Command<CreditCounter>,
) -> Result<Reply<CreditEntry>, Failure> {
    transact!(command, CREATED, |tx| super::counter(tx, &id, &command.input).await)
}
