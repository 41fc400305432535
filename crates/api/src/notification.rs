//! Notifications: who is told of events by mail, of which, and when.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString};
use utoipa::ToSchema;

use crate::event::Event;
use crate::id::{CustomerId, NotificationRuleId};
use crate::units::{Action, Time};

/// When somebody is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Pace {
    /// As it happens: one mail for what comes together.
    Event,
    /// Once a day, of what has come together and is still open.
    Day,
}

/// Hours at which nothing is sent. Where they end before they begin they go on behind midnight.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct QuietHours {
    /// `22:00`
    #[schema(max_length = 5)]
    pub from: String,
    #[schema(max_length = 5)]
    pub to: String,
}

/// Who is told of which events.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct NotificationRule {
    pub id: NotificationRuleId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// It is about events of this customer and below.
    pub customer_id: CustomerId,
    pub name: String,
    /// In the language of filters, on the fields of events.
    pub filter: String,
    pub recipients: Vec<String>,
    pub pace: Pace,
    /// Once a day: at this hour, by the clock of `time_zone`.
    pub at_hour: i64,
    /// A name of the IANA database.
    pub time_zone: String,
    /// So long is waited whether it mends itself: of what does nobody is told.
    pub delay_minutes: i64,
    pub quiet: Option<QuietHours>,
    pub enabled: bool,
    pub last_sent_at: Option<Time>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

/// A rule, new or whole anew.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NotificationRuleSet {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    #[schema(min_length = 1, max_length = 2000)]
    pub filter: String,
    /// From 1 to 20.
    pub recipients: Vec<String>,
    pub pace: Pace,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 23)]
    pub at_hour: i64,
    /// `UTC` unless given.
    #[schema(max_length = 100)]
    pub time_zone: Option<String>,
    #[serde(default)]
    #[schema(minimum = 0, maximum = 1440)]
    pub delay_minutes: i64,
    pub quiet: Option<QuietHours>,
    /// It is, unless said otherwise.
    pub enabled: Option<bool>,
}

/// What somebody would be told of what is open now.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NotificationPreview {
    /// Beyond 1,000 it is 1,000.
    pub total: i64,
    /// Some of them, the worst first.
    pub events: Vec<Event>,
    pub subject: String,
    pub text: String,
    /// When it would be sent if all of them opened now.
    pub at: Time,
}

/// The rules of a customer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct NotificationRuleList {
    pub items: Vec<NotificationRule>,
}
