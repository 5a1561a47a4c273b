//! From a YAML document to a user, a group, or a location to follow.
//!
//! An entity is used whole or not at all: one that Backstage's catalog would refuse signs nobody in, and the reason says what to write instead.
//! Names are looser than Backstage's (see [`EntityRef`]); keys that only others need are kept as they are.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::{
    draft::{GroupDraft, UserDraft},
    part::Part,
    relations::RelationType,
};
use crate::domain::{entity_ref::EntityRef, fold::fold, profile::Profile};

/// What a document is to us.
#[derive(Debug)]
pub(super) enum Entity {
    User(Named, UserDraft),
    Group(Named, GroupDraft),
    Location(Targets),
    /// Of a kind that has no part in sign-in.
    Other,
}

/// What users and groups have in common: a name, and what they say about others.
#[derive(Debug)]
pub(super) struct Named {
    pub(super) entity_ref: EntityRef,
    pub(super) relations: Vec<(RelationType, EntityRef)>,
}

/// What an entity of kind Location points at.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Targets {
    /// `file` or what the entity says.
    pub(super) kind: String,
    pub(super) paths: Vec<String>,
    /// `presence: optional`.
    pub(super) optional: bool,
}

/// Why a document is left out.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unusable {
    /// Kind and name, as far as it has them.
    pub(super) entity: String,
    /// What is wrong and what to write.
    pub(super) reason: String,
}

/// Reads a document.
pub(super) fn read(document: Value) -> Result<Entity, Unusable> {
    let word = |pointer| document.pointer(pointer).and_then(Value::as_str);
    let entity = [word("/kind"), word("/metadata/name")].into_iter().flatten().collect::<Vec<_>>().join(" ");
    match document {
        Value::Object(document) => of_kind(document),
        _ => Err("it is no entity; an entity has apiVersion, kind, metadata and spec".into()),
    }
    .map_err(|reason| Unusable { entity, reason })
}

fn of_kind(document: Map<String, Value>) -> Result<Entity, String> {
    let root = Part::root(&document);
    let kind = root.required_text("kind")?;
    match kind {
        "User" => user(document),
        "Group" => group(document),
        "Location" => location(&root),
        _ => match ["User", "Group", "Location"].iter().find(|known| known.eq_ignore_ascii_case(kind)) {
            Some(known) => Err(format!("its kind is {kind}; write {known}")),
            None => Ok(Entity::Other),
        },
    }
}

fn user(document: Map<String, Value>) -> Result<Entity, String> {
    let root = Part::root(&document);
    let entity_ref = entity_ref(&root)?;
    let spec = root.required_part("spec")?;
    let relations = references(spec.texts("memberOf")?, "spec.memberOf", RelationType::MemberOf, "group", &entity_ref)?;
    let profile = match spec.part("profile")? {
        Some(profile) => Profile {
            email: profile.text("email")?.map(str::to_owned),
            display_name: profile.text("displayName")?.map(str::to_owned),
            picture: profile.text("picture")?.map(str::to_owned),
        },
        None => Profile::default(),
    };
    let annotations = annotations(&root)?;
    no_keys_that_differ_in_case(&document)?;
    Ok(Entity::User(Named { entity_ref, relations }, UserDraft::new(profile, annotations, document)?))
}

fn group(document: Map<String, Value>) -> Result<Entity, String> {
    let root = Part::root(&document);
    let entity_ref = entity_ref(&root)?;
    let spec = root.required_part("spec")?;
    let parent = spec.text("parent")?.into_iter().collect();
    let mut relations = references(parent, "spec.parent", RelationType::ChildOf, "group", &entity_ref)?;
    relations.extend(references(spec.texts("children")?, "spec.children", RelationType::ParentOf, "group", &entity_ref)?);
    relations.extend(references(spec.texts("members")?, "spec.members", RelationType::HasMember, "user", &entity_ref)?);
    let display_name = match spec.part("profile")? {
        Some(profile) => profile.text("displayName")?.map(str::to_owned),
        None => None,
    };
    no_keys_that_differ_in_case(&document)?;
    Ok(Entity::Group(Named { entity_ref, relations }, GroupDraft::new(display_name, document)?))
}

fn location(root: &Part<'_>) -> Result<Entity, String> {
    let spec = root.required_part("spec")?;
    let paths: Vec<_> = spec.text("target")?.into_iter().chain(spec.texts("targets")?).map(str::to_owned).collect();
    let optional = spec.text("presence")? == Some("optional");
    Ok(Entity::Location(Targets { kind: spec.text("type")?.unwrap_or("file").to_owned(), paths, optional }))
}

fn entity_ref(root: &Part<'_>) -> Result<EntityRef, String> {
    root.required_text("apiVersion")?;
    let metadata = root.required_part("metadata")?;
    let namespace = metadata.text("namespace")?.unwrap_or("default");
    EntityRef::new(root.required_text("kind")?, namespace, metadata.required_text("name")?)
        .map_err(|error| format!("its name cannot be used: {error}"))
}

/// Completes short refs with the kind that is meant and the namespace of the entity itself.
fn references(
    texts: Vec<&str>,
    path: &str,
    kind: RelationType,
    default_kind: &str,
    of: &EntityRef,
) -> Result<Vec<(RelationType, EntityRef)>, String> {
    let complete = |text| EntityRef::parse(text, default_kind, of.namespace()).map(|target| (kind, target));
    texts.into_iter().map(|text| complete(text).map_err(|error| format!("{path} holds '{}': {error}", text.escape_debug()))).collect()
}

fn annotations(root: &Part<'_>) -> Result<Vec<(String, String)>, String> {
    let Some(annotations) = root.required_part("metadata")?.part("annotations")? else { return Ok(Vec::new()) };
    let one = |(key, value): (&String, &Value)| match value {
        Value::String(value) => Ok((key.clone(), value.clone())),
        _ => Err(format!("metadata.annotations.{key} must be text; put it in quotes")),
    };
    annotations.members.iter().map(one).collect()
}

/// Refuses two paths that the catalog's search could not tell apart; Backstage serves no such entity.
fn no_keys_that_differ_in_case(document: &Map<String, Value>) -> Result<(), String> {
    match keys_that_differ_in_case(document) {
        Some(keys) => Err(format!("{keys} differ only in upper and lower case; keep one of them")),
        None => Ok(()),
    }
}

fn keys_that_differ_in_case(document: &Map<String, Value>) -> Option<String> {
    fn leaves(path: &str, value: &Value, all: &mut Vec<String>) {
        match value {
            Value::Object(members) => members.iter().for_each(|(key, value)| leaves(&format!("{path}.{key}"), value, all)),
            Value::Array(items) => items.iter().for_each(|item| leaves(path, item, all)),
            _ => all.push(path.to_owned()),
        }
    }
    let mut all = Vec::new();
    for (key, value) in document {
        leaves(key, value, &mut all);
    }
    let mut known: HashMap<String, &str> = HashMap::new();
    all.iter().find_map(|path| {
        let other = known.insert(fold(path.as_str().into()).into_owned(), path)?;
        (other != path).then(|| format!("{other} and {path}"))
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::catalog::file::relations::Relations;

    fn reason(document: Value) -> String {
        read(document).unwrap_err().reason
    }

    fn user_with(spec: &Value) -> Value {
        json!({ "apiVersion": "v1", "kind": "User", "metadata": { "name": "alice" }, "spec": spec })
    }

    #[test]
    fn a_user_is_written_as_the_catalog_writes_it() {
        let document = json!({
            "apiVersion": "backstage.io/v1alpha1", "kind": "User", "metadata": { "annotations": { "example.com/login": "al" }, "name": "Alice" },
            "spec": { "memberOf": ["Team"], "profile": { "email": "alice@example.com" } }, "relations": [{ "type": "memberOf", "targetRef": "group:default/admins" }],
        });
        let Ok(Entity::User(named, draft)) = read(document) else { panic!("a user") };
        let mut relations = Relations::default();
        for (kind, target) in &named.relations {
            relations.add(&named.entity_ref, *kind, target);
        }
        relations.sort();
        let user = draft.finish(named.entity_ref.clone(), relations.of(&named.entity_ref));
        insta::assert_snapshot!(user.json, @r#"{"metadata":{"namespace":"default","name":"Alice","annotations":{"example.com/login":"al"}},"apiVersion":"backstage.io/v1alpha1","kind":"User","spec":{"memberOf":["Team"],"profile":{"email":"alice@example.com"}},"relations":[{"type":"memberOf","targetRef":"group:default/team"}]}"#);
        assert_eq!(user.annotation("example.com/login"), Some("al"));
        assert_eq!(user.profile.email.as_deref(), Some("alice@example.com"));
        assert_eq!(user.ownership_entity_refs.iter().map(EntityRef::as_str).collect::<Vec<_>>(), ["user:default/alice", "group:default/team"]);
    }

    #[test]
    fn short_refs_are_completed_from_what_names_them() {
        let document = json!({
            "apiVersion": "v1", "kind": "Group", "metadata": { "name": "g", "namespace": "ops" },
            "spec": { "parent": "p", "children": ["default/c"], "members": ["m", "user:other/n"] },
        });
        let Ok(Entity::Group(group, _)) = read(document) else { panic!("a group") };
        let relations: Vec<_> = group.relations.iter().map(|(kind, target)| (*kind, target.as_str())).collect();
        assert_eq!(
            relations,
            [
                (RelationType::ChildOf, "group:ops/p"),
                (RelationType::ParentOf, "group:default/c"),
                (RelationType::HasMember, "user:ops/m"),
                (RelationType::HasMember, "user:other/n"),
            ]
        );
    }

    #[test]
    fn an_entity_that_cannot_be_used_says_why() {
        insta::assert_snapshot!(reason(json!(["User"])), @"it is no entity; an entity has apiVersion, kind, metadata and spec");
        insta::assert_snapshot!(reason(json!({ "metadata": { "name": "alice" } })), @"it has no kind; add it");
        insta::assert_snapshot!(reason(json!({ "apiVersion": "v1", "kind": "user", "metadata": { "name": "alice" } })), @"its kind is user; write User");
        insta::assert_snapshot!(reason(json!({ "kind": "User", "metadata": { "name": "alice" }, "spec": {} })), @"it has no apiVersion; add it");
        insta::assert_snapshot!(reason(json!({ "apiVersion": "v1", "kind": "User", "metadata": {}, "spec": {} })), @"it has no metadata.name; add it");
        insta::assert_snapshot!(reason(json!({ "apiVersion": "v1", "kind": "User", "metadata": { "name": "a/b" }, "spec": {} })), @"its name cannot be used: a part of the entity ref holds ':', '/', ',' or a control character");
        insta::assert_snapshot!(reason(json!({ "apiVersion": "v1", "kind": "User", "metadata": { "name": 7 }, "spec": {} })), @"metadata.name must be text; put it in quotes");
        insta::assert_snapshot!(reason(user_with(&json!(null))), @"it has no spec; add it");
        insta::assert_snapshot!(reason(user_with(&json!({ "memberOf": "team" }))), @"spec.memberOf must be a list of texts; write memberOf: [name, other-name]");
        insta::assert_snapshot!(reason(user_with(&json!({ "memberOf": ["a:b:c"] }))), @"spec.memberOf holds 'a:b:c': a part of the entity ref holds ':', '/', ',' or a control character");
        insta::assert_snapshot!(reason(user_with(&json!({ "profile": { "email": ["a@x"] } }))), @"spec.profile.email must be text");
        insta::assert_snapshot!(reason(user_with(&json!({ "a": { "B": [{ "c": 1 }] }, "A": { "b.c": 2 } }))), @"spec.A.b.c and spec.a.B.c differ only in upper and lower case; keep one of them");
        let mut annotated = user_with(&json!({}));
        annotated["metadata"]["annotations"] = json!({ "example.com/uid": 7 });
        insta::assert_snapshot!(reason(annotated), @"metadata.annotations.example.com/uid must be text; put it in quotes");
    }

    #[test]
    fn other_kinds_are_none_of_our_business() {
        assert!(matches!(read(json!({ "kind": "Component" })), Ok(Entity::Other)));
    }
}
