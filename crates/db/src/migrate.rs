//! Laying out the tables, and changing them from one version of a program to the next.
//!
//! All migrations that are missing run in one transaction under a lock: several processes that start at once take
//! turns, and an upgrade that fails leaves the database to the program that knew it before.

use std::fmt::Write;

use sha2::{Digest, Sha256};

use crate::database::{Backend, Inner};
use crate::sqlite::{SqliteConn, SqliteTx};
use crate::{Conn, Database, Engine, Error, Tx, record, sql};

/// Stands in a migration for the type of keys and other texts that are sorted by their bytes. `PostgreSQL` would sort
/// them by the database's language otherwise.
const ID_TEXT: &str = "id_text";

/// Stands after a table's columns, where its rows shall lie in the order of their key: one tree instead of two on `SQLite`.
const BY_KEY: &str = "by_key";

/// Any number that no other user of the server's advisory locks is likely to take.
const LOCK: &str = "select pg_advisory_xact_lock(7308332045823042156)";

const TABLE: &str = "create table if not exists schema_migrations (
    version bigint primary key,
    name text not null,
    checksum text not null,
    applied_at text not null default current_timestamp
)";

/// One step, in a file named `V<n>__<name>.sql`, which never changes once it has been released.
///
/// The text is the same for both engines: `bigint`, `boolean`, `text`, `bytea` (which `SQLite` takes like any name of a
/// type), `id_text`, which becomes `text collate "C"` on `PostgreSQL` and `text` on `SQLite`, and `by_key`, which becomes
/// `without rowid` on `SQLite` and nothing on `PostgreSQL`.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
}

impl Migration {
    pub const fn new(name: &'static str, text: &'static str) -> Self {
        Self { name, sqlite: text, postgres: text }
    }

    /// One whose text can't be the same.
    pub const fn per_engine(name: &'static str, sqlite: &'static str, postgres: &'static str) -> Self {
        Self { name, sqlite, postgres }
    }

    fn text(&self, engine: Engine) -> String {
        let (text, id_text, by_key) = match engine {
            Engine::Sqlite => (self.sqlite, "text", "without rowid"),
            Engine::Postgres => (self.postgres, "text collate \"C\"", ""),
        };
        // A checkout that turns line ends around doesn't change what a migration means.
        let text = replace_word(&text.replace("\r\n", "\n"), ID_TEXT, id_text);
        replace_word(&text, BY_KEY, by_key)
    }

    fn version(&self) -> Result<i64, Error> {
        let version = self.name.strip_prefix('V').and_then(|rest| rest.split_once("__"));
        let version = version.and_then(|(version, name)| version.parse().ok().filter(|_| name.len() > ".sql".len()));
        version.filter(|version| *version > 0).ok_or_else(|| {
            Error::Migration(format!("{} isn't a migration's name, which is like V1__tables.sql", self.name))
        })
    }
}

/// Replaces the word, but not where it is a part of another: `paid_text` stays.
fn replace_word(text: &str, word: &str, with: &str) -> String {
    let belongs = |character: Option<char>| character.is_some_and(|c| c.is_alphanumeric() || c == '_');
    let mut result = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, found) = rest.split_at(at);
        let after = &found[word.len()..];
        let part = belongs(result.chars().chain(before.chars()).next_back()) || belongs(after.chars().next());
        result.push_str(before);
        result.push_str(if part { word } else { with });
        rest = after;
    }
    result.push_str(rest);
    result
}

/// A function of one text that statements call by its name. `SQLite` is given it by the program; on `PostgreSQL` a
/// migration creates one that does the same. Of null it makes null.
#[derive(Clone, Copy, Debug)]
pub struct Function {
    pub(crate) name: &'static str,
    pub(crate) of: fn(&str) -> String,
}

impl Function {
    pub const fn new(name: &'static str, of: fn(&str) -> String) -> Self {
        Self { name, of }
    }
}

/// All migrations of a program, the oldest first, and the functions that its statements count on.
#[derive(Clone, Copy, Debug)]
pub struct Migrations {
    steps: &'static [Migration],
    pub(crate) functions: &'static [Function],
}

impl Migrations {
    pub const fn new(migrations: &'static [Migration]) -> Self {
        Self { steps: migrations, functions: &[] }
    }

    #[must_use]
    pub const fn with(self, functions: &'static [Function]) -> Self {
        Self { functions, ..self }
    }

    /// Tells the tables that these make from those that others make.
    #[cfg(any(test, feature = "test"))]
    pub(crate) fn digest(&self, engine: Engine) -> Result<String, Error> {
        let checksums: String = self.steps(engine)?.into_iter().map(|step| step.checksum).collect();
        Ok(hex(&Sha256::digest(checksums)))
    }

    fn steps(&self, engine: Engine) -> Result<Vec<Step>, Error> {
        let mut steps: Vec<Step> = Vec::new();
        for migration in self.steps {
            let version = migration.version()?;
            if steps.last().is_some_and(|last| last.version >= version) {
                return Err(Error::Migration(format!("{} stands after a later migration", migration.name)));
            }
            let text = migration.text(engine);
            let checksum = hex(&Sha256::digest(&text));
            steps.push(Step { version, name: migration.name, text, checksum });
        }
        Ok(steps)
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

struct Step {
    version: i64,
    name: &'static str,
    text: String,
    checksum: String,
}

record! {
    struct Applied {
        version: i64,
        name: String,
        checksum: String,
    }
}

/// The steps that are missing, if those that have been applied are the first of ours, unchanged.
fn missing(steps: Vec<Step>, applied: &[Applied]) -> Result<Vec<Step>, Error> {
    for (at, applied) in applied.iter().enumerate() {
        let Some(step) = steps.get(at) else {
            return Err(Error::Migration(format!(
                "the database has the migration {}, which this program doesn't know: it was used by a newer one",
                applied.name
            )));
        };
        if step.version != applied.version || step.name != applied.name {
            return Err(Error::Migration(format!(
                "the database has the migration {} where this program has {}",
                applied.name, step.name
            )));
        }
        if step.checksum != applied.checksum {
            return Err(Error::Migration(format!("{} was changed after it had been applied", step.name)));
        }
    }
    Ok(steps.into_iter().skip(applied.len()).collect())
}

impl Database {
    /// Applies the migrations that are missing and returns their names; none if there is nothing to do.
    ///
    /// Fails with [`Error::Migration`] if one has been changed since it was applied, or the database has some that this
    /// program doesn't know. Nothing is changed then, nor if a migration fails.
    pub async fn migrate(&self, migrations: &Migrations) -> Result<Vec<String>, Error> {
        let steps = migrations.steps(self.engine())?;
        let mut tx = self.begin_migration().await?;
        tx.batch(TABLE).await?;
        let applied = applied(&mut tx).await?;
        let mut names = Vec::new();
        for step in missing(steps, &applied)? {
            tracing::info!(migration = step.name, "applying a migration");
            tx.batch(&step.text).await?;
            tx.exec(sql![
                "insert into schema_migrations (version, name, checksum) values (",
                step.version,
                ", ",
                step.name,
                ", ",
                step.checksum,
                ")"
            ])
            .await?;
            names.push(step.name.to_owned());
        }
        if self.engine() == Engine::Sqlite && !names.is_empty() {
            // They weren't looked at while the migrations ran.
            let dangling: i64 = tx.one(sql!["select count(*) from pragma_foreign_key_check"]).await?;
            if dangling > 0 {
                return Err(Error::Migration(format!("the migrations leave {dangling} references to nothing")));
            }
        }
        tx.commit().await?;
        Ok(names)
    }

    /// The names of the migrations that [`Database::migrate`] would apply. Fails as that does.
    pub async fn pending(&self, migrations: &Migrations) -> Result<Vec<String>, Error> {
        let steps = migrations.steps(self.engine())?;
        let mut conn = self.read().await?;
        let exists: i64 = match self.engine() {
            Engine::Sqlite => {
                conn.one(sql!["select count(*) from sqlite_schema where name = 'schema_migrations'"]).await?
            }
            Engine::Postgres => {
                conn.one(sql!["select count(*) where to_regclass('schema_migrations') is not null"]).await?
            }
        };
        let applied = if exists == 0 { Vec::new() } else { applied(&mut conn).await? };
        Ok(missing(steps, &applied)?.iter().map(|step| step.name.to_owned()).collect())
    }

    async fn begin_migration(&self) -> Result<Tx, Error> {
        match &*self.backend {
            Backend::Sqlite(pool) => {
                let transaction = SqliteTx::begin_without_foreign_keys(pool.write().await?)?;
                Ok(Tx::new(Inner::Sqlite(SqliteConn::Writer(transaction))))
            }
            Backend::Postgres(pool) => {
                let mut connection = pool.read().await?;
                // A large table takes as long as it takes.
                connection.begin("begin; set local statement_timeout = 0").await?;
                connection.batch(LOCK).await?;
                Ok(Tx::new(Inner::Postgres(Box::new(connection))))
            }
        }
    }
}

async fn applied(conn: &mut Conn) -> Result<Vec<Applied>, Error> {
    conn.all(sql!["select ", crate::columns::<Applied>(), " from schema_migrations order by version"]).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_word_is_the_placeholder() {
        let text = "id_text, paid_text id_text, id_texts, (id_text)id_text";
        assert_eq!(replace_word(text, ID_TEXT, "T"), "T, paid_text T, id_texts, (T)T");
    }
}
