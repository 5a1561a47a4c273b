//! `name.cases.yaml`: what is given, and what must come of it. `docs/cases.md` describes the format, `config/cases.schema.json` its shape.
//!
//! A file is read whole or not at all: an unknown key, an entity that the catalog would leave out and an expectation that nothing could meet are faults,
//! each told with file, case and key path. What every case has in common stands in the `given` of the file; that of a case is a JSON merge patch
//! (RFC 7386) on top of it.

mod catalog;
mod expect;
mod given;
mod http;
mod patch;

use std::{
    collections::HashSet,
    path::{Path, PathBuf},
    sync::Arc,
};

use serde_json::Value as Json;

use crate::{
    config::{ConfigErrors, Documents, Field, Origin},
    domain::component_kind::ComponentKind,
};

pub use self::{
    catalog::{Fault, GivenCatalog},
    expect::{Expected, Refusal, Success},
    given::{Given, Token},
    http::{Answer, Exchange},
};

/// Cases about one component, in order.
#[derive(Debug)]
pub struct CaseFile {
    /// Where they stand.
    pub path: PathBuf,
    /// What the component is asked as.
    pub kind: ComponentKind,
    /// At least one; each has a name of its own.
    pub cases: Vec<Case>,
}

/// One sign-in and what must come of it.
#[derive(Debug)]
pub struct Case {
    /// What it is about.
    pub name: String,
    /// The request and the world around it.
    pub given: Arc<Given>,
    /// What must come of it.
    pub expected: Expected,
}

impl CaseFile {
    /// Reads a file, or says everything that is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ConfigErrors> {
        let (json, origin) = Documents::open(path)?;
        let documents = Documents::default();
        let defaults = documents.read(json.clone(), &origin, "", |root| {
            root.only(&["as", "given", "cases"]);
            given::read(&root.key("given"));
            root.key("given").json().unwrap_or_default()
        });
        let kind = documents.read(json.clone(), &origin, "", |root| kind(&root.key("as")));
        // A fault in what all cases have in common would be found once more in each of them.
        documents.finish()?;
        let items = documents.read(json, &origin, "", items);
        let mut names = HashSet::new();
        let cases = items.into_iter().enumerate().filter_map(|(nth, item)| {
            let item = Item { documents: &documents, origin: &origin, defaults: &defaults, path: Item::path(nth, &item), item };
            if !item.name().is_none_or(|name| names.insert(name.to_owned())) {
                item.fault("another case has this name: each needs one of its own");
            }
            item.read()
        });
        let cases = cases.collect();
        documents.finish()?;
        Ok(Self { path: path.to_owned(), kind: kind.unwrap_or(ComponentKind::Resolver), cases })
    }

    /// For whoever finds a fault in what it says later.
    pub(super) fn origin(&self) -> Origin {
        Origin::document(&self.path)
    }

    /// Leaves only the cases with this in their name.
    pub fn keep(&mut self, name: &str) {
        self.cases.retain(|case| case.name.contains(name));
    }

    /// The file beside a component that holds its cases: `corp_user.cases.yaml` for `corp_user.wasm`.
    pub fn beside(component: &Path) -> PathBuf {
        component.with_extension("cases.yaml")
    }
}

fn kind(field: &Field<'_>) -> Option<ComponentKind> {
    let expected = ComponentKind::ALL.map(ComponentKind::word).join(", ");
    let word = field.string(&expected)?;
    ComponentKind::ALL.into_iter().find(|kind| kind.word() == word).or_else(|| field.expected_shown(&format!("one of {expected}")))
}

fn items(root: &Field<'_>) -> Vec<Json> {
    let cases = root.key("cases");
    let items = cases.required("a list of cases: [{ name, given, expect }]").and_then(Field::items).unwrap_or_default();
    if items.is_empty() {
        cases.error::<()>("there is no case: a file without any would always pass");
    }
    items.iter().filter_map(Field::json).collect()
}

/// One item of the list.
struct Item<'a> {
    documents: &'a Documents,
    origin: &'a Origin,
    defaults: &'a Json,
    path: String,
    item: Json,
}

impl Item<'_> {
    /// Who reads a fault looks for the name, not for the position.
    fn path(nth: usize, item: &Json) -> String {
        item.get("name").and_then(Json::as_str).map_or_else(|| format!("cases[{nth}]"), |name| format!("cases[{name:?}]"))
    }

    fn name(&self) -> Option<&str> {
        self.item.get("name").and_then(Json::as_str)
    }

    fn fault(&self, message: &str) {
        self.documents.read(Json::Null, self.origin, &self.path, |field| field.error::<()>(message));
    }

    fn read(self) -> Option<Case> {
        let Self { documents, origin, defaults, path, item } = self;
        let nothing = || Json::Object(serde_json::Map::new());
        let merged = patch::merged(defaults.clone(), item.get("given").cloned().unwrap_or_else(nothing));
        let (name, expected) = documents.read(item, origin, &path, |case| {
            case.only(&["name", "given", "expect"]);
            let name = case.key("name").required_string("what the case is about").map(str::to_owned);
            (name, expect::read(&case.key("expect")))
        });
        let given = documents.read(merged, origin, &format!("{path}.given"), given::read);
        Some(Case { name: name?, given: Arc::new(given?), expected: expected? })
    }
}
