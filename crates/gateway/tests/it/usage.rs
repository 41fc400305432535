//! Counters: equal to the disk, live, after idling, after a crash and after a shutdown.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use api::grant::Meter as _;
use api::id::{DeviceId, RepositoryId};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use tokio_util::sync::CancellationToken;

use crate::support::{Row, World, content, name, path, until};

fn repository() -> RepositoryId {
    crate::support::repository(1)
}

fn opens(world: &World) -> usize {
    world.book.opens.lock().unwrap().len()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_is_opened_once_and_closed_when_it_idles() {
    let world = World::with(|options| options.idle_after = Duration::from_millis(300)).await;
    assert_eq!(opens(&world), 0, "creating folders stores no byte");
    world.post("/restic/rep_1/config", b"config").await;
    world.post(&path("keys", b"key"), b"key").await;
    world.get("/restic/rep_1/config").await;
    assert_eq!(opens(&world), 1);
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository()), Row { used_bytes: 9, last_snapshot_at: None, is_open: true });

    tokio::time::sleep(Duration::from_millis(350)).await;
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository()), Row { used_bytes: 9, last_snapshot_at: None, is_open: false });
    world.get("/restic/rep_1/config").await;
    assert_eq!(opens(&world), 1, "reading opens nothing");

    world.delete(&path("keys", b"key")).await;
    assert_eq!(opens(&world), 2);
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository()).used_bytes, 6);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_not_changed_is_not_stored_again() {
    let world = World::new().await;
    world.post("/restic/rep_1/config", b"config").await;
    world.gateway.flush().await.unwrap();
    let stores = *world.book.stores.lock().unwrap();
    world.post("/restic/rep_1/config", b"config").await;
    for _ in 0..3 {
        world.gateway.flush().await.unwrap();
    }
    assert_eq!(*world.book.stores.lock().unwrap(), stores);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_closed_under_a_running_upload() {
    let world = World::with(|options| options.idle_after = Duration::ZERO).await;
    let content = content(400_000);
    let mut client = world.connect().await;
    client.send(1, "POST", &path("data", &content), &[("Content-Length", "400000")], None).await;
    client.raw(&content[..300_000]).await;
    until("the upload has begun", || world.temporaries() == 1).await;
    world.gateway.flush().await.unwrap();
    assert!(world.book.row(&repository()).is_open);
    client.raw(&content[300_000..]).await;
    assert_eq!(client.reply("POST").await.status, 200);
    until("the upload has ended", || world.temporaries() == 0).await;
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository()), Row { used_bytes: 400_000, last_snapshot_at: None, is_open: false });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_snapshot_is_remembered_with_its_time() {
    let world = World::new().await;
    world.post(&path("data", b"data"), b"data").await;
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository()).last_snapshot_at, None);
    world.post(&path("snapshots", b"snapshot"), b"snapshot").await;
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository()).last_snapshot_at, Some(Timestamp::UNIX_EPOCH));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_device_is_reported_once() {
    let world = World::new().await;
    for _ in 0..3 {
        world.get("/restic/rep_1/config").await;
        world.gateway.flush().await.unwrap();
    }
    assert_eq!(*world.book.contacts.lock().unwrap(), [DeviceId::new(uuid::Uuid::from_u128(1))]);
    world.book.away.store(true, Ordering::SeqCst);
    let mut client = world.connect().await;
    client.send(2, "GET", "/restic/rep_2/config", &[], None).await;
    client.reply("GET").await;
    assert!(world.gateway.flush().await.is_err());
    world.book.away.store(false, Ordering::SeqCst);
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.contacts.lock().unwrap().len(), 2, "kept until it could be told");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_ledger_an_idle_repository_refuses_for_a_moment() {
    let world = World::new().await;
    world.book.away.store(true, Ordering::SeqCst);
    let reply = world.post("/restic/rep_1/config", b"config").await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "unavailable"));
    assert!(reply.headers.contains_key("retry-after"));
    assert_eq!(world.delete("/restic/rep_1/config").await.status, 503);
    assert_eq!(world.get("/restic/rep_1/config").await.status, 404);
    world.book.away.store(false, Ordering::SeqCst);
    assert_eq!(world.post("/restic/rep_1/config", b"config").await.status, 200);

    // An open one goes on: its counters are in memory and are stored later.
    world.book.away.store(true, Ordering::SeqCst);
    assert_eq!(world.post(&path("keys", b"key"), b"key").await.status, 200);
    assert!(world.gateway.flush().await.is_err());
    world.book.away.store(false, Ordering::SeqCst);
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository()).used_bytes, 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_closing_whose_answer_was_lost_opens_again() {
    let world = World::with(|options| options.idle_after = Duration::ZERO).await;
    world.post("/restic/rep_1/config", b"config").await;
    world.book.mute.store(true, Ordering::SeqCst);
    assert!(world.gateway.flush().await.is_err());
    assert!(!world.book.row(&repository()).is_open, "stored, though we were told that it was not");
    world.book.mute.store(false, Ordering::SeqCst);
    world.post(&path("keys", b"key"), b"key").await;
    assert!(world.book.row(&repository()).is_open, "or a crash would lose what came after");
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository()), Row { used_bytes: 9, last_snapshot_at: None, is_open: false });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_a_crash_the_disk_is_counted_before_anything_is_admitted() {
    let first = World::new().await;
    first.post("/restic/rep_1/config", b"config").await;
    first.gateway.flush().await.unwrap();
    let blob = content(100_000);
    first.post(&path("data", &blob), &blob).await;
    first.post(&path("snapshots", b"snapshot"), b"snapshot").await;
    let mut client = first.connect().await;
    client.send(1, "POST", &path("data", b""), &[("Content-Length", "400000")], None).await;
    client.raw(&content(300_000)).await;
    until("an upload is under way", || first.temporaries() == 1).await;
    let (pool, book, disk) = (Arc::clone(&first.pool), Arc::clone(&first.book), first.on_disk());
    assert_eq!(book.row(&repository()).used_bytes, 6, "the rest was not stored yet");
    // As if it were gone: nothing flushes it any more, and some file systems need names for what is not finished.
    std::mem::forget(client);
    std::fs::write(pool.path().join("repositories/.incoming/0000000000000001"), "half").unwrap();

    let second = World::over(pool, book, |_| {}).await;
    let row = second.book.row(&repository());
    assert_eq!((row.used_bytes, row.is_open), (disk, false));
    assert!(row.last_snapshot_at.is_some());
    assert_eq!(second.named_temporaries(), 0);
    second.post(&path("keys", b"key"), b"key").await;
    second.gateway.flush().await.unwrap();
    assert_eq!(second.book.row(&repository()).used_bytes, second.on_disk());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_found_open_is_counted_at_its_first_write() {
    let world = World::new().await;
    std::fs::write(world.repository(1).join("config"), "config").unwrap();
    let wrong = Row { used_bytes: 12345, last_snapshot_at: None, is_open: true };
    world.book.rows.lock().unwrap().insert(repository(), wrong);
    let posts = (0..20_u8).map(|n| {
        let world = &world;
        async move { world.post(&path("keys", &[n]), &[n]).await }
    });
    let replies = futures_util::future::join_all(posts).await;
    assert!(replies.iter().all(|reply| reply.status == 200));
    assert_eq!(opens(&world), 1);
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository()).used_bytes, 26);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_stores_and_closes_everything() {
    let world = World::new().await;
    let shutdown = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&world.gateway).run(shutdown.clone()));
    world.post("/restic/rep_1/config", b"config").await;
    // The contact and the counter.
    assert_eq!(world.gateway.store().await.ok(), Some(2));
    assert_eq!(world.book.row(&repository()).used_bytes, 6);
    assert_eq!(world.gateway.store().await.ok(), Some(0), "nothing has changed since");
    world.post(&path("keys", b"key"), b"key").await;
    shutdown.cancel();
    running.await.unwrap();
    assert_eq!(world.book.row(&repository()), Row { used_bytes: 9, last_snapshot_at: None, is_open: false });
    let reply = world.post(&path("keys", b"late"), b"late").await;
    assert_eq!((reply.status, reply.code().as_str()), (503, "unavailable"));
    assert_eq!(world.get("/restic/rep_1/config").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_shutdown_waits_for_uploads_and_then_cuts_them() {
    let world = World::with(|options| options.grace = Duration::from_millis(500)).await;
    let blob = content(400_000);
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = world.connect().await;
        client.send(1, "POST", &path("data", &blob), &[("Content-Length", "400000")], None).await;
        client.raw(&blob[..300_000]).await;
        clients.push(client);
    }
    until("both have begun", || world.temporaries() == 2).await;
    let gateway = Arc::clone(&world.gateway);
    let draining = tokio::spawn(async move { gateway.drain().await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    let (mut slow, mut quick) = (clients.pop().unwrap(), clients.pop().unwrap());
    quick.raw(&blob[300_000..]).await;
    assert_eq!(quick.reply("POST").await.status, 200);
    draining.await.unwrap();
    assert_eq!(world.temporaries(), 0);
    assert_eq!(world.book.row(&repository()), Row { used_bytes: 400_000, last_snapshot_at: None, is_open: false });
    slow.raw(&blob[300_000..]).await;
    assert_eq!(slow.reply("POST").await.status, 503);
}

/// What a client may do to a repository.
#[derive(Clone, Debug)]
enum Step {
    Write { kind: &'static str, length: usize },
    Remove { kind: &'static str, length: usize },
    Config { length: usize },
    RemoveConfig,
    Wrong { length: usize },
    Truncated { length: usize },
    Create,
    Flush,
}

fn steps() -> impl Strategy<Value = Vec<Vec<Step>>> {
    let kind = || prop::sample::select(&["data", "keys", "locks", "snapshots", "index"][..]);
    // Few lengths, so that names meet; some of them span buffers.
    let length = || prop::sample::select(&[0_usize, 1, 700, 70_000, 262_144, 600_001][..]);
    let step = prop_oneof![
        6 => (kind(), length()).prop_map(|(kind, length)| Step::Write { kind, length }),
        4 => (kind(), length()).prop_map(|(kind, length)| Step::Remove { kind, length }),
        1 => (1_usize..4).prop_map(|length| Step::Config { length }),
        1 => Just(Step::RemoveConfig),
        1 => length().prop_map(|length| Step::Wrong { length }),
        1 => length().prop_map(|length| Step::Truncated { length }),
        1 => Just(Step::Create),
        1 => Just(Step::Flush),
    ];
    prop::collection::vec(prop::collection::vec(step, 1..12), 1..6)
}

async fn take(world: &World, step: Step) {
    match step {
        Step::Write { kind, length } => {
            let content = content(length);
            let reply = world.post(&path(kind, &content), &content).await;
            assert!(reply.status == 200 || reply.code() == "file_too_large", "{reply:?}");
        }
        Step::Remove { kind, length } => {
            let reply = world.delete(&path(kind, &content(length))).await;
            assert_eq!(reply.status, 200);
        }
        Step::Config { length } => {
            let reply = world.post("/restic/rep_1/config", &content(length)).await;
            assert!(reply.status == 200 || reply.code() == "config_exists");
        }
        Step::RemoveConfig => assert_eq!(world.delete("/restic/rep_1/config").await.status, 200),
        Step::Wrong { length } => {
            let reply = world.post(&path("data", &content(length)), &content(length + 1)).await;
            assert_eq!(reply.status, 400);
        }
        Step::Truncated { length } => {
            let mut client = world.connect().await;
            let declared = (length + 1).to_string();
            let path = format!("/restic/rep_1/index/{}", name(&content(length + 1)));
            client.send(1, "POST", &path, &[("Content-Length", &declared)], None).await;
            client.raw(&content(length)).await;
        }
        Step::Create => assert_eq!(world.post("/restic/rep_1/?create=true", b"").await.status, 200),
        Step::Flush => world.gateway.flush().await.unwrap(),
    }
}

/// Several clients at a time do what they like; then the counter is what lies on the disk, and so it is for a process
/// that begins after this one died.
#[test]
fn whatever_clients_do_the_counter_is_what_lies_on_the_disk() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let config = Config { cases: 24, failure_persistence: None, ..Config::default() };
    let result = TestRunner::new(config).run(&steps(), |clients| {
        runtime.block_on(async {
            let world = World::with(|options| options.idle_after = Duration::from_millis(1)).await;
            futures_util::future::join_all(clients.into_iter().map(|steps| async {
                for step in steps {
                    take(&world, step).await;
                }
            }))
            .await;
            until("all uploads have ended", || world.temporaries() == 0).await;
            world.gateway.flush().await.unwrap();
            assert_eq!(world.book.row(&repository()).used_bytes, world.on_disk());

            let mut row = world.book.row(&repository());
            row.used_bytes += 1;
            row.is_open = true;
            world.book.rows.lock().unwrap().insert(repository(), row);
            let next = World::over(Arc::clone(&world.pool), Arc::clone(&world.book), |_| {}).await;
            assert_eq!(next.book.row(&repository()).used_bytes, next.on_disk());
        });
        Ok(())
    });
    result.unwrap();
}
