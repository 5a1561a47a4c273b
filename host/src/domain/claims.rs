//! Further claims of a token, on top of those that every token has.
//!
//! [`Claims`] of a resolver were read strictly and are written anew: no member occurs twice, no number reads differently elsewhere, and nothing is
//! nested deeply. Who may add which is another question: `grant` and `guard`. Only those that a store holds are taken as they are.

pub(super) mod strict;

use std::fmt;

use serde::{
    Deserialize, Deserializer, Serialize, Serializer,
    de::{Error, MapAccess, Visitor},
    ser::SerializeMap,
};
use serde_json::{
    Value,
    value::{RawValue, to_raw_value},
};

/// Bytes of JSON that a resolver may add in one sign-in. Node takes 16 KiB of headers, so a token of twice as many would reach no plugin.
pub const MAX_BYTES: usize = 8 * 1024;

/// Levels of lists and objects, the claims themselves being the first.
pub const MAX_DEPTH: usize = 8;

/// What every token says of itself (RFC 7519, 4.1), and what Backstage's token handlers read: `ent`, `uip`, and `obo` of its service tokens.
pub const REGISTERED: [&str; 10] = ["iss", "sub", "aud", "exp", "nbf", "iat", "jti", "ent", "uip", "obo"];

/// Whether a claim belongs to the token itself. In any case of its letters: who reads `Sub` may well take it for `sub`.
pub fn is_registered(name: &str) -> bool {
    REGISTERED.iter().any(|registered| registered.eq_ignore_ascii_case(name))
}

/// Claims by name, in the order in which they were given.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Claims(Vec<(String, Written)>);

/// A value as JSON: what is held is as long as what was given, where a tree of values can be a hundred times longer.
#[derive(Debug, Clone, Serialize)]
#[serde(transparent)]
struct Written(Box<RawValue>);

impl PartialEq for Written {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

impl Eq for Written {}

/// Why a text is not taken for claims. It quotes nothing of the text but a member's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidClaims(String);

impl Claims {
    /// Reads a JSON object of at most [`MAX_BYTES`].
    pub fn parse(text: &str) -> Result<Self, InvalidClaims> {
        if text.len() > MAX_BYTES {
            return Err(InvalidClaims(format!("they have {} bytes, at most {MAX_BYTES} are allowed", text.len())));
        }
        strict::object(text, MAX_DEPTH).and_then(Self::written).map_err(|error| InvalidClaims(error.to_string()))
    }

    /// Claims that are held as text from now on.
    fn written(claims: Vec<(String, Value)>) -> Result<Self, serde_json::Error> {
        let written = claims.into_iter().map(|(name, value)| to_raw_value(&value).map(|value| (name, Written(value))));
        written.collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }

    /// Adds others; one that is there already gets the new value.
    pub fn add(&mut self, others: Self) {
        for (name, value) in others.0 {
            match self.0.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value,
                None => self.0.push((name, value)),
            }
        }
    }

    /// How many bytes of JSON they are.
    pub fn bytes(&self) -> usize {
        let quoted = |name: &str| serde_json::to_string(name).map_or(usize::MAX / 2, |name| name.len());
        // Each has its colon and, but for the last, its comma.
        let claims = self.0.iter().map(|(name, Written(value))| quoted(name).saturating_add(value.get().len() + 2));
        claims.fold(2, usize::saturating_add).saturating_sub(usize::from(!self.0.is_empty()))
    }
}

impl Serialize for Claims {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (name, value) in &self.0 {
            map.serialize_entry(name, value)?;
        }
        map.end()
    }
}

/// For stores: whoever wrote them had them checked, or was Backstage.
impl<'de> Deserialize<'de> for Claims {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Stored)
    }
}

struct Stored;

impl<'de> Visitor<'de> for Stored {
    type Value = Claims;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of claims")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Claims, A::Error> {
        let mut claims = Vec::new();
        while let Some(claim) = members.next_entry()? {
            claims.push(claim);
        }
        Claims::written(claims).map_err(A::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(text: &str) -> Result<String, String> {
        Claims::parse(text).map(|claims| serde_json::to_string(&claims).unwrap()).map_err(|error| error.to_string())
    }

    #[test]
    fn they_are_written_anew_in_their_order() {
        assert_eq!(
            written(r#" {"zeta":[1, 2.5 ,-0.0],"alpha":{"é":"\u0041","n":null}} "#).unwrap(),
            r#"{"zeta":[1,2.5,0],"alpha":{"n":null,"é":"A"}}"#
        );
        assert_eq!(
            written(r#"{"a":1e3,"b":9007199254740991,"c":-9007199254740991,"d":true}"#).unwrap(),
            r#"{"a":1000,"b":9007199254740991,"c":-9007199254740991,"d":true}"#
        );
        assert_eq!(written("{}").unwrap(), "{}");
        // Its neighbour is 9.500000000000001e-99, to which a reader in a hurry comes.
        assert_eq!(written(r#"{"a":9.5e-99}"#).unwrap(), r#"{"a":9.5e-99}"#);
    }

    #[test]
    fn what_others_could_read_differently_is_refused() {
        for (text, why) in [
            (r#"{"groups":[],"groups":["admins"]}"#, "the member \"groups\" occurs twice"),
            (r#"{"a":[{"b":1,"\u0062":2}]}"#, "the member \"b\" occurs twice"),
            (r#"{"a":{"__proto__":{}}}"#, "a member is called __proto__"),
            (r#"{"__proto__":1}"#, "a member is called __proto__"),
            (r#"{"n":9007199254740992}"#, "a whole number is beyond 2^53 - 1"),
            (r#"{"n":-9007199254740992}"#, "a whole number is beyond 2^53 - 1"),
            (r#"{"n":18446744073709551616}"#, "a whole number is beyond 2^53 - 1"),
            (r#"{"n":1e300}"#, "a whole number is beyond 2^53 - 1"),
            (r#"{"n":1e400}"#, "number out of range"),
            (r#"{"n":NaN}"#, "expected value"),
            (r#"{"n":01}"#, "invalid number"),
            (r#"{"s":"\ud800"}"#, "unexpected end of hex escape"),
            ("{\"s\":\"a\nb\"}", "control character"),
            (r#"{"a":1} {"sub":2}"#, "trailing characters"),
            (r#"{"a":1,}"#, "trailing comma"),
            (r#"{"a":1"#, "EOF"),
            ("", "EOF"),
        ] {
            let error = written(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
    }

    #[test]
    fn only_an_object_holds_claims_and_the_error_does_not_quote_it() {
        for text in ["null", "true", "7", "-7", "7.5", "\"secret\"", r#"["secret"]"#] {
            let error = written(text).expect_err(text);
            assert!(error.starts_with("they are no JSON object") && !error.contains("secret"), "{error}");
        }
    }

    #[test]
    fn depth_and_size_are_bounded() {
        let nested = |levels: usize| format!("{{\"a\":{}1{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(Claims::parse(&nested(MAX_DEPTH)).is_ok());
        assert!(written(&nested(MAX_DEPTH + 1)).unwrap_err().contains("more than 8 levels"));
        assert!(written(&format!("{{\"a\":{}", "[".repeat(8000))).unwrap_err().contains("more than 8 levels"), "also where they never close");
        let long = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
        assert!(Claims::parse(&long(MAX_BYTES)).is_ok());
        assert!(written(&long(MAX_BYTES + 1)).unwrap_err().contains("at most 8192"));
    }

    #[test]
    fn a_claim_that_is_there_gets_the_new_value_and_keeps_its_place() {
        let mut claims = Claims::parse(r#"{"a":1,"b":2}"#).unwrap();
        claims.add(Claims::parse(r#"{"c":3,"a":4}"#).unwrap());
        assert_eq!(serde_json::to_string(&claims).unwrap(), r#"{"a":4,"b":2,"c":3}"#);
        assert_eq!((claims.bytes(), claims.names().collect::<Vec<_>>()), (19, vec!["a", "b", "c"]));
    }

    #[test]
    fn what_is_held_is_as_long_as_what_was_given() {
        for text in ["{}", r#"{"a\"é":[{},[],{"b":null}]}"#, r#"{"a":1,"b":2}"#, &format!("{{\"a\":[{}0]}}", "[],".repeat(2000))] {
            let claims = Claims::parse(text).unwrap();
            let held: usize = claims.0.iter().map(|(_, Written(value))| value.get().len()).sum();
            assert_eq!((claims.bytes(), held <= text.len()), (text.len(), true));
        }
    }

    proptest! {
        #[test]
        fn what_was_read_is_read_again_as_the_same(text in r#"\{"[a-z"\\]{1,3}":[\[\]{}0-9e.,:"\\a-z-]{0,20}\}"#) {
            if let Ok(claims) = Claims::parse(&text) {
                let written = serde_json::to_string(&claims).unwrap();
                prop_assert_eq!(Claims::parse(&written), Ok(claims));
            }
        }
    }
}
