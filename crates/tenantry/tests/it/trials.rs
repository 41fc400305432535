//! Trials: who may have one, when it ends, and that there is no way back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::with;

const DAY: Duration = Duration::from_hours(24);

async fn on_trial(app: &App, reseller: &str, name: &str) -> String {
    let body = json!({ "parent_id": reseller, "company_name": name, "country": "DE", "trial": true });
    id(&app.admin().post("/customers", &body).await.is(201))
}

#[tokio::test]
async fn a_trial_ends_by_itself_at_its_time() {
    let mut app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let body =
        json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "trial": true, "sites": ["hq"] });
    let made = app.admin().post("/customers", &body).await.is(201);
    let site = format!("/customers/{}", id(&made["sites"][0]));
    let (path, ends_at) = (format!("/customers/{}", id(&made)), made["trial_ends_at"].clone());
    assert_eq!((&made["stage"], &made["production_since"]), (&json!("trial"), &Value::Null));
    let days = |at: &Value| at.as_str().unwrap().parse::<jiff::Timestamp>().unwrap().duration_since(app.now());
    assert!((days(&ends_at).as_secs() - 30 * 86_400).abs() < 60);
    let found = |words: &'static str| with("/customers", &[("filter", words)]);
    // A site is on trial with its customer, and has no end of its own.
    assert_eq!(app.admin().get(&found("stage == trial")).await.is(200)["total"], 2);
    let seen = app.admin().get(&site).await.is(200);
    assert_eq!((&seen["stage"], &seen["trial_ends_at"]), (&json!("trial"), &Value::Null));
    assert_eq!(app.admin().get(&found("trial_ends_at < now+29d")).await.is(200)["total"], 0);
    assert_eq!(app.admin().get(&found("trial_ends_at < now+31d")).await.is(200)["total"], 1);
    app.advance(Duration::from_mins(30 * 24 * 60 - 5));
    app.settle().await;
    app.sign_in_again().await;
    assert_eq!(app.admin().get(&path).await.is(200)["stage"], "trial");
    // It is over while nobody serves, and counts from its own moment.
    let clock = app.clock();
    app.restart_after(|| clock.advance(DAY)).await;
    app.settle().await;
    app.sign_in_again().await;
    let over = app.admin().get(&path).await.is(200);
    assert_eq!((&over["stage"], &over["trial_ends_at"]), (&json!("production"), &Value::Null));
    assert_eq!(over["production_since"], ends_at);
    assert_eq!(app.admin().get(&site).await.is(200)["stage"], "production");
    let began = &made["created_at"].as_str().unwrap()[..10];
    let then = app.admin().get(&format!("{site}?as_of={began}")).await.is(200)["then"].clone();
    assert_eq!(then["stage"], "trial", "as its customer was");
    assert_eq!(app.admin().get(&found("stage == trial")).await.is(200)["total"], 0);
    let log = app.admin().get(&format!("{path}/changes")).await.is(200);
    let ended =
        log["items"].as_array().unwrap().iter().find(|entry| entry["action"] == "customer.trial_ended").unwrap();
    assert_eq!(ended["actor"]["kind"], "system");
    let again = app.admin().act(&format!("{path}/end_trial")).await.is(200);
    assert_eq!(again["changes"], false);
    app.finish().await;
}

#[tokio::test]
async fn a_trial_is_ended_before_its_time_from_above_only() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = on_trial(&app, &reseller, "Bakery").await;
    let path = format!("/customers/{customer}");
    let own = app.person(&customer, "administrator", "jo@bakery.example").await;
    own.act(&format!("{path}/end_trial")).await.refused(403, "forbidden");
    // There is no way to try it, and asking for one doesn't do it.
    let tried = app.admin().act(&format!("{path}/end_trial?dry_run=true&dry_run=1&force=1")).await;
    tried.invalid(&[("dry_run", "unknown_field"), ("force", "unknown_field")]);
    assert_eq!(app.admin().get(&path).await.is(200)["stage"], "trial");
    let ended = app.admin().act(&format!("{path}/end_trial")).await.is(200);
    assert_eq!((&ended["changes"], &ended["stage"]), (&json!(true), &json!("production")));
    assert!(ended["production_since"].is_string());
    let never = app.customer(&reseller, "end_customer", "Mill").await;
    app.admin().act(&format!("/customers/{never}/end_trial")).await.refused(409, "in_production");
    app.finish().await;
}

#[tokio::test]
async fn only_end_customers_are_on_trial() {
    let app = App::start().await;
    let provider = app.provider().await;
    let body =
        json!({ "parent_id": provider, "level": "reseller", "company_name": "R", "country": "DE", "trial": true });
    app.admin().post("/customers", &body).await.invalid(&[("trial", "invalid")]);
    let customer = app.end_customer("Bakery").await;
    let body = json!({ "parent_id": customer, "name": "hq", "trial": true });
    app.admin().post("/customers", &body).await.invalid(&[("trial", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn the_overview_says_which_end_soon() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    on_trial(&app, &reseller, "Bakery").await;
    let soon = async || {
        let overview = app.admin().get(&format!("/customers/{reseller}/overview")).await.is(200);
        let mut told = Vec::new();
        for count in overview["soon"].as_array().unwrap() {
            let list = with("/customers", &[("under", &reseller), ("filter", count["filter"].as_str().unwrap())]);
            assert_eq!(app.admin().get(&list).await.is(200)["total"], count["count"], "{count}");
            told.push(count["finding"].as_str().unwrap().to_owned());
        }
        told
    };
    assert_eq!(soon().await, [""; 0]);
    app.advance(DAY * 24);
    app.sign_in_again().await;
    assert_eq!(soon().await, ["trial_ends_this_week"]);
    app.advance(DAY * 5 + Duration::from_hours(1));
    app.sign_in_again().await;
    assert_eq!(soon().await, ["trial_ends_today"]);
    app.advance(DAY);
    app.settle().await;
    app.sign_in_again().await;
    assert_eq!(soon().await, ["trial_ended"]);
    app.finish().await;
}
