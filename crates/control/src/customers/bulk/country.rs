//! Setting the country of many.

use api::customer::CustomerUpdate;
use api::task::Outcome;
use api::{Code, Error};
use base::authz::{Account, Permission};
use base::background::tasks::Done;
use base::cx::{Cx, Tx};
use base::version::IfMatch;
use futures_util::future::BoxFuture;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::update::located;
use super::{Customers, id_of, judged};
use crate::bulk::{Action, Foreseen, Noun, changed_since, read};
use crate::customers::{self, CheckedUpdate, above};

/// Where many customers are from now on.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Country {
    country: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    storage_location_id: Option<api::id::StorageLocationId>,
}

/// A country as it was, and the version after the change.
#[derive(Debug, Serialize, Deserialize)]
struct CountryBefore {
    version: i64,
    country: Option<String>,
}

pub(super) struct SetCountry;

impl SetCountry {
    fn wanted(input: &Country) -> CustomerUpdate {
        CustomerUpdate {
            country: Some(input.country.clone()),
            storage_location_id: input.storage_location_id.clone(),
            ..CustomerUpdate::default()
        }
    }

    fn update(input: &Country) -> Result<CheckedUpdate, Error> {
        CheckedUpdate::of(Self::wanted(input), &[])
    }
}

impl Action for SetCountry {
    fn noun(&self) -> &'static dyn Noun {
        &Customers
    }

    fn word(&self) -> &'static str {
        "set_country"
    }

    fn permission(&self) -> Permission {
        Permission::EditCustomers
    }

    fn title(&self, which: &str) -> String {
        format!("Set the country of {which}")
    }

    fn check(&self, input: Value) -> Result<Value, Error> {
        let input: Country = read(input)?;
        Self::update(&input)?;
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
            let input: Country = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let country = input.country.to_ascii_uppercase();
            let chosen = input.storage_location_id.as_ref();
            let found = crate::storage::locations::location_for(cx, &country, chosen).await?;
            let (foreseen, _) = judged(cx, account, ids, self.permission(), |seen| {
                let row = &seen.row;
                if let Some(why) = seen.refusal("edit") {
                    return (Outcome::Refused, Some(why));
                }
                let (update, is_above) = (Self::wanted(&input), above::looks_after(account, &row.path));
                let fixed = if is_above { Ok(()) } else { above::refuse_fixed(&update, row) };
                match fixed.and_then(|()| located(row, chosen, &found)) {
                    Err(error) => (Outcome::Refused, Some(error.said())),
                    Ok(location) if location == row.storage_location_id && row.country.as_ref() == Some(&country) => {
                        (Outcome::Unchanged, None)
                    }
                    Ok(_) => {
                        let before = row.country.as_deref().unwrap_or("none");
                        (Outcome::Done, Some((String::new(), format!("{before} → {country}"))))
                    }
                }
            })
            .await?;
            Ok(foreseen)
        })
    }

    fn one<'a>(&'a self, tx: &'a mut Tx, id: &'a str, input: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let input: Country = serde_json::from_value(input.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let id = id_of(id);
            let before = customers::fetch(tx, &account, &id, Permission::EditCustomers).await?;
            let after = customers::update(tx, &id, IfMatch::Any, &Self::update(&input)?, None).await?;
            if after.version == before.version {
                return Ok(Done::Unchanged);
            }
            let undo = CountryBefore { version: after.version, country: before.country };
            Ok(Done::Changed(Some(serde_json::to_value(undo).map_err(Error::internal)?)))
        })
    }

    /// The storage location that may have come with it stays: it is chosen once.
    fn take_back<'a>(&'a self, tx: &'a mut Tx, id: &'a str, undo: &'a Value) -> BoxFuture<'a, Result<Done, Error>> {
        Box::pin(async move {
            let before: CountryBefore = serde_json::from_value(undo.clone()).map_err(Error::internal)?;
            let account = tx.account()?;
            let id = id_of(id);
            let row = customers::fetch(tx, &account, &id, Permission::EditCustomers).await?;
            if row.version != before.version {
                return Err(changed_since());
            }
            let Some(country) = before.country else {
                return Err(Error::new(Code::Invalid, "It had no country, and a country is not taken away."));
            };
            let update = Self::update(&Country { country, storage_location_id: None })?;
            customers::update(tx, &id, IfMatch::Version(row.version), &update, None).await?;
            Ok(Done::Changed(None))
        })
    }

    fn is_reversible(&self) -> bool {
        true
    }
}
