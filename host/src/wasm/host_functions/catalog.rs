//! `catalog`: users, looked up within the budget.

use wasmtime::component::Resource;

use crate::{
    domain::error::{ErrorName, SignInError},
    wasm::{
        bindings::stagedoor::resolver::{catalog, types},
        store::{CatalogUser, State},
    },
};

use super::convert;

impl State {
    /// The one user that matches, or the error that says there is none.
    pub(super) async fn one_user(&mut self, query: types::UserQuery) -> wasmtime::Result<Result<CatalogUser, SignInError>> {
        let query = match convert::query(query) {
            Ok(query) => query,
            Err(invalid) => return Ok(Err(invalid.into())),
        };
        Ok(match self.find_user(&query).await? {
            Ok(Some(user)) => Ok(CatalogUser(user)),
            Ok(None) => Err(SignInError::new(ErrorName::NotFound, convert::NOT_FOUND)),
            Err(error) => Err(error.into()),
        })
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
