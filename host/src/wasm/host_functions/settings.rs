//! `settings`: the resolver's own item in `signIn.resolvers`, checked against its schema at load.

use crate::wasm::{bindings::stagedoor::resolver::settings, store::State};

impl settings::Host for State {
    fn get_settings(&mut self) -> wasmtime::Result<String> {
        Ok(self.permissions.settings.clone())
    }
}
