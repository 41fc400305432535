//! Whose bytes are received at a moment. Where very many upload at once, what each has sent leaves the processor's cache
//! before it is hashed and written; so only a few are in turn, and the others' bytes wait in their connections. Whoever
//! sends nothing for a moment gives its turn up, and whoever has had it for long goes behind the others that wait.

use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// For each processor.
const AT_ONCE: usize = 4;

/// After so long without a byte the turn is another's.
pub(crate) const PAUSE: Duration = Duration::from_millis(2);

/// After so long the turn is another's, if one waits.
const LONG: Duration = Duration::from_millis(100);

#[derive(Debug)]
pub(crate) struct Turns(Arc<Semaphore>);

impl Turns {
    pub(crate) fn new() -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self(Arc::new(Semaphore::new(processors * AT_ONCE)))
    }

    /// Waits for a turn: first come, first served.
    pub(crate) async fn take(&self) -> Turn {
        // Nobody closes it; without a permit nobody waits either.
        Turn { _permit: Arc::clone(&self.0).acquire_owned().await.ok(), since: Instant::now() }
    }

    /// Whether it is another's turn by now.
    pub(crate) fn is_over(&self, turn: &Turn) -> bool {
        self.0.available_permits() == 0 && turn.since.elapsed() > LONG
    }
}

/// One's turn, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _permit: Option<OwnedSemaphorePermit>,
    since: Instant,
}

#[cfg(test)]
mod tests {
    use futures_util::poll;

    use super::*;

    #[tokio::test]
    async fn who_has_had_a_turn_for_long_goes_behind_those_who_wait() {
        let turns = Turns(Arc::new(Semaphore::new(1)));
        let alone = Turn { since: Instant::now().checked_sub(LONG * 2).unwrap(), ..turns.take().await };
        let mut waits = std::pin::pin!(turns.take());
        assert!(poll!(&mut waits).is_pending(), "one at a time");
        assert!(turns.is_over(&alone));
        drop(alone);
        // Who comes again before the other has noticed comes after it all the same.
        let mut again = std::pin::pin!(turns.take());
        assert!(poll!(&mut again).is_pending());
        let other = waits.await;
        assert!(!turns.is_over(&other), "it has just come");
        drop(other);
        assert!(!turns.is_over(&again.await));
    }
}
