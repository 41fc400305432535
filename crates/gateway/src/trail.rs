//! What was refused and is not stored yet. Bounded whatever clients do: few refusals of few devices are held, equal ones as
//! one, and they are written behind. A request that is not refused never comes here.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};

use api::Code;
use api::backup::{Refusal, RefusedOperation};
use api::grant::{Grants, Ledger, Sentence, Trail, Unavailable};
use api::id::DeviceId;
use api::units::Time;
use jiff::Timestamp;
use uuid::Uuid;

use crate::answer;
use crate::lock;
use crate::protocol::Operation;

/// Devices with refusals that are not stored; of more nothing is kept until these are.
const DEVICES: usize = 10_000;
/// User names that were tried with a wrong password, known ones and others.
const NAMES: usize = 1000;

#[derive(Default)]
pub(crate) struct Refusals {
    pending: Mutex<HashMap<DeviceId, Trail>>,
    /// Apart, and kept alike for names that nobody has: how long the answer takes tells nobody which exist.
    wrong_passwords: Mutex<HashMap<Uuid, Refusal>>,
}

impl Refusals {
    /// Remembers what a device that had signed in was refused.
    pub(crate) fn note(
        &self,
        device: &DeviceId,
        operation: RefusedOperation,
        refusal: &answer::Refusal,
        at: Timestamp,
        from: Option<IpAddr>,
    ) {
        if !is_telling(refusal.code()) {
            return;
        }
        let refusal = refused(operation, refusal, at, from);
        let mut pending = lock(&self.pending);
        if pending.len() >= DEVICES && !pending.contains_key(device) {
            return;
        }
        pending.entry(device.clone()).or_default().add(refusal);
    }

    /// Remembers that a password was wrong.
    pub(crate) fn note_wrong_password(
        &self,
        name: Uuid,
        refusal: &answer::Refusal,
        at: Timestamp,
        from: Option<IpAddr>,
    ) {
        let refusal = refused(RefusedOperation::SignIn, refusal, at, from);
        let mut names = lock(&self.wrong_passwords);
        if let Some(known) = names.get_mut(&name) {
            known.requests += 1;
            known.last_at = refusal.last_at;
            known.address = refusal.address;
        } else if names.len() < NAMES {
            names.insert(name, refusal);
        }
    }

    /// Stores what was gathered. Returns of how many devices.
    pub(crate) async fn flush(&self, grants: &Grants, ledger: &Arc<dyn Ledger>) -> Result<u64, Unavailable> {
        let mut gathered = std::mem::take(&mut *lock(&self.pending));
        let names = std::mem::take(&mut *lock(&self.wrong_passwords));
        for (name, refusal) in names {
            if grants.knows(name) {
                gathered.entry(DeviceId::new(name)).or_default().add(refusal);
            }
        }
        if gathered.is_empty() {
            return Ok(0);
        }
        let trails: Vec<(DeviceId, Trail)> = gathered.into_iter().collect();
        let stored = trails.len() as u64;
        if ledger.refused(trails.clone()).await.is_ok() {
            return Ok(stored);
        }
        // Behind what came meanwhile: a trail sorts by time.
        let mut pending = lock(&self.pending);
        for (device, trail) in trails {
            if pending.len() >= DEVICES && !pending.contains_key(&device) {
                continue;
            }
            let newer = std::mem::replace(pending.entry(device.clone()).or_default(), trail);
            if let Some(trail) = pending.get_mut(&device) {
                newer.into_refusals().into_iter().for_each(|refusal| {
                    trail.add(refusal);
                });
            }
        }
        Err(Unavailable)
    }
}

impl std::fmt::Debug for Refusals {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Refusals").finish_non_exhaustive()
    }
}

/// Whether a refusal is one that somebody looks for when a backup is missing. That there is no such file is an ordinary
/// answer, and who breaks off was not refused.
pub(crate) fn is_telling(code: Code) -> bool {
    !matches!(code, Code::NotFound | Code::MethodNotAllowed | Code::RangeNotSatisfiable | Code::MalformedRequest)
}

fn refused(operation: RefusedOperation, refusal: &answer::Refusal, at: Timestamp, from: Option<IpAddr>) -> Refusal {
    Refusal {
        first_at: Time(at),
        last_at: Time(at),
        count: 1,
        requests: 1,
        operation,
        code: refusal.code().as_str().to_owned(),
        // The very words that the client prints.
        sentence: Sentence::new(refusal.detail()).as_str().to_owned(),
        address: from.map(|from| from.to_string()),
    }
}

/// What a request was about, in a word.
pub(crate) fn kind_of(operation: Operation) -> RefusedOperation {
    match operation {
        Operation::List(_) | Operation::Head(_) | Operation::Read(_) => RefusedOperation::Read,
        Operation::Create | Operation::Write(_) => RefusedOperation::Upload,
        Operation::Remove(_) => RefusedOperation::Delete,
    }
}
