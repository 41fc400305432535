//! What a node or a device says itself, as small as it can be: there is an entry for each device.

use std::num::NonZeroU32;
use std::sync::Arc;

use tree::schedule::Schedule;
use tree::settings::Own as OwnSetting;
use tree::{Mode, Own};

/// Whether a device was let in, and its own state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admission {
    Admitted(Own),
    Pending,
    /// It was given up.
    Released,
}

impl Admission {
    pub const ACTIVE: Self = Self::Admitted(Own::Active);

    pub fn of(mode: Option<Mode>) -> Self {
        Self::Admitted(mode.map_or(Own::Active, Own::Suspended))
    }
}

/// A setting that is on or off.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    Off,
    On,
    OffLocked,
    OnLocked,
}

impl Flag {
    pub fn new(is_on: bool, locked: bool) -> Self {
        match (is_on, locked) {
            (false, false) => Self::Off,
            (true, false) => Self::On,
            (false, true) => Self::OffLocked,
            (true, true) => Self::OnLocked,
        }
    }

    pub(super) fn own(self) -> OwnSetting<bool> {
        OwnSetting {
            value: matches!(self, Self::On | Self::OnLocked),
            locked: matches!(self, Self::OffLocked | Self::OnLocked),
            applies: true,
        }
    }
}

/// What is set at a node or a device, as far as the gateway has to know. What is set nowhere is nothing here, and what is
/// inherited is found at whom it is inherited from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OwnSettings {
    pub append_only: Option<Flag>,
    /// Whether backups want a licence.
    pub licences_required: Option<Flag>,
    /// Until this second since 1970 what is append-only may be pruned.
    pub window_until: Option<NonZeroU32>,
}

/// What a node or a device says of how fast backups may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnThrottle {
    /// Nothing: they are not limited, whatever is said above.
    pub schedule: Option<Arc<Schedule>>,
    pub locked: bool,
}

impl OwnThrottle {
    pub(super) fn said(&self) -> OwnSetting<Option<&Arc<Schedule>>> {
        OwnSetting { value: self.schedule.as_ref(), locked: self.locked, applies: true }
    }
}

/// All that somebody says, as far as the gateway has to know.
#[derive(Clone, Debug, Default)]
pub struct Said {
    pub own: OwnSettings,
    pub throttle: Option<OwnThrottle>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grant::{Changes, Deletions, DeviceEntry, Grants, NodeEntry, Pool, Standing};
    use crate::id::{DeviceId, StoragePoolId};
    use uuid::Uuid;

    fn id(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn set(is_on: bool, locked: bool) -> OwnSettings {
        OwnSettings { append_only: Some(Flag::new(is_on, locked)), ..OwnSettings::default() }
    }

    /// 1 > 2 > the device 10, which say this.
    fn deletions(above: OwnSettings, below: OwnSettings, device: OwnSettings) -> Deletions {
        let grants = Grants::default();
        let pool = grants.pool(Pool::at(StoragePoolId::new(id(1)), "/pool".into()));
        let node = |n, parent, own| NodeEntry { id: id(n), parent, suspension: None, called: None, space: None, own };
        let nodes = [node(1, None, above), node(2, Some(id(1)), below)];
        let device = DeviceEntry {
            id: id(10),
            repository: id(10),
            node: id(2),
            secret: [0; 32],
            pool,
            admission: Admission::ACTIVE,
            licensed_until: u32::MAX,
            own: device,
        };
        grants.apply(Changes {
            nodes: nodes.into_iter().map(|node| (node.id, Some(node))).collect(),
            devices: vec![(id(10), Some(device))],
            ..Changes::default()
        });
        grants.find(DeviceId::new(id(10)).as_str()).unwrap().grant.deletions
    }

    #[test]
    fn what_may_be_deleted_follows_from_the_nearest_unless_it_is_locked() {
        let none = OwnSettings::default();
        let refused = Deletions::Refused { window_until: None };
        assert_eq!(deletions(none, none, none), Deletions::Allowed);
        assert_eq!(deletions(set(true, false), none, none), refused);
        assert_eq!(deletions(set(true, false), set(false, false), none), Deletions::Allowed);
        assert_eq!(deletions(set(true, false), set(false, false), set(true, false)), refused);
        assert_eq!(deletions(set(true, true), set(false, false), set(false, false)), refused);
        // A window anywhere above opens it, the longest for longest.
        let [one, two] = [5, 9].map(NonZeroU32::new);
        let with = |own, window_until| OwnSettings { window_until, ..own };
        assert_eq!(
            deletions(with(set(true, true), two), with(none, one), none),
            Deletions::Refused { window_until: two }
        );
    }

    #[test]
    fn a_setting_cancels_what_is_held_below_it_and_a_device_that_waits_is_refused() {
        let grants = Grants::default();
        let pool = grants.pool(Pool::at(StoragePoolId::new(id(1)), "/pool".into()));
        let device = |admission| DeviceEntry {
            id: id(10),
            repository: id(10),
            node: id(1),
            secret: [0; 32],
            pool,
            admission,
            licensed_until: u32::MAX,
            own: OwnSettings::default(),
        };
        let node = |own| NodeEntry { id: id(1), parent: None, suspension: None, called: None, space: None, own };
        let find = || grants.find(DeviceId::new(id(10)).as_str()).unwrap();
        grants.apply(Changes {
            nodes: vec![(id(1), Some(node(OwnSettings::default())))],
            devices: vec![(id(10), Some(device(Admission::Pending)))],
            ..Changes::default()
        });
        assert_eq!(find().grant.standing, Standing::Pending);
        let admit = |admission| {
            grants.apply(Changes { devices: vec![(id(10), Some(device(admission)))], ..Changes::default() })
        };
        admit(Admission::ACTIVE);
        let held = find();
        assert_eq!(held.grant.standing, Standing::Active);
        grants.apply(Changes { nodes: vec![(id(1), Some(node(set(true, false))))], ..Changes::default() });
        assert!(held.withdrawn().is_cancelled());
        admit(Admission::of(Some(Mode::StopBackups)));
        assert_eq!(find().grant.standing, Standing::DeviceSuspended(Mode::StopBackups));
    }

    #[test]
    fn a_device_takes_few_bytes() {
        assert!(size_of::<DeviceEntry>() <= 96, "{}", size_of::<DeviceEntry>());
        assert!(size_of::<OwnSettings>() <= 8);
    }
}
