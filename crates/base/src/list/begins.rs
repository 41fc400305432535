//! The order of a search that asks for none: rows whose name begins with the text, then the others, each by name. What
//! people type is mostly the beginning of what they look for; and a text that very many names begin with (*desktop*,
//! *laptop*) is answered from the index of names, where they stand together, instead of reading all that have it.

use api::Error;
use api::page::{COUNTED, ListQuery};
use db::{Engine, Sql, sql};

use super::find::{Wanted, Way, from, front, present, whole};
use super::text::words;
use super::{Key, Start, Window};
use crate::cx::Cx;

/// How cursors call this order.
pub(super) const SORT: &str = "match";

/// Stands behind whatever a text may go on with.
const LAST: char = '\u{10ffff}';

/// Which rows of the order by name a window has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Those that begin with this before all others.
    First(String),
    Beginning(String),
    Other(String),
}

impl Part {
    /// What a search goes by unless it asks for an order.
    pub(super) fn of(query: &ListQuery) -> Result<Option<Self>, Error> {
        let begins = words(query)?;
        Ok((query.sort.is_none() && !begins.is_empty()).then_some(Self::First(begins)))
    }

    /// 0 for what begins with the text, 1 for others.
    pub(super) fn rank(&self, key: &Key) -> i64 {
        match (self, key) {
            (Self::First(begins), Key::Text(text)) if !text.starts_with(begins.as_str()) => 1,
            _ => 0,
        }
    }

    /// The same in a statement.
    pub(super) fn ranked(&self, key: &Sql) -> Sql {
        match self {
            Self::First(begins) => sql!["case when ", within(key, begins), " then 0 else 1 end, "],
            Self::Beginning(_) | Self::Other(_) => Sql::new(),
        }
    }

    /// Begins with ` and`.
    pub(super) fn condition(&self, key: &Sql) -> Sql {
        match self {
            Self::First(_) => Sql::new(),
            Self::Beginning(begins) => sql![" and ", within(key, begins)],
            Self::Other(begins) => {
                let (from, to) = bounds(begins);
                sql![" and (", key.clone(), " < ", from, " or ", key.clone(), " >= ", to, ")"]
            }
        }
    }
}

fn bounds(begins: &str) -> (String, String) {
    (begins.to_owned(), format!("{begins}{LAST}"))
}

fn within(key: &Sql, begins: &str) -> Sql {
    let (from, to) = bounds(begins);
    sql![key.clone(), " >= ", from, " and ", key.clone(), " < ", to]
}

/// What begins with the text where an index of names has it: the subtree is everything or most of it, and nothing else is
/// asked for.
fn beginnings(wanted: &Wanted, window: &Window) -> Option<String> {
    let Some(Part::First(begins)) = &window.part else { return None };
    let is_most = wanted.under.is_none() || wanted.population.is_some_and(|population| population >= wanted.all / 4);
    (is_most && !wanted.is_narrowed()).then(|| begins.clone())
}

/// Whether more rows than are counted begin with the text.
pub(super) async fn are_many(cx: &mut Cx, wanted: &Wanted, window: &Window) -> Result<bool, Error> {
    let Some(begins) = beginnings(wanted, window) else { return Ok(false) };
    Ok(count(cx, wanted, window, begins, COUNTED + 1).await? > COUNTED)
}

/// How many rows begin with the text, up to so many. Names are searched, so they have it.
async fn count(cx: &mut Cx, wanted: &Wanted, window: &Window, begins: String, most: i64) -> Result<i64, Error> {
    let wanted = Wanted { text: None, ..wanted.clone() };
    let mut statement = sql!["select 1 as one", from(&wanted, cx.engine(), Way::Order, Some(window.field))];
    statement.append(Part::Beginning(begins).condition(&window.key.sql));
    cx.one(sql!["select count(*) from (", statement, " limit ", most, ") as counted"]).await
}

/// The window of more rows than are counted: those that begin with the text along the order of names, the others behind
/// them, if the first of that order have enough of them.
pub(super) async fn window(cx: &mut Cx, wanted: &Wanted, window: &Window) -> Result<Option<Vec<(String, Key)>>, Error> {
    let Some(begins) = beginnings(wanted, window) else { return Ok(None) };
    let engine = cx.engine();
    let is_behind = match (&window.start, &window.part) {
        (Start::After(cursor), Some(part)) => part.rank(&cursor.key) == 1,
        _ => false,
    };
    let mut rows = Vec::new();
    if !is_behind {
        let named = Wanted { text: None, ..wanted.clone() };
        let first = Window { part: Some(Part::Beginning(begins.clone())), ..window.clone() };
        rows = present(cx.all(whole(&named, engine, Way::Order, &first)).await?);
    }
    let missing = (window.limit as usize + 1).saturating_sub(rows.len());
    if missing == 0 {
        return Ok(Some(rows));
    }
    let start = match &window.start {
        Start::Offset(offset) if rows.is_empty() => {
            let before = count(cx, wanted, window, begins.clone(), i64::MAX).await?;
            Start::Offset(offset.saturating_sub(before))
        }
        Start::After(cursor) if is_behind => Start::After(cursor.clone()),
        _ => Start::Top,
    };
    // One more is taken than the limit says.
    let limit = u32::try_from(missing - 1).unwrap_or(window.limit);
    let behind = Window { part: Some(Part::Other(begins)), start, limit, ..window.clone() };
    let others: Vec<(String, Option<Key>)> = cx.all(front(wanted, &behind)).await?;
    let others = if others.len() < missing {
        cx.all(whole(wanted, engine, way_behind(wanted, engine), &behind)).await?
    } else {
        others
    };
    rows.extend(present(others));
    Ok(Some(rows))
}

/// What the first rows of the order haven't got enough of is read by its text.
fn way_behind(wanted: &Wanted, engine: Engine) -> Way {
    let has_phrase = wanted.text.as_ref().is_some_and(|text| text.phrase().is_some());
    if engine == Engine::Sqlite && has_phrase && wanted.noun.grams.is_some() { Way::Grams } else { Way::Open }
}
