//! Finds the rows of a window and how many there are, in the way that is cheapest for what is known beforehand.
//!
//! There are three ways to the first fifty of a thousand rows. *Along the order*: the index of the sort is walked and what
//! isn't wanted is passed over; best where much is wanted. *By place*: all of a subtree is read and sorted; best where the
//! subtree is small. *By text*: all that the index of trigrams finds is read and sorted; best where that is little. Walking
//! passes `reach * all / matches` rows and reading takes `matches`, so the first is taken when `matches² > reach * all`,
//! and sooner where the index alone tells what to pass.
//!
//! The databases would choose by statistics, which know nothing of subtrees, so the choice is written into the statement:
//! `cross join` keeps the order of tables on `SQLite`, and a condition on more than a bare column uses no index.

use std::collections::HashMap;

use api::Error;
use api::page::COUNTED;
use db::{Engine, Raw, Sql, sql};
use tree::Path;

use super::begins;
use super::{Beside, Field, Grams, Key, Noun, Text, Total, Window};
use crate::cx::Cx;
use crate::filter::Compiled;

/// So many rows at the front of an order are looked at for a text that is in many.
const FRONT: i64 = 5_000;

/// So many entries of an index are passed in the time that one row takes.
const PASSED_PER_ROW: i128 = 20;

/// Where a text occurs as seldom as this, other conditions needn't be looked up in indexes of their own.
const FEW: i64 = 1000;

/// What is wanted of a noun.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub noun: &'static Noun,
    /// Only below this; nothing where that is everything there is.
    pub under: Option<Path>,
    /// How many rows are below it, where the totals know it.
    pub population: Option<i64>,
    /// How many there are in the installation, at least about.
    pub all: i64,
    /// Each begins with `and`, and asks the noun's own table only.
    pub conditions: Sql,
    pub filter: Option<Compiled>,
    /// What is looked into beside that.
    pub beside: Vec<&'static Beside>,
    pub text: Option<Text>,
}

impl Wanted {
    /// Whether not all of a subtree is wanted.
    pub(super) fn is_narrowed(&self) -> bool {
        !self.conditions.is_empty() || self.filter.is_some()
    }
}

/// The rows of a window, by id and in order.
#[derive(Debug)]
pub struct Found {
    ids: Vec<String>,
    pub next: Option<String>,
    pub total: Total,
}

impl Found {
    pub fn ids(&self) -> &[String] {
        &self.ids
    }

    /// Brings the rows that were read for these ids into their order. One that is gone by now is left out.
    pub fn arrange<T>(&self, rows: Vec<T>, id_of: impl Fn(&T) -> &str) -> Vec<T> {
        arranged(&self.ids, rows, id_of)
    }
}

/// Rows that were read for these ids, in their order.
pub fn arranged<T>(ids: &[String], mut rows: Vec<T>, id_of: impl Fn(&T) -> &str) -> Vec<T> {
    let places: HashMap<&str, usize> = ids.iter().enumerate().map(|(at, id)| (id.as_str(), at)).collect();
    rows.sort_by_cached_key(|row| places.get(id_of(row)).copied());
    rows
}

/// Where the rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Order,
    Place,
    Grams,
    /// By this part of the filter, which an index knows.
    Filter(usize),
    /// The database chooses.
    Open,
}

/// Finds what is wanted in this window.
pub(super) async fn find(cx: &mut Cx, wanted: &Wanted, window: &Window) -> Result<Found, Error> {
    let engine = cx.engine();
    let begin_many = begins::are_many(cx, wanted, window).await?;
    let hits = if begin_many { None } else { hits(cx, wanted).await? };
    let (way, reads) = way(cx, wanted, hits).await?;
    if wanted.filter.is_some() || !window.key.is_indexed {
        // What a filter finds is mostly little, and looking for it takes longer than anything else: once will do.
        let rows: Vec<(String, Option<Key>)> = cx.all(some(wanted, engine, way, window, FEW)).await?;
        if let Some(count) = i64::try_from(rows.len()).ok().filter(|count| *count <= FEW) {
            return Ok(found(window, window.within(present(rows)), Total::known(count)));
        }
    }
    let is_narrowed = wanted.is_narrowed() || wanted.text.is_some();
    let is_phrase = wanted.text.as_ref().is_some_and(Text::is_phrase);
    let total = match (wanted.population, hits) {
        _ if begin_many => Total::counted(COUNTED + 1),
        (Some(population), _) if !is_narrowed => Total::known(population),
        (_, Some(hits)) if is_phrase && wanted.under.is_none() && !wanted.is_narrowed() => Total::counted(hits),
        _ => Total::counted(cx.one(count(wanted, engine, way)).await?),
    };
    let matches = if total.is_exact { total.count } else { hits.or(wanted.population).unwrap_or(total.count) };
    let walks = walks(wanted, window, matches, reads);
    let front = if total.is_exact || wanted.text.is_none() || wanted.is_narrowed() {
        None
    } else if let Some(rows) = begins::window(cx, wanted, window).await? {
        return Ok(found(window, rows, total));
    } else if window.part.is_none() {
        let rows: Vec<(String, Option<Key>)> = cx.all(front(wanted, window)).await?;
        Some(rows).filter(|rows| rows.len() > window.limit as usize)
    } else {
        None
    };
    let rows = match front {
        Some(rows) => rows,
        None => cx.all(whole(wanted, engine, if walks { Way::Order } else { way }, window)).await?,
    };
    Ok(found(window, present(rows), total))
}

/// Whether walking the order passes less than reading all that is wanted.
pub(super) fn walks(wanted: &Wanted, window: &Window, matches: i64, reads: Option<i64>) -> bool {
    if !window.key.is_indexed {
        return false;
    }
    let passed = i128::from(window.reach()) * i128::from(wanted.all);
    // What an index alone tells costs little; a row that has to be looked at costs as much as one that is read.
    let passed = if wanted.is_narrowed() || wanted.text.is_some() { passed } else { passed / PASSED_PER_ROW };
    wanted.text.is_none() && i128::from(matches) * i128::from(reads.unwrap_or(matches)) > passed
}

fn found(window: &Window, rows: Vec<(String, Key)>, total: Total) -> Found {
    let (ids, next) = window.cut(rows, Clone::clone);
    Found { ids, next, total }
}

/// An order's column is never null.
pub(super) fn present(rows: Vec<(String, Option<Key>)>) -> Vec<(String, Key)> {
    rows.into_iter().filter_map(|(id, key)| key.map(|key| (id, key))).collect()
}

/// Some of what is wanted, in no order: all of it, if that isn't more than so many.
pub(super) fn some(wanted: &Wanted, engine: Engine, way: Way, window: &Window, many: i64) -> Sql {
    let from = from(wanted, engine, way, Some(window.field));
    sql!["select ", Raw(wanted.noun.id), ", ", window.key_column(), from, " limit ", many + 1]
}

/// The way that reads least, and how many rows it reads, where that isn't as many as are wanted.
pub(super) async fn way(cx: &mut Cx, wanted: &Wanted, hits: Option<i64>) -> Result<(Way, Option<i64>), Error> {
    let engine = cx.engine();
    let way = narrowest(wanted, engine, hits);
    let (Way::Open | Way::Place, Some(filter)) = (way, &wanted.filter) else { return Ok((way, None)) };
    // Everything that is there, unless something beside the filter says which rows.
    let all = wanted.conditions.is_empty().then(|| wanted.population.unwrap_or(wanted.all));
    if engine == Engine::Postgres {
        // It knows how its columns' values are distributed.
        return Ok((way, all));
    }
    let mut best = (way, all);
    for (at, key) in filter.keys.iter().enumerate() {
        let most = best.1.unwrap_or(COUNTED).min(COUNTED) + 1;
        let table = Raw(key.field.beside.map_or(wanted.noun.table, |beside| beside.table));
        let found = sql!["select 1 as one from ", table, " where ", key.condition.clone(), " limit ", most];
        let count: i64 = cx.one(sql!["select count(*) from (", found, ") as found"]).await?;
        if count < most {
            best = (Way::Filter(at), Some(count));
        }
    }
    Ok(best)
}

/// The window of all that is wanted, found on this way.
pub(super) fn whole(wanted: &Wanted, engine: Engine, way: Way, window: &Window) -> Sql {
    let field = window.field;
    let id = id_of(wanted, field, way);
    let from = from(wanted, engine, way, Some(field));
    let mut statement = if engine == Engine::Postgres && way != Way::Order {
        // Behind `offset` the order has no say in how the rows are found.
        let found = sql!["select ", Raw(id), " as id, ", window.key_column(), " as key", from, " offset 0"];
        let mut statement = sql!["select id, key from (", found, ") as found where 1 = 1"];
        let key = sql!["key"];
        window.enter(&mut statement, &key, "id");
        window.sort(&mut statement, &key, "id");
        statement
    } else {
        let mut statement = sql!["select ", Raw(id), ", ", window.key_column(), from];
        window.enter(&mut statement, &window.key.sql, id);
        window.sort(&mut statement, &window.key.sql, id);
        statement
    };
    window.limit(&mut statement);
    statement
}

/// The window, if the first rows of the order have it: what is in many rows is mostly in some of the first ones, and reading
/// all that have it would take longer.
pub(super) fn front(wanted: &Wanted, window: &Window) -> Sql {
    let (noun, field) = (wanted.noun, window.field);
    let id = Raw(noun.id);
    let mut first = sql!["select ", id, " as id, ", window.key_column(), " as key, ", Raw(noun.search), " as text, "];
    first.append(sql![Raw(noun.place.column), " as place from "]);
    let mut links = sql![" where 1 = 1"];
    match field.beside {
        Some(beside) => {
            first.append(sql![Raw(beside.table), " cross join ", Raw(noun.table)]);
            links.append(sql![" and ", Raw(beside.on)]);
        }
        None => {
            first.push(noun.table);
        }
    }
    if let Some(placed) =
        noun.place.beside.filter(|placed| field.beside.is_none_or(|beside| beside.table != placed.table))
    {
        first.append(sql![" cross join ", Raw(placed.table)]);
        links.append(sql![" and ", Raw(placed.on)]);
    }
    first.append(links);
    let ordered_by = id_of(wanted, field, Way::Order);
    window.enter(&mut first, &window.key.sql, ordered_by);
    window.sort(&mut first, &window.key.sql, ordered_by);
    first.append(sql![" limit ", FRONT]);
    let mut statement = sql!["select id, key from (", first, ") as first where 1 = 1"];
    if let Some(text) = &wanted.text {
        statement.append(sql![" and ", text.condition("text")]);
    }
    if let Some(under) = &wanted.under {
        let (from, to) = under.range();
        statement.append(sql![" and place >= ", from, " and place < ", to]);
    }
    window.sort(&mut statement, &sql!["key"], "id");
    window.limit(&mut statement);
    statement
}

/// In how many rows of the whole installation the text occurs, where an index of the noun knows it.
pub(super) async fn hits(cx: &mut Cx, wanted: &Wanted) -> Result<Option<i64>, Error> {
    let phrase = wanted.text.as_ref().and_then(Text::phrase);
    let (Some(phrase), Some(grams)) = (phrase, wanted.noun.grams) else { return Ok(None) };
    if cx.engine() == Engine::Postgres {
        return Ok(None);
    }
    // As far as it takes to know which of the two is less.
    let most = wanted.population.unwrap_or(COUNTED).min(COUNTED) + 1;
    let table = Raw(grams.table);
    let found = sql![
        "select count(*) from (select 1 as one from ",
        table,
        " where ",
        table,
        " match ",
        phrase,
        " limit ",
        most,
        ") as found"
    ];
    cx.one(found).await.map(Some)
}

/// The way to all that is wanted that reads least.
fn narrowest(wanted: &Wanted, engine: Engine, hits: Option<i64>) -> Way {
    match (hits, &wanted.under) {
        _ if engine == Engine::Postgres => Way::Open,
        (Some(hits), _) if hits <= FEW => Way::Grams,
        _ if wanted.is_narrowed() => Way::Open,
        (Some(hits), Some(_)) if wanted.population.is_some_and(|population| population < hits) => Way::Place,
        (Some(_), _) => Way::Grams,
        (None, Some(_)) => Way::Place,
        (None, None) => Way::Open,
    }
}

fn count(wanted: &Wanted, engine: Engine, way: Way) -> Sql {
    let limit = COUNTED + 1;
    sql!["select count(*) from (select 1 as one", from(wanted, engine, way, None), " limit ", limit, ") as counted"]
}

/// Which column has the id: walking the order of another table, that one's own, so that its index is in this order.
pub(super) fn id_of(wanted: &Wanted, field: &Field, way: Way) -> &'static str {
    match field.beside {
        Some(Beside { id: Some(id), .. }) if way == Way::Order => id,
        _ => wanted.noun.id,
    }
}

/// `from … where …` for all that is wanted and these tables beside it, on the way that reads least.
pub(super) async fn all(cx: &mut Cx, wanted: &Wanted) -> Result<Sql, Error> {
    let hits = hits(cx, wanted).await?;
    let (way, _) = way(cx, wanted, hits).await?;
    Ok(from(wanted, cx.engine(), way, None))
}

/// `from … where …`, without order.
pub(super) fn from(wanted: &Wanted, engine: Engine, way: Way, field: Option<&Field>) -> Sql {
    let noun = wanted.noun;
    let sorted = field.and_then(|field| field.beside);
    let placed = noun.place.beside.filter(|_| wanted.under.is_some());
    let walked = sorted.filter(|_| way == Way::Order);
    let is_filtered = wanted.is_narrowed() || wanted.text.is_some();
    let filter = wanted.filter.as_ref();
    let key = match (way, filter) {
        (Way::Filter(at), Some(filter)) => filter.keys.get(at).and_then(|key| key.field.beside),
        _ => None,
    };
    let needs_own = is_filtered || (wanted.under.is_some() && walked.is_none_or(|walked| walked.place.is_none()));
    let mut tables: Vec<&'static str> = Vec::with_capacity(4);
    let mut links: Vec<&'static str> = Vec::with_capacity(3);
    let mut add = |table: &'static str, link: Option<&'static str>| {
        if !tables.contains(&table) {
            tables.push(table);
            links.extend(link);
        }
    };
    match (way, sorted) {
        (Way::Order, Some(sorted)) => {
            add(sorted.table, None);
            if sorted.id.is_none() || needs_own {
                add(noun.table, Some(sorted.on));
            }
        }
        (Way::Place, _) if placed.is_some() => {
            if let Some(placed) = placed {
                add(placed.table, None);
                add(noun.table, Some(placed.on));
            }
        }
        (Way::Filter(_), _) if key.is_some() => {
            if let Some(key) = key {
                add(key.table, None);
                add(noun.table, Some(key.on));
            }
        }
        _ => add(noun.table, None),
    }
    if let Some(placed) = placed {
        add(placed.table, Some(placed.on));
    }
    if let Some(sorted) = sorted {
        add(sorted.table, Some(sorted.on));
    }
    for beside in filter.map(|filter| &filter.beside).into_iter().chain([&wanted.beside]).flatten() {
        add(beside.table, Some(beside.on));
    }
    // Which table to begin with is up to the database where a filter may ask any of them.
    let join = if way == Way::Open && filter.is_some() { ", " } else { " cross join " };
    let mut sql = sql![" from "];
    if let (Way::Grams, Some(grams)) = (way, noun.grams) {
        sql.append(sql![Raw(grams.table), " cross join "]);
    }
    for (at, table) in tables.into_iter().enumerate() {
        sql.push(if at == 0 { "" } else { join }).push(table);
    }
    sql.push(" where 1 = 1");
    for link in links {
        sql.push(" and ").push(link);
    }
    if let Some(under) = &wanted.under {
        let (from, to) = under.range();
        let place = Raw(walked.and_then(|walked| walked.place).unwrap_or(noun.place.column));
        let column = match (engine, way) {
            (_, Way::Place | Way::Open) => sql![place],
            (Engine::Sqlite, _) => sql!["+", place],
            (Engine::Postgres, _) => sql!["(", place, " || '')"],
        };
        sql.append(sql![" and ", column.clone(), " >= ", from, " and ", column, " < ", to]);
    }
    sql.append(wanted.conditions.clone());
    if let Some(filter) = filter {
        sql.append(sql![" and ", filter.condition.clone()]);
    }
    if let Some(text) = &wanted.text {
        match (way, noun.grams, text.phrase()) {
            (Way::Grams, Some(grams), Some(phrase)) => {
                let Grams { table, number } = grams;
                let (table, number) = (Raw(table), Raw(number));
                sql.append(sql![" and ", table, " match ", phrase, " and ", number, " = ", table, ".rowid"]);
                sql.append(text.rest(noun.search));
            }
            _ => {
                sql.append(sql![" and ", text.condition(noun.search)]);
            }
        }
    }
    sql
}
