//! What the server tells Prometheus, and whom.

use reqwest::StatusCode;

use crate::process::{Release, Restic, Server, until};

async fn ask(address: &str, token: Option<&str>) -> (StatusCode, String) {
    let mut request = reqwest::Client::new().get(format!("http://{address}/metrics"));
    if let Some(token) = token {
        request = request.bearer_auth(token);
    }
    let answer = request.send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

/// The value of a line that begins like this.
fn value(text: &str, line: &str) -> Option<f64> {
    let line = text.lines().find(|known| known.starts_with(line))?;
    line.rsplit(' ').next()?.parse().ok()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_passes_is_counted_and_told_to_those_who_may_know() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let token = "a token that nobody guesses";
    let (server, admin) =
        Server::start_configured(&format!("[metrics]\nlisten = \"{free}\"\ntoken = \"{token}\"\n")).await;
    let family = admin.family("Acme").await;
    let restic = Restic::of(Release::Debian13, &family.device);
    restic.pass(&["init"]).await;
    let home = tempfile::tempdir().unwrap();
    std::fs::write(home.path().join("file"), vec![7; 300_000]).unwrap();
    restic.pass(&["backup", home.path().to_str().unwrap()]).await;
    admin.suspend(&family.customer, "full_stop", None).await;
    assert!(!restic.run(&["snapshots"]).await.status.success());

    let main = server.address.to_string();
    for wrong in [None, Some("another token, also long"), Some("")] {
        let (status, text) = ask(&main, wrong).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(!text.contains("tenantry_"), "{text}");
    }
    let told = async || ask(&free, None).await.1;
    until("the job has ended", async || {
        value(&told().await, "tenantry_jobs_total{kind=\"backup\",outcome=\"completed\"}") == Some(1.0)
    })
    .await;
    let text = told().await;
    for (line, least) in [
        ("tenantry_gateway_received_bytes_total", 1000.0),
        ("tenantry_gateway_refusals_total{code=\"customer_suspended\"}", 1.0),
        ("tenantry_requests_total{part=\"gateway\",status=\"403\"}", 1.0),
        ("tenantry_request_seconds_count{part=\"api\"}", 1.0),
        ("tenantry_request_seconds_bucket{part=\"gateway\",le=\"+Inf\"}", 5.0),
        ("tenantry_gateway_sync_seconds_count", 1.0),
        ("tenantry_grants ", 1.0),
        ("tenantry_database_up ", 1.0),
        ("tenantry_devices ", 1.0),
        ("tenantry_used_bytes ", 1000.0),
        (&format!("tenantry_device_used_bytes{{device=\"{}\"", family.device.id), 1000.0),
        (&format!("tenantry_device_last_backup_timestamp_seconds{{device=\"{}\"", family.device.id), 1e9),
    ] {
        assert!(value(&text, line).is_some_and(|value| value >= least), "{line}: {text}");
    }
    assert!(value(&text, "tenantry_grants_age_seconds").is_some_and(|age| age < 10.0), "{text}");
    assert_eq!(value(&text, "tenantry_storage_troubles"), Some(0.0));
    let (status, same) = ask(&main, Some(token)).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(value(&same, "tenantry_devices "), Some(1.0));
    drop(server);
}

#[tokio::test(flavor = "multi_thread")]
async fn unless_somebody_says_so_nothing_is_told() {
    let (server, _) = Server::start().await;
    let (status, text) = ask(&server.address.to_string(), None).await;
    assert_eq!(status, StatusCode::NOT_FOUND, "{text}");
}
