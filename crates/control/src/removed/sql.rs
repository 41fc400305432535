//! The queries of customers that are gone.

use api::id::CustomerId;
use api::{Error, Level};
use db::{Sql, Text, columns, list, sql};
use tree::Path;

use base::cx::Cx;

db::record! {
    /// What is left of a customer.
    #[derive(Clone, Debug)]
    pub(crate) struct RemovedRow {
        pub(crate) id: CustomerId as Text,
        pub(crate) path: Path as Text,
        pub(crate) level: Level as Text,
        pub(crate) name: Option<String>,
        pub(crate) company_name: String,
        pub(crate) created_at: i64,
        pub(crate) deletion_scheduled_at: Option<i64>,
        pub(crate) removed_at: i64,
        pub(crate) devices: i64,
        pub(crate) used_bytes: i64,
        pub(crate) last_backup_at: Option<i64>,
    }
}

/// Where the one with this id stood.
pub(crate) fn place(id: &str) -> Sql {
    sql!["select path from removed_customers where id = ", id]
}

/// Any of them, wherever it stood.
pub(crate) async fn find(cx: &mut Cx, id: &CustomerId) -> Result<Option<RemovedRow>, Error> {
    cx.opt(sql!["select ", columns::<RemovedRow>(), " from removed_customers where id = ", id.as_str()]).await
}

pub(super) async fn with_these_ids(cx: &mut Cx, ids: &[String]) -> Result<Vec<RemovedRow>, Error> {
    let ids = list(ids.iter().map(String::as_str));
    cx.all(sql!["select ", columns::<RemovedRow>(), " from removed_customers where id in ", ids]).await
}
