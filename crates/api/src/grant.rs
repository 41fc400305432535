//! Where the control plane and the gateway meet: the table that the gateway admits by, and the ports through which it
//! asks for what needs a database. Neither side knows the other.
//!
//! The control plane compiles one [`Grant`] per device and puts it into [`Grants`]; the gateway looks it up by user name
//! on every request. A request holds the grant that it began with; when that grant is withdrawn or replaced, its token
//! is cancelled, and a running upload looks the user name up again and goes on or is cut.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::id::{DeviceId, RepositoryId};

/// How long an unconfirmed table still admits uploads. Reads go on: they harm nobody.
pub const STALE_AFTER: Duration = Duration::from_secs(10);

/// SHA-256 of a device's password. The password has 256 random bits, so a fast digest is as good as a slow one.
pub type Digest = [u8; 32];

/// What one device may do, compiled from rows.
#[derive(Clone, PartialEq, Eq)]
pub struct Grant {
    pub device: DeviceId,
    pub repository: RepositoryId,
    /// What the client signs in with.
    pub username: String,
    pub secret: Digest,
    /// The repository's directory. Absolute.
    pub directory: PathBuf,
    pub standing: Standing,
}

impl std::fmt::Debug for Grant {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Grant")
            .field("device", &self.device)
            .field("repository", &self.repository)
            .field("standing", &self.standing)
            .finish_non_exhaustive()
    }
}

/// What the states of a device's ancestors leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    Active,
    /// Reads and locks pass; whatever would store or destroy backups is refused.
    BackupsStopped(Sentence),
    /// Everything is refused.
    FullStop(Sentence),
}

/// What a refused client is told: one line of printable ASCII, at most 100 bytes, fit for a reason phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sentence(String);

impl Sentence {
    pub const MAX: usize = 100;

    /// Other characters become `?`, runs of white space one blank, the rest is cut.
    pub fn new(text: &str) -> Self {
        let mut line = String::with_capacity(Self::MAX);
        for word in text.split_whitespace() {
            if !line.is_empty() {
                line.push(' ');
            }
            line.extend(word.chars().map(|c| if c.is_ascii_graphic() { c } else { '?' }));
        }
        line.truncate(Self::MAX);
        line.truncate(line.trim_end().len());
        Self(line)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A grant as it is held: with the token that tells of its end.
#[derive(Debug)]
pub struct Held {
    pub grant: Grant,
    withdrawn: CancellationToken,
}

impl Held {
    /// Cancelled when this grant was withdrawn or replaced by a different one.
    pub fn withdrawn(&self) -> &CancellationToken {
        &self.withdrawn
    }
}

type Table = HashMap<String, Arc<Held>>;

/// The table of all grants. Reading takes no lock; changes are serialised.
#[derive(Debug)]
pub struct Grants {
    table: ArcSwap<Table>,
    writing: Mutex<()>,
    confirmed: ArcSwap<Option<Instant>>,
}

impl Default for Grants {
    fn default() -> Self {
        Self {
            table: ArcSwap::from_pointee(Table::new()),
            writing: Mutex::new(()),
            confirmed: ArcSwap::from_pointee(None),
        }
    }
}

impl Grants {
    /// The grant of a user name.
    pub fn find(&self, username: &str) -> Option<Arc<Held>> {
        self.table.load().get(username).cloned()
    }

    pub fn len(&self) -> usize {
        self.table.load().len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Puts `grants` in place of what their user names had and withdraws `gone`. Returns how many entries changed.
    pub fn update(&self, grants: Vec<Grant>, gone: &[String]) -> usize {
        let _writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut table = Table::clone(&self.table.load());
        let mut replaced = Vec::new();
        let mut changed = 0;
        for grant in grants {
            if table.get(&grant.username).is_some_and(|held| held.grant == grant) {
                continue;
            }
            changed += 1;
            let username = grant.username.clone();
            let held = Arc::new(Held { grant, withdrawn: CancellationToken::new() });
            replaced.extend(table.insert(username, held));
        }
        for username in gone {
            if let Some(held) = table.remove(username) {
                changed += 1;
                replaced.push(held);
            }
        }
        if changed > 0 {
            self.table.store(Arc::new(table));
            // Only now: whoever wakes up must find the new table.
            for held in replaced {
                held.withdrawn.cancel();
            }
        }
        changed
    }

    /// Makes the table hold exactly `grants`. Returns how many entries changed.
    pub fn replace(&self, grants: Vec<Grant>) -> usize {
        let gone: Vec<String> = {
            let keep: std::collections::HashSet<&str> = grants.iter().map(|grant| grant.username.as_str()).collect();
            self.table.load().keys().filter(|username| !keep.contains(username.as_str())).cloned().collect()
        };
        self.update(grants, &gone)
    }

    /// Says that the table agreed with the database at this instant.
    pub fn confirm(&self, now: Instant) {
        self.confirmed.store(Arc::new(Some(now)));
    }

    /// Whether the table was confirmed recently enough to admit uploads by.
    pub fn is_fresh(&self, now: Instant) -> bool {
        self.confirmed.load().is_some_and(|at| now.saturating_duration_since(at) < STALE_AFTER)
    }
}

/// The database was not reachable; what was asked for did not happen.
#[derive(Debug)]
pub struct Unavailable;

/// What [`Ledger::open`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The last stored counter.
    pub used_bytes: u64,
    /// The repository was left open by a process that died: the counter must be taken from the disk.
    pub was_open: bool,
}

/// Counters of one repository as they are stored: absolute values, so that storing them twice does no harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reading {
    pub repository: RepositoryId,
    pub used_bytes: u64,
    /// When the newest snapshot arrived, if one did since the process began to watch.
    pub last_snapshot_at: Option<Timestamp>,
    /// Nothing is in flight any more: the stored counter is true until the repository is opened again.
    pub closed: bool,
}

/// A repository that a process which died had left open.
#[derive(Clone, Debug)]
pub struct LeftOpen {
    pub repository: RepositoryId,
    pub directory: PathBuf,
    /// The last stored counter: a directory that should hold something and is missing lies on a disk that is not there.
    pub used_bytes: u64,
}

/// The bookkeeping that the control plane keeps for the gateway. Wired up by the binary.
pub trait Ledger: Send + Sync + 'static {
    /// Commits that the repository may be written to from now on, before its first write after idling.
    fn open<'a>(&'a self, repository: &'a RepositoryId) -> BoxFuture<'a, Result<Opened, Unavailable>>;

    /// Stores counters and adds the differences to every ancestor, in one transaction.
    fn store(&self, readings: Vec<Reading>) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// Remembers that these devices have signed in at least once: their credentials are never handed out again.
    fn first_contact(&self, devices: Vec<DeviceId>) -> BoxFuture<'_, Result<(), Unavailable>>;

    /// The repositories to recount before anything is admitted.
    fn left_open(&self) -> BoxFuture<'_, Result<Vec<LeftOpen>, Unavailable>>;
}

/// What the control plane asks of the gateway before it reads totals. Wired up by the binary.
pub trait Meter: Send + Sync + 'static {
    /// Stores every counter that differs from what was stored last.
    fn flush(&self) -> BoxFuture<'_, Result<(), Unavailable>>;
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn grant(n: u128, standing: Standing) -> Grant {
        let device = DeviceId::new(Uuid::from_u128(n));
        Grant {
            username: device.to_string(),
            device,
            repository: RepositoryId::new(Uuid::from_u128(n)),
            secret: [0; 32],
            directory: PathBuf::from("/pool"),
            standing,
        }
    }

    #[test]
    fn a_changed_grant_cancels_those_that_hold_the_old_one_and_no_other() {
        let grants = Grants::default();
        let (one, two) = (grant(1, Standing::Active), grant(2, Standing::Active));
        assert_eq!(grants.update(vec![one.clone(), two.clone()], &[]), 2);
        let (held_one, held_two) = (grants.find(&one.username).unwrap(), grants.find(&two.username).unwrap());

        let stopped = grant(1, Standing::BackupsStopped(Sentence::new("Customer acme is suspended")));
        assert_eq!(grants.update(vec![stopped.clone(), two.clone()], &[]), 1);

        assert!(held_one.withdrawn().is_cancelled());
        assert!(!held_two.withdrawn().is_cancelled());
        assert_eq!(grants.find(&one.username).unwrap().grant, stopped);
    }

    #[test]
    fn replace_withdraws_what_is_not_named() {
        let grants = Grants::default();
        let (one, two) = (grant(1, Standing::Active), grant(2, Standing::Active));
        grants.replace(vec![one.clone(), two.clone()]);
        let held = grants.find(&one.username).unwrap();
        assert_eq!(grants.replace(vec![two.clone()]), 1);
        assert!(held.withdrawn().is_cancelled());
        assert!(grants.find(&one.username).is_none());
        assert_eq!(grants.replace(vec![two]), 0, "the same table again changes nothing");
    }

    #[test]
    fn a_sentence_is_one_short_line_of_printable_ascii() {
        assert_eq!(Sentence::new("Ask\r\nEvil: header").as_str(), "Ask Evil: header");
        assert_eq!(Sentence::new("Zahlung überfällig\u{0}").as_str(), "Zahlung ?berf?llig?");
        assert_eq!(Sentence::new(&"x".repeat(300)).as_str().len(), Sentence::MAX);
        assert_eq!(Sentence::new(&format!("{} tail", "x".repeat(99))).as_str().len(), 99);
    }

    #[test]
    fn a_table_that_was_never_confirmed_or_too_long_ago_is_not_fresh() {
        let grants = Grants::default();
        let now = Instant::now();
        assert!(!grants.is_fresh(now));
        grants.confirm(now);
        assert!(grants.is_fresh(now + STALE_AFTER - Duration::from_millis(1)));
        assert!(!grants.is_fresh(now + STALE_AFTER));
    }
}
