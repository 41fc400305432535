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
    CustomerMoved => "customer.moved", Grants;
    /// The same, told to those above whom it stands no longer.
    CustomerMovedAway => "customer.moved_away", Papers;
    CustomerDeletionScheduled => "customer.deletion_scheduled", Grants;
    CustomerRestored => "customer.restored", Grants;
    CustomerStorageMigrated => "customer.storage_migrated", Papers;
    CustomerTrialEnded => "customer.trial_ended", Papers;
    CustomerDeleted => "customer.deleted", Grants;
    CustomerPasswordSet => "customer.password_set", Papers;
    CustomerSpaceSet => "customer.space_set", Grants;
    CustomerLicencePoolSet => "customer.licence_pool_set", Papers;
    CustomerCreditsAdded => "customer.credits_added", Papers;
    CustomerCreditsCountered => "customer.credits_countered", Papers;
    CustomerInvited => "customer.invited", Papers;
    CustomerWebAccessSet => "customer.web_access_set", Papers;
    UserCreated => "user.created", Papers;
    UserUpdated => "user.updated", Papers;
    UserInvited => "user.invited", Papers;
    UserPasswordSet => "user.password_set", Papers;
    UserDeleted => "user.deleted", Papers;
    SessionCreated => "session.created", Papers;
    SessionDeleted => "session.deleted", Papers;
    FactorAdded => "factor.added", Papers;
    FactorRemoved => "factor.removed", Papers;
    /// By somebody who manages the account: all of them are gone.
    FactorsReset => "factors.reset", Papers;
    RecoveryCodesRenewed => "recovery_codes.renewed", Papers;
    /// So many codes were wrong in a row that none is looked at any more.
    CodesBlocked => "codes.blocked", Papers;
    RecoveryCodeUsed => "recovery_code.used", Papers;
    SignInProviderSet => "sign_in_provider.set", Papers;
    SignInProviderRemoved => "sign_in_provider.removed", Papers;
    /// By its owner from elsewhere, or by somebody above.
    SessionRevoked => "session.revoked", Papers;
    TokenCreated => "token.created", Papers;
    TokenRevoked => "token.revoked", Papers;
    PassKeyCreated => "pass_key.created", Papers;
    PassKeyRotated => "pass_key.rotated", Papers;
    PassKeyRevoked => "pass_key.revoked", Papers;
    DeviceRegistered => "device.registered", Grants;
    DeviceRegisteredAgain => "device.registered_again", Grants;
    DeviceUpdated => "device.updated", Grants;
    DeviceSpaceSet => "device.space_set", Grants;
    DeviceCredentialsIssued => "device.credentials_issued", Grants;
    /// By hand, before it registers.
    DeviceAdded => "device.added", Grants;
    DeviceApproved => "device.approved", Grants;
    DeviceSuspended => "device.suspended", Grants;
    DeviceActivated => "device.activated", Grants;
    DeviceDeleted => "device.deleted", Grants;
    DeviceLicensed => "device.licensed", Grants;
    DeviceUnlicensed => "device.unlicensed", Grants;
    DeviceMoved => "device.moved", Grants;
    /// The same, told to those above whom it stands no longer.
    DeviceMovedAway => "device.moved_away", Papers;
    DeviceReleased => "device.released", Grants;
    DeviceReprovisioned => "device.reprovisioned", Grants;
    DeviceDeletionScheduled => "device.deletion_scheduled", Grants;
    DeviceRestored => "device.restored", Grants;
    /// Somebody with its credentials tried to delete from what is append-only.
    DeviceDeletionRefused => "device.deletion_refused", Papers;
    /// Somebody has given the password of its backups, to look through them.
    DeviceVaultOpened => "device.vault_opened", Papers;
    DeviceFileDownloaded => "device.file_downloaded", Papers;
    DeviceArchiveDownloaded => "device.archive_downloaded", Papers;
    CustomerSettingSet => "customer.setting_set", Grants;
    CustomerSettingInherited => "customer.setting_inherited", Grants;
    DeviceSettingSet => "device.setting_set", Grants;
    DeviceSettingInherited => "device.setting_inherited", Grants;
    TaskCreated => "task.created", Papers;
    TaskStopped => "task.stopped", Papers;
    TaskRetried => "task.retried", Papers;
    /// It was seen for the first time, or again after it was mended.
    EventOpened => "event.opened", Papers;
    /// It matters more than it did.
    EventWorsened => "event.worsened", Papers;
    EventAcknowledged => "event.acknowledged", Papers;
    /// By somebody, or by itself.
    EventResolved => "event.resolved", Papers;
    LicenceGranted => "licence.granted", Papers;
    LicenceUpdated => "licence.updated", Papers;
    LicenceAssigned => "licence.assigned", Papers;
    LicenceRevoked => "licence.revoked", Papers;
    LicenceReassigned => "licence.reassigned", Papers;
    LicenceRenewed => "licence.renewed", Grants;
    LicenceCancelled => "licence.cancelled", Papers;
    ProductCreated => "product.created", Papers;
    ProductUpdated => "product.updated", Papers;
    StorageLocationCreated => "storage_location.created", Papers;
    StorageLocationUpdated => "storage_location.updated", Papers;
    StoragePoolCreated => "storage_pool.created", Papers;
    StoragePoolUpdated => "storage_pool.updated", Papers;
    PlanCreated => "plan.created", Papers;
    PlanUpdated => "plan.updated", Papers;
    CustomerTemplateAssigned => "customer.template_assigned", Papers;
    CustomerReportSent => "customer.report_sent", Papers;
    CustomerDetailsSent => "customer.details_sent", Papers;
    /// By its recipient, with the link in a mail.
    CustomerReportStopped => "customer.report_stopped", Papers;
    CustomerReportResumed => "customer.report_resumed", Papers;
    InvoicePlanCreated => "invoice_plan.created", Papers;
    InvoicePlanUpdated => "invoice_plan.updated", Papers;
    InvoicePlanDeleted => "invoice_plan.deleted", Papers;
    /// How a customer is invoiced.
    CustomerInvoiceSettingsSet => "customer.invoice_settings_set", Papers;
    TaxRatesSet => "tax_rates.set", Papers;
    InvoiceDrafted => "invoice.drafted", Papers;
    InvoiceIssued => "invoice.issued", Papers;
    InvoicePaid => "invoice.paid", Papers;
    InvoiceOverdue => "invoice.overdue", Papers;
    InvoiceCredited => "invoice.credited", Papers;
    InvoiceDeleted => "invoice.deleted", Papers;
    TemplateCreated => "template.created", Papers;
    TemplateUpdated => "template.updated", Papers;
    TemplateDeleted => "template.deleted", Papers;
    NotificationRuleCreated => "notification_rule.created", Papers;
    NotificationRuleUpdated => "notification_rule.updated", Papers;
    NotificationRuleDeleted => "notification_rule.deleted", Papers;
    WebhookCreated => "webhook.created", Papers;
    WebhookUpdated => "webhook.updated", Papers;
    WebhookSecretRenewed => "webhook.secret_renewed", Papers;
    WebhookDeleted => "webhook.deleted", Papers;
    MailSettingsUpdated => "mail_settings.updated", Papers;
    ViewShared => "view.shared", Papers;
    ViewUpdated => "view.updated", Papers;
    ViewUnshared => "view.unshared", Papers;
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
    /// What the API token is called with which it was asked for; `null` where somebody did it themselves.
    pub token: Option<String>,
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
    /// `customer`, `user`, `device`, `pass_key`, `task`, `view`, `product`, `plan`, `token`,
    /// `storage_location`.
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
