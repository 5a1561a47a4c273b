//! `config/cases.schema.json`: the shape of a case file, for editors.

use serde_json::{Value, json};

use crate::{
    config::grants_schema,
    domain::{component_kind::ComponentKind, error::ErrorName},
};

/// The JSON Schema, indented, with a newline at its end.
pub fn json() -> String {
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "name.cases.yaml of stagedoor",
        "description": "Sign-ins whose outcome is known. docs/cases.md describes them, `stagedoor resolver test` runs them.",
        "type": "object",
        "additionalProperties": false,
        "required": ["cases"],
        "properties": {
            "as": {
                "enum": ComponentKind::ALL.map(ComponentKind::word),
                "default": ComponentKind::Resolver.word(),
                "description": "What the component is asked as. A profile or ownership component stands around the resolvers of given.resolvers.",
            },
            "given": { "$ref": "#/$defs/given", "description": "What holds in every case." },
            "cases": { "type": "array", "minItems": 1, "items": case() },
        },
        "$defs": { "given": given() },
    });
    format!("{schema:#}\n")
}

fn case() -> Value {
    object(
        &["name", "expect"],
        json!({
            "name": { "type": "string", "minLength": 1, "description": "What the case is about; each needs a name of its own." },
            "given": {
                "$ref": "#/$defs/given",
                "description": "On top of what holds in every case, as a JSON merge patch: null takes a key away, a list stands in the place of a list.",
            },
            "expect": expect(),
        }),
    )
}

fn given() -> Value {
    let text = || json!({ "type": "string" });
    let texts = || one_or_more(&text());
    let header = json!({ "anyOf": [{ "type": "null" }, text(), { "type": "array", "items": text() }] });
    let token = json!({ "anyOf": [{ "type": ["object", "null"] }, { "enum": ["invalid", "keys-unavailable"] }] });
    object(
        &[],
        json!({
            "headers": { "type": ["object", "null"], "additionalProperties": header, "description": "The headers of the request; a list for one that comes in several lines." },
            "peer": { "type": ["string", "null"], "description": "Who sends the request: an IP address, or unix. Without it somebody who may speak for users." },
            "resolvers": {
                "type": ["array", "null"],
                "items": { "anyOf": [{ "type": "string", "minLength": 1 }, { "type": "object", "required": ["resolver"] }] },
                "description": "Resolvers that are asked as well, as in signIn.resolvers: after the component if it is a resolver, else instead of forwardedUserMatchingUserEntityName.",
            },
            "settings": { "type": ["object", "null"], "description": "What stands beside `resolver: …`; without it the settings of the configuration count." },
            "grants": described("The decisions about the powers of the component; without them those of the configuration count.", nullable(grants_schema())),
            "claims": { "type": ["object", "null"], "additionalProperties": token, "description": "Tokens of the request by name, as below stagedoor.tokens; id is the ID token. A token that is not here is one that the request does not have." },
            "forged": { "type": ["object", "null"], "additionalProperties": { "type": ["object", "null"] }, "description": "Tokens that do not verify, by name, with what they say to a component that reads them unverified." },
            "tables": {
                "type": ["object", "null"],
                "additionalProperties": { "type": ["object", "null"], "additionalProperties": nullable(texts()) },
                "description": "The operator's tables: by name, then by key.",
            },
            "catalog": described("Users and groups.", catalog()),
            "http": { "type": ["array", "null"], "items": exchange(), "description": "What others answer. A request that is not here fails the case." },
            "clock": { "type": ["string", "null"], "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]+)?Z$", "default": "2026-01-01T00:00:00Z", "description": "The time of the sign-in, in UTC." },
        }),
    )
}

fn catalog() -> Value {
    let text = || json!({ "type": ["string", "null"] });
    let texts = || nullable(one_or_more(&json!({ "type": "string" })));
    let common = |more: Value| {
        let mut members = json!({
            "email": text(), "displayName": text(), "picture": text(),
            "annotations": { "type": ["object", "null"], "additionalProperties": text() },
            "spec": { "type": ["object", "null"], "description": "Whatever else stands in the spec of the entity." },
        });
        for (key, value) in more.as_object().into_iter().flatten() {
            members[key] = value.clone();
        }
        nullable(object(&[], members))
    };
    let user = common(json!({ "groups": described("The groups that they are a member of.", texts()) }));
    let group = common(json!({ "parent": text(), "children": texts(), "members": texts() }));
    let fault = object(
        &[],
        json!({
            "status": { "type": "integer", "minimum": 400, "maximum": 599, "description": "The status of its answers; without one there is no answer." },
            "after": { "type": "integer", "minimum": 0, "maximum": 1000, "description": "Look-ups of users that it still answers before every question fails." },
        }),
    );
    nullable(object(
        &[],
        json!({
            "users": { "type": ["object", "null"], "additionalProperties": user, "description": "By name, or namespace/name." },
            "groups": { "type": ["object", "null"], "additionalProperties": group, "description": "By name, or namespace/name." },
            "entities": { "type": ["array", "null"], "items": { "type": "object" }, "description": "Whole entities of kind User and Group, as Backstage writes them." },
            "fault": { "anyOf": [{ "enum": ["unavailable", null] }, fault], "description": "What is wrong with the catalog." },
        }),
    ))
}

fn exchange() -> Value {
    let request = object(
        &["url"],
        json!({
            "method": { "type": "string", "pattern": "^[A-Z]+$", "default": "GET" },
            "url": { "type": "string", "description": "Exactly as the component writes it." },
            "credential": { "type": "string", "description": "The credential that the request must bear." },
        }),
    );
    let response = object(
        &[],
        json!({
            "status": { "type": "integer", "minimum": 200, "maximum": 599, "default": 200 },
            "headers": { "type": "object", "additionalProperties": { "type": "string" } },
            "json": { "description": "The body, as data." },
            "body": { "type": "string", "description": "The body, as text." },
        }),
    );
    object(&["request"], json!({ "request": request, "response": response, "fault": { "const": "unavailable" } }))
}

fn expect() -> Value {
    let reference = || json!({ "type": "string", "pattern": "^[^:/]+:[^:/]+/[^:/]+$" });
    let text = || json!({ "type": "string" });
    let success = object(
        &["user"],
        json!({
            "user": described("Who is signed in: the sub of the token, such as user:default/alice.", reference()),
            "ownership": { "type": "array", "items": reference(), "description": "The ent of the token, all of it in order." },
            "profile": described("What the page shows, all of it.", object(&[], json!({ "email": text(), "displayName": text(), "picture": text() }))),
            "claims": { "type": "object", "description": "The further claims of the token, all of them." },
        }),
    );
    let error = object(
        &["name"],
        json!({
            "name": { "enum": ErrorName::ALL.map(ErrorName::as_str), "description": "NotFoundError stands alone: every resolver of the chain answered so." },
            "status": { "type": "integer", "minimum": 400, "maximum": 599 },
            "message": { "type": "string", "minLength": 1, "description": "What the client is told." },
            "code": { "type": "string", "minLength": 1, "description": "Names a failure of the server itself, such as guarded." },
        }),
    );
    let (error, load) = (object(&["error"], json!({ "error": error })), object(&["load"], json!({ "load": { "const": "refused" } })));
    json!({ "description": "What must come of it. What is stated is compared exactly, what is not stated is not looked at.", "anyOf": [success, error, load] })
}

/// An object of these keys and no others.
fn object(required: &[&str], properties: Value) -> Value {
    let mut schema = json!({ "type": "object", "additionalProperties": false });
    schema["properties"] = properties;
    if !required.is_empty() {
        schema["required"] = json!(required);
    }
    schema
}

fn one_or_more(item: &Value) -> Value {
    json!({ "anyOf": [item, { "type": "array", "items": item }] })
}

/// In a merge patch null takes away what is there.
fn nullable(schema: Value) -> Value {
    let mut nullable = json!({ "anyOf": [{ "type": "null" }] });
    if let Some(choices) = nullable["anyOf"].as_array_mut() {
        choices.push(schema);
    }
    nullable
}

fn described(what: &str, mut schema: Value) -> Value {
    schema["description"] = what.into();
    schema
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::{cases::CaseFile, config::yaml};

    fn validator() -> jsonschema::Validator {
        jsonschema::validator_for(&serde_json::from_str(&json()).unwrap()).unwrap()
    }

    #[test]
    fn the_committed_schema_is_fresh() {
        let committed = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/cases.schema.json")).unwrap_or_default();
        assert!(committed == json(), "run `stagedoor schema --cases > config/cases.schema.json`");
    }

    #[test]
    fn every_case_file_of_this_repository_fits_it_and_is_read() {
        let mut seen = 0;
        let resolvers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../resolvers");
        for directory in fs::read_dir(resolvers).unwrap() {
            for file in fs::read_dir(directory.unwrap().path()).unwrap() {
                let path = file.unwrap().path();
                if path.to_string_lossy().ends_with(".cases.yaml") {
                    let document = yaml::documents(&fs::read_to_string(&path).unwrap()).unwrap().remove(0);
                    let faults: Vec<_> = validator().iter_errors(&document).map(|error| format!("{}: {error}", error.instance_path())).collect();
                    assert!(faults.is_empty(), "{}: {faults:?}", path.display());
                    CaseFile::read(&path).unwrap();
                    seen += 1;
                }
            }
        }
        assert!(seen >= 5, "{seen}");
    }

    #[test]
    fn it_refuses_what_the_reader_refuses() {
        for (given, expect) in [
            ("{ headrs: {} }", "{ user: 'user:default/a' }"),
            ("{ headers: { a: 1 } }", "{ user: 'user:default/a' }"),
            ("{ claims: { id: expired } }", "{ user: 'user:default/a' }"),
            ("{ grants: { fallback: { kinds: user } } }", "{ user: 'user:default/a' }"),
            ("{ catalog: { users: [] } }", "{ user: 'user:default/a' }"),
            ("{ catalog: { fault: { status: 200 } } }", "{ user: 'user:default/a' }"),
            ("{ catalog: { users: { a: { mail: x } } } }", "{ user: 'user:default/a' }"),
            ("{ http: [{ response: {} }] }", "{ user: 'user:default/a' }"),
            ("{ http: [{ request: { url: x }, response: { status: 101 } }] }", "{ user: 'user:default/a' }"),
            ("{ clock: '2026-01-01' }", "{ user: 'user:default/a' }"),
            ("{}", "{}"),
            ("{}", "{ user: alice }"),
            ("{}", "{ error: { name: NotFound } }"),
            ("{}", "{ user: 'user:default/a', error: { name: Error } }"),
            ("{}", "{ load: accepted }"),
        ] {
            let text = format!("cases: [{{ name: a, given: {given}, expect: {expect} }}]");
            assert!(!validator().is_valid(&yaml::documents(&text).unwrap()[0]), "{text}");
            let directory = tempfile::tempdir().unwrap();
            let path = directory.path().join("a.cases.yaml");
            fs::write(&path, &text).unwrap();
            assert!(CaseFile::read(&path).is_err(), "{text}");
        }
    }
}
