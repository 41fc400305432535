//! Whether somebody measures. A process that serves says so each minute; when one starts and nobody has said so for longer,
//! what lies between was measured by nobody, and is a gap in every customer's days. A pause that is shorter is none: the
//! last word of a process that died may be a minute old.

use std::time::Duration;

use api::{Code, Error};
use db::sql;
use futures_util::future::BoxFuture;
use tree::measure::{Coverage, DAY, day_of};

use crate::App;
use crate::background::{Reconciler, Round};
use crate::cx::{Cx, Tx};

/// How often a process says that it measures.
const TOLD_EVERY: Duration = Duration::from_mins(1);

/// How often it is tried to say that measuring has begun.
const TRIED_EVERY: Duration = Duration::from_secs(1);

/// Seconds for which nobody may have said so until it is a gap.
const LONGEST_PAUSE: i64 = 150;

/// Days that are kept, for customers and gaps alike.
pub const KEPT_DAYS: i64 = 731;

/// What was measured since a second.
pub async fn coverage(cx: &mut Cx, since: i64) -> Result<Coverage, Error> {
    let began: Option<i64> = cx.opt(sql!["select began_at from measuring where id = 1"]).await?;
    let gaps = cx
        .all(sql!["select began_at, ended_at from measuring_gaps where ended_at > ", since, " order by began_at"])
        .await?;
    Ok(Coverage::new(began, gaps))
}

/// This process begins to measure: before it lets anything be written. Where nothing can be, on a full disk, nothing changes
/// either, and it is said as soon as there is room.
pub async fn begin(app: &App) -> Result<(), Error> {
    match crate::beside!(app, |tx| begin_in(tx).await) {
        Err(error) if error.code == Code::Unavailable => {
            tracing::warn!(%error, "that measuring begins cannot be stored yet");
            tokio::spawn(begin_later(app.clone()));
            Ok(())
        }
        begun => begun,
    }
}

async fn begin_later(app: App) {
    while app.live.ended().run_until_cancelled(tokio::time::sleep(TRIED_EVERY)).await.is_some() {
        if crate::beside!(&app, |tx| begin_in(tx).await).is_ok() {
            return;
        }
    }
}

async fn begin_in(tx: &mut Tx) -> Result<(), Error> {
    let now = tx.now.as_second();
    // Two processes that start at once find one gap.
    let lock = tx.locking("measuring");
    let ended: Option<i64> = tx.opt(sql!["select ended_at from measuring where id = 1", lock]).await?;
    match ended {
        None => {
            tx.exec(sql![
                "insert into measuring (id, began_at, ended_at) values (1, ",
                now,
                ", ",
                now,
                ") on conflict (id) do nothing"
            ])
            .await?;
        }
        Some(ended) => {
            if now - ended > LONGEST_PAUSE {
                tx.exec(sql!["insert into measuring_gaps (began_at, ended_at) values (", ended, ", ", now, ")"])
                    .await?;
            }
            tell(tx).await?;
        }
    }
    Ok(())
}

async fn tell(tx: &mut Tx) -> Result<(), Error> {
    let now = tx.now.as_second();
    tx.exec(sql!["update measuring set ended_at = ", now, " where id = 1 and ended_at < ", now]).await?;
    Ok(())
}

/// That this process measures.
#[derive(Debug)]
pub struct Measuring;

impl Reconciler for Measuring {
    fn name(&self) -> &'static str {
        "measuring"
    }

    fn runs_at_end(&self) -> bool {
        true
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            crate::beside!(app, |tx| tell(tx).await)?;
            // Time goes on whether or not it is told, so there is nothing to mend.
            Ok(Round { mended: 0, again_in: TOLD_EVERY })
        })
    }
}

/// Customers whose old days are looked for at once.
const CUSTOMERS: i64 = 500;

/// Forgets days that are older than they are kept: all customers once a day, some at a time.
#[derive(Debug, Default)]
pub struct OldDays {
    /// After which customer to go on, and until which day it has been done.
    progress: tokio::sync::Mutex<Progress>,
}

#[derive(Debug, Default)]
struct Progress {
    after: String,
    done_before: i64,
}

const AFTER_A_PIECE: Duration = Duration::from_millis(200);
const LOOKED_EVERY: Duration = Duration::from_hours(1);

impl Reconciler for OldDays {
    fn name(&self) -> &'static str {
        "old days"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let first_kept = day_of(app.clock.now().as_second()) - KEPT_DAYS;
            let mut progress = self.progress.lock().await;
            if progress.done_before >= first_kept {
                return Ok(Round { mended: 0, again_in: LOOKED_EVERY });
            }
            let after = progress.after.clone();
            let (forgotten, last) = crate::beside!(app, |tx| forget(tx, &after, first_kept).await)?;
            let again_in = if let Some(last) = last {
                progress.after = last;
                AFTER_A_PIECE
            } else {
                *progress = Progress { after: String::new(), done_before: first_kept };
                LOOKED_EVERY
            };
            Ok(Round { mended: forgotten, again_in })
        })
    }
}

/// The old days of the next customers; which is the last of them, where there may be more. The last day before those that
/// are kept stays, since what held at its end holds until the next change; unless the customer is gone.
async fn forget(tx: &mut Tx, after: &str, first_kept: i64) -> Result<(u64, Option<String>), Error> {
    if after.is_empty() {
        tx.exec(sql!["delete from measuring_gaps where ended_at < ", first_kept * DAY]).await?;
    }
    // From one customer to the next, past all the days of each.
    let ids: Vec<Option<String>> = tx
        .all(sql![
            "with recursive ids (id, n) as (
                 select (select min(customer_id) from customer_days where customer_id > ",
            after,
            "), 1
                 union all
                 select (select min(d.customer_id) from customer_days d where d.customer_id > ids.id), n + 1
                 from ids where ids.id is not null and n < ",
            CUSTOMERS,
            ") select id from ids where id is not null"
        ])
        .await?;
    let ids: Vec<&str> = ids.iter().flatten().map(String::as_str).collect();
    let Some(last) = ids.last().map(|id| (*id).to_owned()) else { return Ok((0, None)) };
    let forgotten = tx
        .exec(sql![
            "delete from customer_days where customer_id in ",
            db::list(ids),
            " and day < ",
            first_kept,
            " and (exists (select 1 from customer_days later where later.customer_id = customer_days.customer_id
                 and later.day > customer_days.day and later.day < ",
            first_kept,
            ") or not exists (select 1 from totals t where t.customer_id = customer_days.customer_id))"
        ])
        .await?;
    Ok((forgotten, Some(last)))
}
