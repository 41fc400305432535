//! Space, licence pools and limits of devices of a whole subtree on one page, and several of them changed by one command: all
//! of them or none. What each is and may be is said by its own slice.

pub mod http;
mod sql;

use std::collections::HashMap;

use api::allotment::{
    AllotmentChange, AllotmentDevice, AllotmentJob, AllotmentList, AllotmentPool, AllotmentProduct, AllotmentQuery,
    AllotmentRow, AllotmentSet, AllotmentsChanged,
};
use api::customer::CustomerUpdate;
use api::id::CustomerId;
use api::job::{JobKind, JobOutcome};
use api::licence_pool::LicencePoolSet;
use api::page::MAX_LIMIT;
use api::space::{Space, SpaceSet};
use api::units::{Action, Time};
use api::{Code, Error, FieldError, Level};
use base::authz::{Account, Permission};
use base::cx::{Cx, Tx};
use base::version::IfMatch;
use tree::{Budget, Path};

use crate::customers::CheckedUpdate;
use crate::products::sql::ProductRow;
use crate::space::CheckedSpace;
use crate::{customers, devices, licence_pools, products, space};

const DEFAULT_ROWS: u32 = 100;
const MOST_CHANGES: usize = 200;

/// A subtree from the top down, with what each customer and device in it holds and may have.
pub async fn list(cx: &mut Cx, id: &CustomerId, query: &AllotmentQuery) -> Result<AllotmentList, Error> {
    let account = cx.account()?;
    let top = customers::fetch(cx, &account, id, Permission::ReadDevices).await?;
    let limit = query.limit.unwrap_or(DEFAULT_ROWS);
    if !(1..=MAX_LIMIT).contains(&limit) {
        return Err(Error::field("limit", Code::OutOfRange, format!("Must be from 1 to {MAX_LIMIT}.")));
    }
    let totals = customers::sql::totals(cx, id).await?;
    let found = sql::ids(cx, &top.path, (i64::from(query.offset.unwrap_or_default()), i64::from(limit))).await?;
    let of = |wanted: i64| -> Vec<&str> {
        found.iter().filter(|(kind, _)| *kind == wanted).map(|(_, id)| id.as_str()).collect()
    };
    let (customer_ids, device_ids) = (of(0), of(1));
    let overlay = cx.overlay().await?;
    let customers = sql::customers(cx, &customer_ids).await?;
    let budgets: HashMap<String, Budget> = space::sql::budgets(cx, &customer_ids).await?.into_iter().collect();
    let devices = sql::devices(cx, &device_ids).await?;
    let mut jobs: HashMap<String, Vec<AllotmentJob>> = HashMap::new();
    for (device, kind, outcome, ended_at) in sql::last_jobs(cx, &device_ids).await? {
        jobs.entry(device).or_default().push(AllotmentJob {
            kind: kind.parse().unwrap_or(JobKind::Backup),
            outcome: outcome.parse().unwrap_or(JobOutcome::Unfinished),
            ended_at: Time::from_micros(ended_at),
        });
    }
    // Licences are for those who may read them.
    let may_read = account.refusal(Permission::ReadLicences, &top.path).is_none();
    let sold = if may_read { products::sql::products(cx).await? } else { Vec::new() };
    let sold: Vec<ProductRow> =
        sold.into_iter().filter(|product| product.retired_at.is_none() && !product.usage_billed).collect();
    let pools = licence_pools::budgets_of(cx, &customer_ids).await?;
    let depth_of = |path: &Path| i64::try_from(path.ids().count()).unwrap_or_default();
    let top_depth = depth_of(&top.path);
    let rows = found.iter().filter_map(|(kind, id)| {
        if *kind == 0 {
            let (row, count) = customers.get(id)?;
            let budget = overlay.of_id(id).budget(budgets.get(id).copied().unwrap_or_default());
            return Some(AllotmentRow {
                customer_id: Some(row.id.clone()),
                device_id: None,
                version: row.version,
                parent_id: row.parent_id.clone().filter(|_| row.id != top.id),
                depth: depth_of(&row.path) - top_depth,
                level: Some(row.level),
                name: row.name.clone().unwrap_or_else(|| row.company_name.clone()),
                space: Space::from(budget),
                max_devices: row.max_devices,
                devices: Some(*count),
                pools: sold
                    .iter()
                    .map(|product| AllotmentPool {
                        product_id: product.id.clone(),
                        numbers: pools.get(&(id.clone(), product.id.to_string())).copied().unwrap_or_default().into(),
                    })
                    .collect(),
                device: None,
                actions: actions_of(&account, row),
            });
        }
        let (row, repository, pool_name) = devices.get(id)?;
        let used = overlay.of_id(id).used_bytes(repository.used_bytes);
        let action = match account.refusal(Permission::EditDevices, &row.path) {
            Some(reason) => Action::refused("set_space", Code::Forbidden, reason),
            None => Action::allowed("set_space"),
        };
        Some(AllotmentRow {
            customer_id: None,
            device_id: Some(row.id.clone()),
            version: row.version,
            parent_id: Some(row.customer_id.clone()),
            depth: depth_of(&row.path) + 1 - top_depth,
            level: None,
            name: row.name.clone(),
            space: Space::from(space::device_budget(repository.allotted_bytes, used)),
            max_devices: None,
            devices: None,
            pools: Vec::new(),
            device: Some(AllotmentDevice {
                status: row.status,
                repository_id: repository.id.clone(),
                pool_name: pool_name.clone(),
                last_backup_at: repository.last_backup_at.map(Time::from_micros),
                jobs: jobs.remove(id).unwrap_or_default(),
            }),
            actions: vec![action],
        })
    });
    let items: Vec<AllotmentRow> = rows.collect();
    let products =
        sold.into_iter().map(|product| AllotmentProduct { id: product.id, name: product.name, unit: product.unit });
    Ok(AllotmentList {
        items,
        total: 1 + totals.customers + totals.sites + totals.devices,
        products: products.collect(),
    })
}

fn actions_of(account: &Account, row: &sql::CustomerRow) -> Vec<Action> {
    let action = |name: &str, permission: Permission, blocked: Option<(Code, &str)>| match (
        account.refusal(permission, &row.path),
        blocked,
    ) {
        (Some(reason), _) => Action::refused(name, Code::Forbidden, reason),
        (None, Some((code, reason))) => Action::refused(name, code, reason),
        (None, None) => Action::allowed(name),
    };
    let at_site = (row.level == Level::Site)
        .then_some((Code::LevelNotAllowed, "Limits are set at the customer, not at its sites."));
    vec![
        action("set_space", Permission::AllotSpace, None),
        // Who sets space looks after the customer from above, as limits want it.
        action("set_max_devices", Permission::AllotSpace, at_site),
        action("set_pool", Permission::ManageLicences, licence_pools::refusal_for(row.level, row.is_default)),
    ]
}

/// One number that changes.
struct Cell<'a> {
    /// Where it was given.
    field: String,
    change: &'a AllotmentChange,
    what: What,
}

#[derive(Clone)]
enum What {
    Space(Option<i64>),
    Devices(Option<i64>),
    Pool(usize),
}

/// Makes all of these changes, in whatever order they fit: what one gives up another may take. Where some are refused none is
/// made, and each of them is named.
pub async fn set(tx: &mut Tx, input: &AllotmentSet) -> Result<AllotmentsChanged, Error> {
    let account = tx.account()?;
    if !(1..=MOST_CHANGES).contains(&input.changes.len()) {
        let detail = format!("From 1 to {MOST_CHANGES} changes are made together.");
        return Err(Error::field("changes", Code::OutOfRange, detail));
    }
    let mut wrong = Vec::new();
    let mut cells = Vec::new();
    let mut ids: Vec<String> = Vec::new();
    for (at, change) in input.changes.iter().enumerate() {
        let part = format!("changes.{at}");
        match placed(tx, &account, change).await {
            Ok(path) => ids.extend(path.ids().map(str::to_owned)),
            Err(error) => {
                wrong.extend(error.below(&part).fields);
                continue;
            }
        }
        let found = cells_of(&part, change);
        if found.is_empty() {
            wrong.push(FieldError::new(part, Code::Required, "Say what changes."));
        }
        cells.extend(found);
    }
    if !wrong.is_empty() {
        return Err(Error::fields(wrong));
    }
    // All at once and in their order, as the gateway's counters are stored.
    ids.sort_unstable();
    ids.dedup();
    base::totals::space_of(tx, &ids.iter().map(String::as_str).collect::<Vec<_>>()).await?;
    let changed = i64::try_from(cells.len()).unwrap_or(i64::MAX);
    loop {
        let before = cells.len();
        let mut refused = Vec::new();
        for cell in cells {
            match apply(tx, &cell).await {
                Ok(()) => tx.settle_totals().await?,
                Err(error) if error.cause.is_none() && error.code != Code::Unavailable => refused.push((cell, error)),
                Err(error) => return Err(error),
            }
        }
        if refused.is_empty() {
            return Ok(AllotmentsChanged { changed });
        }
        if refused.len() == before {
            return Err(all_of(refused));
        }
        cells = refused.into_iter().map(|(cell, _)| cell).collect();
    }
}

fn all_of(refused: Vec<(Cell<'_>, Error)>) -> Error {
    // Who may do nothing of it is told so.
    if refused.iter().all(|(_, error)| error.code == Code::Forbidden)
        && let Some((_, error)) = refused.first()
    {
        return error.told();
    }
    let count = refused.len();
    let verb = if count == 1 { "change is" } else { "changes are" };
    let mut error = Error::new(Code::ChangesRefused, format!("{count} {verb} refused, and none was made."));
    error.fields = refused
        .into_iter()
        .map(|(cell, error)| {
            let (code, detail) = error.said();
            FieldError { field: cell.field, code, detail }
        })
        .collect();
    error
}

/// Where a change is made, if it is the caller's to see, and based on what is there.
async fn placed(tx: &mut Tx, account: &Account, change: &AllotmentChange) -> Result<Path, Error> {
    let missing = |field: &str| {
        Error::field(field, Code::ReferenceNotFound, "There is no such thing, or it is not yours to see.")
    };
    let (field, path, version) = match (&change.customer_id, &change.device_id) {
        (Some(id), None) => {
            let row = customers::sql::find_anywhere(tx, id).await?.filter(|row| account.sees(&row.path));
            let row = row.ok_or_else(|| missing("customer_id"))?;
            ("customer_id", row.path, row.version)
        }
        (None, Some(id)) => {
            let found = devices::sql::find_anywhere(tx, id).await?.filter(|(row, ..)| account.sees(&row.path));
            let (row, ..) = found.ok_or_else(|| missing("device_id"))?;
            ("device_id", row.path, row.version)
        }
        _ => return Err(Error::field("customer_id", Code::Required, "Give either a customer or a device.")),
    };
    if change.version.is_some_and(|expected| expected != version) {
        let detail = format!("It was changed since; the present version is {version}.");
        return Err(Error::field(field, Code::VersionStale, detail));
    }
    Ok(path)
}

fn cells_of<'a>(part: &str, change: &'a AllotmentChange) -> Vec<Cell<'a>> {
    let cell = |field: String, what: What| Cell { field: format!("{part}.{field}"), change, what };
    let space = change.allotted_bytes.map(|bytes| cell("allotted_bytes".to_owned(), What::Space(bytes)));
    let devices = change.max_devices.map(|max| cell("max_devices".to_owned(), What::Devices(max)));
    let pools = (0..change.pools.len()).map(|at| cell(format!("pools.{at}.quantity"), What::Pool(at)));
    space.into_iter().chain(devices).chain(pools).collect()
}

async fn apply(tx: &mut Tx, cell: &Cell<'_>) -> Result<(), Error> {
    let not_of_devices = || Error::new(Code::Invalid, "A device has space alone.");
    match (&cell.what, &cell.change.customer_id, &cell.change.device_id) {
        (What::Space(bytes), customer, device) => {
            let input = CheckedSpace::of(&SpaceSet { allotted_bytes: Some(*bytes), overcommit: None })?;
            match (customer, device) {
                (Some(id), _) => space::set(tx, id, None, input).await.map(drop),
                (None, Some(id)) => space::set_device(tx, id, None, input).await.map(drop),
                (None, None) => Err(not_of_devices()),
            }
        }
        (What::Devices(max), Some(id), _) => {
            let input =
                CheckedUpdate::of(CustomerUpdate { max_devices: Some(*max), ..CustomerUpdate::default() }, &[])?;
            customers::update(tx, id, IfMatch::Any, &input, None).await.map(drop)
        }
        (What::Pool(at), Some(id), _) => match cell.change.pools.get(*at) {
            Some(pool) => {
                let input = LicencePoolSet { quantity: pool.quantity };
                let set = licence_pools::set(tx, id, &pool.product_id, None, input).await;
                set.map(drop).map_err(|error| match error.code {
                    Code::NotFound => Error::new(Code::ReferenceNotFound, "There is no such product."),
                    _ => error,
                })
            }
            None => Ok(()),
        },
        _ => Err(not_of_devices()),
    }
}
