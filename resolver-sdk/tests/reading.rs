//! The powers that read: tokens, groups of the catalog, other systems, and the tables beside them; within bounds, beyond them, and denied by default.

use resolver_sdk::serde_json::json;
use resolver_sdk::testing::{FakeContext, FakeGroup, FakeHttp, FakeUser};
use resolver_sdk::{Claims, Context, EntityRef, Error, ErrorName, FilterTerm, Group, HttpRequest, UserQuery};

fn refs(groups: &[Group]) -> Vec<String> {
    groups.iter().map(|group| group.entity_ref().to_string()).collect()
}

fn groups(names: &[&str]) -> Vec<EntityRef> {
    names.iter().map(|name| EntityRef::group(*name)).collect()
}

fn organisation() -> FakeContext {
    FakeContext::new()
        .with_group(FakeGroup::new("team-a").display_name("Team A").parent("dept"))
        .with_group(FakeGroup::new("team-b").parent("group:default/dept"))
        .with_group(FakeGroup::new("dept").display_name("Dept").child_of("org"))
        .with_group(FakeGroup::new("org"))
        .with_group(FakeGroup::new("sre").in_namespace("ops").parent("lost"))
}

#[test]
fn nothing_is_granted_unless_the_test_says_so() {
    let ctx = organisation().with_token("id", json!({}));
    let denied = [
        ctx.verified_claims::<Claims>("id").map(|_| ()),
        ctx.unverified_claims::<Claims>("id").map(|_| ()),
        ctx.get_groups([]).map(|_| ()),
        ctx.find_groups([[FilterTerm::new("metadata.name", "org")]]).map(|_| ()),
        ctx.get_ancestors([], 1).map(|_| ()),
        ctx.send(HttpRequest::get("https://api.example/")).map(|_| ()),
    ];
    for denied in denied {
        assert_eq!(denied.unwrap_err().name(), ErrorName::NotAllowed);
    }
}

#[test]
fn a_token_is_read_by_the_name_that_is_granted() {
    let ctx = FakeContext::new().with_token("access", json!({ "sub": "a-1" })).with_token("other", json!({}));
    let ctx = ctx.grant_verified_claims(["access", "absent"]).grant_unverified_claims(["access", "absent"]);
    let sub = |claims: Result<Option<Claims>, Error>| claims.map(|claims| claims.map(|claims| claims.text("sub").unwrap().unwrap().to_owned()));
    assert_eq!(sub(ctx.verified_claims("access")), Ok(Some("a-1".to_owned())));
    assert_eq!(sub(ctx.unverified_claims("access")), Ok(Some("a-1".to_owned())));
    assert_eq!((sub(ctx.verified_claims("absent")), sub(ctx.unverified_claims("absent"))), (Ok(None), Ok(None)));
    for name in ["other", "Access", "", "id"] {
        assert_eq!(sub(ctx.verified_claims(name)).unwrap_err().name(), ErrorName::NotAllowed, "{name}");
        assert_eq!(sub(ctx.unverified_claims(name)).unwrap_err().name(), ErrorName::NotAllowed, "{name}");
    }
}

#[test]
fn a_forged_token_is_read_only_by_who_does_not_care() {
    let ctx =
        FakeContext::new().with_token("access", json!({ "sub": "admin" })).grant_verified_claims(["access"]).grant_unverified_claims(["access"]);
    let forged = ctx.with_token_fault("access", Error::authentication("The token access is not valid"));
    assert_eq!(forged.verified_claims::<Claims>("access").unwrap_err().name(), ErrorName::Authentication);
    assert!(forged.unverified_claims::<Claims>("access").unwrap().is_some());
    let no_token =
        FakeContext::new().grant_unverified_claims(["access"]).with_token_fault("access", Error::authentication("The token access is none"));
    assert_eq!(no_token.unverified_claims::<Claims>("access").unwrap_err().name(), ErrorName::Authentication);
}

#[test]
fn claims_of_another_shape_are_an_error() {
    #[derive(Debug, serde::Deserialize)]
    struct Shape {
        #[expect(dead_code, reason = "it is never read")]
        sub: String,
    }
    let ctx = FakeContext::new().with_token("access", json!({ "sub": 7 })).grant_verified_claims(["access"]);
    let error = ctx.verified_claims::<Shape>("access").unwrap_err();
    assert_eq!((error.name(), error.message()), (ErrorName::Other, "The claims of the token are not as the resolver expects them"));
}

#[test]
fn groups_come_by_their_refs_in_the_order_of_the_question() {
    let ctx = organisation().grant_groups();
    let found = ctx.get_groups(groups(&["ORG", "nobody", "team-a", "a/b"])).unwrap();
    let names: Vec<_> = found.iter().map(|found| found.as_ref().map(|group| group.entity_ref().name().to_owned())).collect();
    assert_eq!(names, [Some("org".to_owned()), None, Some("team-a".to_owned()), None]);
    let team_a = found[2].as_ref().unwrap();
    assert_eq!((team_a.display_name().as_deref(), team_a.parent()), (Some("Team A"), Some(EntityRef::group("dept"))));
    assert_eq!(team_a.entity::<serde_json::Value>().unwrap()["spec"]["parent"], "dept");
    assert_eq!(ctx.get_groups([EntityRef::user("alice")]).unwrap_err().name(), ErrorName::Input);
    assert_eq!(ctx.get_groups((0..101).map(|nth| EntityRef::group(format!("g{nth}")))).unwrap_err().name(), ErrorName::Input);
}

#[test]
fn groups_are_found_by_what_the_catalog_knows_of_them() {
    let ctx = organisation().grant_groups();
    let find = |key: &str, value: &str| ctx.find_groups([[FilterTerm::new(key, value)]]).map(|found| refs(&found)).map_err(|error| error.name());
    assert_eq!(find("spec.profile.displayName", "team a"), Ok(vec!["group:default/team-a".to_owned()]));
    assert_eq!(find("metadata.namespace", "ops"), Ok(vec!["group:ops/sre".to_owned()]));
    assert_eq!(find("metadata.name", "nobody"), Ok(vec![]));
    assert_eq!(find("metadata.name", ""), Err(ErrorName::Input));
    assert_eq!(find("kind", "User"), Err(ErrorName::Input));
    assert_eq!(ctx.find_groups([[]; 0]).unwrap_err().name(), ErrorName::Input);
}

#[test]
fn whoever_stands_above_comes_once_and_cycles_end() {
    let above = |ctx: &FakeContext, of: &[&str], depth| ctx.get_ancestors(groups(of), depth).map(|found| refs(&found));
    let ctx = || organisation().grant_groups();
    let whole = ["group:default/team-a", "group:default/team-b", "group:default/dept", "group:default/org"];
    assert_eq!(above(&ctx(), &["team-a", "team-b"], 10).unwrap(), whole);
    assert_eq!(above(&ctx(), &["team-a"], 0).unwrap(), ["group:default/team-a"]);
    assert_eq!(above(&ctx(), &["team-a"], 1).unwrap(), ["group:default/team-a", "group:default/dept"]);
    let cycle = FakeContext::new().with_group(FakeGroup::new("a").child_of("b")).with_group(FakeGroup::new("b").child_of("a")).grant_groups();
    assert_eq!(above(&cycle, &["a"], 10).unwrap(), ["group:default/a", "group:default/b"]);
    assert_eq!(above(&ctx(), &["nobody"], 10).unwrap(), Vec::<String>::new());
    let down = ctx().with_groups_fault(Error::service_unavailable("down"));
    assert_eq!(above(&down, &["team-a"], 10).unwrap_err().name(), ErrorName::ServiceUnavailable);
}

#[test]
fn a_parent_is_in_the_namespace_of_the_child_unless_it_says_another() {
    let parent = |written: &str| {
        let ctx = FakeContext::new().with_group(FakeGroup::new("x").in_namespace("ops").parent(written)).grant_groups();
        let found = ctx.get_groups([EntityRef::group("x").in_namespace("ops")]).unwrap();
        found[0].as_ref().unwrap().parent().map(|parent| parent.to_string())
    };
    assert_eq!(parent("dept").unwrap(), "group:ops/dept");
    assert_eq!(parent("default/dept").unwrap(), "group:default/dept");
    assert_eq!(parent("Group:default/Dept").unwrap(), "group:default/dept");
    assert_eq!(parent("user:default/dept"), None);
}

#[test]
#[should_panic(expected = "more than 8 look-ups")]
fn groups_count_among_the_look_ups() {
    let ctx = organisation().with_user(FakeUser::new("alice")).grant_groups();
    for _ in 0..5 {
        let _ = ctx.find_user(UserQuery::name("alice"));
        let _ = ctx.get_groups(groups(&["org"]));
    }
}

fn github() -> FakeContext {
    let answer = FakeHttp::get("https://api.github.com/user/orgs").header("Link", "<x>").json(json!([{ "login": "corp" }]));
    FakeContext::new()
        .grant_http_client([("GET", "https://api.github.com/user/"), ("POST", "https://git.corp.example/")], ["github"])
        .with_http(answer)
}

#[test]
fn a_request_gets_the_answer_that_the_test_gives() {
    let ctx = github();
    let request = HttpRequest::get("https://api.github.com/user/orgs").header("accept", "application/json").credential("github");
    let answer = ctx.send(request.clone()).unwrap();
    assert_eq!((answer.status, answer.header("LINK"), answer.json::<serde_json::Value>().unwrap()), (200, Some("<x>"), json!([{ "login": "corp" }])));
    assert_eq!(ctx.requests(), [request]);
    assert_eq!(answer.json::<String>().unwrap_err().name(), ErrorName::Other);
}

#[test]
fn what_is_out_of_bounds_is_not_sent() {
    for (request, expected) in [
        (HttpRequest::post("https://api.github.com/user/orgs"), ErrorName::NotAllowed),
        (HttpRequest::get("https://api.github.com/users"), ErrorName::NotAllowed),
        (HttpRequest::get("https://api.github.com/user"), ErrorName::NotAllowed),
        (HttpRequest::get("http://api.github.com/user/orgs"), ErrorName::NotAllowed),
        (HttpRequest::get("https://api.github.com.evil.example/user/"), ErrorName::NotAllowed),
        (HttpRequest::get("https://api.github.com/user/orgs").credential("gitlab"), ErrorName::NotAllowed),
        (HttpRequest::get("https://api.github.com/user/../orgs"), ErrorName::Input),
        (HttpRequest::get("https://api.github.com/user/%2E%2e/orgs"), ErrorName::Input),
        (HttpRequest::get("https://api.github.com/user/%252e%252E%252forgs"), ErrorName::Input),
        (HttpRequest::get("https://api.github.com/user//orgs"), ErrorName::Input),
        (HttpRequest::get("https://api.github.com@evil.example/user/"), ErrorName::Input),
        (HttpRequest::get("https://api.github.com/user/orgs#x"), ErrorName::Input),
        (HttpRequest::get("/user"), ErrorName::Input),
        (HttpRequest::new("get", "https://api.github.com/user/"), ErrorName::Input),
        (HttpRequest::get("https://api.github.com/user/").header("Authorization", "x"), ErrorName::Input),
        (HttpRequest::get("https://api.github.com/user/").header("X-Remote-User", "x"), ErrorName::Input),
    ] {
        let ctx = github();
        assert_eq!(ctx.send(request.clone()).unwrap_err().name(), expected, "{request:?}");
        assert!(ctx.requests().is_empty());
    }
    let without = github().with_credential_fault("github", Error::authentication("There is no token"));
    let request = HttpRequest::get("https://api.github.com/user/orgs").credential("github");
    assert_eq!(without.send(request).unwrap_err().name(), ErrorName::Authentication);
    assert!(without.requests().is_empty());
}

#[test]
#[should_panic(expected = "more than 4 requests")]
fn a_fifth_request_ends_the_component() {
    let ctx = github();
    for _ in 0..5 {
        let _ = ctx.send(HttpRequest::get("https://api.github.com/elsewhere"));
    }
}

#[test]
fn a_status_is_an_answer_until_success_is_demanded() {
    let url = "https://git.corp.example/api";
    let send = |status| github().with_http(FakeHttp::new("POST", url).status(status)).send(HttpRequest::post(url)).unwrap();
    assert!(send(201).success().is_ok());
    for (status, retryable) in [(400, false), (404, false), (429, true), (500, true), (503, true)] {
        let error = send(status).success().unwrap_err();
        assert_eq!((error.name(), error.is_retryable()), (ErrorName::ServiceUnavailable, retryable), "{status}");
        assert_eq!(error.cause(), Some(&*format!("it answered with status {status}")));
    }
    let down = github().with_http(FakeHttp::new("POST", url).unreachable()).send(HttpRequest::post(url)).unwrap_err();
    assert_eq!((down.name(), down.is_retryable()), (ErrorName::ServiceUnavailable, true));
}

#[test]
fn a_request_says_nothing_of_what_it_carries() {
    let request = HttpRequest::post("https://git.corp.example/").header("x-key", "s3cret").json(&json!({ "a": "s3cret" })).unwrap();
    assert!(!format!("{request:?}").contains("s3cret"));
    let answer = github().send(HttpRequest::get("https://api.github.com/user/orgs")).unwrap();
    assert!(!format!("{answer:?}").contains("corp"));
}
