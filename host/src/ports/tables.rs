//! Tables that the operator keeps beside the configuration.

use std::sync::Arc;

/// Looks up what stands under a key.
///
/// A live source: what it holds may change between two sign-ins, so a sign-in takes one [`Tables::current`] and keeps it.
pub trait Tables: Send + Sync {
    /// All tables as they are now.
    fn current(&self) -> Arc<dyn TableSnapshot>;
}

/// Tables that do not change.
pub trait TableSnapshot: Send + Sync {
    /// The values under the key, in the table's order; empty for a key that is not in it; `None` for a table that is not configured.
    fn look_up(&self, table: &str, key: &str) -> Option<&[String]>;

    /// Names the contents of a table, for the decision record; `None` for a table that is not configured.
    fn revision(&self, table: &str) -> Option<&str>;
}

/// Where no table is configured.
pub struct NoTables;

impl Tables for NoTables {
    fn current(&self) -> Arc<dyn TableSnapshot> {
        Arc::new(Self)
    }
}

impl TableSnapshot for NoTables {
    fn look_up(&self, _table: &str, _key: &str) -> Option<&[String]> {
        None
    }

    fn revision(&self, _table: &str) -> Option<&str> {
        None
    }
}
