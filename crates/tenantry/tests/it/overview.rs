//! The overview: every number is the total of the list that it names, at every node, stored or not.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Client, with};

const DAY: Duration = Duration::from_hours(24);

/// Looks at every number of an overview, and answers with the overview.
async fn checked(client: &Client, node: &str) -> Value {
    let overview = client.get(&format!("/customers/{node}/overview")).await.is(200);
    for part in ["attention", "backups", "soon"] {
        for count in overview[part].as_array().unwrap() {
            let noun = count["noun"].as_str().unwrap();
            let filter = count["filter"].as_str().unwrap();
            let rows = client.get(&with(&format!("/{noun}"), &[("under", node), ("filter", filter)])).await.is(200);
            assert_eq!(count["count"], rows["total"], "{count:#}");
            assert_eq!(count["is_exact"], rows["total_is_exact"], "{count:#}");
        }
    }
    let children = client.get(&with("/customers", &[("parent_id", node), ("sort", "-used_bytes")])).await.is(200);
    assert_eq!(overview["children_total"], children["total"]);
    let ids = |rows: &Value| rows.as_array().unwrap().iter().take(8).map(id).collect::<Vec<_>>();
    assert_eq!(ids(&overview["children"]), ids(&children["items"]));
    let ages = overview["backups"].as_array().unwrap().iter();
    assert_eq!(ages.map(|age| age["count"].as_i64().unwrap()).sum::<i64>(), overview["devices"].as_i64().unwrap());
    overview
}

/// The numbers of a part by what they count, without events.
fn counts(overview: &Value, part: &str) -> Vec<(String, i64)> {
    let counts = overview[part].as_array().unwrap().iter().filter(|count| count["noun"] != "events");
    counts.map(|count| (count["finding"].as_str().unwrap().to_owned(), count["count"].as_i64().unwrap())).collect()
}

fn named(expected: &[(&str, i64)]) -> Vec<(String, i64)> {
    expected.iter().map(|(name, count)| ((*name).to_owned(), *count)).collect()
}

#[tokio::test]
async fn every_number_is_the_total_of_its_list() {
    let app = App::start().await;
    let (provider, reseller) = (app.provider().await, app.reseller("Reseller").await);
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let dairy = app.customer(&reseller, "end_customer", "Dairy").await;
    let empty = checked(app.admin(), &provider).await;
    assert_eq!((&empty["attention"], &empty["soon"]), (&json!([]), &json!([])), "nothing is said where all is well");

    let limit = json!({ "max_devices": 4 });
    app.admin().edit(&format!("/customers/{bakery}"), &limit).await.is(200);
    app.admin().edit(&format!("/customers/{dairy}"), &json!({ "max_devices": 1 })).await.is(200);
    let key = app.pass_key(&bakery).await;
    let (old, week, recent) =
        (app.machine(&key, "old").await, app.machine(&key, "week").await, app.machine(&key, "recent").await);
    app.machine(&app.pass_key(&dairy).await, "never").await;
    for (machine, days) in [(&old, 5), (&week, 3), (&recent, 2)] {
        machine.begin().await;
        assert_eq!(machine.put("snapshots", b"first").await.0, 200);
        app.advance(DAY * days);
        app.settle().await;
    }
    app.sign_in_again().await;
    let overview = checked(app.admin(), &reseller).await;
    assert_eq!(
        counts(&overview, "backups"),
        named(&[
            ("backup_within_day", 0),
            ("backup_within_three_days", 1),
            ("backup_within_week", 1),
            ("backup_longer_ago", 1),
            ("backup_never", 1)
        ])
    );
    let attention = [("devices_never_backed_up", 1), ("devices_silent", 2), ("device_limit_reached", 1)];
    assert_eq!(counts(&overview, "attention"), named(&attention));
    assert_eq!(counts(&overview, "soon"), named(&[("device_limit_near", 1)]));

    // What is not stored yet counts as well.
    assert_eq!(old.put("snapshots", b"second").await.0, 200);
    app.machine(&key, "new").await;
    app.suspend(&dairy, "stop_backups").await;
    for node in [&provider, &reseller, &bakery, &dairy] {
        checked(app.admin(), node).await;
    }
    let overview = checked(app.admin(), &bakery).await;
    assert_eq!(counts(&overview, "attention"), named(&[("devices_silent", 1), ("device_limit_reached", 1)]));
    assert_eq!(counts(&overview, "backups")[0].1, 1);
    let overview = checked(app.admin(), &reseller).await;
    assert_eq!(counts(&overview, "attention").last().unwrap(), &("customers_suspended".to_owned(), 1));
    // A node sees its own part, and nobody another's.
    let own = app.person(&bakery, "administrator", "b@example.com").await;
    assert_eq!(checked(&own, &bakery).await["devices"], 4);
    own.get(&format!("/customers/{dairy}/overview")).await.refused(404, "not_found");
    own.get(&format!("/customers/{reseller}/overview")).await.refused(404, "not_found");
    app.finish().await;
}

#[tokio::test]
async fn what_was_refused_and_what_lets_in_for_a_while_is_counted() {
    let app = App::start().await;
    let (provider, reseller) = (app.provider().await, app.reseller("Reseller").await);
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let site = app.site(&bakery, "hq").await;
    let other = app.end_customer("Mill").await;
    let machine = app.machine(&app.pass_key(&bakery).await, "till").await;
    machine.begin().await;
    app.suspend(&bakery, "stop_backups").await;
    assert_eq!(machine.put("data", b"refused").await.0, 403);
    app.settle().await;
    app.activate(&bakery).await;
    let at = |hours: i64| (app.now() + jiff::SignedDuration::from_hours(hours)).to_string();
    let key = async |customer: &str, body: Value| {
        app.admin().post(&format!("/customers/{customer}/pass_keys"), &body).await.is(201)
    };
    key(&bakery, json!({ "expires_at": at(24) })).await;
    key(&bakery, json!({ "expires_at": at(24), "site_id": site })).await;
    key(&bakery, json!({ "expires_at": at(72) })).await;
    key(&other, json!({ "expires_at": at(24) })).await;
    let nearly = key(&bakery, json!({ "max_uses": 5 })).await;
    for n in 0..3 {
        app.machine(nearly["pass_key"].as_str().unwrap(), &format!("machine {n}")).await;
    }
    // One that registers a single device is made for that.
    key(&bakery, json!({ "max_uses": 1 })).await;
    let user = json!({ "customer_id": bakery, "email": "new@example.com", "name": "New", "role": "supporter" });
    let user = id(&app.admin().post("/users", &user).await.is(201));
    app.admin().act(&format!("/users/{user}/invitation")).await.is(201);
    assert!(app.admin().get(&format!("/users/{user}")).await.is(200)["invitation_expires_at"].is_string());

    let soon = async |node: &str| counts(&checked(app.admin(), node).await, "soon");
    assert_eq!(soon(&reseller).await, named(&[("pass_keys_expiring", 2), ("pass_keys_nearly_used", 1)]));
    assert_eq!(soon(&site).await, named(&[("pass_keys_expiring", 1)]));
    assert_eq!(soon(&provider).await, named(&[("pass_keys_expiring", 3), ("pass_keys_nearly_used", 1)]));
    let attention = counts(&checked(app.admin(), &reseller).await, "attention");
    assert_eq!(attention, named(&[("devices_refused", 1)]));

    // Keys have run out by then, and the link is about to.
    app.advance(DAY * 6);
    app.sign_in_again().await;
    assert_eq!(soon(&reseller).await, named(&[("pass_keys_nearly_used", 1), ("invitations_expiring", 1)]));
    let attention = counts(&checked(app.admin(), &reseller).await, "attention");
    assert!(!attention.iter().any(|(name, _)| name == "devices_refused"));
    // People are not for everybody to read.
    let body = json!({ "company_name": "Bakery", "username": "bakery", "password": crate::app::PASSWORD });
    app.admin().edit(&format!("/customers/{bakery}"), &body).await.is(200);
    let own = app.client("bakery", crate::app::PASSWORD).await;
    assert_eq!(counts(&checked(&own, &bakery).await, "soon"), named(&[("pass_keys_nearly_used", 1)]));
    app.advance(DAY * 2);
    app.sign_in_again().await;
    assert_eq!(soon(&reseller).await, named(&[("pass_keys_nearly_used", 1)]));
    app.finish().await;
}

#[tokio::test]
async fn growth_is_told_where_it_was_measured() {
    let app = App::start().await;
    let (reseller, provider) = (app.reseller("Reseller").await, app.provider().await);
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let machine = app.machine(&app.pass_key(&bakery).await, "till").await;
    machine.begin().await;
    let put = async |fill: u8, bytes: usize| {
        assert_eq!(machine.put("data", &vec![fill; bytes]).await.0, 200);
        app.settle().await;
    };
    put(1, 1000).await;
    let growth = async |node: &str| checked(app.admin(), node).await["growth"].clone();
    let unknown = json!({ "seven_days": null, "thirty_days": null });
    assert_eq!(growth(&provider).await, unknown, "nobody measured then");
    app.advance(DAY * 7);
    app.sign_in_again().await;
    put(2, 500).await;
    for node in [&provider, &reseller, &bakery] {
        assert_eq!(growth(node).await, json!({ "seven_days": 500, "thirty_days": null }));
    }
    app.advance(DAY * 24);
    app.sign_in_again().await;
    put(3, 70).await;
    assert_eq!(growth(&provider).await, json!({ "seven_days": 70, "thirty_days": 570 }));
    // A customer that is new has grown from nothing.
    let dairy = app.customer(&reseller, "end_customer", "Dairy").await;
    let other = app.machine(&app.pass_key(&dairy).await, "till").await;
    other.begin().await;
    assert_eq!(other.put("data", &[9; 300]).await.0, 200);
    let overview = checked(app.admin(), &reseller).await;
    assert_eq!(overview["used_bytes"], 1870);
    let children = &overview["children"];
    assert_eq!(children[1]["company_name"], "Dairy");
    assert_eq!(children[1]["growth"], json!({ "seven_days": 300, "thirty_days": 300 }));
    app.finish().await;
}
