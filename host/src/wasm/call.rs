//! One call of a component: a fresh instance out of the pool, its one question, and whatever comes of it.
//!
//! What all kinds of components have in common is here; `resolver`, `profile` and `ownership` ask, each in its world.

mod ownership;
mod profile;
mod resolver;

use std::sync::Arc;

use wasmtime::{Store, component::InstancePre};

use crate::{
    domain::{
        component_kind::ComponentKind,
        decision::Attempt,
        error::{ErrorCode, SignInError},
        grant::Grants,
    },
    ports::resolver::SignInRequest,
};

use super::{
    blame,
    component::{self, ComponentError},
    engine::Engine,
    host_functions,
    store::{Permissions, State},
};

pub use {ownership::ComponentOwnership, profile::ComponentProfile, resolver::ComponentResolver};

/// A component that is linked, with its settings and its decisions.
///
/// Each call gets an instance of its own, so nothing one sign-in leaves behind can reach another: no memory, no handle, no half-done state.
pub struct Loaded {
    pub(super) kind: ComponentKind,
    pub(super) name: Arc<str>,
    pub(super) digest: Arc<str>,
    pub(super) engine: Arc<Engine>,
    pub(super) pre: InstancePre<State>,
    pub(super) permissions: Arc<Permissions>,
}

/// A component of one kind, ready to be asked.
pub trait ReadyComponent: Sized {
    /// Which kind.
    const KIND: ComponentKind;

    /// Refuses a component whose export has other types than those of the contract.
    fn new(loaded: Loaded) -> Result<Self, ComponentError>;

    /// What it has in common with the other kinds.
    fn loaded(&self) -> &Loaded;
}

impl Loaded {
    /// What it may do.
    pub fn grants(&self) -> &Grants {
        self.permissions.gate.grants()
    }

    /// Instantiates once and throws the instance away: what would fail at the first sign-in fails at load instead.
    pub async fn warm_up(&self) -> Result<(), ComponentError> {
        let mut store = self.begin(&component::nobodys_request());
        let warmed = self.pre.instantiate_async(&mut store).await;
        warmed.map(drop).map_err(|error| ComponentError::Instantiate(format!("{error:#}")))
    }

    /// A store for one call.
    fn begin(&self, request: &Arc<SignInRequest>) -> Store<State> {
        let attempt = Attempt { kind: self.kind, ..Attempt::new(Arc::clone(&self.name), Some(Arc::clone(&self.digest))) };
        State::store(&self.engine, Arc::clone(request), Arc::clone(&self.permissions), attempt)
    }
}

/// What came of the call: its last words are written, and what it was shown of tokens is taken out of an error.
fn ended<T>(store: Store<State>, called: wasmtime::Result<Result<T, SignInError>>) -> (Result<T, SignInError>, Attempt) {
    let mut state = store.into_data();
    let last_words = host_functions::write_output(&mut state);
    let result = called.unwrap_or_else(|trap| Err(blame::failed(state.attempt.kind, &trap, last_words.as_deref())));
    let mut attempt = state.attempt;
    attempt.error = result.as_ref().err().map(|error| error.code.map_or(error.name.as_str(), ErrorCode::as_str));
    (result, attempt)
}
