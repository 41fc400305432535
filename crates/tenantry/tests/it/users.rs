//! User accounts: people who sign in with an email address.

use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::merged;

#[tokio::test]
async fn an_account_is_made_edited_and_removed() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let body =
        json!({ "customer_id": customer, "email": "Jo@Bakery.example", "name": " Jo Jones ", "role": "supporter" });
    let made = app.admin().post("/users", &body).await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let made = made.is(201);
    assert_eq!((&made["name"], &made["email"]), (&json!("Jo Jones"), &json!("Jo@Bakery.example")));
    assert_eq!((&made["customer_name"], &made["has_password"]), (&json!("Bakery"), &json!(false)));
    let path = format!("/users/{}", id(&made));
    // Nobody signs in without a password, not even with an empty one.
    app.nobody().sign_in("jo@bakery.example", "").await.refused(401, "sign_in_failed");
    let edited = app.admin().edit(&path, &json!({ "password": PASSWORD, "role": "administrator" })).await.is(200);
    assert_eq!((&edited["has_password"], &edited["version"]), (&json!(true), &json!(2)));
    assert_eq!(edited["last_sign_in_at"], Value::Null);
    let jo = app.client("jo@bakery.example", PASSWORD).await;
    let shown = app.admin().get(&path).await.is(200);
    assert!(shown["last_sign_in_at"].is_string());
    assert_eq!(shown["version"], 2, "signing in is no edit");
    assert_eq!(jo.get("/me").await.is(200)["role"], "administrator");

    // The login follows the address.
    app.admin().edit(&path, &json!({ "email": "jones@bakery.example" })).await.is(200);
    app.nobody().sign_in("jo@bakery.example", PASSWORD).await.refused(401, "sign_in_failed");
    app.client("jones@bakery.example", PASSWORD).await;
    // A role that changes holds at once.
    let other = app.person(&customer, "administrator", "other@bakery.example").await;
    app.admin()
        .edit(&format!("/users/{}", id(&other.get("/me").await.is(200))), &json!({ "is_key_officer": true }))
        .await
        .is(200);
    app.admin().edit(&path, &json!({ "role": "supporter" })).await.is(200);
    jo.post(&format!("/customers/{customer}/sites"), &json!({ "name": "hq" })).await.refused(403, "forbidden");
    app.admin().delete(&path).await.is(204);
    jo.get("/me").await.refused(401, "sign_in_required");
    app.admin().get(&path).await.refused(404, "not_found");
    app.finish().await;
}

#[tokio::test]
async fn fields_are_checked() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let site = app.site(&customer, "hq").await;
    let good = json!({ "customer_id": customer, "email": "a@b.example", "name": "A", "role": "supporter" });
    let make = async |fields: Value| app.admin().post("/users", &merged(&good, &fields)).await;
    make(json!({ "email": "a", "name": " ", "password": "short" })).await.invalid(&[
        ("email", "invalid"),
        ("name", "required"),
        ("password", "weak_password"),
    ]);
    make(json!({ "role": "root" })).await.invalid(&[("role", "invalid")]);
    make(json!({ "customer_id": "cus_unknown" })).await.invalid(&[("customer_id", "reference_not_found")]);
    make(json!({ "customer_id": site })).await.invalid(&[("customer_id", "invalid")]);
    make(json!({ "email": ADMIN.to_uppercase() })).await.invalid(&[("email", "email_taken")]);
    let user = make(json!({})).await.is(201);
    make(json!({ "email": "A@B.Example" })).await.invalid(&[("email", "email_taken")]);
    let path = format!("/users/{}", id(&user));
    app.admin().edit(&path, &json!({ "email": ADMIN })).await.invalid(&[("email", "email_taken")]);
    app.admin().edit(&path, &json!({ "email": "A@b.example" })).await.is(200);
    app.admin().edit(&path, &json!({ "password": "short" })).await.invalid(&[("password", "weak_password")]);
    app.admin().edit(&path, &json!({ "customer_id": site })).await.invalid(&[("customer_id", "unknown_field")]);
    app.admin().patch(&path, &json!(9), &json!({ "name": "B" })).await.refused(412, "version_stale");
    let unconditional = app.admin().request(reqwest::Method::PATCH, &path).json(&json!({ "name": "B" })).send().await;
    unconditional.refused(428, "precondition_required");
    app.finish().await;
}

#[tokio::test]
async fn the_provider_keeps_an_administrator_who_can_sign_in() {
    let app = App::start().await;
    let provider = app.provider().await;
    let me = app.admin().get("/me").await.is(200);
    let own = format!("/users/{}", id(&me));
    app.admin().delete(&own).await.refused(403, "forbidden");
    app.admin().edit(&own, &json!({ "role": "supporter" })).await.refused(409, "last_administrator");
    // Another who cannot sign in yet doesn't count, one of a reseller neither.
    let waiting = json!({ "customer_id": provider, "email": "w@example.com", "name": "W", "role": "administrator" });
    app.admin().post("/users", &waiting).await.is(201);
    let reseller = app.reseller("Northwind IT").await;
    app.person(&reseller, "administrator", "boss@northwind.example").await;
    app.admin().edit(&own, &json!({ "role": "supporter" })).await.refused(409, "last_administrator");
    let second = app.person(&provider, "administrator", "second@example.com").await;
    let own_second = format!("/users/{}", id(&second.get("/me").await.is(200)));
    // The first one answers for keys, which is not for everybody to take away.
    second.edit(&own, &json!({ "role": "supporter" })).await.refused(403, "holds_more");
    app.admin().edit(&own_second, &json!({ "is_key_officer": true })).await.is(200);
    second.edit(&own, &json!({ "role": "supporter" })).await.is(200);
    second.edit(&own_second, &json!({ "role": "supporter" })).await.refused(409, "last_administrator");
    second.delete(&own).await.is(204);
    app.finish().await;
}

#[tokio::test]
async fn the_list_is_searched_sorted_and_narrowed() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    for (name, email) in [("Zoe", "a@bakery.example"), ("adam", "z@bakery.example"), ("Mo_1", "m@bakery.example")] {
        let body = json!({ "customer_id": customer, "email": email, "name": name, "role": "supporter" });
        app.admin().post("/users", &body).await.is(201);
    }
    let names = async |query: &str| -> Vec<String> {
        let path = format!("/users?under={customer}&{query}");
        app.admin().all(&path).await.iter().map(|row| row["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names("limit=2").await, ["adam", "Mo_1", "Zoe"]);
    assert_eq!(names("sort=email&limit=1").await, ["Zoe", "Mo_1", "adam"]);
    assert_eq!(names("sort=-name").await, ["Zoe", "Mo_1", "adam"]);
    assert_eq!(names("sort=last_sign_in_at").await.len(), 3);
    assert_eq!(names("q=ADAM").await, ["adam"]);
    assert_eq!(names("q=z@").await, ["adam"]);
    assert_eq!(names("q=_").await, ["Mo_1"]);
    app.finish().await;
}

/// Wherever there is one who can sign in: the last administrator and the last key officer stay what they are.
#[tokio::test]
async fn the_last_administrator_and_the_last_key_officer_stay() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let person = async |role: &str, email: &str| {
        let client = app.person(&customer, role, email).await;
        format!("/users/{}", id(&client.get("/me").await.is(200)))
    };
    let edit = async |path: &str, fields: Value| app.admin().edit(path, &fields).await;
    let first = person("administrator", "first@bakery.example").await;
    assert_eq!(app.admin().get(&first).await.is(200)["is_key_officer"], true, "the first answers for the keys");
    edit(&first, json!({ "role": "manager" })).await.refused(409, "last_administrator");
    edit(&first, json!({ "is_active": false })).await.refused(409, "last_administrator");
    app.admin().delete(&first).await.refused(409, "last_administrator");
    edit(&first, json!({ "is_key_officer": false })).await.refused(409, "last_key_officer");
    let second = person("administrator", "second@bakery.example").await;
    assert_eq!(app.admin().get(&second).await.is(200)["is_key_officer"], false);
    edit(&first, json!({ "role": "supporter" })).await.refused(409, "last_key_officer");
    app.admin().delete(&first).await.refused(409, "last_key_officer");
    edit(&first, json!({ "is_active": false })).await.refused(409, "last_key_officer");
    // A key officer need not be an administrator.
    let manager = person("manager", "manager@bakery.example").await;
    edit(&manager, json!({ "is_key_officer": true })).await.is(200);
    let demoted = edit(&first, json!({ "role": "supporter" })).await.is(200);
    assert_eq!(demoted["is_key_officer"], false, "a supporter isn't one");
    edit(&first, json!({ "is_key_officer": true })).await.invalid(&[("is_key_officer", "invalid")]);
    edit(&manager, json!({ "role": "reporter" })).await.refused(409, "last_key_officer");
    edit(&second, json!({ "is_active": false })).await.refused(409, "last_administrator");
    // Nothing is offered that would be refused, and a preview judges each as those before it leave things.
    let refused = |user: &Value, name: &str| {
        user["actions"].as_array().unwrap().iter().find(|it| it["name"] == name).unwrap()["code"].clone()
    };
    let shown = app.admin().get(&second).await.is(200);
    assert_eq!(
        (refused(&shown, "delete"), refused(&shown, "deactivate")),
        (json!("last_administrator"), json!("last_administrator"))
    );
    let third = person("administrator", "third@bakery.example").await;
    assert_eq!(refused(&app.admin().get(&second).await.is(200), "delete"), Value::Null);
    let ids: Vec<&str> = [&second, &third].into_iter().map(|path| &path["/users/".len()..]).collect();
    let both = json!({ "noun": "users", "action": "delete", "selection": { "ids": ids }, "dry_run": true });
    let preview = app.admin().post("/bulk", &both).await.is(200);
    assert_eq!(
        (&preview["allowed"], &preview["refused"][0]["code"]),
        (&json!(1), &json!("last_administrator")),
        "{preview}"
    );
    app.admin().delete(&third).await.is(204);
    // One who can't sign in doesn't count, and whom nobody needs may go.
    let waiting = json!({ "customer_id": customer, "email": "w@bakery.example", "name": "W", "role": "administrator" });
    let waiting = format!("/users/{}", id(&app.admin().post("/users", &waiting).await.is(201)));
    app.admin().delete(&second).await.refused(409, "last_administrator");
    app.admin().delete(&waiting).await.is(204);
    app.finish().await;
}

#[tokio::test]
async fn nobody_gives_or_touches_more_than_they_hold() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let top = app.super_user().await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let second = app.person(&reseller, "administrator", "second@example.com").await;
    let manager = app.person(&reseller, "manager", "manager@example.com").await;
    assert_eq!(manager.get("/me").await.is(200)["grantable_roles"], json!([]));
    let grantable = second.get("/me").await.is(200)["grantable_roles"].clone();
    assert!(grantable.as_array().unwrap().iter().all(|role| role != "super_user"));
    assert_eq!(grantable.as_array().unwrap().len(), 8);
    let new = |role: &str, more: Value| {
        let good =
            json!({ "customer_id": customer, "email": format!("{role}@bakery.example"), "name": role, "role": role });
        merged(&good, &more)
    };
    second.post("/users", &new("super_user", json!({}))).await.invalid(&[("role", "not_held")]);
    second
        .post("/users", &new("manager", json!({ "is_key_officer": true })))
        .await
        .invalid(&[("is_key_officer", "not_held")]);
    boss.post("/users", &new("manager", json!({ "is_key_officer": true }))).await.is(201);
    boss.post("/users", &new("reporter", json!({ "is_key_officer": true })))
        .await
        .invalid(&[("is_key_officer", "invalid")]);
    manager.post("/users", &new("reporter", json!({}))).await.refused(403, "forbidden");

    // A super user is out of administrators' reach: not edited, invited, removed or signed out by one.
    let owner = id(&top.post("/users", &new("super_user", json!({ "password": PASSWORD }))).await.is(201));
    let owner_client = app.client("super_user@bakery.example", PASSWORD).await;
    let path = format!("/users/{owner}");
    for client in [&boss, app.admin()] {
        client.edit(&path, &json!({ "name": "X" })).await.refused(403, "holds_more");
        client.edit(&path, &json!({ "password": PASSWORD })).await.refused(403, "holds_more");
        client.act(&format!("{path}/invitation")).await.refused(403, "holds_more");
        client.delete(&path).await.refused(403, "holds_more");
        let session = client.get(&format!("{path}/sessions")).await.is(200)["items"][0]["id"].clone();
        client.delete(&format!("/sessions/{}", session.as_str().unwrap())).await.refused(403, "holds_more");
        let shown = client.get(&path).await.is(200);
        assert!(shown["actions"].as_array().unwrap().iter().all(|action| action["code"] == "holds_more"));
    }
    owner_client.get("/me").await.is(200);
    top.edit(&path, &json!({ "name": "Owner" })).await.is(200);
    app.finish().await;
}
