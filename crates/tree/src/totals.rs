//! Usage sums up: what changes at a leaf is added to every ancestor at once, so that a total is read at any node without
//! walking the subtree.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use crate::path::Path;

/// Sums over a subtree, or changes of such sums. Sites and devices are counted at every node above them; a node is not
/// counted in its own totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Customers of every level but `site`.
    pub customers: i64,
    pub sites: i64,
    pub devices: i64,
    /// Bytes in the repositories of all devices.
    pub used_bytes: i64,
    /// The newest backup of any device: a maximum, where the others are sums.
    pub last_backup_at: Option<i64>,
}

impl AddAssign for Totals {
    fn add_assign(&mut self, other: Self) {
        self.customers += other.customers;
        self.sites += other.sites;
        self.devices += other.devices;
        self.used_bytes += other.used_bytes;
        self.last_backup_at = self.last_backup_at.max(other.last_backup_at);
    }
}

/// Changes to many nodes' totals, gathered so that each node is written once, always in the same order: two
/// transactions that write overlapping paths wait for each other rather than deadlock.
#[derive(Clone, Debug, Default)]
pub struct Deltas(BTreeMap<String, Totals>);

impl Deltas {
    /// A leaf directly below the node at `path` changed by `change`: the node and all its ancestors change with it.
    pub fn add(&mut self, path: &Path, change: Totals) {
        for id in path.ids() {
            *self.0.entry(id.to_owned()).or_default() += change;
        }
    }

    /// What a node's totals change by.
    pub fn of(&self, id: &str) -> Totals {
        self.0.get(id).copied().unwrap_or_default()
    }

    /// The changes that are not nothing, by node id.
    pub fn into_changes(self) -> impl Iterator<Item = (String, Totals)> {
        self.0.into_iter().filter(|(_, change)| *change != Totals::default())
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
            for (id, change) in deltas.into_changes() {
                let sum: i64 = leaves.iter().map(|(path, bytes)| bytes * i64::try_from(path.ids().filter(|at| *at == id).count()).unwrap()).sum();
                prop_assert_eq!(change.used_bytes, sum);
            }
        }
    }

    #[test]
    fn opposite_changes_leave_nothing_to_write() {
        let mut deltas = Deltas::default();
        let path = Path::root("p").child("r");
        deltas.add(&path, Totals { devices: 1, ..Totals::default() });
        deltas.add(&path, Totals { devices: -1, ..Totals::default() });
        assert_eq!(deltas.into_changes().count(), 0);
    }
}
