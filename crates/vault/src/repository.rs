//! An opened repository: its key and its index in memory, everything else read when it is asked for. Every function blocks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use crate::directory::{Directory, Kind as Folder};
use crate::index::{Blob, Index, Type};
use crate::key::{self, Key};
use crate::snapshot::Snapshot;
use crate::tree::{Kind, Node, Tree};
use crate::{Error, Id, damaged};

/// Longest files, sealed: a client begins a new index long before.
const LONGEST_INDEX: u64 = 128 * 1024 * 1024;
const LONGEST_SNAPSHOT: u64 = 16 * 1024 * 1024;
/// The longest that a folder's description and a piece of a file may be once they are unpacked. restic's pieces have 8 MiB at
/// most, and a folder of 100,000 files some 50.
const LONGEST_TREE: usize = 192 * 1024 * 1024;
const LONGEST_PIECE: usize = 64 * 1024 * 1024;

/// Descriptions of folders that are kept, in bytes: whoever leafs through a folder reads it and those above it once.
const MOST_KEPT: usize = 64 * 1024 * 1024;

/// However short they are.
const MOST_FOLDERS_KEPT: usize = 64;

/// Folders stand in each other so deep at most.
pub(crate) const DEEPEST: usize = 1000;

/// A repository that somebody has opened.
#[derive(Debug)]
pub struct Repository {
    directory: Directory,
    /// Nothing once it was forgotten.
    key: RwLock<Option<Arc<Key>>>,
    index: RwLock<Arc<Index>>,
    /// Folders that were read last, the last one last.
    last: Mutex<Vec<Kept>>,
}

/// A folder that was read, and how long its description was.
#[derive(Debug)]
struct Kept {
    id: Id,
    tree: Arc<Tree>,
    length: usize,
}

/// What a path leads to.
#[derive(Clone, Debug)]
pub enum Place {
    Folder(Arc<Tree>),
    /// Anything else, with its description.
    Thing(Node),
}

/// A file's contents, piece by piece.
#[derive(Clone, Debug)]
pub struct File {
    pieces: Vec<(Id, Blob)>,
    /// In bytes.
    pub size: u64,
}

/// A part of a file, in bytes from its beginning.
#[derive(Debug)]
pub struct Slice {
    pieces: std::vec::IntoIter<(Id, Blob)>,
    skip: u64,
    left: u64,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Repository {
    /// Opens a repository with its password, and reads its index; at most so many blobs.
    pub fn open(directory: Directory, password: &str, most_blobs: usize) -> Result<Self, Error> {
        let key = key::find(&directory, password)?;
        let config = directory.config().map_err(|error| match error {
            Error::Gone(_) => Error::NoRepository,
            error => error,
        })?;
        // A key that opens no config is another repository's.
        unsealed(&key, config, LONGEST_PIECE, "the repository's config")?;
        let repository =
            Self { directory, key: RwLock::new(Some(Arc::new(key))), index: RwLock::default(), last: Mutex::default() };
        repository.read_index(most_blobs)?;
        Ok(repository)
    }

    /// One that nothing can be read from.
    #[cfg(test)]
    pub(crate) fn forgotten() -> Self {
        let directory = Directory::at(std::path::PathBuf::new());
        Self { directory, key: RwLock::default(), index: RwLock::default(), last: Mutex::default() }
    }

    /// Reads the index, again if need be: what was pruned or came since.
    pub fn read_index(&self, most_blobs: usize) -> Result<(), Error> {
        let key = self.key()?;
        let mut index = Index::default();
        for id in self.directory.list(Folder::Index)? {
            let sealed = match self.directory.read(Folder::Index, id, LONGEST_INDEX) {
                // Another took its place between listing and reading.
                Err(Error::Gone(_)) => continue,
                read => read?,
            };
            index.add(&unsealed(&key, sealed, LONGEST_TREE, "an index of the repository")?, most_blobs)?;
        }
        index.settle();
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(index);
        Ok(())
    }

    /// How many blobs are known.
    pub fn blobs(&self) -> usize {
        self.index().len()
    }

    /// Forgets key and index. Whoever still reads gets [`Error::Forgotten`].
    pub fn forget(&self) {
        *self.key.write().unwrap_or_else(PoisonError::into_inner) = None;
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Arc::default();
        lock(&self.last).clear();
    }

    fn key(&self) -> Result<Arc<Key>, Error> {
        self.key.read().unwrap_or_else(PoisonError::into_inner).clone().ok_or(Error::Forgotten)
    }

    fn index(&self) -> Arc<Index> {
        Arc::clone(&self.index.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// All snapshots, the newest first.
    pub fn snapshots(&self) -> Result<Vec<Snapshot>, Error> {
        let mut found = Vec::new();
        for id in self.directory.list(Folder::Snapshots)? {
            match self.snapshot(id) {
                Ok(snapshot) => found.push(snapshot),
                // Forgotten between listing and reading.
                Err(Error::NotFound) => {}
                Err(error) => return Err(error),
            }
        }
        found.sort_by(|one, other| other.time.cmp(&one.time).then(one.id.cmp(&other.id)));
        Ok(found)
    }

    /// One of them.
    pub fn snapshot(&self, id: Id) -> Result<Snapshot, Error> {
        let key = self.key()?;
        let sealed = self.directory.read(Folder::Snapshots, id, LONGEST_SNAPSHOT).map_err(|error| match error {
            Error::Gone(_) => Error::NotFound,
            error => error,
        })?;
        Snapshot::read(id, &unsealed(&key, sealed, LONGEST_TREE, "a snapshot")?)
    }

    fn blob(&self, of: Type, id: Id) -> Result<Blob, Error> {
        let key = self.key();
        match self.index().find(of, id) {
            Some(blob) => Ok(blob),
            // An index that was forgotten knows nothing, and is not to blame.
            None => Err(key.err().unwrap_or_else(|| Error::Gone(format!("the blob {id}")))),
        }
    }

    fn read_blob(&self, id: Id, blob: Blob, most: usize) -> Result<Vec<u8>, Error> {
        let wrong = || damaged(format!("the blob {id}"));
        if blob.length > most || blob.uncompressed.is_some_and(|length| length > most) {
            return Err(Error::TooLarge("a piece of the repository"));
        }
        let key = self.key()?;
        let sealed = self.directory.read_pack(blob.pack, blob.offset, blob.length)?;
        let opened = key.open(sealed).ok_or_else(wrong)?;
        let plain = match blob.uncompressed {
            Some(length) => zstd::bulk::decompress(&opened, length).map_err(|_| wrong())?,
            None => opened,
        };
        if Id::of(&plain) == id { Ok(plain) } else { Err(wrong()) }
    }

    /// A folder.
    pub(crate) fn tree(&self, id: Id) -> Result<Arc<Tree>, Error> {
        {
            let mut last = lock(&self.last);
            if let Some(at) = last.iter().position(|kept| kept.id == id) {
                let kept = last.remove(at);
                let tree = Arc::clone(&kept.tree);
                last.push(kept);
                return Ok(tree);
            }
        }
        let text = self.read_blob(id, self.blob(Type::Tree, id)?, LONGEST_TREE)?;
        let tree = Arc::new(Tree::read(&text)?);
        let mut last = lock(&self.last);
        // Not after it was forgotten.
        if text.len() <= MOST_KEPT && self.key().is_ok() {
            last.push(Kept { id, tree: Arc::clone(&tree), length: text.len() });
            while last.iter().map(|kept| kept.length).sum::<usize>() > MOST_KEPT || last.len() > MOST_FOLDERS_KEPT {
                last.remove(0);
            }
        }
        drop(last);
        Ok(tree)
    }

    /// The folder that a node stands for.
    pub(crate) fn folder(&self, node: &Node) -> Result<Arc<Tree>, Error> {
        match (node.kind, node.subtree) {
            (Kind::Folder, Some(id)) => self.tree(id),
            (Kind::Folder, None) => Err(damaged("a folder of the repository")),
            _ => Err(Error::WrongKind),
        }
    }

    /// The top of a snapshot.
    pub fn top(&self, snapshot: &Snapshot) -> Result<Arc<Tree>, Error> {
        self.tree(snapshot.tree)
    }

    /// What a path leads to, from the top of a snapshot; the names as they are shown.
    pub fn find(&self, snapshot: &Snapshot, path: &[&str]) -> Result<Place, Error> {
        let mut tree = self.top(snapshot)?;
        for (at, name) in path.iter().enumerate() {
            let node = tree.find(name).ok_or(Error::NotFound)?;
            if node.kind != Kind::Folder {
                // Nothing stands in what is no folder.
                return if at + 1 == path.len() { Ok(Place::Thing(node.clone())) } else { Err(Error::NotFound) };
            }
            tree = self.folder(node)?;
        }
        Ok(Place::Folder(tree))
    }

    /// The folder at a path, and the description of what stands in it under this name.
    pub fn node(&self, snapshot: &Snapshot, path: &[&str]) -> Result<Node, Error> {
        let (name, above) = path.split_last().ok_or(Error::NotFound)?;
        match self.find(snapshot, above)? {
            Place::Folder(tree) => tree.find(name).cloned().ok_or(Error::NotFound),
            Place::Thing(_) => Err(Error::NotFound),
        }
    }

    /// A file's contents: all of its pieces must be known.
    pub fn file(&self, node: &Node) -> Result<File, Error> {
        if node.kind != Kind::File {
            return Err(Error::WrongKind);
        }
        let mut pieces = Vec::with_capacity(node.content.len());
        let mut size = 0;
        for id in &node.content {
            let blob = self.blob(Type::Data, *id)?;
            size += blob.size();
            pieces.push((*id, blob));
        }
        Ok(File { pieces, size })
    }

    /// The next bytes of a part; nothing at its end.
    pub fn read(&self, slice: &mut Slice) -> Result<Option<Vec<u8>>, Error> {
        if slice.left == 0 {
            return Ok(None);
        }
        let (id, blob) = slice.pieces.next().ok_or_else(|| damaged("a file of the repository"))?;
        let mut bytes = self.read_blob(id, blob, LONGEST_PIECE)?;
        if bytes.len() as u64 != blob.size() {
            return Err(damaged(format!("the blob {id}")));
        }
        let skip = usize::try_from(slice.skip).unwrap_or(usize::MAX).min(bytes.len());
        bytes.drain(..skip);
        slice.skip = 0;
        bytes.truncate(usize::try_from(slice.left).unwrap_or(usize::MAX));
        slice.left -= bytes.len() as u64;
        Ok(Some(bytes))
    }
}

impl File {
    /// So many bytes of it, from this one on.
    pub fn slice(self, from: u64, length: u64) -> Slice {
        let mut skip = from;
        let mut at = 0;
        while let Some((_, blob)) = self.pieces.get(at)
            && blob.size() <= skip
            && length > 0
        {
            skip -= blob.size();
            at += 1;
        }
        let mut pieces = self.pieces;
        pieces.drain(..at);
        Slice { pieces: pieces.into_iter(), skip, left: length }
    }

    /// Another one for other contents.
    pub fn fingerprint(&self) -> Id {
        let ids: Vec<u8> = self.pieces.iter().flat_map(|(id, _)| id.bytes()).collect();
        Id::of(&ids)
    }

    pub fn whole(self) -> Slice {
        let size = self.size;
        self.slice(0, size)
    }
}

/// Opens the seal of a file, and unpacks it if it is packed.
fn unsealed(key: &Key, sealed: Vec<u8>, most: usize, what: &str) -> Result<Vec<u8>, Error> {
    let opened = key.open(sealed).ok_or_else(|| damaged(what))?;
    match opened.first() {
        Some(b'{' | b'[') => Ok(opened),
        Some(2) => unpacked(&opened[1..], most).ok_or_else(|| damaged(what)),
        _ => Err(damaged(what)),
    }
}

fn unpacked(packed: &[u8], most: usize) -> Option<Vec<u8>> {
    use std::io::Read as _;
    let mut text = Vec::new();
    let reader = zstd::stream::read::Decoder::new(packed).ok()?;
    reader.take(most as u64 + 1).read_to_end(&mut text).ok()?;
    (text.len() <= most).then_some(text)
}
