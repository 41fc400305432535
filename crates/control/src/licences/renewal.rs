//! What the clock does to licences, also where nobody served at that moment: some begin anew by themselves at their end, and
//! machines that wait get theirs as one begins, or another one as theirs ends.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use api::Error;
use api::id::CustomerId;
use api::licence::{LicenceRenew, RenewalBasis};
use base::App;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Origin, Tx};
use futures_util::future::BoxFuture;

use super::{renewed, sql, supply, write_renewal};

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

/// Machines get what begins to hold where they stand, or another one when theirs ends. What a process knows of is what it
/// has looked at: the first round looks at everything.
#[derive(Debug)]
pub(crate) struct Supplies {
    looked_at: AtomicI64,
}

impl Default for Supplies {
    fn default() -> Self {
        Self { looked_at: AtomicI64::new(i64::MIN) }
    }
}

impl Reconciler for Supplies {
    fn name(&self) -> &'static str {
        "licences for machines that wait"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let now = app.clock.now().as_microsecond();
            let between = (self.looked_at.load(Ordering::Relaxed), now);
            let (mut mended, mut after) = (0, String::new());
            loop {
                let piece =
                    base::run!(app, Caller::System, Origin::default(), |tx| supply_some(tx, between, &after).await)?;
                let Some((last, supplied)) = piece else { break };
                mended += supplied;
                last.as_str().clone_into(&mut after);
            }
            self.looked_at.store(now, Ordering::Relaxed);
            Ok(Round { mended, again_in: LOOK_EVERY })
        })
    }
}

/// The next of the sites; `None` behind the last.
async fn supply_some(tx: &mut Tx, between: (i64, i64), after: &str) -> Result<Option<(CustomerId, u64)>, Error> {
    let sites = sql::sites_to_supply(tx, between, after, AT_ONCE).await?;
    let mut supplied = 0;
    for site in &sites {
        supplied += supply::supply(tx, site).await?.len() as u64;
    }
    Ok(sites.into_iter().last().map(|last| (last, supplied)))
}
