//! How long one person waits for answers on an empty installation.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::app::App;

/// How often the follower looks for commits of other processes. A command that waits for it must not wait for that.
const POLL: Duration = Duration::from_millis(400);

#[tokio::test(flavor = "multi_thread")]
async fn no_command_waits_for_a_poll() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let admin = app.admin();
    let mut took = Vec::new();
    for round in 0..20 {
        let path = format!("/customers/{customer}");
        let begun = Instant::now();
        admin.post(&format!("{path}/suspend"), &json!({ "reason": "Unpaid", "mode": "full_stop" })).await.is(200);
        took.push(begun.elapsed());
        let begun = Instant::now();
        admin.act(&format!("{path}/activate")).await.is(200);
        took.push(begun.elapsed());
        let begun = Instant::now();
        let machine = json!({ "pass_key": key, "name": format!("till {round}") });
        app.nobody().post("/devices/register", &machine).await.is(201);
        took.push(begun.elapsed());
    }
    took.sort_unstable();
    // One that waits for the poll takes nearly all of it, whenever it begins; so did every second one. On a machine that
    // is busy otherwise even the quickest says nothing.
    let waited = took.iter().filter(|took| **took > POLL / 2).count();
    assert!(took[0] > POLL / 4 || waited <= 3, "{waited} of {} took more than {:?}: {took:?}", took.len(), POLL / 2);
    app.finish().await;
}
