//! Names that no entity can bear, and kinds that nobody looks up.

use serde_json::json;
use stagedoor_tests::guests::Chain;

use super::refused;

/// What could be mistaken for another ref, or is none.
fn impossible() -> Vec<String> {
    let long = ["a".repeat(254), "Ⱥ".repeat(126)];
    ["", "group:root", "user:default/alice", "other/dave", "a,b", "a:b", "\u{212A}evin", "\u{212B}sa"]
        .map(str::to_owned)
        .into_iter()
        .chain(long)
        .collect()
}

#[tokio::test]
async fn in_a_look_up_nobody_bears_it_and_the_chain_moves_on() {
    let app = Chain::of("look_first").then("annotation").start().await;
    for name in impossible() {
        let (status, error, message) = refused(&app.refresh(&[("x-forwarded-user", &name)]).await);
        let expected = if name.is_empty() { (400, "InputError") } else { (500, "Error") };
        assert_eq!((status, error.as_str()), expected, "{name:?}: {message}");
    }
}

#[tokio::test]
async fn issued_it_makes_no_sense() {
    let anything = json!({ "kinds": [".*"], "namespaces": [".*"], "names": [".*"] });
    let mut issued = anything.clone();
    issued["unlessInCatalog"] = true.into();
    for (guest, grants) in [("fallback", json!({ "fallback": anything })), ("issue_self", json!({ "issue-self": issued }))] {
        let app = Chain::of(guest).grants(grants).start().await;
        for name in impossible() {
            let (status, error, message) = refused(&app.refresh(&[("x-forwarded-user", &name)]).await);
            assert_eq!((status, error.as_str()), (400, "InputError"), "{name:?}");
            assert!(message.starts_with("Invalid entity ref: "), "{message}");
        }
        for namespace in ["a/b", "a:b", ""] {
            let answer = app.refresh(&[("x-forwarded-user", "zed"), ("x-namespace", namespace)]).await;
            assert_eq!(refused(&answer).0, 400, "{namespace:?}");
        }
        // What real directories hold is a name.
        for name in ["zed@corp.example", "zed+ci", "Jane Doe", "jürgen"] {
            let answer = app.refresh(&[("x-forwarded-user", name)]).await;
            assert_eq!(answer.user(), Some(format!("user:default/{}", name.to_lowercase())), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn only_users_can_be_looked_up() {
    let app = Chain::of("fallback").grants(json!({ "fallback": "deny" })).start().await;
    assert_eq!(refused(&app.refresh(&[("x-forwarded-user", "team-a"), ("x-kind", "group")]).await).0, 403, "a denied power looks at nothing");
    let app = Chain::of("fallback").grants(json!({ "fallback": { "kinds": [".*"], "namespaces": [".*"], "names": [".*"] } })).start().await;
    let refusal = refused(&app.refresh(&[("x-forwarded-user", "team-a"), ("x-kind", "group")]).await);
    assert_eq!(refusal, (400, "InputError".into(), "Invalid user lookup query: only entities of kind user can be looked up".into()));
}
