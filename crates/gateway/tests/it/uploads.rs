//! Uploads that go wrong, come twice or at the same time.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;

use crate::support::{World, content, name, path, repository, until};

/// What the ledger holds of the first repository, after a flush.
async fn used(world: &World) -> u64 {
    world.gateway.flush().await.unwrap();
    world.book.row(&repository(1)).used_bytes
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_again_is_fine_and_counted_once() {
    let world = World::new().await;
    for length in [0, 1, 4096, 262_144, 262_145, 2_000_000] {
        let content = content(length);
        let before = used(&world).await;
        for _ in 0..3 {
            assert_eq!(world.post(&path("data", &content), &content).await.status, 200, "{length}");
        }
        assert_eq!(used(&world).await, before + length as u64);
    }
    assert_eq!(used(&world).await, world.on_disk());
    assert_eq!(world.temporaries(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn chunked_bodies_are_legal() {
    let world = World::new().await;
    for length in [0, 1, 300_000, 1_000_000] {
        let content = content(length);
        let mut client = world.connect().await;
        client.send(1, "POST", &path("index", &content), &[("Transfer-Encoding", "chunked")], None).await;
        for chunk in content.chunks(70_001) {
            client.raw(format!("{:x}\r\n", chunk.len()).as_bytes()).await;
            client.raw(chunk).await;
            client.raw(b"\r\n").await;
        }
        client.raw(b"0\r\n\r\n").await;
        assert_eq!(client.reply("POST").await.status, 200);
        assert!(world.get(&path("index", &content)).await.body == content);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_of_another_name_are_not_stored() {
    let world = World::new().await;
    for length in [0, 10, 262_144, 1_000_000] {
        let mut wrong = content(length + 1);
        let path = path("data", &wrong);
        wrong.pop();
        let reply = world.post(&path, &wrong).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "hash_mismatch"));
        assert_eq!(world.get(&path).await.status, 404);
        assert_eq!(world.temporaries(), 0);
    }
    assert_eq!(used(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_cut_off_leaves_nothing() {
    let world = World::new().await;
    let content = content(2_000_000);
    let path = path("data", &content);
    for arrived in [0, 100, 262_144, 1_500_000, 1_999_999] {
        let mut client = world.connect().await;
        let length = content.len().to_string();
        client.send(1, "POST", &path, &[("Content-Length", &length)], None).await;
        client.raw(&content[..arrived]).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        client.stream.shutdown().await.unwrap();
        drop(client);

        let mut client = world.connect().await;
        client.send(1, "POST", &path, &[("Transfer-Encoding", "chunked")], None).await;
        client.raw(format!("{:x}\r\n", content.len()).as_bytes()).await;
        client.raw(&content[..arrived]).await;
        drop(client);
    }
    // More than was announced is another request, and not a good one.
    let mut client = world.connect().await;
    client.send(1, "POST", &path, &[("Content-Length", "100")], None).await;
    client.raw(&content[..200]).await;
    assert_eq!(client.reply("POST").await.status, 400);
    drop(client);
    until("all temporary files are gone", || world.temporaries() == 0).await;
    assert_eq!(world.get(&path).await.status, 404);
    assert_eq!(used(&world).await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_hangs_up_at_the_end_is_counted_if_it_is_stored() {
    let world = World::new().await;
    for n in 0..40_usize {
        let content = content(1000 + n * 20_000);
        let mut client = world.connect().await;
        client.send(1, "POST", &path("data", &content), &[], Some(&content)).await;
        tokio::time::sleep(Duration::from_micros(n as u64 * 100)).await;
        drop(client);
    }
    until("all temporary files are gone", || world.temporaries() == 0).await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(world.temporaries(), 0);
    assert_eq!(used(&world).await, world.on_disk());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_falls_silent_is_given_up() {
    let world = World::with(|options| options.stall_after = Duration::from_millis(200)).await;
    let content = content(400_000);
    let mut client = world.connect().await;
    client.send(1, "POST", &path("data", &content), &[("Content-Length", "400000")], None).await;
    client.raw(&content[..300_000]).await;
    let reply = client.reply("POST").await;
    assert_eq!((reply.status, reply.code().as_str()), (408, "request_timeout"));
    assert_eq!(world.temporaries(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_blob_is_mended_and_the_difference_counted() {
    let world = World::new().await;
    let content = content(500_000);
    let path = path("data", &content);
    world.post(&path, &content).await;
    let file = world.repository(1).join("data").join(&name(&content)[..2]).join(name(&content));
    std::fs::write(&file, b"short").unwrap();
    assert_eq!(world.post(&path, &content).await.status, 200);
    assert!(std::fs::read(&file).unwrap() == content);
    assert_eq!(used(&world).await, 2 * 500_000 - 5, "the damage itself went past us");
    assert_eq!(world.temporaries(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn small_kinds_stay_small() {
    let world = World::new().await;
    let content = content(64 * 1024 + 1);
    for path in ["/restic/rep_1/config".to_owned(), path("keys", &content), path("locks", &content)] {
        let reply = world.post(&path, &content).await;
        assert_eq!((reply.status, reply.code().as_str()), (403, "file_too_large"));
        let mut client = world.connect().await;
        client.send(1, "POST", &path, &[("Transfer-Encoding", "chunked")], None).await;
        client.raw(format!("{:x}\r\n", content.len()).as_bytes()).await;
        client.raw(&content).await;
        client.raw(b"\r\n0\r\n\r\n").await;
        assert_eq!(client.reply("POST").await.code(), "file_too_large");
    }
    let content = &content[1..];
    assert_eq!(world.post(&path("keys", content), content).await.status, 200);
    assert_eq!(world.post(&path("snapshots", content), content).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn locks_are_limited_also_for_a_crowd() {
    let world = World::new().await;
    let locks = world.repository(1).join("locks");
    for n in 0..998_u32 {
        std::fs::write(locks.join(name(&n.to_le_bytes())), n.to_le_bytes()).unwrap();
    }
    let posts = (1000..1010_u32).map(|n| {
        let world = &world;
        async move { world.post(&path("locks", &n.to_le_bytes()), &n.to_le_bytes()).await }
    });
    let replies = futures_util::future::join_all(posts).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 2);
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.code() == "too_many_locks"));
    let there = 5_u32.to_le_bytes();
    assert_eq!(world.post(&path("locks", &there), &there).await.status, 200, "it is there already");
    assert_eq!(world.delete(&path("locks", &there)).await.status, 200);
    assert_eq!(world.post(&path("locks", &there), &there).await.status, 200);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_twins_one_counts() {
    let world = World::new().await;
    // What the disk lost behind our back.
    let mut lost = 0;
    for (length, damaged) in [(100, false), (700_000, false), (100, true), (700_000, true)] {
        let content = content(length);
        let path = path("data", &content);
        if damaged {
            world.post(&path, &content).await;
            let file = world.repository(1).join("data").join(&name(&content)[..2]).join(name(&content));
            std::fs::write(file, [0; 10]).unwrap();
            lost += length as u64 - 10;
        }
        let posts = (0..24).map(|_| world.post(&path, &content));
        let replies = futures_util::future::join_all(posts).await;
        assert!(replies.iter().all(|reply| reply.status == 200));
        assert_eq!(used(&world).await, world.on_disk() + lost);
        let deletes = (0..24).map(|_| world.delete(&path));
        let replies = futures_util::future::join_all(deletes).await;
        assert!(replies.iter().all(|reply| reply.status == 200));
        assert_eq!((used(&world).await, world.on_disk()), (lost, 0));
    }
    assert_eq!(world.temporaries(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_configs_one_wins() {
    let world = World::new().await;
    let posts = (0..16_usize).map(|n| {
        let world = &world;
        async move { world.post("/restic/rep_1/config", &vec![7; n % 4 + 1]).await }
    });
    let replies = futures_util::future::join_all(posts).await;
    assert_eq!(replies.iter().filter(|reply| reply.status == 200).count(), 4, "the winner and its equals");
    assert_eq!(used(&world).await, world.on_disk());
    assert_eq!(world.temporaries(), 0);
}
