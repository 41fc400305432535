//! Ballast: a file that only takes space, thrown overboard when a disk is full, so that what must go on (a lock, a
//! deletion, a row in the database) finds room. Every function blocks.

use std::fs::File as Open;
use std::io;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{FallocateFlags, fallocate, statvfs};

/// The file's name.
const BALLAST: &str = ".ballast";

/// Enough for locks, an index or two, and many commits.
const MOST: u64 = 32 * 1024 * 1024;

/// The ballast of one directory.
#[derive(Debug)]
pub(crate) struct Ballast {
    path: PathBuf,
    bytes: u64,
}

impl Ballast {
    /// Ballast for a directory on a file system of which `keep_free` bytes are kept from backups: a quarter of them.
    pub(crate) fn of(directory: &Path, keep_free: u64) -> Self {
        Self { path: directory.join(BALLAST), bytes: (keep_free / 4).min(MOST) }
    }

    /// Throws it overboard; false if there is none.
    pub(crate) fn give_up(&self) -> bool {
        // By length first: the blocks are free before the name has gone.
        let cut = Open::options().write(true).open(&self.path).and_then(|file| {
            let length = file.metadata()?.len();
            file.set_len(0)?;
            Ok(length)
        });
        cut.is_ok_and(|length| length > 0)
    }

    /// Takes it on if there is room for it beside what is to stay free. Whether it is there then.
    pub(crate) fn take_on_beside(&self, keep_free: u64) -> io::Result<bool> {
        let stat = statvfs(self.path.parent().unwrap_or(Path::new(".")))?;
        if stat.f_bavail.saturating_mul(stat.f_frsize) < keep_free {
            return Ok(self.is_there());
        }
        self.take_on()?;
        Ok(true)
    }

    fn is_there(&self) -> bool {
        self.bytes == 0 || self.path.metadata().is_ok_and(|there| there.len() == self.bytes)
    }

    /// Takes it on, unless it is there.
    pub(crate) fn take_on(&self) -> io::Result<()> {
        if self.is_there() {
            return Ok(());
        }
        let file = Open::options().create(true).truncate(true).write(true).mode(0o600).open(&self.path)?;
        fallocate(&file, FallocateFlags::empty(), 0, self.bytes)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ballast_is_taken_on_and_given_up_once() {
        let directory = tempfile::tempdir().unwrap();
        let ballast = Ballast::of(directory.path(), 4 * 8192);
        assert!(!ballast.give_up(), "there is none");
        ballast.take_on().unwrap();
        ballast.take_on().unwrap();
        let path = directory.path().join(BALLAST);
        assert_eq!(path.metadata().unwrap().len(), 8192);
        assert!(ballast.give_up());
        assert!(!ballast.give_up());
        assert_eq!(path.metadata().unwrap().len(), 0);
        ballast.take_on().unwrap();
        assert!(ballast.give_up());
    }
}
