//! Somebody else's things answer exactly like things that don't exist: to every operation, for every role.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, id};
use crate::client::{Answer, Client, with};
use crate::description::DESCRIPTION;
use crate::requests::{Things, address, names_something, with_parameter};

/// All that somebody can tell two answers apart by.
fn told(mut answer: Answer) -> String {
    if let Some(id) = answer.body.get_mut("request_id") {
        *id = Value::Null;
    }
    let mut headers: Vec<String> = answer
        .headers
        .iter()
        .filter(|(name, _)| !["x-request-id", "date"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    format!("{} {headers:?} {}", answer.status, answer.body)
}

struct Strangers {
    administrator: Client,
    supporter: Client,
    own: Client,
    nobody: Client,
}

impl Strangers {
    /// Somebody of every role beside what they ask for, and nobody.
    async fn new(app: &App) -> Self {
        let reseller = app.reseller("Other IT").await;
        let body = json!({ "parent_id": reseller, "company_name": "Mill", "country": "DE", "username": "mill",
            "password": PASSWORD });
        app.admin().post("/customers", &body).await.is(201);
        Self {
            administrator: app.person(&reseller, "administrator", "boss@other.example").await,
            supporter: app.person(&reseller, "supporter", "help@other.example").await,
            own: app.client("mill", PASSWORD).await,
            nobody: app.nobody(),
        }
    }

    fn all(&self) -> [(&Client, u16, &'static str); 4] {
        [
            (&self.administrator, 404, "not_found"),
            (&self.supporter, 404, "not_found"),
            (&self.own, 404, "not_found"),
            (&self.nobody, 401, "sign_in_required"),
        ]
    }
}

#[tokio::test]
async fn a_strangers_id_in_a_path_answers_like_an_unknown_one() {
    let app = App::start().await;
    let strangers = Strangers::new(&app).await;
    let customer = app.end_customer("Bakery").await;
    let theirs = Things::at(&app, &customer).await;
    let unknown = theirs.unknown();
    let log = format!("/customers/{}/changes", app.provider().await);
    let before = app.admin().get(&log).await.is(200)["total"].clone();
    let mut asked = 0;
    for operation in DESCRIPTION.operations.iter().filter(|operation| names_something(operation)) {
        for (client, status, code) in strangers.all() {
            let (foreign, absent) = (theirs.ask(client, operation).await, unknown.ask(client, operation).await);
            assert_eq!((foreign.status, foreign.body["code"].as_str()), (status, Some(code)), "{}", operation.id);
            assert_eq!(told(foreign), told(absent), "{}", operation.id);
        }
        asked += 1;
    }
    assert!(asked >= 18, "{asked}");
    assert_eq!(app.admin().get(&log).await.is(200)["total"], before, "nothing was changed");
    app.finish().await;
}

#[tokio::test]
async fn bad_requests_tell_no_more_about_strangers_than_good_ones() {
    let app = App::start().await;
    let strangers = Strangers::new(&app).await;
    let customer = app.end_customer("Bakery").await;
    let theirs = Things::at(&app, &customer).await;
    let unknown = theirs.unknown();
    let operations = DESCRIPTION.operations.iter().filter(|operation| names_something(operation));
    for operation in operations.filter(|operation| operation.method != Method::GET) {
        let id_of = |things: &Things| match operation.path.split('/').nth(1).unwrap() {
            "customers" => things.customer.clone(),
            "removed_customers" => things.removed.clone(),
            "users" => things.user.clone(),
            "pass_keys" => things.pass_key.clone(),
            "devices" => things.device.clone(),
            "tasks" => things.task.clone(),
            "licences" => things.licence.clone(),
            "events" => things.event.clone(),
            "notification_rules" => things.rule.clone(),
            "templates" => things.template.clone(),
            "invoices" => things.invoice.clone(),
            "invoice_plans" => things.invoice_plan.clone(),
            "webhooks" => things.webhook.clone(),
            "webhook_deliveries" => things.delivery.clone(),
            "views" => things.view.clone(),
            "me" => things.factor.clone(),
            "sessions" => things.session.clone(),
            "tokens" => things.token.clone(),
            noun => panic!("whose are {noun}?"),
        };
        for (client, _, _) in strangers.all() {
            for (name, value, body) in [
                ("if-match", "\"1\"", "{\"nonsense\":1}"),
                ("if-match", "\"77\"", "{}"),
                ("x-nothing", "", "{}"),
                ("x-nothing", "", "["),
                ("content-type", "text/plain", "hello"),
                ("idempotency-key", "k", "{}"),
            ] {
                let ask = async |id: String| {
                    let path = crate::requests::address(operation, &id);
                    let request = client.request(operation.method.clone(), &path).header(name, value);
                    told(request.raw(body.to_owned()).send().await)
                };
                let (foreign, absent) = (ask(id_of(&theirs)).await, ask(id_of(&unknown)).await);
                if name == "idempotency-key" && foreign.starts_with("422") {
                    continue;
                }
                assert_eq!(foreign, absent, "{} {name} {value} {body}", operation.id);
            }
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn under_a_stranger_is_like_under_nothing() {
    let app = App::start().await;
    let strangers = Strangers::new(&app).await;
    let customer = app.end_customer("Bakery").await;
    let theirs = Things::at(&app, &customer).await;
    let unknown = theirs.unknown();
    let own = id(&strangers.administrator.get("/customers?level=end_customer").await.is(200)["items"][0]);
    let mut asked = 0;
    for operation in with_parameter("under") {
        let path = address(operation, &own);
        for (client, status, _) in strangers.all() {
            // People are nothing that a customer's own account may list at all.
            let status = if operation.path.starts_with("/users") && status == 404 { [404, 403] } else { [status; 2] };
            let foreign = client.get(&with(&path, &[("under", &theirs.customer)])).await;
            assert!(status.contains(&foreign.status), "{}: {}", operation.id, foreign.status);
            let absent = client.get(&with(&path, &[("under", &unknown.customer)])).await;
            assert_eq!(told(foreign), told(absent), "{}", operation.id);
        }
        asked += 1;
    }
    assert_eq!(asked, 23);
    app.finish().await;
}

#[tokio::test]
async fn a_strangers_id_in_a_body_is_an_unknown_reference() {
    let app = App::start().await;
    let strangers = Strangers::new(&app).await;
    let customer = app.end_customer("Bakery").await;
    let site = app.site(&customer, "hq").await;
    let reseller = app.id_of("Reseller of Bakery").await;
    let unknown = format!("cus_{}", "0".repeat(26));
    let own = id(&strangers.administrator.get("/customers?level=end_customer").await.is(200)["items"][0]);
    let keys = format!("/customers/{own}/pass_keys");
    let ask = async |client: &Client, path: &str, body: Value| {
        let answer = client.post(path, &body).await;
        (answer.status, answer.body["errors"][0]["code"].as_str().unwrap_or_default().to_owned(), told(answer))
    };
    for client in [&strangers.administrator, &strangers.supporter, &strangers.own] {
        let parent = |id: &str| json!({ "parent_id": id, "company_name": "A", "country": "DE" });
        let user = |id: &str| json!({ "customer_id": id, "email": "x@y.example", "name": "X", "role": "supporter" });
        for (path, foreign, absent, code) in [
            ("/customers", parent(&reseller), parent(&unknown), "parent_not_found"),
            ("/users", user(&customer), user(&unknown), "reference_not_found"),
            (keys.as_str(), json!({ "site_id": site }), json!({ "site_id": unknown }), "reference_not_found"),
        ] {
            let (foreign, absent) = (ask(client, path, foreign).await, ask(client, path, absent).await);
            assert_eq!(foreign, absent, "{path}");
            assert!((foreign.0, foreign.1.as_str()) == (422, code) || foreign.0 == 403, "{path} {}", foreign.0);
        }
    }
    // Another's pass key is no key here, and a device's credentials open only its own repository.
    let (theirs, ours) = (app.machine(&app.pass_key(&customer).await, "theirs").await, app.pass_key(&own).await);
    let ours = app.machine(&ours, "ours").await;
    ours.begin().await;
    theirs.begin().await;
    assert_eq!(theirs.put("data", b"private").await.0, 200);
    let mut trespasser = ours.clone();
    trespasser.url.clone_from(&theirs.url);
    assert_eq!(trespasser.read().await, 404);
    assert_eq!(trespasser.put("data", b"mine").await.0, 404);
    app.finish().await;
}
