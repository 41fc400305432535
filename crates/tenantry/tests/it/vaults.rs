//! Restoring without a client: what real clients have backed up is looked through and downloaded, and compared byte by byte
//! with what was there; and nobody else gets at it, nor anybody for longer than they should.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::AsyncWriteExt as _;

use crate::app::{App, PASSWORD};
use crate::client::{Answer, Client, with};
use crate::process::{Device, Noise, Release, Restic, files, until};
use crate::rustic::Rustic;

/// The backups' own.
const SECRET: &str = "a secret of the customer";

/// A customer with an account of its own, and one of its machines that has something to back up.
struct World {
    app: App,
    customer: String,
    own: Client,
    device: Device,
    home: TempDir,
}

impl World {
    async fn new() -> Self {
        let app = App::start().await;
        let reseller = app.reseller("Reseller of Bakery").await;
        let body = json!({ "parent_id": reseller, "company_name": "Bakery", "country": "DE", "username": "bakery",
            "password": PASSWORD });
        let customer = crate::app::id(&app.admin().post("/customers", &body).await.is(201));
        let device = device(&app, &customer, "till").await;
        let own = app.client("bakery", PASSWORD).await;
        Self { app, customer, own, device, home: tempfile::tempdir().unwrap() }
    }

    /// One that has backed up a tree of a few files.
    async fn backed_up() -> Self {
        let world = Self::new().await;
        world.write_tree();
        let restic = Restic::of(Release::Debian13, &world.device);
        restic.pass(&["init"]).await;
        restic.pass(&["backup", "--tag", "evening", "--host", "till", world.tree().to_str().unwrap()]).await;
        world
    }

    fn tree(&self) -> PathBuf {
        self.home.path().join("tree")
    }

    /// What machines have, and what hardly any has: names in all characters and in none, links, and sizes of all kinds.
    fn write_tree(&self) {
        let tree = self.tree();
        let mut noise = Noise::new(7);
        std::fs::create_dir_all(tree.join("Grüße aus 東京/deep/deeper")).unwrap();
        std::fs::create_dir(tree.join("empty folder")).unwrap();
        let mut write = |name: &[u8], length: u64| {
            std::fs::write(tree.join(OsStr::from_bytes(name)), noise.bytes(length)).unwrap();
        };
        write(b"empty", 0);
        write(b"small.txt", 11);
        // Several pieces.
        write(b"large.bin", 5_000_000);
        write("Grüße aus 東京/deep/deeper/ä b.pdf".as_bytes(), 70_000);
        write(b"not \xff\xfe text.bin", 100);
        write(b"back\\slash \\x2d", 101);
        write(b"line\nbreak \"quoted\"", 102);
        std::fs::write(tree.join("zeros"), vec![0; 3_000_000]).unwrap();
        symlink("small.txt", tree.join("link")).unwrap();
        symlink("/etc/passwd", tree.join("link out")).unwrap();
        std::fs::set_permissions(tree.join("small.txt"), std::fs::Permissions::from_mode(0o640)).unwrap();
    }

    /// Opens the backups.
    async fn open(&self, client: &Client) -> String {
        let vault = client.post(&self.door(), &json!({ "password": SECRET })).await.is(201);
        vault["vault_id"].as_str().unwrap().to_owned()
    }

    fn door(&self) -> String {
        format!("/devices/{}/vault", self.device.id)
    }

    /// The address of the only snapshot, as the customer sees it.
    async fn snapshot(&self, vault: &str) -> String {
        let list = self.own.get(&format!("/vaults/{vault}/snapshots")).await.is(200);
        assert_eq!(list["items"].as_array().unwrap().len(), 1, "{list:#}");
        format!("/vaults/{vault}/snapshots/{}", list["items"][0]["id"].as_str().unwrap())
    }

    /// Where the tree stands in the snapshot.
    fn top(&self) -> String {
        self.tree().to_str().unwrap().to_owned()
    }

    fn directory(&self) -> PathBuf {
        self.app.data().join("pool").join(&self.device.repository)
    }

    async fn changes(&self, action: &str) -> Vec<Value> {
        let all = self.own.all(&format!("/customers/{}/changes", self.customer)).await;
        all.into_iter().filter(|change| change["action"] == action).collect()
    }
}

async fn device(app: &App, customer: &str, name: &str) -> Device {
    let machine = app.machine(&app.pass_key(customer).await, name).await;
    let repository = machine.url.trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
    machine.begin().await;
    Device { id: machine.id, username: machine.username, password: machine.password, url: machine.url, repository }
}

/// The answer to a download, whole.
async fn download(client: &Client, path: &str) -> (u16, reqwest::header::HeaderMap, Vec<u8>) {
    let response = client.request(Method::GET, path).stream().await;
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    (status, headers, response.bytes().await.unwrap().to_vec())
}

/// A folder as it is listed, leafed through by pages of two.
async fn entries(client: &Client, snapshot: &str, path: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut after = None::<String>;
    loop {
        let mut query = vec![("path", path), ("limit", "2")];
        query.extend(after.as_deref().map(|after| ("after", after)));
        let page = client.get(&with(&format!("{snapshot}/entries"), &query)).await.is(200);
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { break };
        after = Some(next.to_owned());
    }
    found
}

/// Compares what a folder of a snapshot has with what is on disk. Returns how many files that were.
async fn compare(client: &Client, snapshot: &str, path: &str, disk: &Path) -> usize {
    let (mut compared, mut folders) = (0, vec![(path.to_owned(), disk.to_owned())]);
    while let Some((path, disk)) = folders.pop() {
        let shown = entries(client, snapshot, &path).await;
        let mut on_disk: Vec<_> = std::fs::read_dir(&disk).unwrap().map(|entry| entry.unwrap()).collect();
        assert_eq!(shown.len(), on_disk.len(), "{path}");
        on_disk.sort_by_key(std::fs::DirEntry::file_name);
        for entry in on_disk {
            let name = name_of(&entry.file_name());
            let told = shown.iter().find(|told| told["name"] == name.as_str());
            let told = told.unwrap_or_else(|| panic!("{name} is not in {shown:#?}"));
            let below = format!("{path}/{name}");
            let kind = entry.file_type().unwrap();
            if kind.is_dir() {
                assert_eq!(told["kind"], "folder");
                folders.push((below, entry.path()));
            } else if kind.is_symlink() {
                assert_eq!(told["kind"], "symlink");
                let target = std::fs::read_link(entry.path()).unwrap();
                assert_eq!(told["target"], target.to_str().unwrap());
            } else {
                let expected = std::fs::read(entry.path()).unwrap();
                assert_eq!((&told["kind"], &told["bytes"]), (&json!("file"), &json!(expected.len())));
                let mode = entry.metadata().unwrap().permissions().mode();
                assert_eq!(told["mode"], format!("{:04o}", mode & 0o7777));
                let (_, headers, bytes) =
                    download(client, &with(&format!("{snapshot}/file"), &[("path", &below)])).await;
                assert!(bytes == expected, "{below} differs");
                assert_eq!(headers["content-length"], expected.len().to_string());
                compared += 1;
            }
        }
    }
    compared
}

/// A name as it is shown.
fn name_of(name: &OsStr) -> String {
    if name.as_bytes() == b"not \xff\xfe text.bin" {
        return r"not \xff\xfe text.bin".to_owned();
    }
    name.to_str().unwrap().to_owned()
}

/// Unpacks with a program that everybody has.
async fn unpack(program: &str, arguments: &[&str], packed: &[u8]) -> TempDir {
    let target = tempfile::tempdir().unwrap();
    let file = target.path().join("packed");
    std::fs::write(&file, packed).unwrap();
    let mut command = tokio::process::Command::new(program);
    command.args(arguments).arg(&file).arg(target.path().join("out")).stdout(Stdio::piped()).stderr(Stdio::piped());
    std::fs::create_dir(target.path().join("out")).unwrap();
    let output = command.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target
}

/// Looks at every entry as a reader does that goes by the list at the end, checks the sums, and writes it out.
const UNZIP: &str = "
import os, stat, sys, zipfile
packed = zipfile.ZipFile(sys.argv[1])
assert packed.testzip() is None
for info in packed.infolist():
    assert not info.filename.startswith('/') and '..' not in info.filename.split('/'), info.filename
    path = os.path.join(sys.argv[2], info.filename)
    mode = info.external_attr >> 16
    if info.is_dir():
        os.makedirs(path, exist_ok=True)
    elif stat.S_ISLNK(mode):
        os.symlink(packed.read(info), path)
    else:
        with open(path, 'wb') as file:
            file.write(packed.read(info))
        os.chmod(path, mode & 0o7777)
";

async fn unzip(packed: &[u8]) -> TempDir {
    unpack("python3", &["-c", UNZIP], packed).await
}

async fn untar(packed: &[u8]) -> TempDir {
    let plain = zstd::decode_all(packed).unwrap();
    let target = tempfile::tempdir().unwrap();
    let out = target.path().join("out");
    std::fs::create_dir(&out).unwrap();
    let mut tar = tokio::process::Command::new("tar");
    tar.args(["-x", "-p", "-C", out.to_str().unwrap()]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut running = tar.spawn().unwrap();
    let mut stdin = running.stdin.take().unwrap();
    stdin.write_all(&plain).await.unwrap();
    drop(stdin);
    let output = running.wait_with_output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    target
}

/// What clients of several kinds and ages wrote is all there.
async fn everything_is_there(world: World) {
    let vault = world.open(&world.own).await;
    let snapshot = world.snapshot(&vault).await;
    let (tree, top) = (world.tree(), world.top());
    assert_eq!(compare(&world.own, &snapshot, &top, &tree).await, 8);

    let archive = |format: &str| with(&format!("{snapshot}/archive"), &[("path", &top), ("format", format)]);
    let (_, headers, packed) = download(&world.own, &archive("tar.zst")).await;
    assert_eq!(headers["content-disposition"], "attachment; filename=\"tree.tar.zst\"; filename*=UTF-8''tree.tar.zst");
    let unpacked = untar(&packed).await;
    let out = unpacked.path().join("out/tree");
    crate::story::assert_same(&tree, &out);
    assert_eq!(std::fs::read_link(out.join("link out")).unwrap(), Path::new("/etc/passwd"));
    assert_eq!(out.join("small.txt").metadata().unwrap().permissions().mode() & 0o777, 0o640);
    let modified = |path: &Path| path.metadata().unwrap().modified().unwrap();
    let apart = modified(&tree.join("zeros")).duration_since(modified(&out.join("zeros"))).unwrap();
    assert!(apart < Duration::from_secs(1), "{apart:?}");
    assert!(out.join("empty folder").is_dir());

    let (_, headers, packed) = download(&world.own, &archive("zip")).await;
    assert_eq!(headers["content-type"], "application/zip");
    let unpacked = unzip(&packed).await;
    let out = unpacked.path().join("out/tree");
    for name in
        ["empty", "small.txt", "large.bin", "zeros", "Grüße aus 東京/deep/deeper/ä b.pdf", "line\nbreak \"quoted\""]
    {
        assert!(std::fs::read(out.join(name)).unwrap() == std::fs::read(tree.join(name)).unwrap(), "{name}");
    }
    assert_eq!(std::fs::read_link(out.join("link")).unwrap(), Path::new("small.txt"));
    assert_eq!(out.join("small.txt").metadata().unwrap().permissions().mode() & 0o777, 0o640);
    // What a zip can't call by its name has another one, and the text at the end says which.
    let notes = std::fs::read_to_string(unpacked.path().join("out/NOT IN THIS ARCHIVE.txt")).unwrap();
    assert!(std::fs::read(out.join("not _xff_xfe text.bin")).unwrap().len() == 100, "{notes}");
    assert!(std::fs::read(out.join("back_slash _x2d")).unwrap().len() == 101, "{notes}");
    assert_eq!(notes.lines().count(), 2, "{notes}");
    // Two of them are links.
    assert_eq!(files(&out).len(), 10);
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_restic_has_compressed_is_all_there() {
    everything_is_there(World::backed_up().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_old_restic_has_stored_is_all_there() {
    let world = World::new().await;
    world.write_tree();
    let restic = Restic::of(Release::Debian12, &world.device);
    restic.pass(&["init", "--repository-version", "1"]).await;
    restic.pass(&["backup", &world.top()]).await;
    everything_is_there(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rustic_has_stored_is_all_there() {
    let world = World::new().await;
    world.write_tree();
    let rustic = Rustic::of(&world.device, &world.tree());
    rustic.pass(&["init"]).await;
    rustic.backup().await.unwrap();
    everything_is_there(world).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_is_looked_through_and_its_files_are_found() {
    let world = World::backed_up().await;
    let vault = world.open(&world.own).await;
    let list = world.own.get(&format!("/vaults/{vault}/snapshots")).await.is(200);
    let told = &list["items"][0];
    assert_eq!((&told["host"], &told["tags"]), (&json!("till"), &json!(["evening"])));
    assert_eq!(told["paths"], json!([world.top()]));
    assert_eq!((&told["files"], &told["bytes"]), (&json!(8), &json!(8_070_314)));
    let snapshot = world.snapshot(&vault).await;
    let top = world.top();

    // Folders first, then by what is asked for.
    let sorted = async |sort: &str| {
        let page =
            world.own.get(&with(&format!("{snapshot}/entries"), &[("path", &top), ("sort", sort)])).await.is(200);
        let names = page["items"].as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap().to_owned());
        names.collect::<Vec<_>>()
    };
    assert_eq!(sorted("-bytes").await[..4], ["empty folder", "Grüße aus 東京", "large.bin", "zeros"]);
    assert_eq!(sorted("name").await[..3], ["Grüße aus 東京", "empty folder", "back\\slash \\x2d"]);

    let search = async |q: &str| world.own.get(&with(&format!("{snapshot}/search"), &[("q", q)])).await;
    let found = search("Ä B").await.is(200);
    assert_eq!(found["is_whole"], true);
    assert_eq!(found["items"][0]["folder"], format!("{top}/Grüße aus 東京/deep/deeper/"));
    assert_eq!(found["items"][0]["entry"]["name"], "ä b.pdf");
    assert_eq!(search("nowhere").await.is(200)["items"], json!([]));
    search(" ").await.invalid(&[("q", "required")]);

    // Parts of a file, as a download that is taken up again asks for them.
    let large = std::fs::read(world.tree().join("large.bin")).unwrap();
    let address = with(&format!("{snapshot}/file"), &[("path", &format!("{top}/large.bin"))]);
    let (_, headers, _) = download(&world.own, &address).await;
    assert_eq!(headers["accept-ranges"], "bytes");
    let etag = headers["etag"].to_str().unwrap();
    let part = async |range: &str, known: &str| {
        world.own.request(Method::GET, &address).header("range", range).header("if-range", known).answer().await
    };
    for (range, from, until) in [
        ("bytes=0-0", 0, 1),
        ("bytes=4999990-", 4_999_990, 5_000_000),
        ("bytes=-7", 4_999_993, 5_000_000),
        ("bytes=1048570-3000000", 1_048_570, 3_000_001),
    ] {
        let response = part(range, etag).await;
        assert_eq!(response.status(), 206, "{range}");
        assert_eq!(response.headers()["content-range"], format!("bytes {from}-{}/5000000", until - 1));
        assert!(response.bytes().await.unwrap() == large[from..until], "{range}");
    }
    // Another file than the one that was begun.
    assert_eq!(part("bytes=0-0", "\"other\"").await.status(), 200);
    let beyond = part("bytes=5000000-", etag).await;
    assert_eq!(
        (beyond.status().as_u16(), &beyond.headers()["content-range"]),
        (416, &"bytes */5000000".parse().unwrap())
    );

    let pdf = with(&format!("{snapshot}/file"), &[("path", &format!("{top}/Grüße aus 東京/deep/deeper/ä b.pdf"))]);
    let (_, headers, _) = download(&world.own, &pdf).await;
    assert_eq!(headers["content-type"], "application/pdf");
    assert_eq!(headers["content-disposition"], "attachment; filename=\"_ b.pdf\"; filename*=UTF-8''%C3%A4%20b.pdf");
    assert!(!headers.contains_key("content-encoding"));

    // Each of these stands in the log once, with who it was.
    let told = world.changes("device.file_downloaded").await;
    assert_eq!(told.len(), 2, "{told:#?}");
    assert_eq!(told[1]["after"]["path"], format!("{top}/large.bin"));
    assert_eq!((&told[1]["after"]["bytes"], &told[1]["actor"]["name"]), (&json!(5_000_000), &json!("Bakery")));

    // A selection from several folders.
    let query = [("path", format!("{top}/small.txt")), ("path", format!("{top}/Grüße aus 東京/deep"))];
    let query: Vec<_> = query.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let (_, headers, packed) = download(&world.own, &with(&format!("{snapshot}/archive"), &query)).await;
    assert_eq!(headers["content-disposition"], "attachment; filename=\"till.zip\"; filename*=UTF-8''till.zip");
    let unpacked = unzip(&packed).await;
    assert_eq!(files(&unpacked.path().join("out")).len(), 2);
    until("the archive stands in the log", async || {
        let told = world.changes("device.archive_downloaded").await;
        told.len() == 1 && told[0]["after"]["is_whole"] == true && told[0]["after"]["files"] == 2
    })
    .await;
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_has_opened_it_looks_into_it() {
    let world = World::backed_up().await;
    let (app, door) = (&world.app, world.door());
    let sick = |answer: Answer| answer.invalid(&[("password", "wrong_backup_password")]);
    sick(world.own.post(&door, &json!({ "password": "not the secret" })).await);
    // The password for signing in is another one.
    sick(world.own.post(&door, &json!({ "password": PASSWORD })).await);
    world.own.post(&door, &json!({})).await.invalid(&[("password", "required")]);
    let empty = device(app, &world.customer, "new").await;
    world
        .own
        .post(&format!("/devices/{}/vault", empty.id), &json!({ "password": SECRET }))
        .await
        .refused(409, "no_backups");

    let vault = world.open(&world.own).await;
    let snapshot = world.snapshot(&vault).await;
    let top = world.top();
    let boss = app.person(&world.customer, "administrator", "boss@bakery.example").await;
    let stranger = app.end_customer("Mill").await;
    let stranger = app.person(&stranger, "administrator", "boss@mill.example").await;
    let again = app.client("bakery", PASSWORD).await;
    for other in [&boss, &stranger, app.admin(), &again] {
        for path in ["", "/snapshots", &snapshot[snapshot.find("/snapshots").unwrap()..]] {
            let path = format!("/vaults/{vault}{path}");
            let path =
                if path.contains("/snapshots/") { with(&format!("{path}/file"), &[("path", &top)]) } else { path };
            other.get(&path).await.refused(404, "not_found");
        }
        other.delete(&format!("/vaults/{vault}")).await.refused(404, "not_found");
    }
    stranger.post(&door, &json!({ "password": SECRET })).await.refused(404, "not_found");
    let reporter = app.person(&world.customer, "reporter", "reads@bakery.example").await;
    reporter.post(&door, &json!({ "password": SECRET })).await.refused(403, "forbidden");

    // Another machine's snapshot is none of this vault's.
    let other = device(app, &world.customer, "other").await;
    let restic = Restic::of(Release::Debian13, &other);
    restic.pass(&["init"]).await;
    restic.pass(&["backup", &world.top()]).await;
    let others = world.own.post(&format!("/devices/{}/vault", other.id), &json!({ "password": SECRET })).await.is(201);
    let list = world.own.get(&format!("/vaults/{}/snapshots", others["vault_id"].as_str().unwrap())).await.is(200);
    let foreign = list["items"][0]["id"].as_str().unwrap();
    for id in [foreign, "../keys", "x", &"0".repeat(64)] {
        let id = id.replace('/', "%2F");
        world.own.get(&format!("/vaults/{vault}/snapshots/{id}/entries")).await.refused(404, "not_found");
    }

    for wrong in ["", "relative", "/..", "/../../etc/passwd", "/a/../b"] {
        for what in ["entries", "file", "archive"] {
            world
                .own
                .get(&with(&format!("{snapshot}/{what}"), &[("path", wrong)]))
                .await
                .invalid(&[("path", "invalid")]);
        }
    }
    for nothing in ["/nowhere", &format!("{top}/small.txt/below"), &format!("{top}/link/below")] {
        world.own.get(&with(&format!("{snapshot}/file"), &[("path", nothing)])).await.refused(404, "not_found");
    }
    // No link is followed.
    for kind in ["link out", "Grüße aus 東京"] {
        let path = format!("{top}/{kind}");
        world.own.get(&with(&format!("{snapshot}/file"), &[("path", &path)])).await.invalid(&[("path", "invalid")]);
    }
    world
        .own
        .get(&with(&format!("{snapshot}/entries"), &[("path", &format!("{top}/empty"))]))
        .await
        .invalid(&[("path", "invalid")]);
    world.own.get(&with(&format!("{snapshot}/entries"), &[("sort", "colour")])).await.invalid(&[("sort", "invalid")]);
    world
        .own
        .get(&with(&format!("{snapshot}/archive"), &[("path", "/"), ("format", "rar")]))
        .await
        .invalid(&[("format", "invalid")]);

    // Whoever guesses is stopped before long, and nobody else with him.
    let mut wrong = 0;
    while world.own.post(&door, &json!({ "password": "guess" })).await.status == 422 {
        wrong += 1;
        assert!(wrong < 20);
    }
    world.own.post(&door, &json!({ "password": SECRET })).await.refused(429, "too_many_attempts");
    world.open(&boss).await;
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_forgotten_in_time_and_stands_nowhere() {
    let world = World::backed_up().await;
    let is_open = async |client: &Client, vault: &str| client.get(&format!("/vaults/{vault}/snapshots")).await.status;

    let vault = world.open(&world.own).await;
    world.own.delete(&format!("/vaults/{vault}")).await.is(204);
    assert_eq!(is_open(&world.own, &vault).await, 404);
    world.own.delete(&format!("/vaults/{vault}")).await.refused(404, "not_found");

    // A quarter of an hour after the last look.
    let vault = world.open(&world.own).await;
    world.app.advance(Duration::from_mins(14));
    assert_eq!(is_open(&world.own, &vault).await, 200);
    world.app.advance(Duration::from_mins(14));
    assert_eq!(is_open(&world.own, &vault).await, 200);
    world.app.advance(Duration::from_mins(15));
    assert_eq!(is_open(&world.own, &vault).await, 404);

    // With the session, whoever ends it.
    let vault = world.open(&world.own).await;
    world.own.delete("/sessions/current").await.is(204);
    world.own.sign_in("bakery", PASSWORD).await.is(201);
    assert_eq!(is_open(&world.own, &vault).await, 404);
    let boss = world.app.person(&world.customer, "administrator", "boss@bakery.example").await;
    let vault = world.open(&boss).await;
    let session = boss.get("/sessions").await.is(200)["items"][0]["id"].as_str().unwrap().to_owned();
    world.app.super_user().await.delete(&format!("/sessions/{session}")).await.is(204);
    assert_eq!(is_open(&boss, &vault).await, 401);

    // A stop of backups leaves restoring, a full stop ends it, downloads that have begun included.
    world.app.suspend(&world.customer, "stop_backups").await;
    let vault = world.open(&world.own).await;
    let snapshot = world.snapshot(&vault).await;
    let whole = with(&format!("{snapshot}/archive"), &[("path", "/")]);
    let mut running = world.own.request(Method::GET, &whole).stream().await;
    assert!(running.chunk().await.unwrap().is_some());
    world.app.activate(&world.customer).await;
    world.app.suspend(&world.customer, "full_stop").await;
    assert!([403, 404].contains(&is_open(&world.own, &vault).await));
    let rest = async {
        while running.chunk().await?.is_some() {}
        Ok::<_, reqwest::Error>(())
    };
    assert!(rest.await.is_err(), "no part of an archive looks like the whole");
    world.own.post(&world.door(), &json!({ "password": SECRET })).await.refused(403, "customer_suspended");
    world.app.activate(&world.customer).await;
    assert_eq!(is_open(&world.own, &vault).await, 404);
    until("what broke off is told as such", async || {
        world.changes("device.archive_downloaded").await.iter().any(|told| told["after"]["is_whole"] == false)
    })
    .await;

    // Sent again with the same key it opens anew; neither answer nor password is kept.
    for _ in 0..2 {
        let request = world.own.request(Method::POST, &world.door()).header("idempotency-key", "evening");
        request.json(&json!({ "password": SECRET })).send().await.is(201);
    }
    for change in world.own.all(&format!("/customers/{}/changes", world.customer)).await {
        assert!(!change.to_string().contains(SECRET), "{change:#}");
    }
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_damaged_or_pruned_is_never_taken_for_whole() {
    let world = World::backed_up().await;
    let vault = world.open(&world.own).await;
    let snapshot = world.snapshot(&vault).await;
    let top = world.top();
    let before = files(&world.directory()).len();
    let large = with(&format!("{snapshot}/file"), &[("path", &format!("{top}/large.bin"))]);
    // The folders are known, so that what follows meets the file itself.
    compare(&world.own, &snapshot, &top, &world.tree()).await;
    let packs = files(&world.directory().join("data"));
    let longest = packs.iter().max_by_key(|pack| pack.metadata().unwrap().len()).unwrap();
    let good = std::fs::read(longest).unwrap();

    let mut damaged = good.clone();
    for byte in damaged.iter_mut().step_by(1000) {
        *byte ^= 1;
    }
    std::fs::write(longest, &damaged).unwrap();
    world.own.get(&large).await.refused(409, "backups_damaged");
    std::fs::write(longest, &good[..good.len() / 100]).unwrap();
    world.own.get(&large).await.refused(409, "backups_damaged");
    // Only its end is gone: what has come breaks off.
    std::fs::write(longest, &good[..good.len() - good.len() / 3]).unwrap();
    let response = world.own.request(Method::GET, &large).answer().await;
    assert!(response.status() == 409 || response.bytes().await.is_err());
    std::fs::remove_file(longest).unwrap();
    world.own.get(&large).await.refused(409, "backups_pruned");
    std::fs::write(longest, &good).unwrap();
    assert_eq!(download(&world.own, &large).await.2.len(), 5_000_000);
    // Nothing was written into it, locks included.
    assert_eq!(files(&world.directory()).len(), before);

    // Forgotten and pruned by the customer's own client.
    let restic = Restic::of(Release::Debian13, &world.device);
    let id = snapshot.rsplit('/').next().unwrap();
    restic.pass(&["forget", "--prune", id]).await;
    world.own.get(&large).await.refused(404, "not_found");
    world.app.finish().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn downloads_pass_at_the_rate_of_the_device() {
    let world = World::backed_up().await;
    let vault = world.open(&world.own).await;
    let snapshot = world.snapshot(&vault).await;
    let large = with(&format!("{snapshot}/file"), &[("path", &format!("{}/large.bin", world.top()))]);
    // So many at a time, and no more until one has ended.
    let mut running = Vec::new();
    for _ in 0..8 {
        running.push(world.own.request(Method::GET, &large).stream().await);
    }
    world.own.get(&large).await.refused(409, "too_many_downloads");
    drop(running);
    until("they have ended", async || world.own.request(Method::GET, &large).answer().await.status() == 200).await;

    let rate = json!({ "value": { "enabled": true, "bytes_per_second": 2_000_000 } });
    let path = format!("/customers/{}/settings/throttle", world.customer);
    world.app.admin().request(Method::PUT, &path).json(&rate).send().await.is(200);
    // A piece passes at once, and what comes after it waits until it is paid for. The whole file may be one.
    let began = tokio::time::Instant::now();
    for _ in 0..2 {
        let (_, _, bytes) = download(&world.own, &large).await;
        assert_eq!(bytes.len(), 5_000_000);
    }
    assert!(began.elapsed() > Duration::from_secs(2), "{:?}", began.elapsed());
    world.app.finish().await;
}
