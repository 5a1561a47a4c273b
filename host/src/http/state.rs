//! What handlers share.

use std::sync::{
    Arc,
    atomic::{AtomicU8, Ordering},
};

use arc_swap::ArcSwap;

use crate::generation::snapshot::Snapshot;

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
    snapshot: ArcSwap<Snapshot>,
    phase: AtomicU8,
    issuer: String,
}

impl AppState {
    /// A state that serves this snapshot. `issuer` is the external base URL of the auth plugin.
    pub fn new(snapshot: Snapshot, issuer: String) -> Self {
        let inner = Inner { snapshot: ArcSwap::from_pointee(snapshot), phase: AtomicU8::new(Phase::Starting as u8), issuer };
        Self { inner: Arc::new(inner) }
    }

    /// What runs. A request takes it once and keeps it to its end.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.inner.snapshot.load_full()
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

    /// Moves to another phase.
    pub fn enter(&self, phase: Phase) {
        self.inner.phase.store(phase as u8, Ordering::Relaxed);
    }
}
