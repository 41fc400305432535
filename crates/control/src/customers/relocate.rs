//! Moving a customer with all that stands below it: one node gets another parent, places and sums follow. Who stood above it
//! keeps what happened and what was measured until then; from then on it counts for those above it now.

use api::change::ChangeAction;
use api::customer::{CustomerMove, CustomerMoved, FieldlessProblem};
use api::id::CustomerId;
use api::{Code, Error, FieldError, Level};
use db::Assignments;
use serde_json::{Value, json};
use tree::{Path, Totals};

use super::sql::{self, CustomerRow, TotalsRow};
use super::{deletion, one_more, services, subject, switch, view};
use base::authz::{Account, Permission};
use base::change::Entry;
use base::cx::Tx;
use base::lineage::Lineage;
use base::text::Checks;
use base::version::IfMatch;

type Blocker = (Code, String);

/// Moves a customer below another parent, or says everything that is in the way.
pub async fn relocate(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    input: &CustomerMove,
    dry_run: bool,
) -> Result<CustomerMoved, Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::MoveCustomers).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let mut checks = Checks::of::<CustomerMove>();
    let reason = checks.optional("reason", input.reason.as_deref());
    checks.finish()?;
    let parent = super::create::parent_of(tx, &input.parent_id).await?;
    let changes = row.parent_id.as_ref() != Some(&parent.id);
    let blockers = if changes { blockers(tx, &row, &parent).await? } else { Vec::new() };
    if !dry_run && !blockers.is_empty() {
        return Err(blocked(&row, blockers));
    }
    let row = if changes && !dry_run { replace(tx, &account, row, &parent, reason).await? } else { row };
    let customer = view::one(tx, &account, row).await?;
    let problem = |(code, detail): Blocker| FieldlessProblem { code: code.as_str().to_owned(), detail };
    Ok(CustomerMoved { customer, changes, blockers: blockers.into_iter().map(problem).collect(), dry_run })
}

/// The refusal that names all blockers.
fn blocked(row: &CustomerRow, blockers: Vec<Blocker>) -> Error {
    let details: Vec<&str> = blockers.iter().map(|(_, detail)| detail.as_str()).collect();
    let mut error =
        Error::new(Code::MoveBlocked, format!("{} cannot be moved there. {}", row.company_name, details.join(" ")));
    error.fields = blockers.into_iter().map(|(code, detail)| FieldError::new("parent_id", code, detail)).collect();
    error
}

/// Everything that keeps a customer from standing below this parent.
async fn blockers(tx: &mut Tx, row: &CustomerRow, parent: &CustomerRow) -> Result<Vec<Blocker>, Error> {
    let mut blockers = Vec::new();
    let (name, below) = (&row.company_name, &parent.company_name);
    if row.is_default {
        let detail = "Every installation keeps its default reseller and default customer where they are.";
        blockers.push((Code::DefaultProtected, detail.to_owned()));
    }
    if row.deletes_at.is_some() {
        blockers.push((Code::DeletionScheduled, format!("{name} is to be deleted. Restore it first.")));
    } else if let Some(above) = deletion::deleting_above(tx, row).await? {
        let detail = format!("{above} above it is to be deleted. Restore that first.");
        blockers.push((Code::DeletionScheduled, detail));
    }
    let is_circle = row.path.contains(&parent.path);
    if is_circle {
        let detail = if row.id == parent.id {
            format!("{name} cannot stand below itself.")
        } else {
            format!("{below} stands below {name} itself.")
        };
        blockers.push((Code::Cycle, detail));
    }
    if row.level == Level::Site {
        // Pass keys and fingerprints are its customer's.
        blockers.push((Code::SiteStays, "A site stays with its customer.".to_owned()));
    } else if !row.level.may_stand_under(parent.level) {
        let (above, own) = (parent.level.in_words(), row.level.in_words());
        let detail = format!("{below} is {above}, and {own} does not stand below one.");
        blockers.push((Code::ParentLevelNotAllowed, detail));
    }
    if !is_circle && row.level != Level::Site && row.level.may_stand_under(parent.level) {
        blockers.extend(services::blockers(row, parent));
    }
    let lineage = Lineage::of(tx, std::iter::once(&parent.path)).await?;
    if !lineage.effective(&parent.path).is_active() {
        let detail = format!("{below} is suspended. Nothing is added below it until it is active.");
        blockers.push((Code::ParentSuspended, detail));
    }
    if !is_circle {
        let totals = below_of(tx, row).await?;
        // What waits to be approved takes no place yet.
        let devices = totals.devices - totals.devices_pending;
        let gained: Vec<&str> = gained(&row.path, &parent.path).collect();
        for limit in sql::limits_of(tx, &gained).await? {
            if devices > 0 && limit.devices + devices > limit.max_devices {
                let detail = format!(
                    "{} may have {} devices and has {}; {} would come with {name}.",
                    limit.company_name, limit.max_devices, limit.devices, devices
                );
                blockers.push((Code::ClientLimitReached, detail));
            }
        }
    }
    if !is_circle && let Some(blocker) = crate::space::blocks_move(tx, row, &parent.path).await? {
        blockers.push(blocker);
    }
    if !is_circle {
        blockers.extend(crate::licence_pools::blocks_move(tx, row, &parent.path).await?);
    }
    Ok(blockers)
}

/// The nodes of a path that are not on the other.
fn gained<'a>(before: &'a Path, after: &'a Path) -> impl Iterator<Item = &'a str> {
    after.ids().filter(|id| !before.ids().any(|known| known == *id))
}

/// What stands below a customer by now, also by this very transaction.
async fn below_of(tx: &mut Tx, row: &CustomerRow) -> Result<TotalsRow, Error> {
    let stored = sql::totals(tx, &row.id).await?;
    let since = tx.unwritten(row.id.as_str());
    Ok(TotalsRow {
        customers: stored.customers + since.customers,
        sites: stored.sites + since.sites,
        devices: stored.devices + since.devices,
        devices_pending: stored.devices_pending + since.devices_pending,
        devices_without_backup: stored.devices_without_backup + since.devices_without_backup,
        used_bytes: stored.used_bytes + since.used_bytes,
        attention: stored.attention + since.attention,
        ..stored
    })
}

/// Makes it stand there. Returns the row as it is by then.
async fn replace(
    tx: &mut Tx,
    account: &Account,
    row: CustomerRow,
    parent: &CustomerRow,
    reason: Option<String>,
) -> Result<CustomerRow, Error> {
    let Some(former) = row.path.parent() else { return Err(Error::internal("the provider has no parent")) };
    let path = parent.path.child(row.id.as_str());
    // The repositories first: whoever counts bytes holds theirs, and adds them where the device stands by then.
    sql::replace_paths(tx, &row.path, &path).await?;
    let mut above: Vec<&str> = former.ids().chain(parent.path.ids()).chain([row.id.as_str()]).collect();
    above.sort_unstable();
    above.dedup();
    base::totals::lock(tx, &above).await?;
    let (before, mut changed) = (CustomerRow { path: path.clone(), ..row.clone() }, row.clone());
    changed.path = path;
    changed.parent_id = Some(parent.id.clone());
    tx.update(&before, &changed, Assignments::new()).await?;
    changed.version += 1;
    count_elsewhere(tx, &row, &former, &parent.path).await?;
    crate::licence_pools::relocate(tx, &row.id, &former, &parent.path).await?;
    let above = switch::mode_above(tx, &changed.path).await?;
    sql::spread_state(tx, &changed.path, above).await?;
    crate::templates::part(tx, &changed.path).await?;
    crate::invoices::part(tx, &changed.path).await?;
    record(tx, account, &row, &changed, parent, reason).await?;
    Ok(changed)
}

/// Takes what stands at and below a customer from the totals above it, and adds it at its new place.
async fn count_elsewhere(tx: &mut Tx, row: &CustomerRow, former: &Path, now: &Path) -> Result<(), Error> {
    let below = below_of(tx, row).await?;
    let taken = crate::space::taken_by(tx, &row.id).await?;
    let one = one_more(row.level);
    let more = Totals {
        customers: below.customers + one.customers,
        sites: below.sites + one.sites,
        devices: below.devices,
        devices_pending: below.devices_pending,
        devices_without_backup: below.devices_without_backup,
        used_bytes: below.used_bytes,
        // Of the bytes that it has only those draw on what is above that no pool below holds.
        apart_bytes: below.used_bytes - taken.drawn,
        handed_bytes: taken.handed,
        attention: below.attention,
        last_backup_at: below.last_backup_at,
        last_refused_at: below.last_refused_at,
        ..Totals::default()
    };
    let less = Totals {
        customers: -more.customers,
        sites: -more.sites,
        devices: -more.devices,
        devices_pending: -more.devices_pending,
        devices_without_backup: -more.devices_without_backup,
        used_bytes: -more.used_bytes,
        apart_bytes: -more.apart_bytes,
        handed_bytes: -more.handed_bytes,
        attention: -more.attention,
        ..Totals::default()
    };
    tx.add_to_totals(former, less);
    tx.add_to_totals(now, more);
    newest_above(tx, former, now, &below).await
}

/// Those that lose the newest backup or refusal with it look up which is theirs now, from below upwards.
async fn newest_above(tx: &mut Tx, former: &Path, now: &Path, gone: &TotalsRow) -> Result<(), Error> {
    let lost: Vec<&str> = gained(now, former).collect();
    for id in lost.into_iter().rev() {
        let stored = sql::totals(tx, &CustomerId::from_text(id)).await?;
        if had_newest(&stored, gone) {
            base::totals::newest_again(tx, id).await?;
        }
    }
    Ok(())
}

/// Whether the newest backup or refusal of a total may have been one that is gone.
pub(super) fn had_newest(stored: &TotalsRow, gone: &TotalsRow) -> bool {
    let had = |stored: Option<i64>, gone: Option<i64>| gone.is_some() && stored <= gone;
    had(stored.last_backup_at, gone.last_backup_at) || had(stored.last_refused_at, gone.last_refused_at)
}

/// Tells the change log: those above it now what came, and those above whom it stands no longer that it went. Neither is told
/// who the other is.
async fn record(
    tx: &mut Tx,
    account: &Account,
    row: &CustomerRow,
    changed: &CustomerRow,
    parent: &CustomerRow,
    reason: Option<String>,
) -> Result<(), Error> {
    let former = match &row.parent_id {
        Some(id) => sql::find_anywhere(tx, id).await?,
        None => None,
    };
    let place = |row: &CustomerRow| json!({ "parent_id": row.id, "parent_name": row.company_name, "parent_path": row.path.as_str() });
    let before = former.as_ref().map_or(Value::Null, place);
    let mut after = place(parent);
    if let (Some(reason), Some(fields)) = (reason, after.as_object_mut()) {
        fields.insert("reason".to_owned(), json!(reason));
        fields.insert("suspended_from".to_owned(), json!(account.home_customer()));
    }
    let lost: Vec<String> = gained(&changed.path, &row.path).map(str::to_owned).collect();
    if !lost.is_empty() {
        let away = Entry::new(ChangeAction::CustomerMovedAway, subject(row)).before(before.clone());
        tx.record(away.told_to(lost));
    }
    tx.record(Entry::new(ChangeAction::CustomerMoved, subject(changed)).before(before).after(after));
    Ok(())
}
