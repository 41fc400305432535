//! Where the control plane and the gateway meet: the table that the gateway admits by, and the ports through which it
//! asks for what needs a database. Neither side knows the other.
//!
//! The table holds rows, not conclusions: one small entry per device and one per node of the tree. What a device may do
//! follows from the nodes above it at the moment it is asked for, so that a change costs what it touches: suspending a
//! reseller changes one node, however many devices stand below it. A request holds the [`Grant`] that it began with;
//! when what it was compiled from changes, its token is cancelled, and a running upload looks the user name up again and
//! goes on or is cut.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tree::schedule::Schedule;
use tree::{Level, Mode};
use uuid::Uuid;

use crate::id::{DeviceId, RepositoryId, StoragePoolId};
use crate::units::Secret;

mod ledger;
mod own;
mod run;
mod sentence;
mod shards;
mod table;
mod trail;

pub use ledger::{Known, Ledger, LeftOpen, Meter, Opened, Reading, Snapshot, Unavailable};
pub use own::{Admission, Flag, OwnSettings, OwnThrottle, Said};
pub use run::Run;
pub use sentence::Sentence;
use shards::Keyed;
use table::{DeviceSpace, Table, Throttled};
pub use trail::Trail;

/// How long an unconfirmed table still admits uploads. Reads go on: they harm nobody.
pub const STALE_AFTER: Duration = Duration::from_secs(10);

/// SHA-256 of a device's password. The password has 256 random bits, so a fast digest is as good as a slow one.
pub type Digest = [u8; 32];

/// Where a device's repository lies.
#[derive(Debug, PartialEq, Eq)]
pub struct Pool {
    pub id: StoragePoolId,
    /// Absolute; in a bucket what its keys begin with.
    pub directory: PathBuf,
    /// Nothing where it is a directory of this host.
    pub bucket: Option<Bucket>,
}

/// A bucket of a store that speaks S3, and by what it lets us in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    pub endpoint: String,
    pub region: String,
    pub name: String,
    pub access_key_id: String,
    pub secret: Secret,
}

impl Pool {
    /// A directory of this host.
    pub fn at(id: StoragePoolId, directory: PathBuf) -> Self {
        Self { id, directory, bucket: None }
    }
}

/// How a pool did when it was last looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PoolState {
    Here {
        /// Nothing where nobody can tell.
        free_bytes: Option<u64>,
        has_room: bool,
    },
    /// With the reason.
    Away(String),
}

/// What one device may do, compiled from rows.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    pub device: DeviceId,
    pub repository: RepositoryId,
    /// What the client signs in with.
    pub username: String,
    pub secret: Digest,
    pub pool: Arc<Pool>,
    /// The repository's directory, absolute; in a bucket what its keys begin with.
    pub directory: PathBuf,
    pub standing: Standing,
    /// What its uploads are held against; nothing where no space was allotted on its way up.
    pub space: Option<Arc<Space>>,
    pub deletions: Deletions,
    /// The licence that it has to have; nothing where none is wanted, or where it has one without an end.
    pub licence: Option<Licensed>,
    /// How fast its backups may come, and be read; nothing where that is never limited.
    pub throttle: Option<Arc<Schedule>>,
}

/// Until when a device has a licence, and what it is told after that.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Licensed {
    /// A second since 1970; 0: it has none.
    pub until: u32,
    pub sentence: Sentence,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant")
            .field("device", &self.device)
            .field("repository", &self.repository)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

/// What may be deleted, beside locks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletions {
    Allowed,
    /// Nothing, but until this second since 1970 everything.
    Refused {
        window_until: Option<NonZeroU32>,
    },
}

/// What the states of a device and its ancestors leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    /// Reads and locks pass; whatever would store or destroy backups is refused.
    BackupsStopped(Sentence),
    /// Everything is refused.
    FullStop(Sentence),
    /// The device waits to be approved: everything is refused.
    Pending,
    /// The device was given up: everything is refused until it registers again.
    Released,
    /// The device itself is suspended: as above, by the mode.
    DeviceSuspended(Mode),
    /// A node above it is missing from the table, so nobody can say. It passes by itself, and never reads as active.
    Unknown,
}

/// Who holds space: customers and devices have ids of one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Holder {
    Customer(Uuid),
    Device(Uuid),
}

/// The space on a device's way up.
#[derive(Debug, PartialEq, Eq)]
pub struct Space {
    /// Whoever holds some, the nearest first, with what they hold: others are told when that changes.
    pub holders: Vec<(Holder, Allotment)>,
    /// What a device is told that has none left.
    pub used_up: Sentence,
}

/// What a node of the tree holds, and up to how many per cent of that it may promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allotment {
    pub bytes: i64,
    pub percent: i64,
}

/// A device as its rows have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceEntry {
    pub id: Uuid,
    pub repository: Uuid,
    /// The customer or site that it stands under.
    pub node: Uuid,
    pub secret: Digest,
    /// An index that [`Grants::pool`] gave out.
    pub pool: u16,
    pub admission: Admission,
    /// Until which second since 1970 it has a licence, where one is wanted: 0 without one, `u32::MAX` without an end.
    pub licensed_until: u32,
    pub own: OwnSettings,
}

/// A node of the tree as its row has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeEntry {
    pub id: Uuid,
    pub parent: Option<Uuid>,
    pub suspension: Option<Box<Suspension>>,
    /// The name of an end customer, by which a refusal calls it; nothing at other levels.
    pub called: Option<Box<str>>,
    /// Space of its own.
    pub space: Option<Box<Allotment>>,
    pub own: OwnSettings,
}

impl NodeEntry {
    /// Of all names only an end customer's is told to backup clients.
    pub fn is_called(level: Level) -> bool {
        level == Level::EndCustomer
    }
}

/// What was laid on a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspension {
    pub mode: Mode,
    /// What its customers may be told.
    pub message: Option<Box<str>>,
}

/// Rows as they are now; `None` where there is none any more.
#[derive(Debug, Default)]
pub struct Changes {
    pub nodes: Vec<(Uuid, Option<NodeEntry>)>,
    pub devices: Vec<(Uuid, Option<DeviceEntry>)>,
    /// Space of their own, of devices that are among these.
    pub space: HashMap<Uuid, i64>,
    /// What nodes and devices that are among these say of how fast backups may be.
    pub throttles: HashMap<Uuid, OwnThrottle>,
}

impl Keyed for DeviceEntry {
    fn key(&self) -> Uuid {
        self.id
    }
}

impl Keyed for NodeEntry {
    fn key(&self) -> Uuid {
        self.id
    }
}

/// A grant as it is held: with the token that tells of its end.
#[derive(Debug)]
pub struct Held {
    pub grant: Grant,
    withdrawn: CancellationToken,
}

impl Held {
    /// Cancelled when this grant was withdrawn or replaced by a different one.
    pub fn withdrawn(&self) -> &CancellationToken {
        &self.withdrawn
    }
}

/// Grants that requests hold at this moment, so that they can be told.
#[derive(Debug)]
struct Running {
    held: HashMap<Uuid, Weak<Held>>,
    /// From so many on, those that nobody holds any more are forgotten.
    sweep_at: usize,
}

const SWEEP_AT: usize = 32;
/// Parts of the running grants, so that requests on many connections don't queue.
const PARTS: usize = 64;

impl Default for Running {
    fn default() -> Self {
        Self { held: HashMap::new(), sweep_at: SWEEP_AT }
    }
}

impl Running {
    fn get(&self, id: Uuid) -> Option<Arc<Held>> {
        self.held.get(&id)?.upgrade().filter(|held| !held.withdrawn.is_cancelled())
    }

    fn insert(&mut self, id: Uuid, held: &Arc<Held>) {
        self.held.insert(id, Arc::downgrade(held));
        if self.held.len() >= self.sweep_at {
            self.held.retain(|_, held| held.strong_count() > 0);
            self.sweep_at = (self.held.len() * 2).max(SWEEP_AT);
        }
    }
}

/// The table of all grants.
#[derive(Debug)]
pub struct Grants {
    table: RwLock<Table>,
    running: [Mutex<Running>; PARTS],
    /// One change at a time: the next must find what this one left.
    changing: Mutex<()>,
    devices: AtomicUsize,
    /// Counts the changes after which other space may be on a device's way up, or as much with others below it.
    turns: AtomicU64,
    confirmed: ArcSwap<Option<Instant>>,
}

impl Default for Grants {
    fn default() -> Self {
        Self {
            table: RwLock::default(),
            running: std::array::from_fn(|_| Mutex::default()),
            changing: Mutex::new(()),
            devices: AtomicUsize::new(0),
            turns: AtomicU64::new(0),
            confirmed: ArcSwap::from_pointee(None),
        }
    }
}

impl Grants {
    /// The grant of a user name.
    pub fn find(&self, username: &str) -> Option<Arc<Held>> {
        let id = DeviceId::from_text(username).uuid()?;
        let part = self.part(id);
        if let Some(held) = lock(part).get(id) {
            return Some(held);
        }
        // The table stays locked until the grant can be found among the running ones: whoever changes it afterwards
        // sees that it is held.
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        let grant = table.grant(id)?;
        let mut running = lock(part);
        if let Some(held) = running.get(id) {
            return Some(held);
        }
        let held = Arc::new(Held { grant, withdrawn: CancellationToken::new() });
        running.insert(id, &held);
        Some(held)
    }

    /// Whether the table has a device of this id.
    pub fn knows(&self, id: Uuid) -> bool {
        self.table.read().unwrap_or_else(PoisonError::into_inner).devices.get(id).is_some()
    }

    /// Whoever holds space on a device's way up by now, the nearest first.
    pub fn holders(&self, device: Uuid) -> Vec<Holder> {
        let table = self.table.read().unwrap_or_else(PoisonError::into_inner);
        if !table.has_space() {
            return Vec::new();
        }
        let Some(entry) = table.devices.get(device) else { return Vec::new() };
        table.holders(device, entry.node).into_iter().map(|(holder, _)| holder).collect()
    }

    /// Whether anybody holds space.
    pub fn has_space(&self) -> bool {
        self.table.read().unwrap_or_else(PoisonError::into_inner).has_space()
    }

    /// A number that is another after each change of the table.
    pub fn turn(&self) -> u64 {
        self.turns.load(Ordering::Acquire)
    }

    /// How many devices the table has.
    pub fn len(&self) -> usize {
        self.devices.load(Ordering::Relaxed)
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The index of a pool in entries of devices.
    pub fn pool(&self, pool: impl Into<Arc<Pool>>) -> u16 {
        let pool = pool.into();
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        let known = table.pools.iter().position(|known| known.id == pool.id);
        let at = known.unwrap_or(table.pools.len());
        match table.pools.get_mut(at) {
            Some(present) if **present == *pool => {}
            Some(present) => *present = pool,
            None => table.pools.push(pool),
        }
        u16::try_from(at).unwrap_or(u16::MAX)
    }

    /// Puts rows in the place of what was known of them. Returns how many entries differed.
    pub fn apply(&self, changes: Changes) -> usize {
        let _turn = lock(&self.changing);
        let mut differing = 0;
        let mut devices = Vec::new();
        let mut any_node = false;
        {
            let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
            let throttles = changes.throttles;
            let throttle = |id: Uuid, is_there: bool| {
                throttles.get(&id).filter(|_| is_there).map(|own| Throttled { id, own: own.clone() })
            };
            for (id, entry) in changes.nodes {
                let held = table.nodes.get(id).is_some_and(|entry| entry.space.is_some());
                let holds = entry.as_ref().is_some_and(|entry| entry.space.is_some());
                table.nodes_with_space = table.nodes_with_space + usize::from(holds) - usize::from(held);
                let throttle = throttle(id, entry.is_some());
                let throttle = table.throttles.set(id, throttle);
                if table.nodes.set(id, entry) || throttle {
                    differing += 1;
                    any_node = true;
                }
            }
            for (id, entry) in changes.devices {
                let space = changes.space.get(&id).filter(|_| entry.is_some());
                let space = table.device_space.set(id, space.map(|bytes| DeviceSpace { id, bytes: *bytes }));
                let throttle = throttle(id, entry.is_some());
                let throttle = table.throttles.set(id, throttle);
                if table.devices.set(id, entry) || space || throttle {
                    differing += 1;
                    devices.push(id);
                }
            }
            self.devices.store(table.devices.len(), Ordering::Relaxed);
        }
        if differing > 0 {
            self.turns.fetch_add(1, Ordering::Release);
        }
        // Only now: whoever wakes up must find the new table.
        if any_node {
            for part in &self.running {
                let held: Vec<_> =
                    lock(part).held.iter().filter_map(|(id, held)| Some((*id, held.upgrade()?))).collect();
                for (id, held) in held {
                    self.tell(id, &held);
                }
            }
        } else {
            for id in devices {
                let held = lock(self.part(id)).get(id);
                if let Some(held) = held {
                    self.tell(id, &held);
                }
            }
        }
        differing
    }

    /// Cancels a grant that is held if it would no longer be given.
    fn tell(&self, id: Uuid, held: &Arc<Held>) {
        let grant = self.table.read().unwrap_or_else(PoisonError::into_inner).grant(id);
        if grant.as_ref() != Some(&held.grant) {
            held.withdrawn.cancel();
        }
    }

    /// The ids of the entries from `from` on, up to and without `to`: for comparing with the rows of that stretch.
    pub fn nodes_between(&self, from: Option<Uuid>, to: Option<Uuid>) -> Vec<Uuid> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).nodes.between(from, to)
    }

    /// The same for devices.
    pub fn devices_between(&self, from: Option<Uuid>, to: Option<Uuid>) -> Vec<Uuid> {
        self.table.read().unwrap_or_else(PoisonError::into_inner).devices.between(from, to)
    }

    /// Gives back the room that was left for growth; for after the first filling.
    pub fn shrink(&self) {
        let mut table = self.table.write().unwrap_or_else(PoisonError::into_inner);
        table.nodes.shrink();
        table.devices.shrink();
        table.device_space.shrink();
        table.throttles.shrink();
    }

    /// Says that the table agreed with the database at this instant.
    pub fn confirm(&self, now: Instant) {
        self.confirmed.store(Arc::new(Some(now)));
    }

    /// How long ago the table agreed with the database; nothing where it never has.
    pub fn age(&self, now: Instant) -> Option<Duration> {
        self.confirmed.load().map(|at| now.saturating_duration_since(at))
    }

    /// Whether the table was confirmed recently enough to admit uploads by.
    pub fn is_fresh(&self, now: Instant) -> bool {
        self.confirmed.load().is_some_and(|at| now.saturating_duration_since(at) < STALE_AFTER)
    }

    fn part(&self, id: Uuid) -> &Mutex<Running> {
        &self.running[usize::from(id.as_bytes()[15]) % PARTS]
    }
}

/// Nothing that panics is done under these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(id: u128, parent: Option<u128>) -> NodeEntry {
        let called = (id == 3).then(|| "acme".into());
        NodeEntry {
            id: Uuid::from_u128(id),
            parent: parent.map(Uuid::from_u128),
            suspension: None,
            called,
            space: None,
            own: OwnSettings::default(),
        }
    }

    fn suspended(mut node: NodeEntry, mode: Mode) -> NodeEntry {
        node.suspension = Some(Box::new(Suspension { mode, message: None }));
        node
    }

    fn device(id: u128, node: u128, pool: u16) -> DeviceEntry {
        let (id, node) = (Uuid::from_u128(id), Uuid::from_u128(node));
        DeviceEntry {
            id,
            repository: id,
            node,
            secret: [7; 32],
            pool,
            admission: Admission::ACTIVE,
            licensed_until: u32::MAX,
            own: OwnSettings::default(),
        }
    }

    fn name(id: u128) -> String {
        DeviceId::new(Uuid::from_u128(id)).to_string()
    }

    fn nodes(nodes: Vec<NodeEntry>) -> Changes {
        Changes { nodes: nodes.into_iter().map(|node| (node.id, Some(node))).collect(), ..Changes::default() }
    }

    fn devices(devices: Vec<DeviceEntry>) -> Changes {
        Changes { devices: devices.into_iter().map(|device| (device.id, Some(device))).collect(), ..Changes::default() }
    }

    /// 1 provider > 2 reseller > 3 acme with the devices 10 and 11; 1 > 4 another reseller, with 12.
    fn grants() -> Grants {
        let grants = Grants::default();
        let pool = grants.pool(Pool::at(StoragePoolId::new(Uuid::from_u128(1)), "/pool".into()));
        grants.apply(nodes(vec![node(1, None), node(2, Some(1)), node(3, Some(2)), node(4, Some(1))]));
        grants.apply(devices(vec![device(10, 3, pool), device(11, 3, pool), device(12, 4, pool)]));
        grants
    }

    #[test]
    fn a_suspension_above_stops_what_is_held_below_and_nothing_else() {
        let grants = grants();
        let held = [10, 11, 12].map(|id| grants.find(&name(id)).unwrap());
        assert!(held.iter().all(|held| held.grant.standing == Standing::Active));

        assert_eq!(grants.apply(nodes(vec![suspended(node(2, Some(1)), Mode::StopBackups)])), 1);

        assert_eq!(held.each_ref().map(|held| held.withdrawn().is_cancelled()), [true, true, false]);
        let stopped = Standing::BackupsStopped(Sentence::new("Customer acme is suspended"));
        assert_eq!(grants.find(&name(10)).unwrap().grant.standing, stopped);
        assert_eq!(grants.find(&name(12)).unwrap().grant.standing, Standing::Active);

        assert_eq!(grants.apply(nodes(vec![node(2, Some(1))])), 1);
        assert_eq!(grants.find(&name(10)).unwrap().grant, held[0].grant, "activating restores what was");
    }

    #[test]
    fn the_same_again_changes_nothing_and_cancels_nobody() {
        let grants = grants();
        let held = grants.find(&name(10)).unwrap();
        assert_eq!(grants.apply(nodes(vec![node(2, Some(1)), node(3, Some(2))])), 0);
        assert_eq!(grants.apply(devices(vec![device(10, 3, 0)])), 0);
        assert!(!held.withdrawn().is_cancelled());
        assert!(Arc::ptr_eq(&held, &grants.find(&name(10)).unwrap()), "connections of one device share a grant");
    }

    #[test]
    fn a_device_that_is_gone_or_has_new_credentials_is_withdrawn() {
        let grants = grants();
        let (ten, eleven) = (grants.find(&name(10)).unwrap(), grants.find(&name(11)).unwrap());
        let gone = Changes { devices: vec![(Uuid::from_u128(10), None)], ..Changes::default() };
        assert_eq!(grants.apply(gone), 1);
        assert!(ten.withdrawn().is_cancelled());
        assert!(grants.find(&name(10)).is_none());
        assert_eq!(grants.len(), 2);
        let renewed = DeviceEntry { secret: [8; 32], ..device(11, 3, 0) };
        grants.apply(devices(vec![renewed]));
        assert!(eleven.withdrawn().is_cancelled());
        assert_eq!(grants.find(&name(11)).unwrap().grant.secret, [8; 32]);
    }

    #[test]
    fn a_missing_ancestor_never_reads_as_active() {
        let grants = grants();
        grants.apply(Changes { nodes: vec![(Uuid::from_u128(2), None)], ..Changes::default() });
        assert_eq!(grants.find(&name(10)).unwrap().grant.standing, Standing::Unknown);
        assert_eq!(grants.find(&name(12)).unwrap().grant.standing, Standing::Active);
        // Nor does a circle, which no command can make.
        grants.apply(nodes(vec![node(2, Some(3)), node(3, Some(2))]));
        assert_eq!(grants.find(&name(10)).unwrap().grant.standing, Standing::Unknown);
    }

    #[test]
    fn a_moved_node_takes_its_devices_along() {
        let grants = grants();
        grants.apply(nodes(vec![suspended(node(4, Some(1)), Mode::FullStop)]));
        grants.apply(nodes(vec![node(3, Some(4))]));
        let stopped = Standing::FullStop(Sentence::new("Customer acme is suspended"));
        assert_eq!(grants.find(&name(10)).unwrap().grant.standing, stopped);
    }

    #[test]
    fn space_above_is_found_the_nearest_first_and_told_when_it_changes() {
        let grants = grants();
        let with =
            |node: NodeEntry, bytes| NodeEntry { space: Some(Box::new(Allotment { bytes, percent: 100 })), ..node };
        let ids = |id: u128| grants.holders(Uuid::from_u128(id));
        assert!(grants.find(&name(10)).unwrap().grant.space.is_none());
        grants.apply(nodes(vec![with(node(1, None), 900), with(node(3, Some(2)), 500)]));
        let own = Changes { space: HashMap::from([(Uuid::from_u128(10), 7)]), ..devices(vec![device(10, 3, 0)]) };
        assert_eq!(grants.apply(own), 1);
        let customer = |id| Holder::Customer(Uuid::from_u128(id));
        assert_eq!(ids(10), [Holder::Device(Uuid::from_u128(10)), customer(3), customer(1)]);
        assert_eq!((ids(11), ids(12)), (vec![customer(3), customer(1)], vec![customer(1)]));
        let (held, other) = (grants.find(&name(11)).unwrap(), grants.find(&name(12)).unwrap());
        let turn = grants.turn();
        assert_eq!(grants.apply(nodes(vec![with(node(3, Some(2)), 400)])), 1);
        assert_ne!(grants.turn(), turn);
        assert!(held.withdrawn().is_cancelled());
        assert!(!other.withdrawn().is_cancelled());
        let space = grants.find(&name(11)).unwrap().grant.space.clone().unwrap();
        assert_eq!(space.used_up.as_str(), "Customer acme has no space left");
        grants.apply(devices(vec![device(10, 3, 0)]));
        grants.apply(nodes(vec![node(1, None), node(3, Some(2))]));
        assert!(!grants.has_space());
        assert!(ids(10).is_empty());
    }

    #[test]
    fn noise_is_nobody() {
        let grants = grants();
        for noise in ["", "dev_", "dev_1", "cus_00000000000000000000000001", &name(10).to_uppercase()] {
            assert!(grants.find(noise).is_none(), "{noise}");
        }
    }

    #[test]
    fn grants_that_nobody_holds_are_forgotten() {
        let grants = grants();
        let many: Vec<_> = (1000..3000).map(|id| device(id, 3, 0)).collect();
        grants.apply(devices(many));
        for id in 1000..3000 {
            grants.find(&name(id)).unwrap();
        }
        let remembered: usize = grants.running.iter().map(|part| lock(part).held.len()).sum();
        assert!(remembered <= PARTS * SWEEP_AT, "{remembered}");
    }

    #[test]
    fn a_table_that_was_never_confirmed_or_too_long_ago_is_not_fresh() {
        let grants = Grants::default();
        let now = Instant::now();
        assert!(!grants.is_fresh(now));
        grants.confirm(now);
        assert!(grants.is_fresh(now + STALE_AFTER - Duration::from_millis(1)));
        assert!(!grants.is_fresh(now + STALE_AFTER));
    }
}
