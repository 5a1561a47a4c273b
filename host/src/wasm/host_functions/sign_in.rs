//! `sign-in`: making the identity that `resolve` may return.

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::{
    domain::identity::{Identity, Origin},
    wasm::{
        bindings::stagedoor::resolver::{sign_in, types},
        store::{CatalogUser, State},
    },
};

use super::convert;

impl State {
    /// Hands out a handle to an identity.
    pub(super) fn identity(&mut self, origin: Origin) -> wasmtime::Result<Resource<Identity>> {
        Ok(self.table.push(Identity::new(origin))?)
    }
}

impl sign_in::Host for State {
    async fn sign_in_with_catalog_user(&mut self, query: types::UserQuery) -> wasmtime::Result<Result<Resource<Identity>, types::SignInError>> {
        Ok(match self.one_user(query).await? {
            Ok(CatalogUser(user)) => Ok(self.identity(Origin::Catalog(user))?),
            Err(error) => Err(self.tell(error)),
        })
    }

    fn sign_in_user(&mut self, user: Resource<CatalogUser>) -> wasmtime::Result<Result<Resource<Identity>, types::SignInError>> {
        let user = Arc::clone(&self.table.get(&user)?.0);
        Ok(Ok(self.identity(Origin::Catalog(user))?))
    }
}

impl sign_in::HostIdentity for State {
    fn user_entity_ref(&mut self, identity: Resource<Identity>) -> wasmtime::Result<types::EntityRef> {
        Ok(convert::entity_ref(self.table.get(&identity)?.user_entity_ref()))
    }

    fn set_profile(&mut self, identity: Resource<Identity>, profile: types::Profile) -> wasmtime::Result<()> {
        self.table.get_mut(&identity)?.profile = Some(convert::from_guest_profile(profile)?);
        Ok(())
    }

    fn drop(&mut self, identity: Resource<Identity>) -> wasmtime::Result<()> {
        self.table.delete(identity)?;
        Ok(())
    }
}
