//! Limits on guessing, which slow down whoever guesses and refuse nobody for what others tried.
//!
//! What can be guessed, a password, is looked at in time: each login at each address has a bucket of tries that fills up
//! again, and whoever finds it empty waits for a try of his own to come back. A right password is therefore always found
//! right, if late; only where more wait already than come back in half a minute is it not looked at, and a browser that
//! the login is known to has a bucket of its own. What an address tries of all logins, and all addresses of one login,
//! is slowed by two seconds when it becomes much, and never refused: an office, or a proxy that isn't told of, has one
//! address.
//!
//! What can't be guessed, keys and links of 160 bits and more, is looked at at once and always. Limits only keep wrong
//! ones from costing us much.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use api::{Code, Error};
use jiff::Timestamp;
use tree::Path;

use crate::cx::{Caller, Tx};

/// Buckets of tries by key.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<String, Bucket>>);

#[derive(Clone, Copy, Debug)]
struct Bucket {
    /// Below nothing while some wait for theirs.
    tries: f64,
    at: Timestamp,
}

/// What a bucket holds.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    tries: f64,
    /// How long one takes to come back.
    seconds_per_try: f64,
    beyond: Beyond,
}

/// What becomes of a try when there is none.
#[derive(Clone, Copy, Debug)]
enum Beyond {
    /// It is made as soon as one comes back, if that is within these seconds; else it is refused.
    Waits(f64),
    /// It is made after these seconds.
    Slowed(f64),
    Refused,
}

/// One login from one address or one known browser.
pub const PER_LOGIN: Allowance = Allowance { tries: 10.0, seconds_per_try: 6.0, beyond: Beyond::Waits(30.0) };
/// One login from everywhere.
pub const PER_TARGET: Allowance = Allowance { tries: 100.0, seconds_per_try: 6.0, beyond: Beyond::Slowed(2.0) };
/// All logins from one address.
pub const PER_ADDRESS: Allowance = Allowance { tries: 60.0, seconds_per_try: 2.0, beyond: Beyond::Slowed(2.0) };
/// Wrong keys and links of one kind from one address.
pub const WRONG_SECRETS: Allowance = Allowance { tries: 60.0, seconds_per_try: 2.0, beyond: Beyond::Refused };
/// One's own password, which whoever is signed in gives once more.
pub const OWN_PASSWORD: Allowance = Allowance { tries: 10.0, seconds_per_try: 12.0, beyond: Beyond::Refused };
/// Asking whether strangers' logins exist, by one account and from one address.
const PER_ASKER: Allowance = Allowance { tries: 20.0, seconds_per_try: 30.0, beyond: Beyond::Refused };
const PER_ASKING_ADDRESS: Allowance = Allowance { tries: 100.0, seconds_per_try: 6.0, beyond: Beyond::Refused };

/// Above this many buckets the full ones are forgotten.
const MANY_BUCKETS: usize = 10_000;
/// After which every bucket is full.
const SLOWEST_SECONDS: f64 = 1200.0;

/// A bucket and what it allows.
pub type Try = (String, Allowance);

impl Attempts {
    /// Takes a try from each bucket, or from none. The try may be made after the time that is returned.
    ///
    /// # Errors
    /// `too_many_attempts` with the seconds until the next try.
    pub fn take(&self, tries: &[Try], now: Timestamp) -> Result<Duration, Error> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MANY_BUCKETS {
            buckets.retain(|_, bucket| seconds_between(bucket.at, now) < SLOWEST_SECONDS);
        }
        let mut wait = 0.0_f64;
        let mut left = Vec::with_capacity(tries.len());
        for (key, allowance) in tries {
            let present = buckets.get(key).map_or(allowance.tries, |bucket| {
                let back = seconds_between(bucket.at, now) / allowance.seconds_per_try;
                (bucket.tries + back).min(allowance.tries)
            });
            let missing = (1.0 - present).max(0.0) * allowance.seconds_per_try;
            let mut after = present - 1.0;
            match allowance.beyond {
                _ if missing <= 0.0 => {}
                Beyond::Waits(longest) if missing <= longest => wait = wait.max(missing),
                Beyond::Waits(longest) => return Err(too_many(missing - longest)),
                Beyond::Slowed(by) => {
                    wait = wait.max(by);
                    after = after.max(0.0);
                }
                Beyond::Refused => return Err(too_many(missing)),
            }
            left.push((key.clone(), after));
        }
        for (key, tries) in left {
            buckets.insert(key, Bucket { tries, at: now });
        }
        Ok(Duration::from_secs_f64(wait))
    }

    /// Gives the tries back: they succeeded.
    pub fn give_back(&self, tries: &[Try]) {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, allowance) in tries {
            if let Some(bucket) = buckets.get_mut(key) {
                bucket.tries = (bucket.tries + 1.0).min(allowance.tries);
            }
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
        let tries = [
            (format!("logins {}", account.id.as_str()), PER_ASKER),
            (format!("logins from {}", tx.origin.limited_as()), PER_ASKING_ADDRESS),
        ];
        tx.app.attempts.take(&tries, tx.now)?;
        if owner.is_none_or(|owner| account.sees(owner)) {
            tx.app.attempts.give_back(&tries);
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
    use jiff::ToSpan as _;

    fn keys(login: &str, address: &str) -> Vec<Try> {
        vec![(format!("{login} {address}"), PER_LOGIN), (address.to_owned(), PER_ADDRESS)]
    }

    fn seconds(attempts: &Attempts, tries: &[Try], now: Timestamp) -> Result<u64, Option<u64>> {
        attempts.take(tries, now).map(|wait| wait.as_secs()).map_err(|error| error.retry_after_seconds)
    }

    #[test]
    fn whoever_guesses_one_login_waits_for_each_try_and_others_do_not() {
        let attempts = Attempts::default();
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..10 {
            assert_eq!(seconds(&attempts, &keys("victim", "evil"), now), Ok(0));
        }
        for nth in 1..=5 {
            assert_eq!(seconds(&attempts, &keys("victim", "evil"), now), Ok(nth * 6));
        }
        assert_eq!(seconds(&attempts, &keys("victim", "evil"), now), Err(Some(6)));
        assert_eq!(seconds(&attempts, &keys("victim", "home"), now), Ok(0));
        assert_eq!(seconds(&attempts, &keys("other", "evil"), now), Ok(0));
        // All that waited came and went, and one more came back.
        assert_eq!(seconds(&attempts, &keys("victim", "evil"), now + 36.seconds()), Ok(0));
    }

    #[test]
    fn an_address_that_tries_many_logins_is_slowed_and_never_refused() {
        let attempts = Attempts::default();
        let now = Timestamp::UNIX_EPOCH;
        let waits: Vec<_> = (0..100).map(|n| seconds(&attempts, &keys(&format!("login{n}"), "evil"), now)).collect();
        assert_eq!(waits.iter().filter(|wait| **wait == Ok(0)).count(), 60);
        assert_eq!(waits.iter().filter(|wait| **wait == Ok(2)).count(), 40);
        // It owes nothing for those.
        assert_eq!(seconds(&attempts, &keys("someone", "evil"), now + 2.seconds()), Ok(0));
    }

    #[test]
    fn success_costs_nothing() {
        let attempts = Attempts::default();
        let now = Timestamp::UNIX_EPOCH;
        for _ in 0..1000 {
            assert_eq!(seconds(&attempts, &keys("someone", "office"), now), Ok(0));
            attempts.give_back(&keys("someone", "office"));
        }
    }

    #[test]
    fn a_refused_try_takes_from_no_bucket() {
        let attempts = Attempts::default();
        let now = Timestamp::UNIX_EPOCH;
        let spent = ("spent".to_owned(), Allowance { tries: 1.0, ..WRONG_SECRETS });
        let other = ("other".to_owned(), Allowance { tries: 1.0, ..WRONG_SECRETS });
        assert_eq!(seconds(&attempts, std::slice::from_ref(&spent), now), Ok(0));
        assert_eq!(seconds(&attempts, &[other.clone(), spent], now), Err(Some(2)));
        assert_eq!(seconds(&attempts, &[other], now), Ok(0));
    }
}
