//! The reconcilers of all slices, in one list.

use std::sync::Arc;
use std::time::Duration;

use api::Error;
use base::App;
use base::background::feeds::Following;
use base::background::tasks::Tasks;
use base::background::{Duties, Reconciler, Round};
use futures_util::future::BoxFuture;

/// Everything that this process keeps true.
pub fn duties() -> Duties {
    vec![
        Arc::new(LastUses),
        Arc::new(Tasks::new(crate::bulk::works())),
        Arc::new(Following::new(crate::changes::seals::Seals)),
        Arc::new(crate::changes::live::Teller::default()),
        duty("ended sessions", CLEAN_UP_EVERY, |app| Box::pin(crate::sessions::forget_ended(app))),
        duty("expired invitations", CLEAN_UP_EVERY, |app| Box::pin(crate::invitations::forget_expired(app))),
        duty("old tasks", CLEAN_UP_EVERY, |app| Box::pin(base::background::tasks::forget_old(app))),
        duty("kept answers", CLEAN_UP_EVERY, |app| Box::pin(base::idempotency::forget_old(app))),
    ]
}

/// Rows that nobody reads any more may lie a while.
const CLEAN_UP_EVERY: Duration = Duration::from_mins(10);

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
        Box::pin(async move { Ok(Round { mended: (self.work)(app).await?, again_in: self.every }) })
    }
}
