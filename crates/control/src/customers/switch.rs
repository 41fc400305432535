//! Suspending and activating: one row changes, the tree does the rest.

use api::change::ChangeAction;
use api::customer::{Consequences, StateChange, SuspendRequest};
use api::id::CustomerId;
use api::{Code, Error, Level, Mode};
use jiff::ToSpan as _;
use serde_json::{Value, json};
use tree::{Effective, Own, Path};

use super::sql::{self, CustomerRow};
use super::{subject, view};
use base::authz::Permission;
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::text::{self, Checks};
use base::version::IfMatch;

const MAX_PUBLIC_MESSAGE: usize = 60;

/// Suspends a customer, or changes how it is suspended. Saying the same twice changes nothing.
pub async fn suspend(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    input: &SuspendRequest,
    dry_run: bool,
) -> Result<StateChange, Error> {
    let mut checks = Checks::default();
    let reason = checks.take("reason", text::line(&input.reason, 1000));
    let message = checks.take("public_message", public_message(input.public_message.as_deref())).flatten();
    checks.finish()?;
    let account = tx.account()?;
    switch(tx, id, expected, dry_run, |row, now| {
        let since = row.suspended_at.unwrap_or(now);
        row.suspend_mode = Some(input.mode);
        row.suspend_reason.clone_from(&reason);
        row.suspend_message.clone_from(&message);
        row.suspended_at = Some(since);
        row.suspended_from = Some(account.customer_id.clone());
    })
    .await
}

/// Lifts a customer's own suspension. Those above it stay.
pub async fn activate(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    dry_run: bool,
) -> Result<StateChange, Error> {
    switch(tx, id, expected, dry_run, |row, _| {
        row.suspend_mode = None;
        row.suspend_reason = None;
        row.suspend_message = None;
        row.suspended_at = None;
        row.suspended_from = None;
    })
    .await
}

/// Goes into a reason phrase, so it is one line that every client can print.
fn public_message(text: Option<&str>) -> Result<Option<String>, text::Refused> {
    let Some(text) = text::optional(text, MAX_PUBLIC_MESSAGE)? else { return Ok(None) };
    if text.bytes().all(|byte| (0x20..0x7f).contains(&byte)) {
        Ok(Some(text))
    } else {
        Err((
            Code::Invalid,
            "Backup clients can print letters without accents, digits and punctuation only.".to_owned(),
        ))
    }
}

async fn switch(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    dry_run: bool,
    set: impl FnOnce(&mut CustomerRow, i64),
) -> Result<StateChange, Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::SwitchCustomers).await?;
    if row.level == Level::Provider {
        return Err(Error::new(Code::Forbidden, "The provider itself cannot be suspended."));
    }
    IfMatch::check_if_given(expected, row.version)?;
    let mut changed = row.clone();
    set(&mut changed, tx.now.as_microsecond());
    let (before, after) = (state_of(&row), state_of(&changed));
    let is_change = before != after;
    let consequences = consequences(tx, &row, &changed).await?;
    if is_change && !dry_run {
        if sql::update_state(tx, &changed).await? != 1 {
            return Err(base::version::stale());
        }
        changed.version += 1;
        if row.suspend_mode != changed.suspend_mode {
            let above = mode_above(tx, &changed.path).await?;
            sql::spread_state(tx, &changed.path, above).await?;
        }
        let action = if changed.suspend_mode.is_some() {
            ChangeAction::CustomerSuspended
        } else {
            ChangeAction::CustomerActivated
        };
        tx.record(Entry::new(action, subject(&changed)).before(before).after(after));
    }
    let customer = view::one(tx, &account, if dry_run { row } else { changed }).await?;
    Ok(StateChange { customer, changes: is_change, consequences, dry_run })
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
async fn mode_above(cx: &mut Cx, path: &Path) -> Result<Option<Mode>, Error> {
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

/// What changes below, in numbers that the totals know without walking the subtree: everything, less what hangs below
/// customers that are suspended at least as strictly by themselves.
async fn consequences(cx: &mut Cx, before: &CustomerRow, after: &CustomerRow) -> Result<Consequences, Error> {
    let lineage = base::lineage::Lineage::of(cx, std::iter::once(&before.path)).await?;
    let mut above: Vec<&str> = before.path.ids().collect();
    above.pop();
    let parent = tree::state::effective(above.into_iter().map(|id| (id, lineage.own(id))));
    let mode_of = |own: Own| match tree::state::below(parent, before.id.as_str(), own) {
        Effective::Active => None,
        Effective::Suspended { mode, .. } => Some(mode),
    };
    let (was, is) = (mode_of(before.own_state()), mode_of(after.own_state()));
    if was == is {
        return Ok(Consequences::default());
    }
    let stricter = was.max(is);
    let totals = sql::totals(cx, &before.id).await?;
    let mut customers = totals.customers + totals.sites + 1;
    let mut devices = totals.devices;
    let mut untouched: Vec<Path> = Vec::new();
    for (path, mode, customers_below, sites_below, devices_below) in sql::suspended_below(cx, &before.path).await? {
        let path = Path::from_stored(path);
        let own = Mode::from_word(&mode).map_or(Own::Active, Own::Suspended);
        // Rows come in the order of their paths: what lies below one that was subtracted follows it.
        if strictness(own) < stricter || untouched.last().is_some_and(|top| top.contains(&path)) {
            continue;
        }
        customers -= customers_below + sites_below + 1;
        devices -= devices_below;
        untouched.push(path);
    }
    let since = cx.now.checked_sub(48.hours()).unwrap_or(cx.now).as_microsecond();
    let recent = sql::devices_with_backup_since(cx, &before.path, since).await?;
    let overlay = cx.overlay().await?;
    let just_now =
        overlay.backed_up_since(since).filter(|path| before.path.contains(path)).map(|path| (path.clone(), 1));
    let devices_with_recent_backup = recent
        .into_iter()
        .map(|(path, count)| (Path::from_stored(path), count))
        .chain(just_now)
        .filter(|(path, _)| !is_below(&untouched, path))
        .map(|(_, count)| count)
        .sum();
    Ok(Consequences { customers, devices, devices_with_recent_backup })
}

/// Whether `path` lies at or below one of the sorted, disjoint `tops`.
fn is_below(tops: &[Path], path: &Path) -> bool {
    let after = tops.partition_point(|top| top <= path);
    after.checked_sub(1).is_some_and(|at| tops[at].contains(path))
}
