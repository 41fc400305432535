//! Events: something notable at a device or a customer, until it is mended or somebody says that it is. Each type is one line
//! of a table: what it is called, where it belongs, and from when on it is worth attention.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;

use crate::id::{CustomerId, DeviceId, EventId};
use crate::units::{Action, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[derive(AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EventCategory {
    /// Somebody or something may do harm.
    Threat,
    /// Something doesn't work, or soon won't.
    System,
    /// Something that was bought ends, or isn't enough.
    Licence,
}

/// How much it matters, from least to most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[derive(AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Severity {
    /// It is kept, and nobody has to look.
    Info,
    Warning,
    ActionRequired,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[derive(AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum EventState {
    Open,
    /// Somebody has seen it, and looks after it. It opens again where it gets worse, and when its time is up.
    Acknowledged,
    /// Somebody said that it is mended.
    Resolved,
    /// It is mended: what it was about is no longer so.
    ResolvedByItself,
}

/// What thresholds of a type count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// Days that have passed.
    Days,
    /// Days that are left: the fewer, the worse.
    DaysLeft,
    Percent,
    /// How often within an hour.
    Times,
}

/// How an event of a type comes about, and how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It follows from how things are, and ends when they are no longer so.
    Watched,
    /// A backup was refused for it; the next that arrives ends it.
    Refused,
    /// Something happened; somebody says when it is mended.
    Happened,
    /// A device or another product has reported it.
    Reported,
}

/// From when on something is worth attention, in what its type measures; `null`: never. Where both are, nothing is kept of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Thresholds {
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub warning: Option<i64>,
    #[schema(minimum = 0, maximum = 1_000_000)]
    pub action_required: Option<i64>,
}

impl Thresholds {
    /// Whether nothing is kept of such events.
    pub fn is_off(self) -> bool {
        self.warning.is_none() && self.action_required.is_none()
    }

    /// How much a value matters; nothing where it is not worth an event.
    pub fn severity(self, measure: Measure, value: i64) -> Option<Severity> {
        if self.is_off() {
            return None;
        }
        let reached = |threshold: Option<i64>| {
            threshold.is_some_and(|threshold| match measure {
                Measure::DaysLeft => value <= threshold,
                Measure::Days | Measure::Percent | Measure::Times => value >= threshold,
            })
        };
        if reached(self.action_required) {
            Some(Severity::ActionRequired)
        } else if reached(self.warning) {
            Some(Severity::Warning)
        } else {
            // What happens is kept also where it happens seldom.
            (measure == Measure::Times).then_some(Severity::Info)
        }
    }
}

macro_rules! thresholds {
    (-) => {
        None
    };
    ($number:tt) => {
        Some($number)
    };
}

macro_rules! types {
    ($($name:ident $word:tt $category:ident $origin:ident $measure:ident $warning:tt $action:tt $title:tt;)*) => {
        /// What an event is about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
        #[derive(AsRefStr, EnumString, IntoStaticStr, VariantNames)]
        pub enum EventType {
            $(#[doc = $title] #[serde(rename = $word)] #[strum(serialize = $word)] $name,)*
        }

        impl EventType {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            pub const fn category(self) -> EventCategory {
                match self { $(Self::$name => EventCategory::$category,)* }
            }

            pub const fn origin(self) -> Origin {
                match self { $(Self::$name => Origin::$origin,)* }
            }

            pub const fn measure(self) -> Measure {
                match self { $(Self::$name => Measure::$measure,)* }
            }

            /// What holds where nobody sets another.
            pub const fn default_thresholds(self) -> Thresholds {
                match self {
                    $(Self::$name => Thresholds { warning: thresholds!($warning), action_required: thresholds!($action) },)*
                }
            }

            /// The setting that says another.
            pub const fn setting(self) -> &'static str {
                match self { $(Self::$name => concat!("event_", $word),)* }
            }

            /// What it is called.
            pub const fn title(self) -> &'static str {
                match self { $(Self::$name => $title,)* }
            }
        }
    };
}

// The categories, and the events of a security product, are those of Trend Micro Remote Manager; the notices of licences are its
// 60 days of a full one and 14 of a trial. A customer's trial is told of at 7, 1 and 0 days.
types! {
    NoBackup "no_backup" System Watched Days 3 7 "No backup";
    SpaceFilling "space_filling" System Watched Percent 80 95 "Space is filling";
    LicenceEnding "licence_ending" Licence Watched DaysLeft 60 0 "Licence ends";
    TrialLicenceEnding "trial_licence_ending" Licence Watched DaysLeft 14 0 "Trial licence ends";
    CreditsRunningOut "credits_running_out" Licence Watched DaysLeft 14 3 "Monthly units run out";
    TrialEnding "trial_ending" Licence Watched DaysLeft 7 1 "Trial ends";
    TrialEnded "trial_ended" Licence Happened Times 1 - "Trial has ended";
    SpaceUsedUp "space_used_up" System Refused Times - 1 "Space is used up";
    LicenceMissing "licence_missing" Licence Refused Times - 1 "No licence";
    StorageUnavailable "storage_unavailable" System Refused Times - 1 "Storage is full or away";
    DeletionRefused "deletion_refused" Threat Happened Times - 1 "Deletion refused";
    WrongPassword "wrong_password" Threat Happened Times 5 20 "Wrong password";
    UnusualDeletion "unusual_deletion" Threat Happened Percent - 50 "Unusual deletion";
    UnusualUpload "unusual_upload" Threat Happened Percent 1000 - "Unusual upload";
    VirusFound "virus_found" Threat Reported Times 1 5 "Virus found";
    SpywareFound "spyware_found" Threat Reported Times 1 15 "Spyware found";
    SpywareRestart "spyware_restart" Threat Reported Times - 1 "Restart to remove spyware";
    ThreatUnresolved "threat_unresolved" Threat Reported Times - 1 "Threat not removed";
    RealTimeScanOff "real_time_scan_off" Threat Reported Times - 1 "Real-time scan is off";
    OutbreakAlert "outbreak_alert" Threat Reported Times - 1 "Outbreak alert";
    BehaviourBlocked "behaviour_blocked" Threat Reported Times 20 - "Behaviour blocked";
    NetworkVirus "network_virus" Threat Reported Times 10 - "Network virus";
    UrlBlocked "url_blocked" Threat Reported Times 200 - "URLs blocked";
    WebThreat "web_threat" Threat Reported Times 200 - "Web reputation violations";
    DeviceBlocked "device_blocked" Threat Reported Times 20 - "Device control violations";
    SpamFound "spam_found" Threat Reported Times 1000 - "Spam";
    ComponentOutdated "component_outdated" System Reported Times 1 - "Component is out of date";
    ServiceUnreachable "service_unreachable" System Reported Times - 1 "Service cannot be reached";
    DiskSpaceLow "disk_space_low" System Reported Times 1 - "Disk space is low";
}

/// Who acknowledged or resolved an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Decision {
    pub at: Time,
    /// As the change log names them; `null` where they stand above what the caller may see.
    pub by: Option<String>,
    pub reason: Option<String>,
    /// An acknowledgement: when it opens again unless it is mended; `null`: not by time.
    pub until: Option<Time>,
}

/// Something notable. What is the same of the same is one event, counted: while it goes on, and when it comes again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Event {
    pub id: EventId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// Whom it concerns, or under whom the device stands.
    pub customer_id: CustomerId,
    pub customer_name: String,
    /// The ids from the top of what the caller may see down to the customer, each followed by a slash.
    pub path: String,
    /// `null`: it concerns the customer itself.
    pub device_id: Option<DeviceId>,
    pub device_name: Option<String>,
    pub category: EventCategory,
    #[serde(rename = "type")]
    pub kind: EventType,
    pub severity: Severity,
    pub state: EventState,
    /// The type in words.
    pub title: String,
    /// What of it, in a sentence.
    pub detail: String,
    /// The product that reported it, or of which a licence ends.
    pub product: Option<String>,
    /// How often it was seen.
    pub count: i64,
    pub first_seen_at: Time,
    pub last_seen_at: Time,
    /// When it opened, the last time that it did.
    pub opened_at: Time,
    pub resolved_at: Option<Time>,
    /// The last, while it holds.
    pub decision: Option<Decision>,
    pub actions: Vec<Action>,
}

/// Something that a device or another product has seen. The same again is counted.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventReport {
    /// At which device, or else at which customer.
    pub device_id: Option<DeviceId>,
    pub customer_id: Option<CustomerId>,
    /// One that is reported.
    #[serde(rename = "type")]
    pub kind: EventType,
    /// What of it, in a sentence.
    #[schema(max_length = 500)]
    pub detail: Option<String>,
    /// Which product saw it: what two of them see are two events.
    #[schema(max_length = 100)]
    pub product: Option<String>,
    /// How often since it was last reported; once unless given.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub count: Option<i64>,
    /// It is over: resolves what was reported before.
    #[serde(default)]
    pub resolved: bool,
}

/// Somebody looks after an event.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventAcknowledge {
    #[schema(max_length = 500)]
    pub reason: Option<String>,
    /// When it opens again unless it is mended by then; a year ahead at most.
    pub until: Option<Time>,
}

/// An event is mended.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct EventResolve {
    #[schema(max_length = 500)]
    pub reason: Option<String>,
}

/// Open events of a category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Marks {
    pub action_required: i64,
    pub warning: i64,
}

/// Open events at a customer and everywhere below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Attention {
    pub threat: Marks,
    pub system: Marks,
    pub licence: Marks,
    /// Of all three together.
    pub action_required: i64,
    pub warning: i64,
    /// Of which type the worst of them is, the newest of several. Files don't have it.
    pub worst: Option<EventType>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_matters_from_its_threshold_on() {
        let rising = Thresholds { warning: Some(3), action_required: Some(7) };
        let of = |value| rising.severity(Measure::Days, value);
        assert_eq!(
            (of(2), of(3), of(6), of(7)),
            (None, Some(Severity::Warning), Some(Severity::Warning), Some(Severity::ActionRequired))
        );
        let falling = Thresholds { warning: Some(60), action_required: Some(0) };
        let of = |value| falling.severity(Measure::DaysLeft, value);
        assert_eq!((of(61), of(60), of(0)), (None, Some(Severity::Warning), Some(Severity::ActionRequired)));
        let counted = Thresholds { warning: Some(5), action_required: None };
        assert_eq!(counted.severity(Measure::Times, 4), Some(Severity::Info));
        assert_eq!(counted.severity(Measure::Times, 500), Some(Severity::Warning));
        let off = Thresholds { warning: None, action_required: None };
        assert_eq!(off.severity(Measure::Times, 500), None);
    }

    #[test]
    fn every_type_has_a_setting_of_its_own_and_matters_by_default() {
        for kind in EventType::ALL {
            assert_eq!(kind.setting().strip_prefix("event_"), Some(kind.as_ref()));
            assert!(!kind.default_thresholds().is_off());
        }
    }
}
