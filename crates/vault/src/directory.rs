//! A repository's directory: its files, opened for reading component by component without following links, so that
//! nothing that somebody planted leads out of it.

use std::fs::File;
use std::io::{self, Read as _};
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use rustix::fs::{CWD, Dir, FileType, Mode, OFlags, fstat, openat};
use rustix::io::Errno;

use crate::{Error, Id};

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
const READ: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// Files of one kind in a folder, at most.
const MOST_FILES: usize = 200_000;

/// A local repository.
#[derive(Clone, Debug)]
pub struct Directory(PathBuf);

/// What is read whole. Packs are read in parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Keys,
    Index,
    Snapshots,
}

impl Kind {
    fn folder(self) -> &'static str {
        match self {
            Self::Keys => "keys",
            Self::Index => "index",
            Self::Snapshots => "snapshots",
        }
    }
}

impl Directory {
    pub fn at(directory: PathBuf) -> Self {
        Self(directory)
    }

    fn folder(&self, path: &[&str]) -> rustix::io::Result<OwnedFd> {
        let mut folder = openat(CWD, &self.0, FOLDER, Mode::empty())?;
        for component in path {
            folder = openat(&folder, *component, FOLDER, Mode::empty())?;
        }
        Ok(folder)
    }

    fn open(&self, path: &[&str], name: &str) -> Result<(File, u64), Error> {
        let gone = || Error::Gone(name.to_owned());
        let opened = self.folder(path).and_then(|folder| openat(&folder, name, READ, Mode::empty()));
        let file = opened.map_err(|error| match error {
            Errno::NOENT | Errno::LOOP | Errno::NOTDIR => gone(),
            error => error.into(),
        })?;
        let stat = fstat(&file)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(gone());
        }
        Ok((File::from(file), u64::try_from(stat.st_size).unwrap_or(0)))
    }

    fn whole(&self, path: &[&str], name: &str, most: u64) -> Result<Vec<u8>, Error> {
        let (file, length) = self.open(path, name)?;
        if length > most {
            return Err(Error::TooLarge("a file of the repository"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or(0));
        file.take(most).read_to_end(&mut bytes)?;
        Ok(bytes)
    }

    /// The repository's `config`, which is sealed like everything but the keys.
    pub(crate) fn config(&self) -> Result<Vec<u8>, Error> {
        self.whole(&[], "config", 64 * 1024)
    }

    /// A file that is called by what its bytes hash to, and must.
    pub(crate) fn read(&self, kind: Kind, id: Id, most: u64) -> Result<Vec<u8>, Error> {
        let bytes = self.whole(&[kind.folder()], &id.to_string(), most)?;
        if Id::of(&bytes) != id {
            return Err(Error::Damaged(format!("{}/{id}", kind.folder())));
        }
        Ok(bytes)
    }

    /// A part of a pack.
    pub(crate) fn read_pack(&self, pack: Id, offset: u64, length: usize) -> Result<Vec<u8>, Error> {
        let name = pack.to_string();
        let (file, _) = self.open(&["data", &name[..2]], &name)?;
        let mut bytes = vec![0; length];
        file.read_exact_at(&mut bytes, offset).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => Error::Damaged(format!("the pack {name}")),
            _ => error.into(),
        })?;
        Ok(bytes)
    }

    /// The names of all files of a kind, in order.
    pub(crate) fn list(&self, kind: Kind) -> Result<Vec<Id>, Error> {
        let folder = match self.folder(&[kind.folder()]) {
            Ok(folder) => folder,
            Err(Errno::NOENT) => return Ok(Vec::new()),
            Err(error) => return Err(error.into()),
        };
        let mut found = Vec::new();
        for entry in Dir::read_from(&folder)? {
            let entry = entry?;
            if let Some(id) = entry.file_name().to_str().ok().and_then(Id::parse) {
                found.push(id);
            }
            if found.len() > MOST_FILES {
                return Err(Error::TooLarge("the repository"));
            }
        }
        found.sort_unstable();
        Ok(found)
    }
}
