//! From when on events of a type are worth attention: one setting for each type.

use api::event::{EventType, Measure, Thresholds};
use api::{Code, Error};
use base::text::Checks;
use jiff::Timestamp;
use serde_json::Value;

use super::registry::Setting;

macro_rules! settings {
    ($($name:ident)*) => {
        /// One for each type of event.
        pub(super) const SETTINGS: &[Setting] = &[$(Setting {
            check: |value, _: Timestamp| check(EventType::$name, value),
            default: || value(EventType::$name.default_thresholds()),
            words: |value| words(EventType::$name, value),
            ..Setting::switch(EventType::$name.setting())
        },)*];
    };
}

settings! {
    NoBackup SpaceFilling LicenceEnding TrialLicenceEnding CreditsRunningOut TrialEnding TrialEnded SpaceUsedUp LicenceMissing StorageUnavailable
    DeletionRefused WrongPassword UnusualDeletion UnusualUpload VirusFound SpywareFound SpywareRestart ThreatUnresolved
    RealTimeScanOff OutbreakAlert BehaviourBlocked NetworkVirus UrlBlocked WebThreat DeviceBlocked SpamFound
    ComponentOutdated ServiceUnreachable DiskSpaceLow
}

fn value(thresholds: Thresholds) -> Value {
    serde_json::json!({ "warning": thresholds.warning, "action_required": thresholds.action_required })
}

fn check(kind: EventType, input: Value) -> Result<Value, Error> {
    let thresholds: Thresholds = base::http::read_object(input)?;
    let mut checks = Checks::of::<Thresholds>();
    let Thresholds { warning, action_required } = thresholds;
    for (name, number) in [("warning", warning), ("action_required", action_required)] {
        match number {
            // Of nothing at all there would be an event everywhere.
            Some(0) if kind.measure() != Measure::DaysLeft => {
                checks.add(name, Code::OutOfRange, "Must be at least 1.");
            }
            Some(number) => {
                checks.number(name, number);
            }
            None => {}
        }
    }
    let is_worse = |action: i64, warning: i64| match kind.measure() {
        Measure::DaysLeft => action <= warning,
        Measure::Days | Measure::Percent | Measure::Times => action >= warning,
    };
    if let (Some(warning), Some(action)) = (warning, action_required)
        && !is_worse(action, warning)
    {
        let detail = match kind.measure() {
            Measure::DaysLeft => "Action is required later than there is a warning: at fewer days, or as many.",
            _ => "Action is required from as much on as there is a warning, or more.",
        };
        checks.add("action_required", Code::OutOfRange, detail);
    }
    checks.finish()?;
    Ok(value(thresholds))
}

fn words(kind: EventType, value: &Value) -> String {
    let unit = |number: i64| match kind.measure() {
        Measure::Days if number == 1 => "after 1 day".to_owned(),
        Measure::Days => format!("after {number} days"),
        Measure::DaysLeft if number == 0 => "at the end".to_owned(),
        Measure::DaysLeft if number == 1 => "1 day before".to_owned(),
        Measure::DaysLeft => format!("{number} days before"),
        Measure::Percent => format!("at {number} %"),
        Measure::Times if number == 1 => "at the first".to_owned(),
        Measure::Times => format!("at {number} in an hour"),
    };
    match (value["warning"].as_i64().map(unit), value["action_required"].as_i64().map(unit)) {
        (None, None) => "off".to_owned(),
        (Some(warning), None) => format!("warning {warning}"),
        (None, Some(action)) => format!("action required {action}"),
        (Some(warning), Some(action)) => format!("warning {warning}, action required {action}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::EventType::{LicenceEnding, NoBackup};
    use super::*;

    #[test]
    fn every_type_has_its_setting() {
        let names: Vec<&str> = SETTINGS.iter().map(|setting| setting.name).collect();
        let types: Vec<&str> = EventType::ALL.iter().map(|kind| kind.setting()).collect();
        assert_eq!(names, types);
    }

    #[test]
    fn thresholds_are_numbers_of_which_the_worse_is_not_reached_first() {
        let fields = |kind, value| -> Vec<String> {
            let error = check(kind, value).unwrap_err();
            error.fields.into_iter().map(|field| format!("{} {}", field.field, field.code)).collect()
        };
        let value = check(NoBackup, json!({ "warning": 2, "action_required": 2 })).unwrap();
        assert_eq!(words(NoBackup, &value), "warning after 2 days, action required after 2 days");
        assert_eq!(words(NoBackup, &check(NoBackup, json!({})).unwrap()), "off");
        let fields_of = |value| fields(NoBackup, value);
        assert_eq!(fields_of(json!({ "warning": 3, "action_required": 2 })), ["action_required out_of_range"]);
        assert_eq!(fields_of(json!({ "warning": 0 })), ["warning out_of_range"]);
        assert_eq!(fields_of(json!({ "warning": -1 })), ["warning out_of_range"]);
        assert_eq!(fields_of(json!({ "warning": "x" })), ["warning invalid"]);
        assert_eq!(fields_of(json!({ "other": 1 })), ["other unknown_field"]);
        assert_eq!(fields_of(json!([1, 2])), [". invalid"]);
        assert_eq!(
            fields(LicenceEnding, json!({ "warning": 3, "action_required": 4 })),
            ["action_required out_of_range"]
        );
        check(LicenceEnding, json!({ "warning": 30, "action_required": 0 })).unwrap();
    }
}
