//! What can be done to many user accounts.

use std::collections::HashMap;

use api::Error;
use api::id::UserId;
use api::page::{ListQuery, Page};
use api::task::Outcome;
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::{sql, view};
use crate::bulk::{Action, Foreseen, read, row, unknown};

pub(crate) const ACTIONS: &[&dyn Action] = &[&Delete];

/// Databases limit the parameters of a statement.
const AT_ONCE: usize = 1000;

struct Delete;

impl Action for Delete {
    fn noun(&self) -> &'static str {
        "users"
    }

    fn word(&self) -> &'static str {
        "delete"
    }

    fn permission(&self) -> Permission {
        Permission::ManageUsers
    }

    fn title(&self, how_many: usize) -> String {
        let what = if how_many == 1 { "1 account".to_owned() } else { format!("{how_many} accounts") };
        format!("Delete {what}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        read::<base::http::Nothing>(input)?;
        Ok(Value::Object(serde_json::Map::new()))
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(async move {
            let found = super::find(cx, query).await?;
            Ok(base::list::page(found.ids().to_vec(), found.next, found.total))
        })
    }

    fn arrange<'a>(&'a self, _: &'a mut Cx, ids: Vec<String>) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(async { Ok(ids) })
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let mut seen = HashMap::with_capacity(ids.len());
            for some in ids.chunks(AT_ONCE) {
                let rows = sql::with_these_ids(cx, some).await?;
                let rows = rows.into_iter().filter(|(_, home)| account.sees(&home.path));
                seen.extend(rows.map(|(row, home)| (row.id.to_string(), view(account, row, &home))));
            }
            let mut foreseen = Foreseen::default();
            for id in ids {
                let Some(user) = seen.remove(id) else {
                    foreseen.rows.push(unknown(id));
                    continue;
                };
                let why = user.actions.iter().find(|action| action.name == "delete" && !action.allowed);
                let why = why.map(|why| (why.code.clone().unwrap_or_default(), why.reason.clone().unwrap_or_default()));
                let outcome = if why.is_some() { Outcome::Refused } else { Outcome::Done };
                if outcome == Outcome::Done {
                    *foreseen.effects.entry("users".to_owned()).or_default() += 1;
                }
                foreseen.rows.push(row(id, Some(user.name), outcome, why));
            }
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            super::delete(tx, &UserId::from_text(id), None).await?;
            Ok(Done::Changed(None))
        })
    }

    fn take_back<'a>(&'a self, _: &'a mut Tx, _: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async { Err(Error::internal("a deletion is not taken back")) })
    }

    fn is_reversible(&self) -> bool {
        false
    }
}
