//! Who may do what: an account holds a set of permissions over a subtree, roles are named sets, and each operation needs
//! one. [`http::guard`](crate::http::guard) asks before a body is read; commands ask again when they fetch a row for a
//! purpose. `docs/permissions.md` is generated from here; what is expected stands apart, in `tests/it/permissions.txt`.

use api::id::CustomerId;
use api::user::Role;
use api::{Code, Error, Level};
use tree::Path;

/// Something that an account may be allowed to do with what stands in its subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Permission {
    ReadCustomers,
    CreateCustomers,
    EditCustomers,
    /// Suspend and activate.
    SwitchCustomers,
    DeleteCustomers,
    SetPasswords,
    ReadUsers,
    ManageUsers,
    ReadDevices,
    EditDevices,
    IssueCredentials,
    ReadPassKeys,
    ManagePassKeys,
    ReadChanges,
    ReadTasks,
    /// Do the same to many, as far as it may be done to each.
    RunTasks,
}

impl Permission {
    /// Whether the right is needed at the customer's parent: what was laid on a customer from above is not the
    /// customer's own to lift, nor is its own existence.
    pub fn is_needed_at_parent(self) -> bool {
        matches!(self, Self::SwitchCustomers | Self::DeleteCustomers)
    }
}

/// A set of permissions, held over a subtree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permissions(u32);

impl Permissions {
    const fn of(permissions: &[Permission]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < permissions.len() {
            bits |= 1 << permissions[at] as u32;
            at += 1;
        }
        Self(bits)
    }

    const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    pub const fn has(self, permission: Permission) -> bool {
        self.0 & (1 << permission as u32) != 0
    }
}

const READING: Permissions = Permissions::of(&[
    Permission::ReadCustomers,
    Permission::ReadDevices,
    Permission::ReadPassKeys,
    Permission::ReadChanges,
    Permission::ReadTasks,
]);
const SUPPORTER: Permissions = READING.and(Permissions::of(&[Permission::ReadUsers]));
const CUSTOMER: Permissions = READING.and(Permissions::of(&[Permission::ManagePassKeys]));
const ADMINISTRATOR: Permissions = SUPPORTER.and(CUSTOMER).and(Permissions::of(&[
    Permission::CreateCustomers,
    Permission::EditCustomers,
    Permission::SwitchCustomers,
    Permission::DeleteCustomers,
    Permission::SetPasswords,
    Permission::ManageUsers,
    Permission::EditDevices,
    Permission::IssueCredentials,
    Permission::RunTasks,
]));

/// Roles are names of sets. The one place that says which.
pub const fn permissions_of(role: Role) -> Permissions {
    match role {
        Role::Administrator => ADMINISTRATOR,
        Role::Supporter => SUPPORTER,
        Role::Customer => CUSTOMER,
    }
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
    Permission(Permission),
}

/// An operation by its `operation_id`, and what it needs.
pub type Line = (&'static str, Need);

/// Every operation by its `operation_id`. A test compares this with `openapi.json` and with what the server does.
pub const OPERATIONS: &[Line] = &[
    ("setup_show", Need::Nothing),
    ("setup_run", Need::Secret),
    ("session_create", Need::Secret),
    ("session_delete", Need::Account),
    ("me_show", Need::Account),
    ("me_set_password", Need::Account),
    ("customer_list", Need::Permission(Permission::ReadCustomers)),
    ("customer_count", Need::Permission(Permission::ReadCustomers)),
    ("customer_show", Need::Permission(Permission::ReadCustomers)),
    ("customer_create", Need::Permission(Permission::CreateCustomers)),
    ("customer_update", Need::Permission(Permission::EditCustomers)),
    ("customer_delete", Need::Permission(Permission::DeleteCustomers)),
    ("customer_suspend", Need::Permission(Permission::SwitchCustomers)),
    ("customer_activate", Need::Permission(Permission::SwitchCustomers)),
    ("customer_set_password", Need::Permission(Permission::SetPasswords)),
    ("site_create", Need::Permission(Permission::CreateCustomers)),
    ("change_list", Need::Permission(Permission::ReadChanges)),
    ("feed_show", Need::Permission(Permission::ReadChanges)),
    ("user_list", Need::Permission(Permission::ReadUsers)),
    ("user_count", Need::Permission(Permission::ReadUsers)),
    ("user_show", Need::Permission(Permission::ReadUsers)),
    ("user_create", Need::Permission(Permission::ManageUsers)),
    ("user_update", Need::Permission(Permission::ManageUsers)),
    ("user_delete", Need::Permission(Permission::ManageUsers)),
    ("invitation_create", Need::Permission(Permission::ManageUsers)),
    ("invitation_accept", Need::Secret),
    ("pass_key_list", Need::Permission(Permission::ReadPassKeys)),
    ("pass_key_create", Need::Permission(Permission::ManagePassKeys)),
    ("pass_key_rotate", Need::Permission(Permission::ManagePassKeys)),
    ("pass_key_revoke", Need::Permission(Permission::ManagePassKeys)),
    ("device_register", Need::Secret),
    ("device_list", Need::Permission(Permission::ReadDevices)),
    ("device_count", Need::Permission(Permission::ReadDevices)),
    ("device_show", Need::Permission(Permission::ReadDevices)),
    ("device_update", Need::Permission(Permission::EditDevices)),
    ("device_issue_credentials", Need::Permission(Permission::IssueCredentials)),
    ("storage_location_list", Need::Account),
    ("field_list", Need::Account),
    // What is done to many is asked for at each, too.
    ("bulk_run", Need::Permission(Permission::RunTasks)),
    ("task_list", Need::Permission(Permission::ReadTasks)),
    ("task_show", Need::Permission(Permission::ReadTasks)),
    ("task_results", Need::Permission(Permission::ReadTasks)),
    ("task_stop", Need::Permission(Permission::RunTasks)),
    ("task_retry", Need::Permission(Permission::RunTasks)),
    ("task_undo", Need::Permission(Permission::RunTasks)),
];

/// An operation's line.
pub fn line(operation: &str) -> Option<Line> {
    OPERATIONS.iter().find(|(id, _)| *id == operation).copied()
}

/// Operations that somebody with these permissions may ask for somewhere in their subtree.
pub fn operations_of(permissions: Permissions) -> Vec<String> {
    OPERATIONS
        .iter()
        .filter(|(_, need)| match need {
            Need::Nothing | Need::Secret => false,
            Need::Account => true,
            Need::Permission(permission) => permissions.has(*permission),
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
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountId {
    User(api::id::UserId),
    /// A customer that signed in with its username.
    Customer(CustomerId),
}

impl AccountId {
    pub fn as_str(&self) -> &str {
        match self {
            Self::User(id) => id.as_str(),
            Self::Customer(id) => id.as_str(),
        }
    }
}

const NOT_GIVEN: &str = "Your role does not allow this.";

impl Account {
    /// Whether the account may know that something at `path` exists.
    pub fn sees(&self, path: &Path) -> bool {
        self.path.contains(path)
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
        if self.permissions.has(permission) { Ok(()) } else { Err(Error::new(Code::Forbidden, NOT_GIVEN)) }
    }

    /// Why the account may not do this to the customer at `path`, which it sees.
    pub fn refusal(&self, permission: Permission, path: &Path) -> Option<&'static str> {
        if !self.permissions.has(permission) {
            Some(NOT_GIVEN)
        } else if permission.is_needed_at_parent() && !self.path.is_above(path) {
            Some("Only somebody who looks after the customer above may do this.")
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

/// `docs/permissions.md`.
pub fn document() -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "# Permissions\n\n\
         Generated from `crates/base/src/authz.rs`. A test calls every operation with every role and compares with a\n\
         table that was written by hand, `crates/tenantry/tests/it/permissions.txt`.\n\n\
         A role holds over the subtree of its account's customer. Whatever stands outside of it is answered with 404,\n\
         as if it did not exist. Operations marked ↑ need the role at the parent of the customer: nobody lifts a\n\
         suspension that was laid on the own customer from above.\n\n\
         | operation | administrator | supporter | customer |\n|---|---|---|---|\n",
    );
    for (operation, need) in OPERATIONS {
        let cell = |role: Role| match need {
            Need::Nothing => "anybody",
            Need::Secret => "by a secret",
            Need::Permission(permission) if !permissions_of(role).has(*permission) => "no",
            Need::Permission(permission) if permission.is_needed_at_parent() => "yes ↑",
            Need::Account | Need::Permission(_) => "yes",
        };
        let [administrator, supporter, customer] = Role::ALL.map(cell);
        let _ = writeln!(text, "| `{operation}` | {administrator} | {supporter} | {customer} |");
    }
    text
}
