//! The shape of `stagedoor.credentials`, for editors: what `credentials.rs` reads.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::{LEAST, WITH_TOKENS};
use crate::config::sections::grants;

/// The shape of `stagedoor.credentials`.
pub(in crate::config) struct CredentialsSchema;

impl JsonSchema for CredentialsSchema {
    fn schema_name() -> Cow<'static, str> {
        "Credentials".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let text = |what: &str| json!({ "type": "string", "minLength": 1, "description": what });
        let secret = |what: &str| json!({ "type": "string", "minLength": LEAST, "description": what });
        let header = object(
            "A secret in a header. Live.",
            &["name", "value"],
            &json!({
                "name": text("The name of the header."),
                "prefix": text("What stands before the secret, such as 'Bearer '."),
                "value": secret("The secret, best as { $file: … }."),
            }),
        );
        let client = object(
            "A token that the host fetches by OAuth's client credentials, and renews. Live.",
            &["tokenUrl", "clientId", "clientSecret"],
            &json!({
                "tokenUrl": text("The token endpoint: https, or on this machine."),
                "clientId": text("Who we are there."),
                "clientSecret": secret("How we prove it, best as { $file: … }."),
                "scope": text("What the token is for: scopes with a blank between them."),
            }),
        );
        let request =
            json!({ "description": "A token of the sign-in's own request, by its header; sent as a bearer token. Live.", "enum": WITH_TOKENS });
        let credential = object(
            "A credential: one of header, clientCredentials and requestHeader.",
            &["destinations"],
            &json!({
                "header": header,
                "clientCredentials": client,
                "requestHeader": request,
                "destinations": grants::destinations_schema("Where it may be sent; redirects elsewhere go on without it. Live."),
            }),
        );
        json_schema!({ "type": "object", "additionalProperties": credential })
    }
}

fn object(what: &str, required: &[&str], properties: &Value) -> Value {
    json!({ "type": "object", "description": what, "additionalProperties": false, "required": required, "properties": properties })
}
