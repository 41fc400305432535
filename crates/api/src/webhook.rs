//! Webhooks: what happens at a customer and below it is told to an address, signed as Standard Webhooks has it
//! (<https://www.standardwebhooks.com>), again and again until it arrives.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, VariantNames};
use utoipa::ToSchema;

use crate::id::{CustomerId, WebhookDeliveryId, WebhookId};
use crate::units::{Action, Time};

/// An address that is told what happens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    pub id: WebhookId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    /// It is told what happens at this customer and below.
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub name: String,
    pub url: String,
    /// Actions of the change log, as `event.opened`, or all of a noun, as `event.*`; empty: everything.
    pub topics: Vec<String>,
    pub enabled: bool,
    /// Since when nothing has arrived, though something was tried.
    pub failing_since: Option<Time>,
    pub last_delivered_at: Option<Time>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

/// A new one.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookCreate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// Under `https`, at an address that everybody can reach unless the host's configuration says otherwise.
    #[schema(min_length = 1, max_length = 2000)]
    pub url: String,
    #[serde(default)]
    pub topics: Vec<String>,
    /// It is, unless said otherwise.
    pub enabled: Option<bool>,
}

/// What changes. A field that is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct WebhookUpdate {
    #[schema(min_length = 1, max_length = 100)]
    pub name: Option<String>,
    #[schema(min_length = 1, max_length = 2000)]
    pub url: Option<String>,
    pub topics: Option<Vec<String>>,
    pub enabled: Option<bool>,
}

/// A new one, with the secret that it signs with: shown once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookCreated {
    pub webhook: Webhook,
    /// `whsec_`, and base64 of what the receiver checks signatures with.
    pub secret: String,
}

/// The last messages of a webhook.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookDeliveryList {
    pub items: Vec<WebhookDelivery>,
}

/// All webhooks of a customer.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct WebhookList {
    pub items: Vec<Webhook>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum DeliveryState {
    /// It is on its way, for the first time or again.
    Queued,
    Delivered,
    /// It was tried as often as things are.
    Failed,
}

/// One message to one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookDelivery {
    /// The receiver finds it as `webhook-id`, the same each time it is tried or replayed.
    pub id: WebhookDeliveryId,
    pub webhook_id: WebhookId,
    /// The action, or `webhook.test`.
    pub topic: String,
    pub subject_id: String,
    pub subject_name: String,
    /// What is sent: `{"type", "timestamp", "data": {"change", "event"}}`.
    pub body: String,
    pub state: DeliveryState,
    pub attempts: i64,
    pub created_at: Time,
    /// When it is tried next.
    pub due_at: Option<Time>,
    pub delivered_at: Option<Time>,
    /// The status of the last answer; `null`: there was none.
    pub status: Option<i64>,
    /// What was in the way the last time.
    pub detail: Option<String>,
}
