//! What narrows a list: the parameters that all lists have, read once for all nouns.

use std::time::Duration;

use api::page::ListQuery;
use api::{Error, Level};
use db::{Raw, Sql, list, sql};

use super::field::{Absent, Asker, Beside, Counter, Field, Noun};
use super::find::{Found, Wanted};
use super::{Text, Window, ids_of, refuse_level, scope};
use crate::authz::Account;
use crate::cx::Cx;
use crate::filter::{Compiled, Filter, Moved};

/// How long a statement with a filter may take: what somebody wrote may look at every row.
pub(super) const FILTERED: Duration = Duration::from_secs(5);

/// The rows that a request wants of a noun, in its order.
pub async fn find(cx: &mut Cx, account: &Account, query: &ListQuery, noun: &'static Noun) -> Result<Found, Error> {
    let window = Window::by_match(cx, account, query, noun)?;
    let wanted = narrow(cx, account, query, noun).await?;
    if !window.key.is_indexed {
        cx.bound(FILTERED).await?;
    }
    super::find::find(cx, &wanted, &window).await
}

/// What a request wants of a noun.
pub(super) async fn narrow(
    cx: &mut Cx,
    account: &Account,
    query: &ListQuery,
    noun: &'static Noun,
) -> Result<Wanted, Error> {
    let (ids, text) = (ids_of(query)?, Text::of(query)?);
    if noun.level.is_none() {
        refuse_level(query)?;
    }
    let asker = Asker { account, now: cx.now };
    let filter = query.filter.as_deref().map(|text| Filter::of(text, noun.fields, &asker)).transpose()?;
    let scope = scope(cx, account, query).await?;
    let mut conditions = Sql::new();
    if let (Some(column), Some(level)) = (noun.level, query.level) {
        conditions.append(sql![" and ", Raw(column), " = ", Level::as_str(level)]);
    }
    if let Some(parent) = &query.parent_id {
        conditions.append(sql![" and ", Raw(noun.parent), " = ", parent]);
    }
    if let Some(ids) = &ids {
        conditions.append(sql![" and ", Raw(noun.id), " in ", list(ids.iter().map(String::as_str))]);
    }
    let filter = match filter {
        Some(filter) => Some(compile(cx, account, &filter, noun.id).await?),
        None => None,
    };
    let population = (noun.population)(&scope);
    Ok(Wanted {
        noun,
        under: scope.under().cloned(),
        population: population.here,
        all: population.all,
        conditions,
        filter,
        beside: Vec::new(),
        text,
    })
}

/// `and …` for the filter of a list that finds its rows in a way of its own; `id` is their column. Its fields lie in tables
/// that the list's statement has anyway.
pub async fn filtered(
    cx: &mut Cx,
    account: &Account,
    query: &ListQuery,
    fields: &'static [Field],
    id: &'static str,
) -> Result<Sql, Error> {
    let Some(text) = query.filter.as_deref() else { return Ok(Sql::new()) };
    let filter = Filter::of(text, fields, &Asker { account, now: cx.now })?;
    let compiled = compile(cx, account, &filter, id).await?;
    Ok(sql![" and ", compiled.condition])
}

async fn compile(cx: &mut Cx, account: &Account, filter: &Filter, id: &'static str) -> Result<Compiled, Error> {
    cx.bound(FILTERED).await?;
    let moved = moved(cx, account, &filter.counters()).await?;
    let asker = Asker { account, now: cx.now };
    Ok(filter.compile(&asker, cx.engine(), id, &moved))
}

/// What the gateway has counted in these fields and not stored yet, so that a filter agrees with the rows that it finds.
async fn moved(cx: &mut Cx, account: &Account, counters: &[(&'static Field, Counter)]) -> Result<Moved, Error> {
    let mut moved = Moved::new();
    if counters.is_empty() {
        return Ok(moved);
    }
    let overlay = cx.overlay().await?;
    let ids: Vec<&str> = overlay.all().map(|(id, _)| id).collect();
    for (field, counter) in counters.iter().copied() {
        // A counter lies beside the noun's own table, in one that machines write.
        let Some((table, key)) = field.beside.and_then(|Beside { table, id, .. }| Some((*table, (*id)?))) else {
            continue;
        };
        let asker = Asker { account, now: cx.now };
        let rows = moved.entry(field.name).or_default();
        for some in ids.chunks(db::AT_ONCE) {
            let stored: Vec<(String, Option<i64>)> = cx
                .all(sql![
                    "select ",
                    Raw(key),
                    ", ",
                    field.value(&asker),
                    " from ",
                    Raw(table),
                    " where ",
                    Raw(key),
                    " in ",
                    list(some.iter().copied())
                ])
                .await?;
            rows.extend(stored.into_iter().map(|(id, stored)| {
                let stored = stored.filter(|stored| field.absent != Absent::Zero || *stored != 0);
                let actual = counter.with(overlay.of_id(&id), stored);
                (id, stored, actual)
            }));
        }
    }
    Ok(moved)
}
