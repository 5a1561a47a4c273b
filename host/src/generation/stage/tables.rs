//! Tables: those that a component says it looks into must be configured. It would trap at its first sign-in otherwise.

use super::{Stage, StageError, Step, fetch::Fetched, link::Linked};

/// Refuses a component that looks into tables which are not there.
pub(super) fn run(stage: &Stage, fetched: &Fetched, linked: &Linked) -> Result<(), StageError> {
    let tables = stage.ports.tables.current();
    let missing: Vec<_> =
        linked.description.tables.iter().filter(|table| tables.revision(table).is_none()).map(|table| format!("{table:?}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("it looks into tables that are not configured: {}; write them below stagedoor.tables", missing.join(", "));
    Err(fetched.refuse(Step::Link, message))
}
