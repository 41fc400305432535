//! Setting something at many customers or devices, and letting many inherit it again.

use std::collections::{BTreeMap, HashMap};

use api::bulk::BulkRow;
use api::id::{CustomerId, DeviceId};
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

use super::bundle::{Before, set_one, take_one_back};
use super::known::Known;
use super::owner::Owner;
use super::registry::{self, Setting};
use super::{After, OwnerId, consequences, differs};
use crate::bulk::{Action, Foreseen, Noun, read, row, unknown};
use crate::{customers, devices};

/// Of whom.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Owners {
    Customers,
    Devices,
}

impl Owners {
    fn noun(self) -> &'static dyn Noun {
        match self {
            Self::Customers => &customers::bulk::Customers,
            Self::Devices => &devices::bulk::Devices,
        }
    }

    /// Those of these that the account sees.
    pub(super) async fn load(
        self,
        cx: &mut Cx,
        account: &Account,
        ids: &[String],
    ) -> Result<HashMap<String, Owner>, Error> {
        let mut owners = HashMap::with_capacity(ids.len());
        for some in ids.chunks(db::AT_ONCE) {
            let found: Vec<Owner> = match self {
                Self::Customers => {
                    let rows = customers::sql::with_totals(cx, some).await?;
                    rows.into_iter().map(|(row, _)| Owner::Customer(Box::new(row))).collect()
                }
                Self::Devices => {
                    let rows = devices::sql::with_these_ids(cx, some).await?;
                    rows.into_iter().map(|(row, ..)| Owner::Device(Box::new(row))).collect()
                }
            };
            let seen = found.into_iter().filter(|owner| account.sees(owner.path()));
            owners.extend(seen.map(|owner| (owner.id().to_owned(), owner)));
        }
        Ok(owners)
    }

    pub(super) async fn fetch(self, tx: &mut Tx, account: &Account, id: &str) -> Result<Owner, Error> {
        let (customer, device) = (CustomerId::from_text(id), DeviceId::from_text(id));
        let id = match self {
            Self::Customers => OwnerId::Customer(&customer),
            Self::Devices => OwnerId::Device(&device),
        };
        Owner::fetch(tx, account, id, Permission::ManageSettings).await
    }
}

/// What many are to say, as the task keeps it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    value: Value,
    #[serde(default)]
    locked: bool,
}

/// What many are to inherit again.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Inherited {
    name: String,
}

async fn one(tx: &mut Tx, owners: Owners, id: &str, setting: &'static Setting, after: After) -> Result<Done, Error> {
    let account = tx.account()?;
    let mut owner = owners.fetch(tx, &account, id).await?;
    let known = Known::of(tx, &[&owner]).await?;
    if let Some(refused) = known.refusal_of(&account, &owner, setting, after.as_ref().map(|(value, _)| value)) {
        return Err(refused);
    }
    Ok(match set_one(tx, &account, (&mut owner, &known), setting, after).await? {
        None => Done::Unchanged,
        Some(undo) => Done::Changed(Some(serde_json::to_value(undo).map_err(Error::internal)?)),
    })
}

async fn take_back(tx: &mut Tx, owners: Owners, id: &str, undo: &Value) -> Result<Done, Error> {
    let undo: Before = serde_json::from_value(undo.clone()).map_err(Error::internal)?;
    let account = tx.account()?;
    let mut owner = owners.fetch(tx, &account, id).await?;
    let known = Known::of(tx, &[&owner]).await?;
    take_one_back(tx, &account, (&mut owner, &known), undo).await?;
    Ok(Done::Changed(None))
}

async fn preview(
    cx: &mut Cx,
    account: &Account,
    owners: Owners,
    ids: &[String],
    setting: &'static Setting,
    after: &After,
) -> Result<Foreseen, Error> {
    let loaded = owners.load(cx, account, ids).await?;
    let known = Known::of(cx, &loaded.values().collect::<Vec<_>>()).await?;
    let (mut foreseen, mut changing) = (Foreseen::default(), Vec::new());
    for id in ids {
        let Some(owner) = loaded.get(id) else {
            foreseen.rows.push(unknown(id));
            continue;
        };
        let name = Some(owner.name().to_owned());
        if let Some(refused) = known.refusal_of(account, owner, setting, after.as_ref().map(|(value, _)| value)) {
            foreseen.rows.push(row(id, name, Outcome::Refused, Some(refused.said())));
        } else if differs(known.row(id, setting.name), after) {
            changing.push((owner, after.clone()));
            // What it says now, and what it would.
            let is = known.words(account, owner, setting);
            let detail = match after {
                Some((value, true)) => format!("{is} → {}, locked", (setting.words)(value)),
                Some((value, false)) => format!("{is} → {}", (setting.words)(value)),
                None => format!("{is} → inherited"),
            };
            let told = BulkRow { detail: Some(detail), ..row(id, name, Outcome::Done, None) };
            foreseen.rows.push(told);
        } else {
            foreseen.rows.push(row(id, name, Outcome::Unchanged, None));
        }
    }
    let sum = consequences(cx, &known, setting, &changing).await?;
    foreseen.effects = BTreeMap::from([("customers".to_owned(), sum.customers), ("devices".to_owned(), sum.devices)]);
    Ok(foreseen)
}

/// Sets something at many.
#[derive(Debug)]
pub(crate) struct SetSetting(pub(crate) Owners);

impl SetSetting {
    fn wanted(input: &Value) -> Result<(&'static Setting, After), Error> {
        let wanted: Wanted = serde_json::from_value(input.clone()).map_err(Error::internal)?;
        Ok((registry::find(&wanted.name)?, Some((wanted.value, wanted.locked))))
    }
}

impl Action for SetSetting {
    fn noun(&self) -> &'static dyn Noun {
        self.0.noun()
    }

    fn word(&self) -> &'static str {
        "set_setting"
    }

    fn permission(&self) -> Permission {
        Permission::ManageSettings
    }

    fn title(&self, which: &str) -> String {
        format!("Set a setting of {which}")
    }

    fn check_at(&self, input: Value, now: Timestamp) -> Result<Value, Error> {
        let Wanted { name, value, locked } = read(input)?;
        let setting = registry::find(&name)?;
        let set = SettingSet { value, locked };
        let (value, locked) = super::checked(setting, &set, now)?;
        serde_json::to_value(Wanted { name, value, locked }).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let (setting, after) = Self::wanted(input)?;
            preview(cx, account, self.0, ids, setting, &after).await
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let (setting, after) = Self::wanted(input)?;
            // It may have run out while the task waited.
            if let Some((value, _)) = &after
                && !setting.says(value, tx.now)
            {
                return Err(Error::new(Code::OutOfRange, "What was to be set has run out meanwhile."));
            }
            one(tx, self.0, id, setting, after).await
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(take_back(tx, self.0, id, undo))
    }
}

/// Lets many inherit something again.
#[derive(Debug)]
pub(crate) struct InheritSetting(pub(crate) Owners);

impl InheritSetting {
    fn wanted(input: &Value) -> Result<&'static Setting, Error> {
        let wanted: Inherited = serde_json::from_value(input.clone()).map_err(Error::internal)?;
        registry::find(&wanted.name)
    }
}

impl Action for InheritSetting {
    fn noun(&self) -> &'static dyn Noun {
        self.0.noun()
    }

    fn word(&self) -> &'static str {
        "inherit_setting"
    }

    fn permission(&self) -> Permission {
        Permission::ManageSettings
    }

    fn title(&self, which: &str) -> String {
        format!("Inherit a setting again at {which}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        let wanted: Inherited = read(input)?;
        registry::find(&wanted.name)?;
        serde_json::to_value(wanted).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move { preview(cx, account, self.0, ids, Self::wanted(input)?, &None).await })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move { one(tx, self.0, id, Self::wanted(input)?, None).await })
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(take_back(tx, self.0, id, undo))
    }
}
