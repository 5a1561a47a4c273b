//! A user entity as the catalog gave it.

use super::{entity_ref::EntityRef, profile::Profile};

/// One entity of kind User, immutable and shared between sign-ins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Its canonical ref.
    pub entity_ref: EntityRef,
    /// `spec.profile`.
    pub profile: Profile,
    /// `metadata.annotations`; few, so a list.
    pub annotations: Vec<(String, String)>,
    /// The user itself, then the groups of its `memberOf` relations in the catalog's order, each once.
    ///
    /// Source: `resolveOwnershipEntityRefs` of Backstage; not transitive.
    pub ownership_entity_refs: Vec<EntityRef>,
    /// The whole entity as JSON.
    pub json: String,
}

impl User {
    /// The value of an annotation. Keys are compared exactly.
    pub fn annotation(&self, key: &str) -> Option<&str> {
        self.annotations.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }
}
