//! Time and randomness, handed in rather than reached for, so that "a month later" is a line in a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::Timestamp;
use tokio::sync::Notify;
use uuid::Uuid;

/// Where instants come from.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Microseconds added to the system's time: what a test has let pass.
    ahead: Arc<AtomicI64>,
    advanced: Arc<Notify>,
}

impl Clock {
    /// The present, to the microsecond: what a database holds is what was read.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    pub fn now(&self) -> Timestamp {
        let micros = Timestamp::now().as_microsecond().saturating_add(self.ahead.load(Ordering::Relaxed));
        Timestamp::from_microsecond(micros).unwrap_or(Timestamp::MAX)
    }

    /// One that is behind the system's by this, until it is advanced.
    pub fn behind(by: std::time::Duration) -> Self {
        let clock = Self::default();
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        clock.ahead.store(-micros, Ordering::Relaxed);
        clock
    }

    /// By how much it is behind the system's; nothing where it isn't.
    pub fn behind_by(&self) -> std::time::Duration {
        let behind = self.ahead.load(Ordering::Relaxed).min(0).unsigned_abs();
        std::time::Duration::from_micros(behind)
    }

    /// Lets time pass. Everything that shares this clock sees it.
    pub fn advance(&self, by: std::time::Duration) {
        let micros = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.ahead.fetch_add(micros, Ordering::Relaxed);
        self.advanced.notify_waiters();
    }

    /// Waits until this much of the clock's time has passed.
    pub async fn sleep(&self, duration: std::time::Duration) {
        let until = self.now().checked_add(duration).unwrap_or(Timestamp::MAX);
        loop {
            let advanced = self.advanced.notified();
            let left = until.duration_since(self.now());
            if !left.is_positive() {
                return;
            }
            tokio::select! {
                () = tokio::time::sleep(left.unsigned_abs()) => {}
                () = advanced => {}
            }
        }
    }
}

/// Where secrets and ids come from: the operating system.
#[derive(Clone, Copy, Debug, Default)]
pub struct Random;

impl Random {
    /// Unpredictable bytes.
    ///
    /// # Errors
    /// Where the operating system refuses, which no caller can cure.
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for randomness")]
    pub fn bytes<const N: usize>(self) -> Result<[u8; N], api::Error> {
        let mut bytes = [0; N];
        getrandom::fill(&mut bytes).map_err(api::Error::internal)?;
        Ok(bytes)
    }

    /// A UUID version 7 of this instant.
    pub fn uuid(self, now: Timestamp) -> Result<Uuid, api::Error> {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or_default();
        Ok(uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()?).into_uuid())
    }
}
