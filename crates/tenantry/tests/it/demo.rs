//! An installation that was filled in bulk is one that commands could have made.

use std::time::Duration;

use serde_json::{Value, json};
use tenantry::demo::synthetic::{self, LOGIN, PASSWORD, Size};

use crate::app::{App, id};
use crate::client::{Client, with};

/// A server with so much in it, and its administrator.
pub(crate) async fn filled(customers: u64, devices: u64) -> (App, Client) {
    let app = App::start_empty().await;
    synthetic::fill(app.control(), true, Size { customers, devices }, |_| ()).await.unwrap();
    let client = app.client(LOGIN, PASSWORD).await;
    (app, client)
}

/// What doesn't depend on when and as which one it was made.
fn lasting(thing: &Value) -> Value {
    let mut thing = thing.clone();
    let fields = thing.as_object_mut().unwrap();
    let names = ["id", "path", "created_at", "repository_id", "repository_url", "at", "request_id", "address"];
    // Only lists say whether a backup is late.
    for changing in names.into_iter().chain(["backup_overdue"]) {
        fields.remove(changing);
    }
    thing
}

#[tokio::test]
async fn rows_in_bulk_are_those_that_commands_leave() {
    let (app, admin) = filled(120, 200).await;
    let root = admin.get("/customers?level=provider").await.is(200);
    let totals = &root["items"][0]["totals"];
    assert_eq!(admin.get("/customers?limit=1").await.is(200)["total"], 121);
    assert_eq!(totals["customers"].as_u64().unwrap() + totals["sites"].as_u64().unwrap(), 120);
    assert_eq!(totals["devices"], 200);

    // The same once more by commands, beside what was made in bulk.
    for level in ["distributor", "reseller", "end_customer", "site"] {
        let made = admin.get(&format!("/customers?level={level}&sort=-created_at&limit=1")).await.is(200);
        let made = made["items"][0].clone();
        let name = if level == "site" { json!(format!("{}x", made["name"].as_str().unwrap())) } else { Value::Null };
        let body = json!({ "parent_id": made["parent_id"], "level": level, "company_name": made["company_name"],
            "name": name, "country": made["country"], "email": made["email"],
            "account_state": made["account_state"] });
        let answer = admin.post("/customers", &body).await;
        // The parent may be one that has stopped paying.
        if answer.status == 409 {
            continue;
        }
        let again = answer.is(201);
        let (mut one, mut other) = (lasting(&made), lasting(&again));
        for fields in [&mut one, &mut other] {
            for counted in [
                "totals",
                "name",
                "ancestors",
                "sites",
                "warnings",
                "invitation",
                "version",
                "last_backup_at",
                "backup_state",
                "actions",
                "suspension",
            ] {
                fields.as_object_mut().unwrap().remove(counted);
            }
        }
        // It is its own cause, where it is stopped.
        for fields in [&mut one, &mut other] {
            fields["effective_state"].as_object_mut().unwrap().remove("cause");
        }
        assert_eq!(one, other, "{level}");
        let created = async |thing: &Value| -> Value {
            let history = admin.all(&format!("/customers/{}/changes", id(thing))).await;
            let entry = history.iter().rfind(|entry| entry["action"] == "customer.created").unwrap();
            let fields = entry["after"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
            json!({ "fields": fields, "kind": entry["subject_kind"], "of": entry["customer_id"] == thing["id"] })
        };
        assert_eq!(created(&made).await, created(&again).await, "{level}");
    }

    let device = admin.get("/devices?sort=-used_bytes&limit=1").await.is(200)["items"][0].clone();
    let owner = device["customer_id"].as_str().unwrap();
    let owner = admin.get(&format!("/customers/{owner}")).await.is(200);
    let end = if owner["level"] == "site" { &owner["parent_id"] } else { &owner["id"] }.as_str().unwrap();
    let keys = admin.all(&format!("/customers/{end}/pass_keys")).await;
    let below = admin.get(&with("/devices", &[("under", end)])).await.is(200);
    assert_eq!(keys[0]["uses"], below["total"], "each device was admitted by its customer's key");
    app.finish_without_pool().await;
}

/// What the demonstration leaves is what days of ordinary operation leave: backups on several nights, a machine that went
/// silent, one that grows, one that is refused, and measurements of all that.
#[tokio::test]
async fn the_demonstration_has_a_history() {
    let app = App::start_behind_time(tenantry::demo::HISTORY).await;
    let began = app.now();
    let only = ["Mühlenhof Backwaren", "Ashgrove Legal", "Brindlemoor Veterinary Group"];
    tenantry::demo::load_some(app.control(), true, Some(&only), |_| ()).await.unwrap();
    assert_eq!(app.clock().behind_by(), Duration::ZERO, "the clock is right again");
    let admin = app.client("operations@lanternfield.example", "amber kettle ninth orchard").await;
    let root = admin.get("/customers?level=provider").await.is(200)["items"][0].clone();
    let overview = admin.get(&format!("/customers/{}/overview", id(&root))).await.is(200);
    let count = |part: &str, finding: &str| {
        let counts = overview[part].as_array().unwrap();
        counts.iter().find(|count| count["finding"] == finding).map(|count| count["count"].as_i64().unwrap())
    };
    assert_eq!(overview["devices"], 9);
    assert_eq!(count("attention", "devices_silent"), Some(1));
    assert_eq!(count("attention", "customers_suspended"), Some(1));
    // Of the others two were refused in the last night.
    assert_eq!(count("backups", "backup_within_day"), Some(6));
    let measured = admin.get(&format!("/customers/{}/measurements", id(&root))).await.is(200);
    let days = measured["items"].as_array().unwrap();
    assert!(days.len() >= 7, "{days:?}");
    assert_eq!(days[0]["day"], began.strftime("%Y-%m-%d").to_string());
    assert_eq!(days.iter().filter(|day| day["devices_backed_up"].as_i64().unwrap() > 0).count(), 4);
    let sizes: Vec<i64> = days.iter().map(|day| day["used_bytes"]["last"].as_i64().unwrap()).collect();
    assert!(sizes.is_sorted() && sizes[0] > 0 && sizes.last().unwrap() > &(sizes[0] * 3 / 2), "{sizes:?}");
    let silent = admin.get(&with("/devices", &[("filter", "last_backup_at < now-3d")])).await.is(200);
    assert_eq!(silent["items"][0]["name"], "KASSE-SUED");
    app.finish().await;
}

#[tokio::test]
async fn only_an_empty_installation_is_filled() {
    let app = App::start().await;
    let size = Size { customers: 10, devices: 0 };
    let refused = synthetic::fill(app.control(), false, size, |_| ()).await.unwrap_err();
    assert!(refused.to_string().contains("already has data"), "{refused}");
    app.finish().await;
}
