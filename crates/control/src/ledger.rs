//! The bookkeeping of used space for the gateway: one row per repository, and from the same transaction the totals of
//! everything above it.

use std::collections::BTreeMap;

use api::change::{ActorKind, ChangeAction};
use std::sync::Arc;

use api::grant::{Holder, Known, Ledger, LeftOpen, Opened, Reading, Run, Trail, Unavailable};
use api::id::{CustomerId, DeviceId, RepositoryId};
use api::{Code, Error};
use db::{Sql, insert, list, sql};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde_json::json;
use tree::measure::day_of;
use tree::{Budget, Path, Totals};

use crate::backups::{self, News, Tried};
use crate::events::{self, Happening};
use base::App;
use base::change::Entry;
use base::cx::{Caller, Cx, Origin, Tx};

/// Databases limit the parameters of a statement.
const AT_ONCE: usize = 500;

/// Microseconds of a second.
const MICROS: i64 = 1_000_000;

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
                base::between!(self.app, |tx| store(tx, some).await).map_err(|error| unavailable(&error))?;
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

    fn refused(&self, trails: Vec<(DeviceId, Trail)>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            for some in trails.chunks(AT_ONCE) {
                let tried =
                    base::beside!(self.app, |tx| refused(tx, some).await).map_err(|error| unavailable(&error))?;
                let happened: Vec<Happening> = tried
                    .iter()
                    .filter_map(|tried| events::of_refusal(&tried.device, &tried.refusal, tried.tries))
                    .collect();
                if happened.is_empty() {
                    continue;
                }
                let told =
                    base::run!(self.app, Caller::System, Origin::default(), |tx| tell(tx, &tried, &happened).await);
                if let Err(error) = told {
                    // What was refused is stored; storing it again would count it twice.
                    tracing::error!(%error, cause = ?error.cause, "what was refused is missing from events and change log");
                }
            }
            Ok(())
        })
    }

    fn ran(&self, runs: Vec<Run>) -> BoxFuture<'_, Result<(), Unavailable>> {
        Box::pin(async move {
            for some in runs.chunks(AT_ONCE) {
                base::beside!(self.app, |tx| crate::jobs::keep(tx, some).await).map_err(|error| unavailable(&error))?;
                if let Err(error) = look_at(&self.app, some).await {
                    tracing::error!(%error, cause = ?error.cause, "it is not known whether these jobs were unusual");
                }
            }
            Ok(())
        })
    }

    fn budgets(
        &self,
        holders: Vec<Holder>,
        unsaved: Vec<Reading>,
    ) -> BoxFuture<'_, Result<Vec<(Holder, Budget)>, Unavailable>> {
        Box::pin(async move { budgets(&self.app, holders, unsaved).await.map_err(|error| unavailable(&error)) })
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
        last_backup_at: Option<i64>,
        device_id: String,
        path: Path as db::Text,
        allotted_bytes: Option<i64>,
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
            "select r.id as id, r.used_bytes as used_bytes, r.last_backup_at as last_backup_at,
             r.device_id as device_id, d.path as path, r.allotted_bytes as allotted_bytes, k.node as node, k.base as base,
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
    let (mut news, mut backed_up_now) = (Vec::new(), Vec::new());
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
        let last_backup_at = reading.last_snapshot_at.map(Timestamp::as_microsecond);
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
        let change =
            Totals { used_bytes: change, last_backup_at, ..backed_up(row.last_backup_at, last_backup_at, tx.now) };
        // With space of its own it draws on none above.
        let apart_bytes = if row.allotted_bytes.is_some() { change.used_bytes } else { 0 };
        let change = Totals { apart_bytes, ..change };
        tx.add_to_totals(&row.path, change);
        if last_backup_at.is_some() {
            backed_up_now.push(row.device_id.as_str());
        }
        if !reading.snapshots.is_empty() {
            news.push(News {
                device: row.device_id.clone(),
                had_backups: row.last_backup_at.is_some(),
                snapshots: reading.snapshots.clone(),
                refused: Trail::default(),
            });
        }
    }
    backups::keep(tx, news).await?;
    events::backed_up(tx, &backed_up_now).await
}

/// Puts deletions that were refused where what is append-only was to be deleted into the change log: whoever has the
/// device's credentials may be nobody who should. All that is notable becomes an event.
async fn tell(tx: &mut Tx, tried: &[Tried], happened: &[Happening]) -> Result<(), Error> {
    let is_threat = |tried: &&Tried| tried.refusal.code == Code::AppendOnly.as_str();
    let threats: Vec<&Tried> = tried.iter().filter(is_threat).collect();
    let ids: Vec<String> = threats.iter().map(|threat| threat.device.to_string()).collect();
    let rows = if ids.is_empty() { Vec::new() } else { crate::devices::sql::with_these_ids(tx, &ids).await? };
    for (row, ..) in rows {
        let Some(Tried { refusal, .. }) = threats.iter().rev().find(|threat| threat.device == row.id) else { continue };
        let mut entry = Entry::new(ChangeAction::DeviceDeletionRefused, crate::devices::subject(&row));
        entry.actor = Some((ActorKind::Device, row.id.to_string(), row.name.clone()));
        let after = json!({ "sentence": refusal.sentence, "address": refusal.address, "requests": refusal.requests });
        tx.record(entry.after(after));
    }
    events::happened(tx, happened.to_vec()).await
}

/// Looks whether jobs were as they usually are.
async fn look_at(app: &App, runs: &[Run]) -> Result<(), Error> {
    let unusual = events::unusual(&mut Cx::read(app, Caller::System).await?, runs).await?;
    if unusual.is_empty() {
        return Ok(());
    }
    base::run!(app, Caller::System, Origin::default(), |tx| events::happened(tx, unusual.clone()).await)
}

/// Keeps what was refused, and when it was last. Returns what of it is new.
async fn refused(tx: &mut Tx, trails: &[(DeviceId, Trail)]) -> Result<Vec<Tried>, Error> {
    let lock = tx.locking("r, d");
    let rows: Vec<(String, String, Option<i64>)> = tx
        .all(sql![
            "select r.device_id, d.path, r.last_backup_at from repositories r join devices d on d.id = r.device_id
             where r.device_id in ",
            list(trails.iter().map(|(device, _)| device.as_str())),
            " order by r.id",
            lock
        ])
        .await?;
    let rows: BTreeMap<&str, (&str, bool)> =
        rows.iter().map(|(device, path, last)| (device.as_str(), (path.as_str(), last.is_some()))).collect();
    let mut news = Vec::with_capacity(trails.len());
    for (device, trail) in trails {
        // A device that was deleted meanwhile is refused everything anyway.
        let Some((path, had_backups)) = rows.get(device.as_str()) else { continue };
        let last = trail.iter().rev().find(|refusal| backups::reaches_backups(refusal));
        if let Some(at) = last.map(|refusal| refusal.last_at.micros()) {
            tx.exec(sql![
                "update repositories set last_refused_at = ",
                base::cx::newest("last_refused_at", at),
                " where device_id = ",
                device.as_str()
            ])
            .await?;
            let change = Totals { last_refused_at: Some(at), ..Totals::default() };
            tx.add_to_totals(&Path::from_stored((*path).to_owned()), change);
        }
        news.push(News {
            device: device.as_str().to_owned(),
            had_backups: *had_backups,
            snapshots: Vec::new(),
            refused: trail.clone(),
        });
    }
    backups::keep(tx, news).await
}

/// What a device counts for that has backed up: where it had no backup before, and where this is its first one of a day. A
/// backup just before midnight is stored just after it; one that a count of the disk finds may be older and is no news.
fn backed_up(before: Option<i64>, last: Option<i64>, now: Timestamp) -> Totals {
    let day = |at: i64| day_of(at.div_euclid(MICROS));
    let (Some(last), today) = (last, day_of(now.as_second())) else { return Totals::default() };
    let is_first_of = |wanted: i64| day(last) == wanted && before.is_none_or(|before| day(before) < wanted);
    Totals {
        devices_without_backup: -i64::from(before.is_none()),
        devices_backed_up: is_first_of(today).into(),
        devices_backed_up_yesterday: is_first_of(today - 1).into(),
        ..Totals::default()
    }
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

async fn budgets(app: &App, holders: Vec<Holder>, unsaved: Vec<Reading>) -> Result<Vec<(Holder, Budget)>, Error> {
    let mut cx = Cx::with_unsaved(app, unsaved).await?;
    let overlay = cx.overlay().await?;
    let (mut customers, mut devices) = (BTreeMap::new(), BTreeMap::new());
    for holder in holders {
        match holder {
            Holder::Customer(id) => customers.insert(CustomerId::new(id).to_string(), holder),
            Holder::Device(id) => devices.insert(DeviceId::new(id).to_string(), holder),
        };
    }
    let mut budgets = Vec::with_capacity(customers.len() + devices.len());
    let ids: Vec<&str> = customers.keys().map(String::as_str).collect();
    for some in ids.chunks(AT_ONCE) {
        for (id, stored) in crate::space::sql::budgets(&mut cx, some).await? {
            budgets.extend(customers.get(&id).map(|holder| (*holder, overlay.of_id(&id).budget(stored))));
        }
    }
    let ids: Vec<&str> = devices.keys().map(String::as_str).collect();
    for some in ids.chunks(AT_ONCE) {
        for (id, allotted, used) in crate::space::sql::of_devices(&mut cx, some).await? {
            let used = overlay.of_id(&id).used_bytes(used);
            budgets.extend(devices.get(&id).map(|holder| (*holder, crate::space::device_budget(allotted, used))));
        }
    }
    budgets.retain(|(_, budget)| budget.allotted.is_some());
    Ok(budgets)
}

async fn left_open(app: &App) -> Result<Vec<LeftOpen>, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let own = own(&cx);
    let rows: Vec<(String, String, i64)> = cx
        .all(sql![
            "select r.id, r.pool_id, r.used_bytes from repository_counters k join repositories r on r.id = k.repository_id
             where k.node in ",
            own
        ])
        .await?;
    let pools = crate::storage::pools::all(&mut cx).await?;
    Ok(rows
        .into_iter()
        .filter_map(|(id, pool, used_bytes)| {
            let pool = Arc::clone(pools.get(&pool)?);
            Some(LeftOpen {
                used_bytes: u64::try_from(used_bytes).unwrap_or_default(),
                directory: pool.directory.join(&id),
                pool,
                repository: RepositoryId::from_text(id),
            })
        })
        .collect())
}
