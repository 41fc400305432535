//! Invitations: links with which people set the password of their account.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::UserId;
use crate::units::{Secret, Time};

/// A link to hand to one person. Whoever has it can set the account's password, once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    pub user_id: UserId,
    pub email: String,
    /// Shown this once.
    pub url: Secret,
    pub expires_at: Time,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationAccept {
    /// From the link's fragment.
    pub token: Secret,
    pub password: Secret,
}
