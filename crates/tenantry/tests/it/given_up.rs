//! Devices that move, are released, take their place again, or go with their backups; and the one appliance of a site.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Answer, with};
use crate::machine::Machine;

const DAY: Duration = Duration::from_hours(24);

/// A machine with a backup, under a customer or its site.
async fn machine(app: &App, customer: &str, body: Value) -> Machine {
    let key = app.pass_key(customer).await;
    let mut registration = json!({ "pass_key": key });
    for (name, value) in body.as_object().unwrap() {
        registration[name] = value.clone();
    }
    let machine = Machine::new(&app.nobody().post("/devices/register", &registration).await.is(201));
    machine.begin().await;
    assert_eq!(machine.put("data", &[7; 4000]).await.0, 200);
    assert_eq!(machine.put("snapshots", b"the first").await.0, 200);
    app.settle().await;
    machine
}

async fn register(app: &App, customer: &str, body: &Value) -> Answer {
    let mut body = body.clone();
    body["pass_key"] = json!(app.pass_key(customer).await);
    app.nobody().post("/devices/register", &body).await
}

async fn totals(app: &App, customer: &str) -> (Value, Value, Value) {
    let customer = app.admin().get(&format!("/customers/{customer}")).await.is(200);
    let totals = &customer["totals"];
    (totals["devices"].clone(), totals["used_bytes"].clone(), customer["last_backup_at"].clone())
}

#[tokio::test]
async fn a_device_moves_with_its_backups_and_goes_on() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let other = app.reseller("Other IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let site = app.site(&bakery, "hq").await;
    let butcher = app.customer(&other, "end_customer", "Butcher").await;
    let till = machine(&app, &bakery, json!({ "name": "till", "fingerprint": "aa" })).await;
    let path = format!("/devices/{}", till.id);
    let before = totals(&app, &reseller).await;
    assert_eq!(before.0, 1);
    let to = |customer: &str| json!({ "customer_id": customer });

    // To a site of the same customer, and nothing changes above.
    let moved = app.admin().edit(&path, &to(&site)).await.is(200);
    assert_eq!((&moved["customer_id"], &moved["customer_name"]), (&json!(site), &json!("hq")));
    assert_eq!(totals(&app, &site).await, before);
    assert_eq!(totals(&app, &reseller).await, before);
    till.uploads(200).await;
    app.settle().await;

    // To another customer of another reseller.
    let before = totals(&app, &reseller).await;
    let moved = app.admin().edit(&path, &to(&butcher)).await.is(200);
    assert_eq!(moved["used_bytes"], before.1);
    assert_eq!(totals(&app, &reseller).await, (json!(0), json!(0), Value::Null));
    assert_eq!(totals(&app, &site).await, (json!(0), json!(0), Value::Null));
    assert_eq!(totals(&app, &other).await, before);
    assert_eq!(totals(&app, &butcher).await, before);
    till.uploads(200).await;
    assert_eq!(till.put("data", &[9; 2000]).await.0, 200);
    app.settle().await;
    assert_eq!(totals(&app, &other).await.1.as_i64(), before.1.as_i64().map(|used| used + 2000));
    assert_eq!(totals(&app, &reseller).await.1, 0);
    // What stops its new customer stops it, and what stops the former doesn't.
    app.suspend(&other, "stop_backups").await;
    till.uploads(403).await;
    app.activate(&other).await;
    app.suspend(&reseller, "stop_backups").await;
    till.uploads(200).await;
    // Each side has its end of the story, and learns nothing of the other.
    let mia = app.person(&other, "administrator", "mia@other.example").await;
    let log = mia.get(&format!("/customers/{other}/changes")).await.is(200).to_string();
    assert!(log.contains("device.moved") && !log.contains("Bakery") && !log.contains(&bakery), "{log}");
    app.activate(&reseller).await;
    let jo = app.person(&reseller, "administrator", "jo@northwind.example").await;
    let log = jo.get(&format!("/customers/{reseller}/changes")).await.is(200).to_string();
    assert!(log.contains("device.moved_away") && !log.contains("Butcher") && !log.contains(&butcher), "{log}");
    jo.get(&path).await.refused(404, "not_found");
    app.finish().await;
}

#[tokio::test]
async fn a_device_stays_where_its_new_place_is_not_fit() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let butcher = app.customer(&reseller, "end_customer", "Butcher").await;
    let till = machine(&app, &bakery, json!({ "name": "till", "fingerprint": "aa" })).await;
    let path = format!("/devices/{}", till.id);
    let refused = async |to: &str, code: &str| {
        app.admin().edit(&path, &json!({ "customer_id": to })).await.invalid(&[("customer_id", code)]);
    };
    let shown = app.admin().get(&path).await.is(200);
    refused(&reseller, "invalid").await;
    refused(&format!("cus_{}", "0".repeat(26)), "reference_not_found").await;
    app.suspend(&butcher, "stop_backups").await;
    refused(&butcher, "parent_suspended").await;
    app.activate(&butcher).await;
    app.admin().edit(&format!("/customers/{butcher}"), &json!({ "max_devices": 0 })).await.is(200);
    refused(&butcher, "client_limit_reached").await;
    app.admin().edit(&format!("/customers/{butcher}"), &json!({ "max_devices": null })).await.is(200);
    let space = app.admin().request(reqwest::Method::PUT, &format!("/customers/{butcher}/space"));
    space.json(&json!({ "allotted_bytes": 1000 })).send().await.is(200);
    refused(&butcher, "allotment_exceeded").await;
    let space = app.admin().request(reqwest::Method::PUT, &format!("/customers/{butcher}/space"));
    space.json(&json!({ "allotted_bytes": null })).send().await.is(200);
    machine(&app, &butcher, json!({ "name": "twin", "fingerprint": "aa" })).await;
    refused(&butcher, "fingerprint_bound_elsewhere").await;
    // Another storage location keeps its own data.
    let body = json!({ "parent_id": reseller, "company_name": "Abroad", "country": "FR" });
    let abroad = id(&app.admin().post("/customers", &body).await.is(201));
    refused(&abroad, "storage_location_fixed").await;
    // Whoever manages the device alone doesn't put it elsewhere.
    let jo = app.person(&bakery, "administrator", "jo@bakery.example").await;
    let body = json!({ "customer_id": abroad });
    jo.edit(&path, &body).await.invalid(&[("customer_id", "reference_not_found")]);
    assert_eq!(app.admin().get(&path).await.is(200)["version"], shown["version"]);
    app.finish().await;
}

#[tokio::test]
async fn a_site_has_one_appliance_and_a_released_one_makes_room() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    app.site(&bakery, "hq").await;
    let yard = app.site(&bakery, "yard").await;
    let body = json!({ "name": "box", "kind": "appliance", "fingerprint": "f1", "site": "hq" });
    let first = machine(&app, &bakery, body.clone()).await;
    let second = json!({ "name": "box 2", "kind": "appliance", "fingerprint": "f2", "site": "hq" });
    register(&app, &bakery, &second).await.refused(409, "site_has_appliance");
    let by_hand = json!({ "customer_id": yard, "name": "box 3", "kind": "appliance" });
    app.admin().post("/devices", &by_hand).await.is(201);
    let second_by_hand = json!({ "customer_id": yard, "name": "box 4", "kind": "appliance" });
    app.admin().post("/devices", &second_by_hand).await.refused(409, "site_has_appliance");
    let path = format!("/devices/{}", first.id);
    app.admin().edit(&path, &json!({ "customer_id": yard })).await.invalid(&[("customer_id", "site_has_appliance")]);
    // An agent is no appliance.
    register(&app, &bakery, &json!({ "name": "pc", "site": "hq" })).await.is(201);

    app.admin().post(&format!("{path}/release"), &json!({ "reason": "" })).await.invalid(&[("reason", "required")]);
    let reason = json!({ "reason": "Stolen from the shop" });
    let released = app.admin().post(&format!("{path}/release"), &reason).await.is(200);
    assert_eq!((&released["status"], &released["suspension"]["mode"]), (&json!("released"), &json!("full_stop")));
    assert_eq!(released["backup_state"]["code"], "given_up");
    first.reads(403).await;
    assert_eq!(first.put("data", b"x").await, (403, Some("device_released".to_owned())));
    let again = app.admin().post(&format!("{path}/release"), &reason).await.is(200);
    assert_eq!(again["version"], released["version"]);
    for action in ["activate", "credentials"] {
        app.admin().act(&format!("{path}/{action}")).await.refused(403, "device_released");
    }
    let listed = with("/devices", &[("filter", "status == released")]);
    assert_eq!(app.admin().get(&listed).await.is(200)["total"], 1);
    // Its site is free for another one; what was stored stays counted.
    let used = totals(&app, &bakery).await.1;
    let next = register(&app, &bakery, &second).await.is(201);
    assert_eq!(totals(&app, &bakery).await.1, used);
    // The first is found, and doesn't come back to where another one stands now.
    register(&app, &bakery, &body).await.refused(409, "site_has_appliance");
    let next = next["device_id"].as_str().unwrap();
    app.admin().delete(&format!("/devices/{next}")).await.is(200);
    let back = register(&app, &bakery, &body).await.is(201);
    assert_eq!(back["device_id"], json!(first.id));
    first.reads(401).await;
    let first = Machine::new(&back);
    first.uploads(200).await;
    let shown = app.admin().get(&path).await.is(200);
    assert_eq!((&shown["status"], &shown["suspension"]), (&json!("authorised"), &Value::Null));
    let log = app.admin().get(&format!("/customers/{bakery}/changes")).await.is(200).to_string();
    assert!(log.contains("device.released") && log.contains("Stolen from the shop"), "{log}");
    app.finish().await;
}

#[tokio::test]
async fn an_appliance_whose_site_went_is_provisioned_again() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let site = app.site(&bakery, "hq").await;
    let body = json!({ "name": "box", "kind": "appliance", "fingerprint": "f1", "site": "hq" });
    let appliance = machine(&app, &bakery, body.clone()).await;
    let used = totals(&app, &site).await.1;
    let preview = app.admin().delete(&format!("/customers/{site}?dry_run=true")).await.is(200);
    assert_eq!(preview["goes"]["appliances"], json!(["box"]));
    app.admin().delete(&format!("/customers/{site}?remove_products=true")).await.is(200);
    appliance.uploads(403).await;
    // While its site is there, and in use, nobody takes it by its fingerprint.
    register(&app, &bakery, &json!({ "name": "box", "fingerprint": "f1" })).await.is(201);
    app.admin().edit(&format!("/devices/{}", appliance.id), &json!({ "name": "box" })).await.is(200);
    let again = app.site(&bakery, "hq").await;
    // It stands under the customer by now, and goes to its new site by hand.
    app.admin().edit(&format!("/devices/{}", appliance.id), &json!({ "customer_id": again })).await.is(200);
    let device = app.admin().get(&format!("/devices/{}", appliance.id)).await.is(200);
    assert_eq!((&device["customer_id"], &device["used_bytes"]), (&json!(again), &used));
    assert_eq!(totals(&app, &again).await.1, used);
    let site = again;
    let appliance = Machine::new(&app.admin().act(&format!("/devices/{}/credentials", appliance.id)).await.is(201));
    appliance.uploads(200).await;
    register(&app, &bakery, &body).await.refused(409, "fingerprint_bound_elsewhere");
    // The same without a stop in between: its site goes, comes again, and the appliance with it.
    app.admin().delete(&format!("/customers/{site}?remove_products=true")).await.is(200);
    appliance.uploads(403).await;
    let last = app.site(&bakery, "hq").await;
    let back = register(&app, &bakery, &body).await.is(201);
    assert_eq!(back["device_id"], json!(appliance.id));
    let appliance = Machine::new(&back);
    appliance.uploads(200).await;
    assert_eq!(appliance.read().await, 200);
    let device = app.admin().get(&format!("/devices/{}", appliance.id)).await.is(200);
    assert_eq!(device["customer_id"], json!(last));
    // What goes with the old site is not what has moved.
    app.advance(DAY * 31);
    app.settle().await;
    app.sign_in_again().await;
    app.admin().get(&format!("/customers/{site}")).await.refused(404, "not_found");
    appliance.uploads(200).await;
    app.finish().await;
}

#[tokio::test]
async fn a_device_with_backups_goes_as_it_was_said() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let till = machine(&app, &bakery, json!({ "name": "till" })).await;
    let kept = machine(&app, &bakery, json!({ "name": "kept" })).await;
    let path = format!("/devices/{}", till.id);
    app.admin().delete(&path).await.refused(409, "device_not_empty");
    let preview = app.admin().delete(&format!("{path}?dry_run=true")).await.is(200);
    assert_eq!(preview["blockers"][0]["code"], "device_not_empty");
    let preview = app.admin().delete(&format!("{path}?data=delete&dry_run=true")).await.is(200);
    assert_eq!((&preview["goes"], &preview["blockers"]), (&json!("scheduled"), &json!([])));
    assert!(preview["used_bytes"].as_i64().unwrap() >= 4000 && preview["due_at"].is_string());
    assert_eq!(app.admin().delete(&format!("{path}?data=burn")).await.status, 422);
    till.uploads(200).await;

    let before = totals(&app, &bakery).await;
    let deleted = app.admin().delete(&format!("{path}?data=delete")).await.is(200);
    let shown = app.admin().get(&path).await.is(200);
    assert_eq!(shown["deletion"]["due_at"], deleted["due_at"]);
    assert_eq!(shown["effective_state"]["mode"], "stop_backups");
    assert_eq!(shown["backup_state"]["code"], "given_up");
    till.uploads(403).await;
    till.reads(200).await;
    let listed = with("/devices", &[("filter", "exists(deletion.due_at) and effective_state.mode == stop_backups")]);
    assert_eq!(app.admin().get(&listed).await.is(200)["total"], 1);
    app.advance(DAY * 29);
    app.settle().await;
    app.sign_in_again().await;
    let restored = app.admin().act(&format!("{path}/restore")).await.is(200);
    assert_eq!((&restored["deletion"], &restored["effective_state"]["state"]), (&Value::Null, &json!("active")));
    till.uploads(200).await;
    assert_eq!(totals(&app, &bakery).await.0, before.0);

    // Kept: it is released, and nothing is ever removed.
    let released = app.admin().delete(&format!("/devices/{}?data=keep", kept.id)).await.is(200);
    assert_eq!((&released["goes"], &released["due_at"]), (&json!("released"), &Value::Null));
    kept.reads(403).await;
    app.admin().delete(&format!("{path}?data=delete")).await.is(200);
    app.advance(DAY * 31);
    app.settle().await;
    app.sign_in_again().await;
    app.admin().get(&path).await.refused(404, "not_found");
    till.reads(401).await;
    let kept = app.admin().get(&format!("/devices/{}", kept.id)).await.is(200);
    assert_eq!(kept["status"], "released");
    let after = totals(&app, &bakery).await;
    assert_eq!((&after.0, &after.1, &after.2), (&json!(1), &kept["used_bytes"], &kept["last_backup_at"]));
    // Its files are gone, those that are kept are there.
    let files = |url: &str| app.data().join("pool").join(url.trim_end_matches('/').rsplit('/').next().unwrap());
    assert!(!files(&till.url).exists() && files(kept["repository_url"].as_str().unwrap()).join("data").exists());
    app.finish().await;
}
