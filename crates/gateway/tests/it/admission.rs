//! Who is turned away, and how: read first, then refuse.

use std::time::Duration;

use api::grant::{DeviceEntry, Flag, OwnSettings};
use tokio::time::Instant;
use tree::Mode;

use crate::support::{Client, Reply, World, content, path, until};

const STOPPED: Option<(Mode, &str)> = Some((Mode::StopBackups, "unpaid. Ask Example IT"));

/// Begins an upload of a blob of 3 MB and sends the first half.
async fn half(world: &World, kind: &str) -> (Client, Vec<u8>) {
    let content = content(3_000_000);
    let mut client = world.connect().await;
    let length = content.len().to_string();
    client.send(1, "POST", &path(kind, &content), &[("Content-Length", &length)], None).await;
    client.raw(&content[..1_500_000]).await;
    until("the upload has begun", || world.temporaries() == 1).await;
    (client, content)
}

async fn other_half(client: &mut Client, content: &[u8]) -> Reply {
    client.raw(&content[1_500_000..]).await;
    client.reply("POST").await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_upload_is_cut_and_told_why_after_its_body() {
    let world = World::new().await;
    let (mut client, content) = half(&world, "data").await;
    world.stand(STOPPED);
    until("the temporary file is gone", || world.temporaries() == 0).await;
    let reply = other_half(&mut client, &content).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "customer_suspended"));
    assert_eq!(reply.reason, "Customer acme is suspended: unpaid. Ask Example IT");
    assert_eq!(world.get(&path("data", &content)).await.status, 404);
    // The connection has survived.
    client.send(1, "GET", "/restic/rep_1/data/", &[], None).await;
    assert_eq!(client.reply("GET").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cut_client_that_stops_sending_is_answered_all_the_same() {
    let world = World::new().await;
    let (mut client, _) = half(&world, "data").await;
    world.stand(STOPPED);
    let begun = std::time::Instant::now();
    let reply = client.reply("POST").await;
    assert_eq!(reply.status, 403);
    assert!(begun.elapsed() < Duration::from_secs(2), "{:?}", begun.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_changed_grant_that_still_allows_it_lets_an_upload_go_on() {
    let world = World::new().await;
    let (mut client, content) = half(&world, "data").await;
    world.stand(None);
    assert_eq!(world.temporaries(), 1, "what is allowed goes on");
    let reply = other_half(&mut client, &content).await;
    assert_eq!(reply.status, 200);
    assert!(world.get(&path("data", &content)).await.body == content);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_withdrawn_device_is_cut() {
    let world = World::new().await;
    let (mut client, content) = half(&world, "index").await;
    world.withdraw();
    until("the temporary file is gone", || world.temporaries() == 0).await;
    let reply = other_half(&mut client, &content).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "forbidden"));
    assert_eq!(world.get("/restic/rep_1/config").await.status, 401);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_with_new_credentials_is_cut() {
    let world = World::new().await;
    let (mut client, content) = half(&world, "data").await;
    let device = crate::support::device(1, 0);
    world.change(DeviceEntry { secret: [7; 32], ..device });
    let reply = other_half(&mut client, &content).await;
    assert_eq!((reply.status, reply.code().as_str()), (403, "forbidden"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_body_is_read_before_the_answer() {
    let world = World::new().await;
    world.stand(STOPPED);
    let content = content(40_000_000);
    for _ in 0..3 {
        // Deaf while it sends, as restic is.
        let mut client = world.connect().await;
        client.send(1, "POST", &path("data", &content), &[], Some(&content)).await;
        let reply = client.reply("POST").await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "customer_suspended"));
        client.send(1, "HEAD", "/restic/rep_1/config", &[], None).await;
        assert_eq!(client.reply("HEAD").await.status, 404, "on the same connection");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_leave_to_send_is_refused_at_once() {
    let world = World::new().await;
    world.stand(STOPPED);
    let headers = [("Content-Length", "1000000"), ("Expect", "100-continue")];
    let mut client = world.connect().await;
    client.send(1, "POST", &path("data", b"x"), &headers, None).await;
    let begun = std::time::Instant::now();
    assert_eq!(client.reply("POST").await.status, 403);
    assert!(begun.elapsed() < Duration::from_secs(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_backups_are_stopped_restores_work() {
    let world = World::new().await;
    let (old, lock) = (content(100_000), content(150));
    world.post("/restic/rep_1/config", b"config").await;
    world.post(&path("data", &old), &old).await;
    world.stand(STOPPED);

    assert_eq!(world.get("/restic/rep_1/config").await.status, 200);
    assert!(world.get(&path("data", &old)).await.body == old);
    assert_eq!(world.get("/restic/rep_1/data/").await.status, 200);
    assert_eq!(world.post(&path("locks", &lock), &lock).await.status, 200);
    assert_eq!(world.delete(&path("locks", &lock)).await.status, 200);

    for kind in ["data", "index", "snapshots", "keys"] {
        assert_eq!(world.post(&path(kind, &lock), &lock).await.code(), "customer_suspended");
        assert_eq!(world.delete(&path(kind, &old)).await.code(), "customer_suspended");
    }
    assert_eq!(world.post("/restic/rep_1/config", b"config").await.status, 403);
    assert_eq!(world.delete("/restic/rep_1/config").await.status, 403);
    assert_eq!(world.post("/restic/rep_1/?create=true", b"").await.status, 403);
    assert!(world.get(&path("data", &old)).await.body == old);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_stop_stops_all() {
    let world = World::new().await;
    world.post("/restic/rep_1/config", b"config").await;
    world.stand(Some((Mode::FullStop, "")));
    let lock = path("locks", b"lock");
    for (method, path) in [
        ("GET", "/restic/rep_1/config"),
        ("GET", "/restic/rep_1/locks/"),
        ("POST", &lock),
        ("DELETE", &lock),
        ("POST", "/restic/rep_1/?create=true"),
    ] {
        let reply = world.send(method, path, &[], if path == lock { b"lock" } else { b"" }).await;
        assert_eq!((reply.status, reply.reason.as_str()), (403, "Customer acme is suspended"), "{method} {path}");
    }
    assert_eq!(world.send("HEAD", "/restic/rep_1/config", &[], b"").await.status, 403);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn permissions_that_are_not_confirmed_admit_reads_only() {
    let world = World::new().await;
    world.post("/restic/rep_1/config", b"config").await;
    world.grants.confirm(Instant::now() - Duration::from_secs(11));
    for reply in [
        world.post(&path("data", b"x"), b"x").await,
        world.post(&path("locks", b"x"), b"x").await,
        world.delete("/restic/rep_1/config").await,
        world.post("/restic/rep_1/?create=true", b"").await,
    ] {
        assert_eq!((reply.status, reply.code().as_str()), (503, "unavailable"));
        assert!(reply.headers["retry-after"].parse::<u64>().unwrap() > 0);
    }
    assert_eq!(world.get("/restic/rep_1/config").await.status, 200);
    world.grants.confirm(Instant::now());
    assert_eq!(world.post(&path("data", b"x"), b"x").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_append_only_takes_uploads_and_locks_and_loses_nothing() {
    let world = World::new().await;
    let content = content(1000);
    let (data, lock) = (path("data", &content), path("locks", b"lock"));
    assert_eq!(world.post("/restic/rep_1/config", b"one").await.status, 200);
    world.set(OwnSettings { append_only: Some(Flag::new(true, false)), ..OwnSettings::default() });
    assert_eq!(world.post(&data, &content).await.status, 200);
    assert_eq!(world.post(&lock, b"lock").await.status, 200);
    for kept in [data.as_str(), "/restic/rep_1/config"] {
        let reply = world.delete(kept).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "append_only"));
        assert_eq!(reply.reason, "These backups are append-only: nothing is deleted");
    }
    assert_eq!(world.post("/restic/rep_1/config", b"two").await.status, 403, "nor is anything overwritten");
    assert_eq!(world.delete(&lock).await.status, 200);
    assert!(world.get(&data).await.body == content);
    world.set(OwnSettings::default());
    assert_eq!(world.delete(&data).await.status, 200);
}
