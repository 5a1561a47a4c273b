//! `sign-in-info`: what the host made of the request before the resolver runs.

use crate::wasm::{
    bindings::stagedoor::resolver::{sign_in_info, types},
    store::State,
};

use super::convert;

impl sign_in_info::Host for State {
    fn get_profile(&mut self) -> wasmtime::Result<types::Profile> {
        Ok(convert::profile(self.request.profile()))
    }

    /// Verified ones; those that nobody verified never come this way.
    fn get_id_token_claims(&mut self) -> wasmtime::Result<Option<String>> {
        Ok(self.request.id_token_claims.as_ref().map(|claims| claims.as_str().to_owned()))
    }
}
