//! Where public keys stand so that other replicas and later processes find them. Private keys never leave the process that made them.

use super::BoxFuture;

/// A public key as others read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The key id.
    pub kid: String,
    /// The public JWK as JSON, member order included: it is published as it stands here.
    pub jwk: String,
    /// Until when it is published, in seconds since the Unix epoch.
    pub published_until: u64,
}

/// Keeps public keys.
pub trait KeyStore: Send + Sync {
    /// Adds a key. Once this has succeeded, every replica publishes it.
    fn add<'a>(&'a self, key: &'a StoredKey) -> BoxFuture<'a, Result<(), KeyStoreError>>;

    /// The keys that are published at this moment (seconds since the Unix epoch), oldest first. Others may be deleted.
    fn published(&self, now: u64) -> BoxFuture<'_, Result<Vec<StoredKey>, KeyStoreError>>;
}

/// The store could not be reached.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the key store could not be used: {0}")]
pub struct KeyStoreError(pub String);
