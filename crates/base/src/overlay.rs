//! What the gateway has counted and not stored yet, added to what is stored: reading is exact to the moment and writes
//! nothing.

use std::collections::{HashMap, HashSet};

use api::Error;
use api::grant::{Reading, Snapshot};
use db::{Text, list, sql};
use tree::{Budget, Path};

use crate::cx::Cx;

/// What to add to a stored total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsaved {
    pub used_bytes: i64,
    /// Of these, what draws on the node's budget of space.
    pub drawn_bytes: i64,
    pub last_backup_at: Option<i64>,
    /// Devices whose first backup is among this.
    pub first_backups: i64,
}

impl Unsaved {
    fn add(&mut self, other: Self) {
        self.used_bytes += other.used_bytes;
        self.drawn_bytes += other.drawn_bytes;
        self.last_backup_at = self.last_backup_at.max(other.last_backup_at);
        self.first_backups += other.first_backups;
    }

    /// The bytes of a total that stores `stored`.
    pub fn used_bytes(self, stored: i64) -> i64 {
        stored.saturating_add(self.used_bytes).max(0)
    }

    /// A budget of space of which this is stored.
    pub fn budget(self, stored: Budget) -> Budget {
        let used = self.used_bytes(stored.used);
        Budget { used, drawn: stored.drawn.saturating_add(self.drawn_bytes), ..stored }
    }

    /// How many devices have no backup where `stored` is the stored number.
    pub fn devices_without_backup(self, stored: i64) -> i64 {
        stored.saturating_sub(self.first_backups).max(0)
    }

    /// The newest backup where `stored` is the newest stored one.
    pub fn last_backup_at(self, stored: Option<i64>) -> Option<i64> {
        stored.max(self.last_backup_at)
    }
}

db::record! {
    /// What is stored of a repository by this node.
    struct StoredRow {
        id: String,
        used_bytes: i64,
        stored: Option<i64>,
        last_backup_at: Option<i64>,
        device_id: String,
        path: Path as Text,
        allotted_bytes: Option<i64>,
    }
}

/// Which of the nodes on these paths hold space of their own.
async fn pools_on(cx: &mut Cx, rows: &[StoredRow]) -> Result<HashSet<String>, Error> {
    let mut ids: Vec<&str> = rows.iter().flat_map(|row| row.path.ids()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut pools = HashSet::new();
    for some in ids.chunks(db::AT_ONCE) {
        let found: Vec<String> = cx
            .all(sql![
                "select customer_id from totals where allotted_bytes is not null and customer_id in ",
                list(some.iter().copied())
            ])
            .await?;
        pools.extend(found);
    }
    Ok(pools)
}

/// A device that has backed up since.
#[derive(Clone, Debug)]
pub struct BackedUp {
    pub device: String,
    /// Where it stands.
    pub path: Path,
    pub at: i64,
    /// When its stored last backup was.
    pub stored: Option<i64>,
}

/// What is not stored, of every customer and device that it concerns.
#[derive(Debug, Default)]
pub struct Overlay {
    by_id: HashMap<String, Unsaved>,
    backed_up: Vec<BackedUp>,
    /// By device.
    snapshots: HashMap<String, Vec<Snapshot>>,
}

impl Overlay {
    /// What these counters have that `cx` doesn't see stored. They were taken before `cx` saw anything, so that the
    /// difference is right whether or not they have been stored since.
    pub(crate) async fn of(cx: &mut Cx, readings: Vec<Reading>) -> Result<Self, Error> {
        let mut overlay = Self::default();
        let mut counted: HashMap<String, Reading> = HashMap::with_capacity(readings.len());
        for reading in readings {
            counted.insert(reading.repository.as_str().to_owned(), reading);
        }
        let ids: Vec<String> = counted.keys().cloned().collect();
        for some in ids.chunks(db::AT_ONCE) {
            let node = cx.app.config.node.clone();
            // What this node has stored of its own counters; one that it has closed since has stored all of them.
            let stored: Vec<StoredRow> = cx
                .all(sql![
                    "select r.id as id, r.used_bytes as used_bytes, k.base + k.counted as stored, r.last_backup_at as last_backup_at,
                     r.device_id as device_id, d.path as path, r.allotted_bytes as allotted_bytes from repositories r
                     join devices d on d.id = r.device_id
                     left join repository_counters k on k.repository_id = r.id and k.node = ",
                    node,
                    " where r.id in ",
                    list(some.iter().map(String::as_str))
                ])
                .await?;
            let pools = pools_on(cx, &stored).await?;
            for row in stored {
                let StoredRow { id, used_bytes, stored, last_backup_at, device_id: device, path, allotted_bytes } = row;
                let Some(reading) = counted.get_mut(&id) else { continue };
                let stored = if reading.measured { Some(used_bytes) } else { stored };
                let now = i64::try_from(reading.used_bytes).unwrap_or(i64::MAX);
                let used_bytes = stored.map_or(0, |stored| now - stored);
                let mut unsaved = Unsaved {
                    used_bytes,
                    drawn_bytes: used_bytes,
                    last_backup_at: reading.last_snapshot_at.map(jiff::Timestamp::as_microsecond),
                    first_backups: i64::from(last_backup_at.is_none() && reading.last_snapshot_at.is_some()),
                };
                overlay.by_id.entry(device.clone()).or_default().add(unsaved);
                let mut is_drawn = allotted_bytes.is_none();
                for above in path.ids().rev() {
                    unsaved.drawn_bytes = if is_drawn { used_bytes } else { 0 };
                    overlay.by_id.entry(above.to_owned()).or_default().add(unsaved);
                    is_drawn &= !pools.contains(above);
                }
                if !reading.snapshots.is_empty() {
                    overlay.snapshots.insert(device.clone(), std::mem::take(&mut reading.snapshots));
                }
                if let Some(at) = unsaved.last_backup_at {
                    overlay.backed_up.push(BackedUp { device, path, at, stored: last_backup_at });
                }
            }
        }
        Ok(overlay)
    }

    /// Every customer and device whose totals are others than the stored ones.
    pub(crate) fn all(&self) -> impl Iterator<Item = (&str, Unsaved)> {
        let is_news = |unsaved: &Unsaved| *unsaved != Unsaved::default();
        self.by_id.iter().filter(move |(_, unsaved)| is_news(unsaved)).map(|(id, unsaved)| (id.as_str(), *unsaved))
    }

    /// What to add for a customer or a device.
    pub fn of_id(&self, id: &str) -> Unsaved {
        self.by_id.get(id).copied().unwrap_or_default()
    }

    /// A device's snapshots that may not be stored, the oldest first.
    pub fn snapshots_of(&self, device: &str) -> &[Snapshot] {
        self.snapshots.get(device).map(Vec::as_slice).unwrap_or_default()
    }

    /// Devices that have backed up.
    pub fn backed_up(&self) -> &[BackedUp] {
        &self.backed_up
    }

    /// Where devices stand that have backed up at or after `since` and of which no such backup is stored.
    pub fn backed_up_since(&self, since: i64) -> impl Iterator<Item = &Path> {
        let is_news =
            move |backed_up: &&BackedUp| backed_up.at >= since && backed_up.stored.is_none_or(|stored| stored < since);
        self.backed_up.iter().filter(is_news).map(|backed_up| &backed_up.path)
    }
}
