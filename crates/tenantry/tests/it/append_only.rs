//! Append-only backups with the real restic: backing up passes, deleting is refused with our sentence and is told as a
//! threat, a window lets it through, and how soon a change reaches the gateway.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use crate::app::App;
use crate::process::{Release, Restic, Server, until};

const SENTENCE: &str = "These backups are append-only: nothing is deleted";

#[tokio::test(flavor = "multi_thread")]
async fn restic_backs_up_and_deletes_nothing_but_in_a_window() {
    let (server, admin) = Server::start().await;
    let family = admin.family("Acme").await;
    let restic = Restic::of(Release::Debian13, &family.device);
    let home = tempfile::tempdir().unwrap();
    let backup = async |text: &str| {
        std::fs::write(home.path().join("file"), text.repeat(1000)).unwrap();
        restic.pass(&["backup", home.path().to_str().unwrap()]).await;
    };
    restic.pass(&["init"]).await;
    backup("one").await;
    backup("two").await;
    let put = async |path: &str, value: Value| {
        let (status, answer) = admin.send("PUT", path, Some(&json!({ "value": value }))).await;
        assert_eq!(status, 200, "{answer}");
    };
    let settings = format!("customers/{}/settings", family.reseller);
    put(&format!("{settings}/append_only"), json!(true)).await;
    backup("three").await;
    restic.pass(&["check"]).await;
    let said = restic.refused(&["forget", "--keep-last", "1", "--prune"], SENTENCE).await;
    assert!(said.contains(SENTENCE), "{said}");
    let snapshots = || async { restic.pass(&["snapshots", "--json"]).await.matches("short_id").count() };
    assert_eq!(snapshots().await, 3, "nothing is gone");
    let device = admin.get(&format!("devices/{}", family.device.id)).await;
    assert_eq!(device["backup_state"]["code"], "well", "that nothing was deleted is no missing backup: {device}");
    until("the tries are told", async || {
        let history = admin.get(&format!("devices/{}/history", family.device.id)).await;
        let refusal = &history["refusals"][0];
        refusal["code"] == "append_only" && refusal["operation"] == "delete" && refusal["sentence"] == SENTENCE
    })
    .await;
    until("the change log has them", async || {
        let log = admin.get(&format!("customers/{}/changes", family.customer)).await;
        log["items"].as_array().unwrap().iter().any(|entry| entry["action"] == "device.deletion_refused")
    })
    .await;

    until("it is a threat at everybody above", async || {
        let row = admin.get(&format!("customers/{}", family.reseller)).await;
        row["attention"]["threat"]["action_required"] == 1
    })
    .await;

    // In a window it goes through, and ends with it.
    #[expect(clippy::disallowed_methods, reason = "the server that is asked has the machine's time")]
    let until_then = (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(1)).to_string();
    put(&format!("{settings}/prune_window"), json!({ "until": until_then, "reason": "Yearly clean-up" })).await;
    restic.pass(&["forget", "--keep-last", "1", "--prune"]).await;
    assert_eq!(snapshots().await, 1);
    let (status, _) = admin.send("DELETE", &format!("{settings}/prune_window"), None).await;
    assert_eq!(status, 200);
    backup("four").await;
    // Without a prune restic prints it and calls it a success.
    let run = restic.run(&["forget", "--keep-last", "1"]).await;
    assert!(run.said.contains(SENTENCE), "{}", run.said);
    assert_eq!(snapshots().await, 2);
    // Inherited again there is nothing left of it, and the nearest says what holds.
    put(&format!("devices/{}/settings/append_only", family.device.id), json!(false)).await;
    restic.pass(&["forget", "--keep-last", "1", "--prune"]).await;
    restic.pass(&["check", "--read-data"]).await;
    admin.assert_used(&server, &family).await;
}

#[tokio::test]
async fn a_window_closes_by_itself() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let machine = app.machine(&key, "till").await;
    machine.begin().await;
    assert_eq!(machine.put("data", b"bytes").await.0, 200);
    let set = async |name: &str, value: Value| {
        let path = format!("/customers/{customer}/settings/{name}");
        app.admin().request(reqwest::Method::PUT, &path).json(&json!({ "value": value })).send().await.is(200)
    };
    set("append_only", json!(true)).await;
    let delete = async || {
        let answer = machine.request(reqwest::Method::DELETE, &format!("data/{}", "a".repeat(64)), Vec::new()).await;
        answer.status().as_u16()
    };
    assert_eq!(delete().await, 403, "a change is among the grants when it is answered");
    assert_eq!(machine.put("locks", b"lock").await.0, 200);
    set(
        "prune_window",
        json!({ "until": (app.now() + jiff::SignedDuration::from_hours(2)).to_string(), "reason": "Full" }),
    )
    .await;
    assert_eq!(delete().await, 200);
    app.advance(Duration::from_hours(2));
    assert_eq!(delete().await, 403, "without anybody's doing");
    app.sign_in_again().await;
    let effective = app.admin().get(&format!("/customers/{customer}/effective")).await.is(200);
    let window =
        effective["settings"].as_array().unwrap().iter().find(|setting| setting["name"] == "prune_window").unwrap();
    assert_eq!((&window["value"], &window["passed_over"][0]["why"]), (&Value::Null, &json!("not_applicable")));
    app.finish().await;
}

/// One row changes, whatever stands below it.
#[tokio::test]
async fn a_change_far_above_reaches_a_device_at_once() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let machine = app.machine(&key, "till").await;
    machine.begin().await;
    let provider = app.provider().await;
    for round in 0..5 {
        let is_on = round % 2 == 0;
        let path = format!("/customers/{provider}/settings/append_only");
        let begun = Instant::now();
        app.admin().request(reqwest::Method::PUT, &path).json(&json!({ "value": is_on })).send().await.is(200);
        let answer = machine.request(reqwest::Method::DELETE, &format!("data/{}", "a".repeat(64)), Vec::new()).await;
        assert_eq!(answer.status().as_u16(), if is_on { 403 } else { 200 });
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }
    app.finish().await;
}
