//! Invoices: what a period comes to, who sees what, numbers without a gap, and what the clock does.

use std::collections::BTreeSet;
use std::time::Duration;

use base::cx::{Caller, Origin};
use db::sql;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Answer, Client, with};
use crate::machine::Machine;

const DAY: u64 = 86_400;

fn flat(rate: &str) -> Value {
    json!({ "name": "Base", "charged": "flat", "pricing": "each", "rate": rate })
}

/// 3 for each of the first five, 2 for the next four, 1 for all others.
fn sliding() -> Value {
    json!({ "name": "Storage", "charged": "storage_mb", "basis": "last_day", "pricing": "sliding", "slabs": [
        { "from": "0", "to": "5", "rate": "3" }, { "from": "5", "to": "9", "rate": "2" }, { "from": "9", "to": null, "rate": "1" }
    ] })
}

fn plan(owner: &str, name: &str, items: &[Value]) -> Value {
    json!({ "customer_id": owner, "name": name, "currency": "EUR", "items": items })
}

async fn set(client: &Client, customer: &str, body: &Value) -> Answer {
    client.request(Method::PUT, &format!("/customers/{customer}/invoice_settings")).json(body).send().await
}

/// The day so many days ago.
fn day(app: &App, ago: i64) -> String {
    (app.now() - jiff::SignedDuration::from_hours(24 * ago)).strftime("%Y-%m-%d").to_string()
}

fn of(customer: &str, from: &str, to: &str) -> Value {
    json!({ "customer_id": customer, "from": from, "to": to })
}

/// It was there before the test, where nobody measured.
async fn age(app: &App, customer: &str, days: i64) {
    let at = app.now().as_microsecond() - days * 86_400_000_000;
    base::run!(app.control(), Caller::System, Origin::default(), |tx| {
        tx.exec(sql!["update customers set created_at = ", at, " where id = ", customer]).await
    })
    .unwrap();
}

/// Lets time pass until the next midnight in UTC.
fn to_midnight(app: &App) {
    let now = u64::try_from(app.now().as_second()).unwrap();
    app.advance(Duration::from_secs(DAY - now % DAY));
}

/// Stores 12 MB on a day of its own. Returns that day.
async fn stored(app: &App, customer: &str) -> String {
    app.site(customer, "hq").await;
    let key = app.pass_key(customer).await;
    let body = json!({ "pass_key": key, "name": "till", "site": "hq" });
    let machine = Machine::new(&app.nobody().post("/devices/register", &body).await.is(201));
    machine.begin().await;
    app.settle().await;
    to_midnight(app);
    assert_eq!(machine.put("data", &vec![1; 12_000_000]).await.0, 200);
    app.settle().await;
    let today = day(app, 0);
    app.advance(Duration::from_secs(DAY));
    app.settle().await;
    app.sign_in_again().await;
    today
}

#[tokio::test]
async fn a_period_is_charged_on_what_was_measured_and_frozen_once_issued() {
    let app = App::start().await;
    let north = app.reseller("North").await;
    let body = json!({ "parent_id": north, "company_name": "Bakery", "country": "DE", "username": "bakery",
        "password": crate::app::PASSWORD });
    let bakery = id(&app.admin().post("/customers", &body).await.is(201));
    let day = stored(&app, &bakery).await;
    let admin = app.admin();
    let asked = of(&bakery, &day, &day);
    admin.post("/invoices/preview", &asked).await.refused(409, "no_invoice_plan");
    let made = admin.post("/invoice_plans", &plan(&north, "Standard", &[sliding(), flat("14")])).await.is(201);
    assert_eq!((&made["is_default"], &made["revision"]), (&json!(true), &json!(1)));
    let rates = json!({ "items": [{ "country": "de", "percent": "10" }] });
    admin.request(Method::PUT, "/tax_rates").json(&rates).send().await.is(200);
    set(admin, &bakery, &json!({ "discount_percent": "15" })).await.is(200);

    // 15 + 8 + 3, and 14: 40; 15 % off, 10 % on.
    let told = admin.post("/invoices/preview", &asked).await.is(200);
    assert_eq!((&told["lines"][0]["quantity"], &told["lines"][0]["amount"]), (&json!("12"), &json!(2600)), "{told:#}");
    assert_eq!([&told["subtotal"], &told["discount"], &told["tax"], &told["total"]], [4000, 600, 340, 3740]);
    assert_eq!(told["notes"], json!([]));
    assert_eq!(told["days"][0]["used_bytes"]["last"], 12_000_000);

    let draft = admin.post("/invoices", &asked).await.is(201);
    assert_eq!((&draft["state"], &draft["number"]), (&json!("draft"), &Value::Null));
    assert_eq!(id(&admin.post("/invoices", &asked).await.is(201)), id(&draft));
    let path = format!("/invoices/{}", id(&draft));
    let own = app.client("bakery", crate::app::PASSWORD).await;
    own.get(&path).await.refused(404, "not_found");
    assert_eq!(own.get("/invoices").await.is(200)["items"], json!([]));
    let issued = admin.act(&format!("{path}/issue")).await.is(200);
    assert_eq!((&issued["state"], &issued["number"], &issued["total"]), (&json!("issued"), &json!(1), &json!(3740)));
    assert_eq!(admin.act(&format!("{path}/issue")).await.is(200)["version"], issued["version"]);
    admin.delete(&path).await.refused(409, "invoice_state");

    // Another price holds for what comes, and the evidence stays.
    let edited = json!({ "items": [flat("99")] });
    let edited = admin.edit(&format!("/invoice_plans/{}", id(&made)), &edited).await.is(200);
    assert_eq!((&edited["revision"], &edited["former"][0]["revision"]), (&json!(2), &json!(1)));
    assert_eq!(admin.post("/invoices", &asked).await.is(201)["total"], 3740);
    let seen = own.get(&path).await.is(200);
    assert_eq!((&seen["total"], &seen["days"]), (&json!(3740), &told["days"]));
    assert!(seen["actions"].as_array().unwrap().iter().all(|action| action["allowed"] == false));
    own.act(&format!("{path}/pay")).await.refused(403, "forbidden");
    let beside = app.person(&app.reseller("South").await, "administrator", "south@example.com").await;
    beside.get(&path).await.refused(404, "not_found");
    assert_eq!(beside.get("/invoices").await.is(200)["items"], json!([]));

    // No day is invoiced twice, unless it was taken back.
    let wider = of(&bakery, &self::day(&app, 2), &day);
    admin.post("/invoices", &wider).await.refused(409, "invoice_overlaps");
    let note = admin.act(&format!("{path}/credit")).await.is(200);
    assert_eq!((&note["kind"], &note["number"], &note["total"]), (&json!("credit_note"), &json!(2), &json!(-3740)));
    assert_eq!(own.get(&path).await.is(200)["state"], "credited");
    let anew = admin.post("/invoices", &asked).await.is(201);
    let anew = format!("/invoices/{}", id(&anew));
    assert_eq!(admin.act(&format!("{anew}/issue")).await.is(200)["number"], 3);
    assert_eq!(admin.act(&format!("{anew}/pay")).await.is(200)["state"], "paid");
    let log = admin.get(&format!("/customers/{north}/changes?limit=50")).await.is(200).to_string();
    assert!(["invoice.issued", "invoice.credited", "invoice.paid"].iter().all(|action| log.contains(action)), "{log}");
    app.finish().await;
}

#[tokio::test]
async fn numbers_have_no_gap_however_many_issue_at_once() {
    let app = App::start().await;
    let admin = app.admin();
    let north = app.reseller("North").await;
    let bakery = app.customer(&north, "end_customer", "Bakery").await;
    age(&app, &bakery, 100).await;
    admin.post("/invoice_plans", &plan(&north, "Standard", &[flat("5")])).await.is(201);
    let mut drafts = Vec::new();
    for ago in 1..=60 {
        let day = day(&app, ago);
        let draft = admin.post("/invoices", &of(&bakery, &day, &day)).await.is(201);
        assert!(draft["notes"][0].as_str().unwrap().contains("1 of 1 days were not measured"), "{draft:#}");
        drafts.push(id(&draft));
    }
    // Some of those who ask go away before they are answered.
    let issue = async |at: usize, draft: &String| {
        let path = format!("/invoices/{draft}/issue");
        let asked = admin.act(&path);
        if at.is_multiple_of(5) {
            drop(tokio::time::timeout(Duration::from_millis(3), asked).await);
        } else {
            asked.await.is(200);
        }
    };
    futures_util::future::join_all(drafts.iter().enumerate().map(|(at, draft)| issue(at, draft))).await;
    let listed = admin.get("/invoices?limit=500").await.is(200);
    let items = listed["items"].as_array().unwrap();
    assert_eq!(items.len(), 60);
    let numbers: BTreeSet<i64> = items.iter().filter_map(|invoice| invoice["number"].as_i64()).collect();
    let issued = items.iter().filter(|invoice| invoice["state"] == "issued").count();
    assert!(issued >= 48, "{issued}");
    assert_eq!(numbers, (1..=i64::try_from(issued).unwrap()).collect::<BTreeSet<_>>());
    let page = admin.get("/invoices?limit=20&state=issued").await.is(200);
    let next = page["next"].as_str().unwrap();
    let second = admin.get(&format!("/invoices?limit=20&state=issued&after={next}")).await.is(200);
    assert!(page["items"].as_array().unwrap().iter().all(|one| !second["items"].as_array().unwrap().contains(one)));
    app.finish().await;
}

#[tokio::test]
async fn what_was_issued_in_a_period_is_written_out_for_accounting() {
    let app = App::start().await;
    let admin = app.admin();
    let north = app.reseller("North").await;
    let south = app.reseller("South").await;
    let bakery = app.customer(&north, "end_customer", "=Bakery").await;
    let mill = app.customer(&south, "end_customer", "Mill").await;
    for (owner, customer) in [(&north, &bakery), (&south, &mill)] {
        age(&app, customer, 100).await;
        admin.post("/invoice_plans", &plan(owner, "Standard", &[flat("1234.05")])).await.is(201);
    }
    let made = async |customer: &str, ago: i64| {
        let day = day(&app, ago);
        id(&admin.post("/invoices", &of(customer, &day, &day)).await.is(201))
    };
    let first = made(&bakery, 3).await;
    let draft = made(&bakery, 2).await;
    let other = made(&mill, 3).await;
    for issued in [&first, &other] {
        admin.act(&format!("/invoices/{issued}/issue")).await.is(200);
    }
    let issued_on = day(&app, 0);
    to_midnight(&app);
    app.sign_in_again().await;
    let admin = app.admin();
    let note = id(&admin.act(&format!("/invoices/{first}/credit")).await.is(200));
    let credited_on = day(&app, 0);
    let lines = async |client: &Client, parameters: &[(&str, &str)]| -> Vec<Value> {
        let path = with("/invoices/export", &[parameters, &[("format", "jsonl")]].concat());
        let file = client.get(&path).await.is(200).as_str().unwrap_or_default().to_owned();
        file.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    };
    let ids = |rows: &[Value]| rows.iter().map(id).collect::<Vec<_>>();

    // All that has a number, in the order of the books; what isn't issued isn't booked.
    let all = lines(admin, &[]).await;
    assert_eq!(ids(&all), [first.as_str(), &other, &note]);
    assert!(!ids(&all).contains(&draft));
    assert_eq!(
        (&all[0]["number"], &all[0]["state"], &all[0]["total"]),
        (&json!(1), &json!("credited"), &json!("1234.05"))
    );
    let row = &all[2];
    assert_eq!((&row["kind"], &row["number"], &row["credits_number"]), (&json!("credit_note"), &json!(2), &json!(1)));
    assert_eq!(
        [&row["subtotal"], &row["net"], &row["tax"], &row["total"]],
        ["-1234.05", "-1234.05", "0.00", "-1234.05"]
    );

    // Adjoining periods have everything once.
    assert_eq!(ids(&lines(admin, &[("from", &issued_on), ("to", &issued_on)]).await), [first.as_str(), &other]);
    assert_eq!(ids(&lines(admin, &[("from", &credited_on)]).await), [note.as_str()]);
    assert_eq!(ids(&lines(admin, &[("issuer_id", &south)]).await), [other.as_str()]);
    assert_eq!(ids(&lines(admin, &[("customer_id", &bakery)]).await), [first.as_str(), &note]);
    let backwards = with("/invoices/export", &[("from", &credited_on), ("to", &issued_on)]);
    admin.get(&backwards).await.invalid(&[("from", "out_of_range")]);
    admin.get("/invoices/export?columns=days").await.invalid(&[("columns", "unknown_field")]);

    // In a spreadsheet names are no formulas, and what is owed back is a number.
    let file = admin.get("/invoices/export?columns=customer_name,total,issued_at").await.is(200);
    let file = file.as_str().unwrap_or_default().to_owned();
    let mut reader = csv::Reader::from_reader(file.as_bytes());
    assert_eq!(reader.headers().unwrap(), ["id", "path", "customer_name", "total", "issued_at"].as_slice());
    let last = reader.records().last().unwrap().unwrap();
    assert_eq!((&last[2], &last[3]), ("'=Bakery", "-1234.05"));
    assert!(last[1].ends_with("North / =Bakery"), "{file}");

    // Each sees what it issues and what it was sent, and nothing of those above or beside.
    let seller = app.person(&north, "administrator", "north@example.com").await;
    let seen = lines(&seller, &[]).await;
    assert_eq!(ids(&seen), [first.as_str(), &note]);
    assert_eq!(seen[0]["path"], "North / =Bakery");
    assert_eq!(ids(&lines(&seller, &[("issuer_id", &south)]).await), Vec::<String>::new());
    let buyer = app.person(&bakery, "administrator", "bakery@example.com").await;
    let seen = lines(&buyer, &[]).await;
    assert_eq!((ids(&seen), &seen[0]["path"]), (vec![first.clone(), note.clone()], &json!("=Bakery")));
    app.finish().await;
}

#[tokio::test]
async fn the_schedule_makes_each_once_and_what_is_not_paid_is_overdue() {
    let mut app = App::start().await;
    let north = app.reseller("North").await;
    let bakery = app.customer(&north, "end_customer", "Bakery").await;
    let mill = app.customer(&north, "end_customer", "Mill").await;
    let body = json!({ "parent_id": north, "company_name": "Trial", "country": "DE", "trial": true });
    let trial = id(&app.admin().post("/customers", &body).await.is(201));
    let mut body = plan(&north, "Monthly", &[flat("30")]);
    body["items"][0]["priced_for"] = json!("days");
    (body["schedule"], body["issues_itself"]) = (json!("month"), json!(true));
    app.admin().post("/invoice_plans", &body).await.is(201);
    set(app.admin(), &mill, &json!({ "invoiced": false })).await.is(200);
    let settings = async |app: &App, customer: &str| {
        let path = format!("/customers/{customer}/invoice_settings");
        app.admin().get(&path).await.is(200)
    };
    assert_eq!(settings(&app, &mill).await["not_invoiced"], "switched_off");
    assert_eq!(settings(&app, &trial).await["not_invoiced"], "on_trial");
    assert_eq!(settings(&app, &bakery).await["effective_schedule"], "month");
    let yesterday = day(&app, 1);
    app.admin().post("/invoices", &of(&trial, &yesterday, &yesterday)).await.refused(409, "on_trial");
    app.admin().post("/invoices", &of(&mill, &yesterday, &yesterday)).await.refused(409, "not_invoiced");
    app.admin().post("/invoices", &of(&bakery, &yesterday, &yesterday)).await.refused(409, "nothing_to_invoice");
    app.settle().await;
    let listed = async |app: &App| app.admin().get("/invoices").await.is(200)["items"].as_array().unwrap().clone();
    assert_eq!(listed(&app).await, Vec::<Value>::new());

    // Two months end while nobody serves, or three.
    let clock = app.clock();
    app.restart_after(|| clock.advance(Duration::from_secs(65 * DAY))).await;
    app.settle().await;
    app.sign_in_again().await;
    let of_bakery = |items: &[Value]| -> Vec<Value> {
        let of = items.iter().filter(|invoice| invoice["customer_id"] == bakery.as_str());
        let mut of: Vec<Value> = of.cloned().collect();
        of.sort_by_key(|invoice| invoice["from"].to_string());
        of
    };
    let made = of_bakery(&listed(&app).await);
    let [first, .., last] = made.as_slice() else { panic!("{made:#?}") };
    assert!(made.len() <= 3 && made.windows(2).all(|two| two[0]["to"].as_str() < two[1]["from"].as_str()));
    assert_eq!((&last["total"], &last["state"]), (&json!(3000), &json!("issued")));
    assert!(last["number"].is_i64());
    assert!(first["total"].as_i64() <= Some(3000), "the first month by its days: {first:#}");
    assert!(last["notes"].to_string().contains("not measured"), "nobody served: {last:#}");
    assert!(listed(&app).await.iter().all(|invoice| invoice["customer_id"] != mill.as_str()));
    // The trial ended meanwhile: what it was on is nobody's to pay.
    let of_trial = listed(&app).await.into_iter().filter(|invoice| invoice["customer_id"] == trial.as_str());
    assert!(of_trial.clone().count() >= 1);
    assert!(of_trial.into_iter().any(|invoice| invoice["notes"].to_string().contains("trial")));
    let before = listed(&app).await.len();
    app.settle().await;
    assert_eq!(listed(&app).await.len(), before, "each once");

    app.advance(Duration::from_secs(16 * DAY));
    app.settle().await;
    app.sign_in_again().await;
    let late = of_bakery(&listed(&app).await);
    assert!(late.iter().any(|invoice| invoice["state"] == "overdue"), "{late:#?}");
    let path = format!("/invoices/{}", id(late.iter().find(|invoice| invoice["state"] == "overdue").unwrap()));
    assert_eq!(app.admin().act(&format!("{path}/pay")).await.is(200)["state"], "paid");
    app.finish().await;
}

#[tokio::test]
async fn plans_name_what_is_wrong_and_go_with_their_customers_moved_to_the_default() {
    let app = App::start().await;
    let admin = app.admin();
    let north = app.reseller("North").await;
    let bakery = app.customer(&north, "end_customer", "Bakery").await;
    let mut wrong = plan(
        &north,
        "",
        &[sliding(), flat("1"), json!({ "name": "Devices", "charged": "devices", "pricing": "each" })],
    );
    wrong["currency"] = json!("eur");
    wrong["items"][0]["slabs"][1]["from"] = json!("6");
    wrong["items"][1]["rate"] = json!("1000001");
    let refused = admin.post("/invoice_plans", &wrong).await.refused(422, "invalid_input");
    let fields: Vec<&str> =
        refused["errors"].as_array().unwrap().iter().map(|field| field["field"].as_str().unwrap()).collect();
    for field in ["name", "currency", "items.0.slabs.1.from", "items.1.rate", "items.2.rate"] {
        assert!(fields.contains(&field), "{field} in {fields:?}");
    }
    let mut wrong = plan(&north, "Wrong", &[flat("0.0000001")]);
    let refused = admin.post("/invoice_plans", &wrong).await.refused(422, "invalid_input");
    assert!(refused.to_string().contains("six places"), "{refused:#}");
    wrong["customer_id"] = json!(bakery);
    wrong["items"] = json!([flat("1")]);
    admin.post("/invoice_plans", &wrong).await.refused(422, "invalid_input");

    let default = admin.post("/invoice_plans", &plan(&north, "Standard", &[flat("1")])).await.is(201);
    let other = admin.post("/invoice_plans", &plan(&north, "Special", &[flat("2")])).await.is(201);
    admin.post("/invoice_plans", &plan(&north, "special", &[flat("2")])).await.refused(422, "invalid_input");
    set(admin, &bakery, &json!({ "plan_id": other["id"] })).await.is(200);
    let path = format!("/invoice_plans/{}", id(&other));
    assert_eq!(admin.get(&path).await.is(200)["assigned"], 1);
    // Who is invoiced by a plan sees it, and no other.
    let own = app.person(&bakery, "administrator", "jo@bakery.example").await;
    assert_eq!(own.get("/invoice_plans").await.is(200)["items"].as_array().unwrap().len(), 1);
    own.edit(&path, &json!({ "name": "Mine" })).await.refused(403, "forbidden");
    own.get(&format!("/invoice_plans/{}", id(&default))).await.refused(404, "not_found");
    set(&own, &bakery, &json!({ "invoiced": false })).await.refused(403, "forbidden");

    admin.delete(&format!("/invoice_plans/{}", id(&default))).await.refused(409, "default_plan");
    admin.delete(&path).await.is(204);
    let settings = admin.get(&format!("/customers/{bakery}/invoice_settings")).await.is(200);
    assert_eq!((&settings["plan_id"], &settings["effective_plan_name"]), (&default["id"], &json!("Standard")));
    // A plan of somebody who stands above no more holds no longer.
    let south = app.reseller("South").await;
    let answer = admin.post(&format!("/customers/{bakery}/move"), &json!({ "parent_id": south })).await;
    answer.is(200);
    let settings = admin.get(&format!("/customers/{bakery}/invoice_settings")).await.is(200);
    assert_eq!((&settings["plan_id"], &settings["not_invoiced"]), (&Value::Null, &json!("no_plan")));
    app.finish().await;
}
