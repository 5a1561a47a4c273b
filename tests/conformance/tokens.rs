//! What cases refer to as `{{name}}`: good tokens, their limited forms, broken ones, and a validator that the server gave out before.

use std::{collections::BTreeMap, net::SocketAddr};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::{REFRESH, wire::exchange};

/// A segment of a compact JWT, decoded.
pub(crate) fn segment(token: &str, index: usize) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index)?).ok()?;
    String::from_utf8(bytes).ok()
}

/// Every value, from this server.
pub(crate) async fn values(address: SocketAddr) -> BTreeMap<&'static str, String> {
    let mut values = BTreeMap::new();
    // Before anybody signs in there is no key yet: cases see that too.
    let request = "GET /api/auth/.well-known/openid-configuration HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let discovery = exchange(address, request.as_bytes()).await.expect("an answer");
    let etag = discovery.headers.iter().find(|(name, _)| name == "etag").expect("a validator").1.clone();
    values.insert("tag", etag.trim_start_matches("W/").to_owned());
    values.insert("etag", etag);
    if let Some(token) = sign_in(address, "alice").await.1 {
        values.extend(derived(&token));
    }
    if let Some(token) = sign_in(address, "bob").await.1 {
        values.insert("boblimited", derived(&token)["limited"].clone());
    }
    values
}

/// How many things a user owns, if the user signs in by name.
pub(crate) async fn ownership(address: SocketAddr, user: &str) -> Option<usize> {
    Some(sign_in(address, user).await.0?.pointer("/backstageIdentity/identity/ownershipEntityRefs")?.as_array()?.len())
}

/// The body and the token, if these headers sign in: every resolver finds the user by one of them.
async fn sign_in(address: SocketAddr, user: &str) -> (Option<Value>, Option<String>) {
    let email = if user == "alice" || user == "bob" { format!("x-forwarded-email: {user}@example.com\r\n") } else { String::new() };
    let headers = format!("x-forwarded-user: {user}\r\nx-forwarded-preferred-username: {user}\r\n{email}");
    let request = format!("GET {REFRESH} HTTP/1.1\r\nhost: x\r\n{headers}connection: close\r\n\r\n");
    let answer = exchange(address, request.as_bytes()).await.expect("an answer");
    let body: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let token = body.as_ref().and_then(|body| body.pointer("/backstageIdentity/token")?.as_str().map(str::to_owned));
    (body, token)
}

/// What can be made of a token without its key.
fn derived(token: &str) -> BTreeMap<&'static str, String> {
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("a compact JWT") };
    let decoded = |index| -> Value { serde_json::from_str(&segment(token, index).expect("base64url")).expect("JSON") };
    let (alg, kid, claims) = (decoded(0)["alg"].clone(), decoded(0)["kid"].clone(), decoded(1));
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    // The bytes are what was signed, so they are written by hand.
    let limited_header = encode(format!(r#"{{"typ":"vnd.backstage.limited-user","alg":{alg},"kid":{kid}}}"#));
    let limited_claims = encode(format!(r#"{{"sub":{},"iat":{},"exp":{}}}"#, claims["sub"], claims["iat"], claims["exp"]));
    let proof = claims["uip"].as_str().expect("a proof");
    let mut tampered = claims.clone();
    tampered["sub"] = "user:default/bob".into();
    let under = |header: Value| format!("{}.{payload}.{signature}", encode(header.to_string()));
    let unknown = "00000000-0000-0000-0000-000000000000";
    BTreeMap::from([
        ("token", token.to_owned()),
        ("limited", format!("{limited_header}.{limited_claims}.{proof}")),
        ("limitedbadsig", format!("{limited_header}.{limited_claims}.{}AAAAAA", &proof[..proof.len() - 6])),
        ("tampered", format!("{header}.{}.{signature}", encode(tampered.to_string()))),
        ("badsig", format!("{header}.{payload}.{}AAAAAA", &signature[..signature.len() - 6])),
        ("unknownkid", under(json!({ "typ": "vnd.backstage.user", "alg": "ES256", "kid": unknown }))),
        ("algnone", format!("{}.{payload}.", encode(json!({ "typ": "vnd.backstage.user", "alg": "none" }).to_string()))),
        ("wrongtyp", under(json!({ "typ": "vnd.backstage.plugin", "alg": alg, "kid": kid }))),
        ("aslimited", under(json!({ "typ": "vnd.backstage.limited-user", "alg": alg, "kid": kid }))),
        ("othertyp", under(json!({ "typ": "JWT", "alg": alg, "kid": kid }))),
        ("notyp", under(json!({ "alg": alg, "kid": kid }))),
    ])
}
