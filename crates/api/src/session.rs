//! First-run setup, sign-in, and who is signed in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::CustomerId;
use crate::units::{Secret, Time};
use crate::user::Role;

/// The first administrator and the provider's name.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetupRequest {
    /// From the setup link's fragment.
    pub token: Secret,
    #[schema(min_length = 1, max_length = 255)]
    pub provider_name: String,
    #[schema(max_length = 254)]
    pub email: String,
    pub password: Secret,
}

/// Whether somebody has to set this installation up first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SetupStatus {
    pub setup_required: bool,
}

/// Credentials of a person or a customer.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SignIn {
    /// A user account's email or a customer's username, ignoring case.
    #[schema(max_length = 254)]
    pub login: String,
    pub password: Secret,
}

/// Who is signed in.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Me {
    /// The user's id, or the customer's when it signed in with its username.
    pub id: String,
    /// What to call the caller: a name, or the username.
    pub name: String,
    pub login: String,
    pub role: Role,
    /// The node below which everything happens for this caller.
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub customer_level: tree::Level,
    /// When the session ends at the latest.
    pub expires_at: Time,
    /// Operations that the role allows somewhere, by `operation_id`.
    pub operations: Vec<String>,
}

/// A new password of one's own.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnPassword {
    pub current_password: Secret,
    pub password: Secret,
}
