//! The top layer: `APP_CONFIG_backend_baseUrl=https://…` sets `backend.baseUrl`. The value is JSON, or else a string.

use std::{collections::BTreeMap, path::Path, sync::LazyLock};

use regex::Regex;

use super::{
    error::{ConfigError, Report},
    origin::Origin,
    substitute::Environment,
    tree::{Node, Value},
};

const PREFIX: &str = "APP_CONFIG_";

/// What may stand between two `_`: Backstage's rule for a part of a key.
static KEY_PART: LazyLock<Regex> = LazyLock::new(|| Regex::new("^(?i)[a-z][a-z0-9]*(?:[-_:][a-z0-9]+)*$").expect("the pattern is constant"));

/// The layer that the environment makes; empty values are skipped.
pub(super) fn layer(environment: &Environment, working_directory: &Path, report: &Report) -> Node {
    let mut root = Node::empty(Origin::variable(&format!("{PREFIX}*"), working_directory));
    // In the order of names, so a key always comes before those that nest below it.
    for (name, text) in environment.iter().filter(|(_, text)| !text.is_empty()) {
        let Some(key) = name.strip_prefix(PREFIX) else { continue };
        let origin = Origin::variable(name, working_directory);
        if let Err(message) = set(&mut root, key, text, &origin) {
            report.error(ConfigError::at(&origin, "", message));
        }
    }
    root
}

fn set(root: &mut Node, key: &str, text: &str, origin: &Origin) -> Result<(), String> {
    let parts: Vec<_> = key.split('_').collect();
    if let Some(part) = parts.iter().find(|part| !KEY_PART.is_match(part)) {
        return Err(format!("'{part}' is not a part of a key: letters and digits between underscores, starting with a letter"));
    }
    let value = serde_json::from_str(text).unwrap_or_else(|_| text.into());
    if value == serde_json::Value::Null {
        return Err("the value may not be null; only a file can take a key away".into());
    }
    let mut object = entries(root).ok_or("expected an object at the root")?;
    let (last, above) = parts.split_last().ok_or("expected a key after the prefix")?;
    for part in above {
        let node = object.entry((*part).into()).or_insert_with(|| Node::empty(origin.clone()));
        object = entries(node).ok_or_else(|| format!("another variable gives '{part}' a value that is no object, so nothing can stand below it"))?;
    }
    if object.contains_key(*last) {
        return Err("another variable sets this key as well".into());
    }
    object.insert((*last).into(), Node::from_json(value, origin));
    Ok(())
}

fn entries(node: &mut Node) -> Option<&mut BTreeMap<String, Node>> {
    match &mut node.value {
        Value::Object(entries) => Some(entries),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(variables: &[(&str, &str)]) -> Result<serde_json::Value, String> {
        let environment = variables.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        let report = Report::default();
        let node = layer(&environment, Path::new("/srv"), &report);
        report.finish().map(|_| node.to_json()).map_err(|errors| errors.to_string())
    }

    #[test]
    fn underscores_separate_keys_and_values_are_json_or_else_text() {
        let json = read(&[
            ("APP_CONFIG_app_baseUrl", "https://example.org"),
            ("APP_CONFIG_app_port", "7007"),
            ("APP_CONFIG_app_flag", "true"),
            ("APP_CONFIG_app_text", "\"42\""),
            ("APP_CONFIG_list", "[1, { \"a\": 2 }]"),
            ("APP_CONFIG_object", "{ \"x\": 1 }"),
            ("APP_CONFIG_object_y", "${NOT_REPLACED}"),
            ("APP_CONFIG_empty", ""),
            ("OTHER", "x"),
        ]);
        let app = json!({ "baseUrl": "https://example.org", "port": 7007, "flag": true, "text": "42" });
        assert_eq!(json.unwrap(), json!({ "app": app, "list": [1, { "a": 2 }], "object": { "x": 1, "y": "${NOT_REPLACED}" } }));
    }

    #[test]
    fn faults_name_the_variable_and_never_its_value() {
        let errors = read(&[
            ("APP_CONFIG_a", "hunter2"),
            ("APP_CONFIG_a_b", "hunter2"),
            ("APP_CONFIG_none", "null"),
            ("APP_CONFIG_object", "{ \"x\": \"hunter2\" }"),
            ("APP_CONFIG_object_x", "hunter2"),
            ("APP_CONFIG_9x", "hunter2"),
            ("APP_CONFIG_x__y", "hunter2"),
            ("APP_CONFIG_", "hunter2"),
        ]);
        insta::assert_snapshot!(errors.unwrap_err(), @r"
        environment variable APP_CONFIG_: '' is not a part of a key: letters and digits between underscores, starting with a letter
        environment variable APP_CONFIG_9x: '9x' is not a part of a key: letters and digits between underscores, starting with a letter
        environment variable APP_CONFIG_a_b: another variable gives 'a' a value that is no object, so nothing can stand below it
        environment variable APP_CONFIG_none: the value may not be null; only a file can take a key away
        environment variable APP_CONFIG_object_x: another variable sets this key as well
        environment variable APP_CONFIG_x__y: '' is not a part of a key: letters and digits between underscores, starting with a letter
        ");
    }
}
