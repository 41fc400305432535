//! Which device takes what of the licences that stand where it stands. Where licences are required, a machine is let in while
//! some are left, and those that wait get theirs as soon as there are.

use api::change::ChangeAction;
use api::device::{DeviceKind, DeviceStatus};
use api::id::{CustomerId, DeviceId};
use api::product::{Edition, Unit};
use api::{Code, Error};
use base::change::Entry;
use base::cx::{Cx, Tx};
use db::{Sql, Text, sql};
use serde_json::json;
use tree::Path;
use tree::credits::month_of;
use tree::licences::{Class, DAY_MICROS, Dates, GRACE_DAYS};
use tree::measure::day_of;

use crate::credits::draw::{self, Sources};
use crate::devices;
use crate::products::{sql::ProductRow, units_of, weights_of};

/// Whether backups want a licence there.
pub(crate) async fn is_required(cx: &mut Cx, home: &Path) -> Result<bool, Error> {
    Ok(crate::settings::value_at(cx, home, "licences_required").await? == json!(true))
}

/// A device of those that wait for a licence.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    pub(crate) id: DeviceId,
    name: String,
    pub(crate) kind: DeviceKind,
    pub(crate) os: Option<String>,
    /// Nobody has suspended it, or what it stands below.
    is_active: bool,
}

/// What machines at a place may draw on month by month.
async fn sources_at(cx: &mut Cx, home: &CustomerId) -> Result<Sources, Error> {
    match crate::customers::sql::find_anywhere(cx, home).await? {
        Some(row) => Sources::at(cx, &row.path).await,
        None => Ok(Sources::default()),
    }
}

/// The end of a condition on devices `d`: let in, not suspended, to have a licence, and without one that holds.
pub(crate) fn without_licence(now: i64) -> Sql {
    sql![
        " and d.status = ",
        DeviceStatus::Authorised.as_ref(),
        " and d.kind <> ",
        DeviceKind::DirectToCloud.as_ref(),
        " and d.deletes_at is null and d.suspend_mode is null
         and not exists (select 1 from customers c where c.id = d.customer_id and c.stopped > 0)
         and not exists (select 1 from device_licences x join licences l on l.id = x.licence_id where x.device_id = d.id
         and (l.ends_at is null or l.ends_at + case when l.edition = ",
        Edition::Trial.as_ref(),
        " then 0 else ",
        GRACE_DAYS * DAY_MICROS,
        " end > ",
        now,
        "))"
    ]
}

db::record! {
    /// What a site has of a licence, and how much of that is used.
    #[derive(Clone, Debug)]
    struct ShareRow {
        licence_id: String,
        quantity: i64,
        used: i64,
        edition: Edition as Text,
        starts_at: i64,
        ends_at: Option<i64>,
        product_id: String,
    }
}

struct Share {
    row: ShareRow,
    product: ProductRow,
}

impl Share {
    /// How many units a machine of this class takes of it; nothing where it isn't for such a machine.
    fn takes(&self, class: Class) -> Option<i64> {
        match (self.product.unit, class) {
            (Unit::Server, Class::Server) | (Unit::Workstation, Class::Workstation) | (Unit::Device, _) => Some(1),
            // Any number of machines stores into it.
            (Unit::Tb, _) => Some(0),
            (Unit::Credit, class) => Some(units_of(&weights_of(&self.product), [class.as_str()])),
            (Unit::Server | Unit::Workstation | Unit::Seat, _) => None,
        }
    }

    /// What is for this class alone goes first.
    fn rank(&self) -> u8 {
        match self.product.unit {
            Unit::Server | Unit::Workstation => 0,
            Unit::Device => 1,
            Unit::Tb => 2,
            Unit::Credit | Unit::Seat => 3,
        }
    }

    fn holds_until(&self) -> Option<i64> {
        dates(&self.row).holds_until()
    }
}

fn dates(row: &ShareRow) -> Dates {
    Dates { starts_at: row.starts_at, ends_at: row.ends_at, notice_days: 0, is_trial: row.edition == Edition::Trial }
}

/// What stands at a place, and holds now.
async fn shares(cx: &mut Cx, home: &CustomerId) -> Result<Vec<Share>, Error> {
    let rows: Vec<ShareRow> = cx
        .all(sql![
            "select l.id as licence_id, a.quantity as quantity, cast(coalesce((select sum(x.units)
             from device_licences x where x.licence_id = a.licence_id and x.site_id = a.site_id), 0) as bigint) as used,
             l.edition as edition, l.starts_at as starts_at, l.ends_at as ends_at, l.product_id as product_id
             from licence_assignments a join licences l on l.id = a.licence_id where a.site_id = ",
            home.as_str()
        ])
        .await?;
    let now = cx.now.as_microsecond();
    let mut shares = Vec::with_capacity(rows.len());
    for row in rows {
        if !dates(&row).at(now, true).is_in_force() {
            continue;
        }
        let id = api::id::ProductId::from_text(row.product_id.as_str());
        if let Some(product) = crate::products::sql::find_product(cx, &id).await? {
            shares.push(Share { row, product });
        }
    }
    // The longest first: whoever gets one keeps it as long as it can be.
    shares.sort_by_key(|share| (share.rank(), std::cmp::Reverse(share.holds_until().unwrap_or(i64::MAX))));
    Ok(shares)
}

/// The share that has room for a machine, and how much it takes.
fn pick(shares: &mut [Share], class: Class) -> Option<(&mut Share, i64)> {
    shares.iter_mut().find_map(|share| {
        let units = share.takes(class)?;
        (share.row.used + units <= share.row.quantity).then_some((share, units))
    })
}

/// Whether this kind of machine is licensed at all: what goes to the cloud directly is billed by use.
fn wants(kind: DeviceKind) -> bool {
    kind != DeviceKind::DirectToCloud
}

/// Refuses a machine for which there would be no licence.
pub(crate) async fn refuse_without(
    tx: &mut Tx,
    home: (&CustomerId, &Path),
    kind: DeviceKind,
    os: Option<&str>,
) -> Result<(), Error> {
    if !wants(kind) || !is_required(tx, home.1).await? {
        return Ok(());
    }
    let class = Class::of(os);
    // Those that wait longer come first.
    supply(tx, home.0).await?;
    if pick(&mut shares(tx, home.0).await?, class).is_some() || Sources::at(tx, home.1).await?.pick(class).is_some() {
        return Ok(());
    }
    let detail = format!(
        "No licence for a {} is left here. Ask whoever looks after this customer to assign one.",
        class.as_str()
    );
    Err(Error::new(Code::NoLicence, detail))
}

/// Gives the machines at a place that wait what there is for them, the longest there first. Returns which got something.
pub(crate) async fn supply(tx: &mut Tx, home: &CustomerId) -> Result<Vec<DeviceId>, Error> {
    let mut shares = shares(tx, home).await?;
    let mut sources = sources_at(tx, home).await?;
    if shares.is_empty() && sources.is_empty() {
        return Ok(Vec::new());
    }
    let now = tx.now.as_microsecond();
    let mut supplied = Vec::new();
    for Waiting { id, name, kind, os, is_active } in waiting(tx, home).await? {
        if !wants(kind) {
            continue;
        }
        let class = Class::of(os.as_deref());
        let Some((share, units)) = pick(&mut shares, class) else {
            // What is used up is for those only that can use it.
            let source = sources.pick(class).filter(|_| is_active);
            if let Some((source, units)) = source
                && let Some(told) = draw::take(tx, source, (&id, &name, home), units).await?
            {
                record(tx, ChangeAction::DeviceLicensed, &id, told).await?;
                supplied.push(id);
            }
            continue;
        };
        share.row.used += units;
        tx.exec(sql!["delete from device_licences where device_id = ", id.as_str()]).await?;
        tx.exec(db::insert! { "device_licences",
            device_id: &id,
            licence_id: share.row.licence_id.as_str(),
            site_id: home,
            units: units,
            since: now,
        })
        .await?;
        let told = json!({ "licence_id": share.row.licence_id, "product": share.product.name, "units": units });
        record(tx, ChangeAction::DeviceLicensed, &id, told).await?;
        supplied.push(id);
    }
    Ok(supplied)
}

async fn record(tx: &mut Tx, action: ChangeAction, id: &DeviceId, told: serde_json::Value) -> Result<(), Error> {
    let Some((row, ..)) = devices::sql::find_anywhere(tx, id).await? else { return Ok(()) };
    let entry = Entry::new(action, devices::subject(&row));
    tx.record(if action == ChangeAction::DeviceLicensed { entry.after(told) } else { entry.before(told) });
    Ok(())
}

/// Machines that were let in at a place and have no licence, or one that doesn't hold any more.
async fn waiting(cx: &mut Cx, home: &CustomerId) -> Result<Vec<Waiting>, Error> {
    let now = cx.now.as_microsecond();
    let month = month_of(day_of(cx.now.as_second()));
    let rows: Vec<WaitingRow> = cx
        .all(sql![
            "select d.id as id, d.name as name, d.kind as kind, d.os as os, l.edition as edition, l.ends_at as ends_at,
             x.licence_id as licence_id, w.month as month,
             (d.deletes_at is null and d.suspend_mode is null and c.stopped = 0) as is_active from devices d
             join customers c on c.id = d.customer_id left join device_credits w on w.device_id = d.id
             left join device_licences x on x.device_id = d.id left join licences l on l.id = x.licence_id
             where d.customer_id = ",
            home.as_str(),
            " and d.status = ",
            DeviceStatus::Authorised.as_ref(),
            " order by d.created_at, d.id"
        ])
        .await?;
    Ok(rows
        .into_iter()
        .filter(|row| !row.holds(now) && row.month.is_none_or(|taken| taken < month))
        .map(|WaitingRow { id, name, kind, os, is_active, .. }| Waiting {
            id: DeviceId::from_text(id),
            name,
            kind: kind.parse().unwrap_or_default(),
            os,
            is_active,
        })
        .collect())
}

db::record! {
    /// A machine with what it has.
    struct WaitingRow {
        id: String,
        name: String,
        kind: String,
        os: Option<String>,
        edition: Option<String>,
        ends_at: Option<i64>,
        licence_id: Option<String>,
        /// For which it has taken credits last.
        month: Option<i64>,
        is_active: bool,
    }
}

impl WaitingRow {
    /// Whether it has a licence that holds.
    fn holds(&self, now: i64) -> bool {
        let is_trial = self.edition.as_deref() == Some(Edition::Trial.as_ref());
        let dates = Dates { starts_at: 0, ends_at: self.ends_at, notice_days: 0, is_trial };
        self.licence_id.is_some() && dates.holds_until().is_none_or(|until| now < until)
    }
}

/// What the machines at a place use of a licence.
pub(super) async fn used(cx: &mut Cx, licence: &str, site: &CustomerId) -> Result<(i64, i64), Error> {
    cx.one(sql![
        "select cast(coalesce(sum(units), 0) as bigint), count(*) from device_licences where licence_id = ",
        licence,
        " and site_id = ",
        site.as_str()
    ])
    .await
}

/// Takes what machines use: of a licence that ends, or at a site that goes. Returns how many had some.
pub(super) async fn withdraw(tx: &mut Tx, licence: &str, site: Option<&CustomerId>) -> Result<u64, Error> {
    let mut condition = sql![" from device_licences where licence_id = ", licence];
    if let Some(site) = site {
        condition.append(sql![" and site_id = ", site.as_str()]);
    }
    let ids: Vec<String> = tx.all(sql!["select device_id", condition.clone(), " order by device_id"]).await?;
    tx.exec(sql!["delete", condition]).await?;
    for id in &ids {
        record(tx, ChangeAction::DeviceUnlicensed, &DeviceId::from_text(id.as_str()), json!({ "licence_id": licence }))
            .await?;
    }
    Ok(ids.len() as u64)
}

/// Takes what a device has.
pub(crate) async fn take(tx: &mut Tx, device: &DeviceId) -> Result<u64, Error> {
    tx.exec(sql!["delete from device_licences where device_id = ", device.as_str()]).await
}

/// What a device had is free again: it stands elsewhere, or was given up. Others that wait where it stood get it.
pub(crate) async fn free(tx: &mut Tx, device: &DeviceId, home: &CustomerId) -> Result<(), Error> {
    if take(tx, device).await? > 0 {
        supply(tx, home).await?;
    }
    Ok(())
}
