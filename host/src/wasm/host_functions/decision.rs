//! `decision`: notes for the record of this sign-in.

use crate::{
    domain::log_text::log_text,
    wasm::{bindings::stagedoor::resolver::decision, store::State},
};

/// Notes of one sign-in; further ones are dropped.
const MAX_NOTES: usize = 16;

impl decision::Host for State {
    fn annotate(&mut self, key: String, value: String) -> wasmtime::Result<()> {
        if self.attempt.annotations.len() < MAX_NOTES {
            let (key, value) = (self.revealed.masked(&key), self.revealed.masked(&value));
            self.attempt.annotations.push((log_text(&key), log_text(&value)));
        }
        Ok(())
    }
}
