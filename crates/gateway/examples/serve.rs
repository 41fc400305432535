//! The gateway alone, with one device and no database: for trials with a real client and for the benchmark.
//!
//! `serve <address> <directory>` serves `http://device:secret@<address>/restic/rep_trial/` out of `<directory>`. Lines on
//! standard input change the device's standing: `stop <sentence>`, `full <sentence>`, `go`. Ends at the input's end.

// A program of its own has no caller to take the time from.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::convert::Infallible;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use api::grant::{Grant, Grants, Ledger, LeftOpen, Opened, Reading, Sentence, Standing, Unavailable};
use api::id::{DeviceId, RepositoryId};
use futures_util::future::{BoxFuture, ready};
use gateway::{Gateway, Options};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Prints what it would store.
#[derive(Debug)]
struct Printed {
    directory: std::path::PathBuf,
}

impl Ledger for Printed {
    fn open<'a>(&'a self, _: &'a RepositoryId) -> BoxFuture<'a, Result<Opened, Unavailable>> {
        // Never stored, so always counted.
        Box::pin(ready(Ok(Opened { used_bytes: 0, was_open: true })))
    }

    fn store(&self, readings: Vec<Reading>) -> BoxFuture<'_, Result<(), Unavailable>> {
        for reading in readings {
            println!("{} uses {} bytes, closed: {}", reading.repository, reading.used_bytes, reading.closed);
        }
        Box::pin(ready(Ok(())))
    }

    fn first_contact(&self, devices: Vec<DeviceId>) -> BoxFuture<'_, Result<(), Unavailable>> {
        println!("first contact of {devices:?}");
        Box::pin(ready(Ok(())))
    }

    fn left_open(&self) -> BoxFuture<'_, Result<Vec<LeftOpen>, Unavailable>> {
        let open = LeftOpen {
            repository: RepositoryId::from_text("rep_trial"),
            directory: self.directory.clone(),
            used_bytes: 0,
        };
        Box::pin(ready(Ok(vec![open])))
    }
}

fn grant(directory: &Path, standing: Standing) -> Grant {
    Grant {
        device: DeviceId::from_text("dev_trial"),
        repository: RepositoryId::from_text("rep_trial"),
        username: "device".to_owned(),
        secret: Sha256::digest(b"secret").into(),
        directory: directory.to_owned(),
        standing,
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(directory)) = (arguments.next(), arguments.next()) else {
        return Err("usage: serve <address> <directory>".into());
    };
    let pool = std::path::absolute(directory)?;
    let directory = pool.join("trial");
    let grants = Arc::new(Grants::default());
    grants.replace(vec![grant(&directory, Standing::Active)]);
    let options = Options::new(pool.join("tmp"), Arc::new(Timestamp::now));
    let ledger = Arc::new(Printed { directory: directory.clone() });
    let gateway = Gateway::new(Arc::clone(&grants), ledger, options)?;
    gateway.recover().await?;

    let shutdown = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&gateway).run(shutdown.clone()));
    let confirmed = Arc::clone(&grants);
    tokio::spawn(async move {
        loop {
            confirmed.confirm(Instant::now());
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let listener = TcpListener::bind(&address).await?;
    println!("http://device:secret@{}/restic/rep_trial/", listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&gateway)));
        }
    });
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let (word, sentence) = line.split_once(' ').unwrap_or((&line, ""));
        let standing = match word {
            "stop" => Standing::BackupsStopped(Sentence::new(sentence)),
            "full" => Standing::FullStop(Sentence::new(sentence)),
            _ => Standing::Active,
        };
        grants.update(vec![grant(&directory, standing)], &[]);
    }
    shutdown.cancel();
    Ok(running.await?)
}

async fn serve(stream: TcpStream, gateway: Arc<Gateway>) {
    let (wire, line) = gateway.wire(stream);
    let service = service_fn(move |mut request| {
        let (gateway, line) = (Arc::clone(&gateway), line.clone());
        request.extensions_mut().insert(line);
        async move { Ok::<_, Infallible>(gateway.handle::<Incoming>(request).await) }
    });
    // Clients hang up as they like.
    let _ = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(Duration::from_secs(30))
        .max_buf_size(gateway::CONNECTION_BUFFER)
        .serve_connection(TokioIo::new(wire), service)
        .await;
}
