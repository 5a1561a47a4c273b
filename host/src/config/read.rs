//! Typed reads over the tree, as Backstage's own: numbers and booleans may be written as text, since a variable is always text.
//!
//! A read gives `None` for what is absent and for what is wrong; the latter is in the report. So a section is read to its end and every fault
//! in it is found at once. Faults show the type of a value; only numbers, sizes and what sections ask for are shown as they are.

use std::{collections::BTreeMap, fmt::Display, ops::RangeInclusive, time::Duration};

use serde_json::Map;

use super::{
    byte_size, duration,
    error::{ConfigError, Report},
    key_path::KeyPath,
    origin::Origin,
    spelling::nearest,
    tree::{Node, Value},
};

/// A place in the configuration, whether or not something stands there.
#[derive(Clone)]
pub(super) struct Field<'a> {
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

    /// The source of the value, or of what it would stand in.
    pub(super) fn origin(&self) -> &'a Origin {
        self.origin
    }

    /// The key path.
    pub(super) fn path(&self) -> &KeyPath {
        &self.path
    }

    /// Whether something stands there.
    pub(super) fn is_set(&self) -> bool {
        self.node.is_some()
    }

    /// Whether it holds keys, rather than a plain value or nothing.
    pub(super) fn is_object(&self) -> bool {
        matches!(self.node, Some(Node { value: Value::Object(_), .. }))
    }

    /// The place of a key below this one.
    pub(super) fn key(&self, key: &str) -> Self {
        let lost = self.lost || self.is_set() && !self.is_object();
        let node = self.object().and_then(|entries| entries.get(key));
        Self { lost, ..self.below(node, self.path.key(key)) }
    }

    /// The keys below this place with what stands there.
    pub(super) fn entries(&self) -> Vec<(&'a str, Self)> {
        let entries = self.object().into_iter().flatten();
        entries.map(|(key, node)| (key.as_str(), self.below(Some(node), self.path.key(key)))).collect()
    }

    /// The items of a list.
    pub(super) fn items(&self) -> Option<Vec<Self>> {
        match &self.node?.value {
            Value::List(items) => Some(self.list(items)),
            _ => self.expected("a list"),
        }
    }

    /// The items of a list; a single text counts as a list of one.
    pub(super) fn items_or_one(&self) -> Option<Vec<Self>> {
        match &self.node?.value {
            Value::String(_) => Some(vec![self.clone()]),
            _ => self.items(),
        }
    }

    /// Everything below this place but the given key, as plain JSON.
    pub(super) fn json_without(&self, key: &str) -> Map<String, serde_json::Value> {
        let others = self.object().into_iter().flatten().filter(|(other, _)| *other != key);
        others.map(|(key, node)| (key.clone(), node.to_json())).collect()
    }

    /// A text that is not empty. Each read of a text says what it is for.
    pub(super) fn string(&self, what: &str) -> Option<&'a str> {
        match &self.node?.value {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => self.expected(what),
        }
    }

    /// A text that must be there.
    pub(super) fn required_string(&self, what: &str) -> Option<&'a str> {
        self.required(what)?.string(what)
    }

    /// This place, if something stands there; otherwise that is a fault.
    pub(super) fn required(&self, what: &str) -> Option<&Self> {
        match (self.is_set(), self.lost) {
            (true, _) => Some(self),
            (false, true) => None,
            (false, false) => self.error(format!("missing; expected {what}")),
        }
    }

    /// Yes or no in any of Backstage's spellings.
    pub(super) fn boolean(&self) -> Option<bool> {
        let text = match &self.node?.value {
            Value::Boolean(boolean) => return Some(*boolean),
            Value::Number(number) => number.to_string(),
            Value::String(text) => text.trim().to_ascii_lowercase(),
            _ => return self.expected("true or false"),
        };
        match text.as_str() {
            "y" | "yes" | "true" | "1" | "on" => Some(true),
            "n" | "no" | "false" | "0" | "off" => Some(false),
            _ => self.expected("true or false"),
        }
    }

    /// A whole number within these bounds.
    pub(super) fn integer<T: TryFrom<u64> + PartialOrd + Display>(&self, bounds: RangeInclusive<T>) -> Option<T> {
        let number = match &self.node?.value {
            Value::Number(number) => number.as_u64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        let within = number.and_then(|number| T::try_from(number).ok()).filter(|number| bounds.contains(number));
        within.or_else(|| self.expected_shown(&format!("a whole number from {} to {}", bounds.start(), bounds.end())))
    }

    /// A duration within these bounds, in any of the three notations.
    pub(super) fn duration(&self, bounds: RangeInclusive<Duration>) -> Option<Duration> {
        let read = self.any_duration()?;
        let within = bounds.contains(&read).then_some(read);
        within.or_else(|| self.error(format!("expected a duration from {:?} to {:?}, got {read:?}", bounds.start(), bounds.end())))
    }

    /// A duration in any of the three notations.
    pub(super) fn any_duration(&self) -> Option<Duration> {
        let read = match &self.node?.value {
            Value::String(text) => duration::parse(text),
            Value::Object(_) => return self.duration_of_members(),
            _ => None,
        };
        read.or_else(|| self.expected("a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }"))
    }

    fn duration_of_members(&self) -> Option<Duration> {
        self.only(&duration::MEMBERS.map(|(member, _)| member));
        let members = duration::MEMBERS.iter().filter(|(member, _)| self.key(member).is_set());
        let milliseconds: Vec<_> = members.map(|(member, factor)| Some(self.key(member).number()? * factor)).collect::<Option<_>>()?;
        let sum = (!milliseconds.is_empty()).then(|| milliseconds.iter().sum()).and_then(duration::of_milliseconds);
        sum.or_else(|| self.error("expected one or more of years, months, weeks, days, hours, minutes, seconds, milliseconds, and no negative sum"))
    }

    fn number(&self) -> Option<f64> {
        let number = match &self.node?.value {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        };
        number.filter(|number| number.is_finite()).or_else(|| self.expected("a number"))
    }

    /// A size in bytes within these bounds.
    pub(super) fn bytes(&self, bounds: RangeInclusive<usize>) -> Option<usize> {
        let read = match &self.node?.value {
            Value::Number(number) => number.as_u64().and_then(|number| usize::try_from(number).ok()),
            Value::String(text) => byte_size::parse(text),
            _ => None,
        };
        let (least, most) = (byte_size::show(*bounds.start()), byte_size::show(*bounds.end()));
        let within = read.filter(|bytes| bounds.contains(bytes));
        within.or_else(|| self.expected_shown(&format!("a size from {least} to {most}, in bytes or with a unit such as 64MiB")))
    }

    /// Refuses every other key, with the known one that may have been meant.
    pub(super) fn only(&self, known: &[&str]) {
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
    pub(super) fn error<T>(&self, message: impl Into<String>) -> Option<T> {
        self.report.error(ConfigError::at(self.origin, self.path.as_str(), message));
        None
    }

    /// Notes that the value is not what it should be, by its type.
    pub(super) fn expected<T>(&self, what: &str) -> Option<T> {
        self.error(format!("expected {what}, got {}", self.node?.value.type_name()))
    }

    /// Notes that the value, which cannot be a secret, is not what it should be.
    pub(super) fn expected_shown<T>(&self, what: &str) -> Option<T> {
        match &self.node?.value {
            Value::Number(number) => self.error(format!("expected {what}, got {number}")),
            Value::String(text) if !text.is_empty() => self.error(format!("expected {what}, got {text:?}")),
            _ => self.expected(what),
        }
    }

    /// Notes something that works, though perhaps not as meant.
    pub(super) fn warning(&self, message: &str) {
        self.report.warning(self.origin, &self.path, message);
    }

    fn object(&self) -> Option<&'a BTreeMap<String, Node>> {
        match &self.node?.value {
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
    use std::path::Path;

    use serde_json::json;

    use super::*;

    /// What the read of key `k` gives, and what is reported.
    fn read<T>(value: serde_json::Value, read: impl FnOnce(&Field<'_>) -> Option<T>) -> Result<Option<T>, String> {
        let tree = Node::from_json([("k".to_owned(), value)].into_iter().collect(), &Origin::file("/app-config.yaml".into(), Path::new("/")));
        let report = Report::default();
        let result = read(&Field::root(&tree, &report).key("k"));
        report.finish().map(|_| result).map_err(|errors| errors.to_string())
    }

    fn boolean(field: &Field<'_>) -> Option<bool> {
        field.boolean()
    }

    fn any_duration(field: &Field<'_>) -> Option<Duration> {
        field.any_duration()
    }

    #[test]
    fn a_string_is_a_string_and_not_empty() {
        assert_eq!(read(json!("x"), |field| field.string("a string").map(str::to_owned)).unwrap().unwrap(), "x");
        for (value, got) in
            [(json!(""), "an empty string"), (json!(1), "a number"), (json!([1]), "a list"), (json!({}), "an object"), (json!(true), "a boolean")]
        {
            let error = read(value, |field| field.string("a string").map(str::to_owned)).unwrap_err();
            assert_eq!(error, format!("app-config.yaml: k: expected a string, got {got}"));
        }
    }

    #[test]
    fn what_must_be_there_is_missed_with_what_it_is_for() {
        let error = read(json!({}), |field| field.key("x").required_string("a name").map(str::to_owned)).unwrap_err();
        assert_eq!(error, "app-config.yaml: k.x: missing; expected a name");
    }

    #[test]
    fn booleans_have_backstages_spellings() {
        for (value, expected) in [
            ("y", true),
            ("YES", true),
            ("true", true),
            (" 1 ", true),
            ("On", true),
            ("n", false),
            ("no", false),
            ("False", false),
            ("0", false),
            ("off", false),
        ] {
            assert_eq!(read(json!(value), boolean), Ok(Some(expected)), "{value}");
        }
        assert_eq!(read(json!(1), boolean), Ok(Some(true)));
        assert_eq!(read(json!(false), boolean), Ok(Some(false)));
        for value in [json!("maybe"), json!(2), json!([true])] {
            assert!(read(value, boolean).is_err());
        }
    }

    #[test]
    fn whole_numbers_may_be_text_and_keep_within_bounds() {
        for value in [json!(7), json!("7"), json!(" 7 ")] {
            assert_eq!(read(value, |field| field.integer(1_u32..=10)), Ok(Some(7)));
        }
        for value in [json!(0), json!(11), json!(1.5), json!("x"), json!(-1), json!(u64::MAX), json!(true)] {
            let error = read(value, |field| field.integer(1_u32..=10)).unwrap_err();
            assert!(error.starts_with("app-config.yaml: k: expected a whole number from 1 to 10, got "), "{error}");
        }
    }

    #[test]
    fn durations_have_three_notations() {
        for value in [json!("15m"), json!("PT15M"), json!({ "minutes": 15 }), json!({ "minutes": "10", "seconds": 300 })] {
            assert_eq!(read(value, any_duration), Ok(Some(Duration::from_mins(15))));
        }
        let faults =
            [json!("15"), json!(15), json!({}), json!({ "minutes": "x" }), json!({ "minute": 1, "hours": 1 }), json!({ "minutes": -1 }), json!([])];
        let faults: Vec<_> = faults.into_iter().map(|value| read(value, any_duration).unwrap_err()).collect();
        insta::assert_snapshot!(faults.join("\n"), @r"
        app-config.yaml: k: expected a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }, got a string
        app-config.yaml: k: expected a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }, got a number
        app-config.yaml: k: expected one or more of years, months, weeks, days, hours, minutes, seconds, milliseconds, and no negative sum
        app-config.yaml: k.minutes: expected a number, got a string
        app-config.yaml: k.minute: unknown key; did you mean minutes?
        app-config.yaml: k: expected one or more of years, months, weeks, days, hours, minutes, seconds, milliseconds, and no negative sum
        app-config.yaml: k: expected a duration with its unit, such as '15 minutes', PT15M or { minutes: 15 }, got a list
        ");
        let bounded = |value| read(value, |field| field.duration(Duration::from_millis(10)..=Duration::from_mins(1)));
        assert_eq!(bounded(json!("10ms")), Ok(Some(Duration::from_millis(10))));
        insta::assert_snapshot!(bounded(json!("2 minutes")).unwrap_err(), @"app-config.yaml: k: expected a duration from 10ms to 60s, got 120s");
    }

    #[test]
    fn sizes_are_bytes_or_have_a_unit() {
        for value in [json!(1_048_576), json!("1MiB"), json!("1048576")] {
            assert_eq!(read(value, |field| field.bytes(1..=1 << 30)), Ok(Some(1 << 20)));
        }
        insta::assert_snapshot!(read(json!("2 GiB"), |field| field.bytes(1 << 20..=1 << 30)).unwrap_err(), @r#"app-config.yaml: k: expected a size from 1 MiB to 1 GiB, in bytes or with a unit such as 64MiB, got "2 GiB""#);
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
