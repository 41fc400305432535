//! What happens without a request: *reconcilers*. Each makes one thing true of the state there is, whatever the way it
//! came about, and needs no input: run twice it does nothing the second time. It is run when it said it would have to
//! look again, and after each change if it follows from those. The slices list theirs in one place; the tests run that
//! list to its end, with their own clock. What a request caused is a *task* ([`tasks`]): a row, and the reconciler that
//! finds none undone. What follows from each entry of the change log is a *feed* ([`feeds`]).

pub mod feeds;
pub mod tasks;

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use api::Error;
use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use tokio::task::JoinSet;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::App;

/// After a failure: the cause may pass, and is told once.
const AFTER_FAILURE: Duration = Duration::from_secs(15);

/// Rows that a clean-up deletes at once.
pub const PIECE: u64 = 1000;

/// What one run came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// How many things were not as they should be.
    pub mended: u64,
    /// When it has to look again at the latest.
    pub again_in: Duration,
}

/// Something that is kept true.
pub trait Reconciler: Send + Sync + 'static {
    /// For the log.
    fn name(&self) -> &'static str;

    /// Whether a change in the change log may be a reason to look.
    fn follows_changes(&self) -> bool {
        false
    }

    /// Whether it is run once more when the process ends: what it stores is in memory until then.
    fn runs_at_end(&self) -> bool {
        false
    }

    /// When it is tried again after it could not be done.
    fn after_failure(&self) -> Duration {
        AFTER_FAILURE
    }

    /// Makes it true.
    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>>;
}

/// Reconcilers of a process.
pub type Duties = Vec<Arc<dyn Reconciler>>;

/// Runs all of them until told to stop.
pub async fn run(app: App, duties: Duties, stop: CancellationToken) {
    let mut running = JoinSet::new();
    for duty in duties {
        running.spawn(keep_on(app.clone(), duty, stop.clone()));
    }
    while running.join_next().await.is_some() {}
}

/// Keeps it true, whatever happens: what panics on the rows of today may not on those of tomorrow.
async fn keep_on(app: App, duty: Arc<dyn Reconciler>, stop: CancellationToken) {
    loop {
        let kept = AssertUnwindSafe(keep(app.clone(), Arc::clone(&duty), stop.clone())).catch_unwind().await;
        if kept.is_ok() || stop.is_cancelled() {
            return;
        }
        tracing::error!(duty = duty.name(), "panicked; begun again");
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(AFTER_FAILURE) => {}
        }
    }
}

async fn keep(app: App, duty: Arc<dyn Reconciler>, stop: CancellationToken) {
    let mut committed = app.committed.subscribe();
    let mut has_failed = false;
    while !stop.is_cancelled() {
        committed.mark_unchanged();
        let wait = match duty.reconcile(&app).await {
            Ok(round) => {
                if has_failed {
                    tracing::info!(duty = duty.name(), "goes on");
                }
                has_failed = false;
                round.again_in
            }
            Err(error) => {
                if !has_failed {
                    tracing::warn!(duty = duty.name(), %error, cause = ?error.cause, "cannot be done; tried again");
                }
                has_failed = true;
                duty.after_failure()
            }
        };
        let changed = async {
            if !duty.follows_changes() || has_failed || committed.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        tokio::select! {
            () = stop.cancelled() => {}
            () = sleep(wait) => {}
            () = changed => {}
        }
    }
    if duty.runs_at_end()
        && let Err(error) = duty.reconcile(&app).await
    {
        tracing::warn!(duty = duty.name(), %error, cause = ?error.cause, "could not be done at the end");
    }
}

/// Runs each of them once. Returns the names of those that found something to mend.
pub async fn settle(app: &App, duties: &Duties) -> Result<Vec<&'static str>, Error> {
    let mut mended = Vec::new();
    for duty in duties {
        if duty.reconcile(app).await?.mended > 0 {
            mended.push(duty.name());
        }
    }
    Ok(mended)
}
