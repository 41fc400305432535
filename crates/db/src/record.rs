//! Rows of either engine, and what is made of them.

use std::cell;
use std::error::Error as StdError;

use rusqlite::types::ValueRef;
use tokio_postgres::types::Type;

use crate::{Error, Raw, Sql};

type BoxError = Box<dyn StdError + Send + Sync>;

/// A value as it came from the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cell<'a> {
    Null,
    Text(&'a str),
    /// Also a `boolean` on `SQLite`, which has no type of its own for it.
    Int(i64),
    Bool(bool),
    Bytes(&'a [u8]),
}

/// A type that one column holds. The crate has `String`, `i64`, `bool`, `Vec<u8>`, `[u8; N]` and their options; a
/// program adds its own.
pub trait Column: Sized {
    /// Fails with a sentence that says what is wrong; the caller adds the column's name.
    fn from_cell(cell: Cell<'_>) -> Result<Self, BoxError>;
}

fn unexpected(wanted: &str, cell: Cell<'_>) -> BoxError {
    let found = match cell {
        Cell::Null => "null",
        Cell::Text(_) => "text",
        Cell::Int(_) => "an integer",
        Cell::Bool(_) => "a boolean",
        Cell::Bytes(_) => "bytes",
    };
    format!("expected {wanted}, found {found}").into()
}

impl Column for String {
    fn from_cell(cell: Cell<'_>) -> Result<Self, BoxError> {
        match cell {
            Cell::Text(text) => Ok(text.to_owned()),
            other => Err(unexpected("text", other)),
        }
    }
}

impl Column for i64 {
    fn from_cell(cell: Cell<'_>) -> Result<Self, BoxError> {
        match cell {
            Cell::Int(int) => Ok(int),
            other => Err(unexpected("an integer", other)),
        }
    }
}

impl Column for bool {
    fn from_cell(cell: Cell<'_>) -> Result<Self, BoxError> {
        match cell {
            Cell::Bool(bool) => Ok(bool),
            Cell::Int(0) => Ok(false),
            Cell::Int(1) => Ok(true),
            other => Err(unexpected("a boolean", other)),
        }
    }
}

impl Column for Vec<u8> {
    fn from_cell(cell: Cell<'_>) -> Result<Self, BoxError> {
        match cell {
            Cell::Bytes(bytes) => Ok(bytes.to_owned()),
            other => Err(unexpected("bytes", other)),
        }
    }
}

impl<const N: usize> Column for [u8; N] {
    fn from_cell(cell: Cell<'_>) -> Result<Self, BoxError> {
        match cell {
            Cell::Bytes(bytes) => {
                Self::try_from(bytes).map_err(|_| format!("expected {N} bytes, found {}", bytes.len()).into())
            }
            other => Err(unexpected("bytes", other)),
        }
    }
}

impl<C: Column> Column for Option<C> {
    fn from_cell(cell: Cell<'_>) -> Result<Self, BoxError> {
        match cell {
            Cell::Null => Ok(None),
            other => C::from_cell(other).map(Some),
        }
    }
}

/// A row, read from left to right by [`Row::next`] or by name.
#[derive(Debug)]
pub struct Row<'a> {
    source: Source<'a>,
    at: cell::Cell<usize>,
}

#[derive(Debug)]
enum Source<'a> {
    Sqlite(&'a rusqlite::Row<'a>),
    Postgres(&'a tokio_postgres::Row),
}

impl<'a> Row<'a> {
    pub(crate) fn sqlite(row: &'a rusqlite::Row<'a>) -> Self {
        Self { source: Source::Sqlite(row), at: cell::Cell::new(0) }
    }

    pub(crate) fn postgres(row: &'a tokio_postgres::Row) -> Self {
        Self { source: Source::Postgres(row), at: cell::Cell::new(0) }
    }

    /// The next column.
    pub fn next<C: Column>(&self) -> Result<C, Error> {
        let at = self.at.replace(self.at.get() + 1);
        C::from_cell(self.cell(at)?).map_err(|error| self.decode(at, error))
    }

    /// The next column, given through a function, which may fail.
    pub fn next_as<C: Column, R: Loaded<T>, T>(&self, load: impl FnOnce(C) -> R) -> Result<T, Error> {
        let at = self.at.get();
        load(self.next()?).loaded().map_err(|error| self.decode(at, error))
    }

    /// The column with this name, wherever it stands. A record written by hand uses it; it doesn't move [`Row::next`].
    pub fn get<C: Column>(&self, name: &str) -> Result<C, Error> {
        let at = (0..self.width()).find(|at| self.name(*at) == Some(name));
        let at = at.ok_or_else(|| Error::Decode { column: name.to_owned(), source: "no such column".into() })?;
        C::from_cell(self.cell(at)?).map_err(|error| self.decode(at, error))
    }

    /// Fails in debug builds if the next column isn't the one that a record wants: a statement that lists them in its
    /// own order would fill the wrong fields.
    #[doc(hidden)]
    pub fn expect(&self, name: &str) -> Result<(), Error> {
        let at = self.at.get();
        if cfg!(debug_assertions) && self.name(at) != Some(name) {
            return Err(self.decode(at, format!("the record wants the column {name} here").into()));
        }
        Ok(())
    }

    fn decode(&self, at: usize, source: BoxError) -> Error {
        let column = self.name(at).map_or_else(|| format!("number {}", at + 1), str::to_owned);
        Error::Decode { column, source }
    }

    fn width(&self) -> usize {
        match self.source {
            Source::Sqlite(row) => row.as_ref().column_count(),
            Source::Postgres(row) => row.len(),
        }
    }

    fn name(&self, at: usize) -> Option<&str> {
        match self.source {
            Source::Sqlite(row) => row.as_ref().column_name(at).ok(),
            Source::Postgres(row) => row.columns().get(at).map(tokio_postgres::Column::name),
        }
    }

    fn cell(&self, at: usize) -> Result<Cell<'_>, Error> {
        if at >= self.width() {
            return Err(self.decode(at, format!("the row has only {} columns", self.width()).into()));
        }
        match self.source {
            Source::Sqlite(row) => match row.get_ref(at).map_err(|error| self.decode(at, error.into()))? {
                ValueRef::Null => Ok(Cell::Null),
                ValueRef::Integer(int) => Ok(Cell::Int(int)),
                ValueRef::Text(text) => {
                    std::str::from_utf8(text).map(Cell::Text).map_err(|error| self.decode(at, error.into()))
                }
                ValueRef::Blob(bytes) => Ok(Cell::Bytes(bytes)),
                ValueRef::Real(_) => Err(self.decode(at, "a real number doesn't cross; cast it".into())),
            },
            Source::Postgres(row) => postgres_cell(row, at).map_err(|error| self.decode(at, error)),
        }
    }
}

fn postgres_cell(row: &tokio_postgres::Row, at: usize) -> Result<Cell<'_>, BoxError> {
    let kind = row.columns()[at].type_();
    let cell = if *kind == Type::INT8 {
        row.try_get::<_, Option<i64>>(at)?.map(Cell::Int)
    } else if *kind == Type::INT4 {
        row.try_get::<_, Option<i32>>(at)?.map(|int| Cell::Int(int.into()))
    } else if *kind == Type::INT2 {
        row.try_get::<_, Option<i16>>(at)?.map(|int| Cell::Int(int.into()))
    } else if *kind == Type::BOOL {
        row.try_get::<_, Option<bool>>(at)?.map(Cell::Bool)
    } else if *kind == Type::BYTEA {
        row.try_get::<_, Option<&[u8]>>(at)?.map(Cell::Bytes)
    } else if [Type::TEXT, Type::VARCHAR, Type::BPCHAR, Type::NAME].contains(kind) {
        row.try_get::<_, Option<&str>>(at)?.map(Cell::Text)
    } else {
        return Err(format!("a value of type {kind} doesn't cross; cast it").into());
    };
    Ok(cell.unwrap_or(Cell::Null))
}

/// What a function given to [`Row::next_as`] may return: the field, or a result with it.
pub trait Loaded<T> {
    fn loaded(self) -> Result<T, BoxError>;
}

impl<T> Loaded<T> for T {
    fn loaded(self) -> Result<T, BoxError> {
        Ok(self)
    }
}

impl<T, E: Into<BoxError>> Loaded<T> for Result<T, E> {
    fn loaded(self) -> Result<T, BoxError> {
        self.map_err(Into::into)
    }
}

/// Something that rows are read into. [`record!`](crate::record!) writes it for a structure; a single value is one, and
/// so is a tuple of records: `(Site, i64)` for `select`ing a site's columns and then a count.
pub trait Record: Sized {
    /// The columns, separated by `", "`, in the order in which `from_row` reads them; empty for what has no names.
    const COLUMNS: &'static str;

    /// Reads the record's columns, from the left.
    fn from_row(row: &Row<'_>) -> Result<Self, Error>;
}

/// A record's columns, for [`sql!`](crate::sql).
pub fn columns<R: Record>() -> Raw {
    Raw(R::COLUMNS)
}

/// A record's columns, each with the name that the statement gives its table: `columns_of::<Site>("s")` is
/// `s.id, s.name`.
pub fn columns_of<R: Record>(table: &'static str) -> Sql {
    let mut sql = Sql::new();
    for (at, column) in R::COLUMNS.split(", ").enumerate() {
        sql.push(if at == 0 { "" } else { ", " }).push(table).push(".").push(column);
    }
    sql
}

macro_rules! single {
    ($($type:ty),*) => {$(
        impl Record for $type {
            const COLUMNS: &'static str = "";

            fn from_row(row: &Row<'_>) -> Result<Self, Error> {
                row.next()
            }
        }
    )*};
}

single!(String, i64, bool, Vec<u8>);

impl<C: Column> Record for Option<C> {
    const COLUMNS: &'static str = "";

    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        row.next()
    }
}

impl<const N: usize> Record for [u8; N] {
    const COLUMNS: &'static str = "";

    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        row.next()
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<$($part: Record),+> Record for ($($part,)+) {
            const COLUMNS: &'static str = "";

            fn from_row(row: &Row<'_>) -> Result<Self, Error> {
                Ok(($($part::from_row(row)?,)+))
            }
        }
    )*};
}

tuples! {
    (A)
    (A, B)
    (A, B, C)
    (A, B, C, D)
    (A, B, C, D, E)
    (A, B, C, D, E, F)
    (A, B, C, D, E, F, G)
    (A, B, C, D, E, F, G, H)
}

/// Declares a structure and reads it from a row: its fields are its columns, named once.
///
/// A field's type is a [`Column`](crate::Column), or something made of one: `as` names the stored type and `=>` the
/// function from that to the field's type, or to a `Result` of it.
///
/// ```
/// # use std::num::ParseIntError;
/// # #[derive(Debug)] pub struct SiteId(String);
/// # #[derive(Debug)] pub struct Level(u8);
/// # fn level(text: String) -> Result<Level, ParseIntError> { text.parse().map(Level) }
/// db::record! {
///     /// A place.
///     #[derive(Debug)]
///     pub struct Site {
///         pub id: SiteId as String => SiteId,
///         pub parent_id: Option<SiteId> as Option<String> => |id| id.map(SiteId),
///         pub level: Level as String => level,
///         pub name: String,
///     }
/// }
/// assert_eq!(<Site as db::Record>::COLUMNS, "id, parent_id, level, name");
/// ```
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $(#[$first_meta:meta])*
            $first_vis:vis $first:ident : $first_type:ty $(as $first_stored:ty => $first_load:expr)?
            $(,
                $(#[$field_meta:meta])*
                $field_vis:vis $field:ident : $type:ty $(as $stored:ty => $load:expr)?
            )*
            $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $(#[$first_meta])*
            $first_vis $first: $first_type,
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        impl $crate::Record for $name {
            const COLUMNS: &'static str = concat!(stringify!($first) $(, ", ", stringify!($field))*);

            fn from_row(row: &$crate::Row<'_>) -> ::core::result::Result<Self, $crate::Error> {
                Ok(Self {
                    $first: $crate::record_field!(row, $first $(, $first_stored, $first_load)?),
                    $($field: $crate::record_field!(row, $field $(, $stored, $load)?),)*
                })
            }
        }
    };
}

/// One field of [`record!`].
#[doc(hidden)]
#[macro_export]
macro_rules! record_field {
    ($row:ident, $field:ident) => {{
        $row.expect(stringify!($field))?;
        $row.next()?
    }};
    ($row:ident, $field:ident, $stored:ty, $load:expr) => {{
        $row.expect(stringify!($field))?;
        $row.next_as::<$stored, _, _>($load)?
    }};
}
