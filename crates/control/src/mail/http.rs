//! Mail over HTTP.

use api::mail::{Mail, MailSettings, MailSettingsUpdate, MailTest, PasswordResetRequest};
use api::page::{ListQuery, Page};
use axum::response::Response;
use serde::Deserialize;
use utoipa::IntoParams;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::CheckedSettings;
use base::App;
use base::attempts::{PASSWORD_RESETS, PASSWORD_RESETS_FROM};
use base::http::{Call, Command, Failure, Open, Parameters, Reply, listed, show};
use base::transact;

pub fn routes() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(mail_settings_show, mail_settings_update))
        .routes(routes!(mail_settings_test))
        .routes(routes!(mail_list))
        .routes(routes!(password_reset_request))
}

/// How mail leaves. For administrators of the provider.
#[utoipa::path(get, path = "/mail_settings", operation_id = "mail_settings_show", tag = "mail",
    responses((status = 200, body = MailSettings)))]
async fn mail_settings_show(call: Call) -> Result<Response, Failure> {
    let mut cx = call.read().await?;
    Ok(show(&super::show(&mut cx).await?)?)
}

/// Sets how mail leaves, all of it anew. A password that is left out stays, as long as it goes to the same server.
#[utoipa::path(put, path = "/mail_settings", operation_id = "mail_settings_update", tag = "mail",
    request_body = MailSettingsUpdate, responses((status = 200, body = MailSettings)))]
async fn mail_settings_update(command: Command<MailSettingsUpdate>) -> Result<Reply<MailSettings>, Failure> {
    let checked = CheckedSettings::of(&command.input)?;
    transact!(command, OK, |tx| super::update(tx, &command.input, &checked).await)
}

/// Sends a test mail by the settings that are stored, also while mail is off. What becomes of it stands in the list of mails.
#[utoipa::path(post, path = "/mail_settings/test", operation_id = "mail_settings_test", tag = "mail",
    request_body = MailTest, responses((status = 202, body = Mail)))]
async fn mail_settings_test(command: Command<MailTest>) -> Result<Reply<Mail>, Failure> {
    transact!(command, ACCEPTED, |tx| super::test(tx, &command.input).await)
}

/// Mails to people at and below the caller's customer, without their texts, the newest first; kept for 30 days.
#[utoipa::path(get, path = "/mails", operation_id = "mail_list", tag = "mail", params(MailQuery),
    responses((status = 200, body = Page<Mail>)))]
async fn mail_list(call: Call, Parameters(query): Parameters<MailQuery>) -> Result<Response, Failure> {
    let MailQuery { limit, after, offset, sort, filter } = query;
    let query = ListQuery { limit, after, offset, sort, filter, ..ListQuery::default() };
    let mut cx = call.read_list(&query).await?;
    Ok(listed(&query, &super::list(&mut cx, &query).await?)?)
}

/// Which part of the list.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
struct MailQuery {
    /// At most this many items, 1 to 500.
    #[param(minimum = 1, maximum = 500, default = 50)]
    limit: Option<u32>,
    /// Items after this cursor, as a former page's `next` gave it. Not together with `offset`.
    after: Option<String>,
    /// Skip this many items.
    #[param(minimum = 0)]
    offset: Option<u32>,
    /// A field to sort by; with a leading `-` descending.
    sort: Option<String>,
    /// Only what this filter finds, such as `state == failed`, as in other lists.
    filter: Option<String>,
}

/// Asks for a link with which to set a new password, by mail. The answer is the same whether there is such an account or not.
#[utoipa::path(post, path = "/password_resets", operation_id = "password_reset_request", tag = "sessions", security(()),
    request_body = PasswordResetRequest,
    responses((status = 204, description = "If there is such an account with an address, a link is on its way.")))]
async fn password_reset_request(Open(command): Open<PasswordResetRequest>) -> Result<Reply<()>, Failure> {
    let call = &command.call;
    super::require(&mut call.read().await?).await?;
    let login = base::text::fold(&command.input.login);
    // A person's mailbox isn't filled by others, and an address doesn't ask for everybody.
    let tries = [
        (format!("reset of {login}"), PASSWORD_RESETS),
        (format!("reset from {}", call.origin.limited_as()), PASSWORD_RESETS_FROM),
    ];
    call.app.attempts.take(&tries, call.app.clock.now())?;
    transact!(command, NO_CONTENT, |tx| super::request_reset(tx, &command.input).await)
}
