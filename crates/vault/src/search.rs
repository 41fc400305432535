//! Looking for a name in a whole snapshot, step by step.

use std::sync::Arc;

use crate::Error;
use crate::repository::{DEEPEST, Repository};
use crate::snapshot::Snapshot;
use crate::tree::{Kind, Node, Tree};

/// What one search looks at, at most.
const MOST_LOOKED_AT: usize = 2_000_000;

/// A search under way.
#[derive(Debug)]
pub struct Search {
    wanted: String,
    most: usize,
    fold: fn(&str) -> String,
    stack: Vec<(Arc<Tree>, usize, String)>,
    looked_at: usize,
    pub found: Vec<Found>,
    /// Whether there may be more than was found.
    pub is_cut: bool,
}

/// Something that has the name.
#[derive(Clone, Debug)]
pub struct Found {
    /// The folder that it stands in, with a slash at its end.
    pub folder: String,
    pub node: Node,
}

impl Search {
    /// Everything whose name has this in it, as `fold` makes them alike; at most so many.
    pub fn new(
        repository: &Repository,
        snapshot: &Snapshot,
        wanted: &str,
        fold: fn(&str) -> String,
        most: usize,
    ) -> Result<Self, Error> {
        let stack = vec![(repository.top(snapshot)?, 0, "/".to_owned())];
        Ok(Self { wanted: fold(wanted), most, fold, stack, looked_at: 0, found: Vec::new(), is_cut: false })
    }

    /// Looks at some more; false when it is over. Reads one folder at most.
    pub fn step(&mut self, repository: &Repository) -> Result<bool, Error> {
        while let Some((tree, at, path)) = self.stack.last_mut() {
            let Some(node) = tree.nodes.get(*at) else {
                self.stack.pop();
                continue;
            };
            *at += 1;
            self.looked_at += 1;
            if self.looked_at > MOST_LOOKED_AT {
                self.is_cut = true;
                return Ok(false);
            }
            let name = node.shown();
            if (self.fold)(&name).contains(&self.wanted) {
                if self.found.len() == self.most {
                    self.is_cut = true;
                    return Ok(false);
                }
                self.found.push(Found { folder: path.clone(), node: node.clone() });
            }
            if node.kind == Kind::Folder {
                let (below, path) = (repository.folder(node)?, format!("{path}{name}/"));
                if self.stack.len() >= DEEPEST {
                    self.is_cut = true;
                } else {
                    self.stack.push((below, 0, path));
                }
                return Ok(true);
            }
        }
        Ok(false)
    }
}
