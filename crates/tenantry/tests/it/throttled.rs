//! How fast machines may back up and be restored from: by what is set nearest, at the hours that were said, and at once where
//! it is changed while bytes move. Times are bounded from below alone, since the machine may be busy.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::ToSpan as _;
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tokio::time::{Instant, sleep};

use crate::app::App;
use crate::client::{Answer, Client};
use crate::machine::Machine;
use crate::process::Noise;

const RATE: u64 = 200_000;
/// What passes before anything has to be paid for: what a connection has read by then.
const BEGUN: u64 = 150_000;

async fn set(client: &Client, owner: &str, value: Value) -> Answer {
    let body = json!({ "value": value });
    client.request(Method::PUT, &format!("/{owner}/settings/throttle")).json(&body).send().await
}

async fn told(client: &Client, owner: &str) -> Value {
    let effective = client.get(&format!("/{owner}/effective")).await.is(200);
    effective["settings"].as_array().unwrap().iter().find(|it| it["name"] == "throttle").unwrap().clone()
}

/// No file is there twice.
static FILES: AtomicU64 = AtomicU64::new(1);

fn at_rate(length: u64) -> Duration {
    Duration::from_millis((length - BEGUN) * 1000 / RATE)
}

async fn upload(machine: &Machine, length: u64) -> (String, Duration) {
    let bytes = Noise::new(FILES.fetch_add(1, Ordering::Relaxed)).bytes(length);
    let begun = Instant::now();
    assert_eq!(machine.put("data", &bytes).await, (200, None));
    (data_encoding::HEXLOWER.encode(&Sha256::digest(&bytes)), begun.elapsed())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_moves_no_more_than_the_nearest_rate_over_all_its_connections() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    let (reseller, device) = (format!("customers/{reseller}"), format!("devices/{}", machine.id));
    assert_eq!(told(app.admin(), &device).await["rate"], json!({ "bytes_per_second": null, "until": null }));
    set(app.admin(), &reseller, json!({ "enabled": true, "bytes_per_second": RATE })).await.is(200);
    let held = told(app.admin(), &device).await;
    assert_eq!((&held["rate"]["bytes_per_second"], &held["source"]["name"]), (&json!(RATE), &json!("Reseller")));

    let (name, took) = upload(&machine, 800_000).await;
    assert!(took >= at_rate(800_000), "{took:?}");
    let begun = Instant::now();
    let (one, other) = tokio::join!(upload(&machine, 400_000), upload(&machine, 400_000));
    assert!(begun.elapsed() + Duration::from_millis(700) >= at_rate(800_000), "{one:?} {other:?}");
    let begun = Instant::now();
    let read = machine.request(Method::GET, &format!("data/{name}"), Vec::new()).await;
    assert_eq!(read.bytes().await.unwrap().len(), 800_000);
    assert!(begun.elapsed() >= at_rate(800_000), "{:?}", begun.elapsed());
    // Small ones count as well: these are 600 kB.
    let begun = Instant::now();
    for at in 0..30 {
        let range = format!("bytes={}-{}", at * 20_000, at * 20_000 + 19_999);
        let path = format!("{}data/{name}", machine.url);
        let read = machine.http.get(path).basic_auth(&machine.username, Some(&machine.password)).header("range", range);
        assert_eq!(read.send().await.unwrap().bytes().await.unwrap().len(), 20_000);
    }
    assert!(begun.elapsed() >= at_rate(600_000), "{:?}", begun.elapsed());
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_setting_takes_hold_of_what_is_under_way() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    let (name, _) = upload(&machine, 4_000_000).await;
    let (customer, device) = (format!("customers/{customer}"), format!("devices/{}", machine.id));
    // At this rate these take hours, and a client waits for a minute.
    let slow = json!({ "enabled": true, "bytes_per_second": 8_000 });
    set(app.admin(), &customer, slow.clone()).await.is(200);
    let uploading = tokio::spawn({
        let machine = machine.clone();
        async move { upload(&machine, 4_000_000).await }
    });
    let read = machine.request(Method::GET, &format!("data/{name}"), Vec::new()).await;
    sleep(Duration::from_secs(1)).await;
    assert!(!uploading.is_finished());
    // The nearest wins, whole: off is a setting, too.
    set(app.admin(), &device, json!({ "enabled": false })).await.is(200);
    assert_eq!(read.bytes().await.unwrap().len(), 4_000_000);
    uploading.await.unwrap();
    // And the other way: what goes on freely is slowed down while it goes on.
    set(app.admin(), &device, json!({ "enabled": true, "bytes_per_second": 2_000_000 })).await.is(200);
    let uploading = tokio::spawn({
        let machine = machine.clone();
        async move { upload(&machine, 4_000_000).await.1 }
    });
    sleep(Duration::from_millis(300)).await;
    set(app.admin(), &device, json!({ "enabled": true, "bytes_per_second": 400_000 })).await.is(200);
    let took = uploading.await.unwrap();
    assert!(took > Duration::from_secs(4), "{took:?}");
    app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn it_holds_at_the_hours_that_were_said() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    let owner = format!("customers/{customer}");
    let hour = |hours: i64| (app.now() + hours.hours()).strftime("%H:00").to_string();
    let value = json!({ "enabled": true, "bytes_per_second": RATE, "window": { "from": hour(2), "to": hour(4) },
        "time_zone": "UTC" });
    let before = set(app.admin(), &owner, value).await.is(200);
    assert_eq!(before["rate"]["bytes_per_second"], Value::Null);
    assert!(before["rate"]["until"].as_str().unwrap().contains(&format!("T{}", hour(2))), "{before}");
    app.advance(Duration::from_hours(2));
    let within = told(app.admin(), &owner).await;
    assert_eq!(within["rate"]["bytes_per_second"], RATE);
    assert!(within["rate"]["until"].as_str().unwrap().contains(&format!("T{}", hour(2))), "{within}");
    let (_, took) = upload(&machine, 600_000).await;
    assert!(took >= at_rate(600_000), "{took:?}");
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_a_rate_is_named_and_changes_nothing() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let owner = format!("customers/{customer}");
    let wrong = json!({ "enabled": true, "bytes_per_second": 5, "window": { "from": "08:00", "to": "08:00" },
        "time_zone": "Nowhere" });
    set(app.admin(), &owner, wrong).await.invalid(&[
        ("value.time_zone", "invalid"),
        ("value.bytes_per_second", "out_of_range"),
        ("value.window.to", "invalid"),
    ]);
    assert_eq!(told(app.admin(), &owner).await["own"], Value::Null);
    app.finish().await;
}
