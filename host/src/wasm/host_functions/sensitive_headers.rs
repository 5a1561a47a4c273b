//! The power `sensitive-headers`: tokens and cookies, by the names that the operator has listed.

use std::sync::Arc;

use crate::{
    domain::{error::SignInError, grant::Power},
    wasm::{
        bindings::stagedoor::resolver::{sensitive_headers, types},
        store::State,
    },
};

impl sensitive_headers::Host for State {
    fn get_sensitive_header(&mut self, name: String) -> wasmtime::Result<Result<Option<String>, types::SignInError>> {
        Ok(self.sensitive_header(&name).map_err(|error| self.tell(error)))
    }
}

impl State {
    fn sensitive_header(&mut self, name: &str) -> Result<Option<String>, SignInError> {
        let permissions = Arc::clone(&self.permissions);
        let bounds = permissions.gate.sensitive_headers(&mut self.attempt)?;
        let Some(header) = bounds.granted(name) else {
            let what = format!("the header {:?}", self.revealed.in_short(name));
            return Err(permissions.gate.out_of_bounds(Power::SensitiveHeaders, &what, &mut self.attempt));
        };
        let value = self.request.sensitive.0.get(header);
        if let Some(value) = value {
            self.revealed.show(value);
            self.attempt.show(header);
        }
        Ok(value.map(str::to_owned))
    }
}
