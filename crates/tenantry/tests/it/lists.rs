//! Lists are what they would be if all rows were read, filtered and sorted here, whichever way the database went.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::{App, id};
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

const CUSTOMERS: [Order; 11] = [
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
    // No index has the order of these.
    ("country", |row| Key::Text(row["country"].as_str().unwrap_or_default().to_owned())),
    ("email", |row| text(&row["email"])),
    ("max_devices", |row| Key::Number(row["max_devices"].as_i64().unwrap_or(i64::MIN))),
    ("is_default", |row| Key::Number(row["is_default"].as_bool().unwrap().into())),
    ("effective_state.state", |row| Key::Number((row["effective_state"]["state"] == "suspended").into())),
    ("level", |row| {
        let levels = ["provider", "distributor", "sub_distributor", "reseller", "end_customer", "site"];
        let level = row["level"].as_str().unwrap();
        Key::Number(levels.iter().position(|known| *known == level).unwrap().try_into().unwrap())
    }),
];

const DEVICES: [Order; 6] = [
    ("name", |row| text(&row["name"])),
    ("customer_name", |row| text(&row["customer_name"])),
    ("used_bytes", |row| Key::Number(row["used_bytes"].as_i64().unwrap())),
    ("last_backup_at", |row| Key::Time(row["last_backup_at"].as_str().map(str::to_owned))),
    ("os", |row| text(&row["os"])),
    ("storage_location_id", |row| Key::Text(row["storage_location_id"].as_str().unwrap_or_default().to_owned())),
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
        by_match(client, path, &all, orders[0].1, narrowed).await;
    }
}

/// A search that asks for no order has those first whose name begins with the text.
async fn by_match(client: &Client, path: &str, all: &[Value], name: fn(&Value) -> Key, narrowed: &Narrowed<'_>) {
    let Some((_, q)) = narrowed.parameters.iter().find(|(name, _)| *name == "q") else { return };
    let is_behind = |key: &Key| matches!(key, Key::Text(text) if !text.starts_with(&q.to_lowercase()));
    let mut expected: Vec<&Value> = all.iter().filter(|row| (narrowed.has)(row)).collect();
    expected.sort_by_key(|row| (is_behind(&name(row)), name(row), id(row)));
    let ids: Vec<String> = expected.iter().map(|row| id(row)).collect();
    let list = with(path, &narrowed.parameters);
    let walked: Vec<String> = client.all(&with(&list, &[("limit", "7")])).await.iter().map(id).collect();
    assert_eq!(walked, ids, "{list}");
    let page = client.get(&with(&list, &[("limit", "5"), ("offset", "2")])).await.is(200);
    let window: Vec<String> = page["items"].as_array().unwrap().iter().map(id).collect();
    assert_eq!(window, ids.iter().skip(2).take(5).cloned().collect::<Vec<_>>(), "{list}");
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
async fn what_very_many_names_begin_with_comes_before_what_has_it_elsewhere() {
    let (app, admin) = filled(30, 11_600).await;
    // All but some names begin with it, these have it further on, and stand before them in the order of names.
    let mut conn = app.database().begin().await.unwrap();
    for (names, text) in [("name not like '%7'", "desk-"), ("name like '%7'", "a desk-")] {
        let renamed = db::sql![
            "update devices set name = ",
            text,
            " || name, name_folded = ",
            text,
            " || name_folded, search = '  ' || replace(",
            text,
            ", ' ', '  ') || substr(search, 3) where ",
            db::Raw(names)
        ];
        conn.exec(renamed).await.unwrap();
    }
    conn.commit().await.unwrap();
    let by_name = admin.all("/devices?limit=500&fields=name").await;
    let begins = |row: &&Value| row["name"].as_str().unwrap().starts_with("desk-");
    let (first, then): (Vec<&Value>, Vec<&Value>) = by_name.iter().partition(begins);
    assert!(first.len() > 10_000 && then.len() > 100, "{} and {}", first.len(), then.len());
    let expected: Vec<String> = first.iter().chain(&then).map(|row| id(row)).collect();
    for q in ["desk-", "DESK-"] {
        for at in [0, 17, first.len() - 3, first.len(), first.len() + 5, expected.len() - 2] {
            let page = admin.get(&format!("/devices?q={q}&limit=20&offset={at}")).await.is(200);
            let ids: Vec<String> = page["items"].as_array().unwrap().iter().map(id).collect();
            assert_eq!(ids, expected[at..(at + 20).min(expected.len())], "{q} at {at}");
            assert_eq!((&page["total"], &page["total_is_exact"]), (&10_000.into(), &false.into()));
        }
        let walked: Vec<String> = admin.all(&format!("/devices?q={q}&limit=500")).await.iter().map(id).collect();
        assert_eq!(walked, expected, "{q}");
    }
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
    let small = admin.request(reqwest::Method::GET, "/views").header("accept-encoding", "gzip");
    assert_eq!(small.packed().await, None);
    app.finish_without_pool().await;
}

#[tokio::test]
async fn a_list_by_site_has_a_row_for_each_and_for_who_has_none() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Reseller").await;
    let make = async |name: &str, city: &str, sites: &[&str]| {
        let body = json!({ "parent_id": reseller, "company_name": name, "country": "DE", "sites": sites,
            "profile": { "city": city } });
        id(&admin.post("/customers", &body).await.is(201))
    };
    let bakery = make("Bakery", "Bonn", &["mill", "shop", "yard"]).await;
    let archive = make("Archive", "Bonn", &[]).await;
    let cinema = make("Cinema", "Ulm", &["hall"]).await;
    let rows = async |query: &str| -> Vec<(String, String)> {
        let path = format!("/customers?rows=site&under={reseller}{query}");
        let text = |row: &Value| row.as_str().unwrap_or_default().to_owned();
        let all = admin.all(&path).await;
        all.iter().map(|row| (text(&row["company_name"]), text(&row["site"]["name"]))).collect()
    };
    let pair = |customer: &str, site: &str| (customer.to_owned(), site.to_owned());
    let whole = vec![
        pair("Archive", ""),
        pair("Bakery", "mill"),
        pair("Bakery", "shop"),
        pair("Bakery", "yard"),
        pair("Cinema", "hall"),
        pair("Reseller", ""),
    ];
    // Made in this order, so their ids follow one another.
    assert_eq!(rows("").await, whole);
    for sort in
        ["company_name", "-company_name", "used_bytes", "-created_at", "last_backup_at", "country", "-profile.city"]
    {
        let at_once = rows(&format!("&sort={sort}")).await;
        assert_eq!(rows(&format!("&sort={sort}&limit=1")).await, at_once, "{sort}");
        assert_eq!(at_once.iter().collect::<BTreeSet<_>>().len(), whole.len(), "{sort}");
        let path = format!("/customers?rows=site&under={reseller}&sort={sort}&limit=2");
        for offset in 0..=whole.len() {
            let page = admin.get(&format!("{path}&offset={offset}")).await.is(200);
            assert_eq!(page["total"], whole.len());
            let names: Vec<&str> =
                page["items"].as_array().unwrap().iter().map(|row| row["company_name"].as_str().unwrap()).collect();
            let expected: Vec<&str> = at_once.iter().skip(offset).take(2).map(|(name, _)| name.as_str()).collect();
            assert_eq!(names, expected, "{sort} from {offset}");
        }
    }
    // What narrows asks the customer, and its sites come with it.
    let filter =
        |text: &str| format!("&filter={}", text.replace(' ', "%20").replace('"', "%22").replace("==", "%3D%3D"));
    assert_eq!(rows(&filter("profile.city == \"Bonn\"")).await, whole[..4]);
    assert_eq!(rows(&format!("&ids={cinema},{archive}")).await, [pair("Archive", ""), pair("Cinema", "hall")]);
    // What is searched for is found in the customer, and then all of its sites come; or in a site, which comes alone.
    assert_eq!(rows("&q=mill").await, [pair("Bakery", "mill")]);
    assert_eq!(rows("&q=HALL&sort=-company_name").await, [pair("Cinema", "hall")]);
    assert_eq!(rows("&q=baker").await, whole[1..4]);
    assert_eq!(rows("&q=ulm").await, [pair("Cinema", "hall")]);
    assert_eq!(rows("&q=archive").await, [pair("Archive", "")]);
    assert_eq!(rows("&q=a&limit=1&sort=-created_at").await, rows("&q=a&sort=-created_at").await);
    assert_eq!(rows(&format!("&q=mill{}", filter("profile.city == \"Ulm\""))).await, []);
    assert_eq!(admin.get(&format!("/customers?rows=site&under={bakery}&q=yard")).await.is(200)["total"], 1);
    let file = admin.get(&format!("/customers/export?rows=site&under={reseller}&q=shop&columns=site.name")).await;
    let file = file.is(200).as_str().unwrap().to_owned();
    assert!(file.lines().count() == 2 && file.trim_end().ends_with(",shop"), "{file}");
    let page = admin.get(&format!("/customers?rows=site&under={bakery}")).await.is(200);
    assert_eq!(page["total"], 3);
    let site = &page["items"][0]["site"];
    assert_eq!((&site["level"], &site["parent_id"]), (&json!("site"), &json!(bakery)));
    let alone = admin.get(&format!("/customers?rows=site&under={}", site["id"].as_str().unwrap())).await.is(200);
    assert_eq!((&alone["total"], &alone["items"][0]["id"]), (&json!(1), &site["id"]));
    admin.get("/devices?rows=site").await.invalid(&[("rows", "invalid")]);
    admin.get(&format!("/customers/{bakery}/changes?rows=site")).await.invalid(&[("rows", "invalid")]);

    // The sites of a list are chosen as a list is.
    let sites = json!({ "noun": "customers", "action": "delete", "dry_run": true,
        "selection": { "under": reseller, "filter": "profile.city == \"Bonn\"", "rows": "site", "except": [site["id"]] } });
    let preview = admin.post("/bulk", &sites).await.is(200);
    assert_eq!((&preview["total"], &preview["effects"]), (&json!(2), &json!({ "sites": 2 })));
    app.finish().await;
}
