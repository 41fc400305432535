//! Who may give what to whom, and who has to stay: nobody gives or takes over more than they hold, and the last
//! administrator and the last key officer of a customer stay.

use api::id::CustomerId;
use api::user::Role;
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
    if loses_administrator && administrators == 0 {
        return Err(Error::new(Code::LastAdministrator, "The customer's last administrator stays one."));
    }
    if loses_officer && officers == 0 {
        return Err(Error::new(Code::LastKeyOfficer, "The customer's last key officer stays one."));
    }
    Ok(())
}
