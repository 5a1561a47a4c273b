//! What is kept of an answer, and what that takes.

use std::{sync::Arc, time::Duration};

use crate::domain::{query::UserQuery, user::User};

/// Bytes that an answer takes besides its query and its user: what the cache itself keeps of it.
const ENTRY: usize = 512;

/// A user, or nobody. Times are those of the clock of the server.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) user: Option<Arc<User>>,
    /// When it was asked for.
    pub(super) at: Duration,
    /// When asking for it again failed since.
    pub(super) failed: Option<Duration>,
}

/// In bytes. The query counts once more for the lists that it may be made of.
pub(super) fn weight(query: &UserQuery, entry: &Entry) -> u32 {
    let user = entry.user.as_ref().map_or(0, |user| user.size());
    u32::try_from(ENTRY + 2 * query.size() + user).unwrap_or(u32::MAX)
}

/// How long ago that was; `None` if the clock was set back behind it: then nobody knows.
pub(super) fn since(then: Duration, now: Duration) -> Option<Duration> {
    now.checked_sub(then)
}
