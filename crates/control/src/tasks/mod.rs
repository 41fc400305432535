//! Tasks as people see them: those that were begun at their place or below it.

pub mod http;
mod sql;

use api::change::ChangeAction;
use api::id::TaskId;
use api::page::{ListQuery, MAX_LIMIT, Page};
use api::task::{Outcome, Progress, Task, TaskResult, TaskState};
use api::units::{Action, Secret, Time};
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::background::tasks::{self, NewTask, TaskRow};
use base::change::Entry;
use base::cx::{Cx, Tx};
use base::list::{Field, Total, Window};
use db::Sql;
use strum::VariantNames;
use tree::Path;

pub(crate) static FIELDS: &[Field] = &[
    Field::time("created_at", "t.created_at").sorted(),
    Field::id("id", "t.id"),
    Field::id("noun", "t.noun"),
    Field::id("action", "t.action"),
    Field::text("title", "fold(t.title)"),
    Field::text("begun_by", "fold(t.account_name)"),
    Field::words("state", "t.state", TaskState::VARIANTS),
    Field::number("progress.total", "t.total"),
    Field::number("counts.done", "t.changed"),
    Field::number("counts.unchanged", "t.unchanged"),
    Field::number("counts.refused", "t.refused"),
    Field::number("counts.failed", "t.failed"),
    Field::number("counts.skipped", "t.skipped"),
    Field::time("started_at", "t.started_at").optional(),
    Field::time("finished_at", "t.finished_at").optional(),
    Field::id("undoes", "t.undoes").optional(),
];
const NEWEST_FIRST: &str = "-created_at";

/// Where the account stands that began the task with this id.
pub fn place(id: &str) -> Sql {
    sql::place(id)
}

pub async fn list(cx: &mut Cx, query: &ListQuery) -> Result<Page<Task>, Error> {
    let account = cx.account()?;
    let mut query = query.clone();
    query.sort.get_or_insert_with(|| NEWEST_FIRST.to_owned());
    let window = Window::of(&query, FIELDS, "t.id")?;
    account.authorize(Permission::ReadTasks, &account.path)?;
    let filter = base::list::filtered(cx, &account, &query, FIELDS, "t.id").await?;
    let wanted = sql::wanted(&account.path, filter);
    let total = sql::count(cx, wanted.clone()).await?;
    let rows = sql::window(cx, wanted, &window).await?;
    let (rows, next) = window.cut(rows, |row| row.id.to_string());
    let taken_back = sql::taken_back(cx, rows.iter().map(|row| row.id.as_str())).await?;
    let items = rows.into_iter().map(|row| view(&account, row, &taken_back)).collect();
    Ok(base::list::page(items, next, Total::counted(total)))
}

pub async fn show(cx: &mut Cx, id: &TaskId) -> Result<Task, Error> {
    let account = cx.account()?;
    let row = fetch(cx, &account, id, Permission::ReadTasks).await?;
    let taken_back = sql::taken_back(cx, std::iter::once(row.id.as_str())).await?;
    Ok(view(&account, row, &taken_back))
}

/// The task with this id, for a purpose.
async fn fetch(cx: &mut Cx, account: &Account, id: &TaskId, permission: Permission) -> Result<TaskRow, Error> {
    account.admit(tasks::find(cx, id).await?, |row| &row.path, permission)
}

/// What became of each subject, in the order in which they are done.
pub async fn results(
    cx: &mut Cx,
    id: &TaskId,
    query: &ListQuery,
    outcome: Option<Outcome>,
) -> Result<Page<TaskResult>, Error> {
    const BY_NUMBER: &[Field] = &[Field::number("number", "i.number").sorted()];
    let account = cx.account()?;
    let task = fetch(cx, &account, id, Permission::ReadTasks).await?;
    // Who people are is told only to those who may read them.
    match task.noun.as_str() {
        "users" => account.authorize(Permission::ReadUsers, &task.path)?,
        "devices" => account.authorize(Permission::ReadDevices, &task.path)?,
        _ => {}
    }
    let window = Window::of(query, BY_NUMBER, "i.subject_id")?;
    let total = match outcome {
        None => task.total,
        Some(outcome) => task.counts().of(outcome),
    };
    let rows = sql::results(cx, &task, outcome, &window).await?;
    let (rows, next) = window.cut(rows, |row| row.subject_id.clone());
    let answers = tasks::seal_of_answers(cx, account.id.as_str()).await?;
    // What is answered may be a way to sign in.
    let is_person = account.token.is_none();
    // Another account's seal doesn't open it.
    let answer = |sealed: &str| {
        answers.open(sealed).filter(|_| is_person).and_then(|text| String::from_utf8(text).ok()).map(Secret::new)
    };
    let items = rows
        .into_iter()
        .map(|row| TaskResult {
            answer: row.answer.as_deref().and_then(answer),
            subject_name: row.name.filter(|_| row.path.is_some_and(|path| account.sees(&Path::from_stored(path)))),
            subject_id: row.subject_id,
            outcome: row.outcome,
            code: row.code,
            detail: row.detail,
        })
        .collect();
    Ok(base::list::page(items, next, Total::known(total)))
}

/// What only the caller is told of a task, whole: a table of names and answers.
pub async fn answers(cx: &mut Cx, id: &TaskId) -> Result<Vec<u8>, Error> {
    let mut query = ListQuery { limit: Some(MAX_LIMIT), ..ListQuery::default() };
    let mut rows = Vec::new();
    loop {
        let page = results(cx, id, &query, Some(Outcome::Done)).await?;
        rows.extend(page.items.into_iter().filter_map(|row| {
            let answer = row.answer?.expose().to_owned();
            Some([row.subject_name.unwrap_or_default(), answer])
        }));
        query.after = page.next;
        if query.after.is_none() {
            return base::export::table(["name", "link"], &rows);
        }
    }
}

fn view(account: &Account, row: TaskRow, taken_back: &[String]) -> Task {
    let is_taken_back = taken_back.iter().any(|id| id == row.id.as_str());
    let counts = row.counts();
    let action = |name: &str, blocked: Option<&str>| match (account.refusal(Permission::RunTasks, &row.path), blocked) {
        (Some(reason), _) => Action::refused(name, Code::Forbidden, reason),
        (None, Some(reason)) => Action::refused(name, Code::TaskNotThere, reason),
        (None, None) => Action::allowed(name),
    };
    Task {
        progress: Progress { done: row.tried(), total: row.total },
        counts,
        begun_by: row.account_name.clone(),
        actions: vec![
            action("stop", row.is_over().then_some(OVER)),
            action("retry", cannot_retry(&row)),
            action("undo", cannot_undo(&row).or(is_taken_back.then_some(TAKEN_BACK))),
        ],
        id: row.id,
        noun: row.noun,
        action: row.action,
        title: row.title,
        state: row.state,
        detail: row.detail,
        created_at: Time::from_micros(row.created_at),
        started_at: row.started_at.map(Time::from_micros),
        finished_at: row.finished_at.map(Time::from_micros),
        undoes: row.undoes,
    }
}

const OVER: &str = "It is over.";
const TAKEN_BACK: &str = "It is taken back already.";
const RUNNING: &str = "It is still going on.";

/// What another try is given to: what failed, what was left out, and what a rule spoke against, which may be otherwise now.
const TRIED_AGAIN: [Outcome; 3] = [Outcome::Failed, Outcome::Skipped, Outcome::Refused];

fn cannot_retry(row: &TaskRow) -> Option<&'static str> {
    let counts = row.counts();
    if !row.is_over() {
        Some(RUNNING)
    } else if TRIED_AGAIN.iter().all(|outcome| counts.of(*outcome) == 0) {
        Some("Nothing of it was refused, failed or left out.")
    } else {
        None
    }
}

fn cannot_undo(row: &TaskRow) -> Option<&'static str> {
    if !row.is_over() {
        Some(RUNNING)
    } else if row.undoes.is_some() || !crate::bulk::is_reversible(&row.noun, &row.action) {
        Some("This cannot be taken back.")
    } else if row.changed == 0 {
        Some("It changed nothing.")
    } else {
        None
    }
}

fn refuse(reason: Option<&'static str>) -> Result<(), Error> {
    match reason {
        Some(reason) => Err(Error::new(Code::TaskNotThere, reason)),
        None => Ok(()),
    }
}

/// Stops a task: what was done stays done, the rest is left out.
pub async fn stop(tx: &mut Tx, id: &TaskId) -> Result<Task, Error> {
    let account = tx.account()?;
    let row = fetch(tx, &account, id, Permission::RunTasks).await?;
    refuse(row.is_over().then_some(OVER))?;
    tasks::end(tx, &row, TaskState::Stopped, None).await?;
    tx.record(Entry::new(ChangeAction::TaskStopped, row.subject()));
    show(tx, id).await
}

/// Gives what was refused, failed or left out another try.
pub async fn retry(tx: &mut Tx, id: &TaskId) -> Result<Task, Error> {
    let account = tx.account()?;
    let row = fetch(tx, &account, id, Permission::RunTasks).await?;
    refuse(cannot_retry(&row))?;
    // From now on with the rights of whoever asks for it.
    if tasks::again(tx, &row, &TRIED_AGAIN).await? == 0 {
        refuse(Some("What was refused is no longer there."))?;
    }
    tx.record(Entry::new(ChangeAction::TaskRetried, row.subject()));
    show(tx, id).await
}

/// Takes back what a task changed, as a task of its own.
pub async fn undo(tx: &mut Tx, id: &TaskId) -> Result<Task, Error> {
    let account = tx.account()?;
    let row = fetch(tx, &account, id, Permission::RunTasks).await?;
    refuse(cannot_undo(&row))?;
    if !sql::taken_back(tx, std::iter::once(row.id.as_str())).await?.is_empty() {
        refuse(Some(TAKEN_BACK))?;
    }
    let remembered = sql::remembered(tx, &row.id).await?;
    let mut subjects = Vec::with_capacity(remembered.len());
    for (subject_id, undo) in remembered {
        subjects.push((subject_id, Some(serde_json::from_str(&undo).map_err(Error::internal)?)));
    }
    let new = NewTask {
        kind: crate::bulk::KIND,
        title: format!("Undo: {}", row.title),
        noun: row.noun,
        action: row.action,
        input: serde_json::json!({}),
        subjects,
        undoes: Some(row.id),
    };
    let id = tasks::begin(tx, new).await?;
    show(tx, &id).await
}
