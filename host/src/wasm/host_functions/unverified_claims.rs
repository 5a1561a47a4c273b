//! The power `unverified-claims`: what a token of the request says, whoever wrote it.

use std::sync::Arc;

use crate::{
    domain::{error::SignInError, grant::Power, token_claims::TokenClaims},
    wasm::{
        bindings::stagedoor::resolver::{types, unverified_claims},
        store::State,
    },
};

impl unverified_claims::Host for State {
    fn get_unverified_claims(&mut self, token: String) -> wasmtime::Result<Result<Option<String>, types::SignInError>> {
        let claims = self.unverified_claims(&token);
        Ok(claims.map(|claims| claims.map(|claims| claims.as_str().to_owned())).map_err(|error| self.tell(error)))
    }
}

impl State {
    fn unverified_claims(&mut self, token: &str) -> Result<Option<TokenClaims>, SignInError> {
        let permissions = Arc::clone(&self.permissions);
        let bounds = permissions.gate.unverified_claims(&mut self.attempt)?;
        if !bounds.allow(token) {
            let what = format!("the token {:?}", self.revealed.in_short(token));
            return Err(permissions.gate.out_of_bounds(Power::UnverifiedClaims, &what, &mut self.attempt));
        }
        permissions.ports.claims.unverified(token, &self.request.sensitive)
    }
}
