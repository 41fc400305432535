//! What a report tells.

use std::collections::HashSet;

use api::customer::AccountState;
use api::device::{Device, DeviceStatus};
use api::event::{Event, Severity};
use api::job::{Job, JobKind, JobOutcome};
use api::page::ListQuery;
use api::report::ReportKind;
use api::{Error, Level};
use base::authz::Account;
use base::cx::Cx;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::plan::Plans;
use super::sql::{self, JobCount};
use crate::customers::sql::CustomerRow;
use crate::{customers, devices, events, jobs, measurements};

/// So many devices, jobs and events are told one by one.
const DEVICES: u32 = 500;
const JOBS: i64 = 200;
const EVENTS: i64 = 20;
const DAY_SECONDS: i64 = 86_400;
const BACKING_UP: &str = "status in (authorised, pending_approval)";

/// How a device's backups stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    UpToDate,
    /// For longer than the customer's threshold.
    Silent,
    Never,
    Waiting,
    Suspended,
}

/// What a report tells.
#[derive(Debug)]
pub(super) struct Facts {
    pub(super) kind: ReportKind,
    pub(super) customer_id: String,
    pub(super) customer: String,
    pub(super) brand: String,
    pub(super) colour: Option<String>,
    pub(super) zone: TimeZone,
    pub(super) from: Timestamp,
    pub(super) to: Timestamp,
    pub(super) public_url: String,
    /// Those that the report is about; with how each stands.
    pub(super) devices: Vec<(Device, Standing)>,
    pub(super) devices_total: i64,
    pub(super) jobs: Vec<Job>,
    pub(super) counts: Vec<JobCount>,
    pub(super) events: Vec<Event>,
    pub(super) events_total: i64,
    pub(super) used_bytes: i64,
    /// At the end of the last day before the period, with that day; nothing where nobody measured it then.
    pub(super) used_before: Option<(i64, Timestamp)>,
}

pub(super) async fn gather(
    cx: &mut Cx,
    row: &CustomerRow,
    plans: &Plans,
    kind: ReportKind,
    (from, to): (Timestamp, Timestamp),
) -> Result<Facts, Error> {
    let plan = plans.plan(kind);
    // It tells what somebody at the customer may see.
    let account = Account::administrator_of(&row.id, row.path.clone(), Level::EndCustomer);
    let period = (from.as_microsecond(), to.as_microsecond());
    let parent = match &row.parent_id {
        Some(parent) => customers::sql::find_anywhere(cx, parent).await?.map(|parent| parent.company_name),
        None => None,
    };
    let mut facts = Facts {
        kind,
        customer_id: row.id.to_string(),
        customer: row.company_name.clone(),
        brand: plans.branding.name.clone().or(parent).unwrap_or_default(),
        colour: plans.branding.colour.clone(),
        zone: plan.rhythm.zone.clone(),
        from,
        to,
        public_url: cx.app.config.public_url.clone(),
        devices: Vec::new(),
        devices_total: 0,
        jobs: Vec::new(),
        counts: Vec::new(),
        events: Vec::new(),
        events_total: 0,
        used_bytes: 0,
        used_before: None,
    };
    let tells_devices = matches!(kind, ReportKind::Status | ReportKind::Consolidated);
    let filter = plans.filter.clone().filter(|_| kind == ReportKind::Status);
    gather_devices(cx, &account, row, &mut facts, filter, tells_devices).await?;
    if kind != ReportKind::Status {
        facts.counts = sql::job_counts(cx, &row.path, period).await?;
    }
    if let Some(kind) = facts.job_kind() {
        let ids = sql::jobs(cx, &row.path, period, kind, JOBS).await?;
        facts.jobs = jobs::with_ids(cx, &ids).await?;
    }
    if kind == ReportKind::Consolidated {
        facts.events_total = sql::open_events(cx, &row.path).await?;
        let worst = events::sql::open_below(cx, &row.path, db::Sql::new(), EVENTS).await?;
        facts.events = events::with_ids(cx, &account, &worst).await?;
        // Days are measured by the clock of the installation: the last one that was over when the period began.
        let days = cx.now.as_second().div_euclid(DAY_SECONDS) - from.as_second().div_euclid(DAY_SECONDS) + 1;
        let before = measurements::used_before(cx, &[row.id.as_str()], days).await?;
        let day = Timestamp::from_second(cx.now.as_second() - days * DAY_SECONDS).map_err(Error::internal)?;
        facts.used_before = before.get(row.id.as_str()).map(|used| (*used, day));
    }
    let unsaved = cx.overlay().await?;
    let stored = customers::sql::totals(cx, &row.id).await?.used_bytes;
    facts.used_bytes = unsaved.of_id(row.id.as_str()).used_bytes(stored);
    Ok(facts)
}

async fn gather_devices(
    cx: &mut Cx,
    account: &Account,
    row: &CustomerRow,
    facts: &mut Facts,
    filter: Option<String>,
    one_by_one: bool,
) -> Result<(), Error> {
    let limit = if one_by_one { DEVICES } else { 1 };
    // Those that were given up and those that nobody has seen yet back up nothing.
    let filter = match filter {
        None => BACKING_UP.to_owned(),
        Some(filter) => format!("({filter}) and {BACKING_UP}"),
    };
    let query = ListQuery {
        filter: Some(filter),
        limit: Some(limit),
        sort: Some("last_backup_at".to_owned()),
        ..ListQuery::default()
    };
    let page = devices::listed(cx, account, &query).await?;
    facts.devices_total = page.total;
    if one_by_one {
        let silent: HashSet<String> = sql::silent(cx, &row.path).await?.into_iter().collect();
        facts.devices = page
            .items
            .into_iter()
            .map(|device| {
                let standing = standing(&device, silent.contains(device.id.as_str()));
                (device, standing)
            })
            .collect();
        // Those that something is the matter with come first.
        facts.devices.sort_by_key(|(_, standing)| match standing {
            Standing::Silent => 0,
            Standing::Never => 1,
            Standing::Waiting => 2,
            Standing::Suspended => 3,
            Standing::UpToDate => 4,
        });
    }
    Ok(())
}

fn standing(device: &Device, is_silent: bool) -> Standing {
    if device.status == DeviceStatus::PendingApproval {
        Standing::Waiting
    } else if device.effective_state.state != AccountState::Active {
        Standing::Suspended
    } else if device.last_backup_at.is_none() {
        Standing::Never
    } else if is_silent {
        Standing::Silent
    } else {
        Standing::UpToDate
    }
}

impl Facts {
    /// Of reports of one kind of job.
    pub(super) fn job_kind(&self) -> Option<JobKind> {
        match self.kind {
            ReportKind::BackupJobs => Some(JobKind::Backup),
            ReportKind::RestoreJobs => Some(JobKind::Restore),
            ReportKind::DeleteJobs => Some(JobKind::Delete),
            ReportKind::Status | ReportKind::Consolidated => None,
        }
    }

    /// How many jobs of a kind ended so, and what they moved.
    pub(super) fn counted(&self, kind: JobKind, outcome: JobOutcome) -> i64 {
        self.counts.iter().filter(|count| count.kind == kind && count.outcome == outcome).map(|count| count.jobs).sum()
    }

    pub(super) fn moved(&self, kind: JobKind) -> i64 {
        let of = |count: &JobCount| match kind {
            JobKind::Backup => count.received_bytes,
            JobKind::Restore => count.sent_bytes,
            JobKind::Delete => count.removed_bytes,
        };
        self.counts.iter().filter(|count| count.kind == kind).map(of).sum()
    }

    /// Whether all devices that the report is about are told one by one, so that they can be counted.
    pub(super) fn are_all_told(&self) -> bool {
        self.devices_total == i64::try_from(self.devices.len()).unwrap_or(-1)
    }

    pub(super) fn standing_so(&self, standing: Standing) -> usize {
        self.devices.iter().filter(|(_, so)| *so == standing).count()
    }

    /// That no backup came is worth telling where there are devices, that nobody restored anything is not.
    pub(super) fn is_empty(&self) -> bool {
        match self.kind {
            ReportKind::BackupJobs | ReportKind::Status | ReportKind::Consolidated => self.devices_total == 0,
            ReportKind::RestoreJobs | ReportKind::DeleteJobs => self.jobs.is_empty(),
        }
    }

    /// How many of the events that are told require action.
    pub(super) fn acting(&self) -> usize {
        self.events.iter().filter(|event| event.severity == Severity::ActionRequired).count()
    }
}
