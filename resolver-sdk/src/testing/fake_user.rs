//! Users of the fake catalog.

use serde_json::{Value, json};

use super::entity::{complete, entity_ref, member, push_relation, targets, text};
use crate::{EntityRef, Profile, handle};

/// A user entity, to be given to [`FakeContext::with_user`](super::FakeContext::with_user).
///
/// ```
/// use resolver_sdk::testing::FakeUser;
///
/// FakeUser::new("carol")
///     .in_namespace("people")
///     .email("carol@corp.example")
///     .display_name("Carol")
///     .annotation("github.com/user-login", "carol-gh")
///     .member_of("team-a");
/// ```
#[derive(Debug, Clone)]
pub struct FakeUser(Value);

impl FakeUser {
    /// A user of that name in the namespace `default`, without e-mail, annotations or groups.
    pub fn new(name: &str) -> Self {
        Self::from_entity(json!({ "metadata": { "name": name } }))
    }

    /// A whole entity, as the catalog would give it: with its relations. What is missing is completed to a User in the namespace `default`.
    ///
    /// # Panics
    /// If it has no name, or one that no entity can bear.
    pub fn from_entity(entity: Value) -> Self {
        Self(complete(entity, "User"))
    }

    /// The same user in another namespace.
    #[must_use]
    pub fn in_namespace(self, namespace: &str) -> Self {
        self.with("metadata", "namespace", namespace.into())
    }

    /// With this e-mail address in `spec.profile`.
    #[must_use]
    pub fn email(self, email: &str) -> Self {
        self.with_profile("email", email)
    }

    /// With this display name in `spec.profile`.
    #[must_use]
    pub fn display_name(self, name: &str) -> Self {
        self.with_profile("displayName", name)
    }

    /// With this picture in `spec.profile`.
    #[must_use]
    pub fn picture(self, url: &str) -> Self {
        self.with_profile("picture", url)
    }

    /// With this annotation.
    #[must_use]
    pub fn annotation(mut self, key: &str, value: &str) -> Self {
        member(member(&mut self.0, "metadata"), "annotations")[key] = value.into();
        self
    }

    /// With a membership of the group of that name in the namespace `default`.
    #[must_use]
    pub fn member_of(mut self, group: &str) -> Self {
        push_relation(&mut self.0, "memberOf", &EntityRef::group(group));
        self
    }

    fn with_profile(mut self, key: &str, value: &str) -> Self {
        member(member(&mut self.0, "spec"), "profile")[key] = value.into();
        self
    }

    fn with(mut self, parent: &str, key: &str, value: Value) -> Self {
        member(&mut self.0, parent)[key] = value;
        self
    }

    /// The entity itself.
    pub(super) fn entity(&self) -> &Value {
        &self.0
    }

    /// What a resolver gets to see of it.
    pub(super) fn user(&self) -> handle::User {
        let entity_ref = entity_ref(&self.0).expect("was checked when the user was made");
        let text = |pointer| text(&self.0, pointer);
        let profile =
            Profile { email: text("/spec/profile/email"), display_name: text("/spec/profile/displayName"), picture: text("/spec/profile/picture") };
        let annotations = self.0.pointer("/metadata/annotations").and_then(Value::as_object).into_iter().flatten();
        let annotations = annotations.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
        let mut ownership_entity_refs = vec![entity_ref.clone()];
        for group in targets(&self.0, "memberOf") {
            if !ownership_entity_refs.contains(&group) {
                ownership_entity_refs.push(group);
            }
        }
        handle::User { entity_ref, profile, annotations, ownership_entity_refs, json: self.0.to_string() }
    }
}
