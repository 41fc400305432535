//! Customers of every level: creating, reading, editing, switching off and on, deleting.

pub(crate) mod above;
pub(crate) mod account_details;
pub(crate) mod bulk;
mod create;
pub(crate) mod deletion;
mod export;
pub(crate) mod fields;
pub mod http;
pub(crate) mod kinds;
mod migrate;
mod relocate;
pub(crate) mod removal;
pub mod services;
pub mod sql;
mod switch;
pub(crate) mod then;
pub(crate) mod trial;
mod update;
pub mod view;
mod web_access;

use std::collections::HashMap;

use api::change::{ActorKind, ChangeAction};
use api::customer::{Customer, CustomerQuery};
use api::id::CustomerId;
use api::page::{CountQuery, ListCounts, ListQuery, Page, RowsOf};
use api::{Code, Error, Level};
use serde_json::{Map, Value, json};
use tree::Totals;

/// What `docs/permissions.md` says of customers.
pub fn document() -> String {
    above::document() + &kinds::document()
}

pub use create::{CheckedCustomer, NewNode, create, create_below, insert_node, insert_nodes};
pub use relocate::relocate;
pub use switch::{Foreseen, activate, foresee, suspend};
pub use update::{CheckedUpdate, update};

use self::fields::{NOUN, SITES};

use base::authz::{Account, AccountId, Permission};
use base::change::{Entry, Subject};
use base::cx::{Cx, Tx};
use base::list::{Found, Spread};
use base::text::{self, Checks};
use base::version::IfMatch;

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Customer>, Error> {
    let account = cx.account()?;
    if query.rows == Some(RowsOf::Site) {
        return list_by_site(cx, &account, query).await;
    }
    let found = find(cx, query).await?;
    let rows = sql::with_totals(cx, found.ids()).await?;
    let rows = found.arrange(rows, |(row, _)| row.id.as_str());
    Ok(base::list::page(view::customers(cx, &account, rows).await?, found.next, found.total))
}

/// A row for each site, and for each customer that has none.
async fn list_by_site(cx: &mut Cx, account: &Account, query: &ListQuery) -> Result<Page<Customer>, Error> {
    let found = spread(cx, query).await?;
    let mut ids: Vec<String> =
        found.rows.iter().flat_map(|(id, site)| std::iter::once(id).chain(site)).cloned().collect();
    ids.sort_unstable();
    ids.dedup();
    let rows = sql::with_totals(cx, &ids).await?;
    let seen = view::customers(cx, account, rows).await?;
    let seen: HashMap<&str, &Customer> = seen.iter().map(|customer| (customer.id.as_str(), customer)).collect();
    let of = |id: &str| seen.get(id).map(|customer| Customer::clone(customer));
    let rows = found.rows.iter().filter_map(|(id, site)| {
        let site = site.as_deref().and_then(of).map(Box::new);
        of(id).map(|customer| Customer { site, ..customer })
    });
    Ok(base::list::page(rows.collect(), found.next, found.total))
}

async fn spread(cx: &mut Cx, query: &ListQuery) -> Result<Spread, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadCustomers, &account.path)?;
    base::list::spread(cx, &account, query, &NOUN, &SITES).await
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

/// One customer, with what it was on a day if that is asked for.
pub async fn show(cx: &mut Cx, id: &CustomerId, query: &CustomerQuery) -> Result<Customer, Error> {
    let account = cx.account()?;
    let row = fetch(cx, &account, id, Permission::ReadCustomers).await?;
    let then = match &query.as_of {
        None => None,
        Some(day) => Some(then::of(cx, &account, &row, day).await?),
    };
    Ok(Customer { then, ..view::one(cx, &account, row).await? })
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
    format!("The username {username} is in use. Usernames are unique in the whole installation, whatever their case.")
}

/// Giving a customer its own account, or changing where a link for its password is sent, is setting its password.
pub(crate) fn refuse_naming(account: &Account, path: &tree::Path) -> Result<(), Error> {
    account.refuse_token()?;
    account.authorize(Permission::SetPasswords, path)
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
        return Err(no_username("password"));
    }
    write_password(tx, id, hash).await?;
    tx.record(Entry::new(ChangeAction::CustomerPasswordSet, subject(&row)));
    row.version += 1;
    view::one(tx, &account, row).await
}

pub(crate) fn no_username(field: &str) -> Error {
    Error::field(field, Code::Invalid, "The customer has no username to sign in with.")
}

/// Whoever knew the old password or has a link is out.
async fn write_password(tx: &mut Tx, id: &CustomerId, hash: &str) -> Result<(), Error> {
    sql::set_password(tx, id, hash).await?;
    crate::devices::outdate(tx, id).await?;
    crate::sessions::sql::delete_of_customer(tx, id, None).await?;
    crate::tokens::sql::delete_of_owner(tx, id).await?;
    crate::invitations::delete_of(tx, &AccountId::Customer(id.clone())).await
}

/// What an invited customer is called.
pub(crate) async fn names_of_invited(cx: &mut Cx, id: &CustomerId) -> Result<Vec<String>, Error> {
    Ok(sql::find_anywhere(cx, id).await?.map(|row| names_of(&row)).unwrap_or_default())
}

/// What a customer does with an invitation.
pub(crate) async fn set_password_by_invitation(tx: &mut Tx, id: &CustomerId, hash: &str) -> Result<(), Error> {
    let row = sql::find_anywhere(tx, id).await?.ok_or_else(Error::not_found)?;
    write_password(tx, id, hash).await?;
    let mut entry = Entry::new(ChangeAction::CustomerPasswordSet, subject(&row));
    entry.actor = Some((ActorKind::Customer, row.id.to_string(), row.company_name.clone()));
    tx.record(entry);
    Ok(())
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
