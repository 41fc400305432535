//! Who may do what: roles as named sets of permissions over a subtree, and what each operation needs. Commands ask;
//! handlers don't. `docs/permissions.md` is generated from here and compared with what the running server does.

use api::id::CustomerId;
use api::user::Role;
use api::{Code, Error};
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
}

impl Permission {
    /// Whether a role has this permission. The one place that says so.
    pub fn is_given_to(self, role: Role) -> bool {
        use Role::{Administrator, Customer, Supporter};
        let roles: &[Role] = match self {
            Self::ReadCustomers | Self::ReadDevices | Self::ReadPassKeys | Self::ReadChanges => {
                &[Administrator, Supporter, Customer]
            }
            Self::ReadUsers => &[Administrator, Supporter],
            Self::ManagePassKeys => &[Administrator, Customer],
            Self::CreateCustomers
            | Self::EditCustomers
            | Self::SwitchCustomers
            | Self::DeleteCustomers
            | Self::SetPasswords
            | Self::ManageUsers
            | Self::EditDevices
            | Self::IssueCredentials => &[Administrator],
        };
        roles.contains(&role)
    }

    /// Whether the right is needed at the customer's parent: what was laid on a customer from above is not the
    /// customer's own to lift, nor is its own existence.
    pub fn is_needed_at_parent(self) -> bool {
        matches!(self, Self::SwitchCustomers | Self::DeleteCustomers)
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

/// Every operation by its `operation_id`. A test compares this with `openapi.json` and with what the server does.
pub const OPERATIONS: &[(&str, Need)] = &[
    ("setup_show", Need::Nothing),
    ("setup_run", Need::Secret),
    ("session_create", Need::Secret),
    ("session_delete", Need::Account),
    ("me_show", Need::Account),
    ("me_set_password", Need::Account),
    ("customer_list", Need::Permission(Permission::ReadCustomers)),
    ("customer_show", Need::Permission(Permission::ReadCustomers)),
    ("customer_create", Need::Permission(Permission::CreateCustomers)),
    ("customer_update", Need::Permission(Permission::EditCustomers)),
    ("customer_delete", Need::Permission(Permission::DeleteCustomers)),
    ("customer_suspend", Need::Permission(Permission::SwitchCustomers)),
    ("customer_activate", Need::Permission(Permission::SwitchCustomers)),
    ("customer_set_password", Need::Permission(Permission::SetPasswords)),
    ("site_create", Need::Permission(Permission::CreateCustomers)),
    ("change_list", Need::Permission(Permission::ReadChanges)),
    ("user_list", Need::Permission(Permission::ReadUsers)),
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
    ("device_show", Need::Permission(Permission::ReadDevices)),
    ("device_update", Need::Permission(Permission::EditDevices)),
    ("device_issue_credentials", Need::Permission(Permission::IssueCredentials)),
    ("storage_location_list", Need::Account),
];

/// What an operation needs.
pub fn need(operation: &str) -> Option<Need> {
    OPERATIONS.iter().find(|(id, _)| *id == operation).map(|(_, need)| *need)
}

/// Operations that a role allows somewhere in its subtree.
pub fn operations_of(role: Role) -> Vec<String> {
    OPERATIONS
        .iter()
        .filter(|(_, need)| match need {
            Need::Nothing | Need::Secret => false,
            Need::Account => true,
            Need::Permission(permission) => permission.is_given_to(role),
        })
        .map(|(id, _)| (*id).to_owned())
        .collect()
}

/// A signed-in account: where it stands and what it is.
#[derive(Clone, Debug)]
pub struct Account {
    pub id: AccountId,
    /// What to call it in the change log.
    pub name: String,
    pub login: String,
    pub role: Role,
    pub customer_id: CustomerId,
    /// The top of what it may see.
    pub path: Path,
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

impl Account {
    /// Whether the account may know that something at `path` exists.
    pub fn sees(&self, path: &Path) -> bool {
        self.path.contains(path)
    }

    /// Why the account may not do this to the customer at `path`, which it sees.
    pub fn refusal(&self, permission: Permission, path: &Path) -> Option<&'static str> {
        if !permission.is_given_to(self.role) {
            Some("Your role does not allow this.")
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
         Generated from `crates/base/src/authz.rs`; a test runs every operation with every role and compares.\n\n\
         A role holds over the subtree of its account's customer. Whatever stands outside of it is answered with 404,\n\
         as if it did not exist. Operations marked ↑ need the role at the parent of the customer: nobody lifts a\n\
         suspension that was laid on the own customer from above.\n\n\
         | operation | administrator | supporter | customer |\n|---|---|---|---|\n",
    );
    for (operation, need) in OPERATIONS {
        let cell = |role: Role| match need {
            Need::Nothing => "anybody",
            Need::Secret => "by a secret",
            Need::Permission(permission) if !permission.is_given_to(role) => "no",
            Need::Permission(permission) if permission.is_needed_at_parent() => "yes ↑",
            Need::Account | Need::Permission(_) => "yes",
        };
        let [administrator, supporter, customer] = Role::ALL.map(cell);
        let _ = writeln!(text, "| `{operation}` | {administrator} | {supporter} | {customer} |");
    }
    text
}
