//! A database of its own for every test, copied from one that was migrated once: laying out all tables takes longer than
//! most tests do.

use std::collections::HashMap;
use std::env;
use std::hash::{BuildHasher, RandomState};
use std::ops::Deref;
use std::thread;

use tempfile::TempDir;
use tokio::sync::Mutex;
use tokio_postgres::{Client, Config, NoTls};

use crate::{Database, Engine, Error, Migrations};

/// The environment variable that holds the URL of a `PostgreSQL` server on which tests may create databases. Tests use
/// `SQLite` without it.
pub const POSTGRES: &str = "TENANTRY_TEST_POSTGRES";

/// Connections per test, of which many run at once.
const POOL_SIZE: usize = 8;

/// Held while this process or another lays out the tables of a template; any number that nothing else is likely to take.
const TEMPLATE_LOCK: &str = "select pg_advisory_lock(5116089176692880468)";

/// The `SQLite` files to copy, by the digest of their migrations.
static FILES: Mutex<Option<HashMap<String, Vec<u8>>>> = Mutex::const_new(None);

/// A database that goes away with this value, or with [`Fresh::finish`].
#[derive(Debug)]
pub struct Fresh {
    database: Database,
    url: String,
    home: Option<Home>,
}

#[derive(Debug)]
enum Home {
    Directory(TempDir),
    Server { url: String, name: String },
}

impl Deref for Fresh {
    type Target = Database;

    fn deref(&self) -> &Database {
        &self.database
    }
}

/// A new, migrated database on the engine that the environment names.
pub async fn fresh(migrations: &Migrations) -> Result<Fresh, Error> {
    let Some(server) = postgres_server() else { return fresh_file(migrations).await };
    let (name, template) = (unused_name(), template(&server, migrations).await?);
    administrate(&server, &format!("create database {name} template {template}")).await?;
    let url = on_database(&server, &name);
    opened(url, Home::Server { url: server, name }, migrations).await
}

async fn fresh_file(migrations: &Migrations) -> Result<Fresh, Error> {
    let directory = tempfile::tempdir().map_err(Error::other)?;
    let file = directory.path().join("test.db");
    std::fs::write(&file, tables(migrations).await?).map_err(Error::other)?;
    opened(file.display().to_string(), Home::Directory(directory), migrations).await
}

/// The name of the server's database of which those of tests are copies.
async fn template(server: &str, migrations: &Migrations) -> Result<String, Error> {
    let name = format!("template_{}", &migrations.digest(Engine::Postgres)?[..16]);
    let exists = format!("select 1 from pg_database where datname = '{name}'");
    let (client, connection) = connect(server).await?;
    if client.query_opt(&exists, &[]).await?.is_none() {
        client.batch_execute(TEMPLATE_LOCK).await?;
        if client.query_opt(&exists, &[]).await?.is_none() {
            // It gets its name when it is whole.
            let fresh = fresh_on(Engine::Postgres, server, migrations).await?;
            let Some(Home::Server { name: made, .. }) = &fresh.home else { return Err(Error::NoRow) };
            let kick_off = format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{made}'");
            client.batch_execute(&kick_off).await?;
            client.batch_execute(&format!("alter database {made} rename to {name}")).await?;
        }
    }
    drop(client);
    connection.await.map_err(Error::other)??;
    Ok(name)
}

/// A migrated `SQLite` file.
async fn tables(migrations: &Migrations) -> Result<Vec<u8>, Error> {
    let digest = migrations.digest(Engine::Sqlite)?;
    let mut files = FILES.lock().await;
    let files = files.get_or_insert_default();
    if let Some(file) = files.get(&digest) {
        return Ok(file.clone());
    }
    let fresh = fresh_on(Engine::Sqlite, "", migrations).await?;
    let connection = rusqlite::Connection::open(fresh.url()).map_err(Error::other)?;
    connection.query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(())).map_err(Error::other)?;
    let file = std::fs::read(fresh.url()).map_err(Error::other)?;
    files.insert(digest, file.clone());
    Ok(file)
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but their environment")]
pub(crate) fn postgres_server() -> Option<String> {
    env::var(POSTGRES).ok()
}

/// A new database on this engine, migrated now; `server` is the URL of the `PostgreSQL` server.
pub(crate) async fn fresh_on(engine: Engine, server: &str, migrations: &Migrations) -> Result<Fresh, Error> {
    let (home, url) = match engine {
        Engine::Sqlite => {
            let directory = tempfile::tempdir().map_err(Error::other)?;
            let url = directory.path().join("test.db").display().to_string();
            (Home::Directory(directory), url)
        }
        Engine::Postgres => {
            let name = unused_name();
            administrate(server, &format!("create database {name}")).await?;
            let url = on_database(server, &name);
            (Home::Server { url: server.to_owned(), name }, url)
        }
    };
    let fresh = opened(url, home, migrations).await?;
    fresh.migrate(migrations).await?;
    Ok(fresh)
}

async fn opened(url: String, home: Home, migrations: &Migrations) -> Result<Fresh, Error> {
    let database = Database::open(&url, migrations).await?;
    Ok(Fresh { database, url, home: Some(home) })
}

/// Hash keys are seeded from the system's randomness, which is all that a name needs.
fn unused_name() -> String {
    format!("test_{:016x}", RandomState::new().hash_one(std::process::id()))
}

impl Fresh {
    /// What another [`Database::open`] takes to get to the same database.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Removes the database and says whether that worked; the way to go at the end of a test, where dropping it would
    /// block the runtime for a moment.
    pub async fn finish(mut self) -> Result<(), Error> {
        match self.home.take() {
            None => Ok(()),
            Some(Home::Directory(directory)) => directory.close().map_err(Error::other),
            Some(Home::Server { url, name }) => drop_database(&url, &name).await,
        }
    }
}

impl Drop for Fresh {
    fn drop(&mut self) {
        let Some(Home::Server { url, name }) = self.home.take() else { return };
        // The test's runtime can't be waited for from here, so this takes a thread and a runtime of its own. There is
        // nobody left whom a failure would tell anything; the database's name says that it is left over from a test.
        let removal = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::other)?;
            runtime.block_on(drop_database(&url, &name))
        });
        let _ = removal.join();
    }
}

async fn drop_database(server: &str, name: &str) -> Result<(), Error> {
    administrate(server, &format!("drop database if exists {name} with (force)")).await
}

async fn administrate(server: &str, statement: &str) -> Result<(), Error> {
    let (client, connection) = connect(server).await?;
    client.batch_execute(statement).await?;
    drop(client);
    connection.await.map_err(Error::other)?.map_err(Error::from)
}

type Connection = tokio::task::JoinHandle<Result<(), tokio_postgres::Error>>;

async fn connect(server: &str) -> Result<(Client, Connection), Error> {
    let config: Config = server.parse().map_err(Error::other)?;
    let (client, connection) = config.connect(NoTls).await?;
    Ok((client, tokio::spawn(connection)))
}

/// The server's URL with another database, and a small pool.
fn on_database(server: &str, name: &str) -> String {
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    format!("{}/{name}?{query}&pool_size={POOL_SIZE}", &address[..end])
}
