//! Reports by a real mail server: who gets which, when, once, and what stands in the way.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD};
use crate::client::{Answer, Client, with};
use crate::mail::{MailServer, set as set_mail};

async fn set(client: &Client, customer: &str, name: &str, value: Value) -> Answer {
    let path = format!("/customers/{customer}/settings/{name}");
    client.request(Method::PUT, &path).json(&json!({ "value": value })).send().await
}

async fn report(client: &Client, customer: &str, kind: &str) -> Value {
    let list = client.get(&format!("/customers/{customer}/reports")).await.is(200);
    list["items"].as_array().unwrap().iter().find(|report| report["kind"] == kind).unwrap().clone()
}

/// A customer with an address, and a machine that has backed up once.
async fn customer(app: &App, parent: &str, name: &str) -> (String, String) {
    let customer = app.customer(parent, "end_customer", name).await;
    let email = format!("{}@host.example", name.to_lowercase());
    app.admin().edit(&format!("/customers/{customer}"), &json!({ "email": email })).await.is(200);
    let machine = app.machine(&app.pass_key(&customer).await, &format!("till of {name}")).await;
    machine.begin().await;
    assert_eq!(machine.put("snapshots", b"a snapshot of today").await.0, 200);
    app.settle().await;
    (customer, email)
}

/// Lets the clock go on to a time of the day, and what is due be sent.
async fn until(app: &App, hour: i8) {
    app.settle().await;
    let now = app.now().to_zoned(jiff::tz::TimeZone::UTC);
    let mut then = now.date().at(hour, 0, 30, 0).to_zoned(jiff::tz::TimeZone::UTC).unwrap();
    if then <= now {
        then = then.tomorrow().unwrap();
    }
    let wait = then.timestamp().as_second() - now.timestamp().as_second();
    app.advance(Duration::from_secs(wait.unsigned_abs()));
    // What the clock has brought about is followed in turn, while the server does the same.
    for _ in 0..3 {
        app.settle().await;
    }
    app.sign_in_again().await;
}

/// A Tuesday's noon, far from the hours and days at which reports are sent, whenever the test runs.
async fn noon() -> App {
    let app = App::start().await;
    until(&app, 12).await;
    while app.now().to_zoned(jiff::tz::TimeZone::UTC).weekday() != jiff::civil::Weekday::Tuesday {
        until(&app, 12).await;
    }
    app
}

#[tokio::test]
async fn a_customer_is_told_of_its_backups_once_a_day_by_its_clock() {
    let app = noon().await;
    let admin = app.admin();
    let mut server = MailServer::start(&[]).await;
    set_mail(admin, &server.settings()).await.is(200);
    let north = app.reseller("North").await;
    let (bakery, email) = customer(&app, &north, "Bakery").await;
    customer(&app, &north, "Dairy").await;
    // Without an address there is nobody to tell.
    let mute = app.customer(&north, "end_customer", "Mute").await;
    set(admin, &mute, "job_reports", json!({ "backup": true })).await.refused(409, "email_required");
    set(admin, &mute, "job_reports", json!({ "backup": false })).await.is(200);

    assert_eq!(report(admin, &bakery, "backup_jobs").await["off"], "switched_off");
    set(admin, &bakery, "job_reports", json!({ "backup": true, "restore": true })).await.is(200);
    set(admin, &north, "branding", json!({ "name": "Northern <Lights>", "colour": "#7a1f1f" })).await.is(200);
    // Seven there is six here.
    set(admin, &north, "time_zone", json!("Africa/Lagos")).await.is(200);
    app.settle().await;
    let seen = report(admin, &bakery, "backup_jobs").await;
    assert_eq!((&seen["off"], &seen["recipients"]), (&Value::Null, &json!([email])));
    assert!(seen["next_at"].as_str().unwrap().contains("T06:00:00"), "{seen}");
    until(&app, 5).await;
    assert!(!server.has_more().await, "not before its hour");
    until(&app, 6).await;
    let mail = server.next().await;
    assert_eq!((&mail["to"][0], &mail["headers"]["subject"]), (&json!(email), &json!("Backups: Bakery")));
    let (text, html) = (mail["text"].as_str().unwrap(), mail["html"].as_str().unwrap());
    assert!(text.contains("completed: 1") && text.contains("till of Bakery | "), "{text}");
    assert!(html.contains("Northern &lt;Lights&gt;") && html.contains("#7a1f1f"), "{html}");
    assert!(!text.contains("Dairy") && !html.contains("Dairy"));
    assert!(!server.has_more().await, "nothing was restored, and nobody else has asked for it");
    assert!(report(admin, &bakery, "backup_jobs").await["last_sent_at"].is_string());
    app.advance(Duration::from_mins(90));
    app.settle().await;
    assert!(!server.has_more().await, "once");
    // The next day nothing was backed up, which is worth a word.
    until(&app, 6).await;
    assert!(server.next().await["text"].as_str().unwrap().contains("No device has begun a backup"));
    // Who is suspended isn't reminded of it each day.
    app.suspend(&bakery, "stop_backups").await;
    until(&app, 6).await;
    assert!(!server.has_more().await);
    assert_eq!(report(app.admin(), &bakery, "backup_jobs").await["off"], "not_active");
    app.finish().await;
}

#[tokio::test]
async fn whoever_has_the_link_stops_a_report_and_somebody_gives_it_back() {
    let app = noon().await;
    let admin = app.admin();
    let mut server = MailServer::start(&[]).await;
    set_mail(admin, &server.settings()).await.is(200);
    let north = app.reseller("North").await;
    let (bakery, _) = customer(&app, &north, "Bakery").await;
    let both = ["boss@host.example", "Desk@host.example"];
    set(admin, &bakery, "consolidated_report", json!({ "enabled": true, "recipients": both, "every": "week" }))
        .await
        .is(200);
    let sent = admin.act(&format!("/customers/{bakery}/reports/consolidated/send")).await.is(200);
    assert_eq!(sent["sent_to"], json!(both));
    app.settle().await;
    let (first, second) = (server.next().await, server.next().await);
    let desk = if first["to"][0] == "Desk@host.example" { first } else { second };
    let header = desk["headers"]["list-unsubscribe"].as_str().unwrap();
    assert_eq!(desk["headers"]["list-unsubscribe-post"], "List-Unsubscribe=One-Click");
    let token = header.trim_matches(['<', '>']).split_once("token=").unwrap().1.to_owned();
    assert!(desk["text"].as_str().unwrap().contains(&format!("/stop-report#token={token}")));
    // As programs do it that read mail: without signing in, with a body of their own.
    let nobody = app.nobody();
    let path = with("/reports/stop", &[("token", &token)]);
    let post = async || {
        let request = nobody.request(Method::POST, &path).header("content-type", "application/x-www-form-urlencoded");
        request.raw("List-Unsubscribe=One-Click").send().await.is(200)
    };
    let stopped = post().await;
    assert_eq!((&stopped["customer_name"], &stopped["address"]), (&json!("Bakery"), &json!("Desk@host.example")));
    post().await;
    nobody
        .request(Method::POST, &with("/reports/stop", &[("token", "AAAA")]))
        .send()
        .await
        .invalid(&[("token", "invalid")]);
    let seen = report(admin, &bakery, "consolidated").await;
    assert_eq!((&seen["recipients"], &seen["stopped"]), (&json!(["boss@host.example"]), &json!(["desk@host.example"])));
    let sent = admin.act(&format!("/customers/{bakery}/reports/consolidated/send")).await.is(200);
    assert_eq!(sent["sent_to"], json!(["boss@host.example"]));
    // Nor does it reach whoever doesn't want it by being sent there.
    let path = format!("/customers/{bakery}/reports/consolidated/send");
    admin
        .post(&path, &json!({ "to": ["boss@host.example", "DESK@host.example"] }))
        .await
        .invalid(&[("to.1", "report_off")]);
    // What nobody has switched on goes to whom it is said, and not by itself.
    let jobs = format!("/customers/{bakery}/reports/backup_jobs/send");
    admin.act(&jobs).await.refused(409, "report_off");
    admin.post(&jobs, &json!({ "to": ["else@host.example"] })).await.is(200);
    let log = admin.get(&format!("/customers/{bakery}/changes?limit=20")).await.is(200).to_string();
    assert!(log.contains("customer.report_stopped") && log.contains("customer.report_sent") && !log.contains(&token));
    let resume = format!("/customers/{bakery}/reports/consolidated/resume");
    admin
        .post(&resume, &json!({ "address": "nobody@host.example" }))
        .await
        .invalid(&[("address", "reference_not_found")]);
    admin.post(&resume, &json!({ "address": " DESK@host.example " })).await.is(200);
    assert_eq!(report(admin, &bakery, "consolidated").await["recipients"], json!(both));
    app.finish().await;
}

#[tokio::test]
async fn what_the_provider_sends_to_all_takes_the_place_of_the_customers_own() {
    let app = noon().await;
    let admin = app.admin();
    let mut server = MailServer::start(&[]).await;
    set_mail(admin, &server.settings()).await.is(200);
    let provider = app.provider().await;
    let north = app.reseller("North").await;
    let (bakery, email) = customer(&app, &north, "Bakery").await;
    let own = json!({ "enabled": true, "recipients": ["boss@host.example"], "every": "month" });
    set(admin, &bakery, "consolidated_report", own.clone()).await.is(200);
    set(admin, &provider, "global_consolidated_report", json!({ "enabled": true, "every": "day" })).await.is(200);
    let seen = report(admin, &bakery, "consolidated").await;
    assert_eq!(
        (&seen["is_global"], &seen["recipients"], &seen["every"]),
        (&json!(true), &json!([email]), &json!("day"))
    );
    set(admin, &bakery, "consolidated_report", own).await.refused(409, "global_report_on");
    // The status report is sent where both want it, and tells what the provider's filter finds.
    assert_eq!(report(admin, &bakery, "status").await["off"], "switched_off");
    set(admin, &north, "status_report", json!({ "enabled": true })).await.is(200);
    assert_eq!(report(admin, &bakery, "status").await["off"], "global_off");
    let wrong = json!({ "enabled": true, "filter": "nam ~ \"till\"" });
    set(admin, &provider, "global_status_report", wrong).await.invalid(&[("value.filter", "invalid_filter")]);
    let key = app.pass_key(&bakery).await;
    app.machine(&key, "laptop").await;
    let global = json!({ "enabled": true, "at_hour": 9, "filter": "name ~ \"lap\"" });
    set(admin, &provider, "global_status_report", global).await.is(200);
    // Neither is anybody else's to say.
    let boss = app.person(&north, "administrator", "bo@host.example").await;
    set(&boss, &north, "global_status_report", json!({ "enabled": false }))
        .await
        .invalid(&[("name", "setting_not_applicable")]);
    until(&app, 7).await;
    let mail = server.next().await;
    assert_eq!(mail["to"][0], email);
    let subject = mail["headers"]["subject"].as_str().unwrap();
    assert_eq!(subject, "Consolidated report: Bakery, 1 device needs attention");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("Backups | 1 | 0 | 0") && text.contains("laptop | No backup yet | Never"), "{text}");
    assert!(!server.has_more().await);
    until(&app, 9).await;
    let mail = server.next().await;
    assert_eq!(mail["headers"]["subject"], "Backup status: Bakery, 1 device needs attention");
    let text = mail["text"].as_str().unwrap();
    assert!(text.contains("laptop") && !text.contains("till of"), "{text}");
    // What nobody has seen yet, and what was given up, is no device that backs up.
    let expected = json!({ "customer_id": bakery, "name": "lap to come" });
    app.admin().post("/devices", &expected).await.is(201);
    let page = app.admin().get(&format!("/customers/{bakery}/reports/status")).await.is(200);
    assert!(!page["text"].as_str().unwrap().contains("lap to come"), "{page}");
    // Everything together has events in it, which not everybody may see.
    let looker = app.person(&north, "restore_only", "ro@host.example").await;
    looker.get(&format!("/customers/{bakery}/reports/status")).await.is(200);
    looker.get(&format!("/customers/{bakery}/reports/consolidated")).await.refused(403, "forbidden");
    // Whoever may see devices sees it beforehand; a reseller's neighbour doesn't.
    let boss = app.client("bo@host.example", PASSWORD).await;
    let page = boss.get(&format!("/customers/{bakery}/reports/status")).await.is(200);
    assert!(page["html"].as_str().unwrap().contains("laptop"));
    let path = format!("/customers/{bakery}/reports/status/page");
    let shown = boss.request(Method::GET, &path).stream().await;
    let policy = shown.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.starts_with("sandbox") && policy.contains("default-src 'none'"), "{policy}");
    assert!(shown.text().await.unwrap().contains("<h1>Backup status</h1>"));
    let south = app.reseller("South").await;
    let stranger = app.person(&south, "administrator", "sue@host.example").await;
    stranger.get(&format!("/customers/{bakery}/reports/status")).await.is(404);
    stranger.act(&format!("/customers/{bakery}/reports/status/send")).await.is(404);
    assert_eq!(app.admin().get(&format!("/customers/{north}/reports")).await.is(200)["items"], json!([]));
    app.admin().get(&format!("/customers/{north}/reports/status")).await.is(404);
    app.finish().await;
}

#[tokio::test]
async fn what_was_missed_is_one_report_when_mail_is_on_again() {
    let mut app = noon().await;
    let mut server = MailServer::start(&[]).await;
    let north = app.reseller("North").await;
    let (bakery, _) = customer(&app, &north, "Bakery").await;
    set(app.admin(), &bakery, "job_reports", json!({ "backup": true })).await.is(200);
    app.settle().await;
    assert_eq!(report(app.admin(), &bakery, "backup_jobs").await["off"], "mail_off");
    app.admin().act(&format!("/customers/{bakery}/reports/backup_jobs/send")).await.refused(409, "mail_off");
    let zone = set(app.admin(), &bakery, "time_zone", json!("etc/utc")).await.is(200);
    assert_eq!(zone["value"], "Etc/UTC");
    until(&app, 7).await;
    until(&app, 8).await;
    // Also where the server was down meanwhile.
    app.restart().await;
    app.sign_in_again().await;
    set_mail(app.admin(), &server.settings()).await.is(200);
    app.settle().await;
    let text = server.next().await["text"].as_str().unwrap().to_owned();
    assert!(text.contains("completed: 1"), "the backup of the day before yesterday is in it: {text}");
    assert!(!server.has_more().await, "one for all that was missed");
    // A customer that goes takes its reports along.
    app.remove(&bakery).await;
    app.advance(Duration::from_hours(24 * 31));
    app.settle().await;
    app.sign_in_again().await;
    app.admin().get(&format!("/customers/{bakery}/reports")).await.is(404);
    app.finish().await;
}

/// Reports of several kinds that come in any order.
struct Told<'a> {
    server: &'a mut MailServer,
    others: Vec<Value>,
}

impl Told<'_> {
    /// The text of the next of a kind.
    async fn of(&mut self, kind: &str) -> String {
        let is_of = |mail: &Value| mail["headers"]["subject"].as_str().unwrap().starts_with(kind);
        let mail = match self.others.iter().position(is_of) {
            Some(at) => self.others.remove(at),
            None => loop {
                let mail = self.server.next().await;
                if is_of(&mail) {
                    break mail;
                }
                self.others.push(mail);
            },
        };
        mail["text"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn what_ends_shortly_before_or_between_two_rhythms_is_told_once() {
    let app = noon().await;
    let admin = app.admin();
    let mut server = MailServer::start(&[]).await;
    set_mail(admin, &server.settings()).await.is(200);
    let north = app.reseller("North").await;
    let (bakery, _) = customer(&app, &north, "Bakery").await;
    let machine = app.machine(&app.pass_key(&bakery).await, "office").await;
    machine.begin().await;
    let on = json!({ "enabled": true, "recipients": ["boss@host.example"], "every": "week" });
    set(admin, &bakery, "job_reports", json!({ "backup": true })).await.is(200);
    set(admin, &bakery, "consolidated_report", on).await.is(200);
    until(&app, 6).await;
    app.advance(Duration::from_mins(55));
    assert_eq!(machine.put("snapshots", b"a snapshot of five minutes before").await.0, 200);
    app.settle().await;
    let mut told = Told { server: &mut server, others: Vec::new() };
    until(&app, 7).await;
    let text = told.of("Backups").await;
    assert!(text.contains("till of Bakery | ") && !text.contains("office | "), "{text}");
    until(&app, 7).await;
    let text = told.of("Backups").await;
    assert!(!text.contains("till of Bakery | ") && text.contains("office | "), "{text}");
    // Another rhythm begins where the former one ended: after the first weekly one nothing is told twice.
    let zoned = |app: &App| app.now().to_zoned(jiff::tz::TimeZone::UTC);
    while zoned(&app).weekday() != jiff::civil::Weekday::Monday {
        until(&app, 7).await;
    }
    let text = told.of("Consolidated").await;
    assert!(text.contains("Backups | 2 | 0 | 0"), "{text}");
    let daily = json!({ "enabled": true, "recipients": ["boss@host.example"], "every": "day" });
    set(app.admin(), &bakery, "consolidated_report", daily).await.is(200);
    until(&app, 7).await;
    let text = told.of("Consolidated").await;
    assert!(text.contains("Backups | 0 | 0 | 0"), "{text}");
    // Another hour on the same day brings no second one.
    while told.server.has_more().await {}
    set(app.admin(), &north, "time_zone", json!("America/New_York")).await.is(200);
    until(&app, 12).await;
    assert!(!told.server.has_more().await);
    app.finish().await;
}
