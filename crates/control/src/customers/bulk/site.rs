//! Giving many a site of the same name.

use std::collections::HashSet;

use api::customer::SiteCreate;
use api::id::CustomerId;
use api::task::Outcome;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use base::version::IfMatch;
use futures_util::future::BoxFuture;
use serde_json::Value;

use super::super::deletion;
use super::{Customers, id_of, judged, sql, verdict};
use crate::bulk::{Action, Foreseen, Noun, changed_since, read};
use crate::customers::CheckedCustomer;

pub(super) struct AddSite;

impl Action for AddSite {
    fn noun(&self) -> &'static dyn Noun {
        &Customers
    }

    fn word(&self) -> &'static str {
        "add_site"
    }

    fn permission(&self) -> Permission {
        Permission::CreateCustomers
    }

    fn title(&self, which: &str) -> String {
        format!("Add a site to {which}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        let input: SiteCreate = read(input)?;
        CheckedCustomer::of_site(CustomerId::from_text(""), &input)?;
        serde_json::to_value(input).map_err(Error::internal)
    }

    fn preview<'a>(
        &'a self,
        cx: &'a mut Cx,
        account: &'a Account,
        ids: &'a [String],
        input: &'a Value,
    ) -> BoxFuture<'a, Result<Foreseen, Error>> {
        Box::pin(async move {
            let input: SiteCreate = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let folded = base::text::fold(&input.name);
            let mut taken: HashSet<String> = HashSet::new();
            for some in ids.chunks(db::AT_ONCE) {
                taken.extend(sql::parents_of_site(cx, some, &folded).await?);
            }
            let (mut foreseen, changing) = judged(cx, account, ids, self.permission(), |seen| {
                if taken.contains(seen.row.id.as_str()) {
                    let why = "The customer has a site of this name already.".to_owned();
                    return (Outcome::Refused, Some((Code::DuplicateSite.as_str().to_owned(), why)));
                }
                verdict(seen, "add_site", false)
            })
            .await?;
            foreseen.effects.insert("sites".to_owned(), changing.len().try_into().unwrap_or(i64::MAX));
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let input: SiteCreate = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let made = crate::sites::create(tx, &id_of(id), &input).await?;
            let undo = serde_json::json!({ "site_id": made.customer.id, "version": made.customer.version });
            Ok(Done::Changed(Some(undo)))
        })
    }

    fn take_back<'a>(&'a self, tx: &'a mut Tx, _: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let site = id_of(undo["site_id"].as_str().unwrap_or_default());
            let version = undo["version"].as_i64().unwrap_or_default();
            deletion::remove_new(tx, &site, IfMatch::Version(version)).await.map_err(|error| match error.code {
                Code::VersionStale => changed_since(),
                _ => error,
            })?;
            Ok(Done::Changed(None))
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }
}
