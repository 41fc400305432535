//! What the gateway has counted and not stored yet, added to what is stored: reading is exact to the moment and writes
//! nothing.

use std::collections::HashMap;

use api::Error;
use api::grant::Reading;
use db::{Text, list, sql};
use tree::Path;

use crate::cx::Cx;

/// Databases limit the parameters of a statement.
const AT_ONCE: usize = 1000;

/// What to add to a stored total.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unsaved {
    pub used_bytes: i64,
    pub last_backup_at: Option<i64>,
}

impl Unsaved {
    fn add(&mut self, other: Self) {
        self.used_bytes += other.used_bytes;
        self.last_backup_at = self.last_backup_at.max(other.last_backup_at);
    }

    /// The bytes of a total that stores `stored`.
    pub fn used_bytes(self, stored: i64) -> i64 {
        stored.saturating_add(self.used_bytes).max(0)
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
    }
}

/// What is not stored, of every customer and device that it concerns.
#[derive(Debug, Default)]
pub struct Overlay {
    by_id: HashMap<String, Unsaved>,
    /// Where devices stand that have backed up since, and when the stored last backup of each was.
    backed_up: Vec<(Path, i64, Option<i64>)>,
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
        for some in ids.chunks(AT_ONCE) {
            let node = cx.app.config.node.clone();
            // What this node has stored of its own counters; one that it has closed since has stored all of them.
            let stored: Vec<StoredRow> = cx
                .all(sql![
                    "select r.id as id, r.used_bytes as used_bytes, k.base + k.counted as stored, r.last_backup_at as last_backup_at,
                     r.device_id as device_id, d.path as path from repositories r
                     join devices d on d.id = r.device_id
                     left join repository_counters k on k.repository_id = r.id and k.node = ",
                    node,
                    " where r.id in ",
                    list(some.iter().map(String::as_str))
                ])
                .await?;
            for StoredRow { id, used_bytes, stored, last_backup_at, device_id: device, path } in stored {
                let Some(reading) = counted.get(&id) else { continue };
                let stored = if reading.measured { Some(used_bytes) } else { stored };
                let now = i64::try_from(reading.used_bytes).unwrap_or(i64::MAX);
                let unsaved = Unsaved {
                    used_bytes: stored.map_or(0, |stored| now - stored),
                    last_backup_at: reading.last_snapshot_at.map(jiff::Timestamp::as_microsecond),
                };
                for above in path.ids() {
                    overlay.by_id.entry(above.to_owned()).or_default().add(unsaved);
                }
                overlay.by_id.entry(device).or_default().add(unsaved);
                if let Some(at) = unsaved.last_backup_at {
                    overlay.backed_up.push((path, at, last_backup_at));
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

    /// Where devices stand that have backed up at or after `since` and of which no such backup is stored.
    pub fn backed_up_since(&self, since: i64) -> impl Iterator<Item = &Path> {
        let is_news = move |(_, at, stored): &&(Path, i64, Option<i64>)| {
            *at >= since && stored.is_none_or(|stored| stored < since)
        };
        self.backed_up.iter().filter(is_news).map(|(path, _, _)| path)
    }
}
