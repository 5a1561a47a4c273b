//! Asking a profile component: what does the page show about them?

use std::sync::Arc;

use wasmtime::Store;

use crate::{
    domain::{component_kind::ComponentKind, error::SignInError, grant::Grants, profile::Profile},
    ports::{
        BoxFuture,
        profile_transform::{ProfileTransform, TransformedProfile},
        resolver::SignInRequest,
    },
    wasm::{bindings::profile::ProfileTransformPre, component::ComponentError, host_functions, store::State},
};

use super::{Loaded, ReadyComponent, ended};

/// A profile component that passed every check at load.
pub struct ComponentProfile {
    loaded: Loaded,
    pre: ProfileTransformPre<State>,
}

impl ReadyComponent for ComponentProfile {
    const KIND: ComponentKind = ComponentKind::Profile;

    fn new(loaded: Loaded) -> Result<Self, ComponentError> {
        let pre = ProfileTransformPre::new(loaded.pre.clone()).map_err(|error| ComponentError::wrong_world(&error))?;
        Ok(Self { loaded, pre })
    }

    fn loaded(&self) -> &Loaded {
        &self.loaded
    }
}

impl ProfileTransform for ComponentProfile {
    fn grants(&self) -> &Grants {
        self.loaded.grants()
    }

    fn transform<'a>(&'a self, request: &'a Arc<SignInRequest>) -> BoxFuture<'a, TransformedProfile> {
        Box::pin(async {
            let mut store = self.loaded.begin(request);
            let called = self.call(&mut store).await;
            let (result, attempt) = ended(store, called);
            TransformedProfile { result, attempt }
        })
    }
}

impl ComponentProfile {
    async fn call(&self, store: &mut Store<State>) -> wasmtime::Result<Result<Profile, SignInError>> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        match instance.stagedoor_resolver_profile_handler().call_transform_profile(&mut *store).await? {
            Ok(profile) => Ok(Ok(host_functions::from_guest_profile(profile)?)),
            Err(error) => Ok(Err(host_functions::from_guest_error(error, store.data()))),
        }
    }
}
