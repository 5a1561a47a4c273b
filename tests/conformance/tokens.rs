//! Tokens for the cases that need one: a good one, its limited form, and broken ones, as the reference's `replay.mjs` makes them.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A segment of a compact JWT, decoded.
pub(crate) fn segment(token: &str, index: usize) -> Option<String> {
    let bytes = URL_SAFE_NO_PAD.decode(token.split('.').nth(index)?).ok()?;
    String::from_utf8(bytes).ok()
}

/// By the name that the cases have for them.
pub(crate) fn derived(token: &str) -> BTreeMap<&'static str, String> {
    let [header, payload, signature] = token.split('.').collect::<Vec<_>>()[..] else { panic!("a compact JWT") };
    let decoded = |index| -> Value { serde_json::from_str(&segment(token, index).expect("base64url")).expect("JSON") };
    let (alg, kid, claims) = (decoded(0)["alg"].clone(), decoded(0)["kid"].clone(), decoded(1));
    let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
    // The bytes are what was signed, so they are written by hand.
    let limited_header = encode(format!(r#"{{"typ":"vnd.backstage.limited-user","alg":{alg},"kid":{kid}}}"#));
    let limited_claims = encode(format!(r#"{{"sub":{},"iat":{},"exp":{}}}"#, claims["sub"], claims["iat"], claims["exp"]));
    let mut tampered = claims.clone();
    tampered["sub"] = "user:default/bob".into();
    let unknown = json!({ "typ": "vnd.backstage.user", "alg": "ES256", "kid": "00000000-0000-0000-0000-000000000000" });
    BTreeMap::from([
        ("token", token.to_owned()),
        ("limited", format!("{limited_header}.{limited_claims}.{}", claims["uip"].as_str().expect("a proof"))),
        ("tampered", format!("{header}.{}.{signature}", encode(tampered.to_string()))),
        ("badsig", format!("{header}.{payload}.{}AAAAAA", &signature[..signature.len() - 6])),
        ("unknownkid", format!("{}.{payload}.{signature}", encode(unknown.to_string()))),
    ])
}
