//! The materialised path of a node: the ids from the root down to the node itself, each followed by a slash. A subtree
//! is a prefix, and so a range of an ordered index.

use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// Where a node stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(String);

/// The character after the slash: `range` ends where paths would go on with it.
const AFTER_SLASH: char = '0';

impl Path {
    /// The path of the root.
    pub fn root(id: &str) -> Self {
        Self(format!("{id}/"))
    }

    /// A path as it was stored.
    pub fn from_stored(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The path of a child.
    #[must_use]
    pub fn child(&self, id: &str) -> Self {
        Self(format!("{}{id}/", self.0))
    }

    /// The path of the node above; nothing above the root.
    pub fn parent(&self) -> Option<Self> {
        let end = self.0.len().checked_sub(self.id().len() + 1)?;
        (end > 0).then(|| Self(self.0[..end].to_owned()))
    }

    /// The ids from the root down to the node itself.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.split_terminator('/')
    }

    /// The node's own id.
    pub fn id(&self) -> &str {
        self.ids().next_back().unwrap_or_default()
    }

    /// Whether `other` is this node or below it.
    pub fn contains(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Whether it leads to or through the node with this id.
    pub fn passes(&self, id: &str) -> bool {
        self.ids().any(|one| one == id)
    }

    /// The part of it that leads to the node with this id; nothing where it doesn't pass it.
    pub fn up_to(&self, id: &str) -> Option<Self> {
        let mut end = 0;
        for one in self.ids() {
            end += one.len() + 1;
            if one == id {
                return Some(Self(self.0[..end].to_owned()));
            }
        }
        None
    }

    /// Whether `other` is below this node.
    pub fn is_above(&self, other: &Self) -> bool {
        self != other && self.contains(other)
    }

    /// The half-open range of paths that the subtree fills, in byte order.
    pub fn range(&self) -> (&str, String) {
        let mut end = self.0.clone();
        end.pop();
        end.push(AFTER_SLASH);
        (&self.0, end)
    }

    /// This path as somebody sees it who stands at `top`, or stood there when it was one, and may not know what is above:
    /// nothing of what leads elsewhere.
    #[must_use]
    pub fn seen_from(&self, top: &Self) -> Self {
        self.beginning_at(top.id()).unwrap_or_else(|| Self(String::new()))
    }

    /// The part of it from the node with this id on; nothing where it doesn't pass it.
    pub fn beginning_at(&self, id: &str) -> Option<Self> {
        let mut from = 0;
        for one in self.ids() {
            if one == id {
                return Some(Self(self.0[from..].to_owned()));
            }
            from += one.len() + 1;
        }
        None
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AsRef<str> for Path {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// A path as it was stored.
impl FromStr for Path {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from_stored(text))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path() -> impl Strategy<Value = Path> {
        // No node is above itself.
        prop::collection::vec("cus_[a-c0]{1,2}", 1..5).prop_map(|ids| {
            let below = ids.iter().enumerate().skip(1).filter(|(at, id)| !ids[..*at].contains(id));
            below.fold(Path::root(&ids[0]), |path, (_, id)| path.child(id))
        })
    }

    proptest! {
        #[test]
        fn a_path_is_cut_at_the_nodes_that_it_passes(path in path(), id in "cus_[a-c0]{1,2}") {
            let (up_to, from) = (path.up_to(&id), path.beginning_at(&id));
            prop_assert_eq!((path.passes(&id), path.passes(&id)), (up_to.is_some(), from.is_some()));
            if let (Some(up_to), Some(from)) = (up_to, from) {
                prop_assert!(up_to.contains(&path) && up_to.id() == id);
                prop_assert!(path.as_str().ends_with(from.as_str()) && from.ids().next() == Some(&id));
                prop_assert_eq!(up_to.as_str().len() + from.as_str().len(), path.as_str().len() + id.len() + 1);
            }
        }

        #[test]
        fn a_subtree_is_exactly_its_range(a in path(), b in path()) {
            let (from, to) = a.range();
            prop_assert_eq!(a.contains(&b), b.as_str() >= from && b.as_str() < to.as_str());
        }

        #[test]
        fn containment_means_the_same_first_ids(a in path(), b in path()) {
            let first: Vec<&str> = b.ids().take(a.ids().count()).collect();
            prop_assert_eq!(a.contains(&b), first == a.ids().collect::<Vec<_>>());
        }

        #[test]
        fn a_childs_parent_is_where_it_was_made(a in path(), below in "cus_[a-c]") {
            prop_assert_eq!(a.child(&below).parent(), Some(a));
            prop_assert_eq!(Path::root(&below).parent(), None);
        }

        #[test]
        fn what_is_above_the_viewer_is_not_seen(a in path(), below in "cus_[a-c]") {
            let seen = a.child(&below).seen_from(&a);
            prop_assert_eq!(seen.ids().collect::<Vec<_>>(), vec![a.id(), below.as_str()]);
        }
    }
}
