//! How fast a device's bytes may pass. All its connections draw from one bucket for each direction, which fills at the rate
//! that holds at the moment; whoever finds it empty waits. What passes is paid for afterwards, so that a piece larger than
//! what is left passes whole and the next one waits for longer. A rate that changes holds from the next look on, and those who
//! wait look a few times a second.

use std::collections::HashMap;
use std::future::Future as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll};
use std::time::Duration;

use api::grant::Grant;
use arc_swap::ArcSwapOption;
use bytes::Bytes;
use tokio::time::{Instant, Sleep, sleep_until};
use tree::schedule::Schedule;
use uuid::Uuid;

use crate::{Clock, lock};

/// What may have been saved up, in time: who comes a moment late loses nothing.
const SAVED: Duration = Duration::from_millis(100);

/// Nobody waits longer without a look at the rate.
const LOOK: Duration = Duration::from_millis(250);

/// Who has not moved for so long owes nothing any more.
const FORGOTTEN: Duration = Duration::from_mins(5);

/// Pieces of an answer, in bytes.
const PIECES: std::ops::RangeInclusive<u64> = 4096..=256 * 1024;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    Up,
    Down,
}

/// What has been let through.
#[derive(Debug)]
struct Bucket {
    /// Bytes that may pass at once; below zero: that have passed and are not paid for.
    level: f64,
    since: Instant,
}

impl Bucket {
    fn new(now: Instant) -> Self {
        Self { level: 0.0, since: now }
    }

    /// How long nothing may pass; at most until the next look.
    fn wait(&mut self, rate: Option<u64>, now: Instant) -> Option<Duration> {
        let elapsed = now.saturating_duration_since(self.since);
        self.since = now;
        let Some(rate) = rate.map(as_float) else {
            self.level = 0.0;
            return None;
        };
        self.level = (self.level + elapsed.as_secs_f64() * rate).min(SAVED.as_secs_f64() * rate);
        (self.level < 0.0).then(|| Duration::from_secs_f64((-self.level / rate).min(LOOK.as_secs_f64())))
    }

    fn pay(&mut self, bytes: u64) {
        self.level -= as_float(bytes);
    }
}

/// Exact up to 2^53, which no rate and no piece reaches.
#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn as_float(bytes: u64) -> f64 {
    bytes as f64
}

/// A device's buckets.
#[derive(Debug)]
struct Flow {
    up: Mutex<Bucket>,
    down: Mutex<Bucket>,
}

impl Flow {
    fn bucket(&self, direction: Direction) -> &Mutex<Bucket> {
        match direction {
            Direction::Up => &self.up,
            Direction::Down => &self.down,
        }
    }
}

/// The buckets of those who are limited and have moved something of late.
pub(crate) struct Throttles {
    flows: Mutex<HashMap<Uuid, Arc<Flow>>>,
    clock: Clock,
}

impl Throttles {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { flows: Mutex::default(), clock }
    }

    fn of(&self, device: Uuid) -> Arc<Flow> {
        let now = Instant::now();
        let new = || Arc::new(Flow { up: Mutex::new(Bucket::new(now)), down: Mutex::new(Bucket::new(now)) });
        Arc::clone(lock(&self.flows).entry(device).or_insert_with(new))
    }

    /// Forgets those who have been still for long.
    pub(crate) fn trim(&self) {
        let now = Instant::now();
        let is_still = |bucket: &Mutex<Bucket>| now.saturating_duration_since(lock(bucket).since) > FORGOTTEN;
        lock(&self.flows).retain(|_, flow| Arc::strong_count(flow) > 1 || !is_still(&flow.up) || !is_still(&flow.down));
    }

    /// How long nothing may pass by this grant.
    pub(crate) fn wait(&self, grant: &Grant, direction: Direction) -> Option<Duration> {
        let schedule = grant.throttle.as_deref()?;
        self.wait_for(grant.device.uuid()?, schedule, direction)
    }

    fn wait_for(&self, device: Uuid, schedule: &Schedule, direction: Direction) -> Option<Duration> {
        let rate = schedule.rate_at((self.clock)());
        lock(self.of(device).bucket(direction)).wait(rate, Instant::now())
    }

    /// These have passed by this grant.
    pub(crate) fn pay(&self, grant: &Grant, direction: Direction, bytes: u64) {
        if grant.throttle.is_some()
            && let Some(device) = grant.device.uuid()
        {
            lock(self.of(device).bucket(direction)).pay(bytes);
        }
    }
}

impl std::fmt::Debug for Throttles {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Throttles").field("flows", &lock(&self.flows).len()).finish_non_exhaustive()
    }
}

/// What an answer under way is limited to; follows its grant.
#[derive(Clone, Debug, Default)]
pub(crate) struct Following(Arc<ArcSwapOption<Schedule>>);

impl Following {
    pub(crate) fn of(grant: &Grant) -> Self {
        Self(Arc::new(ArcSwapOption::new(grant.throttle.clone())))
    }

    pub(crate) fn follow(&self, grant: &Grant) {
        self.0.store(grant.throttle.clone());
    }
}

/// An answer's way through the bucket.
#[derive(Debug)]
pub(crate) struct Valve {
    throttles: Arc<Throttles>,
    device: Uuid,
    following: Following,
    timer: Option<Pin<Box<Sleep>>>,
    /// What was fetched and may not all pass at once.
    rest: Bytes,
}

impl Valve {
    pub(crate) fn new(throttles: &Arc<Throttles>, device: Uuid, following: Following) -> Self {
        Self { throttles: Arc::clone(throttles), device, following, timer: None, rest: Bytes::new() }
    }

    /// Whether it holds back what was fetched already.
    pub(crate) fn holds(&self) -> u64 {
        self.rest.len() as u64
    }

    /// Ready when something may pass.
    pub(crate) fn poll_open(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        loop {
            let schedule = self.following.0.load();
            let wait = schedule.as_deref().and_then(|it| self.throttles.wait_for(self.device, it, Direction::Down));
            let Some(wait) = wait else { return Poll::Ready(()) };
            let until = Instant::now() + wait;
            let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
            timer.as_mut().reset(until);
            if timer.as_mut().poll(cx).is_pending() {
                return Poll::Pending;
            }
        }
    }

    /// What is held back, as much of it as passes at once.
    pub(crate) fn take_held(&mut self) -> Option<Bytes> {
        let held = std::mem::take(&mut self.rest);
        (!held.is_empty()).then(|| self.pass(held))
    }

    /// As much of a piece as passes at once; the rest is held back.
    pub(crate) fn pass(&mut self, mut bytes: Bytes) -> Bytes {
        let schedule = self.following.0.load();
        let Some(schedule) = schedule.as_deref() else { return bytes };
        if let Some(rate) = schedule.rate_at((self.throttles.clock)()) {
            // A few in each second, that a slow one is even, too.
            let most = (rate / 16).clamp(*PIECES.start(), *PIECES.end());
            let most = usize::try_from(most).unwrap_or(bytes.len()).min(bytes.len());
            self.rest = bytes.split_off(most);
        }
        lock(self.throttles.of(self.device).bucket(Direction::Down)).pay(bytes.len() as u64);
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const RATE: u64 = 1_000_000;

    /// Bytes that so many connections move in so many milliseconds, at rates by the millisecond.
    fn moved(connections: usize, piece: u64, millis: u64, rate: impl Fn(u64) -> Option<u64>) -> u64 {
        let begun = Instant::now();
        let mut bucket = Bucket::new(begun);
        let mut ready = vec![0_u64; connections];
        let mut sum = 0;
        for at in 0..millis {
            for next in &mut ready {
                if *next > at {
                    continue;
                }
                let wait = bucket.wait(rate(at), begun + Duration::from_millis(at));
                if let Some(wait) = wait {
                    *next = at + u64::try_from(wait.as_millis()).unwrap() + 1;
                } else {
                    bucket.pay(piece);
                    sum += piece;
                }
            }
        }
        sum
    }

    fn is_within(sum: u64, expected: u64, percent: u64) -> bool {
        sum.abs_diff(expected) * 100 <= expected * percent
    }

    #[test]
    fn one_connection_and_eight_have_the_same_rate_together() {
        for connections in [1, 8] {
            for piece in [1_000, 16_384, 65_536] {
                let sum = moved(connections, piece, 10_000, |_| Some(RATE));
                // What each has begun at the end is not paid for yet.
                let most = 10 * RATE + piece * connections as u64;
                assert!(
                    (10 * RATE..most).contains(&sum) || is_within(sum, 10 * RATE, 3),
                    "{connections} {piece}: {sum}"
                );
            }
        }
    }

    #[test]
    fn another_rate_holds_within_a_quarter_of_a_second() {
        let sum = moved(4, 16_384, 20_000, |at| Some(if at < 10_000 { RATE } else { 4 * RATE }));
        assert!(is_within(sum, 50 * RATE, 3), "{sum}");
        let sum = moved(4, 16_384, 20_000, |at| Some(if at < 10_000 { 4 * RATE } else { RATE }));
        assert!(is_within(sum, 50 * RATE, 3), "{sum}");
    }

    #[test]
    fn who_was_still_has_saved_up_next_to_nothing() {
        let begun = Instant::now();
        let mut bucket = Bucket::new(begun);
        assert_eq!(bucket.wait(Some(RATE), begun + Duration::from_hours(1)), None);
        bucket.pay(RATE);
        let wait = bucket.wait(Some(RATE), begun + Duration::from_hours(1));
        assert_eq!(wait, Some(LOOK));
        // What was owed while it was limited is owed no more when it isn't.
        assert_eq!(bucket.wait(None, begun + Duration::from_hours(1)), None);
        assert_eq!(bucket.wait(Some(RATE), begun + Duration::from_hours(1)), None);
    }

    proptest! {
        #[test]
        fn no_more_passes_than_the_rate_whatever_the_pieces(
            pieces in prop::collection::vec((1_u64..100_000, 0_u64..400), 1..200),
            rate in 8_000_u64..10_000_000,
        ) {
            let begun = Instant::now();
            let mut bucket = Bucket::new(begun);
            let (mut at, mut sum) = (0, 0);
            for (piece, pause) in pieces {
                at += pause;
                let now = begun + Duration::from_millis(at);
                if bucket.wait(Some(rate), now).is_none() {
                    prop_assert!(sum <= rate * (at + 100) / 1000 + 1, "{sum} by {at} ms");
                    bucket.pay(piece);
                    sum += piece;
                }
            }
        }
    }
}
