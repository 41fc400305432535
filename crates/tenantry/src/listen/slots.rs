//! How many connections there may be. All of them together stay below the limit on open files, so that the database and
//! the pool find theirs; one address has a share of them. When there are as many as there may be, those go first that
//! nobody would miss, and beside them a few that are answered briefly let `/healthz` and the API through.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use base::http::client::network_of;
use ipnet::IpNet;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use super::activity::Activity;

/// Connections beyond the bound that get one short answer.
const BRIEF: usize = 64;
/// Connections that are told why they are not served. Whoever comes when there are so many is told nothing.
pub(super) const TURNED_AWAY: usize = 64;
/// Files of the database, the log, directories, the listener.
const OTHERS: usize = 64;
/// More than this cost memory and serve nobody, unless somebody says otherwise.
const MOST: usize = 10_000;
const LEAST: usize = 16;

/// A connection that has been idle for so long may go when there is no place; one that was just made has to be given time
/// to say what it wants.
const IDLE: Duration = Duration::from_millis(500);
/// One that hasn't taken its answer for so long may go as well.
const BLOCKED: Duration = Duration::from_secs(10);

/// How many connections, by configuration.
#[derive(Clone, Debug, Default)]
pub struct Bounds {
    /// In all; nothing: as many as open files allow.
    pub connections: Option<usize>,
    /// From one address, or network of 64 bits; nothing: a quarter of all.
    pub per_address: Option<usize>,
    /// Who speaks for others.
    pub trusted_proxies: Vec<IpNet>,
}

#[derive(Debug)]
pub(super) struct Slots {
    connections: usize,
    per_address: usize,
    trusted: Vec<IpNet>,
    table: Mutex<Table>,
}

#[derive(Debug, Default)]
struct Table {
    next: u64,
    seats: HashMap<u64, Seat>,
    by_address: HashMap<IpAddr, usize>,
    brief: usize,
}

#[derive(Debug)]
struct Seat {
    /// What it is counted under, if it is.
    address: Option<IpAddr>,
    is_brief: bool,
    activity: Activity,
}

/// A connection's place, until this is dropped.
#[derive(Debug)]
pub(super) struct Slot {
    slots: Arc<Slots>,
    number: u64,
    /// Only for one short answer.
    pub(super) is_brief: bool,
    pub(super) activity: Activity,
}

impl Slots {
    /// Raises the limit on open files as far as it goes, and shares it out.
    pub(super) fn new(bounds: &Bounds) -> Self {
        let files = raise_open_files();
        // Each connection may have a file open beside its socket.
        let most = (files.saturating_sub(BRIEF + TURNED_AWAY + OTHERS) / 2).max(LEAST);
        let connections = bounds.connections.unwrap_or(MOST).min(most);
        if bounds.connections.is_some_and(|wanted| wanted > most) {
            tracing::warn!(connections, open_files = files, "the limit on open files allows no more connections");
        }
        let per_address = bounds.per_address.unwrap_or(connections / 4).max(1);
        tracing::debug!(connections, per_address, open_files = files, "connections are bounded");
        Self { connections, per_address, trusted: bounds.trusted_proxies.clone(), table: Mutex::default() }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for a connection from there, if there is one.
    pub(super) fn take(self: &Arc<Self>, peer: IpAddr) -> Option<Slot> {
        let peer = peer.to_canonical();
        // A proxy has the connections of all its clients, and so has one on this host that nobody has told us of; who
        // is on this host doesn't need connections to do us harm.
        let exempt = peer.is_loopback() || self.trusted.iter().any(|network| network.contains(&peer));
        let address = (!exempt).then(|| network_of(peer));
        let mut table = self.table();
        if let Some(address) = address
            && table.by_address.get(&address).copied().unwrap_or_default() >= self.per_address
            && !table.make_room(|seat| seat.address == Some(address))
        {
            return None;
        }
        let is_full = table.seats.len() - table.brief >= self.connections && !table.make_room(|seat| !seat.is_brief);
        if is_full && table.brief >= BRIEF && !table.make_room(|seat| seat.is_brief) {
            return None;
        }
        let activity = Activity::new();
        let number = table.next;
        table.next += 1;
        table.insert(number, Seat { address, is_brief: is_full, activity: activity.clone() });
        Some(Slot { slots: Arc::clone(self), number, is_brief: is_full, activity })
    }
}

impl Seat {
    /// For how long it has been idle, if it may go for that.
    fn idle_for(&self) -> Option<Duration> {
        // What is still in our buffers of an answer is no idleness.
        if self.activity.blocked_for().is_some() {
            return None;
        }
        // Its one answer was given; it only waits for the client to hang up.
        let is_done = self.is_brief && self.activity.was_asked();
        self.activity.idle_for().filter(|idle| is_done || *idle >= IDLE)
    }

    /// For how long it hasn't taken its answer, if it may go for that.
    fn blocked_for(&self) -> Option<Duration> {
        self.activity.blocked_for().filter(|blocked| *blocked >= BLOCKED)
    }
}

impl Table {
    fn insert(&mut self, number: u64, seat: Seat) {
        self.brief += usize::from(seat.is_brief);
        if let Some(address) = seat.address {
            *self.by_address.entry(address).or_default() += 1;
        }
        self.seats.insert(number, seat);
    }

    fn remove(&mut self, number: u64) {
        let Some(seat) = self.seats.remove(&number) else { return };
        self.brief -= usize::from(seat.is_brief);
        if let Some(address) = seat.address
            && let Some(count) = self.by_address.get_mut(&address)
        {
            *count -= 1;
            if *count == 0 {
                self.by_address.remove(&address);
            }
        }
    }

    /// Cuts the one among these that has been idle for longest, or else the one that hasn't taken its answer for longest.
    fn make_room(&mut self, among: impl Fn(&Seat) -> bool) -> bool {
        let longest = |how_long: fn(&Seat) -> Option<Duration>| {
            let seats = self.seats.iter().filter(|(_, seat)| among(seat));
            seats.filter_map(|(number, seat)| Some((how_long(seat)?, *number))).max().map(|(_, number)| number)
        };
        let Some(number) = longest(Seat::idle_for).or_else(|| longest(Seat::blocked_for)) else { return false };
        if let Some(seat) = self.seats.get(&number) {
            seat.activity.cut();
        }
        // Its socket is closed in a moment; the files that others need are counted generously.
        self.remove(number);
        true
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.table().remove(self.number);
    }
}

/// Raises the soft limit on open files to the hard one, which needs no privilege. What it is then.
fn raise_open_files() -> usize {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let current = match setrlimit(Resource::Nofile, raised) {
        Ok(()) => limit.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit on open files stays as it is");
            limit.current
        }
    };
    current.map_or(usize::MAX, |files| usize::try_from(files).unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::time::{advance, pause};

    use super::*;

    fn slots(connections: usize, per_address: usize) -> Arc<Slots> {
        let trusted = vec!["10.0.0.0/8".parse().unwrap()];
        Arc::new(Slots { connections, per_address, trusted, table: Mutex::default() })
    }

    fn address(last: u8) -> IpAddr {
        Ipv4Addr::new(192, 0, 2, last).into()
    }

    #[tokio::test]
    async fn an_address_has_its_share_and_proxies_have_what_they_need() {
        let slots = slots(100, 3);
        let busy = |slot: &Slot| slot.activity.request();
        let ours: Vec<Slot> = (0..3).filter_map(|_| slots.take(address(1))).collect();
        let under_way: Vec<_> = ours.iter().map(busy).collect();
        assert!(slots.take(address(1)).is_none());
        assert!(slots.take(address(2)).is_some());
        let proxy: IpAddr = Ipv4Addr::new(10, 1, 2, 3).into();
        let proxied: Vec<Slot> = (0..50).filter_map(|_| slots.take(proxy)).collect();
        assert_eq!(proxied.len(), 50);
        // One network of 64 bits is one address.
        let network = |last: u16| IpAddr::from([0x2001, 0xdb8, 0, 1, 0, 0, 0, last]);
        let six: Vec<Slot> = (0..5).filter_map(|last| slots.take(network(last))).collect();
        assert_eq!(six.len(), 3);
        drop((under_way, ours));
        assert!(slots.take(address(1)).is_some(), "a place that was given back");
    }

    #[tokio::test]
    async fn those_go_first_that_nobody_would_miss() {
        pause();
        let slots = slots(3, 100);
        let [idle, reading, working] = [0; 3].map(|_| slots.take(address(1)).unwrap());
        let (_reading, _working) = (reading.activity.request(), working.activity.request());
        reading.activity.blocked();
        // Nobody has been in the way for long.
        assert!(slots.take(address(2)).unwrap().is_brief);
        advance(IDLE).await;
        let second = slots.take(address(2)).unwrap();
        assert!(!second.is_brief);
        let _second = second.activity.request();
        idle.activity.until_cut().await;
        assert!(slots.take(address(2)).unwrap().is_brief);
        advance(BLOCKED).await;
        let third = slots.take(address(2)).unwrap();
        assert!(!third.is_brief);
        reading.activity.until_cut().await;
        // Places that were taken are not given back twice.
        drop((idle, reading));
        let _third = third.activity.request();
        assert!(slots.take(address(2)).unwrap().is_brief);
        drop(working);
        assert!(!slots.take(address(2)).unwrap().is_brief);
    }
}
