//! The signing keys of this server: made when they are needed, stored before they sign, published as long as a token that they signed may live.
//!
//! Contract: a key signs for one token lifetime and is published for three, from when it was made. The next key is made and stored ahead of time, so that
//! verifiers that cache the key set know it before its first token; that never keeps a sign-in waiting. The first key is made by the first sign-in, as in
//! Backstage. A key that somebody took out of the store signs no more once that was read. Many who need a key make one. After a failure there is a second of rest, in which whoever needs a key fails at once.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use arc_swap::ArcSwap;
use tokio::{sync::Mutex, time::timeout};

use crate::{
    domain::token_algorithm::TokenAlgorithm,
    ports::{
        clock::Clock,
        key_store::{KeyStore, KeyStoreError, StoredKey},
        random::Random,
    },
};

use super::{
    key::{KeyError, SigningKey},
    public_key::PublicKey,
    published::PublishedKeys,
};

/// How long a verifier may keep a key set without asking again: jose's default.
const VERIFIER_CACHE: Duration = Duration::from_mins(10);
/// How long nothing is made after a failure.
const REST: Duration = Duration::from_secs(1);
/// How long somebody who reads the key set waits for the next key.
const PATIENCE: Duration = Duration::from_secs(2);
/// For how many lifetimes a key is published.
pub(super) const RETENTION: u64 = 3;

/// A key and when it signs. Times are seconds since the Unix epoch.
struct RingKey {
    key: Arc<SigningKey>,
    signs_from: u64,
    signs_until: u64,
}

/// When making a key failed last, and why.
type Failure = Option<(Instant, KeyError)>;

/// The ring. Readers take a snapshot and no lock; only making a key does.
pub(super) struct KeyRing {
    algorithm: TokenAlgorithm,
    lifetime: u64,
    ahead: u64,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    own: ArcSwap<Vec<Arc<RingKey>>>,
    published: PublishedKeys,
    making: Mutex<Failure>,
}

impl KeyRing {
    /// A ring for tokens of this algorithm and this lifetime in seconds, whose keys stand in the store, or without one in this process.
    pub(super) fn new(
        algorithm: TokenAlgorithm,
        lifetime: u64,
        store: Option<Arc<dyn KeyStore>>,
        clock: Arc<dyn Clock>,
        random: Arc<dyn Random>,
    ) -> Self {
        let ahead = VERIFIER_CACHE.as_secs().min(lifetime / 2);
        Self { algorithm, lifetime, ahead, clock, random, own: ArcSwap::default(), published: PublishedKeys::new(store), making: Mutex::default() }
    }

    /// Reads what other replicas and earlier processes have published.
    pub(super) async fn read(&self) -> Result<(), KeyStoreError> {
        self.published.read(self.clock.now_seconds()).await
    }

    /// The key that signs at this moment, made now if there is none.
    pub(super) async fn signing_key(self: &Arc<Self>, now: u64) -> Result<Arc<SigningKey>, KeyError> {
        let current = {
            let own = self.own.load();
            let current = self.signing(&own, now).map(|key| Arc::clone(&key.key));
            if current.is_some() && self.retires_soon(&own, now) && self.making.try_lock().is_ok_and(|failure| !is_resting(&failure)) {
                tokio::spawn(Arc::clone(self).rotate(now));
            }
            current
        };
        match current {
            Some(key) => Ok(key),
            // A task of its own: a client that goes away does not leave a key behind that is stored and signs nothing.
            None => match tokio::spawn(Arc::clone(self).rotate(now)).await {
                Ok(made) => made,
                Err(error) => Err(KeyError::of(error)),
            },
        }
    }

    /// The keys to publish, oldest first. Whoever asks in time also has the next key made: nobody may sign in during those minutes. The first key is
    /// never made here.
    pub(super) async fn key_set(self: &Arc<Self>) -> String {
        let now = self.clock.now_seconds();
        let retires_soon = {
            let own = self.own.load();
            self.signing(&own, now).is_some() && self.retires_soon(&own, now)
        };
        if retires_soon {
            // What failed is in the log, and the key set is worth having without the next key.
            let _ = timeout(PATIENCE, tokio::spawn(Arc::clone(self).rotate(now))).await;
        }
        self.published.key_set(now).await
    }

    /// The published key of this id.
    pub(super) async fn find(&self, kid: &str) -> Option<Arc<PublicKey>> {
        self.published.find(kid, self.clock.now_seconds()).await
    }

    /// Makes what is missing: a key for now, and the next one when the current is about to retire. Gives the key that signs now.
    async fn rotate(self: Arc<Self>, now: u64) -> Result<Arc<SigningKey>, KeyError> {
        let mut failure = self.making.lock().await;
        let result = match failure.as_ref().filter(|_| is_resting(&failure)) {
            Some((_, error)) => Err(error.clone()),
            None => self.make_missing(now).await.inspect_err(|error| {
                tracing::error!(%error, "no new signing key");
                *failure = Some((Instant::now(), error.clone()));
            }),
        };
        let current = self.signing(&self.own.load(), now).map(|key| Arc::clone(&key.key));
        match (current, result) {
            (Some(key), _) => Ok(key),
            (None, Err(error)) => Err(error),
            (None, Ok(())) => Err(KeyError::Make("the clock moved while it was made".into())),
        }
    }

    async fn make_missing(&self, now: u64) -> Result<(), KeyError> {
        if self.signing(&self.own.load(), now).is_none() {
            self.make(now, now).await?;
        }
        let last = self.last(&self.own.load()).map(|last| last.signs_until);
        match last.filter(|_| self.retires_soon(&self.own.load(), now)) {
            Some(retires) => self.make(now, retires).await,
            None => Ok(()),
        }
    }

    async fn make(&self, now: u64, signs_from: u64) -> Result<(), KeyError> {
        let kid = uuid::Builder::from_random_bytes(self.random.bytes()).into_uuid().to_string();
        let algorithm = self.algorithm;
        let generated = tokio::task::spawn_blocking({
            let kid = kid.clone();
            move || SigningKey::generate(algorithm, kid)
        });
        let key = generated.await.map_err(KeyError::of)??;
        let jwk = key.public()?.jwk(&kid, algorithm, None);
        tracing::info!(kid, "created new signing key");
        self.published.add(StoredKey { kid, jwk, created_at: now, published_until: now + RETENTION * self.lifetime }, now).await?;
        let made = Arc::new(RingKey { key: Arc::new(key), signs_from, signs_until: signs_from + self.lifetime });
        let signing_yet =
            self.own.load().iter().filter(|key| now < key.signs_until && self.published.contains(key.key.kid())).cloned().chain([made]).collect();
        self.own.store(Arc::new(signing_yet));
        Ok(())
    }

    fn retires_soon(&self, own: &[Arc<RingKey>], now: u64) -> bool {
        self.last(own).is_some_and(|last| now + self.ahead >= last.signs_until)
    }

    /// The key that signs now.
    fn signing<'a>(&self, own: &'a [Arc<RingKey>], now: u64) -> Option<&'a Arc<RingKey>> {
        own.iter().find(|key| (key.signs_from..key.signs_until).contains(&now) && self.published.contains(key.key.kid()))
    }

    /// The key that signs last.
    fn last<'a>(&self, own: &'a [Arc<RingKey>]) -> Option<&'a Arc<RingKey>> {
        own.iter().rfind(|key| self.published.contains(key.key.kid()))
    }
}

fn is_resting(failure: &Failure) -> bool {
    failure.as_ref().is_some_and(|(at, _)| at.elapsed() < REST)
}

#[cfg(test)]
mod tests;
