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
    /// Everything below its node.
    Administrator,
    /// Reads.
    Supporter,
    /// A customer's own account: reads its own, adds devices and pass keys.
    Customer,
}

impl Role {
    pub const ALL: [Self; 3] = [Self::Administrator, Self::Supporter, Self::Customer];

    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct User {
    pub id: UserId,
    /// Counts the changes; also the `ETag`.
    pub version: i64,
    pub customer_id: CustomerId,
    pub customer_name: String,
    pub email: String,
    pub name: String,
    pub role: Role,
    /// An account without a password cannot sign in yet.
    pub has_password: bool,
    pub last_sign_in_at: Option<Time>,
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
    /// Ends the account's sessions.
    pub password: Option<Secret>,
}
