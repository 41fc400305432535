//! A second client, of other authors than restic: rustic, as `tests/rustic` makes a program of it. It takes every 4xx for
//! final and retries the rest only for half a minute.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use reqwest::StatusCode;
use tokio::process::Command;
use tokio::time::{Instant, timeout};

use crate::process::{Device, RUN, Server, UPLOAD, environment, files, until, until_some};
use crate::story::{Tree, assert_same, write_tree};

/// Far below what its retries would take.
const AT_ONCE: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread")]
async fn rustic_backs_up_restores_prunes_and_stops_at_a_suspension() {
    let (server, admin) = Server::start().await;
    let family = admin.family("Acme").await;
    let home = tempfile::tempdir().unwrap();
    let tree = home.path().join("tree");
    write_tree(&tree, 21, &Tree { files: 100, bytes: 20_000_000 });
    let rustic = Rustic::of(&family.device, &tree);

    rustic.pass(&["init"]).await;
    admin.assert_used(&server, &family).await;
    rustic.backup().await.unwrap();
    let first = admin.assert_used(&server, &family).await;
    assert!(first > 20_000_000);
    write_tree(&tree.join("new"), 22, &Tree { files: 10, bytes: 2_000_000 });
    rustic.backup().await.unwrap();
    assert!(admin.assert_used(&server, &family).await > first);
    rustic.pass(&["check"]).await;
    let restored = rustic.restore(&home.path().join("restored")).await;
    assert_same(&tree, &restored);

    admin.suspend(&family.reseller, "stop_backups", None).await;
    until("the suspension has arrived", async || family.device.answers("POST", UPLOAD).await == StatusCode::FORBIDDEN)
        .await;
    write_tree(&tree.join("newer"), 23, &Tree { files: 10, bytes: 2_000_000 });
    let before = admin.assert_used(&server, &family).await;
    let began = Instant::now();
    let refused = rustic.backup().await.unwrap_err();
    assert!(began.elapsed() < AT_ONCE, "{:?}: {refused}", began.elapsed());
    assert!(refused.contains("403"), "{refused}");
    assert_eq!(admin.assert_used(&server, &family).await, before);
    let again = rustic.restore(&home.path().join("again")).await;
    assert_eq!(files(&again).len(), files(&restored).len());

    admin.activate(&family.reseller).await;
    until_some("the activation has arrived", async || rustic.backup().await.ok()).await;
    let full = admin.assert_used(&server, &family).await;
    write_tree(&tree, 24, &Tree { files: 100, bytes: 1_000_000 });
    rustic.backup().await.unwrap();
    rustic.pass(&["delete"]).await;
    assert!(admin.assert_used(&server, &family).await < full);
    rustic.pass(&["check"]).await;
    let last = rustic.restore(&home.path().join("last")).await;
    assert_same(&tree, &last);
}

/// Runs of rustic for one repository and one tree.
pub(crate) struct Rustic {
    program: String,
    repository: String,
    tree: PathBuf,
}

impl Rustic {
    pub(crate) fn of(device: &Device, tree: &Path) -> Self {
        let program = environment("RUSTIC_CLIENT").expect(
            "RUSTIC_CLIENT names no program; cargo build in crates/tenantry/tests/rustic makes it, as ./test does",
        );
        Self { program, repository: device.restic_url(), tree: tree.to_owned() }
    }

    /// Runs rustic; fails with what it printed.
    async fn run(&self, arguments: &[&str]) -> Result<(), String> {
        let mut command = Command::new(&self.program);
        command.arg(&self.repository).args(arguments).env("RUSTIC_PASSWORD", "a secret of the customer");
        let output = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = timeout(RUN, output).await.expect("rustic ends").unwrap();
        if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
    }

    pub(crate) async fn pass(&self, arguments: &[&str]) {
        self.run(arguments).await.unwrap_or_else(|error| panic!("rustic {arguments:?}: {error}"));
    }

    pub(crate) async fn backup(&self) -> Result<(), String> {
        self.run(&["backup", self.tree.to_str().unwrap()]).await
    }

    async fn restore(&self, target: &Path) -> PathBuf {
        self.pass(&["restore", self.tree.to_str().unwrap(), target.to_str().unwrap()]).await;
        target.to_owned()
    }
}
