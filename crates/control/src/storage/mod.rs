//! Storage locations (data centres) and storage pools (where bytes really lie): directories and buckets.

pub mod http;
pub mod locations;
pub mod markers;
pub mod pools;
pub mod recount;

use std::path::PathBuf;

use api::Error;
use api::id::StoragePoolId;
use db::sql;

use base::App;
use base::cx::Tx;

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

/// What a new installation begins with: the catalogue of locations, and one pool in the data directory.
pub async fn seed(tx: &mut Tx) -> Result<(), Error> {
    locations::seed(tx, &CATALOGUE).await?;
    let id = StoragePoolId::new(tx.app.random.uuid(tx.now)?);
    // First: a marker without a row is made anew by the next try, a row without a marker would be a pool that is away.
    markers::mark(absolute(&tx.app, FIRST_POOL), id.clone()).await?;
    let now = tx.now.as_microsecond();
    tx.exec(sql![
        "insert into storage_pools (id, name, name_folded, directory, created_at, marked_at) values (",
        id.as_str(),
        ", 'First pool', 'first pool', ",
        FIRST_POOL,
        ", ",
        now,
        ", ",
        now,
        ")"
    ])
    .await?;
    Ok(())
}

/// Where a pool's directory lies.
pub fn absolute(app: &App, directory: &str) -> PathBuf {
    app.config.data.join(directory)
}
