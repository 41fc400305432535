//! Looking through a vault.

use std::cmp::Ordering;
use std::sync::Arc;

use api::units::Time;
use api::vault::{
    VaultEntry, VaultEntryKind, VaultEntryList, VaultEntryQuery, VaultFound, VaultFoundList, VaultSearchQuery,
    VaultSnapshot, VaultSnapshotList,
};
use api::{Code, Error};
use base::App;
use base::text::fold;
use vault::{Id, Kind, Node, Place, Repository, Search, Snapshot, Tree, shown};

use super::{Vault, read};

const USUAL: u32 = 200;
const MOST: u32 = 500;
const MOST_FOUND: usize = 500;
const LONGEST_QUERY: usize = 200;
const LONGEST_PATH: usize = 8192;

fn count(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The snapshots, the newest first.
pub(super) async fn snapshots(app: &App, vault: &Arc<Vault>) -> Result<VaultSnapshotList, Error> {
    let found = read(app, vault, Repository::snapshots).await?;
    let view = |snapshot: Snapshot| VaultSnapshot {
        id: snapshot.id.to_string(),
        at: Time(snapshot.time),
        files: snapshot.summary.map(|summary| count(summary.files)),
        bytes: snapshot.summary.map(|summary| count(summary.bytes)),
        added_bytes: snapshot.summary.map(|summary| count(summary.added_bytes)),
        host: snapshot.host,
        username: snapshot.username,
        paths: snapshot.paths,
        tags: snapshot.tags,
    };
    Ok(VaultSnapshotList {
        device_id: vault.device.clone(),
        device_name: vault.subject.name.clone(),
        items: found.into_iter().map(view).collect(),
    })
}

/// A snapshot's id as it stands in an address.
pub(super) fn snapshot_id(text: &str) -> Result<Id, Error> {
    Id::parse(text).ok_or_else(Error::not_found)
}

/// The names on a path.
///
/// # Errors
/// `invalid` where it doesn't begin at the top, or would lead back up.
pub(super) fn names(path: &str) -> Result<Vec<String>, Error> {
    let wrong = |detail: &str| Error::field("path", Code::Invalid, detail);
    if path.len() > LONGEST_PATH {
        return Err(Error::field("path", Code::TooLong, "Is too long."));
    }
    let rest = path.strip_prefix('/').ok_or_else(|| wrong("Begins with a slash, at the top of the snapshot."))?;
    let names: Vec<String> = rest.split('/').filter(|name| !name.is_empty()).map(ToOwned::to_owned).collect();
    if names.iter().any(|name| name == "." || name == "..") {
        return Err(wrong("Leads straight down: \".\" and \"..\" are no names."));
    }
    Ok(names)
}

pub(super) fn entry(node: &Node) -> VaultEntry {
    VaultEntry {
        name: node.shown().into_owned(),
        kind: match node.kind {
            Kind::File => VaultEntryKind::File,
            Kind::Folder => VaultEntryKind::Folder,
            Kind::Symlink => VaultEntryKind::Symlink,
            _ => VaultEntryKind::Special,
        },
        bytes: (node.kind == Kind::File).then(|| count(node.size)),
        modified_at: node.modified_at.map(Time),
        mode: format!("{:04o}", node.mode),
        target: node.target.as_deref().map(|target| shown(target).into_owned()),
    }
}

#[derive(Clone, Copy)]
enum By {
    Name,
    Bytes,
    ModifiedAt,
}

fn sorting(text: Option<&str>) -> Result<(By, bool), Error> {
    let text = text.unwrap_or("name");
    let (name, is_descending) = text.strip_prefix('-').map_or((text, false), |name| (name, true));
    let by = match name {
        "name" => By::Name,
        "bytes" => By::Bytes,
        "modified_at" => By::ModifiedAt,
        _ => return Err(Error::field("sort", Code::Invalid, "Is one of name, bytes, modified_at.")),
    };
    Ok((by, is_descending))
}

/// In which order a folder is shown: what it holds never changes, so a place in it is a good cursor.
fn arranged(tree: &Tree, by: By, is_descending: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..tree.nodes.len()).collect();
    // By name they are in order, and folding a hundred thousand names for each page would take long.
    let compare = |one: &Node, other: &Node| match by {
        By::Name => Ordering::Equal,
        By::Bytes => one.size.cmp(&other.size),
        By::ModifiedAt => one.modified_at.cmp(&other.modified_at),
    };
    order.sort_by(|one, other| {
        let (a, b) = (&tree.nodes[*one], &tree.nodes[*other]);
        let folders = (b.kind == Kind::Folder).cmp(&(a.kind == Kind::Folder));
        let own = compare(a, b).then(one.cmp(other));
        folders.then(if is_descending { own.reverse() } else { own })
    });
    order
}

/// A part of a folder.
pub(super) async fn entries(
    app: &App,
    vault: &Arc<Vault>,
    snapshot: Id,
    query: &VaultEntryQuery,
) -> Result<VaultEntryList, Error> {
    let path = query.path.as_deref().unwrap_or("/");
    let names = names(path)?;
    let limit = query.limit.unwrap_or(USUAL);
    if !(1..=MOST).contains(&limit) {
        return Err(Error::field("limit", Code::OutOfRange, format!("Is 1 to {MOST}.")));
    }
    let wrong = || Error::field("after", Code::Invalid, "Is no cursor of this list.");
    let from = match (query.after.as_deref(), query.offset) {
        (Some(_), Some(_)) => {
            return Err(Error::field("offset", Code::Invalid, "Goes not together with after."));
        }
        (Some(after), None) => after.parse().map_err(|_| wrong())?,
        (None, offset) => usize::try_from(offset.unwrap_or(0)).map_err(Error::internal)?,
    };
    let (by, is_descending) = sorting(query.sort.as_deref())?;
    let limit = usize::try_from(limit).map_err(Error::internal)?;
    let shown = format!("/{}", names.join("/"));
    read(app, vault, move |repository| {
        let snapshot = repository.snapshot(snapshot)?;
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let Place::Folder(tree) = repository.find(&snapshot, &names)? else { return Err(vault::Error::WrongKind) };
        let order = arranged(&tree, by, is_descending);
        let items = order.iter().skip(from).take(limit).map(|at| entry(&tree.nodes[*at])).collect();
        let until = from.saturating_add(limit);
        Ok(VaultEntryList {
            path: shown,
            items,
            next: (until < order.len()).then(|| until.to_string()),
            total: count(order.len() as u64),
        })
    })
    .await
}

/// Looks for a name in all of a snapshot, folder by folder, each in the caller's turn.
pub(super) async fn search(
    app: &App,
    vault: &Arc<Vault>,
    snapshot: Id,
    query: &VaultSearchQuery,
) -> Result<VaultFoundList, Error> {
    if fold(&query.q).is_empty() {
        return Err(Error::field("q", Code::Required, "Say what to look for."));
    }
    if query.q.chars().count() > LONGEST_QUERY {
        return Err(Error::field("q", Code::TooLong, format!("May have at most {LONGEST_QUERY} characters.")));
    }
    let wanted = query.q.clone();
    let mut search = read(app, vault, move |repository| {
        let snapshot = repository.snapshot(snapshot)?;
        Search::new(repository, &snapshot, &wanted, fold, MOST_FOUND)
    })
    .await?;
    let began = tokio::time::Instant::now();
    loop {
        let (goes_on, next) = read(app, vault, move |repository| {
            let began = std::time::Instant::now();
            let mut goes_on = true;
            while goes_on && began.elapsed() < A_WHILE {
                goes_on = search.step(repository)?;
            }
            Ok((goes_on, search))
        })
        .await?;
        search = next;
        if goes_on && began.elapsed() > LONGEST_SEARCH {
            search.is_cut = true;
        } else if goes_on {
            continue;
        }
        break;
    }
    Ok(VaultFoundList {
        items: search
            .found
            .iter()
            .map(|found| VaultFound { folder: found.folder.clone(), entry: entry(&found.node) })
            .collect(),
        is_whole: !search.is_cut,
    })
}

/// How long somebody searches before it is another's turn, and in all.
const A_WHILE: std::time::Duration = std::time::Duration::from_millis(100);
const LONGEST_SEARCH: std::time::Duration = std::time::Duration::from_secs(20);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_lead_straight_down() {
        assert_eq!(names("/").unwrap(), Vec::<String>::new());
        assert_eq!(names("/a//b c/ö/").unwrap(), ["a", "b c", "ö"]);
        assert_eq!(names("/a/...").unwrap(), ["a", "..."]);
        for wrong in ["", "a", "/..", "/a/../b", "/./a", "../a"] {
            assert_eq!(names(wrong).unwrap_err().fields[0].field, "path", "{wrong}");
        }
    }
}
