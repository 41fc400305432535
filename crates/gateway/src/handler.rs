//! One function per verb, after admission.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use api::Code;
use api::grant::{Held, Unavailable};
use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, EXPECT, RANGE};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode};
use http_body::Body;
use tokio::time::Instant;

use crate::admission::{admit, authenticate, readmit};
use crate::answer::{self, GatewayBody, Refusal, Watch};
use crate::blobs::fs::{self, Blob, Glance};
use crate::blobs::list::Listing;
use crate::blobs::read::{self, Reading};
use crate::hop::wait_for;
use crate::protocol::{self, File, Kind, Operation, Span, Unfit, Version};
use crate::upload::{Pace, Source, check_length, drain, receive};
use crate::usage::Permit;
use crate::{Gateway, Line, RequestId};

/// Up to this length in bytes an answer is read whole.
const SMALL: u64 = 64 * 1024;

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
        match self.answer(&parts, body.as_mut()).await {
            Ok(response) => response,
            Err(refusal) => {
                // Whoever waits for leave to send the body gets none.
                if !waits_for_leave(&parts.headers) {
                    drain(body).await;
                }
                let given = parts.extensions.get::<RequestId>().map(|RequestId(id)| id.clone());
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

    async fn answer<B: Body<Data = Bytes>>(self: &Arc<Self>, parts: &Parts, body: Pin<&mut B>) -> Answer {
        let held = authenticate(&self.grants, &parts.headers).ok_or_else(Refusal::not_signed_in)?;
        self.usage.contact(&held.grant, || (self.options.clock)());
        let (repository, target) = protocol::parse_path(parts.uri.path()).ok_or_else(Refusal::not_found)?;
        if repository != held.grant.repository.as_str() {
            return Err(Refusal::not_found());
        }
        let operation = protocol::operation(&parts.method, target, parts.uri.query()).map_err(|unfit| match unfit {
            Unfit::Verb(allow) => Refusal::verb(allow),
            Unfit::NotCreate => Refusal::new(Code::MalformedRequest, "A repository is created with ?create=true"),
        })?;
        admit(&self.grants, &held.grant, operation, Instant::now())?;
        if operation.changes() && self.draining.is_cancelled() {
            return Err(Refusal::restarting());
        }
        match operation {
            Operation::Create => self.create(&held).await,
            Operation::List(kind) => {
                let response = list(&held.grant.directory, kind, &parts.headers).await?;
                Ok(self.watched(response, held, operation, parts))
            }
            Operation::Head(file) => head(&held.grant.directory, file).await,
            Operation::Read(file) => {
                let response = self.read(&held.grant.directory, file, &parts.headers).await?;
                Ok(self.watched(response, held, operation, parts))
            }
            Operation::Write(file) => self.write(held, file, body).await,
            Operation::Remove(file) => self.remove(held, file).await,
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
    ) -> Response<GatewayBody> {
        if !response.body().is_long() {
            return response;
        }
        let line = parts.extensions.get::<Line>().cloned().unwrap_or_default();
        let (grants, end) = (Arc::clone(&self.grants), line.clone());
        let task = tokio::spawn(async move {
            let mut held = held;
            loop {
                held.withdrawn().cancelled().await;
                match readmit(&grants, &held.grant, operation) {
                    Ok(next) => held = next,
                    Err(_) => return end.cut(),
                }
            }
        });
        response.map(|body| body.watched(Watch { line, task: task.abort_handle() }))
    }

    async fn create(self: &Arc<Self>, held: &Held) -> Answer {
        let (gateway, directory) = (Arc::clone(self), held.grant.directory.clone());
        blocking(move || gateway.pool.create(&directory).map_err(io::Error::other)).await?;
        Ok(answer::done())
    }

    async fn write<B: Body<Data = Bytes>>(self: &Arc<Self>, held: Arc<Held>, file: File, body: Pin<&mut B>) -> Answer {
        if let Some(length) = body.size_hint().exact() {
            check_length(file, length)?;
        }
        let permit = self.permit(&held).await?;
        let held = self.still_admitted(held, Operation::Write(file))?;
        receive(self, Source { gateway: self, body, held, file, received: 0, pace: Pace::default() }, permit).await?;
        Ok(answer::done())
    }

    async fn remove(self: &Arc<Self>, held: Arc<Held>, file: File) -> Answer {
        let permit = self.permit(&held).await?;
        // The permit may have taken its time, and an upload looks again by itself.
        let held = self.still_admitted(held, Operation::Remove(file))?;
        let removed = blocking(move || {
            let removed = fs::remove(&held.grant.directory, file, permit.alone())?;
            if let Some(length) = removed {
                permit.shrank(length, fs::folder(file));
            }
            Ok(removed)
        });
        // One that is missing was deleted already, and the answer may have been lost on its way.
        removed.await?;
        Ok(answer::done())
    }

    /// The grant that holds after waiting for a permit.
    fn still_admitted(&self, held: Arc<Held>, operation: Operation) -> Result<Arc<Held>, Refusal> {
        if self.draining.is_cancelled() {
            return Err(Refusal::restarting());
        }
        if held.withdrawn().is_cancelled() { readmit(&self.grants, &held.grant, operation) } else { Ok(held) }
    }

    async fn permit(&self, held: &Held) -> Result<Permit, Refusal> {
        let entered = self.usage.enter(&held.grant).await;
        entered.map_err(|Unavailable| Refusal::passing("The server cannot reach its database, try again"))
    }

    async fn read(self: &Arc<Self>, repository: &Path, file: File, headers: &HeaderMap) -> Answer {
        let range = Range::of(headers);
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
        let status = if range.0.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
        let mut response = answer::bytes(status, body);
        response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
        if range.0.is_some() {
            let last = span.start + span.length - 1;
            let value = HeaderValue::try_from(format!("bytes {}-{last}/{length}", span.start));
            response.headers_mut().extend(value.ok().map(|value| (CONTENT_RANGE, value)));
        }
        Ok(response)
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

async fn list(repository: &Path, kind: Kind, headers: &HeaderMap) -> Answer {
    let version = Version::from_accept(headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()));
    let (first, rest) = Listing::begin(repository.to_owned(), kind, version).await.map_err(Refusal::failed)?;
    let body = match rest {
        Some(rest) => GatewayBody::listing(first, rest),
        None => GatewayBody::whole(first),
    };
    Ok(answer::answer(StatusCode::OK, version.media_type(), body))
}

async fn head(repository: &Path, file: File) -> Answer {
    let Blob { length, .. } = match fs::glance(repository, file) {
        Glance::Found(blob) => blob,
        Glance::Missing => return Err(Refusal::not_found()),
        Glance::Unknown => {
            let repository = repository.to_owned();
            blocking(move || fs::open(&repository, file)).await?
        }
    };
    let mut response = answer::bytes(StatusCode::OK, GatewayBody::empty());
    response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
    Ok(response)
}

/// Waits for the disk.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> Result<T, Refusal> {
    wait_for(work).await.map_err(Refusal::failed)
}
