//! Differences of docs/differences.md that no recorded case shows, one test each. The page names them.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::Method;
use serde_json::{Value, json};
use stagedoor_tests::{Answer, App};

use crate::REFRESH;

const USER: &str = "x-forwarded-user";
const EMAIL: &str = "x-forwarded-email";

/// A server with these items of `signIn.resolvers`, and nothing else that Backstage demands.
fn config(resolvers: &str) -> String {
    let entities = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/entities.yaml");
    format!(
        "auth: {{ providers: {{ oauth2Proxy: {{ signIn: {{ resolvers: [{resolvers}] }} }} }} }}\n\
         catalog: {{ locations: [{{ type: file, target: {entities:?} }}] }}\n"
    )
}

async fn by_name() -> App {
    App::start(&config("{ resolver: forwardedUserMatchingUserEntityName }")).await
}

fn shown(answer: &Answer) -> String {
    let error = answer.error().unwrap_or_default();
    format!("{} {}", answer.status.as_u16(), answer.user().unwrap_or(error))
}

#[tokio::test]
async fn whoever_is_not_a_trusted_peer_is_refused_before_a_resolver_runs() {
    let app = by_name().await;
    for header in [(USER, "alice"), (USER, ""), ("x-forwarded-for", "127.0.0.1")] {
        let answer = app.send(Method::GET, REFRESH, &[header], "10.9.8.7").await;
        assert_eq!(shown(&answer), "401 untrusted-peer");
    }
    let answer = app.send(Method::GET, "/api/auth/.well-known/jwks.json", &[], "10.9.8.7").await;
    assert_eq!(answer.status.as_u16(), 200, "keys are for everybody");
}

#[tokio::test]
async fn an_identity_header_with_an_underscore_is_refused() {
    let app = by_name().await;
    for name in ["x_forwarded_user", "x-forwarded_user", "X_Forwarded_Groups"] {
        assert_eq!(shown(&app.refresh(&[(USER, "alice"), (name, "bob")]).await), "400 bad-header", "{name}");
    }
    for name in ["x-forwarded-user-", "x--forwarded-user", "xforwardeduser", "http_x_forwarded_user"] {
        assert_eq!(shown(&app.refresh(&[(USER, "alice"), (name, "bob")]).await), "200 user:default/alice", "{name}");
    }
}

/// A proxy that obeyed would remove the header that it has set itself.
#[tokio::test]
async fn a_connection_header_that_names_an_identity_header_is_refused() {
    let app = by_name().await;
    for value in ["close, x-forwarded-user", "X-Forwarded-Groups", "x_forwarded_email,close", "keep-alive ,\tx-forwarded-preferred-username "] {
        assert_eq!(shown(&app.refresh(&[(USER, "alice"), ("connection", value)]).await), "400 bad-header", "{value:?}");
        assert_eq!(shown(&app.refresh(&[("connection", "close"), ("connection", value)]).await), "400 bad-header", "{value:?}");
    }
    for value in ["close", "keep-alive, upgrade", "x-forwarded-for", "x-forwarded-user-agent", ""] {
        assert_eq!(shown(&app.refresh(&[(USER, "alice"), ("connection", value)]).await), "200 user:default/alice", "{value:?}");
    }
}

/// docs/decisions/0007: it is one value.
#[tokio::test]
async fn a_comma_in_an_identity_header_separates_nothing() {
    let app = App::start(&config("{ resolver: forwardedUserMatchingUserEntityName, dangerouslyAllowSignInWithoutUserInCatalog: true }")).await;
    for value in ["alice,bob", "alice, bob", "bob,alice", "alice,"] {
        assert_eq!(shown(&app.refresh(&[(USER, value)]).await), "400 InputError", "{value}");
        assert_eq!(shown(&by_name().await.refresh(&[(USER, value)]).await), "500 Error", "{value}");
    }
}

#[tokio::test]
async fn a_slash_at_the_end_of_a_discovery_target_is_not_doubled() {
    let endpoint = "discovery: { endpoints: [{ target: 'https://backstage.example.org/api/{{pluginId}}/', plugins: [auth] }] }\n";
    let app = App::start(&(config("{ resolver: forwardedUserMatchingUserEntityName }") + endpoint)).await;
    let discovery = app.get("/api/auth/.well-known/openid-configuration", &[]).await.json();
    assert_eq!(discovery["issuer"], "https://backstage.example.org/api/auth");
    assert_eq!(discovery["jwks_uri"], "https://backstage.example.org/api/auth/.well-known/jwks.json");
}

#[tokio::test]
async fn header_values_are_utf_8() {
    let answer = by_name().await.refresh(&[(USER, "alice"), ("x-forwarded-preferred-username", "Élise")]).await;
    assert_eq!(answer.json()["profile"]["displayName"], "Élise");
}

/// By Unicode's rules alone U+212A would be kevin's first letter, and his domain is one of the allowed.
#[tokio::test]
async fn a_sign_is_not_the_letter_that_it_looks_like() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("org.yaml");
    let kevin = "{ apiVersion: v1, kind: User, metadata: { name: kevin }, spec: { memberOf: [], profile: { email: kevin@example.com } } }";
    std::fs::write(&file, kevin).unwrap();
    for (resolver, header, domain) in [
        ("forwardedUserMatchingUserEntityName", USER, ""),
        ("emailMatchingUserEntityProfileEmail, allowedDomains: [example.com]", EMAIL, "@example.com"),
        ("emailLocalPartMatchingUserEntityName, allowedDomains: [example.com]", EMAIL, "@example.com"),
    ] {
        // In Backstage's plugins the name as it is would be kevin once more, so nobody is given it.
        for (more, expected) in [("", "500 Error"), (", dangerouslyAllowSignInWithoutUserInCatalog: true", "400 InputError")] {
            let entities = format!("{:?}", concat!(env!("CARGO_MANIFEST_DIR"), "/conformance/entities.yaml"));
            let config = config(&format!("{{ resolver: {resolver}{more} }}")).replace(&entities, &format!("{file:?}"));
            let app = App::start(&config).await;
            assert_eq!(shown(&app.refresh(&[(header, &format!("KEVIN{domain}"))]).await), "200 user:default/kevin");
            let answer = app.refresh(&[(header, &format!("\u{212A}evin{domain}"))]).await;
            assert_eq!(shown(&answer), expected, "{resolver}{more}: {answer:?}");
        }
    }
}

#[tokio::test]
async fn allowed_domains_are_enforced_by_both_email_resolvers() {
    for resolver in ["emailMatchingUserEntityProfileEmail", "emailLocalPartMatchingUserEntityName"] {
        let app = App::start(&config(&format!("{{ resolver: {resolver}, allowedDomains: [Example.com] }}"))).await;
        for (email, expected) in [
            ("alice@example.com", "200 user:default/alice"),
            ("alice@EXAMPLE.COM", "200 user:default/alice"),
            ("alice@evil.example", "403 NotAllowedError"),
            ("alice@sub.example.com", "403 NotAllowedError"),
            ("alice@evil.example@example.com", "403 NotAllowedError"),
            ("alice@example.com@example.com", "403 NotAllowedError"),
        ] {
            assert_eq!(shown(&app.refresh(&[(EMAIL, email)]).await), expected, "{resolver} {email}");
        }
    }
}

#[tokio::test]
async fn an_empty_list_of_allowed_domains_is_refused_at_start() {
    for resolver in ["emailMatchingUserEntityProfileEmail", "emailLocalPartMatchingUserEntityName"] {
        let refused = App::try_start(&config(&format!("{{ resolver: {resolver}, allowedDomains: [] }}"))).await;
        let message = refused.err().expect("nobody could sign in").to_string();
        assert!(message.contains("signIn.resolvers[0].allowedDomains"), "{message}");
    }
}

#[tokio::test]
async fn an_app_config_may_lack_both_base_urls_and_have_its_resolvers_below_an_environment() {
    let app = App::start(
        &config("{ resolver: forwardedUserMatchingUserEntityName }").replace("signIn:", "development: { signIn:").replace("] } } } }", "] } } } } }"),
    )
    .await;
    assert_eq!(shown(&app.refresh(&[(USER, "alice")]).await), "200 user:default/alice");
    let discovery = app.get("/api/auth/.well-known/openid-configuration", &[]).await.json();
    assert_eq!(discovery["issuer"], "http://127.0.0.1:7107/api/auth");
}

#[tokio::test]
async fn the_next_key_is_published_before_it_signs() {
    let app = by_name().await;
    let kids = async || -> Vec<Value> {
        let keys = app.get("/api/auth/.well-known/jwks.json", &[]).await.json();
        keys["keys"].as_array().into_iter().flatten().map(|key| key["kid"].clone()).collect()
    };
    assert!(kids().await.is_empty(), "the first key is made by the first sign-in, as in Backstage");
    app.refresh(&[(USER, "alice")]).await;
    let first = kids().await;
    assert_eq!(first.len(), 1);
    app.clock.advance(Duration::from_mins(50));
    app.refresh(&[(USER, "alice")]).await;
    let ahead = kids().await;
    assert_eq!((ahead.len(), &ahead[0]), (2, &first[0]), "ten minutes, the time that Backstage's backends keep a key set");
    app.clock.advance(Duration::from_mins(10));
    let token = app.refresh(&[(USER, "alice")]).await.token().unwrap();
    let header: Value = serde_json::from_str(&crate::tokens::segment(&token, 0).unwrap()).unwrap();
    assert_eq!(header["kid"], ahead[1]);
}

#[tokio::test]
async fn every_answer_of_refresh_names_its_decision_and_is_not_stored() {
    let app = by_name().await;
    for headers in [&[(USER, "alice")][..], &[], &[(USER, "a"), (USER, "b")], &[(USER, "nobody")]] {
        let answer = app.refresh(headers).await;
        assert_eq!(answer.headers["cache-control"], "no-store");
        assert_eq!(answer.headers["stagedoor-decision"].len(), 32);
    }
    assert!(app.get("/api/auth/.well-known/jwks.json", &[]).await.headers.get("cache-control").is_none());
}

#[tokio::test]
async fn a_service_token_is_refused_without_asking_the_plugin_that_it_names() {
    let encode = |value: Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let header = encode(json!({ "typ": "vnd.backstage.plugin", "alg": "ES256", "kid": "x" }));
    let token =
        format!("Bearer {header}.{}.{}", encode(json!({ "sub": "catalog", "aud": "auth", "iat": 1, "exp": 9_999_999_999_u64 })), "A".repeat(86));
    let app = by_name().await;
    for path in ["/api/auth/v1/userinfo", "/api/auth/.backstage/auth/v1/cookie"] {
        let answer = app.get(path, &[("authorization", &token)]).await;
        assert_eq!(shown(&answer), "401 AuthenticationError", "{path}");
        assert!(answer.headers.get("set-cookie").is_none());
    }
}

#[tokio::test]
async fn the_members_of_an_answer_stand_in_backstages_order() {
    let answer = by_name().await.refresh(&[(USER, "alice"), (EMAIL, "alice@example.com")]).await;
    let text = answer.text.replace(&answer.token().unwrap(), "<token>");
    let expected = r#"{"profile":{"email":"alice@example.com","displayName":"alice"},"providerInfo":{"accessToken":""},"backstageIdentity":{"token":"<token>","identity":{"type":"user","userEntityRef":"user:default/alice","ownershipEntityRefs":["user:default/alice","group:default/team-1","group:default/team-2"]},"expiresInSeconds":3600}}"#;
    assert_eq!(text, expected);
    let refused = by_name().await.refresh(&[]).await;
    let expected = r#"{"error":{"name":"Error","message":"Request did not contain a user"},"request":{"method":"GET","url":"/oauth2Proxy/refresh"},"response":{"statusCode":500}}"#;
    assert_eq!(refused.text, expected);
}
