//! The full name of an entity, in three parts that are never glued together to be parsed again.

use std::{collections::BTreeSet, fmt};

use crate::fold::{fold, is_look_alike, same};

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

    /// The ref in lower case; `None` if no entity can bear it (`stagedoor:resolver/types.entity-ref`).
    pub(crate) fn canonical(&self) -> Option<Self> {
        let part = |part: &str| {
            let separates = |c: char| matches!(c, ':' | '/' | ',') || c.is_control();
            let bearable = !part.is_empty() && !part.chars().any(|c| separates(c) || is_look_alike(c));
            // Lower case can be longer.
            (bearable && part.len() <= 253).then(|| fold(part).into_owned()).filter(|folded| folded.len() <= 253)
        };
        Some(Self { kind: part(&self.kind)?, namespace: part(&self.namespace)?, name: part(&self.name)? })
    }

    /// Refs that somebody can bear, in lower case, in order and each once.
    pub(crate) fn distinct(refs: impl IntoIterator<Item = Self>) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        refs.into_iter().filter_map(|entity_ref| entity_ref.canonical()).filter(|entity_ref| seen.insert(entity_ref.to_string())).collect()
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
