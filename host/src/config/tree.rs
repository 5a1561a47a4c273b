//! The configuration as a tree in which every value remembers where it came from.
//!
//! It has no `Debug`, for it holds secrets.

use std::collections::BTreeMap;

use serde_json::Number;

use super::origin::Origin;

/// A value and its source. An object that several files wrote has the source of the last of them.
#[derive(Clone, PartialEq)]
pub(super) struct Node {
    pub(super) origin: Origin,
    pub(super) value: Value,
}

/// What stands there.
#[derive(Clone, PartialEq)]
pub(super) enum Value {
    Null,
    Boolean(bool),
    Number(Number),
    String(String),
    List(Vec<Node>),
    Object(BTreeMap<String, Node>),
}

impl Node {
    /// An object without keys.
    pub(super) fn empty(origin: Origin) -> Self {
        Self { origin, value: Value::Object(BTreeMap::new()) }
    }

    /// A JSON value, all of it from one source.
    pub(super) fn from_json(json: serde_json::Value, origin: &Origin) -> Self {
        use serde_json::Value as Json;
        let value = match json {
            Json::Null => Value::Null,
            Json::Bool(boolean) => Value::Boolean(boolean),
            Json::Number(number) => Value::Number(number),
            Json::String(text) => Value::String(text),
            Json::Array(items) => Value::List(items.into_iter().map(|item| Self::from_json(item, origin)).collect()),
            Json::Object(entries) => Value::Object(entries.into_iter().map(|(key, value)| (key, Self::from_json(value, origin))).collect()),
        };
        Self { origin: origin.clone(), value }
    }

    /// The value at a key path; for an item of a list, the list.
    pub(super) fn at(&self, path: &str) -> Option<&Self> {
        let keys = path.split('[').next().unwrap_or_default();
        keys.split('.').try_fold(self, |node, key| match &node.value {
            Value::Object(entries) => entries.get(key),
            _ => None,
        })
    }

    /// The plain value.
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.value {
            Value::Null => serde_json::Value::Null,
            Value::Boolean(boolean) => (*boolean).into(),
            Value::Number(number) => number.clone().into(),
            Value::String(text) => text.clone().into(),
            Value::List(items) => items.iter().map(Self::to_json).collect(),
            Value::Object(entries) => entries.iter().map(|(key, node)| (key.clone(), node.to_json())).collect(),
        }
    }
}

impl Value {
    /// What it is, for an error that may not show it.
    pub(super) fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Boolean(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(text) if text.is_empty() => "an empty string",
            Self::String(_) => "a string",
            Self::List(_) => "a list",
            Self::Object(_) => "an object",
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;

    #[test]
    fn json_goes_in_and_comes_out_unchanged() {
        let json = json!({ "a": [1, 2.5, "x", null, true], "b": { "c": {} } });
        let node = Node::from_json(json.clone(), &Origin::variable("X", Path::new("/")));
        assert_eq!(node.to_json(), json);
    }
}
