//! Entities of the fake catalog as JSON, completed and read as the catalog does.

use serde_json::{Map, Value, json};

use super::bounds::canonical;
use crate::EntityRef;

/// The entity with what is missing: version, kind and the namespace `default`.
///
/// # Panics
/// If it has no name, or one that no entity can bear.
pub(super) fn complete(mut entity: Value, kind: &str) -> Value {
    for (pointer, default) in [("/apiVersion", "backstage.io/v1alpha1"), ("/kind", kind), ("/metadata/namespace", "default")] {
        let (parent, key) = pointer.rsplit_once('/').expect("a pointer begins with a slash");
        let parent = entity.pointer_mut(parent).and_then(Value::as_object_mut).expect("an entity is an object with metadata");
        parent.entry(key).or_insert_with(|| default.into());
    }
    assert!(entity_ref(&entity).is_some(), "no entity can bear this name: {entity}");
    entity
}

/// The ref in lower case.
pub(super) fn entity_ref(entity: &Value) -> Option<EntityRef> {
    let text = |pointer| text(entity, pointer);
    canonical(&EntityRef { kind: text("/kind")?, namespace: text("/metadata/namespace")?, name: text("/metadata/name")? })
}

pub(super) fn text(entity: &Value, pointer: &str) -> Option<String> {
    entity.pointer(pointer).and_then(Value::as_str).map(str::to_owned)
}

/// The groups that the relations of this type lead to.
pub(super) fn targets(entity: &Value, relation: &str) -> impl Iterator<Item = EntityRef> {
    let relations = entity["relations"].as_array().into_iter().flatten();
    let targets = relations.filter(move |other| other["type"] == relation).filter_map(|relation| relation["targetRef"].as_str());
    targets.filter_map(|target| {
        let (namespace, name) = target.strip_prefix("group:")?.split_once('/')?;
        canonical(&EntityRef::group(name).in_namespace(namespace))
    })
}

pub(super) fn push_relation(entity: &mut Value, relation: &str, target: &EntityRef) {
    let relation = json!({ "type": relation, "targetRef": target.to_string() });
    match entity["relations"].as_array_mut() {
        Some(relations) => relations.push(relation),
        None => entity["relations"] = json!([relation]),
    }
}

/// The member of an object, made an empty object if it is not there.
pub(super) fn member<'a>(parent: &'a mut Value, key: &str) -> &'a mut Value {
    let member = &mut parent[key];
    if member.is_null() {
        *member = Value::Object(Map::new());
    }
    member
}
