//! The permission matrix against what the server does: every operation is really called with every role.

use api::user::Role;
use base::authz::{Need, OPERATIONS, need, operations_of};
use serde_json::json;

use crate::app::{App, PASSWORD};
use crate::client::Client;
use crate::description::DESCRIPTION;
use crate::requests::Things;

#[test]
fn the_matrix_has_every_operation_of_the_description_and_no_other() {
    let mut described: Vec<&str> = DESCRIPTION.operations.iter().map(|operation| operation.id.as_str()).collect();
    let mut listed: Vec<&str> = OPERATIONS.iter().map(|(id, _)| *id).collect();
    described.sort_unstable();
    listed.sort_unstable();
    assert_eq!(described, listed);
}

/// An end customer with an account of its own, and its reseller.
async fn customer_with_account(app: &App, name: &str) -> (String, String) {
    let reseller = app.reseller(&format!("Reseller of {name}")).await;
    let body = json!({ "parent_id": reseller, "company_name": name, "country": "DE", "username": name,
        "password": PASSWORD });
    let made = app.admin().post("/customers", &body).await.is(201);
    (reseller, crate::app::id(&made))
}

#[tokio::test]
async fn every_operation_with_every_role_does_what_the_matrix_says() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let administrator = app.person(&reseller, "administrator", "boss@example.com").await;
    let supporter = app.person(&reseller, "supporter", "help@example.com").await;
    let own = app.client("bakery", PASSWORD).await;
    let callers: [(Option<Role>, &str, &Client); 4] = [
        (None, "", &app.nobody()),
        (Some(Role::Supporter), "help@example.com", &supporter),
        (Some(Role::Customer), "bakery", &own),
        // Last, because what the administrator removes is gone.
        (Some(Role::Administrator), "boss@example.com", &administrator),
    ];
    let mut wrong = Vec::new();
    for operation in &DESCRIPTION.operations {
        let mut things = Things::at(&app, &customer).await;
        for (role, login, client) in &callers {
            if operation.id == "invitation_accept" {
                things = Things::at(&app, &customer).await;
            }
            if operation.id == "customer_delete" && *role == Some(Role::Administrator) {
                things.customer = app.customer(&reseller, "end_customer", "Doomed").await;
            }
            let expected = match (need(&operation.id).unwrap(), role) {
                (Need::Nothing | Need::Secret, _) | (Need::Account, Some(_)) => "allowed",
                (Need::Permission(permission), Some(role)) if permission.is_given_to(*role) => "allowed",
                (Need::Permission(_), Some(_)) => "forbidden",
                (Need::Account | Need::Permission(_), None) => "sign_in_required",
            };
            let answer = things.ask(client, operation).await;
            let outcome = match (answer.status, answer.body["code"].as_str()) {
                (200..300, _) => "allowed",
                // The secret would be the setup link's, and that was used.
                (409, Some("setup_done")) if operation.id == "setup_run" => "allowed",
                (403, Some("forbidden")) => "forbidden",
                (401, Some("sign_in_required")) => "sign_in_required",
                _ => "something else",
            };
            if outcome != expected {
                wrong.push(format!("{} as {role:?}: {outcome}, not {expected}: {:#}", operation.id, answer.body));
            }
            match (operation.id.as_str(), role) {
                ("session_delete" | "session_create" | "customer_set_password", Some(_)) => {
                    client.sign_in(login, PASSWORD).await.is(201);
                }
                ("session_create", None) => client.delete("/sessions/current").await.is(204).as_null().unwrap_or(()),
                ("customer_suspend", _) => drop(app.activate(&customer).await),
                _ => {}
            }
            if operation.id == "customer_set_password" && login != &"bakery" {
                own.sign_in("bakery", PASSWORD).await.is(201);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // What the console is told agrees.
    for (role, _, client) in callers {
        if let Some(role) = role {
            assert_eq!(client.get("/me").await.is(200)["operations"], json!(operations_of(role)));
        }
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_needed_at_the_parent_is_refused_at_ones_own_node() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let own = app.person(&customer, "administrator", "own@example.com").await;
    let things = Things::at(&app, &customer).await;
    let mut checked = 0;
    for operation in &DESCRIPTION.operations {
        let Some(Need::Permission(permission)) = need(&operation.id) else { continue };
        if !permission.is_needed_at_parent() {
            continue;
        }
        things.ask(&own, operation).await.refused(403, "forbidden");
        checked += 1;
    }
    assert_eq!(checked, 3);
    // The actions say the same beforehand, and who stands above may.
    for (client, allowed) in [(&own, false), (&boss, true)] {
        let actions = client.get(&format!("/customers/{customer}")).await.is(200)["actions"].clone();
        let suspend = actions.as_array().unwrap().iter().find(|action| action["name"] == "suspend").unwrap();
        assert_eq!(suspend["allowed"], allowed);
        assert_eq!(suspend["reason"].is_string(), !allowed);
    }
    app.finish().await;
}

/// Every action of a resource that is offered works, and every one that is refused is refused with that code.
#[tokio::test]
async fn actions_say_what_the_operations_do() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let supporter = app.person(&reseller, "supporter", "help@example.com").await;
    let administrator = app.person(&reseller, "administrator", "boss@example.com").await;
    let own = app.client("bakery", PASSWORD).await;
    for client in [&own, &supporter, &administrator] {
        let things = Things::at(&app, &customer).await;
        let path = format!("/customers/{customer}");
        let actions = client.get(&path).await.is(200)["actions"].as_array().unwrap().clone();
        assert!(actions.len() > 5);
        for action in actions {
            let operation = match action["name"].as_str().unwrap() {
                "edit" => "customer_update",
                "suspend" | "change_suspension" => "customer_suspend",
                "activate" => "customer_activate",
                "delete" => "customer_delete",
                "add_site" => "site_create",
                "add_customer" => "customer_create",
                "add_device" => "pass_key_create",
                "set_password" => "customer_set_password",
                "add_user" => "user_create",
                name => panic!("which operation is {name}?"),
            };
            let answer = things.ask(client, DESCRIPTION.operation(operation)).await;
            let refusal = answer.body["code"].as_str().filter(|_| answer.status >= 400);
            assert_eq!(refusal.is_none(), action["allowed"].as_bool().unwrap(), "{action} {:#}", answer.body);
            assert_eq!(refusal, action["code"].as_str(), "{action}");
            if operation == "customer_suspend" && refusal.is_none() {
                app.activate(&customer).await;
            }
        }
    }
    app.finish().await;
}
