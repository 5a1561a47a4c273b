//! The ID tokens that a real oauth2-proxy passed on, with the claims of a real provider: they count, and where one is demanded no set-up lets anybody
//! in by a header alone. README.md says which key signed them.

use std::collections::BTreeSet;

use serde_json::json;
use stagedoor_tests::stub::{Reply, Stub};

use super::{Outcome, RESOLVERS, config, recorded, server::Server, wire::exchange};

/// The public half of the key that signed the recorded tokens.
const KEY_SET: &str = include_str!("data/issuer.jwks.json");

/// Whom the recorded requests sign in: the case and the user. Nobody comes in as somebody else.
async fn signed_in(settings: &str, expiry: &str, header: &str, keys: &Stub) -> BTreeSet<String> {
    let token = json!({
        "header": header, "issuer": "http://127.0.0.1:9500", "audience": ["backstage-proxy", "short"], "expiry": expiry,
        "jwks": format!("http://{}/jwks", keys.address), "mustAgree": { "user": "sub", "email": "email" },
    });
    let tokens = format!("stagedoor: {{ tokens: {{ id: {token} }}, trust: {{ idToken: required }} }}\n");
    let server = Server::start(|_| config(settings) + &tokens).await;
    let mut found = BTreeSet::new();
    for case in recorded() {
        let answer = exchange(server.address, &case.bytes).await.unwrap_or_else(|error| panic!("{}: {error}", case.id));
        let outcome = Outcome::of(&answer);
        assert!(!outcome.is_hole(&case, &server), "{}: the proxy had let in {:?}, but: {}", case.id, case.truth, outcome.text);
        if outcome.user.is_some() {
            found.insert(case.id);
        }
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_that_is_demanded_closes_what_headers_leave_open() {
    let keys = Stub::start(|_| Reply::Json(200, KEY_SET.to_owned()));
    for (resolver, settings) in RESOLVERS {
        let found = signed_in(settings, "ignore", "x-oauth2-proxy-id-token", &keys).await;
        let everywhere = ["alpha/jane", "alpha/copies", "nginx-mapped/jane", "nginx-mapped/comma", "expired/jane", "refresh/jane"];
        // Whose preferred username or local part is missing or is no name of the catalog.
        let by_whole_values = ["alpha/bare", "alpha/unicode"].into_iter().filter(|_| matches!(resolver, "user" | "email"));
        for id in everywhere.into_iter().chain(by_whole_values) {
            assert!(found.contains(id), "{resolver}, {id}: {found:?}");
        }
        assert!(super::OPEN_SET_UPS.iter().all(|(id, _)| !found.contains(*id)), "{resolver}: {found:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_proxy_that_does_not_refresh_forwards_expired_tokens() {
    let keys = Stub::start(|_| Reply::Json(200, KEY_SET.to_owned()));
    let [(_, settings), ..] = RESOLVERS;
    let ignored = signed_in(settings, "ignore", "x-oauth2-proxy-id-token", &keys).await;
    let required = signed_in(settings, "required", "x-oauth2-proxy-id-token", &keys).await;
    let lost: Vec<_> = ignored.difference(&required).map(String::as_str).collect();
    assert_eq!(lost, ["expired/jane"]);
    let bearers = signed_in(settings, "required", "authorization", &keys).await;
    assert_eq!(
        bearers.iter().map(String::as_str).collect::<Vec<_>>(),
        ["jwt-strict/bearer", "jwt/bearer", "jwt/bearer-and-copies", "pass-tokens/jane"]
    );
}
