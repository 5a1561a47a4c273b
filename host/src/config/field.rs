//! A place in the configuration: what stands there, where that came from, and how to say what is wrong with it.
//!
//! Faults go to the report, so a section is read to its end and every fault in it is found at once. A fault shows the type of what stands
//! there; the value itself only where a section knows that it cannot be a secret.

use std::collections::BTreeMap;

use serde_json::Map;

use super::{
    error::{ConfigError, Report},
    key_path::KeyPath,
    origin::Origin,
    spelling::nearest,
    tree::{Node, Value},
};

/// A place in the configuration, whether or not something stands there.
#[derive(Clone)]
pub(crate) struct Field<'a> {
    node: Option<&'a Node>,
    /// The source of the nearest value at or above this place.
    origin: &'a Origin,
    /// What it would stand in is no object: that fault is enough.
    lost: bool,
    path: KeyPath,
    report: &'a Report,
}

impl<'a> Field<'a> {
    /// The root of a tree.
    pub(super) fn root(tree: &'a Node, report: &'a Report) -> Self {
        Self { node: Some(tree), origin: &tree.origin, lost: false, path: KeyPath::default(), report }
    }

    /// A value that stands at this path.
    pub(super) fn at(tree: &'a Node, path: &str, report: &'a Report) -> Self {
        Self { path: KeyPath::default().key(path), ..Self::root(tree, report) }
    }

    /// The source of the value, or of what it would stand in.
    pub(crate) fn origin(&self) -> &'a Origin {
        self.origin
    }

    /// The key path.
    pub(super) fn path(&self) -> &KeyPath {
        &self.path
    }

    /// What stands there.
    pub(super) fn value(&self) -> Option<&'a Value> {
        self.node.map(|node| &node.value)
    }

    /// Whether something stands there.
    pub(crate) fn is_set(&self) -> bool {
        self.node.is_some()
    }

    /// Whether it holds keys, rather than a plain value or nothing.
    pub(crate) fn is_object(&self) -> bool {
        matches!(self.value(), Some(Value::Object(_)))
    }

    /// The place of a key below this one.
    pub(crate) fn key(&self, key: &str) -> Self {
        let lost = self.lost || self.is_set() && !self.is_object();
        // Inside a list a key may still be null.
        let node = self.object().and_then(|entries| entries.get(key)).filter(|node| node.value != Value::Null);
        Self { lost, ..self.below(node, self.path.key(key)) }
    }

    /// The keys below this place with what stands there.
    pub(crate) fn entries(&self) -> Vec<(&'a str, Self)> {
        let entries = self.object().into_iter().flatten();
        entries.map(|(key, node)| (key.as_str(), self.below(Some(node), self.path.key(key)))).collect()
    }

    /// The same where nothing but keys may stand; none where nothing stands.
    pub(crate) fn required_entries(&self) -> Vec<(&'a str, Self)> {
        if self.is_set() && !self.is_object() {
            self.expected::<()>("an object of keys");
        }
        self.entries()
    }

    /// The text that stands there, which may be empty.
    pub(crate) fn any_text(&self, what: &str) -> Option<&'a str> {
        match self.value()? {
            Value::String(text) => Some(text),
            Value::Number(_) | Value::Boolean(_) => self.expected(&format!("{what}; put it in quotes")),
            _ => self.expected(what),
        }
    }

    /// Whatever stands there, as plain JSON.
    pub(crate) fn json(&self) -> Option<serde_json::Value> {
        self.node.map(Node::to_json)
    }

    /// Whether a text stands there, rather than keys or a list.
    pub(crate) fn is_text(&self) -> bool {
        matches!(self.value(), Some(Value::String(_)))
    }

    /// Whether `false` stands there, as such.
    pub(crate) fn is_false(&self) -> bool {
        matches!(self.value(), Some(Value::Boolean(false)))
    }

    /// The items of a list.
    pub(crate) fn items(&self) -> Option<Vec<Self>> {
        self.items_of("a list")
    }

    /// The same, with what else is expected there.
    pub(crate) fn items_of(&self, what: &str) -> Option<Vec<Self>> {
        match self.value()? {
            Value::List(items) => Some(self.list(items)),
            _ => self.expected(what),
        }
    }

    /// The items of a list; a single text counts as a list of one.
    pub(crate) fn items_or_one(&self) -> Option<Vec<Self>> {
        match self.value()? {
            Value::String(_) => Some(vec![self.clone()]),
            _ => self.items(),
        }
    }

    /// Everything below this place but the given key, as plain JSON.
    pub(crate) fn json_without(&self, key: &str) -> Map<String, serde_json::Value> {
        let others = self.object().into_iter().flatten().filter(|(other, _)| *other != key);
        others.map(|(key, node)| (key.clone(), node.to_json())).collect()
    }

    /// This place, if something stands there; otherwise that is a fault.
    pub(crate) fn required(&self, what: &str) -> Option<&Self> {
        match (self.is_set(), self.lost) {
            (true, _) => Some(self),
            (false, true) => None,
            (false, false) => self.error(format!("missing; expected {what}")),
        }
    }

    /// Refuses every other key, with the known one that may have been meant.
    pub(crate) fn only(&self, known: &[&str]) {
        for (key, field) in self.entries() {
            if known.contains(&key) {
                continue;
            }
            match nearest(key, known) {
                Some(meant) => field.error::<()>(format!("unknown key; did you mean {meant}?")),
                None => field.error(format!("unknown key; the keys here are {}", known.join(", "))),
            };
        }
    }

    /// Notes a fault at this place.
    pub(crate) fn error<T>(&self, message: impl Into<String>) -> Option<T> {
        self.report.error(ConfigError::at(self.origin, self.path.as_str(), message));
        None
    }

    /// Notes that the value is not what it should be, by its type.
    pub(crate) fn expected<T>(&self, what: &str) -> Option<T> {
        self.error(format!("expected {what}, got {}", self.value()?.type_name()))
    }

    /// Notes that the value, which cannot be a secret, is not what it should be.
    pub(crate) fn expected_shown<T>(&self, what: &str) -> Option<T> {
        match self.value()? {
            Value::Number(number) => self.error(format!("expected {what}, got {number}")),
            Value::String(text) if !text.is_empty() => self.error(format!("expected {what}, got {text:?}")),
            _ => self.expected(what),
        }
    }

    /// Notes something that works, though perhaps not as meant.
    pub(crate) fn warning(&self, message: &str) {
        self.report.warning(self.origin, &self.path, message);
    }

    fn object(&self) -> Option<&'a BTreeMap<String, Node>> {
        match self.value()? {
            Value::Object(entries) => Some(entries),
            _ => self.expected("an object of keys"),
        }
    }

    fn list(&self, items: &'a [Node]) -> Vec<Self> {
        items.iter().enumerate().map(|(index, item)| self.below(Some(item), self.path.item(index))).collect()
    }

    fn below(&self, node: Option<&'a Node>, path: KeyPath) -> Self {
        Self { node, origin: node.map_or(self.origin, |node| &node.origin), lost: false, path, report: self.report }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::testing::read;

    #[test]
    fn what_must_be_there_is_missed_with_what_it_is_for() {
        let error = read(json!({}), |field| field.key("x").required_string("a name").map(str::to_owned)).unwrap_err();
        assert_eq!(error, "app-config.yaml: k.x: missing; expected a name");
    }

    #[test]
    fn one_text_may_stand_for_a_list_where_that_is_allowed() {
        let count = |fields: Vec<Field<'_>>| fields.len();
        assert_eq!(read(json!("x"), |field| field.items_or_one().map(count)), Ok(Some(1)));
        assert_eq!(read(json!(["x", "y"]), |field| field.items_or_one().map(count)), Ok(Some(2)));
        assert!(read(json!("x"), |field| field.items().map(count)).is_err());
    }

    #[test]
    fn a_key_of_something_that_is_no_object_is_reported_once() {
        let error = read(json!("text"), |field| field.key("a").string("x").or(field.key("b").required_string("x")).map(str::to_owned)).unwrap_err();
        assert_eq!(error, "app-config.yaml: k: expected an object of keys, got a string");
    }

    #[test]
    fn unknown_keys_are_refused_with_what_may_have_been_meant() {
        let error = read(json!({ "listen": 1, "limit": 1, "admin": 1 }), |field| {
            field.only(&["listen", "limits"]);
            Some(())
        });
        insta::assert_snapshot!(error.unwrap_err(), @r"
        app-config.yaml: k.admin: unknown key; the keys here are listen, limits
        app-config.yaml: k.limit: unknown key; did you mean limits?
        ");
    }
}
