//! A user or a group on the way from its document to the catalog: relations come last, when every entity has been read.

use serde::Serialize;
use serde_json::{Map, Value};

use super::relations::{Relation, RelationType};
use crate::domain::{entity_ref::EntityRef, group::Group, profile::Profile, user::User};

/// A user whose relations are not known yet: other entities may add some.
#[derive(Debug)]
pub(super) struct UserDraft {
    profile: Profile,
    annotations: Vec<(String, String)>,
    json: Json,
}

impl UserDraft {
    /// Takes what has been checked, and the whole entity.
    pub(super) fn new(profile: Profile, annotations: Vec<(String, String)>, entity: Map<String, Value>) -> Result<Self, String> {
        Ok(Self { profile, annotations, json: Json::of(entity)? })
    }

    /// The user, now that all its relations are known and in the catalog's order.
    pub(super) fn finish(self, entity_ref: EntityRef, relations: &[Relation]) -> User {
        let groups = relations.iter().filter(|relation| relation.kind == RelationType::MemberOf && relation.target.kind() == "group");
        let mut ownership_entity_refs = Vec::with_capacity(1 + groups.clone().count());
        ownership_entity_refs.push(entity_ref.clone());
        ownership_entity_refs.extend(groups.map(|relation| relation.target.clone()));
        User { entity_ref, profile: self.profile, annotations: self.annotations, ownership_entity_refs, json: self.json.with(relations) }
    }
}

/// A group in the same state.
#[derive(Debug)]
pub(super) struct GroupDraft {
    display_name: Option<String>,
    json: Json,
}

impl GroupDraft {
    /// Takes what has been checked, and the whole entity.
    pub(super) fn new(display_name: Option<String>, entity: Map<String, Value>) -> Result<Self, String> {
        Ok(Self { display_name, json: Json::of(entity)? })
    }

    /// The group, now that all its relations are known and in the catalog's order. Its `spec.parent` is one of them.
    pub(super) fn finish(self, entity_ref: EntityRef, relations: &[Relation]) -> Group {
        let above = relations.iter().find(|relation| relation.kind == RelationType::ChildOf && relation.target.kind() == "group");
        let parent = above.map(|relation| relation.target.clone());
        Group { entity_ref, display_name: self.display_name, parent, json: self.json.with(relations) }
    }
}

/// An entity without its relations. Text, because it is a tenth of the tree's size.
#[derive(Debug)]
struct Json(String);

impl Json {
    fn of(entity: Map<String, Value>) -> Result<Self, String> {
        serde_json::to_string(&Written::new(entity)).map(Self).map_err(|error| error.to_string())
    }

    fn with(self, relations: &[Relation]) -> String {
        let relations = serde_json::to_string(relations).expect("refs and types of relations are text");
        // The relations become the last member of the object: in front of its closing brace.
        [&self.0[..self.0.len() - 1], ",\"relations\":", &relations, "}"].concat()
    }
}

/// An entity in the order in which the catalog writes it.
#[derive(Serialize)]
struct Written {
    metadata: Metadata,
    #[serde(rename = "apiVersion")]
    api_version: Value,
    kind: Value,
    spec: Value,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

#[derive(Serialize)]
struct Metadata {
    namespace: Value,
    name: Value,
    #[serde(flatten)]
    rest: Map<String, Value>,
}

impl Written {
    fn new(mut document: Map<String, Value>) -> Self {
        // Relations are the catalog's to compute: writing them down makes nobody a member.
        document.remove("relations");
        let mut take = |key| document.remove(key).unwrap_or_default();
        let (metadata, api_version, kind, spec) = (take("metadata"), take("apiVersion"), take("kind"), take("spec"));
        let mut metadata = if let Value::Object(members) = metadata { members } else { Map::new() };
        let namespace = metadata.remove("namespace").filter(|namespace| !namespace.is_null()).unwrap_or_else(|| "default".into());
        let name = metadata.remove("name").unwrap_or_default();
        Self { metadata: Metadata { namespace, name, rest: metadata }, api_version, kind, spec, rest: document }
    }
}
