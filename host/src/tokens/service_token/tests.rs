use std::sync::atomic::Ordering;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::*;
use crate::{
    domain::token_algorithm::TokenAlgorithm,
    ports::{key_store::KeyStore, random::SystemRandom},
    tokens::testing::{SharedStore, TestClock},
};

fn tokens(store: &Arc<SharedStore>, clock: &Arc<TestClock>) -> Arc<PluginTokens> {
    let store = Arc::clone(store) as Arc<dyn KeyStore>;
    let keys = TokenKeys::made(TokenAlgorithm::Es256, LIFETIME, Some(store), Arc::clone(clock) as _, Arc::new(SystemRandom));
    Arc::new(PluginTokens::new(keys, Arc::clone(clock) as _))
}

fn text(segment: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
}

#[tokio::test]
async fn it_looks_as_backstages_own() {
    let (store, clock) = (Arc::new(SharedStore::default()), TestClock::at(1000));
    let token = tokens(&store, &clock).token("catalog").await.unwrap();
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three segments") };
    let kid = store.keys.lock().unwrap()[0].kid.clone();
    assert_eq!(text(header), format!(r#"{{"typ":"vnd.backstage.plugin","alg":"ES256","kid":"{kid}"}}"#));
    assert_eq!(text(claims), r#"{"sub":"auth","aud":"catalog","iat":1000,"exp":4600}"#);
    assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap().len(), 64);
    assert_eq!(store.keys.lock().unwrap()[0].published_until, 1000 + 3 * 3600);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_token_serves_until_it_is_about_to_expire() {
    let (store, clock) = (Arc::new(SharedStore::default()), TestClock::at(1000));
    store.takes.store(20, Ordering::Relaxed);
    let tokens = tokens(&store, &clock);
    assert_eq!(tokens.key_set().await, r#"{"keys":[]}"#, "no key is made before it is needed");
    let callers: Vec<_> = (0..16)
        .map(|_| {
            tokio::spawn({
                let tokens = Arc::clone(&tokens);
                async move { tokens.token("catalog").await.unwrap() }
            })
        })
        .collect();
    let first = tokens.token("catalog").await.unwrap();
    for caller in callers {
        assert_eq!(caller.await.unwrap(), first);
    }
    assert_ne!(tokens.token("search").await.unwrap(), first, "another audience");
    clock.set(4300);
    assert_eq!(tokens.token("catalog").await.unwrap(), first);
    clock.set(4301);
    let second = tokens.token("catalog").await.unwrap();
    assert_ne!(second, first);
    clock.set(500);
    assert_ne!(tokens.token("catalog").await.unwrap(), second, "a token of the future is none");
}

#[tokio::test]
async fn without_a_stored_key_there_is_no_token() {
    let (store, clock) = (Arc::new(SharedStore::default()), TestClock::at(1000));
    store.set_down(true);
    tokens(&store, &clock).token("catalog").await.unwrap_err();
}
