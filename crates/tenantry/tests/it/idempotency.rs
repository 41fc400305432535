//! `Idempotency-Key`: the same request twice is done once and answered alike, secrets included, which lie sealed.

use std::time::Duration;

use db::{Engine, sql};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::{Answer, Client};

async fn post(client: &Client, path: &str, key: &str, body: &Value) -> Answer {
    client.request(Method::POST, path).header("idempotency-key", key).json(body).send().await
}

#[tokio::test]
async fn the_same_request_is_done_once_and_answered_alike() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "sites": ["hq"] });
    let first = post(app.admin(), "/customers", "k1", &body).await;
    let etag = first.header("etag").unwrap().to_owned();
    let first = first.is(201);
    // Also after it has changed.
    app.admin().edit(&format!("/customers/{}", id(&first)), &json!({ "company_name": "Renamed" })).await.is(200);
    let again = post(app.admin(), "/customers", "k1", &body).await;
    assert_eq!(again.header("etag"), Some(etag.as_str()));
    assert_eq!(again.is(201), first);
    assert_eq!(app.admin().get("/customers?level=site").await.is(200)["total"], 1);
    // Another key, another customer; another body under the first key is a mistake.
    assert_ne!(post(app.admin(), "/customers", "k2", &body).await.is(201)["id"], first["id"]);
    let other = json!({ "parent_id": reseller, "company_name": "Mill", "country": "DE" });
    post(app.admin(), "/customers", "k1", &other).await.refused(422, "idempotency_key_reused");
    // A refusal is not kept: what was wrong can be put right under the same key.
    let wrong = json!({ "parent_id": reseller, "company_name": "", "country": "DE" });
    post(app.admin(), "/customers", "k3", &wrong).await.invalid(&[("company_name", "required")]);
    post(app.admin(), "/customers", "k3", &other).await.is(201);
    for key in ["", &"k".repeat(256)] {
        post(app.admin(), "/customers", key, &other).await.refused(400, "malformed_request");
    }
    app.finish().await;
}

#[tokio::test]
async fn keys_are_scoped_to_caller_and_operation() {
    let app = App::start().await;
    let (one, other) = (app.end_customer("Bakery").await, app.end_customer("Mill").await);
    let keys = |customer: &str| format!("/customers/{customer}/pass_keys");
    let made = post(app.admin(), &keys(&one), "k1", &json!({})).await.is(201);
    // The same operation at another customer is another request.
    post(app.admin(), &keys(&other), "k1", &json!({})).await.refused(422, "idempotency_key_reused");
    // So is the same at the same customer with another parameter.
    let suspend = |parameters: &str| format!("/customers/{other}/suspend{parameters}");
    let reason = json!({ "reason": "Not paid", "mode": "stop_backups" });
    post(app.admin(), &suspend(""), "k2", &reason).await.is(200);
    post(app.admin(), &suspend("?dry_run=true"), "k2", &reason).await.refused(422, "idempotency_key_reused");
    // Another operation doesn't know the key, and neither does another caller.
    post(app.admin(), &format!("/customers/{one}/sites"), "k1", &json!({ "name": "hq" })).await.is(201);
    let colleague = app.person(&app.provider().await, "administrator", "second@example.com").await;
    let theirs = post(&colleague, &keys(&one), "k1", &json!({})).await.is(201);
    assert_ne!(theirs["pass_key"], made["pass_key"]);
    post(&app.nobody(), &keys(&one), "k1", &json!({})).await.refused(401, "sign_in_required");
    // The caller is the account, not the session.
    let elsewhere = app.client(ADMIN, PASSWORD).await;
    assert_eq!(post(&elsewhere, &keys(&one), "k1", &json!({})).await.is(201), made);
    app.finish().await;
}

#[tokio::test]
async fn of_many_at_once_one_is_done() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery",
        "password": PASSWORD });
    let requests = (0..5).map(|_| post(app.admin(), "/customers", "k1", &body));
    let answers: Vec<Value> =
        futures_util::future::join_all(requests).await.into_iter().map(|answer| answer.is(201)).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    let customer = id(&answers[0]);
    assert_eq!(app.admin().get(&format!("/customers/{reseller}")).await.is(200)["totals"]["customers"], 1);

    let key = app.pass_key(&customer).await;
    let body = json!({ "pass_key": key, "name": "till" });
    let nobody = app.nobody();
    let requests = (0..5).map(|_| post(&nobody, "/devices/register", "k1", &body));
    let answers: Vec<Value> =
        futures_util::future::join_all(requests).await.into_iter().map(|answer| answer.is(201)).collect();
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(app.admin().get("/devices").await.is(200)["total"], 1);
    let keys = app.admin().get(&format!("/customers/{customer}/pass_keys")).await.is(200);
    assert_eq!(keys["items"][0]["uses"], 1);
    app.finish().await;
}

#[tokio::test]
async fn an_answer_is_kept_for_a_day() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE" });
    let first = post(app.admin(), "/customers", "k1", &body).await.is(201);
    for _ in 0..2 {
        app.advance(Duration::from_hours(11));
        assert_eq!(post(app.admin(), "/customers", "k1", &body).await.is(201), first);
    }
    app.advance(Duration::from_hours(2));
    assert_ne!(post(app.admin(), "/customers", "k1", &body).await.is(201)["id"], first["id"]);
    app.finish().await;
}

/// Everything that is stored, as it lies there.
async fn stored(app: &App) -> String {
    let database = app.database();
    match database.engine() {
        Engine::Sqlite => ["", "-wal"]
            .iter()
            .filter_map(|suffix| std::fs::read(format!("{}{suffix}", database.url())).ok())
            .map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
            .collect(),
        Engine::Postgres => {
            let everything = sql!["select cast(schema_to_xml('public', true, false, '') as text)"];
            database.read().await.unwrap().one(everything).await.unwrap()
        }
    }
}

#[tokio::test]
async fn secrets_come_again_under_their_key_but_lie_nowhere_in_the_clear() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let path = format!("/customers/{customer}/pass_keys");
    let made = post(app.admin(), &path, "key-of-the-caller-1", &json!({})).await.is(201);
    assert_eq!(post(app.admin(), &path, "key-of-the-caller-1", &json!({})).await.is(201), made);
    let rotate = format!("/pass_keys/{}/rotate", id(&made));
    let request = async || {
        app.admin().request(Method::POST, &rotate).header("idempotency-key", "key-of-the-caller-2").send().await
    };
    let rotated = request().await.is(200);
    assert_eq!(request().await.is(200), rotated);
    let body = json!({ "pass_key": rotated["pass_key"], "name": "till" });
    let registered = post(&app.nobody(), "/devices/register", "key-of-the-caller-3", &body).await.is(201);
    assert_eq!(post(&app.nobody(), "/devices/register", "key-of-the-caller-3", &body).await.is(201), registered);
    let issue = format!("/devices/{}/credentials", registered["device_id"].as_str().unwrap());
    let issued = post(app.admin(), &issue, "key-of-the-caller-4", &json!({})).await.is(201);
    assert_eq!(post(app.admin(), &issue, "key-of-the-caller-4", &json!({})).await.is(201), issued);

    // Nor what a guess at a password could be compared with: only who knows the key can tell two requests apart.
    let user = json!({ "customer_id": customer, "email": "jo@b.example", "name": "Jo", "role": "supporter",
        "password": PASSWORD })
    .to_string();
    let create = async || {
        let request = app.admin().request(Method::POST, "/users").header("idempotency-key", "key-of-the-caller-5");
        request.header("content-type", "application/json").raw(user.clone()).send().await
    };
    let created = create().await.is(201);
    assert_eq!(create().await.is(201), created);
    let digest = data_encoding::HEXLOWER.encode(&Sha256::digest(format!("POST /api/v1/users\0{user}")));

    let stored = stored(&app).await;
    assert!(!stored.contains(&digest), "a digest of the body lies in the clear");
    assert!(stored.contains("Bakery") && stored.contains(made["prefix"].as_str().unwrap()), "the search finds things");
    for secret in [
        &made["pass_key"],
        &rotated["pass_key"],
        &registered["password"],
        &issued["password"],
        &json!(PASSWORD),
        &json!("key-of-the-caller"),
    ] {
        assert!(!stored.contains(secret.as_str().unwrap()), "{secret} lies in the clear");
    }
    app.finish().await;
}

#[tokio::test]
async fn who_may_no_longer_do_it_does_not_get_the_answer_again() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let own = app.person(&customer, "manager", "own@bakery.example").await;
    let keys = format!("/customers/{customer}/pass_keys");
    post(&own, &keys, "k1", &json!({})).await.is(201);

    let user = id(&app.admin().get("/users?q=own@bakery").await.is(200)["items"][0]);
    app.admin().edit(&format!("/users/{user}"), &json!({ "role": "supporter" })).await.is(200);
    post(&own, &keys, "k1", &json!({})).await.refused(403, "forbidden");
    app.finish().await;
}
