//! Tasks: what a request caused and what goes on after its answer, subject by subject. The subjects are frozen when it
//! begins. A part of them is done in one transaction with what is remembered of it, so whatever dies in between has done
//! nothing or has it written down: a task goes on where it stopped, on whichever process, and does each subject once. The
//! transaction has its turn among all commands, so no other process can be at the same part.
//!
//! It is done with the rights that the account which began it has by then, as if that account did one after the other.

mod rows;
mod run;

use std::sync::Arc;

use api::change::ChangeAction;
use api::id::{CustomerId, TaskId};
use api::task::{Outcome, TaskState};
use api::units::Secret;
use api::{Code, Error};
use db::{Rows, assign, insert, list, sql};
use futures_util::future::BoxFuture;
use serde_json::Value;
use tree::Path;

pub use self::rows::{TaskRow, find, forget_old, moving};
pub use self::run::Tasks;
use crate::authz::{Account, AccountId};
use crate::change::{Entry, Subject};
use crate::cx::{Cx, Tx};
use crate::seal::Seal;

/// Databases limit the parameters of a statement.
const ROWS: usize = 500;
/// No task has more subjects: they are written in one transaction, which others wait for.
pub const SUBJECTS: usize = 20_000;
/// No account has more tasks that are not over.
const UNFINISHED: i64 = 20;

/// A part of the program that does tasks.
pub trait Work: Send + Sync + 'static {
    fn kind(&self) -> &'static str;

    /// Does one subject. Refusals are results, not failures of the task. Whoever refuses after having written gets its
    /// subject a transaction of its own, so that nothing of it stays.
    fn one<'a>(&'a self, tx: &'a mut Tx, job: &'a Job, item: &'a Item) -> BoxFuture<'a, Result<Done, Error>>;
}

/// Everything that does tasks.
pub type Works = Vec<Arc<dyn Work>>;

/// What is to be done.
#[derive(Clone, Debug)]
pub struct Job {
    pub id: TaskId,
    pub noun: String,
    pub action: String,
    pub input: Value,
    /// The task whose results this one takes back.
    pub undoes: Option<TaskId>,
}

/// To what it is to be done.
#[derive(Clone, Debug)]
pub struct Item {
    number: i64,
    pub subject_id: String,
    pub input: Option<Value>,
}

/// What became of a subject.
#[derive(Clone, Debug)]
pub enum Done {
    /// With what is needed to take it back, if it can be.
    Changed(Option<Value>),
    /// With what only the account that began the task is told.
    Answered(Secret),
    Unchanged,
}

/// A task to begin.
#[derive(Clone, Debug)]
pub struct NewTask {
    pub kind: &'static str,
    pub noun: String,
    pub action: String,
    /// In a few words, for people.
    pub title: String,
    pub input: Value,
    /// In this order.
    pub subjects: Vec<(String, Option<Value>)>,
    pub undoes: Option<TaskId>,
}

/// Input is sealed for its task: it may hold a password.
async fn seal_of(cx: &mut Cx, id: &TaskId) -> Result<Seal, Error> {
    let secret: Option<String> = cx.opt(sql!["select secret from installation where id = 1"]).await?;
    Seal::new(secret.unwrap_or_default().as_bytes(), id.as_str(), "task")
}

/// What a subject came to is sealed for the account that began the task, as it is now: it may be a way to sign in.
pub async fn seal_of_answers(cx: &mut Cx, account_id: &str) -> Result<Seal, Error> {
    let secret: Option<String> = cx.opt(sql!["select secret from installation where id = 1"]).await?;
    Seal::new(secret.unwrap_or_default().as_bytes(), account_id, "task answer")
}

/// Begins a task in the transaction of the command that causes it. It goes on once that is committed.
pub async fn begin(tx: &mut Tx, new: NewTask) -> Result<TaskId, Error> {
    let account = tx.account()?;
    let Ok(total) = i64::try_from(new.subjects.len()) else { return Err(Error::internal("too many subjects")) };
    let waiting = [TaskState::Queued.as_str(), TaskState::Running.as_str()];
    let unfinished: i64 = tx
        .one(sql![
            "select count(*) from tasks where state in ",
            list(waiting),
            " and account_id = ",
            account.id.as_str()
        ])
        .await?;
    if unfinished >= UNFINISHED {
        let detail = format!("You have {unfinished} tasks that are not over. Wait for one, or stop one.");
        return Err(Error::new(Code::TooManyTasks, detail));
    }
    let id = TaskId::new(tx.app.random.uuid(tx.now)?);
    let input = seal_of(tx, &id).await?.close(new.input.to_string().as_bytes())?;
    let (account_kind, now) = (account_kind(&account.id), tx.now.as_microsecond());
    let origin = tx.origin.clone();
    tx.exec(insert! { "tasks",
        id: &id,
        kind: new.kind,
        noun: new.noun,
        action: new.action,
        title: new.title.as_str(),
        input: input,
        account_kind: account_kind,
        account_id: account.id.as_str(),
        // Those who see the task may stand below whoever is behind a token.
        account_name: if account.home() == &account.path { account.name.as_str() } else { "Somebody above" },
        token_id: account.token.as_ref().map(|token| token.id.as_str()),
        customer_id: &account.customer_id,
        path: account.path.as_str(),
        address: origin.address.as_ref(),
        request_id: origin.request_id.as_ref(),
        state: TaskState::Queued.as_str(),
        total: total,
        undoes: new.undoes.as_ref(),
        created_at: now,
        turn_at: now,
    })
    .await?;
    let mut number = 0_i64;
    let mut subjects = new.subjects.into_iter().peekable();
    while subjects.peek().is_some() {
        let mut rows = Rows::new("task_items");
        for (subject_id, input) in subjects.by_ref().take(ROWS) {
            rows.push(assign! {
                task_id: &id,
                number: number,
                subject_id: subject_id,
                input: input.map(|input| input.to_string()),
                outcome: Outcome::Pending.as_str(),
            });
            number += 1;
        }
        tx.exec(rows.into_sql()).await?;
    }
    tx.record(
        Entry::new(ChangeAction::TaskCreated, subject(&id, &new.title, &account.customer_id, &account.path)).after(
            serde_json::json!({
                "subjects": total,
            }),
        ),
    );
    Ok(id)
}

/// A task in the change log.
fn subject(id: &TaskId, title: &str, customer_id: &CustomerId, path: &Path) -> Subject {
    Subject {
        kind: "task",
        id: id.to_string(),
        name: title.to_owned(),
        customer_id: customer_id.clone(),
        path: path.clone(),
    }
}

fn account_kind(id: &AccountId) -> &'static str {
    match id {
        AccountId::User(_) => "user",
        AccountId::Customer(_) => "customer",
    }
}

/// Ends a task.
pub async fn end(tx: &mut Tx, task: &TaskRow, state: TaskState, detail: Option<&str>) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    let skipped = task.skipped + task.counts().pending;
    if skipped > task.skipped {
        let values = assign! { outcome: Outcome::Skipped.as_str() };
        let pending = Outcome::Pending.as_str();
        tx.exec(sql!["update task_items set ", values, " where task_id = ", &task.id, " and outcome = ", pending])
            .await?;
    }
    let values = assign! { state: state.as_str(), detail: detail, skipped: skipped, finished_at: now };
    tx.exec(sql!["update tasks set ", values, " where id = ", &task.id]).await?;
    Ok(())
}

/// Refusals that another try doesn't get over: nobody lends higher rights to what somebody else chose.
fn final_for(account: &Account, task: &TaskRow) -> &'static [&'static str] {
    let same_token = account.token.as_ref().map(|token| &token.id) == task.token_id.as_ref();
    if account.id.as_str() == task.account_id && same_token { &["not_found"] } else { &["not_found", "forbidden"] }
}

/// Lets the subjects with these outcomes have another try, with the rights of the caller. Returns how many there are.
pub async fn again(tx: &mut Tx, task: &TaskRow, outcomes: &[Outcome]) -> Result<i64, Error> {
    let words = outcomes.iter().map(|outcome| outcome.as_str());
    let (account, origin) = (tx.account()?, tx.origin.clone());
    let nothing: Option<String> = None;
    let values = assign! { outcome: Outcome::Pending.as_str(), code: nothing.clone(), detail: nothing.clone() };
    let count = tx
        .exec(sql![
            "update task_items set ",
            values,
            " where task_id = ",
            &task.id,
            " and outcome in ",
            list(words),
            " and (code is null or code not in ",
            list(final_for(&account, task).iter().copied()),
            ")"
        ])
        .await?;
    let count = i64::try_from(count).unwrap_or_default();
    if count == 0 {
        return Ok(0);
    }
    let mut counted = TaskRow { changed: 0, unchanged: 0, refused: 0, failed: 0, skipped: 0, ..task.clone() };
    let outcomes: Vec<(String, i64)> = tx
        .all(sql!["select outcome, count(*) from task_items where task_id = ", &task.id, " group by outcome"])
        .await?;
    for (word, count) in outcomes {
        counted.add(word.parse().unwrap_or(Outcome::Failed), count);
    }
    let ended: Option<i64> = None;
    let now = tx.now.as_microsecond();
    let values = assign! {
        state: TaskState::Queued.as_str(),
        account_kind: account_kind(&account.id),
        account_id: account.id.as_str(),
        token_id: account.token.as_ref().map(|token| token.id.as_str()),
        address: origin.address,
        request_id: origin.request_id,
        changed: counted.changed,
        unchanged: counted.unchanged,
        refused: counted.refused,
        failed: counted.failed,
        skipped: counted.skipped,
        detail: nothing,
        finished_at: ended,
        turn_at: now,
    };
    tx.exec(sql!["update tasks set ", values, " where id = ", &task.id]).await?;
    Ok(count)
}
