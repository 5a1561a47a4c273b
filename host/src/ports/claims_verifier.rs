//! Other people's tokens, which a request brings along: who wrote them, and what they say.

use crate::domain::{error::SignInError, headers::SensitiveHeaders, token_claims::TokenClaims};

use super::BoxFuture;

/// Reads the tokens that the operator has configured by name.
pub trait ClaimsVerifier: Send + Sync {
    /// Whether a token of this name is configured.
    fn knows(&self, token: &str) -> bool;

    /// The verified claims of the token; `None` if the request has no such token.
    ///
    /// `now` is the time of the sign-in, in seconds since the Unix epoch. Errors: `authentication` for a token that does not verify,
    /// `service-unavailable` (retryable, blamed on upstream) where its keys could not be had. Neither they nor their causes quote the token.
    fn verified<'a>(&'a self, token: &'a str, headers: &'a SensitiveHeaders, now: u64) -> BoxFuture<'a, Result<Option<TokenClaims>, SignInError>>;

    /// The claims of the token, checked by nobody; `None` if the request has no such token. Errors: `authentication` for what is no token in form.
    fn unverified(&self, token: &str, headers: &SensitiveHeaders) -> Result<Option<TokenClaims>, SignInError>;
}

/// Where no token is configured.
pub struct NoTokens;

impl ClaimsVerifier for NoTokens {
    fn knows(&self, _token: &str) -> bool {
        false
    }

    fn verified<'a>(&'a self, _token: &'a str, _headers: &'a SensitiveHeaders, _now: u64) -> BoxFuture<'a, Result<Option<TokenClaims>, SignInError>> {
        Box::pin(async { Ok(None) })
    }

    fn unverified(&self, _token: &str, _headers: &SensitiveHeaders) -> Result<Option<TokenClaims>, SignInError> {
        Ok(None)
    }
}
