//! Pools that are away, and pools without room.

use std::path::{Path, PathBuf};

use api::grant::Meter as _;

use crate::support::{Row, World, content, path, repository};

/// Moves the pool away, as if it were unmounted, and leaves an empty mount point.
fn unmount(world: &World) -> PathBuf {
    let (pool, away) = (world.pool.path().join("repositories"), world.pool.path().join("away"));
    std::fs::rename(&pool, &away).unwrap();
    std::fs::create_dir(&pool).unwrap();
    away
}

fn mount(world: &World, away: &Path) {
    let pool = world.pool.path().join("repositories");
    std::fs::remove_dir(&pool).expect("nothing was created in the mount point");
    std::fs::rename(away, pool).unwrap();
}

async fn assert_away(world: &World, repository: &str) {
    for (method, path, body) in [
        ("GET", "config", &b""[..]),
        ("GET", "data/", b""),
        ("POST", "?create=true", b""),
        ("POST", "config", b"config"),
        ("DELETE", "config", b""),
    ] {
        let reply = world.send(method, &format!("/restic/{repository}/{path}"), &[], body).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "storage_away"), "{method} {path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_that_is_away_refuses_and_is_never_taken_for_an_empty_one() {
    let world = World::new().await;
    let old = content(100_000);
    assert_eq!(world.post("/restic/rep_1/config", b"config").await.status, 200);
    assert_eq!(world.post(&path("data", &old), &old).await.status, 200);
    world.gateway.flush().await.unwrap();
    for looked in [false, true] {
        let away = unmount(&world);
        if looked {
            world.gateway.look_after_pools().await;
            assert_eq!(world.gateway.troubles().len(), 1);
        }
        assert_away(&world, "rep_1").await;
        let mut client = world.connect().await;
        client.send(2, "POST", "/restic/rep_2/?create=true", &[], Some(b"")).await;
        assert_eq!(client.reply("POST").await.code(), "storage_away", "nor for a repository that is new");
        mount(&world, &away);
        world.gateway.look_after_pools().await;
        assert!(world.gateway.troubles().is_empty());
        assert!(world.get(&path("data", &old)).await.body == old);
        assert_eq!(world.post(&path("keys", b"key"), b"key").await.status, 200);
        assert_eq!(world.delete(&path("keys", b"key")).await.status, 200);
    }
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&repository(1)).used_bytes, world.on_disk());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_pools_marker_is_none() {
    let world = World::new().await;
    world.post("/restic/rep_1/config", b"config").await;
    let marker = world.pool.path().join("repositories").join(api::pool::MARKER);
    let right = std::fs::read(&marker).unwrap();
    std::fs::write(&marker, "pool_of_somebody_else\n").unwrap();
    world.gateway.look_after_pools().await;
    assert_away(&world, "rep_1").await;
    std::fs::write(&marker, right).unwrap();
    world.gateway.look_after_pools().await;
    assert_eq!(world.get("/restic/rep_1/config").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_that_should_hold_something_is_not_made_anew() {
    let world = World::new().await;
    world.post("/restic/rep_1/config", b"config").await;
    world.gateway.flush().await.unwrap();
    let (directory, aside) = (world.repository(1), world.pool.path().join("aside"));
    std::fs::rename(&directory, &aside).unwrap();
    assert_away(&world, "rep_1").await;
    assert!(!directory.exists());
    // Also by a process that knows it from the ledger only.
    let next = World::over(std::sync::Arc::clone(&world.pool), std::sync::Arc::clone(&world.book), |_| {}).await;
    assert_away(&next, "rep_1").await;
    std::fs::rename(&aside, &directory).unwrap();
    assert_eq!(next.get("/restic/rep_1/config").await.status, 200);
    assert_eq!(next.post(&path("keys", b"key"), b"key").await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_repository_left_open_in_a_pool_that_is_away_is_counted_when_it_is_back() {
    let first = World::new().await;
    first.post("/restic/rep_1/config", b"config").await;
    let away = unmount(&first);
    let row = Row { used_bytes: 0, last_snapshot_at: None, is_open: true };
    first.book.rows.lock().unwrap().insert(repository(1), row.clone());
    let second = World::over(std::sync::Arc::clone(&first.pool), std::sync::Arc::clone(&first.book), |_| {}).await;
    assert_eq!(second.book.row(&repository(1)), row, "it can't be counted yet");
    assert_away(&second, "rep_1").await;
    mount(&second, &away);
    second.gateway.look_after_pools().await;
    assert_eq!(second.post(&path("keys", b"key"), b"key").await.status, 200);
    second.gateway.flush().await.unwrap();
    assert_eq!(second.book.row(&repository(1)).used_bytes, 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_room_only_what_makes_room_comes() {
    let world = World::new().await;
    let old = content(1000);
    world.post("/restic/rep_1/config", b"config").await;
    world.post(&path("data", &old), &old).await;
    let world = World::over(std::sync::Arc::clone(&world.pool), std::sync::Arc::clone(&world.book), |options| {
        options.keep_free = u64::MAX;
    })
    .await;
    assert_eq!(world.gateway.troubles().len(), 1);
    for kind in ["data", "keys", "snapshots"] {
        let reply = world.post(&path(kind, b"new"), b"new").await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "storage_full"), "{kind}");
    }
    assert_eq!(world.get(&path("data", &old)).await.body, old);
    for kind in ["locks", "index"] {
        assert_eq!(world.post(&path(kind, b"new"), b"new").await.status, 200, "{kind}");
    }
    assert_eq!(world.delete(&path("data", &old)).await.status, 200);
    assert_eq!(world.delete(&path("locks", b"new")).await.status, 200);
}
