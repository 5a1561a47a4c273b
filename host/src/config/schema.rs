//! `config/schema.json`: our own section and the keys of Backstage that are read, for editors and for whoever generates configuration.
//!
//! It describes the configuration after variables and includes are put in. Other keys are allowed everywhere but in `stagedoor`.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, generate::SchemaSettings, json_schema};

use super::sections::{auth::AuthConfig, backend::BackendConfig, catalog::CatalogConfig, discovery::DiscoverySchema, stagedoor::StagedoorConfig};

/// What stagedoor reads of an app-config, once variables and includes are put in. Other keys are allowed everywhere but in `stagedoor`. "Live" keys
/// will not need a restart once this server can reload; today each change does.
#[derive(JsonSchema)]
#[schemars(title = "app-config.yaml of stagedoor", transform = optional)]
#[expect(dead_code, reason = "only its schema is used")]
struct AppConfig {
    backend: BackendConfig,
    #[schemars(with = "DiscoverySchema")]
    discovery: (),
    auth: AuthConfig,
    catalog: CatalogConfig,
    stagedoor: StagedoorConfig,
}

/// The JSON Schema, indented, with a newline at its end.
pub fn json() -> String {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    let schema = settings.into_generator().into_root_schema_for::<AppConfig>();
    format!("{:#}\n", schema.as_value())
}

/// Every key of an object may be left out.
pub(super) fn optional(schema: &mut Schema) {
    schema.remove("required");
}

/// A duration in one of three notations.
pub(super) struct DurationSchema;

impl JsonSchema for DurationSchema {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let members: serde_json::Map<_, _> =
            super::duration::MEMBERS.iter().map(|(member, _)| ((*member).to_owned(), serde_json::json!({ "type": ["number", "string"] }))).collect();
        json_schema!({ "anyOf": [
            { "type": "string", "pattern": "^\\s*(P.+|[0-9.]+ *[A-Za-z]+)\\s*$" },
            { "type": "object", "properties": members, "additionalProperties": false, "minProperties": 1 },
        ] })
    }
}

/// A size in bytes, or with a unit.
pub(super) struct ByteSizeSchema;

impl JsonSchema for ByteSizeSchema {
    fn schema_name() -> Cow<'static, str> {
        "ByteSize".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "integer", "minimum": 0 },
            { "type": "string", "pattern": "^\\s*[0-9]+\\s*([kKmMgG][iI]?)?[bB]?\\s*$" },
        ] })
    }
}

/// A whole number, which a variable gives as text.
pub(super) struct CountSchema;

impl JsonSchema for CountSchema {
    fn schema_name() -> Cow<'static, str> {
        "Count".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string", "pattern": "^\\s*[0-9]+\\s*$" }] })
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::Path};

    use super::*;
    use crate::config::yaml;

    fn file(name: &str) -> String {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config").join(name);
        fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    fn is_valid(text: &str) -> bool {
        let schema = serde_json::from_str(&json()).unwrap();
        jsonschema::validator_for(&schema).unwrap().is_valid(&yaml::parse(text).unwrap())
    }

    #[test]
    fn the_committed_schema_is_fresh() {
        assert_eq!(file("schema.json"), json(), "run `stagedoor schema > config/schema.json`");
    }

    #[test]
    fn the_sample_fits_it() {
        assert!(is_valid(&file("app-config.yaml")));
    }

    #[test]
    fn unknown_keys_are_refused_inside_our_section_and_allowed_outside() {
        assert!(is_valid("app: { title: x }\nauth: { session: { secret: x } }\nbackend: { cors: {} }"));
        for text in [
            "stagedoor: { admin: {} }",
            "stagedoor: { limits: { retries: 4 } }",
            "stagedoor: { trust: { peer: x } }",
            "stagedoor: { components: { x: { source: x, y: 1 } } }",
        ] {
            assert!(!is_valid(text), "{text}");
        }
    }

    #[test]
    fn it_takes_what_the_readers_take() {
        assert!(is_valid("stagedoor: { limits: { timeout: { seconds: 2 }, memory: 128MiB, concurrency: '7', queueTimeout: PT1S, logLines: 3 } }"));
        assert!(is_valid("stagedoor: { components: { x: { source: x, grants: { fallback: deny } } } }"));
        assert!(!is_valid("stagedoor: { components: { x: { source: x, grants: { fallback: { kinds: user } } } } }"));
        assert!(!is_valid("auth: { identityTokenAlgorithm: HS256 }"));
    }
}
