//! Transactions begin, end, queue and get cancelled.

use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

use super::{TABLES, databases};
use crate::test::Fresh;
use crate::{Database, Engine, Error, sql};

async fn count(database: &Database) -> i64 {
    let mut conn = database.read().await.unwrap();
    conn.one(sql!["select count from counters where id = ", 1_i64]).await.unwrap()
}

/// Takes the one row that all of them take first.
const TURN: &str = "select 1 from counters where id = 1 for update";

/// Adds one to what it has read.
async fn add_one(database: &Database) -> Result<(), Error> {
    let mut tx = database.begin_in_turn(TURN).await?;
    let count: i64 = tx.one(sql!["select count from counters where id = ", 1_i64]).await?;
    tx.exec(sql!["update counters set count = ", count + 1, " where id = ", 1_i64]).await?;
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_committed_never_was() {
    for database in databases().await {
        let mut tx = database.begin().await.unwrap();
        tx.exec(sql!["update counters set count = 5"]).await.unwrap();
        let inside: i64 = tx.one(sql!["select count from counters"]).await.unwrap();
        assert_eq!((inside, count(&database).await), (5, 0));
        drop(tx);
        assert_eq!(count(&database).await, 0);

        let mut tx = database.begin().await.unwrap();
        assert_eq!(tx.exec(sql!["update counters set count = 6"]).await.unwrap(), 1);
        tx.commit().await.unwrap();
        assert_eq!(count(&database).await, 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_statement_spoils_the_commit() {
    for database in databases().await {
        let mut tx = database.begin().await.unwrap();
        tx.exec(sql!["update counters set count = 5"]).await.unwrap();
        assert!(tx.exec(sql!["insert into counters (id, count) values (1, 1)"]).await.is_err());
        assert!(matches!(tx.commit().await, Err(Error::Aborted)));
        assert_eq!(count(&database).await, 0);

        // Finding nothing is no failure.
        let mut tx = database.begin().await.unwrap();
        assert!(matches!(tx.one::<i64>(sql!["select id from counters where id = 9"]).await, Err(Error::NoRow)));
        tx.exec(sql!["update counters set count = 7"]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(count(&database).await, 7);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn returning_gives_rows_and_runs_to_the_end() {
    for database in databases().await {
        let mut tx = database.begin().await.unwrap();
        let ids: Vec<i64> =
            tx.all(sql!["insert into counters (id, count) values (2, 0), (3, 0), (4, 0) returning id"]).await.unwrap();
        assert_eq!(ids, [2, 3, 4]);
        let new: i64 =
            tx.one(sql!["update counters set count = count + 1 where id = 2 returning count"]).await.unwrap();
        assert_eq!(new, 1);
        tx.commit().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn readers_do_not_write() {
    let databases = databases().await;
    let mut conn = databases[0].read().await.unwrap();
    assert!(conn.all::<i64>(sql!["update counters set count = 9 returning count"]).await.is_err());
    drop(conn);
    assert_eq!(count(&databases[0]).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_that_reads_takes_either() {
    async fn ids(conn: &mut crate::Conn) -> Vec<i64> {
        conn.all(sql!["select id from counters"]).await.unwrap()
    }
    for database in databases().await {
        let mut conn = database.read().await.unwrap();
        let mut tx = database.begin().await.unwrap();
        assert_eq!(ids(&mut conn).await, ids(&mut tx).await);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writers_that_take_turns_lose_nothing_and_never_collide() {
    for database in databases().await {
        let database = Arc::new(database);
        // A second pool stands for a second process.
        let other = Arc::new(Database::open(database.url(), &TABLES).await.unwrap());
        let tasks: Vec<_> = (0..50)
            .map(|n| {
                let database: Arc<Database> =
                    if n % 2 == 0 { Arc::new(Database::clone(&database)) } else { Arc::clone(&other) };
                tokio::spawn(async move {
                    for _ in 0..4 {
                        add_one(&database).await.unwrap();
                    }
                })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(count(&database).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_in_turn_is_still_true_at_the_commit() {
    for database in databases().await {
        let mut first = database.begin_in_turn(TURN).await.unwrap();
        assert_eq!(first.one::<i64>(sql!["select count(*) from counters"]).await.unwrap(), 1);
        let second = tokio::spawn({
            let database = Database::clone(&database);
            async move {
                let mut second = database.begin_in_turn(TURN).await.unwrap();
                second.one::<i64>(sql!["select count(*) from counters"]).await.unwrap()
            }
        });
        first.exec(sql!["insert into counters (id, count) values (2, 0)"]).await.unwrap();
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert!(!second.is_finished());
        first.commit().await.unwrap();
        assert_eq!(second.await.unwrap(), 2, "it saw what the first had left");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_sees_one_moment_and_lets_go_of_it() {
    for database in databases().await {
        let mut snapshot = database.snapshot().await.unwrap();
        let read = || sql!["select count from counters where id = 1"];
        assert_eq!(snapshot.one::<i64>(read()).await.unwrap(), 0);
        add_one(&database).await.unwrap();
        assert_eq!(snapshot.one::<i64>(read()).await.unwrap(), 0);
        drop(snapshot);
        for _ in 0..8 {
            assert_eq!(database.snapshot().await.unwrap().one::<i64>(read()).await.unwrap(), 1);
            assert_eq!(count(&database).await, 1);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_gives_up_a_slow_statement_leaves_no_busy_connection_behind() {
    for database in databases().await {
        if database.engine() == Engine::Sqlite {
            continue;
        }
        let separator = if database.url().contains('?') { '&' } else { '?' };
        let single = Database::open(&format!("{}{separator}pool_size=1", database.url()), &TABLES).await.unwrap();
        let mut conn = single.read().await.unwrap();
        let slow = sql!["select count(*) from (select pg_sleep(15)) as slept"];
        assert!(tokio::time::timeout(Duration::from_millis(300), conn.one::<i64>(slow)).await.is_err());
        drop(conn);
        let begun = Instant::now();
        assert_eq!(count(&single).await, 0);
        assert!(begun.elapsed() < Duration::from_secs(8), "waited {:?} behind it", begun.elapsed());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_that_stops_holds_nobody_up_for_long() {
    for database in databases().await {
        if database.engine() == Engine::Sqlite {
            continue;
        }
        let limits: (String, String) = {
            let mut conn = database.read().await.unwrap();
            let setting = "select current_setting('statement_timeout'), \
                           current_setting('idle_in_transaction_session_timeout')";
            conn.one(sql![crate::Raw(setting)]).await.unwrap()
        };
        assert_eq!(limits, ("20s".to_owned(), "15s".to_owned()));
        let separator = if database.url().contains('?') { '&' } else { '?' };
        let hasty = format!("{}{separator}options=-c%20statement_timeout%3D50", database.url());
        let hasty = Database::open(&hasty, &TABLES).await.unwrap();
        let slow = sql!["select count(*) from (select pg_sleep(5)) as slept"];
        assert!(matches!(hasty.read().await.unwrap().one::<i64>(slow).await, Err(Error::TooSlow(_))));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_ends_when_its_time_is_up() {
    for database in databases().await {
        let endless = || {
            sql!["with recursive n (i) as (select 1 union all select i + 1 from n) select count(*) from n where i < 0"]
        };
        for mut conn in [database.read().await.unwrap(), database.snapshot().await.unwrap()] {
            conn.bound(Duration::from_millis(100)).await.unwrap();
            let begun = Instant::now();
            assert!(matches!(conn.one::<i64>(endless()).await, Err(Error::TooSlow(_))));
            assert!(begun.elapsed() < Duration::from_secs(10), "took {:?}", begun.elapsed());
        }
        // Whoever has the connection next has the time that everybody has.
        for _ in 0..8 {
            let mut conn = database.read().await.unwrap();
            let pause = match database.engine() {
                Engine::Sqlite => {
                    let steps = "with recursive n (i) as (select 1 union all select i + 1 from n where i < 300000)";
                    sql![crate::Raw(steps), " select count(*) from n"]
                }
                Engine::Postgres => sql!["select count(*) from (select pg_sleep(0.2)) as slept"],
            };
            conn.one::<i64>(pause).await.unwrap();
        }
    }
}

/// Looks at a database with connections of its own, on which nothing is ever cancelled.
struct Observer(Database);

impl Observer {
    async fn new(database: &Fresh) -> Self {
        Self(Database::open(database.url(), &super::TABLES).await.unwrap())
    }

    /// Waits until no connection is inside a transaction without doing anything, and fails if one stays so.
    async fn sees_no_transaction_open(&self) {
        if self.0.engine() == Engine::Sqlite {
            // One that was still open would not let this one begin.
            return drop(self.0.begin().await.unwrap());
        }
        let since = Instant::now();
        loop {
            let open: i64 = (self.0.read().await.unwrap())
                .one(sql![
                    "select count(*) from pg_stat_activity where datname = current_database() \
                     and state like 'idle in transaction%'"
                ])
                .await
                .unwrap();
            if open == 0 {
                return;
            }
            assert!(since.elapsed() < Duration::from_secs(2), "{open} connections stay in an open transaction");
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn cancelling_at_any_point_leaves_no_transaction_open() {
    for database in databases().await {
        let observer = Observer::new(&database).await;
        let database = Arc::new(database);
        let (mut cancelled, mut completed) = (0, 0);
        for round in 0..100_u64 {
            let tasks: Vec<_> = (0..6)
                .map(|_| {
                    let database = Arc::clone(&database);
                    tokio::spawn(async move { add_one(&database).await })
                })
                .collect();
            let (since, delay) = (Instant::now(), Duration::from_micros(round % 50 * 40));
            while since.elapsed() < delay {
                // The runtime's timer is too coarse.
                tokio::task::yield_now().await;
            }
            for task in &tasks {
                task.abort();
            }
            for task in tasks {
                match task.await {
                    Ok(_) => completed += 1,
                    Err(_) => cancelled += 1,
                }
            }
            observer.sees_no_transaction_open().await;
        }
        if database.engine() == Engine::Postgres {
            assert!(cancelled > 50, "{cancelled} cancelled, {completed} completed");
        }
        // A commit that was cancelled may have taken place.
        let before = count(&observer.0).await;
        assert!(before >= completed);
        // Every connection of the pool still commits what it is told to.
        for _ in 0..20 {
            add_one(&database).await.unwrap();
        }
        assert_eq!(count(&observer.0).await, before + 20);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cancelling_after_each_poll_leaves_no_transaction_open() {
    for database in databases().await {
        let observer = Observer::new(&database).await;
        for polls in 0..40 {
            let mut work = Box::pin(add_one(&database));
            for _ in 0..polls {
                let once = std::future::poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_ready()));
                if once.await {
                    // What has finished isn't polled again.
                    work = Box::pin(add_one(&database));
                }
                tokio::time::sleep(Duration::from_micros(10)).await;
            }
            drop(work);
            observer.sees_no_transaction_open().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_statement_spoils_the_commit() {
    for database in databases().await {
        if database.engine() == Engine::Sqlite {
            // Its statements can't be cancelled half-way.
            continue;
        }
        let mut tx = database.begin().await.unwrap();
        tx.exec(sql!["update counters set count = 5"]).await.unwrap();
        let slow = tx.all::<Option<String>>(sql!["select cast(pg_sleep(0.2) as text)"]);
        assert!(tokio::time::timeout(Duration::from_millis(20), slow).await.is_err());
        assert!(matches!(tx.commit().await, Err(Error::Aborted)));
        Observer::new(&database).await.sees_no_transaction_open().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_process_at_work_is_waited_for() {
    let database = databases().await.remove(0);
    // What another process has: connections of its own.
    let other = Database::open(database.url(), &super::TABLES).await.unwrap();
    let tx = database.begin().await.unwrap();
    let waiting = tokio::spawn(async move { add_one(&other).await });
    tokio::time::sleep(Duration::from_millis(100)).await;
    assert!(!waiting.is_finished());
    drop(tx);
    waiting.await.unwrap().unwrap();
    assert_eq!(count(&database).await, 1);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn the_files_are_their_owners_alone() {
    use std::os::unix::fs::PermissionsExt;

    let database = databases().await.remove(0);
    add_one(&database).await.unwrap();
    for suffix in ["", "-wal", "-shm"] {
        let mode = std::fs::metadata(format!("{}{suffix}", database.url())).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{suffix}");
    }
}
