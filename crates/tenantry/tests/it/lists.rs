//! Lists are what they would be if all rows were read, filtered and sorted here, whichever way the database went.

use serde_json::Value;

use crate::app::id;
use crate::client::{Client, with};
use crate::demo::filled;

/// Orders, each with what it sorts by.
type Order = (&'static str, fn(&Value) -> Key);

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Number(i64),
    Text(String),
    Time(Option<String>),
}

fn text(value: &Value) -> Key {
    Key::Text(value.as_str().unwrap_or_default().to_lowercase())
}

const CUSTOMERS: [Order; 5] = [
    ("company_name", |row| text(&row["company_name"])),
    ("effective_state", |row| {
        Key::Number(match row["effective_state"]["mode"].as_str() {
            None => 0,
            Some("stop_backups") => 1,
            Some(_) => 2,
        })
    }),
    ("used_bytes", |row| Key::Number(row["totals"]["used_bytes"].as_i64().unwrap())),
    ("devices", |row| Key::Number(row["totals"]["devices"].as_i64().unwrap())),
    ("last_backup_at", |row| Key::Time(row["last_backup_at"].as_str().map(str::to_owned))),
];

const DEVICES: [Order; 4] = [
    ("name", |row| text(&row["name"])),
    ("customer_name", |row| text(&row["customer_name"])),
    ("used_bytes", |row| Key::Number(row["used_bytes"].as_i64().unwrap())),
    ("last_backup_at", |row| Key::Time(row["last_backup_at"].as_str().map(str::to_owned))),
];

/// What a narrowed list should have of all rows.
struct Narrowed<'a> {
    parameters: Vec<(&'static str, &'a str)>,
    has: Box<dyn Fn(&Value) -> bool + 'a>,
}

async fn compare(client: &Client, path: &str, orders: &[Order], narrowed: &[Narrowed<'_>]) {
    let all = client.all(&with(path, &[("limit", "500")])).await;
    for narrowed in narrowed {
        for (name, key) in orders {
            let mut expected: Vec<&Value> = all.iter().filter(|row| (narrowed.has)(row)).collect();
            expected.sort_by_key(|row| (key(row), id(row)));
            for descending in [false, true] {
                if descending {
                    expected.reverse();
                }
                let sort = if descending { format!("-{name}") } else { (*name).to_owned() };
                let list = with(&with(path, &narrowed.parameters), &[("sort", &sort)]);
                let ids: Vec<String> = expected.iter().map(|row| id(row)).collect();
                let walked: Vec<String> = client.all(&with(&list, &[("limit", "37")])).await.iter().map(id).collect();
                assert_eq!(walked, ids, "{list}");
                let offset = ids.len() / 2;
                let page = client.get(&with(&list, &[("limit", "3"), ("offset", &offset.to_string())])).await.is(200);
                let window: Vec<String> = page["items"].as_array().unwrap().iter().map(id).collect();
                assert_eq!(window, ids[offset..(offset + 3).min(ids.len())], "{list} at {offset}");
                assert_eq!((&page["total"], &page["total_is_exact"]), (&ids.len().into(), &true.into()), "{list}");
            }
        }
    }
}

#[tokio::test]
async fn every_order_of_every_part_is_that_of_the_rows() {
    let (app, admin) = filled(420, 600).await;
    let of_level = async |level: &str| -> Vec<Value> { admin.all(&format!("/customers?level={level}")).await };
    let (resellers, ends) = (of_level("reseller").await, of_level("end_customer").await);
    let inside = |row: &Value, node: &Value| row["path"].as_str().unwrap().contains(node["id"].as_str().unwrap());
    let end = ends.iter().find(|end| end["totals"]["sites"].as_i64() > Some(0)).unwrap();
    let (seller, end_id) = (resellers[1]["id"].as_str().unwrap(), end["id"].as_str().unwrap());
    // What is stopped above is stopped below.
    let suspension = serde_json::json!({ "reason": "x", "mode": "full_stop" });
    admin.post(&format!("/customers/{end_id}/suspend"), &suspension).await.is(200);
    let two: Vec<&str> = ends.iter().skip(3).step_by(40).map(|end| end["id"].as_str().unwrap()).collect();
    let ids = two.join(",");
    let has = |row: &Value, field: &str, part: &str| {
        row[field].as_str().is_some_and(|text| text.to_lowercase().contains(part))
    };
    let customers = [
        Narrowed { parameters: vec![], has: Box::new(|_| true) },
        Narrowed { parameters: vec![("level", "end_customer")], has: Box::new(|row| row["level"] == "end_customer") },
        Narrowed { parameters: vec![("under", seller)], has: Box::new(|row| inside(row, &resellers[1])) },
        Narrowed { parameters: vec![("under", end_id)], has: Box::new(|row| inside(row, end)) },
        Narrowed {
            parameters: vec![("under", seller), ("level", "site")],
            has: Box::new(|row| row["level"] == "site" && inside(row, &resellers[1])),
        },
        Narrowed { parameters: vec![("parent_id", seller)], has: Box::new(|row| row["parent_id"] == seller) },
        Narrowed { parameters: vec![("ids", &ids)], has: Box::new(|row| two.contains(&row["id"].as_str().unwrap())) },
        Narrowed {
            parameters: vec![("q", "KEr")],
            has: Box::new(|row| has(row, "company_name", "ker") || has(row, "email", "ker")),
        },
        Narrowed {
            parameters: vec![("q", "bakery g"), ("under", seller)],
            has: Box::new(|row| has(row, "company_name", "bakery g") && inside(row, &resellers[1])),
        },
        Narrowed {
            parameters: vec![("q", "la"), ("level", "end_customer")],
            has: Box::new(|row| {
                let begins = |word: &str| word.starts_with("la");
                row["level"] == "end_customer"
                    && row["company_name"].as_str().unwrap().to_lowercase().split(' ').any(begins)
            }),
        },
    ];
    compare(&admin, "/customers", &CUSTOMERS, &customers).await;
    let devices = [
        Narrowed { parameters: vec![], has: Box::new(|_| true) },
        Narrowed { parameters: vec![("under", seller)], has: Box::new(|row| inside(row, &resellers[1])) },
        Narrowed { parameters: vec![("under", end_id)], has: Box::new(|row| inside(row, end)) },
        Narrowed { parameters: vec![("parent_id", end_id)], has: Box::new(|row| row["customer_id"] == end_id) },
        Narrowed { parameters: vec![("q", "server-1")], has: Box::new(|row| has(row, "name", "server-1")) },
        Narrowed {
            parameters: vec![("q", "macos"), ("under", seller)],
            has: Box::new(|row| has(row, "os", "macos") && inside(row, &resellers[1])),
        },
        Narrowed { parameters: vec![("q", "%")], has: Box::new(|_| false) },
    ];
    compare(&admin, "/devices", &DEVICES, &devices).await;
    app.finish_without_pool().await;
}

#[tokio::test]
async fn what_is_known_is_told_and_what_is_counted_is_counted_to_ten_thousand() {
    let (app, admin) = filled(30, 10_400).await;
    let totals = async |path: &str| {
        let page = admin.get(path).await.is(200);
        (page["total"].as_i64().unwrap(), page["total_is_exact"].as_bool().unwrap())
    };
    assert_eq!(totals("/devices?limit=1").await, (10_400, true));
    assert_eq!(totals("/devices?limit=1&q=demo-").await, (10_000, false));
    assert_eq!(totals("/devices?limit=1&q=demo-1039").await, (11, true));
    // All have it, so it is the list as it is without, from its front and in its middle.
    for sort in ["name", "-used_bytes", "customer_name", "last_backup_at"] {
        for at in [0, 4_990, 9_000] {
            let ids = async |more: &str| -> Vec<String> {
                let path = format!("/devices?sort={sort}&offset={at}&limit=20{more}");
                admin.get(&path).await.is(200)["items"].as_array().unwrap().iter().map(id).collect()
            };
            assert_eq!(ids("&q=demo-").await, ids("").await, "{sort} at {at}");
        }
    }
    // The list itself goes on.
    let beyond = admin.get("/devices?offset=10390&limit=20&q=demo-&sort=-created_at").await.is(200);
    assert_eq!(beyond["items"].as_array().unwrap().len(), 10);
    app.finish_without_pool().await;
}

#[tokio::test]
async fn rows_have_the_fields_that_were_asked_for() {
    let (app, admin) = filled(20, 20).await;
    let page = admin.get("/customers?fields=company_name,level&limit=5").await.is(200);
    for row in page["items"].as_array().unwrap() {
        let names: Vec<&String> = row.as_object().unwrap().keys().collect();
        assert_eq!(names, ["company_name", "id", "level"]);
    }
    assert_eq!((&page["total"], &page["total_is_exact"]), (&21.into(), &true.into()));
    admin.get("/customers?fields=password_hash").await.invalid(&[("fields", "invalid")]);
    admin.get("/devices?fields=").await.invalid(&[("fields", "invalid")]);
    app.finish_without_pool().await;
}

#[tokio::test]
async fn large_answers_are_compressed_for_who_takes_them() {
    let (app, admin) = filled(120, 0).await;
    let plain = admin.get("/customers?limit=100").await;
    assert_eq!(plain.header("content-encoding"), None);
    let packed = admin.request(reqwest::Method::GET, "/customers?limit=100").header("accept-encoding", "gzip");
    assert_eq!(packed.packed().await.as_deref(), Some("gzip"));
    let small = admin.request(reqwest::Method::GET, "/me").header("accept-encoding", "gzip");
    assert_eq!(small.packed().await, None);
    app.finish_without_pool().await;
}
