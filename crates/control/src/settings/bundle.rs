//! Settings that are given to customers together, as templates hold them.

use std::collections::HashMap;

use api::setting::SettingSet;
use api::template::Bundle;
use api::{Code, Error, Level};
use base::authz::Account;
use base::cx::{Cx, Tx};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::known::Known;
use super::owner::Owner;
use super::registry::{self, Setting};
use super::sql::SettingRow;
use super::{After, checked, differs, put, sql, write};
use crate::bulk::changed_since;
use crate::customers::sql::CustomerRow;

/// More settings are not given together.
const MOST: usize = 50;

/// What is remembered of a setting of an owner, to bring it back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Before {
    pub(super) name: String,
    was: Option<SettingRow>,
    /// As it was left: another one means that somebody has changed it since.
    left: Option<SettingRow>,
}

/// Makes an owner say this of a setting, or nothing. Returns what was before where that is another.
pub(super) async fn set_one(
    tx: &mut Tx,
    account: &Account,
    (owner, known): (&mut Owner, &Known),
    setting: &'static Setting,
    after: After,
) -> Result<Option<Before>, Error> {
    let before = known.row(owner.id(), setting.name).cloned();
    if !differs(before.as_ref(), &after) {
        return Ok(None);
    }
    let left = write(tx, account, owner, setting, before.as_ref(), after).await?;
    Ok(Some(Before { name: setting.name.to_owned(), was: before, left }))
}

/// Makes an owner say again what it said.
pub(super) async fn take_one_back(
    tx: &mut Tx,
    account: &Account,
    (owner, known): (&mut Owner, &Known),
    undo: Before,
) -> Result<(), Error> {
    let setting = registry::find(&undo.name)?;
    let present = known.row(owner.id(), setting.name).cloned();
    if present != undo.left {
        return Err(changed_since());
    }
    let was = undo.was.as_ref().map(SettingRow::value);
    if let Some(refused) = known.refusal_of(account, owner, setting, was.as_ref()) {
        return Err(refused);
    }
    let set_at = tx.now.as_microsecond();
    let restored = undo.was.map(|row| SettingRow { set_at, ..row });
    put(tx, owner, setting, present.as_ref(), restored).await.map(drop)
}

/// A bundle as it is stored. What runs out is nothing to be given again and again.
pub(crate) fn check(bundle: &Bundle, now: Timestamp) -> Result<Bundle, Error> {
    if bundle.len() > MOST {
        return Err(Error::field("settings", Code::TooLong, format!("At most {MOST}.")));
    }
    let (mut stored, mut wrong) = (Bundle::new(), Vec::new());
    for (name, input) in bundle {
        let field = format!("settings.{name}");
        let found = registry::find(name).map_err(|_| Error::field(".", Code::Invalid, "There is no such setting."));
        match found.and_then(|setting| Ok((setting, checked(setting, input, now)?))) {
            Ok((setting, _)) if !setting.is_for(Some(Level::EndCustomer)) => {
                let detail = "This setting is not for customers.";
                wrong.extend(Error::field(field, Code::SettingNotApplicable, detail).fields);
            }
            Ok((setting, (value, _))) if (setting.ends_at)(&value).is_some() => {
                let detail = "It ends by itself, so that it is no matter of templates.";
                wrong.extend(Error::field(field, Code::SettingNotApplicable, detail).fields);
            }
            Ok((_, (value, locked))) => {
                stored.insert(name.clone(), SettingSet { value, locked });
            }
            Err(error) => wrong.extend(error.below(&field).fields),
        }
    }
    if wrong.is_empty() { Ok(stored) } else { Err(Error::fields(wrong)) }
}

/// What a customer sets itself, as far as it can be given to others.
pub(crate) async fn own_of(cx: &mut Cx, id: &str) -> Result<Bundle, Error> {
    let rows = sql::of_owners(cx, &[id]).await?;
    let lasting = rows
        .into_iter()
        .filter(|row| registry::find(&row.name).is_ok_and(|setting| (setting.ends_at)(&row.value()).is_none()));
    Ok(lasting.map(|row| (row.name.clone(), SettingSet { value: row.value(), locked: row.locked })).collect())
}

/// The settings of a bundle. One that there is no more is passed over.
fn settings(bundle: &Bundle) -> impl Iterator<Item = (&'static Setting, After)> {
    bundle.iter().filter_map(|(name, set)| Some((registry::find(name).ok()?, Some((set.value.clone(), set.locked)))))
}

fn value(after: &After) -> Option<&Value> {
    after.as_ref().map(|(value, _)| value)
}

/// The same said of the setting that is refused.
fn about(setting: &Setting, error: &Error) -> Error {
    let (_, detail) = error.said();
    // Beside who may and what is locked there is only for whom it is.
    let code = if error.fields.is_empty() { error.code } else { Code::SettingNotApplicable };
    Error::new(code, format!("{}: {detail}", setting.name))
}

/// What would change at each of these customers, in words, or why it can't be given what a bundle holds.
pub(crate) async fn foresee(
    cx: &mut Cx,
    account: &Account,
    customers: Vec<(CustomerRow, &Bundle)>,
) -> Result<HashMap<String, Result<Vec<String>, Error>>, Error> {
    let owners: Vec<(Owner, &Bundle)> =
        customers.into_iter().map(|(row, bundle)| (Owner::Customer(Box::new(row)), bundle)).collect();
    let known = Known::of(cx, &owners.iter().map(|(owner, _)| owner).collect::<Vec<_>>()).await?;
    let judge = |owner: &Owner, bundle: &Bundle| {
        let mut changes = Vec::new();
        for (setting, after) in settings(bundle) {
            if let Some(refused) = known.refusal_of(account, owner, setting, value(&after)) {
                return Err(about(setting, &refused));
            }
            if differs(known.row(owner.id(), setting.name), &after) {
                let is = known.words(account, owner, setting);
                let becomes = value(&after).map(setting.words).unwrap_or_default();
                changes.push(format!("{}: {is} → {becomes}", setting.name));
            }
        }
        Ok(changes)
    };
    Ok(owners.iter().map(|(owner, bundle)| (owner.id().to_owned(), judge(owner, bundle))).collect())
}

/// How strictly a bundle is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// All of it, or nothing.
    Whole,
    /// As much of it as can be.
    AsFar,
}

/// Gives a customer what a bundle holds. Returns what was before, of what is another now.
pub(crate) async fn give(
    tx: &mut Tx,
    account: &Account,
    row: &CustomerRow,
    bundle: &Bundle,
    how: How,
) -> Result<Vec<Before>, Error> {
    let mut owner = Owner::Customer(Box::new(row.clone()));
    let known = Known::of(tx, &[&owner]).await?;
    let mut before = Vec::new();
    for (setting, after) in settings(bundle) {
        match known.refusal_of(account, &owner, setting, value(&after)) {
            Some(refused) if how == How::Whole => return Err(about(setting, &refused)),
            Some(_) => {}
            None => before.extend(set_one(tx, account, (&mut owner, &known), setting, after).await?),
        }
    }
    Ok(before)
}

/// Gives a customer back what it set before.
pub(crate) async fn take_back(
    tx: &mut Tx,
    account: &Account,
    row: &CustomerRow,
    undo: Vec<Before>,
) -> Result<(), Error> {
    let mut owner = Owner::Customer(Box::new(row.clone()));
    let known = Known::of(tx, &[&owner]).await?;
    for before in undo {
        take_one_back(tx, account, (&mut owner, &known), before).await?;
    }
    Ok(())
}
