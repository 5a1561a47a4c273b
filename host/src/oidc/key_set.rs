//! The keys of an issuer: a live source.
//!
//! Guarantees: fetched when a key is first needed, once for all who wait, and again by age, so that a key that was withdrawn counts for minutes and
//! not for days; a name that is not in the set makes it be fetched again, at most twice a minute as long as that succeeds, whoever makes names up.
//! While it cannot be fetched the last one serves for a day. What is fetched is bounded in time, bytes and keys; only keys that fit are in the set.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use arc_swap::ArcSwapOption;
use serde::Deserialize;
use serde_json::Value;
use tokio::{sync::watch, time::timeout};

use crate::{
    domain::{key_url::KeyUrl, signature_algorithm::SignatureAlgorithm},
    outbound::{CallLimits, HttpClient, HttpError},
    ports::clock::Clock,
};

use super::{discovery, key::VerifyingKey};

/// How long a set counts before it is fetched again.
const FRESH: Duration = Duration::from_mins(10);

/// How long it serves where it cannot be.
const STALE: Duration = Duration::from_hours(24);

/// How long an unknown name does not make it be fetched once more.
const COOL_DOWN: Duration = Duration::from_secs(30);

/// How long nobody tries again after a failure.
const PAUSE: Duration = Duration::from_secs(5);

/// How long a sign-in waits for a newer set where it has one that was fresh lately; for one that was not, it waits until the call has ended.
const PATIENCE: Duration = Duration::from_millis(300);

/// Keys of a set; those who change theirs daily have a handful.
const MAX_KEYS: usize = 100;

/// What one call may take. It goes on when the sign-in that needed it has gone.
pub(super) const CALL: CallLimits = CallLimits { timeout: Duration::from_secs(5), body: 256 * 1024 };

/// Where a set is.
pub(super) enum Place {
    /// There.
    Jwks(KeyUrl),
    /// Where this document of one of these issuers says.
    Discovery(KeyUrl, Vec<String>),
}

/// The keys of one token's issuer.
pub(super) struct KeySet(Arc<Shared>);

struct Shared {
    /// The name of the token, for the log.
    token: String,
    place: Place,
    algorithms: Vec<SignatureAlgorithm>,
    client: Arc<HttpClient>,
    clock: Arc<dyn Clock>,
    known: ArcSwapOption<Keys>,
    calls: Mutex<Calls>,
}

/// A set as it was fetched.
pub(super) struct Keys {
    keys: Vec<VerifyingKey>,
    at: Duration,
}

/// The call that is under way, and the last one that failed.
#[derive(Default)]
struct Calls {
    running: Option<watch::Receiver<Option<Result<(), String>>>>,
    failed: Option<(Duration, String)>,
}

impl KeySet {
    /// A set of which nothing is fetched yet. Of its keys those count that fit one of these algorithms.
    pub(super) fn new(token: &str, place: Place, algorithms: Vec<SignatureAlgorithm>, client: Arc<HttpClient>, clock: Arc<dyn Clock>) -> Self {
        let (known, calls) = (ArcSwapOption::empty(), Mutex::default());
        Self(Arc::new(Shared { token: token.to_owned(), place, algorithms, client, clock, known, calls }))
    }

    /// The keys as they are now, with the one of this name among them if it is to be had; or why they cannot be had.
    pub(super) async fn keys(&self, kid: &str) -> Result<Arc<Keys>, String> {
        let (shared, now) = (&self.0, self.0.clock.now());
        let Some(keys) = shared.known.load_full().filter(|keys| keys.is_younger(STALE, now)) else { return shared.fetched(now).await };
        let is_known = keys.named(kid).next().is_some();
        match is_known {
            true if keys.is_younger(FRESH, now) => Ok(keys),
            true if keys.is_younger(2 * FRESH, now) => Ok(timeout(PATIENCE, shared.fetched(now)).await.ok().and_then(Result::ok).unwrap_or(keys)),
            // Nobody asked for long, so a slow answer may be the one that withdraws the key: only a call that failed leaves the old set in force.
            true => Ok(shared.fetched(now).await.unwrap_or(keys)),
            false if keys.is_younger(COOL_DOWN, now) => Ok(keys),
            false => shared.fetched(now).await,
        }
    }

    /// Why the keys cannot be had now, if that is so.
    pub(super) async fn probe(&self) -> Option<String> {
        self.0.fetched(self.0.clock.now()).await.err()
    }
}

impl Keys {
    /// The keys of this name.
    pub(super) fn named(&self, kid: &str) -> impl Iterator<Item = &VerifyingKey> {
        self.keys.iter().filter(move |key| key.kid == kid)
    }

    /// A clock that was set back makes them old.
    fn is_younger(&self, age: Duration, now: Duration) -> bool {
        now.checked_sub(self.at).is_some_and(|since| since < age)
    }
}

impl Shared {
    /// The keys after a call: the one under way, or else a new one, unless the last one failed just now.
    async fn fetched(self: &Arc<Self>, now: Duration) -> Result<Arc<Keys>, String> {
        let mut call = self.call(now)?;
        let ended = call.wait_for(Option::is_some).await.map(|result| result.clone());
        ended.ok().flatten().unwrap_or_else(|| Err("the call ended in a defect".to_owned()))?;
        self.known.load_full().ok_or_else(|| "there are none".to_owned())
    }

    fn call(self: &Arc<Self>, now: Duration) -> Result<watch::Receiver<Option<Result<(), String>>>, String> {
        let mut calls = self.calls();
        // One whose sender is gone, and that has no result, will never have one.
        if let Some(running) = calls.running.as_ref().filter(|running| running.borrow().is_none() && running.has_changed().is_ok()) {
            return Ok(running.clone());
        }
        if let Some((_, why)) = calls.failed.as_ref().filter(|(at, _)| now.checked_sub(*at).is_some_and(|since| since < PAUSE)) {
            return Err(why.clone());
        }
        let (sender, receiver) = watch::channel(None);
        calls.running = Some(receiver.clone());
        let shared = Arc::clone(self);
        tokio::spawn(async move {
            let result = shared.fetch().await;
            shared.note(result.as_ref().err());
            sender.send_replace(Some(result));
        });
        Ok(receiver)
    }

    async fn fetch(&self) -> Result<(), String> {
        let body = match &self.place {
            Place::Jwks(url) => self.get(url, "the key set").await?,
            Place::Discovery(url, issuers) => {
                let document = self.get(url, "the discovery document").await?;
                self.get(&discovery::key_set_url(&document, url, issuers)?, "the key set").await?
            }
        };
        let keys = self.read(&body)?;
        self.known.store(Some(Arc::new(Keys { keys, at: self.clock.now() })));
        Ok(())
    }

    async fn get(&self, url: &KeyUrl, what: &str) -> Result<Vec<u8>, String> {
        let answer = self.client.get(url.as_str(), None).await.map_err(|error: HttpError| format!("{what}: {error}"))?;
        if answer.status.as_u16() == 200 { Ok(answer.body) } else { Err(format!("{what}: the answer is {}", answer.status)) }
    }

    /// The keys that fit. A set without any is not believed: it would only make every token a wrong one.
    fn read(&self, body: &[u8]) -> Result<Vec<VerifyingKey>, String> {
        #[derive(Deserialize)]
        struct Set {
            keys: Vec<Value>,
        }
        let Set { keys } = serde_json::from_slice(body).map_err(|_| "the key set is none: it has no list of keys")?;
        if keys.len() > MAX_KEYS {
            return Err(format!("the key set holds {} keys, at most {MAX_KEYS} are allowed", keys.len()));
        }
        let (mut usable, mut why) = (Vec::new(), "it is empty");
        for key in &keys {
            match VerifyingKey::from_jwk(key, &self.algorithms) {
                Ok(key) => usable.push(key),
                Err(unusable) => why = unusable,
            }
        }
        if usable.is_empty() { Err(format!("the key set holds no key that can be used: {why}")) } else { Ok(usable) }
    }

    /// Remembers how a call ended, and tells of what has changed.
    fn note(&self, failure: Option<&String>) {
        let failed_before = {
            let mut calls = self.calls();
            std::mem::replace(&mut calls.failed, failure.map(|why| (self.clock.now(), why.clone()))).is_some()
        };
        match failure {
            Some(why) => tracing::warn!(token = self.token, why, "the keys of a token cannot be fetched"),
            None if failed_before => tracing::info!(token = self.token, "the keys of a token can be fetched again"),
            None => {}
        }
    }

    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
