//! Groups of the real catalog, beside the same entities in files.

use stagedoor::{
    domain::{entity_ref::EntityRef, group::Group, group_filter::GroupFilter, query::FilterTerm},
    ports::catalog::Catalog,
};

use super::{
    real::{Both, HOSTILE},
    *,
};

/// Every ref that is asked for; the catalog of the other tests has five levels.
const ASKED: [&str; 9] = ["root", "dept-1", "team-1", "TEAM-UPPER", "other/team-x", "no-such-group", "alice", "team-20", "a b?&#"];

fn filters() -> Vec<Vec<Vec<FilterTerm>>> {
    let term = |key: &str, value: &str| FilterTerm { key: key.into(), values: vec![value.into()] };
    let one = |key: &str, value: &str| vec![vec![term(key, value)]];
    let mut filters = vec![
        one("spec.type", "team"),
        one("SPEC.Type", "Department"),
        one("metadata.namespace", "other"),
        one("metadata.name", "alice"),
        one("spec.children", "team-1"),
        one("relations.hasMember", "user:default/alice"),
        one("relations.childOf", "group:default/root"),
        one("relations.parentof", "group:default/team-1"),
        vec![vec![term("metadata.name", "team-1"), term("metadata.name", "team-2")]],
        vec![vec![term("metadata.name", "team-2")], vec![term("kind", "Group"), term("metadata.name", "team-1")]],
    ];
    filters.extend(HOSTILE.map(|value| one("metadata.name", value)));
    filters.extend(HOSTILE.map(|value| one(value, "group")));
    filters
}

async fn by_refs(app: &App) -> String {
    let refs: Vec<_> = ASKED.iter().map(|text| EntityRef::parse(text, "group", "default").unwrap()).collect();
    let groups = app.wired.catalog.groups(&refs).await.unwrap();
    let shown = groups.iter().map(|group| group.as_ref().map_or("-".into(), |group| shown_group(group)));
    shown.collect::<Vec<_>>().join("\n")
}

fn shown_group(group: &Group) -> String {
    let mut entity: Value = serde_json::from_str(&group.json).unwrap();
    // Only the catalog knows these.
    for of_its_own in ["uid", "etag", "annotations"] {
        entity["metadata"].as_object_mut().unwrap().remove(of_its_own);
    }
    format!("{} {:?} {:?} {}", group.entity_ref, group.display_name, group.parent, normalised(&entity))
}

/// Relations of the real catalog repeat their target in parts.
fn normalised(entity: &Value) -> Value {
    let mut entity = entity.clone();
    for relation in entity["relations"].as_array_mut().into_iter().flatten() {
        relation.as_object_mut().unwrap().remove("target");
    }
    entity
}

async fn by_filter(app: &App, filter: &GroupFilter) -> String {
    match app.wired.catalog.find_groups(filter).await {
        Ok(groups) => groups.iter().map(|group| group.entity_ref.to_string()).collect::<Vec<_>>().join(" "),
        Err(error) => error.to_string(),
    }
}

/// What both must agree on.
pub(super) async fn are_those_of_the_files(both: &Both) {
    let (over_http, files) = (by_refs(&both.over_http).await, by_refs(&both.files).await);
    assert_eq!(over_http, files);
    assert_eq!(over_http.lines().filter(|line| *line == "-").count(), 3, "{over_http}");
    let filters = filters();
    let mut found = 0;
    for filter in &filters {
        let filter = GroupFilter::new(filter.clone()).unwrap();
        let groups = by_filter(&both.over_http, &filter).await;
        assert_eq!(groups, by_filter(&both.files, &filter).await, "{filter:?}");
        found += usize::from(!groups.is_empty());
    }
    assert_eq!(found, 7, "the filters mean something, and the hostile ones nothing");
    println!("{} filters for groups: the real catalog over HTTP answers as the same entities in files", filters.len());
}
