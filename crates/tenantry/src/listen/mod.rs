//! One listener for everything: the gateway below `/restic/`, the API below `/api/`, the console elsewhere. HTTP/1.1
//! only, because HTTP/2 has no reason phrase and that is how refused backup clients learn why.
//!
//! - `slots`: how many connections there may be, and who has to go
//! - `activity`: what a connection is doing · `stream`: the socket under it, cut when it stands still
//! - `request`: what holds for every request · `tls`: certificates

mod activity;
mod request;
mod slots;
mod stream;
mod tls;

use std::convert::Infallible;
use std::io::Write as _;
use std::net::{Shutdown, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use api::Code;
use axum::body::Body;
use axum::response::IntoResponse as _;
use base::clock::Random;
use base::http::Peer;
use base::http::client::client_of;
use gateway::{Gateway, Line};
use http::header::{CONNECTION, STRICT_TRANSPORT_SECURITY};
use http::{HeaderValue, Response, StatusCode};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

use self::request::{Answer, Lent, RETRY_SECONDS, names_its_host, refusal, waits_for_leave};
pub use self::slots::Bounds;
use self::slots::{Slot, Slots, TURNED_AWAY};
use self::stream::Stream;
pub use self::tls::Files;
pub(crate) use self::tls::Tls;

/// A client that hasn't sent its headers by then is let go; so is one that has been idle for so long.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// The same where places are scarce, and how long all may take there.
const BRIEF_HEADERS_WITHIN: Duration = Duration::from_secs(3);
const BRIEF: Duration = Duration::from_secs(15);
/// Who takes no byte that is on its way for so long is gone.
const VANISHED_MILLISECONDS: u32 = 120_000;
/// How long requests may go on after the shutdown has begun; longer than the gateway's own grace.
const GRACE: Duration = Duration::from_secs(10);
/// Whoever doesn't take its answer for so long isn't waited for at the shutdown, nor who has begun a request and doesn't
/// go on with it.
const STILL: Duration = Duration::from_secs(2);
const LOOK: Duration = Duration::from_millis(250);
/// How long somebody who is turned away may take to hear it.
const TURNED_AWAY_WITHIN: Duration = Duration::from_secs(1);

const YEAR: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Who answers.
#[derive(Clone, Debug)]
pub(crate) struct Site {
    pub(crate) router: axum::Router,
    pub(crate) gateway: Arc<Gateway>,
    pub(crate) bounds: Bounds,
    /// Whether clients reach this server over TLS only.
    pub(crate) is_https: bool,
    /// Nothing where this listener speaks plain HTTP.
    pub(crate) tls: Option<Arc<Tls>>,
}

/// Serves until told to stop, then lets what runs come to its end.
pub(crate) async fn serve(listener: TcpListener, site: Site, stop: CancellationToken) {
    let slots = Arc::new(Slots::new(&site.bounds));
    let site = Arc::new(site);
    let connections = TaskTracker::new();
    let turned_away = Arc::new(Semaphore::new(TURNED_AWAY));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => match slots.take(peer.ip()) {
                Some(slot) => {
                    connections.spawn(connection(stream, peer, slot, Arc::clone(&site), stop.clone()));
                }
                // Who comes for TLS would not understand it.
                None if site.tls.is_some() => {}
                None => turn_away(stream, &turned_away),
            },
            Err(error) => {
                // Too many open files, say: those that are open must end first.
                tracing::warn!(%error, "cannot accept a connection");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
    // Whoever comes now is refused at once instead of waiting for nothing.
    drop(listener);
    connections.close();
    if timeout(GRACE, connections.wait()).await.is_err() {
        tracing::warn!(left = connections.len(), "connections were cut at shutdown");
    }
}

/// Says that there is no place.
fn turn_away(stream: TcpStream, turned_away: &Arc<Semaphore>) {
    let problem = api::Error::new(Code::Unavailable, NO_PLACE).problem(&request_id());
    let body = serde_json::to_string(&problem).unwrap_or_default();
    let answer = format!(
        "HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/problem+json\r\nretry-after: {RETRY_SECONDS}\r\n\
         connection: close\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    // A socket that was just made has room for it, so this doesn't wait.
    let Ok(mut socket) = stream.into_std() else { return };
    let _ = socket.write_all(answer.as_bytes());
    let _ = socket.shutdown(Shutdown::Write);
    // Closed with bytes unread the connection would be reset, and the answer lost with it. A crowd has to bear that.
    let Ok(permit) = Arc::clone(turned_away).try_acquire_owned() else { return };
    let Ok(mut stream) = TcpStream::from_std(socket) else { return };
    tokio::spawn(timeout(TURNED_AWAY_WITHIN, async move {
        let _permit = permit;
        let mut space = [0; 4096];
        while stream.read(&mut space).await.is_ok_and(|length| length > 0) {}
    }));
}

const NO_PLACE: &str = "There are too many connections. Try again in a moment.";

/// Random: a running number would tell strangers how much is refused to others.
fn request_id() -> String {
    Random.bytes::<12>().map(|id| data_encoding::HEXLOWER.encode(&id)).unwrap_or_default()
}

async fn connection(stream: TcpStream, peer: SocketAddr, slot: Slot, site: Arc<Site>, stop: CancellationToken) {
    let (activity, is_brief) = (slot.activity.clone(), slot.is_brief);
    // For those who have vanished, and for what the kernel still has to send when we have nothing more to write.
    let _ = rustix::net::sockopt::set_tcp_user_timeout(&stream, VANISHED_MILLISECONDS);
    let (wire, line) = site.gateway.wire(stream);
    let stream = Stream::new(wire, activity.clone());
    let Some(tls) = site.tls.clone() else { return serve_on(stream, line, peer, slot, site, stop).await };
    let patience = if is_brief { BRIEF_HEADERS_WITHIN } else { HEADERS_WITHIN };
    let accepted = tokio::select! {
        accepted = timeout(patience, tls.acceptor.accept(stream)) => accepted,
        () = stop.cancelled() => return,
        () = activity.until_cut() => return,
    };
    match accepted {
        Ok(Ok(stream)) => serve_on(stream, line, peer, slot, site, stop).await,
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
        Err(_) => tracing::debug!(%peer, "TLS took too long"),
    }
}

async fn serve_on<S>(stream: S, line: Line, peer: SocketAddr, slot: Slot, site: Arc<Site>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let (activity, is_brief) = (slot.activity.clone(), slot.is_brief);
    let answering = activity.clone();
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(line.clone());
        let (site, activity) = (Arc::clone(&site), answering.clone());
        async move { Ok::<_, Infallible>(answer(request, peer, &site, &activity, is_brief).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(if is_brief { BRIEF_HEADERS_WITHIN } else { HEADERS_WITHIN })
        .keep_alive(!is_brief)
        .max_buf_size(gateway::CONNECTION_BUFFER)
        .serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let mut stopping = false;
    let served = loop {
        tokio::select! {
            served = connection.as_mut() => break served,
            () = stop.cancelled(), if !stopping => {
                stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            () = activity.until_cut() => return,
            () = sleep(BRIEF), if is_brief => return,
            () = sleep(LOOK), if stopping => {
                let still = [activity.blocked_for(), activity.idle_for(), activity.starved_for()];
                if still.into_iter().flatten().any(|still| still >= STILL) {
                    return;
                }
            }
        }
    };
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

/// What is told of every request that was answered.
fn record(part: &'static str, status: StatusCode, took: Duration) {
    metrics::counter!("tenantry_requests_total", "part" => part, "status" => status.as_str().to_owned()).increment(1);
    metrics::histogram!("tenantry_request_seconds", "part" => part).record(took);
}

async fn answer(
    request: http::Request<Incoming>,
    peer: SocketAddr,
    site: &Site,
    activity: &activity::Activity,
    is_brief: bool,
) -> Response<Answer> {
    let (under_way, begun) = (activity.request(), std::time::Instant::now());
    let (mut request, rest) = {
        let (parts, body) = request.into_parts();
        let (body, rest) = Lent::new(body, activity.clone());
        (http::Request::from_parts(parts, body), rest)
    };
    let waits = waits_for_leave(request.headers());
    let path = request.uri().path();
    let is_gateways = path.starts_with("/restic/");
    let is_short = path.starts_with("/api/") || matches!(path, "/healthz" | "/readyz");
    let mut response = if !names_its_host(request.version(), request.headers()) {
        refusal(Code::MalformedRequest, "A request names its host, once.", &request_id())
    } else if is_brief && !is_short {
        refusal(Code::Unavailable, NO_PLACE, &request_id())
    } else if is_gateways {
        request.extensions_mut().insert(gateway::RequestId(request_id(), peer.ip()));
        site.gateway.handle(request).await.map(Body::new)
    } else {
        let client = client_of(peer.ip(), request.headers(), &site.bounds.trusted_proxies);
        request.extensions_mut().insert(Peer(client));
        match site.router.clone().oneshot(request.map(Body::new)).await {
            Ok(response) => response,
            Err(never) => never.into_response(),
        }
    };
    record(
        if is_gateways {
            "gateway"
        } else if is_short {
            "api"
        } else {
            "console"
        },
        response.status(),
        begun.elapsed(),
    );
    if rest.is_in_the_way(waits).await {
        response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    if site.is_https {
        response.headers_mut().insert(STRICT_TRANSPORT_SECURITY, YEAR);
    }
    response.map(|body| Answer::new(body, under_way))
}
