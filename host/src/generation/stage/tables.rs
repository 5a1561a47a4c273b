//! Tables: those that a component says it looks into must be configured. It would trap at its first sign-in otherwise.

use crate::wasm::component::Description;

use super::{Stage, StageError, Step, fetch::Fetched};

/// Refuses a component that looks into tables which are not there.
pub(super) fn run(stage: &Stage, fetched: &Fetched, description: &Description) -> Result<(), StageError> {
    let tables = stage.ports.tables.current();
    let missing: Vec<_> = description.tables.iter().filter(|table| tables.revision(table).is_none()).map(|table| format!("{table:?}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let message = format!("it looks into tables that are not configured: {}; write them below stagedoor.tables", missing.join(", "));
    Err(fetched.refuse(Step::Link, message))
}
