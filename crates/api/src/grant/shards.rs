//! Entries by id, packed: sorted arrays, chosen by the random end of the id. A hash table of a million entries would
//! have room for two; here an insertion moves the few entries of one array.

use uuid::Uuid;

/// A power of two.
const SHARDS: usize = 1024;

/// Something with an id.
pub(crate) trait Keyed {
    fn key(&self) -> Uuid;
}

#[derive(Debug)]
pub(crate) struct Shards<T> {
    shards: Vec<Vec<T>>,
    len: usize,
}

impl<T> Default for Shards<T> {
    fn default() -> Self {
        Self { shards: (0..SHARDS).map(|_| Vec::new()).collect(), len: 0 }
    }
}

fn shard_of(id: Uuid) -> usize {
    let bytes = id.as_bytes();
    ((usize::from(bytes[14]) << 8) | usize::from(bytes[15])) % SHARDS
}

impl<T: Keyed + PartialEq> Shards<T> {
    pub(crate) fn get(&self, id: Uuid) -> Option<&T> {
        let shard = &self.shards[shard_of(id)];
        shard.binary_search_by_key(&id, Keyed::key).ok().map(|at| &shard[at])
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Puts an entry in place, or removes it. Returns whether that changed anything.
    pub(crate) fn set(&mut self, id: Uuid, entry: Option<T>) -> bool {
        let shard = &mut self.shards[shard_of(id)];
        match (shard.binary_search_by_key(&id, Keyed::key), entry) {
            (Ok(at), Some(entry)) if shard[at] == entry => return false,
            (Ok(at), Some(entry)) => shard[at] = entry,
            (Ok(at), None) => {
                shard.remove(at);
                self.len -= 1;
            }
            (Err(at), Some(entry)) => {
                if shard.len() == shard.capacity() {
                    // An eighth more, not twice as much.
                    shard.reserve_exact((shard.len() / 8).max(4));
                }
                shard.insert(at, entry);
                self.len += 1;
            }
            (Err(_), None) => return false,
        }
        true
    }

    /// The ids from `from` on, up to and without `to`, in no order.
    pub(crate) fn between(&self, from: Option<Uuid>, to: Option<Uuid>) -> Vec<Uuid> {
        let mut ids = Vec::new();
        for shard in &self.shards {
            let begin = from.map_or(0, |from| shard.partition_point(|entry| entry.key() < from));
            let end = to.map_or(shard.len(), |to| shard.partition_point(|entry| entry.key() < to));
            ids.extend(shard.get(begin..end).unwrap_or_default().iter().map(Keyed::key));
        }
        ids
    }

    /// Gives back room that was left for growth.
    pub(crate) fn shrink(&mut self) {
        self.shards.iter_mut().for_each(Vec::shrink_to_fit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    #[derive(Clone, Debug, PartialEq)]
    struct Entry(Uuid, u8);

    impl Keyed for Entry {
        fn key(&self) -> Uuid {
            self.0
        }
    }

    /// Few ids, some in one shard, so that they meet.
    fn id() -> impl Strategy<Value = Uuid> {
        (0_u128..6, 0_u128..3).prop_map(|(high, low)| Uuid::from_u128((high << 100) | (low * 7)))
    }

    proptest! {
        #[test]
        fn it_is_a_map(steps in prop::collection::vec((id(), prop::option::of(0_u8..3)), 0..60), from in id(), to in id()) {
            let mut shards = Shards::default();
            let mut map = BTreeMap::new();
            for (id, value) in steps {
                let changed = match value {
                    Some(value) => map.insert(id, value) != Some(value),
                    None => map.remove(&id).is_some(),
                };
                prop_assert_eq!(shards.set(id, value.map(|value| Entry(id, value))), changed);
                prop_assert_eq!(shards.len(), map.len());
            }
            for (id, value) in &map {
                prop_assert_eq!(shards.get(*id), Some(&Entry(*id, *value)));
            }
            let mut between = shards.between(Some(from), Some(to));
            between.sort_unstable();
            let expected: Vec<Uuid> = map.keys().copied().filter(|id| *id >= from && *id < to).collect();
            prop_assert_eq!(between, expected);
            prop_assert_eq!(shards.between(None, None).len(), map.len());
        }
    }
}
