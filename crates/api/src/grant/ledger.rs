//! What the gateway asks of whoever keeps its books, and what it can be asked.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tree::Budget;

use super::{Grant, Holder, Pool, PoolState, Run, Trail};
use crate::id::{DeviceId, RepositoryId};

/// The database was not reachable; what was asked for did not happen.
#[derive(Debug)]
pub struct Unavailable;

/// What [`Ledger::open`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The last stored counter.
    pub used_bytes: u64,
    /// The repository was left open by a process that died: the counter must be taken from the disk.
    pub was_open: bool,
}

/// What is stored of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    pub used_bytes: u64,
    /// A backup was completed at some time.
    pub had_backups: bool,
}

/// Counters of one repository as they are stored: absolute values, so that storing them twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub repository: RepositoryId,
    pub used_bytes: u64,
    /// When the newest snapshot arrived, if one did since the process began to watch.
    pub last_snapshot_at: Option<Timestamp>,
    /// Snapshots that arrived and are not stored yet, the oldest first.
    pub snapshots: Vec<Snapshot>,
    /// Nothing is in flight any more: the stored counter is true until the repository is opened again.
    pub closed: bool,
    /// All of the repository was counted on disk since the last was stored, whoever has written it.
    pub measured: bool,
}

/// A snapshot that arrived: a backup was completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Snapshot {
    pub at: Timestamp,
    /// The repository's counter with it.
    pub used_bytes: u64,
}

/// A repository that a process which died had left open.
#[derive(Clone, Debug)]
pub struct LeftOpen {
    pub repository: RepositoryId,
    pub pool: Arc<Pool>,
    /// As in [`Grant::directory`].
    pub directory: PathBuf,
    /// The last stored counter: a directory that should hold something and is missing lies on a disk that is not there.
    pub used_bytes: u64,
}

/// The bookkeeping that the control plane keeps for the gateway. Wired up by the binary.
pub trait Ledger: Send + Sync + 'static {
    /// Commits that the repository may be written to from now on, before its first write after idling.
    fn open<'a>(&'a self, repository: &'a RepositoryId) -> BoxFuture<'a, Result<Opened, Unavailable>>;

    /// What is stored of a repository; only reads.
    fn known<'a>(&'a self, repository: &'a RepositoryId) -> BoxFuture<'a, Result<Known, Unavailable>>;

    /// Stores counters and adds the differences to every ancestor, in one transaction.
    fn store(&self, readings: Vec<Reading>) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Remembers that these devices have signed in at least once: their credentials are never handed out again.
    fn first_contact(&self, devices: Vec<DeviceId>) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Keeps what was refused, beside what is kept of it already. Each is told once: told again it counts twice.
    fn refused(&self, trails: Vec<(DeviceId, Trail)>) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Keeps what clients have done. Told again it is kept once.
    fn ran(&self, runs: Vec<Run>) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// The budgets of those who hold space as they were when these counters, which are not stored yet, were taken. One that
    /// holds none any more is left out.
    fn budgets(
        &self,
        holders: Vec<Holder>,
        unsaved: Vec<Reading>,
    ) -> BoxFuture<'_, Result<Vec<(Holder, Budget)>, Unavailable>>;

    /// The repositories to recount before anything is admitted.
    fn left_open(&self) -> BoxFuture<'_, Result<Vec<LeftOpen>, Unavailable>>;
}

/// What the gateway knows and has not stored yet. Wired up by the binary; asking waits for nothing.
pub trait Meter: Send + Sync + 'static {
    /// The counters that differ from what was stored last, as they are now.
    fn unsaved(&self) -> Vec<Reading>;

    /// Stores the counters that differ from what was stored last, and closes what is idle. Returns how many it stored.
    fn store(&self) -> BoxFuture<'_, Result<u64, Unavailable>>;

    /// When a device signed in for the first time, if the database may not know of it yet.
    fn contacted_at(&self, device: &DeviceId) -> Option<Timestamp>;

    /// What a device is about right now.
    fn running(&self, device: &DeviceId) -> Option<Run>;

    /// Gives up space that was set aside for a disk that is full to the last byte; false if nothing is.
    fn make_room(&self) -> bool;

    /// What is wrong with the storage right now, each in a sentence; nothing if all is well.
    fn troubles(&self) -> Vec<String>;

    /// How a pool does. Looks at it if nobody has yet, and may wait for that.
    fn state<'a>(&'a self, pool: &'a Arc<Pool>) -> BoxFuture<'a, PoolState>;

    /// Tries a pool in a bucket that isn't known like this yet, and makes one of the place by its marker if `is_new`; says why
    /// not where that can't be.
    fn mark<'a>(&'a self, pool: &'a Pool, is_new: bool) -> BoxFuture<'a, Result<(), String>>;

    /// Removes all of a repository in a bucket. `false`: its pool is away.
    fn remove_repository<'a>(
        &'a self,
        pool: &'a Arc<Pool>,
        repository: &'a RepositoryId,
    ) -> BoxFuture<'a, std::io::Result<bool>>;

    /// How long nothing that is read from a device's backups may pass, by the rate that holds; at most until the next look.
    fn wait_to_send(&self, grant: &Grant) -> Option<Duration>;

    /// These bytes of them have passed, whoever has read them.
    fn has_sent(&self, grant: &Grant, bytes: u64);
}
