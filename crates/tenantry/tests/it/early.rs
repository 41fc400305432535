//! Answers that are given before the request has arrived whole: either the connection goes on, or the answer says that
//! it doesn't.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::{sleep, timeout};

use crate::process::{SOON, Server};
use crate::wire;

/// How often; the order of things varies. Less often where the server waits a moment for the rest.
const TIMES: usize = 30;
const SLOW_TIMES: usize = 3;

#[tokio::test(flavor = "multi_thread")]
async fn an_early_answer_keeps_the_connection_or_says_that_it_does_not() {
    let (server, _) = Server::start().await;
    // Without its `Host`, a request is refused by the listener itself.
    for (target, host, status) in [
        ("/api/v1/customers", "Host: pool\r\n", 401),
        ("/api/v1/nothing", "Host: pool\r\n", 404),
        ("/api/v1/me", "Host: pool\r\n", 405),
        ("/customers", "Host: pool\r\n", 405),
        ("/restic/rep_x/data/", "Host: pool\r\n", 401),
        ("/healthz", "", 400),
    ] {
        for (length, sent) in [(20_000, 20_000), (20_000, 10), (20_000, 0), (900_000, 900_000), (900_000, 100)] {
            let times = if sent < length { SLOW_TIMES } else { TIMES };
            let mut kept = 0;
            for _ in 0..times {
                let mut stream = TcpStream::connect(server.address).await.unwrap();
                let (reader, mut writer) = stream.split();
                let mut reader = reader;
                let head = format!("POST {target} HTTP/1.1\r\n{host}Content-Length: {length}\r\n\r\n");
                let sending = async {
                    let _ = writer.write_all(head.as_bytes()).await;
                    let _ = timeout(Duration::from_secs(5), writer.write_all(&vec![b' '; sent])).await;
                };
                let (answer, ()) = tokio::join!(wire::answer_on(&mut reader), sending);
                let answer = answer.unwrap_or_else(|| panic!("{target} {length}/{sent}: the answer is lost"));
                assert_eq!(answer.status, status, "{target} {length}/{sent}: {answer:?}");
                if answer.head.to_lowercase().contains("\r\nconnection: close\r\n") {
                    continue;
                }
                kept += 1;
                // The rest, and the next request.
                let next = "GET /healthz HTTP/1.1\r\nHost: pool\r\n\r\n";
                let rest = vec![b' '; length - sent];
                let next = async {
                    sleep(Duration::from_millis(1)).await;
                    let _ = writer.write_all(&rest).await;
                    let _ = writer.write_all(next.as_bytes()).await;
                };
                let (answer, ()) = tokio::join!(timeout(SOON, wire::answer_on(&mut reader)), next);
                let answer = answer.unwrap().unwrap_or_else(|| panic!("{target} {length}/{sent}: closed unannounced"));
                assert_eq!(answer.status, 200, "{target} {length}/{sent}: {answer:?}");
            }
            assert!(
                status == 400 || sent < length || length > 100_000 || kept == times,
                "{target} {length}/{sent}: a short body is no reason"
            );
        }
    }
}
