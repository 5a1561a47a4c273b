//! User info that was just written is not written again: a page that signs in every few seconds costs no round trip to the database.
//!
//! What is remembered is what this process wrote last. If another replica wrote other claims of the same user meanwhile, they stay until the window ends.

use std::{sync::Arc, time::Duration};

use moka::future::Cache;

use crate::{
    domain::{claims::Claims, entity_ref::EntityRef},
    ports::{
        BoxFuture,
        clock::Clock,
        user_info_store::{UserInfo, UserInfoError, UserInfoStore},
    },
};

/// How much is remembered: bytes of claims.
const MOST_BYTES: u64 = 16 << 20;

/// Claims, and when they were written.
#[derive(Clone)]
struct Written {
    ownership: Arc<[EntityRef]>,
    further: Arc<Claims>,
    at: Duration,
}

/// A store whose writes are skipped while they would change nothing.
pub(super) struct WrittenLately<S> {
    store: S,
    clock: Arc<dyn Clock>,
    window: Duration,
    written: Cache<EntityRef, Written>,
}

impl<S: UserInfoStore> WrittenLately<S> {
    /// In front of this store.
    pub(super) fn new(store: S, clock: Arc<dyn Clock>, window: Duration) -> Self {
        let weigh = |user: &EntityRef, written: &Written| {
            let bytes: usize = written.ownership.iter().map(|owned| owned.as_str().len() + 64).sum();
            u32::try_from(bytes + written.further.bytes() + user.as_str().len() + 128).unwrap_or(u32::MAX)
        };
        let written = Cache::builder().max_capacity(MOST_BYTES).weigher(weigh).time_to_live(window).build();
        Self { store, clock, window, written }
    }

    async fn write(&self, user: &EntityRef, ownership: &[EntityRef], further: &Claims) -> Result<(), UserInfoError> {
        let now = self.clock.now();
        if let Some(written) = self.written.get(user).await {
            let fresh = now.checked_sub(written.at).is_some_and(|age| age < self.window);
            if fresh && *written.ownership == *ownership && *written.further == *further {
                return Ok(());
            }
        }
        self.store.put(user, ownership, further).await?;
        let written = Written { ownership: ownership.into(), further: Arc::new(further.clone()), at: now };
        self.written.insert(user.clone(), written).await;
        Ok(())
    }
}

impl<S: UserInfoStore> UserInfoStore for WrittenLately<S> {
    fn put<'a>(&'a self, user: &'a EntityRef, ownership: &'a [EntityRef], further: &'a Claims) -> BoxFuture<'a, Result<(), UserInfoError>> {
        Box::pin(self.write(user, ownership, further))
    }

    fn get<'a>(&'a self, sub: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>> {
        self.store.get(sub)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counting {
        writes: AtomicU64,
        fails: AtomicBool,
    }

    impl UserInfoStore for Arc<Counting> {
        fn put<'a>(&'a self, _: &'a EntityRef, _: &'a [EntityRef], _: &'a Claims) -> BoxFuture<'a, Result<(), UserInfoError>> {
            self.writes.fetch_add(1, Ordering::Relaxed);
            let failed = self.fails.load(Ordering::Relaxed);
            Box::pin(std::future::ready(if failed { Err(UserInfoError("down".into())) } else { Ok(()) }))
        }

        fn get<'a>(&'a self, _: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>> {
            Box::pin(std::future::ready(Ok(None)))
        }
    }

    #[derive(Default)]
    struct TestClock(AtomicU64);

    impl Clock for TestClock {
        fn now(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }
    }

    #[tokio::test]
    async fn the_same_claims_are_written_once_in_a_window() {
        let (store, clock) = (Arc::new(Counting::default()), Arc::new(TestClock::default()));
        let lately = WrittenLately::new(Arc::clone(&store), Arc::clone(&clock) as _, Duration::from_secs(5));
        let (alice, bob) = (EntityRef::new("user", "default", "alice").unwrap(), EntityRef::new("user", "default", "bob").unwrap());
        let writes = || store.writes.load(Ordering::Relaxed);
        let claims = [alice.clone()];
        for (now, user, ownership, expected) in [
            (10, &alice, &claims[..], 1),
            (14, &alice, &claims[..], 1),
            (14, &bob, &claims[..], 2),
            (14, &alice, &[][..], 3),
            (18, &alice, &[][..], 3),
            (19, &alice, &[][..], 4),
            // A clock that went back proves nothing.
            (3, &alice, &[][..], 5),
        ] {
            clock.0.store(now, Ordering::Relaxed);
            lately.put(user, ownership, &Claims::default()).await.unwrap();
            assert_eq!(writes(), expected, "at {now}");
        }
        let further = Claims::parse(r#"{"groups":[]}"#).unwrap();
        for _ in 0..2 {
            lately.put(&alice, &[], &further).await.unwrap();
        }
        assert_eq!(writes(), 6, "other claims are written, once");
        clock.0.store(100, Ordering::Relaxed);
        store.fails.store(true, Ordering::Relaxed);
        for _ in 0..2 {
            lately.put(&alice, &[], &Claims::default()).await.unwrap_err();
        }
        assert_eq!(writes(), 8, "what was not written is not remembered");
    }
}
