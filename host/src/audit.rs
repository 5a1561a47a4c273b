//! What was decided, written down.

pub mod decision_log;
