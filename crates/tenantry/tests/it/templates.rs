//! Templates: settings that are given to customers together, who differs, and the way back.

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::bulk;
use crate::client::{Answer, Client, with};

const SLOW: i64 = 1_250_000;

fn throttle(rate: i64) -> Value {
    json!({ "value": { "enabled": true, "bytes_per_second": rate } })
}

/// Appends only, slowly.
fn careful() -> Value {
    json!({ "append_only": { "value": true, "locked": true }, "throttle": throttle(SLOW) })
}

async fn make(client: &Client, customer: &str, name: &str, settings: Value) -> Value {
    let body = json!({ "name": name, "settings": settings });
    client.post(&format!("/customers/{customer}/templates"), &body).await.is(201)
}

async fn assign(client: &Client, customer: &str, template: &str) -> Answer {
    let body = json!({ "template_id": template });
    client.request(reqwest::Method::PUT, &format!("/customers/{customer}/template")).json(&body).send().await
}

async fn set(client: &Client, customer: &str, name: &str, body: &Value) -> Answer {
    client.request(reqwest::Method::PUT, &format!("/customers/{customer}/settings/{name}")).json(body).send().await
}

/// Template and state of a customer.
async fn has(client: &Client, customer: &str) -> (Value, Value) {
    let row = client.get(&format!("/customers/{customer}")).await.is(200);
    (row["template"]["name"].clone(), row["template"]["state"].clone())
}

/// What a customer sets itself of a setting.
async fn own(client: &Client, customer: &str, name: &str) -> Value {
    let effective = client.get(&format!("/customers/{customer}/effective")).await.is(200);
    let settings = effective["settings"].as_array().unwrap().clone();
    settings.into_iter().find(|setting| setting["name"] == name).unwrap()["own"].clone()
}

async fn names(client: &Client, filter: &str) -> Vec<String> {
    let rows = client.all(&with("/customers", &[("filter", filter)])).await;
    rows.iter().map(|row| row["company_name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_customer_gets_what_a_template_sets_and_differs_when_either_changes() {
    let app = App::start().await;
    let admin = app.admin();
    let north = app.reseller("North").await;
    let bakery = app.customer(&north, "end_customer", "Bakery").await;
    let template = make(admin, &north, "Careful", careful()).await;
    let id = id(&template);
    assert_eq!((&template["revision"], &template["assigned"]), (&json!(1), &json!(0)));

    let before = admin.get(&format!("/customers/{bakery}")).await.is(200);
    let given = assign(admin, &bakery, &id).await.is(200);
    assert_eq!(given["template"], json!({ "id": id, "name": "Careful", "state": "same" }));
    assert!(given["version"].as_i64() > before["version"].as_i64());
    assert_eq!(own(admin, &bakery, "append_only").await["locked"], true);
    assert_eq!(own(admin, &bakery, "throttle").await["value"]["bytes_per_second"], SLOW);
    // The same again changes nothing.
    assert_eq!(assign(admin, &bakery, &id).await.is(200)["version"], given["version"]);

    // The customer changes: it differs, is found by that, and comes back with one step.
    set(admin, &bakery, "throttle", &throttle(9_000_000)).await.is(200);
    assert_eq!(has(admin, &bakery).await.1, "differs");
    assert_eq!(names(admin, "template.state == differs").await, ["Bakery"]);
    assert_eq!(names(admin, "template.name ~ \"care\" and template.state == same").await, Vec::<String>::new());
    let task = json!({ "noun": "customers", "action": "restore_template", "selection": { "filter": "template.state == differs" } });
    let mut told = task.clone();
    told["dry_run"] = json!(true);
    let told = admin.post("/bulk", &told).await.is(200);
    assert_eq!((&told["allowed"], &told["effects"]["settings"]), (&json!(1), &json!(1)));
    let detail = told["rows"][0]["detail"].as_str().unwrap();
    assert!(detail.contains("Careful") && detail.contains("throttle"), "{detail}");
    let done = bulk::run(admin, &task).await;
    assert_eq!(done["counts"]["done"], 1, "{done:#}");
    assert_eq!(has(admin, &bakery).await, (json!("Careful"), json!("same")));
    // Setting it back by hand is the same.
    set(admin, &bakery, "throttle", &throttle(9_000_000)).await.is(200);
    set(admin, &bakery, "throttle", &throttle(SLOW)).await.is(200);
    assert_eq!(has(admin, &bakery).await.1, "same");

    // The template changes: who has it keeps what it sets, and differs.
    let path = format!("/templates/{id}");
    let changed = admin.edit(&path, &json!({ "settings": { "append_only": { "value": true } } })).await.is(200);
    assert_eq!((&changed["revision"], &changed["assigned"], &changed["differing"]), (&json!(2), &json!(1), &json!(1)));
    assert_eq!(changed["former"][0]["settings"]["throttle"]["value"]["bytes_per_second"], SLOW);
    assert_eq!(own(admin, &bakery, "append_only").await["locked"], true);
    assert_eq!(has(admin, &bakery).await.1, "differs");
    assign(admin, &bakery, &id).await.is(200);
    assert_eq!(own(admin, &bakery, "append_only").await["locked"], false);
    // A new name alone is no other revision.
    let renamed = admin.edit(&path, &json!({ "name": "Cautious" })).await.is(200);
    assert_eq!((&renamed["revision"], &renamed["differing"]), (&json!(2), &json!(0)));
    assert_eq!(has(admin, &bakery).await, (json!("Cautious"), json!("same")));

    // Without it, what was set stays.
    admin.delete(&format!("/customers/{bakery}/template")).await.is(200);
    assert_eq!(has(admin, &bakery).await.0, Value::Null);
    assert_eq!(own(admin, &bakery, "append_only").await["value"], true);
    assign(admin, &bakery, &id).await.is(200);
    admin.delete(&path).await.is(204);
    assert_eq!(has(admin, &bakery).await.0, Value::Null);
    assert_eq!(own(admin, &bakery, "append_only").await["value"], true);
    let log = admin.get(&format!("/customers/{bakery}/changes?limit=50")).await.is(200).to_string();
    assert!(log.contains("customer.template_assigned"), "{log}");
    assert!(!log.contains("Cautious") && !log.contains(&id), "it isn't offered to those who read this: {log}");
    app.finish().await;
}

#[tokio::test]
async fn what_a_customer_sets_becomes_a_template_and_new_customers_begin_with_it() {
    let app = App::start().await;
    let admin = app.admin();
    let north = app.reseller("North").await;
    let model = app.customer(&north, "end_customer", "Model").await;
    set(admin, &model, "append_only", &json!({ "value": true, "locked": true })).await.is(200);
    let until = app.now().checked_add(jiff::SignedDuration::from_hours(2)).unwrap().to_string();
    let window = json!({ "value": { "until": until, "reason": "Tidying" } });
    set(admin, &model, "prune_window", &window).await.is(200);
    let body = json!({ "name": "As Model", "from_customer_id": model, "settings": { "throttle": throttle(SLOW) } });
    let template = admin.post(&format!("/customers/{north}/templates"), &body).await.is(201);
    let mut sets: Vec<&String> = template["settings"].as_object().unwrap().keys().collect();
    sets.sort();
    assert_eq!(sets, ["append_only", "throttle"]);
    let body = json!({ "parent_id": north, "company_name": "New", "country": "DE", "template_id": template["id"] });
    let made = admin.post("/customers", &body).await.is(201);
    assert_eq!(made["template"]["state"], "same");
    assert_eq!(own(admin, made["id"].as_str().unwrap(), "append_only").await["locked"], true);

    // A plan comes with one of the provider's own; not where its product has none.
    let provider = app.provider().await;
    let ours = make(admin, &provider, "Standard", careful()).await;
    let product = async |name: &str, has: bool| {
        let body = json!({ "name": name, "unit": "seat", "has_templates": has });
        id(&admin.post("/products", &body).await.is(201))
    };
    let (with_templates, without) = (product("Guard", true).await, product("Plain", false).await);
    let plan = |product: &str, template: &Value| json!({ "name": format!("Of {product}"), "product_id": product, "template_id": template });
    let refused = admin.post("/plans", &plan(&without, &ours["id"])).await;
    assert!(refused.body.to_string().contains("Plain has no templates."), "{:#}", refused.body);
    refused.invalid(&[("template_id", "product_without_templates")]);
    admin
        .post("/plans", &plan(&with_templates, &template["id"]))
        .await
        .invalid(&[("template_id", "reference_not_found")]);
    let plan = admin.post("/plans", &plan(&with_templates, &ours["id"])).await.is(201);
    let (manager, path) = (app.person(&north, "manager", "mel@example.com").await, format!("/templates/{}", id(&ours)));
    let new = async |name: &str, more: Value| {
        let body = json!({ "parent_id": north, "company_name": name, "country": "DE", "plan_id": plan["id"] });
        manager.post("/customers", &crate::client::merged(&body, &more)).await
    };
    // What the provider doesn't offer isn't named to those below, and holds.
    let made = new("Planned", json!({})).await.is(201);
    assert_eq!(made["template"], Value::Null);
    assert_eq!(own(&manager, made["id"].as_str().unwrap(), "append_only").await["value"], true);
    assert_eq!(has(admin, made["id"].as_str().unwrap()).await, (json!("Standard"), json!("same")));
    admin.edit(&path, &json!({ "offered": true })).await.is(200);
    assert_eq!(has(&manager, made["id"].as_str().unwrap()).await, (json!("Standard"), json!("same")));
    // Another one is chosen; who manages itself has none.
    let made = new("Chosen", json!({ "template_id": template["id"] })).await.is(201);
    assert_eq!(made["template"]["name"], "As Model");
    new("Own", json!({ "template_id": template["id"], "kind": "self_managed" }))
        .await
        .invalid(&[("template_id", "not_for_kind")]);
    let made = new("Own", json!({ "kind": "self_managed" })).await.is(201);
    assert_eq!(has(admin, made["id"].as_str().unwrap()).await.0, Value::Null);
    // What is locked above stands in the way of a template that is chosen, and is left out of one that comes along.
    set(admin, &north, "append_only", &json!({ "value": false, "locked": true })).await.is(200);
    new("Locked", json!({ "template_id": template["id"] })).await.invalid(&[("template_id", "setting_locked")]);
    let made = new("Locked", json!({})).await.is(201);
    assert_eq!(has(&manager, made["id"].as_str().unwrap()).await, (json!("Standard"), json!("differs")));
    assert_eq!(own(&manager, made["id"].as_str().unwrap(), "throttle").await["value"]["bytes_per_second"], SLOW);
    admin.delete(&path).await.refused(409, "template_in_use");
    admin.edit(&format!("/plans/{}", id(&plan)), &json!({ "template_id": null })).await.is(200);
    admin.delete(&path).await.is(204);
    app.finish().await;
}

#[tokio::test]
async fn many_get_a_template_each_refusal_says_why_and_it_is_taken_back() {
    let app = App::start().await;
    let admin = app.admin();
    let (north, south) = (app.reseller("North").await, app.reseller("South").await);
    let [a, b, c, d] = ["A", "B", "C", "D"].map(|name| app.customer(&north, "end_customer", name));
    let (a, b, c, d) = (a.await, b.await, c.await, d.await);
    let stranger = app.customer(&south, "end_customer", "Stranger").await;
    admin.edit(&format!("/customers/{b}"), &json!({ "kind": "self_managed" })).await.is(200);
    let former = make(admin, &north, "Former", json!({ "throttle": throttle(77_000) })).await;
    assign(admin, &c, &id(&former)).await.is(200);
    let template = make(admin, &north, "Careful", careful()).await;
    assign(admin, &d, &id(&template)).await.is(200);
    let request = json!({ "noun": "customers", "action": "assign_template", "selection": { "ids": [a, b, c, d, stranger] },
        "input": { "template_id": template["id"] } });
    let mut told = request.clone();
    told["dry_run"] = json!(true);
    let told = admin.post("/bulk", &told).await.is(200);
    let outcomes: Vec<&str> =
        told["rows"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect();
    assert_eq!(outcomes, ["refused", "refused", "done", "done", "unchanged"], "{told:#}");
    assert_eq!(told["effects"], json!({ "customers": 2, "settings": 4 }));
    let mut unsaid = request.clone();
    unsaid["input"] = json!({});
    admin.post("/bulk", &unsaid).await.invalid(&[("input.template_id", "required")]);
    let done = bulk::run(admin, &request).await;
    let rows = admin.all(&format!("/tasks/{}/results?limit=100", id(&done))).await;
    let of = |id: &str| rows.iter().find(|row| row["subject_id"] == id).unwrap();
    assert_eq!((&of(&b)["code"], &of(&stranger)["outcome"]), (&json!("not_for_kind"), &json!("refused")));
    for customer in [&a, &c, &d] {
        assert_eq!(has(admin, customer).await, (json!("Careful"), json!("same")));
    }
    // One is changed since, and stays as it is; the other is as it was.
    set(admin, &a, "throttle", &throttle(1_000_000)).await.is(200);
    let undone = bulk::act(admin, &done, "undo").await;
    let undone = bulk::over(admin, undone["id"].as_str().unwrap()).await;
    assert_eq!((&undone["counts"]["done"], &undone["counts"]["refused"]), (&json!(1), &json!(1)), "{undone:#}");
    assert_eq!(has(admin, &c).await, (json!("Former"), json!("same")));
    assert_eq!(own(admin, &c, "throttle").await["value"]["bytes_per_second"], 77_000);
    assert_eq!(own(admin, &c, "append_only").await, Value::Null);
    assert_eq!(has(admin, &a).await, (json!("Careful"), json!("differs")));

    // What was taken from many comes back without a template that is gone meanwhile; what was set stays as it was.
    let none = json!({ "noun": "customers", "action": "assign_template", "selection": { "ids": [c, d] },
        "input": { "template_id": null } });
    let done = bulk::run(admin, &none).await;
    assert_eq!(done["counts"]["done"], 2, "{done:#}");
    admin.delete(&format!("/templates/{}", id(&former))).await.is(204);
    let undone = bulk::act(admin, &done, "undo").await;
    let undone = bulk::over(admin, undone["id"].as_str().unwrap()).await;
    assert_eq!(undone["counts"]["done"], 2, "{undone:#}");
    assert_eq!(has(admin, &c).await.0, Value::Null);
    assert_eq!(has(admin, &d).await.0, "Careful");
    // Who manages itself from now on has none.
    admin.edit(&format!("/customers/{d}"), &json!({ "kind": "self_managed" })).await.is(200);
    assert_eq!(has(admin, &d).await.0, Value::Null);
    app.finish().await;
}

#[tokio::test]
async fn templates_are_of_those_who_stand_above_and_nobody_elses() {
    let app = App::start().await;
    let admin = app.admin();
    let (north, south) = (app.reseller("North").await, app.reseller("South").await);
    let bakery = app.customer(&north, "end_customer", "Bakery").await;
    let elsewhere = app.customer(&south, "end_customer", "Elsewhere").await;
    let template = make(admin, &north, "Careful", careful()).await;
    let path = format!("/templates/{}", id(&template));
    let (boss, own_people) = (
        app.person(&south, "administrator", "sam@example.com").await,
        app.person(&bakery, "administrator", "ben@example.com").await,
    );

    boss.get(&path).await.is(404);
    assign(&boss, &elsewhere, &id(&template)).await.invalid(&[("template_id", "reference_not_found")]);
    assign(admin, &elsewhere, &id(&template)).await.invalid(&[("template_id", "invalid")]);
    let body = json!({ "name": "Theirs", "from_customer_id": bakery });
    boss.post(&format!("/customers/{south}/templates"), &body)
        .await
        .invalid(&[("from_customer_id", "reference_not_found")]);
    // The customer's own people see what is set, but not the template, unless it is offered to them.
    assign(admin, &bakery, &id(&template)).await.is(200);
    assert_eq!(has(&own_people, &bakery).await.0, Value::Null);
    assert_eq!(names(&own_people, "template.state == same").await, Vec::<String>::new());
    assert_eq!(names(&own_people, "exists(template.id) or exists(template.name)").await, Vec::<String>::new());
    let there = own_people.get(&format!("/customers/{bakery}/templates")).await.is(200);
    assert_eq!(there["items"], json!([]));
    admin.edit(&path, &json!({ "offered": true })).await.is(200);
    let there = own_people.get(&format!("/customers/{bakery}/templates")).await.is(200);
    let offered = &there["items"][0];
    assert_eq!(
        (&offered["name"], &offered["customer_name"], &offered["assigned"]),
        (&json!("Careful"), &json!(null), &json!(1))
    );
    assert_eq!(offered["customer_id"], Value::Null);
    assert!(offered["actions"].as_array().unwrap().iter().all(|action| action["allowed"] == false));
    assert_eq!(names(&own_people, "template.state == same").await, ["Bakery"]);

    // Who moves away from below it has it no more, and keeps what it sets.
    admin.post(&format!("/customers/{bakery}/move"), &json!({ "parent_id": south })).await.is(200);
    assert_eq!(has(admin, &bakery).await.0, Value::Null);
    assert_eq!(own(admin, &bakery, "append_only").await["value"], true);
    assert_eq!(admin.get(&path).await.is(200)["assigned"], 0);
    // A reseller that goes takes its templates along.
    app.remove(&north).await;
    app.advance(std::time::Duration::from_hours(24 * 31));
    app.settle().await;
    app.sign_in_again().await;
    app.admin().get(&path).await.is(404);
    app.finish().await;
}

#[tokio::test]
async fn only_what_makes_sense_is_a_template() {
    let app = App::start().await;
    let admin = app.admin();
    let north = app.reseller("North").await;
    let path = format!("/customers/{north}/templates");
    let refuse = async |body: Value, expected: &[(&str, &str)]| admin.post(&path, &body).await.invalid(expected);
    refuse(json!({ "name": " ", "settings": careful() }), &[("name", "required")]).await;
    refuse(json!({ "name": "X" }), &[("settings", "required")]).await;
    let global = json!({ "global_status_report": { "value": { "enabled": true } } });
    let field = "settings.global_status_report";
    refuse(json!({ "name": "X", "settings": global }), &[(field, "setting_not_applicable")]).await;
    refuse(json!({ "name": "X", "settings": { "no_such": { "value": 1 } } }), &[("settings.no_such", "invalid")]).await;
    let until = app.now().checked_add(jiff::SignedDuration::from_hours(2)).unwrap().to_string();
    let wrong = json!({
        "append_only": { "value": "yes" },
        "throttle": { "value": { "enabled": true, "bytes_per_second": -1 } },
        "prune_window": { "value": { "until": until, "reason": "Tidying" } },
    });
    refuse(
        json!({ "name": "X", "settings": wrong }),
        &[
            ("settings.append_only.value", "invalid"),
            ("settings.prune_window", "setting_not_applicable"),
            ("settings.throttle.value.bytes_per_second", "invalid"),
        ],
    )
    .await;
    make(admin, &north, "Careful", careful()).await;
    refuse(json!({ "name": "CAREFUL", "settings": careful() }), &[("name", "name_taken")]).await;
    // Of a site that has no people: nothing of it is set.
    let bakery = app.customer(&north, "end_customer", "Bakery").await;
    let site = app.site(&bakery, "mill").await;
    let both = json!({ "append_only": { "value": true }, "two_factor": { "value": "required" } });
    let template = make(admin, &north, "People", both).await;
    assign(admin, &site, &id(&template)).await.refused(422, "setting_not_applicable");
    assert_eq!(own(admin, &site, "append_only").await, Value::Null);
    app.finish().await;
}
