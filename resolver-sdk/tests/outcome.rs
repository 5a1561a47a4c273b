//! What is put together before it is given out: ownership with the groups above, an identity in one expression, a profile.

use resolver_sdk::testing::{Bounds, FakeContext, FakeGroup, FakeUser};
use resolver_sdk::{Claims, Context, EntityRef, Error, ErrorName, Identity, Ownership, Profile, SignIn, UserQuery};
use serde_json::json;

fn door() -> FakeContext {
    FakeContext::new()
        .with_user(FakeUser::new("alice").email("alice@corp.example").member_of("team-a"))
        .with_group(FakeGroup::new("team-a").child_of("dept"))
        .with_group(FakeGroup::new("dept").child_of("org"))
        .grant_groups()
}

fn alice(ctx: &FakeContext) -> Identity {
    ctx.sign_in_with_catalog_user(UserQuery::name("alice")).unwrap()
}

#[test]
fn who_stands_above_is_climbed_to_so_many_levels() {
    let owned = |levels| {
        let ctx = door();
        let user = ctx.find_user(UserQuery::name("alice")).unwrap();
        let owned: Vec<EntityRef> = Ownership::of(&user).with_ancestors(&ctx, levels).unwrap().into();
        owned.iter().map(|owned| owned.name().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(owned(0), ["alice", "team-a"]);
    assert_eq!(owned(1), ["alice", "team-a", "dept"]);
    assert_eq!(owned(2), ["alice", "team-a", "dept", "org"]);
    assert_eq!(owned(9), ["alice", "team-a", "dept", "org"], "org is not in the catalog: its ref stays, and nothing is above it");
}

#[test]
fn a_catalog_that_fails_on_the_way_up_fails_the_whole() {
    let ctx = door().with_catalog_fault_after(1, Error::response(502, "bad gateway"));
    let user = ctx.find_user(UserQuery::name("alice")).unwrap();
    assert_eq!(Ownership::of(&user).with_ancestors(&ctx, 3).unwrap_err().name(), ErrorName::Response);
}

#[test]
fn ownership_has_each_once_and_nothing_that_nobody_can_bear() {
    let owned: Ownership = [EntityRef::group("a"), EntityRef::group("A"), EntityRef::group("x/y")].into_iter().collect();
    let owned = owned.and([EntityRef::group(""), EntityRef::group("b"), EntityRef::group("a")]);
    assert_eq!(Vec::from(owned), [EntityRef::group("a"), EntityRef::group("b")]);
}

#[test]
fn each_step_is_the_power_of_its_name_and_the_first_that_fails_counts() {
    let ctx = door().grant_add_ownership(Bounds::any()).grant_add_token_claims(["email"]);
    let identity = SignIn::of(&ctx, alice(&ctx)).add_ownership([EntityRef::group("portal")]).add_claim("email", "a@b").finish().unwrap();
    let answer = ctx.answer(&identity);
    assert_eq!(answer.ownership_entity_refs, ["user:default/alice", "group:default/team-a", "group:default/portal"]);
    assert_eq!(answer.claims, json!({ "email": "a@b" }));
    let failed = SignIn::of(&ctx, alice(&ctx)).add_claim("sub", "bob").replace_ownership([]).finish().unwrap_err();
    assert_eq!((failed.name(), failed.cause()), (ErrorName::NotAllowed, Some("sub: out of bounds")));
    let denied = SignIn::of(&ctx, alice(&ctx)).replace_ownership([]).add_claim("email", "a@b").finish().unwrap_err();
    assert!(denied.message().contains("replace-ownership"));
}

#[test]
fn a_profile_has_nothing_that_is_empty() {
    let ctx = FakeContext::new().with_header("x-email", "a@b").with_header("x-name", "");
    let profile = Profile::from_headers(&ctx, "x-email", "x-name");
    assert_eq!(profile, Profile { email: Some("a@b".into()), ..Profile::default() });
    assert_eq!(profile.or_named_by_email().display_name.as_deref(), Some("a@b"));
    assert_eq!(Profile::from_headers(&ctx, "x-name", "x-absent").or_named_by_email(), Profile::default());
    let claims = |json: &str| Profile::from_claims(&Claims::from_json(json).unwrap());
    let alice = Profile { email: None, display_name: Some("Alice".into()), picture: Some("https://x.example/a.png".into()) };
    assert_eq!(claims(r#"{ "email": "", "name": "Alice", "picture": "https://x.example/a.png" }"#), Ok(alice));
    assert_eq!(claims(r#"{ "email": null }"#), Ok(Profile::default()));
    assert_eq!(claims(r#"{ "email": ["a@b"] }"#).unwrap_err().name(), ErrorName::Other);
}

#[test]
fn the_first_header_that_is_there_decides() {
    let ctx = FakeContext::new().with_header("x-a", "").with_header("x-b", "bob").with_header("x-c", "carol");
    assert_eq!(ctx.first_header(["x-none", "X-A", "x-b", "x-c"]).as_deref(), Some("bob"));
    assert_eq!(ctx.first_header(["x-none", "x-a"]), None);
    assert_eq!(ctx.first_header([]), None);
}

#[test]
fn two_tokens_are_about_one_person_or_about_none() {
    let claims = |json: &str| Claims::from_json(json).unwrap();
    let same = |ours: &str, theirs: &str| claims(ours).required_same_text("sub", &claims(theirs), "Two people").map(str::to_owned);
    assert_eq!(same(r#"{ "sub": "a" }"#, r#"{ "sub": "a" }"#), Ok("a".to_owned()));
    for (ours, theirs) in [
        (r#"{ "sub": "a" }"#, r#"{ "sub": "A" }"#),
        (r#"{ "sub": "a" }"#, "{}"),
        ("{}", "{}"),
        (r#"{ "sub": "" }"#, r#"{ "sub": "" }"#),
        (r#"{ "sub": 7 }"#, r#"{ "sub": 7 }"#),
    ] {
        assert_eq!(same(ours, theirs).unwrap_err().name(), ErrorName::Other, "{ours} {theirs}");
    }
}
