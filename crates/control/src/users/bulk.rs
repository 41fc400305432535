//! What can be done to many user accounts.

use std::collections::HashMap;

use api::Error;
use api::id::UserId;
use api::invitation::InvitationCreate;
use api::page::{ListQuery, Page};
use api::task::Outcome;
use api::user::User;
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::holding::WhoCount;
use super::{sql, view};
use crate::bulk::{Action, Foreseen, Noun, read, row, unknown};

pub(crate) const ACTIONS: &[&dyn Action] = &[&Delete, &Invitation];

/// The user accounts of a list.
struct Users;

impl Noun for Users {
    fn name(&self) -> &'static str {
        "users"
    }

    fn counted(&self, count: usize) -> String {
        if count == 1 { "1 account".to_owned() } else { format!("{count} accounts") }
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(async move {
            let found = super::find(cx, query).await?;
            Ok(base::list::page(found.ids().to_vec(), found.next, found.total))
        })
    }
}

/// A preview in which each account is judged by what may be done with it.
async fn judged(
    cx: &mut Cx,
    account: &Account,
    ids: &[String],
    action: &'static str,
    effect: &'static str,
) -> Result<Foreseen, Error> {
    let mut seen = HashMap::with_capacity(ids.len());
    for some in ids.chunks(db::AT_ONCE) {
        let rows = sql::with_these_ids(cx, some).await?;
        let rows = rows.into_iter().filter(|(_, home)| account.sees(&home.path));
        seen.extend(rows.map(|(row, home)| (row.id.to_string(), view(account, row, &home))));
    }
    let mut who_count = WhoCount::default();
    if action == "delete" {
        let users: Vec<User> = seen.values().cloned().collect();
        who_count = WhoCount::with(cx, &users).await?;
    }
    let mut foreseen = Foreseen::default();
    for id in ids {
        let Some(user) = seen.remove(id) else {
            foreseen.rows.push(unknown(id));
            continue;
        };
        let why = user.actions.iter().find(|known| known.name == action && !known.allowed);
        let why = why.map(|why| (why.code.clone().unwrap_or_default(), why.reason.clone().unwrap_or_default()));
        // Each is judged as it will be when those before it have gone.
        let why = why.or_else(|| who_count.keeps(&user).map(|kept| (kept.code.as_str().to_owned(), kept.detail)));
        let outcome = if why.is_some() { Outcome::Refused } else { Outcome::Done };
        if outcome == Outcome::Done {
            *foreseen.effects.entry(effect.to_owned()).or_default() += 1;
            who_count.without(&user);
        }
        foreseen.rows.push(row(id, Some(user.name), outcome, why));
    }
    Ok(foreseen)
}

struct Delete;

impl Action for Delete {
    fn noun(&self) -> &'static dyn Noun {
        &Users
    }

    fn word(&self) -> &'static str {
        "delete"
    }

    fn permission(&self) -> Permission {
        Permission::ManageUsers
    }

    fn title(&self, which: &str) -> String {
        format!("Delete {which}")
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(judged(cx, account, ids, "delete", "users"))
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            super::delete(tx, &UserId::from_text(id), None).await?;
            Ok(Done::Changed(None))
        })
    }
}

struct Invitation;

impl Action for Invitation {
    fn noun(&self) -> &'static dyn Noun {
        &Users
    }

    fn word(&self) -> &'static str {
        "invitation"
    }

    fn permission(&self) -> Permission {
        Permission::ManageUsers
    }

    fn title(&self, which: &str) -> String {
        format!("Make password links for {which}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        serde_json::to_value(read::<InvitationCreate>(input)?).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            crate::invitations::check(cx, read(input.clone())?).await?;
            judged(cx, account, ids, "invite", "links").await
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let made = crate::invitations::create(tx, &UserId::from_text(id), read(input.clone())?).await?;
            Ok(made.url.map_or(Done::Changed(None), Done::Answered))
        })
    }
}
