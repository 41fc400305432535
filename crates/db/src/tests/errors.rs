//! Both engines fail in the same words.

use super::databases;
use crate::{Database, Error, Sql, sql};

async fn fail(database: &Database, sql: Sql) -> Error {
    let mut tx = database.begin().await.unwrap();
    tx.exec(sql!["insert into places (id, name, parent_id) values ('root', 'root', null)"]).await.unwrap();
    tx.exec(sql!["insert into places (id, name, parent_id) values ('one', 'One', 'root')"]).await.unwrap();
    tx.exec(sql).await.unwrap_err()
}

#[tokio::test(flavor = "multi_thread")]
async fn constraints_are_told_apart() {
    for database in databases().await {
        let engine = database.engine();

        let error = fail(&database, sql!["insert into places (id, name) values ('one', 'x')"]).await;
        assert!(error.is_unique("places", &["id"]), "{engine:?}: {error:?}");
        assert!(!error.is_retryable());

        let error = fail(&database, sql!["insert into places (id, name, parent_id) values ('1', 'One', 'root')"]).await;
        assert!(error.is_unique("places", &["parent_id", "name"]), "{engine:?}: {error:?}");

        let error = fail(&database, sql!["insert into places (id, name) values ('2', 'ROOT')"]).await;
        assert!(
            matches!(&error, Error::Unique { index: Some(index), .. } if index == "places_lower"),
            "{engine:?}: {error:?}"
        );

        let error = fail(&database, sql!["insert into places (id, name, rank) values ('3', 'x', 0)"]).await;
        assert!(matches!(&error, Error::Check { name } if name == "rank_is_positive"), "{engine:?}: {error:?}");

        let error = fail(&database, sql!["insert into places (id) values ('4')"]).await;
        assert!(matches!(&error, Error::NotNull { column } if column == "name"), "{engine:?}: {error:?}");

        let error = fail(&database, sql!["insert into places (id, name, parent_id) values ('5', 'x', 'nobody')"]).await;
        assert!(matches!(error, Error::ForeignKey), "{engine:?}: {error:?}");

        let error = fail(&database, sql!["delete from places where id = 'root'"]).await;
        assert!(matches!(error, Error::ForeignKey), "{engine:?}: {error:?}");

        let error = fail(&database, sql!["insert into nowhere (id) values (1)"]).await;
        assert!(matches!(error, Error::Other(_)), "{engine:?}: {error:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_row_means_one() {
    for database in databases().await {
        let mut conn = database.read().await.unwrap();
        let mut ask = async |sql| conn.one::<i64>(sql).await;
        assert!(matches!(ask(sql!["select id from counters where id = 2"]).await, Err(Error::NoRow)));
        assert!(matches!(ask(sql!["select 1 union all select 2"]).await, Err(Error::ManyRows)));
        assert_eq!(ask(sql!["select id from counters"]).await.unwrap(), 1);
        let mut conn = database.read().await.unwrap();
        assert_eq!(conn.opt::<i64>(sql!["select id from counters where id = 2"]).await.unwrap(), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_double_quoted_text_is_no_text() {
    for database in databases().await {
        let mut conn = database.read().await.unwrap();
        assert!(conn.all::<String>(sql!["select \"oops\" from counters"]).await.is_err());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_not_there_is_gone() {
    let none = crate::Migrations::new(&[]);
    let error = Database::open("postgres://nobody@127.0.0.1:1/nothing", &none).await.unwrap_err();
    assert!(matches!(error, Error::Gone(_)), "{error:?}");
    let error = Database::open("/nowhere/at/all.db", &none).await.unwrap_err();
    assert!(matches!(error, Error::Gone(_)), "{error:?}");
    assert!(Database::open(":memory:", &none).await.is_err());
    assert!(Database::open("postgres://a@127.0.0.1/b?sslmode=maybe", &none).await.is_err());
    assert!(Database::open("postgres://a@127.0.0.1/b?pool_size=0", &none).await.is_err());
    assert!(Database::open("postgres://a@127.0.0.1/b?sslmode=require&sslrootcert=/no.pem", &none).await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_was_cut_is_replaced() {
    for database in databases().await {
        if database.engine() == crate::Engine::Sqlite {
            continue;
        }
        let mut conn = database.read().await.unwrap();
        let others = "select cast(count(pg_terminate_backend(pid)) as bigint) from pg_stat_activity \
             where datname = current_database()";
        let cut = conn.one::<i64>(sql![crate::Raw(others)]).await.unwrap_err();
        assert!(matches!(cut, Error::Gone(_)), "{cut:?}");
        drop(conn);
        database.ping().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tls_is_spoken_when_it_is_asked_for() {
    let Some(server) = crate::test::postgres_server() else { return };
    let separator = if server.contains('?') { '&' } else { '?' };
    let error = Database::open(&format!("{server}{separator}sslmode=require"), &crate::Migrations::new(&[])).await;
    // The test server either has no TLS or a certificate that nobody vouches for.
    assert!(matches!(error, Err(Error::Gone(_))), "{error:?}");
}

fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

/// What is said when this can't be opened.
async fn complaint(url: &str) -> String {
    let error = Database::open(url, &crate::Migrations::new(&[])).await.unwrap_err();
    let (said, debugged) = (chain(&error), format!("{error:?}"));
    assert!(!said.contains("hunter2") && !debugged.contains("hunter2"), "{said} {debugged}");
    said
}

#[tokio::test(flavor = "multi_thread")]
async fn what_keeps_a_database_from_being_opened_is_named() {
    for (url, named) in [
        ("mysql://root:hunter2@db.example/x", "\"mysql:\""),
        ("postgres:x", "postgres://"),
        ("postgresql:/x", "postgres://"),
        ("file:x.db", "\"file:\""),
        ("postgres://u:hunter2@/x", "names no host"),
        ("postgres://u:hunter2@127.0.0.1:99999/x", "port"),
        ("postgres://u:hunter2@127.0.0.1/x?sslmode=bogus", "sslmode"),
        ("postgres://u:hunter2@127.0.0.1/x?pool_size=many", "pool_size"),
        ("postgres://u:hunter2@127.0.0.1/x?conect_timeout=1", "conect_timeout"),
        ("postgres://u:hunter2@127.0.0.1/x?sslmode=require&sslrootcert=/no.pem", "/no.pem"),
    ] {
        let said = complaint(url).await;
        assert!(said.contains(named), "{url}: {said}");
        assert!(Database::check_url(url).is_err(), "{url}");
    }
    for (url, named) in [
        ("postgres://u:hunter2@127.0.0.1:1/x", "PostgreSQL at 127.0.0.1:1: nobody listens there"),
        (
            "postgres://u:hunter2@nowhere.invalid/x",
            "PostgreSQL at nowhere.invalid:5432: the host's name cannot be resolved",
        ),
        ("/nowhere/at/all.db", "the file /nowhere/at/all.db: No such file"),
        ("/proc/version/x.db", "the file /proc/version/x.db: Not a directory"),
    ] {
        let said = complaint(url).await;
        assert!(said.contains(named), "{url}: {said}");
        Database::check_url(url).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_lets_nobody_in_is_quoted() {
    // A URL of the tests' own server, of which the name and the password are replaced.
    #[expect(clippy::disallowed_methods, reason = "tests have no configuration but their environment")]
    let Some(server) = std::env::var(crate::test::POSTGRES).ok().filter(|url| !url.is_empty()) else { return };
    let (head, rest) = server.split_once('@').unwrap();
    let (place, _) = rest.split_once('/').unwrap();
    let user = head.trim_start_matches("postgres://").split(':').next().unwrap();
    let said = complaint(&format!("{head}@{place}/no_such_database")).await;
    assert!(said.contains("there is no database \"no_such_database\""), "{said}");
    let said = complaint(&format!("postgres://{user}:hunter2@{place}/postgres")).await;
    assert!(said.contains(&format!("does not let user \"{user}\" in")), "{said}");
    let said = complaint(&format!("postgres://{user}@{place}/postgres")).await;
    assert!(said.contains("wants a password"), "{said}");
}
