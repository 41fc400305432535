//! Moving customers: what goes along, what stays with those they stood under, and everything that is in the way.

use serde_json::{Value, json};

use crate::app::{App, PROVIDER, id};
use crate::client::{Client, with};

/// Two resellers, the first with a bakery that has a site and a machine which has backed up.
struct Town {
    provider: String,
    old: String,
    new: String,
    bakery: String,
    site: String,
    machine: crate::machine::Machine,
}

async fn town(app: &App) -> Town {
    let provider = app.provider().await;
    let distributor = app.customer(&provider, "distributor", "North").await;
    let old = app.customer(&distributor, "reseller", "Old IT").await;
    let new = app.customer(&provider, "reseller", "New IT").await;
    let bakery = app.customer(&old, "end_customer", "Bakery").await;
    let site = app.site(&bakery, "hq").await;
    let key = app.pass_key(&bakery).await;
    let machine = app.machine(&key, "till").await;
    machine.begin().await;
    assert_eq!(machine.put("data", &[7; 5000]).await.0, 200);
    assert_eq!(machine.put("snapshots", b"the first").await.0, 200);
    app.settle().await;
    Town { provider, old, new, bakery, site, machine }
}

async fn totals(client: &Client, customer: &str) -> Value {
    client.get(&format!("/customers/{customer}")).await.is(200)["totals"].clone()
}

async fn actions(client: &Client, customer: &str) -> Vec<Value> {
    client.all(&format!("/customers/{customer}/changes?sort=at")).await
}

#[tokio::test]
async fn a_customer_moves_with_all_that_is_below_and_backups_go_on() {
    let app = App::start().await;
    let Town { provider, old, new, bakery, site, machine } = town(&app).await;
    // A second one stays, with an older backup.
    let mill = app.customer(&old, "end_customer", "Mill").await;
    let other = app.machine(&app.pass_key(&mill).await, "saw").await;
    other.begin().await;
    let (all, theirs) = (totals(app.admin(), &provider).await, totals(app.admin(), &old).await);
    assert_eq!((&theirs["customers"], &theirs["sites"], &theirs["devices"]), (&json!(2), &json!(1), &json!(2)));

    let path = format!("/customers/{bakery}/move");
    let body = json!({ "parent_id": new, "reason": "They sold their customers" });
    let would = app.admin().post(&format!("{path}?dry_run=true"), &body).await.is(200);
    assert_eq!((&would["changes"], &would["dry_run"], &would["blockers"]), (&json!(true), &json!(true), &json!([])));
    assert_eq!(would["parent_id"], json!(old), "nothing has changed");

    // Somebody is in the middle of a backup, and isn't cut.
    let held = app.control().grants.find(&machine.username).unwrap();
    let moved = app.admin().post(&path, &body).await.is(200);
    assert_eq!((&moved["changes"], &moved["parent_id"]), (&json!(true), &json!(new)));
    assert_eq!(moved["path"], json!(format!("{provider}/{new}/{bakery}/")));
    assert!(!held.withdrawn().is_cancelled());
    assert_eq!(machine.put("data", &[8; 3000]).await.0, 200);
    app.settle().await;

    let now = totals(app.admin(), &new).await;
    assert_eq!((&now["customers"], &now["sites"], &now["devices"]), (&json!(1), &json!(1), &json!(1)));
    assert!(now["used_bytes"].as_i64().unwrap() >= 8000);
    let left = totals(app.admin(), &old).await;
    assert_eq!((&left["customers"], &left["sites"], &left["devices"]), (&json!(1), &json!(0), &json!(1)));
    let after = totals(app.admin(), &provider).await;
    assert_eq!((&after["customers"], &after["devices"]), (&all["customers"], &all["devices"]));
    let below = app.admin().get(&with("/customers", &[("under", &new)])).await.is(200);
    assert!(below["items"].as_array().unwrap().iter().any(|row| row["id"] == json!(site)));
    let devices = app.admin().get(&with("/devices", &[("under", &new)])).await.is(200);
    assert_eq!(devices["total"], 1);
    let row = app.admin().get(&format!("/customers/{old}")).await.is(200);
    assert_eq!(row["last_backup_at"], Value::Null, "the newest backup has gone with its machine");

    // To where it stands it isn't moved once more.
    let again = app.admin().post(&path, &body).await.is(200);
    assert_eq!((&again["changes"], &again["version"]), (&json!(false), &moved["version"]));
    app.finish().await;
}

#[tokio::test]
async fn each_side_keeps_its_history_and_learns_nothing_of_the_other() {
    let app = App::start().await;
    let Town { old, new, bakery, machine, .. } = town(&app).await;
    let old_boss = app.person(&old, "administrator", "boss@old.example").await;
    let new_boss = app.person(&new, "administrator", "boss@new.example").await;
    let own = app.person(&bakery, "administrator", "own@bakery.example").await;
    // Before it moves its own people do something, and those above it.
    own.edit(&format!("/customers/{bakery}"), &json!({ "profile": { "phone": "1" } })).await.is(200);
    old_boss.edit(&format!("/customers/{bakery}"), &json!({ "profile": { "phone": "2" } })).await.is(200);
    let body = json!({ "parent_id": new, "reason": "They sold their customers" });
    app.admin().post(&format!("/customers/{bakery}/move"), &body).await.is(200);

    old_boss.get(&format!("/customers/{bakery}")).await.refused(404, "not_found");
    old_boss.get(&format!("/devices/{}", machine.id)).await.refused(404, "not_found");
    let of = |log: &[Value], subject: &str| -> Vec<String> {
        let rows = log.iter().filter(|row| row["subject_id"] == json!(subject));
        rows.map(|row| row["action"].as_str().unwrap().to_owned()).collect()
    };
    let log = actions(&old_boss, &old).await;
    let edited = "customer.updated";
    assert_eq!(of(&log, &bakery), ["customer.created", edited, edited, "customer.moved_away"]);
    assert!(of(&log, &machine.id).contains(&"device.registered".to_owned()));
    assert!(!json!(log).to_string().contains(&new), "{log:#?}");

    let log = actions(&new_boss, &bakery).await;
    assert_eq!(of(&log, &bakery), ["customer.created", edited, edited, "customer.moved"]);
    assert!(of(&log, &machine.id).contains(&"device.registered".to_owned()), "what was before is found too");
    let (text, arrived) = (json!(log).to_string(), log.iter().find(|row| row["action"] == "customer.moved").unwrap());
    assert!(!text.contains("Old IT") && !arrived.to_string().contains(&old), "{arrived:#}");
    assert_eq!(arrived["after"]["parent_id"], json!(new));
    assert_eq!(arrived["after"]["reason"], Value::Null, "the provider's reason is the provider's");
    // At its new place it is part of the history there, from now on.
    assert_eq!(of(&actions(&new_boss, &new).await, &bakery), ["customer.moved"]);

    // Who was who is told as it was before.
    let own_id = own.get("/me").await.is(200)["id"].clone();
    for reader in [&own, &new_boss] {
        let log = actions(reader, &bakery).await;
        let edits = log.iter().filter(|row| row["action"] == edited);
        let who: Vec<_> = edits.map(|row| (&row["actor"]["kind"], &row["actor"]["name"])).collect();
        assert_eq!(who.len(), 2, "{who:?}");
        let shown = log.iter().find(|row| row["action"] == edited && row["actor"]["kind"] == "user").unwrap();
        assert_eq!(shown["actor"]["id"], own_id, "its own, not those it stood under");
        let hidden = log.iter().find(|row| row["action"] == edited && row["actor"]["kind"] == "above").unwrap();
        assert_eq!(
            (&hidden["actor"]["id"], &hidden["actor"]["name"], &hidden["address"]),
            (&Value::Null, &Value::Null, &Value::Null)
        );
        let export = format!("/customers/{bakery}/changes/export?format=jsonl");
        let lines = reader.get(&export).await.body.as_str().unwrap().to_owned();
        assert!(lines.contains("customer.created") && !lines.contains("Old IT") && !lines.contains(&old), "{lines}");
        let path = format!("/customers/{bakery}/changes");
        let above = with(&path, &[("filter", "action == customer.updated and actor.kind == above")]);
        assert_eq!(reader.get(&above).await.is(200)["total"], 1);
    }
    let log = actions(&own, &bakery).await;
    let arrived = log.iter().find(|row| row["action"] == "customer.moved").unwrap();
    assert!(!arrived.to_string().contains(&new) && !arrived.to_string().contains("New IT"), "{arrived:#}");
    let whole = actions(app.admin(), &bakery).await;
    let arrived = whole.iter().find(|row| row["action"] == "customer.moved").unwrap();
    assert_eq!(
        (&arrived["before"]["parent_name"], &arrived["after"]["parent_name"]),
        (&json!("Old IT"), &json!("New IT"))
    );
    assert_eq!(arrived["after"]["reason"], "They sold their customers");
    // Its own people stay where they are.
    own.get(&format!("/customers/{bakery}")).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn everything_in_the_way_is_named_at_once() {
    let app = App::start().await;
    let Town { provider, old, new, bakery, site, .. } = town(&app).await;
    let blocked = async |customer: &str, parent: &str| -> Vec<String> {
        let (path, body) = (format!("/customers/{customer}/move"), json!({ "parent_id": parent }));
        let would = app.admin().post(&format!("{path}?dry_run=true"), &body).await.is(200);
        let foretold: Vec<_> = would["blockers"].as_array().unwrap().iter().map(|row| row["code"].clone()).collect();
        let answer = app.admin().post(&path, &body).await;
        assert_eq!((answer.status, &answer.body["code"]), (409, &json!("move_blocked")), "{:#}", answer.body);
        let errors = answer.body["errors"].as_array().unwrap();
        assert!(errors.iter().all(|error| error["field"] == "parent_id"));
        let told: Vec<_> = errors.iter().map(|error| error["code"].clone()).collect();
        assert_eq!(told, foretold);
        told.iter().map(|code| code.as_str().unwrap().to_owned()).collect()
    };
    app.admin().edit(&format!("/customers/{new}"), &json!({ "max_devices": 0 })).await.is(200);
    app.suspend(&new, "stop_backups").await;
    assert_eq!(blocked(&bakery, &new).await, ["parent_suspended", "client_limit_reached"]);
    assert_eq!(blocked(&bakery, &provider).await, ["parent_level_not_allowed"]);
    assert_eq!(blocked(&bakery, &site).await, ["cycle", "parent_level_not_allowed"]);
    assert_eq!(blocked(&old, &old).await, ["cycle", "parent_level_not_allowed"]);
    assert_eq!(blocked(&site, &new).await, ["site_stays", "parent_suspended", "client_limit_reached"][..2]);
    let default = id(&app
        .admin()
        .get("/customers?filter=is_default+%3D%3D+true+and+level+%3D%3D+reseller")
        .await
        .is(200)["items"][0]);
    let distributor = app.id_of("North").await;
    assert_eq!(blocked(&default, &distributor).await, ["default_protected"]);
    // The limit counts only where something is added.
    app.activate(&new).await;
    app.admin().edit(&format!("/customers/{new}"), &json!({ "max_devices": 1 })).await.is(200);
    let path = format!("/customers/{bakery}/move");
    app.admin().post(&path, &json!({ "parent_id": new })).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn it_takes_the_right_at_both_parents_and_the_version() {
    let app = App::start().await;
    let Town { provider, old, new, bakery, .. } = town(&app).await;
    let second = app.customer(&app.id_of("North").await, "reseller", "Second").await;
    let boss = app.person(&old, "administrator", "boss@old.example").await;
    let help = app.person(&app.id_of("North").await, "supporter", "help@north.example").await;
    let north = app.person(&app.id_of("North").await, "administrator", "boss@north.example").await;
    let path = format!("/customers/{bakery}/move");
    // It doesn't see the other reseller at all; what it stands at itself isn't its own to move.
    let unseen = boss.post(&path, &json!({ "parent_id": new })).await;
    assert_eq!((unseen.status, &unseen.body["errors"][0]["code"]), (422, &json!("parent_not_found")));
    boss.post(&format!("/customers/{old}/move"), &json!({ "parent_id": old })).await.refused(403, "forbidden");
    help.post(&path, &json!({ "parent_id": second })).await.refused(403, "forbidden");
    app.admin()
        .post(&format!("/customers/{provider}/move"), &json!({ "parent_id": old }))
        .await
        .refused(403, "forbidden");
    let stranger = app.person(&new, "administrator", "boss@new.example").await;
    stranger.post(&path, &json!({ "parent_id": new })).await.refused(404, "not_found");
    let stale = north.request(reqwest::Method::POST, &path).header("if-match", "\"77\"");
    stale.json(&json!({ "parent_id": second })).send().await.refused(412, "version_stale");
    north.post(&path, &json!({ "parent_id": second })).await.is(200);
    boss.get(&format!("/customers/{bakery}")).await.refused(404, "not_found");
    app.finish().await;
}

#[tokio::test]
async fn what_holds_above_is_left_behind_and_what_was_laid_on_it_goes_along() {
    let app = App::start().await;
    let Town { old, new, bakery, site, machine, .. } = town(&app).await;
    app.suspend(&site, "full_stop").await;
    app.suspend(&old, "stop_backups").await;
    machine.uploads(403).await;
    let path = format!("/customers/{bakery}/move");
    app.admin().post(&path, &json!({ "parent_id": new })).await.is(200);
    machine.uploads(200).await;
    let state = async |customer: &str| {
        app.admin().get(&format!("/customers/{customer}")).await.is(200)["effective_state"]["mode"].clone()
    };
    assert_eq!(state(&bakery).await, Value::Null);
    assert_eq!(state(&site).await, json!("full_stop"));
    // Back under what is suspended it can't go.
    let answer = app.admin().post(&path, &json!({ "parent_id": old })).await;
    assert_eq!(answer.body["errors"][0]["code"], "parent_suspended");
    app.finish().await;
}

#[tokio::test]
async fn whole_resellers_move_between_distributors() {
    let app = App::start().await;
    let Town { provider, old, machine, .. } = town(&app).await;
    let south = app.customer(&provider, "distributor", "South").await;
    let north = app.id_of("North").await;
    app.admin().post(&format!("/customers/{old}/move"), &json!({ "parent_id": south })).await.is(200);
    assert_eq!(totals(app.admin(), &north).await["customers"], 0);
    assert_eq!(totals(app.admin(), &south).await["customers"], 2);
    assert_eq!(machine.put("data", &[1; 100]).await.0, 200);
    let device = app.admin().get(&format!("/devices/{}", machine.id)).await.is(200);
    let names: Vec<_> =
        device["ancestors"].as_array().unwrap().iter().map(|node| node["company_name"].clone()).collect();
    assert_eq!(names, [PROVIDER, "South", "Old IT", "Bakery"]);
    app.finish().await;
}

#[tokio::test]
async fn what_it_was_on_a_day_is_told_by_what_was_done_since() {
    let app = App::start().await;
    let Town { provider, old, new, bakery, .. } = town(&app).await;
    let day = || app.now().strftime("%Y-%m-%d").to_string();
    let next = async || {
        app.advance(std::time::Duration::from_hours(24));
        app.sign_in_again().await;
    };
    let path = format!("/customers/{bakery}");
    let first = day();
    next().await;
    app.admin().edit(&path, &json!({ "company_name": "Bakery Jones", "kind": "managed" })).await.is(200);
    app.suspend(&old, "full_stop").await;
    let second = day();
    next().await;
    app.activate(&old).await;
    app.suspend(&bakery, "stop_backups").await;
    app.admin().post(&format!("{path}/move"), &json!({ "parent_id": new })).await.is(200);
    let third = day();
    let then =
        async |client: &Client, day: &str| client.get(&format!("{path}?as_of={day}")).await.is(200)["then"].clone();
    let told = |then: &Value| {
        let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        [
            &then["company_name"],
            &then["parent_name"],
            &then["account_state"],
            &then["effective_state"]["mode"],
            &then["kind"],
        ]
        .map(text)
        .join(" | ")
    };
    assert_eq!(told(&then(app.admin(), &first).await), "Bakery | Old IT | active | - | -");
    let was = then(app.admin(), &second).await;
    assert_eq!(told(&was), "Bakery Jones | Old IT | active | full_stop | managed");
    assert_eq!(was["effective_state"]["cause"], json!(old));
    assert_eq!(told(&then(app.admin(), &third).await), "Bakery Jones | New IT | suspended | stop_backups | managed");
    // Whoever looks after it now is not told under whom it stood, nor who stopped it there.
    let boss = app.person(&new, "administrator", "boss@new.example").await;
    let was = then(&boss, &second).await;
    assert_eq!((&was["parent_id"], &was["effective_state"]["cause"]), (&Value::Null, &Value::Null));
    assert_eq!(was["effective_state"]["mode"], "full_stop");
    let ask = async |day: &str| app.admin().get(&format!("{path}?as_of={day}")).await;
    ask("yesterday").await.invalid(&[("as_of", "invalid")]);
    ask("2001-01-01").await.invalid(&[("as_of", "out_of_range")]);
    ask("2999-01-01").await.invalid(&[("as_of", "out_of_range")]);
    assert!(app.admin().get(&format!("/customers/{provider}")).await.is(200).get("then").is_none());
    app.finish().await;
}
