//! `stagedoor.ownership`: for every user of the catalog, whichever resolver chose them, and for nobody else; within its bounds, or nobody signs in.

use std::sync::Arc;

use serde_json::{Value, json};
use stagedoor_tests::guests::{Chain, Door};
use tokio::task::JoinSet;

use super::{fallback_bounds, group_bounds, issue_self_bounds, owned, refused};

const ALICE: [(&str, &str); 1] = [("x-forwarded-user", "alice")];
const BY_NAME: &str = "forwardedUserMatchingUserEntityName";
const REFUSAL: &str = "The ownership component may not say what this user owns";

/// A built-in resolver, and then an ownership component with these settings.
fn owns(settings: Value) -> Chain {
    Chain::default().then_known(BY_NAME).asks("ownership", "owns", settings)
}

#[tokio::test]
async fn it_decides_what_a_catalog_user_owns_whichever_resolver_chose_them() {
    let own = json!({ "refs": ["user:default/alice", "group:default/{id}-team"] });
    let chains = [
        owns(own.clone()),
        Chain::of("look_first").asks("ownership", "owns", own.clone()),
        // The catalog knows her, so it is not the name of the power that she signs in under.
        Chain::of("fallback").grants(json!({ "fallback": fallback_bounds() })).asks("ownership", "owns", own),
    ];
    for chain in chains {
        let app = chain.start().await;
        let answer = app.refresh(&ALICE).await;
        assert_eq!(owned(&answer), json!(["user:default/alice", "group:default/a-1-team"]), "{answer:?}");
        let (result, record) = Door::of(&app).await.sign_in(&ALICE).await;
        assert_eq!(result.unwrap().ownership.len(), 2);
        assert_eq!(record.attempts.iter().map(|attempt| attempt.kind).collect::<Vec<_>>(), ["resolver", "ownership"]);
        assert_eq!((record.outcome, record.decided_by.as_deref() == Some("owns")), ("catalog", false));
        assert_eq!(record.attempts[1].notes, [("for".to_owned(), "user:default/alice".to_owned())]);
    }
}

#[tokio::test]
async fn what_it_says_is_in_the_token_and_in_the_user_info() {
    let app = owns(json!({ "add": true, "refs": ["group:default/dept", "group:default/DEPT", "group:default/team-a"] })).start().await;
    let answer = app.refresh(&ALICE).await;
    let all = json!(["user:default/alice", "group:default/team-a", "group:default/dept"]);
    assert_eq!(owned(&answer), all, "each ref once, in lower case");
    let info = app.get("/api/auth/v1/userinfo", &[("authorization", &format!("Bearer {}", answer.token().unwrap()))]).await;
    assert_eq!(info.json()["claims"]["ent"], all, "{info:?}");
}

#[tokio::test]
async fn nobody_but_a_catalog_user_is_asked_about() {
    for (guest, grants) in [("fallback", json!({ "fallback": fallback_bounds() })), ("issue_self", json!({ "issue-self": issue_self_bounds(false) }))]
    {
        let app = Chain::of(guest).grants(grants).asks("ownership", "owns", json!({ "deed": "traps" })).start().await;
        assert_eq!(owned(&app.refresh(&[("x-forwarded-user", "zed")]).await), json!(["user:default/zed"]));
        let (_, record) = Door::of(&app).await.sign_in(&[("x-forwarded-user", "zed")]).await;
        assert_eq!(record.attempts.len(), 1);
    }
}

#[tokio::test]
async fn what_a_resolver_replaces_stands_in_its_place_and_what_it_adds_comes_behind() {
    let own = json!({ "refs": ["user:default/alice", "group:default/dept"] });
    let app = |guest: &str, power: &str| Chain::of(guest).grants(json!({ power: group_bounds() })).asks("ownership", "owns", own.clone());
    let with = |refs: &'static str| [ALICE[0], ("x-refs", refs)];
    let adds = app("add_ownership", "add-ownership").start().await;
    assert_eq!(owned(&adds.refresh(&with("group:default/ops")).await), json!(["user:default/alice", "group:default/dept", "group:default/ops"]));
    let replaces = app("replace_ownership", "replace-ownership").start().await;
    assert_eq!(owned(&replaces.refresh(&with("group:default/ops|user:default/alice")).await), json!(["group:default/ops", "user:default/alice"]));
}

/// Team-a is hers by the catalog, so the resolver needs no bounds for it; but the component has taken it away, and no power gives it back.
#[tokio::test]
async fn a_resolver_cannot_give_back_what_it_has_taken_away() {
    let own = json!({ "refs": ["user:default/alice"] });
    let headers = [ALICE[0], ("x-refs", "group:default/team-a")];
    for (guest, power) in [("add_ownership", "add-ownership"), ("replace_ownership", "replace-ownership")] {
        let app = Chain::of(guest).grants(json!({ power: group_bounds() })).asks("ownership", "owns", own.clone()).start().await;
        assert_eq!(refused(&app.refresh(&headers).await), (403, "guarded".into(), "The resolver may not sign in this user".into()));
        let (_, record) = Door::of(&app).await.sign_in(&headers).await;
        assert_eq!(record.cause.as_deref(), Some("no grant of the resolver allows to own group:default/team-a"));
        assert_eq!((record.blame, record.decided_by.as_deref()), (Some("guest"), Some(guest)));
    }
}

#[tokio::test]
async fn nothing_at_all_is_something_that_it_may_say() {
    assert_eq!(owned(&owns(json!({})).start().await.refresh(&ALICE).await), json!([]));
}

#[tokio::test]
async fn what_no_user_can_own_ends_the_sign_in() {
    for (settings, cause) in [
        (json!({ "refs": ["user:default/bob"] }), "it let user:default/alice own user:default/bob, which is another user"),
        (json!({ "refs": ["user:other/alice"] }), "it let user:default/alice own user:other/alice, which is another user"),
        (json!({ "count": 2001 }), "it gave user:default/alice 2001 refs, at most 2000 are allowed"),
        (json!({ "refs": [""] }), "Invalid entity ref: "),
        (json!({ "refs": ["group:default/"] }), "Invalid entity ref: "),
        (json!({ "refs": ["group:default/a\nb"] }), "Invalid entity ref: "),
        (json!({ "refs": ["a:b"] }), "Invalid entity ref: "),
    ] {
        let app = owns(settings.clone()).start().await;
        assert_eq!(refused(&app.refresh(&ALICE).await), (403, "guarded".into(), REFUSAL.into()), "{settings}");
        let (_, record) = Door::of(&app).await.sign_in(&ALICE).await;
        assert_eq!(record.blame, Some("guest"));
        assert!(record.cause.as_deref().is_some_and(|told| told.contains(cause)), "{settings}: {:?}", record.cause);
    }
    assert_eq!(owned(&owns(json!({ "count": 2000 })).start().await.refresh(&ALICE).await).as_array().unwrap().len(), 2000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_else_it_does_nobody_signs_in() {
    for (settings, status, code, message) in [
        (json!({ "deed": "traps" }), 500, "resolver-trapped", "The ownership component failed"),
        (json!({ "count": 100_000 }), 500, "resolver-trapped", "The ownership component failed"),
        (json!({ "deed": "loops" }), 503, "resolver-timeout", "The sign-in took too long"),
        (json!({ "deed": "not-found" }), 404, "NotFoundError", "There is no such owner"),
    ] {
        let app = owns(settings.clone()).then_known(BY_NAME).limit("timeout", "300 ms").start().await;
        assert_eq!(refused(&app.refresh(&ALICE).await), (status, code.to_owned(), message.to_owned()), "{settings}");
        let (_, record) = Door::of(&app).await.sign_in(&ALICE).await;
        let attempts: Vec<_> = record.attempts.iter().map(|attempt| (attempt.kind, attempt.error)).collect();
        assert_eq!(attempts, [("resolver", None), ("ownership", Some(code))], "no other resolver is asked");
        assert_eq!(record.decided_by.as_deref(), Some("owns"));
    }
}

/// The resolver has used one of them.
#[tokio::test]
async fn look_ups_are_counted_over_all_components_of_a_sign_in() {
    let app = owns(json!({ "deed": "looks" })).limit("catalogLookups", 9).start().await;
    assert_eq!(owned(&app.refresh(&ALICE).await), json!([]));
    let app = owns(json!({ "deed": "looks" })).start().await;
    assert_eq!(refused(&app.refresh(&ALICE).await).1, "resolver-trapped");
    let (_, record) = Door::of(&app).await.sign_in(&ALICE).await;
    assert_eq!(record.attempts.iter().map(|attempt| attempt.look_ups.len()).collect::<Vec<_>>(), [1, 7]);
    assert!(record.cause.is_some_and(|cause| cause.contains("stagedoor.limits.catalogLookups")));
}

/// One permit is for the whole sign-in: no step of it waits for another.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_one_permit_all_three_run() {
    let chain = Chain::default().then_known("emailMatchingUserEntityProfileEmail").asks("profile", "own_profile", json!({}));
    let app = chain.asks("ownership", "owns", json!({ "add": true })).limit("concurrency", 1).limit("queueTimeout", "30 s").start().await;
    let door = Arc::new(Door::of(&app).await);
    let mut all = JoinSet::new();
    for _ in 0..16 {
        let door = Arc::clone(&door);
        all.spawn(async move { door.sign_in(&[("x-auth-request-email", "alice@corp.example")]).await });
    }
    for (result, record) in all.join_all().await {
        assert_eq!(result.unwrap().user.as_str(), "user:default/alice");
        assert_eq!(record.attempts.len(), 3);
    }
}
