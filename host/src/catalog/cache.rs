//! A cache before any catalog.
//!
//! Guarantees: an answer is kept for its time and no longer; errors are never kept; many who look for one user at once make one call, which goes
//! on if whoever began it goes away, and fails nobody else if it panics. While the catalog is out, users whom it knew a while ago are still
//! served, soon: only users, never "nobody", and never after the catalog refused or contradicted itself. Each of them is asked for all the same,
//! so that what fails for one keeps no other one alive who is gone.

mod entry;
mod figures;
mod groups;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use moka::future::Cache;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore, watch},
    time::timeout,
};

pub use self::figures::{Figures, report};
use self::{
    entry::{Entry, since},
    figures::{Counter, Counters},
    groups::Groups,
};
use crate::{
    defect::caught,
    domain::{entity_ref::EntityRef, group::Group, group_filter::GroupFilter, query::UserQuery, user::User},
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
        clock::Clock,
    },
};

/// How long a user whom the catalog could not be asked for is not asked for again, if one of before can be served.
const PAUSE: Duration = Duration::from_secs(1);

/// How long an answer is waited for where one of before would do and the catalog failed last: long for one that is well, short for one that hangs.
const PATIENCE: Duration = Duration::from_millis(100);

/// The largest query that is remembered, in bytes. A name or an address is much shorter; what is larger comes from somebody who plays.
const MAX_QUERY: usize = 1024;

/// How long and how much is kept.
#[derive(Debug, Clone, Copy)]
pub struct CacheOptions {
    /// How long a user counts as the catalog gave it.
    pub ttl: Duration,
    /// How long "nobody" counts; zero: it is not kept.
    pub negative_ttl: Duration,
    /// How old a user may be that is served while the catalog is out; zero: none is.
    pub stale_if_error: Duration,
    /// What all answers that are kept may take, in bytes: a quarter is for groups.
    pub memory: u64,
    /// Calls at once. Whoever needs one more waits, as long as it wants to.
    pub calls: usize,
}

impl CacheOptions {
    /// The time after which nothing has a use.
    fn oldest(&self) -> Duration {
        self.ttl.max(self.negative_ttl).max(self.stale_if_error)
    }
}

/// A catalog that remembers.
pub struct CatalogCache(Arc<Shared>);

struct Shared {
    catalog: Arc<dyn Catalog>,
    clock: Arc<dyn Clock>,
    options: CacheOptions,
    /// By the whole query. It drops what has been too old for long; what counts is decided here.
    entries: Cache<UserQuery, Entry<User>>,
    groups: Groups,
    /// Calls that are under way.
    flights: Mutex<HashMap<UserQuery, Flight>>,
    /// Room for calls, which may outlive those who wanted them.
    room: Arc<Semaphore>,
    /// Whether the call that ended last failed. It shortens waiting and decides nothing else: whoever can provoke a failure can set it.
    is_out: AtomicBool,
    counters: Counters,
}

type Answer = Result<Option<Arc<User>>, CatalogError>;

/// Where the answer of a call arrives.
type Flight = watch::Receiver<Option<Answer>>;

impl CatalogCache {
    /// A cache before this catalog, whose every call must end by itself.
    pub fn new(catalog: Arc<dyn Catalog>, clock: Arc<dyn Clock>, options: CacheOptions) -> Self {
        let for_groups = options.memory / 4;
        let entries = Cache::builder().max_capacity(options.memory - for_groups).weigher(entry::weight).time_to_live(options.oldest()).build();
        let groups = Groups::new(for_groups, options);
        let room = Arc::new(Semaphore::new(options.calls));
        let (flights, is_out, counters) = (Mutex::default(), AtomicBool::default(), Counters::default());
        Self(Arc::new(Shared { catalog, clock, options, entries, groups, flights, room, is_out, counters }))
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
            shared.counters.count(if entry.found.is_some() { Counter::Hits } else { Counter::NegativeHits });
            return Ok(entry.found.clone());
        }
        let Some(Entry { found, failed, .. }) = known.filter(|entry| shared.bridges(entry, now)) else { return shared.call(query).await };
        let answer = if failed.and_then(|failed| since(failed, now)).is_some_and(|since| since < PAUSE) {
            None
        } else if shared.is_out.load(Ordering::Relaxed) {
            timeout(PATIENCE, shared.call(query)).await.ok()
        } else {
            Some(shared.call(query).await)
        };
        match answer {
            Some(answer) if !is_outage(&answer) => answer,
            _ => {
                shared.counters.count(Counter::Stale);
                Ok(found)
            }
        }
    }
}

impl Catalog for CatalogCache {
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(self.find(query))
    }

    fn groups<'a>(&'a self, refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        Box::pin(self.0.groups(refs))
    }

    fn find_groups<'a>(&'a self, filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        Box::pin(self.0.find_groups(filter))
    }
}

impl Shared {
    fn is_fresh<T>(&self, entry: &Entry<T>, now: Duration) -> bool {
        let lifetime = if entry.found.is_some() { self.options.ttl } else { self.options.negative_ttl };
        since(entry.at, now).is_some_and(|age| age < lifetime)
    }

    /// Whether the entry is a user, or a group, that may be served while the catalog is out.
    fn bridges<T>(&self, entry: &Entry<T>, now: Duration) -> bool {
        entry.found.is_some() && since(entry.at, now).is_some_and(|age| age < self.options.stale_if_error)
    }

    /// The answer of the catalog now: that of the call for this query that is under way, or else of a new one, once there is room for it.
    async fn call(self: &Arc<Self>, query: &UserQuery) -> Answer {
        let under_way = self.joined(&locked(&self.flights), query);
        let flight = match under_way {
            Some(flight) => flight,
            None => self.flight(query, Arc::clone(&self.room).acquire_owned().await.ok()),
        };
        landed(flight).await
    }

    fn joined(&self, flights: &HashMap<UserQuery, Flight>, query: &UserQuery) -> Option<Flight> {
        let flight = flights.get(query)?;
        self.counters.count(Counter::Waits);
        Some(flight.clone())
    }

    /// A new call on a task of its own, unless one has begun meanwhile. It takes its room until its end.
    fn flight(self: &Arc<Self>, query: &UserQuery, room: Option<OwnedSemaphorePermit>) -> Flight {
        let mut flights = locked(&self.flights);
        if let Some(flight) = self.joined(&flights, query) {
            return flight;
        }
        self.counters.count(Counter::Misses);
        let (landing, flight) = watch::channel(None);
        flights.insert(query.clone(), flight.clone());
        let (shared, query) = (Arc::clone(self), query.clone());
        tokio::spawn(async move {
            let answer = caught(shared.ask(&query)).await;
            locked(&shared.flights).remove(&query);
            drop(room);
            let answer = answer.unwrap_or_else(|defect| Err(CatalogError::Senseless(format!("a defect in this server: it panicked: {defect}"))));
            landing.send_replace(Some(answer));
        });
        flight
    }

    /// Asks, and remembers what there is to remember.
    async fn ask(&self, query: &UserQuery) -> Answer {
        let at = self.clock.now();
        let answer = self.catalog.find_user(query).await;
        let is_out = is_outage(&answer);
        self.is_out.store(is_out, Ordering::Relaxed);
        match &answer {
            Ok(user) => self.entries.insert(query.clone(), Entry { found: user.clone(), at, failed: None }).await,
            Err(_) if is_out => self.note_failure(query).await,
            Err(_) => self.entries.invalidate(query).await,
        }
        if answer.is_err() {
            self.counters.count(Counter::Errors);
        }
        answer
    }

    /// Notes with a user who can be served meanwhile that asking for it failed.
    async fn note_failure(&self, query: &UserQuery) {
        let now = self.clock.now();
        if let Some(entry) = self.entries.get(query).await.filter(|entry| self.bridges(entry, now)) {
            self.entries.insert(query.clone(), Entry { failed: Some(now), ..entry }).await;
        }
    }
}

fn is_outage(answer: &Answer) -> bool {
    matches!(answer, Err(error) if error.is_outage())
}

/// The answer of a call, once it is there.
async fn landed(mut flight: Flight) -> Answer {
    let answer = flight.wait_for(Option::is_some).await.ok().and_then(|answer| answer.clone());
    answer.unwrap_or_else(|| Err(CatalogError::Unavailable("the server is stopping".into())))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests;
