//! From a filter's text to its tree. Nothing is known here of fields: whether they exist and what they take is looked at
//! afterwards.

use std::ops::Range;

use chumsky::error::{Rich, RichPattern, RichReason};
use chumsky::input::{Input as _, ValueInput};
use chumsky::prelude::{
    IterParser as _, Parser, SimpleSpan, any, choice, end, just, none_of, one_of, recursive, select,
};
use chumsky::{Boxed, extra};

use super::Fault;

/// No longer text is looked at.
pub(super) const LONGEST: usize = 4_000;
/// So deep may parentheses stand in each other.
pub(super) const DEEPEST: usize = 20;

/// A part of the text, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spanned<T> {
    pub(super) is: T,
    /// In bytes.
    pub(super) at: Range<usize>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expression {
    All(Vec<Self>),
    Any(Vec<Self>),
    Not(Box<Self>),
    Condition(Condition),
}

/// Something that is asked of one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Condition {
    pub(super) field: Spanned<String>,
    pub(super) test: Test,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Compare(Spanned<Comparison>, Spanned<Literal>),
    Contains(Spanned<Literal>),
    In(Vec<Spanned<Literal>>),
    Exists,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// A value as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    Text(String),
    Word(String),
    /// With its unit, if it has one.
    Number(String),
    /// A day or an instant.
    Time(String),
    /// So long before or after now: a number with its unit, with a minus before it.
    Now(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Word(String),
    Text(String),
    Number(String),
    Time(String),
    Compare(Comparison),
    Tilde,
    Open,
    Close,
    Comma,
    Plus,
    Minus,
    And,
    Or,
    Not,
    In,
    Exists,
    Now,
    /// What other languages write.
    Foreign(&'static str),
}

type Lexed<'a> = extra::Err<Rich<'a, char>>;
type Parsed<'a> = extra::Err<Rich<'a, Token>>;

fn spanned<T>(is: T, at: SimpleSpan) -> Spanned<T> {
    Spanned { is, at: at.into_range() }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.')
}

/// Digits, perhaps with decimals, perhaps with a unit behind them.
fn is_number(text: &str) -> bool {
    let number = text.trim_end_matches(char::is_alphabetic);
    let (whole, decimals) = number.split_once('.').unwrap_or((number, "0"));
    [whole, decimals].iter().all(|digits| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit()))
}

/// A number, a word of the language, whatever its case, or another.
fn word(text: &str) -> Token {
    if is_number(text) {
        return Token::Number(text.to_owned());
    }
    match text.to_ascii_lowercase().as_str() {
        "and" => Token::And,
        "or" => Token::Or,
        "not" => Token::Not,
        "in" => Token::In,
        "exists" => Token::Exists,
        "now" => Token::Now,
        _ => Token::Word(text.to_owned()),
    }
}

fn tokens<'a>() -> impl Parser<'a, &'a str, Vec<(Token, SimpleSpan)>, Lexed<'a>> {
    let digit = || any().filter(char::is_ascii_digit);
    let escaped = just('\\').ignore_then(one_of("\"\\").labelled("\\\" or \\\\"));
    let text = none_of("\"\\")
        .labelled("any character")
        .or(escaped)
        .repeated()
        .collect::<String>()
        .delimited_by(just('"').labelled("a text in double quotes"), just('"').labelled("the closing \""))
        .map(Token::Text);
    let day = digit()
        .repeated()
        .exactly(4)
        .then(just('-').then(digit().repeated().exactly(2)).repeated().exactly(2))
        .then(any().filter(|c: &char| is_word(*c) || matches!(c, ':' | '+' | '-')).repeated());
    let symbols = choice((
        just("==").to(Token::Compare(Comparison::Equal)),
        just("!=").to(Token::Compare(Comparison::Unequal)),
        just("<>").to(Token::Foreign("!=")),
        just("<=").to(Token::Compare(Comparison::LessOrEqual)),
        just(">=").to(Token::Compare(Comparison::GreaterOrEqual)),
        just("<").to(Token::Compare(Comparison::Less)),
        just(">").to(Token::Compare(Comparison::Greater)),
        just("=").to(Token::Foreign("==")),
        just("&&").or(just("&")).to(Token::Foreign("and")),
        just("||").or(just("|")).to(Token::Foreign("or")),
        just("!").to(Token::Foreign("not")),
        just("'").to(Token::Foreign("\"")),
        just("~").to(Token::Tilde),
    ));
    let marks = choice((
        just("(").to(Token::Open),
        just(")").to(Token::Close),
        just(",").to(Token::Comma),
        just("+").to(Token::Plus),
        just("-").to(Token::Minus),
    ));
    let name = any().filter(|c: &char| is_word(*c)).repeated().at_least(1).to_slice().map(word);
    choice((text, day.to_slice().map(|text: &str| Token::Time(text.to_owned())), name, symbols, marks))
        .map_with(|token, at| (token, at.span()))
        .padded()
        .repeated()
        .collect()
        .then_ignore(end())
}

const FIELD: &str = "a field";
const VALUE: &str = "a value";
const COMPARISON: &str = "a comparison (==, !=, <, <=, >, >=, ~, in)";

fn literal<'a, I>() -> impl Parser<'a, I, Spanned<Literal>, Parsed<'a>> + Clone
where
    I: ValueInput<'a, Token = Token, Span = SimpleSpan>,
{
    let sign = select! { Token::Plus => "", Token::Minus => "-" };
    let number = select! { Token::Number(text) => text };
    let now = just(Token::Now)
        .ignore_then(
            sign.labelled("+ or -")
                .then(number.labelled("a length of time (30m, 12h, 2d, 1w)"))
                .map(|(sign, length)| format!("{sign}{length}"))
                .or_not(),
        )
        .map(|shift| Literal::Now(shift.unwrap_or_default()));
    let negative = just(Token::Minus).ignore_then(number).map(|text| Literal::Number(format!("-{text}")));
    let plain = select! {
        Token::Text(text) => Literal::Text(text),
        Token::Word(word) => Literal::Word(word),
        Token::Number(text) => Literal::Number(text),
        Token::Time(text) => Literal::Time(text),
    };
    choice((now, negative, plain)).labelled(VALUE).map_with(|is, part| spanned(is, part.span()))
}

fn condition<'a, I>() -> impl Parser<'a, I, Expression, Parsed<'a>> + Clone
where
    I: ValueInput<'a, Token = Token, Span = SimpleSpan>,
{
    let (open, close) = (|| just(Token::Open).labelled("`(`"), || just(Token::Close).labelled("`)`"));
    let field = select! { Token::Word(word) => word }.labelled(FIELD).map_with(|is, part| spanned(is, part.span()));
    let exists = just(Token::Exists)
        .labelled("`exists(…)`")
        .ignore_then(field.delimited_by(open(), close()))
        .map(|field| Condition { field, test: Test::Exists });
    let comparison = select! { Token::Compare(comparison) => comparison }
        .map_with(|is, part| spanned(is, part.span()))
        .then(literal())
        .map(|(comparison, value)| Test::Compare(comparison, value));
    let contains = just(Token::Tilde).ignore_then(literal()).map(Test::Contains);
    let set = literal()
        .separated_by(just(Token::Comma).labelled("`,`"))
        .at_least(1)
        .collect()
        .delimited_by(open(), close())
        .map(Test::In);
    let set = just(Token::In).ignore_then(set);
    let test = choice((comparison, contains, set)).labelled(COMPARISON);
    let other = field.then(test).map(|(field, test)| Condition { field, test });
    choice((exists, other)).map(Expression::Condition)
}

fn expression<'a, I>() -> Boxed<'a, 'a, I, Expression, Parsed<'a>>
where
    I: ValueInput<'a, Token = Token, Span = SimpleSpan>,
{
    recursive(|whole| {
        let (open, close) = (just(Token::Open).labelled("`(`"), just(Token::Close).labelled("`)`"));
        let single = choice((condition(), whole.delimited_by(open, close)));
        let negated = just(Token::Not).labelled("`not`").repeated().count().then(single).map(|(times, inner)| {
            // Twice is not at all.
            if times % 2 == 0 { inner } else { Expression::Not(Box::new(inner)) }
        });
        let joined = |mut parts: Vec<Expression>, join: fn(Vec<Expression>) -> Expression| match parts.len() {
            1 => parts.remove(0),
            _ => join(parts),
        };
        let all = negated
            .separated_by(just(Token::And).labelled("`and`"))
            .at_least(1)
            .collect()
            .map(move |parts| joined(parts, Expression::All));
        all.separated_by(just(Token::Or).labelled("`or`"))
            .at_least(1)
            .collect()
            .map(move |parts| joined(parts, Expression::Any))
    })
    .then_ignore(end())
    .boxed()
}

/// The tree of a filter's text.
pub(super) fn parse(text: &str) -> Result<Expression, Fault> {
    if text.chars().count() > LONGEST {
        return Err(Fault::whole(format!("A filter may have at most {LONGEST} characters.")));
    }
    if text.trim().is_empty() {
        return Err(Fault::whole("The filter is empty. Leave it out for all rows.".to_owned()));
    }
    let tokens = tokens().parse(text).into_result().map_err(|errors| unreadable(text, &errors))?;
    if let Some(at) = too_deep(&tokens) {
        return Err(Fault::at(text, &at, &format!("parentheses may stand in each other {DEEPEST} deep")));
    }
    let whole = SimpleSpan::from(text.len()..text.len());
    let parsed = expression().parse(tokens.as_slice().map(whole, |(token, at)| (token, at))).into_result();
    parsed.map_err(|errors| unexpected(text, &errors))
}

/// Where parentheses have become deeper than they may.
fn too_deep(tokens: &[(Token, SimpleSpan)]) -> Option<Range<usize>> {
    let mut depth = 0_usize;
    tokens.iter().find_map(|(token, at)| {
        match token {
            Token::Open => depth += 1,
            Token::Close => depth = depth.saturating_sub(1),
            _ => {}
        }
        (depth > DEEPEST).then(|| at.into_range())
    })
}

/// What makes no word of the language.
fn unreadable(text: &str, errors: &[Rich<'_, char>]) -> Fault {
    let Some(error) = errors.first() else { return Fault::whole("The filter can't be read.".to_owned()) };
    let at = error.span().into_range();
    let expected: Vec<String> = error
        .expected()
        .filter_map(|pattern| match pattern {
            RichPattern::Label(label) if label != "any character" => Some(label.to_string()),
            _ => None,
        })
        .collect();
    let is_in_text = expected.iter().any(|label| label.contains("closing") || label.starts_with('\\'));
    match error.found() {
        None if is_in_text => Fault::at(text, &at, "the text has no closing `\"`"),
        Some(_) if is_in_text => Fault::at(text, &at, "behind `\\` stands `\\` or `\"`, taken literally"),
        found => Fault::at(text, &at, &format!("{} has no meaning here", quoted(found.copied().unwrap_or_default()))),
    }
}

/// What stands where something else should.
fn unexpected(text: &str, errors: &[Rich<'_, Token>]) -> Fault {
    let Some(error) = errors.first() else { return Fault::whole("The filter can't be read.".to_owned()) };
    let at = error.span().into_range();
    let mut expected: Vec<String> = Vec::new();
    if let RichReason::ExpectedFound { expected: patterns, .. } = error.reason() {
        for pattern in patterns {
            let name = match pattern {
                RichPattern::Label(label) => label.to_string(),
                RichPattern::EndOfInput => "the end".to_owned(),
                RichPattern::Token(_) | RichPattern::Identifier(_) | RichPattern::Any | RichPattern::SomethingElse => {
                    continue;
                }
                _ => continue,
            };
            if !expected.contains(&name) {
                expected.push(name);
            }
        }
    }
    let wanted = match expected.as_slice() {
        [] => String::new(),
        [one] => format!(", expected {one}"),
        [others @ .., last] => format!(", expected {} or {last}", others.join(", ")),
    };
    let hint = match error.found() {
        Some(Token::Foreign("\"")) => ". Texts stand in double quotes".to_owned(),
        Some(Token::Foreign(meant)) => format!("; did you mean `{meant}`?"),
        Some(Token::Word(word)) if ["like", "contains", "ilike"].contains(&word.to_lowercase().as_str()) => {
            "; did you mean `~`?".to_owned()
        }
        _ => String::new(),
    };
    if error.found().is_none() {
        return Fault::at(text, &at, &format!("the filter ends here{wanted}"));
    }
    let found = text.get(at.clone()).unwrap_or_default();
    Fault::at(text, &at, &format!("found {}{wanted}{hint}", shortened(found)))
}

fn quoted(c: char) -> String {
    if c.is_control() { format!("the character {}", c.escape_unicode()) } else { format!("`{c}`") }
}

/// A part of the text that is shown again.
pub(super) fn shortened(text: &str) -> String {
    const SHOWN: usize = 40;
    let mut shown: String = text.chars().take(SHOWN).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() > SHOWN {
        shown.push('…');
    }
    format!("`{shown}`")
}
