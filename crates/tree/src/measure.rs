//! How a sum that changes is measured by days: its average over the time, its high water, what it was at the end. Exact,
//! whatever the moments at which it is looked at: each change closes the stretch before it. Days are those of UTC and
//! counted, like the seconds, from 1970. What nobody measured is a gap, and in no figure.

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// The day of a second.
pub fn day_of(second: i64) -> i64 {
    second.div_euclid(DAY)
}

/// When somebody measured.
#[derive(Clone, Debug, Default)]
pub struct Coverage {
    /// The second at which measuring began for the first time; never, where there is none.
    began: Option<i64>,
    /// From and until, apart from each other.
    gaps: Vec<(i64, i64)>,
}

impl Coverage {
    pub fn new(began: Option<i64>, gaps: Vec<(i64, i64)>) -> Self {
        Self { began, gaps }
    }

    /// The day on which measuring began.
    pub fn first_day(&self) -> Option<i64> {
        self.began.map(day_of)
    }

    /// How many of these seconds were measured.
    pub fn seconds(&self, from: i64, until: i64) -> i64 {
        let Some(began) = self.began else { return 0 };
        let from = from.max(began);
        let missed: i64 = self.gaps.iter().map(|(lost, found)| ((*found).min(until) - (*lost).max(from)).max(0)).sum();
        (until - from - missed).max(0)
    }
}

/// A day of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    pub day: i64,
    /// How much of it was measured.
    pub seconds: i64,
    /// Over the measured time, rounded to a byte.
    pub average_bytes: i64,
    /// The greatest that held at any time.
    pub high_bytes: i64,
    /// What held at the end.
    pub last_bytes: i64,
    /// At the end.
    pub devices: i64,
    /// Of these, those that have no backup.
    pub devices_without_backup: i64,
    /// Devices that completed a backup on that day.
    pub devices_backed_up: i64,
}

/// What holds at one node, and the day of its last change as far as it has gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Open {
    /// The second of the last change.
    pub at: i64,
    /// What holds since.
    pub used_bytes: i64,
    pub devices: i64,
    pub devices_without_backup: i64,
    /// Bytes times time from the beginning of that day until `at`: so many byte-days, and less than one in byte-seconds. One
    /// number of byte-seconds would not hold what an exabyte comes to.
    pub byte_days: i64,
    pub byte_seconds: i64,
    pub high_bytes: i64,
    pub devices_backed_up: i64,
}

/// Bytes times seconds.
type Area = i128;

impl Open {
    fn area(&self) -> Area {
        Area::from(self.byte_days) * Area::from(DAY) + Area::from(self.byte_seconds)
    }

    fn area_until(&self, until: i64, coverage: &Coverage) -> Area {
        self.area() + Area::from(self.used_bytes) * Area::from(coverage.seconds(self.at, until))
    }

    /// Its day until this second, which is not beyond the day.
    fn day_until(&self, until: i64, coverage: &Coverage) -> Day {
        let day = day_of(self.at);
        let seconds = coverage.seconds(day * DAY, until);
        let area = self.area_until(until, coverage);
        let average_bytes = if seconds > 0 {
            let seconds = Area::from(seconds);
            i64::try_from((area + seconds / 2).div_euclid(seconds)).unwrap_or(i64::MAX)
        } else {
            self.used_bytes
        };
        Day {
            day,
            seconds,
            average_bytes,
            high_bytes: self.high_bytes,
            last_bytes: self.used_bytes,
            devices: self.devices,
            devices_without_backup: self.devices_without_backup,
            devices_backed_up: self.devices_backed_up,
        }
    }

    /// Its day, as far as it has gone by now.
    pub fn day(&self, now: i64, coverage: &Coverage) -> Day {
        let end = (day_of(self.at) + 1) * DAY;
        self.day_until(now.clamp(self.at, end), coverage)
    }

    /// Goes on to now, before something changes. The day of the change before, if it has ended. Days between these two, on
    /// which nothing changed, are none of their own: [`days`] knows them.
    pub fn advance(&mut self, now: i64, coverage: &Coverage) -> Option<Day> {
        // Several processes' clocks differ a little.
        let now = now.max(self.at);
        let (begun, today) = (day_of(self.at), day_of(now));
        let closed = (begun < today).then(|| self.day_until((begun + 1) * DAY, coverage));
        let area = if closed.is_some() {
            self.high_bytes = self.used_bytes;
            self.devices_backed_up = 0;
            Area::from(self.used_bytes) * Area::from(coverage.seconds(today * DAY, now))
        } else {
            self.area_until(now, coverage)
        };
        // A day of the greatest number that a column holds fits.
        self.byte_days = i64::try_from(area.div_euclid(Area::from(DAY))).unwrap_or(i64::MAX);
        self.byte_seconds = i64::try_from(area.rem_euclid(Area::from(DAY))).unwrap_or_default();
        self.at = now;
        closed
    }

    /// From now on something else holds.
    pub fn hold(&mut self, used_bytes: i64) {
        self.used_bytes = used_bytes;
        self.high_bytes = self.high_bytes.max(used_bytes);
    }
}

/// The days from one to another, of which something was measured. `stored`: days on which something changed, in order, and
/// before them the last one before `from`, if there is any. A day without a change has what held at the end of the one
/// before.
pub fn days(from: i64, to: i64, stored: &[Day], open: &Open, now: i64, coverage: &Coverage) -> Vec<Day> {
    let mut days = Vec::new();
    let mut stored = stored.iter().copied().chain([open.day(now, coverage)]).peekable();
    let mut before: Option<Day> = None;
    while let Some(early) = stored.next_if(|stored| stored.day < from) {
        before = Some(early);
    }
    for day in from..=to.min(day_of(now)) {
        let changed = stored.next_if(|stored| stored.day == day);
        before = changed.or(before);
        let Some(known) = before else { continue };
        let shown = changed.unwrap_or_else(|| Day {
            day,
            seconds: coverage.seconds(day * DAY, now.min((day + 1) * DAY)),
            average_bytes: known.last_bytes,
            high_bytes: known.last_bytes,
            devices_backed_up: 0,
            ..known
        });
        if shown.seconds > 0 {
            days.push(shown);
        }
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BEGAN: i64 = 20_000 * DAY;

    fn open(at: i64) -> Open {
        Open {
            at,
            used_bytes: 0,
            devices: 0,
            devices_without_backup: 0,
            byte_days: 0,
            byte_seconds: 0,
            high_bytes: 0,
            devices_backed_up: 0,
        }
    }

    /// Second by second, as nobody would do it.
    fn naive(changes: &[(i64, i64)], now: i64, gaps: &[(i64, i64)], step: i64) -> Vec<Day> {
        let mut days: Vec<(Day, i128)> = Vec::new();
        let mut at = BEGAN;
        while at < now {
            let held = changes.iter().rev().find(|(since, _)| *since <= at).map_or(0, |(_, bytes)| *bytes);
            if !gaps.iter().any(|(lost, found)| *lost <= at && at < *found) {
                let day = day_of(at);
                if days.last().is_none_or(|(last, _)| last.day != day) {
                    // Before the first change of the day that held which held in the evening before.
                    days.push((Day { seconds: 0, ..open(at).day(at, &Coverage::default()) }, 0));
                }
                let (last, area) = days.last_mut().unwrap();
                last.seconds += step;
                *area += i128::from(held) * i128::from(step);
            }
            at += step;
        }
        for (day, area) in &mut days {
            let (begin, end) = (day.day * DAY, (day.day + 1) * DAY);
            let held_at = |at: i64| changes.iter().rev().find(|(since, _)| *since < at).map_or(0, |(_, bytes)| *bytes);
            let within = changes.iter().filter(|(since, _)| (begin..end.min(now + 1)).contains(since));
            day.high_bytes = within.map(|(_, bytes)| *bytes).chain([held_at(begin)]).max().unwrap();
            day.last_bytes = held_at(end.min(now + 1));
            let seconds = i128::from(day.seconds);
            day.average_bytes = i64::try_from((*area + seconds / 2) / seconds).unwrap();
        }
        days.into_iter().map(|(day, _)| day).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]
        #[test]
        fn what_is_folded_change_by_change_is_what_held_second_by_second(
            waits in prop::collection::vec((0_i64..200, 0_i64..1_000_000_000_000_000), 0..25),
            gaps in prop::collection::vec((1_i64..400, 1_i64..300), 0..4),
            rest in 0_i64..300,
        ) {
            // Steps of ten minutes, so that some five days pass.
            const STEP: i64 = 600;
            let mut at = BEGAN;
            let mut lost = Vec::new();
            for (wait, length) in gaps {
                let from = at + wait * STEP;
                at = from + length * STEP;
                lost.push((from, at));
            }
            let coverage = Coverage::new(Some(BEGAN), lost.clone());
            let (mut open, mut stored, mut changes, mut now) = (open(BEGAN), Vec::new(), Vec::new(), BEGAN);
            for (wait, bytes) in waits {
                now += wait * STEP;
                // Nobody writes while nobody measures.
                now = lost.iter().find(|(from, until)| *from < now && now < *until).map_or(now, |(_, until)| *until);
                stored.extend(open.advance(now, &coverage));
                open.hold(bytes);
                changes.push((now, bytes));
            }
            now += rest * STEP;
            let found = days(day_of(BEGAN), day_of(now), &stored, &open, now, &coverage);
            prop_assert_eq!(found, naive(&changes, now, &lost, STEP));
        }
    }

    #[test]
    fn half_a_day_of_an_exabyte_is_half_an_exabyte() {
        let coverage = Coverage::new(Some(BEGAN), Vec::new());
        let mut open = open(BEGAN);
        open.advance(BEGAN + DAY / 2, &coverage);
        open.hold(1_000_000_000_000_000_000);
        let closed = open.advance(BEGAN + DAY, &coverage).unwrap();
        assert_eq!((closed.average_bytes, closed.high_bytes), (500_000_000_000_000_000, 1_000_000_000_000_000_000));
    }

    #[test]
    fn before_measuring_began_there_are_no_days() {
        let mut before = open(0);
        before.used_bytes = 700;
        let coverage = Coverage::new(Some(BEGAN + DAY / 4), Vec::new());
        let found = days(day_of(BEGAN) - 5, day_of(BEGAN), &[], &before, BEGAN + DAY / 2, &coverage);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].seconds, found[0].average_bytes, found[0].last_bytes), (DAY / 4, 700, 700));
    }
}
