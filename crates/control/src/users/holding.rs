//! Who may give what to whom, and who has to stay: nobody gives or takes over more than they hold, and the last
//! administrator and the last key officer of a customer stay.

use std::collections::HashMap;

use api::id::CustomerId;
use api::units::Action;
use api::user::{Role, User};
use api::{Code, Error};
use base::authz::{Account, AccountId, Permission, Permissions, permissions_with};
use base::cx::Cx;
use tree::Path;

use super::sql::{self, UserRow};

pub(super) const SELF_DEACTIVATED: &str = "Nobody deactivates the account they are signed in with.";
pub(crate) const INACTIVE: &str = "The account is not active.";

fn holds_more() -> Error {
    Error::new(Code::HoldsMore, "This person may do more than you, and is changed only by somebody who may as much.")
}

/// Nobody takes over an account that may more than they. Who answers for keys is no matter of rank: it counts between those
/// who stand at one customer, once somebody has come, so that whoever helps from above can, and a wrong address isn't for ever.
pub(crate) fn refuse_more(account: &Account, held: Permissions, at: &Path, has_come: bool) -> Result<(), Error> {
    let counts = has_come && !account.path.is_above(at);
    let held = if counts { held } else { held.without(Permission::ManageKeys) };
    if account.permissions.includes(held) { Ok(()) } else { Err(holds_more()) }
}

/// The same for a person.
pub(crate) fn refuse_who_holds_more(account: &Account, row: &UserRow, home: &Path) -> Result<(), Error> {
    if account.id == AccountId::User(row.id.clone()) && account.token.is_none() {
        return Ok(());
    }
    let has_come = row.password_hash.is_some() || row.last_sign_in_at.is_some();
    refuse_more(account, permissions_with(row.role, row.is_key_officer), home, has_come)
}

/// Nobody gives what they don't hold.
pub(super) fn refuse_grant(account: &Account, role: Role, is_key_officer: bool) -> Result<(), Error> {
    if !account.may_grant(role, false) {
        return Err(Error::field("role", Code::NotHeld, "This role may more than you."));
    }
    if !is_key_officer {
        return Ok(());
    }
    if !role.may_be_key_officer() {
        return Err(Error::field("is_key_officer", Code::Invalid, "Nobody with this role can be a key officer."));
    }
    if !account.may_grant(role, true) {
        return Err(Error::field("is_key_officer", Code::NotHeld, "Only a key officer makes another one."));
    }
    Ok(())
}

/// The first administrator of a customer answers for its keys, whoever adds them.
pub(super) async fn is_first_officer(cx: &mut Cx, customer: &CustomerId, role: Role) -> Result<bool, Error> {
    Ok(role.is_administrator() && !sql::has_key_officer(cx, customer).await?)
}

/// A customer that has an administrator who can sign in keeps one, and so with key officers. `after`: the account as it
/// will be, if it will be at all.
pub(super) async fn keep_who_counts(cx: &mut Cx, row: &UserRow, after: Option<&UserRow>) -> Result<(), Error> {
    // Whoever has come without a password came by another provider.
    let can_sign_in = |row: &UserRow| row.is_active && (row.password_hash.is_some() || row.last_sign_in_at.is_some());
    if !can_sign_in(row) {
        return Ok(());
    }
    let after = after.filter(|after| can_sign_in(after));
    let loses_administrator = row.role.is_administrator() && !after.is_some_and(|after| after.role.is_administrator());
    let loses_officer = row.is_key_officer && !after.is_some_and(|after| after.is_key_officer);
    if !loses_administrator && !loses_officer {
        return Ok(());
    }
    let (administrators, officers) = sql::others_who_count(cx, &row.customer_id, &row.id).await?;
    match missed(loses_administrator && administrators == 0, loses_officer && officers == 0) {
        Some(refused) => Err(refused),
        None => Ok(()),
    }
}

fn missed(administrator: bool, officer: bool) -> Option<Error> {
    if administrator {
        Some(Error::new(Code::LastAdministrator, "The customer's last administrator stays one."))
    } else if officer {
        Some(Error::new(Code::LastKeyOfficer, "The customer's last key officer stays one."))
    } else {
        None
    }
}

/// How many administrators and key officers customers have who can sign in.
#[derive(Debug, Default)]
pub(super) struct WhoCount(HashMap<String, (i64, i64)>);

impl WhoCount {
    /// At the customers of these accounts.
    pub(super) async fn with(cx: &mut Cx, users: &[User]) -> Result<Self, Error> {
        let mut customers: Vec<&str> = users.iter().filter(|it| counts(it)).map(|it| it.customer_id.as_str()).collect();
        customers.sort_unstable();
        customers.dedup();
        let mut found = HashMap::new();
        for some in customers.chunks(db::AT_ONCE) {
            let rows = sql::who_count(cx, some).await?;
            found.extend(rows.into_iter().map(|(id, administrators, officers)| (id, (administrators, officers))));
        }
        Ok(Self(found))
    }

    /// Why an account has to stay as it is.
    pub(super) fn keeps(&self, user: &User) -> Option<Error> {
        let (administrators, officers) = self.0.get(user.customer_id.as_str()).filter(|_| counts(user))?;
        missed(user.role.is_administrator() && *administrators <= 1, user.is_key_officer && *officers <= 1)
    }

    /// It goes, and what is asked afterwards is asked without it.
    pub(super) fn without(&mut self, user: &User) {
        let Some((administrators, officers)) = self.0.get_mut(user.customer_id.as_str()).filter(|_| counts(user))
        else {
            return;
        };
        *administrators -= i64::from(user.role.is_administrator());
        *officers -= i64::from(user.is_key_officer);
    }

    /// Says of each account that has to stay that it can't be deactivated or deleted.
    pub(super) fn mark(&self, users: &mut [User]) {
        for user in users {
            let Some(refused) = self.keeps(user) else { continue };
            for action in &mut user.actions {
                if action.allowed && matches!(&*action.name, "deactivate" | "delete") {
                    *action = Action::refused(&action.name, refused.code, refused.detail.clone());
                }
            }
        }
    }
}

/// Whether somebody can sign in, and so is one of those of whom one stays.
fn counts(user: &User) -> bool {
    user.is_active && (user.has_password || user.last_sign_in_at.is_some())
}
