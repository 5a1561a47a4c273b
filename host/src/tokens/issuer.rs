//! Backstage's user tokens, byte for byte: header, claim order, and the proof from which a holder makes a limited token.
//!
//! Source: `TokenFactory` and `UserTokenHandler` of Backstage; contract: `{…further claims, iss, sub, [ent], aud, iat, exp, uip}`.

use std::{sync::Arc, time::Duration};

use serde::Serialize;

use crate::{
    domain::{
        claims,
        entity_ref::EntityRef,
        error::{Blame, ErrorName, SignInError},
    },
    ports::{
        BoxFuture,
        clock::Clock,
        token_issuer::{IssuedToken, TokenIssuer, TokenRefused, UserToken},
    },
};

use super::{
    compact::{Header, compact, to_json},
    key::KeyError,
    keys::TokenKeys,
    verifier,
};

/// The `typ` of a user token.
pub(super) const USER_TYPE: &str = "vnd.backstage.user";
/// The `typ` of a limited user token.
pub(super) const LIMITED_USER_TYPE: &str = "vnd.backstage.limited-user";
/// Backstage's backends accept no longer one.
const MAX_TOKEN_LENGTH: usize = 32768;

/// What tokens look like.
#[derive(Debug, Clone)]
pub struct TokenOptions {
    /// `iss`: the external base URL of the auth plugin.
    pub issuer: String,
    /// `exp - iat`, in whole seconds; also how long a key signs.
    pub lifetime: Duration,
    /// Whether they carry `ent`, what the user owns. By default they do not: whoever needs it asks `/v1/userinfo`.
    pub with_ownership: bool,
}

/// Issues and verifies.
pub struct BackstageTokens {
    options: TokenOptions,
    lifetime: u64,
    clock: Arc<dyn Clock>,
    keys: TokenKeys,
}

#[derive(Serialize)]
struct Claims<'a> {
    /// None of those below: the domain refuses them (`claims::REGISTERED`).
    #[serde(flatten)]
    further: &'a claims::Claims,
    iss: &'a str,
    sub: &'a EntityRef,
    #[serde(skip_serializing_if = "Option::is_none")]
    ent: Option<&'a [EntityRef]>,
    aud: &'a str,
    iat: u64,
    exp: u64,
    uip: &'a str,
}

/// What the proof is about. Backends rebuild these very bytes.
#[derive(Serialize)]
pub(super) struct LimitedClaims<'a> {
    pub(super) sub: &'a str,
    pub(super) iat: u64,
    pub(super) exp: u64,
}

/// The claims that a resolver of Backstage asks for, in the order of its error.
#[derive(Serialize)]
struct Requested<'a> {
    sub: &'a EntityRef,
    ent: &'a [EntityRef],
    #[serde(flatten)]
    further: &'a claims::Claims,
}

impl BackstageTokens {
    /// Tokens that look so, under these keys.
    pub fn new(options: TokenOptions, keys: TokenKeys, clock: Arc<dyn Clock>) -> Self {
        Self { lifetime: options.lifetime.as_secs(), options, clock, keys }
    }

    async fn signed(&self, sub: &EntityRef, ownership: &[EntityRef], further: &claims::Claims) -> Result<String, KeyError> {
        let iat = self.clock.now_seconds();
        let exp = iat + self.lifetime;
        let key = self.keys.signing_key(iat).await?;
        let (kid, alg) = (key.kid(), key.alg());
        let proof = compact(&Header { typ: LIMITED_USER_TYPE, alg, kid }, &LimitedClaims { sub: sub.as_str(), iat, exp });
        let uip = key.sign(proof.as_bytes())?;
        let ent = Some(ownership).filter(|_| self.options.with_ownership);
        let claims = Claims { further, iss: &self.options.issuer, sub, ent, aud: "backstage", iat, exp, uip: &uip };
        let mut token = compact(&Header { typ: USER_TYPE, alg, kid }, &claims);
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }

    async fn issued(&self, user: &EntityRef, ownership: &[EntityRef], further: &claims::Claims) -> Result<IssuedToken, SignInError> {
        let token = self.signed(user, ownership, further).await.map_err(|error| not_issued(&error))?;
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(too_large(user, ownership, further));
        }
        Ok(IssuedToken { token, expires_in: self.lifetime })
    }
}

impl TokenIssuer for BackstageTokens {
    fn issue<'a>(
        &'a self,
        user: &'a EntityRef,
        ownership: &'a [EntityRef],
        further: &'a claims::Claims,
    ) -> BoxFuture<'a, Result<IssuedToken, SignInError>> {
        Box::pin(self.issued(user, ownership, further))
    }

    fn key_set(&self) -> BoxFuture<'_, String> {
        Box::pin(self.keys.key_set())
    }

    fn verify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<UserToken, TokenRefused>> {
        Box::pin(verifier::verify(token, self.clock.now_seconds(), &self.keys))
    }
}

/// A key that cannot be stored is an outage that passes; anything else is a defect here.
fn not_issued(error: &KeyError) -> SignInError {
    let refused = |name| SignInError::new(name, "Failed to issue a new user token").because(error.to_string());
    match error {
        KeyError::Store(_) => SignInError { blame: Blame::Upstream, retryable: true, ..refused(ErrorName::ServiceUnavailable) },
        KeyError::Make(_) => SignInError { blame: Blame::Host, ..refused(ErrorName::Other) },
    }
}

/// Backstage's text.
fn too_large(user: &EntityRef, ownership: &[EntityRef], further: &claims::Claims) -> SignInError {
    let requested = to_json(&Requested { sub: user, ent: ownership, further });
    let message = format!(
        "Failed to issue a new user token. The resulting token is excessively large, with either too many ownership claims or too large custom claims. \
         You likely have a bug either in the sign-in resolver or catalog data. The following claims were requested: '{requested}'"
    );
    // Without further claims it is mostly what the catalog says.
    let blame = if further.is_empty() { Blame::Upstream } else { Blame::Guest };
    SignInError { blame, ..SignInError::new(ErrorName::Other, message) }
}

#[cfg(test)]
mod tests;
