//! What goes on while the database does not.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::app::{ADMIN, App};

/// Reading needs no write: neither for when the session was last used nor for counters.
#[tokio::test(flavor = "multi_thread")]
async fn reading_goes_on_while_another_process_holds_the_database() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let machine = app.machine(&key, "till").await;
    machine.begin().await;
    // Opens the repository: the one time that an upload waits for the database.
    assert_eq!(machine.put("data", b"first").await.0, 200);
    // Long enough that the session's last use is worth noting.
    app.advance(Duration::from_mins(5));

    let other = db::Database::open(app.database().url(), &control::MIGRATIONS).await.unwrap();
    let held = other.begin_in_turn("select last_number from change_counter where id = 1 for update").await.unwrap();
    let content = b"written while nothing can be stored";
    let begun = Instant::now();
    for path in ["/me", "/customers", &format!("/customers/{customer}"), "/devices", "/users"] {
        app.admin().get(path).await.is(200);
    }
    assert_eq!(machine.put("data", content).await.0, 200);
    let shown = app.admin().get(&format!("/devices/{}", machine.id)).await.is(200);
    assert!(begun.elapsed() < Duration::from_secs(3), "took {:?}", begun.elapsed());
    assert!(shown["used_bytes"].as_u64().unwrap() >= content.len() as u64, "{shown:#}");
    drop(held);

    // What was noted meanwhile is stored, and keeps the session alive over a restart.
    app.admin().get("/me").await.is(200);
    app.suspend(&customer, "stop_backups").await;
    app.finish().await;
}

#[tokio::test]
async fn what_has_ended_is_forgotten_and_nothing_else() {
    let mut app = App::start().await;
    let count = async |app: &App, table: &'static str| -> i64 {
        let mut conn = app.database().read().await.unwrap();
        conn.one(db::sql!["select count(*) from ", db::Raw(table)]).await.unwrap()
    };
    let body =
        json!({ "customer_id": app.provider().await, "email": "jo@example.com", "name": "Jo", "role": "supporter" });
    let user = crate::app::id(&app.admin().post("/users", &body).await.is(201));
    app.admin().act(&format!("/users/{user}/invitation")).await;
    app.client(ADMIN, crate::app::PASSWORD).await;
    assert_eq!(count(&app, "sessions").await, 2);
    app.advance(Duration::from_hours(11));
    // Used in time: it lives on, though nothing has been written at once.
    app.admin().get("/me").await.is(200);
    app.advance(Duration::from_hours(2));
    app.restart().await;
    app.settle().await;
    assert_eq!(count(&app, "sessions").await, 1, "the one that was used is kept");
    app.admin().get("/me").await.is(200);
    app.advance(Duration::from_hours(8 * 24));
    app.settle().await;
    for table in ["sessions", "invitations", "idempotent_answers"] {
        assert_eq!(count(&app, table).await, 0, "{table}");
    }
    app.finish().await;
}

/// A row that can't be read is named in the log; it stops neither the start nor anybody else, and what stands on it is
/// not admitted.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_cannot_be_read_stops_nobody_else() {
    let mut app = App::start().await;
    let (bad, good) = (app.end_customer("Bakery").await, app.end_customer("Mill").await);
    let (mut below_bad, mut below_good) =
        (app.machine(&app.pass_key(&bad).await, "till").await, app.machine(&app.pass_key(&good).await, "press").await);
    for machine in [&below_bad, &below_good] {
        machine.begin().await;
    }
    let set_level = async |app: &App, level: &'static str| {
        let mut tx = app.database().begin().await.unwrap();
        tx.exec(db::sql!["update customers set level = ", level, " where id = ", bad.as_str()]).await.unwrap();
        tx.commit().await.unwrap();
    };
    set_level(&app, "sideways").await;
    app.restart().await;
    below_bad.moved_to(app.address());
    below_good.moved_to(app.address());
    assert_eq!(below_good.put("data", b"goes on").await.0, 200);
    assert_eq!(below_bad.put("data", b"nobody knows").await.0, 503);
    assert_eq!(below_bad.read().await, 503);
    set_level(&app, "end_customer").await;
    app.restart().await;
    below_bad.moved_to(app.address());
    assert_eq!(below_bad.put("data", b"known again").await.0, 200);
    app.finish().await;
}
