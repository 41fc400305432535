//! Rows of either engine, and what is made of them.

use std::cell;
use std::error::Error as StdError;
use std::str::FromStr;

use rusqlite::types::ValueRef;
use tokio_postgres::types::Type;

use crate::{Assignments, Error, Raw, Rows, Sql, Value, sql};

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

    /// The next column, which has to be the one with this name, given through a function. Only debug builds look at the
    /// name: a statement that lists a record's columns in its own order would fill the wrong fields.
    pub fn read<T>(&self, name: &str, load: impl FnOnce(Cell<'_>) -> Result<T, BoxError>) -> Result<T, Error> {
        let at = self.at.replace(self.at.get() + 1);
        if cfg!(debug_assertions) && self.name(at) != Some(name) {
            return Err(self.decode(at, format!("the record wants the column {name} here").into()));
        }
        load(self.cell(at)?).map_err(|error| self.decode(at, error))
    }

    /// The column with this name, wherever it stands. A record written by hand uses it; it doesn't move [`Row::next`].
    pub fn get<C: Column>(&self, name: &str) -> Result<C, Error> {
        let at = (0..self.width()).find(|at| self.name(*at) == Some(name));
        let at = at.ok_or_else(|| Error::Decode { column: name.to_owned(), source: "no such column".into() })?;
        C::from_cell(self.cell(at)?).map_err(|error| self.decode(at, error))
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

/// Something that rows are read into. [`record!`](crate::record!) writes it for a structure; a single value is one, and
/// so is a tuple of records: `(Site, i64)` for `select`ing a site's columns and then a count.
pub trait Record: Sized {
    /// The columns in the order in which `from_row` reads them; none for what has no names.
    fn columns() -> Vec<&'static str> {
        Vec::new()
    }

    /// Reads the record's columns, from the left.
    fn from_row(row: &Row<'_>) -> Result<Self, Error>;
}

/// A structure that [`record!`](crate::record!) declares: what it reads from a row it can write into one.
pub trait Fields: Record {
    /// What [`Record::columns`] hold.
    fn values(&self) -> Vec<Value>;

    /// The columns that a log of changes may tell of, and what they hold.
    fn logged(&self) -> Vec<(&'static str, Value)>;
}

/// A record that is a row of a table, known by its `id`.
pub trait Stored: Fields {
    const TABLE: &'static str;

    /// Columns that follow from the fields, such as what is compared and searched.
    fn derived(&self) -> Assignments {
        Assignments::new()
    }

    /// All columns of the row: the fields and what follows from them.
    fn assignments(&self) -> Assignments {
        let fields: Assignments = Self::columns().into_iter().zip(self.values()).collect();
        fields.and(self.derived())
    }
    /// Inserts the row; [`Rows`] inserts many.
    fn insertion(&self) -> Sql {
        let mut rows = Rows::new(Self::TABLE);
        rows.push(self.assignments());
        rows.into_sql()
    }

    /// Writes the columns in which the record differs from what it was, and those that stand `beside` it in the row, if
    /// its `version` is still the one that it was read with; counts that up. Nothing where there is nothing to write.
    fn update_of(&self, before: &Self, beside: Assignments) -> Option<Sql> {
        let was = before.assignments();
        let changed = self.assignments().without(&was).and(beside);
        let now = was.only(&["id", "version"]);
        debug_assert_eq!(now.len(), 2, "a row that is updated has an id and a version");
        if changed.is_empty() {
            return None;
        }
        let table = Raw(Self::TABLE);
        Some(sql!["update ", table, " set version = version + 1, ", changed, " where ", now.into_condition()])
    }
}

/// A record's columns, for [`sql!`].
pub fn columns<R: Record>() -> Sql {
    let mut sql = Sql::new();
    for (at, column) in R::columns().into_iter().enumerate() {
        sql.push(if at == 0 { "" } else { ", " }).push(column);
    }
    sql
}

/// A record's columns, each with the name that the statement gives its table: `columns_of::<Site>("s")` is
/// `s.id, s.name`.
pub fn columns_of<R: Record>(table: &'static str) -> Sql {
    let mut sql = Sql::new();
    for (at, column) in R::columns().into_iter().enumerate() {
        sql.push(if at == 0 { "" } else { ", " }).push(table).push(".").push(column);
    }
    sql
}

macro_rules! single {
    ($($type:ty),*) => {$(
        impl Record for $type {
            fn from_row(row: &Row<'_>) -> Result<Self, Error> {
                row.next()
            }
        }
    )*};
}

single!(String, i64, bool, Vec<u8>);

impl<C: Column> Record for Option<C> {
    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        row.next()
    }
}

impl<const N: usize> Record for [u8; N] {
    fn from_row(row: &Row<'_>) -> Result<Self, Error> {
        row.next()
    }
}

macro_rules! tuples {
    ($(($($part:ident),+))*) => {$(
        impl<$($part: Record),+> Record for ($($part,)+) {
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

/// How a field of a record is kept in a row: what stands behind `as` in [`record!`](crate::record!). A program adds its
/// own, also for a field that fills several columns.
pub trait Kept<T> {
    /// The columns of the field with this name.
    fn columns(field: &'static str) -> Vec<&'static str> {
        vec![field]
    }

    /// Reads these columns, from the left.
    fn load(row: &Row<'_>, field: &'static str) -> Result<T, Error>;

    /// What they hold.
    fn store(field: &T) -> Vec<Value>;
}

/// What a [`Column`] is kept as, without `as`.
#[doc(hidden)]
#[derive(Clone, Copy, Debug)]
pub struct Itself;

impl<C: Column + Clone + Into<Value>> Kept<C> for Itself {
    fn load(row: &Row<'_>, field: &'static str) -> Result<C, Error> {
        row.read(field, C::from_cell)
    }

    fn store(field: &C) -> Vec<Value> {
        vec![field.clone().into()]
    }
}

/// The text that something shows itself as and is made of: an id, a word. `Option<Text>` keeps an option of it.
#[derive(Clone, Copy, Debug)]
pub struct Text;

fn parse<T: FromStr<Err: Into<BoxError>>>(text: &str) -> Result<T, BoxError> {
    text.parse().map_err(|error: T::Err| format!("{text}: {}", error.into()).into())
}

impl<T: AsRef<str> + FromStr<Err: Into<BoxError>>> Kept<T> for Text {
    fn load(row: &Row<'_>, field: &'static str) -> Result<T, Error> {
        row.read(field, |cell| parse(&String::from_cell(cell)?))
    }

    fn store(field: &T) -> Vec<Value> {
        vec![field.into()]
    }
}

impl<T: AsRef<str> + FromStr<Err: Into<BoxError>>> Kept<Option<T>> for Option<Text> {
    fn load(row: &Row<'_>, field: &'static str) -> Result<Option<T>, Error> {
        row.read(field, |cell| Option::<String>::from_cell(cell)?.as_deref().map(parse).transpose())
    }

    fn store(field: &Option<T>) -> Vec<Value> {
        vec![field.as_ref().into()]
    }
}

/// Declares a structure and what it is in a row: its fields are its columns, named once.
///
/// A field's type is a [`Column`](crate::Column), or `as` says how it is [`Kept`](crate::Kept). `[logged]` after it lets
/// a log of changes tell of it; what isn't marked stays unsaid. A record that is a row of a table can be written by
/// [`Stored`](crate::Stored), one that gathers columns of several is only read.
///
/// ```
/// # use std::convert::Infallible;
/// # #[derive(Debug)] pub struct SiteId(String);
/// # impl AsRef<str> for SiteId { fn as_ref(&self) -> &str { &self.0 } }
/// # impl std::str::FromStr for SiteId {
/// #     type Err = Infallible;
/// #     fn from_str(text: &str) -> Result<Self, Infallible> { Ok(Self(text.to_owned())) }
/// # }
/// db::record! {
///     /// A place.
///     #[derive(Debug)]
///     pub struct Site {
///         pub id: SiteId as db::Text,
///         pub version: i64,
///         pub parent_id: Option<SiteId> as Option<db::Text> [logged],
///         pub name: String [logged],
///     }
/// }
///
/// impl db::Stored for Site {
///     const TABLE: &'static str = "sites";
///
///     fn derived(&self) -> db::Assignments {
///         db::assign! { name_folded: self.name.to_lowercase() }
///     }
/// }
///
/// let site = Site { id: SiteId("s".to_owned()), version: 1, parent_id: None, name: "HQ".to_owned() };
/// assert_eq!(
///     db::Stored::insertion(&site).text(db::Engine::Sqlite),
///     "insert into sites (id, version, parent_id, name, name_folded) values (?1, ?2, ?3, ?4, ?5)"
/// );
/// ```
#[macro_export]
macro_rules! record {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $(
                $(#[$field_meta:meta])*
                $field_vis:vis $field:ident : $type:ty $(as $kept:ty)? $([$mark:ident])?
            ),*
            $(,)?
        }
    ) => {
        $(#[$meta])*
        $vis struct $name {
            $($(#[$field_meta])* $field_vis $field: $type,)*
        }

        impl $crate::Record for $name {
            fn columns() -> ::std::vec::Vec<&'static str> {
                [$(<$crate::record_kept!($($kept)?) as $crate::Kept<$type>>::columns(stringify!($field))),*].concat()
            }

            fn from_row(row: &$crate::Row<'_>) -> ::core::result::Result<Self, $crate::Error> {
                Ok(Self {
                    $($field: <$crate::record_kept!($($kept)?) as $crate::Kept<$type>>::load(row, stringify!($field))?,)*
                })
            }
        }

        impl $crate::Fields for $name {
            fn values(&self) -> ::std::vec::Vec<$crate::Value> {
                [$(<$crate::record_kept!($($kept)?) as $crate::Kept<$type>>::store(&self.$field)),*].concat()
            }

            fn logged(&self) -> ::std::vec::Vec<(&'static str, $crate::Value)> {
                #[allow(unused_mut, reason = "no field may be logged")]
                let mut logged = ::std::vec::Vec::new();
                $($crate::record_logged!(logged, self, $field, $type, $crate::record_kept!($($kept)?) $(, $mark)?);)*
                logged
            }
        }
    };
}

/// How a field of [`record!`] is kept.
#[doc(hidden)]
#[macro_export]
macro_rules! record_kept {
    () => {
        $crate::Itself
    };
    ($kept:ty) => {
        $kept
    };
}

/// What a log may tell of a field of [`record!`].
#[doc(hidden)]
#[macro_export]
macro_rules! record_logged {
    ($logged:ident, $record:ident, $field:ident, $type:ty, $kept:ty) => {};
    ($logged:ident, $record:ident, $field:ident, $type:ty, $kept:ty, logged) => {
        let columns = <$kept as $crate::Kept<$type>>::columns(stringify!($field));
        $logged.extend(columns.into_iter().zip(<$kept as $crate::Kept<$type>>::store(&$record.$field)));
    };
}
