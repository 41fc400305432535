//! What can be done to many licences: renewing them.

use std::collections::HashMap;

use api::Error;
use api::id::LicenceId;
use api::licence::LicenceRenew;
use api::page::{ListQuery, Page};
use api::task::Outcome;
use api::units::Time;
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};

use super::sql::LicenceRow;
use super::{NOUN, fetch, renewed, sql, write_renewal};
use crate::bulk::{Action, Foreseen, Noun, changed_since, read, row, unknown};

pub(crate) const ACTIONS: &[&dyn Action] = &[&Renew];

struct Licences;

impl Noun for Licences {
    fn name(&self) -> &'static str {
        "licences"
    }

    fn counted(&self, count: usize) -> String {
        if count == 1 { "1 licence".to_owned() } else { format!("{count} licences") }
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(async move {
            let account = cx.account()?;
            account.authorize(Permission::ReadLicences, &account.path)?;
            let found = base::list::find(cx, &account, query, &NOUN).await?;
            Ok(base::list::page(found.ids().to_vec(), found.next, found.total))
        })
    }
}

struct Renew;

impl Action for Renew {
    fn noun(&self) -> &'static dyn Noun {
        &Licences
    }

    fn word(&self) -> &'static str {
        "renew"
    }

    fn permission(&self) -> Permission {
        Permission::ManageLicences
    }

    fn title(&self, which: &str) -> String {
        format!("Renew {which}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        serde_json::to_value(read::<LicenceRenew>(input)?).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let input: LicenceRenew = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let mut seen = HashMap::with_capacity(ids.len());
            for some in ids.chunks(db::AT_ONCE) {
                let rows = sql::with_these_ids(cx, some).await?;
                let rows = rows.into_iter().filter(|(row, ..)| account.sees(&row.path));
                seen.extend(rows.map(|whole| (whole.0.id.to_string(), whole)));
            }
            let mut foreseen = Foreseen::default();
            for id in ids {
                let Some((licence, product, holder, _)) = seen.remove(id) else {
                    foreseen.rows.push(unknown(id));
                    continue;
                };
                let name = format!("{}, {}", holder.company_name, product.name);
                let verdict = match account.refusal(Permission::ManageLicences, &licence.path) {
                    Some(why) => Err((api::Code::Forbidden.as_str().to_owned(), why.to_owned())),
                    None => renewed(&licence, &input, cx.now).map_err(|error| error.said()),
                };
                let (outcome, why) = match verdict {
                    Ok(after) => (Outcome::Done, (String::new(), format!("{} → {}", day(&licence), day(&after)))),
                    Err(why) => (Outcome::Refused, why),
                };
                if outcome == Outcome::Done {
                    *foreseen.effects.entry("licences".to_owned()).or_default() += 1;
                }
                foreseen.rows.push(row(id, Some(name), outcome, Some(why)));
            }
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let input: LicenceRenew = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let (licence, product, ..) = fetch(tx, &account, &LicenceId::from_text(id), self.permission()).await?;
            let after = renewed(&licence, &input, tx.now)?;
            write_renewal(tx, &licence, &after, &product.name).await?;
            let course = |row: &LicenceRow| json!([row.anchor_at, row.terms, row.ends_at]);
            Ok(Done::Changed(Some(json!({ "before": course(&licence), "left": course(&after) }))))
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let account = tx.account()?;
            let (licence, product, ..) = fetch(tx, &account, &LicenceId::from_text(id), self.permission()).await?;
            let course = |name: &str| -> Result<(i64, i64, Option<i64>), Error> {
                serde_json::from_value(undo[name].clone()).map_err(Error::internal)
            };
            if course("left")? != (licence.anchor_at, licence.terms, licence.ends_at) {
                return Err(changed_since());
            }
            let (anchor_at, terms, ends_at) = course("before")?;
            let before = LicenceRow { anchor_at, terms, ends_at, ..licence.clone() };
            write_renewal(tx, &licence, &before, &product.name).await?;
            Ok(Done::Changed(None))
        })
    }
}

fn day(row: &LicenceRow) -> String {
    let day = |at: i64| Time::from_micros(at).day_in_words();
    row.ends_at.map_or_else(|| "no end".to_owned(), day)
}
