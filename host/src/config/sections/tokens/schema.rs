//! The shape of `tokens`, for editors: what `tokens.rs` reads.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::{
    config::{schema::DurationSchema, sections::grants::one_or_more},
    domain::signature_algorithm::SignatureAlgorithm,
};

use super::checks::FORWARDED;

/// The shape of `tokens`.
pub(in crate::config) struct TokensSchema;

impl JsonSchema for TokensSchema {
    fn schema_name() -> Cow<'static, str> {
        "Tokens".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let text = json!({ "type": "string", "minLength": 1 });
        let url = json!({ "type": "string", "pattern": "^https?://" });
        let leeway = DurationSchema::json_schema(generator);
        let forwarded: serde_json::Map<String, Value> = FORWARDED
            .into_iter()
            .map(|(key, header)| {
                (key.to_owned(), json!({ "type": "string", "description": format!("The claim that says what {header} says. Live.") }))
            })
            .collect();
        let text_that = |what: &str| json!({ "type": "string", "minLength": 1, "description": what });
        let algorithm = json!({ "enum": SignatureAlgorithm::ALL.map(SignatureAlgorithm::as_str) });
        let mut algorithms = one_or_more("By which algorithms it may be signed. Live.", &algorithm);
        algorithms["default"] = json!(["RS256"]);
        let mut jwks = url.clone();
        jwks["description"] = "The URL of the key set that signs it: https, or http on this machine. Live.".into();
        let properties = json!({
            "header": text_that(
                "The header that holds it. Of the token id: x-oauth2-proxy-id-token, if not said otherwise. No component reads it without a grant. Live."
            ),
            "scheme": { "enum": ["bearer", "bare", "either"], "default": "bearer", "description": "Whether Bearer stands before it. Live." },
            "issuer": one_or_more("Who wrote it: iss, exactly. Live.", &text),
            "audience": one_or_more("Whom it is for: aud is or holds one of these, exactly. Live.", &text),
            "jwks": jwks,
            "discovery": {
                "anyOf": [{ "enum": [true, "true"] }, url],
                "description": "The discovery document that names the key set: true for that of the issuer, or its URL. Live.",
            },
            "publicKeyFile": text_that(
                "A PEM file with the PUBLIC KEY that signs it, relative to the file that names it. Needs a restart."
            ),
            "algorithms": algorithms,
            "expiry": {
                "anyOf": [{ "enum": ["required", "ignore"] }, leeway],
                "description": "What exp means: it must not have come, nothing, or how long a token counts after it. Live.",
            },
            "requiredClaims": one_or_more(
                "Claims that must be there, and neither null, false nor empty, by name or dotted path. Live.", &text
            ),
            "mustAgree": {
                "type": "object",
                "additionalProperties": false,
                "properties": forwarded,
                "description": "Which claims must say what the forwarded headers say.",
            },
            "dangerouslyUnverified": {
                "type": ["boolean", "string"],
                "default": false,
                "description": "Whether nobody verifies it, so that only unverified-claims can be granted for it. Live.",
            },
        });
        json_schema!({
            "type": "object",
            "additionalProperties": { "type": "object", "additionalProperties": false, "properties": properties },
        })
    }
}
