//! What every slice of the control plane stands on: who asks ([`credentials`], [`authn`], [`authz`]), what a command has in
//! its hands ([`cx`]), what it tells ([`change`]), how it speaks ([`http`]), lists, texts, kept answers and versions. It
//! knows the tree of customers and none of the things that hang on it.

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod attempts;
pub mod authn;
pub mod authz;
pub mod background;
pub mod browser;
pub mod change;
pub mod clock;
pub mod credentials;
pub mod cx;
pub mod export;
pub mod filter;
pub mod http;
pub mod idempotency;
pub mod limits;
pub mod lineage;
pub mod list;
pub mod live;
pub mod measure;
mod origin;
pub mod overlay;
pub mod seal;
pub mod text;
pub mod totals;
pub mod turns;
pub mod version;

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::ops::Deref;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use api::Error;
use api::grant::{Grant, Grants, Meter, Pool, PoolState, Reading, Run};
use api::id::{DeviceId, RepositoryId};
use db::Database;
use jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::timeout;

use crate::attempts::Attempts;
use crate::authn::Passwords;
use crate::change::Written;
use crate::clock::{Clock, Random};
use crate::credentials::Seen;
use crate::http::bodies::Bodies;
use crate::live::Live;
use crate::turns::Turns;

/// How long a command waits until the gateway knows of it.
const FOLLOWED_WITHIN: Duration = Duration::from_secs(1);

/// So many lists with a filter are read at a time.
const SEARCHES: usize = 2;

/// So many lists are written out whole at a time.
const EXPORTS: usize = 2;

/// What the operator decides.
#[derive(Clone, Debug)]
pub struct Config {
    /// How clients reach this server, without a trailing slash: `https://backup.example.com`.
    pub public_url: String,
    /// Below it lie the pools with a relative directory. Absolute.
    pub data: PathBuf,
    /// What this process is called among those of one database, the same after each start.
    pub node: String,
    /// Days for which a deleted customer can be restored.
    pub deletion_hold_days: u16,
    /// Whether providers of sign-ins may stand in networks of our own.
    pub local_issuers: bool,
    /// Whether webhooks may lead into networks of our own.
    pub local_webhooks: bool,
}

/// Everything that commands share. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Shared>);

/// See [`App`].
#[expect(missing_debug_implementations, reason = "seen through App only")]
pub struct Shared {
    pub db: Database,
    pub clock: Clock,
    pub random: Random,
    pub config: Config,
    pub passwords: Passwords,
    pub attempts: Attempts,
    /// When sessions were last used, as far as that is not stored yet.
    pub seen: Seen,
    pub bodies: Bodies,
    /// For reading what may look at every row: so many at a time leave the other connections to everybody else.
    pub searches: Turns<()>,
    /// The same for lists that are written out whole.
    pub exports: Turns<()>,
    /// What the gateway admits by.
    pub grants: Arc<Grants>,
    /// The number of the newest change that this process has committed.
    pub committed: watch::Sender<i64>,
    /// Changes up to this number are among the grants; `None` while nobody follows.
    pub followed: watch::Sender<Option<i64>>,
    /// Held by whoever reads rows and puts them among the grants.
    pub following: tokio::sync::Mutex<()>,
    /// Those who watch what happens.
    pub live: Live,
    meter: OnceLock<Arc<dyn Meter>>,
    own: Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>,
}

impl Deref for App {
    type Target = Shared;

    fn deref(&self) -> &Shared {
        &self.0
    }
}

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("App").field("config", &self.config).finish_non_exhaustive()
    }
}

impl App {
    pub fn new(db: Database, clock: Clock, config: Config) -> Result<Self, Error> {
        let random = Random;
        Ok(Self(Arc::new(Shared {
            db,
            clock,
            random,
            config,
            passwords: Passwords::new(random)?,
            attempts: Attempts::default(),
            seen: Seen::default(),
            bodies: Bodies::default(),
            searches: Turns::new(SEARCHES),
            exports: Turns::new(EXPORTS),
            grants: Arc::new(Grants::default()),
            committed: watch::Sender::new(0),
            followed: watch::Sender::new(None),
            following: tokio::sync::Mutex::default(),
            live: Live::default(),
            meter: OnceLock::new(),
            own: Mutex::default(),
        })))
    }

    /// Connects the gateway, whose counters are added to what is stored when totals are read. Once; a second call changes nothing.
    pub fn connect_meter(&self, meter: Arc<dyn Meter>) {
        let _ = self.meter.set(meter);
    }

    /// What a slice keeps in memory and nobody else knows, made when it is first asked for.
    pub fn own<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut own = self.own.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = own.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default()));
        // It is kept by its type, so it has it.
        Arc::clone(kept).downcast().unwrap_or_default()
    }

    /// How long a device's bytes that are read may not pass for the moment, by how fast its restores may be.
    pub fn wait_to_send(&self, grant: &Grant) -> Option<Duration> {
        self.meter.get()?.wait_to_send(grant)
    }

    /// These have passed.
    pub fn has_sent(&self, grant: &Grant, bytes: u64) {
        if let Some(meter) = self.meter.get() {
            meter.has_sent(grant, bytes);
        }
    }

    /// Tells whoever follows the change log of a commit. Waits until the gateway admits by it, if it concerns the gateway:
    /// a device uses its new credentials at once, and clients take a 401 for final. Not for long, since the change log is
    /// followed in any case.
    pub(crate) async fn tell(&self, written: Written) {
        self.committed.send_if_modified(|newest| {
            let is_newer = written.number > *newest;
            *newest = written.number.max(*newest);
            is_newer
        });
        if written.reaches_grants {
            let mut followed = self.followed.subscribe();
            let is_known = |seen: &Option<i64>| seen.is_none_or(|seen| seen >= written.number);
            if timeout(FOLLOWED_WITHIN, followed.wait_for(is_known)).await.is_err() {
                tracing::warn!(number = written.number, "a change was answered before the gateway knew of it");
            }
        }
    }

    /// What the gateway has counted and not stored yet. Without a gateway nothing.
    pub fn unsaved(&self) -> Vec<Reading> {
        self.meter.get().map(|meter| meter.unsaved()).unwrap_or_default()
    }

    /// Stores what the gateway has counted. Returns how many counters that were.
    pub async fn store_counters(&self) -> Result<u64, Error> {
        let Some(meter) = self.meter.get() else { return Ok(0) };
        let unstored = || Error::new(api::Code::Unavailable, "The counters cannot be stored for the moment.");
        meter.store().await.map_err(|_| unstored())
    }

    /// Whether room was made on a full disk, so that trying once more may help.
    pub(crate) fn make_room(&self) -> bool {
        self.meter.get().is_some_and(|meter| meter.make_room())
    }

    /// What is wrong with the storage right now, each in a sentence.
    pub fn troubles(&self) -> Vec<String> {
        self.meter.get().map(|meter| meter.troubles()).unwrap_or_default()
    }

    /// How a storage pool does.
    pub async fn pool_state(&self, pool: &Arc<Pool>) -> PoolState {
        match self.meter.get() {
            Some(meter) => meter.state(pool).await,
            None => PoolState::Away("nobody looks after it".to_owned()),
        }
    }

    /// Tries a storage pool in a bucket, and makes one of the place if `is_new`; says why not where that can't be.
    pub async fn mark_pool(&self, pool: &Pool, is_new: bool) -> Result<(), String> {
        match self.meter.get() {
            Some(meter) => meter.mark(pool, is_new).await,
            None => Err("Nobody looks after storage pools here.".to_owned()),
        }
    }

    /// Removes all of a repository in a bucket. `false`: its pool is away.
    pub async fn remove_repository(&self, pool: &Arc<Pool>, repository: &RepositoryId) -> std::io::Result<bool> {
        match self.meter.get() {
            Some(meter) => meter.remove_repository(pool, repository).await,
            None => Ok(false),
        }
    }

    /// What a device is about right now, as far as this process sees it.
    pub fn running(&self, device: &DeviceId) -> Option<Run> {
        self.meter.get()?.running(device)
    }

    /// When a device signed in for the first time, as far as the gateway knows and has not stored yet.
    pub fn contacted_at(&self, device: &DeviceId) -> Option<Timestamp> {
        self.meter.get()?.contacted_at(device)
    }
}
