//! Asking a resolver: who is it?

use std::sync::Arc;

use wasmtime::{Store, component::Resource};

use crate::{
    domain::{
        component_kind::ComponentKind,
        error::{Blame, ErrorCode, ErrorName, SignInError},
        grant::Grants,
        identity::Identity,
    },
    ports::{
        BoxFuture,
        resolver::{Resolution, Resolver, SignInRequest},
    },
    wasm::{bindings::EverythingPre, component::ComponentError, host_functions, store::State},
};

use super::{Loaded, ReadyComponent, ended};

/// A resolver that passed every check at load.
pub struct ComponentResolver {
    loaded: Loaded,
    pre: EverythingPre<State>,
}

impl ReadyComponent for ComponentResolver {
    const KIND: ComponentKind = ComponentKind::Resolver;

    fn new(loaded: Loaded) -> Result<Self, ComponentError> {
        let pre = EverythingPre::new(loaded.pre.clone()).map_err(|error| ComponentError::wrong_world(&error))?;
        Ok(Self { loaded, pre })
    }

    fn loaded(&self) -> &Loaded {
        &self.loaded
    }
}

impl Resolver for ComponentResolver {
    fn name(&self) -> &str {
        &self.loaded.name
    }

    fn grants(&self) -> &Grants {
        self.loaded.grants()
    }

    fn resolve<'a>(&'a self, request: &'a Arc<SignInRequest>) -> BoxFuture<'a, Resolution> {
        Box::pin(async {
            let mut store = self.loaded.begin(request);
            let called = self.call(&mut store).await;
            let (result, attempt) = ended(store, called);
            Resolution { result, attempt }
        })
    }
}

impl ComponentResolver {
    async fn call(&self, store: &mut Store<State>) -> wasmtime::Result<Result<Identity, SignInError>> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        let answer = instance.stagedoor_resolver_handler().call_resolve(&mut *store).await?;
        let state = store.data_mut();
        Ok(answer.map_err(|error| host_functions::from_guest_error(error, state)).and_then(|identity| returned(state, identity)))
    }
}

/// Takes the identity that the guest handed back out of its table.
fn returned(state: &mut State, identity: Resource<Identity>) -> Result<Identity, SignInError> {
    state.table.delete(identity).map_err(|error| {
        let refused = SignInError::own(ErrorName::Other, ErrorCode::ResolverTrapped, Blame::Guest, "The sign-in resolver failed");
        refused.because(format!("it returned a handle that is no identity: {error}"))
    })
}
