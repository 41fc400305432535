//! A filter's tree held against the fields: names become fields, and what was written becomes values of their kinds. All
//! that is wrong is told at once, each fault by itself.

use jiff::{SignedDuration, Timestamp};

use super::Fault;
use super::syntax::{Comparison, Condition, Expression, Literal, Spanned, Test, shortened};
use crate::list::{Asker, Counter, Field, Kind};
use crate::text::{bare, fold};

/// So many conditions and values a filter may have: databases bound their statements.
const MOST: usize = 500;
/// So many faults are told at once.
const TOLD: usize = 10;
/// So similar a word has to be to be taken for the one that was meant.
const SIMILAR: f64 = 0.75;

/// A tree of questions that rows can answer.
#[derive(Clone, Debug)]
pub(super) enum Checked {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Question(&'static Field, Question),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Question {
    Compare(Comparison, Value),
    /// A text that must occur, folded.
    Contains(String),
    In(Vec<Value>),
    Exists,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Number(i64),
    Flag(bool),
}

impl Checked {
    pub(super) fn counters(&self, found: &mut Vec<(&'static Field, Counter)>) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.counters(found)),
            Self::Not(part) => part.counters(found),
            Self::Question(field, _) => {
                if let Some(counter) = field.counter
                    && !found.iter().any(|(known, _)| known.name == field.name)
                {
                    found.push((field, counter));
                }
            }
        }
    }
}

struct Check<'a> {
    text: &'a str,
    fields: Vec<&'static Field>,
    now: Timestamp,
    faults: Vec<Fault>,
    count: usize,
}

/// Holds a tree against the fields that are for the asker.
pub(super) fn check(
    text: &str,
    tree: Expression,
    fields: &'static [Field],
    asker: &Asker<'_>,
) -> Result<Checked, Vec<Fault>> {
    let fields = fields.iter().filter(|field| field.is_for(asker.account)).collect();
    let mut check = Check { text, fields, now: asker.now, faults: Vec::new(), count: 0 };
    let checked = check.expression(tree);
    if check.count > MOST {
        return Err(vec![Fault::whole(format!("A filter may have at most {MOST} conditions and values."))]);
    }
    check.faults.truncate(TOLD);
    checked.filter(|_| check.faults.is_empty()).ok_or(check.faults)
}

/// What is wrong with a value, without where.
type Wrong = String;

impl Check<'_> {
    /// Nothing where something is wrong with it.
    fn expression(&mut self, tree: Expression) -> Option<Checked> {
        // All parts are looked at, whatever is wrong with the first.
        let mut each = |parts: Vec<Expression>| -> Option<Vec<Checked>> {
            let parts: Vec<Option<Checked>> = parts.into_iter().map(|part| self.expression(part)).collect();
            parts.into_iter().collect()
        };
        match tree {
            Expression::All(parts) => each(parts).map(Checked::All),
            Expression::Any(parts) => each(parts).map(Checked::Any),
            Expression::Not(part) => self.expression(*part).map(|part| Checked::Not(Box::new(part))),
            Expression::Condition(condition) => self.condition(condition),
        }
    }

    fn condition(&mut self, condition: Condition) -> Option<Checked> {
        self.count += 1;
        let Condition { field: name, test } = condition;
        let Some(field) = self.fields.iter().find(|field| field.name == name.is).copied() else {
            let what = self.unknown(&name.is);
            self.faults.push(Fault::at(self.text, &name.at, &what));
            return None;
        };
        let question = match test {
            Test::Exists => Some(Question::Exists),
            Test::Compare(comparison, value) => {
                let asks_order = !matches!(comparison.is, Comparison::Equal | Comparison::Unequal);
                if asks_order && !field.kind.has_order() {
                    let what = format!("{} has no order; it takes ==, != and in", field.name);
                    self.faults.push(Fault::at(self.text, &comparison.at, &what));
                    return None;
                }
                self.value(field, value).map(|value| Question::Compare(comparison.is, value))
            }
            Test::Contains(value) => {
                if !field.kind.has_parts() {
                    let what = format!("~ looks into texts, and {} is {}", field.name, name_of(field.kind));
                    self.faults.push(Fault::at(self.text, &value.at, &what));
                    return None;
                }
                match self.value(field, value) {
                    Some(Value::Text(text)) => Some(Question::Contains(bare(&text))),
                    _ => None,
                }
            }
            Test::In(values) => {
                self.count += values.len();
                let values: Vec<Option<Value>> = values.into_iter().map(|value| self.value(field, value)).collect();
                values.into_iter().collect::<Option<Vec<Value>>>().map(Question::In)
            }
        };
        question.map(|question| Checked::Question(field, question))
    }

    fn unknown(&self, name: &str) -> String {
        let names: Vec<&str> = self.fields.iter().map(|field| field.name).collect();
        // What lies in another may be called by its own name alone.
        let last = |field: &&str| field.rsplit('.').next() == Some(name);
        let below: Vec<&str> = names.iter().copied().filter(|field| field.starts_with(&format!("{name}."))).collect();
        let meant = names.iter().copied().find(last).or_else(|| similar(name, names.iter().copied()));
        let shown = shortened(name);
        match (below.is_empty(), meant) {
            (false, _) => format!("{shown} has fields of its own: {}", below.join(", ")),
            (true, Some(meant)) => format!("there is no field {shown}; did you mean `{meant}`?"),
            (true, None) => format!("there is no field {shown}. There are: {}", names.join(", ")),
        }
    }

    fn value(&mut self, field: &'static Field, written: Spanned<Literal>) -> Option<Value> {
        let Spanned { is, at } = written;
        match self.read(field, &is) {
            Ok(value) => Some(value),
            Err(what) => {
                self.faults.push(Fault::at(self.text, &at, &what));
                None
            }
        }
    }

    fn read(&self, field: &'static Field, written: &Literal) -> Result<Value, Wrong> {
        let takes = |what: &str| format!("{} is {}; write {what}", field.name, name_of(field.kind));
        if let Literal::Word(word) = written
            && ["null", "none", "nil"].contains(&word.to_ascii_lowercase().as_str())
            && !matches!(field.kind, Kind::Words(words) if words.all().contains(&word.as_str()))
        {
            return Err(format!("a field without a value is found by not exists({})", field.name));
        }
        match field.kind {
            Kind::Text => match written {
                Literal::Text(text) => plain(text).map(|text| Value::Text(fold(&text))),
                Literal::Word(word) | Literal::Number(word) | Literal::Time(word) => {
                    Err(takes(&format!("\"{word}\" in double quotes")))
                }
                Literal::Now(_) => Err(takes("a text in double quotes")),
            },
            Kind::Id => match written {
                Literal::Text(id) | Literal::Word(id) | Literal::Number(id) => plain(id).map(Value::Text),
                Literal::Time(_) | Literal::Now(_) => Err(takes("it as rows have it")),
            },
            Kind::Code => match written {
                Literal::Text(code) | Literal::Word(code) => plain(code).map(|code| Value::Text(code.to_uppercase())),
                Literal::Number(_) | Literal::Time(_) | Literal::Now(_) => Err(takes("it as rows have it")),
            },
            Kind::Words(words) => match written {
                Literal::Text(word) | Literal::Word(word) => one_of(field, &words.all(), word),
                Literal::Number(_) | Literal::Time(_) | Literal::Now(_) => {
                    Err(format!("{} is one of: {}", field.name, words.all().join(", ")))
                }
            },
            Kind::Flag => match written {
                Literal::Word(word) if word.eq_ignore_ascii_case("true") => Ok(Value::Flag(true)),
                Literal::Word(word) if word.eq_ignore_ascii_case("false") => Ok(Value::Flag(false)),
                _ => Err(takes("true or false")),
            },
            Kind::Number | Kind::Bytes => match written {
                Literal::Number(number) => whole(field, number).map(Value::Number),
                Literal::Text(_) | Literal::Word(_) | Literal::Time(_) | Literal::Now(_) => {
                    Err(takes(if matches!(field.kind, Kind::Bytes) {
                        "500GB or a number of bytes"
                    } else {
                        "a number"
                    }))
                }
            },
            Kind::Time => match written {
                Literal::Now(shift) => shifted(self.now, shift).map(Value::Number),
                Literal::Time(text) | Literal::Text(text) => instant(text).map(Value::Number),
                Literal::Number(number) if length(number).is_ok() => Err(takes(&format!("now-{number}"))),
                Literal::Word(_) | Literal::Number(_) => Err(takes(TIMES)),
            },
        }
    }
}

const TIMES: &str = "now-2d, 2025-01-31 or 2025-01-31T12:00:00Z";

/// `PostgreSQL` has no text with a NUL.
fn plain(text: &str) -> Result<String, Wrong> {
    if text.contains('\0') { Err("no text has a NUL".to_owned()) } else { Ok(text.to_owned()) }
}

/// What a kind is called.
pub(super) fn name_of(kind: Kind) -> &'static str {
    match kind {
        Kind::Text => "a text",
        Kind::Id => "an id",
        Kind::Code => "a code",
        Kind::Words(_) => "one of some words",
        Kind::Number => "a number",
        Kind::Bytes => "a size",
        Kind::Time => "a time",
        Kind::Flag => "true or false",
    }
}

/// The word that was most likely meant.
fn similar<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    // Comparing takes as long as both are together.
    let word: String = word.to_lowercase().chars().take(64).collect();
    known
        .map(|known| (known, strsim::jaro_winkler(&word, known)))
        .filter(|(_, likeness)| *likeness >= SIMILAR)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(known, _)| known)
}

fn one_of(field: &Field, words: &[&'static str], word: &str) -> Result<Value, Wrong> {
    if words.contains(&word) {
        return Ok(Value::Text(word.to_owned()));
    }
    let meant = similar(word, words.iter().copied()).map(|meant| format!("; did you mean `{meant}`?"));
    let meant = meant.unwrap_or_else(|| format!(". It is one of: {}", words.join(", ")));
    Err(format!("{} is never {}{meant}", field.name, shortened(word)))
}

/// Sizes are decimal, as they are on invoices.
const UNITS: [(&str, i128); 4] = [("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000)];

/// A number without its unit, and the unit.
fn apart(number: &str) -> (&str, &str) {
    number.find(char::is_alphabetic).map_or((number, ""), |at| number.split_at(at))
}

fn whole(field: &Field, written: &str) -> Result<i64, Wrong> {
    let (digits, unit) = apart(written);
    let factor = match (field.kind, unit) {
        (_, "") => 1,
        (Kind::Bytes, unit) => {
            let known = UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor);
            known.ok_or_else(|| {
                let meant = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit));
                let meant = meant.map_or_else(
                    || ". There are kB, MB, GB and TB".to_owned(),
                    |(name, _)| format!("; did you mean `{digits}{name}`?"),
                );
                format!("there is no unit {}{meant}", shortened(unit))
            })?
        }
        _ => return Err(format!("{} is a plain number, without a unit", field.name)),
    };
    let too_large = || format!("{} is too large", shortened(written));
    let (before, after) = digits.split_once('.').unwrap_or((digits, ""));
    let before: i128 = before.parse().map_err(|_| too_large())?;
    let mut number = before.checked_mul(factor).ok_or_else(too_large)?;
    if !after.is_empty() {
        let places = u32::try_from(after.len()).ok().filter(|places| *places <= 12);
        let scale = places
            .map(|places| 10_i128.pow(places))
            .ok_or_else(|| format!("{} has too many decimals", shortened(written)))?;
        let part = after.parse::<i128>().map_err(|_| too_large())?.checked_mul(factor).ok_or_else(too_large)?;
        if part % scale != 0 {
            let what = if factor == 1 { "a whole number" } else { "a whole number of bytes" };
            return Err(format!("{} is not {what}", shortened(written)));
        }
        let part = part / scale;
        number = if digits.starts_with('-') { number - part } else { number + part };
    }
    i64::try_from(number).map_err(|_| too_large())
}

const LENGTHS: [(&str, i64); 5] = [("s", 1), ("m", 60), ("h", 3_600), ("d", 86_400), ("w", 604_800)];

/// A length of time in seconds.
fn length(written: &str) -> Result<i64, Wrong> {
    let (digits, unit) = apart(written);
    let known = LENGTHS.iter().find(|(name, _)| *name == unit);
    let (_, seconds) = known.ok_or_else(|| {
        let all = "s, m, h, d and w";
        if unit.is_empty() {
            format!("a length of time has a unit: {all}")
        } else {
            format!("there is no unit {}. There are {all}", shortened(unit))
        }
    })?;
    let count: i64 = digits.parse().map_err(|_| format!("{} is no whole number of them", shortened(written)))?;
    count.checked_mul(*seconds).ok_or_else(|| format!("{} is too long ago", shortened(written)))
}

fn shifted(now: Timestamp, shift: &str) -> Result<i64, Wrong> {
    if shift.is_empty() {
        return Ok(now.as_microsecond());
    }
    let by = SignedDuration::from_secs(length(shift)?);
    let at = now.checked_add(by).map_err(|_| "no calendar reaches that far".to_owned())?;
    Ok(at.as_microsecond())
}

/// A day is its beginning in UTC.
fn instant(text: &str) -> Result<i64, Wrong> {
    let text = if text.len() == "2025-01-31".len() { format!("{text}T00:00:00Z") } else { text.to_owned() };
    let at: Timestamp = text.parse().map_err(|_| format!("{} is no time; write {TIMES}", shortened(&text)))?;
    Ok(at.as_microsecond())
}
