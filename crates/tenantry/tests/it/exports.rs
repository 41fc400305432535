//! Lists written out whole: the same rows as the list, in a form that spreadsheets and scripts read, and nothing that the
//! reader may not see.

use std::collections::HashMap;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, id};
use crate::client::{Answer, Client, with};
use crate::demo::filled;

/// A file of CSV: its header, and each row by its columns.
fn parsed(file: &str) -> (Vec<String>, Vec<HashMap<String, String>>) {
    let mut reader = csv::ReaderBuilder::new().from_reader(file.as_bytes());
    let header: Vec<String> = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|record| {
        let record = record.unwrap();
        header.iter().cloned().zip(record.iter().map(str::to_owned)).collect()
    });
    let rows = rows.collect();
    (header, rows)
}

fn text(answer: Answer) -> String {
    answer.is(200).as_str().unwrap_or_default().to_owned()
}

async fn rows(client: &Client, path: &str, parameters: &[(&str, &str)]) -> Vec<HashMap<String, String>> {
    parsed(&text(client.get(&with(path, parameters)).await)).1
}

/// What a row of a list holds at a dotted name, as a cell has it.
fn cell(row: &Value, name: &str) -> String {
    match name.split('.').fold(row, |value, name| &value[name]) {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

#[tokio::test]
async fn a_history_is_written_out_as_its_reader_sees_it() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "=Bakery").await;
    let north = app.person(&reseller, "administrator", "north@example.com").await;
    for round in 0..4 {
        app.suspend(&customer, if round % 2 == 0 { "stop_backups" } else { "full_stop" }).await;
        app.activate(&customer).await;
    }
    let path = format!("/customers/{reseller}/changes/export");
    let list = north.get(&format!("/customers/{reseller}/changes?limit=500")).await.is(200);
    let items = list["items"].as_array().unwrap();
    let (header, rows) = parsed(&text(north.get(&path).await));
    assert_eq!(&header[..3], ["id", "path", "at"]);
    assert_eq!(rows.len(), items.len());
    for (row, item) in rows.iter().zip(items) {
        for column in ["id", "at", "action", "actor.kind", "actor.name", "subject_id", "before", "after"] {
            assert_eq!(row[column], cell(item, column), "{column}: {item}");
        }
    }
    // Who stands above stays unnamed, and texts are no formulas.
    assert!(rows.iter().any(|row| row["actor.kind"] == "above" && row["actor.name"].is_empty()));
    assert!(rows.iter().any(|row| row["subject_name"] == "'=Bakery" && row["path"] == "Northwind IT / =Bakery"));
    let parameters = [("filter", "action == customer.suspended"), ("columns", "at,action,after"), ("format", "jsonl")];
    let lines = text(north.get(&with(&path, &parameters)).await);
    assert_eq!(lines.lines().count(), 4);
    let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!((&first["action"], &first["after"]["mode"]), (&json!("customer.suspended"), &json!("full_stop")));
    north.get(&with(&path, &[("columns", "secret")])).await.invalid(&[("columns", "unknown_field")]);
    for none in ["", " , ,"] {
        north.get(&with(&path, &[("columns", none)])).await.invalid(&[("columns", "invalid")]);
        north
            .get(&with(&path, &[("filter", none.trim_end_matches(','))]))
            .await
            .invalid(&[("filter", "invalid_filter")]);
    }
    let provider = app.admin().get("/me").await.is(200)["customer_id"].clone();
    let above = format!("/customers/{}/changes/export", provider.as_str().unwrap());
    north.get(&above).await.refused(404, "not_found");
    app.finish().await;
}

#[tokio::test]
async fn an_export_has_the_rows_of_the_list_in_its_order() {
    let (app, admin) = filled(700, 1200).await;
    let admin = &admin;
    let under = id(&admin.get("/customers?level=reseller&sort=-devices").await.is(200)["items"][0]);
    for (noun, column, narrowings) in [
        (
            "customers",
            "totals.devices",
            vec![
                vec![],
                vec![("sort", "-devices")],
                vec![("under", under.as_str()), ("sort", "-company_name")],
                vec![("level", "end_customer"), ("sort", "used_bytes")],
                vec![("filter", "totals.devices > 2 and level != site"), ("sort", "last_backup_at")],
                vec![("q", "ba"), ("sort", "-created_at")],
            ],
        ),
        (
            "devices",
            "used_bytes",
            vec![
                vec![],
                vec![("sort", "-used_bytes")],
                vec![("under", under.as_str()), ("sort", "last_backup_at")],
                vec![("filter", "kind == agent"), ("sort", "customer_name")],
            ],
        ),
        ("users", "email", vec![vec![], vec![("sort", "-email")]]),
    ] {
        for narrowing in narrowings {
            let list = admin.all(&with(&with(&format!("/{noun}"), &narrowing), &[("limit", "500")])).await;
            let export = with(&format!("/{noun}/export"), &[("columns", column)]);
            let exported = rows(admin, &export, &narrowing).await;
            let of_list: Vec<(String, String)> = list.iter().map(|row| (id(row), cell(row, column))).collect();
            let of_export: Vec<(String, String)> =
                exported.iter().map(|row| (row["id"].clone(), row[column].clone())).collect();
            assert!(!of_list.is_empty(), "{noun} {narrowing:?}");
            assert_eq!(of_list, of_export, "{noun} {narrowing:?}");
            let lines = text(admin.get(&with(&export, &[&narrowing[..], &[("format", "jsonl")]].concat())).await);
            let of_lines: Vec<(String, String)> = lines
                .lines()
                .map(|line| serde_json::from_str::<Value>(line).unwrap())
                .map(|row| (row["id"].as_str().unwrap().to_owned(), cell(&json!({ "v": row[column] }), "v")))
                .collect();
            assert_eq!(of_list, of_lines, "{noun} {narrowing:?} as JSON lines");
        }
    }
    let some: Vec<String> =
        admin.get("/devices?limit=3").await.is(200)["items"].as_array().unwrap().iter().map(id).collect();
    let exported = rows(admin, "/devices/export", &[("ids", &some.join(","))]).await;
    assert_eq!(exported.iter().map(|row| row["id"].clone()).collect::<Vec<_>>(), some);
    app.finish_without_pool().await;
}

#[tokio::test]
async fn what_was_chosen_is_one_file_whatever_its_number() {
    let (app, admin) = filled(300, 1200).await;
    let admin = &admin;
    let all = admin.all("/devices?limit=500&sort=-used_bytes").await;
    let all: Vec<String> = all.iter().map(id).collect();
    assert!(all.len() > 1100, "{}", all.len());
    let chosen = async |client: &Client, noun: &str, body: Value| {
        let rows = parsed(&text(client.post(&format!("/{noun}/export"), &body).await)).1;
        rows.into_iter().map(|row| row["id"].clone()).collect::<Vec<_>>()
    };
    // More than a list takes by name, in the order that was asked for and not in theirs.
    let mut some: Vec<String> = all[50..1150].to_vec();
    some.reverse();
    some.push("dev_00000000000000000000000000".to_owned());
    some.push(some[0].clone());
    let body = json!({ "selection": { "ids": some }, "sort": "-used_bytes", "columns": ["name", " os"] });
    assert_eq!(chosen(admin, "devices", body).await, all[50..1150]);
    // All but some, whether that is little or much.
    let body = json!({ "selection": { "except": all[..700] }, "sort": "-used_bytes" });
    assert_eq!(chosen(admin, "devices", body).await, all[700..]);
    let under = id(&admin.get("/customers?level=reseller&sort=-devices").await.is(200)["items"][0]);
    let list = admin.all(&with("/customers", &[("under", under.as_str()), ("limit", "500")])).await;
    let list: Vec<String> = list.iter().map(id).collect();
    let body = json!({ "selection": { "under": under, "except": [list[0]] }, "format": "csv" });
    assert_eq!(chosen(admin, "customers", body).await, list[1..]);
    // Rows by site are left out by what they stand for.
    let sites = admin.all(&with("/customers", &[("rows", "site"), ("under", under.as_str()), ("limit", "500")])).await;
    let of_row = |row: &Value| row["site"]["id"].as_str().unwrap_or_else(|| row["id"].as_str().unwrap()).to_owned();
    let first = sites.iter().find(|row| row["site"].is_object()).map_or_else(|| of_row(&sites[0]), of_row);
    let body = json!({ "selection": { "under": under, "rows": "site", "except": [first] } });
    assert_eq!(chosen(admin, "customers", body).await.len(), sites.len() - 1);

    // What makes no sense is told by its field.
    let refused = async |noun: &str, body: Value| admin.post(&format!("/{noun}/export"), &body).await;
    refused("devices", json!({})).await.invalid(&[("selection", "required")]);
    refused("devices", json!({ "selection": {} })).await.invalid(&[("selection", "required")]);
    let both = json!({ "selection": { "ids": [], "q": "till" } });
    refused("devices", both).await.invalid(&[("selection.ids", "invalid")]);
    let level = json!({ "selection": { "level": "site" } });
    refused("devices", level).await.invalid(&[("selection.level", "invalid")]);
    let column = json!({ "selection": { "except": [] }, "columns": ["password"] });
    refused("users", column).await.invalid(&[("columns", "unknown_field")]);
    let sort = json!({ "selection": { "except": [] }, "sort": "password" });
    refused("users", sort).await.invalid(&[("sort", "invalid")]);
    let filter = json!({ "selection": { "filter": "level = site" } });
    refused("customers", filter).await.invalid(&[("selection.filter", "invalid_filter")]);
    let many = json!({ "selection": { "ids": vec!["dev_1"; 10_001] } });
    refused("devices", many).await.invalid(&[("selection.ids", "out_of_range")]);
    app.finish_without_pool().await;
}

#[tokio::test]
async fn what_was_chosen_is_only_what_one_sees() {
    let app = App::start().await;
    let (mine, other) = (app.end_customer("Bakery").await, app.end_customer("Mill").await);
    let boss = app.person(&app.id_of("Reseller of Bakery").await, "supporter", "boss@example.com").await;
    let body = json!({ "selection": { "ids": [mine, other] }, "columns": [] });
    let found = parsed(&text(boss.post("/customers/export", &body).await)).1;
    assert_eq!(found.iter().map(|row| row["id"].as_str()).collect::<Vec<_>>(), [mine.as_str()]);
    let under = json!({ "selection": { "under": other } });
    boss.post("/customers/export", &under).await.invalid(&[("selection.under", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn every_field_of_a_list_is_a_column_and_holds_what_rows_hold() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery, Ltd \"Fresh\"").await;
    app.site(&customer, "hq").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    assert_eq!(machine.put("data", &[7; 5000]).await.0, 200);
    let notes = json!({ "profile": { "notes": "first\r\nsecond", "city": "Köln" }, "max_devices": 7 });
    app.admin().edit(&format!("/customers/{customer}"), &notes).await.is(200);
    let nouns = app.admin().get("/fields").await.is(200);
    for noun in ["customers", "devices", "users"] {
        let fields = nouns["items"].as_array().unwrap().iter().find(|item| item["noun"] == noun).unwrap();
        let fields: Vec<&str> =
            fields["fields"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
        let answer = app.admin().get(&format!("/{noun}/export")).await;
        assert_eq!(answer.header("content-type"), Some("text/csv; charset=utf-8; header=present"));
        let as_of = answer.header("tenantry-as-of").unwrap().parse::<jiff::Timestamp>().unwrap();
        assert!(as_of <= app.now());
        let name = as_of.strftime(&format!("attachment; filename=\"{noun}-%Y-%m-%dT%H-%M-%SZ.csv\"")).to_string();
        assert_eq!(answer.header("content-disposition"), Some(name.as_str()));
        let (header, exported) = parsed(&text(answer));
        let mut expected = vec!["id", "path"];
        expected.extend(fields.iter().filter(|name| **name != "id"));
        assert_eq!(header, expected);
        let list = app.admin().all(&format!("/{noun}")).await;
        assert_eq!(list.len(), exported.len());
        for (row, exported) in list.iter().zip(&exported) {
            for name in &fields {
                assert_eq!(cell(row, name), exported[*name], "{noun} {name}");
            }
        }
    }
    let bakery = rows(app.admin(), "/customers/export", &[("ids", &customer), ("columns", "totals.used_bytes")]).await;
    let used: i64 = bakery[0]["totals.used_bytes"].parse().unwrap();
    assert!(used >= 5000, "what is not stored yet counts: {used}");
    app.finish().await;
}

#[tokio::test]
async fn a_path_begins_where_the_reader_stands() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let reseller = app.id_of("Reseller of Bakery").await;
    app.site(&customer, "hq").await;
    app.machine(&app.pass_key(&customer).await, "till").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let own = app.person(&customer, "supporter", "own@example.com").await;
    let paths = async |client: &Client, noun: &str| {
        let rows = rows(client, &format!("/{noun}/export"), &[("columns", "id")]).await;
        rows.iter().map(|row| row["path"].clone()).collect::<Vec<_>>()
    };
    let top = "Example Backup / Reseller of Bakery / Bakery";
    assert!(paths(app.admin(), "customers").await.contains(&format!("{top} / hq")));
    assert_eq!(paths(app.admin(), "devices").await, [top]);
    let below = ["Reseller of Bakery / Bakery", "Reseller of Bakery / Bakery / hq", "Reseller of Bakery"];
    let mut seen = paths(&boss, "customers").await;
    seen.sort();
    let mut below = below.map(str::to_owned);
    below.sort();
    assert_eq!(seen, below);
    assert_eq!(paths(&own, "devices").await, ["Bakery"]);
    assert_eq!(paths(&own, "users").await, ["Bakery"]);
    app.finish().await;
}

#[tokio::test]
async fn rows_are_spread_over_sites_as_in_the_list() {
    let app = App::start().await;
    for (name, sites) in [("Bakery", 3), ("Mill", 0), ("Dairy", 1)] {
        let customer = app.end_customer(name).await;
        for site in 0..sites {
            app.site(&customer, &format!("site_{site}")).await;
        }
    }
    for sort in ["company_name", "-company_name", "-created_at"] {
        let list = app.admin().all(&with("/customers", &[("rows", "site"), ("sort", sort)])).await;
        let expected: Vec<(String, String)> = list.iter().map(|row| (id(row), cell(row, "site.name"))).collect();
        let parameters = [("rows", "site"), ("sort", sort), ("columns", "company_name,site.name")];
        let exported = rows(app.admin(), "/customers/export", &parameters).await;
        let of_export: Vec<(String, String)> =
            exported.iter().map(|row| (row["id"].clone(), row["site.name"].clone())).collect();
        assert_eq!(expected, of_export);
        for row in &exported {
            assert_eq!(row["site.id"].is_empty(), row["site.name"].is_empty());
            assert!(row["site.name"].is_empty() || row["path"].ends_with(&format!(" / {}", row["site.name"])));
        }
    }
    app.admin().get("/customers/export?columns=site.name").await.invalid(&[("columns", "unknown_field")]);
    app.admin().get("/devices/export?rows=site").await.invalid(&[("rows", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn no_cell_is_a_formula() {
    let app = App::start().await;
    let reseller = app.reseller("Nordic IT").await;
    for name in ["=HYPERLINK(\"http://evil\")", "@cmd", "-2+3", "+1 (a)", "-17", "\"=1\""] {
        app.customer(&reseller, "end_customer", name).await;
    }
    let parameters = [("columns", "company_name"), ("level", "end_customer"), ("under", &reseller)];
    let exported = rows(app.admin(), "/customers/export", &parameters).await;
    let mut names: Vec<&str> = exported.iter().map(|row| row["company_name"].as_str()).collect();
    names.sort_unstable();
    let mut expected = ["'=HYPERLINK(\"http://evil\")", "'@cmd", "'-2+3", "'+1 (a)", "-17", "'\"=1\""];
    expected.sort_unstable();
    assert_eq!(names, expected);
    let lines = text(
        app.admin().get(&with("/customers/export", &[("format", "jsonl"), ("filter", "company_name ~ \"@\"")])).await,
    );
    assert_eq!(serde_json::from_str::<Value>(lines.trim()).unwrap()["company_name"], "@cmd", "JSON needs no disarming");
    let with_mark = text(app.admin().get("/customers/export?bom=true&columns=id").await);
    assert!(with_mark.starts_with("\u{feff}id,path\r\n"));
    assert_eq!(parsed(&with_mark).0, ["id", "path"]);
    app.finish().await;
}

#[tokio::test]
async fn what_a_reader_may_not_have_is_refused_by_name() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let other = app.end_customer("Mill").await;
    app.admin().edit(&format!("/customers/{customer}"), &json!({ "profile": { "notes": "late payer" } })).await.is(200);
    let own = app.person(&customer, "administrator", "own@example.com").await;
    for name in ["profile.notes", "suspension.reason", "password_hash", "actions", "nonsense"] {
        let answer = own.get(&with("/customers/export", &[("columns", &format!("company_name,{name}"))])).await;
        assert!(answer.body["errors"][0]["detail"].as_str().unwrap().contains(name));
        answer.invalid(&[("columns", "unknown_field")]);
    }
    let file = text(own.get("/customers/export").await);
    assert!(file.contains("Bakery") && !file.contains("late payer") && !file.contains("Mill"), "{file}");
    assert!(!file.contains("Reseller of"), "{file}");
    let nobody = rows(&own, "/customers/export", &[("ids", &other)]).await;
    assert!(nobody.is_empty(), "a stranger's id finds nothing");
    own.get(&with("/customers/export", &[("under", &other)])).await.refused(404, "not_found");
    for (parameters, field, code) in [
        (("filter", "nonsense == 1"), "filter", "invalid_filter"),
        (("sort", "nonsense"), "sort", "invalid"),
        (("format", "xlsx"), "format", "invalid"),
        (("limit", "5"), "limit", "unknown_field"),
    ] {
        own.get(&with("/customers/export", &[parameters])).await.invalid(&[(field, code)]);
    }
    let reseller = app.id_of("Reseller of Bakery").await;
    let body = json!({ "parent_id": reseller, "company_name": "Dairy", "country": "DE", "username": "dairy", "password": PASSWORD });
    app.admin().post("/customers", &body).await.is(201);
    let dairy = app.client("dairy", PASSWORD).await;
    dairy.get("/users/export").await.refused(403, "forbidden");
    dairy.get("/customers/export").await.is(200);
    app.finish().await;
}

/// It is sent while it is read: what is changed or added meanwhile is not among it, and who goes away stops it.
#[tokio::test]
async fn an_export_sees_one_moment_and_is_not_kept_in_memory() {
    let (app, admin) = filled(2000, 20_000).await;
    let total = admin.get("/devices?limit=1").await.is(200)["total"].as_i64().unwrap();
    assert_eq!(total, 20_000);
    let mut file = admin.request(Method::GET, "/devices/export?sort=-created_at").stream().await;
    let first = file.chunk().await.unwrap().unwrap();
    assert!(first.starts_with(b"id,path,"));
    // Behind all others, and among them.
    let device = admin.get("/devices?sort=created_at&limit=1").await.is(200)["items"][0].clone();
    admin.edit(&format!("/devices/{}", id(&device)), &json!({ "name": "renamed meanwhile" })).await.is(200);
    let mut whole = first.to_vec();
    while let Some(chunk) = file.chunk().await.unwrap() {
        whole.extend_from_slice(&chunk);
    }
    let (_, rows) = parsed(std::str::from_utf8(&whole).unwrap());
    assert_eq!(rows.len(), 20_000);
    let mut ids: Vec<&str> = rows.iter().map(|row| row["id"].as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 20_000);
    assert!(rows.iter().all(|row| row["name"] != "renamed meanwhile"));

    // Packed it comes to its end, too.
    let packed = admin.request(Method::GET, "/users/export").header("accept-encoding", "gzip");
    let mut packed = packed.stream().await;
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    let mut bytes = 0;
    while let Some(chunk) = packed.chunk().await.unwrap() {
        bytes += chunk.len();
    }
    assert!(bytes > 0);

    // Those who go away give their places back, and a place is all that is waited for.
    for _ in 0..5 {
        let mut file = admin.request(Method::GET, "/devices/export").stream().await;
        file.chunk().await.unwrap().unwrap();
    }
    admin.get("/devices/export?columns=id&filter=name%20~%20%22nonsense%22").await.is(200);
    app.finish_without_pool().await;
}

/// A client that stops reading is let go, and sees that something is missing.
#[tokio::test]
async fn an_export_that_breaks_off_does_not_look_whole() {
    let (app, admin) = filled(2000, 30_000).await;
    let mut file = admin.request(Method::GET, "/devices/export").stream().await;
    tokio::time::sleep(Duration::from_secs(13)).await;
    let broken = loop {
        match file.chunk().await {
            Ok(Some(_)) => {}
            Ok(None) => break false,
            Err(_) => break true,
        }
    };
    assert!(broken, "the connection ends before the file does");
    app.finish_without_pool().await;
}

/// `tenantry … export` as somebody: whether it succeeds, what it writes, what it says.
async fn command(app: &App, login: &str, password: &str, arguments: &[&str]) -> (bool, String, String) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.args(arguments).env("TENANTRY_SERVER", format!("http://{}/", app.address()));
    command.env("TENANTRY_LOGIN", login).env("TENANTRY_PASSWORD", password);
    let output = command.output().await.unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

#[tokio::test]
async fn the_command_line_writes_what_the_api_writes() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    app.customer(&reseller, "end_customer", "Bakery").await;
    app.customer(&reseller, "end_customer", "Cinema").await;
    let narrowed = ["--under", &reseller, "--filter", "level == end_customer", "--sort", "-company_name"];
    let asked = |more: &[&'static str]| [&["customer", "export"], more, &["--columns", "company_name"]].concat();
    let arguments = [asked(&[]), narrowed.to_vec()].concat();
    let (good, table, said) = command(&app, crate::app::ADMIN, crate::app::PASSWORD, &arguments).await;
    assert!(good, "{said}");
    let lines: Vec<&str> = table.split("\r\n").collect();
    assert_eq!(lines[0], "id,path,company_name");
    assert!(lines[1].ends_with("/ Cinema,Cinema") && lines[2].ends_with("/ Bakery,Bakery"), "{table}");

    // A file is there once it is whole, and nothing else is left.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("customers.jsonl");
    let name = file.to_str().unwrap();
    let arguments = [asked(&["--format", "jsonl"]), narrowed.to_vec(), vec!["--output", name]].concat();
    let (good, table, said) = command(&app, crate::app::ADMIN, crate::app::PASSWORD, &arguments).await;
    assert!(good && table.contains(", as of 2"), "{table}{said}");
    let written = std::fs::read_to_string(&file).unwrap();
    assert_eq!(written.lines().count(), 2);
    assert!(written.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()));

    // What is refused is said as the API says it, and leaves what was there.
    let arguments = ["customer", "export", "--columns", "password_hash", "--output", name];
    let (good, _, said) = command(&app, crate::app::ADMIN, crate::app::PASSWORD, &arguments).await;
    assert!(!good && said.contains("columns") && said.contains("[invalid_input]"), "{said}");
    let (good, _, said) = command(&app, crate::app::ADMIN, "wrong", &["device", "export"]).await;
    assert!(!good && said.contains("[sign_in_failed]"), "{said}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), written);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);

    // Rows that a file names are one request, too.
    let ids = folder.path().join("ids");
    std::fs::write(&ids, format!("{}\r\n\n  {reseller}  \ncus_unknown\n", app.id_of("Cinema").await)).unwrap();
    let arguments = [asked(&[]), vec!["--sort", "-company_name", "--ids-file", ids.to_str().unwrap()]].concat();
    let (good, table, said) = command(&app, crate::app::ADMIN, crate::app::PASSWORD, &arguments).await;
    let found: Vec<&str> = table.lines().skip(1).map(|line| line.rsplit(',').next().unwrap()).collect();
    assert!(good && found == ["Northwind IT", "Cinema"], "{table}{said}");
    let (good, _, said) = command(&app, crate::app::ADMIN, "", &["user", "export", "--ids-file", "/nowhere"]).await;
    assert!(!good, "{said}");
    std::fs::remove_file(&ids).unwrap();

    // Everybody exports what they see.
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    assert_eq!(boss.get("/users").await.is(200)["total"], 1);
    let (good, table, said) = command(&app, "boss@example.com", crate::app::PASSWORD, &["user", "export"]).await;
    assert!(good && table.lines().count() == 2 && table.contains("boss@example.com"), "{table}{said}");
    app.finish().await;
}
