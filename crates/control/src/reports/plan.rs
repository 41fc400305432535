//! Which reports a customer gets, by its settings and the provider's.

use api::Error;
use api::report::{Branding, Every, GlobalStatusReport, ReportKind, ReportOff};
use base::cx::Cx;
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::due::Rhythm;
use crate::customers::sql::CustomerRow;
use crate::settings::Holding;
use crate::settings::reports::every_of;

/// Jobs and what is consolidated come then.
const HOUR: i64 = 7;

/// A report as a customer gets it, or why not.
#[derive(Clone, Debug)]
pub(super) struct Plan {
    pub(super) kind: ReportKind,
    pub(super) off: Option<ReportOff>,
    pub(super) is_global: bool,
    pub(super) rhythm: Rhythm,
    pub(super) recipients: Vec<String>,
}

/// All of a customer, with what they have in common.
#[derive(Clone, Debug)]
pub(super) struct Plans {
    pub(super) each: Vec<Plan>,
    pub(super) time_zone: String,
    pub(super) branding: Branding,
    /// Of the status report.
    pub(super) filter: Option<String>,
}

impl Plans {
    pub(super) fn plan(&self, kind: ReportKind) -> &Plan {
        self.each.iter().find(|plan| plan.kind == kind).unwrap_or_else(|| unreachable!("there is one of each kind"))
    }
}

pub(super) async fn of(cx: &mut Cx, row: &CustomerRow) -> Result<Plans, Error> {
    let held = Holding::at(cx, &[(&row.path, None)]).await?;
    with(&held, row)
}

/// The same where the settings of many were loaded at once.
pub(super) fn with(held: &Holding, row: &CustomerRow) -> Result<Plans, Error> {
    let value = |name: &str| held.value(&row.path, None, name);
    let time_zone = value("time_zone")?.as_str().unwrap_or("UTC").to_owned();
    let zone = TimeZone::get(&time_zone).unwrap_or(TimeZone::UTC);
    let is_active = row.deletes_at.is_none() && held.lineage().effective(&row.path).is_active();
    let global_status: GlobalStatusReport = read(value("global_status_report")?)?;
    let global_consolidated = value("global_consolidated_report")?;
    let consolidated = value("consolidated_report")?;
    let jobs = value("job_reports")?;
    let status = value("status_report")?;
    let email: Vec<String> = row.email.iter().cloned().collect();
    let is_global = global_consolidated["enabled"] == true;
    let plan = |kind: ReportKind| {
        let (off, every, hour, recipients) = match kind {
            ReportKind::BackupJobs => (switched(&jobs["backup"]), Every::Day, HOUR, email.clone()),
            ReportKind::RestoreJobs => (switched(&jobs["restore"]), Every::Day, HOUR, email.clone()),
            ReportKind::DeleteJobs => (switched(&jobs["delete"]), Every::Day, HOUR, email.clone()),
            ReportKind::Status => {
                let off = switched(&status["enabled"]).or((!global_status.enabled).then_some(ReportOff::GlobalOff));
                (off, global_status.every, global_status.at_hour, email.clone())
            }
            ReportKind::Consolidated if is_global => (None, every_of(&global_consolidated), HOUR, email.clone()),
            ReportKind::Consolidated => {
                let recipients = consolidated["recipients"].as_array().into_iter().flatten();
                let recipients = recipients.filter_map(Value::as_str).map(str::to_owned).collect();
                (switched(&consolidated["enabled"]), every_of(&consolidated), HOUR, recipients)
            }
        };
        let off = off
            .or((!is_active).then_some(ReportOff::NotActive))
            .or(recipients.is_empty().then_some(ReportOff::NoAddress));
        let rhythm = Rhythm { every, at_hour: hour, zone: zone.clone() };
        Plan { kind, off, is_global: is_global && kind == ReportKind::Consolidated, rhythm, recipients }
    };
    Ok(Plans {
        each: ReportKind::ALL.into_iter().map(plan).collect(),
        time_zone,
        branding: read(value("branding")?)?,
        filter: global_status.filter.clone(),
    })
}

fn switched(value: &Value) -> Option<ReportOff> {
    (value != &Value::Bool(true)).then_some(ReportOff::SwitchedOff)
}

fn read<T: DeserializeOwned>(value: Value) -> Result<T, Error> {
    serde_json::from_value(value).map_err(Error::internal)
}

impl Plan {
    /// Whether the settings say that there is none, whatever else may stand in its way.
    pub(super) fn is_switched_off(&self) -> bool {
        matches!(self.off, Some(ReportOff::SwitchedOff | ReportOff::GlobalOff))
    }
}
