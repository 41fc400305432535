//! Devices: machines that register with a pass key and back up into a repository of their own.

pub mod http;
mod register;
pub mod sql;

use api::change::ChangeAction;
use api::device::{Device, DeviceCredentials, DeviceStatus, DeviceUpdate};
use api::id::{DeviceId, RepositoryId, StorageLocationId};
use api::page::{ListQuery, Page};
use api::units::{Action, Secret, Time};
use api::{Code, Error};
use serde_json::json;

pub use register::{CheckedRegistration, knows_pass_key, pass_key_unknown, register};

use self::sql::{DeviceRow, WholeDevice};
use base::App;
use base::authn::{token, token_hash};
use base::authz::{Account, Permission};
use base::change::{Entry, Subject};
use base::cx::{Cx, Tx};
use base::lineage::Lineage;
use base::list::{SortField, Window, search_of};
use base::overlay::Overlay;
use base::text;
use base::version::IfMatch;

const SORT: &[SortField] = &[
    SortField::text("name", "d.name_folded"),
    SortField::number("created_at", "d.created_at"),
    SortField::number("used_bytes", "r.used_bytes"),
    SortField::number("last_backup_at", "coalesce(r.last_backup_at, 0)"),
    SortField::text("customer_name", "c.company_folded"),
];

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Device>, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadDevices, &account.path)?;
    base::list::refuse_level(query)?;
    let window = Window::of(query, SORT, "d.id")?;
    let under = base::list::scope(cx, &account, query).await?;
    let search = search_of(query)?;
    let total = sql::count(cx, &under, search.as_deref()).await?;
    let rows = sql::window(cx, &under, search.as_deref(), &window).await?;
    let (rows, next) = window.cut(rows, |(row, _, _)| row.id.to_string());
    let lineage = Lineage::of(cx, rows.iter().map(|(row, _, _)| &row.path)).await?;
    let overlay = cx.overlay().await?;
    let items = rows.into_iter().map(|whole| view(&cx.app, &lineage, &account, whole, &overlay)).collect();
    Ok(base::list::page(items, next, total))
}

pub async fn show(cx: &mut Cx, id: &DeviceId) -> Result<Device, Error> {
    let account = cx.account()?;
    let whole = fetch(cx, &account, id, Permission::ReadDevices).await?;
    seen(cx, &account, whole).await
}

/// The device with this id, for a purpose.
async fn fetch(cx: &mut Cx, account: &Account, id: &DeviceId, permission: Permission) -> Result<WholeDevice, Error> {
    account.admit(sql::find_anywhere(cx, id).await?, |(row, ..)| &row.path, permission)
}

async fn seen(cx: &mut Cx, account: &Account, whole: WholeDevice) -> Result<Device, Error> {
    let lineage = Lineage::of(cx, std::iter::once(&whole.0.path)).await?;
    let overlay = cx.overlay().await?;
    Ok(view(&cx.app, &lineage, account, whole, &overlay))
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
    overlay: &Overlay,
) -> Device {
    let unsaved = overlay.of_id(row.id.as_str());
    let stored_contact = row.first_contact_at.map(|at| Time::from_micros(at).0);
    let first_contact_at = stored_contact.or_else(|| app.contacted_at(&row.id));
    let action = |name: &str, permission: Permission| match account.refusal(permission, &row.path) {
        Some(reason) => Action::refused(name, Code::Forbidden, reason),
        None => Action::allowed(name),
    };
    Device {
        version: row.version,
        effective_state: lineage.effective_state(&row.path, account),
        path: row.path.seen_from(&account.path).to_string(),
        repository_url: repository_url(app, &repository.id),
        actions: vec![
            action("edit", Permission::EditDevices),
            action("issue_credentials", Permission::IssueCredentials),
        ],
        id: row.id,
        customer_id: row.customer_id,
        customer_name: home.company_name,
        name: row.name,
        kind: row.kind,
        os: row.os,
        fingerprint: row.fingerprint,
        status: row.status,
        repository_id: repository.id,
        storage_location_id: home.storage_location_id.map(StorageLocationId::from_text),
        used_bytes: unsaved.used_bytes(repository.used_bytes),
        last_backup_at: unsaved.last_backup_at(repository.last_backup_at).map(Time::from_micros),
        first_contact_at: first_contact_at.map(Time),
        created_at: Time::from_micros(row.created_at),
    }
}

fn subject(row: &DeviceRow) -> Subject {
    Subject {
        kind: "device",
        id: row.id.to_string(),
        name: row.name.clone(),
        customer_id: row.customer_id.clone(),
        path: row.path.clone(),
    }
}

/// Renames a device.
pub async fn update(tx: &mut Tx, id: &DeviceId, expected: IfMatch, input: &DeviceUpdate) -> Result<Device, Error> {
    let account = tx.account()?;
    let (row, repository, home) = fetch(tx, &account, id, Permission::EditDevices).await?;
    expected.check(row.version)?;
    let mut changed = row.clone();
    if let Some(name) = &input.name {
        changed.name = text::line(name, 255).map_err(|(code, detail)| Error::field("name", code, detail))?;
    }
    if changed.name != row.name {
        if sql::update(tx, &changed, None).await? != 1 {
            return Err(base::version::stale());
        }
        changed.version += 1;
        let entry = Entry::new(ChangeAction::DeviceUpdated, subject(&changed));
        tx.record(entry.before(json!({ "name": row.name })).after(json!({ "name": changed.name })));
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
    let password = token(tx.app.random)?;
    if sql::update(tx, &row, Some(&token_hash(&password))).await? != 1 {
        return Err(base::version::stale());
    }
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
