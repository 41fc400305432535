//! Reports: what customers are told of their backups by mail, regularly.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, VariantNames};
use utoipa::{IntoParams, ToSchema};

use crate::units::{Secret, Time};

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ReportKind {
    /// What was backed up since the last one.
    BackupJobs,
    /// What was read back.
    RestoreJobs,
    /// What was removed.
    DeleteJobs,
    /// How each machine's backups stand.
    Status,
    /// All of it together.
    Consolidated,
}

impl ReportKind {
    pub const ALL: [Self; 5] =
        [Self::BackupJobs, Self::RestoreJobs, Self::DeleteJobs, Self::Status, Self::Consolidated];
}

/// How often.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Every {
    #[default]
    Day,
    /// On Mondays.
    Week,
    /// On the first.
    Month,
}

/// The setting `job_reports`: which of them go to the customer's email address, each day at seven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(clippy::struct_excessive_bools, reason = "one for each kind, as programs know them")]
pub struct JobReports {
    pub backup: bool,
    pub restore: bool,
    pub delete: bool,
    /// Kept for when repositories are copied to a second pool: until then there is nothing to report.
    pub replication: bool,
}

/// The setting `status_report`: whether the customer gets it at its email address.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct StatusReport {
    pub enabled: bool,
}

/// The setting `global_status_report`, the provider's own: without it no status report is sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GlobalStatusReport {
    pub enabled: bool,
    #[serde(default)]
    pub every: Every,
    /// By the clock of each customer's `time_zone`; at seven unless given.
    #[serde(default = "seven")]
    #[schema(minimum = 0, maximum = 23)]
    pub at_hour: i64,
    /// Which machines, in the language of filters; all of them unless given.
    #[serde(default)]
    #[schema(max_length = 2000)]
    pub filter: Option<String>,
}

/// The setting `consolidated_report`: to whom everything together goes, at seven.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ConsolidatedReport {
    pub enabled: bool,
    /// From 1 to 20 where it is enabled.
    #[serde(default)]
    pub recipients: Vec<String>,
    #[serde(default)]
    pub every: Every,
}

/// The setting `global_consolidated_report`, the provider's own: each customer gets it at its email address, at seven, and no
/// customer's own one is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct GlobalConsolidatedReport {
    pub enabled: bool,
    #[serde(default)]
    pub every: Every,
}

/// The setting `branding`: in whose name reports come, and in which colour. The company that looks after the customer unless given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Branding {
    #[schema(max_length = 100)]
    pub name: Option<String>,
    /// As `#1d4ed8`; dark enough for white letters on it.
    #[schema(max_length = 7)]
    pub colour: Option<String>,
}

const fn seven() -> i64 {
    7
}

/// Why a report isn't sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum ReportOff {
    /// It is switched off for the customer.
    SwitchedOff,
    /// The provider sends none to anybody.
    GlobalOff,
    /// There is nobody to send it to: the customer has no email address.
    NoAddress,
    /// All who would get it have stopped it.
    Stopped,
    /// The customer is suspended or is to be deleted.
    NotActive,
    /// Mail is off; it is sent when it is on again.
    MailOff,
}

/// A report of a customer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Report {
    pub kind: ReportKind,
    /// Why it isn't sent; `null`: it is.
    pub off: Option<ReportOff>,
    /// Who gets it, without those who have stopped it.
    pub recipients: Vec<String>,
    /// Who doesn't want it any more.
    pub stopped: Vec<String>,
    pub every: Every,
    /// The provider sends it to every customer: it takes the place of the customer's own one.
    pub is_global: bool,
    /// When it is sent next.
    pub next_at: Option<Time>,
    pub last_sent_at: Option<Time>,
}

/// All reports of a customer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReportList {
    /// The clock by which they are sent.
    pub time_zone: String,
    pub items: Vec<Report>,
}

/// A report as it would be sent now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReportPage {
    pub kind: ReportKind,
    pub from: Time,
    pub to: Time,
    pub subject: String,
    pub html: String,
    pub text: String,
    /// Nothing happened that it would tell: it is not sent by itself.
    pub is_empty: bool,
    pub recipients: Vec<String>,
}

/// Where a report goes now.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportSend {
    /// Whom it goes to; those who get it anyway unless given. 20 at most.
    pub to: Option<Vec<String>>,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReportSent {
    pub sent_to: Vec<String>,
}

/// What the link in a mail carries.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ReportStopQuery {
    #[param(value_type = String)]
    pub token: Secret,
}

/// What was stopped.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct ReportStopped {
    pub kind: ReportKind,
    pub customer_name: String,
    pub address: String,
}

/// Who gets a report again.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReportResume {
    #[schema(max_length = 254)]
    pub address: String,
}
