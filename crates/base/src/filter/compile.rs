//! A filter as a condition of a statement. `not` is pushed down to the questions, so that each is asked of its column
//! itself, by an index where there is one, and null nowhere decides.

use std::collections::HashMap;

use db::{Engine, Raw, Sql, list, sql};

use super::check::{Checked, Question, Value};
use super::syntax::Comparison;
use super::{Compiled, IndexKey};
use crate::list::{Absent, Asker, Beside, Field, FieldColumn, Kind, Seen, Words, contains};
use crate::text::like_escaped;

/// Rows of a field whose value is not stored yet: by id, what is stored and what is true.
pub(crate) type Moved = HashMap<&'static str, Vec<(String, Option<i64>, Option<i64>)>>;

struct Compile<'a> {
    asker: &'a Asker<'a>,
    engine: Engine,
    /// The noun's.
    id: &'static str,
    moved: &'a Moved,
    beside: Vec<&'static Beside>,
}

pub(super) fn compile(tree: &Checked, asker: &Asker<'_>, engine: Engine, id: &'static str, moved: &Moved) -> Compiled {
    let mut compile = Compile { asker, engine, id, moved, beside: Vec::new() };
    let condition = compile.tree(tree, true);
    let mut keys = Vec::new();
    compile.keys(tree, &mut keys);
    Compiled { condition, beside: compile.beside, keys }
}

/// What the value of a field is asked for, when it has one.
impl Comparison {
    fn symbol(self) -> Raw {
        Raw(match self {
            Self::Equal => " = ",
            Self::Unequal => " <> ",
            Self::Less => " < ",
            Self::LessOrEqual => " <= ",
            Self::Greater => " > ",
            Self::GreaterOrEqual => " >= ",
        })
    }

    fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::Unequal,
            Self::Unequal => Self::Equal,
            Self::Less => Self::GreaterOrEqual,
            Self::LessOrEqual => Self::Greater,
            Self::Greater => Self::LessOrEqual,
            Self::GreaterOrEqual => Self::Less,
        }
    }

    fn holds(self, one: i64, other: i64) -> bool {
        match self {
            Self::Equal => one == other,
            Self::Unequal => one != other,
            Self::Less => one < other,
            Self::LessOrEqual => one <= other,
            Self::Greater => one > other,
            Self::GreaterOrEqual => one >= other,
        }
    }
}

const TRUE: &str = "1 = 1";
const FALSE: &str = "1 = 0";

fn raw(text: &'static str) -> Sql {
    sql![Raw(text)]
}

/// These conditions in parentheses; `empty` where there are none.
fn joined(parts: impl IntoIterator<Item = Sql>, between: &'static str, empty: &'static str) -> Sql {
    let mut sql = Sql::new();
    for part in parts {
        sql.push(if sql.is_empty() { "(" } else { between });
        sql.append(part);
    }
    if sql.is_empty() {
        sql.push(empty);
    } else {
        sql.push(")");
    }
    sql
}

fn bound(value: &Value) -> Sql {
    match value {
        Value::Text(text) => sql![text],
        Value::Number(number) => sql![*number],
        Value::Flag(flag) => sql![*flag],
    }
}

fn bound_all(values: &[Value]) -> Sql {
    let mut sql = Sql::new();
    for value in values {
        sql.push(if sql.is_empty() { "(" } else { ", " });
        sql.append(bound(value));
    }
    sql.push(")");
    sql
}

impl Compile<'_> {
    /// Where the tree is `wanted`, true or false.
    fn tree(&mut self, tree: &Checked, wanted: bool) -> Sql {
        let (and, or) = ((" and ", TRUE), (" or ", FALSE));
        match tree {
            Checked::Not(part) => self.tree(part, !wanted),
            Checked::All(parts) => {
                let (between, empty) = if wanted { and } else { or };
                let parts: Vec<Sql> = parts.iter().map(|part| self.tree(part, wanted)).collect();
                joined(parts, between, empty)
            }
            Checked::Any(parts) => {
                let (between, empty) = if wanted { or } else { and };
                let parts: Vec<Sql> = parts.iter().map(|part| self.tree(part, wanted)).collect();
                joined(parts, between, empty)
            }
            Checked::Question(field, question) => self.question(field, question, wanted),
        }
    }

    /// What indexes could find, of all that must be true.
    fn keys(&self, tree: &Checked, keys: &mut Vec<IndexKey>) {
        match tree {
            Checked::All(parts) => parts.iter().for_each(|part| self.keys(part, keys)),
            Checked::Question(field, question) if field.is_indexed() => {
                let is_found = match question {
                    Question::Compare(comparison, _) => *comparison != Comparison::Unequal,
                    Question::In(_) => true,
                    Question::Contains(_) | Question::Exists => false,
                };
                let (more, less) = self.moved(field, question, true);
                // What isn't stored yet is in no index.
                if !is_found || !more.is_empty() || !less.is_empty() {
                    return;
                }
                let condition = self.stored(field, question, true);
                match keys.iter_mut().find(|key| key.field.name == field.name) {
                    Some(key) => drop(key.condition.push(" and ").append(condition)),
                    None => keys.push(IndexKey { field, condition }),
                }
            }
            Checked::Question(..) | Checked::Any(_) | Checked::Not(_) => {}
        }
    }

    fn question(&mut self, field: &'static Field, question: &Question, wanted: bool) -> Sql {
        if let Some(beside) = field.beside
            && !self.beside.iter().any(|known| known.table == beside.table)
        {
            self.beside.push(beside);
        }
        if let Kind::Words(Words::Told(words)) = field.kind {
            return self.told(words, question, wanted);
        }
        let stored = self.stored(field, question, wanted);
        self.with_moved(field, question, wanted, stored)
    }

    /// Asks the column.
    fn stored(&self, field: &'static Field, question: &Question, wanted: bool) -> Sql {
        let value = field.value(self.asker);
        let present = match field.absent {
            Absent::Never => None,
            Absent::Null => Some(sql![value.clone(), " is not null"]),
            Absent::Zero => Some(sql![value.clone(), " > 0"]),
        };
        let absent = match field.absent {
            Absent::Never => None,
            Absent::Null => Some(sql![value.clone(), " is null"]),
            Absent::Zero => Some(sql![value.clone(), " = 0"]),
        };
        let asked = match question {
            Question::Exists => {
                return match (wanted, present, absent) {
                    (true, Some(present), _) => present,
                    (false, _, Some(absent)) => absent,
                    (true, ..) => raw(TRUE),
                    (false, ..) => raw(FALSE),
                };
            }
            Question::Compare(comparison, other) => {
                let comparison = if wanted { *comparison } else { comparison.opposite() };
                let is_ordering = !matches!(comparison, Comparison::Equal | Comparison::Unequal);
                // Both compare by bytes, whatever language the database has.
                let order = match (self.engine, other) {
                    (Engine::Postgres, Value::Text(_)) if is_ordering => Raw(" collate \"C\""),
                    _ => Raw(""),
                };
                sql![value, order, comparison.symbol(), bound(other)]
            }
            Question::Contains(text) => {
                let not = Raw(if wanted { "" } else { "not " });
                let contains = if let FieldColumn::Of(column) = field.column {
                    contains(column, text)
                } else {
                    sql!["bare(", value, ") like ", like_escaped(text), " escape '\\'"]
                };
                sql![not, contains]
            }
            Question::In(values) => {
                let within = Raw(if wanted { " in " } else { " not in " });
                sql![value, within, bound_all(values)]
            }
        };
        match (wanted, field.absent, present, absent) {
            // What compares with null is not true, and that is what is wanted.
            (true, Absent::Zero, Some(present), _) => joined([asked, present], " and ", TRUE),
            (false, _, _, Some(absent)) => joined([asked, absent], " or ", FALSE),
            _ => asked,
        }
    }

    /// Asks the conditions that tell the word.
    fn told(&self, words: &'static [(&'static str, Seen)], question: &Question, wanted: bool) -> Sql {
        let is_meant = |word: &str| {
            let is = |value: &Value| matches!(value, Value::Text(text) if text == word);
            match question {
                Question::Exists => true,
                Question::Compare(Comparison::Equal, value) => is(value),
                // Of a value that is there.
                Question::Compare(_, value) => !is(value),
                Question::In(values) => values.iter().any(is),
                Question::Contains(_) => false,
            }
        };
        let meant = words.iter().filter(|(word, _)| is_meant(word)).map(|(_, holds)| sql!["(", holds(self.asker), ")"]);
        let any = joined(meant, " or ", FALSE);
        if wanted { any } else { sql!["not ", joined([any], "", TRUE)] }
    }

    /// Rows that the question finds by what they have counted meanwhile, and those that it finds no more.
    fn moved(&self, field: &Field, question: &Question, wanted: bool) -> (Vec<&str>, Vec<&str>) {
        let (mut more, mut less) = (Vec::new(), Vec::new());
        for (id, stored, actual) in self.moved.get(field.name).into_iter().flatten() {
            match (answer(question, *stored) == wanted, answer(question, *actual) == wanted) {
                (false, true) => more.push(id.as_str()),
                (true, false) => less.push(id.as_str()),
                _ => {}
            }
        }
        (more, less)
    }

    /// Puts right what the column doesn't have yet: of the rows that have counted something meanwhile, those for which
    /// that makes a difference.
    fn with_moved(&self, field: &'static Field, question: &Question, wanted: bool, stored: Sql) -> Sql {
        let (more, less) = self.moved(field, question, wanted);
        let id = Raw(self.id);
        let mut sql = stored;
        if !less.is_empty() {
            sql = sql!["(", sql, " and ", id, " not in ", list(less), ")"];
        }
        if !more.is_empty() {
            sql = sql!["(", sql, " or ", id, " in ", list(more), ")"];
        }
        sql
    }
}

/// What a number answers.
fn answer(question: &Question, value: Option<i64>) -> bool {
    let Some(value) = value else { return false };
    match question {
        Question::Exists => true,
        Question::Compare(comparison, Value::Number(other)) => comparison.holds(value, *other),
        Question::In(values) => values.contains(&Value::Number(value)),
        Question::Compare(..) | Question::Contains(_) => false,
    }
}
