//! Units that are paid beforehand: what comes, what is handed on, what machines take each month. At the end of every test every
//! account is reckoned anew from its entries.

use std::time::Duration;

use jiff::tz::TimeZone;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Answer, Client, with};
use crate::filters::looking::Dice;
use crate::machine::Machine;

async fn credits(app: &App) -> String {
    let products = app.admin().get("/products").await.is(200);
    id(products["items"].as_array().unwrap().iter().find(|product| product["name"] == "Monthly licence").unwrap())
}

async fn add(client: &Client, customer: &str, product: &str, units: i64) -> Answer {
    let body = json!({ "product_id": product, "units": units });
    client.post(&format!("/customers/{customer}/credits/entries"), &body).await
}

async fn counter(client: &Client, customer: &str, entry: &str) -> Answer {
    let body = json!({ "entry_id": entry, "note": "A mistake" });
    client.post(&format!("/customers/{customer}/credits/counter"), &body).await
}

async fn account(client: &Client, customer: &str) -> Value {
    client.get(&format!("/customers/{customer}/credits")).await.is(200)["items"][0].clone()
}

/// Opening, added, handed on, used, corrected, closing: of the last months.
async fn months(client: &Client, customer: &str, last: usize) -> Vec<[i64; 6]> {
    let statements = client.get(&format!("/customers/{customer}/credits/months")).await.is(200);
    let months = statements["items"][0]["months"].as_array().unwrap().clone();
    let figures = ["opening", "added", "handed_on", "used", "corrected", "closing"];
    months[months.len() - last..].iter().map(|month| figures.map(|figure| month[figure].as_i64().unwrap())).collect()
}

async fn require(app: &App, customer: &str) {
    let path = format!("/customers/{customer}/settings/licences_required");
    app.admin().request(Method::PUT, &path).json(&json!({ "value": true })).send().await.is(200);
}

async fn register(app: &App, customer: &str, name: &str, os: &str) -> Answer {
    let body = json!({ "pass_key": app.pass_key(customer).await, "name": name, "os": os });
    app.nobody().post("/devices/register", &body).await
}

/// The first of the next month, so many hours after it has begun, or before.
async fn next_month(app: &App, hours: i64) {
    let now = app.now().to_zoned(TimeZone::UTC);
    let first = now.date().first_of_month().checked_add(jiff::Span::new().months(1)).unwrap();
    let then = first.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second() + hours * 3600;
    app.advance(Duration::from_secs(u64::try_from(then - now.timestamp().as_second()).unwrap()));
    app.settle().await;
    app.sign_in_again().await;
}

#[tokio::test]
async fn a_hundred_and_twenty_last_ten_desktops_a_year() {
    let app = App::start().await;
    let product = credits(&app).await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    require(&app, &bakery).await;
    register(&app, &bakery, "early", "Windows 11").await.refused(403, "no_licence");
    add(app.admin(), &bakery, &product, 120).await.is(201);
    let mut till = None;
    for number in 0..10 {
        let registered = register(&app, &bakery, &format!("pc {number}"), "Windows 11").await.is(201);
        till.get_or_insert(Machine::new(&registered));
    }
    let till = till.unwrap();
    till.begin().await;
    till.uploads(200).await;
    assert_eq!(months(app.admin(), &bakery, 1).await, [[0, 120, 0, 10, 0, 110]]);
    let told = async || {
        let running_out = with("/events", &[("filter", "type == credits_running_out")]);
        let events = app.admin().get(&running_out).await.is(200);
        let rows = events["items"].as_array().unwrap().iter();
        rows.map(|event| {
            assert_eq!((&event["customer_id"], &event["product"]), (&json!(bakery), &json!("Monthly licence")));
            format!("{} {}", event["state"].as_str().unwrap(), event["severity"].as_str().unwrap())
        })
        .collect::<Vec<_>>()
    };
    for month in 1..12 {
        assert_eq!(told().await, [""; 0], "it lasts");
        next_month(&app, 2).await;
        till.uploads(200).await;
        let left = 120 - 10 * month;
        assert_eq!(months(app.admin(), &bakery, 1).await, [[left, 0, 0, 10, 0, left - 10]], "{month}");
    }
    let state = account(app.admin(), &bakery).await;
    assert_eq!((&state["balance"], &state["forecast"]["is_short"]), (&json!(0), &json!(true)));
    // Nothing is left: they go on for a day, and then wait for more. It is told of two weeks before, and three days.
    for (days, expected) in [(14, "open warning"), (2, "open action_required")] {
        next_month(&app, -24 * days + 1).await;
        assert_eq!(told().await, [expected]);
    }
    next_month(&app, 2).await;
    till.uploads(200).await;
    assert_eq!(told().await, ["open action_required"], "it has run out");
    app.advance(Duration::from_hours(24));
    app.settle().await;
    app.sign_in_again().await;
    till.uploads(403).await;
    till.reads(200).await;
    register(&app, &bakery, "late", "Windows 11").await.refused(403, "no_licence");
    add(app.admin(), &bakery, &product, 3).await.is(201);
    assert_eq!(months(app.admin(), &bakery, 1).await, [[0, 3, 0, 3, 0, 0]], "the first three that wait");
    assert_eq!(told().await, ["open action_required"], "seven more wait");
    add(app.admin(), &bakery, &product, 200).await.is(201);
    app.settle().await;
    assert_eq!(told().await, ["resolved_by_itself action_required"]);
    app.settle().await;
    till.uploads(200).await;
    app.finish().await;
}

#[tokio::test]
async fn units_are_handed_down_and_machines_draw_on_the_nearest_account() {
    let app = App::start().await;
    let (admin, product) = (app.admin(), credits(&app).await);
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let dairy = app.customer(&reseller, "end_customer", "Dairy").await;
    let yard = app.site(&dairy, "yard").await;
    add(admin, &reseller, &product, 20).await.is(201);
    // Bakery has its own, Dairy draws on the reseller's. A server takes two.
    let received = add(admin, &bakery, &product, 5).await.is(201);
    assert_eq!((&received["kind"], &received["about"]), (&json!("received"), &json!("Northwind IT")));
    let refused = add(admin, &bakery, &product, 16).await;
    assert!(refused.body["detail"].as_str().unwrap().contains("Northwind IT holds 15"), "{:#}", refused.body);
    refused.refused(409, "allotment_exceeded");
    for (customer, os) in
        [(&bakery, "Windows Server 2022"), (&bakery, "Debian"), (&bakery, "Windows 11"), (&dairy, "Windows Server")]
    {
        register(&app, customer, "machine", os).await.is(201);
    }
    let mut seen = Vec::new();
    for customer in [&reseller, &bakery, &dairy] {
        let state = account(admin, customer).await;
        seen.push((state["balance"].clone(), state["used_this_month"].clone()));
    }
    assert_eq!(seen, [(json!(13), json!(7)), (json!(0), json!(5)), (Value::Null, json!(2))]);
    assert_eq!(account(admin, &dairy).await["above"]["balance"], 13);
    assert_eq!(months(admin, &reseller, 1).await, [[0, 20, 5, 2, 0, 13]]);
    // What is short is told: Bakery's next month wants five and has none.
    assert_eq!(account(admin, &bakery).await["forecast"]["is_short"], true);

    // Who is suspended takes none, and takes it when it goes on.
    app.suspend(&dairy, "stop_backups").await;
    next_month(&app, 1).await;
    assert_eq!(months(admin, &reseller, 2).await[1], [13, 0, 0, 0, 0, 13]);
    app.activate(&dairy).await;
    app.settle().await;
    assert_eq!(months(admin, &reseller, 2).await[1], [13, 0, 0, 2, 0, 11]);
    // What stays unused goes back, and what a customer leaves that goes.
    add(admin, &bakery, &product, 4).await.is(201);
    add(admin, &bakery, &product, -9).await.invalid(&[("units", "below_committed")]);
    let held = account(admin, &bakery).await["balance"].clone();
    assert_eq!(held, json!(0), "two of them were taken by the server, one each by the others");
    add(admin, &bakery, &product, 6).await.is(201);
    add(admin, &bakery, &product, -2).await.is(201);
    assert_eq!(account(admin, &reseller).await["balance"], 3);
    let left = account(admin, &bakery).await["balance"].as_i64().unwrap();
    app.remove(&bakery).await;
    assert!(account(app.admin(), &reseller).await["balance"].as_i64().unwrap() <= 3 + left);
    let entries = app.admin().get(&format!("/customers/{reseller}/credits/entries?limit=2")).await.is(200);
    assert_eq!(entries["items"].as_array().unwrap().len(), 2);
    assert!(entries["next"].is_string());
    // What was handed to somebody who has gone comes from nowhere a second time.
    let entries = app.admin().get(&format!("/customers/{reseller}/credits/entries")).await.is(200);
    let gone = entries["items"].as_array().unwrap().iter().filter(|entry| entry["about"] == "Bakery");
    let gone: Vec<String> = gone.filter(|entry| entry["kind"] == "handed_on").map(id).collect();
    assert!(gone.len() > 3, "{entries:#}");
    for entry in gone {
        counter(app.admin(), &reseller, &entry).await.invalid(&[("entry_id", "invalid")]);
    }

    for wrong in [&yard, &app.id_of("Default customer").await] {
        let refused = add(app.admin(), wrong, &product, 1).await;
        assert_eq!(refused.status, 409, "{:#}", refused.body);
    }
    app.finish().await;
}

#[tokio::test]
async fn what_was_wrong_is_taken_back_by_another_entry() {
    let app = App::start().await;
    let (admin, product) = (app.admin(), credits(&app).await);
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let own = app.person(&bakery, "administrator", "own@example.com").await;
    add(&boss, &reseller, &product, 5).await.is(403);
    add(admin, &reseller, &product, 50).await.is(201);
    let wrong = id(&add(&boss, &bakery, &product, 30).await.is(201));
    add(&own, &bakery, &product, 5).await.is(403);
    let taken = counter(&boss, &bakery, &wrong).await.is(201);
    assert_eq!((&taken["units"], &taken["counters_id"], &taken["balance"]), (&json!(-30), &json!(wrong), &json!(0)));
    assert_eq!(months(admin, &reseller, 1).await, [[0, 50, 30, 0, 30, 50]]);
    assert_eq!(months(admin, &bakery, 1).await, [[0, 30, 0, 0, -30, 0]]);
    // Once, and not of what takes another one back; what is used can't be taken away.
    counter(&boss, &bakery, &wrong).await.invalid(&[("entry_id", "invalid")]);
    counter(&boss, &bakery, &id(&taken)).await.invalid(&[("entry_id", "invalid")]);
    counter(&boss, &bakery, "cre_00000000000000000000000000").await.invalid(&[("entry_id", "reference_not_found")]);
    let used = id(&add(&boss, &bakery, &product, 2).await.is(201));
    register(&app, &bakery, "pc", "Windows 11").await.is(201);
    counter(&boss, &bakery, &used).await.invalid(&[("entry_id", "below_committed")]);
    // The machine's unit is given back as a courtesy; the machine keeps its month.
    let entries = admin.get(&format!("/customers/{bakery}/credits/entries")).await.is(200);
    let entry = &entries["items"][0];
    assert_eq!((&entry["kind"], &entry["about"], &entry["units"]), (&json!("used"), &json!("pc"), &json!(-1)));
    counter(&boss, &bakery, &id(entry)).await.is(201);
    app.settle().await;
    assert_eq!(months(admin, &bakery, 1).await, [[0, 32, 0, 1, -29, 2]]);
    let entries = admin.get(&format!("/customers/{bakery}/credits/entries")).await.is(200);
    let numbers: Vec<i64> =
        entries["items"].as_array().unwrap().iter().map(|entry| entry["number"].as_i64().unwrap()).collect();
    assert_eq!(numbers, [5, 4, 3, 2, 1], "the newest first, and none is gone");
    assert_eq!(entries["items"][4]["countered_by_id"], taken["id"]);
    // Whose units they were is told to those who see whoever that is.
    for (client, about) in [(&own, Value::Null), (&boss, json!("Northwind IT")), (admin, json!("Northwind IT"))] {
        let entries = client.get(&format!("/customers/{bakery}/credits/entries")).await.is(200);
        let mut received = entries["items"].as_array().unwrap().iter().filter(|entry| entry["kind"] == "received");
        assert!(received.all(|entry| entry["about"] == about && entry["other_id"].is_null() == about.is_null()));
    }

    let seats = id(&admin.post("/products", &json!({ "name": "Seats", "unit": "seat" })).await.is(201));
    add(admin, &bakery, &seats, 1).await.invalid(&[("product_id", "invalid")]);
    add(admin, &bakery, "prd_06h000000000000000000000000", 1).await.invalid(&[("product_id", "reference_not_found")]);
    for units in [0, 1_000_000_001] {
        add(admin, &bakery, &product, units).await.invalid(&[("units", "out_of_range")]);
    }
    for (query, field) in [("months?from=2025", "from"), ("entries?month=x", "month"), ("entries?after=x", "after")] {
        let answer = admin.get(&format!("/customers/{bakery}/credits/{query}")).await;
        assert_eq!((answer.status, &answer.body["errors"][0]["field"]), (422, &json!(field)), "{:#}", answer.body);
    }
    let log = admin.get(&format!("/customers/{bakery}/changes?limit=100")).await.is(200).to_string();
    assert!(log.contains("customer.credits_added") && log.contains("customer.credits_countered"), "{log}");
    app.finish().await;
}

/// Of what is done at random, much at the same time and over months, the ledger always balances.
#[tokio::test]
async fn the_ledger_balances_whatever_is_done_in_whatever_order() {
    let app = App::start().await;
    let product = credits(&app).await;
    let reseller = app.reseller("Northwind IT").await;
    let mut customers = vec![reseller.clone()];
    for name in ["Bakery", "Dairy", "Mill"] {
        let customer = app.customer(&reseller, "end_customer", name).await;
        require(&app, &customer).await;
        customers.push(customer);
    }
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let mut entries = Vec::new();
        for customer in &customers {
            let list = app.admin().get(&format!("/customers/{customer}/credits/entries")).await.is(200);
            entries.extend(list["items"].as_array().unwrap().iter().map(|entry| (customer.clone(), id(entry))));
        }
        entries.push((reseller.clone(), "cre_00000000000000000000000000".to_owned()));
        let steps: Vec<(usize, usize, i64, usize)> = (0..16)
            .map(|_| {
                let units = i64::try_from(dice.roll(40)).unwrap() - 12;
                (dice.roll(6), dice.roll(customers.len()), units, dice.roll(entries.len()))
            })
            .collect();
        let step = async |(what, at, units, entry): (usize, usize, i64, usize)| match what {
            0..=2 => add(app.admin(), &customers[at], &product, units).await.status,
            3 => counter(app.admin(), &entries[entry].0, &entries[entry].1).await.status,
            _ => {
                let os = if units > 0 { "Windows 11" } else { "Debian" };
                register(&app, &customers[at.max(1)], &format!("m {seed} {units}"), os).await.status
            }
        };
        for status in futures_util::future::join_all(steps.into_iter().map(step)).await {
            assert!([201, 403, 409, 422].contains(&status), "{status}");
        }
        next_month(&app, 1).await;
        for customer in &customers {
            if account(app.admin(), customer).await["balance"].is_null() {
                continue;
            }
            let months = months(app.admin(), customer, 12).await;
            for [opening, added, handed_on, used, corrected, closing] in &months {
                assert_eq!(opening + added - handed_on - used + corrected, *closing);
            }
            assert!(months.windows(2).all(|pair| pair[0][5] == pair[1][0]));
            assert_eq!(account(app.admin(), customer).await["balance"], months[11][5]);
        }
    }
    app.finish().await;
}
