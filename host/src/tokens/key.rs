//! One signing key: the private half parsed once and kept in memory, the public half ready to be published.

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::Serialize;

use crate::{domain::token_algorithm::TokenAlgorithm, ports::random::Random};

/// A JWK in the member order of Backstage, which is that of jose's `exportJWK` with `kid` and `alg` behind it.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub(super) enum PublicJwk {
    Ec { kty: &'static str, x: String, y: String, crv: &'static str, kid: String, alg: &'static str },
    Rsa { kty: &'static str, n: String, e: String, kid: String, alg: &'static str },
    Okp { crv: &'static str, x: String, kty: &'static str, kid: String, alg: &'static str },
}

/// A key pair. The private half never leaves this value.
pub(super) struct SigningKey {
    pair: Pair,
    kid: String,
    algorithm: TokenAlgorithm,
    /// The public half.
    pub(super) jwk: PublicJwk,
    /// The public half, parsed for verifying.
    pub(super) decoding: DecodingKey,
}

enum Pair {
    Es256(EcdsaKeyPair),
    Rs256(RsaKeyPair),
    EdDsa(Ed25519KeyPair),
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

    #[expect(clippy::needless_pass_by_value, reason = "handed to map_err")]
    fn of(error: impl ToString) -> Self {
        Self(error.to_string())
    }
}

impl SigningKey {
    /// A new pair under a random id.
    pub(super) fn generate(algorithm: TokenAlgorithm, random: &dyn Random) -> Result<Self, KeyError> {
        let kid = uuid::Builder::from_random_bytes(random.bytes()).into_uuid().to_string();
        let alg = algorithm.as_str();
        let (pair, jwk, decoding) = match algorithm {
            TokenAlgorithm::Es256 => {
                let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map_err(KeyError::of)?;
                // An uncompressed point: 0x04, then 32 bytes each of x and y.
                let point = pair.public_key().as_ref();
                let (Some(x), Some(y)) = (point.get(1..33), point.get(33..65)) else {
                    return Err(KeyError("the public key has no two coordinates".into()));
                };
                let (x, y) = (URL_SAFE_NO_PAD.encode(x), URL_SAFE_NO_PAD.encode(y));
                let decoding = DecodingKey::from_ec_components(&x, &y).map_err(KeyError::of)?;
                (Pair::Es256(pair), PublicJwk::Ec { kty: "EC", x, y, crv: "P-256", kid: kid.clone(), alg }, decoding)
            }
            TokenAlgorithm::Rs256 => {
                let pair = RsaKeyPair::generate(KeySize::Rsa2048).map_err(KeyError::of)?;
                let number = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
                let n = number(pair.public_key().modulus().big_endian_without_leading_zero());
                let e = number(pair.public_key().exponent().big_endian_without_leading_zero());
                let decoding = DecodingKey::from_rsa_components(&n, &e).map_err(KeyError::of)?;
                (Pair::Rs256(pair), PublicJwk::Rsa { kty: "RSA", n, e, kid: kid.clone(), alg }, decoding)
            }
            TokenAlgorithm::EdDsa => {
                let pair = Ed25519KeyPair::generate().map_err(KeyError::of)?;
                let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
                let decoding = DecodingKey::from_ed_components(&x).map_err(KeyError::of)?;
                (Pair::EdDsa(pair), PublicJwk::Okp { crv: "Ed25519", x, kty: "OKP", kid: kid.clone(), alg }, decoding)
            }
        };
        Ok(Self { pair, kid, algorithm, jwk, decoding })
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

    /// The same for the verifying library.
    pub(super) fn verifying_algorithm(&self) -> Algorithm {
        match self.algorithm {
            TokenAlgorithm::Es256 => Algorithm::ES256,
            TokenAlgorithm::Rs256 => Algorithm::RS256,
            TokenAlgorithm::EdDsa => Algorithm::EdDSA,
        }
    }
}
