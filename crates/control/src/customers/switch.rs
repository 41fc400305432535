//! Suspending and activating: one row changes, the tree does the rest.

use api::change::ChangeAction;
use api::customer::{Consequences, StateChange, SuspendRequest};
use api::id::CustomerId;
use api::{Code, Error, Level, Mode};
use db::Assignments;
use jiff::ToSpan as _;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tree::{Effective, Own, Path};

use super::sql::{self, CustomerRow, TotalsRow};
use super::{above, subject, view};
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::text::Checks;
use base::version::IfMatch;

/// With so much below it, what a change comes to isn't worked out while others wait for their turn.
const LARGE: i64 = 500;
/// A device that is looked at costs as much as so many entries of an index that is walked.
const WALKED_PER_LOOK: i64 = 4;

/// A customer's own suspension, whole.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OwnSuspension {
    mode: Mode,
    reason: Option<String>,
    message: Option<String>,
    at: Option<i64>,
    from: Option<CustomerId>,
    #[serde(default)]
    by: Option<String>,
}

impl OwnSuspension {
    pub(super) fn of(row: &CustomerRow) -> Option<Self> {
        row.suspend_mode.map(|mode| Self {
            mode,
            reason: row.suspend_reason.clone(),
            message: row.suspend_message.clone(),
            at: row.suspended_at,
            from: row.suspended_from.clone(),
            by: row.suspended_by.clone(),
        })
    }
}

/// The input's texts, as they are stored.
pub(super) fn checked(input: &SuspendRequest) -> Result<(Option<String>, Option<String>), Error> {
    let mut checks = Checks::of::<SuspendRequest>();
    let reason = checks.line("reason", &input.reason);
    let message = public_message(&mut checks, input.public_message.as_deref());
    checks.finish()?;
    Ok((reason, message))
}

/// What the account lays on a customer: one that is suspended stays so since when it was.
pub(super) fn suspension(
    cx: &Cx,
    account: &Account,
    row: &CustomerRow,
    input: &SuspendRequest,
) -> Result<OwnSuspension, Error> {
    let (reason, message) = checked(input)?;
    let at = row.suspended_at.unwrap_or(cx.now.as_microsecond());
    let (from, by) = (Some(account.home_customer()), Some(account.name.clone()));
    Ok(OwnSuspension { mode: input.mode, reason, message, at: Some(at), from, by })
}

pub(super) fn refuse_provider(row: &CustomerRow) -> Result<(), Error> {
    if row.level == Level::Provider {
        return Err(Error::new(Code::Forbidden, "The provider itself cannot be suspended."));
    }
    Ok(())
}

fn refuse_kept(account: &Account, row: &CustomerRow) -> Result<(), Error> {
    match above::keeps_suspended(account, row) {
        Some(reason) => Err(Error::new(Code::Forbidden, reason)),
        None => Ok(()),
    }
}

/// Sets a customer's own state. Returns the row as it is by then.
pub(super) async fn set(
    tx: &mut Tx,
    account: &Account,
    row: &CustomerRow,
    suspension: Option<OwnSuspension>,
) -> Result<CustomerRow, Error> {
    refuse_kept(account, row)?;
    write(tx, row, with(row, suspension)).await
}

/// The row with another state of its own.
fn with(row: &CustomerRow, suspension: Option<OwnSuspension>) -> CustomerRow {
    let mut changed = row.clone();
    changed.suspend_mode = suspension.as_ref().map(|suspension| suspension.mode);
    let (reason, message, at, from, by) =
        suspension.map(|own| (own.reason, own.message, own.at, own.from, own.by)).unwrap_or_default();
    changed.suspend_reason = reason;
    changed.suspend_message = message;
    changed.suspended_at = at;
    changed.suspended_from = from;
    changed.suspended_by = by;
    changed
}

/// Suspends a customer, or changes how it is suspended. Saying the same twice changes nothing.
pub async fn suspend(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    input: &SuspendRequest,
    dry_run: bool,
    foreseen: Option<Foreseen>,
) -> Result<StateChange, Error> {
    checked(input)?;
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::SwitchCustomers).await?;
    let suspension = suspension(tx, &account, &row, input)?;
    switch(tx, &account, row, expected, Some(suspension), dry_run, foreseen).await
}

/// Lifts a customer's own suspension. Those above it stay.
pub async fn activate(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    dry_run: bool,
    foreseen: Option<Foreseen>,
) -> Result<StateChange, Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::SwitchCustomers).await?;
    switch(tx, &account, row, expected, None, dry_run, foreseen).await
}

/// Goes into a reason phrase, so it is one line that every client can print.
fn public_message(checks: &mut Checks, text: Option<&str>) -> Option<String> {
    let text = checks.optional("public_message", text)?;
    if !text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        let detail = "Backup clients can print letters without accents, digits and punctuation only.";
        checks.add("public_message", Code::Invalid, detail);
    }
    Some(text)
}

/// What a change of a large subtree will come to, worked out before others have to wait for it.
#[derive(Clone, Copy, Debug)]
pub struct Foreseen {
    version: i64,
    to: Option<Mode>,
    consequences: Consequences,
}

/// Works out beforehand what a change will come to, where that takes its time.
pub async fn foresee(cx: &mut Cx, id: &CustomerId, to: Option<Mode>) -> Result<Option<Foreseen>, Error> {
    let account = cx.account()?;
    let row = super::fetch(cx, &account, id, Permission::SwitchCustomers).await?;
    let totals = sql::totals(cx, &row.id).await?;
    if totals.customers + totals.sites + totals.devices < LARGE {
        return Ok(None);
    }
    let mut changed = row.clone();
    changed.suspend_mode = to;
    let consequences = consequences(cx, &row, &changed).await?;
    Ok(Some(Foreseen { version: row.version, to, consequences }))
}

async fn switch(
    tx: &mut Tx,
    account: &Account,
    row: CustomerRow,
    expected: Option<IfMatch>,
    suspension: Option<OwnSuspension>,
    dry_run: bool,
    foreseen: Option<Foreseen>,
) -> Result<StateChange, Error> {
    refuse_provider(&row)?;
    IfMatch::check_if_given(expected, row.version)?;
    refuse_kept(account, &row)?;
    let mut changed = with(&row, suspension);
    let is_change = state_of(&row) != state_of(&changed);
    let foreseen = foreseen.filter(|foreseen| foreseen.version == row.version && foreseen.to == changed.suspend_mode);
    let consequences = match foreseen {
        Some(foreseen) => foreseen.consequences,
        None => consequences(tx, &row, &changed).await?,
    };
    if !dry_run {
        changed = write(tx, &row, changed).await?;
    }
    let customer = view::one(tx, account, if dry_run { row } else { changed }).await?;
    Ok(StateChange { customer, changes: is_change, consequences, dry_run })
}

/// Writes a customer's own state, and what follows from it below. Returns the row as it is by then.
async fn write(tx: &mut Tx, row: &CustomerRow, mut changed: CustomerRow) -> Result<CustomerRow, Error> {
    let (before, after) = (state_of(row), state_of(&changed));
    if before == after {
        return Ok(changed);
    }
    tx.update(row, &changed, Assignments::new()).await?;
    changed.version += 1;
    if row.suspend_mode != changed.suspend_mode {
        let above = mode_above(tx, &changed.path).await?;
        sql::spread_state(tx, &changed.path, above).await?;
    }
    let action =
        if changed.suspend_mode.is_some() { ChangeAction::CustomerSuspended } else { ChangeAction::CustomerActivated };
    tx.record(Entry::new(action, subject(&changed)).before(before).after(after));
    Ok(changed)
}

fn state_of(row: &CustomerRow) -> Value {
    json!({
        "account_state": row.account_state(),
        "mode": row.suspend_mode,
        "reason": row.suspend_reason,
        "public_message": row.suspend_message,
        "suspended_from": row.suspended_from,
    })
}

/// What is in force right above a node.
pub(super) async fn mode_above(cx: &mut Cx, path: &Path) -> Result<Option<Mode>, Error> {
    let lineage = base::lineage::Lineage::of(cx, std::iter::once(path)).await?;
    let mut above: Vec<&str> = path.ids().collect();
    above.pop();
    Ok(match tree::state::effective(above.into_iter().map(|id| (id, lineage.own(id)))) {
        Effective::Active => None,
        Effective::Suspended { mode, .. } => Some(mode),
    })
}

/// How strict a state is; what is stricter below does not change with what is above.
fn strictness(own: Own) -> Option<Mode> {
    match own {
        Own::Active => None,
        Own::Suspended(mode) => Some(mode),
    }
}

/// What changes below one.
async fn consequences(cx: &mut Cx, before: &CustomerRow, after: &CustomerRow) -> Result<Consequences, Error> {
    let totals = sql::totals(cx, &before.id).await?;
    let since = cx.now.checked_sub(48.hours()).unwrap_or(cx.now).as_microsecond();
    consequences_of_many(cx, &before.path, &[(before, &totals)], after.suspend_mode, since).await
}

/// What changes at and below these, in sum, where all come to one state; each thing counted once. In numbers that the totals
/// know without walking the subtrees: everything, less what hangs below customers that are suspended at least as strictly
/// by themselves. All of it lies below `scope`.
pub(super) async fn consequences_of_many(
    cx: &mut Cx,
    scope: &Path,
    changing: &[(&CustomerRow, &TotalsRow)],
    to: Option<Mode>,
    since: i64,
) -> Result<Consequences, Error> {
    let mut sum = Consequences::default();
    let mut rows: Vec<&(&CustomerRow, &TotalsRow)> = changing.iter().collect();
    rows.sort_by(|(a, _), (b, _)| a.path.cmp(&b.path));
    let lineage = base::lineage::Lineage::of(cx, rows.iter().map(|(row, _)| &row.path)).await?;
    // All that are suspended anywhere in sight, in the order of their paths: each subtree is a range of it.
    let suspended: Vec<_> = sql::suspended_below(cx, scope)
        .await?
        .into_iter()
        .map(|(path, mode, customers, sites, devices)| {
            let own = mode.parse().map_or(Own::Active, Own::Suspended);
            (Path::from_stored(path), strictness(own), customers + sites + 1, devices)
        })
        .collect();
    let changing_ids: std::collections::HashSet<&str> = rows.iter().map(|(row, _)| row.id.as_str()).collect();
    let (mut tops, mut untouched): (Vec<Path>, Vec<Path>) = (Vec::new(), Vec::new());
    for (row, totals) in rows {
        if tops.last().is_some_and(|top| top.contains(&row.path)) {
            continue;
        }
        let mut above: Vec<&str> = row.path.ids().collect();
        above.pop();
        let parent = tree::state::effective(above.into_iter().map(|id| (id, lineage.own(id))));
        let mode_of = |own: Own| match tree::state::below(parent, row.id.as_str(), own) {
            Effective::Active => None,
            Effective::Suspended { mode, .. } => Some(mode),
        };
        let is = row.mode_with(to).map_or(Own::Active, Own::Suspended);
        let (was, is) = (mode_of(row.own_state()), mode_of(is));
        if was == is {
            continue;
        }
        let stricter = was.max(is);
        sum.customers += totals.customers + totals.sites + 1;
        sum.devices += totals.devices;
        tops.push(row.path.clone());
        let from = suspended.partition_point(|(path, ..)| path <= &row.path);
        for (path, strictness, nodes, devices) in
            suspended[from..].iter().take_while(|(path, ..)| row.path.contains(path))
        {
            // What is selected too comes to the same state.
            let stays = *strictness >= stricter && !changing_ids.contains(path.id());
            if stays && !untouched.last().is_some_and(|top| top.contains(path)) {
                sum.customers -= nodes;
                sum.devices -= devices;
                untouched.push(path.clone());
            }
        }
    }
    let installation = CustomerId::from_text(scope.ids().next().unwrap_or_default());
    let all = sql::totals(cx, &installation).await?.devices;
    let found = if sum.devices * WALKED_PER_LOOK <= all {
        sql::devices_with_backup_since(cx, &tops, since).await?
    } else {
        sql::devices_with_backup_since_below(cx, scope, since).await?
    };
    let mut recent: Vec<(Path, i64)> = found.into_iter().filter(|(path, _)| is_below(&tops, path)).collect();
    let overlay = cx.overlay().await?;
    let just_now = overlay.backed_up_since(since).filter(|path| is_below(&tops, path)).map(|path| (path.clone(), 1));
    recent.extend(just_now);
    sum.devices_with_recent_backup =
        recent.into_iter().filter(|(path, _)| !is_below(&untouched, path)).map(|(_, count)| count).sum();
    Ok(sum)
}

/// Whether `path` lies at or below one of the sorted, disjoint `tops`.
fn is_below(tops: &[Path], path: &Path) -> bool {
    let after = tops.partition_point(|top| top <= path);
    after.checked_sub(1).is_some_and(|at| tops[at].contains(path))
}
