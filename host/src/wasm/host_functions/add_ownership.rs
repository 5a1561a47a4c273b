//! The power `add-ownership`: more refs behind what an identity owns.

use wasmtime::component::Resource;

use crate::{
    domain::{grant::Power, identity::Identity},
    wasm::{
        bindings::stagedoor::resolver::{add_ownership, types},
        powers::Gate,
        store::State,
    },
};

impl add_ownership::Host for State {
    fn add_ownership(&mut self, to: Resource<Identity>, refs: Vec<types::EntityRef>) -> wasmtime::Result<Result<(), types::SignInError>> {
        self.change_ownership((Power::AddOwnership, Gate::add_ownership), &to, &refs, |identity, refs| identity.added_ownership.extend(refs))
    }
}
