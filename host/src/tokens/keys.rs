//! What signs and what is published: keys of our own making, or fixed ones.

use std::sync::Arc;

use crate::{
    domain::token_algorithm::TokenAlgorithm,
    ports::{
        clock::Clock,
        key_store::{KeyStore, KeyStoreError},
        random::Random,
    },
};

use super::{
    fixed::FixedKeys,
    key::{KeyError, SigningKey},
    public_key::PublicKey,
    ring::{KeyRing, RETENTION},
};

/// Keys of user tokens, or of service tokens.
pub struct TokenKeys(Kind);

enum Kind {
    Made(Arc<KeyRing>),
    Fixed(FixedKeys),
}

impl TokenKeys {
    /// Keys that are made when they are needed and sign for so many seconds. Without a store they stand in this process alone.
    pub fn made(algorithm: TokenAlgorithm, lifetime: u64, store: Option<Arc<dyn KeyStore>>, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        Self(Kind::Made(Arc::new(KeyRing::new(algorithm, lifetime, store, clock, random))))
    }

    /// These and no others.
    pub fn fixed(keys: FixedKeys) -> Self {
        Self(Kind::Fixed(keys))
    }

    /// For how many seconds a key is published that signs for this many.
    pub fn retention(lifetime: u64) -> u64 {
        RETENTION * lifetime
    }

    /// Reads what others have published, so that it is known when the store is lost later.
    pub async fn read(&self) -> Result<(), KeyStoreError> {
        match &self.0 {
            Kind::Made(ring) => ring.read().await,
            Kind::Fixed(_) => Ok(()),
        }
    }

    /// The key that signs at this moment.
    pub(super) async fn signing_key(&self, now: u64) -> Result<Arc<SigningKey>, KeyError> {
        match &self.0 {
            Kind::Made(ring) => ring.signing_key(now).await,
            Kind::Fixed(keys) => Ok(keys.signing_key()),
        }
    }

    /// The key set as JSON, oldest first.
    pub(super) async fn key_set(&self) -> String {
        match &self.0 {
            Kind::Made(ring) => ring.key_set().await,
            Kind::Fixed(keys) => keys.key_set(),
        }
    }

    /// The published key of this id.
    pub(super) async fn find(&self, kid: &str) -> Option<Arc<PublicKey>> {
        match &self.0 {
            Kind::Made(ring) => ring.find(kid).await,
            Kind::Fixed(keys) => keys.find(kid),
        }
    }
}
