//! Answers as tables for people. Programs ask for JSON.

use std::fmt::Write as _;

use serde_json::Value;

/// A column: its title, and the field of a row, dotted where it lies in another.
pub(super) type Column = (&'static str, &'static str);

/// No cell is longer.
const LONGEST: usize = 60;
const GAP: &str = "  ";

/// Rows under their titles, each column as wide as its longest cell.
pub(super) fn of(columns: &[Column], rows: &[Value]) -> String {
    let titles: Vec<String> = columns.iter().map(|(title, _)| (*title).to_owned()).collect();
    let cells = rows.iter().map(|row| columns.iter().map(|(_, field)| cell(find(row, field))).collect::<Vec<_>>());
    let lines: Vec<Vec<String>> = std::iter::once(titles).chain(cells).collect();
    let length = |text: &String| text.chars().count();
    let widths: Vec<usize> =
        (0..columns.len()).map(|at| lines.iter().map(|line| length(&line[at])).max().unwrap_or_default()).collect();
    let mut text = String::new();
    for line in lines {
        let padded: Vec<String> = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        text.push_str(padded.join(GAP).trim_end());
        text.push('\n');
    }
    text
}

/// The fields of one thing, each in a line.
pub(super) fn facts(thing: &Value) -> String {
    let mut lines = Vec::new();
    flatten(thing, "", &mut lines);
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let mut text = String::new();
    for (name, value) in lines {
        let _ = writeln!(text, "{name:<width$}{GAP}{value}");
    }
    text
}

fn flatten(value: &Value, name: &str, lines: &mut Vec<(String, String)>) {
    match value {
        Value::Object(fields) => {
            for (field, inner) in fields {
                // What may be done is for consoles.
                if field != "actions" {
                    flatten(inner, &if name.is_empty() { field.clone() } else { format!("{name}.{field}") }, lines);
                }
            }
        }
        Value::Null => {}
        value => lines.push((name.to_owned(), whole(value))),
    }
}

fn find<'v>(row: &'v Value, field: &str) -> &'v Value {
    field.split('.').fold(row, |value, name| &value[name])
}

fn cell(value: &Value) -> String {
    let text = whole(value);
    if text.chars().count() <= LONGEST {
        return text;
    }
    text.chars().take(LONGEST - 1).chain(['…']).collect()
}

/// A value as people read it. What a terminal would take for a command is none.
fn whole(value: &Value) -> String {
    let text = match value {
        Value::Null => "-".to_owned(),
        Value::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(whole).collect::<Vec<_>>().join(", "),
        value => value.to_string(),
    };
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn columns_are_as_wide_as_their_longest_cell() {
        let rows = [json!({ "id": "cus_1", "state": { "state": "active" } }), json!({ "id": "c", "state": null })];
        let text = of(&[("ID", "id"), ("STATE", "state.state")], &rows);
        assert_eq!(text, "ID     STATE\ncus_1  active\nc      -\n");
    }

    #[test]
    fn nothing_that_a_name_holds_moves_the_cursor() {
        let text = facts(&json!({ "name": "a\u{1b}[2Jb", "actions": [1], "none": null, "by": { "mail": true } }));
        assert_eq!(text, "by.mail  yes\nname     a [2Jb\n");
    }
}
