use std::{fs, time::Duration};

use super::*;
use crate::domain::query::FilterTerm;

fn user(name: &str, group: &str) -> String {
    format!("---\napiVersion: backstage.io/v1alpha1\nkind: User\nmetadata:\n  name: {name}\nspec:\n  memberOf: [{group}]\n")
}

fn load(directory: &Path, target: &str) -> FileCatalog {
    let location = CatalogLocation { target: target.into(), origin: directory.join("app-config.yaml"), named_by: "app-config.yaml".into() };
    FileCatalog::load(vec![location], directory.to_owned()).unwrap()
}

fn find(catalog: &FileCatalog, name: &str) -> Option<Vec<String>> {
    let query = UserQuery::entity_ref("user", "default", name).unwrap();
    let user = catalog.current.load().users.find(&query).unwrap()?;
    Some(user.ownership_entity_refs.iter().map(ToString::to_string).collect())
}

/// Looks twice, as often as a change needs.
fn settle(catalog: &FileCatalog) -> Refresh {
    assert_eq!(catalog.refresh(), Refresh::Unsettled);
    catalog.refresh()
}

#[test]
fn the_last_good_edition_stays_while_a_file_is_broken() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("org.yaml");
    fs::write(&file, user("alice", "a")).unwrap();
    let catalog = load(directory.path(), "org.yaml");
    assert_eq!(catalog.refresh(), Refresh::Unchanged);

    fs::write(&file, user("alice", "a") + "broken: [\n").unwrap();
    assert!(matches!(settle(&catalog), Refresh::Failed(_)));
    assert_eq!(catalog.refresh(), Refresh::Unchanged);
    fs::remove_file(&file).unwrap();
    assert!(matches!(settle(&catalog), Refresh::Failed(_)));
    assert_eq!(find(&catalog, "alice").unwrap(), ["user:default/alice", "group:default/a"]);

    fs::write(&file, user("alice", "admins") + &user("bob", "b")).unwrap();
    assert_eq!(settle(&catalog), Refresh::Replaced);
    assert_eq!(find(&catalog, "alice").unwrap(), ["user:default/alice", "group:default/admins"]);
    assert_eq!((catalog.users(), catalog.groups(), catalog.warnings()), (2, 0, vec![]));
}

#[test]
fn a_file_that_comes_or_goes_under_a_wildcard_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let catalog = load(directory.path(), "*.yaml");
    assert_eq!((catalog.users(), catalog.warnings().len()), (0, 2));
    for name in ["alice", "bob"] {
        fs::write(directory.path().join(name).with_extension("yaml"), user(name, "a")).unwrap();
        assert_eq!(settle(&catalog), Refresh::Replaced);
    }
    assert_eq!((catalog.users(), catalog.warnings()), (2, vec![]));
    fs::remove_file(directory.path().join("alice.yaml")).unwrap();
    assert_eq!(settle(&catalog), Refresh::Replaced);
    assert!(find(&catalog, "alice").is_none() && find(&catalog, "bob").is_some());
}

/// `org > users.yaml` in a cron job: for a while the file is empty, then it holds the first half.
#[test]
fn a_file_that_is_being_written_does_not_count_yet() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("org.yaml");
    let whole = user("alice", "a") + &user("bob", "b");
    fs::write(&file, &whole).unwrap();
    let catalog = load(directory.path(), "org.yaml");
    for half in ["", &whole[..40], &whole[..whole.len() / 2], &(whole.clone() + "broken: [\n")] {
        fs::write(&file, half).unwrap();
        assert_eq!(catalog.refresh(), Refresh::Unsettled);
        assert_eq!(catalog.users(), 2);
    }
    fs::write(&file, whole + &user("carol", "c")).unwrap();
    assert_eq!(settle(&catalog), Refresh::Replaced);
    assert_eq!((catalog.users(), catalog.refresh()), (3, Refresh::Unchanged));
}

#[test]
fn a_catalog_that_loses_everybody_is_not_taken() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("org.yaml");
    fs::write(&file, user("alice", "a")).unwrap();
    let catalog = load(directory.path(), "org.yaml");
    fs::write(&file, "").unwrap();
    let Refresh::Failed(error) = settle(&catalog) else { panic!("nobody could sign in") };
    insta::assert_snapshot!(error, @"no file of the catalog holds a user any more, and 1 can sign in: put the users back; if nobody is to sign in any more, restart stagedoor");
    assert!(find(&catalog, "alice").is_some());
    assert_eq!(catalog.refresh(), Refresh::Unchanged);
    fs::write(&file, user("bob", "b")).unwrap();
    assert_eq!(settle(&catalog), Refresh::Replaced);
    assert!(find(&catalog, "alice").is_none() && find(&catalog, "bob").is_some());
}

/// Length and time of the other file, as after `cp -p`: the number of the file tells them apart.
#[cfg(unix)]
#[test]
fn a_file_that_takes_the_place_of_its_twin_is_noticed() {
    let directory = tempfile::tempdir().unwrap();
    let [file, twin] = ["org.yaml", "twin"].map(|name| directory.path().join(name));
    fs::write(&file, user("alice", "a")).unwrap();
    fs::write(&twin, user("clara", "a")).unwrap();
    let modified = fs::metadata(&file).unwrap().modified().unwrap();
    fs::File::options().append(true).open(&twin).unwrap().set_modified(modified).unwrap();
    let catalog = load(directory.path(), "org.yaml");
    fs::rename(twin, file).unwrap();
    assert_eq!(settle(&catalog), Refresh::Replaced);
    assert!(find(&catalog, "clara").is_some());
}

/// Kubernetes mounts a config map as links through `..data` and turns that link.
#[cfg(unix)]
#[test]
fn a_turned_link_is_noticed() {
    use std::os::unix::fs::symlink;

    let directory = tempfile::tempdir().unwrap();
    let root = directory.path();
    for (version, name) in [("..1", "alice"), ("..2", "clara")] {
        fs::create_dir(root.join(version)).unwrap();
        fs::write(root.join(version).join("org.yaml"), user(name, "a")).unwrap();
    }
    let modified = fs::metadata(root.join("..1/org.yaml")).unwrap().modified().unwrap();
    fs::File::options().append(true).open(root.join("..2/org.yaml")).unwrap().set_modified(modified).unwrap();
    symlink("..1", root.join("..data")).unwrap();
    symlink("..data/org.yaml", root.join("org.yaml")).unwrap();
    let catalog = load(root, "*.yaml");
    assert!(find(&catalog, "alice").is_some());

    symlink("..2", root.join("..next")).unwrap();
    fs::rename(root.join("..next"), root.join("..data")).unwrap();
    assert_eq!(settle(&catalog), Refresh::Replaced);
    assert!(find(&catalog, "alice").is_none() && find(&catalog, "clara").is_some());
}

#[test]
fn a_watched_catalog_follows_its_files_until_the_watch_is_dropped() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("org.yaml");
    fs::write(&file, user("alice", "a")).unwrap();
    let catalog = Arc::new(load(directory.path(), "org.yaml"));
    let watch = catalog.watch(Duration::from_millis(5)).unwrap();
    fs::write(&file, user("alice", "a") + &user("bob", "b")).unwrap();
    let patience = (0..1000).find(|_| {
        std::thread::sleep(Duration::from_millis(5));
        catalog.users() == 2
    });
    assert!(patience.is_some());
    drop(watch);
    std::thread::sleep(Duration::from_millis(50));
    fs::write(&file, user("alice", "a")).unwrap();
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(catalog.users(), 2);
    assert_eq!(Arc::weak_count(&catalog), 0);
}

/// What the real Backstage put into its tokens for the same entities: `tests/conformance/golden`.
#[test]
fn ownership_is_that_of_backstage() {
    let catalog = load(Path::new(env!("CARGO_MANIFEST_DIR")), "../tests/fixtures/catalog/entities.yaml");
    assert_eq!((catalog.users(), catalog.warnings()), (15, vec![]));
    let owns = |user: &str| {
        let query = UserQuery::EntityRef(EntityRef::parse(user, "user", "default").unwrap());
        let user = catalog.current.load().users.find(&query).unwrap().unwrap();
        user.ownership_entity_refs[1..].iter().map(ToString::to_string).collect::<Vec<_>>().join(" ").replace("group:default/", "")
    };
    assert_eq!(owns("alice"), "team-1 team-2");
    assert_eq!(owns("Carol.Upper"), "team-1 team-upper");
    assert_eq!(owns("other/dave"), "team-1 group:other/team-x");
    assert_eq!(owns("frank"), "");
    assert_eq!(owns("ivan"), "team-4");
    assert_eq!(owns("ghostmember"), "no-such-group team-5");
    assert_eq!(owns("orgmember"), "root");
    assert_eq!(
        owns("manygroups"),
        "dept-1 root team-1 team-10 team-11 team-12 team-13 team-14 team-15 team-16 team-17 team-18 team-19 team-2 team-20 team-3 team-4 \
         team-5 team-6 team-7 team-8 team-9"
    );
    let email = |email: &str| {
        let term = FilterTerm { key: "spec.profile.email".into(), values: vec![email.into()] };
        catalog.current.load().users.find(&UserQuery::filter(vec![vec![term]]).unwrap())
    };
    assert_eq!(email("carol.upper@example.com").unwrap().unwrap().entity_ref.name(), "carol.upper");
    assert_eq!(email("twin@example.com"), Err(CatalogError::Conflict));
    assert_eq!(email("zz@nowhere.example,spec.profile.email=alice@example.com"), Ok(None));
}

#[test]
fn the_sample_is_without_fault() {
    let catalog = load(Path::new(env!("CARGO_MANIFEST_DIR")), "../config/catalog/org.yaml");
    assert_eq!((catalog.users(), catalog.groups(), catalog.warnings()), (4, 6, vec![]));
    assert_eq!(find(&catalog, "carol").unwrap(), ["user:default/carol", "group:default/operations"]);
}

#[tokio::test]
async fn it_is_a_catalog() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("org.yaml"), user("alice", "a")).unwrap();
    let catalog: Arc<dyn Catalog> = Arc::new(load(directory.path(), "org.yaml"));
    let query = UserQuery::entity_ref("user", "default", "ALICE").unwrap();
    assert_eq!(catalog.find_user(&query).await.unwrap().unwrap().entity_ref.as_str(), "user:default/alice");
    assert_eq!(catalog.find_user(&UserQuery::Nobody).await, Ok(None));
}

const GROUPS: &str = "
apiVersion: v1
kind: Group
metadata: { name: Team, namespace: ops, annotations: { example.com/id: 'x,y' } }
spec: { type: team, parent: dept, profile: { displayName: The Team }, members: [alice] }
---
apiVersion: v1
kind: Group
metadata: { name: dept, namespace: ops }
spec: { type: department, parent: 'group:default/org', children: [] }
---
apiVersion: v1
kind: Group
metadata: { name: org }
spec: { type: organization, children: [other/child] }
---
apiVersion: v1
kind: Group
metadata: { name: child, namespace: other }
spec: { type: team }
---
apiVersion: v1
kind: Group
metadata: { name: odd }
spec: { type: team, profile: { displayName: 7 } }
";

fn group_filter(terms: &[(&str, &str)]) -> GroupFilter {
    let term = |(key, value): &(&str, &str)| FilterTerm { key: (*key).into(), values: vec![(*value).into()] };
    GroupFilter::new(vec![terms.iter().map(term).collect()]).unwrap()
}

#[tokio::test]
async fn groups_are_found_with_their_parents() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("org.yaml"), user("alice", "ops/team") + "---\n" + GROUPS.trim_start()).unwrap();
    let catalog = load(directory.path(), "org.yaml");
    assert_eq!((catalog.groups(), catalog.warnings().len()), (4, 1), "{:?}", catalog.warnings());
    let refs: Vec<_> =
        ["ops/TEAM", "org", "ops/gone", "ops/dept", "other/child"].map(|text| EntityRef::parse(text, "group", "default").unwrap()).into();
    let found = catalog.groups_of(&refs);
    let shown = |group: &Option<Arc<Group>>| {
        let group = group.as_ref()?;
        Some(format!("{} {:?} {:?}", group.entity_ref, group.display_name.as_deref(), group.parent.as_ref().map(EntityRef::as_str)))
    };
    insta::assert_snapshot!(found.iter().map(|group| shown(group).unwrap_or_else(|| "-".into())).collect::<Vec<_>>().join("\n"), @r#"
    group:ops/team Some("The Team") Some("group:ops/dept")
    group:default/org None None
    -
    group:ops/dept None Some("group:default/org")
    group:other/child None Some("group:default/org")
    "#);
    insta::assert_snapshot!(found[0].as_ref().unwrap().json, @r#"{"metadata":{"namespace":"ops","name":"Team","annotations":{"example.com/id":"x,y"}},"apiVersion":"v1","kind":"Group","spec":{"members":["alice"],"parent":"dept","profile":{"displayName":"The Team"},"type":"team"},"relations":[{"type":"childOf","targetRef":"group:ops/dept"},{"type":"hasMember","targetRef":"user:default/alice"},{"type":"hasMember","targetRef":"user:ops/alice"}]}"#);
    let find = async |terms: &[(&str, &str)]| {
        let groups = catalog.find_groups(&group_filter(terms)).await.unwrap();
        groups.iter().map(|group| group.entity_ref.as_str().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(find(&[("spec.type", "TEAM"), ("kind", "group")]).await, ["group:ops/team", "group:other/child"]);
    assert_eq!(find(&[("relations.hasMember", "user:ops/alice")]).await, ["group:ops/team"]);
    assert_eq!(find(&[("relations.childOf", "group:default/org")]).await, ["group:ops/dept", "group:other/child"]);
    assert_eq!(
        find(&[("metadata.annotations.example.com/id", "x,y")]).await,
        ["group:ops/team"],
        "as it stands here; a catalog over HTTP cannot be asked"
    );
    assert_eq!(find(&[("metadata.name", "alice")]).await, [""; 0], "a user is no group");
}

#[tokio::test]
async fn a_hundred_groups_are_found_and_no_more() {
    let directory = tempfile::tempdir().unwrap();
    let group =
        |nth: usize| format!("---\napiVersion: v1\nkind: Group\nmetadata: {{ name: g{nth} }}\nspec: {{ type: team, number: {} }}\n", nth % 101);
    fs::write(directory.path().join("org.yaml"), (0..101).map(group).collect::<String>()).unwrap();
    let catalog = load(directory.path(), "org.yaml");
    assert_eq!(catalog.find_groups(&group_filter(&[("spec.type", "team")])).await, Err(CatalogError::TooMany));
    let all_but_one: Vec<_> = (0..50).map(|nth| format!("g{nth}")).collect();
    let half = GroupFilter::new(vec![vec![FilterTerm { key: "metadata.name".into(), values: all_but_one }]]).unwrap();
    assert_eq!(catalog.find_groups(&half).await.unwrap().len(), 50);
}
