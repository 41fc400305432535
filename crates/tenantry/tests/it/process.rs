//! Real processes: the server's own binary on a data directory of its own, an administrator who talks to its API, and
//! the restic of two Debian releases beside it. The database is `SQLite`, or a fresh one on the `PostgreSQL` server that
//! the environment names.

use std::fs::File;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use db::test::Fresh;
use reqwest::StatusCode;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncWriteExt as _, BufReader, Lines};
use tokio::process::{Child, Command};
use tokio::time::{Instant, sleep, timeout};

pub(crate) use crate::restic::{Release, Restic, Run};

/// How long anything may take that is bound to come.
pub(crate) const SOON: Duration = Duration::from_mins(1);
/// The same for a run of a client.
pub(crate) const RUN: Duration = Duration::from_mins(5);
const POLL: Duration = Duration::from_millis(10);

/// An upload that is never stored: nothing hashes to this name. While uploads are admitted it answers with 400.
pub(crate) const UPLOAD: &str = "data/0000000000000000000000000000000000000000000000000000000000000000";

pub(crate) const EMAIL: &str = "admin@example.com";
pub(crate) const PASSWORD: &str = "walnut ferry drizzle 42";

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but their environment")]
pub(crate) fn environment(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Waits until something is true.
pub(crate) async fn until(what: &str, mut is_true: impl AsyncFnMut() -> bool) {
    until_some(what, async || is_true().await.then_some(())).await;
}

/// Waits until there is something, and gives it.
pub(crate) async fn until_some<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let end = Instant::now() + SOON;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < end, "never happened: {what}");
        sleep(POLL).await;
    }
}

/// A server process and what it works on. Both go with this value.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    home: TempDir,
    database: Option<Fresh>,
    /// How many files it may open, if that is bounded.
    open_files: Option<u32>,
    child: Child,
}

impl Server {
    /// A server on an empty data directory, and its first administrator, who has followed the link that it printed.
    pub(crate) async fn start() -> (Self, Admin) {
        Self::start_within(None).await
    }

    /// The same, where the process may not open more files than this.
    pub(crate) async fn start_with_open_files(limit: u32) -> (Self, Admin) {
        Self::start_within(Some(limit)).await
    }

    async fn start_within(open_files: Option<u32>) -> (Self, Admin) {
        let (server, link) = Self::start_on(Self::place().await, open_files).await;
        let link = link.expect("a server that is new prints a setup link");
        assert!(link.starts_with(&format!("http://{}/setup#", server.address)));
        let admin = Self::set_up(&link).await;
        (server, admin)
    }

    async fn set_up(link: &str) -> Admin {
        let (address, token) = link.split_once("/setup#token=").expect("the link carries a token");
        let admin = Admin::new(address.strip_prefix("http://").unwrap().parse().unwrap());
        let setup =
            json!({ "token": token, "provider_name": "Lighthouse Backup", "email": EMAIL, "password": PASSWORD });
        admin.post("setup", &setup).await;
        admin.sign_in(EMAIL, PASSWORD).await;
        admin
    }

    /// The same with a data directory on a small disk of its own, of which `keep_free` bytes are kept from backups.
    pub(crate) async fn start_on_disk(bytes: u64, keep_free: u64) -> (Self, Admin) {
        let (home, database) = Self::place().await;
        let data = home.path().join("data");
        std::fs::create_dir(&data).unwrap();
        let size = format!("size={bytes},mode=700");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&data).status().await;
        assert!(mounted.unwrap().success(), "this test mounts a file system, so it runs as root");
        std::fs::write(data.join("tenantry.toml"), format!("[storage]\nkeep_free_bytes = {keep_free}\n")).unwrap();
        let (server, link) = Self::start_on((home, database), None).await;
        let link = link.expect("a server that is new prints a setup link");
        (server, Self::set_up(&link).await)
    }

    /// The same with a configuration of its own.
    pub(crate) async fn start_configured(configuration: &str) -> (Self, Admin) {
        let (home, database) = Self::place().await;
        let data = home.path().join("data");
        std::fs::create_dir(&data).unwrap();
        std::fs::write(data.join("tenantry.toml"), configuration).unwrap();
        let (server, link) = Self::start_on((home, database), None).await;
        let link = link.expect("a server that is new prints a setup link");
        (server, Self::set_up(&link).await)
    }

    /// The same, set up from the host's command line.
    pub(crate) async fn start_from_host() -> (Self, Admin) {
        let place = Self::place().await;
        let mut setup = binary("setup", &place.0, place.1.as_ref());
        setup.args(["--email", EMAIL, "--password-stdin"]).stdin(Stdio::piped()).stdout(Stdio::null());
        let mut setup = setup.spawn().unwrap();
        setup.stdin.take().unwrap().write_all(format!("{PASSWORD}\n").as_bytes()).await.unwrap();
        assert!(setup.wait().await.unwrap().success());
        let (server, link) = Self::start_on(place, None).await;
        assert_eq!(link, None, "nothing is left to set up");
        let admin = Admin::new(server.address);
        admin.sign_in(EMAIL, PASSWORD).await;
        (server, admin)
    }

    async fn place() -> (TempDir, Option<Fresh>) {
        let database = match environment(db::test::POSTGRES) {
            Some(_) => Some(db::test::fresh(&control::MIGRATIONS).await.unwrap()),
            None => None,
        };
        (tempfile::tempdir().unwrap(), database)
    }

    async fn start_on((home, database): (TempDir, Option<Fresh>), open_files: Option<u32>) -> (Self, Option<String>) {
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let (child, address, link) =
            Self::spawn(&home, database.as_ref(), open_files, any).await.expect("the server starts");
        (Self { address, home, database, open_files, child }, link)
    }

    /// A child that has said where it listens, and the setup link if it has printed one; nothing if it ended instead.
    async fn spawn(
        home: &TempDir,
        database: Option<&Fresh>,
        open_files: Option<u32>,
        listen: SocketAddr,
    ) -> Option<(Child, SocketAddr, Option<String>)> {
        let log = File::options().create(true).append(true).open(home.path().join("log")).unwrap();
        let mut command = binary_within(open_files, "serve", home, database);
        command.args(["--listen", &listen.to_string()]).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first = line(&mut lines).await?;
        let address = first.strip_prefix("Tenantry is at http://").and_then(|rest| rest.strip_suffix('/'));
        let address: SocketAddr = address.and_then(|text| text.parse().ok()).expect(&first);
        let admin = Admin::new(address);
        let link = if admin.get("setup").await["setup_required"] == true {
            let link = line(&mut lines).await.unwrap();
            Some(link.strip_prefix("Set it up, once: ").expect(&link).to_owned())
        } else {
            None
        };
        // Read on, so that the server never waits for us.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some((child, address, link))
    }

    /// The end that no process can prepare for.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.unwrap();
    }

    /// Asks the server to end and waits for it.
    pub(crate) async fn stop(&mut self) -> ExitStatus {
        let pid = self.child.id().expect("the server runs").to_string();
        assert!(Command::new("sh").args(["-c", "kill -TERM \"$0\"", &pid]).status().await.unwrap().success());
        timeout(SOON, self.child.wait()).await.expect("the server ends when it is asked to").unwrap()
    }

    /// Starts the next process on the same data and the same address.
    pub(crate) async fn restart(&mut self) {
        let end = Instant::now() + SOON;
        loop {
            // Somebody's outgoing connection may have the port for a moment.
            if let Some((child, ..)) =
                Self::spawn(&self.home, self.database.as_ref(), self.open_files, self.address).await
            {
                self.child = child;
                return;
            }
            assert!(Instant::now() < end, "the server doesn't start again");
            sleep(POLL).await;
        }
    }

    /// Another command on the same data.
    pub(crate) fn command(&self, verb: &str) -> Command {
        binary(verb, &self.home, self.database.as_ref())
    }

    pub(crate) fn data(&self) -> PathBuf {
        self.home.path().join("data")
    }

    /// Where a device's repository lies.
    pub(crate) fn directory(&self, device: &Device) -> PathBuf {
        self.data().join("pool").join(&device.repository)
    }

    /// Asserts that no upload has left anything behind.
    pub(crate) fn assert_nothing_temporary(&self) {
        let left = files(&self.data().join("pool/.incoming"));
        assert!(left.is_empty(), "{left:?}");
    }

    /// The memory that the process has.
    pub(crate) fn resident_bytes(&self) -> u64 {
        let pid = self.child.id().expect("the server runs");
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
        line.trim().strip_suffix(" kB").unwrap().trim().parse::<u64>().unwrap() * 1024
    }

    /// What the server has logged so far.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.home.path().join("log")).unwrap()
    }
}

impl Drop for Server {
    #[expect(clippy::print_stderr, reason = "whoever reads why a test failed needs it")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the server's log:\n{}", self.log());
        }
        // It must be gone before its directory is.
        let _ = self.child.start_kill();
        while matches!(self.child.try_wait(), Ok(None)) {
            std::thread::yield_now();
        }
        // A disk of its own goes with it; nothing else is mounted there.
        let _ = std::process::Command::new("umount").arg("-q").arg(self.data()).status();
    }
}

fn binary(verb: &str, home: &TempDir, database: Option<&Fresh>) -> Command {
    binary_within(None, verb, home, database)
}

fn binary_within(open_files: Option<u32>, verb: &str, home: &TempDir, database: Option<&Fresh>) -> Command {
    const BINARY: &str = env!("CARGO_BIN_EXE_tenantry");
    let mut command = match open_files {
        None => Command::new(BINARY),
        Some(limit) => {
            let mut shell = Command::new("sh");
            shell.args(["-c", &format!("ulimit -n {limit} && exec \"$0\" \"$@\""), BINARY]);
            shell
        }
    };
    command.arg(verb).arg("--data").arg(home.path().join("data")).kill_on_drop(true).stdin(Stdio::null());
    if let Some(database) = database {
        command.args(["--database", database.url()]);
    }
    command
}

async fn line(lines: &mut Lines<impl AsyncBufRead + Unpin>) -> Option<String> {
    timeout(SOON, lines.next_line()).await.expect("the server says something").unwrap()
}

/// Somebody who talks to the API, with the cookies of a browser.
#[derive(Clone)]
pub(crate) struct Admin {
    http: reqwest::Client,
    address: SocketAddr,
}

async fn answered(request: reqwest::RequestBuilder) -> (StatusCode, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status();
    let text = answer.text().await.unwrap();
    (status, if text.is_empty() { Value::Null } else { serde_json::from_str(&text).expect(&text) })
}

impl Admin {
    /// Somebody who has not signed in.
    pub(crate) fn new(address: SocketAddr) -> Self {
        cli::provide_cryptography();
        let http = reqwest::Client::builder().cookie_store(true).timeout(SOON).no_proxy().build().unwrap();
        Self { http, address }
    }

    pub(crate) async fn sign_in(&self, login: &str, password: &str) {
        self.post("sessions", &json!({ "login": login, "password": password })).await;
    }

    pub(crate) async fn get(&self, path: &str) -> Value {
        let (status, answer) = self.send("GET", path, None).await;
        assert!(status.is_success(), "GET {path}: {status} {answer}");
        answer
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.send("POST", path, Some(body)).await;
        assert!(status.is_success(), "POST {path}: {status} {answer}");
        answer
    }

    /// Sends whatever it is, and gives whatever comes back; an answer without a body is null.
    pub(crate) async fn send(&self, method: &str, path: &str, body: Option<&Value>) -> (StatusCode, Value) {
        let request = self.request(method, path);
        answered(if let Some(body) = body { request.json(body) } else { request }).await
    }

    /// Changes what is of this version.
    pub(crate) async fn patch(&self, path: &str, version: i64, body: &Value) -> (StatusCode, Value) {
        answered(self.request("PATCH", path).header("if-match", format!("\"{version}\"")).json(body)).await
    }

    fn request(&self, method: &str, path: &str) -> reqwest::RequestBuilder {
        let url = format!("http://{}/api/v1/{path}", self.address);
        self.http.request(method.parse().unwrap(), url)
    }

    /// One node of each level from the provider down, named after `name`, and a device below.
    pub(crate) async fn family(&self, name: &str) -> Family {
        let provider = text(&self.get("me").await, "customer_id");
        let reseller = self.customer(&provider, "reseller", &format!("{name} Reseller")).await;
        let customer = self.customer(&reseller, "end_customer", name).await;
        let site = text(&self.post(&format!("customers/{customer}/sites"), &json!({ "name": "hq" })).await, "id");
        let pass_key = text(&self.post(&format!("customers/{customer}/pass_keys"), &json!({})).await, "pass_key");
        let register = json!({ "pass_key": pass_key, "name": format!("{name}-laptop"), "site": "hq" });
        let device = Device::new(&self.post("devices/register", &register).await);
        Family { provider, reseller, customer, site, device }
    }

    async fn customer(&self, parent: &str, level: &str, name: &str) -> String {
        let customer = json!({ "parent_id": parent, "level": level, "company_name": name, "country": "DE" });
        text(&self.post("customers", &customer).await, "id")
    }

    pub(crate) async fn suspend(&self, customer: &str, mode: &str, message: Option<&str>) {
        let suspension = json!({ "reason": "invoice 4711 unpaid", "mode": mode, "public_message": message });
        self.post(&format!("customers/{customer}/suspend"), &suspension).await;
    }

    pub(crate) async fn activate(&self, customer: &str) {
        self.post(&format!("customers/{customer}/activate"), &json!({})).await;
    }

    pub(crate) async fn device_used(&self, device: &Device) -> u64 {
        self.get(&format!("devices/{}", device.id)).await["used_bytes"].as_u64().unwrap()
    }

    pub(crate) async fn customer_used(&self, customer: &str) -> u64 {
        self.get(&format!("customers/{customer}")).await["totals"]["used_bytes"].as_u64().unwrap()
    }

    /// Asserts that the only device of a family, and each node above it, uses exactly what lies on the disk, and the
    /// provider what lies there in all.
    pub(crate) async fn assert_used(&self, server: &Server, family: &Family) -> u64 {
        let on_disk = bytes_below(&server.directory(&family.device));
        assert_eq!(self.device_used(&family.device).await, on_disk, "device");
        for customer in [&family.site, &family.customer, &family.reseller] {
            // A total that is read while counters are stored may be of two moments (docs/known-quirks.md).
            until(customer, async || self.customer_used(customer).await == on_disk).await;
        }
        let pool = std::fs::read_dir(server.data().join("pool")).unwrap().map(|entry| entry.unwrap().path());
        let in_all: u64 = pool.filter(|path| path.is_dir()).map(|path| bytes_below(&path)).sum();
        assert_eq!(self.customer_used(&family.provider).await, in_all, "provider");
        on_disk
    }
}

/// The ids of a device's ancestors, and the device.
pub(crate) struct Family {
    pub(crate) provider: String,
    pub(crate) reseller: String,
    pub(crate) customer: String,
    pub(crate) site: String,
    pub(crate) device: Device,
}

/// What a device was told when it registered.
#[derive(Clone, Debug)]
pub(crate) struct Device {
    pub(crate) id: String,
    pub(crate) username: String,
    pub(crate) password: String,
    /// As clients reach it, with a slash at its end.
    pub(crate) url: String,
    pub(crate) repository: String,
}

impl Device {
    /// The repository as restic takes it, credentials included.
    pub(crate) fn restic_url(&self) -> String {
        let (scheme, url) = self.url.split_once("://").unwrap();
        format!("rest:{scheme}://{}:{}@{url}", self.username, self.password)
    }

    /// The status that the gateway answers with; `path` is relative to the repository.
    pub(crate) async fn answers(&self, method: &str, path: &str) -> StatusCode {
        let http = reqwest::Client::builder().timeout(SOON).no_proxy().build().unwrap();
        let request = http.request(method.parse().unwrap(), format!("{}{path}", self.url));
        request.basic_auth(&self.username, Some(&self.password)).send().await.unwrap().status()
    }

    pub(crate) fn new(answer: &Value) -> Self {
        let url = text(answer, "repository_url");
        let repository = url.trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
        Self {
            id: text(answer, "device_id"),
            username: text(answer, "username"),
            password: text(answer, "password"),
            url,
            repository,
        }
    }
}

/// A field that must be text.
pub(crate) fn text(value: &Value, field: &str) -> String {
    value[field].as_str().unwrap_or_else(|| panic!("no {field} in {value}")).to_owned()
}

/// Numbers without a pattern, always the same ones for the same seed.
pub(crate) struct Noise(u64);

impl Noise {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub(crate) fn number(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub(crate) fn below(&mut self, end: u64) -> u64 {
        self.number() % end
    }

    pub(crate) fn bytes(&mut self, length: u64) -> Vec<u8> {
        let mut bytes = Vec::new();
        for _ in 0..length.div_ceil(8) {
            bytes.extend_from_slice(&self.number().to_le_bytes());
        }
        bytes.truncate(usize::try_from(length).unwrap());
        bytes
    }
}

/// All files below a directory.
pub(crate) fn files(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = std::fs::read_dir(directory) else { return found };
    for entry in entries {
        let entry = entry.unwrap();
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => found.extend(files(&entry.path())),
            _ => found.push(entry.path()),
        }
    }
    found
}

/// The lengths of all files below a directory.
pub(crate) fn bytes_below(directory: &Path) -> u64 {
    files(directory).iter().map(|path| path.symlink_metadata().unwrap().len()).sum()
}
