//! The powers over an identity and over sensitive headers, as a test grants them: within bounds, beyond them, and denied by default.

use resolver_sdk::serde_json::{Value, json};
use resolver_sdk::testing::{Answer, Bounds, FakeContext, FakeUser};
use resolver_sdk::{Context, EntityRef, Error, ErrorName, Identity, UserQuery};

fn door() -> FakeContext {
    FakeContext::new().with_user(FakeUser::new("alice").member_of("team-a"))
}

/// Alice after a change, or the name of the error.
fn alice(ctx: &FakeContext, change: impl FnOnce(&Identity) -> Result<(), Error>) -> Result<Answer, ErrorName> {
    let identity = ctx.sign_in_with_catalog_user(UserQuery::name("alice")).unwrap();
    let changed = change(&identity);
    let answer = ctx.answer(&identity);
    match changed {
        Ok(()) => Ok(answer),
        Err(error) => {
            assert_eq!((answer.ownership_entity_refs.len(), answer.claims), (2, json!({})), "an error changes nothing");
            Err(error.name())
        }
    }
}

fn owns(ctx: &FakeContext, change: impl FnOnce(&Identity) -> Result<(), Error>) -> Result<Vec<String>, ErrorName> {
    alice(ctx, change).map(|answer| answer.ownership_entity_refs)
}

fn groups(names: &[&str]) -> Vec<EntityRef> {
    names.iter().map(|name| EntityRef::group(*name)).collect()
}

fn ops_only() -> Bounds {
    Bounds::only(|owned| owned.kind() == "group" && owned.name() == "ops")
}

#[test]
fn nothing_is_granted_unless_the_test_says_so() {
    let ctx = door();
    assert_eq!(owns(&ctx, |alice| ctx.add_ownership(alice, [])), Err(ErrorName::NotAllowed));
    assert_eq!(owns(&ctx, |alice| ctx.replace_ownership(alice, [])), Err(ErrorName::NotAllowed));
    assert_eq!(owns(&ctx, |alice| ctx.add_token_claims(alice, &json!({}))), Err(ErrorName::NotAllowed));
    assert_eq!(ctx.get_sensitive_header("cookie").unwrap_err().name(), ErrorName::NotAllowed);
}

#[test]
fn what_is_added_comes_behind_and_each_ref_once() {
    let ctx = door().grant_add_ownership(ops_only());
    let added = owns(&ctx, |alice| ctx.add_ownership(alice, groups(&["OPS", "team-a", "ops"])));
    assert_eq!(added.unwrap(), ["user:default/alice", "group:default/team-a", "group:default/ops"]);
    for beyond in [EntityRef::group("dev"), EntityRef::user("bob"), EntityRef::user("ops")] {
        assert_eq!(owns(&ctx, |alice| ctx.add_ownership(alice, [EntityRef::group("ops"), beyond.clone()])), Err(ErrorName::NotAllowed), "{beyond}");
    }
}

#[test]
fn what_replaces_is_all_and_what_is_theirs_needs_no_bounds() {
    let ctx = door().grant_replace_ownership(ops_only()).grant_add_ownership(ops_only());
    assert_eq!(owns(&ctx, |alice| ctx.replace_ownership(alice, [])).unwrap(), Vec::<String>::new());
    let left = owns(&ctx, |alice| ctx.replace_ownership(alice, groups(&["ops", "team-a", "ops"])));
    assert_eq!(left.unwrap(), ["group:default/ops", "group:default/team-a"]);
    let steps = |alice: &Identity| ctx.add_ownership(alice, groups(&["ops"])).and_then(|()| ctx.replace_ownership(alice, [alice.user_entity_ref()]));
    assert_eq!(owns(&ctx, steps).unwrap(), ["user:default/alice"], "what was added before is gone");
    assert_eq!(owns(&ctx, |alice| ctx.replace_ownership(alice, groups(&["team-b"]))), Err(ErrorName::NotAllowed));
}

#[test]
fn odd_refs_and_too_many_of_them_make_no_sense() {
    let fresh = || door().grant_add_ownership(Bounds::any());
    for odd in ["", "a,b", "a/b", "a:b", "\u{212A}evin", &"a".repeat(254)] {
        let ctx = fresh();
        assert_eq!(owns(&ctx, |alice| ctx.add_ownership(alice, groups(&["ops", odd]))), Err(ErrorName::Input), "{odd:?}");
    }
    let ctx = fresh();
    let many = |count: usize| (0..count).map(|nth| EntityRef::group(format!("group-{nth}")));
    assert_eq!(owns(&ctx, |alice| ctx.add_ownership(alice, many(2001))), Err(ErrorName::Input));
    assert_eq!(owns(&ctx, |alice| ctx.add_ownership(alice, many(1500))).unwrap().len(), 1502);
    assert_eq!(owns(&ctx, |alice| ctx.add_ownership(alice, many(501))), Err(ErrorName::Input), "those of one sign-in count together");
}

#[test]
fn claims_are_named_by_the_grant_and_never_those_of_the_token() {
    let ctx = door().grant_add_token_claims(["groups", "email"]);
    let claims = |change: &dyn Fn(&Identity) -> Result<(), Error>| alice(&ctx, change).map(|answer| answer.claims);
    assert_eq!(claims(&|alice| ctx.add_token_claims(alice, &json!({ "groups": ["a"] }))).unwrap(), json!({ "groups": ["a"] }));
    let twice = |alice: &Identity| {
        ctx.add_token_claims(alice, &json!({ "groups": [1], "email": "x" })).and_then(|()| ctx.add_token_claims(alice, &json!({ "groups": [] })))
    };
    assert_eq!(claims(&twice).unwrap(), json!({ "groups": [], "email": "x" }), "the later value");
    for name in ["sub", "ent", "exp", "Sub", "Groups", "roles"] {
        assert_eq!(claims(&|alice| ctx.add_token_claims(alice, &json!({ "groups": [], name: 1 }))), Err(ErrorName::NotAllowed), "{name}");
    }
}

#[test]
fn claims_that_the_host_would_not_take_are_refused() {
    let fresh = || door().grant_add_token_claims(["groups"]);
    let nested = |levels: usize| format!("{{\"groups\":{}{}}}", "[".repeat(levels - 1), "]".repeat(levels - 1));
    for text in [
        "",
        "[]",
        "null",
        r#"{"groups":9007199254740992}"#,
        r#"{"groups":{"__proto__":1}}"#,
        r#"{"__proto__":1}"#,
        &nested(9),
        &json!({ "groups": "x".repeat(8192) }).to_string(),
    ] {
        let ctx = fresh();
        assert_eq!(owns(&ctx, |alice| ctx.add_token_claims_json(alice, text)), Err(ErrorName::Input), "{text:.60}");
    }
    let ctx = fresh();
    assert!(owns(&ctx, |alice| ctx.add_token_claims_json(alice, &nested(8))).is_ok());
    assert!(owns(&ctx, |alice| ctx.add_token_claims(alice, &json!({ "groups": "x".repeat(5000) }))).is_ok());
    assert_eq!(owns(&ctx, |alice| ctx.add_token_claims(alice, &json!({ "groups": "x".repeat(5000) }))), Err(ErrorName::Input), "in one sign-in");
    assert_eq!(owns(&ctx, |alice| ctx.add_token_claims(alice, &Value::Null)), Err(ErrorName::Input));
}

#[test]
fn a_sensitive_header_is_read_by_its_name_and_in_no_other_way() {
    let ctx = door().with_header("Cookie", "a=1").with_header("authorization", "Bearer a.b.c").grant_sensitive_headers(["cookie", "gap-auth"]);
    assert_eq!((ctx.get_header("cookie"), ctx.get_header("Authorization")), (None, None));
    assert_eq!(ctx.get_sensitive_header("COOKIE").unwrap().as_deref(), Some("a=1"));
    assert_eq!(ctx.get_sensitive_header("gap-auth").unwrap(), None);
    for name in ["authorization", "x-forwarded-user", ""] {
        assert_eq!(ctx.get_sensitive_header(name).unwrap_err().name(), ErrorName::NotAllowed, "{name}");
    }
}

#[test]
#[should_panic(expected = "nobody can be granted a claim that the token has of itself")]
fn a_grant_that_no_config_can_hold_is_a_mistake_in_the_test() {
    let _ = door().grant_add_token_claims(["groups", "sub"]);
}

#[test]
#[should_panic(expected = "nobody can be granted to read these headers as sensitive ones")]
fn a_grant_of_a_header_that_is_not_sensitive_is_one_too() {
    let _ = door().grant_sensitive_headers(["x-forwarded-user"]);
}
