//! Lists, once for all slices. A noun registers its [`Field`]s and where its rows stand ([`Noun`]); what a request wants
//! of them ([`Wanted`]) in which order ([`Window`]) is found here: the statement that finds it, the way that is cheapest,
//! how many match in all.

mod begins;
mod chosen;
mod describe;
mod field;
mod find;
mod narrow;
mod spread;
mod tally;
mod text;
mod walk;

use api::page::{COUNTED, DEFAULT_LIMIT, ListQuery, MAX_IDS, MAX_LIMIT, Page};
use api::{Code, Error, FieldError};
use data_encoding::BASE64URL_NOPAD;
use db::{Cell, Column, Raw, Sql, list, sql};
use serde::{Deserialize, Serialize};
use tree::Path;

use self::begins::Part;
pub use self::chosen::Chosen;
pub use self::describe::described;
use self::field::SortKey;
pub(crate) use self::field::{Absent, Column as FieldColumn};
pub use self::field::{Asker, Beside, Counter, Field, Grams, Kind, Noun, Place, Population, Seen, Told, Words};
pub use self::find::{Found, arranged};
pub use self::narrow::{filtered, find};
pub use self::spread::{Parts, Spread, spread};
pub use self::tally::{count, count_of};
pub use self::text::{Text, contains, search};
pub use self::walk::{Place as RowOf, Walk};
use crate::authz::Account;
use crate::cx::Cx;

/// A value that was sorted by.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
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

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Cursor {
    /// The order that it belongs to.
    sort: String,
    key: Key,
    id: String,
}

#[derive(Clone, Debug)]
enum Start {
    Top,
    Offset(i64),
    After(Cursor),
}

/// A part of an ordered list.
#[derive(Clone, Debug)]
pub struct Window {
    limit: u32,
    start: Start,
    field: &'static Field,
    key: SortKey,
    descending: bool,
    id: &'static str,
    /// Where what begins with a text comes first.
    part: Option<Part>,
}

impl Window {
    /// Reads what was asked for of a list that finds its rows in a way of its own, by an index of their order. `id` is the
    /// column that makes the order total; the first of the fields that can be sorted by is the default.
    pub fn of(query: &ListQuery, fields: &'static [Field], id: &'static str) -> Result<Self, Error> {
        let fields: Vec<&'static Field> = fields.iter().filter(|field| field.order.is_some()).collect();
        Self::made(query, &fields, |field| field.order.map(SortKey::from), id, None)
    }

    /// The same of a noun, which can be sorted by all that the account may ask for.
    pub fn of_noun(cx: &Cx, account: &Account, query: &ListQuery, noun: &Noun) -> Result<Self, Error> {
        Self::asked(cx, account, query, noun, None)
    }

    /// The same, where a search that asks for no order goes by what begins with its text.
    fn by_match(cx: &Cx, account: &Account, query: &ListQuery, noun: &Noun) -> Result<Self, Error> {
        Self::asked(cx, account, query, noun, Part::of(query)?)
    }

    fn asked(cx: &Cx, account: &Account, query: &ListQuery, noun: &Noun, part: Option<Part>) -> Result<Self, Error> {
        let asker = Asker { account, now: cx.now };
        let fields: Vec<&'static Field> = noun.fields.iter().filter(|field| field.is_for(account)).collect();
        Self::made(query, &fields, |field| Some(field.key(&asker, cx.engine())), noun.id, part)
    }

    fn made(
        query: &ListQuery,
        fields: &[&'static Field],
        key_of: impl Fn(&Field) -> Option<SortKey>,
        id: &'static str,
        part: Option<Part>,
    ) -> Result<Self, Error> {
        let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(Error::field("limit", Code::OutOfRange, format!("Must be from 1 to {MAX_LIMIT}.")));
        }
        let first = || fields.iter().find(|field| field.order.is_some()).map(|field| field.name);
        let sort = query.sort.as_deref().or_else(first).unwrap_or_default();
        let (name, descending) = sort.strip_prefix('-').map_or((sort, false), |name| (name, true));
        let field = fields.iter().copied().find(|field| field.is_called(name));
        let (field, key) = field.and_then(|field| Some((field, key_of(field)?))).ok_or_else(|| {
            let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
            Error::field("sort", Code::Invalid, format!("Can be sorted by: {}.", names.join(", ")))
        })?;
        let part = part.filter(|_| key.is_of_text());
        let by = if part.is_some() { begins::SORT.to_owned() } else { sort_of(field, descending) };
        let start = match (&query.after, query.offset) {
            (Some(_), Some(_)) => {
                return Err(Error::field("offset", Code::Invalid, "Give either after or offset."));
            }
            (None, None) => Start::Top,
            (None, Some(offset)) => Start::Offset(offset.into()),
            (Some(after), None) => Start::After(read_cursor(after, &by, &key)?),
        };
        Ok(Self { limit, start, field, key, descending, id, part })
    }

    /// The column to select last, for the cursor.
    pub fn key_column(&self) -> Sql {
        self.key.sql.clone()
    }

    /// `and …` for a cursor, then order and limit: the end of the statement.
    pub fn finish(&self, statement: &mut Sql) {
        self.enter(statement, &self.key.sql, self.id);
        self.sort(statement, &self.key.sql, self.id);
        self.limit(statement);
    }

    /// `and …` for a cursor.
    fn enter(&self, statement: &mut Sql, key: &Sql, id: &'static str) {
        let (field, id) = (key.clone(), Raw(id));
        let mut rank = Sql::new();
        if let Some(part) = &self.part {
            statement.append(part.condition(key));
            rank = part.ranked(key);
        }
        if let Start::After(cursor) = &self.start {
            let after = Raw(if self.descending { " < " } else { " > " });
            let ranked = match &self.part {
                Some(part @ Part::First(_)) => sql![part.rank(&cursor.key), ", "],
                _ => Sql::new(),
            };
            // Compared as a row, so that an index in this order is entered at the cursor.
            statement.append(sql![" and (", rank, field, ", ", id, ")", after, "(", ranked]);
            statement.append(sql![cursor.key.bound(), ", ", cursor.id.as_str(), ")"]);
        }
    }

    fn sort(&self, statement: &mut Sql, key: &Sql, id: &'static str) {
        let order = Raw(if self.descending { " desc" } else { "" });
        let rank = self.part.as_ref().map(|part| part.ranked(key)).unwrap_or_default();
        statement.append(sql![" order by ", rank, key.clone(), order, ", ", Raw(id), order]);
    }

    fn limit(&self, statement: &mut Sql) {
        // One more than wanted tells whether there is more.
        let limit = i64::from(self.limit) + 1;
        statement.append(sql![" limit ", limit]);
        if let Start::Offset(offset) = self.start {
            statement.append(sql![" offset ", offset]);
        }
    }

    /// All that there are, sorted here as the database would.
    fn sorted(&self, mut rows: Vec<(String, Key)>) -> Vec<(String, Key)> {
        rows.sort_unstable_by(|(id, key), (other_id, other)| {
            (self.rank(key), key, id).cmp(&(self.rank(other), other, other_id))
        });
        if self.descending {
            rows.reverse();
        }
        rows
    }

    /// The window's rows, and one more, of all that there are.
    fn within(&self, rows: Vec<(String, Key)>) -> Vec<(String, Key)> {
        let rows = self.sorted(rows);
        let from = match &self.start {
            Start::Top => 0,
            Start::Offset(offset) => usize::try_from(*offset).unwrap_or(usize::MAX),
            Start::After(cursor) => rows.partition_point(|(id, key)| {
                let order = (self.rank(key), key, id).cmp(&(self.rank(&cursor.key), &cursor.key, &cursor.id));
                if self.descending { order.is_ge() } else { order.is_le() }
            }),
        };
        rows.into_iter().skip(from).take(self.limit as usize + 1).collect()
    }

    fn rank(&self, key: &Key) -> i64 {
        self.part.as_ref().map_or(0, |part| part.rank(key))
    }

    /// How cursors call the order.
    fn name(&self) -> String {
        if self.part.is_some() { begins::SORT.to_owned() } else { sort_of(self.field, self.descending) }
    }

    /// How many rows of the order have to be passed to reach the window's end.
    fn reach(&self) -> i64 {
        let offset = if let Start::Offset(offset) = self.start { offset } else { 0 };
        offset + i64::from(self.limit) + 1
    }

    /// Makes a page of rows that came with their sort key; returns the rows to show and the cursor after them.
    pub fn cut<T>(&self, mut rows: Vec<(T, Key)>, id_of: impl Fn(&T) -> String) -> (Vec<T>, Option<String>) {
        let more = rows.len() > self.limit as usize;
        rows.truncate(self.limit as usize);
        let next = rows
            .last()
            .filter(|_| more)
            .map(|(row, key)| write_cursor(&Cursor { sort: self.name(), key: key.clone(), id: id_of(row) }));
        (rows.into_iter().map(|(row, _)| row).collect(), next)
    }
}

/// An order by its full name.
fn sort_of(field: &Field, descending: bool) -> String {
    format!("{}{}", if descending { "-" } else { "" }, field.name)
}

fn write_cursor(cursor: &Cursor) -> String {
    BASE64URL_NOPAD.encode(&serde_json::to_vec(cursor).unwrap_or_default())
}

fn read_cursor(text: &str, sort: &str, key: &SortKey) -> Result<Cursor, Error> {
    BASE64URL_NOPAD
        .decode(text.as_bytes())
        .ok()
        .and_then(|bytes| serde_json::from_slice::<Cursor>(&bytes).ok())
        .filter(|cursor| cursor.sort == sort && !cursor.id.contains('\0') && key.fits(&cursor.key))
        .ok_or_else(|| Error::field("after", Code::Invalid, "Is no cursor of this list in this order."))
}

/// Only the customers' list has levels, and sites to make rows of.
pub fn refuse_level(query: &ListQuery) -> Result<(), Error> {
    match (query.level, query.rows) {
        (None, None) => Ok(()),
        (Some(_), _) => Err(Error::field("level", Code::Invalid, "This list has no levels.")),
        (_, Some(_)) => Err(Error::field("rows", Code::Invalid, "Only the list of customers has a choice of rows.")),
    }
}

/// The ids that a request names, if any.
pub fn ids_of(query: &ListQuery) -> Result<Option<Vec<String>>, Error> {
    let Some(text) = &query.ids else { return Ok(None) };
    let ids: Vec<String> = text.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
    if ids.len() > MAX_IDS {
        return Err(Error::field("ids", Code::OutOfRange, format!("May name at most {MAX_IDS}.")));
    }
    Ok(Some(ids))
}

/// The list takes none of the parameters that narrow others.
pub fn refuse_narrowing(query: &ListQuery) -> Result<(), Error> {
    refuse_level(query)?;
    for (name, is_given) in [("parent_id", query.parent_id.is_some()), ("ids", query.ids.is_some())] {
        if is_given {
            return Err(Error::field(name, Code::Invalid, "This list can't be narrowed by it."));
        }
    }
    Ok(())
}

/// How many match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Total {
    count: i64,
    is_exact: bool,
}

impl Total {
    /// Known without counting.
    pub fn known(count: i64) -> Self {
        Self { count, is_exact: true }
    }

    /// Counted, to one more than [`COUNTED`].
    pub fn counted(count: i64) -> Self {
        Self { count: count.min(COUNTED), is_exact: count <= COUNTED }
    }

    pub fn count(self) -> i64 {
        self.count
    }
}

pub fn page<T>(items: Vec<T>, next: Option<String>, total: Total) -> Page<T> {
    Page { items, next, total: total.count, total_is_exact: total.is_exact }
}

/// The subtree that a list is narrowed to, and how much is known to be in it.
#[derive(Debug)]
pub struct Scope {
    path: Path,
    /// Nodes of the tree, the top included.
    pub nodes: i64,
    pub devices: i64,
    pub all_nodes: i64,
    pub all_devices: i64,
}

impl Scope {
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where everything stands below the scope's top there is nothing to ask for.
    pub fn under(&self) -> Option<&Path> {
        (self.path.ids().count() > 1).then_some(&self.path)
    }
}

/// The subtree that `under` and `parent_id` name, or all that the caller sees.
///
/// # Errors
/// `not_found` where the caller does not see a node that they name.
pub async fn scope(cx: &mut Cx, account: &Account, query: &ListQuery) -> Result<Scope, Error> {
    let mut path = account.path.clone();
    for (name, id) in [("under", &query.under), ("parent_id", &query.parent_id)] {
        let Some(id) = id else { continue };
        let named: Option<String> = cx.opt(sql!["select path from customers where id = ", id.as_str()]).await?;
        let named = named.map(Path::from_stored).filter(|named| path.contains(named));
        path = named.ok_or_else(|| {
            let mut error = Error::not_found();
            error.fields = vec![FieldError::new(name, Code::NotFound, "There is no such customer.")];
            error
        })?;
    }
    let root = path.ids().next().unwrap_or_default();
    let known: Vec<(String, i64, i64)> = cx
        .all(sql![
            "select customer_id, customers + sites + 1, devices from totals where customer_id in ",
            list([root, path.id()])
        ])
        .await?;
    let of = |id: &str| {
        known.iter().find(|(known, ..)| known == id).map_or((1, 0), |(_, nodes, devices)| (*nodes, *devices))
    };
    let ((nodes, devices), (all_nodes, all_devices)) = (of(path.id()), of(root));
    Ok(Scope { path, nodes, devices, all_nodes, all_devices })
}
