//! One connection: its requests, and the reasons to end it.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::{
    Router,
    body::Body,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Request, StatusCode, Version, header::CONNECTION};
use hyper::body::Incoming;
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto::Builder,
    service::TowerToHyperService,
};
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};
use tower::ServiceExt;

use super::{exchange::Exchanges, limits::ServerLimits, listener::Stream, server::PeerOf, stall::Unstalled};

/// One connection.
pub(super) struct Serving {
    pub(super) builder: Builder<TokioExecutor>,
    pub(super) told: watch::Receiver<()>,
    pub(super) closing: Arc<AtomicBool>,
    pub(super) router: Router,
    pub(super) peer: PeerOf,
    pub(super) limits: ServerLimits,
    pub(super) first_request_by: Instant,
}

impl Serving {
    /// Serves it to its end.
    pub(super) async fn serve(self, stream: Box<dyn Stream>) {
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
