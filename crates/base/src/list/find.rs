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

use api::Error;
use api::page::COUNTED;
use db::{Engine, Raw, Sql, list, sql};
use tree::Path;

use super::{Beside, Field, Key, Noun, Text, Total, Window};
use crate::cx::Cx;

/// So many entries of an index are passed in the time that one row takes.
const PASSED_PER_ROW: i128 = 20;

/// Where a text occurs as seldom as this, other conditions needn't be looked up in indexes of their own.
const FEW: i64 = 1000;

/// What is wanted of a noun.
#[derive(Debug)]
pub struct Wanted<'a> {
    pub noun: &'static Noun,
    /// Only below this; nothing where that is everything there is.
    pub under: Option<&'a Path>,
    /// How many rows are below it, where the totals know it.
    pub population: Option<i64>,
    /// How many there are in the installation, at least about.
    pub all: i64,
    /// Each begins with `and`, and asks the noun's own table only.
    pub conditions: Sql,
    pub text: Option<Text>,
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
    pub fn arrange<T>(&self, mut rows: Vec<T>, id_of: impl Fn(&T) -> &str) -> Vec<T> {
        let place = |row: &T| self.ids.iter().position(|id| id == id_of(row));
        rows.sort_by_cached_key(place);
        rows
    }
}

/// Where the rows come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Order,
    Place,
    Grams,
    /// The database chooses.
    Open,
}

/// Finds what is wanted in this window.
pub async fn find(cx: &mut Cx, wanted: &Wanted<'_>, window: &Window) -> Result<Found, Error> {
    let engine = cx.engine();
    let hits = hits(cx, wanted).await?;
    let way = narrowest(wanted, engine, hits);
    let is_narrowed = wanted.text.is_some() || !wanted.conditions.is_empty();
    let total = match (wanted.population, hits) {
        (Some(population), _) if !is_narrowed => Total::known(population),
        (_, Some(hits)) if wanted.under.is_none() && wanted.conditions.is_empty() => Total::counted(hits),
        _ => Total::counted(cx.one(count(wanted, engine, way)).await?),
    };
    let matches = if total.is_exact { total.count } else { hits.or(wanted.population).unwrap_or(total.count) };
    let passed = i128::from(window.reach()) * i128::from(wanted.all);
    // What an index alone tells costs little; a row that has to be looked at costs as much as one that is read.
    let passed = if is_narrowed { passed } else { passed / PASSED_PER_ROW };
    let walks = i128::from(matches).pow(2) > passed;
    let way = if walks { Way::Order } else { way };
    let field = window.field;
    let id = id_of(wanted, field, way);
    let mut statement = sql!["select ", Raw(id), ", ", Raw(field.column), from(wanted, engine, way, Some(field))];
    window.finish_by(&mut statement, id);
    let rows: Vec<(String, Option<Key>)> = cx.all(statement).await?;
    let rows: Vec<(String, Key)> = rows.into_iter().filter_map(|(id, key)| key.map(|key| (id, key))).collect();
    let (ids, next) = window.cut(rows, Clone::clone);
    Ok(Found { ids, next, total })
}

/// In how many rows of the whole installation the text occurs, where an index of the noun knows it.
async fn hits(cx: &mut Cx, wanted: &Wanted<'_>) -> Result<Option<i64>, Error> {
    let phrase = wanted.text.as_ref().and_then(Text::phrase);
    let (Some(phrase), Some(grams)) = (phrase, wanted.noun.grams) else { return Ok(None) };
    if cx.engine() == Engine::Postgres {
        return Ok(None);
    }
    // As far as it takes to know which of the two is less.
    let most = wanted.population.unwrap_or(COUNTED).min(COUNTED) + 1;
    let grams = Raw(grams);
    let found = sql![
        "select count(*) from (select 1 as one from ",
        grams,
        "_grams where ",
        grams,
        "_grams match ",
        phrase,
        " limit ",
        most,
        ") as found"
    ];
    cx.one(found).await.map(Some)
}

/// The way to all that is wanted that reads least.
fn narrowest(wanted: &Wanted<'_>, engine: Engine, hits: Option<i64>) -> Way {
    match (hits, wanted.under) {
        _ if engine == Engine::Postgres => Way::Open,
        (Some(hits), _) if hits <= FEW => Way::Grams,
        _ if !wanted.conditions.is_empty() => Way::Open,
        (Some(hits), Some(_)) if wanted.population.is_some_and(|population| population < hits) => Way::Place,
        (Some(_), _) => Way::Grams,
        (None, Some(_)) => Way::Place,
        (None, None) => Way::Open,
    }
}

fn count(wanted: &Wanted<'_>, engine: Engine, way: Way) -> Sql {
    let limit = COUNTED + 1;
    sql!["select count(*) from (select 1 as one", from(wanted, engine, way, None), " limit ", limit, ") as counted"]
}

/// Which column has the id: walking the order of another table, that one's own, so that its index is in this order.
fn id_of(wanted: &Wanted<'_>, field: &Field, way: Way) -> &'static str {
    match field.beside {
        Some(Beside { id: Some(id), .. }) if way == Way::Order => id,
        _ => wanted.noun.id,
    }
}

/// `from … where …`, without order.
fn from(wanted: &Wanted<'_>, engine: Engine, way: Way, field: Option<&Field>) -> Sql {
    let noun = wanted.noun;
    let sorted = field.and_then(|field| field.beside);
    let placed = noun.place.beside.filter(|_| wanted.under.is_some());
    let walked = sorted.filter(|_| way == Way::Order);
    let is_filtered = !wanted.conditions.is_empty() || wanted.text.is_some();
    let needs_own = is_filtered || (wanted.under.is_some() && walked.is_none_or(|walked| walked.place.is_none()));
    // The index of trigrams knows where the rows are that it knows.
    let only_counts = field.is_none() && way == Way::Grams && wanted.conditions.is_empty();
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
        (Way::Grams, _) if only_counts => {}
        _ => add(noun.table, None),
    }
    if let Some(placed) = placed.filter(|_| !only_counts) {
        add(placed.table, Some(placed.on));
    }
    if let Some(sorted) = sorted {
        add(sorted.table, Some(sorted.on));
    }
    let mut sql = sql![" from "];
    if let (Way::Grams, Some(grams)) = (way, noun.grams) {
        sql.append(sql![Raw(grams), "_grams cross join ", Raw(grams), "_text as x"]);
        for table in tables {
            sql.push(" cross join ").push(table);
        }
    } else {
        for (at, table) in tables.into_iter().enumerate() {
            sql.push(if at == 0 { "" } else { " cross join " }).push(table);
        }
    }
    sql.push(" where 1 = 1");
    for link in links {
        sql.push(" and ").push(link);
    }
    if let Some(under) = wanted.under {
        let (from, to) = under.range();
        let place = Raw(walked.and_then(|walked| walked.place).unwrap_or(noun.place.column));
        let column = match (engine, way) {
            (_, Way::Grams) if only_counts => sql!["x.path"],
            (_, Way::Place | Way::Open) => sql![place],
            (Engine::Sqlite, _) => sql!["+", place],
            (Engine::Postgres, _) => sql!["(", place, " || '')"],
        };
        sql.append(sql![" and ", column.clone(), " >= ", from, " and ", column, " < ", to]);
    }
    sql.append(wanted.conditions.clone());
    if let Some(text) = &wanted.text {
        match (way, noun.grams, text.phrase()) {
            (Way::Grams, Some(grams), Some(phrase)) => {
                let grams = Raw(grams);
                sql.append(sql![" and ", grams, "_grams match ", phrase, " and x.n = ", grams, "_grams.rowid"]);
                if !only_counts {
                    sql.append(sql![" and x.id = ", Raw(noun.id)]);
                }
            }
            _ => {
                sql.append(sql![" and ", Raw(noun.search), " like ", text.pattern(), " escape '\\'"]);
            }
        }
    }
    sql
}

/// `and … in (…)` for the ids that a request names.
pub fn among(column: &'static str, ids: &[String]) -> Sql {
    sql![" and ", Raw(column), " in ", list(ids.iter().map(String::as_str))]
}
