//! The full name of an entity, in three parts that are never glued together to be parsed again.

use std::{collections::BTreeSet, fmt};

use crate::fold::{is_look_alike, same};

/// The longest part of a ref in bytes.
pub(crate) const MAX_PART_BYTES: usize = 253;

/// `kind:namespace/name`, as everywhere in Backstage.
///
/// What the host gives is in lower case. What a resolver makes up is kept as written and lower-cased by the host; two refs are equal if they are
/// then the same entity.
///
/// ```
/// use resolver_sdk::EntityRef;
///
/// let carol = EntityRef::user("Carol").in_namespace("people");
/// assert_eq!(carol, EntityRef::user("carol").in_namespace("people"));
/// assert_ne!(carol, EntityRef::user("carol"));
/// assert_eq!(EntityRef::user("alice").to_string(), "user:default/alice");
/// ```
#[derive(Debug, Clone)]
pub struct EntityRef {
    pub(crate) kind: String,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl EntityRef {
    /// The user of that name in the namespace `default`. The name is only a name: `people/carol` is somebody nobody can be.
    pub fn user(name: impl Into<String>) -> Self {
        Self { kind: "user".into(), namespace: "default".into(), name: name.into() }
    }

    /// The group of that name in the namespace `default`, to compare with what a user owns.
    pub fn group(name: impl Into<String>) -> Self {
        Self { kind: "group".into(), ..Self::user(name) }
    }

    /// The same name in another namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: impl Into<String>) -> Self {
        Self { namespace: namespace.into(), ..self }
    }

    /// `user`, `group`, …
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether an entity can bear it as it is written (`stagedoor:resolver/types.entity-ref`).
    pub(crate) fn can_be_borne(&self) -> bool {
        let separates = |c: char| matches!(c, ':' | '/' | ',') || c.is_control();
        let part = |part: &str| !part.is_empty() && part.len() <= MAX_PART_BYTES && !part.chars().any(|c| separates(c) || is_look_alike(c));
        part(&self.kind) && part(&self.namespace) && part(&self.name)
    }

    /// The refs that somebody can bear, in order, each once.
    pub(crate) fn each_once(refs: impl IntoIterator<Item = Self>) -> Vec<Self> {
        // What differs in more than ASCII letters is for the host to compare: it has the tables.
        let mut seen = BTreeSet::new();
        let key = |Self { kind, namespace, name }: &Self| [&**kind, ":", namespace, "/", name].concat().to_ascii_lowercase();
        refs.into_iter().filter(|entity_ref| entity_ref.can_be_borne() && seen.insert(key(entity_ref))).collect()
    }
}

impl PartialEq for EntityRef {
    fn eq(&self, other: &Self) -> bool {
        same(&self.kind, &other.kind) && same(&self.namespace, &other.namespace) && same(&self.name, &other.name)
    }
}

impl Eq for EntityRef {}

impl fmt::Display for EntityRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}/{}", self.kind, self.namespace, self.name)
    }
}
