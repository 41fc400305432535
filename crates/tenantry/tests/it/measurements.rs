//! What customers used, by days: averages, high water, gaps, days without a change, and how long they are kept.

use std::time::Duration;

use db::sql;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::app::App;
use crate::machine::Machine;

const HOUR: Duration = Duration::from_hours(1);
const DAY: u64 = 86_400;

/// Lets time pass until so many seconds after the next midnight in UTC.
fn to_midnight_and(app: &App, seconds: u64) {
    let now = u64::try_from(app.now().as_second()).unwrap();
    app.advance(Duration::from_secs(DAY - now % DAY + seconds));
}

/// The days of a customer, as they are answered.
async fn days(app: &App, customer: &str) -> Vec<Value> {
    app.sign_in_again().await;
    let answer = app.admin().get(&format!("/customers/{customer}/measurements")).await.is(200);
    answer["items"].as_array().unwrap().clone()
}

fn day_of(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

/// Stores so many bytes and makes sure that they are counted.
async fn grow(app: &App, machine: &Machine, bytes: usize, fill: u8) {
    assert_eq!(machine.put("data", &vec![fill; bytes]).await.0, 200);
    app.settle().await;
}

/// A customer with a site and a machine at it, whose repository is empty.
async fn with_machine(app: &App) -> (String, String, Machine) {
    let customer = app.end_customer("Bakery").await;
    let site = app.site(&customer, "hq").await;
    let key = app.pass_key(&customer).await;
    let body = json!({ "pass_key": key, "name": "till", "site": "hq" });
    let machine = Machine::new(&app.nobody().post("/devices/register", &body).await.is(201));
    machine.begin().await;
    app.settle().await;
    (customer, site, machine)
}

/// The bytes are what they should be, give or take what the seconds between two calls make.
#[track_caller]
fn about(value: &Value, expected: i64) {
    let value = value.as_i64().unwrap();
    assert!((value - expected).abs() <= expected / 500, "{value} instead of about {expected}");
}

#[tokio::test]
async fn an_average_weighs_each_size_by_how_long_it_held() {
    let app = App::start().await;
    let (customer, site, machine) = with_machine(&app).await;
    to_midnight_and(&app, 0);
    let first = day_of(app.now());
    // Nothing for six hours, 1 MB for six, 3 MB for the rest of the day.
    app.advance(HOUR * 6);
    grow(&app, &machine, 1_000_000, 1).await;
    app.advance(HOUR * 6);
    grow(&app, &machine, 2_000_000, 2).await;
    assert_eq!(machine.put("snapshots", b"one").await.0, 200);
    app.settle().await;
    to_midnight_and(&app, 60);

    app.sign_in_again().await;
    let reseller = app.admin().get(&format!("/customers/{customer}")).await.is(200)["parent_id"].clone();
    for id in [site.as_str(), customer.as_str(), reseller.as_str().unwrap(), &app.provider().await] {
        let days = days(&app, id).await;
        let [.., day, today] = days.as_slice() else { panic!("{days:?}") };
        assert_eq!(day["day"], first);
        assert_eq!(day["measured_seconds"], 86_400);
        about(&day["used_bytes"]["average"], 1_750_000);
        assert_eq!((&day["used_bytes"]["high"], &day["used_bytes"]["last"]), (&json!(3_000_003), &json!(3_000_003)));
        assert_eq!((&day["devices"], &day["devices_protected"]), (&json!(1), &json!(1)));
        assert_eq!(day["devices_backed_up"], 1);
        // Nothing has changed since.
        assert_eq!(today["used_bytes"], json!({ "average": 3_000_003, "high": 3_000_003, "last": 3_000_003 }));
        assert_eq!(today["devices_backed_up"], 0);
        assert!((60..90).contains(&today["measured_seconds"].as_i64().unwrap()), "{today}");
    }
    app.finish().await;
}

#[tokio::test]
async fn days_without_a_change_are_what_the_last_change_left() {
    let app = App::start().await;
    let (customer, _, machine) = with_machine(&app).await;
    to_midnight_and(&app, 3600);
    grow(&app, &machine, 5000, 1).await;
    let changed = day_of(app.now());
    app.advance(Duration::from_secs(DAY * 4));
    grow(&app, &machine, 1000, 2).await;
    // Less at the end of the day than in between.
    let name = data_encoding::HEXLOWER.encode(&<sha2::Sha256 as sha2::Digest>::digest(vec![2_u8; 1000]));
    assert_eq!(machine.request(reqwest::Method::DELETE, &format!("data/{name}"), Vec::new()).await.status(), 200);
    app.settle().await;
    to_midnight_and(&app, 10);
    let days = days(&app, &customer).await;
    let at = days.iter().position(|day| day["day"] == changed).unwrap();
    let lasts: Vec<&Value> = days[at..].iter().map(|day| &day["used_bytes"]["last"]).collect();
    assert_eq!(lasts, [5000, 5000, 5000, 5000, 5000, 5000]);
    let highs: Vec<&Value> = days[at..].iter().map(|day| &day["used_bytes"]["high"]).collect();
    assert_eq!(highs, [5000, 5000, 5000, 5000, 6000, 5000]);
    assert!(days[at..days.len() - 1].iter().all(|day| day["measured_seconds"] == 86_400), "{days:?}");
    // Only two days of it are rows.
    let stored: i64 = app
        .database()
        .read()
        .await
        .unwrap()
        .one(sql!["select count(*) from customer_days where last_bytes = 5000 and customer_id = ", customer.as_str()])
        .await
        .unwrap();
    assert_eq!(stored, 1, "and the last is still open");
    app.finish().await;
}

#[tokio::test]
async fn a_time_that_nobody_measured_stays_a_gap() {
    let mut app = App::start().await;
    let (customer, _, mut machine) = with_machine(&app).await;
    to_midnight_and(&app, 6 * 3600);
    let before = day_of(app.now());
    grow(&app, &machine, 4000, 1).await;
    let clock = app.clock();
    // Down from six in the morning until noon of the day after the next.
    app.restart_after(|| clock.advance(HOUR * 54)).await;
    app.advance(Duration::from_secs(10));
    machine.moved_to(app.address());
    let after = day_of(app.now());
    let days_then = days(&app, &customer).await;
    let told: Vec<&Value> = days_then.iter().rev().take(2).map(|day| &day["day"]).collect();
    assert_eq!(told, [after.as_str(), before.as_str()], "the day between is missing");
    let measured = |day: &Value| day["measured_seconds"].as_i64().unwrap();
    let first = &days_then[days_then.len() - 2];
    assert!((6 * 3600..6 * 3600 + 60).contains(&measured(first)), "{first}");
    // Of the six hours that were measured.
    assert!(first["used_bytes"]["average"].as_i64().unwrap() < 40, "{first}");
    app.advance(HOUR * 3);
    grow(&app, &machine, 1000, 2).await;
    to_midnight_and(&app, 5);
    let days_now = days(&app, &customer).await;
    let day = &days_now[days_now.len() - 2];
    assert_eq!(day["day"], after);
    assert!((12 * 3600 - 60..12 * 3600 + 60).contains(&measured(day)), "{day}");
    about(&day["used_bytes"]["average"], 4750);
    // A short pause is none.
    app.restart().await;
    app.restart_after(|| clock.advance(Duration::from_mins(2))).await;
    let gaps: i64 =
        app.database().read().await.unwrap().one(sql!["select count(*) from measuring_gaps"]).await.unwrap();
    assert_eq!(gaps, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_backup_counts_once_a_day_even_where_it_is_stored_after_midnight() {
    let app = App::start().await;
    let (customer, _, machine) = with_machine(&app).await;
    let backed_up = async |number: usize| {
        let days = days(&app, &customer).await;
        days[days.len() - number]["devices_backed_up"].clone()
    };
    for text in ["one", "two", "three"] {
        assert_eq!(machine.put("snapshots", text.as_bytes()).await.0, 200);
        app.settle().await;
    }
    app.advance(Duration::from_secs(10));
    assert_eq!(backed_up(1).await, 1);
    to_midnight_and(&app, 100);
    assert_eq!((backed_up(1).await, backed_up(2).await), (json!(0), json!(1)));
    grow(&app, &machine, 10, 1).await;
    assert_eq!(machine.put("snapshots", b"four").await.0, 200);
    app.settle().await;
    assert_eq!((backed_up(1).await, backed_up(2).await), (json!(1), json!(1)));
    app.finish().await;
}

#[tokio::test]
async fn days_are_kept_for_two_years_and_the_size_before_them_is_known() {
    let app = App::start().await;
    let (customer, _, machine) = with_machine(&app).await;
    let count = async || -> i64 {
        let mut conn = app.database().read().await.unwrap();
        conn.one(sql!["select count(*) from customer_days where customer_id = ", customer.as_str()]).await.unwrap()
    };
    for fill in 1..6 {
        to_midnight_and(&app, 3600);
        grow(&app, &machine, 100, fill).await;
    }
    let many = count().await;
    app.advance(Duration::from_secs(DAY * 800));
    app.settle().await;
    app.settle().await;
    assert!(many >= 4 && count().await == 1, "{many} and then {}", count().await);
    let days = days(&app, &customer).await;
    assert_eq!(days.len(), 90);
    assert!(days.iter().all(|day| day["used_bytes"]["last"] == 500), "{days:?}");
    app.finish().await;
}

#[tokio::test]
async fn what_is_asked_for_is_checked() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let ask = async |query: &str| app.admin().get(&format!("/customers/{customer}/measurements{query}")).await;
    ask("?from=yesterday&to=2025-02-30").await.invalid(&[("from", "invalid"), ("to", "invalid")]);
    ask("?from=2025-02-02&to=2025-02-01").await.invalid(&[("from", "out_of_range")]);
    ask("?from=2020-01-01&to=2025-01-01").await.invalid(&[("from", "out_of_range")]);
    let none = ask("?from=2024-01-01&to=2024-12-31").await.is(200);
    assert_eq!((&none["items"], &none["from"], &none["to"]), (&json!([]), &json!("2024-01-01"), &json!("2024-12-31")));
    // A customer that was made today has no days before.
    app.advance(Duration::from_secs(10));
    let today = ask("").await.is(200);
    assert_eq!(today["items"].as_array().unwrap().len(), 1);
    let stranger = app.person(&app.end_customer("Other").await, "administrator", "o@example.com").await;
    stranger.get(&format!("/customers/{customer}/measurements")).await.refused(404, "not_found");
    // Deleting keeps what was, for whoever bills it.
    app.remove(&customer).await;
    let kept: i64 = app
        .database()
        .read()
        .await
        .unwrap()
        .one(sql!["select count(*) from customer_days where customer_id = ", customer.as_str()])
        .await
        .unwrap();
    assert!(kept >= 1, "{kept}");
    app.finish().await;
}
