//! One signing key: the private half parsed once and kept in memory, the public half as others read it.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::{domain::token_algorithm::TokenAlgorithm, ports::key_store::KeyStoreError};

/// A JWK in the member order of Backstage, which is that of jose's `exportJWK` with `kid`, `alg` and, of fixed keys, `use` behind it.
#[derive(Serialize)]
#[serde(untagged)]
enum PublicJwk<'a> {
    Ec {
        kty: &'a str,
        x: String,
        y: String,
        crv: &'a str,
        #[serde(flatten)]
        about: About<'a>,
    },
    Rsa {
        kty: &'a str,
        n: String,
        e: String,
        #[serde(flatten)]
        about: About<'a>,
    },
    Okp {
        crv: &'a str,
        x: String,
        kty: &'a str,
        #[serde(flatten)]
        about: About<'a>,
    },
}

/// What stands behind the numbers of a key.
#[derive(Clone, Copy, Serialize)]
struct About<'a> {
    kid: &'a str,
    alg: &'a str,
    #[serde(rename = "use", skip_serializing_if = "Option::is_none")]
    for_what: Option<&'a str>,
}

/// The numbers of a public key.
pub(super) enum PublicNumbers {
    /// The coordinates of a point on P-256.
    Ec([u8; 32], [u8; 32]),
    /// Modulus and exponent, big-endian without leading zeros.
    Rsa(Vec<u8>, Vec<u8>),
    /// A point of Ed25519.
    Ed([u8; 32]),
}

impl PublicNumbers {
    /// The JWK as JSON.
    pub(super) fn jwk(&self, kid: &str, algorithm: TokenAlgorithm, for_what: Option<&str>) -> String {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let about = About { kid, alg: algorithm.as_str(), for_what };
        let jwk = match self {
            Self::Ec(x, y) => PublicJwk::Ec { kty: "EC", x: text(x), y: text(y), crv: "P-256", about },
            Self::Rsa(n, e) => PublicJwk::Rsa { kty: "RSA", n: text(n), e: text(e), about },
            Self::Ed(x) => PublicJwk::Okp { crv: "Ed25519", x: text(x), kty: "OKP", about },
        };
        serde_json::to_string(&jwk).expect("strings become JSON")
    }

    /// An uncompressed point: 0x04, then 32 bytes each of x and y.
    pub(super) fn of_point(point: &[u8]) -> Option<Self> {
        Some(Self::Ec(point.get(1..33)?.try_into().ok()?, point.get(33..65)?.try_into().ok()?))
    }
}

/// A key pair. The private half never leaves this value.
pub(super) struct SigningKey {
    pair: Pair,
    kid: String,
    algorithm: TokenAlgorithm,
}

enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    EdDsa(Ed25519KeyPair),
}

/// There is no key to sign with.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum KeyError {
    /// It could not be made or used.
    #[error("a signing key could not be made: {0}")]
    Make(String),
    /// It could not be stored, and a key that nobody else knows signs nothing.
    #[error(transparent)]
    Store(#[from] KeyStoreError),
}

impl KeyError {
    #[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
    pub(super) fn of(error: impl ToString) -> Self {
        Self::Make(error.to_string())
    }
}

impl SigningKey {
    /// A new pair under this id. Takes up to a second for RS256.
    pub(super) fn generate(algorithm: TokenAlgorithm, kid: String) -> Result<Self, KeyError> {
        let pair = match algorithm {
            TokenAlgorithm::Es256 => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::Es256),
            TokenAlgorithm::Rs256 => RsaKeyPair::generate(KeySize::Rsa2048).map(Pair::Rs256),
            TokenAlgorithm::EdDsa => Ed25519KeyPair::generate().map(Pair::EdDsa),
        };
        Ok(Self { pair: pair.map_err(KeyError::of)?, kid, algorithm })
    }

    /// The pair of a PKCS #8 document.
    pub(super) fn from_pkcs8(algorithm: TokenAlgorithm, kid: String, der: &[u8]) -> Result<Self, KeyError> {
        let pair = match algorithm {
            TokenAlgorithm::Es256 => EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, der).map(Pair::Es256),
            TokenAlgorithm::Rs256 => RsaKeyPair::from_pkcs8(der).map(Pair::Rs256),
            // OpenSSL leaves the public half out.
            TokenAlgorithm::EdDsa => Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map(Pair::EdDsa),
        };
        Ok(Self { pair: pair.map_err(KeyError::of)?, kid, algorithm })
    }

    /// The public half.
    pub(super) fn public(&self) -> Result<PublicNumbers, KeyError> {
        let numbers = match &self.pair {
            Pair::Es256(pair) => PublicNumbers::of_point(pair.public_key().as_ref()),
            Pair::Rs256(pair) => {
                let key = pair.public_key();
                let (n, e) = (key.modulus(), key.exponent());
                Some(PublicNumbers::Rsa(n.big_endian_without_leading_zero().into(), e.big_endian_without_leading_zero().into()))
            }
            Pair::EdDsa(pair) => pair.public_key().as_ref().try_into().ok().map(PublicNumbers::Ed),
        };
        numbers.ok_or_else(|| KeyError::Make("the public key is not as long as it must be".into()))
    }

    /// The signature over these bytes, base64url: 64 bytes, of RSA 256.
    pub(super) fn sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let random = SystemRandom::new();
        match &self.pair {
            Pair::Es256(pair) => pair.sign(&random, message).map(|signature| URL_SAFE_NO_PAD.encode(signature)).map_err(KeyError::of),
            Pair::Rs256(pair) => {
                let mut signature = vec![0; pair.public_modulus_len()];
                pair.sign(&RSA_PKCS1_SHA256, &random, message, &mut signature).map_err(KeyError::of)?;
                Ok(URL_SAFE_NO_PAD.encode(signature))
            }
            Pair::EdDsa(pair) => Ok(URL_SAFE_NO_PAD.encode(pair.try_sign(message).map_err(KeyError::of)?)),
        }
    }

    /// The key id.
    pub(super) fn kid(&self) -> &str {
        &self.kid
    }

    /// `alg` of what it signs.
    pub(super) fn alg(&self) -> &'static str {
        self.algorithm.as_str()
    }
}
