//! The shape of `grants`, for editors: what `grants.rs` reads.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::domain::{claims, headers};

use super::{DENY, GRANT, http_client};

/// The shape of `grants`.
pub(in crate::config) struct GrantsSchema;

impl JsonSchema for GrantsSchema {
    fn schema_name() -> Cow<'static, str> {
        "Grants".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = || {
            let what = |part: &str| format!("Regular expressions, one of which matches the whole {part}, in lower case; '.*' for any.");
            let bound = |part: &str| one_or_more(&what(part), &json!({ "type": "string" }));
            json!({ "kinds": bound("kind"), "namespaces": bound("namespace"), "names": bound("name") })
        };
        let mut issued = names();
        issued["unlessInCatalog"] = json!({
            "type": ["boolean", "string"],
            "description": "Refuse a name that a catalog user bears: it would sign in as that user without the catalog having been asked.",
        });
        let claim =
            json!({ "type": "string", "minLength": 1, "not": { "pattern": in_any_case(claims::REGISTERED.into_iter().chain(["__proto__"])) } });
        let claims = json!({ "claims": one_or_more("Names of claims, exactly; never one that the token has of itself.", &claim) });
        let header = json!({ "type": "string", "minLength": 1, "examples": headers::grantable().collect::<Vec<_>>() });
        let headers = json!({ "headers": one_or_more("Names of headers, those of stagedoor.tokens included; what proves the proxy is never readable.", &header) });
        let token = json!({ "type": "string", "minLength": 1 });
        let tokens = json!({ "tokens": one_or_more("Names below stagedoor.tokens.", &token) });
        let http = http_client::schema();
        json_schema!({
            "type": "object",
            "additionalProperties": false,
            "properties": {
                "fallback": decision("A name for those whom the catalog does not know. Live.", &names()),
                "issue-self": decision("A name without asking the catalog. Live.", &issued),
                "add-ownership": decision("More refs in what a user owns than the catalog says. Live.", &names()),
                "replace-ownership": decision("Other refs in what a user owns than the catalog says, or fewer. Live.", &names()),
                "add-token-claims": decision("Further claims in the token. Live.", &claims),
                "sensitive-headers": decision("Tokens and cookies as they are, checked by nobody. Live.", &headers),
                "verified-claims": decision("What a token of the request says, verified. Live.", &tokens),
                "unverified-claims": decision("What a token of the request says, whoever wrote it. Live.", &tokens),
                "groups": { "description": "Groups of the catalog. Live.", "enum": [DENY, GRANT] },
                "http-client": decision("Requests to these places. Live.", &http),
            },
        })
    }
}

/// A pattern of these names in any case: schemas know no flag for it.
fn in_any_case<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let letter = |c: char| if c.is_ascii_lowercase() { format!("[{}{c}]", c.to_ascii_uppercase()) } else { c.to_string() };
    let names: Vec<String> = names.map(|name| name.chars().map(letter).collect()).collect();
    format!("^(?:{})$", names.join("|"))
}

/// `deny`, or all of these bounds.
fn decision(what: &str, bounds: &Value) -> Value {
    let required: Vec<_> = bounds.as_object().into_iter().flatten().map(|(bound, _)| bound.clone()).collect();
    let grant = json!({ "type": "object", "additionalProperties": false, "required": required, "properties": bounds });
    json!({ "description": what, "anyOf": [{ "const": DENY }, grant] })
}

pub(in crate::config::sections) fn one_or_more(what: &str, item: &Value) -> Value {
    json!({ "description": what, "anyOf": [item, { "type": "array", "items": item, "minItems": 1 }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the loader has it: a claim is named exactly, and never one of the token's own in any case; of a header the case does not matter.
    #[test]
    fn names_are_taken_and_refused_as_they_are_when_read() {
        let schema = GrantsSchema::json_schema(&mut SchemaGenerator::default());
        let schema = jsonschema::validator_for(schema.as_value()).unwrap();
        let claim = |name: &str| schema.is_valid(&json!({ "add-token-claims": { "claims": [name] } }));
        assert_eq!(["groups", "Subject", "sub", "Sub", "EXP", "__proto__", ""].map(claim), [true, true, false, false, false, false, false]);
        let header = |name: &str| schema.is_valid(&json!({ "sensitive-headers": { "headers": name } }));
        assert_eq!(
            ["cookie", "Authorization", "x-corp-assertion", ""].map(header),
            [true, true, true, false],
            "those of tokens are the operator's to name"
        );
    }
}
