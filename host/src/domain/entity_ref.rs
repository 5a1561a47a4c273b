//! Entity refs, always complete and in canonical form.
//!
//! An [`EntityRef`] that exists is valid: three non-empty parts, lower-cased, none of which can be mistaken for a separator. Nothing else in the
//! host compares or stores refs as text that still has to be parsed.

use std::{fmt, sync::Arc};

use serde::{Serialize, Serializer};

use super::fold::{fold, is_look_alike};

/// The longest part of a ref in bytes: `stagedoor:resolver/types.entity-ref`.
pub const MAX_PART_BYTES: usize = 253;

/// `kind:namespace/name` in lower case. Cheap to clone.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntityRef {
    text: Arc<str>,
    namespace_at: u16,
    name_at: u16,
}

/// Why three strings do not make an entity ref.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEntityRef {
    /// A part is empty.
    #[error("a part of the entity ref is empty")]
    Empty,
    /// A part is longer than [`MAX_PART_BYTES`].
    #[error("a part of the entity ref is longer than {MAX_PART_BYTES} bytes")]
    TooLong,
    /// A part holds `:`, `/`, `,` or a control character.
    #[error("a part of the entity ref holds ':', '/', ',' or a control character")]
    Character,
    /// A part holds a letter that other code would take for another one: Backstage lower-cases `\u{212A}` to `k`.
    #[error("a part of the entity ref holds a sign that looks like another letter, such as U+212A for K; write the letter itself")]
    LookAlike,
    /// The text is not of the form `kind:namespace/name`.
    #[error("the entity ref is not of the form kind:namespace/name")]
    Form,
}

impl EntityRef {
    /// Makes a ref of its parts in lower case ([`fold`]), as Backstage's catalog does.
    pub fn new(kind: &str, namespace: &str, name: &str) -> Result<Self, InvalidEntityRef> {
        let mut text = String::with_capacity(kind.len() + namespace.len() + name.len() + 2);
        push_part(&mut text, kind)?;
        text.push(':');
        let namespace_at = offset(&text)?;
        push_part(&mut text, namespace)?;
        text.push('/');
        let name_at = offset(&text)?;
        push_part(&mut text, name)?;
        Ok(Self { text: text.into(), namespace_at, name_at })
    }

    /// Reads `[kind:][namespace/]name`, completing what is missing with the defaults given.
    ///
    /// Source: `parseEntityRef` of Backstage's catalog model.
    pub fn parse(text: &str, default_kind: &str, default_namespace: &str) -> Result<Self, InvalidEntityRef> {
        let colon = text.find(':').filter(|colon| text.find('/').is_none_or(|slash| *colon < slash));
        let (kind, rest) = colon.map_or((default_kind, text), |at| (&text[..at], &text[at + 1..]));
        let (namespace, name) = rest.split_once('/').unwrap_or((default_namespace, rest));
        Self::new(kind, namespace, name)
    }

    /// The whole ref.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// `user`, `group`, …
    pub fn kind(&self) -> &str {
        &self.text[..usize::from(self.namespace_at) - 1]
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.text[usize::from(self.namespace_at)..usize::from(self.name_at) - 1]
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.text[usize::from(self.name_at)..]
    }
}

/// The position where the next part begins.
fn offset(text: &str) -> Result<u16, InvalidEntityRef> {
    u16::try_from(text.len()).map_err(|_| InvalidEntityRef::TooLong)
}

/// Checks one part and appends it in lower case.
fn push_part(text: &mut String, part: &str) -> Result<(), InvalidEntityRef> {
    if part.is_empty() {
        return Err(InvalidEntityRef::Empty);
    }
    if part.len() > MAX_PART_BYTES {
        return Err(InvalidEntityRef::TooLong);
    }
    if part.chars().any(|c| matches!(c, ':' | '/' | ',') || c.is_control()) {
        return Err(InvalidEntityRef::Character);
    }
    if part.chars().any(is_look_alike) {
        return Err(InvalidEntityRef::LookAlike);
    }
    let part = fold(part.into());
    // Lower case can be longer: `Ⱥ` has two bytes, `ⱥ` three.
    if part.len() > MAX_PART_BYTES {
        return Err(InvalidEntityRef::TooLong);
    }
    text.push_str(&part);
    Ok(())
}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl fmt::Debug for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Serialize for EntityRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn parts_are_lower_cased_and_kept_apart() {
        let user = EntityRef::new("User", "Default", "Carol.Upper").unwrap();
        assert_eq!(user.as_str(), "user:default/carol.upper");
        assert_eq!((user.kind(), user.namespace(), user.name()), ("user", "default", "carol.upper"));
    }

    #[test]
    fn names_that_real_directories_hold_are_accepted() {
        for name in ["alice@corp.example", "alice+ci", "Jane Doe", "jürgen"] {
            assert!(EntityRef::new("user", "default", name).is_ok(), "{name}");
        }
    }

    #[test]
    fn what_could_be_mistaken_for_another_ref_is_refused() {
        for (name, why) in [
            ("", InvalidEntityRef::Empty),
            ("group:root", InvalidEntityRef::Character),
            ("other/dave", InvalidEntityRef::Character),
            ("a,b", InvalidEntityRef::Character),
            ("a\nb", InvalidEntityRef::Character),
            ("a\0b", InvalidEntityRef::Character),
            ("\u{212A}evin", InvalidEntityRef::LookAlike),
            ("\u{212B}sa", InvalidEntityRef::LookAlike),
            ("\u{2126}", InvalidEntityRef::LookAlike),
            ("İsmail", InvalidEntityRef::LookAlike),
        ] {
            assert_eq!(EntityRef::new("user", "default", name), Err(why), "{name:?}");
        }
        assert_eq!(EntityRef::new("user", "default", &"a".repeat(254)), Err(InvalidEntityRef::TooLong));
        assert!(EntityRef::new("user", "default", &"a".repeat(253)).is_ok());
        assert_eq!(EntityRef::new("user", "default", &"Ⱥ".repeat(126)), Err(InvalidEntityRef::TooLong), "too long in lower case");
        assert!(EntityRef::new("user", "default", &"ⱥ".repeat(84)).is_ok());
        assert_eq!(EntityRef::new("\u{212A}ind", "default", "a"), Err(InvalidEntityRef::LookAlike));
    }

    #[test]
    fn defaults_complete_a_short_ref() {
        let full = |text| EntityRef::parse(text, "Group", "team").map(|r| r.to_string());
        assert_eq!(full("dept").unwrap(), "group:team/dept");
        assert_eq!(full("ops/dept").unwrap(), "group:ops/dept");
        assert_eq!(full("group:ops/dept").unwrap(), "group:ops/dept");
        assert_eq!(full("user:dept").unwrap(), "user:team/dept");
        assert!(full("a/b:c").is_err());
    }

    proptest! {
        #[test]
        fn a_ref_that_exists_reads_back_as_itself(kind in ".{1,20}", namespace in ".{1,20}", name in ".{1,20}") {
            if let Ok(made) = EntityRef::new(&kind, &namespace, &name) {
                prop_assert_eq!(EntityRef::parse(made.as_str(), "x", "y").unwrap(), made);
            }
        }
    }
}
