//! A machine fills its customer's space: stock restic is told why, restores and deletes on, and passes once space was
//! bought.

use reqwest::StatusCode;
use serde_json::json;

use crate::process::{Admin, Release, Restic, Server};
use crate::story::{Tree, assert_same, write_tree};

const SENTENCE: &str = "Customer Acme has no space left";

async fn allot(admin: &Admin, customer: &str, bytes: u64) {
    let path = format!("customers/{customer}/space");
    let (status, answer) = admin.send("PUT", &path, Some(&json!({ "allotted_bytes": bytes }))).await;
    assert_eq!(status, StatusCode::OK, "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_customer_is_refused_and_bought_space_makes_the_next_backup_pass() {
    let (server, admin) = Server::start().await;
    let family = admin.family("Acme").await;
    let restic = Restic::of(Release::Debian13, &family.device);
    let home = tempfile::tempdir().unwrap();
    let (first, second) = (home.path().join("first"), home.path().join("second"));
    write_tree(&first, 1, &Tree { files: 40, bytes: 20_000_000 });
    write_tree(&second, 2, &Tree { files: 40, bytes: 60_000_000 });
    let (first, second) = (first.to_str().unwrap(), second.to_str().unwrap());

    // The reseller holds it; the customer draws on that.
    allot(&admin, &family.reseller, 50_000_000).await;
    restic.pass(&["init"]).await;
    restic.pass(&["backup", first]).await;
    admin.assert_used(&server, &family).await;
    let said = restic.refused(&["backup", second], SENTENCE).await;
    assert!(!said.contains("Acme Reseller"), "whose space it is stays between them: {said}");
    let used = admin.assert_used(&server, &family).await;
    assert!(used <= 50_000_000, "{used}");

    // What is there comes back, and can go.
    restic.pass(&["unlock"]).await;
    let target = tempfile::tempdir().unwrap();
    restic.pass(&["restore", "latest", "--target", target.path().to_str().unwrap()]).await;
    assert_same(home.path().join("first").as_path(), &target.path().join(first.trim_start_matches('/')));
    restic.pass(&["prune", "--max-unused", "0", "--max-repack-size", "0"]).await;
    let pruned = admin.assert_used(&server, &family).await;
    assert!(pruned < used, "what the refused backup has left is gone: {pruned} of {used}");

    allot(&admin, &family.reseller, 200_000_000).await;
    restic.pass(&["backup", second]).await;
    restic.pass(&["check", "--read-data"]).await;
    admin.assert_used(&server, &family).await;
    server.assert_nothing_temporary();
}
