//! What an entity can be found by: the rows of the catalog's search table, and the conditions of a query.
//!
//! What matches is the same whether the catalog stands in files or is asked over HTTP: there too, what comes back is checked here.
//! Keys are paths (`spec.profile.email`), keys and values are in lower case, and a value in a list is found as `key` = value and as
//! `key.value` = `true`. Source: `buildEntitySearch` of Backstage's catalog backend.

use std::{borrow::Cow, fmt};

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor},
};

use crate::domain::{fold::fold, query::FilterTerm};

/// Longer keys and values cannot be found; counted as JavaScript does, in UTF-16.
const LONGEST: usize = 200;

/// The paths that the catalog does not search.
const UNSEARCHED: [&str; 3] = ["attachments", "status", "metadata.etag"];

/// One condition of a query in the words of the table: the key has one of the values.
#[derive(Debug)]
pub(super) struct Condition<'q> {
    pub(super) key: Cow<'q, str>,
    pub(super) values: Vec<Cow<'q, str>>,
}

impl<'q> Condition<'q> {
    /// A term of a filter.
    pub(super) fn of_term(term: &'q FilterTerm) -> Self {
        Self::new(term.key.as_str().into(), term.values.iter().map(String::as_str))
    }

    /// An annotation, compared without case.
    pub(super) fn of_annotation((key, value): &'q (String, String)) -> Self {
        Self::new(format!("metadata.annotations.{key}").into(), std::iter::once(value.as_str()))
    }

    fn new(key: Cow<'q, str>, values: impl Iterator<Item = &'q str>) -> Self {
        Self { key: fold(key), values: values.map(|value| fold(value.into())).collect() }
    }

    fn is_met_by(&self, key: &str, value: &str) -> bool {
        self.key == key && self.values.iter().any(|wanted| wanted == value)
    }
}

/// Whether every condition is met by some row of the entity.
pub(super) fn meets_all(entity: &str, conditions: &[Condition<'_>]) -> bool {
    let mut met = vec![false; conditions.len()];
    rows(entity, |key, value| {
        for (met, condition) in met.iter_mut().zip(conditions) {
            *met = *met || condition.is_met_by(key, value);
        }
    });
    met.into_iter().all(|met| met)
}

/// Calls back with key and value of every row of an entity, some more than once.
///
/// The entity is JSON that this module's neighbours wrote or have read to its end. It is walked, never built: this runs on every look-up that is
/// not by ref.
pub(super) fn rows(entity: &str, each: impl FnMut(&str, &str)) {
    let mut walk = Walk { path: String::new(), each };
    // What cannot be walked to the end has the rows up to there, for the index and for whoever checks it.
    let _ = Value { walk: &mut walk, in_list: false }.deserialize(&mut serde_json::Deserializer::from_str(entity));
}

/// Whether no row can hold a text.
pub(super) fn is_too_long(text: &str) -> bool {
    text.len() > LONGEST && text.encode_utf16().count() > LONGEST
}

struct Walk<F> {
    /// Where we are, in the case of the entity.
    path: String,
    each: F,
}

impl<F: FnMut(&str, &str)> Walk<F> {
    fn row(&mut self, value: &str) {
        let (key, value) = (fold(self.path.as_str().into()), fold(value.into()));
        if !is_too_long(&key) && !is_too_long(&value) {
            (self.each)(&key, &value);
        }
    }

    /// Does something one step further down the path.
    fn below<T>(&mut self, step: &str, then: impl FnOnce(&mut Self) -> T) -> T {
        let length = self.path.len();
        if length > 0 {
            self.path.push('.');
        }
        self.path.push_str(step);
        let result = then(self);
        self.path.truncate(length);
        result
    }
}

/// Whatever stands at the current path.
struct Value<'w, F> {
    walk: &'w mut Walk<F>,
    in_list: bool,
}

impl<'de, F: FnMut(&str, &str)> DeserializeSeed<'de> for Value<'_, F> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de, F: FnMut(&str, &str)> Visitor<'de> for Value<'_, F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_str<E>(self, value: &str) -> Result<(), E> {
        self.walk.row(value);
        if self.in_list {
            self.walk.below(value, |walk| walk.row("true"));
        }
        Ok(())
    }

    fn visit_bool<E>(self, value: bool) -> Result<(), E> {
        self.walk.row(if value { "true" } else { "false" });
        Ok(())
    }

    fn visit_u64<E>(self, value: u64) -> Result<(), E> {
        self.walk.row(&value.to_string());
        Ok(())
    }

    fn visit_i64<E>(self, value: i64) -> Result<(), E> {
        self.walk.row(&value.to_string());
        Ok(())
    }

    fn visit_f64<E>(self, value: f64) -> Result<(), E> {
        // `Display` writes 1.0 as "1", as JavaScript does.
        self.walk.row(&value.to_string());
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Value { walk: self.walk, in_list: true })?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<(), A::Error> {
        while let Some(key) = object.next_key::<String>()? {
            self.walk.below(&key, |walk| match walk.path.as_str() {
                path if UNSEARCHED.contains(&path) => object.next_value::<IgnoredAny>().map(drop),
                "relations" => object.next_value::<Vec<Relation>>().map(|relations| {
                    for relation in relations {
                        walk.below(&relation.kind, |walk| walk.row(&relation.target));
                    }
                }),
                _ => object.next_value_seed(Value { walk, in_list: false }),
            })?;
        }
        Ok(())
    }
}

#[derive(Deserialize)]
struct Relation {
    #[serde(rename = "type")]
    kind: String,
    #[serde(rename = "targetRef")]
    target: String,
}

#[cfg(test)]
mod tests;
