//! A database of its own for every test.

use std::env;
use std::hash::{BuildHasher, RandomState};
use std::ops::Deref;
use std::thread;

use tempfile::TempDir;
use tokio_postgres::{Config, NoTls};

use crate::{Database, Engine, Error, Migrations};

/// The environment variable that holds the URL of a `PostgreSQL` server on which tests may create databases. Tests use
/// `SQLite` without it.
pub const POSTGRES: &str = "TENANTRY_TEST_POSTGRES";

/// Connections per test, of which many run at once.
const POOL_SIZE: usize = 8;

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
    match postgres_server() {
        Some(server) => fresh_on(Engine::Postgres, &server, migrations).await,
        None => fresh_on(Engine::Sqlite, "", migrations).await,
    }
}

#[expect(clippy::disallowed_methods, reason = "tests have no configuration but their environment")]
pub(crate) fn postgres_server() -> Option<String> {
    env::var(POSTGRES).ok()
}

/// A new, migrated database on this engine; `server` is the URL of the `PostgreSQL` server.
pub(crate) async fn fresh_on(engine: Engine, server: &str, migrations: &Migrations) -> Result<Fresh, Error> {
    let (home, url) = match engine {
        Engine::Sqlite => {
            let directory = tempfile::tempdir().map_err(Error::other)?;
            let url = directory.path().join("test.db").display().to_string();
            (Home::Directory(directory), url)
        }
        Engine::Postgres => {
            // Hash keys are seeded from the system's randomness, which is all that a name needs.
            let name = format!("test_{:016x}", RandomState::new().hash_one(std::process::id()));
            administrate(server, &format!("create database {name}")).await?;
            let url = on_database(server, &name);
            (Home::Server { url: server.to_owned(), name }, url)
        }
    };
    let database = Database::open(&url, migrations).await?;
    let fresh = Fresh { database, url, home: Some(home) };
    fresh.migrate(migrations).await?;
    Ok(fresh)
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
    let config: Config = server.parse().map_err(Error::other)?;
    let (client, connection) = config.connect(NoTls).await?;
    let connection = tokio::spawn(connection);
    client.batch_execute(statement).await?;
    drop(client);
    connection.await.map_err(Error::other)?.map_err(Error::from)
}

/// The server's URL with another database, and a small pool.
fn on_database(server: &str, name: &str) -> String {
    let (address, query) = server.split_once('?').unwrap_or((server, ""));
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address[host..].find('/').map_or(address.len(), |at| host + at);
    format!("{}/{name}?{query}&pool_size={POOL_SIZE}", &address[..end])
}
