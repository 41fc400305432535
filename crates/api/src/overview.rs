//! What is going on at a customer and below it, in a few numbers. Each of them is the total of a list, and says which.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::CustomerId;
use crate::page::ListedNoun;
use crate::units::Time;
use tree::Level;

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// Open events of each category for which something has to be done, and those that are warnings.
    Threats,
    ThreatWarnings,
    SystemEvents,
    SystemWarnings,
    LicenceEvents,
    LicenceWarnings,
    /// Customers and sites that are suspended by themselves.
    CustomersSuspended,
    /// Devices that wait to be approved.
    DevicesPending,
    /// Devices that have never completed a backup though they have been there for a day.
    DevicesNeverBackedUp,
    /// Devices whose last backup is older than three days.
    DevicesSilent,
    /// Customers and sites whose allotted space is used by 95 % or more.
    SpaceUsedUp,
    /// Those where it is used by 80 % or more.
    SpaceFilling,
    /// Devices that the gateway refused something within the last day.
    DevicesRefused,
    /// Customers that have as many devices as they may have, or more.
    DeviceLimitReached,
    /// Customers that may have one or two devices more.
    DeviceLimitNear,
    /// Customers whose trial ends within a day, and later within a week.
    TrialEndsToday,
    TrialEndsThisWeek,
    /// Customers that came from trial to production within the last day.
    TrialEnded,
    /// Customers that are to be deleted, and are removed for good within a week.
    RemovedThisWeek,
    /// Pass keys that can be used, for two days at most.
    PassKeysExpiring,
    /// Pass keys for five devices or more that can be used twice at most.
    PassKeysNearlyUsed,
    /// People whose link to set a password holds for two days at most.
    InvitationsExpiring,
    /// Devices by the age of their last backup.
    BackupWithinDay,
    BackupWithinThreeDays,
    BackupWithinWeek,
    BackupLongerAgo,
    BackupNever,
}

/// A number, and the list whose total it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Count {
    pub finding: Finding,
    pub count: i64,
    /// Where it isn't, there are more.
    pub is_exact: bool,
    /// `GET /{noun}?under={id}&filter={filter}` lists the rows.
    pub noun: ListedNoun,
    pub filter: String,
}

/// By how much the used space has changed since the end of a day in UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Growth {
    /// In bytes, less than nothing where it has shrunk; `null` where it wasn't measured then.
    pub seven_days: Option<i64>,
    pub thirty_days: Option<i64>,
}

/// What a customer that stands directly below uses, with everything below it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ChildUse {
    pub id: CustomerId,
    pub level: Level,
    pub company_name: String,
    /// Sites only: the short name.
    pub name: Option<String>,
    pub used_bytes: i64,
    pub devices: i64,
    pub growth: Growth,
}

/// A customer and everything below it, at a glance.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Overview {
    pub id: CustomerId,
    pub as_of: Time,
    pub customers: i64,
    pub sites: i64,
    pub devices: i64,
    pub used_bytes: i64,
    pub growth: Growth,
    /// What somebody has to do something about, what is worst first; nothing that is zero.
    pub attention: Vec<Count>,
    /// All devices by their last backups, the newest first.
    pub backups: Vec<Count>,
    /// What runs out soon, as far as the caller may read it; nothing that is zero.
    pub soon: Vec<Count>,
    /// Those directly below that use most, at most eight.
    pub children: Vec<ChildUse>,
    /// How many stand directly below; beyond 10,000 it is 10,000.
    pub children_total: i64,
}
