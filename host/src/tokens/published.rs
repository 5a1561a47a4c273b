//! The public keys that verify: our own, and those of the replicas that share the store.
//!
//! A key that is looked for or published is read from the store no earlier than it was asked for, so a token of another replica verifies from its first use.
//! Readings are shared: at most one at a time, ten a second, and after one that failed a second of rest, during which the last known keys count. Whoever
//! asks does not wait for longer than [`PATIENCE`].

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use tokio::{
    sync::Mutex,
    time::{sleep, timeout},
};

use crate::ports::key_store::{KeyStore, KeyStoreError, StoredKey};

use super::public_key::{PublicKey, key_set};

/// How long somebody waits for the store.
const PATIENCE: Duration = Duration::from_secs(2);
/// How long the store may take: less, so that who waits for it is still there to note that it failed.
const ANSWER: Duration = Duration::from_millis(1500);
/// From the beginning of one reading to that of the next.
const SPACING: Duration = Duration::from_millis(100);
/// How long a store that failed is left alone.
const REST: Duration = Duration::from_secs(1);
/// A key that this process stored so many seconds ago may be missing in a reading that began before.
const JUST_MADE: u64 = 10;
/// The column that holds key ids is no wider.
const LONGEST_KID: usize = 255;

/// The last known keys, and the store that they come from; without one there are only ours.
pub(super) struct PublishedKeys {
    store: Option<Arc<dyn KeyStore>>,
    known: ArcSwap<Vec<Arc<PublicKey>>>,
    /// How many readings have begun.
    begun: AtomicU64,
    reading: Mutex<Reading>,
}

/// What is known of readings; whoever holds it reads.
#[derive(Default)]
struct Reading {
    /// The number of the last one that succeeded.
    succeeded: u64,
    began: Option<Instant>,
    failed: Option<(Instant, KeyStoreError)>,
}

impl PublishedKeys {
    pub(super) fn new(store: Option<Arc<dyn KeyStore>>) -> Self {
        Self { store, known: ArcSwap::default(), begun: AtomicU64::new(0), reading: Mutex::default() }
    }

    /// Stores a key of our own. When this is done, others find it.
    pub(super) async fn add(&self, key: StoredKey, now: u64) -> Result<(), KeyStoreError> {
        let key = Arc::new(PublicKey::read(key, true).map_err(|why| KeyStoreError(why.to_owned()))?);
        if let Some(store) = &self.store {
            timeout(ANSWER, store.add(&key.stored)).await.unwrap_or_else(|_| Err(KeyStoreError("no answer in time".into())))?;
        }
        self.known.rcu(|known| {
            let published = known.iter().filter(|known| known.is_published(now)).cloned();
            published.chain([Arc::clone(&key)]).collect::<Vec<_>>()
        });
        Ok(())
    }

    /// The key set at this moment.
    pub(super) async fn key_set(&self, now: u64) -> String {
        self.read_patiently(now).await;
        key_set(self.known.load().iter().map(AsRef::as_ref).filter(|key| key.is_published(now)))
    }

    /// The published key of this id. One that is known costs no look into the store.
    pub(super) async fn find(&self, kid: &str, now: u64) -> Option<Arc<PublicKey>> {
        if let Some(key) = self.known_key(kid, now) {
            return Some(key);
        }
        if self.store.is_none() || kid.len() > LONGEST_KID {
            return None;
        }
        self.read_patiently(now).await;
        self.known_key(kid, now)
    }

    /// Whether a key of this id is known. One that was deleted from the store is not, once that was read.
    pub(super) fn contains(&self, kid: &str) -> bool {
        self.known.load().iter().any(|key| key.kid == kid)
    }

    fn known_key(&self, kid: &str, now: u64) -> Option<Arc<PublicKey>> {
        self.known.load().iter().find(|key| key.kid == kid && key.is_published(now)).cloned()
    }

    /// Reads, or goes on with what is known.
    async fn read_patiently(&self, now: u64) {
        // Whoever reads has said what failed, and whoever only waited need not.
        let _ = timeout(PATIENCE, self.read(now)).await;
    }

    /// Reads the store, unless a reading that began after this call was made has succeeded meanwhile.
    pub(super) async fn read(&self, now: u64) -> Result<(), KeyStoreError> {
        let Some(store) = &self.store else { return Ok(()) };
        let asked = self.begun.load(Ordering::Acquire);
        let mut reading = self.reading.lock().await;
        if reading.succeeded > asked {
            return Ok(());
        }
        if let Some((_, error)) = reading.failed.as_ref().filter(|(at, _)| at.elapsed() < REST) {
            return Err(error.clone());
        }
        if let Some(began) = reading.began {
            sleep(SPACING.saturating_sub(began.elapsed())).await;
        }
        let nth = self.begun.fetch_add(1, Ordering::AcqRel) + 1;
        reading.began = Some(Instant::now());
        let read = timeout(ANSWER, store.published(now)).await.unwrap_or_else(|_| Err(KeyStoreError("no answer in time".into())));
        match read {
            Ok(keys) => {
                self.know(keys, now);
                (reading.succeeded, reading.failed) = (nth, None);
                Ok(())
            }
            Err(error) => {
                tracing::error!(%error, "the last known public keys are used");
                reading.failed = Some((Instant::now(), error.clone()));
                Err(error)
            }
        }
    }

    /// Takes over what was read. A key that was known is not parsed again; one that is none is left out and told.
    fn know(&self, keys: Vec<StoredKey>, now: u64) {
        let before = self.known.load_full();
        let mut good = Vec::with_capacity(keys.len());
        for key in keys {
            let same = |known: &&Arc<PublicKey>| known.stored.jwk == key.jwk && known.stored.published_until == key.published_until;
            if let Some(known) = before.iter().find(same) {
                good.push(Arc::clone(known));
                continue;
            }
            let kid = key.kid.clone();
            match PublicKey::read(key, false) {
                Ok(key) => good.push(Arc::new(key)),
                Err(why) => tracing::error!(kid, why, "a stored public key is not used"),
            }
        }
        self.known.rcu(|before| {
            let just_made = |key: &&Arc<PublicKey>| key.made_here && now <= key.stored.created_at.saturating_add(JUST_MADE);
            let missing = |key: &&Arc<PublicKey>| good.iter().all(|read| read.kid != key.kid);
            good.iter().chain(before.iter().filter(just_made).filter(missing)).cloned().collect::<Vec<_>>()
        });
    }
}

#[cfg(test)]
mod tests;
