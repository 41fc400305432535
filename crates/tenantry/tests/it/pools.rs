//! A pool that isn't there, as it is when its disk wasn't mounted: real processes and the real restic.

use std::path::PathBuf;

use tenantry::serve::Options;
use tokio::process::Command;

use crate::app::App;
use crate::process::{Device, Family, Release, Restic, Server, bytes_below, until};
use crate::story::{Tree, write_tree};

fn unmount(server: &Server) -> PathBuf {
    let (pool, away) = (server.data().join("pool"), server.data().join("away"));
    std::fs::rename(&pool, &away).unwrap();
    std::fs::create_dir(&pool).unwrap();
    away
}

fn mount(server: &Server, away: &PathBuf) {
    std::fs::remove_dir(server.data().join("pool")).expect("nothing was created in the mount point");
    std::fs::rename(away, server.data().join("pool")).unwrap();
}

async fn readiness(server: &Server) -> (u16, String) {
    let answer = reqwest::get(format!("http://{}/readyz", server.address)).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

async fn fails_with_our_sentence(restic: &Restic, arguments: &[&str]) {
    let run = restic.run(arguments).await;
    assert!(!run.status.success(), "{arguments:?}");
    assert!(run.said.contains("The storage of these backups is away"), "{arguments:?}: {}", run.said);
}

struct Backups {
    family: Family,
    restic: Restic,
    tree: tempfile::TempDir,
}

impl Backups {
    fn path(&self) -> &str {
        self.tree.path().to_str().unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pool_moved_away_and_back_while_running_and_while_stopped() {
    let (mut server, admin) = Server::start().await;
    let family = admin.family("Acme").await;
    let restic = Restic::of(Release::Debian13, &family.device);
    let tree = tempfile::tempdir().unwrap();
    write_tree(&tree.path().join("tree"), 51, &Tree { files: 10, bytes: 2_000_000 });
    restic.pass(&["init"]).await;
    let backups = Backups { family, restic, tree };
    backups.restic.pass(&["backup", backups.path()]).await;
    let used = admin.assert_used(&server, &backups.family).await;
    let fresh = admin.family("Fresh").await;
    let fresh = Restic::of(Release::Debian13, &fresh.device);

    for stopped in [false, true] {
        if stopped {
            assert!(server.stop().await.success());
        }
        let away = unmount(&server);
        if stopped {
            server.restart().await;
        }
        fails_with_our_sentence(&backups.restic, &["init"]).await;
        fails_with_our_sentence(&backups.restic, &["backup", backups.path()]).await;
        fails_with_our_sentence(&fresh, &["init"]).await;
        until("it is said", async || readiness(&server).await.1.contains("is away")).await;
        assert_eq!(readiness(&server).await.0, 503);
        assert!(server.log().contains("the storage pool is away"));
        // The rest is served.
        assert_eq!(admin.device_used(&backups.family.device).await, used);
        mount(&server, &away);
        until("it is back", async || readiness(&server).await.0 == 200).await;
        backups.restic.pass(&["check", "--read-data"]).await;
    }
    backups.restic.pass(&["backup", backups.path()]).await;
    admin.assert_used(&server, &backups.family).await;
    fresh.pass(&["init"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn recount_mends_what_is_stored() {
    let (mut server, admin) = Server::start().await;
    let (one, two) = (admin.family("One").await, admin.family("Two").await);
    for device in [&one.device, &two.device] {
        let restic = Restic::of(Release::Debian13, device);
        restic.pass(&["init"]).await;
    }
    assert!(server.stop().await.success());
    // Behind our back: something came, and a repository is lost.
    std::fs::write(server.directory(&one.device).join("keys").join("0".repeat(64)), [0; 1000]).unwrap();
    std::fs::remove_dir_all(server.directory(&two.device)).unwrap();

    let (passed, said) = recount(&server, None).await;
    assert!(!passed, "{said}");
    assert!(said.contains(&one.device.repository) && said.contains(&two.device.repository), "{said}");
    assert!(!server.directory(&two.device).exists());
    let (passed, said) = recount(&server, Some(&two.device)).await;
    assert!(passed, "{said}");
    let (passed, said) = recount(&server, None).await;
    assert!(passed && !said.contains("bytes"), "{said}");

    server.restart().await;
    assert!(recount(&server, None).await.1.contains("another process"), "not beside a server");
    for family in [&one, &two] {
        let used = admin.assert_used(&server, family).await;
        assert_eq!(used, bytes_below(&server.directory(&family.device)));
    }
    Restic::of(Release::Debian13, &two.device).pass(&["init"]).await;
}

async fn recount(server: &Server, only: Option<&Device>) -> (bool, String) {
    let mut command: Command = server.command("recount");
    if let Some(device) = only {
        command.args(["--repository", &device.repository]);
    }
    let output = command.output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    (output.status.success(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_data_directory_is_refused_unless_it_shares_the_pools() {
    let app = App::start().await;
    let other = tempfile::tempdir().unwrap();
    let start = || {
        tenantry::serve::Server::start(Options {
            data: other.path().to_owned(),
            listen: ([127, 0, 0, 1], 0).into(),
            database: app.database().url().to_owned(),
            public_url: String::new(),
            keep_free: 0,
            deletion_hold_days: 30,
            local_issuers: false,
            local_webhooks: true,
            clock: app.clock(),
            bounds: tenantry::listen::Bounds::default(),
            tls: None,
        })
    };
    let refused = start().await.unwrap_err().downcast::<api::Error>().unwrap();
    assert_eq!(refused.code, api::Code::StorageAway);
    assert!(refused.detail.contains("served from another data directory"), "{}", refused.detail);
    assert!(refused.detail.contains("First pool"), "{}", refused.detail);
    assert!(!other.path().join("pool").exists());

    let shared = app.data().join("pool");
    let mut tx = app.database().begin().await.unwrap();
    tx.exec(db::sql!["update storage_pools set directory = ", shared.to_str().unwrap()]).await.unwrap();
    tx.commit().await.unwrap();
    // Counters are kept by one process; where the database is a file that is seen to.
    match app.database().engine() {
        db::Engine::Sqlite => {
            let refused = start().await.unwrap_err().to_string();
            assert!(refused.contains("another process serves the database"), "{refused}");
        }
        db::Engine::Postgres => {
            drop(start().await.unwrap());
            drop(start().await.unwrap());
        }
    }

    // And one that belongs to another installation.
    let stranger = App::start().await;
    std::fs::copy(stranger.data().join("installation"), other.path().join("installation")).unwrap();
    let refused = start().await.unwrap_err().downcast::<api::Error>().unwrap();
    assert!(refused.detail.contains("belongs to another installation"), "{}", refused.detail);
    stranger.finish().await;
    app.finish().await;
}
