//! What a customer was at the end of a day: what it is, or was at its end, with every change since taken back, by the change
//! log. What held above it is found in the same way, up the parents of that day.

use api::change::ChangeAction;
use api::customer::{AccountState, CustomerThen, EffectiveState, Stage};
use api::id::CustomerId;
use api::units::Day;
use api::{Code, Error, Level, Mode};
use db::{Text, sql};
use serde_json::{Map, Value};
use tree::{Effective, Own, Path};

use super::snapshot;
use super::sql::{self as rows, CustomerRow};
use crate::removed::sql::{self as removed, RemovedRow};
use base::authz::Account;
use base::cx::Cx;

const DAY_MICROS: i64 = 86_400_000_000;
/// No path in the tree is longer.
const DEEPEST: usize = 16;

/// A node as it was.
struct Was {
    id: CustomerId,
    /// Where it stands now, or stood at its end.
    path: Path,
    level: Level,
    fields: Map<String, Value>,
    mode: Option<Mode>,
    is_deleting: bool,
    stage: Stage,
}

impl Was {
    fn from_row(row: &CustomerRow) -> Self {
        Self {
            id: row.id.clone(),
            path: row.path.clone(),
            level: row.level,
            fields: snapshot(row),
            mode: row.suspend_mode,
            is_deleting: row.deletes_at.is_some(),
            stage: if row.trial_ends_at.is_some() { Stage::Trial } else { Stage::Production },
        }
    }

    /// As its removal was written down.
    fn from_removed(row: &RemovedRow, before: Map<String, Value>) -> Self {
        let word = |name: &str| before.get(name).and_then(Value::as_str);
        Self {
            id: row.id.clone(),
            path: row.path.clone(),
            level: row.level,
            mode: word("mode").and_then(|word| word.parse().ok()),
            is_deleting: row.deletion_scheduled_at.is_some(),
            stage: if word("stage") == Some("trial") { Stage::Trial } else { Stage::Production },
            fields: before,
        }
    }

    fn text(&self, name: &str) -> Option<String> {
        self.fields.get(name).and_then(Value::as_str).map(str::to_owned)
    }

    fn parent(&self) -> Option<CustomerId> {
        self.text("parent_id").map(CustomerId::from_text)
    }

    /// As a column of one word has it.
    fn word<T: std::str::FromStr>(&self, name: &str) -> Option<T> {
        self.text(name)?.parse().ok()
    }

    fn own(&self) -> Own {
        let mode = self.mode.max(self.is_deleting.then_some(Mode::StopBackups));
        mode.map_or(Own::Active, Own::Suspended)
    }
}

/// What a customer was at the end of a day, as the account may see it.
pub(super) async fn of(cx: &mut Cx, account: &Account, row: &CustomerRow, day: &str) -> Result<CustomerThen, Error> {
    let (day, end) = asked(cx, day, row.created_at)?;
    let here = take_back(cx, Was::from_row(row), end).await?;
    told(cx, account, here, day, end).await
}

/// The same of one that is gone by now.
pub(crate) async fn of_removed(
    cx: &mut Cx,
    account: &Account,
    row: &RemovedRow,
    day: &str,
) -> Result<CustomerThen, Error> {
    let (day, end) = asked(cx, day, row.created_at)?;
    if row.removed_at < end {
        return Err(Error::field("as_of", Code::OutOfRange, "It was gone at the end of that day."));
    }
    let here = at_its_end(cx, row).await?;
    let here = take_back(cx, here, end).await?;
    told(cx, account, here, day, end).await
}

/// The day that is asked for, and when it ends.
fn asked(cx: &Cx, day: &str, created_at: i64) -> Result<(Day, i64), Error> {
    let wrong = |code: Code, detail: &str| Error::field("as_of", code, detail);
    let day: Day = day.parse().map_err(|_| wrong(Code::Invalid, "Is no day; write it like 2025-01-31."))?;
    let end = (day.number() + 1).saturating_mul(DAY_MICROS);
    if end - DAY_MICROS > cx.now.as_microsecond() {
        return Err(wrong(Code::OutOfRange, "That day is still to come."));
    }
    if created_at >= end {
        return Err(wrong(Code::OutOfRange, "It was added later."));
    }
    Ok((day, end))
}

async fn told(cx: &mut Cx, account: &Account, here: Was, day: Day, end: i64) -> Result<CustomerThen, Error> {
    let mut above = Vec::new();
    let mut next = here.parent();
    while let Some(id) = next.take().filter(|_| above.len() < DEEPEST) {
        let was = match rows::find_anywhere(cx, &id).await? {
            Some(row) => Was::from_row(&row),
            None => match removed::find(cx, &id).await? {
                Some(row) => at_its_end(cx, &row).await?,
                None => break,
            },
        };
        let was = take_back(cx, was, end).await?;
        next = was.parent();
        above.push(was);
    }
    let chain = above.iter().rev().chain([&here]).map(|was| (was, was.own()));
    let effective_state = match tree::state::effective(chain) {
        Effective::Active => {
            EffectiveState { state: AccountState::Active, mode: None, cause: None, cause_name: None, deleting: false }
        }
        Effective::Suspended { mode, cause } => {
            let is_seen = account.sees(&cause.path);
            EffectiveState {
                state: AccountState::Suspended,
                mode: Some(mode),
                cause: is_seen.then(|| cause.id.clone()),
                cause_name: cause.text("company_name").filter(|_| is_seen),
                deleting: is_seen && cause.is_deleting,
            }
        }
    };
    // Who stands elsewhere by now is nobody whom this account knows.
    let parent = above.first().filter(|parent| account.sees(&parent.path));
    Ok(CustomerThen {
        day,
        level: here.word("level").unwrap_or(here.level),
        name: here.text("name"),
        company_name: here.text("company_name").unwrap_or_default(),
        username: here.text("username"),
        email: here.text("email"),
        kind: here.word("kind"),
        country: here.text("country"),
        parent_id: parent.map(|parent| parent.id.clone()),
        parent_name: parent.and_then(|parent| parent.text("company_name")),
        account_state: if here.mode.is_some() { AccountState::Suspended } else { AccountState::Active },
        deleting: here.is_deleting,
        stage: here.stage,
        effective_state,
    })
}

db::record! {
    struct Undone {
        action: ChangeAction as Text,
        before: Option<String>,
    }
}

/// One that is gone, as it was when it went.
async fn at_its_end(cx: &mut Cx, row: &RemovedRow) -> Result<Was, Error> {
    let before: Option<Option<String>> = cx
        .opt(sql![
            "select before from changes where subject_kind = 'customer' and subject_id = ",
            row.id.as_str(),
            " and action = ",
            ChangeAction::CustomerDeleted.as_ref(),
            " order by number desc limit 1"
        ])
        .await?;
    let before = before.flatten().and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
    Ok(Was::from_removed(row, before))
}

/// Takes back what was done to a customer at and after a moment, the newest first.
async fn take_back(cx: &mut Cx, mut was: Was, end: i64) -> Result<Was, Error> {
    let undone: Vec<Undone> = cx
        .all(sql![
            "select action, before from changes where subject_kind = 'customer' and subject_id = ",
            was.id.as_str(),
            " and at >= ",
            end,
            " order by number desc"
        ])
        .await?;
    for Undone { action, before } in undone {
        let before: Map<String, Value> = before.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        match action {
            ChangeAction::CustomerSuspended | ChangeAction::CustomerActivated => {
                was.mode = before.get("mode").and_then(Value::as_str).and_then(|word| word.parse().ok());
            }
            ChangeAction::CustomerDeletionScheduled => was.is_deleting = false,
            ChangeAction::CustomerRestored => was.is_deleting = true,
            ChangeAction::CustomerTrialEnded => was.stage = Stage::Trial,
            ChangeAction::CustomerMoved | ChangeAction::CustomerUpdated => was.fields.extend(before),
            _ => {}
        }
    }
    Ok(was)
}
