//! Keeping what was seen: each change of an event's story is written with what it adds to the totals above, and told to the
//! change log.

use std::collections::HashMap;

use api::change::ChangeAction;
use api::event::{EventState, EventType, Severity, Thresholds};
use api::id::{CustomerId, DeviceId, EventId};
use api::{Code, Error};
use base::change::{Entry, Subject, difference, snapshot};
use base::cx::Tx;
use serde_json::{Value, json};
use tree::{Attention, Path, Totals};

use super::KEPT_DAYS;
use super::sql::{self, EventRow};
use super::story::{self, Seen};

/// Whom an event concerns.
#[derive(Clone, Debug)]
pub(super) struct Whose {
    pub(super) customer_id: CustomerId,
    pub(super) path: Path,
    pub(super) device_id: Option<DeviceId>,
    pub(super) name: String,
}

/// Something that was seen at somebody.
#[derive(Clone, Debug)]
pub(super) struct Sighting {
    pub(super) whose: Whose,
    pub(super) kind: EventType,
    /// The product that saw it, or of which it is about.
    pub(super) product: Option<String>,
    /// What tells it from others of its type there.
    pub(super) key: String,
    pub(super) thresholds: Thresholds,
    pub(super) value: i64,
    pub(super) detail: String,
}

impl Sighting {
    /// What makes it the same as one that was seen before.
    pub(super) fn story(&self) -> String {
        let whose = self.whose.device_id.as_ref().map_or(self.whose.customer_id.as_str(), DeviceId::as_str);
        let story = format!("{whose} {} {}", self.kind.as_ref(), self.key);
        story.trim_end().to_owned()
    }
}

/// So many different things are kept of a device, or of a customer itself, that others report.
const REPORTED: i64 = 200;

/// Keeps what was seen. Returns the events that it is by now, but for what is not worth one.
pub(super) async fn see(tx: &mut Tx, sightings: Vec<Sighting>) -> Result<Vec<EventRow>, Error> {
    let stories: Vec<String> = sightings.iter().map(Sighting::story).collect();
    let mut known: HashMap<String, EventRow> =
        sql::of_stories(tx, &stories).await?.into_iter().map(|row| (row.story.clone(), row)).collect();
    let now = tx.now.as_microsecond();
    let mut kept = Vec::with_capacity(sightings.len());
    for (sighting, story) in sightings.into_iter().zip(stories) {
        let before = known.get(&story).cloned();
        let row = match &before {
            Some(row) => row.clone(),
            None => unseen(tx, &sighting, &story)?,
        };
        let seen = Seen { thresholds: sighting.thresholds, value: sighting.value, detail: sighting.detail };
        let Some(after) = story::seen(&row, &seen, now) else { continue };
        if before.is_none() {
            refuse_more(tx, &row).await?;
        }
        let row = write(tx, &sighting.whose.name, before.as_ref(), after).await?;
        kept.push(row.clone());
        known.insert(story, row);
    }
    Ok(kept)
}

/// What is reported from outside is bounded.
async fn refuse_more(tx: &mut Tx, row: &EventRow) -> Result<(), Error> {
    if row.kind.origin() == api::event::Origin::Reported
        && sql::count_of(tx, &row.customer_id, row.device_id.as_ref()).await? >= REPORTED
    {
        let detail = format!(
            "At most {REPORTED} different things are kept of each, those included that were over in the last {KEPT_DAYS} \
             days."
        );
        return Err(Error::new(Code::TooManyEvents, detail));
    }
    Ok(())
}

fn unseen(tx: &Tx, sighting: &Sighting, story: &str) -> Result<EventRow, Error> {
    let now = tx.now.as_microsecond();
    let Whose { customer_id, path, device_id, .. } = sighting.whose.clone();
    Ok(story::unseen(EventRow {
        id: EventId::new(tx.app.random.uuid(tx.now)?),
        version: 1,
        customer_id,
        device_id,
        path,
        kind: sighting.kind,
        category: sighting.kind.category(),
        severity: Severity::Info,
        rank: 0,
        state: EventState::Open,
        story: story.to_owned(),
        product: sighting.product.clone(),
        detail: String::new(),
        count: 0,
        first_seen_at: now,
        last_seen_at: now,
        opened_at: now,
        window_at: now,
        window_count: 0,
        decided_at: None,
        decided_by: None,
        decided_from: None,
        reason: None,
        acknowledged_until: None,
        resolved_at: None,
    }))
}

/// Writes what has become of an event; nothing where nothing has. Returns the row as it is by then.
pub(super) async fn write(
    tx: &mut Tx,
    name: &str,
    before: Option<&EventRow>,
    mut after: EventRow,
) -> Result<EventRow, Error> {
    if before == Some(&after) {
        return Ok(after);
    }
    let mut change = story::attention(&after);
    match before {
        None => sql::insert(tx, &after).await?,
        Some(before) => {
            change += -story::attention(before);
            sql::update(tx, before, &after).await?;
            after.version += 1;
        }
    }
    add(tx, &after.path, change);
    if let Some(action) = action(before, &after) {
        let was = before.map(snapshot).unwrap_or_default();
        let (was, mut is) = difference(&was, &snapshot(&after));
        if let (Some(reason), Some(fields)) = (&after.reason, is.as_object_mut()) {
            fields.insert("reason".to_owned(), json!(reason));
            // It only says who may read the reason.
            fields.insert("suspended_from".to_owned(), json!(after.decided_from));
        }
        let entry = Entry::new(action, subject(&after, name)).after(is);
        tx.record(if was == Value::Object(serde_json::Map::default()) { entry } else { entry.before(was) });
    }
    Ok(after)
}

pub(super) fn add(tx: &mut Tx, path: &Path, attention: Attention) {
    if attention != Attention::default() {
        tx.add_to_totals(path, Totals { attention, ..Totals::default() });
    }
}

/// What of it is worth an entry in the change log.
fn action(before: Option<&EventRow>, after: &EventRow) -> Option<ChangeAction> {
    let was = before.map(|before| before.state);
    let was_over = was.is_none_or(story::is_over);
    match after.state {
        EventState::Open if was_over || was == Some(EventState::Acknowledged) => Some(ChangeAction::EventOpened),
        EventState::Open | EventState::Acknowledged
            if before.is_some_and(|before| before.severity < after.severity) =>
        {
            Some(ChangeAction::EventWorsened)
        }
        EventState::Acknowledged
            if before.is_some_and(|before| {
                (before.decided_at, before.acknowledged_until) != (after.decided_at, after.acknowledged_until)
            }) =>
        {
            Some(ChangeAction::EventAcknowledged)
        }
        EventState::Resolved | EventState::ResolvedByItself if !was_over => Some(ChangeAction::EventResolved),
        _ => None,
    }
}

fn subject(row: &EventRow, name: &str) -> Subject {
    Subject {
        kind: "event",
        id: row.id.to_string(),
        name: format!("{}: {name}", row.kind.title()),
        customer_id: row.customer_id.clone(),
        path: row.path.clone(),
    }
}
