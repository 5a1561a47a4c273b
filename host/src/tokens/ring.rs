//! The key ring: which key signs now, and which keys are published. Keys are made lazily, as Backstage makes them: no sign-in, no key.
//!
//! A key signs for one token lifetime and is published for three, so every token outlives its signature's key by none. The next key is published
//! ahead of its first use, so that a verifier that caches the key set has seen it.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwap;

use crate::{
    domain::token_algorithm::TokenAlgorithm,
    ports::{clock::Clock, random::Random},
};

use super::key::{KeyError, SigningKey};

/// How long a verifier may keep a key set without asking again: jose's default.
const VERIFIER_CACHE: Duration = Duration::from_mins(10);

/// A key and when it signs. Times are seconds since the Unix epoch.
struct RingKey {
    key: Arc<SigningKey>,
    signs_from: u64,
    signs_until: u64,
}

/// The ring. Readers take a snapshot and no lock; only making a key does.
pub(super) struct KeyRing {
    algorithm: TokenAlgorithm,
    lifetime: u64,
    ahead: u64,
    clock: Arc<dyn Clock>,
    random: Arc<dyn Random>,
    keys: ArcSwap<Vec<Arc<RingKey>>>,
    making: Mutex<()>,
}

impl KeyRing {
    /// An empty ring for tokens of this algorithm and this lifetime in seconds.
    pub(super) fn new(algorithm: TokenAlgorithm, lifetime: u64, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let ahead = VERIFIER_CACHE.as_secs().min(lifetime / 2);
        Self { algorithm, lifetime, ahead, clock, random, keys: ArcSwap::default(), making: Mutex::new(()) }
    }

    /// The key that signs at this moment, made now if there is none.
    pub(super) fn signing_key(&self, now: u64) -> Result<Arc<SigningKey>, KeyError> {
        let keys = self.keys.load();
        match (signing(&keys, now), keys.last()) {
            (Some(key), Some(last)) if now + self.ahead < last.signs_until => Ok(Arc::clone(&key.key)),
            _ => self.rotate(now),
        }
    }

    /// The keys to publish, oldest first; what is older than three lifetimes is forgotten. Whoever asks in time also has the next key made: nobody
    /// may sign in during those minutes. The first key is never made here.
    pub(super) fn published(&self) -> Vec<Arc<SigningKey>> {
        let now = self.clock.now_seconds();
        let keys = self.keys.load();
        let retires_soon = keys.last().is_some_and(|last| now + self.ahead >= last.signs_until);
        if retires_soon
            && signing(&keys, now).is_some()
            && let Err(error) = self.rotate(now)
        {
            tracing::error!(%error, "the next signing key cannot be published ahead");
        }
        self.keys.load().iter().filter(|key| self.is_published(key, now)).map(|key| Arc::clone(&key.key)).collect()
    }

    /// The published key of this id.
    pub(super) fn find(&self, kid: &str) -> Option<Arc<SigningKey>> {
        let now = self.clock.now_seconds();
        self.keys.load().iter().find(|key| key.key.kid() == kid && self.is_published(key, now)).map(|key| Arc::clone(&key.key))
    }

    /// Makes what is missing: a key for now, and the next one when the current is about to retire. Concurrent callers share one generation.
    fn rotate(&self, now: u64) -> Result<Arc<SigningKey>, KeyError> {
        let _making = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        let mut keys: Vec<_> = self.keys.load().iter().filter(|key| self.is_published(key, now)).cloned().collect();
        if signing(&keys, now).is_none() {
            keys.push(self.make(now)?);
        }
        if let Some(last) = keys.last().filter(|last| now + self.ahead >= last.signs_until) {
            keys.push(self.make(last.signs_until)?);
        }
        let current = signing(&keys, now).map(|key| Arc::clone(&key.key));
        self.keys.store(Arc::new(keys));
        current.ok_or_else(KeyError::clock)
    }

    fn make(&self, signs_from: u64) -> Result<Arc<RingKey>, KeyError> {
        let key = Arc::new(SigningKey::generate(self.algorithm, &*self.random)?);
        tracing::info!(kid = key.kid(), "created new signing key");
        Ok(Arc::new(RingKey { key, signs_from, signs_until: signs_from + self.lifetime }))
    }

    fn is_published(&self, key: &RingKey, now: u64) -> bool {
        now < key.signs_from + 3 * self.lifetime
    }
}

fn signing(keys: &[Arc<RingKey>], now: u64) -> Option<&Arc<RingKey>> {
    keys.iter().find(|key| (key.signs_from..key.signs_until).contains(&now))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;
    use crate::ports::random::SystemRandom;

    #[derive(Default)]
    struct TestClock(AtomicU64);

    impl Clock for TestClock {
        fn now(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }
    }

    struct Ring {
        ring: KeyRing,
        clock: Arc<TestClock>,
    }

    impl Ring {
        fn new(lifetime: u64) -> Self {
            let clock = Arc::new(TestClock::default());
            Self { ring: KeyRing::new(TokenAlgorithm::Es256, lifetime, Arc::clone(&clock) as _, Arc::new(SystemRandom)), clock }
        }

        fn sign_at(&self, now: u64) -> String {
            self.clock.0.store(now, Ordering::Relaxed);
            self.ring.signing_key(now).unwrap().kid().to_owned()
        }

        fn published_at(&self, now: u64) -> Vec<String> {
            self.clock.0.store(now, Ordering::Relaxed);
            self.ring.published().iter().map(|key| key.kid().to_owned()).collect()
        }
    }

    #[test]
    fn no_key_is_made_before_the_first_sign_in() {
        let ring = Ring::new(3600);
        assert!(ring.published_at(0).is_empty());
        let kid = ring.sign_at(1);
        assert_eq!(ring.published_at(1), std::slice::from_ref(&kid));
        assert_eq!(ring.sign_at(2), kid);
    }

    #[test]
    fn the_next_key_is_published_before_it_signs() {
        let ring = Ring::new(3600);
        let first = ring.sign_at(0);
        assert_eq!(ring.sign_at(2999), first);
        assert_eq!(ring.published_at(2999).len(), 1);
        assert_eq!(ring.sign_at(3000), first, "the old key goes on signing");
        let published = ring.published_at(3000);
        assert_eq!(published.len(), 2, "a verifier that caches for ten minutes sees the next one in time");
        let second = ring.sign_at(3600);
        assert_eq!([first, second], published[..]);
    }

    #[test]
    fn whoever_reads_the_keys_has_the_next_one_made_ahead() {
        let ring = Ring::new(3600);
        let first = ring.sign_at(0);
        assert_eq!(ring.published_at(2999), std::slice::from_ref(&first));
        let published = ring.published_at(3000);
        assert_eq!((published.len(), &published[0]), (2, &first), "nobody signed in meanwhile");
        assert_eq!(ring.published_at(3599), published, "and it is made once");
        assert_eq!(ring.sign_at(3600), published[1]);
        assert_eq!(ring.published_at(3600 * 4 - 1), [published[1].clone()], "where no key signs any more, the next sign-in makes one");
    }

    #[test]
    fn a_key_is_published_as_long_as_its_tokens_live() {
        let ring = Ring::new(3600);
        let first = ring.sign_at(0);
        assert!(ring.published_at(3600 * 3 - 1).contains(&first));
        assert!(!ring.published_at(3600 * 3).contains(&first));
        let later = ring.sign_at(3600 * 10);
        assert_ne!(later, first);
        assert_eq!(ring.published_at(3600 * 10), [later]);
    }

    #[test]
    fn many_callers_make_one_key() {
        let ring = Arc::new(Ring::new(3600));
        let threads: Vec<_> = (0..8)
            .map(|_| {
                std::thread::spawn({
                    let ring = Arc::clone(&ring);
                    move || ring.ring.signing_key(5).unwrap().kid().to_owned()
                })
            })
            .collect();
        let kids: std::collections::BTreeSet<_> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
        assert_eq!(kids.len(), 1);
    }
}
