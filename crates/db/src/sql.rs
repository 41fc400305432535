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

/// Builds an insertion in which each column stands beside its value: `insert! { "sites", id: id.as_str(), version: 1_i64 }`.
#[macro_export]
macro_rules! insert {
    { $table:literal, $($column:ident: $value:expr),+ $(,)? } => {{
        let mut columns = $crate::Sql::new();
        let mut values = $crate::Sql::new();
        let mut separator = "";
        $(
            columns.push(separator).push(stringify!($column));
            values.push(separator).push_part($value);
            #[allow(unused_assignments, reason = "nothing follows the last column")]
            { separator = ", "; }
        )+
        $crate::sql!["insert into ", $crate::Raw($table), " (", columns, ") values (", values, ")"]
    }};
}

/// An insertion of many rows at once; [`row!`](crate::row!) makes each. Databases limit the parameters of a statement to
/// some 30,000.
#[derive(Clone, Debug)]
pub struct Rows {
    table: &'static str,
    columns: &'static str,
    values: Sql,
    len: usize,
}

/// One row of [`Rows`], made by [`row!`](crate::row!).
#[derive(Clone, Debug)]
pub struct NewRow {
    #[doc(hidden)]
    pub columns: &'static str,
    #[doc(hidden)]
    pub values: Sql,
}

impl Rows {
    pub fn new(table: &'static str) -> Self {
        Self { table, columns: "", values: Sql::new(), len: 0 }
    }

    /// Adds a row. All of a table's are made at one place of the program, so they have the same columns.
    pub fn push(&mut self, row: NewRow) {
        debug_assert!(self.len == 0 || self.columns == row.columns, "rows of one insertion have the same columns");
        self.columns = row.columns;
        self.values.push(if self.len == 0 { "(" } else { ", (" }).append(row.values).push(")");
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
        sql.push("insert into ").push(self.table).push(" (").push(self.columns).push(") values ").append(self.values);
        sql
    }
}

/// Builds a row for [`Rows`](crate::Rows) in which each column stands beside its value.
#[macro_export]
macro_rules! row {
    { $first:ident: $first_value:expr $(, $column:ident: $value:expr)* $(,)? } => {{
        let mut values = $crate::Sql::new();
        values.push_part($first_value);
        $( values.push(", ").push_part($value); )*
        $crate::NewRow { columns: concat!(stringify!($first) $(, ", ", stringify!($column))*), values }
    }};
}

/// Builds the middle of an update: `sql!["update sites set ", assign! { name: name, note: note }, " where id = ", id]`.
#[macro_export]
macro_rules! assign {
    { $($column:ident: $value:expr),+ $(,)? } => {{
        let mut sql = $crate::Sql::new();
        let mut separator = "";
        $(
            sql.push(separator).push(stringify!($column)).push(" = ").push_part($value);
            #[allow(unused_assignments, reason = "nothing follows the last column")]
            { separator = ", "; }
        )+
        sql
    }};
}

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
            rows.push(row! { id: id, version: version });
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
