//! Customers of every level: creating, reading, editing, switching off and on, deleting.

pub(crate) mod above;
pub(crate) mod bulk;
mod create;
pub(crate) mod fields;
pub mod http;
pub mod sql;
mod switch;
mod update;
pub mod view;

use api::change::ChangeAction;
use api::customer::{Customer, CustomerDeletion, FieldlessProblem};
use api::id::CustomerId;
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::{Code, Error, Level};
use serde_json::{Map, Value, json};
use tree::{Path, Totals};

pub use above::document as fixed_from_above;
pub use create::{CheckedCustomer, NewNode, create, create_below, insert_node, insert_nodes};
pub use switch::{Foreseen, activate, foresee, suspend};
pub use update::{CheckedUpdate, update};

use self::fields::NOUN;

use base::authz::{Account, Permission};
use base::change::{Entry, Subject};
use base::cx::{Cx, Tx};
use base::list::Found;
use base::text::{self, Checks};
use base::version::IfMatch;

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Customer>, Error> {
    let account = cx.account()?;
    let found = find(cx, query).await?;
    let rows = sql::with_totals(cx, found.ids()).await?;
    let rows = found.arrange(rows, |(row, _)| row.id.as_str());
    Ok(base::list::page(view::customers(cx, &account, rows).await?, found.next, found.total))
}

/// The ids of a page of the list.
async fn find(cx: &mut Cx, query: &ListQuery) -> Result<Found, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadCustomers, &account.path)?;
    base::list::find(cx, &account, query, &NOUN).await
}

/// How many customers of the list have which value.
pub async fn count(cx: &mut Cx, query: &CountQuery) -> Result<ListCounts, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadCustomers, &account.path)?;
    base::list::count(cx, &account, query, &NOUN).await
}

pub async fn show(cx: &mut Cx, id: &CustomerId) -> Result<Customer, Error> {
    let account = cx.account()?;
    let row = fetch(cx, &account, id, Permission::ReadCustomers).await?;
    view::one(cx, &account, row).await
}

/// The customer with this id, for a purpose.
///
/// # Errors
/// `not_found` where the account sees none, `forbidden` where it may not do this to it.
pub async fn fetch(
    cx: &mut Cx,
    account: &Account,
    id: &CustomerId,
    permission: Permission,
) -> Result<sql::CustomerRow, Error> {
    account.admit(sql::find_anywhere(cx, id).await?, |row| &row.path, permission)
}

/// The customer that a field refers to, for a purpose; `None` where the account sees none.
pub async fn fetch_reference(
    cx: &mut Cx,
    account: &Account,
    id: &CustomerId,
    permission: Permission,
) -> Result<Option<sql::CustomerRow>, Error> {
    account.admit_reference(sql::find_anywhere(cx, id).await?, |row| &row.path, permission)
}

/// What a customer is called: nothing to make a password of.
pub async fn names(cx: &mut Cx, id: &CustomerId, permission: Permission) -> Result<Vec<String>, Error> {
    let account = cx.account()?;
    let row = fetch(cx, &account, id, permission).await?;
    Ok(names_of(&row))
}

/// What a customer is called: nothing to make a password of.
pub fn names_of(row: &sql::CustomerRow) -> Vec<String> {
    let names = [Some(&row.company_name), row.name.as_ref(), row.username.as_ref(), row.email.as_ref()];
    names.into_iter().flatten().cloned().collect()
}

/// Refuses a username that somebody in the installation has.
async fn refuse_taken_username(tx: &mut Tx, checks: &mut Checks, username: &str) -> Result<(), Error> {
    let owner = sql::place_of_username(tx, &text::fold(username)).await?;
    if base::attempts::tell_taken(tx, owner.as_ref())? {
        checks.add("username", Code::UsernameTaken, taken_username(username));
    }
    Ok(())
}

fn taken_username(username: &str) -> String {
    format!("The username {username} is in use.")
}

/// Sets the password of the account that signs in with the customer's username, and ends its sessions.
pub async fn set_password(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    hash: &str,
) -> Result<Customer, Error> {
    let account = tx.account()?;
    let mut row = fetch(tx, &account, id, Permission::SetPasswords).await?;
    IfMatch::check_if_given(expected, row.version)?;
    if row.username.is_none() {
        return Err(Error::field("password", Code::Invalid, "The customer has no username to sign in with."));
    }
    sql::set_password(tx, id, hash).await?;
    crate::sessions::sql::delete_of_customer(tx, id, None).await?;
    tx.record(Entry::new(ChangeAction::CustomerPasswordSet, subject(&row)));
    row.version += 1;
    view::one(tx, &account, row).await
}

/// Deletes a customer that has nothing below it any more. What people cannot come back to goes with it: its accounts,
/// sessions and pass keys.
pub async fn delete(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    dry_run: bool,
) -> Result<CustomerDeletion, Error> {
    let account = tx.account()?;
    let row = fetch(tx, &account, id, Permission::DeleteCustomers).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let blockers = delete_blockers(tx, &row).await?;
    let deletion = CustomerDeletion {
        id: row.id.clone(),
        company_name: row.company_name.clone(),
        users: crate::users::sql::count_of(tx, id).await?,
        pass_keys: crate::pass_keys::sql::count_of(tx, id).await?,
        blockers,
        dry_run,
    };
    if dry_run {
        return Ok(deletion);
    }
    if let Some(blocker) = deletion.blockers.first() {
        let code = if row.is_default || row.level == Level::Provider {
            Code::DefaultProtected
        } else {
            Code::CustomerNotEmpty
        };
        return Err(Error::new(code, blocker.detail.clone()));
    }
    crate::sessions::sql::delete_of_customer(tx, id, None).await?;
    crate::users::delete_of(tx, id).await?;
    crate::pass_keys::sql::delete_of(tx, id).await?;
    let deleted = sql::delete(tx, &row).await?;
    if deleted != 1 {
        return Err(base::version::stale());
    }
    if let Some(parent) = parent_path(&row.path) {
        tx.add_to_totals(&parent, one_less(row.level));
    }
    let entry = Entry::new(ChangeAction::CustomerDeleted, subject(&row)).before(Value::Object(snapshot(&row)));
    tx.record(entry);
    Ok(deletion)
}

async fn delete_blockers(tx: &mut Tx, row: &sql::CustomerRow) -> Result<Vec<FieldlessProblem>, Error> {
    let mut blockers = Vec::new();
    let mut add = |code: Code, detail: String| {
        blockers.push(FieldlessProblem { code: code.as_str().to_owned(), detail });
    };
    if row.is_default || row.level == Level::Provider {
        add(Code::DefaultProtected, "The provider, the default reseller and the default customer stay.".to_owned());
    }
    let totals = sql::totals(tx, &row.id).await?;
    // Of what stood below something may have gone in this very transaction.
    let since = tx.unwritten(row.id.as_str());
    for (count, one, many) in [
        (totals.customers + since.customers, "customer", "customers"),
        (totals.sites + since.sites, "site", "sites"),
        (totals.devices + since.devices, "device", "devices"),
    ] {
        if count > 0 {
            let word = if count == 1 { one } else { many };
            add(Code::CustomerNotEmpty, format!("It still has {count} {word}."));
        }
    }
    Ok(blockers)
}

/// What a node of this level counts for at its ancestors.
fn one_more(level: Level) -> Totals {
    match level {
        Level::Site => Totals { sites: 1, ..Totals::default() },
        _ => Totals { customers: 1, ..Totals::default() },
    }
}

fn one_less(level: Level) -> Totals {
    let more = one_more(level);
    Totals { customers: -more.customers, sites: -more.sites, ..Totals::default() }
}

fn parent_path(path: &Path) -> Option<Path> {
    let mut ids: Vec<&str> = path.ids().collect();
    ids.pop();
    let (root, rest) = ids.split_first()?;
    Some(rest.iter().fold(Path::root(root), |path, id| path.child(id)))
}

/// A customer in the change log.
pub fn subject(row: &sql::CustomerRow) -> Subject {
    Subject {
        kind: "customer",
        id: row.id.to_string(),
        name: row.company_name.clone(),
        customer_id: row.id.clone(),
        path: row.path.clone(),
    }
}

/// What the change log holds of a customer.
pub(crate) fn snapshot(row: &sql::CustomerRow) -> Map<String, Value> {
    let mut fields = base::change::snapshot(row);
    fields.insert("account_state".to_owned(), json!(row.account_state()));
    fields.retain(|_, value| !value.is_null());
    fields
}
