//! How a file comes to be: without a name at first, bytes, fsync, the name unless it is taken, fsync of the directory.
//! Every function blocks.
//!
//! A file without a name lies in the directory that it is meant for and vanishes with its process. Where the file system
//! can't do that, it begins under a name in the pool's folder for uploads, which the next start clears.

use std::fs::File as Open;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, RenameFlags, Stat, linkat, openat, renameat, renameat_with, unlinkat};
use rustix::io::Errno;

use super::fs::{FILE_MODE, Pool, READ, count, folder, is_file, leaf, length, look, make_folder};
use crate::lock;
use crate::protocol::{File, MOST_LOCKS, SMALL_FILE};

/// What became of a file that was to be put in place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Placed {
    New,
    /// The same bytes lay there already.
    Same,
    /// A damaged file of this length lay there under the name.
    Instead(u64),
}

/// Why a file was not put in place.
#[derive(Debug)]
pub(crate) enum NotPlaced {
    ConfigExists,
    TooManyLocks,
    Failed(io::Error),
}

impl<E: Into<io::Error>> From<E> for NotPlaced {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// An upload under way. Unless it is placed, nothing is left of it when it is dropped.
#[derive(Debug)]
pub(crate) struct Upload {
    pool: Arc<Pool>,
    target: File,
    /// Where the file is meant to be.
    folder: OwnedFd,
    file: Open,
    length: u64,
    /// In the pool's folder for uploads, if it has one.
    name: Option<String>,
}

impl Upload {
    /// Begins an upload; *not found* if the repository was never created.
    pub(crate) fn begin(pool: &Arc<Pool>, repository: &Path, target: File) -> io::Result<Self> {
        let folder = make_folder(repository, &folder(target))?;
        let flags = OFlags::RDWR | OFlags::CLOEXEC;
        let (file, name) = if pool.is_nameless {
            (openat(&folder, ".", flags | OFlags::TMPFILE, FILE_MODE)?, None)
        } else {
            let name = pool.fresh_name();
            let flags = flags | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW;
            // Without the folder for uploads nothing works; that is no missing repository.
            (openat(&pool.folder, name.as_str(), flags, FILE_MODE).map_err(io::Error::other)?, Some(name))
        };
        Ok(Self { pool: Arc::clone(pool), target, folder, file: Open::from(file), length: 0, name })
    }

    /// Appends.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.length += bytes.len() as u64;
        Ok(())
    }

    /// Bytes so far.
    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Syncs the file and gives it its name. `alone` is the repository's lock for what is no single step of the file
    /// system. The count must follow at once; the name is durable only after [`settle`](Self::settle).
    pub(crate) fn place(&mut self, alone: &Mutex<()>) -> Result<Placed, NotPlaced> {
        let begun = std::time::Instant::now();
        self.file.sync_all()?;
        metrics::histogram!("tenantry_gateway_sync_seconds").record(begun.elapsed());
        self.put(alone)
    }

    /// Makes the name durable.
    pub(crate) fn settle(&self) -> io::Result<()> {
        self.pool.sync(self.folder.as_fd())
    }

    fn put(&mut self, alone: &Mutex<()>) -> Result<Placed, NotPlaced> {
        let target = self.target;
        let name = leaf(&target);
        let _alone = target.is_lock().then(|| lock(alone));
        if target.is_lock() && look(self.folder.as_fd(), name)?.is_none() && count(&self.folder)? >= MOST_LOCKS {
            return Err(NotPlaced::TooManyLocks);
        }
        loop {
            match self.link(name) {
                Ok(()) => return Ok(Placed::New),
                Err(Errno::EXIST) => {}
                Err(error) => return Err(error.into()),
            }
            // Somebody was first. Between two of these steps it may have gone again: then try anew.
            let Some(there) = look(self.folder.as_fd(), name)? else { continue };
            if target == File::Config {
                return match self.is_same_config(&there) {
                    Ok(true) => Ok(Placed::Same),
                    Ok(false) => Err(NotPlaced::ConfigExists),
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    Err(error) => Err(error.into()),
                };
            }
            if self.is_same_length(&there) {
                return Ok(Placed::Same);
            }
            // The bytes of this upload hash to the name; those of another length don't.
            let _alone = (!target.is_lock()).then(|| lock(alone));
            let Some(there) = look(self.folder.as_fd(), name)? else { continue };
            if self.is_same_length(&there) {
                return Ok(Placed::Same);
            }
            self.replace(name)?;
            return Ok(Placed::Instead(length(&there)));
        }
    }

    fn is_same_length(&self, there: &Stat) -> bool {
        is_file(there) && length(there) == self.length
    }

    fn is_same_config(&self, there: &Stat) -> io::Result<bool> {
        if !self.is_same_length(there) {
            return Ok(false);
        }
        let mut theirs = Vec::new();
        let config = openat(&self.folder, leaf(&File::Config), READ, Mode::empty())?;
        Open::from(config).take(SMALL_FILE).read_to_end(&mut theirs)?;
        let mut ours = vec![0; theirs.len()];
        self.file.read_exact_at(&mut ours, 0)?;
        Ok(theirs == ours)
    }

    /// Gives the file its name unless that is taken.
    fn link(&mut self, name: &str) -> rustix::io::Result<()> {
        let Some(temporary) = &self.name else { return link_nameless(self.file.as_fd(), self.folder.as_fd(), name) };
        match renameat_with(&self.pool.folder, temporary.as_str(), &self.folder, name, RenameFlags::NOREPLACE) {
            Ok(()) => {
                self.name = None;
                Ok(())
            }
            // A file system that can't: a second name, then the first goes with this value.
            Err(Errno::INVAL | Errno::NOSYS) => {
                linkat(&self.pool.folder, temporary.as_str(), &self.folder, name, AtFlags::empty())
            }
            Err(error) => Err(error),
        }
    }

    /// Gives the file its name in place of another.
    fn replace(&mut self, name: &str) -> rustix::io::Result<()> {
        let temporary = if let Some(temporary) = &self.name {
            temporary
        } else {
            let temporary = self.pool.fresh_name();
            link_nameless(self.file.as_fd(), self.pool.folder.as_fd(), &temporary)?;
            self.name.insert(temporary)
        };
        renameat(&self.pool.folder, temporary.as_str(), &self.folder, name)?;
        self.name = None;
        Ok(())
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        if let Some(name) = &self.name
            && let Err(error) = unlinkat(&self.pool.folder, name.as_str(), AtFlags::empty())
        {
            tracing::warn!(%error, name, "a temporary file could not be removed; the next start will");
        }
    }
}

fn link_nameless(file: BorrowedFd<'_>, folder: BorrowedFd<'_>, name: &str) -> rustix::io::Result<()> {
    match linkat(file, "", folder, name, AtFlags::EMPTY_PATH) {
        // Kernels before 6.10 allow that to the superuser only.
        Err(Errno::NOENT) => {
            linkat(CWD, format!("/proc/self/fd/{}", file.as_raw_fd()), folder, name, AtFlags::SYMLINK_FOLLOW)
        }
        linked => linked,
    }
}

/// Whether files in a folder can do without a name at first.
pub(super) fn can_be_nameless(folder: BorrowedFd<'_>) -> bool {
    let name = "nameless";
    let flags = OFlags::RDWR | OFlags::TMPFILE | OFlags::CLOEXEC;
    let linked = openat(folder, ".", flags, FILE_MODE).and_then(|file| link_nameless(file.as_fd(), folder, name));
    linked.and_then(|()| unlinkat(folder, name, AtFlags::empty())).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{Kind, Name};

    const NAME: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    /// Both ways, whatever the file system of the tests prefers.
    fn both(test: impl Fn(&Arc<Pool>, &Path)) {
        for is_nameless in [true, false] {
            let directory = tempfile::tempdir().unwrap();
            let mut pool = Pool::at(directory.path());
            pool.is_nameless &= is_nameless;
            let repository = directory.path().join("repository");
            pool.create(&repository).unwrap();
            test(&Arc::new(pool), &repository);
            assert_eq!(std::fs::read_dir(directory.path().join(".incoming")).unwrap().count(), 0);
        }
    }

    fn upload(pool: &Arc<Pool>, repository: &Path, target: File, bytes: &[u8]) -> Result<Placed, NotPlaced> {
        let mut upload = Upload::begin(pool, repository, target)?;
        upload.write(bytes)?;
        let placed = upload.place(&Mutex::default())?;
        upload.settle()?;
        Ok(placed)
    }

    #[test]
    fn a_file_is_placed_once_found_the_same_and_mended() {
        both(|pool, repository| {
            let target = File::Blob(Kind::Data, Name::parse(NAME).unwrap());
            let path = repository.join("data/01").join(NAME);
            assert_eq!(upload(pool, repository, target, b"bytes").unwrap(), Placed::New);
            assert_eq!(upload(pool, repository, target, b"bytes").unwrap(), Placed::Same);
            std::fs::write(&path, b"byt").unwrap();
            assert_eq!(upload(pool, repository, target, b"bytes").unwrap(), Placed::Instead(3));
            assert_eq!(std::fs::read(&path).unwrap(), b"bytes");
            std::fs::remove_dir_all(repository.join("data")).unwrap();
            assert_eq!(upload(pool, repository, target, b"bytes").unwrap(), Placed::New, "folders are made again");
        });
    }

    #[test]
    fn a_config_is_never_replaced() {
        both(|pool, repository| {
            assert_eq!(upload(pool, repository, File::Config, b"one").unwrap(), Placed::New);
            assert_eq!(upload(pool, repository, File::Config, b"one").unwrap(), Placed::Same);
            for other in [&b"two"[..], b"", b"longer"] {
                let refused = upload(pool, repository, File::Config, other);
                assert!(matches!(refused, Err(NotPlaced::ConfigExists)));
            }
            assert_eq!(std::fs::read(repository.join("config")).unwrap(), b"one");
        });
    }

    #[test]
    fn what_is_not_placed_leaves_nothing() {
        both(|pool, repository| {
            let mut upload = Upload::begin(pool, repository, File::Config).unwrap();
            upload.write(b"half").unwrap();
            drop(upload);
            assert!(!repository.join("config").exists());
            let missing = Upload::begin(pool, &repository.join("missing"), File::Config);
            assert_eq!(missing.unwrap_err().kind(), io::ErrorKind::NotFound);
        });
    }
}
