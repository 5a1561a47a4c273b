//! What the SDK has for real directories does in a component what it does natively (`resolver-sdk/tests/real_resolvers.rs`).

use serde_json::{Value, json};
use stagedoor_tests::guests::{Chain, Door};

use super::refused;

const EMAIL: &str = "x-forwarded-email";
const GROUPS: &str = "x-forwarded-groups";

fn directory(logins: Value, domains: Value) -> Chain {
    let roles = json!(["developer", "operator"]);
    Chain::of("directory").setting("roles", roles).setting("logins", logins).setting("allowedDomains", domains)
}

fn corp() -> Chain {
    directory(json!({ "robert": ["user:default/bob"], "lone-*": ["user:default/lon*"] }), json!(["corp.example"]))
}

#[tokio::test]
async fn a_person_is_found_by_what_the_directory_says() {
    let app = corp().start().await;
    for (email, user) in [("Alice@CORP.example", "alice"), ("Robert@corp.example", "bob"), ("lone-er@corp.example", "loner")] {
        let answer = app.refresh(&[(EMAIL, email), (GROUPS, "/staff, role:operator")]).await;
        assert_eq!(answer.user(), Some(format!("user:default/{user}")), "{answer:?}");
    }
}

#[tokio::test]
async fn whoever_only_looks_like_it_is_refused() {
    let app = corp().start().await;
    for (email, groups, status, message) in [
        ("alice@corp.example", "operator,ROLE:operator,role:operators", 403, "You have no role in Backstage"),
        ("alice@corp.example", "", 403, "You have no role in Backstage"),
        ("alice@evil.example", "role:operator", 403, "Sign-in user email is not from an allowed domain"),
        ("alice@corp.example@evil.example", "role:operator", 400, "The email is not an address"),
        ("evil,alice@corp.example", "role:operator", 400, "The email is not an address"),
        ("***@corp.example", "role:operator", 400, "The name cannot be made the name of an entity"),
        ("+alice@corp.example", "role:operator", 403, "Please ask for an account at help@corp.example"),
        ("\u{212A}evin@corp.example", "role:operator", 403, "Please ask for an account at help@corp.example"),
        ("lone-er/x@corp.example", "role:operator", 403, "Please ask for an account at help@corp.example"),
        ("", "role:operator", 500, "Request did not contain an email"),
    ] {
        let (given, _, text) = refused(&app.refresh(&[(EMAIL, email), (GROUPS, groups)]).await);
        assert_eq!((given, text.as_str()), (status, message), "{email} {groups}");
    }
}

#[tokio::test]
async fn the_operator_reads_what_the_client_does_not() {
    let door = Door::of(&corp().start().await).await;
    let note = |key: &str, value: &str| (key.to_owned(), value.to_owned());
    let (result, record) = door.sign_in(&[(EMAIL, "alice@corp.example"), (GROUPS, "role:developer")]).await;
    assert_eq!(result.unwrap().user.as_str(), "user:default/alice");
    assert_eq!(record.attempts[0].notes, [note("name", "alice"), note("type", "none"), note("teams", "team-a")]);
    let (result, record) = door.sign_in(&[(EMAIL, "alice+ci@corp.example"), (GROUPS, "role:developer")]).await;
    assert!(result.is_err());
    assert_eq!((record.attempts[0].error, record.attempts[0].notes.clone()), (Some("NotAllowedError"), vec![note("name", "alice-ci-53acea4e")]));
    assert_eq!(record.cause.as_deref(), Some("NotFoundError: User not found"));
}

#[tokio::test]
async fn a_setting_that_cannot_be_meant_ends_the_start() {
    for (logins, domains, path) in [
        (json!({ "a": [] }), json!(["corp.example"]), ".logins.a"),
        (json!({ "a": "x" }), json!(["corp.example"]), ".logins.a"),
        (json!({ "": ["x"] }), json!(["corp.example"]), ".logins"),
        (json!({ "a*b": ["x"] }), json!(["corp.example"]), ".logins"),
        (json!({ "**": ["x"] }), json!(["corp.example"]), ".logins"),
        (json!({}), json!([]), ".allowedDomains"),
        (json!({}), json!(["*.corp.example"]), ".allowedDomains[0]"),
        (json!({}), json!(["@corp.example"]), ".allowedDomains[0]"),
        (json!({}), json!(["corp.example "]), ".allowedDomains[0]"),
    ] {
        let text = directory(logins.clone(), domains.clone()).refusal().await.to_string();
        assert!(text.contains(&format!("signIn.resolvers[0]{path}: resolver directory, step settings")), "{text}");
    }
}

/// What the schema lets pass, the component would refuse at each sign-in.
#[tokio::test]
async fn a_ref_that_nobody_can_bear_ends_the_start_too() {
    let alone = ["", "x*", "*", "group:", "ns/", "/x", ":x", "a:b:c", "a/b/c", "x,y", "x\u{212A}", "x\ny", "x\ty", "us*er:x", "user:*/x"];
    let behind_a_prefix = ["", "x*y", "x**", "group:", ":*", "/*", "a:b:*", "us*er:x", "user:*/x", "\u{130}*"];
    for (key, values) in [("a", &alone[..]), ("a*", &behind_a_prefix[..])] {
        for value in values {
            let text = directory(json!({ key: ["x", value] }), json!(["corp.example"])).refusal().await.to_string();
            assert!(text.contains(&format!("signIn.resolvers[0].logins.{key}[1]: resolver directory, step settings")), "{value:?}: {text}");
        }
    }
    let fine = json!({ "a": ["x", "user:x", "ops/x", "user:ops/x y@z+é"], "a*": ["*", "x*", "user:*", "user:ops/*", "ops/x"], "*": ["*"] });
    directory(fine, json!(["corp.example"])).start().await;
}
