//! Where each blob lies. A repository of a million files has some millions of blobs, so an entry is kept in a few bytes and
//! found by halving.

use serde::Deserialize;

use crate::key::SEAL;
use crate::{Error, Id};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Type {
    Data,
    Tree,
}

#[derive(Clone, Copy, Debug)]
struct Entry {
    id: Id,
    pack: u32,
    offset: u32,
    length: u32,
    /// 0: as it is.
    uncompressed: u32,
    of: Type,
}

/// A blob's place.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Blob {
    pub(crate) pack: Id,
    pub(crate) offset: u64,
    /// As it lies there, sealed.
    pub(crate) length: usize,
    /// Of what comes out of it, where that was compressed.
    pub(crate) uncompressed: Option<usize>,
}

impl Blob {
    /// Bytes of what comes out of it.
    pub(crate) fn size(&self) -> u64 {
        self.uncompressed.unwrap_or(self.length.saturating_sub(SEAL)) as u64
    }
}

#[derive(Debug, Default)]
pub(crate) struct Index {
    entries: Vec<Entry>,
    packs: Vec<Id>,
}

#[derive(Deserialize)]
struct IndexFile {
    #[serde(default)]
    packs: Vec<PackOfIndex>,
}

#[derive(Deserialize)]
struct PackOfIndex {
    id: Id,
    #[serde(default)]
    blobs: Vec<BlobOfIndex>,
}

#[derive(Deserialize)]
struct BlobOfIndex {
    id: Id,
    #[serde(rename = "type")]
    of: Type,
    offset: u32,
    length: u32,
    uncompressed_length: Option<u32>,
}

impl Index {
    /// Adds what an index file says.
    ///
    /// # Errors
    /// Where it is none, or has more than are wanted in all.
    pub(crate) fn add(&mut self, text: &[u8], most: usize) -> Result<(), Error> {
        let file: IndexFile =
            serde_json::from_slice(text).map_err(|_| Error::Damaged("an index of the repository".to_owned()))?;
        for PackOfIndex { id, blobs } in file.packs {
            let pack = u32::try_from(self.packs.len()).map_err(|_| Error::TooLarge("the repository"))?;
            self.packs.push(id);
            if self.entries.len() + blobs.len() > most {
                return Err(Error::TooLarge("the repository"));
            }
            self.entries.extend(blobs.into_iter().map(|blob| Entry {
                id: blob.id,
                pack,
                offset: blob.offset,
                length: blob.length,
                uncompressed: blob.uncompressed_length.unwrap_or(0),
                of: blob.of,
            }));
        }
        Ok(())
    }

    /// Makes it ready to be asked.
    pub(crate) fn settle(&mut self) {
        self.entries.sort_unstable_by_key(|entry| (entry.id, entry.of));
        // The same blob in two packs is one as good as the other.
        self.entries.dedup_by_key(|entry| (entry.id, entry.of));
        self.entries.shrink_to_fit();
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn find(&self, of: Type, id: Id) -> Option<Blob> {
        let at = self.entries.binary_search_by_key(&(id, of), |entry| (entry.id, entry.of)).ok()?;
        let entry = self.entries.get(at)?;
        Some(Blob {
            pack: *self.packs.get(usize::try_from(entry.pack).ok()?)?,
            offset: u64::from(entry.offset),
            length: usize::try_from(entry.length).ok()?,
            uncompressed: (entry.uncompressed > 0).then_some(usize::try_from(entry.uncompressed).ok()?),
        })
    }
}
