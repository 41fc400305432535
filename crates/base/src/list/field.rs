//! What a noun says of itself once: its fields, and where its rows are found.

use super::Key;

/// A field by which a list can be sorted.
#[derive(Debug)]
pub struct Field {
    /// On the wire.
    pub name: &'static str,
    /// In the statement; never null. With the id behind it it is the beginning of an index.
    pub column: &'static str,
    is_text: bool,
    /// The table beside the noun's own that holds it.
    pub(super) beside: Option<&'static Beside>,
}

impl Field {
    pub const fn text(name: &'static str, column: &'static str) -> Self {
        Self { name, column, is_text: true, beside: None }
    }

    pub const fn number(name: &'static str, column: &'static str) -> Self {
        Self { name, column, is_text: false, beside: None }
    }

    /// The same field in another table.
    #[must_use]
    pub const fn of(self, beside: &'static Beside) -> Self {
        Self { beside: Some(beside), ..self }
    }

    /// Whether a cursor may hold this: `PostgreSQL` compares no text with a number and knows no NUL.
    pub(super) fn fits(&self, key: &Key) -> bool {
        match key {
            Key::Int(_) => !self.is_text,
            Key::Text(text) => self.is_text && !text.contains('\0'),
        }
    }
}

/// A table that has what belongs to a noun's row.
#[derive(Debug)]
pub struct Beside {
    /// With its short name: `totals t`.
    pub table: &'static str,
    /// Which of its rows belongs to the noun's.
    pub on: &'static str,
    /// Where it has the noun's id, the order by it needs no look at the noun's own table.
    pub id: Option<&'static str>,
    /// Where it says itself where the row stands, a subtree needs none either.
    pub place: Option<&'static str>,
}

/// What says where a row stands.
#[derive(Debug)]
pub struct Place {
    pub column: &'static str,
    pub beside: Option<&'static Beside>,
}

/// Where `SQLite` has the search columns' trigrams; `PostgreSQL` has them in an index of the column.
#[derive(Clone, Copy, Debug)]
pub struct Grams {
    pub table: &'static str,
    /// The column by which it knows the noun's rows.
    pub number: &'static str,
}

/// Something that is listed.
#[derive(Debug)]
pub struct Noun {
    /// With its short name: `customers c`.
    pub table: &'static str,
    pub id: &'static str,
    pub place: Place,
    /// The column that is searched.
    pub search: &'static str,
    /// Without it a search looks at each row.
    pub grams: Option<Grams>,
    /// By what it can be sorted; the first unless something else is asked for.
    pub fields: &'static [Field],
}
