//! What is known of backups that came and of those that didn't: the last days of each device, written beside the commands
//! as the gateway tells of them, and how its backups stand by that.
//!
//! - `history`: a device's last days (pure)
//! - `cause`: how backups stand, and why none came (pure)

mod cause;
mod history;
pub mod http;
mod sql;

use std::collections::HashSet;

use api::Error;
use api::backup::{BackupState, DeviceHistory, HistoryQuery, Refusal};
use api::grant::{Snapshot, Trail};
use api::id::DeviceId;
use api::{Code, Level};
use tree::{Effective, Path};

use self::cause::{CustomerFacts, DeviceFacts, RefusedDevice, Stop};
use self::history::{DAYS, History};
use crate::devices;
use crate::devices::sql::WholeDevice;
use base::App;
use base::authz::{Account, Permission};
use base::cx::{Caller, Cx, Tx};
use base::lineage::Lineage;
use base::overlay::Overlay;

pub(crate) use self::cause::SILENT_DAYS;
pub(crate) use self::history::reaches_backups;

const DEFAULT_DAYS: u32 = 14;

/// Remembers from when on histories are complete: from the first start of a program that writes them.
pub async fn begin(app: &App) -> Result<(), Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    if sql::recorded_from(&mut cx).await?.is_some() {
        return Ok(());
    }
    drop(cx);
    base::beside!(app, |tx| sql::record_from_now(tx).await)
}

/// What has happened to a device.
#[derive(Debug)]
pub(crate) struct News {
    pub(crate) device: String,
    /// Whether a backup had arrived before.
    pub(crate) had_backups: bool,
    pub(crate) snapshots: Vec<Snapshot>,
    pub(crate) refused: Trail,
}

/// Something that a device was refused, and how often it has newly tried.
#[derive(Clone, Debug)]
pub(crate) struct Tried {
    pub(crate) device: DeviceId,
    pub(crate) refusal: Refusal,
    pub(crate) tries: u32,
}

/// Adds to what is kept of devices. Whoever calls it has locked their rows. Returns what was newly refused.
pub(crate) async fn keep(tx: &mut Tx, news: Vec<News>) -> Result<Vec<Tried>, Error> {
    let mut tried = Vec::new();
    if news.is_empty() {
        return Ok(tried);
    }
    let mut kept = sql::histories(tx, news.iter().map(|news| news.device.as_str())).await?;
    let mut written = Vec::with_capacity(news.len());
    for News { device, had_backups, snapshots, refused } in news {
        let mut history = kept.remove(&device).unwrap_or_else(|| History::new(had_backups));
        for snapshot in snapshots {
            history.backup(snapshot);
        }
        let id = DeviceId::from_text(device.as_str());
        let new = history.refused(refused).into_iter();
        tried.extend(new.map(|(refusal, tries)| Tried { device: id.clone(), refusal, tries }));
        written.push((device, history));
    }
    sql::write(tx, &written).await?;
    Ok(tried)
}

/// The last days of a device.
pub async fn show(cx: &mut Cx, id: &DeviceId, query: HistoryQuery) -> Result<DeviceHistory, Error> {
    let account = cx.account()?;
    let days = query.days.unwrap_or(DEFAULT_DAYS);
    if !(1..=DAYS).contains(&days) {
        return Err(Error::field("days", Code::OutOfRange, format!("Must be from 1 to {DAYS}.")));
    }
    let (row, repository, _) = devices::fetch(cx, &account, id, Permission::ReadDevices).await?;
    let history = history_of(cx, &row.id, repository.last_backup_at).await?;
    let recorded_from = sql::recorded_from(cx).await?;
    Ok(history.view(days, cx.now, row.created_at, recorded_from))
}

/// What is kept of a device, and what of it is not stored yet.
async fn history_of(cx: &mut Cx, id: &DeviceId, last_backup_at: Option<i64>) -> Result<History, Error> {
    let overlay = cx.overlay().await?;
    let mut kept = sql::histories(cx, std::iter::once(id.as_str())).await?;
    let mut history = kept.remove(id.as_str()).unwrap_or_else(|| History::new(last_backup_at.is_some()));
    for snapshot in overlay.snapshots_of(id.as_str()) {
        history.backup(*snapshot);
    }
    Ok(history)
}

/// How a device's backups stand.
pub(crate) async fn of_device(
    cx: &mut Cx,
    account: &Account,
    lineage: &Lineage,
    (row, repository, _): &WholeDevice,
    overlay: &Overlay,
) -> Result<BackupState, Error> {
    let history = history_of(cx, &row.id, repository.last_backup_at).await?;
    Ok(cause::of_device(&DeviceFacts {
        now: cx.now.as_microsecond(),
        created_at: row.created_at,
        status: row.status,
        first_contact_at: row.first_contact_at.or_else(|| contacted_at(cx, &row.id)),
        last_backup_at: overlay.of_id(row.id.as_str()).last_backup_at(repository.last_backup_at),
        refusal: history.last_refusal(),
        stop: stop(lineage, &row.path, account),
        own_stop: row.suspend_mode.map(|mode| (mode, row.suspended_at)),
        is_to_be_deleted: row.deletes_at.is_some(),
    }))
}

fn contacted_at(cx: &Cx, device: &DeviceId) -> Option<i64> {
    cx.app.contacted_at(device).map(jiff::Timestamp::as_microsecond)
}

/// So many devices of a customer are looked at for what they lack; of more it is said that there are so many.
const LOOKED_AT: i64 = 1000;

/// How the backups of an end customer's or a site's devices stand; nothing at other levels, which have none of their own.
pub(crate) async fn of_customer(
    cx: &mut Cx,
    account: &Account,
    lineage: &Lineage,
    (path, level): (&Path, Level),
    (devices, last_backup_at): (i64, Option<i64>),
    overlay: &Overlay,
) -> Result<Option<BackupState>, Error> {
    if !level.holds_devices() {
        return Ok(None);
    }
    let now = cx.now.as_microsecond();
    let mut facts = CustomerFacts {
        devices,
        without_backup: 0,
        overdue: 0,
        refused: 0,
        silent: 0,
        last_backup_at: overlay.of_id(path.id()).last_backup_at(last_backup_at),
        only_without: None,
        only_silent: None,
        refusal: None,
        stop: stop(lineage, path, account),
    };
    let mut last: Option<(i64, sql::LackingRow)> = None;
    let (mut without, mut silent) = (None, None);
    if devices > 0 {
        for row in sql::lacking(cx, path, now - cause::SILENT_MICROS, LOOKED_AT).await? {
            let last_backup_at = overlay.of_id(&row.id).last_backup_at(row.last_backup_at);
            facts.without_backup += i64::from(last_backup_at.is_none());
            let last_refused_at = row.last_refused_at.filter(|at| last_backup_at.is_none_or(|backup| *at > backup));
            if let Some(at) = last_refused_at {
                facts.refused += 1;
                if last.as_ref().is_none_or(|(last, _)| at > *last) {
                    last = Some((at, row));
                }
            } else if last_backup_at.is_none() {
                facts.overdue += i64::from(row.created_at < now - cause::NEW_MICROS);
                without = Some((DeviceId::from_text(&row.id), row.name));
            } else if last_backup_at.is_some_and(|at| at < now - cause::SILENT_MICROS) {
                facts.silent += 1;
                silent = Some((DeviceId::from_text(&row.id), row.name));
            }
        }
    }
    let refusal: Option<Refusal> = match &last {
        None => None,
        Some((_, row)) => {
            let history = history_of(cx, &DeviceId::from_text(&row.id), row.last_backup_at).await?;
            history.last_refusal().cloned()
        }
    };
    if let (Some((_, row)), Some(refusal)) = (&last, &refusal) {
        facts.refusal = Some(RefusedDevice { id: DeviceId::from_text(&row.id), name: &row.name, refusal });
    }
    // Where it is one, it is named.
    facts.only_without = without.filter(|_| facts.without_backup == 1);
    facts.only_silent = silent.filter(|_| facts.silent == 1);
    Ok(Some(cause::of_customer(&facts)))
}

/// Which of these end customers and sites have a device that has been there for a day without a single backup, though
/// nothing stops it; by their ids.
pub(crate) async fn overdue(
    cx: &mut Cx,
    lineage: &Lineage,
    paths: &[&Path],
    overlay: &Overlay,
) -> Result<HashSet<String>, Error> {
    let active: Vec<&str> =
        paths.iter().filter(|path| lineage.effective(path).is_active()).map(|path| path.id()).collect();
    let before = cx.now.as_microsecond() - cause::NEW_MICROS;
    let is_first = |path: &Path| paths.iter().any(|place| place.contains(path));
    let begun: Vec<&str> = overlay
        .backed_up()
        .iter()
        .filter(|backed_up| backed_up.stored.is_none() && is_first(&backed_up.path))
        .map(|backed_up| backed_up.device.as_str())
        .collect();
    sql::overdue(cx, &active, before, &begun).await
}

/// The suspension that holds at the end of a path, as the account may know it.
fn stop<'a>(lineage: &'a Lineage, path: &Path, account: &Account) -> Option<Stop<'a>> {
    let Effective::Suspended { mode, cause } = lineage.effective(path) else { return None };
    let is_seen = |id: &str| path.seen_from(&account.path).ids().any(|seen| seen == id);
    let cause = lineage.get(cause).filter(|_| is_seen(cause));
    let by = cause.filter(|cause| cause.suspended_from.as_deref().is_some_and(is_seen));
    Some(Stop {
        mode,
        cause: cause.map(|cause| (&cause.id, cause.company_name.as_str())),
        since: cause.and_then(|cause| cause.suspended_at.or(cause.deletion_scheduled_at)),
        by: by.and_then(|cause| cause.suspended_by.as_deref()),
        is_deleting: cause.is_some_and(|cause| cause.deletes_at.is_some()),
    })
}
