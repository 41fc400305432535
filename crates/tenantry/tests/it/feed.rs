//! What pages that are open are told: what they may see, at once, and nothing else.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD};
use crate::client::{Client, Events};

async fn watch(client: &Client) -> Events {
    let mut events = client.request(Method::GET, "/feed").events().await;
    assert_eq!(events.next().await, Some(("ready".to_owned(), json!({}))));
    events
}

async fn watch_from(client: &Client, last: &str) -> Events {
    let mut events = client.request(Method::GET, "/feed").header("last-event-id", last).events().await;
    assert_eq!(events.next().await.unwrap().0, "ready");
    events
}

/// The next event that isn't about counters or views.
async fn next(events: &mut Events) -> Option<(String, Value)> {
    loop {
        let (name, data) = events.next().await?;
        if name != "usage" && name != "views" {
            return Some((name, data));
        }
    }
}

#[tokio::test]
async fn a_change_is_told_to_those_who_see_it_and_to_nobody_else() {
    let app = App::start().await;
    let mine = app.reseller("Mine").await;
    let other = app.reseller("Other").await;
    let customer = app.customer(&mine, "end_customer", "Bakery").await;
    let boss = app.person(&mine, "administrator", "boss@example.com").await;
    let (mut admin, mut above, mut beside) = {
        let stranger = app.person(&other, "administrator", "other@example.com").await;
        (watch(app.admin()).await, watch(&boss).await, watch(&stranger).await)
    };
    app.suspend(&customer, "stop_backups").await;
    let told = above.next_of("change").await.unwrap();
    assert_eq!(told["action"], "customer.suspended");
    assert_eq!(told["subject_id"], customer);
    // From the top of what the reseller sees.
    assert_eq!(told["path"], format!("{mine}/{customer}/"));
    let told = admin.next_of("change").await.unwrap();
    assert!(told["path"].as_str().unwrap().ends_with(&format!("/{mine}/{customer}/")), "{told}");
    // Whatever the neighbour is told first happened at the neighbour.
    app.suspend(&other, "stop_backups").await;
    let told = beside.next_of("change").await.unwrap();
    assert_eq!((told["subject_id"].as_str(), told["path"].as_str()), (Some(&*other), Some(&*format!("{other}/"))));
    app.finish().await;
}

#[tokio::test]
async fn what_happens_above_is_told_by_its_effect_alone() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let own = app.person(&customer, "administrator", "own@example.com").await;
    let mut own = watch(&own).await;
    app.admin().edit(&format!("/customers/{reseller}"), &json!({ "company_name": "Renamed" })).await.is(200);
    app.suspend(&reseller, "stop_backups").await;
    // The renaming is nobody's business down here; that backups are stopped by now is.
    assert_eq!(next(&mut own).await, Some(("reset".to_owned(), json!({}))));
    app.admin().edit(&format!("/customers/{customer}"), &json!({ "company_name": "Bakery 2" })).await.is(200);
    assert_eq!(next(&mut own).await.unwrap().1["action"], "customer.updated");
    app.finish().await;
}

#[tokio::test]
async fn of_views_from_above_it_is_told_that_they_changed_and_nothing_else() {
    let app = App::start().await;
    let (mine, other) = (app.reseller("Mine").await, app.reseller("Other").await);
    let boss = app.person(&mine, "administrator", "boss@example.com").await;
    let stranger = app.person(&other, "administrator", "other@example.com").await;
    let (mut below, mut beside) = (watch(&boss).await, watch(&stranger).await);
    let body = json!({ "noun": "customers", "name": "Late", "is_shared": true });
    let view = app.admin().post("/views", &body).await.is(201);
    assert_eq!(below.next_of("views").await.unwrap(), json!({}));
    assert_eq!(beside.next_of("views").await.unwrap(), json!({}));
    app.admin().delete(&format!("/views/{}", view["id"].as_str().unwrap())).await.is(204);
    assert_eq!(below.next_of("views").await.unwrap(), json!({}));
    // What is shared beside somebody is nothing to them: what they hear of next is their own.
    boss.post("/views", &body).await.is(201);
    assert_eq!(below.next_of("change").await.unwrap()["action"], "view.shared");
    assert_eq!(beside.next_of("views").await.unwrap(), json!({}));
    app.suspend(&other, "stop_backups").await;
    let (name, told) = loop {
        let event = beside.next().await.unwrap();
        if event.0 != "usage" {
            break event;
        }
    };
    assert_eq!((name.as_str(), &told["subject_id"]), ("change", &json!(other)));
    app.finish().await;
}

#[tokio::test]
async fn who_comes_back_is_told_what_was_missed_and_no_other_s_cursor_helps() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let boss = app.person(&reseller, "administrator", "boss@example.com").await;
    let mut first = watch(&boss).await;
    let a = app.customer(&reseller, "end_customer", "A").await;
    assert_eq!(first.next_of("change").await.unwrap()["subject_id"], a);
    let last = first.last_id.clone().unwrap();
    drop(first);
    let b = app.customer(&reseller, "end_customer", "B").await;
    let c = app.customer(&reseller, "end_customer", "C").await;
    let mut again = watch_from(&boss, &last).await;
    for missed in [&b, &c] {
        assert_eq!(again.next_of("change").await.unwrap()["subject_id"], **missed);
    }
    // A mark says nothing to anybody else, nor does one that was made up.
    for foreign in [last.as_str(), "made-up"] {
        let mut admin = watch_from(app.admin(), foreign).await;
        assert_eq!(next(&mut admin).await.unwrap().0, "reset");
    }
    // A suspension above leaves no trace down here but what is in force.
    let last = again.last_id.clone().unwrap();
    drop(again);
    app.suspend(&reseller, "stop_backups").await;
    let mut own = watch_from(&boss, &last).await;
    assert_eq!(next(&mut own).await.unwrap().0, "reset");
    app.finish().await;
}

#[tokio::test]
async fn people_are_told_of_only_to_those_who_may_read_them() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery",
        "password": PASSWORD });
    let customer = crate::app::id(&app.admin().post("/customers", &body).await.is(201));
    let own = app.client("bakery", PASSWORD).await;
    let (mut own, mut admin) = (watch(&own).await, watch(app.admin()).await);
    app.person(&customer, "supporter", "help@example.com").await;
    app.suspend(&customer, "stop_backups").await;
    assert_eq!(admin.next_of("change").await.unwrap()["subject_kind"], "user");
    assert_eq!(own.next_of("change").await.unwrap()["action"], "customer.suspended");
    app.finish().await;
}

#[tokio::test]
async fn used_space_is_told_by_the_place_where_it_changed() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let secret = app.pass_key(&customer).await;
    let machine = app.machine(&secret, "till").await;
    let mut admin = watch(app.admin()).await;
    machine.begin().await;
    // The first look only remembers; whoever fetched before it is told to fetch again.
    assert_eq!(admin.next_of("usage").await.unwrap()["paths"], Value::Null);
    machine.uploads(200).await;
    let told = admin.next_of("usage").await.unwrap();
    let paths: Vec<&str> = told["paths"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(paths.iter().all(|path| path.ends_with(&format!("/{reseller}/{customer}/"))), "{told}");
    assert!(!paths.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn it_ends_with_the_session_and_with_the_server() {
    let mut app = App::start().await;
    let boss = app.client(ADMIN, PASSWORD).await;
    let mut ended = watch(&boss).await;
    boss.delete("/sessions/current").await.is(204);
    let mut told = Vec::new();
    // The own signing out is still told; then the session is looked at again and is gone.
    for _ in 0..5 {
        match next(&mut ended).await {
            Some((_, data)) => told.push(data["action"].clone()),
            None if told.len() > 1 => break,
            None => {}
        }
    }
    assert!(told.contains(&json!("session.deleted")), "{told:?}");
    boss.request(Method::GET, "/feed").send().await.refused(401, "sign_in_required");
    let open = watch(app.admin()).await;
    // A feed that is open keeps no server from stopping.
    let began = std::time::Instant::now();
    app.restart().await;
    assert!(began.elapsed() < std::time::Duration::from_secs(5));
    drop(open);
    app.finish().await;
}
