//! Pools as directories: their markers, and whether this data directory is the one that the installation is served from.

use std::fs::{DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;

use api::grant::Pool;
use api::id::StoragePoolId;
use api::pool::{MARKER, marked, marker};
use api::{Code, Error};
use base::App;
use base::authn::token_hash;
use base::cx::{Caller, Cx};
use db::sql;

/// Tells in the data directory which installation it belongs to.
const INSTALLATION: &str = "installation";

/// What every repository's directory begins with.
const REPOSITORY: &str = "rep_";

struct Known {
    pool: Arc<Pool>,
    name: String,
    is_marked: bool,
    /// The ledger knows bytes in it.
    is_used: bool,
}

/// Sees to it that the data directory is this installation's, and that each pool has its marker. Returns the pools. One
/// that isn't there is no failure: the others are served.
pub async fn settle(app: &App) -> Result<Vec<Arc<Pool>>, Error> {
    let known = known(app).await?;
    claim(app, &known).await?;
    // Those in buckets had theirs before their row.
    for pool in known.iter().filter(|pool| !pool.is_marked) {
        let (directory, id) = (pool.pool.directory.clone(), pool.pool.id.clone());
        // An empty directory of a pool that holds something is no pool.
        if pool.is_used && !holds_repositories(&directory).unwrap_or(false) {
            tracing::error!(pool = %id, directory = %directory.display(), "the storage pool is not there");
            continue;
        }
        mark(directory, id).await?;
        let (now, id) = (app.clock.now().as_microsecond(), pool.pool.id.as_str());
        base::beside!(app, |tx| tx
            .exec(sql!["update storage_pools set marked_at = ", now, " where id = ", id])
            .await
            .map(drop))?;
    }
    Ok(known.into_iter().map(|known| known.pool).collect())
}

async fn known(app: &App) -> Result<Vec<Known>, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let pools = super::pools::all(&mut cx).await?;
    let rows: Vec<(String, String, Option<i64>)> =
        cx.all(sql!["select id, name, marked_at from storage_pools order by id"]).await?;
    let mut known = Vec::new();
    for (id, name, marked_at) in rows {
        let Some(pool) = pools.get(&id) else { continue };
        let used = sql!["select 1 from repositories where used_bytes > 0 and pool_id = ", id.as_str(), " limit 1"];
        let is_used = cx.opt::<i64>(used).await?.is_some();
        known.push(Known { pool: Arc::clone(pool), name, is_marked: marked_at.is_some(), is_used });
    }
    Ok(known)
}

/// Refuses a data directory from which the installation is not served: another one's, or an empty one beside the true
/// one. Pools that are shared make up for it.
async fn claim(app: &App, known: &[Known]) -> Result<(), Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let Some(secret) = crate::setup::installation_secret(&mut cx).await? else { return Ok(()) };
    let identity = token_hash(&format!("data directory of {secret}"));
    let path = app.config.data.join(INSTALLATION);
    let data = app.config.data.display();
    let refused = |why: String| Error::new(Code::StorageAway, why);
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim() == identity => return Ok(()),
        Ok(text) if !text.trim().is_empty() => {
            return Err(refused(format!(
                "The data directory {data} belongs to another installation than the database."
            )));
        }
        Ok(_) => {}
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(refused(format!("{} can't be read: {error}.", path.display()))),
    }
    // A bucket is nobody's data directory.
    let directories = known.iter().filter(|known| known.pool.bucket.is_none());
    let away = directories.into_iter().find(|known| known.is_marked && !is_marked(&known.pool));
    if let Some(Known { pool, name, .. }) = away {
        return Err(refused(format!(
            "This database is served from another data directory than {data}: the storage pool \"{name}\" isn't at {}.",
            pool.directory.display()
        )));
    }
    // On a full disk it can be written another time.
    if let Err(error) = write(&path, &format!("{identity}\n")) {
        tracing::warn!(%error, path = %path.display(), "the data directory could not be marked as this installation's");
    }
    Ok(())
}

fn is_marked(pool: &Pool) -> bool {
    let text = std::fs::read_to_string(pool.directory.join(MARKER)).unwrap_or_default();
    marked(&text).as_ref() == Some(&pool.id)
}

fn holds_repositories(directory: &Path) -> io::Result<bool> {
    for entry in std::fs::read_dir(directory)? {
        if entry?.file_name().to_string_lossy().starts_with(REPOSITORY) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Makes a pool of a directory, and the directory if there is none.
pub(super) async fn mark(directory: std::path::PathBuf, id: StoragePoolId) -> Result<(), Error> {
    tokio::task::spawn_blocking(move || mark_now(&directory, &id)).await.map_err(Error::internal)?
}

fn mark_now(directory: &Path, id: &StoragePoolId) -> Result<(), Error> {
    let failed = |error: io::Error| {
        let what = format!("The storage pool at {} can't be set up: {error}.", directory.display());
        Error::new(Code::StorageAway, what)
    };
    // Other accounts of the host have no business in here.
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed)?;
    let path = directory.join(MARKER);
    let there = std::fs::read_to_string(&path).ok().and_then(|text| marked(&text));
    match there {
        Some(there) if there == *id => return Ok(()),
        // What was begun and not committed is no pool.
        Some(there) if holds_repositories(directory).map_err(failed)? => {
            let what = format!("{} is the storage pool {there} of another installation.", directory.display());
            return Err(Error::new(Code::StorageAway, what));
        }
        _ => {}
    }
    write(&path, &marker(id)).map_err(failed)
}

/// Writes a file and makes it durable.
fn write(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::options().create(true).truncate(true).write(true).mode(0o600).open(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
