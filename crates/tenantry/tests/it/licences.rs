//! Licences: granted under a plan, assigned to sites, renewed, and what becomes of them when customers are suspended or go.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::{Client, with};
use crate::filters::looking::Dice;

const DAY: Duration = Duration::from_hours(24);

struct Shop {
    reseller: String,
    customer: String,
    hq: String,
    yard: String,
}

async fn shop(app: &App) -> Shop {
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let (hq, yard) = (app.site(&customer, "hq").await, app.site(&customer, "yard").await);
    Shop { reseller, customer, hq, yard }
}

async fn named(app: &App, list: &str, name: &str) -> String {
    let all = app.admin().get(list).await.is(200);
    id(all["items"].as_array().unwrap().iter().find(|thing| thing["name"] == name).unwrap())
}

async fn plan(app: &App, product: &str, body: Value) -> String {
    let mut plan = json!({ "name": format!("Plan {}", app.now().as_microsecond()), "product_id": product });
    for (name, value) in body.as_object().unwrap() {
        plan[name] = value.clone();
    }
    id(&app.admin().post("/plans", &plan).await.is(201))
}

async fn granted(app: &App, customer: &str, body: &Value) -> Value {
    app.admin().post(&format!("/customers/{customer}/licences"), body).await.is(201)
}

fn ends_in(app: &App, licence: &Value) -> i64 {
    let ends_at: jiff::Timestamp = licence["ends_at"].as_str().unwrap().parse().unwrap();
    (ends_at.duration_since(app.now()).as_secs() + 43_200).div_euclid(86_400)
}

async fn share(client: &Client, licence: &str, what: &str, site: &str, quantity: i64) -> crate::client::Answer {
    client.post(&format!("/licences/{licence}/{what}"), &json!({ "site_id": site, "quantity": quantity })).await
}

#[tokio::test]
async fn a_customer_is_added_with_its_plan_or_not_at_all() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let plan = named(&app, "/plans", "Endpoint for workstations, yearly").await;
    let add = async |plan: &str| {
        let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "plan_id": plan });
        app.admin().post("/customers", &body).await
    };
    add("pln_x").await.invalid(&[("plan_id", "reference_not_found")]);
    assert_eq!(app.admin().get(&format!("/customers?under={reseller}")).await.is(200)["total"], 1, "nothing was added");
    let customer = id(&add(&plan).await.is(201));
    let licences = app.admin().get(&format!("/licences?under={customer}")).await.is(200);
    assert_eq!((&licences["total"], &licences["items"][0]["quantity"]), (&json!(1), &json!(1)));
    assert_eq!(licences["items"][0]["plan_id"], plan);
    let provider = app.admin().get("/me").await.is(200)["customer_id"].clone();
    let partner = json!({ "parent_id": provider, "level": "reseller", "company_name": "Partner", "country": "DE", "plan_id": plan });
    app.admin().post("/customers", &partner).await.invalid(&[("plan_id", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn units_are_assigned_revoked_and_reassigned_and_never_more_than_there_are() {
    let app = App::start().await;
    let Shop { reseller, customer, hq, yard } = shop(&app).await;
    let endpoints = named(&app, "/plans", "Endpoint for workstations, yearly").await;
    let licence = granted(&app, &customer, &json!({ "plan_id": endpoints, "quantity": 10 })).await;
    let (path, licence_id) = (format!("/licences/{}", id(&licence)), id(&licence));
    assert_eq!(
        (&licence["state"], &licence["unit"], &licence["edition"]),
        (&json!("active"), &json!("workstation"), &json!("full"))
    );
    assert!((365..=366).contains(&ends_in(&app, &licence)));
    share(app.admin(), &licence_id, "assign", &hq, 6).await.is(200);
    share(app.admin(), &licence_id, "assign", &yard, 5).await.invalid(&[("quantity", "allotment_exceeded")]);
    let shown = share(app.admin(), &licence_id, "assign", &yard, 4).await.is(200);
    assert_eq!((&shown["assigned"], &shown["unassigned"]), (&json!(10), &json!(0)));
    let preview = app.admin().delete(&format!("/customers/{yard}?dry_run=true")).await.is(200);
    assert_eq!((&preview["goes"]["assigned_units"], &preview["goes"]["appliances"]), (&json!(4), &json!([])));
    let moved = json!({ "from": hq, "to": yard, "quantity": 2 });
    let shown = app.admin().post(&format!("{path}/reassign"), &moved).await.is(200);
    let of = |site: &str, shown: &Value| {
        let rows = shown["assignments"].as_array().unwrap();
        rows.iter().find(|row| row["site_id"] == site).map_or(0, |row| row["quantity"].as_i64().unwrap())
    };
    assert_eq!((of(&hq, &shown), of(&yard, &shown)), (4, 6));
    let more = json!({ "from": hq, "to": yard, "quantity": 5 });
    app.admin().post(&format!("{path}/reassign"), &more).await.invalid(&[("quantity", "out_of_range")]);
    share(app.admin(), &licence_id, "revoke", &hq, 5).await.invalid(&[("quantity", "out_of_range")]);
    share(app.admin(), &licence_id, "revoke", &hq, 4).await.is(200);
    // Less than what is assigned it can't be of.
    app.admin().edit(&path, &json!({ "quantity": 5 })).await.invalid(&[("quantity", "below_committed")]);
    let cut = app.admin().edit(&path, &json!({ "quantity": 6 })).await.is(200);
    assert_eq!(cut["unassigned"], 0);
    share(app.admin(), &licence_id, "assign", &hq, 1).await.invalid(&[("quantity", "allotment_exceeded")]);
    // A stranger's site is none, nor is what isn't below the customer.
    let other = app.reseller("Other IT").await;
    let stranger = app.person(&other, "administrator", "mia@other.example").await;
    let foreign = app.customer(&other, "end_customer", "Butcher").await;
    for site in [&foreign, &reseller, &format!("cus_{}", "0".repeat(26))] {
        share(app.admin(), &licence_id, "assign", site, 1).await.invalid(&[("site_id", "reference_not_found")]);
    }
    stranger.get(&path).await.refused(404, "not_found");
    share(&stranger, &licence_id, "assign", &foreign, 1).await.refused(404, "not_found");
    assert_eq!(stranger.get("/licences").await.is(200)["total"], 0);
    // Its own administrator puts them where they are needed, and grants itself none.
    let jo = app.person(&customer, "administrator", "jo@bakery.example").await;
    share(&jo, &licence_id, "revoke", &yard, 1).await.is(200);
    share(&jo, &licence_id, "assign", &customer, 1).await.is(200);
    let body = json!({ "plan_id": endpoints, "quantity": 1 });
    jo.post(&format!("/customers/{customer}/licences"), &body).await.refused(403, "forbidden");
    let renew = json!({ "basis": "from_expiry" });
    jo.post(&format!("{path}/renew"), &renew).await.refused(403, "forbidden");
    let log = app.admin().get(&format!("/customers/{customer}/changes?limit=100")).await.is(200).to_string();
    for action in ["granted", "assigned", "reassigned", "revoked", "updated"] {
        assert!(log.contains(&format!("licence.{action}")), "{action}");
    }
    app.finish().await;
}

/// Whatever is assigned, revoked and reassigned beside each other, each unit is in one place or in none.
#[tokio::test]
async fn units_are_neither_made_nor_lost_in_whatever_order() {
    let app = App::start().await;
    let Shop { customer, hq, yard, .. } = shop(&app).await;
    let endpoints = named(&app, "/plans", "Endpoint for workstations, yearly").await;
    let mut moved = 0;
    for seed in 1..=6 {
        let mut dice = Dice(seed);
        let held = 1 + i64::try_from(dice.roll(12)).unwrap();
        let licence = id(&granted(&app, &customer, &json!({ "plan_id": endpoints, "quantity": held })).await);
        let path = format!("/licences/{licence}");
        let steps: Vec<(usize, usize, i64)> =
            (0..16).map(|_| (dice.roll(6), dice.roll(3), 1 + i64::try_from(dice.roll(6)).unwrap())).collect();
        let places = [&customer, &hq, &yard];
        let step = async |(what, place, quantity): (usize, usize, i64)| {
            let (here, there) = (places[place], places[(place + 1) % 3]);
            match what {
                0..=2 => share(app.admin(), &licence, "assign", here, quantity).await,
                3 => share(app.admin(), &licence, "revoke", here, quantity).await,
                4 => {
                    let to = json!({ "from": here, "to": there, "quantity": quantity });
                    app.admin().post(&format!("{path}/reassign"), &to).await
                }
                _ => {
                    let body = json!({ "quantity": quantity });
                    let request = app.admin().request(reqwest::Method::PATCH, &path).header("if-match", "*");
                    request.json(&body).send().await
                }
            }
        };
        for answer in futures_util::future::join_all(steps.into_iter().map(step)).await {
            assert!([200, 422].contains(&answer.status), "{:#}", answer.body);
            moved += usize::from(answer.status == 200);
        }
        let shown = app.admin().get(&path).await.is(200);
        let at_places: i64 =
            shown["assignments"].as_array().unwrap().iter().map(|row| row["quantity"].as_i64().unwrap()).sum();
        let number = |name: &str| shown[name].as_i64().unwrap();
        assert_eq!(at_places, number("assigned"), "{shown:#}");
        assert_eq!(number("assigned") + number("unassigned"), number("quantity"), "{shown:#}");
        assert!(number("unassigned") >= 0 && at_places >= 0, "{shown:#}");
        assert!(shown["assignments"].as_array().unwrap().iter().all(|row| row["quantity"].as_i64() > Some(0)));
    }
    assert!(moved > 20, "most of it would be refused: {moved}");
    app.finish().await;
}

#[tokio::test]
async fn what_excludes_what_is_said_by_the_catalogue_and_storage_is_space() {
    let app = App::start().await;
    let Shop { customer, hq, .. } = shop(&app).await;
    let reseller = app.admin().get(&format!("/customers/{customer}")).await.is(200)["parent_id"].clone();
    let reseller = reseller.as_str().unwrap().to_owned();
    let products = app.admin().get("/products").await.is(200);
    let excludes = |name: &str| {
        let product = products["items"].as_array().unwrap().iter().find(|product| product["name"] == name).unwrap();
        product["excludes"].clone()
    };
    assert_eq!(excludes("Storage"), json!(["server", "tb", "workstation"]));
    assert_eq!(excludes("Endpoint for servers"), json!(["tb"]));
    assert_eq!(excludes("Direct to cloud"), json!([]));
    let storage = named(&app, "/products", "Storage").await;
    let seats = json!({ "name": "Mail guard", "unit": "seat", "excludes": ["tb"] });
    let seats = id(&app.admin().post("/products", &seats).await.is(201));
    let tb = id(&granted(&app, &customer, &json!({ "product_id": storage, "quantity": 3 })).await);
    let guard = id(&granted(&app, &customer, &json!({ "product_id": seats, "quantity": 5 })).await);
    // The reseller's space has to hold what is sold of it.
    let space = async |customer: &str, bytes: Option<i64>| {
        let path = format!("/customers/{customer}/space");
        let body = json!({ "allotted_bytes": bytes });
        app.admin().request(reqwest::Method::PUT, &path).json(&body).send().await
    };
    space(&reseller, Some(2_500_000_000_000)).await.is(200);
    let refused = share(app.admin(), &tb, "assign", &hq, 3).await;
    assert_eq!(refused.body["errors"][0]["field"], "quantity", "{:#}", refused.body);
    refused.refused(409, "allotment_exceeded");
    share(app.admin(), &tb, "assign", &hq, 2).await.is(200);
    let held = async || app.admin().get(&format!("/customers/{hq}/space")).await.is(200)["allotted_bytes"].clone();
    assert_eq!(held().await, json!(2_000_000_000_000_i64));
    share(app.admin(), &guard, "assign", &hq, 1).await.invalid(&[("site_id", "licence_excluded")]);
    app.admin().edit(&format!("/products/{seats}"), &json!({ "excludes": [] })).await.is(200);
    share(app.admin(), &guard, "assign", &hq, 1).await.is(200);
    // What was allotted besides stays when the licence ends.
    space(&hq, Some(2_400_000_000_000)).await.is(200);
    app.admin().delete(&format!("/licences/{tb}")).await.is(204);
    assert_eq!(held().await, json!(400_000_000_000_i64));
    let tb = id(&granted(&app, &customer, &json!({ "product_id": storage, "quantity": 1 })).await);
    space(&hq, None).await.is(200);
    share(app.admin(), &tb, "assign", &hq, 1).await.is(200);
    share(app.admin(), &tb, "revoke", &hq, 1).await.is(200);
    assert_eq!(held().await, Value::Null, "it draws again");
    app.finish().await;
}

#[tokio::test]
async fn what_is_granted_makes_sense() {
    let app = App::start().await;
    let Shop { reseller, customer, hq, yard } = shop(&app).await;
    let endpoints = named(&app, "/products", "Endpoint for servers").await;
    let storage = named(&app, "/products", "Storage").await;
    let direct = named(&app, "/products", "Direct to cloud").await;
    let path = format!("/customers/{customer}/licences");
    let grant = async |body: Value| app.admin().post(&path, &body).await;
    grant(json!({ "quantity": 1 })).await.invalid(&[("plan_id", "required")]);
    grant(json!({ "product_id": endpoints, "quantity": 0 })).await.invalid(&[("quantity", "out_of_range")]);
    grant(json!({ "product_id": "prd_none", "quantity": 1 })).await.invalid(&[("product_id", "reference_not_found")]);
    let past = json!({ "product_id": endpoints, "quantity": 1, "ends_at": "2020-01-01T00:00:00Z" });
    grant(past).await.invalid(&[("ends_at", "out_of_range")]);
    grant(json!({ "product_id": direct, "quantity": 1 })).await.refused(409, "double_billing_guard");
    let body = json!({ "product_id": endpoints, "quantity": 1 });
    app.admin().post(&format!("/customers/{reseller}/licences"), &body).await.refused(409, "level_not_allowed");
    app.admin().post(&format!("/customers/{hq}/licences"), &body).await.refused(409, "level_not_allowed");
    app.suspend(&customer, "stop_backups").await;
    grant(body.clone()).await.refused(409, "parent_suspended");
    app.activate(&customer).await;
    let open = granted(&app, &customer, &body).await;
    assert_eq!((&open["ends_at"], &open["state"]), (&Value::Null, &json!("active")));
    let renew = json!({ "basis": "from_now" });
    app.admin().post(&format!("/licences/{}/renew", id(&open)), &renew).await.refused(409, "not_renewable");
    // Endpoints and storage exclude each other at a site, and storage stands there once.
    let terabytes = granted(&app, &customer, &json!({ "product_id": storage, "quantity": 4 })).await;
    let more = granted(&app, &customer, &json!({ "product_id": storage, "quantity": 4 })).await;
    share(app.admin(), &id(&terabytes), "assign", &hq, 2).await.is(200);
    share(app.admin(), &id(&open), "assign", &hq, 1).await.invalid(&[("site_id", "licence_excluded")]);
    share(app.admin(), &id(&more), "assign", &hq, 1).await.invalid(&[("site_id", "licence_excluded")]);
    share(app.admin(), &id(&terabytes), "assign", &hq, 1).await.is(200);
    share(app.admin(), &id(&terabytes), "revoke", &hq, 3).await.is(200);
    share(app.admin(), &id(&open), "assign", &hq, 1).await.is(200);
    // Where all that there is is billed by use, nothing is assigned.
    let key = app.pass_key(&customer).await;
    let cloud = json!({ "pass_key": key, "name": "pc", "kind": "direct_to_cloud", "site": "yard" });
    app.nobody().post("/devices/register", &cloud).await.is(201);
    share(app.admin(), &id(&more), "assign", &yard, 1).await.invalid(&[("site_id", "double_billing_guard")]);
    let agent = json!({ "pass_key": key, "name": "server", "site": "yard" });
    app.nobody().post("/devices/register", &agent).await.is(201);
    share(app.admin(), &id(&more), "assign", &yard, 1).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn it_expires_by_the_clock_and_goes_on_when_renewed() {
    let mut app = App::start().await;
    let Shop { customer, hq, .. } = shop(&app).await;
    let product = named(&app, "/products", "Endpoint for servers").await;
    let full = plan(&app, &product, json!({ "term_days": 100 })).await;
    app.advance(Duration::from_secs(1));
    let trial = plan(&app, &product, json!({ "edition": "trial", "term_days": 30 })).await;
    app.advance(Duration::from_secs(1));
    let anew = plan(&app, &product, json!({ "term_days": 20, "auto_renew": true })).await;
    let full = id(&granted(&app, &customer, &json!({ "plan_id": full, "quantity": 2 })).await);
    let trial = id(&granted(&app, &customer, &json!({ "plan_id": trial, "quantity": 2 })).await);
    let anew = id(&granted(&app, &customer, &json!({ "plan_id": anew, "quantity": 2 })).await);
    share(app.admin(), &full, "assign", &hq, 2).await.is(200);
    let states = async |app: &App| {
        let mut states = Vec::new();
        for licence in [&full, &trial, &anew] {
            let shown = app.admin().get(&format!("/licences/{licence}")).await.is(200);
            let state = shown["state"].as_str().unwrap().to_owned();
            // The filter says what the row says.
            let listed = with("/licences", &[("filter", &format!("state == {state} and id == \"{licence}\""))]);
            assert_eq!(app.admin().get(&listed).await.is(200)["total"], 1, "{state}");
            states.push(state);
        }
        states
    };
    assert_eq!(states(&app).await, ["active", "active", "expiring"]);
    app.suspend(&customer, "stop_backups").await;
    assert_eq!(states(&app).await, ["out_of_force", "out_of_force", "out_of_force"]);
    app.activate(&customer).await;
    assert_eq!(app.admin().get(&format!("/licences/{full}")).await.is(200)["assigned"], 2);
    app.advance(DAY * 17);
    app.settle().await;
    app.sign_in_again().await;
    assert_eq!(states(&app).await, ["active", "expiring", "expiring"]);
    // 85 days later nobody served at the ends of its terms, and it has gone on by itself, without losing a day.
    let clock = app.clock();
    app.restart_after(|| clock.advance(DAY * 85)).await;
    app.settle().await;
    app.sign_in_again().await;
    assert_eq!(states(&app).await, ["grace", "expired", "expiring"]);
    let shown = app.admin().get(&format!("/licences/{anew}")).await.is(200);
    assert_eq!(ends_in(&app, &shown), 120 - 102);
    app.advance(DAY * 29);
    app.settle().await;
    app.sign_in_again().await;
    assert_eq!(states(&app).await[0], "expired");
    // Renewed late: from its end a term later, which is past as well; from now a whole term.
    let renew = async |basis: &str| {
        let body = json!({ "basis": basis });
        app.admin().post(&format!("/licences/{full}/renew"), &body).await.is(200)
    };
    assert_eq!(ends_in(&app, &renew("from_expiry").await), 200 - 131);
    let body = json!({ "basis": "from_now", "until": "2020-01-01T00:00:00Z" });
    app.admin().post(&format!("/licences/{full}/renew"), &body).await.invalid(&[("until", "out_of_range")]);
    assert_eq!(ends_in(&app, &renew("from_now_if_expired").await), 300 - 131);
    app.finish().await;
}

#[tokio::test]
async fn many_are_renewed_together_each_with_its_result() {
    let app = App::start().await;
    let Shop { reseller, customer, .. } = shop(&app).await;
    let product = named(&app, "/products", "Endpoint for servers").await;
    let yearly = plan(&app, &product, json!({ "term_months": 12 })).await;
    let mut ids = Vec::new();
    for number in 0..3 {
        let holder = app.customer(&reseller, "end_customer", &format!("Shop {number}")).await;
        ids.push(id(&granted(&app, &holder, &json!({ "plan_id": yearly, "quantity": 1 })).await));
    }
    ids.push(id(&granted(&app, &customer, &json!({ "product_id": product, "quantity": 1 })).await));
    let bulk = json!({ "noun": "licences", "action": "renew", "selection": { "ids": ids },
        "input": { "basis": "from_expiry" } });
    let mut dry = bulk.clone();
    dry["dry_run"] = json!(true);
    let preview = app.admin().post("/bulk", &dry).await.is(200);
    assert_eq!((&preview["allowed"], &preview["refused"][0]["code"]), (&json!(3), &json!("not_renewable")));
    let rows = preview["rows"].as_array().unwrap();
    let renewed = rows.iter().find(|row| row["outcome"] == "done").unwrap();
    assert!(renewed["detail"].as_str().unwrap().contains('→'), "{preview:#}");
    let task = app.admin().post("/bulk", &bulk).await.is(202)["task_id"].as_str().unwrap().to_owned();
    app.settle().await;
    let done = app.admin().get(&format!("/tasks/{task}")).await.is(200);
    assert_eq!(
        (&done["state"], &done["counts"]["done"], &done["counts"]["refused"]),
        (&json!("done"), &json!(3), &json!(1))
    );
    let ends = async || ends_in(&app, &app.admin().get(&format!("/licences/{}", ids[0])).await.is(200));
    assert!((730..=732).contains(&ends().await));
    app.admin().act(&format!("/tasks/{task}/undo")).await.is(202);
    app.settle().await;
    assert!((365..=366).contains(&ends().await));
    app.finish().await;
}

#[tokio::test]
async fn they_keep_a_customer_and_go_where_that_is_said() {
    let app = App::start().await;
    let Shop { reseller, customer, hq, .. } = shop(&app).await;
    let product = named(&app, "/products", "Endpoint for servers").await;
    let licence = id(&granted(&app, &customer, &json!({ "product_id": product, "quantity": 3 })).await);
    share(app.admin(), &licence, "assign", &hq, 2).await.is(200);
    // What a site has is free again when it goes.
    app.admin().delete(&format!("/customers/{hq}")).await.is(200);
    assert_eq!(app.admin().get(&format!("/licences/{licence}")).await.is(200)["assigned"], 0);
    let yard = app.admin().get("/customers?level=site&q=yard").await.is(200)["items"][0].clone();
    app.admin().delete(&format!("/customers/{}", id(&yard))).await.is(200);
    app.advance(DAY * 31);
    app.settle().await;
    app.sign_in_again().await;
    let refused = app.admin().delete(&format!("/customers/{customer}")).await;
    assert!(refused.body["detail"].as_str().unwrap().contains("1 licence is attached"), "{:#}", refused.body);
    refused.refused(409, "products_attached");
    // It moves along, and whoever it left sees nothing of it any more.
    let other = app.reseller("Other IT").await;
    app.admin().post(&format!("/customers/{customer}/move"), &json!({ "parent_id": other })).await.is(200);
    let jo = app.person(&reseller, "administrator", "jo@northwind.example").await;
    let mia = app.person(&other, "administrator", "mia@other.example").await;
    assert_eq!(jo.get("/licences").await.is(200)["total"], 0);
    let listed = mia.get(&with("/licences", &[("filter", "customer_name == \"Bakery\"")])).await.is(200);
    assert_eq!((&listed["total"], &listed["items"][0]["product_name"]), (&json!(1), &json!("Endpoint for servers")));
    app.admin().delete(&format!("/customers/{customer}?remove_products=true")).await.is(200);
    app.advance(DAY * 31);
    app.settle().await;
    app.sign_in_again().await;
    app.admin().get(&format!("/licences/{licence}")).await.refused(404, "not_found");
    // So do those whose sites still have some of it, terabytes among them, and nothing holds up those who go after them.
    let baker = app.customer(&other, "end_customer", "Baker").await;
    let site = app.site(&baker, "oven").await;
    for (name, quantity) in [("Endpoint for servers", 3), ("Storage", 5)] {
        let product = named(&app, "/products", name).await;
        let licence = id(&granted(&app, &baker, &json!({ "product_id": product, "quantity": quantity })).await);
        share(app.admin(), &licence, "assign", if name == "Storage" { &baker } else { &site }, 2).await.is(200);
    }
    app.admin().delete(&format!("/customers/{baker}?remove_products=true")).await.is(200);
    app.advance(DAY * 31);
    app.settle().await;
    app.sign_in_again().await;
    app.admin().get(&format!("/customers/{baker}")).await.refused(404, "not_found");
    // One is ended by hand.
    let next = app.customer(&other, "end_customer", "Florist").await;
    let licence = id(&granted(&app, &next, &json!({ "product_id": product, "quantity": 3 })).await);
    app.admin().request(Method::DELETE, &format!("/licences/{licence}")).send().await.is(204);
    app.admin().get(&format!("/licences/{licence}")).await.refused(404, "not_found");
    app.finish().await;
}

/// Which managed accounts somebody sees is their own choice, and self-managed ones are seen in any case.
#[tokio::test]
async fn lists_can_be_left_to_accounts_with_a_product_that_is_managed_here() {
    let app = App::start().await;
    let Shop { reseller, customer, hq, .. } = shop(&app).await;
    let product = async |name: &str, managed_here: bool| {
        let body = json!({ "name": name, "unit": "seat", "managed_here": managed_here });
        id(&app.admin().post("/products", &body).await.is(201))
    };
    let here = plan(&app, &product("Mail guard", true).await, json!({ "term_months": 12 })).await;
    let elsewhere = plan(&app, &product("Phone", false).await, json!({ "term_months": 12 })).await;
    let dairy = app.customer(&reseller, "end_customer", "Dairy").await;
    let mill = app.customer(&reseller, "end_customer", "Mill").await;
    for (customer, kind) in [(&customer, "managed"), (&dairy, "managed"), (&mill, "self_managed")] {
        app.admin().edit(&format!("/customers/{customer}"), &json!({ "kind": kind })).await.is(200);
    }
    granted(&app, &dairy, &json!({ "plan_id": elsewhere, "quantity": 1 })).await;
    let licence = granted(&app, &customer, &json!({ "plan_id": here, "quantity": 1 })).await;
    let filter = "not (kind == managed) or managed_here == true";
    let names = async || {
        let list = with("/customers", &[("under", &reseller), ("filter", filter)]);
        let rows = app.admin().all(&list).await;
        rows.iter().map(|row| row["company_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["Bakery", "hq", "Mill", "Northwind IT", "yard"]);
    let told = async |id: &str| app.admin().get(&format!("/customers/{id}")).await.is(200)["managed_here"].clone();
    for (id, holds) in [(&reseller, true), (&customer, true), (&hq, true), (&dairy, false), (&mill, false)] {
        assert_eq!(told(id).await, json!(holds));
    }
    app.admin().delete(&format!("/licences/{}", id(&licence))).await.is(204);
    assert_eq!(names().await, ["hq", "Mill", "Northwind IT", "yard"]);

    let mine = json!({ "managed_accounts": "managed_here" });
    let other = app.person(&reseller, "administrator", "boss@example.com").await;
    let set = |client: &Client| client.request(Method::PUT, "/me/view_settings").json(&mine).send();
    assert_eq!(set(&other).await.is(200), mine);
    assert_eq!(other.get("/me").await.is(200)["view_settings"], mine);
    assert_eq!(app.admin().get("/me").await.is(200)["view_settings"], json!({ "managed_accounts": "all" }));
    let wrong = json!({ "managed_accounts": "some" });
    let refused = other.request(Method::PUT, "/me/view_settings").json(&wrong).send().await;
    refused.invalid(&[("managed_accounts", "invalid")]);
    // Other programs are told of all.
    assert_eq!(other.get("/customers").await.is(200)["total"], 6);
    app.finish().await;
}
