//! Group commit for directories: a rename is durable only when its directory was synced after it, and one sync serves
//! every rename that came before it began.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::io;
use std::os::fd::BorrowedFd;
use std::sync::{Arc, Condvar, Mutex, PoisonError};

use rustix::fs::{fstat, fsync};

use crate::lock;

/// A directory as the kernel knows it: device and inode.
type Key = (u64, u64);

/// The directories that somebody waits for.
#[derive(Debug, Default)]
pub(crate) struct Syncs {
    waiting: Mutex<HashMap<Key, Arc<Group>>>,
}

#[derive(Debug, Default)]
struct Group {
    state: Mutex<State>,
    ended: Condvar,
}

/// Rounds are numbered from one.
#[derive(Debug, Default)]
struct State {
    running: bool,
    begun: u64,
    succeeded: u64,
    waiters: usize,
}

impl Syncs {
    /// Blocks until everything that was done in the directory before this call is durable.
    pub(crate) fn sync(&self, directory: BorrowedFd<'_>) -> io::Result<()> {
        let stat = fstat(directory)?;
        let key = (stat.st_dev, stat.st_ino);
        let group = {
            let mut waiting = lock(&self.waiting);
            let group = Arc::clone(waiting.entry(key).or_default());
            // Under the table's lock, so that a group with waiters is never taken out.
            lock(&group.state).waiters += 1;
            group
        };
        let result = group.sync(|| fsync(directory).map_err(io::Error::from));
        let mut waiting = lock(&self.waiting);
        let mut state = lock(&group.state);
        state.waiters -= 1;
        if state.waiters == 0
            && let Entry::Occupied(entry) = waiting.entry(key)
        {
            entry.remove();
        }
        result
    }
}

impl Group {
    fn sync(&self, fsync: impl Fn() -> io::Result<()>) -> io::Result<()> {
        let mut state = lock(&self.state);
        // A round that already runs may have begun before our rename: the next one counts.
        let needed = state.begun + 1;
        loop {
            if state.succeeded >= needed {
                return Ok(());
            }
            if state.running {
                state = self.ended.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            state.running = true;
            state.begun += 1;
            let round = state.begun;
            drop(state);
            let result = fsync();
            state = lock(&self.state);
            state.running = false;
            if result.is_ok() {
                state.succeeded = round;
            }
            drop(state);
            // Those for whom a failed round was meant try again themselves and see the error.
            self.ended.notify_all();
            return result;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::fd::AsFd;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    #[test]
    fn one_round_serves_all_who_wait() {
        let (group, rounds) = (Arc::new(Group::default()), Arc::new(AtomicUsize::new(0)));
        let threads: Vec<_> = (0..32)
            .map(|_| {
                let (group, rounds) = (Arc::clone(&group), Arc::clone(&rounds));
                std::thread::spawn(move || {
                    group.sync(|| {
                        rounds.fetch_add(1, Ordering::SeqCst);
                        std::thread::sleep(Duration::from_millis(50));
                        Ok(())
                    })
                })
            })
            .collect();
        for thread in threads {
            thread.join().unwrap().unwrap();
        }
        assert!(rounds.load(Ordering::SeqCst) < 16, "{rounds:?}");
    }

    #[test]
    fn a_failed_round_fails_for_everyone_who_needed_it() {
        let group = Arc::new(Group::default());
        let threads: Vec<_> = (0..8)
            .map(|_| {
                let group = Arc::clone(&group);
                std::thread::spawn(move || {
                    group.sync(|| {
                        std::thread::sleep(Duration::from_millis(5));
                        Err(io::Error::other("no"))
                    })
                })
            })
            .collect();
        for thread in threads {
            assert!(thread.join().unwrap().is_err());
        }
        assert!(group.sync(|| Ok(())).is_ok());
    }

    #[test]
    fn nothing_is_kept_of_a_directory_that_nobody_waits_for() {
        let syncs = Syncs::default();
        let directory = tempfile::tempdir().unwrap();
        let open = std::fs::File::open(directory.path()).unwrap();
        syncs.sync(open.as_fd()).unwrap();
        assert!(lock(&syncs.waiting).is_empty());
    }
}
