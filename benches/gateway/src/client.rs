//! The smallest HTTP client that can drive a server to its limits: one thread per connection, nothing parsed twice.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use crate::blobs::Blobs;

/// Where a repository is served.
#[derive(Clone, Debug)]
pub struct Place {
    /// Host and port.
    pub address: String,
    /// With a slash at the end.
    pub path: String,
    /// The value of the `Authorization` header, if the server wants one.
    pub authorization: Option<String>,
    /// The server's process.
    pub pid: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    Put,
    Get,
}

/// Sends every blob once, or fetches `requests` of them in turn. Returns how long it took.
pub fn drive(place: &Place, verb: Verb, blobs: &Blobs, connections: usize, requests: usize) -> io::Result<Duration> {
    let next = AtomicUsize::new(0);
    let mut streams = Vec::new();
    for _ in 0..connections {
        let stream = TcpStream::connect(&place.address)?;
        stream.set_nodelay(true)?;
        streams.push(stream);
    }
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let threads: Vec<_> = streams
            .into_iter()
            .map(|stream| {
                let next = &next;
                scope.spawn(move || work(stream, place, verb, blobs, next, requests))
            })
            .collect();
        threads.into_iter().try_for_each(|thread| {
            thread.join().unwrap_or_else(|_| Err(io::Error::other("a connection's thread panicked")))
        })
    })?;
    Ok(begun.elapsed())
}

fn work(
    mut stream: TcpStream,
    place: &Place,
    verb: Verb,
    blobs: &Blobs,
    next: &AtomicUsize,
    requests: usize,
) -> io::Result<()> {
    let mut buffer = vec![0; 256 * 1024];
    let mut request = Vec::new();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= requests {
            return Ok(());
        }
        let number = number % blobs.len();
        request.clear();
        let method = if verb == Verb::Put { "POST" } else { "GET" };
        write!(request, "{method} {}data/{} HTTP/1.1\r\nHost: {}\r\n", place.path, blobs.name(number), place.address)?;
        if let Some(authorization) = &place.authorization {
            write!(request, "Authorization: {authorization}\r\n")?;
        }
        let (body, tail) = blobs.content(number);
        match verb {
            Verb::Get => request.extend_from_slice(b"\r\n"),
            Verb::Put => {
                write!(request, "Content-Length: {}\r\n\r\n", blobs.length())?;
                if body.len() <= 64 * 1024 {
                    request.extend_from_slice(body);
                    request.extend_from_slice(tail);
                }
            }
        }
        stream.write_all(&request)?;
        if verb == Verb::Put && body.len() > 64 * 1024 {
            stream.write_all(body)?;
            stream.write_all(tail)?;
        }
        let length = answer(&mut stream, &mut buffer)?;
        if verb == Verb::Get && length != blobs.length() {
            return Err(io::Error::other(format!("{length} bytes came of {}", blobs.length())));
        }
    }
}

/// Reads an answer and throws its body away. Returns the body's length.
fn answer(stream: &mut TcpStream, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    let end = loop {
        let read = stream.read(&mut buffer[filled..])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        if let Some(end) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n") {
            break end + 4;
        }
    };
    let head = String::from_utf8_lossy(&buffer[..end]).to_lowercase();
    if !head.starts_with("http/1.1 200") {
        return Err(io::Error::other(head));
    }
    let length: usize = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .and_then(|length| length.trim().parse().ok())
        .ok_or_else(|| io::Error::other(format!("an answer without a length: {head}")))?;
    let mut left = length - (filled - end);
    while left > 0 {
        let most = left.min(buffer.len());
        let read = stream.read(&mut buffer[..most])?;
        if read == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        left -= read;
    }
    Ok(length)
}
