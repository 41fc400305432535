//! User accounts written out whole.

use api::Error;
use api::user::User;
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::export::{Exported, Line};
use base::lineage::Lineage;
use base::list::RowOf;
use futures_util::future::BoxFuture;

use super::{NOUN, invited, sql, view};

pub(super) static EXPORT: Exported =
    Exported { word: "users", noun: &NOUN, parts: None, permission: Permission::ReadUsers, read };

fn read<'a>(cx: &'a mut Cx, account: &'a Account, rows: &'a [RowOf]) -> BoxFuture<'a, Result<Vec<Line>, Error>> {
    Box::pin(async move {
        let ids: Vec<String> = rows.iter().map(|(id, _)| id.clone()).collect();
        let found = base::list::arranged(&ids, sql::with_these_ids(cx, &ids).await?, |(row, _)| row.id.as_str());
        let lineage = Lineage::of(cx, found.iter().map(|(_, home)| &home.path)).await?;
        let (mut users, mut paths) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        for (row, home) in found {
            paths.push(lineage.names(&home.path, account));
            users.push(User { actions: Vec::new(), ..view(account, row, &home) });
        }
        let line = |(user, path): (User, Vec<String>)| {
            Ok(Line { row: serde_json::to_value(user).map_err(Error::internal)?, path })
        };
        invited(cx, users).await?.into_iter().zip(paths).map(line).collect()
    })
}
