//! The catalogue of storage locations: the provider's to edit, and everybody's to read. Which customers get which location
//! follows from their country; what they have stays theirs, whatever becomes of the catalogue.

use std::collections::{BTreeSet, HashMap};

use api::change::ChangeAction;
use api::id::StorageLocationId;
use api::page::Page;
use api::storage::{StorageLocation, StorageLocationCreate, StorageLocationUpdate};
use api::units::Time;
use api::{Code, Error};
use base::authz::Account;
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::{Cx, Tx};
use base::text::{Checks, Refused, fold};
use base::version::IfMatch;
use db::{Assignments, Stored, Text, assign, columns, sql};
use serde_json::{Map, Value};

use crate::catalogue::{actions, authorize, gone_since, page, refuse_taken, subject, taken};

const TABLE: &str = "storage_locations";

db::record! {
    /// A location as it is stored, without the countries that it serves.
    #[derive(Clone, Debug)]
    struct LocationRow {
        pub id: StorageLocationId as Text,
        pub version: i64,
        pub name: String [logged],
        pub country: String [logged],
        pub withdrawn_at: Option<i64>,
    }
}

impl Stored for LocationRow {
    const TABLE: &'static str = TABLE;

    fn derived(&self) -> Assignments {
        assign! { name_folded: fold(&self.name) }
    }
}

fn wire(account: &Account, row: LocationRow, serves: Vec<String>) -> StorageLocation {
    StorageLocation {
        id: row.id,
        version: row.version,
        name: row.name,
        country: row.country,
        serves,
        withdrawn_at: row.withdrawn_at.map(Time::from_micros),
        actions: actions(account),
    }
}

pub async fn list(cx: &mut Cx) -> Result<Page<StorageLocation>, Error> {
    let account = cx.account()?;
    let rows: Vec<LocationRow> =
        cx.all(sql!["select ", columns::<LocationRow>(), " from storage_locations order by name_folded"]).await?;
    let served: Vec<(String, String)> =
        cx.all(sql!["select storage_location_id, country from location_countries order by country"]).await?;
    let mut by_location: HashMap<String, Vec<String>> = HashMap::new();
    for (id, country) in served {
        by_location.entry(id).or_default().push(country);
    }
    let items: Vec<StorageLocation> = rows
        .into_iter()
        .map(|row| {
            let countries = by_location.remove(row.id.as_str()).unwrap_or_default();
            wire(&account, row, countries)
        })
        .collect();
    Ok(page(items))
}

async fn find(cx: &mut Cx, id: &StorageLocationId) -> Result<Option<LocationRow>, Error> {
    cx.opt(sql!["select ", columns::<LocationRow>(), " from storage_locations where id = ", id.as_str()]).await
}

async fn served_by(cx: &mut Cx, id: &StorageLocationId) -> Result<Vec<String>, Error> {
    let countries = sql!["select country from location_countries where storage_location_id = ", id.as_str()];
    cx.all(sql![countries, " order by country"]).await
}

pub async fn show(cx: &mut Cx, id: &StorageLocationId) -> Result<StorageLocation, Error> {
    let account = cx.account()?;
    let row = find(cx, id).await?.ok_or_else(Error::not_found)?;
    let serves = served_by(cx, id).await?;
    Ok(wire(&account, row, serves))
}

/// The name of a location that can be chosen.
pub(crate) async fn choosable(cx: &mut Cx, id: &StorageLocationId) -> Result<Result<String, Refused>, Error> {
    Ok(match find(cx, id).await? {
        None => Err((Code::ReferenceNotFound, "There is no such storage location.".to_owned())),
        Some(row) if row.withdrawn_at.is_some() => {
            Err((Code::StorageLocationNotChoosable, format!("{} was withdrawn; it can't be chosen.", row.name)))
        }
        Some(row) => Ok(row.name),
    })
}

/// The storage location of a customer in `country`: forced where one serves the country, else the chosen one, which may
/// be chosen later.
pub async fn location_for(
    cx: &mut Cx,
    country: &str,
    chosen: Option<&StorageLocationId>,
) -> Result<Result<Option<StorageLocationId>, Refused>, Error> {
    let serving: Option<(String, String)> = cx
        .opt(sql![
            "select l.id, l.name from location_countries s join storage_locations l on l.id = s.storage_location_id
             where s.country = ",
            country
        ])
        .await?;
    if let Some((id, name)) = serving {
        let id = StorageLocationId::from_text(id);
        return Ok(match chosen {
            Some(other) if *other != id => {
                let detail = format!("Customers of this country store in {name}; another location cannot be chosen.");
                Err((Code::StorageLocationNotChoosable, detail))
            }
            _ => Ok(Some(id)),
        });
    }
    let Some(chosen) = chosen else { return Ok(Ok(None)) };
    Ok(choosable(cx, chosen).await?.map(|_| Some(chosen.clone())))
}

pub async fn create(tx: &mut Tx, input: &StorageLocationCreate) -> Result<StorageLocation, Error> {
    let account = authorize(tx)?;
    let mut checks = Checks::of::<StorageLocationCreate>();
    let name = checks.line("name", &input.name);
    refuse_taken(tx, &mut checks, TABLE, name.as_deref(), None).await?;
    let country = checks.take("country", base::text::country(&input.country));
    let serves = match &input.serves {
        Some(countries) => countries.clone(),
        None => country.iter().cloned().collect(),
    };
    let serves = served(tx, &mut checks, &serves, None).await?;
    checks.finish()?;
    let row = LocationRow {
        id: StorageLocationId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        name: name.unwrap_or_default(),
        country: country.unwrap_or_default(),
        withdrawn_at: None,
    };
    insert(tx, &row, &serves).await?;
    let entry = Entry::new(ChangeAction::StorageLocationCreated, subject_of(&account, &row));
    tx.record(entry.after(Value::Object(logged(&row, &serves))));
    Ok(wire(&account, row, serves))
}

/// What a new installation begins with.
pub(super) async fn seed(tx: &mut Tx, catalogue: &[(&str, &str)]) -> Result<(), Error> {
    for (country, name) in catalogue {
        let row = LocationRow {
            id: StorageLocationId::new(tx.app.random.uuid(tx.now)?),
            version: 1,
            name: (*name).to_owned(),
            country: (*country).to_owned(),
            withdrawn_at: None,
        };
        insert(tx, &row, std::slice::from_ref(&row.country)).await?;
    }
    Ok(())
}

async fn insert(tx: &mut Tx, row: &LocationRow, serves: &[String]) -> Result<(), Error> {
    tx.exec(row.insertion()).await.map_err(|error| taken(error, TABLE))?;
    serve(tx, &row.id, serves).await
}

/// Writes down which countries a location serves; those that it served before are taken off.
async fn serve(tx: &mut Tx, id: &StorageLocationId, countries: &[String]) -> Result<(), Error> {
    tx.exec(sql!["delete from location_countries where storage_location_id = ", id.as_str()]).await?;
    if countries.is_empty() {
        return Ok(());
    }
    let mut rows = db::Rows::new("location_countries");
    for country in countries {
        rows.push(assign! { country: country, storage_location_id: id });
    }
    tx.exec(rows.into_sql()).await?;
    Ok(())
}

/// Edits a location, or takes it out of the choice.
pub async fn update(
    tx: &mut Tx,
    id: &StorageLocationId,
    expected: IfMatch,
    input: &StorageLocationUpdate,
) -> Result<StorageLocation, Error> {
    let account = authorize(tx)?;
    let row = find(tx, id).await?.ok_or_else(Error::not_found)?;
    expected.check(row.version)?;
    let present = served_by(tx, id).await?;
    let mut checks = Checks::of::<StorageLocationUpdate>();
    let name = input.name.as_deref().and_then(|name| checks.line("name", name));
    refuse_taken(tx, &mut checks, TABLE, name.as_deref(), Some(id.as_str())).await?;
    let withdrawn_at = gone_since(tx, row.withdrawn_at, input.withdrawn);
    let serves = match &input.serves {
        Some(countries) if withdrawn_at.is_some() && !countries.is_empty() => {
            checks.add("serves", Code::Invalid, "A location that is withdrawn serves no country.");
            Vec::new()
        }
        Some(countries) => served(tx, &mut checks, countries, Some(id)).await?,
        None if withdrawn_at.is_some() => Vec::new(),
        None => present.clone(),
    };
    checks.finish()?;
    let mut changed = LocationRow { name: name.unwrap_or_else(|| row.name.clone()), withdrawn_at, ..row.clone() };
    let (before, after) = difference(&logged(&row, &present), &logged(&changed, &serves));
    if before != after {
        tx.update(&row, &changed, Assignments::new()).await.map_err(|error| taken(error, TABLE))?;
        changed.version += 1;
        if serves != present {
            serve(tx, id, &serves).await?;
        }
        let entry = Entry::new(ChangeAction::StorageLocationUpdated, subject_of(&account, &changed));
        tx.record(entry.before(before).after(after));
    }
    Ok(wire(&account, changed, serves))
}

/// The countries as they are stored: each once, known, and not served by another location.
async fn served(
    tx: &mut Tx,
    checks: &mut Checks,
    countries: &[String],
    own: Option<&StorageLocationId>,
) -> Result<Vec<String>, Error> {
    let mut wanted = BTreeSet::new();
    for (at, country) in countries.iter().enumerate() {
        wanted.extend(checks.take(&format!("serves.{at}"), base::text::country(country)));
    }
    let taken: Vec<(String, String, String)> = tx
        .all(sql![
            "select s.country, l.id, l.name from location_countries s
             join storage_locations l on l.id = s.storage_location_id order by s.country"
        ])
        .await?;
    for (country, id, name) in taken {
        if wanted.contains(&country) && own.is_none_or(|own| own.as_str() != id) {
            checks.add("serves", Code::CountryServed, format!("Customers of {country} store in {name}."));
            break;
        }
    }
    Ok(wanted.into_iter().collect())
}

/// What of a location stands in the change log.
fn logged(row: &LocationRow, serves: &[String]) -> Map<String, Value> {
    let mut fields = snapshot(row);
    fields.insert("serves".to_owned(), serves.into());
    fields.insert("withdrawn".to_owned(), row.withdrawn_at.is_some().into());
    fields
}

fn subject_of(account: &Account, row: &LocationRow) -> Subject {
    subject(account, "storage_location", row.id.as_str(), &row.name)
}
