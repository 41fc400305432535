//! Text that people type: how it is compared, checked and searched.

use std::ops::RangeInclusive;

use api::{Code, Error, FieldError};
use unicode_normalization::UnicodeNormalization;
use utoipa::PartialSchema;

use crate::limits::Limits;

mod search;

pub use search::{bare, dialled, digits, search_column};

/// The form in which texts are compared: compatibility-normalised, lower case, single blanks. Names that differ by a mark
/// are different names; searching passes over that with [`bare`].
pub fn fold(text: &str) -> String {
    // Most are plain, and many are folded for one answer.
    if text.is_ascii() {
        let mut folded = String::with_capacity(text.len());
        for word in text.split_whitespace() {
            if !folded.is_empty() {
                folded.push(' ');
            }
            folded.push_str(word);
        }
        folded.make_ascii_lowercase();
        return folded;
    }
    let lower: String = text.nfkc().flat_map(char::to_lowercase).collect();
    lower.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A `like` pattern that finds just this anywhere, its wildcards taken literally.
pub fn like_escaped(text: &str) -> String {
    let mut pattern = String::from("%");
    for c in text.chars() {
        if matches!(c, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    pattern
}

/// No address is longer (RFC 5321).
const LONGEST_ADDRESS: usize = 254;

/// Collects what is wrong with an input, so that all of it is told at once.
#[derive(Debug, Default)]
pub struct Checks {
    wrong: Vec<FieldError>,
    pub limits: Limits,
}

impl Checks {
    /// For the fields of a wire type, within the limits that its description tells.
    pub fn of<T: PartialSchema>() -> Self {
        Self::within(Limits::of::<T>())
    }

    pub fn within(limits: Limits) -> Self {
        Self { wrong: Vec::new(), limits }
    }

    pub fn add(&mut self, field: &str, code: Code, detail: impl Into<String>) {
        self.wrong.push(FieldError::new(field, code, detail));
    }

    /// One [`line`].
    pub fn line(&mut self, field: &str, text: &str) -> Option<String> {
        self.take(field, line(text, &self.limits.length(field)))
    }

    /// [`optional`] text.
    pub fn optional(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        self.take(field, optional(text, &self.limits.length(field))).flatten()
    }

    /// A [`handle`].
    pub fn handle(&mut self, field: &str, text: &str) -> Option<String> {
        self.take(field, handle(text, &self.limits.length(field)))
    }

    /// An [`email`] address.
    pub fn email(&mut self, field: &str, text: &str) -> Option<String> {
        self.take(field, email(text, &self.limits.length(field)))
    }

    /// Addresses, each once; so many at most.
    pub fn emails(&mut self, field: &str, given: &[String], most: usize) -> Vec<String> {
        let mut addresses: Vec<String> = Vec::new();
        if given.len() > most {
            self.add(field, Code::TooLong, format!("At most {most}."));
            return addresses;
        }
        for (at, address) in given.iter().enumerate() {
            let address = self.take(&format!("{field}.{at}"), email(address, &(1..=LONGEST_ADDRESS)));
            let is_known = |address: &String| addresses.iter().any(|known| fold(known) == fold(address));
            addresses.extend(address.filter(|address| !is_known(address)));
        }
        addresses
    }

    pub fn number(&mut self, field: &str, number: i64) -> Option<i64> {
        let range = self.limits.range(field);
        if range.contains(&number) {
            return Some(number);
        }
        self.add(field, Code::OutOfRange, format!("Must be from {} to {}.", range.start(), range.end()));
        None
    }

    /// Takes over what another check found.
    pub fn take<T>(&mut self, field: &str, checked: Result<T, (Code, String)>) -> Option<T> {
        match checked {
            Ok(value) => Some(value),
            Err((code, detail)) => {
                self.add(field, code, detail);
                None
            }
        }
    }

    pub fn finish(self) -> Result<(), Error> {
        if self.wrong.is_empty() { Ok(()) } else { Err(Error::fields(self.wrong)) }
    }
}

/// A field's code and what to tell the person.
pub type Refused = (Code, String);

/// One line of text that is not empty, without control characters and surrounding blanks.
pub fn line(text: &str, length: &RangeInclusive<usize>) -> Result<String, Refused> {
    let text = text.trim();
    if text.is_empty() {
        return Err((Code::Required, "Must not be empty.".to_owned()));
    }
    if text.chars().any(|c| c.is_control() || is_deceptive(c)) {
        return Err((Code::Invalid, "Must not contain control characters.".to_owned()));
    }
    within(text, length)
}

/// Characters that show nothing or turn the text around, so that one name could be made to look like another. Joiners
/// stay: some scripts need them.
fn is_deceptive(c: char) -> bool {
    matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// Text that may have several lines; nothing left of it means none.
pub fn optional(text: Option<&str>, length: &RangeInclusive<usize>) -> Result<Option<String>, Refused> {
    let Some(text) = text.map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
    if text.chars().any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t')) {
        return Err((Code::Invalid, "Must not contain control characters.".to_owned()));
    }
    within(text, length).map(Some)
}

fn within(text: &str, length: &RangeInclusive<usize>) -> Result<String, Refused> {
    let (count, min, max) = (text.chars().count(), length.start(), length.end());
    if count < *min {
        return Err((Code::TooShort, format!("Needs at least {min} characters.")));
    }
    if count > *max {
        return Err((Code::TooLong, format!("Has {count} characters; at most {max} are allowed.")));
    }
    Ok(text.to_owned())
}

/// A handle: letters, digits and underscore, as the Licensing Portal of x360Recover has usernames and locations.
pub fn handle(text: &str, length: &RangeInclusive<usize>) -> Result<String, Refused> {
    let text = text.trim();
    if text.is_empty() {
        return Err((Code::Required, "Must not be empty.".to_owned()));
    }
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err((Code::Invalid, "May only have letters, digits and underscores.".to_owned()));
    }
    within(text, length)
}

/// An email address by the rule that browsers apply to email inputs (HTML, 4.10.5.1.5).
pub fn email(text: &str, length: &RangeInclusive<usize>) -> Result<String, Refused> {
    let text = text.trim();
    let wrong = || (Code::Invalid, "Is not an email address.".to_owned());
    let (local, domain) = text.rsplit_once('@').ok_or_else(wrong)?;
    let local_ok = !local.is_empty()
        && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".!#$%&'*+/=?^_`{|}~-".contains(&byte));
    let domain_ok = domain.split('.').all(|label| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    });
    if !local_ok || !domain_ok {
        return Err(wrong());
    }
    within(text, length)
}

/// A country by its ISO 3166-1 alpha-2 code, in capitals.
pub fn country(text: &str) -> Result<String, Refused> {
    let code = text.trim().to_ascii_uppercase();
    if code.len() == 2 && rust_iso3166::from_alpha2(&code).is_some() {
        Ok(code)
    } else {
        Err((Code::Invalid, "Is not a country's two-letter code of ISO 3166-1.".to_owned()))
    }
}

/// Bytes as people read them: exact where they are few, else with three digits or more, never more than there are.
pub fn size(bytes: i64) -> String {
    const UNITS: [(&str, i64); 4] =
        [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
    match UNITS.iter().find(|(_, unit)| bytes >= *unit) {
        None => format!("{bytes} bytes"),
        Some((word, unit)) => {
            let (whole, hundredths) = (bytes / unit, bytes % unit * 100 / unit);
            if hundredths == 0 { format!("{whole} {word}") } else { format!("{whole}.{hundredths:02} {word}") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_by_people() {
        let sizes = [0, 999, 1000, 1_234_567, 5_000_000_000, 2_999_999_999_999].map(size);
        assert_eq!(sizes, ["0 bytes", "999 bytes", "1 kB", "1.23 MB", "5 GB", "2.99 TB"]);
    }

    #[test]
    fn folding_ignores_case_width_and_blanks() {
        assert_eq!(fold("  ÄCME　Ｌｔｄ  "), "äcme ltd");
        assert_eq!(fold("Straße"), "straße");
    }

    #[test]
    fn wildcards_are_searched_literally() {
        assert_eq!(like_escaped("50%_a\\b"), "%50\\%\\_a\\\\b%");
    }

    #[test]
    fn emails_follow_the_browsers_rule() {
        for good in ["a@b", "first.last+tag@sub.example.com", "o'neil@example.ie"] {
            assert!(email(good, &(0..=254)).is_ok(), "{good}");
        }
        for bad in ["", "a", "@b", "a@", "a b@c", "a@-b", "a@b..c", "a@b@c", "ä@b"] {
            assert!(email(bad, &(0..=254)).is_err(), "{bad}");
        }
    }

    #[test]
    fn handles_are_letters_digits_and_underscores() {
        assert_eq!(handle(" Acme_1 ", &(3..=64)).unwrap(), "Acme_1");
        for (bad, code) in [("", Code::Required), ("a b", Code::Invalid), ("é", Code::Invalid), ("ab", Code::TooShort)]
        {
            assert_eq!(handle(bad, &(3..=64)).unwrap_err().0, code, "{bad}");
        }
        assert_eq!(handle(&"x".repeat(65), &(3..=64)).unwrap_err().0, Code::TooLong);
    }

    #[test]
    fn a_line_has_nothing_that_deceives() {
        assert_eq!(line(" Zoë & Sons ", &(1..=255)).unwrap(), "Zoë & Sons");
        for bad in ["", "  ", "a\nb", "a\u{200b}b", "\u{202e}evil"] {
            assert!(line(bad, &(1..=255)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn countries_are_known_ones() {
        assert_eq!(country("de").unwrap(), "DE");
        for bad in ["", "D", "DEU", "XX", "276"] {
            assert!(country(bad).is_err(), "{bad}");
        }
    }
}
