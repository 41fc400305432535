//! The pools: whether each is there, known by its marker, and whether it has room. A pool that is away refuses; it is
//! never taken for an empty one.

use std::collections::HashMap;
use std::fs::File as Open;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use api::Code;
use api::grant::{Pool as Granted, PoolState};
use api::id::StoragePoolId;
use api::pool::{MARKER, marked};
use rustix::fs::{CWD, Mode, OFlags, fstat, fstatvfs, openat};
use rustix::io::Errno;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use crate::answer::Refusal;
use crate::blobs::Store;
use crate::blobs::ballast::Ballast;
use crate::blobs::bucket::Bucket;
use crate::blobs::fs::Pool;
use crate::lock;

/// A pool that hasn't answered by then is as good as away.
const ANSWERS_WITHIN: Duration = Duration::from_secs(5);

/// A bucket that is there is asked no more often: each question costs.
const ASKED_EVERY: Duration = Duration::from_secs(10);

/// A marker is a few lines.
const LONGEST_MARKER: u64 = 4096;

/// All pools that were asked for.
#[derive(Debug)]
pub(crate) struct Pools {
    /// Bytes that backups leave free.
    keep_free: u64,
    places: RwLock<HashMap<StoragePoolId, Arc<Place>>>,
    /// What is set aside for the database.
    spare: Option<Arc<Ballast>>,
    is_spare_needed: AtomicBool,
}

/// One pool.
#[derive(Debug)]
pub(crate) struct Place {
    known: Arc<Granted>,
    /// Where it is one, or why it can't be asked.
    bucket: Option<Result<Arc<Bucket>, String>>,
    keep_free: u64,
    ballast: Ballast,
    /// What is set aside for the database, which may lie on the same disk: the last resort.
    spare: Option<Arc<Ballast>>,
    state: Mutex<State>,
    /// In bytes, as of the last look.
    free: AtomicU64,
    /// Somebody looks, or hangs while looking.
    is_looking: AtomicBool,
    /// What a process that died has left was removed.
    is_wiped: AtomicBool,
    /// Was full at the last look: said once, not every second.
    is_full: AtomicBool,
    /// When a bucket answered last.
    answered: Mutex<Option<Instant>>,
}

#[derive(Debug)]
enum State {
    Unseen,
    Here {
        store: Store,
        /// Of a bucket nothing.
        directory: Option<Identity>,
    },
    /// With the reason.
    Away(String),
}

/// A directory as the kernel knows it: device and inode. On another file system it is another one.
type Identity = (u64, u64);

impl Pools {
    pub(crate) fn new(keep_free: u64, data: Option<&Path>) -> Self {
        let spare = data.map(|data| Arc::new(Ballast::of(data, keep_free)));
        Self { keep_free, places: RwLock::default(), spare, is_spare_needed: AtomicBool::new(false) }
    }

    /// Finds a pool, and looks for it if this is the first time.
    pub(crate) async fn find(&self, known: &Arc<Granted>) -> Arc<Place> {
        let found = self.places.read().unwrap_or_else(PoisonError::into_inner).get(&known.id).cloned();
        if let Some(place) = found.filter(|place| place.known == *known) {
            return place;
        }
        let place = Arc::new(Place::new(Arc::clone(known), self.keep_free, self.spare.clone()));
        place.look().await;
        let mut places = self.places.write().unwrap_or_else(PoisonError::into_inner);
        // Somebody else may have been quicker.
        let kept = places.entry(known.id.clone()).or_insert_with(|| Arc::clone(&place));
        if kept.known != *known {
            *kept = place;
        }
        Arc::clone(kept)
    }

    /// The same as it is known by now: whoever has had it open for long may know a key that was replaced.
    pub(crate) async fn current(&self, known: &Arc<Granted>) -> Arc<Place> {
        let found = self.places.read().unwrap_or_else(PoisonError::into_inner).get(&known.id).cloned();
        match found {
            Some(place) => place,
            None => self.find(known).await,
        }
    }

    fn all(&self) -> Vec<Arc<Place>> {
        self.places.read().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Looks at all of them again.
    pub(crate) async fn look(&self) {
        for place in self.all() {
            place.look().await;
        }
        let Some(spare) = self.spare.clone() else { return };
        let keep_free = self.keep_free;
        let taken = spawn_blocking(move || spare.take_on_beside(keep_free)).await.map_err(io::Error::other).flatten();
        match taken {
            Ok(is_taken) => {
                if is_taken && self.is_spare_needed.swap(false, Ordering::Relaxed) {
                    tracing::info!("the database's disk has room again");
                }
            }
            Err(error) => tracing::warn!(%error, "no space could be set aside for the database"),
        }
    }

    /// Gives up what is set aside, for the database; false if nothing is. Blocks for a moment.
    pub(crate) fn make_room(&self) -> bool {
        if !self.is_spare_needed.swap(true, Ordering::Relaxed) {
            tracing::error!("the database's disk is full: only what makes room or stops something can be stored");
        }
        // The pools' too: they may lie on the same disk, and what the database can't tell is more than they lose.
        let spare = self.spare.as_ref().is_some_and(|spare| spare.give_up());
        spare || self.all().iter().any(|place| place.give_up_ballast())
    }

    /// Whether the database has had no room since it was last looked at.
    pub(crate) fn is_database_full(&self) -> bool {
        self.is_spare_needed.load(Ordering::Relaxed)
    }

    /// What is wrong with them, in words for the operator.
    pub(crate) fn troubles(&self) -> Vec<String> {
        let mut troubles: Vec<String> = self.all().iter().filter_map(|place| place.trouble()).collect();
        troubles.sort();
        if self.is_spare_needed.load(Ordering::Relaxed) {
            troubles.push("The disk is full that holds the database.".to_owned());
        }
        troubles
    }
}

impl Place {
    fn new(known: Arc<Granted>, keep_free: u64, spare: Option<Arc<Ballast>>) -> Self {
        let bucket = known.bucket.as_ref().map(|bucket| Bucket::new(bucket, &known.directory).map(Arc::new));
        // Nobody knows how much room a bucket has.
        let keep_free = if bucket.is_some() { 0 } else { keep_free };
        Self {
            keep_free,
            spare,
            ballast: Ballast::of(&known.directory, keep_free),
            bucket,
            known,
            state: Mutex::new(State::Unseen),
            free: AtomicU64::new(u64::MAX),
            is_looking: AtomicBool::new(false),
            is_wiped: AtomicBool::new(false),
            is_full: AtomicBool::new(false),
            answered: Mutex::default(),
        }
    }

    /// The pool, if it is there.
    pub(crate) fn here(&self) -> Result<Store, Refusal> {
        match &*lock(&self.state) {
            State::Here { store, .. } => Ok(store.clone()),
            State::Unseen | State::Away(_) => Err(Refusal::away()),
        }
    }

    /// As people are shown it.
    pub(crate) fn state(&self) -> PoolState {
        match &*lock(&self.state) {
            State::Here { .. } => {
                let free = self.free.load(Ordering::Relaxed);
                PoolState::Here { free_bytes: (free < u64::MAX).then_some(free), has_room: self.has_room() }
            }
            State::Away(why) => PoolState::Away(why.clone()),
            State::Unseen => PoolState::Away("it was not looked at yet".to_owned()),
        }
    }

    /// Whether backups may still come, as of the last look.
    pub(crate) fn has_room(&self) -> bool {
        self.free.load(Ordering::Relaxed) >= self.keep_free
    }

    /// Gives up what was set aside for a disk that is full to the last byte; false if nothing is. Blocks.
    pub(crate) fn give_up_ballast(&self) -> bool {
        let given = self.bucket.is_none()
            && self.here().is_ok()
            && (self.ballast.give_up() || self.spare.as_ref().is_some_and(|spare| spare.give_up()));
        if given {
            tracing::warn!(pool = %self.known.id, "the space that was set aside for a full disk is in use now");
        }
        given
    }

    fn trouble(&self) -> Option<String> {
        let id = &self.known.id;
        match &*lock(&self.state) {
            State::Away(_) => Some(format!("The storage pool {id} is away.")),
            State::Here { .. } if !self.has_room() => {
                Some(format!("The disk is full that holds the storage pool {id}."))
            }
            State::Unseen | State::Here { .. } => None,
        }
    }

    /// Looks whether the pool is there and how much room it has. A look that hangs is left to itself, and the pool is
    /// away until it comes to an end.
    pub(crate) async fn look(self: &Arc<Self>) {
        if let Some(bucket) = &self.bucket {
            let is_recent = |at: Instant| at.elapsed() < ASKED_EVERY;
            if !lock(&self.answered).is_some_and(is_recent) {
                self.ask(bucket).await;
            }
            return;
        }
        if self.is_looking.swap(true, Ordering::AcqRel) {
            return;
        }
        let place = Arc::clone(self);
        let looking = spawn_blocking(move || {
            place.look_now();
            place.is_looking.store(false, Ordering::Release);
        });
        if timeout(ANSWERS_WITHIN, looking).await.is_err() {
            self.found(State::Away("its disk doesn't answer".to_owned()));
        }
    }

    /// Asks the bucket for the pool's marker, however short ago that was.
    pub(crate) async fn ask(&self, bucket: &Result<Arc<Bucket>, String>) {
        let looked = match bucket {
            Ok(bucket) => match timeout(ANSWERS_WITHIN, bucket.look(&self.known.id)).await {
                Ok(looked) => looked.map(|()| Store::Bucket(Arc::clone(bucket))),
                Err(_) => Err("its bucket doesn't answer".to_owned()),
            },
            Err(why) => Err(why.clone()),
        };
        *lock(&self.answered) = looked.is_ok().then(Instant::now);
        self.found(match looked {
            Ok(store) => State::Here { store, directory: None },
            Err(why) => State::Away(why),
        });
    }

    /// Looks at a bucket again where something failed.
    pub(crate) async fn doubt(&self) {
        if let Some(bucket) = &self.bucket {
            self.ask(bucket).await;
        }
    }

    /// Looks at a directory on this thread; blocks.
    pub(crate) fn look_now(&self) {
        match open_marked(&self.known) {
            Ok((root, directory)) => {
                self.free.store(free(&root), Ordering::Relaxed);
                let is_same =
                    matches!(&*lock(&self.state), State::Here { directory: before, .. } if *before == Some(directory));
                if !is_same {
                    self.found(match self.open(root) {
                        Ok(pool) => State::Here { store: Store::Local(Arc::new(pool)), directory: Some(directory) },
                        Err(error) => State::Away(format!("it can't be used ({error})")),
                    });
                }
                self.weigh();
            }
            Err(why) => self.found(State::Away(why)),
        }
    }

    fn open(&self, root: OwnedFd) -> io::Result<Pool> {
        let pool = Pool::open(root)?;
        if !self.is_wiped.swap(true, Ordering::Relaxed) {
            let wiped = pool.wipe()?;
            if wiped > 0 {
                tracing::info!(wiped, pool = %self.known.id, "removed uploads of a process that died");
            }
        }
        Ok(pool)
    }

    /// Tells once when the room is gone or back, and sets some aside while there is any.
    fn weigh(&self) {
        let (pool, has_room) = (&self.known.id, self.has_room());
        match (self.is_full.swap(!has_room, Ordering::Relaxed), has_room) {
            (false, false) => {
                let free = self.free.load(Ordering::Relaxed);
                tracing::error!(%pool, free, "the disk is full: backups are refused, restores and deletions go on");
            }
            (true, true) => tracing::info!(%pool, "the disk has room again"),
            _ => {}
        }
        if has_room && let Err(error) = self.ballast.take_on() {
            tracing::warn!(%pool, %error, "no space could be set aside for a full disk");
        }
    }

    fn found(&self, found: State) {
        let (pool, directory) = (&self.known.id, self.known.directory.display());
        let mut state = lock(&self.state);
        match (&*state, &found) {
            (State::Away(before), State::Away(now)) if before == now => {}
            (_, State::Away(why)) => {
                tracing::error!(%pool, %directory, "the storage pool is away: {why}; nothing is served from it");
            }
            (State::Away(_), State::Here { .. }) => tracing::info!(%pool, %directory, "the storage pool is back"),
            _ => {}
        }
        *state = found;
    }
}

/// Opens a pool's directory if it has the pool's marker; else says why not.
fn open_marked(known: &Granted) -> Result<(OwnedFd, Identity), String> {
    let folder = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let root = openat(CWD, &known.directory, folder, Mode::empty()).map_err(|error| match error {
        Errno::NOENT => "there is no such directory".to_owned(),
        error => format!("its directory can't be opened ({})", io::Error::from(error)),
    })?;
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW | OFlags::NONBLOCK;
    let marker = match openat(&root, MARKER, flags, Mode::empty()) {
        Ok(marker) => marker,
        Err(Errno::NOENT) => return Err(format!("its directory has no {MARKER}, as if it weren't mounted")),
        Err(error) => return Err(format!("its marker can't be opened ({})", io::Error::from(error))),
    };
    let mut text = String::new();
    let read = Open::from(marker).take(LONGEST_MARKER).read_to_string(&mut text);
    read.map_err(|error| format!("its marker can't be read ({error})"))?;
    match marked(&text) {
        Some(id) if id == known.id => {}
        Some(other) => return Err(format!("its directory has the marker of {other}")),
        None => return Err("its marker is empty".to_owned()),
    }
    let stat = fstat(&root).map_err(|error| format!("it can't be read ({})", io::Error::from(error)))?;
    Ok((root, (stat.st_dev, stat.st_ino)))
}

/// Bytes that we may still write.
fn free(root: &OwnedFd) -> u64 {
    fstatvfs(root).map_or(u64::MAX, |stat| stat.f_bavail.saturating_mul(stat.f_frsize))
}

impl Refusal {
    /// The pool, or the repository in it, is not there.
    pub(crate) fn away() -> Self {
        Self::new(Code::StorageAway, "The storage of these backups is away; ask the provider to bring it back")
    }

    /// Only what makes room may come.
    pub(crate) fn full() -> Self {
        Self::new(Code::StorageFull, "The storage is full: restore and prune work, backups wait for room")
    }

    /// A store elsewhere has not answered.
    pub(crate) fn unanswered() -> Self {
        Self::passing("The storage did not answer, try again")
    }

    pub(crate) fn no_ledger() -> Self {
        Self::passing("The server cannot reach its database, try again")
    }
}
