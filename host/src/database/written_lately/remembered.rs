//! What was written lately, by user, and who has to be written once more. It holds so many bytes of claims; whoever does not fit in is not remembered, and
//! written at each sign-in.

use std::{collections::HashMap, sync::Arc, time::Duration};

use tokio::time::Instant;

use crate::domain::entity_ref::EntityRef;

/// The users whose window is not over, or who are still to be written.
pub(super) struct Remembered {
    window: Duration,
    most_bytes: usize,
    users: HashMap<EntityRef, Last>,
    bytes: usize,
}

/// The last claims of a user, as they are stored: what counts against the bound is what is held.
struct Last {
    claims: Arc<str>,
    /// When they were written, by both clocks.
    at: (Duration, Instant),
    /// The last sign-in with them.
    signed_in: Duration,
    /// Whether they are known to have been stored.
    stored: bool,
    /// Whether they must be written once more.
    again: bool,
    bytes: usize,
}

impl Remembered {
    pub(super) fn new(window: Duration, most_bytes: usize) -> Self {
        Self { window, most_bytes, users: HashMap::new(), bytes: 0 }
    }

    /// Whether a sign-in with these claims need not write them. It is remembered as the last one.
    pub(super) fn skips(&mut self, user: &EntityRef, claims: &str, now: Duration) -> bool {
        let Some(last) = self.users.get_mut(user) else { return false };
        let fresh = now.checked_sub(last.at.0).is_some_and(|age| age < self.window) && last.at.1.elapsed() < self.window;
        let skips = fresh && last.stored && *last.claims == *claims;
        if skips {
            (last.signed_in, last.again) = (now, true);
        }
        skips
    }

    /// These claims are about to be written. Gives whether earlier ones may still be on their way.
    pub(super) fn begin(&mut self, user: &EntityRef, claims: &str, now: Duration) -> bool {
        let in_doubt = self.forget(user).is_some_and(|before| !before.stored);
        let bytes = claims.len() + user.as_str().len() + 256;
        if self.bytes + bytes <= self.most_bytes {
            self.bytes += bytes;
            let last = Last { claims: claims.into(), at: (now, Instant::now()), signed_in: now, stored: false, again: true, bytes };
            self.users.insert(user.clone(), last);
        }
        in_doubt
    }

    /// They were. Where earlier ones were in doubt, they may still come and overwrite these.
    pub(super) fn done(&mut self, user: &EntityRef, in_doubt: bool) {
        if let Some(last) = self.users.get_mut(user) {
            (last.stored, last.again) = (true, in_doubt);
        }
    }

    /// Whose window is over, and who has to be written again. The others whose window is over are forgotten.
    pub(super) fn due(&mut self, everybody: bool) -> Vec<EntityRef> {
        let over: Vec<_> = self.users.iter().filter(|(_, last)| everybody || self.is_over(last)).map(|(user, _)| user.clone()).collect();
        let again = |user: &EntityRef| self.users.get(user).is_some_and(|last| last.again);
        let (due, settled): (Vec<_>, Vec<_>) = over.into_iter().partition(again);
        for user in settled {
            self.forget(&user);
        }
        due
    }

    /// What to write again, and as of which sign-in; `None` if that is no longer so.
    pub(super) fn again(&self, user: &EntityRef, everybody: bool) -> Option<(Arc<str>, Duration)> {
        let last = self.users.get(user).filter(|last| last.again && (everybody || self.is_over(last)))?;
        Some((Arc::clone(&last.claims), last.signed_in))
    }

    /// The claims of this sign-in were written again.
    pub(super) fn made_up(&mut self, user: &EntityRef, signed_in: Duration) {
        if self.users.get(user).is_some_and(|last| last.signed_in == signed_in) {
            self.forget(user);
        }
    }

    fn is_over(&self, last: &Last) -> bool {
        last.at.1.elapsed() >= self.window
    }

    fn forget(&mut self, user: &EntityRef) -> Option<Last> {
        let forgotten = self.users.remove(user)?;
        self.bytes -= forgotten.bytes;
        Some(forgotten)
    }
}
