//! What clients did: backups, restores and deletions as the gateway has recognised them, kept for some months.

pub mod http;
pub(crate) mod sql;

use api::Error;
use api::grant::Run;
use api::id::{DeviceId, JobId};
use api::job::{DeviceJobs, Job, JobKind, JobOutcome, JobState};
use api::page::{CountQuery, ListCounts, ListQuery, Page};
use api::units::Time;
use strum::VariantNames as _;

use self::sql::{JobRow, WholeJob};
use base::App;
use base::authz::Permission;
use base::cx::{Cx, Tx};
use base::list::{Beside, Field, Noun, Place, Population};

static DEVICE: Beside = Beside { table: "devices d", on: "d.id = j.device_id", id: None, place: None };

/// About as many of each device are kept.
const EACH: i64 = 30;

pub(crate) static NOUN: Noun = Noun {
    table: "jobs j",
    id: "j.id",
    place: Place { column: "d.path", beside: Some(&DEVICE) },
    parent: "(select x.customer_id from devices x where x.id = j.device_id)",
    level: None,
    // Whoever looks for a job knows whose it is; a filter finds that.
    search: "j.device_id",
    grams: None,
    population: |scope| Population { here: None, all: scope.all_devices * EACH },
    fields: &[
        Field::time("started_at", "j.started_at").sorted(),
        Field::id("id", "j.id"),
        Field::id("device_id", "j.device_id").searched(),
        Field::text("device_name", "d.name_folded").of(&DEVICE),
        Field::words("kind", "j.kind", JobKind::VARIANTS),
        Field::words("outcome", "j.outcome", JobOutcome::VARIANTS),
        Field::time("ended_at", "j.ended_at"),
        Field::number("seconds", "((j.ended_at - j.started_at) / 1000000)"),
        Field::bytes("received_bytes", "j.received_bytes"),
        Field::bytes("sent_bytes", "j.sent_bytes"),
        Field::number("snapshots", "j.snapshots"),
        Field::number("removed_files", "j.removed_files"),
        Field::bytes("removed_bytes", "j.removed_bytes"),
        Field::text("code", "fold(j.code)").optional().counted_as("j.code"),
    ],
};

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Job>, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadDevices, &account.path)?;
    let found = base::list::find(cx, &account, query, &NOUN).await?;
    let rows = found.arrange(sql::with_these_ids(cx, found.ids()).await?, |(row, ..)| row.id.as_str());
    Ok(base::list::page(rows.into_iter().map(view).collect(), found.next, found.total))
}

/// Those of these, in their order.
pub(crate) async fn with_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<Job>, Error> {
    let rows = base::list::arranged(ids, sql::with_these_ids(cx, ids).await?, |(row, ..)| row.id.as_str());
    Ok(rows.into_iter().map(view).collect())
}

/// How many of them have which value.
pub async fn count(cx: &mut Cx, query: &CountQuery) -> Result<ListCounts, Error> {
    let account = cx.account()?;
    account.authorize(Permission::ReadDevices, &account.path)?;
    base::list::count(cx, &account, query, &NOUN).await
}

/// So many of a device's last jobs are told with it.
const LAST: i64 = 100;

/// What a device is about, and its last jobs, the newest first.
pub async fn of_device(cx: &mut Cx, id: &DeviceId) -> Result<DeviceJobs, Error> {
    let account = cx.account()?;
    let (row, _, home) = crate::devices::fetch(cx, &account, id, Permission::ReadDevices).await?;
    let running = cx.app.running(&row.id);
    let rows = sql::last_of(cx, &row.id, LAST).await?;
    let names = (row.name, row.customer_id, home.company_name);
    let running = running.map(|run| {
        let job = JobRow::of(String::new(), &run);
        Job {
            id: None,
            outcome: None,
            state: JobState::Running,
            ..view((job, names.0.clone(), names.1.clone(), names.2.clone()))
        }
    });
    // One that has ended since may be there twice.
    let ended: Vec<Job> = rows
        .into_iter()
        .map(|row| view((row, names.0.clone(), names.1.clone(), names.2.clone())))
        .filter(|job| running.as_ref().is_none_or(|running| running.started_at != job.started_at))
        .collect();
    Ok(DeviceJobs { items: running.into_iter().chain(ended).collect() })
}

fn view((row, device_name, customer_id, customer_name): WholeJob) -> Job {
    Job {
        id: Some(JobId::from_text(row.id)),
        device_id: row.device_id,
        device_name,
        customer_id,
        customer_name,
        state: JobState::Ended,
        kind: row.kind,
        outcome: Some(row.outcome),
        started_at: Time::from_micros(row.started_at),
        ended_at: Time::from_micros(row.ended_at),
        seconds: (row.ended_at - row.started_at) / 1_000_000,
        received_bytes: row.received_bytes,
        sent_bytes: row.sent_bytes,
        snapshots: row.snapshots,
        removed_files: row.removed_files,
        removed_bytes: row.removed_bytes,
        code: row.code,
        sentence: row.sentence,
        address: row.address,
    }
}

/// Keeps what clients have done; what is known already is kept once. What a device did that is gone is nobody's any more.
pub(crate) async fn keep(tx: &mut Tx, runs: &[Run]) -> Result<(), Error> {
    let there = sql::lock_devices(tx, runs.iter().map(|run| run.device.as_str())).await?;
    let mut rows = Vec::with_capacity(runs.len());
    for run in runs.iter().filter(|run| there.contains(run.device.as_str())) {
        let id = JobId::new(tx.app.random.uuid(tx.now)?).to_string();
        rows.push(JobRow::of(id, run));
    }
    sql::insert(tx, &rows).await
}

/// So long they are kept.
const KEPT_DAYS: i64 = 92;

/// Forgets the oldest. Returns how many.
pub(crate) async fn forget_old(app: &App) -> Result<u64, Error> {
    base::beside!(app, |tx| {
        let before = tx.now.as_microsecond() - KEPT_DAYS * 24 * 60 * 60 * 1_000_000;
        sql::forget_before(tx, before, base::background::PIECE.cast_signed()).await
    })
}
