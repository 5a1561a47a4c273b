//! User info that was just written is not written again: a page that signs in every few seconds costs no round trip to the database.
//!
//! What is remembered is what this process wrote last, which another replica may have overwritten since. So whoever was skipped is written once more when
//! the window is over, as of their last sign-in and over nothing newer: a second later at the latest, the claims of the last sign-in at any replica stand.
//! The same goes for whatever was tried and may have happened. One user's writes are made one after the other.

mod remembered;

use std::{
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
    time::Duration,
};

use tokio::{sync::Mutex as Turn, time::interval};

use crate::{
    domain::{claims::Claims, entity_ref::EntityRef},
    ports::{
        BoxFuture,
        clock::Clock,
        user_info_store::{UserInfo, UserInfoError, UserInfoStore},
    },
};

use self::remembered::Remembered;

use super::claims::{self, ClaimsTable, Over};

/// Users who share a turn wait for each other's writes.
const TURNS: usize = 256;
/// So often in a window somebody looks whose is over.
const LOOKS: u32 = 5;

/// A table whose writes are skipped while they would change nothing.
pub(super) struct WrittenLately<T>(Arc<Lately<T>>);

struct Lately<T> {
    table: T,
    clock: Arc<dyn Clock>,
    remembered: Mutex<Remembered>,
    turns: [Turn<()>; TURNS],
    hasher: RandomState,
}

impl<T: ClaimsTable> WrittenLately<T> {
    /// In front of this table. What was skipped is made up for by a task that ends with this value.
    pub(super) fn new(table: T, clock: Arc<dyn Clock>, window: Duration, most_bytes: usize) -> Self {
        let turns = std::array::from_fn(|_| Turn::default());
        let lately =
            Arc::new(Lately { table, clock, remembered: Mutex::new(Remembered::new(window, most_bytes)), turns, hasher: RandomState::new() });
        tokio::spawn(make_up(Arc::downgrade(&lately), window / LOOKS));
        Self(lately)
    }
}

/// Writes once more whoever's window is over, again and again.
async fn make_up<T: ClaimsTable>(lately: Weak<Lately<T>>, pause: Duration) {
    let mut ticks = interval(pause);
    loop {
        ticks.tick().await;
        let Some(lately) = lately.upgrade() else { return };
        lately.write_due(false).await;
    }
}

impl<T: ClaimsTable> Lately<T> {
    async fn write(&self, user: &EntityRef, ownership: &[EntityRef], further: &Claims) -> Result<(), UserInfoError> {
        let claims = claims::write(user, ownership, further)?;
        if self.remembered().skips(user, &claims, self.clock.now()) {
            return Ok(());
        }
        let _turn = self.turn(user).lock().await;
        // Whoever had the turn before may have written the same.
        let now = self.clock.now();
        if self.remembered().skips(user, &claims, now) {
            return Ok(());
        }
        // Whether this happened is not known when it fails, or when nobody waits for it any more.
        let in_doubt = self.remembered().begin(user, &claims, now);
        self.table.put(user, &claims, now, Over::Anything).await?;
        self.remembered().done(user, in_doubt);
        Ok(())
    }

    /// Writes once more whoever's window is over, or everybody at the end. A table that is away is tried again the next time.
    async fn write_due(&self, everybody: bool) {
        let due = self.remembered().due(everybody);
        for user in due {
            let _turn = self.turn(&user).lock().await;
            let Some((claims, signed_in)) = self.remembered().again(&user, everybody) else { continue };
            if let Err(error) = self.table.put(&user, &claims, signed_in, Over::Older).await {
                tracing::warn!(%error, "the claims of a user's last sign-in may not be the ones that are stored");
                return;
            }
            self.remembered().made_up(&user, signed_in);
        }
    }

    fn turn(&self, user: &EntityRef) -> &Turn<()> {
        let hash = usize::try_from(self.hasher.hash_one(user) % TURNS as u64).unwrap_or_default();
        &self.turns[hash]
    }

    fn remembered(&self) -> MutexGuard<'_, Remembered> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T: ClaimsTable> UserInfoStore for WrittenLately<T> {
    fn put<'a>(&'a self, user: &'a EntityRef, ownership: &'a [EntityRef], further: &'a Claims) -> BoxFuture<'a, Result<(), UserInfoError>> {
        Box::pin(self.0.write(user, ownership, further))
    }

    fn get<'a>(&'a self, sub: &'a str) -> BoxFuture<'a, Result<Option<UserInfo>, UserInfoError>> {
        Box::pin(self.0.table.get(sub))
    }

    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(self.0.write_due(true))
    }
}

#[cfg(test)]
mod tests;
