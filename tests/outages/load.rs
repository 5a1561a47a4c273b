//! Clients that sign users in without a pause, and what they saw.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use stagedoor_tests::{
    door::Door,
    user_name,
    wire::{Answer, get},
};

const CLIENTS: usize = 16;

/// How long each state of a test lasts, at least.
pub(crate) const WHILE: Duration = Duration::from_secs(2);

/// One sign-in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Seen {
    /// When it was sent.
    pub(crate) at: Instant,
    /// How it was answered.
    pub(crate) status: u16,
}

/// Load that is on until [`ended`](Self::ended).
pub(crate) struct Load {
    stop: Arc<AtomicBool>,
    seen: Arc<Mutex<Vec<Seen>>>,
    clients: Vec<JoinHandle<()>>,
}

impl Load {
    /// Signs these many users in, in turn.
    pub(crate) fn on(door: &Door, users: usize) -> Self {
        let (stop, seen, turn) = (Arc::new(AtomicBool::new(false)), Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicUsize::new(0)));
        let client = |_| {
            let (place, stop, seen, turn) = (door.place.clone(), Arc::clone(&stop), Arc::clone(&seen), Arc::clone(&turn));
            thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    let (at, name) = (Instant::now(), user_name(1 + turn.fetch_add(1, Ordering::Relaxed) % users));
                    let answer = get(&place, "/api/auth/oauth2Proxy/refresh", &[("x-forwarded-user", &name)]).expect("an answer, whatever it says");
                    assert_sound(&answer, &name);
                    seen.lock().unwrap_or_else(PoisonError::into_inner).push(Seen { at, status: answer.status });
                }
            })
        };
        Self { clients: (0..CLIENTS).map(client).collect(), stop, seen }
    }

    /// Waits for a sign-in that is sent from now on to succeed; how long that took.
    pub(crate) fn recovered(&self) -> Duration {
        let since = Instant::now();
        loop {
            let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
            if seen.iter().rev().any(|seen| seen.at > since && seen.status == 200) {
                return since.elapsed();
            }
            drop(seen);
            assert!(since.elapsed() < Duration::from_secs(20), "it never recovered");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Everything that was seen, once the clients have ended; fails if one of them saw what must not be.
    pub(crate) fn ended(self) -> Vec<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        for client in self.clients {
            client.join().expect("no client saw what must not be");
        }
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

/// The right person, or nobody in Backstage's words: nothing else, and no half an answer.
fn assert_sound(answer: &Answer, name: &str) {
    let body: serde_json::Value = serde_json::from_str(answer.body()).unwrap_or_else(|error| panic!("{error}: {}", answer.text));
    match answer.status {
        200 => {
            let identity = &body["backstageIdentity"];
            assert_eq!(identity["identity"]["userEntityRef"], format!("user:default/{name}"));
            assert!(identity["token"].as_str().is_some_and(|token| token.split('.').count() == 3), "{body}");
        }
        503 => {
            assert_eq!(body["error"]["name"], "ServiceUnavailableError", "{body}");
            assert!(body.get("backstageIdentity").is_none(), "{body}");
        }
        other => panic!("{other}: {}", answer.text),
    }
}

/// How many of these sign-ins ended with which status.
pub(crate) fn statuses<'a>(seen: impl Iterator<Item = &'a Seen>) -> BTreeMap<u16, usize> {
    let mut counted = BTreeMap::new();
    for seen in seen {
        *counted.entry(seen.status).or_default() += 1;
    }
    counted
}
