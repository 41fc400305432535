//! Events: what is so and what happens becomes one story each, counted at everybody above, decided about, and mended.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Client, with};
use crate::machine::Machine;

const DAY: Duration = Duration::from_hours(24);

/// A machine that has backed up, at a new end customer of this name.
async fn backed_up(app: &App, customer: &str, name: &str) -> Machine {
    let machine = app.machine(&app.pass_key(customer).await, name).await;
    machine.begin().await;
    backs_up(&machine, 1).await;
    machine
}

async fn backs_up(machine: &Machine, number: u8) {
    assert_eq!(machine.put("data", &[number; 500]).await.0, 200);
    assert_eq!(machine.put("snapshots", &[number, 1, 2, 3]).await.0, 200);
}

/// Lets so much time pass, and what follows happen.
async fn after(app: &App, time: Duration) {
    app.advance(time);
    app.settle().await;
    app.sign_in_again().await;
}

/// All events of a type, the first seen first.
async fn of_type(client: &Client, kind: &str) -> Vec<Value> {
    let path = with("/events", &[("filter", &format!("type == {kind}"))]);
    client.get(&path).await.is(200)["items"].as_array().unwrap().clone()
}

async fn only(client: &Client, kind: &str) -> Value {
    let mut events = of_type(client, kind).await;
    assert_eq!(events.len(), 1, "{events:#?}");
    events.remove(0)
}

/// Waits until the only event of a type is in this state.
async fn becomes(client: &Client, kind: &str, state: &str) -> Value {
    let mut events = Vec::new();
    for _ in 0..400 {
        events = of_type(client, kind).await;
        if events.len() == 1 && events[0]["state"] == state {
            return events.remove(0);
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("not {state}: {events:#?}");
}

/// What a customer's row says of its events: threats, system, licences; what has to be done and what is a warning.
async fn attention(client: &Client, customer: &str) -> [[i64; 2]; 3] {
    let row = client.get(&format!("/customers/{customer}")).await.is(200);
    ["threat", "system", "licence"].map(|category| {
        ["action_required", "warning"].map(|severity| row["attention"][category][severity].as_i64().unwrap())
    })
}

const NOTHING: [[i64; 2]; 3] = [[0, 0]; 3];
const SYSTEM_WARNING: [[i64; 2]; 3] = [[0, 0], [0, 1], [0, 0]];
const SYSTEM_ACTION: [[i64; 2]; 3] = [[0, 0], [1, 0], [0, 0]];

async fn set(client: &Client, owner: &str, name: &str, value: Value) {
    let path = format!("{owner}/settings/{name}");
    client.request(reqwest::Method::PUT, &path).json(&json!({ "value": value })).send().await.is(200);
}

#[tokio::test]
async fn a_device_that_is_silent_is_told_of_until_it_backs_up() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let machine = backed_up(&app, &customer, "till").await;
    // The other has registered and is never heard of again.
    let never = app.machine(&app.pass_key(&customer).await, "oven").await;
    after(&app, DAY * 2).await;
    assert_eq!(attention(admin, &reseller).await, NOTHING);
    after(&app, DAY + Duration::from_mins(10)).await;
    let events = of_type(admin, "no_backup").await;
    let told: Vec<_> = events
        .iter()
        .map(|event| (event["severity"].as_str().unwrap(), event["state"].as_str().unwrap(), &event["count"]))
        .collect();
    assert_eq!(told, [("warning", "open", &json!(1)), ("warning", "open", &json!(1))]);
    let till = events.iter().find(|event| event["device_name"] == "till").unwrap();
    assert!(till["detail"].as_str().unwrap().starts_with("The last backup arrived on "), "{till}");
    assert_eq!(
        (&till["category"], &till["title"], &till["customer_id"]),
        (&json!("system"), &json!("No backup"), &json!(customer))
    );
    let oven = events.iter().find(|event| event["device_name"] == "oven").unwrap();
    assert!(oven["detail"].as_str().unwrap().contains("since it was added"), "{oven}");
    for above in [&customer, &reseller, &app.provider().await] {
        assert_eq!(attention(admin, above).await, [[0, 0], [0, 2], [0, 0]]);
    }
    let rows = admin.get(&format!("/customers?under={reseller}")).await.is(200);
    assert!(rows["items"].as_array().unwrap().iter().all(|row| row["attention"]["worst"] == "no_backup"), "{rows}");
    after(&app, DAY * 4).await;
    assert_eq!(attention(admin, &reseller).await, [[0, 0], [2, 0], [0, 0]], "after a week");
    backs_up(&machine, 2).await;
    let still = async || attention(admin, &reseller).await;
    for _ in 0..400 {
        if still().await == SYSTEM_ACTION {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(still().await, SYSTEM_ACTION);
    let mended = admin.get(&format!("/events/{}", id(till))).await.is(200);
    assert_eq!((&mended["state"], &mended["count"]), (&json!("resolved_by_itself"), &json!(1)));
    assert!(mended["resolved_at"].is_string() && mended["decision"].is_null());
    // The same again is the same story.
    after(&app, DAY * 3 + Duration::from_mins(10)).await;
    let again = admin.get(&format!("/events/{}", id(till))).await.is(200);
    assert_eq!((&again["state"], &again["count"], &again["severity"]), (&json!("open"), &json!(2), &json!("warning")));
    assert_eq!(again["first_seen_at"], till["first_seen_at"]);
    // Whom somebody has stopped is not missed, and what was is found again.
    app.suspend(&customer, "stop_backups").await;
    app.settle().await;
    assert_eq!(attention(admin, &reseller).await, NOTHING);
    app.activate(&customer).await;
    app.settle().await;
    assert_eq!(attention(admin, &reseller).await, [[0, 0], [1, 1], [0, 0]]);
    admin.delete(&format!("/devices/{}?data=delete", never.id)).await.is(200);
    app.settle().await;
    assert_eq!(attention(admin, &reseller).await, SYSTEM_WARNING);
    let log = admin.get(&format!("/customers/{customer}/changes?limit=100")).await.is(200);
    let actions: Vec<&str> =
        log["items"].as_array().unwrap().iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert!(actions.contains(&"event.opened") && actions.contains(&"event.worsened"), "{actions:?}");
    assert!(actions.contains(&"event.resolved"), "{actions:?}");
    app.finish().await;
}

#[tokio::test]
async fn thresholds_are_settings_of_whoever_stands_nearest() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let machine = backed_up(&app, &customer, "till").await;
    let device = format!("/devices/{}", machine.id);
    after(&app, DAY * 2 + Duration::from_mins(10)).await;
    assert_eq!(attention(admin, &reseller).await, NOTHING);
    // Sooner, at everybody of the reseller.
    set(admin, &format!("/customers/{reseller}"), "event_no_backup", json!({ "warning": 1, "action_required": 2 }))
        .await;
    app.settle().await;
    assert_eq!(attention(admin, &reseller).await, SYSTEM_ACTION);
    // This machine is only on now and then.
    set(admin, &device, "event_no_backup", json!({ "warning": 30, "action_required": null })).await;
    app.settle().await;
    assert_eq!(attention(admin, &reseller).await, NOTHING);
    after(&app, DAY * 28).await;
    assert_eq!(attention(admin, &reseller).await, SYSTEM_WARNING);
    set(admin, &device, "event_no_backup", json!({ "warning": null, "action_required": null })).await;
    app.settle().await;
    assert_eq!(attention(admin, &reseller).await, NOTHING);
    let put = async |value: Value| {
        let path = format!("{device}/settings/event_no_backup");
        admin.request(reqwest::Method::PUT, &path).json(&json!({ "value": value })).send().await
    };
    put(json!({ "warning": 5, "action_required": 4 })).await.invalid(&[("value.action_required", "out_of_range")]);
    put(json!(3)).await.invalid(&[("value", "invalid")]);
    let effective = admin.get(&format!("{device}/effective")).await.is(200);
    let settings = effective["settings"].as_array().unwrap();
    let found = settings.iter().find(|setting| setting["name"] == "event_licence_ending").unwrap();
    assert_eq!(found["value"], json!({ "warning": 60, "action_required": 0 }), "as it is by default");
    app.finish().await;
}

#[tokio::test]
async fn an_event_is_looked_after_for_a_while_and_resolved_by_those_who_look_after_the_customer() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let machine = backed_up(&app, &customer, "till").await;
    after(&app, DAY * 4).await;
    let silent = only(admin, "no_backup").await;
    let path = format!("/events/{}", id(&silent));
    // What is still so is not resolved by word.
    admin.post(&format!("{path}/resolve"), &json!({})).await.refused(409, "event_goes_on");
    let until = (app.now() + jiff::SignedDuration::from_hours(24)).to_string();
    let body = json!({ "reason": "The shop is closed", "until": until });
    let seen = admin.post(&format!("{path}/acknowledge"), &body).await.is(200);
    assert_eq!((&seen["state"], &seen["decision"]["reason"]), (&json!("acknowledged"), &json!("The shop is closed")));
    assert_eq!(seen["decision"]["by"], silent_name(admin).await);
    assert_eq!(attention(admin, &reseller).await, NOTHING);
    let twice = admin.post(&format!("{path}/acknowledge"), &body).await.is(200);
    assert_eq!(twice["version"], seen["version"], "the same again is no change");
    after(&app, DAY + Duration::from_mins(1)).await;
    let woken = admin.get(&path).await.is(200);
    assert_eq!((&woken["state"], &woken["decision"]), (&json!("open"), &Value::Null));
    // It gets worse while somebody looks after it.
    admin.post(&format!("{path}/acknowledge"), &json!({})).await.is(200);
    after(&app, DAY * 3).await;
    let worse = admin.get(&path).await.is(200);
    assert_eq!((&worse["state"], &worse["severity"]), (&json!("open"), &json!("action_required")));
    let in_a_century = json!({ "until": "2126-01-01T00:00:00Z" });
    admin.post(&format!("{path}/acknowledge"), &in_a_century).await.invalid(&[("until", "out_of_range")]);
    admin.post(&format!("{path}/acknowledge"), &json!({ "note": "x" })).await.invalid(&[("note", "unknown_field")]);

    let report = json!({ "device_id": machine.id, "type": "threat_unresolved", "detail": "Eicar in C:\\Temp" });
    let threat = admin.post("/events", &report).await.is(200);
    let threat = format!("/events/{}", id(&threat));
    // The customer sees its own, and puts nothing aside that those have to know who look after it.
    let theirs = app.person(&customer, "administrator", "bea@example.com").await;
    assert_eq!(theirs.get(&threat).await.is(200)["actions"][1]["allowed"], false);
    theirs.post(&format!("{threat}/resolve"), &json!({})).await.refused(403, "forbidden");
    let boss = app.person(&reseller, "operator", "ron@example.com").await;
    let body = json!({ "reason": "Cleaned by hand" });
    let resolved = boss.post(&format!("{threat}/resolve"), &body).await.is(200);
    assert_eq!((&resolved["state"], &resolved["decision"]["by"]), (&json!("resolved"), &json!("ron@example.com")));
    let seen = theirs.get(&threat).await.is(200);
    assert_eq!((&seen["decision"]["by"], &seen["decision"]["reason"]), (&Value::Null, &Value::Null));
    boss.post(&format!("{threat}/acknowledge"), &json!({})).await.refused(409, "event_resolved");
    assert_eq!(boss.post(&format!("{threat}/resolve"), &body).await.is(200)["version"], resolved["version"]);
    app.finish().await;
}

/// What the change log calls whoever asks.
async fn silent_name(client: &Client) -> Value {
    client.get("/me").await.is(200)["name"].clone()
}

#[tokio::test]
async fn what_other_products_report_is_counted_and_bounded() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    let report = |fields: Value| {
        let body = crate::client::merged(&json!({ "device_id": machine.id, "type": "virus_found" }), &fields);
        async move { admin.post("/events", &body).await }
    };
    let first = report(json!({})).await.is(200);
    assert_eq!(
        (&first["severity"], &first["count"], &first["detail"]),
        (&json!("warning"), &json!(1), &json!("Virus found."))
    );
    let more = report(json!({ "count": 4, "detail": "Eicar" })).await.is(200);
    assert_eq!((&more["id"], &more["count"]), (&first["id"], &json!(5)));
    assert_eq!((&more["severity"], &more["detail"]), (&json!("action_required"), &json!("Eicar")));
    let other = report(json!({ "product": "Shield" })).await.is(200);
    assert_ne!(other["id"], first["id"], "another product sees for itself");
    assert_eq!(attention(admin, &customer).await, [[1, 1], [0, 0], [0, 0]]);
    let over = report(json!({ "resolved": true, "product": "SHIELD" })).await.is(200);
    assert_eq!((&over["id"], &over["state"]), (&other["id"], &json!("resolved_by_itself")));
    report(json!({ "resolved": true, "product": "Unheard of" })).await.invalid(&[("type", "invalid")]);
    // An hour later it is counted anew, and a virus is one again.
    app.advance(Duration::from_mins(61));
    let later = report(json!({ "product": "Shield" })).await.is(200);
    assert_eq!((&later["severity"], &later["count"]), (&json!("warning"), &json!(2)));

    report(json!({ "type": "no_backup" })).await.invalid(&[("type", "invalid")]);
    report(json!({ "type": "nonsense" })).await.invalid(&[("type", "invalid")]);
    report(json!({ "customer_id": customer })).await.invalid(&[("device_id", "required")]);
    report(json!({ "device_id": Value::Null })).await.invalid(&[("device_id", "required")]);
    report(json!({ "count": 0, "product": "x".repeat(101) }))
        .await
        .invalid(&[("count", "out_of_range"), ("product", "too_long")]);
    report(json!({ "device_id": "dev_00000000000000000000000000" }))
        .await
        .invalid(&[("device_id", "reference_not_found")]);
    let other = app.reseller("Other").await;
    let north = app.person(&other, "administrator", "north@example.com").await;
    let body = json!({ "device_id": machine.id, "type": "virus_found" });
    north.post("/events", &body).await.invalid(&[("device_id", "reference_not_found")]);
    assert_eq!(north.get("/events").await.is(200)["total"], 0);
    set(admin, &format!("/customers/{customer}"), "event_spam_found", json!({})).await;
    report(json!({ "type": "spam_found" })).await.invalid(&[("type", "invalid")]);
    for number in 2..200 {
        report(json!({ "product": format!("Product {number}") })).await.is(200);
    }
    report(json!({ "product": "One too many" })).await.refused(409, "too_many_events");
    // Among many, too, the worst is told: what has to be done, before what came later.
    report(json!({ "type": "virus_found", "count": 4, "product": "Product 9" })).await.is(200);
    for row in [&customer, &app.provider().await] {
        assert_eq!(admin.get(&format!("/customers/{row}")).await.is(200)["attention"]["worst"], "virus_found");
    }
    report(json!({})).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn licences_trials_and_space_come_to_their_thresholds_by_themselves() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Reseller").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "trial": true });
    let customer = id(&admin.post("/customers", &body).await.is(201));
    let products = admin.get("/products").await.is(200);
    let product =
        &products["items"].as_array().unwrap().iter().find(|product| product["unit"] == "server").unwrap()["id"];
    let ends_at = app.now() + jiff::SignedDuration::from_hours(24 * 61);
    let grant = json!({ "product_id": product, "quantity": 2, "ends_at": ends_at.to_string() });
    let licence = admin.post(&format!("/customers/{customer}/licences"), &grant).await.is(201);
    app.settle().await;
    assert_eq!(attention(admin, &reseller).await, NOTHING);
    after(&app, DAY + Duration::from_mins(1)).await;
    assert_eq!(attention(admin, &reseller).await, [[0, 0], [0, 0], [0, 1]], "60 days are left");
    let ending = only(admin, "licence_ending").await;
    assert!(ending["detail"].as_str().unwrap().starts_with("2 units of "), "{ending}");
    assert_eq!(ending["product"], licence["product_name"]);
    after(&app, DAY * 22).await;
    assert_eq!(attention(admin, &reseller).await, [[0, 0], [0, 0], [0, 2]], "the trial ends in 7 days");
    assert_eq!(only(admin, "trial_ending").await["severity"], "warning");
    after(&app, DAY * 6).await;
    assert_eq!(attention(admin, &reseller).await, [[0, 0], [0, 0], [1, 1]], "it ends tomorrow");
    after(&app, DAY).await;
    assert_eq!(only(admin, "trial_ending").await["state"], "resolved_by_itself");
    let ended = only(admin, "trial_ended").await;
    assert_eq!((&ended["state"], &ended["severity"]), (&json!("open"), &json!("warning")));
    // It is told of at 7 days, at one and at its end, once each.
    let log = admin.get(&format!("/customers/{customer}/changes")).await.is(200);
    let told = |action: &str, of: &str| {
        let of = format!("{of}: Bakery");
        let found = log["items"].as_array().unwrap().iter();
        found.filter(|entry| entry["action"] == action && entry["subject_name"] == of.as_str()).count()
    };
    assert_eq!((told("event.opened", "Trial ends"), told("event.worsened", "Trial ends")), (1, 1));
    assert_eq!((told("event.opened", "Trial has ended"), told("event.worsened", "Trial has ended")), (1, 0));
    admin.post(&format!("/events/{}/resolve", id(&ended)), &json!({ "reason": "Plan agreed" })).await.is(200);
    after(&app, DAY * 31).await;
    assert_eq!(attention(admin, &reseller).await, [[0, 0], [0, 0], [1, 0]], "it has ended");
    let until = (app.now() + jiff::SignedDuration::from_hours(24 * 365)).to_string();
    let renew = json!({ "basis": "from_now", "until": until });
    admin.post(&format!("/licences/{}/renew", id(&licence)), &renew).await.is(200);
    app.settle().await;
    assert_eq!(attention(admin, &reseller).await, NOTHING);
    assert_eq!(only(admin, "licence_ending").await["state"], "resolved_by_itself");

    let space = |bytes: i64| json!({ "allotted_bytes": bytes });
    let put = async |body: Value| {
        let path = format!("/customers/{customer}/space");
        admin.request(reqwest::Method::PUT, &path).json(&body).send().await.is(200);
    };
    put(space(1000)).await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    assert_eq!(machine.put("data", &[1; 850]).await.0, 200);
    let used = async || admin.get(&format!("/customers/{customer}")).await.is(200)["totals"]["used_percent"].clone();
    for _ in 0..200 {
        if used().await == 85 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    app.settle().await;
    let filling = only(admin, "space_filling").await;
    assert_eq!(
        (&filling["severity"], &filling["detail"]),
        (&json!("warning"), &json!("80 % or more of its space is used."))
    );
    assert!(filling["device_id"].is_null());
    // The next doesn't fit, which is more than a warning.
    assert_eq!(machine.put("data", &[2; 400]).await, (403, Some("quota_exceeded".to_owned())));
    let refused = becomes(admin, "space_used_up", "open").await;
    assert_eq!((&refused["severity"], &refused["device_name"]), (&json!("action_required"), &json!("till")));
    put(space(100_000)).await;
    machine.uploads(200).await;
    backs_up(&machine, 3).await;
    becomes(admin, "space_used_up", "resolved_by_itself").await;
    becomes(admin, "space_filling", "resolved_by_itself").await;
    assert_eq!(attention(admin, &reseller).await, NOTHING);
    app.finish().await;
}

#[tokio::test]
async fn wrong_passwords_become_a_threat() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    let machine = backed_up(&app, &customer, "till").await;
    let mut thief = app.machine(&app.pass_key(&customer).await, "thief").await;
    (thief.username, thief.password) = (machine.username.clone(), "guessed".to_owned());
    for _ in 0..5 {
        thief.read().await;
        // What comes within a minute is one try.
        app.advance(Duration::from_mins(2));
        tokio::time::sleep(Duration::from_millis(1500)).await;
    }
    let threat = becomes(admin, "wrong_password", "open").await;
    assert_eq!(threat["device_name"], "till");
    let attention = attention(admin, &customer).await;
    assert_eq!((attention[0], &threat["severity"]), ([0, 1], &json!("warning")), "{threat}");
    app.finish().await;
}

#[tokio::test]
async fn counts_follow_devices_and_customers_wherever_they_go() {
    let app = App::start().await;
    let admin = app.admin();
    let (north, south) = (app.reseller("North").await, app.reseller("South").await);
    let bakery = app.customer(&north, "end_customer", "Bakery").await;
    let mill = app.customer(&north, "end_customer", "Mill").await;
    let machine = app.machine(&app.pass_key(&bakery).await, "till").await;
    let virus = json!({ "device_id": machine.id, "type": "threat_unresolved" });
    let event = admin.post("/events", &virus).await.is(200);
    let outbreak = json!({ "customer_id": bakery, "type": "outbreak_alert" });
    admin.post("/events", &outbreak).await.is(200);
    let threats = async |customer: &str| attention(admin, customer).await[0][0];
    assert_eq!((threats(&bakery).await, threats(&north).await, threats(&south).await), (2, 2, 0));
    admin.edit(&format!("/devices/{}", machine.id), &json!({ "customer_id": mill })).await.is(200);
    assert_eq!((threats(&bakery).await, threats(&mill).await, threats(&north).await), (1, 1, 2));
    let moved = admin.get(&format!("/events/{}", id(&event))).await.is(200);
    assert_eq!(moved["customer_id"], mill);
    admin.post(&format!("/customers/{mill}/move"), &json!({ "parent_id": south })).await.is(200);
    assert_eq!((threats(&mill).await, threats(&north).await, threats(&south).await), (1, 1, 1));
    // Lists find and sort by them.
    let found = with("/customers", &[("filter", "attention.threat.action_required > 0 and level == end_customer")]);
    assert_eq!(admin.get(&found).await.is(200)["total"], 2);
    let worst = admin.get("/customers?sort=-attention&limit=1").await.is(200);
    assert_eq!(worst["items"][0]["id"], app.provider().await);
    let found = with("/events", &[("filter", "severity == action_required"), ("under", &south), ("sort", "-severity")]);
    assert_eq!(admin.get(&found).await.is(200)["total"], 1);
    let overview = admin.get(&format!("/customers/{south}/overview")).await.is(200);
    let threat = overview["attention"].as_array().unwrap().iter().find(|count| count["finding"] == "threats").unwrap();
    assert_eq!(threat["count"], 1);
    let listed = with("/events", &[("filter", threat["filter"].as_str().unwrap()), ("under", &south)]);
    assert_eq!(admin.get(&listed).await.is(200)["total"], 1);
    admin.delete(&format!("/devices/{}?data=delete", machine.id)).await.is(200);
    app.remove(&bakery).await;
    after(&app, DAY * 31).await;
    assert_eq!(threats(&app.provider().await).await, 0);
    assert_eq!(admin.get("/events").await.is(200)["total"], 0);
    app.finish().await;
}

#[tokio::test]
async fn many_are_decided_about_and_that_is_taken_back() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    let machine = backed_up(&app, &customer, "till").await;
    let report = |kind: &'static str| {
        let body = json!({ "device_id": machine.id, "type": kind });
        async move { id(&admin.post("/events", &body).await.is(200)) }
    };
    let (virus, spyware) = (report("virus_found").await, report("spyware_found").await);
    after(&app, DAY * 4).await;
    let silent = id(&only(admin, "no_backup").await);
    let request = |action: &str, input: Value| json!({ "noun": "events", "action": action, "selection": { "ids": [virus, spyware, silent] }, "input": input });
    let preview = crate::client::merged(&request("resolve", json!({})), &json!({ "dry_run": true }));
    let told = admin.post("/bulk", &preview).await.is(200);
    assert_eq!((&told["allowed"], &told["refused"][0]["code"]), (&json!(2), &json!("event_goes_on")));
    let wrong = request("acknowledge", json!({ "until": "2020-01-01T00:00:00Z" }));
    admin.post("/bulk", &wrong).await.invalid(&[("input.until", "out_of_range")]);
    let task = crate::bulk::run(admin, &request("acknowledge", json!({ "reason": "Known" }))).await;
    assert_eq!(task["counts"]["done"], 3, "{task}");
    assert_eq!(attention(admin, &customer).await, NOTHING);
    // One was decided about since: that stays.
    admin.post(&format!("/events/{virus}/resolve"), &json!({})).await.is(200);
    let undo = crate::bulk::act(admin, &task, "undo").await;
    let undone = crate::bulk::over(admin, undo["id"].as_str().unwrap()).await;
    assert_eq!((&undone["counts"]["done"], &undone["counts"]["refused"]), (&json!(2), &json!(1)), "{undone}");
    assert_eq!(attention(admin, &customer).await, [[0, 1], [0, 1], [0, 0]]);
    app.finish().await;
}

const KINDS: [&str; 5] = ["virus_found", "threat_unresolved", "component_outdated", "url_blocked", "disk_space_low"];

/// However things go, every count is what a recount comes to, which the end of each test looks at.
#[tokio::test]
async fn counts_are_right_whatever_happens() {
    let app = App::start().await;
    let admin = app.admin();
    let resellers = [app.reseller("North").await, app.reseller("South").await];
    let mut customers = Vec::new();
    for number in 0..4 {
        let name = format!("Customer {number}");
        customers.push(app.customer(&resellers[number % 2], "end_customer", &name).await);
    }
    let mut machines = Vec::new();
    for number in 0..6 {
        let key = app.pass_key(&customers[number % 4]).await;
        machines.push(app.machine(&key, &format!("machine {number}")).await.id);
    }
    let mut state = app.now().as_microsecond().cast_unsigned();
    tracing::info!(seed = state, "begins");
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    for _ in 0..80 {
        let (machine, customer) = (&machines[random(6)], &customers[random(4)]);
        match random(8) {
            0..=2 => {
                let mut body = json!({ "type": KINDS[random(5)], "count": 1 + random(300) });
                if random(3) == 0 {
                    body["customer_id"] = json!(customer);
                } else {
                    body["device_id"] = json!(machine);
                }
                body["resolved"] = json!(random(4) == 0);
                admin.post("/events", &body).await;
            }
            3 | 4 => {
                let events = admin.get("/events?limit=100").await.is(200);
                let events = events["items"].as_array().unwrap();
                if !events.is_empty() {
                    let event = id(&events[random(events.len())]);
                    let action = ["acknowledge", "resolve"][random(2)];
                    admin.post(&format!("/events/{event}/{action}"), &json!({})).await;
                }
            }
            5 => {
                admin.edit(&format!("/devices/{machine}"), &json!({ "customer_id": customer })).await;
            }
            6 => {
                let body = json!({ "parent_id": resellers[random(2)] });
                admin.post(&format!("/customers/{customer}/move"), &body).await;
            }
            _ => {
                app.advance(Duration::from_hours(10));
                app.settle().await;
                app.sign_in_again().await;
            }
        }
    }
    assert!(admin.get("/events").await.is(200)["total"].as_i64().unwrap() > 5);
    app.finish().await;
}
