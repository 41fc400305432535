//! API tokens: with which programs ask, for somebody, never for more than that person may.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;

use crate::id::{CustomerId, TokenId};
use crate::permission::Permission;
use crate::units::{Action, Secret, Time};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Serialize, Deserialize, ToSchema, AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TokenState {
    Active,
    Expired,
    /// Its owner is deactivated, stands elsewhere, or may do nothing of it any more: it opens nothing until that changes.
    WithoutEffect,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[derive(Serialize, Deserialize, ToSchema, AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum OwnerKind {
    /// A person.
    User,
    /// A customer's own account.
    Customer,
}

/// A token without its secret.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Token {
    pub id: TokenId,
    pub name: String,
    /// The first characters, to tell one token from another.
    pub prefix: String,
    pub owner_kind: OwnerKind,
    /// The account for which it asks.
    pub owner_id: String,
    pub owner_name: String,
    /// The customer at and below which it holds; `null` where the reader doesn't see it any more.
    pub customer_id: Option<CustomerId>,
    pub customer_name: Option<String>,
    /// What it was made for.
    pub permissions: Vec<Permission>,
    /// What of that its owner may now, which is what it may.
    pub permissions_now: Vec<Permission>,
    pub state: TokenState,
    /// `null`: until it is revoked.
    pub expires_at: Option<Time>,
    /// To the minute; `null`: never.
    pub last_used_at: Option<Time>,
    pub created_at: Time,
    pub actions: Vec<Action>,
}

#[derive(Clone, Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TokenCreate {
    /// What it is for; the change log names it.
    #[schema(min_length = 1, max_length = 100)]
    pub name: String,
    /// It holds at this customer and below it: one's own, or one below it.
    pub customer_id: CustomerId,
    /// Of those that one has oneself.
    #[schema(min_items = 1)]
    pub permissions: Vec<Permission>,
    /// In the future; never expires if left out.
    pub expires_at: Option<Time>,
    /// One's own present password. Only needed where one signed in more than 15 minutes ago.
    pub current_password: Option<Secret>,
}

/// A token with its secret, shown this once.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TokenCreated {
    pub id: TokenId,
    /// The secret itself, for `Authorization: Bearer`.
    pub token: Secret,
    pub prefix: String,
    pub expires_at: Option<Time>,
}
