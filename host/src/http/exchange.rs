//! What is open on a connection: a request until its answer has left, which the client of HTTP/2 may put off by its windows for ever. An answer that
//! is not taken in time cuts the connection, and a connection on which nothing is open comes to rest.

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::body::{Body, Bytes, HttpBody};
use http::Response;
use hyper::body::{Frame, SizeHint};
use tokio::{
    sync::oneshot,
    time::{sleep, timeout},
};
use tokio_util::sync::CancellationToken;

/// The exchanges of one connection of HTTP/2.
#[derive(Debug, Default)]
pub(super) struct Exchanges {
    begun: AtomicU64,
    open: AtomicUsize,
    /// An answer was not taken in time.
    pub(super) overdue: CancellationToken,
}

/// One of them, which is open until this is dropped.
pub(super) struct Exchange(Arc<Exchanges>);

impl Exchanges {
    /// A request has come.
    pub(super) fn begin(self: &Arc<Self>) -> Exchange {
        self.open.fetch_add(1, Ordering::Relaxed);
        self.begun.fetch_add(1, Ordering::Relaxed);
        Exchange(Arc::clone(self))
    }

    /// Ends when there was a request, and then none was open for this time, at most twice as long.
    pub(super) async fn rest(&self, time: Duration) {
        let mut idle_since = 0;
        loop {
            let begun = self.begun.load(Ordering::Relaxed);
            let idle = self.open.load(Ordering::Relaxed) == 0;
            if idle && begun > 0 && begun == idle_since {
                return;
            }
            idle_since = if idle { begun } else { 0 };
            sleep(time).await;
        }
    }
}

impl Exchange {
    /// The answer, which has this time to leave.
    pub(super) fn answered(self, answer: Response<Body>, time: Duration) -> Response<Body> {
        if answer.body().is_end_stream() {
            return answer;
        }
        let (held, left) = oneshot::channel::<Infallible>();
        let overdue = self.0.overdue.clone();
        tokio::spawn(async move {
            if timeout(time, left).await.is_err() {
                overdue.cancel();
            }
        });
        let held = Arc::new((self, held));
        answer.map(|body| Body::new(Leaving { body, held }))
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

type Held = Arc<(Exchange, oneshot::Sender<Infallible>)>;

/// A body that holds its exchange as long as any of its bytes is in memory, h2's own buffers included.
struct Leaving {
    body: Body,
    held: Held,
}

struct LeavingBytes {
    bytes: Bytes,
    _held: Held,
}

impl AsRef<[u8]> for LeavingBytes {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl HttpBody for Leaving {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let held = Arc::clone(&self.held);
        let frame = Pin::new(&mut self.body).poll_frame(context);
        frame.map_ok(|frame| frame.map_data(|bytes| Bytes::from_owner(LeavingBytes { bytes, _held: held })))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
