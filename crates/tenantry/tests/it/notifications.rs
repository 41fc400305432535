//! Notifications by a real mail server: who is told of which events, when, and once.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::merged;
use crate::mail::{MailServer, set};

fn rule(fields: &Value) -> Value {
    let whole = json!({ "name": "Night watch", "filter": "severity == action_required", "pace": "event",
        "recipients": ["night@host.example"], "delay_minutes": 10 });
    merged(&whole, fields)
}

async fn report(app: &App, customer: &str, kind: &str, resolved: bool) {
    let body = json!({ "customer_id": customer, "type": kind, "resolved": resolved, "detail": "In the office" });
    app.admin().post("/events", &body).await.is(200);
}

/// Lets so much time pass, and what is due be sent.
async fn after(app: &App, minutes: u64) {
    app.settle().await;
    app.advance(Duration::from_mins(minutes));
    app.settle().await;
    app.sign_in_again().await;
}

#[tokio::test]
async fn people_are_told_once_of_what_has_not_mended_itself() {
    let app = App::start().await;
    let mut server = MailServer::start(&[]).await;
    set(app.admin(), &server.settings()).await.is(200);
    let (north, south) = (app.reseller("North").await, app.reseller("South").await);
    let bakery = app.customer(&north, "end_customer", "Bakery").await;
    let dairy = app.customer(&south, "end_customer", "Dairy").await;
    let path = format!("/customers/{north}/notification_rules");
    let made = app.admin().post(&path, &rule(&json!({}))).await.is(201);
    assert_eq!(
        (&made["time_zone"], &made["enabled"], &made["last_sent_at"]),
        (&json!("UTC"), &json!(true), &Value::Null)
    );
    report(&app, &bakery, "threat_unresolved", false).await;
    report(&app, &bakery, "outbreak_alert", false).await;
    // Neither a warning nor somebody else's is theirs, and this one is over before its time.
    report(&app, &bakery, "disk_space_low", false).await;
    report(&app, &dairy, "threat_unresolved", false).await;
    report(&app, &bakery, "real_time_scan_off", false).await;
    after(&app, 5).await;
    report(&app, &bakery, "real_time_scan_off", true).await;
    assert!(!server.has_more().await, "not before its delay");
    after(&app, 6).await;
    let mail = server.next().await;
    assert_eq!(
        (&mail["to"][0], &mail["headers"]["subject"]),
        (&json!("night@host.example"), &json!("[North] 2 events"))
    );
    let text = mail["text"].as_str().unwrap().replace("\r\n", "\n");
    for told in ["Action required: Threat not removed\nBakery\nIn the office", "Outbreak alert", "/events?under="] {
        assert!(text.contains(told), "{told}: {text}");
    }
    assert!(!text.contains("Real-time") && !text.contains("Disk"), "{text}");
    report(&app, &bakery, "outbreak_alert", false).await;
    after(&app, 11).await;
    assert!(!server.has_more().await, "the same again is told once");
    // Mended and come back it is another matter.
    report(&app, &bakery, "outbreak_alert", true).await;
    report(&app, &bakery, "outbreak_alert", false).await;
    after(&app, 11).await;
    assert_eq!(server.next().await["headers"]["subject"], "[North] Outbreak alert: Bakery");
    let rules = app.admin().get(&path).await.is(200);
    assert!(rules["items"][0]["last_sent_at"].is_string());
    // A crowd is one mail.
    for number in 0..25 {
        let body = json!({ "customer_id": bakery, "type": "spyware_restart", "product": format!("Product {number}") });
        app.admin().post("/events", &body).await.is(200);
    }
    after(&app, 11).await;
    let crowd = server.next().await;
    assert_eq!(crowd["headers"]["subject"], "[North] 25 events");
    assert!(crowd["text"].as_str().unwrap().contains("And 5 more."), "{crowd}");
    assert!(!server.has_more().await);
    // Whoever is switched off is told of nothing, not of what waits either.
    let path = format!("/notification_rules/{}", id(&made));
    report(&app, &bakery, "service_unreachable", false).await;
    app.settle().await;
    let off = app.admin().request(Method::PUT, &path).json(&rule(&json!({ "enabled": false }))).send().await.is(200);
    assert_eq!(off["version"], 2);
    after(&app, 11).await;
    assert!(!server.has_more().await);
    app.finish().await;
}

#[tokio::test]
async fn while_mail_is_off_it_waits_and_a_rule_shows_what_it_would_tell() {
    let app = App::start().await;
    let north = app.reseller("North").await;
    let bakery = app.customer(&north, "end_customer", "Bakery").await;
    let path = format!("/customers/{north}/notification_rules");
    app.admin().post(&path, &rule(&json!({ "delay_minutes": 0 }))).await.is(201);
    report(&app, &bakery, "threat_unresolved", false).await;
    after(&app, 1).await;
    let preview = app.admin().post(&format!("{path}/preview"), &rule(&json!({}))).await.is(200);
    assert_eq!((&preview["total"], &preview["subject"]), (&json!(1), &json!("[North] Threat not removed: Bakery")));
    assert_eq!(preview["events"][0]["type"], "threat_unresolved");
    let mut server = MailServer::start(&[]).await;
    set(app.admin(), &server.settings()).await.is(200);
    app.settle().await;
    assert_eq!(server.next().await["headers"]["subject"], "[North] Threat not removed: Bakery");
    let put = async |fields: Value| app.admin().post(&path, &rule(&fields)).await;
    assert_eq!(put(json!({ "filter": "severty == warning" })).await.is(422)["errors"][0]["field"], "filter");
    put(json!({ "recipients": [] })).await.invalid(&[("recipients", "required")]);
    put(json!({ "recipients": ["a@host.example", "nobody"] })).await.invalid(&[("recipients.1", "invalid")]);
    put(json!({ "time_zone": "Mars/Olympus", "at_hour": 24 }))
        .await
        .invalid(&[("at_hour", "out_of_range"), ("time_zone", "invalid")]);
    put(json!({ "quiet": { "from": "8", "to": "24:00" } }))
        .await
        .invalid(&[("quiet.from", "invalid"), ("quiet.to", "invalid")]);
    put(json!({ "quiet": { "from": "08:00", "to": "08:00" } })).await.invalid(&[("quiet.to", "out_of_range")]);
    let daily = json!({ "pace": "day", "at_hour": 7, "time_zone": "europe/berlin", "quiet": { "from": "22:00", "to": "06:00" } });
    let made = put(daily).await.is(201);
    assert_eq!((&made["time_zone"], &made["quiet"]["to"]), (&json!("Europe/Berlin"), &json!("06:00")));
    app.remove(&north).await;
    app.advance(Duration::from_hours(24 * 31));
    app.settle().await;
    app.sign_in_again().await;
    app.admin().delete(&format!("/notification_rules/{}", id(&made))).await.is(404);
    app.finish().await;
}
