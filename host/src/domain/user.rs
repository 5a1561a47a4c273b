//! A user entity as the catalog gave it.

use super::{entity_ref::EntityRef, profile::Profile};

/// Bytes that a text takes besides its letters: its place in a list that may have grown too large, and what the allocator adds.
pub(super) const ALLOCATED: usize = 64;

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

    /// About what it takes in memory, in bytes.
    pub fn size(&self) -> usize {
        let Self { entity_ref, profile, annotations, ownership_entity_refs, json } = self;
        let profile = [&profile.email, &profile.display_name, &profile.picture].into_iter().flatten().map(String::capacity).sum::<usize>();
        let annotations = annotations.iter().map(|(key, value)| ALLOCATED + key.capacity() + ALLOCATED + value.capacity()).sum::<usize>();
        let refs = std::iter::once(entity_ref).chain(ownership_entity_refs).map(|owned| ALLOCATED + owned.as_str().len()).sum::<usize>();
        size_of::<Self>() + profile + annotations + refs + json.capacity()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_at_least_as_large_as_what_it_holds() {
        let entity_ref = EntityRef::new("user", "default", "alice").unwrap();
        let group = EntityRef::new("group", "default", "a").unwrap();
        let mut user = User {
            entity_ref: entity_ref.clone(),
            profile: Profile::default(),
            annotations: Vec::new(),
            ownership_entity_refs: vec![entity_ref],
            json: "x".repeat(5000),
        };
        let alone = user.size();
        assert!((5000..6000).contains(&alone), "{alone}");
        user.profile.email = Some("x".repeat(300));
        assert_eq!(user.size(), alone + 300);
        user.annotations = vec![("a".into(), "b".into()); 100];
        user.ownership_entity_refs = vec![group; 1000];
        assert!(user.size() > alone + 300 + 100 * (2 * size_of::<String>() + 2) + 1000 * (size_of::<EntityRef>() + 15), "{}", user.size());
    }
}
