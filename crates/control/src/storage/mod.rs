//! Storage locations (data centres) and storage pools (where bytes really lie).

pub mod http;
pub mod pools;
pub mod recount;

use std::path::PathBuf;

use api::id::{StorageLocationId, StoragePoolId};
use api::page::Page;
use api::storage::StorageLocation;
use api::{Code, Error};
use db::sql;

use base::App;
use base::cx::{Cx, Tx};
use base::text::Refused;

/// The countries that host a location when an installation is made: those of N-able Cove. The catalogue is the
/// provider's from then on.
pub const CATALOGUE: [(&str, &str); 17] = [
    ("AU", "Australia"),
    ("BE", "Belgium"),
    ("BR", "Brazil"),
    ("CA", "Canada"),
    ("DK", "Denmark"),
    ("FR", "France"),
    ("DE", "Germany"),
    ("IT", "Italy"),
    ("NL", "Netherlands"),
    ("NO", "Norway"),
    ("PT", "Portugal"),
    ("ZA", "South Africa"),
    ("ES", "Spain"),
    ("SE", "Sweden"),
    ("CH", "Switzerland"),
    ("GB", "United Kingdom"),
    ("US", "United States"),
];

/// Where the first pool lies, below the data directory.
const FIRST_POOL: &str = "pool";

pub async fn list(cx: &mut Cx) -> Result<Page<StorageLocation>, Error> {
    cx.account()?;
    let rows: Vec<(String, String, String)> =
        cx.all(sql!["select id, name, country from storage_locations order by name, id"]).await?;
    let items: Vec<StorageLocation> = rows
        .into_iter()
        .map(|(id, name, country)| StorageLocation { id: StorageLocationId::from_text(id), name, country })
        .collect();
    let total = i64::try_from(items.len()).unwrap_or_default();
    Ok(base::list::page(items, None, base::list::Total::known(total)))
}

/// The storage location of a customer in `country`: forced where the country hosts one, else the chosen one, which may
/// be chosen later.
pub async fn location_for(
    cx: &mut Cx,
    country: &str,
    chosen: Option<&StorageLocationId>,
) -> Result<Result<Option<StorageLocationId>, Refused>, Error> {
    let hosted: Option<(String, String)> =
        cx.opt(sql!["select id, name from storage_locations where country = ", country]).await?;
    if let Some((id, name)) = hosted {
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
    let found: Option<i64> = cx.opt(sql!["select 1 from storage_locations where id = ", chosen.as_str()]).await?;
    Ok(match found {
        Some(_) => Ok(Some(chosen.clone())),
        None => Err((Code::ReferenceNotFound, "There is no such storage location.".to_owned())),
    })
}

/// What a new installation begins with: the catalogue of locations, and one pool in the data directory.
pub async fn seed(tx: &mut Tx) -> Result<(), Error> {
    for (country, name) in CATALOGUE {
        let id = StorageLocationId::new(tx.app.random.uuid(tx.now)?);
        tx.exec(sql![
            "insert into storage_locations (id, name, country) values (",
            id.as_str(),
            ", ",
            name,
            ", ",
            country,
            ")"
        ])
        .await?;
    }
    let id = StoragePoolId::new(tx.app.random.uuid(tx.now)?);
    // First: a marker without a row is made anew by the next try, a row without a marker would be a pool that is away.
    pools::mark(absolute(&tx.app, FIRST_POOL), id.clone()).await?;
    let now = tx.now.as_microsecond();
    tx.exec(sql![
        "insert into storage_pools (id, name, directory, marked_at) values (",
        id.as_str(),
        ", 'First pool', ",
        FIRST_POOL,
        ", ",
        now,
        ")"
    ])
    .await?;
    Ok(())
}

/// The pool for a new repository.
pub async fn pool_for_new_repository(cx: &mut Cx) -> Result<StoragePoolId, Error> {
    let id: Option<String> = cx.opt(sql!["select id from storage_pools order by id limit 1"]).await?;
    id.map(StoragePoolId::from_text).ok_or_else(|| Error::internal("the installation has no storage pool"))
}

/// Where a pool's directory lies.
pub fn absolute(app: &App, directory: &str) -> PathBuf {
    app.config.data.join(directory)
}
