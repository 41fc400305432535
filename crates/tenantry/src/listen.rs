//! One listener for everything: the gateway below `/restic/`, the API below `/api/`, the console elsewhere. HTTP/1.1
//! only, because HTTP/2 has no reason phrase and that is how refused backup clients learn why.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::IntoResponse as _;
use base::clock::Random;
use base::http::Peer;
use gateway::Gateway;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tower::ServiceExt as _;

/// A client that hasn't sent its headers by then is let go.
const HEADERS_WITHIN: Duration = Duration::from_secs(30);
/// How long requests may go on after the shutdown has begun; longer than the gateway's own grace.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until told to stop, then lets what runs come to its end.
pub(crate) async fn serve(listener: TcpListener, router: axum::Router, gateway: Arc<Gateway>, stop: CancellationToken) {
    let connections = TaskTracker::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, peer)) => {
                connections.spawn(connection(stream, peer, router.clone(), Arc::clone(&gateway), stop.clone()));
            }
            Err(error) => {
                // Too many open files, say: those that are open must end first.
                tracing::warn!(%error, "cannot accept a connection");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    connections.close();
    if tokio::time::timeout(GRACE, connections.wait()).await.is_err() {
        tracing::warn!(left = connections.len(), "connections were cut at shutdown");
    }
}

async fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    router: axum::Router,
    gateway: Arc<Gateway>,
    stop: CancellationToken,
) {
    let (wire, line) = gateway.wire(stream);
    let service = service_fn(move |mut request: http::Request<Incoming>| {
        request.extensions_mut().insert(line.clone());
        let (router, gateway) = (router.clone(), Arc::clone(&gateway));
        async move { Ok::<_, Infallible>(answer(request, peer, router, gateway).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_buf_size(gateway::CONNECTION_BUFFER)
        .serve_connection(TokioIo::new(wire), service);
    tokio::pin!(connection);
    let served = tokio::select! {
        served = connection.as_mut() => served,
        () = stop.cancelled() => {
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = served {
        tracing::debug!(%peer, %error, "a connection ended early");
    }
}

async fn answer(
    mut request: http::Request<Incoming>,
    peer: SocketAddr,
    router: axum::Router,
    gateway: Arc<Gateway>,
) -> http::Response<Body> {
    if request.uri().path().starts_with("/restic/") {
        // Random: a running number would tell strangers how much is refused to others.
        if let Ok(id) = Random.bytes::<12>() {
            request.extensions_mut().insert(gateway::RequestId(data_encoding::HEXLOWER.encode(&id)));
        }
        return gateway.handle(request).await.map(Body::new);
    }
    request.extensions_mut().insert(Peer(peer.ip()));
    match router.oneshot(request.map(Body::new)).await {
        Ok(response) => response,
        Err(never) => never.into_response(),
    }
}
