//! The change log: who did what, when, from where, and what it was before.

use std::fmt;

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;

use crate::id::{ChangeId, CustomerId};
use crate::units::Time;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
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

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident => $word:tt, $reach:ident;)*) => {
        /// What happened: noun and participle.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[derive(Serialize, Deserialize, ToSchema, AsRefStr, EnumString, IntoStaticStr, VariantNames)]
        pub enum ChangeAction {
            $($(#[$doc])* #[serde(rename = $word)] #[strum(serialize = $word)] $name,)*
        }

        impl ChangeAction {
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            pub fn as_str(self) -> &'static str {
                self.into()
            }

            /// Whether what the gateway admits by may be another afterwards.
            pub fn reach(self) -> Reach {
                match self { $(Self::$name => Reach::$reach,)* }
            }
        }
    };
}

/// How far something that happened reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The gateway has to know: a row changed that its grants are compiled from.
    Grants,
    /// It concerns people and papers only.
    Papers,
}

// Whoever adds an action says here whether it concerns the gateway, and the console has a sentence for each.
actions! {
    CustomerCreated => "customer.created", Grants;
    CustomerUpdated => "customer.updated", Grants;
    CustomerSuspended => "customer.suspended", Grants;
    CustomerActivated => "customer.activated", Grants;
    CustomerDeleted => "customer.deleted", Grants;
    CustomerPasswordSet => "customer.password_set", Papers;
    UserCreated => "user.created", Papers;
    UserUpdated => "user.updated", Papers;
    UserInvited => "user.invited", Papers;
    UserPasswordSet => "user.password_set", Papers;
    UserDeleted => "user.deleted", Papers;
    SessionCreated => "session.created", Papers;
    SessionDeleted => "session.deleted", Papers;
    PassKeyCreated => "pass_key.created", Papers;
    PassKeyRotated => "pass_key.rotated", Papers;
    PassKeyRevoked => "pass_key.revoked", Papers;
    DeviceRegistered => "device.registered", Grants;
    DeviceRegisteredAgain => "device.registered_again", Grants;
    DeviceUpdated => "device.updated", Grants;
    DeviceCredentialsIssued => "device.credentials_issued", Grants;
    TaskCreated => "task.created", Papers;
    TaskStopped => "task.stopped", Papers;
    TaskRetried => "task.retried", Papers;
}

impl fmt::Display for ChangeAction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who did it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Actor {
    pub kind: ActorKind,
    pub id: Option<String>,
    pub name: Option<String>,
}

/// One entry, in lists the newest first.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Change {
    /// Opaque, and another one for each reader: it tells nobody how much happens elsewhere.
    pub id: ChangeId,
    pub at: Time,
    pub actor: Actor,
    /// The address that the request came from.
    pub address: Option<String>,
    pub request_id: Option<String>,
    pub action: ChangeAction,
    /// `customer`, `user`, `device`, `pass_key`, `task`.
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
