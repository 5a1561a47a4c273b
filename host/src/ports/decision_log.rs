//! Where decisions are written down.

use crate::domain::decision::Decision;

/// Takes each decision once, after the answer is known.
pub trait DecisionLog: Send + Sync {
    /// Writes it down without making the sign-in wait.
    fn record(&self, decision: &Decision);
}
