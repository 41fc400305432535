//! Sign-in by a customer's provider of identities: who sets it, what is told of it, and what is refused. The way there and
//! back, with a real one, is tested in the browser.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD};
use crate::client::{Answer, Client, merged};

const SECRET: &str = "between the two of us";

fn provider() -> Value {
    json!({ "enabled": true, "name": " Work ", "issuer": "https://login.example.com/a", "client_id": "tenantry",
        "client_secret": SECRET })
}

async fn set(client: &Client, customer: &str, body: &Value) -> Answer {
    client.request(Method::PUT, &format!("/customers/{customer}/sign_in_provider")).json(body).send().await
}

#[tokio::test]
async fn an_administrator_sets_it_and_the_secret_is_never_told() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let path = format!("/customers/{reseller}/sign_in_provider");
    let none = boss.get(&path).await.is(200);
    assert_eq!((&none["id"], &none["version"]), (&Value::Null, &json!(0)));
    let made = set(&boss, &reseller, &provider()).await.is(200);
    assert_eq!(
        (&made["name"], &made["has_client_secret"], &made["version"]),
        (&json!("Work"), &json!(true), &json!(1))
    );
    assert!(made["sign_in_url"].as_str().unwrap().ends_with(made["id"].as_str().unwrap()));
    // Each has an address of its own, known beforehand.
    let back = format!("http://{}/sign-in/back/{}", app.address(), made["id"].as_str().unwrap());
    assert_eq!((none["redirect_uri"].as_str(), made["redirect_uri"].as_str()), (Some(&*back), Some(&*back)));
    app.advance(Duration::from_mins(11));
    set(&boss, &reseller, &provider()).await.refused(403, "proof_required");
    boss.delete(&path).await.refused(403, "proof_required");
    boss.post("/me/proof", &json!({ "current_password": PASSWORD })).await.is(204);
    app.admin().post("/me/proof", &json!({ "current_password": PASSWORD })).await.is(204);

    // Left out, the secret stays for the same issuer and client, and for no other.
    let mut body = provider();
    body.as_object_mut().unwrap().remove("client_secret");
    let kept = set(&boss, &reseller, &merged(&body, &json!({ "name": "Office" }))).await.is(200);
    assert_eq!((&kept["has_client_secret"], &kept["version"]), (&json!(true), &json!(2)));
    let elsewhere = merged(&body, &json!({ "issuer": "https://evil.example.com" }));
    set(&boss, &reseller, &elsewhere).await.invalid(&[("client_secret", "required")]);
    let public = merged(&elsewhere, &json!({ "client_secret": "" }));
    assert_eq!(set(&boss, &reseller, &public).await.is(200)["has_client_secret"], false);

    let log = boss.get(&format!("/customers/{reseller}/changes")).await.is(200);
    assert!(!log.to_string().contains(SECRET));
    let actions: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|change| &change["action"]).collect();
    assert!(actions.contains(&&json!("sign_in_provider.set")));
    // What stands on the provider's sign-in page is the provider's own.
    assert_eq!(app.nobody().get("/setup").await.is(200)["sign_in_providers"], json!([]));
    let top = set(app.admin(), &app.provider().await, &provider()).await.is(200);
    let offered = app.nobody().get("/setup").await.is(200)["sign_in_providers"].clone();
    assert_eq!(offered, json!([{ "id": top["id"], "name": "Work" }]));
    boss.delete(&path).await.is(204);
    boss.delete(&path).await.is(204);
    assert_eq!(boss.get(&path).await.is(200)["version"], 0);
    app.finish().await;
}

#[tokio::test]
async fn addresses_that_the_server_must_not_ask_are_refused() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    for issuer in [
        "http://login.example.com",
        "https://127.0.0.1",
        "https://localhost/a",
        "https://169.254.169.254/latest",
        "https://10.0.0.1",
        "https://[::1]",
        "https://user:pass@login.example.com",
        "https://login.example.com/?tenant=a",
        "https://login.example.com/#a",
        "login.example.com",
        "file:///etc/passwd",
        "",
    ] {
        let code = if issuer.is_empty() { "required" } else { "invalid" };
        let body = merged(&provider(), &json!({ "issuer": issuer }));
        set(app.admin(), &reseller, &body).await.invalid(&[("issuer", code)]);
    }
    let empty = merged(&provider(), &json!({ "name": "", "client_id": " " }));
    set(app.admin(), &reseller, &empty).await.invalid(&[("name", "required"), ("client_id", "required")]);
    app.finish().await;
}

#[tokio::test]
async fn nobody_is_signed_in_by_what_was_not_begun() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let off = merged(&provider(), &json!({ "enabled": false }));
    let made = set(app.admin(), &reseller, &off).await.is(200);
    let begin = async |id: &Value| app.nobody().post("/sessions/foreign/begin", &json!({ "provider_id": id })).await;
    // One that is switched off is as unknown as one that never was.
    begin(&made["id"]).await.invalid(&[("provider_id", "reference_not_found")]);
    begin(&json!("sip_00000000000000000000000000")).await.invalid(&[("provider_id", "reference_not_found")]);
    let client = app.nobody();
    let back = json!({ "provider_id": made["id"], "code": "guessed", "state": "guessed" });
    client.post("/sessions/foreign", &back).await.refused(403, "sign_in_refused");
    let cookie = "tenantry_away=guessed";
    let request = client.request(Method::POST, "/sessions/foreign").header("cookie", cookie);
    request.json(&back).send().await.refused(403, "sign_in_refused");
    // Who has one of their own still signs in with a password.
    app.person(&reseller, "supporter", "jo@example.com").await;
    app.client("jo@example.com", PASSWORD).await;
    app.finish().await;
}
