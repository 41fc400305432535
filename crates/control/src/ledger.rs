//! The bookkeeping of used space for the gateway: one row per repository, and from the same transaction the totals of
//! everything above it.

use std::collections::BTreeMap;

use api::Error;
use api::grant::{Known, Ledger, LeftOpen, Opened, Reading, Unavailable};
use api::id::{DeviceId, RepositoryId};
use db::{list, sql};
use futures_util::future::BoxFuture;
use tree::{Path, Totals};

use base::App;
use base::cx::{Caller, Cx, Tx};

/// Databases limit the parameters of a statement.
const AT_ONCE: usize = 500;

/// The ledger in our database.
#[derive(Clone, Debug)]
pub struct DatabaseLedger {
    app: App,
}

impl DatabaseLedger {
    pub fn new(app: App) -> Self {
        Self { app }
    }
}

/// The gateway only needs to know that it didn't happen; the cause is logged here.
fn unavailable(error: &Error) -> Unavailable {
    // The gateway tells once that it is behind; why is the same every second.
    tracing::debug!(%error, cause = ?error.cause, "the ledger cannot be written");
    Unavailable
}

impl Ledger for DatabaseLedger {
    fn open<'a>(&'a self, repository: &'a RepositoryId) -> BoxFuture<'a, Result<Opened, Unavailable>> {
        Box::pin(async move {
            base::beside!(self.app, |tx| open(tx, repository).await).map_err(|error| unavailable(&error))
        })
    }

    fn known<'a>(&'a self, repository: &'a RepositoryId) -> BoxFuture<'a, Result<Known, Unavailable>> {
        Box::pin(async move { known(&self.app, repository).await.map_err(|error| unavailable(&error)) })
    }

    fn store(&self, readings: Vec<Reading>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            for some in readings.chunks(AT_ONCE) {
                base::beside!(self.app, |tx| store(tx, some).await).map_err(|error| unavailable(&error))?;
            }
            Ok(())
        })
    }

    fn first_contact(&self, devices: Vec<DeviceId>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            for some in devices.chunks(AT_ONCE) {
                base::beside!(self.app, |tx| first_contact(tx, some).await).map_err(|error| unavailable(&error))?;
            }
            Ok(())
        })
    }

    fn left_open(&self) -> BoxFuture<'_, Result<Vec<LeftOpen>, Unavailable>> {
        Box::pin(async move { left_open(&self.app).await.map_err(|error| unavailable(&error)) })
    }
}

async fn open(tx: &mut Tx, repository: &RepositoryId) -> Result<Opened, Error> {
    let lock = tx.locking("repositories");
    let (used_bytes, was_open): (i64, bool) = tx
        .opt(sql!["select used_bytes, is_open from repositories where id = ", repository.as_str(), lock])
        .await?
        .ok_or_else(Error::not_found)?;
    if !was_open {
        tx.exec(sql!["update repositories set is_open = true where id = ", repository]).await?;
        // Committed with the first write, so that no crash makes a device that has backups look as if it had never
        // signed in: its pass key would get its credentials again.
        let now = tx.now.as_microsecond();
        tx.exec(sql![
            "update devices set first_contact_at = ",
            now,
            " where first_contact_at is null and id = (select device_id from repositories where id = ",
            repository,
            ")"
        ])
        .await?;
    }
    Ok(Opened { used_bytes: u64::try_from(used_bytes).unwrap_or_default(), was_open })
}

async fn known(app: &App, repository: &RepositoryId) -> Result<Known, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let (used_bytes, last_backup_at): (i64, Option<i64>) = cx
        .opt(sql!["select used_bytes, last_backup_at from repositories where id = ", repository.as_str()])
        .await?
        .ok_or_else(Error::not_found)?;
    Ok(Known { used_bytes: u64::try_from(used_bytes).unwrap_or_default(), had_backups: last_backup_at.is_some() })
}

async fn store(tx: &mut Tx, readings: &[Reading]) -> Result<(), Error> {
    let lock = tx.locking("r, d");
    let ids = readings.iter().map(|reading| reading.repository.as_str());
    let stored: Vec<(String, i64, String)> = tx
        .all(sql![
            "select r.id, r.used_bytes, d.path from repositories r join devices d on d.id = r.device_id where r.id in ",
            list(ids),
            " order by r.id",
            // Nobody moves the device meanwhile, so that its bytes are added where it stands.
            lock
        ])
        .await?;
    let stored: BTreeMap<&str, (i64, &str)> =
        stored.iter().map(|(id, used, path)| (id.as_str(), (*used, path.as_str()))).collect();
    for reading in readings {
        // A repository that was deleted meanwhile is counted nowhere any more.
        let Some((before, path)) = stored.get(reading.repository.as_str()) else { continue };
        let path = Path::from_stored(*path);
        let used = i64::try_from(reading.used_bytes).map_err(Error::internal)?;
        let mut statement = sql!["update repositories set used_bytes = ", used, ", is_open = ", !reading.closed];
        if let Some(at) = reading.last_snapshot_at {
            let at = at.as_microsecond();
            // A count of the disk may find an older one than a run had told.
            statement.append(sql![
                ", last_backup_at = case when last_backup_at > ",
                at,
                " then last_backup_at else ",
                at,
                " end"
            ]);
        }
        statement.append(sql![" where id = ", reading.repository.as_str()]);
        tx.exec(statement).await?;
        // Gathered, so that each total is written once and all of them in one order.
        let last_backup_at = reading.last_snapshot_at.map(jiff::Timestamp::as_microsecond);
        tx.add_to_totals(&path, Totals { used_bytes: used - before, last_backup_at, ..Totals::default() });
    }
    Ok(())
}

async fn first_contact(tx: &mut Tx, devices: &[DeviceId]) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    tx.exec(sql![
        "update devices set first_contact_at = ",
        now,
        " where first_contact_at is null and id in ",
        list(devices.iter().map(DeviceId::as_str))
    ])
    .await?;
    Ok(())
}

async fn left_open(app: &App) -> Result<Vec<LeftOpen>, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let rows: Vec<(String, String, i64)> = cx
        .all(sql![
            "select r.id, p.directory, r.used_bytes from repositories r join storage_pools p on p.id = r.pool_id where r.is_open = true"
        ])
        .await?;
    Ok(rows
        .into_iter()
        .map(|(id, directory, used_bytes)| LeftOpen {
            used_bytes: u64::try_from(used_bytes).unwrap_or_default(),
            directory: crate::storage::absolute(app, &directory).join(&id),
            repository: RepositoryId::from_text(id),
        })
        .collect())
}
