//! Somebody who issues tokens: keys of every kind, key sets, and tokens that are right or wrong in one way.

use aws_lc_rs::{
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{
        self, ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RsaEncoding, RsaKeyPair,
    },
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};

/// A pair of keys.
pub struct Key {
    /// Its name in the key set.
    pub kid: String,
    pair: Pair,
}

enum Pair {
    Rsa(Box<RsaKeyPair>),
    P256(EcdsaKeyPair),
    P384(EcdsaKeyPair),
    Ed25519(Ed25519KeyPair),
}

/// Everything before the bits of a `SubjectPublicKeyInfo`: its algorithm (RFC 5480, RFC 8410, RFC 3279).
const P256: &[u8] = b"\x30\x13\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x08\x2a\x86\x48\xce\x3d\x03\x01\x07";
const P384: &[u8] = b"\x30\x10\x06\x07\x2a\x86\x48\xce\x3d\x02\x01\x06\x05\x2b\x81\x04\x00\x22";
const ED25519: &[u8] = b"\x30\x05\x06\x03\x2b\x65\x70";
const RSA: &[u8] = b"\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00";

impl Key {
    /// A new key for this algorithm.
    ///
    /// # Panics
    ///
    /// If there is no such algorithm.
    pub fn new(kid: &str, algorithm: &str) -> Self {
        let pair = match algorithm {
            "RS256" | "RS384" | "RS512" | "PS256" | "PS384" | "PS512" => RsaKeyPair::generate(KeySize::Rsa2048).map(|pair| Pair::Rsa(Box::new(pair))),
            "ES256" => EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).map(Pair::P256),
            "ES384" => EcdsaKeyPair::generate(&ECDSA_P384_SHA384_FIXED_SIGNING).map(Pair::P384),
            "EdDSA" => Ed25519KeyPair::generate().map(Pair::Ed25519),
            other => panic!("{other}"),
        };
        Self { kid: kid.to_owned(), pair: pair.expect("a key") }
    }

    /// The public half as a JWK for signatures, without `alg`.
    pub fn jwk(&self) -> Value {
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let mut jwk = match &self.pair {
            Pair::Rsa(pair) => {
                let (n, e) = (pair.public_key().modulus(), pair.public_key().exponent());
                json!({ "kty": "RSA", "n": text(n.big_endian_without_leading_zero()), "e": text(e.big_endian_without_leading_zero()) })
            }
            Pair::P256(pair) | Pair::P384(pair) => {
                let (x, y) = pair.public_key().as_ref()[1..].split_at(pair.public_key().as_ref().len() / 2);
                json!({ "kty": "EC", "crv": if x.len() == 32 { "P-256" } else { "P-384" }, "x": text(x), "y": text(y) })
            }
            Pair::Ed25519(pair) => json!({ "kty": "OKP", "crv": "Ed25519", "x": text(pair.public_key().as_ref()) }),
        };
        jwk["kid"] = self.kid.as_str().into();
        jwk["use"] = "sig".into();
        jwk
    }

    /// The public half in PEM.
    pub fn pem(&self) -> String {
        let (algorithm, bits) = match &self.pair {
            Pair::Rsa(pair) => (RSA, pair.public_key().as_ref()),
            Pair::P256(pair) => (P256, pair.public_key().as_ref()),
            Pair::P384(pair) => (P384, pair.public_key().as_ref()),
            Pair::Ed25519(pair) => (ED25519, pair.public_key().as_ref()),
        };
        let bits = der(0x03, &[&[0], bits].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der(0x30, &[algorithm, &bits].concat())))
    }

    /// A token of this header and these claims, as they are written, signed by the algorithm of that name.
    ///
    /// # Panics
    ///
    /// If this key cannot sign so.
    pub fn sign(&self, header: &str, claims: &str, algorithm: &str) -> String {
        let text = unsigned(header, claims);
        let random = SystemRandom::new();
        let rsa = |encoding: &'static dyn RsaEncoding| {
            let Pair::Rsa(pair) = &self.pair else { panic!("no RSA key") };
            let mut signature = vec![0; pair.public_modulus_len()];
            pair.sign(encoding, &random, text.as_bytes(), &mut signature).expect("a signature");
            signature
        };
        let signature = match (algorithm, &self.pair) {
            ("RS256", _) => rsa(&signature::RSA_PKCS1_SHA256),
            ("RS384", _) => rsa(&signature::RSA_PKCS1_SHA384),
            ("RS512", _) => rsa(&signature::RSA_PKCS1_SHA512),
            ("PS256", _) => rsa(&signature::RSA_PSS_SHA256),
            ("PS384", _) => rsa(&signature::RSA_PSS_SHA384),
            ("PS512", _) => rsa(&signature::RSA_PSS_SHA512),
            ("ES256", Pair::P256(pair)) | ("ES384", Pair::P384(pair)) => pair.sign(&random, text.as_bytes()).expect("a signature").as_ref().to_vec(),
            ("EdDSA", Pair::Ed25519(pair)) => pair.sign(text.as_bytes()).as_ref().to_vec(),
            (other, _) => panic!("{other}"),
        };
        format!("{text}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// A token with an ordinary header.
    pub fn token(&self, claims: &Value, algorithm: &str) -> String {
        let header = json!({ "typ": "JWT", "alg": algorithm, "kid": self.kid });
        self.sign(&header.to_string(), &claims.to_string(), algorithm)
    }
}

/// The two parts that are signed.
pub fn unsigned(header: &str, claims: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims))
}

/// A token that a shared secret authenticates.
pub fn hs256(header: &str, claims: &str, secret: &[u8]) -> String {
    let text = unsigned(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), text.as_bytes());
    format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag))
}

/// The key set of these keys.
pub fn key_set(keys: &[&Key]) -> String {
    json!({ "keys": keys.iter().map(|key| key.jwk()).collect::<Vec<_>>() }).to_string()
}

/// One element.
fn der(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len();
    let digits: Vec<u8> = length.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    let mut bytes = vec![tag];
    if length < 0x80 {
        bytes.push(digits.first().copied().unwrap_or_default());
    } else {
        bytes.push(0x80 | u8::try_from(digits.len()).unwrap_or_default());
        bytes.extend(digits);
    }
    bytes.extend(content);
    bytes
}
