//! The queries of jobs.

use std::collections::HashSet;

use api::Error;
use api::grant::Run;
use api::id::{CustomerId, DeviceId};
use api::job::{JobKind, JobOutcome};
use db::{Rows, Text, assign, columns, columns_of, list, sql};

use base::cx::{Cx, Tx};

db::record! {
    /// A job as it is stored.
    #[derive(Clone, Debug)]
    pub(crate) struct JobRow {
        pub(crate) id: String,
        pub(crate) device_id: DeviceId as Text,
        pub(crate) kind: JobKind as Text,
        pub(crate) outcome: JobOutcome as Text,
        pub(crate) started_at: i64,
        pub(crate) ended_at: i64,
        pub(crate) received_bytes: i64,
        pub(crate) sent_bytes: i64,
        pub(crate) snapshots: i64,
        pub(crate) removed_files: i64,
        pub(crate) removed_bytes: i64,
        pub(crate) code: Option<String>,
        pub(crate) sentence: Option<String>,
        pub(crate) address: Option<String>,
    }
}

/// With the device's name, and id and name of whom it stands under.
pub(super) type WholeJob = (JobRow, String, CustomerId, String);

impl JobRow {
    pub(super) fn of(id: String, run: &Run) -> Self {
        let whole = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let (code, sentence) = run.refusal.clone().unzip();
        Self {
            id,
            device_id: run.device.clone(),
            kind: run.kind,
            outcome: run.outcome,
            started_at: run.began.as_microsecond(),
            ended_at: run.moved.as_microsecond(),
            received_bytes: whole(run.received_bytes),
            sent_bytes: whole(run.sent_bytes),
            snapshots: i64::from(run.snapshots),
            removed_files: whole(run.removed_files),
            removed_bytes: whole(run.removed_bytes),
            code,
            sentence,
            address: run.address.clone(),
        }
    }
}

db::record! {
    /// Where a job's device stands.
    #[derive(Clone, Debug)]
    struct Home {
        name: String,
        customer_id: CustomerId as Text,
    }
}

pub(super) async fn with_these_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<WholeJob>, Error> {
    let rows: Vec<(JobRow, Home, String)> = cx
        .all(sql![
            "select ",
            columns_of::<JobRow>("j"),
            ", ",
            columns_of::<Home>("d"),
            ", c.company_name from jobs j join devices d on d.id = j.device_id join customers c on c.id = d.customer_id
             where j.id in ",
            list(ids.iter().map(String::as_str))
        ])
        .await?;
    Ok(rows.into_iter().map(|(job, home, company)| (job, home.name, home.customer_id, company)).collect())
}

/// A device's last jobs, the newest first.
pub(super) async fn last_of(cx: &mut Cx, device: &DeviceId, count: i64) -> Result<Vec<JobRow>, Error> {
    cx.all(sql![
        "select ",
        columns::<JobRow>(),
        " from jobs where device_id = ",
        device.as_str(),
        " order by started_at desc limit ",
        count
    ])
    .await
}

/// Which of these devices are there, and stay there until this transaction ends.
pub(super) async fn lock_devices(tx: &mut Tx, ids: impl Iterator<Item = &str>) -> Result<HashSet<String>, Error> {
    let lock = tx.locking("devices");
    let ids: Vec<String> = tx.all(sql!["select id from devices where id in ", list(ids), " order by id", lock]).await?;
    Ok(ids.into_iter().collect())
}

/// One that is there already stays as it is.
pub(super) async fn insert(tx: &mut Tx, jobs: &[JobRow]) -> Result<(), Error> {
    if jobs.is_empty() {
        return Ok(());
    }
    let mut rows = Rows::new("jobs");
    for job in jobs {
        rows.push(assign! {
            id: &job.id,
            device_id: &job.device_id,
            kind: job.kind.as_ref(),
            outcome: job.outcome.as_ref(),
            started_at: job.started_at,
            ended_at: job.ended_at,
            received_bytes: job.received_bytes,
            sent_bytes: job.sent_bytes,
            snapshots: job.snapshots,
            removed_files: job.removed_files,
            removed_bytes: job.removed_bytes,
            code: job.code.clone(),
            sentence: job.sentence.clone(),
            address: job.address.clone(),
        });
    }
    let mut statement = rows.into_sql();
    statement.append(sql![" on conflict (device_id, started_at) do nothing"]);
    tx.exec(statement).await.map(drop)
}

pub(super) async fn forget_before(tx: &mut Tx, at: i64, most: i64) -> Result<u64, Error> {
    tx.exec(sql![
        "delete from jobs where id in (select id from jobs where started_at < ",
        at,
        " order by started_at limit ",
        most,
        ")"
    ])
    .await
}
