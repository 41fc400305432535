//! Tasks: what a request caused and what goes on after its answer, subject by subject. The subjects are frozen when it
//! begins. A part of them is done in one transaction with what is remembered of it, so whatever dies in between has done
//! nothing or has it written down: a task goes on where it stopped, on whichever process, and does each subject once. The
//! transaction has its turn among all commands, so no other process can be at the same part.
//!
//! It is done with the rights that the account which began it has by then, as if that account did one after the other.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::change::ChangeAction;
use api::id::{CustomerId, TaskId};
use api::task::{Outcome, OutcomeCounts, TaskState};
use api::{Code, Error};
use db::{Rows, Text, assign, columns, insert, list, sql};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use serde_json::Value;
use tokio::time::Instant;
use tree::Path;

use super::{Reconciler, Round};
use crate::App;
use crate::authz::{Account, AccountId};
use crate::change::{Entry, Subject};
use crate::credentials;
use crate::cx::{Caller, Collision, Cx, Origin, Runs, Tx};
use crate::seal::Seal;

/// Subjects of one transaction, and how long it may take: others wait for their turn behind it.
const AT_ONCE: i64 = 100;
const NO_LONGER_THAN: Duration = Duration::from_millis(60);
/// Another process's tasks wake nobody here.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// When one that could not go on has another turn.
const STUCK_FOR: Duration = Duration::from_secs(5);
/// So often in a row a task may fail to go on before it is given up.
const STUMBLES: u32 = 5;
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
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Done {
    /// With what is needed to take it back, if it can be.
    Changed(Option<Value>),
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

    fn add(&mut self, outcome: Outcome, count: i64) {
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

/// Input is sealed for its task: it may hold a password.
async fn seal_of(cx: &mut Cx, id: &TaskId) -> Result<Seal, Error> {
    let secret: Option<String> = cx.opt(sql!["select secret from installation where id = 1"]).await?;
    Seal::new(secret.unwrap_or_default().as_bytes(), id.as_str(), "task")
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
        account_name: account.name.as_str(),
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
    tx.record(Entry::new(ChangeAction::TaskCreated, subject(&id, &new.title, &account)).after(serde_json::json!({
        "subjects": total,
    })));
    Ok(id)
}

/// A task in the change log.
fn subject(id: &TaskId, title: &str, account: &Account) -> Subject {
    Subject {
        kind: "task",
        id: id.to_string(),
        name: title.to_owned(),
        customer_id: account.customer_id.clone(),
        path: account.path.clone(),
    }
}

fn account_kind(id: &AccountId) -> &'static str {
    match id {
        AccountId::User(_) => "user",
        AccountId::Customer(_) => "customer",
    }
}

/// The reconciler that does them, a part of one after a part of another.
pub struct Tasks {
    works: HashMap<&'static str, Arc<dyn Work>>,
    /// How often in a row a task could not go on although the database answers.
    stumbled: Mutex<HashMap<TaskId, u32>>,
}

impl std::fmt::Debug for Tasks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Tasks").field(&self.works.keys()).finish()
    }
}

impl Tasks {
    pub fn new(works: Works) -> Self {
        let works = works.into_iter().map(|work| (work.kind(), work)).collect();
        Self { works, stumbled: Mutex::default() }
    }

    fn stumbled(&self) -> MutexGuard<'_, HashMap<TaskId, u32>> {
        self.stumbled.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets the others go on before one that can't, and gives it up where it can't again and again.
    async fn stumble(&self, app: &App, id: &TaskId, error: &Error) -> Result<(), Error> {
        let times = self.stumbled().get(id).copied().unwrap_or_default() + 1;
        crate::run!(app, Caller::System, Origin::default(), |tx| async {
            let now = tx.now.as_microsecond();
            tx.exec(sql!["update tasks set turn_at = ", now, " where id = ", id]).await?;
            match find(tx, id).await? {
                Some(task) if times >= STUMBLES && !task.is_over() => {
                    end(tx, &task, TaskState::Failed, Some("It could not go on. Try again later.")).await
                }
                _ => Ok(()),
            }
        }
        .await)?;
        tracing::error!(task = %id, %error, cause = ?error.cause, times, "a task could not go on");
        if times >= STUMBLES {
            self.stumbled().remove(id);
        } else {
            self.stumbled().insert(id.clone(), times);
        }
        Ok(())
    }
}

impl Reconciler for Tasks {
    fn name(&self) -> &'static str {
        "tasks"
    }

    fn follows_changes(&self) -> bool {
        true
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            let mut stuck: Vec<TaskId> = Vec::new();
            while let Some(id) = next(app, &stuck).await? {
                let went_on = AssertUnwindSafe(self.go_on(app, &id)).catch_unwind().await;
                match went_on.unwrap_or_else(|_| Err(Error::internal("it panicked"))) {
                    Ok(count) => {
                        self.stumbled().remove(&id);
                        mended += count;
                    }
                    Err(error) => {
                        // The others go on; this one has another turn later.
                        self.stumble(app, &id, &error).await?;
                        stuck.push(id);
                    }
                }
                if app.live.ended().is_cancelled() {
                    // Whoever starts next goes on.
                    break;
                }
                // Commands that came meanwhile have their turn.
                tokio::task::yield_now().await;
            }
            Ok(Round { mended, again_in: if stuck.is_empty() { LOOK_EVERY } else { STUCK_FOR } })
        })
    }
}

/// The task that has waited longest, but for these.
async fn next(app: &App, but: &[TaskId]) -> Result<Option<TaskId>, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let waiting = [TaskState::Queued.as_str(), TaskState::Running.as_str()];
    let mut statement = sql!["select id from tasks where state in ", list(waiting)];
    if !but.is_empty() {
        statement.append(sql![" and id not in ", list(but.iter().map(TaskId::as_str))]);
    }
    statement.append(sql![" order by turn_at, id limit 1"]);
    let id: Option<String> = cx.opt(statement).await?;
    Ok(id.map(TaskId::from_text))
}

/// How a part of a task ended.
enum Part {
    Did(u64),
    /// A subject refused after it had written something: it needs a transaction of its own.
    Apart,
    /// In a transaction of its own.
    Refused(i64, Error),
}

impl Tasks {
    /// Does the next part of a task. Returns how much that was.
    async fn go_on(&self, app: &App, id: &TaskId) -> Result<u64, Error> {
        let (mut limit, mut refused) = (AT_ONCE, None);
        let mut runs = Runs::default();
        loop {
            let mut tx = Tx::begin(app, Caller::System, Origin::default()).await?;
            let part = self.part(&mut tx, id, limit, refused.as_ref()).await;
            match part {
                Ok(Part::Did(count)) => match tx.commit().await {
                    Ok(written) => {
                        if let Some(written) = written {
                            app.tell(written).await;
                        }
                        return Ok(count);
                    }
                    Err(Collision { again: true, error }) => runs.again(error).await?,
                    Err(Collision { again: false, error }) => return Err(error),
                },
                Ok(Part::Apart) => limit = 1,
                Ok(Part::Refused(number, error)) => refused = Some((number, error)),
                Err(error) if tx.has_collided() => {
                    drop(tx);
                    runs.again(error).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    async fn part(&self, tx: &mut Tx, id: &TaskId, limit: i64, refused: Option<&(i64, Error)>) -> Result<Part, Error> {
        let Some(task) = find(tx, id).await?.filter(|task| !task.is_over()) else { return Ok(Part::Did(0)) };
        let now = tx.now.as_microsecond();
        let account = account_of(tx, &task).await?;
        let work = self.works.get(task.kind.as_str());
        let (Some(work), Some(account)) = (work, account) else {
            let detail = if work.is_none() {
                "This version of the program doesn't know how it is done."
            } else {
                "The account that began it is no longer there."
            };
            end(tx, &task, TaskState::Failed, Some(detail)).await?;
            return Ok(Part::Did(1));
        };
        let input = seal_of(tx, id).await?.open(&task.input);
        let input = input.and_then(|input| serde_json::from_slice(&input).ok());
        let job = Job {
            id: task.id.clone(),
            noun: task.noun.clone(),
            action: task.action.clone(),
            input: input.ok_or_else(|| Error::internal("a task's input cannot be opened"))?,
            undoes: task.undoes.clone(),
        };
        let items = pending(tx, id, limit).await?;
        if items.is_empty() {
            end(tx, &task, TaskState::Done, None).await?;
            return Ok(Part::Did(1));
        }
        tx.caller = Caller::Account(account);
        tx.origin = Origin { address: task.address.clone(), request_id: task.request_id.clone() };
        let began = Instant::now();
        let mut results = Vec::with_capacity(items.len());
        for item in items {
            let written = tx.written();
            let done = match refused {
                // It was tried in a transaction of its own, which is gone.
                Some((number, error)) if *number == item.number => Err(error.told()),
                _ => work.one(tx, &job, &item).await,
            };
            if let Err(error) = &done {
                if passes_by_itself(error) {
                    return Err(error.told());
                }
                if tx.written() != written || tx.has_collided() {
                    return Ok(if limit > 1 { Part::Apart } else { Part::Refused(item.number, error.told()) });
                }
            }
            results.push((item.number, done));
            if began.elapsed() >= NO_LONGER_THAN {
                break;
            }
        }
        let count = results.len();
        let mut task = task;
        write(tx, &mut task, results).await?;
        let values = assign! {
            state: TaskState::Running.as_str(),
            changed: task.changed,
            unchanged: task.unchanged,
            refused: task.refused,
            failed: task.failed,
            started_at: task.started_at.unwrap_or(now),
            turn_at: now,
        };
        tx.exec(sql!["update tasks set ", values, " where id = ", id]).await?;
        if task.tried() >= task.total {
            end(tx, &task, TaskState::Done, None).await?;
        }
        Ok(Part::Did(count as u64))
    }
}

/// Whether the task waits until it has passed: the database is away, say.
fn passes_by_itself(error: &Error) -> bool {
    error.code == Code::Unavailable
}

/// What a person is told of a refusal: the sentence at the field, where there is one.
fn detail_of(error: &Error) -> (String, String) {
    match error.fields.first() {
        Some(field) => (field.code.clone(), field.detail.clone()),
        None => (error.code.as_str().to_owned(), error.detail.clone()),
    }
}

/// Writes down what became of some subjects, and counts it.
async fn write(tx: &mut Tx, task: &mut TaskRow, results: Vec<(i64, Result<Done, Error>)>) -> Result<(), Error> {
    let id = task.id.clone();
    let id = &id;
    // What came to the same is written at once; only what can be taken back differs from row to row.
    let mut alike: HashMap<(Outcome, Option<String>, Option<String>), Vec<i64>> = HashMap::new();
    for (number, done) in results {
        let key = match done {
            Ok(Done::Changed(Some(undo))) => {
                task.add(Outcome::Done, 1);
                let values = assign! { outcome: Outcome::Done.as_str(), undo: undo.to_string() };
                tx.exec(sql!["update task_items set ", values, " where task_id = ", id, " and number = ", number])
                    .await?;
                continue;
            }
            Ok(Done::Changed(None)) => (Outcome::Done, None, None),
            Ok(Done::Unchanged) => (Outcome::Unchanged, None, None),
            Err(error) => {
                let (code, detail) = detail_of(&error);
                let outcome = if error.code == Code::Internal { Outcome::Failed } else { Outcome::Refused };
                if let Some(cause) = &error.cause {
                    tracing::error!(task = %id, cause, "a part of a task failed");
                }
                (outcome, Some(code), Some(detail))
            }
        };
        alike.entry(key).or_default().push(number);
    }
    for ((outcome, code, detail), numbers) in alike {
        task.add(outcome, i64::try_from(numbers.len()).unwrap_or_default());
        let values = assign! { outcome: outcome.as_str(), code: code, detail: detail };
        tx.exec(sql!["update task_items set ", values, " where task_id = ", id, " and number in ", list(numbers)])
            .await?;
    }
    Ok(())
}

async fn pending(tx: &mut Tx, id: &TaskId, limit: i64) -> Result<Vec<Item>, Error> {
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

/// The account that began a task, as it is now.
async fn account_of(cx: &mut Cx, task: &TaskRow) -> Result<Option<Account>, Error> {
    let id = task.account_id.as_str();
    let id = match task.account_kind.as_str() {
        "user" => AccountId::User(api::id::UserId::from_text(id)),
        _ => AccountId::Customer(CustomerId::from_text(id)),
    };
    credentials::account_with(cx, &id).await
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
    if account.id.as_str() == task.account_id { &["not_found"] } else { &["not_found", "forbidden"] }
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

/// How long what is over is remembered.
const KEPT_MICROS: i64 = 30 * 24 * 60 * 60 * 1_000_000;
const FORGOTTEN_AT_ONCE: i64 = super::PIECE.cast_signed();

/// Forgets what has been over for a month, a bounded piece at a time. Returns how much.
pub async fn forget_old(app: &App) -> Result<u64, Error> {
    crate::beside!(app, |tx| forget(tx).await)
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
    Ok(super::PIECE)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_told_what_is_wrong_at_the_field() {
        let error = Error::field("name", Code::DuplicateSite, "The customer has a site of this name already.");
        assert_eq!(detail_of(&error).0, "duplicate_site");
        let error = Error::new(Code::Forbidden, "No.");
        assert_eq!(detail_of(&error), ("forbidden".to_owned(), "No.".to_owned()));
    }
}
