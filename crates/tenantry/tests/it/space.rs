//! Space split down the tree: what is handed on, cut, drawn and used up.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::App;
use crate::client::{Answer, Client};

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.request(Method::PUT, path).json(body).send().await
}

async fn allot(app: &App, customer: &str, bytes: impl Into<Option<i64>>) -> Answer {
    put(app.admin(), &format!("/customers/{customer}/space"), &json!({ "allotted_bytes": bytes.into() })).await
}

async fn space(app: &App, customer: &str) -> Value {
    app.admin().get(&format!("/customers/{customer}/space")).await.is(200)
}

/// What it holds, handed on, draws and has free.
fn numbers(space: &Value) -> [Value; 4] {
    ["allotted_bytes", "handed_bytes", "drawn_bytes", "free_bytes"].map(|name| space[name].clone())
}

#[track_caller]
fn refused(answer: Answer, code: &str) -> String {
    assert_eq!(answer.body["errors"][0]["field"], "allotted_bytes", "{:#}", answer.body);
    let body = answer.is(409);
    assert_eq!(body["code"], code);
    body["detail"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_reseller_hands_on_what_it_holds_and_no_more() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let [one, two, three] = ["Alder", "Birch", "Cedar"];
    let (one, two, three) = (
        app.customer(&reseller, "end_customer", one).await,
        app.customer(&reseller, "end_customer", two).await,
        app.customer(&reseller, "end_customer", three).await,
    );
    assert_eq!(numbers(&space(&app, &reseller).await), [json!(null), json!(0), json!(0), json!(null)]);
    allot(&app, &reseller, 1000).await.is(200);
    allot(&app, &one, 300).await.is(200);
    let made = allot(&app, &two, 200).await.is(200);
    assert_eq!((&made["above"]["company_name"], &made["above"]["free_bytes"]), (&json!("Northwind IT"), &json!(500)));
    assert_eq!(made["most_bytes"], 700);
    let why = refused(allot(&app, &three, 600).await, "allotment_exceeded");
    assert!(why.contains("Northwind IT has no more than 500 bytes"), "{why}");

    let overcommitted = json!({ "allotted_bytes": 1000, "overcommit": 1.2 });
    put(app.admin(), &format!("/customers/{reseller}/space"), &overcommitted).await.is(200);
    allot(&app, &three, 600).await.is(200);
    assert_eq!(numbers(&space(&app, &reseller).await), [json!(1000), json!(1100), json!(0), json!(100)]);
    // Nothing is cut below what was handed on; who has it is told.
    let why = refused(allot(&app, &reseller, 900).await, "below_committed");
    assert!(why.contains("1.10 kB were handed on") && why.contains("Cedar holds 600 bytes"), "{why}");
    let back = json!({ "allotted_bytes": 1000, "overcommit": 1 });
    refused(put(app.admin(), &format!("/customers/{reseller}/space"), &back).await, "below_committed");

    // Between them stands one that has none: what is below draws on whoever has some.
    let site = app.site(&one, "hq").await;
    allot(&app, &one, None).await.is(200);
    assert_eq!(numbers(&space(&app, &reseller).await)[1], 800);
    allot(&app, &site, 400).await.is(200);
    assert_eq!(space(&app, &site).await["above"]["id"], reseller.as_str());
    refused(allot(&app, &one, 399).await, "below_committed");
    allot(&app, &one, 400).await.is(200);
    assert_eq!(numbers(&space(&app, &one).await), [json!(400), json!(400), json!(0), json!(0)]);
    assert_eq!(numbers(&space(&app, &reseller).await)[1], 1200);

    // Said in lists, looked for, told to the change log; the same twice is no change.
    let rows = app.admin().get("/customers?filter=totals.allotted_bytes%20%3E%3D%20600").await.is(200);
    let mut found: Vec<&str> =
        rows["items"].as_array().unwrap().iter().map(|row| row["company_name"].as_str().unwrap()).collect();
    found.sort_unstable();
    assert_eq!(found, ["Cedar", "Northwind IT"]);
    let before = app.admin().get(&format!("/customers/{three}")).await.is(200);
    assert_eq!(before["totals"]["allotted_bytes"], 600);
    assert_eq!(allot(&app, &three, 600).await.is(200)["version"], before["version"]);
    let changes = app.admin().get(&format!("/customers/{three}/changes")).await.is(200);
    assert_eq!(changes["items"][0]["action"], "customer.space_set");
    assert_eq!(changes["items"][0]["after"], json!({ "allotted_bytes": 600, "overcommit_percent": 100 }));
    app.finish().await;
}

#[tokio::test]
async fn bad_input_changes_nothing_and_only_those_above_allot() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let path = format!("/customers/{customer}/space");
    for (body, field, code) in [
        (json!({}), "allotted_bytes", "required"),
        (json!({ "overcommit": 1.2 }), "allotted_bytes", "required"),
        (json!({ "allotted_bytes": -1 }), "allotted_bytes", "out_of_range"),
        (json!({ "allotted_bytes": 9_007_199_254_740_992_i64 }), "allotted_bytes", "out_of_range"),
        (json!({ "allotted_bytes": 1, "overcommit": 0.5 }), "overcommit", "out_of_range"),
        (json!({ "allotted_bytes": 1, "overcommit": 1.234 }), "overcommit", "invalid"),
        (json!({ "allotted_bytes": 1, "bytes": 2 }), "bytes", "unknown_field"),
        (json!({ "allotted_bytes": 1.5 }), "allotted_bytes", "invalid"),
        (json!({ "allotted_bytes": "1" }), "allotted_bytes", "invalid"),
    ] {
        let answer = put(app.admin(), &path, &body).await.is(422);
        assert_eq!(
            (&answer["errors"][0]["field"], &answer["errors"][0]["code"]),
            (&json!(field), &json!(code)),
            "{body}"
        );
    }
    let stale =
        app.admin().request(Method::PUT, &path).header("if-match", "\"7\"").json(&json!({ "allotted_bytes": 1 }));
    stale.send().await.is(412);
    assert_eq!(space(&app, &customer).await["allotted_bytes"], json!(null));

    // The provider sets its own, a reseller what stands below it, and nobody what was laid on them.
    allot(&app, &app.provider().await, 10_000).await.is(200);
    allot(&app, &reseller, 5_000).await.is(200);
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    put(&boss, &path, &json!({ "allotted_bytes": 5_000 })).await.is(200);
    put(&boss, &format!("/customers/{reseller}/space"), &json!({ "allotted_bytes": 9_000 })).await.is(403);
    let own = app.person(&customer, "administrator", "own@example.com").await;
    put(&own, &path, &json!({ "allotted_bytes": 9_000 })).await.is(403);
    let seen = own.get(&path).await.is(200);
    assert_eq!(
        (&seen["allotted_bytes"], &seen["above"], &seen["most_bytes"]),
        (&json!(5_000), &json!(null), &json!(null))
    );
    let seen = boss.get(&format!("/customers/{reseller}/space")).await.is(200);
    assert_eq!((&seen["free_bytes"], &seen["above"]), (&json!(0), &json!(null)), "what the provider has is its own");
    let other = app.reseller("Fabrikam").await;
    let stranger = app.person(&other, "administrator", "else@example.com").await;
    stranger.get(&path).await.is(404);
    put(&stranger, &path, &json!({ "allotted_bytes": 1 })).await.is(404);
    // How much is left above is told to nobody below.
    let why = refused(allot(&app, &other, 6_000).await, "allotment_exceeded");
    assert!(why.contains("Example Backup has no more than 5 kB"), "{why}");
    app.finish().await;
}

#[tokio::test]
async fn many_at_once_are_never_handed_more_than_there_is() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    allot(&app, &reseller, 1000).await.is(200);
    let mut customers = Vec::new();
    for n in 0..32 {
        customers.push(app.customer(&reseller, "end_customer", &format!("Customer {n}")).await);
    }
    let answers = join_all(customers.iter().map(|customer| allot(&app, customer, 100))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 10);
    assert!(answers.iter().all(|answer| answer.status == 200 || answer.body["code"] == "allotment_exceeded"));
    assert_eq!(numbers(&space(&app, &reseller).await), [json!(1000), json!(1000), json!(0), json!(0)]);
    // Some are cut and some raised, and the whole is cut, all at the same time.
    let changes = customers.iter().enumerate().map(|(n, customer)| {
        let bytes = if n % 2 == 0 { 50 } else { 150 };
        allot(&app, customer, bytes)
    });
    let (_, cut) = futures_util::future::join(join_all(changes), allot(&app, &reseller, 700)).await;
    assert!(cut.status == 200 || cut.body["code"] == "below_committed", "{:#}", cut.body);
    let state = space(&app, &reseller).await;
    assert!(state["free_bytes"].as_i64().unwrap() >= 0, "{state:#}");
    app.finish().await;
}

#[tokio::test]
async fn the_gateway_holds_uploads_to_the_nearest_space_and_bought_space_lets_them_pass() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let (one, two) = (
        app.customer(&reseller, "end_customer", "Alder").await,
        app.customer(&reseller, "end_customer", "Birch").await,
    );
    let (key_one, key_two) = (app.pass_key(&one).await, app.pass_key(&two).await);
    let (till, safe) = (app.machine(&key_one, "till").await, app.machine(&key_two, "safe").await);
    till.begin().await;
    safe.begin().await;
    assert_eq!(till.put("data", &[1; 500]).await.0, 200, "without space allotted nothing is held");

    allot(&app, &reseller, 2_000).await.is(200);
    allot(&app, &one, 1_000).await.is(200);
    assert_eq!(numbers(&space(&app, &one).await), [json!(1000), json!(0), json!(500), json!(500)]);
    assert_eq!(till.put("data", &[2; 501]).await, (403, Some("quota_exceeded".to_owned())));
    assert_eq!(till.put("data", &[2; 500]).await.0, 200);
    assert_eq!(till.read().await, 200, "restores go on");
    // The other draws on what the reseller has not handed on, whether or not that is used.
    assert_eq!(safe.put("data", &[3; 1_001]).await.0, 403);
    assert_eq!(safe.put("data", &[3; 900]).await.0, 200);
    assert_eq!(numbers(&space(&app, &reseller).await), [json!(2000), json!(1000), json!(900), json!(100)]);
    refused(allot(&app, &one, 1_101).await, "allotment_exceeded");
    refused(allot(&app, &one, 999).await, "below_committed");

    // Bought space lets the next one pass at once, and so does what was deleted.
    allot(&app, &one, 1_100).await.is(200);
    let begun = Instant::now();
    till.uploads(200).await;
    assert!(begun.elapsed() < Duration::from_secs(1));
    assert_eq!(safe.put("data", &[4; 1]).await.0, 403, "what was handed on is gone");
    assert_eq!(till.put("data", &[5; 99]).await.0, 200);
    assert_eq!(till.put("data", &[6; 1]).await.0, 403);

    // A device with space of its own draws on nobody.
    let device = format!("/devices/{}/space", till.id);
    refused(put(app.admin(), &device, &json!({ "allotted_bytes": 1_099 })).await, "below_committed");
    let set = put(app.admin(), &device, &json!({ "allotted_bytes": 1_100 })).await.is(200);
    assert_eq!((&set["free_bytes"], &set["above"]["free_bytes"]), (&json!(0), &json!(0)));
    assert_eq!(numbers(&space(&app, &one).await), [json!(1100), json!(1100), json!(0), json!(0)]);
    put(app.admin(), &device, &json!({ "allotted_bytes": 1_100, "overcommit": 2 })).await.is(422);
    allot(&app, &reseller, 5_000).await.is(200);
    allot(&app, &one, 3_000).await.is(200);
    assert_eq!(till.put("data", &[7; 1]).await.0, 403, "its own is what holds");
    put(app.admin(), &device, &json!({ "allotted_bytes": null })).await.is(200);
    assert_eq!(till.put("data", &[7; 1_900]).await.0, 200);
    assert_eq!(till.put("data", &[8; 1]).await.0, 403);
    app.settle().await;
    assert_eq!(numbers(&space(&app, &one).await), [json!(3000), json!(0), json!(3000), json!(0)]);
    let row = app.admin().get(&format!("/devices/{}", till.id)).await.is(200);
    assert_eq!((&row["used_bytes"], &row["allotted_bytes"]), (&json!(3000), &json!(null)));
    app.finish().await;
}

#[tokio::test]
async fn whose_space_runs_out_is_found() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    for (name, bytes) in [("Full", 95), ("Filling", 80), ("Roomy", 79)] {
        let customer = app.customer(&reseller, "end_customer", name).await;
        allot(&app, &customer, 100).await.is(200);
        let machine = app.machine(&app.pass_key(&customer).await, name).await;
        machine.begin().await;
        assert_eq!(machine.put("data", &vec![7; bytes]).await.0, 200);
    }
    app.settle().await;
    let rows = app.admin().get(&format!("/customers?under={reseller}&sort=-used_percent&limit=3")).await.is(200);
    let rows: Vec<(&str, i64)> = rows["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (row["company_name"].as_str().unwrap(), row["totals"]["used_percent"].as_i64().unwrap()))
        .collect();
    assert_eq!(rows, [("Full", 95), ("Filling", 80), ("Roomy", 79)]);
    let overview = app.admin().get(&format!("/customers/{reseller}/overview")).await.is(200);
    let finds = |part: &str, finding: &str| {
        let found = overview[part].as_array().unwrap().iter().find(|count| count["finding"] == finding);
        found.map(|count| count["count"].clone())
    };
    assert_eq!(finds("attention", "space_used_up"), Some(json!(1)), "{overview:#}");
    assert_eq!(finds("soon", "space_filling"), Some(json!(1)), "{overview:#}");
    app.finish().await;
}

/// A hundred times of what large providers use is more than the databases count to.
#[tokio::test]
async fn how_full_a_large_provider_is_stays_a_number() {
    const HELD: i64 = 9_007_199_254_740_991;
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    allot(&app, &reseller, HELD).await.is(200);
    let used = HELD / 100 * 97;
    let provider = app.provider().await;
    let set_used = async |customer: &str, used: i64| {
        let mut tx = app.database().begin().await.unwrap();
        tx.exec(db::sql!["update totals set used_bytes = ", used, " where customer_id = ", customer]).await.unwrap();
        tx.commit().await.unwrap();
    };
    set_used(&provider, i64::MAX / 2).await;
    set_used(&reseller, used).await;
    let found = app.admin().get("/customers?filter=totals.used_percent%20%3E%3D%2095").await.is(200);
    assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &json!(reseller)));
    let percent = found["items"][0]["totals"]["used_percent"].as_i64().unwrap();
    assert!((96..=97).contains(&percent), "{percent}");
    let overview = app.admin().get(&format!("/customers/{provider}/overview")).await.is(200);
    let attention = overview["attention"].as_array().unwrap();
    assert!(attention.iter().any(|count| count["finding"] == "space_used_up"), "{overview:#}");
    // Nothing lies anywhere in truth.
    set_used(&provider, 0).await;
    set_used(&reseller, 0).await;
    app.finish().await;
}

#[tokio::test]
async fn uploads_at_once_through_the_whole_server_end_at_the_last_byte() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let machines = join_all((0..4).map(|n| {
        let (app, key) = (&app, &key);
        async move {
            let machine = app.machine(key, &format!("machine {n}")).await;
            machine.begin().await;
            machine
        }
    }))
    .await;
    allot(&app, &customer, 10_000_000).await.is(200);
    let uploads = (0..64_u8).map(|n| {
        let machine = machines[usize::from(n) % 4].clone();
        tokio::spawn(async move {
            let mut bytes = vec![n; 1_000_000];
            bytes[0] = n;
            machine.put("data", &bytes).await
        })
    });
    let answers: Vec<_> = join_all(uploads).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 10);
    let refusals = answers.iter().filter(|(status, _)| *status != 200);
    assert!(refusals.into_iter().all(|(status, code)| (*status, code.as_deref()) == (403, Some("quota_exceeded"))));
    assert_eq!(numbers(&space(&app, &customer).await), [json!(10_000_000), json!(0), json!(10_000_000), json!(0)]);
    // Why there is no backup is found at the device.
    app.settle().await;
    let history = app.admin().get(&format!("/devices/{}/history", machines[0].id)).await.is(200);
    assert!(history.to_string().contains("Customer Bakery has no space left"), "{history:#}");
    app.finish().await;
}

#[tokio::test]
async fn space_goes_along_when_its_customer_moves_and_is_free_again_when_that_is_gone() {
    let app = App::start().await;
    let (old, new) = (app.reseller("Old IT").await, app.reseller("New IT").await);
    let customer = app.customer(&old, "end_customer", "Bakery").await;
    let site = app.site(&customer, "hq").await;
    let key = app.pass_key(&customer).await;
    let mut machines = Vec::new();
    for name in ["till", "oven"] {
        let machine = app.machine(&key, name).await;
        machine.begin().await;
        assert_eq!(machine.put("data", &[7; 10_000]).await.0, 200);
        machines.push(machine);
    }
    app.settle().await;
    for (holder, bytes) in [(&old, 10_000_000), (&new, 1_000_000), (&customer, 2_000_000), (&site, 300_000)] {
        allot(&app, holder, bytes).await.is(200);
    }
    let of_device = format!("/devices/{}/space", machines[0].id);
    put(app.admin(), &of_device, &json!({ "allotted_bytes": 500_000 })).await.is(200);
    let held = numbers(&space(&app, &customer).await);
    assert_eq!(held[..2], [json!(2_000_000), json!(800_000)]);

    let path = format!("/customers/{customer}/move");
    let body = json!({ "parent_id": new });
    let refused = app.admin().post(&path, &body).await;
    assert_eq!(refused.body["errors"][0]["code"], "allotment_exceeded", "{:#}", refused.body);
    refused.is(409);
    // Within what is there it goes, with what its site and its device hold of it.
    allot(&app, &customer, 900_000).await.is(200);
    let before = numbers(&space(&app, &customer).await);
    app.admin().post(&path, &body).await.is(200);
    assert_eq!(numbers(&space(&app, &customer).await), before);
    assert_eq!(numbers(&space(&app, &old).await)[1..3], [json!(0), json!(0)]);
    assert_eq!(numbers(&space(&app, &new).await)[1..3], [json!(900_000), json!(0)]);
    // Without space of its own it takes what its site and device hold, and draws the rest.
    allot(&app, &customer, None).await.is(200);
    let drawn = numbers(&space(&app, &customer).await)[2].clone();
    assert!(drawn.as_i64().unwrap() >= 10_000, "{drawn}");
    assert_eq!(numbers(&space(&app, &new).await)[1..3], [json!(800_000), drawn.clone()]);
    app.admin().post(&path, &json!({ "parent_id": old })).await.is(200);
    assert_eq!(numbers(&space(&app, &old).await)[1..3], [json!(800_000), drawn]);
    assert_eq!(numbers(&space(&app, &new).await)[1..3], [json!(0), json!(0)]);
    // What is sent after the move is held to what is there by now.
    assert_eq!(machines[1].put("data", &[8; 10_000]).await.0, 200);
    app.settle().await;
    allot(&app, &customer, 900_000).await.is(200);

    app.admin().delete(&format!("/customers/{customer}?remove_products=true")).await.is(200);
    app.advance(Duration::from_hours(31 * 24));
    for _ in 0..3 {
        app.settle().await;
    }
    app.sign_in_again().await;
    app.admin().get(&format!("/customers/{customer}")).await.refused(404, "not_found");
    assert_eq!(
        numbers(&space(&app, &old).await),
        [json!(10_000_000), json!(0), json!(0), json!(10_000_000)],
        "nothing of it is taken any more"
    );
    app.finish().await;
}
