//! Reads backups in restic's format, and never writes: no lock, no cache, nothing. It knows neither SQL nor HTTP. What it is
//! asked for is done in steps, each of which blocks for a bounded time and holds a bounded piece of memory, so that whoever
//! calls decides where and when the next one is taken.
//!
//! A repository belongs to a customer, who may have written anything into it: what is read is taken for hostile until its
//! seal was checked, and for large until it was measured.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod archive;
mod directory;
mod index;
mod key;
mod repository;
mod search;
mod snapshot;
mod tree;

pub use archive::{Archive, Format, Selected, Sent};
pub use directory::Directory;
pub use repository::{File, Place, Repository, Slice};
pub use search::{Found, Search};
pub use snapshot::{Snapshot, Summary};
pub use tree::{Kind, Node, Tree, shown};

use std::fmt;

use data_encoding::HEXLOWER;

/// The SHA-256 by which restic calls a file, a blob or a tree.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id([u8; 32]);

impl Id {
    /// Reads restic's way to write one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        if text.len() != 64 || HEXLOWER.decode_mut(text.as_bytes(), &mut bytes).is_err() {
            return None;
        }
        Some(Self(bytes))
    }

    fn bytes(self) -> [u8; 32] {
        self.0
    }

    fn of(bytes: &[u8]) -> Self {
        use sha2::Digest as _;
        Self(sha2::Sha256::digest(bytes).into())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

impl<'de> serde::Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("no id"))
    }
}

/// Why something could not be read.
#[derive(Debug)]
pub enum Error {
    /// The password opens none of the repository's keys.
    WrongPassword,
    /// There is no repository, or it has no keys.
    NoRepository,
    /// What was asked for is not in it.
    NotFound,
    /// Not what it would have to be for this: a folder where a file is wanted.
    WrongKind,
    /// A file of the repository is gone since its index was read: something has pruned it.
    Gone(String),
    /// It is not what was stored.
    Damaged(String),
    /// More than is done in one go.
    TooLarge(&'static str),
    /// The key was forgotten.
    Forgotten,
    /// The disk did not give it.
    Disk(std::io::Error),
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::WrongPassword => f.write_str("the password opens no key"),
            Self::NoRepository => f.write_str("there is no repository"),
            Self::NotFound => f.write_str("there is no such thing in it"),
            Self::WrongKind => f.write_str("it is of another kind"),
            Self::Gone(what) => write!(f, "{what} is gone"),
            Self::Damaged(what) => write!(f, "{what} is damaged"),
            Self::TooLarge(what) => write!(f, "{what} is too large"),
            Self::Forgotten => f.write_str("the key was forgotten"),
            Self::Disk(error) => write!(f, "the disk did not give it: {error}"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Disk(error) => Some(error),
            _ => None,
        }
    }
}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Self {
        Self::Disk(error)
    }
}

impl From<rustix::io::Errno> for Error {
    fn from(error: rustix::io::Errno) -> Self {
        Self::Disk(error.into())
    }
}

fn damaged(what: impl fmt::Display) -> Error {
    Error::Damaged(what.to_string())
}
