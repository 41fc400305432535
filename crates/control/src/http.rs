//! What all handlers share: reading a request into a [`Command`] or a [`Query`], running a command through
//! [`transact!`](crate::transact), and turning every refusal, the framework's own included, into a problem document.

mod envelope;
mod input;
mod reply;

use axum::Router;
use axum::routing::get;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use envelope::{Failure, Peer};
pub use input::{Call, Command, Nothing, Open, Parameters};
pub(crate) use reply::{Opened, begin, finish, show};
pub use reply::{Reply, Wire};

use crate::App;

/// Runs a command in a transaction and makes the answer of what it returns: begins, calls, commits, and runs the whole
/// again when the database asks for it. With an `Idempotency-Key` that was seen before, gives the same answer again.
///
/// ```ignore
/// transact!(command, CREATED, |tx| customers::create(tx, &command.input).await)
/// ```
#[macro_export]
macro_rules! transact {
    ($command:expr, $status:ident, |$tx:ident| $body:expr) => {{
        let mut runs = $crate::cx::Runs::default();
        loop {
            let mut open = match $crate::http::begin(&$command, &mut runs).await {
                Ok($crate::http::Opened::Tx(open)) => open,
                Ok($crate::http::Opened::Before(reply)) => break Ok(reply),
                Err(error) => break Err($crate::http::Failure::from(error)),
            };
            let outcome = {
                let $tx = &mut *open;
                $body
            };
            match $crate::http::finish(&$command, *open, outcome, ::http::StatusCode::$status, &mut runs).await {
                Ok(Some(reply)) => break Ok(reply),
                Ok(None) => {}
                Err(error) => break Err($crate::http::Failure::from(error)),
            }
        }
    }};
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tenantry",
        description = "Runs the customers of a provider of backup services: one tree from provider to device, and a \
                       storage gateway that stock restic clients write to.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later")
    ),
    components(schemas(api::Problem, api::FieldError)),
    modifiers(&Security),
    security(("session" = []))
)]
struct Description;

/// How callers prove who they are.
struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, SecurityScheme};
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(crate::sessions::COOKIE)));
        description.components.get_or_insert_default().add_security_scheme("session", cookie);
    }
}

fn api() -> (Router<App>, utoipa::openapi::OpenApi) {
    let slices = OpenApiRouter::new()
        .merge(crate::setup::http::routes())
        .merge(crate::sessions::http::routes())
        .merge(crate::customers::http::routes())
        .merge(crate::sites::http::routes())
        .merge(crate::changes::http::routes())
        .merge(crate::users::http::routes())
        .merge(crate::invitations::http::routes())
        .merge(crate::pass_keys::http::routes())
        .merge(crate::devices::http::routes())
        .merge(crate::storage::http::routes());
    OpenApiRouter::with_openapi(Description::openapi()).nest("/api/v1", slices).split_for_parts()
}

/// The API, and the probes beside it. The binary adds the console as fallback for everything outside of `/api`.
pub fn router(app: App) -> Router {
    let (routes, _) = api();
    routes
        .route("/api/{*rest}", axum::routing::any(envelope::unknown))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(envelope::ready))
        .method_not_allowed_fallback(envelope::wrong_method)
        .layer(axum::middleware::from_fn(envelope::wrap))
        .with_state(app)
}

/// The API's description, as `openapi.json` holds it.
pub fn description() -> String {
    let (_, mut description) = api();
    envelope::describe_refusals(&mut description);
    let mut text = description.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
