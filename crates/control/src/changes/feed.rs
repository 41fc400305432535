//! One who watches: the changes that it missed, then what happens as it happens.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use api::Error;
use axum::response::sse::Event;
use base::App;
use base::authz::Account;
use base::credentials::Credential;
use base::cx::{Caller, Cx};
use base::http::Call;
use base::live::{Changed, Happened, Moved};
use futures_util::Stream;
use serde_json::json;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tree::Path;

use super::reader::{Mark, Reader};
use super::sql;

pub(super) const HEARTBEAT: Duration = Duration::from_secs(15);
/// Whether the session still lives is looked up as often as this: what has ended tells nothing more.
const LOOK_AGAIN: Duration = Duration::from_secs(15);
/// Who missed more is told to look at everything anew.
const MISSED_AT_MOST: i64 = 500;
/// More places than these are said to be many.
const PLACES: usize = 100;

/// One who watches.
pub(super) struct Watcher {
    app: App,
    account: Account,
    credential: Option<Credential>,
    reader: Reader,
    happened: Receiver<Arc<Happened>>,
    /// Of the last change that was told.
    told: Mark,
    waiting: VecDeque<Event>,
    look: Interval,
    ended: CancellationToken,
}

impl Watcher {
    pub(super) async fn begin(call: &Call) -> Result<Self, Error> {
        let account = call.account()?.clone();
        let mut cx = Cx::read(&call.app, call.caller.clone()).await?;
        let reader = Reader::of(&mut cx, &account).await?;
        let last = Mark {
            number: sql::last_number(&mut cx).await?,
            stopped: sql::stopped(&mut cx, &account.customer_id).await?.unwrap_or_default(),
        };
        let mut look = interval(LOOK_AGAIN);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        look.reset();
        let mut watcher = Self {
            happened: call.app.live.watch(last.number),
            app: call.app.clone(),
            credential: call.credential.clone(),
            account,
            reader,
            told: last,
            waiting: VecDeque::new(),
            look,
            ended: call.app.live.ended(),
        };
        // Whoever comes back without a change in between has to know from where on.
        let mark = watcher.reader.seal_mark(last)?;
        watcher.waiting.push_back(Event::default().event("ready").id(mark).data("{}"));
        if let Some(given) = call.headers.get("last-event-id") {
            let given = given.to_str().ok().and_then(|given| watcher.reader.open_mark(given));
            watcher.catch_up(&mut cx, given, last).await?;
        }
        Ok(watcher)
    }

    /// What was missed between the change that was told last and the one that is the last by now.
    async fn catch_up(&mut self, cx: &mut Cx, from: Option<Mark>, last: Mark) -> Result<(), Error> {
        // What is in force above changes everything that is seen, and is no change that is seen.
        let Some(from) = from.filter(|from| from.stopped == last.stopped) else {
            self.waiting.push_back(reset());
            return Ok(());
        };
        let of = &self.account.customer_id;
        let missed = sql::missed(cx, of, from.number, last.number, MISSED_AT_MOST + 1).await?;
        if i64::try_from(missed.len()).is_ok_and(|missed| missed > MISSED_AT_MOST) {
            self.waiting.push_back(reset());
            return Ok(());
        }
        for change in missed {
            self.waiting.extend(self.change(&change)?);
        }
        // Counters have no history, and what is shared above is no change that is seen.
        self.waiting.push_back(usage(None)?);
        self.waiting.push_back(views());
        Ok(())
    }

    /// What this one is told, as long as there is something to tell and somebody to hear it.
    pub(super) fn events(self) -> impl Stream<Item = Result<Event, Infallible>> {
        futures_util::stream::unfold(self, |mut watcher| async {
            match watcher.next().await {
                Ok(Some(event)) => Some((Ok(event), watcher)),
                Ok(None) => None,
                Err(error) => {
                    // The client connects again and says where it was.
                    tracing::debug!(%error, cause = ?error.cause, "a feed was ended");
                    None
                }
            }
        })
    }

    async fn next(&mut self) -> Result<Option<Event>, Error> {
        loop {
            if let Some(event) = self.waiting.pop_front() {
                return Ok(Some(event));
            }
            tokio::select! {
                () = self.ended.cancelled() => return Ok(None),
                _ = self.look.tick() => {
                    if !self.is_still_signed_in().await? {
                        return Ok(None);
                    }
                }
                happened = self.happened.recv() => match happened {
                    Ok(happened) => {
                        let event = match &*happened {
                            Happened::Change(change) => self.changed(change).await?,
                            other => self.event(other)?,
                        };
                        self.waiting.extend(event);
                    }
                    Err(RecvError::Lagged(_)) => return Ok(Some(reset())),
                    Err(RecvError::Closed) => return Ok(None),
                },
            }
        }
    }

    async fn is_still_signed_in(&mut self) -> Result<bool, Error> {
        let Some(credential) = &self.credential else { return Ok(false) };
        let mut cx = Cx::read(&self.app, Caller::System).await?;
        match credential.account_now(&mut cx).await {
            Ok(account) => {
                // The role or the place may be another one by now.
                let is_same = account.path == self.account.path
                    && account.role == self.account.role
                    && account.permissions == self.account.permissions;
                Ok(is_same)
            }
            Err(error) if matches!(error.code, api::Code::SignInRequired | api::Code::TokenInvalid) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn changed(&mut self, change: &Changed) -> Result<Option<Event>, Error> {
        if change.number <= self.told.number {
            return Ok(None);
        }
        self.told.number = change.number;
        if change.subject_id == self.account.id.as_str() {
            // Its role, its password or this very session, perhaps.
            self.look.reset_immediately();
        }
        if !change.path.is_above(&self.account.path) {
            return self.change(change);
        }
        if change.subject_kind == "view" {
            return Ok(Some(views()));
        }
        // Nobody is told what happens above, but what follows from it here is seen here.
        let mut cx = Cx::read(&self.app, Caller::System).await?;
        let stopped = sql::stopped(&mut cx, &self.account.customer_id).await?.unwrap_or(self.told.stopped);
        let is_another = stopped != self.told.stopped;
        self.told.stopped = stopped;
        Ok(is_another.then(reset))
    }

    fn event(&self, happened: &Happened) -> Result<Option<Event>, Error> {
        match happened {
            Happened::Change(change) => self.change(change),
            Happened::Usage(None) => usage(None).map(Some),
            Happened::Usage(Some(paths)) => {
                let seen: Vec<Path> = paths
                    .iter()
                    .filter(|path| self.account.sees(path))
                    .map(|path| path.seen_from(&self.account.path))
                    .collect();
                match seen.len() {
                    0 => Ok(None),
                    1..=PLACES => usage(Some(&seen)).map(Some),
                    _ => usage(None).map(Some),
                }
            }
            Happened::Task(moved) if moved.account_id == self.account.id.as_str() => task(moved).map(Some),
            Happened::Task(_) => Ok(None),
        }
    }

    /// Whoever may not read a list isn't told what happens to its rows.
    fn may_read(&self, subject_kind: &str) -> bool {
        super::hidden_from(&self.account).iter().all(|hidden| *hidden != subject_kind)
    }

    fn change(&self, change: &Changed) -> Result<Option<Event>, Error> {
        if !self.may_read(&change.subject_kind) || !self.account.sees(&change.path) {
            return Ok(None);
        }
        let data = json!({
            "action": change.action,
            "subject_kind": change.subject_kind,
            "subject_id": change.subject_id,
            "path": change.path.seen_from(&self.account.path).to_string(),
        });
        let id = self.reader.seal_mark(Mark { number: change.number, ..self.told })?;
        Ok(Some(Event::default().event("change").id(id).data(data.to_string())))
    }
}

/// Look at everything anew.
fn reset() -> Event {
    Event::default().event("reset").data("{}")
}

/// Views that are shared from above are others: which, and by whom, is not told.
fn views() -> Event {
    Event::default().event("views").data("{}")
}

fn usage(paths: Option<&[Path]>) -> Result<Event, Error> {
    let paths: Option<Vec<String>> = paths.map(|paths| paths.iter().map(Path::to_string).collect());
    Event::default().event("usage").json_data(json!({ "paths": paths })).map_err(Error::internal)
}

fn task(moved: &Moved) -> Result<Event, Error> {
    let data = json!({
        "id": moved.task_id,
        "state": moved.state,
        "progress": { "done": moved.done, "total": moved.total },
    });
    Event::default().event("task").json_data(data).map_err(Error::internal)
}
