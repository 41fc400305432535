//! Random filters, answered twice: by the list, and by looking at all of its rows.

use base::text::{bare, fold};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::app::id;
use crate::client::{Client, with};

/// What looks random and is the same each time.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: usize) -> usize {
        // SplitMix64.
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % sides as u64).unwrap()
    }

    pub(crate) fn one_of<'a, T>(&mut self, things: &'a [T]) -> &'a T {
        &things[self.roll(things.len())]
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// Compared as it is, or as capitals.
    Exact,
    Number,
    /// A number that may have a unit.
    Bytes,
    Time,
    Flag,
}

/// What an end customer's own people don't see.
pub(super) const INTERNAL: [&str; 2] = ["profile.notes", "suspension.reason"];

/// What the caller can ask of a list: all that is registered, so that none is forgotten here.
pub(super) async fn registered(client: &Client, noun: &str) -> Vec<(&'static str, Kind)> {
    let nouns = client.get("/fields").await.is(200);
    let found = nouns["items"].as_array().unwrap().iter().find(|list| list["noun"] == noun).unwrap();
    let field = |field: &Value| {
        let kind = match field["kind"].as_str().unwrap() {
            "text" => Kind::Text,
            "id" | "code" | "word" => Kind::Exact,
            "number" => Kind::Number,
            "bytes" => Kind::Bytes,
            "time" => Kind::Time,
            "flag" => Kind::Flag,
            other => unreachable!("{other}"),
        };
        // As long as the tests run.
        let name: &'static str = field["name"].as_str().unwrap().to_owned().leak();
        (name, kind)
    };
    found["fields"].as_array().unwrap().iter().map(field).collect()
}

/// A filter, to be written down and to be answered by looking.
#[derive(Clone, Debug)]
enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Not(Box<Filter>),
    Compare(&'static str, Kind, &'static str, Value),
    In(&'static str, Kind, Vec<Value>),
    Exists(&'static str),
}

pub(super) fn field<'a>(row: &'a Value, name: &str) -> Option<&'a Value> {
    let found = name.split('.').try_fold(row, |value, part| value.get(part))?;
    (!found.is_null()).then_some(found)
}

fn micros(value: &Value) -> i64 {
    value.as_str().unwrap().parse::<Timestamp>().unwrap().as_microsecond()
}

fn compare(kind: Kind, comparison: &str, one: &Value, other: &Value) -> bool {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let order = match kind {
        Kind::Text => {
            if comparison == "~" {
                return bare(&text(one)).contains(&bare(&text(other)));
            }
            let (one, other) = (fold(&text(one)), fold(&text(other)));
            one.cmp(&other)
        }
        Kind::Exact => text(one).cmp(&text(other)),
        Kind::Number | Kind::Bytes => one.as_i64().unwrap().cmp(&other.as_i64().unwrap()),
        Kind::Time => micros(one).cmp(&micros(other)),
        Kind::Flag => one.as_bool().unwrap().cmp(&other.as_bool().unwrap()),
    };
    match comparison {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        _ => unreachable!("{comparison}"),
    }
}

impl Filter {
    /// Whether it finds the row. A comparison of what isn't there is false.
    fn finds(&self, row: &Value) -> bool {
        match self {
            Self::All(parts) => parts.iter().all(|part| part.finds(row)),
            Self::Any(parts) => parts.iter().any(|part| part.finds(row)),
            Self::Not(part) => !part.finds(row),
            Self::Compare(name, kind, comparison, other) => {
                field(row, name).is_some_and(|value| compare(*kind, comparison, value, other))
            }
            Self::In(name, kind, others) => {
                field(row, name).is_some_and(|value| others.iter().any(|other| compare(*kind, "==", value, other)))
            }
            Self::Exists(name) => field(row, name).is_some(),
        }
    }

    fn written(&self, dice: &mut Dice) -> String {
        match self {
            Self::All(parts) => {
                format!("({})", parts.iter().map(|part| part.written(dice)).collect::<Vec<_>>().join(" and "))
            }
            Self::Any(parts) => {
                format!("({})", parts.iter().map(|part| part.written(dice)).collect::<Vec<_>>().join(" or "))
            }
            Self::Not(part) => format!("not {}", part.written(dice)),
            Self::Compare(name, kind, comparison, other) => {
                format!("{name} {comparison} {}", literal(*kind, other, dice))
            }
            Self::In(name, kind, others) => {
                let others: Vec<String> = others.iter().map(|other| literal(*kind, other, dice)).collect();
                format!("{name} in ({})", others.join(", "))
            }
            Self::Exists(name) => format!("exists({name})"),
        }
    }

    /// A random one on these rows.
    fn any(dice: &mut Dice, fields: &[(&'static str, Kind)], rows: &[Value], depth: usize) -> Self {
        let parts = |dice: &mut Dice| (0..2 + dice.roll(2)).map(|_| Self::any(dice, fields, rows, depth - 1)).collect();
        match dice.roll(if depth == 0 { 6 } else { 10 }) {
            6 | 7 => Self::All(parts(dice)),
            8 => Self::Any(parts(dice)),
            9 => Self::Not(Box::new(Self::any(dice, fields, rows, depth - 1))),
            which => {
                let (name, kind) = *dice.one_of(fields);
                let value = |dice: &mut Dice| a_value(dice, kind, name, rows);
                match which {
                    0 => Self::Exists(name),
                    1 => Self::In(name, kind, (0..=dice.roll(4)).filter_map(|_| value(dice)).collect()).or_exists(),
                    _ => {
                        let comparisons: &[&'static str] = match kind {
                            Kind::Text => &["==", "!=", "<", ">=", "~", "~", "~"],
                            Kind::Exact | Kind::Flag => &["==", "!="],
                            Kind::Number | Kind::Bytes | Kind::Time => &["==", "!=", "<", "<=", ">", ">="],
                        };
                        let comparison = *dice.one_of(comparisons);
                        match value(dice) {
                            Some(value) => Self::Compare(name, kind, comparison, value),
                            None => Self::Exists(name),
                        }
                    }
                }
            }
        }
    }

    /// No set is empty.
    fn or_exists(self) -> Self {
        match self {
            Self::In(name, _, values) if values.is_empty() => Self::Exists(name),
            filter => filter,
        }
    }
}

/// One that a row has there, or almost; nothing where none has one.
fn a_value(dice: &mut Dice, kind: Kind, name: &str, rows: &[Value]) -> Option<Value> {
    let values: Vec<&Value> = rows.iter().filter_map(|row| field(row, name)).collect();
    if values.is_empty() {
        return None;
    }
    let value = (*dice.one_of(&values)).clone();
    Some(match kind {
        Kind::Exact | Kind::Flag => value,
        Kind::Number | Kind::Bytes => json!(value.as_i64().unwrap() + i64::try_from(dice.roll(3)).unwrap() - 1),
        Kind::Time => {
            let at: Timestamp = value.as_str().unwrap().parse().unwrap();
            let by = SignedDuration::from_micros(i64::try_from(dice.roll(3)).unwrap() - 1);
            json!(at.checked_add(by).unwrap().to_string())
        }
        Kind::Text => {
            let characters: Vec<char> = value.as_str().unwrap().chars().collect();
            let from = dice.roll(characters.len() + 1);
            let to = from + dice.roll(characters.len() - from + 1);
            let text: String =
                if dice.roll(2) == 0 { characters } else { characters[from..to].to_vec() }.iter().collect();
            json!(match dice.roll(3) {
                0 => text.to_uppercase(),
                1 => text.to_lowercase(),
                _ => text,
            })
        }
    })
}

/// A value in the language.
fn literal(kind: Kind, value: &Value, dice: &mut Dice) -> String {
    match kind {
        Kind::Bytes if value.as_i64().unwrap() >= 1_000_000 && dice.roll(2) == 0 => {
            let number = value.as_i64().unwrap();
            let (megabytes, rest) = (number / 1_000_000, number % 1_000_000);
            if rest == 0 { format!("{megabytes}MB") } else { format!("{megabytes}.{rest:06}MB") }
        }
        Kind::Number | Kind::Bytes | Kind::Flag => value.to_string(),
        Kind::Time => value.as_str().unwrap().to_owned(),
        // Words and ids may stand alone.
        Kind::Exact if dice.roll(2) == 0 => value.as_str().unwrap().to_owned(),
        Kind::Exact | Kind::Text => {
            let mut text = String::from("\"");
            for c in value.as_str().unwrap().chars() {
                if matches!(c, '"' | '\\') {
                    text.push('\\');
                }
                text.push(c);
            }
            text.push('"');
            text
        }
    }
}

/// Compares so many random filters with looking at all rows; returns how many of them found some and not all.
pub(super) async fn compare_all(
    client: &Client,
    path: &str,
    fields: &[(&'static str, Kind)],
    count: usize,
    seed: u64,
) -> usize {
    let mut dice = Dice(seed);
    let mut rows = client.all(&with(path, &[("limit", "500")])).await;
    assert!(rows.len() > 2, "{path} has something to filter");
    let mut narrowing = 0;
    for _ in 0..count {
        let depth = dice.roll(4);
        let filter = Filter::any(&mut dice, fields, &rows, depth);
        let written = filter.written(&mut dice);
        if written.len() >= 3_000 {
            continue;
        }
        let looked = |rows: &[Value]| rows.iter().filter(|row| filter.finds(row)).map(id).collect::<Vec<_>>();
        let asked = async || {
            let found = client.all(&with(path, &[("limit", "500"), ("filter", &written)])).await;
            found.iter().map(id).collect::<Vec<_>>()
        };
        let mut found = asked().await;
        if found != looked(&rows) {
            // What depends on the time, as whether a backup is overdue, may have changed since they were looked at.
            rows = client.all(&with(path, &[("limit", "500")])).await;
            found = asked().await;
        }
        assert_eq!(found, looked(&rows), "{path} filtered by {written}");
        narrowing += usize::from(!found.is_empty() && found.len() < rows.len());
    }
    narrowing
}
