//! Backstage's user tokens, byte for byte: header, claim order, and the proof from which a holder makes a limited token.
//!
//! Source: `TokenFactory` and `UserTokenHandler` of Backstage; contract: `{iss, sub, aud, iat, exp, uip}`, signed with ES256.

use std::{sync::Arc, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

use crate::{
    domain::{
        entity_ref::EntityRef,
        error::{Blame, ErrorName, SignInError},
    },
    ports::{
        clock::Clock,
        random::Random,
        token_issuer::{IssuedToken, TokenIssuer, TokenRefused},
    },
};

use super::{
    key::{KeyError, PublicJwk, SigningKey},
    ring::KeyRing,
    verifier,
};

/// The `typ` of a user token.
pub(super) const USER_TYPE: &str = "vnd.backstage.user";
/// The `typ` of a limited user token.
pub(super) const LIMITED_USER_TYPE: &str = "vnd.backstage.limited-user";
/// Backstage's backends accept no longer one.
const MAX_TOKEN_LENGTH: usize = 32768;

/// Issues and verifies, with keys in memory.
pub struct BackstageTokens {
    issuer: String,
    lifetime: u64,
    clock: Arc<dyn Clock>,
    ring: KeyRing,
}

#[derive(Serialize)]
struct Header<'a> {
    typ: &'a str,
    alg: &'a str,
    kid: &'a str,
}

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'a str,
    sub: &'a EntityRef,
    aud: &'a str,
    iat: u64,
    exp: u64,
    uip: &'a str,
}

/// What the proof is about. Backends rebuild these very bytes.
#[derive(Serialize)]
struct LimitedClaims<'a> {
    sub: &'a EntityRef,
    iat: u64,
    exp: u64,
}

#[derive(Serialize)]
struct KeySet<'a> {
    keys: Vec<&'a PublicJwk>,
}

impl BackstageTokens {
    /// `issuer` is the external base URL of the auth plugin.
    pub fn new(issuer: String, lifetime: Duration, clock: Arc<dyn Clock>, random: Arc<dyn Random>) -> Self {
        let lifetime = lifetime.as_secs();
        let ring = KeyRing::new(lifetime, Arc::clone(&clock), random);
        Self { issuer, lifetime, clock, ring }
    }

    fn signed(&self, sub: &EntityRef) -> Result<String, KeyError> {
        let iat = self.clock.now_seconds();
        let exp = iat + self.lifetime;
        let key = self.ring.signing_key(iat)?;
        let kid = key.kid();
        let proof = compact(&Header { typ: LIMITED_USER_TYPE, alg: "ES256", kid }, &LimitedClaims { sub, iat, exp });
        let uip = key.sign(proof.as_bytes())?;
        let claims = Claims { iss: &self.issuer, sub, aud: "backstage", iat, exp, uip: &uip };
        let mut token = compact(&Header { typ: USER_TYPE, alg: "ES256", kid }, &claims);
        let signature = key.sign(token.as_bytes())?;
        token.push('.');
        token.push_str(&signature);
        Ok(token)
    }
}

impl TokenIssuer for BackstageTokens {
    fn issue(&self, user: &EntityRef, ownership: &[EntityRef]) -> Result<IssuedToken, SignInError> {
        let token = self.signed(user).map_err(|error| {
            let refused = SignInError::new(ErrorName::Other, "Failed to issue a new user token").because(error.to_string());
            SignInError { blame: Blame::Host, ..refused }
        })?;
        if token.len() > MAX_TOKEN_LENGTH {
            return Err(too_large(user, ownership));
        }
        Ok(IssuedToken { token, expires_in: self.lifetime })
    }

    fn key_set(&self) -> String {
        let keys = self.ring.published();
        to_json(&KeySet { keys: keys.iter().map(|key| &key.jwk).collect() })
    }

    fn verify(&self, token: &str) -> Result<String, TokenRefused> {
        verifier::verify(token, self.clock.now_seconds(), |kid| self.ring.published().into_iter().find(|key: &Arc<SigningKey>| key.kid() == kid))
    }
}

/// The first two segments of a compact JWT.
fn compact(header: &impl Serialize, claims: &impl Serialize) -> String {
    let mut text = String::with_capacity(512);
    URL_SAFE_NO_PAD.encode_string(to_json(header), &mut text);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(to_json(claims), &mut text);
    text
}

fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers become JSON")
}

/// Backstage's text.
fn too_large(user: &EntityRef, ownership: &[EntityRef]) -> SignInError {
    let requested = serde_json::json!({ "sub": user, "ent": ownership });
    let message = format!(
        "Failed to issue a new user token. The resulting token is excessively large, with either too many ownership claims or too large custom claims. \
         You likely have a bug either in the sign-in resolver or catalog data. The following claims were requested: '{requested}'"
    );
    SignInError { blame: Blame::Upstream, ..SignInError::new(ErrorName::Other, message) }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;
    use crate::ports::random::SystemRandom;

    struct TestClock(u64);

    impl Clock for TestClock {
        fn now(&self) -> Duration {
            Duration::from_secs(self.0)
        }
    }

    fn tokens(now: u64) -> BackstageTokens {
        BackstageTokens::new("https://portal.example/api/auth".into(), Duration::from_hours(1), Arc::new(TestClock(now)), Arc::new(SystemRandom))
    }

    fn alice() -> EntityRef {
        EntityRef::parse("user:default/alice", "user", "default").unwrap()
    }

    fn text(segment: &str) -> String {
        String::from_utf8(URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
    }

    /// The limited token, put together as Backstage's `UserTokenHandler` does.
    fn limited(token: &str) -> String {
        let claims: Value = serde_json::from_str(&text(token.split('.').nth(1).unwrap())).unwrap();
        let header: Value = serde_json::from_str(&text(token.split('.').next().unwrap())).unwrap();
        let header = format!(r#"{{"typ":"vnd.backstage.limited-user","alg":"ES256","kid":{}}}"#, header["kid"]);
        let payload = format!(r#"{{"sub":{},"iat":{},"exp":{}}}"#, claims["sub"], claims["iat"], claims["exp"]);
        format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload), claims["uip"].as_str().unwrap())
    }

    #[test]
    fn header_and_claims_stand_in_backstages_order() {
        let token = tokens(1000).issue(&alice(), &[alice()]).unwrap().token;
        let mut segments = token.split('.').map(text_or_empty);
        let header = segments.next().unwrap();
        assert!(header.starts_with(r#"{"typ":"vnd.backstage.user","alg":"ES256","kid":""#), "{header}");
        let claims = segments.next().unwrap();
        let expected = r#"{"iss":"https://portal.example/api/auth","sub":"user:default/alice","aud":"backstage","iat":1000,"exp":4600,"uip":""#;
        assert!(claims.starts_with(expected), "{claims}");
    }

    fn text_or_empty(segment: &str) -> String {
        String::from_utf8(URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap_or_default()
    }

    #[test]
    fn both_signatures_verify_with_the_published_key() {
        let tokens = tokens(1000);
        let token = tokens.issue(&alice(), &[alice()]).unwrap().token;
        let keys: Value = serde_json::from_str(&tokens.key_set()).unwrap();
        let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(keys["keys"][0][name].as_str().unwrap()).unwrap();
        let point = [vec![4], coordinate("x"), coordinate("y")].concat();
        for token in [token.clone(), limited(&token)] {
            let (message, signature) = token.rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).verify(message.as_bytes(), &signature).unwrap();
            assert_eq!(tokens.verify(&token).unwrap(), "user:default/alice");
        }
    }

    #[test]
    fn what_is_not_ours_is_refused_in_backstages_words() {
        let tokens = tokens(1000);
        let token = tokens.issue(&alice(), &[alice()]).unwrap().token;
        let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three segments") };
        let with_header = |json: &str| format!("{}.{claims}.{signature}", URL_SAFE_NO_PAD.encode(json));
        let tampered = URL_SAFE_NO_PAD.encode(text(claims).replace("alice", "bob"));
        let other = self::tokens(1000).issue(&alice(), &[alice()]).unwrap().token;
        for (token, why) in [
            ("garbage".to_owned(), TokenRefused::Illegal),
            ("a.b.c".to_owned(), TokenRefused::Illegal),
            (format!("{header}.{tampered}.{signature}"), TokenRefused::Verification),
            (format!("{header}.{claims}.{}AAAAAA", &signature[..80]), TokenRefused::Verification),
            (other, TokenRefused::Verification),
            (with_header(r#"{"typ":"vnd.backstage.user","alg":"none"}"#), TokenRefused::Verification),
            (with_header(r#"{"alg":"ES256","kid":"x"}"#), TokenRefused::Verification),
            (with_header(r#"{"typ":"vnd.backstage.plugin","alg":"ES256","kid":"x"}"#), TokenRefused::PluginSubject),
        ] {
            assert_eq!(tokens.verify(&token), Err(why), "{token}");
        }
    }

    #[test]
    fn an_expired_token_is_refused() {
        let token = tokens(1000).issue(&alice(), &[alice()]).unwrap().token;
        let issued_long_ago = tokens(1000);
        let token_of_it = issued_long_ago.issue(&alice(), &[alice()]).unwrap().token;
        let verify_at =
            |now| super::verifier::verify(&token_of_it, now, |kid| issued_long_ago.ring.published().into_iter().find(|key| key.kid() == kid));
        assert!(verify_at(4599).is_ok());
        assert_eq!(verify_at(4600), Err(TokenRefused::Verification));
        assert!(issued_long_ago.verify(&token).is_err(), "another server's key");
    }

    #[test]
    fn a_token_that_no_backend_would_accept_is_not_issued() {
        let long = EntityRef::new("user", "default", &"x".repeat(253)).unwrap();
        assert!(tokens(1000).issue(&long, &vec![long.clone(); 500]).is_ok(), "ownership is not in the token");
    }
}
