//! One call of a resolver: a fresh instance out of the pool, `resolve`, and whatever comes of it.

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::{
    domain::{
        decision::Attempt,
        error::{Blame, ErrorCode, ErrorName, SignInError},
        grant::Grants,
        identity::Identity,
    },
    ports::{
        BoxFuture,
        resolver::{Resolution, Resolver, SignInRequest},
    },
};

use super::{
    bindings::EverythingPre,
    blame,
    engine::Engine,
    host_functions,
    store::{Permissions, State},
};

/// A component that passed every check at load, with its settings and its decisions.
///
/// Each call gets an instance of its own, so nothing one sign-in leaves behind can reach another: no memory, no handle, no half-done state.
pub struct ComponentResolver {
    pub(super) name: Arc<str>,
    pub(super) digest: Arc<str>,
    pub(super) engine: Arc<Engine>,
    pub(super) pre: EverythingPre<State>,
    pub(super) permissions: Arc<Permissions>,
}

impl Resolver for ComponentResolver {
    fn name(&self) -> &str {
        &self.name
    }

    fn grants(&self) -> &Grants {
        self.permissions.gate.grants()
    }

    fn resolve<'a>(&'a self, request: &'a Arc<SignInRequest>) -> BoxFuture<'a, Resolution> {
        Box::pin(async {
            let attempt = Attempt::new(Arc::clone(&self.name), Some(Arc::clone(&self.digest)));
            let mut store = State::store(&self.engine, Arc::clone(request), Arc::clone(&self.permissions), attempt);
            let called = self.call(&mut store).await;
            let mut state = store.into_data();
            let last_words = host_functions::write_output(&mut state);
            let result = match called {
                Ok(Ok(identity)) => returned(&mut state, identity),
                Ok(Err(error)) => Err(error),
                Err(trap) => Err(blame::failed(&trap, last_words.as_deref())),
            };
            let mut attempt = state.attempt;
            attempt.error = result.as_ref().err().map(|error| error.code.map_or(error.name.as_str(), ErrorCode::as_str));
            Resolution { result, attempt }
        })
    }
}

impl ComponentResolver {
    async fn call(&self, store: &mut wasmtime::Store<State>) -> wasmtime::Result<Result<Resource<Identity>, SignInError>> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        let answer = instance.stagedoor_resolver_handler().call_resolve(&mut *store).await?;
        Ok(answer.map_err(|error| host_functions::from_guest_error(error, store.data())))
    }

    /// One instantiation without a call: what would fail at the first sign-in fails at load instead.
    pub(super) async fn warm(&self, request: Arc<SignInRequest>) -> wasmtime::Result<()> {
        let attempt = Attempt::new(Arc::clone(&self.name), Some(Arc::clone(&self.digest)));
        let mut store = State::store(&self.engine, request, Arc::clone(&self.permissions), attempt);
        self.pre.instantiate_async(&mut store).await.map(drop)
    }
}

/// Takes the identity that the guest handed back out of its table.
fn returned(state: &mut State, identity: Resource<Identity>) -> Result<Identity, SignInError> {
    state.table.delete(identity).map_err(|error| {
        let refused = SignInError::own(ErrorName::Other, ErrorCode::ResolverTrapped, Blame::Guest, "The sign-in resolver failed");
        refused.because(format!("it returned a handle that is no identity: {error}"))
    })
}
