//! Filters that nobody would write. What is in `corpus.jsonl` is read, then changed, cut and put together; whatever leads to
//! an answer of a kind that was not heard before is changed further, so that it gets deeper than chance would. A test runs
//! some thousands of them; more on request:
//!
//! ```text
//! TENANTRY_FUZZ_SECONDS=600 TENANTRY_FUZZ_KEEP=kept.jsonl cargo test -p base --lib filter::fuzz -- --nocapture
//! ```
//!
//! `kept.jsonl` has the shortest text for each answer afterwards, to be looked through for the corpus.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::syntax::{Comparison, Condition, DEEPEST, Expression, LONGEST, Literal, Spanned, Test, parse};
use super::tests::{compiles, read};

const CORPUS: &str = include_str!("corpus.jsonl");
/// So many are tried without being asked for more.
const TRIED: u64 = 4_000;
/// So many that led to something new are changed further.
const POOL: usize = 20_000;

/// A tree as text: the shortest that reads as this tree.
fn show(expression: &Expression) -> String {
    let joined = |parts: &[Expression], word: &str, is_apart: fn(&Expression) -> bool| {
        let shown: Vec<String> =
            parts.iter().map(|part| if is_apart(part) { format!("({})", show(part)) } else { show(part) }).collect();
        shown.join(word)
    };
    match expression {
        Expression::All(parts) => {
            joined(parts, " and ", |part| matches!(part, Expression::All(_) | Expression::Any(_)))
        }
        Expression::Any(parts) => joined(parts, " or ", |part| matches!(part, Expression::Any(_))),
        Expression::Not(part) => match &**part {
            Expression::Condition(condition) => format!("not {}", show_condition(condition)),
            other => format!("not ({})", show(other)),
        },
        Expression::Condition(condition) => show_condition(condition),
    }
}

fn show_condition(Condition { field, test }: &Condition) -> String {
    let field = &field.is;
    match test {
        Test::Compare(comparison, value) => {
            let sign = match comparison.is {
                Comparison::Equal => "==",
                Comparison::Unequal => "!=",
                Comparison::Less => "<",
                Comparison::LessOrEqual => "<=",
                Comparison::Greater => ">",
                Comparison::GreaterOrEqual => ">=",
            };
            format!("{field} {sign} {}", show_literal(&value.is))
        }
        Test::Contains(value) => format!("{field} ~ {}", show_literal(&value.is)),
        Test::In(values) => {
            let values: Vec<String> = values.iter().map(|value| show_literal(&value.is)).collect();
            format!("{field} in ({})", values.join(", "))
        }
        Test::Exists => format!("exists({field})"),
    }
}

fn show_literal(literal: &Literal) -> String {
    match literal {
        Literal::Text(text) => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
        Literal::Word(text) | Literal::Number(text) | Literal::Time(text) => text.clone(),
        Literal::Now(shift) if shift.is_empty() => "now".to_owned(),
        Literal::Now(shift) if shift.starts_with('-') => format!("now{shift}"),
        Literal::Now(shift) => format!("now+{shift}"),
    }
}

/// The same without where it stood.
fn placeless(expression: Expression) -> Expression {
    fn nowhere<T>(part: Spanned<T>) -> Spanned<T> {
        Spanned { at: 0..0, ..part }
    }
    match expression {
        Expression::All(parts) => Expression::All(parts.into_iter().map(placeless).collect()),
        Expression::Any(parts) => Expression::Any(parts.into_iter().map(placeless).collect()),
        Expression::Not(part) => Expression::Not(Box::new(placeless(*part))),
        Expression::Condition(Condition { field, test }) => {
            let test = match test {
                Test::Compare(comparison, value) => Test::Compare(nowhere(comparison), nowhere(value)),
                Test::Contains(value) => Test::Contains(nowhere(value)),
                Test::In(values) => Test::In(values.into_iter().map(nowhere).collect()),
                Test::Exists => Test::Exists,
            };
            Expression::Condition(Condition { field: nowhere(field), test })
        }
    }
}

fn depth(expression: &Expression) -> usize {
    match expression {
        Expression::All(parts) | Expression::Any(parts) => 1 + parts.iter().map(depth).max().unwrap_or_default(),
        Expression::Not(part) => 1 + depth(part),
        Expression::Condition(_) => 1,
    }
}

/// What is true of every text. Answers with the kind of what became of it: of equal kinds one is enough.
fn holds(text: &str) -> String {
    let kind = match parse(text) {
        Ok(tree) => {
            assert!(text.chars().count() <= LONGEST, "read although it is too long: {text:?}");
            // In a parenthesis stands an `or` of an `and` of a `not`.
            assert!(depth(&tree) <= 4 * (DEEPEST + 1), "too deep: {text:?}");
            let shown = show(&tree);
            if shown.chars().count() <= LONGEST {
                let again = parse(&shown).unwrap_or_else(|fault| panic!("{text:?} is shown as {shown:?}: {fault:?}"));
                let (before, after) = (placeless(tree.clone()), placeless(again));
                assert_eq!(before, after, "{text:?} is shown as {shown:?}");
                assert_eq!(show(&after), shown);
            }
            format!("{} {}", shape(&shown), outcome(text))
        }
        Err(_) => outcome(text),
    };
    compiles(text);
    kind
}

fn outcome(text: &str) -> String {
    match read(text, api::Level::Provider) {
        Ok(_) => "finds".to_owned(),
        Err(error) => {
            assert_eq!(error.code, api::Code::InvalidInput, "{text:?}");
            assert!(!error.fields.is_empty(), "{text:?}");
            let mut kinds = String::new();
            for fault in &error.fields {
                let is_named = fault.field == "filter" && fault.code == api::Code::InvalidFilter.as_str();
                assert!(is_named, "{text:?}: {fault:?}");
                let detail = &fault.detail;
                assert!(detail.chars().count() <= 600 && !detail.contains(char::is_control), "{text:?}: {detail:?}");
                if kinds.len() < 300 {
                    let _ = write!(kinds, "{};", shape(detail));
                }
            }
            kinds
        }
    }
}

/// A text without what makes it this one: numbers, what is quoted, what goes on and on.
fn shape(text: &str) -> String {
    let mut shape = String::new();
    let mut quote = None;
    for c in text.chars() {
        match (quote, c) {
            (Some(end), c) if c == end => quote = None,
            (Some(_), _) | (None, '0'..='9') => {}
            (None, '`' | '"') => {
                quote = Some(c);
                shape.push(c);
            }
            (None, c) => shape.push(c),
        }
        if shape.len() > 160 {
            break;
        }
    }
    shape
}

/// Words of the language and of its fields, values, and what is in nobody's.
pub(super) const WORDS: &[&str] = &[
    "and",
    "or",
    "not",
    "in",
    "exists",
    "now",
    "(",
    ")",
    ",",
    "==",
    "!=",
    "<",
    "<=",
    ">",
    ">=",
    "~",
    "=",
    "&&",
    "|",
    "!",
    "'",
    "\"",
    "\\",
    "-",
    "+",
    "now-2d",
    "now+99999w",
    "2d",
    "1.5TB",
    "1.",
    ".5",
    "99999999999999999999",
    "0",
    "2025-01-31",
    "2025-01-31T10:00:00+02:00",
    "0000-99-99",
    "2025-02-30",
    "\"text\"",
    "\"\\\\\"",
    "level",
    "site",
    "country",
    "DE",
    "company_name",
    "last_backup_at",
    "totals.used_bytes",
    "totals",
    "totals.",
    "is_default",
    "true",
    "null",
    "state",
    "active",
    "profile.notes",
    "id",
    "cus_1",
    " ",
    "\n",
    "\u{0}",
    "\u{200b}",
    "\u{202e}",
    "ü",
    "ﬁ",
    "İ",
    "9",
    "²",
    "٣",
    "１",
    "𝟙",
    "level == site",
    "(level == site)",
    "not (",
    " and ",
    " or ",
];

/// The same numbers each time.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % u64::try_from(end.max(1)).unwrap_or(1)).unwrap_or_default()
    }

    fn of<'a, T>(&mut self, all: &'a [T]) -> &'a T {
        &all[self.below(all.len())]
    }
}

/// Another text, made of these.
fn changed(dice: &mut Dice, pool: &[String]) -> String {
    let mut text: Vec<char> = dice.of(pool).chars().collect();
    for _ in 0..=dice.below(4) {
        let from = dice.below(text.len() + 1);
        let to = (from + dice.below(12)).min(text.len());
        match dice.below(9) {
            0..=2 => drop(text.splice(from..from, dice.of(WORDS).chars())),
            3 => drop(text.splice(from..to, dice.of(WORDS).chars())),
            4 => drop(text.drain(from..to)),
            5 => {
                let again: Vec<char> = text[from..to].to_vec();
                for _ in 0..=dice.below(3) {
                    text.splice(to..to, again.iter().copied());
                }
            }
            6 => {
                let other: Vec<char> = dice.of(pool).chars().collect();
                let start = dice.below(other.len() + 1);
                text.splice(from..to, other[start..].iter().copied());
            }
            7 => {
                text.insert(to, ')');
                text.insert(from, '(');
            }
            _ => {
                let joined = [" and ", " or ", " and not ", " or not "];
                text.extend(dice.of(&joined).chars());
                text.extend(dice.of(pool).chars());
            }
        }
        text.truncate(LONGEST + 50);
    }
    text.into_iter().collect()
}

#[expect(clippy::disallowed_methods, reason = "how long to go on is said by whoever runs the test")]
fn asked(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

#[test]
#[expect(clippy::print_stdout, reason = "whoever keeps what was found wants to know how much was tried")]
fn whatever_comes_of_changing_filters_is_understood_or_refused() {
    let mut pool: Vec<String> = CORPUS.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let mut shortest: HashMap<String, String> = HashMap::new();
    for text in &pool {
        shortest.insert(holds(text), text.clone());
    }
    let seconds = asked("TENANTRY_FUZZ_SECONDS").map(|seconds| Duration::from_secs(seconds.parse().unwrap()));
    let (begun, mut dice, mut tried) = (Instant::now(), Dice(0x9e37_79b9_7f4a_7c15), 0_u64);
    while seconds.map_or(tried < TRIED, |seconds| begun.elapsed() < seconds) {
        let text = changed(&mut dice, &pool);
        tried += 1;
        let kind = holds(&text);
        match shortest.get(&kind) {
            Some(known) if known.len() <= text.len() => continue,
            Some(_) => {}
            None if pool.len() < POOL => pool.push(text.clone()),
            None => {
                let at = dice.below(pool.len());
                pool[at].clone_from(&text);
            }
        }
        shortest.insert(kind, text);
    }
    if let Some(file) = asked("TENANTRY_FUZZ_KEEP") {
        println!("{tried} filters in {:?}, {} kinds of answers", begun.elapsed(), shortest.len());
        let mut kept: Vec<String> = shortest.into_values().map(|text| serde_json::to_string(&text).unwrap()).collect();
        kept.sort_by_key(|text| (text.len(), text.clone()));
        std::fs::write(file, kept.join("\n") + "\n").unwrap();
    }
}
