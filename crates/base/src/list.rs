//! Lists, once for all slices: which part of which order, as statements and as cursors.

use api::page::{DEFAULT_LIMIT, ListQuery, MAX_LIMIT, Page};
use api::{Code, Error};
use data_encoding::BASE64URL_NOPAD;
use db::{Cell, Column, Raw, Sql, sql};
use serde::{Deserialize, Serialize};
use tree::Path;

use crate::authz::Account;
use crate::cx::Cx;

/// Something to sort by.
#[derive(Debug)]
pub struct SortField {
    /// On the wire.
    pub name: &'static str,
    /// In the statement; never null.
    pub column: &'static str,
    is_text: bool,
}

impl SortField {
    pub const fn text(name: &'static str, column: &'static str) -> Self {
        Self { name, column, is_text: true }
    }

    pub const fn number(name: &'static str, column: &'static str) -> Self {
        Self { name, column, is_text: false }
    }

    /// Whether a cursor may hold this: `PostgreSQL` compares no text with a number and knows no NUL.
    fn fits(&self, key: &Key) -> bool {
        match key {
            Key::Int(_) => !self.is_text,
            Key::Text(text) => self.is_text && !text.contains('\0'),
        }
    }
}

/// A value that was sorted by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    Int(i64),
    Text(String),
}

impl Column for Key {
    fn from_cell(cell: Cell<'_>) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        match cell {
            Cell::Int(int) => Ok(Self::Int(int)),
            Cell::Text(text) => Ok(Self::Text(text.to_owned())),
            Cell::Null | Cell::Bool(_) | Cell::Bytes(_) => Err("cannot be sorted by".into()),
        }
    }
}

impl Key {
    fn bound(&self) -> Sql {
        match self {
            Self::Int(int) => sql![*int],
            Self::Text(text) => sql![text.as_str()],
        }
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Cursor {
    /// The order that it belongs to.
    sort: String,
    key: Key,
    id: String,
}

#[derive(Debug)]
enum Start {
    Top,
    Offset(i64),
    After(Cursor),
}

/// A part of an ordered list.
#[derive(Debug)]
pub struct Window {
    limit: u32,
    start: Start,
    field: &'static SortField,
    descending: bool,
    id: &'static str,
}

impl Window {
    /// Reads what was asked for. `id` is the column that makes the order total; `fields` begins with the default.
    pub fn of(query: &ListQuery, fields: &'static [SortField], id: &'static str) -> Result<Self, Error> {
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::field("limit", Code::OutOfRange, format!("Must be from 1 to {MAX_LIMIT}.")));
        }
        let sort = query.sort.as_deref().unwrap_or(fields[0].name);
        let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let field = fields.iter().find(|field| field.name == name).ok_or_else(|| {
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            Error::field("sort", Code::Invalid, format!("Can be sorted by: {}.", names.join(", ")))
        })?;
        let start = match (&query.after, query.offset) {
            (Some(_), Some(_)) => {
                return Err(Error::field("offset", Code::Invalid, "Give either after or offset."));
            }
            (None, None) => Start::Top,
            (None, Some(offset)) => Start::Offset(offset.into()),
            (Some(after), None) => Start::After(read_cursor(after, sort, field)?),
        };
        Ok(Self { limit, start, field, descending, id })
    }

    /// The column to select last, for the cursor.
    pub fn key_column(&self) -> Raw {
        Raw(self.field.column)
    }

    /// `and …` for a cursor, then order and limit: the end of the statement.
    pub fn finish(&self, statement: &mut Sql) {
        let (field, id) = (Raw(self.field.column), Raw(self.id));
        let (after, order) = if self.descending { (" < ", " desc") } else { (" > ", "") };
        if let Start::After(cursor) = &self.start {
            let (key, after) = (|| cursor.key.bound(), Raw(after));
            statement.append(sql![
                " and (",
                field,
                after,
                key(),
                " or (",
                field,
                " = ",
                key(),
                " and ",
                id,
                after,
                cursor.id.as_str(),
                "))"
            ]);
        }
        let order = Raw(order);
        // One more than wanted tells whether there is more.
        let limit = i64::from(self.limit) + 1;
        statement.append(sql![" order by ", field, order, ", ", id, order, " limit ", limit]);
        if let Start::Offset(offset) = self.start {
            statement.append(sql![" offset ", offset]);
        }
    }

    /// Makes a page of rows that came with their sort key; returns the rows to show and the cursor after them.
    pub fn cut<T>(&self, mut rows: Vec<(T, Key)>, id_of: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let next = rows.last().filter(|_| more).map(|(row, key)| {
            let sort = format!("{}{}", if self.descending { "-" } else { "" }, self.field.name);
            write_cursor(&Cursor { sort, key: key.clone(), id: id_of(row) })
        });
        (rows.into_iter().map(|(row, _)| row).collect(), next)
    }
}

fn write_cursor(cursor: &Cursor) -> String {
    BASE64URL_NOPAD.encode(&serde_json::to_vec(cursor).unwrap_or_default())
}

fn read_cursor(text: &str, sort: &str, field: &SortField) -> Result<Cursor, Error> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Cursor>(&bytes).ok())
        .filter(|cursor| cursor.sort == sort && !cursor.id.contains('\0') && field.fits(&cursor.key))
        .ok_or_else(|| Error::field("after", Code::Invalid, "Is no cursor of this list in this order."))
}

/// The text to search for, if any.
pub fn search_of(query: &ListQuery) -> Result<Option<String>, Error> {
    match query.q.as_deref().map(str::trim) {
        None | Some("") => Ok(None),
        Some(text) if text.chars().count() > 200 => {
            Err(Error::field("q", Code::TooLong, "May have at most 200 characters."))
        }
        Some(text) => Ok(Some(crate::text::like_pattern(text))),
    }
}

/// Only the customers' list has levels.
pub fn refuse_level(query: &ListQuery) -> Result<(), Error> {
    match query.level {
        None => Ok(()),
        Some(_) => Err(Error::field("level", Code::Invalid, "This list has no levels.")),
    }
}

pub fn page<T>(items: Vec<T>, next: Option<String>, total: i64) -> Page<T> {
    Page { items, next, total }
}

/// The subtree that a list is narrowed to.
///
/// # Errors
/// `not_found` where the caller does not see the node it names.
pub async fn scope(cx: &mut Cx, account: &Account, query: &ListQuery) -> Result<Path, Error> {
    let Some(id) = &query.under else { return Ok(account.path.clone()) };
    let (from, to) = account.path.range();
    let path: Option<String> = cx
        .opt(sql!["select path from customers where id = ", id.as_str(), " and path >= ", from, " and path < ", to])
        .await?;
    path.map(Path::from_stored).ok_or_else(Error::not_found)
}
