//! Settings flow down by nearest override: a setting is taken whole from the nearest node at or above that sets it, and
//! a node may *lock* it for everything below. What was passed over on the way is part of the answer, so that nobody has
//! to guess why something is as it is.

use std::ops::{AddAssign, SubAssign};

use crate::path::Path;

/// What a node says of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Own<V> {
    pub value: V,
    /// Nothing below may say otherwise.
    pub locked: bool,
    /// Whether it says anything here and now: what has run out, or isn't for such a node, is passed over.
    pub applies: bool,
}

/// Why what a node says is not what holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// A node further down says otherwise.
    Overridden,
    /// A node further up has locked the setting.
    Locked,
    /// It isn't for such a node, or not any more.
    NotApplicable,
}

/// What a node says in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed<Id, V> {
    pub id: Id,
    pub value: V,
    pub why: Why,
}

/// What holds at the end of a chain of nodes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved<Id, V> {
    /// The value and the node that says it; nothing where no node says anything, so that the default holds.
    pub from: Option<(Id, V)>,
    /// Whether that node has locked it.
    pub locked: bool,
    /// The nearest first.
    pub passed: Vec<Passed<Id, V>>,
}

/// Resolves a setting along `chain`, which goes from the root down to the node that is asked for.
pub fn resolve<Id, V>(chain: impl IntoIterator<Item = (Id, Option<Own<V>>)>) -> Resolved<Id, V> {
    let (mut from, mut locked, mut passed) = (None, false, Vec::new());
    for (depth, (id, own)) in chain.into_iter().enumerate() {
        let Some(Own { value, locked: locks, applies }) = own else { continue };
        if !applies {
            passed.push((depth, Passed { id, value, why: Why::NotApplicable }));
        } else if locked {
            passed.push((depth, Passed { id, value, why: Why::Locked }));
        } else {
            if let Some((depth, id, value)) = from.replace((depth, id, value)) {
                passed.push((depth, Passed { id, value, why: Why::Overridden }));
            }
            locked = locks;
        }
    }
    // One is known to be overridden only when what overrides it is met.
    passed.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
    Resolved {
        from: from.map(|(_, id, value)| (id, value)),
        locked,
        passed: passed.into_iter().map(|(_, passed)| passed).collect(),
    }
}

/// What holds at a node, for what stands below it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held<V> {
    pub value: V,
    pub locked: bool,
}

/// One step down: what holds at a node from what holds right above it.
pub fn below<V>(above: Held<V>, own: Option<Own<V>>) -> Held<V> {
    match own {
        Some(Own { value, locked, applies: true }) if !above.locked => Held { value, locked },
        _ => above,
    }
}

/// A node that says something before or after a change, and how much stands at and below it.
#[derive(Clone, Copy, Debug)]
pub struct Said<'a, V, W> {
    pub path: &'a Path,
    pub before: Option<Own<V>>,
    pub after: Option<Own<V>>,
    pub weight: W,
}

/// How much gets another value by a change, without a look at what says nothing itself: `said` holds every node that
/// changes what it says and every one below them that says something, in the order of their paths. `above` tells what
/// holds right above the topmost of them, which the change leaves alone.
pub fn changed<V, W>(said: &[Said<'_, V, W>], above: impl Fn(&Path) -> Held<V>) -> W
where
    V: Copy + PartialEq,
    W: Copy + Default + AddAssign + SubAssign,
{
    /// A node whose subtree isn't through yet, with what of it belongs to no node below that says something.
    struct Open<'a, V, W> {
        path: &'a Path,
        before: Held<V>,
        after: Held<V>,
        rest: W,
    }
    let (mut sum, mut open): (W, Vec<Open<'_, V, W>>) = (W::default(), Vec::new());
    let close = |sum: &mut W, node: Open<'_, V, W>| {
        if node.before.value != node.after.value {
            *sum += node.rest;
        }
    };
    for Said { path, before, after, weight } in said {
        while let Some(node) = open.pop_if(|node| !node.path.contains(path)) {
            close(&mut sum, node);
        }
        let (was, is) = if let Some(parent) = open.last_mut() {
            parent.rest -= *weight;
            (parent.before, parent.after)
        } else {
            let above = above(path);
            (above, above)
        };
        open.push(Open { path, before: below(was, *before), after: below(is, *after), rest: *weight });
    }
    for node in open {
        close(&mut sum, node);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    /// What a node says before and after.
    type Sides = (Option<Own<u8>>, Option<Own<u8>>);

    fn own() -> impl Strategy<Value = Option<Own<u8>>> {
        prop::option::of(
            (0_u8..3, prop::bool::weighted(0.3), prop::bool::weighted(0.8)).prop_map(|(value, locked, applies)| Own {
                value,
                locked,
                applies,
            }),
        )
    }

    fn chain() -> impl Strategy<Value = Vec<Option<Own<u8>>>> {
        prop::collection::vec(own(), 1..8)
    }

    fn resolved(chain: &[Option<Own<u8>>]) -> Resolved<usize, u8> {
        resolve(chain.iter().copied().enumerate())
    }

    proptest! {
        #[test]
        fn the_topmost_lock_holds_else_the_nearest(chain in chain()) {
            let applying = |at: &usize| chain[*at].is_some_and(|own| own.applies);
            let locking = (0..chain.len()).find(|at| applying(at) && chain[*at].is_some_and(|own| own.locked));
            let expected = locking.or_else(|| (0..chain.len()).rev().find(applying));
            let found = resolved(&chain);
            prop_assert_eq!(found.from.map(|(at, _)| at), expected);
            prop_assert_eq!(found.from.map(|(_, value)| value), expected.and_then(|at| chain[at]).map(|own| own.value));
            prop_assert_eq!(found.locked, locking.is_some());
        }

        #[test]
        fn everything_that_is_said_holds_or_was_passed_over_and_says_why(chain in chain()) {
            let found = resolved(&chain);
            let mut told: Vec<usize> = found.passed.iter().map(|passed| passed.id).collect();
            prop_assert!(told.is_sorted_by(|a, b| a > b), "the nearest first");
            told.extend(found.from.map(|(at, _)| at));
            told.sort_unstable();
            let said: Vec<usize> = (0..chain.len()).filter(|at| chain[*at].is_some()).collect();
            prop_assert_eq!(told, said);
            for passed in &found.passed {
                let (source, _) = found.from.unwrap_or((usize::MAX, 0));
                match passed.why {
                    Why::Overridden => prop_assert!(passed.id < source),
                    Why::Locked => prop_assert!(passed.id > source && found.locked),
                    Why::NotApplicable => prop_assert!(!chain[passed.id].unwrap().applies),
                }
            }
        }

        #[test]
        fn what_is_locked_is_the_same_everywhere_below(chain in chain(), more in chain()) {
            let above = resolved(&chain);
            prop_assume!(above.locked);
            let below: Vec<_> = chain.into_iter().chain(more).collect();
            prop_assert_eq!(resolved(&below).from, above.from);
        }

        #[test]
        fn setting_and_inheriting_again_restores_what_was(chain in chain(), at in any::<prop::sample::Index>(), value in 0_u8..3) {
            let at = at.index(chain.len());
            prop_assume!(chain[at].is_none());
            let mut during = chain.clone();
            during[at] = Some(Own { value, locked: true, applies: true });
            during[at] = None;
            prop_assert_eq!(resolved(&during), resolved(&chain));
        }

        #[test]
        fn step_by_step_is_all_at_once(chain in chain()) {
            let stepped = chain.iter().fold(Held { value: 9, locked: false }, |above, own| below(above, *own));
            let found = resolved(&chain);
            prop_assert_eq!(stepped, Held { value: found.from.map_or(9, |(_, value)| value), locked: found.locked });
        }

        /// Against a look at every node of a small tree.
        #[test]
        fn what_changes_is_counted_by_those_alone_that_say_something(
            parents in prop::collection::vec(any::<prop::sample::Index>(), 1..14),
            before in prop::collection::vec(own(), 15),
            after in prop::collection::vec(prop::option::weighted(0.3, own()), 15),
        ) {
            let mut paths = vec![Path::root("n0")];
            for (at, parent) in parents.iter().enumerate() {
                let path = paths[parent.index(paths.len())].child(&format!("n{}", at + 1));
                paths.push(path);
            }
            let says: BTreeMap<&Path, Sides> = paths
                .iter()
                .enumerate()
                .map(|(at, path)| (path, (before[at], after[at].unwrap_or(before[at]))))
                .collect();
            let holds = |path: &Path, side: fn(&Sides) -> Option<Own<u8>>| {
                let mut on: Vec<&Path> = paths.iter().filter(|above| above.contains(path)).collect();
                on.sort();
                on.into_iter().fold(Held { value: 9, locked: false }, |above, at| below(above, side(&says[at])))
            };
            let expected = paths.iter().filter(|path| holds(path, |of| of.0).value != holds(path, |of| of.1).value).count();
            let changing: Vec<&Path> = paths.iter().filter(|path| says[path].0 != says[path].1).collect();
            let mut told: Vec<Said<'_, u8, i64>> = says
                .iter()
                .filter(|(path, of)| {
                    of.0 != of.1
                        || (of.0.is_some() && changing.iter().any(|top| top.contains(path)))
                })
                .map(|(path, of)| Said {
                    path,
                    before: of.0,
                    after: of.1,
                    weight: paths.iter().filter(|other| path.contains(other)).count().try_into().unwrap(),
                })
                .collect();
            told.sort_by(|a, b| a.path.cmp(b.path));
            let above = |path: &Path| {
                let mut on: Vec<&Path> = paths.iter().filter(|above| above.is_above(path)).collect();
                on.sort();
                on.into_iter().fold(Held { value: 9, locked: false }, |above, at| below(above, says[at].0))
            };
            prop_assert_eq!(changed(&told, above), i64::try_from(expected).unwrap());
        }
    }
}
