//! Guessing is slowed down, and only for whoever guesses.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use reqwest::Method;
use serde_json::json;

use crate::app::{ADMIN, App, PASSWORD};

/// Another address of this host.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

#[tokio::test]
async fn whoever_guesses_a_password_waits_and_the_owner_does_not() {
    let app = App::start().await;
    let owner = app.client(ADMIN, PASSWORD).await;
    let guesser = app.nobody();
    for n in 0..10 {
        guesser.sign_in(ADMIN, &format!("guess number {n}")).await.refused(401, "sign_in_failed");
    }
    // Now even the right one is not looked at, also not in another case or from another jar.
    let refused = guesser.sign_in(ADMIN, PASSWORD).await;
    let wait: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((1..=12).contains(&wait), "{wait}");
    refused.refused(429, "too_many_attempts");
    app.nobody().sign_in("MIA@example.com", PASSWORD).await.refused(429, "too_many_attempts");

    // The owner's browser is known, and so is nobody locked out who comes from elsewhere.
    owner.sign_in(ADMIN, PASSWORD).await.is(201);
    app.nobody_at(ELSEWHERE).sign_in(ADMIN, PASSWORD).await.is(201);
    // A known browser guesses no further than others.
    for n in 0..10 {
        owner.sign_in(ADMIN, &format!("guess number {n}")).await.refused(401, "sign_in_failed");
    }
    owner.sign_in(ADMIN, PASSWORD).await.refused(429, "too_many_attempts");

    // Waiting as long as was said cures it.
    app.advance(Duration::from_secs(12));
    guesser.sign_in(ADMIN, PASSWORD).await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn one_address_tries_only_so_many_logins() {
    let app = App::start().await;
    let guesser = app.nobody();
    let mut refused = 0;
    // Those who are not there cost as much as those who are.
    for n in 0..65 {
        let answer = guesser.sign_in(&format!("user{n}"), "some password").await;
        refused += usize::from(answer.status == 429);
    }
    assert!((1..=5).contains(&refused), "{refused}");
    app.nobody_at(ELSEWHERE).sign_in(ADMIN, PASSWORD).await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn many_good_sign_ins_from_one_office_are_no_attack() {
    let app = App::start().await;
    for _ in 0..15 {
        app.client(ADMIN, PASSWORD).await;
    }
    app.finish().await;
}

#[tokio::test]
async fn guessing_links_is_slowed_down_with_an_idempotency_key_too() {
    let app = App::start().await;
    for (path, body) in [
        ("/invitations/accept", json!({ "token": "guessed", "password": "short" })),
        ("/setup", json!({ "token": "guessed", "provider_name": "P", "email": "a@b.example", "password": "short" })),
    ] {
        let mut refused = 0;
        for n in 0..65 {
            let mut request = app.nobody().request(Method::POST, path).json(&body);
            if n % 2 == 0 {
                request = request.header("idempotency-key", "k");
            }
            refused += usize::from(request.send().await.status == 429);
        }
        assert!((1..=5).contains(&refused), "{path}: {refused}");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_known_browser_is_known_for_its_own_login_only() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let account = json!({ "username": "bakery", "password": PASSWORD });
    app.admin().edit(&format!("/customers/{customer}"), &account).await.is(200);
    let baker = app.client("bakery", PASSWORD).await;
    for n in 0..10 {
        app.nobody().sign_in(ADMIN, &format!("guess number {n}")).await.refused(401, "sign_in_failed");
    }
    baker.sign_in(ADMIN, PASSWORD).await.refused(429, "too_many_attempts");
    baker.sign_in("BAKERY", PASSWORD).await.is(201);
    // Nor is one's own password guessed any faster by a session that somebody left open.
    let body = json!({ "current_password": "wrong password", "password": PASSWORD });
    for _ in 0..10 {
        baker.post("/me/password", &body).await.invalid(&[("current_password", "invalid")]);
    }
    baker.post("/me/password", &body).await.refused(429, "too_many_attempts");
    app.finish().await;
}

#[tokio::test]
async fn whoever_asks_after_strangers_logins_hears_it_only_so_often() {
    let app = App::start().await;
    let (ours, theirs) = (app.reseller("Northwind IT").await, app.reseller("Other IT").await);
    let body = json!({ "parent_id": theirs, "company_name": "Mill", "country": "DE", "username": "mill",
        "password": PASSWORD });
    app.admin().post("/customers", &body).await.is(201);
    let asker = app.person(&ours, "administrator", "boss@example.com").await;
    let colleague = app.person(&ours, "administrator", "second@example.com").await;
    let user = |email: &str| json!({ "customer_id": ours, "email": email, "name": "X", "role": "supporter" });
    let customer = |username: &str| {
        json!({ "parent_id": ours, "company_name": "C", "country": "DE",
        "username": username, "password": PASSWORD })
    };
    // What is taken in one's own subtree is no secret, and costs nothing.
    for _ in 0..25 {
        asker.post("/users", &user("boss@example.com")).await.invalid(&[("email", "email_taken")]);
    }
    let mut told = 0;
    for n in 0..30 {
        let answer = if n % 2 == 0 {
            asker.post("/users", &user(ADMIN)).await
        } else {
            asker.post("/customers", &customer("MILL")).await
        };
        if answer.status == 422 {
            told += 1;
        } else {
            answer.refused(429, "too_many_attempts");
        }
    }
    assert!((20..=25).contains(&told), "{told}");
    // From then on the answer doesn't say whether a login is taken: it is the same for one that is free.
    asker.post("/users", &user("free@example.com")).await.refused(429, "too_many_attempts");
    // Others are not held up, and what needs no login isn't either.
    colleague.post("/users", &user("free@example.com")).await.is(201);
    asker.post("/customers", &json!({ "parent_id": ours, "company_name": "C", "country": "DE" })).await.is(201);
    app.advance(Duration::from_mins(10));
    asker.post("/users", &user("later@example.com")).await.is(201);
    app.finish().await;
}
