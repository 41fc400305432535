//! What a program holds: the database, a connection that reads, a transaction that writes.

use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use crate::address::{Address, explain_file};
use crate::postgres::{self, PgConn};
use crate::sqlite::{self, SqliteConn, SqliteTx, blocking};
use crate::{Error, Migrations, Record, STATEMENT_LIMIT, Sql, sql};

/// Which database it is, for the few statements that can't be the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    Sqlite,
    Postgres,
}

/// A handle to a database; clones share its connections.
#[derive(Clone)]
pub struct Database {
    pub(crate) backend: Arc<Backend>,
}

pub(crate) enum Backend {
    Sqlite(sqlite::Pool),
    Postgres(postgres::Pool),
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Not the address: it may hold a password.
        f.debug_struct("Database").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

impl Database {
    /// Opens the database, without migrating it.
    ///
    /// `url` is a path, with or without `sqlite:` before it, or `postgres://user:password@host/name`. `PostgreSQL` is
    /// spoken to in clear text unless the URL says `sslmode=require` or `verify-full`, which mean the same: the
    /// server's certificate must be for that host, from a public authority or one in the PEM file `sslrootcert`.
    /// `pool_size` bounds the connections.
    ///
    /// Fails with [`Error::Address`] if the URL isn't understood, with [`Error::Gone`] if the database can't be reached, and with [`Error::Migration`] if it has been
    /// migrated by a program with other migrations than these; see [`Database::pending`] for the opposite.
    pub async fn open(url: &str, migrations: &Migrations) -> Result<Self, Error> {
        let address = Address::of(url)?;
        address.check()?;
        let backend = match address {
            Address::Postgres(url) => Backend::Postgres(postgres::Pool::open(url)?),
            Address::Sqlite(path) => {
                let opened = blocking(|| sqlite::Pool::open(path, migrations.functions));
                Backend::Sqlite(opened.map_err(|error| error.explained(|cause| explain_file(path, cause)))?)
            }
        };
        let database = Self { backend: Arc::new(backend) };
        let pending = database.pending(migrations).await;
        pending.map_err(|error| match &*database.backend {
            Backend::Sqlite(_) => error,
            Backend::Postgres(pool) => error.explained(|cause| pool.server().explain(cause)),
        })?;
        Ok(database)
    }

    /// Whether [`Database::open`] understands the URL; whether there is a database isn't looked at.
    pub fn check_url(url: &str) -> Result<(), Error> {
        Address::of(url)?.check()
    }

    pub fn engine(&self) -> Engine {
        match *self.backend {
            Backend::Sqlite(_) => Engine::Sqlite,
            Backend::Postgres(_) => Engine::Postgres,
        }
    }

    /// The file that the database is, if it is one.
    pub fn file(&self) -> Option<&std::path::Path> {
        match &*self.backend {
            Backend::Sqlite(pool) => Some(pool.path()),
            Backend::Postgres(_) => None,
        }
    }

    /// A connection that reads. Each statement sees what was committed before it began; use a transaction where several
    /// must see the same. Keep it no longer than needed, and don't ask for another one while holding it.
    pub async fn read(&self) -> Result<Conn, Error> {
        let inner = match &*self.backend {
            Backend::Sqlite(pool) => Inner::Sqlite(pool.read().await?),
            Backend::Postgres(pool) => Inner::Postgres(Box::new(pool.read().await?)),
        };
        Ok(Conn::new(inner))
    }

    /// The same on a connection that is kept for this alone, whatever the others are busy with. It has one user at a time.
    pub async fn read_apart(&self) -> Result<Conn, Error> {
        let inner = match &*self.backend {
            Backend::Sqlite(pool) => Inner::Sqlite(pool.read_apart().await?),
            Backend::Postgres(pool) => Inner::Postgres(Box::new(pool.read_apart().await?)),
        };
        Ok(Conn::new(inner))
    }

    /// A connection whose statements all see the same: what was committed before the first of them.
    pub async fn snapshot(&self) -> Result<Conn, Error> {
        let inner = match &*self.backend {
            Backend::Sqlite(pool) => Inner::Sqlite(pool.snapshot().await?),
            Backend::Postgres(pool) => {
                let mut connection = pool.read().await?;
                connection.begin(postgres::SNAPSHOT).await?;
                Inner::Postgres(Box::new(connection))
            }
        };
        Ok(Conn::new(inner))
    }

    /// A transaction that writes, beside others. Dropping it rolls back, at whatever point a caller is cancelled.
    ///
    /// On `SQLite` it has the database to itself. On `PostgreSQL` it is *read committed*: each statement sees what was
    /// committed before it began, and what was read may have changed when it is written, unless its rows were locked.
    /// Transactions that lock their rows in the same order never deadlock; should one all the same, a statement fails
    /// with [`Error::Busy`] and the whole transaction is to be run again. Await nothing but the database until the
    /// commit.
    pub async fn begin(&self) -> Result<Tx, Error> {
        let inner = match &*self.backend {
            Backend::Sqlite(pool) => Inner::Sqlite(SqliteConn::Writer(SqliteTx::begin(pool.write().await?)?)),
            Backend::Postgres(pool) => {
                let mut connection = pool.read().await?;
                connection.begin("begin").await?;
                Inner::Postgres(Box::new(connection))
            }
        };
        Ok(Tx::new(inner))
    }

    /// A transaction that writes, one at a time among all that are begun with the same `turn`, in this process and in
    /// others: what it has read is still true when it commits, on both engines, and nothing aborts by design.
    ///
    /// `turn` is a statement that locks a row until the transaction ends, such as `select … for update`. Only
    /// `PostgreSQL` is sent it: `SQLite` has one writer anyway. Within the process those who wait queue for a
    /// connection in the order in which they came, so that they leave the others to readers.
    pub async fn begin_in_turn(&self, turn: &'static str) -> Result<Tx, Error> {
        self.begin_queued(&format!("begin; {turn}")).await
    }

    /// A transaction that writes, one at a time with those of this process that are begun in turn, but beside those of
    /// other processes.
    pub async fn begin_alone(&self) -> Result<Tx, Error> {
        self.begin_queued("begin").await
    }

    async fn begin_queued(&self, begin: &str) -> Result<Tx, Error> {
        let inner = match &*self.backend {
            Backend::Sqlite(pool) => Inner::Sqlite(SqliteConn::Writer(SqliteTx::begin(pool.write().await?)?)),
            Backend::Postgres(pool) => {
                let mut connection = pool.in_turn().await?;
                connection.begin(begin).await?;
                Inner::Postgres(Box::new(connection))
            }
        };
        Ok(Tx::new(inner))
    }

    /// Whether the database answers.
    pub async fn ping(&self) -> Result<(), Error> {
        // A count on SQLite, since a mere `select 1` wouldn't look at the file.
        let statement = match self.engine() {
            Engine::Sqlite => sql!["select count(*) from sqlite_schema"],
            Engine::Postgres => sql!["select 1"],
        };
        self.read().await?.one::<i64>(statement).await.map(drop)
    }

    /// Prepares the statement without running it: whether its text is right for this engine and its parameters are of
    /// types that fit. For tests, which so look at statements that they don't otherwise reach.
    pub async fn check(&self, sql: &Sql) -> Result<(), Error> {
        match &mut self.read().await?.inner {
            Inner::Sqlite(connection) => connection.check(sql),
            Inner::Postgres(connection) => connection.check(sql).await,
        }
    }
}

/// A connection that reads.
pub struct Conn {
    pub(crate) inner: Inner,
    /// A statement has failed, or its future was dropped while it ran.
    failed: bool,
    /// How long a statement that reads may take on `SQLite`.
    limit: Duration,
}

pub(crate) enum Inner {
    Sqlite(SqliteConn),
    Postgres(Box<PgConn>),
}

impl fmt::Debug for Conn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Conn").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

impl Conn {
    fn new(inner: Inner) -> Self {
        Self { inner, failed: false, limit: STATEMENT_LIMIT }
    }

    /// From now on no statement that reads may take longer than this; one that does ends with [`Error::TooSlow`]. On
    /// `PostgreSQL` they all see the same from here on, as those of [`Database::snapshot`] do.
    pub async fn bound(&mut self, limit: Duration) -> Result<(), Error> {
        self.limit = limit;
        match &mut self.inner {
            Inner::Sqlite(_) => Ok(()),
            Inner::Postgres(connection) => connection.bound(limit).await,
        }
    }

    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// All rows.
    pub async fn all<T: Record>(&mut self, sql: Sql) -> Result<Vec<T>, Error> {
        self.rows(&sql, usize::MAX).await
    }

    /// The row, if there is one. Fails with [`Error::ManyRows`] if there are more.
    pub async fn opt<T: Record>(&mut self, sql: Sql) -> Result<Option<T>, Error> {
        let mut rows = self.rows(&sql, 2).await?;
        if rows.len() > 1 {
            return Err(Error::ManyRows);
        }
        Ok(rows.pop())
    }

    /// The row. Fails with [`Error::NoRow`] if there is none and [`Error::ManyRows`] if there are more.
    pub async fn one<T: Record>(&mut self, sql: Sql) -> Result<T, Error> {
        self.opt(sql).await?.ok_or(Error::NoRow)
    }

    async fn rows<T: Record>(&mut self, sql: &Sql, limit: usize) -> Result<Vec<T>, Error> {
        let failed = std::mem::replace(&mut self.failed, true);
        let rows = match &mut self.inner {
            Inner::Sqlite(connection) => connection.rows(sql, limit, self.limit),
            Inner::Postgres(connection) => connection.rows(sql, limit).await,
        }?;
        self.failed = failed;
        Ok(rows)
    }
}

/// A transaction. It reads like a [`Conn`], so a function that only reads takes `&mut Conn` and can be given either.
#[must_use = "dropping a transaction rolls it back"]
pub struct Tx {
    conn: Conn,
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx").field("engine", &self.engine()).finish_non_exhaustive()
    }
}

impl Deref for Tx {
    type Target = Conn;

    fn deref(&self) -> &Conn {
        &self.conn
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Conn {
        &mut self.conn
    }
}

impl Tx {
    pub(crate) fn new(inner: Inner) -> Self {
        Self { conn: Conn::new(inner) }
    }

    /// Runs a statement that changes something and returns the number of rows that it concerned. A statement with
    /// `returning` is run with `one`, `opt` or `all`.
    pub async fn exec(&mut self, sql: Sql) -> Result<u64, Error> {
        let failed = std::mem::replace(&mut self.conn.failed, true);
        let rows = match &mut self.conn.inner {
            Inner::Sqlite(connection) => connection.exec(&sql),
            Inner::Postgres(connection) => connection.exec(&sql).await,
        }?;
        self.conn.failed = failed;
        Ok(rows)
    }

    /// Runs statements without parameters.
    pub(crate) async fn batch(&mut self, text: &str) -> Result<(), Error> {
        let failed = std::mem::replace(&mut self.conn.failed, true);
        match &mut self.conn.inner {
            Inner::Sqlite(connection) => blocking(|| connection.execute_batch(text))?,
            Inner::Postgres(connection) => connection.batch(text).await?,
        }
        self.conn.failed = failed;
        Ok(())
    }

    /// Makes the changes last. Fails with [`Error::Aborted`] if a statement of the transaction had failed, even if that
    /// was handled: `PostgreSQL` would answer with a rollback that looks like success, and `SQLite` would commit the
    /// rest.
    pub async fn commit(self) -> Result<(), Error> {
        if self.conn.failed {
            return Err(Error::Aborted);
        }
        match self.conn.inner {
            Inner::Sqlite(SqliteConn::Writer(transaction)) => transaction.commit(),
            Inner::Sqlite(SqliteConn::Reader(_)) => Err(Error::other("a reader has nothing to commit")),
            Inner::Postgres(connection) => connection.commit().await,
        }
    }
}
