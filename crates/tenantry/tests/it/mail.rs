//! Mail, by a real mail server: settings, invitations, lost passwords, and what happens while the server is away.

use std::process::Stdio;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio::time::timeout;

use crate::app::{App, PASSWORD, id};
use crate::client::{Answer, Client};
use crate::requests::secret_of;

const NEW_PASSWORD: &str = "copper lantern meadow 77";

/// A mail server, and what it has taken.
pub(crate) struct MailServer {
    _process: Child,
    lines: Lines<BufReader<ChildStdout>>,
    port: u64,
}

impl MailServer {
    /// With a user name and a password it takes mail from nobody else.
    pub(crate) async fn start(login: &[&str]) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/it/mail_server.py");
        let mut process = Command::new("/usr/bin/python3")
            .arg(script)
            .args(login)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().expect("needs aiosmtpd of Debian; ./test brings it");
        let first: Value = serde_json::from_str(&first).unwrap();
        Self { port: first["port"].as_u64().unwrap(), _process: process, lines }
    }

    /// The next message.
    pub(crate) async fn next(&mut self) -> Value {
        let line = timeout(Duration::from_secs(20), self.lines.next_line()).await.expect("no mail came").unwrap();
        serde_json::from_str(&line.unwrap()).unwrap()
    }

    pub(crate) async fn has_more(&mut self) -> bool {
        timeout(Duration::from_millis(300), self.lines.next_line()).await.is_ok()
    }

    pub(crate) fn settings(&self) -> Value {
        settings(self.port)
    }
}

fn settings(port: u64) -> Value {
    json!({ "enabled": true, "host": "127.0.0.1", "port": port, "security": "none", "sender": "Backups <b@host.example>" })
}

pub(crate) async fn set(client: &Client, settings: &Value) -> Answer {
    client.request(Method::PUT, "/mail_settings").json(settings).send().await
}

async fn reset(client: &Client, login: &str) -> Answer {
    client.post("/password_resets", &json!({ "login": login })).await
}

/// The link in a message, without what leads to it.
fn link(message: &Value) -> String {
    let text = message["text"].as_str().unwrap();
    secret_of(&json!(text.split_whitespace().find(|word| word.contains("#token=")).unwrap()))
}

async fn accept(app: &App, token: &str, password: &str) -> Answer {
    app.nobody().post("/invitations/accept", &json!({ "token": token, "password": password })).await
}

async fn user(app: &App, customer: &str, email: &str) -> String {
    let user = json!({ "customer_id": customer, "email": email, "name": "Jo", "role": "supporter" });
    id(&app.admin().post("/users", &user).await.is(201))
}

async fn mails(app: &App, filter: &str) -> Vec<Value> {
    app.admin().all(&format!("/mails?filter={filter}")).await
}

/// The same once each has been tried: the server knows of a message a moment before its state does.
async fn tried(app: &App, filter: &str) -> Vec<Value> {
    let is_tried = |mail: &Value| mail["state"] != "queued" || !mail["detail"].is_null();
    for _ in 0..200 {
        let mails = mails(app, filter).await;
        if !mails.is_empty() && mails.iter().all(is_tried) {
            return mails;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("{filter}: not all are tried: {:#?}", mails(app, filter).await);
}

#[tokio::test]
async fn settings_are_the_providers_and_keep_their_password() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let shown = app.admin().get("/mail_settings").await.is(200);
    assert_eq!((&shown["enabled"], &shown["version"], &shown["port"]), (&json!(false), &json!(0), &json!(587)));
    set(&boss, &settings(25)).await.refused(403, "forbidden");
    app.admin().post("/mail_settings/test", &json!({ "to": "me@host.example" })).await.refused(409, "mail_off");
    let wrong = json!({ "enabled": true, "host": "a b", "port": 0, "security": "tls", "sender": "nobody" });
    set(app.admin(), &wrong).await.invalid(&[("host", "invalid"), ("port", "out_of_range"), ("sender", "invalid")]);
    let with_port = json!({ "enabled": false, "host": "mail.example:25", "port": 25, "security": "tls" });
    set(app.admin(), &with_port).await.invalid(&[("host", "invalid")]);
    let lacking = json!({ "enabled": true, "port": 25, "security": "tls" });
    set(app.admin(), &lacking).await.invalid(&[("host", "required"), ("sender", "required")]);
    let mut wanted = settings(25);
    wanted["password"] = json!("hunter of mails");
    set(app.admin(), &wanted).await.invalid(&[("username", "required")]);
    wanted["username"] = json!("relay");
    let made = set(app.admin(), &wanted).await.is(200);
    assert_eq!((&made["has_password"], &made["version"]), (&json!(true), &json!(1)));
    assert!(!made.to_string().contains("hunter"));
    // Left out it stays, but isn't sent to another server.
    wanted.as_object_mut().unwrap().remove("password");
    assert_eq!(set(app.admin(), &wanted).await.is(200)["has_password"], true);
    wanted["host"] = json!("mail.elsewhere.example");
    set(app.admin(), &wanted).await.invalid(&[("password", "required")]);
    assert_eq!(app.admin().get("/mail_settings").await.is(200)["host"], "127.0.0.1");
    let log = app.admin().get(&format!("/customers/{}/changes", app.provider().await)).await.is(200).to_string();
    assert!(log.contains("mail_settings.updated") && !log.contains("hunter"));
    let below = boss.get(&format!("/customers/{reseller}/changes")).await.is(200).to_string();
    assert!(!below.contains("mail_settings"));
    app.finish().await;
}

#[tokio::test]
async fn people_are_invited_by_mail_while_it_is_on() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let jo = user(&app, &customer, "jo@b.example").await;
    let invite = format!("/users/{jo}/invitation");
    let by_mail = json!({ "by_mail": true });
    app.admin().post(&invite, &by_mail).await.refused(409, "mail_off");
    let mut server = MailServer::start(&["relay", "hunter of mails"]).await;
    let mut wanted = server.settings();
    wanted["username"] = json!("relay");
    wanted["password"] = json!("hunter of mails");
    set(app.admin(), &wanted).await.is(200);
    let test = app.admin().post("/mail_settings/test", &json!({ "to": "me@host.example" })).await.is(202);
    assert_eq!((&test["state"], &test["purpose"]), (&json!("queued"), &json!("test")));
    let message = server.next().await;
    assert_eq!((&message["login"], &message["to"][0]), (&json!("relay"), &json!("me@host.example")));
    assert_eq!(message["headers"]["from"], "Backups <b@host.example>");
    let shown = app.admin().post(&invite, &by_mail).await.is(201);
    assert_eq!((&shown["url"], &shown["email"]), (&Value::Null, &json!("jo@b.example")));
    let message = server.next().await;
    assert_eq!(message["to"], json!(["jo@b.example"]));
    assert!(message["text"].as_str().unwrap().contains("sign in as jo@b.example"), "{message}");
    app.settle().await;
    let sent = tried(&app, "purpose == invitation").await;
    assert_eq!((sent.len(), &sent[0]["state"], &sent[0]["attempts"]), (1, &json!("sent"), &json!(1)));
    assert_eq!(sent[0]["customer_id"], customer.as_str());
    // Who is elsewhere knows nothing of it.
    let other = app.reseller("Elsewhere").await;
    let other = app.person(&other, "administrator", "other@example.com").await;
    assert_eq!(other.get("/mails").await.is(200)["total"], 0);
    // The link works, and is nowhere else.
    let token = link(&message);
    let log = app.admin().get(&format!("/customers/{customer}/changes")).await.is(200).to_string();
    assert!(!log.contains(&token) && !sent[0].to_string().contains(&token));
    accept(&app, &token, PASSWORD).await.is(204);
    app.client("jo@b.example", PASSWORD).await;
    accept(&app, &token, NEW_PASSWORD).await.refused(403, "invitation_invalid");
    // A customer without an address can't be written to; nothing was changed by trying.
    let bare = json!({ "parent_id": app.reseller("Southwind").await, "company_name": "Mill", "country": "DE",
        "username": "mill_1", "password": PASSWORD });
    let bare = id(&app.admin().post("/customers", &bare).await.is(201));
    // The first administrator of a customer that is added can be, too.
    let body = json!({ "parent_id": app.id_of("Default reseller").await, "company_name": "Mill", "country": "DE",
        "email": "first@mill.example", "invite_administrator": true, "invite_by_mail": true });
    let made = app.admin().post("/customers", &body).await.is(201);
    assert_eq!(
        (&made["invitation"]["email"], &made["invitation"]["url"]),
        (&json!("first@mill.example"), &Value::Null)
    );
    assert_eq!(server.next().await["to"], json!(["first@mill.example"]));
    let invite = format!("/customers/{bare}/invitation");
    app.admin().post(&invite, &by_mail).await.invalid(&[("by_mail", "required")]);
    app.admin().edit(&format!("/customers/{bare}"), &json!({ "email": "info@mill.example" })).await.is(200);
    app.admin().post(&invite, &by_mail).await.is(201);
    let message = server.next().await;
    assert_eq!(message["to"], json!(["info@mill.example"]));
    assert!(message["text"].as_str().unwrap().contains("sign in as mill_1"), "{message}");
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn many_are_invited_by_mail_and_who_has_no_address_is_told_beforehand() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let mut customers = Vec::new();
    for (name, email) in [("mill", Some("info@mill.example")), ("dairy", None)] {
        let body = json!({ "parent_id": reseller, "company_name": name, "country": "DE", "username": name,
            "password": PASSWORD, "email": email });
        customers.push(id(&app.admin().post("/customers", &body).await.is(201)));
    }
    let request = |dry_run: bool| {
        json!({ "noun": "customers", "action": "invitation", "selection": { "ids": customers },
            "input": { "by_mail": true }, "dry_run": dry_run })
    };
    app.admin().post("/bulk", &request(true)).await.refused(409, "mail_off");
    let mut server = MailServer::start(&[]).await;
    set(app.admin(), &server.settings()).await.is(200);
    let foretold = app.admin().post("/bulk", &request(true)).await.is(200);
    let refused = &foretold["refused"][0];
    assert_eq!((&foretold["allowed"], &refused["code"], &refused["count"]), (&json!(1), &json!("required"), &json!(1)));
    let task = app.admin().post("/bulk", &request(false)).await.is(202)["task_id"].as_str().unwrap().to_owned();
    let message = server.next().await;
    assert_eq!(message["to"], json!(["info@mill.example"]));
    app.settle().await;
    let results = app.admin().all(&format!("/tasks/{task}/results")).await;
    let outcome = |customer: &String| results.iter().find(|row| row["subject_id"] == customer.as_str()).unwrap();
    assert_eq!((&outcome(&customers[0])["outcome"], &outcome(&customers[0])["answer"]), (&json!("done"), &Value::Null));
    assert_ne!(outcome(&customers[1])["outcome"], "done");
    accept(&app, &link(&message), NEW_PASSWORD).await.is(204);
    app.client("mill", NEW_PASSWORD).await;
    app.finish().await;
}

#[tokio::test]
async fn a_lost_password_is_set_anew_and_nobody_learns_who_is_there() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    app.person(&customer, "supporter", "jo@b.example").await;
    reset(&app.nobody(), "jo@b.example").await.refused(409, "mail_off");
    assert_eq!(app.nobody().get("/setup").await.is(200)["mail_enabled"], false);
    let mut server = MailServer::start(&[]).await;
    set(app.admin(), &server.settings()).await.is(200);
    assert_eq!(app.nobody().get("/setup").await.is(200)["mail_enabled"], true);
    let (known, unknown) = (reset(&app.nobody(), " JO@b.example").await, reset(&app.nobody(), "who@b.example").await);
    assert_eq!((known.status, &known.body), (204, &unknown.body));
    assert_eq!(known.status, unknown.status);
    reset(&app.nobody(), &"x".repeat(300)).await.is(204);
    let message = server.next().await;
    assert_eq!(message["to"], json!(["jo@b.example"]));
    app.settle().await;
    assert!(!server.has_more().await);
    // The old password holds until the link is used, once and within an hour.
    let jo = app.client("jo@b.example", PASSWORD).await;
    let token = link(&message);
    accept(&app, &token, NEW_PASSWORD).await.is(204);
    jo.get("/me").await.refused(401, "sign_in_required");
    app.client("jo@b.example", NEW_PASSWORD).await;
    accept(&app, &token, PASSWORD).await.refused(403, "invitation_invalid");
    reset(&app.nobody(), "jo@b.example").await.is(204);
    let token = link(&server.next().await);
    app.settle().await;
    app.advance(Duration::from_hours(1));
    accept(&app, &token, PASSWORD).await.refused(403, "invitation_invalid");
    // Nobody's mailbox is filled.
    let mut statuses = Vec::new();
    for _ in 0..8 {
        statuses.push(reset(&app.nobody(), "jo@b.example").await.status);
    }
    assert!(statuses.contains(&429), "{statuses:?}");
    app.settle().await;
    app.finish().await;
}

#[tokio::test]
async fn what_the_server_does_not_take_waits_or_is_given_up_and_says_why() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let by_mail = json!({ "by_mail": true });
    let invite = async |email: &str| {
        let user = user(&app, &customer, email).await;
        app.admin().post(&format!("/users/{user}/invitation"), &by_mail).await.is(201);
    };
    // Nobody listens there.
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    set(app.admin(), &settings(closed.into())).await.is(200);
    invite("jo@b.example").await;
    invite("unknown@b.example").await;
    invite("busy@b.example").await;
    app.settle().await;
    tried(&app, "attempts >= 0").await;
    let waiting = mails(&app, "state == queued").await;
    assert_eq!(waiting.len(), 3);
    for mail in &waiting {
        assert_eq!(mail["attempts"], 1, "{mail}");
        assert!(mail["detail"].as_str().unwrap().contains("cannot be reached"), "{mail}");
    }
    let mut server = MailServer::start(&[]).await;
    set(app.admin(), &server.settings()).await.is(200);
    app.settle().await;
    assert_eq!(mails(&app, "attempts == 1").await.len(), 3, "tried again at once");
    app.advance(Duration::from_mins(1));
    app.settle().await;
    assert_eq!(server.next().await["to"], json!(["jo@b.example"]));
    let refused = &tried(&app, "to == \"unknown@b.example\" and state == failed").await[0];
    assert_eq!(refused["to"], "unknown@b.example");
    assert!(refused["detail"].as_str().unwrap().contains("Nobody of that name here"), "{refused}");
    for _ in 0..12 {
        app.advance(Duration::from_hours(13));
        app.settle().await;
    }
    app.sign_in_again().await;
    let busy = &mails(&app, "to == \"busy@b.example\"").await[0];
    assert_eq!((&busy["state"], &busy["due_at"]), (&json!("failed"), &Value::Null));
    assert!(busy["detail"].as_str().unwrap().contains("Come back later"), "{busy}");
    assert!(!server.has_more().await, "something was sent twice");
    // Off, what is written waits; on again it goes.
    invite("zoe@b.example").await;
    server.next().await;
    app.settle().await;
    let mut off = server.settings();
    off["enabled"] = json!(false);
    invite("late@b.example").await;
    server.next().await;
    app.settle().await;
    set(app.admin(), &off).await.is(200);
    app.advance(Duration::from_hours(31 * 24));
    app.settle().await;
    app.sign_in_again().await;
    assert_eq!(app.admin().get("/mails").await.is(200)["total"], 0, "kept for a month");
    app.finish().await;
}
