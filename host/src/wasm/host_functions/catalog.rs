//! `catalog`: users, looked up within the budget.

use wasmtime::component::Resource;

use crate::{
    domain::{
        entity_ref::EntityRef,
        error::{ErrorName, SignInError},
        query::UserQuery,
    },
    wasm::{
        bindings::stagedoor::resolver::{catalog, types},
        store::{CatalogUser, State},
    },
};

use super::convert;

impl State {
    /// The one user that matches, or the error that says there is none.
    pub(super) async fn one_user(&mut self, query: types::UserQuery) -> wasmtime::Result<Result<CatalogUser, SignInError>> {
        match convert::query(query) {
            Ok(query) => self.one_user_of(&query).await,
            Err(invalid) => Ok(Err(invalid.into())),
        }
    }

    /// The same for a query that makes sense.
    pub(super) async fn one_user_of(&mut self, query: &UserQuery) -> wasmtime::Result<Result<CatalogUser, SignInError>> {
        Ok(match self.find_user(query).await? {
            Ok(Some(user)) => Ok(CatalogUser(user)),
            Ok(None) => Err(SignInError::new(ErrorName::NotFound, convert::NOT_FOUND)),
            Err(error) => Err(error.into()),
        })
    }

    /// Whether the catalog knows a user of this name: one more look-up.
    pub(super) async fn is_in_catalog(&mut self, name: &EntityRef) -> wasmtime::Result<Result<bool, SignInError>> {
        let found = self.find_user(&UserQuery::EntityRef(name.clone())).await?;
        Ok(found.map(|user| user.is_some()).map_err(SignInError::from))
    }
}

impl catalog::Host for State {
    async fn find_user(&mut self, query: types::UserQuery) -> wasmtime::Result<Result<Resource<CatalogUser>, types::SignInError>> {
        Ok(match self.one_user(query).await? {
            Ok(user) => Ok(self.table.push(user)?),
            Err(error) => Err(self.tell(error)),
        })
    }
}

impl catalog::HostUser for State {
    fn entity_ref(&mut self, user: Resource<CatalogUser>) -> wasmtime::Result<types::EntityRef> {
        Ok(convert::entity_ref(&self.table.get(&user)?.0.entity_ref))
    }

    fn profile(&mut self, user: Resource<CatalogUser>) -> wasmtime::Result<types::Profile> {
        Ok(convert::profile(&self.table.get(&user)?.0.profile))
    }

    fn annotation(&mut self, user: Resource<CatalogUser>, key: String) -> wasmtime::Result<Option<String>> {
        Ok(self.table.get(&user)?.0.annotation(&key).map(str::to_owned))
    }

    fn ownership_entity_refs(&mut self, user: Resource<CatalogUser>) -> wasmtime::Result<Vec<types::EntityRef>> {
        Ok(self.table.get(&user)?.0.ownership_entity_refs.iter().map(convert::entity_ref).collect())
    }

    fn json(&mut self, user: Resource<CatalogUser>) -> wasmtime::Result<String> {
        Ok(self.table.get(&user)?.0.json.clone())
    }

    fn drop(&mut self, user: Resource<CatalogUser>) -> wasmtime::Result<()> {
        self.table.delete(user)?;
        Ok(())
    }
}
