//! The ID token of a request: verified, where the operator has said how, before anything is asked about anybody.
//!
//! One that does not verify ends the sign-in, and so does one that is missing where it is demanded. Nobody is told claims that nobody checked.

use std::time::Instant;

use crate::{
    domain::{
        error::{Blame, ErrorName, SignInError},
        token_claims::{ID, TokenClaims},
    },
    ports::claims_verifier::{ClaimsVerifier, TokenBearer},
};

/// Its claims; `None` where it is not configured, or the request has none.
pub(super) async fn claims(
    verifier: &dyn ClaimsVerifier,
    bearer: TokenBearer<'_>,
    required: bool,
    deadline: Instant,
) -> Result<Option<TokenClaims>, SignInError> {
    let claims = if verifier.knows(ID) {
        tokio::time::timeout_at(deadline.into(), verifier.verified(ID, bearer)).await.unwrap_or_else(|_| Err(too_late()))?
    } else {
        None
    };
    if claims.is_none() && required { Err(missing()) } else { Ok(claims) }
}

fn missing() -> SignInError {
    let cause = "stagedoor.trust.idToken demands one: have the proxy pass it on in the header of stagedoor.tokens.id";
    SignInError::new(ErrorName::Authentication, "The request has no ID token").because(cause)
}

fn too_late() -> SignInError {
    let error = SignInError::new(ErrorName::ServiceUnavailable, "The ID token could not be verified");
    SignInError { blame: Blame::Upstream, retryable: true, ..error }.because("its keys did not come within stagedoor.limits.timeout")
}
