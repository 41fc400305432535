//! The data plane: the restic REST protocol over pools, which are directories or lie in buckets. It admits by the grant table, keeps the counters of used
//! bytes, and knows no SQL: what needs a database is asked for through [`api::grant::Ledger`].
//!
//! - [`protocol`]: paths, verbs, media types (pure)
//! - `admission`: who, which repository, may it
//! - `handler`: one function per verb; `upload`: the long one
//! - `hop`, `lane`: where work that waits for the disk is done
//! - `wire`: a connection, and how it ends
//! - `pools`: whether each is there, and has room
//! - `runs`: jobs, recognised from what clients do
//! - `throttle`: how fast bytes may pass
//! - `trail`: what was refused, until it is stored
//! - `usage`: counters, and when they are stored; `quota`: whether there is space for what comes
//! - `blobs`: where bytes lie
//! - `answer`: headers, bodies, refusals

#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

mod admission;
mod answer;
mod blobs;
mod handler;
mod hop;
mod lane;
mod pools;
pub mod protocol;
mod quota;
mod runs;
mod throttle;
mod trail;
mod turn;
mod upload;
mod usage;
mod wire;

use std::io;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::grant::{Grant, Grants, Ledger, Meter, Pool, PoolState, Reading, Run, Unavailable};
use api::id::{DeviceId, RepositoryId};
use futures_util::future::BoxFuture;
use http::HeaderMap;
use jiff::Timestamp;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};
use tokio_util::sync::CancellationToken;

pub use answer::GatewayBody;
use answer::Refusal;
use blobs::Store;
use blobs::bucket::Bucket;
use blobs::buffers::{Buffers, READ_AT_ONCE, WRITTEN_AT_ONCE};
use pools::Pools;
use runs::Runs;
use throttle::{Direction, Throttles};
use trail::Refusals;
use turn::Turns;
use usage::{Close, Usage};
pub use wire::{Line, Wire};

/// How often pools and buffers are looked after.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often a process that shuts down looks whether uploads have ended.
const DRAIN_POLL: Duration = Duration::from_millis(10);

/// What hyper should buffer of a connection, in bytes, as `max_buf_size`: more makes nothing faster, and a hundred
/// connections larger.
pub const CONNECTION_BUFFER: usize = 64 * 1024;

/// The present, for what is stored.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// The client of a request with these headers that came over a connection from this address, which may be a proxy's.
pub type ClientOf = Arc<dyn Fn(IpAddr, &HeaderMap) -> IpAddr + Send + Sync>;

/// What the gateway needs to know beside its grants.
pub struct Options {
    pub clock: Clock,
    pub client_of: ClientOf,
    /// Bytes of each pool's file system that backups leave free.
    pub keep_free: u64,
    /// Where space is set aside for the database, which may lie on another file system than the pools.
    pub data: Option<PathBuf>,
    /// A repository is closed when nothing has changed in it for so long.
    pub idle_after: Duration,
    /// A transfer in either direction is given up when its client has moved fewer than `least_progress` bytes in so
    /// long.
    pub stall_after: Duration,
    /// In bytes. More than a trickle that only keeps a connection, less than any line that backups are made over.
    pub least_progress: u64,
    /// How long uploads may go on after the shutdown has begun.
    pub grace: Duration,
}

impl Options {
    pub fn new(clock: Clock, keep_free: u64) -> Self {
        Self {
            clock,
            client_of: Arc::new(|peer, _| peer),
            keep_free,
            data: None,
            idle_after: Duration::from_mins(1),
            stall_after: Duration::from_secs(30),
            least_progress: 4096,
            grace: Duration::from_secs(5),
        }
    }
}

impl std::fmt::Debug for Options {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Options").field("keep_free", &self.keep_free).finish_non_exhaustive()
    }
}

/// What a request is called in the log, and from where its connection comes; an extension of the request.
#[derive(Clone, Debug)]
pub struct RequestId(pub String, pub IpAddr);

/// The data plane of one process.
pub struct Gateway {
    grants: Arc<Grants>,
    options: Options,
    pools: Arc<Pools>,
    /// For uploads.
    writing: Arc<Buffers>,
    receiving: Turns,
    reading: Arc<Buffers>,
    throttles: Arc<Throttles>,
    usage: Arc<Usage>,
    refusals: Refusals,
    runs: Arc<Runs>,
    ledger: Arc<dyn Ledger>,
    /// Nothing new may change anything.
    draining: CancellationToken,
    /// Running uploads end.
    cut: CancellationToken,
    numbered: AtomicU64,
}

impl Gateway {
    /// [`recover`](Self::recover) must run before the first request.
    pub fn new(grants: Arc<Grants>, ledger: Arc<dyn Ledger>, options: Options) -> Arc<Self> {
        let runs = Arc::new(Runs::new(Arc::clone(&options.clock)));
        let pools = Arc::new(Pools::new(options.keep_free, options.data.as_deref()));
        let usage = Usage::new(Arc::clone(&grants), Arc::clone(&ledger), Arc::clone(&pools), options.idle_after);
        Arc::new(Self {
            grants,
            pools,
            throttles: Arc::new(Throttles::new(Arc::clone(&options.clock))),
            options,
            writing: Arc::new(Buffers::new(WRITTEN_AT_ONCE)),
            receiving: Turns::new(),
            reading: Arc::new(Buffers::new(READ_AT_ONCE)),
            usage: Arc::new(usage),
            refusals: Refusals::default(),
            runs,
            ledger,
            draining: CancellationToken::new(),
            cut: CancellationToken::new(),
            numbered: AtomicU64::new(0),
        })
    }

    /// Looks for these pools, and clears up after a process that died: removes its unfinished uploads and counts the
    /// repositories that it had left open. What lies in a pool that is away is counted when it is written to again.
    pub async fn recover(&self, pools: Vec<Arc<Pool>>) {
        for pool in pools {
            self.pools.find(&pool).await;
        }
        // On a full disk, say: what was left open stays so, and is counted before it is written to or at the next start.
        let Ok(recounted) = self.usage.recover().await else {
            tracing::error!("what a process that died had left open could not be counted and stored");
            return;
        };
        if recounted > 0 {
            tracing::info!(recounted, "counted what a process that died had left open");
        }
    }

    /// Looks after pools and buffers until `shutdown`, then [drains](Self::drain). Whoever runs it also calls
    /// [`store`](Meter::store) again and again.
    pub async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let mut ticks = interval(LOOK_EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while shutdown.run_until_cancelled(ticks.tick()).await.is_some() {
            self.look_after_pools().await;
            self.writing.trim();
            self.reading.trim();
            self.throttles.trim();
        }
        self.drain().await;
    }

    /// Looks whether the pools are there and have room.
    pub async fn look_after_pools(&self) {
        self.pools.look().await;
    }

    /// Stores every counter that differs from what was stored last, and what was refused since.
    pub async fn flush(&self) -> Result<(), Unavailable> {
        self.flush_all(Close::Idle).await.map(drop)
    }

    async fn flush_all(&self, close: Close) -> Result<u64, Unavailable> {
        // What can't be stored of one keeps nobody from storing the other.
        let refusals = self.refusals.flush(&self.grants, &self.ledger).await;
        let runs = self.runs.flush(&self.ledger, matches!(close, Close::All)).await;
        let counters = self.usage.flush(close).await?;
        Ok(counters + refusals? + runs?)
    }

    /// Ends: nothing new may change anything, running uploads get the grace that the options allow and are then cut, all
    /// counters are stored and all repositories closed.
    pub async fn drain(self: &Arc<Self>) {
        self.draining.cancel();
        if !self.quiet_within(self.options.grace).await {
            self.cut.cancel();
            // What is on its way to the disk by now takes as long as the disk does.
            if !self.quiet_within(Duration::from_secs(30)).await {
                tracing::warn!("uploads are still being written; their repositories are counted at the next start");
            }
        }
        if self.flush_all(Close::All).await.is_err() {
            tracing::warn!("the last counters could not be stored; what was open is counted at the next start");
        }
    }

    async fn quiet_within(&self, limit: Duration) -> bool {
        let end = Instant::now() + limit;
        while self.usage.in_flight() > 0 {
            if Instant::now() >= end {
                return false;
            }
            sleep(DRAIN_POLL).await;
        }
        true
    }

    /// Clients that are at work, and uploads that are being received or written.
    pub fn at_work(&self) -> (usize, usize) {
        (self.runs.count(), self.usage.in_flight())
    }

    /// A name for a request that came without one.
    fn number(&self) -> String {
        format!("gateway-{}", self.numbered.fetch_add(1, Ordering::Relaxed) + 1)
    }
}

impl Meter for Gateway {
    fn unsaved(&self) -> Vec<Reading> {
        self.usage.unsaved()
    }

    fn store(&self) -> BoxFuture<'_, Result<u64, Unavailable>> {
        Box::pin(self.flush_all(Close::Idle))
    }

    fn contacted_at(&self, device: &DeviceId) -> Option<Timestamp> {
        self.usage.contacted_at(device)
    }

    fn running(&self, device: &DeviceId) -> Option<Run> {
        self.runs.of(device)
    }

    fn make_room(&self) -> bool {
        self.pools.make_room()
    }

    fn troubles(&self) -> Vec<String> {
        self.pools.troubles()
    }

    fn state<'a>(&'a self, pool: &'a Arc<Pool>) -> BoxFuture<'a, PoolState> {
        Box::pin(async move { self.pools.find(pool).await.state() })
    }

    fn mark<'a>(&'a self, pool: &'a Pool, is_new: bool) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let Some(bucket) = &pool.bucket else { return Err("It is no bucket.".to_owned()) };
            let bucket = Bucket::new(bucket, &pool.directory)?;
            if is_new { bucket.mark(&pool.id).await } else { bucket.look(&pool.id).await }
        })
    }

    fn remove_repository<'a>(
        &'a self,
        pool: &'a Arc<Pool>,
        repository: &'a RepositoryId,
    ) -> BoxFuture<'a, io::Result<bool>> {
        Box::pin(async move {
            let Ok(Store::Bucket(bucket)) = self.pools.find(pool).await.here() else { return Ok(false) };
            bucket.clear(&pool.directory.join(repository.as_str())).await?;
            Ok(true)
        })
    }

    fn wait_to_send(&self, grant: &Grant) -> Option<Duration> {
        self.throttles.wait(grant, Direction::Down)
    }

    fn has_sent(&self, grant: &Grant, bytes: u64) {
        self.throttles.pay(grant, Direction::Down, bytes);
    }
}

impl std::fmt::Debug for Gateway {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Gateway").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Refusal {
    pub(crate) fn restarting() -> Self {
        Self::passing("The server is restarting, try again")
    }
}

/// Counts a repository's directory: its bytes, and when its newest snapshot was written. Blocks.
pub fn count(directory: &Path) -> io::Result<(u64, Option<Timestamp>)> {
    let newest = blobs::fs::newest_snapshot(directory)?.and_then(|at| Timestamp::try_from(at).ok());
    Ok((blobs::fs::measure(directory)?, newest))
}

/// Nothing that panics is done while one of our locks is held, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
