//! Licences that begin anew by themselves: at their end, also where nobody served at that moment.

use std::time::Duration;

use api::Error;
use api::licence::{LicenceRenew, RenewalBasis};
use base::App;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Origin, Tx};
use futures_util::future::BoxFuture;

use super::{renewed, sql, write_renewal};

/// Licences of one transaction.
const AT_ONCE: i64 = 100;
const LOOK_EVERY: Duration = Duration::from_secs(30);

#[derive(Debug)]
pub(crate) struct Renewals;

impl Reconciler for Renewals {
    fn name(&self) -> &'static str {
        "licences that renew themselves"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            loop {
                let piece = base::run!(app, Caller::System, Origin::default(), |tx| renew_some(tx).await)?;
                if piece == 0 {
                    return Ok(Round { mended, again_in: LOOK_EVERY });
                }
                mended += piece;
            }
        })
    }
}

async fn renew_some(tx: &mut Tx) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    let rows = sql::renewing(tx, now, AT_ONCE).await?;
    let input = LicenceRenew { basis: RenewalBasis::FromExpiry, until: None };
    let mut count = 0;
    for (row, product, ..) in &rows {
        let mut changed = row.clone();
        // However many terms have passed meanwhile: each begins where the one before ended.
        while changed.ends_at.is_some_and(|ends_at| ends_at <= now) {
            let Ok(next) = renewed(&changed, &input, tx.now) else {
                // It can't go on by itself, and isn't asked again.
                changed = sql::LicenceRow { auto_renew: false, ..row.clone() };
                break;
            };
            changed = next;
        }
        write_renewal(tx, row, &changed, &product.name).await?;
        count += 1;
    }
    Ok(count)
}
