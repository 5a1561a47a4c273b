//! `stagedoor.profile` and `stagedoor.ownership`: one component that is asked at every sign-in, by its name alone or with its settings.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::resolvers::ResolverConfig;
use crate::config::{field::Field, tree::Value};

const EXPECTED: &str = "the name of a component, or { component: …, and its settings }";

/// Reads such a key; `None` where nothing stands, or what stands there is wrong.
pub(super) fn read(field: &Field<'_>) -> Option<ResolverConfig> {
    let (name, settings) = match field.value()? {
        Value::String(_) => (field.string(EXPECTED)?, serde_json::Map::new()),
        Value::Object(_) => (field.key("component").required_string("the name of a component")?, field.json_without("component")),
        _ => return field.expected(EXPECTED),
    };
    Some(ResolverConfig { name: name.to_owned(), settings, origin: field.origin().clone(), path: field.path().to_string() })
}

/// The shape of such a key.
pub(super) struct SingleComponentSchema;

impl JsonSchema for SingleComponentSchema {
    fn schema_name() -> Cow<'static, str> {
        "SingleComponent".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [
            { "type": "string", "minLength": 1 },
            {
                "type": "object",
                "required": ["component"],
                "properties": { "component": { "type": "string", "description": "Its name. All other keys are its settings." } },
            },
        ] })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::config::testing::{faults, loaded};

    #[test]
    fn a_name_alone_or_with_settings() {
        let config = loaded("stagedoor: { profile: corpProfile, ownership: { component: teams, depth: 3, deep: { key: x } } }").stagedoor;
        let (profile, ownership) = (config.profile.unwrap(), config.ownership.unwrap());
        assert_eq!((profile.name.as_str(), profile.path.as_str(), profile.settings.len()), ("corpProfile", "stagedoor.profile", 0));
        assert_eq!((ownership.name.as_str(), ownership.path.as_str()), ("teams", "stagedoor.ownership"));
        assert_eq!(json!(ownership.settings), json!({ "depth": 3, "deep": { "key": "x" } }));
        let none = loaded("{}").stagedoor;
        assert!(none.profile.is_none() && none.ownership.is_none());
    }

    #[test]
    fn what_names_no_component_is_refused() {
        insta::assert_snapshot!(faults("stagedoor: { profile: [x], ownership: { depth: 3 } }"), @r"
        app-config.yaml: stagedoor.profile: expected the name of a component, or { component: …, and its settings }, got a list
        app-config.yaml: stagedoor.ownership.component: missing; expected the name of a component
        ");
        insta::assert_snapshot!(faults("stagedoor: { profile: '' }"), @"app-config.yaml: stagedoor.profile: expected the name of a component, or { component: …, and its settings }, got an empty string");
        assert!(faults("stagedoor: { profile: ~ }").starts_with("app-config.yaml: stagedoor.profile: nothing stands here"));
    }

    #[test]
    fn a_component_that_only_they_name_is_asked() {
        let components = "components: { a: { source: a.wasm }, b: { source: b.wasm }, c: { source: c.wasm } }";
        let warnings = loaded(&format!("stagedoor: {{ {components}, profile: a, ownership: {{ component: b }} }}")).warnings;
        insta::assert_snapshot!(warnings.join("\n"), @"app-config.yaml: stagedoor.components.c: neither an item of signIn.resolvers nor stagedoor.profile or stagedoor.ownership asks it, so it is neither loaded nor checked");
    }
}
