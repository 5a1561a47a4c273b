//! What real resolvers do, and where they have a hole: the small print. The fifteen patterns with their 59 rows are the cookbook (`docs/cookbook`).

use resolver_sdk::testing::{Bounds, FakeContext, FakeUser};
use resolver_sdk::{Claims, Context, Email, EntityRef, Error, ErrorName, Groups, Identity, NameRules, UserQuery};
use serde_json::{Value, json};

/// Alice and bob, and two people with one address and one id.
fn door() -> FakeContext {
    let alice = FakeUser::new("alice").email("alice@corp.example").member_of("team-a");
    let twin = |name| FakeUser::new(name).email("dup@corp.example").annotation("graph.microsoft.com/user-id", "d-1");
    FakeContext::new()
        .with_user(alice.annotation("graph.microsoft.com/user-id", "a-1"))
        .with_user(FakeUser::new("bob").email("bob@corp.example").member_of("team-b"))
        .with_user(twin("dup1"))
        .with_user(twin("dup2"))
        .grant_fallback(Bounds::any())
        .grant_issue_self(Bounds::any())
}

fn with_email(email: &str) -> FakeContext {
    door().with_header("x-forwarded-email", email)
}

fn email(ctx: &impl Context) -> Result<Email, Error> {
    Email::parse(&ctx.required_header("x-forwarded-email", "Request did not contain an email")?)
}

/// Everything that somebody owns, or the name of the error.
fn owned(ctx: &FakeContext, resolve: fn(&FakeContext) -> Result<Identity, Error>) -> Result<Vec<String>, ErrorName> {
    resolve(ctx).map(|identity| ctx.answer(&identity).ownership_entity_refs).map_err(|error| error.name())
}

fn refs(refs: &[&str]) -> Vec<String> {
    refs.iter().map(|entity_ref| (*entity_ref).to_owned()).collect()
}

#[test]
fn catalog_first_and_a_name_of_their_own_for_those_it_does_not_know() {
    fn resolve(ctx: &FakeContext) -> Result<Identity, Error> {
        let email = email(ctx)?;
        ctx.sign_in_with_catalog_user_or_fallback(UserQuery::email(email.as_str()), EntityRef::user(email.local()))
    }
    assert_eq!(owned(&with_email("ALICE@corp.example"), resolve), Ok(refs(&["user:default/alice", "group:default/team-a"])));
    assert_eq!(owned(&with_email("Zed@corp.example"), resolve), Ok(refs(&["user:default/zed"])));
    assert_eq!(owned(&with_email("dup@corp.example"), resolve), Err(ErrorName::Conflict));
    assert_eq!(owned(&with_email("zed@corp.example").with_catalog_unavailable(), resolve), Err(ErrorName::ServiceUnavailable));
    assert_eq!(owned(&with_email("zz@x,spec.profile.email=alice@corp.example"), resolve), Err(ErrorName::Input));
    assert_eq!(owned(&with_email("bob@evil.example"), resolve), Err(ErrorName::NotAllowed), "the bob of the catalog is another one");
}

#[test]
fn the_local_part_without_asking_the_catalog() {
    fn resolve(ctx: &FakeContext) -> Result<Identity, Error> {
        ctx.sign_in_as(EntityRef::user(email(ctx)?.local()))
    }
    for (email, expected) in [
        ("alice@corp.example", Ok(refs(&["user:default/alice"]))),
        ("Alice.B@Corp.Example", Ok(refs(&["user:default/alice.b"]))),
        ("alice+ci@corp.example", Ok(refs(&["user:default/alice+ci"]))),
        ("", Err(ErrorName::Other)),
        ("@corp.example", Err(ErrorName::Input)),
        ("alice@corp.example@evil.example", Err(ErrorName::Input)),
        ("group:admins@corp.example", Err(ErrorName::Input)),
        ("other/alice@corp.example", Err(ErrorName::Input)),
        ("\u{212A}evin@corp.example", Err(ErrorName::Input)),
    ] {
        let ctx = with_email(email);
        assert_eq!(owned(&ctx, resolve), expected, "{email}");
        assert!(ctx.look_ups().is_empty());
    }
}

fn with_claims(claims: Value) -> FakeContext {
    door().with_id_token_claims(claims)
}

#[test]
fn an_id_that_never_changes() {
    fn resolve(ctx: &FakeContext) -> Result<Identity, Error> {
        let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
        let id = claims.required_text("oid", "The ID token does not say who you are")?;
        ctx.sign_in_with_catalog_user(UserQuery::annotation("graph.microsoft.com/user-id", id))
    }
    for (claims, expected, look_ups) in [
        (json!({ "oid": "a-1" }), Ok(refs(&["user:default/alice", "group:default/team-a"])), 1),
        (json!({ "oid": "A-1" }), Err(ErrorName::NotFound), 1),
        (json!({ "oid": "d-1" }), Err(ErrorName::Conflict), 1),
        (json!({ "oid": "undefined" }), Err(ErrorName::NotFound), 1),
        (json!({}), Err(ErrorName::Other), 0),
        (json!({ "oid": "" }), Err(ErrorName::Other), 0),
        (json!({ "oid": null }), Err(ErrorName::Other), 0),
        (json!({ "oid": ["a-1"] }), Err(ErrorName::Other), 0),
    ] {
        let ctx = with_claims(claims.clone());
        assert_eq!((owned(&ctx, resolve), ctx.look_ups().len()), (expected, look_ups), "{claims}");
    }
    assert_eq!(owned(&door(), resolve), Err(ErrorName::Authentication));
}

#[test]
fn a_name_is_cleaned_as_the_catalog_has_it() {
    fn resolve(ctx: &FakeContext) -> Result<Identity, Error> {
        ctx.sign_in_as(EntityRef::user(NameRules::catalog().dropping("'").distinct().clean(email(ctx)?.local())?))
    }
    for (email, expected) in [
        ("bob.smith@corp.example", Ok(refs(&["user:default/bob.smith"]))),
        ("alice+ci@corp.example", Ok(refs(&["user:default/alice-ci-53acea4e"]))),
        ("o'neil@corp.example", Ok(refs(&["user:default/oneil-eb1aed4f"]))),
        ("***@corp.example", Err(ErrorName::Input)),
    ] {
        assert_eq!(owned(&with_email(email), resolve), expected, "{email}");
    }
}

#[test]
fn only_those_with_a_role() {
    fn resolve(ctx: &FakeContext) -> Result<Identity, Error> {
        let claims: Claims = ctx.id_token_claims()?.ok_or(Error::authentication("There is no ID token"))?;
        Groups::from_claim(&claims, "realm_access.roles")?.only(["admins", "viewers"]).or_refuse("You have no role in Backstage")?;
        ctx.sign_in_with_catalog_user(UserQuery::name("alice"))
    }
    let with_roles = |roles: Value| owned(&with_claims(json!({ "realm_access": { "roles": roles } })), resolve).map(|owned| owned.len());
    assert_eq!(with_roles(json!(["viewers", "x"])), Ok(2));
    for roles in [json!([]), json!(["x"]), json!(["Admins", " admins", "admins ", "admins,viewers"]), json!([["admins"], null, 7])] {
        assert_eq!(with_roles(roles.clone()), Err(ErrorName::NotAllowed), "{roles}");
    }
    assert_eq!(with_roles(json!("admins")), Err(ErrorName::Other), "a text is no list");
    let claims = json!({ "realm_access": { "roles": ["x"] }, "realm_access.roles": ["admins"] });
    assert_eq!(owned(&with_claims(claims), resolve), Err(ErrorName::Other), "one of the two is somebody's invention");
}

#[test]
fn a_development_user_comes_from_a_table_and_only_with_the_switch() {
    resolver_sdk::settings! {
        struct Settings {
            /// Whether a header may pick a user. For development alone.
            dangerously_pick_user: bool = false,
        }
    }
    fn resolve(ctx: &FakeContext) -> Result<Identity, Error> {
        let picked = ctx.get_header("x-dev-user").filter(|_| ctx.settings::<Settings>().is_ok_and(|settings| settings.dangerously_pick_user));
        let picked = picked.and_then(|key| ctx.look_up("dev-users", &key).into_iter().next());
        let name = picked.map_or_else(|| ctx.required_header("x-forwarded-user", "Request did not contain a user"), Ok)?;
        ctx.sign_in_with_catalog_user(UserQuery::name(name))
    }
    let ctx = |settings: Value, picked: &str| {
        let ctx = door().with_table("dev-users", json!({ "first": "alice" })).with_settings(settings);
        owned(&ctx.with_header("x-forwarded-user", "bob").with_header("x-dev-user", picked), resolve).map(|owned| owned[0].clone())
    };
    let on = json!({ "dangerouslyPickUser": true });
    assert_eq!(ctx(on.clone(), "first"), Ok("user:default/alice".into()));
    assert_eq!(ctx(on.clone(), "alice"), Ok("user:default/bob".into()), "a name that is not in the table picks nobody");
    for off in [json!({}), json!({ "dangerouslyPickUser": false }), json!({ "dangerouslyPickUser": "true" })] {
        assert_eq!(ctx(off.clone(), "first"), Ok("user:default/bob".into()), "{off}");
    }
}

#[test]
fn nobody_becomes_a_sentence_for_people_and_an_outage_does_not() {
    fn resolve(ctx: &FakeContext) -> Result<Identity, Error> {
        let no_account = Error::not_allowed("Please ask for an account at help@corp.example");
        ctx.sign_in_with_catalog_user(UserQuery::name("zed")).map_err(|error| error.not_found_as(no_account))
    }
    let error = resolve(&door()).unwrap_err();
    assert_eq!((error.name(), error.cause()), (ErrorName::NotAllowed, Some("NotFoundError: User not found")));
    assert_eq!(resolve(&door().with_catalog_unavailable()).unwrap_err().name(), ErrorName::ServiceUnavailable);
}
