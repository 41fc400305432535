//! The address of a database, and in words why there is none at it. No text from here holds the URL's password.

use std::error::Error as StdError;
use std::fmt;
use std::io;

use deadpool_postgres::{PoolError, TimeoutType};
use tokio_postgres::Config;
use tokio_postgres::config::Host;
use tokio_postgres::error::{DbError, SqlState};

use crate::{Error, postgres};

/// Which engine an address leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Address<'a> {
    /// The path of a file.
    Sqlite(&'a str),
    /// The whole URL.
    Postgres(&'a str),
}

impl<'a> Address<'a> {
    pub(crate) fn of(url: &'a str) -> Result<Self, Error> {
        let url = url.trim();
        if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            return Ok(Self::Postgres(url));
        }
        if let Some(path) = url.strip_prefix("sqlite://").or_else(|| url.strip_prefix("sqlite:")) {
            return Ok(Self::Sqlite(path));
        }
        // A file may have such a name, but then somebody else has to say that it is one.
        let scheme = url.split_once(':').map(|(scheme, _)| scheme).filter(|scheme| {
            scheme.starts_with(|first: char| first.is_ascii_alphabetic())
                && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
        });
        match scheme {
            // What reads like the parameters of a connection, or like a URL with a slip of the finger.
            None if url.starts_with("postgres") && url.contains("//") || is_parameters(url) => {
                Err(Error::Address("the URL of a PostgreSQL server begins with postgres://".to_owned()))
            }
            None => Ok(Self::Sqlite(url)),
            Some("postgres" | "postgresql") => {
                Err(Error::Address("the URL of a PostgreSQL server begins with postgres://".to_owned()))
            }
            Some(scheme) => Err(Error::Address(format!(
                "\"{scheme}:\" is no database that is known here: give a path, also as sqlite:PATH, or postgres://…"
            ))),
        }
    }

    /// Looks at all that can be known without connecting.
    pub(crate) fn check(self) -> Result<(), Error> {
        match self {
            Self::Sqlite("" | ":memory:") => Err(Error::Address("SQLite needs a file".to_owned())),
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(url) => postgres::check_url(url),
        }
    }
}

/// `host=db dbname=tenantry`
fn is_parameters(text: &str) -> bool {
    let name = text.split_once('=').map(|(name, _)| name.trim());
    name.is_some_and(|name| ["host", "hostaddr", "port", "user", "password", "dbname", "sslmode"].contains(&name))
}

/// Whom a URL leads to.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    /// `db.example.com:5432`, or several of them.
    places: String,
    user: String,
    database: String,
}

impl Server {
    /// Fails if the URL names no host.
    pub(crate) fn of(config: &Config) -> Result<Self, Error> {
        let ports = config.get_ports();
        let port = |at: usize| ports.get(at).or(ports.first()).copied().unwrap_or(5432);
        let places = config.get_hosts().iter().enumerate().map(|(at, host)| match host {
            Host::Tcp(name) if name.contains(':') => format!("[{name}]:{}", port(at)),
            Host::Tcp(name) => format!("{name}:{}", port(at)),
            Host::Unix(directory) => directory.display().to_string(),
        });
        let places: Vec<String> = places.collect();
        if places.is_empty() {
            return Err(Error::Address("the URL of the PostgreSQL server names no host".to_owned()));
        }
        let user = config.get_user().unwrap_or("(the account that runs this)").to_owned();
        let database = config.get_dbname().unwrap_or(&user).to_owned();
        Ok(Self { places: places.join(", "), user, database })
    }

    /// What is wrong, for whoever has just started the program.
    pub(crate) fn explain(&self, error: Box<dyn StdError + Send + Sync>) -> Box<dyn StdError + Send + Sync> {
        let Self { places, user, database } = self;
        let reason = match Cause::of(&*error) {
            Cause::NoDatabase => format!("there is no database \"{database}\""),
            Cause::NotLetIn => format!("the server does not let user \"{user}\" in: wrong password, or no right to"),
            Cause::NoPassword => format!("the server wants a password for user \"{user}\", and the URL has none"),
            Cause::Refused => "nobody listens there (connection refused)".to_owned(),
            Cause::NoSuchName => "the host's name cannot be resolved".to_owned(),
            Cause::NoAnswer => "there is no answer".to_owned(),
            Cause::Said(text) => text,
        };
        Box::new(Explained { text: format!("PostgreSQL at {places}: {reason}"), source: error })
    }
}

/// The file that can't be opened, and why.
pub(crate) fn explain_file(path: &str, error: Box<dyn StdError + Send + Sync>) -> Box<dyn StdError + Send + Sync> {
    Box::new(Explained { text: format!("the file {path}: {error}"), source: error })
}

enum Cause {
    NoDatabase,
    NotLetIn,
    NoPassword,
    Refused,
    NoSuchName,
    NoAnswer,
    Said(String),
}

impl Cause {
    fn of(error: &(dyn StdError + 'static)) -> Self {
        let (mut next, mut innermost) = (Some(error), error);
        while let Some(cause) = next {
            if let Some(cause) = Self::of_one(cause) {
                return cause;
            }
            (next, innermost) = (cause.source(), cause);
        }
        Self::Said(innermost.to_string())
    }

    fn of_one(error: &(dyn StdError + 'static)) -> Option<Self> {
        if let Some(PoolError::Timeout(TimeoutType::Create | TimeoutType::Wait)) = error.downcast_ref() {
            return Some(Self::NoAnswer);
        }
        if let Some(said) = error.downcast_ref::<DbError>() {
            let code = said.code();
            return Some(if *code == SqlState::INVALID_CATALOG_NAME {
                Self::NoDatabase
            } else if *code == SqlState::INVALID_PASSWORD || *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
                Self::NotLetIn
            } else {
                Self::Said(said.message().to_owned())
            });
        }
        if let Some(failed) = error.downcast_ref::<io::Error>() {
            return match failed.kind() {
                io::ErrorKind::ConnectionRefused => Some(Self::Refused),
                io::ErrorKind::TimedOut => Some(Self::NoAnswer),
                // The standard library has no kind for it.
                _ if failed.to_string().contains("failed to lookup address") => Some(Self::NoSuchName),
                _ => None,
            };
        }
        (error.to_string() == "password missing").then_some(Self::NoPassword)
    }
}

#[derive(Debug)]
struct Explained {
    text: String,
    source: Box<dyn StdError + Send + Sync>,
}

impl fmt::Display for Explained {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl StdError for Explained {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
