//! Storage pools in buckets: a real S3 server, what may happen on the way to it, and the real restic of both releases.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, Command};
use tokio_util::sync::CancellationToken;

use crate::process::{Admin, Device, Family, Release, Restic, Server, environment, text, until, until_some};
use crate::story::{Tree, assert_same, write_tree};
use crate::wire;

const BUCKET: &str = "backups";

/// All is well; nobody answers; of three connections one is told to come later, one is cut in the middle of an answer.
const WELL: u8 = 0;
const DOWN: u8 = 1;
const FAULTY: u8 = 2;

/// After so many bytes of answers a faulty connection is cut.
const CUT_AFTER: u64 = 300_000;

/// An S3 server, and the way to it.
struct Store {
    address: SocketAddr,
    way: SocketAddr,
    state: Arc<AtomicU8>,
    /// Ends the connections that are open.
    open: Arc<Mutex<CancellationToken>>,
    http: reqwest::Client,
    _child: Child,
}

impl Store {
    async fn start() -> Self {
        let program = environment("MOTO_SERVER").expect("MOTO_SERVER names a moto_server; ./test brings one");
        let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let mut command = Command::new(program);
        command.args(["-H", "127.0.0.1", "-p", &free.port().to_string()]).kill_on_drop(true);
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        cli::provide_cryptography();
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (state, open) = (Arc::new(AtomicU8::new(WELL)), Arc::new(Mutex::new(CancellationToken::new())));
        let way = listener.local_addr().unwrap();
        tokio::spawn(relay(listener, free, Arc::clone(&state), Arc::clone(&open)));
        let store = Self { address: free, way, state, open, http, _child: child };
        until("the store makes a bucket", async || {
            let made = store.http.put(format!("http://{free}/{BUCKET}")).send().await;
            made.is_ok_and(|made| made.status().is_success())
        })
        .await;
        store
    }

    fn be(&self, state: u8) {
        self.state.store(state, Ordering::SeqCst);
        std::mem::take(&mut *self.open.lock().unwrap()).cancel();
    }

    /// The keys below this one, and how long their objects are.
    async fn objects(&self, below: &str) -> Vec<(String, u64)> {
        let url = format!("http://{}/{BUCKET}?list-type=2&prefix={below}", self.address);
        let list = self.http.get(url).send().await.unwrap().text().await.unwrap();
        assert!(list.contains("<IsTruncated>false"), "{list}");
        let field = |part: &str, name: &str| {
            let (_, rest) = part.split_once(&format!("<{name}>")).unwrap();
            rest.split_once('<').unwrap().0.to_owned()
        };
        let parts = list.split("<Contents>").skip(1);
        parts.map(|part| (field(part, "Key"), field(part, "Size").parse().unwrap())).collect()
    }

    async fn bytes(&self, device: &Device) -> u64 {
        self.objects(&prefix(device)).await.iter().map(|(_, bytes)| bytes).sum()
    }
}

fn prefix(device: &Device) -> String {
    format!("tenantry/{}/", device.repository)
}

async fn relay(listener: TcpListener, to: SocketAddr, state: Arc<AtomicU8>, open: Arc<Mutex<CancellationToken>>) {
    let count = AtomicUsize::new(0);
    while let Ok((mut near, _)) = listener.accept().await {
        let (state, end) = (state.load(Ordering::SeqCst), open.lock().unwrap().clone());
        let number = count.fetch_add(1, Ordering::SeqCst);
        if state == DOWN {
            continue;
        }
        tokio::spawn(end.run_until_cancelled_owned(async move {
            if state == FAULTY && number.is_multiple_of(3) {
                let mut asked = [0; 4096];
                let _ = near.read(&mut asked).await;
                let later = "HTTP/1.1 503 Slow Down\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                let _ = near.write_all(later.as_bytes()).await;
                return;
            }
            let Ok(mut far) = TcpStream::connect(to).await else { return };
            let ((mut from, mut back), (answers, mut requests)) = (near.split(), far.split());
            let limit = if state == FAULTY && number % 3 == 1 { CUT_AFTER } else { u64::MAX };
            let mut answers = answers.take(limit);
            tokio::select! {
                _ = copy(&mut from, &mut requests) => {}
                _ = copy(&mut answers, &mut back) => {}
            }
        }));
    }
}

/// A pool in the bucket for those who store in Germany, as everybody's family here does.
async fn pool(admin: &Admin, store: &Store) -> Value {
    let locations = admin.get("storage_locations").await;
    let germany = locations["items"].as_array().unwrap().iter().find(|location| location["name"] == "Germany").unwrap();
    let body = json!({ "name": "Bucket", "endpoint": format!("http://{}", store.way), "bucket": BUCKET,
        "access_key_id": "key", "secret_access_key": "very secret", "storage_location_id": germany["id"] });
    let missing = json!({ "name": "None", "endpoint": format!("http://{}", store.way), "bucket": "nowhere",
        "access_key_id": "key", "secret_access_key": "very secret" });
    let (status, refused) = admin.send("POST", "storage_pools", Some(&missing)).await;
    assert_eq!((status.as_u16(), &refused["code"]), (409, &json!("storage_pool_refused")), "{refused}");
    let mut wrong = body.clone();
    wrong["endpoint"] = json!("ftp://store.example");
    wrong["bucket"] = json!("Not a bucket");
    wrong["prefix"] = json!("../elsewhere");
    wrong["secret_access_key"] = json!("");
    let (status, refused) = admin.send("POST", "storage_pools", Some(&wrong)).await;
    let mut fields: Vec<_> = refused["errors"].as_array().unwrap().iter().map(|error| text(error, "field")).collect();
    fields.sort();
    assert_eq!(
        (status.as_u16(), fields),
        (422, ["bucket", "endpoint", "prefix", "secret_access_key"].map(str::to_owned).to_vec())
    );
    let made = admin.post("storage_pools", &body).await;
    assert_eq!((&made["status"], &made["kind"], &made["prefix"]), (&json!("here"), &json!("s3"), &json!("tenantry")));
    let (status, refused) = admin
        .send(
            "POST",
            "storage_pools",
            Some(&json!({ "name": "Again", "endpoint": body["endpoint"],
        "bucket": BUCKET, "access_key_id": "key", "secret_access_key": "very secret" })),
        )
        .await;
    assert_eq!((status.as_u16(), &refused["code"]), (409, &json!("storage_pool_refused")), "{refused}");
    let shown = admin.get("storage_pools").await;
    assert_eq!(shown["items"].as_array().unwrap().len(), 2);
    assert!(!shown.to_string().contains("very secret") && !made.to_string().contains("very secret"));
    made
}

/// What may be changed of a pool, and what of it may not be.
async fn changes(admin: &Admin, pool: &Value) {
    let path = format!("storage_pools/{}", text(pool, "id"));
    let version = |pool: &Value| pool["version"].as_i64().unwrap();
    let named = admin.patch(&path, version(pool), &json!({ "name": "Frankfurt", "secret_access_key": "newer" })).await;
    assert_eq!((&named.1["name"], &named.1["access_key_id"]), (&json!("Frankfurt"), &json!("key")), "{}", named.1);
    let elsewhere = admin.patch(&path, version(&named.1), &json!({ "bucket": "others" })).await;
    assert_eq!((elsewhere.0.as_u16(), &elsewhere.1["code"]), (422, &json!("invalid_input")), "{}", elsewhere.1);
    // Whoever stores in no location with a pool of its own needs one, too.
    let pools = admin.get("storage_pools").await;
    let first = pools["items"].as_array().unwrap().iter().find(|pool| pool["kind"] == "directory").unwrap();
    let path = format!("storage_pools/{}", text(first, "id"));
    let last = admin.patch(&path, version(first), &json!({ "withdrawn": true })).await;
    assert_eq!((last.0.as_u16(), &last.1["code"]), (409, &json!("last_storage_pool")), "{}", last.1);
}

async fn assert_used(admin: &Admin, store: &Store, family: &Family) {
    let in_bucket = store.bytes(&family.device).await;
    assert!(in_bucket > 0);
    until("the device uses what lies in the bucket", async || admin.device_used(&family.device).await == in_bucket)
        .await;
    until("so does the provider", async || admin.customer_used(&family.provider).await == in_bucket).await;
}

async fn restores(restic: &Restic, tree: &Path) {
    let target = tempfile::tempdir().unwrap();
    restic.pass(&["restore", "latest", "--target", target.path().to_str().unwrap()]).await;
    assert_same(tree, &target.path().join(tree.strip_prefix("/").unwrap()));
}

async fn whole_story(release: Release, bytes: u64) {
    let store = Store::start().await;
    let (mut server, admin) = Server::start_configured("[customers]\ndeletion_hold_days = 0\n").await;
    let pool = pool(&admin, &store).await;
    changes(&admin, &pool).await;
    let family = admin.family("Acme").await;
    assert!(!server.directory(&family.device).exists());
    let (restic, home) = (Restic::of(release, &family.device), tempfile::tempdir().unwrap());
    let (tree, path) = (home.path().join("tree"), home.path().to_str().unwrap());
    write_tree(&tree, 7, &Tree { files: 60, bytes });
    restic.pass(&["init"]).await;
    restic.pass(&["backup", path]).await;
    assert_used(&admin, &store, &family).await;
    // Stock restic needs none of us to read a bucket.
    let direct = format!("s3:http://{}/{BUCKET}/tenantry/{}", store.address, family.device.repository);
    let direct = Restic::at(release, &direct);
    let mut check = direct.command(&["check", "--no-lock"]);
    let check = check.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "very secret").spawn().unwrap();
    let check = Restic::end_of(check).await;
    assert!(check.status.success(), "{}", check.said);

    let vault = format!("devices/{}/vault", family.device.id);
    let (status, answer) = admin.send("POST", &vault, Some(&json!({ "password": "any" }))).await;
    assert_eq!((status.as_u16(), &answer["code"]), (409, &json!("not_in_browser")), "{answer}");

    // What doesn't hash to its name never becomes visible, however long it is.
    for length in [1000, 6_000_000] {
        let (name, body) = (wire::name(b"something else"), vec![1; length]);
        let target = format!("/restic/{}/data/{name}", family.device.repository);
        let answer = wire::one(server.address, &wire::request(&family.device, "POST", &target, "", &body)).await;
        assert_eq!(answer.status, 400);
        assert!(store.objects(&prefix(&family.device)).await.iter().all(|(key, _)| !key.contains(&name)));
    }
    // Ranges, also those that lie outside.
    let config = format!("/restic/{}/config", family.device.repository);
    for (range, status) in [("bytes=0-9", 206), ("bytes=-5", 206), ("bytes=10-", 206), ("bytes=100000-100009", 416)] {
        let range = format!("Range: {range}\r\n");
        let answer = wire::one(server.address, &wire::request(&family.device, "GET", &config, &range, b"")).await;
        assert_eq!(answer.status, status, "{range}");
    }

    // A store that comes and goes, and a server that dies on the way.
    std::fs::remove_dir_all(tree.join("folder 00 äöü")).unwrap();
    write_tree(&tree.join("more"), 8, &Tree { files: 30, bytes: bytes / 2 });
    store.be(FAULTY);
    restic.pass(&["backup", path]).await;
    restic.pass(&["check", "--read-data"]).await;
    store.be(WELL);
    restores(&restic, &tree).await;
    server.kill().await;
    server.restart().await;
    assert_used(&admin, &store, &family).await;
    restic.pass(&["forget", "--keep-last", "1", "--prune", "--max-unused", "0"]).await;
    restic.pass(&["check", "--read-data"]).await;
    restores(&restic, &tree).await;
    assert_used(&admin, &store, &family).await;

    store.be(DOWN);
    let run = restic.run(&["backup", path]).await;
    assert!(!run.status.success());
    assert!(run.said.contains("The storage of these backups is away"), "{}", run.said);
    let pools = admin.get("storage_pools").await;
    let away = pools["items"].as_array().unwrap().iter().find(|pool| pool["kind"] == "s3").unwrap().clone();
    assert_eq!((&away["status"], away["reason"].is_string()), (&json!("away"), true), "{away}");
    store.be(WELL);
    until("it is back", async || admin.get("storage_pools").await.to_string().matches("\"here\"").count() == 2).await;
    restic.pass(&["backup", path]).await;
    assert_used(&admin, &store, &family).await;

    // Nothing is left of those who have gone.
    let (status, answer) =
        admin.send("DELETE", &format!("customers/{}?remove_products=true", family.customer), None).await;
    assert!(status.is_success(), "{answer}");
    let objects = async || Some(store.objects(&prefix(&family.device)).await.len()).filter(|count| *count == 0);
    until_some("its objects are removed", objects).await;
    assert_eq!(store.objects("tenantry/").await.len(), 1, "the marker stays");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_lies_in_a_bucket_with_debian_13() {
    whole_story(Release::Debian13, 40_000_000).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_lies_in_a_bucket_with_debian_12() {
    whole_story(Release::Debian12, 12_000_000).await;
}
