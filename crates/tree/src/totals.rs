//! Usage sums up: what changes at a leaf is added to every ancestor at once, so that a total is read at any node without
//! walking the subtree.

use std::collections::BTreeMap;
use std::ops::{Add, AddAssign, Neg};

use crate::budgets::Demand;
use crate::path::Path;

/// Open events of a category.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Marks {
    pub action_required: i64,
    pub warning: i64,
}

impl AddAssign for Marks {
    fn add_assign(&mut self, other: Self) {
        self.action_required += other.action_required;
        self.warning += other.warning;
    }
}

impl Neg for Marks {
    type Output = Self;

    fn neg(self) -> Self {
        Self { action_required: -self.action_required, warning: -self.warning }
    }
}

/// Open events that somebody should look at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attention {
    pub threat: Marks,
    pub system: Marks,
    pub licence: Marks,
}

impl Add for Attention {
    type Output = Self;

    fn add(mut self, other: Self) -> Self {
        self += other;
        self
    }
}

impl AddAssign for Attention {
    fn add_assign(&mut self, other: Self) {
        self.threat += other.threat;
        self.system += other.system;
        self.licence += other.licence;
    }
}

impl Neg for Attention {
    type Output = Self;

    fn neg(self) -> Self {
        Self { threat: -self.threat, system: -self.system, licence: -self.licence }
    }
}

/// Sums over a subtree, or changes of such sums. Sites and devices are counted at every node above them; a node is not
/// counted in its own totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Customers of every level but `site`.
    pub customers: i64,
    pub sites: i64,
    pub devices: i64,
    /// Those of the devices that wait to be approved: no limit counts them, and nobody pays for them.
    pub devices_pending: i64,
    /// Those of the devices that have never completed a backup.
    pub devices_without_backup: i64,
    /// Devices whose first backup of today it is; and of yesterday, where that is told after midnight.
    pub devices_backed_up: i64,
    pub devices_backed_up_yesterday: i64,
    /// Bytes in the repositories of all devices.
    pub used_bytes: i64,
    /// Of a leaf's used bytes those that draw on nothing above, since it has space of its own. Of a node: nothing.
    pub apart_bytes: i64,
    /// What the nearest pools below hold; of a leaf, what it holds itself (see [`budgets`](crate::budgets)).
    pub handed_bytes: i64,
    /// Used bytes outside of these. It follows from the leaves.
    pub drawn_bytes: i64,
    /// Open events of the node itself, of those below it and of their devices.
    pub attention: Attention,
    /// The newest backup of any device: a maximum, where the others are sums.
    pub last_backup_at: Option<i64>,
    /// When any device was refused something for the last time: a maximum too.
    pub last_refused_at: Option<i64>,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.customers += other.customers;
        self.sites += other.sites;
        self.devices += other.devices;
        self.devices_pending += other.devices_pending;
        self.devices_without_backup += other.devices_without_backup;
        self.devices_backed_up += other.devices_backed_up;
        self.devices_backed_up_yesterday += other.devices_backed_up_yesterday;
        self.used_bytes += other.used_bytes;
        self.apart_bytes += other.apart_bytes;
        self.handed_bytes += other.handed_bytes;
        self.drawn_bytes += other.drawn_bytes;
        self.attention += other.attention;
        self.last_backup_at = self.last_backup_at.max(other.last_backup_at);
        self.last_refused_at = self.last_refused_at.max(other.last_refused_at);
    }
}

/// Changes to many nodes' totals, gathered so that each node is written once, always in the same order: two
/// transactions that write overlapping paths wait for each other rather than deadlock.
#[derive(Clone, Debug, Default)]
pub struct Deltas {
    by_id: BTreeMap<String, Totals>,
    /// What leaves take of budgets, by the place that they stand directly below: it goes up to the nearest pool.
    taken: BTreeMap<Path, Demand>,
}

impl Deltas {
    /// A leaf directly below the node at `path` changed by `change`: the node and all its ancestors change with it.
    pub fn add(&mut self, path: &Path, change: Totals) {
        let drawn = change.used_bytes - change.apart_bytes;
        let summed = Totals { apart_bytes: 0, handed_bytes: 0, drawn_bytes: 0, ..change };
        for id in path.ids() {
            *self.by_id.entry(id.to_owned()).or_default() += summed;
        }
        if (change.handed_bytes, drawn) != (0, 0) {
            let taken = self.taken.entry(path.clone()).or_default();
            taken.handed += change.handed_bytes;
            taken.drawn += drawn;
        }
    }

    /// One node's totals alone change by `change`.
    pub fn correct(&mut self, id: &str, change: Totals) {
        *self.by_id.entry(id.to_owned()).or_default() += change;
    }

    /// What a node's totals change by, but for what follows from where the pools are.
    pub fn of(&self, id: &str) -> Totals {
        self.by_id.get(id).copied().unwrap_or_default()
    }

    /// Whose totals may change, in their order.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.by_id.keys().map(String::as_str)
    }

    /// The changes that are not nothing, by node id.
    pub fn into_changes(mut self, is_pool: impl Fn(&str) -> bool) -> impl Iterator<Item = (String, Totals)> {
        for (path, taken) in self.taken {
            for id in path.ids().rev() {
                let node = self.by_id.entry(id.to_owned()).or_default();
                node.handed_bytes += taken.handed;
                node.drawn_bytes += taken.drawn;
                if is_pool(id) {
                    break;
                }
            }
        }
        self.by_id.into_iter().filter(|(_, change)| *change != Totals::default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_total_is_the_sum_over_the_leaves_below(
            leaves in prop::collection::vec((prop::collection::vec(0_u8..3, 1..4), -5_i64..50), 0..40)
        ) {
            let mut deltas = Deltas::default();
            let leaves: Vec<(Path, i64)> = leaves
                .into_iter()
                .map(|(ids, bytes)| (ids.iter().fold(Path::root("p"), |path, id| path.child(&id.to_string())), bytes))
                .collect();
            for (path, bytes) in &leaves {
                deltas.add(path, Totals { used_bytes: *bytes, ..Totals::default() });
            }
            // Ids repeat at different places of this tree, so a node stands here for all places where its id occurs.
            for (id, change) in deltas.into_changes(|_| false) {
                let sum: i64 = leaves.iter().map(|(path, bytes)| bytes * i64::try_from(path.ids().filter(|at| *at == id).count()).unwrap()).sum();
                prop_assert_eq!((change.used_bytes, change.drawn_bytes), (sum, sum));
            }
        }
    }

    #[test]
    fn opposite_changes_leave_nothing_to_write() {
        let mut deltas = Deltas::default();
        let path = Path::root("p").child("r");
        deltas.add(&path, Totals { devices: 1, ..Totals::default() });
        deltas.add(&path, Totals { devices: -1, ..Totals::default() });
        assert_eq!(deltas.into_changes(|_| false).count(), 0);
    }

    #[test]
    fn what_a_leaf_takes_goes_up_to_the_nearest_pool() {
        let mut deltas = Deltas::default();
        let path = Path::root("p").child("r").child("c");
        deltas.add(&path, Totals { used_bytes: 30, ..Totals::default() });
        deltas.add(&path, Totals { used_bytes: 4, apart_bytes: 4, handed_bytes: 10, ..Totals::default() });
        let changes: BTreeMap<String, Totals> = deltas.into_changes(|id| id == "r").collect();
        let of = |id: &str| (changes[id].used_bytes, changes[id].handed_bytes, changes[id].drawn_bytes);
        assert_eq!((of("c"), of("r"), of("p")), ((34, 10, 30), (34, 10, 30), (34, 0, 0)));
    }
}
