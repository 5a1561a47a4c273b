//! From an entity of the catalog's API to a user or a group: whole, or not at all.
//!
//! The catalog has checked its entities, yet another may stand at its address. So the parts that a sign-in stands on must have the right types,
//! every relation must be one, and what is missing where the catalog may leave it out (`spec`, `relations`, the namespace) is taken as empty.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
};

use serde::Deserialize;

use crate::domain::{
    entity_ref::EntityRef,
    group::{self, Group},
    profile::Profile,
    user::User,
};

/// Relations of one user. A person is a member of some groups; the largest companies count them in thousands.
const MAX_RELATIONS: usize = 20_000;

#[derive(Deserialize)]
struct Entity<'e> {
    #[serde(borrow)]
    kind: Cow<'e, str>,
    #[serde(borrow)]
    metadata: Metadata<'e>,
    spec: Option<Spec>,
    #[serde(borrow)]
    relations: Option<Vec<Relation<'e>>>,
}

#[derive(Deserialize)]
struct Metadata<'e> {
    #[serde(borrow)]
    namespace: Option<Cow<'e, str>>,
    #[serde(borrow)]
    name: Cow<'e, str>,
    annotations: Option<BTreeMap<String, String>>,
}

#[derive(Default, Deserialize)]
struct Spec {
    profile: Option<ProfileOfSpec>,
    /// Of a group. A user may have anything there.
    parent: Option<serde_json::Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ProfileOfSpec {
    email: Option<String>,
    display_name: Option<String>,
    picture: Option<String>,
}

#[derive(Deserialize)]
struct Relation<'e> {
    #[serde(borrow, rename = "type")]
    kind: Cow<'e, str>,
    #[serde(borrow, rename = "targetRef")]
    target: Cow<'e, str>,
}

/// Reads a user. The error says what is wrong in the words of an operator.
pub(super) fn user(json: String) -> Result<User, String> {
    let (entity_ref, Entity { metadata, spec, relations, .. }) = named(&json)?;
    if entity_ref.kind() != "user" {
        return Err("the entity is no user".into());
    }
    let ownership_entity_refs = ownership(&entity_ref, &relations.unwrap_or_default())?;
    let ProfileOfSpec { email, display_name, picture } = spec.unwrap_or_default().profile.unwrap_or_default();
    let annotations = metadata.annotations.unwrap_or_default().into_iter().collect();
    Ok(User { entity_ref, profile: Profile { email, display_name, picture }, annotations, ownership_entity_refs, json })
}

/// Reads a group. The error says what is wrong in the words of an operator.
pub(super) fn group(json: String) -> Result<Group, String> {
    let (entity_ref, Entity { spec, relations, .. }) = named(&json)?;
    if entity_ref.kind() != "group" {
        return Err("the entity is no group".into());
    }
    let Spec { profile, parent } = spec.unwrap_or_default();
    let above = relations.unwrap_or_default().into_iter().find(|relation| relation.kind == "childOf" && relation.target.starts_with("group:"));
    let above = above.map(|relation| group_ref(&relation.target)).transpose()?;
    let spec_parent = match &parent {
        Some(parent) => Some(parent.as_str().ok_or("the entity has a spec.parent that is no text")?),
        None => None,
    };
    let parent = group::parent(&entity_ref, above, spec_parent).map_err(|error| format!("the entity has a spec.parent that cannot be: {error}"))?;
    Ok(Group { entity_ref, display_name: profile.unwrap_or_default().display_name, parent, json })
}

/// The entity and its name.
fn named(json: &str) -> Result<(EntityRef, Entity<'_>), String> {
    let entity: Entity<'_> = serde_json::from_str(json).map_err(|error| format!("it is no entity: {error}"))?;
    let namespace = entity.metadata.namespace.as_deref().unwrap_or("default");
    let entity_ref = EntityRef::new(&entity.kind, namespace, &entity.metadata.name);
    Ok((entity_ref.map_err(|error| format!("the entity has a name that cannot be: {error}"))?, entity))
}

/// The target of a relation that begins with `group:`.
fn group_ref(target: &str) -> Result<EntityRef, String> {
    let (namespace, name) = target["group:".len()..].split_once('/').ok_or("a relation of the entity has no complete target")?;
    EntityRef::new("group", namespace, name).map_err(|error| format!("a relation of the entity has a target that cannot be: {error}"))
}

/// The user, then the groups of its `memberOf` relations in the catalog's order, each once.
///
/// Source: `resolveOwnershipEntityRefs` of Backstage, which compares `group:` in this very case.
fn ownership(user: &EntityRef, relations: &[Relation<'_>]) -> Result<Vec<EntityRef>, String> {
    if relations.len() > MAX_RELATIONS {
        return Err(format!("the entity has more than {MAX_RELATIONS} relations"));
    }
    let mut owned = vec![user.clone()];
    let mut known = HashSet::new();
    for relation in relations.iter().filter(|relation| relation.kind == "memberOf" && relation.target.starts_with("group:")) {
        let group = group_ref(&relation.target)?;
        if known.insert(group.clone()) {
            owned.push(group);
        }
    }
    Ok(owned)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(entity: &Value) -> Result<User, String> {
        user(entity.to_string())
    }

    fn owned(user: &User) -> Vec<&str> {
        user.ownership_entity_refs.iter().map(EntityRef::as_str).collect()
    }

    #[test]
    fn a_user_is_read_with_what_it_owns() {
        let entity = json!({
            "metadata": { "namespace": "NS", "name": "Carol", "uid": "x", "annotations": { "b": "2", "a": "1" } },
            "apiVersion": "backstage.io/v1alpha1", "kind": "User",
            "spec": { "profile": { "email": "carol@example.com", "displayName": "Carol", "picture": null }, "memberOf": ["b"] },
            "relations": [
                { "type": "memberOf", "targetRef": "group:default/b" }, { "type": "memberOf", "targetRef": "group:default/a", "target": {} },
                { "type": "memberOf", "targetRef": "group:default/b" }, { "type": "memberOf", "targetRef": "Group:default/C" },
                { "type": "memberOf", "targetRef": "team:default/t" }, { "type": "ownerOf", "targetRef": "group:default/o" },
                { "type": "memberOf", "targetRef": "user:ns/carol" },
            ],
        });
        let user = read(&entity).unwrap();
        assert_eq!(owned(&user), ["user:ns/carol", "group:default/b", "group:default/a"]);
        assert_eq!((user.profile.email.as_deref(), user.profile.picture.as_deref()), (Some("carol@example.com"), None));
        assert_eq!((user.annotation("a"), user.annotation("A")), (Some("1"), None));
        assert_eq!(user.json, entity.to_string());
    }

    #[test]
    fn what_the_catalog_may_leave_out_is_empty() {
        let user = read(&json!({ "kind": "User", "metadata": { "name": "NoRel" } })).unwrap();
        assert_eq!((owned(&user), &user.profile), (vec!["user:default/norel"], &Profile::default()));
    }

    #[test]
    fn a_user_is_whole_or_none() {
        let with = |key: &str, value: Value| {
            let mut entity = json!({ "kind": "User", "metadata": { "name": "x" } });
            entity[key] = value;
            entity
        };
        for entity in [
            json!({}),
            json!([]),
            json!("User"),
            with("kind", json!(1)),
            with("kind", json!("Group")),
            with("kind", Value::Null),
            with("metadata", Value::Null),
            with("metadata", json!({ "name": "" })),
            with("metadata", json!({ "name": 1 })),
            with("metadata", json!({ "name": "a/b" })),
            with("metadata", json!({ "name": "x", "namespace": "" })),
            with("metadata", json!({ "name": "\u{212A}evin" })),
            with("metadata", json!({ "name": "x", "annotations": { "a": 1 } })),
            with("metadata", json!({ "name": "x", "annotations": ["a"] })),
            with("spec", json!("text")),
            with("spec", json!({ "profile": { "email": 1 } })),
            with("relations", json!({})),
            with("relations", json!([{ "type": "memberOf" }])),
            with("relations", json!([{ "type": "memberOf", "targetRef": null }])),
            with("relations", json!([{ "type": "memberOf", "targetRef": "group:" }])),
            with("relations", json!([{ "type": "memberOf", "targetRef": "group:b" }])),
            with("relations", json!([{ "type": "memberOf", "targetRef": "group:a/b/c" }])),
            with("relations", json!([{ "type": "ownerOf", "targetRef": "x" }, null])),
            with("relations", vec![json!({ "type": "ownerOf", "targetRef": "x" }); MAX_RELATIONS + 1].into()),
        ] {
            assert!(read(&entity).is_err(), "{entity}");
        }
        assert!(user(r#"{"kind":"Group","kind":"User","metadata":{"name":"x"}}"#.into()).is_err(), "a member that stands twice");
        assert!(user(format!("{}{}", "[".repeat(5000), "]".repeat(5000))).is_err(), "too deep");
        assert!(user(r#"{"kind":"User","metadata":{"name":"x"}} {}"#.into()).is_err(), "something behind it");
    }
}
