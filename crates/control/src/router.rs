//! The router that gathers the slices, its description, and the probes beside it.

use std::time::Duration;

use api::{Code, Error};
use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::get;
use base::App;
use base::http::guard::{self, Guard, Noun, Personal};
use base::http::{Failure, envelope};
use http::header::ACCEPT_RANGES;
use http::{Extensions, HeaderMap, StatusCode, Version};
use tokio::time::{Instant, timeout};
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate as _, SizeAbove};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Tenantry",
        description = "Runs the customers of a provider of backup services: one tree from provider to device, and a \
                       storage gateway that stock restic clients write to.",
        license(name = "AGPL-3.0-or-later", identifier = "AGPL-3.0-or-later")
    ),
    components(schemas(api::Problem, api::FieldError, api::setting::Throttle, api::setting::PruneWindow, api::vault::ArchiveFormat)),
    modifiers(&Security),
    security(("session" = []), ("token" = []))
)]
struct Description;

/// How callers prove who they are.
struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
        let cookie = SecurityScheme::ApiKey(ApiKey::Cookie(ApiKeyValue::new(base::credentials::COOKIE)));
        description.components.get_or_insert_default().add_security_scheme("session", cookie);
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        description.components.get_or_insert_default().add_security_scheme("token", SecurityScheme::Http(bearer));
    }
}

/// What addresses name by an id.
const NOUNS: &[Noun] = &[
    Noun { word: "customers", place: crate::customers::sql::place },
    Noun { word: "removed_customers", place: crate::removed::sql::place },
    Noun { word: "users", place: crate::users::sql::place },
    Noun { word: "pass_keys", place: crate::pass_keys::sql::place },
    Noun { word: "devices", place: crate::devices::sql::place },
    Noun { word: "events", place: crate::events::sql::place },
    Noun { word: "licences", place: crate::licences::sql::place },
    Noun { word: "notification_rules", place: crate::notifications::sql::place },
    Noun { word: "templates", place: crate::templates::sql::place },
    Noun { word: "webhooks", place: crate::webhooks::sql::place },
    Noun { word: "webhook_deliveries", place: crate::webhooks::sql::place_of_delivery },
    Noun { word: "tasks", place: crate::tasks::place },
    Noun { word: "sessions", place: crate::sessions::sql::place },
    Noun { word: "tokens", place: crate::tokens::sql::place },
];

const PERSONAL: &[Personal] = &[
    Personal { word: "invoices", place: crate::invoices::sql::place },
    Personal { word: "invoice_plans", place: crate::invoices::sql::place_of_plan },
    Personal { word: "views", place: crate::views::place },
    Personal { word: "factors", place: crate::factors::place },
    Personal { word: "sessions", place: crate::sessions::sql::own_place },
    Personal { word: "tokens", place: crate::tokens::sql::own_place },
];

/// Whether an answer may be packed on its way: a part of a file is a part of the file's own bytes, and archives are packed.
fn may_be_packed(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(ACCEPT_RANGES)
}

/// Bytes of an answer that is worth compressing.
const COMPRESSED_ABOVE: u64 = 4096;

fn api() -> (Router<App>, utoipa::openapi::OpenApi) {
    let slices = OpenApiRouter::new()
        .merge(crate::setup::http::routes())
        .merge(crate::sessions::http::routes())
        .merge(crate::factors::http::routes())
        .merge(crate::oidc::http::routes())
        .merge(crate::customers::http::routes())
        .merge(crate::removed::http::routes())
        .merge(crate::sites::http::routes())
        .merge(crate::changes::http::routes())
        .merge(crate::users::http::routes())
        .merge(crate::invitations::http::routes())
        .merge(crate::invoices::http::routes())
        .merge(crate::licences::http::routes())
        .merge(crate::licence_pools::http::routes())
        .merge(crate::credits::http::routes())
        .merge(crate::events::http::routes())
        .merge(crate::pass_keys::http::routes())
        .merge(crate::devices::http::routes())
        .merge(crate::settings::http::routes())
        .merge(crate::backups::http::routes())
        .merge(crate::jobs::http::routes())
        .merge(crate::storage::http::routes())
        .merge(crate::space::http::routes())
        .merge(crate::allotments::http::routes())
        .merge(crate::products::http::routes())
        .merge(crate::measurements::http::routes())
        .merge(crate::overview::http::routes())
        .merge(crate::fields::http::routes())
        .merge(crate::bulk::http::routes())
        .merge(crate::mail::http::routes())
        .merge(crate::tasks::http::routes())
        .merge(crate::tokens::http::routes())
        .merge(crate::notifications::http::routes())
        .merge(crate::reports::http::routes())
        .merge(crate::templates::http::routes())
        .merge(crate::webhooks::http::routes())
        .merge(crate::vaults::http::routes())
        .merge(crate::views::http::routes());
    OpenApiRouter::with_openapi(Description::openapi()).nest("/api/v1", slices).split_for_parts()
}

/// The API, and the probes beside it. The binary adds the console as fallback for everything outside of `/api`.
pub fn router(app: App) -> Router {
    let (routes, description) = api();
    let guard = Guard::new(app.clone(), &description, NOUNS).with(PERSONAL);
    routes
        .route_layer(from_fn_with_state(guard, guard::check))
        // Lists are some tenths of their size on the way; what is small isn't worth the processor's time, and answers with
        // secrets are small.
        .layer(
            CompressionLayer::new()
                .quality(CompressionLevel::Fastest)
                // What is told bit by bit would wait for the rest.
                .compress_when(
                    SizeAbove::new(COMPRESSED_ABOVE)
                        .and(NotForContentType::SSE)
                        .and(may_be_packed as fn(StatusCode, Version, &HeaderMap, &Extensions) -> bool),
                ),
        )
        .route("/api/{*rest}", axum::routing::any(async || envelope::unknown()))
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
        .method_not_allowed_fallback(async || envelope::wrong_method())
        .layer(from_fn(envelope::wrap))
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

/// Whether requests can be served: the database answers, the pools are there, and the grants are fresh.
async fn ready(State(app): State<App>) -> Result<&'static str, Failure> {
    answers("The database", app.db.ping()).await?;
    let troubles = app.troubles();
    if !troubles.is_empty() {
        return Err(Error::new(Code::Unavailable, troubles.join(" ")).into());
    }
    if !app.grants.is_fresh(Instant::now()) {
        return Err(unready("The change log", "the grants are stale").into());
    }
    Ok("ready\n")
}

/// Whoever asks whether we are ready needs an answer also where something hangs that we need.
const READY_WITHIN: Duration = Duration::from_secs(2);

async fn answers<T, E>(what: &str, work: impl Future<Output = Result<T, E>>) -> Result<T, Error>
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    match timeout(READY_WITHIN, work).await {
        Ok(done) => done.map_err(|error| unready(what, error)),
        Err(_) => Err(unready(what, "it does not answer")),
    }
}

fn unready(what: &str, cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    let mut error = Error::new(Code::Unavailable, format!("{what} cannot be reached."));
    error.cause = Some(cause.into());
    error
}
