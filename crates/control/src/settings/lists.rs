//! Settings that are lists: what machines leave out, what they keep, when they back up. What they ask of a machine is carried out
//! by the helper that runs there.

use api::device::DeviceOrders;
use api::setting::{AllowedHours, Keep, KeepRule};
use api::units::Time;
use api::{Code, Error};
use base::text::{Checks, line};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tree::Path;
use tree::schedule::{DAY, Schedule, Stretch};

use super::Holding;
use super::registry::Setting;
use super::throttle::{days_in_words, hours};

const MOST_EXCLUSIONS: usize = 200;
const MOST_RULES: usize = 20;
const MOST_HOURS: usize = 50;
const LONGEST_PATTERN: usize = 500;
const MOST_KEPT: u32 = 10_000;

pub(super) const SETTINGS: &[Setting] = &[
    // What is left out, as restic takes it.
    Setting {
        check: exclusions,
        default: || json!([]),
        list: Some(|item| item.as_str().unwrap_or_default().to_owned()),
        words: |value| in_words(value, |item| item.as_str().unwrap_or_default().to_owned(), "nothing"),
        ..Setting::switch("exclusions")
    },
    // What is kept; without a rule everything is.
    Setting {
        check: retention,
        default: || json!([]),
        list: Some(|item| item["keep"].as_str().unwrap_or_default().to_owned()),
        words: |value| in_words(value, rule_in_words, "everything"),
        ..Setting::switch("retention")
    },
    // When backups may begin; without any, always.
    Setting {
        check: allowed_hours,
        default: || json!([]),
        list: Some(Value::to_string),
        words: |value| in_words(value, hours_in_words, "always"),
        ..Setting::switch("allowed_hours")
    },
];

fn in_words(value: &Value, item: impl Fn(&Value) -> String, none: &str) -> String {
    let words: Vec<String> = value.as_array().into_iter().flatten().map(item).collect();
    if words.is_empty() { none.to_owned() } else { words.join(", ") }
}

fn rule_in_words(rule: &Value) -> String {
    match (rule["keep"].as_str(), rule["period"].as_str()) {
        (Some("within"), Some(period)) => format!("all of {period}"),
        (keep, _) => format!("{} {}", rule["count"], keep.unwrap_or_default()),
    }
}

fn hours_in_words(item: &Value) -> String {
    let Ok(AllowedHours { days, from, to }) = serde_json::from_value(item.clone()) else { return String::new() };
    format!("{} from {from} to {to}", days_in_words(&days))
}

/// Each item of a list; what is wrong with one is said at its place.
fn items<T: DeserializeOwned>(
    value: Value,
    most: usize,
    mut check: impl FnMut(&mut Checks, &str, T),
) -> Result<(), Error> {
    let Value::Array(items) = value else { return Err(Error::field(".", Code::Invalid, "Must be a list.")) };
    if items.len() > most {
        return Err(Error::field(".", Code::TooLong, format!("At most {most}.")));
    }
    let mut checks = Checks::default();
    for (at, item) in items.into_iter().enumerate() {
        let place = at.to_string();
        match serde_json::from_value(item) {
            Ok(item) => check(&mut checks, &place, item),
            Err(error) => checks.add(&place, Code::Invalid, format!("Is not what is expected here: {error}.")),
        }
    }
    checks.finish()
}

fn exclusions(value: Value, _: Timestamp) -> Result<Value, Error> {
    let mut kept: Vec<String> = Vec::new();
    items(value, MOST_EXCLUSIONS, |checks, place, pattern: String| {
        let pattern = checks.take(place, line(&pattern, &(1..=LONGEST_PATTERN)));
        kept.extend(pattern.filter(|pattern| !kept.contains(pattern)));
    })?;
    Ok(json!(kept))
}

fn retention(value: Value, _: Timestamp) -> Result<Value, Error> {
    let mut kept: Vec<KeepRule> = Vec::new();
    items(value, MOST_RULES, |checks, place, rule: KeepRule| {
        let count = format!("{place}.count");
        let period = format!("{place}.period");
        match (rule.keep, rule.count, &rule.period) {
            (Keep::Within, Some(_), _) => checks.add(&count, Code::Invalid, "Within a time all are kept."),
            (Keep::Within, None, Some(text)) if is_period(text) => {}
            (Keep::Within, None, Some(_)) => {
                checks.add(&period, Code::Invalid, "Must be a time as restic takes it: 1y6m, 30d or 12h.");
            }
            (Keep::Within, None, None) => checks.add(&period, Code::Required, "Say for how long."),
            (_, _, Some(_)) => checks.add(&period, Code::Invalid, "Only of what is kept within a time."),
            (_, None, None) => checks.add(&count, Code::Required, "Say how many."),
            (_, Some(number), None) if !(1..=MOST_KEPT).contains(&number) => {
                checks.add(&count, Code::OutOfRange, format!("Must be from 1 to {MOST_KEPT}."));
            }
            (_, Some(_), None) => {}
        }
        if kept.iter().any(|other| other.keep == rule.keep) {
            let keep = rule.keep.as_ref();
            checks.add(&format!("{place}.keep"), Code::Invalid, format!("The list says twice what to keep: {keep}."));
        }
        kept.push(rule);
    })?;
    kept.sort_by_key(|rule| rule.keep);
    Ok(json!(kept))
}

/// Years, months, days and hours in this order, each once.
fn is_period(text: &str) -> bool {
    let mut units = "ymdh".chars();
    let (mut digits, mut some) = (0, false);
    for c in text.chars() {
        if c.is_ascii_digit() {
            digits += 1;
        } else if (1..=4).contains(&digits) && units.any(|unit| unit == c) {
            (digits, some) = (0, true);
        } else {
            return false;
        }
    }
    some && digits == 0
}

fn allowed_hours(value: Value, _: Timestamp) -> Result<Value, Error> {
    let mut kept: Vec<AllowedHours> = Vec::new();
    items(value, MOST_HOURS, |checks, place, mut item: AllowedHours| {
        item.days.sort_unstable();
        item.days.dedup();
        if item.days.is_empty() {
            checks.add(&format!("{place}.days"), Code::Required, "Name at least one day.");
        }
        let mut add = |field: &str, code: Code, detail: &str| checks.add(field, code, detail);
        hours(&item.from, &item.to, &format!("{place}."), &mut add);
        if !kept.contains(&item) {
            kept.push(item);
        }
    })?;
    Ok(json!(kept))
}

/// When a backup may begin that would like to now; nothing: at once.
fn begins(hours_of: &[AllowedHours], zone: TimeZone, now: Timestamp) -> Option<Timestamp> {
    let stretch = |item: &AllowedHours| {
        let (from, to) = hours(&item.from, &item.to, "", &mut |_, _, _| {})?;
        let days = item.days.iter().fold(0, |days, day| days | (1 << (*day as u8)));
        Some(Stretch { days, from, to: to.min(DAY), rate: 1 })
    };
    let schedule = Schedule::new(zone, hours_of.iter().filter_map(stretch));
    if hours_of.is_empty() || schedule.rate_at(now).is_some() { None } else { schedule.next_change(now) }
}

/// What the settings at a place ask of a device there.
pub(crate) fn orders(held: &Holding, path: &Path, device: &str, now: Timestamp) -> Result<DeviceOrders, Error> {
    let value = |name: &str| held.value(path, Some(device), name);
    let zone = held.value(path, None, "time_zone")?;
    let zone = TimeZone::get(zone.as_str().unwrap_or("UTC")).unwrap_or(TimeZone::UTC);
    let hours: Vec<AllowedHours> = read(value("allowed_hours")?)?;
    let is_open = value("prune_window")? != Value::Null;
    Ok(DeviceOrders {
        exclusions: read(value("exclusions")?)?,
        retention: read(value("retention")?)?,
        may_delete: value("append_only")? != Value::Bool(true) || is_open,
        begins_at: begins(&hours, zone, now).map(Time),
    })
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(Error::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(checked: Result<Value, Error>) -> Vec<String> {
        checked.unwrap_err().fields.iter().map(|field| format!("{} {}", field.field, field.code)).collect()
    }

    #[test]
    fn lists_are_kept_in_order_and_each_item_once() {
        let now = Timestamp::UNIX_EPOCH;
        assert_eq!(exclusions(json!([" *.tmp ", "/proc", "*.tmp"]), now).unwrap(), json!(["*.tmp", "/proc"]));
        assert_eq!(fields(exclusions(json!(["a", "", 5, "b\nc"]), now)), ["1 required", "2 invalid", "3 invalid"]);
        assert_eq!(fields(exclusions(json!("*.tmp"), now)), [". invalid"]);
        let rules = json!([{ "keep": "within", "period": "30d" }, { "keep": "daily", "count": 7 }]);
        let stored = retention(rules, now).unwrap();
        assert_eq!(stored, json!([{ "keep": "daily", "count": 7 }, { "keep": "within", "period": "30d" }]));
        let wrong = json!([{ "keep": "daily" }, { "keep": "daily", "count": 0 }, { "keep": "within", "period": "soon" },
            { "keep": "last", "count": 3, "period": "1d" }]);
        let found = fields(retention(wrong, now));
        assert_eq!(
            found,
            ["0.count required", "1.count out_of_range", "1.keep invalid", "2.period invalid", "3.period invalid"]
        );
        for (text, is) in
            [("1y6m", true), ("30d", true), ("12h", true), ("6m1y", false), ("d", false), ("", false), ("5", false)]
        {
            assert_eq!(is_period(text), is, "{text}");
        }
    }

    #[test]
    fn a_backup_begins_within_its_hours_by_the_clock_there() {
        let night = AllowedHours {
            days: serde_json::from_value(json!(["mon", "tue", "wed", "thu", "fri"])).unwrap(),
            from: "22:00".to_owned(),
            to: "24:00".to_owned(),
        };
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let begins =
            |text: &str| begins(std::slice::from_ref(&night), TimeZone::get("Europe/Berlin").unwrap(), at(text));
        // 2026-05-01 is a Friday.
        assert_eq!(begins("2026-05-01T20:30:00Z"), None);
        assert_eq!(begins("2026-05-01T19:59:00Z"), Some(at("2026-05-01T20:00:00Z")));
        assert_eq!(begins("2026-05-02T20:30:00Z"), Some(at("2026-05-04T20:00:00Z")));
        assert_eq!(super::begins(&[], TimeZone::UTC, at("2026-05-01T12:00:00Z")), None);
    }
}
