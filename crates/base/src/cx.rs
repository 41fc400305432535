//! What a command has in its hands. A [`Cx`] reads, a [`Tx`] changes: a function that takes a `Tx` changes something,
//! one that takes a `Cx` only reads. Both carry the caller and the time. Only [`transact!`](crate::transact) makes a
//! [`Reply`] of a command, so that a handler which forgets to commit doesn't compile.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use api::grant::Reading;
use api::{Code, Error};
use db::{Assignments, Record, Sql, Stored, sql};
use jiff::Timestamp;
use tree::{Deltas, Path, Totals};

use crate::App;
use crate::authz::Account;
use crate::change::{Entry, Written};
pub use crate::origin::Origin;
use crate::overlay::Overlay;
use crate::turns::{Place, Turn};
use crate::version::stale;

/// How often a transaction that collided with another is run before the caller is asked to come back.
const ATTEMPTS: u32 = 8;

/// How long somebody who reads much waits for a place.
const STEADY_WITHIN: Duration = Duration::from_secs(15);

/// One command at a time, as `SQLite` has it by itself: whoever has locked the counter of changes is alone among all
/// commands of all processes until it commits. So what it has read is still true then, and changes are numbered in the
/// order of the commits.
const TURN: &str = "select last_number from change_counter where id = 1 for update";

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody is signed in; a secret in the request may still allow something.
    Nobody,
    Account(Account),
    /// The host's command line, or the program itself.
    System,
}

enum Link {
    Reader(db::Conn),
    Writer(db::Tx),
}

/// A reader: one connection, one caller, one instant.
pub struct Cx {
    pub app: App,
    pub caller: Caller,
    pub now: Timestamp,
    link: Link,
    collided: bool,
    /// What the gateway had counted and not stored before anything was read.
    unsaved: Vec<Reading>,
    overlay: Option<Arc<Overlay>>,
    /// Its turn, if it had to wait for one.
    _place: Option<Place<()>>,
}

impl std::fmt::Debug for Cx {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Cx").field("caller", &self.caller).field("now", &self.now).finish_non_exhaustive()
    }
}

impl Cx {
    pub async fn read(app: &App, caller: Caller) -> Result<Self, Error> {
        let conn = app.db.read().await.map_err(internal)?;
        Ok(Self::new(app, caller, Link::Reader(conn), Vec::new()))
    }

    /// A reader for what must not wait behind anybody's lists: the follower of the change log.
    pub async fn apart(app: &App) -> Result<Self, Error> {
        let conn = app.db.read_apart().await.map_err(internal)?;
        Ok(Self::new(app, Caller::System, Link::Reader(conn), Vec::new()))
    }

    /// A reader whose [`overlay`](Self::overlay) makes totals exact to the moment.
    pub async fn exact(app: &App, caller: Caller) -> Result<Self, Error> {
        let unsaved = app.unsaved();
        // Totals and what of them is stored have to be seen at one moment.
        let conn = if unsaved.is_empty() { app.db.read().await } else { app.db.snapshot().await };
        Ok(Self::new(app, caller, Link::Reader(conn.map_err(internal)?), unsaved))
    }

    fn new(app: &App, caller: Caller, link: Link, unsaved: Vec<Reading>) -> Self {
        Self {
            app: app.clone(),
            caller,
            now: app.clock.now(),
            link,
            collided: false,
            unsaved,
            overlay: None,
            _place: None,
        }
    }

    /// The same in its turn, for what may look at every row. Who waits holds no connection.
    pub async fn in_turn(app: &App, caller: Caller, turn: &Turn) -> Result<Self, Error> {
        let place = app.searches.place(turn).await?;
        Ok(Self { _place: Some(place), ..Self::exact(app, caller).await? })
    }

    /// A reader that sees one moment, however much it reads, in its turn among those that do so: they leave the other
    /// connections to everybody else.
    ///
    /// # Errors
    /// `unavailable` where its turn doesn't come soon.
    pub async fn steady(app: &App, caller: Caller, turn: &Turn) -> Result<Self, Error> {
        let place = tokio::time::timeout(STEADY_WITHIN, app.exports.place(turn)).await.map_err(|_| {
            let detail = "Other exports are being written. Try again in a moment.";
            let mut refused = Error::new(Code::Unavailable, detail);
            refused.retry_after_seconds = Some(STEADY_WITHIN.as_secs());
            refused
        })??;
        // What is counted and not stored is taken before anything is seen, as in `exact`.
        let unsaved = app.unsaved();
        let conn = app.db.snapshot().await.map_err(internal)?;
        Ok(Self { _place: Some(place), ..Self::new(app, caller, Link::Reader(conn), unsaved) })
    }

    /// A reader at one moment, to whose totals the overlay of these counters is added: they were taken before.
    pub async fn with_unsaved(app: &App, unsaved: Vec<Reading>) -> Result<Self, Error> {
        let conn = app.db.snapshot().await.map_err(internal)?;
        Ok(Self::new(app, Caller::System, Link::Reader(conn), unsaved))
    }

    /// What to add to totals of which the newest must be known: counters that were taken now.
    pub async fn fresh_overlay(&mut self) -> Result<Overlay, Error> {
        let unsaved = self.app.unsaved();
        Overlay::of(self, unsaved).await
    }

    /// What to add to the totals that are read here.
    pub async fn overlay(&mut self) -> Result<Arc<Overlay>, Error> {
        if let Some(overlay) = &self.overlay {
            return Ok(Arc::clone(overlay));
        }
        let unsaved = std::mem::take(&mut self.unsaved);
        let overlay = Arc::new(Overlay::of(self, unsaved).await?);
        self.overlay = Some(Arc::clone(&overlay));
        Ok(overlay)
    }

    /// Lets no statement that reads take longer than this from now on.
    pub async fn bound(&mut self, limit: Duration) -> Result<(), Error> {
        match &mut self.link {
            Link::Reader(conn) => conn.bound(limit).await,
            Link::Writer(tx) => tx.bound(limit).await,
        }
        .map_err(internal)
    }

    /// Which database it is, for the few statements that can't be the same.
    pub fn engine(&self) -> db::Engine {
        match &self.link {
            Link::Reader(conn) => conn.engine(),
            Link::Writer(tx) => tx.engine(),
        }
    }

    /// The signed-in account.
    ///
    /// # Errors
    /// `sign_in_required` where nobody is.
    pub fn account(&self) -> Result<Account, Error> {
        match &self.caller {
            Caller::Account(account) => Ok(account.clone()),
            Caller::Nobody | Caller::System => {
                Err(Error::new(Code::SignInRequired, "Sign in first; a session may have ended."))
            }
        }
    }

    pub async fn all<T: Record>(&mut self, sql: Sql) -> Result<Vec<T>, Error> {
        let rows = match &mut self.link {
            Link::Reader(conn) => conn.all(sql).await,
            Link::Writer(tx) => tx.all(sql).await,
        };
        self.check(rows)
    }

    pub async fn opt<T: Record>(&mut self, sql: Sql) -> Result<Option<T>, Error> {
        let row = match &mut self.link {
            Link::Reader(conn) => conn.opt(sql).await,
            Link::Writer(tx) => tx.opt(sql).await,
        };
        self.check(row)
    }

    pub async fn one<T: Record>(&mut self, sql: Sql) -> Result<T, Error> {
        let row = match &mut self.link {
            Link::Reader(conn) => conn.one(sql).await,
            Link::Writer(tx) => tx.one(sql).await,
        };
        self.check(row)
    }

    fn check<T>(&mut self, result: Result<T, db::Error>) -> Result<T, Error> {
        result.map_err(|error| {
            // A look before the leap found nothing in the way, or found what is needed, so somebody else leapt in between:
            // the second run will see it, and say it better.
            self.collided |=
                may_pass(&self.app, &error) || matches!(error, db::Error::Unique { .. } | db::Error::ForeignKey);
            internal(error)
        })
    }
}

/// A writer: one transaction, what it will tell the change log, and what it adds to totals.
#[derive(Debug)]
pub struct Tx {
    cx: Cx,
    pub origin: Origin,
    entries: Vec<Entry>,
    deltas: Deltas,
    /// Nodes with space of their own that this transaction deletes.
    pub(crate) gone_pools: Vec<String>,
    written: u64,
}

impl Deref for Tx {
    type Target = Cx;

    fn deref(&self) -> &Cx {
        &self.cx
    }
}

impl DerefMut for Tx {
    fn deref_mut(&mut self) -> &mut Cx {
        &mut self.cx
    }
}

impl Tx {
    /// A command's: it waits for its turn, and what it has read stays true until it commits.
    pub async fn begin(app: &App, caller: Caller, origin: Origin) -> Result<Self, Error> {
        let unsaved = app.unsaved();
        let tx = app.db.begin_in_turn(TURN).await.map_err(internal)?;
        Ok(Self::of(tx, app, caller, origin, unsaved))
    }

    /// For what is written often and by machines (counters, times of use), beside the commands: it records no changes,
    /// and locks the rows that it bases something on, tables and rows in one order: repositories, devices, sessions,
    /// tokens, users, totals, each by id.
    pub async fn beside(app: &App) -> Result<Self, Error> {
        let tx = app.db.begin().await.map_err(internal)?;
        Ok(Self::of(tx, app, Caller::System, Origin::default(), Vec::new()))
    }

    /// As [`beside`](Self::beside), while no command of this process runs: for what an [overlay](Cx::overlay) has added
    /// to stored totals, so that a command finds it stored in all that it reads or in nothing. A list reads one moment
    /// by its snapshot; a command on `PostgreSQL` sees with each statement what was committed before that one.
    pub async fn between(app: &App) -> Result<Self, Error> {
        let tx = app.db.begin_alone().await.map_err(internal)?;
        Ok(Self::of(tx, app, Caller::System, Origin::default(), Vec::new()))
    }

    fn of(tx: db::Tx, app: &App, caller: Caller, origin: Origin, unsaved: Vec<Reading>) -> Self {
        let cx = Cx::new(app, caller, Link::Writer(tx), unsaved);
        Self { cx, origin, entries: Vec::new(), deltas: Deltas::default(), gone_pools: Vec::new(), written: 0 }
    }

    /// The end of a `select` whose rows of `table` nobody else may change until this transaction ends.
    pub fn locking(&self, table: &'static str) -> Sql {
        match self.engine() {
            db::Engine::Sqlite => Sql::new(),
            db::Engine::Postgres => sql![" for update of ", db::Raw(table)],
        }
    }

    /// Runs a statement that changes rows; returns how many.
    pub async fn exec(&mut self, sql: Sql) -> Result<u64, Error> {
        self.written += 1;
        let affected = match &mut self.cx.link {
            Link::Writer(tx) => tx.exec(sql).await,
            // begin() is the only way to a Tx, and it makes a writer.
            Link::Reader(_) => Err(db::Error::NoRow),
        };
        self.cx.check(affected)
    }

    /// How many statements have changed something: whether a part of the transaction has left anything behind.
    pub fn written(&self) -> u64 {
        self.written
    }

    /// What is added to a node's totals and not written yet.
    pub fn unwritten(&self, id: &str) -> Totals {
        self.deltas.of(id)
    }

    /// Writes the columns in which a row differs from what it was, and those `beside` them that its record doesn't hold.
    ///
    /// # Errors
    /// `version_stale` where the row is gone or another by now.
    pub async fn update<R: Stored>(&mut self, before: &R, after: &R, beside: Assignments) -> Result<(), Error> {
        let Some(statement) = after.update_of(before, beside) else { return Ok(()) };
        if self.exec(statement).await? == 1 { Ok(()) } else { Err(stale()) }
    }

    /// Tells the change log. Written last, in the same transaction.
    pub fn record(&mut self, entry: Entry) {
        self.entries.push(entry);
    }

    /// Adds to the totals of the node at `path` and of all its ancestors.
    pub fn add_to_totals(&mut self, path: &Path, change: Totals) {
        self.deltas.add(path, change);
    }

    /// Writes what was gathered and commits. Returns what the change log was told.
    pub async fn commit(mut self) -> Result<Option<Written>, Collision> {
        let wrote = self.write_gathered().await;
        let collided = self.cx.collided;
        let written = wrote.map_err(|error| Collision { again: collided, error })?;
        match self.cx.link {
            Link::Writer(tx) => {
                let failed = |error| Collision { again: may_pass(&self.cx.app, &error), error: internal(error) };
                tx.commit().await.map_err(failed)?;
            }
            Link::Reader(_) => {}
        }
        Ok(written)
    }

    /// Writes what was gathered of totals now: for commands that read totals again after they have changed some.
    pub async fn settle_totals(&mut self) -> Result<(), Error> {
        let deltas = std::mem::take(&mut self.deltas);
        crate::totals::add(self, deltas).await
    }

    async fn write_gathered(&mut self) -> Result<Option<Written>, Error> {
        let deltas = std::mem::take(&mut self.deltas);
        crate::totals::add(self, deltas).await?;
        let entries = std::mem::take(&mut self.entries);
        crate::change::write(self, entries).await
    }

    pub fn has_collided(&self) -> bool {
        self.cx.collided
    }
}

/// A transaction that did not come to its end.
#[derive(Debug)]
pub struct Collision {
    /// Running it again may help.
    pub again: bool,
    pub error: Error,
}

/// Counts the runs of one command.
#[derive(Debug, Default)]
pub struct Runs(u32);

impl Runs {
    /// Waits a moment before the next run, or says that there were enough.
    pub async fn again(&mut self, error: Error) -> Result<(), Error> {
        self.0 += 1;
        // The second look found nothing either, but the error itself says what was in the way.
        if self.0 > 1 && !matches!(error.code, Code::Internal | Code::Unavailable) {
            return Err(error);
        }
        if self.0 >= ATTEMPTS {
            let mut refused = Error::new(Code::Unavailable, "Many changes happen at once. Try again in a moment.");
            refused.retry_after_seconds = Some(1);
            refused.cause = error.cause;
            return Err(refused);
        }
        tokio::time::sleep(Duration::from_millis(2 << self.0)).await;
        Ok(())
    }
}

/// Runs a command that doesn't come by HTTP in a transaction of its own.
///
/// ```ignore
/// let made = run!(app, caller, origin, |tx| setup::run(tx, &input).await)?;
/// ```
#[macro_export]
macro_rules! run {
    ($app:expr, $caller:expr, $origin:expr, |$tx:ident| $body:expr) => {
        $crate::until_it_passes!($crate::cx::Tx::begin(&$app, $caller, $origin), |$tx| $body)
    };
}

/// Runs something beside the commands; see [`Tx::beside`](crate::cx::Tx::beside).
#[macro_export]
macro_rules! beside {
    ($app:expr, |$tx:ident| $body:expr) => {
        $crate::until_it_passes!($crate::cx::Tx::beside(&$app), |$tx| $body)
    };
}

/// Runs something between the commands; see [`Tx::between`](crate::cx::Tx::between).
#[macro_export]
macro_rules! between {
    ($app:expr, |$tx:ident| $body:expr) => {
        $crate::until_it_passes!($crate::cx::Tx::between(&$app), |$tx| $body)
    };
}

/// Runs a transaction that is begun so, and again while it collides with others.
#[doc(hidden)]
#[macro_export]
macro_rules! until_it_passes {
    ($begin:expr, |$tx:ident| $body:expr) => {{
        let mut runs = $crate::cx::Runs::default();
        loop {
            let mut open = match $begin.await {
                Ok(open) => open,
                Err(error) => break Err(error),
            };
            let outcome = {
                let $tx = &mut open;
                $body
            };
            match $crate::cx::finish(open, outcome, &mut runs).await {
                Ok(Some(value)) => break Ok(value),
                Ok(None) => {}
                Err(error) => break Err(error),
            }
        }
    }};
}

/// Commits a command that succeeded and waits until the gateway knows of it. `None`: it collided and has to run again.
pub async fn finish<T>(tx: Tx, outcome: Result<T, Error>, runs: &mut Runs) -> Result<Option<T>, Error> {
    let app = tx.app.clone();
    match outcome {
        Ok(value) => match tx.commit().await {
            Ok(written) => {
                if let Some(written) = written {
                    app.tell(written).await;
                }
                Ok(Some(value))
            }
            Err(Collision { again: true, error }) => runs.again(error).await.map(|()| None),
            Err(Collision { again: false, error }) => Err(error),
        },
        Err(error) if tx.has_collided() => {
            drop(tx);
            runs.again(error).await.map(|()| None)
        }
        Err(error) => Err(error),
    }
}

/// Whether the whole transaction may succeed when it is run again.
fn may_pass(app: &App, error: &db::Error) -> bool {
    error.is_retryable() || (matches!(error, db::Error::Full(_)) && app.make_room())
}

/// The later of what a column holds, if it holds anything, and another time.
pub fn newest(column: &'static str, at: i64) -> Sql {
    let column = db::Raw(column);
    sql!["case when ", column, " > ", at, " then ", column, " else ", at, " end"]
}

fn unreachable_database(error: db::Error) -> Error {
    let mut refused = Error::new(Code::Unavailable, "The database does not answer. Try again in a moment.");
    refused.retry_after_seconds = Some(2);
    refused.cause = Some(Box::new(error));
    refused
}

fn internal(error: db::Error) -> Error {
    let refused = match error {
        db::Error::Gone(_) => return unreachable_database(error),
        db::Error::Busy(_) => "The database is busy. Try again in a moment.",
        db::Error::TooSlow(_) => "This took too long. Ask for less, or try again in a moment.",
        db::Error::ReadOnly(_) => "The database can only be read for the moment. Try again later.",
        db::Error::Full(_) => "The server's disk is full: nothing can be stored until there is room again.",
        db::Error::ForeignKey => {
            let detail = "Something that this refers to has gone meanwhile, or something still refers to it.";
            let mut refused = Error::new(Code::ReferenceGone, detail);
            refused.cause = Some(Box::new(error));
            return refused;
        }
        _ => return Error::internal(error),
    };
    let mut refused = Error::new(Code::Unavailable, refused);
    refused.retry_after_seconds = Some(2);
    refused.cause = Some(Box::new(error));
    refused
}

/// Says what was taken, where a statement failed because the columns' values exist.
pub fn taken(error: Error, table: &str, columns: &[&str], refused: impl FnOnce() -> Error) -> Error {
    let cause = error.cause.as_deref().and_then(|cause| cause.downcast_ref::<db::Error>());
    if cause.is_some_and(|cause| cause.is_unique(table, columns)) { refused() } else { error }
}
