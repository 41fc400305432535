//! Statements: text that the program contains, and values that are always bound.

use crate::{Engine, Value};

/// A statement, or a part of one.
///
/// Its text can only come from the program (`&'static str`) and its values can only become parameters, so no value ever
/// turns into SQL. Placeholders are numbered when the statement is run, each in the way of its engine; parts can
/// therefore be put together in any order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[must_use = "a statement does nothing until it is run"]
pub struct Sql {
    pieces: Vec<Piece>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(&'static str),
    Value(Value),
}

impl Sql {
    /// A statement without a word yet; usually `sql![…]` is what is wanted.
    pub const fn new() -> Self {
        Self { pieces: Vec::new() }
    }

    /// Appends text of the program.
    pub fn push(&mut self, text: &'static str) -> &mut Self {
        self.pieces.push(Piece::Text(text));
        self
    }

    /// Appends a parameter.
    pub fn push_value(&mut self, value: impl Into<Value>) -> &mut Self {
        self.pieces.push(Piece::Value(value.into()));
        self
    }

    /// Appends another statement's text and parameters.
    pub fn append(&mut self, other: Sql) -> &mut Self {
        self.pieces.extend(other.pieces);
        self
    }

    /// Appends a parenthesised list of parameters, for use after `in`. An empty list is written as `(null)`, so that
    /// `in` finds nothing; `not in` would find nothing either, so ask whether the list is empty before that.
    pub fn push_list<V: Into<Value>>(&mut self, values: impl IntoIterator<Item = V>) -> &mut Self {
        let mut separator = "(";
        for value in values {
            self.push(separator).push_value(value);
            separator = ", ";
        }
        self.push(if separator == "(" { "(null)" } else { ")" })
    }

    /// Appends whatever [`sql!`](crate::sql!) accepts: a value, a [`Raw`] text, a [`List`], or another [`Sql`].
    pub fn push_part(&mut self, part: impl Part) -> &mut Self {
        part.add_to(self);
        self
    }

    /// Whether there is neither text nor value.
    pub fn is_empty(&self) -> bool {
        self.pieces.is_empty()
    }

    /// The text as the engine wants it.
    pub fn text(&self, engine: Engine) -> String {
        let mark = match engine {
            Engine::Sqlite => '?',
            Engine::Postgres => '$',
        };
        let mut text = String::with_capacity(self.pieces.len() * 16);
        let mut number = 0_usize;
        for piece in &self.pieces {
            match piece {
                Piece::Text(piece) => text.push_str(piece),
                Piece::Value(_) => {
                    number += 1;
                    text.push(mark);
                    text.push_str(&number.to_string());
                }
            }
        }
        text
    }

    /// The parameters, the first placeholder's first.
    pub fn values(&self) -> impl Iterator<Item = &Value> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Text(_) => None,
            Piece::Value(value) => Some(value),
        })
    }
}

/// What [`sql!`](crate::sql!) accepts where it sees no literal.
pub trait Part {
    fn add_to(self, sql: &mut Sql);
}

impl<V: Into<Value>> Part for V {
    fn add_to(self, sql: &mut Sql) {
        sql.push_value(self);
    }
}

/// What [`sql!`] makes of a literal. Only the macro uses it: it knows that there is one.
#[doc(hidden)]
pub trait Literal {
    fn add_to(self, sql: &mut Sql);
}

impl Literal for &'static str {
    fn add_to(self, sql: &mut Sql) {
        sql.push(self);
    }
}

impl Literal for i64 {
    fn add_to(self, sql: &mut Sql) {
        sql.push_value(self);
    }
}

impl Literal for bool {
    fn add_to(self, sql: &mut Sql) {
        sql.push_value(self);
    }
}

impl Part for Sql {
    fn add_to(self, sql: &mut Sql) {
        sql.append(self);
    }
}

/// Text of the program that isn't a literal at the place of use, such as a constant, which
/// [`sql!`](crate::sql!) would bind otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Raw(pub &'static str);

impl Part for Raw {
    fn add_to(self, sql: &mut Sql) {
        sql.push(self.0);
    }
}

/// A parenthesised list of parameters, see [`Sql::push_list`].
#[derive(Clone, Debug)]
pub struct List<I>(I);

/// `sql!["… where id in ", list(ids)]`
pub fn list<I>(values: I) -> List<I>
where
    I: IntoIterator,
    I::Item: Into<Value>,
{
    List(values)
}

impl<I> Part for List<I>
where
    I: IntoIterator,
    I::Item: Into<Value>,
{
    fn add_to(self, sql: &mut Sql) {
        sql.push_list(self.0);
    }
}

/// Builds a [`Sql`]: `sql!["select … where id = ", id, " and version = ", version]`.
///
/// Text literals are text; every other expression is bound as a parameter, unless it is a [`Raw`] text, a [`List`] or
/// another [`Sql`], which is put in at that place.
#[macro_export]
macro_rules! sql {
    [$($piece:expr),* $(,)?] => {{
        #[allow(unused_mut, reason = "it may have no pieces")]
        let mut sql = $crate::Sql::new();
        $( $crate::sql_piece!(sql, $piece); )*
        sql
    }};
}

/// Columns of one row, each with what it gets: a value, or a part of a statement. [`assign!`](crate::assign!) makes it.
/// In [`sql!`](crate::sql!) it is the middle of an update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assignments(Vec<(&'static str, Sql)>);

impl Assignments {
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    /// Adds a column.
    pub fn push(&mut self, column: &'static str, part: impl Part) -> &mut Self {
        let mut sql = Sql::new();
        sql.push_part(part);
        self.0.push((column, sql));
        self
    }

    /// These and more.
    #[must_use]
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// Those that are others than in `before`, or not there.
    #[must_use]
    pub fn without(mut self, before: &Self) -> Self {
        self.0.retain(|assignment| !before.0.contains(assignment));
        self
    }

    /// Those of these columns.
    #[must_use]
    pub fn only(mut self, columns: &[&str]) -> Self {
        self.0.retain(|(column, _)| columns.contains(column));
        self
    }

    pub fn len(&self) -> usize {
        self.0.len()
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `a = …, b = …` with another word than the comma.
    fn joined(self, word: &'static str) -> Sql {
        let mut sql = Sql::new();
        for (at, (column, part)) in self.0.into_iter().enumerate() {
            sql.push(if at == 0 { "" } else { word }).push(column).push(" = ").append(part);
        }
        sql
    }

    /// That each column holds this: `a = … and b = …`.
    pub fn into_condition(self) -> Sql {
        self.joined(" and ")
    }
}

impl<V: Into<Value>> FromIterator<(&'static str, V)> for Assignments {
    fn from_iter<I: IntoIterator<Item = (&'static str, V)>>(columns: I) -> Self {
        let mut assignments = Self::new();
        for (column, value) in columns {
            assignments.push(column, value);
        }
        assignments
    }
}

impl Part for Assignments {
    fn add_to(self, sql: &mut Sql) {
        sql.append(self.joined(", "));
    }
}

/// An insertion of many rows at once. Databases limit the parameters of a statement to some 30,000.
#[derive(Clone, Debug)]
pub struct Rows {
    table: &'static str,
    columns: Vec<&'static str>,
    values: Sql,
    len: usize,
}

impl Rows {
    pub fn new(table: &'static str) -> Self {
        Self { table, columns: Vec::new(), values: Sql::new(), len: 0 }
    }

    /// Adds a row. All of a table's are made at one place of the program, so they have the same columns.
    pub fn push(&mut self, row: Assignments) {
        let (columns, values): (Vec<_>, Vec<_>) = row.0.into_iter().unzip();
        debug_assert!(self.len == 0 || self.columns == columns, "rows of one insertion have the same columns");
        self.columns = columns;
        self.values.push(if self.len == 0 { "(" } else { ", (" });
        for (at, value) in values.into_iter().enumerate() {
            self.values.push(if at == 0 { "" } else { ", " }).append(value);
        }
        self.values.push(")");
        self.len += 1;
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    pub fn into_sql(self) -> Sql {
        let mut sql = Sql::new();
        sql.push("insert into ").push(self.table).push(" (");
        for (at, column) in self.columns.into_iter().enumerate() {
            sql.push(if at == 0 { "" } else { ", " }).push(column);
        }
        sql.push(") values ").append(self.values);
        sql
    }
}

/// Builds [`Assignments`](crate::Assignments), in which each column stands beside what it gets:
/// `sql!["update sites set ", assign! { name: name, visits: sql!["visits + ", 1] }, " where id = ", id]`.
#[macro_export]
macro_rules! assign {
    { $($column:ident: $value:expr),* $(,)? } => {{
        #[allow(unused_mut, reason = "there may be no columns")]
        let mut assignments = $crate::Assignments::new();
        $( assignments.push(stringify!($column), $value); )*
        assignments
    }};
}

/// Builds an insertion in which each column stands beside its value: `insert! { "sites", id: id.as_str(), version: 1_i64 }`.
#[macro_export]
macro_rules! insert {
    { $table:literal, $($column:ident: $value:expr),+ $(,)? } => {{
        let mut rows = $crate::Rows::new($table);
        rows.push($crate::assign! { $($column: $value),+ });
        rows.into_sql()
    }};
}

/// So many values or rows are named in one statement at most: databases limit its parameters.
pub const AT_ONCE: usize = 1000;

/// One piece of [`sql!`]; tells a literal from an expression.
#[doc(hidden)]
#[macro_export]
macro_rules! sql_piece {
    ($sql:ident, $literal:literal) => {
        $crate::Literal::add_to($literal, &mut $sql)
    };
    ($sql:ident, $part:expr) => {
        $crate::Part::add_to($part, &mut $sql)
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(sql: &Sql) -> (String, String) {
        (sql.text(Engine::Sqlite), sql.text(Engine::Postgres))
    }

    #[test]
    fn literals_are_text_and_expressions_are_bound() {
        let name = String::from("'; drop table sites; --");
        let sql = sql!["select 1 where 'a' = ", &name, " or 2 = ", 2, " or ", "x".to_owned(), " = ", name.as_str()];
        assert_eq!(
            both(&sql),
            (
                "select 1 where 'a' = ?1 or 2 = ?2 or ?3 = ?4".to_owned(),
                "select 1 where 'a' = $1 or 2 = $2 or $3 = $4".to_owned()
            )
        );
        let values: Vec<_> = sql.values().cloned().collect();
        assert_eq!(values, [Value::from(&name), Value::from(2), Value::from("x"), Value::from(&name)]);
    }

    #[test]
    fn parts_are_numbered_where_they_end_up() {
        let mut condition = Sql::new();
        assert!(condition.is_empty());
        condition.push(" and b = ").push_value(2_i64);
        let mut sql = sql!["select a from t where a = ", 1_i64, condition];
        sql.append(sql![" and c in ", list(["x", "y", "z"])]).push(" limit ").push_value(5_i64);
        assert_eq!(
            sql.text(Engine::Postgres),
            "select a from t where a = $1 and b = $2 and c in ($3, $4, $5) limit $6"
        );
        assert_eq!(sql.values().count(), 6);
    }

    #[test]
    fn an_empty_list_finds_nothing() {
        assert_eq!(sql!["a in ", list(Vec::<i64>::new())].text(Engine::Sqlite), "a in (null)");
    }

    #[test]
    fn constants_are_text_only_as_raw() {
        const ORDER: &str = "order by a";
        assert_eq!(sql!["select a ", Raw(ORDER)].text(Engine::Sqlite), "select a order by a");
        assert_eq!(sql!["select ", ORDER].text(Engine::Sqlite), "select ?1");
    }

    #[test]
    fn rows_are_inserted_at_once() {
        let mut rows = Rows::new("sites");
        assert!(rows.is_empty());
        for (id, version) in [("a", 1_i64), ("b", 2)] {
            rows.push(assign! { id: id, version: version });
        }
        assert_eq!(rows.len(), 2);
        let sql = rows.into_sql();
        assert_eq!(sql.text(Engine::Postgres), "insert into sites (id, version) values ($1, $2), ($3, $4)");
        let values: Vec<_> = sql.values().cloned().collect();
        assert_eq!(values, [Value::from("a"), Value::from(1), Value::from("b"), Value::from(2)]);
    }

    #[test]
    fn many_placeholders_are_no_burden() {
        let sql = sql!["select 1 where 0 in ", list(0..1000_i64)];
        assert!(sql.text(Engine::Postgres).ends_with(", $999, $1000)"));
    }
}
