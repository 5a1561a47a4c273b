//! Where public keys stand so that other replicas and later processes find them. Private keys never leave the process that made them.

use super::BoxFuture;

/// A public key as others read it. Times are seconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredKey {
    /// The key id.
    pub kid: String,
    /// The public JWK as JSON, member order included: it is published as it stands here.
    pub jwk: String,
    /// When it was made, which may be some minutes before it signs. 0 where the store does not know.
    pub created_at: u64,
    /// Until when it is published.
    pub published_until: u64,
}

/// Keeps public keys.
pub trait KeyStore: Send + Sync {
    /// Adds a key. Once this has succeeded, every replica publishes it.
    fn add<'a>(&'a self, key: &'a StoredKey) -> BoxFuture<'a, Result<(), KeyStoreError>>;

    /// The keys that are published at this moment (seconds since the Unix epoch), oldest first. Others may be deleted.
    ///
    /// What comes back was written by others: the caller checks it before it believes or publishes it.
    fn published(&self, now: u64) -> BoxFuture<'_, Result<Vec<StoredKey>, KeyStoreError>>;
}

/// The store could not be reached, or did not answer in time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the key store could not be used: {0}")]
pub struct KeyStoreError(pub String);
