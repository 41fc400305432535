//! The reconcilers of all slices, in one list.

use std::sync::Arc;
use std::time::Duration;

use api::Error;
use base::App;
use base::background::feeds::Following;
use base::background::tasks::Tasks;
use base::background::{Duties, PIECE, Reconciler, Round};
use futures_util::future::BoxFuture;

/// Everything that this process keeps true.
pub fn duties() -> Duties {
    vec![
        Arc::new(UsedBytes),
        Arc::new(crate::grants::Comparison::default()),
        Arc::new(LastUses),
        Arc::new(base::measure::Measuring),
        Arc::new(base::measure::OldDays::default()),
        Arc::new(Tasks::new(crate::bulk::works())),
        Arc::new(Following::new(crate::events::Changes)),
        Arc::new(crate::events::Thresholds::default()),
        Arc::new(crate::events::Checks),
        Arc::new(Following::new(crate::changes::seals::Seals)),
        Arc::new(Following::new(crate::notifications::Notices)),
        Arc::new(crate::notifications::Notifier),
        Arc::new(Following::new(crate::reports::Schedules)),
        Arc::new(crate::reports::Reporter),
        Arc::new(Following::new(crate::webhooks::Webhooks)),
        Arc::new(crate::webhooks::Sender),
        Arc::new(crate::changes::live::Teller::default()),
        Arc::new(crate::customers::removal::Removal),
        Arc::new(crate::customers::trial::Trials),
        Arc::new(crate::licences::Renewals),
        Arc::new(crate::licences::Supplies::default()),
        Arc::new(crate::credits::draw::Draws::default()),
        Arc::new(crate::invoices::Runs),
        Arc::new(crate::mail::Resets),
        Arc::new(crate::mail::Outbox),
        Arc::new(crate::vaults::Forgetting),
        duty("old mails", CLEAN_UP_EVERY, |app| Box::pin(crate::mail::forget_old(app))),
        duty("ended sessions", CLEAN_UP_EVERY, |app| Box::pin(crate::sessions::forget_ended(app))),
        duty("halves of sign-ins", CLEAN_UP_EVERY, |app| Box::pin(crate::factors::half::forget_ended(app))),
        duty("foreign sign-ins", CLEAN_UP_EVERY, |app| Box::pin(crate::oidc::forget_ended(app))),
        duty("abandoned factors", CLEAN_UP_EVERY, |app| Box::pin(crate::factors::forget_abandoned(app))),
        duty("expired invitations", CLEAN_UP_EVERY, |app| Box::pin(crate::invitations::forget_expired(app))),
        duty("expired tokens", CLEAN_UP_EVERY, |app| Box::pin(crate::tokens::forget_expired(app))),
        duty("deleted views", CLEAN_UP_EVERY, |app| Box::pin(crate::views::forget_deleted(app))),
        duty("old jobs", CLEAN_UP_EVERY, |app| Box::pin(crate::jobs::forget_old(app))),
        duty("old events", CLEAN_UP_EVERY, |app| Box::pin(crate::events::forget_old(app))),
        duty("old notifications", CLEAN_UP_EVERY, |app| Box::pin(crate::notifications::forget_old(app))),
        duty("old webhook messages", CLEAN_UP_EVERY, |app| Box::pin(crate::webhooks::forget_old(app))),
        duty("old tasks", CLEAN_UP_EVERY, |app| Box::pin(base::background::tasks::forget_old(app))),
        duty("kept answers", CLEAN_UP_EVERY, |app| Box::pin(base::idempotency::forget_old(app))),
    ]
}

const AFTER_A_PIECE: Duration = Duration::from_millis(200);

/// Rows that nobody reads any more may lie a while.
const CLEAN_UP_EVERY: Duration = Duration::from_mins(10);

/// What the gateway has counted.
struct UsedBytes;

impl Reconciler for UsedBytes {
    fn name(&self) -> &'static str {
        "used bytes"
    }

    fn after_failure(&self) -> Duration {
        STORED_EVERY
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async { Ok(Round { mended: app.store_counters().await?, again_in: STORED_EVERY }) })
    }
}

const STORED_EVERY: Duration = Duration::from_secs(1);

/// When sessions were last used.
struct LastUses;

impl Reconciler for LastUses {
    fn name(&self) -> &'static str {
        "last uses of sessions"
    }

    fn runs_at_end(&self) -> bool {
        true
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async {
            let mended = base::credentials::store_seen(app).await?;
            Ok(Round { mended, again_in: Duration::from_secs(15) })
        })
    }
}

type Work = for<'a> fn(&'a App) -> BoxFuture<'a, Result<u64, Error>>;

/// Something that is done again and again: whatever there is to be done of it by then.
struct Periodic {
    name: &'static str,
    every: Duration,
    work: Work,
}

fn duty(name: &'static str, every: Duration, work: Work) -> Arc<dyn Reconciler> {
    Arc::new(Periodic { name, every, work })
}

impl Reconciler for Periodic {
    fn name(&self) -> &'static str {
        self.name
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mended = (self.work)(app).await?;
            // Each takes a bounded piece, so that nobody waits long behind it; there may be more.
            let again_in = if mended < PIECE { self.every } else { AFTER_A_PIECE };
            Ok(Round { mended, again_in })
        })
    }
}
