//! Deleting a customer with all that stands below it, in two steps. It is scheduled: backups stop at once, its names are free
//! again, nothing else changes, and until the hold is over it comes back as it was. Then it is removed (`removal.rs`).

use api::change::ChangeAction;
use api::customer::{CustomerChange, CustomerDeletion, Deletion, FieldlessProblem, Goes, HowRestored};
use api::id::CustomerId;
use api::units::Time;
use api::{Code, Error, FieldError, Level};
use db::Assignments;
use jiff::ToSpan as _;
use serde_json::json;
use tree::{Path, Totals};

use super::sql::{self, CustomerRow};
use super::{above, kinds, snapshot, subject, switch, view};
use crate::{invitations, pass_keys, sessions, users};
use base::authz::{Account, AccountId, Permission};
use base::change::{Entry, difference};
use base::cx::{Cx, Tx};
use base::version::IfMatch;

type Blocker = (Code, String);

/// Names that are told where several are taken.
const TOLD: usize = 5;

/// What people and keys go with a customer, counted before others have to wait for it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Accounts {
    users: i64,
    pass_keys: i64,
}

/// Counts who and what goes with a customer beside what its totals know.
pub(crate) async fn accounts(cx: &mut Cx, id: &CustomerId) -> Result<Accounts, Error> {
    let account = cx.account()?;
    let row = super::fetch(cx, &account, id, Permission::DeleteCustomers).await?;
    let users = users::sql::count_below(cx, &row.path).await?;
    let pass_keys = pass_keys::sql::count_below(cx, &row.path).await?;
    Ok(Accounts { users, pass_keys })
}

/// Schedules the deletion of a customer, or says everything that is in the way. `remove_products`: that devices with their
/// backups, and customers below it, go too.
pub(crate) async fn schedule(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    remove_products: bool,
    accounts: Accounts,
    dry_run: bool,
) -> Result<CustomerDeletion, Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::DeleteCustomers).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let changes = row.deletes_at.is_none();
    let blockers = if changes { blockers(tx, &row, remove_products).await? } else { Vec::new() };
    if let (false, Some((code, _))) = (dry_run, blockers.first()) {
        let all: Vec<&str> = blockers.iter().map(|(_, detail)| detail.as_str()).collect();
        return Err(Error::new(*code, all.join(" ")));
    }
    let due_at = row.deletes_at.unwrap_or_else(|| due(tx));
    let totals = sql::totals(tx, id).await?;
    let overlay = tx.overlay().await?;
    let goes = Goes {
        customers: totals.customers,
        sites: totals.sites,
        devices: totals.devices,
        used_bytes: overlay.of_id(id.as_str()).used_bytes(totals.used_bytes),
        users: accounts.users,
        pass_keys: accounts.pass_keys,
        assigned_units: crate::licences::sql::assigned_below(tx, &row.path).await?,
        appliances: crate::devices::sql::appliances_below(tx, &row.path, APPLIANCES).await?,
    };
    let row = if changes && !dry_run { begin(tx, &account, &row, due_at).await? } else { row };
    let problem = |(code, detail): Blocker| FieldlessProblem { code: code.as_str().to_owned(), detail };
    Ok(CustomerDeletion {
        customer: view::one(tx, &account, row).await?,
        changes,
        goes,
        due_at: Time::from_micros(due_at),
        blockers: blockers.into_iter().map(problem).collect(),
        dry_run,
    })
}

/// When what is deleted now goes for good.
fn due(cx: &Cx) -> i64 {
    let days = i64::from(cx.app.config.deletion_hold_days);
    cx.now.checked_add((days * 24).hours()).unwrap_or(cx.now).as_microsecond()
}

/// Everything that keeps a customer from being deleted; those that no consent helps against first.
async fn blockers(cx: &mut Tx, row: &CustomerRow, remove_products: bool) -> Result<Vec<Blocker>, Error> {
    let mut blockers = fixed_blockers(cx, row).await?;
    if !remove_products {
        let totals = sql::totals(cx, &row.id).await?;
        // Of what stands below something may have come or gone in this very transaction.
        let since = cx.unwritten(row.id.as_str());
        blockers.extend(consents(totals.customers + since.customers, totals.devices + since.devices));
        blockers.extend(licences_attached(cx, &row.path).await?);
    }
    Ok(blockers)
}

/// The first thing below a customer that keeps it from going, for those that are judged many at a time.
pub(super) async fn kept_below(cx: &mut Cx, row: &CustomerRow) -> Result<Option<Blocker>, Error> {
    Ok(fixed_blockers(cx, row).await?.into_iter().next())
}

/// Licences go only where that was said, too.
pub(super) async fn licences_attached(cx: &mut Cx, path: &tree::Path) -> Result<Option<Blocker>, Error> {
    let licences = crate::licences::count_below(cx, path).await?;
    let noun = if licences == 1 { "licence" } else { "licences" };
    Ok((licences > 0).then(|| {
        let detail = format!("{licences} {noun} are attached to it. Say that they go too.");
        (Code::ProductsAttached, if licences == 1 { detail.replace("are attached", "is attached") } else { detail })
    }))
}

/// So many appliances are named.
const APPLIANCES: i64 = 10;

/// What goes only where that was said.
pub(super) fn consents(customers: i64, devices: i64) -> Vec<Blocker> {
    let counted = |count: i64, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    let mut blockers = Vec::new();
    if devices > 0 {
        let detail = format!("It has {}. Say that they and their backups go too.", counted(devices, "device"));
        blockers.push((Code::ProductsAttached, detail));
    }
    if customers > 0 {
        let detail = format!(
            "{} below it. Say that they go too.",
            match customers {
                1 => "There is 1 customer".to_owned(),
                many => format!("There are {many} customers"),
            }
        );
        blockers.push((Code::CustomerNotEmpty, detail));
    }
    blockers
}

async fn fixed_blockers(cx: &mut Cx, row: &CustomerRow) -> Result<Vec<Blocker>, Error> {
    let mut blockers = Vec::new();
    if row.level == Level::Provider || sql::has_default_below(cx, &row.path).await? {
        let detail = "The provider, the default reseller and the default customer stay.";
        blockers.push((Code::DefaultProtected, detail.to_owned()));
    }
    if let Some((code, why)) = kinds::Task::Deletion.refusal(row.kind) {
        blockers.push((code, why.to_owned()));
    } else if let Some(name) = sql::managed_below(cx, &row.path).await? {
        blockers
            .push((Code::NotForKind, format!("{name} below it is managed here. Managed customers are not deleted.")));
    }
    if let Some(above) = deleting_above(cx, row).await? {
        let detail = format!("{above} above it is to be deleted already, and it goes along.");
        blockers.push((Code::DeletionScheduled, detail));
    }
    Ok(blockers)
}

/// What the account may call the customer above this one that is to be deleted, if there is one.
pub(super) async fn deleting_above(cx: &mut Cx, row: &CustomerRow) -> Result<Option<String>, Error> {
    let account = cx.account()?;
    let found = sql::deleting_above(cx, &row.path).await?;
    Ok(found.map(|(name, path)| if account.sees(&path) { name } else { "A customer".to_owned() }))
}

async fn begin(tx: &mut Tx, account: &Account, row: &CustomerRow, due_at: i64) -> Result<CustomerRow, Error> {
    let mut changed = row.clone();
    changed.deletes_at = Some(due_at);
    changed.deletion_scheduled_at = Some(tx.now.as_microsecond());
    changed.deletion_from = Some(account.home_customer());
    changed.deletion_by = Some(account.name.clone());
    // Its own names are left out of what is compared, by what the row derives; those of what stands below by this.
    tx.update(row, &changed, Assignments::new()).await?;
    changed.version += 1;
    sql::give_up_usernames(tx, &changed.path).await?;
    sessions::sql::delete_of_customers_below(tx, &changed.path).await?;
    if changed.level == Level::Site {
        // For another site at once.
        crate::licences::free_site(tx, &changed).await?;
        let id = changed.id.clone();
        changed = sql::find_anywhere(tx, &id).await?.ok_or_else(Error::not_found)?;
    }
    let mode = switch::mode_above(tx, &changed.path).await?;
    sql::spread_state(tx, &changed.path, mode).await?;
    let after = json!({
        "due_at": Time::from_micros(due_at),
        "account_state": "deleting",
    });
    let before = json!({ "account_state": row.account_state() });
    tx.record(Entry::new(ChangeAction::CustomerDeletionScheduled, subject(&changed)).before(before).after(after));
    Ok(changed)
}

/// Cancels a scheduled deletion: everything is as it was before. Refused by name where a name was given away meanwhile.
pub(crate) async fn restore(
    tx: &mut Tx,
    id: &CustomerId,
    expected: Option<IfMatch>,
    how: HowRestored,
) -> Result<CustomerChange, Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::DeleteCustomers).await?;
    IfMatch::check_if_given(expected, row.version)?;
    let Some(due_at) = row.deletes_at else {
        return Ok(CustomerChange { customer: view::one(tx, &account, row).await?, changes: false });
    };
    if let Some(reason) = super::above::keeps_deleted(&account, &row) {
        return Err(Error::new(Code::Forbidden, reason));
    }
    if due_at <= tx.now.as_microsecond() {
        return Err(Error::new(Code::DeletionBegun, "Its time is over: it is being removed."));
    }
    if let Some(above) = deleting_above(tx, &row).await? {
        let detail = format!("{above} above it is to be deleted. Restore that first.");
        return Err(Error::new(Code::DeletionScheduled, detail));
    }
    if how.without_taken_usernames {
        users::remove_given_away(tx, &row.path).await?;
    }
    let row = if how.without_taken_usernames && drop_taken_usernames(tx, &row.path).await? {
        super::fetch(tx, &account, id, Permission::DeleteCustomers).await?
    } else {
        row
    };
    refuse_taken(tx, &row).await?;
    let mut changed = row.clone();
    changed.deletes_at = None;
    changed.deletion_scheduled_at = None;
    changed.deletion_from = None;
    changed.deletion_by = None;
    sql::update(tx, &row, &changed, None).await?;
    changed.version += 1;
    sql::take_usernames_again(tx, &changed.path).await?;
    users::sql::take_logins_again(tx, &changed.path).await?;
    let mode = switch::mode_above(tx, &changed.path).await?;
    sql::spread_state(tx, &changed.path, mode).await?;
    let (before, after) = (json!({ "account_state": "deleting" }), json!({ "account_state": changed.account_state() }));
    tx.record(Entry::new(ChangeAction::CustomerRestored, subject(&changed)).before(before).after(after));
    Ok(CustomerChange { customer: view::one(tx, &account, changed).await?, changes: true })
}

/// Takes the usernames that others have meanwhile from the accounts that come back, and their passwords with them. Whether
/// there were any.
async fn drop_taken_usernames(tx: &mut Tx, path: &Path) -> Result<bool, Error> {
    let rows = sql::with_usernames_given_away(tx, path).await?;
    for row in &rows {
        let mut changed = row.clone();
        changed.username = None;
        sql::update(tx, row, &changed, None).await?;
        sql::forget_password(tx, &row.id).await?;
        let (before, after) = difference(&snapshot(row), &snapshot(&changed));
        tx.record(Entry::new(ChangeAction::CustomerUpdated, subject(&changed)).before(before).after(after));
    }
    Ok(!rows.is_empty())
}

/// Names that somebody else has got meanwhile keep it from coming back; which they are is said.
async fn refuse_taken(tx: &mut Tx, row: &CustomerRow) -> Result<(), Error> {
    let mut wrong = Vec::new();
    let taken = sql::usernames_given_away(tx, &row.path, TOLD + 1).await?;
    for username in taken.iter().take(TOLD) {
        let detail = format!("The username {username} has been given to another customer meanwhile.");
        wrong.push(FieldError::new("username", Code::UsernameTaken, detail));
    }
    if taken.len() > TOLD {
        wrong.push(FieldError::new("username", Code::UsernameTaken, "Further usernames have been given away too."));
    }
    let taken = users::sql::with_logins_given_away(tx, &row.path, TOLD + 1).await?;
    for (user, _) in taken.iter().take(TOLD) {
        let detail = format!("Somebody else signs in by {} meanwhile.", user.email);
        wrong.push(FieldError::new("email", Code::EmailTaken, detail));
    }
    if taken.len() > TOLD {
        wrong.push(FieldError::new("email", Code::EmailTaken, "Others sign in by further addresses too."));
    }
    if let (Some(parent), Some(name)) = (&row.parent_id, &row.name)
        && sql::find_site(tx, parent, &base::text::fold(name)).await?.is_some_and(|other| other.id != row.id)
    {
        let detail = format!("The customer has another site {name} meanwhile. Rename that one first.");
        wrong.push(FieldError::new("name", Code::DuplicateSite, detail));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Error::fields(wrong)) }
}

/// A scheduled deletion as the account may see it.
pub(super) fn seen(account: &Account, row: &CustomerRow) -> Option<Deletion> {
    let from = row.deletion_from.as_ref().map(CustomerId::as_str);
    row.deletes_at.map(|due_at| Deletion {
        due_at: Time::from_micros(due_at),
        scheduled_at: Time::from_micros(row.deletion_scheduled_at.unwrap_or(due_at)),
        by: row.deletion_by.clone().filter(|_| above::sees_author(account, &row.path, from)),
    })
}

/// Takes back what was made a moment ago, for good: nothing has come of it that could be lost.
pub(super) async fn remove_new(tx: &mut Tx, id: &CustomerId, expected: IfMatch) -> Result<(), Error> {
    let account = tx.account()?;
    let row = super::fetch(tx, &account, id, Permission::DeleteCustomers).await?;
    expected.check(row.version)?;
    if let Some((code, detail)) = blockers(tx, &row, false).await?.into_iter().next() {
        return Err(Error::new(code, detail));
    }
    remove_row(tx, &row).await
}

/// Takes a customer out for good that has nothing below it any more: with its accounts, sessions, tokens, pass keys and views.
pub(super) async fn remove_row(tx: &mut Tx, row: &CustomerRow) -> Result<(), Error> {
    let id = &row.id;
    sessions::sql::delete_of_customer(tx, id, None).await?;
    crate::tokens::sql::delete_of_customer(tx, id).await?;
    users::delete_of(tx, id).await?;
    invitations::delete_of(tx, &AccountId::Customer(id.clone())).await?;
    pass_keys::sql::delete_of(tx, id).await?;
    crate::views::delete_of_customer(tx, id).await?;
    crate::factors::delete_of(tx, id.as_str()).await?;
    crate::oidc::delete_of(tx, id).await?;
    crate::settings::forget(tx, id.as_str()).await?;
    crate::licences::delete_of(tx, row).await?;
    crate::licence_pools::delete_of(tx, row).await?;
    crate::credits::delete_of(tx, row).await?;
    crate::events::forget_customer(tx, &row.id).await?;
    crate::webhooks::forget_customer(tx, &row.id).await?;
    crate::notifications::forget_customer(tx, &row.id).await?;
    crate::templates::forget_customer(tx, &row.id).await?;
    crate::reports::forget_customer(tx, &row.id).await?;
    crate::invoices::forget_customer(tx, &row.id).await?;
    let held = sql::totals(tx, id).await?.allotted_bytes.unwrap_or_default();
    if sql::delete(tx, row).await? != 1 {
        return Err(base::version::stale());
    }
    if let Some(parent) = row.path.parent() {
        // What it held is free again above.
        tx.add_to_totals(&parent, Totals { handed_bytes: -held, ..super::one_less(row.level) });
    }
    let entry = Entry::new(ChangeAction::CustomerDeleted, subject(row));
    // What it was on a day before is found from here.
    let mut before = snapshot(row);
    if row.trial_ends_at.is_some() {
        before.insert("stage".to_owned(), json!("trial"));
    }
    if let Some(mode) = row.suspend_mode {
        before.insert("mode".to_owned(), json!(mode));
    }
    tx.record(entry.before(serde_json::Value::Object(before)));
    Ok(())
}
