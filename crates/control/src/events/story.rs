//! The story of an event: what becomes of it as it is seen again, mended, or decided about. Pure.

use api::event::{EventCategory, EventState, EventType, Origin, Severity, Thresholds};
use tree::{Attention, Marks};

use super::sql::EventRow;

const HOUR_MICROS: i64 = 60 * 60 * 1_000_000;

/// What was seen of something.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    pub(super) thresholds: Thresholds,
    /// In what its type measures; of what happens how often it did.
    pub(super) value: i64,
    pub(super) detail: String,
}

/// Who decides about an event, and why.
#[derive(Clone, Debug)]
pub(super) struct Decided {
    pub(super) by: Option<String>,
    pub(super) from: Option<api::id::CustomerId>,
    pub(super) reason: Option<String>,
}

pub(super) fn rank(severity: Severity) -> i64 {
    severity as i64
}

pub(super) fn is_over(state: EventState) -> bool {
    matches!(state, EventState::Resolved | EventState::ResolvedByItself)
}

/// What an event adds to the totals of those above it: it is open, and worth a look.
pub(super) fn attention(row: &EventRow) -> Attention {
    let marks = match (row.state, row.severity) {
        (EventState::Open, Severity::ActionRequired) => Marks { action_required: 1, warning: 0 },
        (EventState::Open, Severity::Warning) => Marks { action_required: 0, warning: 1 },
        _ => Marks::default(),
    };
    let nothing = Attention::default();
    match row.category {
        EventCategory::Threat => Attention { threat: marks, ..nothing },
        EventCategory::System => Attention { system: marks, ..nothing },
        EventCategory::Licence => Attention { licence: marks, ..nothing },
    }
}

/// How much it matters that this was seen, and since when and how often it is counted; nothing where it is not worth an event.
fn weigh(row: &EventRow, seen: &Seen, now: i64) -> Option<(Severity, i64, i64)> {
    let kind = row.kind;
    if kind.measure() != api::event::Measure::Times {
        return Some((seen.thresholds.severity(kind.measure(), seen.value)?, now, 1));
    }
    // What was mended counts from nothing again.
    let goes_on = !is_over(row.state) && now - row.window_at < HOUR_MICROS;
    let (since, before) = if goes_on { (row.window_at, row.window_count) } else { (now, 0) };
    let count = before.saturating_add(seen.value);
    Some((seen.thresholds.severity(kind.measure(), count)?, since, count))
}

/// The row after it was seen, or seen again; a new one is given as one that is resolved and was never seen. Nothing where it is
/// not worth an event.
pub(super) fn seen(row: &EventRow, seen: &Seen, now: i64) -> Option<EventRow> {
    let (weight, window_at, window_count) = weigh(row, seen, now)?;
    let was_over = is_over(row.state);
    let is_watched = row.kind.origin() == Origin::Watched;
    // What has happened stays as bad as it was; how things are may be better by now.
    let severity = if was_over || is_watched { weight } else { weight.max(row.severity) };
    let gets_worse = severity > row.severity;
    let opens = was_over || (row.state == EventState::Acknowledged && gets_worse);
    let times = match row.kind.origin() {
        Origin::Watched => i64::from(was_over),
        _ if row.kind.measure() == api::event::Measure::Times => seen.value,
        _ => 1,
    };
    let after = EventRow {
        severity,
        rank: rank(severity),
        detail: seen.detail.clone(),
        count: row.count.saturating_add(times),
        // Looked at again is not seen again.
        last_seen_at: if is_watched && !was_over { row.last_seen_at } else { now.max(row.last_seen_at) },
        window_at,
        window_count,
        ..row.clone()
    };
    if !opens {
        return Some(after);
    }
    let opened_at = if was_over { now } else { row.opened_at };
    Some(undecided(EventRow { state: EventState::Open, opened_at, resolved_at: None, ..after }))
}

fn undecided(row: EventRow) -> EventRow {
    EventRow { decided_at: None, decided_by: None, decided_from: None, reason: None, acknowledged_until: None, ..row }
}

/// What it was about is no longer so.
pub(super) fn mended(row: &EventRow, now: i64) -> EventRow {
    undecided(EventRow { state: EventState::ResolvedByItself, resolved_at: Some(now), ..row.clone() })
}

pub(super) fn acknowledged(row: &EventRow, decided: Decided, until: Option<i64>, now: i64) -> EventRow {
    decide(EventRow { state: EventState::Acknowledged, acknowledged_until: until, ..row.clone() }, decided, now)
}

pub(super) fn resolved(row: &EventRow, decided: Decided, now: i64) -> EventRow {
    let over = EventRow { state: EventState::Resolved, resolved_at: Some(now), ..row.clone() };
    decide(EventRow { acknowledged_until: None, ..over }, decided, now)
}

fn decide(row: EventRow, Decided { by, from, reason }: Decided, now: i64) -> EventRow {
    EventRow { decided_at: Some(now), decided_by: by, decided_from: from, reason, ..row }
}

/// The time is up for which somebody wanted to look after it.
pub(super) fn woken(row: &EventRow) -> EventRow {
    undecided(EventRow { state: EventState::Open, ..row.clone() })
}

/// One that nobody has seen.
pub(super) fn unseen(row: EventRow) -> EventRow {
    EventRow { state: EventState::ResolvedByItself, severity: Severity::Info, rank: 0, count: 0, ..row }
}

/// Whether somebody may say that it is mended: what is still so would open at once again.
pub(super) fn ends_by_word(kind: EventType) -> bool {
    kind.origin() != Origin::Watched
}

#[cfg(test)]
mod tests {
    use api::id::{CustomerId, EventId};
    use proptest::prelude::*;
    use tree::Path;

    use super::*;

    fn blank(kind: EventType) -> EventRow {
        unseen(EventRow {
            id: EventId::from_text("evt_1"),
            version: 1,
            customer_id: CustomerId::from_text("cus_1"),
            device_id: None,
            path: Path::root("cus_1"),
            kind,
            category: kind.category(),
            severity: Severity::Info,
            rank: 0,
            state: EventState::Open,
            story: String::new(),
            product: None,
            detail: String::new(),
            count: 0,
            first_seen_at: 0,
            last_seen_at: 0,
            opened_at: 0,
            window_at: 0,
            window_count: 0,
            decided_at: None,
            decided_by: None,
            decided_from: None,
            reason: None,
            acknowledged_until: None,
            resolved_at: None,
        })
    }

    fn of(kind: EventType, value: i64) -> Seen {
        Seen { thresholds: kind.default_thresholds(), value, detail: format!("{value}") }
    }

    fn somebody() -> Decided {
        Decided { by: Some("Mia".to_owned()), from: None, reason: Some("known".to_owned()) }
    }

    const MINUTE: i64 = 60_000_000;

    #[test]
    fn what_happens_often_within_an_hour_matters_more_and_stays_so() {
        let kind = EventType::WrongPassword;
        let once = seen(&blank(kind), &of(kind, 1), 1).unwrap();
        assert_eq!((once.severity, once.state, once.count), (Severity::Info, EventState::Open, 1));
        assert_eq!(attention(&once), Attention::default());
        let often = seen(&once, &of(kind, 4), 10 * MINUTE).unwrap();
        assert_eq!((often.severity, often.count), (Severity::Warning, 5));
        assert_eq!(attention(&often).threat, Marks { action_required: 0, warning: 1 });
        // An hour after the first it is counted anew, and doesn't get better by that.
        let later = seen(&often, &of(kind, 1), 61 * MINUTE).unwrap();
        assert_eq!((later.severity, later.count, later.window_count), (Severity::Warning, 6, 1));
        assert_eq!(seen(&later, &of(kind, 19), 62 * MINUTE).unwrap().severity, Severity::ActionRequired);
    }

    #[test]
    fn one_that_is_looked_after_opens_again_where_it_gets_worse_or_its_time_is_up() {
        let kind = EventType::WrongPassword;
        let open = seen(&blank(kind), &of(kind, 5), 1).unwrap();
        let known = acknowledged(&open, somebody(), Some(90), 2);
        assert_eq!(attention(&known), Attention::default());
        let again = seen(&known, &of(kind, 1), 3).unwrap();
        assert_eq!((again.state, again.acknowledged_until, again.count), (EventState::Acknowledged, Some(90), 6));
        let worse = seen(&again, &of(kind, 20), 4).unwrap();
        assert_eq!((worse.state, worse.reason, worse.opened_at), (EventState::Open, None, 1));
        let woken = woken(&known);
        assert_eq!((woken.state, woken.decided_by, woken.acknowledged_until), (EventState::Open, None, None));
    }

    #[test]
    fn what_comes_again_is_the_same_story() {
        let kind = EventType::NoBackup;
        let open = seen(&blank(kind), &of(kind, 3), 100).unwrap();
        assert_eq!((open.severity, open.count, open.last_seen_at), (Severity::Warning, 1, 100));
        // Looking again is not seeing it again.
        let looked = seen(&open, &of(kind, 4), 200).unwrap();
        assert_eq!((looked.count, looked.last_seen_at), (1, 100));
        let worse = seen(&looked, &of(kind, 7), 300).unwrap();
        assert_eq!(worse.severity, Severity::ActionRequired);
        assert_eq!(seen(&worse, &of(kind, 3), 350).unwrap().severity, Severity::Warning, "it may get better");
        let over = mended(&worse, 400);
        assert_eq!((over.state, over.resolved_at), (EventState::ResolvedByItself, Some(400)));
        assert_eq!(attention(&over), Attention::default());
        let again = seen(&over, &of(kind, 3), 500).unwrap();
        assert_eq!((again.count, again.opened_at, again.resolved_at), (2, 500, None));
        assert_eq!(again.severity, Severity::Warning);
        assert!(seen(&again, &of(kind, 2), 600).is_none());
    }

    #[derive(Clone, Copy, Debug)]
    enum Step {
        Sees(i64),
        Mends,
        Acknowledges,
        Resolves,
        Wakes,
    }

    proptest! {
        /// However it goes: it is counted exactly while it is open and matters, and what is over says when.
        #[test]
        fn an_event_is_what_its_state_says(
            kind in prop::sample::select(EventType::ALL),
            steps in prop::collection::vec(prop_oneof![
                (1_i64..2000).prop_map(Step::Sees), Just(Step::Mends), Just(Step::Acknowledges), Just(Step::Resolves),
                Just(Step::Wakes),
            ], 0..30)
        ) {
            let mut row = blank(kind);
            for (now, step) in (1_i64..).zip(steps) {
                let before = row.clone();
                let next = match step {
                    Step::Sees(value) => seen(&row, &of(kind, value), now),
                    Step::Mends => (!is_over(row.state)).then(|| mended(&row, now)),
                    Step::Acknowledges => (!is_over(row.state)).then(|| acknowledged(&row, somebody(), None, now)),
                    Step::Resolves => (!is_over(row.state)).then(|| resolved(&row, somebody(), now)),
                    Step::Wakes => (row.state == EventState::Acknowledged).then(|| woken(&row)),
                };
                let Some(next) = next else { continue };
                row = next;
                prop_assert!(row.count >= before.count && row.last_seen_at >= before.last_seen_at);
                prop_assert_eq!(row.rank, rank(row.severity));
                prop_assert_eq!(is_over(row.state), row.resolved_at.is_some());
                let is_counted = attention(&row) != Attention::default();
                prop_assert_eq!(is_counted, row.state == EventState::Open && row.severity > Severity::Info);
                prop_assert!(row.acknowledged_until.is_none());
                let has_decision = matches!(row.state, EventState::Acknowledged | EventState::Resolved);
                prop_assert_eq!(has_decision, row.decided_at.is_some());
            }
        }
    }
}
