//! What the process tells Prometheus: counters of what has passed, and when it is asked, how things stand. Told on an address
//! of its own, or to whoever has the token. Names and labels are in `docs/operations.md`.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use base::App;
use control::watch::{Watched, Whole};
use gateway::Gateway;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, StatusCode};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use subtle::ConstantTimeEq as _;
use tokio::net::TcpListener;
use tokio::time::{Instant, interval, timeout};
use tokio_util::sync::CancellationToken;

use crate::serve::Failure;

/// Bounds of what is told of times, in seconds.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 30.0];

/// What was measured is put into its buckets so often, whether anybody asks or not.
const TIDY_EVERY: Duration = Duration::from_secs(5);

/// Somebody who asks how things stand waits no longer for the database.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where, and to whom.
#[derive(Clone)]
pub struct Metrics {
    pub listen: Option<SocketAddr>,
    pub token: Option<String>,
    /// Of so many devices at most it is told one by one.
    pub devices: u32,
}

impl std::fmt::Debug for Metrics {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Metrics").field("listen", &self.listen).field("devices", &self.devices).finish_non_exhaustive()
    }
}

/// The process has one recorder, however many servers it runs.
static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

fn handle() -> Result<PrometheusHandle, Failure> {
    let install = || PrometheusBuilder::new().set_buckets(&BUCKETS).ok()?.install_recorder().ok();
    HANDLE.get_or_init(install).clone().ok_or_else(|| "the metrics cannot be recorded".into())
}

#[derive(Clone)]
struct Telling {
    app: App,
    gateway: Arc<Gateway>,
    handle: PrometheusHandle,
    metrics: Metrics,
}

/// Tells on its own address until the end, if it has one, and returns what answers where everything else is answered, if
/// anything does.
pub(crate) async fn begin(
    metrics: Metrics,
    app: &App,
    gateway: &Arc<Gateway>,
    stop: CancellationToken,
) -> Result<Option<Router>, Failure> {
    let handle = handle()?;
    describe();
    let telling = Telling { app: app.clone(), gateway: Arc::clone(gateway), handle: handle.clone(), metrics };
    let (tidy, ended) = (handle, stop.clone());
    tokio::spawn(async move {
        let mut ticks = interval(TIDY_EVERY);
        while ended.run_until_cancelled(ticks.tick()).await.is_some() {
            tidy.run_upkeep();
        }
    });
    if let Some(listen) = telling.metrics.listen {
        let listener =
            TcpListener::bind(listen).await.map_err(|error| format!("cannot tell metrics on {listen}: {error}"))?;
        tracing::info!(address = %listener.local_addr()?, "metrics are told");
        let router = Router::new().route("/metrics", get(tell)).with_state(telling.clone());
        tokio::spawn(async move {
            let serving = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
            if let Err(error) = serving.await {
                tracing::error!(%error, "metrics are not told any more");
            }
        });
    }
    let with_token = telling.metrics.token.is_some();
    Ok(with_token.then(|| Router::new().route("/metrics", get(tell_with_token)).with_state(telling)))
}

async fn tell_with_token(State(telling): State<Telling>, headers: HeaderMap) -> Response {
    let given = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bearer "));
    let expected = telling.metrics.token.as_deref().unwrap_or_default();
    let is_right = given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(expected.as_bytes())));
    if !is_right || expected.is_empty() {
        return (StatusCode::UNAUTHORIZED, [("www-authenticate", "Bearer")], "The token is wrong.\n").into_response();
    }
    tell(State(telling)).await
}

async fn tell(State(telling): State<Telling>) -> Response {
    let Telling { app, gateway, handle, metrics } = telling;
    let mut text = handle.render();
    text.push_str(&standing(&app, &gateway));
    // What the database knows is left out while it doesn't answer: that it doesn't is told.
    let looked = timeout(PATIENCE, control::watch::look(&app, metrics.devices)).await;
    let is_there = matches!(looked, Ok(Ok(_)));
    let mut gauges = Gauges(text);
    gauges.one("tenantry_database_up", "Whether the database answers.", f64::from(u8::from(is_there)));
    if let Ok(Ok((whole, devices))) = looked {
        whole_of(&mut gauges, whole);
        devices_of(&mut gauges, &devices);
    }
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], gauges.0).into_response()
}

fn describe() {
    metrics::describe_counter!("tenantry_requests_total", "Requests that were answered, by part and status.");
    metrics::describe_histogram!("tenantry_request_seconds", "From a request's head to its answer's, in seconds.");
    metrics::describe_counter!("tenantry_gateway_received_bytes_total", "Bytes of uploads.");
    metrics::describe_counter!("tenantry_gateway_sent_bytes_total", "Bytes of downloads.");
    metrics::describe_counter!("tenantry_gateway_refusals_total", "Requests that the gateway refused, by code.");
    metrics::describe_histogram!("tenantry_gateway_sync_seconds", "How long the disk took to keep a file, in seconds.");
    metrics::describe_counter!("tenantry_jobs_total", "Jobs that have ended, by kind and outcome.");
}

/// How the process stands.
fn standing(app: &App, gateway: &Gateway) -> String {
    let mut gauges = Gauges(String::new());
    let (clients, uploads) = gateway.at_work();
    gauges.one("tenantry_gateway_clients", "Clients that are at work.", count(clients));
    gauges.one("tenantry_gateway_uploads", "Uploads that are received or written.", count(uploads));
    gauges.one("tenantry_grants", "Devices that the gateway knows.", count(app.grants.len()));
    if let Some(age) = app.grants.age(Instant::now()) {
        let help = "How long ago the gateway's grants agreed with the database, in seconds.";
        gauges.one("tenantry_grants_age_seconds", help, age.as_secs_f64());
    }
    gauges.one("tenantry_storage_troubles", "What is wrong with the pools, by number.", count(app.troubles().len()));
    gauges.0
}

fn whole_of(gauges: &mut Gauges, whole: Whole) {
    gauges.one("tenantry_customers", "Customers at every level but sites.", number(whole.customers));
    gauges.one("tenantry_devices", "Devices.", number(whole.devices));
    let help = "Devices from which no backup has ever arrived.";
    gauges.one("tenantry_devices_without_backup", help, number(whole.devices_without_backup));
    gauges.one("tenantry_used_bytes", "Bytes in all repositories.", number(whole.used_bytes));
}

fn devices_of(gauges: &mut Gauges, devices: &[Watched]) {
    if devices.is_empty() {
        return;
    }
    let name = "tenantry_device_used_bytes";
    gauges.head(name, "Bytes in a device's repository.");
    for device in devices {
        gauges.of(name, device, number(device.used_bytes));
    }
    let name = "tenantry_device_last_backup_timestamp_seconds";
    gauges.head(name, "When a device's last snapshot arrived.");
    for device in devices {
        if let Some(at) = device.last_backup_at {
            gauges.of(name, device, number(at) / 1e6);
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn number(number: i64) -> f64 {
    number as f64
}

fn count(count: usize) -> f64 {
    number(i64::try_from(count).unwrap_or(i64::MAX))
}

/// Gauges as text.
struct Gauges(String);

impl Gauges {
    fn head(&mut self, name: &str, help: &str) {
        // Writing into a text never fails.
        let _ = write!(self.0, "# HELP {name} {help}\n# TYPE {name} gauge\n");
    }

    fn one(&mut self, name: &str, help: &str, value: f64) {
        self.head(name, help);
        let _ = writeln!(self.0, "{name} {value}");
    }

    fn of(&mut self, name: &str, Watched { id, name: called, customer, .. }: &Watched, value: f64) {
        let (called, customer) = (escaped(called), escaped(customer));
        let _ = writeln!(self.0, "{name}{{device=\"{id}\",name=\"{called}\",customer=\"{customer}\"}} {value}");
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_end_a_label() {
        let device = Watched {
            id: "dev_1".to_owned(),
            name: "a\"} 5\n".to_owned(),
            customer: "C:\\".to_owned(),
            used_bytes: 7,
            last_backup_at: Some(1_500_000),
        };
        let mut gauges = Gauges(String::new());
        devices_of(&mut gauges, &[device]);
        let labels = "{device=\"dev_1\",name=\"a\\\"} 5\\n\",customer=\"C:\\\\\"}";
        assert!(gauges.0.contains(&format!("tenantry_device_used_bytes{labels} 7\n")), "{}", gauges.0);
        let line = format!("tenantry_device_last_backup_timestamp_seconds{labels} 1.5\n");
        assert!(gauges.0.contains(&line), "{}", gauges.0);
    }
}
