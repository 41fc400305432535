//! A second client, of other authors: rustic, as a library. Unlike restic it takes every 4xx for final and retries the
//! rest only for half a minute.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rustic_backend::BackendOptions;
use rustic_core::{
    BackupOptions, CheckOptions, ConfigOptions, Credentials, KeyOptions, LocalDestination, LsOptions, OpenStatus,
    PathList, PruneOptions, Repository, RepositoryOptions, RestoreOptions, RusticResult, SnapshotOptions,
};
use tokio::task::spawn_blocking;

use crate::process::{Server, files};
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
    let rustic = Rustic::new(&family.device.restic_url(), &tree);

    rustic.run(Rustic::init).await.unwrap();
    admin.assert_used(&server, &family).await;
    rustic.run(Rustic::backup).await.unwrap();
    let first = admin.assert_used(&server, &family).await;
    assert!(first > 20_000_000);
    write_tree(&tree.join("new"), 22, &Tree { files: 10, bytes: 2_000_000 });
    rustic.run(Rustic::backup).await.unwrap();
    assert!(admin.assert_used(&server, &family).await > first);
    rustic.run(Rustic::check).await.unwrap();
    let restored = home.path().join("restored");
    rustic.to(&restored).run(Rustic::restore).await.unwrap();
    assert_same(&tree, &restored);

    admin.suspend(&family.reseller, "stop_backups", None).await;
    write_tree(&tree.join("newer"), 23, &Tree { files: 10, bytes: 2_000_000 });
    let before = admin.assert_used(&server, &family).await;
    let began = Instant::now();
    let refused = crate::process::until_some("the suspension has arrived", async || {
        rustic.run(Rustic::backup).await.err()
    });
    let refused = format!("{:?}", refused.await);
    assert!(began.elapsed() < AT_ONCE, "{:?}", began.elapsed());
    assert!(refused.contains("403"), "{refused}");
    let after = admin.assert_used(&server, &family).await;
    assert_eq!(after, before);
    let again = home.path().join("again");
    rustic.to(&again).run(Rustic::restore).await.unwrap();
    assert_eq!(files(&again).len(), files(&restored).len());

    admin.activate(&family.reseller).await;
    crate::process::until("the activation has arrived", async || rustic.run(Rustic::backup).await.is_ok()).await;
    rustic.run(Rustic::delete).await.unwrap();
    rustic.run(Rustic::check).await.unwrap();
    admin.assert_used(&server, &family).await;
    let last = home.path().join("last");
    rustic.to(&last).run(Rustic::restore).await.unwrap();
    assert_same(&tree, &last);
}

/// Runs of rustic on one repository, each on a thread of its own: the library blocks.
#[derive(Clone)]
struct Rustic {
    url: String,
    tree: PathBuf,
    target: PathBuf,
}

impl Rustic {
    fn new(url: &str, tree: &Path) -> Self {
        Self { url: url.to_owned(), tree: tree.to_owned(), target: PathBuf::new() }
    }

    /// The same, restoring to a folder.
    fn to(&self, target: &Path) -> Self {
        Self { target: target.to_owned(), ..self.clone() }
    }

    async fn run(&self, work: fn(&Self) -> RusticResult<()>) -> RusticResult<()> {
        let this = self.clone();
        spawn_blocking(move || work(&this)).await.unwrap()
    }

    fn repository(&self) -> RusticResult<Repository<()>> {
        let backends = BackendOptions::default().repository(self.url.as_str()).to_backends()?;
        Repository::new(&RepositoryOptions::default().no_cache(true), &backends)
    }

    fn open(&self) -> RusticResult<Repository<OpenStatus>> {
        self.repository()?.open(&Self::credentials())
    }

    fn credentials() -> Credentials {
        Credentials::password("a secret of the customer")
    }

    fn init(&self) -> RusticResult<()> {
        self.repository()?.init(&Self::credentials(), &KeyOptions::default(), &ConfigOptions::default())?;
        Ok(())
    }

    fn backup(&self) -> RusticResult<()> {
        let source = PathList::from_string(self.tree.to_str().unwrap())?.sanitize()?;
        let snapshot = SnapshotOptions::default().to_snapshot()?;
        self.open()?.to_indexed_ids()?.backup(&BackupOptions::default(), &source, snapshot)?;
        Ok(())
    }

    fn check(&self) -> RusticResult<()> {
        self.open()?.check(CheckOptions::default().read_data(true))?.is_ok()
    }

    fn restore(&self) -> RusticResult<()> {
        let repository = self.open()?.to_indexed()?;
        let snapshot = format!("latest:{}", self.tree.display());
        let node = repository.node_from_snapshot_path(&snapshot, |_| true)?;
        let list = repository.ls(&node, &LsOptions::default())?;
        let target = LocalDestination::new(self.target.to_str().unwrap(), true, false)?;
        let options = RestoreOptions::default();
        let plan = repository.prepare_restore(&options, list.clone(), &target, false)?;
        repository.restore(plan, &options, list, &target)?;
        Ok(())
    }

    /// Forgets all snapshots but the newest, and prunes what only they had.
    fn delete(&self) -> RusticResult<()> {
        let repository = self.open()?;
        let mut snapshots = repository.get_all_snapshots()?;
        snapshots.sort_by(|one, other| one.time.cmp(&other.time));
        snapshots.pop();
        let old: Vec<_> = snapshots.iter().map(|snapshot| snapshot.id).collect();
        repository.delete_snapshots(&old)?;
        let options = PruneOptions::default().instant_delete(true);
        let plan = repository.prune_plan(&options)?;
        repository.prune(&options, plan)
    }
}
