use super::*;
use crate::{
    domain::token_algorithm::TokenAlgorithm,
    tokens::{key::SigningKey, testing::SharedStore},
};

fn stored(kid: &str, published_until: u64) -> StoredKey {
    let jwk = SigningKey::generate(TokenAlgorithm::Es256, kid.into()).unwrap().public().unwrap().jwk(kid, TokenAlgorithm::Es256, None);
    StoredKey { kid: kid.into(), jwk, created_at: 0, published_until }
}

fn published(store: &Arc<SharedStore>) -> Arc<PublishedKeys> {
    Arc::new(PublishedKeys::new(Some(Arc::clone(store) as _)))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn unknown_ids_cost_at_most_ten_readings_a_second_and_one_at_a_time() {
    let store = Arc::new(SharedStore::default());
    let keys = published(&store);
    let began = Instant::now();
    let attackers: Vec<_> = (0..16)
        .map(|attacker| {
            let keys = Arc::clone(&keys);
            tokio::spawn(async move {
                for nth in 0..8 {
                    assert!(keys.find(&format!("{attacker}-{nth}"), 0).await.is_none());
                }
            })
        })
        .collect();
    for attacker in attackers {
        attacker.await.unwrap();
    }
    let most = began.elapsed().as_millis() / SPACING.as_millis() + 1;
    assert!(u128::from(store.counts().1) <= most, "{} readings in {:?}", store.counts().1, began.elapsed());
    assert!(keys.find(&"x".repeat(256), 0).await.is_none());
}

#[tokio::test]
async fn a_key_that_was_added_while_others_read_is_found() {
    let store = Arc::new(SharedStore::default());
    store.takes.store(50, Ordering::Relaxed);
    let keys = published(&store);
    let early = tokio::spawn({
        let keys = Arc::clone(&keys);
        async move { keys.find("fresh", 0).await.is_some() }
    });
    tokio::time::sleep(Duration::from_millis(20)).await;
    // The reading under way may have seen the table without it.
    store.keys.lock().unwrap().push(stored("fresh", 10));
    assert!(keys.find("fresh", 0).await.is_some());
    let _ = early.await.unwrap();
    let readings = store.counts().1;
    assert!(keys.find("fresh", 9).await.is_some() && keys.find("fresh", 10).await.is_none(), "published until then, and no longer");
    assert_eq!(store.counts().1, readings + 1, "what is known costs no reading");
}

#[tokio::test]
async fn a_lost_store_leaves_the_last_known_set() {
    let store = Arc::new(SharedStore::default());
    store.keys.lock().unwrap().extend([stored("a", 10), stored("b", 20)]);
    let keys = published(&store);
    let both = keys.key_set(0).await;
    assert!(both.starts_with(r#"{"keys":[{"kty":"EC","x":""#) && both.contains(r#""kid":"a""#) && both.contains(r#""kid":"b""#), "{both}");
    store.set_down(true);
    for _ in 0..10 {
        assert_eq!(keys.key_set(0).await, both);
    }
    assert_eq!(store.counts().1, 2, "a store that failed is left alone for a second");
    assert!(!keys.key_set(15).await.contains(r#""kid":"a""#), "what has expired is not served for all that");
    keys.add(stored("c", 30), 0).await.unwrap_err();
    assert!(!keys.key_set(0).await.contains(r#""kid":"c""#), "what is not stored is not published");
}

#[tokio::test]
async fn a_store_that_does_not_answer_is_not_waited_for() {
    let store = Arc::new(SharedStore::default());
    store.takes.store(60_000, Ordering::Relaxed);
    let keys = published(&store);
    for _ in 0..3 {
        let answered = tokio::time::timeout(PATIENCE * 5, keys.key_set(0)).await;
        assert_eq!(answered.as_deref(), Ok(r#"{"keys":[]}"#));
    }
    assert_eq!(store.counts().1, 1, "and not asked again at once");
}

#[tokio::test]
async fn a_stored_key_that_is_none_spoils_nothing() {
    let store = Arc::new(SharedStore::default());
    let good = stored("good", 10);
    let bad = StoredKey { jwk: r#"{"kty":"EC","d":"secret"}"#.into(), ..stored("bad", 10) };
    let text = StoredKey { jwk: r#"{"keys":["#.into(), ..stored("text", 10) };
    store.keys.lock().unwrap().extend([bad, good.clone(), text]);
    assert_eq!(published(&store).key_set(0).await, format!(r#"{{"keys":[{}]}}"#, good.jwk));
}
