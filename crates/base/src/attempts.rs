//! Limits on guessing, which slow down whoever guesses and refuse nobody for what others tried.
//!
//! What can be guessed, a password, is looked at in time. Each login at each address has a bucket of tries that fills up
//! again; whoever finds it empty stands in a line for the next try that comes back, the last who came first: whoever
//! guesses fills the line before its owner comes, and it is the oldest that has to go when it is full. A browser that the
//! login is known to has a bucket and a line of its own. What an address tries of all logins, and all addresses of one
//! login, is slowed by two seconds when it becomes much, and never refused: an office, or a proxy that isn't told of, has
//! one address.
//!
//! What can't be guessed, keys and links of 160 bits and more, is looked at at once and always. Limits only keep wrong
//! ones from costing us much.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::{Code, Error};
use jiff::Timestamp;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tree::Path;

use crate::authn::token_hash;
use crate::clock::Clock;
use crate::cx::{Caller, Tx};

/// Buckets of tries by key.
#[derive(Debug, Default)]
pub struct Attempts {
    buckets: Mutex<Buckets>,
    closed: CancellationToken,
}

/// By the hash of the key: a login may be long.
#[derive(Debug, Default)]
struct Buckets {
    by_key: HashMap<String, Bucket>,
    /// How many there were when the full ones were forgotten last.
    kept: usize,
}

#[derive(Debug)]
struct Bucket {
    allowance: Allowance,
    tries: f64,
    at: Timestamp,
    /// Those in the line, the last who came last. Whoever is no longer in it and hasn't left it was pushed out.
    line: Vec<Arc<Notify>>,
}

impl Bucket {
    fn fill(&mut self, now: Timestamp) {
        let back = seconds_between(self.at, now) / self.allowance.seconds_per_try;
        self.tries = (self.tries + back).min(self.allowance.tries);
        self.at = now;
    }

    fn is_full(&self, now: Timestamp) -> bool {
        let missing = (self.allowance.tries - self.tries) * self.allowance.seconds_per_try;
        self.line.is_empty() && seconds_between(self.at, now) >= missing
    }
}

/// What a bucket holds.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    tries: f64,
    /// How long one takes to come back.
    seconds_per_try: f64,
}

/// One login from one address or one known browser.
pub const PER_LOGIN: Allowance = Allowance { tries: 10.0, seconds_per_try: 6.0 };
/// One login from everywhere.
pub const PER_TARGET: Allowance = Allowance { tries: 100.0, seconds_per_try: 6.0 };
/// All logins from one address.
pub const PER_ADDRESS: Allowance = Allowance { tries: 60.0, seconds_per_try: 2.0 };
/// Wrong keys and links of one kind from one address.
pub const WRONG_SECRETS: Allowance = Allowance { tries: 60.0, seconds_per_try: 2.0 };
/// One's own password, which whoever is signed in gives once more.
pub const OWN_PASSWORD: Allowance = Allowance { tries: 10.0, seconds_per_try: 12.0 };
/// Second factors of one account, or of one that a browser is known to: only who knows the password comes this far.
pub const SECOND_FACTOR: Allowance = Allowance { tries: 10.0, seconds_per_try: 30.0 };
/// Passwords of one device's backups, by one account. Each costs us half a second.
pub const BACKUP_PASSWORD: Allowance = Allowance { tries: 10.0, seconds_per_try: 30.0 };
/// Ways to another provider of sign-ins and back, from one address.
pub const FOREIGN_SIGN_INS: Allowance = Allowance { tries: 30.0, seconds_per_try: 4.0 };
/// Links for a lost password, for one login from everywhere, and for all of them from one address.
pub const PASSWORD_RESETS: Allowance = Allowance { tries: 3.0, seconds_per_try: 600.0 };
pub const PASSWORD_RESETS_FROM: Allowance = Allowance { tries: 20.0, seconds_per_try: 60.0 };
/// Reports and account details that somebody has sent, for one customer and by all people of one.
pub const SENDINGS: Allowance = Allowance { tries: 20.0, seconds_per_try: 60.0 };
pub const SENDINGS_BY: Allowance = Allowance { tries: 200.0, seconds_per_try: 6.0 };
/// Asking whether strangers' logins exist, by all people of one customer, and of all customers below one.
const PER_ASKER: Allowance = Allowance { tries: 20.0, seconds_per_try: 30.0 };
const PER_ASKER_ABOVE: Allowance = Allowance { tries: 100.0, seconds_per_try: 6.0 };

/// So many stand in a line.
const LINE: usize = 5;
/// What is much is answered so much later.
const SLOWED: Duration = Duration::from_secs(2);

/// Below this many buckets none is forgotten; above, the full ones are whenever there are twice as many as were kept.
const MANY_BUCKETS: usize = 10_000;

/// A bucket and what it allows.
pub type Try = (String, Allowance);

impl Attempts {
    fn lock(&self, now: Timestamp) -> MutexGuard<'_, Buckets> {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.by_key.len() > MANY_BUCKETS.max(buckets.kept * 2) {
            buckets.by_key.retain(|_, bucket| !bucket.is_full(now));
            buckets.kept = buckets.by_key.len();
        }
        buckets
    }

    /// Takes a try from each bucket, or from none.
    ///
    /// # Errors
    /// `too_many_attempts` with the seconds until the next try.
    pub fn take(&self, tries: &[Try], now: Timestamp) -> Result<(), Error> {
        let mut buckets = self.lock(now);
        for (key, allowance) in tries {
            let bucket = bucket(&mut buckets, key, *allowance, now);
            if bucket.tries < 1.0 {
                return Err(too_many((1.0 - bucket.tries) * allowance.seconds_per_try));
            }
        }
        for (key, allowance) in tries {
            bucket(&mut buckets, key, *allowance, now).tries -= 1.0;
        }
        Ok(())
    }

    /// Takes a try of its own, as soon as there is one, and one of each of those that only slow it down. Returns those of
    /// them that had one, to be given back if it succeeds.
    ///
    /// # Errors
    /// `too_many_attempts` for whoever stood in the line for longest when it was full.
    pub async fn wait<'a>(&self, own: &Try, slowing: &'a [Try], clock: &Clock) -> Result<Vec<&'a Try>, Error> {
        let has_one = |tried: &&Try| self.take(std::slice::from_ref(*tried), clock.now()).is_ok();
        let taken: Vec<&Try> = slowing.iter().filter(has_one).collect();
        if taken.len() < slowing.len() {
            clock.sleep(SLOWED).await;
        }
        let place = Place { attempts: self, own, notify: Arc::default(), has_stood: AtomicBool::new(false) };
        loop {
            let Some(wait) = place.advance(clock.now())? else { return Ok(taken) };
            tokio::select! {
                () = clock.sleep(wait) => {}
                () = place.notify.notified() => {}
                () = self.closed.cancelled() => {
                    return Err(Error::new(Code::Unavailable, "The server is stopping. Try again in a moment."));
                }
            }
        }
    }

    /// Nobody waits any more: the process ends.
    pub fn close(&self) {
        self.closed.cancel();
    }

    /// Gives the tries back: they succeeded.
    pub fn give_back<'a>(&self, tries: impl IntoIterator<Item = &'a Try>, now: Timestamp) {
        let mut buckets = self.lock(now);
        for (key, allowance) in tries {
            let bucket = bucket(&mut buckets, key, *allowance, now);
            bucket.tries = (bucket.tries + 1.0).min(allowance.tries);
        }
    }
}

fn bucket<'a>(buckets: &'a mut Buckets, key: &str, allowance: Allowance, now: Timestamp) -> &'a mut Bucket {
    let full = || Bucket { allowance, tries: allowance.tries, at: now, line: Vec::new() };
    let bucket = buckets.by_key.entry(token_hash(key)).or_insert_with(full);
    bucket.fill(now);
    bucket
}

/// Somebody's place in a line; who goes away leaves it.
struct Place<'a> {
    attempts: &'a Attempts,
    own: &'a Try,
    notify: Arc<Notify>,
    has_stood: AtomicBool,
}

impl Place<'_> {
    /// Takes a try if it is one's turn, else a place in the line; returns how long to wait.
    fn advance(&self, now: Timestamp) -> Result<Option<Duration>, Error> {
        let (key, allowance) = self.own;
        let mut buckets = self.attempts.lock(now);
        let bucket = bucket(&mut buckets, key, *allowance, now);
        match bucket.line.iter().position(|waiting| Arc::ptr_eq(waiting, &self.notify)) {
            Some(place) if place + 1 == bucket.line.len() && bucket.tries >= 1.0 => {
                bucket.tries -= 1.0;
                return Ok(None);
            }
            Some(_) => {}
            None if self.has_stood.load(Ordering::Relaxed) => return Err(too_many(allowance.seconds_per_try)),
            None if bucket.tries >= 1.0 => {
                bucket.tries -= 1.0;
                return Ok(None);
            }
            None => {
                self.has_stood.store(true, Ordering::Relaxed);
                bucket.line.push(Arc::clone(&self.notify));
                if bucket.line.len() > LINE {
                    bucket.line.remove(0).notify_one();
                }
            }
        }
        // Who isn't next looks again after whoever is has gone.
        Ok(Some(Duration::from_secs_f64((1.0 - bucket.tries).max(0.02) * allowance.seconds_per_try)))
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut buckets = self.attempts.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.by_key.get_mut(&token_hash(&self.own.0)) {
            bucket.line.retain(|waiting| !Arc::ptr_eq(waiting, &self.notify));
        }
    }
}

fn too_many(seconds: f64) -> Error {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few minutes")]
    let wait = seconds.ceil().max(1.0) as u64;
    let mut error =
        Error::new(Code::TooManyAttempts, format!("Too many failed attempts from here. Try again in {wait} seconds."));
    error.retry_after_seconds = Some(wait);
    error
}

/// Whether a login belongs to somebody, who stands at `owner`. That one is taken can't be kept from whoever wants it, but
/// nobody needs to hear it of strangers' logins again and again. What is free, and what is taken in the caller's own
/// subtree, costs nothing.
///
/// # Errors
/// `too_many_attempts` for whoever has heard it too often, whether the login is taken or not.
pub fn tell_taken(tx: &Tx, owner: Option<&Path>) -> Result<bool, Error> {
    if let Caller::Account(account) = &tx.caller {
        // Accounts are easily made, and so are customers below one's own: what each of those hears its own people and all
        // who look after them have heard.
        let above = account.path.ids().skip(1);
        let tries: Vec<Try> = above
            .map(|id| {
                let own = id == account.customer_id.as_str();
                (format!("logins {id}"), if own { PER_ASKER } else { PER_ASKER_ABOVE })
            })
            .collect();
        tx.app.attempts.take(&tries, tx.now)?;
        if owner.is_none_or(|owner| account.sees(owner)) {
            tx.app.attempts.give_back(&tries, tx.now);
        }
    }
    Ok(owner.is_some())
}

fn seconds_between(from: Timestamp, to: Timestamp) -> f64 {
    to.duration_since(from).as_secs_f64().max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt as _;
    use std::future::Future;
    use std::pin::Pin;

    const HOME: &str = "victim home";

    fn tried(key: &str) -> Try {
        (key.to_owned(), PER_LOGIN)
    }

    /// What came of a try by now.
    fn now<T, F: Future<Output = Result<T, Error>>>(waiting: &mut Pin<Box<F>>) -> Option<Result<(), Code>> {
        waiting.as_mut().now_or_never().map(|done| done.map(drop).map_err(|error| error.code))
    }

    /// Lets whoever sleeps see how late it is.
    async fn pass(clock: &Clock, seconds: u64) {
        clock.advance(Duration::from_secs(seconds));
        tokio::task::yield_now().await;
    }

    #[tokio::test]
    async fn whoever_guesses_waits_and_the_last_who_came_is_the_first_who_goes() {
        let (attempts, clock) = (Attempts::default(), Clock::default());
        let own = tried("victim evil");
        for _ in 0..10 {
            assert_eq!(now(&mut Box::pin(attempts.wait(&own, &[], &clock))), Some(Ok(())));
        }
        let mut guesses: Vec<_> = (0..8).map(|_| Box::pin(attempts.wait(&own, &[], &clock))).collect();
        for guess in &mut guesses {
            assert_eq!(now(guess), None);
        }
        // Nobody else waits.
        for other in ["other evil", HOME] {
            assert_eq!(now(&mut Box::pin(attempts.wait(&tried(other), &[], &clock))), Some(Ok(())));
        }
        let mut owner = Box::pin(attempts.wait(&own, &[], &clock));
        assert_eq!(now(&mut owner), None);
        // The line has five places: the oldest had to go.
        let pushed_out = guesses.iter_mut().filter_map(now).collect::<Vec<_>>();
        assert_eq!(pushed_out, [Err(Code::TooManyAttempts); 4]);
        pass(&clock, 6).await;
        assert_eq!(now(&mut guesses[7]), None, "the last who came is the next");
        assert_eq!(now(&mut owner), Some(Ok(())));
        drop(owner);
        pass(&clock, 6).await;
        assert_eq!(now(&mut guesses[4]), None);
        assert_eq!(now(&mut guesses[7]), Some(Ok(())));
    }

    #[tokio::test]
    async fn who_goes_away_leaves_the_line() {
        let (attempts, clock) = (Attempts::default(), Clock::default());
        let own = tried("victim evil");
        for _ in 0..10 {
            assert_eq!(now(&mut Box::pin(attempts.wait(&own, &[], &clock))), Some(Ok(())));
        }
        let mut first = Box::pin(attempts.wait(&own, &[], &clock));
        let mut gone = Box::pin(attempts.wait(&own, &[], &clock));
        assert_eq!((now(&mut first), now(&mut gone)), (None, None));
        drop(gone);
        pass(&clock, 6).await;
        assert_eq!(now(&mut first), Some(Ok(())));
    }

    #[tokio::test]
    async fn what_is_much_is_slowed_and_never_refused() {
        let (attempts, clock) = (Attempts::default(), Clock::default());
        let address = [("evil".to_owned(), PER_ADDRESS)];
        let tries: Vec<Try> = (0..100).map(|n| tried(&format!("login{n} evil"))).collect();
        let mut waiting: Vec<_> = tries.iter().map(|own| Box::pin(attempts.wait(own, &address, &clock))).collect();
        assert_eq!(waiting.iter_mut().filter_map(now).collect::<Vec<_>>(), [Ok(()); 60]);
        pass(&clock, 2).await;
        assert_eq!(waiting[60..].iter_mut().filter_map(now).collect::<Vec<_>>(), [Ok(()); 40]);
    }

    #[test]
    fn success_costs_nothing_and_a_refused_try_takes_from_no_bucket() {
        let (attempts, start) = (Attempts::default(), Timestamp::UNIX_EPOCH);
        for _ in 0..1000 {
            attempts.take(&[tried(HOME)], start).unwrap();
            attempts.give_back(&[tried(HOME)], start);
        }
        let spent = ("spent".to_owned(), Allowance { tries: 1.0, ..WRONG_SECRETS });
        let other = ("other".to_owned(), Allowance { tries: 1.0, ..WRONG_SECRETS });
        attempts.take(std::slice::from_ref(&spent), start).unwrap();
        let refused = attempts.take(&[other.clone(), spent], start).unwrap_err();
        assert_eq!(refused.retry_after_seconds, Some(2));
        attempts.take(&[other], start).unwrap();
    }
}
