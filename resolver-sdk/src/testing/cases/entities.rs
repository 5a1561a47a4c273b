//! The catalog of a case: entities with the relations that the catalog would make of them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::file::OneOrMore;
use crate::{
    EntityRef,
    testing::{FakeGroup, FakeUser, bounds::canonical},
};

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Catalog {
    users: BTreeMap<String, User>,
    groups: BTreeMap<String, Group>,
    entities: Vec<Value>,
    pub(super) fault: Option<Fault>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Fault {
    Word(Unavailable),
    Status(Failing),
}

#[derive(Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Unavailable {
    Unavailable,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Failing {
    pub(super) status: Option<u16>,
    #[serde(default)]
    pub(super) after: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct User {
    email: Option<String>,
    display_name: Option<String>,
    picture: Option<String>,
    groups: Option<OneOrMore>,
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    spec: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Group {
    email: Option<String>,
    display_name: Option<String>,
    picture: Option<String>,
    parent: Option<String>,
    children: Option<OneOrMore>,
    members: Option<OneOrMore>,
    annotations: Option<BTreeMap<String, String>>,
    #[serde(default)]
    spec: Map<String, Value>,
}

impl Catalog {
    /// Users and groups with all their relations, as the catalog would give them.
    pub(super) fn fakes(&self) -> (Vec<FakeUser>, Vec<FakeGroup>) {
        let users = self.users.iter().map(|(name, user)| user.entity(name));
        let groups = self.groups.iter().map(|(name, group)| group.entity(name));
        let mut entities: Vec<Value> = users.chain(groups).chain(self.entities.iter().cloned()).collect();
        let relations = Relations::of(&entities);
        for entity in &mut entities {
            // Relations are the catalog's to make: writing them down makes nobody a member.
            entity["relations"] = relations.from(&own_ref(entity));
        }
        let (users, others): (Vec<_>, Vec<_>) = entities.into_iter().partition(|entity| entity["kind"] == "User");
        let groups = others.into_iter().filter(|entity| entity["kind"] == "Group");
        (users.into_iter().map(FakeUser::from_entity).collect(), groups.map(FakeGroup::from_entity).collect())
    }
}

impl User {
    fn entity(&self, name: &str) -> Value {
        let Self { email, display_name, picture, groups, annotations, spec } = self;
        let mut spec = spec.clone();
        spec.insert("memberOf".into(), texts(groups.as_ref()));
        written("User", name, annotations.as_ref(), [email, display_name, picture], spec)
    }
}

impl Group {
    fn entity(&self, name: &str) -> Value {
        let Self { email, display_name, picture, parent, children, members, annotations, spec } = self;
        let mut spec = spec.clone();
        if let Some(parent) = parent {
            spec.insert("parent".into(), parent.as_str().into());
        }
        spec.insert("children".into(), texts(children.as_ref()));
        spec.insert("members".into(), texts(members.as_ref()));
        written("Group", name, annotations.as_ref(), [email, display_name, picture], spec)
    }
}

fn texts(texts: Option<&OneOrMore>) -> Value {
    texts.map(OneOrMore::texts).unwrap_or_default().into()
}

fn written(
    kind: &str,
    name: &str,
    annotations: Option<&BTreeMap<String, String>>,
    profile: [&Option<String>; 3],
    mut spec: Map<String, Value>,
) -> Value {
    let (namespace, name) = name.split_once('/').unwrap_or(("default", name));
    let mut metadata = json!({ "namespace": namespace, "name": name });
    if let Some(annotations) = annotations {
        metadata["annotations"] = json!(annotations);
    }
    let profile =
        ["email", "displayName", "picture"].into_iter().zip(profile).filter_map(|(key, value)| Some((key.to_owned(), value.clone()?.into())));
    let profile: Map<String, Value> = profile.collect();
    if !profile.is_empty() {
        spec.insert("profile".into(), profile.into());
    }
    json!({ "apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec })
}

/// Which lists of an entity name others, what kind those are, and what either end says of the other.
const NAMED: [(&str, &str, &str, &str, &str); 4] = [
    ("User", "memberOf", "group", "memberOf", "hasMember"),
    ("Group", "members", "user", "hasMember", "memberOf"),
    ("Group", "parent", "group", "childOf", "parentOf"),
    ("Group", "children", "group", "parentOf", "childOf"),
];

/// Source, target and type of each relation: a set, because both sides may say the same, in the order in which the catalog gives them.
struct Relations(BTreeSet<(String, String, &'static str)>);

impl Relations {
    fn of(entities: &[Value]) -> Self {
        let mut relations = BTreeSet::new();
        for entity in entities {
            let own = own_ref(entity);
            for (_, list, kind, said, answered) in NAMED.into_iter().filter(|(kind, ..)| entity["kind"] == *kind) {
                for target in listed(&entity["spec"][list]).filter_map(|text| complete(text, kind, own.namespace())) {
                    relations.insert((own.to_string(), target.to_string(), said));
                    relations.insert((target.to_string(), own.to_string(), answered));
                }
            }
        }
        Self(relations)
    }

    fn from(&self, source: &EntityRef) -> Value {
        let source = source.to_string();
        let own = self.0.iter().filter(|(from, ..)| *from == source);
        own.map(|(_, target, kind)| json!({ "type": kind, "targetRef": target })).collect()
    }
}

fn listed(value: &Value) -> impl Iterator<Item = &str> {
    value.as_str().into_iter().chain(value.as_array().into_iter().flatten().filter_map(Value::as_str))
}

fn own_ref(entity: &Value) -> EntityRef {
    let text = |pointer: &str| entity.pointer(pointer).and_then(Value::as_str);
    let own =
        complete(text("/metadata/name").unwrap_or_default(), text("/kind").unwrap_or_default(), text("/metadata/namespace").unwrap_or("default"));
    own.unwrap_or_else(|| panic!("no entity can bear this name: {entity}"))
}

/// `[kind:][namespace/]name` with what it leaves out.
fn complete(text: &str, kind: &str, namespace: &str) -> Option<EntityRef> {
    let (kind, text) = text.split_once(':').unwrap_or((kind, text));
    let (namespace, name) = text.split_once('/').unwrap_or((namespace, text));
    canonical(&EntityRef { kind: kind.to_owned(), namespace: namespace.to_owned(), name: name.to_owned() })
}
