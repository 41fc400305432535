//! What follows from how things are: events of devices and customers are opened, and those that no longer hold are mended.

use std::collections::{HashMap, HashSet};

use api::Error;
use api::device::DeviceStatus;
use api::event::{EventType, Origin, Thresholds};
use api::id::DeviceId;
use api::product::Edition;
use api::units::Time;
use base::cx::{Cx, Tx};
use base::totals::used_percent;
use tree::Path;
use tree::licences::DAY_MICROS;

use super::keep::{Sighting, Whose, see, write};
use super::sql::{self, CustomerFacts, DeviceFacts, EndingRow, EventRow};
use super::story;
use crate::credits::lasting::Lasting;
use crate::settings::Holding;

/// What holds of a type at a place or a device.
pub(super) fn thresholds(
    held: &Holding,
    path: &Path,
    device: Option<&str>,
    kind: EventType,
) -> Result<Thresholds, Error> {
    let value = held.value(path, device, kind.setting())?;
    serde_json::from_value(value).map_err(Error::internal)
}

impl DeviceFacts {
    pub(super) fn whose(&self) -> Whose {
        Whose {
            customer_id: self.customer_id.clone(),
            path: self.path.clone(),
            device_id: Some(DeviceId::from_text(self.id.as_str())),
            name: self.name.clone(),
        }
    }

    /// Whether it is to back up.
    fn is_at_work(&self, held: &Holding) -> bool {
        self.status == DeviceStatus::Authorised
            && self.suspend_mode.is_none()
            && self.deletes_at.is_none()
            && held.lineage().effective(&self.path).is_active()
    }

    /// No backup, where it is so.
    fn silence(&self, held: &Holding, now: i64) -> Result<Option<Sighting>, Error> {
        if !self.is_at_work(held) {
            return Ok(None);
        }
        let kind = EventType::NoBackup;
        let thresholds = thresholds(held, &self.path, Some(&self.id), kind)?;
        let since = self.last_backup_at.unwrap_or(self.created_at);
        let value = (now - since).max(0) / DAY_MICROS;
        if thresholds.severity(kind.measure(), value).is_none() {
            return Ok(None);
        }
        let detail = match self.last_backup_at {
            Some(at) => format!("The last backup arrived on {}.", day(at)),
            None => format!("No backup has arrived since it was added on {}.", day(self.created_at)),
        };
        Ok(Some(Sighting { whose: self.whose(), kind, product: None, key: String::new(), thresholds, value, detail }))
    }
}

pub(super) fn day(at: i64) -> String {
    Time::from_micros(at).day_in_words()
}

/// Makes it so for these devices. Returns how many events changed.
pub(super) async fn devices(tx: &mut Tx, ids: &[String]) -> Result<u64, Error> {
    let devices = sql::devices(tx, ids).await?;
    let places: Vec<(&Path, Option<&str>)> =
        devices.iter().map(|device| (&device.path, Some(device.id.as_str()))).collect();
    let held = Holding::at(tx, &places).await?;
    let now = tx.now.as_microsecond();
    let mut open: HashMap<String, Vec<EventRow>> = HashMap::new();
    for row in sql::open_of_devices(tx, ids).await? {
        open.entry(row.device_id.as_ref().map(ToString::to_string).unwrap_or_default()).or_default().push(row);
    }
    let mut seen = Vec::new();
    let mut mended = Vec::new();
    for device in &devices {
        let silence = device.silence(&held, now)?;
        for row in open.remove(&device.id).unwrap_or_default() {
            let is_mended = match row.kind.origin() {
                Origin::Watched => silence.is_none(),
                // What was in the way of backups is not any more.
                Origin::Refused => device.last_backup_at.is_some_and(|at| at > row.last_seen_at),
                Origin::Happened | Origin::Reported => false,
            };
            if is_mended {
                mended.push((device.name.clone(), row));
            }
        }
        seen.extend(silence);
    }
    settle(tx, seen, mended).await
}

/// Writes what holds and what doesn't any more. Returns how many events changed.
async fn settle(tx: &mut Tx, seen: Vec<Sighting>, mended: Vec<(String, EventRow)>) -> Result<u64, Error> {
    let (before, now) = (tx.written(), tx.now.as_microsecond());
    for (name, row) in mended {
        write(tx, &name, Some(&row), story::mended(&row, now)).await?;
    }
    see(tx, seen).await?;
    Ok(tx.written() - before)
}

impl CustomerFacts {
    pub(super) fn whose(&self) -> Whose {
        Whose {
            customer_id: self.id.clone(),
            path: self.path.clone(),
            device_id: None,
            name: self.name.clone().unwrap_or_else(|| self.company_name.clone()),
        }
    }

    fn sighting(
        &self,
        held: &Holding,
        kind: EventType,
        value: i64,
        detail: impl FnOnce(Thresholds) -> String,
    ) -> Result<Option<Sighting>, Error> {
        let thresholds = thresholds(held, &self.path, None, kind)?;
        Ok(thresholds.severity(kind.measure(), value).map(|_| Sighting {
            whose: self.whose(),
            kind,
            product: None,
            key: String::new(),
            thresholds,
            value,
            detail: detail(thresholds),
        }))
    }

    /// Whether anything is expected of it.
    fn is_at_work(&self, held: &Holding) -> bool {
        self.deletes_at.is_none() && held.lineage().effective(&self.path).is_active()
    }

    /// What it has paid beforehand that doesn't last.
    fn running_out(&self, held: &Holding, lasting: &[Lasting]) -> Result<Vec<Sighting>, Error> {
        let kind = EventType::CreditsRunningOut;
        let mut seen = Vec::new();
        for account in lasting {
            let detail = |_| {
                let day = day(account.day * DAY_MICROS);
                format!(
                    "{} of {} are left; from {day} on not every device has its month.",
                    account.balance, account.product
                )
            };
            let sighting = self.sighting(held, kind, account.days_left, detail)?;
            seen.extend(sighting.map(|sighting| Sighting {
                product: Some(account.product.clone()),
                key: account.product_id.clone(),
                ..sighting
            }));
        }
        Ok(seen)
    }

    /// All that holds.
    fn sightings(&self, held: &Holding, licences: &[EndingRow], now: i64) -> Result<Vec<Sighting>, Error> {
        let mut seen = Vec::new();
        if !self.is_at_work(held) {
            return Ok(seen);
        }
        if let Some(percent) = used_percent(self.used_bytes, self.allotted_bytes) {
            // It is told by the threshold, so that the words stay as it fills.
            seen.extend(self.sighting(held, EventType::SpaceFilling, percent, |thresholds| {
                let reached = [thresholds.action_required, thresholds.warning].into_iter().flatten();
                let reached = reached.filter(|threshold| *threshold <= percent).max().unwrap_or_default();
                format!("{reached} % or more of its space is used.")
            })?);
        }
        if let Some(at) = self.trial_ends_at.filter(|at| *at > now) {
            seen.extend(self.sighting(held, EventType::TrialEnding, days_left(at, now), |_| {
                format!("The trial ends on {}.", day(at))
            })?);
        }
        for licence in licences {
            let kind = if licence.edition == Edition::Trial {
                EventType::TrialLicenceEnding
            } else {
                EventType::LicenceEnding
            };
            let value = days_left(licence.ends_at, now);
            let units = match licence.quantity {
                1 => "1 unit".to_owned(),
                quantity => format!("{quantity} units"),
            };
            let verb = match (licence.ends_at <= now, licence.quantity) {
                (true, _) => "ended",
                (false, 1) => "ends",
                (false, _) => "end",
            };
            let detail = |_| format!("{units} of {} {verb} on {}.", licence.product, day(licence.ends_at));
            let seen_here = self.sighting(held, kind, value, detail)?;
            seen.extend(seen_here.map(|sighting| Sighting {
                product: Some(licence.product.clone()),
                key: licence.id.clone(),
                ..sighting
            }));
        }
        Ok(seen)
    }
}

/// Days until then, begun ones too; none where it is past.
fn days_left(at: i64, now: i64) -> i64 {
    ((at - now).max(0) + DAY_MICROS - 1) / DAY_MICROS
}

/// Makes it so for these customers themselves. Returns how many events changed.
pub(super) async fn customers(tx: &mut Tx, ids: &[String]) -> Result<u64, Error> {
    let customers = sql::customers(tx, ids).await?;
    let places: Vec<(&Path, Option<&str>)> = customers.iter().map(|customer| (&customer.path, None)).collect();
    let held = Holding::at(tx, &places).await?;
    let now = tx.now.as_microsecond();
    let mut licences: HashMap<String, Vec<EndingRow>> = HashMap::new();
    for licence in sql::ending(tx, ids).await? {
        licences.entry(licence.customer_id.clone()).or_default().push(licence);
    }
    let mut open: HashMap<String, Vec<EventRow>> = HashMap::new();
    let mut credits: HashMap<String, Vec<Lasting>> = HashMap::new();
    for account in crate::credits::lasting::lasting(tx, ids).await? {
        credits.entry(account.customer_id.clone()).or_default().push(account);
    }
    for row in sql::open_of_customers(tx, ids).await? {
        open.entry(row.customer_id.to_string()).or_default().push(row);
    }
    let (mut seen, mut mended) = (Vec::new(), Vec::new());
    for customer in &customers {
        let of = customer.id.as_str();
        let mut holds = customer.sightings(&held, licences.get(of).map_or(&[], Vec::as_slice), now)?;
        if customer.is_at_work(&held) {
            holds.extend(customer.running_out(&held, credits.get(of).map_or(&[], Vec::as_slice))?);
        }
        let stories: HashSet<String> = holds.iter().map(Sighting::story).collect();
        let over = open.remove(of).unwrap_or_default().into_iter();
        let over = over.filter(|row| row.kind.origin() == Origin::Watched && !stories.contains(&row.story));
        mended.extend(over.map(|row| (customer.whose().name, row)));
        seen.extend(holds);
    }
    settle(tx, seen, mended).await
}

/// The thresholds of a type that somebody may reach: those that hold by default, and all that were set.
pub(super) async fn in_use(cx: &mut Cx, kind: EventType) -> Result<Vec<i64>, Error> {
    let set = crate::settings::values_in_use(cx, kind.setting()).await?;
    let set = set.into_iter().filter_map(|value| serde_json::from_value::<Thresholds>(value).ok());
    let mut lines: Vec<i64> = set
        .chain([kind.default_thresholds()])
        .flat_map(|thresholds| [thresholds.warning, thresholds.action_required])
        .flatten()
        .collect();
    lines.sort_unstable();
    lines.dedup();
    Ok(lines)
}
