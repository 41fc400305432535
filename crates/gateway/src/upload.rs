//! One upload: received, hashed, written and put in place. The thread that receives also hashes, while a blocking thread
//! writes what came before; three buffers per upload, whatever its length. What follows the last buffer is one piece of
//! work that nothing interrupts and that holds the permit, so that a client that hangs up can't leave a file without a
//! count.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use api::Code;
use api::grant::Held;
use bytes::Bytes;
use http_body::Body;
use http_body_util::BodyExt as _;
use sha2::{Digest as _, Sha256};
use tokio::task::spawn_blocking;
use tokio::time::{Instant, sleep, timeout};

use crate::Gateway;
use crate::admission::readmit;
use crate::answer::Refusal;
use crate::blobs::Store;
use crate::blobs::bucket::Bucket;
use crate::blobs::buffers::Buffer;
use crate::blobs::fs::Pool;
use crate::blobs::incoming::Incoming;
use crate::blobs::place::{NotPlaced, Placed, Upload};
use crate::handler::is_full;
use crate::hop::wait_for;
use crate::lane::{Lane, write};
use crate::pools::Place;
use crate::protocol::{File, Kind, Name, Operation};
use crate::quota::Reservation;
use crate::throttle::Direction;
use crate::turn::{PAUSE, Turn};
use crate::usage::Permit;

/// Most bytes that are discarded of a refused body.
const DRAIN_BYTES: usize = 128 * 1024 * 1024;
/// How long a refused body is discarded.
const DRAIN_TIME: Duration = Duration::from_secs(5);
/// Whoever sends nothing for so long waits for the answer, or has gone.
const DRAIN_PAUSE: Duration = Duration::from_millis(500);

/// Reads what is left of a refused body, within limits: an answer that overtakes the body is lost to most clients.
pub(crate) async fn drain<B: Body<Data = Bytes>>(mut body: Pin<&mut B>) {
    let discard = async {
        let mut left = DRAIN_BYTES;
        while let Ok(Some(Ok(frame))) = timeout(DRAIN_PAUSE, body.frame()).await {
            match left.checked_sub(frame.data_ref().map_or(0, Bytes::len)) {
                Some(rest) => left = rest,
                None => break,
            }
        }
    };
    // Too slow is as good as too long: the answer goes out, and the connection ends.
    let _ = timeout(DRAIN_TIME, discard).await;
}

/// A body under the eye of its grant.
pub(crate) struct Source<'a, B> {
    pub(crate) gateway: &'a Gateway,
    pub(crate) body: Pin<&'a mut B>,
    pub(crate) held: Arc<Held>,
    pub(crate) file: File,
    pub(crate) received: u64,
    /// What it may store; nothing where it may in any case.
    pub(crate) reserved: Option<Reservation>,
    pub(crate) pace: Pace,
    /// While bytes come.
    pub(crate) turn: Option<Turn>,
    pub(crate) place: Arc<Place>,
    /// Comes also when the disk is full.
    pub(crate) makes_room: bool,
}

/// How a client's bytes come: so many at least in so much time of waiting for them. What they wait for here doesn't
/// count.
#[derive(Debug, Default)]
pub(crate) struct Pace {
    waited: Duration,
    came: u64,
}

impl Pace {
    fn came(&mut self, bytes: usize, least: u64) {
        self.came += bytes as u64;
        if self.came >= least {
            *self = Self::default();
        }
    }
}

impl<B: Body<Data = Bytes>> Source<'_, B> {
    /// The next bytes; fails when the upload must not go on.
    async fn next(&mut self) -> Result<Option<Bytes>, Refusal> {
        loop {
            if self.held.withdrawn().is_cancelled() {
                // Nobody waits for what this may have to wait for.
                self.turn = None;
                self.look_again().await?;
            }
            if self.gateway.cut.is_cancelled() {
                return Err(Refusal::restarting());
            }
            if let Some(wait) = self.gateway.throttles.wait(&self.held.grant, Direction::Up) {
                // Others go on meanwhile.
                self.turn = None;
                tokio::select! {
                    () = sleep(wait) => {}
                    () = self.held.withdrawn().cancelled() => {}
                    () = self.gateway.cut.cancelled() => {}
                }
                continue;
            }
            let turns = &self.gateway.receiving;
            if self.turn.as_ref().is_some_and(|turn| turns.is_over(turn)) {
                self.turn = None;
            }
            let options = &self.gateway.options;
            let (begun, patience) = (Instant::now(), options.stall_after.saturating_sub(self.pace.waited));
            let patience = if self.turn.is_some() { patience.min(PAUSE) } else { patience };
            let frame = tokio::select! {
                biased;
                frame = timeout(patience, self.body.frame()) => Some(frame),
                () = self.held.withdrawn().cancelled() => None,
                () = self.gateway.cut.cancelled() => None,
            };
            self.pace.waited += begun.elapsed();
            let frame = match frame {
                // Others go on meanwhile.
                Some(Err(_)) if self.turn.take().is_some() => continue,
                Some(frame) => frame,
                None => continue,
            };
            let frame = match frame {
                Ok(Some(Ok(frame))) => frame,
                Ok(Some(Err(_))) => return Err(Refusal::new(Code::MalformedRequest, "The body ended early")),
                Ok(None) => return Ok(None),
                Err(_) => return Err(Refusal::new(Code::RequestTimeout, "The body took too long to arrive")),
            };
            // What is not data is trailers; nobody asked for any.
            let Ok(bytes) = frame.into_data() else { continue };
            if self.turn.is_none() {
                self.turn = Some(turns.take().await);
            }
            self.pace.came(bytes.len(), options.least_progress);
            metrics::counter!("tenantry_gateway_received_bytes_total").increment(bytes.len() as u64);
            self.gateway.throttles.pay(&self.held.grant, Direction::Up, bytes.len() as u64);
            self.received += bytes.len() as u64;
            check_length(self.file, self.received)?;
            if let Some(reserved) = &mut self.reserved {
                reserved.reach(self.received, self.held.grant.space.as_ref())?;
            }
            return Ok(Some(bytes));
        }
    }

    /// The grant has changed: goes on with the new one or fails.
    async fn look_again(&mut self) -> Result<(), Refusal> {
        self.held = readmit(
            &self.gateway.grants,
            &self.held.grant,
            Operation::Write(self.file),
            (self.gateway.options.clock)(),
        )?;
        match &mut self.reserved {
            Some(reserved) => self.gateway.usage.renew(reserved, &self.held.grant).await,
            None => Ok(()),
        }
    }

    /// Whether what comes is the file of this name, of which nothing is kept.
    pub(crate) async fn is_true_to(&mut self, name: Name) -> Result<bool, Refusal> {
        let mut hasher = Sha256::new();
        while let Some(bytes) = self.next().await? {
            hasher.update(&bytes);
        }
        let digest: [u8; 32] = hasher.finalize().into();
        Ok(name.digest() == digest)
    }
}

/// Refuses a file that is longer than its kind may be.
pub(crate) fn check_length(file: File, length: u64) -> Result<(), Refusal> {
    match file.limit() {
        Some(limit) if length > limit => {
            Err(Refusal::new(Code::FileTooLarge, format!("Such a file has at most {limit} bytes")))
        }
        _ => Ok(()),
    }
}

/// Where the bytes go.
struct Sink {
    gateway: Arc<Gateway>,
    pool: Arc<Pool>,
    /// Whose ballast may be given up for it.
    place: Option<Arc<Place>>,
    file: File,
    hasher: Sha256,
    buffer: Buffer,
    lane: Arc<Lane>,
}

impl Sink {
    fn new<B>(gateway: &Arc<Gateway>, source: &Source<'_, B>, pool: Arc<Pool>) -> Self {
        let file = source.file;
        let (buffer, lane) = (gateway.writing.take(), Lane::new(&pool, &source.held, file));
        let (gateway, place) = (Arc::clone(gateway), source.makes_room.then(|| Arc::clone(&source.place)));
        Self { gateway, pool, place, file, hasher: Sha256::new(), buffer, lane }
    }

    async fn push(&mut self, mut bytes: Bytes) -> Result<(), Refusal> {
        self.hasher.update(&bytes);
        loop {
            self.buffer.fill(&mut bytes);
            if bytes.is_empty() {
                return Ok(());
            }
            let full = std::mem::replace(&mut self.buffer, self.gateway.writing.take());
            self.lane.push(full).await.map_err(Refusal::failed)?;
        }
    }

    /// Puts the file in place.
    async fn finish(self, held: Arc<Held>, permit: Permit, reserved: Option<Reservation>) -> Result<(), Refusal> {
        let upload = self.lane.written().await.map_err(Refusal::failed)?;
        let Self { gateway, pool, place, file, hasher, buffer, .. } = self;
        let digest: [u8; 32] = hasher.finalize().into();
        if let File::Blob(_, name) = file
            && name.digest() != digest
        {
            dismiss(upload).await;
            return Err(Refusal::mismatch());
        }
        let is_long = upload.is_some();
        let work = move || {
            let mut upload = match (upload, place) {
                // A short one that makes room for others.
                (None, Some(place)) => {
                    let begun = write(&pool, &held, file, None, &buffer);
                    if is_full(&begun) && place.give_up_ballast() {
                        write(&pool, &held, file, None, &buffer)
                    } else {
                        begun
                    }
                }
                (upload, _) => write(&pool, &held, file, upload, &buffer),
            }?;
            drop(buffer);
            let length = upload.length();
            let placed = upload.place(permit.alone())?;
            match placed {
                Placed::New => permit.grew(length),
                Placed::Instead(old) => permit.replaced(old, length),
                Placed::Same => {}
            }
            // Only now that it is counted.
            drop(reserved);
            if placed == Placed::New && matches!(file, File::Blob(Kind::Snapshots, _)) {
                permit.snapshot((gateway.options.clock)());
            }
            upload.settle()?;
            Ok(())
        };
        // A long one has come by way of the blocking threads anyway; the change of thread is nothing beside its sync.
        let placed = if is_long {
            spawn_blocking(work).await.unwrap_or_else(|error| Err(io::Error::other(error).into()))
        } else {
            wait_for(work).await
        };
        placed.map_err(|error| match error {
            NotPlaced::Failed(error) => Refusal::failed(error),
            refused => Refusal::not_placed(&refused),
        })
    }
}

impl Refusal {
    fn mismatch() -> Self {
        Self::new(Code::HashMismatch, "The bytes do not hash to the name")
    }

    fn not_placed(why: &NotPlaced) -> Self {
        match why {
            NotPlaced::ConfigExists => Self::new(Code::ConfigExists, "The repository has a different config already"),
            NotPlaced::TooManyLocks => {
                Self::new(Code::TooManyLocks, "The repository has too many locks; remove stale ones")
            }
            NotPlaced::Failed(_) => Self::unanswered(),
        }
    }
}

/// Removes an upload that is not to be, before the client hears of it.
async fn dismiss(upload: Option<Upload>) {
    let _ = wait_for(move || {
        drop(upload);
        io::Result::Ok(())
    })
    .await;
}

/// Receives a body and puts it in place.
pub(crate) async fn receive<B: Body<Data = Bytes>>(
    gateway: &Arc<Gateway>,
    mut source: Source<'_, B>,
    permit: Permit,
) -> Result<(), Refusal> {
    let pool = match source.place.here()? {
        Store::Local(pool) => pool,
        Store::Bucket(bucket) => return receive_for(bucket, gateway, source, permit).await,
    };
    let mut sink = Sink::new(gateway, &source, pool);
    let received = async {
        while let Some(bytes) = source.next().await? {
            sink.push(bytes).await?;
        }
        Ok(())
    };
    if let Err(refusal) = received.await {
        dismiss(sink.lane.written().await.ok().flatten()).await;
        return Err(refusal);
    }
    source.turn = None;
    sink.finish(source.held, permit, source.reserved).await
}

/// The same for a bucket.
async fn receive_for<B: Body<Data = Bytes>>(
    bucket: Arc<Bucket>,
    gateway: &Arc<Gateway>,
    mut source: Source<'_, B>,
    permit: Permit,
) -> Result<(), Refusal> {
    let (file, place) = (source.file, Arc::clone(&source.place));
    let mut incoming = Incoming::new(bucket, &source.held.grant.directory, file);
    let mut hasher = Sha256::new();
    while let Some(bytes) = source.next().await? {
        hasher.update(&bytes);
        if incoming.is_part_with(&bytes) {
            // Whoever waits for a store has nobody else wait.
            source.turn = None;
        }
        if let Err(error) = incoming.push(bytes).await {
            return Err(place.unanswered(&error).await);
        }
    }
    source.turn = None;
    let digest: [u8; 32] = hasher.finalize().into();
    if let File::Blob(_, name) = file
        && name.digest() != digest
    {
        return Err(Refusal::mismatch());
    }
    let (gateway, reserved) = (Arc::clone(gateway), source.reserved.take());
    // In a task of its own: a client that hangs up must not leave an object without a count.
    let placing = tokio::spawn(async move {
        let length = incoming.length();
        let placed = incoming.place(|| permit.doubt()).await?;
        match placed {
            Placed::New => permit.grew(length),
            Placed::Instead(old) => permit.replaced(old, length),
            Placed::Same => {}
        }
        // Only now that it is counted.
        drop(reserved);
        if placed == Placed::New && matches!(file, File::Blob(Kind::Snapshots, _)) {
            permit.snapshot((gateway.options.clock)());
        }
        Ok(())
    });
    match placing.await.unwrap_or_else(|error| Err(io::Error::other(error).into())) {
        Ok(()) => Ok(()),
        Err(NotPlaced::Failed(error)) => Err(place.unanswered(&error).await),
        Err(refused) => Err(Refusal::not_placed(&refused)),
    }
}
