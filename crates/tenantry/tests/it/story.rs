//! The main job through real processes: a machine backs up with stock restic, looks after its backups and gets them
//! back; a suspension above stops it, and an activation lets it go on. After each step the space that the API reports
//! is what lies on the disk, at every level.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::net::TcpStream;
use tokio::time::{Instant, sleep};

use crate::process::{Admin, Family, Noise, Release, Restic, Run, Server, UPLOAD, bytes_below, files, until};
use crate::wire;

/// How long a restic that stops at a refusal may take to end. It takes a second or two; retrying takes it minutes.
const SECONDS: Duration = Duration::from_secs(30);
const MESSAGE: &str = "Ask Example IT";
const SENTENCE: &str = "Customer Acme is suspended: Ask Example IT";

#[tokio::test(flavor = "multi_thread")]
async fn a_machine_backs_up_and_a_suspension_stops_it() {
    let (mut server, admin) = Server::start().await;
    let story = Story::begin(&server, &admin, Release::Debian13, Tree { files: 2000, bytes: 210_000_000 }).await;
    story.backups_and_restores(&server).await;

    // In the middle of a backup it stops at once, with our sentence.
    let (run, took) = story.backup_interrupted(&server).await.expect("restic 0.18 ends by itself");
    assert!(!run.status.success(), "{}", run.said);
    assert!(run.said.contains(SENTENCE), "{}", run.said);
    assert!(!run.said.contains("4711"), "the reason is the provider's own: {}", run.said);
    assert!(took < SECONDS, "restic took {took:?} to stop");
    story.assert_refused(&["backup", "."]).await;
    story.restores_while_stopped(&server).await;
    story.full_stop(&server).await;

    admin.activate(&story.family.reseller).await;
    story.until_answers(StatusCode::BAD_REQUEST, "POST", UPLOAD).await;
    story.restic.pass(&["unlock"]).await;
    story.backup(&server).await;
    story.restores(&server, "latest").await;
    story.restic.pass(&["check", "--read-data"]).await;
    let used = story.exact(&server).await;

    assert!(server.stop().await.success());
    server.restart().await;
    assert_eq!(story.exact(&server).await, used, "the next process counts the same");
    server.assert_nothing_temporary();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restic_that_takes_no_refusal_as_final_goes_on_after_the_activation() {
    let (server, admin) = Server::start_from_host().await;
    let story = Story::begin(&server, &admin, Release::Debian12, Tree { files: 200, bytes: 20_000_000 }).await;
    story.backups_and_restores(&server).await;

    let none = story.backup_interrupted(&server).await;
    assert!(none.is_none(), "restic 0.14 retries");
    story.exact(&server).await;
    story.restic.pass(&["unlock"]).await;
    story.backup(&server).await;
    story.restores(&server, "latest").await;
    story.restic.pass(&["check", "--read-data"]).await;

    // It asks for the config first, and takes that refusal for final.
    admin.suspend(&story.family.reseller, "stop_backups", Some(MESSAGE)).await;
    story.until_answers(StatusCode::FORBIDDEN, "POST", UPLOAD).await;
    story.restores_while_stopped(&server).await;
    story.full_stop(&server).await;
    server.assert_nothing_temporary();
}

/// How large a tree is.
pub(crate) struct Tree {
    pub(crate) files: u64,
    /// In all files.
    pub(crate) bytes: u64,
}

/// One device with a tree to back up.
struct Story<'a> {
    admin: &'a Admin,
    family: Family,
    restic: Restic,
    release: Release,
    home: TempDir,
}

impl<'a> Story<'a> {
    async fn begin(server: &Server, admin: &'a Admin, release: Release, tree: Tree) -> Self {
        let family = admin.family("Acme").await;
        let restic = Restic::of(release, &family.device);
        let story = Self { admin, family, restic, release, home: tempfile::tempdir().unwrap() };
        write_tree(&story.home.path().join("tree"), 1, &tree);
        assert!(bytes_below(&story.home.path().join("tree")) >= tree.bytes);
        assert_eq!(files(&story.home.path().join("tree")).len() as u64, tree.files);
        assert_eq!(story.exact(server).await, 0);
        story
    }

    /// Asserts that every level reports what lies on the disk.
    async fn exact(&self, server: &Server) -> u64 {
        self.admin.assert_used(server, &self.family).await
    }

    async fn backup(&self, server: &Server) {
        let tree = self.home.path().join("tree");
        let run = self.restic.command(&["backup", "."]).current_dir(&tree).spawn().unwrap();
        let run = Restic::end_of(run).await;
        assert!(run.status.success(), "{}", run.said);
        self.exact(server).await;
        let device = self.admin.get(&format!("devices/{}", self.family.device.id)).await;
        assert!(device["last_backup_at"].is_string(), "{device}");
    }

    /// A restored snapshot is the tree, byte by byte.
    async fn restores(&self, server: &Server, snapshot: &str) {
        self.restores_by(&self.restic, snapshot, &[]).await;
        self.exact(server).await;
    }

    async fn restores_by(&self, restic: &Restic, snapshot: &str, more: &[&str]) {
        let target = tempfile::tempdir().unwrap();
        let mut arguments = vec!["restore", snapshot, "--target", target.path().to_str().unwrap()];
        arguments.extend(more);
        restic.pass(&arguments).await;
        assert_same(&self.home.path().join("tree"), target.path());
    }

    async fn snapshots(&self, restic: &Restic) -> Vec<String> {
        let list: Value = serde_json::from_str(&restic.pass(&["snapshots", "--json", "--no-lock"]).await).unwrap();
        list.as_array().unwrap().iter().map(|snapshot| crate::process::text(snapshot, "id")).collect()
    }

    /// Everything that somebody does with backups, with nothing in the way.
    async fn backups_and_restores(&self, server: &Server) {
        self.restic.pass(&["init"]).await;
        self.exact(server).await;
        self.backup(server).await;
        let first = self.exact(server).await;
        change_tree(&self.home.path().join("tree"));
        self.backup(server).await;
        assert!(self.exact(server).await > first);
        let snapshots = self.snapshots(&self.restic).await;
        assert_eq!(snapshots.len(), 2);
        self.restores(server, "latest").await;
        self.restic.pass(&["check", "--read-data"]).await;
        let before = self.exact(server).await;
        self.restic.pass(&["forget", "--keep-last", "1", "--prune", "--max-unused", "0"]).await;
        let after = self.exact(server).await;
        assert!(after < before, "{after} of {before} bytes are left");
        self.restores(server, "latest").await;
        self.reads_the_directory(server).await;
    }

    /// Stock restic needs none of us to read a pool.
    async fn reads_the_directory(&self, server: &Server) {
        let direct = Restic::at(self.release, server.directory(&self.family.device).to_str().unwrap());
        assert_eq!(self.snapshots(&direct).await, self.snapshots(&self.restic).await);
        direct.pass(&["check", "--read-data", "--no-lock"]).await;
        self.restores_by(&direct, "latest", &["--no-lock"]).await;
        self.exact(server).await;
    }

    fn path(&self, kind: &str, content: &[u8]) -> String {
        format!("/restic/{}/{kind}/{}", self.family.device.repository, wire::name(content))
    }

    /// Suspends the reseller in the middle of a backup. Gives what restic says when it ends by itself, and how long that
    /// took. If it retries instead, activates and sees it pass.
    async fn backup_interrupted(&self, server: &Server) -> Option<(Run, Duration)> {
        let tree = self.home.path().join("tree");
        write_tree(&tree.join("new"), 2, &Tree { files: 60, bytes: 60_000_000 });
        let directory = server.directory(&self.family.device);
        let before = bytes_below(&directory);
        // Slow enough that it lasts, fast enough that what the server must take before it may answer is soon there.
        let mut backup = self
            .restic
            .command(&["backup", ".", "--verbose", "--limit-upload", "8192", "--pack-size", "4"])
            .current_dir(&tree)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        until("the backup is under way", async || bytes_below(&directory) > before + 4_000_000).await;
        // An upload in the middle of its body is cut, and told why.
        let whole = wire::request(&self.family.device, "POST", &self.path("data", b"half"), "", &vec![0; 1_000_000]);
        let mut half = wire::begin(server.address, &whole[..500_000]).await;
        self.admin.suspend(&self.family.reseller, "stop_backups", Some(MESSAGE)).await;
        let suspended = Instant::now();
        if self.release == Release::Debian13 {
            let run = Restic::end_of(backup).await;
            let took = suspended.elapsed();
            assert_cut(&mut half).await;
            self.exact(server).await;
            return Some((run, took));
        }

        assert_cut(&mut half).await;
        let mut complaints = BufReader::new(backup.stderr.take().unwrap()).lines();
        let refused = loop {
            let complaint = complaints.next_line().await.unwrap().expect("restic 0.14 complains");
            if complaint.contains(SENTENCE) {
                break complaint;
            }
        };
        assert!(refused.contains("403") && refused.contains("retrying"), "{refused}");
        tokio::spawn(async move { while let Ok(Some(_)) = complaints.next_line().await {} });
        // What was on its way to the disk when the suspension came is there by now; nothing comes after it.
        until("the pool is quiet", async || {
            let bytes = bytes_below(&directory);
            sleep(Duration::from_millis(500)).await;
            bytes_below(&directory) == bytes
        })
        .await;
        let stopped = self.exact(server).await;
        assert!(backup.try_wait().unwrap().is_none(), "it retries");
        self.restores_while_stopped(server).await;
        assert_eq!(bytes_below(&directory), stopped, "nothing arrives while suspended");
        self.admin.activate(&self.family.reseller).await;
        let run = Restic::end_of(backup).await;
        assert!(run.status.success(), "after the activation the same backup passes: {}", run.said);
        assert!(self.exact(server).await > stopped);
        None
    }

    /// While backups are stopped, the newest snapshot still comes back.
    async fn restores_while_stopped(&self, server: &Server) {
        let target = tempfile::tempdir().unwrap();
        self.restic.pass(&["restore", "latest", "--target", target.path().to_str().unwrap()]).await;
        assert!(!files(target.path()).is_empty());
        self.exact(server).await;
    }

    /// A full stop refuses restores too.
    async fn full_stop(&self, server: &Server) {
        self.admin.suspend(&self.family.reseller, "full_stop", Some(MESSAGE)).await;
        self.until_answers(StatusCode::FORBIDDEN, "HEAD", "config").await;
        let target = tempfile::tempdir().unwrap();
        self.assert_refused(&["restore", "latest", "--target", target.path().to_str().unwrap()]).await;
        assert!(files(target.path()).is_empty());
        self.exact(server).await;
    }

    /// The gateway follows the change log: what the API has said holds there a moment later.
    async fn until_answers(&self, status: StatusCode, method: &str, path: &str) {
        let device = &self.family.device;
        until(&format!("{method} {path} answers {status}"), async || device.answers(method, path).await == status)
            .await;
    }

    async fn assert_refused(&self, arguments: &[&str]) {
        let command = self.restic.command(arguments).current_dir(self.home.path().join("tree")).spawn();
        let run = Restic::end_of(command.unwrap()).await;
        assert!(!run.status.success() && run.said.contains(SENTENCE), "restic {arguments:?}: {}", run.said);
    }
}

/// Asserts that an upload was ended by the suspension.
async fn assert_cut(upload: &mut TcpStream) {
    let answer = wire::answer(upload).await;
    assert!(answer.head.starts_with(&format!("HTTP/1.1 403 {SENTENCE}\r\n")), "{}", answer.head);
}

/// What every machine has: folders, names in other scripts, empty files, sizes of all kinds.
pub(crate) fn write_tree(root: &Path, seed: u64, tree: &Tree) {
    let mut noise = Noise::new(seed);
    let mut left = tree.bytes;
    for number in 0..tree.files {
        let folder = root.join(format!("folder {:02} äöü", number / 50));
        std::fs::create_dir_all(&folder).unwrap();
        let length = match tree.files - number {
            1 => left,
            rest => noise.below(2 * left / rest),
        };
        left -= length.min(left);
        std::fs::write(folder.join(format!("file {number:04}.bin")), noise.bytes(length)).unwrap();
    }
}

/// A day's work: some files change, one grows, one goes, one comes.
fn change_tree(root: &Path) {
    let mut noise = Noise::new(3);
    let mut paths = files(root);
    paths.sort();
    for path in paths.iter().step_by(20) {
        let length = path.metadata().unwrap().len();
        std::fs::write(path, noise.bytes(length)).unwrap();
    }
    let mut grown = std::fs::read(&paths[1]).unwrap();
    grown.extend(noise.bytes(100_000));
    std::fs::write(&paths[1], grown).unwrap();
    std::fs::remove_file(&paths[2]).unwrap();
    std::fs::write(root.join("new.txt"), "new").unwrap();
}

/// Asserts that two trees have the same files with the same bytes.
pub(crate) fn assert_same(expected: &Path, found: &Path) {
    let relative = |root: &Path| {
        let mut paths: Vec<_> = files(root).iter().map(|path| path.strip_prefix(root).unwrap().to_owned()).collect();
        paths.sort();
        paths
    };
    let paths = relative(expected);
    assert!(!paths.is_empty());
    assert!(relative(found) == paths, "other names");
    for path in paths {
        let is_same = std::fs::read(expected.join(&path)).unwrap() == std::fs::read(found.join(&path)).unwrap();
        assert!(is_same, "{} differs", path.display());
    }
}
