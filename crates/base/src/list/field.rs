//! What a noun says of itself once: its fields, and where its rows are found. Sorting, filtering, counting and the
//! description of a list follow from that.

use db::{Engine, Raw, Sql, sql};
use jiff::Timestamp;

use super::{Key, Scope};
use crate::authz::Account;
use crate::overlay::Unsaved;

/// Who asks, and when: what a row's field is may depend on it.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    pub account: &'a Account,
    pub now: Timestamp,
}

/// A condition or a value, as somebody may see it.
pub type Seen = fn(&Asker<'_>) -> Sql;

/// What a field's values are.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// Written by people, compared as [`fold`](crate::text::fold) writes it; so does the column.
    Text,
    /// Compared as it is.
    Id,
    /// In capitals.
    Code,
    /// One of these words.
    Words(Words),
    /// A whole number.
    Number,
    /// A size.
    Bytes,
    Time,
    Flag,
}

impl Kind {
    /// Whether one value is less than another.
    pub(crate) fn has_order(self) -> bool {
        matches!(self, Self::Text | Self::Number | Self::Bytes | Self::Time)
    }

    /// Whether one value occurs in another.
    pub(crate) fn has_parts(self) -> bool {
        matches!(self, Self::Text)
    }
}

/// The words of an enumeration.
#[derive(Clone, Copy, Debug)]
pub enum Words {
    /// The column has the word itself.
    Stored(&'static [&'static str]),
    /// The word follows from these conditions, of which at most one is true and none is ever null.
    Told(&'static [Told]),
}

impl Words {
    pub(crate) fn all(self) -> Vec<&'static str> {
        match self {
            Self::Stored(words) => words.to_vec(),
            Self::Told(words) => words.iter().map(|(word, _)| *word).collect(),
        }
    }
}

/// A word of an enumeration and when it holds.
pub type Told = (&'static str, Seen);

/// Where a value is found in a statement.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Column {
    Of(&'static str),
    Seen(Seen),
    /// Nowhere: its words tell it.
    None,
}

/// How a field says that it has no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Absent {
    Never,
    Null,
    /// The column is 0, which no value is; so it can be sorted by.
    Zero,
}

/// A value of a row that the gateway counts and stores a moment later.
#[derive(Clone, Copy, Debug)]
pub enum Counter {
    UsedBytes,
    LastBackupAt,
    DevicesWithoutBackup,
}

impl Counter {
    /// What is true of a row that stores this.
    pub(crate) fn with(self, unsaved: Unsaved, stored: Option<i64>) -> Option<i64> {
        match self {
            Self::UsedBytes => Some(unsaved.used_bytes(stored.unwrap_or_default())),
            Self::LastBackupAt => unsaved.last_backup_at(stored),
            Self::DevicesWithoutBackup => Some(unsaved.devices_without_backup(stored.unwrap_or_default())),
        }
    }
}

/// A field of a row, named as it is on the wire, dotted where it lies in another.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    /// A shorter name to sort by.
    pub(super) short: Option<&'static str>,
    pub kind: Kind,
    pub(crate) column: Column,
    pub(crate) absent: Absent,
    pub(super) order: Option<Order>,
    /// A search for text looks at it.
    pub is_searched: bool,
    /// It has few values, so that a list can be counted by them: the column that has them as they are shown.
    pub(super) counted: Option<&'static str>,
    /// The table beside the noun's own that holds it.
    pub(crate) beside: Option<&'static Beside>,
    pub(crate) counter: Option<Counter>,
    asked_by: fn(&Account) -> bool,
}

impl Field {
    const fn new(name: &'static str, kind: Kind, column: Column) -> Self {
        Self {
            name,
            short: None,
            kind,
            column,
            absent: Absent::Never,
            order: None,
            is_searched: false,
            counted: None,
            beside: None,
            counter: None,
            asked_by: |_| true,
        }
    }

    /// The column holds what [`fold`](crate::text::fold) makes of it.
    pub const fn text(name: &'static str, column: &'static str) -> Self {
        Self::new(name, Kind::Text, Column::Of(column))
    }

    pub const fn id(name: &'static str, column: &'static str) -> Self {
        Self::new(name, Kind::Id, Column::Of(column))
    }

    pub const fn code(name: &'static str, column: &'static str) -> Self {
        Self::new(name, Kind::Code, Column::Of(column)).counted_as(column)
    }

    pub const fn words(name: &'static str, column: &'static str, words: &'static [&'static str]) -> Self {
        Self::new(name, Kind::Words(Words::Stored(words)), Column::Of(column))
    }

    pub const fn told(name: &'static str, words: &'static [Told]) -> Self {
        Self::new(name, Kind::Words(Words::Told(words)), Column::None)
    }

    pub const fn number(name: &'static str, column: &'static str) -> Self {
        Self::new(name, Kind::Number, Column::Of(column))
    }

    pub const fn bytes(name: &'static str, column: &'static str) -> Self {
        Self::new(name, Kind::Bytes, Column::Of(column))
    }

    pub const fn time(name: &'static str, column: &'static str) -> Self {
        Self::new(name, Kind::Time, Column::Of(column))
    }

    pub const fn flag(name: &'static str, column: &'static str) -> Self {
        Self::new(name, Kind::Flag, Column::Of(column))
    }

    /// The column may be null: then it has no value.
    #[must_use]
    pub const fn optional(self) -> Self {
        Self { absent: Absent::Null, ..self }
    }

    /// Where the column is 0 it has no value.
    #[must_use]
    pub const fn optional_as_zero(self) -> Self {
        Self { absent: Absent::Zero, ..self }
    }

    /// Long lists can be sorted by it: the column is never null, and the beginning of an index with id and place behind it.
    ///
    /// # Panics
    /// While compiling, where what it is depends on who asks.
    #[must_use]
    pub const fn sorted(self) -> Self {
        let Column::Of(column) = self.column else { panic!("sorted by what has no column") };
        let is_text = matches!(self.kind, Kind::Text | Kind::Id | Kind::Code | Kind::Words(_));
        Self { order: Some(Order { column, is_text }), ..self }
    }

    /// The same by a number that stands for it.
    #[must_use]
    pub const fn sorted_by(self, column: &'static str) -> Self {
        Self { order: Some(Order { column, is_text: false }), ..self }
    }

    #[must_use]
    pub const fn short(self, name: &'static str) -> Self {
        Self { short: Some(name), ..self }
    }

    #[must_use]
    pub const fn searched(self) -> Self {
        Self { is_searched: true, ..self }
    }

    /// Lists can be counted by it, as they can by enumerations: there are few values, and the column has them as rows do.
    #[must_use]
    pub const fn counted_as(self, column: &'static str) -> Self {
        Self { counted: Some(column), ..self }
    }

    /// In another table.
    #[must_use]
    pub const fn of(self, beside: &'static Beside) -> Self {
        Self { beside: Some(beside), ..self }
    }

    /// What the gateway has counted beyond the column is added, as it is in rows.
    #[must_use]
    pub const fn live(self, counter: Counter) -> Self {
        Self { counter: Some(counter), ..self }
    }

    /// What it is depends on who asks.
    #[must_use]
    pub const fn seen(self, column: Seen) -> Self {
        Self { column: Column::Seen(column), ..self }
    }

    /// For everybody else there is no such field.
    #[must_use]
    pub const fn asked_by(self, who: fn(&Account) -> bool) -> Self {
        Self { asked_by: who, ..self }
    }

    /// Whether the account knows of this field.
    pub fn is_for(&self, account: &Account) -> bool {
        (self.asked_by)(account)
    }

    pub(super) fn is_called(&self, name: &str) -> bool {
        self.name == name || self.short == Some(name)
    }

    /// What its rows are sorted by: never null, so that a cursor can stand at any of them. What has no value comes first.
    /// Without an index of that order all that is wanted is read and sorted.
    pub(super) fn key(&self, asker: &Asker<'_>, engine: Engine) -> SortKey {
        if let Some(order) = self.order {
            return order.into();
        }
        let value = self.value(asker);
        let none = Raw(match self.kind {
            Kind::Text | Kind::Id | Kind::Code => "''",
            Kind::Time => "0",
            _ => "-9223372036854775808",
        });
        let (sql, is_text) = match self.kind {
            // By their bytes on both, as they are compared everywhere.
            Kind::Text | Kind::Id | Kind::Code if engine == Engine::Postgres => {
                (sql!["(coalesce(", value, ", ", none, ") collate \"C\")"], true)
            }
            Kind::Text | Kind::Id | Kind::Code => (sql!["coalesce(", value, ", ", none, ")"], true),
            Kind::Number | Kind::Bytes | Kind::Time => {
                (sql!["cast(coalesce(", value, ", ", none, ") as bigint)"], false)
            }
            Kind::Flag => (sql!["cast(case when ", value, " then 1 else 0 end as bigint)"], false),
            // In the order in which they are declared.
            Kind::Words(words) => {
                let mut rank = sql!["cast(case"];
                match words {
                    Words::Stored(words) => {
                        for (at, word) in (0_i64..).zip(words) {
                            rank.append(sql![" when ", value.clone(), " = ", *word, " then cast(", at, " as bigint)"]);
                        }
                    }
                    Words::Told(words) => {
                        for (at, (_, holds)) in (0_i64..).zip(words) {
                            rank.append(sql![" when ", holds(asker), " then cast(", at, " as bigint)"]);
                        }
                    }
                }
                rank.append(sql![" else -1 end as bigint)"]);
                (rank, false)
            }
        };
        SortKey { sql, is_text, is_indexed: false }
    }

    /// Whether an index has its values in their order.
    pub(crate) fn is_indexed(&self) -> bool {
        matches!((self.order, self.column), (Some(order), Column::Of(column)) if order.column == column)
    }

    pub(super) fn is_counted(&self) -> bool {
        self.counted.is_some() || matches!(self.kind, Kind::Words(_) | Kind::Flag)
    }

    pub(crate) fn value(&self, asker: &Asker<'_>) -> Sql {
        match self.column {
            Column::Of(column) => db::sql![Raw(column)],
            Column::Seen(column) => column(asker),
            Column::None => db::sql!["null"],
        }
    }
}

/// What an order goes by.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) column: &'static str,
    is_text: bool,
}

/// The same as a statement has it, for whoever asks.
#[derive(Clone, Debug)]
pub(super) struct SortKey {
    pub(super) sql: Sql,
    is_text: bool,
    /// An index has its order, so that it can be walked.
    pub(super) is_indexed: bool,
}

impl From<Order> for SortKey {
    fn from(order: Order) -> Self {
        Self { sql: sql![Raw(order.column)], is_text: order.is_text, is_indexed: true }
    }
}

impl SortKey {
    pub(super) fn is_of_text(&self) -> bool {
        self.is_text
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

/// How many rows there are, as far as totals know it.
#[derive(Clone, Copy, Debug)]
pub struct Population {
    /// In the subtree that is asked for.
    pub here: Option<i64>,
    /// In the installation, at least about.
    pub all: i64,
}

/// Something that is listed.
#[derive(Debug)]
pub struct Noun {
    /// With its short name: `customers c`.
    pub table: &'static str,
    pub id: &'static str,
    pub place: Place,
    /// What `parent_id` narrows to.
    pub parent: &'static str,
    /// What `level` narrows to, where it does.
    pub level: Option<&'static str>,
    /// The column that is searched.
    pub search: &'static str,
    /// Without it a search looks at each row.
    pub grams: Option<Grams>,
    pub population: fn(&Scope) -> Population,
    /// All that can be asked for. Sorted by the first that can be unless something else is asked for.
    pub fields: &'static [Field],
}
