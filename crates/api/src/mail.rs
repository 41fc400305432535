//! Mail: the server that takes it, and what became of each message.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;

use crate::id::{CustomerId, MailId};
use crate::units::{Secret, Time};

/// How the way to the mail server is kept from others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema, AsRefStr, EnumString)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MailSecurity {
    /// Not at all: for a server on the same machine or network.
    None,
    /// By a TLS that begins after the greeting; without it nothing is sent.
    Starttls,
    /// By TLS from the first byte.
    Tls,
}

/// How mail leaves.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct MailSettings {
    pub version: i64,
    /// While it is off nothing is sent, and nothing offers to.
    pub enabled: bool,
    pub host: String,
    pub port: u16,
    pub security: MailSecurity,
    pub username: Option<String>,
    /// The password itself is never shown again.
    pub has_password: bool,
    /// Where mail comes from: `Backups <backups@example.com>`.
    pub sender: String,
    /// `null` until something was set.
    pub updated_at: Option<Time>,
}

/// All of it anew.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailSettingsUpdate {
    pub enabled: bool,
    #[serde(default)]
    #[schema(max_length = 253)]
    pub host: String,
    #[schema(minimum = 1, maximum = 65535)]
    pub port: u16,
    pub security: MailSecurity,
    #[serde(default)]
    #[schema(max_length = 255)]
    pub username: Option<String>,
    /// Left out, the one that is kept stays, as long as it goes to the same server for the same user name.
    #[serde(default)]
    pub password: Option<Secret>,
    #[serde(default)]
    #[schema(max_length = 320)]
    pub sender: String,
}

#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct MailTest {
    /// Who gets the test mail.
    #[schema(max_length = 254)]
    pub to: String,
}

/// What a message is for.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    AsRefStr,
    EnumString,
    IntoStaticStr,
    VariantNames
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MailPurpose {
    Test,
    Invitation,
    PasswordReset,
    /// Of events.
    Notification,
    /// Regularly, of backups.
    Report,
    /// What a customer has to know to begin.
    AccountDetails,
}

/// What has become of a message.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    AsRefStr,
    EnumString,
    IntoStaticStr,
    VariantNames
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum MailState {
    /// It waits for its first try or, after one that failed, for the next.
    Queued,
    /// The mail server has taken it.
    Sent,
    /// It was given up.
    Failed,
}

/// A message, without its text.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Mail {
    pub id: MailId,
    pub purpose: MailPurpose,
    pub to: String,
    /// The customer whose person it goes to.
    pub customer_id: CustomerId,
    pub state: MailState,
    /// How often it was tried.
    pub attempts: i64,
    /// What the mail server said last, or why it could not be asked.
    pub detail: Option<String>,
    pub created_at: Time,
    /// When it is tried next; `null` once that is over.
    pub due_at: Option<Time>,
    pub sent_at: Option<Time>,
}

/// Somebody who has lost a password.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PasswordResetRequest {
    /// An email address or a customer's username, as for signing in.
    pub login: String,
}
