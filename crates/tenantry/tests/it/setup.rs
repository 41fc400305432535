//! The first start: a link that works once, and the three customers that always exist.

use reqwest::Method;
use serde_json::json;

use crate::app::{ADMIN, App, PASSWORD, PROVIDER, id};

fn request(token: &str) -> serde_json::Value {
    json!({ "token": token, "provider_name": PROVIDER, "email": ADMIN, "password": PASSWORD })
}

#[tokio::test]
async fn the_link_works_once_and_each_start_renews_it() {
    let mut app = App::start_empty().await;
    let first = app.setup_token().unwrap().to_owned();
    assert_eq!(app.nobody().get("/setup").await.is(200)["setup_required"], true);
    app.nobody().post("/setup", &request("guessed")).await.refused(403, "setup_token_invalid");
    app.nobody().get("/customers").await.refused(401, "sign_in_required");

    app.restart().await;
    let second = app.setup_token().unwrap().to_owned();
    assert_ne!(first, second);
    app.nobody().post("/setup", &request(&first)).await.refused(403, "setup_token_invalid");
    app.nobody().post("/setup", &request(&second)).await.is(201);
    assert_eq!(app.nobody().get("/setup").await.is(200)["setup_required"], false);
    app.nobody().post("/setup", &request(&second)).await.refused(409, "setup_done");

    app.restart().await;
    assert_eq!(app.setup_token(), None, "there is an administrator, so there is no link");
    app.nobody().post("/setup", &request(&second)).await.refused(409, "setup_done");
    app.client(ADMIN, PASSWORD).await;
    app.finish().await;
}

#[tokio::test]
async fn two_who_use_the_link_at_once_make_one_administrator() {
    let app = App::start_empty().await;
    let body = request(app.setup_token().unwrap());
    let (one, other) = (app.nobody(), app.nobody());
    let (one, other) = tokio::join!(one.post("/setup", &body), other.post("/setup", &body));
    let mut statuses = [one.status, other.status];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    let admin = app.client(ADMIN, PASSWORD).await;
    assert_eq!(admin.get("/users").await.is(200)["total"], 1);
    assert_eq!(admin.get("/customers").await.is(200)["total"], 3);
    app.finish().await;
}

#[tokio::test]
async fn an_answer_that_was_lost_can_be_asked_for_again() {
    let app = App::start_empty().await;
    let body = request(app.setup_token().unwrap());
    let run = async |key: &str, body: &serde_json::Value| {
        app.nobody().request(Method::POST, "/setup").header("idempotency-key", key).json(body).send().await
    };
    let first = run("k1", &body).await.is(201);
    assert_eq!(run("k1", &body).await.is(201), first);
    run("k1", &request("guessed")).await.refused(422, "idempotency_key_reused");
    run("k2", &body).await.refused(409, "setup_done");
    let admin = app.client(ADMIN, PASSWORD).await;
    assert_eq!(admin.get("/users").await.is(200)["total"], 1);
    app.finish().await;
}

#[tokio::test]
async fn every_wrong_field_is_named_and_leaves_the_link_valid() {
    let app = App::start_empty().await;
    let token = app.setup_token().unwrap();
    let body = json!({ "token": token, "provider_name": " ", "email": "mia", "password": "password" });
    app.nobody().post("/setup", &body).await.invalid(&[
        ("provider_name", "required"),
        ("email", "invalid"),
        ("password", "weak_password"),
    ]);
    app.nobody().post("/setup", &json!({ "token": token })).await.invalid(&[("provider_name", "required")]);
    app.set_up().await;
    app.finish().await;
}

#[tokio::test]
async fn provider_default_reseller_and_default_customer_exist_and_stay() {
    let app = App::start().await;
    let admin = app.admin();
    let me = admin.get("/me").await.is(200);
    assert_eq!((&me["customer_level"], &me["customer_name"]), (&json!("provider"), &json!(PROVIDER)));
    let provider = app.provider().await;
    let reseller = app.id_of("Default reseller").await;
    let customer = app.id_of("Default customer").await;
    for (name, parent, level) in [
        (&provider, None, "provider"),
        (&reseller, Some(&provider), "reseller"),
        (&customer, Some(&reseller), "end_customer"),
    ] {
        let node = admin.get(&format!("/customers/{name}")).await.is(200);
        assert_eq!(node["is_default"], true);
        assert_eq!(node["level"], level);
        assert_eq!(node["parent_id"].as_str(), parent.map(String::as_str));
        assert_eq!(node["effective_state"]["state"], "active");
    }
    for stays in [&reseller, &customer] {
        let path = format!("/customers/{stays}");
        let would = admin.delete(&format!("{path}?dry_run=true")).await.is(200);
        assert_eq!(would["blockers"][0]["code"], "default_protected");
        admin.delete(&path).await.refused(409, "default_protected");
        let actions = admin.get(&path).await.is(200)["actions"].clone();
        let delete = actions.as_array().unwrap().iter().find(|action| action["name"] == "delete").unwrap();
        assert_eq!((&delete["allowed"], &delete["code"]), (&json!(false), &json!("default_protected")));
    }
    admin.delete(&format!("/customers/{provider}")).await.refused(403, "forbidden");
    let suspend = json!({ "reason": "No", "mode": "full_stop" });
    admin.post(&format!("/customers/{provider}/suspend"), &suspend).await.refused(403, "forbidden");
    admin.act(&format!("/customers/{provider}/activate")).await.refused(403, "forbidden");

    // Suspended they may be, and used like any other.
    app.suspend(&reseller, "stop_backups").await;
    app.activate(&reseller).await;
    let site = json!({ "name": "hq", "country": "DE" });
    let site = admin.post(&format!("/customers/{customer}/sites"), &site).await.is(201);
    admin.delete(&format!("/customers/{}", id(&site))).await.is(200);
    let renamed = admin.edit(&format!("/customers/{customer}"), &json!({ "company_name": "Lost and found" })).await;
    assert_eq!(id(&renamed.is(200)), customer);
    app.finish().await;
}

/// From the host, beside a server that runs.
async fn recover(app: &App, email: &str) -> Result<(), api::Error> {
    let database = db::Database::open(app.database().url(), &control::MIGRATIONS).await.unwrap();
    let config = base::Config { node: "host".to_owned(), ..app.control().config.clone() };
    let host = base::App::new(database, app.clock(), config).unwrap();
    control::setup::recover_from_host(&host, email, "copper lantern meadow 77", api::user::Role::Administrator).await
}

#[tokio::test]
async fn there_is_a_way_back_for_the_last_administrator() {
    let app = App::start_empty().await;
    assert_eq!(recover(&app, ADMIN).await.unwrap_err().code, api::Code::SetupRequired);
    app.finish().await;

    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    app.person(&reseller, "administrator", "jo@northwind.example").await;
    let supporter = app.person(&app.provider().await, "supporter", "sam@example.com").await;
    // Somebody new; somebody who was there and less; never somebody else's account.
    recover(&app, "new@example.com").await.unwrap();
    recover(&app, "Sam@Example.com").await.unwrap();
    let taken = recover(&app, "jo@northwind.example").await.unwrap_err();
    assert_eq!(taken.fields[0].code, "email_taken");
    supporter.get("/me").await.refused(401, "sign_in_required");
    for login in ["new@example.com", "sam@example.com"] {
        let client = app.client(login, "copper lantern meadow 77").await;
        assert_eq!(client.get("/me").await.is(200)["role"], "administrator");
        client.get(&format!("/customers/{reseller}")).await.is(200);
    }
    let log = app.admin().get(&format!("/customers/{}/changes?limit=100", app.provider().await)).await.is(200);
    let by_the_host = |action: &str, email: &str| {
        let mut entries = log["items"].as_array().unwrap().iter();
        entries.any(|entry| {
            entry["action"] == action && entry["subject_name"] == email && entry["actor"]["kind"] == "system"
        })
    };
    assert!(by_the_host("user.created", "new@example.com"));
    assert!(by_the_host("user.updated", "sam@example.com") && by_the_host("user.password_set", "sam@example.com"));
    app.finish().await;
}
