//! User accounts over HTTP.

use api::id::UserId;
use api::page::{CountQuery, ExportQuery, ExportRequest, ListCounts, ListQuery, Page};
use api::units::Secret;
use api::user::{User, UserCreate, UserUpdate};
use axum::extract::Path;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::CheckedUser;
use base::App;
use base::http::{Call, Command, Failure, Nothing, Parameters, Reply, listed, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(user_list, user_create))
        .routes(routes!(user_count))
        .routes(routes!(user_export, user_export_chosen))
        .routes(routes!(user_show, user_update, user_delete))
}

/// User accounts below the caller, by name unless sorted otherwise.
#[utoipa::path(get, path = "/users", operation_id = "user_list", tag = "users", params(ListQuery),
    responses((status = 200, body = Page<User>)))]
async fn user_list(call: Call, Parameters(query): Parameters<ListQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// How many accounts of the list have which value.
#[utoipa::path(get, path = "/users/counts", operation_id = "user_count", tag = "users", params(CountQuery),
    responses((status = 200, body = ListCounts)))]
async fn user_count(call: Call, Parameters(query): Parameters<CountQuery>) -> Result<Response, Failure> {
    let mut cx = call.read_in_turn().await?;
    Ok(show(&super::count(&mut cx, &query).await?)?)
}

/// User accounts of the list, all of them, as a file: `docs/exports.md`.
#[utoipa::path(get, path = "/users/export", operation_id = "user_export", tag = "users", params(ExportQuery),
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")),
        headers(("tenantry-as-of" = String, description = "The moment that all of it was read at.")))))]
async fn user_export(call: Call, Parameters(query): Parameters<ExportQuery>) -> Result<Response, Failure> {
    Ok(base::export::answer(&call, &query, &super::export::EXPORT).await?)
}

/// User accounts that were chosen of the list, as a file: `docs/exports.md`.
#[utoipa::path(post, path = "/users/export", operation_id = "user_export_chosen", tag = "users",
    request_body = ExportRequest,
    responses((status = 200, content((String = "text/csv"), (String = "application/jsonl")),
        headers(("tenantry-as-of" = String, description = "The moment that all of it was read at.")))))]
async fn user_export_chosen(command: Command<ExportRequest>) -> Result<Response, Failure> {
    Ok(base::export::answer_chosen(&command.call, &command.input, &super::export::EXPORT).await?)
}

/// Creates a user account. Without a password it cannot sign in yet.
#[utoipa::path(post, path = "/users", operation_id = "user_create", tag = "users", request_body = UserCreate,
    responses((status = 201, body = User)))]
async fn user_create(command: Command<UserCreate>) -> Result<Reply<User>, Failure> {
    let input = &command.input;
    let password = input.password.as_ref().map(Secret::expose);
    // Nothing is hashed for somebody who could have no account.
    let known = match password {
        Some(_) => {
            let mut cx = command.call.read().await?;
            match super::names_of_home(&mut cx, &input.customer_id).await {
                Err(_) if command.call.is_kept(&mut cx).await? => Vec::new(),
                known => known?,
            }
        }
        None => Vec::new(),
    };
    let checked = CheckedUser::of::<UserCreate>(Some(&input.email), Some(&input.name), password, &known)?;
    let hash = command.hash_if_given(password).await?;
    transact!(command, CREATED, |tx| super::create(tx, &command.input, &checked, hash.clone()).await)
}

/// One user account.
#[utoipa::path(get, path = "/users/{id}", operation_id = "user_show", tag = "users", params(("id" = String, Path)),
    responses((status = 200, body = User)))]
async fn user_show(call: Call, Path(id): Path<UserId>) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx, &id).await?)?)
}

/// Changes a user account. A new password ends its sessions, and so does being deactivated.
#[utoipa::path(patch, path = "/users/{id}", operation_id = "user_update", tag = "users",
    params(("id" = String, Path), ("If-Match" = Option<String>, Header, description = "The ETag that the change is based on; required.")),
    request_body = UserUpdate, responses((status = 200, body = User)))]
async fn user_update(Path(id): Path<UserId>, command: Command<UserUpdate>) -> Result<Reply<User>, Failure> {
    let input = &command.input;
    let password = input.password.as_ref().map(Secret::expose);
    let known = match password {
        Some(_) => super::names(&mut command.call.read().await?, &id).await?,
        None => Vec::new(),
    };
    if let Some(email) = &input.email
        && super::is_own_address(&mut command.call.read().await?, &id, email).await?
    {
        // Links for a lost password go there.
        crate::sessions::own::prove(&command.call, input.current_password.as_ref()).await?;
    }
    let checked = CheckedUser::of::<UserUpdate>(input.email.as_deref(), input.name.as_deref(), password, &known)?;
    let expected = command.call.require_match()?;
    let hash = command.hash_if_given(password).await?;
    transact!(command, OK, |tx| super::update(tx, &id, expected, &command.input, &checked, hash.clone()).await)
}

/// Removes a user account and ends its sessions.
#[utoipa::path(delete, path = "/users/{id}", operation_id = "user_delete", tag = "users",
    params(("id" = String, Path)), responses((status = 204, description = "Removed.")))]
async fn user_delete(Path(id): Path<UserId>, command: Command<Nothing>) -> Result<Reply<()>, Failure> {
    transact!(command, NO_CONTENT, |tx| super::delete(tx, &id, command.call.if_match).await)
}
