//! TLS by the server itself: a real process, certificates that change under it, and the real restic.

use std::path::Path;
use std::process::Stdio;

use rcgen::generate_simple_self_signed;
use reqwest::{Certificate, Client, Version};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, Command};

use crate::process::{Device, EMAIL, PASSWORD, Release, Restic, text, until};

/// Makes a certificate for this host, and gives it and its key.
fn certificate() -> (String, String) {
    let made = generate_simple_self_signed(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
}

fn client(trusted: &str) -> Client {
    cli::provide_cryptography();
    let trusted = Certificate::from_pem(trusted.as_bytes()).unwrap();
    Client::builder().no_proxy().cookie_store(true).tls_certs_only([trusted]).build().unwrap()
}

fn serve(data: &Path, configuration: &str, listen: &str) -> Command {
    std::fs::create_dir_all(data).unwrap();
    std::fs::write(data.join("tenantry.toml"), configuration).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.args(["serve", "--listen", listen, "--data"]).arg(data).kill_on_drop(true);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The first two lines that a server prints.
async fn begun(child: &mut Child) -> (String, String) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut line = async || lines.next_line().await.unwrap().expect("the server starts");
    (line().await, line().await)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_renewed_under_a_running_server_and_restic_trusts_it() {
    let home = tempfile::tempdir().unwrap();
    let (chain, key) = (home.path().join("chain.pem"), home.path().join("key.pem"));
    let ((first, first_key), (second, second_key)) = (certificate(), certificate());
    std::fs::write(&chain, &first).unwrap();
    std::fs::write(&key, &first_key).unwrap();
    let configuration = format!("[server]\ntls_certificate = {chain:?}\ntls_key = {key:?}\n");
    let mut server = serve(&home.path().join("data"), &configuration, "127.0.0.1:0").spawn().unwrap();
    let (address, link) = begun(&mut server).await;
    let url = address.strip_prefix("Tenantry is at ").unwrap().trim_end_matches('/');
    assert!(url.starts_with("https://"), "{url}");

    let answer = client(&first).get(format!("{url}/readyz")).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, Version::HTTP_11));
    client(&second).get(format!("{url}/readyz")).send().await.unwrap_err();
    // Who speaks plain HTTP there hears nothing.
    let plain = url.replace("https://", "http://");
    reqwest::Client::builder().no_proxy().build().unwrap().get(format!("{plain}/readyz")).send().await.unwrap_err();

    // The half of a new pair is none.
    std::fs::write(&chain, &second).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    assert!(client(&first).get(format!("{url}/readyz")).send().await.unwrap().status().is_success());
    std::fs::write(&key, &second_key).unwrap();
    let renewed = client(&second);
    until("the certificate is renewed", async || renewed.get(format!("{url}/readyz")).send().await.is_ok()).await;

    let post = async |path: &str, body: Value| -> Value {
        let answer = renewed.post(format!("{url}/api/v1/{path}")).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap_or_default()
    };
    let token = link.split_once("#token=").unwrap().1;
    post(
        "setup",
        json!({ "token": token, "provider_name": "Lighthouse Backup", "email": EMAIL, "password": PASSWORD }),
    )
    .await;
    post("sessions", json!({ "login": EMAIL, "password": PASSWORD })).await;
    let me: Value = renewed.get(format!("{url}/api/v1/me")).send().await.unwrap().json().await.unwrap();
    let reseller =
        json!({ "parent_id": me["customer_id"], "level": "reseller", "company_name": "Keel", "country": "DE" });
    let reseller = text(&post("customers", reseller).await, "id");
    let acme = json!({ "parent_id": reseller, "level": "end_customer", "company_name": "Acme", "country": "DE" });
    let acme = text(&post("customers", acme).await, "id");
    post(&format!("customers/{acme}/sites"), json!({ "name": "hq" })).await;
    let pass_key = text(&post(&format!("customers/{acme}/pass_keys"), json!({})).await, "pass_key");
    let machine = json!({ "pass_key": pass_key, "name": "laptop", "site": "hq" });
    let device = Device::new(&post("devices/register", machine).await);
    let restic = Restic::at(Release::Debian13, &device.restic_url());
    let trusts = ["--cacert", chain.to_str().unwrap()];
    restic.pass(&[&trusts[..], &["init"]].concat()).await;
    restic.pass(&[&trusts[..], &["backup", chain.to_str().unwrap()]].concat()).await;
    restic.pass(&[&trusts[..], &["check", "--read-data"]].concat()).await;
    // The reason phrase is told over TLS as well.
    post(&format!("customers/{acme}/suspend"), json!({ "reason": "unpaid", "mode": "full_stop" })).await;
    let run = restic.run(&[&trusts[..], &["snapshots"]].concat()).await;
    assert!(run.said.contains("Customer Acme is suspended"), "{}", run.said);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_served_to_a_network_without_tls_or_with_a_wrong_key() {
    let home = tempfile::tempdir().unwrap();
    let refused = async |configuration: &str, listen: &str| {
        let output = serve(&home.path().join("data"), configuration, listen).output().await.unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused("", "0.0.0.0:0").await.contains("server.plain_http = true"));
    let (chain, key) = (home.path().join("chain.pem"), home.path().join("key.pem"));
    std::fs::write(&chain, certificate().0).unwrap();
    std::fs::write(&key, certificate().1).unwrap();
    let configuration = format!("[server]\ntls_certificate = {chain:?}\ntls_key = {key:?}\n");
    assert!(refused(&configuration, "127.0.0.1:0").await.contains("does not belong to the certificate"));
    std::fs::remove_file(&key).unwrap();
    assert!(refused(&configuration, "127.0.0.1:0").await.contains("key.pem"));
    // Told so, it serves them.
    let mut told = serve(&home.path().join("data"), "[server]\nplain_http = true\n", "0.0.0.0:0").spawn().unwrap();
    assert!(begun(&mut told).await.0.starts_with("Tenantry is at http://"));
}
