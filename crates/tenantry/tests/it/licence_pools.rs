//! Licences split down the tree: what a customer may hand out of a product. At the end of every test the stored sums are
//! compared with sums over all licences and pools.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Answer, Client};
use crate::filters::looking::Dice;

async fn product(app: &App, name: &str) -> String {
    id(&app.admin().post("/products", &json!({ "name": name, "unit": "seat" })).await.is(201))
}

async fn hand(client: &Client, customer: &str, product: &str, quantity: impl Into<Value>) -> Answer {
    let path = format!("/customers/{customer}/licence_pools/{product}");
    client.request(Method::PUT, &path).json(&json!({ "quantity": quantity.into() })).send().await
}

async fn grant(client: &Client, customer: &str, product: &str, quantity: i64) -> Answer {
    let body = json!({ "product_id": product, "quantity": quantity });
    client.post(&format!("/customers/{customer}/licences"), &body).await
}

async fn pool(client: &Client, customer: &str, product: &str) -> Value {
    let pools = client.get(&format!("/customers/{customer}/licence_pools")).await.is(200);
    pools["items"].as_array().unwrap().iter().find(|pool| pool["product_id"] == product).unwrap().clone()
}

/// Quantity, used, handed, drawn, free.
fn numbers(pool: &Value) -> [Value; 5] {
    ["quantity", "used", "handed", "drawn", "free"].map(|name| pool[name].clone())
}

fn why(answer: &Answer, code: &str) -> String {
    assert_eq!((answer.status, &answer.body["code"]), (409, &json!(code)), "{:#}", answer.body);
    assert_eq!(answer.body["errors"][0]["field"], "quantity");
    answer.body["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn what_is_handed_on_is_never_more_than_is_held() {
    let app = App::start().await;
    let admin = app.admin();
    let seats = product(&app, "Mail guard").await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let dairy = app.customer(&reseller, "end_customer", "Dairy").await;
    let mill = app.customer(&reseller, "end_customer", "Mill").await;
    // Without a pool above there is no end.
    let held = grant(admin, &bakery, &seats, 30).await.is(201);
    assert_eq!(
        numbers(&pool(admin, &reseller, &seats).await),
        [json!("auto"), json!(30), json!(0), json!(30), Value::Null]
    );

    // A bank of 120 of which 100 are handed to one: the vector of space, in licences.
    let reason = why(&hand(admin, &reseller, &seats, 29).await, "below_committed");
    assert!(reason.contains("30 are held as licences") && reason.contains("Bakery takes 30"), "{reason}");
    hand(admin, &reseller, &seats, 120).await.is(200);
    let given = hand(admin, &bakery, &seats, 100).await.is(200);
    assert_eq!(numbers(&given), [json!(100), json!(30), json!(0), json!(30), json!(70)]);
    assert_eq!((&given["above"]["company_name"], &given["above"]["free"]), (&json!("Northwind IT"), &json!(20)));
    let state = pool(admin, &reseller, &seats).await;
    assert_eq!(numbers(&state), [json!(120), json!(30), json!(100), json!(0), json!(20)]);
    // What was handed on is not for others, though nobody uses it yet.
    let reason = why(&hand(admin, &dairy, &seats, 21).await, "allotment_exceeded");
    assert!(reason.contains("Northwind IT has no more than 20 of Mail guard"), "{reason}");
    why(&grant(admin, &dairy, &seats, 21).await, "allotment_exceeded");
    let drawn = id(&grant(admin, &dairy, &seats, 20).await.is(201));
    why(&grant(admin, &mill, &seats, 1).await, "allotment_exceeded");
    // More of the same licence is asked of the pool as well, and what ends is free again.
    let path = format!("/licences/{}", id(&held));
    let more = async |quantity: i64| {
        let version = admin.get(&path).await.is(200)["version"].clone();
        let request = admin.request(Method::PATCH, &path).header("if-match", &format!("\"{version}\""));
        request.json(&json!({ "quantity": quantity })).send().await
    };
    why(&more(101).await, "allotment_exceeded");
    more(100).await.is(200);
    assert_eq!(numbers(&pool(admin, &bakery, &seats).await), [json!(100), json!(100), json!(0), json!(100), json!(0)]);
    admin.delete(&format!("/licences/{drawn}")).await.is(204);
    grant(admin, &mill, &seats, 20).await.is(201);
    why(&hand(admin, &bakery, &seats, 99).await, "below_committed");
    more(10).await.is(200);
    hand(admin, &bakery, &seats, 10).await.is(200);
    hand(admin, &reseller, &seats, 30).await.is(200);
    // Back to drawing: what it held is the reseller's again.
    hand(admin, &bakery, &seats, "auto").await.is(200);
    assert_eq!(numbers(&pool(admin, &reseller, &seats).await), [json!(30), json!(30), json!(0), json!(30), json!(0)]);

    // A customer that moves takes its licences along, if they fit; one that goes leaves them.
    let other = app.reseller("Southwind IT").await;
    hand(admin, &other, &seats, 19).await.is(200);
    let to = json!({ "parent_id": other });
    let moved = admin.post(&format!("/customers/{mill}/move"), &to).await;
    let reason = moved.body["errors"][0]["detail"].as_str().unwrap().to_owned();
    moved.refused(409, "move_blocked");
    assert!(reason.contains("takes 20 of Mail guard") && reason.contains("19 are free"), "{reason}");
    hand(admin, &other, &seats, 25).await.is(200);
    admin.post(&format!("/customers/{mill}/move"), &to).await.is(200);
    assert_eq!(numbers(&pool(admin, &other, &seats).await), [json!(25), json!(20), json!(0), json!(20), json!(5)]);
    assert_eq!(pool(admin, &reseller, &seats).await["used"], 10);
    let changes = admin.get(&format!("/customers/{bakery}/changes")).await.is(200);
    let pools: Vec<&Value> = changes["items"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|row| row["action"] == "customer.licence_pool_set")
        .collect();
    assert_eq!(pools.len(), 3);
    assert_eq!((&pools[0]["before"]["quantity"], &pools[0]["after"]["quantity"]), (&json!(10), &json!("auto")));
    app.finish().await;
}

#[tokio::test]
async fn only_those_above_hand_out_and_nobody_learns_what_they_hold() {
    let app = App::start().await;
    let admin = app.admin();
    let seats = product(&app, "Mail guard").await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let site = app.site(&bakery, "hq").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    hand(admin, &reseller, &seats, 10).await.is(200);
    hand(&boss, &bakery, &seats, 4).await.is(200);
    hand(&boss, &reseller, &seats, 99).await.is(403);
    assert_eq!(pool(&boss, &reseller, &seats).await["above"], Value::Null);
    let own = app.person(&bakery, "administrator", "own@example.com").await;
    hand(&own, &bakery, &seats, 9).await.is(403);
    let seen = pool(&own, &bakery, &seats).await;
    assert_eq!((&seen["quantity"], &seen["above"], &seen["most"]), (&json!(4), &Value::Null, &Value::Null));
    let stranger = app.reseller("Southwind IT").await;
    let stranger = app.person(&stranger, "administrator", "stranger@example.com").await;
    hand(&stranger, &bakery, &seats, 1).await.refused(404, "not_found");
    stranger.get(&format!("/customers/{bakery}/licence_pools")).await.refused(404, "not_found");

    for (quantity, code) in [
        (json!(-1), "out_of_range"),
        (json!(1_000_000_001), "out_of_range"),
        (json!("all"), "invalid"),
        (json!(1.5), "invalid"),
    ] {
        hand(admin, &bakery, &seats, quantity).await.invalid(&[("quantity", code)]);
    }
    hand(admin, &bakery, "prd_06h000000000000000000000000", 1).await.refused(404, "not_found");
    hand(admin, &site, &seats, 1).await.refused(409, "level_not_allowed");
    let customers =
        admin.get("/customers?filter=is_default%20%3D%3D%20true%20and%20level%20%3D%3D%20end_customer").await;
    let default = id(&customers.is(200)["items"][0]);
    let refused = hand(admin, &default, &seats, 1).await;
    assert!(refused.body["detail"].as_str().unwrap().contains("always drawn from above"), "{:#}", refused.body);
    refused.refused(409, "default_protected");
    let action = &pool(admin, &default, &seats).await["actions"][0];
    assert_eq!((&action["name"], &action["allowed"]), (&json!("set_pool"), &json!(false)));
    let stale = admin.request(Method::PUT, &format!("/customers/{bakery}/licence_pools/{seats}"));
    stale.header("if-match", "\"77\"").json(&json!({ "quantity": 5 })).send().await.refused(412, "version_stale");
    assert_eq!(pool(admin, &bakery, &seats).await["quantity"], 4);
    app.finish().await;
}

/// The day so many days from now.
fn day(app: &App, days: i64) -> String {
    app.now().checked_add(jiff::SignedDuration::from_hours(24 * days)).unwrap().strftime("%Y-%m-%d").to_string()
}

#[tokio::test]
async fn who_held_what_on_a_day_is_told_later() {
    // At noon of the 10th of a month, so that all of it is in three months.
    let app = App::start().await;
    let now = app.now().to_zoned(jiff::tz::TimeZone::UTC);
    let first = now.date().first_of_month().checked_add(jiff::Span::new().months(1)).unwrap();
    let begin = first.to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp().as_second() + 9 * 86_400 + 43_200;
    app.advance(Duration::from_secs(u64::try_from(begin - now.timestamp().as_second()).unwrap()));
    app.sign_in_again().await;
    let seats = product(&app, "Mail guard").await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let hq = app.site(&bakery, "hq").await;
    let days = async |days: u64| {
        app.advance(Duration::from_hours(24 * days));
        app.sign_in_again().await;
    };
    hand(app.admin(), &reseller, &seats, 50).await.is(200);
    let licence = id(&grant(app.admin(), &bakery, &seats, 10).await.is(201));
    let give = json!({ "site_id": hq, "quantity": 4 });
    app.admin().post(&format!("/licences/{licence}/assign"), &give).await.is(200);
    let start = app.now();
    days(2).await;
    app.admin().edit(&format!("/licences/{licence}"), &json!({ "quantity": 30 })).await.is(200);
    days(1).await;
    app.admin().edit(&format!("/licences/{licence}"), &json!({ "quantity": 12 })).await.is(200);
    hand(app.admin(), &reseller, &seats, 40).await.is(200);
    app.admin().delete(&format!("/customers/{hq}?remove_products=true")).await.is(200);
    days(35).await;
    app.admin().delete(&format!("/licences/{licence}")).await.is(204);

    let since = app.now().duration_since(start).as_hours() / 24;
    let held = async |customer: &str, day: &str| {
        let then = app.admin().get(&format!("/customers/{customer}/licences?as_of={day}")).await.is(200);
        assert_eq!(then["day"], day);
        let figures = |row: &Value| (row["quantity"].clone(), row["assignments"].as_array().unwrap().len());
        then["items"].as_array().unwrap().iter().map(figures).collect::<Vec<_>>()
    };
    let mut seen = Vec::new();
    for at in [-since, 1 - since, 2 - since, 3 - since, 4 - since, -1, 0] {
        seen.push(held(&reseller, &day(&app, at)).await);
    }
    let of = |quantity: i64, places: usize| vec![(json!(quantity), places)];
    assert_eq!(seen[..3], [of(10, 1), of(10, 1), of(30, 1)]);
    assert_eq!(seen[6], vec![], "it was ended today");
    assert_eq!((&seen[3][0].0, &seen[5][0].0), (&json!(12), &json!(12)));

    let pools = async |at: i64| {
        let day = day(&app, at);
        let pools = app.admin().get(&format!("/customers/{reseller}/licence_pools?as_of={day}")).await.is(200);
        numbers(&pools["items"][0])
    };
    assert_eq!(pools(1 - since).await, [json!(50), json!(10), json!(0), json!(10), json!(40)]);
    assert_eq!(pools(2 - since).await, [json!(50), json!(30), json!(0), json!(30), json!(20)]);
    assert_eq!(pools(0).await, [json!(40), json!(0), json!(0), json!(0), json!(40)]);

    // The most of each month is what it is billed by, at whoever stands above as well.
    let months = app.admin().get(&format!("/customers/{reseller}/licence_months")).await.is(200);
    let marks: Vec<[Value; 4]> = months["items"][0]["months"]
        .as_array()
        .unwrap()
        .iter()
        .map(|month| ["high", "last", "quantity_high", "quantity_last"].map(|name| month[name].clone()))
        .collect();
    assert_eq!(marks[0], [json!(30), json!(12), json!(50), json!(40)]);
    assert_eq!(marks.last().unwrap(), &[json!(12), json!(0), json!(40), json!(40)]);

    let stranger = app.reseller("Southwind IT").await;
    let stranger = app.person(&stranger, "administrator", "stranger@example.com").await;
    for path in ["licences", "licence_pools", "licence_months"] {
        stranger.get(&format!("/customers/{bakery}/{path}")).await.refused(404, "not_found");
    }
    for (query, code) in
        [("2025-02-30", "invalid"), (day(&app, 2).as_str(), "out_of_range"), ("2020-01-01", "out_of_range")]
    {
        for list in ["licences", "licence_pools"] {
            let path = format!("/customers/{bakery}/{list}?as_of={query}");
            app.admin().get(&path).await.invalid(&[("as_of", code)]);
        }
    }
    app.finish().await;
}

/// Of what is done at random, much at the same time, no pool is ever handed out beyond what it holds.
#[tokio::test]
async fn pools_hold_whatever_is_done_in_whatever_order() {
    let app = App::start().await;
    let seats = product(&app, "Mail guard").await;
    let resellers = [app.reseller("Northwind IT").await, app.reseller("Southwind IT").await];
    let mut customers = Vec::new();
    for (at, name) in ["Bakery", "Dairy", "Mill", "Forge"].into_iter().enumerate() {
        customers.push(app.customer(&resellers[at % 2], "end_customer", name).await);
    }
    let provider = app.provider().await;
    let everybody: Vec<&String> = std::iter::once(&provider).chain(&resellers).chain(&customers).collect();
    for seed in 1..=8 {
        let mut dice = Dice(seed);
        let steps: Vec<(usize, usize, usize, i64)> = (0..12)
            .map(|_| {
                (
                    dice.roll(6),
                    dice.roll(everybody.len()),
                    dice.roll(customers.len()),
                    i64::try_from(dice.roll(60)).unwrap(),
                )
            })
            .collect();
        let step = async |(what, anybody, customer, quantity): (usize, usize, usize, i64)| match what {
            0 => hand(app.admin(), everybody[anybody], &seats, "auto").await.status,
            1 | 2 => hand(app.admin(), everybody[anybody], &seats, quantity).await.status,
            3 | 4 => grant(app.admin(), &customers[customer], &seats, quantity.max(1)).await.status,
            _ => {
                let to = json!({ "parent_id": resellers[anybody % 2] });
                app.admin().post(&format!("/customers/{}/move", customers[customer]), &to).await.status
            }
        };
        for status in futures_util::future::join_all(steps.into_iter().map(step)).await {
            assert!([200, 201, 409].contains(&status), "{status}");
        }
        let licences = app.admin().all("/licences").await;
        for licence in licences.iter().filter(|_| dice.roll(3) == 0) {
            app.admin().delete(&format!("/licences/{}", id(licence))).await.is(204);
        }
    }
    app.finish().await;
}
