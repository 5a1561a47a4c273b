use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

use super::*;
use crate::{domain::token_algorithm::TokenAlgorithm, ports::random::SystemRandom};

struct TestClock(u64);

impl Clock for TestClock {
    fn now(&self) -> Duration {
        Duration::from_secs(self.0)
    }
}

fn options() -> TokenOptions {
    let issuer = "https://portal.example/api/auth".into();
    TokenOptions { issuer, lifetime: Duration::from_hours(1), with_ownership: false }
}

fn made(options: TokenOptions, algorithm: TokenAlgorithm, now: u64) -> BackstageTokens {
    let clock = Arc::new(TestClock(now));
    let keys = TokenKeys::made(algorithm, options.lifetime.as_secs(), None, Arc::clone(&clock) as _, Arc::new(SystemRandom));
    BackstageTokens::new(options, keys, clock)
}

fn tokens(now: u64) -> BackstageTokens {
    made(options(), TokenAlgorithm::Es256, now)
}

fn alice() -> EntityRef {
    EntityRef::parse("user:default/alice", "user", "default").unwrap()
}

fn none() -> claims::Claims {
    claims::Claims::default()
}

fn text(segment: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap()
}

/// The limited token, put together as Backstage's `UserTokenHandler` does.
fn limited(token: &str) -> String {
    let claims: Value = serde_json::from_str(&text(token.split('.').nth(1).unwrap())).unwrap();
    let header: Value = serde_json::from_str(&text(token.split('.').next().unwrap())).unwrap();
    let header = format!(r#"{{"typ":"vnd.backstage.limited-user","alg":{},"kid":{}}}"#, header["alg"], header["kid"]);
    let payload = format!(r#"{{"sub":{},"iat":{},"exp":{}}}"#, claims["sub"], claims["iat"], claims["exp"]);
    format!("{}.{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload), claims["uip"].as_str().unwrap())
}

#[tokio::test]
async fn header_and_claims_stand_in_backstages_order() {
    let token = tokens(1000).issue(&alice(), &[alice()], &none()).await.unwrap().token;
    let mut segments = token.split('.').map(text_or_empty);
    let header = segments.next().unwrap();
    assert!(header.starts_with(r#"{"typ":"vnd.backstage.user","alg":"ES256","kid":""#), "{header}");
    let claims = segments.next().unwrap();
    let expected = r#"{"iss":"https://portal.example/api/auth","sub":"user:default/alice","aud":"backstage","iat":1000,"exp":4600,"uip":""#;
    assert!(claims.starts_with(expected), "{claims}");
}

#[tokio::test]
async fn further_claims_stand_before_its_own() {
    let further = claims::Claims::parse(r#"{"zeta":[1],"groups":[]}"#).unwrap();
    let tokens = made(TokenOptions { with_ownership: true, ..options() }, TokenAlgorithm::Es256, 1000);
    let token = tokens.issue(&alice(), &[], &further).await.unwrap().token;
    let claims = text(token.split('.').nth(1).unwrap());
    let expected =
        r#"{"zeta":[1],"groups":[],"iss":"https://portal.example/api/auth","sub":"user:default/alice","ent":[],"aud":"backstage","iat":1000,"#;
    assert!(claims.starts_with(expected), "{claims}");
    for token in [limited(&token), token] {
        assert_eq!(tokens.verify(&token).await.unwrap().sub, "user:default/alice");
    }
}

fn text_or_empty(segment: &str) -> String {
    String::from_utf8(URL_SAFE_NO_PAD.decode(segment).unwrap()).unwrap_or_default()
}

#[tokio::test]
async fn both_signatures_verify_with_the_published_key() {
    let tokens = tokens(1000);
    let token = tokens.issue(&alice(), &[alice()], &none()).await.unwrap().token;
    let keys: Value = serde_json::from_str(&tokens.key_set().await).unwrap();
    let coordinate = |name: &str| URL_SAFE_NO_PAD.decode(keys["keys"][0][name].as_str().unwrap()).unwrap();
    let point = [vec![4], coordinate("x"), coordinate("y")].concat();
    for token in [token.clone(), limited(&token)] {
        let (message, signature) = token.rsplit_once('.').unwrap();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &point).verify(message.as_bytes(), &signature).unwrap();
        assert_eq!(tokens.verify(&token).await.unwrap().sub, "user:default/alice");
    }
}

#[tokio::test]
async fn what_is_not_ours_is_refused_in_backstages_words() {
    let tokens = tokens(1000);
    let token = tokens.issue(&alice(), &[alice()], &none()).await.unwrap().token;
    let [header, claims, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("three segments") };
    let with_header = |json: &str| format!("{}.{claims}.{signature}", URL_SAFE_NO_PAD.encode(json));
    let tampered = URL_SAFE_NO_PAD.encode(text(claims).replace("alice", "bob"));
    let other = self::tokens(1000).issue(&alice(), &[alice()], &none()).await.unwrap().token;
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
        assert_eq!(tokens.verify(&token).await, Err(why), "{token}");
    }
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let token = tokens(1000).issue(&alice(), &[alice()], &none()).await.unwrap().token;
    let issued_long_ago = tokens(1000);
    let token_of_it = issued_long_ago.issue(&alice(), &[alice()], &none()).await.unwrap().token;
    let verify_at = |now| verifier::verify(&token_of_it, now, &issued_long_ago.keys);
    assert!(verify_at(4599).await.is_ok());
    assert_eq!(verify_at(4600).await, Err(TokenRefused::Verification));
    assert!(issued_long_ago.verify(&token).await.is_err(), "another server's key");
}

#[tokio::test]
async fn ownership_is_not_in_the_token_and_does_not_make_it_long() {
    let long = EntityRef::new("user", "default", &"x".repeat(253)).unwrap();
    assert!(tokens(1000).issue(&long, &vec![long.clone(); 500], &none()).await.unwrap().token.len() < 2000);
}

#[tokio::test]
async fn a_token_that_no_backend_would_accept_is_not_issued() {
    let issuer = |length| format!("https://portal.example/{}", "x".repeat(length));
    let tokens = |length| made(TokenOptions { issuer: issuer(length), ..options() }, TokenAlgorithm::Es256, 1000);
    assert!(tokens(20_000).issue(&alice(), &[alice()], &none()).await.is_ok());
    let refused = tokens(30_000).issue(&alice(), &[alice()], &none()).await.unwrap_err();
    assert_eq!((refused.name, refused.blame), (ErrorName::Other, Blame::Upstream));
    let claims = claims::Claims::parse(&format!(r#"{{"groups":"{}"}}"#, "x".repeat(8000))).unwrap();
    let by_guest = tokens(20_000).issue(&alice(), &[alice()], &claims).await.unwrap_err();
    assert_eq!((by_guest.name, by_guest.blame), (ErrorName::Other, Blame::Guest));
    insta::assert_snapshot!(refused.message, @r#"Failed to issue a new user token. The resulting token is excessively large, with either too many ownership claims or too large custom claims. You likely have a bug either in the sign-in resolver or catalog data. The following claims were requested: '{"sub":"user:default/alice","ent":["user:default/alice"]}'"#);
}

#[tokio::test]
async fn every_algorithm_signs_what_it_verifies_and_publishes_its_key() {
    for (algorithm, key, signature_bytes) in [
        (TokenAlgorithm::Es256, r#"{"keys":[{"kty":"EC","x":""#, 64),
        (TokenAlgorithm::Rs256, r#"{"keys":[{"kty":"RSA","n":""#, 256),
        (TokenAlgorithm::EdDsa, r#"{"keys":[{"crv":"Ed25519","x":""#, 64),
    ] {
        let tokens = made(options(), algorithm, 1000);
        let token = tokens.issue(&alice(), &[alice()], &none()).await.unwrap().token;
        assert!(text(token.split('.').next().unwrap()).contains(&format!(r#""alg":"{}""#, algorithm.as_str())));
        assert!(tokens.key_set().await.starts_with(key), "{}", tokens.key_set().await);
        for token in [limited(&token), token] {
            assert_eq!(tokens.verify(&token).await.unwrap().sub, "user:default/alice");
            let (message, signature) = token.rsplit_once('.').unwrap();
            assert_eq!(URL_SAFE_NO_PAD.decode(signature).unwrap().len(), signature_bytes);
            let other = made(options(), algorithm, 1000);
            assert_eq!(other.verify(&token).await, Err(TokenRefused::Verification), "another server's key");
            assert!(tokens.verify(&format!("{message}.{}", &signature[4..])).await.is_err());
        }
    }
}

#[tokio::test]
async fn what_the_user_owns_stands_in_the_token_where_it_is_asked_for() {
    let group = EntityRef::parse("group:default/team-a", "group", "default").unwrap();
    let tokens = made(TokenOptions { with_ownership: true, ..options() }, TokenAlgorithm::Es256, 1000);
    let token = tokens.issue(&alice(), &[alice(), group], &none()).await.unwrap().token;
    let claims = text(token.split('.').nth(1).unwrap());
    assert!(claims.contains(r#""sub":"user:default/alice","ent":["user:default/alice","group:default/team-a"],"aud":"backstage""#), "{claims}");
    let many = vec![alice(); 2000];
    assert!(
        tokens
            .issue(&alice(), &many, &none())
            .await
            .unwrap_err()
            .message
            .starts_with("Failed to issue a new user token. The resulting token is excessively large")
    );
}
