//! Where licences are required: who is let in, who backs up, and what happens as they come and go.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::Answer;
use crate::machine::Machine;
use crate::process::{Release, Restic, Server};
use crate::story::{Tree, write_tree};

const DAY: Duration = Duration::from_hours(24);

struct Shop {
    reseller: String,
    customer: String,
    hq: String,
}

async fn shop(app: &App) -> Shop {
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let hq = app.site(&customer, "hq").await;
    Shop { reseller, customer, hq }
}

async fn require(app: &App, customer: &str, required: bool) {
    let path = format!("/customers/{customer}/settings/licences_required");
    let body = json!({ "value": required });
    app.admin().request(Method::PUT, &path).json(&body).send().await.is(200);
}

/// A licence of this product for so many, and so many of these at a site.
async fn licence(app: &App, customer: &str, product: &str, quantity: i64, at: Option<(&str, i64)>) -> String {
    let products = app.admin().get("/products").await.is(200);
    let product = id(products["items"].as_array().unwrap().iter().find(|it| it["name"] == product).unwrap());
    let body = json!({ "product_id": product, "quantity": quantity });
    let licence = id(&app.admin().post(&format!("/customers/{customer}/licences"), &body).await.is(201));
    if let Some((site, quantity)) = at {
        assign(app, &licence, site, quantity).await.is(200);
    }
    licence
}

async fn assign(app: &App, licence: &str, site: &str, quantity: i64) -> Answer {
    let body = json!({ "site_id": site, "quantity": quantity });
    app.admin().post(&format!("/licences/{licence}/assign"), &body).await
}

async fn register(app: &App, customer: &str, name: &str, os: &str) -> Answer {
    let body = json!({ "pass_key": app.pass_key(customer).await, "name": name, "os": os, "site": "hq" });
    app.nobody().post("/devices/register", &body).await
}

#[tokio::test]
async fn a_backup_waits_for_its_licence_and_a_restore_does_not() {
    let app = App::start().await;
    let Shop { reseller, customer, hq } = shop(&app).await;
    let till = Machine::new(&register(&app, &customer, "till", "Windows 11").await.is(201));
    till.begin().await;
    till.uploads(200).await;
    // Nothing was said of licences until now.
    require(&app, &reseller, true).await;
    till.uploads(403).await;
    assert_eq!(till.put("data", b"x").await, (403, Some("no_licence".to_owned())));
    till.reads(200).await;
    // One for servers is none for it.
    licence(&app, &customer, "Endpoint for servers", 1, Some((&hq, 1))).await;
    assert_eq!(till.put("data", b"x").await.0, 403);
    let desks = licence(&app, &customer, "Endpoint for workstations", 2, Some((&hq, 2))).await;
    till.uploads(200).await;
    // Suspended nothing of it holds, and activated all of it does.
    app.suspend(&customer, "stop_backups").await;
    till.uploads(403).await;
    app.activate(&customer).await;
    till.uploads(200).await;
    let shown = app.admin().get(&format!("/licences/{desks}")).await.is(200);
    assert_eq!(shown["assigned"], 2);
    // What is used isn't taken away, but with the licence itself.
    let body = json!({ "site_id": hq, "quantity": 2 });
    let revoke = app.admin().post(&format!("/licences/{desks}/revoke"), &body).await;
    revoke.invalid(&[("quantity", "licence_in_use")]);
    let body = json!({ "site_id": hq, "quantity": 1 });
    app.admin().post(&format!("/licences/{desks}/revoke"), &body).await.is(200);
    app.admin().request(Method::DELETE, &format!("/licences/{desks}")).send().await.is(204);
    till.uploads(403).await;
    // Below, the customer can do without.
    require(&app, &customer, false).await;
    till.uploads(200).await;
    let log = app.admin().get(&format!("/customers/{customer}/changes?limit=100")).await.is(200).to_string();
    assert!(log.contains("device.licensed") && log.contains("device.unlicensed"), "{log}");
    app.finish().await;
}

#[tokio::test]
async fn exactly_as_many_machines_get_in_as_there_are_licences() {
    let app = App::start().await;
    let Shop { customer, hq, .. } = shop(&app).await;
    require(&app, &customer, true).await;
    register(&app, &customer, "early", "Windows 11").await.refused(403, "no_licence");
    let desks = licence(&app, &customer, "Endpoint for workstations", 10, Some((&hq, 10))).await;
    let key = app.pass_key(&customer).await;
    let tries = (0..64).map(|number| {
        let (nobody, key) = (app.nobody(), key.clone());
        async move {
            let name = format!("pc {number}");
            let body = json!({ "pass_key": key, "name": name, "os": "Windows 11", "site": "hq" });
            nobody.post("/devices/register", &body).await
        }
    });
    let answers = futures_util::future::join_all(tries).await;
    let (in_, out): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 201);
    assert_eq!((in_.len(), out.len()), (10, 54));
    for answer in out {
        answer.refused(403, "no_licence");
    }
    let first = in_[0].body["device_id"].as_str().unwrap().to_owned();
    // A server, and what is billed by use, are other matters.
    register(&app, &customer, "server", "Debian GNU/Linux 13").await.refused(403, "no_licence");
    let cloud = json!({ "pass_key": key, "name": "cloud", "kind": "direct_to_cloud", "site": "hq" });
    app.nobody().post("/devices/register", &cloud).await.is(201);
    // What one had is free for the next.
    app.admin().delete(&format!("/devices/{first}")).await.is(200);
    register(&app, &customer, "next", "Windows 11").await.is(201);
    register(&app, &customer, "last", "Windows 11").await.refused(403, "no_licence");
    // One that waits for approval takes none, and is let in while there is one.
    let path = format!("/customers/{customer}/settings/auto_authorise");
    app.admin().request(Method::PUT, &path).json(&json!({ "value": false })).send().await.is(200);
    let waits = id_of(&register(&app, &customer, "waits", "Windows 11").await.is(201));
    app.admin().act(&format!("/devices/{waits}/approve")).await.refused(403, "no_licence");
    app.admin().edit(&format!("/licences/{desks}"), &json!({ "quantity": 11 })).await.is(200);
    assign(&app, &desks, &hq, 1).await.is(200);
    app.admin().act(&format!("/devices/{waits}/approve")).await.is(200);
    app.finish().await;
}

fn id_of(registered: &Value) -> String {
    registered["device_id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn storage_takes_any_number_and_credits_go_by_weight() {
    let app = App::start().await;
    let Shop { customer, hq, .. } = shop(&app).await;
    require(&app, &customer, true).await;
    // A server takes two and a workstation one of the monthly licences.
    let monthly = licence(&app, &customer, "Monthly licence", 5, Some((&hq, 4))).await;
    register(&app, &customer, "server", "Windows Server 2022").await.is(201);
    register(&app, &customer, "pc", "Windows 11").await.is(201);
    register(&app, &customer, "server 2", "Windows Server 2022").await.refused(403, "no_licence");
    register(&app, &customer, "pc 2", "Windows 11").await.is(201);
    register(&app, &customer, "pc 3", "Windows 11").await.refused(403, "no_licence");
    assign(&app, &monthly, &hq, 1).await.is(200);
    register(&app, &customer, "pc 3", "Windows 11").await.is(201);
    let yard = app.site(&customer, "yard").await;
    let storage = licence(&app, &customer, "Storage", 2, Some((&yard, 2))).await;
    // Two terabytes are space of its own for the site.
    let space = async || app.admin().get(&format!("/customers/{yard}/space")).await.is(200)["allotted_bytes"].clone();
    assert_eq!(space().await, json!(2_000_000_000_000_i64));
    app.admin().post(&format!("/licences/{storage}/revoke"), &json!({ "site_id": yard, "quantity": 1 })).await.is(200);
    assert_eq!(space().await, json!(1_000_000_000_000_i64));
    for name in ["a", "b", "c"] {
        let body = json!({ "pass_key": app.pass_key(&customer).await, "name": name, "os": "Debian", "site": "yard" });
        app.nobody().post("/devices/register", &body).await.is(201);
    }
    // A machine that moves takes what is there, and leaves what it had.
    let pc = app.admin().get("/devices?q=pc 3").await.is(200)["items"][0].clone();
    let to = |site: &str| json!({ "customer_id": site });
    app.admin().edit(&format!("/devices/{}", id(&pc)), &to(&yard)).await.is(200);
    register(&app, &customer, "pc 4", "Windows 11").await.is(201);
    let back = app.admin().edit(&format!("/devices/{}", id(&pc)), &to(&hq)).await;
    back.invalid(&[("customer_id", "no_licence")]);
    app.finish().await;
}

#[tokio::test]
async fn it_runs_out_by_the_clock_and_renewing_lets_backups_go_on() {
    let app = App::start().await;
    let Shop { customer, hq, .. } = shop(&app).await;
    require(&app, &customer, true).await;
    let products = app.admin().get("/products").await.is(200);
    let desks = products["items"].as_array().unwrap();
    let product = id(desks.iter().find(|it| it["name"] == "Endpoint for workstations").unwrap());
    let plan = json!({ "name": "Quarter", "product_id": product, "term_days": 90 });
    let plan = id(&app.admin().post("/plans", &plan).await.is(201));
    let body = json!({ "plan_id": plan, "quantity": 1 });
    let licence = id(&app.admin().post(&format!("/customers/{customer}/licences"), &body).await.is(201));
    assign(&app, &licence, &hq, 1).await.is(200);
    let till = Machine::new(&register(&app, &customer, "till", "Windows 11").await.is(201));
    till.begin().await;
    till.uploads(200).await;
    for (days, status) in [(100, 200), (19, 200), (2, 403)] {
        app.advance(DAY * days);
        app.settle().await;
        app.sign_in_again().await;
        till.uploads(status).await;
    }
    till.reads(200).await;
    let renew = json!({ "basis": "from_now" });
    app.admin().post(&format!("/licences/{licence}/renew"), &renew).await.is(200);
    till.uploads(200).await;
    app.finish().await;
}

#[tokio::test]
async fn what_begins_later_is_had_when_it_begins_and_those_who_wait_come_first() {
    let app = App::start().await;
    let Shop { customer, hq, .. } = shop(&app).await;
    require(&app, &customer, true).await;
    let products = app.admin().get("/products").await.is(200);
    let desks = products["items"].as_array().unwrap();
    let product = id(desks.iter().find(|it| it["name"] == "Endpoint for workstations").unwrap());
    let plan = json!({ "name": "Quarter", "product_id": product, "term_days": 90 });
    let plan = id(&app.admin().post("/plans", &plan).await.is(201));
    let grant = async |body: Value| {
        let licence = id(&app.admin().post(&format!("/customers/{customer}/licences"), &body).await.is(201));
        assign(&app, &licence, &hq, 1).await.is(200);
        licence
    };
    let first = grant(json!({ "plan_id": plan, "quantity": 1 })).await;
    let till = Machine::new(&register(&app, &customer, "till", "Windows 11").await.is(201));
    till.begin().await;
    let begins = app.now() + DAY * 130;
    grant(json!({ "plan_id": plan, "quantity": 1, "starts_at": begins.to_string() })).await;
    for (days, status) in [(121, 403), (8, 403), (2, 200)] {
        app.advance(DAY * days);
        app.settle().await;
        app.sign_in_again().await;
        till.uploads(status).await;
    }
    // What is renewed is free: the other one has it.
    app.admin().post(&format!("/licences/{first}/renew"), &json!({ "basis": "from_now" })).await.is(200);
    let desk = Machine::new(&register(&app, &customer, "desk", "Windows 11").await.is(201));
    desk.begin().await;
    desk.uploads(200).await;
    register(&app, &customer, "another", "Windows 11").await.refused(403, "no_licence");
    app.finish().await;
}

/// As its owner sees it, with the restic of the host.
#[tokio::test(flavor = "multi_thread")]
async fn restic_is_refused_until_a_licence_is_assigned_and_goes_on_after_a_suspension() {
    let (server, admin) = Server::start().await;
    let family = admin.family("Acme").await;
    let restic = Restic::of(Release::Debian13, &family.device);
    let home = tempfile::tempdir().unwrap();
    let tree = home.path().join("tree");
    let path = tree.to_str().unwrap();
    write_tree(&tree, 5, &Tree { files: 5, bytes: 1_000_000 });
    restic.pass(&["init"]).await;
    let setting = format!("customers/{}/settings/licences_required", family.reseller);
    assert_eq!(admin.send("PUT", &setting, Some(&json!({ "value": true }))).await.0, 200);
    restic.refused(&["backup", path], "no licence").await;

    let products = admin.get("products").await;
    let is_for_it = |it: &&Value| it["name"] == "Endpoint for workstations";
    let product = id(products["items"].as_array().unwrap().iter().find(is_for_it).unwrap());
    let licence = json!({ "product_id": product, "quantity": 1 });
    let licence = id(&admin.post(&format!("customers/{}/licences", family.customer), &licence).await);
    restic.pass(&["unlock", "--remove-all"]).await;
    restic.refused(&["backup", path], "no licence").await;
    let assign = json!({ "site_id": family.site, "quantity": 1 });
    admin.post(&format!("licences/{licence}/assign"), &assign).await;
    restic.pass(&["unlock", "--remove-all"]).await;
    restic.pass(&["backup", path]).await;

    admin.suspend(&family.customer, "stop_backups", None).await;
    restic.refused(&["backup", path], "is suspended").await;
    admin.activate(&family.customer).await;
    restic.pass(&["unlock", "--remove-all"]).await;
    restic.pass(&["backup", path]).await;
    let kept = admin.get(&format!("licences/{licence}")).await;
    assert_eq!((&kept["assigned"], &kept["unassigned"]), (&json!(1), &json!(0)), "the assignment still stands");
    drop(server);
}
