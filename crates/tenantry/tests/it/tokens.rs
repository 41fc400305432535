//! API tokens: what a program may with one, never more than its owner may at that moment; and what ends them.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::{Client, with};

/// A token with these permissions, and a program that has it.
async fn program(app: &App, owner: &Client, customer: &str, permissions: &[&str]) -> (String, Client) {
    let body = json!({ "name": "Nightly export", "customer_id": customer, "permissions": permissions });
    let made = owner.post("/tokens", &body).await.is(201);
    (id(&made), app.nobody().with_token(made["token"].as_str().unwrap()))
}

async fn user_at(app: &App, email: &str) -> String {
    let found = app.admin().get(&with("/users", &[("q", email)])).await.is(200);
    format!("/users/{}", id(&found["items"][0]))
}

#[tokio::test]
async fn a_token_opens_what_it_was_made_for_and_is_shown_once() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let mill = app.end_customer("Mill").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let body = json!({ "name": " PSA ", "customer_id": bakery, "permissions": ["read_devices", "read_customers"] });
    let made = boss.post("/tokens", &body).await.is(201);
    let secret = made["token"].as_str().unwrap().to_owned();
    assert!(secret.starts_with("tnt_") && secret.len() > 40);
    let program = app.nobody().with_token(&secret);
    let me = program.get("/me").await.is(200);
    assert_eq!((&me["token_name"], &me["customer_id"]), (&json!("PSA"), &json!(bakery)));
    assert_eq!(me["permissions"], json!(["read_customers", "read_devices"]));
    assert_eq!(me["expires_at"], Value::Null);
    // Its place and what is below, nothing above or beside.
    program.get(&format!("/customers/{bakery}")).await.is(200);
    for other in [&reseller, &mill] {
        program.get(&format!("/customers/{other}")).await.refused(404, "not_found");
    }
    assert_eq!(program.get("/customers").await.is(200)["total"], 1);
    program.get("/users").await.refused(403, "forbidden");
    program.edit(&format!("/customers/{bakery}"), &json!({ "company_name": "X" })).await.refused(403, "forbidden");

    let listed = boss.get("/tokens").await.is(200);
    assert_eq!(listed["total"], 1);
    let token = &listed["items"][0];
    assert_eq!((&token["name"], &token["state"]), (&json!("PSA"), &json!("active")));
    assert!(secret.starts_with(token["prefix"].as_str().unwrap()));
    assert!(token["last_used_at"].is_string(), "it was used just now");
    assert!(!listed.to_string().contains(&secret), "the secret is shown once");
    let stored: Vec<String> =
        app.database().read().await.unwrap().all(db::sql!["select secret_hash from tokens"]).await.unwrap();
    assert!(!stored.concat().contains(&secret[4..]), "only its hash is stored");

    // A cookie beside it changes nothing, and another site's page may carry it: no browser sends it unasked.
    let request = program.request(Method::GET, "/me").header("origin", "https://elsewhere.example");
    assert_eq!(request.send().await.is(200)["token_name"], "PSA");
    let wrong = app.admin().clone().with_token("tnt_nothing");
    wrong.get("/me").await.refused(401, "token_invalid");
    boss.delete(&format!("/tokens/{}", id(token))).await.is(204);
    program.get("/me").await.refused(401, "token_invalid");
    boss.delete(&format!("/tokens/{}", id(token))).await.refused(404, "not_found");
    app.finish().await;
}

#[tokio::test]
async fn nobody_makes_a_token_for_more_than_they_hold() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let mill = app.end_customer("Mill").await;
    let helper = app.person(&bakery, "supporter", "help@example.com").await;
    let make = async |fields: Value| {
        let good = json!({ "name": "A", "customer_id": bakery, "permissions": ["read_customers"] });
        helper.post("/tokens", &crate::client::merged(&good, &fields)).await
    };
    make(json!({ "permissions": ["read_customers", "edit_customers"] }))
        .await
        .invalid(&[("permissions[1]", "not_held")]);
    make(json!({ "permissions": [] })).await.invalid(&[("permissions", "required")]);
    make(json!({ "permissions": ["fly"] })).await.invalid(&[("permissions[0]", "invalid")]);
    make(json!({ "name": " " })).await.invalid(&[("name", "required")]);
    make(json!({ "expires_at": "2001-01-01T00:00:00Z" })).await.invalid(&[("expires_at", "out_of_range")]);
    for foreign in [&mill, &reseller, &"cus_unknown".to_owned()] {
        make(json!({ "customer_id": foreign })).await.invalid(&[("customer_id", "reference_not_found")]);
    }
    assert_eq!(helper.get("/tokens").await.is(200)["total"], 0, "nothing was made");
    app.finish().await;
}

/// The owner's rights are asked for at each request, and those of the token beside them.
#[tokio::test]
async fn what_its_owner_loses_a_token_loses_at_once() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let other = app.reseller("Other IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    app.person(&reseller, "administrator", "second@example.com").await;
    let second = user_at(&app, "second@example.com").await;
    app.admin().edit(&second, &json!({ "is_key_officer": true })).await.is(200);
    let (token, program) = program(&app, &boss, &bakery, &["read_customers", "edit_customers"]).await;
    let path = format!("/customers/{bakery}");
    let rename = async |name: &str| program.edit(&path, &json!({ "company_name": name })).await;
    rename("Bakery 1").await.is(200);

    let owner = user_at(&app, "boss@example.com").await;
    app.admin().edit(&owner, &json!({ "role": "supporter" })).await.is(200);
    rename("Bakery 2").await.refused(403, "forbidden");
    program.get(&path).await.is(200);
    let shown = boss.get("/tokens").await.is(200)["items"][0].clone();
    assert_eq!(shown["permissions"], json!(["read_customers", "edit_customers"]));
    assert_eq!(shown["permissions_now"], json!(["read_customers"]));
    app.admin().edit(&owner, &json!({ "role": "manager" })).await.is(200);
    rename("Bakery 3").await.is(200);

    app.admin().edit(&owner, &json!({ "is_active": false })).await.is(200);
    program.get(&path).await.refused(401, "token_invalid");
    boss.get("/me").await.refused(401, "sign_in_required");
    app.nobody().sign_in("boss@example.com", PASSWORD).await.refused(401, "sign_in_failed");
    let tokens = app.admin().get("/tokens").await.is(200);
    assert_eq!(tokens["items"][0]["state"], "without_effect");
    app.admin().edit(&owner, &json!({ "is_active": true })).await.is(200);
    program.get(&path).await.is(200);

    // Where it holds stands elsewhere: its owner doesn't see it any more.
    app.admin().post(&format!("{path}/move"), &json!({ "parent_id": other })).await.is(200);
    program.get(&path).await.refused(401, "token_invalid");
    app.admin().post(&format!("{path}/move"), &json!({ "parent_id": reseller })).await.is(200);
    program.get(&path).await.is(200);

    app.admin().delete(&owner).await.is(204);
    program.get(&path).await.refused(401, "token_invalid");
    app.admin().delete(&format!("/tokens/{token}")).await.refused(404, "not_found");
    app.finish().await;
}

#[tokio::test]
async fn a_token_makes_no_tokens_and_changes_no_passwords() {
    let app = App::start().await;
    let bakery = app.end_customer("Bakery").await;
    let path = format!("/customers/{bakery}");
    app.admin().edit(&path, &json!({ "username": "bakery", "password": PASSWORD })).await.is(200);
    app.person(&bakery, "supporter", "jo@example.com").await;
    let jo = user_at(&app, "jo@example.com").await;
    let everything = app.admin().get("/me").await.is(200)["permissions"].clone();
    let everything: Vec<&str> = everything.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let provider = app.provider().await;
    let (_, program) = program(&app, app.admin(), &provider, &everything).await;
    let token = json!({ "name": "B", "customer_id": provider, "permissions": ["read_customers"] });
    let refused = |answer: crate::client::Answer| drop(answer.refused(403, "token_not_allowed"));
    refused(program.post("/tokens", &token).await);
    refused(program.get("/tokens").await);
    refused(program.get("/sessions").await);
    refused(program.act("/sessions/revoke_others").await);
    refused(program.delete("/sessions/current").await);
    let own = json!({ "current_password": PASSWORD, "password": "copper lantern meadow 77" });
    refused(program.post("/me/password", &own).await);
    refused(program.post(&format!("{path}/password"), &json!({ "password": PASSWORD })).await);
    refused(program.act(&format!("{path}/invitation")).await);
    refused(program.edit(&jo, &json!({ "password": PASSWORD })).await);
    refused(program.act(&format!("{jo}/invitation")).await);
    // What has no password yet is provisioned: that takes nothing over.
    let new = json!({ "customer_id": bakery, "email": "new@example.com", "name": "New", "role": "supporter" });
    let new = id(&program.post("/users", &new).await.is(201));
    program.act(&format!("/users/{new}/invitation")).await.is(201);
    app.client("jo@example.com", PASSWORD).await;
    app.finish().await;
}

/// Links that a person's task made open accounts: a program that may read tasks doesn't read those.
#[tokio::test]
async fn a_token_reads_no_links_and_its_tasks_may_no_more_than_it() {
    let app = App::start().await;
    let bakery = app.end_customer("Bakery").await;
    let new = json!({ "customer_id": bakery, "email": "new@example.com", "name": "New", "role": "supporter" });
    let new = id(&app.admin().post("/users", &new).await.is(201));
    let links = json!({ "noun": "users", "action": "invitation", "selection": { "ids": [new] }, "input": {} });
    let task = app.admin().post("/bulk", &links).await.is(202)["task_id"].as_str().unwrap().to_owned();
    app.settle().await;
    let results = format!("/tasks/{task}/results");
    assert!(app.admin().get(&results).await.is(200)["items"][0]["answer"].is_string());
    let provider = app.provider().await;
    let reading = ["read_customers", "read_users", "read_tasks"];
    let (_, reader) = program(&app, app.admin(), &provider, &reading).await;
    assert_eq!(reader.get(&results).await.is(200)["items"][0]["answer"], Value::Null);
    reader.get(&format!("/tasks/{task}/answers")).await.refused(403, "token_not_allowed");

    // A task goes on with what the token may by then.
    let running = ["read_customers", "switch_customers", "run_tasks", "read_tasks"];
    let (token, runner) = program(&app, app.admin(), &provider, &running).await;
    let suspend = json!({ "noun": "customers", "action": "suspend", "selection": { "ids": [bakery] },
        "input": { "reason": "Unpaid", "mode": "stop_backups" } });
    let delete = json!({ "noun": "customers", "action": "delete", "selection": { "ids": [bakery] } });
    runner.post("/bulk", &delete).await.refused(403, "forbidden");
    let task = runner.post("/bulk", &suspend).await.is(202)["task_id"].as_str().unwrap().to_owned();
    app.settle().await;
    assert_eq!(app.admin().get(&format!("/tasks/{task}")).await.is(200)["counts"]["done"], 1);
    let log = app.admin().get(&format!("/customers/{bakery}/changes")).await.is(200);
    assert_eq!(
        (&log["items"][0]["action"], &log["items"][0]["actor"]["token"]),
        (&json!("customer.suspended"), &json!("Nightly export"))
    );
    assert_eq!(log["items"][0]["actor"]["name"], ADMIN);
    app.admin().delete(&format!("/tokens/{token}")).await.is(204);
    runner.post("/bulk", &suspend).await.refused(401, "token_invalid");
    app.finish().await;
}

#[tokio::test]
async fn tokens_are_listed_to_their_owner_and_to_who_may_manage_that_person() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let helper = app.person(&reseller, "supporter", "help@example.com").await;
    let own = app.person(&bakery, "administrator", "own@example.com").await;
    let beside = app.person(&app.end_customer("Mill").await, "administrator", "mill@example.com").await;
    let (token, _) = program(&app, &own, &bakery, &["read_customers"]).await;
    let (of_boss, program) = program(&app, &boss, &bakery, &["read_customers"]).await;
    let seen = async |client: &Client| -> Vec<String> { client.all("/tokens").await.iter().map(id).collect() };
    assert_eq!(seen(&own).await, [token.as_str()], "nobody learns what those above have");
    assert_eq!(seen(&boss).await, [of_boss.as_str(), token.as_str()]);
    assert!(seen(&helper).await.is_empty() && seen(&beside).await.is_empty());
    assert_eq!(boss.all(&format!("/tokens?under={bakery}")).await.len(), 1);
    assert_eq!(boss.all("/tokens?q=nightly").await.len(), 2);
    let of_own = with("/tokens", &[("filter", "owner_name ~ \"own@\"")]);
    assert_eq!(boss.all(&of_own).await.len(), 1);
    own.get(&format!("/tokens?under={reseller}")).await.refused(404, "not_found");
    own.delete(&format!("/tokens/{of_boss}")).await.refused(404, "not_found");
    helper.delete(&format!("/tokens/{token}")).await.refused(403, "forbidden");
    beside.delete(&format!("/tokens/{token}")).await.refused(404, "not_found");

    // What a program does below says to those below only that somebody above did it.
    app.advance(Duration::from_secs(1));
    let (_, writer) = {
        let body =
            json!({ "name": "Writer", "customer_id": bakery, "permissions": ["read_customers", "edit_customers"] });
        let made = boss.post("/tokens", &body).await.is(201);
        (id(&made), app.nobody().with_token(made["token"].as_str().unwrap()))
    };
    writer.edit(&format!("/customers/{bakery}"), &json!({ "company_name": "Bakery Jones" })).await.is(200);
    let actor = async |client: &Client| {
        client.get(&format!("/customers/{bakery}/changes")).await.is(200)["items"][0]["actor"].clone()
    };
    assert_eq!(actor(&own).await, json!({ "kind": "above", "id": null, "name": null, "token": null }));
    assert_eq!(actor(&boss).await["token"], "Writer");
    boss.delete(&format!("/tokens/{token}")).await.is(204);
    assert_eq!(seen(&own).await.len(), 0);
    program.get("/me").await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn a_token_expires_and_its_use_is_noted_to_the_minute() {
    let app = App::start().await;
    let provider = app.provider().await;
    let until = app.now().checked_add(Duration::from_hours(1)).unwrap();
    let body = json!({ "name": "Short", "customer_id": provider, "permissions": ["read_customers"],
        "expires_at": until.to_string() });
    let made = app.admin().post("/tokens", &body).await.is(201);
    let program = app.nobody().with_token(made["token"].as_str().unwrap());
    assert_eq!(app.admin().get("/tokens").await.is(200)["items"][0]["last_used_at"], Value::Null);
    program.get("/customers").await.is(200);
    let used = async || app.admin().get("/tokens").await.is(200)["items"][0]["last_used_at"].clone();
    let first = used().await;
    app.settle().await;
    app.advance(Duration::from_secs(20));
    program.get("/customers").await.is(200);
    assert_eq!(used().await, first, "not written by each request");
    app.advance(Duration::from_mins(5));
    program.get("/customers").await.is(200);
    app.settle().await;
    assert_ne!(used().await, first);
    app.advance(Duration::from_hours(1));
    program.get("/customers").await.refused(401, "token_invalid");
    assert_eq!(app.admin().get("/tokens").await.is(200)["items"][0]["state"], "expired");
    app.finish().await;
}

/// A customer's own account has programs too, and what goes takes its tokens along.
#[tokio::test]
async fn tokens_go_with_their_owner_and_with_the_customer_they_hold_at() {
    let app = App::start().await;
    let bakery = app.end_customer("Bakery").await;
    app.admin()
        .edit(&format!("/customers/{bakery}"), &json!({ "username": "bakery", "password": PASSWORD }))
        .await
        .is(200);
    let own = app.client("bakery", PASSWORD).await;
    let (_, program_of_customer) = program(&app, &own, &bakery, &["read_customers", "read_devices"]).await;
    assert_eq!(program_of_customer.get("/devices").await.is(200)["total"], 0);
    let (_, above) = program(&app, app.admin(), &bakery, &["read_customers"]).await;
    above.get("/me").await.is(200);
    app.remove(&bakery).await;
    above.get("/me").await.refused(401, "token_invalid");
    program_of_customer.get("/devices").await.refused(401, "token_invalid");
    app.finish().await;
}

/// What leads to a way to sign in is a person's affair: an address, a customer's own account, a first administrator.
#[tokio::test]
async fn a_token_gets_no_way_to_sign_in() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let path = format!("/customers/{bakery}");
    app.admin().edit(&path, &json!({ "username": "bakery", "password": PASSWORD })).await.is(200);
    let mill = app.customer(&reseller, "end_customer", "Mill").await;
    app.person(&bakery, "supporter", "jo@example.com").await;
    let jo = user_at(&app, "jo@example.com").await;
    let everything = app.admin().get("/me").await.is(200)["permissions"].clone();
    let everything: Vec<&str> = everything.as_array().unwrap().iter().map(|name| name.as_str().unwrap()).collect();
    let (_, program) = program(&app, app.admin(), &app.provider().await, &everything).await;
    let refused = |answer: crate::client::Answer| drop(answer.refused(403, "token_not_allowed"));
    refused(program.edit(&jo, &json!({ "email": "thief@example.com" })).await);
    refused(program.edit(&path, &json!({ "email": "thief@example.com" })).await);
    let named = json!({ "username": "mill", "password": PASSWORD });
    refused(program.edit(&format!("/customers/{mill}"), &named).await);
    let new = |more: Value| {
        let plain = json!({ "parent_id": reseller, "company_name": "New", "country": "DE", "email": "n@example.com" });
        crate::client::merged(&plain, &more)
    };
    refused(program.post("/customers", &new(json!({ "invite_administrator": true }))).await);
    refused(program.post("/customers", &new(json!({ "username": "new_one", "password": PASSWORD }))).await);
    program.post("/customers", &new(json!({}))).await.is(201);
    program.edit(&jo, &json!({ "name": "Jo Jones" })).await.is(200);

    // Nor does a role that may only edit and add.
    let manager = app.person(&reseller, "manager", "manager@example.com").await;
    manager.edit(&path, &json!({ "email": "thief@example.com" })).await.refused(403, "forbidden");
    manager.edit(&format!("/customers/{mill}"), &named).await.refused(403, "forbidden");
    manager.post("/customers", &new(json!({ "invite_administrator": true }))).await.refused(403, "forbidden");
    manager.edit(&format!("/customers/{mill}"), &json!({ "email": "mill@example.com" })).await.is(200);
    app.finish().await;
}

/// A session that somebody has stolen makes no tokens, and moves nobody's address; a new password from above ends programs.
#[tokio::test]
async fn the_present_password_is_asked_for_and_a_new_one_ends_tokens() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let (_, program) = program(&app, &boss, &reseller, &["read_customers"]).await;
    app.advance(Duration::from_mins(20));
    let token = json!({ "name": "Late", "customer_id": reseller, "permissions": ["read_customers"] });
    let with = |body: &Value, password: &str| crate::client::merged(body, &json!({ "current_password": password }));
    boss.post("/tokens", &token).await.invalid(&[("current_password", "required")]);
    boss.post("/tokens", &with(&token, "wrong")).await.invalid(&[("current_password", "invalid")]);
    boss.post("/tokens", &with(&token, PASSWORD)).await.is(201);
    let own = user_at(&app, "boss@example.com").await;
    let address = json!({ "email": "new@example.com" });
    boss.edit(&own, &address).await.invalid(&[("current_password", "required")]);
    boss.edit(&own, &json!({ "name": "Boss", "email": "boss@example.com" })).await.is(200);
    boss.edit(&own, &with(&address, PASSWORD)).await.is(200);
    program.get("/me").await.is(200);
    app.admin().edit(&own, &json!({ "password": "copper lantern meadow 77" })).await.is(200);
    program.get("/me").await.refused(401, "token_invalid");
    app.finish().await;
}

/// Whoever stands above where a token holds is named to nobody below, wherever a name is kept.
#[tokio::test]
async fn a_token_that_holds_below_names_nobody_above() {
    let app = App::start().await;
    let reseller = app.reseller("Northwind IT").await;
    let bakery = app.customer(&reseller, "end_customer", "Bakery").await;
    let own = app.person(&bakery, "administrator", "own@example.com").await;
    let may = ["read_customers", "manage_devices", "read_devices", "run_tasks", "read_tasks"];
    let (_, program) = program(&app, app.admin(), &bakery, &may).await;
    let device = app.machine(&app.pass_key(&bakery).await, "till").await.id;
    let suspend = json!({ "reason": "Lost", "mode": "stop_backups" });
    program.post(&format!("/devices/{device}/suspend"), &suspend).await.is(200);
    let bulk = json!({ "noun": "devices", "action": "activate", "selection": { "ids": [device] } });
    program.post("/bulk", &bulk).await.is(202);
    app.settle().await;
    program.post(&format!("/devices/{device}/suspend"), &suspend).await.is(200);
    for path in [format!("/devices/{device}"), "/tasks".to_owned(), format!("/customers/{bakery}/changes")] {
        let told = own.get(&path).await.is(200).to_string();
        assert!(!told.contains(ADMIN), "{path}: {told}");
    }
    app.finish().await;
}
