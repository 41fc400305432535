//! Rates by the clock on somebody's wall: which rate holds at an instant, and until when. What counts is the local day and
//! time of the instant itself, so that weeks in which clocks are changed need no rule of their own.

use jiff::civil::{DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

/// Minutes of a day.
pub const DAY: u16 = 24 * 60;

/// Days of a week, the lowest bit for Monday.
pub const EVERY_DAY: u8 = 0b111_1111;
/// Monday to Friday.
pub const WORKING_DAYS: u8 = 0b1_1111;

/// A stretch of some days with a rate of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    /// A bit for each day, the lowest for Monday.
    pub days: u8,
    /// The minute of the day that it begins with.
    pub from: u16,
    /// The first minute after it; at most [`DAY`].
    pub to: u16,
    /// Bytes per second.
    pub rate: u64,
}

impl Stretch {
    /// The same without one that goes on behind midnight.
    pub fn within_days(self) -> impl Iterator<Item = Self> {
        let parts = if self.from < self.to {
            [self, Self { to: 0, ..self }]
        } else {
            [Self { to: DAY, ..self }, Self { from: 0, ..self }]
        };
        parts.into_iter().filter(|it| it.from < it.to)
    }

    /// Whether both hold at some time.
    pub fn overlaps(self, other: Self) -> bool {
        let others = || other.within_days();
        self.days & other.days != 0
            && self.within_days().any(|one| others().any(|other| one.from < other.to && other.from < one.to))
    }
}

/// Rates that hold at some times; at others nothing is limited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schedule {
    zone: TimeZone,
    stretches: Vec<Stretch>,
}

impl Schedule {
    /// Where stretches overlap the first one counts. One that begins later than it ends goes on behind midnight, on the same
    /// days: the day of an instant is the day on which it is. One that ends as it begins is none.
    pub fn new(zone: TimeZone, stretches: impl IntoIterator<Item = Stretch>) -> Self {
        let unwrapped = stretches.into_iter().filter(|it| it.from != it.to).flat_map(Stretch::within_days);
        Self { zone, stretches: unwrapped.collect() }
    }

    /// Bytes per second at an instant; nothing where it is not limited.
    pub fn rate_at(&self, instant: Timestamp) -> Option<u64> {
        self.rate_on(self.zone.to_datetime(instant))
    }

    fn rate_on(&self, local: DateTime) -> Option<u64> {
        let day = 1_u8 << local.weekday().to_monday_zero_offset();
        let minute = u16::try_from(i32::from(local.hour()) * 60 + i32::from(local.minute())).unwrap_or_default();
        self.stretches.iter().find(|it| it.days & day != 0 && (it.from..it.to).contains(&minute)).map(|it| it.rate)
    }

    /// When another rate holds than at an instant; nothing where that never changes.
    pub fn next_change(&self, instant: Timestamp) -> Option<Timestamp> {
        let now = self.rate_at(instant);
        let today = self.zone.to_datetime(instant).date();
        let mut minutes: Vec<u16> = self.stretches.iter().flat_map(|it| [it.from, it.to % DAY]).chain([0]).collect();
        minutes.sort_unstable();
        minutes.dedup();
        let clocks = (0..=8).filter_map(|days| today.checked_add(Span::new().days(days)).ok()).flat_map(|date| {
            minutes.iter().flat_map(move |minute| {
                let time = Time::midnight() + i64::from(*minute).minutes();
                let ambiguous = || self.zone.to_ambiguous_timestamp(date.to_datetime(time));
                // Where the clocks are put back a time is there twice.
                [ambiguous().earlier(), ambiguous().later()].into_iter().filter_map(Result::ok)
            })
        });
        let end = instant.checked_add((9 * 24).hours()).ok()?;
        let changes = self.zone.following(instant).map(|change| change.timestamp()).take_while(|at| *at < end);
        let mut moments: Vec<Timestamp> = clocks.chain(changes).filter(|at| *at > instant).collect();
        moments.sort_unstable();
        moments.into_iter().find(|at| self.rate_at(*at) != now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MBIT: u64 = 125_000;

    fn berlin() -> TimeZone {
        TimeZone::get("Europe/Berlin").unwrap()
    }

    fn local(zone: &TimeZone, text: &str) -> Timestamp {
        zone.to_timestamp(text.parse().unwrap()).unwrap()
    }

    fn hours(days: u8, from: u16, to: u16, rate: u64) -> Stretch {
        Stretch { days, from: from * 60, to: to * 60, rate }
    }

    #[test]
    fn hours_of_working_days_leave_evenings_and_the_weekend_alone() {
        let zone = berlin();
        let schedule = Schedule::new(zone.clone(), [hours(WORKING_DAYS, 8, 18, 10 * MBIT)]);
        let at = |text: &str| schedule.rate_at(local(&zone, text));
        // 4 May 2026 is a Monday.
        assert_eq!(at("2026-05-04T09:00"), Some(10 * MBIT));
        assert_eq!(at("2026-05-04T07:59:59.999"), None);
        assert_eq!(at("2026-05-04T08:00"), Some(10 * MBIT));
        assert_eq!(at("2026-05-04T18:00"), None);
        assert_eq!(at("2026-05-09T09:00"), None);
        let next = |text: &str| schedule.next_change(local(&zone, text)).unwrap();
        assert_eq!(next("2026-05-04T09:00"), local(&zone, "2026-05-04T18:00"));
        assert_eq!(next("2026-05-08T18:00"), local(&zone, "2026-05-11T08:00"));
    }

    #[test]
    fn what_goes_on_behind_midnight_is_judged_by_the_day_of_the_instant() {
        let schedule = Schedule::new(TimeZone::UTC, [hours(WORKING_DAYS, 22, 6, MBIT)]);
        let at = |text: &str| schedule.rate_at(text.parse().unwrap());
        assert_eq!(at("2026-05-04T03:00:00Z"), Some(MBIT), "Monday");
        assert_eq!(at("2026-05-08T23:00:00Z"), Some(MBIT), "Friday");
        assert_eq!(at("2026-05-09T03:00:00Z"), None, "Saturday");
        assert_eq!(at("2026-05-04T12:00:00Z"), None);
        assert_eq!(
            schedule.next_change("2026-05-08T23:00:00Z".parse().unwrap()),
            Some("2026-05-09T00:00:00Z".parse().unwrap())
        );
    }

    #[test]
    fn one_that_always_holds_never_changes() {
        let always = Schedule::new(berlin(), [hours(EVERY_DAY, 0, 24, MBIT)]);
        let now = "2026-10-24T12:00:00Z".parse().unwrap();
        assert_eq!((always.rate_at(now), always.next_change(now)), (Some(MBIT), None));
        let never = Schedule::new(TimeZone::UTC, []);
        assert_eq!((never.rate_at(now), never.next_change(now)), (None, None));
    }

    #[test]
    fn a_change_of_the_clocks_moves_the_hours_with_them() {
        let zone = berlin();
        // From two to three on Sunday, 29 March 2026 there is no time in Berlin; on 25 October it is there twice.
        let night = Schedule::new(zone.clone(), [hours(EVERY_DAY, 2, 4, MBIT)]);
        let first = "2026-03-29T00:59:00Z".parse().unwrap();
        assert_eq!(night.rate_at(first), None);
        assert_eq!(night.next_change(first), Some("2026-03-29T01:00:00Z".parse().unwrap()));
        assert_eq!(night.rate_at("2026-03-29T01:59:59Z".parse().unwrap()), Some(MBIT));
        assert_eq!(night.rate_at("2026-03-29T02:00:00Z".parse().unwrap()), None);
        let twice = Schedule::new(zone, [Stretch { days: EVERY_DAY, from: 120, to: 150, rate: MBIT }]);
        let rates: Vec<bool> = (0..5)
            .map(|half| {
                let begun: Timestamp = "2026-10-24T23:45:00Z".parse().unwrap();
                twice.rate_at(begun + (half * 30).minutes()).is_some()
            })
            .collect();
        assert_eq!(rates, [false, true, false, true, false]);
    }

    fn stretch() -> impl Strategy<Value = Stretch> {
        (0_u8..128, 0_u16..48, 0_u16..=48, 1_u64..4).prop_map(|(days, from, to, rate)| Stretch {
            days,
            from: from * 30,
            to: to * 30,
            rate,
        })
    }

    proptest! {
        #[test]
        fn nothing_changes_before_the_next_change(
            stretches in prop::collection::vec(stretch(), 0..5),
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kolkata", "America/St_Johns", "Australia/Lord_Howe"]),
            at in 1_770_000_000_i64..1_800_000_000,
        ) {
            let schedule = Schedule::new(TimeZone::get(zone).unwrap(), stretches);
            let begun = Timestamp::from_second(at).unwrap();
            let (rate, next) = (schedule.rate_at(begun), schedule.next_change(begun));
            // Looked at each quarter of an hour, on the quarter.
            let quarter = at - at % 900;
            for step in 1..(8 * 24 * 4) {
                let then = Timestamp::from_second(quarter + step * 900).unwrap();
                if next.is_some_and(|next| then >= next) {
                    break;
                }
                prop_assert_eq!(schedule.rate_at(then), rate, "{}", then);
            }
            if let Some(next) = next {
                prop_assert!(next > begun);
                prop_assert_ne!(schedule.rate_at(next), rate);
            }
        }
    }
}
