//! When reports are due. Pure.

use api::report::Every;
use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

/// How often, at which hour, by which clock.
#[derive(Clone, Debug)]
pub(super) struct Rhythm {
    pub(super) every: Every,
    pub(super) at_hour: i64,
    pub(super) zone: TimeZone,
}

impl Rhythm {
    /// The first moment after this one at which it is due.
    pub(super) fn next(&self, after: Timestamp) -> Timestamp {
        self.around(after).into_iter().find(|at| *at > after).unwrap_or(Timestamp::MAX)
    }

    /// The first moment after this one at which it is due again, where one came at another: not twice in a period.
    pub(super) fn next_after(&self, now: Timestamp, sent: Option<Timestamp>) -> Timestamp {
        let half = match self.every {
            Every::Day => 12,
            Every::Week => 84,
            Every::Month => 14 * 24,
        };
        let too_early =
            |at: Timestamp| sent.is_some_and(|sent| at.duration_since(sent) < SignedDuration::from_hours(half));
        let mut next = self.next(now);
        while too_early(next) {
            next = self.next(next);
        }
        next
    }

    /// The last moment at which it was due, this one included.
    pub(super) fn last(&self, now: Timestamp) -> Timestamp {
        self.around(now).into_iter().rev().find(|at| *at <= now).unwrap_or(Timestamp::MIN)
    }

    /// A period before this moment, as the clock on the wall counts it.
    pub(super) fn before(&self, at: Timestamp) -> Timestamp {
        let span = match self.every {
            Every::Day => 1.day(),
            Every::Week => 1.week(),
            Every::Month => 1.month(),
        };
        at.to_zoned(self.zone.clone()).checked_sub(span).map_or(at, |before| before.timestamp())
    }

    /// The moments about this one, in order.
    fn around(&self, at: Timestamp) -> Vec<Timestamp> {
        let today = at.to_zoned(self.zone.clone()).date();
        let hour = i8::try_from(self.at_hour).unwrap_or_default();
        let date = |away: i64| -> Option<Date> {
            match self.every {
                Every::Day => today.checked_add(away.days()).ok(),
                Every::Week => {
                    let since = i64::from(today.weekday().since(Weekday::Monday));
                    today.checked_add((away * 7 - since).days()).ok()
                }
                Every::Month => today.first_of_month().checked_add(away.months()).ok(),
            }
        };
        // An hour that a day doesn't have is the one behind the gap; of two the first.
        let moment = |date: Date| date.at(hour, 0, 0, 0).to_zoned(self.zone.clone()).ok();
        (-2..=2).filter_map(date).filter_map(moment).map(|zoned| zoned.timestamp()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rhythm(every: Every, zone: &str) -> Rhythm {
        Rhythm { every, at_hour: 7, zone: TimeZone::get(zone).unwrap() }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn it_is_due_by_the_clock_on_the_wall() {
        let daily = rhythm(Every::Day, "Europe/Berlin");
        assert_eq!(daily.next(at("2026-05-01T04:59:59Z")), at("2026-05-01T05:00:00Z"));
        assert_eq!(daily.next(at("2026-05-01T05:00:00Z")), at("2026-05-02T05:00:00Z"));
        assert_eq!(daily.last(at("2026-05-01T05:00:00Z")), at("2026-05-01T05:00:00Z"));
        // The clocks are put back in the night to the 25th.
        assert_eq!(daily.next(at("2026-10-24T12:00:00Z")), at("2026-10-25T06:00:00Z"));
        assert_eq!(daily.before(at("2026-10-25T06:00:00Z")), at("2026-10-24T05:00:00Z"));
        // 2026-05-04 is a Monday.
        let weekly = rhythm(Every::Week, "UTC");
        assert_eq!(weekly.next(at("2026-05-01T12:00:00Z")), at("2026-05-04T07:00:00Z"));
        assert_eq!(weekly.next(at("2026-05-04T07:00:00Z")), at("2026-05-11T07:00:00Z"));
        let monthly = rhythm(Every::Month, "America/New_York");
        assert_eq!(monthly.next(at("2026-01-31T12:00:00Z")), at("2026-02-01T12:00:00Z"));
        assert_eq!(monthly.last(at("2026-03-01T11:59:00Z")), at("2026-02-01T12:00:00Z"));
    }

    #[test]
    fn another_hour_or_rhythm_brings_no_second_one_in_the_same_period() {
        let daily = Rhythm { at_hour: 9, ..rhythm(Every::Day, "UTC") };
        let (now, sent) = (at("2026-05-01T08:00:00Z"), at("2026-05-01T07:00:00Z"));
        assert_eq!(daily.next_after(now, None), at("2026-05-01T09:00:00Z"));
        assert_eq!(daily.next_after(now, Some(sent)), at("2026-05-02T09:00:00Z"));
        let weekly = rhythm(Every::Week, "UTC");
        assert_eq!(weekly.next_after(now, Some(sent)), at("2026-05-11T07:00:00Z"));
    }

    #[test]
    fn an_hour_that_a_day_lacks_or_has_twice_comes_once() {
        let early = Rhythm { at_hour: 2, ..rhythm(Every::Day, "Europe/Berlin") };
        // Put forward on 2026-03-29 from two to three, put back on 2026-10-25 from three to two.
        assert_eq!(early.next(at("2026-03-28T12:00:00Z")), at("2026-03-29T01:00:00Z"));
        assert_eq!(early.next(at("2026-03-29T01:00:00Z")), at("2026-03-30T00:00:00Z"));
        assert_eq!(early.next(at("2026-10-24T12:00:00Z")), at("2026-10-25T00:00:00Z"));
        assert_eq!(early.next(at("2026-10-25T00:00:00Z")), at("2026-10-26T01:00:00Z"));
    }

    proptest! {
        #[test]
        fn it_comes_once_in_each_period(
            second in 1_700_000_000_i64..2_000_000_000,
            every in prop::sample::select(vec![Every::Day, Every::Week, Every::Month]),
            zone in prop::sample::select(vec!["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC"]),
            hour in 0_i64..24,
        ) {
            let now = Timestamp::from_second(second).unwrap();
            let rhythm = Rhythm { at_hour: hour, ..rhythm(every, zone) };
            let (last, next) = (rhythm.last(now), rhythm.next(now));
            prop_assert!(last <= now && now < next);
            prop_assert_eq!(rhythm.next(last), next);
            let hours = (next.as_second() - last.as_second()) / 3600;
            let bounds = match every { Every::Day => 23..=25, Every::Week => 167..=169, Every::Month => 671..=745 };
            prop_assert!(bounds.contains(&hours), "{hours}");
        }
    }
}
