//! Pass keys: shown once, limited as wanted, replaced and revoked.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::with;

/// The only pass key of a customer, as it is listed.
async fn listed(app: &App, customer: &str) -> Value {
    let page = app.admin().get(&format!("/customers/{customer}/pass_keys")).await.is(200);
    assert_eq!(page["total"], 1);
    page["items"][0].clone()
}

fn action<'a>(key: &'a Value, name: &str) -> &'a Value {
    key["actions"].as_array().unwrap().iter().find(|action| action["name"] == name).unwrap()
}

#[tokio::test]
async fn the_secret_is_shown_once_and_listed_by_its_prefix() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let made = app.admin().post(&format!("/customers/{customer}/pass_keys"), &json!({})).await.is(201);
    let secret = made["pass_key"].as_str().unwrap();
    let prefix = made["prefix"].as_str().unwrap();
    // 160 bits in base 32, after a word that says what it is.
    assert!(secret.starts_with(prefix) && secret.len() == 36 && prefix.len() < 12, "{secret} {prefix}");
    let other = app.pass_key(&app.end_customer("Mill").await).await;
    assert_ne!(secret, other);
    let key = listed(&app, &customer).await;
    assert!(!key.to_string().contains(secret));
    assert_eq!((&key["prefix"], &key["state"], &key["uses"]), (&json!(prefix), &json!("active"), &json!(0)));
    assert_eq!((&key["max_uses"], &key["expires_at"], &key["site_id"]), (&Value::Null, &Value::Null, &Value::Null));
    app.machine(secret, "till").await;
    app.machine(&format!("  {secret}\n"), "laptop").await;
    assert_eq!(listed(&app, &customer).await["uses"], 2);
    let log = app.admin().get(&format!("/customers/{customer}/changes?limit=500")).await.is(200);
    assert!(!log.to_string().contains(&secret[prefix.len()..]));
    app.finish().await;
}

#[tokio::test]
async fn a_key_expires_and_is_used_up() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let path = format!("/customers/{customer}/pass_keys");
    let make = async |body: Value| app.admin().post(&path, &body).await;
    let at = |hours: i64| (app.now() + jiff::SignedDuration::from_hours(hours)).to_string();
    make(json!({ "expires_at": at(-1), "max_uses": 0 }))
        .await
        .invalid(&[("expires_at", "out_of_range"), ("max_uses", "out_of_range")]);
    make(json!({ "expires_at": "tomorrow" })).await.invalid(&[("expires_at", "invalid")]);
    make(json!({ "max_uses": 100_001 })).await.invalid(&[("max_uses", "out_of_range")]);
    let key = make(json!({ "expires_at": at(2), "max_uses": 2 })).await.is(201);
    let rotate = format!("/pass_keys/{}/rotate", id(&key));
    let register = async |name: &str| {
        let body = json!({ "pass_key": key["pass_key"], "name": name });
        app.nobody().post("/devices/register", &body).await
    };
    register("one").await.is(201);
    assert_eq!(listed(&app, &customer).await["state"], "active");
    register("two").await.is(201);
    register("three").await.refused(403, "pass_key_used_up");
    let key = listed(&app, &customer).await;
    assert_eq!((&key["state"], &key["uses"]), (&json!("used_up"), &json!(2)));
    assert_eq!(action(&key, "rotate")["allowed"], true);
    app.advance(Duration::from_hours(2));
    register("three").await.refused(403, "pass_key_expired");
    let key = listed(&app, &customer).await;
    assert_eq!((&key["state"], &action(&key, "rotate")["code"]), (&json!("expired"), &json!("pass_key_not_active")));
    app.admin().act(&rotate).await.refused(409, "pass_key_not_active");
    app.finish().await;
}

#[tokio::test]
async fn rotating_puts_a_new_secret_in_place_and_revoking_ends_it() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let made = app.admin().post(&format!("/customers/{customer}/pass_keys"), &json!({ "max_uses": 1 })).await.is(201);
    let register = async |secret: &Value| {
        app.nobody().post("/devices/register", &json!({ "pass_key": secret, "name": "till" })).await
    };
    register(&made["pass_key"]).await.is(201);
    let path = format!("/pass_keys/{}", id(&made));
    let rotated = app.admin().act(&format!("{path}/rotate")).await.is(200);
    assert_eq!((&rotated["id"], &rotated["max_uses"]), (&made["id"], &json!(1)));
    assert_ne!(rotated["pass_key"], made["pass_key"]);
    register(&made["pass_key"]).await.refused(403, "pass_key_unknown");
    assert_eq!(listed(&app, &customer).await["uses"], 0, "the limit counts anew");
    let machine = crate::machine::Machine::new(&register(&rotated["pass_key"]).await.is(201));

    app.admin().delete(&path).await.is(204);
    app.admin().delete(&path).await.is(204);
    register(&rotated["pass_key"]).await.refused(403, "pass_key_revoked");
    let key = listed(&app, &customer).await;
    assert_eq!((&key["state"], &action(&key, "revoke")["allowed"]), (&json!("revoked"), &json!(false)));
    app.admin().act(&format!("{path}/rotate")).await.refused(409, "pass_key_not_active");
    // Devices that registered with it go on.
    machine.begin().await;
    app.finish().await;
}

#[tokio::test]
async fn a_key_may_be_for_one_site() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let (hq, mill) = (app.site(&customer, "hq").await, app.site(&customer, "Mill").await);
    let stranger = app.site(&app.end_customer("Other").await, "hq").await;
    let make = async |at: &str, body: Value| app.admin().post(&format!("/customers/{at}/pass_keys"), &body).await;
    let by_site = make(&hq, json!({})).await.is(201);
    let by_customer = make(&customer, json!({ "site_id": hq })).await.is(201);
    for wrong in [&stranger, &customer, &"cus_unknown".to_owned()] {
        make(&customer, json!({ "site_id": wrong })).await.invalid(&[("site_id", "reference_not_found")]);
    }
    make(&hq, json!({ "site_id": mill })).await.invalid(&[("site_id", "reference_not_found")]);
    let reseller = app.id_of("Reseller of Bakery").await;
    make(&reseller, json!({})).await.invalid(&[("id", "parent_level_not_allowed")]);
    for key in [by_site, by_customer] {
        let register = async |site: Option<&str>| {
            let mut body = json!({ "pass_key": key["pass_key"], "name": "till" });
            if let Some(site) = site {
                body["site"] = json!(site);
            }
            app.nobody().post("/devices/register", &body).await
        };
        for site in [None, Some("HQ")] {
            let device = register(site).await.is(201)["device_id"].as_str().unwrap().to_owned();
            assert_eq!(app.admin().get(&format!("/devices/{device}")).await.is(200)["customer_id"], json!(hq));
        }
        // A key that was made for one site opens no other.
        register(Some("mill")).await.invalid(&[("site", "reference_not_found")]);
    }
    // Narrowed to a site, or searched by how they begin.
    let keys = format!("/customers/{customer}/pass_keys");
    for (parameter, value, total) in
        [("under", hq.as_str(), 2), ("under", mill.as_str(), 0), ("q", "TPK_", 2), ("q", "tpk%", 0)]
    {
        assert_eq!(app.admin().get(&with(&keys, &[(parameter, value)])).await.is(200)["total"], total, "{value}");
    }
    app.admin().get(&with(&keys, &[("under", &reseller)])).await.refused(404, "not_found");
    // Both are listed at the site and at its customer, none elsewhere.
    for (node, total) in [(&hq, 2), (&customer, 2), (&mill, 0), (&stranger, 0)] {
        assert_eq!(app.admin().get(&format!("/customers/{node}/pass_keys")).await.is(200)["total"], total);
    }
    app.finish().await;
}

#[tokio::test]
async fn the_customers_own_account_makes_and_revokes_its_keys() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let account = json!({ "username": "bakery", "password": PASSWORD });
    app.admin().edit(&format!("/customers/{customer}"), &account).await.is(200);
    let own = app.client("bakery", PASSWORD).await;
    let made = own.post(&format!("/customers/{customer}/pass_keys"), &json!({})).await.is(201);
    own.act(&format!("/pass_keys/{}/rotate", id(&made))).await.is(200);
    own.delete(&format!("/pass_keys/{}", id(&made))).await.is(204);
    let log = own.get(&format!("/customers/{customer}/changes")).await.is(200);
    assert_eq!(log["items"][0]["action"], "pass_key.revoked");
    assert_eq!(log["items"][0]["actor"]["kind"], "customer");
    app.client(ADMIN, PASSWORD).await;
    app.finish().await;
}
