//! HTTP as bytes on a socket, for requests that no client library would send.

use std::net::SocketAddr;
use std::time::Duration;

use data_encoding::{BASE64, HEXLOWER};
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::process::{Device, SOON};

/// How long to listen for an answer that must not come.
const SILENCE: Duration = Duration::from_millis(300);

/// What came back on a connection.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    /// The page that answers addresses which only the browser knows.
    pub(crate) fn is_console(&self) -> bool {
        self.body.is_empty() || self.head.contains("text/html")
    }
}

/// Sends a request and reads one answer.
pub(crate) async fn one(address: SocketAddr, request: &[u8]) -> Answer {
    exchange(address, request, Some(1)).await.pop().expect("an answer")
}

/// Sends bytes and reads all answers until the server closes or has nothing more to say.
pub(crate) async fn until_close(address: SocketAddr, request: &[u8]) -> Vec<Answer> {
    exchange(address, request, None).await
}

/// Sends part of a request and hangs up.
pub(crate) async fn send_and_leave(address: SocketAddr, request: &[u8]) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The server may be the first to hang up.
    let _ = stream.write_all(request).await;
}

/// Sends part of a request and goes on later.
pub(crate) async fn begin(address: SocketAddr, request: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(request).await.unwrap();
    stream
}

/// What the server answers to a request that was [begun](begin), without waiting for the rest of it.
pub(crate) async fn answer(stream: &mut TcpStream) -> Answer {
    read(stream, false, Some(1)).await.pop().expect("an answer")
}

/// The next answer on a connection, unless it ends before.
pub(crate) async fn answer_on(reader: &mut (impl AsyncRead + Unpin)) -> Option<Answer> {
    read(reader, false, Some(1)).await.pop()
}

async fn exchange(address: SocketAddr, request: &[u8], wanted: Option<usize>) -> Vec<Answer> {
    let (mut reader, mut writer) = TcpStream::connect(address).await.unwrap().into_split();
    let is_head = request.starts_with(b"HEAD ");
    let request = request.to_vec();
    // The server may close before it has taken everything; its answer counts.
    let writing = tokio::spawn(async move {
        let _ = writer.write_all(&request).await;
        writer
    });
    let answers = read(&mut reader, is_head, wanted).await;
    writing.abort();
    answers
}

async fn read(reader: &mut (impl AsyncRead + Unpin), is_head: bool, wanted: Option<usize>) -> Vec<Answer> {
    let (mut received, mut answers) = (Vec::new(), Vec::new());
    while wanted.is_none_or(|wanted| answers.len() < wanted) {
        if let Some(answer) = take(&mut received, is_head) {
            answers.push(answer);
            continue;
        }
        let patience = if answers.is_empty() { SOON } else { SILENCE };
        match timeout(patience, reader.read_buf(&mut received)).await {
            Ok(Ok(1..)) => {}
            Ok(_) => break,
            Err(_) => {
                assert!(!answers.is_empty(), "the server neither answers nor closes");
                break;
            }
        }
    }
    answers
}

/// The name of a blob.
pub(crate) fn name(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content))
}

/// The header with a device's credentials, and its end of line.
pub(crate) fn basic(device: &Device) -> String {
    let credentials = BASE64.encode(format!("{}:{}", device.username, device.password).as_bytes());
    format!("Authorization: Basic {credentials}\r\n")
}

/// A whole request of a device; further headers each with their end of line.
pub(crate) fn request(device: &Device, method: &str, path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let length = match (method, body.len()) {
        (method, 0) if method != "POST" => String::new(),
        (_, length) => format!("Content-Length: {length}\r\n"),
    };
    let head = format!("{method} {path} HTTP/1.1\r\nHost: pool\r\n{}{headers}{length}\r\n", basic(device));
    [head.as_bytes(), body].concat()
}

/// Takes a whole answer off the front of what was received.
fn take(received: &mut Vec<u8>, is_head: bool) -> Option<Answer> {
    let end = received.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&received[..end]).to_lowercase();
    let status: u16 = head.get(9..12)?.parse().expect(&head);
    let field = |name: &str| head.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let (mut body, mut at) = (Vec::new(), end);
    if is_head || status < 200 {
        // Whatever its headers say, it has no body.
    } else if field("transfer-encoding:") == Some("chunked") {
        loop {
            let line = received[at..].windows(2).position(|window| window == b"\r\n")?;
            let length = usize::from_str_radix(std::str::from_utf8(&received[at..at + line]).ok()?, 16).unwrap();
            at += line + 2;
            body.extend_from_slice(received.get(at..at + length)?);
            at += length + 2;
            if length == 0 {
                break;
            }
        }
    } else {
        let length: usize = field("content-length:").map_or(0, |length| length.parse().unwrap());
        body = received.get(at..at + length)?.to_vec();
        at += length;
    }
    if at > received.len() {
        return None;
    }
    let head = String::from_utf8_lossy(&received[..end]).into_owned();
    received.drain(..at);
    Some(Answer { status, head, body })
}
