//! `tenantry bulk`, `tenantry task` and `tenantry view`, and how many rows of a list have which value.

use std::io::Read as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Subcommand};
use reqwest::Method;
use serde_json::{Value, json};

use super::Session;
use super::asked::{Asked, First, Found, One, Said, segment};
use super::columns::{COUNTS, RESULTS, TASKS, VIEWS};
use super::customers::OnOff;
use crate::Failure;

/// Between two looks at a task.
const PACE: Duration = Duration::from_millis(300);
/// No list of ids that is taken comes near this.
const LONGEST_LIST: u64 = 4 << 20;

/// The same done to many, as a task of the server.
#[derive(Clone, Debug, Args)]
#[command(group = clap::ArgGroup::new("selection").required(true).multiple(true))]
pub struct Bulk {
    /// The list that they are chosen from: customers, devices, users, licences, events
    noun: String,
    /// What is done to each, as the description of `POST /bulk` in openapi.json names it: `suspend`, `set_setting`
    action: String,
    /// Those whose ids stand in this file, one in each line, `-` for standard input
    #[arg(long, value_name = "FILE", group = "selection", conflicts_with_all = ["filter", "search", "under", "level"])]
    ids_file: Option<PathBuf>,
    /// All that this filter finds, in the language of docs/filters.md
    #[arg(long, group = "selection")]
    filter: Option<String>,
    /// All that have this text
    #[arg(long, value_name = "TEXT", group = "selection")]
    search: Option<String>,
    /// All at this customer and below it
    #[arg(long, value_name = "ID", group = "selection")]
    under: Option<String>,
    /// All customers of this level
    #[arg(long, group = "selection")]
    level: Option<String>,
    /// What the action asks for, as the API has it: `{"reason": "unpaid", "mode": "stop_backups"}`
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// Say what would change, who is refused and why, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Until it has ended, and say how
    #[arg(long, conflicts_with = "dry_run")]
    wait: bool,
    #[command(flatten)]
    asked: Asked,
}

#[derive(Debug, Subcommand)]
pub enum TaskCommand {
    /// List what was begun for many: one's own, and below
    List(Found),
    /// Show a task, and how far it is
    Show(One),
    /// List what came of each of its subjects
    Results {
        /// Its id
        id: String,
        #[command(flatten)]
        first: First,
    },
    /// Let a task end before its end; what is done stays done
    Stop(One),
    /// Try again what failed
    Retry(One),
    /// Take back what a task has done, except what was changed since
    Undo(One),
}

#[derive(Debug, Subcommand)]
pub enum ViewCommand {
    /// List saved views: one's own, and those that are shared from here or above
    List(Asked),
    /// Show a view
    Show(One),
    /// Keep how a list is looked at
    Save {
        /// customers, devices or users
        noun: String,
        /// What it is called
        #[arg(long)]
        name: String,
        /// In the language of docs/filters.md
        #[arg(long)]
        filter: Option<String>,
        /// Only what has this text
        #[arg(long, value_name = "TEXT")]
        search: Option<String>,
        /// A field to sort by; with a leading - descending
        #[arg(long, value_name = "FIELD", allow_hyphen_values = true)]
        sort: Option<String>,
        /// As the console names them; several with commas between them
        #[arg(long, value_name = "COLUMN", value_delimiter = ',')]
        columns: Option<Vec<String>>,
        /// For everybody at one's customer and below
        #[arg(long)]
        shared: bool,
        #[command(flatten)]
        asked: Asked,
    },
    /// Let its list open with a view in the console, or don't
    Default {
        #[command(flatten)]
        one: One,
        /// Whether the list opens with it
        #[arg(value_enum)]
        opens: OnOff,
    },
    /// Delete a view
    Delete(One),
    /// Bring back a view that one has deleted within a day
    Restore(One),
}

/// How many rows of a list have which value.
#[derive(Clone, Debug, Args)]
pub struct Counts {
    /// Fields as `GET /fields` names them; several with commas between them
    #[arg(long, value_name = "FIELDS")]
    by: String,
    /// Only what this filter finds, in the language of docs/filters.md
    #[arg(long)]
    filter: Option<String>,
    /// Only what has this text
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
    /// Only this customer and what is below it
    #[arg(long, value_name = "ID")]
    under: Option<String>,
    #[command(flatten)]
    asked: Asked,
}

impl Bulk {
    fn request(&self) -> Result<Value, Failure> {
        let selection = match &self.ids_file {
            Some(file) => {
                let mut text = String::new();
                super::source(file)?.take(LONGEST_LIST).read_to_string(&mut text)?;
                json!({ "ids": text.lines().map(str::trim).filter(|id| !id.is_empty()).collect::<Vec<_>>() })
            }
            None => json!({ "filter": self.filter, "q": self.search, "under": self.under, "level": self.level }),
        };
        let input: Option<Value> = match &self.input {
            Some(text) => Some(serde_json::from_str(text).map_err(|error| format!("--input is no JSON: {error}"))?),
            None => None,
        };
        Ok(json!({ "noun": self.noun, "action": self.action, "selection": selection, "input": input,
            "dry_run": self.dry_run }))
    }

    pub async fn run(&self) -> Said {
        let request = self.request()?;
        let told = self
            .asked
            .with(async |session| {
                let begun = session.run(Method::POST, "/bulk", Some(&request)).await?;
                match begun["task_id"].as_str() {
                    Some(task) if self.wait => ended(session, task).await,
                    _ => Ok(begun),
                }
            })
            .await?;
        if self.dry_run && !self.asked.json {
            return Ok(Some(self.preview(&told)));
        }
        Ok(self.asked.tell(&told))
    }

    /// What would change, then the first rows.
    fn preview(&self, told: &Value) -> String {
        let rows = told["rows"].as_array().cloned().unwrap_or_default();
        let mut sums = told.clone();
        if let Some(sums) = sums.as_object_mut() {
            sums.remove("rows");
        }
        format!("{}\n\n{}", self.asked.tell(&sums).unwrap_or_default(), self.asked.table(RESULTS, &rows))
    }
}

/// A task when nothing of it is left to do.
async fn ended(session: &Session, task: &str) -> Result<Value, Failure> {
    loop {
        let task = session.read(&format!("/tasks/{}", segment(task)), &[]).await?;
        if !matches!(task["state"].as_str(), Some("queued" | "running")) {
            return Ok(task);
        }
        tokio::time::sleep(PACE).await;
    }
}

impl TaskCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(list) => list.run("/tasks", TASKS).await,
            Self::Show(one) => one.show("tasks").await,
            Self::Results { id, first } => first.run(&format!("/tasks/{}/results", segment(id)), RESULTS).await,
            Self::Stop(one) => one.act("tasks", "/stop", None).await,
            Self::Retry(one) => one.act("tasks", "/retry", None).await,
            Self::Undo(one) => one.act("tasks", "/undo", None).await,
        }
    }
}

impl ViewCommand {
    pub async fn run(&self) -> Said {
        match self {
            Self::List(asked) => {
                let views = asked.with(async |session| session.read("/views", &[]).await).await?;
                Ok(Some(asked.table(VIEWS, views["items"].as_array().map_or(&[], Vec::as_slice))))
            }
            Self::Show(one) => one.show("views").await,
            Self::Save { noun, name, filter, search, sort, columns, shared, asked } => {
                let content = json!({ "filter": filter, "q": search, "sort": sort, "layout": { "columns": columns } });
                let input = json!({ "noun": noun, "name": name, "is_shared": shared, "content": content });
                asked.one(Method::POST, "/views", Some(input)).await
            }
            Self::Default { one, opens } => {
                one.act("views", "/default", Some(json!({ "is_default": *opens == OnOff::On }))).await
            }
            Self::Delete(one) => one.delete("views", "").await,
            Self::Restore(one) => one.act("views", "/restore", None).await,
        }
    }
}

impl Counts {
    pub async fn run(&self, noun: &str) -> Said {
        let given = [("filter", &self.filter), ("q", &self.search), ("under", &self.under)];
        let mut query = vec![("by", self.by.clone())];
        query.extend(given.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))));
        let path = format!("/{noun}/counts");
        let told = self.asked.with(async |session| session.read(&path, &query).await).await?;
        if self.asked.json {
            return Ok(self.asked.tell(&told));
        }
        let rows: Vec<Value> = told["fields"]
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|field| {
                let values = field["values"].as_array().cloned().unwrap_or_default();
                values
                    .into_iter()
                    .map(|row| json!({ "field": field["field"], "value": row["value"], "count": row["count"] }))
            })
            .collect();
        let least = if told["is_exact"] == true { "" } else { "\n… at least: more than are looked at." };
        Ok(Some(format!("{}{least}", self.asked.table(COUNTS, &rows))))
    }
}
