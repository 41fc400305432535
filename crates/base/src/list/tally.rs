//! How many rows of a list have which value. Enumerations are counted together, all their words in one look at the rows;
//! what has other values, a country or a storage location, once each.

use api::page::{CountQuery, FieldCounts, ListCounts, ValueCount};
use api::{Code, Error};
use db::{Raw, Record, Row, Sql, sql};

use super::field::{Absent, Asker, Field, Kind, Noun, Words};
use super::narrow::{FILTERED, narrow};
use crate::authz::Account;
use crate::cx::Cx;

/// So many rows are looked at.
const LOOKED_AT: i64 = 150_000;
/// By so many fields a list is counted at once.
const MOST_FIELDS: usize = 20;
/// So many values of a field are told.
const MOST_VALUES: i64 = 100;

/// How many of the rows that a request wants of a noun have which value.
pub async fn count(
    cx: &mut Cx,
    account: &Account,
    query: &CountQuery,
    noun: &'static Noun,
) -> Result<ListCounts, Error> {
    let fields = fields_of(query, noun.fields, account)?;
    let mut wanted = narrow(cx, account, &query.list(), noun).await?;
    for beside in fields.iter().filter_map(|field| field.beside) {
        if !wanted.beside.iter().any(|known| known.table == beside.table) {
            wanted.beside.push(beside);
        }
    }
    let from = super::find::all(cx, &wanted).await?;
    tally(cx, account, &fields, &from).await
}

/// The same of a list that finds its rows in a way of its own: `from … where …`.
pub async fn count_of(
    cx: &mut Cx,
    account: &Account,
    query: &CountQuery,
    fields: &'static [Field],
    from: &Sql,
) -> Result<ListCounts, Error> {
    let fields = fields_of(query, fields, account)?;
    tally(cx, account, &fields, from).await
}

/// The fields that a request names.
fn fields_of(query: &CountQuery, fields: &'static [Field], account: &Account) -> Result<Vec<&'static Field>, Error> {
    let known: Vec<&'static Field> =
        fields.iter().filter(|field| field.is_counted() && field.is_for(account)).collect();
    let names: Vec<&str> = query.by.split(',').map(str::trim).collect();
    if names.len() > MOST_FIELDS {
        return Err(Error::field("by", Code::OutOfRange, format!("May name at most {MOST_FIELDS} fields.")));
    }
    let found = names.into_iter().map(|name| known.iter().find(|field| field.name == name).copied());
    found.collect::<Option<Vec<_>>>().ok_or_else(|| {
        let names: Vec<&str> = known.iter().map(|field| field.name).collect();
        Error::field("by", Code::Invalid, format!("Can be counted by: {}.", names.join(", ")))
    })
}

/// A row of nothing but numbers, of which the first says how many follow.
struct Numbers(Vec<i64>);

impl Record for Numbers {
    fn from_row(row: &Row<'_>) -> Result<Self, db::Error> {
        let count: i64 = row.next()?;
        (0..count).map(|_| row.next()).collect::<Result<_, _>>().map(Self)
    }
}

/// A word, or none, and when a row has it.
type Case = (Option<&'static str>, Sql);

/// The words of an enumeration or a flag; nothing of what has other values.
fn cases(field: &Field, asker: &Asker<'_>) -> Option<Vec<Case>> {
    let value = || field.value(asker);
    let mut found: Vec<Case> = match field.kind {
        Kind::Words(Words::Told(words)) => {
            let mut told: Vec<Case> = words.iter().map(|(word, holds)| (Some(*word), holds(asker))).collect();
            let mut none = sql!["1 = 1"];
            for (_, holds) in &told {
                none.append(sql![" and not (", holds.clone(), ")"]);
            }
            told.push((None, none));
            return Some(told);
        }
        Kind::Words(Words::Stored(words)) => {
            words.iter().map(|word| (Some(*word), sql![value(), " = ", *word])).collect()
        }
        Kind::Flag => [("true", true), ("false", false)]
            .map(|(word, flag)| (Some(word), sql![value(), " = ", flag]))
            .into_iter()
            .collect(),
        _ => return None,
    };
    if field.absent != Absent::Never {
        found.push((None, sql![value(), " is null"]));
    }
    Some(found)
}

async fn tally(cx: &mut Cx, account: &Account, fields: &[&'static Field], from: &Sql) -> Result<ListCounts, Error> {
    cx.bound(FILTERED).await?;
    let asker = Asker { account, now: cx.now };
    let enumerations: Vec<Option<Vec<Case>>> = fields.iter().map(|field| cases(field, &asker)).collect();
    let each: Vec<&Sql> = enumerations.iter().flatten().flatten().map(|(_, holds)| holds).collect();
    let mut sums = cx.one::<Numbers>(sums(&each, from)).await?.0.into_iter();
    let total = sums.next().unwrap_or_default();
    let is_exact = total <= LOOKED_AT;
    let mut counted = Vec::with_capacity(fields.len());
    for (field, words) in fields.iter().zip(enumerations) {
        let (values, has_more) = match words {
            Some(words) => {
                let counts = words.into_iter().zip(sums.by_ref());
                let values = counts.map(|((word, _), count)| (word.map(str::to_owned), count));
                // That none has none needn't be said.
                (values.filter(|(word, count)| word.is_some() || *count > 0).collect(), false)
            }
            None => by_value(cx, field, from).await?,
        };
        let values = values.into_iter().map(|(value, count)| ValueCount { value, count }).collect();
        counted.push(FieldCounts { field: field.name.to_owned(), values, has_more });
    }
    Ok(ListCounts { total: total.min(LOOKED_AT), is_exact, fields: counted })
}

/// How many rows there are, to one more than are looked at, and how many of these meet each condition.
fn sums(conditions: &[&Sql], from: &Sql) -> Sql {
    let count = i64::try_from(conditions.len()).unwrap_or_default() + 1;
    let (mut outer, mut inner) = (sql!["select cast(", count, " as bigint), count(*)"], sql!["select 1 as one"]);
    for (at, holds) in conditions.iter().enumerate() {
        outer.append(sql![", cast(coalesce(sum(", column(at), "), 0) as bigint)"]);
        inner.append(sql![", case when ", (*holds).clone(), " then 1 else 0 end as ", column(at)]);
    }
    sql![outer, " from (", inner, from.clone(), " limit ", LOOKED_AT + 1, ") as found"]
}

/// The name of a column that has one only between two statements.
fn column(at: usize) -> Sql {
    const DIGITS: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];
    let mut name = sql!["n"];
    for digit in at.to_string().bytes() {
        name.push(DIGITS[usize::from(digit - b'0')]);
    }
    name
}

/// The most frequent values of a field, and whether there are others.
async fn by_value(cx: &mut Cx, field: &Field, from: &Sql) -> Result<(Vec<(Option<String>, i64)>, bool), Error> {
    let Some(value) = field.counted else { return Ok((Vec::new(), false)) };
    let values = sql!["select ", Raw(value), " as value", from.clone(), " limit ", LOOKED_AT];
    let mut values: Vec<(Option<String>, i64)> = cx
        .all(sql![
            "select value, count(*) as found from (",
            values,
            ") as counted group by value order by found desc, value limit ",
            MOST_VALUES + 1
        ])
        .await?;
    let has_more = i64::try_from(values.len()).unwrap_or_default() > MOST_VALUES;
    values.truncate(usize::try_from(MOST_VALUES).unwrap_or_default());
    Ok((values, has_more))
}
