//! The power `issue-self`: a name without asking the catalog, unless the bounds say that a catalog user's name may not be given out so.

use wasmtime::component::Resource;

use crate::{
    domain::{
        error::SignInError,
        grant::Power,
        identity::{Identity, Origin},
    },
    wasm::{
        bindings::stagedoor::resolver::{issue_self, types},
        store::State,
    },
};

use super::convert;

impl issue_self::Host for State {
    async fn sign_in_as(&mut self, user: types::EntityRef) -> wasmtime::Result<Result<Resource<Identity>, types::SignInError>> {
        Ok(match self.issued_name(&user).await? {
            Ok(origin) => Ok(self.identity(origin)?),
            Err(error) => Err(self.tell(error)),
        })
    }
}

impl State {
    async fn issued_name(&mut self, user: &types::EntityRef) -> wasmtime::Result<Result<Origin, SignInError>> {
        let permissions = std::sync::Arc::clone(&self.permissions);
        let bounds = match permissions.gate.issue_self(&mut self.attempt) {
            Ok(bounds) => bounds,
            Err(refused) => return Ok(Err(refused)),
        };
        let name = match convert::issued_ref(user) {
            Ok(name) => name,
            Err(invalid) => return Ok(Err(invalid)),
        };
        if !bounds.names.allow(&name) {
            return Ok(Err(permissions.gate.out_of_bounds(Power::IssueSelf, &self.revealed.in_short(name.as_str()), &mut self.attempt)));
        }
        if !bounds.unless_in_catalog {
            return Ok(Ok(Origin::IssueSelf(name)));
        }
        Ok(match self.is_in_catalog(&name).await? {
            Ok(false) => Ok(Origin::IssueSelf(name)),
            Ok(true) => {
                let what = format!("{name} is a user of the catalog (unlessInCatalog)");
                Err(permissions.gate.out_of_bounds(Power::IssueSelf, &what, &mut self.attempt))
            }
            Err(error) => Err(error),
        })
    }
}
