//! What happens at devices, as the gateway tells of it: refusals, and jobs that are not as they usually are. And what happens
//! to customers by the clock.

use api::Error;
use api::backup::{Refusal, RefusedOperation};
use api::event::EventType;
use api::grant::Run;
use api::id::{CustomerId, DeviceId};
use api::job::{JobKind, JobOutcome};
use base::cx::{Cx, Tx};
use base::text::size;
use db::{list, sql};
use tree::Path;

use super::check::{day, thresholds};
use super::keep::{Sighting, see};
use super::sql;
use crate::settings::Holding;

/// Something that happened at a device.
#[derive(Clone, Debug)]
pub(crate) struct Happening {
    pub(crate) device: DeviceId,
    pub(crate) kind: EventType,
    /// In what the type measures.
    pub(crate) value: i64,
    pub(crate) detail: String,
}

/// What a refusal is an event of; nothing where it follows from what somebody wanted.
pub(crate) fn of_refusal(device: &DeviceId, refusal: &Refusal, tries: u32) -> Option<Happening> {
    let kind = match (refusal.operation, refusal.code.as_str()) {
        (RefusedOperation::SignIn, _) => EventType::WrongPassword,
        (_, "append_only") => EventType::DeletionRefused,
        (_, "quota_exceeded") => EventType::SpaceUsedUp,
        (_, "no_licence") => EventType::LicenceMissing,
        (_, "storage_full" | "storage_away") => EventType::StorageUnavailable,
        _ => return None,
    };
    let from = refusal.address.as_ref().map(|address| format!(" from {address}")).unwrap_or_default();
    let detail = match kind {
        EventType::WrongPassword => format!("Somebody tried to sign in as this device with a wrong password{from}."),
        EventType::DeletionRefused => format!("Backups were to be deleted{from} that are kept append-only."),
        _ => format!("A backup was refused: {}.", refusal.sentence),
    };
    Some(Happening { device: device.clone(), kind, value: i64::from(tries), detail })
}

/// Keeps what happened.
pub(crate) async fn happened(tx: &mut Tx, happenings: Vec<Happening>) -> Result<(), Error> {
    if happenings.is_empty() {
        return Ok(());
    }
    let mut ids: Vec<String> = happenings.iter().map(|happening| happening.device.to_string()).collect();
    ids.sort_unstable();
    ids.dedup();
    let devices = sql::devices(tx, &ids).await?;
    let places: Vec<(&Path, Option<&str>)> =
        devices.iter().map(|device| (&device.path, Some(device.id.as_str()))).collect();
    let held = Holding::at(tx, &places).await?;
    let mut seen = Vec::with_capacity(happenings.len());
    for Happening { device, kind, value, detail } in happenings {
        // A device that has gone meanwhile is nobody's any more.
        let Some(facts) = devices.iter().find(|facts| facts.id == device.as_str()) else { continue };
        let thresholds = thresholds(&held, &facts.path, Some(&facts.id), kind)?;
        seen.push(Sighting {
            whose: facts.whose(),
            kind,
            product: None,
            key: String::new(),
            thresholds,
            value,
            detail,
        });
    }
    see(tx, seen).await.map(drop)
}

/// Less is never unusual.
const MUCH_REMOVED: i64 = 16 << 20;
const MUCH_RECEIVED: i64 = 256 << 20;
/// From so many backups on it is known what is usual, and it is measured by so many.
const USUAL_FROM: usize = 5;
const USUAL: i64 = 10;

/// Jobs among these that are not as they usually are. They are kept already.
pub(crate) async fn unusual(cx: &mut Cx, runs: &[Run]) -> Result<Vec<Happening>, Error> {
    let mut found = Vec::new();
    for run in runs {
        let (received, removed) = (whole(run.received_bytes), whole(run.removed_bytes));
        // What a pruning packs anew is not gone.
        let gone = removed - received;
        if run.kind == JobKind::Delete && gone >= MUCH_REMOVED {
            let left: Option<i64> =
                cx.opt(sql!["select used_bytes from repositories where device_id = ", run.device.as_str()]).await?;
            let Some(left) = left else { continue };
            let percent = percent_of(gone, gone + left);
            let detail = format!("{percent} % of the repository were deleted in one go: {}.", size(gone));
            found.push(Happening {
                device: run.device.clone(),
                kind: EventType::UnusualDeletion,
                value: percent,
                detail,
            });
        }
        if run.kind == JobKind::Backup && run.outcome == JobOutcome::Completed && received >= MUCH_RECEIVED {
            let before: Vec<i64> = cx
                .all(sql![
                    "select received_bytes from jobs where device_id = ",
                    run.device.as_str(),
                    " and started_at < ",
                    run.began.as_microsecond(),
                    " and kind in ",
                    list([JobKind::Backup.as_ref()]),
                    " and outcome in ",
                    list([JobOutcome::Completed.as_ref()]),
                    " order by started_at desc limit ",
                    USUAL
                ])
                .await?;
            if before.len() < USUAL_FROM {
                continue;
            }
            let usual = (before.iter().sum::<i64>() / whole(before.len() as u64)).max(1);
            let percent = percent_of(received, usual);
            let detail = format!(
                "A backup sent {}, where {} are usual. Files that were encrypted or replaced come anew.",
                size(received),
                size(usual)
            );
            found.push(Happening {
                device: run.device.clone(),
                kind: EventType::UnusualUpload,
                value: percent,
                detail,
            });
        }
    }
    Ok(found)
}

/// Trials have ended by themselves, each at its time: from now on the customer is invoiced.
pub(crate) async fn trials_ended(tx: &mut Tx, ended: &[(CustomerId, i64)]) -> Result<(), Error> {
    let ids: Vec<String> = ended.iter().map(|(id, _)| id.to_string()).collect();
    let customers = sql::customers(tx, &ids).await?;
    let places: Vec<(&Path, Option<&str>)> = customers.iter().map(|facts| (&facts.path, None)).collect();
    let held = Holding::at(tx, &places).await?;
    let mut seen = Vec::with_capacity(ended.len());
    for (id, at) in ended {
        let Some(facts) = customers.iter().find(|facts| facts.id == *id) else { continue };
        let detail = format!("The trial ended on {}; it is in production since.", day(*at));
        seen.push(Sighting {
            whose: facts.whose(),
            kind: EventType::TrialEnded,
            product: None,
            key: String::new(),
            thresholds: thresholds(&held, &facts.path, None, EventType::TrialEnded)?,
            value: 1,
            detail,
        });
    }
    see(tx, seen).await.map(drop)
}

fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn percent_of(part: i64, all: i64) -> i64 {
    i64::try_from(i128::from(part) * 100 / i128::from(all.max(1))).unwrap_or(i64::MAX)
}
