//! What a reader says of a value that it can't take, in words for whoever sent it: they know JSON, not the types of ours.

use api::{Code, Error, FieldError};

const LONGEST_SENTENCE: usize = 240;

/// Says which field the reader stumbled over. It names a missing field only in its sentence.
pub(super) fn wrong_field(path: &str, sentence: &str) -> Error {
    let quoted = sentence.split('`').nth(1).unwrap_or_default();
    let below = |name: &str| if path == "." { name.to_owned() } else { format!("{path}.{name}") };
    if sentence.starts_with("missing field") {
        return Error::field(below(quoted), Code::Required, "Is required.");
    }
    if sentence.starts_with("unknown field") {
        let field =
            if path == "." || path.ends_with(quoted) { path.trim_start_matches('.').to_owned() } else { below(quoted) };
        let field = if field.is_empty() { quoted.to_owned() } else { field };
        return Error::field(field, Code::UnknownField, "There is no such field.");
    }
    if sentence.starts_with("duplicate field") {
        return Error::field(below(quoted), Code::Invalid, "Is given more than once.");
    }
    let mut detail = in_words(sentence);
    // What a library says of a value that it cannot even represent helps nobody.
    if detail.len() > LONGEST_SENTENCE {
        "Is not acceptable".clone_into(&mut detail);
    }
    Error::fields(vec![FieldError::new(path, Code::Invalid, format!("{detail}."))])
}

fn in_words(sentence: &str) -> String {
    match sentence {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            return "Must be a whole number".to_owned();
        }
        "number too large to fit in target type" => return "Is too large".to_owned(),
        "number too small to fit in target type" => return "Is too small".to_owned(),
        "provided string was not `true` or `false`" => return "Must be true or false".to_owned(),
        _ => {}
    }
    if sentence.starts_with("unknown variant") {
        // What was sent stands before them, with whatever it has.
        let words = sentence.rsplit_once("`, expected ").map_or("", |(_, words)| words);
        let words: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
        return match words.as_slice() {
            [] => "Is not acceptable".to_owned(),
            [one] => format!("Must be {one}"),
            many => format!("Must be one of {}", many.join(", ")),
        };
    }
    let is_out_of_range = sentence.starts_with("invalid value: integer");
    if sentence.contains("untagged enum") {
        return "Is not acceptable".to_owned();
    }
    if let Some((found, expected)) = sentence.rsplit_once(", expected ")
        && found.starts_with("invalid ")
    {
        return match range_of(expected) {
            Some((from, to)) if is_out_of_range => format!("Must be from {from} to {to}"),
            Some((0, _)) => "Must be a whole number from 0 on".to_owned(),
            Some(_) => "Must be a whole number".to_owned(),
            None => format!("Must be {}", kind_of(expected)),
        };
    }
    let mut detail = sentence.trim_end_matches('.').to_owned();
    if let Some(first) = detail.get_mut(0..1) {
        first.make_ascii_uppercase();
    }
    detail
}

fn range_of(kind: &str) -> Option<(i128, i128)> {
    Some(match kind {
        "u8" => (0, u8::MAX.into()),
        "u16" => (0, u16::MAX.into()),
        "u32" => (0, u32::MAX.into()),
        "u64" | "usize" => (0, u64::MAX.into()),
        "i8" => (i8::MIN.into(), i8::MAX.into()),
        "i16" => (i16::MIN.into(), i16::MAX.into()),
        "i32" => (i32::MIN.into(), i32::MAX.into()),
        "i64" | "isize" => (i64::MIN.into(), i64::MAX.into()),
        _ => return None,
    })
}

fn kind_of(expected: &str) -> &str {
    match expected {
        "f32" | "f64" => "a number",
        "a string" | "a character" | "string" | "str" => "text",
        "a boolean" => "true or false",
        "a sequence" => "a list",
        "a map" | "map" => "an object",
        // Of words: a number or an object was sent.
        "string or map" | "variant identifier" | "map with a single key" | "unit" | "unit variant" => "a word",
        _ if expected.starts_with("enum ") => "a word",
        _ if ["struct ", "internally tagged", "adjacently tagged"].iter().any(|kind| expected.starts_with(kind)) => {
            "an object"
        }
        _ if expected.starts_with("tuple") || expected.starts_with("an array") => "a list",
        _ => expected,
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::super::input::read_object;

    #[derive(Debug, Deserialize)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        Daily,
        Weekly,
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "only read")]
    struct Input {
        port: u16,
        names: Option<Vec<String>>,
        every: Option<Word>,
        is_on: Option<bool>,
        rest: Option<std::collections::BTreeMap<String, i64>>,
        units: Option<Units>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(untagged)]
    #[expect(dead_code, reason = "only read")]
    enum Units {
        Number(i64),
        Several(Vec<i64>),
    }

    fn said<T: DeserializeOwned + std::fmt::Debug>(value: serde_json::Value) -> String {
        read_object::<T>(value).unwrap_err().detail
    }

    #[test]
    fn a_value_of_the_wrong_kind_is_answered_in_words() {
        for (value, expected) in [
            (json!({ "port": "x" }), "port: Must be a whole number from 0 on."),
            (json!({ "port": "a, expected b" }), "port: Must be a whole number from 0 on."),
            (json!({ "port": 1, "every": 1 }), "every: Must be a word."),
            (json!({ "port": 1, "every": { "daily": 1 } }), "every.daily: Must be a word."),
            (json!({ "port": 1, "every": { "a": 1, "b": 2 } }), "every: Must be a word."),
            (json!({ "port": 1, "every": "a`b" }), "every: Must be one of daily, weekly."),
            (json!({ "port": 1, "units": "some" }), "units: Is not acceptable."),
            (json!({ "port": 70_000 }), "port: Must be from 0 to 65535."),
            (json!({ "port": -1 }), "port: Must be from 0 to 65535."),
            (json!({ "port": 1, "names": "x" }), "names: Must be a list."),
            (json!({ "port": 1, "names": [1] }), "names[0]: Must be text."),
            (json!({ "port": 1, "every": "hourly" }), "every: Must be one of daily, weekly."),
            (json!({ "port": 1, "is_on": "yes" }), "is_on: Must be true or false."),
            (json!({ "port": 1, "rest": [] }), "rest: Must be an object."),
            (json!({}), "port: Is required."),
        ] {
            assert_eq!(said::<Input>(value.clone()), expected, "{value}");
        }
    }
}
