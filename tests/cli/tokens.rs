//! Tokens of the request and what they say get into no log, whoever writes it: the host at its most talkative, or a component that shows all it has.

use serde_json::json;
use stagedoor_tests::{
    guests,
    issuer::{Key, key_set},
    stub::{Reply, Stub},
};

use crate::{
    run::{Ran, Sandbox, config},
    serving::{ORGANISATION, REFRESH, Serving},
};

const FAR: u64 = 9_007_199_254_740_991;

#[test]
fn no_log_holds_a_token_or_an_address() {
    let key = Key::new("k", "ES256");
    let published = key_set(&[&key]);
    let keys = Stub::start(move |asked| match asked.target.as_str() {
        "/keys" => Reply::Json(200, published.clone()),
        _ => Reply::Json(500, "{}".into()),
    });
    let token = |header: &str, path: &str| {
        json!({
            "header": header, "scheme": "either", "issuer": "https://idp.example", "audience": "portal", "algorithms": "ES256", "expiry": "required",
            "jwks": format!("http://{}/{path}", keys.address), "mustAgree": { "user": "user" },
        })
    };
    let config = json!({
        "auth": { "providers": { "oauth2Proxy": { "signIn": { "resolvers": [{ "resolver": "shows" }] } } } },
        "catalog": { "locations": [{ "type": "file", "target": "./org.yaml" }] },
        "stagedoor": {
            "listen": "127.0.0.1:0",
            "tokens": { "id": token("x-oauth2-proxy-id-token", "keys"), "access": token("x-access", "keys"), "lost": token("x-lost", "nowhere") },
            "components": { "shows": {
                "source": guests::path("verified_claims"),
                "grants": { "verified-claims": { "tokens": ["access", "lost"] } },
            } },
        },
    });
    let sandbox = Sandbox::new(&[("app-config.yaml", &config.to_string()), ("org.yaml", ORGANISATION)]);
    let server = Serving::start(sandbox.command(&["serve"]).env("LOG_LEVEL", "trace"));
    let claims = |exp: u64, user: &str| json!({ "iss": "https://idp.example", "aud": "portal", "exp": exp, "user": user, "email": "secret.person@corp.example" });
    let good = key.token(&claims(FAR, "alice"), "ES256");
    let mut sent = vec![good.clone()];
    assert!(server.get(REFRESH, &format!("x-forwarded-user: alice\r\nx-token: access\r\nx-access: {good}\r\n")).starts_with("HTTP/1.1 200"));
    for bad in [
        key.token(&claims(1, "alice"), "ES256"),
        key.token(&claims(FAR, "bob"), "ES256"),
        Key::new("k", "ES256").token(&claims(FAR, "alice"), "ES256"),
        Key::new("other", "ES256").token(&claims(FAR, "alice"), "ES256"),
        key.sign(r#"{"alg":"ES256","kid":"k","kid":"k"}"#, &claims(FAR, "alice").to_string(), "ES256"),
        format!("{good}.{good}"),
    ] {
        for header in ["x-oauth2-proxy-id-token: Bearer ", "x-access: ", "x-lost: "] {
            let name = if header.starts_with("x-lost") { "lost" } else { "access" };
            let answer = server.get(REFRESH, &format!("x-forwarded-user: alice\r\nx-token: {name}\r\n{header}{bad}\r\n"));
            assert!(answer.starts_with("HTTP/1.1 401") || answer.starts_with("HTTP/1.1 503"), "{answer}");
        }
        sent.push(bad);
    }
    let (_, logs) = server.terminate();
    assert!(logs.contains("its signature is wrong") && logs.contains("the answer is 500") && logs.contains("it says"), "{logs}");
    for part in sent.iter().flat_map(|token| token.split('.')) {
        assert!(!logs.contains(part), "{part}");
    }
    assert!(!logs.contains("secret.person"), "an address");
}

/// A check fetches the keys once; a server starts without them.
#[test]
fn a_check_tells_of_keys_that_cannot_be_had() {
    let keys = Stub::start(|_| Reply::Json(404, "{}".into()));
    let token = |keys: &str| {
        let more = "catalog: { locations: [{ type: file, target: ./org.yaml }] }";
        let token = format!("{{ issuer: 'https://idp.example', audience: portal, expiry: required, {keys} }}");
        let config = config("forwardedUserMatchingUserEntityName", &format!("{more}\nstagedoor: {{ tokens: {{ id: {token} }} }}"));
        Ran::of(&mut Sandbox::new(&[("app-config.yaml", &config), ("org.yaml", ORGANISATION)]).command(&["check"]))
    };
    let warned = token(&format!("jwks: 'http://{}/'", keys.address));
    let warning =
        "warning: stagedoor.tokens.id: the key set: the answer is 404 Not Found; who brings this token cannot sign in until its keys can be had";
    assert!(warned.code == Some(0) && warned.to_string().contains(warning), "{warned}");
    assert!(!warned.stdout.contains("ID token"), "it may be missing: {warned}");
    let wrong = token("publicKeyFile: ./org.yaml");
    assert!(wrong.code == Some(78) && wrong.to_string().contains("stagedoor.tokens.id.publicKeyFile: expected a PEM file"), "{wrong}");
}

#[test]
fn a_banner_tells_that_a_token_is_demanded() {
    let token = "{ issuer: 'https://idp.example', audience: portal, expiry: required, jwks: 'http://127.0.0.1:1/' }";
    let more = format!(
        "stagedoor: {{ tokens: {{ id: {token} }}, trust: {{ idToken: required }} }}\ncatalog: {{ locations: [{{ type: file, target: ./org.yaml }}] }}"
    );
    let config = config("forwardedUserMatchingUserEntityName", &more);
    let ran = Ran::of(&mut Sandbox::new(&[("app-config.yaml", &config), ("org.yaml", ORGANISATION)]).command(&["check"]));
    assert!(ran.stdout.contains("::1/128 with an ID token may speak for users"), "{ran}");
}
