//! What handlers share: what runs, once it runs, and the phase of the server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use axum::{
    extract::{FromRequestParts, OriginalUri},
    response::Response,
};
use http::request::Parts;
use tokio::sync::Notify;

use crate::{domain::error::ErrorName, generation::snapshot::Snapshot};

use super::error;

/// Backstage's words for a request that waited for the start in vain.
pub(super) const NOT_STARTED: &str = "Service has not started up yet";

/// Whether requests are served; the readiness probe answers accordingly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Phase {
    /// Not yet.
    Starting,
    /// Yes.
    Ready,
    /// No more, soon.
    Stopping,
}

/// The state of the router: cheap to clone.
#[derive(Clone)]
pub struct AppState {
    inner: Arc<Inner>,
}

struct Inner {
    snapshot: ArcSwapOption<Snapshot>,
    phase: AtomicU8,
    changed: Notify,
    issuer: String,
    pause: Duration,
}

/// What runs. A request takes it once and keeps it to its end.
pub struct Running(pub Arc<Snapshot>);

impl AppState {
    /// A state that serves nothing yet. `issuer` is the external base URL of the auth plugin; `pause` is how long requests wait for the start.
    pub fn starting(issuer: String, pause: Duration) -> Self {
        let (phase, changed) = (AtomicU8::new(Phase::Starting as u8), Notify::new());
        Self { inner: Arc::new(Inner { snapshot: ArcSwapOption::empty(), phase, changed, issuer, pause }) }
    }

    /// From now on this is served, and those who wait go on. A server that is stopping already stays so.
    pub fn start(&self, snapshot: Snapshot) {
        self.inner.snapshot.store(Some(Arc::new(snapshot)));
        let _ = self.inner.phase.compare_exchange(Phase::Starting as u8, Phase::Ready as u8, Ordering::SeqCst, Ordering::SeqCst);
        self.inner.changed.notify_waiters();
    }

    /// Says that the server will stop.
    pub fn stop(&self) {
        self.inner.phase.store(Phase::Stopping as u8, Ordering::SeqCst);
        self.inner.changed.notify_waiters();
    }

    /// The external base URL of the auth plugin, without a slash at its end.
    pub fn issuer(&self) -> &str {
        &self.inner.issuer
    }

    /// The phase.
    pub fn phase(&self) -> Phase {
        match self.inner.phase.load(Ordering::Relaxed) {
            0 => Phase::Starting,
            1 => Phase::Ready,
            _ => Phase::Stopping,
        }
    }

    /// Whether something is served.
    pub(super) fn has_started(&self) -> bool {
        self.inner.snapshot.load().is_some()
    }

    /// Waits for the end of the start, as long as requests may. Gives the phase then.
    pub(super) async fn wait_for_start(&self) -> Phase {
        // Made before the phase is read, so that no change is missed.
        let changed = self.inner.changed.notified();
        if self.phase() == Phase::Starting {
            let _ = tokio::time::timeout(self.inner.pause, changed).await;
        }
        self.phase()
    }
}

impl FromRequestParts<AppState> for Running {
    type Rejection = Response;

    /// The gate lets nothing through before there is something that runs; a route that it does not know is refused here.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Self::Rejection> {
        let uri = parts.extensions.get::<OriginalUri>().map_or(&parts.uri, |OriginalUri(uri)| uri);
        let refused = || error::plain(ErrorName::ServiceUnavailable, NOT_STARTED, &parts.method, uri);
        state.inner.snapshot.load_full().map(Self).ok_or_else(refused)
    }
}
