//! When somebody is told of what has just opened. Pure.

use api::notification::{Pace, QuietHours};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan as _};

/// What a rule says of the time.
#[derive(Clone, Debug)]
pub(super) struct When {
    pub(super) pace: Pace,
    pub(super) at_hour: i64,
    pub(super) zone: TimeZone,
    pub(super) delay_minutes: i64,
    pub(super) quiet: Option<(Time, Time)>,
}

/// Reads `22:00`.
pub(super) fn time(text: &str) -> Option<Time> {
    let (hour, minute) = text.split_once(':')?;
    if hour.len() != 2 || minute.len() != 2 {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// Reads hours; nothing where they are none, or all of them.
pub(super) fn quiet(hours: &QuietHours) -> Option<(Time, Time)> {
    let (from, to) = (time(&hours.from)?, time(&hours.to)?);
    (from != to).then_some((from, to))
}

impl When {
    /// For what opens now: after its delay, at the next hour of the day that is meant, and not at a quiet one.
    pub(super) fn due(&self, now: Timestamp) -> Timestamp {
        let waited = now.checked_add(self.delay_minutes.minutes()).unwrap_or(now);
        let due = match self.pace {
            Pace::Event => waited,
            Pace::Day => self.next_hour(waited),
        };
        self.loud(due)
    }

    /// The next time that the clock shows this hour.
    fn next_hour(&self, after: Timestamp) -> Timestamp {
        let hour = i8::try_from(self.at_hour).unwrap_or_default();
        let here = after.to_zoned(self.zone.clone());
        (0..3)
            .filter_map(|days| here.date().checked_add(days.days()).ok())
            // An hour that a day doesn't have is the one behind the gap.
            .filter_map(|date| date.at(hour, 0, 0, 0).to_zoned(self.zone.clone()).ok())
            .map(|zoned| zoned.timestamp())
            .find(|at| *at >= after)
            .unwrap_or(after)
    }

    /// The end of the quiet hours, where it is one of them.
    fn loud(&self, at: Timestamp) -> Timestamp {
        let Some((from, to)) = self.quiet else { return at };
        let here = at.to_zoned(self.zone.clone());
        let clock = here.time();
        let is_quiet = if from < to { from <= clock && clock < to } else { clock >= from || clock < to };
        if !is_quiet {
            return at;
        }
        let day = if clock < to { Ok(here.date()) } else { here.date().checked_add(1.day()) };
        let end = day.and_then(|day| day.to_datetime(to).to_zoned(self.zone.clone()));
        end.map_or(at, |end| end.timestamp().max(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn when(pace: Pace, hours: Option<(&str, &str)>) -> When {
        let quiet = hours.and_then(|(from, to)| quiet(&QuietHours { from: from.to_owned(), to: to.to_owned() }));
        When { pace, at_hour: 7, zone: TimeZone::get("Europe/Berlin").unwrap(), delay_minutes: 10, quiet }
    }

    #[test]
    fn it_is_told_after_its_delay_and_not_at_night() {
        let at_once = when(Pace::Event, None);
        assert_eq!(at_once.due(at("2026-05-01T12:00:00Z")), at("2026-05-01T12:10:00Z"));
        let but_at_night = when(Pace::Event, Some(("22:00", "06:30")));
        assert_eq!(but_at_night.due(at("2026-05-01T12:00:00Z")), at("2026-05-01T12:10:00Z"));
        // 22:05 and 05:10 there.
        assert_eq!(but_at_night.due(at("2026-05-01T19:55:00Z")), at("2026-05-02T04:30:00Z"));
        assert_eq!(but_at_night.due(at("2026-05-02T03:00:00Z")), at("2026-05-02T04:30:00Z"));
        let at_noon = when(Pace::Event, Some(("12:00", "13:00")));
        assert_eq!(at_noon.due(at("2026-05-01T10:00:00Z")), at("2026-05-01T11:00:00Z"));
    }

    #[test]
    fn once_a_day_is_at_its_hour_by_the_clock_on_the_wall() {
        let daily = when(Pace::Day, None);
        assert_eq!(daily.due(at("2026-05-01T04:49:00Z")), at("2026-05-01T05:00:00Z"));
        assert_eq!(daily.due(at("2026-05-01T04:51:00Z")), at("2026-05-02T05:00:00Z"));
        // The clocks are put back that night.
        assert_eq!(daily.due(at("2026-10-24T12:00:00Z")), at("2026-10-25T06:00:00Z"));
    }

    #[test]
    fn hours_are_read_as_clocks_show_them() {
        assert_eq!(time("07:30").map(|time| time.to_string()), Some("07:30:00".to_owned()));
        for wrong in ["7:30", "24:00", "", "aa:bb", "07:60", "07:300"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
        assert_eq!(quiet(&QuietHours { from: "08:00".to_owned(), to: "08:00".to_owned() }), None);
    }
}
