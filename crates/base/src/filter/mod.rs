//! The filter language: one text that says which rows are wanted, on the fields that a noun has registered. It is read
//! ([`syntax`]), held against the fields ([`check`]) and compiled to a condition of a statement ([`compile`]).
//! `docs/filters.md` says what it means.
//!
//! A comparison is true or false, never unknown: of a field without a value every one is false, and `not` turns that
//! round. So a filter and its opposite share a list between them.

mod check;
mod compile;
mod syntax;

use std::ops::Range;

use api::{Code, Error, FieldError};
use db::{Engine, Sql};

pub(crate) use self::compile::Moved;
use crate::list::{Asker, Beside, Counter, Field};

/// Something that is wrong with a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Fault(String);

impl Fault {
    /// Of the part of the text that stands there.
    fn at(text: &str, at: &Range<usize>, what: &str) -> Self {
        let characters = text.get(..at.start).map_or(0, |before| before.chars().count());
        let end = if what.ends_with(['?', '.']) { "" } else { "." };
        Self(format!("At character {}: {what}{end}", characters + 1))
    }

    fn whole(what: String) -> Self {
        Self(what)
    }
}

/// Refuses a filter, each fault by itself.
fn refused(faults: Vec<Fault>) -> Error {
    Error::fields(faults.into_iter().map(|fault| FieldError::new("filter", Code::InvalidFilter, fault.0)).collect())
}

/// A filter that asks for what there is.
#[derive(Debug)]
pub struct Filter(check::Checked);

/// A filter as a part of a statement.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// One condition, without `and` before it.
    pub condition: Sql,
    /// Tables that it looks into.
    pub beside: Vec<&'static Beside>,
    /// Parts of it, each of which is true of every row that it finds and is asked of a column with an index.
    pub(crate) keys: Vec<IndexKey>,
}

/// A condition that an index finds the rows of.
#[derive(Clone, Debug)]
pub(crate) struct IndexKey {
    pub(crate) field: &'static Field,
    pub(crate) condition: Sql,
}

impl Filter {
    /// Reads a filter on these fields, as far as they are for the asker.
    ///
    /// # Errors
    /// `invalid_filter`, once for everything that is wrong: where, what was found and what would do.
    pub fn of(text: &str, fields: &'static [Field], asker: &Asker<'_>) -> Result<Self, Error> {
        let tree = syntax::parse(text).map_err(|fault| refused(vec![fault]))?;
        check::check(text, tree, fields, asker).map(Self).map_err(refused)
    }

    /// The fields of it that the gateway counts.
    pub(crate) fn counters(&self) -> Vec<(&'static Field, Counter)> {
        let mut found = Vec::new();
        self.0.counters(&mut found);
        found
    }

    /// `moved`: rows whose counters are not stored yet.
    pub(crate) fn compile(&self, asker: &Asker<'_>, engine: Engine, id: &'static str, moved: &Moved) -> Compiled {
        compile::compile(&self.0, asker, engine, id, moved)
    }
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
