//! `add-token-claims`: further claims stand in the token before its own and in the user info, and nothing of the token itself can be claimed.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use stagedoor::domain::grant::Power;
use stagedoor_tests::{
    Answer, App,
    guests::{Chain, Door},
};

use super::refused;

const ALICE: (&str, &str) = ("x-forwarded-user", "alice");

async fn door() -> App {
    Chain::of("add_token_claims").grants(json!({ "add-token-claims": { "claims": ["groups", "email", "deep"] } })).start().await
}

/// The claims as they stand in the token.
pub(super) fn claims(answer: &Answer) -> String {
    let token = answer.token().unwrap_or_else(|| panic!("{answer:?}"));
    String::from_utf8(URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap()).unwrap()
}

async fn user_info(app: &App, answer: &Answer) -> String {
    let bearer = format!("Bearer {}", answer.token().unwrap());
    app.get("/api/auth/v1/userinfo", &[("authorization", &bearer)]).await.text
}

/// A guest that goes on without what it was refused: the refusal stands in the record.
async fn swallowed(app: &App, headers: &[(&str, &str)]) {
    let (result, record) = Door::of(app).await.sign_in(&[&[ALICE, ("x-swallow", "yes")], headers].concat()).await;
    assert_eq!((result.is_ok(), &record.attempts[0].refusals), (true, &vec![Power::AddTokenClaims]), "{headers:?}");
}

#[tokio::test]
async fn they_stand_before_the_tokens_own_and_in_the_user_info() {
    let app = door().await;
    let extra = ("x-claims", r#"{ "groups" : ["Team A", 1e1], "email" : "alice\u0040corp.example" }"#);
    let answer = app.refresh(&[ALICE, extra]).await;
    let written = r#""groups":["Team A",10],"email":"alice@corp.example""#;
    let claims = claims(&answer);
    assert!(claims.starts_with(&format!(r#"{{{written},"iss":"#)), "{claims}");
    let order: Vec<_> = ["\"iss\"", "\"sub\"", "\"aud\"", "\"iat\"", "\"exp\"", "\"uip\""].map(|claim| claims.find(claim).unwrap()).into();
    assert!(order.is_sorted(), "{claims}");
    let stored = r#"{"claims":{"sub":"user:default/alice","ent":["user:default/alice","group:default/team-a"],"#;
    assert_eq!(user_info(&app, &answer).await, format!("{stored}{written}}}}}"));
    // Whoever signs in without them has none of the last time.
    let answer = app.refresh(&[ALICE]).await;
    assert!(!user_info(&app, &answer).await.contains("email"));
}

#[tokio::test]
async fn a_claim_that_is_given_twice_has_the_later_value() {
    let app = door().await;
    let answer = app.refresh(&[ALICE, ("x-claims", r#"{"groups":["a"],"email":"x"}"#), ("x-more-claims", r#"{"deep":null,"groups":[]}"#)]).await;
    assert!(claims(&answer).starts_with(r#"{"groups":[],"email":"x","deep":null,"iss":"#), "{}", claims(&answer));
}

#[tokio::test]
async fn an_empty_object_adds_nothing() {
    let app = door().await;
    let answer = app.refresh(&[ALICE, ("x-claims", "{}")]).await;
    assert!(claims(&answer).starts_with(r#"{"iss":"#), "{}", claims(&answer));
    let (_, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-claims", "{}")]).await;
    assert_eq!(record.powers, []);
}

#[tokio::test]
async fn what_others_could_read_differently_is_not_issued() {
    let app = door().await;
    let deep = format!(r#"{{"deep":{}{}}}"#, "[".repeat(8), "]".repeat(8));
    let twice = format!(r#"{{"deep":{{"{0}":1,"{0}":2}}}}"#, "x".repeat(2000));
    let long = format!(r#"{{"groups":"{}"}}"#, "x".repeat(8181));
    for (text, why) in [
        (r#"{"groups":["a"],"groups":["admins"]}"#, "occurs twice"),
        (r#"{"groups":["a"],"gr\u006fups":["admins"]}"#, "occurs twice"),
        (r#"{"deep":{"a":1,"a":2}}"#, "occurs twice"),
        (r#"{"deep":{"__proto__":{"admin":true}}}"#, "__proto__"),
        (r#"{"deep":12345678901234567890}"#, "whole number"),
        (r#"{"deep":1e999}"#, "number out of range"),
        (r#"{"deep":NaN}"#, "expected value"),
        (r#"{"groups":["a"]}{"sub":"user:default/bob"}"#, "trailing characters"),
        (r#"["groups"]"#, "no JSON object"),
        ("null", "no JSON object"),
        ("", "EOF"),
        (&twice, "occurs twice"),
        (&deep, "8 levels"),
        (&long, "at most 8192"),
    ] {
        let refusal = refused(&app.refresh(&[ALICE, ("x-claims", text)]).await);
        assert_eq!(refusal, (400, "InputError".into(), "The claims of the resolver are not taken".into()), "{text}");
        let (_, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-claims", text)]).await;
        let cause = record.cause.unwrap_or_default();
        assert!(cause.contains(why) && cause.len() < 300 && record.blame == Some("guest"), "{text}: {cause}");
        swallowed(&app, &[("x-claims", text)]).await;
    }
}

#[tokio::test]
async fn what_the_token_says_of_itself_cannot_be_claimed() {
    let app = door().await;
    for name in ["iss", "sub", "ent", "aud", "iat", "exp", "nbf", "jti", "uip", "obo", "Sub"] {
        let claims = json!({ "groups": [], name: "user:default/bob" }).to_string();
        let (status, error, message) = refused(&app.refresh(&[ALICE, ("x-claims", &claims)]).await);
        assert_eq!((status, error.as_str(), message.as_str()), (403, "NotAllowedError", "The resolver may not use add-token-claims for this claim"));
        let refusal = Chain::of("add_token_claims").grants(json!({ "add-token-claims": { "claims": [name] } })).refusal().await.to_string();
        assert!(refusal.contains("is a claim that the token has of itself"), "{refusal}");
    }
}

/// Eight kilobytes in one sign-in, however they are cut up.
#[tokio::test]
async fn the_claims_of_one_sign_in_are_bounded_together() {
    let app = door().await;
    let half = |name: &str| json!({ name: "x".repeat(5000) }).to_string();
    let answer = app.refresh(&[ALICE, ("x-claims", &half("groups"))]).await;
    assert!(claims(&answer).len() > 5000);
    for second in ["email", "groups"] {
        let refusal = refused(&app.refresh(&[ALICE, ("x-claims", &half("groups")), ("x-more-claims", &half(second))]).await);
        assert_eq!(refusal, (400, "InputError".into(), "A resolver may give out at most 8192 bytes of claims".into()));
    }
    for (first, second) in [("groups", "email"), ("email", "groups")] {
        swallowed(&app, &[("x-claims", &half(first)), ("x-more-claims", &half(second))]).await;
    }
}

#[tokio::test]
async fn other_readers_of_json_find_what_was_given() {
    let app = door().await;
    let given =
        json!({ "groups": ["a\"b\\c", "\u{2028}", "ü"], "deep": { "n": -1.5, "whole": 9_007_199_254_740_991_i64, "none": null, "yes": true } });
    let answer = app.refresh(&[ALICE, ("x-claims", &given.to_string())]).await;
    let read: Value = serde_json::from_str(&claims(&answer)).unwrap();
    assert_eq!((&read["groups"], &read["deep"]), (&given["groups"], &given["deep"]));
}
