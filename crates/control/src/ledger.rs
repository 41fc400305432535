//! The bookkeeping of used space for the gateway: one row per repository, and from the same transaction the totals of
//! everything above it.

use std::collections::BTreeMap;

use api::Error;
use api::grant::{Known, Ledger, LeftOpen, Opened, Reading, Unavailable};
use api::id::{DeviceId, RepositoryId};
use db::{Sql, insert, list, sql};
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

/// Whose counters are this node's: its own, and those that were left open before nodes had names.
fn own(cx: &Cx) -> Sql {
    sql![list(["", cx.app.config.node.as_str()])]
}

async fn open(tx: &mut Tx, repository: &RepositoryId) -> Result<Opened, Error> {
    let lock = tx.locking("repositories");
    let used_bytes: i64 = tx
        .opt(sql!["select used_bytes from repositories where id = ", repository.as_str(), lock])
        .await?
        .ok_or_else(Error::not_found)?;
    let (node, own) = (tx.app.config.node.clone(), own(tx));
    let was_open = tx
        .exec(sql![
            "update repository_counters set node = ",
            node.as_str(),
            " where repository_id = ",
            repository,
            " and node in ",
            own
        ])
        .await?
        > 0;
    if !was_open {
        tx.exec(insert! { "repository_counters",
            repository_id: repository,
            node: node,
            base: used_bytes,
            counted: 0_i64,
        })
        .await?;
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

db::record! {
    /// A repository as it is stored, with what this node has counted of it.
    struct StoredRow {
        id: String,
        used_bytes: i64,
        path: Path as db::Text,
        node: Option<String>,
        base: Option<i64>,
        counted: Option<i64>,
    }
}

/// Stores what this node has counted. Each node adds what it has not added yet, so that none overwrites another's; a
/// repository that no node has open, because it is counted anew from the host, takes what was counted.
async fn store(tx: &mut Tx, readings: &[Reading]) -> Result<(), Error> {
    // Nobody moves the device meanwhile, so that its bytes are added where it stands.
    let lock = tx.locking("r, d");
    let ids = readings.iter().map(|reading| reading.repository.as_str());
    let own = own(tx);
    let stored: Vec<StoredRow> = tx
        .all(sql![
            "select r.id as id, r.used_bytes as used_bytes, d.path as path, k.node as node, k.base as base,
             k.counted as counted from repositories r join devices d on d.id = r.device_id
             left join repository_counters k on k.repository_id = r.id and k.node in ",
            own,
            " where r.id in ",
            list(ids),
            " order by r.id",
            lock
        ])
        .await?;
    let stored: BTreeMap<&str, &StoredRow> = stored.iter().map(|row| (row.id.as_str(), row)).collect();
    for reading in readings {
        // A repository that was deleted meanwhile is counted nowhere any more.
        let Some(row) = stored.get(reading.repository.as_str()) else { continue };
        let used = i64::try_from(reading.used_bytes).map_err(Error::internal)?;
        // What was counted on disk has everybody's, so nothing that this node had stored matters any more.
        let (base, stored) = match (row.base, row.counted) {
            (Some(base), Some(counted)) if !reading.measured => (base, counted),
            _ => (row.used_bytes, 0),
        };
        let counted = used - base;
        let change = counted - stored;
        let mut statement = sql!["update repositories set used_bytes = used_bytes + ", change];
        let last_backup_at = reading.last_snapshot_at.map(jiff::Timestamp::as_microsecond);
        if let Some(at) = last_backup_at {
            // A count of the disk may find an older one than a run had told.
            statement.append(sql![", last_backup_at = ", base::cx::newest("last_backup_at", at)]);
        }
        statement.append(sql![" where id = ", reading.repository.as_str()]);
        tx.exec(statement).await?;
        if let Some(node) = &row.node {
            let mut statement = if reading.closed {
                sql!["delete from repository_counters"]
            } else {
                sql!["update repository_counters set base = ", base, ", counted = ", counted]
            };
            statement.append(sql![" where repository_id = ", row.id.as_str(), " and node = ", node.as_str()]);
            tx.exec(statement).await?;
        }
        // Gathered, so that each total is written once and all of them in one order.
        tx.add_to_totals(&row.path, Totals { used_bytes: change, last_backup_at, ..Totals::default() });
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
    let own = own(&cx);
    let rows: Vec<(String, String, i64)> = cx
        .all(sql![
            "select r.id, p.directory, r.used_bytes from repository_counters k join repositories r on r.id = k.repository_id
             join storage_pools p on p.id = r.pool_id where k.node in ",
            own
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
