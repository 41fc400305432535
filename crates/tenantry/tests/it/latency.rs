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
    let median = took[took.len() / 2];
    // On a machine that is busy otherwise nothing can be said.
    if median < POLL / 10 {
        assert!(took[took.len() - 1] < POLL, "the median was {median:?}, the longest {:?}", took[took.len() - 1]);
    }
    app.finish().await;
}
