//! Backstage's identity tokens: issuing, verifying, publishing keys.

use crate::domain::{claims::Claims, entity_ref::EntityRef, error::SignInError};

use super::BoxFuture;

/// A token as it goes out.
#[derive(Debug)]
pub struct IssuedToken {
    /// The compact JWT.
    pub token: String,
    /// Seconds until it expires.
    pub expires_in: u64,
}

/// One of our own tokens, verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserToken {
    /// Whose it is, as the token says it.
    pub sub: String,
    /// When it expires, in seconds since the Unix epoch.
    pub expires_at: u64,
    /// The limited token that a holder can make of a full one; `None` if it is a limited one itself.
    ///
    /// Source: `UserTokenHandler.createLimitedUserToken` of Backstage: the header `{typ, alg, kid}`, the payload `{sub, iat, exp}`, and the full
    /// token's `uip` as the signature.
    pub limited: Option<String>,
}

/// Issues tokens that Backstage's backends accept.
pub trait TokenIssuer: Send + Sync {
    /// A token about this user, with the proof (`uip`) by which a holder makes a limited one. Its key is in the key set before the token is there.
    /// Further claims stand before its own, and never in their place.
    fn issue<'a>(&'a self, user: &'a EntityRef, ownership: &'a [EntityRef], claims: &'a Claims) -> BoxFuture<'a, Result<IssuedToken, SignInError>>;

    /// The public keys as the JSON of a key set: our own and those of the replicas that share the key store.
    fn key_set(&self) -> BoxFuture<'_, String>;

    /// Checks one of our own tokens, full or limited, this server's or another replica's.
    fn verify<'a>(&'a self, token: &'a str) -> BoxFuture<'a, Result<UserToken, TokenRefused>>;
}

/// Why a token was not accepted; the texts are Backstage's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum TokenRefused {
    /// No kind of token that is known here.
    #[error("Illegal token")]
    Illegal,
    /// A user token that is not ours, not valid any more, or tampered with.
    #[error("Failed user token verification")]
    Verification,
    /// A service token whose subject is no plugin.
    #[error("Invalid plugin token: forbidden subject format")]
    PluginSubject,
}
