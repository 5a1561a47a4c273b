//! Connections: HTTP/1.0, 1.1 and 2, with limits on what a client may send, how long it may take, and how many there are; and their end, which cuts
//! no request.
//!
//! `axum::serve` sets no such limits, so the router is put on hyper's connection builder here.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::FromRequestParts};
use http::{StatusCode, request::Parts};
use hyper_util::{
    rt::{TokioExecutor, TokioTimer},
    server::conn::auto::Builder,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep, timeout_at},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::ports::proxy_authenticator::Peer;

use super::{
    connection::Serving,
    limits::ServerLimits,
    listener::{Accepted, Listener},
};

/// The window of a connection of HTTP/2 and of its streams in bytes, RFC 9113's own.
const WINDOW: u32 = 65_535;

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

/// The end of a server, in two steps.
#[derive(Debug, Clone, Default)]
pub struct Ending {
    /// From now on each answer of HTTP/1 asks its client to close the connection.
    pub announced: CancellationToken,
    /// No new connections are taken.
    pub begun: CancellationToken,
}

/// Serves until the end. It cuts no request: everybody in the queue of the listener is taken before that closes, who asks is answered, and who rests is
/// let go only after a moment in which to ask.
pub async fn serve(listener: Listener, router: Router, limits: ServerLimits, ending: Ending) {
    let connections = Connections {
        builder: builder(&limits),
        open: watch::Sender::default(),
        closing: Arc::default(),
        last_call: CancellationToken::new(),
        router,
        limits,
    };
    let slots = Slots { free: Arc::new(Semaphore::new(limits.connections)), full: AtomicBool::new(false) };
    connections.take_until(&listener, &slots, ending.announced.cancelled()).await;
    let announced = Instant::now();
    connections.closing.store(true, Ordering::Relaxed);
    connections.take_until(&listener, &slots, ending.begun.cancelled()).await;
    let tls = listener.tls.clone();
    for accepted in listener.into_waiting() {
        connections.begin(accepted, tls.clone(), None);
    }
    connections.end(announced + limits.shutdown_timeout).await;
}

fn builder(limits: &ServerLimits) -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_timeout.max(limits.rest_timeout))
        .max_buf_size(limits.header_bytes)
        .max_headers(limits.header_lines);
    builder
        .http2()
        .timer(TokioTimer::new())
        .keep_alive_interval(limits.ping_interval)
        .keep_alive_timeout(limits.ping_timeout)
        .max_concurrent_streams(limits.streams)
        // What a client may send ahead of being read, for each stream and for all of them. Nobody needs large bodies here.
        .initial_stream_window_size(WINDOW)
        .initial_connection_window_size(WINDOW)
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
    /// Each connection has a receiver, which is told when it is time to go.
    open: watch::Sender<()>,
    /// Whether answers ask for the end of their connection.
    closing: Arc<AtomicBool>,
    /// Handshakes that are still not over are given up.
    last_call: CancellationToken,
    router: Router,
    limits: ServerLimits,
}

impl Connections {
    /// Takes connections until something happens.
    async fn take_until(&self, listener: &Listener, slots: &Slots, end: impl Future<Output = ()>) {
        tokio::pin!(end);
        loop {
            let accepted = tokio::select! {
                // A slot comes first, so that whoever is too many waits in the backlog of the listener.
                accepted = async { (slots.take().await, listener.accept().await) } => accepted,
                () = &mut end => return,
            };
            match accepted {
                (slot, Ok(accepted)) => self.begin(accepted, listener.tls.clone(), slot),
                (_, Err(error)) => {
                    // Out of file descriptors, mostly: give connections a moment to end.
                    tracing::warn!(%error, "a connection could not be accepted");
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
    }

    /// Lets every connection end. Who rests has a moment to ask once more and to be told; closing at once could cross a request on its way.
    async fn end(self, latest: Instant) {
        let told = Instant::now() + self.limits.linger;
        while self.open.receiver_count() > 0 && Instant::now() < told.min(latest) {
            sleep(Duration::from_millis(10)).await;
        }
        self.last_call.cancel();
        let timeout = self.limits.shutdown_timeout;
        self.open.send_replace(());
        if timeout_at(latest, self.open.closed()).await.is_err() {
            tracing::warn!("requests were still running {timeout:?} after the signal and are cut");
        }
    }

    /// Serves a connection in a task of its own.
    fn begin(&self, accepted: Accepted, tls: Option<TlsAcceptor>, slot: Option<OwnedSemaphorePermit>) {
        let serving = Serving {
            builder: self.builder.clone(),
            told: self.open.subscribe(),
            closing: Arc::clone(&self.closing),
            router: self.router.clone(),
            peer: PeerOf(accepted.peer()),
            limits: self.limits,
            first_request_by: Instant::now() + self.limits.header_timeout,
        };
        let (stream, last_call) = (accepted.into_stream(), self.last_call.clone());
        tokio::spawn(async move {
            let _slot = slot;
            let Some(tls) = tls else { return serving.serve(stream).await };
            let shaken = tokio::select! {
                shaken = timeout_at(serving.first_request_by, tls.accept(stream)) => shaken,
                () = last_call.cancelled() => return,
            };
            match shaken {
                Ok(Ok(stream)) => serving.serve(Box::new(stream)).await,
                Ok(Err(error)) => tracing::debug!(%error, "a TLS handshake failed"),
                Err(_) => tracing::debug!("a connection that did not finish its TLS handshake was closed"),
            }
        });
    }
}
