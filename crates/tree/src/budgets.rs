//! Budgets split down: space, licences, numbers of devices. A node holds a number, or nothing of its own: then it draws on
//! the nearest pool above, and where there is none on nothing that has an end. What a pool hands on and what is drawn on
//! it never exceed what it holds, unless it allows overcommitment; what is in use never exceeds it in any case.
//!
//! Each node knows three sums, written as totals are: what is in use below it, what the nearest pools below it hold, and
//! what is in use outside of these. So a number is allotted, changed or taken back at the cost of a path, however much
//! stands below.

/// A node's budget as it stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Budget {
    /// What it holds; nothing: it draws on the nearest pool above.
    pub allotted: Option<i64>,
    /// Up to how many per cent of that it may promise; less than 100 is 100.
    pub overcommit_percent: i64,
    /// In use in the whole subtree.
    pub used: i64,
    /// What the nearest pools below hold.
    pub handed: i64,
    /// In use below, outside of these pools.
    pub drawn: i64,
}

/// What a node takes of the nearest pool above it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demand {
    pub handed: i64,
    pub drawn: i64,
}

impl Demand {
    pub fn total(self) -> i64 {
        self.handed.saturating_add(self.drawn)
    }

    /// What it takes more than `before`.
    #[must_use]
    pub fn since(self, before: Self) -> Self {
        Self { handed: self.handed - before.handed, drawn: self.drawn - before.drawn }
    }
}

impl Budget {
    /// What may be promised of it: handed on or drawn.
    pub fn capacity(&self) -> Option<i64> {
        let percent = i128::from(self.overcommit_percent.max(100));
        self.allotted.map(|held| i64::try_from(i128::from(held) * percent / 100).unwrap_or(i64::MAX))
    }

    /// What of it is promised.
    pub fn committed(&self) -> i64 {
        self.handed.saturating_add(self.drawn)
    }

    /// What may still be handed on; below zero where something was cut or counted anew.
    pub fn free(&self) -> Option<i64> {
        self.capacity().map(|capacity| capacity.saturating_sub(self.committed()))
    }

    /// What the node takes of the nearest pool above.
    pub fn demand(&self) -> Demand {
        match self.allotted {
            Some(held) => Demand { handed: held, drawn: 0 },
            None => Demand { handed: self.handed, drawn: self.drawn },
        }
    }
}

/// Why a budget can't be what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// Less than what is in use, or than what is promised below.
    BelowCommitted { used: i64, handed: i64, drawn: i64 },
    /// The nearest pool above doesn't have so much: at most this much could be allotted.
    BeyondPool { most: i64 },
}

/// Gives `node` another number, or none. `above` goes from the root down to its parent. Returns what the nearest pool
/// above and everything up to it are taken more for.
///
/// # Errors
/// See [`Refused`]. Taking less is never refused for want of it above.
pub fn allot(
    above: impl DoubleEndedIterator<Item = Budget>,
    node: &Budget,
    allotted: Option<i64>,
    overcommit_percent: i64,
) -> Result<Demand, Refused> {
    let after = Budget { allotted, overcommit_percent, ..*node };
    if let (Some(held), Some(capacity)) = (after.allotted, after.capacity())
        && (held < after.used || capacity < after.committed())
    {
        return Err(Refused::BelowCommitted { used: node.used, handed: node.handed, drawn: node.drawn });
    }
    let more = after.demand().since(node.demand());
    if let Some(free) = nearest(above).and_then(|pool| pool.free())
        && more.total() > free.max(0)
    {
        return Err(Refused::BeyondPool { most: free.saturating_add(node.demand().total()).max(0) });
    }
    Ok(more)
}

/// The nearest pool of those from the root down.
pub fn nearest(chain: impl DoubleEndedIterator<Item = Budget>) -> Option<Budget> {
    chain.rev().find(|budget| budget.allotted.is_some())
}

/// How much more may come into use at the end of a chain from the root down: every pool on it holds, and of the nearest
/// one only what was not handed on. Nothing: without end.
pub fn room(chain: impl DoubleEndedIterator<Item = Budget>) -> Option<i64> {
    let mut room = None;
    for budget in chain.rev() {
        let Some(held) = budget.allotted else { continue };
        // What was handed on is not for others, though nobody uses it yet.
        let here = held.saturating_sub(budget.used);
        let here = if room.is_none() { here.min(budget.free().unwrap_or(here)) } else { here };
        room = Some(room.map_or(here, |room: i64| room.min(here)));
    }
    room
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn pool(allotted: i64) -> Budget {
        Budget { allotted: Some(allotted), overcommit_percent: 100, ..Budget::default() }
    }

    #[test]
    fn a_reseller_hands_on_what_it_holds_and_more_only_where_it_may() {
        let mut reseller = Budget { handed: 300 + 200, ..pool(1000) };
        assert_eq!(reseller.free(), Some(500));
        let third = Budget::default();
        let refused = allot([reseller].into_iter(), &third, Some(600), 100);
        assert_eq!(refused, Err(Refused::BeyondPool { most: 500 }));
        reseller.overcommit_percent = 120;
        assert_eq!(allot([reseller].into_iter(), &third, Some(600), 100), Ok(Demand { handed: 600, drawn: 0 }));
        reseller.handed += 600;
        assert_eq!((reseller.free(), reseller.committed()), (Some(100), 1100));
    }

    #[test]
    fn nothing_is_cut_below_what_is_used_or_handed_on() {
        let held = Budget { used: 420, handed: 300, drawn: 200, ..pool(1000) };
        let below = Err(Refused::BelowCommitted { used: 420, handed: 300, drawn: 200 });
        assert_eq!(allot([].into_iter(), &held, Some(499), 100), below);
        assert_eq!(allot([].into_iter(), &held, Some(500), 100), Ok(Demand { handed: -500, drawn: 0 }));
        assert_eq!(allot([].into_iter(), &held, Some(419), 500), below, "overcommitment promises; it holds no bytes");
        assert_eq!(allot([].into_iter(), &held, Some(420), 500), Ok(Demand { handed: -580, drawn: 0 }));
    }

    #[test]
    fn what_has_nothing_of_its_own_draws_on_the_nearest_pool() {
        // A bank of 120 with 100 handed to one, of which 30 are used; another draws, and 5 of the rest are used.
        let bank = Budget { used: 35, handed: 100, drawn: 5, ..pool(120) };
        let one = Budget { used: 30, drawn: 30, ..pool(100) };
        let auto = Budget { used: 5, drawn: 5, ..Budget::default() };
        assert_eq!(room([bank, one].into_iter()), Some(70));
        assert_eq!(room([bank, auto].into_iter()), Some(15), "what was handed on is not for others");
        assert_eq!(room([Budget::default(), auto].into_iter()), None);
        // A number instead: what was drawn becomes its own.
        assert_eq!(allot([bank].into_iter(), &auto, Some(20), 100), Ok(Demand { handed: 20, drawn: -5 }));
        assert_eq!(allot([bank].into_iter(), &auto, Some(21), 100), Err(Refused::BeyondPool { most: 20 }));
        assert_eq!(allot([bank].into_iter(), &one, None, 100), Ok(Demand { handed: -100, drawn: 30 }));
    }

    #[test]
    fn a_number_admits_so_many_and_every_limit_above_holds() {
        let of = |held, used| Budget { used, drawn: used, ..pool(held) };
        assert_eq!(room([of(5, 4)].into_iter()), Some(1));
        assert_eq!(room([of(5, 5)].into_iter()), Some(0));
        assert_eq!(room([of(3, 3), of(5, 1)].into_iter()), Some(0));
        assert_eq!(room([of(3, 7), of(5, 1)].into_iter()), Some(-4), "below present use it only blocks additions");
    }

    #[test]
    fn a_pool_that_lacks_already_still_lets_others_take_less() {
        let lacking = Budget { handed: 150, ..pool(100) };
        let child = Budget { drawn: 10, used: 10, ..pool(80) };
        assert_eq!(allot([lacking].into_iter(), &child, Some(40), 100), Ok(Demand { handed: -40, drawn: 0 }));
        assert_eq!(allot([lacking].into_iter(), &child, Some(81), 100), Err(Refused::BeyondPool { most: 30 }));
    }

    #[test]
    fn the_largest_numbers_are_numbers() {
        let huge = Budget { overcommit_percent: 1000, ..pool(i64::MAX) };
        assert_eq!(huge.capacity(), Some(i64::MAX));
        assert_eq!(room([huge].into_iter()), Some(i64::MAX));
    }

    /// A tree by the index of each node's parent, the root first, with what is used at each node itself.
    struct Forest {
        parents: Vec<Option<usize>>,
        own: Vec<i64>,
        budgets: Vec<Budget>,
    }

    impl Forest {
        fn new(parents: Vec<Option<usize>>) -> Self {
            let (own, budgets) = (vec![0; parents.len()], vec![Budget::default(); parents.len()]);
            Self { parents, own, budgets }
        }

        /// From the root down to the node's parent.
        fn above(&self, node: usize) -> Vec<usize> {
            let mut above: Vec<usize> = std::iter::successors(self.parents[node], |at| self.parents[*at]).collect();
            above.reverse();
            above
        }

        fn budgets_above(&self, node: usize) -> Vec<Budget> {
            self.above(node).into_iter().map(|at| self.budgets[at]).collect()
        }

        /// Adds what is taken, up to the nearest pool.
        fn take(&mut self, path: &[usize], more: Demand) {
            for at in path.iter().rev() {
                self.budgets[*at].handed += more.handed;
                self.budgets[*at].drawn += more.drawn;
                if self.budgets[*at].allotted.is_some() {
                    break;
                }
            }
        }

        fn allot(&mut self, node: usize, allotted: Option<i64>, percent: i64) {
            let above = self.budgets_above(node);
            let Ok(more) = allot(above.into_iter(), &self.budgets[node], allotted, percent) else { return };
            self.take(&self.above(node), more);
            self.budgets[node].allotted = allotted;
            self.budgets[node].overcommit_percent = percent;
        }

        fn consume(&mut self, node: usize, bytes: i64) {
            let mut path = self.above(node);
            path.push(node);
            let bytes = bytes.max(-self.own[node]);
            if room(path.iter().map(|at| self.budgets[*at])).is_some_and(|room| bytes > 0 && room < bytes) {
                return;
            }
            self.own[node] += bytes;
            for at in &path {
                self.budgets[*at].used += bytes;
            }
            self.take(&path, Demand { handed: 0, drawn: bytes });
        }

        /// The sums, counted anew.
        fn counted(&self, node: usize) -> Budget {
            let mut sums = Budget { used: self.own[node], drawn: self.own[node], ..self.budgets[node] };
            sums.handed = 0;
            for child in (0..self.parents.len()).filter(|child| self.parents[*child] == Some(node)) {
                let below = self.counted(child);
                sums.used += below.used;
                sums.handed += below.demand().handed;
                sums.drawn += below.demand().drawn;
            }
            sums
        }
    }

    #[derive(Clone, Debug)]
    enum Step {
        Allot(usize, Option<i64>, i64),
        Use(usize, i64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            (0_usize..12, prop::option::weighted(0.8, 0_i64..200), prop_oneof![Just(100_i64), Just(150)])
                .prop_map(|(node, allotted, percent)| Step::Allot(node, allotted, percent)),
            (0_usize..12, -40_i64..60).prop_map(|(node, bytes)| Step::Use(node, bytes)),
        ]
    }

    proptest! {
        #[test]
        fn sums_are_true_and_no_pool_is_used_or_promised_beyond_what_it_holds(
            parents in prop::collection::vec(any::<prop::sample::Index>(), 1..11),
            steps in prop::collection::vec(step(), 0..80),
        ) {
            let parents = parents.iter().enumerate().map(|(at, index)| Some(index.index(at + 1)));
            let mut forest = Forest::new(std::iter::once(None).chain(parents).collect());
            let nodes = forest.parents.len();
            for step in steps {
                match step {
                    Step::Allot(node, allotted, percent) => forest.allot(node % nodes, allotted, percent),
                    Step::Use(node, bytes) => forest.consume(node % nodes, bytes),
                }
                for node in 0..nodes {
                    let budget = forest.budgets[node];
                    prop_assert_eq!(budget, forest.counted(node), "{}", node);
                    prop_assert!(budget.free().is_none_or(|free| free >= 0), "{:?}", budget);
                    prop_assert!(budget.allotted.is_none_or(|held| budget.used <= held), "{:?}", budget);
                }
            }
        }
    }
}
