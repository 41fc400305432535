//! Saved views: one's own, shared down the tree, and never a way to look up it.

use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{App, PASSWORD, id};
use crate::client::{Client, merged};

fn named(name: &str) -> Value {
    json!({ "noun": "customers", "name": name })
}

fn shared(name: &str) -> Value {
    merged(&named(name), &json!({ "is_shared": true }))
}

async fn names(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/views{query}")).await.is(200);
    assert_eq!(page["total"], page["items"].as_array().unwrap().len());
    page["items"].as_array().unwrap().iter().map(|view| view["name"].as_str().unwrap().to_owned()).collect()
}

fn may(view: &Value, name: &str) -> bool {
    let actions = view["actions"].as_array().unwrap();
    actions.iter().find(|action| action["name"] == name).unwrap()["allowed"] == true
}

/// A reseller with a customer and a colleague of each, and another reseller.
struct People {
    customer: String,
    boss: Client,
    help: Client,
    own: Client,
    bakery: Client,
    stranger: Client,
}

impl People {
    async fn of(app: &App) -> Self {
        let reseller = app.reseller("Nordic IT").await;
        let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery",
            "password": PASSWORD });
        let customer = id(&app.admin().post("/customers", &body).await.is(201));
        let other = app.reseller("Other IT").await;
        Self {
            boss: app.person(&reseller, "administrator", "boss@example.com").await,
            help: app.person(&reseller, "supporter", "help@example.com").await,
            own: app.person(&customer, "administrator", "own@example.com").await,
            bakery: app.client("bakery", PASSWORD).await,
            stranger: app.person(&other, "administrator", "boss@other.example").await,
            customer,
        }
    }
}

#[tokio::test]
async fn a_view_keeps_what_a_list_shows() {
    let app = App::start().await;
    let content = json!({
        "filter": "last_backup_at < now-2d and level == end_customer", "q": "acme", "sort": "-totals.used_bytes",
        "layout": { "columns": ["state", "used"], "widths": { "used": 7.5 }, "pinned": ["state"] },
        "parameters": { "level": "all" }
    });
    let body = merged(&named("  Late   ones "), &json!({ "content": content }));
    let made = app.admin().post("/views", &body).await;
    assert_eq!(made.header("etag"), Some("\"1\""));
    let made = made.is(201);
    assert_eq!((&made["content"], &made["origin"], &made["is_default"]), (&content, &json!("own"), &json!(false)));
    assert_eq!(made["customer_id"], Value::Null);
    assert_eq!(app.admin().get("/views?noun=customers").await.is(200)["items"], json!([made]));
    assert_eq!(app.admin().get("/views?noun=devices").await.is(200)["items"], json!([]));

    let path = format!("/views/{}", id(&made));
    let renamed = app.admin().edit(&path, &json!({ "name": "Too late" })).await.is(200);
    assert_eq!((&renamed["name"], &renamed["version"], &renamed["content"]), (&json!("Too late"), &json!(2), &content));
    app.admin().patch(&path, &json!(1), &json!({ "name": "Stale" })).await.refused(412, "version_stale");
    app.admin().request(Method::PATCH, &path).json(&json!({})).send().await.refused(428, "precondition_required");
    let emptied = app.admin().edit(&path, &json!({ "content": {} })).await.is(200);
    assert_eq!(emptied["content"]["filter"], Value::Null);
    assert_eq!(app.admin().edit(&path, &json!({ "content": {} })).await.is(200)["version"], emptied["version"]);
    app.admin().delete(&path).await.is(204);
    app.admin().get(&path).await.refused(404, "not_found");

    let again = async || {
        let request = app.admin().request(Method::POST, "/views").header("idempotency-key", "k");
        request.json(&named("Once")).send().await.is(201)
    };
    assert_eq!(again().await, again().await);
    app.finish().await;
}

#[tokio::test]
async fn what_cannot_be_shown_is_not_kept() {
    let app = App::start().await;
    let own = People::of(&app).await.own;
    for (content, field, code) in [
        (json!({ "filter": "compny ~ \"a\"" }), "content.filter", "invalid_filter"),
        (json!({ "filter": "company_name ~" }), "content.filter", "invalid_filter"),
        (json!({ "filter": "profile.notes ~ \"x\"" }), "content.filter", "invalid_filter"),
        (json!({ "sort": "phone" }), "content.sort", "invalid"),
        (json!({ "q": "x".repeat(201) }), "content.q", "too_long"),
        (json!({ "layout": { "columns": ["A b"] } }), "content.layout", "invalid"),
        (json!({ "layout": { "columns": vec!["a"; 101] } }), "content.layout", "out_of_range"),
        (json!({ "layout": { "widths": { "a": 0.5 } } }), "content.layout.widths", "out_of_range"),
        (json!({ "parameters": { "level": "x".repeat(201) } }), "content.parameters", "invalid"),
        (json!({ "nonsense": 1 }), "content.nonsense", "unknown_field"),
    ] {
        own.post("/views", &merged(&named("A"), &json!({ "content": content }))).await.invalid(&[(field, code)]);
    }
    own.post("/views", &named(" ")).await.invalid(&[("name", "required")]);
    own.post("/views", &named(&"x".repeat(81))).await.invalid(&[("name", "too_long")]);
    own.post("/views", &json!({ "noun": "tasks", "name": "A" })).await.invalid(&[("noun", "invalid")]);
    own.post("/views", &named("Late")).await.is(201);
    own.post("/views", &named(" LATE")).await.invalid(&[("name", "view_name_taken")]);
    own.post("/views", &merged(&named("Late"), &json!({ "noun": "devices" }))).await.is(201);
    let other = own.post("/views", &named("Other")).await.is(201);
    own.edit(&format!("/views/{}", id(&other)), &json!({ "name": "late" }))
        .await
        .invalid(&[("name", "view_name_taken")]);
    own.post("/views", &shared("Late")).await.is(201);
    for number in 3..100 {
        own.post("/views", &named(&format!("View {number}"))).await.is(201);
    }
    own.post("/views", &named("One more")).await.refused(409, "too_many_views");
    own.edit(&format!("/views/{}", id(&other)), &json!({ "name": "Renamed" })).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn sharing_reaches_down_and_never_up_or_aside() {
    let app = App::start().await;
    let people = People::of(&app).await;
    let made = people.boss.post("/views", &shared("Late ones")).await.is(201);
    let path = format!("/views/{}", id(&made));
    assert_eq!((&made["origin"], may(&made, "edit"), may(&made, "share")), (&json!("shared"), true, true));
    people.boss.post("/views", &named("Mine")).await.is(201);

    assert_eq!(names(&people.boss, "").await, ["Late ones", "Mine"]);
    for client in [&people.help, &people.own, &people.bakery] {
        assert_eq!(names(client, "").await, ["Late ones"]);
    }
    for client in [app.admin(), &people.stranger] {
        assert!(names(client, "").await.is_empty());
    }
    people.stranger.get(&path).await.refused(404, "not_found");
    people.stranger.delete(&path).await.refused(404, "not_found");

    // Those below are told nothing of who it is from.
    let below = people.own.get(&path).await.is(200);
    assert_eq!((&below["origin"], &below["customer_id"]), (&json!("above"), &Value::Null));
    assert!(!may(&below, "edit") && !may(&below, "delete"));
    let told = below.to_string();
    assert!(!told.contains("Nordic") && !told.contains("boss") && !told.contains("cus_"), "{told}");
    for client in [&people.own, &people.bakery, &people.help] {
        client.edit(&path, &json!({ "name": "Mine now" })).await.refused(403, "forbidden");
        client.delete(&path).await.refused(403, "forbidden");
    }
    let log = people.own.get(&format!("/customers/{}/changes", people.customer)).await.is(200);
    assert!(!log.to_string().contains("Late ones"), "what happens above is not told below");

    // Those above see what is shared below where they ask for it, and may change it.
    let at_bakery = people.own.post("/views", &shared("Ours")).await.is(201);
    let place = format!("?customer_id={}", people.customer);
    for client in [app.admin(), &people.boss, &people.own, &people.bakery] {
        assert_eq!(names(client, &place).await, ["Ours"]);
    }
    people.stranger.get(&format!("/views{place}")).await.refused(404, "not_found");
    people.boss.edit(&format!("/views/{}", id(&at_bakery)), &json!({ "name": "Theirs" })).await.is(200);
    let from_above = merged(&shared("From above"), &json!({ "customer_id": people.customer }));
    let from_above = people.boss.post("/views", &from_above).await.is(201);
    assert_eq!(names(&people.bakery, "").await, ["From above", "Late ones", "Theirs"]);
    assert_eq!(people.own.get(&format!("/views/{}", id(&from_above))).await.is(200)["origin"], "shared");

    // Who may not share, or not there.
    for client in [&people.help, &people.bakery] {
        client.post("/views", &shared("No")).await.refused(403, "forbidden");
        let own = id(&client.post("/views", &named("Own")).await.is(201));
        client.edit(&format!("/views/{own}"), &json!({ "is_shared": true })).await.refused(403, "forbidden");
    }
    let elsewhere = merged(&shared("No"), &json!({ "customer_id": people.customer }));
    people.stranger.post("/views", &elsewhere).await.invalid(&[("customer_id", "reference_not_found")]);
    let alone = merged(&named("No"), &json!({ "customer_id": people.customer }));
    people.boss.post("/views", &alone).await.invalid(&[("customer_id", "invalid")]);
    app.finish().await;
}

#[tokio::test]
async fn ones_own_views_are_nobody_elses() {
    let app = App::start().await;
    let people = People::of(&app).await;
    let path = format!("/views/{}", id(&people.own.post("/views", &named("Secret plan")).await.is(201)));
    for client in [app.admin(), &people.boss, &people.bakery, &people.stranger] {
        client.get(&path).await.refused(404, "not_found");
        client.delete(&path).await.refused(404, "not_found");
        client.post(&format!("{path}/default"), &json!({ "is_default": true })).await.refused(404, "not_found");
    }
    let log = people.boss.get(&format!("/customers/{}/changes", people.customer)).await.is(200);
    assert!(!log.to_string().contains("Secret plan"), "the log tells of what is shared only");
    people.own.edit(&path, &json!({ "is_shared": true })).await.is(200);
    assert_eq!(names(&people.bakery, "").await, ["Secret plan"]);
    people.bakery.post(&format!("{path}/default"), &json!({ "is_default": true })).await.is(200);
    let log = people.boss.get(&format!("/customers/{}/changes?limit=1", people.customer)).await.is(200);
    assert_eq!(log["items"][0]["action"], "view.shared");
    let own = people.own.edit(&path, &json!({ "is_shared": false })).await.is(200);
    assert_eq!(own["origin"], "own");
    assert!(names(&people.bakery, "").await.is_empty());
    let log = people.boss.get(&format!("/customers/{}/changes?limit=1", people.customer)).await.is(200);
    assert_eq!(log["items"][0]["action"], "view.unshared");
    app.finish().await;
}

#[tokio::test]
async fn a_list_opens_with_what_each_has_chosen() {
    let app = App::start().await;
    let people = People::of(&app).await;
    let first = id(&people.boss.post("/views", &shared("First")).await.is(201));
    let second = id(&people.boss.post("/views", &named("Second")).await.is(201));
    let defaults = async |client: &Client| {
        let page = client.get("/views").await.is(200);
        let items = page["items"].as_array().unwrap().clone();
        items.iter().filter(|view| view["is_default"] == true).map(id).collect::<Vec<_>>()
    };
    let choose = async |client: &Client, view: &str, is_default: bool| {
        client.post(&format!("/views/{view}/default"), &json!({ "is_default": is_default })).await.is(200)
    };
    assert_eq!(choose(&people.own, &first, true).await["is_default"], true);
    choose(&people.boss, &first, true).await;
    choose(&people.boss, &second, true).await;
    assert_eq!(defaults(&people.boss).await, std::slice::from_ref(&second), "one for each list");
    assert_eq!(defaults(&people.own).await, std::slice::from_ref(&first));
    assert!(defaults(&people.help).await.is_empty());
    choose(&people.boss, &first, false).await;
    assert_eq!(defaults(&people.boss).await, std::slice::from_ref(&second), "another one stays");
    choose(&people.boss, &second, false).await;
    assert!(defaults(&people.boss).await.is_empty());
    people.boss.delete(&format!("/views/{first}")).await.is(204);
    assert!(defaults(&people.own).await.is_empty());
    app.finish().await;
}

#[tokio::test]
async fn a_filter_that_a_reader_cannot_use_says_so_and_does_not_tell_what_it_names() {
    let app = App::start().await;
    let people = People::of(&app).await;
    let content = json!({ "filter": "profile.notes ~ \"late\"" });
    let made = people.boss.post("/views", &merged(&shared("Late"), &json!({ "content": content }))).await.is(201);
    assert_eq!(made["filter_problem"], Value::Null);
    let below = people.own.get(&format!("/views/{}", id(&made))).await.is(200);
    assert_eq!(below["filter_problem"]["code"], "invalid_filter");
    assert_eq!(below["content"]["filter"], Value::Null);
    // A list of people is nothing to a customer's own account.
    let of_people = json!({ "noun": "users", "name": "Administrators", "is_shared": true });
    let of_people = id(&people.boss.post("/views", &of_people).await.is(201));
    assert_eq!(names(&people.own, "?noun=users").await, ["Administrators"]);
    assert!(names(&people.bakery, "?noun=users").await.is_empty());
    people.bakery.get(&format!("/views/{of_people}")).await.refused(404, "not_found");
    people.bakery.post("/views", &json!({ "noun": "users", "name": "No" })).await.refused(403, "forbidden");
    app.finish().await;
}

#[tokio::test]
async fn views_go_with_those_whose_they_are() {
    let app = App::start().await;
    let people = People::of(&app).await;
    let kept = id(&people.own.post("/views", &named("Kept")).await.is(201));
    people.own.post(&format!("/views/{kept}/default"), &json!({ "is_default": true })).await.is(200);
    let ours = id(&people.own.post("/views", &shared("Ours")).await.is(201));
    people.bakery.post("/views", &named("Own")).await.is(201);
    people.bakery.post(&format!("/views/{ours}/default"), &json!({ "is_default": true })).await.is(200);
    people.boss.post(&format!("/views/{ours}/default"), &json!({ "is_default": true })).await.is(200);
    let me = people.own.get("/me").await.is(200)["id"].as_str().unwrap().to_owned();
    // The last administrator would stay.
    let other = app.person(&people.customer, "administrator", "other@bakery.example").await;
    let other = format!("/users/{}", id(&other.get("/me").await.is(200)));
    app.admin().edit(&other, &json!({ "is_key_officer": true })).await.is(200);
    people.boss.delete(&format!("/users/{me}")).await.is(204);
    assert_eq!(names(&people.bakery, "").await, ["Ours", "Own"], "what is shared stays");
    app.remove(&people.customer).await;
    let left: i64 = app.database().read().await.unwrap().one(db::sql!["select count(*) from views"]).await.unwrap();
    assert_eq!(left, 0);
    app.finish().await;
}

#[tokio::test]
async fn what_was_deleted_comes_back_as_it_was() {
    let app = App::start().await;
    let people = People::of(&app).await;
    let made = people.boss.post("/views", &shared("Late")).await.is(201);
    let path = format!("/views/{}", id(&made));
    for client in [&people.boss, &people.own] {
        client.post(&format!("{path}/default"), &json!({ "is_default": true })).await.is(200);
    }
    let before = people.own.get(&path).await.is(200);
    people.boss.delete(&path).await.is(204);
    // It is gone for everybody, and only who deleted it knows of it.
    for client in [&people.boss, &people.own, &people.help] {
        client.get(&path).await.refused(404, "not_found");
        assert_eq!(names(client, "").await, [""; 0]);
    }
    for client in [&people.own, &people.help, &people.stranger, app.admin()] {
        client.act(&format!("{path}/restore")).await.refused(404, "not_found");
    }
    let back = people.boss.act(&format!("{path}/restore")).await.is(200);
    assert_eq!((&back["id"], &back["version"], &back["origin"]), (&made["id"], &made["version"], &made["origin"]));
    assert_eq!(back["is_default"], true);
    assert_eq!(people.own.get(&path).await.is(200), before, "with those who open their lists with it");
    // Twice is once.
    people.boss.act(&format!("{path}/restore")).await.is(200);

    // Whoever opens a list with another one by now goes on with that; a name that is taken by now stays so.
    people.boss.delete(&path).await.is(204);
    let other = people.own.post("/views", &named("Other")).await.is(201);
    people.own.post(&format!("/views/{}/default", id(&other)), &json!({ "is_default": true })).await.is(200);
    let twin = people.boss.post("/views", &shared("LATE")).await.is(201);
    people.boss.act(&format!("{path}/restore")).await.invalid(&[("name", "view_name_taken")]);
    people.boss.delete(&format!("/views/{}", id(&twin))).await.is(204);
    people.boss.act(&format!("{path}/restore")).await.is(200);
    assert_eq!(people.own.get(&path).await.is(200)["is_default"], false);

    // For a day.
    people.boss.delete(&path).await.is(204);
    app.advance(std::time::Duration::from_hours(25));
    app.settle().await;
    let boss = app.client("boss@example.com", PASSWORD).await;
    app.settle().await;
    boss.act(&format!("{path}/restore")).await.refused(404, "not_found");
    app.finish().await;
}
