//! Jobs as the real restic makes them: what each was, what it moved, and why one didn't arrive.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use crate::app::App;
use crate::machine::Machine;
use crate::process::{Release, Restic, Server};
use crate::story::{Tree, write_tree};

/// What is told of each, the newest first.
fn told(jobs: &Value) -> Vec<(&str, &str)> {
    let items = jobs["items"].as_array().unwrap().iter();
    items.map(|job| (job["kind"].as_str().unwrap(), job["outcome"].as_str().unwrap_or("running"))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_restic_does_is_told_as_jobs() {
    let (server, admin) = Server::start().await;
    let family = admin.family("Acme").await;
    let restic = Restic::of(Release::Debian13, &family.device);
    let home = tempfile::tempdir().unwrap();
    let tree = home.path().join("tree");
    let path = tree.to_str().unwrap();
    let jobs = format!("devices/{}/jobs", family.device.id);
    let becomes = async |expected: &[(&str, &str)]| {
        let mut now = Value::Null;
        for _ in 0..200 {
            now = admin.get(&jobs).await;
            if told(&now) == expected {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        assert_eq!(told(&now), expected, "{now:#}");
        now["items"].clone()
    };
    write_tree(&tree, 5, &Tree { files: 20, bytes: 5_000_000 });
    restic.pass(&["init"]).await;
    restic.pass(&["snapshots"]).await;
    restic.pass(&["backup", path]).await;
    let first = &becomes(&[("backup", "completed")]).await[0];
    assert!(first["received_bytes"].as_i64().unwrap() > 4_000_000, "{first}");
    assert_eq!(
        (&first["snapshots"], &first["code"], &first["address"]),
        (&json!(1), &Value::Null, &json!("127.0.0.1"))
    );
    // One after the other without a pause, they are two all the same.
    restic.pass(&["backup", path]).await;
    restic.pass(&["restore", "latest", "--target", home.path().join("back").to_str().unwrap()]).await;
    let so_far = [("restore", "completed"), ("backup", "completed"), ("backup", "completed")];
    let restored = &becomes(&so_far).await[0];
    assert!(restored["sent_bytes"].as_i64().unwrap() > 4_000_000, "{restored}");
    restic.pass(&["forget", "--keep-last", "1"]).await;
    let deleted = &becomes(&[&[("delete", "completed")], &so_far[..]].concat()).await[0];
    assert_eq!(deleted["removed_files"], 1);

    admin.suspend(&family.reseller, "stop_backups", None).await;
    write_tree(&tree.join("more"), 6, &Tree { files: 5, bytes: 1_000_000 });
    restic.refused(&["backup", path], "is suspended").await;
    // One that had to be ended has left its lock behind.
    restic.pass(&["unlock", "--remove-all"]).await;
    let five = [&[("backup", "refused"), ("delete", "completed")], &so_far[..]].concat();
    let refused = &becomes(&five).await[0];
    assert_eq!(refused["code"], "customer_suspended");
    assert!(refused["sentence"].as_str().unwrap().contains("Acme"), "{refused}");

    // They are listed for whoever stands above, filtered and sorted like everything else.
    let all = |query: &str| format!("jobs?under={}&{query}", family.reseller);
    let list = admin.get(&all("filter=outcome%20!%3D%20completed")).await;
    assert_eq!((told(&list), &list["total"]), (vec![("backup", "refused")], &json!(1)));
    assert_eq!(list["items"][0]["customer_name"], "hq", "the site");
    let list = admin.get(&all("sort=-started_at&limit=2")).await;
    assert_eq!((told(&list), &list["total"]), (five[..2].to_vec(), &json!(5)));
    let list = admin.get(&all("filter=received_bytes%20%3E%204MB%20and%20device_name%20~%20%22a%22")).await;
    assert_eq!(list["total"], 1);
    drop(server);
}

#[tokio::test]
async fn what_runs_is_told_and_what_the_end_interrupts_is_kept() {
    let mut app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let mut machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    assert_eq!(machine.put("locks", b"lock").await.0, 200);
    let jobs = format!("/devices/{}/jobs", machine.id);
    assert_eq!(app.admin().get(&jobs).await.is(200)["items"], json!([]), "nobody knows what it will be");
    assert_eq!(machine.put("data", &[7; 1000]).await.0, 200);
    let running = app.admin().get(&jobs).await.is(200)["items"][0].clone();
    assert_eq!(
        (&running["state"], &running["kind"], &running["id"]),
        (&json!("running"), &json!("backup"), &Value::Null)
    );
    assert_eq!((&running["received_bytes"], &running["customer_name"]), (&json!(1000), &json!("Bakery")));
    app.restart().await;
    let ended = app.admin().get(&jobs).await.is(200)["items"].clone();
    assert_eq!(ended.as_array().unwrap().len(), 1);
    assert_eq!((&ended[0]["state"], &ended[0]["outcome"]), (&json!("ended"), &json!("unfinished")));
    machine.moved_to(app.address());
    // Somebody else's are nobody's business.
    let other = app.reseller("Other").await;
    let north = app.person(&other, "administrator", "north@example.com").await;
    north.get(&jobs).await.is(404);
    assert_eq!(north.get("/jobs").await.is(200)["total"], 0);
    // They go with their device.
    app.admin().delete(&format!("/devices/{}?data=delete", machine.id)).await.is(200);
    app.finish().await;
}

#[tokio::test]
async fn old_ones_are_forgotten() {
    let app = App::start().await;
    let customer = app.end_customer("Bakery").await;
    let machine: Machine = app.machine(&app.pass_key(&customer).await, "till").await;
    machine.begin().await;
    assert_eq!(machine.put("data", &[7; 1000]).await.0, 200);
    app.advance(Duration::from_mins(3));
    let jobs = async || {
        app.settle().await;
        app.admin().sign_in(crate::app::ADMIN, crate::app::PASSWORD).await.is(201);
        app.admin().get("/jobs").await.is(200)["total"].clone()
    };
    assert_eq!(jobs().await, 1);
    app.advance(Duration::from_hours(24 * 93));
    assert_eq!(jobs().await, 0);
    app.finish().await;
}
