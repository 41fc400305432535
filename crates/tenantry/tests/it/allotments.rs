//! Space, pools and limits of a whole subtree: told together, and changed together or not at all.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Answer, Client};

const GB: i64 = 1_000_000_000;

async fn rows(client: &Client, customer: &str) -> Value {
    client.get(&format!("/customers/{customer}/allotments")).await.is(200)
}

fn row<'v>(list: &'v Value, name: &str) -> &'v Value {
    list["items"].as_array().unwrap().iter().find(|row| row["name"] == name).unwrap()
}

async fn set(client: &Client, changes: &Value) -> Answer {
    client.post("/allotments", &json!({ "changes": changes })).await
}

/// Field and code of each change that was refused.
fn refused(answer: &Answer) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let errors = answer.body["errors"].as_array().unwrap();
    errors.iter().map(|error| (text(&error["field"]), text(&error["code"]))).collect()
}

#[tokio::test]
async fn many_numbers_change_together_or_not_at_all() {
    let app = App::start().await;
    let admin = app.admin();
    let seats = id(&admin.post("/products", &json!({ "name": "Mail guard", "unit": "seat" })).await.is(201));
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let dairy = app.customer(&reseller, "end_customer", "Dairy").await;
    let hq = app.site(&bakery, "hq").await;
    let till = app.machine(&app.pass_key(&bakery).await, "till").await;
    let list = rows(admin, &reseller).await;
    let order: Vec<(&str, i64)> = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["name"].as_str().unwrap(), row["depth"].as_i64().unwrap()))
        .collect();
    assert_eq!(order, [("Northwind IT", 0), ("Bakery", 1), ("till", 2), ("hq", 2), ("Dairy", 1)]);
    assert_eq!(list["total"], 5);
    let window = admin.get(&format!("/customers/{reseller}/allotments?offset=2&limit=2")).await.is(200);
    assert_eq!(window["items"].as_array().unwrap().len(), 2);
    assert_eq!(window["items"][0]["name"], "till");

    let all = json!([
        { "customer_id": bakery, "allotted_bytes": 60 * GB, "max_devices": 3, "pools": [{ "product_id": seats, "quantity": 8 }] },
        { "device_id": till.id, "allotted_bytes": 10 * GB },
        { "customer_id": reseller, "allotted_bytes": 100 * GB, "pools": [{ "product_id": seats, "quantity": 20 }] },
        { "customer_id": dairy, "allotted_bytes": 40 * GB },
    ]);
    assert_eq!(set(admin, &all).await.is(200)["changed"], 7);
    let list = rows(admin, &reseller).await;
    let of = |name: &str| {
        let space = &row(&list, name)["space"];
        (space["allotted_bytes"].clone(), space["handed_bytes"].clone(), space["free_bytes"].clone())
    };
    assert_eq!(of("Northwind IT"), (json!(100 * GB), json!(100 * GB), json!(0)));
    assert_eq!(of("Bakery"), (json!(60 * GB), json!(10 * GB), json!(50 * GB)));
    assert_eq!((&row(&list, "Bakery")["max_devices"], &row(&list, "Bakery")["devices"]), (&json!(3), &json!(1)));
    let at = list["products"].as_array().unwrap().iter().position(|product| product["id"] == seats).unwrap();
    assert_eq!(row(&list, "Bakery")["pools"][at]["quantity"], 8);
    let device = &row(&list, "till")["device"];
    assert_eq!((device["status"].as_str(), device["jobs"].as_array().map(Vec::len)), (Some("authorised"), Some(0)));

    // What one gives up another takes, whichever comes first.
    let swap = json!([
        { "customer_id": dairy, "allotted_bytes": 80 * GB },
        { "customer_id": bakery, "allotted_bytes": 20 * GB },
    ]);
    set(admin, &swap).await.is(200);
    // Everything that is refused is named, and nothing is done of what would have been right.
    let version = row(&rows(admin, &reseller).await, "Dairy")["version"].clone();
    let wrong = json!([
        { "customer_id": dairy, "allotted_bytes": 90 * GB, "version": version },
        { "customer_id": bakery, "allotted_bytes": 5 * GB, "max_devices": 9 },
        { "customer_id": hq, "pools": [{ "product_id": seats, "quantity": 1 }] },
        { "customer_id": reseller, "pools": [{ "product_id": seats, "quantity": 7 }] },
        { "device_id": till.id, "max_devices": 4 },
    ]);
    let answer = set(admin, &wrong).await;
    let expected = [
        ("changes.0.allotted_bytes", "allotment_exceeded"),
        ("changes.1.allotted_bytes", "below_committed"),
        ("changes.2.pools.0.quantity", "level_not_allowed"),
        ("changes.3.pools.0.quantity", "below_committed"),
        ("changes.4.max_devices", "invalid"),
    ];
    assert_eq!(refused(&answer), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    answer.refused(409, "changes_refused");
    let list = rows(admin, &reseller).await;
    assert_eq!(row(&list, "Bakery")["max_devices"], 3);
    assert_eq!(row(&list, "Dairy")["space"]["allotted_bytes"], 80 * GB);

    // What isn't there, or isn't the caller's, and what was changed meanwhile.
    let other = app.reseller("Southwind IT").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let theirs = json!([
        { "customer_id": other, "allotted_bytes": 1 },
        { "customer_id": bakery, "allotted_bytes": GB * 30, "version": 1 },
        { "customer_id": bakery, "device_id": till.id },
        { "customer_id": bakery },
    ]);
    let answer = set(&boss, &theirs).await;
    let expected = [
        ("changes.0.customer_id", "reference_not_found"),
        ("changes.1.customer_id", "version_stale"),
        ("changes.2.customer_id", "required"),
        ("changes.3", "required"),
    ];
    assert_eq!(refused(&answer), expected.map(|(field, code)| (field.to_owned(), code.to_owned())));
    set(&boss, &json!([])).await.invalid(&[("changes", "out_of_range")]);
    set(&boss, &json!([{ "customer_id": reseller, "allotted_bytes": null }])).await.refused(403, "forbidden");
    set(&boss, &json!([{ "customer_id": bakery, "allotted_bytes": null }])).await.is(200);
    let helper = app.person(&bakery, "supporter", "helper@example.com").await;
    assert_eq!(rows(&helper, &bakery).await["items"][0]["actions"][0]["allowed"], false);
    helper.get(&format!("/customers/{reseller}/allotments")).await.refused(404, "not_found");
    app.finish().await;
}

#[tokio::test]
async fn many_who_change_much_at_once_hand_out_no_more_than_there_is() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let mut customers = Vec::new();
    for name in ["Bakery", "Dairy", "Mill", "Forge"] {
        customers.push(app.customer(&reseller, "end_customer", name).await);
    }
    let path = format!("/customers/{reseller}/space");
    let body = json!({ "allotted_bytes": 100 * GB });
    app.admin().request(Method::PUT, &path).json(&body).send().await.is(200);
    let tries = (0..12_i64).map(|number| {
        let changes: Vec<Value> = customers
            .iter()
            .enumerate()
            .map(|(at, customer)| {
                let part = (number * 7 + i64::try_from(at).unwrap() * 13) % 60;
                json!({ "customer_id": customer, "allotted_bytes": part * GB })
            })
            .collect();
        let app = &app;
        async move { set(app.admin(), &json!(changes)).await.status }
    });
    let statuses = futures_util::future::join_all(tries).await;
    assert!(statuses.iter().all(|status| [200, 409].contains(status)), "{statuses:?}");
    assert!(statuses.contains(&200), "{statuses:?}");
    let list = rows(app.admin(), &reseller).await;
    assert!(row(&list, "Northwind IT")["space"]["free_bytes"].as_i64().unwrap() >= 0);
    app.finish().await;
}
