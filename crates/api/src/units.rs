//! Units and small shapes that all resources share.

use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;
use zeroize::Zeroize as _;

/// An instant: RFC 3339 in UTC on the wire, microseconds since 1970 in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = DateTime)]
pub struct Time(pub Timestamp);

impl Time {
    /// From the database. Rows hold what [`Time::micros`] gave, so nothing is out of range; what is becomes 1970.
    pub fn from_micros(micros: i64) -> Self {
        Self(Timestamp::from_microsecond(micros).unwrap_or(Timestamp::UNIX_EPOCH))
    }

    pub fn micros(self) -> i64 {
        self.0.as_microsecond()
    }

    /// Its day in UTC as sentences have it: `23 Jan 2025`.
    pub fn day_in_words(self) -> String {
        self.0.strftime("%-d %b %Y").to_string()
    }
}

impl From<Timestamp> for Time {
    fn from(at: Timestamp) -> Self {
        Self(at)
    }
}

/// A day, from midnight to midnight in UTC: `2025-01-31` on the wire, days since 1970 in the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Date)]
pub struct Day(pub Date);

/// Where days are counted from.
const FIRST_DAY: Date = Date::constant(1970, 1, 1);
const SECONDS: i64 = 86_400;

impl Day {
    /// From the database; what no calendar has becomes the first day.
    pub fn from_number(number: i64) -> Self {
        let at = Timestamp::from_second(number.saturating_mul(SECONDS)).ok();
        Self(at.map_or(FIRST_DAY, |at| TimeZone::UTC.to_datetime(at).date()))
    }

    pub fn number(self) -> i64 {
        let midnight = self.0.at(0, 0, 0, 0).to_zoned(TimeZone::UTC);
        midnight.map(|midnight| midnight.timestamp().as_second().div_euclid(SECONDS)).unwrap_or_default()
    }
}

impl FromStr for Day {
    type Err = jiff::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Date::strptime("%Y-%m-%d", text).map(Self)
    }
}

/// A number with six places at most: text on the wire, since no program should round it, millionths in the database.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, ToSchema)]
#[schema(value_type = String, example = "12.5")]
pub struct Decimal(pub i64);

const PLACES: usize = 6;
const ONE: i64 = 1_000_000;

impl FromStr for Decimal {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = "must be a number from 0 on with six places at most, as text, such as \"12.5\"";
        let (whole, part) = text.split_once('.').map_or((text, None), |(whole, part)| (whole, Some(part)));
        let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        if !is_digits(whole) || part.is_some_and(|part| !is_digits(part) || part.len() > PLACES) {
            return Err(wrong);
        }
        let whole: i64 = whole.parse().map_err(|_| wrong)?;
        let part: i64 = format!("{:0<PLACES$}", part.unwrap_or_default()).parse().map_err(|_| wrong)?;
        whole.checked_mul(ONE).and_then(|whole| whole.checked_add(part)).map(Self).ok_or(wrong)
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, part) = (self.0.unsigned_abs() / ONE.unsigned_abs(), self.0.unsigned_abs() % ONE.unsigned_abs());
        let part = format!("{part:06}");
        match part.trim_end_matches('0') {
            "" => write!(f, "{sign}{whole}"),
            part => write!(f, "{sign}{whole}.{part}"),
        }
    }
}

impl Serialize for Decimal {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// A secret on its way in or out: on the wire it is text, in logs it is nothing.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, max_length = 256)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The secret itself.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Memory that is used again doesn't have it.
impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// Reads a field of a PATCH: absent leaves the value alone, `null` clears it.
pub fn present<'de, T: Deserialize<'de>, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<T>>, D::Error> {
    Option::<T>::deserialize(deserializer).map(Some)
}

/// What a caller may do with a resource, and why not, so that no rule has to be written again in a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Action {
    /// The verb of the operation: `suspend`, `activate`, `edit`, `delete`, `add_customer` ...
    pub name: String,
    pub allowed: bool,
    /// The code with which the operation would be refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The same in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Action {
    pub fn allowed(name: &str) -> Self {
        Self { name: name.to_owned(), allowed: true, code: None, reason: None }
    }

    pub fn refused(name: &str, code: crate::Code, reason: impl Into<String>) -> Self {
        Self {
            name: name.to_owned(),
            allowed: false,
            code: Some(code.as_str().to_owned()),
            reason: Some(reason.into()),
        }
    }
}
