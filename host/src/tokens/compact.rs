//! The compact form of a JWT (RFC 7515, 7.1): what is signed, and the header that all our tokens have.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Serialize;

/// In the member order of Backstage.
#[derive(Serialize)]
pub(super) struct Header<'a> {
    pub(super) typ: &'a str,
    pub(super) alg: &'a str,
    pub(super) kid: &'a str,
}

/// The first two segments.
pub(super) fn compact(header: &impl Serialize, claims: &impl Serialize) -> String {
    let mut text = String::with_capacity(512);
    URL_SAFE_NO_PAD.encode_string(to_json(header), &mut text);
    text.push('.');
    URL_SAFE_NO_PAD.encode_string(to_json(claims), &mut text);
    text
}

/// A value of strings and numbers as JSON.
pub(super) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("strings and numbers become JSON")
}
