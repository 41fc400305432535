//! What can be done to many customers: what all such actions share, and a file for each.

mod country;
mod delete;
mod invitation;
mod site;
mod switch;

use std::collections::HashMap;

use api::id::CustomerId;
use api::page::{ListQuery, Page, RowsOf};
use api::task::Outcome;
use api::units::Action as Allowed;
use api::{Code, Error, Level};
use base::authz::{Account, Permission};
use base::cx::Cx;
use futures_util::future::BoxFuture;
use tree::Path;

use super::sql::{self, CustomerRow, TotalsRow};
use super::view;
use crate::bulk::{Action, Foreseen, Noun, row, unknown};
use crate::settings::bulk::{InheritSetting, Owners, SetSetting};

pub(crate) const ACTIONS: &[&dyn Action] = &[
    &switch::Suspend,
    &switch::Activate,
    &delete::Delete,
    &delete::Restore,
    &country::SetCountry,
    &site::AddSite,
    &invitation::Invitation,
    crate::templates::bulk::ASSIGN,
    crate::templates::bulk::RESTORE,
    &crate::settings::policy::DeployPolicy,
    &SetSetting(Owners::Customers),
    &InheritSetting(Owners::Customers),
];

fn id_of(id: &str) -> CustomerId {
    CustomerId::from_text(id)
}

/// The customers of a list.
pub(crate) struct Customers;

impl Noun for Customers {
    fn name(&self) -> &'static str {
        "customers"
    }

    fn counted(&self, count: usize) -> String {
        if count == 1 { "1 customer".to_owned() } else { format!("{count} customers") }
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(async move {
            if query.rows == Some(RowsOf::Site) {
                let found = super::spread(cx, query).await?;
                let sites = found.rows.into_iter().filter_map(|(_, site)| site).collect();
                return Ok(base::list::page(sites, found.next, found.total));
            }
            let found = super::find(cx, query).await?;
            Ok(base::list::page(found.ids().to_vec(), found.next, found.total))
        })
    }

    /// From the top of the tree downwards.
    fn arrange<'a>(&'a self, cx: &'a mut Cx, ids: Vec<String>) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(by_place(cx, ids))
    }
}

/// Where these stand; what isn't there, or isn't seen, has no place.
async fn places(cx: &mut Cx, account: &Account, ids: &[String]) -> Result<HashMap<String, Path>, Error> {
    let mut places = HashMap::with_capacity(ids.len());
    for some in ids.chunks(db::AT_ONCE) {
        for (id, path) in sql::places(cx, some).await? {
            if account.sees(&path) {
                places.insert(id, path);
            }
        }
    }
    Ok(places)
}

/// From the top of the tree downwards; what has no place comes last.
async fn by_place(cx: &mut Cx, ids: Vec<String>) -> Result<Vec<String>, Error> {
    let account = cx.account()?;
    let places = places(cx, &account, &ids).await?;
    let (mut known, unknown): (Vec<String>, Vec<String>) = ids.into_iter().partition(|id| places.contains_key(id));
    known.sort_by(|a, b| places[a].cmp(&places[b]));
    known.extend(unknown);
    Ok(known)
}

/// A customer of a selection, as the account sees it.
struct Seen {
    row: CustomerRow,
    totals: TotalsRow,
    actions: Vec<Allowed>,
}

impl Seen {
    /// Why the account may not do this to it.
    fn refusal(&self, action: &str) -> Option<(String, String)> {
        match self.actions.iter().find(|known| known.name == action) {
            Some(known) if known.allowed => None,
            Some(known) => {
                let code = known.code.clone().unwrap_or_default();
                Some((code, known.reason.clone().unwrap_or_default()))
            }
            None => Some((Code::Forbidden.as_str().to_owned(), cannot(action, self.row.level))),
        }
    }

    fn name(&self) -> String {
        self.row.name.clone().unwrap_or_else(|| self.row.company_name.clone())
    }
}

/// What customers of a level have no such action for.
fn cannot(action: &str, level: Level) -> String {
    match action {
        "set_password" => "It has no account of its own to sign in with.".to_owned(),
        "add_site" => "Sites stand below end customers.".to_owned(),
        "suspend" | "activate" | "delete" | "restore" | "move" if level == Level::Provider => {
            "The provider itself is neither suspended nor deleted.".to_owned()
        }
        _ => "This cannot be done to it.".to_owned(),
    }
}

async fn seen(cx: &mut Cx, account: &Account, ids: &[String]) -> Result<HashMap<String, Seen>, Error> {
    let mut seen = HashMap::with_capacity(ids.len());
    for some in ids.chunks(db::AT_ONCE) {
        let rows = sql::with_totals(cx, some).await?;
        let rows: Vec<_> = rows.into_iter().filter(|(row, _)| account.sees(&row.path)).collect();
        let lineage = base::lineage::Lineage::of(cx, rows.iter().map(|(row, _)| &row.path)).await?;
        for (row, totals) in rows {
            let actions = view::actions(&lineage, account, &row);
            seen.insert(row.id.to_string(), Seen { row, totals, actions });
        }
    }
    Ok(seen)
}

/// A preview in which each row is judged by itself.
async fn judged(
    cx: &mut Cx,
    account: &Account,
    ids: &[String],
    permission: Permission,
    judge: impl Fn(&Seen) -> (Outcome, Option<(String, String)>),
) -> Result<(Foreseen, Vec<Seen>), Error> {
    let mut seen = seen(cx, account, ids).await?;
    let (mut foreseen, mut changing) = (Foreseen::default(), Vec::new());
    for id in ids {
        let Some(found) = seen.remove(id) else {
            foreseen.rows.push(unknown(id));
            continue;
        };
        let denied = account.refusal(permission, &found.row.path);
        let (outcome, why) = match denied {
            Some(reason) => (Outcome::Refused, Some((Code::Forbidden.as_str().to_owned(), reason.to_owned()))),
            None => judge(&found),
        };
        foreseen.rows.push(row(id, Some(found.name()), outcome, why));
        if outcome == Outcome::Done {
            changing.push(found);
        }
    }
    Ok((foreseen, changing))
}

/// Done, like that already, or refused for a reason.
fn verdict(seen: &Seen, action: &str, is_so_already: bool) -> (Outcome, Option<(String, String)>) {
    match seen.refusal(action) {
        _ if is_so_already => (Outcome::Unchanged, None),
        Some(why) => (Outcome::Refused, Some(why)),
        None => (Outcome::Done, None),
    }
}
