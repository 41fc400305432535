//! Lists: search, narrowing, order, cursors that miss nothing, windows for a scrollbar.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Client, merged, with};

async fn names(client: &Client, path: &str) -> Vec<String> {
    client.all(path).await.iter().map(|row| row["company_name"].as_str().unwrap().to_owned()).collect()
}

async fn search(client: &Client, text: &str) -> Vec<String> {
    names(client, &with("/customers", &[("q", text)])).await
}

#[tokio::test]
async fn search_looks_at_names_username_email_and_reference_and_takes_everything_literally() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let make = async |fields: Value| {
        let body = json!({ "parent_id": reseller, "country": "DE" });
        app.admin().post("/customers", &merged(&body, &fields)).await.is(201);
    };
    make(json!({ "company_name": "Bäckerei Müller", "email": "Info@Backstube.example" })).await;
    make(json!({ "company_name": "Alpha 100%", "profile": { "reference": "K_7/Ä" } })).await;
    make(json!({ "company_name": "Alpha 1000", "profile": { "reference": "KX7", "notes": "bakery" } })).await;
    make(json!({ "company_name": "C:\\Temp", "sites": ["Mill_1", "MillX1"] })).await;
    make(json!({ "company_name": "Named", "username": "zebra_9", "password": crate::app::PASSWORD })).await;
    for (text, found) in [
        ("BÄCKEREI", vec!["Bäckerei Müller"]),
        ("backstube", vec!["Bäckerei Müller"]),
        ("INFO@", vec!["Bäckerei Müller"]),
        ("100%", vec!["Alpha 100%"]),
        ("k_7", vec!["Alpha 100%"]),
        ("alpha 100", vec!["Alpha 100%", "Alpha 1000"]),
        ("  Alpha   100 ", vec!["Alpha 100%", "Alpha 1000"]),
        ("c:\\t", vec!["C:\\Temp"]),
        ("mill_1", vec!["Mill_1"]),
        ("ZEBRA", vec!["Named"]),
        ("bakery", vec![]),
        ("%", vec!["Alpha 100%"]),
        ("\\", vec!["C:\\Temp"]),
        ("' or 1=1 --", vec![]),
    ] {
        assert_eq!(search(app.admin(), text).await, found, "{text}");
    }
    let page = app.admin().get(&with("/customers", &[("q", "alpha"), ("limit", "1")])).await.is(200);
    assert_eq!((&page["total"], page["items"].as_array().unwrap().len()), (&json!(2), 1));
    assert_eq!(search(app.admin(), " ").await.len(), 3 + 1 + 5 + 2);
    let long = "x".repeat(201);
    app.admin().get(&with("/customers", &[("q", &long)])).await.invalid(&[("q", "too_long")]);
    // What was renamed is found under its new name only.
    let path = format!("/customers/{}", app.id_of("Named").await);
    app.admin().edit(&path, &json!({ "company_name": "Renamed", "email": "new@mail.example" })).await.is(200);
    assert_eq!(search(app.admin(), "new@mail").await, ["Renamed"]);
    assert_eq!(search(app.admin(), "named").await, ["Renamed"]);
    app.finish().await;
}

#[tokio::test]
async fn search_passes_over_marks_and_takes_words_in_any_order_from_any_field() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let profile = json!({
        "contact": "Jörg Ødegård", "address": "Lange Straße 7", "city": "Łódź", "phone": "+49 (30) 12-34 56",
        "reference": "2024-0031",
    });
    let body = json!({ "parent_id": reseller, "country": "DE", "company_name": "Mühlenhof & Co", "profile": profile });
    app.admin().post("/customers", &body).await.is(201);
    app.customer(&reseller, "end_customer", "Muhlenhof").await;
    let all = ["Muhlenhof", "Mühlenhof & Co"];
    for text in ["muhlenhof", "MÜHLENHOF", "mu\u{308}hlen", "mu"] {
        assert_eq!(search(app.admin(), text).await, all, "{text}");
    }
    for text in [
        "co muhlenhof",
        "muhlenhof & co",
        "& muhl",
        "odegard lange",
        "strasse lodz",
        "STRAẞE 7",
        "jorg hof co",
        // A number, however it is grouped; a part of it; a reference that looks like one.
        "4930123456",
        "123456",
        "30 12 34",
        "(30) 123-456",
        "+49 30 / 1234 56",
        "2024-0031",
        "20240031 hof",
    ] {
        let expected: &[&str] = if text == "20240031 hof" { &[] } else { &["Mühlenhof & Co"] };
        assert_eq!(search(app.admin(), text).await, expected, "{text}");
    }
    for text in ["muhlenhof xy", "hl & co xyz", "999123456"] {
        assert!(search(app.admin(), text).await.is_empty(), "{text}");
    }
    let page = app.admin().get(&with("/customers", &[("q", "co & muhlenhof"), ("limit", "1")])).await.is(200);
    assert_eq!((&page["total"], &page["total_is_exact"]), (&json!(1), &json!(true)));
    let filter = |text: &str| with("/customers", &[("filter", text)]);
    for text in ["company_name ~ \"muhlen\"", "company_name ~ \"MÜHLEN\""] {
        assert_eq!(names(app.admin(), &filter(text)).await, all, "{text}");
    }
    assert_eq!(names(app.admin(), &filter("profile.address ~ \"strasse\"")).await, ["Mühlenhof & Co"]);
    assert_eq!(names(app.admin(), &filter("not company_name ~ \"muhlen\" and level == end_customer")).await.len(), 1);
    // Names that differ by a mark are different names.
    assert_eq!(names(app.admin(), &filter("company_name == \"muhlenhof\"")).await, ["Muhlenhof"]);
    let history = with(&format!("/customers/{reseller}/changes"), &[("q", "co muhlenhof")]);
    assert_eq!(app.admin().get(&history).await.is(200)["total"], 1);
    // Of devices and people likewise.
    let end = app.id_of("Muhlenhof").await;
    let key = app.pass_key(&end).await;
    app.machine(&key, "Büro Kasse").await;
    assert_eq!(app.admin().all(&with("/devices", &[("q", "kasse buro")])).await.len(), 1);
    app.finish().await;
}

#[tokio::test]
async fn lists_narrow_to_a_subtree_and_a_level() {
    let app = App::start().await;
    let distributor = app.customer(&app.provider().await, "distributor", "Distributor").await;
    let inside = app.customer(&distributor, "reseller", "Inside").await;
    let customer = app.customer(&inside, "end_customer", "Bakery").await;
    app.site(&customer, "hq").await;
    let outside = app.reseller("Outside").await;
    app.customer(&outside, "end_customer", "Mill").await;
    let key = app.pass_key(&customer).await;
    app.machine(&key, "till").await;
    let under = |path: &str, node: &str| with(path, &[("under", node)]);
    assert_eq!(names(app.admin(), &under("/customers", &distributor)).await, ["Bakery", "Distributor", "hq", "Inside"]);
    // A letter or two are looked for at the beginning of a word.
    let begins = |text| with("/customers", &[("under", &distributor), ("q", text)]);
    assert_eq!(names(app.admin(), &begins("i")).await, ["Inside"]);
    assert_eq!(names(app.admin(), &begins("ID")).await, [""; 0]);
    assert_eq!(names(app.admin(), &begins("sid")).await, ["Inside"]);
    assert_eq!(names(app.admin(), &with("/customers", &[("parent_id", &distributor)])).await, ["Inside"]);
    assert_eq!(names(app.admin(), &with("/customers?level=site", &[("parent_id", &distributor)])).await, [""; 0]);
    let two = format!("{inside},{outside},{customer},cus_unknown");
    assert_eq!(names(app.admin(), &with("/customers", &[("ids", &two)])).await, ["Bakery", "Inside", "Outside"]);
    let both = with("/customers", &[("ids", &two), ("under", &distributor)]);
    assert_eq!(names(app.admin(), &both).await, ["Bakery", "Inside"]);
    assert_eq!(names(app.admin(), &with("/customers?level=site", &[("under", &distributor)])).await, ["hq"]);
    assert_eq!(names(app.admin(), "/customers?level=reseller").await, ["Default reseller", "Inside", "Outside"]);
    assert_eq!(app.admin().get(&under("/devices", &inside)).await.is(200)["total"], 1);
    assert_eq!(app.admin().get(&under("/devices", &outside)).await.is(200)["total"], 0);
    let person = app.person(&inside, "supporter", "jo@inside.example").await;
    assert_eq!(names(&person, "/customers").await, ["Bakery", "hq", "Inside"]);
    assert_eq!(names(&person, &with("/customers", &[("ids", &two)])).await, ["Bakery", "Inside"]);
    assert_eq!(person.get(&with("/customers", &[("ids", &outside)])).await.is(200)["total"], 0);
    assert_eq!(app.admin().get(&under("/users", &inside)).await.is(200)["total"], 1);
    for path in ["/customers", "/devices", "/users"] {
        app.admin().get(&under(path, "cus_unknown")).await.refused(404, "not_found");
        person.get(&under(path, &outside)).await.refused(404, "not_found");
        person.get(&under(path, &distributor)).await.refused(404, "not_found");
        app.admin().get(&with(path, &[("parent_id", "cus_unknown")])).await.refused(404, "not_found");
        person.get(&with(path, &[("parent_id", &outside)])).await.refused(404, "not_found");
        app.admin().get(&with(path, &[("parent_id", &outside), ("under", &inside)])).await.refused(404, "not_found");
        let many = "x,".repeat(501);
        app.admin().get(&with(path, &[("ids", &many)])).await.invalid(&[("ids", "out_of_range")]);
    }
    app.admin().get("/devices?level=site").await.invalid(&[("level", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn a_cursor_walks_every_row_once_while_rows_come_and_go() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let mut there = BTreeSet::new();
    for n in 0..12 {
        // Several of the same name: the id decides then.
        there.insert(app.customer(&reseller, "end_customer", &format!("Bakery {}", n % 4)).await);
    }
    let doomed = app.customer(&reseller, "end_customer", "Bakery 9").await;
    for sort in ["company_name", "-company_name", "created_at", "-created_at", "used_bytes", "-devices"] {
        let mut seen = Vec::new();
        let list = with("/customers", &[("under", &reseller), ("limit", "3"), ("sort", sort)]);
        let mut after: Option<String> = None;
        for round in 0.. {
            let path = after.as_ref().map_or(list.clone(), |after| with(&list, &[("after", after)]));
            let page = app.admin().get(&path).await.is(200);
            let items = page["items"].as_array().unwrap();
            assert!(items.len() <= 3);
            seen.extend(items.iter().map(id));
            after = page["next"].as_str().map(str::to_owned);
            if after.is_none() {
                break;
            }
            if round < 3 {
                app.customer(&reseller, "end_customer", &format!("Bakery {round} new")).await;
            }
        }
        let distinct: BTreeSet<String> = seen.iter().cloned().collect();
        assert_eq!(distinct.len(), seen.len(), "{sort}: a row came twice");
        assert!(there.is_subset(&distinct), "{sort}: a row was missed");
    }
    // The row that a cursor points at may go meanwhile.
    let list = with("/customers", &[("q", "bakery 9"), ("limit", "1")]);
    let twin = app.customer(&reseller, "end_customer", "Bakery 9").await;
    let page = app.admin().get(&list).await.is(200);
    assert_eq!(id(&page["items"][0]), doomed);
    app.remove(&doomed).await;
    let rest = app.admin().get(&with(&list, &[("after", page["next"].as_str().unwrap())])).await.is(200);
    assert_eq!((id(&rest["items"][0]), &rest["next"], &rest["total"]), (twin, &Value::Null, &json!(1)));
    app.finish().await;
}

#[tokio::test]
async fn windows_limits_and_orders() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    for name in ["delta", "Alpha", "charlie", "Bravo", "écho"] {
        app.customer(&reseller, "end_customer", name).await;
    }
    let list = with("/customers?level=end_customer", &[("under", &reseller)]);
    let ordered = ["Alpha", "Bravo", "charlie", "delta", "écho"];
    assert_eq!(names(app.admin(), &list).await, ordered);
    let mut reversed = ordered;
    reversed.reverse();
    assert_eq!(names(app.admin(), &with(&list, &[("sort", "-company_name")])).await, reversed);
    assert_eq!(
        names(app.admin(), &with(&list, &[("sort", "created_at")])).await,
        ["delta", "Alpha", "charlie", "Bravo", "écho"]
    );
    for (offset, limit) in [(0, 2), (1, 3), (4, 5), (5, 5), (900, 5)] {
        let path = format!("{list}&offset={offset}&limit={limit}");
        let page = app.admin().get(&path).await.is(200);
        let rows: Vec<&str> =
            page["items"].as_array().unwrap().iter().map(|row| row["company_name"].as_str().unwrap()).collect();
        let expected: Vec<&str> = ordered.into_iter().skip(offset).take(limit).collect();
        assert_eq!((rows, &page["total"]), (expected, &json!(5)));
        assert_eq!(page["next"].is_string(), offset + limit < 5);
    }
    // A window's cursor reads on from there.
    let page = app.admin().get(&format!("{list}&offset=1&limit=2")).await.is(200);
    let next = page["next"].as_str().unwrap();
    assert_eq!(names(app.admin(), &with(&list, &[("after", next)])).await, ["delta", "écho"]);
    for (query, field, code) in [
        ("limit=0", "limit", "out_of_range"),
        ("limit=501", "limit", "out_of_range"),
        ("limit=x", "limit", "invalid"),
        ("offset=-1", "offset", "invalid"),
        ("sort=shoe_size", "sort", "invalid"),
        ("sort=--company_name", "sort", "invalid"),
        ("after=nonsense", "after", "invalid"),
        ("level=galaxy", "level", "invalid"),
        ("colour=blue", "colour", "unknown_field"),
    ] {
        app.admin().get(&format!("/customers?{query}")).await.invalid(&[(field, code)]);
    }
    app.admin().get(&format!("{list}&offset=1&after={next}")).await.invalid(&[("offset", "invalid")]);
    // A cursor belongs to its order.
    app.admin().get(&format!("{list}&sort=created_at&after={next}")).await.invalid(&[("after", "invalid")]);
    app.finish().await;
}
