//! `SQLite`: one connection that writes, a few that read. Every statement is short and runs where it was called, with
//! the runtime told that the thread may block.

use std::fs::OpenOptions;
use std::ops::Deref;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{CachedStatement, Connection, OpenFlags};
use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::sync::{Mutex, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore};

use crate::{Engine, Error, Function, Record, Row, STATEMENT_LIMIT, Sql, Value};

/// Half of them may be busy with what takes long: filtered lists and exports, each in turns of its own.
const READERS: usize = 8;

/// How long to wait for a connection of our own, after which something holds it that shouldn't.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long to wait for another process to let go of the file.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept prepared per connection.
const CACHED_STATEMENTS: usize = 256;

/// So many steps of `SQLite`'s machine, a millisecond or less, lie between two looks at the time.
const STEPS: i32 = 20_000;

/// A connection that ends a statement when its time is up.
pub(crate) struct Timed {
    connection: Connection,
    begun: Instant,
    /// In microseconds since then; the running statement ends after it.
    until: Arc<AtomicU64>,
}

impl Deref for Timed {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        &self.connection
    }
}

impl Timed {
    fn new(mut connection: Connection) -> Result<Self, Error> {
        let (begun, until) = (Instant::now(), Arc::new(AtomicU64::new(u64::MAX)));
        let seen = Arc::clone(&until);
        let is_over = move || micros(begun.elapsed()) > seen.load(Ordering::Relaxed);
        connection.progress_handler(STEPS, Some(is_over))?;
        Ok(Self { connection, begun, until })
    }

    /// Runs statements, none of which may take longer than this.
    fn within<T>(&self, limit: Duration, run: impl FnOnce() -> T) -> T {
        self.until.store(micros(self.begun.elapsed().saturating_add(limit)), Ordering::Relaxed);
        let _without = Unbounded(&self.until);
        run()
    }
}

/// Takes the limit away again, also where a row can't be read.
struct Unbounded<'a>(&'a AtomicU64);

impl Drop for Unbounded<'_> {
    fn drop(&mut self) {
        self.0.store(u64::MAX, Ordering::Relaxed);
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

pub(crate) struct Pool {
    path: PathBuf,
    /// Its lock is fair: writers get their turn in the order in which they asked.
    writer: Arc<Mutex<Timed>>,
    readers: Vec<Arc<Mutex<Timed>>>,
    /// For whom must not wait for the others.
    apart: Arc<Mutex<Timed>>,
    /// As many permits as there are readers: whoever has one finds a reader that nobody uses.
    turns: Arc<Semaphore>,
}

impl Pool {
    pub(crate) fn open(path: &str, functions: &[Function]) -> Result<Self, Error> {
        if path.is_empty() || path == ":memory:" {
            // Each of our connections would see a database of its own.
            return Err(Error::other("SQLite needs a file"));
        }
        let path = PathBuf::from(path);
        // The database holds secrets; SQLite gives the files that it adds the same permissions.
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path);
        file.map_err(|error| Error::Gone(error.into()))?;

        let writer = Arc::new(Mutex::new(connect(&path, functions)?));
        let readers = (0..READERS).map(|_| Ok(Arc::new(Mutex::new(reader(&path, functions)?))));
        let readers = readers.collect::<Result<Vec<_>, Error>>()?;
        let apart = Arc::new(Mutex::new(reader(&path, functions)?));
        Ok(Self { path, writer, readers, apart, turns: Arc::new(Semaphore::new(READERS)) })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) async fn read_apart(&self) -> Result<SqliteConn, Error> {
        let connection = patiently(Arc::clone(&self.apart).lock_owned()).await?;
        Ok(SqliteConn::Reader(Reader { connection, in_snapshot: false, _turn: None }))
    }

    pub(crate) async fn read(&self) -> Result<SqliteConn, Error> {
        let turn = patiently(Arc::clone(&self.turns).acquire_owned()).await?.map_err(Error::other)?;
        let reader = self.readers.iter().find_map(|reader| Arc::clone(reader).try_lock_owned().ok());
        let connection = reader.ok_or_else(|| Error::other("a turn without a reader"))?;
        Ok(SqliteConn::Reader(Reader { connection, in_snapshot: false, _turn: Some(turn) }))
    }

    /// A reader whose statements all see the same.
    pub(crate) async fn snapshot(&self) -> Result<SqliteConn, Error> {
        let mut conn = self.read().await?;
        conn.execute_batch("begin")?;
        if let SqliteConn::Reader(reader) = &mut conn {
            reader.in_snapshot = true;
        }
        Ok(conn)
    }

    pub(crate) async fn write(&self) -> Result<OwnedMutexGuard<Timed>, Error> {
        patiently(Arc::clone(&self.writer).lock_owned()).await
    }
}

async fn patiently<T>(turn: impl Future<Output = T>) -> Result<T, Error> {
    tokio::time::timeout(PATIENCE, turn).await.map_err(|error| Error::Busy(Some(error.into())))
}

fn connect(path: &Path, functions: &[Function]) -> Result<Timed, Error> {
    // Without the flag for URIs: a path is a path. Without SQLite's own mutex: each connection has one user at a time.
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    // A misspelt "column" is an error, not a text.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DML, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DQS_DDL, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    let mode = write_ahead(&connection)?;
    if mode != "wal" {
        return Err(Error::other(format!("SQLite can't use a write-ahead log here (it answered {mode})")));
    }
    // FULL, since with NORMAL a power cut may take the last commits, and a commit is a promise.
    connection.execute_batch(
        "pragma synchronous = full; pragma foreign_keys = on; pragma journal_size_limit = 67108864; \
         pragma temp_store = memory",
    )?;
    for Function { name, of } in functions.iter().copied() {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection.create_scalar_function(name, 1, flags, move |call| Ok(call.get_raw(0).as_str_or_null()?.map(of)))?;
    }
    Timed::new(connection)
}

/// Switches to a write-ahead log and returns the mode that is on then. The first switch of a new file needs it alone, and
/// `SQLite` doesn't wait for that as it does elsewhere.
fn write_ahead(connection: &Connection) -> Result<String, Error> {
    let since = Instant::now();
    loop {
        let mode = connection.query_row("pragma journal_mode = wal", [], |row| row.get(0)).map_err(Error::from);
        match mode {
            Err(error) if error.is_retryable() && since.elapsed() < BUSY_TIMEOUT => {
                thread::sleep(Duration::from_millis(5));
            }
            mode => return mode,
        }
    }
}

fn reader(path: &Path, functions: &[Function]) -> Result<Timed, Error> {
    let connection = connect(path, functions)?;
    connection.execute_batch("pragma query_only = on")?;
    Ok(connection)
}

pub(crate) enum SqliteConn {
    Reader(Reader),
    Writer(SqliteTx),
}

impl Deref for SqliteConn {
    type Target = Timed;

    fn deref(&self) -> &Timed {
        match self {
            Self::Reader(reader) => &reader.connection,
            Self::Writer(writer) => &writer.connection,
        }
    }
}

impl SqliteConn {
    pub(crate) fn rows<T: Record>(&self, sql: &Sql, limit: usize, time: Duration) -> Result<Vec<T>, Error> {
        let read = || {
            let mut statement = self.statement(sql)?;
            let mut rows = statement.raw_query();
            let mut records = Vec::new();
            // Rows beyond the limit are stepped over, not left: a statement that also writes must run to its end.
            while let Some(row) = rows.next()? {
                if records.len() < limit {
                    records.push(T::from_row(&Row::sqlite(row))?);
                }
            }
            Ok(records)
        };
        blocking(|| self.within(time, read))
    }

    pub(crate) fn exec(&self, sql: &Sql) -> Result<u64, Error> {
        blocking(|| self.within(STATEMENT_LIMIT, || Ok(self.statement(sql)?.raw_execute()? as u64)))
    }

    pub(crate) fn check(&self, sql: &Sql) -> Result<(), Error> {
        blocking(|| self.statement(sql).map(drop))
    }

    fn statement(&self, sql: &Sql) -> Result<CachedStatement<'_>, Error> {
        let mut statement = self.prepare_cached(&sql.text(Engine::Sqlite))?;
        let mut bound = 0;
        for value in sql.values() {
            bound += 1;
            statement.raw_bind_parameter(bound, parameter(value))?;
        }
        if statement.parameter_count() != bound {
            return Err(Error::other("the statement's text has placeholders of its own"));
        }
        Ok(statement)
    }
}

fn parameter(value: &Value) -> ToSqlOutput<'_> {
    ToSqlOutput::Borrowed(match value {
        Value::Text(Some(text)) => ValueRef::Text(text.as_bytes()),
        Value::Int(Some(int)) => ValueRef::Integer(*int),
        Value::Bool(Some(bool)) => ValueRef::Integer(i64::from(*bool)),
        Value::Bytes(Some(bytes)) => ValueRef::Blob(bytes),
        Value::Text(None) | Value::Int(None) | Value::Bool(None) | Value::Bytes(None) => ValueRef::Null,
    })
}

pub(crate) struct Reader {
    connection: OwnedMutexGuard<Timed>,
    /// It holds on to what was committed when it began, until it is given back.
    in_snapshot: bool,
    /// Stands after the connection, so that it is given back later.
    _turn: Option<OwnedSemaphorePermit>,
}

impl Drop for Reader {
    fn drop(&mut self) {
        if self.in_snapshot
            && let Err(error) = self.connection.execute_batch("rollback")
        {
            tracing::error!(%error, "a reader could not let go of its snapshot");
        }
    }
}

/// The writer with a transaction open; dropping it rolls back.
pub(crate) struct SqliteTx {
    connection: OwnedMutexGuard<Timed>,
    open: bool,
    /// Foreign keys are off until it ends.
    without_foreign_keys: bool,
}

impl SqliteTx {
    pub(crate) fn begin(connection: OwnedMutexGuard<Timed>) -> Result<Self, Error> {
        // IMMEDIATE takes the lock at once. A transaction that reads first and then wants to write fails if anybody
        // else has written in between, without the busy timeout having a say.
        blocking(|| connection.execute_batch("begin immediate"))?;
        Ok(Self { connection, open: true, without_foreign_keys: false })
    }

    /// For migrations: `SQLite` changes a table by making another and dropping the first, at which foreign keys that
    /// are on would delete what refers to it. They can only be switched outside of transactions.
    pub(crate) fn begin_without_foreign_keys(connection: OwnedMutexGuard<Timed>) -> Result<Self, Error> {
        let mut transaction = Self { connection, open: false, without_foreign_keys: true };
        blocking(|| transaction.connection.execute_batch("pragma foreign_keys = off; begin immediate"))?;
        transaction.open = true;
        Ok(transaction)
    }

    pub(crate) fn commit(mut self) -> Result<(), Error> {
        blocking(|| self.connection.execute_batch("commit"))?;
        self.open = false;
        Ok(())
    }
}

impl Drop for SqliteTx {
    fn drop(&mut self) {
        // SQLite has rolled back by itself after some errors, a full disk for one.
        if self.open
            && !self.connection.is_autocommit()
            && let Err(error) = self.connection.execute_batch("rollback")
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
        if self.without_foreign_keys
            && let Err(error) = self.connection.execute_batch("pragma foreign_keys = on")
        {
            tracing::error!(%error, "foreign keys could not be switched on again");
        }
    }
}

/// Runs what blocks for a moment without a hop to another thread.
pub(crate) fn blocking<T>(work: impl FnOnce() -> T) -> T {
    match Handle::try_current().map(|handle| handle.runtime_flavor()) {
        Ok(RuntimeFlavor::MultiThread) => tokio::task::block_in_place(work),
        // There is nobody else to hold up, or nobody whom we could tell.
        _ => work(),
    }
}
