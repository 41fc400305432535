//! Doing tasks: a part of one after a part of another, each in one transaction with what became of it.

use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use api::id::{CustomerId, TaskId};
use api::task::{Outcome, TaskState};
use api::{Code, Error};
use db::{assign, list, sql};
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::time::Instant;

use super::rows::pending;
use super::{Done, Job, TaskRow, Work, Works, end, find, seal_of, seal_of_answers};
use crate::App;
use crate::authz::{Account, AccountId};
use crate::background::{Reconciler, Round};
use crate::credentials;
use crate::cx::{Caller, Collision, Cx, Origin, Runs, Tx};

/// Subjects of one transaction, and how long it may take: others wait for their turn behind it.
const AT_ONCE: i64 = 100;
const NO_LONGER_THAN: Duration = Duration::from_millis(60);
/// Another process's tasks wake nobody here.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// When one that could not go on has another turn.
const STUCK_FOR: Duration = Duration::from_secs(5);
/// So often in a row a task may fail to go on before it is given up.
const STUMBLES: u32 = 5;

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
                "The account or the token that began it is no longer there, or may do nothing any more."
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
        tx.origin = Origin { address: task.address.clone(), request_id: task.request_id.clone(), browser: None };
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

/// Writes down what became of some subjects, and counts it.
async fn write(tx: &mut Tx, task: &mut TaskRow, results: Vec<(i64, Result<Done, Error>)>) -> Result<(), Error> {
    let id = task.id.clone();
    let id = &id;
    let answers = if results.iter().any(|(_, done)| matches!(done, Ok(Done::Answered(_)))) {
        Some(seal_of_answers(tx, &task.account_id).await?)
    } else {
        None
    };
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
            Ok(Done::Answered(answer)) => {
                task.add(Outcome::Done, 1);
                let sealed = answers.as_ref().map(|seal| seal.close(answer.expose().as_bytes())).transpose()?;
                let values = assign! { outcome: Outcome::Done.as_str(), answer: sealed };
                tx.exec(sql!["update task_items set ", values, " where task_id = ", id, " and number = ", number])
                    .await?;
                continue;
            }
            Ok(Done::Changed(None)) => (Outcome::Done, None, None),
            Ok(Done::Unchanged) => (Outcome::Unchanged, None, None),
            Err(error) => {
                let (code, detail) = error.said();
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

/// The account that began a task, as it is now.
async fn account_of(cx: &mut Cx, task: &TaskRow) -> Result<Option<Account>, Error> {
    if let Some(token) = &task.token_id {
        return credentials::account_of_token(cx, token).await;
    }
    let id = task.account_id.as_str();
    let id = match task.account_kind.as_str() {
        "user" => AccountId::User(api::id::UserId::from_text(id)),
        _ => AccountId::Customer(CustomerId::from_text(id)),
    };
    credentials::account_with(cx, &id).await
}
