//! What a browser or a program says of itself, in the few words by which people know it.

/// How much of what nobody knows is kept.
const LONGEST: usize = 40;

/// The first that occurs: some claim to be others as well.
const BROWSERS: &[(&str, &str)] = &[
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
];

const SYSTEMS: &[(&str, &str)] = &[
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
];

/// `Firefox on Linux`, or the name of a program; nothing where it says nothing.
pub fn in_words(user_agent: &str) -> Option<String> {
    let found = |table: &[(&str, &'static str)]| {
        table.iter().find(|(mark, _)| user_agent.contains(mark)).map(|(_, name)| *name)
    };
    match (found(BROWSERS), found(SYSTEMS)) {
        (Some(browser), Some(system)) => Some(format!("{browser} on {system}")),
        (Some(browser), None) => Some(browser.to_owned()),
        (None, _) => {
            let program = user_agent.split(['/', ' ']).next().unwrap_or_default();
            let program: String = program.chars().filter(|c| !c.is_control()).take(LONGEST).collect();
            (!program.is_empty()).then_some(program)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn browsers_and_programs_are_called_as_people_call_them() {
        for (said, expected) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0", Some("Firefox on Linux")),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36 Edg/126.0",
                Some("Edge on Windows"),
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1 (KHTML, like Gecko) Version/17.5 Safari/604.1",
                Some("Safari on iPhone"),
            ),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Chrome/126.0 Safari/537.36", Some("Chrome on macOS")),
            ("curl/8.5.0", Some("curl")),
            ("tenantry/0.1.0", Some("tenantry")),
            ("", None),
        ] {
            assert_eq!(in_words(said).as_deref(), expected, "{said}");
        }
        assert_eq!(in_words(&"x".repeat(4000)).map(|words| words.len()), Some(LONGEST));
    }
}
