//! Deleting customers: what is scheduled, what holds meanwhile, how it comes back as it was, and what is left at the end.

use std::time::Duration;

use db::sql;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, id};
use crate::client::with;

const DAY: Duration = Duration::from_hours(24);

/// A bakery with a username, a site, somebody who works there, and a machine that has backed up.
struct Bakery {
    reseller: String,
    customer: String,
    site: String,
    machine: crate::machine::Machine,
}

async fn bakery(app: &App) -> Bakery {
    let reseller = app.reseller("Northwind IT").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery",
        "password": PASSWORD, "sites": ["hq"] });
    let made = app.admin().post("/customers", &body).await.is(201);
    let (customer, site) = (id(&made), id(&made["sites"][0]));
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    assert_eq!(machine.put("data", &[7; 4000]).await.0, 200);
    assert_eq!(machine.put("snapshots", b"the first").await.0, 200);
    app.settle().await;
    Bakery { reseller, customer, site, machine }
}

#[tokio::test]
async fn a_preview_says_what_goes_and_what_is_in_the_way() {
    let app = App::start().await;
    let Bakery { reseller, customer, .. } = bakery(&app).await;
    app.person(&customer, "administrator", "jo@bakery.example").await;
    let would = app.admin().delete(&format!("/customers/{customer}?dry_run=true")).await.is(200);
    let used = would["goes"]["used_bytes"].as_i64().unwrap();
    assert!(used >= 4000);
    assert_eq!(
        would["goes"],
        json!({ "customers": 0, "sites": 1, "devices": 1, "used_bytes": used, "users": 1, "pass_keys": 1, "assigned_units": 0,
            "appliances": [] })
    );
    assert_eq!(would["blockers"][0]["code"], "products_attached");
    assert_eq!((&would["deletion"], &would["dry_run"], &would["changes"]), (&Value::Null, &json!(true), &json!(true)));
    app.admin().delete(&format!("/customers/{customer}")).await.refused(409, "products_attached");
    let would = app.admin().delete(&format!("/customers/{customer}?dry_run=true&remove_products=true")).await.is(200);
    assert_eq!(would["blockers"], json!([]));
    // A reseller asks for a consent to both, and one that has what stays for none.
    let would = app.admin().delete(&format!("/customers/{reseller}?dry_run=true")).await.is(200);
    let codes: Vec<&Value> = would["blockers"].as_array().unwrap().iter().map(|blocker| &blocker["code"]).collect();
    assert_eq!(codes, ["products_attached", "customer_not_empty"]);
    assert_eq!((&would["goes"]["customers"], &would["goes"]["users"]), (&json!(1), &json!(1)));
    let provider = app.provider().await;
    app.admin().delete(&format!("/customers/{provider}?remove_products=true")).await.refused(403, "forbidden");
    let default = app.admin().get("/customers?filter=is_default+%3D%3D+true&level=reseller").await.is(200);
    let default = id(&default["items"][0]);
    app.admin().delete(&format!("/customers/{default}?remove_products=true")).await.refused(409, "default_protected");
    app.admin().delete(&format!("/customers/{customer}?remove_products=perhaps")).await.is(422);
    let stale = app.admin().request(reqwest::Method::DELETE, &format!("/customers/{customer}?remove_products=true"));
    stale.header("if-match", "\"9\"").send().await.refused(412, "version_stale");
    app.finish().await;
}

#[tokio::test]
async fn a_managed_customer_is_not_deleted_nor_what_has_one_below() {
    let app = App::start().await;
    let Bakery { reseller, customer, .. } = bakery(&app).await;
    let path = format!("/customers/{customer}");
    app.admin().edit(&path, &json!({ "kind": "managed" })).await.is(200);
    app.admin().delete(&format!("{path}?remove_products=true")).await.refused(409, "not_for_kind");
    app.admin().delete(&format!("/customers/{reseller}?remove_products=true")).await.refused(409, "not_for_kind");
    let other = app.customer(&reseller, "end_customer", "Mill").await;
    // In a mixed selection the others proceed.
    let bulk = json!({ "noun": "customers", "action": "delete", "selection": { "ids": [customer, other] },
        "input": { "remove_products": true }, "dry_run": true });
    let preview = app.admin().post("/bulk", &bulk).await.is(200);
    assert_eq!((&preview["allowed"], &preview["refused"][0]["code"]), (&json!(1), &json!("not_for_kind")));
    app.admin().edit(&path, &json!({ "kind": "self_managed" })).await.is(200);
    let actions = app.admin().get(&path).await.is(200)["actions"].clone();
    let delete = actions.as_array().unwrap().iter().find(|action| action["name"] == "delete").unwrap();
    assert_eq!(delete["allowed"], true);
    app.admin().delete(&format!("{path}?remove_products=true")).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn backups_stop_at_once_restores_go_on_and_it_comes_back_as_it_was() {
    let app = App::start().await;
    let Bakery { reseller, customer, site, machine } = bakery(&app).await;
    let path = format!("/customers/{customer}");
    let jo = app.person(&customer, "administrator", "jo@bakery.example").await;
    let own = app.client("bakery", PASSWORD).await;
    app.suspend(&site, "full_stop").await;
    let key = app.pass_key(&customer).await;
    // What was refused meanwhile is remembered, and each command counts.
    let strip = |mut row: Value| {
        for name in ["version", "last_refused_at", "backup_state"] {
            row.as_object_mut().unwrap().remove(name);
        }
        row
    };
    let before = strip(app.admin().get(&path).await.is(200));
    let deleted = app.admin().delete(&format!("{path}?remove_products=true")).await.is(200);
    assert_eq!((&deleted["changes"], &deleted["deletion"]["due_at"]), (&json!(true), &deleted["due_at"]));
    assert_eq!(deleted["effective_state"]["mode"], "stop_backups");
    assert_eq!((&deleted["effective_state"]["deleting"], &deleted["account_state"]), (&json!(true), &json!("active")));
    assert_eq!(machine.put("data", &[8; 10]).await, (403, Some("customer_suspended".to_owned())));
    machine.reads(200).await;
    let register = json!({ "pass_key": key, "name": "new" });
    app.nobody().post("/devices/register", &register).await.refused(403, "customer_suspended");
    app.admin().post(&format!("{path}/sites"), &json!({ "name": "b" })).await.refused(409, "parent_suspended");
    // Its own account has given up its name, its people stay.
    own.get("/me").await.refused(401, "sign_in_required");
    app.nobody().sign_in("bakery", PASSWORD).await.refused(401, "sign_in_failed");
    jo.get(&path).await.is(200);
    // Said twice, nothing changes.
    let again = app.admin().delete(&format!("{path}?remove_products=true")).await.is(200);
    assert_eq!((&again["changes"], &again["version"]), (&json!(false), &deleted["version"]));
    let listed = with("/customers", &[("filter", "exists(deletion.due_at)")]);
    assert_eq!(app.admin().get(&listed).await.is(200)["total"], 1);
    // A full stop beside it refuses restores as well, and is lifted by itself.
    app.suspend(&customer, "full_stop").await;
    machine.reads(403).await;
    app.activate(&customer).await;
    machine.reads(200).await;
    assert_eq!(machine.put("data", &[8; 10]).await.0, 403);
    // What stands below it goes along, and isn't deleted or restored apart.
    app.admin().delete(&format!("/customers/{site}")).await.refused(409, "deletion_scheduled");
    let other = app.reseller("Other IT").await;
    let moved = app.admin().post(&format!("{path}/move"), &json!({ "parent_id": other })).await;
    assert_eq!(moved.body["errors"][0]["code"], "deletion_scheduled");

    app.advance(DAY * 29);
    app.settle().await;
    app.sign_in_again().await;
    let restored = app.admin().act(&format!("{path}/restore")).await.is(200);
    assert_eq!((&restored["changes"], &restored["deletion"]), (&json!(true), &Value::Null));
    assert_eq!(strip(app.admin().get(&path).await.is(200)), before);
    assert_eq!(app.admin().get(&format!("/customers/{site}")).await.is(200)["suspension"]["mode"], "full_stop");
    machine.uploads(200).await;
    app.nobody().sign_in("bakery", PASSWORD).await.is(201);
    let again = app.admin().act(&format!("{path}/restore")).await.is(200);
    assert_eq!(again["changes"], false);
    let log = app.admin().get(&format!("/customers/{reseller}/changes")).await.is(200).to_string();
    assert!(log.contains("customer.deletion_scheduled") && log.contains("customer.restored"));
    app.finish().await;
}

#[tokio::test]
async fn names_are_free_at_once_and_one_that_was_taken_keeps_it_from_coming_back() {
    let app = App::start().await;
    let Bakery { reseller, customer, site, .. } = bakery(&app).await;
    // What was said from above is taken back from there.
    app.admin().delete(&format!("/customers/{site}")).await.is(200);
    let own = app.person(&customer, "administrator", "own@bakery.example").await;
    own.act(&format!("/customers/{site}/restore")).await.refused(403, "forbidden");
    // A site's, within its customer.
    let second = app.site(&customer, "HQ").await;
    let refused = app.admin().act(&format!("/customers/{site}/restore")).await;
    refused.invalid(&[("name", "duplicate_site")]);
    app.admin().delete(&format!("/customers/{second}")).await.is(200);
    app.admin().act(&format!("/customers/{site}/restore")).await.is(200);
    // Usernames of all that goes along.
    app.admin().delete(&format!("/customers/{reseller}?remove_products=true")).await.is(200);
    let elsewhere = app.reseller("Elsewhere").await;
    let body = json!({ "parent_id": elsewhere, "company_name": "Other bakery", "country": "DE", "username": "Bakery",
        "password": PASSWORD });
    let taker = id(&app.admin().post("/customers", &body).await.is(201));
    let refused = app.admin().act(&format!("/customers/{reseller}/restore")).await;
    assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains("bakery"), "{:#}", refused.body);
    refused.invalid(&[("username", "username_taken")]);
    app.admin().delete(&format!("/customers/{taker}")).await.is(200);
    app.admin().act(&format!("/customers/{reseller}/restore")).await.is(200);
    app.nobody().sign_in("bakery", PASSWORD).await.is(201);
    let again = format!("/customers/{taker}/restore");
    app.admin().act(&again).await.invalid(&[("username", "username_taken")]);
    // Without it, it comes back, and is given another one.
    let back = app.admin().act(&format!("{again}?without_taken_usernames=true")).await.is(200);
    assert_eq!((&back["username"], &back["web_access"]), (&Value::Null, &json!(false)), "{back}");
    app.nobody().sign_in("bakery", PASSWORD).await.is(201);
    let access = json!({ "enabled": true, "username": "OtherBakery", "password": PASSWORD });
    app.admin()
        .request(reqwest::Method::PUT, &format!("/customers/{taker}/web_access"))
        .json(&access)
        .send()
        .await
        .is(200);
    app.nobody().sign_in("otherbakery", PASSWORD).await.is(201);
    app.finish().await;
}

#[tokio::test]
async fn addresses_are_free_at_once_and_people_come_back_unless_others_have_theirs() {
    let app = App::start().await;
    let Bakery { reseller, customer, .. } = bakery(&app).await;
    let jo = app.person(&customer, "administrator", "jo@bakery.example").await;
    app.admin().delete(&format!("/customers/{customer}?remove_products=true")).await.is(200);
    // Nobody else has it yet.
    jo.get("/me").await.is(200);
    app.nobody().sign_in("jo@bakery.example", PASSWORD).await.is(201);
    // Deleted and made anew, with the same administrator.
    let again = app.customer(&reseller, "end_customer", "Bakery again").await;
    let input = json!({ "customer_id": again, "email": "JO@bakery.example", "name": "Jo", "role": "supporter",
        "password": PASSWORD });
    let taker = id(&app.admin().post("/users", &input).await.is(201));
    jo.get("/me").await.refused(401, "sign_in_required");
    let signed_in = app.nobody().sign_in("jo@bakery.example", PASSWORD).await.is(201);
    assert_eq!(signed_in["customer_id"], json!(again), "{signed_in:#}");
    let found =
        app.admin().get(&format!("/users?filter=email%20%3D%3D%20\"jo@bakery.example\"&under={customer}")).await;
    assert_eq!(found.is(200)["items"].as_array().unwrap().len(), 1, "found by what is written there");

    let restore = format!("/customers/{customer}/restore");
    let refused = app.admin().act(&restore).await;
    assert!(refused.body["errors"][0]["detail"].as_str().unwrap().contains("jo@bakery.example"), "{:#}", refused.body);
    refused.invalid(&[("email", "email_taken")]);
    app.admin().delete(&format!("/users/{taker}")).await.is(204);
    app.admin().act(&restore).await.is(200);
    app.nobody().sign_in("jo@bakery.example", PASSWORD).await.is(201);
    app.admin().post("/users", &input).await.invalid(&[("email", "email_taken")]);
    // Without those whose addresses others have.
    app.admin().delete(&format!("/customers/{customer}?remove_products=true")).await.is(200);
    app.admin().post("/users", &input).await.is(201);
    app.admin().act(&format!("{restore}?without_taken_usernames=true")).await.is(200);
    let people = app.admin().get(&format!("/users?parent_id={customer}")).await.is(200);
    assert_eq!(people["items"], json!([]));
    app.finish().await;
}

#[tokio::test]
async fn at_the_end_everything_is_gone_but_what_is_remembered() {
    let mut app = App::start().await;
    let began = app.now().to_string()[..10].to_owned();
    let Bakery { reseller, customer, machine, .. } = bakery(&app).await;
    let mill = app.customer(&reseller, "end_customer", "Mill").await;
    let other = app.machine(&app.pass_key(&mill).await, "saw").await;
    other.begin().await;
    assert_eq!(other.put("data", &[1; 100]).await.0, 200);
    let jo = app.person(&customer, "administrator", "jo@bakery.example").await;
    app.settle().await;
    let pool = app.data().join("pool");
    let repository = |machine: &crate::machine::Machine| {
        let url = machine.url.trim_end_matches('/');
        pool.join(url.rsplit('/').next().unwrap())
    };
    let (gone, stays) = (repository(&machine), repository(&other));
    assert!(gone.join("data").exists() && stays.join("data").exists());
    app.advance(Duration::from_hours(25));
    app.sign_in_again().await;
    app.admin().delete(&format!("/customers/{customer}?remove_products=true")).await.is(200);
    app.advance(Duration::from_mins(30 * 24 * 60 - 1));
    app.settle().await;
    assert!(gone.exists(), "not a moment before its time");
    // It is over while nobody serves.
    let clock = app.clock();
    app.restart_after(|| clock.advance(Duration::from_mins(2))).await;
    app.settle().await;
    app.sign_in_again().await;
    assert!(!gone.exists() && stays.join("data").exists());
    app.admin().get(&format!("/customers/{customer}")).await.refused(404, "not_found");
    app.admin().act(&format!("/customers/{customer}/restore")).await.refused(404, "not_found");
    app.admin().get(&format!("/devices/{}", machine.id)).await.refused(404, "not_found");
    app.nobody().sign_in("jo@bakery.example", PASSWORD).await.refused(401, "sign_in_failed");
    drop(jo);
    let row = app.admin().get(&format!("/customers/{reseller}")).await.is(200);
    assert_eq!((&row["totals"]["customers"], &row["totals"]["devices"]), (&json!(1), &json!(1)));
    assert_eq!(row["last_backup_at"], Value::Null, "the newest backup has gone with its machine");
    let (left, tombs): (i64, i64) = {
        let mut conn = app.database().read().await.unwrap();
        let queue = conn.one(sql!["select count(*) from removed_repositories"]).await.unwrap();
        (
            queue,
            conn.one(sql!["select count(*) from removed_customers where devices = 1 and used_bytes >= 4000"])
                .await
                .unwrap(),
        )
    };
    assert_eq!((left, tombs), (0, 1));
    let log = app.admin().get(&format!("/customers/{reseller}/changes?limit=100")).await.is(200);
    let by_itself = |action: &str, subject: &str| {
        let mut entries = log["items"].as_array().unwrap().iter();
        entries.any(|entry| {
            entry["action"] == action && entry["subject_id"] == subject && entry["actor"]["kind"] == "system"
        })
    };
    assert!(by_itself("customer.deleted", &customer) && by_itself("device.deleted", &machine.id), "{log:#}");
    told_of_later(&app, &reseller, &customer, &began).await;
    app.finish().await;
}

/// Who had a customer that is gone finds it again, and what it was on a day.
async fn told_of_later(app: &App, reseller: &str, customer: &str, began: &str) {
    let boss = app.person(reseller, "supporter", "boss@northwind.example").await;
    let found = boss.get("/removed_customers?filter=level+%3D%3D+end_customer&q=baker").await.is(200);
    assert_eq!((&found["total"], &found["items"][0]["id"]), (&json!(1), &json!(customer)), "{found:#}");
    let row = &found["items"][0];
    assert_eq!((&row["devices"], &row["parent_id"]), (&json!(1), &json!(reseller)));
    assert!(row["used_bytes"].as_i64() >= Some(4000) && row["removed_at"].is_string(), "{row:#}");
    let path = format!("/removed_customers/{customer}");
    let then = boss.get(&format!("{path}?as_of={began}")).await.is(200)["then"].clone();
    assert_eq!((&then["company_name"], &then["deleting"]), (&json!("Bakery"), &json!(false)), "{then:#}");
    assert_eq!((&then["parent_id"], &then["effective_state"]["state"]), (&json!(reseller), &json!("active")));
    let month = app.now().checked_sub(jiff::SignedDuration::from_hours(48)).unwrap().to_string()[..10].to_owned();
    let then = boss.get(&format!("{path}?as_of={month}")).await.is(200)["then"].clone();
    assert_eq!((&then["deleting"], &then["effective_state"]["mode"]), (&json!(true), &json!("stop_backups")));
    for (day, code) in [(app.now().to_string()[..10].to_owned(), "out_of_range"), ("soon".to_owned(), "invalid")] {
        boss.get(&format!("{path}?as_of={day}")).await.invalid(&[("as_of", code)]);
    }
    let other = app.reseller("Elsewhere").await;
    let stranger = app.person(&other, "administrator", "else@where.example").await;
    stranger.get(&path).await.refused(404, "not_found");
    assert_eq!(stranger.get("/removed_customers").await.is(200)["total"], 0);
    // It goes where its reseller goes.
    let north = app.customer(&app.provider().await, "distributor", "North").await;
    let body = json!({ "parent_id": north, "reason": "Sold" });
    let moved = app.admin().post(&format!("/customers/{reseller}/move"), &body).await;
    moved.is(200);
    assert_eq!(boss.get("/removed_customers").await.is(200)["total"], 2, "the customer and its site");
}

#[tokio::test]
async fn files_of_a_pool_that_is_away_wait_for_it() {
    let app = App::start().await;
    let Bakery { customer, machine, .. } = bakery(&app).await;
    let pool = app.data().join("pool");
    let url = machine.url.trim_end_matches('/');
    let repository = pool.join(url.rsplit('/').next().unwrap());
    app.admin().delete(&format!("/customers/{customer}?remove_products=true")).await.is(200);
    app.advance(DAY * 31);
    let marker = std::fs::read(pool.join(api::pool::MARKER)).unwrap();
    std::fs::remove_file(pool.join(api::pool::MARKER)).unwrap();
    app.settle().await;
    assert!(repository.exists(), "nobody knows whose directory this is");
    std::fs::write(pool.join(api::pool::MARKER), marker).unwrap();
    app.settle().await;
    assert!(!repository.exists());
    app.finish().await;
}
