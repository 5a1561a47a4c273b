//! JSON read so that every other reader of the same text would come to the same value, or refused.
//!
//! Source: RFC 7493 (I-JSON): no member twice (2.3), no whole number beyond 2^53 - 1 (2.2).

use std::fmt;

use serde::{
    Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::{Number, Value};

use super::super::log_text::shortened;

/// The largest whole number up to which a double tells each from the next.
const MAX_WHOLE: u64 = (1 << 53) - 1;

/// The members of the one object that the text is, with at most `max_depth` levels of lists and objects, itself being the first.
pub(in crate::domain) fn object(text: &str, max_depth: usize) -> Result<Vec<(String, Value)>, serde_json::Error> {
    // Asked for members, serde_json would quote whatever else stands there.
    if text.trim_ascii_start().starts_with(|first| first != '{') {
        return Err(serde_json::Error::custom("they are no JSON object"));
    }
    let mut json = serde_json::Deserializer::from_str(text);
    let members = json.deserialize_map(Members { depth: 1, max_depth })?;
    json.end()?;
    Ok(members)
}

/// Any value that stands `depth` levels deep.
#[derive(Clone, Copy)]
struct Strict {
    depth: usize,
    max_depth: usize,
}

impl Strict {
    /// What stands inside of a list or object there.
    fn below<E: Error>(self) -> Result<Self, E> {
        if self.depth >= self.max_depth {
            Err(E::custom(format_args!("more than {} levels of lists and objects", self.max_depth)))
        } else {
            Ok(Self { depth: self.depth + 1, ..self })
        }
    }
}

impl<'de> DeserializeSeed<'de> for Strict {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Strict {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Value, E> {
        if value > MAX_WHOLE { Err(too_large()) } else { Ok(value.into()) }
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Value, E> {
        if value.unsigned_abs() > MAX_WHOLE { Err(too_large()) } else { Ok(value.into()) }
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        if value.fract() != 0.0 {
            return Number::from_f64(value).map(Value::Number).ok_or_else(too_large);
        }
        // As JavaScript writes it: 1e3 is 1000, and there is no -0.
        match format!("{value:.0}").parse::<i64>() {
            Ok(whole) => self.visit_i64(whole),
            Err(_) => Err(too_large()),
        }
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let inside = self.below()?;
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(inside)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, members: A) -> Result<Value, A::Error> {
        let Self { depth, max_depth } = self.below()?;
        Ok(Value::Object(Members { depth, max_depth }.visit_map(members)?.into_iter().collect()))
    }
}

/// The members of an object that is level `depth`, in their order.
struct Members {
    depth: usize,
    max_depth: usize,
}

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, Value)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut list: Vec<(String, Value)> = Vec::new();
        while let Some(name) = members.next_key::<String>()? {
            // Plugins are JavaScript, where this one can change what all objects are.
            if name == "__proto__" {
                return Err(A::Error::custom("a member is called __proto__"));
            }
            list.push((name, members.next_value_seed(Strict { depth: self.depth, max_depth: self.max_depth })?));
        }
        let mut names: Vec<&str> = list.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        match names.windows(2).find(|pair| pair[0] == pair[1]) {
            Some(twice) => Err(A::Error::custom(format_args!("the member {:?} occurs twice", shortened(twice[0], 100)))),
            None => Ok(list),
        }
    }
}

fn too_large<E: Error>() -> E {
    E::custom("a whole number is beyond 2^53 - 1")
}
