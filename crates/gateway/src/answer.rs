//! Answers: their headers, their bodies, and refusals, whose sentence goes out twice, as a problem document and as the
//! reason phrase that restic prints.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use api::grant::Sentence;
use api::{Code, Error};
use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_SECURITY_POLICY, CONTENT_TYPE, RETRY_AFTER,
    WWW_AUTHENTICATE, X_CONTENT_TYPE_OPTIONS,
};
use http::{HeaderName, HeaderValue, Response, StatusCode};
use http_body::{Body, Frame, SizeHint};
use hyper::ext::ReasonPhrase;
use tokio::task::AbortHandle;

use crate::blobs::bucket::Pieces;
use crate::blobs::list::Listing;
use crate::blobs::read::Reading;
use crate::runs::Doing;
use crate::throttle::Valve;
use crate::wire::Line;

/// When a client may try again what passes by itself, in seconds.
const RETRY_SECONDS: u64 = 5;

/// The body of an answer.
#[derive(Debug)]
pub struct GatewayBody {
    inner: Inner,
    watch: Option<Watch>,
    /// What is sent piece by piece passes it.
    valve: Option<Valve>,
    /// What it belongs to.
    doing: Option<Doing>,
}

/// An eye on an answer that is under way: cuts the connection when the answer must not go on.
#[derive(Debug)]
pub(crate) struct Watch {
    pub(crate) line: Line,
    pub(crate) task: AbortHandle,
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

enum Inner {
    Whole(Bytes),
    Reading(Reading),
    /// What is already there of a list, and the rest.
    Listing(Bytes, Option<Listing>),
    /// From a bucket, with what is still to come of it where that is known.
    Pieces(Pieces, Option<u64>),
}

impl std::fmt::Debug for Inner {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Whole(_) => "Whole",
            Self::Reading(_) => "Reading",
            Self::Listing(..) => "Listing",
            Self::Pieces(..) => "Pieces",
        })
    }
}

impl GatewayBody {
    pub(crate) fn empty() -> Self {
        Self::whole(Bytes::new())
    }

    pub(crate) fn whole(bytes: Bytes) -> Self {
        Self { inner: Inner::Whole(bytes), watch: None, valve: None, doing: None }
    }

    pub(crate) fn reading(reading: Reading) -> Self {
        Self { inner: Inner::Reading(reading), watch: None, valve: None, doing: None }
    }

    pub(crate) fn listing(first: Bytes, rest: Listing) -> Self {
        Self { inner: Inner::Listing(first, Some(rest)), watch: None, valve: None, doing: None }
    }

    /// What a bucket sends, `length` bytes if that is known.
    pub(crate) fn pieces(pieces: Pieces, length: Option<u64>) -> Self {
        Self { inner: Inner::Pieces(pieces, length), watch: None, valve: None, doing: None }
    }

    /// Whether it is sent piece by piece.
    pub(crate) fn is_long(&self) -> bool {
        !matches!(self.inner, Inner::Whole(_))
    }

    pub(crate) fn watched(self, watch: Watch, valve: Option<Valve>, doing: Option<Doing>) -> Self {
        Self { watch: Some(watch), valve, doing, ..self }
    }
}

impl GatewayBody {
    /// The next bytes that may pass.
    fn poll_chunk(&mut self, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
        if let Some(valve) = &mut self.valve {
            ready!(valve.poll_open(cx));
            if let Some(held) = valve.take_held() {
                return Poll::Ready(Some(Ok(held)));
            }
        }
        let chunk = match &mut self.inner {
            Inner::Whole(bytes) | Inner::Listing(bytes, _) if !bytes.is_empty() => {
                Poll::Ready(Some(Ok(std::mem::take(bytes))))
            }
            Inner::Whole(_) | Inner::Listing(_, None) => Poll::Ready(None),
            Inner::Listing(_, Some(listing)) => listing.poll_chunk(cx),
            Inner::Reading(reading) => reading.poll_chunk(cx),
            Inner::Pieces(pieces, unsent) => poll_piece(pieces, unsent, cx),
        };
        chunk.map_ok(|chunk| match &mut self.valve {
            Some(valve) => valve.pass(chunk),
            None => chunk,
        })
    }

    /// Bytes that were fetched and wait.
    fn held_back(&self) -> u64 {
        self.valve.as_ref().map_or(0, Valve::holds)
    }
}

/// What is short or long is an error, and never the end.
fn poll_piece(pieces: &mut Pieces, unsent: &mut Option<u64>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Bytes>>> {
    let piece = ready!(pieces.as_mut().poll_next(cx));
    Poll::Ready(match (piece, unsent.as_mut()) {
        (Some(Ok(bytes)), Some(unsent)) => match unsent.checked_sub(bytes.len() as u64) {
            Some(rest) => {
                *unsent = rest;
                Some(Ok(bytes))
            }
            None => Some(Err(io::ErrorKind::InvalidData.into())),
        },
        (None, Some(unsent)) if *unsent > 0 => Some(Err(io::ErrorKind::UnexpectedEof.into())),
        (piece, _) => piece,
    })
}

impl Body for GatewayBody {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.watch.as_ref().is_some_and(|watch| watch.line.is_cut()) {
            return Poll::Ready(Some(Err(io::ErrorKind::ConnectionAborted.into())));
        }
        self.poll_chunk(cx).map_ok(|chunk| {
            metrics::counter!("tenantry_gateway_sent_bytes_total").increment(chunk.len() as u64);
            if let Some(doing) = &self.doing {
                doing.sent(chunk.len() as u64);
            }
            Frame::data(chunk)
        })
    }

    fn is_end_stream(&self) -> bool {
        self.held_back() == 0
            && match &self.inner {
                Inner::Whole(bytes) | Inner::Listing(bytes, None) => bytes.is_empty(),
                Inner::Listing(_, Some(_)) => false,
                Inner::Reading(reading) => reading.unsent() == 0,
                Inner::Pieces(_, unsent) => *unsent == Some(0),
            }
    }

    fn size_hint(&self) -> SizeHint {
        let held = self.held_back();
        match &self.inner {
            Inner::Whole(bytes) | Inner::Listing(bytes, None) => SizeHint::with_exact(held + bytes.len() as u64),
            Inner::Listing(bytes, Some(_)) => {
                let mut hint = SizeHint::new();
                hint.set_lower(held + bytes.len() as u64);
                hint
            }
            Inner::Reading(reading) => SizeHint::with_exact(held + reading.unsent()),
            Inner::Pieces(_, Some(unsent)) => SizeHint::with_exact(held + unsent),
            Inner::Pieces(_, None) => {
                let mut hint = SizeHint::new();
                hint.set_lower(held);
                hint
            }
        }
    }
}

/// An answer with the headers that every answer has. The gateway shares the console's origin: nothing that a client has
/// stored may run there.
pub(crate) fn answer(status: StatusCode, content_type: &'static str, body: GatewayBody) -> Response<GatewayBody> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static("sandbox; default-src 'none'"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

/// Bytes of a repository.
pub(crate) fn bytes(status: StatusCode, body: GatewayBody) -> Response<GatewayBody> {
    answer(status, "application/octet-stream", body)
}

/// Done, nothing to say.
pub(crate) fn done() -> Response<GatewayBody> {
    bytes(StatusCode::OK, GatewayBody::empty())
}

/// Why a request is not done.
#[derive(Debug)]
pub(crate) struct Refusal(Box<Refused>);

#[derive(Debug)]
struct Refused {
    error: Error,
    header: Option<(HeaderName, HeaderValue)>,
}

impl Refusal {
    /// Refuses with a sentence of which the first 100 bytes must make sense alone.
    pub(crate) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Refused { error: Error::new(code, detail), header: None }))
    }

    /// What passes by itself.
    pub(crate) fn passing(detail: &str) -> Self {
        let mut refusal = Self::new(Code::Unavailable, detail);
        refusal.0.error.retry_after_seconds = Some(RETRY_SECONDS);
        refusal
    }

    pub(crate) fn not_found() -> Self {
        Self::new(Code::NotFound, "Not found")
    }

    pub(crate) fn not_signed_in() -> Self {
        let mut refusal = Self::new(Code::CredentialsRequired, "User name or password is wrong");
        refusal.0.header =
            Some((WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"backups\", charset=\"UTF-8\"")));
        refusal
    }

    pub(crate) fn verb(allow: &'static str) -> Self {
        let mut refusal = Self::new(Code::MethodNotAllowed, "Method not allowed");
        refusal.0.header = Some((ALLOW, HeaderValue::from_static(allow)));
        refusal
    }

    pub(crate) fn range(total: u64) -> Self {
        let mut refusal = Self::new(Code::RangeNotSatisfiable, "Range not satisfiable");
        refusal.0.header = HeaderValue::try_from(format!("bytes */{total}")).ok().map(|value| (CONTENT_RANGE, value));
        refusal
    }

    /// The pool failed.
    pub(crate) fn failed(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::NotFound => Self::not_found(),
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                let mut refusal = Self::full();
                refusal.0.error.cause = Some(error.into());
                refusal
            }
            _ => Self(Box::new(Refused { error: Error::internal(error), header: None })),
        }
    }

    pub(crate) fn code(&self) -> Code {
        self.0.error.code
    }

    /// What the client is told.
    pub(crate) fn detail(&self) -> &str {
        &self.0.error.detail
    }

    /// The answer. Causes are logged here and nowhere else.
    pub(crate) fn into_response(self, request_id: &str) -> Response<GatewayBody> {
        let Refused { error, header } = *self.0;
        if let Some(cause) = &error.cause {
            tracing::error!(request_id, code = error.code.as_str(), %cause, "a request to the gateway failed");
        }
        let status = StatusCode::from_u16(error.code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let document = serde_json::to_vec(&error.problem(request_id)).unwrap_or_default();
        let length = document.len();
        let mut response = answer(status, "application/problem+json", GatewayBody::whole(document.into()));
        // Also in answers to HEAD, which have no body.
        response.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(length));
        if let Some(seconds) = error.retry_after_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response.headers_mut().extend(header);
        if let Ok(reason) = ReasonPhrase::try_from(Sentence::new(&error.detail).as_str().as_bytes()) {
            response.extensions_mut().insert(reason);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_speaks_twice() {
        let response = Refusal::new(Code::CustomerSuspended, "Customer acme is suspended").into_response("req");
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        let reason = response.extensions().get::<ReasonPhrase>().unwrap();
        assert_eq!(reason.as_bytes(), b"Customer acme is suspended");
        let Inner::Whole(document) = &response.body().inner else { panic!("not whole") };
        let problem: api::Problem = serde_json::from_slice(document).unwrap();
        assert_eq!(
            (problem.code.as_str(), problem.detail.as_str(), problem.request_id.as_str()),
            ("customer_suspended", "Customer acme is suspended", "req")
        );
    }

    #[test]
    fn causes_stay_inside() {
        let response = Refusal::failed(io::Error::other("/srv/secret")).into_response("req");
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let Inner::Whole(document) = &response.body().inner else { panic!("not whole") };
        assert!(!String::from_utf8_lossy(document).contains("secret"));
        assert_eq!(Refusal::failed(io::ErrorKind::NotFound.into()).code(), Code::NotFound);
        let full = Refusal::failed(io::ErrorKind::StorageFull.into()).into_response("req");
        assert_eq!(full.status(), StatusCode::FORBIDDEN, "or clients try again for a quarter of an hour");
        for refusal in [Refusal::full(), Refusal::away()] {
            assert_eq!(Sentence::new(&refusal.0.error.detail).as_str(), refusal.0.error.detail, "fits");
        }
    }
}
