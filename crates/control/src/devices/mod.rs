//! Devices: machines that register with a pass key and back up into a repository of their own.

mod admit;
pub(crate) mod bulk;
mod export;
mod give_up;
pub mod http;
mod proof;
mod register;
mod relocate;
mod remove;
mod report;
mod reprovision;
pub mod sql;
mod switch;

use std::collections::HashMap;

use api::change::ChangeAction;
use api::customer::AccountState;
use api::device::{Device, DeviceCredentials, DeviceKind, DeviceStatus, DeviceUpdate};
use api::id::{DeviceId, RepositoryId, StorageLocationId};
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::setting::OwnSwitches;
use api::units::{Action, Secret, Time};
use api::{Code, Error};
use db::sql;
use strum::VariantNames;

pub use admit::{CheckedDevice, approve, create};
pub use give_up::{delete, release, restore};
pub(crate) use proof::outdate;
pub use proof::{Known, Proof};
pub use register::{CheckedRegistration, Machine, PlaceOfMachine, enrol, pass_key_unknown, register};

pub(crate) use remove::{remove_below, remove_due};
pub use switch::{activate, suspend};

use self::sql::{DeviceRow, WholeDevice};
use base::App;
use base::authn::{token, token_hash};
use base::authz::{Account, Permission};
use base::change::{Entry, Subject, snapshot};
use base::cx::{Cx, Tx};
use base::lineage::Lineage;
use base::list::{Beside, Counter, Field, Grams, Noun, Place, Population, Told};
use base::overlay::{Overlay, Unsaved};
use base::text::Checks;
use base::version::IfMatch;

static REPOSITORY: Beside =
    Beside { table: "repositories r", on: "r.device_id = d.id", id: Some("r.device_id"), place: Some("r.path") };
static CUSTOMER: Beside = Beside { table: "customers c", on: "c.id = d.customer_id", id: None, place: Some("c.path") };
static END_CUSTOMER: Beside = Beside { table: "customers e", on: "e.id = d.end_customer_id", id: None, place: None };

pub(crate) static NOUN: Noun = Noun {
    table: "devices d",
    id: "d.id",
    place: Place { column: "d.path", beside: None },
    parent: "d.customer_id",
    level: None,
    search: "d.search",
    grams: Some(Grams { table: "devices_grams", number: "d.n" }),
    population: |scope| Population { here: Some(scope.devices), all: scope.all_devices },
    fields: &[
        Field::text("name", "d.name_folded").sorted().searched(),
        Field::id("id", "d.id").searched(),
        Field::id("customer_id", "d.customer_id"),
        Field::text("customer_name", "c.company_folded").of(&CUSTOMER).sorted(),
        Field::text("end_customer_name", "case when d.end_customer_id <> d.customer_id then e.company_folded end")
            .of(&END_CUSTOMER)
            .optional(),
        Field::words("kind", "d.kind", DeviceKind::VARIANTS),
        Field::text("os", "fold(d.os)").optional().searched().counted_as("d.os"),
        Field::text("fingerprint", "fold(d.fingerprint)").optional().searched(),
        Field::told("status", STATUSES),
        Field::told("account_state", OWN_STATES),
        Field::told("own_settings.append_only", APPEND_ONLY),
        Field::told("effective_state.state", STATES).of(&CUSTOMER),
        Field::told("effective_state.mode", MODES).of(&CUSTOMER),
        Field::id("repository_id", "r.id").of(&REPOSITORY),
        Field::id("storage_location_id", "c.storage_location_id")
            .of(&CUSTOMER)
            .optional()
            .counted_as("c.storage_location_id"),
        Field::bytes("used_bytes", "r.used_bytes").of(&REPOSITORY).live(Counter::UsedBytes).sorted(),
        Field::bytes("allotted_bytes", "r.allotted_bytes").of(&REPOSITORY).optional(),
        Field::time("last_backup_at", "coalesce(r.last_backup_at, 0)")
            .optional_as_zero()
            .of(&REPOSITORY)
            .live(Counter::LastBackupAt)
            .sorted(),
        Field::time("last_refused_at", "coalesce(r.last_refused_at, 0)").optional_as_zero().of(&REPOSITORY).sorted(),
        Field::flag("by_account", "d.by_account"),
        Field::time("credential_outdated_at", "d.credential_outdated_at").optional(),
        Field::text("client", "fold(d.client)").optional(),
        Field::text("host_name", "fold(d.host_name)").optional(),
        Field::time("reported_at", "d.reported_at").optional(),
        Field::time("deletion.due_at", "d.deletes_at").optional(),
        Field::time("first_contact_at", "d.first_contact_at").optional(),
        Field::time("created_at", "d.created_at").sorted(),
    ],
};

/// Few wait, and an index has them by their places: it has their status spelt like this. Most don't, and no index is the way
/// to them.
const STATUSES: &[Told] = &[
    ("authorised", |_| sql!["d.status not in ('pending_approval', 'expected', 'released')"]),
    ("pending_approval", |_| sql!["d.status = 'pending_approval'"]),
    ("expected", |_| sql!["d.status = 'expected'"]),
    ("released", |_| sql!["d.status = 'released'"]),
];
const APPEND_ONLY: &[Told] = &[
    ("on", |_| crate::settings::sets("d.id", "append_only", "true")),
    ("off", |_| crate::settings::sets("d.id", "append_only", "false")),
];
const OWN_STATES: &[Told] =
    &[("active", |_| sql!["d.suspend_mode is null"]), ("suspended", |_| sql!["d.suspend_mode is not null"])];

/// What holds after all ancestors and the device itself. Most are active: the plus keeps an index from being taken for the
/// way to a few.
const STATES: &[Told] = &[
    ("active", |_| sql!["(+c.stopped = 0 and d.suspend_mode is null and d.deletes_at is null)"]),
    ("suspended", |_| sql!["(c.stopped > 0 or d.suspend_mode is not null or d.deletes_at is not null)"]),
];
const MODES: &[Told] = &[
    ("stop_backups", |_| {
        sql![
            "(c.stopped < 2 and coalesce(d.suspend_mode, '') <> 'full_stop'
              and (c.stopped = 1 or d.suspend_mode is not null or d.deletes_at is not null))"
        ]
    }),
    ("full_stop", |_| sql!["(c.stopped = 2 or coalesce(d.suspend_mode, '') = 'full_stop')"]),
];

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Device>, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadDevices, &account.path)?;
    listed(cx, &account, query).await
}

/// The list as an account sees it that need not be the caller's.
pub(crate) async fn listed(cx: &mut Cx, account: &Account, query: &ListQuery) -> Result<Page<Device>, Error> {
    let found = base::list::find(cx, account, query, &NOUN).await?;
    let rows = found.arrange(sql::with_these_ids(cx, found.ids()).await?, |(row, _, _)| row.id.as_str());
    let lineage = Lineage::of(cx, rows.iter().map(|(row, _, _)| &row.path)).await?;
    let overlay = cx.overlay().await?;
    let own = crate::settings::switches(cx, rows.iter().map(|(row, ..)| row.id.as_str())).await?;
    let items = rows.into_iter().map(|whole| view(&cx.app, &lineage, account, whole, &own, &overlay)).collect();
    Ok(base::list::page(items, found.next, found.total))
}

/// How many devices of the list have which value.
pub async fn count(cx: &mut Cx, query: &CountQuery) -> Result<ListCounts, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadDevices, &account.path)?;
    base::list::count(cx, &account, query, &NOUN).await
}

pub async fn show(cx: &mut Cx, id: &DeviceId) -> Result<Device, Error> {
    let account = cx.account()?;
    let whole = fetch(cx, &account, id, Permission::ReadDevices).await?;
    seen(cx, &account, whole).await
}

/// The device with this id, for a purpose.
pub(crate) async fn fetch(
    cx: &mut Cx,
    account: &Account,
    id: &DeviceId,
    permission: Permission,
) -> Result<WholeDevice, Error> {
    account.admit(sql::find_anywhere(cx, id).await?, |(row, ..)| &row.path, permission)
}

/// The same for what a field of the input refers to: `None` where the account sees no such device.
pub(crate) async fn fetch_reference(
    cx: &mut Cx,
    account: &Account,
    id: &DeviceId,
    permission: Permission,
) -> Result<Option<WholeDevice>, Error> {
    account.admit_reference(sql::find_anywhere(cx, id).await?, |(row, ..)| &row.path, permission)
}

async fn seen(cx: &mut Cx, account: &Account, whole: WholeDevice) -> Result<Device, Error> {
    let lineage = Lineage::of(cx, std::iter::once(&whole.0.path)).await?;
    let overlay = cx.overlay().await?;
    let ancestors = Some(lineage.ancestors(&whole.0.path, account));
    let backup_state = Some(crate::backups::of_device(cx, account, &lineage, &whole, &overlay).await?);
    let own = crate::settings::switches(cx, std::iter::once(whole.0.id.as_str())).await?;
    Ok(Device { ancestors, backup_state, ..view(&cx.app, &lineage, account, whole, &own, &overlay) })
}

/// What `rest:` is put before: the repository's address, ending in a slash.
pub fn repository_url(app: &App, repository: &RepositoryId) -> String {
    format!("{}/restic/{repository}/", app.config.public_url)
}

fn view(
    app: &App,
    lineage: &Lineage,
    account: &Account,
    (row, repository, home): WholeDevice,
    own_settings: &HashMap<String, OwnSwitches>,
    overlay: &Overlay,
) -> Device {
    let unsaved = overlay.of_id(row.id.as_str());
    let stored_contact = row.first_contact_at.map(|at| Time::from_micros(at).0);
    let first_contact_at = stored_contact.or_else(|| app.contacted_at(&row.id));
    let own = (row.id.as_str(), row.name.as_str());
    let end_customer = (row.end_customer_id != row.customer_id).then_some(row.end_customer_id.as_str());
    let end_customer_name = end_customer.and_then(|id| lineage.get(id)).map(|node| node.company_name.clone());
    Device {
        version: row.version,
        account_state: if row.suspend_mode.is_some() { AccountState::Suspended } else { AccountState::Active },
        suspension: switch::seen_by(account, &row),
        deletion: give_up::deletion_seen_by(account, &row),
        own_settings: own_settings.get(row.id.as_str()).copied().unwrap_or_default(),
        effective_state: lineage.effective_state_of_device(&row.path, own, row.own_state(), account),
        actions: actions(account, &row, has_backups(&repository, &unsaved)),
        path: row.path.seen_from(&account.path).to_string(),
        ancestors: None,
        repository_url: repository_url(app, &repository.id),
        id: row.id,
        customer_id: row.customer_id,
        customer_name: home.company_name,
        end_customer_name,
        name: row.name,
        kind: row.kind,
        os: row.os,
        fingerprint: row.fingerprint,
        status: row.status,
        repository_id: repository.id,
        storage_location_id: home.storage_location_id.map(StorageLocationId::from_text),
        used_bytes: unsaved.used_bytes(repository.used_bytes),
        allotted_bytes: repository.allotted_bytes,
        last_backup_at: unsaved.last_backup_at(repository.last_backup_at).map(Time::from_micros),
        last_refused_at: repository.last_refused_at.map(Time::from_micros),
        backup_state: None,
        by_account: row.by_account,
        credential_outdated_at: row.credential_outdated_at.map(Time::from_micros),
        client: row.client,
        helper: row.helper,
        host_name: row.host_name,
        reported_at: row.reported_at.map(Time::from_micros),
        first_contact_at: first_contact_at.map(Time),
        created_at: Time::from_micros(row.created_at),
    }
}

/// Whether something is stored of a device, as far as is known by now.
fn has_backups(repository: &sql::Repository, unsaved: &Unsaved) -> bool {
    unsaved.used_bytes(repository.used_bytes) > 0 || unsaved.last_backup_at(repository.last_backup_at).is_some()
}

/// What the account may do with a device, and why not.
fn actions(account: &Account, row: &DeviceRow, has_backups: bool) -> Vec<Action> {
    let mut actions = Vec::with_capacity(8);
    let mut add = |name: &str, permission: Permission, blocked: Option<(Code, &str)>| {
        actions.push(match (account.refusal(permission, &row.path), blocked) {
            (Some(reason), _) => Action::refused(name, Code::Forbidden, reason),
            (None, Some((code, reason))) => Action::refused(name, code, reason),
            (None, None) => Action::allowed(name),
        });
    };
    let laid_on = switch::refusal(account, row).map(|reason| (Code::Forbidden, reason));
    add("edit", Permission::EditDevices, None);
    add("set_space", Permission::EditDevices, None);
    let deleting = row.deletes_at.map(|_| (Code::DeletionScheduled, "It is to be deleted."));
    if !matches!(row.status, DeviceStatus::Expected | DeviceStatus::Released) {
        add("issue_credentials", Permission::IssueCredentials, deleting);
    }
    if row.status == DeviceStatus::PendingApproval {
        add("approve", Permission::ManageDevices, None);
    }
    add("move", Permission::ManageDevices, deleting);
    if row.status == DeviceStatus::Released {
        // It is let in again by registering.
    } else if row.suspend_mode.is_none() {
        add("suspend", Permission::ManageDevices, None);
    } else {
        add("change_suspension", Permission::ManageDevices, laid_on);
        add("activate", Permission::ManageDevices, laid_on);
    }
    if row.status == DeviceStatus::Authorised {
        add("release", Permission::ManageDevices, give_up::release_refusal(row));
    }
    if row.deletes_at.is_some() {
        add("restore", Permission::ManageDevices, give_up::restore_refusal(account, row));
    }
    if has_backups {
        add("open_vault", Permission::RestoreFiles, None);
    }
    if has_backups && row.deletes_at.is_none() {
        add("give_up", Permission::ManageDevices, None);
    }
    add("delete", Permission::ManageDevices, has_backups.then_some((Code::DeviceNotEmpty, "It has backups.")));
    actions
}

pub(crate) fn subject(row: &DeviceRow) -> Subject {
    Subject {
        kind: "device",
        id: row.id.to_string(),
        name: row.name.clone(),
        customer_id: row.customer_id.clone(),
        path: row.path.clone(),
    }
}

/// Renames a device, or moves it.
pub async fn update(tx: &mut Tx, id: &DeviceId, expected: IfMatch, input: &DeviceUpdate) -> Result<Device, Error> {
    let account = tx.account()?;
    let (mut row, repository, mut home) = fetch(tx, &account, id, Permission::EditDevices).await?;
    expected.check(row.version)?;
    if let Some(to) = input.customer_id.as_ref().filter(|to| **to != row.customer_id) {
        let whole = (row, repository.clone(), home);
        let moved = relocate::relocate(tx, &account, &whole, to).await?;
        (row, home) = (moved.row, moved.home);
    }
    let mut changed = row.clone();
    if let Some(name) = &input.name {
        let mut checks = Checks::of::<DeviceUpdate>();
        let name = checks.line("name", name);
        checks.finish()?;
        changed.name = name.unwrap_or_default();
    }
    if changed.name != row.name {
        sql::update(tx, &row, &changed, None).await?;
        let (before, after) = base::change::difference(&snapshot(&row), &snapshot(&changed));
        changed.version += 1;
        tx.record(Entry::new(ChangeAction::DeviceUpdated, subject(&changed)).before(before).after(after));
    }
    seen(tx, &account, (changed, repository, home)).await
}

/// New credentials for a device; the old ones are refused from the next request on.
pub async fn issue_credentials(
    tx: &mut Tx,
    id: &DeviceId,
    expected: Option<IfMatch>,
) -> Result<DeviceCredentials, Error> {
    let account = tx.account()?;
    let (row, repository, _) = fetch(tx, &account, id, Permission::IssueCredentials).await?;
    IfMatch::check_if_given(expected, row.version)?;
    if row.status == DeviceStatus::Released {
        return Err(Error::new(
            Code::DeviceReleased,
            "The device was released. It gets credentials by registering again.",
        ));
    }
    if row.status == DeviceStatus::Expected {
        let detail = "The device was added by hand and gets its credentials when it registers.";
        return Err(Error::new(Code::Forbidden, detail));
    }
    let password = token(tx.app.random)?;
    sql::update(tx, &row, &row, Some(&token_hash(&password))).await?;
    tx.record(Entry::new(ChangeAction::DeviceCredentialsIssued, subject(&row)));
    Ok(credentials(&tx.app, &row.id, row.status, &repository.id, password))
}

fn credentials(
    app: &App,
    device: &DeviceId,
    status: DeviceStatus,
    repository: &RepositoryId,
    password: String,
) -> DeviceCredentials {
    DeviceCredentials {
        device_id: device.clone(),
        status,
        repository_url: repository_url(app, repository),
        // Ids only: a rename breaks no credential.
        username: device.to_string(),
        password: Secret::new(password),
    }
}
