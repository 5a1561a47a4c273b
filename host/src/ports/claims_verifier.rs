//! Other people's tokens, which a request brings along: who wrote them, and what they say.

use crate::domain::{
    error::SignInError,
    headers::{Headers, SensitiveHeaders},
    token_claims::TokenClaims,
};

use super::BoxFuture;

/// Where a token stands, and what it must fit.
#[derive(Debug, Clone, Copy)]
pub struct TokenBearer<'a> {
    /// The headers that hold tokens.
    pub sensitive: &'a SensitiveHeaders,
    /// Who the proxy says is there: what a token says may have to agree with it.
    pub forwarded: &'a Headers,
    /// The time of the sign-in, in seconds since the Unix epoch.
    pub now: u64,
}

/// Reads the tokens that the operator has configured by name.
pub trait ClaimsVerifier: Send + Sync {
    /// Whether a token of this name is configured.
    fn knows(&self, token: &str) -> bool;

    /// The verified claims of the token; `None` if the request has no such token.
    ///
    /// Errors: `authentication` for a token that does not verify, or that says something else than the proxy where they must agree;
    /// `service-unavailable` (retryable, blamed on upstream) where its keys could not be had. Neither they nor their causes quote the token.
    fn verified<'a>(&'a self, token: &'a str, bearer: TokenBearer<'a>) -> BoxFuture<'a, Result<Option<TokenClaims>, SignInError>>;

    /// The claims of the token, checked by nobody; `None` if the request has no such token. Errors: `authentication` for what is no token in form.
    fn unverified(&self, token: &str, headers: &SensitiveHeaders) -> Result<Option<TokenClaims>, SignInError>;
}

/// Where no token is configured.
pub struct NoTokens;

impl ClaimsVerifier for NoTokens {
    fn knows(&self, _token: &str) -> bool {
        false
    }

    fn verified<'a>(&'a self, _token: &'a str, _bearer: TokenBearer<'a>) -> BoxFuture<'a, Result<Option<TokenClaims>, SignInError>> {
        Box::pin(async { Ok(None) })
    }

    fn unverified(&self, _token: &str, _headers: &SensitiveHeaders) -> Result<Option<TokenClaims>, SignInError> {
        Ok(None)
    }
}
