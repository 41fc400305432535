//! One function per verb, after admission.

use std::io;
use std::net::IpAddr;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use api::Code;
use api::grant::{Held, Unavailable};
use bytes::Bytes;
use futures_util::TryStreamExt as _;
use http::header::{ACCEPT, ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, EXPECT, RANGE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use tokio::time::{Instant, sleep};

use crate::admission::{Stranger, admit, admit_removal, authenticate, readmit};
use crate::answer::{self, GatewayBody, Refusal, Watch};
use crate::blobs::Store;
use crate::blobs::bucket;
use crate::blobs::fs::{self, Blob, Glance};
use crate::blobs::list::Listing;
use crate::blobs::read::{self, Reading};
use crate::hop::wait_for;
use crate::pools::Place;
use crate::protocol::{self, File, Kind, Operation, Span, Unfit, Version};
use crate::quota::Reservation;
use crate::runs::Doing;
use crate::throttle::{Direction, Following, Valve};
use crate::trail::kind_of;
use crate::upload::{Pace, Source, check_length, drain, receive};
use crate::usage::Permit;
use crate::{Gateway, Line, RequestId};

/// Up to this length in bytes an answer is read whole.
const SMALL: u64 = 64 * 1024;

/// Longest index that may still come when the disk is full, in bytes; restic's have 8 MiB.
const LONGEST_INDEX: u64 = 16 * 1024 * 1024;

type Answer = Result<Response<GatewayBody>, Refusal>;

impl Gateway {
    /// Answers one request whose path begins with [`PREFIX`](protocol::PREFIX). A [`RequestId`] among its extensions
    /// appears in the log and in problem documents.
    pub async fn handle<B>(self: &Arc<Self>, request: Request<B>) -> Response<GatewayBody>
    where
        B: Body<Data = Bytes>,
    {
        let (parts, body) = request.into_parts();
        let mut body = std::pin::pin!(body);
        let held = authenticate(&self.grants, &parts.headers);
        let answered = match &held {
            Ok(held) => self.answer(&parts, body.as_mut(), held).await,
            Err(_) => Err(Refusal::not_signed_in()),
        };
        match answered {
            Ok(response) => response,
            Err(refusal) => {
                metrics::counter!("tenantry_gateway_refusals_total", "code" => refusal.code().as_str()).increment(1);
                self.note(&parts, held, &refusal);
                // Whoever waits for leave to send the body gets none.
                if !waits_for_leave(&parts.headers) {
                    drain(body).await;
                }
                let given = parts.extensions.get::<RequestId>().map(|RequestId(id, _)| id.clone());
                let request_id = given.unwrap_or_else(|| self.number());
                tracing::debug!(
                    %request_id,
                    method = %parts.method,
                    path = parts.uri.path(),
                    code = refusal.code().as_str(),
                    "refused"
                );
                refusal.into_response(&request_id)
            }
        }
    }

    /// Remembers a refusal for those who will ask why there was no backup.
    fn note(&self, parts: &Parts, held: Result<Arc<Held>, Stranger>, refusal: &Refusal) {
        let (from, at) = (self.client_of(parts), (self.options.clock)());
        match held {
            Ok(held) => {
                // What can't be understood is no attempt at anything.
                let Some((_, target)) = protocol::parse_path(parts.uri.path()) else { return };
                let Ok(operation) = protocol::operation(&parts.method, target, parts.uri.query()) else { return };
                self.refusals.note(&held.grant.device, kind_of(operation), refusal, at, from);
            }
            Err(Stranger(Some(name))) => self.refusals.note_wrong_password(name, refusal, at, from),
            Err(Stranger(None)) => {}
        }
    }

    async fn answer<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        parts: &Parts,
        body: Pin<&mut B>,
        held: &Arc<Held>,
    ) -> Answer {
        self.usage.contact(&held.grant, || (self.options.clock)());
        let (repository, target) = protocol::parse_path(parts.uri.path()).ok_or_else(Refusal::not_found)?;
        if repository != held.grant.repository.as_str() {
            return Err(Refusal::not_found());
        }
        let operation = protocol::operation(&parts.method, target, parts.uri.query()).map_err(|unfit| match unfit {
            Unfit::Verb(allow) => Refusal::verb(allow),
            Unfit::NotCreate => Refusal::new(Code::MalformedRequest, "A repository is created with ?create=true"),
        })?;
        let doing = self.runs.begin(&held.grant, || self.client_of(parts));
        let length = body.size_hint().exact().unwrap_or_default();
        let answered = self.admitted(parts, body, held, operation, doing.as_ref()).await;
        if let Some(doing) = doing {
            match &answered {
                Ok(_) => doing.did(operation, length),
                Err(refusal) => doing.refused(operation, refusal),
            }
        }
        answered
    }

    /// From where a request comes.
    fn client_of(&self, parts: &Parts) -> Option<IpAddr> {
        let from = parts.extensions.get::<RequestId>();
        from.map(|RequestId(_, peer)| (self.options.client_of)(*peer, &parts.headers))
    }

    async fn admitted<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        parts: &Parts,
        body: Pin<&mut B>,
        held: &Arc<Held>,
        operation: Operation,
        doing: Option<&Doing>,
    ) -> Answer {
        admit(&self.grants, &held.grant, operation, Instant::now(), (self.options.clock)())?;
        if let Operation::Remove(file) = operation {
            admit_removal(&held.grant, file, (self.options.clock)())?;
        }
        if operation.changes() && self.draining.is_cancelled() {
            return Err(Refusal::restarting());
        }
        let place = self.pools.find(&held.grant.pool).await;
        place.here()?;
        let asked = Arc::clone(&place);
        match self.perform(parts, body, Arc::clone(held), operation, place, doing).await {
            Err(refusal) if refusal.code() == Code::NotFound => Err(self.missing(held, &asked).await),
            answer => answer,
        }
    }

    async fn perform<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        parts: &Parts,
        body: Pin<&mut B>,
        held: Arc<Held>,
        operation: Operation,
        place: Arc<Place>,
        doing: Option<&Doing>,
    ) -> Answer {
        match operation {
            Operation::Create => self.create(&held, place).await,
            Operation::List(kind) => {
                let response = list(&place, &held.grant.directory, kind, &parts.headers).await?;
                Ok(self.watched(response, held, operation, parts, doing))
            }
            Operation::Head(file) => head(&place, &held.grant.directory, file).await,
            Operation::Read(file) => {
                let held = self.opened(held, operation).await?;
                let response = self.read(&place, &held.grant.directory, file, &parts.headers).await?;
                // What is sent whole has passed; the rest pays as it goes.
                if !response.body().is_long() {
                    let bytes = response.body().size_hint().exact().unwrap_or_default();
                    self.throttles.pay(&held.grant, Direction::Down, bytes);
                    doing.inspect(|doing| doing.sent(bytes));
                }
                Ok(self.watched(response, held, operation, parts, doing))
            }
            Operation::Write(file) => self.write(held, file, body, &place).await,
            Operation::Remove(file) => self.remove(held, file, &place, doing).await,
        }
    }

    /// Waits until something may be read. The grant that holds then.
    async fn opened(&self, mut held: Arc<Held>, operation: Operation) -> Result<Arc<Held>, Refusal> {
        while let Some(wait) = self.throttles.wait(&held.grant, Direction::Down) {
            tokio::select! {
                () = sleep(wait) => {}
                () = held.withdrawn().cancelled() => {
                    held = readmit(&self.grants, &held.grant, operation, (self.options.clock)())?;
                }
            }
        }
        Ok(held)
    }

    /// What to say where there is nothing: that, or that what should be there is away.
    async fn missing(&self, held: &Held, place: &Arc<Place>) -> Refusal {
        let directory = held.grant.directory.clone();
        let looked = if held.grant.pool.bucket.is_some() {
            place.doubt().await;
            match place.here() {
                Ok(Store::Bucket(bucket)) => match bucket.exists(&directory).await {
                    Ok(exists) => Ok(Some(exists)),
                    Err(error) => Err(place.unanswered(&error).await),
                },
                _ => Ok(None),
            }
        } else {
            let place = Arc::clone(place);
            blocking(move || {
                place.look_now();
                place.here().is_ok().then(|| fs::exists(&directory)).transpose()
            })
            .await
        };
        match looked {
            Ok(None) => Refusal::away(),
            Ok(Some(true)) => Refusal::not_found(),
            Ok(Some(false)) => match self.usage.is_used(&held.grant.repository).await {
                Ok(false) => Refusal::not_found(),
                Ok(true) => {
                    let repository = &held.grant.repository;
                    tracing::error!(%repository, "a repository that holds something has no directory in its pool");
                    Refusal::away()
                }
                Err(Unavailable) => Refusal::no_ledger(),
            },
            Err(refusal) => refusal,
        }
    }

    /// An answer that is cut when its grant no longer allows it. hyper asks for the next piece only when the client has
    /// taken the last one, so the watch is a task of its own.
    fn watched(
        &self,
        response: Response<GatewayBody>,
        held: Arc<Held>,
        operation: Operation,
        parts: &Parts,
        doing: Option<&Doing>,
    ) -> Response<GatewayBody> {
        if !response.body().is_long() {
            return response;
        }
        let line = parts.extensions.get::<Line>().cloned().unwrap_or_default();
        let (grants, clock, end) = (Arc::clone(&self.grants), Arc::clone(&self.options.clock), line.clone());
        let following = Following::of(&held.grant);
        let device = held.grant.device.uuid();
        let valve = device.map(|device| Valve::new(&self.throttles, device, following.clone()));
        let task = tokio::spawn(async move {
            let mut held = held;
            loop {
                held.withdrawn().cancelled().await;
                match readmit(&grants, &held.grant, operation, clock()) {
                    Ok(next) => {
                        following.follow(&next.grant);
                        held = next;
                    }
                    Err(_) => return end.cut(),
                }
            }
        });
        response.map(|body| body.watched(Watch { line, task: task.abort_handle() }, valve, doing.map(Doing::again)))
    }

    /// Never creates what should be there already.
    async fn create(self: &Arc<Self>, held: &Held, place: Arc<Place>) -> Answer {
        match self.missing(held, &place).await {
            refusal if refusal.code() == Code::NotFound => {}
            refusal => return Err(refusal),
        }
        // In a bucket folders come with what lies in them.
        let Store::Local(pool) = place.here()? else { return Ok(answer::done()) };
        let directory = held.grant.directory.clone();
        blocking(move || {
            let made = pool.create(&directory);
            let made = if is_full(&made) && place.give_up_ballast() { pool.create(&directory) } else { made };
            made.map_err(|error| if error.kind() == io::ErrorKind::NotFound { io::Error::other(error) } else { error })
        })
        .await?;
        Ok(answer::done())
    }

    async fn write<B: Body<Data = Bytes>>(
        self: &Arc<Self>,
        held: Arc<Held>,
        file: File,
        body: Pin<&mut B>,
        place: &Arc<Place>,
    ) -> Answer {
        let length = body.size_hint().exact();
        if let Some(length) = length {
            check_length(file, length)?;
        }
        let makes_room = match file {
            File::Blob(Kind::Locks, _) => true,
            // A prune writes the new index before it deletes anything.
            File::Blob(Kind::Index, _) => length.is_some_and(|length| length <= LONGEST_INDEX),
            _ => false,
        };
        if !makes_room && !place.has_room() {
            return Err(Refusal::full());
        }
        let permit = self.permit(&held, place).await?;
        let held = self.still_admitted(held, Operation::Write(file))?;
        let place = Arc::clone(place);
        let mut source = Source {
            place,
            makes_room,
            gateway: self,
            body,
            held,
            file,
            received: 0,
            reserved: None,
            pace: Pace::default(),
            turn: None,
        };
        match self.reserve(&source.held, file, length).await {
            Ok(reserved) => source.reserved = reserved,
            Err(refusal) if refusal.code() == Code::QuotaExceeded => return source.again(length, refusal).await,
            Err(refusal) => return Err(refusal),
        }
        source.held = self.still_admitted(source.held, Operation::Write(file))?;
        receive(self, source, permit).await?;
        Ok(answer::done())
    }

    /// Reserves what is to be stored.
    async fn reserve(&self, held: &Held, file: File, length: Option<u64>) -> Result<Option<Reservation>, Refusal> {
        let beyond = match file {
            // A restore writes one too; there are few, and they go again.
            File::Blob(Kind::Locks, _) => return Ok(None),
            // A prune writes the new index before it deletes anything.
            File::Blob(Kind::Index, _) => LONGEST_INDEX,
            _ => 0,
        };
        self.usage.reserve(&held.grant, length.unwrap_or_default(), beyond, &self.draining).await.map(Some)
    }

    async fn remove(
        self: &Arc<Self>,
        held: Arc<Held>,
        file: File,
        place: &Arc<Place>,
        doing: Option<&Doing>,
    ) -> Answer {
        let permit = self.permit(&held, place).await?;
        // The permit may have taken its time, and an upload looks again by itself.
        let held = self.still_admitted(held, Operation::Remove(file))?;
        admit_removal(&held.grant, file, (self.options.clock)())?;
        let asked = Arc::clone(&held);
        let removed = match place.here()? {
            Store::Local(_) => {
                blocking(move || {
                    let removed = fs::remove(&held.grant.directory, file, permit.alone())?;
                    if let Some(length) = removed {
                        permit.shrank(length, fs::folder(file));
                    }
                    Ok(removed)
                })
                .await?
            }
            Store::Bucket(bucket) => {
                // In a task of its own: a client that hangs up must not leave a removal uncounted.
                let removing = tokio::spawn(async move {
                    let removed = bucket.remove(&held.grant.directory, file, || permit.doubt()).await?;
                    if let Some(length) = removed {
                        permit.lost(length);
                    }
                    Ok(removed)
                });
                match removing.await.map_err(io::Error::other).flatten() {
                    Ok(removed) => removed,
                    Err(error) => return Err(place.unanswered(&error).await),
                }
            }
        };
        if let (Some(doing), Some(length)) = (doing, removed) {
            doing.removed(file, length);
        }
        // One that is missing was deleted already, and the answer may have been lost on its way.
        if removed.is_none() {
            let refusal = self.missing(&asked, place).await;
            if refusal.code() != Code::NotFound {
                return Err(refusal);
            }
        }
        Ok(answer::done())
    }

    /// The grant that holds after waiting for a permit.
    fn still_admitted(&self, held: Arc<Held>, operation: Operation) -> Result<Arc<Held>, Refusal> {
        if self.draining.is_cancelled() {
            return Err(Refusal::restarting());
        }
        if held.withdrawn().is_cancelled() {
            readmit(&self.grants, &held.grant, operation, (self.options.clock)())
        } else {
            Ok(held)
        }
    }

    async fn permit(&self, held: &Held, place: &Arc<Place>) -> Result<Permit, Refusal> {
        match self.usage.enter(&held.grant).await {
            Ok(permit) => Ok(permit),
            // A repository that was left open is counted first, which is no fault of the database's where it is away.
            Err(Unavailable) => Err(match self.missing(held, place).await {
                refusal if refusal.code() == Code::StorageAway => refusal,
                // Even what was set aside is used up: nobody should try for a quarter of an hour.
                _ if self.pools.is_database_full() => Refusal::full(),
                _ => Refusal::no_ledger(),
            }),
        }
    }

    async fn read(self: &Arc<Self>, place: &Arc<Place>, repository: &Path, file: File, headers: &HeaderMap) -> Answer {
        let range = Range::of(headers);
        if let Store::Bucket(bucket) = place.here()? {
            let (body, span, length) = read_from(&bucket, place, repository, file, &range).await?;
            return Ok(found(&range, body, span, length));
        }
        let (blob, span, whole) = match fs::glance(repository, file) {
            Glance::Missing => return Err(Refusal::not_found()),
            Glance::Found(blob) => {
                let span = range.span(blob.length)?;
                let whole = (span.length <= SMALL).then(|| read::small_cached(&blob.file, span)).flatten();
                (blob, span, whole)
            }
            Glance::Unknown => {
                let (repository, range) = (repository.to_owned(), range.clone());
                let look = move || {
                    let blob = fs::open(&repository, file)?;
                    let span = range.span(blob.length);
                    let whole = match &span {
                        Ok(span) if span.length <= SMALL => Some(read::small(&blob.file, *span)?),
                        _ => None,
                    };
                    Ok((blob, span, whole))
                };
                let (blob, span, whole) = blocking(look).await?;
                (blob, span?, whole)
            }
        };
        let length = blob.length;
        let body = match whole {
            Some(bytes) => GatewayBody::whole(bytes),
            None if span.length <= SMALL => GatewayBody::whole(blocking(move || read::small(&blob.file, span)).await?),
            None => GatewayBody::reading(Reading::new(blob.file, span, Arc::clone(&self.reading))),
        };
        Ok(found(&range, body, span, length))
    }
}

/// The answer with a file of this length, or with a part of it.
fn found(range: &Range, body: GatewayBody, span: Span, length: u64) -> Response<GatewayBody> {
    let status = if range.0.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = answer::bytes(status, body);
    response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    if range.0.is_some() {
        let last = span.start + span.length - 1;
        let value = HeaderValue::try_from(format!("bytes {}-{last}/{length}", span.start));
        response.headers_mut().extend(value.ok().map(|value| (CONTENT_RANGE, value)));
    }
    response
}

/// A file from a bucket, or a part of it, and how long it is.
async fn read_from(
    bucket: &bucket::Bucket,
    place: &Arc<Place>,
    repository: &Path,
    file: File,
    range: &Range,
) -> Result<(GatewayBody, Span, u64), Refusal> {
    let key = bucket::key(repository, file);
    // Where both ends are named the store is asked once, and says how long the file is.
    let named = range.0.as_deref().filter(|range| !range.starts_with("bytes=-") && !range.ends_with('-'));
    let asked = named.and_then(|range| protocol::parse_range(range, u64::MAX).ok());
    let read = if range.0.is_none() || asked.is_some() { Some(bucket.read(&key, asked).await) } else { None };
    let (pieces, length, span) = match read {
        Some(Ok((pieces, length))) => (pieces, length, range.span(length)?),
        Some(Err(error)) if asked.is_none() || error.kind() == io::ErrorKind::NotFound => {
            return Err(place.unanswered(&error).await);
        }
        // Its end, or that it begins behind the end of the file.
        _ => {
            let length = match bucket.length(&key).await {
                Ok(length) => length.ok_or_else(Refusal::not_found)?,
                Err(error) => return Err(place.unanswered(&error).await),
            };
            let span = range.span(length)?;
            match bucket.read(&key, Some(span)).await {
                Ok((pieces, _)) => (pieces, length, span),
                Err(error) => return Err(place.unanswered(&error).await),
            }
        }
    };
    if span.length > SMALL {
        return Ok((GatewayBody::pieces(pieces, Some(span.length)), span, length));
    }
    let bytes: Vec<Bytes> = match pieces.try_collect().await {
        Ok(bytes) => bytes,
        Err(error) => return Err(place.unanswered(&error).await),
    };
    let bytes = bytes.concat();
    if bytes.len() as u64 != span.length {
        return Err(place.unanswered(&io::ErrorKind::UnexpectedEof.into()).await);
    }
    Ok((GatewayBody::whole(bytes.into()), span, length))
}

impl Place {
    /// What a client is told of what a bucket has not answered.
    pub(crate) async fn unanswered(&self, error: &io::Error) -> Refusal {
        if error.kind() == io::ErrorKind::NotFound {
            return Refusal::not_found();
        }
        tracing::warn!(%error, "a bucket did not answer");
        self.doubt().await;
        match self.here() {
            Ok(_) => Refusal::unanswered(),
            Err(away) => away,
        }
    }
}

impl<B: Body<Data = Bytes>> Source<'_, B> {
    /// A file for which there is no space may be there already: a client whose answer was lost sends it again, and takes a
    /// refusal for final.
    async fn again(&mut self, length: Option<u64>, refusal: Refusal) -> Answer {
        let File::Blob(_, name) = self.file else { return Err(refusal) };
        let length = length.unwrap_or_default();
        if self.lies_there(length).await? && self.is_true_to(name).await? && self.lies_there(length).await? {
            return Ok(answer::done());
        }
        Err(refusal)
    }

    async fn lies_there(&self, length: u64) -> Result<bool, Refusal> {
        let (repository, file) = (self.held.grant.directory.clone(), self.file);
        if let Store::Bucket(bucket) = self.place.here()? {
            return match bucket.length(&bucket::key(&repository, file)).await {
                Ok(found) => Ok(found == Some(length)),
                Err(error) => Err(self.place.unanswered(&error).await),
            };
        }
        let found = blocking(move || match fs::open(&repository, file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            found => found.map(|blob| Some(blob.length)),
        });
        Ok(found.await? == Some(length))
    }
}

/// Whether the client sends its body only when it is told to continue.
fn waits_for_leave(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|expect| expect.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// What was asked for of a file: one `Range` header, or more than can be understood, or nothing.
#[derive(Clone, Debug)]
struct Range(Option<String>);

impl Range {
    fn of(headers: &HeaderMap) -> Self {
        let mut values = headers.get_all(RANGE).iter();
        Self(match (values.next(), values.next()) {
            (None, _) => None,
            (Some(value), None) => Some(value.to_str().unwrap_or_default().to_owned()),
            // Several headers are several ranges.
            (Some(_), Some(_)) => Some(String::new()),
        })
    }

    fn span(&self, total: u64) -> Result<Span, Refusal> {
        match &self.0 {
            None => Ok(Span { start: 0, length: total }),
            Some(range) => protocol::parse_range(range, total).map_err(|_| Refusal::range(total)),
        }
    }
}

async fn list(place: &Arc<Place>, repository: &Path, kind: Kind, headers: &HeaderMap) -> Answer {
    let version = Version::from_accept(headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()));
    if let Store::Bucket(bucket) = place.here()? {
        let body = match bucket.list(repository, kind, version).await {
            Ok(Some(pieces)) => GatewayBody::pieces(pieces, None),
            // Nothing at all, or nothing here.
            Ok(None) => match bucket.exists(repository).await {
                Ok(true) => GatewayBody::whole(Bytes::from_static(b"[]")),
                Ok(false) => return Err(Refusal::not_found()),
                Err(error) => return Err(place.unanswered(&error).await),
            },
            Err(error) => return Err(place.unanswered(&error).await),
        };
        return Ok(answer::answer(StatusCode::OK, version.media_type(), body));
    }
    let (first, rest) = Listing::begin(repository.to_owned(), kind, version).await.map_err(Refusal::failed)?;
    let body = match rest {
        Some(rest) => GatewayBody::listing(first, rest),
        None => GatewayBody::whole(first),
    };
    Ok(answer::answer(StatusCode::OK, version.media_type(), body))
}

async fn head(place: &Arc<Place>, repository: &Path, file: File) -> Answer {
    let length = if let Store::Bucket(bucket) = place.here()? {
        match bucket.length(&bucket::key(repository, file)).await {
            Ok(length) => length.ok_or_else(Refusal::not_found)?,
            Err(error) => return Err(place.unanswered(&error).await),
        }
    } else {
        let Blob { length, .. } = match fs::glance(repository, file) {
            Glance::Found(blob) => blob,
            Glance::Missing => return Err(Refusal::not_found()),
            Glance::Unknown => {
                let repository = repository.to_owned();
                blocking(move || fs::open(&repository, file)).await?
            }
        };
        length
    };
    let mut response = answer::bytes(StatusCode::OK, GatewayBody::empty());
    response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

/// Whether something failed for want of room.
pub(crate) fn is_full<T>(result: &io::Result<T>) -> bool {
    result
        .as_ref()
        .is_err_and(|error| matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded))
}

/// Waits for the disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Refusal> {
    wait_for(work).await.map_err(Refusal::failed)
}
