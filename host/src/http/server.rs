//! Connections: HTTP/1.0, 1.1 and 2, with limits on what a client may send and how long it may take.
//!
//! `axum::serve` sets no such limits, so the router is put on hyper's connection builder here.

use std::{convert::Infallible, net::SocketAddr, time::Duration};

use axum::{Router, body::Body, extract::FromRequestParts};
use http::{Request, request::Parts};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::ports::proxy_authenticator::Peer;

/// Bytes of a request's headers: 1,500 groups from a directory are 34 kB.
const MAX_HEADER_BYTES: usize = 64 * 1024;
/// Header lines of a request.
const MAX_HEADERS: usize = 200;
/// How long a client may take to send its headers.
const HEADER_TIMEOUT: Duration = Duration::from_secs(10);
/// How long requests may go on after the listener closed.
const DRAIN: Duration = Duration::from_secs(10);

/// The peer of the connection that a request came in on.
#[derive(Debug, Clone, Copy)]
pub struct PeerOf(pub Peer);

impl<S: Sync> FromRequestParts<S> for PeerOf {
    type Rejection = http::StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        // Without a peer nobody may speak, so a router that was wired without one refuses.
        parts.extensions.get().copied().ok_or(http::StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Serves until the token is cancelled, then lets requests in flight end.
pub async fn serve(listener: TcpListener, router: Router, stop: CancellationToken) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEADER_TIMEOUT).max_buf_size(MAX_HEADER_BYTES).max_headers(MAX_HEADERS);
    builder.http2().timer(TokioTimer::new()).max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX));
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            Ok((stream, address)) => connect(&builder, &connections, &router, stream, address),
            Err(error) => {
                // Out of file descriptors, mostly: give connections a moment to end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(DRAIN, connections.shutdown()).await.is_err() {
        tracing::warn!("requests were still running after {DRAIN:?} and are cut");
    }
}

fn connect(builder: &Builder<TokioExecutor>, connections: &GracefulShutdown, router: &Router, stream: TcpStream, address: SocketAddr) {
    // Answers are small: they must not wait for more.
    let _ = stream.set_nodelay(true);
    let peer = PeerOf(Peer::Address(address.ip().to_canonical()));
    let router = router.clone();
    let service = tower::service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        let answer = router.clone().oneshot(request.map(Body::new));
        async move { answer.await.map_err(|never: Infallible| never) }
    });
    let connection = builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned();
    let connection = connections.watch(connection);
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "a connection ended early");
        }
    });
}
