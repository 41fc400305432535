//! Suspending and activating: what holds below, what a dry run foretells, who may do it and who may know why.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::app::{App, PASSWORD, id};
use crate::client::Client;

/// A customer's effective state as `state mode cause_name`.
async fn effective(client: &Client, customer: &str) -> String {
    let state = client.get(&format!("/customers/{customer}")).await.is(200)["effective_state"].clone();
    ["state", "mode", "cause_name"].map(|name| state[name].as_str().unwrap_or("-").to_owned()).join(" ")
}

/// What may be done with a customer, as it is told.
async fn action(client: &Client, customer: &str, name: &str) -> Value {
    let actions = client.get(&format!("/customers/{customer}")).await.is(200)["actions"].clone();
    actions.as_array().unwrap().iter().find(|action| action["name"] == name).unwrap().clone()
}

/// A node of every level, the provider first.
async fn chain(app: &App) -> Vec<String> {
    let provider = app.provider().await;
    let distributor = app.customer(&provider, "distributor", "Distributor").await;
    let sub_distributor = app.customer(&distributor, "sub_distributor", "Sub-distributor").await;
    let reseller = app.customer(&sub_distributor, "reseller", "Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Customer").await;
    let site = app.site(&customer, "hq").await;
    vec![provider, distributor, sub_distributor, reseller, customer, site]
}

#[tokio::test]
async fn a_suspension_holds_for_everything_below_and_names_its_cause() {
    let app = App::start().await;
    let chain = chain(&app).await;
    let key = app.pass_key(&chain[5]).await;
    let machine = app.machine(&key, "till").await;
    machine.begin().await;
    let names = ["Example Backup", "Distributor", "Sub-distributor", "Reseller", "Customer", "hq"];
    for at in 1..chain.len() {
        app.suspend(&chain[at], "full_stop").await;
        for (below, node) in chain.iter().enumerate() {
            let expected =
                if below < at { "active - -".to_owned() } else { format!("suspended full_stop {}", names[at]) };
            assert_eq!(effective(app.admin(), node).await, expected);
            let own = app.admin().get(&format!("/customers/{node}")).await.is(200)["account_state"].clone();
            assert_eq!(own, if below == at { "suspended" } else { "active" });
        }
        let device = app.admin().get(&format!("/devices/{}", machine.id)).await.is(200);
        assert_eq!(device["effective_state"]["cause"], json!(chain[at]));
        machine.reads(403).await;
        // Nothing can be added below meanwhile.
        let body = json!({ "parent_id": chain[3], "company_name": "New", "country": "DE" });
        let answer = app.admin().post("/customers", &body).await;
        if at <= 3 {
            answer.refused(409, "parent_suspended");
        } else {
            answer.is(201);
        }
        app.activate(&chain[at]).await;
        assert_eq!(effective(app.admin(), &chain[5]).await, "active - -");
        machine.reads(200).await;
    }
    app.finish().await;
}

#[tokio::test]
async fn the_strictest_mode_on_a_path_holds_and_the_later_one_at_a_node() {
    let app = App::start().await;
    let chain = chain(&app).await;
    let (reseller, customer, site) = (&chain[3], &chain[4], &chain[5]);
    app.suspend(customer, "stop_backups").await;
    assert_eq!(effective(app.admin(), site).await, "suspended stop_backups Customer");
    app.suspend(reseller, "full_stop").await;
    assert_eq!(effective(app.admin(), site).await, "suspended full_stop Reseller");
    app.suspend(reseller, "stop_backups").await;
    // Both alike: the higher one is the one to be lifted first.
    assert_eq!(effective(app.admin(), site).await, "suspended stop_backups Reseller");
    app.suspend(customer, "full_stop").await;
    assert_eq!(effective(app.admin(), site).await, "suspended full_stop Customer");
    // Lifting one leaves the others as they were.
    app.activate(reseller).await;
    assert_eq!(effective(app.admin(), site).await, "suspended full_stop Customer");
    assert_eq!(effective(app.admin(), reseller).await, "active - -");
    app.activate(customer).await;
    assert_eq!(effective(app.admin(), site).await, "active - -");
    app.finish().await;
}

#[tokio::test]
async fn saying_it_twice_changes_nothing_but_another_mode_or_reason_does() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let path = format!("/customers/{customer}");
    let suspend = async |body: Value| app.admin().post(&format!("{path}/suspend"), &body).await.is(200);
    let first = suspend(json!({ "reason": "Unpaid", "mode": "stop_backups", "public_message": "Call us" })).await;
    assert_eq!((&first["changes"], &first["version"]), (&json!(true), &json!(2)));
    assert_eq!(first["suspension"]["reason"], "Unpaid");
    assert_eq!(first["suspension"]["public_message"], "Call us");
    let since = first["suspension"]["since"].clone();
    let again = suspend(json!({ "reason": "Unpaid", "mode": "stop_backups", "public_message": "Call us" })).await;
    assert_eq!((&again["changes"], &again["version"]), (&json!(false), &json!(2)));
    app.advance(std::time::Duration::from_hours(1));
    let stricter = suspend(json!({ "reason": "Still unpaid", "mode": "full_stop" })).await;
    assert_eq!((&stricter["changes"], &stricter["version"]), (&json!(true), &json!(3)));
    assert_eq!(stricter["suspension"]["public_message"], Value::Null);
    assert_eq!(stricter["suspension"]["since"], since, "it has been suspended since the first time");

    let stale = app.admin().request(reqwest::Method::POST, &format!("{path}/activate")).header("if-match", "\"2\"");
    stale.send().await.refused(412, "version_stale");
    assert_eq!(app.activate(&customer).await["suspension"], Value::Null);
    let twice = app.activate(&customer).await;
    assert_eq!((&twice["changes"], &twice["version"]), (&json!(false), &json!(4)));
    app.finish().await;
}

#[tokio::test]
async fn reason_and_message_are_checked() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let path = format!("/customers/{customer}/suspend");
    let suspend = async |body: Value| app.admin().post(&path, &body).await;
    suspend(json!({ "mode": "full_stop" })).await.invalid(&[("reason", "required")]);
    suspend(json!({ "reason": "Unpaid" })).await.invalid(&[("mode", "required")]);
    suspend(json!({ "reason": "Unpaid", "mode": "off" })).await.invalid(&[("mode", "invalid")]);
    suspend(json!({ "reason": "", "mode": "full_stop", "public_message": "é" }))
        .await
        .invalid(&[("reason", "required"), ("public_message", "invalid")]);
    suspend(json!({ "reason": "a", "mode": "full_stop", "public_message": "m".repeat(61) }))
        .await
        .invalid(&[("public_message", "too_long")]);
    suspend(json!({ "reason": "a", "mode": "full_stop", "public_message": "one\nline" }))
        .await
        .invalid(&[("public_message", "invalid")]);
    app.finish().await;
}

/// How many nodes and devices are effectively suspended.
async fn suspended(client: &Client) -> (usize, usize) {
    let is_suspended = |row: &&Value| row["effective_state"]["state"] == "suspended";
    (
        client.all("/customers?limit=500").await.iter().filter(is_suspended).count(),
        client.all("/devices?limit=500").await.iter().filter(is_suspended).count(),
    )
}

#[tokio::test]
async fn a_dry_run_changes_nothing_and_foretells_what_then_happens() {
    let app = App::start().await;
    let distributor = app.customer(&app.provider().await, "distributor", "Distributor").await;
    let mut resellers = Vec::new();
    let mut customers = Vec::new();
    for n in 0..2 {
        let reseller = app.customer(&distributor, "reseller", &format!("Reseller {n}")).await;
        for m in 0..2 {
            let customer = app.customer(&reseller, "end_customer", &format!("Customer {n} {m}")).await;
            let site = app.site(&customer, "hq").await;
            let machine = app.machine(&app.pass_key(&site).await, &format!("machine {n} {m}")).await;
            machine.begin().await;
            app.machine(&app.pass_key(&customer).await, &format!("idle {n} {m}")).await;
            if m == 0 {
                assert_eq!(machine.put("snapshots", b"{}").await.0, 200);
            }
            customers.push(customer);
        }
        resellers.push(reseller);
    }
    // Something below is suspended already: a customer fully, a reseller's other one as far as backups go.
    app.suspend(&customers[0], "full_stop").await;
    app.suspend(&customers[3], "stop_backups").await;
    let path = format!("/customers/{distributor}");
    for mode in ["stop_backups", "full_stop"] {
        let body = json!({ "reason": "Unpaid", "mode": mode });
        let before = suspended(app.admin()).await;
        let version = app.admin().get(&path).await.is(200)["version"].clone();
        let would = app.admin().post(&format!("{path}/suspend?dry_run=true"), &body).await.is(200);
        assert_eq!((&would["dry_run"], &would["changes"]), (&json!(true), &json!(true)));
        assert_eq!(would["account_state"], "active");
        assert_eq!(suspended(app.admin()).await, before);
        assert_eq!(app.admin().get(&path).await.is(200)["version"], version);
        let did = app.admin().post(&format!("{path}/suspend"), &body).await.is(200);
        assert_eq!(did["consequences"], would["consequences"]);
        let after = suspended(app.admin()).await;
        if mode == "stop_backups" {
            // The distributor, two resellers, and of the four customers with their sites the two that were active.
            assert_eq!(did["consequences"], json!({ "customers": 7, "devices": 4, "devices_with_recent_backup": 1 }));
            assert_eq!((after.0 - before.0, after.1 - before.1), (7, 4));
        } else {
            // Stricter for the one whose backups had been stopped, nothing new for the one that was stopped fully.
            assert_eq!(did["consequences"], json!({ "customers": 9, "devices": 6, "devices_with_recent_backup": 1 }));
        }
        let would = app.admin().act(&format!("{path}/activate?dry_run=true")).await.is(200);
        assert_eq!(would["account_state"], "suspended");
        let did = app.admin().act(&format!("{path}/activate")).await.is(200);
        assert_eq!(did["consequences"], would["consequences"]);
        assert_eq!(suspended(app.admin()).await, before);
    }
    // What hangs below a suspended node does not change with it.
    app.suspend(&distributor, "full_stop").await;
    let would = json!({ "reason": "Unpaid", "mode": "full_stop" });
    let none = json!({ "customers": 0, "devices": 0, "devices_with_recent_backup": 0 });
    let below = app.admin().post(&format!("/customers/{}/suspend?dry_run=true", resellers[1]), &would).await.is(200);
    assert_eq!((&below["changes"], &below["consequences"]), (&json!(true), &none));
    // A backup counts as recent for two days.
    app.advance(std::time::Duration::from_hours(49));
    app.admin().sign_in(crate::app::ADMIN, PASSWORD).await.is(201);
    let lifted = app.activate(&distributor).await;
    assert_eq!(lifted["consequences"]["devices_with_recent_backup"], 0);
    app.finish().await;
}

/// Effective state and mode of everything there is, by id.
async fn states(client: &Client) -> BTreeMap<String, (Value, Value)> {
    let mut rows = client.all("/customers?limit=500").await;
    rows.extend(client.all("/devices?limit=500").await);
    let of = |row: &Value| (row["effective_state"]["state"].clone(), row["effective_state"]["mode"].clone());
    rows.iter().map(|row| (id(row), of(row))).collect()
}

#[tokio::test]
async fn whatever_is_switched_in_whatever_order_the_numbers_are_right() {
    let app = App::start().await;
    let distributor = app.customer(&app.provider().await, "distributor", "Distributor").await;
    let mut nodes = vec![distributor.clone()];
    for n in 0..2 {
        let reseller = app.customer(&distributor, "reseller", &format!("Reseller {n}")).await;
        for m in 0..2 {
            let customer = app.customer(&reseller, "end_customer", &format!("Customer {n} {m}")).await;
            let site = app.site(&customer, "hq").await;
            app.machine(&app.pass_key(&site).await, "at the site").await;
            app.machine(&app.pass_key(&customer).await, "at the customer").await;
            nodes.extend([customer, site]);
        }
        nodes.push(reseller);
    }
    // Numbers that look random and are the same in every run.
    let mut seed: u64 = 7;
    let mut random = |below: usize| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(seed >> 33).unwrap() % below
    };
    let mut before = states(app.admin()).await;
    for _ in 0..40 {
        let (node, verb) = (&nodes[random(nodes.len())], random(3));
        let did = match verb {
            0 => app.activate(node).await,
            1 => app.suspend(node, "stop_backups").await,
            _ => app.suspend(node, "full_stop").await,
        };
        let after = states(app.admin()).await;
        let changed = |kind: &str| {
            let differs = |id: &&String| id.starts_with(kind) && before[*id] != after[*id];
            after.keys().filter(differs).count()
        };
        let said = &did["consequences"];
        assert_eq!(
            (&said["customers"], &said["devices"]),
            (&json!(changed("cus_")), &json!(changed("dev_"))),
            "{verb} {did:#}"
        );
        before = after;
    }
    // The gateway's table, which has followed all that, is looked at in the end; a new name is part of its sentences.
    app.suspend(&distributor, "full_stop").await;
    app.admin().edit(&format!("/customers/{}", nodes[1]), &json!({ "company_name": "Renamed" })).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn nobody_lifts_what_was_laid_on_them_from_above_or_learns_why() {
    let app = App::start().await;
    let chain = chain(&app).await;
    let (reseller, customer, site) = (&chain[3], &chain[4], &chain[5]);
    let boss = app.person(reseller, "administrator", "boss@reseller.example").await;
    let own = app.person(customer, "administrator", "admin@customer.example").await;
    let suspend = json!({ "reason": "Secret reason", "mode": "stop_backups", "public_message": "Call us" });

    // One's own node is not one's own to switch; what stands below is.
    for verb in ["suspend", "activate"] {
        let path = format!("/customers/{reseller}/{verb}");
        let refused = if verb == "suspend" { boss.post(&path, &suspend).await } else { boss.act(&path).await };
        refused.refused(403, "forbidden");
    }
    boss.post(&format!("/customers/{customer}/suspend"), &suspend).await.is(200);
    own.act(&format!("/customers/{customer}/activate")).await.refused(403, "forbidden");
    // A site is its customer's own people's to switch, but for what others have laid on it.
    boss.post(&format!("/customers/{site}/suspend"), &suspend).await.is(200);
    let activate = action(&own, site, "activate").await;
    assert_eq!((&activate["allowed"], &activate["code"]), (&json!(false), &json!("forbidden")));
    own.act(&format!("/customers/{site}/activate")).await.refused(403, "forbidden");
    own.post(&format!("/customers/{site}/suspend"), &suspend).await.refused(403, "forbidden");
    let many = json!({ "noun": "customers", "action": "activate", "selection": { "ids": [site] }, "dry_run": true });
    assert_eq!(own.post("/bulk", &many).await.is(200)["refused"][0]["count"], 1);
    boss.act(&format!("/customers/{site}/activate")).await.is(200);
    own.post(&format!("/customers/{site}/suspend"), &suspend).await.is(200);
    own.act(&format!("/customers/{site}/activate")).await.is(200);
    app.suspend(customer, "stop_backups").await;
    boss.act(&format!("/customers/{customer}/activate")).await.refused(403, "forbidden");
    app.activate(customer).await;
    boss.post(&format!("/customers/{customer}/suspend"), &suspend).await.is(200);
    assert_eq!(effective(&own, site).await, "suspended stop_backups Customer");

    // Its own people see that and how, but neither why nor by whom.
    let shown = own.get(&format!("/customers/{customer}")).await.is(200);
    assert_eq!(shown["suspension"]["reason"], Value::Null);
    assert_eq!(shown["suspension"]["public_message"], "Call us");
    assert_eq!(boss.get(&format!("/customers/{customer}")).await.is(200)["suspension"]["reason"], "Secret reason");
    let log = own.get(&format!("/customers/{customer}/changes")).await.is(200);
    assert!(!log.to_string().contains("Secret reason") && !log.to_string().contains("boss@"), "{log:#}");
    let entry = log["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "customer.suspended").unwrap();
    assert_eq!(entry["actor"], json!({ "kind": "above", "id": null, "name": null, "token": null }));
    assert_eq!((&entry["address"], &entry["request_id"]), (&Value::Null, &Value::Null));
    assert_eq!(entry["after"]["mode"], "stop_backups");
    let log = boss.get(&format!("/customers/{customer}/changes")).await.is(200);
    let entry = log["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "customer.suspended").unwrap();
    assert_eq!(entry["after"]["reason"], "Secret reason");
    assert_eq!(entry["actor"]["name"], "boss@reseller.example");

    // A cause above what somebody sees stays unnamed, for people, devices and lists alike.
    boss.act(&format!("/customers/{customer}/activate")).await.is(200);
    app.suspend(&chain[1], "full_stop").await;
    assert_eq!(effective(&own, customer).await, "suspended full_stop -");
    assert_eq!(effective(&boss, reseller).await, "suspended full_stop -");
    let rows = boss.get("/customers").await.is(200).to_string();
    assert!(!rows.contains("istributor") && !rows.contains(&chain[1]), "{rows}");
    boss.act(&format!("/customers/{}/activate", chain[1])).await.refused(404, "not_found");
    own.act(&format!("/customers/{reseller}/activate")).await.refused(404, "not_found");
    app.finish().await;
}

#[tokio::test]
async fn a_customer_may_be_made_suspended() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "sites": ["hq"],
        "account_state": "suspended" });
    let made = app.admin().post("/customers", &body).await.is(201);
    assert_eq!(made["account_state"], "suspended");
    assert_eq!(made["suspension"]["mode"], "stop_backups");
    assert_eq!(made["sites"][0]["effective_state"]["state"], "suspended");
    let path = format!("/customers/{}", id(&made));
    app.admin().post(&format!("{path}/pass_keys"), &json!({})).await.refused(409, "parent_suspended");
    app.admin().post(&format!("{path}/sites"), &json!({ "name": "mill" })).await.refused(409, "parent_suspended");
    let actions = app.admin().get(&path).await.is(200)["actions"].clone();
    let of = |name: &str| actions.as_array().unwrap().iter().find(|action| action["name"] == name).cloned();
    assert_eq!(of("add_site").unwrap()["code"], "parent_suspended");
    assert_eq!(of("activate").unwrap()["allowed"], true);
    assert_eq!(of("suspend"), None);
    app.activate(&id(&made)).await;
    app.admin().post(&format!("{path}/pass_keys"), &json!({})).await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn of_two_suspensions_of_one_customer_the_later_mode_holds() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    for mode in ["stop_backups", "full_stop", "stop_backups"] {
        let change = app.suspend(&customer, mode).await;
        assert_eq!((&change["changes"], &change["suspension"]["mode"]), (&json!(true), &json!(mode)));
        machine.reads(if mode == "full_stop" { 403 } else { 200 }).await;
    }
    app.finish().await;
}

/// Why is told to whoever looks after the customer and may know who wrote it.
#[tokio::test]
async fn a_reason_is_read_by_its_author_and_above_and_by_nobody_below() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let path = format!("/customers/{customer}");
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let own = app.person(&customer, "administrator", "own@example.com").await;
    let clients = [app.admin(), &boss, &own];
    let reasons = async || {
        let mut seen = Vec::new();
        for client in clients {
            let shown = client.get(&path).await.is(200)["suspension"]["reason"].clone();
            let listed = client.get("/customers?q=bakery&sort=-created_at").await.is(200);
            let listed = listed["items"].as_array().unwrap().iter().find(|row| row["id"] == customer.as_str());
            assert_eq!(listed.unwrap()["suspension"]["reason"], shown);
            seen.push(shown);
        }
        seen
    };
    let suspend = async |client: &Client, reason: &str| {
        let body = json!({ "reason": reason, "mode": "stop_backups" });
        client.post(&format!("{path}/suspend"), &body).await.is(200)
    };
    suspend(&boss, "Bakery owes us").await;
    assert_eq!(reasons().await, [json!("Bakery owes us"), json!("Bakery owes us"), Value::Null]);
    // One that is written over doesn't come out as what was before, and is no longer the reseller's to lift.
    suspend(app.admin(), "The reseller owes us").await;
    assert_eq!(reasons().await, [json!("The reseller owes us"), Value::Null, Value::Null]);
    boss.act(&format!("{path}/activate")).await.refused(403, "forbidden");
    app.activate(&customer).await;
    for (client, reads) in clients.into_iter().zip([[true, true], [false, true], [false, false]]) {
        let log = client.get(&format!("{path}/changes?limit=100")).await.is(200).to_string();
        assert!(log.contains("customer.suspended") && !log.contains("suspended_from"), "{log}");
        assert_eq!(["The reseller owes us", "Bakery owes us"].map(|reason| log.contains(reason)), reads, "{log}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_suspension_is_lifted_above_a_thousand_that_stay() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    for n in 0..1_050 {
        let body = json!({ "parent_id": reseller, "company_name": format!("Customer {n}"), "country": "DE",
            "account_state": "suspended" });
        app.admin().post("/customers", &body).await.is(201);
    }
    app.suspend(&reseller, "full_stop").await;
    app.activate(&reseller).await;
    // The end of each test compares what is written down as stopped with what the path says.
    app.finish().await;
}
