//! Clients that hardly move, in either direction, and downloads that must end.

use std::io;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::{sleep, timeout};
use tree::Mode;

use crate::support::{Client, World, content, path, until};

/// More than the kernel keeps for a client that doesn't read.
const LONG: usize = 16_000_000;

async fn impatient() -> World {
    World::with(|options| {
        options.stall_after = Duration::from_millis(600);
        options.least_progress = 4096;
    })
    .await
}

/// Asks for a long file and reads the first bytes of the answer.
async fn begin_download(world: &World) -> Client {
    let content = content(LONG);
    let path = path("data", &content);
    assert_eq!(world.post(&path, &content).await.status, 200);
    let mut client = world.connect().await;
    client.send(1, "GET", &path, &[], None).await;
    let mut first = [0; 1000];
    client.stream.read_exact(&mut first).await.unwrap();
    assert!(first.starts_with(b"HTTP/1.1 200"));
    client
}

/// Reads on until the connection ends. Returns how many bytes came.
async fn rest(client: &mut Client) -> io::Result<usize> {
    let mut rest = Vec::new();
    timeout(Duration::from_secs(20), client.stream.read_to_end(&mut rest)).await.expect("the connection ends")
}

/// Files of the pool that this process has open.
fn open_files(world: &World) -> usize {
    let links = std::fs::read_dir("/proc/self/fd").unwrap();
    let links = links.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    links.filter(|link| link.starts_with(world.repository(1)) && link.is_file()).count()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_stop_cuts_a_download_that_runs() {
    let world = World::new().await;
    let mut client = begin_download(&world).await;
    let mut buffer = vec![0; 20_000];
    let mut stopped = None;
    let begun = Instant::now();
    let mut read = 0;
    // Slowly, so that it would take a minute.
    let cut = loop {
        match client.stream.read(&mut buffer).await {
            Ok(0) | Err(_) => break stopped,
            Ok(some) => read += some,
        }
        sleep(Duration::from_millis(20)).await;
        if stopped.is_none() && begun.elapsed() > Duration::from_millis(300) {
            world.stand(Some((Mode::FullStop, "")));
            stopped = Some(Instant::now());
        }
        assert!(begun.elapsed() < Duration::from_secs(10), "goes on after {read} bytes");
    };
    let cut = cut.expect("the download runs until it is stopped").elapsed();
    assert!(cut < Duration::from_secs(1), "{cut:?}");
    assert!(read < LONG);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_stop_cuts_a_download_whose_client_does_not_read() {
    let world = World::new().await;
    let mut client = begin_download(&world).await;
    sleep(Duration::from_millis(200)).await;
    assert_eq!(open_files(&world), 1);
    world.stand(Some((Mode::FullStop, "")));
    let begun = Instant::now();
    until("the file is closed", || open_files(&world) == 0).await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    assert!(rest(&mut client).await.is_err(), "what the kernel still had of it is gone, too");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stopped_backups_let_a_download_go_on() {
    let world = World::new().await;
    let mut client = begin_download(&world).await;
    world.stand(Some((Mode::StopBackups, "")));
    sleep(Duration::from_millis(300)).await;
    let mut all = vec![0; LONG];
    // The head and the first bytes have been read already.
    timeout(Duration::from_secs(20), client.stream.read_exact(&mut all[1000..])).await.unwrap().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_does_not_read_is_cut() {
    let world = impatient().await;
    let mut client = begin_download(&world).await;
    let begun = Instant::now();
    until("the file is closed", || open_files(&world) == 0).await;
    assert!(begun.elapsed() > Duration::from_millis(400), "{:?}", begun.elapsed());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(rest(&mut client).await.is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_reads_slowly_gets_it_all() {
    let world = World::with(|options| options.stall_after = Duration::from_secs(2)).await;
    let mut client = begin_download(&world).await;
    // Its pauses are shorter than the patience, but there are many of them.
    let mut piece = vec![0; LONG / 8];
    for _ in 0..7 {
        client.stream.read_exact(&mut piece).await.unwrap();
        sleep(Duration::from_millis(700)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_of_a_byte_now_and_then_is_given_up() {
    let world = impatient().await;
    let content = content(400_000);
    let mut client = world.connect().await;
    client.send(1, "POST", &path("data", &content), &[("Content-Length", "400000")], None).await;
    client.raw(&content[..300_000]).await;
    until("the upload has begun", || world.temporaries() == 1).await;
    let begun = Instant::now();
    for byte in 300_000..300_200 {
        if world.temporaries() == 0 {
            break;
        }
        let _ = client.stream.write_all(&content[byte..=byte]).await;
        sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(world.temporaries(), 0);
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let reply = client.reply("POST").await;
    assert_eq!((reply.status, reply.code().as_str()), (408, "request_timeout"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_upload_that_is_slow_but_moves_is_stored() {
    let world = impatient().await;
    let content = content(60_000);
    let mut client = world.connect().await;
    client.send(1, "POST", &path("data", &content), &[("Content-Length", "60000")], None).await;
    for piece in content.chunks(3_000) {
        client.raw(piece).await;
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(client.reply("POST").await.status, 200);
}
