//! How fast backups may be: what the value of `throttle` may be, and what it means.

use std::sync::Arc;

use api::grant::OwnThrottle;
use api::setting::{Hours, RateInForce, Throttle, WeekPart, Weekday};
use api::units::Time;
use api::{Code, Error, FieldError};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;
use tree::schedule::{DAY, EVERY_DAY, Schedule, Stretch, WORKING_DAYS};

/// Slower than this a client takes its connection for dead.
const SLOWEST: u64 = 8_000;
/// Faster than anything that is limited.
const FASTEST: u64 = 1_000_000_000_000;
/// Half an hour each.
const MOST_PARTS: usize = 7 * 48;

const WEEK: [Weekday; 7] =
    [Weekday::Mon, Weekday::Tue, Weekday::Wed, Weekday::Thu, Weekday::Fri, Weekday::Sat, Weekday::Sun];

pub(super) fn check(value: Value, _: Timestamp) -> Result<Value, Error> {
    let throttle: Throttle = base::http::read_object(value)?;
    let mut wrong = Vec::new();
    let schedule = read(&throttle, &mut wrong);
    if wrong.is_empty() {
        let time_zone = schedule.zone.iana_name().unwrap_or("UTC").to_owned();
        let week = throttle.week.clone().map(|parts| parts.into_iter().map(in_order).collect());
        return serde_json::to_value(Throttle { time_zone, week, ..throttle }).map_err(Error::internal);
    }
    Err(Error::fields(wrong))
}

fn in_order(mut part: WeekPart) -> WeekPart {
    part.days.sort_unstable();
    part.days.dedup();
    part
}

/// What a value means, with what is wrong about it.
struct Read {
    zone: TimeZone,
    stretches: Vec<Stretch>,
}

fn read(throttle: &Throttle, wrong: &mut Vec<FieldError>) -> Read {
    let mut add = |field: &str, code: Code, detail: &str| wrong.push(FieldError::new(field, code, detail));
    let zone = TimeZone::get(&throttle.time_zone).unwrap_or_else(|_| {
        add("time_zone", Code::Invalid, "Must be a time zone as the IANA database calls it, say Europe/Berlin.");
        TimeZone::UTC
    });
    let mut stretches = Vec::new();
    if let Some(week) = &throttle.week {
        let beside = [
            ("bytes_per_second", throttle.bytes_per_second.is_some()),
            ("window", throttle.window.is_some()),
            ("off_on_weekend", throttle.off_on_weekend),
        ];
        for (field, _) in beside.into_iter().filter(|(_, given)| *given) {
            add(field, Code::Invalid, "Each part of the week says it for itself.");
        }
        if week.is_empty() && throttle.enabled {
            add(
                "week",
                Code::Required,
                "Needs at least one part; where nothing is limited, say that it is not enabled.",
            );
        }
        if week.len() > MOST_PARTS {
            add("week", Code::OutOfRange, "A week has at most 336 parts.");
        }
        for (at, part) in week.iter().take(MOST_PARTS).enumerate() {
            if part.days.is_empty() {
                add(&format!("week[{at}].days"), Code::Required, "Name at least one day.");
            }
            if let Some(detail) = rate_is_wrong(part.bytes_per_second) {
                add(&format!("week[{at}].bytes_per_second"), Code::OutOfRange, detail);
            }
            let days = part.days.iter().fold(0, |days, day| days | (1 << (*day as u8)));
            let Some((from, to)) = hours(&part.from, &part.to, &format!("week[{at}]."), &mut add) else { continue };
            let stretch = Stretch { days, from, to, rate: part.bytes_per_second };
            if stretches.iter().any(|other| stretch.overlaps(*other)) {
                add(&format!("week[{at}]"), Code::Invalid, "Overlaps with a part before it.");
            }
            stretches.push(stretch);
        }
    } else {
        match throttle.bytes_per_second {
            None if throttle.enabled => add("bytes_per_second", Code::Required, "Say how fast, or give a week."),
            rate => {
                if let Some(detail) = rate.and_then(rate_is_wrong) {
                    add("bytes_per_second", Code::OutOfRange, detail);
                }
            }
        }
        let always = Some((0, DAY));
        let window = throttle.window.as_ref();
        let hours = window.map_or(always, |window| hours(&window.from, &window.to, "window.", &mut add));
        if let (Some((from, to)), Some(rate)) = (hours, throttle.bytes_per_second) {
            let days = if throttle.off_on_weekend { WORKING_DAYS } else { EVERY_DAY };
            stretches.push(Stretch { days, from, to, rate });
        }
    }
    Read { zone, stretches }
}

fn rate_is_wrong(rate: u64) -> Option<&'static str> {
    (!(SLOWEST..=FASTEST).contains(&rate)).then_some("Must be between 8000 (64 kbit/s) and 1000000000000.")
}

/// The minutes of a day with which hours begin and end.
pub(super) fn hours(from: &str, to: &str, place: &str, add: &mut impl FnMut(&str, Code, &str)) -> Option<(u16, u16)> {
    let begin = minute(from).filter(|minute| *minute < DAY);
    if begin.is_none() {
        add(&format!("{place}from"), Code::Invalid, "Must be a time of the day, as 08:00.");
    }
    let end = minute(to);
    if end.is_none() {
        add(&format!("{place}to"), Code::Invalid, "Must be a time of the day, as 18:00, or 24:00.");
    }
    let (begin, end) = (begin?, end?);
    if begin == end {
        add(&format!("{place}to"), Code::Invalid, "Must be another time than the one it begins with.");
        return None;
    }
    Some((begin, end))
}

fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.split_once(':')?;
    let part =
        |text: &str| (text.len() == 2 && text.bytes().all(|it| it.is_ascii_digit())).then(|| text.parse().ok())?;
    let (hour, minute): (u16, u16) = (part(hour)?, part(minute)?);
    (minute < 60 && hour * 60 + minute <= DAY).then_some(hour * 60 + minute)
}

/// A value that was checked, where it limits anything.
fn schedule(value: &Value) -> Option<Schedule> {
    let throttle: Throttle = serde_json::from_value(value.clone()).ok().filter(|it: &Throttle| it.enabled)?;
    let Read { zone, stretches } = read(&throttle, &mut Vec::new());
    Some(Schedule::new(zone, stretches))
}

/// What the gateway has to know of a value.
pub(super) fn own(value: &Value, locked: bool) -> OwnThrottle {
    OwnThrottle { schedule: schedule(value).map(Arc::new), locked }
}

pub(super) fn rate_at(value: &Value, at: Timestamp) -> RateInForce {
    let Some(schedule) = schedule(value) else { return RateInForce { bytes_per_second: None, until: None } };
    RateInForce { bytes_per_second: schedule.rate_at(at), until: schedule.next_change(at).map(Time) }
}

pub(super) fn words(value: &Value) -> String {
    let throttle: Option<Throttle> = serde_json::from_value(value.clone()).ok();
    let Some(throttle) = throttle.filter(|it| it.enabled) else { return "not limited".to_owned() };
    let zone = &throttle.time_zone;
    if let Some(week) = &throttle.week {
        let parts: Vec<String> = week.iter().map(part_in_words).collect();
        return format!("{} ({zone})", parts.join("; "));
    }
    let rate = bits(throttle.bytes_per_second.unwrap_or_default());
    let hours = throttle.window.map(|Hours { from, to }| format!(" from {from} to {to}"));
    let weekend = if throttle.off_on_weekend { ", not at weekends" } else { "" };
    let whose = if hours.is_some() || throttle.off_on_weekend { format!(" ({zone})") } else { String::new() };
    format!("{rate}{}{weekend}{whose}", hours.unwrap_or_default())
}

fn part_in_words(part: &WeekPart) -> String {
    let days = days_in_words(&part.days);
    format!("{} {days} from {} to {}", bits(part.bytes_per_second), part.from, part.to)
}

pub(super) fn days_in_words(days: &[Weekday]) -> String {
    let is_in = |day: &Weekday| days.contains(day);
    match days {
        days if days.len() == 7 => "daily".to_owned(),
        // Days that follow each other, from the first to the last.
        [first, .., last] if WEEK.iter().filter(|day| (first..=last).contains(day)).all(is_in) => {
            format!("{first:?} to {last:?}")
        }
        days => days.iter().map(|day| format!("{day:?}")).collect::<Vec<_>>().join(", "),
    }
}

/// A rate as lines are sold.
fn bits(bytes_per_second: u64) -> String {
    let bits = bytes_per_second * 8;
    let (unit, name) = match bits {
        1_000_000_000.. => (1_000_000_000, "Gbit/s"),
        1_000_000.. => (1_000_000, "Mbit/s"),
        _ => (1_000, "kbit/s"),
    };
    let (whole, thousandths) = (bits / unit, bits % unit * 1000 / unit);
    let rest = format!("{thousandths:03}");
    match rest.trim_end_matches('0') {
        "" => format!("{whole} {name}"),
        rest => format!("{whole}.{rest} {name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fields(value: Value) -> Vec<String> {
        let error = check(value, Timestamp::UNIX_EPOCH).unwrap_err();
        error.fields.into_iter().map(|field| format!("{} {}", field.field, field.code)).collect()
    }

    #[test]
    fn hours_of_working_days_mean_what_they_say() {
        let value = json!({ "enabled": true, "bytes_per_second": 1_250_000, "window": { "from": "08:00", "to": "18:00" },
            "off_on_weekend": true, "time_zone": "europe/berlin" });
        let value = check(value, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(value["time_zone"], "Europe/Berlin");
        assert_eq!(words(&value), "10 Mbit/s from 08:00 to 18:00, not at weekends (Europe/Berlin)");
        // Monday.
        let rate = rate_at(&value, "2026-05-04T07:00:00Z".parse().unwrap());
        assert_eq!(rate.bytes_per_second, Some(1_250_000));
        assert_eq!(rate.until.unwrap().0, "2026-05-04T16:00:00Z".parse().unwrap());
        let off = check(json!({ "enabled": false }), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(rate_at(&off, Timestamp::UNIX_EPOCH), RateInForce { bytes_per_second: None, until: None });
        assert!(own(&off, true).schedule.is_none());
        assert_eq!(words(&off), "not limited");
        assert_eq!(words(&json!({ "enabled": true, "bytes_per_second": 62_500 })), "500 kbit/s");
    }

    #[test]
    fn a_week_has_rates_of_its_own() {
        let part = |days: Value, from: &str, to: &str, rate: u64| json!({ "days": days, "from": from, "to": to, "bytes_per_second": rate });
        let week = json!([
            part(json!(["fri", "mon", "tue", "wed", "thu"]), "08:00", "18:00", 125_000),
            part(json!(["sat", "mon"]), "22:00", "06:00", 312_500),
        ]);
        let value = check(json!({ "enabled": true, "week": week }), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(
            words(&value),
            "1 Mbit/s Mon to Fri from 08:00 to 18:00; 2.5 Mbit/s Mon, Sat from 22:00 to 06:00 (UTC)"
        );
        let rate = |at: &str| rate_at(&value, at.parse().unwrap()).bytes_per_second;
        assert_eq!(rate("2026-05-04T12:00:00Z"), Some(125_000));
        assert_eq!(rate("2026-05-04T23:00:00Z"), Some(312_500));
        assert_eq!(rate("2026-05-05T03:00:00Z"), None);
        let overlapping = json!([
            part(json!(["mon", "tue"]), "22:00", "06:00", 125_000),
            part(json!(["tue"]), "05:30", "07:00", 125_000),
        ]);
        assert_eq!(fields(json!({ "enabled": true, "week": overlapping })), ["week[1] invalid"]);
        assert_eq!(fields(json!({ "enabled": true, "week": [] })), ["week required"]);
        assert_eq!(
            fields(json!({ "enabled": true, "bytes_per_second": 8000, "off_on_weekend": true,
                "week": [part(json!([]), "25:00", "24:00", 1)] })),
            [
                "bytes_per_second invalid",
                "off_on_weekend invalid",
                "week[0].days required",
                "week[0].bytes_per_second out_of_range",
                "week[0].from invalid"
            ]
        );
    }

    #[test]
    fn what_cannot_be_is_named() {
        let with = |more: Value| {
            let mut value = json!({ "enabled": true, "bytes_per_second": 8000 });
            value.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            fields(value)
        };
        assert_eq!(fields(json!({ "enabled": true })), ["bytes_per_second required"]);
        assert_eq!(with(json!({ "bytes_per_second": 7999 })), ["bytes_per_second out_of_range"]);
        assert_eq!(with(json!({ "bytes_per_second": -1 })), ["bytes_per_second invalid"]);
        assert_eq!(with(json!({ "time_zone": "Mars/Olympus" })), ["time_zone invalid"]);
        assert_eq!(with(json!({ "window": { "from": "08:00", "to": "08:00" } })), ["window.to invalid"]);
        assert_eq!(
            with(json!({ "window": { "from": "24:00", "to": "8:00" } })),
            ["window.from invalid", "window.to invalid"]
        );
        assert_eq!(with(json!({ "surprise": 1 })), ["surprise unknown_field"]);
        assert_eq!(fields(json!(true)), [". invalid"]);
        assert_eq!(fields(json!([true, 9000])), [". invalid"]);
    }
}
