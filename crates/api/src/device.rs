//! Devices: machines that back up.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, VariantNames};
use utoipa::{IntoParams, ToSchema};

use crate::backup::BackupState;
use crate::customer::{AccountState, Ancestor, Deletion, EffectiveState, FieldlessProblem, Suspension};
use crate::id::{CustomerId, DeviceId, RepositoryId, StorageLocationId};
use crate::setting::{KeepRule, OwnSwitches};
use crate::units::{Action, Secret, Time};
use tree::Mode;

#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    AsRefStr,
    EnumString,
    VariantNames
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DeviceKind {
    #[default]
    Agent,
    Appliance,
    DirectToCloud,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DeviceStatus {
    Authorised,
    /// It has registered where devices are not let in by themselves, and waits to be approved.
    PendingApproval,
    /// It was added by hand and has not registered yet.
    Expected,
    /// It was given up and its place is free again: its credentials open nothing, its backups stay until they are deleted,
    /// and a machine with its fingerprint gets them back by registering.
    Released,
}

/// A device that is added by hand beforehand: it is let in when it registers. A machine is known again by its fingerprint, or
/// by its name where none is given here.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceCreate {
    /// The end customer or site under which it will stand.
    pub customer_id: CustomerId,
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    pub kind: Option<DeviceKind>,
    #[schema(min_length = 1, max_length = 255)]
    pub fingerprint: Option<String>,
    #[schema(max_length = 100)]
    pub os: Option<String>,
}

/// Why and how far a device is suspended.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceSuspend {
    /// For the records of whoever suspends, and of those above.
    #[schema(min_length = 1, max_length = 1000)]
    pub reason: String,
    pub mode: Mode,
}

/// Why a device is given up.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceRelease {
    /// For the records of whoever releases it, and of those above.
    #[schema(min_length = 1, max_length = 1000)]
    pub reason: String,
}

/// What is to become of a device's backups.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DataFate {
    /// They stay, and the device is released.
    Keep,
    /// They go with the device when the hold is over.
    Delete,
}

/// How a device is deleted.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct HowDeviceDeleted {
    /// What becomes of its backups; refused without where there are any.
    #[param(inline)]
    pub data: Option<DataFate>,
    /// Answer with what would happen and change nothing.
    #[serde(default)]
    pub dry_run: bool,
}

/// What comes of a deletion.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeviceGoes {
    /// It is gone at once: it has no backups.
    AtOnce,
    /// It is released, and its backups stay.
    Released,
    /// It goes with its backups when the hold is over, and can be restored until then.
    Scheduled,
}

/// What a deletion did or would do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeviceDeletion {
    pub id: DeviceId,
    pub name: String,
    pub goes: DeviceGoes,
    /// When it goes for good with its backups, where that is scheduled.
    pub due_at: Option<Time>,
    /// Bytes of its backups.
    pub used_bytes: i64,
    /// Why it would be refused, in words; empty if it would not.
    pub blockers: Vec<FieldlessProblem>,
    pub dry_run: bool,
}

/// A machine that introduces itself. The pass key is the credential, or the customer's own username and password are.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceRegister {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pass_key: Option<Secret>,
    /// The customer's, instead of a pass key; with its password. Its web access has to be on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64)]
    pub username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<Secret>,
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    pub kind: Option<DeviceKind>,
    /// What tells this machine from others, unique per end customer.
    #[schema(min_length = 1, max_length = 255)]
    pub fingerprint: Option<String>,
    #[schema(max_length = 100)]
    pub os: Option<String>,
    /// The name of a site of the customer. Without one the device stands where the pass key says, else under the
    /// customer itself.
    #[schema(max_length = 64)]
    pub site: Option<String>,
}

/// What a device says of itself when it backs up. Its own credentials are the proof.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceReport {
    pub device_id: DeviceId,
    /// The device's.
    pub password: Secret,
    /// What it backs up with, and which version: `restic 0.18.0`.
    #[schema(max_length = 100)]
    pub client: Option<String>,
    /// What runs that, and which version.
    #[schema(max_length = 100)]
    pub helper: Option<String>,
    #[schema(max_length = 100)]
    pub os: Option<String>,
    #[schema(max_length = 255)]
    pub host_name: Option<String>,
    /// The new password of the customer's account, of a device that was let in by the former one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_password: Option<Secret>,
}

/// What its customer's settings ask of a device that backs up by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceOrders {
    /// What is left out, beside what the machine itself leaves out.
    pub exclusions: Vec<String>,
    /// What is kept; nothing is forgotten where there is no rule.
    pub retention: Vec<KeepRule>,
    /// Whether it may forget and remove: append-only backups keep everything.
    pub may_delete: bool,
    /// When a backup may begin; `null`: now.
    pub begins_at: Option<Time>,
}

/// All that a stock restic needs. The password is shown this once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct DeviceCredentials {
    pub device_id: DeviceId,
    pub status: DeviceStatus,
    /// `rest:` before it, user name and password in it, and restic takes it.
    pub repository_url: String,
    pub username: String,
    pub password: Secret,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Device {
    pub id: DeviceId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// The end customer or site under which it stands.
    pub customer_id: CustomerId,
    pub customer_name: String,
    /// The end customer's name, of a device that stands at one of its sites.
    pub end_customer_name: Option<String>,
    /// The ids from the top of what the caller may see down to the customer, each followed by a slash.
    pub path: String,
    /// The nodes from the top of what the caller may see down to its customer. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ancestors: Option<Vec<Ancestor>>,
    pub name: String,
    pub kind: DeviceKind,
    pub os: Option<String>,
    pub fingerprint: Option<String>,
    pub status: DeviceStatus,
    pub account_state: AccountState,
    /// Its own suspension.
    pub suspension: Option<Suspension>,
    /// `null`: it stays.
    pub deletion: Option<Deletion>,
    pub effective_state: EffectiveState,
    pub own_settings: OwnSwitches,
    pub repository_id: RepositoryId,
    pub repository_url: String,
    pub storage_location_id: Option<StorageLocationId>,
    /// Bytes of all files of the repository.
    pub used_bytes: i64,
    /// What it has of its own; `null`: it draws on its customer's.
    pub allotted_bytes: Option<i64>,
    pub last_backup_at: Option<Time>,
    /// When the gateway refused it something for the last time.
    pub last_refused_at: Option<Time>,
    /// How its backups stand, and why none came. Not in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup_state: Option<BackupState>,
    /// It was let in by the password of its customer's account instead of a pass key.
    pub by_account: bool,
    /// Since when that is another password; `null` while it is the same, or none. The machine has to be told the new one.
    pub credential_outdated_at: Option<Time>,
    /// What it backs up with, as it says itself.
    pub client: Option<String>,
    /// What runs that.
    pub helper: Option<String>,
    pub host_name: Option<String>,
    /// When it said so last.
    pub reported_at: Option<Time>,
    /// When its credentials were first used.
    pub first_contact_at: Option<Time>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

/// What changes. A field that is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct DeviceUpdate {
    #[schema(min_length = 1, max_length = 255)]
    pub name: Option<String>,
    /// The end customer or site that it stands under from now on, with its backups and its settings.
    pub customer_id: Option<CustomerId>,
}
