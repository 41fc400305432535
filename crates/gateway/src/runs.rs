//! Jobs, recognised from what clients do. A client's run begins with its first request after it was still. One that has
//! locked its repository, as restic does, ends when its last lock is gone; one that locks nothing, as rustic, when it has been
//! still for two minutes; and one that has left its lock behind when it could not have been still for so long. What two clients
//! of one device do at the same time can't be told apart, and is one run.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use api::Code;
use api::backup::RefusedOperation;
use api::grant::{Grant, Ledger, Run, Sentence, Unavailable};
use api::id::DeviceId;
use api::job::{JobKind, JobOutcome};
use jiff::Timestamp;
use uuid::Uuid;

use crate::answer::Refusal;
use crate::protocol::{File, Kind, Name, Operation};
use crate::trail::is_telling;
use crate::{Clock, lock};

/// Who has unlocked and is still for so long has ended: some clients look once more.
const UNLOCKED: Duration = Duration::from_secs(3);
/// Who has locked nothing and is still for so long has ended.
const STILL: Duration = Duration::from_mins(2);
/// Who has locked renews its lock every five minutes.
const LEFT: Duration = Duration::from_mins(11);

/// Parts of the runs, so that requests on many connections don't queue.
const PARTS: usize = 64;
/// Runs that have ended and are not stored; of more nothing is kept until these are.
const KEPT: usize = 100_000;

#[derive(Debug)]
struct Running {
    device: DeviceId,
    began: Timestamp,
    address: Option<IpAddr>,
    requests: AtomicU32,
    /// Microseconds since 1970.
    moved: AtomicI64,
    received: AtomicU64,
    sent: AtomicU64,
    removed: AtomicU64,
    seen: Mutex<Seen>,
}

/// What was done.
#[derive(Debug, Default)]
struct Seen {
    locks: HashSet<Name>,
    has_locked: bool,
    /// Files of which a backup consists.
    stored: u64,
    snapshots: u32,
    removed: u64,
    has_read_data: bool,
    refusal: Option<(RefusedOperation, Code, String)>,
}

impl Seen {
    /// What it looks like; nothing for what is no job: a look at what is there.
    fn kind(&self) -> Option<JobKind> {
        let tried = self.refusal.as_ref().map(|(operation, ..)| *operation);
        if self.snapshots > 0 && self.removed == 0 {
            return Some(JobKind::Backup);
        }
        if self.removed > 0 || (tried == Some(RefusedOperation::Delete) && self.snapshots == 0) {
            return Some(JobKind::Delete);
        }
        if self.snapshots > 0 || self.stored > 0 || tried == Some(RefusedOperation::Upload) {
            return Some(JobKind::Backup);
        }
        self.has_read_data.then_some(JobKind::Restore)
    }

    fn outcome(&self, kind: JobKind) -> JobOutcome {
        match kind {
            JobKind::Backup if self.snapshots > 0 => JobOutcome::Completed,
            _ if self.refusal.is_some() => JobOutcome::Refused,
            JobKind::Backup => JobOutcome::Unfinished,
            JobKind::Restore | JobKind::Delete => JobOutcome::Completed,
        }
    }

    fn has_unlocked(&self) -> bool {
        self.has_locked && self.locks.is_empty()
    }
}

impl Running {
    fn has_ended(&self, now: Timestamp) -> bool {
        if self.requests.load(Ordering::Acquire) > 0 {
            return false;
        }
        let still = now.as_microsecond() - self.moved.load(Ordering::Relaxed);
        let seen = lock(&self.seen);
        let patience = match (seen.has_locked, seen.locks.is_empty()) {
            (true, true) => UNLOCKED,
            (false, _) => STILL,
            (true, false) => LEFT,
        };
        u128::try_from(still).is_ok_and(|still| still >= patience.as_micros())
    }

    /// As it stands; nothing where it is no job.
    fn run(&self) -> Option<Run> {
        let seen = lock(&self.seen);
        let kind = seen.kind()?;
        Some(Run {
            device: self.device.clone(),
            kind,
            outcome: seen.outcome(kind),
            began: self.began,
            moved: Timestamp::from_microsecond(self.moved.load(Ordering::Relaxed)).unwrap_or(self.began),
            received_bytes: self.received.load(Ordering::Relaxed),
            sent_bytes: self.sent.load(Ordering::Relaxed),
            snapshots: seen.snapshots,
            removed_files: seen.removed,
            removed_bytes: self.removed.load(Ordering::Relaxed),
            refusal: seen.refusal.as_ref().map(|(_, code, sentence)| (code.as_str().to_owned(), sentence.clone())),
            address: self.address.map(|address| address.to_string()),
        })
    }
}

pub(crate) struct Runs {
    running: [Mutex<HashMap<Uuid, Arc<Running>>>; PARTS],
    ended: Mutex<Vec<Run>>,
    clock: Clock,
}

impl Runs {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { running: std::array::from_fn(|_| Mutex::default()), ended: Mutex::default(), clock }
    }

    fn part(&self, device: Uuid) -> &Mutex<HashMap<Uuid, Arc<Running>>> {
        &self.running[usize::from(device.as_bytes()[15]) % PARTS]
    }

    /// A request begins.
    pub(crate) fn begin(self: &Arc<Self>, grant: &Grant, from: impl FnOnce() -> Option<IpAddr>) -> Option<Doing> {
        let device = grant.device.uuid()?;
        let now = (self.clock)();
        let mut part = lock(self.part(device));
        // Who comes after everything was unlocked does something else.
        let former = part.get(&device).filter(|run| {
            run.requests.load(Ordering::Acquire) > 0 || !(lock(&run.seen).has_unlocked() || run.has_ended(now))
        });
        let former = former.map(Arc::clone);
        let running = former.unwrap_or_else(|| {
            let run = Arc::new(Running {
                device: grant.device.clone(),
                began: now,
                address: from(),
                requests: AtomicU32::new(0),
                moved: AtomicI64::new(now.as_microsecond()),
                received: AtomicU64::new(0),
                sent: AtomicU64::new(0),
                removed: AtomicU64::new(0),
                seen: Mutex::default(),
            });
            if let Some(ended) = part.insert(device, Arc::clone(&run)) {
                self.end(&ended);
            }
            run
        });
        running.requests.fetch_add(1, Ordering::AcqRel);
        Some(Doing { runs: Arc::clone(self), running })
    }

    fn end(&self, running: &Running) {
        let Some(run) = running.run() else { return };
        let (kind, outcome) = (<&str>::from(run.kind), <&str>::from(run.outcome));
        metrics::counter!("tenantry_jobs_total", "kind" => kind, "outcome" => outcome).increment(1);
        let mut ended = lock(&self.ended);
        if ended.len() < KEPT {
            ended.push(run);
        }
    }

    /// How many clients are at work.
    pub(crate) fn count(&self) -> usize {
        self.running.iter().map(|part| lock(part).len()).sum()
    }

    /// What the device is about right now.
    pub(crate) fn of(&self, device: &DeviceId) -> Option<Run> {
        let device = device.uuid()?;
        let running = lock(self.part(device)).get(&device).cloned()?;
        running.run()
    }

    /// What has ended and is not stored; all of it, where everything ends.
    fn take_ended(&self, all: bool) -> Vec<Run> {
        let now = (self.clock)();
        for part in &self.running {
            lock(part).retain(|_, running| {
                let has_ended = all || running.has_ended(now);
                if has_ended {
                    self.end(running);
                }
                !has_ended
            });
        }
        std::mem::take(&mut *lock(&self.ended))
    }

    /// Stores what has ended; all of it, where everything ends. Returns how many runs.
    pub(crate) async fn flush(&self, ledger: &Arc<dyn Ledger>, all: bool) -> Result<u64, Unavailable> {
        let ended = self.take_ended(all);
        if ended.is_empty() {
            return Ok(0);
        }
        let count = ended.len() as u64;
        if ledger.ran(ended.clone()).await.is_ok() {
            return Ok(count);
        }
        let mut newer = lock(&self.ended);
        let mut kept = ended;
        kept.append(&mut newer);
        kept.truncate(KEPT);
        *newer = kept;
        Err(Unavailable)
    }
}

impl std::fmt::Debug for Runs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runs").finish_non_exhaustive()
    }
}

/// A request that is under way, until this is dropped.
#[derive(Debug)]
pub(crate) struct Doing {
    runs: Arc<Runs>,
    running: Arc<Running>,
}

impl Doing {
    /// The same for what outlives its request: an answer that is still sent.
    pub(crate) fn again(&self) -> Self {
        self.running.requests.fetch_add(1, Ordering::AcqRel);
        Self { runs: Arc::clone(&self.runs), running: Arc::clone(&self.running) }
    }

    /// Something was done.
    pub(crate) fn did(&self, operation: Operation, bytes: u64) {
        match operation {
            Operation::Write(File::Blob(Kind::Locks, name)) => {
                let mut seen = lock(&self.running.seen);
                seen.has_locked = true;
                seen.locks.insert(name);
            }
            Operation::Remove(File::Blob(Kind::Locks, name)) => {
                lock(&self.running.seen).locks.remove(&name);
            }
            Operation::Write(File::Blob(kind @ (Kind::Data | Kind::Index | Kind::Snapshots), _)) => {
                self.running.received.fetch_add(bytes, Ordering::Relaxed);
                let mut seen = lock(&self.running.seen);
                seen.stored += 1;
                seen.snapshots += u32::from(kind == Kind::Snapshots);
            }
            Operation::Remove(File::Blob(Kind::Data | Kind::Index | Kind::Snapshots, _)) => {
                lock(&self.running.seen).removed += 1;
            }
            Operation::Read(File::Blob(Kind::Data, _)) => lock(&self.running.seen).has_read_data = true,
            // Making a repository, its keys and its config, and looking around are no jobs.
            _ => {}
        }
    }

    /// A file of so many bytes is gone.
    pub(crate) fn removed(&self, file: File, bytes: u64) {
        if let File::Blob(Kind::Data | Kind::Index | Kind::Snapshots, _) = file {
            self.running.removed.fetch_add(bytes, Ordering::Relaxed);
        }
    }

    /// Bytes of an answer have passed.
    pub(crate) fn sent(&self, bytes: u64) {
        self.running.sent.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Something was refused.
    pub(crate) fn refused(&self, operation: Operation, refusal: &Refusal) {
        if !is_telling(refusal.code()) {
            return;
        }
        let kind = crate::trail::kind_of(operation);
        let mut seen = lock(&self.running.seen);
        // What a backup or a deletion was refused says more than a read before it, and the first of it says why.
        let says_more = |known: RefusedOperation| known == RefusedOperation::Read && kind != RefusedOperation::Read;
        if seen.refusal.as_ref().is_none_or(|(known, ..)| says_more(*known)) {
            let sentence = Sentence::new(refusal.detail()).as_str().to_owned();
            seen.refusal = Some((kind, refusal.code(), sentence));
        }
    }
}

impl Drop for Doing {
    fn drop(&mut self) {
        self.running.moved.store((self.runs.clock)().as_microsecond(), Ordering::Relaxed);
        self.running.requests.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicI64;

    use api::grant::{Deletions, Pool, Standing};
    use api::id::{RepositoryId, StoragePoolId};

    use super::*;

    /// One device and its clock, in seconds.
    struct Client {
        runs: Arc<Runs>,
        grant: Grant,
        now: Arc<AtomicI64>,
    }

    fn client() -> Client {
        let now = Arc::new(AtomicI64::new(1000));
        let clock = Arc::clone(&now);
        let id = Uuid::from_u128(1);
        let grant = Grant {
            device: DeviceId::new(id),
            repository: RepositoryId::new(id),
            username: DeviceId::new(id).to_string(),
            secret: [0; 32],
            pool: Arc::new(Pool::at(StoragePoolId::new(id), "/pool".into())),
            directory: "/pool/1".into(),
            standing: Standing::Active,
            space: None,
            deletions: Deletions::Allowed,
            licence: None,
            throttle: None,
        };
        let clock: Clock = Arc::new(move || Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap());
        Client { runs: Arc::new(Runs::new(clock)), grant, now }
    }

    fn file(kind: Kind, letter: char) -> File {
        File::Blob(kind, Name::parse(&letter.to_string().repeat(64)).unwrap())
    }

    impl Client {
        fn does(&self, operation: Operation, bytes: u64) {
            self.runs.begin(&self.grant, || None).unwrap().did(operation, bytes);
        }

        fn is_refused(&self, operation: Operation, code: Code) {
            self.runs.begin(&self.grant, || None).unwrap().refused(operation, &Refusal::new(code, "No"));
        }

        fn wait(&self, seconds: i64) {
            self.now.fetch_add(seconds, Ordering::Relaxed);
        }

        /// What has ended by now.
        fn ended(&self) -> Vec<Run> {
            self.runs.take_ended(false)
        }
    }

    #[test]
    fn what_locks_ends_with_its_last_lock_and_the_next_command_is_another_run() {
        let client = client();
        client.does(Operation::Read(File::Config), 0);
        client.does(Operation::Write(file(Kind::Locks, 'a')), 100);
        client.does(Operation::Write(file(Kind::Data, 'b')), 5000);
        // It renews its lock, and takes longer than one that locks nothing may be still.
        client.wait(300);
        client.does(Operation::Write(file(Kind::Locks, 'c')), 100);
        client.does(Operation::Remove(file(Kind::Locks, 'a')), 0);
        assert!(client.ended().is_empty());
        let running = client.runs.of(&client.grant.device).unwrap();
        assert_eq!((running.kind, running.outcome), (JobKind::Backup, JobOutcome::Unfinished));
        client.wait(200);
        client.does(Operation::Write(file(Kind::Snapshots, 'd')), 300);
        client.does(Operation::Remove(file(Kind::Locks, 'c')), 0);
        // At once another command.
        client.does(Operation::Write(file(Kind::Locks, 'e')), 100);
        client.does(Operation::Remove(file(Kind::Snapshots, 'd')), 0);
        client.does(Operation::Remove(file(Kind::Locks, 'e')), 0);
        client.wait(4);
        let ended = client.ended();
        let told: Vec<_> =
            ended.iter().map(|run| (run.kind, run.outcome, run.received_bytes, run.removed_files)).collect();
        assert_eq!(
            told,
            [(JobKind::Backup, JobOutcome::Completed, 5300, 0), (JobKind::Delete, JobOutcome::Completed, 0, 1)]
        );
        assert_eq!(ended[0].moved.as_second() - ended[0].began.as_second(), 500);
    }

    #[test]
    fn what_locks_nothing_ends_when_it_is_still_and_a_look_is_no_job() {
        let client = client();
        client.does(Operation::List(Kind::Snapshots), 0);
        client.does(Operation::Read(file(Kind::Index, 'a')), 0);
        client.wait(200);
        assert!(client.ended().is_empty());
        client.does(Operation::Read(file(Kind::Data, 'a')), 0);
        client.runs.begin(&client.grant, || None).unwrap().sent(700);
        // While an answer is under way it goes on, however long it takes.
        let long = client.runs.begin(&client.grant, || None).unwrap().again();
        client.wait(1000);
        assert!(client.ended().is_empty());
        drop(long);
        client.wait(119);
        assert!(client.ended().is_empty());
        client.wait(1);
        let ended = client.ended();
        assert_eq!(
            (ended[0].kind, ended[0].outcome, ended[0].sent_bytes),
            (JobKind::Restore, JobOutcome::Completed, 700)
        );
    }

    #[test]
    fn what_was_refused_says_why_and_what_never_came_is_unfinished() {
        let client = client();
        client.does(Operation::Write(file(Kind::Locks, 'a')), 100);
        client.is_refused(Operation::Write(file(Kind::Data, 'b')), Code::QuotaExceeded);
        client.is_refused(Operation::Write(file(Kind::Data, 'c')), Code::CustomerSuspended);
        client.does(Operation::Remove(file(Kind::Locks, 'a')), 0);
        client.does(Operation::Write(file(Kind::Locks, 'a')), 100);
        client.is_refused(Operation::Remove(file(Kind::Snapshots, 'b')), Code::AppendOnly);
        client.does(Operation::Remove(file(Kind::Locks, 'a')), 0);
        // It dies, and leaves its lock.
        client.does(Operation::Write(file(Kind::Locks, 'd')), 100);
        client.does(Operation::Write(file(Kind::Data, 'e')), 9);
        client.wait(659);
        assert_eq!(client.ended().len(), 2);
        client.wait(1);
        client.does(Operation::Write(file(Kind::Locks, 'f')), 100);
        let ended = client.ended();
        assert_eq!((ended[0].kind, ended[0].outcome), (JobKind::Backup, JobOutcome::Unfinished));
    }

    #[test]
    fn the_first_refusal_of_a_backup_is_the_one_that_is_told() {
        let client = client();
        client.is_refused(Operation::Read(file(Kind::Data, 'b')), Code::Unavailable);
        client.is_refused(Operation::Write(file(Kind::Data, 'b')), Code::QuotaExceeded);
        client.is_refused(Operation::Write(file(Kind::Data, 'c')), Code::CustomerSuspended);
        client.wait(130);
        let ended = client.ended();
        assert_eq!((ended[0].kind, ended[0].outcome), (JobKind::Backup, JobOutcome::Refused));
        assert_eq!(ended[0].refusal, Some(("quota_exceeded".to_owned(), "No".to_owned())));
    }
}
