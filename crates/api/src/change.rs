//! The change log: who did what, when, from where, and what it was before.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::CustomerId;
use crate::units::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ActorKind {
    User,
    /// A customer's own account.
    Customer,
    /// A machine with its pass key.
    Device,
    /// Somebody at the host's command line, or the program itself.
    System,
    /// Somebody above what the reader may see.
    Above,
}

/// Who did it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Option<String>,
    pub name: Option<String>,
}

/// One entry. Numbers are in the order of the commits.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Change {
    pub number: i64,
    pub at: Time,
    pub actor: Actor,
    /// The address that the request came from.
    pub address: Option<String>,
    pub request_id: Option<String>,
    /// `customer.suspended`, `device.registered` ...: noun and participle.
    pub action: String,
    /// `customer`, `user`, `device`, `pass_key`.
    pub subject_kind: String,
    pub subject_id: String,
    pub subject_name: String,
    /// The customer that the subject is or belongs to.
    pub customer_id: CustomerId,
    /// The changed fields as they were, `null` for something new.
    pub before: Option<serde_json::Value>,
    /// The changed fields as they are, `null` for something gone.
    pub after: Option<serde_json::Value>,
}
