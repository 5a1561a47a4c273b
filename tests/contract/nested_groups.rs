//! The ownership component that ships, in the running host over a catalog of files: all groups above those of the user, or nobody signs in.

use std::{fs, sync::Arc};

use serde_json::{Value, json};
use stagedoor::{
    domain::{entity_ref::EntityRef, grant::Power, group::Group, group_filter::GroupFilter, profile::Profile, query::UserQuery, user::User},
    ports::{
        BoxFuture,
        catalog::{Catalog, CatalogError},
    },
    source::builtin,
};
use stagedoor_tests::{App, fixture, guests::Door};

use super::{owned, refused};

fn config(stagedoor: Value) -> String {
    let mut stagedoor = stagedoor;
    stagedoor["limits"]["concurrency"] = json!(8);
    json!({
        "auth": { "providers": { "oauth2Proxy": { "signIn": { "resolvers": [{ "resolver": "forwardedUserMatchingUserEntityName" }] } } } },
        "catalog": { "locations": [{ "type": "file", "target": fixture("../contract/nested_groups/org.yaml") }] },
        "stagedoor": stagedoor,
    })
    .to_string()
}

async fn nested(settings: Value) -> App {
    let mut ownership = json!({ "component": "nestedGroups" });
    ownership.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    App::start(&config(json!({ "ownership": ownership, "limits": {} }))).await
}

async fn owns(app: &App, name: &str) -> Value {
    let answer = app.refresh(&[("x-forwarded-user", name)]).await;
    assert!(answer.user().is_some(), "{answer:?}");
    owned(&answer)
}

#[tokio::test]
async fn its_name_is_enough_and_grants_it_what_it_asks_for() {
    let app = App::start(&config(json!({ "ownership": "nestedGroups", "limits": {} }))).await;
    let alice = ["user:default/alice", "group:default/guild", "group:default/team-a", "group:default/department", "group:default/company"];
    assert_eq!(owns(&app, "alice").await, json!(alice));
    assert_eq!(owns(&app, "bob").await, json!(["user:default/bob", "group:default/hen", "group:default/egg"]), "a circle ends");
    assert_eq!(owns(&app, "carol").await, json!(["user:default/carol", "group:default/orphan", "group:default/gone"]), "as of a direct group");
    assert_eq!(owns(&app, "loner").await, json!(["user:default/loner"]));
    let staged = app.wired.stage().await.unwrap();
    let about = &staged.ownership.as_ref().unwrap().about;
    assert_eq!((about.origin.to_string().as_str(), &about.powers[..]), ("built-in", &[(Power::Groups, "granted")][..]));
}

#[tokio::test]
async fn only_so_many_levels_count_if_the_operator_says_so() {
    for (levels, count) in [(0, 3), (1, 4), (2, 5), (9, 5)] {
        let app = nested(json!({ "levels": levels })).await;
        assert_eq!(owns(&app, "alice").await.as_array().unwrap().len(), count, "{levels}");
    }
    let text = match App::try_start(&config(json!({ "ownership": { "component": "nestedGroups", "level": 3 }, "limits": {} }))).await {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it starts"),
    };
    assert!(
        text.ends_with(
            "stagedoor.ownership.level: ownership component nestedGroups, step settings: the component has no such setting; did you mean levels?"
        ),
        "{text}"
    );
}

/// Nine groups and the resolver's own question are ten look-ups.
#[tokio::test]
async fn an_organisation_that_is_too_deep_for_the_look_ups_signs_nobody_in() {
    let app = nested(json!({})).await;
    assert_eq!(
        refused(&app.refresh(&[("x-forwarded-user", "dave")]).await),
        (500, "resolver-trapped".into(), "The ownership component failed".into())
    );
    let (_, record) = Door::of(&app).await.sign_in(&[("x-forwarded-user", "dave")]).await;
    assert!(record.cause.is_some_and(|cause| cause.contains("more than the 8 look-ups of stagedoor.limits.catalogLookups")));
    let app = App::start(&config(json!({ "ownership": "nestedGroups", "limits": { "catalogLookups": 10 } }))).await;
    assert_eq!(owns(&app, "dave").await.as_array().unwrap().len(), 10);
}

/// The catalog knew the user a moment ago, and then is away.
#[tokio::test]
async fn half_of_what_they_own_is_not_what_they_own() {
    let app = nested(json!({})).await;
    let (result, record) = Door::with_catalog(&app, Arc::new(GroupsAreAway)).await.sign_in(&[("x-forwarded-user", "alice")]).await;
    assert_eq!(result.unwrap_err().status(), 503);
    assert_eq!((record.blame, record.cause.as_deref()), (Some("upstream"), Some("connection refused")));
    assert_eq!(record.attempts.iter().map(|attempt| attempt.error).collect::<Vec<_>>(), [None, Some("ServiceUnavailableError")]);
}

/// The very same bytes, as an operator's own component.
#[tokio::test]
async fn as_a_component_of_ones_own_it_needs_the_decision() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("mine.wasm");
    fs::write(&file, builtin::find("nestedGroups").unwrap().bytes).unwrap();
    let mine = |grants: Value| config(json!({ "components": { "mine": { "source": file, "grants": grants } }, "ownership": "mine", "limits": {} }));
    let text = match App::try_start(&mine(json!({}))).await {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it starts"),
    };
    assert!(text.contains("ownership component mine, step link: it imports the power groups, which nobody decided"), "{text}");
    let app = App::start(&mine(json!({ "groups": "deny" }))).await;
    let (status, _, message) = refused(&app.refresh(&[("x-forwarded-user", "alice")]).await);
    assert!(status == 403 && message.starts_with("The ownership component may not use groups: stagedoor.components.mine.grants.groups"), "{message}");
    let app = App::start(&mine(json!({ "groups": "grant" }))).await;
    assert_eq!(owns(&app, "alice").await.as_array().unwrap().len(), 5);
}

struct GroupsAreAway;

impl Catalog for GroupsAreAway {
    fn find_user<'a>(&'a self, _query: &'a UserQuery) -> BoxFuture<'a, Result<Option<Arc<User>>, CatalogError>> {
        let entity_ref = |kind, name| EntityRef::new(kind, "default", name).unwrap();
        Box::pin(async move {
            Ok(Some(Arc::new(User {
                entity_ref: entity_ref("user", "alice"),
                profile: Profile::default(),
                annotations: vec![],
                ownership_entity_refs: vec![entity_ref("user", "alice"), entity_ref("group", "team-a")],
                json: "{}".to_owned(),
            })))
        })
    }

    fn groups<'a>(&'a self, _refs: &'a [EntityRef]) -> BoxFuture<'a, Result<Vec<Option<Arc<Group>>>, CatalogError>> {
        Box::pin(async { Err(CatalogError::Unavailable("connection refused".into())) })
    }

    fn find_groups<'a>(&'a self, _filter: &'a GroupFilter) -> BoxFuture<'a, Result<Vec<Arc<Group>>, CatalogError>> {
        Box::pin(async { Err(CatalogError::Unavailable("connection refused".into())) })
    }
}
