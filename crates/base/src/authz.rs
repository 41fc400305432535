//! Who may do what: an account holds a set of permissions over a subtree, roles are named sets, and each operation needs
//! one. [`http::guard`](crate::http::guard) asks before a body is read; commands ask again when they fetch a row for a
//! purpose. `docs/permissions.md` is generated from here; what is expected stands apart, in `tests/it/permissions.txt`.

mod document;

use std::borrow::Cow;

use api::id::{CustomerId, TokenId};
pub use api::permission::Permission;
use api::user::Role;
use api::{Code, Error, Level};
use tree::Path;

pub use document::document;

/// A set of permissions, held over a subtree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Permissions(u64);

impl Permissions {
    const fn of(permissions: &[Permission]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < permissions.len() {
            bits |= 1 << permissions[at] as u64;
            at += 1;
        }
        Self(bits)
    }

    const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    pub const fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u64) != 0
    }

    /// Whether all of them are among these.
    pub const fn includes(self, others: Self) -> bool {
        self.0 & others.0 == others.0
    }

    /// Those that both have.
    #[must_use]
    pub const fn both(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// These but one.
    #[must_use]
    pub const fn without(self, permission: Permission) -> Self {
        Self(self.0 & !(1 << permission as u64))
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// One after the other, in the order of the table.
    pub fn list(self) -> Vec<Permission> {
        Permission::ALL.iter().copied().filter(|permission| self.has(*permission)).collect()
    }
}

impl FromIterator<Permission> for Permissions {
    fn from_iter<T: IntoIterator<Item = Permission>>(permissions: T) -> Self {
        Self(permissions.into_iter().fold(0, |bits, permission| bits | 1 << permission as u64))
    }
}

/// What a customer used, and when it last backed up.
const LOOKING: Permissions =
    Permissions::of(&[Permission::ReadCustomers, Permission::ReadLicences, Permission::UseViews]);
const INVOICE_AUDITOR: Permissions = LOOKING.and(Permissions::of(&[Permission::ReadInvoices]));
const SEEING_DEVICES: Permissions = LOOKING.and(Permissions::of(&[Permission::ReadDevices]));
const RESTORE_ONLY: Permissions = SEEING_DEVICES.and(Permissions::of(&[Permission::RestoreFiles]));
const REPORTER: Permissions =
    SEEING_DEVICES.and(Permissions::of(&[Permission::ReadChanges, Permission::ReadTasks, Permission::ReadEvents]));
const READING: Permissions = REPORTER.and(Permissions::of(&[Permission::ReadPassKeys]));
const SUPPORTER: Permissions = READING.and(Permissions::of(&[Permission::ReadUsers]));
const CUSTOMER: Permissions =
    READING.and(Permissions::of(&[Permission::ManagePassKeys, Permission::ReadInvoices, Permission::RestoreFiles]));
const OPERATOR: Permissions =
    SUPPORTER.and(Permissions::of(&[Permission::IssueCredentials, Permission::ManageEvents, Permission::RestoreFiles]));
const MANAGER: Permissions = OPERATOR.and(CUSTOMER).and(Permissions::of(&[
    Permission::CreateCustomers,
    Permission::EditCustomers,
    Permission::SwitchCustomers,
    Permission::AllotSpace,
    Permission::ManageLicences,
    Permission::AssignLicences,
    Permission::EditDevices,
    Permission::ManageDevices,
    Permission::ManageSettings,
    Permission::RunTasks,
    Permission::ShareViews,
    Permission::ReportEvents,
    Permission::ManageNotifications,
    Permission::ManageInvoices,
]));
const ADMINISTRATOR: Permissions = MANAGER.and(Permissions::of(&[
    Permission::DeleteCustomers,
    Permission::MoveCustomers,
    Permission::SetPasswords,
    Permission::ManageUsers,
    Permission::ManageProducts,
    Permission::ManageMail,
    Permission::ManageSignIn,
    Permission::ManageWebhooks,
]));
const SUPER_USER: Permissions = ADMINISTRATOR.and(Permissions::of(&[Permission::ManageSuperUsers]));
/// What a key officer has beside the role.
const KEY_OFFICER: Permissions = Permissions::of(&[Permission::ManageKeys]);

/// Roles are names of sets. The one place that says which.
pub const fn permissions_of(role: Role) -> Permissions {
    match role {
        Role::SuperUser => SUPER_USER,
        Role::Administrator => ADMINISTRATOR,
        Role::Manager => MANAGER,
        Role::Operator => OPERATOR,
        Role::Supporter => SUPPORTER,
        Role::Reporter => REPORTER,
        Role::RestoreOnly => RESTORE_ONLY,
        Role::InvoiceAuditor => INVOICE_AUDITOR,
        Role::Customer => CUSTOMER,
    }
}

/// The same for somebody who may be a key officer, too.
pub const fn permissions_with(role: Role, is_key_officer: bool) -> Permissions {
    if is_key_officer { permissions_of(role).and(KEY_OFFICER) } else { permissions_of(role) }
}

/// What an operation asks of its caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// Nothing: anybody.
    Nothing,
    /// A secret in the request itself.
    Secret,
    /// Any account.
    Account,
    /// A sign-in that lacks its second half.
    Half,
    /// Any account, or one that has to set up a second factor before it can sign in.
    Enrolling,
    /// Somebody who is signed in: no token does this.
    Person,
    /// The same, for what is one's own; for what is another's this permission where that one stands.
    OwnOr(Permission),
    Permission(Permission),
    /// The same, asked for by somebody who is signed in.
    PersonMay(Permission),
    /// At the provider: what is one for the whole installation.
    Provider(Permission),
}

/// An operation by its `operation_id`, and what it needs.
pub type Line = (&'static str, Need);

/// Every operation by its `operation_id`. A test compares this with `openapi.json` and with what the server does.
pub const OPERATIONS: &[Line] = &[
    ("setup_show", Need::Nothing),
    ("setup_run", Need::Secret),
    ("session_create", Need::Secret),
    ("session_finish", Need::Half),
    ("foreign_sign_in_begin", Need::Nothing),
    ("foreign_sign_in_finish", Need::Secret),
    ("session_delete", Need::Person),
    ("session_list", Need::Person),
    ("session_revoke", Need::OwnOr(Permission::ManageUsers)),
    ("session_revoke_others", Need::Person),
    ("user_session_list", Need::Permission(Permission::ManageUsers)),
    ("customer_session_list", Need::Permission(Permission::ManageUsers)),
    ("token_list", Need::Person),
    ("token_create", Need::Person),
    ("token_revoke", Need::OwnOr(Permission::ManageUsers)),
    ("me_show", Need::Account),
    ("me_set_password", Need::Person),
    ("me_prove", Need::Person),
    ("me_prove_begin", Need::Person),
    ("factor_list", Need::Person),
    ("factor_update", Need::Person),
    ("factor_delete", Need::Person),
    ("totp_begin", Need::Enrolling),
    ("totp_confirm", Need::Enrolling),
    ("passkey_begin", Need::Enrolling),
    ("passkey_add", Need::Enrolling),
    ("recovery_codes_renew", Need::Person),
    ("customer_list", Need::Permission(Permission::ReadCustomers)),
    ("customer_count", Need::Permission(Permission::ReadCustomers)),
    ("customer_export", Need::Permission(Permission::ReadCustomers)),
    ("customer_export_chosen", Need::Permission(Permission::ReadCustomers)),
    ("removed_customer_list", Need::Permission(Permission::ReadCustomers)),
    ("removed_customer_count", Need::Permission(Permission::ReadCustomers)),
    ("removed_customer_show", Need::Permission(Permission::ReadCustomers)),
    ("customer_show", Need::Permission(Permission::ReadCustomers)),
    ("customer_create", Need::Permission(Permission::CreateCustomers)),
    ("customer_update", Need::Permission(Permission::EditCustomers)),
    ("customer_delete", Need::Permission(Permission::DeleteCustomers)),
    ("customer_restore", Need::Permission(Permission::DeleteCustomers)),
    ("customer_end_trial", Need::Permission(Permission::SwitchCustomers)),
    ("customer_suspend", Need::Permission(Permission::SwitchCustomers)),
    ("customer_activate", Need::Permission(Permission::SwitchCustomers)),
    ("customer_move", Need::Permission(Permission::MoveCustomers)),
    ("customer_set_password", Need::PersonMay(Permission::SetPasswords)),
    ("customer_set_web_access", Need::PersonMay(Permission::SetPasswords)),
    ("customer_reset_factors", Need::PersonMay(Permission::SetPasswords)),
    ("space_show", Need::Permission(Permission::ReadCustomers)),
    ("space_set", Need::Permission(Permission::AllotSpace)),
    ("allotment_list", Need::Permission(Permission::ReadDevices)),
    // Each change takes its own right where it is made.
    ("allotment_set", Need::Permission(Permission::AllotSpace)),
    ("site_create", Need::Permission(Permission::CreateCustomers)),
    ("change_list", Need::Permission(Permission::ReadChanges)),
    ("change_export", Need::Permission(Permission::ReadChanges)),
    // Of what happens, each is told what it may read.
    ("feed_show", Need::Permission(Permission::ReadCustomers)),
    ("measurement_list", Need::Permission(Permission::ReadCustomers)),
    ("overview_show", Need::Permission(Permission::ReadDevices)),
    ("user_list", Need::Permission(Permission::ReadUsers)),
    ("user_count", Need::Permission(Permission::ReadUsers)),
    ("user_export", Need::Permission(Permission::ReadUsers)),
    ("user_export_chosen", Need::Permission(Permission::ReadUsers)),
    ("user_show", Need::Permission(Permission::ReadUsers)),
    ("user_create", Need::Permission(Permission::ManageUsers)),
    ("user_update", Need::Permission(Permission::ManageUsers)),
    ("user_delete", Need::Permission(Permission::ManageUsers)),
    ("user_reset_factors", Need::PersonMay(Permission::ManageUsers)),
    ("invitation_create", Need::Permission(Permission::ManageUsers)),
    ("customer_invitation_create", Need::Permission(Permission::SetPasswords)),
    ("invitation_accept", Need::Secret),
    ("licence_list", Need::Permission(Permission::ReadLicences)),
    ("licence_count", Need::Permission(Permission::ReadLicences)),
    ("licence_list_then", Need::Permission(Permission::ReadLicences)),
    ("licence_pool_month_list", Need::Permission(Permission::ReadLicences)),
    ("licence_show", Need::Permission(Permission::ReadLicences)),
    ("licence_grant", Need::Permission(Permission::ManageLicences)),
    ("licence_pool_list", Need::Permission(Permission::ReadLicences)),
    ("licence_pool_set", Need::Permission(Permission::ManageLicences)),
    ("credit_list", Need::Permission(Permission::ReadLicences)),
    ("credit_month_list", Need::Permission(Permission::ReadLicences)),
    ("credit_entry_list", Need::Permission(Permission::ReadLicences)),
    ("credit_add", Need::Permission(Permission::ManageLicences)),
    ("credit_counter", Need::Permission(Permission::ManageLicences)),
    ("licence_update", Need::Permission(Permission::ManageLicences)),
    ("licence_cancel", Need::Permission(Permission::ManageLicences)),
    ("licence_renew", Need::Permission(Permission::ManageLicences)),
    ("licence_assign", Need::Permission(Permission::AssignLicences)),
    ("licence_revoke", Need::Permission(Permission::AssignLicences)),
    ("licence_reassign", Need::Permission(Permission::AssignLicences)),
    ("event_list", Need::Permission(Permission::ReadEvents)),
    ("event_count", Need::Permission(Permission::ReadEvents)),
    ("event_show", Need::Permission(Permission::ReadEvents)),
    ("event_report", Need::Permission(Permission::ReportEvents)),
    ("event_acknowledge", Need::Permission(Permission::ManageEvents)),
    ("event_resolve", Need::Permission(Permission::ManageEvents)),
    ("account_details_show", Need::Permission(Permission::EditCustomers)),
    ("account_details_send", Need::Permission(Permission::EditCustomers)),
    ("report_list", Need::Permission(Permission::ReadCustomers)),
    ("report_show", Need::Permission(Permission::ReadDevices)),
    ("report_page", Need::Permission(Permission::ReadDevices)),
    ("report_send", Need::Permission(Permission::ManageSettings)),
    ("report_resume", Need::Permission(Permission::ManageSettings)),
    ("report_stop", Need::Secret),
    ("template_list", Need::Permission(Permission::ReadCustomers)),
    ("template_create", Need::Permission(Permission::ManageSettings)),
    ("template_show", Need::Permission(Permission::ReadCustomers)),
    ("template_update", Need::Permission(Permission::ManageSettings)),
    ("template_delete", Need::Permission(Permission::ManageSettings)),
    ("customer_assign_template", Need::Permission(Permission::ManageSettings)),
    ("customer_detach_template", Need::Permission(Permission::ManageSettings)),
    ("invoice_plan_list", Need::Permission(Permission::ReadInvoices)),
    ("invoice_plan_create", Need::Permission(Permission::ManageInvoices)),
    ("invoice_plan_show", Need::Permission(Permission::ReadInvoices)),
    ("invoice_plan_update", Need::Permission(Permission::ManageInvoices)),
    ("invoice_plan_delete", Need::Permission(Permission::ManageInvoices)),
    ("invoice_settings_show", Need::Permission(Permission::ReadInvoices)),
    ("invoice_settings_set", Need::Permission(Permission::ManageInvoices)),
    ("tax_rate_list", Need::Account),
    ("tax_rate_set", Need::Provider(Permission::ManageInvoices)),
    ("invoice_preview", Need::Permission(Permission::ManageInvoices)),
    ("invoice_list", Need::Permission(Permission::ReadInvoices)),
    ("invoice_export", Need::Permission(Permission::ReadInvoices)),
    ("invoice_create", Need::Permission(Permission::ManageInvoices)),
    ("invoice_show", Need::Permission(Permission::ReadInvoices)),
    ("invoice_issue", Need::Permission(Permission::ManageInvoices)),
    ("invoice_pay", Need::Permission(Permission::ManageInvoices)),
    ("invoice_credit", Need::Permission(Permission::ManageInvoices)),
    ("invoice_delete", Need::Permission(Permission::ManageInvoices)),
    ("notification_rule_list", Need::Permission(Permission::ManageNotifications)),
    ("notification_rule_create", Need::Permission(Permission::ManageNotifications)),
    ("notification_rule_preview", Need::Permission(Permission::ManageNotifications)),
    ("notification_rule_replace", Need::Permission(Permission::ManageNotifications)),
    ("notification_rule_delete", Need::Permission(Permission::ManageNotifications)),
    ("webhook_list", Need::Permission(Permission::ManageWebhooks)),
    ("webhook_create", Need::Permission(Permission::ManageWebhooks)),
    ("webhook_show", Need::Permission(Permission::ManageWebhooks)),
    ("webhook_update", Need::Permission(Permission::ManageWebhooks)),
    ("webhook_renew_secret", Need::PersonMay(Permission::ManageWebhooks)),
    ("webhook_test", Need::Permission(Permission::ManageWebhooks)),
    ("webhook_delivery_list", Need::Permission(Permission::ManageWebhooks)),
    ("webhook_delivery_replay", Need::Permission(Permission::ManageWebhooks)),
    ("webhook_delete", Need::Permission(Permission::ManageWebhooks)),
    ("pass_key_list", Need::Permission(Permission::ReadPassKeys)),
    ("pass_key_list_below", Need::Permission(Permission::ReadPassKeys)),
    ("pass_key_count", Need::Permission(Permission::ReadPassKeys)),
    ("pass_key_create", Need::Permission(Permission::ManagePassKeys)),
    ("pass_key_rotate", Need::Permission(Permission::ManagePassKeys)),
    ("pass_key_revoke", Need::Permission(Permission::ManagePassKeys)),
    ("device_register", Need::Secret),
    ("device_report", Need::Secret),
    ("device_list", Need::Permission(Permission::ReadDevices)),
    ("device_count", Need::Permission(Permission::ReadDevices)),
    ("device_export", Need::Permission(Permission::ReadDevices)),
    ("device_export_chosen", Need::Permission(Permission::ReadDevices)),
    ("device_show", Need::Permission(Permission::ReadDevices)),
    ("device_history", Need::Permission(Permission::ReadDevices)),
    ("job_list", Need::Permission(Permission::ReadDevices)),
    ("job_count", Need::Permission(Permission::ReadDevices)),
    ("device_job_list", Need::Permission(Permission::ReadDevices)),
    ("device_open_vault", Need::PersonMay(Permission::RestoreFiles)),
    // Vaults are in memory, each its opener's alone: which one is named their slice finds out.
    ("vault_show", Need::PersonMay(Permission::RestoreFiles)),
    ("vault_delete", Need::PersonMay(Permission::RestoreFiles)),
    ("vault_snapshot_list", Need::PersonMay(Permission::RestoreFiles)),
    ("vault_entry_list", Need::PersonMay(Permission::RestoreFiles)),
    ("vault_search", Need::PersonMay(Permission::RestoreFiles)),
    ("vault_file_download", Need::PersonMay(Permission::RestoreFiles)),
    ("vault_archive_download", Need::PersonMay(Permission::RestoreFiles)),
    ("device_update", Need::Permission(Permission::EditDevices)),
    ("device_issue_credentials", Need::Permission(Permission::IssueCredentials)),
    ("device_space_show", Need::Permission(Permission::ReadDevices)),
    ("device_space_set", Need::Permission(Permission::EditDevices)),
    // Whoever makes pass keys may say which devices come with them.
    ("device_create", Need::Permission(Permission::ManagePassKeys)),
    ("device_delete", Need::Permission(Permission::ManageDevices)),
    ("device_approve", Need::Permission(Permission::ManageDevices)),
    ("device_release", Need::Permission(Permission::ManageDevices)),
    ("device_restore", Need::Permission(Permission::ManageDevices)),
    ("device_suspend", Need::Permission(Permission::ManageDevices)),
    ("device_activate", Need::Permission(Permission::ManageDevices)),
    ("customer_effective", Need::Permission(Permission::ReadCustomers)),
    ("customer_set_setting", Need::Permission(Permission::ManageSettings)),
    ("customer_inherit_setting", Need::Permission(Permission::ManageSettings)),
    ("sign_in_provider_show", Need::PersonMay(Permission::ManageSignIn)),
    ("sign_in_provider_set", Need::PersonMay(Permission::ManageSignIn)),
    ("sign_in_provider_remove", Need::PersonMay(Permission::ManageSignIn)),
    ("device_effective", Need::Permission(Permission::ReadDevices)),
    ("device_set_setting", Need::Permission(Permission::ManageSettings)),
    ("device_inherit_setting", Need::Permission(Permission::ManageSettings)),
    ("storage_location_list", Need::Account),
    ("storage_location_show", Need::Account),
    ("storage_location_create", Need::Provider(Permission::ManageProducts)),
    ("storage_location_update", Need::Provider(Permission::ManageProducts)),
    ("storage_pool_list", Need::Provider(Permission::ManageProducts)),
    ("storage_pool_show", Need::Provider(Permission::ManageProducts)),
    ("storage_pool_create", Need::Provider(Permission::ManageProducts)),
    ("storage_pool_update", Need::Provider(Permission::ManageProducts)),
    ("customer_migrate_storage", Need::Provider(Permission::ManageProducts)),
    ("product_list", Need::Account),
    ("product_show", Need::Account),
    ("product_create", Need::Provider(Permission::ManageProducts)),
    ("product_update", Need::Provider(Permission::ManageProducts)),
    ("plan_list", Need::Account),
    ("plan_show", Need::Account),
    ("plan_create", Need::Provider(Permission::ManageProducts)),
    ("plan_update", Need::Provider(Permission::ManageProducts)),
    ("field_list", Need::Account),
    // What is done to many is asked for at each, too.
    ("bulk_run", Need::Permission(Permission::RunTasks)),
    ("task_list", Need::Permission(Permission::ReadTasks)),
    ("task_show", Need::Permission(Permission::ReadTasks)),
    ("task_results", Need::Permission(Permission::ReadTasks)),
    ("task_answers", Need::PersonMay(Permission::ReadTasks)),
    ("task_stop", Need::Permission(Permission::RunTasks)),
    ("task_retry", Need::Permission(Permission::RunTasks)),
    ("task_undo", Need::Permission(Permission::RunTasks)),
    ("mail_settings_show", Need::Provider(Permission::ManageMail)),
    ("mail_settings_update", Need::Provider(Permission::ManageMail)),
    ("mail_settings_test", Need::Provider(Permission::ManageMail)),
    ("mail_list", Need::Permission(Permission::ReadUsers)),
    ("password_reset_request", Need::Nothing),
    ("view_list", Need::Permission(Permission::UseViews)),
    // Who shares one, or changes one that is shared, needs the right to that, too.
    ("view_create", Need::Permission(Permission::UseViews)),
    ("view_show", Need::Permission(Permission::UseViews)),
    ("view_update", Need::Permission(Permission::UseViews)),
    ("view_delete", Need::Permission(Permission::UseViews)),
    ("view_restore", Need::Permission(Permission::UseViews)),
    ("view_set_default", Need::Permission(Permission::UseViews)),
    ("me_set_view_settings", Need::Person),
];

/// An operation's line.
pub fn line(operation: &str) -> Option<Line> {
    OPERATIONS.iter().find(|(id, _)| *id == operation).copied()
}

/// Operations that an account may ask for somewhere in its subtree.
pub fn operations_of(account: &Account) -> Vec<String> {
    OPERATIONS
        .iter()
        .filter(|(_, need)| match need {
            Need::Nothing | Need::Secret | Need::Half => false,
            Need::Account => true,
            Need::Person | Need::OwnOr(_) | Need::Enrolling => account.token.is_none(),
            Need::Permission(permission) => account.permissions.has(*permission),
            Need::PersonMay(permission) => account.token.is_none() && account.permissions.has(*permission),
            Need::Provider(permission) => account.refusal_as_provider(*permission).is_none(),
        })
        .map(|(id, _)| (*id).to_owned())
        .collect()
}

/// Who asks: a set of permissions over a subtree, and how to call whoever holds them.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: AccountId,
    /// What to call it in the change log.
    pub name: String,
    pub login: String,
    /// The name of the set below.
    pub role: Role,
    pub permissions: Permissions,
    pub customer_id: CustomerId,
    /// The top of what it may see.
    pub path: Path,
    /// Of its customer.
    pub level: Level,
    /// With what a program asks in its place: then all of the above is no more than that.
    pub token: Option<Box<TokenOfCaller>>,
}

/// The token that a request came with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenOfCaller {
    pub id: TokenId,
    pub name: String,
    /// Where its owner stands, which may be above where it holds.
    pub owner_path: Path,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountId {
    User(api::id::UserId),
    /// A customer that signed in with its username.
    Customer(CustomerId),
}

impl AccountId {
    /// The account with an id that [`as_str`](Self::as_str) gave.
    pub fn from_text(id: String) -> Self {
        if id.starts_with("cus_") {
            Self::Customer(CustomerId::from_text(id))
        } else {
            Self::User(api::id::UserId::from_text(id))
        }
    }

    pub fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Customer(id) => id.as_str(),
        }
    }
}

const NOT_GIVEN: &str = "Your role does not allow this.";
const NOT_GIVEN_TO_TOKEN: &str = "The API token does not hold the permission for this.";
const FROM_ABOVE: &str = "Only somebody who looks after the customer from above may do this.";

impl Account {
    /// What an administrator of a customer sees and may: for what was set up there and asks for nobody in person.
    pub fn administrator_of(customer: &CustomerId, path: Path, level: Level) -> Self {
        Self {
            id: AccountId::Customer(customer.clone()),
            name: String::new(),
            login: String::new(),
            role: Role::Administrator,
            permissions: ADMINISTRATOR,
            customer_id: customer.clone(),
            path,
            level,
            token: None,
        }
    }

    /// Where whoever is behind it stands: who sees that place may be told who it was.
    pub fn home(&self) -> &Path {
        self.token.as_ref().map_or(&self.path, |token| &token.owner_path)
    }

    /// The customer that stands there.
    pub fn home_customer(&self) -> CustomerId {
        CustomerId::from_text(self.home().id())
    }

    /// Passwords, sessions and tokens are people's own affair.
    ///
    /// # Errors
    /// `token_not_allowed`.
    pub fn refuse_token(&self) -> Result<(), Error> {
        match &self.token {
            None => Ok(()),
            Some(_) => Err(Error::new(Code::TokenNotAllowed, "Sign in to do this; an API token may not.")),
        }
    }

    /// Whether the account may give this role: nobody gives what they don't hold.
    pub fn may_grant(&self, role: Role, is_key_officer: bool) -> bool {
        self.permissions.has(Permission::ManageUsers)
            && self.permissions.includes(permissions_with(role, is_key_officer))
    }

    /// The roles that it may give.
    pub fn grantable_roles(&self) -> Vec<Role> {
        Role::ALL.into_iter().filter(|role| self.may_grant(*role, false)).collect()
    }

    /// Whether the account may know that something at `path` exists.
    pub fn sees(&self, path: &Path) -> bool {
        self.path.contains(path)
    }

    /// The same account as it stood when `path` led to something below it: its customer may have moved since, and what it
    /// knew then is no secret now.
    pub fn as_it_stood(&self, path: &Path) -> Cow<'_, Self> {
        if self.sees(path) {
            return Cow::Borrowed(self);
        }
        match path.up_to(self.path.id()) {
            Some(then) => Cow::Owned(Self { path: then, ..self.clone() }),
            None => Cow::Borrowed(self),
        }
    }

    /// What was found, for a purpose: the way from a row to the caller's hands.
    ///
    /// # Errors
    /// `not_found` where there is nothing that the account sees, `forbidden` where it sees it and may not do this.
    pub fn admit<T>(&self, found: Option<T>, place: impl Fn(&T) -> &Path, permission: Permission) -> Result<T, Error> {
        self.admit_reference(found, place, permission)?.ok_or_else(Error::not_found)
    }

    /// The same for what a field of the input refers to: `None` where the account sees no such thing.
    ///
    /// # Errors
    /// `forbidden`, as [`Account::admit`].
    pub fn admit_reference<T>(
        &self,
        found: Option<T>,
        place: impl Fn(&T) -> &Path,
        permission: Permission,
    ) -> Result<Option<T>, Error> {
        let Some(found) = found.filter(|found| self.sees(place(found))) else { return Ok(None) };
        self.authorize(permission, place(&found))?;
        Ok(Some(found))
    }

    /// Whether the account may do this to anything at all.
    ///
    /// # Errors
    /// `forbidden`.
    pub fn authorize_somewhere(&self, permission: Permission) -> Result<(), Error> {
        if !self.permissions.has(permission) {
            Err(Error::new(Code::Forbidden, self.not_given()))
        } else if permission.is_for_those_above() && self.level.holds_devices() {
            // Nowhere that it sees.
            Err(Error::new(Code::Forbidden, FROM_ABOVE))
        } else {
            Ok(())
        }
    }

    /// Why it lacks a permission: a program was given some of its owner's.
    fn not_given(&self) -> &'static str {
        if self.token.is_some() { NOT_GIVEN_TO_TOKEN } else { NOT_GIVEN }
    }

    /// Why the account may not do this to the customer at `path`, which it sees.
    pub fn refusal(&self, permission: Permission, path: &Path) -> Option<&'static str> {
        if !self.permissions.has(permission) {
            Some(self.not_given())
        } else if permission.is_needed_at_parent()
            && !self.path.is_above(path)
            // Above the provider stands nobody: the space and the licences that it has are its own to say.
            && !(matches!(permission, Permission::AllotSpace | Permission::ManageLicences) && path.ids().count() == 1)
        {
            Some("Only somebody who looks after the customer above may do this.")
        } else if permission.is_for_those_above() && self.level.holds_devices() {
            Some(FROM_ABOVE)
        } else {
            None
        }
    }

    /// Why the account may not do this to what is one for the whole installation.
    pub fn refusal_as_provider(&self, permission: Permission) -> Option<&'static str> {
        if !self.permissions.has(permission) {
            Some(self.not_given())
        } else if self.path.ids().count() > 1 {
            Some("Only the provider may do this.")
        } else {
            None
        }
    }

    /// # Errors
    /// `forbidden`, for something that the account sees; what it doesn't see must have been answered with
    /// `not_found` before.
    pub fn authorize(&self, permission: Permission, path: &Path) -> Result<(), Error> {
        match self.refusal(permission, path) {
            None => Ok(()),
            Some(reason) => Err(Error::new(Code::Forbidden, reason)),
        }
    }
}
