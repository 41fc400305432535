//! `docs/permissions.md`.

use std::fmt::Write as _;

use super::{Need, OPERATIONS, Permission, Role, permissions_of};

/// What a cell of the table of operations says of a role.
fn cell(need: Need, role: Role) -> &'static str {
    match need {
        Need::Nothing => "anybody",
        Need::Secret => "by a secret",
        Need::OwnOr(permission) if permissions_of(role).has(permission) => "yes",
        Need::OwnOr(_) => "own",
        Need::Permission(permission) | Need::PersonMay(permission) | Need::Provider(permission)
            if !permissions_of(role).has(permission) =>
        {
            "no"
        }
        Need::Provider(_) => "at the provider",
        Need::Permission(permission) if permission.is_needed_at_parent() => "yes ↑",
        Need::Half => "by half a sign-in",
        Need::Account | Need::Person | Need::Enrolling | Need::Permission(_) | Need::PersonMay(_) => "yes",
    }
}

/// The whole text.
pub fn document() -> String {
    let mut text = String::from(INTRODUCTION);
    let roles = Role::ALL.map(Role::as_str).join(" | ");
    let lines = "---|".repeat(Role::ALL.len());
    let mut table = |title: &str, rows: &mut dyn Iterator<Item = (String, [&'static str; 9])>| {
        text += title;
        let _ = writeln!(text, " | {roles} |\n|---|{lines}");
        for (name, cells) in rows {
            let _ = writeln!(text, "| {name} | {} |", cells.join(" | "));
        }
        text.push('\n');
    };
    table(
        "| permission",
        &mut Permission::ALL.iter().map(|permission| {
            let has = |role: Role| if permissions_of(role).has(*permission) { "yes" } else { "" };
            (format!("`{}`: {}", permission.as_str(), permission.sentence()), Role::ALL.map(has))
        }),
    );
    table(
        OPERATIONS_INTRODUCTION,
        &mut OPERATIONS.iter().map(|(id, need)| {
            let mark = if matches!(need, Need::Person | Need::PersonMay(_) | Need::OwnOr(_) | Need::Enrolling) {
                " ‡"
            } else {
                ""
            };
            (format!("`{id}`{mark}"), Role::ALL.map(|role| cell(*need, role)))
        }),
    );
    text
}

const INTRODUCTION: &str = "\
# Permissions

Generated from `crates/base/src/authz.rs` and `crates/api/src/permission.rs`. A test calls every operation with every role
and compares with a table that was written by hand, `crates/tenantry/tests/it/permissions.txt`.

A role is a named set of permissions. It holds over the subtree of its account's customer. Whatever stands outside of it,
above or beside, is answered with 404, as if it did not exist. A customer may have any number of people, at every level.

- Nobody gives a role or a token that may more than they may themselves (`not_held`), and nobody changes, removes or
  invites somebody who holds more (`holds_more`). Being a key officer counts there only between people of one customer,
  once the officer has come: whoever helps from above can.
- A customer that has an administrator or super user who can sign in keeps one (`last_administrator`), and so with key
  officers (`last_key_officer`): the last one can't be removed, deactivated or given another role.
- A *key officer* holds `manage_keys` beside the role: who answers for the keys that are kept for customers is not a
  question of rank. Super users, administrators, managers and operators can be one. The first administrator of a
  customer is one; after that only key officers make others. Keys are kept for nobody yet, so the flag opens nothing
  but itself.
- `administrator` is the role that it was before there were others: everything at its customer and below it. In N-able
  Cove that is a *SuperUser*; Cove's *Administrator*, who may only look at devices, has no like here. `super_user` may
  what an administrator may, and is out of administrators' reach; the first one is made on the host, by
  `tenantry recover --super-user`. `supporter` and `customer` are what they were.

";

const OPERATIONS_INTRODUCTION: &str = "\
## Tokens

A token (`POST /tokens`) holds permissions by the names above, at one customer and below it. With each request it may what it
was made for *and* its owner may by then. It can make no tokens, end no sessions and change no password: operations
marked ‡ answer it with `token_not_allowed`, and so do new passwords and links where there is a password already.

## Operations

Operations marked ↑ need the role at the parent of the customer: nobody lifts a suspension that was laid on the own
customer from above. *own*: for what is the account's own, whatever its role.

| operation";
