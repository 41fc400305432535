//! Policies: what lists of settings are to hold at many customers. What is there already is built upon, so that a customer that has
//! more of its own keeps it.

use std::collections::{BTreeMap, HashMap};

use api::bulk::BulkRow;
use api::setting::SettingSet;
use api::task::Outcome;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::bulk::Owners;
use super::bundle::{Before, set_one, take_one_back};
use super::known::Known;
use super::owner::Owner;
use super::registry::{self, Setting};
use super::{After, checked, differs};
use crate::bulk::{Action, Foreseen, Noun, read, row, unknown};
use crate::customers::kinds::Task;

/// What is done to a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Mode {
    /// What is missing is added; what says otherwise about the same is replaced.
    Append,
    /// What is there of it is taken out.
    Delete,
    /// The list is this from now on.
    Overwrite,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    mode: Mode,
    items: Value,
}

/// What is done to which list, as the task keeps it.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Policy {
    lists: BTreeMap<String, Change>,
}

/// A setting that is a list, and what tells its items apart.
type List = (&'static Setting, fn(&Value) -> String);

fn list_of(name: &str) -> Result<List, Error> {
    let setting = registry::find(name)?;
    match setting.list {
        Some(key) => Ok((setting, key)),
        None => Err(Error::field(".", Code::Invalid, "This setting is no list.")),
    }
}

/// What a list holds afterwards.
fn changed(held: &Value, change: &Change, key: fn(&Value) -> String) -> Value {
    let items = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let (mut list, given) = (items(held), items(&change.items));
    match change.mode {
        Mode::Overwrite => list = given,
        Mode::Delete => list.retain(|item| !given.contains(item)),
        Mode::Append => {
            for item in given {
                match list.iter_mut().find(|known| key(known) == key(&item)) {
                    Some(known) => *known = item,
                    None => list.push(item),
                }
            }
        }
    }
    Value::Array(list)
}

impl Policy {
    /// What an owner is to say afterwards of each list, where that is another than what holds there.
    fn plan(&self, owner: &Owner, known: &Known, now: Timestamp) -> Result<Vec<(&'static Setting, After)>, Error> {
        let mut plan = Vec::new();
        for (name, change) in &self.lists {
            let (setting, key) = list_of(name)?;
            let own = known.row(owner.id(), setting.name);
            let held = known.held(owner, setting);
            let wanted = SettingSet { value: changed(&held, change, key), locked: own.is_some_and(|row| row.locked) };
            // Together they may be too many.
            let after = checked(setting, &wanted, now).map_err(|error| about(setting, &error))?;
            // What comes from above and is what is wanted goes on coming from there.
            if differs(own, &Some(after.clone())) && (own.is_some() || after.0 != held) {
                plan.push((setting, Some(after)));
            }
        }
        Ok(plan)
    }
}

fn about(setting: &Setting, error: &Error) -> Error {
    let (_, detail) = error.said();
    Error::new(error.code, format!("{}: {detail}", setting.name))
}

/// Why the account may not do this to an owner.
fn refusal(account: &Account, owner: &Owner, known: &Known, plan: &[(&'static Setting, After)]) -> Option<Error> {
    if let Owner::Customer(row) = owner
        && let Some((code, why)) = Task::Policies.refusal(row.kind)
    {
        return Some(Error::new(code, why));
    }
    let refused = |(setting, after): &(&'static Setting, After)| {
        let refused = known.refusal_of(account, owner, setting, after.as_ref().map(|(value, _)| value))?;
        Some(about(setting, &refused))
    };
    plan.iter().find_map(refused)
}

/// Deploys a policy to many customers.
#[derive(Debug)]
pub(crate) struct DeployPolicy;

impl DeployPolicy {
    fn policy(input: &Value) -> Result<Policy, Error> {
        serde_json::from_value(input.clone()).map_err(Error::internal)
    }
}

impl Action for DeployPolicy {
    fn noun(&self) -> &'static dyn Noun {
        &crate::customers::bulk::Customers
    }

    fn word(&self) -> &'static str {
        "deploy_policy"
    }

    fn permission(&self) -> Permission {
        Permission::ManageSettings
    }

    fn title(&self, which: &str) -> String {
        format!("Deploy a policy to {which}")
    }

    fn check_at(&self, input: Value, now: Timestamp) -> Result<Value, Error> {
        let Policy { lists } = read(input)?;
        if lists.is_empty() {
            return Err(Error::field("lists", Code::Required, "Say what is done to which list."));
        }
        let (mut stored, mut wrong) = (BTreeMap::new(), Vec::new());
        for (name, change) in lists {
            let set = SettingSet { value: change.items.clone(), locked: false };
            let found = list_of(&name)
                .map_err(|_| Error::field(".", Code::Invalid, "There is no such list."))
                .and_then(|(setting, _)| checked(setting, &set, now).map_err(under_items));
            match found {
                Ok((items, _)) => {
                    stored.insert(name, Change { items, ..change });
                }
                Err(error) => wrong.extend(error.below(&format!("lists.{name}")).fields),
            }
        }
        if !wrong.is_empty() {
            return Err(Error::fields(wrong));
        }
        serde_json::to_value(Policy { lists: stored }).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let policy = Self::policy(input)?;
            let loaded: HashMap<String, Owner> = Owners::Customers.load(cx, account, ids).await?;
            let known = Known::of(cx, &loaded.values().collect::<Vec<_>>()).await?;
            let (mut foreseen, mut customers, mut lists) = (Foreseen::default(), 0, 0);
            for id in ids {
                let Some(owner) = loaded.get(id) else {
                    foreseen.rows.push(unknown(id));
                    continue;
                };
                let name = Some(owner.name().to_owned());
                let plan = policy.plan(owner, &known, cx.now);
                let refused = plan.as_ref().ok().and_then(|plan| refusal(account, owner, &known, plan));
                foreseen.rows.push(match (plan, refused) {
                    (Err(refused), _) | (Ok(_), Some(refused)) => row(id, name, Outcome::Refused, Some(refused.said())),
                    (Ok(plan), None) if plan.is_empty() => row(id, name, Outcome::Unchanged, None),
                    (Ok(plan), None) => {
                        customers += 1;
                        lists += i64::try_from(plan.len()).unwrap_or_default();
                        let told = plan.iter().map(|(setting, after)| {
                            let is = known.words(account, owner, setting);
                            let becomes = after.as_ref().map(|(value, _)| (setting.words)(value)).unwrap_or_default();
                            format!("{}: {is} → {becomes}", setting.name)
                        });
                        let detail = Some(told.collect::<Vec<_>>().join("; "));
                        BulkRow { detail, ..row(id, name, Outcome::Done, None) }
                    }
                });
            }
            foreseen.effects = BTreeMap::from([("customers".to_owned(), customers), ("lists".to_owned(), lists)]);
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let policy = Self::policy(input)?;
            let account = tx.account()?;
            let mut owner = Owners::Customers.fetch(tx, &account, id).await?;
            let known = Known::of(tx, &[&owner]).await?;
            let plan = policy.plan(&owner, &known, tx.now)?;
            if let Some(refused) = refusal(&account, &owner, &known, &plan) {
                return Err(refused);
            }
            let mut before = Vec::new();
            for (setting, after) in plan {
                before.extend(set_one(tx, &account, (&mut owner, &known), setting, after).await?);
            }
            if before.is_empty() {
                return Ok(Done::Unchanged);
            }
            Ok(Done::Changed(Some(serde_json::to_value(before).map_err(Error::internal)?)))
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let undo: Vec<Before> = serde_json::from_value(undo.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let mut owner = Owners::Customers.fetch(tx, &account, id).await?;
            let known = Known::of(tx, &[&owner]).await?;
            for before in undo {
                take_one_back(tx, &account, (&mut owner, &known), before).await?;
            }
            Ok(Done::Changed(None))
        })
    }
}

/// What is wrong with the items of a change: a setting says it of its value.
fn under_items(mut error: Error) -> Error {
    for field in &mut error.fields {
        if let Some(rest) = field.field.strip_prefix("value") {
            field.field = format!("items{rest}");
        }
    }
    error
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn after(mode: Mode, name: &str, held: &Value, items: Value) -> Value {
        let (_, key) = list_of(name).unwrap();
        changed(held, &Change { mode, items }, key)
    }

    #[test]
    fn what_is_there_is_built_upon() {
        let held = json!(["*.tmp", "/proc"]);
        let of = |mode, items: Value| after(mode, "exclusions", &held, items);
        assert_eq!(of(Mode::Append, json!(["/proc", "*.iso"])), json!(["*.tmp", "/proc", "*.iso"]));
        assert_eq!(of(Mode::Delete, json!(["/proc", "*.iso"])), json!(["*.tmp"]));
        assert_eq!(of(Mode::Overwrite, json!(["*.iso"])), json!(["*.iso"]));
        // Two rules about the same would contradict each other.
        let held = json!([{ "keep": "daily", "count": 7 }, { "keep": "weekly", "count": 4 }]);
        let given = json!([{ "keep": "daily", "count": 14 }]);
        assert_eq!(
            after(Mode::Append, "retention", &held, given.clone()),
            json!([{ "keep": "daily", "count": 14 }, { "keep": "weekly", "count": 4 }])
        );
        // What isn't there is no matter.
        assert_eq!(after(Mode::Delete, "retention", &held, given), held);
    }
}
