//! The power `replace-ownership`: other refs in the place of what an identity owns. What was added before goes with it.

use wasmtime::component::Resource;

use crate::{
    domain::{grant::Power, identity::Identity},
    wasm::{
        bindings::stagedoor::resolver::{replace_ownership, types},
        powers::Gate,
        store::State,
    },
};

impl replace_ownership::Host for State {
    fn replace_ownership(&mut self, of: Resource<Identity>, refs: Vec<types::EntityRef>) -> wasmtime::Result<Result<(), types::SignInError>> {
        self.change_ownership((Power::ReplaceOwnership, Gate::replace_ownership), &of, &refs, |identity, refs| {
            identity.added_ownership.clear();
            identity.replaced_ownership = Some(refs);
        })
    }
}
