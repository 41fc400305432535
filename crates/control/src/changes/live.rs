//! Tells those who watch what happens. One reader for all of them: it follows the change log and the counters of the
//! repositories that are written to, whichever process changes them, and only while somebody watches.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use api::Error;
use base::App;
use base::background::tasks;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Cx};
use base::live::{Happened, Moved};
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::time::Instant;
use tree::Path;

use super::sql;

/// Another process wakes nobody here.
const LOOK_EVERY: Duration = Duration::from_secs(1);
const COUNTERS_EVERY: Duration = Duration::from_secs(2);
const AT_ONCE: i64 = 500;
/// A task that has ended is looked at for so long.
const ENDED_MICROS: i64 = 60_000_000;
/// So far back it is looked for what was refused.
const REFUSED_MICROS: i64 = 60_000_000;
/// More places than these are said to be many.
const PLACES: usize = 500;

/// What a repository's counters were.
type Counters = (u64, Option<Timestamp>);

/// See the module.
#[derive(Debug, Default)]
pub struct Teller(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Told up to this change; nothing while nobody watches.
    told: Option<i64>,
    counted: Option<Instant>,
    counters: HashMap<String, (Counters, Path)>,
    /// When devices were refused something lately.
    refused: HashMap<String, i64>,
    tasks: HashMap<String, Moved>,
}

impl Reconciler for Teller {
    fn name(&self) -> &'static str {
        "telling those who watch"
    }

    fn follows_changes(&self) -> bool {
        true
    }

    fn after_failure(&self) -> Duration {
        LOOK_EVERY
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut state = std::mem::take(&mut *self.lock());
            let told = tell(app, &mut state).await;
            *self.lock() = state;
            told?;
            Ok(Round { mended: 0, again_in: LOOK_EVERY })
        })
    }
}

impl Teller {
    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

async fn tell(app: &App, state: &mut State) -> Result<(), Error> {
    // Taken in any case: what was left by those who have gone is nothing to begin with later.
    let from = app.live.take_from();
    if !app.live.is_watched() {
        *state = State::default();
        return Ok(());
    }
    let told = match (state.told, from) {
        (Some(told), Some(from)) => told.min(from),
        (Some(told), None) => told,
        (None, Some(from)) => from,
        // They came and went and came; the next one says where it is.
        (None, None) => return Ok(()),
    };
    state.told = Some(told);
    let mut cx = Cx::read(app, Caller::System).await?;
    loop {
        let told = state.told.unwrap_or_default();
        let changes = sql::changed(&mut cx, told, AT_ONCE).await?;
        let is_last = changes.len() < usize::try_from(AT_ONCE).unwrap_or_default();
        for change in changes {
            state.told = Some(change.number);
            app.live.tell(Happened::Change(change));
        }
        if is_last {
            break;
        }
    }
    let since = cx.now.as_microsecond() - ENDED_MICROS;
    let mut tasks = HashMap::new();
    for moved in tasks::moving(&mut cx, since).await? {
        if state.tasks.get(&moved.task_id) != Some(&moved) {
            app.live.tell(Happened::Task(moved.clone()));
        }
        tasks.insert(moved.task_id.clone(), moved);
    }
    state.tasks = tasks;
    drop(cx);
    if state.counted.is_none_or(|counted| counted.elapsed() >= COUNTERS_EVERY) {
        let is_first = state.counted.is_none();
        state.counted = Some(Instant::now());
        let counters = counters(app).await?;
        let mut changed: Vec<Path> = Vec::new();
        for (id, (now, path)) in &counters {
            if state.counters.get(id).is_none_or(|(before, _)| before != now) {
                changed.push(path.clone());
            }
        }
        // One that was closed may have told its last in between.
        changed.extend(
            state.counters.iter().filter(|(id, _)| !counters.contains_key(*id)).map(|(_, (_, path))| path.clone()),
        );
        state.counters = counters;
        changed.extend(refused(app, state).await?);
        changed.sort_unstable();
        changed.dedup();
        // Before the first look something may have changed since the page was fetched.
        if is_first || !changed.is_empty() {
            app.live.tell(Happened::Usage((!is_first && changed.len() <= PLACES).then_some(changed)));
        }
    }
    Ok(())
}

/// Where something was refused since the last look. A while is looked back, since each process stores what it refused a
/// moment later.
async fn refused(app: &App, state: &mut State) -> Result<Vec<Path>, Error> {
    let mut cx = Cx::read(app, Caller::System).await?;
    let since = cx.now.as_microsecond() - REFUSED_MICROS;
    let rows = sql::refused_since(&mut cx, since, i64::try_from(PLACES).unwrap_or_default() + 1).await?;
    let is_news = |(device, _, at): &&(String, String, i64)| state.refused.get(device) != Some(at);
    let news = rows.iter().filter(is_news).map(|(_, path, _)| Path::from_stored(path.clone())).collect();
    state.refused = rows.into_iter().map(|(device, _, at)| (device, at)).collect();
    Ok(news)
}

/// The counters of every repository that is written to: as they are stored, and as this process has counted them since.
async fn counters(app: &App) -> Result<HashMap<String, (Counters, Path)>, Error> {
    let unsaved = app.unsaved();
    let mut cx = Cx::read(app, Caller::System).await?;
    let mut counters = HashMap::new();
    for (id, used_bytes, last_backup_at, path) in sql::open_repositories(&mut cx).await? {
        let last = last_backup_at.and_then(|at| Timestamp::from_microsecond(at).ok());
        counters.insert(id, ((u64::try_from(used_bytes).unwrap_or_default(), last), Path::from_stored(path)));
    }
    for reading in unsaved {
        if let Some((counters, _)) = counters.get_mut(reading.repository.as_str()) {
            *counters = (reading.used_bytes, reading.last_snapshot_at.or(counters.1));
        }
    }
    Ok(counters)
}
