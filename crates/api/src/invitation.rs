//! Invitations: links with which people set the password of their account.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::id::{CustomerId, UserId};
use crate::units::{Secret, Time};

/// How somebody is invited.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationCreate {
    /// The link goes to the account's address instead of to whoever invites. Only while mail is on.
    #[serde(default)]
    pub by_mail: bool,
}

/// A link to hand to one person. Whoever has it can set the account's password, once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Invitation {
    pub user_id: UserId,
    pub email: String,
    /// Shown this once; `null` where it was sent by mail.
    pub url: Option<Secret>,
    pub expires_at: Time,
}

/// A link to hand to one customer. Whoever has it can set the password of the customer's own account, once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct CustomerInvitation {
    pub customer_id: CustomerId,
    pub username: String,
    /// Shown this once; `null` where it was sent by mail.
    pub url: Option<Secret>,
    pub expires_at: Time,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct InvitationAccept {
    /// From the link's fragment.
    pub token: Secret,
    pub password: Secret,
}
