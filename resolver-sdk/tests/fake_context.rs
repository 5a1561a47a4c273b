//! The fake context answers as the host does. The catalog is that of the project's collection of real resolvers.

use resolver_sdk::testing::{Bounds, FakeContext, FakeUser};
use resolver_sdk::{Context, EntityRef, ErrorName, FilterTerm, Level, Profile, UserQuery};
use serde_json::json;

fn door() -> FakeContext {
    let alice = FakeUser::new("alice").email("alice@corp.example").display_name("Alice").member_of("team-a");
    let twin = |name| FakeUser::new(name).email("dup@corp.example").annotation("graph.microsoft.com/user-id", "d-1");
    FakeContext::new()
        .with_user(alice.annotation("graph.microsoft.com/user-id", "a-1"))
        .with_user(FakeUser::new("Carol.Upper").in_namespace("people").email("carol@corp.example"))
        .with_user(twin("dup1"))
        .with_user(twin("dup2"))
}

/// Whom a query signs in, or the name of the error.
fn who(ctx: &FakeContext, query: UserQuery) -> Result<String, ErrorName> {
    let identity = ctx.sign_in_with_catalog_user(query).map_err(|error| error.name())?;
    Ok(ctx.answer(&identity).user_entity_ref)
}

#[test]
fn a_name_is_a_name_and_its_case_does_not_matter() {
    assert_eq!(who(&door(), UserQuery::name("ALICE")).unwrap(), "user:default/alice");
    for name in ["nobody", "user:default/alice", "people/carol.upper", "", "a,b", "a\0b", &"a".repeat(254)] {
        assert_eq!(who(&door(), UserQuery::name(name)), Err(ErrorName::NotFound), "{name:?}");
    }
    let carol = EntityRef::user("carol.upper").in_namespace("People");
    assert_eq!(who(&door(), UserQuery::entity_ref(carol)).unwrap(), "user:people/carol.upper");
}

#[test]
fn a_sign_is_not_the_letter_that_it_looks_like() {
    let kevin = FakeUser::new("kevin").email("kevin@corp.example").annotation("corp.example/login", "kevin");
    let door = || FakeContext::new().with_user(kevin.clone()).grant_fallback(Bounds::any()).grant_issue_self(Bounds::any());
    for query in [
        UserQuery::name("\u{212A}evin"),
        UserQuery::email("\u{212A}evin@corp.example"),
        UserQuery::annotation("corp.example/login", "\u{212A}evin"),
        UserQuery::filter([[FilterTerm::new("metadata.name", "\u{212A}EVIN")]]),
    ] {
        assert_eq!(who(&door(), query.clone()), Err(ErrorName::NotFound), "{query:?}");
    }
    assert_eq!(who(&door(), UserQuery::email("KEVIN@corp.example")).unwrap(), "user:default/kevin");
    assert_ne!(EntityRef::user("\u{212A}evin"), EntityRef::user("kevin"));
    // Backstage would read such a ref as kevin's, so nobody bears it.
    for name in ["\u{212A}evin", "\u{212B}sa", "\u{2126}", "İsmail", &"Ⱥ".repeat(126)] {
        assert_eq!(door().sign_in_as(EntityRef::user(name)).unwrap_err().name(), ErrorName::Input, "{name}");
        let fallen = door().sign_in_with_catalog_user_or_fallback(UserQuery::name(name), EntityRef::user(name));
        assert_eq!(fallen.unwrap_err().name(), ErrorName::Input, "{name}");
    }
}

#[test]
fn an_email_is_compared_without_case_and_never_parsed() {
    assert_eq!(who(&door(), UserQuery::email("ALICE@corp.example")).unwrap(), "user:default/alice");
    assert_eq!(who(&door(), UserQuery::email("dup@corp.example")), Err(ErrorName::Conflict));
    assert_eq!(who(&door(), UserQuery::email("zz@x,spec.profile.email=alice@corp.example")), Err(ErrorName::NotFound));
}

#[test]
fn an_annotation_is_compared_exactly() {
    let annotated = |value| UserQuery::annotation("graph.microsoft.com/user-id", value);
    assert_eq!(who(&door(), annotated("a-1")).unwrap(), "user:default/alice");
    assert_eq!(who(&door(), annotated("A-1")), Err(ErrorName::NotFound));
    assert_eq!(who(&door(), annotated("d-1")), Err(ErrorName::Conflict));
}

#[test]
fn a_filter_is_an_or_of_ands() {
    let term = FilterTerm::new;
    let both = UserQuery::filter([[term("spec.profile.email", "dup@corp.example"), term("metadata.name", "DUP2")]]);
    assert_eq!(who(&door(), both).unwrap(), "user:default/dup2");
    let either = UserQuery::filter([[term("metadata.name", "dup1")], [term("metadata.name", "dup2")]]);
    assert_eq!(who(&door(), either), Err(ErrorName::Conflict));
    let member = UserQuery::filter([[term("relations.memberof", "group:default/team-a"), FilterTerm::any_of("kind", ["User"])]]);
    assert_eq!(who(&door(), member).unwrap(), "user:default/alice");
}

#[test]
fn a_query_of_too_many_conditions_is_an_input_error() {
    let asked = |values: usize| {
        let values = (0..values).map(|number| number.to_string());
        FakeContext::new().find_user(UserQuery::filter([[FilterTerm::any_of("metadata.name", values)]])).map(drop).unwrap_err().name()
    };
    assert_eq!(asked(63), ErrorName::NotFound);
    assert_eq!(asked(64), ErrorName::Input);
}

#[test]
fn a_query_that_means_everybody_or_somebody_else_is_an_input_error() {
    for query in [
        UserQuery::annotations::<String, String>([]),
        UserQuery::annotation("graph.microsoft.com/user-id", ""),
        UserQuery::filter::<[FilterTerm; 0]>([]),
        UserQuery::filter([[FilterTerm::new("kind", "user")]]),
        UserQuery::filter([[FilterTerm::new("kind", "group"), FilterTerm::new("metadata.name", "team-a")]]),
        UserQuery::filter([[FilterTerm::any_of::<String>("metadata.name", [])]]),
        UserQuery::entity_ref(EntityRef::group("team-a")),
    ] {
        assert_eq!(who(&door(), query.clone()), Err(ErrorName::Input), "{query:?}");
    }
}

#[test]
fn a_found_user_signs_in_without_a_second_look_up() {
    let ctx = door();
    let user = ctx.find_user(UserQuery::name("alice")).unwrap();
    assert_eq!(user.annotation("graph.microsoft.com/user-id").as_deref(), Some("a-1"));
    let answer = ctx.answer(&ctx.sign_in_user(&user).unwrap().with_profile(user.profile()));
    assert_eq!(answer.ownership_entity_refs, ["user:default/alice", "group:default/team-a"]);
    assert_eq!(answer.profile, Profile { email: Some("alice@corp.example".into()), display_name: Some("Alice".into()), picture: None });
    assert_eq!(ctx.look_ups(), [UserQuery::name("alice")]);
}

#[test]
fn powers_are_denied_unless_granted() {
    let fallback = |ctx: &FakeContext, name| {
        let made = ctx.sign_in_with_catalog_user_or_fallback(UserQuery::name("zed"), EntityRef::user(name));
        made.map(|identity| identity.user_entity_ref().to_string()).map_err(|error| error.name())
    };
    let denied = door();
    assert_eq!(fallback(&denied, "zed"), Err(ErrorName::NotAllowed));
    assert!(denied.look_ups().is_empty(), "a denied power asks nobody");

    let granted = door().grant_fallback(Bounds::only(|name| name.name().starts_with('z')));
    assert_eq!(fallback(&granted, "Zed").unwrap(), "user:default/zed");
    assert_eq!(fallback(&granted, "alice"), Err(ErrorName::NotAllowed));
    assert_eq!(fallback(&granted, "z/ed"), Err(ErrorName::Input));
}

#[test]
fn nobody_falls_back_after_another_error_than_not_found() {
    let granted = door().grant_fallback(Bounds::any());
    let conflict = granted.sign_in_with_catalog_user_or_fallback(UserQuery::email("dup@corp.example"), EntityRef::user("dup"));
    assert_eq!(conflict.unwrap_err().name(), ErrorName::Conflict);
    let down = granted.with_catalog_unavailable().sign_in_with_catalog_user_or_fallback(UserQuery::name("zed"), EntityRef::user("zed"));
    let error = down.unwrap_err();
    assert!(error.name() == ErrorName::ServiceUnavailable && error.is_retryable() && !error.is_not_found());
}

#[test]
fn issue_self_can_spare_the_users_of_the_catalog() {
    let sign_in = |ctx: &FakeContext, name| ctx.sign_in_as(EntityRef::user(name)).map(|identity| ctx.answer(&identity).ownership_entity_refs);
    assert_eq!(sign_in(&door(), "zed").unwrap_err().name(), ErrorName::NotAllowed);

    let any = door().grant_issue_self(Bounds::any());
    assert_eq!(sign_in(&any, "Alice").unwrap(), ["user:default/alice"], "not what the catalog's alice owns");
    assert!(any.look_ups().is_empty());
    assert_eq!(any.sign_in_as(EntityRef::group("admins")).unwrap_err().name(), ErrorName::NotAllowed);

    let others = door().grant_issue_self(Bounds::any().unless_in_catalog());
    assert_eq!(sign_in(&others, "zed").unwrap(), ["user:default/zed"]);
    assert_eq!(sign_in(&others, "alice").unwrap_err().name(), ErrorName::NotAllowed);
    assert_eq!(sign_in(&others.with_catalog_unavailable(), "zed").unwrap_err().name(), ErrorName::ServiceUnavailable);
}

#[test]
fn the_profile_comes_from_the_headers_of_the_proxy() {
    let ctx = door().with_header("X-Forwarded-User", "u-1").with_header("x-forwarded-email", "al@corp.example");
    assert_eq!(ctx.profile().display_name.as_deref(), Some("u-1"));
    let ctx = ctx.with_header("x-forwarded-preferred-username", "al");
    assert_eq!(ctx.profile(), Profile { email: Some("al@corp.example".into()), display_name: Some("al".into()), picture: None });
}

#[test]
fn claims_and_settings_are_read_into_types() {
    #[derive(serde::Deserialize)]
    struct Claims {
        oid: String,
    }
    let ctx = door().with_id_token_claims(json!({ "oid": "a-1", "exp": 1 }));
    assert_eq!(ctx.id_token_claims::<Claims>().unwrap().unwrap().oid, "a-1");
    assert!(door().id_token_claims::<Claims>().unwrap().is_none());
    let error = door().with_id_token_claims(json!({ "oid": 1 })).id_token_claims::<Claims>().map(|_| ()).unwrap_err();
    assert_eq!(error.name(), ErrorName::Other);

    let error = door().with_settings(json!({ "oid": [] })).settings::<Claims>().map(|_| ()).unwrap_err();
    assert_eq!(error.message(), "The settings of the resolver are not as it expects them");
    assert_eq!(error.cause(), Some("invalid type: sequence, expected a string at line 1 column 7"));
}

#[test]
fn what_is_left_for_the_operator_can_be_looked_at() {
    let ctx = door();
    ctx.log(Level::Debug, "two rules", &[("rule", "first")]);
    ctx.warn("odd");
    ctx.annotate("rule", "first");
    assert_eq!(ctx.log_lines(), [(Level::Debug, "two rules rule=first".to_owned()), (Level::Warn, "odd".to_owned())]);
    assert_eq!(ctx.notes(), [("rule".to_owned(), "first".to_owned())]);
}

#[test]
#[should_panic(expected = "more than 8 look-ups")]
fn a_ninth_look_up_ends_the_component() {
    let ctx = door();
    for _ in 0..9 {
        let _ = ctx.find_user(UserQuery::name("nobody"));
    }
}

#[test]
#[should_panic(expected = "the table roles is not configured")]
fn a_table_that_is_not_configured_ends_the_component() {
    let _ = door().look_up("roles", "alice");
}
