//! The rows, and the grants that follow from them.

use std::sync::Arc;

use tree::schedule::Schedule;
use tree::{Effective, Mode, Own};
use uuid::Uuid;

use super::shards::{Keyed, Shards};
use super::{
    Admission, Allotment, Deletions, DeviceEntry, Flag, Grant, Holder, Licensed, NodeEntry, OwnSettings, OwnThrottle,
    Pool, Sentence, Space, Standing,
};
use crate::id::{DeviceId, RepositoryId};

/// No path in the tree is longer; a circle of parents ends here.
const DEEPEST: usize = 64;

/// Space of a device's own. Few have any, so it is kept apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct DeviceSpace {
    pub(super) id: Uuid,
    pub(super) bytes: i64,
}

impl Keyed for DeviceSpace {
    fn key(&self) -> Uuid {
        self.id
    }
}

/// What a node or a device says of how fast backups may be. Few say anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Throttled {
    pub(super) id: Uuid,
    pub(super) own: OwnThrottle,
}

impl Keyed for Throttled {
    fn key(&self) -> Uuid {
        self.id
    }
}

#[derive(Debug, Default)]
pub(super) struct Table {
    pub(super) nodes: Shards<NodeEntry>,
    pub(super) devices: Shards<DeviceEntry>,
    pub(super) device_space: Shards<DeviceSpace>,
    pub(super) throttles: Shards<Throttled>,
    /// How many nodes hold space.
    pub(super) nodes_with_space: usize,
    pub(super) pools: Vec<Arc<Pool>>,
}

impl Table {
    pub(super) fn grant(&self, id: Uuid) -> Option<Grant> {
        let entry = self.devices.get(id)?;
        let pool = self.pools.get(usize::from(entry.pool))?;
        let device = DeviceId::new(id);
        let repository = RepositoryId::new(entry.repository);
        let chain = self.chain(entry.node);
        Some(Grant {
            standing: chain.as_deref().map_or(Standing::Unknown, |chain| standing(chain, entry.admission)),
            licence: chain.as_deref().and_then(|chain| licence(chain, entry.licensed_until)),
            deletions: deletions(chain.iter().flatten().rev().map(|node| node.own).chain([entry.own])),
            username: device.to_string(),
            device,
            directory: pool.directory.join(repository.as_str()),
            repository,
            secret: entry.secret,
            pool: Arc::clone(pool),
            space: self.space(id, entry.node).map(Arc::new),
            throttle: self.throttle(id, chain.as_deref().unwrap_or_default()),
        })
    }

    /// What holds for a device that stands at the end of this chain.
    fn throttle(&self, device: Uuid, chain: &[&NodeEntry]) -> Option<Arc<Schedule>> {
        if self.throttles.len() == 0 {
            return None;
        }
        let ids = chain.iter().rev().map(|node| node.id).chain([device]);
        let said = ids.map(|id| ((), self.throttles.get(id).map(|it| it.own.said())));
        tree::settings::resolve(said).from?.1.cloned()
    }

    pub(super) fn has_space(&self) -> bool {
        self.nodes_with_space > 0 || self.device_space.len() > 0
    }

    /// Whoever holds space on a device's way up, the nearest first.
    pub(super) fn holders(&self, device: Uuid, node: Uuid) -> Vec<(Holder, Allotment)> {
        let own = self.device_space.get(device);
        let own = own.map(|own| (Holder::Device(device), Allotment { bytes: own.bytes, percent: 100 }));
        let above = self.up_from(node).filter_map(|entry| Some((Holder::Customer(entry.id), **entry.space.as_ref()?)));
        own.into_iter().chain(above).collect()
    }

    fn space(&self, device: Uuid, node: Uuid) -> Option<Space> {
        if !self.has_space() {
            return None;
        }
        let holders = self.holders(device, node);
        let name = self.up_from(node).find_map(|entry| entry.called.as_deref()).unwrap_or_default();
        (!holders.is_empty()).then(|| Space { holders, used_up: Sentence::used_up(name) })
    }

    /// A node and all above it, as far as they are known.
    fn up_from(&self, node: Uuid) -> impl Iterator<Item = &NodeEntry> {
        std::iter::successors(self.nodes.get(node), |entry| self.nodes.get(entry.parent?)).take(DEEPEST)
    }

    /// The nodes from `node` up to the root; nothing where one is missing.
    fn chain(&self, node: Uuid) -> Option<Vec<&NodeEntry>> {
        let mut chain = Vec::with_capacity(8);
        let mut next = Some(node);
        while let Some(id) = next {
            let entry = self.nodes.get(id).filter(|_| chain.len() < DEEPEST)?;
            chain.push(entry);
            next = entry.parent;
        }
        Some(chain)
    }
}

/// What the nodes from a device's own up to the root leave it, and it itself.
fn standing(chain: &[&NodeEntry], admission: Admission) -> Standing {
    let states = chain.iter().rev().map(|entry| {
        let own = entry.suspension.as_ref().map_or(Own::Active, |suspension| Own::Suspended(suspension.mode));
        (Some(*entry), own)
    });
    let above = tree::state::effective(states);
    let (mode, cause) = match (admission, above) {
        (Admission::Pending, _) => return Standing::Pending,
        (Admission::Released, _) => return Standing::Released,
        (Admission::Admitted(own), above) => match tree::state::below(above, None, own) {
            Effective::Active => return Standing::Active,
            Effective::Suspended { mode, cause: None } => return Standing::DeviceSuspended(mode),
            Effective::Suspended { mode, cause: Some(cause) } => (mode, cause),
        },
    };
    let name = chain.iter().find_map(|entry| entry.called.as_deref()).unwrap_or_default();
    let message = cause.suspension.as_ref().and_then(|suspension| suspension.message.as_deref());
    let sentence = Sentence::suspended(name, message);
    match mode {
        Mode::StopBackups => Standing::BackupsStopped(sentence),
        Mode::FullStop => Standing::FullStop(sentence),
    }
}

/// What a device has to have, where it has to have one.
fn licence(chain: &[&NodeEntry], until: u32) -> Option<Licensed> {
    if until == u32::MAX {
        return None;
    }
    let flags = chain.iter().rev().map(|node| ((), node.own.licences_required.map(Flag::own)));
    let is_required = tree::settings::resolve(flags).from.is_some_and(|((), is_on)| is_on);
    let name = chain.iter().find_map(|entry| entry.called.as_deref()).unwrap_or_default();
    is_required.then(|| Licensed { until, sentence: Sentence::unlicensed(name) })
}

/// What settings from the root down to a device leave it to delete.
fn deletions(chain: impl Iterator<Item = OwnSettings> + Clone) -> Deletions {
    let append_only = tree::settings::resolve(chain.clone().map(|own| ((), own.append_only.map(Flag::own)))).from;
    if append_only.is_none_or(|((), is_on)| !is_on) {
        return Deletions::Allowed;
    }
    // One that has run out says nothing, so the last to run out is the one that counts.
    Deletions::Refused { window_until: chain.filter_map(|own| own.window_until).max() }
}
