//! The same done to many: told beforehand, done as a task, each once, taken back.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{App, id};
use crate::client::Client;

fn suspension(ids: &[&str]) -> Value {
    json!({ "noun": "customers", "action": "suspend", "selection": { "ids": ids },
        "input": { "reason": "The season is over", "mode": "stop_backups" } })
}

fn dry(mut request: Value) -> Value {
    request["dry_run"] = json!(true);
    request
}

/// Begins a bulk action and waits for its end.
pub(crate) async fn run(client: &Client, request: &Value) -> Value {
    let task = client.post("/bulk", request).await.is(202)["task_id"].as_str().unwrap().to_owned();
    over(client, &task).await
}

pub(crate) async fn over(client: &Client, task: &str) -> Value {
    for _ in 0..1200 {
        let seen = client.get(&format!("/tasks/{task}")).await.is(200);
        if ["done", "stopped", "failed"].contains(&seen["state"].as_str().unwrap()) {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("the task {task} doesn't end");
}

async fn results(client: &Client, task: &Value) -> Vec<(String, String, String)> {
    let rows = client.all(&format!("/tasks/{}/results?limit=2", task["id"].as_str().unwrap())).await;
    let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
    rows.iter().map(|row| (text(row, "subject_id"), text(row, "outcome"), text(row, "code"))).collect()
}

pub(crate) async fn act(client: &Client, task: &Value, action: &str) -> Value {
    let answer = client.act(&format!("/tasks/{}/{action}", task["id"].as_str().unwrap())).await;
    assert!([200, 202].contains(&answer.status), "{:#}", answer.body);
    answer.body
}

#[tokio::test]
async fn a_mixed_selection_is_told_beforehand_done_and_taken_back() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Reseller").await;
    let [a, b, c] = ["A", "B", "C"].map(|name| app.customer(&reseller, "end_customer", name));
    let (a, b, c) = (a.await, b.await, c.await);
    let site = app.site(&a, "mill_lane").await;
    app.suspend(&b, "full_stop").await;
    app.suspend(&c, "stop_backups").await;
    let provider = app.provider().await;
    let request = suspension(&[&a, &site, &b, &c, &provider, "cus_00000000000000000000000000", &a]);
    let preview = admin.post("/bulk", &dry(request.clone())).await.is(200);
    assert_eq!((&preview["total"], &preview["allowed"], &preview["unchanged"]), (&json!(6), &json!(3), &json!(1)));
    // The site lies below A and is counted once; B is stopped already, and more strictly than it would be.
    assert_eq!(preview["effects"], json!({ "customers": 3, "devices": 0, "devices_with_recent_backup": 0 }));
    let refused: Vec<&str> =
        preview["refused"].as_array().unwrap().iter().map(|reason| reason["code"].as_str().unwrap()).collect();
    assert_eq!(refused, ["forbidden", "not_found"]);
    assert_eq!(preview["rows"][0]["outcome"], "refused");
    assert_eq!(admin.get(&format!("/customers/{a}")).await.is(200)["account_state"], "active", "nothing was done yet");

    let task = run(admin, &request).await;
    assert_eq!(task["title"], "Suspend 6 customers");
    assert_eq!(task["progress"], json!({ "done": 6, "total": 6 }));
    assert_eq!(
        task["counts"],
        json!({ "pending": 0, "done": 3, "unchanged": 1, "refused": 2, "failed": 0, "skipped": 0 })
    );
    let outcomes = results(admin, &task).await;
    let outcome =
        |id: &str| outcomes.iter().find(|(subject, ..)| subject == id).map(|(_, outcome, _)| outcome.as_str());
    for (subject, expected) in [(&a, "done"), (&site, "done"), (&b, "done"), (&c, "unchanged"), (&provider, "refused")]
    {
        assert_eq!(outcome(subject), Some(expected));
    }
    // Each is in the change log, by the account that began it, like one that was done by hand.
    let log = admin.get(&format!("/customers/{a}/changes")).await.is(200);
    assert!(log["items"].as_array().unwrap().iter().any(|entry| entry["action"] == "customer.suspended"
        && entry["actor"]["kind"] == "user"
        && entry["after"]["reason"] == "The season is over"));
    let log = admin.get(&format!("/customers/{provider}/changes?q=suspend")).await.is(200);
    assert_eq!(log["items"][0]["action"], "task.created");

    // One was changed by hand since: it is left as it is. B gets back the suspension that it had.
    app.admin().edit(&format!("/customers/{a}"), &json!({ "company_name": "A and sons" })).await.is(200);
    let undone = act(admin, &task, "undo").await;
    assert_eq!((&undone["undoes"], &undone["title"]), (&task["id"], &json!("Undo: Suspend 6 customers")));
    let undone = over(admin, undone["id"].as_str().unwrap()).await;
    assert_eq!((&undone["counts"]["done"], &undone["counts"]["refused"]), (&json!(2), &json!(1)));
    assert!(results(admin, &undone).await.contains(&(a.clone(), "refused".to_owned(), "version_stale".to_owned())));
    assert_eq!(admin.get(&format!("/customers/{site}")).await.is(200)["account_state"], "active");
    let back = admin.get(&format!("/customers/{b}")).await.is(200);
    assert_eq!((&back["suspension"]["mode"], &back["suspension"]["reason"]), (&json!("full_stop"), &json!("Unpaid")));
    admin.act(&format!("/tasks/{}/undo", undone["id"].as_str().unwrap())).await.refused(409, "task_state");
    app.finish().await;
}

#[tokio::test]
async fn whole_lists_are_chosen_as_the_list_is_narrowed_and_only_below_the_caller() {
    let app = App::start().await;
    let mine = app.reseller("Mine").await;
    let other = app.reseller("Other").await;
    let mut all = Vec::new();
    for number in 0..7 {
        all.push(app.customer(&mine, "end_customer", &format!("Branch {number}")).await);
    }
    let theirs = app.customer(&other, "end_customer", "Branch of another").await;
    let boss = app.person(&mine, "administrator", "boss@example.com").await;
    let request = |selection: Value| {
        json!({ "noun": "customers", "action": "suspend", "selection": selection,
            "input": { "reason": "Unpaid", "mode": "stop_backups" } })
    };
    let chosen = request(json!({ "q": "branch", "level": "end_customer", "except": [all[0], all[1]] }));
    let preview = boss.post("/bulk", &dry(chosen.clone())).await.is(200);
    assert_eq!((&preview["total"], &preview["allowed"]), (&json!(5), &json!(5)));
    let task = run(&boss, &chosen).await;
    assert_eq!(task["counts"]["done"], 5);
    for (customer, state) in [(&all[0], "active"), (&all[2], "suspended"), (&theirs, "active")] {
        assert_eq!(app.admin().get(&format!("/customers/{customer}")).await.is(200)["account_state"], state);
    }
    // A filter chooses as it does in the list.
    let filtered = request(json!({ "filter": "company_name ~ \"branch\" and account_state == active" }));
    let preview = boss.post("/bulk", &dry(filtered)).await.is(200);
    assert_eq!((&preview["total"], &preview["allowed"]), (&json!(2), &json!(2)));
    let wrong = request(json!({ "filter": "shoe == 4" }));
    boss.post("/bulk", &wrong).await.invalid(&[("selection.filter", "invalid_filter")]);
    // What another has is nothing that is there, in every way in which it could be named.
    let named = run(&boss, &suspension(&[&theirs, &all[0]])).await;
    assert!(results(&boss, &named).await.contains(&(theirs.clone(), "refused".to_owned(), "not_found".to_owned())));
    for (name, stranger) in [("under", &*other), ("parent_id", &*other), ("under", "cus_x")] {
        let selection = json!({ name: stranger });
        let answer = boss.post("/bulk", &request(selection)).await;
        answer.invalid(&[(&format!("selection.{name}"), "invalid")]);
    }
    app.finish().await;
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_begins_nothing() {
    let app = App::start().await;
    let admin = app.admin();
    let customer = app.end_customer("Bakery").await;
    let request = |change: Value| crate::client::merged(&suspension(&[&customer]), &change);
    for (change, field, code) in [
        (json!({ "noun": "planets" }), "noun", "invalid"),
        (json!({ "action": "explode" }), "action", "invalid"),
        (json!({ "input": { "mode": "stop_backups" } }), "input.reason", "required"),
        (json!({ "input": { "reason": "x", "mode": "x" } }), "input.mode", "invalid"),
        (json!({ "input": { "reason": "x", "mode": "full_stop", "more": 1 } }), "input.more", "unknown_field"),
        (json!({ "selection": { "ids": [], "q": "x" } }), "selection.ids", "invalid"),
        (json!({ "selection": { "ids": [] } }), "selection", "required"),
        (json!({ "selection": {} }), "selection", "required"),
        (json!({ "selection": { "ids": null, "q": " " } }), "selection", "required"),
        (json!({ "selection": { "ids": ["x".repeat(100)] } }), "selection.ids[0]", "invalid"),
        (json!({ "selection": { "colour": "red" } }), "selection.colour", "unknown_field"),
    ] {
        admin.post("/bulk", &request(change)).await.invalid(&[(field, code)]);
    }
    assert_eq!(admin.get("/tasks").await.is(200)["total"], 0);
    // The same request twice begins one task.
    let ask =
        || admin.request(reqwest::Method::POST, "/bulk").header("idempotency-key", "k1").json(&request(json!({})));
    let (first, second) = (ask().send().await.is(202), ask().send().await.is(202));
    assert_eq!(first, second);
    assert_eq!(admin.get("/tasks").await.is(200)["total"], 1);
    app.finish().await;
}

#[tokio::test]
async fn a_tree_is_deleted_from_below_countries_and_sites_come_and_go() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let site = app.site(&customer, "mill_lane").await;
    let bulk = |action: &str, ids: &[&str], input: Value| json!({ "noun": "customers", "action": action, "selection": { "ids": ids }, "input": input });
    let sited = run(admin, &bulk("add_site", &[&customer, &reseller], json!({ "name": "harbour" }))).await;
    assert_eq!((&sited["counts"]["done"], &sited["counts"]["refused"]), (&json!(1), &json!(1)));
    let again = admin.post("/bulk", &dry(bulk("add_site", &[&customer], json!({ "name": "Harbour" })))).await.is(200);
    assert_eq!(again["refused"][0]["code"], "duplicate_site");
    let undone = act(admin, &sited, "undo").await;
    assert_eq!(over(admin, undone["id"].as_str().unwrap()).await["counts"]["done"], 1);
    assert_eq!(admin.get(&format!("/customers?parent_id={customer}")).await.is(200)["total"], 1);

    let moved = run(admin, &bulk("set_country", &[&reseller, &customer], json!({ "country": "at" }))).await;
    assert_eq!(moved["counts"]["done"], 2);
    assert_eq!(admin.get(&format!("/customers/{customer}")).await.is(200)["country"], "AT");
    let undone = act(admin, &moved, "undo").await;
    assert_eq!(over(admin, undone["id"].as_str().unwrap()).await["counts"]["done"], 2);
    assert_eq!(admin.get(&format!("/customers/{customer}")).await.is(200)["country"], "DE");

    let half = bulk("delete", &[&reseller, &site], json!({}));
    let preview = admin.post("/bulk", &dry(half)).await.is(200);
    assert_eq!((&preview["allowed"], &preview["refused"][0]["code"]), (&json!(1), &json!("customer_not_empty")));
    // What stands below one that goes, goes along.
    let whole = bulk("delete", &[&reseller, &site, &customer], json!({ "remove_products": true }));
    let preview = admin.post("/bulk", &dry(whole.clone())).await.is(200);
    assert_eq!((&preview["allowed"], &preview["unchanged"]), (&json!(1), &json!(2)));
    assert_eq!(preview["effects"], json!({ "customers": 2, "sites": 1 }));
    let deleted = run(admin, &whole).await;
    assert_eq!((&deleted["counts"]["done"], &deleted["counts"]["unchanged"]), (&json!(1), &json!(2)));
    let due = |row: Value| row["deletion"]["due_at"].clone();
    assert!(due(admin.get(&format!("/customers/{reseller}")).await.is(200)).is_string());
    let undone = act(admin, &deleted, "undo").await;
    assert_eq!(over(admin, undone["id"].as_str().unwrap()).await["counts"]["done"], 1);
    assert!(due(admin.get(&format!("/customers/{reseller}")).await.is(200)).is_null());
    // And by an action of its own.
    run(admin, &whole).await;
    let restore = bulk("restore", &[&reseller, &customer], json!({}));
    let preview = admin.post("/bulk", &dry(restore.clone())).await.is(200);
    assert_eq!((&preview["allowed"], &preview["unchanged"]), (&json!(1), &json!(1)));
    assert_eq!(run(admin, &restore).await["counts"]["done"], 1);
    admin.post("/bulk", &bulk("delete", &[&site], json!({ "really": true }))).await.is(422);
    app.finish().await;
}

#[tokio::test]
async fn a_preview_of_countries_knows_where_data_may_be_stored() {
    let app = App::start().await;
    let admin = app.admin();
    let locations = admin.get("/storage_locations").await.is(200);
    let of = |country: &str| {
        let mut all = locations["items"].as_array().unwrap().iter();
        all.find(|location| location["country"] == country).unwrap()["id"].as_str().unwrap().to_owned()
    };
    let (germany, france) = (of("DE"), of("FR"));
    let make = async |parent: &str, level: &str, country: &str| {
        let body = json!({ "parent_id": parent, "level": level, "company_name": level, "country": country });
        id(&admin.post("/customers", &body).await.is(201))
    };
    let open = make(&app.provider().await, "reseller", "AT").await;
    let stored = make(&open, "end_customer", "DE").await;
    for (country, location, told) in [
        // One has no location yet, the other keeps its own.
        ("AT", &france, [(&stored, "storage_location_fixed"), (&open, "")]),
        // A country that hosts one allows no other.
        ("DE", &france, [(&open, "storage_location_not_choosable"), (&stored, "storage_location_fixed")]),
        ("DE", &germany, [(&open, ""), (&stored, "")]),
    ] {
        let request = json!({ "noun": "customers", "action": "set_country", "selection": { "ids": [open, stored] },
            "input": { "country": country, "storage_location_id": location } });
        let preview = admin.post("/bulk", &dry(request)).await.is(200);
        let rows = preview["rows"].as_array().unwrap();
        let code = |id: &str| {
            rows.iter().find(|row| row["subject_id"] == id).unwrap()["code"].as_str().unwrap_or_default().to_owned()
        };
        for (id, expected) in told {
            assert_eq!(code(id), expected, "{country}: {preview:#}");
        }
    }
    let unknown = json!({ "country": "Austria" });
    let answer = admin
        .post(
            "/bulk",
            &json!({ "noun": "customers", "action": "set_country",
        "selection": { "ids": [open] }, "input": unknown }),
        )
        .await;
    assert!(answer.body["detail"].as_str().unwrap().starts_with("input.country: "), "{:#}", answer.body);
    app.finish().await;
}

#[tokio::test]
async fn password_links_are_told_to_who_asked_for_them_alone_and_for_a_day() {
    let app = App::start().await;
    let admin = app.admin();
    let reseller = app.reseller("Reseller").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let jo = app.person(&reseller, "supporter", "jo@example.com").await;
    let [own, other] = [&boss, &jo].map(async |who| who.get("/me").await.is(200)["id"].as_str().unwrap().to_owned());
    let (own, other) = (own.await, other.await);
    let named = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery_1",
        "password": crate::app::PASSWORD });
    let named = id(&admin.post("/customers", &named).await.is(201));
    let nameless = app.customer(&reseller, "end_customer", "Nameless").await;
    let to = |noun: &str, ids: [&str; 2]| json!({ "noun": noun, "action": "invitation", "selection": { "ids": ids }, "input": {} });
    for request in [to("users", [&own, &other]), to("customers", [&nameless, &named])] {
        let boss = app.client("boss@example.com", crate::app::PASSWORD).await;
        let preview = boss.post("/bulk", &dry(request.clone())).await.is(200);
        assert_eq!((&preview["allowed"], &preview["effects"]["links"]), (&json!(1), &json!(1)));
        let task = run(&boss, &request).await;
        assert_eq!((&task["counts"]["done"], &task["counts"]["refused"]), (&json!(1), &json!(1)), "{task:#}");
        let path = format!("/tasks/{}/results", task["id"].as_str().unwrap());
        let answers = async |who: &Client| {
            let rows = who.get(&path).await.is(200);
            let rows = rows["items"].as_array().unwrap().clone();
            rows.into_iter().filter_map(|row| row.get("answer").cloned()).collect::<Vec<Value>>()
        };
        let told = answers(&boss).await;
        let table = boss.get(&format!("/tasks/{}/answers", task["id"].as_str().unwrap())).await;
        let table = table.is(200).as_str().unwrap().to_owned();
        assert_eq!(table.lines().count(), told.len() + 1, "{table}");
        assert!(told.iter().all(|link| table.contains(link.as_str().unwrap())), "{table}");
        assert_eq!(told.len(), 1);
        assert_eq!(preview["rows"][0]["outcome"], "refused");
        let admin = app.client(crate::app::ADMIN, crate::app::PASSWORD).await;
        assert_eq!(answers(&admin).await.len(), 0, "not even those above are told");
        // It works, and stands nowhere else.
        let token = crate::requests::secret_of(&told[0]);
        let accepted = json!({ "token": token, "password": "copper lantern meadow 77" });
        app.nobody().post("/invitations/accept", &accepted).await.is(204);
        assert!(!admin.get(&format!("/customers/{reseller}/changes")).await.is(200).to_string().contains(&token));
        app.advance(Duration::from_hours(25));
        app.settle().await;
        let fresh = app.client("boss@example.com", crate::app::PASSWORD).await;
        assert_eq!(answers(&fresh).await.len(), 0, "a day later they are forgotten");
    }
    app.finish().await;
}

#[tokio::test]
async fn a_restart_goes_on_where_it_was_and_does_each_once() {
    let mut app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let mut ids = Vec::new();
    for number in 0..300 {
        let body = json!({ "parent_id": reseller, "company_name": format!("Customer {number}"), "country": "DE" });
        ids.push(id(&app.admin().post("/customers", &body).await.is(201)));
    }
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let task = app.admin().post("/bulk", &suspension(&ids)).await.is(202)["task_id"].as_str().unwrap().to_owned();
    app.restart().await;
    let seen = over(app.admin(), &task).await;
    assert_eq!((&seen["state"], &seen["counts"]["done"]), (&json!("done"), &json!(300)));
    let log = app.admin().all(&format!("/customers/{reseller}/changes?limit=500")).await;
    let mut suspended: Vec<&str> = log
        .iter()
        .filter(|entry| entry["action"] == "customer.suspended")
        .map(|entry| entry["subject_id"].as_str().unwrap())
        .collect();
    let told = suspended.len();
    suspended.sort_unstable();
    suspended.dedup();
    assert_eq!((told, suspended.len()), (300, 300));

    // It is done with the rights that its account has by then: once they are gone, nothing more is.
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let user = boss.get("/me").await.is(200)["id"].as_str().unwrap().to_owned();
    // The last administrator would stay one.
    let second = app.person(&reseller, "administrator", "second@example.com").await;
    let second = second.get("/me").await.is(200)["id"].as_str().unwrap().to_owned();
    app.admin().edit(&format!("/users/{second}"), &json!({ "is_key_officer": true })).await.is(200);
    let victim = app.person(&reseller, "supporter", "help@example.com").await;
    let victim = victim.get("/me").await.is(200)["id"].as_str().unwrap().to_owned();
    // The last of many, so that there is time.
    let mut ids: Vec<String> = (0..9_999).map(|number| format!("usr_{number:026}")).collect();
    ids.push(victim.clone());
    let delete = json!({ "noun": "users", "action": "delete", "selection": { "ids": ids } });
    let task = boss.post("/bulk", &delete).await.is(202)["task_id"].as_str().unwrap().to_owned();
    app.admin().edit(&format!("/users/{user}"), &json!({ "role": "supporter" })).await.is(200);
    let seen = over(&boss, &task).await;
    assert_eq!((&seen["progress"]["done"], &seen["counts"]["refused"]), (&json!(10_000), &json!(10_000)));
    let last = boss.get(&format!("/tasks/{task}/results?offset=9999")).await.is(200);
    assert_eq!((&last["items"][0]["code"], &last["items"][0]["subject_id"]), (&json!("forbidden"), &json!(victim)));
    boss.act(&format!("/tasks/{task}/retry")).await.refused(403, "forbidden");
    app.finish().await;
}

#[tokio::test]
async fn a_task_is_stopped_and_given_another_try() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let elsewhere = app.reseller("Elsewhere").await;
    let other = app.customer(&reseller, "end_customer", "Bakery").await;
    let bulk = json!({ "noun": "customers", "action": "delete", "selection": { "ids": [reseller] } });
    let task = run(app.admin(), &bulk).await;
    assert_eq!(results(app.admin(), &task).await[0].2, "customer_not_empty");
    app.admin().post(&format!("/customers/{other}/move"), &json!({ "parent_id": elsewhere })).await.is(200);
    act(app.admin(), &task, "retry").await;
    let again = over(app.admin(), task["id"].as_str().unwrap()).await;
    assert_eq!(
        again["counts"],
        json!({ "pending": 0, "done": 1, "unchanged": 0, "refused": 0, "failed": 0, "skipped": 0 })
    );
    app.admin().act(&format!("/tasks/{}/retry", again["id"].as_str().unwrap())).await.refused(409, "task_state");
    app.admin().act(&format!("/tasks/{}/stop", again["id"].as_str().unwrap())).await.refused(409, "task_state");
    // What is over is forgotten after a month.
    app.advance(Duration::from_hours(31 * 24));
    app.settle().await;
    app.settle().await;
    app.admin().sign_in(crate::app::ADMIN, crate::app::PASSWORD).await.is(201);
    assert_eq!(app.admin().get("/tasks").await.is(200)["total"], 0);
    app.finish().await;
}

#[tokio::test]
async fn another_try_from_above_reaches_nothing_that_the_first_could_not() {
    let app = App::start().await;
    let (mine, other) = (app.reseller("Mine").await, app.reseller("Other").await);
    let theirs = app.customer(&other, "end_customer", "Theirs").await;
    let own = app.customer(&mine, "end_customer", "Own").await;
    app.machine(&app.pass_key(&own).await, "till").await;
    let boss = app.person(&mine, "administrator", "boss@example.com").await;
    let delete = json!({ "noun": "customers", "action": "delete", "selection": { "ids": [theirs, own] } });
    let task = run(&boss, &delete).await;
    assert_eq!(task["counts"]["refused"], 2);
    let again = act(app.admin(), &task, "retry").await;
    let again = over(app.admin(), again["id"].as_str().unwrap()).await;
    assert_eq!(again["counts"]["refused"], 2);
    assert_eq!(again["begun_by"], "boss@example.com");
    let outcomes = results(&boss, &again).await;
    assert!(outcomes.contains(&(theirs.clone(), "refused".to_owned(), "not_found".to_owned())), "{outcomes:?}");
    app.admin().get(&format!("/customers/{theirs}")).await.is(200);
    let log = app.admin().get(&format!("/customers/{mine}/changes")).await.is(200);
    assert_eq!(log["items"][0]["action"], "task.retried");
    assert_eq!(boss.get(&format!("/customers/{mine}/changes")).await.is(200)["items"][0]["actor"]["kind"], "above");

    // What people are called is told only to those who may read people.
    let body = json!({ "parent_id": mine, "company_name": "Bakery", "country": "DE", "username": "bakery",
        "password": crate::app::PASSWORD });
    let bakery = id(&app.admin().post("/customers", &body).await.is(201));
    let own_boss = app.person(&bakery, "administrator", "own@bakery.example").await;
    let help = app.person(&bakery, "supporter", "help@bakery.example").await.get("/me").await.is(200);
    let remove = json!({ "noun": "users", "action": "delete", "selection": { "ids": [help["id"]] } });
    let task = run(&own_boss, &remove).await;
    let login = app.client("bakery", crate::app::PASSWORD).await;
    let path = format!("/tasks/{}", task["id"].as_str().unwrap());
    login.get(&path).await.is(200);
    login.get(&format!("{path}/results")).await.refused(403, "forbidden");
    app.finish().await;
}
