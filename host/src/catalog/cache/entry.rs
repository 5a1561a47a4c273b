//! What is kept of an answer, and what that takes.

use std::{sync::Arc, time::Duration};

use crate::domain::{entity_ref::EntityRef, group::Group, group_filter::GroupFilter, query::UserQuery, user::User};

/// Bytes that an answer takes besides its query and what was found: what the cache itself keeps of it.
const ENTRY: usize = 512;

/// What was found, or that it is nothing. Times are those of the clock of the server.
#[derive(Debug)]
pub(super) struct Entry<T> {
    pub(super) found: Option<Arc<T>>,
    /// When it was asked for.
    pub(super) at: Duration,
    /// When asking for it again failed since.
    pub(super) failed: Option<Duration>,
}

// Not derived: `T` itself is never cloned.
impl<T> Clone for Entry<T> {
    fn clone(&self) -> Self {
        Self { found: self.found.clone(), ..*self }
    }
}

/// In bytes. The query counts once more for the lists that it may be made of.
pub(super) fn weight(query: &UserQuery, entry: &Entry<User>) -> u32 {
    bytes(2 * query.size() + entry.found.as_ref().map_or(0, |user| user.size()))
}

/// The same for a group.
pub(super) fn group_weight(name: &EntityRef, entry: &Entry<Group>) -> u32 {
    bytes(name.as_str().len() + entry.found.as_ref().map_or(0, |group| group.size()))
}

/// The same for what a filter found.
pub(super) fn groups_weight(filter: &GroupFilter, entry: &Entry<Vec<Arc<Group>>>) -> u32 {
    bytes(2 * filter.size() + entry.found.iter().flat_map(|groups| groups.iter()).map(|group| group.size()).sum::<usize>())
}

fn bytes(of_its_own: usize) -> u32 {
    u32::try_from(ENTRY + of_its_own).unwrap_or(u32::MAX)
}

/// How long ago that was; `None` if the clock was set back behind it: then nobody knows.
pub(super) fn since(then: Duration, now: Duration) -> Option<Duration> {
    now.checked_sub(then)
}
