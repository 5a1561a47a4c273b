//! Backstage's plugin-to-plugin tokens: how this server tells another plugin that it is `auth`.

use std::sync::Arc;

use super::BoxFuture;

/// Hands out service tokens.
pub trait ServiceTokens: Send + Sync {
    /// A token that this plugin accepts: one of before if it lives long enough, else a new one.
    fn token<'a>(&'a self, audience: &'a str) -> BoxFuture<'a, Result<Arc<str>, ServiceTokenError>>;

    /// The public keys as the JSON of a key set: `/.backstage/auth/v1/jwks.json`.
    fn key_set(&self) -> BoxFuture<'_, String>;
}

/// No token could be made.
#[derive(Debug, Clone, thiserror::Error)]
#[error("a service token could not be made: {0}")]
pub struct ServiceTokenError(pub String);
