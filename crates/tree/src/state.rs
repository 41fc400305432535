//! State flows down by AND: a node is effectively active if it and all its ancestors are. Suspending a node touches no
//! row below it, so that activating it restores exactly what was.

use serde::{Deserialize, Serialize};
use strum::{AsRefStr, EnumString, IntoStaticStr, VariantNames};

/// What a suspension stops. The later variant is the stricter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[derive(Serialize, Deserialize, AsRefStr, EnumString, IntoStaticStr, VariantNames)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
pub enum Mode {
    /// No new backups; what is there can be restored.
    StopBackups,
    /// Nothing at all.
    FullStop,
}

impl Mode {
    /// The word on the wire and in the database.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// A node's own state, as it was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Own {
    Active,
    Suspended(Mode),
}

/// What holds for a node after all its ancestors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effective<Id> {
    Active,
    /// The strictest mode on the path holds; `cause` is the highest node that set it, the one to be lifted first.
    Suspended {
        mode: Mode,
        cause: Id,
    },
}

impl<Id> Effective<Id> {
    pub fn is_active(&self) -> bool {
        matches!(self, Self::Active)
    }
}

/// The effective state of the last node of `chain`, which goes from the root down to that node.
pub fn effective<Id>(chain: impl IntoIterator<Item = (Id, Own)>) -> Effective<Id> {
    chain.into_iter().fold(Effective::Active, |above, (id, own)| below(above, id, own))
}

/// One step down: the effective state of a node from that of its parent.
pub fn below<Id>(parent: Effective<Id>, id: Id, own: Own) -> Effective<Id> {
    match (parent, own) {
        (Effective::Active, Own::Suspended(mode)) => Effective::Suspended { mode, cause: id },
        (Effective::Suspended { mode: above, .. }, Own::Suspended(mode)) if mode > above => {
            Effective::Suspended { mode, cause: id }
        }
        (above, _) => above,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn own() -> impl Strategy<Value = Own> {
        prop_oneof![
            3 => Just(Own::Active),
            1 => Just(Own::Suspended(Mode::StopBackups)),
            1 => Just(Own::Suspended(Mode::FullStop)),
        ]
    }

    fn chain() -> impl Strategy<Value = Vec<Own>> {
        prop::collection::vec(own(), 1..8)
    }

    fn effective_of(chain: &[Own]) -> Effective<usize> {
        effective(chain.iter().copied().enumerate())
    }

    proptest! {
        #[test]
        fn active_means_all_are_active(chain in chain()) {
            prop_assert_eq!(effective_of(&chain).is_active(), chain.iter().all(|own| *own == Own::Active));
        }

        #[test]
        fn the_strictest_mode_holds_and_its_highest_node_is_the_cause(chain in chain()) {
            let strictest = chain.iter().filter_map(|own| match own { Own::Suspended(mode) => Some(*mode), Own::Active => None }).max();
            match (effective_of(&chain), strictest) {
                (Effective::Active, None) => {}
                (Effective::Suspended { mode, cause }, Some(strictest)) => {
                    prop_assert_eq!(mode, strictest);
                    prop_assert_eq!(Some(cause), chain.iter().position(|own| *own == Own::Suspended(strictest)));
                }
                other => prop_assert!(false, "{other:?}"),
            }
        }

        #[test]
        fn going_down_never_loosens(chain in chain(), last in own()) {
            let strictness = |effective: Effective<usize>| match effective {
                Effective::Active => None,
                Effective::Suspended { mode, .. } => Some(mode),
            };
            let mut longer = chain.clone();
            longer.push(last);
            prop_assert!(strictness(effective_of(&longer)) >= strictness(effective_of(&chain)));
        }

        #[test]
        fn suspending_and_activating_a_node_restores_every_state_below(chain in chain(), at in any::<prop::sample::Index>()) {
            let at = at.index(chain.len());
            prop_assume!(chain[at] == Own::Active);
            let mut during = chain.clone();
            during[at] = Own::Suspended(Mode::FullStop);
            prop_assert!(!effective_of(&during).is_active());
            during[at] = Own::Active;
            prop_assert_eq!(effective_of(&during), effective_of(&chain));
        }
    }
}
