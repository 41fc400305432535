//! Snapshots: what was backed up, when and on which machine.

use jiff::Timestamp;
use serde::Deserialize;

use crate::{Error, Id};

/// A snapshot, as far as it is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub id: Id,
    pub time: Timestamp,
    pub host: String,
    pub username: String,
    pub paths: Vec<String>,
    pub tags: Vec<String>,
    /// What the client has counted, where it has.
    pub summary: Option<Summary>,
    pub(crate) tree: Id,
}

/// What was looked at for a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
pub struct Summary {
    #[serde(rename = "total_files_processed")]
    pub files: u64,
    #[serde(rename = "total_bytes_processed")]
    pub bytes: u64,
    /// What it has added to the repository.
    #[serde(rename = "data_added", default)]
    pub added_bytes: u64,
}

#[derive(Deserialize)]
struct SnapshotFile {
    time: String,
    tree: Id,
    #[serde(default)]
    hostname: String,
    #[serde(default)]
    username: String,
    #[serde(default)]
    paths: Option<Vec<String>>,
    #[serde(default)]
    tags: Option<Vec<String>>,
    #[serde(default)]
    summary: Option<serde_json::Value>,
}

impl Snapshot {
    pub(crate) fn read(id: Id, text: &[u8]) -> Result<Self, Error> {
        let wrong = || Error::Damaged(format!("the snapshot {id}"));
        let file: SnapshotFile = serde_json::from_slice(text).map_err(|_| wrong())?;
        // rustic adds the zone in brackets.
        let time = file.time.split('[').next().unwrap_or_default();
        Ok(Self {
            id,
            time: time.parse().map_err(|_| wrong())?,
            host: file.hostname,
            username: file.username,
            paths: file.paths.unwrap_or_default(),
            tags: file.tags.unwrap_or_default(),
            summary: file.summary.and_then(|summary| serde_json::from_value(summary).ok()),
            tree: file.tree,
        })
    }
}
