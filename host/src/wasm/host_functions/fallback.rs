//! The power `fallback`: a name for those whom the catalog does not know, and only for them.

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::{
    domain::{
        error::{ErrorName, SignInError},
        grant::Power,
        identity::{Identity, Origin},
        query::UserQuery,
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
        let query = match convert::query(query) {
            Ok(query) => query,
            Err(invalid) => return Ok(Err(invalid.into())),
        };
        match self.one_user_of(&query).await? {
            Ok(CatalogUser(user)) => return Ok(Ok(Origin::Catalog(user))),
            Err(error) if error.name == ErrorName::NotFound => {}
            Err(error) => return Ok(Err(error)),
        }
        let name = match convert::issued_ref(fallback) {
            Ok(name) if bounds.allow(&name) => name,
            Ok(name) => return Ok(Err(permissions.gate.out_of_bounds(Power::Fallback, &self.revealed.in_short(name.as_str()), &mut self.attempt))),
            Err(invalid) => return Ok(Err(invalid)),
        };
        // The query found nobody, but the name may be that of a user whom it did not mean.
        let was_asked_for = matches!(&query, UserQuery::EntityRef(asked) if *asked == name);
        if was_asked_for {
            return Ok(Ok(Origin::Fallback(name)));
        }
        Ok(match self.is_in_catalog(&name).await? {
            Ok(false) => Ok(Origin::Fallback(name)),
            Ok(true) => {
                let what = format!("{name} is another user of the catalog");
                Err(permissions.gate.out_of_bounds(Power::Fallback, &what, &mut self.attempt))
            }
            Err(error) => Err(error),
        })
    }
}
