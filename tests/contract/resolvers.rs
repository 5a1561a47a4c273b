//! Components of other authors, built outside of the workspace with nothing but the SDK.

use serde_json::{Value, json};
use stagedoor::{generation::stage::Step, serve::StartError};
use stagedoor_tests::guests::{self, Chain, Door};

use super::refused;

#[tokio::test]
async fn a_custom_component_signs_a_user_in_by_annotation() {
    let app = Chain::of("annotation").start().await;
    let answer = app.refresh(&[("x-forwarded-user", "A-1")]).await;
    assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "{answer:?}");
    let owned = answer.json()["backstageIdentity"]["identity"]["ownershipEntityRefs"].clone();
    assert_eq!(owned, json!(["user:default/alice", "group:default/team-a"]));
    assert_eq!(refused(&app.refresh(&[("x-forwarded-user", "a-1")]).await).0, 500, "annotations are compared exactly");
    assert_eq!(refused(&app.refresh(&[("x-forwarded-user", "T-1")]).await).1, "ConflictError");
    let staged = app.wired.stage().await.unwrap();
    let about = &staged.resolvers[0].about;
    assert_eq!((about.version.as_str(), about.powers.len(), about.cached), ("0.3.1", 0, true));
}

#[tokio::test]
async fn only_not_found_moves_on_to_the_next_resolver() {
    let app = Chain::of("annotation").then_known("forwardedUserMatchingUserEntityName").start().await;
    assert_eq!(app.refresh(&[("x-forwarded-user", "bob")]).await.user().as_deref(), Some("user:default/bob"));
    assert_eq!(app.refresh(&[("x-forwarded-user", "A-1")]).await.user().as_deref(), Some("user:default/alice"));
    let (_, record) = Door::of(&app).await.sign_in(&[("x-forwarded-user", "bob")]).await;
    let asked: Vec<_> = record.attempts.iter().map(|attempt| (attempt.resolver.as_str(), attempt.error)).collect();
    assert_eq!(asked, [("annotation", Some("NotFoundError")), ("forwardedUserMatchingUserEntityName", None)]);
}

#[tokio::test]
async fn it_looks_first_and_signs_in_that_very_user_with_one_look_up() {
    let app = Chain::of("look_first").start().await;
    let door = Door::of(&app).await;
    let (result, record) = door.sign_in(&[("x-forwarded-user", "alice")]).await;
    let signed_in = result.unwrap();
    assert_eq!((signed_in.user.as_str(), signed_in.profile.email.as_deref()), ("user:default/alice", Some("alice@corp.example")));
    assert_eq!(record.attempts[0].look_ups, ["entity-ref=1"]);
    assert_eq!(record.attempts[0].notes, [("id".to_owned(), "A-1".to_owned())]);
    for (name, message) in [("bob", "The user has no corp.example/id"), ("loner", "The user is in no group")] {
        assert_eq!(refused(&app.refresh(&[("x-forwarded-user", name)]).await), (403, "NotAllowedError".into(), message.into()));
    }
}

#[tokio::test]
async fn it_shows_a_profile_of_its_own() {
    let app = Chain::of("profile").start().await;
    let answer = app.refresh(&[("x-forwarded-user", "alice"), ("x-forwarded-email", "alice@corp.example")]).await;
    assert_eq!(answer.json()["profile"], json!({ "displayName": "Own Profile", "picture": "https://corp.example/p.png" }));
}

#[test]
fn what_the_sdk_makes_is_small() {
    for (guest, limit) in [("annotation", 60_000), ("fallback", 60_000), ("look_first", 60_000), ("settings", 120_000), ("directory", 170_000)] {
        let size = std::fs::metadata(guests::path(guest)).unwrap().len();
        assert!(size <= limit, "{guest} has {size} bytes");
    }
}

fn with_settings(settings: &[(&str, Value)]) -> Chain {
    settings.iter().fold(Chain::of("settings"), |chain, (key, value)| chain.setting(key, value.clone()))
}

#[tokio::test]
async fn settings_reach_the_component_in_their_types() {
    let settings = [("annotation", json!("corp.example/login")), ("notAllowed", json!(["bob-login"])), ("unknown", json!({ "key": null }))];
    let app = with_settings(&settings).start().await;
    assert_eq!(app.refresh(&[("x-forwarded-user", "alice-login")]).await.user().as_deref(), Some("user:default/alice"));
    assert_eq!(refused(&app.refresh(&[("x-forwarded-user", "bob-login")]).await).0, 403);
}

#[tokio::test]
async fn one_component_may_stand_there_twice_with_other_settings() {
    let twice = Chain::of("settings").setting("annotation", json!("corp.example/id"));
    let app = twice.then_known("settings").setting("annotation", json!("corp.example/login")).start().await;
    for login in ["A-1", "alice-login"] {
        assert_eq!(app.refresh(&[("x-forwarded-user", login)]).await.user().as_deref(), Some("user:default/alice"));
    }
}

/// Settings may hold secrets: a message never repeats a value.
#[tokio::test]
async fn wrong_settings_are_refused_with_file_and_path_all_at_once() {
    let cases = [
        (vec![], "", "\"annotation\" is a required property"),
        (vec![("annotation", json!(4_711))], ".annotation", "value is not of type \"string\""),
        (
            vec![("annotation", json!(4_711)), ("notAllowed", json!(["bob", 4_711]))],
            "",
            ".annotation: value is not of type \"string\"; .notAllowed[1]: value is not of type \"string\"",
        ),
    ];
    for (settings, path, message) in cases {
        let refusal = with_settings(&settings).refusal().await;
        let text = refusal.to_string();
        let StartError::Stage(errors) = refusal else { panic!("{text}") };
        assert_eq!((errors.len(), errors[0].step), (1, Step::Settings), "{text}");
        assert!(text.contains(&format!("app-config.yaml: auth.providers.oauth2Proxy.signIn.resolvers[0]{path}: resolver settings, ")), "{text}");
        assert!(text.ends_with(message) && !text.contains("4711"), "{text}");
    }
}

#[tokio::test]
async fn every_resolver_is_checked_before_one_is_refused() {
    let chain = Chain::of("fallback").then("wrong_world").then("settings").then("annotation");
    let text = chain.refusal().await.to_string();
    assert_eq!(text.lines().count(), 3, "{text}");
    for (line, step) in text.lines().zip(["resolver fallback, step link", "resolver wrong_world, step link", "resolver settings, step settings"]) {
        assert!(line.contains(step), "{line}");
    }
}
