//! What an account may be allowed to do. Roles are sets of these, and tokens name them.

use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

macro_rules! permissions {
    ($($name:ident => $word:tt, $sentence:tt;)*) => {
        /// Something that an account may be allowed to do with what stands in its subtree.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum Permission {
            $(#[doc = $sentence] #[serde(rename = $word)] $name,)*
        }

        impl Permission {
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The word on the wire.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $word,)* }
            }

            /// What it allows, for `docs/permissions.md`.
            pub fn sentence(self) -> &'static str {
                match self { $(Self::$name => $sentence,)* }
            }
        }
    };
}

permissions! {
    ReadCustomers => "read_customers", "See customers and sites, their settings, space and measurements.";
    CreateCustomers => "create_customers", "Add customers and sites.";
    EditCustomers => "edit_customers", "Change what is known of customers.";
    SwitchCustomers => "switch_customers", "Suspend and activate customers, and end their trials.";
    DeleteCustomers => "delete_customers", "Schedule the deletion of customers, and cancel it.";
    MoveCustomers => "move_customers", "Put customers under another parent, where customers may be added too.";
    AllotSpace => "allot_space", "Split space among the customers below.";
    SetPasswords => "set_passwords", "Set or hand out the password of a customer's own account.";
    ReadUsers => "read_users", "See people's accounts, and what mail went to them.";
    ManageUsers => "manage_users", "Add, change and remove people's accounts, and see and end their sessions and tokens.";
    ReadDevices => "read_devices", "See devices, their backups and their space, and overviews.";
    RestoreFiles => "restore_files", "Open backups with their password, look through them and download from them.";
    EditDevices => "edit_devices", "Rename devices and allot space to them.";
    IssueCredentials => "issue_credentials", "Give a device new credentials; the old ones end.";
    ManageDevices => "manage_devices", "Approve, suspend, activate and delete devices.";
    ManageSettings => "manage_settings", "Set what holds at customers and devices.";
    ReadPassKeys => "read_pass_keys", "See pass keys, without their secrets.";
    ManagePassKeys => "manage_pass_keys", "Make, rotate and revoke pass keys, and add devices by hand.";
    ReadChanges => "read_changes", "Read the change log.";
    ReadTasks => "read_tasks", "See tasks and what became of them.";
    RunTasks => "run_tasks", "Do the same to many, as far as it may be done to each.";
    UseViews => "use_views", "Keep views, and use those that are shared.";
    ShareViews => "share_views", "Share views with everybody at a customer and below it.";
    ReadLicences => "read_licences", "See licences, and which site has how much of them.";
    ManageLicences => "manage_licences", "Grant, renew and end licences of the customers below.";
    AssignLicences => "assign_licences", "Assign licences to sites, and take them back.";
    ReadInvoices => "read_invoices", "See invoices, and by what one is invoiced.";
    ManageInvoices => "manage_invoices", "Make plans and invoices for those below, issue them and take them back.";
    ReadEvents => "read_events", "See events, and how many of them need attention.";
    ManageEvents => "manage_events", "Acknowledge and resolve events of those that one looks after.";
    ReportEvents => "report_events", "Report what devices and other products have seen.";
    ManageProducts => "manage_products", "Edit the provider's catalogue; at the provider only.";
    ManageMail => "manage_mail", "Say how mail leaves; at the provider only.";
    ManageSignIn => "manage_sign_in", "Say which provider of identities signs a customer's people in.";
    ManageNotifications => "manage_notifications", "See, add, change and remove the rules by which people are told of events.";
    ManageWebhooks => "manage_webhooks", "See, add and remove webhooks, which are told what happens, and replay what they were sent.";
    ManageSuperUsers => "manage_super_users", "Change and remove super users, and make somebody one.";
    ManageKeys => "manage_keys", "Be a key officer, and say who else is one.";
}

impl Permission {
    /// Whether the right is needed at the customer's parent: what was laid on a customer from above is not the
    /// customer's own to lift, nor is its own existence.
    pub fn is_needed_at_parent(self) -> bool {
        matches!(
            self,
            Self::SwitchCustomers
                | Self::DeleteCustomers
                | Self::MoveCustomers
                | Self::AllotSpace
                | Self::ManageLicences
        )
    }
}

impl Permission {
    /// Whether nobody at an end customer or a site does it: it doesn't put aside what those who look after it have to know.
    pub fn is_for_those_above(self) -> bool {
        matches!(self, Self::ManageEvents | Self::ManageInvoices)
    }
}

impl AsRef<str> for Permission {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// No permission is called that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unknown;

impl std::fmt::Display for Unknown {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("no permission is called that")
    }
}

impl std::error::Error for Unknown {}

impl FromStr for Permission {
    type Err = Unknown;

    fn from_str(text: &str) -> Result<Self, Unknown> {
        Self::ALL.iter().copied().find(|permission| permission.as_str() == text).ok_or(Unknown)
    }
}
