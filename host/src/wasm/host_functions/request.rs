//! `request`: clean headers.

use crate::wasm::{bindings::stagedoor::resolver::request, store::State};

impl request::Host for State {
    fn get_header(&mut self, name: String) -> wasmtime::Result<Option<String>> {
        Ok(self.request.headers.get(&name).map(str::to_owned))
    }
}
