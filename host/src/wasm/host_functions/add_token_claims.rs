//! The power `add-token-claims`: further claims in the token, read strictly and never one that the token has of itself.

use std::{borrow::Cow, sync::Arc};

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
        let claims = match Claims::parse(extra) {
            Ok(claims) => claims,
            Err(invalid) => {
                let cause = self.revealed.masked(&invalid.to_string()).into_owned();
                return Err(self.refused_claims("The claims of the resolver are not taken", cause));
            }
        };
        if let Some(name) = claims.names().find(|name| !bounds.allow(name)) {
            let what = format!("the claim {:?}", self.revealed.in_short(name));
            return Err(permissions.gate.out_of_bounds(Power::AddTokenClaims, &what, &mut self.attempt));
        }
        let given = self.given_claims.saturating_add(claims.bytes());
        if given > MAX_BYTES {
            let message = format!("A resolver may give out at most {MAX_BYTES} bytes of claims");
            return Err(self.refused_claims(message, format!("it gave out {given} in one sign-in")));
        }
        self.given_claims = given;
        Ok(claims)
    }

    fn refused_claims(&mut self, message: impl Into<Cow<'static, str>>, cause: String) -> SignInError {
        self.attempt.refuse(Power::AddTokenClaims);
        SignInError { blame: Blame::Guest, ..SignInError::new(ErrorName::Input, message).because(cause) }
    }
}
