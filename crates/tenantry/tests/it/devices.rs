//! Devices: registering with a pass key and every reason to be turned away, credentials at the gateway, the list.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Answer, merged, with};
use crate::machine::Machine;

async fn register(app: &App, pass_key: &str, fields: Value) -> Answer {
    let body = json!({ "pass_key": pass_key, "name": "till" });
    app.nobody().post("/devices/register", &merged(&body, &fields)).await
}

#[tokio::test]
async fn registering_gives_all_that_restic_needs() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let site = app.site(&customer, "hq").await;
    let key = app.pass_key(&customer).await;
    let fields = json!({ "name": " Till 1 ", "kind": "appliance", "os": "Debian 12", "fingerprint": "aa:bb" });
    let made = register(&app, &key, fields).await.is(201);
    assert_eq!(made["status"], "authorised");
    let url = made["repository_url"].as_str().unwrap();
    assert!(url.starts_with(&format!("http://{}/restic/rep_", app.address())) && url.ends_with('/'), "{url}");
    let device = app.admin().get(&format!("/devices/{}", made["device_id"].as_str().unwrap())).await.is(200);
    assert_eq!((&device["name"], &device["kind"]), (&json!("Till 1"), &json!("appliance")));
    assert_eq!((&device["os"], &device["fingerprint"]), (&json!("Debian 12"), &json!("aa:bb")));
    assert_eq!((&device["customer_id"], &device["customer_name"]), (&json!(customer), &json!("Bakery")));
    assert_eq!((&device["used_bytes"], &device["first_contact_at"]), (&json!(0), &Value::Null));
    assert_eq!(device["repository_url"], url);
    let location = app.admin().get(&format!("/customers/{customer}")).await.is(200)["storage_location_id"].clone();
    assert_eq!(device["storage_location_id"], location);
    assert!(!device.to_string().contains(made["password"].as_str().unwrap()));
    let machine = Machine::new(&made);
    machine.begin().await;
    assert_eq!(machine.put("keys", b"{}").await, (200, None));

    // At a site by its name, in any case.
    let at_site = register(&app, &key, json!({ "site": "HQ" })).await.is(201);
    let device = app.admin().get(&format!("/devices/{}", at_site["device_id"].as_str().unwrap())).await.is(200);
    assert_eq!((&device["customer_id"], &device["kind"]), (&json!(site), &json!("agent")));
    register(&app, &key, json!({ "site": "mill" })).await.invalid(&[("site", "reference_not_found")]);
    register(&app, &key, json!({ "name": "", "os": "o".repeat(101), "fingerprint": " " })).await.invalid(&[
        ("name", "required"),
        ("os", "too_long"),
        ("fingerprint", "required"),
    ]);
    register(&app, &key, json!({ "kind": "toaster" })).await.invalid(&[("kind", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn a_suspension_anywhere_above_turns_devices_away() {
    let app = App::start().await;
    let distributor = app.customer(&app.provider().await, "distributor", "Distributor").await;
    let reseller = app.customer(&distributor, "reseller", "Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let site = app.site(&customer, "hq").await;
    let key = app.pass_key(&site).await;
    for node in [&distributor, &reseller, &customer, &site] {
        app.suspend(node, "stop_backups").await;
        let refused = register(&app, &key, json!({})).await.refused(403, "customer_suspended");
        assert_eq!(refused["detail"], "Customer Bakery is suspended.", "whose suspension it is, is not said");
        app.activate(node).await;
    }
    app.suspend(&site, "stop_backups").await;
    let customers_key = app.pass_key(&customer).await;
    register(&app, &customers_key, json!({ "site": "hq" })).await.refused(403, "customer_suspended");
    register(&app, &customers_key, json!({})).await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn every_ancestors_limit_holds_and_none_is_overshot() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let mut keys = Vec::new();
    for n in 0..3 {
        let customer = app.customer(&reseller, "end_customer", &format!("Customer {n}")).await;
        keys.push(app.pass_key(&customer).await);
    }
    let limit = async |node: &str, max: Value| {
        app.admin().edit(&format!("/customers/{node}"), &json!({ "max_devices": max })).await.is(200);
    };
    limit(&reseller, json!(4)).await;
    let first = app.id_of("Customer 0").await;
    limit(&first, json!(1)).await;
    register(&app, &keys[0], json!({})).await.is(201);
    let refused = register(&app, &keys[0], json!({})).await.refused(409, "client_limit_reached");
    assert!(!refused.to_string().contains("Customer 0"));
    // All at once, below different customers.
    let attempts = (0..9).map(|n| register(&app, &keys[n % 3], json!({})));
    let answers = futures_util::future::join_all(attempts).await;
    let made = answers.iter().filter(|answer| answer.status == 201).count();
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.refused(409, "client_limit_reached");
    }
    assert_eq!(made, 3);
    assert_eq!(app.admin().get(&with("/devices", &[("under", &reseller)])).await.is(200)["total"], 4);
    // Below present use it only blocks additions; none at all lets everybody in.
    limit(&reseller, json!(2)).await;
    register(&app, &keys[1], json!({})).await.refused(409, "client_limit_reached");
    assert_eq!(app.admin().get("/devices").await.is(200)["total"], 4);
    limit(&reseller, Value::Null).await;
    register(&app, &keys[1], json!({})).await.is(201);
    register(&app, &keys[0], json!({})).await.refused(409, "client_limit_reached");
    app.finish().await;
}

#[tokio::test]
async fn a_key_for_three_devices_lets_three_in_even_at_once() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let body = json!({ "max_uses": 3 });
    let made = app.admin().post(&format!("/customers/{customer}/pass_keys"), &body).await.is(201);
    let key = made["pass_key"].as_str().unwrap();
    let answers = futures_util::future::join_all((0..8).map(|_| register(&app, key, json!({})))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 201).count(), 3);
    for answer in answers.into_iter().filter(|answer| answer.status != 201) {
        answer.refused(403, "pass_key_used_up");
    }
    app.finish().await;
}

#[tokio::test]
async fn credentials_come_again_until_they_were_used() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    app.site(&customer, "hq").await;
    let key = app.pass_key(&customer).await;
    let first = Machine::new(&register(&app, &key, json!({ "fingerprint": "f1" })).await.is(201));
    let second = register(&app, &key, json!({ "fingerprint": "f1", "name": "Renamed" })).await.is(201);
    let second = Machine::new(&second);
    assert_eq!((&first.id, &first.url), (&second.id, &second.url));
    assert_ne!(first.password, second.password);
    let device = app.admin().get(&format!("/devices/{}", first.id)).await.is(200);
    assert_eq!((&device["name"], &device["fingerprint"]), (&json!("Renamed"), &json!("f1")));
    let keys = app.admin().get(&format!("/customers/{customer}/pass_keys")).await.is(200);
    assert_eq!(keys["items"][0]["uses"], 1, "it is the same device");
    // It stands where it stands.
    let elsewhere = json!({ "fingerprint": "f1", "site": "hq" });
    register(&app, &key, elsewhere).await.refused(409, "fingerprint_bound_elsewhere");
    // One sign-in, and a pass key doesn't open it any more.
    second.begin().await;
    assert_eq!(first.read().await, 401);
    register(&app, &key, json!({ "fingerprint": "f1" })).await.refused(409, "fingerprint_bound_elsewhere");
    assert!(app.admin().get(&format!("/devices/{}", first.id)).await.is(200)["first_contact_at"].is_string());
    assert_eq!(second.read().await, 200);
    // Fingerprints are an end customer's own; without one every machine is another.
    let other = app.pass_key(&app.end_customer("Mill").await).await;
    let there = register(&app, &other, json!({ "fingerprint": "f1" })).await.is(201);
    assert_ne!(there["device_id"], json!(first.id));
    let one = register(&app, &key, json!({})).await.is(201);
    assert_ne!(one["device_id"], register(&app, &key, json!({})).await.is(201)["device_id"]);
    app.finish().await;
}

#[tokio::test]
async fn new_credentials_cut_the_old_ones() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let old = app.machine(&app.pass_key(&customer).await, "till").await;
    old.begin().await;
    assert_eq!(old.put("data", b"bytes").await.0, 200);
    let issued = app.admin().act(&format!("/devices/{}/credentials", old.id)).await.is(201);
    let new = Machine::new(&issued);
    assert_eq!((&new.id, &new.url), (&old.id, &old.url));
    new.reads(200).await;
    assert_eq!(old.read().await, 401);
    assert_eq!(new.put("data", b"more").await.0, 200);
    let device = app.admin().get(&format!("/devices/{}", old.id)).await.is(200);
    assert_eq!((&device["used_bytes"], &device["version"]), (&json!(9), &json!(2)));
    // Both at once: one order or the other, and exactly one of them holds.
    let path = format!("/devices/{}/credentials", old.id);
    let (one, other) = tokio::join!(app.admin().act(&path), app.admin().act(&path));
    let machines = [one, other].map(|answer| Machine::new(&answer.is(201)));
    let mut let_in = 0;
    for _ in 0..500 {
        let_in = 0;
        for machine in &machines {
            let_in += u8::from(machine.read().await == 200);
        }
        if let_in == 1 && new.read().await == 401 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(let_in, 1);
    app.finish().await;
}

#[tokio::test]
async fn used_space_and_last_backup_are_live_at_every_level() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let site = app.site(&customer, "hq").await;
    let idle = app.machine(&app.pass_key(&customer).await, "idle").await;
    let machine = app.machine(&app.pass_key(&site).await, "till").await;
    machine.begin().await;
    assert_eq!(machine.put("data", &[7; 10_000]).await.0, 200);
    assert_eq!(machine.put("data", &[7; 10_000]).await.0, 200, "the same bytes again count once");
    let device = app.admin().get(&format!("/devices/{}", machine.id)).await.is(200);
    assert_eq!((&device["used_bytes"], &device["last_backup_at"]), (&json!(10_000), &Value::Null));
    assert_eq!(machine.put("snapshots", b"{\"tree\":1}").await.0, 200);
    let provider = app.provider().await;
    for (node, devices) in [(&provider, 2), (&reseller, 2), (&customer, 2), (&site, 1)] {
        let shown = app.admin().get(&format!("/customers/{node}")).await.is(200);
        assert_eq!((&shown["totals"]["used_bytes"], &shown["totals"]["devices"]), (&json!(10_010), &json!(devices)));
        assert!(shown["last_backup_at"].is_string());
    }
    let rows = app.admin().all(&with("/devices", &[("under", &reseller), ("sort", "-used_bytes")])).await;
    assert_eq!(rows.iter().map(id).collect::<Vec<_>>(), [machine.id.as_str(), idle.id.as_str()]);
    assert_eq!((&rows[0]["used_bytes"], &rows[1]["used_bytes"]), (&json!(10_010), &json!(0)));
    assert!(rows[0]["last_backup_at"].is_string() && rows[1]["last_backup_at"].is_null());
    let rows = app.admin().all("/customers?sort=-used_bytes&limit=1").await;
    assert_eq!(rows[0]["totals"]["used_bytes"], 10_010);
    app.finish().await;
}

#[tokio::test]
async fn everything_is_there_after_a_restart() {
    let mut app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let (machine, other) = (app.machine(&key, "till").await, app.machine(&key, "laptop").await);
    machine.begin().await;
    assert_eq!(machine.put("data", &[1; 5000]).await.0, 200);
    app.suspend(&customer, "stop_backups").await;
    let before = app.admin().all("/devices").await;
    let before: Vec<_> = before.iter().map(|row| (row["id"].clone(), row["used_bytes"].clone())).collect();
    app.restart().await;
    // Whoever was signed in still is.
    let after = app.admin().all("/devices").await;
    let after: Vec<_> = after.iter().map(|row| (row["id"].clone(), row["used_bytes"].clone())).collect();
    assert_eq!(after, before);
    let at_new_address = |machine: &Machine| {
        let path = machine.url.split("/restic/").nth(1).unwrap();
        Machine { url: format!("http://{}/restic/{path}", app.address()), ..machine.clone() }
    };
    let machine = at_new_address(&machine);
    assert_eq!(machine.read().await, 200);
    assert_eq!(machine.put("data", b"more").await, (403, Some("customer_suspended".to_owned())));
    app.activate(&customer).await;
    machine.uploads(200).await;
    at_new_address(&other).begin().await;
    assert_eq!(app.admin().get(&format!("/customers/{customer}")).await.is(200)["totals"]["used_bytes"], 5001);
    app.machine(&key, "tablet").await;
    app.finish().await;
}

#[tokio::test]
async fn devices_are_found_sorted_and_renamed() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    for (name, os, fingerprint) in
        [("Zeta_1", "Debian", "F-1"), ("alpha", "Windows 11", "F-2"), ("mid", "macOS", "F-3")]
    {
        register(&app, &key, json!({ "name": name, "os": os, "fingerprint": fingerprint })).await.is(201);
    }
    let names = async |query: &[(&str, &str)]| -> Vec<String> {
        let rows = app.admin().all(&with("/devices?limit=2", query)).await;
        rows.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&[]).await, ["alpha", "mid", "Zeta_1"]);
    assert_eq!(names(&[("sort", "-name")]).await, ["Zeta_1", "mid", "alpha"]);
    assert_eq!(names(&[("sort", "created_at")]).await, ["Zeta_1", "alpha", "mid"]);
    assert_eq!(names(&[("sort", "customer_name")]).await.len(), 3);
    assert_eq!(names(&[("q", "WINDOWS")]).await, ["alpha"]);
    assert_eq!(names(&[("q", "a_1")]).await, ["Zeta_1"]);
    assert_eq!(names(&[("q", "f-3")]).await, ["mid"]);
    let device = app.admin().get(&with("/devices", &[("q", "mid")])).await.is(200)["items"][0].clone();
    let path = format!("/devices/{}", id(&device));
    assert_eq!(names(&[("q", &id(&device))]).await, ["mid"]);
    let rename = json!({ "name": " Till " });
    let unconditional = app.admin().request(reqwest::Method::PATCH, &path).json(&rename).send().await;
    unconditional.refused(428, "precondition_required");
    app.admin().patch(&path, &json!(5), &rename).await.refused(412, "version_stale");
    let renamed = app.admin().patch(&path, &json!(1), &rename).await.is(200);
    assert_eq!((&renamed["name"], &renamed["version"]), (&json!("Till"), &json!(2)));
    assert_eq!(app.admin().edit(&path, &json!({})).await.is(200)["version"], 2);
    app.admin().edit(&path, &json!({ "name": "" })).await.invalid(&[("name", "required")]);
    assert_eq!(names(&[("q", "till")]).await, ["Till"]);
    app.finish().await;
}

#[tokio::test]
async fn guessing_pass_keys_is_slowed_down() {
    let app = App::start().await;
    let key = app.pass_key(&app.end_customer("Bakery").await).await;
    for _ in 0..65 {
        register(&app, &key, json!({ "site": "nowhere" })).await.invalid(&[("site", "reference_not_found")]);
    }
    let mut refused = 0;
    for n in 0..65 {
        refused += usize::from(register(&app, &format!("tpk_{n}"), json!({})).await.status == 429);
    }
    assert!((1..=5).contains(&refused), "{refused}");
    app.advance(Duration::from_mins(1));
    register(&app, &key, json!({})).await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn a_device_waits_until_it_is_decided_where_its_data_lies() {
    let app = App::start().await;
    let customer = app.id_of("Default customer").await;
    let key = app.pass_key(&customer).await;
    let fields = json!({ "pass_key": key, "name": "till", "fingerprint": "f1" });
    let refused = app.nobody().post("/devices/register", &fields).await.refused(409, "storage_location_required");
    assert!(refused["detail"].as_str().unwrap().contains("Default customer"), "{refused}");
    assert_eq!(app.admin().get("/devices").await.is(200)["total"], 0);
    // Nothing of the key was used up by it, and once there is a country the rest follows.
    app.admin().edit(&format!("/customers/{customer}"), &json!({ "country": "DE" })).await.is(200);
    let machine = app.machine(&key, "till").await;
    let device = app.admin().get(&format!("/devices/{}", machine.id)).await.is(200);
    assert!(device["storage_location_id"].is_string(), "{device}");
    app.finish().await;
}
