//! Giving many customers a template, and bringing many back to theirs.

use std::collections::{BTreeMap, HashMap};

use api::bulk::BulkRow;
use api::id::{CustomerId, TemplateId};
use api::task::Outcome;
use api::template::Bundle;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::sql::{self, TemplateRow, Whole};
use super::{give, refuse_kind, usable_of, write};
use crate::bulk::{Action, Foreseen, Noun, changed_since, read, row, unknown};
use crate::customers;
use crate::customers::sql::CustomerRow;
use crate::settings::bundle::{self, Before, How};

/// Which template many are to have; none without one.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    template_id: Option<TemplateId>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

/// What is remembered of a customer.
#[derive(Debug, Serialize, Deserialize)]
struct Undo {
    was: Option<TemplateId>,
    left: Option<TemplateId>,
    settings: Vec<Before>,
}

type Given = (TemplateRow, Bundle);

/// What each is to be given: nothing to be given is a reason.
type Chosen = HashMap<String, Result<Option<Given>, Error>>;

/// Those of these that the account sees.
async fn load(cx: &mut Cx, account: &Account, ids: &[String]) -> Result<HashMap<String, CustomerRow>, Error> {
    let mut rows = HashMap::with_capacity(ids.len());
    for some in ids.chunks(db::AT_ONCE) {
        let found = customers::sql::with_totals(cx, some).await?.into_iter().map(|(row, _)| row);
        rows.extend(found.filter(|row| account.sees(&row.path)).map(|row| (row.id.to_string(), row)));
    }
    Ok(rows)
}

/// Which of these have which template.
async fn assigned(cx: &mut Cx, ids: &[String]) -> Result<HashMap<String, String>, Error> {
    let mut has = HashMap::new();
    for some in ids.chunks(db::AT_ONCE) {
        has.extend(sql::assigned_to(cx, some).await?);
    }
    Ok(has)
}

async fn foresee(
    cx: &mut Cx,
    account: &Account,
    ids: &[String],
    rows: &HashMap<String, CustomerRow>,
    mut chosen: Chosen,
) -> Result<Foreseen, Error> {
    let has = assigned(cx, ids).await?;
    let given: HashMap<&str, &Given> =
        chosen.iter().filter_map(|(id, found)| Some((id.as_str(), found.as_ref().ok()?.as_ref()?))).collect();
    let giving = given.iter().filter_map(|(id, (_, settings))| Some((rows.get(*id)?.clone(), settings))).collect();
    let mut changes = bundle::foresee(cx, account, giving).await?;
    let templates: HashMap<String, (String, String)> =
        given.iter().map(|(id, (row, _))| ((*id).to_owned(), (row.id.to_string(), row.name.clone()))).collect();
    let (mut foreseen, mut customers, mut settings) = (Foreseen::default(), 0, 0);
    for id in ids {
        let Some(customer) = rows.get(id) else {
            foreseen.rows.push(unknown(id));
            continue;
        };
        let name = Some(customer.name.clone().unwrap_or_else(|| customer.company_name.clone()));
        let judged = match chosen.remove(id).unwrap_or(Ok(None)) {
            Err(refused) => Err(refused),
            Ok(_) => changes.remove(id).unwrap_or_else(|| Ok(Vec::new())),
        };
        let becomes = templates.get(id);
        foreseen.rows.push(match judged {
            Err(refused) => row(id, name, Outcome::Refused, Some(refused.said())),
            Ok(changes) if changes.is_empty() && has.get(id) == becomes.map(|(id, _)| id) => {
                row(id, name, Outcome::Unchanged, None)
            }
            Ok(changes) => {
                customers += 1;
                settings += i64::try_from(changes.len()).unwrap_or_default();
                let title = becomes.map_or_else(|| "no template".to_owned(), |(_, name)| name.clone());
                let detail = if changes.is_empty() { title } else { format!("{title}: {}", changes.join("; ")) };
                BulkRow { detail: Some(detail), ..row(id, name, Outcome::Done, None) }
            }
        });
    }
    foreseen.effects = BTreeMap::from([("customers".to_owned(), customers), ("settings".to_owned(), settings)]);
    Ok(foreseen)
}

/// What of a customer speaks against templates.
fn admitted(account: &Account, row: &CustomerRow, is_none: bool) -> Result<(), Error> {
    match account.refusal(Permission::ManageSettings, &row.path) {
        Some(reason) => Err(Error::new(Code::Forbidden, reason)),
        // None is for everybody.
        None if is_none => Ok(()),
        None => refuse_kind(row),
    }
}

async fn one(tx: &mut Tx, account: &Account, row: &CustomerRow, template: Option<&Given>) -> Result<Done, Error> {
    let was = give(tx, account, row, template, How::Whole).await?;
    if !was.changed {
        return Ok(Done::Unchanged);
    }
    let left = template.map(|(row, _)| row.id.clone());
    let undo = Undo { was: was.template, left, settings: was.settings };
    Ok(Done::Changed(Some(serde_json::to_value(undo).map_err(Error::internal)?)))
}

async fn take_back(tx: &mut Tx, id: &str, undo: &Value) -> Result<Done, Error> {
    let undo: Undo = serde_json::from_value(undo.clone()).map_err(Error::internal)?;
    let account = tx.account()?;
    let customer = customers::fetch(tx, &account, &CustomerId::from_text(id), Permission::ManageSettings).await?;
    if sql::assigned(tx, id).await? != undo.left {
        return Err(changed_since());
    }
    // Each setting counts as a change.
    let version = customer.version + i64::try_from(undo.settings.len()).unwrap_or_default();
    bundle::take_back(tx, &account, &customer, undo.settings).await?;
    if undo.was != undo.left {
        let former = match &undo.was {
            None => None,
            // One that is gone, or stands elsewhere by now, is none. Whoever takes this back need not see it: it was there.
            Some(former) => {
                let found = sql::find_anywhere(tx, former).await?;
                found.filter(|(_, home, _)| home.path.contains(&customer.path)).map(|(row, ..)| row)
            }
        };
        let customer = CustomerRow { version, ..customer };
        write(tx, &customer, undo.left.as_ref(), former.as_ref()).await?;
    }
    Ok(Done::Changed(None))
}

fn has_none() -> Error {
    Error::new(Code::NotFound, "It has no template.")
}

/// What many are given.
#[derive(Clone, Copy, Debug)]
enum What {
    /// The template that is named.
    Named,
    /// Each the one that it has.
    Own,
}

#[derive(Debug)]
struct Giving(What);

pub(crate) const ASSIGN: &dyn Action = &Giving(What::Named);
pub(crate) const RESTORE: &dyn Action = &Giving(What::Own);

impl Giving {
    /// What each of these is to be given.
    async fn chosen(
        &self,
        cx: &mut Cx,
        account: &Account,
        rows: &HashMap<String, CustomerRow>,
        input: &Value,
    ) -> Result<Chosen, Error> {
        let ids: Vec<String> = rows.keys().cloned().collect();
        let Wanted { template_id: wanted } = serde_json::from_value(input.clone()).map_err(Error::internal)?;
        let has = match self.0 {
            What::Named => HashMap::new(),
            What::Own => assigned(cx, &ids).await?,
        };
        let mut templates: Vec<String> =
            has.values().cloned().chain(wanted.as_ref().map(ToString::to_string)).collect();
        templates.sort_unstable();
        templates.dedup();
        let mut known: HashMap<String, Whole> = HashMap::new();
        for some in templates.chunks(db::AT_ONCE) {
            let found = sql::with_these_ids(cx, some).await?.into_iter();
            known.extend(found.map(|whole| (whole.0.id.to_string(), whole)));
        }
        let choose = |(id, row): (&String, &CustomerRow)| {
            let of = |template: &str| usable_of(account, known.get(template).cloned(), &row.path);
            let is_none = matches!(self.0, What::Named) && wanted.is_none();
            let chosen = match (admitted(account, row, is_none), self.0) {
                (Err(refused), _) => Err(refused),
                (Ok(()), What::Named) => wanted.as_ref().map(|id| of(id.as_str())).transpose(),
                (Ok(()), What::Own) => {
                    has.get(id).ok_or_else(has_none).and_then(|id| of(id).map_err(|_| has_none())).map(Some)
                }
            };
            (id.clone(), chosen)
        };
        Ok(rows.iter().map(choose).collect())
    }
}

impl Action for Giving {
    fn noun(&self) -> &'static dyn Noun {
        &customers::bulk::Customers
    }

    fn word(&self) -> &'static str {
        match self.0 {
            What::Named => "assign_template",
            What::Own => "restore_template",
        }
    }

    fn permission(&self) -> Permission {
        Permission::ManageSettings
    }

    fn title(&self, which: &str) -> String {
        match self.0 {
            What::Named => format!("Assign a template to {which}"),
            What::Own => format!("Bring {which} back to the template"),
        }
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        let wanted = match self.0 {
            // Only what is said to be none is none.
            What::Named if input.is_object() && input.get("template_id").is_none() => {
                return Err(Error::field("template_id", Code::Required, "Say which; null for none."));
            }
            What::Named => read::<Wanted>(input)?,
            What::Own => read::<Nothing>(input).map(|Nothing {}| Wanted { template_id: None })?,
        };
        serde_json::to_value(wanted).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let rows = load(cx, account, ids).await?;
            let chosen = self.chosen(cx, account, &rows, input).await?;
            foresee(cx, account, ids, &rows, chosen).await
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let account = tx.account()?;
            let row = customers::fetch(tx, &account, &CustomerId::from_text(id), Permission::ManageSettings).await?;
            let rows = HashMap::from([(id.to_owned(), row)]);
            let chosen = self.chosen(tx, &account, &rows, input).await?.remove(id);
            one(tx, &account, &rows[id], chosen.transpose()?.flatten().as_ref()).await
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(take_back(tx, id, undo))
    }
}
