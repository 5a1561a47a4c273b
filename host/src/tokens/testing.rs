//! For tests: a clock that is set, and a store that can be taken away.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::ports::{
    BoxFuture,
    clock::Clock,
    key_store::{KeyStore, KeyStoreError, StoredKey},
};

/// A clock that is set, in seconds.
#[derive(Default)]
pub(super) struct TestClock(pub(super) AtomicU64);

impl TestClock {
    pub(super) fn at(now: u64) -> Arc<Self> {
        Arc::new(Self(now.into()))
    }

    pub(super) fn set(&self, now: u64) {
        self.0.store(now, Ordering::Relaxed);
    }
}

impl Clock for TestClock {
    fn now(&self) -> Duration {
        Duration::from_secs(self.0.load(Ordering::Relaxed))
    }
}

/// A store that others share, which counts how often it is asked.
#[derive(Default)]
pub(super) struct SharedStore {
    pub(super) keys: Mutex<Vec<StoredKey>>,
    pub(super) down: AtomicBool,
    pub(super) adds: AtomicU64,
    pub(super) reads: AtomicU64,
    /// How long each access takes, in milliseconds.
    pub(super) takes: AtomicU64,
}

impl SharedStore {
    pub(super) fn set_down(&self, down: bool) {
        self.down.store(down, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> (u64, u64) {
        (self.adds.load(Ordering::Relaxed), self.reads.load(Ordering::Relaxed))
    }

    async fn answer(&self) -> Result<(), KeyStoreError> {
        tokio::time::sleep(Duration::from_millis(self.takes.load(Ordering::Relaxed))).await;
        if self.down.load(Ordering::Relaxed) { Err(KeyStoreError("down".into())) } else { Ok(()) }
    }
}

impl KeyStore for SharedStore {
    fn add<'a>(&'a self, key: &'a StoredKey) -> BoxFuture<'a, Result<(), KeyStoreError>> {
        Box::pin(async move {
            self.adds.fetch_add(1, Ordering::Relaxed);
            self.answer().await?;
            self.keys.lock().unwrap().push(key.clone());
            Ok(())
        })
    }

    fn published(&self, now: u64) -> BoxFuture<'_, Result<Vec<StoredKey>, KeyStoreError>> {
        Box::pin(async move {
            self.reads.fetch_add(1, Ordering::Relaxed);
            self.answer().await?;
            Ok(self.keys.lock().unwrap().iter().filter(|key| now < key.published_until).cloned().collect())
        })
    }
}
