//! The files of the repository that are generated: the contract. A test compares them with what is here.

/// Paths from the root of the repository, and what they must hold.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("openapi.json", control::router::description()),
        ("docs/permissions.md", base::authz::document() + &control::customers::document()),
        ("docs/error-codes.md", error_codes()),
        ("docs/cli.md", crate::arguments::document()),
        ("docs/configuration.md", crate::config::document()),
    ]
}

fn error_codes() -> String {
    use std::fmt::Write as _;
    let mut text = String::from(
        "# Error codes\n\nGenerated from `crates/api/src/error.rs`.\n\n\
         Every refusal is a problem document (RFC 9457) with one of these codes. Codes of fields stand in `errors`.\n\n\
         | code | status | meaning |\n|---|---|---|\n",
    );
    for code in api::Code::ALL {
        let _ = writeln!(text, "| <a id=\"{0}\"></a>`{0}` | {1} | {2} |", code.as_str(), code.status(), code.title());
    }
    text
}
