//! A disk that is full to the last byte, because somebody else has filled it.

use std::io::Write as _;
use std::path::PathBuf;

use crate::process::{Admin, EMAIL, PASSWORD, Release, Restic, Server, until};
use crate::story::{Tree, assert_same, write_tree};

const MIB: u64 = 1024 * 1024;

/// What somebody else stores on the disk: as much as goes.
struct Others(PathBuf);

impl Others {
    fn fill(server: &Server, name: &str) -> Self {
        let path = server.data().join(name);
        let mut file = std::fs::File::create(&path).unwrap();
        for piece in [MIB, 4096, 1] {
            let bytes = vec![7; usize::try_from(piece).unwrap()];
            while file.write_all(&bytes).is_ok() {}
        }
        Self(path)
    }

    fn clear(self) {
        std::fs::remove_file(self.0).unwrap();
    }
}

async fn readiness(server: &Server) -> (u16, String) {
    let answer = reqwest::get(format!("http://{}/readyz", server.address)).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn on_a_full_disk_everything_goes_on_but_backups() {
    let (mut server, admin) = Server::start_on_disk(64 * MIB, 8 * MIB).await;
    let (family, other) = (admin.family("Acme").await, admin.family("Other").await);
    let restic = Restic::of(Release::Debian13, &family.device);
    let home = tempfile::tempdir().unwrap();
    let trees = [(61, 4_000_000), (62, 4_000_000), (63, 20_000_000)].map(|(seed, bytes)| {
        let tree = home.path().join(seed.to_string());
        write_tree(&tree, seed, &Tree { files: 20, bytes });
        tree
    });
    let paths = trees.each_ref().map(|tree| tree.to_str().unwrap());
    restic.pass(&["init"]).await;
    restic.pass(&["backup", paths[0]]).await;
    restic.pass(&["backup", paths[1]]).await;

    let mut others = vec![Others::fill(&server, "others")];
    until("it is said", async || readiness(&server).await.1.contains("disk is full")).await;
    assert_eq!(readiness(&server).await.0, 503);
    assert!(server.log().contains("the disk is full"));
    for restarted in [false, true] {
        if restarted {
            // Whatever was set aside may have gone as well.
            others.push(Others::fill(&server, "more"));
            server.kill().await;
            server.restart().await;
        }
        let someone = Admin::new(server.address);
        someone.sign_in(EMAIL, PASSWORD).await;
        someone.get("customers").await;
        if !restarted {
            someone.suspend(&other.reseller, "stop_backups", None).await;
            someone.activate(&other.reseller).await;
        }
        let restored = home.path().join(format!("restored {restarted}"));
        restic.pass(&["restore", "latest", "--target", restored.to_str().unwrap()]).await;
        assert_same(&trees[1], &restored.join(paths[1].trim_start_matches('/')));
        restic.refused(&["backup", paths[2], "--pack-size", "4"], "The storage is full").await;
    }
    restic.pass(&["unlock", "--remove-all"]).await;
    restic.pass(&["forget", "--keep-last", "1", "--prune", "--max-repack-size", "0"]).await;
    admin.assert_used(&server, &family).await;
    others.into_iter().for_each(Others::clear);
    until("it recovers by itself", async || readiness(&server).await.0 == 200).await;
    restic.pass(&["backup", paths[2]]).await;
    restic.pass(&["check", "--read-data"]).await;
    admin.assert_used(&server, &family).await;
}
