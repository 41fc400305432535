//! A customer's own account, switched on and off: by whom, with what, and what of it ends.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Answer, Client, with};

const PASSWORD: &str = "correct-horse-battery";

async fn put(client: &Client, customer: &str, body: &Value) -> Answer {
    client.request(Method::PUT, &format!("/customers/{customer}/web_access")).json(body).send().await
}

#[tokio::test]
async fn it_is_on_with_a_username_and_is_switched_off_and_on() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery",
        "password": PASSWORD });
    let made = app.admin().post("/customers", &body).await.is(201);
    assert_eq!(made["web_access"], true);
    let customer = id(&made);
    let machine = app.machine(&app.pass_key(&customer).await, "pc").await;
    machine.begin().await;
    let own = app.client("bakery", PASSWORD).await;
    let token = json!({ "name": "Script", "customer_id": customer, "permissions": ["read_customers"] });
    let token = own.post("/tokens", &token).await.is(201)["token"].as_str().unwrap().to_owned();
    let script = app.nobody().with_token(&token);
    script.get(&format!("/customers/{customer}")).await.is(200);
    let jo = app.person(&customer, "administrator", "jo@bakery.example").await;
    let listed = with("/customers", &[("filter", "web_access == true")]);
    assert_eq!(app.admin().get(&listed).await.is(200)["total"], 1);

    let off = put(app.admin(), &customer, &json!({ "enabled": false })).await.is(200);
    assert_eq!((&off["web_access"], &off["username"]), (&json!(false), &json!("bakery")));
    own.get("/me").await.refused(401, "sign_in_required");
    script.get("/me").await.refused(401, "token_invalid");
    app.nobody().sign_in("bakery", PASSWORD).await.refused(401, "sign_in_failed");
    // People with accounts of their own stay, and so do backups.
    jo.get(&format!("/customers/{customer}")).await.is(200);
    machine.uploads(200).await;
    assert_eq!(app.admin().get(&listed).await.is(200)["total"], 0);
    // The name stays taken, and a link for a new password lets nobody in.
    let another = json!({ "parent_id": reseller, "company_name": "Other", "country": "DE", "username": "Bakery",
        "password": PASSWORD });
    app.admin().post("/customers", &another).await.invalid(&[("username", "username_taken")]);
    let again = put(app.admin(), &customer, &json!({ "enabled": false })).await.is(200);
    assert_eq!(again["version"], off["version"]);
    // What was switched off from above is not for its own people to switch on.
    let refused = put(&jo, &customer, &json!({ "enabled": true })).await;
    refused.refused(403, "forbidden");
    let allowed = async |client: &Client| {
        let row = client.get(&format!("/customers/{customer}")).await.is(200);
        let actions = row["actions"].as_array().unwrap().clone();
        actions.into_iter().find(|action| action["name"] == "set_web_access").unwrap()["allowed"].clone()
    };
    assert_eq!((allowed(&jo).await, allowed(app.admin()).await), (json!(false), json!(true)));

    let on = put(app.admin(), &customer, &json!({ "enabled": true, "username": "Bakery" })).await.is(200);
    assert_eq!((&on["web_access"], &on["username"]), (&json!(true), &json!("bakery")));
    app.nobody().sign_in("bakery", PASSWORD).await.is(201);
    script.get("/me").await.is(200);
    // With a password the former one is over, and with it what was signed in.
    let own = app.client("bakery", PASSWORD).await;
    let other = format!("{PASSWORD}-2");
    put(app.admin(), &customer, &json!({ "enabled": true, "password": other })).await.is(200);
    own.get("/me").await.refused(401, "sign_in_required");
    app.nobody().sign_in("bakery", PASSWORD).await.refused(401, "sign_in_failed");
    app.nobody().sign_in("bakery", &other).await.is(201);
    // What they switched off themselves they switch on themselves, unless somebody above says off, too.
    put(&jo, &customer, &json!({ "enabled": false })).await.is(200);
    put(&jo, &customer, &json!({ "enabled": true })).await.is(200);
    put(&jo, &customer, &json!({ "enabled": false })).await.is(200);
    put(app.admin(), &customer, &json!({ "enabled": false })).await.is(200);
    put(&jo, &customer, &json!({ "enabled": false })).await.is(200);
    put(&jo, &customer, &json!({ "enabled": true })).await.refused(403, "forbidden");
    // The same of one that has no username yet.
    let mill = app.customer(&reseller, "end_customer", "Mill").await;
    let bo = app.person(&mill, "administrator", "bo@mill.example").await;
    put(app.admin(), &mill, &json!({ "enabled": false })).await.is(200);
    let named = json!({ "enabled": true, "username": "mill", "password": PASSWORD });
    put(&bo, &mill, &named).await.refused(403, "forbidden");
    assert_eq!(put(app.admin(), &mill, &named).await.is(200)["web_access"], true);
    let log = app.admin().get(&format!("/customers/{customer}/changes")).await.is(200);
    let actions: Vec<&str> = log["items"].as_array().unwrap().iter().map(|c| c["action"].as_str().unwrap()).collect();
    assert_eq!(actions.iter().filter(|action| **action == "customer.web_access_set").count(), 6);
    app.finish().await;
}

#[tokio::test]
async fn a_customer_without_a_username_gets_one_with_a_password() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let shown = app.admin().get(&format!("/customers/{customer}")).await.is(200);
    assert_eq!(shown["web_access"], false);
    let none = json!({ "enabled": true });
    put(app.admin(), &customer, &none).await.invalid(&[("username", "required"), ("password", "required")]);
    let bad = json!({ "enabled": true, "username": "a b", "password": "short" });
    assert_eq!(put(app.admin(), &customer, &bad).await.status, 422);
    let named = json!({ "enabled": false, "username": "bakery", "password": PASSWORD });
    put(app.admin(), &customer, &named).await.invalid(&[("username", "invalid"), ("password", "invalid")]);
    assert_eq!(app.admin().get(&format!("/customers/{customer}")).await.is(200)["version"], shown["version"]);
    let given = json!({ "enabled": true, "username": "bakery", "password": PASSWORD });
    let on = put(app.admin(), &customer, &given).await.is(200);
    assert_eq!((&on["web_access"], &on["username"]), (&json!(true), &json!("bakery")));
    let own = app.client("bakery", PASSWORD).await;
    // It sees its own, and doesn't switch itself.
    assert_eq!(own.get("/customers").await.is(200)["total"], 1);
    put(&own, &customer, &json!({ "enabled": false })).await.refused(403, "forbidden");
    let other = json!({ "enabled": true, "username": "baker" });
    put(app.admin(), &customer, &other).await.refused(409, "username_fixed");
    let site = app.site(&customer, "hq").await;
    put(app.admin(), &site, &given).await.invalid(&[("enabled", "invalid")]);
    let stranger = app.reseller("Other").await;
    let stranger = app.person(&stranger, "administrator", "jo@other.example").await;
    put(&stranger, &customer, &json!({ "enabled": false })).await.refused(404, "not_found");
    app.finish().await;
}
