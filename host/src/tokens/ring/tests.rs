use std::{collections::BTreeSet, sync::atomic::Ordering};

use super::*;
use crate::{
    ports::random::SystemRandom,
    tokens::testing::{SharedStore, TestClock},
};

struct Ring {
    ring: Arc<KeyRing>,
    clock: Arc<TestClock>,
}

impl Ring {
    fn new(store: Option<&Arc<SharedStore>>) -> Self {
        let clock = TestClock::at(0);
        let store = store.map(|store| Arc::clone(store) as Arc<dyn KeyStore>);
        Self { ring: Arc::new(KeyRing::new(TokenAlgorithm::Es256, 3600, store, Arc::clone(&clock) as _, Arc::new(SystemRandom))), clock }
    }

    async fn try_at(&self, now: u64) -> Result<String, KeyError> {
        self.clock.set(now);
        self.ring.signing_key(now).await.map(|key| key.kid().to_owned())
    }

    async fn sign_at(&self, now: u64) -> String {
        self.try_at(now).await.unwrap()
    }

    async fn published_at(&self, now: u64) -> Vec<String> {
        self.clock.set(now);
        let set: serde_json::Value = serde_json::from_str(&self.ring.key_set().await).unwrap();
        set["keys"].as_array().unwrap().iter().map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
    }
}

/// The rest after a failure, which is real time.
async fn rest() {
    tokio::time::sleep(REST + Duration::from_millis(100)).await;
}

#[tokio::test]
async fn no_key_is_made_before_the_first_sign_in() {
    let ring = Ring::new(None);
    assert!(ring.published_at(0).await.is_empty());
    let kid = ring.sign_at(1).await;
    assert_eq!(ring.published_at(1).await, std::slice::from_ref(&kid));
    assert_eq!(ring.sign_at(2).await, kid);
}

#[tokio::test]
async fn the_next_key_is_published_before_it_signs() {
    let ring = Ring::new(None);
    let first = ring.sign_at(0).await;
    assert_eq!(ring.sign_at(2999).await, first);
    assert_eq!(ring.published_at(2999).await.len(), 1);
    assert_eq!(ring.sign_at(3000).await, first, "the old key goes on signing");
    let published = ring.published_at(3000).await;
    assert_eq!(published.len(), 2, "a verifier that caches for ten minutes sees the next one in time");
    let second = ring.sign_at(3600).await;
    assert_eq!([first, second], published[..]);
}

#[tokio::test]
async fn whoever_reads_the_keys_has_the_next_one_made_ahead() {
    let ring = Ring::new(None);
    let first = ring.sign_at(0).await;
    assert_eq!(ring.published_at(2999).await, std::slice::from_ref(&first));
    let published = ring.published_at(3000).await;
    assert_eq!((published.len(), &published[0]), (2, &first), "nobody signed in meanwhile");
    assert_eq!(ring.published_at(3599).await, published, "and it is made once");
    assert_eq!(ring.sign_at(3600).await, published[1]);
    assert_eq!(ring.published_at(3000 + 3 * 3600 - 1).await, [published[1].clone()], "where no key signs any more, the next sign-in makes one");
}

#[tokio::test]
async fn a_key_is_published_as_long_as_its_tokens_live() {
    let ring = Ring::new(None);
    let first = ring.sign_at(0).await;
    assert!(ring.published_at(3600 * 3 - 1).await.contains(&first));
    assert!(!ring.published_at(3600 * 3).await.contains(&first));
    let later = ring.sign_at(3600 * 10).await;
    assert_ne!(later, first);
    assert_eq!(ring.published_at(3600 * 10).await, [later]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_callers_make_one_key() {
    let store = Arc::new(SharedStore::default());
    store.takes.store(20, Ordering::Relaxed);
    let ring = Arc::new(Ring::new(Some(&store)));
    let callers: Vec<_> = (0..32)
        .map(|_| {
            tokio::spawn({
                let ring = Arc::clone(&ring);
                async move { ring.sign_at(5).await }
            })
        })
        .collect();
    let mut kids = BTreeSet::new();
    for caller in callers {
        kids.insert(caller.await.unwrap());
    }
    assert_eq!((kids.len(), store.counts().0), (1, 1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_key_that_cannot_be_stored_signs_nothing_and_nobody_hammers_the_store() {
    let store = Arc::new(SharedStore::default());
    store.set_down(true);
    let ring = Arc::new(Ring::new(Some(&store)));
    let callers: Vec<_> = (0..32)
        .map(|_| {
            tokio::spawn({
                let ring = Arc::clone(&ring);
                async move { ring.try_at(5).await }
            })
        })
        .collect();
    for caller in callers {
        assert!(matches!(caller.await.unwrap(), Err(KeyError::Store(_))));
    }
    assert_eq!(store.counts().0, 1, "the others share the failure");
    store.set_down(false);
    rest().await;
    let kid = ring.sign_at(6).await;
    assert_eq!(ring.published_at(6).await, [kid]);
    assert_eq!(store.counts().0, 2);
}

#[tokio::test]
async fn while_the_current_key_is_good_a_lost_store_keeps_nobody_out() {
    let store = Arc::new(SharedStore::default());
    let ring = Ring::new(Some(&store));
    let first = ring.sign_at(0).await;
    store.set_down(true);
    for _ in 0..20 {
        assert_eq!(ring.sign_at(3100).await, first);
        assert_eq!(ring.published_at(3100).await, std::slice::from_ref(&first), "the last known set");
    }
    assert!(store.counts().0 <= 3, "one key, and at most one attempt a second at the next: {:?}", store.counts());
    assert!(matches!(ring.try_at(3600).await, Err(KeyError::Store(_))), "but a key that retired signs no more");
    store.set_down(false);
    rest().await;
    let second = ring.sign_at(3700).await;
    assert_eq!(ring.published_at(3700).await, [first, second]);
}

#[tokio::test]
async fn a_sign_in_that_is_given_up_leaves_no_key_that_signs_nothing() {
    let store = Arc::new(SharedStore::default());
    store.takes.store(50, Ordering::Relaxed);
    let ring = Ring::new(Some(&store));
    tokio::time::timeout(Duration::from_millis(10), ring.sign_at(5)).await.unwrap_err();
    let kid = ring.sign_at(5).await;
    assert_eq!((ring.published_at(5).await, store.counts().0), (vec![kid], 1));
}

#[tokio::test]
async fn replicas_publish_each_others_keys_and_each_signs_with_its_own() {
    let store = Arc::new(SharedStore::default());
    let (one, other) = (Ring::new(Some(&store)), Ring::new(Some(&store)));
    let first = one.sign_at(0).await;
    other.clock.set(0);
    assert!(other.ring.find(&first).await.is_some(), "from its first use");
    let second = other.sign_at(1).await;
    assert_ne!(first, second);
    let both = [first, second];
    assert_eq!((one.published_at(1).await, other.published_at(1).await), (both.to_vec(), both.to_vec()));
}
