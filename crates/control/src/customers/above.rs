//! What is fixed from above: the one list of what a customer's own people may neither change nor read. Who looks after a
//! customer stands above it; the provider, above whom nobody stands, looks after itself.
//!
//! Suspending, activating and deleting are fixed from above too, as operations (`Permission::is_needed_at_parent`).

use api::customer::{CustomerUpdate, Suspension};
use api::id::CustomerId;
use api::units::Time;
use api::{Code, Error, FieldError};
use serde_json::{Map, Value};
use tree::Path;

use super::services::Offered;
use super::sql::CustomerRow;
use base::authz::Account;

/// Whether an update changes a field of this customer.
type Changes = fn(&CustomerUpdate, &CustomerRow) -> bool;

/// Fields that are changed from above only, each with how to see whether an update does. What is sent back as it was read
/// is no change; notes can't have been read.
const FIXED: [(&str, Changes); 6] = [
    ("kind", |input, row| input.kind.is_some_and(|kind| kind != row.kind)),
    ("max_devices", |input, row| input.max_devices.is_some_and(|max| max != row.max_devices)),
    ("storage_location_id", |input, row| {
        input.storage_location_id.is_some() && input.storage_location_id != row.storage_location_id
    }),
    ("service_type", |input, row| input.service_type.is_some_and(|kind| kind != row.service_type)),
    ("offered_service_types", |input, row| {
        input.offered_service_types.clone().is_some_and(|types| Offered::of(types) != row.offered_service_types)
    }),
    ("profile.notes", |input, _| input.profile.as_ref().is_some_and(|profile| profile.notes.is_some())),
];

/// Fields of a change that only those above read.
const INTERNAL: [&str; 3] = ["notes", "parent_id", "parent_name"];

/// Whether the account looks after the customer at `path` from above. An end customer's own people don't look after its
/// sites: those are the customer itself.
pub(crate) fn looks_after(account: &Account, path: &Path) -> bool {
    let is_own = account.level.holds_devices();
    (account.path.is_above(path) && !is_own) || path.ids().count() == 1
}

/// Whether what somebody at the customer `from` has laid on the one at `path` is the account's to lift: it stands where
/// they do, or above.
pub(crate) fn may_lift(account: &Account, path: &Path, from: Option<&str>) -> bool {
    // A program lifts what its owner may lift.
    if account.token.is_some() && from == Some(account.home_customer().as_str()) {
        return true;
    }
    stands_at_or_above(account, path, from)
}

/// Whether the account stands where somebody at the customer `from` on this path does, or above.
pub(crate) fn stands_at_or_above(account: &Account, path: &Path, from: Option<&str>) -> bool {
    match path.ids().position(|id| Some(id) == from) {
        Some(depth) => account.path.ids().count() <= depth + 1,
        None => looks_after(account, path),
    }
}

/// Why the account may not change a customer's own suspension: somebody above it has laid it on.
pub(super) fn keeps_suspended(account: &Account, row: &CustomerRow) -> Option<&'static str> {
    let from = row.suspended_from.as_ref().map(CustomerId::as_str);
    (row.suspend_mode.is_some() && !may_lift(account, &row.path, from))
        .then_some("It was suspended by somebody who looks after the customer from above.")
}

/// Why the account may not restore a customer that is to be deleted.
pub(super) fn keeps_deleted(account: &Account, row: &CustomerRow) -> Option<&'static str> {
    let from = row.deletion_from.as_ref().map(CustomerId::as_str);
    (row.deletes_at.is_some() && !may_lift(account, &row.path, from))
        .then_some("It is to be deleted by somebody who looks after the customer from above.")
}

/// Why the account may not switch the web access of a customer on: somebody above it has switched it off.
pub(super) fn keeps_out(account: &Account, row: &CustomerRow) -> Option<&'static str> {
    let from = row.web_access_off_from.as_ref().filter(|_| !row.web_access)?;
    (!may_lift(account, &row.path, Some(from.as_str())))
        .then_some("Web access was switched off by somebody who looks after the customer from above.")
}

/// Refuses an update that changes what is fixed from above.
pub(super) fn refuse_fixed(input: &CustomerUpdate, row: &CustomerRow) -> Result<(), Error> {
    const WHY: &str = "Only somebody who looks after the customer from above may change this.";
    let named: Vec<&str> = FIXED.iter().filter(|(_, changes)| changes(input, row)).map(|(name, _)| *name).collect();
    if named.is_empty() {
        return Ok(());
    }
    let detail = format!("{WHY} Leave out: {}.", named.join(", "));
    let mut error = Error::new(Code::Forbidden, detail);
    error.fields = named.into_iter().map(|name| FieldError::new(name, Code::Forbidden, WHY)).collect();
    Err(error)
}

/// Whether the account sees somebody who stands at the customer `from`, as it does among the actors of the change log.
pub(crate) fn sees_author(account: &Account, path: &Path, from: Option<&str>) -> bool {
    match from {
        Some(from) => path.seen_from(&account.path).ids().any(|id| id == from),
        // Written by the program itself, or before authors were remembered: for the provider.
        None => account.path.ids().count() == 1,
    }
}

/// Whether the account may read a reason that somebody standing at the customer `from` gave for suspending the one at
/// `path`: it looks after the customer, and sees the author. What a provider writes is not the reseller's business, what
/// a reseller writes is the provider's.
pub(crate) fn reads_reason(account: &Account, path: &Path, from: Option<&str>) -> bool {
    looks_after(account, path) && sees_author(account, path, from)
}

/// A customer's own suspension as the account may see it.
pub(super) fn suspension(account: &Account, row: &CustomerRow) -> Option<Suspension> {
    let from = row.suspended_from.as_ref().map(CustomerId::as_str);
    row.suspend_mode.map(|mode| Suspension {
        mode,
        reason: row.suspend_reason.clone().filter(|_| reads_reason(account, &row.path, from)),
        public_message: row.suspend_message.clone(),
        since: Time::from_micros(row.suspended_at.unwrap_or(row.created_at)),
        by: row.suspended_by.clone().filter(|_| sees_author(account, &row.path, from)),
    })
}

/// Takes out of one side of a change at `path` what the account may not read.
pub(crate) fn redact(account: &Account, path: &Path, fields: &mut Map<String, Value>) {
    // It only says who may know what it stood under: nobody learns from a move who else there is.
    let parent = fields.remove("parent_path");
    let is_seen = |path: &str| Path::from_stored(path).passes(account.path.id());
    if parent.is_some_and(|parent| !parent.as_str().is_some_and(is_seen)) {
        fields.remove("parent_id");
        fields.remove("parent_name");
    }
    // It only says who may read the reason.
    let from = fields.remove("suspended_from");
    if !reads_reason(account, path, from.as_ref().and_then(Value::as_str)) {
        fields.remove("reason");
    }
    if !looks_after(account, path) {
        for name in INTERNAL {
            fields.remove(name);
        }
    }
}

/// What `docs/permissions.md` says of fields.
pub(super) fn document() -> String {
    let names: Vec<String> = FIXED.iter().map(|(name, _)| format!("`{name}`")).collect();
    format!(
        "\n## Fixed from above\n\n\
         Some fields of a customer are changed only by somebody who looks after it from above: {}.\n\
         Its own administrator who changes one is refused with 403 and its name. The provider looks after itself.\n\n\
         - `profile.notes` are read only from above too, in answers and in the change log. What the customer's own\n  \
           people shall read belongs in `profile.shared_notes`.\n\
         - The `reason` of a suspension is read by those above the customer who may see its author: the reseller reads\n  \
           its own reasons, and the provider reads all; the reseller does not read the provider's, and the customer none.\n\
         - A suspension, or a deletion that is scheduled, is changed and lifted where it was laid on, or above: the\n  \
           reseller does not activate what the provider has suspended, nor a customer's own people the site that the\n  \
           reseller has. So it is with web access that was switched off.\n",
        names.join(", ")
    )
}
