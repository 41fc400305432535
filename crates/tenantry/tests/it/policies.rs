//! Policies: lists of settings that are deployed to many customers.

use serde_json::{Value, json};

use crate::app::App;
use crate::bulk;
use crate::client::Client;

/// What holds at a customer, and whether it says so itself.
async fn held(client: &Client, customer: &str, name: &str) -> (Value, bool) {
    let effective = client.get(&format!("/customers/{customer}/effective")).await.is(200);
    let setting = effective["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == name).unwrap();
    (setting["value"].clone(), !setting["own"].is_null())
}

async fn set(client: &Client, customer: &str, name: &str, value: Value, locked: bool) {
    let path = format!("/customers/{customer}/settings/{name}");
    let body = json!({ "value": value, "locked": locked });
    client.request(reqwest::Method::PUT, &path).json(&body).send().await.is(200);
}

fn deploy(ids: &[&String], lists: &Value) -> Value {
    json!({ "noun": "customers", "action": "deploy_policy", "selection": { "ids": ids }, "input": { "lists": lists } })
}

#[tokio::test]
async fn lists_are_built_upon_at_many_and_brought_back_exactly() {
    let app = App::start().await;
    let admin = app.admin();
    let north = app.reseller("North").await;
    let [a, b, c, d] = ["A", "B", "C", "D"].map(|name| app.customer(&north, "end_customer", name));
    let (a, b, c, d) = (a.await, b.await, c.await, d.await);
    set(admin, &north, "exclusions", json!(["/proc"]), false).await;
    set(admin, &a, "exclusions", json!(["*.tmp"]), false).await;
    set(admin, &b, "exclusions", json!(["*.iso", "/proc"]), true).await;
    set(admin, &a, "retention", json!([{ "keep": "daily", "count": 7 }]), false).await;
    admin.edit(&format!("/customers/{c}"), &json!({ "kind": "self_managed" })).await.is(200);
    let lists = json!({
        "exclusions": { "mode": "append", "items": ["*.iso"] },
        "retention": { "mode": "append", "items": [{ "keep": "daily", "count": 14 }, { "keep": "weekly", "count": 4 }] },
    });
    let request = deploy(&[&a, &b, &c, &d], &lists);
    let mut told = request.clone();
    told["dry_run"] = json!(true);
    let told = admin.post("/bulk", &told).await.is(200);
    assert_eq!(told["effects"], json!({ "customers": 3, "lists": 5 }), "{told:#}");
    assert_eq!(told["refused"][0]["code"], "not_for_kind");
    let details = told["rows"].to_string();
    assert!(details.contains("exclusions: *.tmp → *.tmp, *.iso"), "{details}");
    let done = bulk::run(admin, &request).await;
    assert_eq!((&done["counts"]["done"], &done["counts"]["refused"]), (&json!(3), &json!(1)), "{done:#}");
    let rules = json!([{ "keep": "daily", "count": 14 }, { "keep": "weekly", "count": 4 }]);
    assert_eq!(held(admin, &a, "exclusions").await, (json!(["*.tmp", "*.iso"]), true));
    assert_eq!(held(admin, &a, "retention").await, (rules.clone(), true));
    // It has it already, and stays locked; who has nothing of its own builds on what holds there.
    assert_eq!(held(admin, &b, "exclusions").await, (json!(["*.iso", "/proc"]), true));
    assert_eq!(held(admin, &d, "exclusions").await, (json!(["/proc", "*.iso"]), true));
    assert_eq!(held(admin, &c, "exclusions").await, (json!(["/proc"]), false));
    // The same again does nothing.
    let again = bulk::run(admin, &request).await;
    assert_eq!(again["counts"]["unchanged"], 3, "{again:#}");

    // One is changed by hand since, and stays; the others are as they were, to inherit again where they did.
    set(admin, &a, "exclusions", json!(["mine"]), false).await;
    let undone = bulk::act(admin, &done, "undo").await;
    let undone = bulk::over(admin, undone["id"].as_str().unwrap()).await;
    assert_eq!((&undone["counts"]["done"], &undone["counts"]["refused"]), (&json!(2), &json!(1)), "{undone:#}");
    assert_eq!(held(admin, &d, "exclusions").await, (json!(["/proc"]), false));
    assert_eq!(held(admin, &b, "retention").await, (json!([]), false));
    assert_eq!(held(admin, &a, "retention").await, (rules, true));

    let only = deploy(&[&a, &b], &json!({ "exclusions": { "mode": "delete", "items": ["/proc", "nowhere"] } }));
    let done = bulk::run(admin, &only).await;
    assert_eq!((&done["counts"]["done"], &done["counts"]["unchanged"]), (&json!(1), &json!(1)), "{done:#}");
    assert_eq!(held(admin, &b, "exclusions").await.0, json!(["*.iso"]));
    let over = deploy(&[&a, &d], &json!({ "exclusions": { "mode": "overwrite", "items": [] } }));
    bulk::run(admin, &over).await;
    assert_eq!(held(admin, &d, "exclusions").await, (json!([]), true));
    // What is locked above is in the way of what would change, and of nothing else.
    set(admin, &north, "exclusions", json!(["/proc"]), true).await;
    let locked = deploy(&[&c, &d], &json!({ "exclusions": { "mode": "append", "items": ["x"] } }));
    let done = bulk::run(admin, &locked).await;
    assert_eq!(done["counts"]["refused"], 2, "{done:#}");
    app.finish().await;
}

#[tokio::test]
async fn a_policy_that_makes_no_sense_is_refused_at_its_place() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let refuse = async |lists: Value, expected: &[(&str, &str)]| {
        app.admin().post("/bulk", &deploy(&[&customer], &lists)).await.invalid(expected);
    };
    refuse(json!({}), &[("input.lists", "required")]).await;
    refuse(
        json!({ "append_only": { "mode": "append", "items": [true] }, "exclusions": { "mode": "append", "items": [""] } }),
        &[("input.lists.append_only", "invalid"), ("input.lists.exclusions.items.0", "required")],
    )
    .await;
    let wrong = json!({ "retention": { "mode": "overwrite", "items": [{ "keep": "daily" }] } });
    refuse(wrong, &[("input.lists.retention.items.0.count", "required")]).await;
    app.finish().await;
}
