//! Asking an ownership component: what does this user own?

use std::sync::Arc;

use wasmtime::Store;

use crate::{
    domain::{component_kind::ComponentKind, entity_ref::EntityRef, error::SignInError, grant::Grants, guard, user::User},
    ports::{
        BoxFuture,
        ownership_resolver::{OwnershipResolver, ResolvedOwnership},
        resolver::SignInRequest,
    },
    wasm::{
        bindings::ownership::OwnershipResolverPre,
        component::ComponentError,
        host_functions,
        store::{CatalogUser, State},
    },
};

use super::{Loaded, ReadyComponent, ended};

/// An ownership component that passed every check at load.
pub struct ComponentOwnership {
    loaded: Loaded,
    pre: OwnershipResolverPre<State>,
}

impl ReadyComponent for ComponentOwnership {
    const KIND: ComponentKind = ComponentKind::Ownership;

    fn new(loaded: Loaded) -> Result<Self, ComponentError> {
        let pre = OwnershipResolverPre::new(loaded.pre.clone()).map_err(|error| ComponentError::wrong_world(&error))?;
        Ok(Self { loaded, pre })
    }

    fn loaded(&self) -> &Loaded {
        &self.loaded
    }
}

impl OwnershipResolver for ComponentOwnership {
    fn grants(&self) -> &Grants {
        self.loaded.grants()
    }

    fn resolve_ownership<'a>(&'a self, request: &'a Arc<SignInRequest>, user: &'a Arc<User>) -> BoxFuture<'a, ResolvedOwnership> {
        Box::pin(async {
            let mut store = self.loaded.begin(request);
            let called = self.call(&mut store, user).await;
            let (result, attempt) = ended(store, called);
            ResolvedOwnership { result, attempt }
        })
    }
}

impl ComponentOwnership {
    async fn call(&self, store: &mut Store<State>, user: &Arc<User>) -> wasmtime::Result<Result<Vec<EntityRef>, SignInError>> {
        let instance = self.pre.instantiate_async(&mut *store).await?;
        let user = store.data_mut().table.push(CatalogUser(Arc::clone(user)))?;
        let answer = instance.stagedoor_resolver_ownership_handler().call_resolve_ownership(&mut *store, user).await?;
        Ok(match answer {
            // What they say is for the guard; a ref that no entity can bear cannot even be said.
            Ok(refs) => refs
                .iter()
                .map(|owned| host_functions::returned_ref(owned).map_err(|invalid| guard::not_theirs_to_say(invalid.to_string())))
                .collect(),
            Err(error) => Err(host_functions::from_guest_error(error, store.data())),
        })
    }
}
