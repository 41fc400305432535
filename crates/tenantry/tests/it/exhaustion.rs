//! What a few clients can take from all others: connections, memory, the end of the process. Bounds are generous, since
//! the machine may be busy, and still far from what a server without limits shows.

use std::net::SocketAddr;
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::{Instant, sleep, timeout};

use crate::process::{Admin, EMAIL, PASSWORD, Server, until};
use crate::wire;

/// What somebody may wait who has nothing to do with it.
const TOLERABLE: Duration = Duration::from_secs(10);

/// The readers' end of the connections is in this process.
fn raise_own_limit() {
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, maximum: limit.maximum }).unwrap();
}

/// A connection on which next to nothing is received before the reader reads.
async fn narrow(address: SocketAddr) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(address).await.unwrap()
}

/// The longest that the console has to offer: what its page loads.
async fn something_long(address: SocketAddr) -> String {
    let page = wire::one(address, b"GET / HTTP/1.1\r\nHost: pool\r\n\r\n").await;
    let page = String::from_utf8_lossy(&page.body).into_owned();
    let script = page.split("src=\"/assets/").nth(1).and_then(|rest| rest.split('"').next());
    script.map_or_else(|| "/".to_owned(), |name| format!("/assets/{name}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_that_do_not_read_leave_room_for_others() {
    raise_own_limit();
    let (mut server, _) = Server::start_with_open_files(1024).await;
    let request = format!("GET {} HTTP/1.1\r\nHost: pool\r\n\r\n", something_long(server.address).await).repeat(300);
    let mut readers = Vec::new();
    for _ in 0..1100 {
        let mut reader = narrow(server.address).await;
        // Whoever is turned away is so before he has said all.
        let _ = timeout(TOLERABLE, reader.write_all(request.as_bytes())).await;
        readers.push(reader);
    }
    // On a busy machine those who came last may still be about to be turned away.
    until("everybody has a place or none", async || {
        wire::one(server.address, b"GET /healthz HTTP/1.1\r\nHost: pool\r\n\r\n").await.status == 200
    })
    .await;
    for _ in 0..20 {
        let began = Instant::now();
        let answer = wire::one(server.address, b"GET /healthz HTTP/1.1\r\nHost: pool\r\n\r\n").await;
        assert_eq!(answer.status, 200);
        assert!(began.elapsed() < TOLERABLE, "/healthz took {:?}", began.elapsed());
    }
    let began = Instant::now();
    Admin::new(server.address).sign_in(EMAIL, PASSWORD).await;
    assert!(began.elapsed() < TOLERABLE, "signing in took {:?}", began.elapsed());
    // Who doesn't move makes room for who does, for all that is served.
    until("the console is served", async || {
        let answer = wire::one(server.address, b"GET /favicon.svg HTTP/1.1\r\nHost: pool\r\n\r\n").await;
        assert!([200, 404, 503].contains(&answer.status), "{answer:?}");
        assert!(answer.status != 503 || answer.head.to_lowercase().contains("\r\nconnection: close\r\n"));
        sleep(Duration::from_millis(200)).await;
        answer.status != 503
    })
    .await;
    // Nor does the end wait for them.
    let began = Instant::now();
    assert!(server.stop().await.success());
    assert!(began.elapsed() < Duration::from_secs(7), "ending took {:?}", began.elapsed());
    drop(readers);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_does_not_wait_for_a_reader_that_does_not_read() {
    let (mut server, _) = Server::start().await;
    let request = format!("GET {} HTTP/1.1\r\nHost: pool\r\n\r\n", something_long(server.address).await).repeat(1000);
    let mut reader = narrow(server.address).await;
    let _ = timeout(Duration::from_secs(2), reader.write_all(request.as_bytes())).await;
    let began = Instant::now();
    assert!(server.stop().await.success());
    assert!(began.elapsed() < Duration::from_secs(7), "ending took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_end_does_not_wait_for_bodies_that_do_not_come_nor_for_guesses() {
    let (mut server, _) = Server::start().await;
    let mut unfinished = TcpStream::connect(server.address).await.unwrap();
    let head = "POST /api/v1/sessions HTTP/1.1\r\nHost: pool\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{";
    unfinished.write_all(head.as_bytes()).await.unwrap();
    let body = r#"{"login":"somebody","password":"a guess"}"#;
    let guess = format!(
        "POST /api/v1/sessions HTTP/1.1\r\nHost: pool\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    for _ in 0..10 {
        assert_eq!(wire::one(server.address, guess.as_bytes()).await.status, 401);
    }
    let mut waiting = TcpStream::connect(server.address).await.unwrap();
    waiting.write_all(guess.as_bytes()).await.unwrap();
    sleep(Duration::from_millis(500)).await;
    let began = Instant::now();
    assert!(server.stop().await.success());
    assert!(began.elapsed() < Duration::from_secs(5), "ending took {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_bodies_hold_no_memory() {
    let (server, _) = Server::start().await;
    let before = server.resident_bytes();
    for head in ["Content-Length: 1048576\r\n\r\n".to_owned(), "Transfer-Encoding: chunked\r\n\r\nf0000\r\n".to_owned()]
    {
        let head = format!("POST /api/v1/sessions HTTP/1.1\r\nHost: pool\r\nContent-Type: application/json\r\n{head}");
        let mut bodies = Vec::new();
        for _ in 0..400 {
            let mut stream = TcpStream::connect(server.address).await.unwrap();
            stream.write_all(head.as_bytes()).await.unwrap();
            // All but the end; most of it is refused while it is on its way.
            let _ = timeout(Duration::from_secs(2), stream.write_all(&vec![b' '; 900 * 1024])).await;
            bodies.push(stream);
        }
        let taken = server.resident_bytes().saturating_sub(before);
        assert!(taken < 64 << 20, "400 bodies hold {taken} bytes");
        let mut answered = 0;
        for body in &mut bodies {
            let mut answer = [0; 12];
            if let Ok(Ok(_)) = timeout(TOLERABLE, body.read_exact(&mut answer)).await {
                assert_eq!(&answer, b"HTTP/1.1 413");
                answered += 1;
            }
        }
        assert!(answered > 350, "{answered} were told");
    }
    until("what bodies took is given back", async || {
        sleep(Duration::from_millis(200)).await;
        server.resident_bytes().saturating_sub(before) < 32 << 20
    })
    .await;
}
