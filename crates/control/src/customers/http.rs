//! Customers over HTTP.

use api::customer::{
    AccountDetails, Customer, CustomerChange, CustomerCreate, CustomerCreated, CustomerDeletion, CustomerMove,
    CustomerMoved, CustomerQuery, CustomerUpdate, HowDeleted, HowRestored, PasswordSet, StateChange, SuspendRequest,
    WebAccessSet,
};
use api::id::CustomerId;
use api::page::{CountQuery, DryRun, ExportQuery, ExportRequest, ListCounts, ListQuery, Page};
use api::storage::StorageMigration;
use api::units::Secret;
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{CheckedCustomer, CheckedUpdate};
use base::App;
use base::authn::check_password;
use base::authz::Permission;
use base::http::{Call, Command, Failure, Nothing, Parameters, Reply, listed, show};
use base::text::Checks;
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(customer_list, customer_create))
        .routes(routes!(customer_count))
        .routes(routes!(customer_export, customer_export_chosen))
        .routes(routes!(customer_show, customer_update, customer_delete))
        .routes(routes!(customer_suspend))
        .routes(routes!(customer_activate))
        .routes(routes!(customer_restore))
        .routes(routes!(customer_end_trial))
        .routes(routes!(customer_migrate_storage))
        .routes(routes!(customer_move))
        .routes(routes!(customer_set_password))
        .routes(routes!(account_details_show))
        .routes(routes!(account_details_send))
        .routes(routes!(customer_set_web_access))
}

/// Customers of all levels, by company name unless sorted otherwise.
#[utoipa::path(get, path = "/customers", operation_id = "customer_list", tag = "customers", params(ListQuery),
    responses((status = 200, body = Page<Customer>)))]
async fn customer_list(call: Call, Parameters(query): Parameters<ListQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// How many customers of the list have which value.
#[utoipa::path(get, path = "/customers/counts", operation_id = "customer_count", tag = "customers", params(CountQuery),
    responses((status = 200, body = ListCounts)))]
async fn customer_count(call: Call, Parameters(query): Parameters<CountQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_in_turn().await?;
    Ok(show(&super::count(&mut cx, &query).await?)?)
}

/// Customers of the list, all of them, as a file: `docs/exports.md`.
#[utoipa::path(get, path = "/customers/export", operation_id = "customer_export", tag = "customers", params(ExportQuery),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")),
        headers(("tenantry-as-of" = String, description = "The moment that all of it was read at.")))))]
async fn customer_export(call: Call, Parameters(query): Parameters<ExportQuery>) -> Result<Response, Failure> {
    Ok(base::export::answer(&call, &query, &super::export::EXPORT).await?)
}

/// Customers that were chosen of the list, as a file: `docs/exports.md`.
#[utoipa::path(post, path = "/customers/export", operation_id = "customer_export_chosen", tag = "customers",
    request_body = ExportRequest,
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")),
        headers(("tenantry-as-of" = String, description = "The moment that all of it was read at.")))))]
async fn customer_export_chosen(command: Command<ExportRequest>) -> Result<Response, Failure> {
    Ok(base::export::answer_chosen(&command.call, &command.input, &super::export::EXPORT).await?)
}

/// Creates a customer, with its sites where it is an end customer.
#[utoipa::path(post, path = "/customers", operation_id = "customer_create", tag = "customers",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    request_body = CustomerCreate, responses((status = 201, body = CustomerCreated)))]
async fn customer_create(command: Command<CustomerCreate>) -> Result<Reply<CustomerCreated>, Failure> {
    let input = CheckedCustomer::of(&command.input)?;
    // Nothing is hashed for what could stand nowhere.
    if input.password.is_some() {
        let mut cx = command.call.read().await?;
        if let Err(error) = super::create::parent_of(&mut cx, &command.input.parent_id).await
            && !command.call.is_kept(&mut cx).await?
        {
            return Err(error.into());
        }
    }
    let hash = command.hash_if_given(input.password.as_ref().map(Secret::expose)).await?;
    transact!(command, CREATED, |tx| super::create(tx, &input, hash.as_deref()).await)
}

/// One customer.
#[utoipa::path(get, path = "/customers/{id}", operation_id = "customer_show", tag = "customers",
    params(("id" = String, Path), CustomerQuery), responses((status = 200, body = Customer)))]
async fn customer_show(
    call: Call,
    Path(id): Path<CustomerId>,
    Parameters(query): Parameters<CustomerQuery>,
) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id, &query).await?)?)
}

/// Changes company name, profile, and what may be set once.
#[utoipa::path(patch, path = "/customers/{id}", operation_id = "customer_update", tag = "customers",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = CustomerUpdate, responses((status = 200, body = Customer)))]
async fn customer_update(
    Path(id): Path<CustomerId>,
    command: Command<CustomerUpdate>,
) -> Result<Reply<Customer>, Failure> {
    let known = match command.input.password {
        Some(_) => super::names(&mut command.call.read().await?, &id, Permission::EditCustomers).await?,
        None => Vec::new(),
    };
    let input = CheckedUpdate::of(command.input.clone(), &known)?;
    let expected = command.call.require_match()?;
    let hash = command.hash_if_given(input.password()).await?;
    transact!(command, OK, |tx| super::update(tx, &id, expected, &input, hash.as_deref()).await)
}

/// Deletes a customer with all that stands below it: at once its backups stop and its names are free again, and after the hold
/// it is removed for good with its devices and their backups. Until then `restore` brings it back as it was.
#[utoipa::path(delete, path = "/customers/{id}", operation_id = "customer_delete", tag = "customers",
    params(("id" = String, Path), HowDeleted), responses((status = 200, body = CustomerDeletion)))]
async fn customer_delete(
    Path(id): Path<CustomerId>,
    Parameters(how): Parameters<HowDeleted>,
    command: Command<Nothing>,
) -> Result<Reply<CustomerDeletion>, Failure> {
    let accounts = {
        let mut cx = command.call.read().await?;
        match super::deletion::accounts(&mut cx, &id).await {
            // A request that was answered before is answered so again, though the customer may be gone by now.
            Err(_) if command.call.is_kept(&mut cx).await? => super::deletion::Accounts::default(),
            accounts => accounts?,
        }
    };
    let HowDeleted { remove_products, dry_run } = how;
    transact!(command, OK, |tx| {
        super::deletion::schedule(tx, &id, command.call.if_match, remove_products, accounts, dry_run).await
    })
}

/// Cancels a deletion that is scheduled: the customer is as it was before.
#[utoipa::path(post, path = "/customers/{id}/restore", operation_id = "customer_restore", tag = "customers",
    params(("id" = String, Path), HowRestored), responses((status = 200, body = CustomerChange)))]
async fn customer_restore(
    Path(id): Path<CustomerId>,
    Parameters(how): Parameters<HowRestored>,
    command: Command<Nothing>,
) -> Result<Reply<CustomerChange>, Failure> {
    transact!(command, OK, |tx| super::deletion::restore(tx, &id, command.call.if_match, how).await)
}

/// Ends a trial before its time: the customer is in production from now on, and there is no way back.
#[utoipa::path(post, path = "/customers/{id}/end_trial", operation_id = "customer_end_trial", tag = "customers",
    params(("id" = String, Path)), responses((status = 200, body = CustomerChange)))]
async fn customer_end_trial(
    Path(id): Path<CustomerId>,
    command: Command<Nothing>,
) -> Result<Reply<CustomerChange>, Failure> {
    transact!(command, OK, |tx| super::trial::end(tx, &id, command.call.if_match).await)
}

async fn foreseen(call: &Call, id: &CustomerId, to: Option<api::Mode>) -> Result<Option<super::Foreseen>, Failure> {
    let mut cx = call.read().await?;
    match super::foresee(&mut cx, id, to).await {
        // A request that was answered before is answered so again, though the customer may be gone by now.
        Err(_) if call.is_kept(&mut cx).await? => Ok(None),
        foreseen => Ok(foreseen?),
    }
}

/// Another storage location for a customer or site: by the provider, with a reason, while nothing is stored there.
#[utoipa::path(post, path = "/customers/{id}/storage_location", operation_id = "customer_migrate_storage", tag = "customers",
    params(("id" = String, Path)), request_body = StorageMigration, responses((status = 200, body = CustomerChange)))]
async fn customer_migrate_storage(
    Path(id): Path<CustomerId>,
    command: Command<StorageMigration>,
) -> Result<Reply<CustomerChange>, Failure> {
    transact!(command, OK, |tx| super::migrate::migrate(tx, &id, command.call.if_match, &command.input).await)
}

/// Suspends a customer and so everything below it.
#[utoipa::path(post, path = "/customers/{id}/suspend", operation_id = "customer_suspend", tag = "customers",
    params(("id" = String, Path), DryRun), request_body = SuspendRequest, responses((status = 200, body = StateChange)))]
async fn customer_suspend(
    Path(id): Path<CustomerId>,
    Parameters(how): Parameters<DryRun>,
    command: Command<SuspendRequest>,
) -> Result<Reply<StateChange>, Failure> {
    let foreseen = foreseen(&command.call, &id, Some(command.input.mode)).await?;
    transact!(command, OK, |tx| {
        super::suspend(tx, &id, command.call.if_match, &command.input, how.dry_run, foreseen).await
    })
}

/// Lifts a customer's own suspension.
#[utoipa::path(post, path = "/customers/{id}/activate", operation_id = "customer_activate", tag = "customers",
    params(("id" = String, Path), DryRun), responses((status = 200, body = StateChange)))]
async fn customer_activate(
    Path(id): Path<CustomerId>,
    Parameters(how): Parameters<DryRun>,
    command: Command<Nothing>,
) -> Result<Reply<StateChange>, Failure> {
    let foreseen = foreseen(&command.call, &id, None).await?;
    transact!(command, OK, |tx| super::activate(tx, &id, command.call.if_match, how.dry_run, foreseen).await)
}

/// Moves a customer, with all that stands below it, to another parent.
#[utoipa::path(post, path = "/customers/{id}/move", operation_id = "customer_move", tag = "customers",
    params(("id" = String, Path), DryRun), request_body = CustomerMove, responses((status = 200, body = CustomerMoved)))]
async fn customer_move(
    Path(id): Path<CustomerId>,
    Parameters(how): Parameters<DryRun>,
    command: Command<CustomerMove>,
) -> Result<Reply<CustomerMoved>, Failure> {
    transact!(command, OK, |tx| super::relocate(tx, &id, command.call.if_match, &command.input, how.dry_run).await)
}

/// What a customer has to know to begin, as it would be sent now.
#[utoipa::path(get, path = "/customers/{id}/account_details", operation_id = "account_details_show", tag = "customers",
    params(("id" = String, Path)), responses((status = 200, body = AccountDetails)))]
async fn account_details_show(call: Call, Path(id): Path<CustomerId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::account_details::show(&mut cx, &id).await?)?)
}

/// Sends a customer what it has to know to begin, to its own address.
#[utoipa::path(post, path = "/customers/{id}/account_details/send", operation_id = "account_details_send", tag = "customers",
    params(("id" = String, Path), ("Idempotency-Key" = Option<String>, Header, description = "Makes it safe to send the request again.")),
    responses((status = 200, body = AccountDetails)))]
async fn account_details_send(
    Path(id): Path<CustomerId>,
    command: Command<Nothing>,
) -> Result<Reply<AccountDetails>, Failure> {
    crate::mail::limit(&command.call, &id)?;
    transact!(command, OK, |tx| super::account_details::send(tx, &id).await)
}

/// Sets the password that goes with the customer's username; its sessions end.
#[utoipa::path(post, path = "/customers/{id}/password", operation_id = "customer_set_password", tag = "customers",
    params(("id" = String, Path)), request_body = PasswordSet, responses((status = 200, body = Customer)))]
async fn customer_set_password(
    Path(id): Path<CustomerId>,
    command: Command<PasswordSet>,
) -> Result<Reply<Customer>, Failure> {
    let mut checks = Checks::default();
    let known = super::names(&mut command.call.read().await?, &id, Permission::SetPasswords).await?;
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    checks.take("password", check_password(command.input.password.expose(), &known));
    checks.finish()?;
    let hash = command.hash(command.input.password.expose()).await?;
    transact!(command, OK, |tx| super::set_password(tx, &id, command.call.if_match, &hash).await)
}

/// Switches the account with the customer's username on, or off: its sessions end.
#[utoipa::path(put, path = "/customers/{id}/web_access", operation_id = "customer_set_web_access", tag = "customers",
    params(("id" = String, Path)), request_body = WebAccessSet, responses((status = 200, body = Customer)))]
async fn customer_set_web_access(
    Path(id): Path<CustomerId>,
    command: Command<WebAccessSet>,
) -> Result<Reply<Customer>, Failure> {
    let known = super::names(&mut command.call.read().await?, &id, Permission::SetPasswords).await?;
    let input = super::web_access::CheckedWebAccess::of(&command.input, &known)?;
    let hash = command.hash_if_given(command.input.password.as_ref().map(Secret::expose)).await?;
    transact!(command, OK, |tx| {
        super::web_access::set(tx, &id, command.call.if_match, &input, hash.as_deref()).await
    })
}
