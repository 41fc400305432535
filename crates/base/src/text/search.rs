//! Text as it is searched: without marks and case, so that a name is found by whoever has no key for its letters.
//!
//! The console ranks by the same rule, and `PostgreSQL` has it as a function of a migration; what they agree on stands in
//! `console/src/ui/pick/folding.json`.

use unicode_normalization::UnicodeNormalization;

use super::fold;

/// The form in which texts are searched: folded, letters without their marks, those that can't be taken apart written as
/// people write them without a key for them.
pub fn bare(text: &str) -> String {
    let folded = fold(text);
    if folded.is_ascii() {
        return folded;
    }
    let mut bare = String::with_capacity(folded.len());
    for c in folded.nfkd().filter(|c| !is_mark(*c)) {
        match c {
            'ß' => bare.push_str("ss"),
            'æ' => bare.push_str("ae"),
            'œ' => bare.push_str("oe"),
            'þ' => bare.push_str("th"),
            _ => bare.push(alike(c)),
        }
    }
    bare.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Marks above and below letters. Vowel signs of Indian scripts are letters to those who write them, and stay.
fn is_mark(c: char) -> bool {
    matches!(c,
        '\u{300}'..='\u{36f}' | '\u{483}'..='\u{487}' | '\u{591}'..='\u{5bd}' | '\u{64b}'..='\u{65f}' | '\u{1dc0}'..='\u{1dff}'
    )
}

/// What is typed for a letter or sign that isn't on most keyboards. Nothing of ASCII is replaced: most texts have only that.
fn alike(c: char) -> char {
    match c {
        'ø' => 'o',
        'ł' => 'l',
        'đ' | 'ð' => 'd',
        'ħ' => 'h',
        'ı' => 'i',
        'ŋ' => 'n',
        'ŧ' => 't',
        'ς' => 'σ',
        '‘' | '’' | 'ʼ' => '\'',
        '‐' | '–' | '—' | '−' => '-',
        _ => c,
    }
}

/// The digits of a number that people group as they like: `030 1234` and `(030) 12-34` are the same.
pub fn digits(text: &str) -> String {
    bare(text).chars().filter(char::is_ascii_digit).collect()
}

/// So many digits of a number are the number, with or without what leads to it.
const WHOLE: usize = 5;

/// The digits of a number that everybody writes, whether from abroad or from nearby: without the code of the country, and
/// without the zero that is dialled where there is none. `+49 30 1234`, `0049 (0)30 1234` and `030 1234` are found by each
/// other.
pub fn dialled(text: &str) -> String {
    let all = digits(text);
    let bare = bare(text);
    let abroad = if bare.starts_with('+') { Some(all.as_str()) } else { all.strip_prefix("00") };
    let national = abroad.map_or(all.as_str(), |number| number.get(country_code(number)..).unwrap_or_default());
    let national = national.trim_start_matches('0');
    if national.len() >= WHOLE { national.to_owned() } else { all }
}

/// How many digits a country's code has. By E.164 none begins with another.
fn country_code(number: &str) -> usize {
    const OF_TWO: [&str; 44] = [
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46", "47", "48", "49",
        "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63", "64", "65", "66", "81", "82", "84",
        "86", "90", "91", "92", "93", "94", "95", "98",
    ];
    match number.get(..2) {
        _ if number.starts_with(['1', '7']) => 1,
        Some(two) if OF_TWO.contains(&two) => 2,
        _ => 3,
    }
}

/// Several fields made bare for one column to search in, two blanks before each word: by them trigrams tell the beginning of
/// one, however short the word. `number` is found by its digits, too.
pub fn search_column<'a>(fields: impl IntoIterator<Item = Option<&'a str>>, number: Option<&str>) -> String {
    let mut column = String::new();
    let mut add = |text: &str| {
        for word in text.split_whitespace() {
            column.push_str("  ");
            column.push_str(word);
        }
    };
    for field in fields.into_iter().flatten() {
        add(&bare(field));
    }
    if let Some(number) = number {
        add(&bare(number));
        add(&digits(number));
    }
    column
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_made_bare_as_the_console_does() {
        let shared = include_str!("../../../../console/src/ui/pick/folding.json");
        let shared: Vec<(String, String)> = serde_json::from_str(shared).unwrap();
        for (text, expected) in shared {
            assert_eq!(bare(&text), expected, "{text}");
            assert_eq!(bare(&expected), expected, "{text}, twice");
        }
    }

    #[test]
    fn what_differs_by_a_mark_is_searched_alike_and_compared_apart() {
        assert_eq!(bare("Mühlenhof"), bare("muhlenhof"));
        assert_ne!(fold("Mühlenhof"), fold("muhlenhof"));
    }

    #[test]
    fn numbers_are_found_by_their_digits() {
        assert_eq!(
            search_column([Some("Acme  Ltd"), None], Some("+49 (30) 12-34")),
            "  acme  ltd  +49  (30)  12-34  49301234"
        );
        assert_eq!(digits("０３０/1234"), "0301234");
    }

    #[test]
    fn numbers_are_found_whether_they_are_written_for_abroad_or_for_nearby() {
        let written = ["+49 (30) 12-34", "030 1234", "0049 30 1234", "+49 (0)30/1234", "30 1234"];
        for stored in written {
            let column = search_column([], Some(stored));
            for typed in written {
                assert!(column.contains(&dialled(typed)), "{typed} finds {stored}");
            }
        }
        assert_eq!(dialled("+1 (212) 555-0100"), "2125550100");
        assert_eq!(dialled("+353 1 234 5678"), "12345678");
        // Too little to be a number is looked for as it is.
        assert_eq!(dialled("030 1"), "0301");
    }
}
