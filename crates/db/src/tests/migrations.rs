//! Migrations run once, in order, one process at a time, and notice when something is amiss.

use super::on_each_engine;
use crate::{Database, Error, Function, Migration, Migrations, sql};

const ONE: Migration = Migration::new("V1__one.sql", "create table one (id id_text primary key, paid_text text);");
const TWO: Migration = Migration::per_engine(
    "V2__two.sql",
    "create table two (id text primary key, one_id text references one (id)); insert into one values ('lite', '')",
    "create table two (id text primary key, one_id text references one (id)); insert into one values ('gres', '')",
);

const NONE: Migrations = Migrations::new(&[]);
const FIRST: Migrations = Migrations::new(&[ONE]);
const BOTH: Migrations = Migrations::new(&[ONE, TWO]);

fn message(error: &Error) -> &str {
    match error {
        Error::Migration(message) => message,
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_runs_once() {
    for database in on_each_engine(&NONE).await {
        assert_eq!(database.pending(&BOTH).await.unwrap(), ["V1__one.sql", "V2__two.sql"]);
        assert_eq!(database.migrate(&FIRST).await.unwrap(), ["V1__one.sql"]);
        assert_eq!(database.pending(&BOTH).await.unwrap(), ["V2__two.sql"]);
        assert_eq!(database.migrate(&BOTH).await.unwrap(), ["V2__two.sql"]);
        assert!(database.migrate(&BOTH).await.unwrap().is_empty());
        assert!(database.pending(&BOTH).await.unwrap().is_empty());
        let mut conn = database.read().await.unwrap();
        let id: String = conn.one(sql!["select id from one"]).await.unwrap();
        assert!(format!("{:?}", database.engine()).to_lowercase().ends_with(&id));
        let dated: i64 =
            conn.one(sql!["select count(*) from schema_migrations where applied_at > '20'"]).await.unwrap();
        assert_eq!(dated, 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_with_other_migrations_is_refused() {
    const CHANGED: Migrations = Migrations::new(&[
        Migration::new("V1__one.sql", "create table one (id id_text primary key);"),
        TWO,
        Migration::new("V3__three.sql", "create table three (id bigint)"),
    ]);
    const RENAMED: Migrations = Migrations::new(&[Migration::new("V1__other.sql", ""), TWO]);
    const INSERTED: Migrations = Migrations::new(&[ONE, Migration::new("V3__three.sql", "")]);
    for database in on_each_engine(&BOTH).await {
        for (other, complaint) in [
            (CHANGED, "V1__one.sql was changed after it had been applied"),
            (RENAMED, "has the migration V1__one.sql where this program has V1__other.sql"),
            (INSERTED, "has the migration V2__two.sql where this program has V3__three.sql"),
            (FIRST, "has the migration V2__two.sql, which this program doesn't know"),
        ] {
            for error in [
                database.migrate(&other).await.unwrap_err(),
                database.pending(&other).await.unwrap_err(),
                Database::open(database.url(), &other).await.unwrap_err(),
            ] {
                assert!(message(&error).contains(complaint), "{error}");
            }
        }
        assert!(database.check(&sql!["select id from three"]).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn line_ends_and_nothing_else_may_change() {
    const UNIX: Migrations = Migrations::new(&[Migration::new("V1__a.sql", "create table a\n(id bigint)")]);
    const DOS: Migrations = Migrations::new(&[Migration::new("V1__a.sql", "create table a\r\n(id bigint)")]);
    for database in on_each_engine(&UNIX).await {
        assert!(database.migrate(&DOS).await.unwrap().is_empty());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_that_fails_changes_nothing() {
    const BROKEN: Migrations = Migrations::new(&[ONE, TWO, Migration::new("V3__oops.sql", "create tabel three (id)")]);
    const DANGLING: Migrations = Migrations::new(&[
        ONE,
        TWO,
        Migration::new("V3__oops.sql", "insert into two (id, one_id) values ('a', 'nobody')"),
    ]);
    for database in on_each_engine(&FIRST).await {
        for bad in [BROKEN, DANGLING] {
            assert!(database.migrate(&bad).await.is_err());
            assert_eq!(database.pending(&BOTH).await.unwrap(), ["V2__two.sql"]);
            assert!(database.check(&sql!["select id from two"]).await.is_err());
        }
        database.migrate(&BOTH).await.unwrap();
        // Foreign keys are looked at again.
        let mut tx = database.begin().await.unwrap();
        let error = tx.exec(sql!["insert into two (id, one_id) values ('a', 'nobody')"]).await.unwrap_err();
        assert!(matches!(error, Error::ForeignKey), "{error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn names_are_looked_at() {
    const LISTS: [Migrations; 5] = [
        Migrations::new(&[Migration::new("1__one.sql", "")]),
        Migrations::new(&[Migration::new("V1_one.sql", "")]),
        Migrations::new(&[Migration::new("V0__one.sql", "")]),
        Migrations::new(&[TWO, ONE]),
        Migrations::new(&[ONE, ONE]),
    ];
    for database in on_each_engine(&NONE).await {
        for list in &LISTS {
            message(&database.migrate(list).await.unwrap_err());
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn processes_that_start_at_once_take_turns() {
    for database in on_each_engine(&NONE).await {
        let tasks: Vec<_> = (0..6)
            .map(|_| {
                let url = database.url().to_owned();
                tokio::spawn(async move { Database::open(&url, &BOTH).await?.migrate(&BOTH).await })
            })
            .collect();
        let mut applied = Vec::new();
        for task in tasks {
            applied.extend(task.await.unwrap().unwrap());
        }
        assert_eq!(applied, ["V1__one.sql", "V2__two.sql"]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_new_file_may_be_opened_by_several_at_once() {
    for _ in 0..20 {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", directory.path().join("new.db").display());
        let tasks: Vec<_> = (0..4)
            .map(|_| {
                let url = url.clone();
                tokio::spawn(async move { Database::open(&url, &BOTH).await?.migrate(&BOTH).await })
            })
            .collect();
        let mut applied = 0;
        for task in tasks {
            applied += task.await.unwrap().unwrap().len();
        }
        assert_eq!(applied, 2);
    }
}

const WITH_FUNCTION: Migrations = Migrations::new(&[Migration::per_engine(
    "V1__shout.sql",
    "create table places (id id_text primary key)",
    "create function shout(text) returns text language sql immutable strict as $$ select upper($1) || '!' $$",
)])
.with(&[Function::new("shout", |text| text.to_uppercase() + "!")]);

#[tokio::test(flavor = "multi_thread")]
async fn statements_call_functions_that_the_program_brings_along() {
    for database in on_each_engine(&WITH_FUNCTION).await {
        let mut tx = database.begin().await.unwrap();
        assert_eq!(tx.one::<String>(sql!["select shout('abc')"]).await.unwrap(), "ABC!");
        drop(tx);
        let mut conn = database.read().await.unwrap();
        assert_eq!(conn.one::<Option<String>>(sql!["select shout(", None::<String>, ")"]).await.unwrap(), None);
    }
}
