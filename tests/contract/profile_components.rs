//! `stagedoor.profile`: before the resolvers, for them and for the page; and whatever is wrong with it ends the sign-in.

use serde_json::{Value, json};
use stagedoor::domain::grant::Power;
use stagedoor_tests::guests::{Chain, Door};

use super::refused;

const EMAIL: (&str, &str) = ("x-auth-request-email", "alice@corp.example");
const BY_EMAIL: &str = "emailMatchingUserEntityProfileEmail";

/// The profile component of a distribution, and a built-in resolver behind it.
fn own_profile() -> Chain {
    Chain::default().then_known(BY_EMAIL).asks("profile", "own_profile", json!({}))
}

fn deed(what: &'static str) -> [(&'static str, &'static str); 2] {
    [EMAIL, ("x-deed", what)]
}

#[tokio::test]
async fn a_built_in_resolver_follows_with_what_the_component_says() {
    let app = own_profile().start().await;
    let cases: [(&[(&str, &str)], Value); 2] =
        [(&[EMAIL, ("x-auth-request-user", "al")], json!("al")), (&[EMAIL, ("x-forwarded-email", "bob@corp.example")], json!("alice@corp.example"))];
    for (headers, name) in cases {
        let answer = app.refresh(headers).await;
        assert_eq!(answer.user().as_deref(), Some("user:default/alice"), "{answer:?}");
        assert_eq!(answer.json()["profile"], json!({ "email": "alice@corp.example", "displayName": name }));
    }
    let (_, record) = Door::of(&app).await.sign_in(&[EMAIL, ("x-forwarded-user", "bob")]).await;
    let asked: Vec<_> = record.attempts.iter().map(|attempt| (attempt.kind, attempt.resolver.as_str())).collect();
    assert_eq!(asked, [("profile", "own_profile"), ("resolver", BY_EMAIL)]);
    assert_eq!(record.attempts[0].notes, [("before".to_owned(), "bob".to_owned())], "it sees what the headers would make");
    assert_eq!((record.outcome, record.decided_by.as_deref()), ("catalog", Some(BY_EMAIL)));
}

#[tokio::test]
async fn what_a_resolver_sets_replaces_it() {
    let app = Chain::of("profile").asks("profile", "own_profile", json!({})).start().await;
    let answer = app.refresh(&[EMAIL, ("x-forwarded-user", "alice")]).await;
    assert_eq!(answer.json()["profile"], json!({ "displayName": "Own Profile", "picture": "https://corp.example/p.png" }));
}

#[tokio::test]
async fn its_settings_stand_beside_its_name() {
    let picture = json!({ "picture": "https://corp.example/all.png" });
    let app = Chain::default().then_known(BY_EMAIL).asks("profile", "own_profile", picture).start().await;
    assert_eq!(app.refresh(&[EMAIL]).await.json()["profile"]["picture"], json!("https://corp.example/all.png"));
    for (settings, path, message) in [
        (json!({ "picture": 7 }), ".picture", "value is not of type \"string\""),
        (json!({ "pictur": "x" }), ".pictur", "the component has no such setting; did you mean picture?"),
        (json!({ "colour": "x" }), ".colour", "the component has no such setting"),
    ] {
        let text = Chain::default().then_known(BY_EMAIL).asks("profile", "own_profile", settings).refusal().await.to_string();
        assert!(
            text.ends_with(&format!("app-config.yaml: stagedoor.profile{path}: profile component own_profile, step settings: {message}")),
            "{text}"
        );
    }
}

/// "Not found" too: it is for the chain to move on, and no resolver has been asked yet.
#[tokio::test]
async fn its_error_ends_the_sign_in_and_no_resolver_runs() {
    let app = own_profile().start().await;
    let door = Door::of(&app).await;
    let by_proxy = [("x-forwarded-email", "alice@corp.example")];
    for (headers, status, name, message) in [
        (&by_proxy[..], 500, "Error", "Request did not contain an email"),
        (&deed("not-found"), 404, "NotFoundError", "There is no such person"),
        (&deed("not-allowed"), 403, "NotAllowedError", "Not today"),
    ] {
        assert_eq!(refused(&app.refresh(headers).await), (status, name.to_owned(), message.to_owned()));
        let (_, record) = door.sign_in(headers).await;
        assert_eq!((record.attempts.len(), record.attempts[0].error), (1, Some(name)));
        assert_eq!(record.decided_by.as_deref(), Some("own_profile"));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_it_does_nobody_signs_in() {
    let app = own_profile().limit("timeout", "300 ms").start().await;
    let door = Door::of(&app).await;
    for (what, status, code, message) in [
        ("traps", 500, "resolver-trapped", "The profile component failed"),
        ("huge", 500, "resolver-trapped", "The profile component failed"),
        ("eats", 500, "resolver-out-of-memory", "The profile component ran out of memory"),
        ("loops", 503, "resolver-timeout", "The sign-in took too long"),
    ] {
        assert_eq!(refused(&app.refresh(&deed(what)).await), (status, code.to_owned(), message.to_owned()));
        let (_, record) = door.sign_in(&deed(what)).await;
        assert_eq!((record.attempts.len(), record.attempts[0].error, record.blame), (1, Some(code), Some("guest")), "{what}");
        assert!(app.refresh(&[EMAIL]).await.user().is_some(), "the next sign-in has an instance of its own");
    }
}

#[tokio::test]
async fn log_lines_are_counted_over_all_components_of_a_sign_in() {
    let app = own_profile().asks("ownership", "owns", json!({ "deed": "logs" })).limit("logLines", 3).start().await;
    let (result, record) = Door::of(&app).await.sign_in(&deed("logs")).await;
    assert!(result.is_ok());
    let wanted: Vec<_> = record.attempts.iter().map(|attempt| attempt.log_lines).collect();
    assert_eq!(wanted, [100, 0, 100]);
}

#[tokio::test]
async fn a_power_must_be_decided_for_it_too_and_what_it_was_shown_is_masked() {
    let chain = || Chain::default().then_known("forwardedUserMatchingUserEntityName").asks("profile", "token_profile", json!({}));
    let text = chain().refusal().await.to_string();
    assert!(text.contains("profile component token_profile, step link: it imports the power sensitive-headers, which nobody decided"), "{text}");

    let headers = [("x-forwarded-user", "alice"), ("x-forwarded-access-token", "opaque-0123456789")];
    let leaking = [&headers[..], &[("x-leak", "yes")]].concat();
    let app = chain().grants_of("token_profile", json!({ "sensitive-headers": { "headers": ["x-forwarded-access-token"] } })).start().await;
    assert_eq!(app.refresh(&headers).await.json()["profile"], json!({ "displayName": "17 bytes" }));
    let (result, record) = Door::of(&app).await.sign_in(&leaking).await;
    assert_eq!((&*result.unwrap_err().message, record.cause.as_deref()), ("saw ***", Some("***")));
    assert_eq!(record.attempts[0].notes, [("token".to_owned(), "***".to_owned())]);

    let app = chain().grants_of("token_profile", json!({ "sensitive-headers": "deny" })).start().await;
    let (status, _, message) = refused(&app.refresh(&headers).await);
    assert!(status == 403 && message.starts_with("The profile component may not use sensitive-headers: "), "{message}");
    let (_, record) = Door::of(&app).await.sign_in(&headers).await;
    assert_eq!(record.attempts[0].refusals, [Power::SensitiveHeaders]);
}
