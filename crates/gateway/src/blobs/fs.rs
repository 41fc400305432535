//! A local pool: how files are found, opened, removed and counted. How they come to be is told in `place`. Repositories
//! have restic's own layout, so that `restic -r <directory>` reads them without us. Every function blocks.
//!
//! Paths are built from names that `protocol` has parsed and opened component by component without following links, so
//! that neither a request nor a link that somebody planted leads out of a repository.

use std::fs::File as Open;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use rustix::fs::{
    AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat, fstat, fsync, mkdirat, openat, openat2, statat,
    unlinkat,
};
use rustix::io::Errno;

use super::place::can_be_nameless;
use super::sync::Syncs;
use crate::lock;
use crate::protocol::{File, Kind, Name};

/// Permissions of what is created: nobody but the server reads a pool.
const FOLDER_MODE: Mode = Mode::RWXU;
pub(super) const FILE_MODE: Mode = Mode::RUSR.union(Mode::WUSR);

const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::NOFOLLOW).union(OFlags::CLOEXEC);
pub(super) const READ: OFlags = OFlags::RDONLY.union(OFlags::NOFOLLOW).union(OFlags::NONBLOCK).union(OFlags::CLOEXEC);

/// The folder for uploads under way: on the pool's file system, outside of every repository, for one process alone.
const INCOMING: &str = ".incoming";

/// A local directory that holds repositories and, beside them, the folder for uploads under way.
#[derive(Debug)]
pub(crate) struct Pool {
    root: OwnedFd,
    /// The folder for uploads under way.
    pub(super) folder: OwnedFd,
    /// Whether an upload's file can do without a name until it is put in place.
    pub(super) is_nameless: bool,
    next: AtomicU64,
    syncs: Syncs,
}

/// A file opened for reading.
#[derive(Debug)]
pub(crate) struct Blob {
    pub(crate) file: Open,
    /// In bytes.
    pub(crate) length: u64,
}

/// What could be seen without waiting for the disk.
#[derive(Debug)]
pub(crate) enum Glance {
    Found(Blob),
    Missing,
    /// Only a look that may block can tell.
    Unknown,
}

/// The folder of a file, as a path inside of the repository.
pub(crate) fn folder(file: File) -> String {
    match file {
        File::Config => String::new(),
        File::Blob(Kind::Data, name) => format!("data/{}", name.shard()),
        File::Blob(kind, _) => kind.folder().to_owned(),
    }
}

pub(super) fn leaf(file: &File) -> &str {
    match file {
        File::Config => "config",
        File::Blob(_, name) => name.as_str(),
    }
}

/// Opens a folder below `repository`; the empty path is the repository itself.
pub(crate) fn open_folder(repository: &Path, path: &str) -> io::Result<OwnedFd> {
    let mut folder = openat(CWD, repository, FOLDER, Mode::empty())?;
    for component in path.split('/').filter(|component| !component.is_empty()) {
        folder = openat(&folder, component, FOLDER, Mode::empty())?;
    }
    Ok(folder)
}

/// Like `open_folder`, and creates what is missing below the repository.
pub(super) fn make_folder(repository: &Path, path: &str) -> io::Result<OwnedFd> {
    match open_folder(repository, path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        found => return found,
    }
    let mut folder = openat(CWD, repository, FOLDER, Mode::empty())?;
    for component in path.split('/').filter(|component| !component.is_empty()) {
        make(folder.as_fd(), component)?;
        fsync(&folder)?;
        folder = openat(&folder, component, FOLDER, Mode::empty())?;
    }
    Ok(folder)
}

fn make(folder: BorrowedFd<'_>, name: &str) -> io::Result<()> {
    match mkdirat(folder, name, FOLDER_MODE) {
        Ok(()) | Err(Errno::EXIST) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

pub(super) fn is_file(stat: &Stat) -> bool {
    FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
}

/// The length of what counts: a regular file. A link or a folder has none.
pub(super) fn length(stat: &Stat) -> u64 {
    if is_file(stat) { u64::try_from(stat.st_size).unwrap_or(0) } else { 0 }
}

pub(super) fn look(folder: BorrowedFd<'_>, name: &str) -> io::Result<Option<Stat>> {
    match statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether a repository has a directory.
pub(crate) fn exists(repository: &Path) -> io::Result<bool> {
    match open_folder(repository, "") {
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn blob(file: OwnedFd) -> io::Result<Blob> {
    let stat = fstat(&file)?;
    if !is_file(&stat) {
        return Err(io::ErrorKind::NotFound.into());
    }
    Ok(Blob { length: length(&stat), file: Open::from(file) })
}

/// Opens a file for reading.
pub(crate) fn open(repository: &Path, file: File) -> io::Result<Blob> {
    let folder = open_folder(repository, &folder(file))?;
    match openat(&folder, leaf(&file), READ, Mode::empty()) {
        Ok(file) => blob(file),
        // A link where a blob should be.
        Err(Errno::LOOP) => Err(io::ErrorKind::NotFound.into()),
        Err(error) => Err(error.into()),
    }
}

/// Opens a file for reading if the kernel knows all of its path already. Never waits for the disk, so it may be called
/// on an async thread.
pub(crate) fn glance(repository: &Path, file: File) -> Glance {
    let folder_flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    let below = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::CACHED;
    let path = match file {
        File::Config => "config".to_owned(),
        File::Blob(..) => format!("{}/{}", folder(file), leaf(&file)),
    };
    let opened = openat2(CWD, repository, folder_flags, Mode::empty(), ResolveFlags::CACHED)
        .and_then(|repository| openat2(&repository, path, READ, Mode::empty(), below));
    match opened.map(blob) {
        Ok(Ok(blob)) => Glance::Found(blob),
        Err(Errno::NOENT) => Glance::Missing,
        // Not cached, an old kernel, or something odd that deserves a proper look.
        Err(_) | Ok(Err(_)) => Glance::Unknown,
    }
}

impl Pool {
    /// Opens the folder for uploads under way and creates it if need be.
    pub(crate) fn open(root: OwnedFd) -> io::Result<Self> {
        make(root.as_fd(), INCOMING)?;
        let folder = openat(&root, INCOMING, FOLDER, Mode::empty())?;
        let is_nameless = can_be_nameless(folder.as_fd());
        Ok(Self { root, folder, is_nameless, next: AtomicU64::new(0), syncs: Syncs::default() })
    }

    #[cfg(test)]
    pub(crate) fn at(directory: &Path) -> Self {
        Self::open(openat(CWD, directory, FOLDER, Mode::empty()).unwrap()).unwrap()
    }

    /// A name for the folder of uploads that no other upload of this process has.
    pub(super) fn fresh_name(&self) -> String {
        format!("{:016x}", self.next.fetch_add(1, Ordering::Relaxed))
    }

    /// Removes what a process that died has left of its uploads. Returns how many files that were.
    pub(crate) fn wipe(&self) -> io::Result<usize> {
        let mut wiped = 0;
        for entry in Dir::read_from(&self.folder)? {
            let entry = entry?;
            if matches!(entry.file_name().to_bytes(), b"." | b"..") {
                continue;
            }
            unlinkat(&self.folder, entry.file_name(), AtFlags::empty())?;
            wiped += 1;
        }
        Ok(wiped)
    }

    /// Creates a repository's folders; those that exist stay as they are. Always in the directory that was opened, whatever
    /// has taken its path meanwhile.
    pub(crate) fn create(&self, repository: &Path) -> io::Result<()> {
        let name = repository.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        match mkdirat(&self.root, name, FOLDER_MODE) {
            Ok(()) => fsync(&self.root)?,
            Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let root = openat(&self.root, name, FOLDER, Mode::empty())?;
        for kind in Kind::ALL {
            make(root.as_fd(), kind.folder())?;
        }
        let data = open_folder(repository, Kind::Data.folder())?;
        for shard in 0..=u8::MAX {
            make(data.as_fd(), &format!("{shard:02x}"))?;
        }
        self.syncs.sync(data.as_fd())?;
        self.syncs.sync(root.as_fd())
    }

    /// Makes everything durable that was done in a folder before this call.
    pub(super) fn sync(&self, folder: BorrowedFd<'_>) -> io::Result<()> {
        self.syncs.sync(folder)
    }
}

/// Removes a file. Returns its length in bytes, or nothing if it was not there.
pub(crate) fn remove(repository: &Path, file: File, alone: &Mutex<()>) -> io::Result<Option<u64>> {
    let folder = match open_folder(repository, &folder(file)) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    // What is measured must be what is unlinked: nobody else removes or replaces meanwhile.
    let _alone = lock(alone);
    let Some(stat) = look(folder.as_fd(), leaf(&file))? else { return Ok(None) };
    match unlinkat(&folder, leaf(&file), AtFlags::empty()) {
        Ok(()) => Ok(Some(length(&stat))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Makes removals in these folders durable.
pub(crate) fn sync_folders<'a>(repository: &Path, folders: impl IntoIterator<Item = &'a String>) -> io::Result<()> {
    for path in folders {
        match open_folder(repository, path) {
            Ok(folder) => fsync(&folder)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// How many blobs a folder holds.
pub(super) fn count(folder: &OwnedFd) -> io::Result<usize> {
    let mut count = 0;
    for entry in Dir::read_from(folder)? {
        if entry?.file_name().to_str().is_ok_and(|name| Name::parse(name).is_some()) {
            count += 1;
        }
    }
    Ok(count)
}

/// The bytes that a repository uses: the lengths of all of its files. A repository that was never created uses none.
pub(crate) fn measure(repository: &Path) -> io::Result<u64> {
    match openat(CWD, repository, FOLDER, Mode::empty()) {
        Ok(folder) => measure_folder(&folder),
        Err(Errno::NOENT) => Ok(0),
        Err(error) => Err(error.into()),
    }
}

fn measure_folder(folder: &OwnedFd) -> io::Result<u64> {
    let mut total = 0;
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if matches!(name.to_bytes(), b"." | b"..") {
            continue;
        }
        let stat = statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        total += match FileType::from_raw_mode(stat.st_mode) {
            FileType::Directory => measure_folder(&openat(folder, name, FOLDER, Mode::empty())?)?,
            _ => length(&stat),
        };
    }
    Ok(total)
}

/// When the newest snapshot of a repository was written, if it has one.
pub(crate) fn newest_snapshot(repository: &Path) -> io::Result<Option<SystemTime>> {
    let folder = match open_folder(repository, Kind::Snapshots.folder()) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let mut newest = None;
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        let Some(name) = entry.file_name().to_str().ok().and_then(Name::parse) else { continue };
        let Some(stat) = look(folder.as_fd(), name.as_str())?.filter(is_file) else { continue };
        let seconds = u64::try_from(stat.st_mtime).unwrap_or(0);
        let nanoseconds = u32::try_from(stat.st_mtime_nsec).unwrap_or(0);
        newest = newest.max(SystemTime::UNIX_EPOCH.checked_add(Duration::new(seconds, nanoseconds)));
    }
    Ok(newest)
}
