use api::id::{CustomerId, UserId};
use api::user::Role;
use api::{Code, Level};
use db::{Engine, sql};
use jiff::Timestamp;
use proptest::prelude::*;
use tree::Path;

use super::syntax::{DEEPEST, LONGEST};
use super::{Filter, Moved};
use crate::authz::{Account, AccountId, permissions_of};
use crate::list::{Asker, Beside, Counter, Field};

static TOTALS: Beside = Beside { table: "totals t", on: "t.id = c.id", id: Some("t.id"), place: None };

static FIELDS: &[Field] = &[
    Field::text("company_name", "c.company_folded"),
    Field::text("profile.city", "fold(c.city)").optional(),
    Field::text("profile.notes", "fold(c.notes)").optional().asked_by(|account| !account.level.holds_devices()),
    Field::words(
        "level",
        "c.level",
        &["provider", "distributor", "sub_distributor", "reseller", "end_customer", "site"],
    ),
    Field::told("state", &[("active", |_| sql!["c.stopped = 0"]), ("suspended", |_| sql!["c.stopped > 0"])]),
    Field::code("country", "c.country").optional(),
    Field::id("id", "c.id"),
    Field::flag("is_default", "c.is_default"),
    Field::number("totals.devices", "t.devices").of(&TOTALS),
    Field::bytes("totals.used_bytes", "t.used_bytes").of(&TOTALS).live(Counter::UsedBytes),
    Field::time("last_backup_at", "coalesce(t.last_backup_at, 0)").optional_as_zero().of(&TOTALS),
];

fn account(level: Level) -> Account {
    Account {
        id: AccountId::User(UserId::from_text("usr_1")),
        name: String::new(),
        login: String::new(),
        role: Role::Administrator,
        permissions: permissions_of(Role::Administrator),
        customer_id: CustomerId::from_text("cus_1"),
        path: Path::root("cus_1"),
        level,
        token: None,
    }
}

fn now() -> Timestamp {
    "2025-06-15T12:00:00Z".parse().unwrap()
}

pub(super) fn read(text: &str, level: Level) -> Result<Filter, api::Error> {
    let account = account(level);
    Filter::of(text, FIELDS, &Asker { account: &account, now: now() })
}

/// The condition, its parameters put in.
fn sql(text: &str) -> String {
    sql_with(text, &Moved::new())
}

fn sql_with(text: &str, moved: &Moved) -> String {
    let account = account(Level::Provider);
    let asker = Asker { account: &account, now: now() };
    let compiled = read(text, Level::Provider).unwrap().compile(&asker, Engine::Sqlite, "c.id", moved);
    let mut shown = compiled.condition.text(Engine::Sqlite);
    for (at, value) in compiled.condition.values().enumerate().collect::<Vec<_>>().into_iter().rev() {
        let value = match value {
            db::Value::Text(Some(text)) => format!("'{text}'"),
            db::Value::Int(Some(int)) => int.to_string(),
            db::Value::Bool(Some(flag)) => flag.to_string(),
            other => panic!("{other:?}"),
        };
        shown = shown.replace(&format!("?{}", at + 1), &value);
    }
    shown
}

/// What is said of each fault.
fn faults(text: &str) -> Vec<String> {
    let error = read(text, Level::Provider).unwrap_err();
    assert!(error.fields.iter().all(|fault| fault.field == "filter" && fault.code == Code::InvalidFilter.as_str()));
    error.fields.into_iter().map(|fault| fault.detail).collect()
}

#[test]
fn conditions_ask_the_columns() {
    for (text, expected) in [
        ("level == end_customer", "c.level = 'end_customer'"),
        ("level==end_customer AND not is_default == true", "(c.level = 'end_customer' and c.is_default <> true)"),
        (
            "company_name ~ \"100% ÄC\\\"ME\"",
            r#"(c.company_folded like '%100\% ac"me%' escape '\' or octet_length(c.company_folded) <> length(c.company_folded) and bare(c.company_folded) like '%100\% ac"me%' escape '\')"#,
        ),
        ("country in (de, \"AT\")", "c.country in ('DE', 'AT')"),
        ("not country in (de)", "(c.country not in ('DE') or c.country is null)"),
        ("country != de", "c.country <> 'DE'"),
        ("not country == de", "(c.country <> 'DE' or c.country is null)"),
        ("exists(profile.city)", "fold(c.city) is not null"),
        ("not not exists(profile.city)", "fold(c.city) is not null"),
        ("not exists(level)", "1 = 0"),
        ("state != active", "((c.stopped > 0))"),
        ("not state == active", "not (((c.stopped = 0)))"),
        ("totals.used_bytes >= 1.5TB", "t.used_bytes >= 1500000000000"),
        ("totals.devices in (1, 2)", "t.devices in (1, 2)"),
        (
            "last_backup_at < now-2d",
            "(coalesce(t.last_backup_at, 0) < 1749816000000000 and coalesce(t.last_backup_at, 0) > 0)",
        ),
        (
            "not (last_backup_at >= 2025-01-01)",
            "(coalesce(t.last_backup_at, 0) < 1735689600000000 or coalesce(t.last_backup_at, 0) = 0)",
        ),
        (
            "id == cus_1 or level == site and not (is_default == true or country == DE)",
            "(c.id = 'cus_1' or (c.level = 'site' and (c.is_default <> true and (c.country <> 'DE' or c.country is null))))",
        ),
    ] {
        assert_eq!(sql(text), expected, "{text}");
    }
}

#[test]
fn what_is_not_stored_yet_counts() {
    let moved = Moved::from([(
        "totals.used_bytes",
        vec![
            ("a".to_owned(), Some(10), Some(20)),
            ("b".to_owned(), Some(20), Some(10)),
            ("c".to_owned(), Some(1), Some(2)),
        ],
    )]);
    assert_eq!(
        sql_with("totals.used_bytes > 15", &moved),
        "((t.used_bytes > 15 and c.id not in ('b')) or c.id in ('a'))"
    );
    assert_eq!(sql_with("totals.used_bytes > 100", &moved), "t.used_bytes > 100");
    assert_eq!(
        sql_with("not totals.used_bytes > 15", &moved),
        "((t.used_bytes <= 15 and c.id not in ('a')) or c.id in ('b'))"
    );
}

#[test]
fn a_fault_says_where_and_what_would_do() {
    for (text, expected) in [
        ("", "The filter is empty. Leave it out for all rows."),
        (" \n", "The filter is empty. Leave it out for all rows."),
        ("(", "At character 2: the filter ends here, expected `not`, `exists(…)`, a field or `(`."),
        ("level", "At character 6: the filter ends here, expected a comparison (==, !=, <, <=, >, >=, ~, in)."),
        (
            "level =",
            "At character 7: found `=`, expected a comparison (==, !=, <, <=, >, >=, ~, in); did you mean `==`?",
        ),
        ("level == ", "At character 10: the filter ends here, expected a value."),
        (
            "level == site && is_default == true",
            "At character 15: found `&&`, expected `and`, `or` or the end; did you mean `and`?",
        ),
        ("(level == site", "At character 15: the filter ends here, expected `and`, `or` or `)`."),
        ("level == site)", "At character 14: found `)`, expected `and`, `or` or the end."),
        ("level in (site reseller)", "At character 16: found `reseller`, expected `,` or `)`."),
        ("level in ()", "At character 11: found `)`, expected a value."),
        ("company_name ~ \"äö", "At character 19: the text has no closing `\"`."),
        ("company_name ~ 'a'", "At character 16: found `'`, expected a value. Texts stand in double quotes."),
        (
            "company_name like \"a\"",
            "At character 14: found `like`, expected a comparison (==, !=, <, <=, >, >=, ~, in); did you mean `~`?",
        ),
        ("company_name ~ \"\\n\"", "At character 18: behind `\\` stands `\\` or `\"`, taken literally."),
        ("level == §", "At character 10: `§` has no meaning here."),
        ("levle == site", "At character 1: there is no field `levle`; did you mean `level`?"),
        ("used_bytes > 1TB", "At character 1: there is no field `used_bytes`; did you mean `totals.used_bytes`?"),
        ("totals > 1", "At character 1: `totals` has fields of its own: totals.devices, totals.used_bytes."),
        ("level == end_custmer", "At character 10: level is never `end_custmer`; did you mean `end_customer`?"),
        ("level < site", "At character 7: level has no order; it takes ==, != and in."),
        ("company_name ~ acme", "At character 16: company_name is a text; write \"acme\" in double quotes."),
        ("country ~ \"D\"", "At character 11: ~ looks into texts, and country is a code."),
        ("country == null", "At character 12: a field without a value is found by not exists(country)."),
        ("totals.used_bytes > 5gb", "At character 21: there is no unit `gb`; did you mean `5GB`?"),
        ("totals.devices > 5kB", "At character 18: totals.devices is a plain number, without a unit."),
        ("totals.devices > 1.5", "At character 18: `1.5` is not a whole number."),
        ("totals.devices > 99999999999999999999", "At character 18: `99999999999999999999` is too large."),
        ("last_backup_at < 2d", "At character 18: last_backup_at is a time; write now-2d."),
        ("last_backup_at < now-2y", "At character 18: there is no unit `y`. There are s, m, h, d and w."),
        ("last_backup_at < now-9999999999w", "At character 18: no calendar reaches that far."),
        (
            "last_backup_at < 2025-13-01",
            "At character 18: `2025-13-01T00:00:00Z` is no time; write now-2d, 2025-01-31 or 2025-01-31T12:00:00Z.",
        ),
        ("is_default == 1", "At character 15: is_default is true or false; write true or false."),
    ] {
        assert_eq!(faults(text), [expected], "{text}");
    }
    // All of them at once.
    assert_eq!(faults("levle == site or not country ~ \"x\" and nonsense == 1").len(), 3);
}

#[test]
fn fields_are_for_whom_they_are_for() {
    assert!(read("profile.notes ~ \"x\"", Level::Reseller).is_ok());
    let error = read("profile.notes ~ \"x\"", Level::EndCustomer).unwrap_err();
    let detail = &error.fields[0].detail;
    assert!(detail.starts_with("At character 1: there is no field `profile.notes`"), "{detail}");
    assert!(!detail.contains("mean `profile.notes`"), "{detail}");
}

#[test]
fn length_depth_and_number_are_bounded() {
    let deep = |depth| format!("{}level == site{}", "(".repeat(depth), ")".repeat(depth));
    assert!(read(&deep(DEEPEST), Level::Provider).is_ok());
    assert_eq!(faults(&deep(DEEPEST + 1)), ["At character 21: parentheses may stand in each other 20 deep."]);
    assert!(read(&format!("{}level == site", "not ".repeat(900)), Level::Provider).is_ok());
    let long = format!("company_name == \"{}\"", "x".repeat(LONGEST));
    assert_eq!(faults(&long), ["A filter may have at most 4000 characters."]);
    let many = format!("totals.devices in ({})", vec!["1"; 600].join(","));
    assert_eq!(faults(&many), ["A filter may have at most 500 conditions and values."]);
}

/// Parts of filters, right and wrong ones.
fn soup() -> impl Strategy<Value = String> {
    let word = prop::sample::select(super::fuzz::WORDS);
    prop::collection::vec((word, prop::sample::select(vec![" ", ""])), 0..40)
        .prop_map(|parts| parts.into_iter().flat_map(|(word, blank)| [word, blank]).collect())
}

/// What is understood is a condition to both databases.
pub(super) fn compiles(text: &str) {
    let account = account(Level::Provider);
    let asker = Asker { account: &account, now: now() };
    if let Ok(filter) = Filter::of(text, FIELDS, &asker) {
        for engine in [Engine::Sqlite, Engine::Postgres] {
            let compiled = filter.compile(&asker, engine, "c.id", &Moved::new());
            assert!(!compiled.condition.is_empty(), "{text}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_written_is_understood_or_refused(text in "\\PC{0,200}") {
        compiles(&text);
    }

    #[test]
    fn whatever_is_put_together_is_understood_or_refused(text in soup()) {
        compiles(&text);
    }
}
