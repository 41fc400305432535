//! Customers written out whole.

use std::collections::HashMap;

use api::Error;
use api::customer::Customer;
use base::authz::{Account, Permission};
use base::cx::Cx;
use base::export::{Exported, Line};
use base::list::RowOf;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::fields::{NOUN, SITES};
use super::{sql, view};

pub(super) static EXPORT: Exported =
    Exported { word: "customers", noun: &NOUN, parts: Some(&SITES), permission: Permission::ReadCustomers, read };

fn read<'a>(cx: &'a mut Cx, account: &'a Account, rows: &'a [RowOf]) -> BoxFuture<'a, Result<Vec<Line>, Error>> {
    Box::pin(async move {
        let mut ids: Vec<String> =
            rows.iter().flat_map(|(id, site)| std::iter::once(id).chain(site)).cloned().collect();
        ids.sort_unstable();
        ids.dedup();
        let found = sql::with_totals(cx, &ids).await?;
        let mut seen: HashMap<String, (Customer, Vec<String>)> = HashMap::with_capacity(ids.len());
        for (customer, path) in view::lines(cx, account, found).await? {
            // What may be done is nothing that is written out.
            let customer = Customer { actions: Vec::new(), ..customer };
            seen.insert(customer.id.to_string(), (customer, path));
        }
        let mut lines = Vec::with_capacity(rows.len());
        for (id, site) in rows {
            let Some((customer, path)) = seen.get(id) else { continue };
            let site = site.as_ref().and_then(|site| seen.get(site));
            let mut row = serde_json::to_value(customer).map_err(Error::internal)?;
            if let (Value::Object(fields), Some((site, _))) = (&mut row, site) {
                fields.insert("site".to_owned(), serde_json::to_value(site).map_err(Error::internal)?);
            }
            lines.push(Line { row, path: site.map_or(path, |(_, path)| path).clone() });
        }
        Ok(lines)
    })
}
