//! What keeps events true: whatever changes is put down to be looked at, whatever has come to a threshold by the clock too, and
//! what was put down is looked at piece by piece.

use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;

use api::Error;
use api::event::EventType;
use base::App;
use base::background::feeds::Feed;
use base::background::{Reconciler, Round};
use base::cx::{Caller, Cx, Origin, Tx};
use base::totals::USED_PERCENT;
use db::{Raw, Sql, insert, list, sql};
use futures_util::future::BoxFuture;
use tree::Path;
use tree::licences::DAY_MICROS;

use super::check::{self, in_use};
use super::keep::write;
use super::sql::{self as rows, Check, enqueue};
use super::story;

/// What was looked at in one transaction: others wait for their turn meanwhile.
const AT_ONCE: i64 = 200;
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// How an entry names a setting of thresholds.
const SETTINGS: &str = "\"event_";

/// What follows from the change log: whom an entry is about is looked at anew.
#[derive(Debug)]
pub(crate) struct Changes;

impl Feed for Changes {
    fn name(&self) -> &'static str {
        "events"
    }

    fn follow<'a>(&'a self, tx: &'a mut Tx, after: i64, until: i64) -> BoxFuture<'a, Result<(), Error>> {
        Box::pin(async move {
            let entries: Vec<(String, String, String, String, Option<String>)> = tx
                .all(sql![
                    "select action, subject_kind, subject_id, customer_id, after from changes where number > ",
                    after,
                    " and number <= ",
                    until,
                    " order by number"
                ])
                .await?;
            let (mut devices, mut customers, mut below) = (Vec::new(), Vec::new(), Vec::new());
            for (action, kind, id, customer, after) in entries {
                match (kind.as_str(), action.as_str()) {
                    (
                        "customer",
                        "customer.suspended"
                        | "customer.activated"
                        | "customer.moved"
                        | "customer.restored"
                        | "customer.deletion_scheduled",
                    ) => below.push(id),
                    // Most settings have nothing to do with it, and everything below may be much.
                    ("customer", "customer.setting_set" | "customer.setting_inherited")
                        if after.as_deref().is_some_and(|after| after.contains(SETTINGS)) =>
                    {
                        below.push(id);
                    }
                    ("customer", _) => customers.push(id),
                    ("device", _) => devices.push(id),
                    ("licence", _) => customers.push(customer),
                    _ => {}
                }
            }
            let now = tx.now.as_microsecond();
            put(tx, now, false, "devices", &devices).await?;
            put(tx, now, false, "customers", &customers).await?;
            below.sort_unstable();
            below.dedup();
            for id in below {
                put(tx, now, true, "customers", std::slice::from_ref(&id)).await?;
            }
            Ok(())
        })
    }
}

async fn put(tx: &mut Tx, now: i64, below: bool, table: &'static str, ids: &[String]) -> Result<(), Error> {
    for some in ids.chunks(db::AT_ONCE) {
        let from = sql![" from ", Raw(table), " x where x.id in ", list(some.iter().map(String::as_str))];
        tx.exec(enqueue(now, below, from)).await?;
    }
    Ok(())
}

/// Devices among these that something is the matter with: a backup has arrived.
pub(crate) async fn backed_up(tx: &mut Tx, devices: &[&str]) -> Result<(), Error> {
    let now = tx.now.as_microsecond();
    for some in devices.chunks(db::AT_ONCE) {
        let from = sql![
            " from devices x where x.id in ",
            list(some.iter().copied()),
            " and exists (select 1 from events e where e.device_id = x.id and e.resolved_at is null)"
        ];
        tx.exec(enqueue(now, false, from)).await?;
    }
    Ok(())
}

/// What was put down is looked at.
#[derive(Debug)]
pub(crate) struct Checks;

impl Reconciler for Checks {
    fn name(&self) -> &'static str {
        "events to look at"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            loop {
                // Looks without writing: most of the time there is nothing.
                let waits = !rows::waiting(&mut Cx::read(app, Caller::System).await?, 1).await?.is_empty();
                if !waits {
                    return Ok(Round { mended, again_in: LOOK_EVERY });
                }
                mended += base::run!(app, Caller::System, Origin::default(), |tx| look(tx).await)?;
            }
        })
    }
}

/// Looks at what waits longest. Returns how many events changed.
async fn look(tx: &mut Tx) -> Result<u64, Error> {
    let waiting = rows::waiting(tx, AT_ONCE).await?;
    let Some(first) = waiting.first() else { return Ok(0) };
    if first.below {
        return look_below(tx, first).await;
    }
    let single: Vec<&Check> = waiting.iter().take_while(|check| !check.below).collect();
    let (devices, customers): (Vec<&Check>, Vec<&Check>) =
        single.iter().partition(|check| check.id.starts_with("dev_"));
    let ids = |checks: &[&Check]| -> Vec<String> { checks.iter().map(|check| check.id.clone()).collect() };
    let changed = check::devices(tx, &ids(&devices)).await? + check::customers(tx, &ids(&customers)).await?;
    let done: Vec<&str> = single.iter().map(|check| check.id.as_str()).collect();
    rows::done(tx, &done).await?;
    Ok(changed)
}

/// A piece of what stands at and below a place: first the customers, then the devices.
async fn look_below(tx: &mut Tx, check: &Check) -> Result<u64, Error> {
    let mut words = check.after.split(' ');
    let (table, path, id) =
        (words.next().unwrap_or_default(), words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_devices = table == "devices";
    let table = if is_devices { "devices" } else { "customers" };
    // It may have been moved since it was put down.
    let Some(place) = place_of(tx, &check.id).await? else {
        rows::done(tx, &[check.id.as_str()]).await?;
        return Ok(0);
    };
    let found = rows::next_below(tx, table, &place, (path, id), AT_ONCE).await?;
    let ids: Vec<String> = found.iter().map(|(_, id)| id.clone()).collect();
    let changed = if is_devices { check::devices(tx, &ids).await? } else { check::customers(tx, &ids).await? };
    match found.last() {
        Some((path, id)) => rows::come_to(tx, &check.id, &format!("{table} {path} {id}")).await?,
        None if is_devices => rows::done(tx, &[check.id.as_str()]).await?,
        None => rows::come_to(tx, &check.id, "devices").await?,
    }
    Ok(changed)
}

async fn place_of(cx: &mut Cx, customer: &str) -> Result<Option<Path>, Error> {
    let path: Option<String> = cx.opt(crate::customers::sql::place(customer)).await?;
    Ok(path.map(Path::from_stored))
}

/// Under which it is kept until when it was looked what has come to a threshold.
const CLOCK: &str = "thresholds of events";
/// So much time is looked through in one transaction: after a long night many are silent.
const STRETCH_MICROS: i64 = 6 * 60 * 60 * 1_000_000;
const LOOK_AT_CLOCK_EVERY: Duration = Duration::from_secs(30);

/// What comes to a threshold without that anything changes: days pass, space fills, and an acknowledgement is over.
#[derive(Debug, Default)]
pub(crate) struct Thresholds {
    /// How full those were that are nearly full, when they were last looked at.
    full: Mutex<HashMap<String, i64>>,
}

impl Reconciler for Thresholds {
    fn name(&self) -> &'static str {
        "thresholds of events"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mut mended = 0;
            while base::beside!(app, |tx| stretch(tx).await)? {
                mended += 1;
            }
            mended += self.fill(app).await?;
            loop {
                let woken = base::run!(app, Caller::System, Origin::default(), |tx| wake(tx).await)?;
                mended += woken;
                if woken == 0 {
                    break;
                }
            }
            Ok(Round { mended, again_in: LOOK_AT_CLOCK_EVERY })
        })
    }
}

/// Puts down who has come to a threshold since the last look. Whether there is more to look through.
async fn stretch(tx: &mut Tx) -> Result<bool, Error> {
    let now = tx.now.as_microsecond();
    let lock = tx.locking("feeds");
    let seen: Option<i64> = tx.opt(sql!["select number from feeds where name = ", CLOCK, lock]).await?;
    let Some(seen) = seen else {
        // Nobody has ever looked: at everything.
        tx.exec(insert! { "feeds", name: CLOCK, number: now }).await?;
        tx.exec(enqueue(now, true, sql![" from customers x where x.parent_id is null"])).await?;
        return Ok(false);
    };
    let until = now.min(seen + STRETCH_MICROS);
    if until <= seen {
        return Ok(false);
    }
    for days in in_use(tx, EventType::NoBackup).await? {
        let (from, to) = (seen - days * DAY_MICROS, until - days * DAY_MICROS);
        let silent = sql![
            " from repositories r join devices x on x.id = r.device_id where coalesce(r.last_backup_at, 0) > ",
            from,
            " and coalesce(r.last_backup_at, 0) <= ",
            to
        ];
        tx.exec(enqueue(now, false, silent)).await?;
        let never = sql![
            " from devices x join repositories r on r.device_id = x.id where x.created_at > ",
            from,
            " and x.created_at <= ",
            to,
            " and r.last_backup_at is null"
        ];
        tx.exec(enqueue(now, false, never)).await?;
    }
    let mut left = in_use(tx, EventType::LicenceEnding).await?;
    left.extend(in_use(tx, EventType::TrialLicenceEnding).await?);
    left.sort_unstable();
    left.dedup();
    for days in left {
        let ending = ends_between(seen, until, days, "l.ends_at");
        let from = sql![" from customers x where x.id in (select l.customer_id from licences l where ", ending, ")"];
        tx.exec(enqueue(now, false, from)).await?;
    }
    // What is left lasts a day less.
    if seen / DAY_MICROS != until / DAY_MICROS {
        let paid = sql![" from customers x where x.id in (select a.customer_id from credit_accounts a)"];
        tx.exec(enqueue(now, false, paid)).await?;
    }
    // A trial that is over is one no more.
    for days in in_use(tx, EventType::TrialEnding).await?.into_iter().chain([0]) {
        let from = sql![" from customers x where ", ends_between(seen, until, days, "x.trial_ends_at")];
        tx.exec(enqueue(now, false, from)).await?;
    }
    tx.exec(sql!["update feeds set number = ", until, " where name = ", CLOCK]).await?;
    Ok(until < now)
}

/// Of what so many days are left since a moment between two.
fn ends_between(after: i64, until: i64, days: i64, column: &'static str) -> Sql {
    let column = Raw(column);
    let (from, to) = (after + days * DAY_MICROS, until + days * DAY_MICROS);
    sql![column, " is not null and ", column, " > ", from, " and ", column, " <= ", to]
}

impl Thresholds {
    /// Puts down whose space is nearly full, or no longer, where that is another than at the last look.
    async fn fill(&self, app: &App) -> Result<u64, Error> {
        let mut cx = Cx::read(app, Caller::System).await?;
        let lines = in_use(&mut cx, EventType::SpaceFilling).await?;
        let Some(least) = lines.first().copied() else { return Ok(0) };
        let full: Vec<(String, i64)> = cx
            .all(sql![
                "select t.customer_id, ",
                Raw(USED_PERCENT),
                " from totals t where ",
                Raw(USED_PERCENT),
                " >= ",
                least
            ])
            .await?;
        drop(cx);
        // Between two thresholds nothing changes.
        let reached = |percent: i64| lines.iter().rev().find(|line| **line <= percent).copied().unwrap_or_default();
        let full: HashMap<String, i64> = full.into_iter().map(|(id, percent)| (id, reached(percent))).collect();
        let changed: Vec<String> = {
            let before = self.full.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let came = full.iter().filter(|(id, reached)| before.get(*id) != Some(reached));
            let went = before.keys().filter(|id| !full.contains_key(*id));
            came.map(|(id, _)| id.clone()).chain(went.cloned()).collect()
        };
        if !changed.is_empty() {
            base::beside!(app, |tx| {
                let now = tx.now.as_microsecond();
                put(tx, now, false, "customers", &changed).await
            })?;
        }
        *self.full.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = full;
        // What this process has not known before may be known to the database: looking at it changes nothing then.
        Ok(0)
    }
}

/// Opens again what was to be looked after until now.
async fn wake(tx: &mut Tx) -> Result<u64, Error> {
    let now = tx.now.as_microsecond();
    let due = rows::snoozed_until(tx, now, AT_ONCE).await?;
    let woken = due.len() as u64;
    for (row, named, device) in due {
        write(tx, &super::name(named, device), Some(&row), story::woken(&row)).await?;
    }
    Ok(woken)
}
