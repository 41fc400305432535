//! User accounts: people who sign in with an email address.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;

use crate::id::{CustomerId, UserId};
use crate::units::{Action, Secret, Time};

/// A named set of permissions over the subtree of the account's customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema, AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Role {
    /// All that an administrator may, and looks after super users, whom no administrator may change.
    SuperUser,
    /// Everything below its node.
    Administrator,
    /// Runs customers and devices: no people, no passwords, nothing that moves or deletes customers.
    Manager,
    /// Reads, and gives devices new credentials.
    Operator,
    /// Reads.
    Supporter,
    /// Reads customers, devices and what happened; no people, no pass keys.
    Reporter,
    /// Reads which devices there are and which backups they have.
    RestoreOnly,
    /// Reads customers and what they used.
    InvoiceAuditor,
    /// A customer's own account: reads its own, adds devices and pass keys.
    Customer,
}

impl Role {
    pub const ALL: [Self; 9] = [
        Self::SuperUser,
        Self::Administrator,
        Self::Manager,
        Self::Operator,
        Self::Supporter,
        Self::Reporter,
        Self::RestoreOnly,
        Self::InvoiceAuditor,
        Self::Customer,
    ];

    /// Looks after everything at its node: of these a node that has one keeps one.
    pub fn is_administrator(self) -> bool {
        matches!(self, Self::SuperUser | Self::Administrator)
    }

    /// Whether somebody with this role can be a key officer.
    pub fn may_be_key_officer(self) -> bool {
        matches!(self, Self::SuperUser | Self::Administrator | Self::Manager | Self::Operator)
    }

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[expect(clippy::struct_excessive_bools, reason = "each is a field that programs read by its name")]
pub struct User {
    pub id: UserId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// Answers for the keys that are kept for customers, apart from the role.
    pub is_key_officer: bool,
    /// An account that is not active can't sign in, and its tokens open nothing.
    pub is_active: bool,
    /// An account without a password cannot sign in yet.
    pub has_password: bool,
    /// Whether it signs in with a second factor.
    pub has_second_factor: bool,
    pub last_sign_in_at: Option<Time>,
    /// Until when the link holds by which a password can be set; `null` where there is none.
    pub invitation_expires_at: Option<Time>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserCreate {
    pub customer_id: CustomerId,
    /// Unique in the whole installation, ignoring case.
    #[schema(max_length = 254)]
    pub email: String,
    #[schema(min_length = 1, max_length = 255)]
    pub name: String,
    pub role: Role,
    pub password: Option<Secret>,
    /// Only a key officer makes another one. Left out: the first administrator of a customer is one.
    pub is_key_officer: Option<bool>,
}

/// What changes. A field that is left out stays.
#[derive(Clone, Debug, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UserUpdate {
    #[schema(max_length = 254)]
    pub email: Option<String>,
    #[schema(min_length = 1, max_length = 255)]
    pub name: Option<String>,
    pub role: Option<Role>,
    pub is_key_officer: Option<bool>,
    /// `false` ends the account's sessions and its links; its tokens open nothing until it is active again.
    pub is_active: Option<bool>,
    /// Ends the account's sessions, and its tokens.
    pub password: Option<Secret>,
    /// One's own present password, needed to change one's own address.
    pub current_password: Option<Secret>,
}
