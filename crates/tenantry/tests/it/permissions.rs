//! Who may do what, by a table that was written apart from the code that decides: every operation is really called with
//! every role.

use reqwest::Method;
use serde_json::json;

use crate::app::{App, PASSWORD};
use crate::client::{Answer, Client};
use crate::description::DESCRIPTION;
use crate::requests::{Things, begin_task};

/// What is expected, written by hand, apart from the code that decides.
const TABLE: &str = include_str!("permissions.txt");
const ABOVE: usize = 1;

/// Each operation with one word per column.
fn table() -> (Vec<&'static str>, Vec<(&'static str, Vec<&'static str>)>) {
    let mut lines = TABLE.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    let words = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
    let columns = words(lines.next().unwrap()).split_off(1);
    let rows = lines.map(|line| {
        let mut row = words(line);
        let operation = row.remove(0);
        assert_eq!(row.len(), columns.len(), "{line}");
        (operation, row)
    });
    let rows = rows.collect();
    (columns, rows)
}

#[test]
fn the_table_has_every_operation_of_the_description_and_no_other() {
    let mut described: Vec<&str> = DESCRIPTION.operations.iter().map(|operation| operation.id.as_str()).collect();
    let mut expected: Vec<&str> = table().1.iter().map(|(id, _)| *id).collect();
    described.sort_unstable();
    expected.sort_unstable();
    assert_eq!(described, expected);
}

/// An end customer with an account of its own, and its reseller.
async fn customer_with_account(app: &App, name: &str) -> (String, String) {
    let reseller = app.reseller(&format!("Reseller of {name}")).await;
    let body = json!({ "parent_id": reseller, "company_name": name, "country": "DE", "username": name,
        "password": PASSWORD });
    let made = app.admin().post("/customers", &body).await.is(201);
    (reseller, crate::app::id(&made))
}

/// Everybody that the table has a column for, in its order.
struct Callers {
    logins: [&'static str; 5],
    clients: [Client; 5],
}

impl Callers {
    async fn new(app: &App, reseller: &str, customer: &str) -> Self {
        let person = async |at: &str, role: &str, email: &str| app.person(at, role, email).await;
        Self {
            logins: ["", "boss@example.com", "help@example.com", "own@example.com", "bakery"],
            clients: [
                app.nobody(),
                person(reseller, "administrator", "boss@example.com").await,
                person(reseller, "supporter", "help@example.com").await,
                person(customer, "administrator", "own@example.com").await,
                app.client("bakery", PASSWORD).await,
            ],
        }
    }
}

fn outcome(operation: &str, answer: &Answer) -> &'static str {
    match (answer.status, answer.body["code"].as_str()) {
        (200..300, _) => "yes",
        // The secret would be the setup link's, and that was used.
        (409, Some("setup_done")) if operation == "setup_run" => "yes",
        // The right is there, only the task isn't in the state for it.
        (409, Some("task_state")) if operation.starts_with("task_") => "yes",
        (403, Some("forbidden")) => "no",
        (401, Some("sign_in_required")) => "sign-in",
        _ => "something else",
    }
}

#[tokio::test]
async fn every_operation_with_every_role_does_what_the_table_says() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let callers = Callers::new(&app, &reseller, &customer).await;
    let (columns, rows) = table();
    assert_eq!(columns, ["nobody", "administrator", "supporter", "own_administrator", "customer"]);
    let mut wrong = Vec::new();
    for (operation, expected) in rows {
        let operation = DESCRIPTION.operation(operation);
        let mut things = Things::at(&app, &customer).await;
        // A task stands where the account stands that began it.
        things.task = begin_task(&callers.clients[3]).await;
        if operation.id == "task_results" {
            // Of people's accounts results are told to fewer.
            let nothing = json!({ "noun": "customers", "action": "delete", "selection": { "ids": ["cus_0"] } });
            let begun = callers.clients[3].post("/bulk", &nothing).await.is(202);
            begun["task_id"].as_str().unwrap().clone_into(&mut things.task);
        }
        for (at, (login, client)) in callers.logins.iter().zip(&callers.clients).enumerate() {
            // What is gone after one of them has asked.
            if ["invitation_accept", "user_delete"].contains(&operation.id.as_str()) {
                things = Things::at(&app, &customer).await;
            }
            things.renumber();
            things.customer = match operation.id.as_str() {
                "customer_delete" if at == ABOVE => app.customer(&reseller, "end_customer", "Doomed").await,
                _ => customer.clone(),
            };
            let answer = things.ask(client, operation).await;
            let (expected, outcome) = (expected[at], outcome(&operation.id, &answer));
            if outcome != expected {
                wrong
                    .push(format!("{} as {}: {outcome}, not {expected}: {:#}", operation.id, columns[at], answer.body));
            }
            match operation.id.as_str() {
                "session_create" if login.is_empty() => drop(client.delete("/sessions/current").await.is(204)),
                "session_create" | "session_delete" if !login.is_empty() => {
                    drop(client.sign_in(login, PASSWORD).await.is(201));
                }
                "customer_suspend" => drop(app.activate(&customer).await),
                "customer_set_password" => drop(callers.clients[4].sign_in("bakery", PASSWORD).await.is(201)),
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    app.finish().await;
}

/// What the console is told it may offer is what the table allows somewhere: at the own node or below it.
#[tokio::test]
async fn the_console_is_told_what_the_table_says() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let callers = Callers::new(&app, &reseller, &customer).await;
    let (_, rows) = table();
    for (column, role) in [(1, "administrator"), (2, "supporter"), (4, "customer")] {
        let me = callers.clients[column].get("/me").await.is(200);
        assert_eq!(me["role"], role);
        let told: Vec<&str> = me["operations"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        for (operation, words) in &rows {
            // What nobody needs to sign in for is no right of anybody's.
            let expected = words[column] == "yes" && words[0] != "yes";
            assert_eq!(told.contains(operation), expected, "{operation} as {role}");
        }
    }
    app.finish().await;
}

/// Rights come before everything that can be wrong with a request: whoever may not do a thing hears that, whatever they
/// send; a stranger hears that there is nothing.
#[tokio::test]
async fn rights_are_judged_before_bodies_versions_and_parameters() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let callers = Callers::new(&app, &reseller, &customer).await;
    let other = app.reseller("Other IT").await;
    let stranger = app.person(&other, "administrator", "boss@other.example").await;
    let mut things = Things::at(&app, &customer).await;
    things.task = begin_task(&callers.clients[3]).await;
    let log = format!("/customers/{}/changes", app.provider().await);
    let before = app.admin().get(&log).await.is(200)["total"].clone();
    let (mut forbidden, mut unknown) = (0, 0);
    for (operation, words) in table().1 {
        let operation = DESCRIPTION.operation(operation);
        if operation.method == Method::GET {
            continue;
        }
        let names_something = operation.path.contains("{id}");
        let request = |client: &Client, query: &str| {
            client.request(operation.method.clone(), &format!("{}{query}", things.path(operation)))
        };
        let huge = format!("{{\"a\":\"{}\"}}", "x".repeat(2 << 20));
        let ask = async |client: &Client, status: u16, code: &str| {
            for body in ["{", "[]", "{\"nonsense\": 1}", "{\"password\": \"short\"}", ""] {
                request(client, "").raw(body).send().await.refused(status, code);
                request(client, "?dry_run=perhaps")
                    .header("if-match", "\"77\"")
                    .raw(body)
                    .send()
                    .await
                    .refused(status, code);
            }
            request(client, "").header("content-type", "text/plain").raw("hello").send().await.refused(status, code);
            // Not even looked at, so the connection may end before all of it was sent.
            if let Some(answer) = request(client, "").raw(huge.clone()).try_send().await {
                answer.refused(status, code);
            }
        };
        for (client, word) in callers.clients.iter().zip(&words) {
            match *word {
                "no" => ask(client, 403, "forbidden").await,
                "sign-in" => ask(client, 401, "sign_in_required").await,
                _ => continue,
            }
            forbidden += 1;
        }
        if names_something {
            ask(&stranger, 404, "not_found").await;
            unknown += 1;
        }
    }
    assert!(forbidden > 40 && unknown > 10, "{forbidden} {unknown}");
    assert_eq!(app.admin().get(&log).await.is(200)["total"], before, "nothing was changed");
    app.finish().await;
}

#[tokio::test]
async fn actions_say_what_is_needed_at_the_parent() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let own = app.person(&customer, "administrator", "own@example.com").await;
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
