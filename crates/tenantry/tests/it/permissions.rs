//! Who may do what, by a table that was written apart from the code that decides: every operation is really called with
//! every role.

use reqwest::Method;
use serde_json::json;

use crate::app::{App, PASSWORD};
use crate::client::{Answer, Client};
use crate::description::DESCRIPTION;
use crate::requests::{Things, begin_task, keep_view};

/// What is expected, written by hand, apart from the code that decides.
const TABLE: &str = include_str!("permissions.txt");
const ROLES: [&str; 9] = [
    "super_user",
    "administrator",
    "manager",
    "operator",
    "supporter",
    "reporter",
    "restore_only",
    "invoice_auditor",
    "customer",
];

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

/// Where somebody stands, as seen from the end customer that is asked about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Nowhere,
    /// At that customer itself.
    Own,
    /// At its reseller: it is below.
    Below,
}

/// Somebody that the table has a column for.
struct Caller {
    column: &'static str,
    place: Place,
    login: String,
    client: Client,
}

/// Everybody that the table has a column for, at both places.
async fn callers(app: &App, reseller: &str, customer: &str) -> Vec<Caller> {
    let nobody = Caller { column: "nobody", place: Place::Nowhere, login: String::new(), client: app.nobody() };
    let mut callers = vec![nobody];
    // Whoever makes a super user is one.
    let top = app.super_user().await;
    for column in ROLES {
        for (place, at) in [(Place::Own, customer), (Place::Below, reseller)] {
            let (login, client) = if column == "customer" && place == Place::Own {
                ("bakery".to_owned(), app.client("bakery", PASSWORD).await)
            } else {
                let login = format!("{column}.{place:?}@example.com").to_lowercase();
                let client = crate::app::person_by(app, &top, at, column, &login).await;
                (login, client)
            };
            callers.push(Caller { column, place, login, client });
        }
    }
    let boss = callers.iter().find(|caller| caller.column == "administrator" && caller.place == Place::Below).unwrap();
    let may = boss.client.get("/me").await.is(200)["permissions"].clone();
    let made = json!({ "name": "Script", "customer_id": reseller, "permissions": may });
    let secret = boss.client.post("/tokens", &made).await.is(201)["token"].as_str().unwrap().to_owned();
    let client = app.nobody().with_token(&secret);
    callers.push(Caller { column: "token", place: Place::Below, login: String::new(), client });
    callers
}

/// The client of somebody with this role at this place.
fn who<'c>(callers: &'c [Caller], column: &str, place: Place) -> &'c Client {
    &callers.iter().find(|caller| caller.column == column && caller.place == place).unwrap().client
}

/// What a word of the table comes to for somebody who stands there.
fn at_place(word: &'static str, place: Place) -> &'static str {
    match (word, place) {
        ("below", Place::Below) => "yes",
        ("below" | "provider" | "own", _) => "no",
        (word, _) => word,
    }
}

fn outcome(operation: &str, answer: &Answer) -> &'static str {
    match (answer.status, answer.body["code"].as_str()) {
        (200..300, _) => "yes",
        // The secret would be the setup link's, and that was used.
        (409, Some("setup_done")) if operation == "setup_run" => "yes",
        // Mail is off.
        (409, Some("mail_off"))
            if ["password_reset_request", "report_send", "account_details_send"].contains(&operation) =>
        {
            "yes"
        }
        // Nobody has stopped a report, and nobody has a link to do so.
        (422, Some("invalid_input")) if ["report_resume", "report_stop"].contains(&operation) => "yes",
        // The right is there, only nobody answers at that address.
        (409, Some("storage_pool_refused")) if operation == "storage_pool_create" => "yes",
        // The right is there, only the task isn't in the state for it.
        (409, Some("task_state")) if operation.starts_with("task_") => "yes",
        // The right is there, only the invoice isn't in the state for it.
        (409, Some("invoice_state")) if operation.starts_with("invoice_") => "yes",
        (409, Some("in_production")) if operation == "customer_end_trial" => "yes",
        // Nothing was begun that could be confirmed, or added to.
        (409, Some("factor_not_begun" | "passkeys_not_offered"))
            if ["totp_confirm", "passkey_begin", "passkey_add", "me_prove_begin", "recovery_codes_renew"]
                .contains(&operation) =>
        {
            "yes"
        }
        // The machine has not backed up yet.
        (409, Some("no_backups")) if operation == "device_open_vault" => "yes",
        (422, Some("invalid_input")) if operation == "totp_confirm" => "yes",
        // There is no such provider, and nothing was begun there.
        (422, Some("invalid_input")) if operation == "foreign_sign_in_begin" => "yes",
        (403, Some("sign_in_refused")) if operation == "foreign_sign_in_finish" => "yes",
        (403, Some("forbidden")) => "no",
        (403, Some("token_not_allowed")) => "person",
        (401, Some("sign_in_required")) => "sign-in",
        (404, Some("not_found")) => "404",
        _ => "something else",
    }
}

/// What is gone, or used up, after one of them has asked.
const USED_UP: [&str; 11] = [
    "credit_counter",
    "invitation_accept",
    "user_delete",
    "device_delete",
    "session_revoke",
    "token_revoke",
    "licence_cancel",
    "webhook_delete",
    "notification_rule_delete",
    "template_delete",
    "invoice_plan_delete",
];

#[tokio::test]
async fn every_operation_with_every_role_does_what_the_table_says() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let callers = callers(&app, &reseller, &customer).await;
    let (columns, rows) = table();
    let mut expected_columns: Vec<&str> = ROLES.to_vec();
    expected_columns.insert(0, "nobody");
    expected_columns.extend(["token", "elsewhere"]);
    assert_eq!(columns, expected_columns);
    let mut wrong = Vec::new();
    for (operation, words) in rows {
        let operation = DESCRIPTION.operation(operation);
        let mut things = Things::at(&app, &customer).await;
        // A task stands where the account stands that began it.
        things.task = begin_task(who(&callers, "administrator", Place::Own)).await;
        for caller in &callers {
            let Caller { column, place, login, client } = caller;
            if USED_UP.contains(&operation.id.as_str()) && *place != Place::Nowhere {
                things = Things::at(&app, &customer).await;
            }
            things.renumber();
            // Everybody has views of their own.
            if operation.path.starts_with("/views/{id}") && *place != Place::Nowhere {
                let keeper = if *column == "token" { who(&callers, "administrator", Place::Below) } else { client };
                things.view = keep_view(keeper).await;
            }
            // Everybody has factors of their own, and no program has.
            let is_person = *place != Place::Nowhere && *column != "token";
            if operation.path.starts_with("/me/factors/{id}") && is_person {
                things.factor = crate::factors::Phone::enrolled(&app, client).await.id;
            }
            let word = words[columns.iter().position(|name| name == column).unwrap()];
            let expected = at_place(word, *place);
            things.customer = match operation.id.as_str() {
                "customer_delete" if expected == "yes" => app.customer(&reseller, "end_customer", "Doomed").await,
                _ => customer.clone(),
            };
            let answer = things.ask(client, operation).await;
            let outcome = outcome(&operation.id, &answer);
            if outcome != expected {
                wrong.push(format!(
                    "{} as {column} ({place:?}): {outcome}, not {expected}: {:#}",
                    operation.id, answer.body
                ));
            }
            match operation.id.as_str() {
                "session_create" if *place == Place::Nowhere => drop(client.delete("/sessions/current").await.is(204)),
                "session_create" | "session_delete" if !login.is_empty() => {
                    drop(client.sign_in(login, PASSWORD).await.is(201));
                }
                "factor_update" if is_person => {
                    drop(client.delete(&format!("/me/factors/{}", things.factor)).await.is(204));
                }
                "customer_suspend" => drop(app.activate(&customer).await),
                "device_suspend" => drop(app.admin().act(&format!("/devices/{}/activate", things.device)).await),
                "customer_set_password" | "customer_set_web_access" if outcome == "yes" => {
                    let own = who(&callers, "customer", Place::Own);
                    drop(own.sign_in("bakery", PASSWORD).await.is(201));
                }
                _ => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    app.finish().await;
}

/// What stands beside somebody, or above them, is nothing to them, whatever their role; and what is one for the whole
/// installation is the provider's.
#[tokio::test]
async fn what_is_above_or_beside_is_not_there_and_the_providers_own_is_the_providers() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let theirs = Things::at(&app, &customer).await;
    // The reseller with its people, their sessions, tokens, tasks and views.
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let above = Things::of_people_at(&app, &reseller, &boss).await;
    let sibling = app.customer(&reseller, "end_customer", "Mill").await;
    let other = app.reseller("Other IT").await;
    let top = app.super_user().await;
    let mut callers: Vec<(&str, &str, Client)> = Vec::new();
    for role in ROLES {
        for (place, at) in [("beside", &sibling), ("far", &other)] {
            let login = format!("{role}.{place}@example.com");
            callers.push((role, place, crate::app::person_by(&app, &top, at, role, &login).await));
        }
    }
    let provider = app.provider().await;
    let (columns, rows) = table();
    let mut wrong = Vec::new();
    let mut asked = 0;
    for (operation, words) in &rows {
        let operation = DESCRIPTION.operation(operation);
        let names_something = crate::requests::names_something(operation);
        assert_eq!(*words.last().unwrap() == "404", names_something, "{}", operation.id);
        if !names_something {
            continue;
        }
        for (role, place, client) in &callers {
            for (which, things) in [("beside", &theirs), ("above", &above)] {
                if which == "above" && (*place != "beside" || things.path(operation).contains("/none")) {
                    continue;
                }
                let answer = things.ask(client, operation).await;
                asked += 1;
                if outcome(&operation.id, &answer) != "404" {
                    wrong.push(format!("{} as {role} of what is {which}: {:#}", operation.id, answer.body));
                }
            }
        }
    }
    for role in ROLES {
        let login = format!("{role}.top@example.com");
        let client = crate::app::person_by(&app, &top, &provider, role, &login).await;
        let at = columns.iter().position(|name| *name == role).unwrap();
        for (operation, words) in rows.iter().filter(|(_, words)| words.contains(&"provider")) {
            let mut things = Things::at(&app, &customer).await;
            things.renumber();
            let expected = if words[at] == "provider" { "yes" } else { "no" };
            let answer = things.ask(&client, DESCRIPTION.operation(operation)).await;
            let mail_is_off = operation.starts_with("mail_settings") && answer.body["code"] == "mail_off";
            let outcome = if mail_is_off { "yes" } else { outcome(operation, &answer) };
            if outcome != expected {
                wrong.push(format!("{operation} as {role} at the provider: {outcome}: {:#}", answer.body));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(asked > 1000, "{asked}");
    app.finish().await;
}

/// What the console is told it may offer is what the table allows somewhere: at the own node or below it.
#[tokio::test]
async fn the_console_is_told_what_the_table_says() {
    let app = App::start().await;
    let (reseller, customer) = customer_with_account(&app, "bakery").await;
    let callers = callers(&app, &reseller, &customer).await;
    let (columns, rows) = table();
    for caller in callers.iter().filter(|caller| ROLES.contains(&caller.column)) {
        let me = caller.client.get("/me").await.is(200);
        assert_eq!(me["role"], caller.column);
        let told: Vec<&str> = me["operations"].as_array().unwrap().iter().map(|id| id.as_str().unwrap()).collect();
        let at = columns.iter().position(|name| *name == caller.column).unwrap();
        for (operation, words) in &rows {
            // What nobody needs to sign in for is no right of anybody's.
            let expected = ["yes", "below", "own", "404"].contains(&words[at]) && words[0] != "yes";
            assert_eq!(told.contains(operation), expected, "{operation} as {}", caller.column);
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
    let callers = callers(&app, &reseller, &customer).await;
    let (columns, _) = table();
    let other = app.reseller("Other IT").await;
    let stranger = app.person(&other, "administrator", "boss@other.example").await;
    let mut things = Things::at(&app, &customer).await;
    things.task = begin_task(who(&callers, "administrator", Place::Own)).await;
    let log = format!("/customers/{}/changes", app.provider().await);
    let before = app.admin().get(&log).await.is(200)["total"].clone();
    let (mut forbidden, mut unknown) = (0, 0);
    for (operation, words) in table().1 {
        let operation = DESCRIPTION.operation(operation);
        if operation.method == Method::GET {
            continue;
        }
        let names_something = crate::requests::names_something(operation);
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
        // One who may read most, one who may do most at the own customer, a token and nobody: the others are refused in
        // the same place.
        for caller in &callers {
            let is_asked = matches!(
                (caller.column, caller.place),
                ("nobody" | "token", _) | ("supporter", Place::Below) | ("administrator" | "customer", Place::Own)
            );
            if !is_asked {
                continue;
            }
            let client = &caller.client;
            let word = words[columns.iter().position(|name| *name == caller.column).unwrap()];
            match at_place(word, caller.place) {
                // Whose numbers are to change stands in the body, and sites below the own customer are among them.
                "no" if operation.id == "allotment_set" && word == "below" => continue,
                "no" => ask(client, 403, "forbidden").await,
                "sign-in" => ask(client, 401, "sign_in_required").await,
                "person" if operation.id != "customer_invitation_create" => {
                    ask(client, 403, "token_not_allowed").await;
                }
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
                "move" => "customer_move",
                "restore" => "customer_restore",
                "end_trial" => "customer_end_trial",
                "set_space" => "space_set",
                "add_site" => "site_create",
                "add_customer" => "customer_create",
                "add_device" => "pass_key_create",
                "set_password" => "customer_set_password",
                "set_web_access" => "customer_set_web_access",
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
            if operation == "customer_delete" && refusal.is_none() {
                app.admin().act(&format!("{path}/restore")).await.is(200);
            }
        }
    }
    app.finish().await;
}
