//! What can be done to many customers.

use std::collections::{BTreeMap, HashMap, HashSet};

use api::customer::{CustomerUpdate, SiteCreate, SuspendRequest};
use api::id::CustomerId;
use api::page::{ListQuery, Page};
use api::task::Outcome;
use api::units::Action as Allowed;
use api::{Code, Error, Level, Mode};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tree::Path;

use super::sql::{self, CustomerRow, TotalsRow};
use super::switch::{self, OwnSuspension};
use super::{CheckedUpdate, view};
use crate::bulk::{Action, Foreseen, changed_since, read, row, unknown};
use base::version::IfMatch;

pub(crate) const ACTIONS: &[&dyn Action] = &[&Suspend, &Activate, &Delete, &SetCountry, &AddSite];

/// Databases limit the parameters of a statement.
const AT_ONCE: usize = 1000;

fn id_of(id: &str) -> CustomerId {
    CustomerId::from_text(id)
}

/// "12 customers"
fn customers(count: usize) -> String {
    if count == 1 { "1 customer".to_owned() } else { format!("{count} customers") }
}

/// A page of the list, by id.
async fn page(cx: &mut Cx, query: &ListQuery) -> Result<Page<String>, Error> {
    let found = super::find(cx, query).await?;
    Ok(base::list::page(found.ids().to_vec(), found.next, found.total))
}

/// Where these stand; what isn't there, or isn't seen, has no place.
async fn places(cx: &mut Cx, account: &Account, ids: &[String]) -> Result<HashMap<String, Path>, Error> {
    let mut places = HashMap::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        for (id, path) in sql::places(cx, some).await? {
            if account.sees(&path) {
                places.insert(id, path);
            }
        }
    }
    Ok(places)
}

/// From the top of the tree downwards, or upwards; what has no place comes last.
async fn by_place(cx: &mut Cx, ids: Vec<String>, upwards: bool) -> Result<Vec<String>, Error> {
    let account = cx.account()?;
    let places = places(cx, &account, &ids).await?;
    let (mut known, unknown): (Vec<String>, Vec<String>) = ids.into_iter().partition(|id| places.contains_key(id));
    known.sort_by(|a, b| places[a].cmp(&places[b]));
    if upwards {
        known.reverse();
    }
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
        "add_site" => "Sites stand below end customers.".to_owned(),
        "suspend" | "activate" | "delete" if level == Level::Provider => {
            "The provider itself is neither suspended nor deleted.".to_owned()
        }
        _ => "This cannot be done to it.".to_owned(),
    }
}

async fn seen(cx: &mut Cx, account: &Account, ids: &[String]) -> Result<HashMap<String, Seen>, Error> {
    let mut seen = HashMap::with_capacity(ids.len());
    for some in ids.chunks(AT_ONCE) {
        let rows = sql::with_totals(cx, some).await?;
        let rows: Vec<_> = rows.into_iter().filter(|(row, _)| account.sees(&row.path)).collect();
        let lineage = base::lineage::Lineage::of(cx, rows.iter().map(|(row, _)| &row.path)).await?;
        for (row, totals) in rows {
            let actions = view::actions(&lineage, account, &row, totals);
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

/// What is remembered of a customer's own state, to bring it back.
#[derive(Debug, Serialize, Deserialize)]
struct StateBefore {
    /// After the change: another one means that somebody has changed it since.
    version: i64,
    suspension: Option<OwnSuspension>,
}

async fn restore_state(tx: &mut Tx, id: &str, undo: &Value) -> Result<Done, Error> {
    let before: StateBefore = serde_json::from_value(undo.clone()).map_err(Error::internal)?;
    let account = tx.account()?;
    let row = super::fetch(tx, &account, &id_of(id), Permission::SwitchCustomers).await?;
    if row.version != before.version {
        return Err(changed_since());
    }
    switch::set(tx, &row, before.suspension).await?;
    Ok(Done::Changed(None))
}

async fn switch_one(tx: &mut Tx, row: &CustomerRow, suspension: Option<OwnSuspension>) -> Result<Done, Error> {
    let before = OwnSuspension::of(row);
    let changed = switch::set(tx, row, suspension).await?;
    let undo = StateBefore { version: changed.version, suspension: before };
    Ok(Done::Changed(Some(serde_json::to_value(undo).map_err(Error::internal)?)))
}

/// What is stopped, or starts again, in sum: counted once where one of the selection lies below another.
async fn effects_of_switch(
    cx: &mut Cx,
    account: &Account,
    changing: &[Seen],
    to: Option<Mode>,
) -> Result<BTreeMap<String, i64>, Error> {
    let rows: Vec<(&CustomerRow, &TotalsRow)> = changing.iter().map(|seen| (&seen.row, &seen.totals)).collect();
    let since = cx.now.checked_sub(48.hours()).unwrap_or(cx.now).as_microsecond();
    let sum = switch::consequences_of_many(cx, account, &rows, to, since).await?;
    Ok(BTreeMap::from([
        ("customers".to_owned(), sum.customers),
        ("devices".to_owned(), sum.devices),
        ("devices_with_recent_backup".to_owned(), sum.devices_with_recent_backup),
    ]))
}

struct Suspend;

impl Action for Suspend {
    fn noun(&self) -> &'static str {
        "customers"
    }

    fn word(&self) -> &'static str {
        "suspend"
    }

    fn permission(&self) -> Permission {
        Permission::SwitchCustomers
    }

    fn title(&self, how_many: usize) -> String {
        format!("Suspend {}", customers(how_many))
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        let input: SuspendRequest = read(input)?;
        switch::checked(&input)?;
        serde_json::to_value(input).map_err(Error::internal)
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(page(cx, query))
    }

    fn arrange<'a>(&'a self, cx: &'a mut Cx, ids: Vec<String>) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(by_place(cx, ids, false))
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let input: SuspendRequest = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let (mut foreseen, changing) = judged(cx, account, ids, self.permission(), |seen| {
                let action = if seen.row.suspend_mode.is_some() { "change_suspension" } else { "suspend" };
                verdict(seen, action, seen.row.suspend_mode == Some(input.mode))
            })
            .await?;
            foreseen.effects = effects_of_switch(cx, account, &changing, Some(input.mode)).await?;
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let input: SuspendRequest = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let row = super::fetch(tx, &account, &id_of(id), Permission::SwitchCustomers).await?;
            switch::refuse_provider(&row)?;
            // One that is suspended in this mode keeps its reason: it was given for it alone.
            if row.suspend_mode == Some(input.mode) {
                return Ok(Done::Unchanged);
            }
            let suspension = switch::suspension(tx, &account, &row, &input)?;
            switch_one(tx, &row, Some(suspension)).await
        })
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(restore_state(tx, id, undo))
    }

    fn is_reversible(&self) -> bool {
        true
    }
}

struct Activate;

impl Action for Activate {
    fn noun(&self) -> &'static str {
        "customers"
    }

    fn word(&self) -> &'static str {
        "activate"
    }

    fn permission(&self) -> Permission {
        Permission::SwitchCustomers
    }

    fn title(&self, how_many: usize) -> String {
        format!("Activate {}", customers(how_many))
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        read::<base::http::Nothing>(input)?;
        Ok(Value::Object(serde_json::Map::new()))
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(page(cx, query))
    }

    fn arrange<'a>(&'a self, cx: &'a mut Cx, ids: Vec<String>) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(by_place(cx, ids, false))
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let (mut foreseen, changing) = judged(cx, account, ids, self.permission(), |seen| {
                let is_provider = seen.row.level == Level::Provider;
                verdict(seen, "activate", seen.row.suspend_mode.is_none() && !is_provider)
            })
            .await?;
            foreseen.effects = effects_of_switch(cx, account, &changing, None).await?;
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let account = tx.account()?;
            let row = super::fetch(tx, &account, &id_of(id), Permission::SwitchCustomers).await?;
            switch::refuse_provider(&row)?;
            if row.suspend_mode.is_none() {
                return Ok(Done::Unchanged);
            }
            switch_one(tx, &row, None).await
        })
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(restore_state(tx, id, undo))
    }

    fn is_reversible(&self) -> bool {
        true
    }
}

struct Delete;

impl Action for Delete {
    fn noun(&self) -> &'static str {
        "customers"
    }

    fn word(&self) -> &'static str {
        "delete"
    }

    fn permission(&self) -> Permission {
        Permission::DeleteCustomers
    }

    fn title(&self, how_many: usize) -> String {
        format!("Delete {}", customers(how_many))
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        read::<base::http::Nothing>(input)?;
        Ok(Value::Object(serde_json::Map::new()))
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(page(cx, query))
    }

    /// What stands below goes first, so that the one above is empty by then.
    fn arrange<'a>(&'a self, cx: &'a mut Cx, ids: Vec<String>) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(by_place(cx, ids, true))
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let mut seen = seen(cx, account, ids).await?;
            // How many nodes go that stand somewhere below one.
            let mut gone: HashMap<String, i64> = HashMap::new();
            let mut foreseen = Foreseen::default();
            for id in ids {
                let Some(found) = seen.remove(id) else {
                    foreseen.rows.push(unknown(id));
                    continue;
                };
                let below = found.totals.customers + found.totals.sites;
                let is_emptied = below > 0
                    && found.totals.devices == 0
                    && gone.get(id).is_some_and(|gone| *gone == below)
                    && !found.row.is_default;
                let mut why = found.refusal("delete");
                if is_emptied && why.as_ref().is_some_and(|(code, _)| code == Code::CustomerNotEmpty.as_str()) {
                    why = None;
                }
                let outcome = if why.is_some() { Outcome::Refused } else { Outcome::Done };
                if outcome == Outcome::Done {
                    for above in found.row.path.ids().filter(|above| above != id) {
                        *gone.entry(above.to_owned()).or_default() += 1;
                    }
                    let what = if found.row.level == Level::Site { "sites" } else { "customers" };
                    *foreseen.effects.entry(what.to_owned()).or_default() += 1;
                }
                foreseen.rows.push(row(id, Some(found.name()), outcome, why));
            }
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, _: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            super::delete(tx, &id_of(id), None, false).await?;
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

/// Where many customers are from now on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Country {
    country: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_location_id: Option<api::id::StorageLocationId>,
}

/// A country as it was, and the version after the change.
#[derive(Debug, Serialize, Deserialize)]
struct CountryBefore {
    version: i64,
    country: Option<String>,
}

struct SetCountry;

impl SetCountry {
    fn update(input: &Country) -> Result<CheckedUpdate, Error> {
        let update = CustomerUpdate {
            country: Some(input.country.clone()),
            storage_location_id: input.storage_location_id.clone(),
            ..CustomerUpdate::default()
        };
        CheckedUpdate::of(update, &[])
    }
}

impl Action for SetCountry {
    fn noun(&self) -> &'static str {
        "customers"
    }

    fn word(&self) -> &'static str {
        "set_country"
    }

    fn permission(&self) -> Permission {
        Permission::EditCustomers
    }

    fn title(&self, how_many: usize) -> String {
        format!("Set the country of {}", customers(how_many))
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        let input: Country = read(input)?;
        Self::update(&input)?;
        serde_json::to_value(input).map_err(Error::internal)
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(page(cx, query))
    }

    fn arrange<'a>(&'a self, cx: &'a mut Cx, ids: Vec<String>) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(by_place(cx, ids, false))
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let input: Country = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let country = input.country.to_ascii_uppercase();
            let (foreseen, _) = judged(cx, account, ids, self.permission(), |seen| {
                let has_location =
                    input.storage_location_id.is_none() || seen.row.storage_location_id == input.storage_location_id;
                verdict(seen, "edit", seen.row.country.as_ref() == Some(&country) && has_location)
            })
            .await?;
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let input: Country = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let id = id_of(id);
            let before = super::fetch(tx, &account, &id, Permission::EditCustomers).await?;
            let after = super::update(tx, &id, IfMatch::Any, &Self::update(&input)?, None).await?;
            if after.version == before.version {
                return Ok(Done::Unchanged);
            }
            let undo = CountryBefore { version: after.version, country: before.country };
            Ok(Done::Changed(Some(serde_json::to_value(undo).map_err(Error::internal)?)))
        })
    }

    /// The storage location that may have come with it stays: it is chosen once.
    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let before: CountryBefore = serde_json::from_value(undo.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let id = id_of(id);
            let row = super::fetch(tx, &account, &id, Permission::EditCustomers).await?;
            if row.version != before.version {
                return Err(changed_since());
            }
            let Some(country) = before.country else {
                return Err(Error::new(Code::Invalid, "It had no country, and a country is not taken away."));
            };
            let update = Self::update(&Country { country, storage_location_id: None })?;
            super::update(tx, &id, IfMatch::Version(row.version), &update, None).await?;
            Ok(Done::Changed(None))
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }
}

struct AddSite;

impl Action for AddSite {
    fn noun(&self) -> &'static str {
        "customers"
    }

    fn word(&self) -> &'static str {
        "add_site"
    }

    fn permission(&self) -> Permission {
        Permission::CreateCustomers
    }

    fn title(&self, how_many: usize) -> String {
        format!("Add a site to {}", customers(how_many))
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        let input: SiteCreate = read(input)?;
        super::CheckedCustomer::of_site(CustomerId::from_text(""), &input)?;
        serde_json::to_value(input).map_err(Error::internal)
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(page(cx, query))
    }

    fn arrange<'a>(&'a self, cx: &'a mut Cx, ids: Vec<String>) -> BoxFuture<'a, Result<Vec<String>, Error>> {
        Box::pin(by_place(cx, ids, false))
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let input: SiteCreate = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let folded = base::text::fold(&input.name);
            let mut taken: HashSet<String> = HashSet::new();
            for some in ids.chunks(AT_ONCE) {
                taken.extend(sql::parents_of_site(cx, some, &folded).await?);
            }
            let (mut foreseen, changing) = judged(cx, account, ids, self.permission(), |seen| {
                if taken.contains(seen.row.id.as_str()) {
                    let why = "The customer has a site of this name already.".to_owned();
                    return (Outcome::Refused, Some((Code::DuplicateSite.as_str().to_owned(), why)));
                }
                verdict(seen, "add_site", false)
            })
            .await?;
            foreseen.effects.insert("sites".to_owned(), changing.len().try_into().unwrap_or(i64::MAX));
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let input: SiteCreate = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let made = crate::sites::create(tx, &id_of(id), &input).await?;
            let undo = serde_json::json!({ "site_id": made.customer.id, "version": made.customer.version });
            Ok(Done::Changed(Some(undo)))
        })
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, _: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let site = id_of(undo["site_id"].as_str().unwrap_or_default());
            let version = undo["version"].as_i64().unwrap_or_default();
            super::delete(tx, &site, Some(IfMatch::Version(version)), false).await.map_err(|error| {
                match error.code {
                    Code::VersionStale => changed_since(),
                    _ => error,
                }
            })?;
            Ok(Done::Changed(None))
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }
}
