//! Tasks: what a request caused and what goes on after its answer.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display, EnumString, IntoStaticStr, VariantNames};
use utoipa::ToSchema;

use crate::id::TaskId;
use crate::units::{Secret, Time};

/// Where a task is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema, AsRefStr, Display, EnumString, IntoStaticStr, VariantNames)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum TaskState {
    /// Nobody has begun it yet.
    Queued,
    Running,
    /// All of it has been tried; what was refused or failed stands in its results.
    Done,
    /// Somebody stopped it; what was done stays done.
    Stopped,
    /// It can't go on.
    Failed,
}

impl TaskState {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What became of one subject of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, ToSchema, AsRefStr, Display, EnumString, IntoStaticStr)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Outcome {
    /// Its turn has not come.
    Pending,
    Done,
    /// It was like that already.
    Unchanged,
    /// A rule or a right speaks against it.
    Refused,
    /// Something went wrong; trying again may help.
    Failed,
    /// The task was stopped before.
    Skipped,
}

impl Outcome {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// How much of it has been tried.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    pub done: i64,
    pub total: i64,
}

/// How many subjects came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OutcomeCounts {
    pub pending: i64,
    pub done: i64,
    pub unchanged: i64,
    pub refused: i64,
    pub failed: i64,
    pub skipped: i64,
}

impl OutcomeCounts {
    pub fn of(&self, outcome: Outcome) -> i64 {
        match outcome {
            Outcome::Pending => self.pending,
            Outcome::Done => self.done,
            Outcome::Unchanged => self.unchanged,
            Outcome::Refused => self.refused,
            Outcome::Failed => self.failed,
            Outcome::Skipped => self.skipped,
        }
    }

    pub fn add(&mut self, outcome: Outcome, count: i64) {
        match outcome {
            Outcome::Pending => self.pending += count,
            Outcome::Done => self.done += count,
            Outcome::Unchanged => self.unchanged += count,
            Outcome::Refused => self.refused += count,
            Outcome::Failed => self.failed += count,
            Outcome::Skipped => self.skipped += count,
        }
    }
}

/// A task, as whoever began it sees it.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct Task {
    pub id: TaskId,
    /// What kind of thing it is done to, as lists name it: `customers`.
    pub noun: String,
    /// What is done, as the action's address names it: `suspend`.
    pub action: String,
    /// In a few words, for people.
    pub title: String,
    /// The name of the account that began it.
    pub begun_by: String,
    pub state: TaskState,
    pub progress: Progress,
    pub counts: OutcomeCounts,
    /// Why it can't go on.
    pub detail: Option<String>,
    pub created_at: Time,
    /// When the first subject was tried.
    pub started_at: Option<Time>,
    pub finished_at: Option<Time>,
    /// The task that this one undoes.
    pub undoes: Option<TaskId>,
    /// What may be done with it: `stop`, `retry`, `undo`.
    pub actions: Vec<crate::units::Action>,
}

/// What became of one subject.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
pub struct TaskResult {
    pub subject_id: String,
    /// What it is called, as far as it is there and the caller sees it.
    pub subject_name: Option<String>,
    pub outcome: Outcome,
    /// Why it was refused or failed.
    pub code: Option<String>,
    pub detail: Option<String>,
    /// What only the account that began the task is told, such as a link to set a password; for a day after its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Secret>,
}
