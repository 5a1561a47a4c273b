//! What a token must say beyond being genuine: its time, its claims, and that it agrees with the proxy.

use serde_json::{Value, json};
use stagedoor_tests::{
    App,
    guests::{Chain, Door, Record},
};

use super::{ALICE, HEADER, ISSUER, Idp, RSA, assert_invalid, bearer, chain, claims, now, refused, sign_in, told, with};

/// What is special, what the token says, the headers, and why it does not count.
type Case<'a> = (&'a str, Value, &'a [(&'a str, &'a str)], Option<&'a str>);

async fn record(app: &App, headers: &[(&str, &str)]) -> Record {
    Door::of(app).await.sign_in(headers).await.1
}

#[tokio::test]
async fn an_expired_token_counts_as_expiry_says() {
    let idp = Idp::with(&[&RSA]);
    for (expiry, exp, why) in [
        ("required", Some(10), None),
        ("required", Some(0), Some("it has expired")),
        ("required", Some(-1), Some("it has expired")),
        ("required", None, Some("it has no exp")),
        ("5 minutes", Some(-299), None),
        ("5 minutes", Some(-300), Some("it has expired")),
        ("5 minutes", None, Some("it has no exp")),
        ("ignore", Some(-1_000_000), None),
        ("ignore", None, None),
    ] {
        let app = chain(&with(idp.token(), "expiry", expiry.into())).start().await;
        let exp = exp.map(|exp: i64| now(&app).saturating_add_signed(exp));
        let token = RSA.token(&with(claims(&app), "exp", json!(exp)), "RS256");
        let answer = sign_in(&app, &token).await;
        match why {
            None => assert!(told(&answer).is_some(), "{expiry} {exp:?}"),
            Some(why) => assert_invalid(&answer, &record(&app, &[ALICE, (HEADER, &bearer(&token))]).await, why, expiry),
        }
    }
    let app = chain(&with(idp.token(), "expiry", "ignore".into())).start().await;
    for (member, value, why) in [("exp", json!("soon"), "exp is no time"), ("nbf", json!(now(&app) + 120), "nbf lies ahead")] {
        let token = RSA.token(&with(claims(&app), member, value), "RS256");
        assert_invalid(&sign_in(&app, &token).await, &record(&app, &[ALICE, (HEADER, &bearer(&token))]).await, why, "ignored is exp alone");
    }
}

#[tokio::test]
async fn required_claims_are_there_and_not_empty() {
    let idp = Idp::with(&[&RSA]);
    let app = chain(&with(idp.token(), "requiredClaims", json!(["email", "email_verified", "https://corp.example/id", "org.unit"]))).start().await;
    let mut good = claims(&app);
    good["https://corp.example/id"] = 0.into();
    good["email_verified"] = true.into();
    good["org"] = json!({ "unit": ["", "a"] });
    assert_eq!(told(&sign_in(&app, &RSA.token(&good, "RS256")).await).unwrap(), good);
    for (claim, values) in [
        ("email", vec![json!(null), json!(""), json!([]), json!({}), json!([""]), json!(["", null])]),
        ("email_verified", vec![json!(false), json!([false])]),
        ("https://corp.example/id", vec![json!(null)]),
        ("org", vec![json!({}), json!({ "unit": [] }), json!("unit"), json!(["unit"])]),
    ] {
        for value in values {
            let mut lacking = good.clone();
            lacking[claim] = value;
            let token = RSA.token(&lacking, "RS256");
            let why = format!("the claim {} is missing, empty or false", if claim == "org" { "org.unit" } else { claim });
            assert_invalid(&sign_in(&app, &token).await, &record(&app, &[ALICE, (HEADER, &bearer(&token))]).await, &why, claim);
        }
    }
}

#[tokio::test]
async fn a_token_agrees_with_the_proxy_where_it_must() {
    let idp = Idp::with(&[&RSA]);
    let agree = json!({ "user": "user.name", "email": "email", "preferredUsername": "login" });
    let app = chain(&with(idp.token(), "mustAgree", agree)).start().await;
    let mut good = claims(&app);
    good["user"] = json!({ "name": "alice" });
    good["login"] = "Al".into();
    let headers = [ALICE, ("x-forwarded-email", "Alice@CORP.example"), ("x-forwarded-preferred-username", "Al")];
    let cases: [Case; 11] = [
        ("all agree", good.clone(), &headers, None),
        ("another user", with(good.clone(), "user", json!({ "name": "bob" })), &headers, Some("user.name does not say what x-forwarded-user says")),
        ("a user in another case", with(good.clone(), "user", json!({ "name": "Alice" })), &headers, Some("user.name does not say")),
        ("no user in the token", with(good.clone(), "user", Value::Null), &headers, Some("user.name does not say")),
        ("a number", with(good.clone(), "user", json!({ "name": 7 })), &[("x-forwarded-user", "7"), headers[1], headers[2]], Some("user.name")),
        ("another address", with(good.clone(), "email", "bob@corp.example".into()), &headers, Some("email does not say what x-forwarded-email")),
        ("an address of other letters", with(good.clone(), "email", "alıce@corp.example".into()), &headers, Some("email does not say")),
        ("no forwarded address", good.clone(), &[headers[0], headers[2]], Some("email does not say")),
        (
            "an empty forwarded address",
            with(good.clone(), "email", "".into()),
            &[headers[0], ("x-forwarded-email", ""), headers[2]],
            Some("email does not say"),
        ),
        ("both missing", with(good.clone(), "email", Value::Null), &[headers[0], headers[2]], Some("email does not say")),
        ("another login", with(good.clone(), "login", "al".into()), &headers, Some("login does not say what x-forwarded-preferred-username")),
    ];
    for (what, claims, headers, why) in cases {
        let token = bearer(&RSA.token(&claims, "RS256"));
        let headers = [headers, &[(HEADER, &token)]].concat();
        let answer = app.refresh(&headers).await;
        match why {
            None => assert!(told(&answer).is_some(), "{what}"),
            Some(why) => assert_invalid(&answer, &record(&app, &headers).await, why, what),
        }
    }
}

#[tokio::test]
async fn trust_may_demand_the_token() {
    let idp = Idp::with(&[&RSA]);
    let app = chain(&idp.token()).section("trust", json!({ "idToken": "required" })).start().await;
    for headers in [&[ALICE][..], &[ALICE, (HEADER, "")], &[ALICE, ("x-oauth2-proxy-id-token", "Bearer eyJhbGciOiJub25lIn0.e30.")]] {
        assert_eq!(refused(&app.refresh(headers).await), (401, "AuthenticationError".into(), "The request has no ID token".into()));
        let record = record(&app, headers).await;
        assert!(record.cause.unwrap().starts_with("stagedoor.trust.idToken demands one") && record.attempts.is_empty());
    }
    assert!(told(&sign_in(&app, &RSA.token(&claims(&app), "RS256")).await).is_some());
    let optional = chain(&idp.token()).section("trust", json!({ "idToken": "optional" })).start().await;
    assert_eq!(told(&optional.refresh(&[ALICE]).await), None, "no claims, and no others either");
}

/// Whoever adds a second token, or has one dropped, must not get rid of what the first one says.
#[tokio::test]
async fn a_header_of_a_token_comes_once_under_its_name() {
    let idp = Idp::with(&[&RSA]);
    let app = chain(&idp.token()).start().await;
    let good = bearer(&RSA.token(&claims(&app), "RS256"));
    let twin = HEADER.replace('-', "_");
    for (headers, why) in [
        (vec![(HEADER, good.as_str()), (HEADER, &good)], "sent more than once"),
        (vec![(twin.as_str(), good.as_str())], "spelt with an underscore"),
        (vec![(HEADER, good.as_str()), (&twin, "x")], "spelt with an underscore"),
        (vec![("connection", HEADER)], "named in Connection"),
    ] {
        let (status, code, message) = refused(&app.refresh(&[&[ALICE], &headers[..]].concat()).await);
        assert_eq!((status, code.as_str()), (400, "bad-header"));
        assert!(message.contains(HEADER) && message.contains(why), "{message}");
    }
}

#[tokio::test]
async fn bearer_stands_before_it_where_scheme_says_so() {
    let idp = Idp::with(&[&RSA]);
    for (scheme, with_word, without) in
        [(Value::Null, true, false), (json!("bearer"), true, false), (json!("bare"), false, true), (json!("either"), true, true)]
    {
        let app = chain(&with(idp.token(), "scheme", scheme.clone())).start().await;
        let token = RSA.token(&claims(&app), "RS256");
        let values = [
            (format!("Bearer {token}"), with_word),
            (format!("bearer   {token}"), with_word),
            (token.clone(), without),
            (format!("Basic {token}"), false),
            (format!("Bearer {token}, Bearer {token}"), false),
            (format!("{token},{token}"), false),
            (format!("Bearer{token}"), false),
            ("Bearer".to_owned(), false),
        ];
        for (value, counts) in values {
            let headers = [ALICE, (HEADER, value.as_str())];
            let answer = app.refresh(&headers).await;
            if counts {
                assert!(told(&answer).is_some(), "{scheme} {value}");
            } else {
                assert_eq!(answer.status, 401, "{scheme} {value}: {answer:?}");
                assert!(!record(&app, &headers).await.cause.unwrap().contains(&token));
            }
        }
    }
}

#[tokio::test]
async fn both_spellings_of_an_issuer_count_where_both_are_named() {
    let idp = Idp::with(&[&RSA]);
    let slashed = format!("{ISSUER}/");
    let app = chain(&with(idp.token(), "issuer", json!([ISSUER, slashed]))).start().await;
    for issuer in [ISSUER, &slashed] {
        assert!(told(&sign_in(&app, &RSA.token(&with(claims(&app), "iss", issuer.into()), "RS256")).await).is_some());
    }
}

/// The usual header: what Backstage shows of it is shown as before, and what it says is now checked.
#[tokio::test]
async fn the_token_id_is_the_one_that_backstage_reads() {
    const USUAL: &str = "x-oauth2-proxy-id-token";
    let idp = Idp::with(&[&RSA]);
    let app = chain(&with(idp.token(), "header", Value::Null)).start().await;
    let token = RSA.token(&claims(&app), "RS256");
    let answer = app.refresh(&[ALICE, (USUAL, &bearer(&token)), ("x-read", USUAL)]).await;
    assert_eq!(told(&answer), Some(claims(&app)));
    assert_eq!(answer.json()["providerInfo"]["accessToken"].as_str(), Some(token.as_str()));
    assert_eq!(answer.json()["profile"].get("email"), None, "no resolver reads the header itself");
    let undecodable = refused(&app.refresh(&[ALICE, (USUAL, "Bearer garbage")]).await);
    assert!(undecodable.0 == 401 && undecodable.2.contains("JWTInvalid"), "in the words of Backstage: {undecodable:?}");
    let mallory = stagedoor_tests::issuer::Key::new("rsa-1", "RS256").token(&claims(&app), "RS256");
    assert_invalid(
        &app.refresh(&[ALICE, (USUAL, &bearer(&mallory))]).await,
        &record(&app, &[ALICE, (USUAL, &bearer(&mallory))]).await,
        "signature",
        "",
    );
    let without = Chain::of("id_token_claims").start().await;
    let answer = without.refresh(&[ALICE, (USUAL, &bearer(&mallory))]).await;
    assert_eq!((told(&answer), answer.json()["providerInfo"]["accessToken"].as_str()), (None, Some(mallory.as_str())), "without stagedoor.tokens.id");
}

#[tokio::test]
async fn a_header_of_its_own_is_no_header_to_read() {
    let idp = Idp::with(&[&RSA]);
    let app = chain(&idp.token()).start().await;
    let token = bearer(&RSA.token(&claims(&app), "RS256"));
    for read in [HEADER, "X-Corp-Id", "x_corp_id"] {
        assert_eq!(app.refresh(&[ALICE, (HEADER, &token), ("x-read", read)]).await.json()["profile"].get("email"), None, "{read}");
    }
    let sensitive = Chain::of("sensitive_headers").section("tokens", json!({ "id": idp.token() }));
    let granted = sensitive.grants(json!({ "sensitive-headers": { "headers": [HEADER] } })).start().await;
    let answer = granted.refresh(&[ALICE, (HEADER, &token), ("x-read", HEADER)]).await;
    assert_eq!(answer.json()["profile"]["displayName"].as_str(), Some(token.as_str()), "but by the power, as the other tokens");
}

/// An immutable id, looked up as an annotation: found once, twice, not said, or only by the proxy.
#[tokio::test]
async fn the_subject_of_a_verified_token_finds_a_user() {
    let idp = Idp::with(&[&RSA]);
    let app = chain(&with(idp.token(), "requiredClaims", "sub".into())).section("trust", json!({ "idToken": "required" })).start().await;
    let by_subject = |subject: Value| {
        let token = bearer(&RSA.token(&with(claims(&app), "sub", subject), "RS256"));
        async move {
            [ALICE, ("x-by-subject", "corp.example/id")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into_iter()
                .chain([(HEADER.to_owned(), token)])
                .collect::<Vec<_>>()
        }
    };
    for (subject, status, looks_up) in [(json!("A-1"), 200, true), (json!("T-1"), 409, true), (Value::Null, 401, false), (json!("a-1"), 500, true)] {
        let headers = by_subject(subject.clone()).await;
        let headers: Vec<_> = headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let answer = app.refresh(&headers).await;
        assert_eq!(answer.status.as_u16(), status, "{subject}: {answer:?}");
        let record = record(&app, &headers).await;
        assert_eq!(record.attempts.iter().any(|attempt| !attempt.look_ups.is_empty()), looks_up, "{subject}");
    }
    assert_eq!(app.refresh(&[ALICE, ("x-by-subject", "corp.example/id")]).await.status, 401, "without a token nobody is looked up");
}
