//! A cache before any catalog.
//!
//! Guarantees: an answer is kept for its time and no longer; errors are never kept; many who look for one user at once make one call, which goes
//! on if whoever began it goes away, and fails nobody else if it panics. While the catalog is out, users whom it knew a while ago are still
//! served, at once: only users, never "nobody", and never after the catalog refused or contradicted itself.

mod figures;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use moka::future::Cache;
use tokio::sync::watch;

use self::figures::{Counter, Counters};
pub use self::figures::{Figures, report};
use crate::{
    defect::caught,
    domain::{query::UserQuery, user::User},
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
        clock::Clock,
    },
};

/// How long a catalog that is out is left alone by those who can do without it.
const PAUSE: Duration = Duration::from_secs(1);

/// The largest query that is remembered, in bytes. A name or an address is much shorter; what is larger comes from somebody who plays.
const MAX_QUERY: usize = 1024;

/// Bytes of an entity that count as one entry; a larger one counts as several.
const ENTITY: usize = 16 * 1024;

/// How long and how much is kept.
#[derive(Debug, Clone, Copy)]
pub struct CacheOptions {
    /// How long a user counts as the catalog gave it.
    pub ttl: Duration,
    /// How long "nobody" counts; zero: it is not kept.
    pub negative_ttl: Duration,
    /// How old a user may be that is served while the catalog is out; zero: none is.
    pub stale_if_error: Duration,
    /// Answers that are kept at most; one of more than 16 KiB counts as several.
    pub entries: u64,
}

/// A catalog that remembers.
pub struct CatalogCache(Arc<Shared>);

struct Shared {
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    options: CacheOptions,
    /// By the whole query. It drops what is too old even for an outage; what counts is decided here.
    entries: Cache<UserQuery, Entry>,
    /// Calls that are under way.
    flights: Mutex<HashMap<UserQuery, Flight>>,
    /// Set while the catalog is out: when to ask it again.
    out: Mutex<Option<Duration>>,
    counters: Counters,
}

type Answer = Result<Option<Arc<User>>, CatalogError>;

/// Where the answer of a call arrives.
type Flight = watch::Receiver<Option<Answer>>;

#[derive(Debug, Clone)]
struct Entry {
    user: Option<Arc<User>>,
    /// When it was asked for.
    at: Duration,
}

impl CatalogCache {
    /// A cache before this catalog, whose every call must end by itself.
    pub fn new(catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>, options: CacheOptions) -> Self {
        let oldest = options.ttl.max(options.negative_ttl).max(options.stale_if_error);
        let entries = Cache::builder().max_capacity(options.entries).weigher(weight).time_to_live(oldest).build();
        let (flights, out, counters) = (Mutex::default(), Mutex::default(), Counters::default());
        Self(Arc::new(Shared { catalog, clock, options, entries, flights, out, counters }))
    }

    /// How long and how much it keeps.
    pub fn options(&self) -> CacheOptions {
        self.0.options
    }

    /// What it did so far.
    pub fn figures(&self) -> Figures {
        self.0.counters.read()
    }

    async fn find(&self, query: &UserQuery) -> Answer {
        let shared = &self.0;
        if query.size() > MAX_QUERY {
            return shared.catalog.find_user(query).await;
        }
        let now = shared.clock.now();
        let known = shared.entries.get(query).await;
        if let Some(entry) = known.as_ref().filter(|entry| shared.is_fresh(entry, now)) {
            shared.counters.count(if entry.user.is_some() { Counter::Hits } else { Counter::NegativeHits });
            return Ok(entry.user.clone());
        }
        let last = known.filter(|entry| age(entry, now).is_some_and(|age| age < shared.options.stale_if_error)).and_then(|entry| entry.user);
        match (last, shared.is_out(now)) {
            (Some(user), Some(may_ask)) => {
                if may_ask {
                    shared.flight(query);
                }
                shared.counters.count(Counter::Stale);
                Ok(Some(user))
            }
            (last, _) => match (landed(shared.flight(query)).await, last) {
                (Err(error), Some(user)) if error.is_outage() => {
                    shared.counters.count(Counter::Stale);
                    Ok(Some(user))
                }
                (answer, _) => answer,
            },
        }
    }
}

impl Catalog for CatalogCache {
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(self.find(query))
    }
}

impl Shared {
    fn is_fresh(&self, entry: &Entry, now: Duration) -> bool {
        let lifetime = if entry.user.is_some() { self.options.ttl } else { self.options.negative_ttl };
        age(entry, now).is_some_and(|age| age < lifetime)
    }

    /// Whether the catalog is out; and then whether it is this caller's turn to see if it still is.
    fn is_out(&self, now: Duration) -> Option<bool> {
        let mut out = locked(&self.out);
        let ask_again = out.as_mut()?;
        let may_ask = now >= *ask_again;
        if may_ask {
            *ask_again = now + PAUSE;
        }
        Some(may_ask)
    }

    /// Notes how a call ended. Failures do not put off the next look at the catalog: else whoever provokes them could keep it out.
    fn note(&self, is_outage: bool) {
        let mut out = locked(&self.out);
        *out = is_outage.then(|| out.unwrap_or_else(|| self.clock.now() + PAUSE));
    }

    /// The call for this query: the one that is under way, or else a new one on a task of its own.
    fn flight(self: &Arc<Self>, query: &UserQuery) -> Flight {
        let mut flights = locked(&self.flights);
        if let Some(flight) = flights.get(query) {
            self.counters.count(Counter::Waits);
            return flight.clone();
        }
        self.counters.count(Counter::Misses);
        let (landing, flight) = watch::channel(None);
        flights.insert(query.clone(), flight.clone());
        let (shared, query) = (Arc::clone(self), query.clone());
        tokio::spawn(async move {
            let answer = caught(shared.ask(&query)).await;
            locked(&shared.flights).remove(&query);
            let answer = answer.unwrap_or_else(|defect| Err(CatalogError::Senseless(format!("a defect in this server: it panicked: {defect}"))));
            landing.send_replace(Some(answer));
        });
        flight
    }

    /// Asks, and remembers what there is to remember.
    async fn ask(&self, query: &UserQuery) -> Answer {
        let at = self.clock.now();
        let answer = self.catalog.find_user(query).await;
        let is_outage = matches!(&answer, Err(error) if error.is_outage());
        self.note(is_outage);
        match &answer {
            Ok(user) => self.entries.insert(query.clone(), Entry { user: user.clone(), at }).await,
            Err(_) => self.counters.count(Counter::Errors),
        }
        if matches!(&answer, Err(error) if !error.is_outage()) {
            self.entries.invalidate(query).await;
        }
        answer
    }
}

fn weight(_: &UserQuery, entry: &Entry) -> u32 {
    let size = entry.user.as_ref().map_or(0, |user| user.json.len());
    u32::try_from(1 + size / ENTITY).unwrap_or(u32::MAX)
}

/// The answer of a call, once it is there.
async fn landed(mut flight: Flight) -> Answer {
    let answer = flight.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
    answer.unwrap_or_else(|| Err(CatalogError::Unavailable("the server is stopping".into())))
}

/// `None` if the clock was set back behind it: then nobody knows.
fn age(entry: &Entry, now: Duration) -> Option<Duration> {
    now.checked_sub(entry.at)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
