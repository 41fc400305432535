//! Guessing is slowed down, and only for whoever guesses.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::Client;

/// Another address of this host.
const ELSEWHERE: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));

/// Longer than any answer takes that doesn't wait for a try.
const PROMPT: Duration = Duration::from_secs(5);

/// Ten wrong tries of one login: what is tried at once.
async fn spend(client: &Client, login: &str) {
    for n in 0..10 {
        client.sign_in(login, &format!("guess number {n}")).await.refused(401, "sign_in_failed");
    }
}

#[tokio::test]
async fn whoever_guesses_a_password_waits_and_the_owner_does_not() {
    let app = App::start().await;
    let owner = app.client(ADMIN, PASSWORD).await;
    spend(&app.nobody(), ADMIN).await;
    // The next try waits, in whatever case the login is written; and it is made then, and the right password found right.
    let guesser = app.nobody();
    let mut waiting = Box::pin(guesser.sign_in("MIA@example.com", PASSWORD));
    tokio::time::timeout(Duration::from_secs(1), &mut waiting).await.expect_err("it should wait");

    // The owner's browser is known, and nobody waits who comes from elsewhere or wants something else.
    let prompt = async {
        owner.sign_in(ADMIN, PASSWORD).await.is(201);
        app.nobody_at(ELSEWHERE).sign_in(ADMIN, PASSWORD).await.is(201);
        app.nobody().sign_in("somebody", PASSWORD).await.refused(401, "sign_in_failed");
    };
    tokio::time::timeout(PROMPT, prompt).await.expect("nobody waits for what others tried");

    // Six seconds a try.
    app.advance(Duration::from_secs(6));
    waiting.await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn a_right_password_comes_through_a_crowd_of_wrong_ones() {
    let app = App::start().await;
    let owner = app.client(ADMIN, PASSWORD).await;
    let guesser = app.nobody();
    spend(&guesser, ADMIN).await;
    let crowd = futures_util::future::join_all((0..40).map(|_| guesser.sign_in(ADMIN, "a guess")));
    let unknown = app.nobody();
    let owners = async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        let mut late = Box::pin(unknown.sign_in(ADMIN, PASSWORD));
        tokio::time::timeout(Duration::from_secs(1), &mut late).await.expect_err("it should wait");
        // The last who came is the first whose try comes back.
        app.advance(Duration::from_secs(6));
        late.await.is(201);
        app.advance(Duration::from_secs(30));
    };
    let (crowd, ()) = tokio::join!(crowd, owners);
    let (waited, pushed_out): (Vec<_>, Vec<_>) = crowd.into_iter().partition(|answer| answer.status == 401);
    assert_eq!((waited.len(), pushed_out.len()), (4, 36));
    for answer in pushed_out {
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=6).contains(&wait), "{wait}");
        answer.refused(429, "too_many_attempts");
    }

    // A known browser guesses no further than others.
    spend(&owner, ADMIN).await;
    let mut waiting = Box::pin(owner.sign_in(ADMIN, PASSWORD));
    tokio::time::timeout(Duration::from_secs(1), &mut waiting).await.expect_err("it should wait");
    app.advance(Duration::from_secs(6));
    waiting.await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn an_address_that_tries_many_logins_locks_nobody_out() {
    let app = App::start().await;
    let guesser = app.nobody();
    // Those who are not there cost as much as those who are.
    let logins: Vec<String> = (0..90).map(|n| format!("user{n}")).collect();
    let crowd = futures_util::future::join_all(logins.iter().map(|login| guesser.sign_in(login, "some password")));
    let owners = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        app.nobody().sign_in(ADMIN, PASSWORD).await.is(201);
        app.nobody_at(ELSEWHERE).sign_in(ADMIN, PASSWORD).await.is(201);
    };
    let (answers, ()) = tokio::join!(crowd, owners);
    for answer in answers {
        answer.refused(401, "sign_in_failed");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_valid_key_or_link_works_whatever_others_tried_from_its_address() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let person = json!({ "customer_id": customer, "email": "ann@bakery.example", "name": "Ann", "role": "supporter" });
    let user: Value = app.admin().post("/users", &person).await.is(201);
    let link = app.admin().act(&format!("/users/{}/invitation", id(&user))).await.is(201);
    let token = link["url"].as_str().unwrap().split_once("token=").unwrap().1;
    let nobody = app.nobody();
    let wrong_key = json!({ "pass_key": "tpk_guessed", "name": "pc" });
    let wrong_link = json!({ "token": "guessed", "password": PASSWORD });
    for (path, body, right) in [
        ("/devices/register", &wrong_key, json!({ "pass_key": key, "name": "pc" })),
        ("/invitations/accept", &wrong_link, json!({ "token": token, "password": PASSWORD })),
    ] {
        let mut refused = 0;
        for _ in 0..65 {
            refused += usize::from(nobody.post(path, body).await.status == 429);
        }
        assert!((1..=5).contains(&refused), "{path}: {refused}");
        let status = nobody.post(path, &right).await.status;
        assert!(status == 201 || status == 204, "{path}: {status}");
    }
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
    spend(&app.nobody(), ADMIN).await;
    let mut waiting = Box::pin(baker.sign_in(ADMIN, PASSWORD));
    tokio::time::timeout(Duration::from_secs(1), &mut waiting).await.expect_err("it should wait");
    app.advance(Duration::from_secs(6));
    waiting.await.is(201);
    let baker = app.client("bakery", PASSWORD).await;
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
    let elsewhere = app.person(&theirs, "administrator", "third@example.com").await;
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
    // Another account of the same customer hears no more; it may have been made for this.
    colleague.post("/users", &user("free@example.com")).await.refused(429, "too_many_attempts");
    // Others are not held up, at whatever address they are, and what needs no login isn't either.
    app.admin().post("/users", &user("free@example.com")).await.is(201);
    let theirs = json!({ "customer_id": theirs, "email": "x@example.com", "name": "X", "role": "supporter" });
    elsewhere.post("/users", &theirs).await.is(201);
    asker.post("/customers", &json!({ "parent_id": ours, "company_name": "C", "country": "DE" })).await.is(201);
    app.advance(Duration::from_mins(10));
    asker.post("/users", &user("later@example.com")).await.is(201);
    app.finish().await;
}
