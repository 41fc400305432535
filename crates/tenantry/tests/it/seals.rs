//! The change log is sealed as it grows, and whoever takes something out of it, adds or alters something is found out.

use control::changes::seals::verify;
use db::sql;
use serde_json::json;

use crate::app::App;

async fn tamper(app: &App, statement: &'static str) {
    let database = db::Database::open(app.database().url(), &control::MIGRATIONS).await.unwrap();
    let mut tx = database.begin().await.unwrap();
    assert!(tx.exec(sql![db::Raw(statement)]).await.unwrap() > 0, "{statement}");
    tx.commit().await.unwrap();
}

/// `tenantry audit verify`: whether it succeeds, and what it says.
async fn audit(app: &App, more: &[&str]) -> (bool, String) {
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tenantry"));
    command.args(["audit", "verify", "--data"]).arg(app.data()).args(["--database", app.database().url()]).args(more);
    let output = command.output().await.unwrap();
    let text = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap()).concat();
    (output.status.success(), text)
}

#[tokio::test]
async fn what_is_altered_added_or_taken_out_breaks_the_chain() {
    let app = App::start().await;
    let reseller = app.reseller("Reseller").await;
    for name in ["A", "B", "C"] {
        app.customer(&reseller, "end_customer", name).await;
    }
    app.settle().await;
    let whole = verify(app.control()).await.unwrap();
    assert!(whole.entries >= 4, "{whole:?}");
    assert_eq!((whole.broken.clone(), whole.unsealed), (None, 0));
    let (good, said) = audit(&app, &["--over", &whole.digest]).await;
    assert!(good && said.contains(&whole.digest), "{said}");
    // The chain goes on, and leads over what was kept elsewhere.
    app.customer(&reseller, "end_customer", "D").await;
    app.settle().await;
    assert!(audit(&app, &["--over", &whole.digest]).await.0);
    let (good, said) = audit(&app, &["--over", &"0".repeat(64)]).await;
    assert!(!good && said.contains("another one"), "{said}");
    // What isn't there has not lost nothing.
    let nowhere = app.data().join("nowhere");
    let mut command = tokio::process::Command::new(env!("CARGO_BIN_EXE_tenantry"));
    let output = command.args(["audit", "verify", "--data"]).arg(&nowhere).output().await.unwrap();
    assert!(!output.status.success() && String::from_utf8(output.stderr).unwrap().contains("There is no database"));
    assert!(!nowhere.exists());

    let broken = async || verify(app.control()).await.unwrap().broken;
    // In whose histories it stands is sealed, too.
    tamper(&app, "update change_places set number = 1003 where number = 3").await;
    assert!(broken().await.unwrap().starts_with("Entry 3 doesn't stand any more in the history of the customer "));
    tamper(&app, "update change_places set number = 3 where number = 1003").await;
    assert_eq!(broken().await, None);
    tamper(&app, "update changes set told = 'nobody' where number = 3").await;
    assert!(broken().await.is_some());
    tamper(&app, "update changes set told = '' where number = 3").await;
    assert_eq!(broken().await, None);
    tamper(&app, "update changes set number = -3 where number = 3").await;
    assert_eq!(broken().await.unwrap(), "Entry -3 was put before the first one.");
    tamper(&app, "update changes set number = 3 where number = -3").await;
    tamper(&app, "update changes set subject_folded = 'hidden' where number = 3").await;
    assert_eq!(broken().await.unwrap(), "Entry 3 is found by another name than its own.");
    tamper(&app, "update changes set subject_folded = fold(subject_name) where number = 3").await;
    assert_eq!(broken().await, None);
    tamper(&app, "update changes set actor_name = 'Somebody else' where number = 3").await;
    assert!(broken().await.unwrap().contains("are not those that were sealed"));
    let (good, said) = audit(&app, &[]).await;
    assert!(!good && said.contains("are not those that were sealed"), "{said}");
    tamper(&app, "delete from changes where number = 3").await;
    assert_eq!(broken().await.unwrap(), "Entry 3 is missing.");
    tamper(&app, "delete from change_seals where number >= 3").await;
    assert!(broken().await.is_some());
    app.control().db.ping().await.unwrap();
    // This log is beyond repair; the rest is as it was.
    assert_eq!(app.admin().get(&format!("/customers/{reseller}")).await.is(200)["totals"]["customers"], json!(4));
    app.finish().await;
}
