//! Reads one mapping of a document; what is wrong is told with its whole path.
//!
//! `null` is the same as nothing: that is what a key without a value means to whoever writes it.

use serde_json::{Map, Value};

/// A mapping and where it stands.
#[derive(Debug)]
pub(super) struct Part<'d> {
    /// Empty, or the path with a dot at the end.
    path: String,
    pub(super) members: &'d Map<String, Value>,
}

impl<'d> Part<'d> {
    /// The document itself.
    pub(super) fn root(members: &'d Map<String, Value>) -> Self {
        Self { path: String::new(), members }
    }

    fn get(&self, key: &str) -> Option<&'d Value> {
        self.members.get(key).filter(|value| !value.is_null())
    }

    /// A text, never empty.
    pub(super) fn text(&self, key: &str) -> Result<Option<&'d str>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::String(text)) if text.is_empty() => Err(format!("{}{key} is empty; remove it or write a text", self.path)),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(Value::Number(_) | Value::Bool(_)) => Err(format!("{}{key} must be text; put it in quotes", self.path)),
            Some(_) => Err(format!("{}{key} must be text", self.path)),
        }
    }

    /// A list of texts, none of them empty.
    pub(super) fn texts(&self, key: &str) -> Result<Vec<&'d str>, String> {
        let wrong = || format!("{}{key} must be a list of texts; write {key}: [name, other-name]", self.path);
        match self.get(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => items.iter().map(|item| item.as_str().filter(|text| !text.is_empty()).ok_or_else(wrong)).collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// A mapping inside this one.
    pub(super) fn part(&self, key: &str) -> Result<Option<Self>, String> {
        match self.get(key) {
            None => Ok(None),
            Some(Value::Object(members)) => Ok(Some(Self { path: format!("{}{key}.", self.path), members })),
            Some(_) => Err(format!("{}{key} must be a mapping of keys and values", self.path)),
        }
    }

    /// A text that must be there.
    pub(super) fn required_text(&self, key: &str) -> Result<&'d str, String> {
        self.text(key)?.ok_or_else(|| self.missing(key))
    }

    /// A mapping that must be there.
    pub(super) fn required_part(&self, key: &str) -> Result<Self, String> {
        self.part(key)?.ok_or_else(|| self.missing(key))
    }

    fn missing(&self, key: &str) -> String {
        format!("it has no {}{key}; add it", self.path)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_wrong_is_told_with_its_path() {
        let document = json!({ "spec": { "number": 1, "empty": "", "list": [1], "text": "x", "none": null, "map": {} } });
        let root = Part::root(document.as_object().unwrap());
        let spec = root.required_part("spec").unwrap();
        assert_eq!((spec.text("text"), spec.text("none"), spec.text("nothing")), (Ok(Some("x")), Ok(None), Ok(None)));
        assert_eq!(spec.text("number").unwrap_err(), "spec.number must be text; put it in quotes");
        assert_eq!(spec.text("empty").unwrap_err(), "spec.empty is empty; remove it or write a text");
        assert_eq!(spec.text("map").unwrap_err(), "spec.map must be text");
        assert_eq!(spec.required_text("none").unwrap_err(), "it has no spec.none; add it");
        for list in ["list", "text", "map"] {
            assert_eq!(spec.texts(list).unwrap_err(), format!("spec.{list} must be a list of texts; write {list}: [name, other-name]"));
        }
        assert_eq!(spec.part("text").unwrap_err(), "spec.text must be a mapping of keys and values");
        assert_eq!(root.required_part("metadata").unwrap_err(), "it has no metadata; add it");
    }
}
