//! Groups of the fake catalog.

use serde_json::{Value, json};

use super::{
    bounds::canonical,
    entity::{complete, entity_ref, member, push_relation, targets, text},
};
use crate::{EntityRef, handle};

/// A group entity, to be given to [`FakeContext::with_group`](super::FakeContext::with_group).
///
/// ```
/// use resolver_sdk::testing::FakeGroup;
///
/// FakeGroup::new("team-a").display_name("Team A").child_of("dept");
/// ```
#[derive(Debug, Clone)]
pub struct FakeGroup(Value);

impl FakeGroup {
    /// A group of that name in the namespace `default`, without display name or parent.
    pub fn new(name: &str) -> Self {
        Self::from_entity(json!({ "metadata": { "name": name } }))
    }

    /// A whole entity, as the catalog would give it: with its relations. What is missing is completed to a Group in the namespace `default`.
    ///
    /// # Panics
    /// If it has no name, or one that no entity can bear.
    pub fn from_entity(entity: Value) -> Self {
        Self(complete(entity, "Group"))
    }

    /// The same group in another namespace.
    #[must_use]
    pub fn in_namespace(mut self, namespace: &str) -> Self {
        member(&mut self.0, "metadata")["namespace"] = namespace.into();
        self
    }

    /// With this display name in `spec.profile`.
    #[must_use]
    pub fn display_name(mut self, name: &str) -> Self {
        member(member(&mut self.0, "spec"), "profile")["displayName"] = name.into();
        self
    }

    /// With the relation `childOf` to the group of that name in the namespace `default`.
    #[must_use]
    pub fn child_of(mut self, parent: &str) -> Self {
        push_relation(&mut self.0, "childOf", &EntityRef::group(parent));
        self
    }

    /// With this text as `spec.parent`, as somebody wrote it: `dept`, `ops/dept` or `group:ops/dept`.
    #[must_use]
    pub fn parent(mut self, parent: &str) -> Self {
        member(&mut self.0, "spec")["parent"] = parent.into();
        self
    }

    /// The entity itself.
    pub(super) fn entity(&self) -> &Value {
        &self.0
    }

    /// What a resolver gets to see of it.
    pub(super) fn group(&self) -> handle::Group {
        let entity_ref = entity_ref(&self.0).expect("was checked when the group was made");
        let parent = targets(&self.0, "childOf").next().or_else(|| written_parent(&text(&self.0, "/spec/parent")?, &entity_ref));
        handle::Group { entity_ref, display_name: text(&self.0, "/spec/profile/displayName"), parent, json: self.0.to_string() }
    }
}

/// The ref that somebody wrote as a parent: a group, in the namespace of the child unless it says another.
fn written_parent(text: &str, child: &EntityRef) -> Option<EntityRef> {
    let (kind, text) = text.split_once(':').unwrap_or(("group", text));
    let (namespace, name) = text.split_once('/').unwrap_or((child.namespace(), text));
    canonical(&EntityRef { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() }).filter(|parent| parent.kind == "group")
}
