//! Requests that make no sense: each gets a problem document that says what is wrong, and none an error of ours.

use data_encoding::BASE64URL_NOPAD;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::App;
use crate::client::with;
use crate::process::until_some;

#[tokio::test]
async fn addresses_methods_and_bodies_that_make_no_sense() {
    let app = App::start().await;
    let admin = app.admin();
    admin.get("/nothing").await.refused(404, "not_found");
    admin.get("/customers/").await.refused(404, "not_found");
    app.nobody().get("/nothing/at/all").await.refused(404, "not_found");
    let refused = admin.request(Method::PUT, "/customers").send().await;
    assert_eq!(refused.header("allow"), Some("GET,HEAD,POST"));
    refused.refused(405, "method_not_allowed");
    admin.delete("/invitations/accept").await.refused(405, "method_not_allowed");
    let post = async |body: &str, kind: Option<&str>| {
        let mut request = admin.request(Method::POST, "/customers").raw(body.to_owned());
        if let Some(kind) = kind {
            request = request.header("content-type", kind);
        }
        request.send().await
    };
    let json = Some("application/json");
    for body in ["{", "[]", "null", "\"text\"", "{\"parent_id\": \"a\\u0000b\"}", "{} {}", "\u{feff}{}"] {
        post(body, json).await.refused(400, "malformed_request");
    }
    let deep = format!("{{\"profile\":{}1{}}}", "[".repeat(5000), "]".repeat(5000));
    post(&deep, json).await.refused(400, "malformed_request");
    post("{}", Some("text/plain")).await.refused(415, "unsupported_media_type");
    post("a=b", Some("application/x-www-form-urlencoded")).await.refused(415, "unsupported_media_type");
    post("", json).await.invalid(&[("parent_id", "required")]);
    post("{}", Some("application/json; charset=utf-8")).await.invalid(&[("parent_id", "required")]);
    let long = format!("{{\"company_name\": \"{}\"}}", "x".repeat(1 << 20));
    post(&long, json).await.refused(413, "body_too_large");
    let twice = post("{\"parent_id\": \"a\", \"parent_id\": \"b\"}", json).await;
    assert!([400, 422].contains(&twice.status));
    for number in ["1e30", "1.5", "-0", "99999999999999999999"] {
        let answer = post(&format!("{{\"parent_id\": \"a\", \"max_devices\": {number}}}"), json).await;
        assert_eq!(answer.status, 422, "{number}");
    }
    app.finish().await;
}

#[tokio::test]
async fn ids_parameters_and_cursors_that_were_never_given_out() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    for id in ["cus_%00", "%00", "cus_'", "%2e%2e", "dev_x", "%F0%9F%A6%80", &"x".repeat(5000)] {
        for noun in ["customers", "users", "devices"] {
            let answer = admin.get(&format!("/{noun}/{id}")).await;
            assert!([400, 404].contains(&answer.status), "{id}: {}", answer.status);
        }
        let under = admin.get(&format!("/customers?under={id}")).await;
        assert!([400, 404].contains(&under.status), "{id}: {}", under.status);
    }
    assert_eq!(admin.get("/customers/%FF").await.status, 400);
    assert_eq!(admin.get("/customers?q=%00").await.status, 400);
    for query in ["q=%FF%FE", "limit=1&limit=2", "q=a&q=b", "&&&", "%", "=", "offset=4294967295", "offset=4294967296"] {
        let answer = admin.get(&format!("/customers?{query}")).await;
        assert!([200, 400, 422].contains(&answer.status), "{query}: {}", answer.status);
    }
    for (list, sorts) in [
        ("/customers".to_owned(), ["company_name", "used_bytes", "-last_backup_at"]),
        ("/users".to_owned(), ["name", "-email", "last_sign_in_at"]),
        ("/devices".to_owned(), ["name", "-customer_name", "used_bytes"]),
        (format!("/customers/{customer}/changes"), ["-number", "number", "number"]),
    ] {
        for sort in sorts {
            let keys = [json!("a"), json!(5), json!(-5), json!("a\u{0}b"), json!(i64::MIN), json!("\u{10ffff}")];
            let others = [json!(null), json!(1.5), json!([]), json!({}), json!(u64::MAX)];
            for key in keys.into_iter().chain(others) {
                for id in [json!("x"), json!("x\u{0}"), json!(7)] {
                    let cursor = json!({ "sort": sort, "key": key, "id": id }).to_string();
                    let after = BASE64URL_NOPAD.encode(cursor.as_bytes());
                    let answer = admin.get(&with(&list, &[("sort", sort), ("after", &after)])).await;
                    assert!([200, 422].contains(&answer.status), "{list} {cursor}: {:#}", answer.body);
                }
            }
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn health_is_told_without_signing_in() {
    let mut app = App::start_empty().await;
    for (path, text) in [("healthz", "ok\n"), ("readyz", "ready\n")] {
        let answer = reqwest::get(format!("http://{}/{path}", app.address())).await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(answer.text().await.unwrap(), text);
    }
    app.set_up().await;
    // From the start on the pools are looked after that there are.
    app.restart().await;
    let pool = app.data().join("pool");
    std::fs::rename(&pool, app.data().join("away")).unwrap();
    let problem = until_some("the pool is missed", async || {
        let answer = reqwest::get(format!("http://{}/readyz", app.address())).await.unwrap();
        (answer.status() == 503).then_some(answer.text().await.unwrap())
    })
    .await;
    let problem: Value = serde_json::from_str(&problem).unwrap();
    assert_eq!(problem["code"], "unavailable");
    std::fs::rename(app.data().join("away"), &pool).unwrap();
    app.finish().await;
}

#[tokio::test]
async fn a_stranger_is_turned_away_before_the_body_is_looked_at() {
    let app = App::start().await;
    for (method, path) in [
        (Method::POST, "/customers"),
        (Method::POST, "/users"),
        (Method::PATCH, "/customers/cus_x"),
        (Method::POST, "/customers/cus_x/suspend"),
        (Method::POST, "/me/password"),
    ] {
        let answer = app.nobody().request(method, path).json(&json!({ "bogus": 1 })).send().await;
        answer.refused(401, "sign_in_required");
    }
    app.finish().await;
}
