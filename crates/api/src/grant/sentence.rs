//! What a refused backup client is told.

use unicode_normalization::UnicodeNormalization as _;

/// What a refused client is told: one line of printable ASCII, at most 100 bytes, fit for a reason phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence(String);

impl Sentence {
    pub const MAX: usize = 100;

    /// Other characters become `?`, runs of white space one blank, the rest is cut.
    pub fn new(text: &str) -> Self {
        let mut line = String::with_capacity(Self::MAX);
        for word in text.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }));
        }
        line.truncate(Self::MAX);
        line.truncate(line.trim_end().len());
        Self(line)
    }

    /// Of a suspension. It names the device's own customer even where somebody above is the cause: that a reseller has
    /// not paid is not its customers' business.
    pub fn suspended(customer: &str, message: Option<&str>) -> Self {
        let tail = message.map(|message| format!(": {message}")).unwrap_or_default();
        Self::of_customer(customer, "is suspended", &tail)
    }

    /// Of space that is used up. It names the device's own customer even where somebody above has none left: how much a
    /// reseller holds is not its customers' business.
    pub fn used_up(customer: &str) -> Self {
        Self::of_customer(customer, "has no space left", "")
    }

    /// Of a device for which there is no licence.
    pub fn unlicensed(customer: &str) -> Self {
        Self::of_customer(customer, "has no licence for this device", "")
    }

    fn of_customer(customer: &str, state: &str, tail: &str) -> Self {
        let around = "Customer  ".len() + state.len();
        // Accents fall off: better a plain letter than a question mark.
        let mut name: String = customer.nfkd().filter(|c| !('\u{300}'..='\u{36f}').contains(c)).collect();
        let room = Self::MAX.saturating_sub(around + tail.len());
        if name.chars().count() > room {
            name = name.chars().take(room.saturating_sub(3)).collect::<String>().trim_end().to_owned() + "...";
        }
        Self::new(&format!("Customer {name} {state}{tail}"))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_is_one_short_line_of_printable_ascii() {
        assert_eq!(Sentence::new("Ask\r\nEvil: header").as_str(), "Ask Evil: header");
        assert_eq!(Sentence::new("Zahlung überfällig\u{0}").as_str(), "Zahlung ?berf?llig?");
        assert_eq!(Sentence::new(&"x".repeat(300)).as_str().len(), Sentence::MAX);
        assert_eq!(Sentence::new(&format!("{} tail", "x".repeat(99))).as_str().len(), 99);
    }

    #[test]
    fn it_names_the_customer_and_fits() {
        let suspended = |name: &str, message| Sentence::suspended(name, message);
        assert_eq!(suspended("acme", None).as_str(), "Customer acme is suspended");
        let with_message = suspended("Müller", Some("Ask Example IT"));
        assert_eq!(with_message.as_str(), "Customer Muller is suspended: Ask Example IT");
        let long = suspended(&"n".repeat(255), Some(&"m".repeat(60)));
        assert!(long.as_str().len() <= Sentence::MAX);
        assert!(long.as_str().ends_with(&"m".repeat(60)));
    }
}
