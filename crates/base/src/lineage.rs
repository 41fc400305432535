//! What holds at a place of the tree by all that stands above it: states and names of the nodes on a path, loaded once
//! for all rows of an answer.

use std::collections::HashMap;

use api::customer::{AccountState, Ancestor, EffectiveState};
use api::id::CustomerId;
use api::{Error, Level, Mode};
use db::{Text, columns, list, sql};
use tree::{Effective, Own, Path};

use crate::authz::Account;
use crate::cx::Cx;

db::record! {
    /// What is asked of an ancestor.
    #[derive(Clone, Debug)]
    pub struct AncestorRow {
        pub id: CustomerId as Text,
        pub name: Option<String>,
        pub company_name: String,
        pub suspend_mode: Option<Mode> as Option<Text>,
        pub suspend_message: Option<String>,
        pub suspended_at: Option<i64>,
        pub suspended_from: Option<String>,
        pub suspended_by: Option<String>,
        pub deletes_at: Option<i64>,
        pub deletion_scheduled_at: Option<i64>,
        pub max_devices: Option<i64>,
        pub trial_ends_at: Option<i64>,
        pub level: Level as Text,
    }
}

/// States and names of the given nodes.
async fn ancestors(cx: &mut Cx, ids: Vec<String>) -> Result<Vec<AncestorRow>, Error> {
    cx.all(sql!["select ", columns::<AncestorRow>(), " from customers where id in ", list(ids)]).await
}

/// The nodes on the paths of some rows, loaded once for all of them.
#[derive(Debug, Default)]
pub struct Lineage(HashMap<String, AncestorRow>);

impl AncestorRow {
    /// What was set here: a suspension, a deletion that is to come, or both.
    pub fn mode(&self) -> Option<Mode> {
        self.suspend_mode.max(self.deletes_at.map(|_| Mode::StopBackups))
    }
}

impl Lineage {
    /// Loads every node on these paths, the ends included.
    pub async fn of(cx: &mut Cx, paths: impl Iterator<Item = &Path>) -> Result<Self, Error> {
        let mut ids: Vec<String> = paths.flat_map(Path::ids).map(str::to_owned).collect();
        ids.sort_unstable();
        ids.dedup();
        let mut nodes = HashMap::with_capacity(ids.len());
        // Databases limit the number of parameters; a page never comes near.
        for some in ids.chunks(5000) {
            for node in ancestors(cx, some.to_vec()).await? {
                nodes.insert(node.id.as_str().to_owned(), node);
            }
        }
        Ok(Self(nodes))
    }

    pub fn get(&self, id: &str) -> Option<&AncestorRow> {
        self.0.get(id)
    }

    /// The nodes on `path` that `account` may see, the end included.
    pub fn ancestors(&self, path: &Path, account: &Account) -> Vec<Ancestor> {
        let seen = path.seen_from(&account.path);
        let nodes = seen.ids().filter_map(|id| self.0.get(id));
        nodes
            .map(|node| Ancestor {
                id: node.id.clone(),
                level: node.level,
                company_name: node.company_name.clone(),
                name: node.name.clone(),
            })
            .collect()
    }

    /// What they are called.
    pub fn names(&self, path: &Path, account: &Account) -> Vec<String> {
        let seen = path.seen_from(&account.path);
        let nodes = seen.ids().filter_map(|id| self.0.get(id));
        nodes.map(|node| node.name.as_ref().unwrap_or(&node.company_name).clone()).collect()
    }

    /// What holds at the end of `path`.
    pub fn effective<'a>(&self, path: &'a Path) -> Effective<&'a str> {
        tree::state::effective(path.ids().map(|id| (id, self.own(id))))
    }

    /// Whether a node above the end of `path` is to be deleted.
    pub fn is_below_deleted(&self, path: &Path) -> bool {
        let mut above = path.ids();
        above.next_back();
        above.filter_map(|id| self.0.get(id)).any(|node| node.deletes_at.is_some())
    }

    /// What was set at a node. One that is missing is nothing to rely on: it stops everything.
    pub fn own(&self, id: &str) -> Own {
        match self.0.get(id) {
            Some(node) => node.mode().map_or(Own::Active, Own::Suspended),
            None => Own::Suspended(Mode::FullStop),
        }
    }

    /// The same as `account` may see it: a cause above stays unnamed.
    pub fn effective_state(&self, path: &Path, account: &Account) -> EffectiveState {
        self.told(self.effective(path), path, account)
    }

    /// What holds for a device at the end of `path` that may be suspended itself, as `account` may see it.
    pub fn effective_state_of_device(
        &self,
        path: &Path,
        (id, name): (&str, &str),
        own: Own,
        account: &Account,
    ) -> EffectiveState {
        let effective = tree::state::below(self.effective(path), id, own);
        self.told_of_device(effective, path, account, name)
    }

    /// A state whose cause may be the device of this name.
    pub fn told_of_device(
        &self,
        effective: Effective<&str>,
        path: &Path,
        account: &Account,
        name: &str,
    ) -> EffectiveState {
        let is_own = matches!(effective, Effective::Suspended { cause, .. } if path.ids().all(|id| id != cause));
        let told = self.told(effective, path, account);
        EffectiveState { cause_name: if is_own { Some(name.to_owned()) } else { told.cause_name }, ..told }
    }

    /// A state as `account` may see it.
    pub fn told(&self, effective: Effective<&str>, path: &Path, account: &Account) -> EffectiveState {
        match effective {
            Effective::Active => EffectiveState {
                state: AccountState::Active,
                mode: None,
                cause: None,
                cause_name: None,
                deleting: false,
            },
            Effective::Suspended { mode, cause } => {
                let visible = path.seen_from(&account.path).ids().any(|id| id == cause);
                let cause = self.0.get(cause).filter(|_| visible);
                EffectiveState {
                    state: AccountState::Suspended,
                    mode: Some(mode),
                    cause: cause.map(|node| node.id.clone()),
                    cause_name: cause.map(|node| node.company_name.clone()),
                    deleting: cause.is_some_and(|node| node.deletes_at.is_some()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ancestor_that_is_missing_never_reads_as_active() {
        let path = Path::root("gone").child("here");
        let here = AncestorRow {
            id: CustomerId::from_text("here".to_owned()),
            name: None,
            company_name: "Here".to_owned(),
            suspend_mode: None,
            suspend_message: None,
            suspended_at: None,
            suspended_from: None,
            suspended_by: None,
            deletes_at: None,
            deletion_scheduled_at: None,
            max_devices: None,
            trial_ends_at: None,
            level: Level::EndCustomer,
        };
        let lineage = Lineage(HashMap::from([("here".to_owned(), here)]));
        assert_eq!(lineage.effective(&path), Effective::Suspended { mode: Mode::FullStop, cause: "gone" });
        assert_eq!(Lineage::default().effective(&path), Effective::Suspended { mode: Mode::FullStop, cause: "gone" });
    }
}
