//! The last days of a device as they are stored: a short text, so that it is read and written at once and never grows.

use api::backup::{Backup, BackupDay, DayOutcome, DeviceHistory, Refusal, RefusedOperation};
use api::grant::{Snapshot, Trail};
use api::units::Time;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// So many days are kept.
pub(super) const DAYS: u32 = 60;
/// So many backups are kept.
const BACKUPS: usize = 20;

const DAY_MICROS: i64 = 24 * 60 * 60 * 1_000_000;

/// What happened on one day: days since 1970, backups, bytes added, tries that were refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Day(i64, u32, i64, u32);

/// When a backup was completed, in microseconds, and what it added.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Done(i64, Option<i64>);

/// See the module. Everything in it is in the order of time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct History {
    days: Vec<Day>,
    backups: Vec<Done>,
    refusals: Trail,
    /// What the repository held with the last backup; nothing where that was before anything was kept.
    used_bytes: Option<i64>,
}

/// Whether a refusal has anything to do with a backup that is missing. Deletions are for room.
pub(crate) fn reaches_backups(refusal: &Refusal) -> bool {
    refusal.operation != RefusedOperation::Delete
}

impl History {
    pub(super) fn new(had_backups: bool) -> Self {
        let used_bytes = (!had_backups).then_some(0);
        Self { days: Vec::new(), backups: Vec::new(), refusals: Trail::default(), used_bytes }
    }

    /// Adds a backup; the same again changes nothing.
    pub(super) fn backup(&mut self, snapshot: Snapshot) {
        let (at, used) = (snapshot.at.as_microsecond(), i64::try_from(snapshot.used_bytes).unwrap_or(i64::MAX));
        if self.backups.iter().any(|Done(known, _)| *known == at) {
            return;
        }
        let added = self.used_bytes.map(|before| used - before);
        self.used_bytes = Some(used);
        self.backups.push(Done(at, added));
        self.backups.sort_by_key(|Done(at, _)| *at);
        self.backups.drain(..self.backups.len().saturating_sub(BACKUPS));
        if let Some(Day(_, backups, bytes, _)) = self.day(at) {
            *backups = backups.saturating_add(1);
            *bytes = bytes.saturating_add(added.unwrap_or_default());
        }
    }

    /// Adds what was refused. Returns what of it is new, and how often it was tried.
    pub(super) fn refused(&mut self, trail: Trail) -> Vec<(Refusal, u32)> {
        let mut new = Vec::new();
        for refusal in trail.into_refusals() {
            let (at, counts) = (refusal.last_at.micros(), reaches_backups(&refusal));
            let tries = self.refusals.add(refusal.clone());
            if tries > 0 {
                new.push((refusal, tries));
            }
            if let Some(Day(.., refusals)) = self.day(at).filter(|_| counts) {
                // A try that goes on past midnight is one of both days.
                *refusals = refusals.saturating_add(tries).max(1);
            }
        }
        new
    }

    /// The day of an instant; nothing where so old ones are not kept any more.
    fn day(&mut self, at: i64) -> Option<&mut Day> {
        let number = at.div_euclid(DAY_MICROS);
        let place = match self.days.binary_search_by_key(&number, |Day(number, ..)| *number) {
            Ok(place) => place,
            Err(place) => {
                self.days.insert(place, Day(number, 0, 0, 0));
                place
            }
        };
        let excess = self.days.len().saturating_sub(DAYS as usize);
        self.days.drain(..excess);
        self.days.get_mut(place.checked_sub(excess)?)
    }

    /// The last refusal that a missing backup may be due to.
    pub(super) fn last_refusal(&self) -> Option<&Refusal> {
        self.refusals.iter().rev().find(|refusal| reaches_backups(refusal))
    }

    /// The last days, as they are shown.
    pub(super) fn view(self, count: u32, now: Timestamp, created_at: i64, recorded_from: Option<i64>) -> DeviceHistory {
        let today = now.as_microsecond().div_euclid(DAY_MICROS);
        let created = created_at.div_euclid(DAY_MICROS);
        let recorded = recorded_from.map_or(today, |at| at.div_euclid(DAY_MICROS));
        let day = |number: i64| {
            let known = self.days.iter().find(|Day(known, ..)| *known == number);
            let Day(_, backups, added_bytes, refusals) = known.copied().unwrap_or(Day(number, 0, 0, 0));
            let outcome = match (backups, refusals) {
                (1.., _) => DayOutcome::Done,
                (0, 1..) => DayOutcome::Refused,
                (0, 0) if number < created => DayOutcome::Absent,
                (0, 0) if number < recorded => DayOutcome::Unknown,
                (0, 0) => DayOutcome::Nothing,
            };
            BackupDay { day: written(number), outcome, backups, added_bytes, refusals }
        };
        let days = (today - i64::from(count) + 1..=today).map(day).collect();
        let backups = self.backups.iter().rev();
        DeviceHistory {
            days,
            backups: backups
                .map(|Done(at, added)| Backup { at: Time::from_micros(*at), added_bytes: *added })
                .collect(),
            refusals: self.refusals.into_refusals().into_iter().rev().collect(),
        }
    }
}

/// `YYYY-MM-DD`.
fn written(day: i64) -> String {
    let at = Timestamp::from_microsecond(day.saturating_mul(DAY_MICROS)).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64, seconds: i64) -> Timestamp {
        Timestamp::from_microsecond(day * DAY_MICROS + seconds * 1_000_000).unwrap()
    }

    fn snapshot(day: i64, used_bytes: u64) -> Snapshot {
        Snapshot { at: at(day, 7200), used_bytes }
    }

    fn refusal(day: i64, seconds: i64, operation: RefusedOperation) -> Trail {
        let at = Time(at(day, seconds));
        let mut trail = Trail::default();
        trail.add(Refusal {
            first_at: at,
            last_at: at,
            count: 1,
            requests: 1,
            operation,
            code: "customer_suspended".to_owned(),
            sentence: "Customer acme is suspended".to_owned(),
            address: None,
        });
        trail
    }

    #[test]
    fn nights_are_done_refused_or_nothing_and_say_so_only_since_they_are_recorded() {
        use DayOutcome::{Absent, Done, Nothing, Refused, Unknown};
        let mut history = History::new(false);
        history.backup(snapshot(20_000, 1000));
        history.backup(snapshot(20_001, 1500));
        history.backup(snapshot(20_001, 1500));
        history.refused(refusal(20_002, 7200, RefusedOperation::Upload));
        history.refused(refusal(20_002, 7201, RefusedOperation::Upload));
        history.refused(refusal(20_003, 7200, RefusedOperation::Delete));
        history.backup(snapshot(20_004, 1200));
        history.refused(refusal(20_004, 9000, RefusedOperation::Read));
        let view = history.view(8, at(20_005, 60), 19_999 * DAY_MICROS, Some(20_000 * DAY_MICROS));
        let outcomes: Vec<DayOutcome> = view.days.iter().map(|day| day.outcome).collect();
        assert_eq!(outcomes, [Absent, Unknown, Done, Done, Refused, Nothing, Done, Nothing]);
        let numbers: Vec<_> = view.days.iter().map(|day| (day.backups, day.added_bytes, day.refusals)).collect();
        assert_eq!(numbers[2..7], [(1, 1000, 0), (1, 500, 0), (0, 0, 1), (0, 0, 0), (1, -300, 1)]);
        assert_eq!(view.days[2].day, "2024-10-04");
        assert_eq!(
            view.backups.iter().map(|backup| backup.added_bytes).collect::<Vec<_>>(),
            [Some(-300), Some(500), Some(1000)]
        );
        assert_eq!(view.refusals[0].operation, RefusedOperation::Read);
        assert_eq!((view.refusals.len(), view.refusals[2].count, view.refusals[2].requests), (3, 1, 2));
    }

    #[test]
    fn what_came_before_anything_was_kept_is_not_taken_for_what_the_next_backup_added() {
        let mut history = History::new(true);
        history.backup(snapshot(20_000, 1000));
        history.backup(snapshot(20_001, 1100));
        let added: Vec<_> = history.backups.iter().map(|Done(_, added)| *added).collect();
        assert_eq!(added, [None, Some(100)]);
    }

    #[test]
    fn it_never_grows_beyond_a_few_kilobytes() {
        let mut history = History::new(false);
        for day in 0..2000 {
            for second in 0..3 {
                history.backup(Snapshot { at: at(day, second), used_bytes: u64::MAX / 2 });
                let mut trail = refusal(day, second, RefusedOperation::Upload).into_refusals();
                trail[0].sentence = format!("{:099}", day * 3 + second);
                let mut flood = Trail::default();
                flood.add(trail.remove(0));
                history.refused(flood);
            }
        }
        assert_eq!((history.days.len(), history.backups.len()), (60, BACKUPS));
        let length = serde_json::to_string(&history).unwrap().len();
        assert!(length < 12_000, "{length}");
    }
}
