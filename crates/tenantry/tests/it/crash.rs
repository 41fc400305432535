//! The server is killed in the middle of uploads, again and again. Whatever it had acknowledged is there afterwards,
//! byte for byte; what it had not is there whole or not at all; the counters say what lies on the disk.

use std::collections::BTreeMap;
use std::hash::{BuildHasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use reqwest::{Client, Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use crate::process::{Device, Noise, Release, Restic, SOON, Server, bytes_below, files, until};
use crate::wire::{name, request};

const ROUNDS: u64 = 20;
const CLIENTS: u64 = 6;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_outlives_twenty_crashes() {
    let (mut server, admin) = Server::start().await;
    let (raw, machine) = (admin.family("Raw").await, admin.family("Machine").await);
    let uploads = Arc::new(Uploads::new(raw.device.clone()));
    assert_eq!(uploads.ask(&client(), Method::POST, "?create=true", vec![]).await, Some(StatusCode::OK));
    let backups = Backups::begin(&machine.device).await;
    let mut noise = Noise::new(RandomState::new().hash_one("moments"));
    for round in 0..ROUNDS {
        let before = uploads.acknowledged();
        let mut clients = JoinSet::new();
        for number in 0..CLIENTS {
            clients.spawn(Arc::clone(&uploads).work(round, number));
        }
        let half = half_open(&server, &raw.device, round).await;
        until("uploads are acknowledged", async || uploads.acknowledged() >= before + 5).await;
        sleep(Duration::from_millis(noise.below(500))).await;
        server.kill().await;
        clients.join_all().await;
        drop(half);
        uploads.assert_on_disk(&server.directory(&raw.device));
        server.restart().await;
        server.assert_nothing_temporary();
        // restic is at work in the other repository, so that only this one stands still.
        assert_eq!(admin.device_used(&raw.device).await, bytes_below(&server.directory(&raw.device)));
        uploads.assert_served(round).await;
    }
    let passed = backups.end().await;
    let restic = &passed.restic;
    let snapshots: serde_json::Value = serde_json::from_str(&restic.pass(&["snapshots", "--json"]).await).unwrap();
    assert!(passed.count >= 1);
    assert_eq!(snapshots.as_array().unwrap().len(), passed.count, "each backup that passed has its snapshot");
    restic.pass(&["check", "--read-data"]).await;
    passed.assert_restores().await;
    for family in [&raw, &machine] {
        admin.assert_used(&server, family).await;
    }
    server.assert_nothing_temporary();
    uploads.assert_whole(&server.directory(&raw.device));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}

fn client() -> Client {
    Client::builder().timeout(SOON).no_proxy().build().unwrap()
}

/// What became of a blob, as far as its client was told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// In this round.
    Stored(u64),
    Removed,
}

/// Clients that upload and remove blobs until the server dies, and what it had acknowledged by then.
struct Uploads {
    device: Device,
    /// By path in the repository. A blob of which only the question is known, not the answer, is not here.
    known: Mutex<BTreeMap<String, Fate>>,
    count: AtomicUsize,
}

impl Uploads {
    fn new(device: Device) -> Self {
        Self { device, known: Mutex::default(), count: AtomicUsize::new(0) }
    }

    fn acknowledged(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// The status of an answer; nothing if none came.
    async fn ask(&self, client: &Client, method: Method, path: &str, body: Vec<u8>) -> Option<StatusCode> {
        let request = client.request(method, format!("{}{path}", self.device.url)).body(body);
        let answer = request.basic_auth(&self.device.username, Some(&self.device.password)).send().await.ok()?;
        Some(answer.status())
    }

    async fn work(self: Arc<Self>, round: u64, number: u64) {
        let client = client();
        let mut noise = Noise::new(1000 * round + number + 1);
        // Some blobs are uploaded by all clients at about the same time: each gets its answer, one counts.
        let mut common = Noise::new(1_000_000 + round);
        let mut own: Vec<String> = Vec::new();
        loop {
            let is_common = noise.below(6) == 0;
            let length = if noise.below(8) == 0 { 1 << 20 } else { 1 << 16 };
            let blob = if is_common {
                common.bytes(5000)
            } else {
                let length = noise.below(length);
                noise.bytes(length)
            };
            let kind = if noise.below(4) == 0 && !is_common { "index" } else { "data" };
            let path = format!("{kind}/{}", name(&blob));
            match self.ask(&client, Method::POST, &path, blob).await {
                None => return,
                Some(status) => assert_eq!(status, StatusCode::OK),
            }
            self.known.lock().unwrap().insert(path.clone(), Fate::Stored(round));
            self.count.fetch_add(1, Ordering::Relaxed);
            if !is_common {
                own.push(path);
            }
            if noise.below(8) == 0
                && let Some(path) = own.pop()
            {
                self.known.lock().unwrap().remove(&path);
                match self.ask(&client, Method::DELETE, &path, vec![]).await {
                    None => return,
                    Some(status) => assert_eq!(status, StatusCode::OK),
                }
                self.known.lock().unwrap().insert(path, Fate::Removed);
            }
        }
    }

    fn file(repository: &Path, path: &str) -> PathBuf {
        match path.strip_prefix("data/") {
            Some(name) => repository.join("data").join(&name[..2]).join(name),
            None => repository.join(path),
        }
    }

    /// Asserts that every blob is where it should be, or not, whatever the next process will do.
    fn assert_on_disk(&self, repository: &Path) {
        for (path, fate) in &*self.known.lock().unwrap() {
            let exists = Self::file(repository, path).exists();
            assert_eq!(exists, *fate != Fate::Removed, "{path} {fate:?}");
        }
    }

    /// Asserts that what was acknowledged in a round comes back byte by byte, and what was removed does not.
    async fn assert_served(self: &Arc<Self>, round: u64) {
        let known = self.known.lock().unwrap().clone();
        let client = client();
        for (path, fate) in known {
            if !matches!(fate, Fate::Stored(of) if of == round) {
                continue;
            }
            let request = client.get(format!("{}{path}", self.device.url));
            let answer = request.basic_auth(&self.device.username, Some(&self.device.password)).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::OK, "{path}");
            assert!(path.ends_with(&name(&answer.bytes().await.unwrap())), "{path} has other bytes");
        }
    }

    /// Asserts that every file, acknowledged or not, is whole.
    fn assert_whole(&self, repository: &Path) {
        self.assert_on_disk(repository);
        for path in files(repository) {
            assert!(path.ends_with(name(&std::fs::read(&path).unwrap())), "{} is not whole", path.display());
        }
    }
}

/// Uploads of which half has arrived when the server dies.
async fn half_open(server: &Server, device: &Device, round: u64) -> Vec<TcpStream> {
    let mut open = Vec::new();
    for number in 0..3 {
        let blob = Noise::new(2_000_000 + 3 * round + number).bytes(2_000_000);
        let path = format!("/restic/{}/data/{}", device.repository, name(&blob));
        let request = request(device, "POST", &path, "", &blob);
        let mut stream = TcpStream::connect(server.address).await.unwrap();
        stream.write_all(&request[..request.len() / 2]).await.unwrap();
        open.push(stream);
    }
    open
}

/// A machine that backs up all the time: restic retries what the server didn't answer.
struct Backups {
    stop: Arc<AtomicBool>,
    running: JoinHandle<Passed>,
}

struct Passed {
    restic: Restic,
    count: usize,
    tree: TempDir,
}

impl Backups {
    async fn begin(device: &Device) -> Self {
        let restic = Restic::of(Release::Debian13, device);
        restic.pass(&["init"]).await;
        let stop = Arc::new(AtomicBool::new(false));
        let asked = Arc::clone(&stop);
        let mut passed = Passed { restic, count: 0, tree: tempfile::tempdir().unwrap() };
        let running = tokio::spawn(async move {
            while !asked.load(Ordering::Relaxed) {
                passed.backup().await;
            }
            passed
        });
        Self { stop, running }
    }

    /// Waits for the backup that runs.
    async fn end(self) -> Passed {
        self.stop.store(true, Ordering::Relaxed);
        self.running.await.unwrap()
    }
}

impl Passed {
    /// Backs up 20 MB that are new and removes them from the machine again, but for the last ones.
    async fn backup(&mut self) {
        let mut noise = Noise::new(3_000_000 + self.count as u64);
        for number in 0..20 {
            std::fs::write(self.tree.path().join(format!("{number}.bin")), noise.bytes(1_000_000)).unwrap();
        }
        let mut backup = self.restic.command(&["backup", ".", "--pack-size", "4"]);
        let run = Restic::end_of(backup.current_dir(self.tree.path()).spawn().unwrap()).await;
        assert!(run.status.success(), "{}", run.said);
        self.count += 1;
    }

    async fn assert_restores(&self) {
        let target = tempfile::tempdir().unwrap();
        self.restic.pass(&["restore", "latest", "--target", target.path().to_str().unwrap()]).await;
        for path in files(self.tree.path()) {
            let found = target.path().join(path.file_name().unwrap());
            assert!(std::fs::read(&path).unwrap() == std::fs::read(found).unwrap(), "{} differs", path.display());
        }
    }
}

/// Sites of one customer, at once.
const SITES: usize = 150;
const CUSTOMERS: usize = 4;

#[tokio::test(flavor = "multi_thread")]
async fn a_task_goes_on_after_crashes_and_does_each_row_once() {
    let (mut server, admin) = Server::start().await;
    let provider = admin.get("me").await["customer_id"].clone();
    let reseller = json!({ "parent_id": provider, "level": "reseller", "company_name": "Many", "country": "DE" });
    let reseller = admin.post("customers", &reseller).await["id"].clone();
    for number in 0..CUSTOMERS {
        let sites: Vec<String> = (0..SITES).map(|site| format!("site_{site}")).collect();
        let body = json!({ "parent_id": reseller, "company_name": format!("Customer {number}"), "country": "DE",
            "sites": sites });
        admin.post("customers", &body).await;
    }
    let all = SITES * CUSTOMERS;
    let request = json!({ "noun": "customers", "action": "suspend", "selection": { "under": reseller, "level": "site" },
        "input": { "reason": "Unpaid", "mode": "stop_backups" } });
    let task = format!("tasks/{}", admin.post("bulk", &request).await["task_id"].as_str().unwrap());
    let done = async || admin.get(&task).await["progress"]["done"].as_u64().unwrap();
    let mut crashes = 0;
    let mut before = 0;
    // Each time some more is done, until all is: not from the beginning again.
    for _ in 0..3 {
        until("some of it is done", async || done().await > before).await;
        server.kill().await;
        server.restart().await;
        let now = done().await;
        assert!(now >= before, "{now} of {before} are done after a crash");
        crashes += u64::from(now < all as u64);
        before = now;
        if now == all as u64 {
            break;
        }
    }
    assert!(crashes > 0, "it was done before the first crash");
    until("the task is done", async || admin.get(&task).await["state"] == "done").await;
    let told = admin.get(&task).await;
    assert_eq!((&told["counts"]["done"], &told["counts"]["unchanged"]), (&json!(all), &json!(0)), "{told}");
    // Once each, by the change log.
    let filter = "action%20%3D%3D%20customer.suspended";
    let log = admin.get(&format!("customers/{}/changes?filter={filter}&limit=1", reseller.as_str().unwrap())).await;
    assert_eq!(log["total"], json!(all));
    let suspended = "account_state%20%3D%3D%20suspended%20and%20level%20%3D%3D%20site";
    assert_eq!(admin.get(&format!("customers?filter={suspended}&limit=1")).await["total"], json!(all));
    assert!(!server.log().contains("panicked"), "{}", server.log());
}
