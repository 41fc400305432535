//! Signing in and out: what the cookie is like, how long it lives, what ends it, and who may use it.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD};
use crate::client::Answer;

const OTHER_PASSWORD: &str = "copper lantern meadow 77";

/// The session's cookie and the browser's, each with what it is set with.
fn cookies(answer: &Answer) -> [String; 2] {
    let cookies = answer.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().to_owned());
    let mut cookies: Vec<String> = cookies.collect();
    cookies.sort();
    let [browser, session] = cookies.try_into().unwrap();
    assert!(session.starts_with("tenantry_session=") && browser.starts_with("tenantry_browser="));
    [session, browser]
}

/// What a browser sends back of it.
fn pair(cookie: &str) -> &str {
    cookie.split(';').next().unwrap()
}

#[tokio::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    for (public_url, is_secure) in [("", false), ("https://backup.example.com", true)] {
        let app = App::start_empty_at(public_url).await;
        app.set_up().await;
        let answer = app.nobody().sign_in(ADMIN, PASSWORD).await;
        let cookies = cookies(&answer);
        for cookie in &cookies {
            for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age="] {
                assert!(cookie.contains(part), "{cookie}");
            }
            assert_eq!(cookie.contains("Secure"), is_secure, "{cookie}");
            assert!(!cookie.contains("Domain"), "{cookie}");
        }
        let token = pair(&cookies[0]).split_once('=').unwrap().1;
        assert!(!answer.is(201).to_string().contains(token), "only the cookie has the token");
        app.finish().await;
    }
}

#[tokio::test]
async fn logins_are_emails_and_usernames_in_any_case_and_nothing_tells_which_exist() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let body = json!({ "username": "bakery", "password": PASSWORD, "email": "contact@bakery.example" });
    app.admin().edit(&format!("/customers/{customer}"), &body).await.is(200);
    app.client("MIA@Example.COM", PASSWORD).await;
    app.client(" Bakery ", PASSWORD).await;
    let mut refusals: Vec<Value> = Vec::new();
    for (login, password) in [
        (ADMIN, OTHER_PASSWORD),
        ("bakery", OTHER_PASSWORD),
        // A customer's contact address is no login.
        ("contact@bakery.example", PASSWORD),
        ("nobody@example.com", PASSWORD),
        ("nobody", PASSWORD),
        ("", ""),
    ] {
        let mut refusal = app.nobody().sign_in(login, password).await.refused(401, "sign_in_failed");
        refusal["request_id"] = Value::Null;
        refusals.push(refusal);
    }
    refusals.dedup();
    assert_eq!(refusals.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn signing_out_ends_the_session_and_signing_in_again_the_one_before() {
    let app = App::start().await;
    let client = app.nobody();
    let first = client.sign_in(ADMIN, PASSWORD).await;
    let token = pair(&cookies(&first)[0]).to_owned();
    let with_first = async || app.nobody().request(Method::GET, "/me").header("cookie", &token).send().await;
    with_first().await.is(200);
    client.sign_in(ADMIN, PASSWORD).await.is(201);
    with_first().await.refused(401, "sign_in_required");
    client.get("/me").await.is(200);
    client.delete("/sessions/current").await.is(204);
    client.get("/me").await.refused(401, "sign_in_required");
    client.delete("/sessions/current").await.refused(401, "sign_in_required");
    app.nobody().request(Method::GET, "/me").header("cookie", "tenantry_session=x").send().await.is(401);
    app.admin().get("/me").await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn a_session_ends_after_twelve_idle_hours_and_thirty_days_at_most() {
    let app = App::start().await;
    let ends = app.admin().get("/me").await.is(200)["expires_at"].clone();
    app.advance(Duration::from_hours(11));
    app.admin().get("/me").await.is(200);
    app.advance(Duration::from_hours(11));
    app.admin().get("/me").await.is(200);
    app.advance(Duration::from_hours(12));
    app.admin().get("/me").await.refused(401, "sign_in_required");

    let client = app.client(ADMIN, PASSWORD).await;
    for _ in 0..65 {
        app.advance(Duration::from_hours(11));
        client.get("/me").await.is(200);
    }
    assert_ne!(client.get("/me").await.is(200)["expires_at"], ends);
    app.advance(Duration::from_hours(6));
    client.get("/me").await.refused(401, "sign_in_required");
    app.finish().await;
}

#[tokio::test]
async fn whoever_sets_a_password_ends_the_accounts_sessions() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let path = format!("/customers/{customer}");
    app.admin().edit(&path, &json!({ "username": "bakery", "password": PASSWORD })).await.is(200);
    let own = app.client("bakery", PASSWORD).await;
    let jo = app.person(&customer, "supporter", "jo@bakery.example").await;
    let weak = json!({ "password": "short" });
    app.admin().post(&format!("{path}/password"), &weak).await.invalid(&[("password", "weak_password")]);
    app.admin().post(&format!("{path}/password"), &json!({ "password": OTHER_PASSWORD })).await.is(200);
    own.get("/me").await.refused(401, "sign_in_required");
    jo.get("/me").await.is(200);
    app.nobody().sign_in("bakery", PASSWORD).await.refused(401, "sign_in_failed");
    app.client("bakery", OTHER_PASSWORD).await;

    let users = app.admin().get("/users?q=jo@").await.is(200);
    let path = format!("/users/{}", users["items"][0]["id"].as_str().unwrap());
    app.admin().edit(&path, &json!({ "name": "Jo Jones" })).await.is(200);
    jo.get("/me").await.is(200);
    app.admin().edit(&path, &json!({ "password": OTHER_PASSWORD })).await.is(200);
    jo.get("/me").await.refused(401, "sign_in_required");
    app.client("jo@bakery.example", OTHER_PASSWORD).await;
    app.finish().await;
}

#[tokio::test]
async fn ones_own_new_password_ends_the_other_sessions_only() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let path = format!("/customers/{customer}");
    app.admin().edit(&path, &json!({ "username": "bakery", "password": PASSWORD })).await.is(200);
    for login in [ADMIN, "bakery"] {
        let (here, elsewhere) = (app.client(login, PASSWORD).await, app.client(login, PASSWORD).await);
        let set = async |current: &str, new: &str| {
            here.post("/me/password", &json!({ "current_password": current, "password": new })).await
        };
        set("wrong", OTHER_PASSWORD).await.invalid(&[("current_password", "invalid")]);
        set(PASSWORD, "short").await.invalid(&[("password", "weak_password")]);
        elsewhere.get("/me").await.is(200);
        set(PASSWORD, OTHER_PASSWORD).await.is(204);
        here.get("/me").await.is(200);
        elsewhere.get("/me").await.refused(401, "sign_in_required");
        app.nobody().sign_in(login, PASSWORD).await.refused(401, "sign_in_failed");
        app.client(login, OTHER_PASSWORD).await;
    }
    app.finish().await;
}

#[tokio::test]
async fn a_cookie_that_another_site_sends_is_refused() {
    let app = App::start().await;
    let own = format!("http://{}", app.address());
    let get = async |name: &str, value: &str| app.admin().request(Method::GET, "/me").header(name, value).send().await;
    for (name, value) in [
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
    ] {
        get(name, value).await.refused(403, "foreign_origin");
    }
    get("origin", &own).await.is(200);
    get("sec-fetch-site", "same-origin").await.is(200);
    get("sec-fetch-site", "none").await.is(200);
    // Changes alike, and before anything else is said.
    let reseller = app.reseller("Northwind IT").await;
    let path = format!("/customers/{reseller}/suspend");
    let body = json!({ "reason": "a", "mode": "full_stop" });
    let request = app.admin().request(Method::POST, &path).header("origin", "https://evil.example").json(&body);
    request.send().await.refused(403, "foreign_origin");
    let shown = app.admin().get(&format!("/customers/{reseller}")).await.is(200);
    assert_eq!(shown["account_state"], "active");
    // Without a cookie there is nothing to protect.
    app.nobody().request(Method::GET, "/setup").header("origin", "https://evil.example").send().await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn behind_a_proxy_the_public_address_is_our_own() {
    // The cookie is Secure then, which the client's jar keeps for itself over plain HTTP.
    let app = App::start_empty_at("https://backup.example.com").await;
    app.set_up().await;
    let answer = app.nobody().sign_in(ADMIN, PASSWORD).await;
    let cookie = pair(&cookies(&answer)[0]).to_owned();
    let get = async |origin: &str| {
        let request = app.nobody().request(Method::GET, "/me").header("cookie", &cookie).header("origin", origin);
        request.send().await
    };
    get("https://backup.example.com").await.is(200);
    get("https://backup.example.com.evil.example").await.refused(403, "foreign_origin");
    app.finish().await;
}

/// Where one is signed in is shown with address, browser and times, and ended one by one or all but this one.
#[tokio::test]
async fn ones_own_sessions_are_listed_and_ended() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let here = app.person(&customer, "supporter", "jo@bakery.example").await;
    let elsewhere = app.nobody();
    let firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
    let body = json!({ "login": "jo@bakery.example", "password": PASSWORD });
    elsewhere.request(Method::POST, "/sessions").header("user-agent", firefox).json(&body).send().await.is(201);
    let third = app.client("jo@bakery.example", PASSWORD).await;
    let list = here.get("/sessions").await.is(200);
    let items = list["items"].as_array().unwrap().clone();
    assert_eq!(items.len(), 3);
    assert_eq!(items.iter().filter(|session| session["is_current"] == true).count(), 1);
    let other = items.iter().find(|session| session["browser"] == "Firefox on Linux").unwrap();
    assert_eq!((&other["address"], &other["is_current"]), (&json!("127.0.0.1"), &json!(false)));
    let path = format!("/sessions/{}", other["id"].as_str().unwrap());
    here.delete(&path).await.is(204);
    elsewhere.get("/me").await.refused(401, "sign_in_required");
    here.delete(&path).await.refused(404, "not_found");
    third.get("/me").await.is(200);
    assert_eq!(here.act("/sessions/revoke_others").await.is(200)["ended"], 1);
    third.get("/me").await.refused(401, "sign_in_required");
    here.get("/me").await.is(200);
    assert_eq!(here.act("/sessions/revoke_others").await.is(200)["ended"], 0);
    // One that has ended by itself isn't shown.
    let late = app.client("jo@bakery.example", PASSWORD).await;
    app.advance(Duration::from_hours(11));
    here.get("/me").await.is(200);
    app.advance(Duration::from_hours(2));
    assert_eq!(here.get("/sessions").await.is(200)["items"].as_array().unwrap().len(), 1);
    late.get("/me").await.refused(401, "sign_in_required");
    app.finish().await;
}

/// Whoever may manage a person sees and ends that person's sessions; nobody else does.
#[tokio::test]
async fn sessions_of_people_below_are_listed_and_ended() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    app.admin()
        .edit(&format!("/customers/{customer}"), &json!({ "username": "bakery", "password": PASSWORD }))
        .await
        .is(200);
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let helper = app.person(&reseller, "supporter", "help@example.com").await;
    let jo = app.person(&customer, "supporter", "jo@bakery.example").await;
    let own = app.client("bakery", PASSWORD).await;
    let user = jo.get("/me").await.is(200)["id"].as_str().unwrap().to_owned();
    for (path, client) in [(format!("/users/{user}/sessions"), &jo), (format!("/customers/{customer}/sessions"), &own)]
    {
        helper.get(&path).await.refused(403, "forbidden");
        let session = boss.get(&path).await.is(200)["items"][0].clone();
        let one = format!("/sessions/{}", session["id"].as_str().unwrap());
        helper.delete(&one).await.refused(403, "forbidden");
        boss.delete(&one).await.is(204);
        client.get("/me").await.refused(401, "sign_in_required");
    }
    let log = app.admin().get(&format!("/customers/{customer}/changes")).await.is(200);
    assert_eq!(log["items"][0]["action"], "session.revoked");
    assert_eq!(log["items"][0]["actor"]["name"], "boss@example.com");
    app.finish().await;
}
