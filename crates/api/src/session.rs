//! First-run setup, sign-in, and who is signed in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::factor::SecondFactorState;
use crate::id::{CustomerId, SessionId};
use crate::oidc::SignInOffer;
use crate::permission::Permission;
use crate::units::{Secret, Time};
use crate::user::Role;
use crate::view::ViewSettings;

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
    /// Whether mail is on: then a lost password can be set anew by it.
    pub mail_enabled: bool,
    /// By whom one can sign in besides.
    pub sign_in_providers: Vec<SignInOffer>,
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
    pub is_key_officer: bool,
    /// The node below which everything happens for this caller.
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub customer_level: tree::Level,
    /// When the session ends at the latest, or the token; `null` for a token without an end.
    pub expires_at: Option<Time>,
    pub second_factor: SecondFactorState,
    pub view_settings: ViewSettings,
    /// What it may, as `docs/permissions.md` names it.
    pub permissions: Vec<Permission>,
    /// The roles that it may give to others.
    pub grantable_roles: Vec<Role>,
    /// What the token is called with which this is asked; `null` for a session.
    pub token_name: Option<String>,
    /// Operations that the role allows somewhere, by `operation_id`.
    pub operations: Vec<String>,
}

/// Somebody who is signed in somewhere.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionShown {
    pub id: SessionId,
    /// It is the one with which this is asked.
    pub is_current: bool,
    /// The address that it was begun from, as far as it was known.
    pub address: Option<String>,
    /// The browser or program that it was begun with, in a few words; `null` where it did not say.
    pub browser: Option<String>,
    pub created_at: Time,
    /// To the minute.
    pub last_seen_at: Time,
    /// When it ends if it isn't used any more.
    pub expires_at: Time,
}

/// The sessions of an account, the last used first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionList {
    pub items: Vec<SessionShown>,
}

/// How many sessions were ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
pub struct SessionsEnded {
    pub ended: u64,
}

/// A new password of one's own.
#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnPassword {
    pub current_password: Secret,
    pub password: Secret,
}
