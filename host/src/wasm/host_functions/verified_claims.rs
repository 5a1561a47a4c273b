//! The power `verified-claims`: what a token of the request says, once the host has verified it.

use std::sync::Arc;

use crate::{
    domain::{
        error::SignInError,
        grant::Power,
        token_claims::{ID, TokenClaims},
    },
    ports::claims_verifier::TokenBearer,
    wasm::{
        bindings::stagedoor::resolver::{types, verified_claims},
        blame::Interrupt,
        store::State,
    },
};

impl verified_claims::Host for State {
    async fn get_verified_claims(&mut self, token: String) -> wasmtime::Result<Result<Option<String>, types::SignInError>> {
        let claims = tokio::time::timeout_at(self.request.deadline.into(), self.verified_claims(&token)).await;
        let claims = claims.map_err(|_| Interrupt::KeysDeadline)?;
        Ok(claims.map(|claims| claims.map(|claims| claims.as_str().to_owned())).map_err(|error| self.tell(error)))
    }
}

impl State {
    async fn verified_claims(&mut self, token: &str) -> Result<Option<TokenClaims>, SignInError> {
        let permissions = Arc::clone(&self.permissions);
        let bounds = permissions.gate.verified_claims(&mut self.attempt)?;
        if !bounds.allow(token) {
            let what = format!("the token {:?}", self.revealed.in_short(token));
            return Err(permissions.gate.out_of_bounds(Power::VerifiedClaims, &what, &mut self.attempt));
        }
        let request = &*self.request;
        // It has been verified before any resolver was asked.
        if token == ID {
            return Ok(request.id_token_claims.clone());
        }
        let now = u64::try_from(request.time / 1_000_000_000).unwrap_or(u64::MAX);
        let bearer = TokenBearer { sensitive: &request.sensitive, forwarded: &request.headers, now };
        let claims = permissions.ports.claims.verified(token, bearer).await;
        if let Err(error) = &claims {
            self.attempt.fail_token(token, error.name.as_str());
        }
        claims
    }
}
