//! Versions of resources, and the one that a change is based on.

use api::{Code, Error};

/// The version that an update is based on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IfMatch {
    Any,
    Version(i64),
}

impl IfMatch {
    /// The same for an action, which may come without a version.
    pub fn check_if_given(expected: Option<Self>, version: i64) -> Result<(), Error> {
        expected.map_or(Ok(()), |expected| expected.check(version))
    }

    /// Refuses a version that is not the present one.
    pub fn check(self, version: i64) -> Result<(), Error> {
        if self == Self::Any || self == Self::Version(version) {
            return Ok(());
        }
        Err(Error::new(Code::VersionStale, format!("It was changed since; the present version is {version}.")))
    }
}

/// Another command was faster.
pub fn stale() -> Error {
    Error::new(Code::VersionStale, "It was changed at the same moment. Read it again and decide anew.")
}
