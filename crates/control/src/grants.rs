//! Follows the change log and keeps the table that the gateway admits by. Nobody tells it what to refresh: it reads what
//! happened after the last change it has seen, so nothing can be forgotten, and other processes need no message. A change
//! costs what it touches: the rows of its subjects are read again, whatever stands below them.
//!
//! Beside that it compares the whole table with the rows, a slice at a time, which must find no difference.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;
use std::time::Duration;

use api::device::{DeviceKind, DeviceStatus};
use api::grant::{Admission, Allotment, Changes, DeviceEntry, NodeEntry, OwnSettings, Pool, Said, Suspension};
use api::id::{CustomerId, DeviceId, RepositoryId};
use api::product::Edition;
use api::{Error, Level, Mode};
use base::App;
use base::background::{Reconciler, Round};
use base::cx::Cx;
use db::{Sql, list, sql};
use futures_util::future::BoxFuture;
use tokio::sync::Mutex;
use tokio::time::{Instant, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;
use tree::licences::Dates;
use uuid::Uuid;

/// Commits of other processes are seen at least this often.
const POLL: Duration = Duration::from_millis(400);
/// Changes that are read at once.
const CHANGES_AT_ONCE: usize = 2000;
/// Rows that are read at once while the table is filled.
const FILLED_AT_ONCE: i64 = 10_000;
/// Rows that are compared at once, and how often: a processor that has nothing else to do is hardly woken for it.
const COMPARED_AT_ONCE: i64 = 400;
const COMPARE_EVERY: Duration = Duration::from_secs(1);

/// Where the follower stands in the change log.
#[derive(Debug)]
pub struct Follower {
    app: App,
    seen: i64,
}

/// How far a comparison has come.
#[derive(Debug, Default)]
enum Compared {
    #[default]
    Begun,
    Nodes(String),
    Devices(String),
}

impl Follower {
    /// Fills the table. Until this has succeeded the gateway admits nobody.
    pub async fn start(app: &App) -> Result<Self, Error> {
        let began = Instant::now();
        let mut follower = Self { app: app.clone(), seen: 0 };
        let mut cx = Cx::apart(app).await?;
        // Whatever is committed while the rows are read is followed afterwards.
        follower.seen = last_number(&mut cx).await?;
        let mut from = String::new();
        while let Some(next) = fill(&mut cx, Slice::nodes(&from, FILLED_AT_ONCE)).await? {
            from = next;
        }
        from.clear();
        while let Some(next) = fill(&mut cx, Slice::devices(&from, FILLED_AT_ONCE)).await? {
            from = next;
        }
        app.grants.shrink();
        drop(cx);
        follower.catch_up().await?;
        app.grants.confirm(began);
        Ok(follower)
    }

    /// Follows until told to stop.
    pub async fn run(mut self, stop: CancellationToken) {
        let mut committed = self.app.committed.subscribe();
        let mut poll = interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut has_failed = false;
        loop {
            tokio::select! {
                () = stop.cancelled() => {
                    self.app.followed.send_replace(None);
                    return;
                }
                _ = committed.changed() => {}
                _ = poll.tick() => {}
            }
            if let Err(error) = self.catch_up().await {
                if !has_failed {
                    // The table grows stale, and the gateway stops admitting uploads by it.
                    tracing::warn!(%error, cause = ?error.cause, "cannot follow the change log");
                }
                has_failed = true;
                continue;
            }
            if has_failed {
                tracing::info!("follows the change log again");
            }
            has_failed = false;
        }
    }

    /// Applies what happened since.
    pub async fn catch_up(&mut self) -> Result<(), Error> {
        loop {
            let began = Instant::now();
            let _turn = self.app.following.lock().await;
            let mut cx = Cx::apart(&self.app).await?;
            // First the number: what is committed after it is for the next round.
            let last = last_number(&mut cx).await?;
            let mut seen = last;
            if last > self.seen {
                let limit = i64::try_from(CHANGES_AT_ONCE).unwrap_or(i64::MAX);
                let rows: Vec<(i64, String, String)> = cx
                    .all(sql![
                        "select number, subject_kind, subject_id from changes where reaches_grants and number > ",
                        self.seen,
                        " and number <= ",
                        last,
                        " order by number limit ",
                        limit
                    ])
                    .await?;
                if rows.len() == CHANGES_AT_ONCE {
                    seen = rows.last().map_or(last, |row| row.0);
                }
                refresh(&mut cx, rows.into_iter().map(|(_, kind, id)| (kind, id))).await?;
            }
            self.seen = seen;
            // One that lags and still moves is no reason to refuse uploads.
            self.app.grants.confirm(began);
            self.app.followed.send_replace(Some(seen));
            if seen == last {
                return Ok(());
            }
        }
    }
}

/// Keeps the table true beside the follower, a slice after the other: nothing should ever differ.
#[derive(Debug, Default)]
pub struct Comparison(Mutex<Compared>);

impl Reconciler for Comparison {
    fn name(&self) -> &'static str {
        "grants as the rows are"
    }

    fn reconcile<'a>(&'a self, app: &'a App) -> BoxFuture<'a, Result<Round, Error>> {
        Box::pin(async move {
            let mended = self.compare_slice(app).await? as u64;
            Ok(Round { mended, again_in: COMPARE_EVERY })
        })
    }
}

impl Comparison {
    /// Compares the next rows with the table and puts right what differs. Returns how many entries that were.
    async fn compare_slice(&self, app: &App) -> Result<usize, Error> {
        let mut compared = self.0.lock().await;
        // The follower waits meanwhile, so that no older row comes after a newer one.
        let _turn = app.following.lock().await;
        // On the follower's own connection: it must not wait here behind anybody's lists.
        let mut cx = Cx::apart(app).await?;
        let before = last_number(&mut cx).await?;
        let (slice, is_devices) = match &*compared {
            Compared::Begun => (Slice::nodes("", COMPARED_AT_ONCE), false),
            Compared::Nodes(from) => (Slice::nodes(from, COMPARED_AT_ONCE), false),
            Compared::Devices(from) => (Slice::devices(from, COMPARED_AT_ONCE), true),
        };
        let rows = slice.read(&mut cx).await?;
        let after = last_number(&mut cx).await?;
        let next = rows.next.clone();
        let differences = app.grants.apply(rows.into_changes(app));
        // What was committed meanwhile, or isn't followed yet, is no difference.
        let is_still = before == after && app.followed.borrow().is_none_or(|seen| seen == before);
        if differences > 0 && is_still {
            tracing::error!(differences, "the grants had drifted from the database");
        }
        *compared = match (next, is_devices) {
            (Some(next), false) => Compared::Nodes(next),
            (None, false) => Compared::Devices(String::new()),
            (Some(next), true) => Compared::Devices(next),
            (None, true) => Compared::Begun,
        };
        Ok(differences)
    }

    /// Compares everything from the beginning, while nothing changes. Returns how many entries differed.
    pub async fn compare(app: &App) -> Result<usize, Error> {
        let whole = Self::default();
        let mut differences = 0;
        loop {
            differences += whole.compare_slice(app).await?;
            if matches!(*whole.0.lock().await, Compared::Begun) {
                return Ok(differences);
            }
        }
    }
}

async fn last_number(cx: &mut Cx) -> Result<i64, Error> {
    cx.one(sql!["select last_number from change_counter where id = 1"]).await
}

/// Reads the rows of these subjects again.
async fn refresh(cx: &mut Cx, subjects: impl Iterator<Item = (String, String)>) -> Result<(), Error> {
    let (mut nodes, mut devices) = (BTreeSet::new(), BTreeSet::new());
    for (kind, id) in subjects {
        match kind.as_str() {
            "customer" => nodes.extend([id]),
            "device" => devices.extend([id]),
            // Whoever uses it has it until then.
            "licence" => devices.extend(crate::licences::sql::users_of(cx, &id).await?),
            _ => {}
        }
    }
    for (ids, slice) in [(nodes, Slice::named_nodes as fn(Vec<String>) -> Slice), (devices, Slice::named_devices)] {
        let ids: Vec<String> = ids.into_iter().collect();
        for some in ids.chunks(1000) {
            let changes = slice(some.to_vec()).read(cx).await?.into_changes(&cx.app);
            cx.app.grants.apply(changes);
        }
    }
    Ok(())
}

/// Reads a slice into the table. Returns where the next one begins.
async fn fill(cx: &mut Cx, slice: Slice) -> Result<Option<String>, Error> {
    let rows = slice.read(cx).await?;
    let next = rows.next.clone();
    cx.app.grants.apply(rows.into_changes(&cx.app));
    Ok(next)
}

db::record! {
    struct NodeRow {
        id: String,
        parent_id: Option<String>,
        level: String,
        company_name: String,
        suspend_mode: Option<String>,
        suspend_message: Option<String>,
        deletes_at: Option<i64>,
        allotted_bytes: Option<i64>,
        overcommit_percent: Option<i64>,
    }
}

db::record! {
    struct DeviceRow {
        id: String,
        repository_id: String,
        customer_id: String,
        secret_hash: String,
        pool_id: String,
        allotted_bytes: Option<i64>,
        kind: String,
        status: String,
        licence_id: Option<String>,
        licence_edition: Option<String>,
        licence_ends_at: Option<i64>,
        credits_until: Option<i64>,
        suspend_mode: Option<String>,
        deletes_at: Option<i64>,
    }
}

/// Which rows.
enum Slice {
    Nodes { rows: Sql, wanted: Wanted },
    Devices { rows: Sql, wanted: Wanted },
}

/// Whatever of these has no row is gone.
enum Wanted {
    Named(Vec<String>),
    /// As many as these from there on.
    From(String, i64),
}

/// What a slice read.
struct Rows {
    nodes: Vec<NodeRow>,
    devices: Vec<DeviceRow>,
    /// What is set at them, by their ids.
    own: HashMap<String, Said>,
    is_devices: bool,
    /// Where what they store lies, by its id.
    pools: HashMap<String, Arc<Pool>>,
    wanted: Wanted,
    /// Where the next slice begins; nothing after the last one.
    next: Option<String>,
}

impl Wanted {
    /// The end of the statement: which ids, in their order.
    fn condition(&self, id: &'static str) -> Sql {
        let id = db::Raw(id);
        match self {
            Self::Named(ids) => sql![" where ", id, " in ", list(ids.iter().map(String::as_str))],
            Self::From(from, limit) => {
                sql![" where ", id, " > ", from.as_str(), " order by ", id, " limit ", *limit]
            }
        }
    }

    fn limit(&self) -> Option<usize> {
        match self {
            Self::Named(_) => None,
            Self::From(_, limit) => usize::try_from(*limit).ok(),
        }
    }
}

impl Slice {
    fn nodes_of(wanted: Wanted) -> Self {
        let rows = sql![
            "select ",
            db::columns::<NodeRow>(),
            " from customers join totals on totals.customer_id = customers.id",
            wanted.condition("id")
        ];
        Self::Nodes { rows, wanted }
    }

    fn devices_of(wanted: Wanted) -> Self {
        let rows = sql![
            "select d.id as id, r.id as repository_id, d.customer_id as customer_id, d.secret_hash as secret_hash,
             r.pool_id as pool_id, r.allotted_bytes as allotted_bytes, d.kind as kind, d.status as status,
             x.licence_id as licence_id, l.edition as licence_edition, l.ends_at as licence_ends_at,
             w.until as credits_until,
             d.suspend_mode as suspend_mode, d.deletes_at as deletes_at
             from devices d
             join repositories r on r.device_id = d.id
             left join device_licences x on x.device_id = d.id left join licences l on l.id = x.licence_id
             left join device_credits w on w.device_id = d.id",
            wanted.condition("d.id")
        ];
        Self::Devices { rows, wanted }
    }

    fn nodes(from: &str, limit: i64) -> Self {
        Self::nodes_of(Wanted::From(from.to_owned(), limit))
    }

    fn devices(from: &str, limit: i64) -> Self {
        Self::devices_of(Wanted::From(from.to_owned(), limit))
    }

    fn named_nodes(ids: Vec<String>) -> Self {
        Self::nodes_of(Wanted::Named(ids))
    }

    fn named_devices(ids: Vec<String>) -> Self {
        Self::devices_of(Wanted::Named(ids))
    }

    async fn read(self, cx: &mut Cx) -> Result<Rows, Error> {
        let next = |wanted: &Wanted, read: usize, last: Option<&String>| {
            last.filter(|_| wanted.limit().is_some_and(|limit| read >= limit)).cloned()
        };
        match self {
            Self::Nodes { rows, wanted } => {
                let nodes: Vec<NodeRow> = cx.all(rows).await?;
                let ids = nodes.iter().map(|row| row.id.as_str());
                let own = crate::settings::feed(cx, ids, wanted.limit().is_some()).await?;
                let next = next(&wanted, nodes.len(), nodes.last().map(|row| &row.id));
                Ok(Rows { nodes, devices: Vec::new(), own, is_devices: false, pools: HashMap::new(), wanted, next })
            }
            Self::Devices { rows, wanted } => {
                let devices: Vec<DeviceRow> = cx.all(rows).await?;
                let pools = crate::storage::pools::all(cx).await?;
                let ids = devices.iter().map(|row| row.id.as_str());
                let own = crate::settings::feed(cx, ids, wanted.limit().is_some()).await?;
                let next = next(&wanted, devices.len(), devices.last().map(|row| &row.id));
                Ok(Rows { nodes: Vec::new(), devices, own, is_devices: true, pools, wanted, next })
            }
        }
    }
}

impl Rows {
    /// The rows as entries, and what was wanted and has no row as gone. A row that can't be read is named and left out:
    /// it stops neither the start nor the others, and what stands on it is not admitted.
    fn into_changes(mut self, app: &App) -> Changes {
        let mut changes = Changes::default();
        let mut gone: BTreeSet<Uuid> = match (&self.wanted, self.is_devices) {
            (Wanted::Named(ids), true) => ids.iter().filter_map(|id| DeviceId::from_text(id).uuid()).collect(),
            (Wanted::Named(ids), false) => ids.iter().filter_map(|id| CustomerId::from_text(id).uuid()).collect(),
            (Wanted::From(from, _), true) => {
                let known = |from, to| app.grants.devices_between(from, to);
                between(from, self.next.as_deref(), |id| DeviceId::from_text(id).uuid(), known)
            }
            (Wanted::From(from, _), false) => {
                let known = |from, to| app.grants.nodes_between(from, to);
                between(from, self.next.as_deref(), |id| CustomerId::from_text(id).uuid(), known)
            }
        };
        for row in self.nodes {
            let Said { own, throttle } = self.own.remove(&row.id).unwrap_or_default();
            match node(&row, own) {
                Ok(entry) => {
                    gone.remove(&entry.id);
                    changes.throttles.extend(throttle.map(|own| (entry.id, own)));
                    changes.nodes.push((entry.id, Some(entry)));
                }
                Err(what) => tracing::error!(table = "customers", id = row.id, what, "a row cannot be read"),
            }
        }
        let pools: HashMap<String, u16> =
            self.pools.into_iter().map(|(id, pool)| (id, app.grants.pool(pool))).collect();
        for row in self.devices {
            let Said { own, throttle } = self.own.remove(&row.id).unwrap_or_default();
            match device(&pools, &row, own) {
                Ok(entry) => {
                    gone.remove(&entry.id);
                    changes.throttles.extend(throttle.map(|own| (entry.id, own)));
                    changes.space.extend(row.allotted_bytes.map(|bytes| (entry.id, bytes)));
                    changes.devices.push((entry.id, Some(entry)));
                }
                Err(what) => tracing::error!(table = "devices", id = row.id, what, "a row cannot be read"),
            }
        }
        if self.is_devices {
            changes.devices.extend(gone.into_iter().map(|id| (id, None)));
        } else {
            changes.nodes.extend(gone.into_iter().map(|id| (id, None)));
        }
        changes
    }
}

/// What the table knows behind `from`, up to and without `next`, which is read again with the next slice. Nothing where one
/// of them can't be read: better an entry too many than none at all.
fn between(
    from: &str,
    next: Option<&str>,
    uuid: impl Fn(&str) -> Option<Uuid>,
    known: impl Fn(Option<Uuid>, Option<Uuid>) -> Vec<Uuid>,
) -> BTreeSet<Uuid> {
    let (begin, end) = (uuid(from), next.and_then(&uuid));
    if (begin.is_none() && !from.is_empty()) || (end.is_none() && next.is_some()) {
        return BTreeSet::new();
    }
    known(begin, end).into_iter().filter(|id| Some(*id) != begin).collect()
}

fn node(row: &NodeRow, own: OwnSettings) -> Result<NodeEntry, &'static str> {
    let id = CustomerId::from_text(row.id.as_str()).uuid().ok_or("id")?;
    let parent = row.parent_id.as_deref().map(|id| CustomerId::from_text(id).uuid().ok_or("parent_id")).transpose()?;
    let level: Level = row.level.parse().map_err(|_| "level")?;
    let mode: Option<Mode> = row.suspend_mode.as_deref().map(str::parse).transpose().map_err(|_| "suspend_mode")?;
    // What is to be deleted backs up nothing any more; what there is can be restored until it goes.
    let mode = mode.max(row.deletes_at.map(|_| Mode::StopBackups));
    let suspension =
        mode.map(|mode| Box::new(Suspension { mode, message: row.suspend_message.as_deref().map(Into::into) }));
    let called = NodeEntry::is_called(level).then(|| row.company_name.as_str().into());
    let percent = row.overcommit_percent.unwrap_or(100);
    let space = row.allotted_bytes.map(|bytes| Box::new(Allotment { bytes, percent }));
    Ok(NodeEntry { id, parent, suspension, called, space, own })
}

fn device(pools: &HashMap<String, u16>, row: &DeviceRow, own: OwnSettings) -> Result<DeviceEntry, &'static str> {
    let secret = data_encoding::HEXLOWER.decode(row.secret_hash.as_bytes()).map_err(|_| "secret_hash")?;
    let mode: Option<Mode> = row.suspend_mode.as_deref().map(str::parse).transpose().map_err(|_| "suspend_mode")?;
    let admission = match row.status.parse().map_err(|_| "status")? {
        // What is to be deleted backs up nothing any more; what there is can be restored until it goes.
        DeviceStatus::Authorised => Admission::of(mode.max(row.deletes_at.map(|_| Mode::StopBackups))),
        DeviceStatus::PendingApproval | DeviceStatus::Expected => Admission::Pending,
        DeviceStatus::Released => Admission::Released,
    };
    Ok(DeviceEntry {
        id: DeviceId::from_text(row.id.as_str()).uuid().ok_or("id")?,
        repository: RepositoryId::from_text(row.repository_id.as_str()).uuid().ok_or("repository_id")?,
        node: CustomerId::from_text(row.customer_id.as_str()).uuid().ok_or("customer_id")?,
        secret: secret.try_into().map_err(|_| "secret_hash")?,
        pool: *pools.get(&row.pool_id).ok_or("pool_id")?,
        admission,
        licensed_until: licensed_until(row),
        own,
    })
}

/// As [`DeviceEntry::licensed_until`] has it. What goes to the cloud directly is billed by use, and wants no licence.
fn licensed_until(row: &DeviceRow) -> u32 {
    if row.kind == DeviceKind::DirectToCloud.as_ref() {
        return u32::MAX;
    }
    let credits = row.credits_until.map_or(0, seconds);
    if row.licence_id.is_none() {
        return credits;
    }
    let is_trial = row.licence_edition.as_deref() == Some(Edition::Trial.as_ref());
    let dates = Dates { starts_at: 0, ends_at: row.licence_ends_at, notice_days: 0, is_trial };
    dates.holds_until().map_or(u32::MAX, seconds).max(credits)
}

/// An instant in seconds, as far as they go.
fn seconds(micros: i64) -> u32 {
    u32::try_from(micros / 1_000_000).unwrap_or(u32::MAX)
}
