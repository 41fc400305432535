//! Settings: what holds at a node, who says so, who may change it, what a change comes to, and what held before.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::App;
use crate::client::{Client, with};

/// What holds of a setting at an owner: `customers/cus_…`.
async fn setting(client: &Client, owner: &str, name: &str) -> Value {
    let effective = client.get(&format!("/{owner}/effective")).await.is(200);
    let mut settings = effective["settings"].as_array().unwrap().iter();
    settings.find(|setting| setting["name"] == name).unwrap_or_else(|| panic!("no {name}: {effective:#}")).clone()
}

/// Value and the name of its source.
async fn held(client: &Client, owner: &str, name: &str) -> (Value, String) {
    let setting = setting(client, owner, name).await;
    let source = &setting["source"];
    let source = source["name"].as_str().or(source["kind"].as_str()).unwrap();
    (setting["value"].clone(), source.to_owned())
}

async fn set(client: &Client, owner: &str, name: &str, value: Value, locked: bool) -> crate::client::Answer {
    let body = json!({ "value": value, "locked": locked });
    client.request(reqwest::Method::PUT, &format!("/{owner}/settings/{name}")).json(&body).send().await
}

async fn inherit(client: &Client, owner: &str, name: &str) -> crate::client::Answer {
    client.delete(&format!("/{owner}/settings/{name}")).await
}

fn on(text: &str) -> (Value, String) {
    (json!(true), text.to_owned())
}

fn off(text: &str) -> (Value, String) {
    (json!(false), text.to_owned())
}

/// A reseller, its end customer, a site of that, a device there, each as an owner.
struct Chain {
    reseller: String,
    customer: String,
    site: String,
    device: String,
}

impl Chain {
    async fn new(app: &App) -> Self {
        let reseller = app.reseller("Reseller").await;
        let customer = app.customer(&reseller, "end_customer", "Bakery").await;
        let site = app.site(&customer, "mill").await;
        let key = app.pass_key(&site).await;
        let device = app.machine(&key, "till").await.id;
        let [reseller, customer, site] = [reseller, customer, site].map(|id| format!("customers/{id}"));
        Self { reseller, customer, site, device: format!("devices/{device}") }
    }

    fn id(owner: &str) -> &str {
        owner.split_once('/').unwrap().1
    }
}

#[tokio::test]
async fn the_nearest_says_what_holds_unless_it_is_locked_above() {
    let app = App::start().await;
    let admin = app.admin();
    let Chain { reseller, customer, site, device } = &Chain::new(&app).await;
    assert_eq!(held(admin, device, "append_only").await, off("default"));
    let made = set(admin, reseller, "append_only", json!(true), false).await.is(200);
    assert_eq!((&made["value"], &made["changes"], &made["dry_run"]), (&json!(true), &json!(true), &json!(false)));
    for owner in [reseller, customer, site, device] {
        assert_eq!(held(admin, owner, "append_only").await, on("Reseller"), "{owner}");
    }
    assert_eq!(set(admin, reseller, "append_only", json!(true), false).await.is(200)["changes"], false);
    // Nearer, and what is passed over by it.
    set(admin, customer, "append_only", json!(false), false).await.is(200);
    assert_eq!(held(admin, device, "append_only").await, off("Bakery"));
    set(admin, device, "append_only", json!(true), false).await.is(200);
    let told = setting(admin, device, "append_only").await;
    assert_eq!(
        (&told["value"], &told["source"]["kind"], &told["source"]["id"]),
        (&json!(true), &json!("device"), &json!(Chain::id(device)))
    );
    let passed: Vec<(&str, &str)> = told["passed_over"]
        .as_array()
        .unwrap()
        .iter()
        .map(|passed| (passed["source"]["name"].as_str().unwrap(), passed["why"].as_str().unwrap()))
        .collect();
    assert_eq!(passed, [("Bakery", "overridden"), ("Reseller", "overridden")]);
    // Locked above: what was said below stays, says nothing, and can't be said anew; it can be taken back.
    set(admin, reseller, "append_only", json!(true), true).await.is(200);
    let told = setting(admin, customer, "append_only").await;
    assert_eq!(
        (&told["value"], &told["source"]["name"], &told["locked"]),
        (&json!(true), &json!("Reseller"), &json!(true))
    );
    assert_eq!((&told["passed_over"][0]["why"], &told["own"]["value"]), (&json!("locked"), &json!(false)));
    let refused = set(admin, device, "append_only", json!(false), false).await.refused(409, "setting_locked");
    assert_eq!(refused["detail"], "Reseller has locked it for everything below.");
    let action = |told: &Value, name: &str| {
        told["actions"].as_array().unwrap().iter().find(|action| action["name"] == name).cloned().unwrap()
    };
    assert_eq!(action(&told, "set")["code"], "setting_locked");
    assert_eq!(action(&told, "inherit")["allowed"], true);
    inherit(admin, customer, "append_only").await.is(200);
    set(admin, reseller, "append_only", json!(false), false).await.is(200);
    assert_eq!(held(admin, site, "append_only").await, off("Reseller"));
    assert_eq!(held(admin, device, "append_only").await, on("till"), "unlocked, it says again what it said");
    assert_eq!(inherit(admin, device, "append_only").await.is(200)["source"]["name"], "Reseller");
    assert_eq!(inherit(admin, device, "append_only").await.is(200)["changes"], false);
    app.finish().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_changes_nothing() {
    let app = App::start().await;
    let admin = app.admin();
    let Chain { reseller, customer, device, .. } = &Chain::new(&app).await;
    let version = async |owner: &str| admin.get(&format!("/{owner}")).await.is(200)["version"].as_i64().unwrap();
    let before = version(customer).await;
    set(admin, customer, "colour", json!(true), false).await.invalid(&[("name", "unknown_setting")]);
    for wrong in [json!("on"), json!(1), json!(null), json!({})] {
        set(admin, customer, "append_only", wrong, false).await.invalid(&[("value", "invalid")]);
    }
    set(admin, device, "auto_authorise", json!(false), false).await.invalid(&[("name", "setting_not_applicable")]);
    let until = |hours: i64| json!({ "until": (app.now() + jiff::SignedDuration::from_hours(hours)).to_string(), "reason": "Full" });
    set(admin, customer, "prune_window", until(-1), false).await.invalid(&[("value.until", "out_of_range")]);
    set(admin, customer, "prune_window", until(400), false).await.invalid(&[("value.until", "out_of_range")]);
    set(admin, customer, "prune_window", until(1), true).await.invalid(&[("locked", "invalid")]);
    let more = json!({ "until": "x", "reason": "Full", "why": 1 });
    assert_eq!(set(admin, customer, "prune_window", more, false).await.status, 422);
    let put = || admin.request(reqwest::Method::PUT, &format!("/{customer}/settings/append_only"));
    put().json(&json!({ "locked": true })).send().await.invalid(&[("value", "required")]);
    put().json(&json!({ "value": true, "force": 1 })).send().await.invalid(&[("force", "unknown_field")]);
    put().header("if-match", "\"77\"").json(&json!({ "value": true })).send().await.refused(412, "version_stale");
    assert_eq!(version(customer).await, before);
    put().header("if-match", &format!("\"{before}\"")).json(&json!({ "value": true })).send().await.is(200);
    assert_eq!(version(customer).await, before + 1);

    // Others' things are nothing, and a dry run changes as little as a refusal.
    let stranger = app.person(&app.reseller("Other").await, "administrator", "boss@other.example").await;
    for owner in [customer, device] {
        set(&stranger, owner, "append_only", json!(true), false).await.refused(404, "not_found");
        stranger.get(&format!("/{owner}/effective")).await.refused(404, "not_found");
    }
    let dry = admin
        .request(reqwest::Method::DELETE, &format!("/{customer}/settings/append_only?dry_run=true"))
        .send()
        .await
        .is(200);
    assert_eq!(
        (&dry["dry_run"], &dry["changes"], &dry["consequences"]),
        (&json!(true), &json!(true), &json!({ "customers": 2, "devices": 1 }))
    );
    assert_eq!(version(customer).await, before + 1);
    assert_eq!(held(admin, reseller, "append_only").await, off("default"));
    app.finish().await;
}

#[tokio::test]
async fn what_was_locked_from_above_is_not_the_customers_own_to_change() {
    let app = App::start().await;
    let admin = app.admin();
    let Chain { reseller, customer, device, .. } = &Chain::new(&app).await;
    let boss = app.person(Chain::id(reseller), "administrator", "boss@example.com").await;
    let own = app.person(Chain::id(customer), "administrator", "own@example.com").await;
    // Its own, as long as nobody above has locked it.
    set(&own, customer, "append_only", json!(true), true).await.is(200);
    set(&own, customer, "append_only", json!(false), false).await.is(200);
    // Said again from above it is from there, though it is the same.
    set(&own, customer, "append_only", json!(true), true).await.is(200);
    assert_eq!(set(&own, customer, "append_only", json!(true), true).await.is(200)["changes"], false);
    assert_eq!(set(&boss, customer, "append_only", json!(true), true).await.is(200)["changes"], true);
    assert_eq!(set(&boss, customer, "append_only", json!(true), true).await.is(200)["changes"], false);
    set(&own, customer, "append_only", json!(false), false).await.refused(409, "setting_locked");
    inherit(&own, customer, "append_only").await.refused(409, "setting_locked");
    inherit(&own, device, "append_only").await.is(200);
    // What stands above is unnamed, and so is who wrote it.
    set(admin, reseller, "append_only", json!(true), true).await.is(200);
    let told = setting(&own, device, "append_only").await;
    assert_eq!(told["source"], json!({ "kind": "above", "id": null, "name": null, "level": null }));
    let seen = setting(&own, customer, "append_only").await;
    assert_eq!((&seen["own"]["value"], &seen["own"]["set_by"]), (&json!(true), &Value::Null));
    let refused = set(&own, device, "append_only", json!(false), false).await.refused(409, "setting_locked");
    assert_eq!(refused["detail"], "Somebody above has locked it for everything below.");
    // The reseller can't lift the provider's lock, not at its own node and not by a window.
    set(&boss, reseller, "append_only", json!(false), false).await.refused(409, "setting_locked");
    let window =
        json!({ "until": (app.now() + jiff::SignedDuration::from_hours(2)).to_string(), "reason": "Disk is full" });
    set(&boss, customer, "prune_window", window.clone(), false).await.refused(409, "setting_locked");
    set(&own, customer, "prune_window", window.clone(), false).await.refused(403, "forbidden");
    set(admin, customer, "prune_window", window, false).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn a_change_says_how_much_gets_another_value() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Reseller").await;
    let mut customers = Vec::new();
    for number in 0..4 {
        let customer = app.customer(&reseller, "end_customer", &format!("Customer {number}")).await;
        app.site(&customer, "mill").await;
        let key = app.pass_key(&customer).await;
        let machines = [app.machine(&key, "a").await, app.machine(&key, "b").await];
        customers.push((customer, machines.map(|machine| format!("devices/{}", machine.id))));
    }
    let (one, two) = (&customers[0], &customers[1]);
    set(admin, &format!("customers/{}", one.0), "append_only", json!(false), false).await.is(200);
    set(admin, &two.1[0], "append_only", json!(true), false).await.is(200);
    let foresee = async |value: Value, locked: bool| {
        let path = format!("/customers/{reseller}/settings/append_only?dry_run=true");
        let body = json!({ "value": value, "locked": locked });
        admin.request(reqwest::Method::PUT, &path).json(&body).send().await.is(200)["consequences"].clone()
    };
    // The reseller, three customers with a site each; their devices but the one that has it already.
    assert_eq!(foresee(json!(true), false).await, json!({ "customers": 7, "devices": 5 }));
    assert_eq!(foresee(json!(true), true).await, json!({ "customers": 9, "devices": 7 }));
    assert_eq!(foresee(json!(false), false).await, json!({ "customers": 0, "devices": 0 }));
    assert_eq!(foresee(json!(false), true).await, json!({ "customers": 0, "devices": 1 }));
    app.finish().await;
}

#[tokio::test]
async fn what_held_on_a_day_can_be_asked_later() {
    let app = App::start().await;
    let admin = app.admin();
    let Chain { reseller, customer, device, .. } = &Chain::new(&app).await;
    let mut moments = Vec::new();
    let mut pass = || {
        app.advance(Duration::from_mins(1));
        moments.push(app.now());
        app.advance(Duration::from_mins(1));
    };
    pass();
    set(admin, reseller, "append_only", json!(true), false).await.is(200);
    pass();
    set(admin, customer, "append_only", json!(false), true).await.is(200);
    app.suspend(Chain::id(reseller), "full_stop").await;
    pass();
    inherit(admin, customer, "append_only").await.is(200);
    admin.post(&format!("/{device}/suspend"), &json!({ "reason": "Lost", "mode": "stop_backups" })).await.is(200);
    app.activate(Chain::id(reseller)).await;
    pass();
    admin.act(&format!("/{device}/activate")).await.is(200);
    let mut told = Vec::new();
    for at in &moments {
        let effective = admin.get(&with(&format!("/{device}/effective"), &[("at", &at.to_string())])).await.is(200);
        let setting = effective["settings"]
            .as_array()
            .unwrap()
            .iter()
            .find(|setting| setting["name"] == "append_only")
            .unwrap()
            .clone();
        let state = &effective["state"];
        told.push(json!([setting["value"], setting["source"]["name"], state["mode"], state["cause_name"]]));
    }
    assert_eq!(
        told,
        [
            json!([false, null, null, null]),
            json!([true, "Reseller", null, null]),
            json!([false, "Bakery", "full_stop", "Reseller"]),
            json!([true, "Reseller", "stop_backups", "till"]),
        ]
    );
    assert_eq!(admin.get(&format!("/{device}/effective")).await.is(200)["state"]["state"], "active");
    let wrong = async |at: String| {
        admin.get(&with(&format!("/{device}/effective"), &[("at", &at)])).await.invalid(&[("at", "out_of_range")]);
    };
    wrong((app.now() + jiff::SignedDuration::from_hours(1)).to_string()).await;
    wrong("2001-01-01T00:00:00Z".to_owned()).await;
    admin.get(&format!("/{device}/effective?at=yesterday")).await.invalid(&[("at", "invalid")]);
    // The log tells it too, before and after.
    let log = admin.get(&format!("/{customer}/changes")).await.is(200);
    let entry = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["action"] == "customer.setting_inherited")
        .unwrap()
        .clone();
    assert_eq!(
        (&entry["before"], &entry["after"]),
        (&json!({ "append_only": false, "locked": true }), &json!({ "append_only": null }))
    );
    app.finish().await;
}

async fn run(client: &Client, request: &Value) -> Value {
    let task = client.post("/bulk", request).await.is(202)["task_id"].as_str().unwrap().to_owned();
    over(client, &task).await
}

async fn over(client: &Client, task: &str) -> Value {
    for _ in 0..400 {
        let seen = client.get(&format!("/tasks/{task}")).await.is(200);
        if ["done", "stopped", "failed"].contains(&seen["state"].as_str().unwrap()) {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the task {task} doesn't end");
}

#[tokio::test]
async fn many_are_set_at_once_with_every_change_foretold_and_taken_back() {
    let app = App::start().await;
    let admin = app.admin();
    let Chain { reseller, customer, site, device } = &Chain::new(&app).await;
    set(admin, customer, "append_only", json!(false), false).await.is(200);
    set(admin, site, "append_only", json!(true), true).await.is(200);
    let ids = [Chain::id(reseller), Chain::id(customer), Chain::id(site), "cus_00000000000000000000000000"];
    let request = |action: &str, input: Value| json!({ "noun": "customers", "action": action, "selection": { "ids": ids }, "input": input });
    for (input, field, code) in [
        (json!({ "name": "colour", "value": true }), "input.name", "unknown_setting"),
        (json!({ "name": "append_only", "value": 7 }), "input.value", "invalid"),
        (json!({ "name": "append_only" }), "input.value", "required"),
    ] {
        admin.post("/bulk", &request("set_setting", input)).await.invalid(&[(field, code)]);
    }
    let wanted = request("set_setting", json!({ "name": "append_only", "value": true, "locked": true }));
    let mut dry = wanted.clone();
    dry["dry_run"] = json!(true);
    let preview = admin.post("/bulk", &dry).await.is(200);
    assert_eq!(
        (&preview["allowed"], &preview["unchanged"], &preview["refused"][0]["code"]),
        (&json!(2), &json!(1), &json!("not_found"))
    );
    let detail = |id: &str| {
        preview["rows"].as_array().unwrap().iter().find(|row| row["subject_id"] == id).unwrap()["detail"].clone()
    };
    assert_eq!(detail(Chain::id(reseller)), "off (by default) → on, locked");
    assert_eq!(detail(Chain::id(customer)), "off → on, locked");
    assert_eq!(preview["effects"], json!({ "customers": 2, "devices": 0 }), "the site has it, and its device by it");
    let task = run(admin, &wanted).await;
    // From the top down, so that what is locked by the same task is refused below it.
    assert_eq!((&task["counts"]["done"], &task["counts"]["refused"]), (&json!(1), &json!(3)));
    assert_eq!(held(admin, device, "append_only").await, on("Reseller"));
    let undone = admin.act(&format!("/tasks/{}/undo", task["id"].as_str().unwrap())).await.is(202);
    assert_eq!(over(admin, undone["id"].as_str().unwrap()).await["counts"]["done"], 1);
    assert_eq!(held(admin, reseller, "append_only").await, off("default"));

    // Without a lock all of them; what somebody has changed since stays as it is.
    let task = run(admin, &request("set_setting", json!({ "name": "auto_authorise", "value": false }))).await;
    assert_eq!((&task["counts"]["done"], &task["title"]), (&json!(3), &json!("Set a setting of 4 customers")));
    set(admin, site, "auto_authorise", json!(true), false).await.is(200);
    let undone = admin.act(&format!("/tasks/{}/undo", task["id"].as_str().unwrap())).await.is(202);
    let undone = over(admin, undone["id"].as_str().unwrap()).await;
    assert_eq!((&undone["counts"]["done"], &undone["counts"]["refused"]), (&json!(2), &json!(1)));
    assert_eq!(held(admin, customer, "auto_authorise").await, on("default"));

    // Inherited again, and brought back.
    let task = run(admin, &request("inherit_setting", json!({ "name": "append_only" }))).await;
    assert_eq!((&task["counts"]["done"], &task["counts"]["unchanged"]), (&json!(2), &json!(1)));
    assert_eq!(held(admin, device, "append_only").await, off("default"));
    let undone = admin.act(&format!("/tasks/{}/undo", task["id"].as_str().unwrap())).await.is(202);
    assert_eq!(over(admin, undone["id"].as_str().unwrap()).await["counts"]["done"], 2);
    let back = setting(admin, site, "append_only").await;
    assert_eq!((&back["own"]["value"], &back["own"]["locked"]), (&json!(true), &json!(true)));

    let devices = json!({ "noun": "devices", "action": "set_setting", "selection": { "filter": "name == \"till\"" },
        "input": { "name": "append_only", "value": false } });
    let task = run(admin, &devices).await;
    assert_eq!(task["counts"]["refused"], 1, "locked at the site");
    app.finish().await;
}

/// What is set moves along, and what waits to be approved takes no place where it comes.
#[tokio::test]
async fn a_customer_takes_its_settings_along() {
    let app = App::start().await;
    let admin = app.admin();
    let Chain { customer, device, .. } = &Chain::new(&app).await;
    let to = app.reseller("Another").await;
    set(admin, customer, "auto_authorise", json!(false), false).await.is(200);
    set(admin, device, "append_only", json!(true), false).await.is(200);
    set(
        admin,
        &format!("customers/{to}"),
        "prune_window",
        {
            let until = (app.now() + jiff::SignedDuration::from_hours(1)).to_string();
            json!({ "until": until, "reason": "Full" })
        },
        false,
    )
    .await
    .is(200);
    let key = app.pass_key(Chain::id(customer)).await;
    let waits = json!({ "pass_key": key, "name": "oven" });
    assert_eq!(app.nobody().post("/devices/register", &waits).await.is(201)["status"], "pending_approval");
    admin.edit(&format!("/customers/{to}"), &json!({ "max_devices": 1 })).await.is(200);
    admin.post(&format!("/{customer}/move"), &json!({ "parent_id": to })).await.is(200);
    assert_eq!(held(admin, customer, "auto_authorise").await, off("Bakery"));
    assert_eq!(setting(admin, device, "prune_window").await["source"]["name"], "Another");
    // What is set below is found below its new place.
    let path = format!("/customers/{to}/settings/append_only?dry_run=true");
    let body = json!({ "value": true });
    let foreseen = admin.request(reqwest::Method::PUT, &path).json(&body).send().await.is(200);
    assert_eq!(foreseen["consequences"], json!({ "customers": 3, "devices": 1 }), "one has it already");
    app.finish().await;
}
