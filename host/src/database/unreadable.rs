//! Rows of the key tables that cannot be read. Each is told when it is met first, not at every reading: strangers can make us read.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

/// The ids of such rows, as the last reading met them.
#[derive(Default)]
pub(super) struct Unreadable(Mutex<BTreeSet<String>>);

impl Unreadable {
    /// Tells of those that the reading before did not meet. Gives how many those are.
    pub(super) fn tell(&self, ids: impl Iterator<Item = String>) -> usize {
        let met: BTreeSet<_> = ids.collect();
        let before = std::mem::replace(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), met.clone());
        met.difference(&before).inspect(|id| tracing::error!(id, "a row of the public keys cannot be read and is left out")).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_row_is_told_once() {
        let unreadable = Unreadable::default();
        let tell = |ids: &[&str]| unreadable.tell(ids.iter().map(ToString::to_string));
        assert_eq!([tell(&["a"]), tell(&["a", "b"]), tell(&["b"]), tell(&["a", "b"])], [1, 1, 0, 1]);
    }
}
