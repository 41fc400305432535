//! What a connection is doing, told by those who move its bytes and read by those who need its place.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// One connection, as others see it. Clones are the same one.
#[derive(Clone, Debug)]
pub(super) struct Activity(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    began: Instant,
    /// Whether any request has arrived.
    was_asked: AtomicBool,
    /// Requests that have arrived and whose answers have not been handed over whole.
    under_way: AtomicUsize,
    /// Since when none was, in milliseconds after the beginning.
    idle_since: AtomicU64,
    /// Since when the other end takes too little of what is there for it, in milliseconds after the beginning and one,
    /// or zero.
    blocked_since: AtomicU64,
    /// Since when the rest of a body is waited for, in the same way.
    starved_since: AtomicU64,
    /// Its place is needed, or it has had its time.
    cut: CancellationToken,
}

impl Activity {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner {
            began: Instant::now(),
            was_asked: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            idle_since: AtomicU64::new(0),
            blocked_since: AtomicU64::new(0),
            starved_since: AtomicU64::new(0),
            cut: CancellationToken::new(),
        }))
    }

    fn now(&self) -> u64 {
        u64::try_from(self.0.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    /// A request has arrived; it is under way until what is returned is dropped.
    pub(super) fn request(&self) -> UnderWay {
        self.0.was_asked.store(true, Ordering::Relaxed);
        self.0.under_way.fetch_add(1, Ordering::Relaxed);
        // Whatever was slow about the answer before it has ended.
        self.0.blocked_since.store(0, Ordering::Relaxed);
        self.fed();
        UnderWay(self.clone())
    }

    /// The other end takes nothing right now.
    pub(super) fn blocked(&self) {
        let now = self.now().saturating_add(1);
        let _ = self.0.blocked_since.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// The other end has taken enough to count as moving.
    pub(super) fn moved(&self) {
        self.0.blocked_since.store(0, Ordering::Relaxed);
    }

    /// For how long the other end has taken too little of what is there for it.
    pub(super) fn blocked_for(&self) -> Option<Duration> {
        let since = self.0.blocked_since.load(Ordering::Relaxed).checked_sub(1)?;
        Some(Duration::from_millis(self.now().saturating_sub(since)))
    }

    /// The body that is read has nothing right now.
    pub(super) fn starved(&self) {
        let now = self.now().saturating_add(1);
        let _ = self.0.starved_since.compare_exchange(0, now, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// More of the body has come, or nobody reads it any more.
    pub(super) fn fed(&self) {
        self.0.starved_since.store(0, Ordering::Relaxed);
    }

    /// For how long nothing has come of a body that is waited for.
    pub(super) fn starved_for(&self) -> Option<Duration> {
        let since = self.0.starved_since.load(Ordering::Relaxed).checked_sub(1)?;
        Some(Duration::from_millis(self.now().saturating_sub(since)))
    }

    pub(super) fn was_asked(&self) -> bool {
        self.0.was_asked.load(Ordering::Relaxed)
    }

    /// For how long no request has been under way.
    pub(super) fn idle_for(&self) -> Option<Duration> {
        if self.0.under_way.load(Ordering::Relaxed) > 0 {
            return None;
        }
        Some(Duration::from_millis(self.now().saturating_sub(self.0.idle_since.load(Ordering::Relaxed))))
    }

    pub(super) fn cut(&self) {
        self.0.cut.cancel();
    }

    pub(super) async fn until_cut(&self) {
        self.0.cut.cancelled().await;
    }
}

/// A request that is under way.
#[derive(Debug)]
pub(super) struct UnderWay(Activity);

impl Drop for UnderWay {
    fn drop(&mut self) {
        let inner = &self.0.0;
        inner.idle_since.store(self.0.now(), Ordering::Relaxed);
        inner.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}
