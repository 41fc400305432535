//! What the change log tells of each noun: `change_fields.txt`, which the console's tests hold against its words. Whatever a
//! test writes into the log is looked up there, so that no field comes without a name for people.

use std::collections::BTreeSet;

use db::sql;
use serde_json::Value;

const LISTED: &str = include_str!("change_fields.txt");
/// Names a file to which each field is added with what it held, to make the list anew.
const COLLECT: &str = "TENANTRY_CHANGE_FIELDS";

pub(crate) async fn all_are_listed(database: &db::Database) {
    let rows: Vec<(String, Option<String>, Option<String>)> =
        database.read().await.unwrap().all(sql!["select action, before, after from changes"]).await.unwrap();
    let mut found = BTreeSet::new();
    for (action, before, after) in rows {
        let noun = action.split('.').next().unwrap();
        // Its fields are countries.
        if noun == "tax_rates" {
            continue;
        }
        // What settings hold is told in the words of each.
        let is_whole = action.contains("setting_") || noun == "template";
        for text in [before, after].into_iter().flatten() {
            fields(noun, "", &serde_json::from_str(&text).unwrap(), is_whole, &mut found);
        }
    }
    #[expect(clippy::disallowed_methods, reason = "a tool of whoever writes tests")]
    if let Some(file) = std::env::var_os(COLLECT) {
        use std::io::Write as _;
        let lines: Vec<String> = found.iter().map(|(field, value)| format!("{field} {value}\n")).collect();
        let mut file = std::fs::OpenOptions::new().create(true).append(true).open(file).unwrap();
        file.write_all(lines.concat().as_bytes()).unwrap();
        return;
    }
    let listed: BTreeSet<&str> = LISTED.lines().filter(|line| !line.starts_with('#')).collect();
    let missing: BTreeSet<&str> = found.iter().map(|(field, _)| &**field).filter(|f| !listed.contains(f)).collect();
    assert!(missing.is_empty(), "not in change_fields.txt, and so without words in the console: {missing:?}");
}

/// Each field with its value; objects are looked into.
fn fields(prefix: &str, last: &str, value: &Value, is_whole: bool, found: &mut BTreeSet<(String, String)>) {
    let path = if last.is_empty() { prefix.to_owned() } else { format!("{prefix}.{last}") };
    match value {
        Value::Object(map) if last.is_empty() || !is_whole => {
            for (name, value) in map {
                fields(&path, name, value, is_whole, found);
            }
        }
        // Nothing was there, or is left.
        Value::Null if last.is_empty() => {}
        value => {
            found.insert((path, value.to_string()));
        }
    }
}
