//! The files of the repository that are generated: the contract. A test compares them with what is here.

/// Paths from the root of the repository, and what they must hold.
pub fn all() -> Vec<(&'static str, String)> {
    vec![
        ("openapi.json", control::router::description()),
        ("docs/permissions.md", base::authz::document() + &control::customers::document()),
        ("docs/error-codes.md", error_codes()),
        ("docs/events.md", events()),
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

fn events() -> String {
    use std::fmt::Write as _;

    use api::event::{EventType, Measure, Origin};

    let mut text = String::from(
        "# Events\n\nThe table is generated from `crates/api/src/event.rs`.\n\n\
         Something notable at a device or a customer is an *event*: of one category, with a severity, counted however often \
         it comes again. What is the same of the same (type, subject, and the product that reports it) is one event; it \
         opens again when it comes back.\n\n\
         - `watched`: it follows from how things are. It resolves by itself when they are no longer so, and not by word. \
         Whom a suspension stops is not missed.\n\
         - `refused`: a backup was refused for it. The next backup that arrives resolves it; so may somebody.\n\
         - `happened`: somebody says when it is mended.\n\
         - `reported`: by a device or another product, with `POST /api/v1/events` and a token that may `report_events`; \
         `\"resolved\": true` says that it is over. At most 200 different ones are kept of each device or customer.\n\n\
         From when on one is a *warning*, and from when on *action is required*, is a setting for each type \
         (`event_no_backup` and so on, of customers and devices; [settings](settings.md)): \
         `{\"warning\": n, \"action_required\": n}`, where `null` is never; with both `null` nothing is kept of it. What counts \
         within an hour and doesn't come to a warning is kept as `info`. What has happened doesn't get better by being seen \
         less often.\n\n\
         An event is `open` until somebody *acknowledges* it, with a reason and an end if they like: it opens again at that \
         time, and where it gets worse. Open warnings and those that require action are counted at everybody above, by \
         category (`attention` of customers), exact in the transaction that opens or resolves one. Who stands at an end \
         customer sees its events and decides about none. What is resolved is kept for 366 days.\n\n\
         | type | category | | measured | warning | action required | comes and goes |\n|---|---|---|---|---|---|---|\n",
    );
    for kind in EventType::ALL {
        let measure = match kind.measure() {
            Measure::Days => "days passed",
            Measure::DaysLeft => "days left",
            Measure::Percent => "per cent",
            Measure::Times => "times in an hour",
        };
        let origin = match kind.origin() {
            Origin::Watched => "watched",
            Origin::Refused => "refused",
            Origin::Happened => "happened",
            Origin::Reported => "reported",
        };
        let thresholds = kind.default_thresholds();
        let number = |threshold: Option<i64>| threshold.map_or_else(|| "never".to_owned(), |number| number.to_string());
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {measure} | {} | {} | {origin} |",
            kind.as_ref(),
            kind.category().as_ref(),
            kind.title(),
            number(thresholds.warning),
            number(thresholds.action_required),
        );
    }
    text.push_str(
        "\n`unusual_upload`: at least 256 MiB, measured by the average of the last ten completed backups, from the fifth on. \
         `unusual_deletion`: at least 16 MiB less than before, packs that pruning writes anew not counted.\n",
    );
    text.push_str(
        "\n## Notifications\n\n\
         `POST /api/v1/customers/{id}/notification_rules` (permission `manage_notifications`) has people told by mail of \
         events there and below: those that its `filter` finds, in the language of [filters](filters.md) on the fields of \
         events; at most 50 rules with 20 recipients each. It is told once each time that an event opens, if that is still \
         open by then: after `delay_minutes`, or, with `pace` `day`, once a day at `at_hour`; never at `quiet` hours, but \
         behind them. What is due together is one mail. While mail is off it waits. `POST …/notification_rules/preview` \
         says what a rule would tell of what is open, and when. What programs are told: [webhooks](webhooks.md).\n",
    );
    text
}
