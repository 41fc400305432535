//! Filters find what they would find if every row were looked at here, whoever asks: in random trees, by random filters.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use base::text::{bare, fold};
use jiff::SignedDuration;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, id};
use crate::client::{Client, with};
use crate::demo::filled;

pub(crate) mod looking;

use self::looking::{Dice, INTERNAL, compare_all, field, registered};

/// Texts with everything that folding, searching and quoting stumble over.
const TEXTS: [&str; 14] = [
    "Straße 12, Zürich",
    "STRASSE 12",
    "Ärzte & Söhne",
    "50% \\ off_line",
    "\"quoted\" 'text'",
    "ΟΔΟΣ ΣΟΦΙΑΣ",
    "İstanbul ığ",
    "ﬁne １２ Ｗide",
    "a   b\u{3000}c",
    "ж Ж ё",
    "ß ẞ",
    "~!=<>()",
    "日本 東京",
    "ǅ Ǆ ŉ",
];

/// A tree with something in every field.
async fn planted() -> (App, Client, BTreeMap<&'static str, String>) {
    let (app, admin) = filled(90, 120).await;
    let mut dice = Dice(7);
    let rows = admin.all("/customers?limit=500").await;
    for row in rows.iter().filter(|row| row["level"] != "provider").step_by(2) {
        let mut profile = serde_json::Map::new();
        for name in ["address", "city", "phone", "fax", "notes", "shared_notes", "contact", "reference"] {
            if dice.roll(2) == 0 {
                let text: String = dice.one_of(&TEXTS).chars().take(50).collect();
                profile.insert(name.to_owned(), json!(format!("{text} {}", dice.roll(5))));
            }
        }
        let mut body = json!({ "profile": profile });
        if dice.roll(2) == 0 && row["level"] != "site" {
            body["kind"] = json!(dice.one_of(&["managed", "self_managed"]));
            body["max_devices"] = json!(dice.roll(4));
        }
        if row["level"] != "site" && dice.roll(3) == 0 {
            body["company_name"] = json!(dice.one_of(&TEXTS));
        }
        admin.edit(&format!("/customers/{}", id(row)), &body).await.is(200);
    }
    let of_level = |level: &str| rows.iter().filter(|row| row["level"] == level).map(id).collect::<Vec<_>>();
    let ends = of_level("end_customer");
    let end =
        rows.iter().find(|row| row["totals"]["sites"].as_i64() > Some(0) && row["level"] == "end_customer").unwrap();
    let named = [
        ("distributor", of_level("distributor")[0].clone()),
        ("reseller", end["parent_id"].as_str().unwrap().to_owned()),
        ("end", id(end)),
    ];
    let mut people = Vec::new();
    for (at, customer) in &named {
        let email = format!("{at}@people.example");
        let body = json!({ "customer_id": customer, "email": email, "name": dice.one_of(&TEXTS), "role": "administrator",
            "password": PASSWORD });
        admin.post("/users", &body).await.is(201);
        people.push(app.client(&email, PASSWORD).await);
    }
    // By people at several places, so that some of it is nobody else's business.
    for (at, end) in ends.iter().enumerate().skip(1).step_by(7) {
        let who = if at % 2 == 0 { &admin } else { &people[0] };
        let mode = if at % 3 == 0 { "full_stop" } else { "stop_backups" };
        let body = json!({ "reason": dice.one_of(&TEXTS), "mode": mode, "public_message": "Call us" });
        let answer = who.post(&format!("/customers/{end}/suspend"), &body).await;
        assert!([200, 404].contains(&answer.status));
    }
    let invited =
        json!({ "customer_id": named[2].1, "email": "later@people.example", "name": "İpek", "role": "supporter" });
    admin.post("/users", &invited).await.is(201);
    admin
        .edit(
            &format!("/customers/{}", named[2].1),
            &json!({ "max_devices": 900, "username": "Zebra_9", "password": PASSWORD }),
        )
        .await
        .is(200);
    if admin.get(&format!("/customers/{}", named[2].1)).await.is(200)["effective_state"]["state"] == "suspended" {
        admin.act(&format!("/customers/{}/activate", named[2].1)).await.is(200);
    }
    for site in ["attic", "Basement"] {
        admin.post(&format!("/customers/{}/sites", named[2].1), &json!({ "name": site })).await.is(201);
    }
    let devices = admin.get("/devices?limit=3").await.is(200);
    let devices = devices["items"].as_array().unwrap().iter().map(|device| format!("/devices/{}", id(device)));
    let customers = ends.iter().take(5).map(|end| format!("/customers/{end}"));
    for (at, owner) in devices.chain(customers).enumerate() {
        for name in ["auto_authorise", "append_only"] {
            if name == "append_only" || owner.starts_with("/customers") {
                let set = json!({ "value": at % 3 > 0 });
                let path = format!("{owner}/settings/{name}");
                admin.request(reqwest::Method::PUT, &path).json(&set).send().await.is(200);
            }
        }
    }
    // Those first that use most: of little space that is used no per cent is left.
    let mut rows = rows.clone();
    rows.sort_by_key(|row| -row["totals"]["used_bytes"].as_i64().unwrap());
    let ends = rows.iter().filter(|row| row["level"] == "end_customer").map(id).collect::<Vec<_>>();
    plant_what_is_sold(&admin, &of_level("provider")[0], &named[1].1, &ends).await;
    (app, admin, named.into_iter().collect())
}

/// Space, trials, templates, events, and one that is to go.
async fn plant_what_is_sold(admin: &Client, provider: &str, reseller: &str, ends: &[String]) {
    for (at, end) in ends.iter().take(6).enumerate() {
        let space = json!({ "allotted_bytes": 100_000_000_000_000_i64 * (i64::try_from(at).unwrap() + 1) });
        let path = format!("/customers/{end}/space");
        let version = admin.get(&path).await.is(200)["version"].clone();
        let put = admin.request(reqwest::Method::PUT, &path).header("if-match", &format!("\"{version}\""));
        put.json(&space).send().await.is(200);
        let event = json!({ "customer_id": end, "type": "virus_found", "count": 1 + at * 3, "product": TEXTS[at] });
        admin.post("/events", &event).await.is(200);
    }
    let template = json!({ "name": "Čareful", "settings": { "append_only": { "value": true } } });
    let template = id(&admin.post(&format!("/customers/{provider}/templates"), &template).await.is(201));
    for end in &ends[..4] {
        let path = format!("/customers/{end}/template");
        let put = admin.request(reqwest::Method::PUT, &path).json(&json!({ "template_id": template }));
        assert!([200, 409].contains(&put.send().await.status));
    }
    for at in 0..3 {
        let trial = json!({ "parent_id": reseller, "company_name": format!("On trial {at}"), "country": "DE",
            "trial": true });
        let made = id(&admin.post("/customers", &trial).await.is(201));
        if at == 0 {
            admin.delete(&format!("/customers/{made}?remove_products=true")).await.is(200);
        } else if at == 1 {
            admin.act(&format!("/customers/{made}/end_trial")).await.is(200);
        }
    }
}

#[tokio::test]
async fn a_filter_finds_what_looking_at_every_row_finds() {
    let (app, admin, named) = planted().await;
    let rows = admin.all("/customers?limit=500").await;
    // Only what the gateway refuses makes one of these.
    let without = ["last_refused_at"];
    let fields = registered(&admin, "customers").await;
    let empty: Vec<_> = fields
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| !rows.iter().any(|row| field(row, name).is_some()))
        .collect();
    assert_eq!(empty, without, "some customer has each of the others");
    let mut narrowing = 0;
    for (at, seed) in [("", 1), ("distributor", 2), ("reseller", 3), ("end", 4)] {
        let client =
            if at.is_empty() { admin.clone() } else { app.client(&format!("{at}@people.example"), PASSWORD).await };
        let customers = registered(&client, "customers").await;
        let devices = registered(&client, "devices").await;
        narrowing += compare_all(&client, "/customers", &customers, 120, seed).await;
        let top = named.get(at).cloned();
        // The same in a part of it, in an order, of a level.
        let under = with("/customers?sort=-used_bytes", &[("under", top.as_ref().unwrap_or(&named["distributor"]))]);
        narrowing += compare_all(&client, &under, &customers, 30, seed + 10).await;
        if at != "end" {
            narrowing +=
                compare_all(&client, "/customers?level=end_customer&sort=last_backup_at", &customers, 30, seed + 20)
                    .await;
            narrowing += compare_all(&client, "/devices?q=w&sort=customer_name", &devices, 30, seed + 40).await;
        }
        narrowing += compare_all(&client, "/devices", &devices, 60, seed + 30).await;
        if let Some(top) = &top {
            let changes = registered(&client, "changes").await;
            narrowing += compare_all(&client, &format!("/customers/{top}/changes"), &changes, 40, seed + 50).await;
        }
    }
    assert!(narrowing > 300, "most filters would find nothing or all: {narrowing}");
    narrowing = compare_all(&admin, "/users", &registered(&admin, "users").await, 60, 100).await;
    assert!(narrowing > 15, "{narrowing}");
    narrowing = compare_all(&admin, "/events", &registered(&admin, "events").await, 60, 200).await;
    assert!(narrowing > 15, "{narrowing}");
    app.finish_without_pool().await;
}

#[tokio::test]
async fn pass_keys_are_found_by_what_they_can_still_do() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let site = app.site(&customer, "hq").await;
    let keys = format!("/customers/{customer}/pass_keys");
    let soon = app.now().checked_add(SignedDuration::from_hours(1)).unwrap();
    let later = app.now().checked_add(SignedDuration::from_hours(48)).unwrap();
    for body in [
        json!({}),
        json!({ "max_uses": 1 }),
        json!({ "max_uses": 5, "expires_at": soon.to_string() }),
        json!({ "site_id": site }),
        json!({ "expires_at": later.to_string(), "site_id": site }),
        json!({ "max_uses": 1, "expires_at": soon.to_string() }),
    ] {
        let made = app.admin().post(&keys, &body).await.is(201);
        if body["max_uses"] == 1 {
            app.machine(made["pass_key"].as_str().unwrap(), &format!("till {}", made["prefix"])).await;
        }
    }
    let revoked = app.admin().post(&keys, &json!({})).await.is(201);
    app.admin().delete(&format!("/pass_keys/{}", id(&revoked))).await.is(204);
    app.advance(std::time::Duration::from_hours(2));
    let states = async |filter: &str| app.admin().all(&with(&keys, &[("filter", filter)])).await.len();
    for (filter, expected) in [
        ("state == active", 3),
        ("state == expired", 2),
        ("state == used_up", 1),
        ("state == revoked", 1),
        ("not state == active", 4),
        ("state in (active, revoked)", 4),
        ("expires_at < now", 2),
        ("expires_at < now+7d", 3),
        ("not exists(expires_at)", 4),
    ] {
        assert_eq!(states(filter).await, expected, "{filter}");
    }
    let fields = registered(app.admin(), "pass_keys").await;
    assert!(compare_all(app.admin(), &keys, &fields, 150, 5).await > 30);
    let mill = app.end_customer("Mill").await;
    for uses in [1, 7] {
        app.admin().post(&format!("/customers/{mill}/pass_keys"), &json!({ "max_uses": uses })).await.is(201);
    }
    assert!(compare_all(app.admin(), "/pass_keys", &fields, 150, 6).await > 30);
    assert!(compare_all(app.admin(), &with("/pass_keys", &[("under", &customer)]), &fields, 50, 7).await > 0);
    let boss = app.person(&app.id_of("Reseller of Bakery").await, "supporter", "boss@example.com").await;
    assert_eq!(boss.get("/pass_keys").await.is(200)["total"], 7);
    assert_eq!(boss.get(&with("/pass_keys", &[("q", "tpk_"), ("parent_id", &customer)])).await.is(200)["total"], 7);
    boss.get(&with("/pass_keys", &[("under", &mill)])).await.refused(404, "not_found");
    let counts = boss.get("/pass_keys/counts?by=state").await.is(200);
    assert_eq!(counts["fields"][0]["values"][0], json!({ "value": "active", "count": 3 }));
    app.finish().await;
}

#[tokio::test]
async fn a_filter_agrees_with_counters_that_are_not_stored_yet() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let machine = app.machine(&key, "till").await;
    app.machine(&key, "idle").await;
    machine.begin().await;
    let bytes = async || {
        app.admin().get(&format!("/customers/{customer}")).await.is(200)["totals"]["used_bytes"].as_i64().unwrap()
    };
    let count = async |path: &str, filter: &str| app.admin().all(&with(path, &[("filter", filter)])).await.len();
    for size in 1..=20_usize {
        let before = bytes().await;
        assert_eq!(machine.put("data", &vec![7; 1000 * size]).await.0, 200);
        let now = before + i64::try_from(1000 * size).unwrap();
        assert_eq!(bytes().await, now);
        // The machine, its customer and all above it have it.
        for (filter, devices, customers) in [
            (format!("== {now}"), 1, 3),
            (format!(">= {now}"), 1, 3),
            (format!("> {before}"), 1, 3),
            (format!("<= {before}"), 1, 2),
            (format!("in (0, {before})"), 1, 2),
        ] {
            assert_eq!(count("/devices", &format!("used_bytes {filter}")).await, devices, "{filter}");
            assert_eq!(count("/customers", &format!("totals.used_bytes {filter}")).await, customers, "{filter}");
            let rest = count("/customers", &format!("not totals.used_bytes {filter}")).await;
            assert_eq!(rest, 5 - customers, "not {filter}");
        }
    }
    assert_eq!(count("/devices", "exists(last_backup_at)").await, 0);
    assert_eq!(machine.put("snapshots", b"snapshot").await.0, 200);
    assert_eq!(count("/devices", "exists(last_backup_at) and last_backup_at > now-1m").await, 1);
    assert_eq!(count("/customers", "last_backup_at > now-1m").await, 3);
    assert_eq!(count("/customers", "not exists(last_backup_at)").await, 2);
    app.finish().await;
}

#[tokio::test]
async fn only_what_is_wrong_is_refused_and_named() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let own = app.person(&customer, "administrator", "own@bakery.example").await;
    let refused = async |client: &Client, path: &str, filter: &str| {
        let refused = client.get(&with(path, &[("filter", filter)])).await.refused(422, "invalid_input");
        let errors = refused["errors"].as_array().unwrap().clone();
        assert!(errors.iter().all(|error| error["field"] == "filter" && error["code"] == "invalid_filter"));
        errors.iter().map(|error| error["detail"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        refused(app.admin(), "/customers", "level == end_customer and pasword_hash ~ \"x\" and shoe > 4").await.len(),
        2
    );
    // Secrets, and what stands in no row, are nobody's to ask for.
    for name in ["password_hash", "search", "stopped", "n", "secret_hash", "username_folded", "c.path", "path"] {
        for path in [
            "/customers",
            "/devices",
            "/users",
            &format!("/customers/{customer}/pass_keys"),
            &format!("/customers/{customer}/changes"),
        ] {
            let [detail] = refused(app.admin(), path, &format!("{name} == \"x\"")).await.try_into().unwrap();
            assert!(detail.starts_with(&format!("At character 1: there is no field `{name}`")), "{detail}");
        }
    }
    // What a customer's own people don't see they can't ask for, nor learn that it is there.
    for name in INTERNAL {
        let filter = format!("{name} ~ \"a\"");
        app.admin().get(&with("/customers", &[("filter", &filter)])).await.is(200);
        let [detail] = refused(&own, "/customers", &filter).await.try_into().unwrap();
        assert!(!detail.contains(&format!("mean `{name}`")), "{detail}");
    }
    let long = format!("company_name == \"{}\"", "x".repeat(4_000));
    assert_eq!(refused(app.admin(), "/customers", &long).await, ["A filter may have at most 4000 characters."]);
    // The longest that there may be is answered, whatever it asks.
    for part in ["id==x or ", "profile.notes~\"a\" or ", "not totals.devices in (1,2) and "] {
        let mut widest = String::new();
        while widest.len() + part.len() < 3_900 && widest.matches(part).count() < 160 {
            let _ = write!(widest, "{part}");
        }
        app.admin().get(&with("/customers", &[("filter", &format!("{widest}level == site"))])).await.is(200);
    }
    let deepest = format!("{}level == site{}", "not (".repeat(20), ")".repeat(20));
    assert_eq!(app.admin().all(&with("/customers", &[("filter", &deepest)])).await.len(), 0);
    app.finish().await;
}

#[tokio::test]
async fn the_database_folds_texts_as_the_program_does() {
    let app = App::start_empty().await;
    let mut texts: Vec<String> = TEXTS.iter().map(|text| (*text).to_owned()).collect();
    texts.extend(["", " ", "\u{a0}x\u{2003}y\u{3000}", "Σας ΣΑΣ", "\u{1c5}\u{130}\u{1e9e}"].map(str::to_owned));
    // Letters that have been in Unicode for long: the newest are known to one of the two before the other.
    let long_known = ['\u{20}'..='\u{587}', '\u{10a0}'..='\u{10ff}', '\u{1e00}'..='\u{2fff}'];
    let letters: Vec<char> = long_known.into_iter().flatten().filter(|c| c.is_alphanumeric()).collect();
    texts.extend(letters.chunks(97).map(|some| some.iter().collect()));
    let mut conn = app.database().read().await.unwrap();
    for text in texts {
        let folded: String = conn.one(db::sql!["select fold(", &text, ")"]).await.unwrap();
        assert_eq!(folded, fold(&text), "{text}");
        let made: String = conn.one(db::sql!["select bare(", &text, ")"]).await.unwrap();
        assert_eq!(made, bare(&text), "{text}");
    }
    assert_eq!(conn.one::<Option<String>>(db::sql!["select fold(", None::<String>, ")"]).await.unwrap(), None);
    drop(conn);
    app.finish().await;
}

/// What the document shows: filters by list, and refused ones with what is said.
fn documented() -> [Vec<(String, String)>; 2] {
    let (mut filters, mut refused) = (Vec::new(), Vec::new());
    let mut list = None;
    for line in include_str!("../../../../docs/filters.md").lines() {
        if let Some(fence) = line.strip_prefix("```") {
            list = fence.strip_prefix("filter ").map(str::to_owned);
        } else if let Some(list) = &list {
            filters.push((list.clone(), line.to_owned()));
        } else if let Some((filter, said)) = line.strip_prefix("| `").and_then(|row| row.split_once("` | At character"))
        {
            refused.push((filter.to_owned(), format!("At character{}", said.trim_end_matches(" |"))));
        }
    }
    [filters, refused]
}

#[tokio::test]
async fn what_the_document_shows_is_so() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let [filters, refused] = documented();
    assert!(filters.len() >= 20 && refused.len() >= 6);
    for (list, filter) in filters {
        let path = match list.as_str() {
            "pass_keys" | "changes" => format!("/customers/{customer}/{list}"),
            _ => format!("/{list}"),
        };
        app.admin().get(&with(&path, &[("filter", &filter)])).await.is(200);
    }
    for (filter, said) in refused {
        let answer = app.admin().get(&with("/customers", &[("filter", &filter)])).await.refused(422, "invalid_input");
        assert_eq!(answer["errors"], json!([{ "field": "filter", "code": "invalid_filter", "detail": said }]));
    }
    app.finish().await;
}

/// How many rows have which value, by looking.
fn counted(rows: &[Value], name: &str) -> BTreeMap<Option<String>, i64> {
    let mut counts = BTreeMap::new();
    for row in rows {
        let value = field(row, name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
        *counts.entry(value).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn lists_are_counted_by_what_their_rows_have() {
    let (app, admin, named) = planted().await;
    let fields = admin.get("/fields").await.is(200);
    let countable = |noun: &str| -> Vec<String> {
        let list = fields["items"].as_array().unwrap().iter().find(|list| list["noun"] == noun).unwrap();
        let counted = list["fields"].as_array().unwrap().iter().filter(|field| field["countable"] == true);
        counted.map(|field| field["name"].as_str().unwrap().to_owned()).collect()
    };
    for (noun, parameters) in [
        ("customers", vec![]),
        ("customers", vec![("under", named["reseller"].as_str()), ("filter", "totals.used_bytes > 1GB")]),
        ("customers", vec![("q", "l"), ("level", "end_customer")]),
        ("devices", vec![]),
        ("devices", vec![("filter", "used_bytes > 100GB and effective_state.state == active")]),
        ("users", vec![("filter", "role == administrator")]),
    ] {
        let list = with(&format!("/{noun}"), &parameters);
        let rows = admin.all(&with(&list, &[("limit", "500")])).await;
        let by = countable(noun);
        assert!(by.len() >= 2, "{noun} can be counted by {by:?}");
        let mut told_of = Vec::new();
        // As many at once as may be asked for.
        for some in by.chunks(10) {
            let path = with(&format!("/{noun}/counts"), &parameters);
            let counts = admin.get(&with(&path, &[("by", &some.join(","))])).await.is(200);
            assert_eq!((&counts["total"], &counts["is_exact"]), (&json!(rows.len()), &json!(true)), "{list}");
            told_of.extend(counts["fields"].as_array().unwrap().clone());
        }
        for (name, field) in by.iter().zip(&told_of) {
            assert_eq!((field["field"].as_str(), &field["has_more"]), (Some(name.as_str()), &json!(false)));
            let told: BTreeMap<Option<String>, i64> = field["values"]
                .as_array()
                .unwrap()
                .iter()
                .map(|value| (value["value"].as_str().map(str::to_owned), value["count"].as_i64().unwrap()))
                .filter(|(_, count)| *count > 0)
                .collect();
            assert_eq!(told, counted(&rows, name), "{list} by {name}");
        }
    }
    // Words that no row has are told too: there is something to choose.
    let levels = admin.get("/customers/counts?by=level&level=site").await.is(200);
    let values: Vec<&Value> = levels["fields"][0]["values"].as_array().unwrap().iter().collect();
    assert_eq!(values.len(), 6);
    assert_eq!((&values[0]["value"], &values[0]["count"]), (&json!("provider"), &json!(0)));
    for by in ["", "company_name", "level,shoe_size", "password_hash"] {
        admin.get(&with("/customers/counts", &[("by", by)])).await.invalid(&[("by", "invalid")]);
    }
    admin.get(&format!("/customers/counts?by={}", ["level"; 21].join(","))).await.invalid(&[("by", "out_of_range")]);
    admin.get("/customers/counts").await.invalid(&[("by", "required")]);
    admin.get("/customers/counts?by=level&sort=level").await.invalid(&[("sort", "unknown_field")]);
    app.finish_without_pool().await;
}

#[tokio::test]
async fn fields_are_described_as_they_can_be_asked_for() {
    let (app, admin, named) = planted().await;
    let end = app.client("end@people.example", PASSWORD).await;
    let own = app.client("Zebra_9", PASSWORD).await;
    let path = |noun: &str| match noun {
        "pass_keys" | "changes" => format!("/customers/{}/{noun}", named["end"]),
        _ => format!("/{noun}"),
    };
    for (client, nouns, internal) in [(&admin, 10, true), (&end, 10, false), (&own, 9, false)] {
        let lists = client.get("/fields").await.is(200);
        let lists = lists["items"].as_array().unwrap();
        assert_eq!(lists.len(), nouns);
        for list in lists {
            let path = path(list["noun"].as_str().unwrap());
            let fields = list["fields"].as_array().unwrap();
            let has = |name: &str| fields.iter().any(|field| field["name"] == name);
            if list["noun"] == "customers" {
                assert_eq!(INTERNAL.map(has), [internal; 2]);
            }
            for field in fields {
                let name = field["name"].as_str().unwrap();
                let value = match field["kind"].as_str().unwrap() {
                    "text" => "\"a\"",
                    "id" | "code" => "DE",
                    "word" => field["values"][0].as_str().unwrap(),
                    "number" => "1",
                    "bytes" => "1GB",
                    "time" => "now-1d",
                    "flag" => "true",
                    other => panic!("{other}"),
                };
                let comparisons: Vec<&str> =
                    field["comparisons"].as_array().unwrap().iter().map(|one| one.as_str().unwrap()).collect();
                // What may be compared how is the same for all who have the field.
                let every = ["==", "!=", "<", "<=", ">", ">=", "~", "in"];
                for comparison in every.iter().take(if internal { 8 } else { 1 }).copied() {
                    let value = if comparison == "in" { format!("({value})") } else { value.to_owned() };
                    let filter = format!("{name} {comparison} {value}");
                    let answer = client.get(&with(&path, &[("filter", &filter), ("limit", "1")])).await;
                    let expected = if comparisons.contains(&comparison) { 200 } else { 422 };
                    assert_eq!(answer.status, expected, "{path} {filter}: {:#}", answer.body);
                }
                let sorted = client.get(&with(&path, &[("sort", name), ("limit", "1")])).await.status;
                assert_eq!(sorted, if field["sortable"] == true { 200 } else { 422 }, "{path} by {name}");
            }
        }
    }
    app.finish_without_pool().await;
}

#[tokio::test]
async fn filters_take_turns_and_leave_room_for_everything_else() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let own = app.person(&customer, "administrator", "own@bakery.example").await;
    let turn = base::turns::Turn::new("somebody", "with much to look for");
    let mut held = Vec::new();
    for _ in 0..2 {
        held.push(app.control().searches.place(&turn).await.unwrap());
    }
    let filtered = with("/customers", &[("filter", "level == end_customer")]);
    let mut waiting = Box::pin(own.get(&filtered));
    let soon = std::time::Duration::from_millis(300);
    assert!(tokio::time::timeout(soon, &mut waiting).await.is_err(), "it waits for its turn");
    assert_eq!(own.get("/customers").await.is(200)["total"], 1, "what has no filter doesn't");
    held.pop();
    assert_eq!(waiting.await.is(200)["total"], 1);
    drop(held);
    app.finish().await;
}
