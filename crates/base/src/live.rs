//! What happens, told to those who watch: pages that are open. Nothing here is kept; who misses something reads it from the
//! change log, or is told to look at everything anew.

use std::sync::{Arc, Mutex, PoisonError};

use api::change::ChangeAction;
use api::task::TaskState;
use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;
use tree::Path;

/// So much may happen before somebody who is slow to listen has missed something.
const BEHIND: usize = 1024;

/// Something that happened.
#[derive(Clone, Debug)]
pub enum Happened {
    /// Was written to the change log.
    Change(Changed),
    /// Used bytes, last backups or refusals are others at these places; nothing said: at many.
    Usage(Option<Vec<Path>>),
    /// A task has moved on.
    Task(Moved),
}

/// An entry of the change log, as far as somebody who looks at its subject needs it.
#[derive(Clone, Debug)]
pub struct Changed {
    pub number: i64,
    pub action: ChangeAction,
    pub subject_kind: String,
    pub subject_id: String,
    /// Where it happened.
    pub path: Path,
}

/// How far a task is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The account that began it.
    pub account_id: String,
    pub task_id: String,
    pub state: TaskState,
    pub done: i64,
    pub total: i64,
}

/// Those who watch.
#[derive(Debug)]
pub struct Live {
    sender: broadcast::Sender<Arc<Happened>>,
    /// Up to which change the newest watchers have read by themselves: the lowest of them.
    from: Mutex<Option<i64>>,
    ended: CancellationToken,
}

impl Default for Live {
    fn default() -> Self {
        Self { sender: broadcast::Sender::new(BEHIND), from: Mutex::default(), ended: CancellationToken::new() }
    }
}

impl Live {
    /// Whether anybody watches.
    pub fn is_watched(&self) -> bool {
        self.sender.receiver_count() > 0
    }

    /// Watches from now on. Changes behind `number` are told, some of them perhaps twice.
    pub fn watch(&self, number: i64) -> broadcast::Receiver<Arc<Happened>> {
        let receiver = self.sender.subscribe();
        let mut from = self.from.lock().unwrap_or_else(PoisonError::into_inner);
        *from = Some(from.map_or(number, |before| before.min(number)));
        receiver
    }

    /// From which change on the newest watchers have to be told, if there are any since this was asked.
    pub fn take_from(&self) -> Option<i64> {
        self.from.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    pub fn tell(&self, happened: Happened) {
        // Nobody may be left to hear it.
        let _ = self.sender.send(Arc::new(happened));
    }

    /// Ends all watching: the process stops.
    pub fn close(&self) {
        self.ended.cancel();
    }

    /// Ends with the process.
    pub fn ended(&self) -> CancellationToken {
        self.ended.clone()
    }
}
