//! Text to search for.

use api::page::ListQuery;
use api::{Code, Error};
use db::{Raw, Sql, sql};

use crate::text::{bare, dialled, like_escaped};

const LONGEST: usize = 200;
/// So few characters have no trigram of their own; letters and digits have one with the two blanks that stand before
/// each word, and are looked for there.
const SHORT: usize = 2;

/// So many digits are worth looking for as a number that others group in another way.
const NUMBER: usize = 4;

/// What must occur in a search column, as that writes it: each word, wherever it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    words: Vec<Word>,
    /// Or this alone: the digits of what looks like a telephone number.
    digits: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Word {
    text: String,
    /// Whether an index of trigrams finds it.
    has_trigrams: bool,
}

impl Word {
    fn of(word: &str) -> Self {
        let is_short = word.chars().count() <= SHORT;
        let begins_a_word = is_short && word.chars().all(char::is_alphanumeric);
        let text = if begins_a_word { format!("  {word}") } else { word.to_owned() };
        Self { text, has_trigrams: begins_a_word || !is_short }
    }
}

impl Text {
    pub fn of(query: &ListQuery) -> Result<Option<Self>, Error> {
        let text = words(query)?;
        let mut words: Vec<Word> = text.split(' ').filter(|word| !word.is_empty()).map(Word::of).collect();
        // Marks alone name nothing.
        if words.is_empty() {
            return Ok(None);
        }
        let is_number =
            text.chars().all(|c| c.is_ascii_digit() || matches!(c, ' ' | '+' | '(' | ')' | '/' | '-' | '.'));
        let digits = Some(dialled(&text)).filter(|digits| is_number && digits.len() >= NUMBER && *digits != text);
        if digits.is_some() {
            // What only groups the digits needn't be grouped so.
            words.retain(|word| word.has_trigrams);
        }
        Ok(Some(Self { words, digits }))
    }

    /// Whether this column has it.
    pub(super) fn condition(&self, column: &'static str) -> Sql {
        let mut sql = sql!["("];
        for (at, word) in self.words.iter().enumerate() {
            sql.push(if at == 0 { "" } else { " and " }).append(like(column, &word.text));
        }
        if let Some(digits) = &self.digits {
            sql.push(if self.words.is_empty() { "" } else { " or " }).append(like(column, digits));
        }
        sql.push(")");
        sql
    }

    /// Begins with ` and`: what [`phrase`](Self::phrase) doesn't ask for.
    pub(super) fn rest(&self, column: &'static str) -> Sql {
        let mut sql = Sql::new();
        for word in self.words.iter().filter(|word| !word.has_trigrams) {
            sql.push(" and ").append(like(column, &word.text));
        }
        sql
    }

    /// For an index of trigrams, if that finds it.
    pub(super) fn phrase(&self) -> Option<String> {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let words: Vec<String> =
            self.words.iter().filter(|word| word.has_trigrams).map(|word| quoted(&word.text)).collect();
        match (words.is_empty(), &self.digits) {
            (true, None) => None,
            (true, Some(digits)) => Some(quoted(digits)),
            (false, None) => Some(words.join(" AND ")),
            (false, Some(digits)) => Some(format!("({}) OR {}", words.join(" AND "), quoted(digits))),
        }
    }

    /// Whether the phrase asks for all of it.
    pub(super) fn is_phrase(&self) -> bool {
        self.words.iter().all(|word| word.has_trigrams)
    }
}

fn like(column: &'static str, text: &str) -> Sql {
    sql![Raw(column), " like ", like_escaped(text), " escape '\\'"]
}

/// Whether a column or `fold(…)` of one contains a text that was made [`bare`]. Most rows are plain, so marks are only taken
/// off where there may be some: `PostgreSQL` takes microseconds for that.
pub fn contains(column: &'static str, text: &str) -> Sql {
    let stored = Raw(column.strip_prefix("fold(").and_then(|column| column.strip_suffix(')')).unwrap_or(column));
    let bare = sql!["bare(", stored, ") like ", like_escaped(text), " escape '\\'"];
    sql!["(", like(column, text), " or octet_length(", stored, ") <> length(", stored, ") and ", bare, ")"]
}

/// `and …` for each word of what is searched for, which the column has to contain.
pub fn search(query: &ListQuery, column: &'static str) -> Result<Sql, Error> {
    let mut sql = Sql::new();
    for word in words(query)?.split_whitespace() {
        sql.push(" and ").append(contains(column, word));
    }
    Ok(sql)
}

/// What is searched for, made bare.
pub(super) fn words(query: &ListQuery) -> Result<String, Error> {
    let text = query.q.as_deref().unwrap_or_default().trim();
    if text.chars().count() > LONGEST {
        return Err(Error::field("q", Code::TooLong, format!("May have at most {LONGEST} characters.")));
    }
    Ok(bare(text))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(q: &str) -> Option<Text> {
        Text::of(&ListQuery { q: Some(q.to_owned()), ..ListQuery::default() }).unwrap()
    }

    fn phrase(q: &str) -> Option<String> {
        text(q).unwrap().phrase()
    }

    #[test]
    fn each_word_is_looked_for_as_search_columns_write_it() {
        assert_eq!(text("  "), None);
        assert_eq!(text(" \u{301} "), None);
        assert_eq!(phrase(" Cäldér  wick ").unwrap(), "\"calder\" AND \"wick\"");
        assert_eq!(phrase("a\"bc").unwrap(), "\"a\"\"bc\"");
        assert!(text("calder wick").unwrap().is_phrase());
    }

    #[test]
    fn a_letter_or_two_stand_at_the_beginning_of_a_word() {
        assert_eq!(phrase("Ö").unwrap(), "\"  o\"");
        assert_eq!(phrase("it").unwrap(), "\"  it\"");
        assert_eq!(phrase("_"), None);
        assert_eq!(phrase("brindle & co").unwrap(), "\"brindle\" AND \"  co\"");
        assert!(!text("brindle & co").unwrap().is_phrase());
    }

    #[test]
    fn numbers_are_grouped_in_any_way() {
        // The zero before it is not dialled from everywhere.
        assert_eq!(phrase("0301234").unwrap(), "(\"0301234\") OR \"301234\"");
        assert_eq!(phrase("030/1234").unwrap(), "(\"030/1234\") OR \"301234\"");
        assert_eq!(phrase("030 / 1234").unwrap(), "(\"030\" AND \"1234\") OR \"301234\"");
        assert_eq!(phrase("+49 30 1234").unwrap(), "(\"+49\" AND \"  30\" AND \"1234\") OR \"301234\"");
        assert_eq!(phrase("1-2").unwrap(), "\"1-2\"");
    }
}
