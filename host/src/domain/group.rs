//! A group entity as the catalog gave it.

use super::{
    entity_ref::{EntityRef, InvalidEntityRef},
    user::ALLOCATED,
};

/// One entity of kind Group, immutable and shared between sign-ins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its canonical ref.
    pub entity_ref: EntityRef,
    /// `spec.profile.displayName`.
    pub display_name: Option<String>,
    /// The group above it, whether or not the catalog has that one. See [`parent`].
    pub parent: Option<EntityRef>,
    /// The whole entity as JSON.
    pub json: String,
}

impl Group {
    /// About what it takes in memory, in bytes.
    pub fn size(&self) -> usize {
        let Self { entity_ref, display_name, parent, json } = self;
        let refs = std::iter::once(entity_ref).chain(parent).map(|one| ALLOCATED + one.as_str().len()).sum::<usize>();
        size_of::<Self>() + refs + display_name.as_ref().map_or(0, String::capacity) + json.capacity()
    }
}

/// The parent of a group: the first group that its `childOf` relations lead to, in the catalog's order; where there is none, what its `spec.parent`
/// names.
///
/// A short `spec.parent` is completed with the kind group and the namespace of the group itself, as the catalog does when it makes the relation of
/// it. One that names another kind is no parent.
pub fn parent(group: &EntityRef, child_of: Option<EntityRef>, spec_parent: Option<&str>) -> Result<Option<EntityRef>, InvalidEntityRef> {
    if child_of.is_some() {
        return Ok(child_of);
    }
    let named = spec_parent.map(|text| EntityRef::parse(text, "group", group.namespace())).transpose()?;
    Ok(named.filter(|named| named.kind() == "group"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_outweighs_what_was_written() {
        let group = EntityRef::new("group", "ops", "team").unwrap();
        let above = EntityRef::new("group", "default", "above").unwrap();
        let parent =
            |child_of: Option<&EntityRef>, text| parent(&group, child_of.cloned(), text).map(|parent| parent.map(|parent| parent.to_string()));
        assert_eq!(parent(Some(&above), Some("dept")).unwrap().as_deref(), Some("group:default/above"));
        for (text, full) in
            [("dept", "group:ops/dept"), ("x/dept", "group:x/dept"), ("Group:x/Dept", "group:x/dept"), ("group:dept", "group:ops/dept")]
        {
            assert_eq!(parent(None, Some(text)).unwrap().as_deref(), Some(full));
        }
        assert_eq!((parent(None, Some("user:x")), parent(None, None)), (Ok(None), Ok(None)));
        assert!(parent(None, Some("a:b:c")).is_err());
    }

    #[test]
    fn a_group_is_at_least_as_large_as_what_it_holds() {
        let entity_ref = EntityRef::new("group", "default", "a").unwrap();
        let alone = Group { entity_ref: entity_ref.clone(), display_name: None, parent: None, json: "x".repeat(500) };
        assert!((500..1000).contains(&alone.size()));
        let more = Group { display_name: Some("x".repeat(300)), parent: Some(entity_ref), ..alone.clone() };
        assert!(more.size() > alone.size() + 300 + "group:default/a".len());
    }
}
