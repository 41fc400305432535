//! Machines take their weight for each month: as they are let in, and at the beginning of the next one, as long as the
//! account that they draw on holds it. Those that are suspended take none.

use std::collections::HashMap;
use std::time::Duration;

use api::Error;
use api::credit::CreditEntryKind;
use api::id::{CustomerId, DeviceId};
use base::App;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Cx, Origin, Tx};
use futures_util::future::BoxFuture;
use serde_json::{Value, json};
use tokio::sync::Mutex;
use tree::Path;
use tree::licences::{Class, DAY_MICROS};

use super::sql::AccountRow;
use super::{Month, Posting, begins, new_id, sql, this_month};
use crate::licences::supply;
use crate::products::sql::ProductRow;
use crate::products::{units_of, weights_of};

/// Places of one transaction.
const AT_ONCE: i64 = 100;
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// What machines at a place draw on: of each product the nearest account.
#[derive(Default)]
pub(crate) struct Sources(Vec<(AccountRow, ProductRow)>);

impl Sources {
    pub(crate) async fn at(cx: &mut Cx, home: &Path) -> Result<Self, Error> {
        let ids: Vec<&str> = home.ids().collect();
        let accounts = sql::accounts_at(cx, &ids).await?;
        let mut sources = Vec::new();
        for account in &accounts {
            let nearest = super::nearest(&accounts, home, &account.product_id);
            if nearest.is_some_and(|nearest| nearest.customer_id == account.customer_id)
                && let Some(product) = crate::products::sql::find_product(cx, &account.product_id).await?
            {
                sources.push((account.clone(), product));
            }
        }
        sources.sort_by(|(_, one), (_, other)| one.name.cmp(&other.name));
        Ok(Self(sources))
    }

    /// The first that has what a machine of this class takes, and how much that is.
    pub(crate) fn pick(&mut self, class: Class) -> Option<(&mut (AccountRow, ProductRow), i64)> {
        self.0.iter_mut().find_map(|source| {
            let units = units_of(&weights_of(&source.1), [class.as_str()]);
            (source.0.balance >= units).then_some((source, units))
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// A machine takes so many units for this month. What is told of it, where the account has them.
pub(crate) async fn take(
    tx: &mut Tx,
    (account, product): &mut (AccountRow, ProductRow),
    (device, name, home): (&DeviceId, &str, &CustomerId),
    units: i64,
) -> Result<Option<Value>, Error> {
    let posting = Posting {
        device: Some(device),
        other: Some((home, name)),
        ..Posting::of(account, CreditEntryKind::Used, -units)
    };
    let id = new_id(tx)?;
    let Some(entry) = posting.write(tx, id).await? else { return Ok(None) };
    // A day longer than the month, so that nobody is refused while all take theirs for the next one.
    sql::take(tx, device, &entry, begins(entry.month + 1) + DAY_MICROS).await?;
    (account.balance, account.last_number) = (entry.balance, entry.number);
    Ok(Some(json!({ "product": product.name, "units": units, "month": Month(entry.month) })))
}

/// What there is more goes to the first that wait for it below a place; [`Draws`] does the rest.
pub(super) async fn some_below(tx: &mut Tx, path: &Path) -> Result<(), Error> {
    let at = (this_month(tx), tx.now.as_microsecond());
    for home in sql::homes_below(tx, path, at, "", AT_ONCE).await? {
        supply::supply(tx, &home).await?;
    }
    Ok(())
}

/// Machines take what is theirs when a month begins or an account holds more. What a process knows of is what it has looked at:
/// the first round looks at everything.
#[derive(Debug, Default)]
pub(crate) struct Draws {
    /// For which month, and up to which addition, all below an account have been looked at.
    looked_at: Mutex<HashMap<(String, String), (i64, i64)>>,
}

impl Reconciler for Draws {
    fn name(&self) -> &'static str {
        "credits for machines"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut looked_at = self.looked_at.lock().await;
            let mut mended = 0;
            let (accounts, month) = {
                let mut cx = Cx::read(app, Caller::System).await?;
                (sql::accounts_with_some(&mut cx).await?, this_month(&cx))
            };
            for (account, path) in &accounts {
                let key = (account.customer_id.to_string(), account.product_id.to_string());
                let seen = (month, account.added_number);
                if looked_at.get(&key) == Some(&seen) {
                    continue;
                }
                let path: Path = path.parse().map_err(|_| Error::internal("a path cannot be read"))?;
                mended += each(app, Some(&path)).await?;
                looked_at.insert(key, seen);
            }
            if !accounts.is_empty() {
                mended += each(app, None).await?;
            }
            Ok(Round { mended, again_in: LOOK_EVERY })
        })
    }
}

/// Supplies the places below one where machines wait, or all where some are behind. Mostly there is none, which a reader finds
/// out without waiting for anybody's turn.
async fn each(app: &App, below: Option<&Path>) -> Result<u64, Error> {
    let (mut mended, mut after) = (0, String::new());
    loop {
        let homes = {
            let mut cx = Cx::read(app, Caller::System).await?;
            let at = (this_month(&cx), cx.now.as_microsecond());
            match below {
                Some(path) => sql::homes_below(&mut cx, path, at, &after, AT_ONCE).await?,
                None => sql::homes_behind(&mut cx, at, &after, AT_ONCE).await?,
            }
        };
        let Some(last) = homes.last() else { return Ok(mended) };
        last.as_str().clone_into(&mut after);
        mended += base::run!(app, Caller::System, Origin::default(), |tx| supply_all(tx, &homes).await)?;
    }
}

async fn supply_all(tx: &mut Tx, homes: &[CustomerId]) -> Result<u64, Error> {
    let mut supplied = 0;
    for home in homes {
        supplied += supply::supply(tx, home).await?.len() as u64;
    }
    Ok(supplied)
}
