//! Counting anew what lies on the disks, from the host's command line: what no ordinary end and no crash makes necessary,
//! but a pool that came back from a backup does.

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use api::grant::{Ledger as _, Reading};
use api::id::RepositoryId;
use api::{Code, Error};
use base::App;
use base::cx::{Caller, Cx};
use base::totals::SpaceRow;
use db::{columns, sql};
use jiff::Timestamp;
use tree::{Deltas, Path as Place, Totals};

use crate::ledger::DatabaseLedger;

/// What lies in a repository's directory.
#[derive(Clone, Copy, Debug)]
pub struct Counted {
    pub used_bytes: u64,
    pub newest_snapshot: Option<Timestamp>,
}

/// Counts all repositories, or one, and corrects what is stored of them and of everything above. `count` counts a
/// directory, `say` is told what differed. Nobody else may serve the data directory meanwhile.
pub async fn run(
    app: &App,
    only: Option<&RepositoryId>,
    count: impl Fn(&Path) -> std::io::Result<Counted>,
    mut say: impl FnMut(&str),
) -> Result<(), Error> {
    let ledger = DatabaseLedger::new(app.clone());
    let mut left_out = Vec::new();
    let mut counted = 0;
    for (id, directory, stored, is_open) in repositories(app, only).await? {
        let Some(directory) = directory else {
            say(&format!("{id}: lies in a bucket, and is left as it is"));
            continue;
        };
        if !directory.parent().is_some_and(|pool| pool.join(api::pool::MARKER).is_file()) {
            say(&format!("{id}: its storage pool is away"));
            left_out.push(id);
            continue;
        }
        if !directory.is_dir() {
            if only.is_none() && stored > 0 {
                say(&format!(
                    "{id}: {stored} bytes are stored and its directory is gone; --repository {id} accepts that"
                ));
                left_out.push(id);
                continue;
            }
            if only.is_some() {
                // From now on an empty one.
                std::fs::create_dir(&directory).map_err(Error::internal)?;
            }
        }
        let found = count(&directory).map_err(Error::internal)?;
        counted += 1;
        if i64::try_from(found.used_bytes) == Ok(stored) && !is_open {
            continue;
        }
        say(&format!("{id}: {stored} bytes were stored, {} are there", found.used_bytes));
        let reading = Reading {
            repository: RepositoryId::from_text(&id),
            used_bytes: found.used_bytes,
            last_snapshot_at: found.newest_snapshot,
            snapshots: Vec::new(),
            closed: true,
            measured: true,
        };
        ledger.store(vec![reading]).await.map_err(|_| unstored())?;
        // Whichever node had it open: it was counted.
        base::beside!(app, |tx| tx
            .exec(sql!["delete from repository_counters where repository_id = ", id.as_str()])
            .await
            .map(drop))?;
    }
    for line in retotal(app).await? {
        say(&line);
    }
    say(&format!("{counted} repositories counted."));
    if left_out.is_empty() {
        return Ok(());
    }
    Err(Error::new(Code::StorageAway, format!("{} repositories could not be counted.", left_out.len())))
}

fn unstored() -> Error {
    Error::new(Code::Unavailable, "What was counted could not be stored; the database does not answer.")
}

async fn repositories(
    app: &App,
    only: Option<&RepositoryId>,
) -> Result<Vec<(String, Option<PathBuf>, i64, bool)>, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let mut statement = sql![
        "select r.id, r.pool_id, r.used_bytes,
         exists (select 1 from repository_counters k where k.repository_id = r.id)
         from repositories r"
    ];
    if let Some(id) = only {
        statement.append(sql![" where r.id = ", id.as_str()]);
    }
    statement.append(sql![" order by r.id"]);
    let rows: Vec<(String, String, i64, bool)> = cx.all(statement).await?;
    if rows.is_empty() && only.is_some() {
        return Err(Error::not_found());
    }
    let pools = super::pools::all(&mut cx).await?;
    let directory = |pool: &str, id: &str| {
        let pool = pools.get(pool).filter(|pool| pool.bucket.is_none())?;
        Some(pool.directory.join(id))
    };
    Ok(rows.into_iter().map(|(id, pool, used, open)| (id.clone(), directory(&pool, &id), used, open)).collect())
}

/// Sums up what is stored of all repositories, and corrects the totals that differ.
async fn retotal(app: &App) -> Result<Vec<String>, Error> {
    base::beside!(app, |tx| async {
        let devices: Vec<(String, i64, Option<i64>)> = tx
            .all(sql![
                "select d.path, r.used_bytes, r.allotted_bytes from repositories r join devices d on d.id = r.device_id"
            ])
            .await?;
        let mut leaves = Deltas::default();
        for (path, used, allotted) in devices {
            let apart_bytes = if allotted.is_some() { used } else { 0 };
            let handed_bytes = allotted.unwrap_or_default();
            let leaf = Totals { used_bytes: used, apart_bytes, handed_bytes, ..Totals::default() };
            leaves.add(&Place::from_stored(path), leaf);
        }
        let stored: Vec<(String, String, SpaceRow)> = tx
            .all(sql!["select customer_id, path, ", columns::<SpaceRow>(), " from totals order by customer_id"])
            .await?;
        let pools: HashSet<&str> =
            stored.iter().filter(|(_, _, row)| row.allotted_bytes.is_some()).map(|(id, ..)| id.as_str()).collect();
        for (_, path, row) in &stored {
            if let (Some(handed_bytes), Some(parent)) = (row.allotted_bytes, Place::from_stored(path.as_str()).parent())
            {
                leaves.add(&parent, Totals { handed_bytes, ..Totals::default() });
            }
        }
        let sums: BTreeMap<String, Totals> = leaves.into_changes(|id| pools.contains(id)).collect();
        let (mut lines, mut changes) = (Vec::new(), Deltas::default());
        for (id, _, row) in &stored {
            let sum = sums.get(id).copied().unwrap_or_default();
            if sum.used_bytes != row.used_bytes {
                lines.push(format!("{id}: {} bytes were stored in all, {} are", row.used_bytes, sum.used_bytes));
            }
            let change = Totals {
                used_bytes: sum.used_bytes - row.used_bytes,
                handed_bytes: sum.handed_bytes - row.handed_bytes,
                drawn_bytes: sum.drawn_bytes - row.drawn_bytes,
                ..Totals::default()
            };
            changes.correct(id, change);
        }
        base::totals::add(tx, changes).await?;
        Ok(lines)
    }
    .await)
}
