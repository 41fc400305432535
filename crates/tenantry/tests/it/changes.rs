//! The change log: every command writes who, when, from where, what, before and after; nothing else writes anything.

use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::{Answer, with};

const OTHER_PASSWORD: &str = "copper lantern meadow 77";

/// The newest entries at a customer and below it.
async fn log(app: &App, customer: &str) -> Vec<Value> {
    let page = app.admin().get(&format!("/customers/{customer}/changes?limit=500")).await.is(200);
    page["items"].as_array().unwrap().clone()
}

/// What a command is expected to write.
struct Expected<'a> {
    action: &'a str,
    subject: &'a str,
    before: Value,
    after: Value,
}

/// The answer's body; fails unless exactly this was written, by the administrator, from here, in that request. Fields of
/// `before` and `after` that aren't named are not looked at.
async fn wrote(app: &App, node: &str, known: &mut usize, answer: Answer, expected: Expected<'_>) -> Value {
    let action = expected.action;
    let request_id = answer.header("x-request-id").unwrap().to_owned();
    assert!(answer.status < 300, "{action}: {:#}", answer.body);
    let entries = log(app, node).await;
    assert_eq!(entries.len(), *known + 1, "{action}: {:#}", entries[0]);
    *known += 1;
    let entry = &entries[0];
    assert_eq!(entry["action"], action);
    assert_eq!(entry["subject_kind"], action.split('.').next().unwrap());
    assert_eq!(entry["subject_id"], expected.subject, "{action}");
    for (side, fields) in [("before", &expected.before), ("after", &expected.after)] {
        match fields {
            Value::Null => assert_eq!(entry[side], Value::Null, "{action} {side}"),
            fields => {
                for (name, value) in fields.as_object().unwrap() {
                    assert_eq!(entry[side][name], *value, "{action} {side} {name}: {entry:#}");
                }
            }
        }
    }
    assert_eq!((&entry["actor"]["kind"], &entry["actor"]["name"]), (&json!("user"), &json!(ADMIN)));
    assert_eq!((&entry["address"], &entry["request_id"]), (&json!("127.0.0.1"), &json!(request_id)));
    let at: jiff::Timestamp = entry["at"].as_str().unwrap().parse().unwrap();
    assert!(app.now().duration_since(at).as_secs().abs() < 60);
    if entries.len() > 1 {
        assert_ne!(entry["id"], entries[1]["id"]);
    }
    answer.body
}

#[tokio::test]
async fn every_command_on_customers_and_people_is_written_with_before_and_after() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Northwind IT").await;
    let mut known = log(&app, &reseller).await.len();
    assert_eq!(known, 1);
    macro_rules! wrote {
        ($answer:expr, $action:literal, $subject:expr, $before:tt => $after:tt) => {
            wrote(
                &app,
                &reseller,
                &mut known,
                $answer,
                Expected { action: $action, subject: $subject, before: json!($before), after: json!($after) },
            )
            .await
        };
    }
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE" });
    let answer = admin.post("/customers", &body).await;
    let customer = id(&answer.body);
    wrote!(answer, "customer.created", &customer,
        null => { "company_name": "Bakery", "country": "DE", "level": "end_customer", "account_state": "active" });
    let path = format!("/customers/{customer}");
    let edit = json!({ "company_name": "Bakery Jones", "email": "a@b.example", "profile": { "city": "Bath" } });
    wrote!(admin.edit(&path, &edit).await, "customer.updated", &customer,
        { "company_name": "Bakery", "email": null, "city": null }
        => { "company_name": "Bakery Jones", "email": "a@b.example", "city": "Bath" });
    let account = json!({ "username": "bakery", "password": PASSWORD });
    wrote!(admin.edit(&path, &account).await, "customer.updated", &customer,
        { "username": null } => { "username": "bakery" });
    let password = json!({ "password": OTHER_PASSWORD });
    let answer = admin.post(&format!("{path}/password"), &password).await;
    wrote!(answer, "customer.password_set", &customer, null => null);
    let suspend = json!({ "reason": "Unpaid", "mode": "stop_backups", "public_message": "Call us" });
    let answer = admin.post(&format!("{path}/suspend"), &suspend).await;
    wrote!(answer, "customer.suspended", &customer,
        { "account_state": "active", "mode": null }
        => { "account_state": "suspended", "mode": "stop_backups", "reason": "Unpaid", "public_message": "Call us" });
    let answer = admin.act(&format!("{path}/activate")).await;
    wrote!(answer, "customer.activated", &customer,
        { "account_state": "suspended", "reason": "Unpaid" } => { "account_state": "active", "mode": null });
    let answer = admin.post(&format!("{path}/sites"), &json!({ "name": "hq" })).await;
    let site = id(&answer.body);
    wrote!(answer, "customer.created", &site, null => { "name": "hq", "level": "site", "parent_id": customer });
    let answer = admin.delete(&format!("/customers/{site}")).await;
    wrote!(answer, "customer.deletion_scheduled", &site,
        { "account_state": "active" } => { "account_state": "deleting" });
    let answer = admin.act(&format!("/customers/{site}/restore")).await;
    wrote!(answer, "customer.restored", &site, { "account_state": "deleting" } => { "account_state": "active" });

    let user = json!({ "customer_id": customer, "email": "jo@b.example", "name": "Jo", "role": "supporter" });
    let answer = admin.post("/users", &user).await;
    let user = id(&answer.body);
    wrote!(answer, "user.created", &user, null => { "email": "jo@b.example", "name": "Jo", "role": "supporter" });
    let path = format!("/users/{user}");
    wrote!(admin.edit(&path, &json!({ "role": "manager" })).await, "user.updated", &user,
        { "role": "supporter" } => { "role": "manager" });
    wrote!(admin.edit(&path, &json!({ "password": PASSWORD })).await, "user.password_set", &user, null => null);
    wrote!(admin.delete(&path).await, "user.deleted", &user, { "email": "jo@b.example" } => null);

    // What goes is remembered above it.
    app.remove(&customer).await;
    let gone = log(&app, &reseller).await;
    let gone =
        gone.iter().find(|entry| entry["action"] == "customer.deleted" && entry["subject_id"] == json!(customer));
    let before = &gone.unwrap()["before"];
    assert_eq!((&before["company_name"], &before["username"]), (&json!("Bakery Jones"), &json!("bakery")));
    let text = serde_json::to_string(&log(&app, &reseller).await).unwrap();
    assert!(!text.contains(PASSWORD) && !text.contains(OTHER_PASSWORD) && !text.contains("argon2"));
    app.finish().await;
}

#[tokio::test]
async fn every_command_on_pass_keys_and_devices_is_written() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    let mut known = log(&app, &customer).await.len();
    macro_rules! wrote {
        ($answer:expr, $action:literal, $subject:expr, $before:tt => $after:tt) => {
            wrote(
                &app,
                &customer,
                &mut known,
                $answer,
                Expected { action: $action, subject: $subject, before: json!($before), after: json!($after) },
            )
            .await
        };
    }
    let answer = admin.post(&format!("/customers/{customer}/pass_keys"), &json!({ "max_uses": 5 })).await;
    let key = id(&answer.body);
    let made = wrote!(answer, "pass_key.created", &key, null => { "max_uses": 5 });

    let fields = json!({ "pass_key": made["pass_key"], "name": "till", "fingerprint": "f1" });
    let registered = app.nobody().post("/devices/register", &fields).await.is(201);
    let device = registered["device_id"].as_str().unwrap();
    app.nobody().post("/devices/register", &fields).await.is(201);
    let entries = log(&app, &customer).await;
    for (entry, action) in entries.iter().zip(["device.registered_again", "device.registered"]) {
        assert_eq!((&entry["action"], &entry["subject_id"]), (&json!(action), &json!(device)));
        assert_eq!(entry["actor"], json!({ "kind": "device", "id": device, "name": "till", "token": null }));
        assert_eq!(entry["address"], "127.0.0.1");
        assert_eq!(entry["after"]["name"], "till");
    }
    assert_eq!(entries[1]["after"]["pass_key"], made["prefix"]);
    known += 2;

    let path = format!("/devices/{device}");
    wrote!(admin.edit(&path, &json!({ "name": "Till 1" })).await, "device.updated", device,
        { "name": "till" } => { "name": "Till 1" });
    let answer = admin.act(&format!("{path}/credentials")).await;
    let issued = wrote!(answer, "device.credentials_issued", device, null => null);
    let answer = admin.act(&format!("/pass_keys/{key}/rotate")).await;
    let prefix = answer.body["prefix"].clone();
    let rotated = wrote!(answer, "pass_key.rotated", &key,
        { "prefix": (made["prefix"]), "uses": 1 } => { "prefix": prefix, "uses": 0 });
    wrote!(admin.delete(&format!("/pass_keys/{key}")).await, "pass_key.revoked", &key, null => null);
    let text = serde_json::to_string(&log(&app, &customer).await).unwrap();
    for secret in [&made["pass_key"], &rotated["pass_key"], &registered["password"], &issued["password"]] {
        assert!(!text.contains(secret.as_str().unwrap()));
    }
    app.finish().await;
}

/// A column that is added says whether it may be told of. What is derived, secret or only of use inside never is.
#[tokio::test]
async fn entries_tell_these_fields_and_no_others() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Northwind IT").await;
    let profile = ["address", "city", "phone", "fax", "notes", "shared_notes", "contact", "reference"];
    let customer = json!({
        "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery", "password": PASSWORD,
        "email": "info@bakery.example", "kind": "managed", "max_devices": 5,
        "profile": profile.iter().map(|name| ((*name).to_owned(), json!("1"))).collect::<serde_json::Map<_, _>>(),
    });
    let customer = id(&admin.post("/customers", &customer).await.is(201));
    let user = json!({ "customer_id": customer, "email": "jo@bakery.example", "name": "Jo", "role": "supporter",
        "password": OTHER_PASSWORD });
    admin.post("/users", &user).await.is(201);
    let key = admin.post(&format!("/customers/{customer}/pass_keys"), &json!({})).await.is(201);
    let device = json!({ "pass_key": key["pass_key"], "name": "till", "fingerprint": "f1" });
    app.nobody().post("/devices/register", &device).await.is(201);

    let entries = log(&app, &customer).await;
    let mut told: Vec<Vec<&str>> = Vec::new();
    for entry in &entries {
        let mut names: Vec<&str> = entry["after"].as_object().unwrap().keys().map(String::as_str).collect();
        names.sort_unstable();
        told.push(names);
    }
    let mut of_customer = vec![
        "account_state",
        "company_name",
        "country",
        "email",
        "kind",
        "level",
        "max_devices",
        "offered_service_types",
        "parent_id",
        "service_type",
        "storage_location_id",
        "username",
    ];
    of_customer.extend(profile);
    of_customer.sort_unstable();
    assert_eq!(
        told,
        [
            vec!["fingerprint", "kind", "name", "os", "pass_key"],
            vec!["expires_at", "max_uses", "site_id"],
            vec!["email", "is_active", "is_key_officer", "name", "role"],
            of_customer,
        ]
    );
    app.finish().await;
}

#[tokio::test]
async fn what_changes_nothing_writes_nothing() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let made = app.admin().post(&format!("/customers/{customer}/pass_keys"), &json!({})).await.is(201);
    let machine = app.machine(made["pass_key"].as_str().unwrap(), "till").await;
    app.suspend(&customer, "full_stop").await;
    app.admin().delete(&format!("/pass_keys/{}", id(&made))).await.is(204);
    let provider = app.provider().await;
    let before = log(&app, &provider).await;
    let path = format!("/customers/{customer}");
    app.suspend(&customer, "full_stop").await;
    app.admin().edit(&path, &json!({ "company_name": "Bakery" })).await.is(200);
    app.admin().edit(&format!("/devices/{}", machine.id), &json!({ "name": "till" })).await.is(200);
    app.admin().act(&format!("{path}/activate?dry_run=true")).await.is(200);
    app.admin().delete(&format!("{path}?dry_run=true")).await.is(200);
    app.admin().delete(&path).await.refused(409, "products_attached");
    app.admin().act(&format!("{path}/restore")).await.is(200);
    app.admin().edit(&path, &json!({ "company_name": "" })).await.is(422);
    app.admin().delete(&format!("/pass_keys/{}", id(&made))).await.is(204);
    app.nobody().sign_in(ADMIN, "wrong password").await.is(401);
    app.admin().get("/customers").await.is(200);
    assert_eq!(log(&app, &provider).await, before);
    app.finish().await;
}

#[tokio::test]
async fn signing_in_setup_and_own_passwords_are_written_too() {
    let app = App::start().await;
    let provider = app.provider().await;
    let me = app.admin().get("/me").await.is(200);
    let body = json!({ "current_password": PASSWORD, "password": OTHER_PASSWORD });
    app.admin().post("/me/password", &body).await.is(204);
    app.admin().delete("/sessions/current").await.is(204);
    app.admin().sign_in(ADMIN, OTHER_PASSWORD).await.is(201);
    let entries = log(&app, &provider).await;
    let actions: Vec<&str> = entries.iter().map(|entry| entry["action"].as_str().unwrap()).collect();
    assert_eq!(
        actions,
        [
            "session.created",
            "session.deleted",
            "user.password_set",
            "session.created",
            "user.created",
            "customer.created",
            "customer.created",
            "customer.created",
        ]
    );
    for entry in &entries[..4] {
        assert_eq!((&entry["subject_id"], &entry["actor"]["id"]), (&me["id"], &me["id"]));
        assert_eq!(entry["address"], "127.0.0.1");
    }
    for entry in &entries[4..] {
        assert_eq!(entry["actor"]["kind"], "system", "nobody was signed in at setup");
    }
    app.finish().await;
}

#[tokio::test]
async fn the_log_is_the_subtrees_newest_first_and_paged() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    for name in ["a", "b", "c", "d"] {
        app.site(&customer, name).await;
    }
    let other = app.customer(&reseller, "end_customer", "Mill").await;
    let path = format!("/customers/{reseller}/changes");
    let ids = async |path: &str| -> Vec<String> { app.admin().all(path).await.iter().map(id).collect() };
    let newest_first = ids(&format!("{path}?limit=2")).await;
    assert_eq!(newest_first.len(), 7);
    let subjects = app.admin().all(&path).await;
    let named: Vec<&str> = subjects.iter().filter_map(|entry| entry["after"]["name"].as_str()).collect();
    assert_eq!(named, ["d", "c", "b", "a"], "the newest first");
    let mut oldest_first = newest_first.clone();
    oldest_first.reverse();
    assert_eq!(ids(&format!("{path}?limit=3&sort=at")).await, oldest_first);
    assert_eq!(ids(&with(&path, &[("under", &customer)])).await.len(), 5);
    assert_eq!(ids(&format!("/customers/{customer}/changes")).await.len(), 5);
    assert_eq!(ids(&with(&path, &[("q", "MILL")])).await.len(), 1);
    app.customer(&reseller, "end_customer", "BÄCKEREI  MÜLLER").await;
    assert_eq!(ids(&with(&path, &[("q", "bäckerei müller")])).await.len(), 1);
    let newest_first = ids(&path).await;
    let window = app.admin().get(&format!("{path}?offset=5&limit=1")).await.is(200);
    assert_eq!((&window["items"][0]["id"], &window["total"]), (&json!(newest_first[5]), &json!(8)));
    // Narrowing goes down, never up or sideways.
    let below = format!("/customers/{customer}/changes");
    app.admin().get(&with(&below, &[("under", &other)])).await.refused(404, "not_found");
    app.admin().get(&with(&below, &[("under", &reseller)])).await.refused(404, "not_found");
    app.admin().get(&format!("{path}?sort=number")).await.invalid(&[("sort", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn how_much_happens_elsewhere_shows_nowhere() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let own = app.person(&reseller, "administrator", "own@northwind.example").await;
    let path = format!("/customers/{reseller}/changes?limit=2");
    let page = own.get(&path).await.is(200);
    let ids = |page: &Value| -> Vec<String> { page["items"].as_array().unwrap().iter().map(id).collect() };
    assert_eq!(ids(&own.get(&path).await.is(200)), ids(&page), "an entry keeps its id");
    let seen_above = ids(&app.admin().get(&path).await.is(200));
    assert!(ids(&page).iter().all(|id| !seen_above.contains(id)), "another reader has other ids");
    for entry in page["items"].as_array().unwrap() {
        assert!(entry.get("number").is_none());
    }
    // A cursor is the reader's own, too, and nobody can look into it.
    let cursor = page["next"].as_str().unwrap();
    let decoded = data_encoding::BASE64URL_NOPAD.decode(cursor.as_bytes()).unwrap();
    assert!(!String::from_utf8_lossy(&decoded).contains("key"));
    own.get(&format!("{path}&after={cursor}")).await.is(200);
    app.admin().get(&format!("{path}&after={cursor}")).await.invalid(&[("after", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn a_customers_own_account_reads_nothing_of_peoples_accounts() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Customer").await;
    app.person(&customer, "supporter", "colleague@customer.example").await;
    let own = app.person(&customer, "customer", "own@customer.example").await;
    let path = format!("/customers/{customer}/changes");

    let log = own.get(&path).await.is(200);
    let kinds: Vec<&Value> = log["items"].as_array().unwrap().iter().map(|entry| &entry["subject_kind"]).collect();
    assert_eq!(kinds, ["customer"], "{log:#}");
    assert_eq!(log["total"], 1);
    let all = app.admin().get(&path).await.is(200);
    assert!(all.to_string().contains("colleague@customer.example"));
    app.finish().await;
}
