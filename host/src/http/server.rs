//! Connections: HTTP/1.0, 1.1 and 2, with limits on what a client may send, how long it may take, and how many there are; and their end, which cuts
//! no request.
//!
//! `axum::serve` sets no such limits, so the router is put on hyper's connection builder here.

use std::{
    convert::Infallible,
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
use http::{HeaderValue, Request, StatusCode, Version, header::CONNECTION, request::Parts};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::{Instant, sleep, sleep_until, timeout_at},
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::ports::proxy_authenticator::Peer;

use super::{
    exchange::Exchanges,
    limits::ServerLimits,
    listener::{Accepted, Listener, Stream},
    stall::Unstalled,
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

/// One connection.
struct Serving {
    builder: Builder<TokioExecutor>,
    told: watch::Receiver<()>,
    closing: Arc<AtomicBool>,
    router: Router,
    peer: PeerOf,
    limits: ServerLimits,
    first_request_by: Instant,
}

impl Serving {
    async fn serve(self, stream: Box<dyn Stream>) {
        let Self { builder, mut told, closing, router, peer, limits, first_request_by } = self;
        let (asked, exchanges) = (Arc::new(AtomicBool::new(false)), Arc::new(Exchanges::default()));
        let (first_request, begun) = (Arc::clone(&asked), Arc::clone(&exchanges));
        let service = tower::service_fn(move |mut request: Request<Incoming>| {
            first_request.store(true, Ordering::Relaxed);
            request.extensions_mut().insert(peer);
            let exchange = (request.version() == Version::HTTP_2).then(|| begun.begin());
            let closing = Arc::clone(&closing);
            let answer = (request.headers().len() <= limits.header_lines).then(|| router.clone().oneshot(request.map(Body::new)));
            async move {
                let mut answer = match answer {
                    Some(answer) => answer.await.unwrap_or_else(|never: Infallible| match never {}),
                    None => too_many_lines(),
                };
                if exchange.is_none() && closing.load(Ordering::Relaxed) {
                    answer.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                }
                Ok::<_, Infallible>(match exchange {
                    Some(exchange) => exchange.answered(answer, limits.answer_timeout),
                    None => answer,
                })
            }
        });
        let stream = TokioIo::new(Unstalled::new(stream, limits.answer_timeout));
        let connection = builder.serve_connection(stream, TowerToHyperService::new(service)).into_owned();
        tokio::pin!(connection);
        let (rest, silence) = (exchanges.rest(limits.rest_timeout), silence(first_request_by, &asked));
        let leave = async {
            tokio::select! { _ = told.changed() => (), () = rest => () }
        };
        tokio::pin!(leave, silence);
        let mut leaving = false;
        loop {
            tokio::select! {
                ended = &mut connection => break ended.unwrap_or_else(|error| tracing::debug!(%error, "a connection ended early")),
                () = &mut leave, if !leaving => {
                    leaving = true;
                    connection.as_mut().graceful_shutdown();
                }
                () = &mut silence => break tracing::debug!("a connection without a request was closed"),
                () = exchanges.overdue.cancelled() => break tracing::debug!("a connection whose client does not take its answers was closed"),
            }
        }
    }
}

/// Ends when the time is over and nothing was asked. hyper waits without a timer for the bytes that tell HTTP/1 from HTTP/2, and in HTTP/2 for the
/// first request.
async fn silence(until: Instant, asked: &AtomicBool) {
    sleep_until(until).await;
    if asked.load(Ordering::Relaxed) {
        std::future::pending::<()>().await;
    }
}

/// hyper counts the lines of HTTP/1 and refuses them like this; those of HTTP/2 it does not count.
fn too_many_lines() -> Response {
    StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE.into_response()
}
