//! What can be set. Each setting is one registration: what its values are, where it may be set and by whom, what holds
//! where nobody sets it, and what of it the gateway has to know. Everything else (resolving, locks, explanation, history,
//! previews, bulk) follows. What each means is told in `docs/settings.md`.

use std::num::NonZeroU32;

use api::factor::TwoFactor;
use api::grant::{Flag, Said};
use api::setting::{PruneWindow, RateInForce};
use api::{Code, Error, Level};
use base::authz::Account;
use base::text::Checks;
use jiff::{Timestamp, ToSpan as _};
use serde_json::{Value, json};

use super::known::Known;
use super::owner::Owner;
use super::{lists, reports, thresholds, throttle};

/// Who may set something at a customer or a device that they see and have the right to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum By {
    /// Its own administrators too.
    Anybody,
    /// Those who look after it from above.
    Above,
}

/// What the gateway has to know of a value, and whether it is locked.
pub(crate) type Feeds = fn(&mut Said, &Value, bool);

/// A setting.
#[derive(Debug)]
pub(crate) struct Setting {
    pub(crate) name: &'static str,
    /// Reads a value, and says it as it is kept. A field `.` is the value itself.
    pub(crate) check: fn(Value, Timestamp) -> Result<Value, Error>,
    /// What holds where nobody sets it.
    pub(crate) default: fn() -> Value,
    /// Customers of which levels say it.
    pub(crate) levels: &'static [Level],
    pub(crate) on_devices: bool,
    pub(crate) can_lock: bool,
    pub(crate) by: By,
    pub(crate) feeds: Option<Feeds>,
    /// The microsecond from which on a value says nothing any more.
    pub(crate) ends_at: fn(&Value) -> Option<i64>,
    /// Whether a value holds for everything below, as if it were locked.
    pub(crate) binds: fn(&Value) -> bool,
    /// Whether one value protects people less than another: that is not a matter of settings alone.
    pub(crate) lowers: fn(&Value, &Value) -> bool,
    /// Another setting that it opens: what is locked there is open to nobody who could not unlock it.
    pub(crate) opens: Option<&'static str>,
    /// The rate that a value comes to at a moment.
    pub(crate) rate: Option<fn(&Value, Timestamp) -> RateInForce>,
    /// A value in words.
    pub(crate) words: fn(&Value) -> String,
    /// Of one that is a list: what tells its items apart.
    pub(crate) list: Option<fn(&Value) -> String>,
    /// What else at an owner speaks against a value.
    pub(crate) refuses: fn(&Refusing<'_>, &Value) -> Option<Error>,
}

/// What a setting may look at where it refuses a value.
#[derive(Debug)]
pub(crate) struct Refusing<'a> {
    pub(crate) account: &'a Account,
    pub(super) owner: &'a Owner,
    pub(super) known: &'a Known,
    pub(crate) now: Timestamp,
}

impl Refusing<'_> {
    /// What holds there of another setting.
    pub(super) fn held(&self, name: &str) -> Value {
        find(name).map(|setting| self.known.held(self.owner, setting)).unwrap_or_default()
    }
}

/// Those that have people.
pub(super) const WITH_PEOPLE: &[Level] =
    &[Level::Provider, Level::Distributor, Level::SubDistributor, Level::Reseller, Level::EndCustomer];

const EVERY_LEVEL: &[Level] =
    &[Level::Provider, Level::Distributor, Level::SubDistributor, Level::Reseller, Level::EndCustomer, Level::Site];

impl Setting {
    /// One that is on or off.
    pub(super) const fn switch(name: &'static str) -> Self {
        Self {
            name,
            check: |value, _| match value {
                Value::Bool(_) => Ok(value),
                _ => Err(Error::field(".", Code::Invalid, "Must be true or false.")),
            },
            default: || json!(false),
            levels: EVERY_LEVEL,
            on_devices: true,
            can_lock: true,
            by: By::Anybody,
            feeds: None,
            ends_at: |_| None,
            binds: |_| false,
            lowers: |_, _| false,
            opens: None,
            rate: None,
            list: None,
            refuses: |_, _| None,
            words: |value| (if value == &json!(true) { "on" } else { "off" }).to_owned(),
        }
    }

    /// Whether it is for such a customer, or for a device where there is no level.
    pub(crate) fn is_for(&self, level: Option<Level>) -> bool {
        level.map_or(self.on_devices, |level| self.levels.contains(&level))
    }

    /// Whether what is said holds for everything below.
    pub(crate) fn is_locked(&self, value: &Value, locked: bool) -> bool {
        locked || (self.binds)(value)
    }

    /// Whether a value says something at this moment.
    pub(crate) fn says(&self, value: &Value, now: Timestamp) -> bool {
        (self.ends_at)(value).is_none_or(|end| now.as_microsecond() < end)
    }
}

/// All of them.
pub(crate) fn all() -> impl Iterator<Item = &'static Setting> {
    SETTINGS.iter().chain(lists::SETTINGS).chain(reports::SETTINGS).chain(thresholds::SETTINGS)
}

const SETTINGS: &[Setting] = &[
    // Off: a device that nobody has announced waits to be approved.
    Setting { default: || json!(true), on_devices: false, ..Setting::switch("auto_authorise") },
    // On: nothing that was backed up is deleted by a client.
    Setting {
        feeds: Some(|said, value, locked| said.own.append_only = Some(Flag::new(value == &json!(true), locked))),
        ..Setting::switch("append_only")
    },
    // On: only devices with a licence back up.
    Setting {
        by: By::Above,
        on_devices: false,
        feeds: Some(|said, value, locked| said.own.licences_required = Some(Flag::new(value == &json!(true), locked))),
        ..Setting::switch("licences_required")
    },
    // Until when clients may delete all the same.
    Setting {
        check: prune_window,
        default: || Value::Null,
        can_lock: false,
        by: By::Above,
        feeds: Some(|said, value, _| said.own.window_until = until_second(value)),
        opens: Some("append_only"),
        ends_at: |value| read_window(value).map(|window| window.until.micros()),
        words: |value| match read_window(value) {
            None => "closed".to_owned(),
            Some(window) => format!("open until {:.0}: {}", window.until.0, window.reason),
        },
        ..Setting::switch("prune_window")
    },
    // How fast backups may come, and be read.
    Setting {
        check: throttle::check,
        default: || json!({ "enabled": false }),
        feeds: Some(|said, value, locked| said.throttle = Some(throttle::own(value, locked))),
        rate: Some(throttle::rate_at),
        words: throttle::words,
        ..Setting::switch("throttle")
    },
    // Whether people sign in with a second factor. What is required is required of everybody below.
    Setting {
        check: two_factor,
        default: || json!("on"),
        levels: WITH_PEOPLE,
        on_devices: false,
        binds: |value| value == &json!("required"),
        lowers: |before, after| rank(after) < rank(before),
        words: |value| value.as_str().unwrap_or_default().to_owned(),
        ..Setting::switch("two_factor")
    },
];

/// The setting of this name.
///
/// # Errors
/// `unknown_setting` at `name`.
pub(crate) fn find(name: &str) -> Result<&'static Setting, Error> {
    all().find(|setting| setting.name == name).ok_or_else(|| {
        let names: Vec<&str> = all().map(|setting| setting.name).collect();
        Error::field("name", Code::UnknownSetting, format!("Can be one of: {}.", names.join(", ")))
    })
}

fn rank(value: &Value) -> usize {
    ["off", "on", "required"].iter().position(|known| value == known).unwrap_or_default()
}

fn two_factor(value: Value, _: Timestamp) -> Result<Value, Error> {
    match serde_json::from_value::<TwoFactor>(value.clone()) {
        Ok(_) => Ok(value),
        Err(_) => Err(Error::field(".", Code::Invalid, "Must be off, on or required.")),
    }
}

/// No window is open for longer than this.
const LONGEST_WINDOW_DAYS: i64 = 14;

fn prune_window(value: Value, now: Timestamp) -> Result<Value, Error> {
    let window: PruneWindow = base::http::read_object(value)?;
    let mut checks = Checks::of::<PruneWindow>();
    let reason = checks.line("reason", &window.reason).unwrap_or_default();
    let latest = now.checked_add((LONGEST_WINDOW_DAYS * 24).hours()).unwrap_or(now);
    if window.until.0 <= now || window.until.0 > latest {
        let detail = format!("Must be in the future, at most {LONGEST_WINDOW_DAYS} days away.");
        checks.add("until", Code::OutOfRange, detail);
    }
    checks.finish()?;
    serde_json::to_value(PruneWindow { reason, ..window }).map_err(Error::internal)
}

fn read_window(value: &Value) -> Option<PruneWindow> {
    serde_json::from_value(value.clone()).ok()
}

fn until_second(value: &Value) -> Option<NonZeroU32> {
    let window = read_window(value)?;
    NonZeroU32::new(u32::try_from(window.until.0.as_second()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_takes_its_own_words_and_has_a_name_of_its_own() {
        let mut names: Vec<&str> = all().map(|setting| setting.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all().count());
        for setting in all() {
            assert!(!(setting.words)(&(setting.default)()).is_empty());
            assert!(setting.says(&(setting.default)(), Timestamp::UNIX_EPOCH));
        }
    }

    #[test]
    fn a_window_is_open_for_days_not_for_ever() {
        let now: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
        let check = |until: &str, reason: &str| prune_window(json!({ "until": until, "reason": reason }), now);
        let fields = |result: Result<Value, Error>| -> Vec<String> {
            result.unwrap_err().fields.into_iter().map(|field| format!("{} {}", field.field, field.code)).collect()
        };
        let value = check("2026-05-02T00:00:00Z", " Disk is nearly full ").unwrap();
        assert_eq!(value["reason"], "Disk is nearly full");
        assert_eq!(fields(check("2026-05-01T12:00:00Z", "")), ["reason required", "until out_of_range"]);
        assert_eq!(fields(check("2026-05-16T00:00:00Z", "x")), ["until out_of_range"]);
        assert_eq!(fields(prune_window(json!({ "until": 5, "reason": "x" }), now)), ["until invalid"]);
        assert_eq!(fields(prune_window(json!(true), now)), [". invalid"]);
        let setting = find("prune_window").unwrap();
        assert!(setting.says(&value, now));
        assert!(!setting.says(&value, "2026-05-02T00:00:00Z".parse().unwrap()));
        let mut said = Said::default();
        setting.feeds.unwrap()(&mut said, &value, false);
        assert_eq!(said.own.window_until.map(NonZeroU32::get), Some(1_777_680_000));
    }
}
