//! The members of a JSON object in their order. One that stands twice is refused: other readers would take either.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize,
    de::{Deserializer, Error, MapAccess, Visitor},
};
use serde_json::Value;

use super::Malformed;

/// The members of the one object that stands there.
pub(super) fn entries(text: &str) -> Result<Vec<(String, Value)>, Malformed> {
    let Entries(entries) = serde_json::from_str(text).map_err(|error| Malformed::Syntax(error.to_string()))?;
    Ok(entries)
}

struct Entries(Vec<(String, Value)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members).map(Self)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of keys with a text or a list of texts each")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let (mut entries, mut known) = (Vec::new(), HashSet::new());
        while let Some((key, value)) = object.next_entry::<String, Value>()? {
            if !known.insert(key.clone()) {
                return Err(A::Error::custom(format_args!("the key {key:?} stands there twice")));
            }
            entries.push((key, value));
        }
        Ok(entries)
    }
}
