//! A catalog that the test answers for, and a clock that it moves.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Semaphore;

use super::*;

mod groups;
use crate::domain::{
    entity_ref::EntityRef,
    profile::Profile,
    upstream::{NamedError, UpstreamBody, UpstreamError, UpstreamStatus},
};

#[derive(Default)]
struct Time(AtomicU64);

impl Clock for Time {
    fn now(&self) -> Duration {
        Duration::from_secs(1_000_000 + self.0.load(Ordering::Relaxed))
    }
}

/// Counts its calls, each of which waits for a permit and then answers what is set.
struct Fake {
    calls: AtomicU64,
    permits: Semaphore,
    answer: Mutex<Answer>,
    groups: Mutex<Result<Vec<Arc<Group>>, CatalogError>>,
    asked_for_groups: Mutex<Vec<String>>,
}

impl Catalog for Fake {
    fn find_user<'a>(&'a self, query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        Box::pin(async move {
            self.calls.fetch_add(1, Ordering::Relaxed);
            self.permits.acquire().await.unwrap().forget();
            assert_ne!(*query, named("panics"), "as asked for");
            self.answer.lock().unwrap().clone()
        })
    }

    fn groups<'a>(&'a self, refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        self.asked_for_groups.lock().unwrap().push(refs.iter().map(EntityRef::name).collect::<Vec<_>>().join(" "));
        Box::pin(async move {
            self.permits.acquire().await.unwrap().forget();
            let known = self.groups.lock().unwrap().clone()?;
            Ok(refs.iter().map(|name| known.iter().find(|group| group.entity_ref == *name).cloned()).collect())
        })
    }

    fn find_groups<'a>(&'a self, _filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        self.asked_for_groups.lock().unwrap().push("filter".into());
        Box::pin(async move { self.groups.lock().unwrap().clone() })
    }
}

impl Fake {
    fn empty() -> Self {
        let (calls, permits, answer) = (AtomicU64::default(), Semaphore::new(1000), Mutex::new(Ok(None)));
        Self { calls, permits, answer, groups: Mutex::new(Ok(Vec::new())), asked_for_groups: Mutex::default() }
    }
}

struct Bench {
    fake: Arc<Fake>,
    time: Arc<Time>,
    cache: Arc<CatalogCache>,
}

const OPTIONS: CacheOptions = CacheOptions {
    ttl: Duration::from_secs(30),
    negative_ttl: Duration::from_secs(5),
    stale_if_error: Duration::from_mins(10),
    memory: 1 << 20,
    calls: 3,
};

impl Bench {
    fn with(options: CacheOptions) -> Self {
        let fake = Arc::new(Fake { answer: Mutex::new(Ok(Some(alice()))), ..Fake::empty() });
        let time = Arc::new(Time::default());
        let cache = CatalogCache::new(Arc::clone(&fake) as Arc<dyn Catalog>, Arc::clone(&time) as Arc<dyn Clock>, options);
        Self { fake, time, cache: Arc::new(cache) }
    }

    fn answers(&self, answer: Answer) {
        *self.fake.answer.lock().unwrap() = answer;
    }

    fn pass(&self, seconds: u64) {
        self.time.0.fetch_add(seconds, Ordering::Relaxed);
    }

    fn calls(&self) -> u64 {
        self.fake.calls.load(Ordering::Relaxed)
    }

    async fn find(&self, name: &str) -> Answer {
        self.cache.find_user(&named(name)).await
    }

    /// Lets the calls that are under way come to their end.
    async fn settle(&self) {
        while !locked(&self.cache.0.flights).is_empty() {
            tokio::task::yield_now().await;
        }
    }
}

fn named(name: &str) -> UserQuery {
    UserQuery::entity_ref("user", "default", name).unwrap()
}

fn alice() -> Arc<User> {
    let entity_ref = EntityRef::new("user", "default", "alice").unwrap();
    let ownership_entity_refs = vec![entity_ref.clone()];
    Arc::new(User { entity_ref, profile: Profile::default(), annotations: Vec::new(), ownership_entity_refs, json: "{}".into() })
}

fn outage() -> Answer {
    Err(CatalogError::Unavailable("connection refused".into()))
}

fn answered(status: u16) -> Answer {
    let error = NamedError { name: "Error".into(), message: "x".into() };
    let body = UpstreamBody { error, request: None, response: UpstreamStatus { status_code: status } };
    Err(CatalogError::Answered(Arc::new(UpstreamError { status, status_text: "x", body })))
}

#[tokio::test]
async fn a_user_counts_for_its_time_and_nobody_for_less() {
    let bench = Bench::with(OPTIONS);
    assert_eq!((bench.find("alice").await, bench.find("alice").await, bench.calls()), (Ok(Some(alice())), Ok(Some(alice())), 1));
    bench.answers(Ok(None));
    assert_eq!((bench.find("zed").await, bench.find("zed").await, bench.calls()), (Ok(None), Ok(None), 2), "another query is another entry");
    bench.pass(5);
    assert_eq!((bench.find("zed").await, bench.calls()), (Ok(None), 3));
    bench.pass(24);
    assert_eq!((bench.find("alice").await, bench.calls()), (Ok(Some(alice())), 3));
    bench.pass(1);
    assert_eq!((bench.find("alice").await, bench.find("alice").await, bench.calls()), (Ok(None), Ok(None), 4), "who has left is gone");
    assert_eq!(bench.cache.figures(), Figures { hits: 2, negative_hits: 2, misses: 4, ..Figures::default() });
}

#[tokio::test]
async fn nobody_is_not_kept_where_that_is_turned_off() {
    let bench = Bench::with(CacheOptions { negative_ttl: Duration::ZERO, ..OPTIONS });
    bench.answers(Ok(None));
    assert_eq!((bench.find("zed").await, bench.find("zed").await, bench.calls()), (Ok(None), Ok(None), 2));
}

#[tokio::test]
async fn errors_are_never_kept() {
    let bench = Bench::with(OPTIONS);
    for error in [outage(), answered(401), answered(503), Err(CatalogError::Conflict), Err(CatalogError::Senseless("x".into()))] {
        bench.answers(error.clone());
        assert_eq!((bench.find("alice").await, bench.find("alice").await), (error.clone(), error));
    }
    assert_eq!((bench.calls(), bench.cache.figures().errors), (10, 10));
    bench.answers(Ok(Some(alice())));
    assert_eq!(bench.find("alice").await, Ok(Some(alice())));
}

#[tokio::test]
async fn many_who_look_for_one_user_make_one_call() {
    let bench = Bench::with(OPTIONS);
    bench.fake.permits.forget_permits(1000);
    let all: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let cache = Arc::clone(&bench.cache);
                async move { cache.find_user(&named("alice")).await }
            })
        })
        .collect();
    while bench.cache.figures().waits < 49 {
        tokio::task::yield_now().await;
    }
    bench.fake.permits.add_permits(1);
    for one in all {
        assert_eq!(one.await.unwrap(), Ok(Some(alice())));
    }
    assert_eq!((bench.calls(), bench.cache.figures().misses), (1, 1));
}

#[tokio::test]
async fn a_call_survives_whoever_began_it() {
    let bench = Bench::with(OPTIONS);
    bench.fake.permits.forget_permits(1000);
    let first = tokio::spawn({
        let cache = Arc::clone(&bench.cache);
        async move { cache.find_user(&named("alice")).await }
    });
    while bench.calls() == 0 {
        tokio::task::yield_now().await;
    }
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    bench.fake.permits.add_permits(1);
    bench.settle().await;
    assert_eq!((bench.find("alice").await, bench.calls()), (Ok(Some(alice())), 1));
}

#[tokio::test]
async fn calls_whose_callers_are_gone_are_no_more_than_may_be() {
    let bench = Bench::with(OPTIONS);
    bench.fake.permits.forget_permits(1000);
    let begin = |name: &'static str| {
        let cache = Arc::clone(&bench.cache);
        tokio::spawn(async move { cache.find_user(&named(name)).await })
    };
    for name in ["a", "b", "c", "d", "e", "f"] {
        let caller = begin(name);
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        caller.abort();
    }
    assert_eq!((bench.calls(), locked(&bench.cache.0.flights).len()), (3, 3), "the others went before it was their turn");
    let waiting = [begin("alice"), begin("alice"), begin("c")];
    bench.fake.permits.add_permits(4);
    for one in waiting {
        assert_eq!(one.await.unwrap(), Ok(Some(alice())));
    }
    assert_eq!(bench.calls(), 4, "two who waited for a call of the same user made one");
}

#[tokio::test]
async fn a_panic_fails_its_own_look_up_only() {
    let bench = Bench::with(OPTIONS);
    for _ in 0..2 {
        assert!(matches!(bench.find("panics").await, Err(CatalogError::Senseless(reason)) if reason.contains("as asked for")));
    }
    assert_eq!((bench.find("alice").await, bench.calls()), (Ok(Some(alice())), 3));
}

#[tokio::test]
async fn while_the_catalog_is_out_whom_it_knew_is_served_without_it() {
    let bench = Bench::with(OPTIONS);
    for name in ["alice", "bob"] {
        assert_eq!(bench.find(name).await, Ok(Some(alice())));
    }
    bench.answers(outage());
    bench.pass(30);
    assert_eq!((bench.find("alice").await, bench.calls()), (Ok(Some(alice())), 3), "the first one finds out");
    assert_eq!((bench.find("alice").await, bench.calls()), (Ok(Some(alice())), 3), "it is not asked for again for a while");
    assert_eq!(bench.find("zed").await, outage(), "who was never known cannot be served");
    // From now on the catalog hangs for ever: whoever can do without it does not wait for that, and there is one call for each.
    bench.fake.permits.forget_permits(1000);
    bench.pass(1);
    for name in ["alice", "bob", "alice", "bob"] {
        assert_eq!(bench.find(name).await, Ok(Some(alice())));
    }
    assert_eq!((bench.calls(), bench.cache.figures().stale), (6, 6));
    bench.answers(Ok(None));
    bench.fake.permits.add_permits(2);
    bench.settle().await;
    assert_eq!((bench.find("alice").await, bench.find("bob").await, bench.calls()), (Ok(None), Ok(None), 6), "and when it is back, it is right");
}

#[tokio::test]
async fn failures_of_one_query_keep_nobody_else_alive() {
    let bench = Bench::with(OPTIONS);
    assert_eq!(bench.find("alice").await, Ok(Some(alice())));
    bench.pass(30);
    for _ in 0..100 {
        // Somebody asks for what the catalog fails at; the catalog itself is fine, and alice is gone from it.
        bench.answers(answered(500));
        assert_eq!(bench.find("poison").await, answered(500));
        bench.answers(Ok(None));
        assert_eq!(bench.find("alice").await, Ok(None));
        bench.pass(1);
    }
    assert_eq!(bench.cache.figures().stale, 0);
}

#[tokio::test]
async fn an_answer_that_is_late_in_an_outage_counts_as_soon_as_it_is_there() {
    let bench = Bench::with(OPTIONS);
    assert_eq!(bench.find("alice").await, Ok(Some(alice())));
    bench.pass(30);
    bench.answers(outage());
    assert_eq!(bench.find("poison").await, outage());
    bench.answers(Ok(None));
    bench.fake.permits.forget_permits(1000);
    assert_eq!(bench.find("alice").await, Ok(Some(alice())), "it is asked for, but not waited for");
    bench.fake.permits.add_permits(1);
    bench.settle().await;
    assert_eq!((bench.find("alice").await, bench.calls()), (Ok(None), 3));
}

#[tokio::test]
async fn nobody_is_served_for_ever() {
    let bench = Bench::with(OPTIONS);
    assert_eq!(bench.find("alice").await, Ok(Some(alice())));
    bench.answers(answered(503));
    bench.pass(599);
    assert_eq!(bench.find("alice").await, Ok(Some(alice())));
    bench.pass(1);
    assert_eq!(bench.find("alice").await, answered(503));
    let never = Bench::with(CacheOptions { stale_if_error: Duration::ZERO, ..OPTIONS });
    assert_eq!(never.find("alice").await, Ok(Some(alice())));
    never.answers(outage());
    never.pass(30);
    assert_eq!(never.find("alice").await, outage());
}

#[tokio::test]
async fn nobody_is_no_user_to_fall_back_on() {
    let bench = Bench::with(OPTIONS);
    bench.answers(Ok(None));
    assert_eq!(bench.find("zed").await, Ok(None));
    bench.answers(outage());
    bench.pass(5);
    assert_eq!(bench.find("zed").await, outage(), "zed may have joined meanwhile: a fallback must not be given");
}

#[tokio::test]
async fn a_refusal_is_no_outage_and_ends_what_was_known() {
    for refusal in [answered(401), answered(403), answered(404), answered(409), Err(CatalogError::Conflict), Err(CatalogError::Senseless("x".into()))]
    {
        let bench = Bench::with(OPTIONS);
        assert_eq!(bench.find("alice").await, Ok(Some(alice())));
        bench.pass(30);
        bench.answers(refusal.clone());
        assert_eq!(bench.find("alice").await, refusal);
        bench.answers(outage());
        assert_eq!(bench.find("alice").await, outage());
    }
}

#[tokio::test]
async fn a_clock_that_is_set_back_makes_nothing_young() {
    let bench = Bench::with(OPTIONS);
    bench.pass(100);
    assert_eq!(bench.find("alice").await, Ok(Some(alice())));
    bench.time.0.store(0, Ordering::Relaxed);
    assert_eq!((bench.find("alice").await, bench.calls()), (Ok(Some(alice())), 2));
}

#[tokio::test]
async fn it_keeps_no_more_than_it_may() {
    let bench = Bench::with(CacheOptions { memory: 10_000, ..OPTIONS });
    for nth in 0..1000 {
        bench.find(&format!("user-{nth}")).await.unwrap();
    }
    bench.cache.0.entries.run_pending_tasks().await;
    assert!((1..=20).contains(&bench.cache.0.entries.entry_count()), "{}", bench.cache.0.entries.entry_count());
    bench.fake.permits.add_permits(3);
    bench.answers(Ok(Some(Arc::new(User { json: "x".repeat(10_000), ..User::clone(&alice()) }))));
    bench.find("large").await.unwrap();
    bench.cache.0.entries.run_pending_tasks().await;
    assert!(!bench.cache.0.entries.contains_key(&named("large")), "an answer that is larger than everything that may be kept");
    bench.answers(Ok(Some(alice())));
    let long = UserQuery::annotations(vec![("a".into(), "x".repeat(MAX_QUERY))]).unwrap();
    assert_eq!((bench.cache.find_user(&long).await, bench.cache.find_user(&long).await, bench.calls()), (Ok(Some(alice())), Ok(Some(alice())), 1003));
}
