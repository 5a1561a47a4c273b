//! `catalog`: users and groups in short, entities as Backstage writes them, and what is wrong with the catalog.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use super::given::texts;
use crate::{catalog::file::FileCatalog, config::Field};

/// Users and groups, and how the catalog fails.
#[derive(Debug, Clone)]
pub struct GivenCatalog {
    /// The real catalog of files, in memory.
    pub entities: Arc<FileCatalog>,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

/// A catalog that stops answering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// The status of its answers; without one there is no answer.
    pub status: Option<u16>,
    /// Look-ups of users that it still answers.
    pub after: u32,
}

pub(super) fn read(field: &Field<'_>) -> Option<GivenCatalog> {
    field.only(&["users", "groups", "entities", "fault"]);
    let users = short(&field.key("users"), user);
    let groups = short(&field.key("groups"), group);
    let whole = field.key("entities");
    let whole = if whole.is_set() { whole.items() } else { Some(Vec::new()) };
    let fault = Some(field.key("fault")).filter(Field::is_set).map(|field| fault(&field));
    let (users, groups, whole) = (users?, groups?, whole?);
    let documents = users.into_iter().chain(groups).chain(whole.iter().filter_map(Field::json));
    let entities = FileCatalog::of_entities(documents.collect()).map_err(|left_out| {
        for what in left_out {
            // Its position among all entities of the case says nothing to whoever wrote it.
            field.error::<()>(what.split_once(": ").map_or(what.as_str(), |(_, what)| what));
        }
    });
    Some(GivenCatalog { entities: Arc::new(entities.ok()?), fault: fault.map_or(Some(None), |fault| fault.map(Some))? })
}

/// Entities by `name` or `namespace/name`.
fn short(field: &Field<'_>, read: fn(&mut Entity, &Field<'_>) -> Option<()>) -> Option<Vec<Json>> {
    let entities = field.required_entries().into_iter().map(|(key, field)| {
        let (namespace, name) = key.split_once('/').unwrap_or(("default", key));
        let mut entity = Entity { namespace, name, ..Entity::default() };
        read(&mut entity, &field)?;
        Some(entity.written())
    });
    entities.collect::<Vec<_>>().into_iter().collect()
}

/// An entity that is being written.
#[derive(Default)]
struct Entity<'a> {
    kind: &'static str,
    namespace: &'a str,
    name: &'a str,
    annotations: Option<Json>,
    profile: Map<String, Json>,
    spec: Map<String, Json>,
}

impl Entity<'_> {
    fn written(mut self) -> Json {
        let mut metadata = json!({ "namespace": self.namespace, "name": self.name });
        if let Some(annotations) = self.annotations {
            metadata["annotations"] = annotations;
        }
        if !self.profile.is_empty() {
            self.spec.insert("profile".into(), Json::Object(self.profile));
        }
        json!({ "apiVersion": "backstage.io/v1alpha1", "kind": self.kind, "metadata": metadata, "spec": self.spec })
    }

    fn profile(&mut self, field: &Field<'_>) -> Option<()> {
        for key in ["email", "displayName", "picture"] {
            let field = field.key(key);
            if field.is_set() {
                self.profile.insert(key.into(), field.string("a text")?.into());
            }
        }
        Some(())
    }

    /// Whatever else stands in its `spec`.
    fn spec(&mut self, field: &Field<'_>) -> Option<()> {
        let spec = field.key("spec");
        spec.required_entries().into_iter().for_each(|(key, field)| {
            self.spec.insert(key.to_owned(), field.json().unwrap_or_default());
        });
        (!spec.is_set() || spec.is_object()).then_some(())
    }
}

fn user(user: &mut Entity<'_>, field: &Field<'_>) -> Option<()> {
    field.only(&["email", "displayName", "picture", "groups", "annotations", "spec"]);
    user.kind = "User";
    user.spec(field)?;
    user.profile(field)?;
    user.spec.insert("memberOf".into(), listed(&field.key("groups"))?.into());
    user.annotations = field.key("annotations").json();
    Some(())
}

fn group(group: &mut Entity<'_>, field: &Field<'_>) -> Option<()> {
    field.only(&["email", "displayName", "picture", "parent", "children", "members", "annotations", "spec"]);
    group.kind = "Group";
    group.spec.insert("type".into(), "team".into());
    group.spec(field)?;
    group.profile(field)?;
    let parent = field.key("parent");
    if parent.is_set() {
        group.spec.insert("parent".into(), parent.string("the name of a group")?.into());
    }
    for key in ["children", "members"] {
        group.spec.insert(key.into(), listed(&field.key(key))?.into());
    }
    group.annotations = field.key("annotations").json();
    Some(())
}

fn listed(field: &Field<'_>) -> Option<Vec<String>> {
    if field.is_set() { texts(field) } else { Some(Vec::new()) }
}

fn fault(field: &Field<'_>) -> Option<Fault> {
    let expected = "unavailable, or { status, after }";
    if !field.is_object() {
        return match field.string(expected)? {
            "unavailable" => Some(Fault { status: None, after: 0 }),
            _ => field.expected_shown(expected),
        };
    }
    field.only(&["status", "after"]);
    let (status, after) = (field.key("status"), field.key("after"));
    let status = status.is_set().then(|| status.integer(400..=599)).map_or(Some(None), |status| status.map(Some));
    let after = if after.is_set() { after.integer(0..=1000) } else { Some(0) };
    Some(Fault { status: status?, after: after? })
}
