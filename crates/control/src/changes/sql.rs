//! The queries of the change log.

use api::Error;
use api::change::ChangeAction;
use api::id::CustomerId;
use api::page::COUNTED;
use db::{Sql, columns_of, sql};

use base::cx::Cx;
use base::list::{Key, Window};

db::record! {
    /// An entry as it is stored.
    #[derive(Clone, Debug)]
    pub(super) struct ChangeRow {
        pub(super) number: i64,
        pub(super) at: i64,
        pub(super) actor_kind: String,
        pub(super) actor_id: Option<String>,
        pub(super) actor_name: Option<String>,
        pub(super) actor_path: Option<String>,
        pub(super) address: Option<String>,
        pub(super) request_id: Option<String>,
        pub(super) action: ChangeAction as String => action,
        pub(super) subject_kind: String,
        pub(super) subject_id: String,
        pub(super) subject_name: String,
        pub(super) customer_id: String,
        pub(super) path: String,
        pub(super) before: Option<String>,
        pub(super) after: Option<String>,
    }
}

fn action(word: String) -> Result<ChangeAction, String> {
    ChangeAction::from_word(&word).ok_or(word)
}

/// Which entries are wanted.
#[derive(Debug)]
pub(super) struct Wanted<'a> {
    /// The customer whose history it is.
    pub(super) of: &'a CustomerId,
    pub(super) search: Option<String>,
    /// With what happened to people's accounts.
    pub(super) people: bool,
    /// Begins with `and`.
    pub(super) filter: Sql,
}

impl Wanted<'_> {
    fn condition(&self) -> Sql {
        let mut sql = sql![
            " from change_places p join changes h on h.number = p.number where p.customer_id = ",
            self.of.as_str()
        ];
        if let Some(pattern) = &self.search {
            sql.append(sql![" and h.subject_folded like ", pattern, " escape '\\'"]);
        }
        if !self.people {
            sql.push(" and h.subject_kind <> 'user'");
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
