//! `add-ownership` and `replace-ownership`: what comes out, in which order, and what is refused whatever the grant says.

use serde_json::{Value, json};
use stagedoor::domain::grant::Power;
use stagedoor_tests::{
    App,
    guests::{Chain, Door},
};

use super::{group_bounds, owned, refused};

const ALICE: (&str, &str) = ("x-forwarded-user", "alice");

async fn door(guest: &str, power: &str) -> App {
    Chain::of(guest).grants(json!({ power: group_bounds() })).start().await
}

async fn owns(app: &App, headers: &[(&str, &str)]) -> Value {
    let answer = app.refresh(&[&[ALICE], headers].concat()).await;
    assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "{answer:?}");
    owned(&answer)
}

/// A guest that goes on without what it was refused: nothing has changed, and the refusal stands in the record.
async fn swallowed(app: &App, power: Power, headers: &[(&str, &str)]) {
    let (result, record) = Door::of(app).await.sign_in(&[&[ALICE, ("x-swallow", "yes")], headers].concat()).await;
    assert_eq!((result.unwrap().ownership.len(), &record.attempts[0].refusals), (2, &vec![power]), "{headers:?}");
}

#[tokio::test]
async fn what_is_added_comes_behind_what_the_catalog_says_and_each_ref_once() {
    let app = door("add_ownership", "add-ownership").await;
    let by_catalog = ["user:default/alice", "group:default/team-a"];
    assert_eq!(owns(&app, &[]).await, json!(by_catalog));
    let refs = "group:default/Ops|group:Default/ops|group:default/team-a|user:default/alice|group:default/dev";
    assert_eq!(owns(&app, &[("x-refs", refs)]).await, json!([by_catalog[0], by_catalog[1], "group:default/ops", "group:default/dev"]));
}

#[tokio::test]
async fn what_replaces_is_all_that_they_own() {
    let app = door("replace_ownership", "replace-ownership").await;
    assert_eq!(owns(&app, &[]).await, json!([]), "an empty list is nothing at all");
    assert_eq!(owns(&app, &[("x-refs", "group:default/ops")]).await, json!(["group:default/ops"]), "not even themselves");
    let order = "group:default/team-a|group:default/ops|user:default/Alice|group:default/ops";
    assert_eq!(owns(&app, &[("x-refs", order)]).await, json!(["group:default/team-a", "group:default/ops", "user:default/alice"]));
}

/// Team-a and alice herself are within no bounds of the grant; keeping them is no power.
#[tokio::test]
async fn what_is_theirs_already_needs_no_bounds_and_what_is_anothers_does() {
    for (guest, power) in [("add_ownership", "add-ownership"), ("replace_ownership", "replace-ownership")] {
        let app = door(guest, power).await;
        assert!(owns(&app, &[("x-refs", "group:default/team-a|user:default/alice")]).await.as_array().unwrap().len() == 2);
        for other in ["group:default/team-b", "user:default/bob", "user:other/alice"] {
            assert_eq!(refused(&app.refresh(&[ALICE, ("x-refs", other)]).await).0, 403, "{other}");
        }
    }
}

#[tokio::test]
async fn later_steps_build_on_earlier_ones() {
    let anything = json!({ "kinds": [".*"], "namespaces": [".*"], "names": [".*"] });
    let app = Chain::of("ownership_steps").grants(json!({ "add-ownership": anything, "replace-ownership": anything })).start().await;
    let step = |nth: usize| format!("group:default/step-{nth}");
    let by_catalog = || vec!["user:default/alice".to_owned(), "group:default/team-a".to_owned()];
    assert_eq!(owns(&app, &[("x-steps", "aa")]).await, json!([by_catalog(), vec![step(1), step(2)]].concat()));
    assert_eq!(owns(&app, &[("x-steps", "ra")]).await, json!([step(1), step(2)]), "added behind what replaced");
    assert_eq!(owns(&app, &[("x-steps", "ar")]).await, json!([step(2)]), "what was added before is gone");
    assert_eq!(owns(&app, &[("x-steps", "rr")]).await, json!([step(2)]));
    assert_eq!(owns(&app, &[("x-steps", "ax")]).await, json!([]));
    assert_eq!(owns(&app, &[("x-steps", "xa")]).await, json!([step(2)]));
}

/// The decision about one of them is not one about the other.
#[tokio::test]
async fn each_of_the_two_needs_its_own_grant() {
    let grants = |add: Value, replace: Value| json!({ "add-ownership": add, "replace-ownership": replace });
    for (grants, steps, power) in
        [(grants(group_bounds(), json!("deny")), "x", "replace-ownership"), (grants(json!("deny"), group_bounds()), "a", "add-ownership")]
    {
        let app = Chain::of("ownership_steps").grants(grants).start().await;
        let (status, _, message) = refused(&app.refresh(&[ALICE, ("x-steps", steps)]).await);
        assert!(status == 403 && message.starts_with(&format!("The resolver may not use {power}: ")), "{message}");
    }
    let refusal = Chain::of("ownership_steps").grants(json!({ "add-ownership": group_bounds() })).refusal().await.to_string();
    assert!(refusal.contains("it imports the power replace-ownership, which nobody decided"), "{refusal}");
}

#[tokio::test]
async fn a_ref_that_nobody_can_bear_is_not_owned() {
    let anything = json!({ "kinds": [".*"], "namespaces": [".*"], "names": [".*"] });
    for (guest, power) in [("add_ownership", Power::AddOwnership), ("replace_ownership", Power::ReplaceOwnership)] {
        let app = Chain::of(guest).grants(json!({ power.name(): anything })).start().await;
        let long = format!("group:default/{}", "a".repeat(254));
        for odd in
            ["group:default/", "group:/ops", "group:default/a,b", "group:default/a:b", "group:default/a/b", "group:default/\u{212A}evin", &long]
        {
            let refs = format!("group:default/ops|{odd}");
            let (status, error, message) = refused(&app.refresh(&[ALICE, ("x-refs", &refs)]).await);
            assert_eq!((status, error.as_str()), (400, "InputError"), "{odd}");
            assert!(message.starts_with("Invalid entity ref: "), "{message}");
            swallowed(&app, power, &[("x-refs", &refs)]).await;
        }
        assert!(owns(&app, &[("x-refs", "group:default/Team Ä@corp.example")]).await.to_string().contains("group:default/team ä@corp.example"));
    }
}

#[tokio::test]
async fn there_are_not_more_than_two_thousand() {
    let anything = json!({ "kinds": [".*"], "namespaces": [".*"], "names": [".*"] });
    for (guest, power, most) in [("add_ownership", Power::AddOwnership, 2002), ("replace_ownership", Power::ReplaceOwnership, 2000)] {
        let app = Chain::of(guest).grants(json!({ power.name(): anything })).start().await;
        assert_eq!(owns(&app, &[("x-count", "2000")]).await.as_array().unwrap().len(), most);
        let refusal = refused(&app.refresh(&[ALICE, ("x-count", "2001")]).await);
        assert_eq!(refusal, (400, "InputError".into(), "A resolver may give out at most 2000 refs of ownership".into()));
        let (_, record) = Door::of(&app).await.sign_in(&[ALICE, ("x-count", "2001")]).await;
        assert_eq!((record.blame, record.cause.as_deref()), (Some("guest"), Some("it gave out 2001 in one sign-in")));
        swallowed(&app, power, &[("x-count", "2001")]).await;
    }
    // Over several calls, in one sign-in.
    let app = Chain::of("ownership_steps").grants(json!({ "add-ownership": anything, "replace-ownership": anything })).start().await;
    assert_eq!(refused(&app.refresh(&[ALICE, ("x-steps", "rra"), ("x-count", "700")]).await).0, 400);
    assert_eq!(owns(&app, &[("x-steps", "rr"), ("x-count", "700")]).await.as_array().unwrap().len(), 701);
}
