//! Pass keys: the secrets with which devices register under a customer.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CustomerId, PassKeyId};
use crate::units::{Action, Secret, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PassKeyState {
    Active,
    Expired,
    UsedUp,
    Revoked,
}

/// A pass key without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PassKey {
    pub id: PassKeyId,
    pub customer_id: CustomerId,
    /// What the end customer is called.
    pub customer_name: String,
    /// The site that devices go to which name none.
    pub site_id: Option<CustomerId>,
    /// The first characters, to tell one key from another.
    pub prefix: String,
    pub state: PassKeyState,
    pub uses: i64,
    pub max_uses: Option<i64>,
    /// `null` where there is no limit.
    pub uses_left: Option<i64>,
    pub expires_at: Option<Time>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PassKeyCreate {
    /// In the future; never expires if left out.
    pub expires_at: Option<Time>,
    /// As often as wanted if left out.
    #[schema(minimum = 1, maximum = 100_000)]
    pub max_uses: Option<i64>,
    /// A site of the customer.
    pub site_id: Option<CustomerId>,
}

/// A pass key with its secret, shown this once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct PassKeyCreated {
    pub id: PassKeyId,
    /// The secret itself.
    pub pass_key: Secret,
    pub prefix: String,
    pub max_uses: Option<i64>,
    pub expires_at: Option<Time>,
}
