//! One SQL text on `SQLite` and `PostgreSQL`.
//!
//! Here belongs whatever is needed to run a statement on either engine and nothing that knows what the statements are
//! about: [`Sql`] and [`sql!`] build them, [`Record`] and [`record!`] read rows and write them, [`Conn`] reads, [`Tx`] writes,
//! [`Migrations`] lay out the tables, `test::fresh` gives every test a database of its own.
//!
//! ```
//! # async fn example(database: &db::Database, id: &str) -> Result<(), db::Error> {
//! db::record! {
//!     pub struct Site {
//!         pub id: String,
//!         pub name: String,
//!         pub version: i64,
//!     }
//! }
//!
//! let mut tx = database.begin().await?;
//! let site: Site = tx.one(db::sql!["select ", db::columns::<Site>(), " from sites where id = ", id]).await?;
//! tx.exec(db::sql!["update sites set version = ", site.version + 1, " where id = ", id]).await?;
//! tx.commit().await?;
//! # Ok(())
//! # }
//! ```
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod address;
mod database;
mod error;
mod migrate;
mod postgres;
mod record;
mod sql;
mod sqlite;
mod value;

#[cfg(any(test, feature = "test"))]
pub mod test;
#[cfg(test)]
mod tests;

pub use database::{Conn, Database, Engine, Tx};
pub use error::Error;
pub use migrate::{Function, Migration, Migrations};
#[doc(hidden)]
pub use record::Itself;
pub use record::{Cell, Column, Fields, Kept, Record, Row, Stored, Text, columns, columns_of};
#[doc(hidden)]
pub use sql::Literal;
pub use sql::{AT_ONCE, Assignments, List, Part, Raw, Rows, Sql, list};
pub use value::Value;

/// How long a statement may run, its wait for locks included, unless the URL's `options` or [`Conn::bound`] say
/// otherwise.
const STATEMENT_LIMIT: std::time::Duration = std::time::Duration::from_secs(20);
