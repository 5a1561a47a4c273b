//! A key that may verify tokens: out of a key set (RFC 7517) or a PEM file, for those configured algorithms that fit what it is, and for no other.

use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use rustls_pki_types::{SubjectPublicKeyInfoDer, pem::PemObject};
use serde_json::Value;

use crate::domain::signature_algorithm::SignatureAlgorithm as Alg;

/// Members of a JWK that are nobody else's business; a key that was published with one of them is anybody's.
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// What a PEM file begins with.
const PUBLIC_KEY: &str = "-----BEGIN PUBLIC KEY-----";

/// The curves by their names in DER (RFC 5480, 2.1.1.1).
const P256: &[u8] = &[0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
const P384: &[u8] = &[0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22];

/// Bytes of the shortest modulus, of 2048 bits, and of the longest.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;

/// Bytes in DER of the shortest RSA key: its modulus, an exponent of one byte, and what stands around them.
const RSA_DER: usize = 256 + 10;

/// A key that verifies.
pub(super) struct VerifyingKey {
    /// Its name; a key out of a file has none.
    pub(super) kid: String,
    algorithms: Vec<Alg>,
    key: DecodingKey,
}

/// Why a PEM file holds no key that can be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum PemError {
    /// It is something else.
    #[error("expected a PEM file with a PUBLIC KEY (SPKI): RSA, P-256, P-384 or Ed25519; openssl pkey -in private.pem -pubout writes one")]
    NoPublicKey,
    /// It is one for other algorithms.
    #[error("this key is for {0}, none of which is in `algorithms`")]
    OtherAlgorithm(&'static str),
    /// It is too short.
    #[error("an RSA key has at least 2048 bits")]
    Short,
}

/// The algorithms that RSA keys are for.
const RSA: [Alg; 6] = [Alg::Rs256, Alg::Rs384, Alg::Rs512, Alg::Ps256, Alg::Ps384, Alg::Ps512];

impl VerifyingKey {
    /// A key of a key set, or why it is none for these algorithms.
    pub(super) fn from_jwk(jwk: &Value, allowed: &[Alg]) -> Result<Self, &'static str> {
        let text = |member: &str| jwk.get(member).and_then(Value::as_str).filter(|text| !text.is_empty());
        let kid = text("kid").ok_or("it has no kid")?.to_owned();
        if text("kty") == Some("oct") || PRIVATE_MEMBERS.iter().any(|member| jwk.get(member).is_some()) {
            return Err("it is a secret, or was published with its private half");
        }
        if jwk.get("use").is_some_and(|usage| usage != "sig") {
            return Err("its use is not sig");
        }
        if jwk.get("key_ops").is_some_and(|operations| !operations.as_array().is_some_and(|list| list.iter().any(|one| one == "verify"))) {
            return Err("its key_ops do not hold verify");
        }
        let number = |member: &str| text(member).ok_or("a number of it is missing");
        let (fitting, key): (&[Alg], _) = match (text("kty"), text("crv")) {
            (Some("RSA"), _) => (&RSA, DecodingKey::from_rsa_components(number("n")?, number("e")?)),
            (Some("EC"), Some("P-256")) => (&[Alg::Es256], DecodingKey::from_ec_components(number("x")?, number("y")?)),
            (Some("EC"), Some("P-384")) => (&[Alg::Es384], DecodingKey::from_ec_components(number("x")?, number("y")?)),
            (Some("OKP"), Some("Ed25519")) => (&[Alg::EdDsa], DecodingKey::from_ed_components(number("x")?)),
            _ => return Err("its kty or crv is none that is known here"),
        };
        let key = key.ok().filter(|key| is_of_size(key, fitting)).ok_or("its numbers are no key, or a short one")?;
        let own = jwk.get("alg").map(|alg| alg.as_str().unwrap_or_default());
        let algorithms: Vec<_> = fitting.iter().copied().filter(|one| allowed.contains(one) && own.is_none_or(|own| own == one.as_str())).collect();
        if algorithms.is_empty() { Err("it is for none of the configured algorithms") } else { Ok(Self { kid, algorithms, key }) }
    }

    /// The key of a PEM file, for those of these algorithms that fit it.
    pub(super) fn from_pem(pem: &[u8], allowed: &[Alg]) -> Result<Self, PemError> {
        // jsonwebtoken takes the first block, also where that is a private key or a certificate.
        let first = std::str::from_utf8(pem).ok().and_then(|text| Some(&text[text.find("-----BEGIN ")?..]));
        if !first.is_some_and(|first| first.starts_with(PUBLIC_KEY)) {
            return Err(PemError::NoPublicKey);
        }
        let der = SubjectPublicKeyInfoDer::from_pem_slice(pem).map_err(|_| PemError::NoPublicKey)?;
        let is_on = |curve: &[u8]| der.windows(curve.len()).any(|window| window == curve);
        let (fitting, key): (&[Alg], _) = if let Ok(key) = DecodingKey::from_rsa_pem(pem) {
            (&RSA, key)
        } else if let Ok(key) = DecodingKey::from_ec_pem(pem) {
            match (is_on(P256), is_on(P384)) {
                (true, _) => (&[Alg::Es256], key),
                (_, true) => (&[Alg::Es384], key),
                _ => return Err(PemError::NoPublicKey),
            }
        } else {
            (&[Alg::EdDsa], DecodingKey::from_ed_pem(pem).map_err(|_| PemError::NoPublicKey)?)
        };
        if !is_of_size(&key, fitting) {
            return Err(if fitting.len() == RSA.len() { PemError::Short } else { PemError::NoPublicKey });
        }
        let algorithms: Vec<_> = fitting.iter().copied().filter(|one| allowed.contains(one)).collect();
        let (kid, names) = (String::new(), if fitting.len() == RSA.len() { "RS256 to PS512" } else { fitting[0].as_str() });
        if algorithms.is_empty() { Err(PemError::OtherAlgorithm(names)) } else { Ok(Self { kid, algorithms, key }) }
    }

    /// Whether it may verify signatures of this algorithm.
    pub(super) fn fits(&self, algorithm: Alg) -> bool {
        self.algorithms.contains(&algorithm)
    }

    /// Whether it is what signed this text. The algorithm is one that it [fits](Self::fits).
    pub(super) fn signed(&self, text: &str, signature: &str, algorithm: Alg) -> bool {
        self.fits(algorithm) && crypto::verify(signature, text.as_bytes(), &self.key, of_library(algorithm)).is_ok_and(|signed| signed)
    }
}

/// Whether the numbers are as long as those of a key for these algorithms.
fn is_of_size(key: &DecodingKey, fitting: &[Alg]) -> bool {
    use jsonwebtoken::DecodingKeyKind::{RsaModulusExponent, SecretOrDer};
    match (key.kind(), fitting) {
        (RsaModulusExponent { n, e }, _) => {
            let n = n.iter().skip_while(|byte| **byte == 0).count();
            MODULUS.contains(&n) && (1..=8).contains(&e.len())
        }
        (SecretOrDer(bytes), [one]) => bytes.len() == point_bytes(*one),
        (SecretOrDer(bytes), _) => bytes.len() >= RSA_DER,
    }
}

/// Bytes of a public key: a point in its uncompressed form, or of Ed25519.
fn point_bytes(algorithm: Alg) -> usize {
    match algorithm {
        Alg::Es384 => 1 + 2 * 48,
        Alg::EdDsa => 32,
        _ => 1 + 2 * 32,
    }
}

fn of_library(algorithm: Alg) -> Algorithm {
    match algorithm {
        Alg::Rs256 => Algorithm::RS256,
        Alg::Rs384 => Algorithm::RS384,
        Alg::Rs512 => Algorithm::RS512,
        Alg::Ps256 => Algorithm::PS256,
        Alg::Ps384 => Algorithm::PS384,
        Alg::Ps512 => Algorithm::PS512,
        Alg::Es256 => Algorithm::ES256,
        Alg::Es384 => Algorithm::ES384,
        Alg::EdDsa => Algorithm::EdDSA,
    }
}
