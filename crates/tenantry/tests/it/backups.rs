//! What is known of backups that came and of those that didn't: the trail of refusals, the last nights, and the answer to
//! why there was none.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::{ADMIN, App, PASSWORD, id};
use crate::client::{Client, with};
use crate::machine::Machine;
use crate::process::{Noise, Release, Restic};

const DAY: Duration = Duration::from_hours(24);

async fn history(client: &Client, device: &str) -> Value {
    client.get(&format!("/devices/{device}/history")).await.is(200)
}

async fn state_of(client: &Client, path: &str) -> Value {
    client.get(path).await.is(200)["backup_state"].clone()
}

/// Lets days pass, after which everybody has to sign in again.
async fn pass(app: &App, time: Duration) {
    app.advance(time);
    app.admin().sign_in(ADMIN, PASSWORD).await.is(201);
}

/// A machine's own restic.
fn restic(machine: &Machine) -> Restic {
    let rest = machine.url.strip_prefix("http://").unwrap();
    Restic::at(Release::Debian13, &format!("rest:http://{}:{}@{rest}", machine.username, machine.password))
}

fn words(state: &Value) -> (&str, &str) {
    (state["code"].as_str().unwrap(), state["detail"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_restic_prints_stands_in_the_trail_and_the_next_backup_is_the_end_of_it() {
    let mut app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let key = app.pass_key(&customer).await;
    let mut machine = app.machine(&key, "till").await;
    let (device, owner) = (format!("/devices/{}", machine.id), format!("/customers/{customer}"));
    assert_eq!(words(&state_of(app.admin(), &device).await).0, "never_connected");
    assert_eq!(state_of(app.admin(), &owner).await["needs_attention"], false, "it is new");
    let tree = tempfile::tempdir().unwrap();
    std::fs::write(tree.path().join("file"), Noise::new(1).bytes(300_000)).unwrap();
    let tree = tree.path().to_str().unwrap();
    machine.begin().await;
    let client = restic(&machine);
    client.pass(&["init"]).await;
    assert_eq!(words(&state_of(app.admin(), &device).await).0, "never_backed_up");
    let totals = app.admin().get(&owner).await.is(200)["totals"].clone();
    assert_eq!((&totals["devices"], &totals["devices_without_backup"]), (&json!(1), &json!(1)));
    client.pass(&["backup", tree]).await;
    // Right at once, whether or not anything has been stored yet.
    assert_eq!(words(&state_of(app.admin(), &device).await), ("well", "Backups arrive."));
    assert_eq!(words(&state_of(app.admin(), &owner).await), ("well", "Backups arrive."));
    let seen = history(app.admin(), &machine.id).await;
    assert_eq!(seen["backups"].as_array().unwrap().len(), 1, "{seen:#}");
    assert!(seen["backups"][0]["added_bytes"].as_i64().unwrap() > 300_000, "{seen:#}");
    assert_eq!(app.admin().get(&owner).await.is(200)["totals"]["devices_without_backup"], 0);

    let mia = app.person(&app.provider().await, "administrator", "second@example.com").await;
    let suspension = json!({ "reason": "Unpaid", "mode": "stop_backups", "public_message": "Ask Example IT" });
    mia.post(&format!("{owner}/suspend"), &suspension).await.is(200);
    let sentence = "Customer Bakery is suspended: Ask Example IT";
    for run in 0..2 {
        pass(&app, DAY).await;
        std::fs::write(format!("{tree}/more{run}"), Noise::new(run + 2).bytes(100_000)).unwrap();
        client.refused(&["backup", tree], sentence).await;
        client.run(&["unlock"]).await;
        app.settle().await;
    }
    let seen = history(app.admin(), &machine.id).await;
    let refusals = seen["refusals"].as_array().unwrap();
    // restic also tries to remove what it could not store.
    let uploads: Vec<&Value> = refusals.iter().filter(|refusal| refusal["operation"] == "upload").collect();
    let [kept] = uploads[..] else { panic!("{seen:#}") };
    assert_eq!((&kept["sentence"], &kept["code"]), (&json!(sentence), &json!("customer_suspended")), "{seen:#}");
    assert_eq!(kept["count"], 2, "{seen:#}");
    assert_eq!(kept["address"], "127.0.0.1");
    let outcomes: Vec<&str> =
        seen["days"].as_array().unwrap().iter().map(|day| day["outcome"].as_str().unwrap()).collect();
    assert_eq!((outcomes.len(), &outcomes[11..]), (14, &["done", "refused", "refused"][..]));
    assert!(outcomes[..11].iter().all(|outcome| *outcome == "absent"), "{outcomes:?}");
    let state = state_of(app.admin(), &device).await;
    assert_eq!(words(&state), ("suspended", "Backups are stopped: Bakery is suspended."));
    assert_eq!((&state["suspended_by"], &state["cause"]), (&json!("second@example.com"), &json!(customer)));
    assert_eq!(state["action"], "activate");
    assert!(state["since"].is_string());

    // What was kept outlives the process.
    app.restart().await;
    assert_eq!(history(app.admin(), &machine.id).await["refusals"], seen["refusals"]);
    machine.moved_to(app.address());
    app.activate(&customer).await;
    let state = state_of(app.admin(), &device).await;
    assert_eq!(state["code"], "refused", "nothing has come since");
    assert_eq!(state["detail"], format!("The last backup was refused: {sentence}."));
    assert_eq!(state_of(app.admin(), &owner).await["device_id"], machine.id.as_str());
    machine.reads(200).await;
    restic(&machine).pass(&["backup", tree]).await;
    assert_eq!(state_of(app.admin(), &device).await["code"], "well");
    assert_eq!(state_of(app.admin(), &owner).await["code"], "well");
    pass(&app, 3 * DAY).await;
    assert_eq!(words(&state_of(app.admin(), &device).await), ("silent", "No backup has arrived for 3 days."));
    assert_eq!(words(&state_of(app.admin(), &owner).await), ("silent", "till has sent no backup for three days."));
    app.finish().await;
}

#[tokio::test]
async fn a_flood_of_refusals_leaves_a_few_lines() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    app.suspend(&customer, "full_stop").await;
    machine.reads(403).await;
    let changes =
        || async { app.admin().get(&format!("/customers/{customer}/changes")).await.is(200)["total"].clone() };
    let before = changes().await;
    for round in 0..60 {
        let sent = futures_util::future::join_all((0..8).map(|n| {
            let machine = machine.clone();
            async move {
                match n % 3 {
                    0 => machine.put("data", format!("{round} {n}").as_bytes()).await.0,
                    1 => machine.read().await,
                    _ => {
                        let path = format!("data/{}", "0".repeat(64));
                        machine.request(reqwest::Method::DELETE, &path, Vec::new()).await.status().as_u16()
                    }
                }
            }
        }));
        assert!(sent.await.iter().all(|status| *status == 403));
    }
    app.settle().await;
    let seen = history(app.admin(), &machine.id).await;
    let refusals = seen["refusals"].as_array().unwrap();
    assert_eq!(refusals.len(), 3, "{seen:#}");
    assert!(refusals.iter().all(|refusal| refusal["count"] == 1), "they were one try: {seen:#}");
    let requests: u64 = refusals.iter().map(|refusal| refusal["requests"].as_u64().unwrap()).sum();
    assert!(requests >= 480, "{requests}");
    assert_eq!(changes().await, before, "no command and no entry follows from a refusal");
    app.finish().await;
}

#[tokio::test]
async fn wrong_passwords_are_told_to_those_who_see_the_device_and_to_nobody_else() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    let mut wrong = machine.clone();
    wrong.password = "nonsense".to_owned();
    let mut unknown = wrong.clone();
    unknown.username = "dev_00000000000000000000000001".to_owned();
    let answers = [wrong.put("data", b"x").await, unknown.put("data", b"x").await];
    assert_eq!(answers[0], answers[1], "nobody learns which of them exists");
    assert_eq!(answers[0], (401, Some("credentials_required".to_owned())));
    app.settle().await;
    let seen = history(app.admin(), &machine.id).await;
    assert_eq!(seen["refusals"][0]["operation"], "sign_in", "{seen:#}");
    assert_eq!(seen["refusals"][0]["sentence"], "User name or password is wrong");
    let state = state_of(app.admin(), &format!("/devices/{}", machine.id)).await;
    assert_eq!(words(&state), ("wrong_password", "The device tries to sign in with a wrong password."));
    assert_eq!(state["action"], "issue_credentials");
    app.finish().await;
}

#[tokio::test]
async fn a_trail_is_seen_where_its_device_is_and_a_suspension_above_stays_unnamed() {
    let app = App::start().await;
    let provider = app.provider().await;
    let distributor = app.customer(&provider, "distributor", "Secret Distributor").await;
    let reseller = app.customer(&distributor, "reseller", "Reseller").await;
    let customer = app.customer(&reseller, "end_customer", "Bakery").await;
    let other = app.end_customer("Other").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    let boss = app.person(&reseller, "administrator", "boss@reseller.example").await;
    let own = app.person(&customer, "customer", "own@bakery.example").await;
    let stranger = app.person(&other, "administrator", "stranger@other.example").await;
    let path = format!("/devices/{}/history", machine.id);
    stranger.get(&path).await.refused(404, "not_found");
    app.nobody().get(&path).await.refused(401, "sign_in_required");
    own.get(&path).await.is(200);
    boss.get(&with(&path, &[("days", "61")])).await.invalid(&[("days", "out_of_range")]);
    assert_eq!(boss.get(&with(&path, &[("days", "60")])).await.is(200)["days"].as_array().unwrap().len(), 60);
    app.admin().get("/devices/dev_x/history").await.refused(404, "not_found");

    app.suspend(&distributor, "full_stop").await;
    let device = format!("/devices/{}", machine.id);
    for client in [&boss, &own] {
        for path in [&device, &format!("/customers/{customer}")] {
            let state = state_of(client, path).await;
            assert_eq!(words(&state), ("suspended", "Backups and restores are stopped by a suspension above."));
            assert!(!state.to_string().contains("istributor") && !state.to_string().contains("mia@"), "{state}");
            for hidden in ["since", "cause", "cause_name", "suspended_by", "action"] {
                assert_eq!(state[hidden], Value::Null, "{hidden}");
            }
        }
    }
    let state = state_of(app.admin(), &device).await;
    assert_eq!(
        (&state["cause_name"], &state["suspended_by"]),
        (&json!("Secret Distributor"), &json!("mia@example.com"))
    );
    app.activate(&distributor).await;

    // Its own people read that it is suspended where, and not by whom.
    boss.post(&format!("/customers/{customer}/suspend"), &json!({ "reason": "Unpaid", "mode": "stop_backups" }))
        .await
        .is(200);
    let state = state_of(&own, &device).await;
    assert_eq!((&state["cause_name"], &state["suspended_by"]), (&json!("Bakery"), &Value::Null));
    let shown = own.get(&format!("/customers/{customer}")).await.is(200);
    assert_eq!(shown["suspension"]["by"], Value::Null);
    assert_eq!(state_of(&boss, &device).await["suspended_by"], "boss@reseller.example");
    app.finish().await;
}

#[tokio::test]
async fn devices_without_a_backup_and_refused_ones_are_counted_found_and_sorted_by() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let empty = app.end_customer("Empty").await;
    let key = app.pass_key(&customer).await;
    let mut machines = Vec::new();
    for name in ["one", "two", "three", "four"] {
        machines.push(app.machine(&key, name).await);
    }
    let snapshot = async |machine: &Machine, what: &[u8]| assert_eq!(machine.put("snapshots", what).await.0, 200);
    for machine in &machines {
        machine.begin().await;
    }
    assert_eq!(words(&state_of(app.admin(), &format!("/customers/{empty}")).await).0, "no_device");
    snapshot(&machines[0], b"1").await;
    snapshot(&machines[1], b"2").await;
    snapshot(&machines[1], b"3").await;
    let found = async |noun: &str, filter: &str| {
        let page = app.admin().get(&with(&format!("/{noun}"), &[("filter", filter)])).await.is(200);
        page["items"].as_array().unwrap().iter().map(id).collect::<Vec<String>>()
    };
    for stored in [false, true] {
        if stored {
            app.settle().await;
        }
        let shown = app.admin().get(&format!("/customers/{customer}")).await.is(200);
        assert_eq!(shown["totals"]["devices_without_backup"], 2);
        let filter = "level == end_customer and totals.devices_without_backup == 2";
        assert_eq!(found("customers", filter).await, std::slice::from_ref(&customer), "stored: {stored}");
        assert_eq!(found("customers", "totals.devices_without_backup == 4").await, Vec::<String>::new());
    }
    pass(&app, 2 * DAY).await;
    snapshot(&machines[0], b"4").await;
    let state = state_of(app.admin(), &format!("/customers/{customer}")).await;
    assert_eq!(words(&state), ("never_backed_up", "2 of 4 devices have no backup yet."));
    assert_eq!((&state["devices"], &state["needs_attention"]), (&json!(2), &json!(true)));

    app.suspend(&customer, "stop_backups").await;
    machines[2].uploads(403).await;
    app.settle().await;
    assert_eq!(found("devices", "last_refused_at > now-1d").await, [machines[2].id.clone()]);
    assert_eq!(
        found("customers", "level == end_customer and last_refused_at > now-1d").await,
        std::slice::from_ref(&customer)
    );
    for sort in ["-devices_without_backup", "-last_refused_at"] {
        let page = app.admin().get(&with("/customers", &[("sort", sort), ("level", "end_customer")])).await.is(200);
        assert_eq!(id(&page["items"][0]), customer, "{sort}");
    }
    app.activate(&customer).await;
    let state = state_of(app.admin(), &format!("/customers/{customer}")).await;
    assert_eq!(words(&state).0, "refused");
    assert_eq!(words(&state).1, "The last backup of three was refused: Customer Bakery is suspended.");
    app.finish().await;
}

#[tokio::test]
async fn a_page_that_is_open_hears_of_a_refusal() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    app.suspend(&customer, "full_stop").await;
    machine.reads(403).await;
    app.settle().await;
    let mut events = app.admin().request(reqwest::Method::GET, "/feed").events().await;
    assert!(events.next_of("ready").await.is_some());
    // The first word says that anything may be another.
    assert_eq!(events.next_of("usage").await.unwrap()["paths"], Value::Null);
    let begun = std::time::Instant::now();
    machine.reads(403).await;
    let told = events.next_of("usage").await.unwrap();
    assert!(told["paths"][0].as_str().unwrap().contains(&customer), "{told}");
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    drop(events);
    app.finish().await;
}

#[tokio::test]
async fn a_list_tells_where_a_machine_should_have_backed_up_by_now() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let site = app.site(&customer, "hq").await;
    let reseller = app.id_of("Reseller of Bakery").await;
    let (old, new) = (app.machine(&app.pass_key(&site).await, "old").await, app.pass_key(&customer).await);
    let overdue = async || {
        let list = app.admin().get(&format!("/customers?under={reseller}&limit=10")).await.is(200);
        let of = |id: &str| {
            let rows = list["items"].as_array().unwrap();
            rows.iter().find(|row| row["id"] == *id).unwrap()["backup_overdue"].clone()
        };
        (of(&customer), of(&site), of(&reseller))
    };
    assert_eq!(overdue().await, (json!(false), json!(false), Value::Null), "it has only just come");
    app.advance(Duration::from_hours(25));
    app.sign_in_again().await;
    app.machine(&new, "new").await;
    assert_eq!(overdue().await, (json!(true), json!(true), Value::Null));
    app.suspend(&customer, "stop_backups").await;
    assert_eq!(overdue().await, (json!(false), json!(false), Value::Null), "it may not back up");
    app.activate(&customer).await;
    old.begin().await;
    assert_eq!(old.put("snapshots", b"first").await.0, 200);
    assert_eq!(overdue().await, (json!(false), json!(false), Value::Null), "whether that is stored or not");
    app.settle().await;
    assert_eq!(overdue().await, (json!(false), json!(false), Value::Null));
    app.finish().await;
}
