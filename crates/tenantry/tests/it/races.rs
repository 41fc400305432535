//! Two at once: one is done, the other is told why not, and neither sees an error of ours.

use std::sync::atomic::{AtomicUsize, Ordering};

use api::Code;
use api::id::CustomerId;
use base::cx::{Caller, Origin};
use control::users::sql::UserRow;
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::Answer;

/// How many were answered with this status; all others must have been refused like this.
#[track_caller]
fn done(answers: Vec<Answer>, status: u16, refusals: &[(u16, &str)]) -> usize {
    let (done, refused): (Vec<_>, Vec<_>) = answers.into_iter().partition(|answer| answer.status == status);
    for answer in refused {
        let code = answer.body["errors"][0]["code"].as_str().or(answer.body["code"].as_str()).unwrap();
        assert!(refusals.contains(&(answer.status, code)), "{} {code}: {:#}", answer.status, answer.body);
    }
    done.len()
}

#[tokio::test]
async fn names_that_must_be_unique_stay_so() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let body = json!({ "parent_id": reseller, "company_name": "A", "country": "DE", "username": "Taken",
        "password": PASSWORD });
    let answers = join_all((0..4).map(|_| app.admin().post("/customers", &body))).await;
    assert_eq!(done(answers, 201, &[(422, "username_taken")]), 1);

    let sites = format!("/customers/{customer}/sites");
    let body = json!({ "name": "hq" });
    let answers = join_all((0..6).map(|_| app.admin().post(&sites, &body))).await;
    assert_eq!(done(answers, 201, &[(422, "duplicate_site")]), 1);

    let body = json!({ "customer_id": customer, "email": "jo@b.example", "name": "Jo", "role": "supporter" });
    let answers = join_all((0..6).map(|_| app.admin().post("/users", &body))).await;
    assert_eq!(done(answers, 201, &[(422, "email_taken")]), 1);

    let key = app.pass_key(&customer).await;
    let body = json!({ "pass_key": key, "name": "till", "fingerprint": "f1" });
    let nobody = app.nobody();
    let answers = join_all((0..6).map(|_| nobody.post("/devices/register", &body))).await;
    let devices: Vec<Value> = answers.into_iter().map(|answer| answer.is(201)["device_id"].clone()).collect();
    assert!(devices.iter().all(|device| *device == devices[0]));
    assert_eq!(app.admin().get("/devices").await.is(200)["total"], 1);
    app.finish().await;
}

#[tokio::test]
async fn what_is_deleted_gets_nothing_new_below() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    for round in 0..6 {
        let customer = app.customer(&reseller, "end_customer", &format!("Customer {round}")).await;
        let key = app.pass_key(&customer).await;
        let path = format!("/customers/{customer}");
        let (site, register) = (json!({ "name": "hq" }), json!({ "pass_key": key, "name": "till" }));
        let user = json!({ "customer_id": customer, "email": format!("u{round}@b.example"), "name": "U",
            "role": "supporter" });
        let (sites, nobody) = (format!("{path}/sites"), app.nobody());
        let (deleted, made) = tokio::join!(app.admin().delete(&path), async {
            match round % 3 {
                0 => app.admin().post(&sites, &site).await,
                1 => nobody.post("/devices/register", &register).await,
                _ => app.admin().post("/users", &user).await,
            }
        });
        // Whichever was first: nothing comes below what is to be deleted, and what was there already asks for a consent.
        let deletions = done(vec![deleted], 200, &[(409, "products_attached")]);
        let made = done(vec![made], 201, &[(409, "parent_suspended"), (403, "customer_suspended")]);
        let scheduled = app.admin().get(&path).await.is(200)["deletion"].is_object();
        assert_eq!(scheduled, deletions == 1);
        // People and sites go along, devices only where that was said.
        assert!(if round % 3 == 1 { deletions + made == 1 } else { deletions == 1 }, "{deletions} {made}");
    }
    app.finish().await;
}

#[tokio::test]
async fn suspending_and_activating_at_once_ends_in_one_of_both() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    let (suspend, activate) = (format!("/customers/{customer}/suspend"), format!("/customers/{reseller}/activate"));
    let body = json!({ "reason": "Unpaid", "mode": "full_stop" });
    let mut answers = Vec::new();
    for _ in 0..4 {
        let own = format!("/customers/{customer}/activate");
        let (one, two, three) =
            tokio::join!(app.admin().post(&suspend, &body), app.admin().act(&own), app.admin().act(&activate),);
        answers.extend([one, two, three]);
    }
    assert_eq!(done(answers, 200, &[(412, "version_stale")]), 12);
    let state = app.admin().get(&format!("/customers/{customer}")).await.is(200)["effective_state"]["state"].clone();
    machine.reads(if state == "active" { 200 } else { 403 }).await;
    app.finish().await;
}

#[tokio::test]
async fn two_administrators_who_remove_each_other_leave_one() {
    let app = App::start().await;
    let provider = app.provider().await;
    let second = app.person(&provider, "administrator", "second@example.com").await;
    let path = |user: &Value| format!("/users/{}", id(user));
    let (own, other) = (path(&app.admin().get("/me").await.is(200)), path(&second.get("/me").await.is(200)));
    app.admin().edit(&other, &json!({ "is_key_officer": true })).await.is(200);
    let supporter = json!({ "role": "supporter" });
    let (first, edited, body) = (json!(1), json!(2), &supporter);
    let (one, two) = tokio::join!(app.admin().patch(&other, &edited, body), second.patch(&own, &first, body));
    assert_eq!(done(vec![one, two], 200, &[(409, "last_administrator"), (403, "forbidden")]), 1);
    let mut administrators = 0;
    for login in [ADMIN, "second@example.com"] {
        let client = app.client(login, PASSWORD).await;
        administrators += u8::from(client.get("/me").await.is(200)["role"] == "administrator");
    }
    assert_eq!(administrators, 1);
    app.finish().await;
}

#[tokio::test]
async fn a_busy_tree_counts_right() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let before = app.admin().get(&format!("/customers/{}", app.provider().await)).await.is(200)["totals"].clone();
    let work = (0..9).map(async |n| {
        let customer = app.customer(&reseller, "end_customer", &format!("Customer {n}")).await;
        let site = app.site(&customer, "hq").await;
        if n % 3 == 0 {
            app.admin().delete(&format!("/customers/{site}")).await.is(200);
        } else {
            let machine = app.machine(&app.pass_key(&site).await, "till").await;
            machine.begin().await;
            assert_eq!(machine.put("data", &[n; 100]).await.0, 200);
        }
    });
    join_all(work).await;
    let after = app.admin().get(&format!("/customers/{}", app.provider().await)).await.is(200)["totals"].clone();
    let grown = |name: &str| after[name].as_i64().unwrap() - before[name].as_i64().unwrap();
    assert_eq!((grown("customers"), grown("sites"), grown("devices"), grown("used_bytes")), (9, 9, 6, 600));
    app.finish().await;
}

/// What a second look doesn't find either is told in the words of a refusal, not as a fault or as "many changes".
#[tokio::test]
async fn what_was_taken_and_what_has_gone_is_said() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let row = |customer: &str, email: &str| UserRow {
        id: api::id::UserId::from_text(format!("usr_{email}")),
        version: 1,
        customer_id: CustomerId::from_text(customer.to_owned()),
        email: email.to_owned(),
        login: Some(email.to_owned()),
        name: "Jo".to_owned(),
        role: api::user::Role::Supporter,
        is_key_officer: false,
        is_active: true,
        password_hash: None,
        last_sign_in_at: None,
        created_at: 0,
    };
    let insert = async |row: UserRow| {
        let runs = AtomicUsize::new(0);
        let done = base::run!(app.control(), Caller::System, Origin::default(), |tx| {
            runs.fetch_add(1, Ordering::Relaxed);
            control::users::sql::insert(tx, &row).await
        });
        (done.unwrap_err(), runs.into_inner())
    };
    let (taken, runs) = insert(row(&customer, ADMIN)).await;
    assert_eq!((taken.code, taken.fields[0].field.as_str(), runs), (Code::InvalidInput, "email", 2));
    assert_eq!(taken.fields[0].code, "email_taken");
    let (gone, runs) = insert(row("cus_gone", "new@example.com")).await;
    assert_eq!((gone.code, runs), (Code::ReferenceGone, 2));
    app.finish().await;
}
