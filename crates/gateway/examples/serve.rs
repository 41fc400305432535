//! The gateway alone, with one device and no database: for trials with a real client and for the benchmark.
//!
//! `serve <address> <directory>` serves a repository below `<directory>` at the URL that it prints. Lines on standard input
//! change the device's standing: `stop <message>`, `full <message>`, `go`. Ends at the input's end.

// A program of its own has no caller to take the time from.
#![allow(clippy::print_stdout, clippy::disallowed_methods)]

use std::convert::Infallible;
use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use api::grant::{
    Admission, Changes, DeviceEntry, Grants, Holder, Known, Ledger, LeftOpen, Meter as _, NodeEntry, Opened,
    OwnSettings, Pool, Reading, Run, Suspension, Trail, Unavailable,
};
use api::id::{DeviceId, RepositoryId, StoragePoolId};
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
use tree::{Budget, Mode};
use uuid::Uuid;

/// Prints what it would store.
#[derive(Debug)]
struct Printed {
    pool: Arc<Pool>,
}

impl Ledger for Printed {
    fn open<'a>(&'a self, _: &'a RepositoryId) -> BoxFuture<'a, Result<Opened, Unavailable>> {
        // Never stored, so always counted.
        Box::pin(ready(Ok(Opened { used_bytes: 0, was_open: true })))
    }

    fn known<'a>(&'a self, _: &'a RepositoryId) -> BoxFuture<'a, Result<Known, Unavailable>> {
        Box::pin(ready(Ok(Known { used_bytes: 0, had_backups: false })))
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

    fn refused(&self, trails: Vec<(DeviceId, Trail)>) -> BoxFuture<'_, Result<(), Unavailable>> {
        println!("refused {trails:?}");
        Box::pin(ready(Ok(())))
    }

    fn ran(&self, _: Vec<Run>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(ready(Ok(())))
    }

    fn budgets(&self, _: Vec<Holder>, _: Vec<Reading>) -> BoxFuture<'_, Result<Vec<(Holder, Budget)>, Unavailable>> {
        Box::pin(ready(Ok(Vec::new())))
    }

    fn left_open(&self) -> BoxFuture<'_, Result<Vec<LeftOpen>, Unavailable>> {
        let open = LeftOpen {
            repository: RepositoryId::new(ID),
            pool: Arc::clone(&self.pool),
            directory: self.pool.directory.join(RepositoryId::new(ID).as_str()),
            used_bytes: 0,
        };
        Box::pin(ready(Ok(vec![open])))
    }
}

const ID: Uuid = Uuid::from_u128(1);

/// The device, its repository and the customer that it stands under, all with the same number.
fn device(pool: u16) -> Changes {
    let device = DeviceEntry {
        id: ID,
        repository: ID,
        node: ID,
        secret: Sha256::digest(b"secret").into(),
        pool,
        admission: Admission::ACTIVE,
        licensed_until: u32::MAX,
        own: OwnSettings::default(),
    };
    Changes { devices: vec![(ID, Some(device))], ..Changes::default() }
}

fn customer(suspension: Option<(Mode, &str)>) -> Changes {
    let suspension = suspension.map(|(mode, message)| Box::new(Suspension { mode, message: Some(message.into()) }));
    let customer = NodeEntry {
        id: ID,
        parent: None,
        suspension,
        called: Some("trial".into()),
        space: None,
        own: OwnSettings::default(),
    };
    Changes { nodes: vec![(ID, Some(customer))], ..Changes::default() }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(address), Some(directory)) = (arguments.next(), arguments.next()) else {
        return Err("usage: serve <address> <directory>".into());
    };
    let pool = std::path::absolute(directory)?;
    let repository = RepositoryId::new(ID);
    let grants = Arc::new(Grants::default());
    grants.apply(device(grants.pool(Pool::at(StoragePoolId::new(ID), pool.clone()))));
    grants.apply(customer(None));
    let options = Options::new(Arc::new(Timestamp::now), 0);
    std::fs::create_dir_all(&pool)?;
    let known = Arc::new(Pool::at(StoragePoolId::new(ID), pool));
    let ledger = Arc::new(Printed { pool: Arc::clone(&known) });
    let gateway = Gateway::new(Arc::clone(&grants), ledger, options);
    std::fs::write(known.directory.join(api::pool::MARKER), api::pool::marker(&known.id))?;
    gateway.recover(vec![known]).await;

    let shutdown = CancellationToken::new();
    let running = tokio::spawn(Arc::clone(&gateway).run(shutdown.clone()));
    let (confirmed, storing) = (Arc::clone(&grants), Arc::clone(&gateway));
    tokio::spawn(async move {
        loop {
            confirmed.confirm(Instant::now());
            let _ = storing.store().await;
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
    });
    let listener = TcpListener::bind(&address).await?;
    println!("http://{}:secret@{}/restic/{repository}/", DeviceId::new(ID), listener.local_addr()?);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, Arc::clone(&gateway)));
        }
    });
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        let (word, sentence) = line.split_once(' ').unwrap_or((&line, ""));
        grants.apply(customer(match word {
            "stop" => Some((Mode::StopBackups, sentence)),
            "full" => Some((Mode::FullStop, sentence)),
            _ => None,
        }));
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
