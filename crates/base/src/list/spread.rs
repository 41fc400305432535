//! Lists with a row for each part of what they list: a customer stands there once for each of its sites, or once where it
//! has none. What narrows the list and its order ask the whole; its parts follow one another.

use api::Error;
use api::page::{COUNTED, ListQuery};
use db::{Engine, Raw, Sql, list, sql};

use super::find::{Wanted, Way, from, hits, id_of, some, walks, way};
use super::narrow::narrow;
use super::{Cursor, Key, Noun, Start, Text, Total, Window};
use crate::authz::Account;
use crate::cx::Cx;

/// What a noun's rows consist of.
#[derive(Debug)]
pub struct Parts {
    pub table: &'static str,
    /// Which of them belong to the row `found.id`. An index should answer it, and have `key`.
    pub on: &'static str,
    /// The same of the noun's own row.
    pub of: &'static str,
    /// Of a part among the noun's own rows: the whole.
    pub whole: &'static str,
    /// The column of a part that is searched.
    pub search: &'static str,
    /// What they are sorted by among one another, each of a whole by another value.
    pub key: &'static str,
    /// The id of the one at `part.at` of the row `part.id`, asked for those of the window alone.
    pub id: &'static str,
    /// Which of the noun's own rows have no row of their own, as they are parts themselves.
    pub is_part: &'static str,
}

/// The rows of a window, each by the id of the whole and, if there is one, of the part.
#[derive(Debug)]
pub struct Spread {
    pub rows: Vec<(String, Option<String>)>,
    pub next: Option<String>,
    pub total: Total,
}

/// The rows that a request wants of a noun, spread over its parts.
pub async fn spread(
    cx: &mut Cx,
    account: &Account,
    query: &ListQuery,
    noun: &'static Noun,
    parts: &Parts,
) -> Result<Spread, Error> {
    let window = Window::of_noun(cx, account, query, noun)?;
    let mut wanted = narrow(cx, account, query, noun).await?;
    let text = look_into_parts(cx, &mut wanted, &window, parts).await?;
    let parts = Sought { parts, text: text.as_ref() };
    let engine = cx.engine();
    let hits = hits(cx, &wanted).await?;
    let (way, reads) = way(cx, &wanted, hits).await?;
    let total: i64 = cx.one(count(&wanted, engine, way, parts)).await?;
    let matches = hits.or(wanted.population).filter(|_| total > COUNTED).unwrap_or(total);
    let way = if walks(&wanted, &window, matches, reads) { Way::Order } else { way };
    let (rows, next) = cut(&window, cx.all(whole(&wanted, engine, way, &window, parts)).await?);
    Ok(Spread { rows, next, total: Total::counted(total) })
}

/// A whole and a part by their ids, what the part is sorted by, and what the whole is.
pub(super) type Found = (String, Option<String>, Option<String>, Option<Key>);

/// The rows of the window, and the cursor after them.
pub(super) fn cut(window: &Window, rows: Vec<Found>) -> (Vec<(String, Option<String>)>, Option<String>) {
    let rows = rows.into_iter().filter_map(|(id, part, at, key)| key.map(|key| ((id, part, at), key))).collect();
    let (rows, next) = window.cut(rows, |(id, _, at)| format!("{id} {}", at.as_deref().unwrap_or_default()));
    (rows.into_iter().map(|(id, part, _)| (id, part)).collect(), next)
}

/// Parts have no row of their own; one that the list is narrowed to stands for itself.
fn leave_parts_out(wanted: &mut Wanted, parts: &Parts) {
    let top = wanted.under.as_ref().map(|under| under.id().to_owned()).unwrap_or_default();
    let (is_part, id) = (Raw(parts.is_part), Raw(wanted.noun.id));
    wanted.conditions.append(sql![" and (not (", is_part, ") or ", id, " = ", top, ")"]);
}

/// Parts, and what has to be in them or in their whole.
#[derive(Clone, Copy)]
pub(super) struct Sought<'a> {
    pub(super) parts: &'a Parts,
    pub(super) text: Option<&'a Text>,
}

impl Sought<'_> {
    /// A column of the wholes: whether the whole has the text itself.
    fn own(self, wanted: &Wanted) -> Sql {
        match self.text {
            None => Sql::new(),
            Some(text) => sql![", case when ", text.condition(wanted.noun.search), " then 1 else 0 end as own"],
        }
    }

    /// Each whole with its parts: of one that hasn't the text itself those that have it.
    fn spread_over(self, sql: &mut Sql) {
        let Parts { table, on, search, .. } = self.parts;
        sql.append(sql![" as found left join ", Raw(table), " on ", Raw(on), " where 1 = 1"]);
        if let Some(text) = self.text {
            sql.append(sql![" and (found.own = 1 or ", text.condition(search), ")"]);
        }
    }
}

/// So many rows that have a text are looked up one by one.
const FEW: i64 = 1000;

/// Wholes are wanted that have the text, or of which a part has it; the parts themselves have no row of their own. Answers
/// with the text, which rows are chosen by from then on.
pub(super) async fn look_into_parts(
    cx: &mut Cx,
    wanted: &mut Wanted,
    window: &Window,
    parts: &Parts,
) -> Result<Option<Text>, Error> {
    leave_parts_out(wanted, parts);
    let Some(text) = wanted.text.take() else { return Ok(None) };
    let (id, noun) = (Raw(wanted.noun.id), wanted.noun);
    let having = Wanted { conditions: Sql::new(), filter: None, text: Some(text.clone()), ..wanted.clone() };
    let hits = hits(cx, &having).await?;
    let (way, _) = way(cx, &having, hits).await?;
    let found: Vec<(String, Option<Key>)> = cx.all(some(&having, cx.engine(), way, window, FEW)).await?;
    if i64::try_from(found.len()).is_ok_and(|count| count > FEW) {
        let of_part = sql!["select 1 from ", Raw(parts.table), " where ", Raw(parts.of), " and "];
        let in_part = sql![of_part, text.condition(parts.search)];
        wanted.conditions.append(sql![" and (", text.condition(noun.search), " or exists (", in_part, "))"]);
        return Ok(Some(text));
    }
    let ids = || list(found.iter().map(|(id, _)| id.as_str()));
    let is_part = sql![Raw(parts.is_part), " and ", id, " in ", ids()];
    let wholes: Vec<Option<String>> =
        cx.all(sql!["select distinct ", Raw(parts.whole), " from ", Raw(noun.table), " where ", is_part]).await?;
    let mut ids: Vec<String> = wholes.into_iter().flatten().chain(found.iter().map(|(id, _)| id.clone())).collect();
    ids.sort_unstable();
    ids.dedup();
    wanted.conditions.append(sql![" and ", id, " in ", list(ids.iter().map(String::as_str))]);
    Ok(Some(text))
}

fn count(wanted: &Wanted, engine: Engine, way: Way, parts: Sought<'_>) -> Sql {
    let (id, own) = (Raw(wanted.noun.id), parts.own(wanted));
    // As many wholes as are counted have as many rows, at least.
    let found = sql!["select ", id, " as id", own, from(wanted, engine, way, None), " limit ", COUNTED + 1];
    let mut counted = sql!["select 1 as one from (", found, ")"];
    parts.spread_over(&mut counted);
    sql!["select count(*) from (", counted, " limit ", COUNTED + 1, ") as counted"]
}

pub(super) fn whole(wanted: &Wanted, engine: Engine, way: Way, window: &Window, sought: Sought<'_>) -> Sql {
    let parts = sought.parts;
    let id = id_of(wanted, window.field, way);
    let key = window.key_column();
    let from = from(wanted, engine, way, Some(window.field));
    let mut found = sql!["select ", Raw(id), " as id, ", key, " as key", sought.own(wanted), from];
    // Behind `offset` the order has no say in how the rows are found.
    let is_apart = engine == Engine::Postgres && way != Way::Order;
    enter_whole(window, &mut found, id);
    if is_apart {
        found.push(" offset 0");
    }
    let at = Raw(parts.key);
    let mut statement = sql!["select found.id as id, ", at, " as at, found.key as key from (", found, ")"];
    sought.spread_over(&mut statement);
    let order = Raw(if window.descending { " desc" } else { "" });
    if let Start::After(cursor) = &window.start {
        let (id, at) = read(cursor);
        // Of the whole that the cursor stands in only the parts behind it.
        let behind = sql!["coalesce(", Raw(parts.key), ", '') > ", at];
        statement.append(sql![" and (found.id <> ", id, " or ", behind, ")"]);
    }
    statement.append(sql![" order by found.key", order, ", found.id", order, ", ", Raw(parts.key)]);
    window.limit(&mut statement);
    let mut rows = sql!["select part.id, ", Raw(parts.id), ", part.at, part.key from (", statement, ") as part"];
    rows.append(sql![" order by part.key", order, ", part.id", order, ", part.at"]);
    rows
}

/// `and …` for a cursor, the whole that it stands in included: an index in this order is entered there.
fn enter_whole(window: &Window, statement: &mut Sql, id: &'static str) {
    if let Start::After(cursor) = &window.start {
        let (whole, _) = read(cursor);
        let from = Raw(if window.descending { " <= " } else { " >= " });
        let here = sql!["(", window.key_column(), ", ", Raw(id), ")"];
        statement.append(sql![" and ", here, from, "(", cursor.key.bound(), ", ", whole, ")"]);
    }
}

/// The whole and the part that a cursor stands behind.
fn read(cursor: &Cursor) -> (&str, &str) {
    cursor.id.split_once(' ').unwrap_or((&cursor.id, ""))
}
