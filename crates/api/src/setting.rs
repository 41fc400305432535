//! Settings: what flows down the tree by nearest override, where each value comes from and what was passed over.

use serde::{Deserialize, Serialize};
use strum::AsRefStr;
use tree::Level;
use utoipa::{IntoParams, ToSchema};

use crate::customer::EffectiveState;
use crate::units::{Action, Time};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum SourceKind {
    /// Nobody sets it.
    Default,
    Customer,
    Device,
    /// Somebody above what the caller may see.
    Above,
}

/// A node that sets a setting.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettingSource {
    pub kind: SourceKind,
    /// Of the customer or device; `null` for what has no name here.
    pub id: Option<String>,
    pub name: Option<String>,
    pub level: Option<Level>,
}

/// Why a value that somebody set is not the one that holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassedWhy {
    /// Somebody nearer sets it too.
    Overridden,
    /// Somebody above has locked it.
    Locked,
    /// It has run out, or isn't for such a node.
    NotApplicable,
}

/// What somebody sets in vain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PassedOver {
    pub source: SettingSource,
    pub value: serde_json::Value,
    pub locked: bool,
    pub why: PassedWhy,
}

/// What is set at the node itself, whether it holds or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnSetting {
    pub value: serde_json::Value,
    /// Nothing below may say otherwise.
    pub locked: bool,
    pub set_at: Time,
    /// As the change log names them; `null` where the caller does not see where they stand.
    pub set_by: Option<String>,
}

/// A setting at a node.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EffectiveSetting {
    pub name: String,
    /// What holds.
    pub value: serde_json::Value,
    pub source: SettingSource,
    /// Whether the source has locked it for everything below.
    pub locked: bool,
    /// Until when it holds, where that is known beforehand.
    pub until: Option<Time>,
    /// What the value comes to at the moment that was asked for, where it is one of `throttle`.
    pub rate: Option<RateInForce>,
    pub own: Option<OwnSetting>,
    /// The nearest first; nothing that stands above what the caller may see.
    pub passed_over: Vec<PassedOver>,
    /// What holds where nobody sets it.
    pub default: serde_json::Value,
    pub can_lock: bool,
    /// `set` and `inherit`.
    pub actions: Vec<Action>,
}

/// Of what is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Switch {
    On,
    Off,
}

/// What is set at a customer or device itself, of what lists are filtered by. What is inherited is `null`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OwnSwitches {
    pub auto_authorise: Option<Switch>,
    pub append_only: Option<Switch>,
}

/// What holds at a customer or a device.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Effective {
    pub id: String,
    /// Of the customer or device; also the `ETag`.
    pub version: i64,
    pub at: Time,
    pub state: EffectiveState,
    pub settings: Vec<EffectiveSetting>,
}

/// When it held.
#[derive(Clone, Copy, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct EffectiveQuery {
    /// Now, unless a moment in the past is given.
    #[param(value_type = Option<String>, format = DateTime)]
    pub at: Option<Time>,
}

/// What a node is to say of a setting.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SettingSet {
    /// What the setting asks for: `docs/settings.md`. `Throttle` and `PruneWindow` are the shapes of those that are more than a
    /// word.
    pub value: serde_json::Value,
    /// Nothing below may say otherwise.
    #[serde(default)]
    pub locked: bool,
}

/// How much gets another value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SettingConsequences {
    /// Customers and sites, the customer itself included.
    pub customers: i64,
    pub devices: i64,
}

/// What a change of a setting did or would do.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SettingChange {
    #[serde(flatten)]
    pub setting: EffectiveSetting,
    /// Of the customer or device; also the `ETag`.
    pub version: i64,
    /// Whether anything changes at the node itself; saying the same twice is no error.
    pub changes: bool,
    /// Told in dry runs only.
    pub consequences: Option<SettingConsequences>,
    /// Nothing was done.
    pub dry_run: bool,
}

/// The value of `prune_window`: until when what is append-only may be pruned, and why.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PruneWindow {
    /// In the future, at most 14 days away.
    pub until: Time,
    #[schema(min_length = 1, max_length = 500)]
    pub reason: String,
}

/// The value of `throttle`: how fast each device may back up, and be restored from. Either one rate, at all times or at
/// some, or a week.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Throttle {
    /// Where it is off nothing is limited, whatever is said above.
    pub enabled: bool,
    /// Of all uploads of a device together, and of all its downloads.
    #[schema(minimum = 8000, maximum = 1_000_000_000_000_i64)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bytes_per_second: Option<u64>,
    /// The hours of the day in which it holds; always, if there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window: Option<Hours>,
    /// Whether Saturdays and Sundays are left alone.
    #[serde(default)]
    pub off_on_weekend: bool,
    /// Whose clock that is, as the IANA database calls it.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// Rates for parts of the week; in the rest of it nothing is limited. No two may overlap.
    #[schema(max_items = 336)]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub week: Option<Vec<WeekPart>>,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// Hours of a day. Where they end before they begin they go on behind midnight.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Hours {
    /// `08:00`
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub from: String,
    /// `18:00`; `24:00` is the end of the day.
    #[schema(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    pub to: String,
}

/// A rate at some hours of some days. What goes on behind midnight does so on the same days.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WeekPart {
    #[schema(min_items = 1)]
    pub days: Vec<Weekday>,
    /// `08:00`
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub from: String,
    /// `18:00`; `24:00` is the end of the day.
    #[schema(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    pub to: String,
    #[schema(minimum = 8000, maximum = 1_000_000_000_000_i64)]
    pub bytes_per_second: u64,
}

/// Hours at which backups may begin, one of the setting `allowed_hours`. Where they end before they begin they go on behind
/// midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AllowedHours {
    #[schema(min_items = 1)]
    pub days: Vec<Weekday>,
    /// `22:00`
    #[schema(pattern = "^([01][0-9]|2[0-3]):[0-5][0-9]$")]
    pub from: String,
    /// `06:00`; `24:00` is the end of the day.
    #[schema(pattern = "^(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$")]
    pub to: String,
}

/// Of what snapshots are kept: the terms of restic's `forget`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, AsRefStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Keep {
    /// The newest.
    Last,
    Hourly,
    Daily,
    Weekly,
    Monthly,
    Yearly,
    /// All of some time.
    Within,
}

/// One of the setting `retention`: what no rule keeps is forgotten after a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeepRule {
    pub keep: Keep,
    /// How many; of `within` none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 10_000)]
    pub count: Option<u32>,
    /// Of `within`: for how long, as `1y6m`, `30d` or `12h`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 30)]
    pub period: Option<String>,
}

/// A day of the week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Weekday {
    Mon,
    Tue,
    Wed,
    Thu,
    Fri,
    Sat,
    Sun,
}

/// The rate that holds at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RateInForce {
    /// `null`: it is not limited.
    pub bytes_per_second: Option<u64>,
    /// When it will be another one; `null`: never, as things are set.
    pub until: Option<Time>,
}
