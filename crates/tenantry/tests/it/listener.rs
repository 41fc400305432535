//! What holds at the door, whoever answers behind it.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Duration, Instant, timeout};

use crate::app::{ADMIN, App, PASSWORD};
use crate::wire;

const TARGETS: [&str; 4] = ["/healthz", "/api/v1/setup", "/restic/rep_x/config", "/"];

#[tokio::test]
async fn under_https_browsers_are_told_to_stay_there() {
    for (public_url, header) in [("https://backup.example.com", Some("max-age=31536000")), ("", None)] {
        let app = App::start_empty_at(public_url).await;
        for target in TARGETS {
            let answer = reqwest::get(format!("http://{}{target}", app.address())).await.unwrap();
            let said = answer.headers().get("strict-transport-security").map(|value| value.to_str().unwrap());
            assert_eq!(said, header, "{target}");
        }
        app.finish().await;
    }
}

#[tokio::test]
async fn a_request_names_its_host_once() {
    let app = App::start_empty().await;
    for target in TARGETS {
        for (version, hosts, is_refused) in [
            ("1.1", "", true),
            ("1.1", "Host: a.example\r\nHost: b.example\r\n", true),
            ("1.1", "Host: a.example\r\nhost: a.example\r\n", true),
            ("1.1", "Host: a b\r\n", true),
            ("1.1", "Host: a.example/path\r\n", true),
            ("1.1", "Host: a.example:8420\r\n", false),
            ("1.1", "Host: [::1]:8420\r\n", false),
            ("1.0", "", false),
            ("1.0", "Host: a.example\r\nHost: b.example\r\n", true),
        ] {
            let answer =
                wire::one(app.address(), format!("GET {target} HTTP/{version}\r\n{hosts}\r\n").as_bytes()).await;
            assert_eq!(answer.status == 400, is_refused, "{target} {hosts:?}: {answer:?}");
            if is_refused {
                let problem: Value = serde_json::from_slice(&answer.body).unwrap();
                assert_eq!(problem["code"], "malformed_request");
            }
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn what_nobody_serves_is_not_there() {
    let app = App::start_empty().await;
    for path in
        ["metrics", ".env", ".git/config", "wp-login.php", "assets/none.js", "robots.txt", "customers/x/y/z", "admin"]
    {
        let answer = reqwest::get(format!("http://{}/{path}", app.address())).await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        assert!(!answer.text().await.unwrap().contains("<html"), "{path}");
    }
    // Where the console was built into the binary.
    let page = reqwest::get(format!("http://{}/", app.address())).await.unwrap().status();
    for path in ["sign-in", "setup", "customers", "customers/cus_1", "customers/cus_1/edit?under=cus_2", "people"] {
        let answer = reqwest::get(format!("http://{}/{path}", app.address())).await.unwrap();
        assert_eq!(answer.status(), page, "{path}");
    }
    app.finish().await;
}

#[tokio::test]
async fn readiness_is_told_also_while_the_database_hangs() {
    let app = App::start_empty().await;
    let mut all = Vec::new();
    // Whoever takes all connections makes the database hang for everybody else.
    while let Ok(connection) = timeout(Duration::from_millis(300), app.control().db.read()).await {
        all.push(connection.unwrap());
    }
    let began = Instant::now();
    let answer = reqwest::get(format!("http://{}/readyz", app.address())).await.unwrap();
    assert_eq!(answer.status(), 503);
    assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    let problem: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    assert_eq!(problem["detail"], "The database cannot be reached.");
    drop(all);
    let answer = reqwest::get(format!("http://{}/readyz", app.address())).await.unwrap();
    assert_eq!(answer.status(), 200);
    app.set_up().await;
    app.client(ADMIN, PASSWORD).await;
    app.finish().await;
}

#[tokio::test]
async fn behind_a_trusted_proxy_the_change_log_has_the_clients_address() {
    for (proxies, seen) in [(&["127.0.0.0/8"][..], "203.0.113.9"), (&[][..], "127.0.0.1")] {
        let app = App::start_behind(proxies).await;
        for header in ["x-forwarded-for", "forwarded"] {
            let entry = if header == "forwarded" { "for=203.0.113.9" } else { "192.0.2.1, 203.0.113.9" };
            let body = json!({ "login": ADMIN, "password": PASSWORD });
            app.nobody().request(Method::POST, "/sessions").header(header, entry).json(&body).send().await.is(201);
            let log = format!("/customers/{}/changes?limit=1", app.provider().await);
            let newest = app.admin().get(&log).await.is(200);
            assert_eq!(newest["items"][0]["action"], "session.created");
            assert!(newest["items"][0].to_string().contains(seen), "{newest:#}");
        }
        app.finish().await;
    }
}
