//! What customers are told by mail, by which clock and in whose name.

use api::report::{
    Branding, ConsolidatedReport, Every, GlobalConsolidatedReport, GlobalStatusReport, JobReports, StatusReport,
};
use api::{Code, Error, Level};
use base::http::read_object;
use base::list::Asker;
use base::text::Checks;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;
use serde_json::{Value, json};

use super::registry::{By, Refusing, Setting, WITH_PEOPLE};

const PROVIDER: &[Level] = &[Level::Provider];
pub(crate) const MOST_RECIPIENTS: usize = 20;
/// White letters on a colour are read from here on (WCAG 2.2 AA).
const LEAST_CONTRAST: f64 = 4.5;

pub(super) const SETTINGS: &[Setting] = &[
    // By which clock customers are told things.
    Setting {
        check: |value, _| time_zone(&value),
        default: || json!("UTC"),
        levels: WITH_PEOPLE,
        on_devices: false,
        words: |value| value.as_str().unwrap_or_default().to_owned(),
        ..Setting::switch("time_zone")
    },
    // In whose name.
    Setting {
        check: branding,
        default: || json!({ "name": null, "colour": null }),
        levels: WITH_PEOPLE,
        on_devices: false,
        words: |value| match (value["name"].as_str(), value["colour"].as_str()) {
            (None, None) => "as the company above".to_owned(),
            (name, colour) => [name, colour].into_iter().flatten().collect::<Vec<_>>().join(", "),
        },
        ..Setting::switch("branding")
    },
    Setting {
        check: |value, _| stored(&read_object::<JobReports>(value)?),
        default: || json!(JobReports::default()),
        levels: WITH_PEOPLE,
        on_devices: false,
        refuses: |refusing, value| {
            let JobReports { backup, restore, delete, replication } = serde_json::from_value(value.clone()).ok()?;
            refusing.without_address(backup || restore || delete || replication)
        },
        words: job_words,
        ..Setting::switch("job_reports")
    },
    Setting {
        check: |value, _| stored(&read_object::<StatusReport>(value)?),
        default: || json!({ "enabled": false }),
        levels: WITH_PEOPLE,
        on_devices: false,
        refuses: |refusing, value| refusing.without_address(value["enabled"] == true),
        words: on_or_off,
        ..Setting::switch("status_report")
    },
    Setting {
        check: consolidated,
        default: || json!({ "enabled": false, "recipients": [], "every": "day" }),
        levels: &[Level::EndCustomer],
        on_devices: false,
        can_lock: false,
        refuses: |refusing, value| {
            let global = refusing.held("global_consolidated_report");
            (value["enabled"] == true && global["enabled"] == true).then(|| {
                let detail = "The provider sends the consolidated report to every customer; while it does, nobody has their own.";
                Error::new(Code::GlobalReportOn, detail)
            })
        },
        words: |value| match value["enabled"].as_bool() {
            Some(true) => format!("{}, to {}", every(value), recipients(value).join(", ")),
            _ => "off".to_owned(),
        },
        ..Setting::switch("consolidated_report")
    },
    Setting {
        check: global_status,
        default: || json!({ "enabled": false, "every": "day", "at_hour": 7, "filter": null }),
        levels: PROVIDER,
        on_devices: false,
        can_lock: false,
        by: By::Above,
        refuses: |refusing, value| {
            let filter = value["filter"].as_str()?;
            let asker = Asker { account: refusing.account, now: refusing.now };
            let error = base::filter::Filter::of(filter, crate::devices::NOUN.fields, &asker).err()?;
            Some(error.below("value"))
        },
        words: |value| match value["enabled"].as_bool() {
            Some(true) => format!("{} at {}", every(value), value["at_hour"]),
            _ => "off".to_owned(),
        },
        ..Setting::switch("global_status_report")
    },
    Setting {
        check: |value, _| stored(&read_object::<GlobalConsolidatedReport>(value)?),
        default: || json!({ "enabled": false, "every": "day" }),
        levels: PROVIDER,
        on_devices: false,
        can_lock: false,
        by: By::Above,
        words: |value| match value["enabled"].as_bool() {
            Some(true) => every(value).to_owned(),
            _ => "off".to_owned(),
        },
        ..Setting::switch("global_consolidated_report")
    },
];

impl Refusing<'_> {
    /// Of an end customer: what goes to its address needs one.
    fn without_address(&self, is_on: bool) -> Option<Error> {
        let lacks = is_on && self.owner.level() == Some(Level::EndCustomer) && !self.owner.has_email();
        lacks.then(|| {
            let detail = "The customer has no email address that it could be sent to.";
            Error::new(Code::EmailRequired, detail)
        })
    }
}

fn stored(value: &impl Serialize) -> Result<Value, Error> {
    serde_json::to_value(value).map_err(Error::internal)
}

fn on_or_off(value: &Value) -> String {
    (if value["enabled"] == true { "on" } else { "off" }).to_owned()
}

fn every(value: &Value) -> &'static str {
    match value["every"].as_str() {
        Some("week") => "every week",
        Some("month") => "every month",
        _ => "every day",
    }
}

fn recipients(value: &Value) -> Vec<&str> {
    value["recipients"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn job_words(value: &Value) -> String {
    let on: Vec<&str> =
        ["backup", "restore", "delete", "replication"].into_iter().filter(|kind| value[kind] == true).collect();
    if on.is_empty() { "off".to_owned() } else { on.join(", ") }
}

fn time_zone(value: &Value) -> Result<Value, Error> {
    let zone = value.as_str().filter(|name| name.len() <= 100).and_then(|name| TimeZone::get(name).ok());
    // As the database spells it. Two of its names stand for what is not known.
    match zone.as_ref().and_then(TimeZone::iana_name) {
        Some(name) if !["Factory", "Etc/Unknown"].contains(&name) => Ok(json!(name)),
        _ => {
            let detail = "Must be a time zone as the IANA database calls it, say Europe/Berlin.";
            Err(Error::field(".", Code::Invalid, detail))
        }
    }
}

fn branding(value: Value, _: Timestamp) -> Result<Value, Error> {
    let input: Branding = read_object(value)?;
    let mut checks = Checks::of::<Branding>();
    let name = input.name.as_deref().filter(|name| !name.trim().is_empty()).and_then(|name| checks.line("name", name));
    let colour = input.colour.as_deref().filter(|colour| !colour.is_empty()).and_then(|text| {
        let Some(colour) = colour(text) else {
            checks.add("colour", Code::Invalid, "Must be a colour as #1d4ed8.");
            return None;
        };
        if contrast_with_white(colour) < LEAST_CONTRAST {
            checks.add("colour", Code::OutOfRange, "White letters on it could not be read. Choose a darker one.");
        }
        Some(text.to_ascii_lowercase())
    });
    checks.finish()?;
    stored(&Branding { name, colour })
}

/// Red, green and blue of `#1d4ed8`.
fn colour(text: &str) -> Option<[u8; 3]> {
    let digits = text.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}

/// As WCAG 2.2 computes it.
fn contrast_with_white(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
    });
    1.05 / (0.2126f64.mul_add(red, 0.7152f64.mul_add(green, 0.0722 * blue)) + 0.05)
}

fn consolidated(value: Value, _: Timestamp) -> Result<Value, Error> {
    let input: ConsolidatedReport = read_object(value)?;
    let mut checks = Checks::of::<ConsolidatedReport>();
    let recipients = checks.emails("recipients", &input.recipients, MOST_RECIPIENTS);
    if input.enabled && input.recipients.is_empty() {
        checks.add("recipients", Code::Required, "Say at least one.");
    }
    checks.finish()?;
    stored(&ConsolidatedReport { recipients, ..input })
}

fn global_status(value: Value, _: Timestamp) -> Result<Value, Error> {
    let input: GlobalStatusReport = read_object(value)?;
    let mut checks = Checks::of::<GlobalStatusReport>();
    checks.number("at_hour", input.at_hour);
    let filter = checks.optional("filter", input.filter.as_deref());
    checks.finish()?;
    stored(&GlobalStatusReport { filter, ..input })
}

/// How often a report comes that has its own rhythm.
pub(crate) fn every_of(value: &Value) -> Every {
    value["every"].as_str().and_then(|word| word.parse().ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_carry_white_letters() {
        let now = Timestamp::UNIX_EPOCH;
        let check = |colour: &str| branding(json!({ "name": " Northwind ", "colour": colour }), now);
        assert_eq!(check("#1D4ED8").unwrap(), json!({ "name": "Northwind", "colour": "#1d4ed8" }));
        assert_eq!(check("").unwrap()["colour"], Value::Null);
        for (wrong, code) in
            [("#ffff00", "out_of_range"), ("blue", "invalid"), ("#12345", "invalid"), ("#ää1234", "invalid")]
        {
            let error = check(wrong).unwrap_err();
            assert_eq!((error.fields[0].field.as_str(), error.fields[0].code.as_str()), ("colour", code), "{wrong}");
        }
        // The bounds of the source's own examples.
        assert!((contrast_with_white([0, 0, 0]) - 21.0).abs() < 0.001);
        assert!((contrast_with_white([255, 255, 255]) - 1.0).abs() < 0.001);
        assert!((contrast_with_white([0x76, 0x76, 0x76]) - 4.54).abs() < 0.01);
    }

    #[test]
    fn what_goes_to_nobody_is_not_switched_on() {
        let now = Timestamp::UNIX_EPOCH;
        let check = |value: Value| consolidated(value, now);
        assert!(check(json!({ "enabled": true })).is_err());
        let on = check(json!({ "enabled": true, "recipients": ["A@Example.com", "a@example.com"] })).unwrap();
        assert_eq!(on["recipients"].as_array().unwrap().len(), 1, "{on}");
        assert!(check(json!({ "enabled": false, "recipients": ["nobody"] })).is_err());
        assert_eq!(time_zone(&json!("europe/berlin")).unwrap(), "Europe/Berlin");
        assert!(["Mars/Base", "Factory", ""].into_iter().all(|name| time_zone(&json!(name)).is_err()));
    }
}
