//! Devices that are let in by their customer's own password, and what becomes of them when it changes.

use serde_json::{Value, json};

use crate::app::{App, PASSWORD, id};
use crate::client::with;
use crate::machine::Machine;

async fn bakery(app: &App) -> String {
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery",
        "password": PASSWORD, "sites": ["hq"] });
    id(&app.admin().post("/customers", &body).await.is(201))
}

fn registration(password: &str, name: &str) -> Value {
    json!({ "username": "bakery", "password": password, "name": name, "kind": "appliance", "fingerprint": name,
        "site": "hq" })
}

#[tokio::test]
async fn an_appliance_is_let_in_by_the_account_and_told_a_new_password() {
    let app = App::start().await;
    let customer = bakery(&app).await;
    let register = async |body: &Value| app.nobody().post("/devices/register", body).await;
    register(&registration("wrong-password-here", "box")).await.refused(401, "sign_in_failed");
    let made = register(&registration(PASSWORD, "box")).await.is(201);
    let machine = Machine::new(&made);
    machine.begin().await;
    machine.uploads(200).await;
    let agent = app.machine(&app.pass_key(&customer).await, "pc").await;
    let path = format!("/devices/{}", machine.id);
    let device = app.admin().get(&path).await.is(200);
    assert_eq!((&device["by_account"], &device["credential_outdated_at"]), (&json!(true), &Value::Null));

    let other = format!("{PASSWORD}-2");
    let set = json!({ "password": other });
    app.admin().post(&format!("/customers/{customer}/password"), &set).await.is(200);
    let outdated = with("/devices", &[("filter", "exists(credential_outdated_at)")]);
    let listed = app.admin().get(&outdated).await.is(200);
    assert_eq!((&listed["total"], &listed["items"][0]["id"]), (&json!(1), &json!(machine.id)));
    // Its backups go on: they have a secret of their own.
    machine.uploads(200).await;
    register(&registration(PASSWORD, "box 2")).await.refused(401, "sign_in_failed");
    let report = |machine: &Machine, password: &str| json!({ "device_id": machine.id, "password": machine.password, "account_password": password });
    let nobody = app.nobody();
    nobody.post("/devices/report", &report(&machine, PASSWORD)).await.refused(401, "sign_in_failed");
    nobody.post("/devices/report", &report(&agent, &other)).await.invalid(&[("account_password", "invalid")]);
    assert_eq!(app.admin().get(&outdated).await.is(200)["total"], 1);
    nobody.post("/devices/report", &report(&machine, &other)).await.is(200);
    assert_eq!(app.admin().get(&outdated).await.is(200)["total"], 0);
    // The customer's own hand outdates it as well.
    let own = app.client("bakery", &other).await;
    let changed = json!({ "current_password": other, "password": PASSWORD });
    own.post("/me/password", &changed).await.is(204);
    assert_eq!(app.admin().get(&outdated).await.is(200)["total"], 1);
    app.finish().await;
}

#[tokio::test]
async fn a_machine_gives_one_proof_and_a_whole_one() {
    let app = App::start().await;
    let customer = bakery(&app).await;
    let key = app.pass_key(&customer).await;
    let register = async |body: Value| app.nobody().post("/devices/register", &body).await;
    register(json!({ "name": "a" })).await.invalid(&[("pass_key", "required")]);
    register(json!({ "name": "a", "username": "bakery" })).await.invalid(&[("password", "required")]);
    register(json!({ "name": "a", "password": PASSWORD })).await.invalid(&[("username", "required")]);
    let both = json!({ "name": "a", "pass_key": key, "username": "bakery", "password": PASSWORD });
    register(both).await.invalid(&[("username", "invalid")]);
    // People's logins are no machine's, and neither is that of a customer that has no machines.
    app.person(&customer, "administrator", "jo@bakery.example").await;
    let person = json!({ "name": "a", "username": "jo@bakery.example", "password": PASSWORD });
    register(person).await.refused(401, "sign_in_failed");
    let provider = app.provider().await;
    let body = json!({ "parent_id": provider, "level": "reseller", "company_name": "Other IT", "country": "DE",
        "username": "other_it", "password": PASSWORD });
    app.admin().post("/customers", &body).await.is(201);
    let partner = json!({ "name": "a", "username": "other_it", "password": PASSWORD });
    register(partner).await.refused(403, "forbidden");
    let off = json!({ "enabled": false });
    let access = app.admin().request(reqwest::Method::PUT, &format!("/customers/{customer}/web_access"));
    access.json(&off).send().await.is(200);
    // That is about the console; machines go on.
    let login = app.nobody().sign_in("bakery", PASSWORD).await;
    assert!(login.body["detail"].as_str().unwrap().contains("switched off"), "{:#}", login.body);
    login.refused(401, "sign_in_failed");
    app.admin().act(&format!("/customers/{customer}/invitation")).await.invalid(&[(".", "invalid")]);
    register(registration("not the password", "box")).await.refused(401, "sign_in_failed");
    register(registration(PASSWORD, "box")).await.is(201);
    assert_eq!(app.admin().get("/devices").await.is(200)["total"], 1);
    app.finish().await;
}
