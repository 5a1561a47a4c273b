//! One signing key: the private half parsed once and kept in memory, the public half ready to be published.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::DecodingKey;
use serde::Serialize;

use crate::ports::random::Random;

/// A JWK in the member order of Backstage.
#[derive(Debug, Clone, Serialize)]
pub(super) struct PublicJwk {
    kty: &'static str,
    x: String,
    y: String,
    crv: &'static str,
    pub(super) kid: String,
    alg: &'static str,
}

/// An ES256 key pair. The private half never leaves this value.
pub(super) struct SigningKey {
    pair: EcdsaKeyPair,
    /// The public half.
    pub(super) jwk: PublicJwk,
    /// The public half, parsed for verifying.
    pub(super) decoding: DecodingKey,
}

/// A key could not be made.
#[derive(Debug, thiserror::Error)]
#[error("a signing key could not be made: {0}")]
pub(super) struct KeyError(String);

impl KeyError {
    /// No key signs at the moment that the clock tells.
    pub(super) fn clock() -> Self {
        Self("the clock moved while it was made".into())
    }
}

impl SigningKey {
    /// A new pair under a random id.
    pub(super) fn generate(random: &dyn Random) -> Result<Self, KeyError> {
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(|error| KeyError(error.to_string()))?;
        // An uncompressed point: 0x04, then 32 bytes each of x and y.
        let point = pair.public_key().as_ref();
        let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else { return Err(KeyError("the public key has no two coordinates".into())) };
        let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
        let decoding = DecodingKey::from_ec_components(&x, &y).map_err(|error| KeyError(error.to_string()))?;
        let kid = uuid::Builder::from_random_bytes(random.bytes()).into_uuid().to_string();
        Ok(Self { pair, jwk: PublicJwk { kty: "EC", x, y, crv: "P-256", kid, alg: "ES256" }, decoding })
    }

    /// The signature over these bytes: 64 bytes, `r` and `s`, base64url.
    pub(super) fn sign(&self, message: &[u8]) -> Result<String, KeyError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|error| KeyError(error.to_string()))?;
        Ok(URL_SAFE_NO_PAD.encode(signature))
    }

    /// The key id.
    pub(super) fn kid(&self) -> &str {
        &self.jwk.kid
    }
}
