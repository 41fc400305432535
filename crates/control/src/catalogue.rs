//! What the provider's catalogues have in common, products, plans and storage locations: the provider's own people edit them,
//! everybody reads them, they are few, and each name stands once.

use api::page::Page;
use api::units::Action;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::change::Subject;
use base::cx::{Cx, Tx};
use base::list::Total;
use base::text::{Checks, fold};
use db::{Raw, sql};

fn refusal(account: &Account) -> Option<&'static str> {
    account.refusal_as_provider(Permission::ManageProducts)
}

/// The provider's own account, with the right to its catalogue.
pub(crate) fn authorize(cx: &Cx) -> Result<Account, Error> {
    let account = cx.account()?;
    match refusal(&account) {
        None => Ok(account),
        Some(reason) => Err(Error::new(Code::Forbidden, reason)),
    }
}

pub(crate) fn actions(account: &Account) -> Vec<Action> {
    vec![match refusal(account) {
        Some(reason) => Action::refused("edit", Code::Forbidden, reason),
        None => Action::allowed("edit"),
    }]
}

/// All of it.
pub(crate) fn page<T>(items: Vec<T>) -> Page<T> {
    let total = i64::try_from(items.len()).unwrap_or_default();
    base::list::page(items, None, Total::known(total))
}

/// Entries stand in the change log where the provider does.
pub(crate) fn subject(account: &Account, kind: &'static str, id: &str, name: &str) -> Subject {
    Subject {
        kind,
        id: id.to_owned(),
        name: name.to_owned(),
        customer_id: account.customer_id.clone(),
        path: account.path.clone(),
    }
}

const TAKEN: &str = "Another one has this name.";

pub(crate) async fn refuse_taken(
    tx: &mut Tx,
    checks: &mut Checks,
    table: &'static str,
    name: Option<&str>,
    own: Option<&str>,
) -> Result<(), Error> {
    let Some(name) = name else { return Ok(()) };
    let other: Option<String> =
        tx.opt(sql!["select id from ", Raw(table), " where name_folded = ", fold(name)]).await?;
    if other.is_some() && other.as_deref() != own {
        checks.add("name", Code::NameTaken, TAKEN);
    }
    Ok(())
}

/// Says that the name was taken, where somebody was faster.
pub(crate) fn taken(error: Error, table: &'static str) -> Error {
    base::cx::taken(error, table, &["name_folded"], || Error::field("name", Code::NameTaken, TAKEN))
}

/// Since when something is off the shelf, where an update says so.
pub(crate) fn gone_since(tx: &Tx, before: Option<i64>, wanted: Option<bool>) -> Option<i64> {
    match wanted {
        None => before,
        Some(false) => None,
        Some(true) => before.or(Some(tx.now.as_microsecond())),
    }
}
