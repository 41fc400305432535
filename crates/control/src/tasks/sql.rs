//! The queries of tasks, as people see them.

use api::Error;
use api::id::TaskId;
use api::page::COUNTED;
use api::task::{Outcome, TaskState};
use db::{Sql, Text, columns_of, sql};
use tree::Path;

use base::background::tasks::TaskRow;
use base::cx::Cx;
use base::list::{Key, Window};

db::record! {
    pub(super) struct ResultRow {
        pub(super) subject_id: String,
        pub(super) outcome: Outcome as Text,
        pub(super) code: Option<String>,
        pub(super) detail: Option<String>,
        pub(super) answer: Option<String>,
        pub(super) name: Option<String>,
        pub(super) path: Option<String>,
    }
}

pub(super) fn place(id: &str) -> Sql {
    sql!["select path from tasks where id = ", id]
}

/// All that were begun at a place or below. The filter begins with `and`.
pub(super) fn wanted(path: &Path, filter: Sql) -> Sql {
    let (from, to) = path.range();
    sql![" from tasks t where t.path >= ", from, " and t.path < ", to, filter]
}

pub(super) async fn count(cx: &mut Cx, wanted: Sql) -> Result<i64, Error> {
    let limit = COUNTED + 1;
    cx.one(sql!["select count(*) from (select 1 as one", wanted, " limit ", limit, ") as counted"]).await
}

pub(super) async fn window(cx: &mut Cx, wanted: Sql, window: &Window) -> Result<Vec<(TaskRow, Key)>, Error> {
    let mut statement = sql!["select ", columns_of::<TaskRow>("t"), ", ", window.key_column(), wanted];
    window.finish(&mut statement);
    let rows: Vec<(TaskRow, Option<Key>)> = cx.all(statement).await?;
    Ok(rows.into_iter().filter_map(|(row, key)| key.map(|key| (row, key))).collect())
}

pub(super) async fn results(
    cx: &mut Cx,
    task: &TaskRow,
    outcome: Option<Outcome>,
    window: &Window,
) -> Result<Vec<(ResultRow, Key)>, Error> {
    // Whatever the subjects are: ids say by themselves of which kind.
    let mut statement = sql![
        "select i.subject_id as subject_id, i.outcome as outcome, i.code as code, i.detail as detail, i.answer as answer,
         coalesce(c.name, c.company_name, u.name) as name, coalesce(c.path, h.path) as path, ",
        window.key_column(),
        " from task_items i left join customers c on c.id = i.subject_id
         left join users u on u.id = i.subject_id left join customers h on h.id = u.customer_id
         where i.task_id = ",
        &task.id
    ];
    if let Some(outcome) = outcome {
        statement.append(sql![" and i.outcome = ", outcome.as_str()]);
    }
    window.finish(&mut statement);
    let rows: Vec<(ResultRow, Option<Key>)> = cx.all(statement).await?;
    Ok(rows.into_iter().filter_map(|(row, key)| key.map(|key| (row, key))).collect())
}

/// What was remembered of each subject that was changed, in the opposite order.
pub(super) async fn remembered(cx: &mut Cx, task: &TaskId) -> Result<Vec<(String, String)>, Error> {
    cx.all(sql![
        "select subject_id, undo from task_items where task_id = ",
        task.as_str(),
        " and outcome = ",
        Outcome::Done.as_str(),
        " and undo is not null order by number desc"
    ])
    .await
}

/// Which of these another task takes back.
pub(super) async fn taken_back<'t>(cx: &mut Cx, tasks: impl Iterator<Item = &'t str>) -> Result<Vec<String>, Error> {
    let failed = TaskState::Failed.as_str();
    cx.all(sql!["select undoes from tasks where undoes in ", db::list(tasks), " and state <> ", failed]).await
}
