//! How a report looks: as a page for mail and console, and as plain text. What it shows is put into words here; the two
//! templates only lay it out.

use std::sync::LazyLock;

use api::Error;
use api::event::Severity;
use api::job::{Job, JobKind, JobOutcome};
use api::report::ReportKind;
use base::text::size;
use jiff::Timestamp;
use minijinja::Environment;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use serde::Serialize;

use super::facts::{Facts, Standing};

/// Where nobody has chosen one.
const COLOUR: &str = "#24427a";

static TEMPLATES: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut templates = Environment::new();
    // Both are shipped, and read by a test.
    let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build();
    if let Ok(syntax) = syntax {
        templates.set_syntax(syntax);
    }
    for (name, text) in
        [("report.html", include_str!("templates/report.html")), ("report.txt", include_str!("templates/report.txt"))]
    {
        let _ = templates.add_template(name, text);
    }
    templates
});

/// A report, ready to be read.
#[derive(Debug)]
pub(super) struct LaidOut {
    pub(super) html: String,
    pub(super) text: String,
}

#[derive(Debug, Serialize)]
struct Page {
    subject: String,
    brand: String,
    colour: String,
    title: &'static str,
    customer: String,
    period: String,
    time_zone: String,
    intro: Option<String>,
    tiles: Vec<Tile>,
    bar: Option<Bar>,
    tables: Vec<Table>,
    link: String,
    link_text: &'static str,
    stop: Option<String>,
}

#[derive(Debug, Serialize)]
struct Tile {
    value: String,
    label: String,
    tone: &'static str,
}

#[derive(Debug, Serialize)]
struct Bar {
    percent: usize,
    label: String,
}

#[derive(Debug, Serialize)]
struct Table {
    title: &'static str,
    head: Vec<&'static str>,
    rows: Vec<Row>,
    /// The column that has a row's tone.
    toned: usize,
    /// The last column is of numbers.
    ends: bool,
    none: &'static str,
    more: Option<String>,
}

#[derive(Debug, Serialize)]
struct Row {
    cells: Vec<String>,
    tone: &'static str,
}

/// `stop`: the address at which its recipient ends it.
pub(super) fn lay_out(facts: &Facts, stop: Option<String>) -> Result<LaidOut, Error> {
    let page = facts.page(stop);
    let of = |name| {
        let template = TEMPLATES.get_template(name).map_err(Error::internal)?;
        template.render(Serde(&page)).map_err(Error::internal)
    };
    Ok(LaidOut { html: of("report.html")?, text: of("report.txt")? })
}

impl Facts {
    pub(super) fn subject(&self) -> String {
        let troubled = self.standing_so(Standing::Silent) + self.standing_so(Standing::Never);
        match self.kind {
            ReportKind::BackupJobs | ReportKind::RestoreJobs | ReportKind::DeleteJobs => {
                format!("{}: {}", title(self.kind), self.customer)
            }
            ReportKind::Status | ReportKind::Consolidated if troubled > 0 => {
                let devices = match (troubled, self.are_all_told()) {
                    (1, true) => "1 device needs".to_owned(),
                    (troubled, true) => format!("{troubled} devices need"),
                    (troubled, false) => format!("at least {troubled} devices need"),
                };
                format!("{}: {}, {devices} attention", title(self.kind), self.customer)
            }
            ReportKind::Status | ReportKind::Consolidated => format!("{}: {}", title(self.kind), self.customer),
        }
    }

    fn page(&self, stop: Option<String>) -> Page {
        let (intro, tiles, bar, tables) = match self.job_kind() {
            Some(kind) => (self.intro(kind), self.job_tiles(kind), None, vec![self.job_table(kind)]),
            None if self.kind == ReportKind::Status => {
                (None, self.status_tiles(), self.bar(), vec![self.device_table()])
            }
            None => (
                None,
                self.consolidated_tiles(),
                self.bar(),
                vec![self.kinds_table(), self.event_table(), self.device_table()],
            ),
        };
        let (from, to) = (self.at(self.from), self.at(self.to));
        Page {
            subject: self.subject(),
            brand: self.brand.clone(),
            colour: self.colour.clone().unwrap_or_else(|| COLOUR.to_owned()),
            title: title(self.kind),
            customer: self.customer.clone(),
            period: if self.kind == ReportKind::Status { to } else { format!("{from} to {to}") },
            time_zone: self.zone.iana_name().unwrap_or("UTC").to_owned(),
            intro,
            tiles,
            bar,
            tables,
            link: format!("{}/customers/{}", self.public_url, self.customer_id),
            link_text: "See it as it is now",
            stop,
        }
    }

    /// As the clock on the wall there shows it.
    fn at(&self, at: Timestamp) -> String {
        at.to_zoned(self.zone.clone()).strftime("%-d %b %Y, %H:%M").to_string()
    }

    fn intro(&self, kind: JobKind) -> Option<String> {
        (kind == JobKind::Backup && self.jobs.is_empty())
            .then(|| "No device has begun a backup in this time.".to_owned())
    }

    fn job_tiles(&self, kind: JobKind) -> Vec<Tile> {
        let counted = |outcome| self.counted(kind, outcome);
        let mut tiles = vec![
            tile(counted(JobOutcome::Completed), "completed", ""),
            tile(counted(JobOutcome::Refused), "refused", "bad"),
        ];
        if kind == JobKind::Backup {
            tiles.push(tile(counted(JobOutcome::Unfinished), "unfinished", "warn"));
        }
        let label = match kind {
            JobKind::Backup => "stored",
            JobKind::Restore => "read",
            JobKind::Delete => "removed",
        };
        tiles.push(Tile { value: size(self.moved(kind)), label: label.to_owned(), tone: "" });
        tiles
    }

    fn job_table(&self, kind: JobKind) -> Table {
        let total: i64 = self.counts.iter().filter(|count| count.kind == kind).map(|count| count.jobs).sum();
        let amount = match kind {
            JobKind::Backup => "Stored",
            JobKind::Restore => "Read",
            JobKind::Delete => "Removed",
        };
        Table {
            title: "One by one",
            head: vec!["Device", "Began", "Took", "Outcome", amount],
            rows: self.jobs.iter().map(|job| self.job_row(job)).collect(),
            toned: 3,
            ends: true,
            none: "None.",
            more: more(total, self.jobs.len()),
        }
    }

    fn job_row(&self, job: &Job) -> Row {
        let (outcome, tone) = match job.outcome {
            Some(JobOutcome::Completed) | None => ("Completed".to_owned(), ""),
            Some(JobOutcome::Refused) => {
                let why = job.sentence.as_deref().map(|sentence| format!(": {sentence}")).unwrap_or_default();
                (format!("Refused{why}"), "bad")
            }
            Some(JobOutcome::Unfinished) => ("Went away before it was done".to_owned(), "warn"),
        };
        let moved = match job.kind {
            JobKind::Backup => job.received_bytes,
            JobKind::Restore => job.sent_bytes,
            JobKind::Delete => job.removed_bytes,
        };
        let began = self.at(job.started_at.0);
        Row { cells: vec![job.device_name.clone(), began, took(job.seconds), outcome, size(moved)], tone }
    }

    fn status_tiles(&self) -> Vec<Tile> {
        let so = |standing| i64::try_from(self.standing_so(standing)).unwrap_or(i64::MAX);
        let mut tiles = vec![tile(self.devices_total, if self.devices_total == 1 { "device" } else { "devices" }, "")];
        if self.are_all_told() {
            tiles.push(tile(so(Standing::UpToDate), "up to date", ""));
            tiles.push(tile(so(Standing::Silent), "too long without a backup", "bad"));
            tiles.push(tile(so(Standing::Never), "without any backup", "warn"));
        }
        tiles
    }

    fn consolidated_tiles(&self) -> Vec<Tile> {
        let mut tiles = vec![
            tile(self.counted(JobKind::Backup, JobOutcome::Completed), "backups completed", ""),
            tile(self.counted(JobKind::Backup, JobOutcome::Refused), "refused", "bad"),
            Tile { value: size(self.used_bytes), label: "storage used".to_owned(), tone: "" },
        ];
        if let Some((before, day)) = self.used_before {
            let grown = self.used_bytes - before;
            let value = if grown < 0 { format!("−{}", size(-grown)) } else { format!("+{}", size(grown)) };
            tiles.push(Tile { value, label: format!("since the end of {}", day.strftime("%-d %b")), tone: "" });
        }
        tiles.push(tile(self.events_total, "open events", if self.acting() > 0 { "bad" } else { "warn" }));
        tiles
    }

    /// Which part of the devices is up to date, where all of them are told.
    fn bar(&self) -> Option<Bar> {
        let all = self.devices.len();
        if all == 0 || !self.are_all_told() {
            return None;
        }
        let good = self.standing_so(Standing::UpToDate);
        Some(Bar { percent: good * 100 / all, label: format!("{good} of {all} up to date") })
    }

    fn kinds_table(&self) -> Table {
        let row = |kind: JobKind, word: &str| {
            let counted = |outcome| self.counted(kind, outcome);
            let (completed, refused) = (counted(JobOutcome::Completed), counted(JobOutcome::Refused));
            let unfinished = counted(JobOutcome::Unfinished);
            let cells = [word.to_owned(), completed.to_string(), refused.to_string(), unfinished.to_string()];
            Row {
                cells: cells.into_iter().chain([size(self.moved(kind))]).collect(),
                tone: if refused > 0 { "bad" } else { "" },
            }
        };
        Table {
            title: "What was done",
            head: vec!["", "Completed", "Refused", "Unfinished", "Amount"],
            rows: vec![
                row(JobKind::Backup, "Backups"),
                row(JobKind::Restore, "Restores"),
                row(JobKind::Delete, "Deletions"),
            ],
            toned: 2,
            ends: true,
            none: "",
            more: None,
        }
    }

    fn event_table(&self) -> Table {
        let row = |event: &api::event::Event| {
            let (word, tone) = match event.severity {
                Severity::ActionRequired => ("Action required", "bad"),
                Severity::Warning => ("Warning", "warn"),
                Severity::Info => ("Information", ""),
            };
            let whose = event.device_name.clone().unwrap_or_else(|| event.customer_name.clone());
            Row { cells: vec![word.to_owned(), event.title.clone(), whose, self.at(event.opened_at.0)], tone }
        };
        Table {
            title: "Open events",
            head: vec!["", "What", "Where", "Since"],
            rows: self.events.iter().map(row).collect(),
            toned: 0,
            ends: false,
            none: "None: nothing needs attention.",
            more: more(self.events_total, self.events.len()),
        }
    }

    fn device_table(&self) -> Table {
        let has_sites = self.devices.iter().any(|(device, _)| device.end_customer_name.is_some());
        let row = |(device, standing): &(api::device::Device, Standing)| {
            let (word, tone) = match standing {
                Standing::UpToDate => ("Up to date", ""),
                Standing::Silent => ("Too long without a backup", "bad"),
                Standing::Never => ("No backup yet", "warn"),
                Standing::Waiting => ("Not let in yet", "warn"),
                Standing::Suspended => ("Suspended", "warn"),
            };
            // Those at the customer itself stand at no site.
            let site = device.end_customer_name.as_ref().map(|_| device.customer_name.clone()).unwrap_or_default();
            let last = device.last_backup_at.map_or_else(|| "Never".to_owned(), |at| self.at(at.0));
            let mut cells = vec![device.name.clone(), word.to_owned(), last, size(device.used_bytes)];
            if has_sites {
                cells.insert(1, site);
            }
            Row { cells, tone }
        };
        let mut head = vec!["Device", "State", "Last backup", "Storage"];
        if has_sites {
            head.insert(1, "Site");
        }
        Table {
            title: "Devices",
            head,
            rows: self.devices.iter().map(row).collect(),
            toned: 1 + usize::from(has_sites),
            ends: true,
            none: "None.",
            more: more(self.devices_total, self.devices.len()),
        }
    }
}

fn title(kind: ReportKind) -> &'static str {
    match kind {
        ReportKind::BackupJobs => "Backups",
        ReportKind::RestoreJobs => "Restores",
        ReportKind::DeleteJobs => "Deletions",
        ReportKind::Status => "Backup status",
        ReportKind::Consolidated => "Consolidated report",
    }
}

/// A number, with its tone where there is something to be told by it.
fn tile(count: i64, label: &str, tone: &'static str) -> Tile {
    Tile { value: count.to_string(), label: label.to_owned(), tone: if count > 0 { tone } else { "" } }
}

fn more(total: i64, shown: usize) -> Option<String> {
    let left = total - i64::try_from(shown).unwrap_or(i64::MAX);
    (left > 0).then(|| format!("And {left} more."))
}

fn took(seconds: i64) -> String {
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, _) => format!("{minutes} min"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::tz::TimeZone;

    fn facts(kind: ReportKind) -> Facts {
        Facts {
            kind,
            customer_id: "cus_1".to_owned(),
            customer: "Bäckerei <Süß> & Co".to_owned(),
            brand: "Northwind".to_owned(),
            colour: None,
            zone: TimeZone::get("Europe/Berlin").unwrap(),
            from: "2026-05-01T05:00:00Z".parse().unwrap(),
            to: "2026-05-02T05:00:00Z".parse().unwrap(),
            public_url: "https://backup.example.com".to_owned(),
            devices: Vec::new(),
            devices_total: 0,
            jobs: Vec::new(),
            counts: Vec::new(),
            events: Vec::new(),
            events_total: 0,
            used_bytes: 1_000_000,
            used_before: Some((3_000_000, "2026-04-30T23:00:00Z".parse().unwrap())),
        }
    }

    #[test]
    fn what_people_have_written_is_text_on_the_page() {
        for kind in ReportKind::ALL {
            let laid_out = lay_out(&facts(kind), Some("https://backup.example.com/stop#token=a&b".to_owned())).unwrap();
            assert!(laid_out.html.contains("Bäckerei &lt;Süß&gt; &amp; Co"), "{}", laid_out.html);
            assert!(!laid_out.html.contains("<Süß>"));
            assert!(laid_out.text.contains("Bäckerei <Süß> & Co, "), "{}", laid_out.text);
            assert!(laid_out.text.contains("1 May 2026, 07:00") || kind == ReportKind::Status);
            assert!(laid_out.html.contains("2 May 2026, 07:00") && laid_out.html.contains("Berlin"));
        }
    }

    #[test]
    fn what_has_shrunk_is_said_so_and_times_are_short() {
        let laid_out = lay_out(&facts(ReportKind::Consolidated), None).unwrap();
        assert!(laid_out.text.contains("since the end of 30 Apr: −2 MB"), "{}", laid_out.text);
        assert!(!laid_out.text.contains("Stop this report"));
        assert_eq!([took(7), took(61), took(3600), took(9000)], ["7 s", "1 min", "1 h 0 min", "2 h 30 min"]);
    }
}
