//! The power `add-token-claims`: further claims in the token, read strictly and never one that the token has of itself.

use std::sync::Arc;

use wasmtime::component::Resource;

use crate::{
    domain::{
        claims::{Claims, MAX_BYTES},
        error::{Blame, ErrorName, SignInError},
        grant::Power,
        identity::Identity,
    },
    wasm::{
        bindings::stagedoor::resolver::{add_token_claims, types},
        store::State,
    },
};

impl add_token_claims::Host for State {
    fn add_token_claims(&mut self, to: Resource<Identity>, extra: String) -> wasmtime::Result<Result<(), types::SignInError>> {
        // A handle that is none ends the guest, whatever the gate says.
        self.table.get(&to)?;
        Ok(match self.allowed_claims(&extra) {
            Ok(claims) => {
                self.table.get_mut(&to)?.claims.add(claims);
                Ok(())
            }
            Err(error) => Err(self.tell(error)),
        })
    }
}

impl State {
    fn allowed_claims(&mut self, extra: &str) -> Result<Claims, SignInError> {
        let permissions = Arc::clone(&self.permissions);
        let bounds = permissions.gate.add_token_claims(&mut self.attempt)?;
        let claims = Claims::parse(extra).map_err(|invalid| refused("The claims of the resolver are not taken", invalid.to_string()))?;
        if let Some(name) = claims.names().find(|name| !bounds.allow(name)) {
            return Err(permissions.gate.out_of_bounds(Power::AddTokenClaims, &format!("the claim {name:?}"), &mut self.attempt));
        }
        let given = self.given_claims.saturating_add(claims.bytes());
        if given > MAX_BYTES {
            let message = format!("A resolver may give out at most {MAX_BYTES} bytes of claims");
            return Err(refused(message, format!("it gave out {given} in one sign-in")));
        }
        self.given_claims = given;
        Ok(claims)
    }
}

fn refused(message: impl Into<std::borrow::Cow<'static, str>>, cause: String) -> SignInError {
    SignInError { blame: Blame::Guest, ..SignInError::new(ErrorName::Input, message).because(cause) }
}
