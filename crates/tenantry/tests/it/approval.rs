//! Which devices are let in: by themselves, because they were added by hand, or because somebody approved them; and a
//! device that is suspended by itself.

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Answer, merged, with};
use crate::machine::Machine;

async fn register(app: &App, pass_key: &str, fields: Value) -> Answer {
    app.nobody().post("/devices/register", &merged(&json!({ "pass_key": pass_key, "name": "till" }), &fields)).await
}

async fn set(app: &App, customer: &str, name: &str, value: Value) {
    let path = format!("/customers/{customer}/settings/{name}");
    app.admin().request(reqwest::Method::PUT, &path).json(&json!({ "value": value })).send().await.is(200);
}

async fn refusal(machine: &Machine) -> Value {
    let answer = machine.request(reqwest::Method::GET, "config", Vec::new()).await;
    json!([answer.status().as_u16(), answer.json::<Value>().await.unwrap()["code"]])
}

#[tokio::test]
async fn a_device_waits_until_it_is_approved_where_none_is_let_in_by_itself() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    let site = app.site(&customer, "mill").await;
    let key = app.pass_key(&customer).await;
    set(&app, &customer, "auto_authorise", json!(false)).await;
    let made = register(&app, &key, json!({ "site": "mill", "fingerprint": "f1" })).await.is(201);
    assert_eq!(made["status"], "pending_approval");
    let machine = Machine::new(&made);
    machine.reads(403).await;
    assert_eq!(refusal(&machine).await, json!([403, "pending_approval"]));
    let path = format!("/devices/{}", machine.id);
    let device = admin.get(&path).await.is(200);
    assert_eq!(
        (&device["status"], &device["backup_state"]["code"], &device["backup_state"]["action"]),
        (&json!("pending_approval"), &json!("pending_approval"), &json!("approve"))
    );
    // Found in the queue, and counted where it stands.
    let queue = admin.get(&with("/devices", &[("filter", "status == pending_approval")])).await.is(200);
    assert_eq!((&queue["total"], &queue["items"][0]["id"]), (&json!(1), &json!(machine.id)));
    for node in [&customer, &site] {
        assert_eq!(admin.get(&format!("/customers/{node}")).await.is(200)["totals"]["devices_pending"], 1);
    }
    let overview = admin.get(&format!("/customers/{customer}/overview")).await.is(200);
    assert_eq!(
        (&overview["attention"][0]["finding"], &overview["attention"][0]["count"]),
        (&json!("devices_pending"), &json!(1))
    );
    // A limit counts it when it is let in, not before.
    admin.edit(&format!("/customers/{customer}"), &json!({ "max_devices": 0 })).await.is(200);
    assert_eq!(admin.get(&format!("/customers/{customer}")).await.is(200)["devices_left"], 0);
    admin.act(&format!("{path}/approve")).await.refused(409, "client_limit_reached");
    admin.edit(&format!("/customers/{customer}"), &json!({ "max_devices": 1 })).await.is(200);
    let approved = admin.act(&format!("{path}/approve")).await.is(200);
    assert_eq!(approved["status"], "authorised");
    machine.begin().await;
    assert_eq!(machine.put("data", b"bytes").await, (200, None));
    assert_eq!(admin.act(&format!("{path}/approve")).await.is(200)["version"], approved["version"], "once is enough");
    let seen = admin.get(&format!("/customers/{customer}")).await.is(200);
    assert_eq!((&seen["totals"]["devices_pending"], &seen["devices_left"]), (&json!(0), &json!(0)));
    let log = admin.get(&format!("/customers/{customer}/changes?q=till")).await.is(200);
    assert_eq!(log["items"][0]["action"], "device.approved");
    assert_eq!(log["items"][1]["after"]["status"], "pending_approval");
    app.finish().await;
}

#[tokio::test]
async fn a_device_that_was_added_by_hand_is_let_in_when_it_comes() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    let site = app.site(&customer, "mill").await;
    let key = app.pass_key(&customer).await;
    set(&app, &customer, "auto_authorise", json!(false)).await;
    let add = async |fields: Value| {
        admin.post("/devices", &merged(&json!({ "customer_id": site, "name": "Till" }), &fields)).await
    };
    let reseller = admin.get(&format!("/customers/{customer}")).await.is(200)["parent_id"].clone();
    add(json!({ "customer_id": reseller })).await.invalid(&[("customer_id", "invalid")]);
    add(json!({ "customer_id": "cus_x" })).await.invalid(&[("customer_id", "reference_not_found")]);
    add(json!({ "name": " ", "os": "o".repeat(101) })).await.invalid(&[("name", "required"), ("os", "too_long")]);
    let added = add(json!({ "kind": "appliance" })).await.is(201);
    assert_eq!((&added["status"], &added["customer_id"]), (&json!("expected"), &json!(site)));
    assert_eq!(added["backup_state"]["code"], "never_connected");
    add(json!({})).await.invalid(&[("name", "invalid")]);
    let device = format!("/devices/{}", id(&added));
    admin.act(&format!("{device}/credentials")).await.refused(403, "forbidden");
    // Whoever has another name waits; the one of this name, however written, is let in.
    assert_eq!(register(&app, &key, json!({ "name": "printer" })).await.is(201)["status"], "pending_approval");
    let made = register(&app, &key, json!({ "name": " TILL ", "os": "Debian 12", "fingerprint": "aa" })).await.is(201);
    assert_eq!((&made["status"], &made["device_id"]), (&json!("authorised"), &added["id"]));
    let seen = admin.get(&device).await.is(200);
    assert_eq!(
        (&seen["name"], &seen["kind"], &seen["os"], &seen["fingerprint"]),
        (&json!("Till"), &json!("appliance"), &json!("Debian 12"), &json!("aa"))
    );
    let machine = Machine::new(&made);
    machine.begin().await;
    assert_eq!(machine.put("data", b"bytes").await, (200, None));
    // It is in: the next of its name is another one, and one with a fingerprint is known by that alone.
    assert_eq!(
        register(&app, &key, json!({ "name": "till", "fingerprint": "bb" })).await.is(201)["status"],
        "pending_approval"
    );
    let by_print = add(json!({ "name": "Oven", "fingerprint": "cc" })).await.is(201);
    add(json!({ "name": "Other", "fingerprint": "cc" }))
        .await
        .invalid(&[("fingerprint", "fingerprint_bound_elsewhere")]);
    assert_eq!(register(&app, &key, json!({ "name": "Oven" })).await.is(201)["status"], "pending_approval");
    let made = register(&app, &key, json!({ "name": "whatever", "fingerprint": "cc" })).await.is(201);
    assert_eq!((&made["device_id"], &made["status"]), (&by_print["id"], &json!("authorised")));
    // Limits count what is expected.
    admin.edit(&format!("/customers/{customer}"), &json!({ "max_devices": 2 })).await.is(200);
    add(json!({ "name": "Third" })).await.refused(409, "client_limit_reached");
    app.finish().await;
}

#[tokio::test]
async fn who_is_not_wanted_is_deleted_and_who_has_backups_stays() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let kept = app.machine(&key, "kept").await;
    kept.begin().await;
    assert_eq!(kept.put("data", b"bytes").await.0, 200);
    admin.delete(&format!("/devices/{}", kept.id)).await.refused(409, "device_not_empty");
    set(&app, &customer, "auto_authorise", json!(false)).await;
    let made = register(&app, &key, json!({ "fingerprint": "f" })).await.is(201);
    let path = format!("/devices/{}", made["device_id"].as_str().unwrap());
    let dry = admin.request(reqwest::Method::DELETE, &format!("{path}?dry_run=true")).send().await.is(200);
    assert_eq!((&dry["blockers"], &dry["dry_run"]), (&json!([]), &json!(true)));
    admin.delete(&path).await.is(200);
    admin.get(&path).await.refused(404, "not_found");
    Machine::new(&made).reads(401).await;
    let totals = admin.get(&format!("/customers/{customer}")).await.is(200)["totals"].clone();
    assert_eq!((&totals["devices"], &totals["devices_pending"]), (&json!(1), &json!(0)));
    assert_eq!(
        register(&app, &key, json!({ "fingerprint": "f" })).await.is(201)["status"],
        "pending_approval",
        "it may ask again"
    );
    // Many at once.
    for number in 0..5 {
        register(&app, &key, json!({ "name": format!("n{number}") })).await.is(201);
    }
    let queue = json!({ "filter": "status == pending_approval" });
    let request = |action: &str, dry: bool| json!({ "noun": "devices", "action": action, "selection": queue, "input": {}, "dry_run": dry });
    let preview = admin.post("/bulk", &request("approve", true)).await.is(200);
    assert_eq!((&preview["allowed"], &preview["effects"]), (&json!(6), &json!({ "devices": 6 })));
    let task = admin.post("/bulk", &request("approve", false)).await.is(202)["task_id"].as_str().unwrap().to_owned();
    for _ in 0..200 {
        if admin.get(&format!("/tasks/{task}")).await.is(200)["state"] == "done" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    assert_eq!(admin.get(&with("/devices", &[("filter", "status == authorised")])).await.is(200)["total"], 7);
    app.finish().await;
}

#[tokio::test]
async fn not_too_many_wait() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    set(&app, &customer, "auto_authorise", json!(false)).await;
    for number in 0..100 {
        register(&app, &key, json!({ "name": format!("n{number}") })).await.is(201);
    }
    register(&app, &key, json!({ "name": "one more" })).await.refused(409, "too_many_pending");
    app.finish().await;
}

#[tokio::test]
async fn a_device_is_suspended_by_itself_and_by_whom_decides_who_may_lift_it() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let own = app.person(&customer, "administrator", "own@example.com").await;
    let key = app.pass_key(&customer).await;
    let machine = app.machine(&key, "till").await;
    machine.begin().await;
    let path = format!("/devices/{}", machine.id);
    let lost = json!({ "reason": "Stolen", "mode": "stop_backups" });
    own.post(&format!("{path}/suspend"), &json!({ "reason": " ", "mode": "stop_backups" }))
        .await
        .invalid(&[("reason", "required")]);
    let suspended = boss.post(&format!("{path}/suspend"), &lost).await.is(200);
    assert_eq!(
        (&suspended["account_state"], &suspended["effective_state"]["mode"]),
        (&json!("suspended"), &json!("stop_backups"))
    );
    assert_eq!(
        (&suspended["suspension"]["reason"], &suspended["backup_state"]["code"]),
        (&json!("Stolen"), &json!("suspended"))
    );
    machine.uploads(403).await;
    assert_eq!(machine.put("data", b"x").await, (403, Some("device_suspended".to_owned())));
    assert_eq!(machine.read().await, 200, "restores go on");
    let seen = own.get(&path).await.is(200);
    assert_eq!((&seen["suspension"]["reason"], &seen["suspension"]["by"]), (&Value::Null, &Value::Null));
    own.act(&format!("{path}/activate")).await.refused(403, "forbidden");
    let action = seen["actions"].as_array().unwrap().iter().find(|action| action["name"] == "activate").unwrap();
    assert_eq!(action["allowed"], false);
    for filter in
        ["account_state == suspended", "effective_state.state == suspended", "effective_state.mode == stop_backups"]
    {
        assert_eq!(boss.get(&with("/devices", &[("filter", filter)])).await.is(200)["total"], 1, "{filter}");
    }
    boss.post(&format!("{path}/suspend"), &json!({ "reason": "Stolen", "mode": "full_stop" })).await.is(200);
    machine.reads(403).await;
    assert_eq!(refusal(&machine).await, json!([403, "device_suspended"]));
    boss.act(&format!("{path}/activate")).await.is(200);
    machine.uploads(200).await;
    // Its own people's suspension is theirs to lift.
    own.post(&format!("{path}/suspend"), &lost).await.is(200);
    assert_eq!(own.act(&format!("{path}/activate")).await.is(200)["suspension"], Value::Null);
    app.finish().await;
}
