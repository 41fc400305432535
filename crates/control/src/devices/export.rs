//! Devices written out whole.

use api::Error;
use api::device::Device;
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::export::{Exported, Line};
use base::lineage::Lineage;
use base::list::RowOf;
use futures_util::future::BoxFuture;

use super::{NOUN, sql, view};

pub(super) static EXPORT: Exported =
    Exported { word: "devices", noun: &NOUN, parts: None, permission: Permission::ReadDevices, read };

fn read<'a>(cx: &'a mut Cx, account: &'a Account, rows: &'a [RowOf]) -> BoxFuture<'a, Result<Vec<Line>, Error>> {
    Box::pin(async move {
        let ids: Vec<String> = rows.iter().map(|(id, _)| id.clone()).collect();
        let found = base::list::arranged(&ids, sql::with_these_ids(cx, &ids).await?, |(row, ..)| row.id.as_str());
        let lineage = Lineage::of(cx, found.iter().map(|(row, ..)| &row.path)).await?;
        let own = crate::settings::switches(cx, found.iter().map(|(row, ..)| row.id.as_str())).await?;
        let overlay = cx.overlay().await?;
        let line = |whole: sql::WholeDevice| {
            let path = lineage.names(&whole.0.path, account);
            let device = view(&cx.app, &lineage, account, whole, &own, &overlay);
            let device = Device { actions: Vec::new(), ..device };
            Ok(Line { row: serde_json::to_value(device).map_err(Error::internal)?, path })
        };
        found.into_iter().map(line).collect()
    })
}
