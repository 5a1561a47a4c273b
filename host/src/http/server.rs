//! Connections: HTTP/1.0, 1.1 and 2, with limits on what a client may send, how long it may take, and how many there are.
//!
//! `axum::serve` sets no such limits, so the router is put on hyper's connection builder here.

use std::{
    convert::Infallible,
    future,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::{Request, StatusCode, request::Parts};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    server::graceful::GracefulShutdown,
    service::TowerToHyperService,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::ports::proxy_authenticator::Peer;

use super::limits::ServerLimits;

/// The peer of the connection that a request came in on.
#[derive(Debug, Clone, Copy)]
pub struct PeerOf(pub Peer);

impl<S: Sync> FromRequestParts<S> for PeerOf {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Self::Rejection> {
        // Without a peer nobody may speak, so a router that was wired without one refuses.
        parts.extensions.get().copied().ok_or(StatusCode::INTERNAL_SERVER_ERROR)
    }
}

/// Serves until the token is cancelled, then lets requests in flight end.
pub async fn serve(listener: TcpListener, router: Router, limits: ServerLimits, stop: CancellationToken) {
    let connections = Connections { builder: builder(&limits), open: GracefulShutdown::new(), router, limits };
    let slots = Slots { free: Arc::new(Semaphore::new(limits.connections)), full: AtomicBool::new(false) };
    loop {
        let accepted = tokio::select! {
            // A slot comes first, so that whoever is too many waits in the backlog of the listener.
            accepted = async { (slots.take().await, listener.accept().await) } => accepted,
            () = stop.cancelled() => break,
        };
        match accepted {
            (slot, Ok((stream, address))) => connections.begin(stream, address, slot),
            (_, Err(error)) => {
                // Out of file descriptors, mostly: give connections a moment to end.
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
    drop(listener);
    if tokio::time::timeout(limits.drain, connections.open.shutdown()).await.is_err() {
        tracing::warn!("requests were still running after {:?} and are cut", limits.drain);
    }
}

fn builder(limits: &ServerLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout)
        .max_buf_size(limits.header_bytes)
        .max_headers(limits.header_lines);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.ping_interval)
        .keep_alive_timeout(limits.ping_timeout)
        .max_header_list_size(u32::try_from(limits.header_bytes).unwrap_or(u32::MAX));
    builder
}

/// How many connections more there may be.
struct Slots {
    free: Arc<Semaphore>,
    full: AtomicBool,
}

impl Slots {
    /// A slot, once there is one. That there was none is said once, not for everyone who waits.
    async fn take(&self) -> Option<OwnedSemaphorePermit> {
        if let Ok(slot) = Arc::clone(&self.free).try_acquire_owned() {
            self.full.store(false, Ordering::Relaxed);
            return Some(slot);
        }
        if !self.full.swap(true, Ordering::Relaxed) {
            tracing::warn!("as many connections are open as may be: new ones wait");
        }
        // Nobody closes the semaphore.
        Arc::clone(&self.free).acquire_owned().await.ok()
    }
}

/// What every connection is served with.
struct Connections {
    builder: Builder<TokioExecutor>,
    open: GracefulShutdown,
    router: Router,
    limits: ServerLimits,
}

impl Connections {
    /// Serves a connection in a task of its own.
    fn begin(&self, stream: TcpStream, address: SocketAddr, slot: Option<OwnedSemaphorePermit>) {
        // Answers are small: they must not wait for more.
        let _ = stream.set_nodelay(true);
        let peer = PeerOf(Peer::Address(address.ip().to_canonical()));
        let (router, lines, timeout) = (self.router.clone(), self.limits.header_lines, self.limits.header_timeout);
        let asked = Arc::new(AtomicBool::new(false));
        let first_request = Arc::clone(&asked);
        let service = tower::service_fn(move |mut request: Request<Incoming>| {
            first_request.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(peer);
            let answer = (request.headers().len() <= lines).then(|| router.clone().oneshot(request.map(Body::new)));
            async move {
                match answer {
                    Some(answer) => answer.await.map_err(|never: Infallible| never),
                    None => Ok(too_many_lines()),
                }
            }
        });
        let connection = self.builder.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service)).into_owned();
        let connection = self.open.watch(connection);
        tokio::spawn(async move {
            let _slot = slot;
            tokio::select! {
                ended = connection => if let Err(error) = ended {
                    tracing::debug!(%error, "a connection ended early");
                },
                () = silence(timeout, &asked) => tracing::debug!("a connection without a request was closed"),
            }
        });
    }
}

/// Ends when the time is over and nothing was asked. hyper waits without a timer for the bytes that tell HTTP/1 from HTTP/2, and in HTTP/2 for the
/// first request.
async fn silence(timeout: Duration, asked: &AtomicBool) {
    tokio::time::sleep(timeout).await;
    if asked.load(Ordering::Relaxed) {
        future::pending::<()>().await;
    }
}

/// hyper counts the lines of HTTP/1 and refuses them like this; those of HTTP/2 it does not count.
fn too_many_lines() -> Response {
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()
}
