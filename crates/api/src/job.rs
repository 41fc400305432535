//! Jobs: what clients did, recognised from what passed the gateway, without an agent.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;

use crate::id::{CustomerId, DeviceId, JobId};
use crate::units::Time;

/// What a client was about, by what it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[derive(AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum JobKind {
    /// It sent what is to be kept.
    Backup,
    /// It read what was kept, and changed nothing; a check that reads the data is one, too.
    Restore,
    /// It removed what was kept, and may have packed the rest anew.
    Delete,
}

/// How a job ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[derive(AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum JobOutcome {
    /// A backup: its snapshot arrived. Others: nothing was refused.
    Completed,
    /// Something was refused, for the reason in `code`, and a backup didn't arrive.
    Refused,
    /// It went away before its snapshot arrived.
    Unfinished,
}

/// Whether a job goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum JobState {
    Running,
    Ended,
}

/// What one client did in one go. One that has gone without a word has ended after some minutes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Job {
    /// `null` while it runs.
    pub id: Option<JobId>,
    pub device_id: DeviceId,
    pub device_name: String,
    /// The customer or site that the device stands under.
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub state: JobState,
    /// What it looks like so far, while it runs.
    pub kind: JobKind,
    /// `null` while it runs.
    pub outcome: Option<JobOutcome>,
    pub started_at: Time,
    /// When it moved last.
    pub ended_at: Time,
    pub seconds: i64,
    /// Bytes that were stored.
    pub received_bytes: i64,
    /// Bytes that were read.
    pub sent_bytes: i64,
    /// Snapshots that arrived.
    pub snapshots: i64,
    /// Files that were removed, and how many bytes they had.
    pub removed_files: i64,
    pub removed_bytes: i64,
    /// Why something was refused, as in the problem document that the client got.
    pub code: Option<String>,
    /// What the client was told and prints.
    pub sentence: Option<String>,
    /// Where it came from.
    pub address: Option<String>,
}

/// A device's jobs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceJobs {
    /// One that runs first, then the last hundred, the newest first. They are kept for 92 days.
    pub items: Vec<Job>,
}
