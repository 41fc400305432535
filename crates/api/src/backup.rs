//! What is known of a device's backups: how they stand and why none came, what the gateway refused, and how the last
//! nights were.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, VariantNames};
use utoipa::{IntoParams, ToSchema};

use crate::id::{CustomerId, DeviceId};
use crate::units::Time;

/// How backups stand, the first that is true.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum BackupCode {
    /// A suspension stops them.
    Suspended,
    /// The device waits to be approved.
    PendingApproval,
    /// The device was released, or is to be deleted with its backups.
    GivenUp,
    /// Customers: no device has registered.
    NoDevice,
    /// The gateway refused the last try, after the last backup.
    Refused,
    /// The last try was made with a wrong password.
    WrongPassword,
    /// The device has registered and has not signed in since.
    NeverConnected,
    /// No backup has arrived yet; of a customer: from some device.
    NeverBackedUp,
    /// No backup has arrived for more than two days; of a customer: from some device.
    Silent,
    /// The last backup is less than two days old.
    Well,
}

/// How the backups of a device or a customer stand, and why none came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupState {
    pub code: BackupCode,
    /// The same in a sentence.
    pub detail: String,
    /// Whether somebody should do something about it: a machine that has registered within the last day is only new.
    pub needs_attention: bool,
    /// Since when it is so; `null` where that is not known, or not the caller's to know.
    pub since: Option<Time>,
    /// The customer whose suspension holds; `null` where it lies above what the caller may see.
    pub cause: Option<CustomerId>,
    pub cause_name: Option<String>,
    /// Who suspended it, as the change log names them; `null` for callers who may not know.
    pub suspended_by: Option<String>,
    /// What the refused client was told.
    pub sentence: Option<String>,
    /// Customers: the device that was refused last.
    pub device_id: Option<DeviceId>,
    /// Customers: how many devices it concerns.
    pub devices: Option<i64>,
    /// The action that would help, named as among `actions`: `activate`, at the cause, or at the device where
    /// that is suspended itself; `restore`, where the cause is to be deleted; `approve`; `add_device`; `issue_credentials`.
    pub action: Option<String>,
}

/// What a client was about when it was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RefusedOperation {
    /// The user name was right and the password wrong.
    SignIn,
    Read,
    Upload,
    Delete,
}

/// Something that the gateway refused a device. Equal refusals less than 36 hours apart are one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Refusal {
    pub first_at: Time,
    pub last_at: Time,
    /// How often it was tried. What is refused within a minute of the last is the same try: clients send several requests
    /// at once, and some of them again.
    pub count: u32,
    /// Requests that were refused in all.
    pub requests: u64,
    pub operation: RefusedOperation,
    /// As in the problem document that the client got.
    pub code: String,
    /// What the client was told and prints.
    pub sentence: String,
    /// Where the last of these requests came from.
    pub address: Option<String>,
}

/// How a day was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DayOutcome {
    /// At least one backup was completed.
    Done,
    /// None was, and something was refused.
    Refused,
    /// Neither.
    Nothing,
    /// The device was registered later.
    Absent,
    /// This was not recorded yet.
    Unknown,
}

/// A day of a device, in UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct BackupDay {
    /// `YYYY-MM-DD`.
    pub day: String,
    pub outcome: DayOutcome,
    /// Backups that were completed.
    pub backups: u32,
    /// Bytes by which they made the repository grow; less than nothing where more was deleted between them.
    pub added_bytes: i64,
    /// Tries that were refused.
    pub refusals: u32,
}

/// A backup that was completed: its snapshot arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Backup {
    pub at: Time,
    /// Bytes by which the repository has grown since the backup before it; less than nothing where more was deleted in
    /// between, `null` where the one before is not known.
    pub added_bytes: Option<i64>,
}

/// What is known of a device's last days. It is stored within seconds of what happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceHistory {
    /// Every day up to today, the oldest first.
    pub days: Vec<BackupDay>,
    /// The last twenty, the newest first.
    pub backups: Vec<Backup>,
    /// The last twenty, the newest first.
    pub refusals: Vec<Refusal>,
}

/// How far back.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HistoryQuery {
    /// How many days, today among them.
    #[param(minimum = 1, maximum = 60, default = 14)]
    pub days: Option<u32>,
}
