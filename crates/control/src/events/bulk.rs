//! What can be done to many events: acknowledging and resolving them.

use std::collections::HashMap;

use api::event::{EventAcknowledge, EventResolve, EventState};
use api::id::{CustomerId, EventId};
use api::page::{ListQuery, Page};
use api::task::Outcome;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::keep::write;
use super::sql::EventRow;
use super::{Act, NOUN, acknowledge, blocked, checked, fetch, name, resolve, sql};
use crate::bulk::{Action, Foreseen, Noun, changed_since, read, row, unknown};

pub(crate) const ACTIONS: &[&dyn Action] = &[&Deciding(Act::Acknowledge), &Deciding(Act::Resolve)];

struct Events;

impl Noun for Events {
    fn name(&self) -> &'static str {
        "events"
    }

    fn counted(&self, count: usize) -> String {
        if count == 1 { "1 event".to_owned() } else { format!("{count} events") }
    }

    fn page<'a>(&'a self, cx: &'a mut Cx, query: &'a ListQuery) -> BoxFuture<'a, Result<Page<String>, Error>> {
        Box::pin(async move {
            let account = cx.account()?;
            account.authorize(Permission::ReadEvents, &account.path)?;
            let found = base::list::find(cx, &account, query, &NOUN).await?;
            Ok(base::list::page(found.ids().to_vec(), found.next, found.total))
        })
    }
}

struct Deciding(Act);

fn input<T: DeserializeOwned>(value: &Value) -> Result<T, Error> {
    serde_json::from_value(value.clone()).map_err(Error::internal)
}

impl Action for Deciding {
    fn noun(&self) -> &'static dyn Noun {
        &Events
    }

    fn word(&self) -> &'static str {
        match self.0 {
            Act::Acknowledge => "acknowledge",
            Act::Resolve => "resolve",
        }
    }

    fn permission(&self) -> Permission {
        Permission::ManageEvents
    }

    fn title(&self, which: &str) -> String {
        match self.0 {
            Act::Acknowledge => format!("Acknowledge {which}"),
            Act::Resolve => format!("Resolve {which}"),
        }
    }

    fn check_at(&self, input: Value, now: Timestamp) -> Result<Value, Error> {
        match self.0 {
            Act::Acknowledge => {
                let input: EventAcknowledge = read(input)?;
                checked(&input, now)?;
                serde_json::to_value(input)
            }
            Act::Resolve => serde_json::to_value(read::<EventResolve>(input)?),
        }
        .map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        _: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let mut seen = HashMap::with_capacity(ids.len());
            for some in ids.chunks(db::AT_ONCE) {
                let rows = sql::with_these_ids(cx, some).await?;
                let rows = rows.into_iter().filter(|(row, ..)| account.sees(&row.path));
                seen.extend(rows.map(|whole| (whole.0.id.to_string(), whole)));
            }
            let mut foreseen = Foreseen::default();
            for id in ids {
                let Some((event, named, device)) = seen.remove(id) else {
                    foreseen.rows.push(unknown(id));
                    continue;
                };
                let title = format!("{}: {}", event.kind.title(), name(named, device));
                let verdict = match (account.refusal(self.permission(), &event.path), blocked(&event, self.0)) {
                    (Some(why), _) => Some((Code::Forbidden, why)),
                    (None, blocked) => blocked,
                };
                let (outcome, why) = match verdict {
                    None => (Outcome::Done, None),
                    Some((code, why)) => (Outcome::Refused, Some((code.as_str().to_owned(), why.to_owned()))),
                };
                if outcome == Outcome::Done {
                    *foreseen.effects.entry("events".to_owned()).or_default() += 1;
                }
                foreseen.rows.push(row(id, Some(title), outcome, why));
            }
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, value: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let (id, written) = (EventId::from_text(id), tx.written());
            let account = tx.account()?;
            let (before, ..) = fetch(tx, &account, &id, self.permission()).await?;
            let after = match self.0 {
                Act::Acknowledge => acknowledge(tx, &id, None, &input(value)?).await?,
                Act::Resolve => resolve(tx, &id, None, &input(value)?).await?,
            };
            if tx.written() == written {
                return Ok(Done::Unchanged);
            }
            let undo = Undo { left: after.version, before: Standing::of(&before) };
            Ok(Done::Changed(Some(serde_json::to_value(undo).map_err(Error::internal)?)))
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let account = tx.account()?;
            let (event, named, device) = fetch(tx, &account, &EventId::from_text(id), self.permission()).await?;
            let undo: Undo = input(undo)?;
            if event.version != undo.left {
                return Err(changed_since());
            }
            let before = undo.before.put_on(&event);
            write(tx, &name(named, device), Some(&event), before).await?;
            Ok(Done::Changed(None))
        })
    }
}

/// What taking back needs.
#[derive(Serialize, Deserialize)]
struct Undo {
    /// The version that the decision has left.
    left: i64,
    before: Standing,
}

/// What a decision replaces.
#[derive(Serialize, Deserialize)]
struct Standing {
    state: EventState,
    decided_at: Option<i64>,
    decided_by: Option<String>,
    decided_from: Option<CustomerId>,
    reason: Option<String>,
    acknowledged_until: Option<i64>,
}

impl Standing {
    fn of(row: &EventRow) -> Self {
        Self {
            state: row.state,
            decided_at: row.decided_at,
            decided_by: row.decided_by.clone(),
            decided_from: row.decided_from.clone(),
            reason: row.reason.clone(),
            acknowledged_until: row.acknowledged_until,
        }
    }

    /// Decisions are made about what is not over.
    fn put_on(self, row: &EventRow) -> EventRow {
        let Self { state, decided_at, decided_by, decided_from, reason, acknowledged_until } = self;
        EventRow {
            state,
            decided_at,
            decided_by,
            decided_from,
            reason,
            acknowledged_until,
            resolved_at: None,
            ..row.clone()
        }
    }
}
