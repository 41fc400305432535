//! Tasks and their subjects as they are stored: read, counted, forgotten.

use api::Error;
use api::id::{CustomerId, TaskId, TokenId};
use api::task::{Outcome, OutcomeCounts, TaskState};
use db::{Text, columns, list, sql};
use tree::Path;

use super::Item;
use crate::App;
use crate::background::PIECE;
use crate::change::Subject;
use crate::cx::{Cx, Tx};

db::record! {
    /// A task as it is stored.
    #[derive(Clone, Debug)]
    pub struct TaskRow {
        pub id: TaskId as Text,
        pub kind: String,
        pub noun: String,
        pub action: String,
        pub title: String,
        pub input: String,
        pub account_kind: String,
        pub account_id: String,
        pub account_name: String,
        pub token_id: Option<TokenId> as Option<Text>,
        pub customer_id: CustomerId as Text,
        pub path: Path as Text,
        pub address: Option<String>,
        pub request_id: Option<String>,
        pub state: TaskState as Text,
        pub total: i64,
        pub changed: i64,
        pub unchanged: i64,
        pub refused: i64,
        pub failed: i64,
        pub skipped: i64,
        pub detail: Option<String>,
        pub undoes: Option<TaskId> as Option<Text>,
        pub created_at: i64,
        pub started_at: Option<i64>,
        pub finished_at: Option<i64>,
    }
}

db::record! {
    struct ItemRow {
        number: i64,
        subject_id: String,
        input: Option<String>,
    }
}

impl TaskRow {
    pub fn is_over(&self) -> bool {
        matches!(self.state, TaskState::Done | TaskState::Stopped | TaskState::Failed)
    }

    /// How many subjects have been tried.
    pub fn tried(&self) -> i64 {
        self.changed + self.unchanged + self.refused + self.failed
    }

    pub fn counts(&self) -> OutcomeCounts {
        OutcomeCounts {
            pending: self.total - self.tried() - self.skipped,
            done: self.changed,
            unchanged: self.unchanged,
            refused: self.refused,
            failed: self.failed,
            skipped: self.skipped,
        }
    }

    /// The task in the change log.
    pub fn subject(&self) -> Subject {
        super::subject(&self.id, &self.title, &self.customer_id, &self.path)
    }

    pub(super) fn add(&mut self, outcome: Outcome, count: i64) {
        match outcome {
            Outcome::Pending => {}
            Outcome::Done => self.changed += count,
            Outcome::Unchanged => self.unchanged += count,
            Outcome::Refused => self.refused += count,
            Outcome::Failed => self.failed += count,
            Outcome::Skipped => self.skipped += count,
        }
    }
}

/// The next subjects that nothing has become of yet.
pub(super) async fn pending(tx: &mut Tx, id: &TaskId, limit: i64) -> Result<Vec<Item>, Error> {
    let rows: Vec<ItemRow> = tx
        .all(sql![
            "select ",
            columns::<ItemRow>(),
            " from task_items where task_id = ",
            id,
            " and outcome = ",
            Outcome::Pending.as_str(),
            " order by number limit ",
            limit
        ])
        .await?;
    let read = |input: Option<String>| input.map(|input| serde_json::from_str(&input)).transpose();
    rows.into_iter()
        .map(|row| {
            let input = read(row.input).map_err(Error::internal)?;
            Ok(Item { number: row.number, subject_id: row.subject_id, input })
        })
        .collect()
}

/// Any task: for what no caller asks for.
pub async fn find(cx: &mut Cx, id: &TaskId) -> Result<Option<TaskRow>, Error> {
    cx.opt(sql!["select ", columns::<TaskRow>(), " from tasks where id = ", id.as_str()]).await
}

/// How long what is over is remembered.
const KEPT_MICROS: i64 = 30 * 24 * 60 * 60 * 1_000_000;
/// How long after its end what a task told one account only.
const ANSWERS_KEPT_MICROS: i64 = 24 * 60 * 60 * 1_000_000;
const FORGOTTEN_AT_ONCE: i64 = PIECE.cast_signed();

/// Forgets what has been over for a month, and sooner what was told to one account only; a bounded piece at a time.
/// Returns how much.
pub async fn forget_old(app: &App) -> Result<u64, Error> {
    crate::beside!(app, |tx| async {
        let answers = forget_answers(tx).await?;
        Ok(answers + forget(tx).await?)
    }
    .await)
}

async fn forget_answers(tx: &mut Tx) -> Result<u64, Error> {
    let until = tx.now.as_microsecond() - ANSWERS_KEPT_MICROS;
    let old: Option<String> = tx
        .opt(sql![
            "select i.task_id from task_items i join tasks t on t.id = i.task_id
             where i.answer is not null and t.finished_at < ",
            until,
            " limit 1"
        ])
        .await?;
    let Some(id) = old else { return Ok(0) };
    tx.exec(sql![
        "update task_items set answer = null where task_id = ",
        id.as_str(),
        " and number in (select number from task_items where answer is not null and task_id = ",
        id.as_str(),
        " order by number limit ",
        FORGOTTEN_AT_ONCE,
        ")"
    ])
    .await?;
    // There may be more of them.
    Ok(PIECE)
}

async fn forget(tx: &mut Tx) -> Result<u64, Error> {
    let until = tx.now.as_microsecond() - KEPT_MICROS;
    let old: Option<String> =
        tx.opt(sql!["select id from tasks where finished_at < ", until, " order by finished_at limit 1"]).await?;
    let Some(id) = old else { return Ok(0) };
    let items = tx
        .exec(sql![
            "delete from task_items where task_id = ",
            id.as_str(),
            " and number in (select number from task_items where task_id = ",
            id.as_str(),
            " order by number limit ",
            FORGOTTEN_AT_ONCE,
            ")"
        ])
        .await?;
    if items == 0 {
        tx.exec(sql!["delete from tasks where id = ", id.as_str()]).await?;
    }
    // There may be more of them.
    Ok(PIECE)
}

/// How far the tasks are that are not over, and those that ended since.
pub async fn moving(cx: &mut Cx, ended_since: i64) -> Result<Vec<crate::live::Moved>, Error> {
    let waiting = [TaskState::Queued.as_str(), TaskState::Running.as_str()];
    let columns = db::Raw("account_id, id, state, changed + unchanged + refused + failed, total");
    let rows: Vec<(String, String, String, i64, i64)> = cx
        .all(sql![
            "select ",
            columns,
            " from tasks where state in ",
            list(waiting),
            " union all select ",
            columns,
            " from tasks where finished_at >= ",
            ended_since
        ])
        .await?;
    let moved = rows.into_iter().filter_map(|(account_id, task_id, word, done, total)| {
        word.parse().ok().map(|state| crate::live::Moved { account_id, task_id, state, done, total })
    });
    Ok(moved.collect())
}
