//! A gateway behind a real listener, a client that can misbehave, and a ledger in memory.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::grant::{
    Admission, Allotment, Changes, DeviceEntry, Grants, Holder, Known, Ledger, LeftOpen, NodeEntry, Opened,
    OwnSettings, Pool, Reading, Run, Suspension, Trail, Unavailable,
};
use api::id::{DeviceId, RepositoryId, StoragePoolId};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use data_encoding::HEXLOWER;
use futures_util::future::{BoxFuture, ready};
use gateway::{Gateway, Options};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tree::{Budget, Mode};
use uuid::Uuid;

/// What a ledger holds of one repository.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) used_bytes: u64,
    pub(crate) last_snapshot_at: Option<Timestamp>,
    pub(crate) is_open: bool,
}

/// The other side of the port, in memory.
#[derive(Debug, Default)]
pub(crate) struct Book {
    pub(crate) rows: Mutex<HashMap<RepositoryId, Row>>,
    pub(crate) directories: Mutex<HashMap<RepositoryId, PathBuf>>,
    pub(crate) contacts: Mutex<Vec<DeviceId>>,
    pub(crate) refusals: Mutex<HashMap<DeviceId, Trail>>,
    pub(crate) opens: Mutex<Vec<RepositoryId>>,
    pub(crate) stores: Mutex<usize>,
    /// What acme holds.
    pub(crate) allotted: Mutex<Option<i64>>,
    pub(crate) away: AtomicBool,
    /// Stores, then says that it could not: the answer was lost.
    pub(crate) mute: AtomicBool,
}

impl Book {
    pub(crate) fn row(&self, repository: &RepositoryId) -> Row {
        self.rows.lock().unwrap().get(repository).cloned().unwrap_or_default()
    }

    fn reachable<T>(&self, result: impl FnOnce() -> T) -> Result<T, Unavailable> {
        if self.away.load(Ordering::SeqCst) { Err(Unavailable) } else { Ok(result()) }
    }
}

impl Ledger for Book {
    fn open<'a>(&'a self, repository: &'a RepositoryId) -> BoxFuture<'a, Result<Opened, Unavailable>> {
        Box::pin(ready(self.reachable(|| {
            self.opens.lock().unwrap().push(repository.clone());
            let mut rows = self.rows.lock().unwrap();
            let row = rows.entry(repository.clone()).or_default();
            let opened = Opened { used_bytes: row.used_bytes, was_open: row.is_open };
            row.is_open = true;
            opened
        })))
    }

    fn known<'a>(&'a self, repository: &'a RepositoryId) -> BoxFuture<'a, Result<Known, Unavailable>> {
        Box::pin(ready(self.reachable(|| {
            let row = self.row(repository);
            Known { used_bytes: row.used_bytes, had_backups: row.last_snapshot_at.is_some() }
        })))
    }

    fn store(&self, readings: Vec<Reading>) -> BoxFuture<'_, Result<(), Unavailable>> {
        let stored = self.reachable(|| {
            *self.stores.lock().unwrap() += 1;
            for reading in readings {
                let mut rows = self.rows.lock().unwrap();
                let row = rows.entry(reading.repository).or_default();
                row.used_bytes = reading.used_bytes;
                row.last_snapshot_at = reading.last_snapshot_at.or(row.last_snapshot_at);
                if reading.closed {
                    row.is_open = false;
                }
            }
        });
        Box::pin(ready(if self.mute.load(Ordering::SeqCst) { Err(Unavailable) } else { stored }))
    }

    fn first_contact(&self, devices: Vec<DeviceId>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(ready(self.reachable(|| self.contacts.lock().unwrap().extend(devices))))
    }

    fn refused(&self, trails: Vec<(DeviceId, Trail)>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(ready(self.reachable(|| {
            let mut refusals = self.refusals.lock().unwrap();
            for (device, trail) in trails {
                let kept = refusals.entry(device).or_default();
                for refusal in trail.into_refusals() {
                    kept.add(refusal);
                }
            }
        })))
    }

    fn ran(&self, _: Vec<Run>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(ready(Ok(())))
    }

    fn budgets(
        &self,
        holders: Vec<Holder>,
        unsaved: Vec<Reading>,
    ) -> BoxFuture<'_, Result<Vec<(Holder, Budget)>, Unavailable>> {
        Box::pin(ready(self.reachable(|| {
            let mut used: HashMap<RepositoryId, u64> =
                self.rows.lock().unwrap().iter().map(|(id, row)| (id.clone(), row.used_bytes)).collect();
            used.extend(unsaved.into_iter().map(|reading| (reading.repository, reading.used_bytes)));
            let used = i64::try_from(used.values().sum::<u64>()).unwrap();
            let allotted = *self.allotted.lock().unwrap();
            let budget = Budget { allotted, overcommit_percent: 100, used, handed: 0, drawn: used };
            holders.into_iter().map(|holder| (holder, budget)).collect()
        })))
    }

    fn left_open(&self) -> BoxFuture<'_, Result<Vec<LeftOpen>, Unavailable>> {
        Box::pin(ready(self.reachable(|| {
            let rows = self.rows.lock().unwrap();
            let directories = self.directories.lock().unwrap();
            let open = rows.iter().filter(|(_, row)| row.is_open);
            open.map(|(id, row)| LeftOpen {
                repository: id.clone(),
                pool: Arc::new(Pool::at(
                    StoragePoolId::new(Uuid::from_u128(1)),
                    directories[id].parent().unwrap().to_owned(),
                )),
                directory: directories[id].clone(),
                used_bytes: row.used_bytes,
            })
            .collect()
        })))
    }
}

/// A gateway in service, with two devices of the customer acme and their repositories. In paths these are called `rep_1`
/// and `rep_2`.
pub(crate) struct World {
    pub(crate) pool: Arc<TempDir>,
    pub(crate) grants: Arc<Grants>,
    pub(crate) book: Arc<Book>,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) address: std::net::SocketAddr,
}

impl World {
    /// With two devices and the first one's repository created.
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let world = Self::over(Arc::new(tempfile::tempdir().unwrap()), Arc::default(), change).await;
        assert_eq!(world.post("/restic/rep_1/?create=true", b"").await.status, 200);
        world
    }

    /// A process that begins with what another has left.
    pub(crate) async fn over(pool: Arc<TempDir>, book: Arc<Book>, change: impl FnOnce(&mut Options)) -> Self {
        let grants = Arc::new(Grants::default());
        let mut options = Options::new(Arc::new(|| Timestamp::UNIX_EPOCH), 0);
        change(&mut options);
        let gateway = Gateway::new(Arc::clone(&grants), Arc::clone(&book) as Arc<dyn Ledger>, options);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(serve(listener, Arc::clone(&gateway)));
        let world = Self { pool, grants, book, gateway, address };
        for n in [1, 2] {
            let directory = world.repository(n);
            world.book.directories.lock().unwrap().insert(repository(n), directory);
        }
        let (id, directory) = (StoragePoolId::new(Uuid::from_u128(1)), world.pool.path().join("repositories"));
        if !directory.exists() {
            std::fs::create_dir(&directory).unwrap();
            std::fs::write(directory.join(api::pool::MARKER), api::pool::marker(&id)).unwrap();
        }
        let known = Pool::at(id.clone(), directory.clone());
        world.gateway.recover(vec![Arc::new(known)]).await;
        let pool = world.grants.pool(Pool::at(id, directory));
        for n in [1, 2] {
            world.change(device(n, pool));
        }
        world.stand(None);
        world.grants.confirm(Instant::now() + Duration::from_hours(1));
        world
    }

    pub(crate) fn repository(&self, n: usize) -> PathBuf {
        self.pool.path().join("repositories").join(repository(n).as_str())
    }

    pub(crate) fn change(&self, device: DeviceEntry) {
        self.grants.apply(Changes { devices: vec![(device.id, Some(device))], ..Changes::default() });
    }

    /// Withdraws all devices.
    pub(crate) fn withdraw(&self) {
        let devices = [1, 2].map(|n| (number(n), None)).to_vec();
        self.grants.apply(Changes { devices, ..Changes::default() });
    }

    /// Suspends the customer, or lifts that.
    pub(crate) fn stand(&self, suspension: Option<(Mode, &str)>) {
        let suspension = suspension.map(|(mode, message)| {
            Box::new(Suspension { mode, message: Some(message).filter(|message| !message.is_empty()).map(Into::into) })
        });
        self.node(suspension, OwnSettings::default());
    }

    /// Sets something at the customer.
    pub(crate) fn set(&self, own: OwnSettings) {
        self.node(None, own);
    }

    fn node(&self, suspension: Option<Box<Suspension>>, own: OwnSettings) {
        let space = self.book.allotted.lock().unwrap().map(|bytes| Box::new(Allotment { bytes, percent: 100 }));
        let acme = NodeEntry { id: ACME, parent: None, suspension, called: Some("acme".into()), space, own };
        self.grants.apply(Changes { nodes: vec![(ACME, Some(acme))], ..Changes::default() });
    }

    /// Gives the customer space of its own.
    pub(crate) fn allot(&self, bytes: i64) {
        *self.book.allotted.lock().unwrap() = Some(bytes);
        self.stand(None);
    }

    /// Uploads under way: files of the pool without a name that this process has open, and those with a name.
    pub(crate) fn temporaries(&self) -> usize {
        let nameless = std::fs::read_dir("/proc/self/fd").unwrap().filter(|entry| {
            let link = entry.as_ref().ok().and_then(|entry| std::fs::read_link(entry.path()).ok());
            link.is_some_and(|link| {
                link.starts_with(self.pool.path()) && link.to_string_lossy().ends_with(" (deleted)")
            })
        });
        nameless.count() + self.named_temporaries()
    }

    pub(crate) fn named_temporaries(&self) -> usize {
        std::fs::read_dir(self.pool.path().join("repositories/.incoming")).unwrap().count()
    }

    /// The lengths of all files of the first repository.
    pub(crate) fn on_disk(&self) -> u64 {
        files(&self.repository(1)).values().map(|bytes| bytes.len() as u64).sum()
    }

    pub(crate) async fn connect(&self) -> Client {
        Client { stream: BufReader::new(TcpStream::connect(self.address).await.unwrap()) }
    }

    /// One request of the first device on a connection of its own.
    pub(crate) async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Reply {
        let mut client = self.connect().await;
        client.send(1, method, path, headers, Some(body)).await;
        client.reply(method).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, &[], b"").await
    }

    pub(crate) async fn post(&self, path: &str, body: &[u8]) -> Reply {
        self.send("POST", path, &[], body).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, &[], b"").await
    }
}

async fn serve(listener: TcpListener, gateway: Arc<Gateway>) {
    while let Ok((stream, _)) = listener.accept().await {
        let gateway = Arc::clone(&gateway);
        let (wire, line) = gateway.wire(stream);
        let service = service_fn(move |mut request| {
            let (gateway, line) = (Arc::clone(&gateway), line.clone());
            request.extensions_mut().insert(line);
            async move { Ok::<_, Infallible>(gateway.handle::<Incoming>(request).await) }
        });
        let connection = http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(wire), service);
        tokio::spawn(connection);
    }
}

/// All files below a directory with their contents.
pub(crate) fn files(directory: &Path) -> HashMap<PathBuf, Vec<u8>> {
    let mut found = HashMap::new();
    let Ok(entries) = std::fs::read_dir(directory) else { return found };
    for entry in entries {
        let path = entry.unwrap().path();
        if path.symlink_metadata().unwrap().is_dir() {
            found.extend(files(&path));
        } else if let Ok(content) = std::fs::read(&path) {
            found.insert(path, content);
        }
    }
    found
}

/// The name of a blob.
pub(crate) fn name(content: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(content))
}

/// The path of a blob in the first repository.
pub(crate) fn path(kind: &str, content: &[u8]) -> String {
    format!("/restic/rep_1/{kind}/{}", name(content))
}

/// Bytes that no pattern of buffers fits.
pub(crate) fn content(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from((i % 251) ^ (i / 65521 % 256)).unwrap()).collect()
}

pub(crate) fn basic(n: usize) -> String {
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:secret {n}", DeviceId::new(number(n)))))
}

pub(crate) fn device(n: usize, pool: u16) -> DeviceEntry {
    DeviceEntry {
        id: number(n),
        repository: number(n),
        node: ACME,
        secret: Sha256::digest(format!("secret {n}")).into(),
        pool,
        admission: Admission::ACTIVE,
        licensed_until: u32::MAX,
        own: OwnSettings::default(),
    }
}

const ACME: Uuid = Uuid::from_u128(1000);

fn number(n: usize) -> Uuid {
    Uuid::from_u128(n as u128)
}

pub(crate) fn repository(n: usize) -> RepositoryId {
    RepositoryId::new(number(n))
}

/// With the repositories' ids in the place of their short names.
fn translated(path: &str) -> String {
    [1, 2]
        .into_iter()
        .fold(path.to_owned(), |path, n| path.replace(&format!("/rep_{n}/"), &format!("/{}/", repository(n))))
}

/// A connection on which anything can be sent.
pub(crate) struct Client {
    pub(crate) stream: BufReader<TcpStream>,
}

impl Client {
    pub(crate) async fn raw(&mut self, bytes: &[u8]) {
        self.stream.write_all(bytes).await.unwrap();
    }

    /// Sends a request of a device; without a body its headers must tell what follows.
    pub(crate) async fn send(
        &mut self,
        device: usize,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<&[u8]>,
    ) {
        let path = translated(path);
        let mut head = format!("{method} {path} HTTP/1.1\r\nHost: pool\r\n");
        if device > 0 {
            let _ = write!(head, "Authorization: {}\r\n", basic(device));
        }
        for (name, value) in headers {
            let _ = write!(head, "{name}: {value}\r\n");
        }
        if let Some(body) = body
            && (method == "POST" || !body.is_empty())
        {
            let _ = write!(head, "Content-Length: {}\r\n", body.len());
        }
        let mut request = (head + "\r\n").into_bytes();
        request.extend_from_slice(body.unwrap_or_default());
        self.raw(&request).await;
    }

    pub(crate) async fn reply(&mut self, method: &str) -> Reply {
        timeout(Duration::from_secs(20), self.read_reply(method)).await.expect("no answer in time")
    }

    async fn read_reply(&mut self, method: &str) -> Reply {
        let status_line = self.line().await;
        let mut words = status_line.splitn(3, ' ');
        assert_eq!(words.next(), Some("HTTP/1.1"), "{status_line}");
        let status = words.next().unwrap().parse().unwrap();
        let reason = words.next().unwrap_or_default().to_owned();
        let mut headers = HashMap::new();
        loop {
            let line = self.line().await;
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.insert(name.to_lowercase(), value.to_owned());
        }
        let mut body = Vec::new();
        if method != "HEAD" && headers.get("transfer-encoding").is_some_and(|coding| coding == "chunked") {
            loop {
                let length = usize::from_str_radix(&self.line().await, 16).unwrap();
                let mut chunk = vec![0; length];
                self.stream.read_exact(&mut chunk).await.unwrap();
                body.extend(chunk);
                assert_eq!(self.line().await, "");
                if length == 0 {
                    break;
                }
            }
        } else if method != "HEAD" {
            body = vec![0; headers["content-length"].parse().unwrap()];
            self.stream.read_exact(&mut body).await.unwrap();
        }
        Reply { status, reason, headers, body }
    }

    async fn line(&mut self) -> String {
        let mut line = String::new();
        self.stream.read_line(&mut line).await.unwrap();
        line.trim_end().to_owned()
    }
}

#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) reason: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: Vec<u8>,
}

impl Reply {
    /// The code of a problem document, which must agree with the status and the reason phrase.
    pub(crate) fn code(&self) -> String {
        assert_eq!(self.headers["content-type"], "application/problem+json");
        let problem: api::Problem = serde_json::from_slice(&self.body).unwrap();
        assert_eq!(problem.status, self.status);
        assert_eq!(problem.detail, self.reason);
        assert!(!problem.request_id.is_empty());
        problem.code
    }
}

/// Waits until something is true.
pub(crate) async fn until(what: &str, is_true: impl Fn() -> bool) {
    for _ in 0..2000 {
        if is_true() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("never happened: {what}");
}
