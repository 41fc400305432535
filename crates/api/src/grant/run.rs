//! What the gateway has seen one client do.

use jiff::Timestamp;

use crate::id::DeviceId;
use crate::job::{JobKind, JobOutcome};

/// A run of a client, as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    pub device: DeviceId,
    pub kind: JobKind,
    /// As it would be if it ended now.
    pub outcome: JobOutcome,
    pub began: Timestamp,
    /// When it moved last.
    pub moved: Timestamp,
    pub received_bytes: u64,
    pub sent_bytes: u64,
    pub snapshots: u32,
    pub removed_files: u64,
    pub removed_bytes: u64,
    /// Code and sentence.
    pub refusal: Option<(String, String)>,
    pub address: Option<String>,
}
