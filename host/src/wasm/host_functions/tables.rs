//! `tables`: what the operator keeps beside the configuration, as it was when the sign-in began.

use crate::wasm::{bindings::stagedoor::resolver::tables, blame::Interrupt, store::State};

impl tables::Host for State {
    fn look_up(&mut self, table: String, key: String) -> wasmtime::Result<Vec<String>> {
        let tables = &self.request.tables;
        let (Some(values), Some(revision)) = (tables.look_up(&table, &key), tables.revision(&table)) else {
            return Err(Interrupt::UnknownTable(self.revealed.in_short(&table)).into());
        };
        let values = values.to_vec();
        self.attempt.note_table(&table, revision);
        Ok(values)
    }
}
