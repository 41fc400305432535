//! Text to search for.

use api::page::ListQuery;
use api::{Code, Error};

use crate::text::{fold, like_escaped};

const LONGEST: usize = 200;
/// So few characters have no trigram of their own; letters and digits have one with the two blanks that stand before
/// each word, and are looked for there.
const SHORT: usize = 2;

/// What must occur in a search column, as that writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    text: String,
    /// Whether an index of trigrams finds it.
    has_trigrams: bool,
}

impl Text {
    pub fn of(query: &ListQuery) -> Result<Option<Self>, Error> {
        let Some(text) = query.q.as_deref().map(str::trim).filter(|text| !text.is_empty()) else { return Ok(None) };
        if text.chars().count() > LONGEST {
            return Err(Error::field("q", Code::TooLong, format!("May have at most {LONGEST} characters.")));
        }
        let words = fold(text).split_whitespace().collect::<Vec<_>>().join("  ");
        let is_short = words.chars().count() <= SHORT;
        let begins_a_word = is_short && words.chars().all(char::is_alphanumeric);
        let text = if begins_a_word { format!("  {words}") } else { words };
        Ok(Some(Self { text, has_trigrams: begins_a_word || !is_short }))
    }

    pub(super) fn pattern(&self) -> String {
        like_escaped(&self.text)
    }

    /// For an index of trigrams, if that finds it.
    pub(super) fn phrase(&self) -> Option<String> {
        self.has_trigrams.then(|| format!("\"{}\"", self.text.replace('"', "\"\"")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(q: &str) -> Option<Text> {
        Text::of(&ListQuery { q: Some(q.to_owned()), ..ListQuery::default() }).unwrap()
    }

    #[test]
    fn words_are_written_as_search_columns_write_them() {
        assert_eq!(text("  "), None);
        assert_eq!(text(" Calder wick ").unwrap().pattern(), "%calder  wick%");
        assert_eq!(text("50%").unwrap().pattern(), "%50\\%%");
        assert_eq!(text("a\"b c").unwrap().phrase().unwrap(), "\"a\"\"b  c\"");
    }

    #[test]
    fn a_letter_or_two_stand_at_the_beginning_of_a_word() {
        assert_eq!(text("Ö").unwrap().pattern(), "%  ö%");
        assert_eq!(text("it").unwrap().phrase().unwrap(), "\"  it\"");
        assert_eq!((text("_").unwrap().pattern(), text("_").unwrap().phrase()), ("%\\_%".to_owned(), None));
    }
}
