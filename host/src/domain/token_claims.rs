//! What somebody else's token says: one JSON object, read strictly and written anew.
//!
//! A [`TokenObject`] means the same to every reader: no member occurs twice, and each number fits a double. Nothing is said here about who wrote it.

use std::{fmt, sync::Arc};

use serde_json::Value;

use super::claims::strict;

/// The name below `stagedoor.tokens` whose verified claims every resolver is told.
pub const ID: &str = "id";

/// Bytes of one part of a token. A request has 64 kB of headers in all.
pub const MAX_BYTES: usize = 64 * 1024;

/// Levels of lists and objects, the object itself being the first.
pub const MAX_DEPTH: usize = 16;

/// Claims of a token as JSON: no member twice, no number that a double cannot hold. Its `Debug` shows nothing of them.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenClaims(Arc<str>);

impl TokenClaims {
    /// Claims that were written anew.
    pub fn written(json: impl Into<Arc<str>>) -> Self {
        Self(json.into())
    }

    /// As JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for TokenClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenClaims(…)")
    }
}

/// The header or the claims of a token. Its `Debug` shows nothing of them.
pub struct TokenObject(Vec<(String, Value)>);

/// Why a text is none. It quotes nothing of the text but a member's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidTokenObject(String);

impl TokenObject {
    /// Reads a JSON object of at most [`MAX_BYTES`] and [`MAX_DEPTH`].
    pub fn parse(text: &str) -> Result<Self, InvalidTokenObject> {
        if text.len() > MAX_BYTES {
            return Err(InvalidTokenObject(format!("it has {} bytes, at most {MAX_BYTES} are allowed", text.len())));
        }
        strict::object(text, MAX_DEPTH).map(Self).map_err(|error| InvalidTokenObject(error.to_string()))
    }

    /// The member of this very name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, value)| value)
    }

    /// The member of this name, or else what its parts lead to, with a dot between them: a claim may be called `https://corp.example/email`.
    pub fn at(&self, path: &str) -> Option<&Value> {
        self.get(path).or_else(|| {
            let mut parts = path.split('.');
            let first = self.get(parts.next()?)?;
            parts.try_fold(first, |value, part| value.get(part))
        })
    }

    /// The same as claims.
    pub fn written(&self) -> TokenClaims {
        let members: Vec<_> = self.0.iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str()))).collect();
        TokenClaims::written(format!("{{{}}}", members.join(",")))
    }
}

impl fmt::Debug for TokenObject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TokenObject(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Result<String, String> {
        TokenObject::parse(text).map(|object| object.written().as_str().to_owned()).map_err(|error| error.to_string())
    }

    #[test]
    fn it_is_written_anew_in_its_order() {
        assert_eq!(written(r#" {"z":1e1,"a\u0022":{"b":[null]}} "#).unwrap(), r#"{"z":10,"a\"":{"b":[null]}}"#);
        assert_eq!(written("{}").unwrap(), "{}");
    }

    #[test]
    fn what_others_could_read_differently_is_refused() {
        for (text, why) in [
            (r#"{"sub":"a","sub":"b"}"#, "the member \"sub\" occurs twice"),
            (r#"{"a":{"b":1,"\u0062":2}}"#, "the member \"b\" occurs twice"),
            (r#"{"exp":9007199254740993}"#, "beyond 2^53 - 1"),
            (r#"{"exp":1e400}"#, "out of range"),
            ("[]", "no JSON object"),
        ] {
            assert!(written(text).unwrap_err().contains(why), "{text}");
        }
    }

    #[test]
    fn size_and_depth_have_limits_of_their_own() {
        let nested = |levels: usize| format!("{{\"a\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
        assert!(written(&nested(MAX_DEPTH)).is_ok());
        assert!(written(&nested(MAX_DEPTH + 1)).unwrap_err().contains("more than 16 levels"));
        let long = |length: usize| format!("{{\"a\":\"{}\"}}", "x".repeat(length - 8));
        assert!(written(&long(MAX_BYTES)).is_ok());
        assert!(written(&long(MAX_BYTES + 1)).unwrap_err().contains("at most 65536"));
    }

    #[test]
    fn a_path_is_a_name_or_leads_from_one_to_the_next() {
        let object = TokenObject::parse(r#"{"a":{"b":{"c":1}},"https://corp.example/email":"x","a.b":2,"l":[{"c":3}]}"#).unwrap();
        let at = |path| object.at(path).map(ToString::to_string);
        assert_eq!(at("https://corp.example/email").as_deref(), Some("\"x\""));
        assert_eq!((at("a.b.c").as_deref(), at("a.b").as_deref()), (Some("1"), Some("2")));
        for path in ["", "b", "a.", "a..b", ".a", "a.b.c.d", "l.0", "l.c", "l.0.c"] {
            assert_eq!(at(path), None, "{path:?}");
        }
    }
}
