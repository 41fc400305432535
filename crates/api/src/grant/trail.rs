//! The last refusals of a device, few whatever is done to make them many. Kept alike in the gateway's memory, until they
//! are stored, and where they are stored.

use serde::{Deserialize, Serialize};

use crate::backup::Refusal;

/// So many different ones are kept.
const KEPT: usize = 20;
/// Equal refusals are one while they are less than this apart: those of every night are, those of last month aren't.
const EPISODE_MICROS: i64 = 36 * 60 * 60 * 1_000_000;
/// What is refused sooner than this after the last belongs to the same try.
const TRY_MICROS: i64 = 60 * 1_000_000;

/// Refusals, the one that was met with last at the end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Trail(Vec<Refusal>);

impl Trail {
    /// Adds a refusal. Returns how many tries that were more.
    pub fn add(&mut self, refusal: Refusal) -> u32 {
        let is_same = |known: &Refusal| {
            known.operation == refusal.operation
                && known.code == refusal.code
                && known.sentence == refusal.sentence
                && refusal.first_at.micros() - known.last_at.micros() < EPISODE_MICROS
        };
        let Some(at) = self.0.iter().rposition(is_same) else {
            let tries = refusal.count;
            self.0.push(refusal);
            self.settle();
            return tries;
        };
        let known = &mut self.0[at];
        let gap = refusal.first_at.micros() - known.last_at.micros();
        let tries = if gap < TRY_MICROS { refusal.count.saturating_sub(1) } else { refusal.count };
        known.count = known.count.saturating_add(tries);
        known.requests = known.requests.saturating_add(refusal.requests);
        known.first_at = known.first_at.min(refusal.first_at);
        if refusal.last_at >= known.last_at {
            known.last_at = refusal.last_at;
            known.address = refusal.address;
        }
        self.settle();
        tries
    }

    /// In order, and not too many.
    fn settle(&mut self) {
        self.0.sort_by_key(|refusal| refusal.last_at);
        let excess = self.0.len().saturating_sub(KEPT);
        self.0.drain(..excess);
    }

    /// The newest last.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Refusal> {
        self.0.iter()
    }

    pub fn last(&self) -> Option<&Refusal> {
        self.0.last()
    }

    pub fn into_refusals(self) -> Vec<Refusal> {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::RefusedOperation;
    use crate::units::Time;

    fn refusal(at_seconds: i64, sentence: &str) -> Refusal {
        let at = Time::from_micros(at_seconds * 1_000_000);
        Refusal {
            first_at: at,
            last_at: at,
            count: 1,
            requests: 1,
            operation: RefusedOperation::Upload,
            code: "customer_suspended".to_owned(),
            sentence: sentence.to_owned(),
            address: None,
        }
    }

    #[test]
    fn what_a_client_tries_at_once_is_one_try_and_every_night_one_more() {
        let mut trail = Trail::default();
        let night = 24 * 60 * 60;
        for at in [0, 1, 2, 50, night, night + 1, 2 * night] {
            trail.add(refusal(at, "suspended"));
        }
        let only = trail.last().unwrap();
        assert_eq!((trail.iter().count(), only.count, only.requests), (1, 3, 7));
        assert_eq!((only.first_at.micros(), only.last_at.micros()), (0, 2 * night * 1_000_000));
        assert_eq!(trail.add(refusal(9 * night, "suspended")), 1, "another time");
        assert_eq!(trail.iter().count(), 2);
    }

    #[test]
    fn a_flood_of_two_kinds_washes_out_nothing() {
        let mut trail = Trail::default();
        trail.add(refusal(0, "full"));
        for at in 1..5000 {
            trail.add(refusal(at, if at % 2 == 0 { "one" } else { "other" }));
        }
        let sentences: Vec<&str> = trail.iter().map(|refusal| refusal.sentence.as_str()).collect();
        assert_eq!(sentences, ["full", "one", "other"]);
        for at in 5000..6000 {
            trail.add(refusal(at, &at.to_string()));
        }
        assert_eq!(trail.iter().count(), KEPT);
    }

    #[test]
    fn what_was_gathered_meanwhile_is_added_as_if_it_had_come_one_by_one() {
        let mut at_once = Trail::default();
        let (mut stored, mut gathered) = (Trail::default(), Trail::default());
        for at in [0, 10, 100, 110, 300] {
            at_once.add(refusal(at, "suspended"));
            if at < 50 {
                stored.add(refusal(at, "suspended"));
            } else {
                gathered.add(refusal(at, "suspended"));
            }
        }
        for refusal in gathered.into_refusals() {
            stored.add(refusal);
        }
        assert_eq!(stored, at_once);
    }
}
