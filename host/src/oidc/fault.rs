//! Why a token is not believed, in words for the log. They name claims and never quote one.

use crate::domain::{
    error::{Blame, ErrorName, SignInError},
    token_claims::InvalidTokenObject,
};

/// Why a token is not believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    #[error("its header does not hold what `scheme` says")]
    Scheme,
    #[error("it is no signed token of three parts")]
    Form,
    #[error("its header cannot be read: {0}")]
    Header(InvalidTokenObject),
    #[error("its claims cannot be read: {0}")]
    Claims(InvalidTokenObject),
    #[error("it names extensions that must be understood (crit), and none of them is")]
    Critical,
    #[error("its algorithm is none of `algorithms`")]
    Algorithm,
    #[error("it does not say which key signed it (kid)")]
    NoKeyId,
    #[error("the key that it names is not in the key set; that was asked again unless it has been lately")]
    UnknownKey,
    #[error("the key that it names is not for its algorithm")]
    OtherKey,
    #[error("its signature is wrong")]
    Signature,
    #[error("iss is none of `issuer`")]
    Issuer,
    #[error("aud is or holds none of `audience`")]
    Audience,
    #[error("it is for several audiences, and azp is none of `audience`")]
    Party,
    #[error("it is no ID token: its typ or its events say what it is")]
    OtherKind,
    #[error("{0} is no time: a whole number of seconds that is not negative")]
    NoTime(&'static str),
    #[error("it has no exp, which `expiry` demands")]
    NoExpiry,
    #[error("it has expired; `expiry` says how long it counts, and a proxy that refreshes its sessions forwards fresh ones")]
    Expired,
    #[error("{0} lies ahead of this server's clock")]
    Early(&'static str),
    #[error("the claim {0} is missing, empty or false, which `requiredClaims` demands")]
    Missing(String),
    #[error("the claim {claim} does not say what {header} says, which `mustAgree` demands")]
    Disagrees { claim: String, header: &'static str },
    #[error("nobody verifies it (dangerouslyUnverified)")]
    Unverified,
    #[error("its keys could not be had: {0}")]
    Keys(String),
}

impl Fault {
    /// What the client and the operator are told.
    pub(super) fn error(self, token: &str) -> SignInError {
        let cause = format!("stagedoor.tokens.{token}: {self}");
        match self {
            Self::Keys(_) => {
                let error = SignInError::new(ErrorName::ServiceUnavailable, format!("The token {token} could not be verified"));
                SignInError { blame: Blame::Upstream, retryable: true, ..error }
            }
            _ => SignInError::new(ErrorName::Authentication, format!("The token {token} is not valid")),
        }
        .because(cause)
    }
}
