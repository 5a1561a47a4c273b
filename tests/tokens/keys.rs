//! The key set is a live source: when it is fetched, how often, and what happens while it cannot be.

use std::time::{Duration, Instant};

use serde_json::json;
use stagedoor_tests::{
    App,
    guests::{Door, Record},
    issuer::{Key, key_set},
    joined,
    stub::{Reply, Stub},
};

use super::{ALICE, EC, HEADER, ISSUER, Idp, RSA, assert_invalid, assert_unknown, bearer, chain, claims, sign_in, told, with};

const UNKNOWN: &str = "the key that it names is not in the key set";

/// A token that would be good at any time of the test.
fn lasting(app: &App, key: &Key) -> String {
    key.token(&with(claims(app), "exp", 9_999_999_999_u64.into()), if key.kid.starts_with("ec") { "ES256" } else { "RS256" })
}

async fn record(app: &App, token: &str) -> Record {
    Door::of(app).await.sign_in(&[ALICE, (HEADER, &bearer(token))]).await.1
}

#[tokio::test]
async fn it_is_fetched_at_first_need_and_once_for_all_who_wait() {
    let idp = Idp::answering(Reply::Late(Duration::from_millis(200), Box::new(Reply::Json(200, key_set(&[&RSA])))));
    let app = chain(&idp.token()).start().await;
    assert_eq!(app.refresh(&[ALICE]).await.status, 200, "without a token");
    assert_eq!(idp.server.calls(), 0, "nobody needed it");
    let token = lasting(&app, &RSA);
    for answer in joined((0..20).map(|_| sign_in(&app, &token))).await {
        assert!(told(&answer).is_some());
    }
    assert!(told(&sign_in(&app, &token).await).is_some());
    assert_eq!(idp.server.calls(), 1);
    let [asked] = &idp.server.asked()[..] else { panic!("one call") };
    assert!(
        asked.target == "/keys" && !asked.headers.iter().any(|line| line.starts_with("authorization") || line.starts_with("cookie")),
        "{asked:?}"
    );
}

#[tokio::test]
async fn an_unknown_key_makes_it_be_fetched_once_and_not_again_for_a_while() {
    let idp = Idp::with(&[&RSA]);
    let app = chain(&idp.token()).start().await;
    let (old, new) = (lasting(&app, &RSA), lasting(&app, &EC));
    assert!(told(&sign_in(&app, &old).await).is_some());
    assert_invalid(&sign_in(&app, &new).await, &record(&app, &new).await, UNKNOWN, "asked just now");
    assert_eq!(idp.server.calls(), 1);
    app.clock.advance(Duration::from_secs(31));
    for _ in 0..5 {
        assert_eq!(sign_in(&app, &new).await.status, 401);
    }
    assert_eq!(idp.server.calls(), 2, "once more, and then a while not");
    idp.answer(Reply::Json(200, key_set(&[&RSA, &EC])));
    assert_eq!(sign_in(&app, &new).await.status, 401);
    app.clock.advance(Duration::from_secs(31));
    assert!(told(&sign_in(&app, &new).await).is_some() && told(&sign_in(&app, &old).await).is_some());
    assert_eq!(idp.server.calls(), 3, "an exchange of keys costs nobody more than half a minute");
}

#[tokio::test]
async fn a_key_that_is_withdrawn_counts_for_minutes() {
    let idp = Idp::with(&[&RSA, &EC]);
    let app = chain(&idp.token()).start().await;
    let token = lasting(&app, &RSA);
    assert!(told(&sign_in(&app, &token).await).is_some());
    idp.answer(Reply::Json(200, key_set(&[&EC])));
    app.clock.advance(Duration::from_mins(9));
    assert!(told(&sign_in(&app, &token).await).is_some());
    app.clock.advance(Duration::from_mins(2));
    assert_invalid(&sign_in(&app, &token).await, &record(&app, &token).await, UNKNOWN, "withdrawn");
    assert!(told(&sign_in(&app, &lasting(&app, &EC)).await).is_some());
    assert_eq!(idp.server.calls(), 2);
}

#[tokio::test]
async fn after_an_idle_spell_a_slow_answer_is_waited_for() {
    let idp = Idp::with(&[&RSA, &EC]);
    let app = chain(&idp.token()).start().await;
    let token = lasting(&app, &RSA);
    assert!(told(&sign_in(&app, &token).await).is_some());
    idp.answer(Reply::Late(Duration::from_secs(1), Box::new(Reply::Json(200, key_set(&[&EC])))));
    app.clock.advance(Duration::from_hours(15));
    assert_invalid(&sign_in(&app, &token).await, &record(&app, &token).await, UNKNOWN, "withdrawn");
    assert_eq!(idp.server.calls(), 2);
}

#[tokio::test]
async fn while_it_cannot_be_fetched_the_last_one_serves_for_a_day() {
    let idp = Idp::with(&[&RSA]);
    let app = chain(&idp.token()).start().await;
    let token = lasting(&app, &RSA);
    assert!(told(&sign_in(&app, &token).await).is_some());
    app.clock.advance(Duration::from_mins(11));
    for reply in [Reply::Json(500, "{}".into()), Reply::Close, Reply::Json(200, "{}".into())] {
        idp.answer(reply);
        app.clock.advance(Duration::from_secs(6));
        assert!(told(&sign_in(&app, &token).await).is_some(), "an old key is better than none");
    }
    let calls = idp.server.calls();
    assert!(told(&sign_in(&app, &token).await).is_some());
    assert_eq!(idp.server.calls(), calls, "it failed just now");
    idp.answer(Reply::Hang);
    app.clock.advance(Duration::from_secs(6));
    let asked = Instant::now();
    assert!(told(&sign_in(&app, &token).await).is_some());
    assert!(asked.elapsed() < Duration::from_secs(2), "one that hangs is not waited for to the end");

    let idp = Idp::with(&[&RSA]);
    let app = chain(&idp.token()).start().await;
    let token = lasting(&app, &RSA);
    assert!(told(&sign_in(&app, &token).await).is_some());
    idp.answer(Reply::Json(500, "{}".into()));
    app.clock.advance(Duration::from_hours(25));
    assert_unknown(&sign_in(&app, &token).await, &record(&app, &token).await, "the answer is 500");
    idp.answer(Reply::Json(200, key_set(&[&RSA])));
    assert_eq!(sign_in(&app, &token).await.status, 503, "it failed just now");
    app.clock.advance(Duration::from_secs(6));
    assert!(told(&sign_in(&app, &token).await).is_some());
}

/// What comes is no key set, or not from where it should.
#[tokio::test]
async fn without_keys_nobody_is_believed_and_nobody_is_called_a_liar() {
    let many: Vec<_> = (0..101).map(|nth| with(RSA.jwk(), "kid", format!("{nth}").into())).collect();
    let raw = |text: &str| Reply::Raw(text.as_bytes().to_vec());
    let chunked = format!("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{}", format!("1000\r\n{}\r\n", " ".repeat(0x1000)).repeat(65));
    let elsewhere = Idp::with(&[&RSA]);
    let redirect = format!("HTTP/1.1 302 Found\r\nlocation: {}\r\ncontent-length: 0\r\n\r\n", elsewhere.url());
    let unusable = |jwk: serde_json::Value| Reply::Json(200, json!({ "keys": [jwk] }).to_string());
    for (reply, why) in [
        (raw("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n{"), "the answer is larger than 262144 bytes"),
        (raw(&chunked), "the answer is larger than 262144 bytes"),
        (raw(&redirect), "302 Found: redirects are not followed"),
        (Reply::Close, "the connection broke"),
        (Reply::Json(404, key_set(&[&RSA])), "the answer is 404"),
        (Reply::Json(200, "nonsense".into()), "the key set is none"),
        (Reply::Json(200, r#"{"keys":{}}"#.into()), "the key set is none"),
        (Reply::Json(200, json!({ "keys": many }).to_string()), "holds 101 keys, at most 100"),
        (Reply::Json(200, r#"{"keys":[]}"#.into()), "no key that can be used: it is empty"),
        (unusable(with(RSA.jwk(), "use", "enc".into())), "its use is not sig"),
        (unusable(with(RSA.jwk(), "key_ops", json!(["encrypt"]))), "its key_ops do not hold verify"),
        (unusable(with(RSA.jwk(), "alg", "RS512".into())), "none of the configured algorithms"),
        (unusable(with(RSA.jwk(), "alg", "HS256".into())), "none of the configured algorithms"),
        (unusable(with(RSA.jwk(), "kid", json!(null))), "it has no kid"),
        (unusable(with(RSA.jwk(), "kty", "EC".into())), "its kty or crv is none that is known"),
        (unusable(with(RSA.jwk(), "d", "AAAA".into())), "published with its private half"),
        (unusable(with(RSA.jwk(), "n", "AQAB".into())), "no key, or a short one"),
        (unusable(with(EC.jwk(), "x", "AQAB".into())), "no key, or a short one"),
        (unusable(json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "rsa-1", "alg": "HS256" })), "it is a secret"),
        (unusable(json!("text")), "it has no kid"),
    ] {
        let idp = Idp::answering(reply);
        let app = chain(&idp.token()).start().await;
        let token = lasting(&app, &RSA);
        assert_unknown(&sign_in(&app, &token).await, &record(&app, &token).await, why);
    }
    assert_eq!(elsewhere.server.calls(), 0);
}

#[tokio::test]
async fn one_that_is_slow_takes_no_more_than_the_time_of_the_sign_in() {
    let idp = Idp::answering(Reply::Hang);
    let app = chain(&idp.token()).limit("timeout", "300ms").start().await;
    let token = lasting(&app, &RSA);
    let answer = sign_in(&app, &token).await;
    assert_eq!((answer.status.as_u16(), answer.error().as_deref()), (503, Some("ServiceUnavailableError")));
    let late = record(&app, &token).await;
    assert!(late.cause.unwrap().contains("did not come within stagedoor.limits.timeout"));
    drop(idp);
    let idp = Idp::answering(Reply::Late(Duration::from_millis(600), Box::new(Reply::Json(200, key_set(&[&RSA])))));
    let app = chain(&idp.token()).limit("timeout", "300ms").start().await;
    assert_eq!(sign_in(&app, &token).await.status, 503);
    tokio::time::sleep(Duration::from_millis(800)).await;
    assert!(told(&sign_in(&app, &token).await).is_some(), "the call went on when the sign-in had gone");
    assert_eq!(idp.server.calls(), 1);
}

#[tokio::test]
async fn among_keys_that_cannot_be_used_the_others_count() {
    let secret = json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "rsa-1", "alg": "HS256" });
    let twin = with(Key::new("rsa-1", "RS256").jwk(), "kid", "rsa-1".into());
    let set = json!({ "keys": [secret, with(EC.jwk(), "use", "enc".into()), twin, RSA.jwk()] });
    let idp = Idp::answering(Reply::Json(200, set.to_string()));
    let app = chain(&idp.token()).start().await;
    assert!(told(&sign_in(&app, &lasting(&app, &RSA)).await).is_some(), "one of two keys of one name");
    let hidden = lasting(&app, &EC);
    assert_invalid(&sign_in(&app, &hidden).await, &record(&app, &hidden).await, UNKNOWN, "a key for encryption");
}

/// An issuer whose document says `issuer` (with `{}` for where it is), and whose keys are at `jwks_uri`.
fn discovered(issuer: &'static str, jwks_uri: Option<&'static str>) -> Stub {
    Stub::start(move |asked| {
        let host = asked.headers.iter().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default();
        let own = format!("http://{host}");
        match asked.target.as_str() {
            "/.well-known/openid-configuration" => {
                let keys = jwks_uri.map_or_else(|| format!("{own}/keys"), str::to_owned);
                Reply::Json(200, json!({ "issuer": issuer.replace("{}", &own), "jwks_uri": keys }).to_string())
            }
            "/keys" => Reply::Json(200, key_set(&[&RSA])),
            _ => Reply::Json(404, "{}".into()),
        }
    })
}

#[tokio::test]
async fn discovery_names_the_key_set_of_the_configured_issuer() {
    for (issuer, jwks_uri, why) in [
        ("{}", None, None),
        ("{}/", None, None),
        ("{}//", None, Some("that of another issuer")),
        ("https://evil.example", None, Some("that of another issuer")),
        ("{}", Some("http://keys.example/k"), Some("http is for this machine alone")),
        ("{}", Some("https://u:p@keys.example/k"), Some("expected an https URL")),
        ("{}", Some("file:///etc/passwd"), Some("expected an https URL")),
    ] {
        let server = discovered(issuer, jwks_uri);
        let own = format!("http://{}", server.address);
        let token = json!({ "header": HEADER, "issuer": own, "audience": "portal", "discovery": true, "expiry": "required" });
        let app = chain(&token).start().await;
        let token = RSA.token(&with(claims(&app), "iss", own.clone().into()), "RS256");
        let answer = sign_in(&app, &token).await;
        match why {
            None => assert!(told(&answer).is_some()),
            Some(why) => {
                assert_unknown(&answer, &record(&app, &token).await, why);
                assert_eq!(server.calls(), 1, "the document alone, and once");
            }
        }
    }
    let server = discovered(ISSUER, None);
    let url = format!("http://{}/.well-known/openid-configuration", server.address);
    let token = json!({ "header": HEADER, "issuer": ISSUER, "audience": "portal", "discovery": url, "expiry": "required" });
    let app = chain(&token).start().await;
    assert!(told(&sign_in(&app, &lasting(&app, &RSA)).await).is_some(), "a document that is elsewhere than the issuer");
}
