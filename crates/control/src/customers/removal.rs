//! What is left to do when the hold of a deletion is over: rows go piece by piece from the leaves upwards, each piece a
//! transaction of its own, then the files of the repositories. It goes on where it was, whatever happened in between, and
//! what is due while nobody serves is done by the next start.

use std::path::{Path as Directory, PathBuf};
use std::time::Duration;

use api::Error;
use api::id::{CustomerId, RepositoryId};
use api::pool::MARKER;
use base::App;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Cx, Origin, Tx};
use db::sql;
use futures_util::future::BoxFuture;
use tree::Path;

use super::sql::{self as rows, CustomerRow};
use super::{deletion, relocate};
use crate::devices;

/// Rows of one transaction.
const DEVICES: i64 = 200;
const CUSTOMERS: i64 = 50;
const TOMBSTONES: i64 = 500;
/// Repositories whose files are looked for at once.
const FILES: i64 = 100;

/// Deletions are cancelled and scheduled by others too.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// See the module.
#[derive(Debug)]
pub(crate) struct Removal;

impl Reconciler for Removal {
    fn name(&self) -> &'static str {
        "deletions whose hold is over"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            loop {
                let piece = base::run!(app, Caller::System, Origin::default(), |tx| remove_piece(tx).await)?;
                if piece == 0 {
                    break;
                }
                mended += piece;
            }
            loop {
                let piece = base::run!(app, Caller::System, Origin::default(), |tx| {
                    devices::remove_due(tx, DEVICES).await
                })?;
                if piece == 0 {
                    break;
                }
                mended += piece;
            }
            mended += remove_files(app).await?;
            Ok(Round { mended, again_in: next_due(app).await?.min(LOOK_EVERY) })
        })
    }
}

/// How long nothing will be due.
async fn next_due(app: &App) -> Result<Duration, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let due: Option<Option<i64>> =
        cx.opt(sql!["select min(deletes_at) from customers where deletes_at is not null"]).await?;
    let of_devices: Option<Option<i64>> =
        cx.opt(sql!["select min(deletes_at) from devices where deletes_at is not null"]).await?;
    let due = [due.flatten(), of_devices.flatten()].into_iter().flatten().min();
    let wait = due.map_or(i64::MAX, |due| due - cx.now.as_microsecond());
    Ok(Duration::from_micros(u64::try_from(wait).unwrap_or_default().max(1_000_000)))
}

/// Removes the next rows of what is due longest. Returns how many; none where nothing is due.
async fn remove_piece(tx: &mut Tx) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    let top: Option<String> = tx
        .opt(sql!["select path from customers where deletes_at <= ", now, " order by deletes_at, id limit 1"])
        .await?;
    let Some(top) = top.map(Path::from_stored) else { return Ok(0) };
    // First what will be known of them: what they had is counted no more as soon as the first device is gone.
    let remembered = rows::remember(tx, &top, TOMBSTONES).await?;
    if remembered > 0 {
        return Ok(remembered);
    }
    let gone = devices::remove_below(tx, &top, DEVICES).await?;
    if gone > 0 {
        return Ok(gone);
    }
    // The last paths in their order are leaves, and what stands above them follows.
    let leaves: Vec<CustomerRow> = rows::last_below(tx, &top, CUSTOMERS).await?;
    for row in &leaves {
        if row.path == top {
            newest_above(tx, row).await?;
        }
        deletion::remove_row(tx, row).await?;
    }
    Ok(leaves.len() as u64)
}

/// Those above it that had the newest backup or refusal from it look for the next.
async fn newest_above(tx: &mut Tx, row: &CustomerRow) -> Result<(), Error> {
    let Some(parent) = row.path.parent() else { return Ok(()) };
    let above: Vec<&str> = parent.ids().chain([row.id.as_str()]).collect();
    let mut sorted = above.clone();
    sorted.sort_unstable();
    base::totals::lock(tx, &sorted).await?;
    let gone = rows::totals(tx, &row.id).await?;
    // Its own total is no longer one that others look at.
    base::totals::newest_again(tx, row.id.as_str()).await?;
    for id in parent.ids().rev() {
        let stored = rows::totals(tx, &CustomerId::from_text(id)).await?;
        if relocate::had_newest(&stored, &gone) {
            base::totals::newest_again(tx, id).await?;
        }
    }
    Ok(())
}

/// Removes the files of repositories that are gone from the database. One whose pool is away waits until it is back.
async fn remove_files(app: &App) -> Result<u64, Error> {
    let mut removed = 0;
    let mut after = String::new();
    loop {
        let waiting: Vec<(String, String)> = Cx::read(app, Caller::System)
            .await?
            .all(sql![
                "select r.id, r.pool_id from removed_repositories r where r.id > ",
                after.as_str(),
                " order by r.id limit ",
                FILES
            ])
            .await?;
        let pools = crate::storage::pools::all(&mut Cx::read(app, Caller::System).await?).await?;
        let Some((last, _)) = waiting.last() else { return Ok(removed) };
        after.clone_from(last);
        for (id, pool) in waiting {
            let Some(pool) = pools.get(&pool) else { continue };
            let repository = RepositoryId::from_text(id.clone());
            if repository.uuid().is_none() {
                // It would be a path that we have not made.
                tracing::error!(id, "this is no repository's id; nothing is removed");
            } else {
                let removed = if pool.bucket.is_some() {
                    app.remove_repository(pool, &repository).await
                } else {
                    let directory = pool.directory.clone();
                    let removing = tokio::task::spawn_blocking(move || remove_directory(&directory, &repository));
                    removing.await.map_err(Error::internal)?
                };
                match removed {
                    Ok(true) => {}
                    Ok(false) => continue,
                    Err(error) => {
                        tracing::warn!(id, %error, "the files of a removed repository cannot be removed; tried again");
                        continue;
                    }
                }
            }
            base::beside!(app, |tx| tx
                .exec(sql!["delete from removed_repositories where id = ", id.as_str()])
                .await
                .map(drop))?;
            removed += 1;
        }
    }
}

/// Removes one repository's directory, and nothing else: it lies directly in a pool that is there, and links are not followed.
/// `false`: the pool is away.
fn remove_directory(pool: &Directory, repository: &RepositoryId) -> std::io::Result<bool> {
    if !pool.join(MARKER).is_file() {
        return Ok(false);
    }
    let directory: PathBuf = pool.join(repository.as_str());
    loop {
        match std::fs::symlink_metadata(&directory) {
            Ok(found) if found.is_dir() => match std::fs::remove_dir_all(&directory) {
                // Where another process is at it too, it is over when nothing is left.
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
                _ => {}
            },
            // Whatever somebody has put there in its place isn't ours.
            Ok(_) => {
                tracing::warn!(directory = %directory.display(), "is no directory, and is left");
                return Ok(true);
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(true),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_repository_in_a_pool_that_is_there_is_removed() {
        let folder = tempfile::tempdir().unwrap();
        let pool = folder.path().join("pool");
        let outside = folder.path().join("outside");
        std::fs::create_dir_all(outside.join("data")).unwrap();
        std::fs::write(outside.join("data/kept"), "kept").unwrap();
        let id = RepositoryId::new(uuid::Uuid::from_u128(7));
        let other = RepositoryId::new(uuid::Uuid::from_u128(8));
        for repository in [&id, &other] {
            std::fs::create_dir_all(pool.join(repository.as_str()).join("data/00")).unwrap();
            std::fs::write(pool.join(repository.as_str()).join("data/00/pack"), "pack").unwrap();
        }
        std::os::unix::fs::symlink(&outside, pool.join(id.as_str()).join("link")).unwrap();
        assert!(!remove_directory(&pool, &id).unwrap(), "a pool without its marker is away");
        assert!(pool.join(id.as_str()).exists());
        std::fs::write(pool.join(MARKER), "x").unwrap();
        assert!(remove_directory(&pool, &id).unwrap());
        assert!(!pool.join(id.as_str()).exists());
        assert!(outside.join("data/kept").exists(), "links are not followed");
        assert!(pool.join(other.as_str()).join("data/00/pack").exists());
        assert!(remove_directory(&pool, &id).unwrap(), "gone already");
        std::os::unix::fs::symlink(&outside, pool.join(id.as_str())).unwrap();
        assert!(remove_directory(&pool, &id).unwrap());
        assert!(outside.join("data/kept").exists());
    }
}
