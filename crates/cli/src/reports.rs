//! `tenantry report`: what customers are told regularly.

use clap::{Args, Subcommand, ValueEnum};
use reqwest::Method;
use serde_json::json;

use super::asked::{Asked, One, Said, segment};
use super::columns::REPORTS;

#[derive(Debug, Subcommand)]
pub enum ReportCommand {
    /// List the reports of an end customer: who gets which, when, and why not
    List(One),
    /// Print a report as it would be sent now
    Show {
        #[command(flatten)]
        which: Which,
        /// The page instead of plain text
        #[arg(long)]
        html: bool,
    },
    /// Send a report at once, to those who get it unless said otherwise
    Send {
        #[command(flatten)]
        which: Which,
        /// Email addresses; several with commas between them
        #[arg(long, value_name = "EMAIL", value_delimiter = ',')]
        to: Option<Vec<String>>,
    },
    /// Send a report again to somebody who has stopped it
    Resume {
        #[command(flatten)]
        which: Which,
        /// Whose mails go on
        #[arg(long, value_name = "EMAIL")]
        address: String,
    },
}

/// A report of a customer.
#[derive(Clone, Debug, Args)]
pub struct Which {
    /// The end customer
    customer: String,
    /// Which report
    #[arg(value_enum)]
    kind: Kind,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
#[value(rename_all = "snake_case")]
enum Kind {
    BackupJobs,
    RestoreJobs,
    DeleteJobs,
    Status,
    Consolidated,
}

impl Which {
    fn path(&self) -> String {
        let kind = match self.kind {
            Kind::BackupJobs => "backup_jobs",
            Kind::RestoreJobs => "restore_jobs",
            Kind::DeleteJobs => "delete_jobs",
            Kind::Status => "status",
            Kind::Consolidated => "consolidated",
        };
        format!("/customers/{}/reports/{kind}", segment(&self.customer))
    }
}

impl ReportCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(one) => one.list("customers", "/reports", REPORTS).await,
            Self::Show { which, html } => {
                let path = which.path();
                let page = which.asked.with(async |session| session.read(&path, &[]).await).await?;
                let text = page[if *html { "html" } else { "text" }].as_str().unwrap_or_default().trim_end().to_owned();
                Ok(if which.asked.json { which.asked.tell(&page) } else { Some(text) })
            }
            Self::Send { which, to } => {
                let path = format!("{}/send", which.path());
                which.asked.one(Method::POST, &path, Some(json!({ "to": to }))).await
            }
            Self::Resume { which, address } => {
                let path = format!("{}/resume", which.path());
                which.asked.one(Method::POST, &path, Some(json!({ "address": address }))).await
            }
        }
    }
}
