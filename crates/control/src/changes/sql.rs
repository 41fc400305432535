//! The queries of the change log.

use api::Error;
use db::{Sql, columns_of, sql};
use tree::Path;

use crate::cx::Cx;
use crate::list::{Key, Window};

db::record! {
    /// An entry as it is stored.
    #[derive(Clone, Debug)]
    pub(super) struct Row {
        pub(super) number: i64,
        pub(super) at: i64,
        pub(super) actor_kind: String,
        pub(super) actor_id: Option<String>,
        pub(super) actor_name: Option<String>,
        pub(super) actor_path: Option<String>,
        pub(super) address: Option<String>,
        pub(super) request_id: Option<String>,
        pub(super) action: String,
        pub(super) subject_kind: String,
        pub(super) subject_id: String,
        pub(super) subject_name: String,
        pub(super) customer_id: String,
        pub(super) path: String,
        pub(super) before: Option<String>,
        pub(super) after: Option<String>,
    }
}

fn wanted(under: &Path, search: Option<&str>) -> Sql {
    let (from, to) = under.range();
    let mut sql = sql![" from changes h where h.path >= ", from, " and h.path < ", to];
    if let Some(pattern) = search {
        sql.append(sql![" and h.subject_folded like ", pattern, " escape '\\'"]);
    }
    sql
}

pub(super) async fn count(cx: &mut Cx, under: &Path, search: Option<&str>) -> Result<i64, Error> {
    cx.one(sql!["select count(*)", wanted(under, search)]).await
}

pub(super) async fn window(
    cx: &mut Cx,
    under: &Path,
    search: Option<&str>,
    window: &Window,
) -> Result<Vec<(Row, Key)>, Error> {
    let mut statement = sql!["select ", columns_of::<Row>("h"), ", ", window.key_column(), wanted(under, search)];
    window.finish(&mut statement);
    let rows: Vec<(Row, Option<Key>)> = cx.all(statement).await?;
    Ok(rows.into_iter().filter_map(|(row, key)| key.map(|key| (row, key))).collect())
}
