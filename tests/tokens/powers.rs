//! `verified-claims` and `unverified-claims`: what a component is told of tokens that it may name.

use serde_json::{Value, json};
use stagedoor::domain::grant::Power;
use stagedoor_tests::{
    App,
    guests::{Chain, Door},
    issuer::{Key, unsigned},
    stub::Reply,
};

use super::{ALICE, EC, Idp, RSA, bearer, claims, refused, with};

const ACCESS: &str = "x-forwarded-access-token";

/// Two tokens, of which the guest may read the one called `access`.
fn verified(idp: &Idp) -> Chain {
    let access = with(with(idp.token(), "header", ACCESS.into()), "scheme", "bare".into());
    let chain = Chain::of("verified_claims").section("tokens", json!({ "id": idp.token(), "access": access }));
    chain.grants(json!({ "verified-claims": { "tokens": ["access", "id"] } }))
}

fn unverified() -> Chain {
    let chain = Chain::of("unverified_claims").section("tokens", json!({ "old": { "header": "x-old", "dangerouslyUnverified": true } }));
    chain.grants(json!({ "unverified-claims": { "tokens": "old" } }))
}

async fn shown(app: &App, headers: &[(&str, &str)]) -> Option<Value> {
    let answer = app.refresh(&[&[ALICE], headers].concat()).await;
    assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "{answer:?}");
    answer.json()["profile"]["displayName"].as_str().map(|text| serde_json::from_str(text).unwrap())
}

#[tokio::test]
async fn verified_claims_are_those_of_the_named_token() {
    let idp = Idp::with(&[&RSA, &EC]);
    let app = verified(&idp).start().await;
    let (id, access) = (claims(&app), with(claims(&app), "scope", "read".into()));
    let (id_token, access_token) = (bearer(&RSA.token(&id, "RS256")), EC.token(&access, "ES256"));
    let both = [(super::HEADER, id_token.as_str()), (ACCESS, &access_token)];
    assert_eq!(shown(&app, &[&both[..], &[("x-token", "access")]].concat()).await, Some(access));
    assert_eq!(shown(&app, &[&both[..], &[("x-token", "id")]].concat()).await, Some(id));
    assert_eq!(shown(&app, &[("x-token", "access")]).await, None, "absent");
}

#[tokio::test]
async fn a_token_that_does_not_verify_is_an_error_with_its_reason() {
    let idp = Idp::with(&[&RSA]);
    let app = verified(&idp).start().await;
    let forged = Key::new("rsa-1", "RS256").token(&claims(&app), "RS256");
    let headers = [ALICE, ("x-token", "access"), (ACCESS, &forged)];
    assert_eq!(refused(&app.refresh(&headers).await), (401, "AuthenticationError".into(), "The token access is not valid".into()));
    let (_, record) = Door::of(&app).await.sign_in(&headers).await;
    assert_eq!((record.cause.as_deref(), record.blame), (Some("stagedoor.tokens.access: its signature is wrong"), Some("client")));
    assert_eq!(shown(&app, &[("x-token", "access"), (ACCESS, &forged), ("x-swallow", "yes")]).await, None, "nothing of it, either");
    let (result, record) = Door::of(&app).await.sign_in(&[&headers[..], &[("x-swallow", "yes")]].concat()).await;
    assert_eq!(
        (result.is_ok(), &record.attempts[0].failed_tokens),
        (true, &vec![("access".to_owned(), "AuthenticationError")]),
        "swallowed, and yet on record"
    );

    let down = Idp::answering(Reply::Json(500, "{}".into()));
    let app = verified(&down).start().await;
    assert_eq!(refused(&app.refresh(&headers).await), (503, "ServiceUnavailableError".into(), "The token access could not be verified".into()));
    let (result, record) = Door::of(&app).await.sign_in(&headers).await;
    assert!(result.unwrap_err().retryable && record.blame == Some("upstream"));

    let hanging = Idp::answering(Reply::Hang);
    let app = verified(&hanging).limit("timeout", "300ms").start().await;
    let (result, record) = Door::of(&app).await.sign_in(&headers).await;
    assert_eq!((result.unwrap_err().status(), record.outcome, record.blame), (503, "resolver-timeout", Some("upstream")));
}

#[tokio::test]
async fn unverified_claims_are_read_strictly_whoever_wrote_them() {
    let app = unverified().start().await;
    let by_anybody = bearer(&(unsigned(r#"{"alg":"none"}"#, r#"{"sub":"x","n":1e1}"#) + "."));
    assert_eq!(shown(&app, &[("x-token", "old"), ("x-old", &by_anybody)]).await, Some(json!({ "sub": "x", "n": 10 })));
    assert_eq!(shown(&app, &[("x-token", "old")]).await, None);
    for token in ["garbage", "a.b.c", &unsigned("{}", "{}"), &(unsigned("{}", r#"{"sub":"a","sub":"b"}"#) + "."), &(unsigned("{}", "[1]") + ".")] {
        let headers = [ALICE, ("x-token", "old"), ("x-old", &bearer(token))];
        assert_eq!(refused(&app.refresh(&headers).await), (401, "AuthenticationError".into(), "The token old is not valid".into()), "{token}");
    }
}

/// Also where the name is one that nobody configured, the answer is that of the gate.
#[tokio::test]
async fn another_token_than_the_granted_one_is_refused_and_recorded() {
    let idp = Idp::with(&[&RSA]);
    let app = verified(&idp).grants(json!({ "verified-claims": { "tokens": "access" } })).start().await;
    let id = bearer(&RSA.token(&claims(&app), "RS256"));
    for name in ["id", "nobody", "Access", ""] {
        let headers = [ALICE, ("x-token", name), (super::HEADER, &id)];
        let (status, error, message) = refused(&app.refresh(&headers).await);
        assert_eq!((status, error.as_str(), message.as_str()), (403, "NotAllowedError", "The resolver may not use verified-claims for this token"));
        let (result, record) = Door::of(&app).await.sign_in(&[&headers[..], &[("x-swallow", "yes")]].concat()).await;
        assert_eq!((result.unwrap().profile.display_name, &record.attempts[0].refusals), (None, &vec![Power::VerifiedClaims]), "{name}");
    }
}
