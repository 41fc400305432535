//! Settings of customers and devices: what holds and where it comes from, setting it and inheriting again, what holds now
//! and what held on a day. What can be set stands in [`registry`]; how it flows down in [`tree::settings`].

pub(crate) mod bulk;
pub(crate) mod bundle;
pub mod http;
mod known;
pub(crate) mod lists;
mod owner;
pub(crate) mod policy;
mod registry;
pub(crate) mod reports;
mod sql;
mod thresholds;
mod throttle;

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::ops::{AddAssign, SubAssign};

use api::customer::EffectiveState;
use api::grant::Said as Fed;
use api::setting::{Effective, OwnSwitches, SettingChange, SettingConsequences, SettingSet, Switch};
use api::units::Time;
use api::{Code, Error, Mode};
use db::{Raw, Sql};
use jiff::Timestamp;
use serde_json::{Value, json};
use tree::settings::{Held, Said, changed};
use tree::{Own, Path};

use self::known::Known;
use self::owner::Owner;
use self::registry::Setting;
use self::sql::SettingRow;
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::lineage::Lineage;
use base::version::IfMatch;

/// What a node is to say: a value and whether it is locked, or nothing.
pub(crate) type After = Option<(Value, bool)>;

/// What holds at an owner, now or at a moment in the past.
pub async fn effective(cx: &mut Cx, id: OwnerId<'_>, at: Option<Time>) -> Result<Effective, Error> {
    let account = cx.account()?;
    let reads = match id {
        OwnerId::Customer(_) => Permission::ReadCustomers,
        OwnerId::Device(_) => Permission::ReadDevices,
    };
    let owner = Owner::fetch(cx, &account, id, reads).await?;
    let now = Time(cx.now);
    let at = at.filter(|at| *at != now);
    if let Some(at) = at
        && (at > now || at.micros() < owner.created_at())
    {
        let detail = "Must be a moment in the past at which it was there already.";
        return Err(Error::field("at", Code::OutOfRange, detail));
    }
    let known = match at {
        None => Known::of(cx, &[&owner]).await?,
        Some(at) => Known::at(cx, &owner, at).await?,
    };
    let state = match at {
        None => state(known.lineage(), &account, &owner, |id| known.lineage().own(id), owner.own_state()),
        Some(at) => state_at(cx, &known, &account, &owner, at).await?,
    };
    let settings = registry::all().filter(|setting| setting.is_for(owner.level()));
    Ok(Effective {
        id: owner.id().to_owned(),
        version: owner.version(),
        at: at.unwrap_or(now),
        state,
        settings: settings.map(|setting| known.view(&account, &owner, setting)).collect(),
    })
}

/// The state that follows from what each node on the path and the device itself were set to.
fn state<'a>(
    lineage: &'a Lineage,
    account: &Account,
    owner: &'a Owner,
    of: impl Fn(&str) -> Own,
    device: Option<Own>,
) -> EffectiveState {
    let path = owner.path();
    let above = tree::state::effective(path.ids().map(|id| (id, of(id))));
    match device {
        None => lineage.told(above, path, account),
        Some(own) => lineage.told_of_device(tree::state::below(above, owner.id(), own), path, account, owner.name()),
    }
}

/// The same as it was.
async fn state_at(
    cx: &mut Cx,
    known: &Known,
    account: &Account,
    owner: &Owner,
    at: Time,
) -> Result<EffectiveState, Error> {
    let mode_of = |text: &str| -> Option<Mode> {
        let entry: Value = serde_json::from_str(text).ok()?;
        entry["mode"].as_str()?.parse().ok()
    };
    let mut states: HashMap<String, Own> = HashMap::new();
    let ids: Vec<String> = Known::ids(owner).into_iter().map(str::to_owned).collect();
    for id in ids {
        let own = match sql::state_entries(cx, &id, at.micros()).await? {
            (Some(entry), _) | (None, Some(entry)) => mode_of(&entry).map_or(Own::Active, Own::Suspended),
            // Nothing ever happened to it.
            (None, None) if id == owner.id() => owner.own_state().unwrap_or_else(|| known.lineage().own(&id)),
            (None, None) => known.lineage().own(&id),
        };
        states.insert(id, own);
    }
    let of = |id: &str| states.get(id).copied().unwrap_or(Own::Active);
    let device = owner.own_state().map(|_| of(owner.id()));
    Ok(state(known.lineage(), account, owner, of, device))
}

/// What holds of a setting at a place that no account asks for.
pub(crate) async fn value_at(cx: &mut Cx, path: &Path, name: &str) -> Result<Value, Error> {
    Holding::at(cx, &[(path, None)]).await?.value(path, None, name)
}

/// What holds at some places and devices there, for what no account asks for.
#[derive(Debug)]
pub(crate) struct Holding(Known);

impl Holding {
    pub(crate) async fn at(cx: &mut Cx, places: &[(&Path, Option<&str>)]) -> Result<Self, Error> {
        Ok(Self(Known::at_places(cx, places).await?))
    }

    /// Who is suspended there.
    pub(crate) fn lineage(&self) -> &Lineage {
        self.0.lineage()
    }

    /// What holds of a setting, at one of those or at a device there.
    pub(crate) fn value(&self, path: &Path, device: Option<&str>, name: &str) -> Result<Value, Error> {
        let setting = registry::find(name)?;
        let ids: Vec<&str> = path.ids().chain(device).collect();
        let from = tree::settings::resolve(self.0.said(&ids, setting)).from;
        Ok(from.map_or_else(setting.default, |(_, row)| row.value()))
    }
}

/// Every value that somebody has set of a setting, each once.
pub(crate) async fn values_in_use(cx: &mut Cx, name: &str) -> Result<Vec<Value>, Error> {
    sql::values_of(cx, name).await
}

/// What the gateway has to know of these, in the order of their ids; where that is a stretch of all, all in it.
pub(crate) async fn feed<'a>(
    cx: &mut Cx,
    ids: impl Iterator<Item = &'a str>,
    is_range: bool,
) -> Result<HashMap<String, Fed>, Error> {
    let names: Vec<&str> =
        registry::all().filter(|setting| setting.feeds.is_some()).map(|setting| setting.name).collect();
    let ids: Vec<&str> = ids.collect();
    let mut fed: HashMap<String, Fed> = HashMap::new();
    for row in sql::fed(cx, &names, &ids, is_range).await? {
        let Some(feeds) = registry::find(&row.name).ok().and_then(|setting| setting.feeds) else { continue };
        feeds(fed.entry(row.owner_id.clone()).or_default(), &row.value(), row.locked);
    }
    Ok(fed)
}

/// That the owner in a column sets this to a value: a condition of lists.
pub(crate) fn sets(id: &'static str, name: &'static str, value: &'static str) -> Sql {
    db::sql![
        "exists (select 1 from settings s where s.owner_id = ",
        Raw(id),
        " and s.name = ",
        name,
        " and s.value = ",
        value,
        ")"
    ]
}

/// What rows of lists tell of what is set at them.
pub(crate) async fn switches(
    cx: &mut Cx,
    ids: impl Iterator<Item = &str>,
) -> Result<HashMap<String, OwnSwitches>, Error> {
    let ids: Vec<&str> = ids.collect();
    let mut switches: HashMap<String, OwnSwitches> = HashMap::new();
    for row in sql::of_owners(cx, &ids).await? {
        let set = Some(if row.value() == json!(true) { Switch::On } else { Switch::Off });
        let own = switches.entry(row.owner_id.clone()).or_default();
        match row.name.as_str() {
            "auto_authorise" => own.auto_authorise = set,
            "append_only" => own.append_only = set,
            _ => {}
        }
    }
    Ok(switches)
}

/// What is to be done, when all that speaks against it was looked at.
struct Plan {
    account: Account,
    owner: Owner,
    setting: &'static Setting,
    known: Known,
    after: After,
}

impl Plan {
    /// Reads what the node is to say.
    fn read(cx: &Cx, name: &str, input: Option<&SettingSet>) -> Result<(&'static Setting, After), Error> {
        let setting = registry::find(name)?;
        let after = match input {
            None => None,
            Some(input) => Some(checked(setting, input, cx.now)?),
        };
        Ok((setting, after))
    }

    async fn of(
        cx: &mut Cx,
        owner: Owner,
        (setting, after): (&'static Setting, After),
        expected: Option<IfMatch>,
    ) -> Result<Self, Error> {
        let account = cx.account()?;
        IfMatch::check_if_given(expected, owner.version())?;
        let known = Known::of(cx, &[&owner]).await?;
        let plan = Self { account, owner, setting, known, after };
        let after = plan.after.as_ref().map(|(value, _)| value);
        match plan.known.refusal_of(&plan.account, &plan.owner, setting, after) {
            Some(refused) => Err(refused),
            None => Ok(plan),
        }
    }

    fn before(&self) -> Option<&SettingRow> {
        self.known.row(self.owner.id(), self.setting.name)
    }

    fn changes(&self) -> bool {
        differs(self.before(), &self.after) || self.takes_over()
    }

    /// What is said again from further above is said from there: who had set it before can't take it back.
    fn takes_over(&self) -> bool {
        let (Some(row), Some(_)) = (self.before(), &self.after) else { return false };
        let place = |id: &str| self.owner.path().ids().position(|node| node == id);
        let set_from = row.set_from.as_deref().and_then(place);
        place(self.account.customer_id.as_str()).zip(set_from).is_some_and(|(own, known)| own < known)
    }

    fn told(&self, consequences: Option<SettingConsequences>, changes: bool) -> SettingChange {
        SettingChange {
            setting: self.known.view(&self.account, &self.owner, self.setting),
            version: self.owner.version(),
            changes,
            dry_run: consequences.is_some(),
            consequences,
        }
    }
}

/// A value as it is stored, and whether it is locked.
fn checked(setting: &Setting, input: &SettingSet, now: Timestamp) -> Result<(Value, bool), Error> {
    let value = (setting.check)(input.value.clone(), now).map_err(|error| error.below("value"))?;
    if input.locked && !setting.can_lock {
        return Err(Error::field("locked", Code::Invalid, "This setting cannot be locked."));
    }
    Ok((value, input.locked))
}

/// Whether an owner that sets this now says something else afterwards.
fn differs(before: Option<&SettingRow>, after: &After) -> bool {
    match (before, after) {
        (None, None) => false,
        (Some(row), Some((value, locked))) => row.value() != *value || row.locked != *locked,
        _ => true,
    }
}

/// Whose setting it is.
#[derive(Clone, Copy, Debug)]
pub enum OwnerId<'a> {
    Customer(&'a api::id::CustomerId),
    Device(&'a api::id::DeviceId),
}

/// What a change would come to.
pub async fn foresee(
    cx: &mut Cx,
    id: OwnerId<'_>,
    name: &str,
    input: Option<&SettingSet>,
    expected: Option<IfMatch>,
) -> Result<SettingChange, Error> {
    let what = Plan::read(cx, name, input)?;
    let account = cx.account()?;
    let owner = Owner::fetch(cx, &account, id, Permission::ManageSettings).await?;
    let plan = Plan::of(cx, owner, what, expected).await?;
    let consequences = if plan.changes() {
        let changing = [(&plan.owner, plan.after.clone())];
        consequences(cx, &plan.known, plan.setting, &changing).await?
    } else {
        SettingConsequences::default()
    };
    Ok(plan.told(Some(consequences), plan.changes()))
}

/// Sets something at an owner, or inherits it again. Saying the same twice changes nothing.
pub async fn change(
    tx: &mut Tx,
    id: OwnerId<'_>,
    name: &str,
    input: Option<&SettingSet>,
    expected: Option<IfMatch>,
) -> Result<SettingChange, Error> {
    let what = Plan::read(tx, name, input)?;
    let account = tx.account()?;
    let owner = Owner::fetch(tx, &account, id, Permission::ManageSettings).await?;
    let mut plan = Plan::of(tx, owner, what, expected).await?;
    let changes = plan.changes();
    if changes {
        let before = plan.before().cloned();
        write(tx, &plan.account, &mut plan.owner, plan.setting, before.as_ref(), plan.after.clone()).await?;
        plan.known = Known::of(tx, &[&plan.owner]).await?;
    }
    Ok(plan.told(None, changes))
}

/// Writes what an owner says from now on. Returns it as it is stored.
async fn write(
    tx: &mut Tx,
    account: &Account,
    owner: &mut Owner,
    setting: &'static Setting,
    before: Option<&SettingRow>,
    after: After,
) -> Result<Option<SettingRow>, Error> {
    let row = after.map(|(value, locked)| SettingRow {
        owner_id: owner.id().to_owned(),
        name: setting.name.to_owned(),
        value: value.to_string(),
        locked,
        set_at: tx.now.as_microsecond(),
        set_from: Some(account.customer_id.to_string()),
        set_by: Some(account.name.clone()),
    });
    put(tx, owner, setting, before, row).await
}

/// The same where what is to be stored is known whole.
async fn put(
    tx: &mut Tx,
    owner: &mut Owner,
    setting: &'static Setting,
    before: Option<&SettingRow>,
    row: Option<SettingRow>,
) -> Result<Option<SettingRow>, Error> {
    sql::write(tx, before, row.as_ref().map(|row| (row, owner.path()))).await?;
    if let Owner::Customer(customer) = owner {
        crate::templates::compare(tx, &customer.id).await?;
    }
    owner.touch(tx).await?;
    let said = |row: Option<&SettingRow>| match row {
        None => json!({ setting.name: null }),
        Some(row) if setting.can_lock => json!({ setting.name: row.value(), "locked": row.locked }),
        Some(row) => json!({ setting.name: row.value() }),
    };
    let entry = Entry::new(owner.action(row.is_some()), owner.subject()).before(said(before)).after(said(row.as_ref()));
    tx.record(if setting.feeds.is_some() { entry } else { entry.only_papers() });
    Ok(row)
}

/// What an owner that goes had set is history from now on.
pub(crate) async fn forget(tx: &mut Tx, owner_id: &str) -> Result<(), Error> {
    for row in sql::of_owners(tx, &[owner_id]).await? {
        sql::write(tx, Some(&row), None).await?;
    }
    Ok(())
}

/// Customers and devices.
#[derive(Clone, Copy, Debug, Default)]
struct Weight(i64, i64);

impl AddAssign for Weight {
    fn add_assign(&mut self, other: Self) {
        self.0 += other.0;
        self.1 += other.1;
    }
}

impl SubAssign for Weight {
    fn sub_assign(&mut self, other: Self) {
        self.0 -= other.0;
        self.1 -= other.1;
    }
}

/// Something that an owner says, before and after.
struct Saying {
    place: Path,
    owner_id: String,
    is_device: bool,
    before: After,
    after: After,
}

/// What is said at and below these, in the order of the places.
async fn sayings(
    cx: &mut Cx,
    known: &Known,
    setting: &'static Setting,
    tops: &[(Path, &Owner)],
    changing: &[(&Owner, After)],
) -> Result<Vec<Saying>, Error> {
    let mut sayings: HashMap<String, Saying> = HashMap::new();
    for (_, top) in tops.iter().filter(|(_, top)| top.level().is_some()) {
        for row in sql::below(cx, setting.name, top.path()).await? {
            let is_device = row.path.id() != row.owner_id;
            let place = if is_device { row.path.child(&row.owner_id) } else { row.path };
            let said = Some((serde_json::from_str(&row.value).unwrap_or_default(), row.locked));
            let saying = Saying { place, owner_id: row.owner_id.clone(), is_device, before: said.clone(), after: said };
            sayings.insert(row.owner_id, saying);
        }
    }
    for (owner, after) in changing {
        let before = known.row(owner.id(), setting.name).map(|row| (row.value(), row.locked));
        let (owner_id, is_device) = (owner.id().to_owned(), owner.level().is_none());
        let saying = Saying { place: owner.place(), owner_id, is_device, before, after: after.clone() };
        sayings.insert(owner.id().to_owned(), saying);
    }
    let mut sayings: Vec<Saying> = sayings.into_values().collect();
    sayings.sort_by(|a, b| a.place.cmp(&b.place));
    Ok(sayings)
}

/// How much gets another value where all these change at once: by what is set at and below them alone, and by totals.
async fn consequences(
    cx: &mut Cx,
    known: &Known,
    setting: &'static Setting,
    changing: &[(&Owner, After)],
) -> Result<SettingConsequences, Error> {
    let mut tops: Vec<(Path, &Owner)> = changing.iter().map(|(owner, _)| (owner.place(), *owner)).collect();
    tops.sort_by(|(a, _), (b, _)| a.cmp(b));
    tops.dedup_by(|(later, _), (earlier, _)| earlier.contains(later));
    let sayings = sayings(cx, known, setting, &tops, changing).await?;
    let customers: Vec<&str> =
        sayings.iter().filter(|saying| !saying.is_device).map(|saying| saying.owner_id.as_str()).collect();
    let weights = sql::weights(cx, &customers).await?;
    let own = |side: &After| {
        side.as_ref().map(|(value, locked)| tree::settings::Own {
            value: digest(value),
            locked: setting.is_locked(value, *locked),
            applies: setting.says(value, cx.now),
        })
    };
    let said: Vec<Said<'_, u64, Weight>> = sayings
        .iter()
        .map(|saying| Said {
            path: &saying.place,
            before: own(&saying.before),
            after: own(&saying.after),
            weight: match weights.get(&saying.owner_id) {
                _ if saying.is_device => Weight(0, 1),
                Some((customers, devices)) => Weight(*customers, *devices),
                None => Weight::default(),
            },
        })
        .collect();
    let above = |place: &Path| {
        let owner = tops.binary_search_by(|(top, _)| top.cmp(place)).ok().map(|at| tops[at].1);
        let held = owner.map(|owner| known.held_above(owner, setting));
        let (value, locked) = held.unwrap_or_else(|| ((setting.default)(), false));
        Held { value: digest(&value), locked }
    };
    let Weight(customers, devices) = changed(&said, above);
    Ok(SettingConsequences { customers, devices: if setting.on_devices { devices } else { 0 } })
}

/// Equal for equal values, and for others as good as never.
fn digest(value: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    hasher.finish()
}
