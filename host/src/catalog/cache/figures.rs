//! What the cache did, counted; a line of the log once a minute, if anything happened.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::CatalogCache;

const EVERY: Duration = Duration::from_mins(1);

/// How often each thing happened since the start.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Figures {
    /// Users who were known.
    pub hits: u64,
    /// Nobody, as was known.
    pub negative_hits: u64,
    /// Calls to the catalog.
    pub misses: u64,
    /// Look-ups that waited for a call that another one had begun.
    pub waits: u64,
    /// Users who were served although their time was over, since the catalog was out.
    pub stale: u64,
    /// Calls that failed.
    pub errors: u64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { hits, negative_hits, misses, waits, stale, errors } = self;
        write!(f, "{hits} hits, {negative_hits} for nobody, {misses} calls, {waits} waited for one, {errors} failed, {stale} served stale")
    }
}

/// What is counted; each has its place in [`Counters`].
#[derive(Debug, Clone, Copy)]
pub(super) enum Counter {
    Hits,
    NegativeHits,
    Misses,
    Waits,
    Stale,
    Errors,
}

/// The counters.
#[derive(Debug, Default)]
pub(super) struct Counters([AtomicU64; 6]);

impl Counters {
    pub(super) fn count(&self, counter: Counter) {
        self.0[counter as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn read(&self) -> Figures {
        let read = |counter: Counter| self.0[counter as usize].load(Ordering::Relaxed);
        Figures {
            hits: read(Counter::Hits),
            negative_hits: read(Counter::NegativeHits),
            misses: read(Counter::Misses),
            waits: read(Counter::Waits),
            stale: read(Counter::Stale),
            errors: read(Counter::Errors),
        }
    }
}

/// Logs the figures whenever they have changed within a minute, and a last time at the end.
pub async fn report(cache: Arc<CatalogCache>, stop: CancellationToken) {
    let mut told = Figures::default();
    loop {
        let stopped = tokio::time::timeout(EVERY, stop.cancelled()).await.is_ok();
        let figures = cache.figures();
        if figures != told {
            tracing::info!("catalog cache: {figures}");
            told = figures;
        }
        if stopped {
            return;
        }
    }
}
