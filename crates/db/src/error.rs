//! What can go wrong, told in the same words for both engines.

use std::error::Error as StdError;

use deadpool_postgres::PoolError;
use rusqlite::{ErrorCode, ffi};
use tokio_postgres::error::{DbError, SqlState};

/// Why a statement, a transaction or a migration failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A row with these values is there already. `SQLite` names the columns, or the index if it is one on an
    /// expression; `PostgreSQL` names both.
    #[error("{}", unique_message(table, columns, index.as_deref()))]
    Unique { table: String, columns: Vec<String>, index: Option<String> },
    /// The row refers to one that isn't there, or is referred to.
    #[error("foreign key violation")]
    ForeignKey,
    /// A `check` with this name says no.
    #[error("check {name} violated")]
    Check { name: String },
    /// A column must have a value.
    #[error("column {column} must not be null")]
    NotNull { column: String },
    /// Another transaction was in the way; nothing was changed. The whole transaction may succeed when it is run again.
    #[error("the database is busy")]
    Busy(#[source] Option<Box<dyn StdError + Send + Sync>>),
    /// The statement took longer than one may; nothing was changed.
    #[error("the statement took too long")]
    TooSlow(#[source] Box<dyn StdError + Send + Sync>),
    /// The database takes no changes: a standby, or a file that may only be read.
    #[error("the database can only be read")]
    ReadOnly(#[source] Box<dyn StdError + Send + Sync>),
    /// The disk that the database lies on is full; nothing was changed. What is there can still be read.
    #[error("the database's disk is full")]
    Full(#[source] Box<dyn StdError + Send + Sync>),
    /// The database can't be reached. Whether a commit that failed with this took place is unknown.
    #[error("the database can't be reached")]
    Gone(#[source] Box<dyn StdError + Send + Sync>),
    /// The URL of the database is none, or says what isn't understood.
    #[error("{0}")]
    Address(String),
    /// There is no such row.
    #[error("no row found")]
    NoRow,
    /// There is more than one row where at most one was expected.
    #[error("more than one row found")]
    ManyRows,
    /// A statement of the transaction failed or was cancelled before, so it was rolled back instead of being committed.
    #[error("a statement of the transaction had failed, so nothing was committed")]
    Aborted,
    /// A column doesn't hold what the program expected.
    #[error("column {column} can't be read")]
    Decode { column: String, source: Box<dyn StdError + Send + Sync> },
    /// The database's migrations and the program's don't go together.
    #[error("{0}")]
    Migration(String),
    /// Anything else, with its cause.
    #[error("the database failed")]
    Other(#[source] Box<dyn StdError + Send + Sync>),
}

impl Error {
    /// Whether running the whole transaction again may succeed.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Busy(_))
    }

    /// Whether this is a unique violation on exactly these columns of the table.
    pub fn is_unique(&self, on_table: &str, on_columns: &[&str]) -> bool {
        matches!(self, Self::Unique { table, columns, .. } if table == on_table && columns == on_columns)
    }

    /// The same with a cause that says more, if it is one of those that keep a database from being opened.
    pub(crate) fn explained(
        self,
        explain: impl FnOnce(Box<dyn StdError + Send + Sync>) -> Box<dyn StdError + Send + Sync>,
    ) -> Self {
        match self {
            Self::Gone(cause) => Self::Gone(explain(cause)),
            Self::Other(cause) => Self::Other(explain(cause)),
            error => error,
        }
    }

    pub(crate) fn other(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Other(error.into())
    }
}

fn unique_message(table: &str, columns: &[String], index: Option<&str>) -> String {
    let columns = columns.join(", ");
    match index {
        Some(index) => format!("unique violation of {index} on {table} ({columns})"),
        None => format!("unique violation on {table} ({columns})"),
    }
}

impl From<rusqlite::Error> for Error {
    fn from(error: rusqlite::Error) -> Self {
        let rusqlite::Error::SqliteFailure(failure, message) = &error else {
            return Self::other(error);
        };
        let message = message.as_deref().unwrap_or_default();
        // "UNIQUE constraint failed: sites.parent_id, sites.name"
        let subject = message.split_once(": ").map_or("", |(_, subject)| subject);
        match failure.extended_code {
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID => {
                sqlite_unique(subject)
            }
            ffi::SQLITE_CONSTRAINT_FOREIGNKEY => Self::ForeignKey,
            ffi::SQLITE_CONSTRAINT_CHECK => Self::Check { name: subject.to_owned() },
            ffi::SQLITE_CONSTRAINT_NOTNULL => Self::NotNull { column: last_part(subject).to_owned() },
            _ => match failure.code {
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy(Some(error.into())),
                ErrorCode::ReadOnly => Self::ReadOnly(error.into()),
                ErrorCode::DiskFull => Self::Full(error.into()),
                ErrorCode::OperationInterrupted => Self::TooSlow(error.into()),
                ErrorCode::CannotOpen => Self::Gone(error.into()),
                _ => Self::other(error),
            },
        }
    }
}

fn last_part(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, column)| column)
}

fn sqlite_unique(subject: &str) -> Error {
    // "index 'sites_name'" stands there for an index on an expression.
    if let Some(index) = subject.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        return Error::Unique { table: String::new(), columns: Vec::new(), index: Some(index.to_owned()) };
    }
    let table = subject.split_once('.').map_or("", |(table, _)| table).to_owned();
    let columns = subject.split(", ").map(|column| last_part(column).to_owned()).collect();
    Error::Unique { table, columns, index: None }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Self {
        let Some(cause) = error.as_db_error() else {
            let source = error.source();
            let lost = error.is_closed() || source.is_some_and(<dyn StdError>::is::<std::io::Error>);
            return if lost { Self::Gone(error.into()) } else { Self::other(error) };
        };
        let constraint = || cause.constraint().unwrap_or_default().to_owned();
        let code = cause.code();
        if *code == SqlState::UNIQUE_VIOLATION {
            postgres_unique(cause)
        } else if *code == SqlState::FOREIGN_KEY_VIOLATION {
            Self::ForeignKey
        } else if *code == SqlState::CHECK_VIOLATION {
            Self::Check { name: constraint() }
        } else if *code == SqlState::NOT_NULL_VIOLATION {
            Self::NotNull { column: cause.column().unwrap_or_default().to_owned() }
        } else if BUSY.contains(code) {
            Self::Busy(Some(error.into()))
        } else if *code == SqlState::QUERY_CANCELED {
            Self::TooSlow(error.into())
        } else if *code == SqlState::READ_ONLY_SQL_TRANSACTION {
            Self::ReadOnly(error.into())
        } else if *code == SqlState::DISK_FULL {
            Self::Full(error.into())
        } else if GONE.contains(code) || code.code().starts_with("08") {
            Self::Gone(error.into())
        } else {
            Self::other(error)
        }
    }
}

const BUSY: [SqlState; 3] =
    [SqlState::T_R_SERIALIZATION_FAILURE, SqlState::T_R_DEADLOCK_DETECTED, SqlState::LOCK_NOT_AVAILABLE];

const GONE: [SqlState; 5] = [
    SqlState::IDLE_IN_TRANSACTION_SESSION_TIMEOUT,
    SqlState::ADMIN_SHUTDOWN,
    SqlState::CRASH_SHUTDOWN,
    SqlState::CANNOT_CONNECT_NOW,
    SqlState::TOO_MANY_CONNECTIONS,
];

fn postgres_unique(cause: &DbError) -> Error {
    // "Key (parent_id, name)=(a, b) already exists." in whatever language the server speaks.
    let columns = cause.detail().and_then(|detail| {
        let (_, rest) = detail.split_once('(')?;
        let (columns, _) = rest.split_once(")=(")?;
        Some(columns.split(", ").map(|column| column.trim_matches('"').to_owned()).collect())
    });
    Error::Unique {
        table: cause.table().unwrap_or_default().to_owned(),
        columns: columns.unwrap_or_default(),
        index: cause.constraint().map(str::to_owned),
    }
}

impl From<PoolError> for Error {
    fn from(error: PoolError) -> Self {
        match error {
            PoolError::Backend(error) => match Self::from(error) {
                // A connection that can't be made is a database that isn't there, whatever the reason.
                Self::Other(error) => Self::Gone(error),
                error => error,
            },
            PoolError::Timeout(deadpool_postgres::TimeoutType::Wait) => Self::Busy(Some(error.into())),
            error => Self::Gone(error.into()),
        }
    }
}
