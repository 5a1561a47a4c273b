//! The power `fallback`: a name for those whom the catalog does not know, and only for them.

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::{
    domain::{
        error::{ErrorName, SignInError},
        grant::Power,
        identity::{Identity, Origin},
    },
    wasm::{
        bindings::stagedoor::resolver::{fallback, types},
        store::{CatalogUser, State},
    },
};

use super::convert;

impl fallback::Host for State {
    async fn sign_in_with_catalog_user_or_fallback(
        &mut self,
        query: types::UserQuery,
        fallback: types::EntityRef,
    ) -> wasmtime::Result<Result<Resource<Identity>, types::SignInError>> {
        Ok(match self.user_or_fallback(query, &fallback).await? {
            Ok(origin) => Ok(self.identity(origin)?),
            Err(error) => Err(self.tell(error)),
        })
    }
}

impl State {
    async fn user_or_fallback(&mut self, query: types::UserQuery, fallback: &types::EntityRef) -> wasmtime::Result<Result<Origin, SignInError>> {
        let permissions = Arc::clone(&self.permissions);
        let bounds = match permissions.gate.fallback(&mut self.attempt) {
            Ok(bounds) => bounds,
            Err(refused) => return Ok(Err(refused)),
        };
        match self.one_user(query).await? {
            Ok(CatalogUser(user)) => return Ok(Ok(Origin::Catalog(user))),
            Err(error) if error.name == ErrorName::NotFound => {}
            Err(error) => return Ok(Err(error)),
        }
        Ok(match convert::issued_ref(fallback) {
            Ok(name) if bounds.allow(&name) => Ok(Origin::Fallback(name)),
            Ok(name) => Err(permissions.gate.out_of_bounds(Power::Fallback, name.as_str(), &mut self.attempt)),
            Err(invalid) => Err(invalid),
        })
    }
}
