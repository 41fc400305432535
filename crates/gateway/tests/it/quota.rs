//! Space that was allotted: never used beyond what there is, and nobody refused who fits.

use std::sync::Arc;

use futures_util::future::join_all;

use crate::support::{Reply, World, content, path, until};

const MIB: usize = 1024 * 1024;

/// So many bytes that no other number begins with.
fn blob(n: usize, length: usize) -> Vec<u8> {
    let mut bytes = content(length);
    bytes[..8].copy_from_slice(&(n as u64).to_be_bytes());
    bytes
}

async fn put(world: &World, bytes: &[u8]) -> Reply {
    world.post(&path("data", bytes), bytes).await
}

#[track_caller]
fn is_used_up(reply: &Reply) {
    assert_eq!((reply.status, reply.code().as_str()), (403, "quota_exceeded"));
    assert_eq!(reply.reason, "Customer acme has no space left");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_at_once_as_many_pass_as_fit_and_not_a_byte_more() {
    let world = Arc::new(World::new().await);
    put(&world, &blob(1000, 3 * MIB)).await;
    world.allot(i64::try_from(13 * MIB).unwrap());
    let uploads = (0..64).map(|n| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { put(&world, &blob(n, MIB)).await })
    });
    let replies: Vec<Reply> = join_all(uploads).await.into_iter().map(Result::unwrap).collect();
    let (passed, refused): (Vec<_>, Vec<_>) = replies.iter().partition(|reply| reply.status == 200);
    assert_eq!(passed.len(), 10);
    refused.into_iter().for_each(is_used_up);
    assert_eq!(world.on_disk(), 13 * MIB as u64);

    // The same of sizes that don't divide what there is.
    world.allot(i64::try_from(15 * MIB).unwrap());
    let uploads = (0..32).map(|n| {
        let world = Arc::clone(&world);
        tokio::spawn(async move { put(&world, &blob(100 + n, 300_000 + n)).await.status })
    });
    let passed = join_all(uploads).await.into_iter().filter(|status| *status.as_ref().unwrap() == 200).count();
    assert!(world.on_disk() <= 15 * MIB as u64);
    assert_eq!(passed, 6, "2 MiB take six of 300 kB");
    world.gateway.flush().await.unwrap();
    assert_eq!(world.book.row(&crate::support::repository(1)).used_bytes, world.on_disk());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_full_restores_and_deletes_and_takes_more_once_there_is_room() {
    let world = World::new().await;
    let (one, two, three) = (blob(1, 400_000), blob(2, 500_000), blob(3, 100_001));
    world.allot(1_000_000);
    assert_eq!(put(&world, &one).await.status, 200);
    assert_eq!(put(&world, &two).await.status, 200);
    is_used_up(&put(&world, &three).await);
    assert_eq!(put(&world, &two).await.status, 200, "its answer may have been lost");
    assert_eq!(world.get(&path("data", &one)).await.body, one);
    let lock = b"a lock".to_vec();
    assert_eq!(world.post(&path("locks", &lock), &lock).await.status, 200);
    let index = blob(4, 200_000);
    assert_eq!(world.post(&path("index", &index), &index).await.status, 200, "a prune writes it before it deletes");
    assert_eq!(world.delete(&path("index", &index)).await.status, 200);
    assert_eq!(world.delete(&path("locks", &lock)).await.status, 200);
    assert_eq!(world.delete(&path("data", &one)).await.status, 200);
    assert_eq!(put(&world, &three).await.status, 200, "there is room again");
    is_used_up(&put(&world, &one).await);
    world.allot(1_000_001);
    assert_eq!(put(&world, &one).await.status, 200, "space was bought");
    assert_eq!(world.on_disk(), 1_000_001);
    world.allot(2_000_000);
    world.gateway.flush().await.unwrap();
    assert_eq!(put(&world, &blob(5, 999_999)).await.status, 200);
    is_used_up(&put(&world, b"?").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_another_has_reserved_is_waited_for() {
    let world = Arc::new(World::new().await);
    world.allot(1_000_000);
    let (slow, other) = (blob(1, 800_000), blob(2, 800_000));
    let mut client = world.connect().await;
    client.send(1, "POST", &path("data", &slow), &[("Content-Length", "800000")], None).await;
    client.raw(&slow[..500_000]).await;
    until("the upload has begun", || world.temporaries() == 1).await;
    let waiting = {
        let world = Arc::clone(&world);
        tokio::spawn(async move { put(&world, &other).await.status })
    };
    tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    assert!(!waiting.is_finished());
    // What comes isn't what its name says, so nothing of it is kept.
    client.raw(&vec![0; 300_000]).await;
    assert_eq!(client.reply("POST").await.status, 400);
    assert_eq!(waiting.await.unwrap(), 200);
    assert_eq!(world.on_disk(), 800_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_whose_length_is_not_told_is_held_to_what_there_is() {
    let world = World::new().await;
    world.allot(100_000);
    for (length, status) in [(100_001, 403), (100_000, 200)] {
        let bytes = blob(length, length);
        let mut client = world.connect().await;
        client.send(1, "POST", &path("data", &bytes), &[("Transfer-Encoding", "chunked")], None).await;
        for piece in bytes.chunks(7_777) {
            client.raw(format!("{:x}\r\n", piece.len()).as_bytes()).await;
            client.raw(piece).await;
            client.raw(b"\r\n").await;
        }
        client.raw(b"0\r\n\r\n").await;
        assert_eq!(client.reply("POST").await.status, status, "{length}");
    }
    assert_eq!(world.on_disk(), 100_000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_running_upload_ends_where_its_space_is_cut_and_goes_on_where_it_still_fits() {
    let world = World::new().await;
    let bytes = blob(1, 600_000);
    for (cut, status) in [(500_000, 403), (700_000, 200)] {
        world.allot(1_000_000);
        let mut client = world.connect().await;
        client.send(1, "POST", &path("data", &bytes), &[("Content-Length", "600000")], None).await;
        client.raw(&bytes[..300_000]).await;
        until("the upload has begun", || world.temporaries() == 1).await;
        world.allot(cut);
        client.raw(&bytes[300_000..]).await;
        assert_eq!(client.reply("POST").await.status, status, "{cut}");
        until("it has ended", || world.temporaries() == 0).await;
    }
    assert_eq!(world.on_disk(), 600_000);
}
