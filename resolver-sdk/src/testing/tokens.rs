//! Tokens of the fake request, below the names that the operator gives them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fake_context::FakeContext;
use crate::Error;

/// What the request brings along, by name.
#[derive(Debug, Clone, Default)]
pub(super) struct Tokens(BTreeMap<String, Token>);

#[derive(Debug, Clone, Default)]
struct Token {
    claims: Option<Value>,
    fault: Option<Error>,
}

impl FakeContext {
    /// The request has a token that the operator calls so, with these claims. It verifies, unless the test says otherwise.
    #[must_use]
    pub fn with_token(mut self, name: &str, claims: Value) -> Self {
        self.tokens.0.entry(name.to_owned()).or_default().claims = Some(claims);
        self
    }

    /// The token of that name does not verify, or cannot be read. What [`with_token`](Self::with_token) says of it can still be read unverified: whoever
    /// wrote it.
    ///
    /// ```
    /// # use resolver_sdk::{Claims, Context, Error, ErrorName, testing::FakeContext};
    /// let forged = FakeContext::new()
    ///     .with_token("access", serde_json::json!({ "sub": "admin" }))
    ///     .with_token_fault("access", Error::authentication("The token access is not valid").because("signature"))
    ///     .grant_verified_claims(["access"]);
    /// assert_eq!(forged.verified_claims::<Claims>("access").unwrap_err().name(), ErrorName::Authentication);
    /// ```
    #[must_use]
    pub fn with_token_fault(mut self, name: &str, error: Error) -> Self {
        self.tokens.0.entry(name.to_owned()).or_default().fault = Some(error);
        self
    }
}

impl Tokens {
    pub(super) fn verified(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(token) = self.0.get(name) else { return Ok(None) };
        token.fault.clone().map_or_else(|| Ok(token.text()), Err)
    }

    pub(super) fn unverified(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(token) = self.0.get(name) else { return Ok(None) };
        match (token.text(), &token.fault) {
            (None, Some(fault)) => Err(fault.clone()),
            (claims, _) => Ok(claims),
        }
    }
}

impl Token {
    fn text(&self) -> Option<String> {
        self.claims.as_ref().map(Value::to_string)
    }
}
