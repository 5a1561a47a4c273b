//! A public key as it stands in a store, checked before it is believed or published: whoever writes there is not trusted to write well.

use jsonwebtoken::{Algorithm, DecodingKey, jwk::Jwk};
use serde_json::Value;

use crate::ports::key_store::StoredKey;

/// Members of a JWK that are nobody else's business.
const PRIVATE_MEMBERS: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// A key that verifies.
pub(super) struct PublicKey {
    /// As it is published.
    pub(super) stored: StoredKey,
    /// `kid` in the JWK.
    pub(super) kid: String,
    /// `alg` in the JWK: no other is accepted from a token.
    pub(super) alg: String,
    /// The same for the verifying library.
    pub(super) algorithm: Algorithm,
    /// The key, parsed.
    pub(super) decoding: DecodingKey,
    /// Whether this process made it.
    pub(super) made_here: bool,
}

impl PublicKey {
    /// The key, or why it is none that may be published.
    pub(super) fn read(stored: StoredKey, made_here: bool) -> Result<Self, &'static str> {
        let json: Value = serde_json::from_str(&stored.jwk).map_err(|_| "it is no JSON")?;
        let text = |member: &str| json.get(member).and_then(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned);
        if json.get("kty").and_then(Value::as_str) == Some("oct") || PRIVATE_MEMBERS.iter().any(|member| json.get(member).is_some()) {
            return Err("it holds a private key");
        }
        let (kid, alg) = (text("kid").ok_or("it has no kid")?, text("alg").ok_or("it has no alg")?);
        let algorithm: Algorithm = alg.parse().map_err(|_| "its alg is none that is known here")?;
        if matches!(algorithm, Algorithm::HS256 | Algorithm::HS384 | Algorithm::HS512) {
            return Err("its alg is symmetric");
        }
        let jwk: Jwk = serde_json::from_value(json).map_err(|_| "it is no JWK")?;
        let decoding = DecodingKey::from_jwk(&jwk).map_err(|_| "its numbers are no key")?;
        Ok(Self { stored, kid, alg, algorithm, decoding, made_here })
    }

    /// Whether it is published at this time.
    pub(super) fn is_published(&self, now: u64) -> bool {
        now < self.stored.published_until
    }
}

/// The key set of these keys, each as it is stored.
pub(super) fn key_set<'a>(keys: impl Iterator<Item = &'a PublicKey>) -> String {
    let keys: Vec<_> = keys.map(|key| key.stored.jwk.as_str()).collect();
    format!("{{\"keys\":[{}]}}", keys.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{domain::token_algorithm::TokenAlgorithm, tokens::key::SigningKey};

    fn read(jwk: &str) -> Result<(), &'static str> {
        let stored = StoredKey { kid: "k".into(), jwk: jwk.into(), created_at: 0, published_until: 1 };
        PublicKey::read(stored, false).map(drop)
    }

    #[test]
    fn our_own_keys_are_fine() {
        for algorithm in TokenAlgorithm::ALL {
            let key = SigningKey::generate(algorithm, "k".into()).unwrap();
            assert_eq!(read(&key.public().unwrap().jwk("k", algorithm, None)), Ok(()));
        }
    }

    #[test]
    fn what_is_no_public_key_is_not_published() {
        let good = r#"{"kty":"EC","x":"iftoPn0cb9_fH2HQ_ae32uqtodgbyAZndCJJ9L2aJDI","y":"8UPjemYJeNKr2px61z1aOkk6zNmdAL50goKNHXYsujo","crv":"P-256","kid":"k","alg":"ES256"}"#;
        assert_eq!(read(good), Ok(()));
        for (jwk, why) in [
            ("nonsense".to_owned(), "it is no JSON"),
            (format!("{good}]}}"), "it is no JSON"),
            (good.replace(r#""crv""#, r#""d":"AAAA","crv""#), "it holds a private key"),
            (r#"{"kty":"oct","k":"AAAA","kid":"k","alg":"HS256"}"#.to_owned(), "it holds a private key"),
            (good.replace("\"ES256\"", "\"HS256\""), "its alg is symmetric"),
            (good.replace("\"ES256\"", "\"none\""), "its alg is none that is known here"),
            (good.replace(r#""kid":"k","#, ""), "it has no kid"),
            (good.replace(r#","alg":"ES256""#, ""), "it has no alg"),
            (r#"{"kid":"k","alg":"ES256"}"#.to_owned(), "its numbers are no key"),
        ] {
            assert_eq!(read(&jwk), Err(why), "{jwk}");
        }
    }
}
