//! The provider's catalogue: products, plans, and terms that what was sold keeps.

use serde_json::{Value, json};

use crate::app::{App, id};

/// The one of a list with this name.
async fn named(app: &App, list: &str, name: &str) -> Value {
    let page = app.admin().get(list).await.is(200);
    let mut named = page["items"].as_array().unwrap().iter().filter(|row| row["name"] == name);
    named.next().unwrap_or_else(|| panic!("no {name} in {page:#}")).clone()
}

#[tokio::test]
async fn an_installation_begins_with_a_catalogue_and_keeps_what_is_made_of_it() {
    let mut app = App::start().await;
    let products = app.admin().get("/products").await.is(200);
    assert_eq!(products["total"], 5);
    let monthly = named(&app, "/products", "Monthly licence").await;
    assert_eq!((&monthly["unit"], &monthly["weights"]["server"]), (&json!("credit"), &json!(2)));
    let direct = named(&app, "/products", "Direct to cloud").await;
    assert_eq!(direct["usage_billed"], true);
    let storage = id(&named(&app, "/products", "Storage").await);
    let path = format!("/products/{storage}");
    let retired = app.admin().edit(&path, &json!({ "retired": true, "name": "Old storage" })).await.is(200);
    assert!(retired["retired_at"].is_string(), "{retired:#}");
    let plan = json!({ "name": "More storage", "product_id": storage });
    let refused = app.admin().post("/plans", &plan).await.is(422);
    assert_eq!(refused["errors"][0]["field"], "product_id");
    app.restart().await;
    assert_eq!(app.admin().get("/products").await.is(200)["total"], 5, "shipped once");
    assert_eq!(named(&app, "/products", "Old storage").await["retired_at"], retired["retired_at"]);
    let back = app.admin().edit(&path, &json!({ "retired": false })).await.is(200);
    assert_eq!(back["retired_at"], json!(null));
    app.admin().post("/plans", &plan).await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn terms_that_were_are_kept() {
    let app = App::start().await;
    let product = id(&named(&app, "/products", "Endpoint for servers").await);
    let body = json!({ "name": "Servers, three years", "product_id": product, "term_months": 36 });
    let made = app.admin().post("/plans", &body).await.is(201);
    assert_eq!(made["product_name"], "Endpoint for servers");
    let terms = &made["terms"];
    assert_eq!(
        (&terms["revision"], &terms["term_months"], &terms["auto_renew"], &terms["expiry_notice_days"]),
        (&json!(1), &json!(36), &json!(false), &json!(60))
    );
    let path = format!("/plans/{}", id(&made));
    let renamed = app.admin().edit(&path, &json!({ "name": "Servers, long" })).await.is(200);
    assert_eq!(renamed["terms"]["revision"], 1, "a name is no term");
    let shorter = app.admin().edit(&path, &json!({ "term_months": 24, "auto_renew": true })).await.is(200);
    assert_eq!((&shorter["terms"]["revision"], &shorter["terms"]["term_months"]), (&json!(2), &json!(24)));
    assert_eq!(shorter["former_terms"][0]["term_months"], 36);
    let same = app.admin().edit(&path, &json!({ "term_months": 24 })).await.is(200);
    assert_eq!(same["version"], shorter["version"], "the same again is no change");
    let in_days = app.admin().edit(&path, &json!({ "term_months": null, "term_days": 90 })).await.is(200);
    assert_eq!((&in_days["terms"]["term_days"], &in_days["terms"]["term_months"]), (&json!(90), &json!(null)));
    let changes = app.admin().get(&format!("/customers/{}/changes", app.provider().await)).await.is(200);
    assert_eq!(
        (&changes["items"][0]["action"], &changes["items"][0]["before"]["term_months"]),
        (&json!("plan.updated"), &json!(24))
    );
    app.admin().patch(&path, &json!(1), &json!({ "name": "Late" })).await.is(412);
    app.finish().await;
}

#[tokio::test]
async fn bad_input_is_named_and_the_catalogue_is_the_providers() {
    let app = App::start().await;
    let product = id(&named(&app, "/products", "Storage").await);
    for (path, body, field, code) in [
        ("/products", json!({ "name": " ", "unit": "seat" }), "name", "required"),
        ("/products", json!({ "name": "STORAGE", "unit": "seat" }), "name", "name_taken"),
        ("/products", json!({ "name": "A", "unit": "hour" }), "unit", "invalid"),
        ("/products", json!({ "name": "A" }), "unit", "required"),
        ("/products", json!({ "name": "A", "unit": "seat", "weights": { "server": 2 } }), "weights", "invalid"),
        (
            "/products",
            json!({ "name": "A", "unit": "credit", "weights": { "server": 0 } }),
            "weights.server",
            "out_of_range",
        ),
        ("/products", json!({ "name": "A", "unit": "credit", "usage_billed": true }), "usage_billed", "invalid"),
        ("/plans", json!({ "name": "storage, YEARLY", "product_id": product }), "name", "name_taken"),
        ("/plans", json!({ "name": "B", "product_id": "prd_0" }), "product_id", "reference_not_found"),
        ("/plans", json!({ "name": "B", "product_id": product, "term_months": 0 }), "term_months", "out_of_range"),
        (
            "/plans",
            json!({ "name": "B", "product_id": product, "term_months": 1, "term_days": 1 }),
            "term_days",
            "invalid",
        ),
        ("/plans", json!({ "name": "B", "product_id": product, "edition": "trial" }), "term_days", "required"),
        ("/plans", json!({ "name": "B", "product_id": product, "auto_renew": true }), "auto_renew", "invalid"),
        (
            "/plans",
            json!({ "name": "B", "product_id": product, "expiry_notice_days": 366 }),
            "expiry_notice_days",
            "out_of_range",
        ),
    ] {
        let answer = app.admin().post(path, &body).await.is(422);
        assert_eq!(
            (&answer["errors"][0]["field"], &answer["errors"][0]["code"]),
            (&json!(field), &json!(code)),
            "{body}"
        );
    }
    let reseller = app.reseller("Northwind IT").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let seen = boss.get(&format!("/products/{product}")).await.is(200);
    assert_eq!((&seen["actions"][0]["name"], &seen["actions"][0]["allowed"]), (&json!("edit"), &json!(false)));
    boss.post("/products", &json!({ "name": "Mine", "unit": "seat" })).await.is(403);
    boss.edit(&format!("/products/{product}"), &json!({ "name": "Mine" })).await.is(403);
    app.finish().await;
}
