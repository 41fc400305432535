//! The queries of the change log.

use api::Error;
use api::change::{ActorKind, ChangeAction};
use api::id::CustomerId;
use api::page::COUNTED;
use db::{Sql, Text, columns_of, sql};
use tree::Path;

use base::cx::Cx;
use base::list::{Key, Window};
use base::live::Changed;

db::record! {
    /// An entry as it is stored.
    #[derive(Clone, Debug)]
    pub(super) struct ChangeRow {
        pub(super) number: i64,
        pub(super) at: i64,
        pub(super) actor_kind: ActorKind as Text,
        pub(super) actor_id: Option<String>,
        pub(super) actor_name: Option<String>,
        pub(super) actor_path: Option<String>,
        pub(super) actor_token: Option<String>,
        pub(super) address: Option<String>,
        pub(super) request_id: Option<String>,
        pub(super) action: ChangeAction as Text,
        pub(super) subject_kind: String,
        pub(super) subject_id: String,
        pub(super) subject_name: String,
        pub(super) customer_id: String,
        pub(super) path: String,
        pub(super) before: Option<String>,
        pub(super) after: Option<String>,
    }
}

/// Which entries are wanted.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// The customer whose history it is.
    pub(super) of: &'a CustomerId,
    /// Begins with `and`.
    pub(super) search: Sql,
    /// Without what happened to subjects of these kinds.
    pub(super) hidden: Vec<&'static str>,
    /// Begins with `and`.
    pub(super) filter: Sql,
}

impl Wanted<'_> {
    fn condition(&self) -> Sql {
        let mut sql = sql![
            " from change_places p join changes h on h.number = p.number where p.customer_id = ",
            self.of.as_str()
        ];
        sql.append(self.search.clone());
        if !self.hidden.is_empty() {
            sql.append(sql![" and h.subject_kind not in ", db::list(self.hidden.iter().copied())]);
        }
        sql.append(self.filter.clone());
        sql
    }
}

pub(super) async fn count(cx: &mut Cx, wanted: &Wanted<'_>) -> Result<i64, Error> {
    let limit = COUNTED + 1;
    cx.one(sql!["select count(*) from (select 1 as one", wanted.condition(), " limit ", limit, ") as counted"]).await
}

pub(super) async fn window(cx: &mut Cx, wanted: &Wanted<'_>, window: &Window) -> Result<Vec<(ChangeRow, Key)>, Error> {
    let mut statement = sql!["select ", columns_of::<ChangeRow>("h"), ", ", window.key_column(), wanted.condition()];
    window.finish(&mut statement);
    let rows: Vec<(ChangeRow, Option<Key>)> = cx.all(statement).await?;
    Ok(rows.into_iter().filter_map(|(row, key)| key.map(|key| (row, key))).collect())
}

pub(super) async fn with_numbers(cx: &mut Cx, numbers: &[i64]) -> Result<Vec<ChangeRow>, Error> {
    cx.all(sql![
        "select ",
        columns_of::<ChangeRow>("h"),
        " from changes h where h.number in ",
        db::list(numbers.iter().copied()),
        " order by h.number"
    ])
    .await
}

/// Of the newest change.
pub(super) async fn last_number(cx: &mut Cx) -> Result<i64, Error> {
    cx.one(sql!["select last_number from change_counter where id = 1"]).await
}

db::record! {
    /// An entry as those who watch are told of it.
    struct ChangedRow {
        number: i64,
        action: ChangeAction as Text,
        subject_kind: String,
        subject_id: String,
        path: Path as Text,
    }
}

impl From<ChangedRow> for Changed {
    fn from(row: ChangedRow) -> Self {
        let ChangedRow { number, action, subject_kind, subject_id, path } = row;
        Self { number, action, subject_kind, subject_id, path }
    }
}

/// The next changes of the whole installation.
pub(super) async fn changed(cx: &mut Cx, after: i64, limit: i64) -> Result<Vec<Changed>, Error> {
    let rows: Vec<ChangedRow> = cx
        .all(sql![
            "select ",
            db::columns::<ChangedRow>(),
            " from changes where number > ",
            after,
            " order by number limit ",
            limit
        ])
        .await?;
    Ok(rows.into_iter().map(Changed::from).collect())
}

/// The first of a customer's changes between two numbers.
pub(super) async fn missed(
    cx: &mut Cx,
    of: &CustomerId,
    after: i64,
    until: i64,
    limit: i64,
) -> Result<Vec<Changed>, Error> {
    let rows: Vec<ChangedRow> = cx
        .all(sql![
            "select ",
            columns_of::<ChangedRow>("h"),
            " from change_places p join changes h on h.number = p.number where p.customer_id = ",
            of.as_str(),
            " and p.number > ",
            after,
            " and p.number <= ",
            until,
            " order by p.number limit ",
            limit
        ])
        .await?;
    Ok(rows.into_iter().map(Changed::from).collect())
}

/// Every repository that is written to: bytes, last backup, place.
pub(super) async fn open_repositories(cx: &mut Cx) -> Result<Vec<(String, i64, Option<i64>, String)>, Error> {
    cx.all(sql![
        "select distinct r.id, r.used_bytes, r.last_backup_at, r.path from repository_counters k
         join repositories r on r.id = k.repository_id"
    ])
    .await
}

/// Where devices were refused something since: device, place, when.
pub(super) async fn refused_since(cx: &mut Cx, since: i64, limit: i64) -> Result<Vec<(String, String, i64)>, Error> {
    cx.all(sql![
        "select device_id, path, last_refused_at from repositories where coalesce(last_refused_at, 0) > ",
        since,
        " order by coalesce(last_refused_at, 0) desc limit ",
        limit
    ])
    .await
}

/// What is in force at a customer, as its column has it.
pub(super) async fn stopped(cx: &mut Cx, customer: &CustomerId) -> Result<Option<i64>, Error> {
    cx.opt(sql!["select stopped from customers where id = ", customer.as_str()]).await
}
