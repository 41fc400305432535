//! How many bytes each repository uses, and who has signed in. Counters in memory are the truth while the process runs;
//! they are written behind as absolute values. A repository is opened by a commit before its first write after idling
//! and closed with nothing in flight, so that after a crash only the open ones must be counted on disk.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use api::grant::{Digest, Grant, Grants, Ledger, Pool as Granted, Reading, Snapshot, Unavailable};
use api::id::{DeviceId, RepositoryId};
use jiff::Timestamp;
use tokio::sync::{Mutex as Gate, OwnedMutexGuard};
use tokio::task::spawn_blocking;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::answer::Refusal;
use crate::blobs::{Store, fs};
use crate::lock;
use crate::pools::Pools;
use crate::quota::{Quota, Reservation};

/// The counters of all repositories that are written to.
pub(crate) struct Usage {
    ledger: Arc<dyn Ledger>,
    quota: Arc<Quota>,
    pools: Arc<Pools>,
    repositories: Mutex<HashMap<RepositoryId, Arc<Repository>>>,
    contacts: Mutex<Contacts>,
    /// One flush at a time, so that an older value never overwrites a newer one.
    flushing: Gate<()>,
    idle_after: Duration,
}

/// So many snapshots of a repository are remembered until they are stored.
const MOST_SNAPSHOTS: usize = 100;

/// So many devices are remembered to have signed in.
const REMEMBERED: usize = 50_000;

#[derive(Default)]
struct Contacts {
    /// With the secret that they signed in with: new credentials make a new contact.
    seen: HashMap<DeviceId, Digest>,
    pending: Vec<(DeviceId, Timestamp)>,
}

/// One repository while it is written to.
#[derive(Debug)]
pub(crate) struct Repository {
    id: RepositoryId,
    device: Option<Uuid>,
    quota: Arc<Quota>,
    pool: Arc<Granted>,
    directory: PathBuf,
    /// Held while the repository is opened or closed.
    gate: Arc<Gate<()>>,
    /// For what is no single step of the file system.
    alone: Mutex<()>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    in_flight: usize,
    /// Below zero only for a moment, when a deletion is counted before the upload that it undid.
    used: i64,
    last_snapshot_at: Option<Timestamp>,
    /// Those that arrived and are not stored yet, the oldest first.
    snapshots: Vec<Snapshot>,
    /// It was counted on disk, and that is not stored yet.
    measured: bool,
    /// What the ledger is known to hold.
    stored: Option<(u64, Option<Timestamp>)>,
    idle_since: Instant,
    /// Folders with removals that the disk may not know of yet.
    unsynced: BTreeSet<String>,
    /// Nobody can tell what became of a change: all is counted before it is closed.
    is_doubtful: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Never opened by this process: the ledger knows the counter.
    Fresh,
    Open,
    /// The ledger may or may not have it closed: the counter in memory is right, but it must be opened again.
    Unsure,
    /// No longer in the table.
    Gone,
}

impl State {
    fn used(&self) -> u64 {
        u64::try_from(self.used).unwrap_or(0)
    }

    fn is_changed(&self) -> bool {
        self.stored != Some((self.used(), self.last_snapshot_at)) || !self.snapshots.is_empty()
    }
}

/// The right to change a repository; it stays open until the last of these is dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    repository: Arc<Repository>,
}

impl Permit {
    /// Counts a file that came, in bytes.
    pub(crate) fn grew(&self, bytes: u64) {
        self.replaced(0, bytes);
    }

    /// Counts a file that took another's place, in bytes.
    pub(crate) fn replaced(&self, old: u64, new: u64) {
        self.repository.count(0_i64.saturating_add_unsigned(new).saturating_sub_unsigned(old), |_| ());
    }

    /// Counts a file that went from `folder`, in bytes.
    pub(crate) fn shrank(&self, bytes: u64, folder: String) {
        self.repository.count(0_i64.saturating_sub_unsigned(bytes), |state| {
            state.unsynced.insert(folder);
        });
    }

    /// Counts a file that went from a bucket, in bytes.
    pub(crate) fn lost(&self, bytes: u64) {
        self.replaced(bytes, 0);
    }

    /// Has all counted as soon as nothing is under way.
    pub(crate) fn doubt(&self) {
        lock(&self.repository.state).is_doubtful = true;
    }

    /// Remembers when a snapshot arrived.
    pub(crate) fn snapshot(&self, at: Timestamp) {
        let mut state = lock(&self.repository.state);
        state.last_snapshot_at = state.last_snapshot_at.max(Some(at));
        // Where they can't be stored for long, the last ones will do.
        if state.snapshots.len() >= MOST_SNAPSHOTS {
            state.snapshots.remove(0);
        }
        let used_bytes = state.used();
        state.snapshots.push(Snapshot { at, used_bytes });
    }

    /// The repository's lock for what is no single step of the file system.
    pub(crate) fn alone(&self) -> &Mutex<()> {
        &self.repository.alone
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let mut state = lock(&self.repository.state);
        state.in_flight -= 1;
        state.idle_since = Instant::now();
    }
}

impl Repository {
    fn new(grant: &Grant, quota: &Arc<Quota>) -> Self {
        Self {
            id: grant.repository.clone(),
            device: grant.device.uuid(),
            quota: Arc::clone(quota),
            pool: Arc::clone(&grant.pool),
            directory: grant.directory.clone(),
            gate: Arc::default(),
            alone: Mutex::default(),
            state: Mutex::new(State {
                phase: Phase::Fresh,
                in_flight: 0,
                used: 0,
                last_snapshot_at: None,
                snapshots: Vec::new(),
                measured: false,
                stored: None,
                idle_since: Instant::now(),
                unsynced: BTreeSet::new(),
                is_doubtful: false,
            }),
        }
    }

    /// Counts what it grew by, here and where space was allotted for it.
    fn count(&self, bytes: i64, with: impl FnOnce(&mut State)) {
        self.quota.count(self.device, bytes, || {
            let mut state = lock(&self.state);
            state.used = state.used.saturating_add(bytes);
            with(&mut state);
        });
    }

    /// A permit, if the repository is open.
    fn enter(self: &Arc<Self>, state: &mut MutexGuard<'_, State>) -> Option<Permit> {
        (state.phase == Phase::Open).then(|| {
            state.in_flight += 1;
            Permit { repository: Arc::clone(self) }
        })
    }
}

/// Which repositories a flush closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Close {
    Idle,
    All,
}

/// A repository that is being closed: nobody opens it meanwhile.
struct Closing {
    repository: Arc<Repository>,
    _gate: OwnedMutexGuard<()>,
}

impl Usage {
    pub(crate) fn new(grants: Arc<Grants>, ledger: Arc<dyn Ledger>, pools: Arc<Pools>, idle_after: Duration) -> Self {
        Self {
            quota: Arc::new(Quota::new(grants, Arc::clone(&ledger))),
            ledger,
            pools,
            repositories: Mutex::default(),
            contacts: Mutex::default(),
            flushing: Gate::default(),
            idle_after,
        }
    }

    /// Remembers that a device has signed in.
    pub(crate) fn contact(&self, grant: &Grant, now: impl FnOnce() -> Timestamp) {
        let mut contacts = lock(&self.contacts);
        if contacts.seen.get(&grant.device) != Some(&grant.secret) {
            contacts.seen.insert(grant.device.clone(), grant.secret);
            contacts.pending.push((grant.device.clone(), now()));
        }
    }

    /// Asks to change a grant's repository. Waits for the ledger if the repository was idle, and for a count of the disk
    /// if a process died while it was open.
    pub(crate) async fn enter(self: &Arc<Self>, grant: &Grant) -> Result<Permit, Unavailable> {
        loop {
            let repository = {
                let mut table = lock(&self.repositories);
                Arc::clone(
                    table
                        .entry(grant.repository.clone())
                        .or_insert_with(|| Arc::new(Repository::new(grant, &self.quota))),
                )
            };
            if let Some(permit) = repository.enter(&mut lock(&repository.state)) {
                return Ok(permit);
            }
            // In a task of its own: a client that hangs up must not leave an opening half done.
            let usage = Arc::clone(self);
            let opening = tokio::spawn(async move { usage.open(&repository).await });
            if let Some(permit) = opening.await.unwrap_or(Err(Unavailable))? {
                return Ok(permit);
            }
        }
    }

    /// Opens a repository; nothing if it has left the table meanwhile.
    async fn open(&self, repository: &Arc<Repository>) -> Result<Option<Permit>, Unavailable> {
        let _gate = repository.gate.lock().await;
        let phase = {
            let mut state = lock(&repository.state);
            if let Some(permit) = repository.enter(&mut state) {
                return Ok(Some(permit));
            }
            state.phase
        };
        if phase == Phase::Gone {
            return Ok(None);
        }
        let opened = self.ledger.open(&repository.id).await?;
        let counted = match phase {
            Phase::Fresh if opened.was_open => {
                let (pool, directory) = (&repository.pool, repository.directory.clone());
                Some(self.measure(pool, directory, opened.used_bytes).await?)
            }
            _ => None,
        };
        if let Some((used, last_snapshot_at)) = counted {
            let used = i64::try_from(used).unwrap_or(i64::MAX);
            let more = used.saturating_sub_unsigned(opened.used_bytes);
            repository.count(more, |state| {
                state.used = used;
                state.last_snapshot_at = last_snapshot_at;
                state.measured = true;
            });
        }
        let mut state = lock(&repository.state);
        if counted.is_none() && phase == Phase::Fresh {
            state.used = i64::try_from(opened.used_bytes).unwrap_or(i64::MAX);
            state.stored = Some((opened.used_bytes, None));
        }
        state.phase = Phase::Open;
        Ok(repository.enter(&mut state))
    }

    /// Reserves what an upload may store, or refuses it for want of space.
    pub(crate) async fn reserve(
        &self,
        grant: &Grant,
        bytes: u64,
        beyond: u64,
        stop: &CancellationToken,
    ) -> Result<Reservation, Refusal> {
        self.quota.reserve(grant.space.as_ref(), bytes, beyond, || self.unsaved(), stop).await
    }

    /// The same again under another grant.
    pub(crate) async fn renew(&self, reservation: &mut Reservation, grant: &Grant) -> Result<(), Refusal> {
        reservation.renew(grant.space.as_ref(), || self.unsaved()).await
    }

    /// Stores whatever differs from what was stored last, and closes what is idle. Returns how many counters it stored.
    pub(crate) async fn flush(self: &Arc<Self>, close: Close) -> Result<u64, Unavailable> {
        // In a task of its own: a caller that goes away must not leave a store half done.
        let usage = Arc::clone(self);
        tokio::spawn(async move { usage.flush_now(close).await }).await.unwrap_or(Err(Unavailable))
    }

    async fn flush_now(&self, close: Close) -> Result<u64, Unavailable> {
        let _flushing = self.flushing.lock().await;
        // What can't be stored of one keeps nobody from storing the other.
        let contacts = self.flush_contacts().await;
        let repositories: Vec<_> = lock(&self.repositories).values().cloned().collect();
        let (mut readings, mut closing, mut changed) = (Vec::new(), Vec::new(), Vec::new());
        for repository in repositories {
            if let Some(gate) = self.begin_close(&repository, close) {
                let closed = Closing { repository, _gate: gate };
                if let Some(reading) = self.close(&closed.repository).await {
                    readings.push(reading);
                    closing.push(closed);
                }
                continue;
            }
            let state = lock(&repository.state);
            if state.phase == Phase::Open && state.is_changed() {
                let stored = (state.used(), state.last_snapshot_at);
                readings.push(reading(&repository, stored, false, &state));
                let snapshots = state.snapshots.len();
                drop(state);
                changed.push((repository, stored, snapshots));
            }
        }
        let stored = readings.len() as u64;
        if readings.is_empty() {
            return contacts.map(|contacts| contacts + stored);
        }
        self.ledger.store(readings).await?;
        for (repository, stored, snapshots) in changed {
            let mut state = lock(&repository.state);
            state.stored = Some(stored);
            // Others may have arrived since, and more than there is room for.
            let kept = state.snapshots.len().saturating_sub(snapshots);
            let stored = state.snapshots.len() - kept;
            state.snapshots.drain(..stored);
            state.measured = false;
        }
        for Closing { repository, .. } in &closing {
            self.forget(repository);
        }
        contacts.map(|contacts| contacts + stored)
    }

    /// What differs from what was stored last, as it is now.
    pub(crate) fn unsaved(&self) -> Vec<Reading> {
        let repositories: Vec<_> = lock(&self.repositories).values().cloned().collect();
        let mut readings = Vec::new();
        for repository in repositories {
            let state = lock(&repository.state);
            // One that has never been opened has counted nothing.
            if matches!(state.phase, Phase::Open | Phase::Unsure) && state.is_changed() {
                readings.push(reading(&repository, (state.used(), state.last_snapshot_at), false, &state));
            }
        }
        readings
    }

    /// When a device signed in of which the ledger may not know yet.
    pub(crate) fn contacted_at(&self, device: &DeviceId) -> Option<Timestamp> {
        lock(&self.contacts).pending.iter().find(|(pending, _)| pending == device).map(|(_, at)| *at)
    }

    async fn flush_contacts(&self) -> Result<u64, Unavailable> {
        let pending: Vec<DeviceId> = lock(&self.contacts).pending.iter().map(|(device, _)| device.clone()).collect();
        if pending.is_empty() {
            return Ok(0);
        }
        let stored = pending.len();
        self.ledger.first_contact(pending).await?;
        // Until here somebody may have asked for them.
        let mut contacts = lock(&self.contacts);
        contacts.pending.drain(..stored);
        if contacts.seen.len() > REMEMBERED && contacts.pending.is_empty() {
            // They are stored; who comes again is stored again, which changes nothing.
            contacts.seen = HashMap::new();
        }
        Ok(stored as u64)
    }

    /// Keeps everyone out of a repository that is to be closed, if it is idle.
    fn begin_close(&self, repository: &Arc<Repository>, close: Close) -> Option<OwnedMutexGuard<()>> {
        let gate = Arc::clone(&repository.gate).try_lock_owned().ok()?;
        let mut state = lock(&repository.state);
        let idle = close == Close::All || state.idle_since.elapsed() >= self.idle_after;
        if state.in_flight > 0 || !idle {
            return None;
        }
        if state.phase == Phase::Open {
            // Until the ledger has answered. Whoever comes meanwhile waits at the gate.
            state.phase = Phase::Unsure;
        }
        Some(gate)
    }

    /// The last reading of a repository that `begin_close` holds; nothing if it need not or cannot be closed.
    async fn close(&self, repository: &Arc<Repository>) -> Option<Reading> {
        if lock(&repository.state).is_doubtful {
            self.count_anew(repository).await.ok()?;
        }
        let (phase, folders, last) = {
            let mut state = lock(&repository.state);
            let last = reading(repository, (state.used(), state.last_snapshot_at), true, &state);
            (state.phase, std::mem::take(&mut state.unsynced), last)
        };
        match phase {
            Phase::Fresh => {
                // It could not be opened.
                self.forget(repository);
                return None;
            }
            Phase::Gone => return None,
            Phase::Open | Phase::Unsure => {}
        }
        if !folders.is_empty() {
            let directory = repository.directory.clone();
            let (folders, synced) = spawn_blocking(move || {
                let synced = fs::sync_folders(&directory, &folders);
                (folders, synced)
            })
            .await
            .ok()?;
            if let Err(error) = synced {
                tracing::error!(%error, repository = %repository.id, "removals could not be made durable");
                lock(&repository.state).unsynced.extend(folders);
                return None;
            }
        }
        Some(last)
    }

    /// Counts all of a repository that `begin_close` holds.
    async fn count_anew(&self, repository: &Repository) -> Result<(), Unavailable> {
        let (known, raw) = {
            let state = lock(&repository.state);
            (state.used(), state.used)
        };
        let (used, last_snapshot_at) = self.measure(&repository.pool, repository.directory.clone(), known).await?;
        // It may have been counted below nothing.
        let more = i64::try_from(used).unwrap_or(i64::MAX).saturating_sub(raw);
        repository.count(more, |state| {
            state.last_snapshot_at = state.last_snapshot_at.max(last_snapshot_at);
            state.measured = true;
            state.is_doubtful = false;
        });
        Ok(())
    }

    fn forget(&self, repository: &Repository) {
        lock(&self.repositories).remove(&repository.id);
        lock(&repository.state).phase = Phase::Gone;
    }

    /// Whether a repository holds something, as far as anybody knows, or has held a backup.
    pub(crate) async fn is_used(&self, repository: &RepositoryId) -> Result<bool, Unavailable> {
        let open = lock(&self.repositories).get(repository).cloned();
        if open.is_some_and(|open| lock(&open.state).used > 0) {
            return Ok(true);
        }
        let known = self.ledger.known(repository).await?;
        Ok(known.used_bytes > 0 || known.had_backups)
    }

    /// How many changes are under way.
    pub(crate) fn in_flight(&self) -> usize {
        let repositories: Vec<_> = lock(&self.repositories).values().cloned().collect();
        repositories.iter().map(|repository| lock(&repository.state).in_flight).sum()
    }

    /// Counts what a process that died had left open in pools that are there. Returns how many repositories that were.
    pub(crate) async fn recover(&self) -> Result<usize, Unavailable> {
        let mut readings = Vec::new();
        for open in self.ledger.left_open().await? {
            if self.pools.find(&open.pool).await.here().is_err() {
                continue;
            }
            // One that can't be counted stays open and refuses uploads until it can; the others go on.
            let measured = self.measure(&open.pool, open.directory, open.used_bytes).await;
            let Ok((used_bytes, last_snapshot_at)) = measured else { continue };
            readings.push(Reading {
                repository: open.repository,
                used_bytes,
                last_snapshot_at,
                snapshots: Vec::new(),
                closed: true,
                measured: true,
            });
        }
        let recovered = readings.len();
        if !readings.is_empty() {
            self.ledger.store(readings).await?;
        }
        Ok(recovered)
    }

    /// Counts a repository where it lies: its bytes, and when its newest snapshot was written. A disk that can't be read is
    /// as good as a ledger that can't be reached, and so is one that isn't there: what had `known_bytes` doesn't just vanish.
    async fn measure(
        &self,
        pool: &Arc<Granted>,
        directory: PathBuf,
        known_bytes: u64,
    ) -> Result<(u64, Option<Timestamp>), Unavailable> {
        let path = directory.clone();
        let measured = match self.pools.current(pool).await.here() {
            Ok(Store::Bucket(bucket)) => match bucket.count(&path).await {
                Ok((0, _)) if known_bytes > 0 => Err(std::io::ErrorKind::NotFound.into()),
                counted => counted,
            },
            // A directory says by itself when it isn't there.
            _ if pool.bucket.is_none() => spawn_blocking(move || {
                if known_bytes > 0 {
                    fs::open_folder(&path, "")?;
                }
                crate::count(&path)
            })
            .await
            .map_err(std::io::Error::other)
            .flatten(),
            _ => Err(std::io::Error::other("its storage pool is away")),
        };
        measured.map_err(|error| {
            tracing::error!(%error, directory = %directory.display(), "a repository could not be counted");
            Unavailable
        })
    }
}

fn reading(
    repository: &Repository,
    (used_bytes, last_snapshot_at): (u64, Option<Timestamp>),
    closed: bool,
    state: &State,
) -> Reading {
    let (snapshots, measured) = (state.snapshots.clone(), state.measured);
    Reading { repository: repository.id.clone(), used_bytes, last_snapshot_at, snapshots, closed, measured }
}

impl std::fmt::Debug for Usage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Usage").finish_non_exhaustive()
    }
}
