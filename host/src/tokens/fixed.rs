//! Keys that an operator made: the first one signs, all of them are published, none ever changes.

use std::sync::Arc;

use rustls_pki_types::{PrivateKeyDer, SubjectPublicKeyInfoDer, pem::PemObject};

use crate::{domain::token_algorithm::TokenAlgorithm, ports::key_store::StoredKey};

use super::{
    key::{PublicNumbers, SigningKey},
    public_key::{PublicKey, key_set},
    spki,
};

/// A pair in PEM.
pub struct PairInPem {
    /// The key id.
    pub kid: String,
    /// How it signs.
    pub algorithm: TokenAlgorithm,
    /// `PUBLIC KEY`.
    pub public: Vec<u8>,
    /// `PRIVATE KEY`; may be missing where the pair does not sign.
    pub private: Option<Vec<u8>>,
}

/// Why a pair cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairError {
    /// The public half.
    #[error("publicKeyFile: expected a PEM file with a PUBLIC KEY (SPKI) for {0}; openssl pkey -in private.pem -pubout writes one")]
    Public(&'static str),
    /// The private half.
    #[error("privateKeyFile: expected a PEM file with a PRIVATE KEY (PKCS #8, not encrypted) for {0}")]
    Private(&'static str),
    /// The private half in an older form.
    #[error("privateKeyFile: this is {0}, not PKCS #8; openssl pkcs8 -topk8 -nocrypt -in old.pem -out new.pem converts it")]
    OldForm(&'static str),
    /// They do not belong together.
    #[error("publicKeyFile and privateKeyFile are not halves of one key")]
    Strangers,
    /// The pair that signs has no private half.
    #[error("Private key for signing must be provided in the first key pair")]
    NoSigner,
}

/// The keys.
pub struct FixedKeys {
    signing: Arc<SigningKey>,
    published: Vec<Arc<PublicKey>>,
}

impl FixedKeys {
    /// Reads the pairs. `for_what` is the member `use` of the published keys. An error says which pair it is about.
    pub fn read(pairs: Vec<PairInPem>, for_what: Option<&str>) -> Result<Self, (usize, PairError)> {
        let (mut signing, mut published) = (None, Vec::new());
        for (nth, pair) in pairs.into_iter().enumerate() {
            let (private, public) = read_pair(pair, for_what).map_err(|error| (nth, error))?;
            if nth == 0 {
                signing = private;
            }
            published.push(Arc::new(public));
        }
        Ok(Self { signing: Arc::new(signing.ok_or((0, PairError::NoSigner))?), published })
    }

    pub(super) fn signing_key(&self) -> Arc<SigningKey> {
        Arc::clone(&self.signing)
    }

    pub(super) fn key_set(&self) -> String {
        key_set(self.published.iter().map(AsRef::as_ref))
    }

    pub(super) fn find(&self, kid: &str) -> Option<Arc<PublicKey>> {
        self.published.iter().find(|key| key.kid == kid).cloned()
    }
}

fn read_pair(pair: PairInPem, for_what: Option<&str>) -> Result<(Option<SigningKey>, PublicKey), PairError> {
    let PairInPem { kid, algorithm, public, private } = pair;
    let wrong_public = || PairError::Public(algorithm.as_str());
    let der = SubjectPublicKeyInfoDer::from_pem_slice(&public).map_err(|_| wrong_public())?;
    let numbers: PublicNumbers = spki::numbers(algorithm, &der).ok_or_else(wrong_public)?;
    let jwk = numbers.jwk(&kid, algorithm, for_what);
    let private = private.map(|pem| read_private(&pem, &kid, algorithm)).transpose()?;
    if let Some(private) = &private {
        let own = private.public().map_err(|_| PairError::Private(algorithm.as_str()))?;
        if own.jwk(&kid, algorithm, for_what) != jwk {
            return Err(PairError::Strangers);
        }
    }
    let stored = StoredKey { kid, jwk, created_at: 0, published_until: u64::MAX };
    Ok((private, PublicKey::read(stored, true).map_err(|_| wrong_public())?))
}

fn read_private(pem: &[u8], kid: &str, algorithm: TokenAlgorithm) -> Result<SigningKey, PairError> {
    let wrong = || PairError::Private(algorithm.as_str());
    match PrivateKeyDer::from_pem_slice(pem).map_err(|_| wrong())? {
        PrivateKeyDer::Pkcs8(der) => SigningKey::from_pkcs8(algorithm, kid.to_owned(), der.secret_pkcs8_der()).map_err(|_| wrong()),
        PrivateKeyDer::Sec1(_) => Err(PairError::OldForm("SEC1 (EC PRIVATE KEY)")),
        PrivateKeyDer::Pkcs1(_) => Err(PairError::OldForm("PKCS #1 (RSA PRIVATE KEY)")),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests;
