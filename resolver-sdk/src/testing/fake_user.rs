//! Users of the fake catalog.

use serde_json::{Map, Value, json};

use super::bounds::canonical;
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
    pub fn from_entity(mut entity: Value) -> Self {
        for (pointer, default) in
            [("/apiVersion", json!("backstage.io/v1alpha1")), ("/kind", json!("User")), ("/metadata/namespace", json!("default"))]
        {
            let (parent, key) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
            let parent = entity.pointer_mut(parent).and_then(Value::as_object_mut).expect("a user entity is an object with metadata");
            parent.entry(key).or_insert(default);
        }
        let user = Self(entity);
        assert!(user.entity_ref().is_some(), "no entity can bear the name of this user: {}", user.0);
        user
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
        let relation = json!({ "type": "memberOf", "targetRef": EntityRef::group(group).to_string() });
        match self.0["relations"].as_array_mut() {
            Some(relations) => relations.push(relation),
            None => self.0["relations"] = json!([relation]),
        }
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

    /// The ref in lower case.
    fn entity_ref(&self) -> Option<EntityRef> {
        let text = |pointer| self.text(pointer);
        canonical(&EntityRef { kind: text("/kind")?, namespace: text("/metadata/namespace")?, name: text("/metadata/name")? })
    }

    fn text(&self, pointer: &str) -> Option<String> {
        self.0.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
    }

    /// The entity itself.
    pub(super) fn entity(&self) -> &Value {
        &self.0
    }

    /// What a resolver gets to see of it.
    pub(super) fn user(&self) -> handle::User {
        let entity_ref = self.entity_ref().expect("was checked when the user was made");
        let text = |pointer| self.text(pointer);
        let profile =
            Profile { email: text("/spec/profile/email"), display_name: text("/spec/profile/displayName"), picture: text("/spec/profile/picture") };
        let annotations = self.0.pointer("/metadata/annotations").and_then(Value::as_object).into_iter().flatten();
        let annotations = annotations.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect();
        let mut ownership_entity_refs = vec![entity_ref.clone()];
        for group in self.groups() {
            if !ownership_entity_refs.contains(&group) {
                ownership_entity_refs.push(group);
            }
        }
        handle::User { entity_ref, profile, annotations, ownership_entity_refs, json: self.0.to_string() }
    }

    /// The groups of the `memberOf` relations.
    fn groups(&self) -> impl Iterator<Item = EntityRef> {
        let relations = self.0["relations"].as_array().into_iter().flatten();
        let targets = relations.filter(|relation| relation["type"] == "memberOf").filter_map(|relation| relation["targetRef"].as_str());
        targets.filter_map(|target| {
            let (namespace, name) = target.strip_prefix("group:")?.split_once('/')?;
            canonical(&EntityRef::group(name).in_namespace(namespace))
        })
    }
}

/// The member of an object, made an empty object if it is not there.
fn member<'a>(parent: &'a mut Value, key: &str) -> &'a mut Value {
    let member = &mut parent[key];
    if member.is_null() {
        *member = Value::Object(Map::new());
    }
    member
}
