//! Deleting many, and cancelling that.

use std::collections::HashMap;

use api::customer::HowRestored;
use api::task::Outcome;
use api::{Code, Error, Level};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::deletion;
use super::{Customers, id_of, judged, places, seen, verdict};
use crate::bulk::{Action, Foreseen, Noun, changed_since, read, row, unknown};

/// What is said with a deletion.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct How {
    /// That devices with their backups, and customers below, go too.
    #[serde(default)]
    remove_products: bool,
}

/// The version after the deletion was scheduled: another one means that somebody has changed it since.
#[derive(Debug, Serialize, Deserialize)]
struct Scheduled {
    version: i64,
}

pub(super) struct Delete;

impl Action for Delete {
    fn noun(&self) -> &'static dyn Noun {
        &Customers
    }

    fn word(&self) -> &'static str {
        "delete"
    }

    fn permission(&self) -> Permission {
        Permission::DeleteCustomers
    }

    fn title(&self, which: &str) -> String {
        format!("Delete {which}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        serde_json::to_value(read::<How>(input)?).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let how: How = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            // From the top downwards: what stands below one that goes, goes along.
            let places = places(cx, account, ids).await?;
            let mut seen = seen(cx, account, ids).await?;
            let mut foreseen = Foreseen::default();
            let mut effects: HashMap<&str, i64> = HashMap::new();
            let mut tops: Vec<&tree::Path> = Vec::new();
            for id in ids {
                let (Some(found), Some(place)) = (seen.remove(id), places.get(id)) else {
                    foreseen.rows.push(unknown(id));
                    continue;
                };
                if found.row.deletes_at.is_some() || tops.iter().any(|top| top.contains(place)) {
                    foreseen.rows.push(row(id, Some(found.name()), Outcome::Unchanged, None));
                    continue;
                }
                let mut why = found.refusal("delete");
                if why.is_none() && !how.remove_products {
                    let wanted = deletion::consents(found.totals.customers, found.totals.devices);
                    why = wanted.into_iter().next().map(|(code, detail)| (code.as_str().to_owned(), detail));
                }
                if why.is_none() && !how.remove_products {
                    let attached = deletion::licences_attached(cx, &found.row.path).await?;
                    why = attached.map(|(code, detail)| (code.as_str().to_owned(), detail));
                }
                if why.is_none() {
                    why = deletion::kept_below(cx, &found.row)
                        .await?
                        .map(|(code, detail)| (code.as_str().to_owned(), detail));
                }
                let outcome = if why.is_some() { Outcome::Refused } else { Outcome::Done };
                if outcome == Outcome::Done {
                    let is_site = found.row.level == Level::Site;
                    *effects.entry("customers").or_default() += found.totals.customers + i64::from(!is_site);
                    *effects.entry("sites").or_default() += found.totals.sites + i64::from(is_site);
                    *effects.entry("devices").or_default() += found.totals.devices;
                    *effects.entry("used_bytes").or_default() += found.totals.used_bytes;
                    tops.push(place);
                }
                foreseen.rows.push(row(id, Some(found.name()), outcome, why));
            }
            foreseen.effects = effects
                .into_iter()
                .filter(|(_, count)| *count > 0)
                .map(|(what, count)| (what.to_owned(), count))
                .collect();
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let how: How = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let accounts = deletion::Accounts::default();
            match deletion::schedule(tx, &id_of(id), None, how.remove_products, accounts, false).await {
                Ok(done) if !done.changes => Ok(Done::Unchanged),
                Ok(done) => {
                    let undo = Scheduled { version: done.customer.version };
                    Ok(Done::Changed(Some(serde_json::to_value(undo).map_err(Error::internal)?)))
                }
                // It goes along with what was deleted above it.
                Err(error) if error.code == Code::DeletionScheduled => Ok(Done::Unchanged),
                Err(error) => Err(error),
            }
        })
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let scheduled: Scheduled = serde_json::from_value(undo.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let row = super::super::fetch(tx, &account, &id_of(id), Permission::DeleteCustomers).await?;
            if row.version != scheduled.version {
                return Err(changed_since());
            }
            deletion::restore(tx, &id_of(id), None, HowRestored::default()).await?;
            Ok(Done::Changed(None))
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }
}

pub(super) struct Restore;

impl Action for Restore {
    fn noun(&self) -> &'static dyn Noun {
        &Customers
    }

    fn word(&self) -> &'static str {
        "restore"
    }

    fn permission(&self) -> Permission {
        Permission::DeleteCustomers
    }

    fn title(&self, which: &str) -> String {
        format!("Restore {which}")
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let (foreseen, _) = judged(cx, account, ids, self.permission(), |seen| {
                verdict(seen, "restore", seen.row.deletes_at.is_none())
            })
            .await?;
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let restored = deletion::restore(tx, &id_of(id), None, HowRestored::default()).await?;
            Ok(if restored.changes { Done::Changed(None) } else { Done::Unchanged })
        })
    }
}
