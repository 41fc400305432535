//! What holds for every request, whoever answers it: it names its host once, and whoever answers before it has arrived
//! whole either takes the rest or says that the connection ends.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use api::Code;
use axum::body::Body as AnyBody;
use bytes::Bytes;
use http::header::{CONNECTION, CONTENT_TYPE, EXPECT, HOST, RETRY_AFTER};
use http::uri::Authority;
use http::{HeaderMap, HeaderValue, Response, StatusCode, Version};
use http_body::{Body, Frame, SizeHint};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::time::timeout;

use super::activity::{Activity, UnderWay};

/// What is left of a body is read and discarded up to this length, and for this long, to keep the connection.
const SMALL: u64 = 64 * 1024;
const MOMENT: Duration = Duration::from_millis(500);

/// When somebody for whom there was no place may come again.
pub(super) const RETRY_SECONDS: u16 = 5;

/// A request's body, lent to whoever answers. What isn't read of it comes back.
#[derive(Debug)]
pub(super) struct Lent {
    body: Option<Incoming>,
    /// Whether any of it was asked for. Until then a client may still wait for leave to send it.
    asked: bool,
    ended: bool,
    rest: Rest,
    activity: Activity,
}

/// Where the rest of a body comes back to.
#[derive(Clone, Debug, Default)]
pub(super) struct Rest(Arc<Mutex<Option<(Incoming, bool)>>>);

impl Lent {
    pub(super) fn new(body: Incoming, activity: Activity) -> (Self, Rest) {
        let rest = Rest::default();
        (Self { body: Some(body), asked: false, ended: false, rest: rest.clone(), activity }, rest)
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.activity.fed();
        if let Some(body) = self.body.take()
            && !self.ended
            && !body.is_end_stream()
        {
            *self.rest.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((body, self.asked));
        }
    }
}

impl Body for Lent {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<hyper::Result<Frame<Bytes>>>> {
        self.asked = true;
        let Some(body) = &mut self.body else { return Poll::Ready(None) };
        let frame = Pin::new(body).poll_frame(cx);
        self.ended |= matches!(frame, Poll::Ready(None | Some(Err(_))));
        if frame.is_pending() {
            self.activity.starved();
        } else {
            self.activity.fed();
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.ended || self.body.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.body.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Rest {
    /// Whether a body that has not arrived whole is in the way of the next request.
    pub(super) async fn is_in_the_way(&self, headers_wait: bool) -> bool {
        let rest = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        let Some((body, asked)) = rest else { return false };
        // Reading would tell a client to send that waits for leave.
        if (headers_wait && !asked) || body.size_hint().lower() > SMALL {
            return true;
        }
        !timeout(MOMENT, discard(body)).await.unwrap_or(false)
    }
}

/// Whether the body ended before it grew long.
async fn discard(mut body: Incoming) -> bool {
    let mut left = SMALL;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        let length = frame.data_ref().map_or(0, |data| data.len() as u64);
        let Some(rest) = left.checked_sub(length) else { return false };
        left = rest;
    }
    true
}

/// Whether the client sends its body only when it is told to continue.
pub(super) fn waits_for_leave(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|expect| expect.as_bytes().eq_ignore_ascii_case(b"100-continue"))
}

/// An answer on its way: what the request holds, it holds until this was handed over.
pub(super) struct Answer {
    body: AnyBody,
    _under_way: UnderWay,
}

impl Answer {
    pub(super) fn new(body: AnyBody, under_way: UnderWay) -> Self {
        Self { body, _under_way: under_way }
    }
}

impl Body for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Whether the request says which host it is for, once and readably. Whoever stands before us may have decided by another
/// one of two.
pub(super) fn names_its_host(version: Version, headers: &HeaderMap) -> bool {
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) => version < Version::HTTP_11,
        (Some(host), None) => !host.as_bytes().contains(&b',') && Authority::try_from(host.as_bytes()).is_ok(),
        (Some(_), Some(_)) => false,
    }
}

/// A refusal by the listener itself, after which the connection ends.
pub(super) fn refusal(code: Code, detail: &str, request_id: &str) -> Response<AnyBody> {
    let problem = api::Error::new(code, detail).problem(request_id);
    let mut response = Response::new(AnyBody::from(serde_json::to_vec(&problem).unwrap_or_default()));
    *response.status_mut() = StatusCode::from_u16(code.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    headers.insert(CONNECTION, HeaderValue::from_static("close"));
    if code == Code::Unavailable {
        headers.insert(RETRY_AFTER, HeaderValue::from(RETRY_SECONDS));
    }
    response
}
