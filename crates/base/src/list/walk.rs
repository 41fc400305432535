//! A list read to its end, some rows at a time, whatever its length: what of it is in memory is bounded. What a request
//! wants that isn't much is found at once and sorted here; much is walked to along the index of its order, each time from
//! where the last rows ended, so that no statement takes long and all of them together look at each row once.

use std::collections::{HashSet, VecDeque};
use std::time::Duration;

use api::page::ListQuery;
use api::{Code, Error};
use db::{Raw, Sql, list, sql};

use super::find::{Wanted, Way, hits, present, some, way, whole};
use super::narrow::narrow;
use super::spread::{self, Parts, Sought};
use super::{Key, Noun, Start, Text, Window, read_cursor, sort_of};
use crate::authz::Account;
use crate::cx::Cx;

/// So many rows are read at a time.
const AT_ONCE: u32 = 500;
/// Ids of so many rows may be in memory.
const HELD: i64 = 10_000;
/// So many can be sorted where no index has their order.
const SORTED: i64 = 100_000;
/// So many of these are read at a time where each is spread over its parts: every time all of them are sorted.
const SORTED_AT_ONCE: u32 = 5_000;
/// How long one of its statements may take.
const LIMIT: Duration = Duration::from_secs(20);

/// A row by its id; where rows are spread over their parts, the part's.
pub type Place = (String, Option<String>);

/// See the module.
#[derive(Debug)]
pub struct Walk {
    wanted: Wanted,
    window: Window,
    parts: Option<&'static Parts>,
    /// What has to be in a whole or in its part.
    text: Option<Text>,
    /// Passed over, whole or part.
    except: HashSet<String>,
    rest: Rest,
}

/// What has not been read yet.
#[derive(Debug)]
enum Rest {
    Held(VecDeque<String>),
    Along,
    Nothing,
}

impl Walk {
    /// The rows that a request wants of a noun, spread over `parts` where it wants those. `cx` sees one moment from first to last.
    pub async fn begin(
        cx: &mut Cx,
        account: &Account,
        query: &ListQuery,
        noun: &'static Noun,
        parts: Option<&'static Parts>,
    ) -> Result<Self, Error> {
        let mut window = Window::of_noun(cx, account, query, noun)?;
        let mut wanted = narrow(cx, account, query, noun).await?;
        cx.bound(LIMIT).await?;
        window.limit = if window.key.is_indexed { AT_ONCE } else { SORTED_AT_ONCE };
        if let Some(parts) = parts {
            if !window.key.is_indexed {
                sorted(cx, &wanted, &window).await?;
            }
            let text = spread::look_into_parts(cx, &mut wanted, &window, parts).await?;
            return Ok(Self { wanted, window, parts: Some(parts), text, except: HashSet::new(), rest: Rest::Along });
        }
        let rest = held(cx, &wanted, &window).await?.map_or(Rest::Along, Rest::Held);
        Ok(Self { wanted, window, parts: None, text: None, except: HashSet::new(), rest })
    }

    /// The rows of these ids that are there and seen, in the order that a request wants: as many as are held.
    pub async fn of_these(
        cx: &mut Cx,
        account: &Account,
        query: &ListQuery,
        noun: &'static Noun,
        ids: &[String],
    ) -> Result<Self, Error> {
        let window = Window::of_noun(cx, account, query, noun)?;
        let mut wanted = narrow(cx, account, query, noun).await?;
        cx.bound(LIMIT).await?;
        let others = std::mem::take(&mut wanted.conditions);
        let mut rows: Vec<(String, Option<Key>)> = Vec::with_capacity(ids.len());
        for some_ids in ids.chunks(db::AT_ONCE) {
            let named = list(some_ids.iter().map(String::as_str));
            wanted.conditions = sql![Sql::clone(&others), " and ", Raw(noun.id), " in ", named];
            rows.extend(cx.all(some(&wanted, cx.engine(), Way::Open, &window, HELD)).await?);
        }
        let ids = window.sorted(present(rows)).into_iter().map(|(id, _)| id).collect();
        Ok(Self { wanted, window, parts: None, text: None, except: HashSet::new(), rest: Rest::Held(ids) })
    }

    /// The same without these.
    #[must_use]
    pub fn but(self, except: HashSet<String>) -> Self {
        Self { except, ..self }
    }

    /// The next rows; none at the end.
    pub async fn next(&mut self, cx: &mut Cx) -> Result<Vec<Place>, Error> {
        loop {
            let mut rows = self.some(cx).await?;
            let is_end = rows.is_empty();
            if !self.except.is_empty() {
                rows.retain(|(id, part)| !self.except.contains(part.as_ref().unwrap_or(id)));
            }
            if is_end || !rows.is_empty() {
                return Ok(rows);
            }
        }
    }

    async fn some(&mut self, cx: &mut Cx) -> Result<Vec<Place>, Error> {
        match &mut self.rest {
            Rest::Nothing => Ok(Vec::new()),
            Rest::Held(ids) => {
                let count = ids.len().min(AT_ONCE as usize);
                Ok(ids.drain(..count).map(|id| (id, None)).collect())
            }
            Rest::Along => self.along(cx).await,
        }
    }

    async fn along(&mut self, cx: &mut Cx) -> Result<Vec<Place>, Error> {
        let (engine, window) = (cx.engine(), &self.window);
        let (rows, next) = if let Some(parts) = self.parts {
            let sought = Sought { parts, text: self.text.as_ref() };
            spread::cut(window, cx.all(spread::whole(&self.wanted, engine, Way::Order, window, sought)).await?)
        } else {
            let rows: Vec<(String, Option<Key>)> = cx.all(whole(&self.wanted, engine, Way::Order, window)).await?;
            let (ids, next) = window.cut(present(rows), Clone::clone);
            (ids.into_iter().map(|id| (id, None)).collect(), next)
        };
        match next {
            Some(next) => {
                let sort = sort_of(self.window.field, self.window.descending);
                self.window.start = Start::After(read_cursor(&next, &sort, &self.window.key)?);
            }
            None => self.rest = Rest::Nothing,
        }
        Ok(rows)
    }
}

/// The ids of all that is wanted, in its order, if that isn't much.
async fn held(cx: &mut Cx, wanted: &Wanted, window: &Window) -> Result<Option<VecDeque<String>>, Error> {
    if !window.key.is_indexed {
        return sorted(cx, wanted, window).await.map(Some);
    }
    let is_narrowed = wanted.is_narrowed() || wanted.text.is_some();
    if !is_narrowed && wanted.population.is_some_and(|population| population > HELD) {
        return Ok(None);
    }
    let hits = hits(cx, wanted).await?;
    let (way, _) = way(cx, wanted, hits).await?;
    let rows: Vec<(String, Option<Key>)> = cx.all(some(wanted, cx.engine(), way, window, HELD)).await?;
    if i64::try_from(rows.len()).is_ok_and(|count| count <= HELD) {
        return Ok(Some(window.sorted(present(rows)).into_iter().map(|(id, _)| id).collect()));
    }
    Ok(None)
}

/// The ids of all that is wanted, in an order that no index has.
async fn sorted(cx: &mut Cx, wanted: &Wanted, window: &Window) -> Result<VecDeque<String>, Error> {
    let hits = hits(cx, wanted).await?;
    let (way, _) = way(cx, wanted, hits).await?;
    let rows: Vec<(String, Option<Key>)> = cx.all(some(wanted, cx.engine(), way, window, SORTED)).await?;
    if i64::try_from(rows.len()).is_ok_and(|count| count > SORTED) {
        let detail = format!(
            "More than {SORTED} match, too many to be written in this order. Narrow the list, or sort by another field."
        );
        return Err(Error::field("sort", Code::OutOfRange, detail));
    }
    Ok(window.sorted(present(rows)).into_iter().map(|(id, _)| id).collect())
}
